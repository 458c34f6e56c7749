/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Raw frames through a packet socket, a window at a time, every byte that
 * comes back compared. What does not come back in time is missing, which is
 * for the reader of the counts to judge.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "agent/linux-traffic.h"
#include "agent/marker.h"
#include "rig/traffic.h"

#define WINDOW         16u   /* frames sent and not yet back */
#define NO_PROGRESS_MS 2000  /* then the rest is missing */
#define ETHER_HEADER   14u

static const uint8_t peer_mac[6] = RIG_PEER_MAC;

struct traffic {
    const struct cycle_context *context;
    const struct plan_step *step;
    const struct netdev *dev;
    int fd;
    uint8_t *seen;               /* per frame: came back */
    uint64_t sent, received, wrong;
};

static uint32_t frame_length(const struct traffic *t, uint32_t n)
{
    return rig_frame_length(t->context->plan->seed, n, t->step->min_length,
                            t->step->max_length);
}

static void fill(const struct traffic *t, uint8_t *frame, uint32_t n,
                 const uint8_t to[6], const uint8_t from[6])
{
    rig_frame_fill(frame, frame_length(t, n), t->context->plan->seed,
                   t->context->scenario_number, t->context->cycle_number, n,
                   to, from);
}

/* A packet socket for our EtherType on the interface; -1 with errno. */
static int open_socket(const struct netdev *dev)
{
    struct sockaddr_ll local = {
        .sll_family = AF_PACKET,
        .sll_protocol = htons(RIG_ETHERTYPE),
        .sll_ifindex = dev->index,
    };
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0), one = 1;

    if (fd >= 0 &&
        (setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one,
                    sizeof(one)) ||
         bind(fd, (struct sockaddr *)&local, sizeof(local)))) {
        close(fd);
        fd = -1;
    }
    return fd;
}

static int send_frame(struct traffic *t, char *err, size_t errlen)
{
    uint8_t frame[RIG_FRAME_MAX];
    uint32_t n = (uint32_t)t->sent;

    fill(t, frame, n, peer_mac, t->dev->mac);
    if (send(t->fd, frame, frame_length(t, n), 0) < 0) {
        snprintf(err, errlen, "%s does not take frame %u: %s", t->dev->name,
                 n, strerror(errno));
        return -1;
    }
    t->sent++;
    return 0;
}

static uint32_t get32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

static void check_frame(struct traffic *t, const uint8_t *frame, size_t len)
{
    uint8_t want[RIG_FRAME_MAX];
    uint32_t n;

    if (len < RIG_FRAME_HEADER || memcmp(frame + 6, peer_mac, 6)) {
        return; /* somebody else's */
    }
    n = get32(frame + 22);
    if (n >= t->sent || len != frame_length(t, n) || t->seen[n]) {
        t->wrong++;
        return;
    }
    fill(t, want, n, t->dev->mac, peer_mac);
    t->seen[n] = 1;
    t->received++;
    if (memcmp(frame, want, len)) {
        t->wrong++;
    }
}

/*
 * Receive until at most `open` frames are on their way; false: nothing came
 * for too long.
 */
static bool receive(struct traffic *t, uint64_t open)
{
    uint8_t frame[RIG_FRAME_MAX];
    struct pollfd p = { .fd = t->fd, .events = POLLIN };
    ssize_t n;

    while (t->sent - t->received > open) {
        if (poll(&p, 1, NO_PROGRESS_MS) <= 0) {
            return false;
        }
        while ((n = recv(t->fd, frame, sizeof(frame), MSG_DONTWAIT)) > 0) {
            check_frame(t, frame, (size_t)n);
        }
    }
    return true;
}

static void report(const struct traffic *t)
{
    struct rig_marker m = {
        .kind = RIG_MK_TRAFFIC,
        .arg = { t->sent, t->sent, t->received, t->wrong },
    };

    marker_emit(&m);
}

int linux_traffic(const struct cycle_context *context,
                  const struct plan_step *step, const struct netdev *dev,
                  char *err, size_t errlen)
{
    struct traffic t = { .context = context, .step = step, .dev = dev };
    int ret = 0;

    if (step->max_length > dev->mtu + ETHER_HEADER) {
        snprintf(err, errlen, "frames of up to %u bytes are not possible: the "
                 "limit of %s is %u", step->max_length, dev->name,
                 dev->mtu + ETHER_HEADER);
        return -1;
    }
    t.fd = open_socket(dev);
    if (t.fd < 0) {
        snprintf(err, errlen, "no packet socket on %s: %s", dev->name,
                 strerror(errno));
        return -1;
    }
    t.seen = g_malloc0(step->frames + 1);
    while (!ret && t.sent < step->frames && receive(&t, WINDOW - 1)) {
        ret = send_frame(&t, err, errlen);
    }
    receive(&t, 0);
    report(&t);
    g_free(t.seen);
    close(t.fd);
    return ret;
}
