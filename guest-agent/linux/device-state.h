/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state of a function as far as reading it changes nothing: whether it is
 * the same before two cycles.
 *
 * Configuration space without what the hardware may change by itself, the
 * MSI-X table, and of rig-nic all registers. Other models have registers that
 * are cleared by reading; of them only the first two are compared.
 */
#ifndef LINUX_DEVICE_STATE_H
#define LINUX_DEVICE_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "linux/vfio.h"

#define DEVICE_STATE_MAX 2048u

struct device_state {
    unsigned n;
    uint32_t value[DEVICE_STATE_MAX];
    uint32_t place[DEVICE_STATE_MAX]; /* kind << 24 | offset in it */
};

/* Read it. 0, or -1 with errno: configuration space cannot be read. */
int device_state_read(struct vfio_device *dev, struct device_state *s);
/* FNV-1a over all values. */
uint64_t device_state_digest(const struct device_state *s);
/*
 * Are they the same? If not, `text` says what is different first: "register
 * 0x0108 reads 0x00000001, was 0x00000000 (and 3 more)".
 */
bool device_state_same(const struct device_state *was,
                       const struct device_state *is, char *text,
                       size_t size);

#endif
