/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bundles as one file, by libarchive. */
#include "bundle-tar.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sync-file.h"

#define BLOCK (256 * 1024)
#define DEPTH_MAX 4

static gboolean fail(GError **error, const char *fmt, ...) G_GNUC_PRINTF(2, 3);

static gboolean fail(GError **error, const char *fmt, ...)
{
    g_autofree char *text = NULL;
    va_list ap;

    va_start(ap, fmt);
    text = g_strdup_vprintf(fmt, ap);
    va_end(ap);
    g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, text);
    return FALSE;
}

gboolean rig_bundle_name_is_safe(const char *name)
{
    g_auto(GStrv) parts = g_strsplit(name, "/", DEPTH_MAX + 1);
    guint n = g_strv_length(parts);

    if (n < 1 || n > DEPTH_MAX || strlen(name) > 200) {
        return FALSE;
    }
    for (char **p = parts; *p; p++) {
        if (!**p || **p == '.' || (*p)[strspn(*p, G_CSET_A_2_Z G_CSET_a_2_z
                                              G_CSET_DIGITS "._-+ ")]) {
            return FALSE;
        }
    }
    return TRUE;
}

/* --- packing ------------------------------------------------------------- */

static int by_name(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Names of the regular files below @dir/@below, relative to @dir. */
static void list_files(const char *dir, const char *below, GPtrArray *names)
{
    g_autofree char *path = g_build_filename(dir, below, NULL);
    g_autoptr(GDir) d = g_dir_open(path, 0, NULL);
    const char *name;

    while (d && (name = g_dir_read_name(d))) {
        g_autofree char *inner = *below ? g_build_filename(below, name, NULL)
                                        : g_strdup(name);
        g_autofree char *full = g_build_filename(dir, inner, NULL);
        struct stat st;

        if (lstat(full, &st) != 0 || !rig_bundle_name_is_safe(inner)) {
            continue;
        }
        if (S_ISDIR(st.st_mode)) {
            list_files(dir, inner, names);
        } else if (S_ISREG(st.st_mode)) {
            g_ptr_array_add(names, g_steal_pointer(&inner));
        }
    }
}

/* The rest of the entry: exactly @size bytes of @fd. */
static gboolean copy_in(struct archive *a, int fd, gint64 size,
                        const char *name, GError **error)
{
    g_autofree char *block = g_malloc(BLOCK);

    while (size > 0) {
        ssize_t n = read(fd, block, MIN(size, BLOCK));

        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return fail(error, "%s: %s", name,
                        n ? g_strerror(errno) : "it became shorter");
        }
        if (archive_write_data(a, block, n) != n) {
            return fail(error, "%s: %s", name, archive_error_string(a));
        }
        size -= n;
    }
    return TRUE;
}

static gboolean add_file(struct archive *a, const char *dir,
                         const char *prefix, const char *name, GError **error)
{
    g_autofree char *path = g_build_filename(dir, name, NULL);
    g_autofree char *entry_name = g_build_filename(prefix, name, NULL);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    struct archive_entry *e = archive_entry_new();
    struct stat st;
    gboolean ok;

    if (fd < 0 || fstat(fd, &st) != 0) {
        ok = fail(error, "%s: %s", path, g_strerror(errno));
    } else {
        archive_entry_set_pathname(e, entry_name);
        archive_entry_set_filetype(e, AE_IFREG);
        archive_entry_set_perm(e, 0644);
        archive_entry_set_size(e, st.st_size);
        archive_entry_set_mtime(e, 0, 0);
        ok = archive_write_header(a, e) == ARCHIVE_OK
             ? copy_in(a, fd, st.st_size, name, error)
             : fail(error, "%s: %s", name, archive_error_string(a));
    }
    archive_entry_free(e);
    if (fd >= 0) {
        close(fd);
    }
    return ok;
}

static gboolean write_archive(struct archive *a, const char *dir, int fd,
                              GError **error)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *prefix = g_path_get_basename(dir);
    gboolean ok = TRUE;

    list_files(dir, "", names);
    g_ptr_array_sort(names, by_name);
    if (archive_write_set_format_ustar(a) != ARCHIVE_OK ||
        archive_write_add_filter_zstd(a) != ARCHIVE_OK ||
        archive_write_open_fd(a, fd) != ARCHIVE_OK) {
        return fail(error, "%s", archive_error_string(a));
    }
    for (guint i = 0; i < names->len && ok; i++) {
        ok = add_file(a, dir, prefix, names->pdata[i], error);
    }
    if (ok && archive_write_close(a) != ARCHIVE_OK) {
        ok = fail(error, "%s", archive_error_string(a));
    }
    return ok;
}

gboolean rig_bundle_pack(const char *dir, const char *archive, GError **error)
{
    g_autofree char *temporary = g_strconcat(archive, ".tmp", NULL);
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    struct archive *a;
    gboolean ok;

    if (fd < 0) {
        return fail(error, "%s: %s", temporary, g_strerror(errno));
    }
    a = archive_write_new();
    ok = write_archive(a, dir, fd, error);
    archive_write_free(a);
    return rig_sync_and_rename(fd, temporary, archive, ok, error);
}

/* --- unpacking ----------------------------------------------------------- */

typedef struct Unpack {
    const char *archive, *to;
    struct archive *a;
    char *root;          /* first component of every name */
    guint entries;
    uint64_t bytes;
} Unpack;

/* The name without its first component; NULL with @error if it is refused. */
static const char *inner_name(Unpack *u, const char *name, GError **error)
{
    const char *slash = name ? strchr(name, '/') : NULL;

    if (!slash || !rig_bundle_name_is_safe(name)) {
        g_autofree char *plain = g_strescape(name ? name : "", NULL);

        fail(error, "it holds \"%.200s\", which is no name of a file of a "
             "bundle", plain);
        return NULL;
    }
    if (!u->root) {
        u->root = g_strndup(name, slash - name);
    }
    if (strncmp(name, u->root, slash - name) != 0 || u->root[slash - name]) {
        fail(error, "it holds \"%s\" beside \"%s\": a bundle is one "
             "directory", name, u->root);
        return NULL;
    }
    return slash + 1;
}

static gboolean write_all(int fd, const char *bytes, size_t left)
{
    while (left) {
        ssize_t n = write(fd, bytes, left);

        if (n < 0 && errno != EINTR) {
            return FALSE;
        }
        if (n > 0) {
            bytes += n;
            left -= n;
        }
    }
    return TRUE;
}

static gboolean too_large(GError **error)
{
    return fail(error, "it unpacks to more than %u GiB",
                (unsigned)(RIG_BUNDLE_BYTES_MAX >> 30));
}

/* Who unpacks blocks these signals, to remove what there is before the end. */
static gboolean is_stopped(void)
{
    sigset_t set;

    return sigpending(&set) == 0 &&
           (sigismember(&set, SIGINT) || sigismember(&set, SIGTERM) ||
            sigismember(&set, SIGHUP));
}

static gboolean copy_out(Unpack *u, int fd, const char *name, GError **error)
{
    g_autofree char *block = g_malloc(BLOCK);
    la_ssize_t n;

    while ((n = archive_read_data(u->a, block, BLOCK)) > 0) {
        u->bytes += n;
        if (u->bytes > RIG_BUNDLE_BYTES_MAX) {
            return too_large(error);
        }
        if (is_stopped()) {
            return fail(error, "stopped while it was unpacked");
        }
        if (!write_all(fd, block, n)) {
            return fail(error, "%s/%s: %s", u->to, name, g_strerror(errno));
        }
    }
    return n == 0 || fail(error, "%s", archive_error_string(u->a));
}

/* Every component was checked, and nobody else writes below @to. */
static gboolean take_file(Unpack *u, const char *name, GError **error)
{
    g_autofree char *path = g_build_filename(u->to, name, NULL);
    g_autofree char *dir = g_path_get_dirname(path);
    gboolean ok;
    int fd;

    if (g_mkdir_with_parents(dir, 0755) != 0) {
        return fail(error, "%s: %s", dir, g_strerror(errno));
    }
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
              0644);
    if (fd < 0) {
        return errno == EEXIST ? fail(error, "it holds %s twice", name)
                               : fail(error, "%s: %s", path,
                                      g_strerror(errno));
    }
    ok = copy_out(u, fd, name, error);
    if (close(fd) != 0 && ok) {
        ok = fail(error, "%s: %s", path, g_strerror(errno));
    }
    return ok;
}

static gboolean take_entry(Unpack *u, struct archive_entry *e, GError **error)
{
    g_autofree char *name = g_strdup(archive_entry_pathname(e));
    gboolean dir = archive_entry_filetype(e) == AE_IFDIR;
    const char *inner;

    if (++u->entries > RIG_BUNDLE_ENTRIES_MAX) {
        return fail(error, "it holds more than %u files",
                    RIG_BUNDLE_ENTRIES_MAX);
    }
    if (dir && name && g_str_has_suffix(name, "/")) {
        name[strlen(name) - 1] = '\0';
    }
    if (dir && name && !strchr(name, '/') && rig_bundle_name_is_safe(name)) {
        return TRUE; /* the root itself */
    }
    inner = inner_name(u, name, error);
    if (!inner) {
        return FALSE;
    }
    if (archive_entry_hardlink(e) || archive_entry_symlink(e) ||
        (!dir && archive_entry_filetype(e) != AE_IFREG)) {
        return fail(error, "\"%s\" is no regular file", name);
    }
    if (archive_entry_size_is_set(e) &&
        (uint64_t)archive_entry_size(e) > RIG_BUNDLE_BYTES_MAX - u->bytes) {
        return too_large(error); /* before any of it is written */
    }
    return dir || take_file(u, inner, error);
}

static gboolean read_entries(Unpack *u, GError **error)
{
    struct archive_entry *e;
    int status;

    while ((status = archive_read_next_header(u->a, &e)) == ARCHIVE_OK) {
        if (!take_entry(u, e, error)) {
            return FALSE;
        }
    }
    if (status != ARCHIVE_EOF) {
        return fail(error, "%s", archive_error_string(u->a));
    }
    return u->entries > 0 || fail(error, "it is empty");
}

gboolean rig_bundle_unpack(const char *archive, const char *to,
                           GError **error)
{
    Unpack u = { .archive = archive, .to = to, .a = archive_read_new() };
    int fd = open(archive, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat st;
    gboolean ok;

    archive_read_support_format_tar(u.a);
    archive_read_support_filter_zstd(u.a);
    if (fd < 0 || fstat(fd, &st) != 0) {
        ok = fail(error, "%s", g_strerror(errno));
    } else if (!S_ISREG(st.st_mode)) {
        ok = fail(error, "it is no regular file");
    } else if (archive_read_open_fd(u.a, fd, BLOCK) != ARCHIVE_OK) {
        ok = fail(error, "%s", archive_error_string(u.a));
    } else {
        ok = read_entries(&u, error);
    }
    archive_read_free(u.a);
    if (fd >= 0) {
        close(fd);
    }
    g_free(u.root);
    g_prefix_error(error, "%s: ", archive);
    return ok;
}
