/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The root directory of libvirt's embedded driver. */
#include "root.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "supervisor.h"

/* Rigs of one user that may run at the same time. */
#define ROOTS 16

#define RIG_ROOT_URI "qemu:///embed?root="

/*
 * What the embedded driver needs that differs from its defaults: no log
 * daemon, no security driver that would relabel or hide files, and, when we
 * are root, a QEMU that may write into the results directory.
 */
static const char qemu_conf[] =
    "stdio_handler = \"file\"\n"
    "security_driver = \"none\"\n"
    "namespaces = []\n"
    "cgroup_controllers = []\n"
    "dynamic_ownership = 0\n"
    "remember_owner = 0\n";
static const char qemu_conf_root[] =
    "user = \"root\"\n"
    "group = \"root\"\n";

static gboolean fail(GError **error, const char *path, const char *what)
{
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s: %s", path, what);
    return FALSE;
}

/* Others may write to /var/tmp: only a directory of ours will do. */
static gboolean make_private(const char *path, GError **error)
{
    struct stat st;

    if (mkdir(path, 0700) != 0 && errno != EEXIST) {
        return fail(error, path, g_strerror(errno));
    }
    if (lstat(path, &st) != 0) {
        return fail(error, path, g_strerror(errno));
    }
    if (!S_ISDIR(st.st_mode) || st.st_uid != geteuid() ||
        (st.st_mode & 022)) {
        return fail(error, path, "is not a directory that only you can write "
                    "to; remove it");
    }
    return TRUE;
}

static char *default_base(void)
{
    const char *runtime = g_getenv("XDG_RUNTIME_DIR");

    if (runtime && *runtime && access(runtime, W_OK) == 0) {
        return g_strdup(runtime);
    }
    return g_strdup(access("/run", W_OK) == 0 ? "/run" : "/var/tmp");
}

static gboolean write_conf(const char *root, GError **error)
{
    g_autofree char *etc = g_build_filename(root, "etc", NULL);
    g_autofree char *path = g_build_filename(etc, "qemu.conf", NULL);
    g_autofree char *text = g_strconcat(
        qemu_conf, geteuid() == 0 ? qemu_conf_root : "", NULL);

    if (mkdir(etc, 0700) != 0 && errno != EEXIST) {
        return fail(error, etc, g_strerror(errno));
    }
    return g_file_set_contents(path, text, -1, error);
}

/*
 * libvirt would take a dead rig's machine for its own when it finds the state
 * files; their QEMU is gone by now.
 */
static void remove_stale_state(const char *root)
{
    g_autofree char *run = g_build_filename(root, "run", "qemu", NULL);
    g_autoptr(GDir) dir = g_dir_open(run, 0, NULL);
    const char *name;

    while (dir && (name = g_dir_read_name(dir))) {
        if (g_str_has_suffix(name, ".xml") || g_str_has_suffix(name, ".pid")) {
            g_autofree char *path = g_build_filename(run, name, NULL);

            g_unlink(path);
        }
    }
}

/* Lock @path; -1 when another process has it, -2 with @error on failure. */
static int lock_root(const char *path, GError **error)
{
    g_autofree char *name = g_build_filename(path, "lock", NULL);
    int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0) {
        return fd;
    }
    if (fd >= 0 && errno == EWOULDBLOCK) {
        close(fd);
        return -1;
    }
    fail(error, name, g_strerror(errno));
    if (fd >= 0) {
        close(fd);
    }
    return -2;
}

static char *root_path(const char *base, unsigned number)
{
    return number == 1 ? g_strdup_printf("%s/rig-%u", base, geteuid())
                       : g_strdup_printf("%s/rig-%u-%u", base, geteuid(),
                                         number);
}

/* What dead rigs left in the roots after @number, which we do not use. */
static unsigned clean_others(const char *base, unsigned number)
{
    unsigned killed = 0;

    for (unsigned i = number + 1; i <= ROOTS; i++) {
        g_autofree char *path = root_path(base, i);
        int lock = access(path, F_OK) == 0 ? lock_root(path, NULL) : -1;

        if (lock >= 0) {
            killed += rig_kill_qemu_of(path);
            close(lock);
        }
    }
    return killed;
}

static RigRoot *adopt(char *path, int lock, GError **error)
{
    RigRoot *root = g_new0(RigRoot, 1);

    root->path = path;
    root->lock = lock;
    root->orphans = rig_kill_qemu_of(path);
    remove_stale_state(path);
    if (!write_conf(path, error)) {
        g_clear_pointer(&root, rig_root_close);
    }
    return root;
}

static gboolean check_length(const char *path, const char *advice,
                             GError **error)
{
    if (strlen(path) <= RIG_ROOT_MAX) {
        return TRUE;
    }
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_FILENAME_TOO_LONG,
                "%s: longer than %d bytes, too long for libvirt's sockets; %s",
                path, RIG_ROOT_MAX, advice);
    return FALSE;
}

RigRoot *rig_root_open_at(const char *given, GError **error)
{
    g_autofree char *path = g_canonicalize_filename(given, NULL);
    int lock;

    if (!check_length(path, "name a shorter one", error) ||
        !make_private(path, error)) {
        return NULL;
    }
    lock = lock_root(path, error);
    if (lock == -1) {
        fail(error, path, "another rig uses it; wait for it or name another "
             "root");
    }
    return lock < 0 ? NULL : adopt(g_steal_pointer(&path), lock, error);
}

char *rig_root_of_uri(const char *uri)
{
    static const char start[] = RIG_ROOT_URI;

    return g_str_has_prefix(uri, start)
           ? g_uri_unescape_string(uri + strlen(start), NULL) : NULL;
}

RigRoot *rig_root_open(const char *base, GError **error)
{
    g_autofree char *chosen = base ? g_canonicalize_filename(base, NULL)
                                   : default_base();

    for (unsigned i = 1; i <= ROOTS; i++) {
        g_autofree char *path = root_path(chosen, i);
        RigRoot *root;
        int lock;

        if (!check_length(path, "set XDG_RUNTIME_DIR to a shorter path",
                          error)) {
            return NULL;
        }
        if (!make_private(path, error)) {
            return NULL;
        }
        lock = lock_root(path, error);
        if (lock == -2) {
            return NULL;
        }
        if (lock >= 0) {
            root = adopt(g_steal_pointer(&path), lock, error);
            if (root) {
                root->orphans += clean_others(chosen, i);
            }
            return root;
        }
    }
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_BUSY,
                "%s: %d other rigs are running; wait for one of them", chosen,
                ROOTS);
    return NULL;
}

char *rig_root_uri(const RigRoot *root)
{
    g_autofree char *escaped = g_uri_escape_string(root->path, "/", FALSE);

    return g_strconcat(RIG_ROOT_URI, escaped, NULL);
}

void rig_root_close(RigRoot *root)
{
    if (root) {
        close(root->lock);
        g_free(root->path);
        g_free(root);
    }
}
