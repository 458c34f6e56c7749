/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Our end of rig-tap's chardev. */
#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib-unix.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "loop.h"

#define CHUNK (64 * 1024)

struct RigTap {
    RigTapReader reader;
    char *path;
    int fd;           /* listening, later connected, -1 when closed */
    int events;       /* events.bin */
    GSource *source;  /* in the main loop, NULL: none */
    pid_t peer;       /* 0: not known */
    uint8_t chunk[CHUNK];
};

static gboolean fail(GError **error, const char *path)
{
    int e = errno;

    g_set_error(error, G_IO_ERROR, g_io_error_from_errno(e), "%s: %s", path,
                g_strerror(e));
    return FALSE;
}

static void stop(RigTap *t, const char *why)
{
    t->source = NULL;
    close(t->fd);
    t->fd = -1;
    t->reader.closed(t->reader.opaque, why);
}

static gboolean write_all(int fd, const uint8_t *p, size_t n)
{
    while (n > 0) {
        ssize_t w = write(fd, p, n);

        if (w < 0 && errno == EINTR) {
            continue;
        }
        if (w <= 0) {
            return FALSE;
        }
        p += w;
        n -= w;
    }
    return TRUE;
}

static gboolean on_readable(int fd, GIOCondition cond, gpointer opaque)
{
    RigTap *t = opaque;
    ssize_t n = read(fd, t->chunk, sizeof(t->chunk));

    (void)cond;
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) {
        return G_SOURCE_CONTINUE;
    }
    if (n <= 0) { /* a killed QEMU shows as end of file or ECONNRESET */
        stop(t, NULL);
        return G_SOURCE_REMOVE;
    }
    if (!write_all(t->events, t->chunk, n)) {
        g_autofree char *why = g_strdup_printf("events.bin cannot be written: "
                                               "%s.", g_strerror(errno));
        stop(t, why);
        return G_SOURCE_REMOVE;
    }
    t->reader.data(t->reader.opaque, t->chunk, n);
    return G_SOURCE_CONTINUE;
}

static void watch(RigTap *t, GIOCondition cond, GUnixFDSourceFunc callback)
{
    t->source = rig_loop_attach(rig_loop_context(),
                                g_unix_fd_source_new(t->fd, cond),
                                G_SOURCE_FUNC(callback), t);
}

static gboolean on_connection(int fd, GIOCondition cond, gpointer opaque)
{
    RigTap *t = opaque;
    int peer = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    struct ucred who;
    socklen_t size = sizeof(who);

    (void)cond;
    if (peer < 0) {
        return G_SOURCE_CONTINUE;
    }
    close(fd);
    t->fd = peer;
    if (getsockopt(peer, SOL_SOCKET, SO_PEERCRED, &who, &size) == 0) {
        t->peer = who.pid;
    }
    watch(t, G_IO_IN | G_IO_HUP | G_IO_ERR, on_readable);
    return G_SOURCE_REMOVE;
}

pid_t rig_tap_peer(const RigTap *t)
{
    return t->peer;
}

static gboolean listen_on(RigTap *t, GError **error)
{
    struct sockaddr_un addr = { .sun_family = AF_UNIX };

    if (strlen(t->path) >= sizeof(addr.sun_path)) {
        errno = ENAMETOOLONG;
        return fail(error, t->path);
    }
    strcpy(addr.sun_path, t->path);
    unlink(t->path);
    t->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (t->fd < 0 ||
        bind(t->fd, (struct sockaddr *)&addr, sizeof(addr)) != 0 ||
        listen(t->fd, 1) != 0) {
        return fail(error, t->path);
    }
    watch(t, G_IO_IN, on_connection);
    return TRUE;
}

RigTap *rig_tap_listen(const char *path, const char *events,
                       const RigTapReader *reader, GError **error)
{
    g_autoptr(RigTap) t = g_new0(RigTap, 1);

    t->reader = *reader;
    t->path = g_strdup(path);
    t->fd = -1;
    t->events = open(events, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (t->events < 0) {
        fail(error, events);
        return NULL;
    }
    return listen_on(t, error) ? g_steal_pointer(&t) : NULL;
}

void rig_tap_free(RigTap *t)
{
    if (!t) {
        return;
    }
    if (t->source) {
        g_source_destroy(t->source);
    }
    if (t->fd >= 0) {
        close(t->fd);
    }
    if (t->events >= 0) {
        fsync(t->events);
        close(t->events);
    }
    unlink(t->path);
    g_free(t->path);
    g_free(t);
}
