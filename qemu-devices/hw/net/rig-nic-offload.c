/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What rig-nic does with the contents of frames: Toeplitz hash and receive
 * queue, checksums in both directions, and TCP segmentation.
 *
 * QEMU's net_rx_pkt and net_tx_pkt parse and compute. A large send is cut
 * again each time that the link partner is ready for more of it, and what has
 * been sent already is skipped; so nothing but the frame and the number of the
 * next segment must be kept, and migrated.
 */
#include "qemu/osdep.h"
#include "hw/pci/pci_device.h"
#include "hw/net/net_rx_pkt.h"
#include "hw/net/net_tx_pkt.h"
#include "net/eth.h"
#include "qemu/iov.h"
#include "rig-nic-core.h"
#include "standard-headers/linux/virtio_net.h"
#include "trace.h"

/* --- receive -------------------------------------------------------------- */

/* Byte `index` of a table of bytes in registers, lowest byte first. */
static uint8_t table_byte(const RigNicCore *core, uint32_t base, unsigned index)
{
    return rig_nic_get(core, base + (index & ~3u)) >> (index % 4 * 8);
}

/* The kind of hash that is enabled for a frame: RIG_NIC_RSS_*, or 0. */
static uint32_t hash_kind(uint32_t enabled, bool ip4, bool ip6,
                          EthL4HdrProto proto)
{
    uint32_t ip = ip4 ? RIG_NIC_RSS_IPV4 : ip6 ? RIG_NIC_RSS_IPV6 : 0;
    uint32_t tcp = ip4 ? RIG_NIC_RSS_TCPV4 : ip6 ? RIG_NIC_RSS_TCPV6 : 0;
    uint32_t udp = ip4 ? RIG_NIC_RSS_UDPV4 : ip6 ? RIG_NIC_RSS_UDPV6 : 0;

    if (proto == ETH_L4_HDR_PROTO_TCP && (enabled & tcp)) {
        return tcp;
    }
    if (proto == ETH_L4_HDR_PROTO_UDP && (enabled & udp)) {
        return udp;
    }
    return enabled & ip;
}

static NetRxPktRssType pkt_rss_type(uint32_t kind)
{
    switch (kind) {
    case RIG_NIC_RSS_TCPV4:
        return NetPktRssIpV4Tcp;
    case RIG_NIC_RSS_IPV6:
        return NetPktRssIpV6;
    case RIG_NIC_RSS_TCPV6:
        return NetPktRssIpV6Tcp;
    case RIG_NIC_RSS_UDPV4:
        return NetPktRssIpV4Udp;
    case RIG_NIC_RSS_UDPV6:
        return NetPktRssIpV6Udp;
    default:
        return NetPktRssIpV4;
    }
}

static void choose_queue(RigNicCore *core, RigNicRxInfo *info)
{
    bool ip4, ip6;
    EthL4HdrProto proto;
    uint8_t key[4 * RIG_NIC_RSSKEY_REGS];
    unsigned queue;

    net_rx_pkt_get_protocols(core->rx_pkt, &ip4, &ip6, &proto);
    info->hash_kind = hash_kind(rig_nic_get(core, RIG_NIC_RSS), ip4, ip6,
                                proto);
    if (!info->hash_kind) {
        return;
    }
    for (unsigned i = 0; i < sizeof(key); i++) {
        key[i] = table_byte(core, RIG_NIC_RSSKEY(0), i);
    }
    info->hash = net_rx_pkt_calc_rss_hash(core->rx_pkt,
                                          pkt_rss_type(info->hash_kind), key);
    queue = table_byte(core, RIG_NIC_RETA(0),
                       info->hash % (4 * RIG_NIC_RETA_REGS));
    if (queue < core->queues &&
        rig_nic_ring_on(core, RIG_NIC_RX(queue))) {
        info->queue = queue;
    }
}

static uint32_t checksum_flags(RigNicCore *core)
{
    uint32_t flags = 0;
    bool good;

    if (net_rx_pkt_validate_l3_csum(core->rx_pkt, &good)) {
        flags |= good ? RIG_NIC_RXD_IP_GOOD : RIG_NIC_RXD_IP_BAD;
    }
    if (net_rx_pkt_validate_l4_csum(core->rx_pkt, &good)) {
        flags |= good ? RIG_NIC_RXD_L4_GOOD : RIG_NIC_RXD_L4_BAD;
    }
    return flags;
}

RigNicRxInfo rig_nic_offload_classify(RigNicCore *core,
                                      const struct iovec *iov, int count)
{
    RigNicRxInfo info = { 0 };
    bool rss = rig_nic_get(core, RIG_NIC_RSS) & RIG_NIC_RSS_ENABLE;
    bool checksum = rig_nic_get(core, RIG_NIC_RXCSUM) & RIG_NIC_RXCSUM_ENABLE;

    if (!rss && !checksum) {
        return info;
    }
    net_rx_pkt_attach_iovec(core->rx_pkt, iov, count, 0, false);
    if (rss) {
        choose_queue(core, &info);
    }
    if (checksum) {
        info.flags = checksum_flags(core);
    }
    trace_rig_nic_rx_classified(info.queue, info.hash_kind, info.hash,
                                info.flags);
    return info;
}

/* --- transmit ------------------------------------------------------------- */

/* The frame belongs to its queue: there is nothing to free. */
static void keep(void *context, void *base, size_t length)
{
}

static bool parse(RigNicCore *core, RigNicTx *tx, uint32_t length)
{
    net_tx_pkt_reset(core->tx_pkt, keep, NULL);
    return net_tx_pkt_add_raw_fragment(core->tx_pkt, tx->frame, length) &&
           net_tx_pkt_parse(core->tx_pkt);
}

/* Ready for segmentation? */
static bool parse_large(RigNicCore *core, RigNicTx *tx)
{
    uint8_t type;

    if (!parse(core, tx, tx->length) ||
        !net_tx_pkt_build_vheader(core->tx_pkt, true, true, tx->mss)) {
        return false;
    }
    type = net_tx_pkt_get_vhdr(core->tx_pkt)->gso_type &
           ~VIRTIO_NET_HDR_GSO_ECN;
    return type == VIRTIO_NET_HDR_GSO_TCPV4 ||
           type == VIRTIO_NET_HDR_GSO_TCPV6;
}

static bool prepare_large(RigNicCore *core, RigNicTx *tx)
{
    uint32_t header;

    if (!parse_large(core, tx)) {
        return false;
    }
    header = net_tx_pkt_get_vhdr(core->tx_pkt)->hdr_len;
    if (tx->mss < RIG_NIC_MSS_MIN || tx->length <= header ||
        tx->length - ETH_HLEN > ETH_MAX_IP_DGRAM_LEN ||
        header + tx->mss > RIG_NIC_FRAME_MAX) {
        return false;
    }
    tx->segment = 0;
    tx->segments = DIV_ROUND_UP(tx->length - header, tx->mss);
    tx->wire_bytes = tx->length + (tx->segments - 1) * header;
    return true;
}

/* Length of the frame without padding behind the IP datagram. */
static uint32_t datagram_end(const RigNicTx *tx)
{
    const struct iovec iov = { (void *)tx->frame, tx->length };
    size_t l2 = eth_get_l2_hdr_length_iov(&iov, 1, 0);
    uint32_t end = tx->length;

    if (l2 + sizeof(struct ip6_header) > tx->length) {
        return end;
    }
    switch (eth_get_l3_proto(&iov, 1, l2)) {
    case ETH_P_IP:
        end = l2 + lduw_be_p(tx->frame + l2 +
                             offsetof(struct ip_header, ip_len));
        break;
    case ETH_P_IPV6:
        end = l2 + sizeof(struct ip6_header) +
              lduw_be_p(tx->frame + l2 + offsetof(struct ip6_header,
                        ip6_ctlun.ip6_un1.ip6_un1_plen));
        break;
    }
    return MIN(end, tx->length);
}

/* net_tx_pkt works on a copy of the headers: put them back. */
static void put_back(void *context, const struct iovec *iov, int count,
                     const struct iovec *with_vhdr, int vhdr_count)
{
    RigNicTx *tx = context;

    iov_to_buf(iov, MIN(count, 2), 0, tx->frame, tx->length);
}

static void compute_checksums(RigNicCore *core, RigNicTx *tx)
{
    if (!parse(core, tx, datagram_end(tx))) {
        return;
    }
    if (tx->flags & RIG_NIC_TXD_IP_CSUM) {
        const struct iovec iov = { tx->frame, tx->length };
        size_t l2 = eth_get_l2_hdr_length_iov(&iov, 1, 0);

        if (eth_get_l3_proto(&iov, 1, l2) == ETH_P_IP) {
            net_tx_pkt_update_ip_hdr_checksum(core->tx_pkt);
        }
    }
    if (net_tx_pkt_build_vheader(core->tx_pkt, false,
                                 tx->flags & RIG_NIC_TXD_L4_CSUM, 0)) {
        net_tx_pkt_send_custom(core->tx_pkt, false, put_back, tx);
    }
}

bool rig_nic_offload_prepare(RigNicCore *core, RigNicTx *tx)
{
    tx->segments = 1;
    tx->wire_bytes = tx->length;
    if (tx->flags & RIG_NIC_TXD_TSO) {
        return prepare_large(core, tx);
    }
    if (tx->flags & (RIG_NIC_TXD_IP_CSUM | RIG_NIC_TXD_L4_CSUM)) {
        compute_checksums(core, tx);
    }
    return true;
}

typedef struct Cutter {
    RigNicCore *core;
    RigNicTx *tx;
    uint32_t index; /* of the segment that comes next */
} Cutter;

/* net_tx_pkt clears FIN and PSH in all segments: the last shall have them. */
static void restore_flags(const RigNicTx *tx, const struct iovec *l2,
                          const struct iovec *l3, const struct iovec *l4)
{
    size_t at = l2->iov_len + l3->iov_len + offsetof(struct tcp_hdr, th_flags);
    struct tcp_hdr *th = l4->iov_base;
    uint8_t flags = tx->frame[at] & (TH_FIN | TH_PUSH);
    uint32_t sum = (uint16_t)~be16_to_cpu(th->th_sum) + flags;

    th->th_flags |= flags;
    th->th_sum = cpu_to_be16(~(sum + (sum >> 16)));
}

static void send_segment(void *context, const struct iovec *iov, int count,
                         const struct iovec *with_vhdr, int vhdr_count)
{
    Cutter *c = context;

    if (c->index++ != c->tx->segment || c->core->tx_blocked) {
        return;
    }
    if (c->index == c->tx->segments && count > 2) {
        restore_flags(c->tx, &iov[0], &iov[1], &iov[2]);
    }
    if (rig_nic_tx_pass_on(c->core, iov, count)) {
        c->tx->segment++;
    }
}

bool rig_nic_offload_send_large(RigNicCore *core, RigNicTx *tx)
{
    Cutter cutter = { core, tx, 0 };

    return parse_large(core, tx) &&
           net_tx_pkt_send_custom(core->tx_pkt, false, send_segment, &cutter);
}

/* --- life ----------------------------------------------------------------- */

void rig_nic_offload_init(RigNicCore *core)
{
    net_rx_pkt_init(&core->rx_pkt);
    net_tx_pkt_init(&core->tx_pkt, 1);
}

void rig_nic_offload_uninit(RigNicCore *core)
{
    net_tx_pkt_reset(core->tx_pkt, keep, NULL);
    net_tx_pkt_uninit(core->tx_pkt);
    net_rx_pkt_uninit(core->rx_pkt);
}
