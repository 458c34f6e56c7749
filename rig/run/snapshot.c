/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Snapshots to start from. */
#include "snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "domain.h"
#include "qmp.h"
#include "tree.h"

#define GROUP      "snapshot"
#define KEY_SHA256 "sha256"
#define KEY_STAMP  "stamp"
#define KEY_FILES  "files"
#define KEY_STAMPS "stamps"
#define NOTE       "snapshot.ini"
#define LOCK       "lock"
#define GONE       ".removed-"
#define DAY        86400
#define SAVE_LIMIT (120 * G_TIME_SPAN_SECOND)

/* --- names ---------------------------------------------------------------- */

/* Changes when the file does; "" when there is none. */
static char *stamp(const char *path)
{
    struct stat s;

    return stat(path, &s) != 0 ? g_strdup("") :
        g_strdup_printf("%" G_GUINT64_FORMAT " %" G_GINT64_FORMAT " %"
                        G_GINT64_FORMAT ".%09ld", (guint64)s.st_ino,
                        (gint64)s.st_size, (gint64)s.st_mtim.tv_sec,
                        s.st_mtim.tv_nsec);
}

static char *name_of(const RigSnapshot *s, const RigMachine *machine,
                     const char *cmdline)
{
    g_autoptr(GString) all = g_string_new(NULL);
    g_autofree char *domain = NULL;
    const RigDomain d = {
        .name = "rig", .uuid = "", .machine = machine, .emulator = "qemu",
        .kernel = "kernel", .initrd = "initrd", .cmdline = cmdline,
        .console = "console.log", .capture = "net.pcap", .tap_socket = "tap",
        .plan = "plan", .incoming = "state",
    };

    for (guint i = 0; s->files[i]; i++) {
        g_string_append_printf(all, "%s %s\n", s->files[i], s->stamps[i]);
    }
    domain = rig_domain_xml(&d);
    g_string_append(all, domain);
    return g_compute_checksum_for_string(G_CHECKSUM_SHA256, all->str, -1);
}

char *rig_snapshots_dir(void)
{
    const char *cache = g_getenv("XDG_CACHE_HOME");

    return cache && g_path_is_absolute(cache)
           ? g_build_filename(cache, "rig", "snapshots", NULL)
           : g_build_filename(g_get_home_dir(), ".cache", "rig", "snapshots",
                              NULL);
}

RigSnapshot *rig_snapshot_new(const char *dir, const RigPaths *paths,
                              const RigMachine *machine, const char *cmdline)
{
    const RigGuestFiles *g = &paths->guest[machine->guest];
    const char *const files[] = { paths->qemu, g->kernel, g->initramfs };
    const guint n = G_N_ELEMENTS(files);
    RigSnapshot *s = g_new0(RigSnapshot, 1);
    g_autofree char *name = NULL;

    for (guint i = 0; i < RIG_SNAPSHOT_FILES; i++) {
        s->files[i] = i < n ? g_strdup(files[i])
                            : g_build_filename(paths->firmware,
                                               rig_firmware_files[i - n],
                                               NULL);
        s->stamps[i] = stamp(s->files[i]);
    }
    name = name_of(s, machine, cmdline);
    s->dir = g_build_filename(dir, name, NULL);
    s->state = g_build_filename(s->dir, "state", NULL);
    s->made = g_build_filename(s->dir, "state.new", NULL);
    s->note = g_build_filename(s->dir, NOTE, NULL);
    s->lock = -1;
    return s;
}

void rig_snapshot_free(RigSnapshot *s)
{
    if (s) {
        if (s->making) {
            g_unlink(s->made);
        }
        if (s->lock >= 0) {
            close(s->lock);
        }
        for (guint i = 0; s->files[i]; i++) {
            g_free(s->files[i]);
            g_free(s->stamps[i]);
        }
        g_free(s->dir);
        g_free(s->state);
        g_free(s->made);
        g_free(s->note);
        g_free(s);
    }
}

/* --- what is there -------------------------------------------------------- */

/* The file that says who is at work here, and by its time of change, when. */
static int open_lock(const char *dir)
{
    g_autofree char *file = g_build_filename(dir, LOCK, NULL);

    return open(file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
}

static gboolean is_whole(const RigSnapshot *s)
{
    g_autoptr(GKeyFile) note = g_key_file_new();
    g_autofree char *is = stamp(s->state);
    g_autofree char *was = NULL, *sha256 = NULL, *found = NULL;

    if (!*is || !g_key_file_load_from_file(note, s->note, 0, NULL)) {
        return FALSE;
    }
    was = g_key_file_get_string(note, GROUP, KEY_STAMP, NULL);
    sha256 = g_key_file_get_string(note, GROUP, KEY_SHA256, NULL);
    if (g_strcmp0(is, was) == 0) {
        return TRUE;
    }
    found = rig_sha256_file(s->state, NULL);
    return found && g_strcmp0(found, sha256) == 0;
}

gboolean rig_snapshot_use(RigSnapshot *s)
{
    if (g_file_test(s->note, G_FILE_TEST_EXISTS) && s->lock < 0) {
        s->lock = open_lock(s->dir);
    }
    return s->lock >= 0 && flock(s->lock, LOCK_SH | LOCK_NB) == 0 &&
           futimens(s->lock, NULL) == 0 && is_whole(s);
}

void rig_snapshot_discard(const RigSnapshot *s)
{
    g_unlink(s->note); /* first: without it the rest counts for nothing */
    g_unlink(s->state);
}

/* --- making one ----------------------------------------------------------- */

static gboolean fail(GError **error, const char *file)
{
    g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno), "%s: %s",
                file, g_strerror(errno));
    return FALSE;
}

gboolean rig_snapshot_begin(RigSnapshot *s, GError **error)
{
    if (strchr(s->dir, ',')) { /* QEMU's file: URIs end there */
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_FILENAME, "%s: a "
                    "comma in the path; set XDG_CACHE_HOME", s->dir);
        return FALSE;
    }
    if (g_mkdir_with_parents(s->dir, 0700) != 0) {
        return fail(error, s->dir);
    }
    s->lock = s->lock >= 0 ? s->lock : open_lock(s->dir);
    if (s->lock < 0) {
        return fail(error, s->dir);
    }
    if (flock(s->lock, LOCK_EX | LOCK_NB) != 0) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_BUSY, "%s: another rig is "
                    "making or using this snapshot", s->dir);
        return FALSE;
    }
    s->making = TRUE;
    g_unlink(s->made);
    return TRUE;
}

/* How the migration stands, as libvirt's event thread hears it. */
typedef struct Save {
    GMutex lock;
    GCond changed;
    gboolean over, completed;
} Save;

static void on_migration(const char *json, void *opaque)
{
    gboolean completed = strstr(json, "\"completed\"") != NULL;
    Save *save = opaque;

    if (completed || strstr(json, "\"failed\"")) {
        g_mutex_lock(&save->lock);
        save->over = TRUE;
        save->completed = completed;
        g_cond_signal(&save->changed);
        g_mutex_unlock(&save->lock);
    }
}

static void wait_for(Save *save)
{
    gint64 until = g_get_monotonic_time() + SAVE_LIMIT;

    g_mutex_lock(&save->lock);
    while (!save->over &&
           g_cond_wait_until(&save->changed, &save->lock, until)) {
    }
    g_mutex_unlock(&save->lock);
}

gboolean rig_snapshot_save(const RigSnapshot *s, virConnectPtr conn,
                           virDomainPtr domain, GError **error)
{
    g_autofree char *uri = g_strconcat("file:", s->made, NULL);
    JsonObject *arguments = json_object_new();
    Save save = { 0 };
    gboolean ok;
    int watch;

    g_mutex_init(&save.lock);
    g_cond_init(&save.changed);
    watch = rig_qmp_watch(conn, domain, "MIGRATION", on_migration, &save);
    json_object_set_string_member(arguments, "uri", uri);
    ok = rig_qmp(domain, "migrate", arguments, error);
    if (ok) {
        wait_for(&save);
        ok = save.completed;
        if (!ok) {
            g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "QEMU did not "
                        "save the machine to %s", s->made);
        }
    }
    rig_qmp_forget(conn, watch);
    g_mutex_clear(&save.lock);
    g_cond_clear(&save.changed);
    return ok;
}

gboolean rig_snapshot_keep(const RigSnapshot *s, GError **error)
{
    g_autoptr(GKeyFile) note = g_key_file_new();
    g_autofree char *sha256 = rig_sha256_file(s->made, error);
    g_autofree char *is = NULL;

    if (!sha256) {
        return FALSE;
    }
    if (g_rename(s->made, s->state) != 0) {
        return fail(error, s->state);
    }
    is = stamp(s->state);
    g_key_file_set_string(note, GROUP, KEY_SHA256, sha256);
    g_key_file_set_string(note, GROUP, KEY_STAMP, is);
    g_key_file_set_string_list(note, GROUP, KEY_FILES,
                               (const char *const *)s->files,
                               RIG_SNAPSHOT_FILES);
    g_key_file_set_string_list(note, GROUP, KEY_STAMPS,
                               (const char *const *)s->stamps,
                               RIG_SNAPSHOT_FILES);
    return g_key_file_save_to_file(note, s->note, error);
}

/* --- removing ------------------------------------------------------------- */

typedef struct Kept {
    char *name, *dir;
    gint64 used;         /* Unix, seconds */
    uint64_t bytes;
    gboolean outdated;
} Kept;

static void kept_free(gpointer p)
{
    Kept *k = p;

    g_free(k->name);
    g_free(k->dir);
    g_free(k);
}

static int newest_first(gconstpointer pa, gconstpointer pb)
{
    const Kept *a = *(Kept *const *)pa, *b = *(Kept *const *)pb;

    return a->used != b->used ? (a->used < b->used) - (a->used > b->used)
           : strcmp(a->name, b->name);
}

/* A file that it was made with is another one now, or gone. */
static gboolean is_outdated(const char *dir)
{
    g_autofree char *file = g_build_filename(dir, NOTE, NULL);
    g_autoptr(GKeyFile) note = g_key_file_new();
    g_auto(GStrv) files = NULL, stamps = NULL;
    gsize n = 0, m = 0;

    if (g_key_file_load_from_file(note, file, 0, NULL)) {
        files = g_key_file_get_string_list(note, GROUP, KEY_FILES, &n, NULL);
        stamps = g_key_file_get_string_list(note, GROUP, KEY_STAMPS, &m,
                                            NULL);
    }
    for (gsize i = 0; i < n && i < m; i++) {
        g_autofree char *now = stamp(files[i]);

        if (strcmp(now, stamps[i]) != 0) {
            return TRUE;
        }
    }
    return n == 0 || n != m;
}

static GPtrArray *look(const char *dir)
{
    GPtrArray *all = g_ptr_array_new_with_free_func(kept_free);
    g_autoptr(GDir) d = g_dir_open(dir, 0, NULL);
    const char *name;

    while (d && (name = g_dir_read_name(d))) {
        Kept *k = g_new0(Kept, 1);
        g_autofree char *lock = g_build_filename(dir, name, LOCK, NULL);
        struct stat s;

        k->name = g_strdup(name);
        k->dir = g_build_filename(dir, name, NULL);
        k->used = stat(lock, &s) == 0 ? s.st_mtim.tv_sec : 0;
        k->bytes = rig_tree_size(k->dir);
        k->outdated = g_str_has_prefix(name, GONE) || is_outdated(k->dir);
        g_ptr_array_add(all, k);
    }
    g_ptr_array_sort(all, newest_first);
    return all;
}

/* Not one that somebody makes or uses. Renamed first: half of one is none. */
static gboolean remove_one(const char *dir, const Kept *k, GError **error)
{
    g_autofree char *gone = g_str_has_prefix(k->name, GONE)
                            ? g_strdup(k->dir)
                            : g_strconcat(dir, "/" GONE, k->name, NULL);
    int lock = open_lock(k->dir);
    gboolean ours = lock >= 0 && flock(lock, LOCK_EX | LOCK_NB) == 0 &&
                    g_rename(k->dir, gone) == 0;

    if (lock >= 0) {
        close(lock);
    }
    return ours && rig_tree_remove(gone, error);
}

gboolean rig_snapshots_prune(const char *dir, unsigned most, gint64 now,
                             RigSnapshotsRemoved *removed, GError **error)
{
    g_autoptr(GPtrArray) all = look(dir);
    unsigned kept = 0;

    memset(removed, 0, sizeof(*removed));
    for (guint i = 0; i < all->len; i++) {
        const Kept *k = all->pdata[i];
        g_autoptr(GError) e = NULL;

        if (!k->outdated && kept < most &&
            now - k->used <= (gint64)RIG_SNAPSHOT_DAYS * DAY) {
            kept++;
        } else if (remove_one(dir, k, &e)) {
            removed->snapshots++;
            removed->bytes += k->bytes;
        } else if (e) {
            g_propagate_error(error, g_steal_pointer(&e));
            return FALSE;
        }
    }
    return TRUE;
}
