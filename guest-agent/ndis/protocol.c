/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What NDIS and the protocols above it ask of a miniport when it starts and
 * before it stops, and their cancelling of sends.
 *
 * Only OIDs that the miniport lists in its general attributes are asked; the
 * packet filter always is, for nothing is received without it. There is one
 * processor, and every entry of the table for receive side scaling names it.
 * Sources: Windows driver documentation, "OIDs for Ethernet adapters",
 * OID_GEN_RECEIVE_SCALE_PARAMETERS, OID_OFFLOAD_ENCAPSULATION,
 * OID_TCP_OFFLOAD_PARAMETERS, MINIPORT_CANCEL_SEND.
 */
#include <string.h>
#include "ndis/core.h"

#define ETHERNET_HEADER 14
/* 224.0.0.1, all hosts, which TCP/IP always belongs to (RFC 1112, 6.4) */
#define ALL_HOSTS       { 0x01, 0x00, 0x5e, 0x00, 0x00, 0x01 }

/* NDIS_RECEIVE_SCALE_PARAMETERS.HashInformation: function and types. */
#define RSS_TOEPLITZ    0x00000001
#define RSS_IPV4        0x00000100
#define RSS_TCP_IPV4    0x00000200
#define RSS_KEY_SIZE    40u
#define RSS_ENTRIES     128u
#define RSS_PARAMETERS_1 \
    RTL_SIZEOF_THROUGH_FIELD(NDIS_RECEIVE_SCALE_PARAMETERS, \
                             HashSecretKeyOffset)
/* NDIS_LINK_PARAMETERS.AutoNegotiationFlags: all of it is negotiated. */
#define NEGOTIATE_ALL   0x0000000f
/* NDIS_OFFLOAD_ENCAPSULATION.IPv4.Enabled */
#define OFFLOAD_ON      1

/* Windows driver documentation, "Verifying the RSS Hash Calculation" */
static const uint8_t rss_key[RSS_KEY_SIZE] = {
    0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67, 0x25, 0x3d,
    0x43, 0xa3, 0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb, 0xae, 0x7b, 0x30, 0xb4,
    0x77, 0xcb, 0x2d, 0xa3, 0x80, 0x30, 0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b,
    0xbe, 0xac, 0x01, 0xfa,
};

union buffer {
    uint32_t number;
    uint8_t address[6];
    NDIS_STATISTICS_INFO statistics;
    NDIS_LINK_PARAMETERS link;
    NDIS_OFFLOAD_ENCAPSULATION encapsulation;
    NDIS_OFFLOAD_PARAMETERS offload;
    struct {
        NDIS_RECEIVE_SCALE_PARAMETERS p;
        uint8_t key[RSS_KEY_SIZE];
        PROCESSOR_NUMBER table[RSS_ENTRIES]; /* all 0: processor 0 */
    } scaling;
};

/* Revision 1 of NDIS_OFFLOAD_PARAMETERS ends here. */
#define OFFLOAD_PARAMETERS_1 RTL_SIZEOF_THROUGH_FIELD(NDIS_OFFLOAD_PARAMETERS, \
                                                      Flags)

static NDIS_OBJECT_HEADER header(UCHAR type, UCHAR revision, size_t size)
{
    return (NDIS_OBJECT_HEADER) { type, revision, (USHORT)size };
}

static bool lists(const struct adapter *a, uint32_t oid)
{
    const NDIS_OID *list = a->general.SupportedOidList;

    for (unsigned i = 0;
         list && i < a->general.SupportedOidListLength / sizeof(*list); i++) {
        if (list[i] == oid) {
            return true;
        }
    }
    return false;
}

/* `length` bytes of *b; what the miniport does not support is no fault. */
static void ask(NDIS_REQUEST_TYPE type, uint32_t oid, const union buffer *b,
                uint32_t length)
{
    void *p = arena_alloc(sizeof(*b), 16);
    uint32_t status;

    if (!p) {
        return;
    }
    memcpy(p, b, sizeof(*b));
    status = oid_request(type, oid, p, length, NULL);
    if (status) {
        marker_note("OID 0x%08x failed: 0x%08x", oid, status);
    }
    arena_free(p, sizeof(*b));
}

static void set(uint32_t oid, const union buffer *b, uint32_t length)
{
    if (lists(current(), oid)) {
        ask(NdisRequestSetInformation, oid, b, length);
    }
}

/* --- one function for each OID ---------------------------------------- */

static void set_packet_filter(uint32_t filter)
{
    union buffer b = { .number = filter };

    current()->packet_filter = filter;
    ask(NdisRequestSetInformation, OID_GEN_CURRENT_PACKET_FILTER, &b,
        sizeof(b.number));
}

static void set_multicast(bool join)
{
    union buffer b = { .address = ALL_HOSTS };

    set(OID_802_3_MULTICAST_LIST, &b, join ? sizeof(b.address) : 0);
}

static void set_lookahead(void)
{
    union buffer b = { .number = current()->general.LookaheadSize };

    set(OID_GEN_CURRENT_LOOKAHEAD, &b, sizeof(b.number));
}

static void set_link(void)
{
    union buffer b = { .link = {
        .Header = header(NDIS_OBJECT_TYPE_DEFAULT, 1, sizeof(b.link)),
        .MediaDuplexState = MediaDuplexStateUnknown,
        .XmitLinkSpeed = NDIS_LINK_SPEED_UNKNOWN,
        .RcvLinkSpeed = NDIS_LINK_SPEED_UNKNOWN,
        .PauseFunctions = NdisPauseFunctionsUnknown,
        .AutoNegotiationFlags = NEGOTIATE_ALL,
    } };

    set(OID_GEN_LINK_PARAMETERS, &b, sizeof(b.link));
}

static void set_offload(void)
{
    union buffer b = { .offload = {
        .Header = header(NDIS_OBJECT_TYPE_DEFAULT, 1, OFFLOAD_PARAMETERS_1),
    } };  /* all zero: no change */

    set(OID_TCP_OFFLOAD_PARAMETERS, &b, OFFLOAD_PARAMETERS_1);
    memset(&b, 0, sizeof(b));
    b.encapsulation.Header = header(NDIS_OBJECT_TYPE_OFFLOAD_ENCAPSULATION, 1,
                                    sizeof(b.encapsulation));
    b.encapsulation.IPv4.Enabled = b.encapsulation.IPv6.Enabled = OFFLOAD_ON;
    b.encapsulation.IPv4.EncapsulationType =
        b.encapsulation.IPv6.EncapsulationType = NDIS_ENCAPSULATION_IEEE_802_3;
    b.encapsulation.IPv4.HeaderSize = b.encapsulation.IPv6.HeaderSize =
        ETHERNET_HEADER;
    set(OID_OFFLOAD_ENCAPSULATION, &b, sizeof(b.encapsulation));
}

static void set_scaling(void)
{
    union buffer b = { .scaling.p = {
        .Header = header(NDIS_OBJECT_TYPE_RSS_PARAMETERS, 2,
                         sizeof(b.scaling.p)),
        .HashInformation = RSS_TOEPLITZ | RSS_IPV4 | RSS_TCP_IPV4,
        .IndirectionTableSize = sizeof(b.scaling.table),
        .IndirectionTableOffset = offsetof(union buffer, scaling.table),
        .HashSecretKeySize = RSS_KEY_SIZE,
        .HashSecretKeyOffset = offsetof(union buffer, scaling.key),
    } };

    memcpy(b.scaling.key, rss_key, RSS_KEY_SIZE);
    if (host.miniport.MinorNdisVersion < 20) {
        /* entries of one byte, and nothing about processor masks */
        b.scaling.p.Header.Revision = 1;
        b.scaling.p.Header.Size = RSS_PARAMETERS_1;
        b.scaling.p.IndirectionTableSize = RSS_ENTRIES;
    }

    set(OID_GEN_RECEIVE_SCALE_PARAMETERS, &b, sizeof(b.scaling));
}

static void query_statistics(void)
{
    union buffer b = { .statistics = {
        .Header = header(NDIS_OBJECT_TYPE_DEFAULT, 1, sizeof(b.statistics)),
    } };

    if (lists(current(), OID_GEN_STATISTICS)) {
        ask(NdisRequestQueryInformation, OID_GEN_STATISTICS, &b,
            sizeof(b.statistics));
    }
}

/* --- when they are asked ---------------------------------------------- */

void protocol_start(void)
{
    set_link();
    set_offload();
    set_lookahead();
    set_multicast(true);
    set_packet_filter(NDIS_PACKET_TYPE_DIRECTED | NDIS_PACKET_TYPE_MULTICAST |
                      NDIS_PACKET_TYPE_BROADCAST);
    set_scaling();
    query_statistics();
}

/* A protocol cancels what it has not got back, and nothing else. */
static void cancel_sends(void)
{
    struct callback cb;

    if (traffic_outstanding()) {
        callback_enter(&cb, "MiniportCancelSend");
        host.miniport.CancelSendHandler(current()->context,
                                        PROTOCOL_CANCEL_ID);
        callback_leave(&cb, 0);
    }
}

void protocol_stop(void)
{
    query_statistics();
    set_packet_filter(0);
    set_multicast(false);
    cancel_sends();
}

void protocol_restore(void)
{
    set_multicast(true);
    set_packet_filter(current()->packet_filter);
}
