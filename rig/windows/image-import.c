/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Images put into the store and taken out of it.
 *
 * An import is made in a directory of another name, which begins with a dot,
 * and renamed when all of it is on the disk; a removal is renamed first. So
 * what bears an image's name is always whole, and what a crash has left is
 * swept away by the next import or removal of that name.
 */
#include "image-import.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK (1024 * 1024)

static gboolean fail(GError **error, const char *file)
{
    g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno), "%s: %s",
                file, g_strerror(errno));
    return FALSE;
}

/* --- copying ------------------------------------------------------------- */

typedef struct Copy {
    int from, to;        /* to: -1: nowhere */
    const char *from_name, *to_name;
    guint64 size, done;
    gint64 started, drawn;
    gboolean progress;
    const volatile int *interrupted;
    GChecksum *sum;
} Copy;

/* After two seconds, four times a second: how much, and how long it takes. */
static void draw(Copy *c)
{
    gint64 now = g_get_monotonic_time();
    double s = (now - c->started) / 1e6;

    if (!c->progress || s < 2 || now - c->drawn < G_USEC_PER_SEC / 4) {
        return;
    }
    c->drawn = now;
    fprintf(stderr, "\r%s: %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT
            " MiB, %.0f s left \033[K", c->to < 0 ? "hashing" : "copying",
            c->done >> 20, c->size >> 20,
            c->done ? s / c->done * (c->size - c->done) : 0.0);
}

static gboolean write_all(const Copy *c, const char *data, ssize_t n,
                          GError **error)
{
    while (n > 0) {
        ssize_t w = write(c->to, data, n);

        if (w < 0 && errno != EINTR) {
            return fail(error, c->to_name);
        }
        data += MAX(w, 0);
        n -= MAX(w, 0);
    }
    return TRUE;
}

static gboolean copy_blocks(Copy *c, GError **error)
{
    g_autofree char *block = g_malloc(BLOCK);

    for (;;) {
        ssize_t n = read(c->from, block, BLOCK);

        if (c->interrupted && *c->interrupted) {
            g_set_error(error, G_IO_ERROR, G_IO_ERROR_CANCELLED,
                        "stopped by the user; nothing was changed");
            return FALSE;
        }
        if (n < 0) {
            return fail(error, c->from_name);
        }
        if (n == 0) {
            return TRUE;
        }
        g_checksum_update(c->sum, (const guchar *)block, n);
        if (c->to >= 0 && !write_all(c, block, n, error)) {
            return FALSE;
        }
        c->done += n;
        draw(c);
    }
}

char *rig_image_copy(const char *from, const char *to, gboolean progress,
                     const volatile int *interrupted, GError **error)
{
    Copy c = {
        .from_name = from, .to_name = to, .progress = progress,
        .interrupted = interrupted, .started = g_get_monotonic_time(),
        .from = open(from, O_RDONLY | O_CLOEXEC),
    };
    struct stat st = { 0 };
    char *sum = NULL;
    gboolean ok;

    if (c.from < 0) {
        fail(error, from);
        return NULL;
    }
    fstat(c.from, &st);
    c.size = st.st_size;
    c.sum = g_checksum_new(G_CHECKSUM_SHA256);
    c.to = to ? open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644) : -1;
    ok = (to && c.to < 0) ? fail(error, to) : copy_blocks(&c, error);
    if (ok && to && fsync(c.to) != 0) {
        ok = fail(error, to);
    }
    if (progress && c.drawn) {
        fputs("\r\033[K", stderr);
    }
    if (ok) {
        sum = g_strdup(g_checksum_get_string(c.sum));
    }
    g_checksum_free(c.sum);
    close(c.from);
    if (c.to >= 0) {
        close(c.to);
    }
    return sum;
}

/* --- directories --------------------------------------------------------- */

void rig_image_remove_directory(const char *dir)
{
    g_autoptr(GDir) d = g_dir_open(dir, 0, NULL);
    const char *name;

    while (d && (name = g_dir_read_name(d))) {
        g_autofree char *file = g_build_filename(dir, name, NULL);

        if (g_unlink(file) != 0 && errno == EISDIR) {
            rig_image_remove_directory(file);
        }
    }
    g_rmdir(dir);
}

static void sync_directory(const char *dir)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
}

gboolean rig_image_remove(const char *images, const char *name,
                          GError **error)
{
    g_autofree char *dir = g_build_filename(images, name, NULL);
    g_autofree char *old = g_strdup_printf("%s/.%s.old", images, name);
    int lock;

    if (!rig_image_name_valid(name) || access(dir, F_OK) != 0) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
                    "there is no image \"%s\" in %s; \"rig image list\" shows "
                    "those that are", name, images);
        return FALSE;
    }
    lock = rig_image_lock(images, name, error);
    if (lock < 0) {
        return FALSE;
    }
    rig_image_remove_directory(old);
    if (g_rename(dir, old) != 0) {
        close(lock);
        return fail(error, dir);
    }
    sync_directory(images);
    rig_image_remove_directory(old);
    close(lock);
    return TRUE;
}

/* --- disks --------------------------------------------------------------- */

gboolean rig_image_create_disk(const char *path, const char *backing,
                               unsigned gib, GError **error)
{
    g_autofree char *size = g_strdup_printf("%uG", gib);
    const char *empty[] = { "qemu-img", "create", "-q", "-f", "qcow2", path,
                            size, NULL };
    const char *overlay[] = { "qemu-img", "create", "-q", "-f", "qcow2", "-b",
                              backing, "-F", "qcow2", path, NULL };
    g_autoptr(GSubprocess) p = g_subprocess_newv(
        backing ? overlay : empty, G_SUBPROCESS_FLAGS_STDERR_PIPE, error);
    g_autofree char *text = NULL;

    if (!p) {
        g_prefix_error(error, "qemu-img (package qemu-utils): ");
        return FALSE;
    }
    if (!g_subprocess_communicate_utf8(p, NULL, NULL, NULL, &text, error)) {
        return FALSE;
    }
    if (!g_subprocess_get_successful(p)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s",
                    g_strstrip(text));
        return FALSE;
    }
    return TRUE;
}

/* Variables of the UEFI firmware in qcow2, so that snapshots hold them. */
static gboolean make_nvram(const char *dir, GError **error)
{
    g_autofree char *file = g_build_filename(dir, RIG_IMAGE_NVRAM, NULL);
    const char *argv[] = { "qemu-img", "convert", "-q", "-f", "raw", "-O",
                           "qcow2", RIG_OVMF_VARS, file, NULL };
    g_autoptr(GSubprocess) p = NULL;

    if (access(RIG_OVMF_CODE, R_OK) != 0) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "%s: %s; install "
                    "the package ovmf, or use --firmware bios", RIG_OVMF_CODE,
                    g_strerror(errno));
        return FALSE;
    }
    p = g_subprocess_newv(argv, G_SUBPROCESS_FLAGS_NONE, error);
    return p && g_subprocess_wait_check(p, NULL, error);
}

static gboolean fill(const RigImageImport *i, RigImage *image, gboolean iso,
                     const volatile int *interrupted, GError **error)
{
    g_autofree char *disk = rig_image_file(image, RIG_IMAGE_DISK);

    if (iso) {
        image->state = RIG_IMAGE_NEW;
        image->installer = g_canonicalize_filename(i->file, NULL);
        image->source = g_strdup("empty");
        image->installer_sha256 = rig_image_copy(i->file, NULL, i->progress,
                                                 interrupted, error);
        if (!image->installer_sha256 ||
            !rig_image_create_disk(disk, NULL, i->disk_gib, error)) {
            return FALSE;
        }
    } else {
        struct stat st;

        image->state = RIG_IMAGE_IMPORTED;
        image->source = g_canonicalize_filename(i->file, NULL);
        image->sha256 = rig_image_copy(i->file, disk, i->progress,
                                       interrupted, error);
        if (!image->sha256 || g_stat(disk, &st) != 0) {
            return FALSE;
        }
        image->bytes = st.st_size;
    }
    return (!image->uefi || make_nvram(image->dir, error)) &&
           rig_image_save(image, error);
}

static gboolean make(const char *images, const RigImageImport *i,
                     gboolean iso, const volatile int *interrupted,
                     GError **error)
{
    g_autofree char *final = g_build_filename(images, i->name, NULL);
    g_autofree char *new = g_strdup_printf("%s/.%s.new", images, i->name);
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();
    g_autoptr(RigImage) image = g_new0(RigImage, 1);

    image->name = g_strdup(i->name);
    image->dir = g_strdup(new);
    image->imported = g_date_time_format(now, "%Y-%m-%dT%H:%M:%SZ");
    image->uefi = i->uefi;
    image->memory_mib = i->memory_mib;
    image->cpus = i->cpus;
    rig_image_remove_directory(new);
    if (g_mkdir(new, 0755) != 0) {
        return fail(error, new);
    }
    if (!fill(i, image, iso, interrupted, error)) {
        rig_image_remove_directory(new);
        return FALSE;
    }
    sync_directory(new);
    if (g_rename(new, final) != 0) {
        fail(error, final);
        rig_image_remove_directory(new);
        return FALSE;
    }
    sync_directory(images);
    return TRUE;
}

gboolean rig_image_import(const char *images, const RigImageImport *i,
                          const volatile int *interrupted, GError **error)
{
    g_autofree char *final = g_build_filename(images, i->name, NULL);
    const char *kind;
    gboolean ok;
    int lock;

    if (!rig_image_name_valid(i->name)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                    "\"%s\" is no name for an image: lower-case letters, "
                    "digits, '.', '_' and '-', at most 47", i->name);
        return FALSE;
    }
    kind = rig_image_probe(i->file, error);
    if (!kind) {
        return FALSE;
    }
    lock = rig_image_lock(images, i->name, error);
    if (lock < 0) {
        return FALSE;
    }
    if (access(final, F_OK) == 0) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_EXISTS,
                    "there is an image \"%s\" already; take another name, or "
                    "\"rig image remove %s\" first", i->name, i->name);
        ok = FALSE;
    } else {
        ok = make(images, i, strcmp(kind, "iso") == 0, interrupted, error);
    }
    close(lock);
    return ok;
}
