/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `rig doctor`: what a run needs, checked one by one. */
#include <errno.h>
#include <gio/gio.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "paths.h"
#include "root.h"
#include "virt.h"
#include "image.h"
#include "windows-doctor.h"

/* Starting QEMU to ask for its version or devices takes milliseconds. */
#define QEMU_LIMIT_MS 10000

static unsigned bad;

static void good(const char *what, const char *detail)
{
    printf("  ok   %-12s %s\n", what, detail);
}

static void wrong(const char *what, const char *detail, const char *advice)
{
    printf("  BAD  %-12s %s\n       %-12s -> %s\n", what, detail, "", advice);
    bad++;
}

static gboolean stop_process(gpointer p)
{
    g_subprocess_force_exit(p);
    return G_SOURCE_REMOVE;
}

typedef struct Output {
    GMainLoop *loop;
    char *text;
} Output;

static void on_output(GObject *process, GAsyncResult *result, gpointer p)
{
    Output *o = p;

    g_subprocess_communicate_utf8_finish(G_SUBPROCESS(process), result,
                                         &o->text, NULL, NULL);
    g_main_loop_quit(o->loop);
}

/* What QEMU prints with one more argument or two, or NULL. */
static char *ask_qemu(const char *qemu, const char *arg, const char *arg2)
{
    const char *argv[] = { qemu, arg, arg2, NULL };
    g_autoptr(GSubprocess) process = g_subprocess_newv(
        argv, G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_MERGE,
        NULL);
    Output o = { 0 };
    guint timer;

    if (!process) {
        return NULL;
    }
    o.loop = g_main_loop_new(NULL, FALSE);
    timer = g_timeout_add(QEMU_LIMIT_MS, stop_process, process);
    g_subprocess_communicate_utf8_async(process, NULL, NULL, on_output, &o);
    g_main_loop_run(o.loop);
    g_source_remove(timer);
    g_main_loop_unref(o.loop);
    return o.text;
}

static void check_device(const char *devices, const char *name)
{
    g_autofree char *quoted = g_strdup_printf("\"%s\"", name);

    if (strstr(devices, quoted)) {
        good(name, "device model is in QEMU");
    } else {
        wrong(name, "device model is missing in QEMU",
              "\"make\" builds QEMU with the overlay of qemu-devices/");
    }
}

static void check_qemu(const RigPaths *paths)
{
    g_autofree char *version = NULL;
    g_autofree char *devices = NULL;

    if (access(paths->qemu, X_OK) != 0) {
        wrong("QEMU", paths->qemu, "is not there; build it with \"make\"");
        return;
    }
    version = ask_qemu(paths->qemu, "--version", NULL);
    if (!version || !g_str_has_prefix(version, "QEMU")) {
        wrong("QEMU", paths->qemu, "does not start; run it with --version to "
              "see why, and build it again with \"make\"");
        return;
    }
    *strchrnul(version, '\n') = '\0';
    good("QEMU", version);
    devices = ask_qemu(paths->qemu, "-device", "help");
    check_device(devices ? devices : "", "rig-nic");
    check_device(devices ? devices : "", "rig-tap");
}

static void check_file(const char *what, const char *path)
{
    if (access(path, R_OK) == 0) {
        good(what, path);
    } else {
        wrong(what, path, "is not there; build it with \"make\"");
    }
}

static void check_user(void)
{
    if (geteuid() != 0) {
        good("user", "not root: QEMU runs as you");
    } else if (getpwnam("libvirt-qemu")) {
        good("user", "libvirt-qemu exists (libvirt asks for it as root)");
    } else {
        wrong("user", "libvirt-qemu does not exist",
              "install the package libvirt-daemon-system (\"make deps\")");
    }
}

static void check_libvirt(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(RigRoot) root = rig_root_open(NULL, &error);
    g_autofree char *version = NULL;
    virConnectPtr conn;

    if (!root) {
        wrong("root", error->message, "libvirt keeps its state there");
        return;
    }
    good("root", root->path);
    conn = rig_virt_open_root(root, &error);
    if (!conn) {
        wrong("libvirt", error->message, "else install libvirt-daemon and "
              "libvirt-daemon-driver-qemu (\"make deps\")");
        return;
    }
    version = rig_virt_version();
    good("libvirt", version);
    rig_virt_close(conn);
}

static void check_results(void)
{
    const char *dir = access("results", F_OK) == 0 ? "results" : ".";

    if (access(dir, W_OK | X_OK) == 0) {
        good("results", "the directory for results can be written to");
    } else {
        wrong("results", g_strerror(errno),
              "run rig in another directory or give it --results DIR");
    }
}

int rig_cmd_doctor(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(RigPaths) paths = NULL;
    g_autofree char *images = NULL;

    if (rig_is_help(argc, argv)) {
        puts("Usage: rig doctor\nCheck everything that a run needs.");
        return RIG_EXIT_OK;
    }
    if (argc > 1) {
        fprintf(stderr, "rig doctor: takes no argument (%s)\n", argv[1]);
        return RIG_EXIT_USAGE;
    }
    paths = rig_paths_find(&error);
    if (!paths) {
        fprintf(stderr, "rig: %s\n", error->message);
        return RIG_EXIT_BROKEN;
    }
    images = rig_images_dir(NULL); /* before libvirt's XDG_DATA_HOME */
    check_qemu(paths);
    check_file("kernel", paths->guest[RIG_GUEST_NDIS].kernel);
    check_file("initramfs", paths->guest[RIG_GUEST_NDIS].initramfs);
    check_file("cmdline", paths->guest[RIG_GUEST_NDIS].cmdline);
    check_user();
    check_libvirt();
    check_results();
    rig_doctor_windows(paths, images);
    if (bad) {
        printf("%u thing%s to mend before \"rig run\" can work\n", bad,
               bad == 1 ? "" : "s");
        return RIG_EXIT_BROKEN;
    }
    puts("everything a run needs is there");
    return RIG_EXIT_OK;
}
