/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A libFuzzer target for rig-nic and rig-tap: an input is a driver's life.
 *
 * An input is a list of 8-byte records, each one step of a hostile driver:
 * registers, descriptors, configuration space, MSI-X table, markers, commands,
 * faults, resets, link, unplug, time. QEMU's own generic-fuzz finds accesses by
 * itself, but it cannot write the tap's slots, which are plain memory, and it
 * rarely turns a ring on. make-seeds turns the log of a qtest into an input.
 *
 * The machine is laid out as the qtests do it, see rig-nic-driver.h: nic0 and
 * nic1 in slots 4 and 5 on one cable, nic2 behind a root port on another with a
 * reflector, and a tap that watches them. Only two stations on a hub can hold
 * each other up.
 */
#include "qemu/osdep.h"
#include "hw/pci/pci_regs.h"
#include "hw/qdev-core.h"
#include "monitor/qdev.h"
#include "net/net.h"
#include "qapi/error.h"
#include "qapi/qapi-commands-net.h"
#include "qemu/bswap.h"
#include "qemu/rcu.h"
#include "qobject/qdict.h"
#include "rig/faults.h"
#include "rig/nic-regs.h"
#include "rig/tap-regs.h"
#include "tests/qtest/libqos/pci-pc.h"
#include "../../../hw/misc/rig-tap.h"
#include "fuzz.h"

#define WINDOW      0xe0000000u /* BARs: slot number times 1 MiB above */
#define BEHIND      0xe8000000u /* BARs of nic2 */
#define TAP_REGS    0xe9000000u
#define TAP_SLOTS   0xe9010000u
#define RAM_END     0x01000000u /* as far as records can write */
#define FILL_MAX    0x8000
#define NICS        3
#define PORT_DEVFN  QPCI_DEVFN(7, 0)
#define TAP_DEVFN   QPCI_DEVFN(0x1e, 0)
#define SLOT_COMMAND 1          /* the slot that OP_FAULT uses */

/* The first byte of a record, modulo OPS; make-seeds has the same numbers. */
enum {
    OP_NIC_WRITE,    /* sel nic, offset, value */
    OP_NIC_READ,
    OP_NIC_ODD,      /* sel: nic, size in bits 2 and up; any offset */
    OP_MSIX_WRITE,   /* sel: nic, size in bits 2 and up */
    OP_MSIX_READ,
    OP_RAM_WRITE,    /* sel: 64 KiB page, offset, value */
    OP_RAM_FILL,     /* the same; value: byte, and length in bits 8 and up */
    OP_CONFIG_WRITE, /* sel: function, size in bits 4 and up */
    OP_CONFIG_READ,
    OP_CLOCK,        /* value: ns */
    OP_SLOT_WRITE,   /* sel: slot, offset, value */
    OP_TAP_WRITE,    /* sel: size, offset, value */
    OP_TAP_READ,
    OP_RESET,
    OP_LINK,         /* sel nic, value: up */
    OP_FAULT,        /* sel: fault, offset: ordinal, value: argument */
    OP_PLUG,         /* value: nic2 plugged or not */
    OPS
};

typedef struct Record {
    uint8_t op, sel;
    uint16_t offset;
    uint32_t value;
} Record;

QEMU_BUILD_BUG_ON(sizeof(Record) != 8);

static QPCIBus *bus;

static const int devfn_of[] = {
    QPCI_DEVFN(4, 0), QPCI_DEVFN(5, 0), 1 << 8, PORT_DEVFN, TAP_DEVFN,
};

static uint32_t regs_of(unsigned nic)
{
    return nic == 2 ? BEHIND : WINDOW + (4 + nic) * 0x100000;
}

/* --- the machine -----------------------------------------------------------*/

static GString *command_line(FuzzTarget *target)
{
    return g_string_new(TARGET_NAME " -display none -machine accel=qtest "
        "-M q35 -m 64M -nodefaults "
        "-global ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off "
        "-netdev hubport,id=n0,hubid=0 -netdev hubport,id=n1,hubid=0 "
        "-netdev hubport,id=n2,hubid=1 -netdev hubport,id=n3,hubid=1 "
        "-device rig-nic,id=nic0,netdev=n0,addr=4.0,mac=52:54:00:aa:bb:cc,"
        "vectors=9,queues=3 "
        "-device rig-nic,id=nic1,netdev=n1,addr=5.0,mac=52:54:00:aa:bb:dd "
        "-device pcie-root-port,id=rp,addr=7.0,chassis=1 "
        "-device rig-nic,id=nic2,netdev=n2,bus=rp,mac=52:54:00:aa:bb:ee,"
        "vectors=1 "
        "-device rig-reflector,netdev=n3,queue=4 "
        "-chardev null,id=events -device rig-tap,id=tap,addr=1e.0,"
        "watch='nic0;nic1;nic2',chardev=events,buffer=64k ");
}

static DeviceState *device(const char *id)
{
    return qdev_find_recursive(sysbus_get_default(), id);
}

static void plug(Error **errp)
{
    QDict *options = qdict_new();

    if (!device("nic2")) {
        qdict_put_str(options, "driver", "rig-nic");
        qdict_put_str(options, "id", "nic2");
        qdict_put_str(options, "bus", "rp");
        qdict_put_str(options, "netdev", "n2");
        qdict_put_int(options, "vectors", 1);
        qmp_device_add(options, NULL, errp);
    }
    qobject_unref(options);
}

/* The slot's power goes off, which is how a guest lets a device go. */
static void unplug(void)
{
    QPCIDevice *port = qpci_device_find(bus, PORT_DEVFN);

    if (port) {
        uint8_t cap = qpci_find_capability(port, PCI_CAP_ID_EXP, 0);

        qpci_config_writew(port, cap + PCI_EXP_SLTCTL, PCI_EXP_SLTCTL_PCC |
                           PCI_EXP_SLTCTL_PWR_IND_OFF);
        g_free(port);
    }
}

static void enable(int devfn, uint32_t bar0, uint32_t bar2)
{
    bus->config_writel(bus, devfn, PCI_BASE_ADDRESS_0, bar0);
    bus->config_writel(bus, devfn, PCI_BASE_ADDRESS_0 + 8, bar2);
    bus->config_writew(bus, devfn, PCI_COMMAND,
                       PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
}

/* Of at most FILL_MAX bytes; QEMU's qtest_memset() leaks in a fuzzer. */
static void fill(QTestState *s, uint32_t at, uint8_t byte, uint32_t length)
{
    static uint8_t data[FILL_MAX];

    memset(data, byte, length);
    qtest_memwrite(s, at, data, length);
}

/* What firmware does, and memory as it was for the input before. */
static void set_up(QTestState *s)
{
    plug(&error_abort);
    bus->config_writel(bus, PORT_DEVFN, PCI_PRIMARY_BUS, 0x00010100);
    bus->config_writel(bus, PORT_DEVFN, PCI_MEMORY_BASE,
                       BEHIND >> 16 | BEHIND);
    bus->config_writew(bus, PORT_DEVFN, PCI_COMMAND,
                       PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
    for (unsigned n = 0; n < NICS; n++) {
        enable(devfn_of[n], regs_of(n), regs_of(n) + RIG_NIC_REGS_SIZE);
        object_property_set_str(OBJECT(device(n == 0 ? "nic0" : n == 1 ?
                                              "nic1" : "nic2")),
                                "fault", "", &error_abort);
        qmp_set_link(n == 0 ? "nic0" : n == 1 ? "nic1" : "nic2", true, NULL);
    }
    enable(TAP_DEVFN, TAP_REGS, TAP_SLOTS);
    fill(s, TAP_SLOTS, 0, RIG_TAP_SLOTS * RIG_TAP_SLOT_SIZE);
    for (uint32_t page = 0x400000; page < RAM_END; page += 0x10000) {
        fill(s, page, 0, 512);
    }
    /* One process has one stream; without this only one input could end it. */
    RIG_TAP(device("tap"))->ended = false;
    qtest_clock_step(s, 200 * 1000);
}

/* --- steps -----------------------------------------------------------------*/

static void write_sized(QTestState *s, uint64_t at, unsigned size, uint32_t v)
{
    switch (size % 4) {
    case 0:
        qtest_writel(s, at, v);
        break;
    case 1:
        qtest_writeb(s, at, v);
        break;
    case 2:
        qtest_writew(s, at, v);
        break;
    case 3:
        qtest_writeq(s, at, (uint64_t)v << 32 | v);
        break;
    }
}

static void read_sized(QTestState *s, uint64_t at, unsigned size)
{
    switch (size % 4) {
    case 0:
        qtest_readl(s, at);
        break;
    case 1:
        qtest_readb(s, at);
        break;
    case 2:
        qtest_readw(s, at);
        break;
    case 3:
        qtest_readq(s, at);
        break;
    }
}

static void config_write(const Record *r)
{
    int devfn = devfn_of[(r->sel & 15) % ARRAY_SIZE(devfn_of)];

    switch (r->sel >> 4 & 3) {
    case 0:
        bus->config_writel(bus, devfn, r->offset & 0xfc, r->value);
        break;
    case 1:
        bus->config_writeb(bus, devfn, r->offset & 0xff, r->value);
        break;
    default:
        bus->config_writew(bus, devfn, r->offset & 0xfe, r->value);
        break;
    }
}

#define NAME(id, name, ...) name,
static const char *const fault_names[] = { RIG_FAULTS(NAME) };

/* In-band, so that the tap's commands are reached, too. */
static void arm_fault(QTestState *s, const Record *r)
{
    struct rig_command c = {
        .op = cpu_to_le16(RIG_CMD_FAULT),
        .target = cpu_to_le16((r->sel >> 6) % NICS),
        .arg = { cpu_to_le64(r->offset) },
    };
    const char *name = fault_names[(r->sel & 63) % ARRAY_SIZE(fault_names)];

    if (g_str_equal(name, "stuck-bit")) {
        snprintf(c.name, sizeof(c.name), "%s:0x%x.%u.%u", name,
                 r->value & 0xfffc, r->value >> 16 & 31, r->value >> 31);
    } else if (r->value) {
        snprintf(c.name, sizeof(c.name), "%s:%u", name, r->value % 65536);
    } else {
        snprintf(c.name, sizeof(c.name), "%s", name);
    }
    qtest_memwrite(s, TAP_SLOTS + SLOT_COMMAND * RIG_TAP_SLOT_SIZE, &c,
                   sizeof(c));
    qtest_writel(s, TAP_REGS + RIG_TAP_REG_COMMAND, SLOT_COMMAND);
}

static void nic_access(QTestState *s, const Record *r)
{
    uint32_t regs = regs_of(r->sel % 4 % NICS);
    uint32_t msix = regs + RIG_NIC_REGS_SIZE;

    switch (r->op % OPS) {
    case OP_NIC_WRITE:
        qtest_writel(s, regs + (r->offset & 0xfffc), r->value);
        break;
    case OP_NIC_READ:
        qtest_readl(s, regs + (r->offset & 0xfffc));
        break;
    case OP_NIC_ODD:
        write_sized(s, regs + r->offset, r->sel >> 2, r->value);
        read_sized(s, regs + r->offset, r->sel >> 2);
        break;
    case OP_MSIX_WRITE:
        write_sized(s, msix + (r->offset & 0x3fff), r->sel >> 2, r->value);
        break;
    case OP_MSIX_READ:
        read_sized(s, msix + (r->offset & 0x3fff), r->sel >> 2);
        break;
    }
}

static void memory_access(QTestState *s, const Record *r)
{
    uint32_t ram = r->sel << 16 | r->offset;

    switch (r->op % OPS) {
    case OP_RAM_WRITE:
        qtest_writel(s, ram, r->value);
        break;
    case OP_RAM_FILL:
        fill(s, ram, r->value, (r->value >> 8) % FILL_MAX);
        break;
    case OP_SLOT_WRITE:
        qtest_writel(s, TAP_SLOTS + (r->sel % RIG_TAP_SLOTS) *
                     RIG_TAP_SLOT_SIZE + (r->offset & 0x1fc), r->value);
        break;
    case OP_TAP_WRITE:
        write_sized(s, TAP_REGS + r->offset % 0x20, r->sel, r->value);
        break;
    case OP_TAP_READ:
        read_sized(s, TAP_REGS + r->offset % 0x20, r->sel);
        break;
    }
}

static void step(QTestState *s, const Record *r)
{
    static const char *const nics[] = { "nic0", "nic1", "nic2" };

    switch (r->op % OPS) {
    case OP_CONFIG_WRITE:
        config_write(r);
        break;
    case OP_CONFIG_READ:
        bus->config_readl(bus, devfn_of[r->sel % ARRAY_SIZE(devfn_of)],
                          r->offset & 0xfc);
        break;
    case OP_CLOCK:
        qtest_clock_step(s, MAX(r->value % (100 * SCALE_MS), 1));
        break;
    case OP_RESET:
        fuzz_reset(s);
        break;
    case OP_LINK:
        qmp_set_link(nics[r->sel % NICS], r->value & 1, NULL);
        break;
    case OP_FAULT:
        arm_fault(s, r);
        break;
    case OP_PLUG:
        if (r->value & 1) {
            plug(NULL);
        } else {
            unplug();
        }
        break;
    default:
        nic_access(s, r);
        memory_access(s, r);
    }
}

static void fuzz(QTestState *s, const unsigned char *data, size_t size)
{
    static unsigned inputs;
    Record r;

    if (!bus) {
        bus = qpci_new_pc(s, NULL);
    }
    set_up(s);
    for (; size >= sizeof(r); data += sizeof(r), size -= sizeof(r)) {
        memcpy(&r, data, sizeof(r));
        r.offset = le16_to_cpu(r.offset);
        r.value = le32_to_cpu(r.value);
        step(s, &r);
        flush_events(s);
    }
    fuzz_reset(s);
    /* Nobody else gives RCU the lock in which it frees memory maps and NICs;
       but it takes its time. */
    if (++inputs % 32 == 0) {
        drain_call_rcu();
    }
}

static void register_rig_target(void)
{
    fuzz_add_target(&(FuzzTarget) {
        .name = "rig",
        .description = "rig-nic and rig-tap, step by step",
        .get_init_cmdline = command_line,
        .fuzz = fuzz,
    });
}

fuzz_target_init(register_rig_target);
