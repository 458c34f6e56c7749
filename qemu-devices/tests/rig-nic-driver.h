/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a driver of rig-nic does, for its qtests: find the function, program
 * BARs and MSI-X, access registers, run rings.
 *
 * MSI-X vector v sends the value RIG_TEST_MSI(v) to its own dword in guest
 * memory, where the test finds it.
 */
#ifndef RIG_NIC_DRIVER_H
#define RIG_NIC_DRIVER_H

#include "libqtest.h"
#include "libqos/pci.h"
#include "rig/nic-regs.h"

#define RIG_TEST_SLOT    4       /* PCI slot of the first rig-nic */
#define RIG_TEST_MSI(v)  (0x5a000000u + (v))
#define RIG_TEST_RAM     (64u << 20)
#define RIG_TEST_HOLE    0xd0000000u /* decoded by nothing */

typedef struct RigNic {
    QTestState *qts;
    QPCIBus *bus;
    QPCIDevice *dev;
    QPCIDevice *port; /* the root port above, or NULL */
    uint32_t regs;   /* address of BAR 0 */
    uint32_t msix;   /* address of BAR 2 */
    uint32_t memory; /* 4 MiB of guest memory of its own, from here */
} RigNic;

/* Places in RigNic.memory. */
enum {
    RIG_TEST_MESSAGES = 0,         /* one dword per vector */
    RIG_TEST_RINGS    = 0x10000,   /* 64 KiB per ring: TX 0, RX 0, TX 1, ... */
    RIG_TEST_TX_DATA  = 0x210000,
    RIG_TEST_RX_DATA  = 0x300000,
};

/*
 * Starts QEMU with rig-nic `nic0` on a hub, plus `nic` for its properties
 * and `more` for more of the command line; both may be "".
 */
QTestState *rig_test_start(const char *nic, const char *more);
/* The rig-nic in a slot, with BARs, memory space and bus master enabled. */
RigNic *rig_test_attach(QTestState *qts, unsigned slot);
/* The same behind the root port in a slot, whose bus gets the number 1. */
RigNic *rig_test_attach_behind(QTestState *qts, unsigned slot);
/* Programs BARs and command register (again), and those of the port. */
void rig_test_enable(RigNic *nic);
void rig_test_detach(RigNic *nic);

uint32_t rig_test_get(RigNic *nic, uint32_t offset);
void rig_test_set(RigNic *nic, uint32_t offset, uint32_t value);
/* Virtual time passes. */
void rig_test_wait_us(RigNic *nic, int64_t us);
/* Waits for the reset that comes with power-on or was asked for. */
void rig_test_reset_done(RigNic *nic);

/* Programs and unmasks all vectors and enables MSI-X. */
void rig_test_msix_on(RigNic *nic);
uint8_t rig_test_msix_cap(RigNic *nic);
/* Size of the MSI-X table, by its capability. */
unsigned rig_test_vectors(RigNic *nic);
void rig_test_msix_mask(RigNic *nic, unsigned vector, bool masked);
bool rig_test_pending(RigNic *nic, unsigned vector);
/* Whether vector sent a message since this was last asked. */
bool rig_test_message(RigNic *nic, unsigned vector);
/* Whether the function asserts INTx, by PCI Status. */
bool rig_test_intx(RigNic *nic);

/* Turns a ring of `size` descriptors on; it lies at RIG_TEST_RINGS. */
void rig_test_ring_on(RigNic *nic, uint32_t ring, uint32_t size);
uint64_t rig_test_ring_base(RigNic *nic, uint32_t ring);
/* Writes descriptor `index`; `word` is dword 2. */
void rig_test_desc(RigNic *nic, uint32_t ring, uint32_t index,
                   uint64_t address, uint32_t word);
uint32_t rig_test_desc_length(RigNic *nic, uint32_t ring, uint32_t index);
uint32_t rig_test_desc_status(RigNic *nic, uint32_t ring, uint32_t index);
uint64_t rig_test_stat(RigNic *nic, uint32_t offset);

/*
 * Migrates to a new QEMU through a file: `start` starts it with `more` on its
 * command line, and `nic` then drives the NIC there. The clock of a qtest is
 * not migrated: it begins at 0 again.
 */
void rig_test_migrate(RigNic *nic, QTestState *(*start)(const char *more));

/* A file of that name in a new directory; both are removed and freed. */
char *rig_test_temporary(const char *name);
void rig_test_remove_temporary(char *path);

#endif
