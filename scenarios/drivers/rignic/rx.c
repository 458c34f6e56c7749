/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Receive: from descriptors to NET_BUFFER_LISTs and back.
 *
 * Every buffer has its list, frame and MDL for life, made at initialization.
 * A buffer is either posted, or indicated and not yet returned. When few are
 * left with the device, lists are indicated with NDIS_RECEIVE_FLAGS_RESOURCES
 * and are the driver's again when the call returns.
 */
#include "rignic.h"

#define RIGNIC_BUFFER_ALIGN 64u /* a cache line */

#define LIST_BUFFER(nbl) \
    (*(PRIGNIC_RX_BUFFER *)&NET_BUFFER_LIST_MINIPORT_RESERVED(nbl)[0])

/* --- the ring, with its lock held ----------------------------------------- */

static VOID RignicPostBuffer(PRIGNIC_RX_RING Ring, PRIGNIC_RX_BUFFER Buffer)
{
    PRIGNIC_DESCRIPTOR descriptor = &Ring->Descriptors[Ring->Tail];

    descriptor->AddressLow = Buffer->Physical.LowPart;
    descriptor->AddressHigh = (ULONG)Buffer->Physical.HighPart;
    descriptor->Control = Ring->Adapter->BufferSize;
    descriptor->Status = 0;
    Ring->Slots[Ring->Tail] = Buffer;
    Ring->Tail = (Ring->Tail + 1) & (Ring->Size - 1);
    Ring->Posted++;
    Buffer->Posted = TRUE;
}

static VOID RignicRxDoorbell(PRIGNIC_RX_RING Ring)
{
    KeMemoryBarrier();         /* descriptors before the doorbell */
    RignicWrite(Ring->Adapter, Ring->Registers + RIG_NIC_RING_TAIL,
                Ring->Tail);
}

/* The next buffer that the device has filled, or NULL. */
static PRIGNIC_RX_BUFFER RignicTakeBuffer(PRIGNIC_RX_RING Ring, PULONG Length,
                                          PBOOLEAN Good)
{
    PRIGNIC_DESCRIPTOR descriptor = &Ring->Descriptors[Ring->Next];
    PRIGNIC_RX_BUFFER buffer;
    ULONG status;

    if (Ring->Posted == 0) {
        return NULL;
    }
    status = descriptor->Status;
    if (!(status & RIG_NIC_DESC_DONE)) {
        return NULL;
    }
    buffer = Ring->Slots[Ring->Next];
    *Length = descriptor->Control & RIG_NIC_TXD_LEN_MASK;
    *Good = !(status & RIG_NIC_DESC_ERROR) &&
            *Length >= RIGNIC_ETHERNET_HEADER &&
            *Length <= Ring->Adapter->BufferSize;
    Ring->Next = (Ring->Next + 1) & (Ring->Size - 1);
    Ring->Posted--;
    buffer->Posted = FALSE;
    return buffer;
}

/* --- indication ----------------------------------------------------------- */

static PNET_BUFFER_LIST RignicPrepareList(PRIGNIC_RX_BUFFER Buffer,
                                          ULONG Length)
{
    PNET_BUFFER_LIST list = Buffer->NetBufferList;
    PNET_BUFFER frame = NET_BUFFER_LIST_FIRST_NB(list);

    NET_BUFFER_FIRST_MDL(frame) = Buffer->Mdl;
    NET_BUFFER_CURRENT_MDL(frame) = Buffer->Mdl;
    NET_BUFFER_CURRENT_MDL_OFFSET(frame) = 0;
    NET_BUFFER_DATA_OFFSET(frame) = 0;
    NET_BUFFER_DATA_LENGTH(frame) = Length;
    NET_BUFFER_LIST_NEXT_NBL(list) = NULL;
    NET_BUFFER_LIST_STATUS(list) = NDIS_STATUS_SUCCESS;
    list->SourceHandle = Buffer->Ring->Adapter->Handle;
    return list;
}

/* Give buffers back to the device; all are of this ring. */
static VOID RignicRepostLists(PRIGNIC_RX_RING Ring, PNET_BUFFER_LIST Lists)
{
    NdisDprAcquireSpinLock(&Ring->Lock);
    for (; Lists != NULL; Lists = NET_BUFFER_LIST_NEXT_NBL(Lists)) {
        RignicPostBuffer(Ring, LIST_BUFFER(Lists));
    }
    RignicRxDoorbell(Ring);
    NdisDprReleaseSpinLock(&Ring->Lock);
}

static VOID RignicIndicateLists(PRIGNIC_RX_RING Ring, PRIGNIC_NBL_LIST Lists,
                                BOOLEAN Low)
{
    PRIGNIC_ADAPTER adapter = Ring->Adapter;
    ULONG flags = NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL;
    ULONG i;

    for (i = 0; i < Lists->Count; i++) {
        RignicReference(adapter);
    }
    if (!adapter->Running) {
        RignicRepostLists(Ring, Lists->Head);
        RignicDereference(adapter, Lists->Count);
        return;
    }
    if (Low) {
        flags |= NDIS_RECEIVE_FLAGS_RESOURCES;
    }
    NdisMIndicateReceiveNetBufferLists(adapter->Handle, Lists->Head,
                                       NDIS_DEFAULT_PORT_NUMBER, Lists->Count,
                                       flags);
    if (Low) {
        RignicRepostLists(Ring, Lists->Head);
        RignicDereference(adapter, Lists->Count);
    }
}

BOOLEAN RignicReceiveDone(PRIGNIC_RX_RING Ring, ULONG Limit)
{
    RIGNIC_NBL_LIST lists = { NULL, &lists.Head, 0 };
    PRIGNIC_RX_BUFFER buffer;
    BOOLEAN reposted = FALSE;
    BOOLEAN good;
    BOOLEAN low;
    ULONG length;

    NdisDprAcquireSpinLock(&Ring->Lock);
    while (lists.Count < Limit &&
           (buffer = RignicTakeBuffer(Ring, &length, &good)) != NULL) {
        if (!good) {
            InterlockedExchangeAdd64(&Ring->Adapter->Received.Errors, 1);
            RignicPostBuffer(Ring, buffer);
            reposted = TRUE;
            continue;
        }
        RignicCount(&Ring->Adapter->Received, buffer->Address, length);
        *lists.Tail = RignicPrepareList(buffer, length);
        lists.Tail = &NET_BUFFER_LIST_NEXT_NBL(buffer->NetBufferList);
        lists.Count++;
    }
    if (reposted) {
        RignicRxDoorbell(Ring);
    }
    low = Ring->Posted < Ring->Size / 4;
    NdisDprReleaseSpinLock(&Ring->Lock);

    if (lists.Count != 0) {
        RignicIndicateLists(Ring, &lists, low);
    }
    return lists.Count == Limit;
}

VOID NTAPI RignicReturnNetBufferLists(NDIS_HANDLE MiniportAdapterContext,
                                      PNET_BUFFER_LIST NetBufferLists,
                                      ULONG ReturnFlags)
{
    PRIGNIC_ADAPTER adapter = MiniportAdapterContext;
    ULONG count = 0;

    UNREFERENCED_PARAMETER(ReturnFlags);
    while (NetBufferLists != NULL) {
        PRIGNIC_RX_RING ring = LIST_BUFFER(NetBufferLists)->Ring;

        /* As many as belong to one ring cost one lock and one doorbell. */
        NdisAcquireSpinLock(&ring->Lock);
        do {
            RignicPostBuffer(ring, LIST_BUFFER(NetBufferLists));
            NetBufferLists = NET_BUFFER_LIST_NEXT_NBL(NetBufferLists);
            count++;
        } while (NetBufferLists != NULL &&
                 LIST_BUFFER(NetBufferLists)->Ring == ring);
        RignicRxDoorbell(ring);
        NdisReleaseSpinLock(&ring->Lock);
    }
    RignicDereference(adapter, count);
}

/* --- life ----------------------------------------------------------------- */

static NDIS_STATUS RignicAllocateBuffer(PRIGNIC_RX_RING Ring, ULONG Index)
{
    PRIGNIC_ADAPTER adapter = Ring->Adapter;
    PRIGNIC_RX_BUFFER buffer = &Ring->Buffers[Index];
    ULONG offset = Index * adapter->BufferSize;

    buffer->Ring = Ring;
    buffer->Posted = TRUE;     /* RignicStartReceive posts it */
    buffer->Address = (PUCHAR)Ring->BufferMemory.Address + offset;
    buffer->Physical.QuadPart = Ring->BufferMemory.Physical.QuadPart + offset;
    buffer->Mdl = NdisAllocateMdl(adapter->Handle, buffer->Address,
                                  adapter->BufferSize);
    if (buffer->Mdl == NULL) {
        return NDIS_STATUS_RESOURCES;
    }
    buffer->NetBufferList = NdisAllocateNetBufferAndNetBufferList(
        adapter->PoolHandle, 0, 0, buffer->Mdl, 0, 0);
    if (buffer->NetBufferList == NULL) {
        return NDIS_STATUS_RESOURCES;
    }
    LIST_BUFFER(buffer->NetBufferList) = buffer;
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS RignicAllocateRxRing(PRIGNIC_ADAPTER Adapter, ULONG Queue)
{
    PRIGNIC_RX_RING ring = &Adapter->Rx[Queue];
    NDIS_STATUS status = NDIS_STATUS_SUCCESS;
    ULONG i;

    ring->Adapter = Adapter;
    ring->Registers = RIG_NIC_RX(Queue);
    ring->Size = Adapter->Configuration.ReceiveBuffers;
    NdisAllocateSpinLock(&ring->Lock);
    ring->Slots = RignicAllocate(Adapter, ring->Size * sizeof(*ring->Slots));
    ring->Buffers = RignicAllocate(
        Adapter, (ring->Size - 1) * sizeof(*ring->Buffers));
    if (ring->Slots == NULL || ring->Buffers == NULL ||
        RignicAllocateShared(Adapter, ring->Size * RIG_NIC_DESC_SIZE,
                             &ring->Memory) != NDIS_STATUS_SUCCESS ||
        RignicAllocateShared(Adapter, (ring->Size - 1) * Adapter->BufferSize,
                             &ring->BufferMemory) != NDIS_STATUS_SUCCESS) {
        return NDIS_STATUS_RESOURCES;
    }
    ring->Descriptors = ring->Memory.Address;
    NdisZeroMemory(ring->Descriptors, ring->Memory.Length);
    for (i = 0; i < ring->Size - 1 && status == NDIS_STATUS_SUCCESS; i++) {
        status = RignicAllocateBuffer(ring, i);
    }
    return status;
}

static NDIS_STATUS RignicAllocatePool(PRIGNIC_ADAPTER Adapter)
{
    NET_BUFFER_LIST_POOL_PARAMETERS pool;

    NdisZeroMemory(&pool, sizeof(pool));
    pool.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
    pool.Header.Revision = NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
    pool.Header.Size = NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
    pool.ProtocolId = NDIS_PROTOCOL_ID_DEFAULT;
    pool.fAllocateNetBuffer = TRUE;
    pool.PoolTag = RIGNIC_TAG;
    Adapter->PoolHandle =
        NdisAllocateNetBufferListPool(Adapter->Handle, &pool);
    return Adapter->PoolHandle != NULL ? NDIS_STATUS_SUCCESS
                                       : NDIS_STATUS_RESOURCES;
}

NDIS_STATUS RignicAllocateReceive(PRIGNIC_ADAPTER Adapter)
{
    NDIS_STATUS status = RignicAllocatePool(Adapter);
    ULONG i;

    Adapter->BufferSize =
        (Adapter->Configuration.JumboPacket + RIGNIC_BUFFER_ALIGN - 1) &
        ~(RIGNIC_BUFFER_ALIGN - 1);
    for (i = 0; i < Adapter->Queues && status == NDIS_STATUS_SUCCESS; i++) {
        status = RignicAllocateRxRing(Adapter, i);
    }
    return status;
}

static VOID RignicFreeBuffers(PRIGNIC_RX_RING Ring)
{
    ULONG i;

    for (i = Ring->Size - 1; i-- > 0;) {
        PRIGNIC_RX_BUFFER buffer = &Ring->Buffers[i];

        if (buffer->NetBufferList != NULL) {
            NdisFreeNetBufferList(buffer->NetBufferList);
        }
        if (buffer->Mdl != NULL) {
            NdisFreeMdl(buffer->Mdl);
        }
    }
    NdisFreeMemory(Ring->Buffers, 0, 0);
    Ring->Buffers = NULL;
}

VOID RignicFreeReceive(PRIGNIC_ADAPTER Adapter)
{
    ULONG i;

    for (i = Adapter->Queues; i-- > 0;) {
        PRIGNIC_RX_RING ring = &Adapter->Rx[i];

        if (ring->Buffers != NULL) {
            RignicFreeBuffers(ring);
        }
        RignicFreeShared(Adapter, &ring->BufferMemory);
        RignicFreeShared(Adapter, &ring->Memory);
        if (ring->Slots != NULL) {
            NdisFreeMemory(ring->Slots, 0, 0);
            ring->Slots = NULL;
        }
    }
    if (Adapter->PoolHandle != NULL) {
        NdisFreeNetBufferListPool(Adapter->PoolHandle);
        Adapter->PoolHandle = NULL;
    }
}

/* Post every buffer that is not with a protocol. */
VOID RignicStartReceive(PRIGNIC_ADAPTER Adapter)
{
    ULONG queue;
    ULONG i;

    for (queue = 0; queue < Adapter->Queues; queue++) {
        PRIGNIC_RX_RING ring = &Adapter->Rx[queue];

        NdisAcquireSpinLock(&ring->Lock);
        RignicHwSetRing(Adapter, ring->Registers, ring->Memory.Physical,
                        ring->Size);
        ring->Tail = 0;
        ring->Next = 0;
        ring->Posted = 0;
        for (i = 0; i < ring->Size - 1; i++) {
            if (ring->Buffers[i].Posted) {
                RignicPostBuffer(ring, &ring->Buffers[i]);
            }
        }
        RignicRxDoorbell(ring);
        NdisReleaseSpinLock(&ring->Lock);
    }
}
