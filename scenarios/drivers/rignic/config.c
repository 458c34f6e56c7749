/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The adapter's settings: standard keywords, with the defaults of the INF. */
#include "rignic.h"

#define RIGNIC_DEFAULT_BUFFERS 128
#define RIGNIC_MIN_BUFFERS     32
#define RIGNIC_MAX_BUFFERS     1024
#define RIGNIC_FRAME           1514 /* bytes without FCS */

/* The value of a keyword if it is there and in range, else `Default`. */
static ULONG RignicReadKeyword(NDIS_HANDLE Configuration,
                               PNDIS_STRING Keyword, ULONG Minimum,
                               ULONG Maximum, ULONG Default)
{
    PNDIS_CONFIGURATION_PARAMETER parameter;
    NDIS_STATUS status;

    NdisReadConfiguration(&status, &parameter, Configuration, Keyword,
                          NdisParameterInteger);
    if (status != NDIS_STATUS_SUCCESS ||
        parameter->ParameterData.IntegerData < Minimum ||
        parameter->ParameterData.IntegerData > Maximum) {
        return Default;
    }
    return parameter->ParameterData.IntegerData;
}

static ULONG RignicRoundUpToPowerOfTwo(ULONG Value)
{
    ULONG power = RIGNIC_MIN_BUFFERS;

    while (power < Value) {
        power *= 2;
    }
    return power;
}

static VOID RignicReadAddressOverride(PRIGNIC_ADAPTER Adapter,
                                      NDIS_HANDLE Configuration)
{
    NDIS_STATUS status;
    PVOID address;
    UINT length;

    NdisReadNetworkAddress(&status, &address, &length, Configuration);
    if (status == NDIS_STATUS_SUCCESS && length == RIGNIC_MAC_LENGTH) {
        NdisMoveMemory(Adapter->Configuration.NetworkAddress, address,
                       RIGNIC_MAC_LENGTH);
        Adapter->Configuration.HasNetworkAddress = TRUE;
    }
}

NDIS_STATUS RignicReadConfiguration(PRIGNIC_ADAPTER Adapter)
{
    static NDIS_STRING receive = NDIS_STRING_CONST("*ReceiveBuffers");
    static NDIS_STRING transmit = NDIS_STRING_CONST("*TransmitBuffers");
    static NDIS_STRING jumbo = NDIS_STRING_CONST("*JumboPacket");
    static NDIS_STRING moderation = NDIS_STRING_CONST("*InterruptModeration");
    NDIS_CONFIGURATION_OBJECT object;
    NDIS_HANDLE handle;
    NDIS_STATUS status;

    NdisZeroMemory(&object, sizeof(object));
    object.Header.Type = NDIS_OBJECT_TYPE_CONFIGURATION_OBJECT;
    object.Header.Revision = NDIS_CONFIGURATION_OBJECT_REVISION_1;
    object.Header.Size = NDIS_SIZEOF_CONFIGURATION_OBJECT_REVISION_1;
    object.NdisHandle = Adapter->Handle;
    status = NdisOpenConfigurationEx(&object, &handle);
    if (status != NDIS_STATUS_SUCCESS) {
        return status;
    }
    Adapter->Configuration.ReceiveBuffers = RignicRoundUpToPowerOfTwo(
        RignicReadKeyword(handle, &receive, RIGNIC_MIN_BUFFERS,
                          RIGNIC_MAX_BUFFERS, RIGNIC_DEFAULT_BUFFERS));
    Adapter->Configuration.TransmitBuffers = RignicRoundUpToPowerOfTwo(
        RignicReadKeyword(handle, &transmit, RIGNIC_MIN_BUFFERS,
                          RIGNIC_MAX_BUFFERS, RIGNIC_DEFAULT_BUFFERS));
    Adapter->Configuration.JumboPacket = RignicReadKeyword(
        handle, &jumbo, RIGNIC_FRAME, RIG_NIC_FRAME_MAX, RIGNIC_FRAME);
    Adapter->Configuration.InterruptModeration =
        RignicReadKeyword(handle, &moderation, 0, 1, 1);
    RignicReadAddressOverride(Adapter, handle);
    NdisCloseConfiguration(handle);
    return NDIS_STATUS_SUCCESS;
}
