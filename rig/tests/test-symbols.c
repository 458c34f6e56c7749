/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Function names: from the COFF table, from maps, and from neither. */
#include <check.h>
#include <string.h>
#include "run-suite.h"
#include "symbols.h"

/* An image of one code section at RVA 0x1000 and a data section behind it. */
#define SIZE     0x400u
#define COFF     0x84u
#define OPTIONAL 0xf0u
#define TABLE    0x300u

static uint8_t image[SIZE];

static void put(size_t at, uint64_t value, unsigned bytes)
{
    value = GUINT64_TO_LE(value);
    memcpy(image + at, &value, bytes);
}

static void put_symbol(unsigned n, const char *name, uint32_t value,
                       int section, unsigned type, unsigned storage)
{
    size_t at = TABLE + n * 18;

    memset(image + at, 0, 18);
    memcpy(image + at, name, MIN(8, strlen(name)));
    put(at + 8, value, 4);
    put(at + 12, (uint16_t)section, 2);
    put(at + 14, type, 2);
    put(at + 16, storage, 1);
}

static void setup(void)
{
    size_t sections = COFF + 20 + OPTIONAL;

    memset(image, 0, sizeof(image));
    memcpy(image, "MZ", 2);
    put(0x3c, 0x80, 4);
    memcpy(image + 0x80, "PE\0", 4);
    put(COFF + 2, 2, 2);
    put(COFF + 16, OPTIONAL, 2);
    put(COFF + 20 + 24, 0x140000000ull, 8);
    put(sections + 8, 0x800, 4);
    put(sections + 12, 0x1000, 4);
    put(sections + 36, 0x60000020, 4);
    put(sections + 40 + 8, 0x100, 4);
    put(sections + 40 + 12, 0x2000, 4);
    put(sections + 40 + 36, 0xc0000040, 4);
}

/* Five symbols; the fourth has its name in the string table. */
static void add_table(void)
{
    put(COFF + 8, TABLE, 4);
    put(COFF + 12, 5, 4);
    put_symbol(0, "Entry", 0x10, 1, 0x20, 2);
    put_symbol(1, ".text", 0, 1, 0, 3);
    put_symbol(2, "variable", 0x10, 2, 0, 2);
    put_symbol(3, "", 0x100, 1, 0x20, 3);
    put(TABLE + 3 * 18 + 4, 4, 4);
    put_symbol(4, "absolute", 0x20, -1, 0, 2);
    put(TABLE + 5 * 18, 20, 4);
    memcpy(image + TABLE + 5 * 18 + 4, "HaltTheAdapter", 15);
}

static void expect(const RigSymbols *s, uint64_t rva, const char *name)
{
    g_autofree char *is = rig_symbols_name(s, rva);

    ck_assert_msg(g_strcmp0(is, name) == 0, "0x%x is %s, not %s",
                  (unsigned)rva, is, name);
}

START_TEST(coff_table_names_functions)
{
    g_autoptr(RigSymbols) s = NULL;

    add_table();
    s = rig_symbols_parse(image, SIZE, NULL);
    ck_assert_ptr_nonnull(s);
    ck_assert_uint_eq(rig_symbols_count(s), 2);
    expect(s, 0x100f, NULL);
    expect(s, 0x1010, "Entry");
    expect(s, 0x10ff, "Entry+0xef");
    expect(s, 0x1100, "HaltTheAdapter");
    expect(s, 0x17ff, "HaltTheAdapter+0x6ff");
    expect(s, 0x1800, NULL); /* behind the section */
    expect(s, 0x2010, NULL); /* data */
    expect(s, UINT64_MAX, NULL);
}
END_TEST

START_TEST(maps_of_both_linkers_name_functions)
{
    static const char gnu[] =
        " .text          0x0000000140001000      0x123 adapter.o\n"
        "                0x0000000140001010                Entry\n"
        "                0x0000000140001100                Halt\n"
        "                0x0000000140002010                variable\n";
    static const char microsoft[] =
        " Preferred load address is 0000000140000000\n"
        "  Address         Publics by Value    Rva+Base       Lib:Object\n"
        " 0001:00000010       Entry          0000000140001010 f   a.obj\n"
        " Static symbols\n"
        " 0001:00000100       Halt           0000000140001100 f   b.obj\n";
    const char *maps[] = { gnu, microsoft };

    for (unsigned i = 0; i < G_N_ELEMENTS(maps); i++) {
        g_autoptr(RigSymbols) s = rig_symbols_parse(image, SIZE, maps[i]);

        ck_assert_ptr_nonnull(s);
        ck_assert_uint_eq(rig_symbols_count(s), 2);
        expect(s, 0x1010, "Entry");
        expect(s, 0x1104, "Halt+0x4");
    }
}
END_TEST

START_TEST(an_image_without_names_has_none)
{
    ck_assert_ptr_null(rig_symbols_parse(image, SIZE, NULL));
    ck_assert_ptr_null(rig_symbols_parse(image, SIZE, "nothing of use\n\n"));
    ck_assert_ptr_null(rig_symbols_parse(image, 0, NULL));
    ck_assert_ptr_null(rig_symbols_load("no such file.sys"));
}
END_TEST

/* Every 16-bit word of the file set to extremes, and every length. */
START_TEST(damaged_images_are_read_within_their_bounds)
{
    add_table();
    for (size_t at = 0; at + 2 <= SIZE; at += 2) {
        static const uint16_t values[] = { 0xffff, 0x7fff, 0x8000, 1 };
        uint8_t keep[2];

        memcpy(keep, image + at, 2);
        for (unsigned i = 0; i < G_N_ELEMENTS(values); i++) {
            g_autoptr(RigSymbols) s = NULL;
            g_autofree char *name = NULL;

            put(at, values[i], 2);
            s = rig_symbols_parse(image, SIZE, NULL);
            name = s ? rig_symbols_name(s, 0x1100) : NULL;
        }
        memcpy(image + at, keep, 2);
    }
    for (size_t size = 0; size <= SIZE; size++) {
        g_autofree uint8_t *exact = g_memdup2(image, MAX(size, 1));
        g_autoptr(RigSymbols) s = rig_symbols_parse(exact, size, NULL);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("symbols");
    TCase *t = tcase_create("symbols");

    tcase_add_checked_fixture(t, setup, NULL);
    tcase_add_test(t, coff_table_names_functions);
    tcase_add_test(t, maps_of_both_linkers_name_functions);
    tcase_add_test(t, an_image_without_names_has_none);
    tcase_add_test(t, damaged_images_are_read_within_their_bounds);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}
