/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * qtest of rig-nic: each named fault strikes at its occasion, not before, and
 * does what rig/faults.h says; arming by property, QOM and rig-tap.
 */
#include "qemu/osdep.h"
#include "libqtest.h"
#include "hw/pci/pci_regs.h"
#include "qobject/qdict.h"
#include "rig/faults.h"
#include "rig-machine.h"
#include "rig-nic-driver.h"

#define ALL 0xffffffffu
#define CAUSE RIG_NIC_CAUSE_MAILBOX
#define PEER "-netdev hubport,id=n1,hubid=0 -device rig-reflector,netdev=n1"

/* A rig-nic with `faults` from the start; its power-on reset has begun. */
static RigNic *start_early(const char *faults)
{
    g_autofree char *nic = *faults ? g_strdup_printf("fault='%s'", faults)
                                   : g_strdup("");

    return rig_test_attach(rig_test_start(nic, PEER), RIG_TEST_SLOT);
}

static RigNic *start(const char *faults)
{
    RigNic *nic = start_early(faults);

    rig_test_wait_us(nic, 100);
    return nic;
}

static void stop(RigNic *nic)
{
    QTestState *qts = nic->qts;

    rig_test_detach(nic);
    qtest_quit(qts);
}

static QDict *qom_set(QTestState *qts, const char *fault)
{
    return qtest_qmp(qts, "{ 'execute': 'qom-set', 'arguments': {"
                     " 'path': '/machine/peripheral/nic0',"
                     " 'property': 'fault', 'value': %s } }", fault);
}

static void arm(RigNic *nic, const char *fault)
{
    QDict *reply = qom_set(nic->qts, fault);

    g_assert_true(qdict_haskey(reply, "return"));
    qobject_unref(reply);
}

static QDict *qom_get(RigNic *nic, const char *property)
{
    return qtest_qmp(nic->qts, "{ 'execute': 'qom-get', 'arguments': {"
                     " 'path': '/machine/peripheral/nic0',"
                     " 'property': %s } }", property);
}

static int64_t struck(RigNic *nic)
{
    QDict *reply = qom_get(nic, "faults-struck");
    int64_t count = qdict_get_int(reply, "return");

    qobject_unref(reply);
    return count;
}

static void expect_armed(RigNic *nic, const char *faults)
{
    QDict *reply = qom_get(nic, "fault");

    g_assert_cmpstr(qdict_get_str(reply, "return"), ==, faults);
    qobject_unref(reply);
}

static uint32_t status(RigNic *nic)
{
    return rig_test_get(nic, RIG_NIC_STATUS);
}

static void soft_reset(RigNic *nic)
{
    rig_test_set(nic, RIG_NIC_CTRL, RIG_NIC_CTRL_RST);
}

/* Cause MAILBOX sends a message of vector 1 each time it is set. */
static void messages_on(RigNic *nic)
{
    rig_test_msix_on(nic);
    rig_test_set(nic, RIG_NIC_IVAR(17), RIG_NIC_IVAR_VALID | 1);
    rig_test_set(nic, RIG_NIC_IAC, CAUSE);
    rig_test_set(nic, RIG_NIC_IMS, CAUSE);
}

static bool message_comes(RigNic *nic)
{
    rig_test_set(nic, RIG_NIC_ICS, CAUSE);
    return rig_test_message(nic, 1);
}

static void test_all_ones(void)
{
    RigNic *nic = start("all-ones@3");

    rig_test_set(nic, RIG_NIC_IMS, CAUSE);
    rig_test_set(nic, RIG_NIC_ICS, CAUSE);
    g_assert_true(rig_test_intx(nic));
    g_assert_cmphex(rig_test_get(nic, RIG_NIC_ID), ==, RIG_NIC_ID_VALUE);
    g_assert_cmphex(rig_test_get(nic, RIG_NIC_ID), ==, RIG_NIC_ID_VALUE);
    g_assert_cmpint(struck(nic), ==, 0);
    g_assert_cmphex(rig_test_get(nic, RIG_NIC_ID), ==, ALL);
    g_assert_cmphex(status(nic), ==, ALL);
    g_assert_false(rig_test_intx(nic));
    rig_test_set(nic, RIG_NIC_IMC, ALL);
    g_assert_cmphex(qpci_config_readl(nic->dev, 0), ==, 0x10f51af4);
    g_assert_cmpint(struck(nic), ==, 1);
    arm(nic, "");
    g_assert_cmphex(rig_test_get(nic, RIG_NIC_IMS), ==, CAUSE);
    g_assert_true(rig_test_intx(nic));
    stop(nic);
}

static void test_all_ones_config(void)
{
    RigNic *nic = start("all-ones@1:1");

    g_assert_cmphex(qpci_config_readl(nic->dev, 0), ==, 0x10f51af4);
    g_assert_cmphex(rig_test_get(nic, RIG_NIC_ID), ==, ALL);
    g_assert_cmphex(qpci_config_readl(nic->dev, 0), ==, ALL);
    g_assert_cmphex(qpci_config_readw(nic->dev, PCI_COMMAND), ==, 0xffff);
    g_assert_cmphex(qpci_config_readb(nic->dev, 0x33), ==, 0xff);
    qpci_config_writew(nic->dev, PCI_COMMAND, 0);
    arm(nic, "");
    g_assert_cmphex(qpci_config_readw(nic->dev, PCI_COMMAND), ==,
                    PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
    stop(nic);
}

static void test_stuck_bit(void)
{
    RigNic *nic = start("stuck-bit@2:0x20.1.1");

    rig_test_set(nic, RIG_NIC_RXFILTER, 1);
    g_assert_cmphex(status(nic), ==, 7);
    g_assert_cmphex(rig_test_get(nic, RIG_NIC_RXFILTER), ==, 1);
    g_assert_cmphex(rig_test_get(nic, RIG_NIC_RXFILTER), ==, 3);
    g_assert_cmphex(rig_test_get(nic, RIG_NIC_RXFILTER), ==, 3);
    arm(nic, "stuck-bit@1:4.0.0");
    g_assert_cmphex(rig_test_get(nic, RIG_NIC_RXFILTER), ==, 1);
    g_assert_cmphex(status(nic), ==, 6);
    stop(nic);
}

static void test_reset_never_done(void)
{
    RigNic *nic = start("reset-never-done@2");

    soft_reset(nic);
    rig_test_reset_done(nic);
    soft_reset(nic);
    rig_test_wait_us(nic, 100 * 1000 * 1000);
    g_assert_cmphex(status(nic), ==, RIG_NIC_STATUS_LINK_UP);
    soft_reset(nic);
    g_assert_cmphex(status(nic), ==, RIG_NIC_STATUS_LINK_UP);
    rig_test_reset_done(nic);
    g_assert_cmpint(struck(nic), ==, 1);
    stop(nic);
}

static void test_slow_reset(void)
{
    RigNic *nic = start("slow-reset@1:5000");

    soft_reset(nic);
    rig_test_wait_us(nic, 4999);
    g_assert_cmphex(status(nic), ==, RIG_NIC_STATUS_LINK_UP);
    rig_test_wait_us(nic, 1);
    g_assert_cmphex(status(nic), ==, 7);
    soft_reset(nic);
    rig_test_reset_done(nic);
    stop(nic);
}

static uint16_t nvm_sum(RigNic *nic)
{
    uint16_t sum = 0;

    for (unsigned w = 0; w < RIG_NIC_NVM_WORDS; w++) {
        rig_test_set(nic, RIG_NIC_NVM_ADDR, w);
        sum += rig_test_get(nic, RIG_NIC_NVM_DATA);
    }
    return sum;
}

static void check_mac(RigNic *nic, uint32_t low, uint32_t high)
{
    g_assert_cmphex(rig_test_get(nic, RIG_NIC_MAC_LO), ==, low);
    g_assert_cmphex(rig_test_get(nic, RIG_NIC_MAC_HI), ==, high);
}

static void test_nvm(void)
{
    RigNic *nic = start("nvm-checksum@2");

    g_assert_cmphex(status(nic), ==, 7);
    soft_reset(nic);
    rig_test_reset_done(nic);
    g_assert_cmphex(status(nic), ==, 3);
    g_assert_cmphex(nvm_sum(nic), !=, RIG_NIC_NVM_SUM);
    check_mac(nic, 0, 0);
    soft_reset(nic);
    rig_test_reset_done(nic);
    g_assert_cmphex(status(nic), ==, 3);
    arm(nic, "mac-zero@1");
    soft_reset(nic);
    rig_test_reset_done(nic);
    g_assert_cmphex(status(nic), ==, 7);
    g_assert_cmphex(nvm_sum(nic), ==, RIG_NIC_NVM_SUM);
    check_mac(nic, 0, 0);
    arm(nic, "mac-multicast@1");
    soft_reset(nic);
    rig_test_reset_done(nic);
    g_assert_cmphex(status(nic), ==, 7);
    g_assert_cmphex(nvm_sum(nic), ==, RIG_NIC_NVM_SUM);
    check_mac(nic, 0xaa005453, 0xccbb);
    arm(nic, "");
    soft_reset(nic);
    rig_test_reset_done(nic);
    check_mac(nic, 0xaa005452, 0xccbb);
    stop(nic);
}

static void test_fewer_vectors(void)
{
    RigNic *nic = start("fewer-vectors@3:2");
    uint8_t cap = rig_test_msix_cap(nic);

    g_assert_cmphex(qpci_config_readw(nic->dev, cap + 2), ==, 3);
    g_assert_cmphex(qpci_config_readb(nic->dev, cap + 3), ==, 0);
    g_assert_cmphex(rig_test_get(nic, RIG_NIC_CAPS), ==, 0x0402);
    g_assert_cmphex(qpci_config_readb(nic->dev, cap + 2), ==, 3);
    g_assert_cmphex(qpci_config_readl(nic->dev, cap), ==, 0x00014011);
    g_assert_cmphex(qpci_config_readb(nic->dev, cap + 2), ==, 1);
    g_assert_cmphex(rig_test_get(nic, RIG_NIC_CAPS), ==, 0x0202);
    stop(nic);
}

static void test_no_msix(void)
{
    RigNic *nic = start("no-msix@2");

    g_assert_cmphex(rig_test_msix_cap(nic), ==, 0x50);
    g_assert_cmphex(rig_test_msix_cap(nic), ==, 0);
    g_assert_cmphex(qpci_find_capability(nic->dev, PCI_CAP_ID_PM, 0), ==,
                    0x40);
    stop(nic);
}

static void test_msix_enable_ignored(void)
{
    RigNic *nic = start("");
    uint8_t control = rig_test_msix_cap(nic) + PCI_MSIX_FLAGS;

    arm(nic, "msix-enable-ignored@2");
    qpci_config_writew(nic->dev, control, 0x8000);
    g_assert_cmphex(qpci_config_readw(nic->dev, control), ==, 0x8003);
    qpci_config_writew(nic->dev, control, 0xc000); /* it is on and stays so */
    g_assert_cmphex(qpci_config_readw(nic->dev, control), ==, 0xc003);
    qpci_config_writeb(nic->dev, control + 1, 0);
    g_assert_cmphex(qpci_config_readw(nic->dev, control), ==, 0x0003);
    qpci_config_writeb(nic->dev, control + 1, 0xc0);
    g_assert_cmphex(qpci_config_readw(nic->dev, control), ==, 0x4003);
    qpci_config_writel(nic->dev, control - 2, 0x80000000);
    g_assert_cmphex(qpci_config_readw(nic->dev, control), ==, 0x0003);
    stop(nic);
}

static void test_no_interrupt(void)
{
    RigNic *nic = start("no-interrupt@2");

    messages_on(nic);
    g_assert_true(message_comes(nic));
    g_assert_false(message_comes(nic));
    g_assert_false(message_comes(nic));
    arm(nic, "");
    g_assert_true(message_comes(nic));
    stop(nic);
}

static void test_no_intx(void)
{
    RigNic *nic = start("no-interrupt@2");

    rig_test_set(nic, RIG_NIC_IMS, CAUSE);
    rig_test_set(nic, RIG_NIC_ICS, CAUSE);
    g_assert_true(rig_test_intx(nic));
    rig_test_set(nic, RIG_NIC_ICR, CAUSE);
    rig_test_set(nic, RIG_NIC_ICS, CAUSE);
    g_assert_false(rig_test_intx(nic));
    rig_test_set(nic, RIG_NIC_IMS, CAUSE);
    g_assert_false(rig_test_intx(nic));
    stop(nic);
}

static void test_lost_interrupt(void)
{
    RigNic *nic = start("lost-interrupt@2");

    messages_on(nic);
    g_assert_true(message_comes(nic));
    g_assert_false(message_comes(nic));
    g_assert_true(message_comes(nic));
    g_assert_cmpint(struck(nic), ==, 1);
    stop(nic);
}

static unsigned storm(RigNic *nic)
{
    unsigned count = 0;

    for (unsigned us = 0; us < 50; us++) {
        rig_test_wait_us(nic, 1);
        count += rig_test_message(nic, 1);
    }
    return count;
}

static void test_interrupt_storm(void)
{
    RigNic *nic = start("interrupt-storm@2:7");

    messages_on(nic);
    g_assert_true(message_comes(nic));
    g_assert_cmpuint(storm(nic), ==, 0);
    g_assert_true(message_comes(nic));
    g_assert_cmpuint(storm(nic), ==, 7);
    arm(nic, "interrupt-storm@1");
    g_assert_true(message_comes(nic));
    soft_reset(nic);
    g_assert_cmpuint(storm(nic), ==, 0); /* a reset ends it */
    stop(nic);
}

static void test_early_interrupt(void)
{
    RigNic *nic = start("");

    rig_test_msix_on(nic);
    arm(nic, "early-interrupt@3:2");
    rig_test_set(nic, RIG_NIC_IAM, 1);
    rig_test_set(nic, RIG_NIC_ID, 1); /* not writable: no step */
    rig_test_set(nic, RIG_NIC_IAM, 2);
    g_assert_false(rig_test_message(nic, 2));
    rig_test_set(nic, RIG_NIC_IAM, 3);
    g_assert_true(rig_test_message(nic, 2));
    rig_test_set(nic, RIG_NIC_IAM, 4);
    g_assert_false(rig_test_message(nic, 2));
    arm(nic, "early-interrupt@1:9"); /* no such vector: nothing comes */
    rig_test_set(nic, RIG_NIC_IAM, 3);
    g_assert_cmpint(struck(nic), ==, 2);
    stop(nic);
}

static void test_early_intx(void)
{
    RigNic *nic = start("early-interrupt@1");

    rig_test_set(nic, RIG_NIC_IVAR(0), 0);
    g_assert_true(rig_test_intx(nic));
    g_assert_cmphex(rig_test_get(nic, RIG_NIC_ICR), ==, CAUSE);
    rig_test_set(nic, RIG_NIC_ICR, CAUSE);
    g_assert_false(rig_test_intx(nic));
    stop(nic);
}

/* Sends one frame of `length` bytes with RS; returns what is reported. */
static uint32_t transmit(RigNic *nic, uint32_t length)
{
    uint32_t at = rig_test_get(nic, RIG_NIC_TX(0) + RIG_NIC_RING_TAIL);

    rig_test_desc(nic, RIG_NIC_TX(0), at, nic->memory + RIG_TEST_TX_DATA,
                  length | RIG_NIC_TXD_EOP | RIG_NIC_TXD_RS);
    rig_test_set(nic, RIG_NIC_TX(0) + RIG_NIC_RING_TAIL, at + 1);
    return rig_test_desc_status(nic, RIG_NIC_TX(0), at);
}

static void test_link_never_up(void)
{
    RigNic *nic = start("link-never-up@2");

    g_assert_cmphex(status(nic), ==, 7);
    g_assert_cmphex(status(nic), ==, 5);
    g_assert_cmphex(status(nic), ==, 5);
    rig_test_ring_on(nic, RIG_NIC_TX(0), 8);
    rig_test_set(nic, RIG_NIC_CTRL, RIG_NIC_CTRL_TXEN);
    g_assert_cmphex(transmit(nic, 60), ==, RIG_NIC_DESC_DONE);
    arm(nic, "");
    g_assert_cmphex(status(nic), ==, 7);
    stop(nic);
}

/* A frame sent takes three DMA accesses: descriptor, data, write-back. */
static void test_dma_unmapped(void)
{
    RigNic *nic = start("");
    uint32_t ctrl = RIG_NIC_TX(0) + RIG_NIC_RING_CTRL;

    rig_test_set(nic, RIG_NIC_CTRL, RIG_NIC_CTRL_TXEN);
    rig_test_ring_on(nic, RIG_NIC_TX(0), 8);
    arm(nic, "dma-unmapped@5");
    g_assert_cmphex(transmit(nic, 60), ==, RIG_NIC_DESC_DONE);
    g_assert_cmphex(transmit(nic, 60), ==,
                    RIG_NIC_DESC_DONE | RIG_NIC_DESC_ERROR);
    g_assert_cmphex(rig_test_get(nic, RIG_NIC_ERRCODE), ==, RIG_NIC_ERR_DMA);
    g_assert_cmphex(transmit(nic, 60), ==, RIG_NIC_DESC_DONE);
    g_assert_cmpuint(rig_test_stat(nic, RIG_NIC_STAT_TX_ERRORS), ==, 1);
    arm(nic, "dma-unmapped@1");
    g_assert_cmphex(transmit(nic, 60), ==, 0);
    g_assert_cmphex(rig_test_get(nic, ctrl), ==,
                    RIG_NIC_RING_ENABLE | RIG_NIC_RING_HALTED);
    rig_test_set(nic, ctrl, 0);
    rig_test_set(nic, ctrl, RIG_NIC_RING_ENABLE);
    g_assert_cmphex(transmit(nic, 60), ==, RIG_NIC_DESC_DONE);
    stop(nic);
}

static void test_power_stuck(void)
{
    RigNic *nic = start("");
    uint8_t control = qpci_find_capability(nic->dev, PCI_CAP_ID_PM, 0) +
                      PCI_PM_CTRL;
    uint8_t pcie = qpci_find_capability(nic->dev, PCI_CAP_ID_EXP, 0);

    arm(nic, "power-stuck@2");
    qpci_config_writew(nic->dev, control, 0); /* is in D0: no occasion */
    qpci_config_writew(nic->dev, control, 3);
    qpci_config_writew(nic->dev, control, 0);
    g_assert_cmphex(qpci_config_readw(nic->dev, control), ==, 0);
    qpci_config_writew(nic->dev, control, 3);
    qpci_config_writew(nic->dev, control, 0);
    g_assert_cmphex(qpci_config_readw(nic->dev, control), ==, 3);
    qpci_config_writeb(nic->dev, control, 0);
    g_assert_cmphex(qpci_config_readw(nic->dev, control), ==, 3);
    qpci_config_writew(nic->dev, pcie + PCI_EXP_DEVCTL,
                       PCI_EXP_DEVCTL_BCR_FLR);
    g_assert_cmphex(qpci_config_readw(nic->dev, control), ==, 0);
    stop(nic);
}

/* --- arming ---------------------------------------------------------------- */

static void test_list(void)
{
    RigNic *nic = start("no-msix@7;stuck-bit@9:0x4.0.1;slow-reset@2");

    expect_armed(nic, "stuck-bit@9:0x4.0.1;slow-reset@2:1000000;no-msix@7");
    arm(nic, "mac-zero@4");
    expect_armed(nic, "mac-zero@4");
    soft_reset(nic);
    rig_test_reset_done(nic);
    expect_armed(nic, "mac-zero@3");
    arm(nic, "");
    expect_armed(nic, "");
    stop(nic);
}

static void test_bad_specifications(void)
{
    static const char *const bad[] = {
        "nonsense@1", "no-msix", "no-msix@", "no-msix@0", "no-msix@-1",
        "no-msix@4294967296", "no-msix@99999999999999999999", "no-msix@1x",
        "no-msix@1:2", "no-msix@1:", "@1", "no@1", "no-msixx@1", "all-ones@1:2",
        "slow-reset@1:100", "slow-reset@1:60000001", "slow-reset@1:1s",
        "fewer-vectors@1:0", "fewer-vectors@1:65", "early-interrupt@1:64",
        "stuck-bit@1", "stuck-bit@1:4", "stuck-bit@1:4.0", "stuck-bit@1:4.0.2",
        "stuck-bit@1:4.32.0", "stuck-bit@1:4.-1.0", "stuck-bit@1:5.0.0",
        "stuck-bit@1:0x1100.0.0", "stuck-bit@1:0xffff0000.0.0",
        "stuck-bit@1:4.0.0.0", "no-msix@1;nonsense@1",
    };
    RigNic *nic = start("");

    for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
        QDict *reply = qom_set(nic->qts, bad[i]);

        g_assert_true(qdict_haskey(reply, "error"));
        qobject_unref(reply);
        expect_armed(nic, "");
    }
    stop(nic);
}

/* Every fault of the table can be armed by its name alone or a bit. */
static void test_every_name(void)
{
#define NAME(id, name, ...) name,
    static const char *const names[] = { RIG_FAULTS(NAME) };
    RigNic *nic = start("");

    for (unsigned i = 0; i < ARRAY_SIZE(names); i++) {
        bool bit = !strcmp(names[i], "stuck-bit");
        g_autofree char *spec = g_strdup_printf("%s@1%s", names[i],
                                                bit ? ":0.0.0" : "");

        g_assert_cmpuint(strlen(spec), <=, RIG_FAULT_SPEC_MAX);
        arm(nic, spec);
    }
    stop(nic);
}

static int32_t send_command(RigMachine *m, uint16_t op, const char *name,
                            uint64_t arg)
{
    struct rig_command c = { .op = op, .arg = { arg } };

    g_strlcpy(c.name, name, sizeof(c.name));
    return rig_run_command(m, &c);
}

static int32_t command(RigMachine *m, const char *spec, uint64_t ordinal)
{
    return send_command(m, RIG_CMD_FAULT, spec, ordinal);
}

static int32_t occasions(RigMachine *m, const char *name)
{
    return send_command(m, RIG_CMD_OCCASIONS, name, 0);
}

/* The next strike in the stream is that of the fault @name. */
static void expect_strike(RigMachine *m, const char *name)
{
    const struct rig_record *record = rig_next(m);
    const struct rig_ev_fault *fault;

    while (record && record->type != RIG_EV_FAULT) {
        record = rig_next(m);
    }
    g_assert_nonnull(record);
    fault = (const void *)(record + 1);
    g_assert_cmpuint(fault->target, ==, 0);
    g_assert_cmpstr(fault->name, ==, name);
}

static void test_in_band(void)
{
    RigMachine *m = rig_machine_start("nic0", RIG_NIC_ALONE);
    RigSource s = rig_source(m, RIG_NIC_DEVFN);

    g_assert_cmpint(command(m, "all-ones", 2), ==, 0);
    g_assert_cmphex(qpci_io_readl(s.f.dev, s.regs, RIG_NIC_ID), ==,
                    RIG_NIC_ID_VALUE);
    g_assert_cmphex(qpci_io_readl(s.f.dev, s.regs, RIG_NIC_ID), ==, ALL);
    g_assert_cmpint(command(m, "", 0), ==, 0);
    g_assert_cmphex(qpci_io_readl(s.f.dev, s.regs, RIG_NIC_ID), ==,
                    RIG_NIC_ID_VALUE);
    g_assert_cmpint(command(m, "stuck-bit:0x0008.0.1", 1), ==, 0);
    g_assert_cmphex(qpci_io_readl(s.f.dev, s.regs, RIG_NIC_ID), ==,
                    RIG_NIC_ID_VALUE | 1);
    g_assert_cmpint(command(m, "nonsense", 1), ==, -ENOENT);
    g_assert_cmpint(command(m, "no-msix", 0), ==, -EINVAL);
    g_assert_cmpint(command(m, "no-msix:1", 1), ==, -EINVAL);
    rig_function_free(&s.f);
    rig_machine_end(m);
    expect_strike(m, "all-ones");
    expect_strike(m, "stuck-bit");
    rig_machine_free(m);
}

/* A fault far away counts what it will never strike. */
static void test_occasions(void)
{
    RigMachine *m = rig_machine_start("nic0", RIG_NIC_ALONE);
    RigSource s = rig_source(m, RIG_NIC_DEVFN);

    g_assert_cmpint(occasions(m, "all-ones"), ==, 0);
    qpci_io_readl(s.f.dev, s.regs, RIG_NIC_ID);
    g_assert_cmpint(occasions(m, "all-ones"), ==, 0); /* it was not armed */
    g_assert_cmpint(command(m, "all-ones", RIG_FAULT_ORDINAL_MAX), ==, 0);
    for (unsigned i = 0; i < 5; i++) {
        g_assert_cmphex(qpci_io_readl(s.f.dev, s.regs, RIG_NIC_ID), ==,
                        RIG_NIC_ID_VALUE);
    }
    g_assert_cmpint(occasions(m, "all-ones"), ==, 5);
    g_assert_cmpint(occasions(m, "early-interrupt"), ==, 0);
    g_assert_cmpint(command(m, "all-ones", 2), ==, 0);
    g_assert_cmpint(occasions(m, "all-ones"), ==, 0); /* it began again */
    for (unsigned i = 0; i < 3; i++) {
        qpci_io_readl(s.f.dev, s.regs, RIG_NIC_ID);
    }
    g_assert_cmpint(occasions(m, "all-ones"), >=, 2); /* it struck */
    g_assert_cmpint(command(m, "", 0), ==, 0);
    g_assert_cmpint(occasions(m, "all-ones"), ==, 0);
    g_assert_cmpint(occasions(m, "nonsense"), ==, -ENOENT);
    g_assert_cmpint(occasions(m, "all-ones:0"), ==, -ENOENT);
    rig_function_free(&s.f);
    rig_machine_end(m);
    rig_machine_free(m);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("/rig-nic/fault/all-ones", test_all_ones);
    qtest_add_func("/rig-nic/fault/all-ones-config", test_all_ones_config);
    qtest_add_func("/rig-nic/fault/stuck-bit", test_stuck_bit);
    qtest_add_func("/rig-nic/fault/reset-never-done", test_reset_never_done);
    qtest_add_func("/rig-nic/fault/slow-reset", test_slow_reset);
    qtest_add_func("/rig-nic/fault/nvm-checksum-and-mac", test_nvm);
    qtest_add_func("/rig-nic/fault/fewer-vectors", test_fewer_vectors);
    qtest_add_func("/rig-nic/fault/no-msix", test_no_msix);
    qtest_add_func("/rig-nic/fault/msix-enable-ignored",
                   test_msix_enable_ignored);
    qtest_add_func("/rig-nic/fault/no-interrupt", test_no_interrupt);
    qtest_add_func("/rig-nic/fault/no-intx", test_no_intx);
    qtest_add_func("/rig-nic/fault/lost-interrupt", test_lost_interrupt);
    qtest_add_func("/rig-nic/fault/interrupt-storm", test_interrupt_storm);
    qtest_add_func("/rig-nic/fault/early-interrupt", test_early_interrupt);
    qtest_add_func("/rig-nic/fault/early-intx", test_early_intx);
    qtest_add_func("/rig-nic/fault/link-never-up", test_link_never_up);
    qtest_add_func("/rig-nic/fault/dma-unmapped", test_dma_unmapped);
    qtest_add_func("/rig-nic/fault/power-stuck", test_power_stuck);
    qtest_add_func("/rig-nic/fault/list-is-replaced-and-read", test_list);
    qtest_add_func("/rig-nic/fault/bad-specifications-are-refused",
                   test_bad_specifications);
    qtest_add_func("/rig-nic/fault/every-name-can-be-armed", test_every_name);
    qtest_add_func("/rig-nic/fault/in-band-by-rig-tap", test_in_band);
    qtest_add_func("/rig-nic/fault/occasions-are-counted", test_occasions);
    return g_test_run();
}
