/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether KVM works here, found out by using it. */
#include "kvm.h"

#include <errno.h>
#include <gio/gio.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* SeaBIOS begins with its name; graphics=off has it use the serial port. */
#define FIRST_WORDS "SeaBIOS"

static gboolean hears(int fd, unsigned limit_ms)
{
    gint64 until = g_get_monotonic_time() + limit_ms * 1000ll;
    char text[4096];
    size_t fill = 0;

    for (;;) {
        gint64 left = (until - g_get_monotonic_time()) / 1000;
        struct pollfd p = { .fd = fd, .events = POLLIN };
        ssize_t n;

        if (left <= 0 || poll(&p, 1, left) == 0) {
            return FALSE;
        }
        n = read(fd, text + fill, sizeof(text) - 1 - fill);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return FALSE;
        }
        fill += n;
        text[fill] = '\0';
        if (memmem(text, fill, FIRST_WORDS, strlen(FIRST_WORDS))) {
            return TRUE;
        }
        if (fill > sizeof(text) / 2) { /* keep what may be half of it */
            memmove(text, text + fill - 64, 64);
            fill = 64;
        }
    }
}

gboolean rig_accel_probe(const char *qemu, const char *accel,
                         unsigned limit_ms, const char **why)
{
    const char *argv[] = { qemu, "-accel", accel, "-machine",
                           "q35,graphics=off", "-nodefaults", "-display",
                           "none", "-serial", "stdio", "-no-reboot", "-m",
                           "64", NULL };
    GPid pid;
    int out = -1;
    gboolean heard;

    if (!g_spawn_async_with_pipes(NULL, (char **)argv, NULL,
                                  G_SPAWN_DO_NOT_REAP_CHILD |
                                  G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL,
                                  &pid, NULL, &out, NULL, NULL)) {
        *why = "QEMU cannot be started";
        return FALSE;
    }
    heard = hears(out, limit_ms);
    *why = heard ? NULL : "a machine was started, and its firmware said "
                          "nothing in time";
    close(out);
    kill(pid, SIGKILL);
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {
    }
    g_spawn_close_pid(pid);
    return heard;
}

gboolean rig_kvm_usable(const RigPaths *paths, const char **why)
{
    static gsize once;
    static gboolean usable;
    static const char *reason;

    if (g_once_init_enter(&once)) {
        if (access("/dev/kvm", R_OK | W_OK) != 0) {
            reason = errno == ENOENT ? "there is no /dev/kvm" :
                     "/dev/kvm cannot be opened; join the group kvm";
        } else {
            usable = rig_accel_probe(paths->qemu, "kvm", RIG_KVM_PROBE_MS,
                                     &reason);
        }
        g_once_init_leave(&once, 1);
    }
    if (why) {
        *why = reason;
    }
    return usable;
}
