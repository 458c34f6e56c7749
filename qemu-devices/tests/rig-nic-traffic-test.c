/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * qtest of frames between rig-nic and rig-reflector: every byte of every
 * frame, what a capture shows, back-pressure, and migration in mid-traffic.
 */
#include "qemu/osdep.h"
#include "libqtest.h"
#include "qemu/bswap.h"
#include "qobject/qdict.h"
#include "rig-nic-driver.h"
#include "rig/traffic.h"

#define TX0 RIG_NIC_TX(0)
#define RX0 RIG_NIC_RX(0)
#define LAST (RIG_NIC_TXD_EOP | RIG_NIC_TXD_RS)
#define SEED 42u
#define SLOT 2048 /* bytes between the buffers of a ring */

static const uint8_t mac_nic[6] = { 0x52, 0x54, 0x00, 0xaa, 0xbb, 0xcc };
static const uint8_t mac_peer[6] = RIG_PEER_MAC;

static QTestState *start_qemu(const char *reflector, const char *more)
{
    g_autofree char *args = g_strdup_printf(
        "-netdev hubport,id=n1,hubid=0 "
        "-device rig-reflector,id=peer0,netdev=n1%s%s %s",
        *reflector ? "," : "", reflector, more);

    return rig_test_start("", args);
}

static void drive(RigNic *nic, uint32_t tx_size, uint32_t rx_size)
{
    rig_test_reset_done(nic);
    rig_test_set(nic, RIG_NIC_CTRL, RIG_NIC_CTRL_RXEN | RIG_NIC_CTRL_TXEN);
    rig_test_ring_on(nic, TX0, tx_size);
    rig_test_ring_on(nic, RX0, rx_size);
    rig_test_wait_us(nic, 1);
}

static RigNic *start(const char *reflector, const char *more, uint32_t size)
{
    RigNic *nic = rig_test_attach(start_qemu(reflector, more), RIG_TEST_SLOT);

    drive(nic, size, size);
    return nic;
}

static void stop(RigNic *nic)
{
    qtest_quit(nic->qts);
    rig_test_detach(nic);
}

static uint32_t length_of(uint32_t n)
{
    return rig_frame_length(SEED, n, RIG_FRAME_MIN, 1514);
}

/*
 * Puts frame n into the ring, in 1 to 3 fragments; returns the new tail. The
 * rings here have `size` descriptors, and fewer than that are in use.
 */
static uint32_t put_frame(RigNic *nic, uint32_t n, uint32_t tail,
                          uint32_t size)
{
    uint8_t frame[RIG_FRAME_MAX];
    uint32_t length = length_of(n), parts = n % 3 + 1, at = 0;

    rig_frame_fill(frame, length, SEED, 1, 2, n, mac_peer, mac_nic);
    for (uint32_t i = 0; i < parts; i++) {
        uint64_t buffer = nic->memory + RIG_TEST_TX_DATA + tail * SLOT;
        uint32_t len = i + 1 < parts ? 20 : length - at;

        qtest_memwrite(nic->qts, buffer, frame + at, len);
        rig_test_desc(nic, TX0, tail, buffer,
                      len | (i + 1 < parts ? 0 : LAST));
        at += len;
        tail = (tail + 1) % size;
    }
    return tail;
}

static void send_frames(RigNic *nic, uint32_t first, uint32_t count,
                        uint32_t size)
{
    uint32_t tail = rig_test_get(nic, TX0 + RIG_NIC_RING_TAIL);

    for (uint32_t i = 0; i < count; i++) {
        tail = put_frame(nic, first + i, tail, size);
    }
    rig_test_set(nic, TX0 + RIG_NIC_RING_TAIL, tail);
}

static void post(RigNic *nic, uint32_t count, uint32_t size)
{
    uint32_t tail = rig_test_get(nic, RX0 + RIG_NIC_RING_TAIL);

    for (uint32_t i = 0; i < count; i++, tail = (tail + 1) % size) {
        rig_test_desc(nic, RX0, tail, nic->memory + RIG_TEST_RX_DATA +
                      tail * SLOT, SLOT);
    }
    rig_test_set(nic, RX0 + RIG_NIC_RING_TAIL, tail);
}

/* Asserts that descriptor `index` holds frame n as the reflector returns it. */
static void assert_frame(RigNic *nic, uint32_t n, uint32_t index)
{
    uint8_t got[SLOT], want[SLOT];
    uint32_t length = length_of(n);

    g_assert_cmphex(rig_test_desc_status(nic, RX0, index), ==,
                    RIG_NIC_DESC_DONE);
    g_assert_cmpuint(rig_test_desc_length(nic, RX0, index), ==, length);
    qtest_memread(nic->qts, nic->memory + RIG_TEST_RX_DATA + index * SLOT,
                  got, length);
    rig_frame_fill(want, length, SEED, 1, 2, n, mac_nic, mac_peer);
    g_assert_cmpmem(got, length, want, length);
}

/* Sends frames first..first+count-1 and checks them when they come back. */
static void round_trip(RigNic *nic, uint32_t first, uint32_t count,
                       uint32_t size)
{
    uint32_t head = rig_test_get(nic, RX0 + RIG_NIC_RING_HEAD);

    post(nic, count, size);
    send_frames(nic, first, count, size);
    rig_test_wait_us(nic, 9);
    g_assert_cmphex(rig_test_get(nic, RX0 + RIG_NIC_RING_HEAD), ==, head);
    rig_test_wait_us(nic, 1);
    for (uint32_t i = 0; i < count; i++) {
        assert_frame(nic, first + i, (head + i) % size);
    }
}

static void test_wrap(void)
{
    RigNic *nic = start("", "", 8);
    uint64_t bytes = 0;

    for (uint32_t n = 0; n < 200; n += 2) {
        round_trip(nic, n, 2, 8); /* 3 to 5 transmit descriptors */
        bytes += length_of(n) + length_of(n + 1);
    }
    g_assert_cmpuint(rig_test_stat(nic, RIG_NIC_STAT_TX_FRAMES), ==, 200);
    g_assert_cmpuint(rig_test_stat(nic, RIG_NIC_STAT_RX_FRAMES), ==, 200);
    g_assert_cmpuint(rig_test_stat(nic, RIG_NIC_STAT_TX_BYTES), ==, bytes);
    g_assert_cmpuint(rig_test_stat(nic, RIG_NIC_STAT_RX_BYTES), ==, bytes);
    stop(nic);
}

static void test_burst(void)
{
    RigNic *nic = start("", "", 256);

    round_trip(nic, 0, 100, 256);
    round_trip(nic, 100, 100, 256);
    stop(nic);
}

/* No answer: to all, to a group, to oneself. */
static void test_no_answer(void)
{
    static const uint8_t to[][6] = {
        { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff },
        { 0x01, 0x00, 0x5e, 0x00, 0x00, 0x01 },
        { 0x52, 0x54, 0x00, 0xaa, 0xbb, 0xcc },
    };
    RigNic *nic = start("", "", 8);

    rig_test_set(nic, RIG_NIC_RXFILTER, RIG_NIC_RXF_PROMISCUOUS);
    post(nic, 4, 8);
    for (uint32_t i = 0; i < ARRAY_SIZE(to); i++) {
        put_frame(nic, 0, i, 8);
        qtest_memwrite(nic->qts, nic->memory + RIG_TEST_TX_DATA + i * SLOT,
                       to[i], 6);
        rig_test_set(nic, TX0 + RIG_NIC_RING_TAIL, i + 1);
        g_assert_cmphex(rig_test_desc_status(nic, TX0, i), ==,
                        RIG_NIC_DESC_DONE);
    }
    rig_test_wait_us(nic, 1000);
    g_assert_cmphex(rig_test_get(nic, RX0 + RIG_NIC_RING_HEAD), ==, 0);
    send_frames(nic, 3, 1, 8);
    rig_test_wait_us(nic, 10);
    assert_frame(nic, 3, 0);
    stop(nic);
}

/* A full reflector holds the sender up; a slow receiver the reflector. */
static void test_back_pressure(void)
{
    RigNic *nic = start("queue=4", "", 64);

    send_frames(nic, 0, 20, 64);
    g_assert_cmpuint(rig_test_stat(nic, RIG_NIC_STAT_TX_FRAMES), ==, 5);
    rig_test_wait_us(nic, 100);
    g_assert_cmpuint(rig_test_stat(nic, RIG_NIC_STAT_RX_FRAMES), ==, 0);
    for (uint32_t n = 0; n < 20; n++) {
        post(nic, 1, 64);
        rig_test_wait_us(nic, 100);
        g_assert_cmpuint(rig_test_stat(nic, RIG_NIC_STAT_RX_FRAMES), ==,
                         n + 1);
        assert_frame(nic, n, n);
    }
    g_assert_cmpuint(rig_test_stat(nic, RIG_NIC_STAT_TX_FRAMES), ==, 20);
    stop(nic);
}

/* filter-dump on the NIC's hub port has each frame once in each direction. */
static void test_capture(void)
{
    char *path = rig_test_temporary("frames.pcap");
    g_autofree char *more = g_strdup_printf(
        "-object filter-dump,id=dump0,netdev=n0,file=%s", path);
    RigNic *nic = start("", more, 8);
    g_autofree char *pcap = NULL;
    uint8_t *record;
    gsize size;

    for (uint32_t n = 0; n < 10; n++) {
        round_trip(nic, n, 1, 8);
    }
    stop(nic);
    g_assert_true(g_file_get_contents(path, &pcap, &size, NULL));
    record = (uint8_t *)pcap + 24; /* past the file header */
    for (uint32_t i = 0; i < 20; i++) {
        uint32_t length = length_of(i / 2);
        uint8_t want[SLOT];

        g_assert_cmpuint(record + 16 + length - (uint8_t *)pcap, <=, size);
        g_assert_cmpuint(ldl_le_p(record + 8), ==, length);
        rig_frame_fill(want, length, SEED, 1, 2, i / 2,
                       i % 2 ? mac_nic : mac_peer, i % 2 ? mac_peer : mac_nic);
        g_assert_cmpmem(record + 16, length, want, length);
        record += 16 + length;
    }
    g_assert_cmpuint(record - (uint8_t *)pcap, ==, size);
    rig_test_remove_temporary(path);
}

static QTestState *start_small(const char *more)
{
    return start_qemu("queue=4", more);
}

/*
 * Frames are everywhere: unsent in the ring, held up by a full reflector,
 * inside the reflector, and held up by a receiver without descriptors.
 */
static void test_migration(void)
{
    RigNic *nic = start("queue=4", "", 64);
    uint32_t tail;

    rig_test_msix_on(nic);
    rig_test_set(nic, RIG_NIC_IVAR(0), RIG_NIC_IVAR_VALID | 2);
    rig_test_set(nic, RIG_NIC_ITR(2), 60000);
    rig_test_set(nic, RIG_NIC_IAC, 1);
    rig_test_set(nic, RIG_NIC_IMS, 1);
    send_frames(nic, 0, 10, 64);
    g_assert_true(rig_test_message(nic, 2));
    rig_test_wait_us(nic, 50);
    post(nic, 2, 64);
    rig_test_wait_us(nic, 50);
    assert_frame(nic, 1, 1);
    g_assert_false(rig_test_message(nic, 2));
    /* An unfinished frame, too: its first 20 bytes. */
    tail = rig_test_get(nic, TX0 + RIG_NIC_RING_TAIL);
    put_frame(nic, 10, tail, 64); /* two fragments */
    rig_test_set(nic, TX0 + RIG_NIC_RING_TAIL, (tail + 1) % 64);

    rig_test_migrate(nic, start_small);
    rig_test_wait_us(nic, 1000);
    g_assert_cmpuint(rig_test_stat(nic, RIG_NIC_STAT_RX_FRAMES), ==, 2);
    rig_test_set(nic, TX0 + RIG_NIC_RING_TAIL, (tail + 2) % 64);
    post(nic, 20, 64);
    rig_test_wait_us(nic, 1000);
    for (uint32_t n = 2; n < 11; n++) {
        assert_frame(nic, n, n);
    }
    g_assert_cmpuint(rig_test_stat(nic, RIG_NIC_STAT_TX_FRAMES), ==, 11);
    g_assert_cmpuint(rig_test_stat(nic, RIG_NIC_STAT_RX_FRAMES), ==, 11);
    g_assert_false(rig_test_message(nic, 2));
    rig_test_wait_us(nic, 60000);
    g_assert_true(rig_test_message(nic, 2));
    stop(nic);
}

/* A TCP segment over IPv4 with `data` bytes, for the reflector. */
static uint32_t make_large(uint8_t *frame, uint32_t data)
{
    memset(frame, 0x5a, 54 + data);
    memcpy(frame, mac_peer, 6);
    memcpy(frame + 6, mac_nic, 6);
    stw_be_p(frame + 12, 0x0800);
    frame[14] = 0x45;
    stw_be_p(frame + 16, 40 + data);
    stl_be_p(frame + 18, 0); /* no fragment */
    frame[23] = 6;
    stl_be_p(frame + 38, 0); /* sequence number */
    frame[46] = 5 << 4;
    frame[47] = 0x10;
    return 54 + data;
}

/* A datagram from 10.0.0.2:5000 to 10.0.0.1:7, or the echo of it. */
static void make_datagram(uint8_t *frame, bool echo, unsigned fragment)
{
    memset(frame, 0x5a, 64);
    memcpy(frame, echo ? mac_nic : mac_peer, 6);
    memcpy(frame + 6, echo ? mac_peer : mac_nic, 6);
    stw_be_p(frame + 12, 0x0800);
    frame[14] = 0x45;
    stw_be_p(frame + 16, 50);
    stw_be_p(frame + 20, fragment);
    frame[23] = 17;
    stl_be_p(frame + 26, echo ? 0x0a000001 : 0x0a000002);
    stl_be_p(frame + 30, echo ? 0x0a000002 : 0x0a000001);
    stw_be_p(frame + 34, echo && !fragment ? 7 : 5000);
    stw_be_p(frame + 36, echo && !fragment ? 5000 : 7);
}

/* What is not UDP over IPv4 from its first byte on has no ports. */
static void test_udp_is_echoed(void)
{
    static const unsigned fragments[] = { 0, 64 };
    RigNic *nic = start("", "", 64);

    for (uint32_t n = 0; n < G_N_ELEMENTS(fragments); n++) {
        uint64_t from = nic->memory + RIG_TEST_TX_DATA + n * SLOT;
        uint8_t frame[64], want[64], got[64];

        make_datagram(frame, false, fragments[n]);
        make_datagram(want, true, fragments[n]);
        post(nic, 1, 64);
        qtest_memwrite(nic->qts, from, frame, sizeof(frame));
        rig_test_desc(nic, TX0, n, from, sizeof(frame) | LAST);
        rig_test_set(nic, TX0 + RIG_NIC_RING_TAIL, n + 1);
        rig_test_wait_us(nic, 10);
        g_assert_cmphex(rig_test_desc_status(nic, RX0, n), ==,
                        RIG_NIC_DESC_DONE);
        qtest_memread(nic->qts, nic->memory + RIG_TEST_RX_DATA + n * SLOT, got,
                      sizeof(got));
        g_assert_cmpmem(got, sizeof(got), want, sizeof(want));
    }
    stop(nic);
}

/*
 * A large send is cut off in its middle, with a fault armed: the segments that
 * had not left follow once each, and the fault strikes where it should.
 */
static void test_migration_large_send(void)
{
    enum { MSS = 500, SEGMENTS = 16 };
    RigNic *nic = start("queue=4", "", 64);
    g_autofree uint8_t *frame = g_malloc(54 + SEGMENTS * MSS);
    uint32_t length = make_large(frame, SEGMENTS * MSS);
    uint64_t desc = rig_test_ring_base(nic, TX0);
    QDict *reply = qtest_qmp(nic->qts, "{ 'execute': 'qom-set', 'arguments': {"
                             " 'path': '/machine/peripheral/nic0',"
                             " 'property': 'fault',"
                             " 'value': 'stuck-bit@3:0x8.0.1' } }");

    qobject_unref(reply);
    rig_test_set(nic, RIG_NIC_RXCSUM, RIG_NIC_RXCSUM_ENABLE);
    g_assert_cmphex(rig_test_get(nic, RIG_NIC_ID), ==, RIG_NIC_ID_VALUE);
    qtest_memwrite(nic->qts, nic->memory + RIG_TEST_TX_DATA, frame, length);
    rig_test_desc(nic, TX0, 0, nic->memory + RIG_TEST_TX_DATA,
                  length | LAST | RIG_NIC_TXD_TSO);
    qtest_writel(nic->qts, desc + 12, MSS << RIG_NIC_TXD_MSS_SHIFT);
    rig_test_set(nic, TX0 + RIG_NIC_RING_TAIL, 1);
    post(nic, 2, 64);
    rig_test_wait_us(nic, 100);
    g_assert_cmpuint(rig_test_stat(nic, RIG_NIC_STAT_RX_FRAMES), ==, 2);

    rig_test_migrate(nic, start_small);
    for (uint32_t n = 2; n < SEGMENTS + 2; n++) {
        post(nic, 1, 64);
        rig_test_wait_us(nic, 100);
    }
    g_assert_cmpuint(rig_test_stat(nic, RIG_NIC_STAT_RX_FRAMES), ==, SEGMENTS);
    for (uint32_t n = 0; n < SEGMENTS; n++) {
        uint64_t at = nic->memory + RIG_TEST_RX_DATA + n * SLOT;
        uint8_t seq[4];

        qtest_memread(nic->qts, at + 38, seq, 4);
        g_assert_cmpuint(ldl_be_p(seq), ==, n * MSS);
        g_assert_cmphex(rig_test_desc_status(nic, RX0, n), ==,
                        RIG_NIC_DESC_DONE | RIG_NIC_RXD_IP_GOOD |
                        RIG_NIC_RXD_L4_GOOD);
    }
    g_assert_cmphex(rig_test_get(nic, RIG_NIC_ID), ==, RIG_NIC_ID_VALUE);
    g_assert_cmphex(rig_test_get(nic, RIG_NIC_ID), ==, RIG_NIC_ID_VALUE | 1);
    stop(nic);
}

/* A reflector needs a cable, and its properties have limits. */
static void test_bad_reflector(void)
{
    static const char *const bad[] = {
        "rig-reflector", "rig-reflector,netdev=n0,latency-us=1000001",
        "rig-reflector,netdev=n0,queue=0", "rig-reflector,netdev=n0,queue=65537",
    };

    for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
        const char *argv[] = {
            g_getenv("QTEST_QEMU_BINARY"), "-M", "q35", "-nodefaults",
            "-display", "none", "-S", "-netdev", "hubport,id=n0,hubid=0",
            "-device", bad[i], NULL
        };
        int status = 0;

        g_assert_true(g_spawn_sync(NULL, (char **)argv, NULL,
                                   G_SPAWN_STDOUT_TO_DEV_NULL |
                                   G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL,
                                   NULL, NULL, &status, NULL));
        g_assert_true(WIFEXITED(status));
        g_assert_cmpint(WEXITSTATUS(status), ==, 1);
    }
}

/* Frames per second through transmit, reflector and receive; with -m perf. */
static void bench(uint32_t length)
{
    enum { SIZE = 512, BURST = 256, ROUNDS = 400 };
    RigNic *nic = start("", "", SIZE);
    uint8_t frame[SLOT];
    double seconds = 0;

    rig_frame_fill(frame, length, SEED, 1, 2, 0, mac_peer, mac_nic);
    qtest_memwrite(nic->qts, nic->memory + RIG_TEST_TX_DATA, frame, length);
    for (uint32_t i = 0; i < SIZE; i++) {
        rig_test_desc(nic, TX0, i, nic->memory + RIG_TEST_TX_DATA,
                      length | RIG_NIC_TXD_EOP |
                      (i % 32 == 31 ? RIG_NIC_TXD_RS : 0));
    }
    for (uint32_t r = 0; r < ROUNDS; r++) {
        post(nic, BURST, SIZE);
        g_test_timer_start();
        rig_test_set(nic, TX0 + RIG_NIC_RING_TAIL,
                     (r + 1) * BURST % SIZE);
        rig_test_wait_us(nic, 20);
        seconds += g_test_timer_elapsed();
    }
    g_assert_cmpuint(rig_test_stat(nic, RIG_NIC_STAT_RX_FRAMES), ==,
                     ROUNDS * BURST);
    g_test_maximized_result(ROUNDS * BURST / seconds,
                            "%u bytes: %.0f frames/s", length,
                            ROUNDS * BURST / seconds);
    stop(nic);
}

static void bench_small(void)
{
    bench(60);
}

static void bench_large(void)
{
    bench(1514);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("/rig-nic/traffic/every-byte-with-wrap", test_wrap);
    qtest_add_func("/rig-nic/traffic/burst", test_burst);
    qtest_add_func("/rig-nic/traffic/no-answer", test_no_answer);
    qtest_add_func("/rig-nic/traffic/back-pressure-loses-nothing",
                   test_back_pressure);
    qtest_add_func("/rig-nic/traffic/capture-has-each-frame-once",
                   test_capture);
    qtest_add_func("/rig-nic/traffic/migration-loses-nothing",
                   test_migration);
    qtest_add_func("/rig-nic/traffic/migration-in-a-large-send",
                   test_migration_large_send);
    qtest_add_func("/rig-nic/traffic/udp-is-echoed", test_udp_is_echoed);
    qtest_add_func("/rig-nic/traffic/bad-reflectors-are-refused",
                   test_bad_reflector);
    if (g_test_perf()) {
        qtest_add_func("/rig-nic/bench/60", bench_small);
        qtest_add_func("/rig-nic/bench/1514", bench_large);
    }
    return g_test_run();
}
