/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `rig driver instrument` and `rig driver catalog`: what is made of a driver,
 * and that the original comes back from it.
 */
#include <check.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>

#include "catalog.h"
#include "commands.h"
#include "der.h"
#include "driver-image.h"
#include "fixture.h"
#include "instrument.h"
#include "pe-file.h"
#include "rigshim.h"
#include "run-suite.h"

#define DRIVERS BUILD_DIR "/drivers"

static char *tree(const char *path)
{
    return g_build_filename(g_getenv("RIG_HOME"), path, NULL);
}

static GBytes *bytes_of(const char *path)
{
    g_autofree char *full = g_path_is_absolute(path) ? g_strdup(path)
                                                     : tree(path);
    char *data;
    gsize size;

    ck_assert_msg(g_file_get_contents(full, &data, &size, NULL), "%s", full);
    return g_bytes_new_take(data, size);
}

static GBytes *instrument(GBytes *file, GPtrArray **apis, GError **error)
{
    size_t size;
    const uint8_t *data = g_bytes_get_data(file, &size);

    return rig_instrument("x.sys", data, size, apis, error);
}

static GBytes *undo(GBytes *file, GError **error)
{
    size_t size;
    const uint8_t *data = g_bytes_get_data(file, &size);

    return rig_instrument_undo("x.sys", data, size, error);
}

/* --- our own drivers ----------------------------------------------------- */

static unsigned round_trips(const char *dir)
{
    GDir *d = g_dir_open(dir, 0, NULL);
    const char *name;
    unsigned n = 0;

    while (d && (name = g_dir_read_name(d))) {
        g_autofree char *path = g_build_filename(dir, name, NULL);

        if (g_file_test(path, G_FILE_TEST_IS_DIR)) {
            n += round_trips(path);
        } else if (g_str_has_suffix(name, ".sys")) {
            g_autoptr(GError) error = NULL;
            g_autoptr(GBytes) file = bytes_of(path);
            g_autoptr(GBytes) made = instrument(file, NULL, &error);
            g_autoptr(GBytes) back = NULL;

            ck_assert_msg(made, "%s: %s", path, error ? error->message : "");
            ck_assert(!g_bytes_equal(made, file));
            back = undo(made, &error);
            ck_assert_msg(back, "%s: %s", path, error ? error->message : "");
            ck_assert_msg(g_bytes_equal(back, file), "%s", path);
            n++;
        }
    }
    g_clear_pointer(&d, g_dir_close);
    return n;
}

START_TEST(every_driver_comes_back_byte_for_byte)
{
    g_autofree char *dir = tree(DRIVERS);

    ck_assert_uint_gt(round_trips(dir), 40);
}
END_TEST

static void collect(const RigDriverImage *image, const char *dll,
                    GHashTable *names)
{
    for (guint i = 0; i < image->imports->len; i++) {
        const RigImport *import = image->imports->pdata[i];

        if (g_ascii_strcasecmp(import->dll, dll) == 0) {
            g_hash_table_add(names, g_strdup(import->name));
        }
    }
}

START_TEST(only_hooked_functions_come_from_the_shim)
{
    g_autoptr(GHashTable) shim = g_hash_table_new_full(
        g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GHashTable) ndis = g_hash_table_new_full(
        g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GBytes) file = bytes_of(DRIVERS "/clean/rignic.sys");
    g_autoptr(RigExports) none = rig_exports_new();
    g_autoptr(GPtrArray) apis = NULL;
    g_autoptr(GBytes) made = instrument(file, &apis, NULL);
    g_autoptr(RigDriverImage) old = NULL, new = NULL;
    size_t size;
    const uint8_t *data = g_bytes_get_data(file, &size);

    old = rig_driver_image_parse("old", data, size, none, NULL);
    data = g_bytes_get_data(made, &size);
    new = rig_driver_image_parse("new", data, size, none, NULL);
    ck_assert_uint_eq(new->imports->len, old->imports->len);
    collect(new, "rigshim.sys", shim);
    collect(new, "NDIS.SYS", ndis);
    ck_assert_uint_eq(g_hash_table_size(shim), apis->len);
    ck_assert(g_hash_table_contains(shim, "NdisMRegisterInterruptEx"));
    ck_assert(g_hash_table_contains(shim, "NdisMRegisterMiniportDriver"));
    ck_assert(!g_hash_table_contains(ndis, "NdisMRegisterInterruptEx"));
    ck_assert(g_hash_table_contains(ndis, "NdisMMapIoSpace"));
    ck_assert(!new->is_signed);
}
END_TEST

START_TEST(the_checksum_is_right)
{
    g_autoptr(GBytes) file = bytes_of(DRIVERS "/clean/lineio.sys");
    g_autoptr(GBytes) made = instrument(file, NULL, NULL);
    size_t size;
    const uint8_t *data = g_bytes_get_data(made, &size);
    RigPeFile pe;

    ck_assert(rig_pe_file(&pe, "x", data, size, NULL));
    ck_assert_uint_eq(rig_pe_checksum(data, size, pe.opt + PE_OPT_CHECKSUM),
                      rig_pe_get32(data + pe.opt + PE_OPT_CHECKSUM));
    /* the linker's own, over the original */
    data = g_bytes_get_data(file, &size);
    ck_assert_uint_eq(rig_pe_checksum(data, size, pe.opt + PE_OPT_CHECKSUM),
                      rig_pe_get32(data + pe.opt + PE_OPT_CHECKSUM));
}
END_TEST

/* --- what cannot be done ------------------------------------------------- */

static void refused(GBytes *file, const char *part)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) made = instrument(file, NULL, &error);

    ck_assert_ptr_null(made);
    ck_assert_msg(strstr(error->message, part), "%s", error->message);
}

START_TEST(twice_is_refused)
{
    g_autoptr(GBytes) file = bytes_of(DRIVERS "/clean/rignic.sys");
    g_autoptr(GBytes) made = instrument(file, NULL, NULL);

    refused(made, "instrumented already");
}
END_TEST

/*
 * An image that has a section of that name already, and imports nothing from
 * the shim any more: found by fuzzing.
 */
START_TEST(its_own_section_is_found_behind_another_of_that_name)
{
    g_autoptr(GBytes) file = bytes_of(DRIVERS "/clean/rignic.sys");
    g_autoptr(GBytes) first = instrument(file, NULL, NULL);
    g_autoptr(GBytes) odd = NULL, made = NULL, back = NULL;
    g_autoptr(GError) error = NULL;
    gsize size = g_bytes_get_size(first);
    uint8_t *data = g_memdup2(g_bytes_get_data(first, NULL), size);
    uint8_t *shim = memmem(data, size, RIGSHIM_MODULE, sizeof(RIGSHIM_MODULE));

    ck_assert_ptr_nonnull(shim);
    memcpy(shim, "NDIS.SYS", sizeof("NDIS.SYS"));
    odd = g_bytes_new_take(data, size);
    made = instrument(odd, NULL, &error);
    ck_assert_msg(made != NULL, "%s", error ? error->message : "");
    back = undo(made, &error);
    ck_assert_msg(back != NULL, "%s", error ? error->message : "");
    ck_assert(g_bytes_equal(back, odd));
}
END_TEST

START_TEST(what_is_no_miniport_is_refused)
{
    g_autoptr(GBytes) shim = bytes_of(BUILD_DIR "/windows/rigshim/rigshim.sys");
    g_autoptr(GBytes) text = g_bytes_new_static("no driver", 9);

    refused(text, "no PE image");
    refused(shim, "would");
}
END_TEST

/* A copy of the clean driver in which `size` bytes at `at` are others. */
static GBytes *changed(size_t at, const void *bytes, size_t size)
{
    g_autoptr(GBytes) file = bytes_of(DRIVERS "/clean/rignic.sys");
    gsize n;
    uint8_t *data = g_memdup2(g_bytes_get_data(file, NULL),
                              g_bytes_get_size(file));

    n = g_bytes_get_size(file);
    ck_assert_uint_lt(at + size, n);
    memcpy(data + at, bytes, size);
    return g_bytes_new_take(data, n);
}

static RigPeFile clean_headers(GBytes *file)
{
    size_t size;
    const uint8_t *data = g_bytes_get_data(file, &size);
    RigPeFile pe;

    ck_assert(rig_pe_file(&pe, "x", data, size, NULL));
    return pe;
}

START_TEST(headers_without_room_are_refused)
{
    g_autoptr(GBytes) file = bytes_of(DRIVERS "/clean/rignic.sys");
    RigPeFile pe = clean_headers(file);
    size_t at = pe.sections + pe.n_sections * PE_SECTION_SIZE;
    g_autoptr(GBytes) used = changed(at + 8, "x", 1);
    uint8_t none[8] = { 0 };
    g_autoptr(GBytes) empty = changed(pe.opt + PE_OPT_DIRECTORIES +
                                      8 * PE_DIR_IMPORT, none, 8);

    refused(used, "something unknown lies behind its section table");
    refused(empty, "imports nothing");
}
END_TEST

START_TEST(what_was_changed_since_does_not_come_back)
{
    g_autoptr(GBytes) file = bytes_of(DRIVERS "/clean/rignic.sys");
    g_autoptr(GBytes) made = instrument(file, NULL, NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) other = NULL;
    size_t size;
    uint8_t *data = g_memdup2(g_bytes_get_data(made, &size),
                              g_bytes_get_size(made));

    data[4096] ^= 1;
    other = g_bytes_new_take(data, size);
    ck_assert_ptr_null(undo(other, &error));
    ck_assert_ptr_nonnull(strstr(error->message, "has been changed since"));
    g_clear_error(&error);
    ck_assert_ptr_null(undo(file, &error));
    ck_assert_ptr_nonnull(strstr(error->message, "is not instrumented"));
}
END_TEST

/* Every single byte of the headers and of the tables wrong, and no crash. */
START_TEST(damaged_images_are_refused_or_come_back)
{
    g_autoptr(GBytes) file = bytes_of(DRIVERS "/clean/lineio.sys");
    size_t size;
    const uint8_t *data = g_bytes_get_data(file, &size);

    for (size_t i = 0; i < 1024; i++) {
        g_autofree uint8_t *copy = g_memdup2(data, size);
        g_autoptr(GBytes) made = NULL, back = NULL;

        copy[i] = (uint8_t)~copy[i];
        made = rig_instrument("x.sys", copy, size, NULL, NULL);
        if (made) {
            g_autoptr(GBytes) same = g_bytes_new(copy, size);

            back = undo(made, NULL);
            ck_assert(back && g_bytes_equal(back, same));
        }
    }
}
END_TEST

/* --- catalogues ---------------------------------------------------------- */

START_TEST(der_is_that_of_the_standard)
{
    g_autoptr(GByteArray) oid = rig_der_oid("1.3.6.1.4.1.311.12.1.1");
    g_autoptr(GByteArray) number = rig_der_uint(0x80);
    g_autoptr(GByteArray) text = rig_der_bmp("OS");
    g_autoptr(GByteArray) set = rig_der_of(DER_SET, rig_der_uint(2),
                                           rig_der_uint(1), NULL);
    uint8_t large[200] = { 0 };
    g_autoptr(GByteArray) octets = rig_der_octets(large, sizeof(large));

    ck_assert_mem_eq(oid->data, "\x06\x0a\x2b\x06\x01\x04\x01\x82\x37\x0c\x01"
                     "\x01", 12);
    ck_assert_mem_eq(number->data, "\x02\x02\x00\x80", 4);
    ck_assert_mem_eq(text->data, "\x1e\x04\0O\0S", 6);
    ck_assert_mem_eq(set->data, "\x31\x06\x02\x01\x01\x02\x01\x02", 8);
    ck_assert_mem_eq(octets->data, "\x04\x81\xc8", 3);
}
END_TEST

/* The signature, its place and the checksum are no part of the hash. */
START_TEST(the_hash_of_an_image_leaves_its_checksum_out)
{
    g_autoptr(GBytes) file = bytes_of(DRIVERS "/clean/rignic.sys");
    RigPeFile pe = clean_headers(file);
    g_autoptr(GBytes) sum = changed(pe.opt + PE_OPT_CHECKSUM, "abcd", 4);
    g_autoptr(GBytes) code = changed(pe.headers_size + 16, "abcd", 4);
    uint8_t a[32], b[32], c[32];
    size_t size;
    const uint8_t *data = g_bytes_get_data(file, &size);

    ck_assert(rig_authenticode_hash(data, size, a));
    ck_assert(rig_authenticode_hash(g_bytes_get_data(sum, NULL), size, b));
    ck_assert(rig_authenticode_hash(g_bytes_get_data(code, NULL), size, c));
    ck_assert_mem_eq(a, b, 32);
    ck_assert_mem_ne(a, c, 32);
    ck_assert(!rig_authenticode_hash((const uint8_t *)"x", 1, a));
}
END_TEST

START_TEST(a_catalogue_lists_every_file_and_is_the_same_each_time)
{
    g_autofree char *sys = tree(DRIVERS "/clean/rignic.sys");
    g_autofree char *inf = tree(DRIVERS "/clean/rignic.inf");
    const char *const files[] = { inf, sys, NULL };
    const char *const ids[] = { "PCI\\VEN_1AF4&DEV_10F5", NULL };
    g_autoptr(GBytes) one = rig_catalog(files, ids, 1764000000, NULL);
    g_autoptr(GBytes) two = rig_catalog(files, ids, 1764000000, NULL);
    g_autoptr(GBytes) image = bytes_of(DRIVERS "/clean/rignic.sys");
    const char *const missing[] = { "/nowhere/x.sys", NULL };
    const char *const endless[] = { "/dev/zero", NULL };
    g_autoptr(GError) error = NULL;
    uint8_t digest[32];

    ck_assert(g_bytes_equal(one, two));
    rig_authenticode_hash(g_bytes_get_data(image, NULL),
                          g_bytes_get_size(image), digest);
    ck_assert_ptr_nonnull(memmem(g_bytes_get_data(one, NULL),
                                 g_bytes_get_size(one), digest, 32));
    ck_assert_ptr_null(rig_catalog(missing, NULL, 0, &error));
    ck_assert_ptr_nonnull(error);
    ck_assert_ptr_null(rig_catalog(endless, NULL, 0, NULL));
}
END_TEST

/* --- commands ------------------------------------------------------------ */

START_TEST(commands_make_files_and_never_overwrite_their_input)
{
    g_autofree char *dir = g_dir_make_tmp("instrument-XXXXXX", NULL);
    g_autofree char *sys = tree(DRIVERS "/clean/rignic.sys");
    g_autofree char *inf = tree(DRIVERS "/clean/rignic.inf");
    g_autofree char *other = tree(DRIVERS "/clean/lineio.inf");
    g_autofree char *out = g_build_filename(dir, "rignic.sys", NULL);
    g_autofree char *copy = g_build_filename(dir, "rignic.inf", NULL);
    g_autofree char *back = g_build_filename(dir, "original", "rignic.sys",
                                             NULL);
    g_autofree char *cat = g_build_filename(dir, "rignic.cat", NULL);
    g_autofree char *sub = g_build_filename(dir, "original", NULL);
    char *make[] = { "driver", "instrument", sys, "-o", out, "--inf", inf,
                     NULL };
    char *wrong[] = { "driver", "instrument", sys, "-o", out, "--inf", other,
                      NULL };
    char *same[] = { "driver", "instrument", out, "-o", out, NULL };
    char *undo_it[] = { "driver", "instrument", "--undo", out, NULL };
    char *catalog[] = { "driver", "catalog", copy, out, NULL };
    g_autoptr(GBytes) a = NULL, b = NULL;

    ck_assert_int_eq(rig_cmd_driver(7, wrong), RIG_EXIT_USAGE);
    ck_assert(!g_file_test(out, G_FILE_TEST_EXISTS));
    ck_assert_int_eq(rig_cmd_driver(7, make), RIG_EXIT_OK);
    ck_assert(g_file_test(copy, G_FILE_TEST_EXISTS));
    ck_assert_int_eq(rig_cmd_driver(5, same), RIG_EXIT_USAGE);
    ck_assert_int_eq(rig_cmd_driver(4, undo_it), RIG_EXIT_OK);
    a = bytes_of(sys);
    b = bytes_of(back);
    ck_assert(g_bytes_equal(a, b));
    ck_assert_int_eq(rig_cmd_driver(4, catalog), RIG_EXIT_OK);
    ck_assert(g_file_test(cat, G_FILE_TEST_EXISTS));
    g_unlink(out);
    g_unlink(copy);
    g_unlink(cat);
    g_unlink(back);
    g_rmdir(sub);
    g_rmdir(dir);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("instrument");
    TCase *t = tcase_create("instrument");

    tcase_set_timeout(t, 120);
    tcase_add_test(t, every_driver_comes_back_byte_for_byte);
    tcase_add_test(t, only_hooked_functions_come_from_the_shim);
    tcase_add_test(t, the_checksum_is_right);
    tcase_add_test(t, twice_is_refused);
    tcase_add_test(t, its_own_section_is_found_behind_another_of_that_name);
    tcase_add_test(t, what_is_no_miniport_is_refused);
    tcase_add_test(t, headers_without_room_are_refused);
    tcase_add_test(t, what_was_changed_since_does_not_come_back);
    tcase_add_test(t, damaged_images_are_refused_or_come_back);
    tcase_add_test(t, der_is_that_of_the_standard);
    tcase_add_test(t, the_hash_of_an_image_leaves_its_checksum_out);
    tcase_add_test(t, a_catalogue_lists_every_file_and_is_the_same_each_time);
    tcase_add_test(t, commands_make_files_and_never_overwrite_their_input);
    suite_add_tcase(s, t);
    return run_suite(s);
}
