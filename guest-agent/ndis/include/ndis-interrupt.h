/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Interrupt, DMA and processor structures of a miniport. */
#ifndef RIG_NDIS_INTERRUPT_H
#define RIG_NDIS_INTERRUPT_H

#include "ndis-const.h"
#include "ndis-nbl.h"
#include "ndis-wdm.h"

/* --- interrupts ----------------------------------------------------------- */

typedef struct _NDIS_RECEIVE_THROTTLE_PARAMETERS {
    ULONG MaxNblsToIndicate;
    ULONG MoreNblsPending;
} NDIS_RECEIVE_THROTTLE_PARAMETERS, *PNDIS_RECEIVE_THROTTLE_PARAMETERS;

#define NDIS_INDICATE_ALL_NBLS ((ULONG)-1)

typedef enum _NDIS_INTERRUPT_TYPE {
    NDIS_CONNECT_LINE_BASED = 1,
    NDIS_CONNECT_MESSAGE_BASED = 2,
} NDIS_INTERRUPT_TYPE, *PNDIS_INTERRUPT_TYPE;

typedef BOOLEAN NTAPI MINIPORT_ISR(NDIS_HANDLE MiniportInterruptContext,
                                   PBOOLEAN QueueDefaultInterruptDpc,
                                   PULONG TargetProcessors);
typedef MINIPORT_ISR *MINIPORT_ISR_HANDLER;

typedef VOID NTAPI MINIPORT_INTERRUPT_DPC(NDIS_HANDLE MiniportInterruptContext,
                                          PVOID MiniportDpcContext,
                                          PVOID ReceiveThrottleParameters,
                                          PVOID NdisReserved2);
typedef MINIPORT_INTERRUPT_DPC *MINIPORT_INTERRUPT_DPC_HANDLER;

typedef VOID NTAPI MINIPORT_DISABLE_INTERRUPT(
    NDIS_HANDLE MiniportInterruptContext);
typedef MINIPORT_DISABLE_INTERRUPT *MINIPORT_DISABLE_INTERRUPT_HANDLER;

typedef VOID NTAPI MINIPORT_ENABLE_INTERRUPT(
    NDIS_HANDLE MiniportInterruptContext);
typedef MINIPORT_ENABLE_INTERRUPT *MINIPORT_ENABLE_INTERRUPT_HANDLER;

typedef BOOLEAN NTAPI MINIPORT_MESSAGE_INTERRUPT(
    NDIS_HANDLE MiniportInterruptContext, ULONG MessageId,
    PBOOLEAN QueueDefaultInterruptDpc, PULONG TargetProcessors);
typedef MINIPORT_MESSAGE_INTERRUPT *MINIPORT_MSI_ISR_HANDLER;

typedef VOID NTAPI MINIPORT_MESSAGE_INTERRUPT_DPC(
    NDIS_HANDLE MiniportInterruptContext, ULONG MessageId,
    PVOID MiniportDpcContext, PVOID ReceiveThrottleParameters,
    PVOID NdisReserved2);
typedef MINIPORT_MESSAGE_INTERRUPT_DPC *MINIPORT_MESSAGE_INTERRUPT_DPC_HANDLER;

typedef VOID NTAPI MINIPORT_DISABLE_MESSAGE_INTERRUPT(
    NDIS_HANDLE MiniportInterruptContext, ULONG MessageId);
typedef MINIPORT_DISABLE_MESSAGE_INTERRUPT
    *MINIPORT_DISABLE_MESSAGE_INTERRUPT_HANDLER;

typedef VOID NTAPI MINIPORT_ENABLE_MESSAGE_INTERRUPT(
    NDIS_HANDLE MiniportInterruptContext, ULONG MessageId);
typedef MINIPORT_ENABLE_MESSAGE_INTERRUPT
    *MINIPORT_ENABLE_MESSAGE_INTERRUPT_HANDLER;

typedef BOOLEAN NTAPI MINIPORT_SYNCHRONIZE_INTERRUPT(
    NDIS_HANDLE SynchronizeContext);
typedef MINIPORT_SYNCHRONIZE_INTERRUPT *MINIPORT_SYNCHRONIZE_INTERRUPT_HANDLER;

typedef struct _NDIS_MINIPORT_INTERRUPT_CHARACTERISTICS {
    NDIS_OBJECT_HEADER Header;
    MINIPORT_ISR_HANDLER InterruptHandler;
    MINIPORT_INTERRUPT_DPC_HANDLER InterruptDpcHandler;
    MINIPORT_DISABLE_INTERRUPT_HANDLER DisableInterruptHandler;
    MINIPORT_ENABLE_INTERRUPT_HANDLER EnableInterruptHandler;
    BOOLEAN MsiSupported;
    BOOLEAN MsiSyncWithAllMessages;
    MINIPORT_MSI_ISR_HANDLER MessageInterruptHandler;
    MINIPORT_MESSAGE_INTERRUPT_DPC_HANDLER MessageInterruptDpcHandler;
    MINIPORT_DISABLE_MESSAGE_INTERRUPT_HANDLER DisableMessageInterruptHandler;
    MINIPORT_ENABLE_MESSAGE_INTERRUPT_HANDLER EnableMessageInterruptHandler;
    NDIS_INTERRUPT_TYPE InterruptType;            /* out */
    PIO_INTERRUPT_MESSAGE_INFO MessageInfoTable;  /* out, NULL for line */
} NDIS_MINIPORT_INTERRUPT_CHARACTERISTICS,
    *PNDIS_MINIPORT_INTERRUPT_CHARACTERISTICS;

#define NDIS_MINIPORT_INTERRUPT_REVISION_1 1
#define NDIS_SIZEOF_MINIPORT_INTERRUPT_CHARACTERISTICS_REVISION_1 \
    RTL_SIZEOF_THROUGH_FIELD(NDIS_MINIPORT_INTERRUPT_CHARACTERISTICS, \
                             MessageInfoTable)

typedef enum _NDIS_MSIX_TABLE_CONFIG {
    NdisMSIXTableConfigSetTableEntry,
    NdisMSIXTableConfigMaskTableEntry,
    NdisMSIXTableConfigUnmaskTableEntry,
    NdisMSIXTableConfigMax,
} NDIS_MSIX_TABLE_OPERATION, *PNDIS_MSIX_TABLE_OPERATION;

typedef struct _NDIS_MSIX_CONFIG_PARAMETERS {
    NDIS_OBJECT_HEADER Header;
    NDIS_MSIX_TABLE_OPERATION ConfigOperation;
    ULONG TableEntry;
    ULONG MessageNumber;       /* SetTableEntry only */
} NDIS_MSIX_CONFIG_PARAMETERS, *PNDIS_MSIX_CONFIG_PARAMETERS;

#define NDIS_MSIX_CONFIG_PARAMETERS_REVISION_1 1
#define NDIS_SIZEOF_MSIX_CONFIG_PARAMETERS_REVISION_1 \
    RTL_SIZEOF_THROUGH_FIELD(NDIS_MSIX_CONFIG_PARAMETERS, MessageNumber)

/* --- DMA ------------------------------------------------------------------ */

typedef VOID NTAPI MINIPORT_PROCESS_SG_LIST(PDEVICE_OBJECT DeviceObject,
                                            PVOID Reserved,
                                            PSCATTER_GATHER_LIST SGL,
                                            PVOID Context);
typedef MINIPORT_PROCESS_SG_LIST *MINIPORT_PROCESS_SG_LIST_HANDLER;

typedef VOID NTAPI MINIPORT_ALLOCATE_SHARED_MEM_COMPLETE(
    NDIS_HANDLE MiniportAdapterContext, PVOID VirtualAddress,
    PNDIS_PHYSICAL_ADDRESS PhysicalAddress, ULONG Length, PVOID Context);
typedef MINIPORT_ALLOCATE_SHARED_MEM_COMPLETE
    *MINIPORT_ALLOCATE_SHARED_MEM_COMPLETE_HANDLER;

#define NDIS_SG_DMA_64_BIT_ADDRESS 0x00000001
#define NDIS_SG_LIST_WRITE_TO_DEVICE 0x00000001

typedef struct _NDIS_SG_DMA_DESCRIPTION {
    NDIS_OBJECT_HEADER Header;
    ULONG Flags;
    ULONG MaximumPhysicalMapping;  /* longest frame, bytes */
    MINIPORT_PROCESS_SG_LIST_HANDLER ProcessSGListHandler;
    MINIPORT_ALLOCATE_SHARED_MEM_COMPLETE_HANDLER
        SharedMemAllocateCompleteHandler;
    ULONG ScatterGatherListSize;   /* out */
} NDIS_SG_DMA_DESCRIPTION, *PNDIS_SG_DMA_DESCRIPTION;

#define NDIS_SG_DMA_DESCRIPTION_REVISION_1 1
#define NDIS_SIZEOF_SG_DMA_DESCRIPTION_REVISION_1 \
    RTL_SIZEOF_THROUGH_FIELD(NDIS_SG_DMA_DESCRIPTION, ScatterGatherListSize)

typedef struct _NDIS_SHARED_MEMORY_PARAMETERS {
    NDIS_OBJECT_HEADER Header;
    ULONG Flags;
    ULONG QueueId;
    NDIS_HANDLE SharedMemoryHandle;
    ULONG PreferredNode;
    ULONG Usage;
    ULONG Length;                  /* bytes */
    PVOID VirtualAddress;          /* out */
    ULONG SGListBufferLength;
    PSCATTER_GATHER_LIST SGListBuffer;
    ULONG VPortId;                 /* revision 2 */
} NDIS_SHARED_MEMORY_PARAMETERS, *PNDIS_SHARED_MEMORY_PARAMETERS;

#define NDIS_SHARED_MEMORY_PARAMETERS_REVISION_1 1
#define NDIS_SHARED_MEMORY_PARAMETERS_REVISION_2 2

/* --- processors ----------------------------------------------------------- */

typedef struct _NDIS_RSS_PROCESSOR {
    PROCESSOR_NUMBER ProcNum;
    USHORT PreferenceIndex;
    USHORT Reserved;
} NDIS_RSS_PROCESSOR, *PNDIS_RSS_PROCESSOR;

typedef struct _NDIS_RSS_PROCESSOR_INFO {
    NDIS_OBJECT_HEADER Header;
    ULONG Flags;
    PROCESSOR_NUMBER RssBaseProcessor;
    ULONG MaxNumRssProcessors;
    USHORT PreferredNumaNode;
    ULONG RssProcessorArrayOffset;
    ULONG RssProcessorCount;
    ULONG RssProcessorEntrySize;
} NDIS_RSS_PROCESSOR_INFO, *PNDIS_RSS_PROCESSOR_INFO;

#endif
