/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The functions of ntoskrnl.exe that rigshim.sys imports besides those of the
 * NDIS headers; types and values as wdm.h documents them.
 */
#ifndef SHIM_KERNEL_H
#define SHIM_KERNEL_H

#include "ndis-wdm.h"

#define KERNEL_API(type) DECLSPEC_IMPORT type NTAPI

#define IRP_MJ_CREATE         0x00
#define IRP_MJ_CLOSE          0x02
#define IRP_MJ_DEVICE_CONTROL 0x0e
#define IRP_MJ_CLEANUP        0x12
#define IRP_MJ_POWER          0x16
#define IRP_MJ_SYSTEM_CONTROL 0x17

#define IRP_MN_START_DEVICE        0x00
#define IRP_MN_QUERY_REMOVE_DEVICE 0x01
#define IRP_MN_REMOVE_DEVICE       0x02
#define IRP_MN_CANCEL_REMOVE_DEVICE 0x03
#define IRP_MN_STOP_DEVICE         0x04
#define IRP_MN_QUERY_STOP_DEVICE   0x05
#define IRP_MN_CANCEL_STOP_DEVICE  0x06
#define IRP_MN_SURPRISE_REMOVAL    0x17

#define IRP_MN_SET_POWER   0x02
#define IRP_MN_QUERY_POWER 0x03

#define FILE_DEVICE_UNKNOWN     0x00000022
#define FILE_DEVICE_SECURE_OPEN 0x00000100
#define DO_DEVICE_INITIALIZING  0x00000080
#define DO_POWER_PAGABLE        0x00002000

#define SL_PENDING_RETURNED  0x01
#define SL_INVOKE_ON_CANCEL  0x20
#define SL_INVOKE_ON_SUCCESS 0x40
#define SL_INVOKE_ON_ERROR   0x80

#define STATUS_SHIM(n) ((NTSTATUS)(n))
#define SHIM_SUCCESS              STATUS_SHIM(0)
#define SHIM_PENDING              STATUS_SHIM(0x00000103)
#define SHIM_INVALID_PARAMETER    STATUS_SHIM(0xc000000d)
#define SHIM_INVALID_REQUEST      STATUS_SHIM(0xc0000010)
#define SHIM_BUFFER_TOO_SMALL     STATUS_SHIM(0xc0000023)
#define SHIM_RESOURCES            STATUS_SHIM(0xc000009a)
#define SHIM_NOT_READY            STATUS_SHIM(0xc00000a3)
#define SHIM_CONFIGURATION        STATUS_SHIM(0xc0000182)
#define SHIM_MORE_PROCESSING      STATUS_SHIM(0xc0000016)

/* DRIVER_EXTENSION, as far as a driver writes it. */
typedef NTSTATUS NTAPI DRIVER_ADD_DEVICE(PDRIVER_OBJECT Driver,
                                         PDEVICE_OBJECT Pdo);
typedef struct _DRIVER_EXTENSION {
    PDRIVER_OBJECT DriverObject;
    DRIVER_ADD_DEVICE *AddDevice;
    ULONG Count;
    UNICODE_STRING ServiceKeyName;
} DRIVER_EXTENSION, *PDRIVER_EXTENSION;

typedef union _POWER_STATE {
    SYSTEM_POWER_STATE SystemState;
    DEVICE_POWER_STATE DeviceState;
} POWER_STATE;

typedef enum _POWER_STATE_TYPE {
    SystemPowerState,
    DevicePowerState,
} POWER_STATE_TYPE;

/* IO_STACK_LOCATION.Parameters.Power */
typedef struct _SHIM_POWER {
    ULONG SystemContext;
    POWER_STATE_TYPE DECLSPEC_ALIGN(8) Type;
    POWER_STATE DECLSPEC_ALIGN(8) State;
    int DECLSPEC_ALIGN(8) ShutdownType;
} SHIM_POWER;

typedef VOID NTAPI REQUEST_POWER_COMPLETE(PDEVICE_OBJECT Device, UCHAR Minor,
                                          POWER_STATE State, PVOID Context,
                                          PIO_STATUS_BLOCK Status);
typedef NTSTATUS NTAPI IO_COMPLETION_ROUTINE(PDEVICE_OBJECT Device, PIRP Irp,
                                             PVOID Context);

KERNEL_API(NTSTATUS) IoCreateDevice(PDRIVER_OBJECT Driver, ULONG Extension,
                                    PUNICODE_STRING Name, DEVICE_TYPE Type,
                                    ULONG Characteristics, BOOLEAN Exclusive,
                                    PDEVICE_OBJECT *Device);
KERNEL_API(VOID) IoDeleteDevice(PDEVICE_OBJECT Device);
KERNEL_API(PDEVICE_OBJECT) IoAttachDeviceToDeviceStack(PDEVICE_OBJECT Source,
                                                       PDEVICE_OBJECT Target);
KERNEL_API(VOID) IoDetachDevice(PDEVICE_OBJECT Lower);
KERNEL_API(NTSTATUS) IoCreateSymbolicLink(PUNICODE_STRING Link,
                                          PUNICODE_STRING Device);
KERNEL_API(NTSTATUS) IoDeleteSymbolicLink(PUNICODE_STRING Link);
KERNEL_API(BOOLEAN) IoForwardIrpSynchronously(PDEVICE_OBJECT Device, PIRP Irp);
KERNEL_API(NTSTATUS) IofCallDriver(PDEVICE_OBJECT Device, PIRP Irp);
KERNEL_API(VOID) IofCompleteRequest(PIRP Irp, CCHAR Boost);
KERNEL_API(PVOID) MmMapIoSpace(PHYSICAL_ADDRESS Address, SIZE_T Bytes,
                               MEMORY_CACHING_TYPE Cache);
KERNEL_API(VOID) MmUnmapIoSpace(PVOID Address, SIZE_T Bytes);
KERNEL_API(ULONG) KeGetCurrentProcessorNumberEx(PPROCESSOR_NUMBER Number);
KERNEL_API(PVOID) PsGetCurrentThread(VOID);
KERNEL_API(NTSTATUS) PoRequestPowerIrp(PDEVICE_OBJECT Device, UCHAR Minor,
                                       POWER_STATE State,
                                       REQUEST_POWER_COMPLETE *Complete,
                                       PVOID Context, PIRP *Irp);

FORCEINLINE VOID ShimSkipLocation(PIRP Irp)
{
    Irp->CurrentLocation++;
    Irp->Tail.Overlay.CurrentStackLocation++;
}

/* CR8 is the processor's IRQL: raising it is one instruction. */
FORCEINLINE VOID ShimSetIrql(KIRQL Irql)
{
    __asm__ volatile("mov %0, %%cr8" : : "r"((ULONG_PTR)Irql) : "memory");
}

#endif
