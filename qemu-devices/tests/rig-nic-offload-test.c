/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * qtest of rig-nic's offloads: the published verification suite of the RSS
 * hash, the indirection table, checksums in both directions, and segmentation
 * with every segment checked; the statistics must add up.
 *
 * Checksums are computed here once more, in the plainest way.
 */
#include "qemu/osdep.h"
#include <arpa/inet.h>
#include "libqtest.h"
#include "qemu/bswap.h"
#include "rig-nic-driver.h"

#define TX0 RIG_NIC_TX(0)
#define EOP_RS (RIG_NIC_TXD_EOP | RIG_NIC_TXD_RS)
#define RX_SIZE 256
#define SLOT 0x1000
#define RSS_ALL (RIG_NIC_RSS_ENABLE | RIG_NIC_RSS_KINDS)
#define TCP 6
#define UDP 17

static const uint8_t mac_a[6] = { 0x52, 0x54, 0x00, 0xaa, 0xbb, 0xcc };

/* The key of the verification suite (Microsoft, "Verifying the RSS Hash
   Calculation"). */
static const uint8_t key[40] = {
    0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67,
    0x25, 0x3d, 0x43, 0xa3, 0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb,
    0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3, 0x80, 0x30,
    0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa,
};

static const struct {
    const char *src, *dst;
    uint16_t sport, dport;
    uint32_t ip_hash, tcp_hash;
} suite[] = {
    { "66.9.149.187", "161.142.100.80", 2794, 1766, 0x323e8fc2, 0x51ccc178 },
    { "199.92.111.2", "65.69.140.83", 14230, 4739, 0xd718262a, 0xc626b0ea },
    { "24.19.198.95", "12.22.207.184", 12898, 38024, 0xd2d0a5de, 0x5c2b394a },
    { "38.27.205.30", "209.142.163.6", 48228, 2217, 0x82989176, 0xafc7327f },
    { "153.39.163.191", "202.188.127.2", 44251, 1303, 0x5d1809c5,
      0x10e828a2 },
    { "3ffe:2501:200:1fff::7", "3ffe:2501:200:3::1", 2794, 1766, 0x2cc18cd5,
      0x40207d3d },
    { "3ffe:501:8::260:97ff:fe40:efab", "ff02::1", 14230, 4739, 0x0f0c461c,
      0xdde51bbf },
    { "3ffe:1900:4545:3:200:f8ff:fe21:67cf", "fe80::200:f8ff:fe21:67cf", 44251,
      38024, 0x4b61e985, 0x02d1feef },
};

/* b sends, a receives. */
typedef struct Pair {
    RigNic *a, *b;
} Pair;

static void post_all(RigNic *nic, uint32_t ring, unsigned queue)
{
    for (uint32_t i = 0; i < RX_SIZE - 1; i++) {
        rig_test_desc(nic, ring, i, nic->memory + RIG_TEST_RX_DATA +
                      (queue * 64 + i % 64) * SLOT, SLOT);
    }
    rig_test_set(nic, ring + RIG_NIC_RING_TAIL, RX_SIZE - 1);
}

static Pair start(unsigned queues)
{
    g_autofree char *property = g_strdup_printf("queues=%u", queues);
    QTestState *qts = rig_test_start(
        property, "-netdev hubport,id=n1,hubid=0 "
        "-device rig-nic,id=nic1,netdev=n1,addr=5,mac=52:54:00:aa:bb:dd");
    Pair p = { rig_test_attach(qts, RIG_TEST_SLOT),
               rig_test_attach(qts, RIG_TEST_SLOT + 1) };

    rig_test_reset_done(p.a);
    rig_test_set(p.a, RIG_NIC_CTRL, RIG_NIC_CTRL_RXEN);
    rig_test_set(p.b, RIG_NIC_CTRL, RIG_NIC_CTRL_TXEN);
    rig_test_set(p.a, RIG_NIC_RXFILTER, RIG_NIC_RXF_ALLMULTI);
    for (unsigned q = 0; q < queues; q++) {
        rig_test_ring_on(p.a, RIG_NIC_RX(q), RX_SIZE);
        post_all(p.a, RIG_NIC_RX(q), q);
    }
    rig_test_ring_on(p.b, TX0, 64);
    for (unsigned i = 0; i < sizeof(key); i += 4) {
        rig_test_set(p.a, RIG_NIC_RSSKEY(i / 4), ldl_le_p(key + i));
    }
    return p;
}

static void stop(Pair p)
{
    qtest_quit(p.a->qts);
    rig_test_detach(p.a);
    rig_test_detach(p.b);
}

/* --- frames ---------------------------------------------------------------- */

typedef struct Frame {
    uint8_t data[70000];
    uint32_t l3, l4, length;
    bool ip6;
    uint8_t proto;
} Frame;

static uint32_t add(uint32_t sum, const uint8_t *data, uint32_t length)
{
    for (uint32_t i = 0; i < length; i++) {
        sum += i % 2 ? data[i] : data[i] << 8;
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return sum;
}

/* The sum over pseudo header, header and data: 0xffff when all is right. */
static uint32_t l4_sum(const Frame *f)
{
    uint32_t length = f->length - f->l4;
    uint32_t sum = f->ip6 ? add(0, f->data + f->l3 + 8, 32)
                          : add(0, f->data + f->l3 + 12, 8);
    uint8_t tail[4] = { 0, f->proto, length >> 8, length };

    return add(add(sum, tail, 4), f->data + f->l4, length);
}

static uint32_t ip_sum(const Frame *f)
{
    return add(0, f->data + f->l3, 20);
}

static void put_ip4(Frame *f, const char *src, const char *dst,
                    uint32_t payload)
{
    uint8_t *ip = f->data + f->l3;

    ip[0] = 0x45;
    stw_be_p(ip + 2, 20 + payload);
    stw_be_p(ip + 4, 0x1234);
    ip[8] = 64;
    ip[9] = f->proto;
    g_assert_cmpint(inet_pton(AF_INET, src, ip + 12), ==, 1);
    g_assert_cmpint(inet_pton(AF_INET, dst, ip + 16), ==, 1);
    stw_be_p(ip + 10, ~add(0, ip, 20));
}

static void put_ip6(Frame *f, const char *src, const char *dst,
                    uint32_t payload)
{
    uint8_t *ip = f->data + f->l3;

    ip[0] = 0x60;
    stw_be_p(ip + 4, payload);
    ip[6] = f->proto;
    ip[7] = 64;
    g_assert_cmpint(inet_pton(AF_INET6, src, ip + 8), ==, 1);
    g_assert_cmpint(inet_pton(AF_INET6, dst, ip + 24), ==, 1);
}

/* A frame with `data` bytes behind its TCP or UDP header; checksums good. */
static Frame *make(const char *src, const char *dst, uint16_t sport,
                   uint16_t dport, uint8_t proto, uint32_t data)
{
    Frame *f = g_new0(Frame, 1);
    uint32_t header = proto == TCP ? 20 : 8;
    uint8_t *l4;

    f->ip6 = strchr(src, ':');
    f->proto = proto;
    memcpy(f->data, mac_a, 6);
    f->data[6] = 0x02;
    stw_be_p(f->data + 12, f->ip6 ? 0x86dd : 0x0800);
    f->l3 = 14;
    f->l4 = 14 + (f->ip6 ? 40 : 20);
    f->length = f->l4 + header + data;
    (f->ip6 ? put_ip6 : put_ip4)(f, src, dst, header + data);
    l4 = f->data + f->l4;
    stw_be_p(l4, sport);
    stw_be_p(l4 + 2, dport);
    if (proto == TCP) {
        stl_be_p(l4 + 4, 1000);
        l4[12] = 5 << 4;
        l4[13] = 0x19; /* ACK, PSH, FIN */
    } else {
        stw_be_p(l4 + 4, header + data);
    }
    for (uint32_t i = 0; i < data; i++) {
        l4[header + i] = i * 7 + i / 256;
    }
    stw_be_p(l4 + (proto == TCP ? 16 : 6), ~l4_sum(f));
    return f;
}

static Frame *make_plain(uint8_t proto, uint32_t data)
{
    return make("10.0.0.1", "10.0.0.2", 1, 2, proto, data);
}

/*
 * b sends the frame in fragments of at most 60000 bytes; returns the status
 * of the last.
 */
static uint32_t transmit(Pair p, const Frame *f, uint32_t flags, uint32_t mss)
{
    uint32_t tail = rig_test_get(p.b, TX0 + RIG_NIC_RING_TAIL);
    uint64_t at = p.b->memory + RIG_TEST_TX_DATA;
    uint32_t last = tail;

    qtest_memwrite(p.b->qts, at, f->data, f->length);
    for (uint32_t done = 0; done < f->length;) {
        uint32_t part = MIN(f->length - done, 60000);
        uint64_t desc = rig_test_ring_base(p.b, TX0) + tail * 16;

        last = tail;
        rig_test_desc(p.b, TX0, tail, at + done, part | flags |
                      (done + part == f->length ? EOP_RS : 0));
        qtest_writel(p.b->qts, desc + 12, mss << RIG_NIC_TXD_MSS_SHIFT);
        done += part;
        tail = (tail + 1) % 64;
    }
    rig_test_set(p.b, TX0 + RIG_NIC_RING_TAIL, tail);
    return rig_test_desc_status(p.b, TX0, last);
}

static void send_good(Pair p, const Frame *f)
{
    g_assert_cmphex(transmit(p, f, 0, 0), ==, RIG_NIC_DESC_DONE);
}

/* Reads what descriptor `index` of receive queue 0 holds. */
static Frame *received(Pair p, uint32_t index)
{
    Frame *f = g_new0(Frame, 1);

    f->length = rig_test_desc_length(p.a, RIG_NIC_RX(0), index);
    g_assert_cmpuint(f->length, <=, SLOT);
    qtest_memread(p.a->qts, p.a->memory + RIG_TEST_RX_DATA + index % 64 * SLOT,
                  f->data, f->length);
    f->ip6 = f->data[12] == 0x86;
    f->l3 = 14;
    f->l4 = 14 + (f->ip6 ? 40 : 20);
    f->proto = f->data[f->l3 + (f->ip6 ? 6 : 9)];
    return f;
}

static uint32_t head(Pair p, unsigned queue)
{
    return rig_test_get(p.a, RIG_NIC_RX(queue) + RIG_NIC_RING_HEAD);
}

static uint64_t hash_of(Pair p, unsigned queue, uint32_t index)
{
    return qtest_readq(p.a->qts, rig_test_ring_base(p.a, RIG_NIC_RX(queue)) +
                       index * 16);
}

static void assert_sums(Pair p)
{
    g_assert_cmpuint(rig_test_stat(p.a, RIG_NIC_STAT_RX_TOTAL), ==,
                     rig_test_stat(p.a, RIG_NIC_STAT_RX_FRAMES) +
                     rig_test_stat(p.a, RIG_NIC_STAT_RX_NODESC) +
                     rig_test_stat(p.a, RIG_NIC_STAT_RX_FILTER) +
                     rig_test_stat(p.a, RIG_NIC_STAT_RX_ERRORS) +
                     rig_test_stat(p.a, RIG_NIC_STAT_RX_OFF));
    g_assert_cmpuint(rig_test_stat(p.a, RIG_NIC_STAT_RX_TOTAL), ==,
                     rig_test_stat(p.b, RIG_NIC_STAT_TX_FRAMES));
}

/* --- RSS ------------------------------------------------------------------- */

static void test_hash(void)
{
    Pair p = start(2);
    uint32_t at = 0;

    rig_test_set(p.a, RIG_NIC_RSS, RSS_ALL);
    for (unsigned i = 0; i < ARRAY_SIZE(suite); i++) {
        bool ip6 = strchr(suite[i].src, ':');
        uint32_t ip = ip6 ? RIG_NIC_RSS_IPV6 : RIG_NIC_RSS_IPV4;
        uint32_t tcp = ip6 ? RIG_NIC_RSS_TCPV6 : RIG_NIC_RSS_TCPV4;
        uint32_t udp = ip6 ? RIG_NIC_RSS_UDPV6 : RIG_NIC_RSS_UDPV4;
        g_autofree Frame *t = make(suite[i].src, suite[i].dst, suite[i].sport,
                                   suite[i].dport, TCP, 10);
        g_autofree Frame *u = make(suite[i].src, suite[i].dst, suite[i].sport,
                                   suite[i].dport, UDP, 10);

        send_good(p, t);
        g_assert_cmphex(hash_of(p, 0, at), ==,
                        (uint64_t)tcp << 32 | suite[i].tcp_hash);
        send_good(p, u); /* the same input, so the same hash */
        g_assert_cmphex(hash_of(p, 0, at + 1), ==,
                        (uint64_t)udp << 32 | suite[i].tcp_hash);
        rig_test_set(p.a, RIG_NIC_RSS, RIG_NIC_RSS_ENABLE | ip);
        send_good(p, t);
        g_assert_cmphex(hash_of(p, 0, at + 2), ==,
                        (uint64_t)ip << 32 | suite[i].ip_hash);
        rig_test_set(p.a, RIG_NIC_RSS, RIG_NIC_RSS_ENABLE);
        send_good(p, t);
        g_assert_cmphex(hash_of(p, 0, at + 3), ==, 0);
        rig_test_set(p.a, RIG_NIC_RSS, RSS_ALL);
        at += 4;
    }
    assert_sums(p);
    stop(p);
}

static void test_indirection(void)
{
    Pair p = start(4);
    g_autofree Frame *f = make(suite[0].src, suite[0].dst, suite[0].sport,
                               suite[0].dport, TCP, 10);
    g_autofree Frame *arp = make_plain(UDP, 20);
    unsigned entry = suite[0].tcp_hash % 128;
    uint32_t reta = RIG_NIC_RETA(entry / 4);

    stw_be_p(arp->data + 12, 0x0806);
    rig_test_set(p.a, RIG_NIC_RSS, RSS_ALL);
    for (unsigned q = 0; q < 4; q++) {
        rig_test_set(p.a, RIG_NIC_ICR, RIG_NIC_CAUSE_ALL);
        rig_test_set(p.a, reta, q << (entry % 4 * 8));
        send_good(p, f);
        g_assert_cmpuint(head(p, q), ==, 1);
        g_assert_cmphex(hash_of(p, q, 0), ==, (uint64_t)RIG_NIC_RSS_TCPV4 << 32
                        | suite[0].tcp_hash);
        g_assert_cmphex(rig_test_get(p.a, RIG_NIC_ICR), ==, 1u << q);
    }
    send_good(p, arp); /* no hash: queue pair 0 */
    g_assert_cmpuint(head(p, 0), ==, 2);
    rig_test_set(p.a, reta, 4u << (entry % 4 * 8)); /* does not exist */
    send_good(p, f);
    g_assert_cmpuint(head(p, 0), ==, 3);
    rig_test_set(p.a, reta, 2u << (entry % 4 * 8));
    rig_test_set(p.a, RIG_NIC_RX(2) + RIG_NIC_RING_CTRL, 0); /* is off */
    send_good(p, f);
    g_assert_cmpuint(head(p, 0), ==, 4);
    rig_test_set(p.a, RIG_NIC_RSS, RIG_NIC_RSS_KINDS); /* not enabled */
    rig_test_set(p.a, reta, 3u << (entry % 4 * 8));
    send_good(p, f);
    g_assert_cmpuint(head(p, 0), ==, 5);
    assert_sums(p);
    stop(p);
}

/* --- checksums ------------------------------------------------------------- */

static uint32_t rx_flags(Pair p, const Frame *f)
{
    uint32_t at = head(p, 0);

    send_good(p, f);
    return rig_test_desc_status(p.a, RIG_NIC_RX(0), at);
}

static void test_rx_checksum(void)
{
    static const struct {
        const char *src, *dst;
        uint32_t good, bad;
    } kinds[] = {
        { "10.0.0.1", "10.0.0.2", RIG_NIC_RXD_IP_GOOD | RIG_NIC_RXD_L4_GOOD,
          RIG_NIC_RXD_IP_GOOD | RIG_NIC_RXD_L4_BAD },
        { "fe80::1", "fe80::2", RIG_NIC_RXD_L4_GOOD, RIG_NIC_RXD_L4_BAD },
    };
    Pair p = start(1);
    g_autofree Frame *ip = make_plain(TCP, 30);

    g_assert_cmphex(rx_flags(p, ip), ==, RIG_NIC_DESC_DONE);
    rig_test_set(p.a, RIG_NIC_RXCSUM, RIG_NIC_RXCSUM_ENABLE);
    for (unsigned i = 0; i < 4; i++) {
        const char *src = kinds[i / 2].src, *dst = kinds[i / 2].dst;
        g_autofree Frame *f = make(src, dst, 5, 6, i % 2 ? UDP : TCP, 33);

        g_assert_cmphex(rx_flags(p, f), ==,
                        RIG_NIC_DESC_DONE | kinds[i / 2].good);
        f->data[f->length - 1] ^= 0x40;
        g_assert_cmphex(rx_flags(p, f), ==,
                        RIG_NIC_DESC_DONE | kinds[i / 2].bad);
    }
    ip->data[ip->l3 + 8]--; /* time to live */
    g_assert_cmphex(rx_flags(p, ip), ==, RIG_NIC_DESC_DONE |
                    RIG_NIC_RXD_IP_BAD | RIG_NIC_RXD_L4_GOOD);
    stw_be_p(ip->data + 12, 0x0806);
    g_assert_cmphex(rx_flags(p, ip), ==, RIG_NIC_DESC_DONE);
    assert_sums(p);
    stop(p);
}

static void check_sent(Pair p, Frame *f, uint32_t flags, bool ip, bool l4)
{
    uint32_t at = head(p, 0);
    g_autofree Frame *got = NULL;

    g_assert_cmphex(transmit(p, f, flags, 0), ==, RIG_NIC_DESC_DONE);
    got = received(p, at);
    g_assert_cmpuint(got->length, ==, f->length);
    if (!f->ip6) {
        g_assert_cmpint(ip_sum(got) == 0xffff, ==, ip);
    }
    g_assert_cmpint(l4_sum(got) == 0xffff, ==, l4);
}

static void test_tx_checksum(void)
{
    Pair p = start(1);

    for (unsigned i = 0; i < 4; i++) {
        const char *src = i < 2 ? "10.0.0.1" : "fe80::1";
        const char *dst = i < 2 ? "10.9.0.2" : "fe80::2";
        bool tcp = i % 2;
        g_autofree Frame *f = make(src, dst, 7, 8, tcp ? TCP : UDP, 101);

        stw_be_p(f->data + f->l4 + (tcp ? 16 : 6), 0xdead);
        if (!f->ip6) {
            stw_be_p(f->data + f->l3 + 10, 0xbeef);
        }
        check_sent(p, f, 0, false, false);
        check_sent(p, f, RIG_NIC_TXD_L4_CSUM, false, true);
        check_sent(p, f, RIG_NIC_TXD_IP_CSUM, true, false);
        check_sent(p, f, RIG_NIC_TXD_IP_CSUM | RIG_NIC_TXD_L4_CSUM, true,
                   true);
    }
    stop(p);
}

/* Padding behind the datagram is no part of the checksum, and is sent. */
static void test_padding(void)
{
    Pair p = start(1);
    g_autofree Frame *f = make_plain(UDP, 3);
    g_autofree Frame *got = NULL;

    stw_be_p(f->data + f->l4 + 6, 0);
    memset(f->data + f->length, 0xee, 60 - f->length);
    f->length = 60;
    g_assert_cmphex(transmit(p, f, RIG_NIC_TXD_L4_CSUM, 0), ==,
                    RIG_NIC_DESC_DONE);
    got = received(p, 0);
    g_assert_cmpuint(got->length, ==, 60);
    g_assert_cmphex(got->data[59], ==, 0xee);
    got->length = got->l4 + 11;
    g_assert_cmphex(l4_sum(got), ==, 0xffff);
    stop(p);
}

/* Frames that are not what their flags say go out as they are. */
static void test_checksum_of_nothing(void)
{
    static const struct {
        uint32_t offset;
        uint16_t value;
        uint32_t length;
    } odd[] = {
        { 12, 0x0806, 60 }, { 12, 0x0800, 14 }, { 12, 0x8100, 17 },
        { 12, 0x86dd, 54 }, { 14, 0x4100, 60 }, { 14, 0x4f00, 40 },
        { 16, 0xffff, 60 }, { 16, 0x0001, 60 }, { 22, 0x4084, 60 },
        { 22, 0x4006, 36 }, { 46, 0xf010, 60 }, { 46, 0x0010, 60 },
    };
    Pair p = start(1);

    for (unsigned i = 0; i < ARRAY_SIZE(odd); i++) {
        g_autofree Frame *f = make_plain(TCP, 20);
        uint32_t at = head(p, 0);

        stw_be_p(f->data + odd[i].offset, odd[i].value);
        f->length = odd[i].length;
        g_assert_cmphex(transmit(p, f, RIG_NIC_TXD_IP_CSUM |
                                 RIG_NIC_TXD_L4_CSUM, 0), ==,
                        RIG_NIC_DESC_DONE);
        g_assert_cmpuint(rig_test_desc_length(p.a, RIG_NIC_RX(0), at), ==,
                         f->length);
    }
    stop(p);
}

/* --- segmentation ---------------------------------------------------------- */

static void check_segment(const Frame *f, const Frame *got, uint32_t number,
                          uint32_t at, uint32_t mss, bool last)
{
    uint32_t header = f->l4 + 20;
    const uint8_t *tcp = got->data + got->l4;
    uint32_t size = MIN(mss, f->length - header - at);

    g_assert_cmpuint(got->length, ==, header + size);
    g_assert_cmpmem(got->data + header, size, f->data + header + at, size);
    g_assert_cmphex(l4_sum(got), ==, 0xffff);
    g_assert_cmpuint(ldl_be_p(tcp + 4), ==, 1000 + at);
    g_assert_cmphex(tcp[13], ==, last ? 0x19 : 0x10);
    if (got->ip6) {
        g_assert_cmpuint(lduw_be_p(got->data + 18), ==, 20 + size);
    } else {
        g_assert_cmphex(ip_sum(got), ==, 0xffff);
        g_assert_cmpuint(lduw_be_p(got->data + 16), ==, 40 + size);
        g_assert_cmphex(lduw_be_p(got->data + 18), ==, 0x1234 + number);
    }
}

static void large_send(const char *src, const char *dst, uint32_t data,
                       uint32_t mss)
{
    Pair p = start(1);
    g_autofree Frame *f = make(src, dst, 9, 10, TCP, data);
    uint32_t count = DIV_ROUND_UP(data, mss);

    g_assert_cmphex(transmit(p, f, RIG_NIC_TXD_TSO, mss), ==,
                    RIG_NIC_DESC_DONE);
    g_assert_cmpuint(head(p, 0), ==, count);
    for (uint32_t i = count > 64 ? count - 64 : 0; i < count; i++) {
        g_autofree Frame *got = received(p, i);

        check_segment(f, got, i, i * mss, mss, i + 1 == count);
    }
    g_assert_cmpuint(rig_test_stat(p.b, RIG_NIC_STAT_TX_TOTAL), ==, 1);
    g_assert_cmpuint(rig_test_stat(p.b, RIG_NIC_STAT_TX_TSO), ==, 1);
    g_assert_cmpuint(rig_test_stat(p.b, RIG_NIC_STAT_TX_FRAMES), ==, count);
    g_assert_cmpuint(rig_test_stat(p.b, RIG_NIC_STAT_TX_BYTES), ==,
                     rig_test_stat(p.a, RIG_NIC_STAT_RX_BYTES));
    assert_sums(p);
    stop(p);
}

static void test_tso(void)
{
    large_send("10.0.0.1", "10.0.0.2", 5000, 1460);
    large_send("10.0.0.1", "10.0.0.2", 2920, 1460);
    large_send("10.0.0.1", "10.0.0.2", 100, 1460);
    large_send("fe80::1", "fe80::2", 6001, 1440);
    large_send("10.0.0.1", "10.0.0.2", 65495, 1460);
    large_send("10.0.0.1", "10.0.0.2", 254 * 64, 64);
}

/* The receiver has one descriptor at a time: nothing is lost or doubled. */
static void test_tso_back_pressure(void)
{
    Pair p = start(1);
    g_autofree Frame *f = make_plain(TCP, 8000);
    g_autofree Frame *plain = make_plain(UDP, 50);
    uint32_t ring = RIG_NIC_RX(0);

    rig_test_set(p.a, ring + RIG_NIC_RING_CTRL, 0);
    rig_test_ring_on(p.a, ring, RX_SIZE);
    g_assert_cmphex(transmit(p, f, RIG_NIC_TXD_TSO, 1000), ==,
                    RIG_NIC_DESC_DONE);
    g_assert_cmphex(transmit(p, plain, 0, 0), ==, 0); /* waits behind it */
    for (uint32_t i = 0; i < 8; i++) {
        g_autofree Frame *got = NULL;

        rig_test_set(p.a, ring + RIG_NIC_RING_TAIL, i + 1);
        rig_test_wait_us(p.a, 10);
        g_assert_cmpuint(head(p, 0), ==, i + 1);
        got = received(p, i);
        check_segment(f, got, i, i * 1000, 1000, i == 7);
    }
    rig_test_set(p.a, ring + RIG_NIC_RING_TAIL, 20);
    rig_test_wait_us(p.a, 10);
    g_assert_cmpuint(head(p, 0), ==, 9);
    g_assert_cmpuint(rig_test_desc_length(p.a, ring, 8), ==, plain->length);
    assert_sums(p);
    stop(p);
}

/* Turning the ring off drops the segments that have not left. */
static void test_tso_ring_off(void)
{
    Pair p = start(1);
    g_autofree Frame *f = make_plain(TCP, 8000);
    g_autofree Frame *plain = make_plain(UDP, 9);
    uint32_t ring = RIG_NIC_RX(0);

    rig_test_set(p.a, ring + RIG_NIC_RING_CTRL, 0);
    rig_test_ring_on(p.a, ring, RX_SIZE);
    transmit(p, f, RIG_NIC_TXD_TSO, 1000);
    rig_test_set(p.b, TX0 + RIG_NIC_RING_CTRL, 0);
    rig_test_ring_on(p.b, TX0, 64);
    rig_test_set(p.a, ring + RIG_NIC_RING_TAIL, 100);
    rig_test_wait_us(p.a, 10);
    g_assert_cmpuint(head(p, 0), ==, 1);
    send_good(p, plain);
    g_assert_cmpuint(head(p, 0), ==, 2);
    stop(p);
}

static void test_tso_refused(void)
{
    static const struct {
        uint32_t offset;
        uint16_t value;
        uint32_t length, mss;
    } bad[] = {
        { 12, 0x0806, 4000, 1460 },                      /* not IP */
        { 22, 0x4011, 4000, 1460 },                      /* UDP */
        { 46, 0x4010, 4000, 1460 },                      /* TCP header short */
        { 46, 0xf010, 60, 1460 },                        /* ... and long */
        { 0, 0x5254, 54, 1460 },                         /* no data */
        { 0, 0x5254, 40, 1460 },                         /* no TCP header */
        { 0, 0x5254, 4000, 0 }, { 0, 0x5254, 4000, 63 }, /* bad MSS */
        { 0, 0x5254, 12000, 9163 },
        { 0, 0x5254, 65550, 1460 },                      /* too long */
    };
    Pair p = start(1);

    for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
        g_autofree Frame *f = make_plain(TCP, 20);

        stw_be_p(f->data + bad[i].offset, bad[i].value);
        f->length = bad[i].length;
        g_assert_cmphex(transmit(p, f, RIG_NIC_TXD_TSO, bad[i].mss), ==,
                        RIG_NIC_DESC_DONE | RIG_NIC_DESC_ERROR);
        g_assert_cmphex(rig_test_get(p.b, RIG_NIC_ERRCODE), ==,
                        RIG_NIC_ERR_FRAME);
        g_assert_cmpuint(rig_test_stat(p.b, RIG_NIC_STAT_TX_ERRORS), ==,
                         i + 1);
    }
    g_assert_cmpuint(rig_test_stat(p.b, RIG_NIC_STAT_TX_TOTAL), ==,
                     ARRAY_SIZE(bad));
    g_assert_cmpuint(rig_test_stat(p.b, RIG_NIC_STAT_TX_FRAMES), ==, 0);
    stop(p);
}

/* Every way in which a frame can end is counted once. */
static void test_sums(void)
{
    Pair p = start(1);
    g_autofree Frame *f = make_plain(UDP, 50);
    g_autofree Frame *other = make_plain(UDP, 50);
    uint32_t ring = RIG_NIC_RX(0);

    other->data[5] ^= 1;
    send_good(p, f);
    send_good(p, other);
    rig_test_set(p.a, RIG_NIC_CTRL, 0);
    send_good(p, f);
    rig_test_set(p.a, RIG_NIC_CTRL, RIG_NIC_CTRL_RXEN);
    rig_test_set(p.a, ring + RIG_NIC_RING_CTRL, 0);
    send_good(p, f);
    rig_test_set(p.a, ring + RIG_NIC_RING_CTRL,
                 RIG_NIC_RING_ENABLE | RIG_NIC_RING_DROP);
    send_good(p, f);
    rig_test_desc(p.a, ring, 0, RIG_TEST_HOLE, 2048);
    rig_test_desc(p.a, ring, 1, p.a->memory, 40);
    rig_test_set(p.a, ring + RIG_NIC_RING_TAIL, 2);
    send_good(p, f);
    send_good(p, f);
    g_assert_cmpuint(rig_test_stat(p.a, RIG_NIC_STAT_RX_TOTAL), ==, 7);
    g_assert_cmpuint(rig_test_stat(p.a, RIG_NIC_STAT_RX_FRAMES), ==, 1);
    g_assert_cmpuint(rig_test_stat(p.a, RIG_NIC_STAT_RX_FILTER), ==, 2);
    g_assert_cmpuint(rig_test_stat(p.a, RIG_NIC_STAT_RX_OFF), ==, 2);
    g_assert_cmpuint(rig_test_stat(p.a, RIG_NIC_STAT_RX_NODESC), ==, 1);
    g_assert_cmpuint(rig_test_stat(p.a, RIG_NIC_STAT_RX_ERRORS), ==, 1);
    assert_sums(p);
    stop(p);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("/rig-nic/rss/verification-suite", test_hash);
    qtest_add_func("/rig-nic/rss/indirection-table", test_indirection);
    qtest_add_func("/rig-nic/checksum/receive", test_rx_checksum);
    qtest_add_func("/rig-nic/checksum/transmit", test_tx_checksum);
    qtest_add_func("/rig-nic/checksum/padding", test_padding);
    qtest_add_func("/rig-nic/checksum/odd-frames-go-out-unchanged-in-length",
                   test_checksum_of_nothing);
    qtest_add_func("/rig-nic/tso/every-segment", test_tso);
    qtest_add_func("/rig-nic/tso/back-pressure-loses-nothing",
                   test_tso_back_pressure);
    qtest_add_func("/rig-nic/tso/ring-off-drops-the-rest", test_tso_ring_off);
    qtest_add_func("/rig-nic/tso/refused", test_tso_refused);
    qtest_add_func("/rig-nic/statistics/add-up", test_sums);
    return g_test_run();
}
