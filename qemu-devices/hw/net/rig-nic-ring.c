/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Descriptor rings of rig-nic: ownership, DMA of descriptors, and the
 * registers that both directions share.
 *
 * A ring can be on only with a valid size and with TAIL inside, and neither
 * changes while it is on; so every index below is inside the ring.
 */
#include "qemu/osdep.h"
#include "qemu/atomic.h"
#include "rig-nic-core.h"
#include "trace.h"

#define RING_SPAN (RIG_NIC_TX(1) - RIG_NIC_TX(0)) /* between queue pairs */
#define RING_RX   (RIG_NIC_RX(0) - RIG_NIC_TX(0)) /* from TX to RX of a pair */

/* Taking a ring register apart. */
static uint32_t ring_of(uint32_t offset)
{
    return offset & ~(RING_RX - 1);
}

static unsigned queue_of(uint32_t offset)
{
    return (offset - RIG_NIC_TX(0)) / RING_SPAN;
}

static bool is_rx(uint32_t offset)
{
    return offset & RING_RX;
}

static bool size_valid(uint32_t size)
{
    return size >= RIG_NIC_RING_MIN && size <= RIG_NIC_RING_MAX &&
           is_power_of_2(size);
}

static uint64_t descriptor_address(const RigNicCore *core, uint32_t ring,
                                   uint32_t index)
{
    uint64_t base = rig_nic_get(core, ring + RIG_NIC_RING_BASE_HI);

    base = base << 32 | rig_nic_get(core, ring + RIG_NIC_RING_BASE_LO);
    return base + (uint64_t)index * RIG_NIC_DESC_SIZE;
}

/* What RIG_FAULT_DMA_UNMAPPED makes of an address: no bridge decodes it. */
#define UNMAPPED 0xfffffffffff00000ull

static uint64_t dma_address(RigNicCore *core, uint64_t address)
{
    return rig_nic_fault_hits(core, RIG_FAULT_DMA_UNMAPPED) ? UNMAPPED
                                                            : address;
}

bool rig_nic_dma_read(RigNicCore *core, uint64_t address, void *buffer,
                      size_t length)
{
    return pci_dma_read(core->pci, dma_address(core, address), buffer,
                        length) == MEMTX_OK;
}

bool rig_nic_dma_write(RigNicCore *core, uint64_t address, const void *buffer,
                       size_t length)
{
    return pci_dma_write(core->pci, dma_address(core, address), buffer,
                         length) == MEMTX_OK;
}

static void halt(RigNicCore *core, uint32_t ring, uint64_t address)
{
    trace_rig_nic_ring_halted(is_rx(ring) ? "RX" : "TX", queue_of(ring),
                              address);
    *rig_nic_reg(core, ring + RIG_NIC_RING_CTRL) |= RIG_NIC_RING_HALTED;
    rig_nic_error(core, RIG_NIC_ERR_DMA);
    if (is_rx(ring)) {
        rig_nic_rx_resume(core);
    }
}

bool rig_nic_ring_on(const RigNicCore *core, uint32_t ring)
{
    uint32_t ctrl = rig_nic_get(core, ring + RIG_NIC_RING_CTRL);

    return (ctrl & (RIG_NIC_RING_ENABLE | RIG_NIC_RING_HALTED)) ==
           RIG_NIC_RING_ENABLE;
}

uint32_t rig_nic_ring_owned(const RigNicCore *core, uint32_t ring)
{
    return (rig_nic_get(core, ring + RIG_NIC_RING_TAIL) -
            rig_nic_get(core, ring + RIG_NIC_RING_HEAD)) &
           (rig_nic_get(core, ring + RIG_NIC_RING_SIZE) - 1);
}

uint32_t rig_nic_ring_fetch(RigNicCore *core, uint32_t ring,
                            RigNicDesc *desc, uint32_t max)
{
    uint32_t head = rig_nic_get(core, ring + RIG_NIC_RING_HEAD);
    uint32_t size = rig_nic_get(core, ring + RIG_NIC_RING_SIZE);
    uint32_t count = MIN(MIN(rig_nic_ring_owned(core, ring), max),
                         size - head);
    uint64_t address = descriptor_address(core, ring, head);

    if (count && !rig_nic_dma_read(core, address, desc,
                                   count * RIG_NIC_DESC_SIZE)) {
        halt(core, ring, address);
        return 0;
    }
    return count;
}

bool rig_nic_ring_write_back(RigNicCore *core, uint32_t ring, uint32_t ahead,
                             const RigNicDesc *desc, bool hash)
{
    uint32_t index = (rig_nic_get(core, ring + RIG_NIC_RING_HEAD) + ahead) &
                     (rig_nic_get(core, ring + RIG_NIC_RING_SIZE) - 1);
    uint64_t address = descriptor_address(core, ring, index);

    if (hash && !rig_nic_dma_write(core, address, desc, 8)) {
        halt(core, ring, address);
        return false;
    }
    address += offsetof(RigNicDesc, length);
    /* Whoever sees the status must also see what was written before. */
    smp_wmb();
    if (!rig_nic_dma_write(core, address, &desc->length, 8)) {
        halt(core, ring, address);
        return false;
    }
    return true;
}

void rig_nic_ring_advance(RigNicCore *core, uint32_t ring, uint32_t count)
{
    uint32_t *head = rig_nic_reg(core, ring + RIG_NIC_RING_HEAD);

    *head = (*head + count) &
            (rig_nic_get(core, ring + RIG_NIC_RING_SIZE) - 1);
}

void rig_nic_ring_config_write(RigNicCore *core, uint32_t offset,
                               uint32_t value)
{
    if (rig_nic_get(core, ring_of(offset) + RIG_NIC_RING_CTRL) &
        RIG_NIC_RING_ENABLE) {
        rig_nic_guest_error("base or size written while the ring is on",
                            offset, value);
        return;
    }
    *rig_nic_reg(core, offset) = value;
}

void rig_nic_ring_tail_write(RigNicCore *core, uint32_t offset,
                             uint32_t value)
{
    uint32_t ring = ring_of(offset);
    bool enabled = rig_nic_get(core, ring + RIG_NIC_RING_CTRL) &
                   RIG_NIC_RING_ENABLE;

    if (enabled && value >= rig_nic_get(core, ring + RIG_NIC_RING_SIZE)) {
        rig_nic_guest_error("TAIL outside the ring", offset, value);
        rig_nic_error(core, RIG_NIC_ERR_RING);
        return;
    }
    *rig_nic_reg(core, offset) = value;
    if (!enabled) {
        return;
    }
    if (is_rx(ring)) {
        rig_nic_rx_resume(core);
    } else {
        rig_nic_tx_doorbell(core, queue_of(ring));
    }
}

static void forget(RigNicCore *core, uint32_t ring)
{
    *rig_nic_reg(core, ring + RIG_NIC_RING_HEAD) = 0;
    *rig_nic_reg(core, ring + RIG_NIC_RING_TAIL) = 0;
    if (is_rx(ring)) {
        rig_nic_rx_reset(core, queue_of(ring));
    } else {
        rig_nic_tx_reset(core, queue_of(ring));
    }
}

static bool check(RigNicCore *core, uint32_t ring)
{
    uint32_t size = rig_nic_get(core, ring + RIG_NIC_RING_SIZE);
    uint32_t tail = rig_nic_get(core, ring + RIG_NIC_RING_TAIL);

    if (size_valid(size) && tail < size) {
        return true;
    }
    rig_nic_guest_error("ring turned on with a bad SIZE or TAIL",
                        ring + RIG_NIC_RING_SIZE, size);
    rig_nic_error(core, RIG_NIC_ERR_RING);
    return false;
}

void rig_nic_ring_ctrl_write(RigNicCore *core, uint32_t offset,
                             uint32_t value)
{
    uint32_t ring = ring_of(offset);
    uint32_t *ctrl = rig_nic_reg(core, offset);
    bool was = *ctrl & RIG_NIC_RING_ENABLE;

    if (!was && (value & RIG_NIC_RING_ENABLE) && !check(core, ring)) {
        value &= ~RIG_NIC_RING_ENABLE;
    }
    if (value & RIG_NIC_RING_ENABLE) {
        *ctrl = (*ctrl & RIG_NIC_RING_HALTED) | value;
    } else {
        *ctrl = value;
        if (was) {
            forget(core, ring);
        }
    }
    trace_rig_nic_ring_ctrl(is_rx(ring) ? "RX" : "TX", queue_of(ring), *ctrl);
    if (is_rx(ring)) {
        rig_nic_rx_resume(core);
    } else {
        rig_nic_tx_doorbell(core, queue_of(ring));
    }
}
