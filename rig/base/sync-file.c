/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files that are there as a whole or not at all. */
#include "sync-file.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <stdio.h>
#include <unistd.h>

static gboolean fail(const char *path, GError **error)
{
    int e = errno;

    g_set_error(error, G_IO_ERROR, g_io_error_from_errno(e), "%s: %s", path,
                g_strerror(e));
    return FALSE;
}

gboolean rig_sync_directory(const char *dir, GError **error)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    gboolean ok = fd >= 0 && fsync(fd) == 0;

    if (!ok) {
        fail(dir, error);
    }
    if (fd >= 0) {
        close(fd);
    }
    return ok;
}

gboolean rig_sync_and_rename(int fd, const char *temporary, const char *path,
                             gboolean good, GError **error)
{
    g_autofree char *dir = g_path_get_dirname(path);

    if (good && fsync(fd) != 0) {
        good = fail(temporary, error);
    }
    if (close(fd) != 0 && good) {
        good = fail(temporary, error);
    }
    if (good && rename(temporary, path) != 0) {
        good = fail(path, error);
    }
    if (!good) {
        unlink(temporary);
        return FALSE;
    }
    return rig_sync_directory(dir, error);
}

gboolean rig_write_file(const char *path, const void *bytes, gsize length,
                        GError **error)
{
    g_autofree char *temporary = g_strconcat(path, ".tmp", NULL);
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    const char *at = bytes;
    gboolean good = TRUE;

    if (fd < 0) {
        return fail(temporary, error);
    }
    while (good && length) {
        ssize_t n = write(fd, at, length);

        if (n > 0) {
            at += n;
            length -= n;
        } else if (n < 0 && errno != EINTR) {
            good = fail(temporary, error);
        }
    }
    return rig_sync_and_rename(fd, temporary, path, good, error);
}
