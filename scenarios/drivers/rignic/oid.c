/* SPDX-License-Identifier: GPL-2.0-or-later */
/* OID requests; all of them are answered at once. */
#include "rignic.h"

#define RIGNIC_VENDOR_ID      0x00ffffff /* no IEEE-assigned address block */
#define RIGNIC_DRIVER_VERSION 0x00010000 /* 1.0 */

static const CHAR RignicVendorDescription[] = "rig-nic Ethernet Adapter";

const NDIS_OID RignicSupportedOids[] = {
    OID_GEN_CURRENT_LOOKAHEAD,
    OID_GEN_CURRENT_PACKET_FILTER,
    OID_GEN_INTERRUPT_MODERATION,
    OID_GEN_MAXIMUM_TOTAL_SIZE,
    OID_GEN_RCV_OK,
    OID_GEN_RECEIVE_BLOCK_SIZE,
    OID_GEN_RECEIVE_BUFFER_SPACE,
    OID_GEN_STATISTICS,
    OID_GEN_TRANSMIT_BLOCK_SIZE,
    OID_GEN_TRANSMIT_BUFFER_SPACE,
    OID_GEN_VENDOR_DESCRIPTION,
    OID_GEN_VENDOR_DRIVER_VERSION,
    OID_GEN_VENDOR_ID,
    OID_GEN_XMIT_OK,
    OID_802_3_PERMANENT_ADDRESS,
    OID_802_3_CURRENT_ADDRESS,
    OID_802_3_MULTICAST_LIST,
    OID_802_3_MAXIMUM_LIST_SIZE,
};
const ULONG RignicSupportedOidsLength = sizeof(RignicSupportedOids);

/* --- query ---------------------------------------------------------------- */

/* Copy an answer, or say how large the buffer must be. */
static NDIS_STATUS RignicAnswer(PNDIS_OID_REQUEST Request, const VOID *Answer,
                                ULONG Length)
{
    if (Request->DATA.QUERY_INFORMATION.InformationBufferLength < Length) {
        Request->DATA.QUERY_INFORMATION.BytesWritten = 0;
        Request->DATA.QUERY_INFORMATION.BytesNeeded = Length;
        return NDIS_STATUS_BUFFER_TOO_SHORT;
    }
    NdisMoveMemory(Request->DATA.QUERY_INFORMATION.InformationBuffer, Answer,
                   Length);
    Request->DATA.QUERY_INFORMATION.BytesWritten = Length;
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS RignicAnswerUlong(PNDIS_OID_REQUEST Request, ULONG Value)
{
    return RignicAnswer(Request, &Value, sizeof(Value));
}

/* Counters are 64 bits wide; a caller may have room for the low half only. */
static NDIS_STATUS RignicAnswerCounter(PNDIS_OID_REQUEST Request,
                                       ULONG64 Value)
{
    ULONG length = sizeof(Value);
    NDIS_STATUS status;

    if (Request->DATA.QUERY_INFORMATION.InformationBufferLength <
        sizeof(Value)) {
        length = sizeof(ULONG);
    }
    status = RignicAnswer(Request, &Value, length);
    Request->DATA.QUERY_INFORMATION.BytesNeeded = sizeof(Value);
    return status;
}

static ULONG64 RignicSum(const LONG64 *Values)
{
    return Values[0] + Values[1] + Values[2];
}

static NDIS_STATUS RignicQueryStatistics(PRIGNIC_ADAPTER Adapter,
                                         PNDIS_OID_REQUEST Request)
{
    const RIGNIC_COUNTERS *in = &Adapter->Received;
    const RIGNIC_COUNTERS *out = &Adapter->Sent;
    NDIS_STATISTICS_INFO info;

    NdisZeroMemory(&info, sizeof(info));
    info.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
    info.Header.Revision = NDIS_STATISTICS_INFO_REVISION_1;
    info.Header.Size = NDIS_SIZEOF_STATISTICS_INFO_REVISION_1;
    info.SupportedStatistics =
        NDIS_STATISTICS_FLAGS_VALID_DIRECTED_FRAMES_RCV |
        NDIS_STATISTICS_FLAGS_VALID_MULTICAST_FRAMES_RCV |
        NDIS_STATISTICS_FLAGS_VALID_BROADCAST_FRAMES_RCV |
        NDIS_STATISTICS_FLAGS_VALID_BYTES_RCV |
        NDIS_STATISTICS_FLAGS_VALID_RCV_DISCARDS |
        NDIS_STATISTICS_FLAGS_VALID_RCV_ERROR |
        NDIS_STATISTICS_FLAGS_VALID_DIRECTED_FRAMES_XMIT |
        NDIS_STATISTICS_FLAGS_VALID_MULTICAST_FRAMES_XMIT |
        NDIS_STATISTICS_FLAGS_VALID_BROADCAST_FRAMES_XMIT |
        NDIS_STATISTICS_FLAGS_VALID_BYTES_XMIT |
        NDIS_STATISTICS_FLAGS_VALID_XMIT_ERROR |
        NDIS_STATISTICS_FLAGS_VALID_DIRECTED_BYTES_RCV |
        NDIS_STATISTICS_FLAGS_VALID_MULTICAST_BYTES_RCV |
        NDIS_STATISTICS_FLAGS_VALID_BROADCAST_BYTES_RCV |
        NDIS_STATISTICS_FLAGS_VALID_DIRECTED_BYTES_XMIT |
        NDIS_STATISTICS_FLAGS_VALID_MULTICAST_BYTES_XMIT |
        NDIS_STATISTICS_FLAGS_VALID_BROADCAST_BYTES_XMIT;
    info.ifInDiscards = Adapter->LostBeforeReset +
        RignicReadStatistic(Adapter, RIG_NIC_STAT_RX_NODESC);
    info.ifInErrors = in->Errors;
    info.ifHCInOctets = RignicSum(in->Bytes);
    info.ifHCInUcastPkts = in->Frames[0];
    info.ifHCInMulticastPkts = in->Frames[1];
    info.ifHCInBroadcastPkts = in->Frames[2];
    info.ifHCInUcastOctets = in->Bytes[0];
    info.ifHCInMulticastOctets = in->Bytes[1];
    info.ifHCInBroadcastOctets = in->Bytes[2];
    info.ifOutErrors = out->Errors;
    info.ifHCOutOctets = RignicSum(out->Bytes);
    info.ifHCOutUcastPkts = out->Frames[0];
    info.ifHCOutMulticastPkts = out->Frames[1];
    info.ifHCOutBroadcastPkts = out->Frames[2];
    info.ifHCOutUcastOctets = out->Bytes[0];
    info.ifHCOutMulticastOctets = out->Bytes[1];
    info.ifHCOutBroadcastOctets = out->Bytes[2];
    return RignicAnswer(Request, &info, info.Header.Size);
}

static NDIS_STATUS RignicQueryModeration(PRIGNIC_ADAPTER Adapter,
                                         PNDIS_OID_REQUEST Request)
{
    NDIS_INTERRUPT_MODERATION_PARAMETERS moderation;

    NdisZeroMemory(&moderation, sizeof(moderation));
    moderation.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
    moderation.Header.Revision =
        NDIS_INTERRUPT_MODERATION_PARAMETERS_REVISION_1;
    moderation.Header.Size =
        NDIS_SIZEOF_INTERRUPT_MODERATION_PARAMETERS_REVISION_1;
    moderation.InterruptModeration = NdisInterruptModerationNotSupported;
    if (Adapter->Messages != 0) {
        moderation.InterruptModeration =
            Adapter->Configuration.InterruptModeration
                ? NdisInterruptModerationEnabled
                : NdisInterruptModerationDisabled;
    }
    return RignicAnswer(Request, &moderation, moderation.Header.Size);
}

static NDIS_STATUS RignicQuery(PRIGNIC_ADAPTER Adapter,
                               PNDIS_OID_REQUEST Request)
{
    ULONG frame = Adapter->Configuration.JumboPacket;

    switch (Request->DATA.QUERY_INFORMATION.Oid) {
    case OID_GEN_CURRENT_LOOKAHEAD:
        return RignicAnswerUlong(Request, Adapter->Lookahead);
    case OID_GEN_CURRENT_PACKET_FILTER:
        return RignicAnswerUlong(Request, Adapter->PacketFilter);
    case OID_GEN_INTERRUPT_MODERATION:
        return RignicQueryModeration(Adapter, Request);
    case OID_GEN_MAXIMUM_TOTAL_SIZE:
    case OID_GEN_TRANSMIT_BLOCK_SIZE:
        return RignicAnswerUlong(Request, frame);
    case OID_GEN_RECEIVE_BLOCK_SIZE:
        return RignicAnswerUlong(Request, Adapter->BufferSize);
    case OID_GEN_TRANSMIT_BUFFER_SPACE:
        return RignicAnswerUlong(
            Request, frame * (Adapter->Configuration.TransmitBuffers - 1) *
                         Adapter->Queues);
    case OID_GEN_RECEIVE_BUFFER_SPACE:
        return RignicAnswerUlong(
            Request, Adapter->BufferSize *
                         (Adapter->Configuration.ReceiveBuffers - 1) *
                         Adapter->Queues);
    case OID_GEN_RCV_OK:
        return RignicAnswerCounter(Request,
                                   RignicSum(Adapter->Received.Frames));
    case OID_GEN_XMIT_OK:
        return RignicAnswerCounter(Request, RignicSum(Adapter->Sent.Frames));
    case OID_GEN_STATISTICS:
        return RignicQueryStatistics(Adapter, Request);
    case OID_GEN_VENDOR_DESCRIPTION:
        return RignicAnswer(Request, RignicVendorDescription,
                            sizeof(RignicVendorDescription));
    case OID_GEN_VENDOR_DRIVER_VERSION:
        return RignicAnswerUlong(Request, RIGNIC_DRIVER_VERSION);
    case OID_GEN_VENDOR_ID:
        return RignicAnswerUlong(Request, RIGNIC_VENDOR_ID);
    case OID_802_3_PERMANENT_ADDRESS:
        return RignicAnswer(Request, Adapter->PermanentMac,
                            RIGNIC_MAC_LENGTH);
    case OID_802_3_CURRENT_ADDRESS:
        return RignicAnswer(Request, Adapter->CurrentMac, RIGNIC_MAC_LENGTH);
    case OID_802_3_MULTICAST_LIST:
        return RignicAnswer(Request, Adapter->Multicast,
                            Adapter->MulticastCount * RIGNIC_MAC_LENGTH);
    case OID_802_3_MAXIMUM_LIST_SIZE:
        return RignicAnswerUlong(Request, RIGNIC_MULTICAST_MAX);
    default:
        return NDIS_STATUS_NOT_SUPPORTED;
    }
}

/* --- set ------------------------------------------------------------------ */

static NDIS_STATUS RignicSetFilter(PRIGNIC_ADAPTER Adapter, ULONG Filter)
{
    const ULONG supported =
        NDIS_PACKET_TYPE_DIRECTED | NDIS_PACKET_TYPE_MULTICAST |
        NDIS_PACKET_TYPE_ALL_MULTICAST | NDIS_PACKET_TYPE_BROADCAST |
        NDIS_PACKET_TYPE_PROMISCUOUS;

    if (Filter & ~supported) {
        return NDIS_STATUS_NOT_SUPPORTED;
    }
    Adapter->PacketFilter = Filter;
    RignicHwSetFilter(Adapter);
    RignicHwSetDirections(Adapter);
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS RignicSetMulticast(PRIGNIC_ADAPTER Adapter,
                                      const VOID *List, ULONG Length)
{
    if (Length % RIGNIC_MAC_LENGTH != 0) {
        return NDIS_STATUS_INVALID_LENGTH;
    }
    if (Length > sizeof(Adapter->Multicast)) {
        return NDIS_STATUS_MULTICAST_FULL;
    }
    NdisMoveMemory(Adapter->Multicast, List, Length);
    Adapter->MulticastCount = Length / RIGNIC_MAC_LENGTH;
    RignicHwSetFilter(Adapter);
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS RignicSet(PRIGNIC_ADAPTER Adapter,
                             PNDIS_OID_REQUEST Request)
{
    PVOID buffer = Request->DATA.SET_INFORMATION.InformationBuffer;
    ULONG length = Request->DATA.SET_INFORMATION.InformationBufferLength;
    NDIS_OID oid = Request->DATA.SET_INFORMATION.Oid;
    NDIS_STATUS status;

    if (oid == OID_802_3_MULTICAST_LIST) {
        status = RignicSetMulticast(Adapter, buffer, length);
    } else if (oid != OID_GEN_CURRENT_PACKET_FILTER &&
               oid != OID_GEN_CURRENT_LOOKAHEAD) {
        return NDIS_STATUS_NOT_SUPPORTED;
    } else if (length < sizeof(ULONG)) {
        Request->DATA.SET_INFORMATION.BytesNeeded = sizeof(ULONG);
        return NDIS_STATUS_INVALID_LENGTH;
    } else if (oid == OID_GEN_CURRENT_PACKET_FILTER) {
        length = sizeof(ULONG);
        status = RignicSetFilter(Adapter, *(PULONG)buffer);
    } else {
        length = sizeof(ULONG);
        Adapter->Lookahead = *(PULONG)buffer;
        status = NDIS_STATUS_SUCCESS;
    }
    if (status == NDIS_STATUS_SUCCESS) {
        Request->DATA.SET_INFORMATION.BytesRead = length;
    }
    return status;
}

NDIS_STATUS NTAPI RignicOidRequest(NDIS_HANDLE MiniportAdapterContext,
                                   PNDIS_OID_REQUEST OidRequest)
{
    switch (OidRequest->RequestType) {
    case NdisRequestQueryInformation:
    case NdisRequestQueryStatistics:
        return RignicQuery(MiniportAdapterContext, OidRequest);
    case NdisRequestSetInformation:
        return RignicSet(MiniportAdapterContext, OidRequest);
    default:
        return NDIS_STATUS_NOT_SUPPORTED;
    }
}

/* No request is ever pending. */
VOID NTAPI RignicCancelOidRequest(NDIS_HANDLE MiniportAdapterContext,
                                  PVOID RequestId)
{
    UNREFERENCED_PARAMETER(MiniportAdapterContext);
    UNREFERENCED_PARAMETER(RequestId);
}
