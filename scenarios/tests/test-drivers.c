/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Units: the built .sys files are what Windows loads as an x64 kernel driver.
 * Microsoft, "PE Format", gives the offsets.
 */
#include <check.h>
#include <glib.h>
#include <inttypes.h>
#include <stdint.h>
#include <string.h>

#define MACHINE_AMD64    0x8664u
#define MAGIC_PE32_PLUS  0x20bu
#define SUBSYSTEM_NATIVE 1u
#define HIGH_ENTROPY_VA  0x0020u
#define DYNAMIC_BASE     0x0040u
#define NX_COMPAT        0x0100u

/* Directory of the drivers without a defect or a style of their own. */
#define CORRECT "clean"

#define DIR_IMPORT 1u
#define DIR_RELOC  5u

static GPtrArray *drivers; /* paths of all .sys files, sorted */

struct image {
    uint8_t *data;
    gsize size;
    uint32_t pe;         /* offset of the file header's signature */
    uint32_t optional;   /* offset of the optional header */
};

static uint32_t get(const struct image *im, uint64_t at, unsigned bytes)
{
    uint32_t v = 0;

    ck_assert_msg(at + bytes <= im->size, "read past the end at %" PRIu64, at);
    memcpy(&v, im->data + at, bytes);
    return v;
}

static struct image load(const char *path)
{
    struct image im = { 0 };

    ck_assert_msg(g_file_get_contents(path, (char **)&im.data, &im.size, NULL),
                  "%s is missing", path);
    ck_assert_uint_eq(get(&im, 0, 2), 0x5a4d); /* "MZ" */
    im.pe = get(&im, 0x3c, 4);
    ck_assert_uint_eq(get(&im, im.pe, 4), 0x4550); /* "PE" */
    im.optional = im.pe + 24;
    return im;
}

/* Offset in the file of a relative virtual address. */
static uint32_t file_offset(const struct image *im, uint32_t rva)
{
    uint32_t n = get(im, im->pe + 6, 2);
    uint32_t table = im->optional + get(im, im->pe + 20, 2);

    for (uint32_t i = 0; i < n; i++) {
        uint32_t section = table + 40 * i;
        uint32_t start = get(im, section + 12, 4);

        if (rva >= start && rva - start < get(im, section + 16, 4)) {
            return get(im, section + 20, 4) + (rva - start);
        }
    }
    ck_abort_msg("address 0x%x is in no section", rva);
}

static uint32_t directory(const struct image *im, unsigned index,
                          uint32_t *size)
{
    uint32_t at = im->optional + 112 + 8 * index;

    *size = get(im, at + 4, 4);
    return get(im, at, 4);
}

static char *text(const struct image *im, uint32_t rva)
{
    uint32_t at = file_offset(im, rva);
    const void *nul = memchr(im->data + at, 0, im->size - at);

    ck_assert_ptr_nonnull(nul);
    return g_strdup((const char *)im->data + at);
}

START_TEST(every_driver_is_a_native_x64_image)
{
    struct image im = load(drivers->pdata[_i]);

    ck_assert_uint_eq(get(&im, im.pe + 4, 2), MACHINE_AMD64);
    ck_assert_uint_eq(get(&im, im.optional, 2), MAGIC_PE32_PLUS);
    ck_assert_uint_eq(get(&im, im.optional + 68, 2), SUBSYSTEM_NATIVE);
    ck_assert_uint_ne(get(&im, im.optional + 16, 4), 0); /* entry point */
    g_free(im.data);
}
END_TEST

START_TEST(every_driver_can_be_loaded_anywhere_and_never_runs_data)
{
    struct image im = load(drivers->pdata[_i]);
    uint32_t flags = get(&im, im.optional + 70, 2), size;

    ck_assert_uint_eq(flags & HIGH_ENTROPY_VA, HIGH_ENTROPY_VA);
    ck_assert_uint_eq(flags & DYNAMIC_BASE, DYNAMIC_BASE);
    ck_assert_uint_eq(flags & NX_COMPAT, NX_COMPAT);
    ck_assert_uint_ne(directory(&im, DIR_RELOC, &size), 0);
    ck_assert_uint_gt(size, 8);
    g_free(im.data);
}
END_TEST

START_TEST(every_driver_imports_from_the_kernel_alone)
{
    static const char *const allowed[] = { "ndis.sys", "ntoskrnl.exe",
                                           "hal.dll", NULL };
    struct image im = load(drivers->pdata[_i]);
    uint32_t size, rva = directory(&im, DIR_IMPORT, &size);
    uint32_t at = file_offset(&im, rva);
    unsigned modules = 0;

    for (; get(&im, at + 12, 4); at += 20, modules++) {
        g_autofree char *name = text(&im, get(&im, at + 12, 4));
        g_autofree char *lower = g_ascii_strdown(name, -1);

        ck_assert_msg(g_strv_contains(allowed, lower), "imports from %s",
                      name);
    }
    ck_assert_uint_eq(modules, 3);
    g_free(im.data);
}
END_TEST

/* Two builds of one source are the same bytes only without a time stamp. */
START_TEST(no_driver_carries_the_time_of_its_build)
{
    struct image im = load(drivers->pdata[_i]);

    ck_assert_uint_eq(get(&im, im.pe + 8, 4), 0);
    g_free(im.data);
}
END_TEST

/* Windows refuses a driver whose checksum is wrong. */
START_TEST(every_checksum_is_right)
{
    struct image im = load(drivers->pdata[_i]);
    uint32_t field = im.optional + 64, sum = 0;

    for (gsize at = 0; at < im.size; at += 2) {
        if (at != field && at != field + 2) {
            sum += get(&im, at, at + 1 < im.size ? 2 : 1);
            sum = (sum & 0xffff) + (sum >> 16);
        }
    }
    ck_assert_uint_eq(get(&im, field, 4), sum + (uint32_t)im.size);
    g_free(im.data);
}
END_TEST

START_TEST(every_variant_differs_from_the_correct_driver)
{
    const char *path = drivers->pdata[_i];
    g_autofree char *name = g_path_get_basename(path);
    g_autofree char *dir = g_path_get_dirname(path);
    g_autofree char *correct = g_build_filename(dir, "..", CORRECT, name,
                                                NULL);
    struct image clean = load(correct);
    struct image im = load(path);

    ck_assert_msg(g_str_has_suffix(dir, "/" CORRECT) ||
                  clean.size != im.size ||
                  memcmp(clean.data, im.data, im.size) != 0,
                  "%s is the correct driver", path);
    g_free(clean.data);
    g_free(im.data);
}
END_TEST

static int compare_paths(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* DIRECTORY/<variant>/<driver>.sys; FALSE: there is none. */
static gboolean find_drivers(const char *directory)
{
    g_autoptr(GDir) d = g_dir_open(directory, 0, NULL);
    const char *variant, *file;

    drivers = g_ptr_array_new_with_free_func(g_free);
    while (d && (variant = g_dir_read_name(d))) {
        g_autofree char *path = g_build_filename(directory, variant, NULL);
        g_autoptr(GDir) sub = g_dir_open(path, 0, NULL);

        while (sub && (file = g_dir_read_name(sub))) {
            if (g_str_has_suffix(file, ".sys")) {
                g_ptr_array_add(drivers, g_build_filename(path, file, NULL));
            }
        }
    }
    g_ptr_array_sort(drivers, compare_paths);
    return drivers->len > 0;
}

int main(int argc, char **argv)
{
    Suite *suite = suite_create("drivers");
    TCase *tc = tcase_create("image");
    SRunner *runner;
    int n, failed;

    if (argc != 2 || !find_drivers(argv[1])) {
        g_printerr("usage: %s DRIVERS-DIRECTORY\n", argv[0]);
        return 2;
    }
    n = drivers->len;
    tcase_add_loop_test(tc, every_driver_is_a_native_x64_image, 0, n);
    tcase_add_loop_test(
        tc, every_driver_can_be_loaded_anywhere_and_never_runs_data, 0, n);
    tcase_add_loop_test(tc, every_driver_imports_from_the_kernel_alone, 0, n);
    tcase_add_loop_test(tc, no_driver_carries_the_time_of_its_build, 0, n);
    tcase_add_loop_test(tc, every_checksum_is_right, 0, n);
    tcase_add_loop_test(tc, every_variant_differs_from_the_correct_driver, 0,
                        n);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    g_ptr_array_unref(drivers);
    return failed ? 1 : 0;
}
