/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A link that can be as bad as links get. */
#include "tests/agent/wire.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent-protocol.h"

#define PIECE 2048

typedef struct Way {
    WireFault fault;
    uint64_t carried, seen;
    uint32_t random;
} Way;

struct Wire {
    int agent_fd, host_fd, wake_fd;
    gboolean stop;
    Way way[2];
    GMutex lock;
    GThread *thread;
};

static uint32_t next_random(Way *way)
{
    way->random = way->random * 1664525 + 1013904223;
    return way->random >> 8;
}

static void write_all(int fd, const uint8_t *p, size_t n)
{
    while (n > 0 && fd >= 0) {
        ssize_t done = write(fd, p, n);
        struct pollfd wait = { .fd = fd, .events = POLLOUT };

        if (done > 0) {
            p += done;
            n -= (size_t)done;
        } else if (errno != EINTR &&
                   (errno != EAGAIN || poll(&wait, 1, 5000) <= 0)) {
            return; /* nobody is there any more */
        }
    }
}

/* Bytes of others, beginnings of frames among them. */
static void send_garbage(Way *way, int to)
{
    uint8_t magic[4] = { AGENT_MAGIC & 0xff, AGENT_MAGIC >> 8 & 0xff,
                         AGENT_MAGIC >> 16 & 0xff, AGENT_MAGIC >> 24 };

    while (way->fault.garbage) {
        uint8_t piece[64];
        unsigned n = MIN(way->fault.garbage, sizeof(piece));

        for (unsigned i = 0; i < n; i++) {
            piece[i] = (uint8_t)next_random(way);
        }
        if (n > 8) {
            memcpy(piece + next_random(way) % (n - 4), magic, 4);
        }
        write_all(to, piece, n);
        way->fault.garbage -= n;
    }
}

static void carry(Way *way, uint8_t *bytes, size_t n, int to)
{
    WireFault *f = &way->fault;
    size_t kept = 0;

    way->carried += n;
    if (f->cut) {
        return;
    }
    send_garbage(way, to);
    for (size_t i = 0; i < n; i++) {
        way->seen++;
        if (f->lose) {
            f->lose--;
            continue;
        }
        if (f->lose_every && way->seen % f->lose_every == 0) {
            continue;
        }
        if (f->damage_every && way->seen % f->damage_every == 0) {
            bytes[i] ^= (uint8_t)(1u << next_random(way) % 8);
        }
        bytes[kept++] = bytes[i];
    }
    write_all(to, bytes, kept);
    if (f->twice) {
        write_all(to, bytes, kept);
    }
}

/* FALSE when that end is closed. */
static gboolean move(Wire *w, enum wire_way way, int from, int to)
{
    uint8_t bytes[PIECE];
    ssize_t n = read(from, bytes, sizeof(bytes));

    if (n > 0) {
        g_mutex_lock(&w->lock);
        carry(&w->way[way], bytes, (size_t)n, to);
        g_mutex_unlock(&w->lock);
    }
    return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

static gpointer run(gpointer data)
{
    Wire *w = data;
    int quiet = -1; /* an agent's end nobody has open: a pty between two lives */

    for (;;) {
        struct pollfd fds[3];
        uint64_t count;
        int host;

        g_mutex_lock(&w->lock);
        host = w->host_fd;
        g_mutex_unlock(&w->lock);
        fds[0] = (struct pollfd){ .fd = w->wake_fd, .events = POLLIN };
        fds[1] = (struct pollfd){ .fd = host, .events = POLLIN };
        fds[2] = (struct pollfd){ .fd = quiet == w->agent_fd ? -1 :
                                  w->agent_fd, .events = POLLIN };
        if (poll(fds, 3, -1) < 0) {
            continue;
        }
        if (fds[0].revents && read(w->wake_fd, &count, 8) == 8 && w->stop) {
            return NULL;
        }
        if (fds[1].revents && !move(w, WIRE_TO_AGENT, host, w->agent_fd)) {
            g_mutex_lock(&w->lock);
            if (w->host_fd == host) {
                close(host);
                w->host_fd = -1;
            }
            g_mutex_unlock(&w->lock);
        }
        if (fds[2].revents && !move(w, WIRE_TO_HOST, w->agent_fd, host)) {
            quiet = w->agent_fd;
        }
    }
}

Wire *wire_new(int agent_fd)
{
    Wire *w = g_new0(Wire, 1);

    w->agent_fd = agent_fd;
    w->host_fd = -1;
    w->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    w->way[0].random = 1;
    w->way[1].random = 2;
    g_mutex_init(&w->lock);
    fcntl(agent_fd, F_SETFL, O_NONBLOCK);
    w->thread = g_thread_new("wire", run, w);
    return w;
}

static void wake(Wire *w)
{
    g_assert_cmpint(write(w->wake_fd, &(uint64_t){ 1 }, 8), ==, 8);
}

void wire_free(Wire *w)
{
    w->stop = TRUE;
    wake(w);
    g_thread_join(w->thread);
    close(w->agent_fd);
    if (w->host_fd >= 0) {
        close(w->host_fd);
    }
    close(w->wake_fd);
    g_mutex_clear(&w->lock);
    g_free(w);
}

int wire_host_fd(Wire *w)
{
    int fds[2];

    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds),
                    ==, 0);
    fcntl(fds[0], F_SETFL, O_NONBLOCK);
    g_mutex_lock(&w->lock);
    if (w->host_fd >= 0) {
        close(w->host_fd);
    }
    w->host_fd = fds[0];
    g_mutex_unlock(&w->lock);
    wake(w);
    return fds[1];
}

void wire_set(Wire *w, enum wire_way way, WireFault fault)
{
    g_mutex_lock(&w->lock);
    w->way[way].fault = fault;
    w->way[way].seen = 0;
    g_mutex_unlock(&w->lock);
}

uint64_t wire_carried(Wire *w, enum wire_way way)
{
    uint64_t carried;

    g_mutex_lock(&w->lock);
    carried = w->way[way].carried;
    g_mutex_unlock(&w->lock);
    return carried;
}
