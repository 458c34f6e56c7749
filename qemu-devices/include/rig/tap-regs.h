/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Registers of rig-tap: how the guest writes markers and in-band commands.
 *
 * BAR0 holds 32-bit registers. BAR2 is plain memory, cut into slots: a writer
 * fills a slot at memory speed and then writes the slot's number to
 * RIG_TAP_MARKER, which costs one exit whatever the size of the marker. Each
 * writer owns its slot, so writers need no lock among themselves.
 */
#ifndef RIG_TAP_REGS_H
#define RIG_TAP_REGS_H

#include <stdint.h>

/* QEMU's vendor id with an id of the experimental range 10f0..10ff. */
#define RIG_TAP_VENDOR_ID 0x1af4u
#define RIG_TAP_DEVICE_ID 0x10f6u

#define RIG_TAP_BAR_REGS  0
#define RIG_TAP_BAR_SLOTS 2

#define RIG_TAP_SLOTS      64u   /* number of slots */
#define RIG_TAP_SLOT_SIZE  512u  /* bytes, >= sizeof(struct rig_marker) */

/* BAR0, 32-bit accesses only; everything else reads 0 and ignores writes. */
#define RIG_TAP_REG_ID      0x00u /* RO: RIG_TAP_ID */
#define RIG_TAP_REG_VERSION 0x04u /* RO: RIG_STREAM_VERSION */
#define RIG_TAP_REG_MARKER  0x10u /* WO: slot number: emit its rig_marker */
#define RIG_TAP_REG_COMMAND 0x14u /* WO: slot number: run its rig_command */
#define RIG_TAP_REG_END     0x18u /* WO: RIG_TAP_END_KEY: end the stream */
#define RIG_TAP_REGS_SIZE   0x1000u

#define RIG_TAP_ID      0x50544752u /* "RGTP" in memory */
#define RIG_TAP_END_KEY 0x21444e45u /* "END!" in memory */

enum rig_command_op {
    RIG_CMD_FENCE = 1, /* arg[0]: any number; only comes back in the stream */
    RIG_CMD_LINK = 2,  /* arg[0]: 1 up, 0 down: the cable of the target NIC */
    RIG_CMD_FAULT = 3, /* arg[0]: ordinal; name: fault to arm, "" clears all */
    RIG_CMD_OCCASIONS = 4, /* name: fault; result: its occasions since it was
                              armed, at most INT32_MAX, or a negative errno */
};

/* Filled in by the guest in a slot; `result` is written back there. */
struct rig_command {
    uint16_t op;         /* enum rig_command_op */
    uint16_t target;     /* number of the watched function */
    int32_t result;      /* out: 0, or a negative errno */
    uint64_t arg[2];
    char name[40];       /* NUL-terminated */
};

_Static_assert(sizeof(struct rig_command) == 64, "command");

#endif
