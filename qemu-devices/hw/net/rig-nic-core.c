/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Registers of rig-nic, and what acts on the device as a whole: resets, NVM,
 * link and power.
 *
 * One table row describes a register or a range of equal registers. A write
 * stores the writable bits, or calls the row's hook with them; a read returns
 * what is stored, or asks the hook. An offset without a row is reserved.
 */
#include "qemu/osdep.h"
#include "hw/pci/pci.h"
#include "net/net.h"
#include "qemu/log.h"
#include "rig-nic-core.h"
#include "trace.h"

typedef struct RegInfo {
    const char *name;
    uint32_t offset;
    uint32_t count;  /* registers in the range */
    uint32_t stride; /* bytes between them */
    uint32_t reset;
    uint32_t mask;   /* writable bits */
    uint32_t (*read)(RigNicCore *core, uint32_t offset);
    void (*write)(RigNicCore *core, uint32_t offset, uint32_t value);
} RegInfo;

/* CTRL.RST was written, the reset runs: shall it take longer, or for ever? */
static void soft_reset_faults(RigNicCore *core)
{
    if (rig_nic_fault_hits(core, RIG_FAULT_SLOW_RESET)) {
        timer_mod(&core->reset_timer,
                  qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) + (int64_t)SCALE_US *
                  core->fault[RIG_FAULT_SLOW_RESET].argument);
    }
    if (rig_nic_fault_hits(core, RIG_FAULT_RESET_NEVER_DONE)) {
        timer_del(&core->reset_timer);
    }
}

static void ctrl_write(RigNicCore *core, uint32_t offset, uint32_t value)
{
    if (value & RIG_NIC_CTRL_RST) {
        rig_nic_core_stop(core);
        rig_nic_core_clear(core);
        rig_nic_core_start(core);
        soft_reset_faults(core);
        return;
    }
    *rig_nic_reg(core, RIG_NIC_CTRL) = value;
    rig_nic_rx_resume(core);
    rig_nic_tx_kick(core);
}

static void maxframe_write(RigNicCore *core, uint32_t offset, uint32_t value)
{
    if (value < 64 || value > RIG_NIC_FRAME_MAX) {
        rig_nic_guest_error("MAXFRAME out of range", offset, value);
        return;
    }
    *rig_nic_reg(core, RIG_NIC_MAXFRAME) = value;
}

static void show_mac(RigNicCore *core)
{
    uint8_t mac[6];

    stl_le_p(mac, rig_nic_get(core, RIG_NIC_MAC_LO));
    stw_le_p(mac + 4, rig_nic_get(core, RIG_NIC_MAC_HI));
    qemu_format_nic_info_str(qemu_get_queue(core->nic), mac);
}

static void mac_write(RigNicCore *core, uint32_t offset, uint32_t value)
{
    *rig_nic_reg(core, offset) = value;
    show_mac(core);
}

static uint32_t nvm_read(RigNicCore *core, uint32_t offset)
{
    return core->nvm_seen[rig_nic_get(core, RIG_NIC_NVM_ADDR)];
}

/* The low half; the high half is kept for the read that follows. */
static uint32_t stat_read_low(RigNicCore *core, uint32_t offset)
{
    uint64_t value = core->stat[(offset - RIG_NIC_STAT_TX_FRAMES) / 8];

    *rig_nic_reg(core, offset + 4) = value >> 32;
    return value;
}

#define RO(name, reset) \
    { #name, RIG_NIC_##name, 1, 4, reset, 0, NULL, NULL }
#define RW(name, reset, mask, write) \
    { #name, RIG_NIC_##name, 1, 4, reset, mask, NULL, write }
#define STAT(name) \
    { #name, RIG_NIC_STAT_##name, 1, 4, 0, 0, stat_read_low, NULL }, \
    { #name "_HI", RIG_NIC_STAT_##name + 4, 1, 4, 0, 0, NULL, NULL }
#define PER_QUEUE(dir, name, mask, write) \
    { #dir "_" #name, RIG_NIC_##dir(0) + RIG_NIC_RING_##name, \
      RIG_NIC_MAX_QUEUES, RIG_NIC_##dir(1) - RIG_NIC_##dir(0), 0, mask, \
      NULL, write }
#define RING(dir, ctrl) \
    PER_QUEUE(dir, BASE_LO, 0xfffffff0, rig_nic_ring_config_write), \
    PER_QUEUE(dir, BASE_HI, 0xffffffff, rig_nic_ring_config_write), \
    PER_QUEUE(dir, SIZE, 0x1fff, rig_nic_ring_config_write), \
    PER_QUEUE(dir, HEAD, 0, NULL), \
    PER_QUEUE(dir, TAIL, 0xffff, rig_nic_ring_tail_write), \
    PER_QUEUE(dir, CTRL, ctrl, rig_nic_ring_ctrl_write)

static const RegInfo reg_info[] = {
    RW(CTRL, 0, RIG_NIC_CTRL_RST | RIG_NIC_CTRL_RXEN | RIG_NIC_CTRL_TXEN,
       ctrl_write),
    RO(STATUS, 0),
    RO(ID, RIG_NIC_ID_VALUE),
    RO(CAPS, 0),
    RO(SPEED, RIG_NIC_SPEED_MBPS),
    RW(MAXFRAME, 1514, 0xffff, maxframe_write),
    RW(MAC_LO, 0, 0xffffffff, mac_write),
    RW(MAC_HI, 0, 0xffff, mac_write),
    RW(RXFILTER, 0, RIG_NIC_RXF_BROADCAST | RIG_NIC_RXF_ALLMULTI |
       RIG_NIC_RXF_PROMISCUOUS | RIG_NIC_RXF_HASHMULTI, NULL),
    RW(NVM_ADDR, 0, RIG_NIC_NVM_WORDS - 1, NULL),
    { "NVM_DATA", RIG_NIC_NVM_DATA, 1, 4, 0, 0, nvm_read, NULL },
    RO(FEATURES, RIG_NIC_FEATURE_RSS | RIG_NIC_FEATURE_RXCSUM |
       RIG_NIC_FEATURE_TXCSUM | RIG_NIC_FEATURE_TSO),
    RW(RXCSUM, 0, RIG_NIC_RXCSUM_ENABLE, NULL),
    RW(RSS, 0, RIG_NIC_RSS_ENABLE | RIG_NIC_RSS_KINDS, NULL),
    { "RSSKEY", RIG_NIC_RSSKEY(0), RIG_NIC_RSSKEY_REGS, 4, 0, 0xffffffff,
      NULL, NULL },
    { "RETA", RIG_NIC_RETA(0), RIG_NIC_RETA_REGS, 4, 0, 0xffffffff, NULL,
      NULL },
    { "MCHASH", RIG_NIC_MCHASH(0), 2, 4, 0, 0xffffffff, NULL, NULL },
    RW(ICR, 0, RIG_NIC_CAUSE_ALL, rig_nic_icr_write),
    RW(ICS, 0, RIG_NIC_CAUSE_ALL, rig_nic_ics_write),
    RW(IMS, 0, RIG_NIC_CAUSE_ALL, rig_nic_ims_write),
    { "IMC", RIG_NIC_IMC, 1, 4, 0, RIG_NIC_CAUSE_ALL, rig_nic_imc_read,
      rig_nic_imc_write },
    RW(IAC, 0, RIG_NIC_CAUSE_ALL, NULL),
    RW(IAM, 0, RIG_NIC_CAUSE_ALL, NULL),
    RO(ERRCODE, RIG_NIC_ERR_NONE),
    { "IVAR", RIG_NIC_IVAR(0), RIG_NIC_CAUSES, 4, 0,
      RIG_NIC_IVAR_VALID | RIG_NIC_IVAR_VECTOR, NULL, rig_nic_vector_write },
    { "ITR", RIG_NIC_ITR(0), RIG_NIC_MAX_VECTORS, 4, 0, 0xffff, NULL,
      rig_nic_vector_write },
    RING(TX, RIG_NIC_RING_ENABLE),
    RING(RX, RIG_NIC_RING_ENABLE | RIG_NIC_RING_DROP),
    STAT(TX_FRAMES), STAT(TX_BYTES), STAT(RX_FRAMES), STAT(RX_BYTES),
    STAT(RX_NODESC), STAT(RX_FILTER), STAT(TX_ERRORS), STAT(RX_ERRORS),
    STAT(RX_OFF), STAT(RX_TOTAL), STAT(TX_TOTAL), STAT(TX_TSO),
};

/* Row of each register plus 1; 0: reserved. */
static uint8_t row_of[RIG_NIC_REG_END / 4];

QEMU_BUILD_BUG_ON(ARRAY_SIZE(reg_info) >= UINT8_MAX);

void rig_nic_core_class_init(void)
{
    for (unsigned r = 0; r < ARRAY_SIZE(reg_info); r++) {
        for (uint32_t i = 0; i < reg_info[r].count; i++) {
            row_of[(reg_info[r].offset + i * reg_info[r].stride) / 4] = r + 1;
        }
    }
}

static bool queue_exists(const RigNicCore *core, hwaddr offset)
{
    return offset < RIG_NIC_TX(core->queues) ||
           offset >= RIG_NIC_TX(RIG_NIC_MAX_QUEUES);
}

/* The row for an access, or NULL: there is no such register. */
static const RegInfo *find(const RigNicCore *core, hwaddr offset,
                           unsigned size)
{
    if (size != 4 || offset % 4 || offset >= RIG_NIC_REG_END ||
        !row_of[offset / 4] || !queue_exists(core, offset)) {
        return NULL;
    }
    return &reg_info[row_of[offset / 4] - 1];
}

bool rig_nic_reg_exists(const RigNicCore *core, uint32_t offset)
{
    return find(core, offset, 4) != NULL;
}

uint32_t rig_nic_core_read(RigNicCore *core, hwaddr offset, unsigned size)
{
    const RegInfo *info = find(core, offset, size);
    uint32_t value;

    if (!info) {
        rig_nic_guest_error("read of no register", offset, size);
        return 0;
    }
    value = info->read ? info->read(core, offset) : rig_nic_get(core, offset);
    if (unlikely(core->faulty)) {
        value = rig_nic_fault_read(core, offset, value);
    }
    trace_rig_nic_read(info->name, offset, value);
    return value;
}

void rig_nic_core_write(RigNicCore *core, hwaddr offset, uint64_t value,
                        unsigned size)
{
    const RegInfo *info = find(core, offset, size);
    uint32_t bits = value & (info ? info->mask : 0);

    if (!info || !info->mask) {
        rig_nic_guest_error("write to no writable register", offset, value);
        return;
    }
    trace_rig_nic_write(info->name, offset, value);
    if (rig_nic_fault_lasts(core, RIG_FAULT_ALL_ONES)) {
        return;
    }
    if (rig_nic_fault_hits(core, RIG_FAULT_EARLY_INTERRUPT)) {
        rig_nic_irq_spurious(core,
                             core->fault[RIG_FAULT_EARLY_INTERRUPT].argument);
    }
    if (rig_nic_in_reset(core) &&
        !(offset == RIG_NIC_CTRL && (bits & RIG_NIC_CTRL_RST))) {
        rig_nic_guest_error("write during a reset", offset, value);
    } else if (info->write) {
        info->write(core, offset, bits);
    } else {
        *rig_nic_reg(core, offset) = bits;
    }
}

/* --- resets ------------------------------------------------------------- */

void rig_nic_core_stop(RigNicCore *core)
{
    *rig_nic_reg(core, RIG_NIC_STATUS) &= ~RIG_NIC_STATUS_RESET_DONE;
    timer_del(&core->reset_timer);
    rig_nic_tx_stop(core);
}

static void clear_registers(RigNicCore *core)
{
    memset(core->reg, 0, sizeof(core->reg));
    for (unsigned r = 0; r < ARRAY_SIZE(reg_info); r++) {
        for (uint32_t i = 0; i < reg_info[r].count; i++) {
            *rig_nic_reg(core, reg_info[r].offset + i * reg_info[r].stride) =
                reg_info[r].reset;
        }
    }
    *rig_nic_reg(core, RIG_NIC_CAPS) = core->queues | core->vectors << 8;
    if (!qemu_get_queue(core->nic)->link_down) {
        *rig_nic_reg(core, RIG_NIC_STATUS) = RIG_NIC_STATUS_LINK_UP;
    }
}

void rig_nic_core_clear(RigNicCore *core)
{
    clear_registers(core);
    memset(core->stat, 0, sizeof(core->stat));
    rig_nic_irq_reset(core);
    for (unsigned q = 0; q < core->queues; q++) {
        core->tx[q].ready = false;
        rig_nic_tx_reset(core, q);
        rig_nic_rx_reset(core, q);
    }
}

void rig_nic_core_start(RigNicCore *core)
{
    trace_rig_nic_reset_begin();
    rig_nic_rx_resume(core);
    timer_mod(&core->reset_timer,
              qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) + RIG_NIC_RESET_NS);
}

static uint16_t nvm_sum(const uint16_t *nvm, unsigned words)
{
    uint16_t sum = 0;

    for (unsigned i = 0; i < words; i++) {
        sum += nvm[i];
    }
    return sum;
}

static void nvm_seal(uint16_t *nvm)
{
    nvm[RIG_NIC_NVM_WORDS - 1] = RIG_NIC_NVM_SUM -
                                 nvm_sum(nvm, RIG_NIC_NVM_WORDS - 1);
}

/* The NVM is read into the device; faults show in what is seen of it. */
static void nvm_load(RigNicCore *core)
{
    uint16_t *nvm = core->nvm_seen;

    memcpy(nvm, core->nvm, sizeof(core->nvm));
    if (rig_nic_fault_hits(core, RIG_FAULT_MAC_ZERO)) {
        memset(nvm, 0, 3 * sizeof(*nvm));
        nvm_seal(nvm);
    }
    if (rig_nic_fault_hits(core, RIG_FAULT_MAC_MULTICAST)) {
        nvm[0] |= 1;
        nvm_seal(nvm);
    }
    if (rig_nic_fault_hits(core, RIG_FAULT_NVM_CHECKSUM)) {
        nvm[RIG_NIC_NVM_WORDS - 1] ^= 1;
    }
}

static void reset_done(void *opaque)
{
    RigNicCore *core = opaque;
    uint32_t *status = rig_nic_reg(core, RIG_NIC_STATUS);

    nvm_load(core);
    if (nvm_sum(core->nvm_seen, RIG_NIC_NVM_WORDS) == RIG_NIC_NVM_SUM) {
        *rig_nic_reg(core, RIG_NIC_MAC_LO) =
            core->nvm_seen[0] | (uint32_t)core->nvm_seen[1] << 16;
        *rig_nic_reg(core, RIG_NIC_MAC_HI) = core->nvm_seen[2];
        *status |= RIG_NIC_STATUS_NVM_VALID;
    }
    *status |= RIG_NIC_STATUS_RESET_DONE;
    show_mac(core);
    trace_rig_nic_reset_done(*status);
}

static void nvm_init(RigNicCore *core, const uint8_t mac[6])
{
    for (unsigned i = 0; i < RIG_NIC_NVM_WORDS; i++) {
        core->nvm[i] = 0xffff;
    }
    for (unsigned i = 0; i < 3; i++) {
        core->nvm[i] = lduw_le_p(mac + 2 * i);
    }
    core->nvm[3] = RIG_NIC_NVM_VERSION;
    nvm_seal(core->nvm);
    memcpy(core->nvm_seen, core->nvm, sizeof(core->nvm));
}

/* --- the rest of the world ----------------------------------------------- */

bool rig_nic_in_d0(PCIDevice *pci)
{
    return !(pci_get_word(pci->config + pci->pm_cap + PCI_PM_CTRL) &
             PCI_PM_CTRL_STATE_MASK);
}

bool rig_nic_in_reset(const RigNicCore *core)
{
    return !(rig_nic_get(core, RIG_NIC_STATUS) & RIG_NIC_STATUS_RESET_DONE);
}

bool rig_nic_may_dma(RigNicCore *core)
{
    return rig_nic_in_d0(core->pci) && !rig_nic_in_reset(core) &&
           !rig_nic_fault_lasts(core, RIG_FAULT_ALL_ONES) &&
           (pci_get_word(core->pci->config + PCI_COMMAND) &
            PCI_COMMAND_MASTER);
}

void rig_nic_core_config_changed(RigNicCore *core)
{
    bool guarded = rig_nic_guard_enter(core);

    rig_nic_irq_update(core);
    rig_nic_rx_resume(core);
    if (rig_nic_may_dma(core)) {
        rig_nic_tx_kick(core);
    }
    rig_nic_guard_leave(core, guarded);
}

void rig_nic_core_link_changed(RigNicCore *core)
{
    uint32_t *status = rig_nic_reg(core, RIG_NIC_STATUS);
    uint32_t link = qemu_get_queue(core->nic)->link_down ?
                    0 : RIG_NIC_STATUS_LINK_UP;
    bool guarded;

    if ((*status & RIG_NIC_STATUS_LINK_UP) == link) {
        return;
    }
    trace_rig_nic_link(link != 0);
    *status = (*status & ~RIG_NIC_STATUS_LINK_UP) | link;
    guarded = rig_nic_guard_enter(core);
    rig_nic_irq_cause(core, RIG_NIC_CAUSE_LINK);
    rig_nic_rx_resume(core);
    rig_nic_guard_leave(core, guarded);
}

void rig_nic_guest_error(const char *what, hwaddr offset, uint64_t value)
{
    trace_rig_nic_guest_error(what, offset, value);
    qemu_log_mask(LOG_GUEST_ERROR, "rig-nic: %s: offset 0x%" HWADDR_PRIx
                  ", value 0x%" PRIx64 "\n", what, offset, value);
}

void rig_nic_error(RigNicCore *core, uint32_t code)
{
    trace_rig_nic_error(code);
    *rig_nic_reg(core, RIG_NIC_ERRCODE) = code;
    rig_nic_irq_cause(core, RIG_NIC_CAUSE_ERROR);
}

bool rig_nic_guard_enter(RigNicCore *core)
{
    MemReentrancyGuard *guard = &DEVICE(core->pci)->mem_reentrancy_guard;
    bool before = guard->engaged_in_io;

    guard->engaged_in_io = true;
    return before;
}

void rig_nic_guard_leave(RigNicCore *core, bool before)
{
    DEVICE(core->pci)->mem_reentrancy_guard.engaged_in_io = before;
}

/* --- life ---------------------------------------------------------------- */

void rig_nic_core_realize(RigNicCore *core, const uint8_t mac[6])
{
    timer_init_ns(&core->reset_timer, QEMU_CLOCK_VIRTUAL, reset_done, core);
    rig_nic_irq_init(core);
    rig_nic_tx_init(core);
    rig_nic_offload_init(core);
    nvm_init(core, mac);
    rig_nic_core_clear(core);
    /* Frames may wait that another NIC, unplugged since, has held up. */
    core->rx_held = true;
}

void rig_nic_core_unrealize(RigNicCore *core)
{
    rig_nic_core_stop(core);
    rig_nic_irq_stop(core);
    rig_nic_offload_uninit(core);
    rig_nic_tx_uninit(core);
}

static bool ring_usable(const RigNicCore *core, uint32_t ring)
{
    uint32_t size = rig_nic_get(core, ring + RIG_NIC_RING_SIZE);

    if (!(rig_nic_get(core, ring + RIG_NIC_RING_CTRL) &
          RIG_NIC_RING_ENABLE)) {
        return true;
    }
    return size >= RIG_NIC_RING_MIN && size <= RIG_NIC_RING_MAX &&
           is_power_of_2(size) &&
           rig_nic_get(core, ring + RIG_NIC_RING_HEAD) < size &&
           rig_nic_get(core, ring + RIG_NIC_RING_TAIL) < size;
}

int rig_nic_core_post_load(RigNicCore *core)
{
    if (!rig_nic_fault_post_load(core) ||
        core->storm_vector >= core->vectors ||
        rig_nic_get(core, RIG_NIC_CAPS) !=
            (core->queues | core->vectors << 8) ||
        rig_nic_get(core, RIG_NIC_NVM_ADDR) >= RIG_NIC_NVM_WORDS) {
        return -EINVAL;
    }
    for (unsigned q = 0; q < core->queues; q++) {
        if (!ring_usable(core, RIG_NIC_TX(q)) ||
            !ring_usable(core, RIG_NIC_RX(q)) ||
            !rig_nic_tx_valid(core, q)) {
            return -EINVAL;
        }
        rig_nic_rx_reset(core, q);
    }
    core->tx_blocked = false;
    core->rx_held = true;
    qemu_get_queue(core->nic)->link_down =
        !(rig_nic_get(core, RIG_NIC_STATUS) & RIG_NIC_STATUS_LINK_UP);
    show_mac(core);
    return 0;
}
