/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What rig-tap sees: PCI observer callbacks turned into records.
 *
 * All callbacks run under the BQL, so the order of records is the order in
 * which things happened. A configuration write is recorded before it takes
 * effect, and what it brought about (resets, interrupts that it unmasked)
 * follows; so the enclosing write tells the cause of a reset.
 */

#include "qemu/osdep.h"
#include "hw/pci/pci.h"
#include "hw/pci/pci_bridge.h"
#include "hw/pci/pci_bus.h"
#include "qemu/bswap.h"
#include "qemu/range.h"
#include "qemu/timer.h"
#include "rig-tap.h"
#include "trace.h"

static RigTarget *find_target(RigTap *tap, const PCIDevice *dev)
{
    for (unsigned i = 0; i < tap->n_targets; i++) {
        if (tap->targets[i].dev == dev) {
            return &tap->targets[i];
        }
    }
    return NULL;
}

/* --- configuration writes ------------------------------------------------ */

static bool touches(const PCIConfigWrite *w, uint32_t reg, uint32_t len)
{
    return ranges_overlap(w->addr, w->len, reg, len);
}

static uint8_t registers_touched(const RigTarget *t, const PCIConfigWrite *w)
{
    uint16_t msix = le16_to_cpu(t->info.msix_cap);
    uint16_t pm = le16_to_cpu(t->info.pm_cap);
    uint8_t what = 0;

    if (touches(w, PCI_COMMAND, 2)) {
        what |= RIG_CONFIG_COMMAND;
    }
    if (msix && touches(w, msix + PCI_MSIX_FLAGS, 2)) {
        what |= RIG_CONFIG_MSIX;
    }
    if (pm && touches(w, pm + PCI_PM_CTRL, 2)) {
        what |= RIG_CONFIG_PMCSR;
    }
    if (t->exp_cap && touches(w, t->exp_cap + PCI_EXP_DEVCTL, 2)) {
        what |= RIG_CONFIG_DEVCTL;
    }
    return what;
}

/* Is @dev a bridge, and @below behind it? */
static bool is_above(PCIDevice *dev, PCIDevice *below)
{
    PCIBus *bus = pci_get_bus(below);

    while (!pci_bus_is_root(bus)) {
        PCIDevice *bridge = pci_bridge_get_device(bus);

        if (bridge == dev) {
            return true;
        }
        bus = pci_get_bus(bridge);
    }
    return false;
}

static bool is_bus_reset_write(const PCIConfigWrite *w)
{
    return IS_PCI_BRIDGE(w->dev) && touches(w, PCI_BRIDGE_CONTROL, 2);
}

static void emit_config(RigTap *tap, const RigTarget *t,
                        const PCIConfigWrite *w, uint8_t what)
{
    struct rig_ev_config config = {
        .target = t->info.target,
        .offset = cpu_to_le16(w->addr),
        .len = w->len,
        .what = what,
        .bridge = cpu_to_le16(w->dev != t->dev),
        .value = cpu_to_le32(w->val & MAKE_64BIT_MASK(0, w->len * 8)),
    };

    rig_tap_emit(tap, RIG_EV_CONFIG, &config, sizeof(config));
}

static void before_config_write(RigTap *tap, RigTarget *t,
                                const PCIConfigWrite *w)
{
    uint8_t what = 0;

    if (w->dev == t->dev) {
        rig_tap_update_bdf(tap, t);
        what = registers_touched(t, w);
    } else if (is_bus_reset_write(w) && is_above(w->dev, t->dev)) {
        what = RIG_CONFIG_BRIDGE;
    }
    if (what) {
        emit_config(tap, t, w, what);
    }
}

static void observe_config_write(PCIObserver *observer,
                                 const PCIConfigWrite *w, bool done)
{
    RigTap *tap = container_of(observer, RigTap, observer);

    if (!rig_tap_recording(tap)) {
        return;
    }
    for (unsigned i = 0; i < tap->n_targets; i++) {
        RigTarget *t = &tap->targets[i];

        if (!t->dev) {
            continue;
        }
        if (!done) {
            before_config_write(tap, t, w);
        } else if (w->dev == t->dev) {
            rig_tap_update_state(tap, t);
            rig_tap_update_vfs(tap, t);
        }
    }
}

/* --- resets -------------------------------------------------------------- */

/* Does the write set Initiate Function Level Reset (Device Control bit 15)? */
static bool is_flr_write(const RigTarget *t, const PCIConfigWrite *w)
{
    uint32_t high = t->exp_cap + PCI_EXP_DEVCTL + 1;

    return t->exp_cap && touches(w, high, 1) &&
           (w->val >> (high - w->addr) * 8) & (PCI_EXP_DEVCTL_BCR_FLR >> 8);
}

void rig_tap_emit_reset(RigTap *tap, const RigTarget *t,
                       enum rig_reset_cause cause)
{
    struct rig_ev_reset reset = {
        .target = t->info.target,
        .cause = cpu_to_le16(cause),
    };

    trace_rig_tap_reset(t->id, cause);
    rig_tap_emit(tap, RIG_EV_RESET, &reset, sizeof(reset));
}

static enum rig_reset_cause reset_cause(const RigTarget *t)
{
    const PCIConfigWrite *w;

    for (w = pci_config_write_current(); w; w = w->outer) {
        if (t->pf && w->dev == t->pf->dev) {
            return RIG_RESET_UNPLUG;
        }
        if (w->dev == t->dev && is_flr_write(t, w)) {
            return RIG_RESET_FLR;
        }
        if (w->dev == t->dev && registers_touched(t, w) & RIG_CONFIG_PMCSR) {
            return RIG_RESET_PM;
        }
        if (is_bus_reset_write(w) && is_above(w->dev, t->dev)) {
            return RIG_RESET_BUS;
        }
    }
    return RIG_RESET_SYSTEM;
}

static void observe_reset(PCIObserver *observer, PCIDevice *dev, bool done)
{
    RigTap *tap = container_of(observer, RigTap, observer);
    RigTarget *t = find_target(tap, dev);

    if (!t || !rig_tap_recording(tap)) {
        return;
    }
    if (!done) {
        rig_tap_emit_reset(tap, t, reset_cause(t));
    } else {
        rig_tap_update_state(tap, t);
        rig_tap_update_vfs(tap, t);
    }
}

/* --- MSI-X table and interrupts ------------------------------------------ */

static void observe_msix_table(PCIObserver *observer, PCIDevice *dev,
                               unsigned vector, unsigned dword, uint32_t old,
                               uint32_t value)
{
    RigTap *tap = container_of(observer, RigTap, observer);
    RigTarget *t = find_target(tap, dev);
    struct rig_ev_table table;

    if (!t) {
        return;
    }
    table = (struct rig_ev_table) {
        .target = t->info.target,
        .vector = cpu_to_le16(vector),
        .dword = cpu_to_le16(dword),
        .value = cpu_to_le32(value),
        .old = cpu_to_le32(old),
    };
    rig_tap_emit(tap, RIG_EV_TABLE, &table, sizeof(table));
}

static enum rig_raised raised_outcome(PCIInterruptOutcome outcome)
{
    switch (outcome) {
    case PCI_INTERRUPT_SENT:
        return RIG_RAISED_SENT;
    case PCI_INTERRUPT_PENDED:
        return RIG_RAISED_PENDED;
    case PCI_INTERRUPT_DROPPED:
        return RIG_RAISED_DROPPED;
    case PCI_INTERRUPT_DISABLED:
        return RIG_RAISED_DISABLED;
    }
    g_assert_not_reached();
}

static void observe_interrupt(PCIObserver *observer, PCIDevice *dev,
                              unsigned vector, PCIInterruptOutcome outcome)
{
    RigTap *tap = container_of(observer, RigTap, observer);
    RigTarget *t = find_target(tap, dev);
    RigRun like;

    if (!t || !rig_tap_recording(tap)) {
        return;
    }
    like = (RigRun) {
        .target = le16_to_cpu(t->info.target),
        .vector = vector == PCI_INTERRUPT_INTX ? RIG_VECTOR_INTX : vector,
        .outcome = raised_outcome(outcome),
        .command = pci_get_word(dev->config + PCI_COMMAND),
        .first_ns = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL),
    };
    rig_tap_count(tap, &like);
}

void rig_tap_observe(RigTap *tap)
{
    tap->observer = (PCIObserver) {
        .config_write = observe_config_write,
        .reset = observe_reset,
        .msix_table = observe_msix_table,
        .interrupt = observe_interrupt,
    };
    pci_observer_register(&tap->observer);
}
