/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The PE loader with a real driver image and with broken copies of it. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ndis/pe.h"

static uint8_t *file;
static size_t file_len;
static char err[160];

/* Offsets in the PE headers, from the PE signature. */
#define PE_MACHINE   4
#define PE_SECTIONS  6
#define PE_OPTIONAL  24
#define OPT_MAGIC    (PE_OPTIONAL + 0)
#define OPT_ENTRY    (PE_OPTIONAL + 16)
#define OPT_BASE     (PE_OPTIONAL + 24)
#define OPT_SIZE     (PE_OPTIONAL + 56)
#define OPT_SUBSYSTEM (PE_OPTIONAL + 68)
#define OPT_DIR(n)   (PE_OPTIONAL + 112 + 8 * (n))

static void load_file(void)
{
    FILE *f = fopen(PROBE_SYS, "rb");

    ck_assert_msg(f != NULL, "%s is not there", PROBE_SYS);
    fseek(f, 0, SEEK_END);
    file_len = (size_t)ftell(f);
    rewind(f);
    file = malloc(file_len);
    ck_assert_uint_eq(fread(file, 1, file_len, f), file_len);
    fclose(f);
}

static void drop_file(void)
{
    free(file);
}

static uint32_t get32(const uint8_t *p)
{
    uint32_t v;

    memcpy(&v, p, 4);
    return v;
}

static void put32(uint8_t *p, uint32_t v)
{
    memcpy(p, &v, 4);
}

static uint8_t *pe_header(void)
{
    return file + get32(file + 0x3c);
}

/* An import resolves to a number that its name gives. */
static void *resolve(void *opaque, const char *dll, const char *name,
                     unsigned ordinal)
{
    unsigned *count = opaque;

    (void)dll;
    (*count)++;
    return (void *)(uintptr_t)(name ? 0x1000 + strlen(name) : ordinal);
}

static void *refuse(void *opaque, const char *dll, const char *name,
                    unsigned ordinal)
{
    (void)opaque;
    (void)dll;
    (void)name;
    (void)ordinal;
    return NULL;
}

static int load(size_t len, struct pe_image *image)
{
    unsigned count = 0;

    return pe_load(file, len, 0, resolve, &count, image, err, sizeof(err));
}

/* Loading has to fail with a message that contains `text`. */
static void expect_error(const char *text)
{
    struct pe_image image;

    ck_assert_int_eq(load(file_len, &image), -1);
    ck_assert_msg(strstr(err, text) != NULL, "message is \"%s\"", err);
    ck_assert_ptr_null(image.base);
}

/* Pointer in the file to an RVA, by the section table. */
static uint8_t *at_rva(uint32_t rva)
{
    uint8_t *pe = pe_header();
    unsigned n = pe[PE_SECTIONS] | pe[PE_SECTIONS + 1] << 8;
    uint8_t *s = pe + PE_OPTIONAL + (pe[20] | pe[21] << 8);

    for (unsigned i = 0; i < n; i++, s += 40) {
        if (rva >= get32(s + 12) && rva - get32(s + 12) < get32(s + 16)) {
            return file + get32(s + 20) + (rva - get32(s + 12));
        }
    }
    ck_abort_msg("RVA 0x%x is in no section", rva);
}

START_TEST(good_image_loads_and_is_relocated)
{
    struct pe_image image;
    unsigned count = 0;

    ck_assert_msg(pe_load(file, file_len, 0, resolve, &count, &image, err,
                          sizeof(err)) == 0, "%s", err);
    ck_assert_uint_gt(count, 10);
    ck_assert_uint_eq(image.entry, get32(pe_header() + OPT_ENTRY));
    ck_assert(pe_is_text(&image, (uintptr_t)image.base + image.entry));
    ck_assert(!pe_is_text(&image, (uintptr_t)image.base));
    ck_assert_uint_eq(pe_rva(&image, (uintptr_t)image.base + 5), 5);
    ck_assert_uint_eq(pe_rva(&image, (uintptr_t)image.base + image.size), 0);
    pe_unload(&image);
}
END_TEST

START_TEST(relocations_move_absolute_pointers)
{
    uint32_t rva = get32(pe_header() + OPT_DIR(5)), target;
    const uint8_t *block = at_rva(rva);
    struct pe_image image;
    uint64_t before, after;

    target = get32(block) + ((block[8] | block[9] << 8) & 0xfff);
    memcpy(&before, at_rva(target), 8);
    ck_assert_int_eq(load(file_len, &image), 0);
    memcpy(&after, image.base + target, 8);
    ck_assert_uint_eq(after - (uintptr_t)image.base,
                      before - 0x140000000ull);
    pe_unload(&image);
}
END_TEST

START_TEST(truncated_file_never_loads_and_never_crashes)
{
    struct pe_image image;
    size_t last = 0;
    uint8_t *pe = pe_header();
    unsigned n = pe[PE_SECTIONS];
    uint8_t *s = pe + PE_OPTIONAL + (pe[20] | pe[21] << 8);

    for (unsigned i = 0; i < n; i++, s += 40) {
        size_t end = get32(s + 16) ? get32(s + 20) + get32(s + 16) : 0;

        last = end > last ? end : last;
    }
    for (size_t len = 0; len < last; len++) {
        uint8_t *copy = malloc(len ? len : 1);
        unsigned count = 0;

        memcpy(copy, file, len);
        ck_assert_int_eq(pe_load(copy, len, 0, resolve, &count, &image, err,
                                 sizeof(err)), -1);
        free(copy);
    }
}
END_TEST

/* Any byte of the headers wrong: loads or fails, but stays in bounds. */
START_TEST(damaged_headers_never_crash)
{
    size_t headers = get32(pe_header() + PE_OPTIONAL + 60);

    for (size_t i = 0; i < headers; i++) {
        static const uint8_t values[] = { 0x00, 0x7f, 0x80, 0xff };
        uint8_t saved = file[i];

        for (unsigned v = 0; v < sizeof(values); v++) {
            struct pe_image image;

            file[i] = values[v];
            if (load(file_len, &image) == 0) {
                pe_unload(&image);
            }
        }
        file[i] = saved;
    }
}
END_TEST

START_TEST(wrong_kinds_of_file_are_named)
{
    uint8_t *pe = pe_header();

    file[0] = 'X';
    expect_error("no MZ header");
    file[0] = 'M';
    pe[0] = 'X';
    expect_error("no PE signature");
    pe[0] = 'P';
    put32(pe + PE_MACHINE, (get32(pe + PE_MACHINE) & 0xffff0000) | 0x14c);
    expect_error("32-bit x86");
    put32(pe + PE_MACHINE, (get32(pe + PE_MACHINE) & 0xffff0000) | 0xaa64);
    expect_error("ARM64");
    put32(pe + PE_MACHINE, (get32(pe + PE_MACHINE) & 0xffff0000) | 0x8664);
    pe[OPT_MAGIC] = 0x0b;
    pe[OPT_MAGIC + 1] = 0x01;
    expect_error("not PE32+");
    pe[OPT_MAGIC + 1] = 0x02;
    pe[OPT_SUBSYSTEM] = 2;
    expect_error("not native");
    pe[OPT_SUBSYSTEM] = 1;
    put32(pe + OPT_SIZE, 0x7fffffff);
    expect_error("image size");
}
END_TEST

START_TEST(bad_relocations_are_named)
{
    uint8_t *pe = pe_header();
    uint8_t *block = at_rva(get32(pe + OPT_DIR(5)));
    uint32_t size = get32(block + 4), page = get32(block);

    put32(block + 4, 4);
    expect_error("relocation block");
    put32(block + 4, 0x7fffffff);
    expect_error("relocation block");
    put32(block + 4, size);
    put32(block, 0xfffff000);
    expect_error("outside the image");
    put32(block, page);
    block[9] = 0x30;  /* IMAGE_REL_BASED_HIGHLOW */
    expect_error("not of x64");
    put32(pe + OPT_DIR(5), 0x7ffffff0);
    expect_error("relocation directory");
}
END_TEST

START_TEST(imports_out_of_bounds_are_named)
{
    uint8_t *pe = pe_header();
    uint8_t *d = at_rva(get32(pe + OPT_DIR(1)));
    uint32_t names = get32(d), dll = get32(d + 12);

    put32(d + 12, 0x7ffffff0);
    expect_error("name of an imported module");
    put32(d + 12, dll);
    put32(d, 0x7ffffff0);
    expect_error("import table");
    put32(d, names);
    put32(at_rva(names), 0x7ffffff0);
    expect_error("name of an import");
    put32(pe + OPT_DIR(1), 0x7ffffff0);
    expect_error("import directory");
}
END_TEST

START_TEST(unresolved_import_is_named)
{
    struct pe_image image;

    ck_assert_int_eq(pe_load(file, file_len, 0, refuse, NULL, &image, err,
                             sizeof(err)), -1);
    ck_assert_msg(strstr(err, "cannot be resolved") != NULL, "%s", err);
}
END_TEST

/* The image has no load configuration: one is written over its code. */
START_TEST(default_security_cookie_is_replaced)
{
    const uint64_t unset = 0x2b992ddfa232ull;
    const uint64_t preferred = 0x300000000000ull;
    uint8_t *pe = pe_header();
    uint32_t rva = get32(pe + OPT_ENTRY);
    struct pe_image image;
    uint64_t va, now;
    unsigned count = 0;
    uint8_t *p = at_rva(rva);

    memcpy(pe + OPT_BASE, &preferred, 8);  /* not where sanitizers live */
    put32(p, 0x70);
    va = preferred + rva + 0x60;
    memcpy(p + 0x58, &va, 8);
    memcpy(p + 0x60, &unset, 8);
    put32(pe + OPT_DIR(10), rva);
    put32(pe + OPT_DIR(10) + 4, 0x70);
    ck_assert_msg(pe_load(file, file_len, preferred, resolve, &count, &image,
                          err, sizeof(err)) == 0, "%s", err);
    ck_assert(image.cookie_seeded);
    memcpy(&now, image.base + rva + 0x60, 8);
    ck_assert_uint_ne(now, unset);
    ck_assert_uint_eq(now >> 48, 0);
    pe_unload(&image);
    va = 1;
    memcpy(p + 0x58, &va, 8);
    expect_error("security cookie");
}
END_TEST

START_TEST(entry_point_has_to_be_code)
{
    put32(pe_header() + OPT_ENTRY, 0x10);
    expect_error("entry point");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("pe");
    TCase *tc = tcase_create("pe");
    SRunner *runner = srunner_create(s);
    int failed;

    tcase_set_timeout(tc, 120);
    tcase_add_checked_fixture(tc, load_file, drop_file);
    tcase_add_test(tc, good_image_loads_and_is_relocated);
    tcase_add_test(tc, relocations_move_absolute_pointers);
    tcase_add_test(tc, truncated_file_never_loads_and_never_crashes);
    tcase_add_test(tc, damaged_headers_never_crash);
    tcase_add_test(tc, wrong_kinds_of_file_are_named);
    tcase_add_test(tc, bad_relocations_are_named);
    tcase_add_test(tc, imports_out_of_bounds_are_named);
    tcase_add_test(tc, unresolved_import_is_named);
    tcase_add_test(tc, default_security_cookie_is_replaced);
    tcase_add_test(tc, entry_point_has_to_be_code);
    suite_add_tcase(s, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
