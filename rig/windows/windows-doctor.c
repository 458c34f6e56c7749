/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `rig doctor` says about Windows guests. */
#include "windows-doctor.h"

#include <glib.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "image-import.h"
#include "image-snapshot.h"
#include "kvm.h"

/* A disk with Windows and a snapshot, with something to spare. */
#define ROOM_MIB (32u << 10)

static unsigned missing;
static GString *packages; /* Debian's, that would help; NULL: none yet */

static void there(const char *what, const char *detail)
{
    printf("  ok   %-12s %s\n", what, detail);
}

static void not_there(const char *what, const char *detail,
                      const char *advice)
{
    printf("  --   %-12s %s\n       %-12s -> %s\n", what, detail, "", advice);
    missing++;
}

static void want_package(const char *name)
{
    if (!packages) {
        packages = g_string_new(NULL);
    }
    g_string_append_printf(packages, " %s", name);
}

static void check_kvm(const RigPaths *paths)
{
    const char *why = NULL;

    if (rig_kvm_usable(paths, &why)) {
        there("KVM", "a machine was started with it");
    } else {
        not_there("KVM", why, "Windows runs under TCG, many times slower, and "
                  "without hv-crash");
    }
}

static void check_program(const char *program, const char *package,
                          const char *what_for)
{
    g_autofree char *path = g_find_program_in_path(program);
    g_autofree char *advice = g_strdup_printf("install the package %s: %s",
                                              package, what_for);

    if (path) {
        there(program, path);
    } else {
        not_there(program, "is not installed", advice);
        want_package(package);
    }
}

static void check_built(const char *what, const char *file, const char *make)
{
    g_autofree char *advice = g_strdup_printf("build it with \"%s\"", make);

    if (access(file, R_OK) == 0) {
        there(what, file);
    } else {
        not_there(what, "is not built", advice);
    }
}

static void check_certificate(const RigPaths *paths)
{
    g_autoptr(GDir) d = g_dir_open(paths->windows, 0, NULL);
    const char *name;

    while (d && (name = g_dir_read_name(d))) {
        if (g_str_has_suffix(name, ".cer")) {
            there("signing", name);
            return;
        }
    }
    not_there("signing", "there is no test certificate", "\"make sign\" makes "
              "one and signs the drivers with it");
}

/* A test certificate and signed packages, or what is needed to make them. */
static void check_packages(const RigPaths *paths)
{
    g_autofree char *shim = g_build_filename(paths->windows, "packages",
                                             "rigshim", "rigshim.cat", NULL);
    g_autofree char *last = g_build_filename(paths->windows, "packages",
                                             "calibrate", "unfinished",
                                             "rignic.cat", NULL);

    check_built("agent.exe", paths->agent_exe, "make windows-agent");
    check_built("rigshim", shim, "make sign");
    check_built("calibration", last, "make sign");
    check_certificate(paths);
    if (access(last, R_OK) != 0 || access(shim, R_OK) != 0) {
        check_program("openssl", "openssl", "\"make sign\" makes the test "
                      "certificate with it");
        check_program("x86_64-w64-mingw32-gcc", "gcc-mingw-w64-x86-64",
                      "the compiler for agent.exe and the drivers");
    }
}

static void check_firmware(void)
{
    if (access(RIG_OVMF_CODE, R_OK) == 0) {
        there("UEFI", RIG_OVMF_CODE);
    } else {
        not_there("UEFI", RIG_OVMF_CODE, "is for images with --firmware uefi; "
                  "install the package ovmf");
        want_package("ovmf");
    }
    there("TPM", "not needed, nor swtpm: the answer file has Windows 11's Setup "
          "go without");
    there("virtio-win", "not needed: disk and NIC are SATA's and the rig's");
}

/* --- images -------------------------------------------------------------- */

static uint64_t free_mib(const char *directory)
{
    g_autofree char *at = g_strdup(directory);
    struct statvfs s;

    while (statvfs(at, &s) != 0 && strcmp(at, "/") != 0 &&
           strcmp(at, ".") != 0) {
        char *up = g_path_get_dirname(at);

        g_free(at);
        at = up;
    }
    return statvfs(at, &s) == 0 ? (uint64_t)s.f_bavail * s.f_frsize >> 20 : 0;
}

/* MemAvailable of proc(5) in MiB, 0: not known. */
static uint64_t memory_mib(void)
{
    g_autofree char *text = NULL;
    const char *at;

    g_file_get_contents("/proc/meminfo", &text, NULL, NULL);
    at = text ? strstr(text, "MemAvailable:") : NULL;
    return at ? g_ascii_strtoull(at + strlen("MemAvailable:"), NULL, 10) >> 10
              : 0;
}

/* What is to be done next with the image, or NULL. */
static char *next_for(const RigImage *i, const char **what)
{
    g_autofree char *profile = rig_image_file(i, RIG_IMAGE_PROFILE);
    uint64_t free = memory_mib();

    if (i->state == RIG_IMAGE_NEW && i->installer &&
        access(i->installer, R_OK) != 0) {
        *what = "its ISO is gone";
        return g_strdup_printf("put %s back", i->installer);
    }
    if (i->state == RIG_IMAGE_NEW || i->state == RIG_IMAGE_IMPORTED) {
        *what = i->state == RIG_IMAGE_NEW ? "Windows is not installed"
                                          : "the rig's agent is not in it";
        return g_strdup_printf("\"rig image prepare %s\"", i->name);
    }
    if (!i->checked) {
        *what = "nobody has asked its agent yet";
        return g_strdup_printf("\"rig image check %s\"", i->name);
    }
    if (!i->stand_in && !i->test_signing) {
        *what = "test signing is off: test-signed drivers do not load";
        return g_strdup("run prepare.cmd in it; Secure Boot has to be off");
    }
    if (!i->stand_in && !i->shim) {
        *what = "rigshim is not in it: no API call is seen";
        return g_strdup("run prepare.cmd of a CD made after \"make sign\"");
    }
    if (access(profile, R_OK) != 0) {
        *what = "it has not been calibrated";
        return g_strdup_printf("\"rig calibrate %s\"", i->name);
    }
    if (free && free < i->memory_mib) {
        *what = "more memory than this machine has free now";
        return g_strdup_printf("its machines have %u MiB, %" G_GUINT64_FORMAT
                               " are free", i->memory_mib, free);
    }
    return NULL;
}

static void check_image(const RigImage *i, const RigPaths *paths)
{
    g_autoptr(GPtrArray) kept = rig_image_snapshots(i, paths);
    const char *what = NULL;
    g_autofree char *next = next_for(i, &what);
    g_autofree char *name = g_strdup_printf("image %s", i->name);
    g_autofree char *detail = g_strdup_printf(
        "%s, %u snapshot%s", i->release ? i->release : "?", kept->len,
        kept->len == 1 ? "" : "s");

    if (next) {
        not_there(name, what, next);
    } else {
        there(name, detail);
    }
    for (guint n = 0; n < kept->len; n++) {
        const RigKeptSnapshot *k = kept->pdata[n];

        if (k->state != RIG_SNAPSHOT_GOOD) {
            printf("       %-12s snapshot %s is old: %s (\"rig image prune "
                   "%s\")\n", "", k->name, k->why, i->name);
        }
    }
}

static void check_room(const char *images)
{
    uint64_t mib = free_mib(images);
    g_autofree char *detail = g_strdup_printf(
        "%" G_GUINT64_FORMAT " GiB are free in %s", mib >> 10, images);

    if (mib >= ROOM_MIB) {
        there("room", detail);
    } else {
        not_there("room", detail, "an installed Windows takes 20 GiB, and a "
                  "snapshot as much as its memory; --images names another "
                  "store");
    }
}

static void check_images(const RigPaths *paths, const char *images)
{
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) all = rig_images_list(images, paths, problems);

    check_room(images);
    for (guint n = 0; n < all->len; n++) {
        check_image(all->pdata[n], paths);
    }
    for (guint n = 0; n < problems->len; n++) {
        not_there("image", problems->pdata[n], "\"rig image remove\" takes it "
                  "away");
    }
    if (!all->len) {
        not_there("image", images, "has none; \"rig image import NAME FILE\" "
                  "takes a qcow2 or an ISO");
    }
}

void rig_doctor_windows(const RigPaths *paths, const char *images)
{
    puts("for Windows guests, which nothing else needs (rig help windows):");
    check_kvm(paths);
    check_program("qemu-img", "qemu-utils", "overlays of images");
    check_program("xorriso", "xorriso", "the CD of \"rig image prepare\"");
    check_program("osslsigncode", "osslsigncode", "\"make sign\": test-signed "
                  "drivers");
    check_packages(paths);
    check_firmware();
    check_images(paths, images);
    if (missing) {
        printf("%u thing%s missing for Windows guests\n", missing,
               missing == 1 ? "" : "s");
    }
    if (packages) {
        printf("  apt-get install%s\n", packages->str);
        g_string_free(g_steal_pointer(&packages), TRUE);
    }
}
