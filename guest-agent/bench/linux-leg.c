/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * igb and e1000e with Linux's own drivers, through a packet socket: batches of
 * frames in one system call each way, past the queueing discipline.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include "bench/bench.h"
#include "linux/netdev.h"
#include "linux/pci.h"
#include "linux/system.h"
#include "rig/traffic.h"

#define CARRIER_MS 10000
#define LOST_MS    5000

/* QEMU's models: hw/net/igb.c, hw/net/e1000e.c. */
#define INTEL_VENDOR  0x8086
#define IGB_DEVICE    0x10c9
#define E1000E_DEVICE 0x10d3

static struct {
    struct netdev dev;
    int fd;
    uint8_t frame[RIG_FRAME_MAX];   /* sent again and again */
    uint8_t in[BENCH_BATCH][2048];
    struct iovec out_iov, in_iov[BENCH_BATCH];
    struct mmsghdr out[BENCH_BATCH], in_msg[BENCH_BATCH];
} leg;

static bool open_socket(void)
{
    struct sockaddr_ll local = {
        .sll_family = AF_PACKET,
        .sll_protocol = htons(RIG_ETHERTYPE),
        .sll_ifindex = leg.dev.index,
    };
    int one = 1, size = 4 << 20;

    leg.fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
    return leg.fd >= 0 &&
           !setsockopt(leg.fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one,
                       sizeof(one)) &&
           !setsockopt(leg.fd, SOL_PACKET, PACKET_QDISC_BYPASS, &one,
                       sizeof(one)) &&
           !setsockopt(leg.fd, SOL_SOCKET, SO_RCVBUFFORCE, &size,
                       sizeof(size)) &&
           !bind(leg.fd, (struct sockaddr *)&local, sizeof(local));
}

static bool open_leg(const char *module, const char *address, char *err,
                     size_t errlen)
{
    char dir[64];

    snprintf(dir, sizeof(dir), SYSTEM_MODULES "/%s", module);
    if (system_load_modules(dir, err, errlen)) {
        return false;
    }
    if (pci_write_text(address, "driver_override", "\n") ||
        pci_write_text(address, "subsystem/drivers_probe", address) ||
        netdev_find(address, &leg.dev) || netdev_up(&leg.dev, CARRIER_MS) ||
        !open_socket()) {
        snprintf(err, errlen, "%s", strerror(errno));
        return false;
    }
    for (unsigned i = 0; i < BENCH_BATCH; i++) {
        leg.in_iov[i] = (struct iovec) { leg.in[i], sizeof(leg.in[i]) };
        leg.in_msg[i].msg_hdr.msg_iov = &leg.in_iov[i];
        leg.in_msg[i].msg_hdr.msg_iovlen = 1;
        leg.out[i].msg_hdr.msg_iov = &leg.out_iov;
        leg.out[i].msg_hdr.msg_iovlen = 1;
    }
    return true;
}

static bool open_igb(const char *address, char *err, size_t errlen)
{
    return open_leg("igb", address, err, errlen);
}

static bool open_e1000e(const char *address, char *err, size_t errlen)
{
    return open_leg("e1000e", address, err, errlen);
}

/* Take what has come back; waits if nothing has. -1: nothing came. */
static int receive(void)
{
    int n = recvmmsg(leg.fd, leg.in_msg, BENCH_BATCH, MSG_DONTWAIT, NULL);
    int ours = 0;

    if (n < 0) {
        struct pollfd p = { .fd = leg.fd, .events = POLLIN };

        if (poll(&p, 1, LOST_MS) != 1) {
            return -1;
        }
        n = recvmmsg(leg.fd, leg.in_msg, BENCH_BATCH, MSG_DONTWAIT, NULL);
    }
    for (int i = 0; i < n; i++) {
        ours += bench_is_ours(leg.in[i], leg.in_msg[i].msg_len);
    }
    return ours;
}

static bool run(uint32_t length, uint32_t frames)
{
    uint32_t sent = 0, received = 0;
    int n;

    bench_fill(leg.frame, length, leg.dev.mac);
    leg.out_iov = (struct iovec) { leg.frame, length };
    while (received < frames) {
        uint32_t room = BENCH_WINDOW - (sent - received);

        if (sent < frames && room >= BENCH_BATCH) {
            n = sendmmsg(leg.fd, leg.out, BENCH_BATCH, 0);
            if (n < 0 && errno != ENOBUFS && errno != EAGAIN) {
                return false;
            }
            sent += n > 0 ? (uint32_t)n : 0;
            if (n > 0) {
                continue;
            }
        }
        n = receive();
        if (n < 0) {
            return false;
        }
        received += (uint32_t)n;
    }
    return true;
}

const struct bench_leg bench_linux[2] = {
    { "igb", NULL, INTEL_VENDOR, IGB_DEVICE, open_igb, run },
    { "e1000e", NULL, INTEL_VENDOR, E1000E_DEVICE, open_e1000e, run },
};
