/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the port tells NDIS about itself. */
#include "lineio.h"

#define LIO_HANG_SECONDS 4

NDIS_STATUS LioSetRegistration(PLIO_PORT Port)
{
    NDIS_MINIPORT_ADAPTER_ATTRIBUTES a;

    NdisZeroMemory(&a, sizeof(a));
    a.RegistrationAttributes.Header.Type =
        NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES;
    a.RegistrationAttributes.Header.Revision =
        NDIS_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES_REVISION_1;
    a.RegistrationAttributes.Header.Size =
        NDIS_SIZEOF_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES_REVISION_1;
    a.RegistrationAttributes.MiniportAdapterContext = Port;
    a.RegistrationAttributes.AttributeFlags =
        NDIS_MINIPORT_ATTRIBUTES_HARDWARE_DEVICE |
        NDIS_MINIPORT_ATTRIBUTES_BUS_MASTER |
        NDIS_MINIPORT_ATTRIBUTES_SURPRISE_REMOVE_OK;
    a.RegistrationAttributes.CheckForHangTimeInSeconds = LIO_HANG_SECONDS;
    a.RegistrationAttributes.InterfaceType = NdisInterfacePci;
    return NdisMSetMiniportAttributes(Port->Miniport, &a);
}

NDIS_STATUS LioSetGeneral(PLIO_PORT Port)
{
    ULONG64 speed = LioGet(Port, RIG_NIC_SPEED) * 1000000ULL;
    BOOLEAN up = LioLinkIsUp(Port);
    NDIS_MINIPORT_ADAPTER_ATTRIBUTES a;
    NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES *g = &a.GeneralAttributes;

    Port->Link = up ? MediaConnectStateConnected
                    : MediaConnectStateDisconnected;
    Port->Lookahead = LIO_MTU;
    NdisZeroMemory(&a, sizeof(a));
    g->Header.Type = NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES;
    g->Header.Revision = NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES_REVISION_2;
    g->Header.Size =
        NDIS_SIZEOF_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES_REVISION_2;
    g->MediaType = NdisMedium802_3;
    g->PhysicalMediumType = NdisPhysicalMedium802_3;
    g->MtuSize = LIO_MTU;
    g->LookaheadSize = LIO_MTU;
    g->MaxXmitLinkSpeed = speed;
    g->MaxRcvLinkSpeed = speed;
    g->XmitLinkSpeed = up ? speed : NDIS_LINK_SPEED_UNKNOWN;
    g->RcvLinkSpeed = g->XmitLinkSpeed;
    g->MediaConnectState = Port->Link;
    g->MediaDuplexState = up ? MediaDuplexStateFull : MediaDuplexStateUnknown;
    g->MacOptions = NDIS_MAC_OPTION_COPY_LOOKAHEAD_DATA |
                    NDIS_MAC_OPTION_TRANSFERS_NOT_PEND |
                    NDIS_MAC_OPTION_NO_LOOPBACK;
    g->SupportedPacketFilters =
        NDIS_PACKET_TYPE_DIRECTED | NDIS_PACKET_TYPE_MULTICAST |
        NDIS_PACKET_TYPE_ALL_MULTICAST | NDIS_PACKET_TYPE_BROADCAST |
        NDIS_PACKET_TYPE_PROMISCUOUS;
    g->MaxMulticastListSize = LIO_GROUPS;
    g->MacAddressLength = LIO_MAC;
    NdisMoveMemory(g->PermanentMacAddress, Port->BurnedIn, LIO_MAC);
    NdisMoveMemory(g->CurrentMacAddress, Port->BurnedIn, LIO_MAC);
    g->AccessType = NET_IF_ACCESS_BROADCAST;
    g->DirectionType = NET_IF_DIRECTION_SENDRECEIVE;
    g->ConnectionType = NET_IF_CONNECTION_DEDICATED;
    g->IfType = IF_TYPE_ETHERNET_CSMACD;
    g->IfConnectorPresent = TRUE;
    g->SupportedPauseFunctions = NdisPauseFunctionsUnsupported;
    g->SupportedStatistics = NDIS_STATISTICS_XMIT_OK_SUPPORTED |
                             NDIS_STATISTICS_RCV_OK_SUPPORTED;
    g->SupportedOidList = (PNDIS_OID)LioOids;
    g->SupportedOidListLength = LioOidBytes;
    return NdisMSetMiniportAttributes(Port->Miniport, &a);
}
