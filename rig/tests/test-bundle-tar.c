/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bundles as one file: the same bytes, and nothing hostile is unpacked. */
#include <archive.h>
#include <archive_entry.h>
#include <check.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>

#include "bundle-tar.h"
#include "bundle.h"
#include "run-suite.h"

static char *dir, *tree, *file, *to;

static void write_text(const char *name, const char *text)
{
    g_autofree char *path = g_build_filename(tree, name, NULL);
    g_autofree char *parent = g_path_get_dirname(path);

    ck_assert_int_eq(g_mkdir_with_parents(parent, 0755), 0);
    ck_assert(g_file_set_contents(path, text, -1, NULL));
}

static void setup(void)
{
    dir = g_dir_make_tmp("rig-bundle-XXXXXX", NULL);
    ck_assert_ptr_nonnull(dir);
    tree = g_build_filename(dir, "bundle", NULL);
    file = g_build_filename(dir, "bundle.tar.zst", NULL);
    to = g_build_filename(dir, "to", NULL);
    ck_assert_int_eq(g_mkdir(to, 0755), 0);
    write_text("manifest.xml", "<bundle/>");
    write_text("drivers/1/a.sys", "MZ");
    write_text("drivers/1/a.inf", "");
}

static void teardown(void)
{
    rig_remove_tree(dir);
    g_free(dir);
    g_free(tree);
    g_free(file);
    g_free(to);
}

static char *contents(const char *base, const char *name, gsize *length)
{
    g_autofree char *path = g_build_filename(base, name, NULL);
    char *text;

    ck_assert_msg(g_file_get_contents(path, &text, length, NULL), "%s", path);
    return text;
}

static void pack(const char *archive)
{
    g_autoptr(GError) error = NULL;

    ck_assert_msg(rig_bundle_pack(tree, archive, &error), "%s",
                  error ? error->message : "");
}

START_TEST(what_was_packed_comes_out)
{
    g_autofree char *sys = NULL, *inf = NULL;
    g_autoptr(GError) error = NULL;
    gsize length;

    pack(file);
    ck_assert_msg(rig_bundle_unpack(file, to, &error), "%s",
                  error ? error->message : "");
    sys = contents(to, "drivers/1/a.sys", &length);
    ck_assert_str_eq(sys, "MZ");
    inf = contents(to, "drivers/1/a.inf", &length);
    ck_assert_uint_eq(length, 0);
}
END_TEST

START_TEST(same_files_give_the_same_bytes)
{
    g_autofree char *other = g_build_filename(dir, "other.tar.zst", NULL);
    g_autofree char *a = NULL, *b = NULL;
    gsize la, lb;

    pack(file);
    write_text("drivers/1/a.sys", "MZ"); /* another time, another inode */
    pack(other);
    a = contents(dir, "bundle.tar.zst", &la);
    b = contents(dir, "other.tar.zst", &lb);
    ck_assert_uint_eq(la, lb);
    ck_assert_mem_eq(a, b, la);
}
END_TEST

START_TEST(links_are_not_packed)
{
    g_autofree char *link = g_build_filename(tree, "link", NULL);
    g_autofree char *unpacked = g_build_filename(to, "link", NULL);

    ck_assert_int_eq(symlink("/etc/passwd", link), 0);
    pack(file);
    ck_assert(rig_bundle_unpack(file, to, NULL));
    ck_assert(!g_file_test(unpacked, G_FILE_TEST_EXISTS));
}
END_TEST

/* --- hostile archives ----------------------------------------------------- */

typedef struct Hostile {
    const char *name, *second; /* of one or two entries */
    unsigned type;
    const char *link;
    gboolean hard;
    const char *says;
} Hostile;

static const Hostile hostile[] = {
    { "../evil", NULL, AE_IFREG, NULL, FALSE, "no name of a file" },
    { "b/../../evil", NULL, AE_IFREG, NULL, FALSE, "no name of a file" },
    { "/tmp/evil", NULL, AE_IFREG, NULL, FALSE, "no name of a file" },
    { "b/./x", NULL, AE_IFREG, NULL, FALSE, "no name of a file" },
    { "b//x", NULL, AE_IFREG, NULL, FALSE, "no name of a file" },
    { "b/.hidden", NULL, AE_IFREG, NULL, FALSE, "no name of a file" },
    { "b/a\nb", NULL, AE_IFREG, NULL, FALSE, "no name of a file" },
    { "b/1/2/3/4", NULL, AE_IFREG, NULL, FALSE, "no name of a file" },
    { "alone", NULL, AE_IFREG, NULL, FALSE, "no name of a file" },
    { "b/x", "c/x", AE_IFREG, NULL, FALSE, "one directory" },
    { "b/x", "bb/x", AE_IFREG, NULL, FALSE, "one directory" },
    { "b/x", "b/x", AE_IFREG, NULL, FALSE, "twice" },
    { "b/x", "b/x/y", AE_IFREG, NULL, FALSE, "" },
    { "b/x", NULL, AE_IFLNK, "/etc/passwd", FALSE, "no regular file" },
    { "b/x", NULL, AE_IFREG, "b/y", TRUE, "no regular file" },
    { "b/x", NULL, AE_IFIFO, NULL, FALSE, "no regular file" },
    { "b/x", NULL, AE_IFCHR, NULL, FALSE, "no regular file" },
    { "b/x", NULL, AE_IFBLK, NULL, FALSE, "no regular file" },
};

static void add_entry(struct archive *a, const Hostile *h, const char *name)
{
    struct archive_entry *e = archive_entry_new();
    gboolean plain = h->type == AE_IFREG && !h->hard;

    archive_entry_set_pathname(e, name);
    archive_entry_set_filetype(e, h->type);
    archive_entry_set_perm(e, 0644);
    archive_entry_set_size(e, plain ? 1 : 0);
    if (h->hard) {
        archive_entry_set_hardlink(e, h->link);
    } else if (h->link) {
        archive_entry_set_symlink(e, h->link);
    }
    ck_assert_int_eq(archive_write_header(a, e), ARCHIVE_OK);
    if (plain) {
        ck_assert_int_eq(archive_write_data(a, "x", 1), 1);
    }
    archive_entry_free(e);
}

static void write_hostile(const Hostile *h)
{
    struct archive *a = archive_write_new();

    archive_write_set_format_pax(a);
    archive_write_add_filter_zstd(a);
    ck_assert_int_eq(archive_write_open_filename(a, file), ARCHIVE_OK);
    add_entry(a, h, h->name);
    if (h->second) {
        add_entry(a, h, h->second);
    }
    ck_assert_int_eq(archive_write_close(a), ARCHIVE_OK);
    archive_write_free(a);
}

START_TEST(hostile_archives_are_refused)
{
    g_autofree char *evil = g_build_filename(dir, "evil", NULL);
    g_autoptr(GError) error = NULL;

    write_hostile(&hostile[_i]);
    ck_assert_msg(!rig_bundle_unpack(file, to, &error), "\"%s\" was taken",
                  hostile[_i].name);
    ck_assert_ptr_nonnull(strstr(error->message, hostile[_i].says));
    ck_assert(!g_file_test(evil, G_FILE_TEST_EXISTS));
    ck_assert(!g_file_test("/tmp/evil", G_FILE_TEST_EXISTS));
}
END_TEST

START_TEST(too_many_files_are_refused)
{
    struct archive *a = archive_write_new();
    const Hostile plain = { .type = AE_IFDIR };
    g_autoptr(GError) error = NULL;

    archive_write_set_format_ustar(a);
    archive_write_add_filter_zstd(a);
    ck_assert_int_eq(archive_write_open_filename(a, file), ARCHIVE_OK);
    for (unsigned i = 0; i <= RIG_BUNDLE_ENTRIES_MAX; i++) {
        add_entry(a, &plain, "b/d");
    }
    archive_write_free(a);
    ck_assert(!rig_bundle_unpack(file, to, &error));
    ck_assert_ptr_nonnull(strstr(error->message, "more than 20000 files"));
}
END_TEST

/* Only the header is there: it is refused for what it says, not as cut. */
START_TEST(too_large_a_file_is_refused_before_it_is_written)
{
    struct archive *a = archive_write_new();
    struct archive_entry *e = archive_entry_new();
    g_autofree char *path = g_build_filename(to, "x", NULL);
    g_autoptr(GError) error = NULL;
    char header[512]; /* no room for what the header promises */
    size_t used = 0;

    archive_write_set_format_ustar(a);
    archive_write_set_bytes_per_block(a, 0);
    ck_assert_int_eq(archive_write_open_memory(a, header, sizeof(header),
                                               &used), ARCHIVE_OK);
    archive_entry_set_pathname(e, "b/x");
    archive_entry_set_filetype(e, AE_IFREG);
    archive_entry_set_size(e, RIG_BUNDLE_BYTES_MAX + 1);
    ck_assert_int_eq(archive_write_header(a, e), ARCHIVE_OK);
    archive_entry_free(e);
    archive_write_free(a);
    ck_assert(g_file_set_contents(file, header, (gssize)used, NULL));
    ck_assert(!rig_bundle_unpack(file, to, &error));
    ck_assert_ptr_nonnull(strstr(error->message, "more than 4 GiB"));
    ck_assert(!g_file_test(path, G_FILE_TEST_EXISTS));
}
END_TEST

START_TEST(unpacking_ends_at_a_signal_that_is_blocked)
{
    g_autoptr(GError) error = NULL;
    sigset_t set, old;
    int sig;

    pack(file);
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    ck_assert_int_eq(sigprocmask(SIG_BLOCK, &set, &old), 0);
    raise(SIGTERM);
    ck_assert(!rig_bundle_unpack(file, to, &error));
    ck_assert_int_eq(sigwait(&set, &sig), 0);
    ck_assert_int_eq(sigprocmask(SIG_SETMASK, &old, NULL), 0);
    ck_assert_ptr_nonnull(strstr(error->message, "stopped"));
}
END_TEST

START_TEST(what_is_no_whole_archive_is_refused)
{
    g_autofree char *bytes = NULL;
    gsize length;

    pack(file);
    bytes = contents(dir, "bundle.tar.zst", &length);
    for (gsize cut = 0; cut < length; cut += 1 + length / 40) {
        g_autofree char *out = g_strdup_printf("%s/cut-%" G_GSIZE_FORMAT,
                                               dir, cut);

        ck_assert(g_file_set_contents(file, bytes, cut, NULL));
        ck_assert_int_eq(g_mkdir(out, 0755), 0);
        ck_assert(!rig_bundle_unpack(file, out, NULL));
    }
    ck_assert(g_file_set_contents(file, "not an archive at all", -1, NULL));
    ck_assert(!rig_bundle_unpack(file, to, NULL));
    ck_assert(!rig_bundle_unpack("/dev/zero", to, NULL));
    ck_assert(!rig_bundle_unpack("/nowhere", to, NULL));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("bundle-tar");
    TCase *tc = tcase_create("bundle-tar");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, what_was_packed_comes_out);
    tcase_add_test(tc, same_files_give_the_same_bytes);
    tcase_add_test(tc, links_are_not_packed);
    tcase_add_loop_test(tc, hostile_archives_are_refused, 0,
                        G_N_ELEMENTS(hostile));
    tcase_add_test(tc, too_many_files_are_refused);
    tcase_add_test(tc, too_large_a_file_is_refused_before_it_is_written);
    tcase_add_test(tc, unpacking_ends_at_a_signal_that_is_blocked);
    tcase_add_test(tc, what_is_no_whole_archive_is_refused);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
