/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Units of snapshots kept with an image: when one is good, and when not. */
#include <check.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "image-import.h"
#include "image-snapshot.h"
#include "run-suite.h"

static char *dir, *overlay;
static RigPaths *paths;
static RigImage *image;

static const RigMachine machine = {
    .nic = (char *)"rig-nic", .vectors = 4, .queues = 2, .memory_mib = 1024,
};

static void put(const char *path, const char *text)
{
    ck_assert(g_file_set_contents(path, text, -1, NULL));
}

static char *in_dir(const char *name)
{
    return g_build_filename(dir, name, NULL);
}

/* An image of BIOS, and an emulator that can say its version. */
static void setup(void)
{
    g_autofree char *image_dir = NULL, *disk = NULL;

    dir = g_dir_make_tmp("rig-snapshot-XXXXXX", NULL);
    paths = g_new0(RigPaths, 1);
    paths->qemu = in_dir("qemu");
    put(paths->qemu, "#!/bin/sh\necho QEMU emulator version 10.0.1\n");
    ck_assert_int_eq(g_chmod(paths->qemu, 0755), 0);
    image_dir = in_dir("win11");
    ck_assert_int_eq(g_mkdir(image_dir, 0755), 0);
    image = g_new0(RigImage, 1);
    image->name = g_strdup("win11");
    image->dir = g_steal_pointer(&image_dir);
    image->cpus = 2;
    image->memory_mib = 1024;
    disk = rig_image_file(image, RIG_IMAGE_DISK);
    put(disk, "disk");
    overlay = in_dir("overlay");
    put(overlay, "overlay with a snapshot");
}

static void teardown(void)
{
    rig_image_remove_directory(dir);
    rig_image_free(image);
    g_free(paths->qemu);
    g_free(paths);
    g_free(overlay);
    g_free(dir);
}

static RigImageSnapshot *snapshot(gboolean kvm)
{
    RigImageSnapshot *s = rig_image_snapshot_new(image, paths, &machine, kvm,
                                                 NULL);

    ck_assert_ptr_nonnull(s);
    return s;
}

static void keep(void)
{
    g_autoptr(RigImageSnapshot) s = snapshot(FALSE);
    g_autoptr(GError) error = NULL;

    rig_image_snapshot_keep(s, overlay, NULL, &error);
    ck_assert_msg(!error, "%s", error ? error->message : "");
}

static void expect(RigImageSnapshotState state, const char *says)
{
    g_autoptr(RigImageSnapshot) s = snapshot(FALSE);
    g_autofree char *why = NULL;

    ck_assert_int_eq(rig_image_snapshot_state(s, &why), state);
    ck_assert_msg((why == NULL) == (says == NULL), "%s", why ? why : "");
    ck_assert_msg(!says || strstr(why, says), "%s", why);
}

static char *kept_file(const char *name)
{
    g_autoptr(RigImageSnapshot) s = snapshot(FALSE);

    return g_build_filename(s->dir, name, NULL);
}

START_TEST(what_was_kept_is_taken_byte_for_byte)
{
    g_autoptr(RigImageSnapshot) s = snapshot(FALSE);
    g_autofree char *to = in_dir("copy");
    g_autofree char *text = NULL;

    expect(RIG_SNAPSHOT_NONE, NULL);
    keep();
    expect(RIG_SNAPSHOT_GOOD, NULL);
    ck_assert(rig_image_snapshot_take(s, to, NULL, NULL));
    ck_assert(g_file_get_contents(to, &text, NULL, NULL));
    ck_assert_str_eq(text, "overlay with a snapshot");
    put(to, "what a run makes of it");
    expect(RIG_SNAPSHOT_GOOD, NULL);
    keep(); /* in place of the other one */
    expect(RIG_SNAPSHOT_GOOD, NULL);
}
END_TEST

START_TEST(it_is_of_one_machine_and_accelerator)
{
    RigMachine other = machine;
    g_autoptr(RigImageSnapshot) kvm = snapshot(TRUE);
    g_autoptr(RigImageSnapshot) vectors = NULL;
    g_autofree char *why = NULL;

    keep();
    other.vectors = 5;
    vectors = rig_image_snapshot_new(image, paths, &other, FALSE, NULL);
    ck_assert_int_eq(rig_image_snapshot_state(kvm, &why), RIG_SNAPSHOT_NONE);
    ck_assert_int_eq(rig_image_snapshot_state(vectors, &why),
                     RIG_SNAPSHOT_NONE);
    ck_assert(rig_image_snapshot_keep(kvm, overlay, NULL, NULL));
    g_free(kvm->cpu);
    kvm->cpu = g_strdup("another one");
    ck_assert_int_eq(rig_image_snapshot_state(kvm, &why), RIG_SNAPSHOT_STALE);
    ck_assert_str_eq(why, "the host has another processor now");
}
END_TEST

START_TEST(what_has_changed_since_is_said)
{
    g_autofree char *disk = rig_image_file(image, RIG_IMAGE_DISK);
    g_autofree char *kept = NULL;

    keep();
    put(paths->qemu, "#!/bin/sh\necho QEMU emulator version 10.0.2\n");
    expect(RIG_SNAPSHOT_STALE, "QEMU has changed since; it was 10.0.1");
    ck_assert_int_eq(g_chmod(paths->qemu, 0755), 0);
    keep();
    image->cpus = 4;
    expect(RIG_SNAPSHOT_STALE, "domain XML");
    image->cpus = 2;
    put(disk, "Windows was booted by hand");
    expect(RIG_SNAPSHOT_STALE, "image has changed");
    keep();
    kept = kept_file(RIG_IMAGE_DISK);
    put(kept, "damaged");
    expect(RIG_SNAPSHOT_STALE, "files were changed");
}
END_TEST

START_TEST(half_a_snapshot_is_none)
{
    g_autofree char *manifest = NULL, *disk = NULL;

    keep();
    manifest = kept_file("snapshot.ini");
    disk = kept_file(RIG_IMAGE_DISK);
    put(manifest, "[snapshot\n");
    expect(RIG_SNAPSHOT_STALE, "not whole");
    keep();
    ck_assert_int_eq(g_unlink(manifest), 0);
    expect(RIG_SNAPSHOT_STALE, "not whole");
    keep();
    ck_assert_int_eq(g_unlink(disk), 0);
    expect(RIG_SNAPSHOT_STALE, "not whole");
}
END_TEST

/* The disk is full, or the copy is interrupted: the old one stays good. */
START_TEST(one_that_cannot_be_kept_leaves_the_old_one)
{
    g_autoptr(RigImageSnapshot) s = snapshot(FALSE);
    g_autofree char *absent = in_dir("absent");
    g_autoptr(GError) error = NULL;

    keep();
    ck_assert(!rig_image_snapshot_keep(s, absent, NULL, &error));
    ck_assert_ptr_nonnull(strstr(error->message, "absent"));
    expect(RIG_SNAPSHOT_GOOD, NULL);
    g_clear_error(&error);
    {
        int lock = rig_image_lock(dir, "win11", NULL);

        ck_assert(!rig_image_snapshot_keep(s, overlay, NULL, &error));
        ck_assert(g_error_matches(error, G_IO_ERROR, G_IO_ERROR_BUSY));
        close(lock);
    }
}
END_TEST

START_TEST(pruning_takes_the_stale_ones_and_what_a_crash_left)
{
    g_autofree char *left = NULL, *file = NULL, *disk = NULL;
    g_autoptr(GPtrArray) all = NULL;
    const RigKeptSnapshot *k;
    unsigned count;
    guint64 bytes;

    keep();
    left = g_build_filename(image->dir, "snapshots", ".x.new", NULL);
    file = g_build_filename(left, RIG_IMAGE_DISK, NULL);
    g_mkdir(left, 0755);
    put(file, "half");
    ck_assert(rig_image_snapshots_prune(image, paths, FALSE, &count, &bytes,
                                        NULL));
    ck_assert_uint_eq(count, 1);
    ck_assert_int_eq(access(left, F_OK), -1);
    all = rig_image_snapshots(image, paths);
    ck_assert_uint_eq(all->len, 1);
    k = all->pdata[0];
    ck_assert_str_eq(k->name, "rig-nic-vectors4-queues2-1024mib-tcg");
    ck_assert_str_eq(k->qemu_version, "10.0.1");
    ck_assert_int_eq(k->state, RIG_SNAPSHOT_GOOD);
    disk = rig_image_file(image, RIG_IMAGE_DISK);
    put(disk, "another one");
    ck_assert(rig_image_snapshots_prune(image, paths, FALSE, &count, &bytes,
                                        NULL));
    ck_assert_uint_eq(count, 1);
    expect(RIG_SNAPSHOT_NONE, NULL);
    keep();
    ck_assert(rig_image_snapshots_prune(image, paths, TRUE, &count, &bytes,
                                        NULL));
    ck_assert_uint_eq(count, 1);
    ck_assert(rig_image_snapshots_prune(image, paths, TRUE, &count, &bytes,
                                        NULL));
    ck_assert_uint_eq(count, 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("image-snapshot");
    TCase *t = tcase_create("image-snapshot");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, what_was_kept_is_taken_byte_for_byte);
    tcase_add_test(t, it_is_of_one_machine_and_accelerator);
    tcase_add_test(t, what_has_changed_since_is_said);
    tcase_add_test(t, half_a_snapshot_is_none);
    tcase_add_test(t, one_that_cannot_be_kept_leaves_the_old_one);
    tcase_add_test(t, pruning_takes_the_stale_ones_and_what_a_crash_left);
    suite_add_tcase(s, t);
    return run_suite(s);
}
