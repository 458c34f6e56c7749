/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Directory trees of results: measured, copied, removed. */
#include "tree.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Deeper ones are not results: a loop, or somebody's joke. */
#define DEPTH_MAX 16

static gboolean fail(GError **error, const char *path, const char *what)
{
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s: %s", path, what);
    return FALSE;
}

static uint64_t size_of(const char *path, unsigned depth)
{
    g_autoptr(GDir) dir = NULL;
    struct stat st;
    uint64_t bytes;
    const char *name;

    if (lstat(path, &st) != 0) {
        return 0;
    }
    bytes = (uint64_t)st.st_blocks * 512; /* stat(2): units of 512 bytes */
    if (S_ISDIR(st.st_mode) && depth < DEPTH_MAX) {
        dir = g_dir_open(path, 0, NULL);
    }
    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *child = g_build_filename(path, name, NULL);

        bytes += size_of(child, depth + 1);
    }
    return bytes;
}

uint64_t rig_tree_size(const char *path)
{
    return size_of(path, 0);
}

gboolean rig_tree_remove(const char *path, GError **error)
{
    struct stat st;
    gboolean good = TRUE;

    if (lstat(path, &st) != 0) {
        return errno == ENOENT || fail(error, path, g_strerror(errno));
    }
    if (S_ISDIR(st.st_mode)) {
        g_autoptr(GDir) dir = g_dir_open(path, 0, error);
        const char *name;

        if (!dir) {
            return FALSE;
        }
        while (good && (name = g_dir_read_name(dir))) {
            g_autofree char *child = g_build_filename(path, name, NULL);

            good = rig_tree_remove(child, error);
        }
    }
    return good && (g_remove(path) == 0 ||
                    fail(error, path, g_strerror(errno)));
}

static gboolean copy_file(const char *from, const char *to, GError **error)
{
    g_autoptr(GFile) source = g_file_new_for_path(from);
    g_autoptr(GFile) target = g_file_new_for_path(to);

    return g_file_copy(source, target, G_FILE_COPY_NOFOLLOW_SYMLINKS, NULL,
                       NULL, NULL, error);
}

static gboolean copy(const char *from, const char *to, const char *without,
                     unsigned depth, GError **error)
{
    g_autoptr(GDir) dir = NULL;
    gboolean good = TRUE;
    const char *name;
    struct stat st;

    if (lstat(from, &st) != 0) {
        return fail(error, from, g_strerror(errno));
    }
    if (S_ISREG(st.st_mode)) {
        return copy_file(from, to, error);
    }
    if (!S_ISDIR(st.st_mode) || depth > DEPTH_MAX) {
        return fail(error, from, "is neither a file nor a directory; results "
                    "have nothing else");
    }
    if (mkdir(to, 0755) != 0) {
        return fail(error, to, g_strerror(errno));
    }
    dir = g_dir_open(from, 0, error);
    while (dir && good && (name = g_dir_read_name(dir))) {
        g_autofree char *a = g_build_filename(from, name, NULL);
        g_autofree char *b = g_build_filename(to, name, NULL);

        good = g_strcmp0(name, without) == 0 ||
               copy(a, b, without, depth + 1, error);
    }
    return dir && good;
}

gboolean rig_tree_copy(const char *from, const char *to, const char *without,
                       GError **error)
{
    int fd;
    gboolean good;

    if (!copy(from, to, without, 0, error)) {
        return FALSE;
    }
    fd = open(to, O_RDONLY | O_CLOEXEC);
    good = fd >= 0 && syncfs(fd) == 0;
    if (!good) {
        fail(error, to, g_strerror(errno));
    }
    if (fd >= 0) {
        close(fd);
    }
    return good;
}
