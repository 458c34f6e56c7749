/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a driver of rig-nic does, for its qtests; see the header. */
#include "qemu/osdep.h"
#include <glib/gstdio.h>
#include "libqtest.h"
#include "libqos/pci-pc.h"
#include "hw/pci/pci_regs.h"
#include "qobject/qdict.h"
#include "rig-nic-driver.h"

#define PCI_WINDOW 0xe0000000u /* in the PCI hole of q35 */

QTestState *rig_test_start(const char *nic, const char *more)
{
    return qtest_initf("-M q35 -m 64M -nodefaults "
                       "-netdev hubport,id=n0,hubid=0 "
                       "-device rig-nic,id=nic0,netdev=n0,addr=%x,"
                       "mac=52:54:00:aa:bb:cc%s%s %s",
                       RIG_TEST_SLOT, *nic ? "," : "", nic, more);
}

static RigNic *new_nic(QTestState *qts, unsigned slot)
{
    RigNic *nic = g_new0(RigNic, 1);

    nic->qts = qts;
    nic->bus = qpci_new_pc(qts, NULL);
    nic->regs = PCI_WINDOW + slot * 0x100000;
    nic->msix = nic->regs + RIG_NIC_REGS_SIZE;
    nic->memory = 0x400000 + MIN(slot - RIG_TEST_SLOT, 2) * 0x400000;
    return nic;
}

RigNic *rig_test_attach(QTestState *qts, unsigned slot)
{
    RigNic *nic = new_nic(qts, slot);

    nic->dev = qpci_device_find(nic->bus, QPCI_DEVFN(slot, 0));
    g_assert_nonnull(nic->dev);
    rig_test_enable(nic);
    return nic;
}

/* Bus numbers and the memory window, as firmware sets them. */
static void enable_port(RigNic *nic)
{
    qpci_config_writeb(nic->port, PCI_SECONDARY_BUS, 1);
    qpci_config_writeb(nic->port, PCI_SUBORDINATE_BUS, 1);
    qpci_config_writew(nic->port, PCI_MEMORY_BASE, nic->regs >> 16);
    qpci_config_writew(nic->port, PCI_MEMORY_LIMIT, nic->regs >> 16);
    qpci_config_writew(nic->port, PCI_COMMAND,
                       PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
}

RigNic *rig_test_attach_behind(QTestState *qts, unsigned slot)
{
    RigNic *nic = new_nic(qts, slot);

    nic->port = qpci_device_find(nic->bus, QPCI_DEVFN(slot, 0));
    g_assert_nonnull(nic->port);
    enable_port(nic);
    nic->dev = qpci_device_find(nic->bus, 1 << 8);
    g_assert_nonnull(nic->dev);
    rig_test_enable(nic);
    return nic;
}

void rig_test_enable(RigNic *nic)
{
    if (nic->port) {
        enable_port(nic);
    }
    qpci_config_writel(nic->dev, PCI_BASE_ADDRESS_0 + 4 * RIG_NIC_BAR_REGS,
                       nic->regs);
    qpci_config_writel(nic->dev, PCI_BASE_ADDRESS_0 + 4 * RIG_NIC_BAR_MSIX,
                       nic->msix);
    qpci_config_writew(nic->dev, PCI_COMMAND,
                       PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
}

void rig_test_detach(RigNic *nic)
{
    g_free(nic->dev);
    g_free(nic->port);
    qpci_free_pc(nic->bus);
    g_free(nic);
}

uint32_t rig_test_get(RigNic *nic, uint32_t offset)
{
    return qtest_readl(nic->qts, nic->regs + offset);
}

void rig_test_set(RigNic *nic, uint32_t offset, uint32_t value)
{
    qtest_writel(nic->qts, nic->regs + offset, value);
}

void rig_test_wait_us(RigNic *nic, int64_t us)
{
    qtest_clock_step(nic->qts, us * 1000);
}

void rig_test_reset_done(RigNic *nic)
{
    rig_test_wait_us(nic, 100);
    g_assert_cmphex(rig_test_get(nic, RIG_NIC_STATUS) &
                    RIG_NIC_STATUS_RESET_DONE, ==, RIG_NIC_STATUS_RESET_DONE);
}

/* --- MSI-X ------------------------------------------------------------- */

uint8_t rig_test_msix_cap(RigNic *nic)
{
    return qpci_find_capability(nic->dev, PCI_CAP_ID_MSIX, 0);
}

unsigned rig_test_vectors(RigNic *nic)
{
    return (qpci_config_readw(nic->dev, rig_test_msix_cap(nic) +
                              PCI_MSIX_FLAGS) & PCI_MSIX_FLAGS_QSIZE) + 1;
}

static uint32_t message_address(RigNic *nic, unsigned vector)
{
    return nic->memory + RIG_TEST_MESSAGES + 4 * vector;
}

void rig_test_msix_on(RigNic *nic)
{
    for (unsigned v = 0; v < rig_test_vectors(nic); v++) {
        uint32_t entry = nic->msix + RIG_NIC_MSIX_TABLE +
                         v * PCI_MSIX_ENTRY_SIZE;

        qtest_writel(nic->qts, message_address(nic, v), 0);
        qtest_writel(nic->qts, entry + PCI_MSIX_ENTRY_LOWER_ADDR,
                     message_address(nic, v));
        qtest_writel(nic->qts, entry + PCI_MSIX_ENTRY_UPPER_ADDR, 0);
        qtest_writel(nic->qts, entry + PCI_MSIX_ENTRY_DATA, RIG_TEST_MSI(v));
        rig_test_msix_mask(nic, v, false);
    }
    qpci_config_writew(nic->dev, rig_test_msix_cap(nic) + PCI_MSIX_FLAGS,
                       PCI_MSIX_FLAGS_ENABLE);
}

void rig_test_msix_mask(RigNic *nic, unsigned vector, bool masked)
{
    qtest_writel(nic->qts, nic->msix + RIG_NIC_MSIX_TABLE +
                 vector * PCI_MSIX_ENTRY_SIZE + PCI_MSIX_ENTRY_VECTOR_CTRL,
                 masked ? PCI_MSIX_ENTRY_CTRL_MASKBIT : 0);
}

bool rig_test_pending(RigNic *nic, unsigned vector)
{
    uint32_t bits = qtest_readl(nic->qts, nic->msix + RIG_NIC_MSIX_PBA +
                                vector / 32 * 4);

    return bits & (1u << (vector % 32));
}

bool rig_test_message(RigNic *nic, unsigned vector)
{
    uint32_t address = message_address(nic, vector);
    uint32_t data = qtest_readl(nic->qts, address);

    qtest_writel(nic->qts, address, 0);
    g_assert_true(data == 0 || data == RIG_TEST_MSI(vector));
    return data != 0;
}

bool rig_test_intx(RigNic *nic)
{
    return qpci_config_readw(nic->dev, PCI_STATUS) & PCI_STATUS_INTERRUPT;
}

/* --- rings -------------------------------------------------------------- */

uint64_t rig_test_ring_base(RigNic *nic, uint32_t ring)
{
    return nic->memory + RIG_TEST_RINGS +
           (ring - RIG_NIC_TX(0)) / (RIG_NIC_RX(0) - RIG_NIC_TX(0)) * 0x10000;
}

void rig_test_ring_on(RigNic *nic, uint32_t ring, uint32_t size)
{
    rig_test_set(nic, ring + RIG_NIC_RING_BASE_LO,
                 rig_test_ring_base(nic, ring));
    rig_test_set(nic, ring + RIG_NIC_RING_BASE_HI, 0);
    rig_test_set(nic, ring + RIG_NIC_RING_SIZE, size);
    rig_test_set(nic, ring + RIG_NIC_RING_CTRL, RIG_NIC_RING_ENABLE);
    g_assert_cmphex(rig_test_get(nic, ring + RIG_NIC_RING_CTRL), ==,
                    RIG_NIC_RING_ENABLE);
}

void rig_test_desc(RigNic *nic, uint32_t ring, uint32_t index,
                   uint64_t address, uint32_t word)
{
    uint64_t at = rig_test_ring_base(nic, ring) + index * RIG_NIC_DESC_SIZE;

    qtest_writeq(nic->qts, at, address);
    qtest_writel(nic->qts, at + 8, word);
    qtest_writel(nic->qts, at + 12, 0);
}

uint32_t rig_test_desc_length(RigNic *nic, uint32_t ring, uint32_t index)
{
    return qtest_readl(nic->qts, rig_test_ring_base(nic, ring) +
                       index * RIG_NIC_DESC_SIZE + 8);
}

uint32_t rig_test_desc_status(RigNic *nic, uint32_t ring, uint32_t index)
{
    return qtest_readl(nic->qts, rig_test_ring_base(nic, ring) +
                       index * RIG_NIC_DESC_SIZE + 12);
}

uint64_t rig_test_stat(RigNic *nic, uint32_t offset)
{
    uint64_t low = rig_test_get(nic, offset);

    return low | (uint64_t)rig_test_get(nic, offset + 4) << 32;
}

/* --- migration ------------------------------------------------------------ */

char *rig_test_temporary(const char *name)
{
    g_autofree char *dir = g_dir_make_tmp("rig-nic-XXXXXX", NULL);

    g_assert_nonnull(dir);
    return g_build_filename(dir, name, NULL);
}

void rig_test_remove_temporary(char *path)
{
    g_autofree char *dir = g_path_get_dirname(path);

    g_unlink(path);
    g_rmdir(dir);
    g_free(path);
}

static void wait_migrated(QTestState *qts)
{
    for (int tries = 0; tries < 1000; tries++) {
        QDict *reply = qtest_qmp(qts, "{ 'execute': 'query-migrate' }");
        const char *status = qdict_get_try_str(qdict_get_qdict(reply,
                                               "return"), "status");
        bool done = status && g_str_equal(status, "completed");

        g_assert_false(status && g_str_equal(status, "failed"));
        qobject_unref(reply);
        if (done) {
            return;
        }
        g_usleep(10000);
    }
    g_assert_not_reached();
}

void rig_test_migrate(RigNic *nic, QTestState *(*start)(const char *more))
{
    char *path = rig_test_temporary("vmstate");
    g_autofree char *uri = g_strdup_printf("file:%s", path);

    qtest_qmp_assert_success(nic->qts, "{ 'execute': 'stop' }");
    qtest_qmp_assert_success(nic->qts, "{ 'execute': 'migrate', 'arguments':"
                             " { 'uri': %s } }", uri);
    wait_migrated(nic->qts);
    qtest_quit(nic->qts);
    nic->qts = start("-incoming defer");
    nic->bus->qts = nic->qts;
    /* QEMU would announce each NIC, in real time: frames of nobody's. */
    qtest_qmp_assert_success(nic->qts, "{ 'execute':"
                             " 'migrate-set-parameters', 'arguments':"
                             " { 'announce-rounds': 0 } }");
    qtest_qmp_assert_success(nic->qts, "{ 'execute': 'migrate-incoming',"
                             " 'arguments': { 'uri': %s } }", uri);
    wait_migrated(nic->qts);
    qtest_qmp_assert_success(nic->qts, "{ 'execute': 'cont' }");
    rig_test_remove_temporary(path);
}
