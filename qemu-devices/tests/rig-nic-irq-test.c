/* SPDX-License-Identifier: GPL-2.0-or-later */
/* qtest of rig-nic's interrupts: causes, masks, vectors, moderation, INTx. */
#include "qemu/osdep.h"
#include "libqtest.h"
#include "hw/pci/pci_regs.h"
#include "rig-nic-driver.h"

#define LINK RIG_NIC_CAUSE_LINK

/* A NIC with MSI-X on, and cause c on vector c where there are enough. */
static RigNic *start(const char *properties)
{
    RigNic *nic = rig_test_attach(rig_test_start(properties, ""),
                                  RIG_TEST_SLOT);

    rig_test_reset_done(nic);
    rig_test_msix_on(nic);
    for (unsigned c = 0; c < RIG_NIC_CAUSES; c++) {
        rig_test_set(nic, RIG_NIC_IVAR(c), RIG_NIC_IVAR_VALID | c);
    }
    return nic;
}

static void stop(RigNic *nic)
{
    qtest_quit(nic->qts);
    rig_test_detach(nic);
}

/* Asserts that of all vectors exactly `vector` sent a message; -1: none. */
static void assert_only(RigNic *nic, int vector)
{
    unsigned n = rig_test_get(nic, RIG_NIC_CAPS) >> 8;

    for (unsigned v = 0; v < n; v++) {
        g_assert_cmpint(rig_test_message(nic, v), ==, (int)v == vector);
    }
}

static void test_vectors(void)
{
    RigNic *nic = start("vectors=64");

    rig_test_set(nic, RIG_NIC_IMS, RIG_NIC_CAUSE_ALL);
    for (unsigned c = 0; c < RIG_NIC_CAUSES; c++) {
        rig_test_set(nic, RIG_NIC_ICS, 1u << c);
        assert_only(nic, c);
        rig_test_set(nic, RIG_NIC_ICR, 1u << c);
        rig_test_set(nic, RIG_NIC_IVAR(c), RIG_NIC_IVAR_VALID | (63 - c));
        rig_test_set(nic, RIG_NIC_ICS, 1u << c);
        assert_only(nic, 63 - c);
        rig_test_set(nic, RIG_NIC_IVAR(c), c); /* not valid */
        rig_test_set(nic, RIG_NIC_ICR, 1u << c);
        rig_test_set(nic, RIG_NIC_ICS, 1u << c);
        assert_only(nic, -1);
        g_assert_cmphex(rig_test_get(nic, RIG_NIC_ICR), ==, 1u << c);
        rig_test_set(nic, RIG_NIC_ICR, 1u << c);
    }
    stop(nic);
}

static void test_fewer_vectors(void)
{
    RigNic *nic = start("vectors=2,queues=4");

    rig_test_set(nic, RIG_NIC_IMS, RIG_NIC_CAUSE_ALL);
    rig_test_set(nic, RIG_NIC_ICS, 1u << 2); /* IVAR: vector 2 of 0..1 */
    assert_only(nic, -1);
    g_assert_cmphex(rig_test_get(nic, RIG_NIC_ICR), ==, 1u << 2);
    rig_test_set(nic, RIG_NIC_IVAR(2), RIG_NIC_IVAR_VALID | 1);
    assert_only(nic, 1);
    stop(nic);
}

static void test_mask(void)
{
    RigNic *nic = start("vectors=20");

    rig_test_set(nic, RIG_NIC_ICS, LINK);
    assert_only(nic, -1);
    rig_test_set(nic, RIG_NIC_IMS, LINK);
    assert_only(nic, 16);
    /* It is reported now: nothing that leaves it set reports it again. */
    rig_test_set(nic, RIG_NIC_ICS, LINK);
    rig_test_set(nic, RIG_NIC_IMS, LINK);
    assert_only(nic, -1);
    rig_test_set(nic, RIG_NIC_IMC, LINK);
    rig_test_set(nic, RIG_NIC_IMS, LINK);
    assert_only(nic, 16);
    rig_test_set(nic, RIG_NIC_ICR, LINK);
    rig_test_set(nic, RIG_NIC_ICS, LINK);
    assert_only(nic, 16);
    stop(nic);
}

static void test_auto(void)
{
    RigNic *nic = start("vectors=20");

    rig_test_set(nic, RIG_NIC_IAC, 1u << 3);
    rig_test_set(nic, RIG_NIC_IAM, 1u << 4);
    rig_test_set(nic, RIG_NIC_IMS, 3u << 3);
    for (int i = 0; i < 3; i++) {
        rig_test_set(nic, RIG_NIC_ICS, 1u << 3);
        assert_only(nic, 3);
        g_assert_cmphex(rig_test_get(nic, RIG_NIC_ICR), ==, 0);
        g_assert_cmphex(rig_test_get(nic, RIG_NIC_IMS), ==, 3u << 3);
    }
    rig_test_set(nic, RIG_NIC_ICS, 1u << 4);
    assert_only(nic, 4);
    g_assert_cmphex(rig_test_get(nic, RIG_NIC_ICR), ==, 1u << 4);
    g_assert_cmphex(rig_test_get(nic, RIG_NIC_IMS), ==, 1u << 3);
    rig_test_set(nic, RIG_NIC_IMS, 1u << 4);
    assert_only(nic, 4);
    stop(nic);
}

static void test_shared_vector(void)
{
    RigNic *nic = start("vectors=4");

    rig_test_set(nic, RIG_NIC_IVAR(17), RIG_NIC_IVAR_VALID | 3);
    rig_test_set(nic, RIG_NIC_IVAR(18), RIG_NIC_IVAR_VALID | 3);
    rig_test_set(nic, RIG_NIC_IAC, RIG_NIC_CAUSE_ALL);
    rig_test_set(nic, RIG_NIC_ICS, 3u << 17);
    rig_test_set(nic, RIG_NIC_IMS, 3u << 17);
    assert_only(nic, 3);
    g_assert_cmphex(rig_test_get(nic, RIG_NIC_ICR), ==, 0);
    stop(nic);
}

static void test_moderation(void)
{
    RigNic *nic = start("vectors=4");

    rig_test_set(nic, RIG_NIC_IMS, 3);
    rig_test_set(nic, RIG_NIC_IAC, 3);
    rig_test_set(nic, RIG_NIC_ITR(1), 100);
    rig_test_set(nic, RIG_NIC_ICS, 2);
    assert_only(nic, 1);
    rig_test_set(nic, RIG_NIC_ICS, 2);
    rig_test_set(nic, RIG_NIC_ICS, 1); /* vector 0 is not moderated */
    assert_only(nic, 0);
    rig_test_wait_us(nic, 99);
    assert_only(nic, -1);
    rig_test_wait_us(nic, 1);
    assert_only(nic, 1);
    g_assert_cmphex(rig_test_get(nic, RIG_NIC_ICR), ==, 0);
    /* A cause that is cleared before its time is not reported. */
    rig_test_set(nic, RIG_NIC_ICS, 2);
    rig_test_set(nic, RIG_NIC_ICR, 2);
    rig_test_wait_us(nic, 1000);
    assert_only(nic, -1);
    /* A shorter interval counts at once. */
    rig_test_set(nic, RIG_NIC_ICS, 2);
    assert_only(nic, 1);
    rig_test_set(nic, RIG_NIC_ICS, 2);
    assert_only(nic, -1);
    rig_test_set(nic, RIG_NIC_ITR(1), 0);
    assert_only(nic, 1);
    stop(nic);
}

static void test_pending(void)
{
    RigNic *nic = start("vectors=20");
    uint8_t flags = rig_test_msix_cap(nic) + PCI_MSIX_FLAGS;

    rig_test_set(nic, RIG_NIC_IMS, RIG_NIC_CAUSE_ALL);
    rig_test_msix_mask(nic, 5, true);
    rig_test_set(nic, RIG_NIC_ICS, 1u << 5);
    assert_only(nic, -1);
    g_assert_true(rig_test_pending(nic, 5));
    rig_test_msix_mask(nic, 5, false);
    assert_only(nic, 5);
    g_assert_false(rig_test_pending(nic, 5));

    qpci_config_writew(nic->dev, flags,
                       PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL);
    rig_test_set(nic, RIG_NIC_ICS, 1u << 6);
    assert_only(nic, -1);
    g_assert_true(rig_test_pending(nic, 6));
    qpci_config_writew(nic->dev, flags, PCI_MSIX_FLAGS_ENABLE);
    assert_only(nic, 6);
    stop(nic);
}

/* Every vector has its own interval. */
static void test_moderation_of_each(void)
{
    RigNic *nic = start("vectors=64");

    rig_test_set(nic, RIG_NIC_IMS, RIG_NIC_CAUSE_ALL);
    rig_test_set(nic, RIG_NIC_IAC, RIG_NIC_CAUSE_ALL);
    for (unsigned first = 0; first < 64; first += 16) {
        for (unsigned c = 0; c < 16; c++) {
            rig_test_set(nic, RIG_NIC_IVAR(c), RIG_NIC_IVAR_VALID | (first + c));
            rig_test_set(nic, RIG_NIC_ITR(first + c), 10 * (16 - c));
        }
        rig_test_set(nic, RIG_NIC_ICS, 0xffff);
        for (unsigned c = 0; c < 16; c++) {
            g_assert_true(rig_test_message(nic, first + c));
        }
        rig_test_set(nic, RIG_NIC_ICS, 0xffff);
        for (unsigned c = 16; c-- > 0;) { /* the shortest comes first */
            rig_test_wait_us(nic, 9);
            assert_only(nic, -1);
            rig_test_wait_us(nic, 1);
            assert_only(nic, first + c);
        }
    }
    stop(nic);
}

static void test_one_vector(void)
{
    RigNic *nic = start("vectors=1,queues=16");

    for (unsigned c = 0; c < RIG_NIC_CAUSES; c++) {
        rig_test_set(nic, RIG_NIC_IVAR(c), RIG_NIC_IVAR_VALID);
    }
    rig_test_set(nic, RIG_NIC_IAM, RIG_NIC_CAUSE_ALL);
    rig_test_set(nic, RIG_NIC_IAC, RIG_NIC_CAUSE_ALL);
    for (unsigned c = 0; c < RIG_NIC_CAUSES; c++) {
        rig_test_set(nic, RIG_NIC_IMS, RIG_NIC_CAUSE_ALL);
        rig_test_set(nic, RIG_NIC_ICS, 1u << c);
        assert_only(nic, 0);
        g_assert_cmphex(rig_test_get(nic, RIG_NIC_ICR), ==, 0);
        g_assert_cmphex(rig_test_get(nic, RIG_NIC_IMS), ==,
                        RIG_NIC_CAUSE_ALL & ~(1u << c));
        rig_test_set(nic, RIG_NIC_ICS, 1u << c); /* masked by itself */
        assert_only(nic, -1);
        rig_test_set(nic, RIG_NIC_ICR, 1u << c);
    }
    stop(nic);
}

/* The table takes aligned dwords and qwords (PCI 3.0, 6.8.2), no others. */
static void test_table_widths(void)
{
    RigNic *nic = start("vectors=5");
    QTestState *qts = nic->qts;
    uint64_t entry = nic->msix + 4 * PCI_MSIX_ENTRY_SIZE;
    uint64_t pba = nic->msix + RIG_NIC_MSIX_PBA;
    uint64_t after = nic->msix + 5 * PCI_MSIX_ENTRY_SIZE;

    for (unsigned i = 0; i < 4; i++) {
        qtest_writel(qts, entry + 4 * i, 0x11111111 * (i + 1));
        g_assert_cmphex(qtest_readl(qts, entry + 4 * i), ==,
                        0x11111111 * (i + 1));
    }
    g_assert_cmphex(qtest_readq(qts, entry), ==, 0x2222222211111111);
    qtest_writeq(qts, entry, 0xaaaaaaaabbbbbbbb);
    qtest_writeq(qts, entry + 8, 0x0000000155555555);
    g_assert_cmphex(qtest_readl(qts, entry), ==, 0xbbbbbbbb);
    g_assert_cmphex(qtest_readl(qts, entry + 4), ==, 0xaaaaaaaa);
    g_assert_cmphex(qtest_readl(qts, entry + 12), ==, 1);
    for (unsigned i = 0; i < PCI_MSIX_ENTRY_SIZE; i++) {
        qtest_writeb(qts, entry + i, 0x77);
        qtest_writew(qts, entry + i, 0x7777);
        if (i % 4) {
            qtest_writel(qts, entry + i, 0x77777777);
        }
    }
    g_assert_cmphex(qtest_readq(qts, entry), ==, 0xaaaaaaaabbbbbbbb);
    g_assert_cmphex(qtest_readq(qts, entry + 8), ==, 0x0000000155555555);
    /* There is no sixth entry, and pending bits are not written. */
    qtest_writel(qts, after, 0x77777777);
    g_assert_cmphex(qtest_readl(qts, after), !=, 0x77777777);
    qtest_writel(qts, pba, 0xffffffff);
    qtest_writeq(qts, pba, UINT64_MAX);
    g_assert_cmphex(qtest_readl(qts, pba), ==, 0);
    stop(nic);
}

/* A message may go to the device's own registers: nowhere, from anywhere. */
static void test_message_to_itself(void)
{
    RigNic *nic = start("vectors=4");
    uint8_t flags = rig_test_msix_cap(nic) + PCI_MSIX_FLAGS;
    const struct {
        uint32_t to, data;
    } targets[] = {
        { nic->regs + RIG_NIC_CTRL, RIG_NIC_CTRL_RST },
        { nic->regs + RIG_NIC_ICS, RIG_NIC_CAUSE_ALL },
        { nic->msix + PCI_MSIX_ENTRY_VECTOR_CTRL, 0 },
    };

    rig_test_set(nic, RIG_NIC_IVAR(16), RIG_NIC_IVAR_VALID | 1);
    rig_test_set(nic, RIG_NIC_IMS, 3 | LINK);
    rig_test_set(nic, RIG_NIC_IAC, RIG_NIC_CAUSE_ALL);
    for (unsigned i = 0; i < ARRAY_SIZE(targets); i++) {
        qtest_writel(nic->qts, nic->msix + PCI_MSIX_ENTRY_SIZE,
                     targets[i].to);
        qtest_writel(nic->qts, nic->msix + PCI_MSIX_ENTRY_SIZE + 8,
                     targets[i].data);
        rig_test_set(nic, RIG_NIC_ICS, 2); /* by MMIO */
        rig_test_set(nic, RIG_NIC_ITR(1), 10);
        rig_test_set(nic, RIG_NIC_ICS, 2);
        rig_test_wait_us(nic, 10); /* by a timer */
        rig_test_set(nic, RIG_NIC_ITR(1), 0);
        qpci_config_writew(nic->dev, flags, PCI_MSIX_FLAGS_ENABLE |
                           PCI_MSIX_FLAGS_MASKALL);
        rig_test_set(nic, RIG_NIC_ICS, 2);
        qpci_config_writew(nic->dev, flags, PCI_MSIX_FLAGS_ENABLE);
        for (int up = 0; up < 2; up++) { /* by the host */
            qtest_qmp_assert_success(nic->qts, "{ 'execute': 'set_link',"
                                     " 'arguments': { 'name': 'nic0',"
                                     " 'up': %i } }", up);
        }
        g_assert_cmphex(rig_test_get(nic, RIG_NIC_STATUS), ==, 7);
        g_assert_cmphex(rig_test_get(nic, RIG_NIC_ICR), ==, 0);
        g_assert_cmphex(rig_test_get(nic, RIG_NIC_IMS), ==, 3 | LINK);
    }
    rig_test_set(nic, RIG_NIC_ICS, 1);
    assert_only(nic, 0);
    stop(nic);
}

static void test_intx(void)
{
    RigNic *nic = start("vectors=4");
    uint8_t flags = rig_test_msix_cap(nic) + PCI_MSIX_FLAGS;

    qpci_config_writew(nic->dev, flags, 0);
    rig_test_set(nic, RIG_NIC_IAC, RIG_NIC_CAUSE_ALL);
    rig_test_set(nic, RIG_NIC_IAM, RIG_NIC_CAUSE_ALL);
    rig_test_set(nic, RIG_NIC_IVAR(16), 0);
    rig_test_set(nic, RIG_NIC_ICS, LINK | 1);
    g_assert_false(rig_test_intx(nic));
    rig_test_set(nic, RIG_NIC_IMS, LINK | 1);
    g_assert_true(rig_test_intx(nic));
    assert_only(nic, -1);
    rig_test_set(nic, RIG_NIC_ICR, 1);
    g_assert_true(rig_test_intx(nic));
    rig_test_set(nic, RIG_NIC_IMC, LINK);
    g_assert_false(rig_test_intx(nic));
    rig_test_set(nic, RIG_NIC_IMS, LINK);
    g_assert_true(rig_test_intx(nic));
    rig_test_set(nic, RIG_NIC_ICR, LINK);
    g_assert_false(rig_test_intx(nic));

    /* Enabling MSI-X turns what asserts INTx into a message. */
    rig_test_set(nic, RIG_NIC_ICS, 1);
    g_assert_true(rig_test_intx(nic));
    qpci_config_writew(nic->dev, flags, PCI_MSIX_FLAGS_ENABLE);
    g_assert_false(rig_test_intx(nic));
    assert_only(nic, 0);
    stop(nic);
}

static void test_reset_is_silent(void)
{
    RigNic *nic = start("vectors=4");

    rig_test_set(nic, RIG_NIC_IMS, 1);
    rig_test_set(nic, RIG_NIC_IAC, 1);
    rig_test_set(nic, RIG_NIC_ITR(0), 1000);
    rig_test_set(nic, RIG_NIC_ICS, 1);
    rig_test_set(nic, RIG_NIC_ICS, 1); /* due in 1 ms */
    assert_only(nic, 0);
    rig_test_msix_mask(nic, 1, true);
    rig_test_set(nic, RIG_NIC_IMS, 2);
    rig_test_set(nic, RIG_NIC_ICS, 2);
    g_assert_true(rig_test_pending(nic, 1));
    rig_test_set(nic, RIG_NIC_CTRL, RIG_NIC_CTRL_RST);
    rig_test_msix_mask(nic, 1, false);
    qtest_qmp_assert_success(nic->qts, "{ 'execute': 'set_link', 'arguments':"
                             " { 'name': 'nic0', 'up': false } }");
    rig_test_wait_us(nic, 2000);
    assert_only(nic, -1);
    g_assert_cmphex(rig_test_get(nic, RIG_NIC_ICR), ==, 0);
    stop(nic);
}

static void test_d3hot_is_silent(void)
{
    RigNic *nic = start("vectors=20");
    uint8_t pm = qpci_find_capability(nic->dev, PCI_CAP_ID_PM, 0);

    rig_test_set(nic, RIG_NIC_IMS, RIG_NIC_CAUSE_ALL);
    rig_test_set(nic, RIG_NIC_IAC, RIG_NIC_CAUSE_ALL);
    rig_test_set(nic, RIG_NIC_ITR(2), 50);
    rig_test_set(nic, RIG_NIC_ICS, 1u << 2);
    rig_test_set(nic, RIG_NIC_ICS, 1u << 2);
    assert_only(nic, 2);
    qpci_config_writew(nic->dev, pm + PCI_PM_CTRL, 3);
    qtest_qmp_assert_success(nic->qts, "{ 'execute': 'set_link', 'arguments':"
                             " { 'name': 'nic0', 'up': false } }");
    rig_test_wait_us(nic, 100);
    for (unsigned v = 0; v < 20; v++) {
        g_assert_false(rig_test_message(nic, v));
    }
    stop(nic);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("/rig-nic/irq/each-cause-to-its-vector", test_vectors);
    qtest_add_func("/rig-nic/irq/fewer-vectors-than-queues",
                   test_fewer_vectors);
    qtest_add_func("/rig-nic/irq/mask-and-unmask", test_mask);
    qtest_add_func("/rig-nic/irq/auto-clear-and-auto-mask", test_auto);
    qtest_add_func("/rig-nic/irq/causes-share-a-vector", test_shared_vector);
    qtest_add_func("/rig-nic/irq/moderation", test_moderation);
    qtest_add_func("/rig-nic/irq/moderation-of-each-vector",
                   test_moderation_of_each);
    qtest_add_func("/rig-nic/irq/one-vector-for-all", test_one_vector);
    qtest_add_func("/rig-nic/irq/table-widths", test_table_widths);
    qtest_add_func("/rig-nic/irq/message-to-itself", test_message_to_itself);
    qtest_add_func("/rig-nic/irq/masked-vector-stays-pending", test_pending);
    qtest_add_func("/rig-nic/irq/intx-without-msix", test_intx);
    qtest_add_func("/rig-nic/irq/reset-is-silent", test_reset_is_silent);
    qtest_add_func("/rig-nic/irq/d3hot-is-silent", test_d3hot_is_silent);
    return g_test_run();
}
