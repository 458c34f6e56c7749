/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The state of a function as far as reading it changes nothing. */
#include <errno.h>
#include <linux/pci_regs.h>
#include <stdio.h>
#include <string.h>
#include "linux/device-state.h"
#include "rig/nic-regs.h"

enum place { CONFIG = 0, TABLE = 1, REGISTER = 2 };

#define CONFIG_SIZE 256u

static const char *const place_names[] = {
    [CONFIG] = "configuration space at", [TABLE] = "MSI-X table at",
    [REGISTER] = "register",
};

/* Registers of rig-nic that exist for every number of queues; to: inclusive. */
static const struct {
    uint16_t from, to;
} ranges[] = {
    { RIG_NIC_CTRL, RIG_NIC_RXFILTER },
    { RIG_NIC_NVM_ADDR, RIG_NIC_NVM_DATA },
    { RIG_NIC_MCHASH(0), RIG_NIC_MCHASH(1) },
    { RIG_NIC_FEATURES, RIG_NIC_RSS },
    { RIG_NIC_ICR, RIG_NIC_ERRCODE },
    { RIG_NIC_IVAR(0), RIG_NIC_IVAR(RIG_NIC_CAUSES - 1) },
    { RIG_NIC_ITR(0), RIG_NIC_ITR(RIG_NIC_MAX_VECTORS - 1) },
    { RIG_NIC_RSSKEY(0), RIG_NIC_RSSKEY(RIG_NIC_RSSKEY_REGS - 1) },
    { RIG_NIC_RETA(0), RIG_NIC_RETA(RIG_NIC_RETA_REGS - 1) },
    { RIG_NIC_STAT_TX_FRAMES, RIG_NIC_STAT_TX_TSO + 4 },
};

static void add(struct device_state *s, enum place place, uint32_t offset,
                uint32_t value)
{
    if (s->n < DEVICE_STATE_MAX) {
        s->value[s->n] = value;
        s->place[s->n++] = (uint32_t)place << 24 | offset;
    }
}

/* Bits that the hardware sets by itself, in the dword at `offset`. */
static uint32_t volatile_bits(unsigned offset, unsigned exp_cap)
{
    if (offset == PCI_COMMAND) {
        return 0xffffu << 16;                 /* Status */
    }
    if (exp_cap && offset == exp_cap + PCI_EXP_DEVCTL) {
        return 0xffffu << 16;                 /* Device Status */
    }
    if (exp_cap && offset == exp_cap + PCI_EXP_LNKCTL) {
        return 0xffffu << 16;                 /* Link Status */
    }
    return 0;
}

static unsigned find_cap(const uint8_t *config, uint8_t id)
{
    unsigned pos = config[PCI_CAPABILITY_LIST] & ~3u;

    for (int i = 0; pos >= 0x40 && i < 48; i++) {
        if (config[pos] == id) {
            return pos;
        }
        pos = config[pos + 1] & ~3u;
    }
    return 0;
}

static int read_config(struct vfio_device *dev, struct device_state *s)
{
    uint8_t config[CONFIG_SIZE];
    unsigned exp_cap;

    if (vfio_config_read(dev, 0, config, sizeof(config))) {
        return -1;
    }
    exp_cap = find_cap(config, PCI_CAP_ID_EXP);
    for (unsigned i = 0; i < CONFIG_SIZE; i += 4) {
        uint32_t value;

        memcpy(&value, config + i, 4);
        add(s, CONFIG, i, value & ~volatile_bits(i, exp_cap));
    }
    return 0;
}

static void read_table(struct vfio_device *dev, struct device_state *s)
{
    for (unsigned v = 0; v < dev->msix_vectors && v < 256; v++) {
        for (unsigned dword = 0; dword < 4; dword++) {
            add(s, TABLE, v * PCI_MSIX_ENTRY_SIZE + 4 * dword,
                vfio_msix_read(dev, v, dword));
        }
    }
}

static void read_range(volatile uint32_t *regs, struct device_state *s,
                       uint32_t from, uint32_t to)
{
    for (uint32_t offset = from; offset <= to; offset += 4) {
        uint32_t value = regs[offset / 4];

        if (offset == RIG_NIC_STATUS) {
            value &= ~RIG_NIC_STATUS_LINK_UP; /* comes when it comes */
        }
        add(s, REGISTER, offset, value);
    }
}

static void read_rig_nic(struct vfio_device *dev, struct device_state *s)
{
    volatile uint32_t *regs = dev->bar[RIG_NIC_BAR_REGS].map;
    unsigned queues, vectors;

    if (!regs || dev->bar[RIG_NIC_BAR_REGS].size < RIG_NIC_REGS_SIZE) {
        return;
    }
    queues = RIG_NIC_CAPS_QUEUES(regs[RIG_NIC_CAPS / 4]);
    vectors = RIG_NIC_CAPS_VECTORS(regs[RIG_NIC_CAPS / 4]);
    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
        uint32_t to = ranges[i].to;

        if (ranges[i].from == RIG_NIC_ITR(0) && vectors &&
            vectors < RIG_NIC_MAX_VECTORS) {
            to = RIG_NIC_ITR(vectors - 1);
        }
        read_range(regs, s, ranges[i].from, to);
    }
    for (unsigned q = 0; q < queues && q < RIG_NIC_MAX_QUEUES; q++) {
        read_range(regs, s, RIG_NIC_TX(q), RIG_NIC_TX(q) + RIG_NIC_RING_CTRL);
        read_range(regs, s, RIG_NIC_RX(q), RIG_NIC_RX(q) + RIG_NIC_RING_CTRL);
    }
}

int device_state_read(struct vfio_device *dev, struct device_state *s)
{
    s->n = 0;
    if (read_config(dev, s)) {
        return -1;
    }
    read_table(dev, s);
    if (s->value[0] == (RIG_NIC_VENDOR_ID | (uint32_t)RIG_NIC_DEVICE_ID << 16))
    {
        read_rig_nic(dev, s);
    }
    return 0;
}

uint64_t device_state_digest(const struct device_state *s)
{
    uint64_t h = 0xcbf29ce484222325ull;

    for (unsigned i = 0; i < s->n; i++) {
        for (unsigned shift = 0; shift < 32; shift += 8) {
            h = (h ^ (s->value[i] >> shift & 0xff)) * 0x100000001b3ull;
        }
    }
    return h;
}

bool device_state_same(const struct device_state *was,
                       const struct device_state *is, char *text, size_t size)
{
    unsigned different = 0, first = 0;

    text[0] = '\0';
    if (was->n != is->n) {
        snprintf(text, size, "it has %u readable dwords, had %u", is->n,
                 was->n);
        return false;
    }
    for (unsigned i = was->n; i-- > 0; ) {
        if (was->value[i] != is->value[i]) {
            different++;
            first = i;
        }
    }
    if (!different) {
        return true;
    }
    snprintf(text, size, "%s 0x%04x reads 0x%08x, was 0x%08x",
             place_names[was->place[first] >> 24],
             was->place[first] & 0xffffff, is->value[first],
             was->value[first]);
    if (different > 1) {
        size_t len = strlen(text);

        snprintf(text + len, size - len, " (and %u more)", different - 1);
    }
    return false;
}
