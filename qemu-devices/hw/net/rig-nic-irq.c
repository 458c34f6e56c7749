/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interrupts of rig-nic: from causes over masks to vectors or INTx.
 *
 * A cause is due when it is set in ICR and in IMS and was not reported since
 * it became so (`sent`). All that can make a cause due ends in
 * rig_nic_irq_update(), which raises the vectors of the due causes, or leaves
 * them to the timer if their vector was raised too short a time ago.
 */
#include "qemu/osdep.h"
#include "hw/pci/msix.h"
#include "hw/pci/pci.h"
#include "qemu/host-utils.h"
#include "rig-nic-core.h"
#include "trace.h"

/* Longer ago than any interval. */
#define NEVER (INT64_MIN / 2)

static bool may_interrupt(RigNicCore *core)
{
    return rig_nic_in_d0(core->pci) && !rig_nic_in_reset(core) &&
           !rig_nic_fault_lasts(core, RIG_FAULT_ALL_ONES);
}

static void set_intx(RigNicCore *core, bool active)
{
    if (active && !core->intx && rig_nic_fault_hits(core,
                                                    RIG_FAULT_NO_INTERRUPT)) {
        active = false;
    }
    core->intx = active;
    pci_set_irq(core->pci, active);
}

static void start_storm(RigNicCore *core, unsigned vector)
{
    core->storm_left = core->fault[RIG_FAULT_INTERRUPT_STORM].argument;
    core->storm_vector = vector;
    timer_mod(&core->storm_timer,
              qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) + SCALE_US);
}

static void storm(void *opaque)
{
    RigNicCore *core = opaque;
    bool before = rig_nic_guard_enter(core);

    if (may_interrupt(core) && msix_enabled(core->pci)) {
        msix_notify(core->pci, core->storm_vector);
    }
    if (core->storm_left && --core->storm_left) {
        timer_mod(&core->storm_timer,
                  qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) + SCALE_US);
    }
    rig_nic_guard_leave(core, before);
}

/* All messages that are sent, but those of a storm, are sent here. */
static void notify(RigNicCore *core, unsigned vector)
{
    bool storms = rig_nic_fault_hits(core, RIG_FAULT_INTERRUPT_STORM);
    bool lost = rig_nic_fault_hits(core, RIG_FAULT_LOST_INTERRUPT);

    if (rig_nic_fault_hits(core, RIG_FAULT_NO_INTERRUPT) || lost) {
        return;
    }
    if (storms) {
        start_storm(core, vector);
    }
    msix_notify(core->pci, vector);
}

void rig_nic_irq_spurious(RigNicCore *core, unsigned vector)
{
    if (!may_interrupt(core)) {
        return;
    }
    if (msix_enabled(core->pci)) {
        if (vector < core->vectors) {
            notify(core, vector);
        }
        return;
    }
    *rig_nic_reg(core, RIG_NIC_ICR) |= RIG_NIC_CAUSE_MAILBOX;
    *rig_nic_reg(core, RIG_NIC_IMS) |= RIG_NIC_CAUSE_MAILBOX;
    rig_nic_irq_update(core);
}

/* The vector of a cause, or -1. */
static int vector_of(const RigNicCore *core, unsigned cause)
{
    uint32_t ivar = rig_nic_get(core, RIG_NIC_IVAR(cause));
    unsigned vector = ivar & RIG_NIC_IVAR_VECTOR;

    if (!(ivar & RIG_NIC_IVAR_VALID) || vector >= core->vectors) {
        return -1;
    }
    return vector;
}

static void raise_vector(RigNicCore *core, unsigned vector, uint32_t causes)
{
    int64_t now = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
    int64_t next = core->last_ns[vector] +
                   rig_nic_get(core, RIG_NIC_ITR(vector)) * (int64_t)SCALE_US;

    if (now < next) {
        trace_rig_nic_irq_moderated(vector, causes, next - now);
        timer_mod_anticipate(&core->itr_timer, next);
        return;
    }
    trace_rig_nic_irq_raised(vector, causes);
    core->last_ns[vector] = now;
    *rig_nic_reg(core, RIG_NIC_ICR) &=
        ~(causes & rig_nic_get(core, RIG_NIC_IAC));
    *rig_nic_reg(core, RIG_NIC_IMS) &=
        ~(causes & rig_nic_get(core, RIG_NIC_IAM));
    core->sent |= causes;
    core->sent &= rig_nic_get(core, RIG_NIC_ICR) &
                  rig_nic_get(core, RIG_NIC_IMS);
    notify(core, vector);
}

static void raise_due(RigNicCore *core, uint32_t due)
{
    while (due) {
        unsigned cause = ctz32(due);
        int vector = vector_of(core, cause);
        uint32_t same = 1u << cause;

        for (unsigned c = cause + 1; c < RIG_NIC_CAUSES; c++) {
            if ((due & (1u << c)) && vector_of(core, c) == vector) {
                same |= 1u << c;
            }
        }
        due &= ~same;
        if (vector >= 0) {
            raise_vector(core, vector, same);
        }
    }
}

void rig_nic_irq_update(RigNicCore *core)
{
    uint32_t active = rig_nic_get(core, RIG_NIC_ICR) &
                      rig_nic_get(core, RIG_NIC_IMS);

    core->sent &= active;
    if (!may_interrupt(core)) {
        set_intx(core, false);
    } else if (!msix_enabled(core->pci)) {
        set_intx(core, active != 0);
    } else {
        set_intx(core, false);
        raise_due(core, active & ~core->sent);
    }
}

void rig_nic_irq_cause(RigNicCore *core, uint32_t causes)
{
    uint32_t *icr = rig_nic_reg(core, RIG_NIC_ICR);

    if (rig_nic_in_reset(core) || !(causes & ~*icr)) {
        return;
    }
    trace_rig_nic_irq_cause(causes, *icr, rig_nic_get(core, RIG_NIC_IMS));
    *icr |= causes;
    rig_nic_irq_update(core);
}

void rig_nic_icr_write(RigNicCore *core, uint32_t offset, uint32_t value)
{
    *rig_nic_reg(core, RIG_NIC_ICR) &= ~value;
    rig_nic_irq_update(core);
}

void rig_nic_ics_write(RigNicCore *core, uint32_t offset, uint32_t value)
{
    rig_nic_irq_cause(core, value);
}

void rig_nic_ims_write(RigNicCore *core, uint32_t offset, uint32_t value)
{
    *rig_nic_reg(core, RIG_NIC_IMS) |= value;
    rig_nic_irq_update(core);
}

void rig_nic_imc_write(RigNicCore *core, uint32_t offset, uint32_t value)
{
    *rig_nic_reg(core, RIG_NIC_IMS) &= ~value;
    rig_nic_irq_update(core);
}

uint32_t rig_nic_imc_read(RigNicCore *core, uint32_t offset)
{
    return rig_nic_get(core, RIG_NIC_IMS);
}

void rig_nic_vector_write(RigNicCore *core, uint32_t offset, uint32_t value)
{
    if (offset < RIG_NIC_ITR(0) && (value & RIG_NIC_IVAR_VALID) &&
        (value & RIG_NIC_IVAR_VECTOR) >= core->vectors) {
        rig_nic_guest_error("IVAR names a vector that does not exist",
                            offset, value);
    }
    *rig_nic_reg(core, offset) = value;
    rig_nic_irq_update(core);
}

static void itr_expired(void *opaque)
{
    RigNicCore *core = opaque;
    bool before = rig_nic_guard_enter(core);

    rig_nic_irq_update(core);
    rig_nic_guard_leave(core, before);
}

void rig_nic_irq_init(RigNicCore *core)
{
    timer_init_ns(&core->itr_timer, QEMU_CLOCK_VIRTUAL, itr_expired, core);
    timer_init_ns(&core->storm_timer, QEMU_CLOCK_VIRTUAL, storm, core);
}

void rig_nic_irq_stop(RigNicCore *core)
{
    timer_del(&core->itr_timer);
    timer_del(&core->storm_timer);
}

void rig_nic_irq_reset(RigNicCore *core)
{
    rig_nic_irq_stop(core);
    core->sent = 0;
    for (unsigned v = 0; v < RIG_NIC_MAX_VECTORS; v++) {
        core->last_ns[v] = NEVER;
    }
    for (unsigned v = 0; v < core->vectors; v++) {
        msix_clr_pending(core->pci, v);
    }
    set_intx(core, false);
}
