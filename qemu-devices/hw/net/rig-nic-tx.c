/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Transmit side of rig-nic: from descriptors to the link partner.
 *
 * A doorbell is handled at once, up to RIG_NIC_TX_BUDGET descriptors; what is
 * left goes on from a timer, so one register write costs the VM a bounded
 * time. Fragments are gathered into a buffer of the queue, which makes the
 * frame independent of what the guest does to its memory meanwhile. When the
 * link partner does not take a frame, everything stops until it has.
 */
#include "qemu/osdep.h"
#include "net/net.h"
#include "qemu/iov.h"
#include "rig-nic-core.h"
#include "trace.h"

static bool can_run(RigNicCore *core, unsigned queue)
{
    return !core->tx_blocked && rig_nic_may_dma(core) &&
           (rig_nic_get(core, RIG_NIC_CTRL) & RIG_NIC_CTRL_TXEN) &&
           rig_nic_ring_on(core, RIG_NIC_TX(queue));
}

static void forget_frame(RigNicTx *tx)
{
    tx->length = 0;
    tx->started = false;
    tx->flags = 0;
    tx->failed = false;
    tx->ready = false;
}

/* The link partner took the frame that was held up, or it was thrown back. */
static void sent(NetClientState *nc, ssize_t result)
{
    RigNicCore *core = qemu_get_nic_opaque(nc);

    core->tx_blocked = false;
    for (unsigned q = 0; q < core->queues && result != 0; q++) {
        RigNicTx *tx = &core->tx[q];

        if (tx->ready && ++tx->segment >= tx->segments) {
            forget_frame(tx);
        }
    }
    rig_nic_tx_kick(core);
}

bool rig_nic_tx_pass_on(RigNicCore *core, const struct iovec *iov, int count)
{
    if (qemu_sendv_packet_async(qemu_get_queue(core->nic), iov, count,
                                sent) == 0) {
        trace_rig_nic_tx_blocked(iov_size(iov, count));
        core->tx_blocked = true;
    }
    return !core->tx_blocked;
}

static void hand_over(RigNicCore *core, RigNicTx *tx)
{
    const struct iovec iov = { tx->frame, tx->length };

    if (!rig_nic_fault_lasts(core, RIG_FAULT_LINK_NEVER_UP)) {
        if (tx->flags & RIG_NIC_TXD_TSO) {
            rig_nic_offload_send_large(core, tx);
        } else {
            rig_nic_tx_pass_on(core, &iov, 1);
        }
    }
    if (!core->tx_blocked) {
        forget_frame(tx);
    }
}

/* Longest frame that may be gathered. */
static uint32_t limit(const RigNicTx *tx)
{
    return tx->flags & RIG_NIC_TXD_TSO ? RIG_NIC_LARGE_MAX : RIG_NIC_FRAME_MAX;
}

static void gather(RigNicCore *core, RigNicTx *tx, const RigNicDesc *desc)
{
    uint32_t length = le32_to_cpu(desc->length) & RIG_NIC_TXD_LEN_MASK;

    if (!tx->started) {
        tx->started = true;
        tx->flags = le32_to_cpu(desc->length) & ~RIG_NIC_TXD_LEN_MASK;
        tx->mss = le32_to_cpu(desc->status) >> RIG_NIC_TXD_MSS_SHIFT &
                  RIG_NIC_TXD_MSS_MASK;
    }
    if (tx->length + length > limit(tx)) {
        tx->length = RIG_NIC_LARGE_MAX + 1;
        return;
    }
    if (length && !rig_nic_dma_read(core, le64_to_cpu(desc->addr),
                                    tx->frame + tx->length, length)) {
        tx->failed = true;
    }
    tx->length += length;
}

/* The frame is complete. Returns what the last descriptor shall report. */
static uint32_t finish(RigNicCore *core, unsigned queue)
{
    RigNicTx *tx = &core->tx[queue];

    trace_rig_nic_tx_frame(queue, tx->length, tx->failed);
    core->stat[RIG_NIC_TX_TOTAL]++;
    if (tx->failed || tx->length < RIG_NIC_FRAME_MIN ||
        tx->length > limit(tx) || !rig_nic_offload_prepare(core, tx)) {
        core->stat[RIG_NIC_TX_ERRORS]++;
        rig_nic_error(core, tx->failed ? RIG_NIC_ERR_DMA : RIG_NIC_ERR_FRAME);
        forget_frame(tx);
        return RIG_NIC_DESC_DONE | RIG_NIC_DESC_ERROR;
    }
    core->stat[RIG_NIC_TX_FRAMES] += tx->segments;
    core->stat[RIG_NIC_TX_BYTES] += tx->wire_bytes;
    core->stat[RIG_NIC_TX_TSO] += !!(tx->flags & RIG_NIC_TXD_TSO);
    tx->segment = 0;
    tx->ready = true;
    hand_over(core, tx);
    return RIG_NIC_DESC_DONE;
}

/* Writes back what asks for it. Returns whether any did. */
static bool report(RigNicCore *core, unsigned queue, const RigNicDesc *desc,
                   uint32_t count)
{
    bool any = false;

    for (uint32_t i = 0; i < count; i++) {
        if (!(le32_to_cpu(desc[i].length) & RIG_NIC_TXD_RS)) {
            continue;
        }
        if (!rig_nic_ring_write_back(core, RIG_NIC_TX(queue), i, &desc[i],
                                     false)) {
            break;
        }
        any = true;
    }
    return any;
}

/* Handles one batch. Returns the number of descriptors, 0: nothing to do. */
static uint32_t run_batch(RigNicCore *core, unsigned queue, uint32_t max,
                          bool *reported)
{
    RigNicDesc desc[RIG_NIC_BATCH];
    RigNicTx *tx = &core->tx[queue];
    uint32_t n = rig_nic_ring_fetch(core, RIG_NIC_TX(queue), desc,
                                    MIN(max, RIG_NIC_BATCH));
    uint32_t i;

    for (i = 0; i < n && !core->tx_blocked; i++) {
        uint32_t status = RIG_NIC_DESC_DONE;

        gather(core, tx, &desc[i]);
        if (le32_to_cpu(desc[i].length) & RIG_NIC_TXD_EOP) {
            status = finish(core, queue);
        }
        desc[i].status = cpu_to_le32(status);
    }
    if (report(core, queue, desc, i)) {
        *reported = true;
    }
    rig_nic_ring_advance(core, RIG_NIC_TX(queue), i);
    return i;
}

/* Returns whether the queue has more to do at once. */
static bool run(RigNicCore *core, unsigned queue)
{
    uint32_t budget = RIG_NIC_TX_BUDGET;
    bool reported = false;

    if (can_run(core, queue) && core->tx[queue].ready) {
        hand_over(core, &core->tx[queue]);
    }
    while (budget && can_run(core, queue)) {
        uint32_t n = run_batch(core, queue, budget, &reported);

        if (!n) {
            break;
        }
        budget -= n;
    }
    if (reported) {
        rig_nic_irq_cause(core, RIG_NIC_CAUSE_QUEUE(queue));
    }
    return can_run(core, queue) &&
           rig_nic_ring_owned(core, RIG_NIC_TX(queue)) != 0;
}

static void go_on(void *opaque)
{
    RigNicCore *core = opaque;
    bool before = rig_nic_guard_enter(core);
    uint32_t pending = core->tx_pending;

    core->tx_pending = 0;
    for (unsigned q = 0; q < core->queues; q++) {
        if (pending & (1u << q)) {
            rig_nic_tx_doorbell(core, q);
        }
    }
    rig_nic_guard_leave(core, before);
}

void rig_nic_tx_doorbell(RigNicCore *core, unsigned queue)
{
    if (run(core, queue)) {
        core->tx_pending |= 1u << queue;
        timer_mod_anticipate(&core->tx_timer,
                             qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) +
                             RIG_NIC_TX_GAP_NS);
    }
}

void rig_nic_tx_kick(RigNicCore *core)
{
    core->tx_pending = MAKE_64BIT_MASK(0, core->queues);
    timer_mod(&core->tx_timer, qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL));
}

void rig_nic_tx_init(RigNicCore *core)
{
    timer_init_ns(&core->tx_timer, QEMU_CLOCK_VIRTUAL, go_on, core);
    for (unsigned q = 0; q < RIG_NIC_MAX_QUEUES; q++) {
        core->tx[q].frame = g_malloc0(RIG_NIC_LARGE_MAX);
    }
}

void rig_nic_tx_uninit(RigNicCore *core)
{
    for (unsigned q = 0; q < RIG_NIC_MAX_QUEUES; q++) {
        g_free(core->tx[q].frame);
    }
}

bool rig_nic_tx_valid(RigNicCore *core, unsigned queue)
{
    const RigNicTx *tx = &core->tx[queue];

    return !tx->ready || (tx->started && tx->length >= RIG_NIC_FRAME_MIN &&
                          tx->length <= limit(tx) &&
                          tx->segment < tx->segments &&
                          tx->mss <= RIG_NIC_TXD_MSS_MASK);
}

void rig_nic_tx_stop(RigNicCore *core)
{
    qemu_purge_queued_packets(qemu_get_queue(core->nic));
    timer_del(&core->tx_timer);
    core->tx_pending = 0;
}

void rig_nic_tx_reset(RigNicCore *core, unsigned queue)
{
    RigNicTx *tx = &core->tx[queue];

    /* What the link partner was given has left; only its tail is on the
       wire. Other segments have not. */
    if (tx->ready) {
        tx->segments = tx->segment + 1;
    } else {
        forget_frame(tx);
    }
}
