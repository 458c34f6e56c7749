/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The register table of docs/rig-nic.rst, read from that page, so that the
 * qtests check the device against what a driver's author is told.
 */
#ifndef RIG_SPEC_H
#define RIG_SPEC_H

#include "rig-nic-driver.h"

typedef enum RigAccess {
    RIG_RO,
    RIG_RW,
    RIG_WO,  /* reads 0 */
    RIG_W1S, /* writing 1 sets */
    RIG_W1C, /* writing 1 clears */
} RigAccess;

typedef struct RigRegister {
    const char *name;  /* as on the page; of a ring with TX_ or RX_ before it */
    uint32_t offset;   /* in BAR 0 */
    RigAccess access;
    uint32_t reset;    /* of the device that rig_test_start() makes */
    uint32_t writable; /* bits that software can change */
} RigRegister;

typedef struct RigSpec {
    RigRegister *reg; /* in the order of the page */
    unsigned count;
} RigSpec;

/*
 * The registers of a device with @queues queue pairs. The page is found in the
 * directory $RIG_DOCS. Read once; belongs to the reader.
 */
const RigSpec *rig_spec(unsigned queues);

/* The first register of that name, which must be there. */
const RigRegister *rig_spec_find(const RigSpec *spec, const char *name);

/* Asserts that all registers have their reset values. */
void rig_spec_check_reset(RigNic *nic);

/*
 * Writes all ones to all registers, CTRL.RST left out, and asserts that what
 * they read then is what the page says.
 */
void rig_spec_write_ones(RigNic *nic);

#endif
