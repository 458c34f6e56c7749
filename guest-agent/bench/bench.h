/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guest's side of the data-plane benchmark: one process for each leg. */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BENCH_WINDOW 128u  /* frames on their way: half of each ring */
#define BENCH_BATCH  32u   /* frames handed to the driver in one call */

/* Bytes of the arena of a leg that uses VFIO. */
#define BENCH_ARENA ((size_t)16 << 20)

/* What is measured: a NIC and who drives it. */
struct bench_leg {
    const char *name;       /* "rig-nic": QEMU's model */
    const char *address;    /* of the function, or NULL: the first one ... */
    uint16_t vendor, device; /* ... with these PCI ids; 0: there is none */
    /* In the leg's process, once: take the function. False: err says why. */
    bool (*open)(const char *address, char *err, size_t errlen);
    /*
     * Send `frames` frames of `length` bytes (without FCS) to the reflector
     * and take them back, BENCH_WINDOW at a time. False: some got lost.
     */
    bool (*run)(uint32_t length, uint32_t frames);
};

/* ndis-leg.c: the first rig-nic, and the one in slot 9. */
extern const struct bench_leg bench_ndis, bench_ndis_other;
extern const struct bench_leg bench_linux[2];  /* linux-leg.c: igb, e1000e */
extern const struct bench_leg bench_marker;    /* marker-leg.c */

/* Fill one frame of `length` bytes from `from` to the reflector. */
void bench_fill(uint8_t *frame, uint32_t length, const uint8_t from[6]);
/* Is this one of our frames, on its way back? */
bool bench_is_ours(const uint8_t *frame, size_t length);

#endif
