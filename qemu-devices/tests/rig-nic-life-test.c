/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * qtest of rig-nic's ends: every kind of reset, and hot-unplug, in every state
 * that the device can be in. Nothing of the life before may reach the next
 * one, which starts from the reset values and moves frames.
 *
 * The NIC is behind a root port, at the other end of the cable is a reflector
 * that holds four frames, so a sender can be held up.
 */
#include "qemu/osdep.h"
#include "libqtest.h"
#include "hw/pci/pci_regs.h"
#include "qemu/bswap.h"
#include "qobject/qdict.h"
#include "qobject/qjson.h"
#include "qobject/qlist.h"
#include "rig-spec.h"
#include "rig/traffic.h"

#define TX0   RIG_NIC_TX(0)
#define RX0   RIG_NIC_RX(0)
#define LAST  (RIG_NIC_TXD_EOP | RIG_NIC_TXD_RS)
#define PORT  7
#define SIZE  512 /* of both rings */
#define BUFFER 2048

static const uint8_t mac_nic[6] = { 0x52, 0x54, 0x00, 0xaa, 0xbb, 0xcc };
static const uint8_t mac_peer[6] = RIG_PEER_MAC;

static QTestState *start_qemu(const char *more)
{
    return qtest_initf("-M q35 -m 64M -nodefaults "
        "-global ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off "
        "-netdev hubport,id=n0,hubid=0 -netdev hubport,id=n1,hubid=0 "
        "-device rig-reflector,id=peer0,netdev=n1,queue=4 "
        "-device pcie-root-port,id=rp,addr=7.0,chassis=1 "
        "-device rig-nic,id=nic0,netdev=n0,bus=rp,mac=52:54:00:aa:bb:cc %s",
        more);
}

static RigNic *start(void)
{
    RigNic *nic = rig_test_attach_behind(start_qemu(""), PORT);

    rig_test_reset_done(nic);
    return nic;
}

static void stop(RigNic *nic)
{
    qtest_quit(nic->qts);
    rig_test_detach(nic);
}

/* --- a driver ------------------------------------------------------------- */

static void put_frame(RigNic *nic, uint32_t index, uint8_t fill,
                      uint32_t flags)
{
    uint64_t at = nic->memory + RIG_TEST_TX_DATA + index % 64 * BUFFER;

    qtest_memset(nic->qts, at, fill, 60);
    qtest_memwrite(nic->qts, at, mac_peer, 6);
    qtest_memwrite(nic->qts, at + 6, mac_nic, 6);
    rig_test_desc(nic, TX0, index, at, flags | 60);
}

static void post(RigNic *nic, uint32_t count)
{
    uint32_t tail = rig_test_get(nic, RX0 + RIG_NIC_RING_TAIL);

    for (uint32_t i = 0; i < count; i++, tail++) {
        rig_test_desc(nic, RX0, tail, nic->memory + RIG_TEST_RX_DATA +
                      tail % 64 * BUFFER, BUFFER);
    }
    rig_test_set(nic, RX0 + RIG_NIC_RING_TAIL, tail);
}

/* Interrupts and rings as a driver wants them: pair 0 has vector 1. */
static void bring_up(RigNic *nic)
{
    rig_test_msix_on(nic);
    rig_test_set(nic, RIG_NIC_IVAR(0), RIG_NIC_IVAR_VALID | 1);
    rig_test_set(nic, RIG_NIC_IVAR(16), RIG_NIC_IVAR_VALID | 2);
    rig_test_set(nic, RIG_NIC_IAC, RIG_NIC_CAUSE_ALL);
    rig_test_set(nic, RIG_NIC_IMS, RIG_NIC_CAUSE_QUEUE(0));
    rig_test_ring_on(nic, TX0, SIZE);
    rig_test_ring_on(nic, RX0, SIZE);
    rig_test_set(nic, RIG_NIC_CTRL, RIG_NIC_CTRL_RXEN | RIG_NIC_CTRL_TXEN);
    rig_test_wait_us(nic, 1);
}

static void forget_messages(RigNic *nic)
{
    for (unsigned v = 0; v < 4; v++) {
        rig_test_message(nic, v);
    }
}

/* A new life: one frame out and back, and one message for each way. */
static void check_works(RigNic *nic, uint8_t fill)
{
    bring_up(nic);
    forget_messages(nic);
    post(nic, 2);
    put_frame(nic, 0, fill, LAST);
    rig_test_set(nic, TX0 + RIG_NIC_RING_TAIL, 1);
    g_assert_cmphex(rig_test_desc_status(nic, TX0, 0), ==, RIG_NIC_DESC_DONE);
    g_assert_true(rig_test_message(nic, 1));
    g_assert_cmphex(rig_test_get(nic, RX0 + RIG_NIC_RING_HEAD), ==, 0);
    rig_test_wait_us(nic, 20);
    g_assert_true(rig_test_message(nic, 1));
    g_assert_cmphex(rig_test_get(nic, RX0 + RIG_NIC_RING_HEAD), ==, 1);
    g_assert_cmphex(qtest_readb(nic->qts, nic->memory + RIG_TEST_RX_DATA + 30),
                    ==, fill);
    g_assert_cmphex(rig_test_get(nic, RIG_NIC_ICR), ==, 0);
}

/* --- states --------------------------------------------------------------- */

static void idle(RigNic *nic)
{
}

static void send_many(RigNic *nic, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        put_frame(nic, i, 0x11, LAST);
    }
    rig_test_set(nic, TX0 + RIG_NIC_RING_TAIL, count);
}

/* More than the device handles at a time, and frames come back. */
static void busy(RigNic *nic)
{
    post(nic, SIZE - 1);
    send_many(nic, SIZE - 1);
}

/* The reflector is full: a frame waits in the hub, others in the ring. */
static void held_up(RigNic *nic)
{
    send_many(nic, 20);
    g_assert_cmphex(rig_test_get(nic, TX0 + RIG_NIC_RING_HEAD), <, 20);
}

/* The reflector's frames wait for descriptors. */
static void holding_up(RigNic *nic)
{
    send_many(nic, 3);
    rig_test_wait_us(nic, 100);
    g_assert_cmphex(rig_test_get(nic, RX0 + RIG_NIC_RING_HEAD), ==, 0);
}

static void half_a_frame(RigNic *nic)
{
    put_frame(nic, 0, 0x22, 0);
    rig_test_set(nic, TX0 + RIG_NIC_RING_TAIL, 1);
    g_assert_cmphex(rig_test_get(nic, TX0 + RIG_NIC_RING_HEAD), ==, 1);
}

/* Some segments of a large send have left. */
static void large_send(RigNic *nic)
{
    uint64_t at = nic->memory + RIG_TEST_TX_DATA;
    uint8_t frame[54] = { [12] = 0x08, [14] = 0x45, [23] = 6, [46] = 5 << 4 };

    memcpy(frame, mac_peer, 6);
    memcpy(frame + 6, mac_nic, 6);
    stw_be_p(frame + 16, 40 + 8000);
    qtest_memset(nic->qts, at, 0x33, sizeof(frame) + 8000);
    qtest_memwrite(nic->qts, at, frame, sizeof(frame));
    rig_test_desc(nic, TX0, 0, at, LAST | RIG_NIC_TXD_TSO | (54 + 8000));
    qtest_writel(nic->qts, rig_test_ring_base(nic, TX0) + 12,
                 500 << RIG_NIC_TXD_MSS_SHIFT);
    rig_test_set(nic, TX0 + RIG_NIC_RING_TAIL, 1);
    g_assert_cmpuint(rig_test_stat(nic, RIG_NIC_STAT_TX_TSO), ==, 1);
}

static void moderated(RigNic *nic)
{
    rig_test_set(nic, RIG_NIC_ITR(1), 1000);
    rig_test_set(nic, RIG_NIC_ICS, 1);
    rig_test_set(nic, RIG_NIC_ICS, 1);
    g_assert_cmphex(rig_test_get(nic, RIG_NIC_ICR), ==, 1);
}

static void pending(RigNic *nic)
{
    rig_test_msix_mask(nic, 1, true);
    rig_test_set(nic, RIG_NIC_ICS, 1);
    g_assert_true(rig_test_pending(nic, 1));
}

static void line_asserted(RigNic *nic)
{
    qpci_config_writew(nic->dev, rig_test_msix_cap(nic) + PCI_MSIX_FLAGS, 0);
    rig_test_set(nic, RIG_NIC_ICS, 1);
    g_assert_true(rig_test_intx(nic));
}

static void halted(RigNic *nic)
{
    rig_test_set(nic, TX0 + RIG_NIC_RING_CTRL, 0);
    rig_test_set(nic, TX0 + RIG_NIC_RING_BASE_LO, RIG_TEST_HOLE);
    rig_test_set(nic, TX0 + RIG_NIC_RING_CTRL, RIG_NIC_RING_ENABLE);
    rig_test_set(nic, TX0 + RIG_NIC_RING_TAIL, 1);
    g_assert_cmphex(rig_test_get(nic, TX0 + RIG_NIC_RING_CTRL), ==,
                    RIG_NIC_RING_ENABLE | RIG_NIC_RING_HALTED);
}

static void in_reset(RigNic *nic)
{
    rig_test_set(nic, RIG_NIC_CTRL, RIG_NIC_CTRL_RST);
    rig_test_wait_us(nic, 50);
}

static void set_power(RigNic *nic, unsigned state)
{
    qpci_config_writew(nic->dev, qpci_find_capability(nic->dev, PCI_CAP_ID_PM,
                                                      0) + PCI_PM_CTRL, state);
}

static void asleep(RigNic *nic)
{
    held_up(nic);
    set_power(nic, 3);
}

static void no_bus_master(RigNic *nic)
{
    qpci_config_writew(nic->dev, PCI_COMMAND, PCI_COMMAND_MEMORY);
    send_many(nic, 3);
}

static void set_link(RigNic *nic, bool up)
{
    qtest_qmp_assert_success(nic->qts, "{ 'execute': 'set_link', 'arguments':"
                             " { 'name': 'nic0', 'up': %i } }", up);
}

static void link_down(RigNic *nic)
{
    set_link(nic, false);
}

static void storm(RigNic *nic)
{
    qtest_qmp_assert_success(nic->qts, "{ 'execute': 'qom-set', 'arguments':"
                             " { 'path': '/machine/peripheral/nic0',"
                             " 'property': 'fault',"
                             " 'value': 'interrupt-storm@1' } }");
    rig_test_set(nic, RIG_NIC_ICS, 1);
    forget_messages(nic);
    rig_test_wait_us(nic, 2);
    g_assert_true(rig_test_message(nic, 1));
}

/* --- what must follow, also in another QEMU ------------------------------- */

/* `count` frames are received in all, none is lost and none comes twice. */
static void all_arrive(RigNic *nic, uint32_t count)
{
    uint32_t tail = rig_test_get(nic, RX0 + RIG_NIC_RING_TAIL);

    if (tail < count) {
        post(nic, count + 1 - tail);
    }
    rig_test_wait_us(nic, 20000);
    g_assert_cmpuint(rig_test_stat(nic, RIG_NIC_STAT_RX_FRAMES), ==, count);
    g_assert_cmpuint(rig_test_stat(nic, RIG_NIC_STAT_RX_TOTAL), ==, count);
    g_assert_cmpuint(rig_test_stat(nic, RIG_NIC_STAT_TX_FRAMES), ==, count);
    g_assert_true(rig_test_message(nic, 1));
}

static void then_busy(RigNic *nic)
{
    all_arrive(nic, SIZE - 1);
}

static void then_held_up(RigNic *nic)
{
    all_arrive(nic, 20);
}

static void then_holding_up(RigNic *nic)
{
    all_arrive(nic, 3);
}

static void then_half_a_frame(RigNic *nic)
{
    put_frame(nic, 1, 0x22, LAST);
    rig_test_set(nic, TX0 + RIG_NIC_RING_TAIL, 2);
    all_arrive(nic, 1);
    g_assert_cmphex(rig_test_desc_length(nic, RX0, 0), ==, 120);
}

static void then_large_send(RigNic *nic)
{
    all_arrive(nic, 16);
    g_assert_cmphex(rig_test_desc_length(nic, RX0, 15), ==, 554);
}

static void then_moderated(RigNic *nic)
{
    rig_test_wait_us(nic, 10000);
    g_assert_true(rig_test_message(nic, 1));
    g_assert_cmphex(rig_test_get(nic, RIG_NIC_ICR), ==, 0);
}

static void then_pending(RigNic *nic)
{
    g_assert_true(rig_test_pending(nic, 1));
    rig_test_msix_mask(nic, 1, false);
    g_assert_true(rig_test_message(nic, 1));
    g_assert_false(rig_test_pending(nic, 1));
}

static void then_line_asserted(RigNic *nic)
{
    g_assert_true(rig_test_intx(nic));
    rig_test_set(nic, RIG_NIC_ICR, 1);
    g_assert_false(rig_test_intx(nic));
}

static void then_halted(RigNic *nic)
{
    g_assert_cmphex(rig_test_get(nic, TX0 + RIG_NIC_RING_CTRL), ==,
                    RIG_NIC_RING_ENABLE | RIG_NIC_RING_HALTED);
    g_assert_cmphex(rig_test_get(nic, RIG_NIC_ERRCODE), ==, RIG_NIC_ERR_DMA);
    g_assert_cmphex(rig_test_get(nic, RIG_NIC_ICR), ==, RIG_NIC_CAUSE_ERROR);
}

static void then_in_reset(RigNic *nic)
{
    rig_test_wait_us(nic, 10000);
    rig_spec_check_reset(nic);
    check_works(nic, 1);
}

static void then_asleep(RigNic *nic)
{
    g_assert_cmphex(rig_test_get(nic, RIG_NIC_ID), !=, RIG_NIC_ID_VALUE);
    rig_test_wait_us(nic, 10000); /* frames that come now are lost */
    set_power(nic, 0);
    rig_test_enable(nic);
    rig_test_reset_done(nic);
    rig_spec_check_reset(nic);
    check_works(nic, 1);
}

static void then_no_bus_master(RigNic *nic)
{
    rig_test_enable(nic);
    all_arrive(nic, 3);
}

static void then_link_down(RigNic *nic)
{
    g_assert_cmphex(rig_test_get(nic, RIG_NIC_ICR), ==, RIG_NIC_CAUSE_LINK);
    g_assert_cmphex(rig_test_get(nic, RIG_NIC_STATUS), ==,
                    RIG_NIC_STATUS_RESET_DONE | RIG_NIC_STATUS_NVM_VALID);
    rig_test_set(nic, RIG_NIC_IMS, RIG_NIC_CAUSE_LINK);
    rig_test_wait_us(nic, 10000);
    g_assert_true(rig_test_message(nic, 2));
}

static void then_storm(RigNic *nic)
{
    rig_test_wait_us(nic, 10000); /* the rest of its 1000 messages */
    g_assert_true(rig_test_message(nic, 1));
    rig_test_wait_us(nic, 1000);
    g_assert_false(rig_test_message(nic, 1));
}

static const struct {
    const char *name;
    void (*enter)(RigNic *nic);
    void (*then)(RigNic *nic);
} states[] = {
    { "idle", idle, idle },
    { "busy", busy, then_busy },
    { "held up", held_up, then_held_up },
    { "holding up", holding_up, then_holding_up },
    { "half a frame", half_a_frame, then_half_a_frame },
    { "large send", large_send, then_large_send },
    { "moderated", moderated, then_moderated },
    { "pending", pending, then_pending },
    { "line asserted", line_asserted, then_line_asserted },
    { "halted", halted, then_halted },
    { "in reset", in_reset, then_in_reset },
    { "asleep", asleep, then_asleep },
    { "no bus master", no_bus_master, then_no_bus_master },
    { "link down", link_down, then_link_down },
    { "storm", storm, then_storm },
};

/* --- resets --------------------------------------------------------------- */

static void reset_by_register(RigNic *nic)
{
    set_power(nic, 0);
    rig_test_enable(nic);
    rig_test_set(nic, RIG_NIC_CTRL, RIG_NIC_CTRL_RST);
}

static void reset_by_flr(RigNic *nic)
{
    uint8_t cap = qpci_find_capability(nic->dev, PCI_CAP_ID_EXP, 0);

    qpci_config_writew(nic->dev, cap + PCI_EXP_DEVCTL,
                       PCI_EXP_DEVCTL_BCR_FLR);
}

static void reset_by_power(RigNic *nic)
{
    set_power(nic, 3);
    rig_test_wait_us(nic, 10);
    set_power(nic, 0);
}

static void reset_by_bus(RigNic *nic)
{
    qpci_config_writew(nic->port, PCI_BRIDGE_CONTROL,
                       PCI_BRIDGE_CTL_BUS_RESET);
    rig_test_wait_us(nic, 10);
    qpci_config_writew(nic->port, PCI_BRIDGE_CONTROL, 0);
}

static void reset_by_system(RigNic *nic)
{
    qtest_system_reset(nic->qts);
}

/* All in one machine: a reset leaves nothing behind for the next round. */
static void check_resets(void (*reset)(RigNic *nic))
{
    RigNic *nic = start();

    for (unsigned i = 0; i < ARRAY_SIZE(states); i++) {
        g_test_message("%s", states[i].name);
        bring_up(nic);
        states[i].enter(nic);
        reset(nic);
        set_link(nic, true);
        forget_messages(nic);
        rig_test_enable(nic);
        rig_test_reset_done(nic);
        rig_spec_check_reset(nic);
        rig_test_wait_us(nic, 5000);
        rig_spec_check_reset(nic);
        g_assert_false(rig_test_intx(nic));
        for (unsigned v = 0; v < 4; v++) {
            g_assert_false(rig_test_message(nic, v));
            g_assert_false(rig_test_pending(nic, v));
        }
        check_works(nic, i);
        reset(nic);
        rig_test_enable(nic);
        rig_test_reset_done(nic);
        rig_spec_check_reset(nic);
    }
    stop(nic);
}

static void test_register(void)
{
    check_resets(reset_by_register);
}

static void test_flr(void)
{
    check_resets(reset_by_flr);
}

static void test_power(void)
{
    check_resets(reset_by_power);
}

static void test_bus(void)
{
    check_resets(reset_by_bus);
}

static void test_system(void)
{
    check_resets(reset_by_system);
}

/* --- unplug --------------------------------------------------------------- */

/* The guest turns the slot's power off, and the device is gone at once. */
static void unplug(RigNic *nic)
{
    uint8_t cap = qpci_find_capability(nic->port, PCI_CAP_ID_EXP, 0);

    qpci_config_writew(nic->port, cap + PCI_EXP_SLTCTL, PCI_EXP_SLTCTL_PCC |
                       PCI_EXP_SLTCTL_PWR_IND_OFF);
    qtest_qmp_eventwait(nic->qts, "DEVICE_DELETED");
}

static void plug(RigNic *nic)
{
    uint8_t cap = qpci_find_capability(nic->port, PCI_CAP_ID_EXP, 0);

    qtest_qmp_device_add(nic->qts, "rig-nic", "nic0",
                         "{ 'bus': 'rp', 'netdev': 'n0',"
                         " 'mac': '52:54:00:aa:bb:cc' }");
    qpci_config_writew(nic->port, cap + PCI_EXP_SLTCTL,
                       PCI_EXP_SLTCTL_PWR_IND_ON);
}

static void test_unplug(void)
{
    RigNic *nic = start();

    for (unsigned i = 0; i < ARRAY_SIZE(states); i++) {
        g_test_message("%s", states[i].name);
        bring_up(nic);
        states[i].enter(nic);
        unplug(nic);
        forget_messages(nic);
        rig_test_wait_us(nic, 5000);
        g_assert_cmphex(rig_test_get(nic, RIG_NIC_ID), !=, RIG_NIC_ID_VALUE);
        for (unsigned v = 0; v < 4; v++) {
            g_assert_false(rig_test_message(nic, v));
        }
        plug(nic);
        rig_test_enable(nic);
        rig_test_reset_done(nic);
        rig_spec_check_reset(nic);
        check_works(nic, i);
        rig_test_set(nic, RIG_NIC_CTRL, RIG_NIC_CTRL_RST);
        rig_test_reset_done(nic);
    }
    stop(nic);
}

/* --- snapshots ------------------------------------------------------------ */

/* What a state leads to, here and where it was migrated to. */
static void test_migration(void)
{
    for (unsigned i = 0; i < 2 * ARRAY_SIZE(states); i++) {
        RigNic *nic = start();

        g_test_message("%s%s", states[i / 2].name, i % 2 ? ", migrated" : "");
        bring_up(nic);
        states[i / 2].enter(nic);
        forget_messages(nic);
        if (i % 2) {
            rig_test_migrate(nic, start_qemu);
        }
        states[i / 2].then(nic);
        stop(nic);
    }
}

/* Runs a job of QEMU to its end, which must be a good one. */
static void run_job(RigNic *nic, const char *job, QDict *arguments)
{
    for (int tries = 0; tries < 3000; tries++) {
        QDict *reply, *info;
        bool done;

        if (tries == 0) {
            qdict_put_str(arguments, "job-id", "job0");
            reply = qtest_qmp(nic->qts, "{ 'execute': %s, 'arguments': %p }",
                              job, arguments);
            g_assert_true(qdict_haskey(reply, "return"));
            qobject_unref(reply);
        }
        reply = qtest_qmp(nic->qts, "{ 'execute': 'query-jobs' }");
        info = qobject_to(QDict, qlist_peek(qdict_get_qlist(reply, "return")));
        done = g_str_equal(qdict_get_str(info, "status"), "concluded");
        if (done && qdict_haskey(info, "error")) {
            g_error("%s: %s", job, qdict_get_str(info, "error"));
        }
        qobject_unref(reply);
        if (done) {
            qtest_qmp_assert_success(nic->qts, "{ 'execute': 'job-dismiss',"
                                     " 'arguments': { 'id': 'job0' } }");
            return;
        }
        g_usleep(1000);
    }
    g_assert_not_reached();
}

/* A qcow2 image as node `disk`, to keep snapshots in. */
static void add_disk(RigNic *nic, const char *path)
{
    run_job(nic, "blockdev-create", qdict_from_jsonf_nofail(
            "{ 'options': { 'driver': 'file', 'filename': %s, 'size': 0 } }",
            path));
    qtest_qmp_assert_success(nic->qts, "{ 'execute': 'blockdev-add',"
                             " 'arguments': { 'driver': 'file',"
                             " 'node-name': 'file0', 'filename': %s } }",
                             path);
    run_job(nic, "blockdev-create", qdict_from_jsonf_nofail(
            "{ 'options': { 'driver': 'qcow2', 'file': 'file0',"
            " 'size': 1048576 } }"));
    qtest_qmp_assert_success(nic->qts, "{ 'execute': 'blockdev-add',"
                             " 'arguments': { 'driver': 'qcow2',"
                             " 'node-name': 'disk', 'file': 'file0' } }");
}

static void snapshot(RigNic *nic, const char *job)
{
    run_job(nic, job, qdict_from_jsonf_nofail(
            "{ 'tag': 'then', 'vmstate': 'disk', 'devices': [ 'disk' ] }"));
}

/* The same QEMU goes back to a state, from a later life of the device. */
static void test_snapshot(void)
{
    for (unsigned i = 0; i < ARRAY_SIZE(states); i++) {
        char *path = rig_test_temporary("disk.qcow2");
        RigNic *nic = start();

        g_test_message("%s", states[i].name);
        add_disk(nic, path);
        bring_up(nic);
        states[i].enter(nic);
        forget_messages(nic);
        snapshot(nic, "snapshot-save");
        reset_by_power(nic);
        set_link(nic, true);
        rig_test_enable(nic);
        rig_test_wait_us(nic, 1000);
        check_works(nic, 0x55);
        post(nic, 100);
        send_many(nic, 30); /* some are under way when it is called back */
        snapshot(nic, "snapshot-load");
        states[i].then(nic);
        stop(nic);
        rig_test_remove_temporary(path);
    }
}

/* --- a line-based interrupt ----------------------------------------------- */

/* Traffic without MSI-X: asserted until the driver clears its cause. */
static void test_line(void)
{
    RigNic *nic = start();

    bring_up(nic);
    qpci_config_writew(nic->dev, rig_test_msix_cap(nic) + PCI_MSIX_FLAGS, 0);
    post(nic, 2);
    for (unsigned i = 0; i < 2; i++) {
        put_frame(nic, i, 0x44, LAST);
        rig_test_set(nic, TX0 + RIG_NIC_RING_TAIL, i + 1);
        g_assert_true(rig_test_intx(nic)); /* sent */
        rig_test_set(nic, RIG_NIC_ICR, rig_test_get(nic, RIG_NIC_ICR));
        g_assert_false(rig_test_intx(nic));
        rig_test_wait_us(nic, 20);
        g_assert_true(rig_test_intx(nic)); /* and back */
        rig_test_set(nic, RIG_NIC_IMC, RIG_NIC_CAUSE_ALL);
        g_assert_false(rig_test_intx(nic));
        rig_test_set(nic, RIG_NIC_ICR, RIG_NIC_CAUSE_ALL);
        rig_test_set(nic, RIG_NIC_IMS, 1);
        g_assert_false(rig_test_intx(nic));
    }
    for (unsigned v = 0; v < 4; v++) {
        g_assert_false(rig_test_message(nic, v));
    }
    stop(nic);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("/rig-nic/life/register-reset-in-every-state",
                   test_register);
    qtest_add_func("/rig-nic/life/flr-in-every-state", test_flr);
    qtest_add_func("/rig-nic/life/d3hot-and-back-in-every-state", test_power);
    qtest_add_func("/rig-nic/life/bus-reset-in-every-state", test_bus);
    qtest_add_func("/rig-nic/life/system-reset-in-every-state", test_system);
    qtest_add_func("/rig-nic/life/unplug-in-every-state", test_unplug);
    qtest_add_func("/rig-nic/life/migration-in-every-state", test_migration);
    qtest_add_func("/rig-nic/life/snapshot-in-every-state", test_snapshot);
    qtest_add_func("/rig-nic/life/traffic-with-a-line-interrupt", test_line);
    return g_test_run();
}
