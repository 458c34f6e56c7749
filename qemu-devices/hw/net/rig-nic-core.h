/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The core of rig-nic: its state, and what its parts offer to each other.
 *
 * rig-nic.c       the QOM shell: PCI function, properties, migration
 * rig-nic-core.c  register table, resets, NVM, link
 * rig-nic-irq.c   causes, masks, vectors, moderation
 * rig-nic-ring.c  what transmit and receive rings have in common
 * rig-nic-tx.c    from descriptors to the link partner
 * rig-nic-rx.c    from the link partner to descriptors
 * rig-nic-offload.c  hash and queue, checksums, TCP segmentation
 * rig-nic-fault.c named faults: arming, occasions, falsified reads
 *
 * Everything runs under the Big QEMU Lock, and everything that takes time
 * takes it on QEMU_CLOCK_VIRTUAL, so that a run can be repeated exactly. A
 * ring is named by the offset of its first register: RIG_NIC_TX(q) or
 * RIG_NIC_RX(q).
 */
#ifndef HW_NET_RIG_NIC_CORE_H
#define HW_NET_RIG_NIC_CORE_H

#include "hw/pci/pci_device.h"
#include "net/net.h"
#include "qemu/timer.h"
#include "rig/faults.h"
#include "rig/nic-regs.h"

#define RIG_NIC_REG_END    0x4000 /* registers end here, the rest is reserved */
#define RIG_NIC_RESET_NS   (100 * SCALE_US) /* how long a reset takes */
#define RIG_NIC_SPEED_MBPS 10000
#define RIG_NIC_BATCH      64     /* descriptors read in one DMA */
#define RIG_NIC_TX_BUDGET  256    /* descriptors handled in one go */
#define RIG_NIC_TX_GAP_NS  1000   /* pause until the next go */

/* A descriptor as it lies in guest memory, little-endian. */
typedef struct RigNicDesc {
    uint64_t addr;
    uint32_t length; /* with flags; see RIG_NIC_TXD_* */
    uint32_t status; /* RIG_NIC_DESC_* */
} RigNicDesc;

QEMU_BUILD_BUG_ON(sizeof(RigNicDesc) != RIG_NIC_DESC_SIZE);

/* What a transmit queue knows beyond its registers. */
typedef struct RigNicTx {
    uint8_t *frame;  /* RIG_NIC_LARGE_MAX bytes */
    uint32_t length; /* bytes gathered; RIG_NIC_LARGE_MAX + 1: too long */
    bool started;    /* flags and mss were taken from the first descriptor */
    uint32_t flags;  /* RIG_NIC_TXD_* */
    uint32_t mss;
    uint32_t segments;   /* how many frames it makes on the wire */
    uint32_t segment;    /* of these, taken by the link partner */
    uint32_t wire_bytes; /* length of all segments */
    bool failed;     /* a fragment could not be read */
    uint32_t saved;  /* bytes of `frame` that are migrated */
    bool ready;      /* frame is complete, the link partner has not taken it */
} RigNicTx;

/* Receive descriptors that were read ahead: [next, count) are unused. */
typedef struct RigNicRx {
    RigNicDesc desc[RIG_NIC_BATCH];
    uint32_t next;
    uint32_t count;
} RigNicRx;

/* What is known of a frame before it is stored. */
typedef struct RigNicRxInfo {
    unsigned queue;
    uint32_t flags;     /* RIG_NIC_RXD_* */
    uint32_t hash_kind; /* RIG_NIC_RSS_*, 0: no hash */
    uint32_t hash;
} RigNicRxInfo;

/* Statistics, in the order of their registers. */
enum {
    RIG_NIC_TX_FRAMES,
    RIG_NIC_TX_BYTES,
    RIG_NIC_RX_FRAMES,
    RIG_NIC_RX_BYTES,
    RIG_NIC_RX_NODESC,
    RIG_NIC_RX_FILTER,
    RIG_NIC_TX_ERRORS,
    RIG_NIC_RX_ERRORS,
    RIG_NIC_RX_OFF,
    RIG_NIC_RX_TOTAL,
    RIG_NIC_TX_TOTAL,
    RIG_NIC_TX_TSO,
    RIG_NIC_STATS
};

/* A fault that is armed (left > 0), or has struck and lasts. */
typedef struct RigNicFault {
    uint64_t left;     /* occasions until it strikes */
    uint64_t seen;     /* occasions since it was armed */
    bool lasts;
    uint32_t argument; /* the number, or the offset of the register */
    uint32_t bit;      /* RIG_FAULT_STUCK_BIT: number and value of the bit */
    uint32_t value;
} RigNicFault;

typedef struct RigNicCore {
    PCIDevice *pci;
    NICState *nic;
    uint32_t vectors; /* MSI-X table size, 1..RIG_NIC_MAX_VECTORS */
    uint32_t queues;  /* queue pairs, 1..RIG_NIC_MAX_QUEUES */

    uint32_t reg[RIG_NIC_REG_END / 4]; /* by offset; see rig_nic_reg() */
    uint64_t stat[RIG_NIC_STATS];
    uint16_t nvm[RIG_NIC_NVM_WORDS];
    uint16_t nvm_seen[RIG_NIC_NVM_WORDS]; /* as NVM_DATA shows it */
    QEMUTimer reset_timer;

    uint32_t sent;                         /* causes already reported */
    int64_t last_ns[RIG_NIC_MAX_VECTORS];  /* time of the last message */
    QEMUTimer itr_timer;                   /* next moderated message */
    bool intx;                             /* INTx is asserted */

    RigNicTx tx[RIG_NIC_MAX_QUEUES];
    QEMUTimer tx_timer;   /* goes on with the queues in tx_pending */
    uint32_t tx_pending;
    bool tx_blocked;      /* the link partner holds us up */

    RigNicRx rx[RIG_NIC_MAX_QUEUES];
    bool rx_held;         /* we hold the link partner up */

    struct NetRxPkt *rx_pkt; /* scratch, for one frame at a time */
    struct NetTxPkt *tx_pkt;

    RigNicFault fault[RIG_FAULTS_COUNT];
    uint32_t faulty;      /* bit per fault that is armed or lasts */
    uint32_t struck;      /* how many faults have struck */
    uint32_t storm_left;  /* messages that RIG_FAULT_INTERRUPT_STORM sends */
    uint32_t storm_vector;
    QEMUTimer storm_timer;
} RigNicCore;

static inline uint32_t *rig_nic_reg(RigNicCore *core, uint32_t offset)
{
    return &core->reg[offset / 4];
}

static inline uint32_t rig_nic_get(const RigNicCore *core, uint32_t offset)
{
    return core->reg[offset / 4];
}

/* --- rig-nic-core.c ---------------------------------------------------- */

/* Once for all devices. */
void rig_nic_core_class_init(void);
/* Once, before anything else; `pci`, `nic` and the sizes are set. */
void rig_nic_core_realize(RigNicCore *core, const uint8_t mac[6]);
void rig_nic_core_unrealize(RigNicCore *core);

/* Any access of the guest to the register BAR; never fails. */
uint32_t rig_nic_core_read(RigNicCore *core, hwaddr offset, unsigned size);
void rig_nic_core_write(RigNicCore *core, hwaddr offset, uint64_t value,
                        unsigned size);

/*
 * A reset in its three phases: stop all activity; clear all registers; start
 * the internal reset, which is complete RIG_NIC_RESET_NS later.
 */
void rig_nic_core_stop(RigNicCore *core);
void rig_nic_core_clear(RigNicCore *core);
void rig_nic_core_start(RigNicCore *core);

/* After a write to configuration space: bus master, MSI-X or power changed. */
void rig_nic_core_config_changed(RigNicCore *core);
void rig_nic_core_link_changed(RigNicCore *core);

/* Checks and completes migrated state. 0, or -EINVAL: it is not usable. */
int rig_nic_core_post_load(RigNicCore *core);

/* Whether `offset` is that of a register, of a queue pair that exists. */
bool rig_nic_reg_exists(const RigNicCore *core, uint32_t offset);
bool rig_nic_in_d0(PCIDevice *pci);
bool rig_nic_in_reset(const RigNicCore *core);
bool rig_nic_may_dma(RigNicCore *core);

/* The guest did what a driver must not do; it has no effect. */
void rig_nic_guest_error(const char *what, hwaddr offset, uint64_t value);
/* Records RIG_NIC_ERR_* and sets the cause. */
void rig_nic_error(RigNicCore *core, uint32_t code);

/* Around work outside of MMIO: accesses to our own BARs are refused in it. */
bool rig_nic_guard_enter(RigNicCore *core);
void rig_nic_guard_leave(RigNicCore *core, bool before);

/* --- rig-nic-fault.c ----------------------------------------------------- */

/*
 * Arms NAME[:ARGUMENT], or disarms all for "". 0; -ENOENT: no such fault;
 * -EINVAL: bad ordinal or argument.
 */
int rig_nic_fault_arm(RigNicCore *core, const char *spec, uint64_t ordinal);
void rig_nic_fault_disarm(RigNicCore *core);
/* Occasions of fault `name` since it was armed, or -ENOENT. */
int64_t rig_nic_fault_occasions(const RigNicCore *core, const char *name);
/* Replaces all by NAME@ORDINAL[:ARGUMENT];... and the other way round. */
bool rig_nic_fault_arm_list(RigNicCore *core, const char *list, Error **errp);
char *rig_nic_fault_list(const RigNicCore *core);
bool rig_nic_fault_post_load(RigNicCore *core);

bool rig_nic_fault_count(RigNicCore *core, enum rig_fault_id id);

/* An occasion of the fault: is it struck? */
static inline bool rig_nic_fault_hits(RigNicCore *core, enum rig_fault_id id)
{
    return unlikely(core->faulty & (1u << id)) &&
           rig_nic_fault_count(core, id);
}

/* Has the fault struck to last? No occasion. */
static inline bool rig_nic_fault_lasts(const RigNicCore *core,
                                       enum rig_fault_id id)
{
    return unlikely(core->faulty & (1u << id)) && core->fault[id].lasts;
}

/* What software reads instead of `value`. */
uint32_t rig_nic_fault_read(RigNicCore *core, uint32_t offset, uint32_t value);
uint32_t rig_nic_fault_config_read(RigNicCore *core, uint32_t address,
                                   int length, uint32_t value);
/* Changes what software writes; false: nothing is written. */
bool rig_nic_fault_config_write(RigNicCore *core, uint32_t address,
                                uint32_t *value, int length);

/* --- rig-nic-irq.c ------------------------------------------------------ */

void rig_nic_irq_init(RigNicCore *core);
void rig_nic_irq_reset(RigNicCore *core);
void rig_nic_irq_stop(RigNicCore *core);
/* An interrupt that no cause asked for: RIG_FAULT_EARLY_INTERRUPT. */
void rig_nic_irq_spurious(RigNicCore *core, unsigned vector);
/* Events happened: RIG_NIC_CAUSE_*. */
void rig_nic_irq_cause(RigNicCore *core, uint32_t causes);
/* Something changed that decides on interrupts: raise what is due. */
void rig_nic_irq_update(RigNicCore *core);

void rig_nic_icr_write(RigNicCore *core, uint32_t offset, uint32_t value);
void rig_nic_ics_write(RigNicCore *core, uint32_t offset, uint32_t value);
void rig_nic_ims_write(RigNicCore *core, uint32_t offset, uint32_t value);
void rig_nic_imc_write(RigNicCore *core, uint32_t offset, uint32_t value);
uint32_t rig_nic_imc_read(RigNicCore *core, uint32_t offset);
void rig_nic_vector_write(RigNicCore *core, uint32_t offset, uint32_t value);

/* --- rig-nic-ring.c ------------------------------------------------------ */

/* All DMA of the device; false: it failed. */
bool rig_nic_dma_read(RigNicCore *core, uint64_t address, void *buffer,
                      size_t length);
bool rig_nic_dma_write(RigNicCore *core, uint64_t address, const void *buffer,
                       size_t length);

bool rig_nic_ring_on(const RigNicCore *core, uint32_t ring);
/* Number of descriptors that belong to the device. */
uint32_t rig_nic_ring_owned(const RigNicCore *core, uint32_t ring);
/*
 * Reads up to `max` (1..RIG_NIC_BATCH) descriptors at HEAD, without wrapping.
 * Returns their number; 0: none left, or the ring is halted now.
 */
uint32_t rig_nic_ring_fetch(RigNicCore *core, uint32_t ring,
                            RigNicDesc *desc, uint32_t max);
/*
 * Writes dwords 2 and 3 of descriptor HEAD + `ahead`, with `hash` before them
 * 0 and 1, too. False: ring halted.
 */
bool rig_nic_ring_write_back(RigNicCore *core, uint32_t ring, uint32_t ahead,
                             const RigNicDesc *desc, bool hash);
void rig_nic_ring_advance(RigNicCore *core, uint32_t ring, uint32_t count);

void rig_nic_ring_config_write(RigNicCore *core, uint32_t offset,
                               uint32_t value);
void rig_nic_ring_tail_write(RigNicCore *core, uint32_t offset,
                             uint32_t value);
void rig_nic_ring_ctrl_write(RigNicCore *core, uint32_t offset,
                             uint32_t value);

/* --- rig-nic-tx.c -------------------------------------------------------- */

void rig_nic_tx_init(RigNicCore *core);
void rig_nic_tx_uninit(RigNicCore *core);
void rig_nic_tx_stop(RigNicCore *core);
void rig_nic_tx_reset(RigNicCore *core, unsigned queue);
/* There may be something to send: now, at most RIG_NIC_TX_BUDGET at a time. */
void rig_nic_tx_doorbell(RigNicCore *core, unsigned queue);
/* The same for all queues, a moment later. */
void rig_nic_tx_kick(RigNicCore *core);

/* Gives a frame to the link partner; false: it was queued, we must wait. */
bool rig_nic_tx_pass_on(RigNicCore *core, const struct iovec *iov, int count);
/* Is migrated state of a queue usable? */
bool rig_nic_tx_valid(RigNicCore *core, unsigned queue);

/* --- rig-nic-offload.c ---------------------------------------------------- */

void rig_nic_offload_init(RigNicCore *core);
void rig_nic_offload_uninit(RigNicCore *core);
RigNicRxInfo rig_nic_offload_classify(RigNicCore *core,
                                      const struct iovec *iov, int count);
/*
 * A frame is complete: compute its checksums in place, or find out how many
 * segments it makes. False: it cannot be segmented.
 */
bool rig_nic_offload_prepare(RigNicCore *core, RigNicTx *tx);
/* Sends segments until the link partner must be waited for. */
bool rig_nic_offload_send_large(RigNicCore *core, RigNicTx *tx);

/* --- rig-nic-rx.c -------------------------------------------------------- */

void rig_nic_rx_reset(RigNicCore *core, unsigned queue);
bool rig_nic_rx_can_receive(RigNicCore *core);
/* Takes or drops a frame: its size; or 0: keep it, we say when to go on. */
ssize_t rig_nic_rx_frame(RigNicCore *core, const struct iovec *iov, int count);
/* Frames that were held up may be delivered, or dropped, now. */
void rig_nic_rx_resume(RigNicCore *core);

#endif
