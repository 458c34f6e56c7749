/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * qtest of rig-nic's rings: ownership, write-back, and what happens with bad
 * sizes, bad pointers, bad frames, and a device that may not do DMA.
 *
 * The link partner is a second rig-nic on the same hub, which sends whatever
 * a test wants, at once.
 */
#include "qemu/osdep.h"
#include "libqtest.h"
#include "hw/pci/pci_regs.h"
#include "rig-nic-driver.h"

#define TX0 RIG_NIC_TX(0)
#define RX0 RIG_NIC_RX(0)
#define LAST (RIG_NIC_TXD_EOP | RIG_NIC_TXD_RS)

static const uint8_t mac_a[6] = { 0x52, 0x54, 0x00, 0xaa, 0xbb, 0xcc };
static const uint8_t mac_b[6] = { 0x52, 0x54, 0x00, 0xaa, 0xbb, 0xdd };
static const uint8_t broadcast[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

typedef struct Pair {
    RigNic *a, *b;
} Pair;

static Pair start(const char *properties)
{
    QTestState *qts = rig_test_start(
        properties, "-netdev hubport,id=n1,hubid=0 "
        "-device rig-nic,id=nic1,netdev=n1,addr=5,mac=52:54:00:aa:bb:dd");
    Pair p = { rig_test_attach(qts, RIG_TEST_SLOT),
               rig_test_attach(qts, RIG_TEST_SLOT + 1) };

    rig_test_reset_done(p.a);
    rig_test_set(p.a, RIG_NIC_CTRL, RIG_NIC_CTRL_RXEN | RIG_NIC_CTRL_TXEN);
    rig_test_set(p.b, RIG_NIC_CTRL, RIG_NIC_CTRL_RXEN | RIG_NIC_CTRL_TXEN);
    rig_test_wait_us(p.a, 1);
    return p;
}

static void stop(Pair p)
{
    qtest_quit(p.a->qts);
    rig_test_detach(p.a);
    rig_test_detach(p.b);
}

/* A frame in guest memory; its payload is `fill`. */
static uint64_t make_frame(RigNic *nic, unsigned slot, const uint8_t *to,
                           const uint8_t *from, uint8_t fill, uint32_t length)
{
    uint64_t at = nic->memory + RIG_TEST_TX_DATA + slot * 0x4000;

    qtest_memset(nic->qts, at, fill, length);
    qtest_memwrite(nic->qts, at, to, 6);
    qtest_memwrite(nic->qts, at + 6, from, 6);
    return at;
}

/* Sends one frame from TX 0, which is on and has 8 descriptors. */
static void send_frame(RigNic *nic, const uint8_t *to, const uint8_t *from,
                       uint8_t fill, uint32_t length)
{
    uint32_t tail = rig_test_get(nic, TX0 + RIG_NIC_RING_TAIL);

    rig_test_desc(nic, TX0, tail,
                  make_frame(nic, 0, to, from, fill, length), LAST | length);
    rig_test_set(nic, TX0 + RIG_NIC_RING_TAIL, (tail + 1) % 8);
    g_assert_cmphex(rig_test_desc_status(nic, TX0, tail), ==,
                    RIG_NIC_DESC_DONE);
}

static uint64_t rx_buffer(RigNic *nic, uint32_t index)
{
    return nic->memory + RIG_TEST_RX_DATA + index * 0x4000;
}

/* Gives `count` more buffers of `size` bytes to RX 0 of 8 descriptors. */
static void post(RigNic *nic, uint32_t count, uint32_t size)
{
    uint32_t tail = rig_test_get(nic, RX0 + RIG_NIC_RING_TAIL);

    for (uint32_t i = 0; i < count; i++, tail = (tail + 1) % 8) {
        rig_test_desc(nic, RX0, tail, rx_buffer(nic, tail), size);
    }
    rig_test_set(nic, RX0 + RIG_NIC_RING_TAIL, tail);
}

static uint8_t payload(RigNic *nic, uint32_t index)
{
    return qtest_readb(nic->qts, rx_buffer(nic, index) + 20);
}

/* Asserts an error was reported, and clears it. */
static void assert_error(RigNic *nic, uint32_t code)
{
    g_assert_cmphex(rig_test_get(nic, RIG_NIC_ERRCODE), ==, code);
    g_assert_cmphex(rig_test_get(nic, RIG_NIC_ICR) & RIG_NIC_CAUSE_ERROR, ==,
                    RIG_NIC_CAUSE_ERROR);
    rig_test_set(nic, RIG_NIC_ICR, RIG_NIC_CAUSE_ERROR);
}

static void test_write_back(void)
{
    Pair p = start("");
    uint64_t frame = make_frame(p.a, 0, mac_b, mac_a, 7, 100);

    rig_test_ring_on(p.b, RX0, 8);
    post(p.b, 4, 2048);
    rig_test_ring_on(p.a, TX0, 8);
    /* Two fragments without report, then a frame with it. */
    rig_test_desc(p.a, TX0, 0, frame, 60);
    rig_test_desc(p.a, TX0, 1, frame + 60, RIG_NIC_TXD_EOP | 40);
    rig_test_set(p.a, TX0 + RIG_NIC_RING_TAIL, 2);
    g_assert_cmphex(rig_test_get(p.a, TX0 + RIG_NIC_RING_HEAD), ==, 2);
    g_assert_cmphex(rig_test_desc_status(p.a, TX0, 1), ==, 0);
    g_assert_cmphex(rig_test_get(p.a, RIG_NIC_ICR), ==, 0);
    rig_test_desc(p.a, TX0, 2, frame, LAST | 90);
    rig_test_set(p.a, TX0 + RIG_NIC_RING_TAIL, 3);
    g_assert_cmphex(rig_test_desc_status(p.a, TX0, 0), ==, 0);
    g_assert_cmphex(rig_test_desc_status(p.a, TX0, 2), ==, RIG_NIC_DESC_DONE);
    g_assert_cmphex(rig_test_desc_length(p.a, TX0, 2), ==, LAST | 90);
    g_assert_cmphex(rig_test_get(p.a, RIG_NIC_ICR), ==, 1);

    g_assert_cmphex(rig_test_get(p.b, RX0 + RIG_NIC_RING_HEAD), ==, 2);
    g_assert_cmphex(rig_test_desc_length(p.b, RX0, 0), ==, 100);
    g_assert_cmphex(rig_test_desc_length(p.b, RX0, 1), ==, 90);
    g_assert_cmphex(rig_test_desc_status(p.b, RX0, 1), ==, RIG_NIC_DESC_DONE);
    g_assert_cmphex(rig_test_desc_status(p.b, RX0, 2), ==, 0);
    g_assert_cmphex(rig_test_get(p.b, RIG_NIC_ICR), ==, 1);
    g_assert_cmpuint(rig_test_stat(p.a, RIG_NIC_STAT_TX_FRAMES), ==, 2);
    g_assert_cmpuint(rig_test_stat(p.a, RIG_NIC_STAT_TX_BYTES), ==, 190);
    g_assert_cmpuint(rig_test_stat(p.b, RIG_NIC_STAT_RX_FRAMES), ==, 2);
    g_assert_cmpuint(rig_test_stat(p.b, RIG_NIC_STAT_RX_BYTES), ==, 190);
    stop(p);
}

static void test_filter(void)
{
    /* Its CRC32, as in nic-regs.h, has 31 in the upper six bits. */
    static const uint8_t group[6] = { 0x01, 0x00, 0x5e, 0x00, 0x00, 0x01 };
    const struct {
        uint32_t filter, hash[2];
        const uint8_t *to;
        bool passes;
    } cases[] = {
        { 0, { 0, 0 }, mac_b, true },
        { 0, { 0, 0 }, mac_a, false },
        { RIG_NIC_RXF_PROMISCUOUS, { 0, 0 }, mac_a, true },
        { RIG_NIC_RXF_PROMISCUOUS, { 0, 0 }, group, true },
        { RIG_NIC_RXF_ALLMULTI, { 0, 0 }, broadcast, false },
        { RIG_NIC_RXF_BROADCAST, { 0, 0 }, broadcast, true },
        { RIG_NIC_RXF_BROADCAST, { 0, 0 }, group, false },
        { RIG_NIC_RXF_ALLMULTI, { 0, 0 }, group, true },
        { 0, { 0xffffffff, 0xffffffff }, group, false },
        { RIG_NIC_RXF_HASHMULTI, { 1u << 31, 0 }, group, true },
        { RIG_NIC_RXF_HASHMULTI, { ~(1u << 31), 0xffffffff }, group, false },
    };
    Pair p = start("");
    uint32_t passed = 0, dropped = 0;

    rig_test_ring_on(p.a, TX0, 8);
    rig_test_ring_on(p.b, RX0, 8);
    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        rig_test_set(p.b, RIG_NIC_RXFILTER, cases[i].filter);
        rig_test_set(p.b, RIG_NIC_MCHASH(0), cases[i].hash[0]);
        rig_test_set(p.b, RIG_NIC_MCHASH(1), cases[i].hash[1]);
        post(p.b, 1, 2048);
        send_frame(p.a, cases[i].to, mac_a, i, 60);
        passed += cases[i].passes;
        dropped += !cases[i].passes;
        g_assert_cmpuint(rig_test_stat(p.b, RIG_NIC_STAT_RX_FRAMES), ==,
                         passed);
        g_assert_cmpuint(rig_test_stat(p.b, RIG_NIC_STAT_RX_FILTER), ==,
                         dropped);
    }
    stop(p);
}

static void test_frame_size(void)
{
    Pair p = start("");

    rig_test_ring_on(p.a, TX0, 8);
    rig_test_ring_on(p.b, RX0, 8);
    post(p.b, 3, 1000);
    send_frame(p.a, mac_b, mac_a, 1, 1515); /* above MAXFRAME */
    send_frame(p.a, mac_b, mac_a, 2, 1001); /* above the buffer */
    g_assert_cmpuint(rig_test_stat(p.b, RIG_NIC_STAT_RX_FILTER), ==, 2);
    g_assert_cmphex(rig_test_get(p.b, RX0 + RIG_NIC_RING_HEAD), ==, 0);
    send_frame(p.a, mac_b, mac_a, 3, 1000);
    send_frame(p.a, mac_b, mac_a, 4, 14);
    g_assert_cmphex(rig_test_desc_length(p.b, RX0, 0), ==, 1000);
    g_assert_cmphex(rig_test_desc_length(p.b, RX0, 1), ==, 14);
    g_assert_cmphex(payload(p.b, 0), ==, 3);
    stop(p);
}

static void test_jumbo(void)
{
    Pair p = start("");

    rig_test_ring_on(p.a, TX0, 8);
    rig_test_ring_on(p.b, RX0, 8);
    rig_test_set(p.b, RIG_NIC_MAXFRAME, RIG_NIC_FRAME_MAX);
    post(p.b, 1, 0x4000);
    send_frame(p.a, mac_b, mac_a, 0x77, RIG_NIC_FRAME_MAX);
    g_assert_cmphex(rig_test_desc_length(p.b, RX0, 0), ==, RIG_NIC_FRAME_MAX);
    g_assert_cmphex(qtest_readb(p.b->qts, rx_buffer(p.b, 0) +
                                RIG_NIC_FRAME_MAX - 1), ==, 0x77);
    stop(p);
}

static void test_no_descriptor_holds(void)
{
    Pair p = start("");

    rig_test_ring_on(p.a, TX0, 8);
    rig_test_ring_on(p.b, RX0, 8);
    for (uint8_t i = 0; i < 4; i++) {
        uint32_t tail = rig_test_get(p.a, TX0 + RIG_NIC_RING_TAIL);

        rig_test_desc(p.a, TX0, tail,
                      make_frame(p.a, i, mac_b, mac_a, 10 + i, 60), LAST | 60);
        rig_test_set(p.a, TX0 + RIG_NIC_RING_TAIL, tail + 1);
    }
    /* The first one waits on the wire, the rest in the sender's ring. */
    g_assert_cmphex(rig_test_get(p.a, TX0 + RIG_NIC_RING_HEAD), ==, 1);
    g_assert_cmpuint(rig_test_stat(p.b, RIG_NIC_STAT_RX_FRAMES), ==, 0);
    post(p.b, 2, 2048);
    rig_test_wait_us(p.a, 10);
    g_assert_cmpuint(rig_test_stat(p.b, RIG_NIC_STAT_RX_FRAMES), ==, 2);
    post(p.b, 2, 2048);
    rig_test_wait_us(p.a, 10);
    for (uint8_t i = 0; i < 4; i++) {
        g_assert_cmphex(payload(p.b, i), ==, 10 + i);
    }
    g_assert_cmphex(rig_test_get(p.a, TX0 + RIG_NIC_RING_HEAD), ==, 4);
    g_assert_cmpuint(rig_test_stat(p.b, RIG_NIC_STAT_RX_NODESC), ==, 0);
    stop(p);
}

static void test_no_descriptor_drops(void)
{
    Pair p = start("");

    rig_test_ring_on(p.a, TX0, 8);
    rig_test_ring_on(p.b, RX0, 8);
    rig_test_set(p.b, RX0 + RIG_NIC_RING_CTRL,
                 RIG_NIC_RING_ENABLE | RIG_NIC_RING_DROP);
    send_frame(p.a, mac_b, mac_a, 1, 60);
    send_frame(p.a, mac_b, mac_a, 2, 60);
    g_assert_cmpuint(rig_test_stat(p.b, RIG_NIC_STAT_RX_NODESC), ==, 2);
    post(p.b, 1, 2048);
    g_assert_cmphex(rig_test_desc_status(p.b, RX0, 0), ==, 0);
    send_frame(p.a, mac_b, mac_a, 3, 60);
    g_assert_cmphex(payload(p.b, 0), ==, 3);
    stop(p);
}

/* What waits for a driver that goes away does not reach the next one. */
static void test_off_drops(void)
{
    Pair p = start("");

    rig_test_ring_on(p.a, TX0, 8);
    send_frame(p.a, mac_b, mac_a, 1, 60); /* ring off */
    rig_test_ring_on(p.b, RX0, 8);
    send_frame(p.a, mac_b, mac_a, 2, 60); /* held up */
    rig_test_set(p.b, RX0 + RIG_NIC_RING_CTRL, 0);
    rig_test_set(p.b, RX0 + RIG_NIC_RING_CTRL, RIG_NIC_RING_ENABLE);
    send_frame(p.a, mac_b, mac_a, 3, 60); /* held up */
    rig_test_set(p.b, RIG_NIC_CTRL, RIG_NIC_CTRL_RST);
    rig_test_reset_done(p.b);
    rig_test_set(p.b, RIG_NIC_CTRL, RIG_NIC_CTRL_RXEN);
    rig_test_ring_on(p.b, RX0, 8);
    post(p.b, 2, 2048);
    g_assert_cmphex(rig_test_get(p.b, RX0 + RIG_NIC_RING_HEAD), ==, 0);
    rig_test_set(p.b, RIG_NIC_CTRL, 0);
    send_frame(p.a, mac_b, mac_a, 4, 60); /* receiver off */
    rig_test_set(p.b, RIG_NIC_CTRL, RIG_NIC_CTRL_RXEN);
    send_frame(p.a, mac_b, mac_a, 5, 60);
    g_assert_cmphex(rig_test_get(p.b, RX0 + RIG_NIC_RING_HEAD), ==, 1);
    g_assert_cmphex(payload(p.b, 0), ==, 5);
    stop(p);
}

static void test_bad_size(void)
{
    static const uint32_t bad[] = { 0, 1, 4, 7, 9, 4095, 4097, 0x1fff };
    Pair p = start("");
    RigNic *a = p.a;

    for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
        rig_test_set(a, TX0 + RIG_NIC_RING_SIZE, bad[i]);
        rig_test_set(a, TX0 + RIG_NIC_RING_CTRL, RIG_NIC_RING_ENABLE);
        g_assert_cmphex(rig_test_get(a, TX0 + RIG_NIC_RING_CTRL), ==, 0);
        assert_error(a, RIG_NIC_ERR_RING);
    }
    rig_test_set(a, TX0 + RIG_NIC_RING_SIZE, 8);
    rig_test_set(a, TX0 + RIG_NIC_RING_TAIL, 8);
    rig_test_set(a, TX0 + RIG_NIC_RING_CTRL, RIG_NIC_RING_ENABLE);
    g_assert_cmphex(rig_test_get(a, TX0 + RIG_NIC_RING_CTRL), ==, 0);
    assert_error(a, RIG_NIC_ERR_RING);
    rig_test_set(a, TX0 + RIG_NIC_RING_TAIL, 0);
    rig_test_ring_on(a, TX0, 4096);
    rig_test_set(a, TX0 + RIG_NIC_RING_TAIL, 4096);
    assert_error(a, RIG_NIC_ERR_RING);
    g_assert_cmphex(rig_test_get(a, TX0 + RIG_NIC_RING_TAIL), ==, 0);
    /* Base and size are fixed while the ring is on. */
    rig_test_set(a, TX0 + RIG_NIC_RING_SIZE, 8);
    rig_test_set(a, TX0 + RIG_NIC_RING_BASE_HI, 1);
    g_assert_cmphex(rig_test_get(a, TX0 + RIG_NIC_RING_SIZE), ==, 4096);
    g_assert_cmphex(rig_test_get(a, TX0 + RIG_NIC_RING_BASE_HI), ==, 0);
    stop(p);
}

/* A ring where no memory is halts; off and on again it works. */
static void test_bad_base(void)
{
    Pair p = start("");
    const uint64_t bad[] = {
        RIG_TEST_HOLE, 0xfffffffffffffff0, p.a->regs + RIG_NIC_TX(0),
        p.a->msix, p.a->msix + RIG_NIC_MSIX_PBA,
    };

    for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
        rig_test_set(p.a, TX0 + RIG_NIC_RING_BASE_LO, bad[i]);
        rig_test_set(p.a, TX0 + RIG_NIC_RING_BASE_HI, bad[i] >> 32);
        rig_test_set(p.a, TX0 + RIG_NIC_RING_SIZE, 8);
        rig_test_set(p.a, TX0 + RIG_NIC_RING_CTRL, RIG_NIC_RING_ENABLE);
        rig_test_set(p.a, TX0 + RIG_NIC_RING_TAIL, 3);
        g_assert_cmphex(rig_test_get(p.a, TX0 + RIG_NIC_RING_CTRL), ==,
                        RIG_NIC_RING_ENABLE | RIG_NIC_RING_HALTED);
        g_assert_cmphex(rig_test_get(p.a, TX0 + RIG_NIC_RING_HEAD), ==, 0);
        assert_error(p.a, RIG_NIC_ERR_DMA);
        rig_test_set(p.a, TX0 + RIG_NIC_RING_TAIL, 4);
        g_assert_cmphex(rig_test_get(p.a, RIG_NIC_ICR), ==, 0);
        rig_test_set(p.a, TX0 + RIG_NIC_RING_CTRL, 0);
        g_assert_cmphex(rig_test_get(p.a, TX0 + RIG_NIC_RING_TAIL), ==, 0);
    }
    rig_test_ring_on(p.a, TX0, 8);
    send_frame(p.a, mac_b, mac_a, 1, 60);

    rig_test_set(p.b, RX0 + RIG_NIC_RING_BASE_LO, RIG_TEST_HOLE);
    rig_test_set(p.b, RX0 + RIG_NIC_RING_SIZE, 8);
    rig_test_set(p.b, RX0 + RIG_NIC_RING_CTRL, RIG_NIC_RING_ENABLE);
    rig_test_set(p.b, RX0 + RIG_NIC_RING_TAIL, 3);
    send_frame(p.a, mac_b, mac_a, 2, 60);
    assert_error(p.b, RIG_NIC_ERR_DMA);
    send_frame(p.a, mac_b, mac_a, 3, 60);
    g_assert_cmphex(rig_test_get(p.b, RIG_NIC_ICR), ==, 0);
    stop(p);
}

static void test_bad_buffer(void)
{
    Pair p = start("");

    rig_test_ring_on(p.a, TX0, 8);
    rig_test_ring_on(p.b, RX0, 8);
    rig_test_desc(p.b, RX0, 0, RIG_TEST_HOLE, 2048);
    rig_test_desc(p.b, RX0, 1, p.b->regs + RIG_NIC_MAC_LO, 2048);
    rig_test_desc(p.b, RX0, 2, rx_buffer(p.b, 2), 2048);
    rig_test_set(p.b, RX0 + RIG_NIC_RING_TAIL, 3);
    for (uint32_t i = 0; i < 3; i++) {
        uint32_t flags = i < 2 ? RIG_NIC_DESC_ERROR : 0;

        send_frame(p.a, mac_b, mac_a, i, 60);
        g_assert_cmphex(rig_test_desc_status(p.b, RX0, i), ==,
                        RIG_NIC_DESC_DONE | flags);
        g_assert_cmphex(rig_test_desc_length(p.b, RX0, i), ==, flags ? 0 : 60);
        if (flags) {
            assert_error(p.b, RIG_NIC_ERR_DMA);
        }
    }
    g_assert_cmpuint(rig_test_stat(p.b, RIG_NIC_STAT_RX_FRAMES), ==, 1);

    /* The last of the three fragments has no memory. */
    rig_test_desc(p.a, TX0, 3, make_frame(p.a, 0, mac_b, mac_a, 0, 60), 60);
    rig_test_desc(p.a, TX0, 4, p.a->regs, RIG_NIC_TXD_RS | 4);
    rig_test_desc(p.a, TX0, 5, RIG_TEST_HOLE, LAST | 60);
    rig_test_set(p.a, TX0 + RIG_NIC_RING_TAIL, 6);
    g_assert_cmphex(rig_test_desc_status(p.a, TX0, 4), ==, RIG_NIC_DESC_DONE);
    g_assert_cmphex(rig_test_desc_status(p.a, TX0, 5), ==,
                    RIG_NIC_DESC_DONE | RIG_NIC_DESC_ERROR);
    assert_error(p.a, RIG_NIC_ERR_DMA);
    g_assert_cmpuint(rig_test_stat(p.a, RIG_NIC_STAT_TX_ERRORS), ==, 1);
    send_frame(p.a, mac_b, mac_a, 9, 60);
    stop(p);
}

static void test_bad_frame(void)
{
    static const uint32_t lengths[] = { 0, 1, 13, RIG_NIC_FRAME_MAX + 1,
                                        0xffff };
    Pair p = start("");
    uint64_t frame = make_frame(p.a, 0, mac_b, mac_a, 1, 64);

    rig_test_ring_on(p.a, TX0, 8);
    for (uint32_t i = 0; i < ARRAY_SIZE(lengths); i++) {
        rig_test_desc(p.a, TX0, i, frame, LAST | lengths[i]);
        rig_test_set(p.a, TX0 + RIG_NIC_RING_TAIL, i + 1);
        g_assert_cmphex(rig_test_desc_status(p.a, TX0, i), ==,
                        RIG_NIC_DESC_DONE | RIG_NIC_DESC_ERROR);
        assert_error(p.a, RIG_NIC_ERR_FRAME);
    }
    /* Fragments without end are swallowed, whatever their sum. */
    for (uint32_t i = 0; i < 8; i++) {
        rig_test_desc(p.a, TX0, i, frame, 0xffff);
    }
    for (uint32_t i = 0; i < 100; i++) {
        rig_test_set(p.a, TX0 + RIG_NIC_RING_TAIL, (i + 6) % 8);
        g_assert_cmphex(rig_test_get(p.a, TX0 + RIG_NIC_RING_HEAD), ==,
                        (i + 6) % 8);
    }
    rig_test_desc(p.a, TX0, 1, frame, LAST | 60);
    rig_test_set(p.a, TX0 + RIG_NIC_RING_TAIL, 2);
    assert_error(p.a, RIG_NIC_ERR_FRAME);
    send_frame(p.a, mac_b, mac_a, 5, 60);
    g_assert_cmpuint(rig_test_stat(p.a, RIG_NIC_STAT_TX_ERRORS), ==,
                     ARRAY_SIZE(lengths) + 1);
    g_assert_cmpuint(rig_test_stat(p.a, RIG_NIC_STAT_TX_FRAMES), ==, 1);
    stop(p);
}

/* Without bus master or transmit enable nothing moves; then everything. */
static void test_no_dma(void)
{
    Pair p = start("");

    rig_test_ring_on(p.a, TX0, 8);
    rig_test_desc(p.a, TX0, 0, make_frame(p.a, 0, mac_b, mac_a, 1, 60),
                  LAST | 60);
    qpci_config_writew(p.a->dev, PCI_COMMAND, PCI_COMMAND_MEMORY);
    rig_test_set(p.a, TX0 + RIG_NIC_RING_TAIL, 1);
    rig_test_wait_us(p.a, 100);
    g_assert_cmphex(rig_test_get(p.a, TX0 + RIG_NIC_RING_HEAD), ==, 0);
    g_assert_cmphex(rig_test_get(p.a, RIG_NIC_ICR), ==, 0);
    rig_test_set(p.a, RIG_NIC_CTRL, 0);
    rig_test_enable(p.a);
    rig_test_wait_us(p.a, 100);
    g_assert_cmphex(rig_test_get(p.a, TX0 + RIG_NIC_RING_HEAD), ==, 0);
    rig_test_set(p.a, RIG_NIC_CTRL, RIG_NIC_CTRL_TXEN);
    rig_test_wait_us(p.a, 1);
    g_assert_cmphex(rig_test_desc_status(p.a, TX0, 0), ==, RIG_NIC_DESC_DONE);
    stop(p);
}

static void test_bounded_work(void)
{
    Pair p = start("");
    uint64_t frame = make_frame(p.a, 0, mac_b, mac_a, 1, 60);
    uint32_t head;

    rig_test_ring_on(p.a, TX0, 4096);
    for (uint32_t i = 0; i < 4095; i++) {
        rig_test_desc(p.a, TX0, i, frame, LAST | 60);
    }
    rig_test_set(p.a, TX0 + RIG_NIC_RING_TAIL, 4095);
    head = rig_test_get(p.a, TX0 + RIG_NIC_RING_HEAD);
    g_assert_cmpuint(head, >, 0);
    g_assert_cmpuint(head, <=, 256);
    rig_test_wait_us(p.a, 100);
    g_assert_cmphex(rig_test_get(p.a, TX0 + RIG_NIC_RING_HEAD), ==, 4095);
    g_assert_cmpuint(rig_test_stat(p.a, RIG_NIC_STAT_TX_FRAMES), ==, 4095);
    stop(p);
}

static void test_reset_stops_transmission(void)
{
    Pair p = start("");
    uint64_t frame = make_frame(p.a, 0, mac_b, mac_a, 1, 60);

    rig_test_ring_on(p.a, TX0, 4096);
    for (uint32_t i = 0; i < 1000; i++) {
        rig_test_desc(p.a, TX0, i, frame, LAST | 60);
    }
    rig_test_set(p.a, TX0 + RIG_NIC_RING_TAIL, 1000);
    rig_test_set(p.a, RIG_NIC_CTRL, RIG_NIC_CTRL_RST);
    rig_test_reset_done(p.a);
    g_assert_cmphex(rig_test_desc_status(p.a, TX0, 0), ==, RIG_NIC_DESC_DONE);
    g_assert_cmphex(rig_test_desc_status(p.a, TX0, 999), ==, 0);
    g_assert_cmpuint(rig_test_stat(p.a, RIG_NIC_STAT_TX_FRAMES), ==, 0);
    stop(p);
}

static void test_last_queue(void)
{
    Pair p = start("queues=16");
    uint32_t ring = RIG_NIC_TX(15);

    rig_test_ring_on(p.b, RX0, 8);
    post(p.b, 2, 2048);
    rig_test_ring_on(p.a, ring, 8);
    rig_test_desc(p.a, ring, 0, make_frame(p.a, 0, mac_b, mac_a, 6, 60),
                  LAST | 60);
    rig_test_set(p.a, ring + RIG_NIC_RING_TAIL, 1);
    g_assert_cmphex(rig_test_desc_status(p.a, ring, 0), ==, RIG_NIC_DESC_DONE);
    g_assert_cmphex(rig_test_get(p.a, RIG_NIC_ICR), ==, 1u << 15);
    g_assert_cmphex(payload(p.b, 0), ==, 6);
    stop(p);
}

/* Each NIC's message raises the other's: it goes once around, and ends. */
static void test_message_loop(void)
{
    Pair p = start("");
    RigNic *nic[] = { p.a, p.b };

    for (unsigned i = 0; i < 2; i++) {
        rig_test_msix_on(nic[i]);
        qtest_writel(nic[i]->qts, nic[i]->msix, nic[!i]->regs + RIG_NIC_ICS);
        qtest_writel(nic[i]->qts, nic[i]->msix + 8, 1);
        rig_test_set(nic[i], RIG_NIC_IVAR(0), RIG_NIC_IVAR_VALID);
        rig_test_set(nic[i], RIG_NIC_IVAR(1), RIG_NIC_IVAR_VALID | 1);
        rig_test_set(nic[i], RIG_NIC_IAC, RIG_NIC_CAUSE_ALL);
        rig_test_set(nic[i], RIG_NIC_IMS, 3);
    }
    for (unsigned i = 0; i < 100; i++) {
        rig_test_set(nic[i % 2], RIG_NIC_ICS, 1);
    }
    for (unsigned i = 0; i < 2; i++) {
        g_assert_cmphex(rig_test_get(nic[i], RIG_NIC_ICR), ==, 0);
        rig_test_set(nic[i], RIG_NIC_ICS, 2);
        g_assert_true(rig_test_message(nic[i], 1));
    }
    stop(p);
}

/*
 * B's receive buffers are A's doorbell and its own: A sends to B, and so B
 * rings, in the middle of what A's own doorbell started. Nothing recurses, and
 * both NICs go on.
 */
static void test_frame_rings_doorbell(void)
{
    Pair p = start("");
    uint64_t frame = make_frame(p.a, 0, mac_b, mac_a, 9, 60);

    rig_test_ring_on(p.a, TX0, 8);
    rig_test_ring_on(p.b, RX0, 8);
    rig_test_ring_on(p.b, TX0, 8);
    rig_test_ring_on(p.a, RX0, 8);
    post(p.a, 4, 2048);
    rig_test_desc(p.b, RX0, 0, p.a->regs + TX0 + RIG_NIC_RING_TAIL, 2048);
    rig_test_desc(p.b, RX0, 1, p.b->regs + RX0 + RIG_NIC_RING_TAIL, 2048);
    rig_test_desc(p.b, RX0, 2, rx_buffer(p.b, 2), 2048);
    rig_test_set(p.b, RX0 + RIG_NIC_RING_TAIL, 3);
    for (uint32_t i = 0; i < 3; i++) {
        rig_test_desc(p.a, TX0, i, frame, LAST | 60);
        rig_test_set(p.a, TX0 + RIG_NIC_RING_TAIL, i + 1);
        rig_test_wait_us(p.a, 10);
        g_assert_cmphex(rig_test_get(p.a, TX0 + RIG_NIC_RING_HEAD), ==,
                        i + 1);
        g_assert_cmphex(rig_test_desc_status(p.b, RX0, i) &
                        RIG_NIC_DESC_DONE, ==, RIG_NIC_DESC_DONE);
    }
    g_assert_cmphex(payload(p.b, 2), ==, 9);
    g_assert_cmphex(rig_test_get(p.b, RX0 + RIG_NIC_RING_HEAD), ==, 3);
    stop(p);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("/rig-nic/ring/write-back-where-asked", test_write_back);
    qtest_add_func("/rig-nic/ring/filter", test_filter);
    qtest_add_func("/rig-nic/ring/frame-size", test_frame_size);
    qtest_add_func("/rig-nic/ring/jumbo", test_jumbo);
    qtest_add_func("/rig-nic/ring/no-descriptor-holds-the-sender",
                   test_no_descriptor_holds);
    qtest_add_func("/rig-nic/ring/no-descriptor-drops-and-counts",
                   test_no_descriptor_drops);
    qtest_add_func("/rig-nic/ring/receiver-off-drops", test_off_drops);
    qtest_add_func("/rig-nic/ring/bad-size-or-tail", test_bad_size);
    qtest_add_func("/rig-nic/ring/bad-base-halts", test_bad_base);
    qtest_add_func("/rig-nic/ring/bad-buffer-is-reported", test_bad_buffer);
    qtest_add_func("/rig-nic/ring/bad-frame-is-reported", test_bad_frame);
    qtest_add_func("/rig-nic/ring/no-dma-while-disabled", test_no_dma);
    qtest_add_func("/rig-nic/ring/bounded-work-per-doorbell",
                   test_bounded_work);
    qtest_add_func("/rig-nic/ring/reset-stops-transmission",
                   test_reset_stops_transmission);
    qtest_add_func("/rig-nic/ring/last-queue", test_last_queue);
    qtest_add_func("/rig-nic/ring/message-loop-ends", test_message_loop);
    qtest_add_func("/rig-nic/ring/frame-rings-a-doorbell",
                   test_frame_rings_doorbell);
    return g_test_run();
}
