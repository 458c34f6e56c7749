/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the adapter tells NDIS about itself. */
#include "rignic.h"

#define RIGNIC_HANG_SECONDS 2

NDIS_STATUS RignicSetRegistrationAttributes(PRIGNIC_ADAPTER Adapter)
{
    NDIS_MINIPORT_ADAPTER_ATTRIBUTES attributes;
    PNDIS_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES registration =
        &attributes.RegistrationAttributes;

    NdisZeroMemory(&attributes, sizeof(attributes));
    registration->Header.Type =
        NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES;
    registration->Header.Revision =
        NDIS_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES_REVISION_1;
    registration->Header.Size =
        NDIS_SIZEOF_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES_REVISION_1;
    registration->MiniportAdapterContext = Adapter;
    registration->AttributeFlags =
        NDIS_MINIPORT_ATTRIBUTES_HARDWARE_DEVICE |
        NDIS_MINIPORT_ATTRIBUTES_BUS_MASTER |
        NDIS_MINIPORT_ATTRIBUTES_SURPRISE_REMOVE_OK;
    registration->CheckForHangTimeInSeconds = RIGNIC_HANG_SECONDS;
    registration->InterfaceType = NdisInterfacePci;
    return NdisMSetMiniportAttributes(Adapter->Handle, &attributes);
}

static VOID RignicDescribeLink(
    PRIGNIC_ADAPTER Adapter,
    PNDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES General)
{
    ULONG64 speed = (ULONG64)RignicRead(Adapter, RIG_NIC_SPEED) * 1000000;
    BOOLEAN up = RignicHwLinkUp(Adapter);

    Adapter->LinkState =
        up ? MediaConnectStateConnected : MediaConnectStateDisconnected;
    General->MaxXmitLinkSpeed = speed;
    General->MaxRcvLinkSpeed = speed;
    General->XmitLinkSpeed = up ? speed : NDIS_LINK_SPEED_UNKNOWN;
    General->RcvLinkSpeed = General->XmitLinkSpeed;
    General->MediaConnectState = Adapter->LinkState;
    General->MediaDuplexState =
        up ? MediaDuplexStateFull : MediaDuplexStateUnknown;
    General->SupportedPauseFunctions = NdisPauseFunctionsUnsupported;
}

NDIS_STATUS RignicSetGeneralAttributes(PRIGNIC_ADAPTER Adapter)
{
    NDIS_MINIPORT_ADAPTER_ATTRIBUTES attributes;
    PNDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES general =
        &attributes.GeneralAttributes;

    NdisZeroMemory(&attributes, sizeof(attributes));
    general->Header.Type =
        NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES;
    general->Header.Revision =
        NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES_REVISION_2;
    general->Header.Size =
        NDIS_SIZEOF_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES_REVISION_2;
    general->MediaType = NdisMedium802_3;
    general->PhysicalMediumType = NdisPhysicalMedium802_3;
    general->MtuSize =
        Adapter->Configuration.JumboPacket - RIGNIC_ETHERNET_HEADER;
    general->LookaheadSize = general->MtuSize;
    Adapter->Lookahead = general->MtuSize;
    RignicDescribeLink(Adapter, general);
    general->MacOptions = NDIS_MAC_OPTION_COPY_LOOKAHEAD_DATA |
                          NDIS_MAC_OPTION_TRANSFERS_NOT_PEND |
                          NDIS_MAC_OPTION_NO_LOOPBACK;
    general->SupportedPacketFilters =
        NDIS_PACKET_TYPE_DIRECTED | NDIS_PACKET_TYPE_MULTICAST |
        NDIS_PACKET_TYPE_ALL_MULTICAST | NDIS_PACKET_TYPE_BROADCAST |
        NDIS_PACKET_TYPE_PROMISCUOUS;
    general->MaxMulticastListSize = RIGNIC_MULTICAST_MAX;
    general->MacAddressLength = RIGNIC_MAC_LENGTH;
    NdisMoveMemory(general->PermanentMacAddress, Adapter->PermanentMac,
                   RIGNIC_MAC_LENGTH);
    NdisMoveMemory(general->CurrentMacAddress, Adapter->CurrentMac,
                   RIGNIC_MAC_LENGTH);
    general->AccessType = NET_IF_ACCESS_BROADCAST;
    general->DirectionType = NET_IF_DIRECTION_SENDRECEIVE;
    general->ConnectionType = NET_IF_CONNECTION_DEDICATED;
    general->IfType = IF_TYPE_ETHERNET_CSMACD;
    general->IfConnectorPresent = TRUE;
    general->SupportedStatistics =
        NDIS_STATISTICS_XMIT_OK_SUPPORTED | NDIS_STATISTICS_RCV_OK_SUPPORTED |
        NDIS_STATISTICS_GEN_STATISTICS_SUPPORTED;
    general->SupportedOidList = (PNDIS_OID)RignicSupportedOids;
    general->SupportedOidListLength = RignicSupportedOidsLength;
    return NdisMSetMiniportAttributes(Adapter->Handle, &attributes);
}
