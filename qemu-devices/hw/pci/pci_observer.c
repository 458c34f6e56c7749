/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The list of PCI observers, and the calls which reach all of them. */

#include "qemu/osdep.h"
#include "hw/pci/pci.h"
#include "hw/pci/pci_observer.h"

PCIObserverList pci_observers = QLIST_HEAD_INITIALIZER(pci_observers);
PCIConfigWrite *pci_config_writes;

void pci_observer_register(PCIObserver *observer)
{
    QLIST_INSERT_HEAD(&pci_observers, observer, next);
}

static void tell_config_write(const PCIConfigWrite *write, bool done)
{
    PCIObserver *o;

    QLIST_FOREACH(o, &pci_observers, next) {
        o->config_write(o, write, done);
    }
}

void pci_observe_config_write_begin(PCIConfigWrite *write)
{
    write->outer = pci_config_writes;
    pci_config_writes = write;
    tell_config_write(write, false);
}

void pci_observe_config_write_end(PCIConfigWrite *write)
{
    tell_config_write(write, true);
    pci_config_writes = write->outer;
}

void pci_tell_reset(PCIDevice *dev, bool done)
{
    PCIObserver *o;

    QLIST_FOREACH(o, &pci_observers, next) {
        o->reset(o, dev, done);
    }
}

void pci_tell_msix_table(PCIDevice *dev, unsigned offset, uint32_t old)
{
    uint32_t value = pci_get_long(dev->msix_table + offset);
    PCIObserver *o;

    QLIST_FOREACH(o, &pci_observers, next) {
        o->msix_table(o, dev, offset / PCI_MSIX_ENTRY_SIZE,
                      offset % PCI_MSIX_ENTRY_SIZE / 4, old, value);
    }
}

void pci_tell_interrupt(PCIDevice *dev, unsigned vector,
                        PCIInterruptOutcome outcome)
{
    PCIObserver *o;

    QLIST_FOREACH(o, &pci_observers, next) {
        o->interrupt(o, dev, vector, outcome);
    }
}
