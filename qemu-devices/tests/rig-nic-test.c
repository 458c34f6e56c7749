/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * qtest of rig-nic: PCI function, register values, NVM, resets, power, link.
 *
 * The table of registers below is written from docs/rig-nic.rst, not from the
 * device.
 */
#include "qemu/osdep.h"
#include "libqtest.h"
#include "hw/pci/pci_regs.h"
#include "qobject/qdict.h"
#include "rig-nic-driver.h"

#define ALL 0xffffffffu

/* What a plain register reads after a reset, and after writing all ones. */
static const struct {
    uint32_t offset, count, stride, reset, ones;
} plain[] = {
    { RIG_NIC_ID, 1, 4, RIG_NIC_ID_VALUE, RIG_NIC_ID_VALUE },
    { RIG_NIC_CAPS, 1, 4, 0x0402, 0x0402 },
    { RIG_NIC_SPEED, 1, 4, 10000, 10000 },
    { RIG_NIC_STATUS, 1, 4, 7, 7 },
    { RIG_NIC_MAXFRAME, 1, 4, 1514, 1514 },
    { RIG_NIC_MAC_LO, 1, 4, 0xaa005452, ALL },
    { RIG_NIC_MAC_HI, 1, 4, 0xccbb, 0xffff },
    { RIG_NIC_RXFILTER, 1, 4, 0, 0xf },
    { RIG_NIC_MCHASH(0), 2, 4, 0, ALL },
    { RIG_NIC_NVM_ADDR, 1, 4, 0, 63 },
    { RIG_NIC_ICR, 1, 4, 0, 0 },
    { RIG_NIC_IAC, 1, 4, 0, RIG_NIC_CAUSE_ALL },
    { RIG_NIC_IAM, 1, 4, 0, RIG_NIC_CAUSE_ALL },
    { RIG_NIC_ERRCODE, 1, 4, 0, 0 },
    { RIG_NIC_IVAR(0), 19, 4, 0, 0x8000003f },
    { RIG_NIC_ITR(0), 64, 4, 0, 0xffff },
    { RIG_NIC_TX(0) + RIG_NIC_RING_BASE_LO, 4, 0x40, 0, 0xfffffff0 },
    { RIG_NIC_TX(0) + RIG_NIC_RING_BASE_HI, 4, 0x40, 0, ALL },
    { RIG_NIC_TX(0) + RIG_NIC_RING_SIZE, 4, 0x40, 0, 0x1fff },
    { RIG_NIC_TX(0) + RIG_NIC_RING_HEAD, 4, 0x40, 0, 0 },
    { RIG_NIC_TX(0) + RIG_NIC_RING_TAIL, 4, 0x40, 0, 0xffff },
    { RIG_NIC_FEATURES, 1, 4, 0xf, 0xf },
    { RIG_NIC_RXCSUM, 1, 4, 0, 1 },
    { RIG_NIC_RSS, 1, 4, 0, 0x3f01 },
    { RIG_NIC_RSSKEY(0), 10, 4, 0, ALL },
    { RIG_NIC_RETA(0), 32, 4, 0, ALL },
    { RIG_NIC_STAT_TX_FRAMES, 24, 4, 0, 0 },
};

static void check_reset_values(RigNic *nic)
{
    for (unsigned i = 0; i < ARRAY_SIZE(plain); i++) {
        for (unsigned n = 0; n < plain[i].count; n++) {
            uint32_t offset = plain[i].offset + n * plain[i].stride;

            g_assert_cmphex(rig_test_get(nic, offset), ==, plain[i].reset);
        }
    }
    g_assert_cmphex(rig_test_get(nic, RIG_NIC_CTRL), ==, 0);
    g_assert_cmphex(rig_test_get(nic, RIG_NIC_IMS), ==, 0);
    g_assert_cmphex(rig_test_get(nic, RIG_NIC_IMC), ==, 0);
    for (unsigned q = 0; q < 2; q++) {
        g_assert_cmphex(rig_test_get(nic, RIG_NIC_TX(q) + RIG_NIC_RING_CTRL),
                        ==, 0);
        g_assert_cmphex(rig_test_get(nic, RIG_NIC_RX(q) + RIG_NIC_RING_CTRL),
                        ==, 0);
    }
}

static void write_ones(RigNic *nic)
{
    for (unsigned i = 0; i < ARRAY_SIZE(plain); i++) {
        for (unsigned n = 0; n < plain[i].count; n++) {
            uint32_t offset = plain[i].offset + n * plain[i].stride;

            rig_test_set(nic, offset, ALL);
            g_assert_cmphex(rig_test_get(nic, offset), ==, plain[i].ones);
        }
    }
    rig_test_set(nic, RIG_NIC_CTRL, RIG_NIC_CTRL_RXEN | RIG_NIC_CTRL_TXEN);
    rig_test_set(nic, RIG_NIC_IMS, ALL);
}

static RigNic *start(const char *properties)
{
    RigNic *nic = rig_test_attach(rig_test_start(properties, ""),
                                  RIG_TEST_SLOT);

    rig_test_reset_done(nic);
    return nic;
}

static void stop(RigNic *nic)
{
    qtest_quit(nic->qts);
    rig_test_detach(nic);
}

static void test_identity(void)
{
    RigNic *nic = start("vectors=9,queues=3");
    QPCIDevice *dev = nic->dev;
    uint8_t msix = rig_test_msix_cap(nic);
    uint8_t pm = qpci_find_capability(dev, PCI_CAP_ID_PM, 0);
    uint8_t pcie = qpci_find_capability(dev, PCI_CAP_ID_EXP, 0);

    g_assert_cmphex(qpci_config_readl(dev, PCI_VENDOR_ID), ==, 0x10f51af4);
    g_assert_cmphex(qpci_config_readl(dev, PCI_CLASS_REVISION), ==,
                    0x02000001);
    g_assert_cmphex(qpci_config_readl(dev, PCI_SUBSYSTEM_VENDOR_ID), ==,
                    0x10f51af4);
    g_assert_cmphex(qpci_config_readb(dev, PCI_INTERRUPT_PIN), ==, 1);
    g_assert_cmphex(qpci_config_readw(dev, msix + PCI_MSIX_FLAGS), ==, 8);
    g_assert_cmphex(qpci_config_readl(dev, msix + PCI_MSIX_TABLE), ==, 2);
    g_assert_cmphex(qpci_config_readl(dev, msix + PCI_MSIX_PBA), ==, 0x2002);
    g_assert_cmphex(qpci_config_readl(dev, pcie + PCI_EXP_DEVCAP) &
                    PCI_EXP_DEVCAP_FLR, ==, PCI_EXP_DEVCAP_FLR);
    g_assert_cmphex(qpci_config_readw(dev, pcie + PCI_EXP_FLAGS) &
                    PCI_EXP_FLAGS_TYPE, ==, PCI_EXP_TYPE_RC_END << 4);
    g_assert_cmphex(qpci_config_readw(dev, pm + PCI_PM_CTRL), ==, 0);
    g_assert_cmphex(rig_test_get(nic, RIG_NIC_CAPS), ==, 0x0903);
    stop(nic);
}

static void test_reset_values(void)
{
    RigNic *nic = start("");

    check_reset_values(nic);
    stop(nic);
}

static void test_writable_bits(void)
{
    RigNic *nic = start("");

    write_ones(nic);
    rig_test_set(nic, RIG_NIC_MAXFRAME, 63);
    rig_test_set(nic, RIG_NIC_MAXFRAME, 9217);
    g_assert_cmphex(rig_test_get(nic, RIG_NIC_MAXFRAME), ==, 1514);
    rig_test_set(nic, RIG_NIC_MAXFRAME, 9216);
    g_assert_cmphex(rig_test_get(nic, RIG_NIC_MAXFRAME), ==, 9216);
    rig_test_set(nic, RIG_NIC_ICS, 0x50001);
    g_assert_cmphex(rig_test_get(nic, RIG_NIC_ICS), ==, 0);
    g_assert_cmphex(rig_test_get(nic, RIG_NIC_ICR), ==, 0x50001);
    rig_test_set(nic, RIG_NIC_ICR, 0x40001);
    g_assert_cmphex(rig_test_get(nic, RIG_NIC_ICR), ==, 0x10000);
    rig_test_set(nic, RIG_NIC_IMC, 0xf);
    g_assert_cmphex(rig_test_get(nic, RIG_NIC_IMS), ==, 0x7fff0);
    rig_test_set(nic, RIG_NIC_IMS, 0x3);
    g_assert_cmphex(rig_test_get(nic, RIG_NIC_IMC), ==, 0x7fff3);
    stop(nic);
}

static void test_bad_accesses(void)
{
    static const uint32_t reserved[] = {
        0x0024, 0x0038, 0x0048, 0x005c, 0x011c, 0x01cc, 0x0300, 0x0428, 0x0500,
        RIG_NIC_TX(0) + 0x18, RIG_NIC_TX(2),
        RIG_NIC_RX(15) + RIG_NIC_RING_CTRL, 0x1800, 0x3060,
        0x3ffc, 0x4000, 0xfffc,
    };
    RigNic *nic = start("");
    uint64_t mac = nic->regs + RIG_NIC_MAC_LO;

    for (unsigned i = 0; i < ARRAY_SIZE(reserved); i++) {
        rig_test_set(nic, reserved[i], ALL);
        g_assert_cmphex(rig_test_get(nic, reserved[i]), ==, 0);
    }
    qtest_writeb(nic->qts, mac, 0x11);
    qtest_writew(nic->qts, mac, 0x1111);
    qtest_writeq(nic->qts, mac, 0x1111111111111111);
    qtest_writel(nic->qts, mac + 2, 0x11111111);
    g_assert_cmphex(qtest_readb(nic->qts, mac), ==, 0);
    g_assert_cmphex(qtest_readw(nic->qts, mac), ==, 0);
    g_assert_cmphex(qtest_readq(nic->qts, mac), ==, 0);
    g_assert_cmphex(qtest_readl(nic->qts, mac + 1), ==, 0);
    check_reset_values(nic);
    stop(nic);
}

static void test_reset_completes(void)
{
    RigNic *nic = start("");

    write_ones(nic);
    rig_test_set(nic, RIG_NIC_CTRL, RIG_NIC_CTRL_RST | RIG_NIC_CTRL_RXEN);
    g_assert_cmphex(rig_test_get(nic, RIG_NIC_STATUS), ==,
                    RIG_NIC_STATUS_LINK_UP);
    rig_test_set(nic, RIG_NIC_RXFILTER, 1);
    rig_test_set(nic, RIG_NIC_ICS, 1);
    rig_test_wait_us(nic, 99);
    g_assert_cmphex(rig_test_get(nic, RIG_NIC_STATUS), ==,
                    RIG_NIC_STATUS_LINK_UP);
    rig_test_wait_us(nic, 1);
    check_reset_values(nic);
    stop(nic);
}

static uint16_t nvm_word(RigNic *nic, unsigned word)
{
    rig_test_set(nic, RIG_NIC_NVM_ADDR, word);
    return rig_test_get(nic, RIG_NIC_NVM_DATA);
}

static void test_nvm(void)
{
    RigNic *nic = start("");
    uint16_t sum = 0;

    for (unsigned w = 0; w < RIG_NIC_NVM_WORDS; w++) {
        sum += nvm_word(nic, w);
    }
    g_assert_cmphex(sum, ==, RIG_NIC_NVM_SUM);
    g_assert_cmphex(nvm_word(nic, 0), ==, 0x5452);
    g_assert_cmphex(nvm_word(nic, 1), ==, 0xaa00);
    g_assert_cmphex(nvm_word(nic, 2), ==, 0xccbb);
    g_assert_cmphex(nvm_word(nic, 3), ==, RIG_NIC_NVM_VERSION);
    rig_test_set(nic, RIG_NIC_NVM_DATA, 0);
    g_assert_cmphex(nvm_word(nic, 3), ==, RIG_NIC_NVM_VERSION);
    stop(nic);
}

static void test_flr(void)
{
    RigNic *nic = start("");
    uint8_t pcie = qpci_find_capability(nic->dev, PCI_CAP_ID_EXP, 0);

    write_ones(nic);
    rig_test_msix_on(nic);
    rig_test_msix_mask(nic, 1, true);
    rig_test_set(nic, RIG_NIC_IVAR(0), RIG_NIC_IVAR_VALID | 1);
    rig_test_set(nic, RIG_NIC_IMS, 1);
    rig_test_set(nic, RIG_NIC_ICS, 1);
    g_assert_true(rig_test_pending(nic, 1));

    qpci_config_writew(nic->dev, pcie + PCI_EXP_DEVCTL,
                       PCI_EXP_DEVCTL_BCR_FLR);
    g_assert_cmphex(qpci_config_readw(nic->dev, PCI_COMMAND), ==, 0);
    g_assert_cmphex(qpci_config_readw(nic->dev, rig_test_msix_cap(nic) +
                                      PCI_MSIX_FLAGS), ==, 3);
    rig_test_enable(nic);
    g_assert_cmphex(rig_test_get(nic, RIG_NIC_STATUS), ==,
                    RIG_NIC_STATUS_LINK_UP);
    g_assert_false(rig_test_pending(nic, 1));
    g_assert_cmphex(qtest_readl(nic->qts, nic->msix), ==, 0);
    g_assert_cmphex(qtest_readl(nic->qts, nic->msix + 12), ==, 1);
    rig_test_reset_done(nic);
    check_reset_values(nic);
    stop(nic);
}

static void test_system_reset(void)
{
    RigNic *nic = start("");

    write_ones(nic);
    qtest_system_reset(nic->qts);
    rig_test_enable(nic);
    rig_test_reset_done(nic);
    check_reset_values(nic);
    stop(nic);
}

static void test_d3hot(void)
{
    RigNic *nic = start("");
    uint8_t pm = qpci_find_capability(nic->dev, PCI_CAP_ID_PM, 0);

    rig_test_set(nic, RIG_NIC_IMS, RIG_NIC_CAUSE_LINK);
    rig_test_set(nic, RIG_NIC_ICS, RIG_NIC_CAUSE_LINK);
    g_assert_true(rig_test_intx(nic));

    qpci_config_writew(nic->dev, pm + PCI_PM_CTRL, 3);
    g_assert_cmphex(qpci_config_readw(nic->dev, pm + PCI_PM_CTRL), ==, 3);
    g_assert_false(rig_test_intx(nic));
    g_assert_cmphex(rig_test_get(nic, RIG_NIC_ID), !=, RIG_NIC_ID_VALUE);
    qpci_config_writew(nic->dev, pm + PCI_PM_CTRL, 1); /* D1: not supported */
    g_assert_cmphex(qpci_config_readw(nic->dev, pm + PCI_PM_CTRL), ==, 3);

    qpci_config_writew(nic->dev, pm + PCI_PM_CTRL, 0);
    g_assert_cmphex(qpci_config_readw(nic->dev, pm + PCI_PM_CTRL), ==, 0);
    g_assert_cmphex(qpci_config_readw(nic->dev, PCI_COMMAND), ==, 0);
    g_assert_false(rig_test_intx(nic));
    rig_test_enable(nic);
    rig_test_reset_done(nic);
    check_reset_values(nic);
    stop(nic);
}

static void set_link(RigNic *nic, bool up)
{
    qtest_qmp_assert_success(nic->qts, "{ 'execute': 'set_link', 'arguments':"
                             " { 'name': 'nic0', 'up': %i } }", up);
}

static void test_link(void)
{
    RigNic *nic = start("");

    set_link(nic, false);
    g_assert_cmphex(rig_test_get(nic, RIG_NIC_STATUS) &
                    RIG_NIC_STATUS_LINK_UP, ==, 0);
    g_assert_cmphex(rig_test_get(nic, RIG_NIC_ICR), ==, RIG_NIC_CAUSE_LINK);
    rig_test_set(nic, RIG_NIC_ICR, RIG_NIC_CAUSE_LINK);
    set_link(nic, false);
    g_assert_cmphex(rig_test_get(nic, RIG_NIC_ICR), ==, 0);
    rig_test_set(nic, RIG_NIC_CTRL, RIG_NIC_CTRL_RST);
    rig_test_reset_done(nic);
    g_assert_cmphex(rig_test_get(nic, RIG_NIC_STATUS), ==,
                    RIG_NIC_STATUS_RESET_DONE | RIG_NIC_STATUS_NVM_VALID);
    set_link(nic, true);
    g_assert_cmphex(rig_test_get(nic, RIG_NIC_STATUS), ==, 7);
    g_assert_cmphex(rig_test_get(nic, RIG_NIC_ICR), ==, RIG_NIC_CAUSE_LINK);
    stop(nic);
}

static void test_hotplug(void)
{
    QTestState *qts = rig_test_start("", "-device pcie-root-port,id=port0,"
                                     "chassis=1,addr=7");

    for (int i = 0; i < 3; i++) {
        qtest_qmp_device_add(qts, "rig-nic", "nic1", "{ 'bus': 'port0' }");
        qtest_qmp_assert_success(qts, "{ 'execute': 'device_del',"
                                 " 'arguments': { 'id': 'nic1' } }");
        qtest_system_reset_nowait(qts);
        qtest_qmp_eventwait(qts, "DEVICE_DELETED");
    }
    qtest_quit(qts);
}

static void test_bad_properties(void)
{
    static const struct {
        const char *name;
        int value;
    } bad[] = {
        { "vectors", 0 }, { "vectors", 65 }, { "queues", 0 }, { "queues", 17 },
    };
    QTestState *qts = rig_test_start("", "-device pcie-root-port,id=port0,"
                                     "chassis=1,addr=7");

    for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
        QDict *arguments = qdict_new();
        QDict *reply;

        qdict_put_str(arguments, "driver", "rig-nic");
        qdict_put_str(arguments, "bus", "port0");
        qdict_put_int(arguments, bad[i].name, bad[i].value);
        reply = qtest_qmp(qts, "{ 'execute': 'device_add',"
                          " 'arguments': %p }", arguments);
        g_assert_true(qdict_haskey(reply, "error"));
        qobject_unref(reply);
    }
    qtest_quit(qts);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("/rig-nic/pci/identity-and-capabilities", test_identity);
    qtest_add_func("/rig-nic/pci/hotplug-and-unplug", test_hotplug);
    qtest_add_func("/rig-nic/pci/bad-properties-are-refused",
                   test_bad_properties);
    qtest_add_func("/rig-nic/registers/reset-values", test_reset_values);
    qtest_add_func("/rig-nic/registers/only-writable-bits-change",
                   test_writable_bits);
    qtest_add_func("/rig-nic/registers/bad-accesses-do-nothing",
                   test_bad_accesses);
    qtest_add_func("/rig-nic/nvm/checksum-and-mac", test_nvm);
    qtest_add_func("/rig-nic/reset/takes-time-and-completes",
                   test_reset_completes);
    qtest_add_func("/rig-nic/reset/flr-clears-msix-and-registers", test_flr);
    qtest_add_func("/rig-nic/reset/system", test_system_reset);
    qtest_add_func("/rig-nic/power/d3hot-is-silent-and-d0-resets",
                   test_d3hot);
    qtest_add_func("/rig-nic/link/status-and-cause", test_link);
    return g_test_run();
}
