/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Proof that the frames crossed the netdev.
 *
 * A test frame says itself which one it claims to be (scenario, cycle,
 * number); every byte of it follows from that claim and the traffic step. The
 * addresses give the direction: to the reflector, or back from it. A frame
 * whose claim fits no step that ran is not ours to judge. A guest that sends
 * through its own IP has the same bytes in UDP datagrams; its headers are its
 * own business, but who talks to whom, and how long it is.
 */
#include "frames.h"

#include <gio/gio.h>
#include <pcap/pcap.h>
#include <string.h>

#include "rig/traffic.h"

static const uint8_t peer_mac[6] = RIG_PEER_MAC;

/* Bytes in front of the payload: EtherType included, and of UDP over IPv4. */
#define PAYLOAD      14u
#define UDP_PAYLOAD  (PAYLOAD + RIG_UDP_HEADERS)

enum { TO_PEER, FROM_PEER, DIRECTIONS };

/* Which frames of one step were seen, by direction. */
typedef struct Seen {
    RigTraffic *traffic;
    uint8_t *bits[DIRECTIONS]; /* one per frame */
} Seen;

static uint32_t get16(const uint8_t *p)
{
    return (uint32_t)p[0] << 8 | p[1];
}

static uint32_t get32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

/* Frames of a step come together: the search begins where the last ended. */
static Seen *find(Seen *seen, size_t n, size_t *last, const uint8_t *payload)
{
    for (size_t i = 0; i < n; i++) {
        size_t at = (*last + i) % n;

        if (seen[at].traffic->scenario == get32(payload) &&
            seen[at].traffic->cycle == get32(payload + 4)) {
            *last = at;
            return &seen[at];
        }
    }
    return NULL;
}

/* UDP over IPv4, whole, to the reflector's port or from it? */
static gboolean is_udp(const uint8_t *frame, uint32_t captured)
{
    const uint8_t *ip = frame + PAYLOAD, *udp = ip + 20;

    return captured >= UDP_PAYLOAD && get16(frame + 12) == RIG_ETHERTYPE_IP &&
           ip[0] == 0x45 && !(get16(ip + 6) & 0x3fff) && ip[9] == 17 &&
           ((get32(ip + 16) == RIG_PEER_IP &&
             get16(udp + 2) == RIG_UDP_PORT) ||
            (get32(ip + 12) == RIG_PEER_IP && get16(udp) == RIG_UDP_PORT));
}

/* Where the payload begins; 0: no frame of ours. */
static uint32_t payload_of(const uint8_t *frame, uint32_t captured)
{
    uint32_t at = captured < RIG_FRAME_HEADER ? 0 :
                  get16(frame + 12) == RIG_ETHERTYPE ? PAYLOAD :
                  is_udp(frame, captured) ? UDP_PAYLOAD : 0;

    return at && captured - at >= RIG_FRAME_HEADER - PAYLOAD ? at : 0;
}

/* Does @frame hold exactly what frame @number of @t is, from @at on? */
static gboolean is_right(const RigTraffic *t, const uint8_t *frame,
                         uint32_t at, uint32_t length, uint32_t number)
{
    uint8_t want[RIG_FRAME_MAX];

    if (number >= t->sent || length > RIG_FRAME_MAX ||
        length != rig_frame_length(t->seed, number, t->min_length,
                                   t->max_length)) {
        return FALSE;
    }
    rig_frame_fill(want, length - at + PAYLOAD, t->seed, t->scenario, t->cycle,
                   number, frame, frame + 6);
    return memcmp(frame + at, want + PAYLOAD, length - at) == 0;
}

static void judge(Seen *seen, size_t n, size_t *last, const uint8_t *frame,
                  uint32_t captured, uint32_t length)
{
    uint32_t number, at = payload_of(frame, captured);
    Seen *s = at ? find(seen, n, last, frame + at) : NULL;
    int direction;

    if (!s) {
        return;
    }
    if (memcmp(frame, peer_mac, 6) == 0) {
        direction = TO_PEER;
    } else if (memcmp(frame + 6, peer_mac, 6) == 0) {
        direction = FROM_PEER;
    } else {
        s->traffic->wrong++;
        return;
    }
    number = get32(frame + at + 8);
    if (captured != length ||
        !is_right(s->traffic, frame, at, length, number) ||
        s->bits[direction][number]) {
        s->traffic->wrong++;
        return;
    }
    s->bits[direction][number] = 1;
    s->traffic->bytes += length;
    if (direction == TO_PEER) {
        s->traffic->crossed++;
    } else {
        s->traffic->returned++;
    }
}

static gboolean read_capture(pcap_t *pcap, const char *path, Seen *seen,
                             size_t n, GError **error)
{
    struct pcap_pkthdr *header;
    const uint8_t *frame;
    size_t last = 0;
    int rc;

    while ((rc = pcap_next_ex(pcap, &header, &frame)) == 1) {
        judge(seen, n, &last, frame, header->caplen, header->len);
    }
    if (rc == PCAP_ERROR_BREAK) { /* end of file */
        return TRUE;
    }
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s: %s", path,
                pcap_geterr(pcap));
    return FALSE;
}

gboolean rig_frames_check(const char *path, RigTraffic *traffic, size_t n,
                          GError **error)
{
    char why[PCAP_ERRBUF_SIZE];
    pcap_t *pcap = pcap_open_offline(path, why);
    g_autofree Seen *seen = g_new0(Seen, n);
    gboolean good = FALSE;

    for (size_t i = 0; i < n; i++) {
        traffic[i].crossed = traffic[i].returned = traffic[i].wrong = 0;
        traffic[i].bytes = 0;
        seen[i].traffic = &traffic[i];
        for (int d = 0; d < DIRECTIONS; d++) {
            seen[i].bits[d] = g_malloc0(traffic[i].sent + 1);
        }
    }
    if (!pcap) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s", why);
    } else {
        good = read_capture(pcap, path, seen, n, error);
        pcap_close(pcap);
    }
    for (size_t i = 0; i < n; i++) {
        traffic[i].missing = 2 * traffic[i].sent - traffic[i].crossed -
                             traffic[i].returned;
        for (int d = 0; d < DIRECTIONS; d++) {
            g_free(seen[i].bits[d]);
        }
    }
    return good;
}
