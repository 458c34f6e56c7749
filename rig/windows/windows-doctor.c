/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `rig doctor` says about Windows guests. */
#include "windows-doctor.h"

#include <glib.h>
#include <stdio.h>
#include <unistd.h>

#include "image-import.h"
#include "image.h"
#include "kvm.h"

static unsigned missing;

static void there(const char *what, const char *detail)
{
    printf("  ok   %-10s %s\n", what, detail);
}

static void not_there(const char *what, const char *detail,
                      const char *advice)
{
    printf("  --   %-10s %s\n       %-10s -> %s\n", what, detail, "", advice);
    missing++;
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

static void check_images(const RigPaths *paths, const char *images)
{
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) all = rig_images_list(images, paths, problems);
    g_autoptr(GString) names = g_string_new(NULL);
    unsigned calibrated = 0;

    for (guint n = 0; n < all->len; n++) {
        const RigImage *i = all->pdata[n];
        g_autofree char *profile = rig_image_file(i, RIG_IMAGE_PROFILE);

        g_string_append_printf(names, "%s%s", n ? ", " : "", i->name);
        calibrated += access(profile, R_OK) == 0;
    }
    for (guint n = 0; n < problems->len; n++) {
        not_there("image", problems->pdata[n], "see above");
    }
    if (!all->len) {
        not_there("image", images, "has none; \"rig image import NAME FILE\" "
                  "takes a qcow2 or an ISO");
        return;
    }
    there("images", names->str);
    if (calibrated < all->len) {
        not_there("profile", "an image has not been calibrated",
                  "\"rig calibrate NAME\" does that");
    }
}

void rig_doctor_windows(const RigPaths *paths, const char *images)
{
    g_autofree char *shim = g_build_filename(paths->windows, "packages",
                                             "rigshim", "rigshim.cat", NULL);

    puts("for Windows guests, which nothing else needs (rig help windows):");
    check_kvm(paths);
    check_program("qemu-img", "qemu-utils", "overlays of images");
    check_program("xorriso", "xorriso", "the CD of \"rig image prepare\"");
    check_program("osslsigncode", "osslsigncode", "test-signed drivers");
    check_built("agent.exe", paths->agent_exe, "make windows-agent");
    check_built("rigshim", shim, "make sign");
    check_certificate(paths);
    if (access(RIG_OVMF_CODE, R_OK) == 0) {
        there("UEFI", RIG_OVMF_CODE);
    } else {
        not_there("UEFI", RIG_OVMF_CODE, "is for images with --firmware uefi; "
                  "install the package ovmf");
    }
    check_images(paths, images);
    if (missing) {
        printf("%u thing%s missing for Windows guests\n", missing,
               missing == 1 ? "" : "s");
    }
}
