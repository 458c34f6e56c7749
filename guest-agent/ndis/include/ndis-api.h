/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The functions of ndis.sys, ntoskrnl.exe and hal.dll, by subject. */
#ifndef RIG_NDIS_API_H
#define RIG_NDIS_API_H

#include "ndis-interrupt.h"
#include "ndis-miniport.h"

#ifdef _WIN32
#define NDIS_EXPORT(type) DECLSPEC_IMPORT type NTAPI
typedef __builtin_va_list NDIS_VA_LIST;
#else
#define NDIS_EXPORT(type) NTAPI type
typedef __builtin_ms_va_list NDIS_VA_LIST;
#endif

/* --- ndis.sys: driver and adapter ----------------------------------------- */
NDIS_EXPORT(NDIS_STATUS) NdisMRegisterMiniportDriver(
    PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath,
    NDIS_HANDLE MiniportDriverContext,
    PNDIS_MINIPORT_DRIVER_CHARACTERISTICS MiniportDriverCharacteristics,
    PNDIS_HANDLE NdisMiniportDriverHandle);
NDIS_EXPORT(VOID) NdisMDeregisterMiniportDriver(
    NDIS_HANDLE NdisMiniportDriverHandle);
NDIS_EXPORT(NDIS_STATUS) NdisSetOptionalHandlers(
    NDIS_HANDLE NdisHandle, PNDIS_DRIVER_OPTIONAL_HANDLERS OptionalHandlers);
NDIS_EXPORT(NDIS_STATUS) NdisMSetMiniportAttributes(
    NDIS_HANDLE NdisMiniportHandle,
    PNDIS_MINIPORT_ADAPTER_ATTRIBUTES MiniportAttributes);
NDIS_EXPORT(NDIS_STATUS) NdisMRemoveMiniport(NDIS_HANDLE MiniportHandle);
NDIS_EXPORT(VOID) NdisMPauseComplete(NDIS_HANDLE MiniportAdapterHandle);
NDIS_EXPORT(VOID) NdisMRestartComplete(NDIS_HANDLE MiniportAdapterHandle,
                                       NDIS_STATUS Status);
NDIS_EXPORT(VOID) NdisMResetComplete(NDIS_HANDLE MiniportAdapterHandle,
                                     NDIS_STATUS Status,
                                     BOOLEAN AddressingReset);
NDIS_EXPORT(VOID) NdisMOidRequestComplete(NDIS_HANDLE MiniportAdapterHandle,
                                          PNDIS_OID_REQUEST OidRequest,
                                          NDIS_STATUS Status);
NDIS_EXPORT(VOID) NdisMIndicateStatusEx(
    NDIS_HANDLE MiniportAdapterHandle,
    PNDIS_STATUS_INDICATION StatusIndication);
NDIS_EXPORT(VOID) NdisMGetDeviceProperty(
    NDIS_HANDLE MiniportAdapterHandle, PDEVICE_OBJECT *PhysicalDeviceObject,
    PDEVICE_OBJECT *FunctionalDeviceObject, PDEVICE_OBJECT *NextDeviceObject,
    PCM_RESOURCE_LIST *AllocatedResources,
    PCM_RESOURCE_LIST *AllocatedResourcesTranslated);
NDIS_EXPORT(NDIS_STATUS) NdisMQueryAdapterInstanceName(
    PNDIS_STRING AdapterInstanceName, NDIS_HANDLE MiniportHandle);
NDIS_EXPORT(NDIS_STATUS) NdisRegisterDeviceEx(
    NDIS_HANDLE NdisHandle,
    PNDIS_DEVICE_OBJECT_ATTRIBUTES DeviceObjectAttributes,
    PDEVICE_OBJECT *DeviceObject, PNDIS_HANDLE NdisDeviceHandle);
NDIS_EXPORT(VOID) NdisDeregisterDeviceEx(NDIS_HANDLE NdisDeviceHandle);
NDIS_EXPORT(UINT) NdisGetVersion(VOID);
NDIS_EXPORT(PVOID) NdisGetRoutineAddress(PNDIS_STRING NdisRoutineName);
NDIS_EXPORT(VOID) NdisWriteErrorLogEntry(NDIS_HANDLE NdisAdapterHandle,
                                         NDIS_ERROR_CODE ErrorCode,
                                         ULONG NumberOfErrorValues, ...);

/* --- ndis.sys: interrupts ------------------------------------------------- */
NDIS_EXPORT(NDIS_STATUS) NdisMRegisterInterruptEx(
    NDIS_HANDLE MiniportAdapterHandle, NDIS_HANDLE MiniportInterruptContext,
    PNDIS_MINIPORT_INTERRUPT_CHARACTERISTICS MiniportInterruptCharacteristics,
    PNDIS_HANDLE NdisInterruptHandle);
NDIS_EXPORT(VOID) NdisMDeregisterInterruptEx(NDIS_HANDLE NdisInterruptHandle);
NDIS_EXPORT(BOOLEAN) NdisMSynchronizeWithInterruptEx(
    NDIS_HANDLE NdisInterruptHandle, ULONG MessageId,
    MINIPORT_SYNCHRONIZE_INTERRUPT_HANDLER SynchronizeFunction,
    PVOID SynchronizeContext);
NDIS_EXPORT(ULONG) NdisMQueueDpc(NDIS_HANDLE NdisInterruptHandle,
                                 ULONG MessageId, ULONG TargetProcessors,
                                 PVOID MiniportDpcContext);
NDIS_EXPORT(BOOLEAN) NdisMQueueDpcEx(NDIS_HANDLE NdisInterruptHandle,
                                     ULONG MessageId,
                                     PGROUP_AFFINITY TargetProcessors,
                                     PVOID MiniportDpcContext);
NDIS_EXPORT(NDIS_STATUS) NdisMConfigMSIXTableEntry(
    NDIS_HANDLE NdisMiniportHandle,
    PNDIS_MSIX_CONFIG_PARAMETERS MSIXConfigParameters);

/* --- ndis.sys: bus, memory, DMA ------------------------------------------- */
NDIS_EXPORT(ULONG) NdisMGetBusData(NDIS_HANDLE NdisMiniportHandle,
                                   ULONG WhichSpace, ULONG Offset,
                                   PVOID Buffer, ULONG Length);
NDIS_EXPORT(ULONG) NdisMSetBusData(NDIS_HANDLE NdisMiniportHandle,
                                   ULONG WhichSpace, ULONG Offset,
                                   PVOID Buffer, ULONG Length);
NDIS_EXPORT(NDIS_STATUS) NdisMMapIoSpace(PVOID *VirtualAddress,
                                         NDIS_HANDLE MiniportAdapterHandle,
                                         NDIS_PHYSICAL_ADDRESS PhysicalAddress,
                                         UINT Length);
NDIS_EXPORT(VOID) NdisMUnmapIoSpace(NDIS_HANDLE MiniportAdapterHandle,
                                    PVOID VirtualAddress, UINT Length);
NDIS_EXPORT(NDIS_STATUS) NdisMRegisterIoPortRange(
    PVOID *PortOffset, NDIS_HANDLE MiniportAdapterHandle, UINT InitialPort,
    UINT NumberOfPorts);
NDIS_EXPORT(VOID) NdisMDeregisterIoPortRange(NDIS_HANDLE MiniportAdapterHandle,
                                             UINT InitialPort,
                                             UINT NumberOfPorts,
                                             PVOID PortOffset);
NDIS_EXPORT(NDIS_STATUS) NdisMRegisterScatterGatherDma(
    NDIS_HANDLE MiniportAdapterHandle, PNDIS_SG_DMA_DESCRIPTION DmaDescription,
    PNDIS_HANDLE NdisMiniportDmaHandle);
NDIS_EXPORT(VOID) NdisMDeregisterScatterGatherDma(
    NDIS_HANDLE NdisMiniportDmaHandle);
NDIS_EXPORT(NDIS_STATUS) NdisMAllocateNetBufferSGList(
    NDIS_HANDLE NdisMiniportDmaHandle, PNET_BUFFER NetBuffer, PVOID Context,
    ULONG Flags, PVOID ScatterGatherListBuffer,
    ULONG ScatterGatherListBufferSize);
NDIS_EXPORT(VOID) NdisMFreeNetBufferSGList(
    NDIS_HANDLE NdisMiniportDmaHandle, PSCATTER_GATHER_LIST SGL,
    PNET_BUFFER NetBuffer);
NDIS_EXPORT(VOID) NdisMAllocateSharedMemory(
    NDIS_HANDLE MiniportAdapterHandle, ULONG Length, BOOLEAN Cached,
    PVOID *VirtualAddress, PNDIS_PHYSICAL_ADDRESS PhysicalAddress);
NDIS_EXPORT(VOID) NdisMFreeSharedMemory(NDIS_HANDLE MiniportAdapterHandle,
                                        ULONG Length, BOOLEAN Cached,
                                        PVOID VirtualAddress,
                                        NDIS_PHYSICAL_ADDRESS PhysicalAddress);
NDIS_EXPORT(NDIS_STATUS) NdisAllocateSharedMemory(
    NDIS_HANDLE NdisHandle,
    PNDIS_SHARED_MEMORY_PARAMETERS SharedMemoryParameters,
    PNDIS_HANDLE pAllocationHandle);
NDIS_EXPORT(VOID) NdisFreeSharedMemory(NDIS_HANDLE NdisHandle,
                                       NDIS_HANDLE AllocationHandle);
NDIS_EXPORT(ULONG) NdisGetSharedDataAlignment(VOID);
NDIS_EXPORT(ULONG) NdisMGetDmaAlignment(NDIS_HANDLE MiniportAdapterHandle);
NDIS_EXPORT(PVOID) NdisAllocateMemoryWithTagPriority(
    NDIS_HANDLE NdisHandle, UINT Length, ULONG Tag,
    EX_POOL_PRIORITY Priority);
NDIS_EXPORT(NDIS_STATUS) NdisAllocateMemoryWithTag(PVOID *VirtualAddress,
                                                   UINT Length, ULONG Tag);
NDIS_EXPORT(VOID) NdisFreeMemory(PVOID VirtualAddress, UINT Length,
                                 UINT MemoryFlags);
NDIS_EXPORT(VOID) NdisFreeMemoryWithTagPriority(NDIS_HANDLE NdisHandle,
                                                PVOID VirtualAddress,
                                                ULONG Tag);
NDIS_EXPORT(NDIS_STATUS) NdisMEnableVirtualization(
    NDIS_HANDLE NdisMiniportHandle, USHORT NumVFs, BOOLEAN EnableVFMigration,
    BOOLEAN EnableMigrationInterrupt, BOOLEAN EnableVirtualization);
NDIS_EXPORT(ULONG) NdisMGetVirtualFunctionBusData(
    NDIS_HANDLE NdisMiniportHandle, NDIS_SRIOV_FUNCTION_ID VFId, PVOID Buffer,
    ULONG Offset, ULONG Length);
NDIS_EXPORT(ULONG) NdisMSetVirtualFunctionBusData(
    NDIS_HANDLE NdisMiniportHandle, NDIS_SRIOV_FUNCTION_ID VFId, PVOID Buffer,
    ULONG Offset, ULONG Length);
NDIS_EXPORT(NDIS_STATUS) NdisMGetVirtualFunctionLocation(
    NDIS_HANDLE NdisMiniportHandle, NDIS_SRIOV_FUNCTION_ID VFId,
    PUSHORT SegmentNumber, PUCHAR BusNumber, PUCHAR FunctionNumber);
NDIS_EXPORT(NDIS_STATUS) NdisMQueryProbedBars(NDIS_HANDLE NdisMiniportHandle,
                                              PULONG BaseRegisterValues);

/* --- ndis.sys: network data ----------------------------------------------- */
NDIS_EXPORT(PMDL) NdisAllocateMdl(NDIS_HANDLE NdisHandle,
                                  PVOID VirtualAddress, UINT Length);
NDIS_EXPORT(VOID) NdisFreeMdl(PMDL Mdl);
NDIS_EXPORT(NDIS_HANDLE) NdisAllocateNetBufferListPool(
    NDIS_HANDLE NdisHandle, PNET_BUFFER_LIST_POOL_PARAMETERS Parameters);
NDIS_EXPORT(VOID) NdisFreeNetBufferListPool(NDIS_HANDLE PoolHandle);
NDIS_EXPORT(NDIS_HANDLE) NdisAllocateNetBufferPool(
    NDIS_HANDLE NdisHandle, PNET_BUFFER_POOL_PARAMETERS Parameters);
NDIS_EXPORT(VOID) NdisFreeNetBufferPool(NDIS_HANDLE PoolHandle);
NDIS_EXPORT(PNET_BUFFER_LIST) NdisAllocateNetBufferList(
    NDIS_HANDLE PoolHandle, USHORT ContextSize, USHORT ContextBackFill);
NDIS_EXPORT(PNET_BUFFER_LIST) NdisAllocateNetBufferAndNetBufferList(
    NDIS_HANDLE PoolHandle, USHORT ContextSize, USHORT ContextBackFill,
    PMDL MdlChain, ULONG DataOffset, SIZE_T DataLength);
NDIS_EXPORT(VOID) NdisFreeNetBufferList(PNET_BUFFER_LIST NetBufferList);
NDIS_EXPORT(PNET_BUFFER) NdisAllocateNetBuffer(NDIS_HANDLE PoolHandle,
                                               PMDL MdlChain, ULONG DataOffset,
                                               SIZE_T DataLength);
NDIS_EXPORT(VOID) NdisFreeNetBuffer(PNET_BUFFER NetBuffer);
NDIS_EXPORT(PNET_BUFFER_LIST) NdisAllocateCloneNetBufferList(
    PNET_BUFFER_LIST OriginalNetBufferList, NDIS_HANDLE NetBufferListPoolHandle,
    NDIS_HANDLE NetBufferPoolHandle, ULONG AllocateCloneFlags);
NDIS_EXPORT(VOID) NdisFreeCloneNetBufferList(
    PNET_BUFFER_LIST CloneNetBufferList, ULONG FreeCloneFlags);
NDIS_EXPORT(PVOID) NdisGetDataBuffer(PNET_BUFFER NetBuffer, ULONG BytesNeeded,
                                     PVOID Storage, UINT AlignMultiple,
                                     UINT AlignOffset);
NDIS_EXPORT(VOID) NdisMIndicateReceiveNetBufferLists(
    NDIS_HANDLE MiniportAdapterHandle, PNET_BUFFER_LIST NetBufferLists,
    NDIS_PORT_NUMBER PortNumber, ULONG NumberOfNetBufferLists,
    ULONG ReceiveFlags);
NDIS_EXPORT(VOID) NdisMSendNetBufferListsComplete(
    NDIS_HANDLE MiniportAdapterHandle, PNET_BUFFER_LIST NetBufferList,
    ULONG SendCompleteFlags);

/* --- ndis.sys: configuration ---------------------------------------------- */
NDIS_EXPORT(NDIS_STATUS) NdisOpenConfigurationEx(
    PNDIS_CONFIGURATION_OBJECT ConfigObject, PNDIS_HANDLE ConfigurationHandle);
NDIS_EXPORT(VOID) NdisOpenConfigurationKeyByName(
    PNDIS_STATUS Status, NDIS_HANDLE ConfigurationHandle,
    PNDIS_STRING SubKeyName, PNDIS_HANDLE SubKeyHandle);
NDIS_EXPORT(VOID) NdisOpenConfigurationKeyByIndex(
    PNDIS_STATUS Status, NDIS_HANDLE ConfigurationHandle, ULONG Index,
    PNDIS_STRING KeyName, PNDIS_HANDLE KeyHandle);
NDIS_EXPORT(VOID) NdisCloseConfiguration(NDIS_HANDLE ConfigurationHandle);
NDIS_EXPORT(VOID) NdisReadConfiguration(
    PNDIS_STATUS Status, PNDIS_CONFIGURATION_PARAMETER *ParameterValue,
    NDIS_HANDLE ConfigurationHandle, PNDIS_STRING Keyword,
    NDIS_PARAMETER_TYPE ParameterType);
NDIS_EXPORT(VOID) NdisWriteConfiguration(
    PNDIS_STATUS Status, NDIS_HANDLE ConfigurationHandle, PNDIS_STRING Keyword,
    PNDIS_CONFIGURATION_PARAMETER ParameterValue);
NDIS_EXPORT(VOID) NdisReadNetworkAddress(PNDIS_STATUS Status,
                                         PVOID *NetworkAddress,
                                         PUINT NetworkAddressLength,
                                         NDIS_HANDLE ConfigurationHandle);
NDIS_EXPORT(VOID) NdisInitializeString(PNDIS_STRING Destination,
                                       PUCHAR Source);

/* --- ndis.sys: time, events, locks, work ---------------------------------- */
NDIS_EXPORT(VOID) NdisMSleep(ULONG MicrosecondsToSleep);
NDIS_EXPORT(VOID) NdisInitializeEvent(PNDIS_EVENT Event);
NDIS_EXPORT(VOID) NdisSetEvent(PNDIS_EVENT Event);
NDIS_EXPORT(VOID) NdisResetEvent(PNDIS_EVENT Event);
NDIS_EXPORT(BOOLEAN) NdisWaitEvent(PNDIS_EVENT Event, UINT MsToWait);
NDIS_EXPORT(NDIS_HANDLE) NdisAllocateIoWorkItem(NDIS_HANDLE NdisObjectHandle);
NDIS_EXPORT(VOID) NdisQueueIoWorkItem(NDIS_HANDLE NdisIoWorkItemHandle,
                                      NDIS_IO_WORKITEM_ROUTINE Routine,
                                      PVOID WorkItemContext);
NDIS_EXPORT(VOID) NdisFreeIoWorkItem(NDIS_HANDLE NdisIoWorkItemHandle);
NDIS_EXPORT(NDIS_STATUS) NdisAllocateTimerObject(
    NDIS_HANDLE NdisHandle, PNDIS_TIMER_CHARACTERISTICS TimerCharacteristics,
    PNDIS_HANDLE pTimerObject);
NDIS_EXPORT(BOOLEAN) NdisSetTimerObject(NDIS_HANDLE TimerObject,
                                        LARGE_INTEGER DueTime,
                                        LONG MillisecondsPeriod,
                                        PVOID FunctionContext);
NDIS_EXPORT(BOOLEAN) NdisCancelTimerObject(NDIS_HANDLE TimerObject);
NDIS_EXPORT(VOID) NdisFreeTimerObject(NDIS_HANDLE TimerObject);
NDIS_EXPORT(VOID) NdisMInitializeTimer(PNDIS_MINIPORT_TIMER Timer,
                                       NDIS_HANDLE MiniportAdapterHandle,
                                       PNDIS_TIMER_FUNCTION TimerFunction,
                                       PVOID FunctionContext);
NDIS_EXPORT(VOID) NdisMSetPeriodicTimer(PNDIS_MINIPORT_TIMER Timer,
                                        UINT MillisecondPeriod);
NDIS_EXPORT(VOID) NdisMCancelTimer(PNDIS_MINIPORT_TIMER Timer,
                                   PBOOLEAN TimerCancelled);
NDIS_EXPORT(VOID) NdisSetTimer(PNDIS_TIMER Timer, UINT MillisecondsToDelay);
NDIS_EXPORT(VOID) NdisInitializeReadWriteLock(PNDIS_RW_LOCK Lock);
NDIS_EXPORT(VOID) NdisAcquireReadWriteLock(PNDIS_RW_LOCK Lock, BOOLEAN fWrite,
                                           PLOCK_STATE LockState);
NDIS_EXPORT(VOID) NdisReleaseReadWriteLock(PNDIS_RW_LOCK Lock,
                                           PLOCK_STATE LockState);
NDIS_EXPORT(PNDIS_RW_LOCK_EX) NdisAllocateRWLock(NDIS_HANDLE NdisHandle);
NDIS_EXPORT(VOID) NdisFreeRWLock(PNDIS_RW_LOCK_EX Lock);
NDIS_EXPORT(VOID) NdisAcquireRWLockRead(PNDIS_RW_LOCK_EX Lock,
                                        PLOCK_STATE_EX LockState, UCHAR Flags);
NDIS_EXPORT(VOID) NdisAcquireRWLockWrite(PNDIS_RW_LOCK_EX Lock,
                                         PLOCK_STATE_EX LockState, UCHAR Flags);
NDIS_EXPORT(VOID) NdisReleaseRWLock(PNDIS_RW_LOCK_EX Lock,
                                    PLOCK_STATE_EX LockState);
NDIS_EXPORT(ULONG) NdisGroupActiveProcessorCount(USHORT Group);
NDIS_EXPORT(ULONG) NdisCurrentProcessorIndex(VOID);
NDIS_EXPORT(ULONG) NdisSystemActiveProcessorCount(
    PKAFFINITY ActiveProcessors);
NDIS_EXPORT(ULONG) NdisProcessorNumberToIndex(PROCESSOR_NUMBER ProcNum);
NDIS_EXPORT(NDIS_STATUS) NdisGetRssProcessorInformation(
    NDIS_HANDLE NdisHandle, PNDIS_RSS_PROCESSOR_INFO RssProcInfo,
    PSIZE_T Size);
NDIS_EXPORT(NDIS_STATUS) NdisGetProcessorInformationEx(
    NDIS_HANDLE NdisHandle, PVOID SystemProcessorInfo, PSIZE_T Size);

/* --- ntoskrnl.exe and hal.dll --------------------------------------------- */
NDIS_EXPORT(KIRQL) KeAcquireSpinLockRaiseToDpc(PKSPIN_LOCK SpinLock);
NDIS_EXPORT(VOID) KeReleaseSpinLock(PKSPIN_LOCK SpinLock, KIRQL NewIrql);
NDIS_EXPORT(VOID) KeAcquireSpinLockAtDpcLevel(PKSPIN_LOCK SpinLock);
NDIS_EXPORT(VOID) KeReleaseSpinLockFromDpcLevel(PKSPIN_LOCK SpinLock);
NDIS_EXPORT(VOID) KeAcquireInStackQueuedSpinLock(PKSPIN_LOCK SpinLock,
                                                 PKLOCK_QUEUE_HANDLE Handle);
NDIS_EXPORT(VOID) KeReleaseInStackQueuedSpinLock(PKLOCK_QUEUE_HANDLE Handle);
NDIS_EXPORT(VOID) KeAcquireInStackQueuedSpinLockAtDpcLevel(
    PKSPIN_LOCK SpinLock, PKLOCK_QUEUE_HANDLE LockHandle);
NDIS_EXPORT(VOID) KeReleaseInStackQueuedSpinLockFromDpcLevel(
    PKLOCK_QUEUE_HANDLE LockHandle);
NDIS_EXPORT(KIRQL) KfRaiseIrql(KIRQL NewIrql);
NDIS_EXPORT(VOID) KeLowerIrql(KIRQL NewIrql);
NDIS_EXPORT(VOID) KeInitializeMutex(PRKMUTEX Mutex, ULONG Level);
NDIS_EXPORT(LONG) KeReleaseMutex(PRKMUTEX Mutex, BOOLEAN Wait);
NDIS_EXPORT(VOID) KeInitializeEvent(PKEVENT Event, EVENT_TYPE Type,
                                    BOOLEAN State);
NDIS_EXPORT(LONG) KeSetEvent(PKEVENT Event, KPRIORITY Increment, BOOLEAN Wait);
NDIS_EXPORT(NTSTATUS) KeWaitForSingleObject(PVOID Object,
                                            KWAIT_REASON WaitReason,
                                            KPROCESSOR_MODE WaitMode,
                                            BOOLEAN Alertable,
                                            PLARGE_INTEGER Timeout);
NDIS_EXPORT(VOID) KeInitializeDpc(PRKDPC Dpc,
                                  PKDEFERRED_ROUTINE DeferredRoutine,
                                  PVOID DeferredContext);
NDIS_EXPORT(BOOLEAN) KeInsertQueueDpc(PRKDPC Dpc, PVOID SystemArgument1,
                                      PVOID SystemArgument2);
NDIS_EXPORT(VOID) KeInitializeTimer(PKTIMER Timer);
NDIS_EXPORT(BOOLEAN) KeSetTimer(PKTIMER Timer, LARGE_INTEGER DueTime,
                                PKDPC Dpc);
NDIS_EXPORT(VOID) KeStallExecutionProcessor(ULONG MicroSeconds);
NDIS_EXPORT(ULONG) KeGetProcessorIndexFromNumber(PPROCESSOR_NUMBER ProcNumber);
NDIS_EXPORT(NTSTATUS) KeGetProcessorNumberFromIndex(
    ULONG ProcIndex, PPROCESSOR_NUMBER ProcNumber);
NDIS_EXPORT(ULONG) KeGetCurrentProcessorNumberEx(PPROCESSOR_NUMBER ProcNumber);
NDIS_EXPORT(ULONG) KeQueryActiveProcessorCountEx(USHORT GroupNumber);
NDIS_EXPORT(USHORT) KeQueryHighestNodeNumber(VOID);
NDIS_EXPORT(DECLSPEC_NORETURN VOID) KeBugCheck(ULONG BugCheckCode);
NDIS_EXPORT(DECLSPEC_NORETURN VOID) KeBugCheckEx(
    ULONG BugCheckCode, ULONG_PTR BugCheckParameter1,
    ULONG_PTR BugCheckParameter2, ULONG_PTR BugCheckParameter3,
    ULONG_PTR BugCheckParameter4);
NDIS_EXPORT(PVOID) ExAllocatePoolWithTag(POOL_TYPE PoolType,
                                         SIZE_T NumberOfBytes, ULONG Tag);
NDIS_EXPORT(VOID) ExFreePoolWithTag(PVOID P, ULONG Tag);
NDIS_EXPORT(PVOID) MmMapLockedPagesSpecifyCache(
    PMDL MemoryDescriptorList, KPROCESSOR_MODE AccessMode,
    MEMORY_CACHING_TYPE CacheType, PVOID RequestedAddress,
    ULONG BugCheckOnFailure, ULONG Priority);
NDIS_EXPORT(PVOID) MmGetSystemRoutineAddress(PUNICODE_STRING SystemRoutineName);
NDIS_EXPORT(VOID) RtlInitUnicodeString(PUNICODE_STRING DestinationString,
                                       PCWSTR SourceString);
NDIS_EXPORT(VOID) RtlCopyUnicodeString(PUNICODE_STRING DestinationString,
                                       PCUNICODE_STRING SourceString);
NDIS_EXPORT(NTSTATUS) RtlAppendUnicodeStringToString(
    PUNICODE_STRING Destination, PCUNICODE_STRING Source);
NDIS_EXPORT(NTSTATUS) RtlGetVersion(PRTL_OSVERSIONINFOW lpVersionInformation);
NDIS_EXPORT(VOID) RtlInitializeBitMap(PRTL_BITMAP BitMapHeader,
                                      PULONG BitMapBuffer, ULONG SizeOfBitMap);
NDIS_EXPORT(VOID) IofCompleteRequest(PIRP Irp, CCHAR PriorityBoost);
NDIS_EXPORT(NTSTATUS) IoGetDeviceProperty(PDEVICE_OBJECT DeviceObject,
                                          ULONG DeviceProperty,
                                          ULONG BufferLength,
                                          PVOID PropertyBuffer,
                                          PULONG ResultLength);
NDIS_EXPORT(NTSTATUS) IoGetAffinityInterrupt(
    struct _KINTERRUPT *InterruptObject, PGROUP_AFFINITY GroupAffinity);
NDIS_EXPORT(NTSTATUS) IoWMIRegistrationControl(PDEVICE_OBJECT DeviceObject,
                                               ULONG Action);
NDIS_EXPORT(PVOID) IoAllocateErrorLogEntry(PVOID IoObject, UCHAR EntrySize);
NDIS_EXPORT(VOID) IoWriteErrorLogEntry(PVOID ElEntry);
NDIS_EXPORT(NTSTATUS) PoRegisterPowerSettingCallback(
    PDEVICE_OBJECT DeviceObject, const GUID *SettingGuid, PVOID Callback,
    PVOID Context, PVOID *Handle);
NDIS_EXPORT(NTSTATUS) PoUnregisterPowerSettingCallback(PVOID Handle);
NDIS_EXPORT(NTSTATUS) ZwOpenFile(PHANDLE FileHandle, ACCESS_MASK DesiredAccess,
                                 PVOID ObjectAttributes,
                                 PIO_STATUS_BLOCK IoStatusBlock,
                                 ULONG ShareAccess, ULONG OpenOptions);
NDIS_EXPORT(NTSTATUS) ZwClose(HANDLE Handle);
NDIS_EXPORT(int) _vsnprintf(char *buffer, size_t count, const char *format,
                            NDIS_VA_LIST ap);
NDIS_EXPORT(int) _vsnwprintf(WCHAR *buffer, size_t count, const WCHAR *format,
                             NDIS_VA_LIST ap);
NDIS_EXPORT(int) _purecall(void);

/* --- what the WDK has as macros and inline functions ---------------------- */
#define NdisMoveMemory(dst, src, n)  RtlCopyMemory((dst), (src), (n))
#define NdisZeroMemory(dst, n)       RtlZeroMemory((dst), (n))
#define NdisFillMemory(dst, n, c)    RtlFillMemory((dst), (n), (c))
#define NdisEqualMemory(a, b, n)     RtlEqualMemory((a), (b), (n))
#define NdisInterlockedIncrement(p)  InterlockedIncrement(p)
#define NdisInterlockedDecrement(p)  InterlockedDecrement(p)
#define NdisStallExecution(us)       KeStallExecutionProcessor(us)
#define NdisInitUnicodeString(d, s)  RtlInitUnicodeString((d), (s))
#define NDIS_STRING_CONST(x) \
    { sizeof(L##x) - sizeof(WCHAR), sizeof(L##x), (PWSTR)L##x }

/* WhichSpace of NdisMGetBusData. */
#define PCI_WHICHSPACE_CONFIG 0

#ifdef _WIN32
#define NdisReadRegisterUlong(reg, data) \
    (*(data) = READ_REGISTER_ULONG((volatile ULONG *)(reg)))
#define NdisWriteRegisterUlong(reg, data) \
    WRITE_REGISTER_ULONG((volatile ULONG *)(reg), (data))

#define NdisAllocateSpinLock(lock) KeInitializeSpinLock(&(lock)->SpinLock)
#define NdisFreeSpinLock(lock)     ((void)(lock))
#define NdisAcquireSpinLock(lock) \
    ((void)((lock)->OldIrql = KeAcquireSpinLockRaiseToDpc(&(lock)->SpinLock)))
#define NdisReleaseSpinLock(lock) \
    KeReleaseSpinLock(&(lock)->SpinLock, (lock)->OldIrql)
#define NdisDprAcquireSpinLock(lock) \
    KeAcquireSpinLockAtDpcLevel(&(lock)->SpinLock)
#define NdisDprReleaseSpinLock(lock) \
    KeReleaseSpinLockFromDpcLevel(&(lock)->SpinLock)
#define NDIS_CURRENT_IRQL() KeGetCurrentIrql()
#define NDIS_RAISE_IRQL_TO_DISPATCH(old) (*(old) = KfRaiseIrql(DISPATCH_LEVEL))
#define NDIS_LOWER_IRQL(old, current)    KeLowerIrql(old)

/* Address of the mapped buffer; NULL if it cannot be mapped. */
FORCEINLINE PVOID MmGetSystemAddressForMdlSafe(PMDL mdl, ULONG priority)
{
    if (mdl->MdlFlags &
        (MDL_MAPPED_TO_SYSTEM_VA | MDL_SOURCE_IS_NONPAGED_POOL)) {
        return mdl->MappedSystemVa;
    }
    return MmMapLockedPagesSpecifyCache(mdl, KernelMode, MmCached, NULL,
                                        FALSE, priority);
}
#endif

#define NdisQueryMdl(mdl, va, length, priority) \
    do { \
        *(PVOID *)(va) = MmGetSystemAddressForMdlSafe((mdl), (priority)); \
        *(length) = MmGetMdlByteCount(mdl); \
    } while (0)

#endif
