/* SPDX-License-Identifier: GPL-2.0-or-later */
/* OID requests: a table of values, and the three that can be set. */
#include "lineio.h"

const NDIS_OID LioOids[] = {
    OID_GEN_CURRENT_PACKET_FILTER, OID_GEN_CURRENT_LOOKAHEAD,
    OID_GEN_MAXIMUM_TOTAL_SIZE, OID_GEN_TRANSMIT_BLOCK_SIZE,
    OID_GEN_RECEIVE_BLOCK_SIZE, OID_GEN_TRANSMIT_BUFFER_SPACE,
    OID_GEN_RECEIVE_BUFFER_SPACE, OID_GEN_VENDOR_ID,
    OID_GEN_VENDOR_DESCRIPTION, OID_GEN_VENDOR_DRIVER_VERSION, OID_GEN_XMIT_OK,
    OID_GEN_RCV_OK, OID_GEN_STATISTICS, OID_802_3_PERMANENT_ADDRESS,
    OID_802_3_CURRENT_ADDRESS, OID_802_3_MULTICAST_LIST,
    OID_802_3_MAXIMUM_LIST_SIZE,
};
const ULONG LioOidBytes = sizeof(LioOids);

static NDIS_STATUS LioReply(PNDIS_OID_REQUEST Request, const VOID *Value,
                            ULONG Bytes)
{
    if (Request->DATA.QUERY_INFORMATION.InformationBufferLength < Bytes) {
        Request->DATA.QUERY_INFORMATION.BytesWritten = 0;
        Request->DATA.QUERY_INFORMATION.BytesNeeded = Bytes;
        return NDIS_STATUS_BUFFER_TOO_SHORT;
    }
    NdisMoveMemory(Request->DATA.QUERY_INFORMATION.InformationBuffer, Value,
                   Bytes);
    Request->DATA.QUERY_INFORMATION.BytesWritten = Bytes;
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS LioReplyStatistics(PLIO_PORT Port,
                                      PNDIS_OID_REQUEST Request)
{
    NDIS_STATISTICS_INFO info;

    NdisZeroMemory(&info, sizeof(info));
    info.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
    info.Header.Revision = NDIS_STATISTICS_INFO_REVISION_1;
    info.Header.Size = NDIS_SIZEOF_STATISTICS_INFO_REVISION_1;
    info.SupportedStatistics = NDIS_STATISTICS_FLAGS_VALID_BYTES_RCV |
                               NDIS_STATISTICS_FLAGS_VALID_BYTES_XMIT |
                               NDIS_STATISTICS_FLAGS_VALID_RCV_ERROR;
    info.ifHCInOctets = Port->ReceivedBytes;
    info.ifHCOutOctets = Port->SentBytes;
    info.ifInErrors = Port->ReceiveErrors;
    return LioReply(Request, &info, info.Header.Size);
}

/* OIDs whose value is one number; FALSE: it is none of them. */
static BOOLEAN LioNumber(const LIO_PORT *Port, NDIS_OID Oid, ULONG *Value)
{
    const struct {
        NDIS_OID Oid;
        ULONG Value;
    } numbers[] = {
        { OID_GEN_CURRENT_PACKET_FILTER, Port->Filter },
        { OID_GEN_CURRENT_LOOKAHEAD, Port->Lookahead },
        { OID_GEN_MAXIMUM_TOTAL_SIZE, LIO_FRAME },
        { OID_GEN_TRANSMIT_BLOCK_SIZE, LIO_SLOT_BYTES },
        { OID_GEN_RECEIVE_BLOCK_SIZE, LIO_SLOT_BYTES },
        { OID_GEN_TRANSMIT_BUFFER_SPACE, (LIO_SLOTS - 1) * LIO_SLOT_BYTES },
        { OID_GEN_RECEIVE_BUFFER_SPACE, (LIO_SLOTS - 1) * LIO_SLOT_BYTES },
        { OID_GEN_VENDOR_ID, 0x00ffffff }, /* no IEEE-assigned block */
        { OID_GEN_VENDOR_DRIVER_VERSION, 0x00010000 },
        { OID_802_3_MAXIMUM_LIST_SIZE, LIO_GROUPS },
    };
    ULONG i;

    for (i = 0; i < ARRAYSIZE(numbers); i++) {
        if (numbers[i].Oid == Oid) {
            *Value = numbers[i].Value;
            return TRUE;
        }
    }
    return FALSE;
}

static NDIS_STATUS LioQuery(PLIO_PORT Port, PNDIS_OID_REQUEST Request)
{
    static const CHAR vendor[] = "rig-nic with one interrupt";
    NDIS_OID oid = Request->DATA.QUERY_INFORMATION.Oid;
    ULONG number;

    if (LioNumber(Port, oid, &number)) {
        return LioReply(Request, &number, sizeof(number));
    }
    switch (oid) {
    case OID_GEN_XMIT_OK:
        return LioReply(Request, &Port->Sent, sizeof(Port->Sent));
    case OID_GEN_RCV_OK:
        return LioReply(Request, &Port->Received, sizeof(Port->Received));
    case OID_GEN_STATISTICS:
        return LioReplyStatistics(Port, Request);
    case OID_GEN_VENDOR_DESCRIPTION:
        return LioReply(Request, vendor, sizeof(vendor));
    case OID_802_3_PERMANENT_ADDRESS:
    case OID_802_3_CURRENT_ADDRESS:
        return LioReply(Request, Port->BurnedIn, LIO_MAC);
    case OID_802_3_MULTICAST_LIST:
        return LioReply(Request, Port->Group, Port->Groups * LIO_MAC);
    default:
        return NDIS_STATUS_NOT_SUPPORTED;
    }
}

static NDIS_STATUS LioSet(PLIO_PORT Port, PNDIS_OID_REQUEST Request)
{
    PVOID buffer = Request->DATA.SET_INFORMATION.InformationBuffer;
    ULONG bytes = Request->DATA.SET_INFORMATION.InformationBufferLength;
    NDIS_OID oid = Request->DATA.SET_INFORMATION.Oid;

    switch (oid) {
    case OID_GEN_CURRENT_PACKET_FILTER:
    case OID_GEN_CURRENT_LOOKAHEAD:
        if (bytes != sizeof(ULONG)) {
            Request->DATA.SET_INFORMATION.BytesNeeded = sizeof(ULONG);
            return NDIS_STATUS_INVALID_LENGTH;
        }
        if (oid == OID_GEN_CURRENT_LOOKAHEAD) {
            Port->Lookahead = *(PULONG)buffer;
            break;
        }
        Port->Filter = *(PULONG)buffer;
        LioSetFilter(Port);
        LioSetDirections(Port);
        break;
    case OID_802_3_MULTICAST_LIST:
        if (bytes % LIO_MAC || bytes > sizeof(Port->Group)) {
            return NDIS_STATUS_INVALID_LENGTH;
        }
        NdisMoveMemory(Port->Group, buffer, bytes);
        Port->Groups = bytes / LIO_MAC;
        LioSetFilter(Port);
        break;
    default:
        return NDIS_STATUS_NOT_SUPPORTED;
    }
    Request->DATA.SET_INFORMATION.BytesRead = bytes;
    return NDIS_STATUS_SUCCESS;
}

NDIS_STATUS NTAPI LioRequest(NDIS_HANDLE MiniportAdapterContext,
                             PNDIS_OID_REQUEST OidRequest)
{
    if (OidRequest->RequestType == NdisRequestSetInformation) {
        return LioSet(MiniportAdapterContext, OidRequest);
    }
    if (OidRequest->RequestType == NdisRequestQueryInformation ||
        OidRequest->RequestType == NdisRequestQueryStatistics) {
        return LioQuery(MiniportAdapterContext, OidRequest);
    }
    return NDIS_STATUS_NOT_SUPPORTED;
}

VOID NTAPI LioCancelRequest(NDIS_HANDLE MiniportAdapterContext,
                            PVOID RequestId)
{
    UNREFERENCED_PARAMETER(MiniportAdapterContext);
    UNREFERENCED_PARAMETER(RequestId);
}
