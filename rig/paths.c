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
    p->kernel = g_build_filename(home, "build", "guest", "vmlinuz", NULL);
    p->kernel_version = g_build_filename(home, "build", "guest",
                                         "kernel-version", NULL);
    p->initramfs = g_build_filename(home, "build", "guest", "initramfs.cpio",
                                    NULL);
    p->cmdline = g_build_filename(home, "build", "guest", "cmdline", NULL);
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
    g_free(p->kernel);
    g_free(p->kernel_version);
    g_free(p->initramfs);
    g_free(p->cmdline);
    g_free(p);
}
