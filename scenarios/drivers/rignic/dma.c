/* SPDX-License-Identifier: GPL-2.0-or-later */
/* DMA registration, memory of the driver, and its frame counters. */
#include "rignic.h"

NDIS_STATUS RignicRegisterDma(PRIGNIC_ADAPTER Adapter)
{
    NDIS_SG_DMA_DESCRIPTION dma;
    NDIS_STATUS status;

    NdisZeroMemory(&dma, sizeof(dma));
    dma.Header.Type = NDIS_OBJECT_TYPE_SG_DMA_DESCRIPTION;
    dma.Header.Revision = NDIS_SG_DMA_DESCRIPTION_REVISION_1;
    dma.Header.Size = NDIS_SIZEOF_SG_DMA_DESCRIPTION_REVISION_1;
    dma.Flags = NDIS_SG_DMA_64_BIT_ADDRESS;
    dma.MaximumPhysicalMapping = Adapter->Configuration.JumboPacket;
    dma.ProcessSGListHandler = RignicProcessSGList;
    status = NdisMRegisterScatterGatherDma(Adapter->Handle, &dma,
                                           &Adapter->DmaHandle);
    if (status != NDIS_STATUS_SUCCESS) {
        Adapter->DmaHandle = NULL;
        NdisWriteErrorLogEntry(Adapter->Handle,
                               NDIS_ERROR_CODE_OUT_OF_RESOURCES, 1,
                               (ULONG)status);
    }
    return status;
}

VOID RignicDeregisterDma(PRIGNIC_ADAPTER Adapter)
{
    if (Adapter->DmaHandle != NULL) {
        NdisMDeregisterScatterGatherDma(Adapter->DmaHandle);
        Adapter->DmaHandle = NULL;
    }
}

NDIS_STATUS RignicAllocateShared(PRIGNIC_ADAPTER Adapter, ULONG Length,
                                 PRIGNIC_SHARED_MEMORY Memory)
{
    NdisMAllocateSharedMemory(Adapter->Handle, Length, TRUE, &Memory->Address,
                              &Memory->Physical);
    if (Memory->Address == NULL) {
        NdisWriteErrorLogEntry(Adapter->Handle,
                               NDIS_ERROR_CODE_OUT_OF_RESOURCES, 1, Length);
        return NDIS_STATUS_RESOURCES;
    }
    Memory->Length = Length;
    return NDIS_STATUS_SUCCESS;
}

VOID RignicFreeShared(PRIGNIC_ADAPTER Adapter, PRIGNIC_SHARED_MEMORY Memory)
{
    if (Memory->Address != NULL) {
        NdisMFreeSharedMemory(Adapter->Handle, Memory->Length, TRUE,
                              Memory->Address, Memory->Physical);
        Memory->Address = NULL;
    }
}

PVOID RignicAllocate(PRIGNIC_ADAPTER Adapter, ULONG Length)
{
    PVOID memory = NdisAllocateMemoryWithTagPriority(
        Adapter->Handle, Length, RIGNIC_TAG, NormalPoolPriority);

    if (memory != NULL) {
        NdisZeroMemory(memory, Length);
    }
    return memory;
}

/* Frame points at the destination address, six bytes of it at least. */
VOID RignicCount(PRIGNIC_COUNTERS Counters, const UCHAR *Frame, ULONG Length)
{
    static const UCHAR broadcast[RIGNIC_MAC_LENGTH] = { 0xff, 0xff, 0xff,
                                                        0xff, 0xff, 0xff };
    ULONG kind = 0;

    if (Frame[0] & 1) {
        kind = NdisEqualMemory(Frame, broadcast, RIGNIC_MAC_LENGTH) ? 2 : 1;
    }
    InterlockedExchangeAdd64(&Counters->Frames[kind], 1);
    InterlockedExchangeAdd64(&Counters->Bytes[kind], Length);
}
