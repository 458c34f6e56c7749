/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Receive side of rig-nic: from the link partner to descriptors.
 *
 * While the receiver is off frames are dropped, as on a wire: nothing of an
 * old life of the driver reaches the next one. While it is on and out of
 * descriptors the link partner waits (or frames are dropped and counted, with
 * RIG_NIC_RING_DROP). Descriptors are read ahead in batches; they belong to
 * the device, so they cannot change.
 */
#include "qemu/osdep.h"
#include "net/eth.h"
#include "net/net.h"
#include "qemu/iov.h"
#include "rig-nic-core.h"
#include "trace.h"

static bool is_on(RigNicCore *core)
{
    return rig_nic_may_dma(core) &&
           !rig_nic_fault_lasts(core, RIG_FAULT_LINK_NEVER_UP) &&
           (rig_nic_get(core, RIG_NIC_CTRL) & RIG_NIC_CTRL_RXEN);
}

static bool drops(const RigNicCore *core, uint32_t ring)
{
    return rig_nic_get(core, ring + RIG_NIC_RING_CTRL) & RIG_NIC_RING_DROP;
}

bool rig_nic_rx_can_receive(RigNicCore *core)
{
    bool any = false;

    if (!is_on(core) || qemu_get_queue(core->nic)->link_down) {
        return true;
    }
    for (unsigned q = 0; q < core->queues; q++) {
        uint32_t ring = RIG_NIC_RX(q);

        if (!rig_nic_ring_on(core, ring)) {
            continue;
        }
        if (drops(core, ring) || rig_nic_ring_owned(core, ring)) {
            return true;
        }
        any = true;
    }
    if (any) {
        core->rx_held = true;
    }
    return !any;
}

static bool multicast_passes(const RigNicCore *core, const uint8_t *mac)
{
    uint32_t filter = rig_nic_get(core, RIG_NIC_RXFILTER);
    uint32_t bit;

    if (filter & RIG_NIC_RXF_ALLMULTI) {
        return true;
    }
    if (!(filter & RIG_NIC_RXF_HASHMULTI)) {
        return false;
    }
    bit = net_crc32(mac, ETH_ALEN) >> 26;
    return rig_nic_get(core, RIG_NIC_MCHASH(bit / 32)) & (1u << (bit % 32));
}

static bool address_passes(const RigNicCore *core, const uint8_t *mac)
{
    uint32_t filter = rig_nic_get(core, RIG_NIC_RXFILTER);

    if (filter & RIG_NIC_RXF_PROMISCUOUS) {
        return true;
    }
    if (is_broadcast_ether_addr(mac)) {
        return filter & RIG_NIC_RXF_BROADCAST;
    }
    if (is_multicast_ether_addr(mac)) {
        return multicast_passes(core, mac);
    }
    return ldl_le_p(mac) == rig_nic_get(core, RIG_NIC_MAC_LO) &&
           lduw_le_p(mac + 4) == rig_nic_get(core, RIG_NIC_MAC_HI);
}

static bool passes(const RigNicCore *core, const struct iovec *iov, int count,
                   size_t size)
{
    uint8_t mac[ETH_ALEN];

    return size >= RIG_NIC_FRAME_MIN &&
           size <= rig_nic_get(core, RIG_NIC_MAXFRAME) &&
           iov_to_buf(iov, count, 0, mac, sizeof(mac)) == sizeof(mac) &&
           address_passes(core, mac);
}

/* The next descriptor, or NULL: there is none. */
static RigNicDesc *next_desc(RigNicCore *core, unsigned queue)
{
    RigNicRx *rx = &core->rx[queue];

    if (!rig_nic_ring_owned(core, RIG_NIC_RX(queue))) {
        return NULL;
    }
    if (rx->next == rx->count) {
        rx->next = 0;
        rx->count = rig_nic_ring_fetch(core, RIG_NIC_RX(queue), rx->desc,
                                       RIG_NIC_BATCH);
    }
    return rx->count ? &rx->desc[rx->next] : NULL;
}

static bool store(RigNicCore *core, uint64_t address, const struct iovec *iov,
                  int count)
{
    for (int i = 0; i < count; i++) {
        if (!rig_nic_dma_write(core, address, iov[i].iov_base,
                               iov[i].iov_len)) {
            return false;
        }
        address += iov[i].iov_len;
    }
    return true;
}

static void deliver(RigNicCore *core, const RigNicRxInfo *info,
                    RigNicDesc *desc, const struct iovec *iov, int count,
                    size_t size)
{
    uint32_t ring = RIG_NIC_RX(info->queue);
    bool hash = rig_nic_get(core, RIG_NIC_RSS) & RIG_NIC_RSS_ENABLE;
    bool ok = store(core, le64_to_cpu(desc->addr), iov, count);

    trace_rig_nic_rx_frame(info->queue, size, ok);
    core->stat[RIG_NIC_RX_TOTAL]++;
    if (ok) {
        core->stat[RIG_NIC_RX_FRAMES]++;
        core->stat[RIG_NIC_RX_BYTES] += size;
        desc->length = cpu_to_le32(size);
        desc->status = cpu_to_le32(RIG_NIC_DESC_DONE | info->flags);
    } else {
        core->stat[RIG_NIC_RX_ERRORS]++;
        rig_nic_error(core, RIG_NIC_ERR_DMA);
        desc->length = 0;
        desc->status = cpu_to_le32(RIG_NIC_DESC_DONE | RIG_NIC_DESC_ERROR);
    }
    desc->addr = cpu_to_le64((uint64_t)info->hash_kind << 32 | info->hash);
    if (rig_nic_ring_write_back(core, ring, 0, desc, hash)) {
        core->rx[info->queue].next++;
        rig_nic_ring_advance(core, ring, 1);
        rig_nic_irq_cause(core, RIG_NIC_CAUSE_QUEUE(info->queue));
    }
}

static ssize_t drop(RigNicCore *core, unsigned stat, const char *why,
                    size_t size)
{
    if (!rig_nic_in_reset(core)) {
        core->stat[RIG_NIC_RX_TOTAL]++;
        core->stat[stat]++;
    }
    trace_rig_nic_rx_dropped(why, size);
    return size;
}

static ssize_t no_descriptor(RigNicCore *core, unsigned queue, size_t size)
{
    uint32_t ring = RIG_NIC_RX(queue);

    if (rig_nic_ring_on(core, ring) && !drops(core, ring)) {
        core->rx_held = true;
        return 0;
    }
    return drop(core, RIG_NIC_RX_NODESC, "no descriptor", size);
}

ssize_t rig_nic_rx_frame(RigNicCore *core, const struct iovec *iov, int count)
{
    size_t size = iov_size(iov, count);
    RigNicRxInfo info;
    RigNicDesc *desc;

    if (!is_on(core)) {
        return drop(core, RIG_NIC_RX_OFF, "receiver off", size);
    }
    if (!passes(core, iov, count, size)) {
        return drop(core, RIG_NIC_RX_FILTER, "filter", size);
    }
    info = rig_nic_offload_classify(core, iov, count);
    if (!rig_nic_ring_on(core, RIG_NIC_RX(info.queue))) {
        return drop(core, RIG_NIC_RX_OFF, "ring off", size);
    }
    desc = next_desc(core, info.queue);
    if (!desc) {
        return no_descriptor(core, info.queue, size);
    }
    if (size > (le32_to_cpu(desc->length) & RIG_NIC_TXD_LEN_MASK)) {
        return drop(core, RIG_NIC_RX_FILTER, "buffer too small", size);
    }
    deliver(core, &info, desc, iov, count, size);
    return size;
}

void rig_nic_rx_resume(RigNicCore *core)
{
    if (core->rx_held && rig_nic_rx_can_receive(core)) {
        core->rx_held = false;
        qemu_flush_queued_packets(qemu_get_queue(core->nic));
    }
}

void rig_nic_rx_reset(RigNicCore *core, unsigned queue)
{
    core->rx[queue].next = 0;
    core->rx[queue].count = 0;
}
