/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames over a file descriptor. */
#include "agent-link.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib-unix.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#define QUEUE_MAX (8 * FRAME_MAX)

struct RigAgentLink {
    int fd;
    GMainContext *context;
    GSource *input, *output, *patience; /* NULL: none */
    struct frame_reader reader;
    GByteArray *queue;
    void (*frame)(gpointer opaque, const struct frame *frame);
    void (*closed)(gpointer opaque, const char *why);
    gpointer opaque;
};

static void drop(GSource **source)
{
    if (*source) {
        g_source_destroy(*source);
        *source = NULL;
    }
}

static GSource *watch(RigAgentLink *l, GSource *source, GSourceFunc function)
{
    g_source_set_callback(source, function, l, NULL);
    g_source_attach(source, l->context);
    g_source_unref(source);
    return source;
}

static void stop(RigAgentLink *l, const char *why)
{
    drop(&l->input);
    drop(&l->output);
    drop(&l->patience);
    if (l->fd >= 0) {
        close(l->fd);
        l->fd = -1;
        l->closed(l->opaque, why);
    }
}

static void take_frames(RigAgentLink *l)
{
    struct frame frame;

    while (frame_next(&l->reader, &frame)) {
        l->frame(l->opaque, &frame);
    }
}

static void set_patience(RigAgentLink *l);

static gboolean on_patience(gpointer opaque)
{
    RigAgentLink *l = opaque;

    l->patience = NULL;
    frame_give_up(&l->reader);
    take_frames(l);
    set_patience(l);
    return G_SOURCE_REMOVE;
}

static void set_patience(RigAgentLink *l)
{
    drop(&l->patience);
    if (frame_pending(&l->reader) && l->fd >= 0) {
        l->patience = watch(l, g_timeout_source_new(FRAME_PATIENCE),
                            on_patience);
    }
}

static gboolean on_input(int fd, GIOCondition condition, gpointer opaque)
{
    RigAgentLink *l = opaque;
    uint8_t bytes[16384];
    ssize_t n = read(fd, bytes, sizeof(bytes));
    const uint8_t *p = bytes;

    (void)condition;
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) {
        return G_SOURCE_CONTINUE;
    }
    if (n <= 0) { /* a pty whose other side is closed says EIO */
        l->input = NULL;
        stop(l, "the other side has closed the link to the agent");
        return G_SOURCE_REMOVE;
    }
    while (n > 0) {
        size_t taken = frame_feed(&l->reader, p, (size_t)n);

        take_frames(l);
        p += taken;
        n -= (ssize_t)taken;
    }
    set_patience(l);
    return l->fd >= 0 ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

/* Like write(), but a socket that is closed is an error and no signal. */
static ssize_t send_bytes(int fd, const void *bytes, size_t length)
{
    ssize_t n = send(fd, bytes, length, MSG_NOSIGNAL);

    return n < 0 && errno == ENOTSOCK ? write(fd, bytes, length) : n;
}

static gboolean on_output(int fd, GIOCondition condition, gpointer opaque)
{
    RigAgentLink *l = opaque;
    ssize_t n = send_bytes(fd, l->queue->data, l->queue->len);

    (void)condition;
    if (n < 0 && errno != EINTR && errno != EAGAIN) {
        g_autofree char *why = g_strdup_printf(
            "the link to the agent cannot be written: %s", g_strerror(errno));

        l->output = NULL;
        stop(l, why);
        return G_SOURCE_REMOVE;
    }
    if (n > 0) {
        g_byte_array_remove_range(l->queue, 0, (guint)n);
    }
    if (l->queue->len) {
        return G_SOURCE_CONTINUE;
    }
    l->output = NULL;
    return G_SOURCE_REMOVE;
}

RigAgentLink *rig_agent_link_new(
    int fd, GMainContext *context,
    void (*frame)(gpointer opaque, const struct frame *frame),
    void (*closed)(gpointer opaque, const char *why), gpointer opaque)
{
    RigAgentLink *l = g_new0(RigAgentLink, 1);

    l->fd = fd;
    l->context = context;
    l->frame = frame;
    l->closed = closed;
    l->opaque = opaque;
    l->queue = g_byte_array_new();
    frame_reader_init(&l->reader);
    g_unix_set_fd_nonblocking(fd, TRUE, NULL);
    l->input = watch(l, g_unix_fd_source_new(fd, G_IO_IN | G_IO_HUP |
                                             G_IO_ERR),
                     G_SOURCE_FUNC(on_input));
    return l;
}

void rig_agent_link_free(RigAgentLink *l)
{
    drop(&l->input);
    drop(&l->output);
    drop(&l->patience);
    if (l->fd >= 0) {
        close(l->fd);
    }
    g_byte_array_unref(l->queue);
    g_free(l);
}

void rig_agent_link_send(RigAgentLink *l, const struct frame *frame)
{
    uint8_t bytes[FRAME_MAX];
    size_t size = frame_write(frame, bytes);

    if (l->fd < 0 || l->queue->len + size > QUEUE_MAX) {
        return;
    }
    g_byte_array_append(l->queue, bytes, (guint)size);
    if (!l->output) {
        l->output = watch(l, g_unix_fd_source_new(l->fd, G_IO_OUT),
                          G_SOURCE_FUNC(on_output));
    }
}

void rig_agent_link_counts(const RigAgentLink *l, uint64_t *skipped,
                           uint64_t *damaged)
{
    *skipped = l->reader.skipped;
    *damaged = l->reader.damaged;
}

/* --- opening -------------------------------------------------------------------- */

static int fail(GError **error, const char *path, int fd)
{
    int e = errno;

    if (fd >= 0) {
        close(fd);
    }
    g_set_error(error, G_IO_ERROR, g_io_error_from_errno(e), "%s: %s", path,
                g_strerror(e));
    return -1;
}

static int open_socket(const char *path, GError **error)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int fd;

    if (g_strlcpy(address.sun_path, path, sizeof(address.sun_path)) >=
        sizeof(address.sun_path)) {
        errno = ENAMETOOLONG;
        return fail(error, path, -1);
    }
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address))) {
        return fail(error, path, fd);
    }
    return fd;
}

int rig_agent_open(const char *path, GError **error)
{
    struct termios tio;
    struct stat st;
    int fd;

    if (stat(path, &st)) {
        return fail(error, path, -1);
    }
    if (S_ISSOCK(st.st_mode)) {
        return open_socket(path, error);
    }
    if (!S_ISCHR(st.st_mode)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                    "%s is neither a socket nor a terminal", path);
        return -1;
    }
    fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) {
        return fail(error, path, -1);
    }
    if (tcgetattr(fd, &tio) == 0) {
        cfmakeraw(&tio);
        tio.c_cflag |= CLOCAL | CREAD;
        cfsetspeed(&tio, B115200);
        if (tcsetattr(fd, TCSANOW, &tio)) {
            return fail(error, path, fd);
        }
    }
    return fd;
}
