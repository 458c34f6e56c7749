/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Frames: copied into the card's memory to be sent, indicated from it when
 * received. Slot n of a ring always has buffer n.
 */
#include "lineio.h"

#define LIO_NEXT(n)   (((n) + 1) % LIO_SLOTS)
#define LIO_DRAIN_US  1000

/* --- memory -------------------------------------------------------------- */

/* Frames are copied, so NDIS never has a list to map. */
VOID NTAPI LioProcessSGList(PDEVICE_OBJECT DeviceObject, PVOID Reserved,
                            PSCATTER_GATHER_LIST ScatterGatherList,
                            PVOID Context)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    UNREFERENCED_PARAMETER(Reserved);
    UNREFERENCED_PARAMETER(ScatterGatherList);
    UNREFERENCED_PARAMETER(Context);
}

NDIS_STATUS LioMakeDma(PLIO_PORT Port)
{
    NDIS_SG_DMA_DESCRIPTION dma;

    NdisZeroMemory(&dma, sizeof(dma));
    dma.Header.Type = NDIS_OBJECT_TYPE_SG_DMA_DESCRIPTION;
    dma.Header.Revision = NDIS_SG_DMA_DESCRIPTION_REVISION_1;
    dma.Header.Size = NDIS_SIZEOF_SG_DMA_DESCRIPTION_REVISION_1;
    dma.Flags = NDIS_SG_DMA_64_BIT_ADDRESS;
    dma.MaximumPhysicalMapping = LIO_FRAME;
    dma.ProcessSGListHandler = LioProcessSGList;
    return NdisMRegisterScatterGatherDma(Port->Miniport, &dma, &Port->Dma);
}

VOID LioFreeDma(PLIO_PORT Port)
{
    NdisMDeregisterScatterGatherDma(Port->Dma);
}

NDIS_STATUS LioMakeShared(PLIO_PORT Port)
{
    PVOID memory;

    NdisMAllocateSharedMemory(Port->Miniport, sizeof(LIO_SHARED), TRUE,
                              &memory, &Port->SharedAddress);
    Port->Shared = memory;
    return memory != NULL ? NDIS_STATUS_SUCCESS : NDIS_STATUS_RESOURCES;
}

VOID LioFreeShared(PLIO_PORT Port)
{
    NdisMFreeSharedMemory(Port->Miniport, sizeof(LIO_SHARED), TRUE,
                          Port->Shared, Port->SharedAddress);
    Port->Shared = NULL;
}

static NDIS_STATUS LioMakePool(PLIO_PORT Port)
{
    NET_BUFFER_LIST_POOL_PARAMETERS pool;

    NdisZeroMemory(&pool, sizeof(pool));
    pool.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
    pool.Header.Revision = NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
    pool.Header.Size = NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
    pool.ProtocolId = NDIS_PROTOCOL_ID_DEFAULT;
    pool.fAllocateNetBuffer = TRUE;
    pool.PoolTag = LIO_TAG;
    Port->Pool = NdisAllocateNetBufferListPool(Port->Miniport, &pool);
    return Port->Pool != NULL ? NDIS_STATUS_SUCCESS : NDIS_STATUS_RESOURCES;
}

/* A stage that fails has released what it had; so this undoes itself. */
NDIS_STATUS LioMakeLists(PLIO_PORT Port)
{
    ULONG i;

    if (LioMakePool(Port) != NDIS_STATUS_SUCCESS) {
        return NDIS_STATUS_RESOURCES;
    }
    for (i = 0; i < LIO_SLOTS; i++) {
        Port->Mdl[i] = NdisAllocateMdl(
            Port->Miniport, Port->Shared->ReceiveBuffer[i], LIO_SLOT_BYTES);
        if (Port->Mdl[i] != NULL) {
            Port->List[i] = NdisAllocateNetBufferAndNetBufferList(
                Port->Pool, 0, 0, Port->Mdl[i], 0, 0);
        }
        if (Port->List[i] == NULL) {
            LioFreeLists(Port);
            return NDIS_STATUS_RESOURCES;
        }
    }
    return NDIS_STATUS_SUCCESS;
}

VOID LioFreeLists(PLIO_PORT Port)
{
    ULONG i;

    for (i = 0; i < LIO_SLOTS; i++) {
        if (Port->List[i] != NULL) {
            NdisFreeNetBufferList(Port->List[i]);
            Port->List[i] = NULL;
        }
        if (Port->Mdl[i] != NULL) {
            NdisFreeMdl(Port->Mdl[i]);
            Port->Mdl[i] = NULL;
        }
    }
    NdisFreeNetBufferListPool(Port->Pool);
    Port->Pool = NULL;
}

/* --- rings --------------------------------------------------------------- */

static VOID LioFill(PLIO_PORT Port, PLIO_DESCRIPTOR Descriptor,
                    const VOID *Buffer, ULONG Length)
{
    ULONG64 address = (ULONG64)Port->SharedAddress.QuadPart +
                      ((const UCHAR *)Buffer - (const UCHAR *)Port->Shared);

    Descriptor->Low = (ULONG)address;
    Descriptor->High = (ULONG)(address >> 32);
    Descriptor->Status = 0;
    Descriptor->Length = Length;
}

static VOID LioStartRing(PLIO_PORT Port, ULONG Ring, PLIO_DESCRIPTOR First)
{
    ULONG64 address = (ULONG64)Port->SharedAddress.QuadPart +
                      ((PUCHAR)First - (PUCHAR)Port->Shared);

    LioPut(Port, Ring + RIG_NIC_RING_CTRL, 0);
    LioPut(Port, Ring + RIG_NIC_RING_BASE_LO, (ULONG)address);
    LioPut(Port, Ring + RIG_NIC_RING_BASE_HI, (ULONG)(address >> 32));
    LioPut(Port, Ring + RIG_NIC_RING_SIZE, LIO_SLOTS);
    LioPut(Port, Ring + RIG_NIC_RING_CTRL, RIG_NIC_RING_ENABLE);
}

VOID LioStartRings(PLIO_PORT Port)
{
    PLIO_SHARED shared = Port->Shared;
    ULONG i;

    Port->SendTail = Port->SendClean = Port->ReceiveNext = 0;
    for (i = 0; i < LIO_SLOTS; i++) {
        LioFill(Port, &shared->Receive[i], shared->ReceiveBuffer[i],
                LIO_SLOT_BYTES);
    }
    LioStartRing(Port, RIG_NIC_TX(0), shared->Send);
    LioStartRing(Port, RIG_NIC_RX(0), shared->Receive);
    LioPut(Port, RIG_NIC_RX(0) + RIG_NIC_RING_TAIL, LIO_SLOTS - 1);
}

/* --- sending ------------------------------------------------------------- */

/* FALSE: there is no slot. A frame of a wrong size is left out. */
static BOOLEAN LioCopyFrame(PLIO_PORT Port, PNET_BUFFER Frame,
                            NDIS_STATUS *Status)
{
    ULONG length = NET_BUFFER_DATA_LENGTH(Frame);
    ULONG slot = Port->SendTail;
    PUCHAR buffer = Port->Shared->SendBuffer[slot];
    PVOID data;

    if (length < LIO_HEADER || length > LIO_FRAME) {
        *Status = NDIS_STATUS_INVALID_LENGTH;
        return TRUE;
    }
    if (LIO_NEXT(slot) == Port->SendClean) {
        return FALSE;
    }
    data = NdisGetDataBuffer(Frame, length, buffer, 1, 0);
    if (data == NULL) {
        *Status = NDIS_STATUS_RESOURCES;
        return TRUE;
    }
    if (data != buffer) {
        NdisMoveMemory(buffer, data, length);
    }
    LioFill(Port, &Port->Shared->Send[slot], buffer,
            length | RIG_NIC_TXD_EOP | RIG_NIC_TXD_RS);
    Port->SendTail = LIO_NEXT(slot);
    Port->Sent++;
    Port->SentBytes += length;
    return TRUE;
}

/* All frames of the first list that waits, from the one it stopped at. */
static BOOLEAN LioCopyList(PLIO_PORT Port, PNET_BUFFER_LIST List)
{
    PNET_BUFFER frame = NET_BUFFER_LIST_FIRST_NB(List);
    ULONG i;

    for (i = 0; i < Port->FramesCopied; i++) {
        frame = NET_BUFFER_NEXT_NB(frame);
    }
    for (; frame != NULL; frame = NET_BUFFER_NEXT_NB(frame)) {
        if (!LioCopyFrame(Port, frame, &NET_BUFFER_LIST_STATUS(List))) {
            return FALSE;
        }
        Port->FramesCopied++;
    }
    Port->FramesCopied = 0;
    return TRUE;
}

/* Take the first list off; the queue stays usable when it gets empty. */
static PNET_BUFFER_LIST LioTakeWaiting(PLIO_PORT Port)
{
    PNET_BUFFER_LIST list = Port->Waiting;

    Port->Waiting = NET_BUFFER_LIST_NEXT_NBL(list);
    if (Port->Waiting == NULL) {
        Port->WaitingEnd = &Port->Waiting;
    }
    NET_BUFFER_LIST_NEXT_NBL(list) = NULL;
    return list;
}

/* At DISPATCH_LEVEL: copy what waits, and complete it. */
static VOID LioPump(PLIO_PORT Port)
{
    PNET_BUFFER_LIST done = NULL;
    PNET_BUFFER_LIST *end = &done;
    ULONG before;

    NdisDprAcquireSpinLock(&Port->Lock);
    before = Port->SendTail;
    while (Port->Waiting != NULL) {
        if (!Port->Open) {
            NET_BUFFER_LIST_STATUS(Port->Waiting) = NDIS_STATUS_PAUSED;
            Port->FramesCopied = 0;
        } else if (!LioCopyList(Port, Port->Waiting)) {
            break;
        }
        *end = LioTakeWaiting(Port);
        end = &NET_BUFFER_LIST_NEXT_NBL(*end);
    }
    if (Port->SendTail != before) {
        LioPut(Port, RIG_NIC_TX(0) + RIG_NIC_RING_TAIL, Port->SendTail);
    }
    NdisDprReleaseSpinLock(&Port->Lock);
    if (done != NULL) {
        NdisMSendNetBufferListsComplete(
            Port->Miniport, done, NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL);
    }
}

VOID NTAPI LioSend(NDIS_HANDLE MiniportAdapterContext,
                   PNET_BUFFER_LIST NetBufferList, NDIS_PORT_NUMBER PortNumber,
                   ULONG SendFlags)
{
    PLIO_PORT port = MiniportAdapterContext;
    PNET_BUFFER_LIST list;
    KIRQL irql = DISPATCH_LEVEL;

    UNREFERENCED_PARAMETER(PortNumber);
    if (!NDIS_TEST_SEND_AT_DISPATCH_LEVEL(SendFlags)) {
        NDIS_RAISE_IRQL_TO_DISPATCH(&irql);
    }
    NdisDprAcquireSpinLock(&port->Lock);
    *port->WaitingEnd = NetBufferList;
    for (list = NetBufferList; list != NULL;
         list = NET_BUFFER_LIST_NEXT_NBL(list)) {
        NET_BUFFER_LIST_STATUS(list) = NDIS_STATUS_SUCCESS;
        port->WaitingEnd = &NET_BUFFER_LIST_NEXT_NBL(list);
    }
    NdisDprReleaseSpinLock(&port->Lock);
    LioPump(port);
    if (irql != DISPATCH_LEVEL) {
        NDIS_LOWER_IRQL(irql, DISPATCH_LEVEL);
    }
}

/* What waits is copied within microseconds: nothing is worth looking for. */
VOID NTAPI LioCancelSend(NDIS_HANDLE MiniportAdapterContext, PVOID CancelId)
{
    UNREFERENCED_PARAMETER(MiniportAdapterContext);
    UNREFERENCED_PARAMETER(CancelId);
}

/* --- receiving ----------------------------------------------------------- */

/* NDIS has the list during the call only (NDIS_RECEIVE_FLAGS_RESOURCES). */
static VOID LioIndicate(PLIO_PORT Port, ULONG Slot, ULONG Length)
{
    PNET_BUFFER_LIST list = Port->List[Slot];
    PNET_BUFFER frame = NET_BUFFER_LIST_FIRST_NB(list);

    InterlockedIncrement(&Port->Indicating);
    if (Port->Open) {
        NET_BUFFER_FIRST_MDL(frame) = Port->Mdl[Slot];
        NET_BUFFER_CURRENT_MDL(frame) = Port->Mdl[Slot];
        NET_BUFFER_CURRENT_MDL_OFFSET(frame) = 0;
        NET_BUFFER_DATA_OFFSET(frame) = 0;
        NET_BUFFER_DATA_LENGTH(frame) = Length;
        NET_BUFFER_LIST_NEXT_NBL(list) = NULL;
        NET_BUFFER_LIST_STATUS(list) = NDIS_STATUS_SUCCESS;
        list->SourceHandle = Port->Miniport;
        Port->Received++;
        Port->ReceivedBytes += Length;
        NdisMIndicateReceiveNetBufferLists(
            Port->Miniport, list, NDIS_DEFAULT_PORT_NUMBER, 1,
            NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL | NDIS_RECEIVE_FLAGS_RESOURCES);
    }
    InterlockedDecrement(&Port->Indicating);
}

VOID LioServeRings(PLIO_PORT Port)
{
    PLIO_SHARED shared = Port->Shared;
    ULONG slot = Port->ReceiveNext;
    ULONG budget;

    for (budget = LIO_SLOTS;
         budget > 0 && (shared->Receive[slot].Status & RIG_NIC_DESC_DONE);
         budget--) {
        PLIO_DESCRIPTOR d = &shared->Receive[slot];

        if (d->Status & RIG_NIC_DESC_ERROR) {
            Port->ReceiveErrors++;
        } else {
            LioIndicate(Port, slot, d->Length & RIG_NIC_TXD_LEN_MASK);
        }
        LioFill(Port, d, shared->ReceiveBuffer[slot], LIO_SLOT_BYTES);
        LioPut(Port, RIG_NIC_RX(0) + RIG_NIC_RING_TAIL, slot);
        slot = LIO_NEXT(slot);
        Port->ReceiveNext = slot;
    }
    NdisDprAcquireSpinLock(&Port->Lock);
    while (Port->SendClean != Port->SendTail &&
           (shared->Send[Port->SendClean].Status & RIG_NIC_DESC_DONE)) {
        Port->SendClean = LIO_NEXT(Port->SendClean);
    }
    NdisDprReleaseSpinLock(&Port->Lock);
    LioPump(Port);
}

VOID NTAPI LioReturn(NDIS_HANDLE MiniportAdapterContext,
                     PNET_BUFFER_LIST NetBufferLists, ULONG ReturnFlags)
{
    UNREFERENCED_PARAMETER(MiniportAdapterContext);
    UNREFERENCED_PARAMETER(NetBufferLists);
    UNREFERENCED_PARAMETER(ReturnFlags);
}

/* --- restart and pause --------------------------------------------------- */

NDIS_STATUS NTAPI LioRestart(NDIS_HANDLE MiniportAdapterContext,
                             PNDIS_MINIPORT_RESTART_PARAMETERS Parameters)
{
    PLIO_PORT port = MiniportAdapterContext;

    UNREFERENCED_PARAMETER(Parameters);
    port->Open = TRUE;
    LioSetDirections(port);
    return NDIS_STATUS_SUCCESS;
}

NDIS_STATUS NTAPI LioPause(NDIS_HANDLE MiniportAdapterContext,
                           PNDIS_MINIPORT_PAUSE_PARAMETERS Parameters)
{
    PLIO_PORT port = MiniportAdapterContext;
    KIRQL irql;

    UNREFERENCED_PARAMETER(Parameters);
    NdisAcquireSpinLock(&port->Lock);
    port->Open = FALSE;
    NdisReleaseSpinLock(&port->Lock);
    NDIS_RAISE_IRQL_TO_DISPATCH(&irql);
    LioPump(port);
    NDIS_LOWER_IRQL(irql, DISPATCH_LEVEL);
    while (port->Indicating != 0) {
        NdisMSleep(LIO_DRAIN_US);
    }
    LioSetDirections(port);
    return NDIS_STATUS_SUCCESS;
}
