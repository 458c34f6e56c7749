/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hooks that let an instrument observe every PCI function of the machine.
 *
 * All callbacks run under the BQL, in the order in which the guest and the
 * devices act. An observer must not change what it observes.
 */
#ifndef HW_PCI_PCI_OBSERVER_H
#define HW_PCI_PCI_OBSERVER_H

#include "hw/pci/pci_device.h"
#include "qemu/queue.h"

/* What became of an interrupt that a function raised. */
typedef enum PCIInterruptOutcome {
    PCI_INTERRUPT_SENT,     /* message written to memory, or INTx asserted */
    PCI_INTERRUPT_PENDED,   /* masked: pending bit set */
    PCI_INTERRUPT_DROPPED,  /* vector not in use in the device model */
    PCI_INTERRUPT_DISABLED, /* MSI-X disabled, or INTx Disable set */
} PCIInterruptOutcome;

/* Instead of an MSI-X vector number: the INTx line. */
#define PCI_INTERRUPT_INTX 0xffffu

/* A guest's write to the configuration space of a function. */
typedef struct PCIConfigWrite {
    PCIDevice *dev;
    uint32_t addr;                 /* offset of the first byte written */
    uint32_t val;                  /* as written, little-endian, len bytes */
    uint32_t len;                  /* 1, 2 or 4 */
    struct PCIConfigWrite *outer;  /* the write in which this one happens */
} PCIConfigWrite;

typedef struct PCIObserver PCIObserver;

/**
 * struct PCIObserver - callbacks of one observer; none may be NULL
 * @config_write: before (done == false) and after a configuration write
 * @reset: before (done == false) and after the PCI state of a function is
 *         reset, for whatever reason; see pci_config_write_current()
 * @msix_table: a dword of the MSI-X table has changed from @old; a pending
 *              interrupt that the write unmasks is reported afterwards
 * @interrupt: the function raises MSI-X @vector or PCI_INTERRUPT_INTX
 */
struct PCIObserver {
    void (*config_write)(PCIObserver *observer, const PCIConfigWrite *write,
                         bool done);
    void (*reset)(PCIObserver *observer, PCIDevice *dev, bool done);
    void (*msix_table)(PCIObserver *observer, PCIDevice *dev, unsigned vector,
                       unsigned dword, uint32_t old, uint32_t value);
    void (*interrupt)(PCIObserver *observer, PCIDevice *dev, unsigned vector,
                      PCIInterruptOutcome outcome);
    QLIST_ENTRY(PCIObserver) next;
};

typedef QLIST_HEAD(, PCIObserver) PCIObserverList;

extern PCIObserverList pci_observers;
extern PCIConfigWrite *pci_config_writes;

/* For as long as the machine lives. */
void pci_observer_register(PCIObserver *observer);

/* The innermost configuration write in progress, or NULL. */
static inline const PCIConfigWrite *pci_config_write_current(void)
{
    return pci_config_writes;
}

/* Called by the PCI core; @write lives until the matching ..._end(). */
void pci_observe_config_write_begin(PCIConfigWrite *write);
void pci_observe_config_write_end(PCIConfigWrite *write);

void pci_tell_reset(PCIDevice *dev, bool done);
void pci_tell_msix_table(PCIDevice *dev, unsigned offset, uint32_t old);
void pci_tell_interrupt(PCIDevice *dev, unsigned vector,
                        PCIInterruptOutcome outcome);

static inline void pci_observe_reset_begin(PCIDevice *dev)
{
    if (!QLIST_EMPTY(&pci_observers)) {
        pci_tell_reset(dev, false);
    }
}

static inline void pci_observe_reset_end(PCIDevice *dev)
{
    if (!QLIST_EMPTY(&pci_observers)) {
        pci_tell_reset(dev, true);
    }
}

/* @offset: byte offset of the written dword in the table; @old: its value. */
static inline void pci_observe_msix_table(PCIDevice *dev, unsigned offset,
                                          uint32_t old)
{
    if (!QLIST_EMPTY(&pci_observers)) {
        pci_tell_msix_table(dev, offset, old);
    }
}

static inline void pci_observe_interrupt(PCIDevice *dev, unsigned vector,
                                         PCIInterruptOutcome outcome)
{
    if (!QLIST_EMPTY(&pci_observers)) {
        pci_tell_interrupt(dev, vector, outcome);
    }
}

#endif
