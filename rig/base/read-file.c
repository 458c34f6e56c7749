/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files that a user names, read whole. */
#include "read-file.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <sys/stat.h>
#include <unistd.h>

static gboolean fail(GError **error, int e)
{
    g_set_error_literal(error, G_IO_ERROR, g_io_error_from_errno(e),
                        g_strerror(e));
    return FALSE;
}

/* Is the open file one that has an end, and not too far away? */
static gboolean check(int fd, gsize limit, GError **error)
{
    struct stat st;

    if (fstat(fd, &st) != 0) {
        return fail(error, errno);
    }
    if (!S_ISREG(st.st_mode)) {
        g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_NOT_REGULAR_FILE,
                            S_ISDIR(st.st_mode) ? "it is a directory"
                                                : "it is no regular file");
        return FALSE;
    }
    if ((guint64)st.st_size > limit) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "it is larger "
                    "than %" G_GSIZE_FORMAT " MiB", limit >> 20);
        return FALSE;
    }
    return TRUE;
}

/* At most @limit bytes: the file may grow while it is read. */
static gboolean read_all(int fd, gsize limit, GByteArray *to, GError **error)
{
    guint8 chunk[16384];
    ssize_t n;

    while ((n = read(fd, chunk, MIN(sizeof(chunk), limit - to->len))) != 0) {
        if (n > 0) {
            g_byte_array_append(to, chunk, n);
        } else if (errno != EINTR) {
            return fail(error, errno);
        }
    }
    return TRUE;
}

gboolean rig_read_file(const char *path, gsize limit, char **text,
                       gsize *length, GError **error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    GByteArray *bytes = g_byte_array_new();
    gboolean ok = fd >= 0 ? check(fd, limit, error) &&
                            read_all(fd, limit, bytes, error)
                          : fail(error, errno);

    if (fd >= 0) {
        close(fd);
    }
    *length = bytes->len;
    g_byte_array_append(bytes, (const guint8 *)"", 1);
    *text = (char *)g_byte_array_free(bytes, !ok);
    return ok;
}
