/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Units of snapshot.c: when one may be used, and which are removed. */
#include <check.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "run-suite.h"
#include "snapshot.h"
#include "tests/fixture.h"

#define DAY 86400

static Fixture *f;
static char *dir;
static RigGuestFiles *guest;

static void setup(void)
{
    f = fixture_new();
    dir = g_build_filename(f->dir, "snapshots", NULL);
    guest = &f->paths.guest[RIG_GUEST_NDIS];
    f->paths.qemu = fixture_write(f, "qemu", "1", -1);
    guest->kernel = fixture_write(f, "kernel", "1", -1);
    guest->initramfs = fixture_write(f, "initramfs", "1", -1);
    f->paths.firmware = g_strdup(f->dir);
}

static void teardown(void)
{
    g_clear_pointer(&f->paths.qemu, g_free);
    g_clear_pointer(&guest->kernel, g_free);
    g_clear_pointer(&guest->initramfs, g_free);
    g_clear_pointer(&f->paths.firmware, g_free);
    fixture_free(f);
    g_clear_pointer(&dir, g_free);
}

static RigSnapshot *of(unsigned vectors)
{
    const RigMachine machine = {
        .nic = (char *)"rig-nic", .vectors = vectors, .queues = 1,
        .adapters = 1, .memory_mib = 256,
    };

    return rig_snapshot_new(dir, &f->paths, &machine, "quiet");
}

static void make(unsigned vectors)
{
    g_autoptr(RigSnapshot) s = of(vectors);
    g_autoptr(GError) error = NULL;

    ck_assert_msg(rig_snapshot_begin(s, &error), "%s",
                  error ? error->message : "");
    ck_assert(g_file_set_contents(s->made, "state", -1, NULL));
    ck_assert(rig_snapshot_keep(s, &error));
}

static gboolean usable(unsigned vectors)
{
    g_autoptr(RigSnapshot) s = of(vectors);

    return rig_snapshot_use(s);
}

static gint64 now(void)
{
    return g_get_real_time() / G_USEC_PER_SEC;
}

/* When it was used last. */
static void set_age(unsigned vectors, gint64 seconds)
{
    g_autoptr(RigSnapshot) s = of(vectors);
    g_autofree char *lock = g_build_filename(s->dir, "lock", NULL);
    const struct timespec t[2] = { { .tv_sec = now() - seconds },
                                   { .tv_sec = now() - seconds } };

    ck_assert_int_eq(utimensat(AT_FDCWD, lock, t, 0), 0);
}

static unsigned prune(unsigned most)
{
    g_autoptr(GError) error = NULL;
    RigSnapshotsRemoved r;

    ck_assert_msg(rig_snapshots_prune(dir, most, now(), &r, &error), "%s",
                  error ? error->message : "");
    return r.snapshots;
}

static void touch(char **file, const char *content)
{
    g_autofree char *name = g_path_get_basename(*file);

    g_free(*file);
    *file = fixture_write(f, name, content, -1);
}

START_TEST(it_is_used_only_by_machines_of_its_kind)
{
    ck_assert(!usable(1));
    make(1);
    ck_assert(usable(1));
    ck_assert(!usable(2));
}
END_TEST

/* Agent and NDIS host are in the initramfs. */
START_TEST(another_qemu_kernel_or_initramfs_outdates_it)
{
    char **files[] = { &f->paths.qemu, &guest->kernel, &guest->initramfs };

    for (guint i = 0; i < G_N_ELEMENTS(files); i++) {
        make(1);
        ck_assert_uint_eq(prune(9), 0);
        touch(files[i], "another one");
        ck_assert(!usable(1));
        ck_assert_uint_eq(prune(9), 1);
        ck_assert_uint_eq(prune(9), 0);
    }
}
END_TEST

START_TEST(a_state_that_was_changed_is_not_used)
{
    g_autoptr(RigSnapshot) s = of(1);

    make(1);
    ck_assert(g_file_set_contents(s->state, "stat3", -1, NULL));
    ck_assert(!usable(1));
    ck_assert(g_file_set_contents(s->state, "state", -1, NULL));
    ck_assert(usable(1)); /* touched, but the same */
    rig_snapshot_discard(s);
    ck_assert(!usable(1));
}
END_TEST

START_TEST(the_least_recently_used_are_removed_first)
{
    for (unsigned i = 1; i <= 3; i++) {
        make(i);
        set_age(i, i == 2 ? 300 : 100 * i / 3);
    }
    ck_assert_uint_eq(prune(2), 1);
    ck_assert(!usable(2));
    ck_assert(usable(1));
    ck_assert(usable(3));
}
END_TEST

START_TEST(what_was_not_used_for_a_month_is_removed)
{
    make(1);
    make(2);
    set_age(1, RIG_SNAPSHOT_DAYS * DAY + 60);
    set_age(2, RIG_SNAPSHOT_DAYS * DAY - 60);
    ck_assert_uint_eq(prune(9), 1);
    ck_assert(!usable(1));
    ck_assert(usable(2));
}
END_TEST

START_TEST(what_is_in_use_stays_and_is_not_made_anew)
{
    g_autoptr(RigSnapshot) s = of(1), other = of(1);
    g_autoptr(GError) error = NULL;

    make(1);
    ck_assert(rig_snapshot_use(s));
    ck_assert_uint_eq(prune(0), 0);
    ck_assert(!rig_snapshot_begin(other, &error));
    ck_assert_ptr_nonnull(strstr(error->message, "another rig"));
    g_clear_pointer(&s, rig_snapshot_free);
    g_clear_pointer(&other, rig_snapshot_free);
    ck_assert_uint_eq(prune(0), 1);
}
END_TEST

/* Whatever is in the cache, only what is below it goes. */
START_TEST(rubbish_and_links_are_removed_not_followed)
{
    g_autofree char *rubbish = g_build_filename(dir, "rubbish", NULL);
    g_autofree char *note = g_build_filename(rubbish, "snapshot.ini", NULL);
    g_autofree char *link = g_build_filename(rubbish, "state", NULL);
    g_autofree char *half = g_build_filename(dir, ".removed-x", NULL);
    g_autofree char *good = g_build_filename(f->dir, "good.inf", NULL);

    ck_assert_int_eq(g_mkdir_with_parents(rubbish, 0700), 0);
    ck_assert_int_eq(g_mkdir_with_parents(half, 0700), 0);
    ck_assert(g_file_set_contents(note, "[snapshot]\nfiles=;;\nstamps=", -1,
                                  NULL));
    ck_assert_int_eq(symlink(good, link), 0);
    ck_assert_uint_eq(prune(9), 2);
    ck_assert(g_file_test(good, G_FILE_TEST_EXISTS));
    ck_assert(!g_file_test(rubbish, G_FILE_TEST_EXISTS));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("snapshot");
    TCase *t = tcase_create("snapshot");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, it_is_used_only_by_machines_of_its_kind);
    tcase_add_test(t, another_qemu_kernel_or_initramfs_outdates_it);
    tcase_add_test(t, a_state_that_was_changed_is_not_used);
    tcase_add_test(t, the_least_recently_used_are_removed_first);
    tcase_add_test(t, what_was_not_used_for_a_month_is_removed);
    tcase_add_test(t, what_is_in_use_stays_and_is_not_made_anew);
    tcase_add_test(t, rubbish_and_links_are_removed_not_followed);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}
