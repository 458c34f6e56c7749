/* SPDX-License-Identifier: GPL-2.0-or-later */
/* qtests of rig-tap: what it records of the functions that it watches. */

#include "qemu/osdep.h"
#include "hw/pci/pci_regs.h"
#include "rig-machine.h"

/* igb behind a root port: it has FLR, and a bus of its own to reset. */
#define IGB_BEHIND_PORT \
    "-device pcie-root-port,id=rp,addr=3.0,chassis=1 " \
    "-device igb,id=nic0,bus=rp,romfile= "
#define PORT_DEVFN   QPCI_DEVFN(3, 0)
#define BEHIND_DEVFN (1 << 8)

#define ENABLE_MASKED (PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL)

/* --- MSI-X programming ---------------------------------------------------- */

static void test_table_widths(void)
{
    RigMachine *m = rig_machine_start("nic0", RIG_E1000E);
    RigFunction f = rig_function(m, RIG_NIC_DEVFN);
    uint64_t entry = f.table.addr + f.table_off + 4 * PCI_MSIX_ENTRY_SIZE;

    rig_mark(m, "begin");
    for (unsigned i = 0; i < 4; i++) {
        qtest_writel(m->qts, entry + 4 * i, 0x11111110 * (i + 1));
    }
    rig_mark(m, "qwords");
    qtest_writeq(m->qts, entry, 0xaaaaaaa0bbbbbbb0);
    qtest_writeq(m->qts, entry + 8, 0x0000000100000055);
    rig_mark(m, "rejected");
    qtest_writeb(m->qts, entry, 0x77);
    qtest_writew(m->qts, entry + 2, 0x7777);
    g_assert_cmphex(qtest_readl(m->qts, entry), ==, 0xbbbbbbb0);
    rig_mark(m, "done");
    rig_function_free(&f);
    rig_machine_end(m);

    rig_skip_to(m, "begin");
    for (unsigned i = 0; i < 4; i++) {
        rig_expect_table(m, 0, 4, i, 0x11111110 * (i + 1));
    }
    rig_expect_marker(m, "qwords");
    rig_expect_table(m, 0, 4, 0, 0xbbbbbbb0);
    rig_expect_table(m, 0, 4, 1, 0xaaaaaaa0);
    rig_expect_table(m, 0, 4, 2, 0x55);
    rig_expect_table(m, 0, 4, 3, 1);
    rig_expect_marker(m, "rejected");
    rig_expect_marker(m, "done");
    rig_machine_free(m);
}

static void test_table_old_value(void)
{
    RigMachine *m = rig_machine_start("nic0", RIG_E1000E);
    RigFunction f = rig_function(m, RIG_NIC_DEVFN);
    const struct rig_ev_table *t;

    rig_mark(m, "begin");
    rig_msix_write(&f, 0, RIG_VECTOR_CONTROL, 0);
    rig_msix_write(&f, 0, RIG_VECTOR_CONTROL, 1);
    rig_function_free(&f);
    rig_machine_end(m);

    rig_skip_to(m, "begin");
    t = rig_expect(m, RIG_EV_TABLE);
    g_assert_cmphex(t->old, ==, 1);
    g_assert_cmphex(t->value, ==, 0);
    t = rig_expect(m, RIG_EV_TABLE);
    g_assert_cmphex(t->old, ==, 0);
    g_assert_cmphex(t->value, ==, 1);
    rig_machine_free(m);
}

static void expect_config(RigMachine *m, unsigned offset, unsigned len,
                          unsigned what, uint32_t value)
{
    const struct rig_ev_config *c = rig_expect(m, RIG_EV_CONFIG);

    g_assert_cmphex(c->offset, ==, offset);
    g_assert_cmpuint(c->len, ==, len);
    g_assert_cmphex(c->what, ==, what);
    g_assert_cmphex(c->value, ==, value);
    g_assert_cmpuint(c->bridge, ==, 0);
}

static void test_control_widths(void)
{
    RigMachine *m = rig_machine_start("nic0", RIG_E1000E);
    RigFunction f = rig_function(m, RIG_NIC_DEVFN);
    unsigned cap = f.msix;

    rig_mark(m, "begin");
    qpci_config_writeb(f.dev, cap + 3, 0x80);
    qpci_config_writew(f.dev, cap + 2, 0xc000);
    qpci_config_writel(f.dev, cap, 0x00000000);
    qpci_config_writeb(f.dev, cap + 3, 0x00);
    qpci_config_writeb(f.dev, cap + 4, 0x00);
    rig_function_free(&f);
    rig_machine_end(m);

    rig_skip_to(m, "begin");
    expect_config(m, cap + 3, 1, RIG_CONFIG_MSIX, 0x80);
    rig_expect_state(m, 0, 7, 0x8004);
    expect_config(m, cap + 2, 2, RIG_CONFIG_MSIX, 0xc000);
    rig_expect_state(m, 0, 7, 0xc004);
    expect_config(m, cap, 4, RIG_CONFIG_MSIX, 0);
    rig_expect_state(m, 0, 7, 0x0004);
    expect_config(m, cap + 3, 1, RIG_CONFIG_MSIX, 0); /* changes nothing */
    rig_expect(m, RIG_EV_END);
    rig_machine_free(m);
}

/* --- interrupts ----------------------------------------------------------- */

/* What arms a vector; each step is undone before the next permutation. */
enum { STEP_ENABLE, STEP_FUNCTION, STEP_VECTOR, STEPS };

static void take_step(RigSource *s, int step)
{
    switch (step) {
    case STEP_ENABLE:
        rig_msix_control(&s->f, 0, PCI_MSIX_FLAGS_ENABLE);
        break;
    case STEP_FUNCTION:
        rig_msix_control(&s->f, PCI_MSIX_FLAGS_MASKALL, 0);
        break;
    case STEP_VECTOR:
        rig_msix_write(&s->f, 0, RIG_VECTOR_CONTROL, 0);
        break;
    }
}

static void disarm(RigSource *s)
{
    rig_msix_control(&s->f, PCI_MSIX_FLAGS_ENABLE, PCI_MSIX_FLAGS_MASKALL);
    rig_msix_write(&s->f, 0, RIG_VECTOR_CONTROL, 1);
}

static void expect_step(RigMachine *m, int step, bool delivers)
{
    rig_expect(m, step == STEP_VECTOR ? RIG_EV_TABLE : RIG_EV_CONFIG);
    if (delivers) {
        rig_expect_raised(m, 0, 0, RIG_RAISED_SENT, 1);
    }
    if (step != STEP_VECTOR) {
        rig_expect(m, RIG_EV_STATE);
    }
}

/*
 * An interrupt raised while MSI-X is enabled but masked anywhere is pended,
 * and sent by the very write that takes away the last mask.
 */
static void check_unmask_order(const int order[STEPS])
{
    RigMachine *m = rig_machine_start("nic0", RIG_NIC_ALONE);
    RigSource s = rig_source(m, RIG_NIC_DEVFN);
    bool enabled = false, pended = false;

    disarm(&s);
    qtest_writel(m->qts, RIG_MESSAGE_ADDR, 0);
    rig_mark(m, "begin");
    for (int i = 0; i < STEPS; i++) {
        take_step(&s, order[i]);
        enabled |= order[i] == STEP_ENABLE;
        if (enabled && i < STEPS - 1) {
            rig_raise(&s, 0);
            g_assert_cmphex(qtest_readl(m->qts, RIG_MESSAGE_ADDR), ==, 0);
            pended = true;
        }
        rig_mark(m, "step");
    }
    g_assert_cmphex(qtest_readl(m->qts, RIG_MESSAGE_ADDR), ==,
                    pended ? 0xd0 : 0);
    rig_function_free(&s.f);
    rig_machine_end(m);

    rig_skip_to(m, "begin");
    enabled = pended = false;
    for (int i = 0; i < STEPS; i++) {
        expect_step(m, order[i], pended && i == STEPS - 1);
        enabled |= order[i] == STEP_ENABLE;
        if (enabled && i < STEPS - 1) {
            rig_expect_raised(m, 0, 0, RIG_RAISED_PENDED, 1);
            pended = true;
        }
        rig_expect_marker(m, "step");
    }
    rig_expect(m, RIG_EV_END);
    rig_machine_free(m);
}

static void test_unmask_orders(void)
{
    static const int orders[][STEPS] = {
        { STEP_ENABLE, STEP_FUNCTION, STEP_VECTOR },
        { STEP_ENABLE, STEP_VECTOR, STEP_FUNCTION },
        { STEP_FUNCTION, STEP_ENABLE, STEP_VECTOR },
        { STEP_FUNCTION, STEP_VECTOR, STEP_ENABLE },
        { STEP_VECTOR, STEP_ENABLE, STEP_FUNCTION },
        { STEP_VECTOR, STEP_FUNCTION, STEP_ENABLE },
    };

    for (unsigned i = 0; i < ARRAY_SIZE(orders); i++) {
        check_unmask_order(orders[i]);
    }
}

static void test_raised_counted(void)
{
    RigMachine *m = rig_machine_start("nic0", RIG_NIC_ALONE);
    RigSource s = rig_source(m, RIG_NIC_DEVFN);
    const struct rig_record *r;
    const struct rig_ev_raised *raised;

    rig_msix_control(&s.f, 0, PCI_MSIX_FLAGS_ENABLE);
    for (unsigned v = 0; v < 3; v++) {
        rig_msix_write(&s.f, v, RIG_VECTOR_CONTROL, v == 2);
    }
    rig_mark(m, "begin");
    for (unsigned i = 0; i < 100; i++) {
        rig_raise(&s, 1);
        rig_raise(&s, 0);
        qtest_clock_step(m->qts, 1000);
    }
    rig_raise(&s, 2);
    rig_raise(&s, 2);
    rig_function_free(&s.f);
    rig_machine_end(m);

    rig_skip_to(m, "begin");
    r = rig_next(m);
    raised = (const struct rig_ev_raised *)(r + 1);
    g_assert_cmpuint(r->type, ==, RIG_EV_RAISED);
    g_assert_cmpuint(raised->vector, ==, 1);
    g_assert_cmpuint(raised->outcome, ==, RIG_RAISED_SENT);
    g_assert_cmphex(raised->command, ==, 7);
    g_assert_cmpuint(raised->count, ==, 100);
    g_assert_cmpuint(raised->last_ns - r->virtual_ns, ==, 99 * 1000);
    rig_expect_raised(m, 0, 0, RIG_RAISED_SENT, 100);
    rig_expect_raised(m, 0, 2, RIG_RAISED_PENDED, 2);
    rig_expect(m, RIG_EV_END);
    rig_machine_free(m);
}

/* A message of a function that may not master the bus arrives nowhere. */
static void test_raised_without_bus_master(void)
{
    enum { ICS = 0xc8, IMS = 0xd0, IVAR = 0xe4, RXQ0 = 1 << 20 };
    RigMachine *m = rig_machine_start("nic0", RIG_E1000E);
    RigFunction f = rig_function(m, RIG_NIC_DEVFN);
    QPCIBar regs = qpci_iomap(f.dev, 0, NULL);
    const struct rig_ev_raised *raised;

    rig_msix_write(&f, 0, 0, RIG_MESSAGE_ADDR);
    rig_msix_write(&f, 0, 2, 0x55);
    rig_msix_write(&f, 0, RIG_VECTOR_CONTROL, 0);
    rig_msix_control(&f, 0, PCI_MSIX_FLAGS_ENABLE);
    qpci_io_writel(f.dev, regs, IVAR, 0x8); /* RxQ0: vector 0, valid */
    qpci_io_writel(f.dev, regs, IMS, RXQ0);
    qtest_writel(m->qts, RIG_MESSAGE_ADDR, 0);
    qpci_config_writew(f.dev, PCI_COMMAND, PCI_COMMAND_MEMORY);
    rig_mark(m, "begin");
    qpci_io_writel(f.dev, regs, ICS, RXQ0);
    g_assert_cmphex(qtest_readl(m->qts, RIG_MESSAGE_ADDR), ==, 0);
    rig_function_free(&f);
    rig_machine_end(m);

    rig_skip_to(m, "begin");
    raised = rig_expect(m, RIG_EV_RAISED);
    g_assert_cmpuint(raised->outcome, ==, RIG_RAISED_SENT);
    g_assert_cmphex(raised->command, ==, PCI_COMMAND_MEMORY);
    rig_machine_free(m);
}

static void test_raised_intx(void)
{
    RigMachine *m = rig_machine_start("nic0", RIG_NIC_ALONE);
    RigSource s = rig_source(m, RIG_NIC_DEVFN);

    rig_mark(m, "asserted");
    rig_raise(&s, 0);
    rig_source_write(&s, RIG_NIC_ICR, 1);
    rig_mark(m, "disabled");
    qpci_config_writew(s.f.dev, PCI_COMMAND, 0x407);
    rig_raise(&s, 0);
    rig_mark(m, "enabled");
    qpci_config_writew(s.f.dev, PCI_COMMAND, 0x007);
    rig_function_free(&s.f);
    rig_machine_end(m);

    rig_skip_to(m, "asserted");
    rig_expect_raised(m, 0, RIG_VECTOR_INTX, RIG_RAISED_SENT, 1);
    rig_expect_marker(m, "disabled");
    expect_config(m, PCI_COMMAND, 2, RIG_CONFIG_COMMAND, 0x407);
    rig_expect_state(m, 0, 0x407, 3);
    rig_expect_raised(m, 0, RIG_VECTOR_INTX, RIG_RAISED_DISABLED, 1);
    rig_expect_marker(m, "enabled");
    expect_config(m, PCI_COMMAND, 2, RIG_CONFIG_COMMAND, 0x007);
    rig_expect_raised(m, 0, RIG_VECTOR_INTX, RIG_RAISED_SENT, 1);
    rig_expect_state(m, 0, 0x007, 3);
    rig_machine_free(m);
}

static void test_two_targets(void)
{
    RigMachine *m = rig_machine_start("nic1;nic0", RIG_NIC_ALONE
                                      "-device rig-nic,id=nic1,addr=4.0 "
                                      "-device rig-nic,id=nic2,addr=5.0");
    RigSource s0 = rig_source(m, RIG_NIC_DEVFN);
    RigSource s1 = rig_source(m, QPCI_DEVFN(4, 0));
    RigSource s2 = rig_source(m, QPCI_DEVFN(5, 0));
    const struct rig_ev_target *t;

    rig_msix_control(&s0.f, 0, PCI_MSIX_FLAGS_ENABLE);
    rig_msix_control(&s1.f, 0, ENABLE_MASKED);
    rig_msix_control(&s2.f, 0, PCI_MSIX_FLAGS_ENABLE);
    rig_mark(m, "begin");
    rig_raise(&s0, 3);
    rig_raise(&s1, 3);
    rig_raise(&s2, 3);
    rig_msix_write(&s0.f, 3, RIG_VECTOR_CONTROL, 0);
    rig_msix_write(&s2.f, 3, RIG_VECTOR_CONTROL, 0);
    rig_function_free(&s0.f);
    rig_function_free(&s1.f);
    rig_function_free(&s2.f);
    rig_machine_end(m);

    rig_expect(m, RIG_EV_HELLO);
    t = rig_expect(m, RIG_EV_TARGET);
    g_assert_cmpstr(t->id, ==, "nic1");
    g_assert_cmpuint(t->target, ==, 0);
    rig_expect(m, RIG_EV_STATE);
    t = rig_expect(m, RIG_EV_TARGET);
    g_assert_cmpstr(t->id, ==, "nic0");
    g_assert_cmpuint(t->target, ==, 1);
    rig_skip_to(m, "begin");
    rig_expect_raised(m, 1, 3, RIG_RAISED_PENDED, 1);
    rig_expect_raised(m, 0, 3, RIG_RAISED_PENDED, 1);
    rig_expect_table(m, 1, 3, RIG_VECTOR_CONTROL, 0);
    rig_expect_raised(m, 1, 3, RIG_RAISED_SENT, 1);
    rig_expect(m, RIG_EV_END);
    rig_machine_free(m);
}

/* --- resets and unplug ---------------------------------------------------- */

static void test_reset_system(void)
{
    RigMachine *m = rig_machine_start("nic0", RIG_E1000E);
    RigFunction f = rig_function(m, RIG_NIC_DEVFN);

    rig_msix_control(&f, 0, PCI_MSIX_FLAGS_ENABLE);
    rig_mark(m, "begin");
    qtest_system_reset(m->qts);
    rig_function_free(&f);
    rig_machine_quit(m);

    rig_skip_to(m, "begin");
    rig_expect_reset(m, 0, RIG_RESET_SYSTEM);
    rig_expect_state(m, 0, 0, 4);
    g_assert_null(rig_next(m));
    rig_machine_free(m);
}

/* Number the bus behind the root port, as firmware does. */
static QPCIDevice *open_port(RigMachine *m)
{
    QPCIDevice *port = qpci_device_find(m->bus, PORT_DEVFN);

    g_assert_nonnull(port);
    qpci_config_writeb(port, PCI_SECONDARY_BUS, 1);
    qpci_config_writeb(port, PCI_SUBORDINATE_BUS, 1);
    qpci_config_writel(port, PCI_MEMORY_BASE, 0xfff0e000);
    qpci_device_enable(port);
    return port;
}

static void test_bdf_behind_port(void)
{
    RigMachine *m = rig_machine_start("nic0", IGB_BEHIND_PORT);
    QPCIDevice *port = open_port(m);
    RigFunction f = rig_function(m, BEHIND_DEVFN);
    const struct rig_ev_target *t;

    rig_function_free(&f);
    g_free(port);
    rig_machine_end(m);

    rig_expect(m, RIG_EV_HELLO);
    t = rig_expect(m, RIG_EV_TARGET);
    g_assert_cmphex(t->bdf, ==, 0xffff);
    rig_expect(m, RIG_EV_STATE);
    rig_expect_reset(m, 0, RIG_RESET_SYSTEM);
    t = rig_expect(m, RIG_EV_TARGET);
    g_assert_cmphex(t->bdf, ==, BEHIND_DEVFN);
    g_assert_cmpuint(t->attached, ==, 1);
    rig_machine_free(m);
}

static void test_reset_flr(void)
{
    RigMachine *m = rig_machine_start("nic0", IGB_BEHIND_PORT);
    QPCIDevice *port = open_port(m);
    RigFunction f = rig_function(m, BEHIND_DEVFN);
    unsigned cap = qpci_find_capability(f.dev, PCI_CAP_ID_EXP, 0);

    rig_msix_control(&f, 0, PCI_MSIX_FLAGS_ENABLE);
    rig_mark(m, "begin");
    qpci_config_writew(f.dev, cap + PCI_EXP_DEVCTL, PCI_EXP_DEVCTL_BCR_FLR);
    rig_function_free(&f);
    g_free(port);
    rig_machine_end(m);

    rig_skip_to(m, "begin");
    expect_config(m, cap + PCI_EXP_DEVCTL, 2, RIG_CONFIG_DEVCTL,
                  PCI_EXP_DEVCTL_BCR_FLR);
    rig_expect_reset(m, 0, RIG_RESET_FLR);
    rig_expect_state(m, 0, 0, 9);
    rig_expect(m, RIG_EV_END);
    rig_machine_free(m);
}

static void test_reset_bus(void)
{
    RigMachine *m = rig_machine_start("nic0", IGB_BEHIND_PORT);
    QPCIDevice *port = open_port(m);
    RigFunction f = rig_function(m, BEHIND_DEVFN);
    const struct rig_ev_config *c;

    rig_msix_control(&f, 0, PCI_MSIX_FLAGS_ENABLE);
    rig_mark(m, "begin");
    qpci_config_writew(port, PCI_BRIDGE_CONTROL, PCI_BRIDGE_CTL_BUS_RESET);
    qpci_config_writew(port, PCI_BRIDGE_CONTROL, 0);
    rig_function_free(&f);
    g_free(port);
    rig_machine_end(m);

    rig_skip_to(m, "begin");
    c = rig_expect(m, RIG_EV_CONFIG);
    g_assert_cmpuint(c->bridge, ==, 1);
    g_assert_cmphex(c->what, ==, RIG_CONFIG_BRIDGE);
    g_assert_cmphex(c->value, ==, PCI_BRIDGE_CTL_BUS_RESET);
    rig_expect_reset(m, 0, RIG_RESET_BUS);
    rig_expect_state(m, 0, 0, 9);
    c = rig_expect(m, RIG_EV_CONFIG);
    g_assert_cmpuint(c->bridge, ==, 1);
    g_assert_cmphex(c->value, ==, 0);
    rig_expect(m, RIG_EV_END);
    rig_machine_free(m);
}

static void test_reset_power(void)
{
    RigMachine *m = rig_machine_start("nic0", RIG_NIC_ALONE);
    RigSource s = rig_source(m, RIG_NIC_DEVFN);
    unsigned pm = qpci_find_capability(s.f.dev, PCI_CAP_ID_PM, 0);
    const struct rig_ev_state *state;

    rig_msix_control(&s.f, 0, PCI_MSIX_FLAGS_ENABLE);
    rig_mark(m, "begin");
    qpci_config_writew(s.f.dev, pm + PCI_PM_CTRL, 3);
    qpci_config_writew(s.f.dev, pm + PCI_PM_CTRL, 0);
    rig_function_free(&s.f);
    rig_machine_end(m);

    rig_skip_to(m, "begin");
    expect_config(m, pm + PCI_PM_CTRL, 2, RIG_CONFIG_PMCSR, 3);
    state = rig_expect(m, RIG_EV_STATE);
    g_assert_cmphex(state->pmcsr, ==, 3);
    expect_config(m, pm + PCI_PM_CTRL, 2, RIG_CONFIG_PMCSR, 0);
    rig_expect_reset(m, 0, RIG_RESET_PM);
    rig_expect_state(m, 0, 0, 3);
    rig_expect(m, RIG_EV_END);
    rig_machine_free(m);
}

static void test_unplug_and_replug(void)
{
    RigMachine *m = rig_machine_start("nic0", "-global "
        "ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off " IGB_BEHIND_PORT);
    QPCIDevice *port = open_port(m);
    RigFunction f = rig_function(m, BEHIND_DEVFN);
    unsigned cap = qpci_find_capability(port, PCI_CAP_ID_EXP, 0);
    const struct rig_ev_target *t;

    rig_mark(m, "begin");
    qpci_config_writew(port, cap + PCI_EXP_SLTCTL, PCI_EXP_SLTCTL_PCC |
                       PCI_EXP_SLTCTL_PWR_IND_OFF);
    qtest_qmp_eventwait(m->qts, "DEVICE_DELETED");
    rig_mark(m, "gone");
    qtest_qmp_device_add(m->qts, "rig-nic", "nic0", "{ 'bus': 'rp' }");
    rig_mark(m, "back");
    rig_function_free(&f);
    g_free(port);
    rig_machine_end(m);

    rig_skip_to(m, "begin");
    rig_expect_reset(m, 0, RIG_RESET_UNPLUG);
    t = rig_expect(m, RIG_EV_TARGET);
    g_assert_cmpuint(t->attached, ==, 0);
    g_assert_cmpstr(t->model, ==, "igb");
    rig_expect_marker(m, "gone");
    t = rig_expect(m, RIG_EV_TARGET);
    g_assert_cmpuint(t->attached, ==, 1);
    g_assert_cmpstr(t->model, ==, "rig-nic");
    g_assert_cmpuint(t->vectors, ==, 4);
    rig_skip_to(m, "back");
    rig_expect(m, RIG_EV_END);
    rig_machine_free(m);
}

/* --- virtual functions ---------------------------------------------------- */

#define ECAM 0xb0000000u
#define MCH_PCIEXBAR 0x60 /* Q35: base and enable of memory-mapped config */

/* Memory-mapped configuration space of the function, 4 KiB. */
static uint64_t open_extended_config(RigMachine *m, int devfn)
{
    QPCIDevice *mch = qpci_device_find(m->bus, QPCI_DEVFN(0, 0));

    qpci_config_writel(mch, MCH_PCIEXBAR, ECAM | 1);
    g_free(mch);
    return ECAM + ((uint64_t)devfn << 12);
}

static uint64_t find_sriov(RigMachine *m, uint64_t config)
{
    uint32_t at = PCI_CFG_SPACE_SIZE, header;

    while (at) {
        header = qtest_readl(m->qts, config + at);
        if (PCI_EXT_CAP_ID(header) == PCI_EXT_CAP_ID_SRIOV) {
            return config + at;
        }
        at = PCI_EXT_CAP_NEXT(header);
    }
    g_assert_not_reached();
}

static void expect_vf(RigMachine *m, unsigned target, const char *id,
                      bool attached)
{
    const struct rig_ev_target *t = rig_expect(m, RIG_EV_TARGET);

    g_assert_cmpuint(t->target, ==, target);
    g_assert_cmpstr(t->id, ==, id);
    g_assert_cmpuint(t->attached, ==, attached);
    g_assert_cmphex(t->vendor, ==, 0x8086);
    g_assert_cmphex(t->device, ==, 0x10ca); /* 82576 VF */
    g_assert_cmpuint(t->vectors, ==, 3);
    if (attached) {
        rig_expect_state(m, target, 0, 2);
    }
}

static void test_vfs(void)
{
    RigMachine *m = rig_machine_start("nic0", "-device igb,id=nic0,addr=2.0,"
                                      "romfile= ");
    uint64_t sriov = find_sriov(m, open_extended_config(m, RIG_NIC_DEVFN));

    rig_mark(m, "begin");
    qtest_writew(m->qts, sriov + PCI_SRIOV_NUM_VF, 2);
    rig_mark(m, "numbered");
    qtest_writew(m->qts, sriov + PCI_SRIOV_CTRL,
                 PCI_SRIOV_CTRL_VFE | PCI_SRIOV_CTRL_MSE);
    rig_mark(m, "enabled");
    qtest_writew(m->qts, sriov + PCI_SRIOV_CTRL, 0);
    rig_machine_end(m);

    rig_skip_to(m, "begin");
    rig_expect_marker(m, "numbered");
    expect_vf(m, 1, "nic0.vf0", true);
    expect_vf(m, 2, "nic0.vf1", true);
    rig_expect_marker(m, "enabled");
    rig_expect_reset(m, 1, RIG_RESET_UNPLUG);
    rig_expect_reset(m, 2, RIG_RESET_UNPLUG);
    expect_vf(m, 1, "nic0.vf0", false);
    expect_vf(m, 2, "nic0.vf1", false);
    rig_expect(m, RIG_EV_END);
    rig_machine_free(m);
}

/* Registers of igb, as its PF sees them (82576 datasheet). */
#define IGB_GPIE        0x1514
#define  GPIE_MSIX_MODE 0x10
#define IGB_EICS        0x1520
#define IGB_EICR        0x1580
#define IGB_PVTEICR(vf) (0x10080 + 0x100 * (vf))

/* Vectors 22..24 of EICR are VF 0's, 19..21 VF 1's: patch 0004. */
static void test_igb_vteicr(void)
{
    RigMachine *m = rig_machine_start("nic0", "-device igb,id=nic0,addr=2.0,"
                                      "romfile= ");
    QPCIDevice *dev = qpci_device_find(m->bus, RIG_NIC_DEVFN);
    QPCIBar bar = qpci_iomap(dev, 0, NULL);

    qpci_device_enable(dev);
    qpci_io_writel(dev, bar, IGB_GPIE, GPIE_MSIX_MODE);
    qpci_io_writel(dev, bar, IGB_EICS, 5u << 22 | 1u << 19 | 1u);
    g_assert_cmphex(qpci_io_readl(dev, bar, IGB_PVTEICR(0)), ==, 5);
    g_assert_cmphex(qpci_io_readl(dev, bar, IGB_PVTEICR(0)), ==, 0);
    g_assert_cmphex(qpci_io_readl(dev, bar, IGB_PVTEICR(1)), ==, 1);
    g_assert_cmphex(qpci_io_readl(dev, bar, IGB_EICR), ==, 1);
    g_free(dev);
    rig_machine_end(m);
    rig_machine_free(m);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("/rig-tap-watch/msix/table-widths", test_table_widths);
    qtest_add_func("/rig-tap-watch/msix/table-old-value", test_table_old_value);
    qtest_add_func("/rig-tap-watch/msix/control-widths", test_control_widths);
    qtest_add_func("/rig-tap-watch/raised/unmask-orders", test_unmask_orders);
    qtest_add_func("/rig-tap-watch/raised/counted", test_raised_counted);
    qtest_add_func("/rig-tap-watch/raised/without-bus-master",
                   test_raised_without_bus_master);
    qtest_add_func("/rig-tap-watch/raised/intx", test_raised_intx);
    qtest_add_func("/rig-tap-watch/two-targets", test_two_targets);
    qtest_add_func("/rig-tap-watch/reset/system", test_reset_system);
    qtest_add_func("/rig-tap-watch/reset/flr", test_reset_flr);
    qtest_add_func("/rig-tap-watch/reset/bus", test_reset_bus);
    qtest_add_func("/rig-tap-watch/reset/power", test_reset_power);
    qtest_add_func("/rig-tap-watch/bdf-behind-port", test_bdf_behind_port);
    qtest_add_func("/rig-tap-watch/unplug-and-replug", test_unplug_and_replug);
    qtest_add_func("/rig-tap-watch/vfs", test_vfs);
    qtest_add_func("/rig-tap-watch/igb-vteicr", test_igb_vteicr);
    return g_test_run();
}
