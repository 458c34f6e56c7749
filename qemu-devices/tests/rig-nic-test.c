/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * qtest of rig-nic: PCI function, register values, NVM, resets, power, link.
 *
 * The table of registers is that of docs/rig-nic.rst: see rig-spec.h.
 */
#include "qemu/osdep.h"
#include "libqtest.h"
#include "hw/pci/pci_regs.h"
#include "qobject/qdict.h"
#include "rig-spec.h"

#define ALL 0xffffffffu

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

#define REGISTER(name) { #name, RIG_NIC_##name }
#define STATISTIC(name) { #name, RIG_NIC_STAT_##name }
#define RANGE(name) { #name, RIG_NIC_##name(0) }
#define RING(name) \
    { "TX_" #name, RIG_NIC_TX(0) + RIG_NIC_RING_##name }, \
    { "RX_" #name, RIG_NIC_RX(0) + RIG_NIC_RING_##name }

/* The header says the same as the page: names, offsets, and no more of them. */
static void test_names(void)
{
    static const struct {
        const char *name;
        uint32_t offset;
    } header[] = {
        REGISTER(CTRL), REGISTER(STATUS), REGISTER(ID), REGISTER(CAPS),
        REGISTER(SPEED), REGISTER(MAXFRAME), REGISTER(MAC_LO),
        REGISTER(MAC_HI), REGISTER(RXFILTER), REGISTER(NVM_ADDR),
        REGISTER(NVM_DATA), RANGE(MCHASH), REGISTER(FEATURES),
        REGISTER(RXCSUM), REGISTER(RSS), REGISTER(ICR), REGISTER(ICS),
        REGISTER(IMS), REGISTER(IMC), REGISTER(IAC), REGISTER(IAM),
        REGISTER(ERRCODE), RANGE(IVAR), RANGE(ITR), RANGE(RSSKEY),
        RANGE(RETA), STATISTIC(TX_FRAMES), STATISTIC(TX_BYTES),
        STATISTIC(RX_FRAMES), STATISTIC(RX_BYTES), STATISTIC(RX_NODESC),
        STATISTIC(RX_FILTER), STATISTIC(TX_ERRORS), STATISTIC(RX_ERRORS),
        STATISTIC(RX_OFF), STATISTIC(RX_TOTAL), STATISTIC(TX_TOTAL),
        STATISTIC(TX_TSO), RING(BASE_LO), RING(BASE_HI), RING(SIZE),
        RING(HEAD), RING(TAIL), RING(CTRL),
    };
    const RigSpec *spec = rig_spec(1);
    unsigned found = 0;

    for (unsigned i = 0; i < ARRAY_SIZE(header); i++) {
        g_assert_cmphex(rig_spec_find(spec, header[i].name)->offset, ==,
                        header[i].offset);
    }
    for (unsigned i = 0; i < spec->count; i++) {
        found += &spec->reg[i] == rig_spec_find(spec, spec->reg[i].name);
    }
    g_assert_cmpuint(found, ==, ARRAY_SIZE(header));
}

static void test_reset_values(void)
{
    RigNic *nic = start("");

    rig_spec_check_reset(nic);
    stop(nic);
    nic = start("vectors=64,queues=16");
    rig_spec_check_reset(nic);
    stop(nic);
}

static void test_writable_bits(void)
{
    RigNic *nic = start("");

    rig_spec_write_ones(nic);
    stop(nic);
    nic = start("vectors=1,queues=16");
    rig_spec_write_ones(nic);
    stop(nic);
}

static void test_masks(void)
{
    RigNic *nic = start("");

    rig_test_set(nic, RIG_NIC_MAXFRAME, 64);
    rig_test_set(nic, RIG_NIC_MAXFRAME, 63);
    g_assert_cmphex(rig_test_get(nic, RIG_NIC_MAXFRAME), ==, 64);
    rig_test_set(nic, RIG_NIC_MAXFRAME, 9216);
    rig_test_set(nic, RIG_NIC_MAXFRAME, 9217);
    g_assert_cmphex(rig_test_get(nic, RIG_NIC_MAXFRAME), ==, 9216);
    rig_test_set(nic, RIG_NIC_ICS, 0x50001);
    g_assert_cmphex(rig_test_get(nic, RIG_NIC_ICS), ==, 0);
    g_assert_cmphex(rig_test_get(nic, RIG_NIC_ICR), ==, 0x50001);
    rig_test_set(nic, RIG_NIC_ICR, 0x40001);
    g_assert_cmphex(rig_test_get(nic, RIG_NIC_ICR), ==, 0x10000);
    rig_test_set(nic, RIG_NIC_IMS, ALL);
    rig_test_set(nic, RIG_NIC_IMC, 0xf);
    g_assert_cmphex(rig_test_get(nic, RIG_NIC_IMS), ==, 0x7fff0);
    rig_test_set(nic, RIG_NIC_IMS, 0x3);
    g_assert_cmphex(rig_test_get(nic, RIG_NIC_IMC), ==, 0x7fff3);
    stop(nic);
}

/* Whatever the page does not list reads 0 and takes nothing. */
static void test_nothing_else(void)
{
    RigNic *nic = start("");
    const RigSpec *spec = rig_spec(2);
    g_autofree bool *listed = g_new0(bool, RIG_NIC_REGS_SIZE / 4);

    for (unsigned i = 0; i < spec->count; i++) {
        g_assert_false(listed[spec->reg[i].offset / 4]);
        listed[spec->reg[i].offset / 4] = true;
    }
    for (uint32_t at = 0; at < RIG_NIC_REGS_SIZE; at += 4) {
        if (!listed[at / 4]) {
            g_assert_cmphex(rig_test_get(nic, at), ==, 0);
            rig_test_set(nic, at, ALL);
            g_assert_cmphex(rig_test_get(nic, at), ==, 0);
        }
    }
    rig_spec_check_reset(nic);
    stop(nic);
}

/* Nor do registers take anything but aligned accesses of 4 bytes. */
static void test_bad_accesses(void)
{
    RigNic *nic = start("");
    const RigSpec *spec = rig_spec(2);

    for (unsigned i = 0; i < spec->count; i++) {
        uint64_t at = nic->regs + spec->reg[i].offset;

        qtest_writeq(nic->qts, at, UINT64_MAX);
        g_assert_cmphex(qtest_readq(nic->qts, at), ==, 0);
        for (unsigned byte = 0; byte < 4; byte++) {
            qtest_writeb(nic->qts, at + byte, 0xff);
            qtest_writew(nic->qts, at + byte, 0xffff);
            g_assert_cmphex(qtest_readb(nic->qts, at + byte), ==, 0);
            g_assert_cmphex(qtest_readw(nic->qts, at + byte), ==, 0);
        }
        qtest_writel(nic->qts, at + 2, ALL);
        g_assert_cmphex(qtest_readl(nic->qts, at + 1), ==, 0);
        g_assert_cmphex(qtest_readl(nic->qts, at + 2), ==, 0);
    }
    rig_spec_check_reset(nic);
    stop(nic);
}

static void test_reset_completes(void)
{
    RigNic *nic = start("");

    rig_spec_write_ones(nic);
    rig_test_set(nic, RIG_NIC_CTRL, RIG_NIC_CTRL_RST | RIG_NIC_CTRL_RXEN);
    g_assert_cmphex(rig_test_get(nic, RIG_NIC_STATUS), ==,
                    RIG_NIC_STATUS_LINK_UP);
    rig_test_set(nic, RIG_NIC_RXFILTER, 1);
    rig_test_set(nic, RIG_NIC_ICS, 1);
    rig_test_wait_us(nic, 99);
    g_assert_cmphex(rig_test_get(nic, RIG_NIC_STATUS), ==,
                    RIG_NIC_STATUS_LINK_UP);
    rig_test_wait_us(nic, 1);
    rig_spec_check_reset(nic);
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

    rig_spec_write_ones(nic);
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
    rig_spec_check_reset(nic);
    stop(nic);
}

static void test_system_reset(void)
{
    RigNic *nic = start("");

    rig_spec_write_ones(nic);
    qtest_system_reset(nic->qts);
    rig_test_enable(nic);
    rig_test_reset_done(nic);
    rig_spec_check_reset(nic);
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
    rig_spec_check_reset(nic);
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
    qtest_add_func("/rig-nic/registers/masks-and-ranges", test_masks);
    qtest_add_func("/rig-nic/registers/header-and-page-agree", test_names);
    qtest_add_func("/rig-nic/registers/nothing-else", test_nothing_else);
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
