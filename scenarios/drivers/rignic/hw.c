/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The device itself: registers, reset, identity, address filter, rings. */
#include "rignic.h"

#define RIGNIC_RESET_POLL_US   50   /* longest stall that NDIS allows */
#define RIGNIC_RESET_POLLS     1000
#define RIGNIC_NVM_MAC_WORDS   3
#define RIGNIC_ITR_US          50   /* interval with moderation on */
#define RIGNIC_CRC32           0x04c11db7u /* IEEE 802.3, clause 3.2.9 */
#define RIGNIC_HASH_SHIFT      26

ULONG RignicRead(PRIGNIC_ADAPTER Adapter, ULONG Register)
{
    return READ_REGISTER_ULONG(
        (volatile ULONG *)((PUCHAR)Adapter->Registers + Register));
}

VOID RignicWrite(PRIGNIC_ADAPTER Adapter, ULONG Register, ULONG Value)
{
    WRITE_REGISTER_ULONG(
        (volatile ULONG *)((PUCHAR)Adapter->Registers + Register), Value);
}

/* The device latches the high half when the low half is read. */
ULONG64 RignicReadStatistic(PRIGNIC_ADAPTER Adapter, ULONG Register)
{
    ULONG64 low = RignicRead(Adapter, Register);
    ULONG64 high = RignicRead(Adapter, Register + sizeof(ULONG));

    if (low == RIGNIC_ALL_ONES && high == RIGNIC_ALL_ONES) {
        return 0;
    }
    return high << 32 | low;
}

/* The register BAR is the only memory range of its size or larger. */
NDIS_STATUS RignicMapRegisters(PRIGNIC_ADAPTER Adapter,
                               PNDIS_RESOURCE_LIST Resources)
{
    NDIS_STATUS status;
    ULONG i;

    for (i = 0; Resources != NULL && i < Resources->Count; i++) {
        PCM_PARTIAL_RESOURCE_DESCRIPTOR range =
            &Resources->PartialDescriptors[i];

        if (range->Type == CmResourceTypeMemory &&
            range->u.Memory.Length >= RIG_NIC_REGS_SIZE) {
            Adapter->RegistersPhysical = range->u.Memory.Start;
            status = NdisMMapIoSpace(&Adapter->Registers, Adapter->Handle,
                                     Adapter->RegistersPhysical,
                                     RIG_NIC_REGS_SIZE);
            if (status != NDIS_STATUS_SUCCESS) {
                Adapter->Registers = NULL;
                NdisWriteErrorLogEntry(Adapter->Handle,
                                       NDIS_ERROR_CODE_RESOURCE_CONFLICT, 1,
                                       (ULONG)status);
            }
            return status;
        }
    }
    NdisWriteErrorLogEntry(Adapter->Handle, NDIS_ERROR_CODE_RESOURCE_CONFLICT,
                           0);
    return NDIS_STATUS_RESOURCE_CONFLICT;
}

VOID RignicUnmapRegisters(PRIGNIC_ADAPTER Adapter)
{
    if (Adapter->Registers != NULL) {
        NdisMUnmapIoSpace(Adapter->Handle, Adapter->Registers,
                          RIG_NIC_REGS_SIZE);
        Adapter->Registers = NULL;
    }
}

NDIS_STATUS RignicHwReset(PRIGNIC_ADAPTER Adapter)
{
    ULONG i;

    RignicWrite(Adapter, RIG_NIC_CTRL, RIG_NIC_CTRL_RST);
    for (i = 0; i < RIGNIC_RESET_POLLS; i++) {
        ULONG value = RignicRead(Adapter, RIG_NIC_STATUS);

        if (value == RIGNIC_ALL_ONES) {
            InterlockedExchange(&Adapter->Removed, TRUE);
            return NDIS_STATUS_ADAPTER_NOT_FOUND;
        }
        if (value & RIG_NIC_STATUS_RESET_DONE) {
            return NDIS_STATUS_SUCCESS;
        }
        NdisStallExecution(RIGNIC_RESET_POLL_US);
    }
    return NDIS_STATUS_DEVICE_FAILED;
}

static ULONG RignicReadNvm(PRIGNIC_ADAPTER Adapter, ULONG Word)
{
    RignicWrite(Adapter, RIG_NIC_NVM_ADDR, Word);
    return RignicRead(Adapter, RIG_NIC_NVM_DATA);
}

/* A station address is unicast and not zero. */
static BOOLEAN RignicIsStationAddress(const UCHAR *Mac)
{
    return !(Mac[0] & 1) &&
           (Mac[0] | Mac[1] | Mac[2] | Mac[3] | Mac[4] | Mac[5]) != 0;
}

static NDIS_STATUS RignicReadAddress(PRIGNIC_ADAPTER Adapter)
{
    ULONG i;

    if (!(RignicRead(Adapter, RIG_NIC_STATUS) & RIG_NIC_STATUS_NVM_VALID)) {
        NdisWriteErrorLogEntry(Adapter->Handle,
                               NDIS_ERROR_CODE_HARDWARE_FAILURE, 0);
        return NDIS_STATUS_DEVICE_FAILED;
    }
    for (i = 0; i < RIGNIC_NVM_MAC_WORDS; i++) {
        ULONG word = RignicReadNvm(Adapter, i);

        Adapter->PermanentMac[2 * i] = (UCHAR)word;
        Adapter->PermanentMac[2 * i + 1] = (UCHAR)(word >> 8);
    }
    if (!RignicIsStationAddress(Adapter->PermanentMac)) {
        NdisWriteErrorLogEntry(Adapter->Handle,
                               NDIS_ERROR_CODE_NETWORK_ADDRESS, 0);
        return NDIS_STATUS_INVALID_DATA;
    }
    if (Adapter->Configuration.HasNetworkAddress &&
        RignicIsStationAddress(Adapter->Configuration.NetworkAddress)) {
        NdisMoveMemory(Adapter->CurrentMac,
                       Adapter->Configuration.NetworkAddress,
                       RIGNIC_MAC_LENGTH);
    } else {
        NdisMoveMemory(Adapter->CurrentMac, Adapter->PermanentMac,
                       RIGNIC_MAC_LENGTH);
    }
    return NDIS_STATUS_SUCCESS;
}

NDIS_STATUS RignicHwIdentify(PRIGNIC_ADAPTER Adapter)
{
    if (RignicRead(Adapter, RIG_NIC_ID) != RIG_NIC_ID_VALUE) {
        NdisWriteErrorLogEntry(Adapter->Handle,
                               NDIS_ERROR_CODE_ADAPTER_NOT_FOUND, 0);
        return NDIS_STATUS_ADAPTER_NOT_FOUND;
    }
    Adapter->Queues = RIG_NIC_CAPS_QUEUES(RignicRead(Adapter, RIG_NIC_CAPS));
    if (Adapter->Queues == 0 || Adapter->Queues > RIG_NIC_MAX_QUEUES) {
        NdisWriteErrorLogEntry(Adapter->Handle,
                               NDIS_ERROR_CODE_INVALID_VALUE_FROM_ADAPTER, 1,
                               Adapter->Queues);
        return NDIS_STATUS_DEVICE_FAILED;
    }
    return RignicReadAddress(Adapter);
}

BOOLEAN RignicHwLinkUp(PRIGNIC_ADAPTER Adapter)
{
    ULONG value = RignicRead(Adapter, RIG_NIC_STATUS);

    return value != RIGNIC_ALL_ONES &&
           (value & RIG_NIC_STATUS_LINK_UP) != 0;
}

static VOID RignicSetAddress(PRIGNIC_ADAPTER Adapter)
{
    const UCHAR *mac = Adapter->CurrentMac;

    RignicWrite(Adapter, RIG_NIC_MAC_LO,
                mac[0] | mac[1] << 8 | mac[2] << 16 | (ULONG)mac[3] << 24);
    RignicWrite(Adapter, RIG_NIC_MAC_HI, mac[4] | mac[5] << 8);
}

/* Top six bits of the CRC-32 of an address: its bit in the hash table. */
static ULONG RignicHashAddress(const UCHAR *Mac)
{
    ULONG crc = 0xffffffffu;
    ULONG i;
    ULONG bit;

    for (i = 0; i < RIGNIC_MAC_LENGTH; i++) {
        for (bit = 0; bit < 8; bit++) {
            ULONG feedback = (crc >> 31) ^ ((Mac[i] >> bit) & 1);

            crc = (crc << 1) ^ (feedback ? RIGNIC_CRC32 : 0);
        }
    }
    return crc >> RIGNIC_HASH_SHIFT;
}

VOID RignicHwSetFilter(PRIGNIC_ADAPTER Adapter)
{
    ULONG table[2] = { 0, 0 };
    ULONG filter = 0;
    ULONG i;

    if (Adapter->PacketFilter & NDIS_PACKET_TYPE_BROADCAST) {
        filter |= RIG_NIC_RXF_BROADCAST;
    }
    if (Adapter->PacketFilter & NDIS_PACKET_TYPE_ALL_MULTICAST) {
        filter |= RIG_NIC_RXF_ALLMULTI;
    }
    if (Adapter->PacketFilter & NDIS_PACKET_TYPE_PROMISCUOUS) {
        filter |= RIG_NIC_RXF_PROMISCUOUS;
    }
    if (Adapter->PacketFilter & NDIS_PACKET_TYPE_MULTICAST) {
        filter |= RIG_NIC_RXF_HASHMULTI;
        for (i = 0; i < Adapter->MulticastCount; i++) {
            ULONG hash = RignicHashAddress(Adapter->Multicast[i]);

            table[hash / 32] |= 1u << hash % 32;
        }
    }
    RignicWrite(Adapter, RIG_NIC_MCHASH(0), table[0]);
    RignicWrite(Adapter, RIG_NIC_MCHASH(1), table[1]);
    RignicWrite(Adapter, RIG_NIC_RXFILTER, filter);
}

/* Nothing is received while no protocol wants anything. */
VOID RignicHwSetDirections(PRIGNIC_ADAPTER Adapter)
{
    ULONG control = 0;

    if (Adapter->Running) {
        control |= RIG_NIC_CTRL_TXEN;
        if (Adapter->PacketFilter != 0) {
            control |= RIG_NIC_CTRL_RXEN;
        }
    }
    RignicWrite(Adapter, RIG_NIC_CTRL, control);
}

VOID RignicHwSetRing(PRIGNIC_ADAPTER Adapter, ULONG Registers,
                     NDIS_PHYSICAL_ADDRESS Base, ULONG Size)
{
    RignicWrite(Adapter, Registers + RIG_NIC_RING_CTRL, 0);
    RignicWrite(Adapter, Registers + RIG_NIC_RING_BASE_LO, Base.LowPart);
    RignicWrite(Adapter, Registers + RIG_NIC_RING_BASE_HI,
                (ULONG)Base.HighPart);
    RignicWrite(Adapter, Registers + RIG_NIC_RING_SIZE, Size);
    RignicWrite(Adapter, Registers + RIG_NIC_RING_CTRL, RIG_NIC_RING_ENABLE);
}

static VOID RignicSetModeration(PRIGNIC_ADAPTER Adapter)
{
    ULONG interval =
        Adapter->Configuration.InterruptModeration ? RIGNIC_ITR_US : 0;
    ULONG i;

    for (i = 0; i < Adapter->Queues; i++) {
        if (Adapter->QueueMessage[i] != RIGNIC_NO_MESSAGE) {
            RignicWrite(Adapter, RIG_NIC_ITR(Adapter->QueueMessage[i]),
                        interval);
        }
    }
}

VOID RignicHwEnable(PRIGNIC_ADAPTER Adapter)
{
    RignicSetAddress(Adapter);
    RignicWrite(Adapter, RIG_NIC_MAXFRAME,
                Adapter->Configuration.JumboPacket);
    RignicHwSetFilter(Adapter);
    RignicStartTransmit(Adapter);
    RignicStartReceive(Adapter);
    RignicProgramInterrupts(Adapter);
    RignicSetModeration(Adapter);
    RignicHwSetDirections(Adapter);
    RignicEnableInterrupts(Adapter);
}

/* The reset also turns the rings off, so the device lets go of memory. */
VOID RignicHwQuiesce(PRIGNIC_ADAPTER Adapter)
{
    ULONG i;

    RignicDisableInterrupts(Adapter);
    RignicWrite(Adapter, RIG_NIC_CTRL, 0);
    for (i = 0; i < Adapter->Queues; i++) {
        RignicWrite(Adapter, RIG_NIC_TX(i) + RIG_NIC_RING_CTRL, 0);
        RignicWrite(Adapter, RIG_NIC_RX(i) + RIG_NIC_RING_CTRL, 0);
    }
    if (!Adapter->Removed) {
        (VOID)RignicHwReset(Adapter);
    }
}
