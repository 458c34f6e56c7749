/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Proof that the frames crossed the netdev.
 *
 * A test frame says itself which one it claims to be (scenario, cycle,
 * number); every byte of it follows from that claim and the traffic step. The
 * addresses give the direction: to the reflector, or back from it. A frame
 * whose claim fits no step that ran is not ours to judge.
 */
#include "frames.h"

#include <gio/gio.h>
#include <pcap/pcap.h>
#include <string.h>

#include "rig/traffic.h"

static const uint8_t peer_mac[6] = RIG_PEER_MAC;

enum { TO_PEER, FROM_PEER, DIRECTIONS };

/* Which frames of one step were seen, by direction. */
typedef struct Seen {
    RigTraffic *traffic;
    uint8_t *bits[DIRECTIONS]; /* one per frame */
} Seen;

static uint32_t get32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

/* Frames of a step come together: the search begins where the last ended. */
static Seen *find(Seen *seen, size_t n, size_t *last, const uint8_t *frame)
{
    for (size_t i = 0; i < n; i++) {
        size_t at = (*last + i) % n;

        if (seen[at].traffic->scenario == get32(frame + 14) &&
            seen[at].traffic->cycle == get32(frame + 18)) {
            *last = at;
            return &seen[at];
        }
    }
    return NULL;
}

/* Does @frame hold exactly what frame @number of @t is? */
static gboolean is_right(const RigTraffic *t, const uint8_t *frame,
                         uint32_t length, uint32_t number)
{
    uint8_t want[RIG_FRAME_MAX];

    if (number >= t->sent || length > RIG_FRAME_MAX ||
        length != rig_frame_length(t->seed, number, t->min_length,
                                   t->max_length)) {
        return FALSE;
    }
    rig_frame_fill(want, length, t->seed, t->scenario, t->cycle, number,
                   frame, frame + 6);
    return memcmp(frame, want, length) == 0;
}

static void judge(Seen *seen, size_t n, size_t *last, const uint8_t *frame,
                  uint32_t captured, uint32_t length)
{
    uint32_t number;
    int direction;
    Seen *s;

    if (captured < RIG_FRAME_HEADER ||
        (frame[12] << 8 | frame[13]) != RIG_ETHERTYPE) {
        return;
    }
    s = find(seen, n, last, frame);
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
    number = get32(frame + 22);
    if (captured != length || !is_right(s->traffic, frame, length, number) ||
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
