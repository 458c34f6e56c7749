/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the rig's own files are. */
#include "paths.h"

#include <gio/gio.h>

#define MARK "scenarios/scenario.rng"

static gboolean is_home(const char *dir)
{
    g_autofree char *mark = g_build_filename(dir, MARK, NULL);

    return g_file_test(mark, G_FILE_TEST_IS_REGULAR);
}

static char *home_above_program(void)
{
    g_autofree char *dir = g_file_read_link("/proc/self/exe", NULL);

    while (dir && strcmp(dir, "/") != 0) {
        char *up = g_path_get_dirname(dir);

        g_free(dir);
        dir = up;
        if (is_home(dir)) {
            return g_steal_pointer(&dir);
        }
    }
    return NULL;
}

static void find_guest(RigGuestFiles *g, const char *dir, const char *make)
{
    g->kernel = g_build_filename(dir, "vmlinuz", NULL);
    g->kernel_version = g_build_filename(dir, "kernel-version", NULL);
    g->initramfs = g_build_filename(dir, "initramfs.cpio", NULL);
    g->cmdline = g_build_filename(dir, "cmdline", NULL);
    g->make = make;
}

static void find_guests(RigPaths *p, const char *home)
{
    g_autofree char *ndis = g_build_filename(home, "build", "guest", NULL);
    g_autofree char *own = g_build_filename(ndis, "linux", NULL);

    find_guest(&p->guest[RIG_GUEST_NDIS], ndis, "make");
    find_guest(&p->guest[RIG_GUEST_LINUX], own, "make guest-linux");
}

RigPaths *rig_paths_find(GError **error)
{
    const char *env = g_getenv("RIG_HOME");
    g_autofree char *home = NULL;
    RigPaths *p;

    if (env && *env) {
        home = g_canonicalize_filename(env, NULL);
        if (!is_home(home)) {
            g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT,
                        "RIG_HOME is %s, but there is no %s in it; "
                        "set it to the source tree of the rig", home, MARK);
            return NULL;
        }
    } else {
        home = home_above_program();
        if (!home) {
            g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT,
                        "no %s above this program; "
                        "set RIG_HOME to the source tree of the rig", MARK);
            return NULL;
        }
    }

    p = g_new0(RigPaths, 1);
    p->scenarios = g_build_filename(home, "scenarios", NULL);
    p->results = g_build_filename(home, "results", NULL);
    p->qemu = g_build_filename(home, "build", "qemu", "qemu-system-x86_64",
                               NULL);
    p->firmware = g_build_filename(home, "build", "qemu", "qemu-bundle", "usr",
                                   "share", NULL);
    p->windows = g_build_filename(home, "build", "windows", NULL);
    p->agent_exe = g_build_filename(home, "build", "guest", "windows",
                                    "agent.exe", NULL);
    find_guests(p, home);
    p->exports = g_build_filename(home, "build", "guest", "exports", NULL);
    p->imports = g_build_filename(home, "build", "guest", "imports", NULL);
    p->callbacks = g_build_filename(home, "build", "guest", "callbacks",
                                    NULL);
    p->shim = g_build_filename(home, "build", "windows", "rigshim",
                               "rigshim.sys", NULL);
    p->manual = g_build_filename(home, "rig", "man", NULL);
    return p;
}

void rig_paths_free(RigPaths *p)
{
    if (!p) {
        return;
    }
    g_free(p->scenarios);
    g_free(p->results);
    g_free(p->qemu);
    g_free(p->firmware);
    for (int i = 0; i < RIG_GUESTS; i++) {
        g_free(p->guest[i].kernel);
        g_free(p->guest[i].kernel_version);
        g_free(p->guest[i].initramfs);
        g_free(p->guest[i].cmdline);
    }
    g_free(p->windows);
    g_free(p->agent_exe);
    g_free(p->exports);
    g_free(p->imports);
    g_free(p->callbacks);
    g_free(p->shim);
    g_free(p->manual);
    g_free(p);
}
