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
#include "inputs.h"
#include "qmp.h"

#define GROUP      "snapshot"
#define KEY_SHA256 "sha256"
#define KEY_STAMP  "stamp"
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

static char *name_of(const RigPaths *paths, const RigMachine *machine,
                     const char *cmdline)
{
    const RigGuestFiles *g = &paths->guest[machine->guest];
    const char *const files[] = { paths->qemu, g->kernel, g->initramfs };
    g_autoptr(GString) all = g_string_new(NULL);
    g_autofree char *domain = NULL;
    const RigDomain d = {
        .name = "rig", .uuid = "", .machine = machine, .emulator = "qemu",
        .kernel = "kernel", .initrd = "initrd", .cmdline = cmdline,
        .console = "console.log", .capture = "net.pcap", .tap_socket = "tap",
        .plan = "plan", .incoming = "state",
    };

    for (guint i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *text = stamp(files[i]);

        g_string_append_printf(all, "%s %s\n", files[i], text);
    }
    domain = rig_domain_xml(&d);
    g_string_append(all, domain);
    return g_compute_checksum_for_string(G_CHECKSUM_SHA256, all->str, -1);
}

RigSnapshot *rig_snapshot_new(const char *dir, const RigPaths *paths,
                              const RigMachine *machine, const char *cmdline)
{
    g_autofree char *name = name_of(paths, machine, cmdline);
    RigSnapshot *s = g_new0(RigSnapshot, 1);

    s->dir = g_build_filename(dir, name, NULL);
    s->state = g_build_filename(s->dir, "state", NULL);
    s->made = g_build_filename(s->dir, "state.new", NULL);
    s->note = g_build_filename(s->dir, "snapshot.ini", NULL);
    s->lock = -1;
    return s;
}

void rig_snapshot_free(RigSnapshot *s)
{
    if (s) {
        if (s->lock >= 0) {
            g_unlink(s->made);
            close(s->lock);
        }
        g_free(s->dir);
        g_free(s->state);
        g_free(s->made);
        g_free(s->note);
        g_free(s);
    }
}

/* --- what is there -------------------------------------------------------- */

gboolean rig_snapshot_good(const RigSnapshot *s)
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

/* --- making one ----------------------------------------------------------- */

static gboolean fail(GError **error, const char *file)
{
    g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno), "%s: %s",
                file, g_strerror(errno));
    return FALSE;
}

gboolean rig_snapshot_begin(RigSnapshot *s, GError **error)
{
    g_autofree char *file = g_build_filename(s->dir, "lock", NULL);

    if (strchr(s->dir, ',')) { /* QEMU's file: URIs end there */
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_FILENAME, "%s: a "
                    "comma in the path; set XDG_CACHE_HOME", s->dir);
        return FALSE;
    }
    if (g_mkdir_with_parents(s->dir, 0700) != 0) {
        return fail(error, s->dir);
    }
    s->lock = open(file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (s->lock < 0) {
        return fail(error, file);
    }
    if (flock(s->lock, LOCK_EX | LOCK_NB) != 0) {
        close(s->lock);
        s->lock = -1;
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_BUSY, "%s: another rig is "
                    "making this snapshot", s->dir);
        return FALSE;
    }
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
    return g_key_file_save_to_file(note, s->note, error);
}
