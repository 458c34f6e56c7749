/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The test frames: both the guest, which sends and expects them, and the host,
 * which checks what crossed the netdev, compute every byte from the same rule.
 *
 * Layout of frame n: destination MAC (6), source MAC (6), EtherType 0x88b5
 * (IEEE 802 local experimental), scenario (4), cycle (4), n (4), all
 * big-endian, then pseudo-random bytes up to the frame's length.
 *
 * A guest that sends only through its own IP (Windows) has the same bytes, from
 * the scenario's number on, in UDP over IPv4: frame n is as long, so it holds
 * what a frame that is RIG_UDP_HEADERS shorter would. The reflector is then an
 * echo server.
 */
#ifndef RIG_TRAFFIC_H
#define RIG_TRAFFIC_H

#include <stddef.h>
#include <stdint.h>

#define RIG_ETHERTYPE    0x88b5u /* IEEE Std 802-2014, table 4-1 */
#define RIG_FRAME_HEADER 26u     /* bytes before the pseudo-random part */
#define RIG_FRAME_MIN    60u     /* bytes without FCS */
#define RIG_FRAME_MAX    9216u

/* The reflector's address: locally administered, unicast. */
#define RIG_PEER_MAC { 0x52, 0x49, 0x47, 0x00, 0x00, 0x01 }

/* Between the EtherType and the payload: RFC 791 without options, RFC 768. */
#define RIG_UDP_HEADERS  28u
#define RIG_ETHERTYPE_IP 0x0800u
#define RIG_UDP_PORT     7u      /* of the reflector: echo, RFC 862 */
/* Two hosts of a network for tests of devices: RFC 2544, C.2.2. */
#define RIG_PEER_IP      0xc6125201u /* 198.18.82.1 */
#define RIG_GUEST_IP     0xc6125202u /* 198.18.82.2 */
#define RIG_IP_PREFIX    24u     /* bits */

/* splitmix64: one step; public domain algorithm by S. Vigna. */
static inline uint64_t rig_mix(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15ull);

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
}

static inline void rig_put32(uint8_t *p, uint32_t v)
{
    p[0] = v >> 24;
    p[1] = v >> 16;
    p[2] = v >> 8;
    p[3] = v;
}

/* Length of frame n in bytes, min..max inclusive; min >= RIG_FRAME_HEADER. */
static inline uint32_t rig_frame_length(uint64_t seed, uint32_t n,
                                        uint32_t min, uint32_t max)
{
    uint64_t s = seed ^ ((uint64_t)n << 32 | 0x4c454eu);

    return min + (uint32_t)(rig_mix(&s) % (max - min + 1u));
}

/* Fill buf[0..len) with frame n; len >= RIG_FRAME_HEADER. */
static inline void rig_frame_fill(uint8_t *buf, uint32_t len, uint64_t seed,
                                  uint32_t scenario, uint32_t cycle,
                                  uint32_t n, const uint8_t dst[6],
                                  const uint8_t src[6])
{
    uint64_t s = seed ^ ((uint64_t)n << 32 | 0x444154u);

    for (size_t i = 0; i < 6; i++) {
        buf[i] = dst[i];
        buf[6 + i] = src[i];
    }
    buf[12] = RIG_ETHERTYPE >> 8;
    buf[13] = RIG_ETHERTYPE & 0xff;
    rig_put32(buf + 14, scenario);
    rig_put32(buf + 18, cycle);
    rig_put32(buf + 22, n);
    for (uint32_t i = RIG_FRAME_HEADER; i < len; ) {
        uint64_t r = rig_mix(&s);

        for (int b = 0; b < 8 && i < len; b++, r >>= 8) {
            buf[i++] = (uint8_t)r;
        }
    }
}

#endif
