/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Snapshots kept with a Windows image. */
#include "image-snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "image-import.h"
#include "inputs.h"
#include "sync-file.h"
#include "windows-domain.h"

#define DIRECTORY "snapshots"
#define MANIFEST  "snapshot.ini"
#define GROUP     "snapshot"

/* --- what it is of ------------------------------------------------------- */

static char *sha256(const char *text)
{
    return g_compute_checksum_for_string(G_CHECKSUM_SHA256, text, -1);
}

/* Changes when the file does. */
static void add_stamp(GString *all, const char *path)
{
    struct stat s;

    if (path && stat(path, &s) == 0) {
        g_string_append_printf(all, "%s %" G_GUINT64_FORMAT " %"
                               G_GINT64_FORMAT " %" G_GINT64_FORMAT ".%09ld\n",
                               path, (guint64)s.st_ino, (gint64)s.st_size,
                               (gint64)s.st_mtim.tv_sec, s.st_mtim.tv_nsec);
    }
}

static char *state_of(const RigImage *i)
{
    g_autofree char *disk = rig_image_file(i, RIG_IMAGE_DISK);
    g_autofree char *nvram = rig_image_file(i, RIG_IMAGE_NVRAM);
    g_autoptr(GString) all = g_string_new(i->sha256);

    g_string_append_c(all, '\n');
    add_stamp(all, disk);
    add_stamp(all, nvram);
    add_stamp(all, i->kernel);
    add_stamp(all, i->initrd);
    return sha256(all->str);
}

/* The machine without what differs from run to run. */
static char *domain_of(const RigImage *i, const RigMachine *machine,
                       gboolean kvm)
{
    g_autofree char *xml = NULL;
    const RigWindowsDomain d = {
        .name = "rig", .uuid = "", .machine = machine, .emulator = "qemu",
        .kvm = kvm, .cpus = i->cpus, .disk = "disk",
        .loader = i->uefi ? RIG_OVMF_CODE : NULL,
        .nvram = i->uefi ? "nvram" : NULL,
        .agent_socket = "agent", .debug_log = "com2.log",
        .capture = "net.pcap", .tap_socket = "tap", .panic = i->panic,
        .kernel = i->kernel, .initrd = i->initrd, .cmdline = i->cmdline,
    };

    xml = rig_windows_domain_xml(&d);
    return sha256(xml);
}

/* The processor that a guest under KVM is given as it is: proc_cpuinfo(5). */
static char *host_cpu(void)
{
    g_autofree char *text = NULL;
    const char *at;

    g_file_get_contents("/proc/cpuinfo", &text, NULL, NULL);
    at = text ? strstr(text, "model name") : NULL;
    at = at ? strchr(at, ':') : NULL;
    return at ? g_strstrip(g_strndup(at + 1, strcspn(at + 1, "\n")))
              : g_strdup("?");
}

static char *name_of(const RigMachine *m, gboolean kvm)
{
    g_autoptr(GString) s = g_string_new(m->nic);

    if (m->vectors) {
        g_string_append_printf(s, "-vectors%u", m->vectors);
    }
    if (m->queues) {
        g_string_append_printf(s, "-queues%u", m->queues);
    }
    g_string_append_printf(s, "-%umib-%s", m->memory_mib,
                           kvm ? "kvm" : "tcg");
    return g_string_free(g_steal_pointer(&s), FALSE);
}

RigImageSnapshot *rig_image_snapshot_new(const RigImage *image,
                                         const RigPaths *paths,
                                         const RigMachine *machine,
                                         gboolean kvm, GError **error)
{
    g_autofree char *qemu = rig_sha256_file(paths->qemu, error);
    RigImageSnapshot *s;

    if (!qemu) {
        return NULL;
    }
    s = g_new0(RigImageSnapshot, 1);
    s->name = name_of(machine, kvm);
    s->image_name = g_strdup(image->name);
    s->dir = g_build_filename(image->dir, DIRECTORY, s->name, NULL);
    s->uefi = image->uefi;
    s->machine = (RigMachine){
        .nic = g_strdup(machine->nic), .vectors = machine->vectors,
        .queues = machine->queues, .memory_mib = machine->memory_mib,
    };
    s->kvm = kvm;
    s->qemu = g_steal_pointer(&qemu);
    s->emulator = g_strdup(paths->qemu);
    s->cpu = kvm ? host_cpu() : g_strdup("");
    s->domain = domain_of(image, &s->machine, kvm);
    s->state = state_of(image);
    return s;
}

void rig_image_snapshot_free(RigImageSnapshot *s)
{
    if (s) {
        g_free(s->name);
        g_free(s->image_name);
        g_free(s->dir);
        g_free(s->machine.nic);
        g_free(s->qemu);
        g_free(s->emulator);
        g_free(s->cpu);
        g_free(s->domain);
        g_free(s->state);
        g_free(s);
    }
}

/* --- what is there ------------------------------------------------------- */

static GKeyFile *read_manifest(const char *dir)
{
    g_autofree char *file = g_build_filename(dir, MANIFEST, NULL);
    GKeyFile *k = g_key_file_new();

    if (!g_key_file_load_from_file(k, file, 0, NULL)) {
        g_clear_pointer(&k, g_key_file_unref);
    }
    return k;
}

static gboolean same(GKeyFile *k, const char *key, const char *value)
{
    g_autofree char *was = g_key_file_get_string(k, GROUP, key, NULL);

    return g_strcmp0(was, value) == 0;
}

/* Its files as they were written. */
static char *files_of(const char *dir, gboolean uefi)
{
    static const char *const names[] = { RIG_IMAGE_DISK, RIG_IMAGE_NVRAM };
    g_autoptr(GString) all = g_string_new(NULL);

    for (guint i = 0; i < (uefi ? 2 : 1); i++) {
        g_autofree char *file = g_build_filename(dir, names[i], NULL);
        struct stat s;

        if (stat(file, &s) != 0 || !S_ISREG(s.st_mode)) {
            return NULL;
        }
        g_string_append_printf(all, "%s%" G_GINT64_FORMAT " %" G_GINT64_FORMAT
                               ".%09ld", i ? "; " : "", (gint64)s.st_size,
                               (gint64)s.st_mtim.tv_sec, s.st_mtim.tv_nsec);
    }
    return g_string_free(g_steal_pointer(&all), FALSE);
}

RigImageSnapshotState rig_image_snapshot_state(const RigImageSnapshot *s,
                                               char **why)
{
    g_autoptr(GKeyFile) k = NULL;
    g_autofree char *files = files_of(s->dir, s->uefi);
    g_autofree char *version = NULL;

    *why = NULL;
    if (access(s->dir, F_OK) != 0) {
        return RIG_SNAPSHOT_NONE;
    }
    k = read_manifest(s->dir);
    if (!k || !files) {
        *why = g_strdup("it is not whole");
    } else if (!same(k, "files", files)) {
        *why = g_strdup("its files were changed");
    } else if (!same(k, "qemu", s->qemu)) {
        version = g_key_file_get_string(k, GROUP, "qemu-version", NULL);
        *why = g_strdup_printf("QEMU has changed since; it was %s",
                               version ? version : "another one");
    } else if (!same(k, "cpu", s->cpu)) {
        *why = g_strdup("the host has another processor now");
    } else if (!same(k, "domain", s->domain)) {
        *why = g_strdup("the machine's domain XML is another one now");
    } else if (!same(k, "image", s->state)) {
        *why = g_strdup("the image has changed since");
    }
    return *why ? RIG_SNAPSHOT_STALE : RIG_SNAPSHOT_GOOD;
}

/* --- copying ------------------------------------------------------------- */

static gboolean fail(GError **error, const char *file)
{
    g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno), "%s: %s",
                file, g_strerror(errno));
    return FALSE;
}

/* Sharing blocks where the file system can, and without its holes. */
static gboolean copy(const char *from, const char *to, GError **error)
{
    const char *argv[] = { "cp", "--reflink=auto", "--sparse=always", "--",
                           from, to, NULL };
    g_autoptr(GSubprocess) p = g_subprocess_newv(
        argv, G_SUBPROCESS_FLAGS_STDERR_PIPE, error);
    g_autofree char *text = NULL;

    if (!p || !g_subprocess_communicate_utf8(p, NULL, NULL, NULL, &text,
                                             error)) {
        return FALSE;
    }
    if (!g_subprocess_get_successful(p)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s",
                    g_strstrip(text));
        return FALSE;
    }
    return TRUE;
}

gboolean rig_image_snapshot_take(const RigImageSnapshot *s, const char *disk,
                                 const char *nvram, GError **error)
{
    g_autofree char *from_disk = g_build_filename(s->dir, RIG_IMAGE_DISK,
                                                  NULL);
    g_autofree char *from_nvram = g_build_filename(s->dir, RIG_IMAGE_NVRAM,
                                                   NULL);

    return copy(from_disk, disk, error) &&
           (!s->uefi || copy(from_nvram, nvram, error));
}

/* --- keeping ------------------------------------------------------------- */

/* "10.0.13", or "" */
static char *version_of(const char *emulator)
{
    const char *argv[] = { emulator, "--version", NULL };
    g_autofree char *text = NULL;
    const char *at;

    if (!g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_STDERR_TO_DEV_NULL,
                      NULL, NULL, &text, NULL, NULL, NULL)) {
        return g_strdup("");
    }
    at = strstr(text, "version ");
    at = at ? at + strlen("version ") : "";
    return g_strndup(at, strspn(at, "0123456789."));
}

static gboolean sync_file(const char *file, GError **error)
{
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    gboolean ok = fd >= 0 && fsync(fd) == 0;

    if (!ok) {
        fail(error, file);
    }
    if (fd >= 0) {
        close(fd);
    }
    return ok;
}

static gboolean write_manifest(const RigImageSnapshot *s, const char *dir,
                               GError **error)
{
    g_autofree char *file = g_build_filename(dir, MANIFEST, NULL);
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();
    g_autofree char *made = g_date_time_format(now, "%Y-%m-%dT%H:%M:%SZ");
    g_autofree char *version = version_of(s->emulator);
    g_autofree char *files = files_of(dir, s->uefi);
    g_autoptr(GKeyFile) k = g_key_file_new();
    g_autofree char *text = NULL;
    gsize length;

    g_key_file_set_string(k, GROUP, "made", made);
    g_key_file_set_string(k, GROUP, "nic", s->machine.nic);
    g_key_file_set_uint64(k, GROUP, "vectors", s->machine.vectors);
    g_key_file_set_uint64(k, GROUP, "queues", s->machine.queues);
    g_key_file_set_uint64(k, GROUP, "memory-mib", s->machine.memory_mib);
    g_key_file_set_boolean(k, GROUP, "kvm", s->kvm);
    g_key_file_set_string(k, GROUP, "qemu-version", version);
    g_key_file_set_string(k, GROUP, "qemu", s->qemu);
    g_key_file_set_string(k, GROUP, "cpu", s->cpu);
    g_key_file_set_string(k, GROUP, "domain", s->domain);
    g_key_file_set_string(k, GROUP, "image", s->state);
    g_key_file_set_string(k, GROUP, "files", files ? files : "");
    text = g_key_file_to_data(k, &length, NULL);
    return rig_write_file(file, text, length, error);
}

static gboolean fill(const RigImageSnapshot *s, const char *dir,
                     const char *disk, const char *nvram, GError **error)
{
    g_autofree char *to_disk = g_build_filename(dir, RIG_IMAGE_DISK, NULL);
    g_autofree char *to_nvram = g_build_filename(dir, RIG_IMAGE_NVRAM, NULL);

    return copy(disk, to_disk, error) && sync_file(to_disk, error) &&
           (!s->uefi || (copy(nvram, to_nvram, error) &&
                         sync_file(to_nvram, error))) &&
           write_manifest(s, dir, error) && rig_sync_directory(dir, error);
}

/* @new takes the place of s->dir. */
static gboolean replace(const RigImageSnapshot *s, const char *new,
                        const char *parent, GError **error)
{
    g_autofree char *old = g_strdup_printf("%s/.%s.old", parent, s->name);

    rig_image_remove_directory(old);
    if (g_rename(s->dir, old) != 0 && errno != ENOENT) {
        return fail(error, s->dir);
    }
    if (g_rename(new, s->dir) != 0) {
        return fail(error, s->dir);
    }
    rig_image_remove_directory(old);
    return rig_sync_directory(parent, error);
}

/* The lock of the image in its store. */
static int lock_image(const char *image_dir, const char *name, GError **error)
{
    g_autofree char *images = g_path_get_dirname(image_dir);

    return rig_image_lock(images, name, error);
}

gboolean rig_image_snapshot_keep(const RigImageSnapshot *s, const char *disk,
                                 const char *nvram, GError **error)
{
    g_autofree char *parent = g_path_get_dirname(s->dir);
    g_autofree char *image = g_path_get_dirname(parent);
    g_autofree char *new = g_strdup_printf("%s/.%s.new", parent, s->name);
    int lock = lock_image(image, s->image_name, error);
    gboolean ok;

    if (lock < 0) {
        return FALSE;
    }
    g_mkdir(parent, 0755);
    rig_image_remove_directory(new);
    ok = g_mkdir(new, 0755) == 0 ? fill(s, new, disk, nvram, error) &&
                                   replace(s, new, parent, error)
                                 : fail(error, new);
    rig_image_remove_directory(new);
    close(lock);
    return ok;
}

/* --- all of an image ----------------------------------------------------- */

static void kept_free(gpointer opaque)
{
    RigKeptSnapshot *k = opaque;

    g_free(k->name);
    g_free(k->made);
    g_free(k->qemu_version);
    g_free(k->why);
    g_free(k);
}

static guint64 size_of(const char *dir)
{
    g_autoptr(GDir) d = g_dir_open(dir, 0, NULL);
    const char *name;
    guint64 bytes = 0;

    while (d && (name = g_dir_read_name(d))) {
        g_autofree char *file = g_build_filename(dir, name, NULL);
        struct stat s;

        bytes += stat(file, &s) == 0 ? (guint64)s.st_blocks * 512 : 0;
    }
    return bytes;
}

static char *text_of(GKeyFile *k, const char *key)
{
    char *text = k ? g_key_file_get_string(k, GROUP, key, NULL) : NULL;

    return text ? text : g_strdup("");
}

static unsigned number_of(GKeyFile *k, const char *key)
{
    return k ? g_key_file_get_uint64(k, GROUP, key, NULL) : 0;
}

static RigKeptSnapshot *describe(const RigImage *image, const RigPaths *paths,
                                 const char *parent, const char *name)
{
    g_autofree char *dir = g_build_filename(parent, name, NULL);
    g_autoptr(GKeyFile) k = read_manifest(dir);
    RigKeptSnapshot *kept = g_new0(RigKeptSnapshot, 1);
    g_autofree char *nic = text_of(k, "nic");
    const RigMachine machine = {
        .nic = nic, .vectors = number_of(k, "vectors"),
        .queues = number_of(k, "queues"),
        .memory_mib = number_of(k, "memory-mib"),
    };
    g_autoptr(RigImageSnapshot) s = rig_image_snapshot_new(
        image, paths, &machine,
        k && g_key_file_get_boolean(k, GROUP, "kvm", NULL), NULL);

    kept->name = g_strdup(name);
    kept->made = text_of(k, "made");
    kept->qemu_version = text_of(k, "qemu-version");
    kept->bytes = size_of(dir);
    kept->state = RIG_SNAPSHOT_STALE;
    if (!s) {
        kept->why = g_strdup("QEMU cannot be read");
    } else if (strcmp(s->name, name) != 0) {
        kept->why = g_strdup("it is not whole");
    } else {
        kept->state = rig_image_snapshot_state(s, &kept->why);
    }
    return kept;
}

static gint by_name(gconstpointer a, gconstpointer b)
{
    return strcmp((*(RigKeptSnapshot *const *)a)->name,
                  (*(RigKeptSnapshot *const *)b)->name);
}

GPtrArray *rig_image_snapshots(const RigImage *image, const RigPaths *paths)
{
    GPtrArray *all = g_ptr_array_new_with_free_func(kept_free);
    g_autofree char *parent = g_build_filename(image->dir, DIRECTORY, NULL);
    g_autoptr(GDir) d = g_dir_open(parent, 0, NULL);
    const char *name;

    while (d && (name = g_dir_read_name(d))) {
        g_ptr_array_add(all, describe(image, paths, parent, name));
    }
    g_ptr_array_sort(all, by_name);
    return all;
}

gboolean rig_image_snapshots_prune(const RigImage *image,
                                   const RigPaths *paths, gboolean all,
                                   unsigned *count, guint64 *bytes,
                                   GError **error)
{
    g_autofree char *parent = g_build_filename(image->dir, DIRECTORY, NULL);
    g_autoptr(GPtrArray) kept = NULL;
    int lock = lock_image(image->dir, image->name, error);

    *count = 0;
    *bytes = 0;
    if (lock < 0) {
        return FALSE;
    }
    kept = rig_image_snapshots(image, paths);
    for (guint i = 0; i < kept->len; i++) {
        const RigKeptSnapshot *k = kept->pdata[i];
        g_autofree char *dir = g_build_filename(parent, k->name, NULL);

        if (all || k->state != RIG_SNAPSHOT_GOOD) {
            rig_image_remove_directory(dir);
            *count += 1;
            *bytes += k->bytes;
        }
    }
    g_rmdir(parent); /* when nothing is left */
    close(lock);
    return TRUE;
}
