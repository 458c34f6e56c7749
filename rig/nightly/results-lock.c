/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who may change a results directory as a whole. */
#include "results-lock.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define FILE_NAME "lock"

static void say_who(const char *file, const char *results, GError **error)
{
    g_autofree char *who = NULL;

    g_file_get_contents(file, &who, NULL, NULL);
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_BUSY, "%s: %s is at work with "
                "these results; wait for it, \"rig status\" shows how far it "
                "is, or choose another directory with --results", results,
                who && *g_strchomp(who) ? who : "another rig");
}

int rig_results_lock(const char *results, GError **error)
{
    g_autofree char *dir = g_build_filename(results, "nights", NULL);
    g_autofree char *file = g_build_filename(dir, FILE_NAME, NULL);
    int fd;

    if (g_mkdir_with_parents(dir, 0755) != 0) {
        g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno),
                    "%s: %s; choose another directory with --results", dir,
                    g_strerror(errno));
        return -1;
    }
    fd = open(file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0) {
        if (ftruncate(fd, 0) != 0 ||
            dprintf(fd, "%s (process %d)\n", g_get_prgname(), getpid()) < 0) {
            /* who cannot be said then; the lock is what counts */
        }
        return fd;
    }
    if (fd >= 0 && errno == EWOULDBLOCK) {
        say_who(file, results, error);
    } else {
        g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno),
                    "%s: %s; choose another directory with --results", file,
                    g_strerror(errno));
    }
    if (fd >= 0) {
        close(fd);
    }
    return -1;
}
