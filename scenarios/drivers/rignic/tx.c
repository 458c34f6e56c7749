/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Transmit: from NET_BUFFER_LISTs to descriptors and back.
 *
 * Every frame (NET_BUFFER) is mapped for DMA; NDIS calls RignicProcessSGList
 * with its fragments, at once or later, and that posts it, or queues it if
 * the ring is full. The last descriptor of a frame asks for its write-back
 * (RS), so completion looks at memory only. A list is complete when its last
 * frame is. A batch of lists costs one doorbell.
 *
 * NDIS writes the fragments of a frame into a buffer of the ring, if one is
 * left and they fit; else it allocates one. A batch takes all spare buffers at
 * once, so that it costs no lock for each frame; a second sender meanwhile has
 * none.
 *
 * MiniportReserved of a frame holds its fragments, the next frame in whatever
 * list it is in, its list and its ring; that of a list its frame count.
 */
#include "rignic.h"

#define FRAME_FRAGMENTS(nb) \
    (*(PSCATTER_GATHER_LIST *)&NET_BUFFER_MINIPORT_RESERVED(nb)[0])
#define FRAME_NEXT(nb) (*(PNET_BUFFER *)&NET_BUFFER_MINIPORT_RESERVED(nb)[1])
#define FRAME_LIST(nb) \
    (*(PNET_BUFFER_LIST *)&NET_BUFFER_MINIPORT_RESERVED(nb)[2])
#define FRAME_RING(nb) \
    (*(PRIGNIC_TX_RING *)&NET_BUFFER_MINIPORT_RESERVED(nb)[3])
#define LIST_FRAMES(nbl) \
    ((volatile LONG *)&NET_BUFFER_LIST_MINIPORT_RESERVED(nbl)[0])

/* Bytes of a buffer for fragments; they stay aligned to 8 bytes. */
#define LIST_SIZE \
    (sizeof(SCATTER_GATHER_LIST) + \
     RIGNIC_USUAL_FRAGMENTS * sizeof(SCATTER_GATHER_ELEMENT))
#define NEXT_SPARE(buffer) (*(PVOID *)(buffer))

/* --- lists ---------------------------------------------------------------- */

static VOID RignicInitFrames(PRIGNIC_NB_LIST List)
{
    List->Head = NULL;
    List->Tail = &List->Head;
}

static VOID RignicAddFrame(PRIGNIC_NB_LIST List, PNET_BUFFER Frame)
{
    FRAME_NEXT(Frame) = NULL;
    *List->Tail = Frame;
    List->Tail = &FRAME_NEXT(Frame);
}

static VOID RignicMoveFrames(PRIGNIC_NB_LIST From, PRIGNIC_NB_LIST To)
{
    if (From->Head != NULL) {
        *To->Tail = From->Head;
        To->Tail = From->Tail;
        RignicInitFrames(From);
    }
}

/* --- completion ----------------------------------------------------------- */

static VOID RignicCountSent(PRIGNIC_ADAPTER Adapter, PNET_BUFFER Frame)
{
    PMDL mdl = NET_BUFFER_CURRENT_MDL(Frame);
    ULONG offset = NET_BUFFER_CURRENT_MDL_OFFSET(Frame);
    PUCHAR data;

    if (MmGetMdlByteCount(mdl) < offset + RIGNIC_MAC_LENGTH) {
        return;                /* address split across fragments */
    }
    data = MmGetSystemAddressForMdlSafe(mdl, NormalPoolPriority);
    if (data != NULL) {
        RignicCount(&Adapter->Sent, data + offset,
                    NET_BUFFER_DATA_LENGTH(Frame));
    }
}

/* Drop one frame of a list; the list joins `Done` with its last one. */
static VOID RignicDropFrame(PNET_BUFFER_LIST List, NDIS_STATUS Status,
                            PRIGNIC_NBL_LIST Done)
{
    if (Status != NDIS_STATUS_SUCCESS) {
        NET_BUFFER_LIST_STATUS(List) = Status;
    }
    if (InterlockedDecrement(LIST_FRAMES(List)) == 0) {
        NET_BUFFER_LIST_NEXT_NBL(List) = NULL;
        *Done->Tail = List;
        Done->Tail = &NET_BUFFER_LIST_NEXT_NBL(List);
        Done->Count++;
    }
}

static VOID RignicCompleteLists(PRIGNIC_ADAPTER Adapter,
                                PRIGNIC_NBL_LIST Done)
{
    if (Done->Head != NULL) {
        NdisMSendNetBufferListsComplete(
            Adapter->Handle, Done->Head,
            NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL);
        RignicDereference(Adapter, Done->Count);
    }
}

/* Put a buffer for fragments with others, unless it is NDIS's own. */
static VOID RignicSpareBuffer(PRIGNIC_TX_RING Ring, PVOID Buffer, PVOID *Spare)
{
    if ((ULONG_PTR)Buffer - (ULONG_PTR)Ring->Lists < Ring->Size * LIST_SIZE) {
        NEXT_SPARE(Buffer) = *Spare;
        *Spare = Buffer;
    }
}

/* Give buffers back to the ring, whose lock is held. */
static VOID RignicReturnBuffers(PRIGNIC_TX_RING Ring, PVOID Spare)
{
    if (Ring->Spare == NULL) {
        Ring->Spare = Spare;
        return;
    }
    while (Spare != NULL) {
        PVOID next = NEXT_SPARE(Spare);

        RignicSpareBuffer(Ring, Spare, &Ring->Spare);
        Spare = next;
    }
}

/*
 * Unmap frames, all of one ring, and complete the lists that have none left.
 * DISPATCH_LEVEL.
 */
static VOID RignicFinishFrames(PRIGNIC_ADAPTER Adapter, PRIGNIC_NB_LIST Frames,
                               NDIS_STATUS Status)
{
    PRIGNIC_TX_RING ring;
    RIGNIC_NBL_LIST done = { NULL, &done.Head, 0 };
    PVOID spare = NULL;
    PNET_BUFFER frame;
    PNET_BUFFER next;

    if (Frames->Head == NULL) {
        return;
    }
    ring = FRAME_RING(Frames->Head);
    for (frame = Frames->Head; frame != NULL; frame = next) {
        next = FRAME_NEXT(frame);
        if (Status == NDIS_STATUS_SUCCESS) {
            RignicCountSent(Adapter, frame);
        } else {
            InterlockedExchangeAdd64(&Adapter->Sent.Errors, 1);
        }
        if (FRAME_FRAGMENTS(frame) != NULL) {
            NdisMFreeNetBufferSGList(Adapter->DmaHandle,
                                     FRAME_FRAGMENTS(frame), frame);
            RignicSpareBuffer(ring, FRAME_FRAGMENTS(frame), &spare);
        }
        RignicDropFrame(FRAME_LIST(frame), Status, &done);
    }
    if (spare != NULL) {
        NdisDprAcquireSpinLock(&ring->Lock);
        RignicReturnBuffers(ring, spare);
        NdisDprReleaseSpinLock(&ring->Lock);
    }
    RignicCompleteLists(Adapter, &done);
}

/* --- the ring, with its lock held ----------------------------------------- */

static ULONG RignicRoom(PRIGNIC_TX_RING Ring)
{
    return Ring->Size - 1 - ((Ring->Tail - Ring->Clean) & (Ring->Size - 1));
}

static VOID RignicRingDoorbell(PRIGNIC_TX_RING Ring)
{
    if (Ring->Batches == 0 && Ring->Rung != Ring->Tail) {
        Ring->Rung = Ring->Tail;
        KeMemoryBarrier();     /* descriptors before the doorbell */
        RignicWrite(Ring->Adapter, Ring->Registers + RIG_NIC_RING_TAIL,
                    Ring->Tail);
    }
}

/* The list begins with CurrentMdl, the frame where its data begins. */
static VOID RignicPost(PRIGNIC_TX_RING Ring, PNET_BUFFER Frame)
{
    PSCATTER_GATHER_LIST fragments = FRAME_FRAGMENTS(Frame);
    PRIGNIC_TX_SLOT slot = &Ring->Slots[Ring->Tail];
    ULONG unused = NET_BUFFER_CURRENT_MDL_OFFSET(Frame);
    ULONG i;

    slot->Frame = Frame;
    for (i = 0; i < fragments->NumberOfElements; i++) {
        PRIGNIC_DESCRIPTOR descriptor = &Ring->Descriptors[Ring->Tail];
        PSCATTER_GATHER_ELEMENT fragment = &fragments->Elements[i];
        PHYSICAL_ADDRESS address = fragment->Address;

        if (unused >= fragment->Length) {
            unused -= fragment->Length;
            continue;
        }
        address.QuadPart += unused;
        descriptor->AddressLow = address.LowPart;
        descriptor->AddressHigh = (ULONG)address.HighPart;
        descriptor->Status = 0;
        descriptor->Control = fragment->Length - unused;
        unused = 0;
        slot->Last = Ring->Tail;
        Ring->Tail = (Ring->Tail + 1) & (Ring->Size - 1);
    }
    Ring->Descriptors[slot->Last].Control |=
        RIG_NIC_TXD_EOP | RIG_NIC_TXD_RS;
}

static VOID RignicPostWaiting(PRIGNIC_TX_RING Ring)
{
    PNET_BUFFER frame;

    while ((frame = Ring->Waiting.Head) != NULL &&
           FRAME_FRAGMENTS(frame)->NumberOfElements <= RignicRoom(Ring)) {
        Ring->Waiting.Head = FRAME_NEXT(frame);
        if (Ring->Waiting.Head == NULL) {
            Ring->Waiting.Tail = &Ring->Waiting.Head;
        }
        RignicPost(Ring, frame);
    }
}

/* --- send ----------------------------------------------------------------- */

VOID NTAPI RignicProcessSGList(PDEVICE_OBJECT DeviceObject, PVOID Reserved,
                               PSCATTER_GATHER_LIST SGL, PVOID Context)
{
    PNET_BUFFER frame = Context;
    PRIGNIC_TX_RING ring = FRAME_RING(frame);
    PVOID offered = FRAME_FRAGMENTS(frame);
    NDIS_STATUS status = NDIS_STATUS_SUCCESS;

    UNREFERENCED_PARAMETER(DeviceObject);
    UNREFERENCED_PARAMETER(Reserved);
    FRAME_FRAGMENTS(frame) = SGL;

    NdisDprAcquireSpinLock(&ring->Lock);
    if (offered != NULL && offered != SGL) {
        RignicSpareBuffer(ring, offered, &ring->Spare);
    }
    if (!ring->Adapter->Running) {
        status = NDIS_STATUS_PAUSED;
    } else if (SGL->NumberOfElements == 0 ||
               SGL->NumberOfElements > RIGNIC_MAX_FRAGMENTS) {
        status = NDIS_STATUS_INVALID_PACKET;
    } else {
        RignicAddFrame(&ring->Waiting, frame);
        RignicPostWaiting(ring);
        RignicRingDoorbell(ring);
    }
    NdisDprReleaseSpinLock(&ring->Lock);

    if (status != NDIS_STATUS_SUCCESS) {
        RIGNIC_NB_LIST failed;

        RignicInitFrames(&failed);
        RignicAddFrame(&failed, frame);
        RignicFinishFrames(ring->Adapter, &failed, status);
    }
}

/* Why a list cannot be sent now. */
static NDIS_STATUS RignicSendStatus(PRIGNIC_ADAPTER Adapter)
{
    if (!Adapter->Running) {
        return NDIS_STATUS_PAUSED;
    }
    if (Adapter->LinkState == MediaConnectStateDisconnected) {
        return NDIS_STATUS_MEDIA_DISCONNECTED;
    }
    return NDIS_STATUS_SUCCESS;
}

/* Takes a buffer for the fragments from `Spare` if there is one. */
static NDIS_STATUS RignicSendFrame(PRIGNIC_TX_RING Ring,
                                   PNET_BUFFER_LIST List, PNET_BUFFER Frame,
                                   PVOID *Spare)
{
    ULONG length = NET_BUFFER_DATA_LENGTH(Frame);
    PVOID buffer = *Spare;
    NDIS_STATUS status;

    if (length < RIG_NIC_FRAME_MIN ||
        length > Ring->Adapter->Configuration.JumboPacket) {
        return NDIS_STATUS_INVALID_LENGTH;
    }
    if (buffer != NULL) {
        *Spare = NEXT_SPARE(buffer);
    }
    FRAME_FRAGMENTS(Frame) = buffer;
    FRAME_LIST(Frame) = List;
    FRAME_RING(Frame) = Ring;
    status = NdisMAllocateNetBufferSGList(
        Ring->Adapter->DmaHandle, Frame, Frame, NDIS_SG_LIST_WRITE_TO_DEVICE,
        buffer, buffer != NULL ? LIST_SIZE : 0);
    if (status != NDIS_STATUS_SUCCESS && buffer != NULL) {
        RignicSpareBuffer(Ring, buffer, Spare);
    }
    return status;
}

/* The count starts at one, so the list stays ours while frames complete. */
static VOID RignicSendList(PRIGNIC_TX_RING Ring, PNET_BUFFER_LIST List,
                           PVOID *Spare)
{
    PRIGNIC_ADAPTER adapter = Ring->Adapter;
    RIGNIC_NBL_LIST done = { NULL, &done.Head, 0 };
    PNET_BUFFER frame;
    PNET_BUFFER next;
    NDIS_STATUS status;

    RignicReference(adapter);
    *LIST_FRAMES(List) = 1;
    NET_BUFFER_LIST_STATUS(List) = NDIS_STATUS_SUCCESS;
    status = RignicSendStatus(adapter);
    if (status == NDIS_STATUS_SUCCESS) {
        for (frame = NET_BUFFER_LIST_FIRST_NB(List); frame != NULL;
             frame = next) {
            NDIS_STATUS sent;

            next = NET_BUFFER_NEXT_NB(frame);
            InterlockedIncrement(LIST_FRAMES(List));
            sent = RignicSendFrame(Ring, List, frame, Spare);
            if (sent != NDIS_STATUS_SUCCESS) {
                InterlockedExchangeAdd64(&adapter->Sent.Errors, 1);
                RignicDropFrame(List, sent, &done);
            }
        }
    }
    RignicDropFrame(List, status, &done);
    RignicCompleteLists(adapter, &done);
}

/* Lists of one flow have one hash value and stay in order on one ring. */
static PRIGNIC_TX_RING RignicChooseRing(PRIGNIC_ADAPTER Adapter,
                                        PNET_BUFFER_LIST List)
{
    ULONG_PTR hash =
        (ULONG_PTR)NET_BUFFER_LIST_INFO(List, NetBufferListHashValue);

    return &Adapter->Tx[hash % Adapter->Queues];
}

/* Send lists as long as they belong to the ring of the first; the rest. */
static PNET_BUFFER_LIST RignicSendBatch(PRIGNIC_ADAPTER Adapter,
                                        PNET_BUFFER_LIST List)
{
    PRIGNIC_TX_RING ring = RignicChooseRing(Adapter, List);
    PVOID spare;

    NdisDprAcquireSpinLock(&ring->Lock);
    ring->Batches++;
    spare = ring->Spare;
    ring->Spare = NULL;
    NdisDprReleaseSpinLock(&ring->Lock);
    do {
        PNET_BUFFER_LIST next = NET_BUFFER_LIST_NEXT_NBL(List);

        NET_BUFFER_LIST_NEXT_NBL(List) = NULL;
        RignicSendList(ring, List, &spare);
        List = next;
    } while (List != NULL && RignicChooseRing(Adapter, List) == ring);
    NdisDprAcquireSpinLock(&ring->Lock);
    ring->Batches--;
    RignicReturnBuffers(ring, spare);
    RignicRingDoorbell(ring);
    NdisDprReleaseSpinLock(&ring->Lock);
    return List;
}

VOID NTAPI RignicSendNetBufferLists(NDIS_HANDLE MiniportAdapterContext,
                                    PNET_BUFFER_LIST NetBufferList,
                                    NDIS_PORT_NUMBER PortNumber,
                                    ULONG SendFlags)
{
    PRIGNIC_ADAPTER adapter = MiniportAdapterContext;
    KIRQL irql = DISPATCH_LEVEL;

    UNREFERENCED_PARAMETER(PortNumber);
    if (!NDIS_TEST_SEND_AT_DISPATCH_LEVEL(SendFlags)) {
        NDIS_RAISE_IRQL_TO_DISPATCH(&irql);
    }
    while (NetBufferList != NULL) {
        NetBufferList = RignicSendBatch(adapter, NetBufferList);
    }
    if (!NDIS_TEST_SEND_AT_DISPATCH_LEVEL(SendFlags)) {
        NDIS_LOWER_IRQL(irql, DISPATCH_LEVEL);
    }
}

VOID RignicTransmitDone(PRIGNIC_TX_RING Ring)
{
    RIGNIC_NB_LIST sent;
    RIGNIC_NB_LIST failed;

    RignicInitFrames(&sent);
    RignicInitFrames(&failed);
    NdisDprAcquireSpinLock(&Ring->Lock);
    while (Ring->Clean != Ring->Tail) {
        PRIGNIC_TX_SLOT slot = &Ring->Slots[Ring->Clean];
        ULONG status = Ring->Descriptors[slot->Last].Status;

        if (!(status & RIG_NIC_DESC_DONE)) {
            break;
        }
        RignicAddFrame(status & RIG_NIC_DESC_ERROR ? &failed : &sent,
                       slot->Frame);
        Ring->Clean = (slot->Last + 1) & (Ring->Size - 1);
        Ring->Progress++;
    }
    RignicPostWaiting(Ring);
    RignicRingDoorbell(Ring);
    NdisDprReleaseSpinLock(&Ring->Lock);
    RignicFinishFrames(Ring->Adapter, &sent, NDIS_STATUS_SUCCESS);
    RignicFinishFrames(Ring->Adapter, &failed, NDIS_STATUS_FAILURE);
}

/* --- abort and cancel ----------------------------------------------------- */

static VOID RignicStartRing(PRIGNIC_TX_RING Ring)
{
    Ring->Tail = 0;
    Ring->Rung = 0;
    Ring->Clean = 0;
    RignicHwSetRing(Ring->Adapter, Ring->Registers, Ring->Memory.Physical,
                    Ring->Size);
}

static VOID RignicAbortRing(PRIGNIC_TX_RING Ring, NDIS_STATUS Status,
                            BOOLEAN Posted)
{
    RIGNIC_NB_LIST frames;

    RignicInitFrames(&frames);
    NdisDprAcquireSpinLock(&Ring->Lock);
    if (Posted && Ring->Clean != Ring->Tail) {
        RignicWrite(Ring->Adapter, Ring->Registers + RIG_NIC_RING_CTRL, 0);
        while (Ring->Clean != Ring->Tail) {
            PRIGNIC_TX_SLOT slot = &Ring->Slots[Ring->Clean];

            RignicAddFrame(&frames, slot->Frame);
            Ring->Clean = (slot->Last + 1) & (Ring->Size - 1);
        }
        RignicStartRing(Ring);
    }
    RignicMoveFrames(&Ring->Waiting, &frames);
    NdisDprReleaseSpinLock(&Ring->Lock);
    RignicFinishFrames(Ring->Adapter, &frames, Status);
}

VOID RignicAbortTransmit(PRIGNIC_ADAPTER Adapter, NDIS_STATUS Status,
                         BOOLEAN Posted)
{
    KIRQL irql;
    ULONG i;

    NDIS_RAISE_IRQL_TO_DISPATCH(&irql);
    for (i = 0; i < Adapter->Queues; i++) {
        RignicAbortRing(&Adapter->Tx[i], Status, Posted);
    }
    NDIS_LOWER_IRQL(irql, DISPATCH_LEVEL);
}

static VOID RignicCancelWaiting(PRIGNIC_TX_RING Ring, PVOID CancelId)
{
    RIGNIC_NB_LIST cancelled;
    RIGNIC_NB_LIST kept;
    PNET_BUFFER frame;
    PNET_BUFFER next;

    RignicInitFrames(&cancelled);
    RignicInitFrames(&kept);
    NdisDprAcquireSpinLock(&Ring->Lock);
    for (frame = Ring->Waiting.Head; frame != NULL; frame = next) {
        next = FRAME_NEXT(frame);
        if (NDIS_GET_NET_BUFFER_LIST_CANCEL_ID(FRAME_LIST(frame)) ==
            CancelId) {
            RignicAddFrame(&cancelled, frame);
        } else {
            RignicAddFrame(&kept, frame);
        }
    }
    RignicInitFrames(&Ring->Waiting);
    RignicMoveFrames(&kept, &Ring->Waiting);
    NdisDprReleaseSpinLock(&Ring->Lock);
    RignicFinishFrames(Ring->Adapter, &cancelled, NDIS_STATUS_SEND_ABORTED);
}

VOID NTAPI RignicCancelSend(NDIS_HANDLE MiniportAdapterContext, PVOID CancelId)
{
    PRIGNIC_ADAPTER adapter = MiniportAdapterContext;
    KIRQL irql;
    ULONG i;

    NDIS_RAISE_IRQL_TO_DISPATCH(&irql);
    for (i = 0; i < adapter->Queues; i++) {
        RignicCancelWaiting(&adapter->Tx[i], CancelId);
    }
    NDIS_LOWER_IRQL(irql, DISPATCH_LEVEL);
}

BOOLEAN RignicTransmitIdle(PRIGNIC_ADAPTER Adapter)
{
    BOOLEAN idle = TRUE;
    ULONG i;

    for (i = 0; i < Adapter->Queues; i++) {
        PRIGNIC_TX_RING ring = &Adapter->Tx[i];

        NdisAcquireSpinLock(&ring->Lock);
        if (ring->Clean != ring->Tail) {
            idle = FALSE;
        }
        NdisReleaseSpinLock(&ring->Lock);
    }
    return idle;
}

/* Frames posted, and none completed since the last call. */
BOOLEAN RignicTransmitStuck(PRIGNIC_ADAPTER Adapter)
{
    BOOLEAN stuck = FALSE;
    ULONG i;

    for (i = 0; i < Adapter->Queues; i++) {
        PRIGNIC_TX_RING ring = &Adapter->Tx[i];

        NdisDprAcquireSpinLock(&ring->Lock);
        if (ring->Clean != ring->Tail &&
            ring->Progress == ring->LastProgress) {
            stuck = TRUE;
        }
        ring->LastProgress = ring->Progress;
        NdisDprReleaseSpinLock(&ring->Lock);
    }
    return stuck;
}

/* --- life ----------------------------------------------------------------- */

static NDIS_STATUS RignicAllocateTxRing(PRIGNIC_ADAPTER Adapter, ULONG Queue)
{
    PRIGNIC_TX_RING ring = &Adapter->Tx[Queue];
    ULONG i;

    ring->Adapter = Adapter;
    ring->Registers = RIG_NIC_TX(Queue);
    ring->Size = Adapter->Configuration.TransmitBuffers;
    NdisAllocateSpinLock(&ring->Lock);
    RignicInitFrames(&ring->Waiting);
    ring->Slots = RignicAllocate(
        Adapter, ring->Size * (ULONG)(sizeof(*ring->Slots) + LIST_SIZE));
    if (ring->Slots == NULL) {
        return NDIS_STATUS_RESOURCES;
    }
    ring->Lists = (PUCHAR)(ring->Slots + ring->Size);
    ring->Spare = NULL;
    for (i = 0; i < ring->Size; i++) {
        RignicSpareBuffer(ring, ring->Lists + i * LIST_SIZE, &ring->Spare);
    }
    if (RignicAllocateShared(Adapter, ring->Size * RIG_NIC_DESC_SIZE,
                             &ring->Memory) != NDIS_STATUS_SUCCESS) {
        return NDIS_STATUS_RESOURCES;
    }
    ring->Descriptors = ring->Memory.Address;
    NdisZeroMemory(ring->Descriptors, ring->Memory.Length);
    return NDIS_STATUS_SUCCESS;
}

NDIS_STATUS RignicAllocateTransmit(PRIGNIC_ADAPTER Adapter)
{
    NDIS_STATUS status = NDIS_STATUS_SUCCESS;
    ULONG i;

    for (i = 0; i < Adapter->Queues && status == NDIS_STATUS_SUCCESS; i++) {
        status = RignicAllocateTxRing(Adapter, i);
    }
    return status;
}

VOID RignicFreeTransmit(PRIGNIC_ADAPTER Adapter)
{
    ULONG i;

    for (i = Adapter->Queues; i-- > 0;) {
        PRIGNIC_TX_RING ring = &Adapter->Tx[i];

        RignicFreeShared(Adapter, &ring->Memory);
        if (ring->Slots != NULL) {
            NdisFreeMemory(ring->Slots, 0, 0);
            ring->Slots = NULL;
        }
    }
}

VOID RignicStartTransmit(PRIGNIC_ADAPTER Adapter)
{
    ULONG i;

    for (i = 0; i < Adapter->Queues; i++) {
        PRIGNIC_TX_RING ring = &Adapter->Tx[i];

        NdisAcquireSpinLock(&ring->Lock);
        RignicStartRing(ring);
        NdisReleaseSpinLock(&ring->Lock);
    }
}
