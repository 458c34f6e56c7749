/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Proof that the frames crossed the netdev: QEMU's capture file compared,
 * byte for byte, with what rig/traffic.h says each frame must be.
 */
#ifndef RIG_FRAMES_H
#define RIG_FRAMES_H

#include <glib.h>
#include <stdint.h>

/* One traffic step that ran: which frames must be in the capture. */
typedef struct RigTraffic {
    uint32_t scenario;   /* 1-based number in the plan */
    uint32_t cycle;      /* 1-based number in the scenario */
    uint64_t seed;       /* of the plan */
    uint32_t min_length; /* bytes without FCS */
    uint32_t max_length;
    uint32_t sent;       /* by the guest's own count */
    uint32_t received;   /* by the guest's own count */
    /* Filled in by rig_frames_check(). */
    uint32_t crossed;    /* right frames guest -> reflector */
    uint32_t returned;   /* right frames reflector -> guest */
    uint32_t wrong;      /* frames with a byte, length or number that is not
                            theirs, or seen twice in one direction */
    uint32_t missing;    /* not captured: both directions together */
    uint64_t bytes;      /* in right frames, both directions */
} RigTraffic;

/*
 * Read the pcap file @path and fill in the counts of every element of
 * @traffic. Returns FALSE and sets @error when the file cannot be read or is
 * cut in the middle of a frame; the counts then cover what came before.
 */
gboolean rig_frames_check(const char *path, RigTraffic *traffic, size_t n,
                          GError **error);

#endif
