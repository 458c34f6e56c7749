/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The PnP life of rig-tap's function: its two BARs come and go. */
#include "kernel.h"
#include "shim.h"

#define SHIM_SLOTS_SIZE (RIG_TAP_SLOTS * RIG_TAP_SLOT_SIZE)

static WCHAR ShimDeviceText[] = L"\\Device\\RigShim";
static WCHAR ShimLinkText[] = L"\\DosDevices\\RigShim";

static UNICODE_STRING ShimDeviceName = {
    sizeof(ShimDeviceText) - sizeof(WCHAR), sizeof(ShimDeviceText),
    ShimDeviceText,
};
static UNICODE_STRING ShimLinkName = {
    sizeof(ShimLinkText) - sizeof(WCHAR), sizeof(ShimLinkText), ShimLinkText,
};

NTSTATUS ShimComplete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IofCompleteRequest(Irp, 0);
    return Status;
}

NTSTATUS NTAPI ShimPass(PDEVICE_OBJECT Device, PIRP Irp)
{
    PSHIM_DEVICE d = Device->DeviceExtension;

    ShimSkipLocation(Irp);
    return IofCallDriver(d->Lower, Irp);
}

/*
 * A second tap in the machine gets no driver: which of two streams a marker
 * belongs to could not be told.
 */
NTSTATUS NTAPI ShimAddDevice(PDRIVER_OBJECT Driver, PDEVICE_OBJECT Pdo)
{
    PDEVICE_OBJECT device;
    PSHIM_DEVICE d;
    NTSTATUS status;

    status = IoCreateDevice(Driver, sizeof(*d), &ShimDeviceName,
                            FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN,
                            FALSE, &device);
    if (status < 0) {
        return status;
    }
    d = device->DeviceExtension; /* zeroed by the system */
    d->Pdo = Pdo;
    d->Lower = IoAttachDeviceToDeviceStack(device, Pdo);
    if (!d->Lower) {
        IoDeleteDevice(device);
        return STATUS_SHIM(0xc000000e); /* STATUS_NO_SUCH_DEVICE */
    }
    device->Flags |= d->Lower->Flags & DO_POWER_PAGABLE;
    device->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    return SHIM_SUCCESS;
}

/* --- the tap -------------------------------------------------------------- */

/* Memory resource number n, in order of BARs; NULL: too small, or missing. */
static PVOID ShimMap(const CM_RESOURCE_LIST *Resources, ULONG Number,
                     ULONG Bytes)
{
    const CM_PARTIAL_RESOURCE_LIST *list;
    ULONG i;

    if (!Resources || !Resources->Count) {
        return NULL;
    }
    list = &Resources->List[0].PartialResourceList;
    for (i = 0; i < list->Count; i++) {
        const CM_PARTIAL_RESOURCE_DESCRIPTOR *r = &list->PartialDescriptors[i];

        if (r->Type != CmResourceTypeMemory || Number-- != 0) {
            continue;
        }
        return r->u.Memory.Length < Bytes ? NULL :
               MmMapIoSpace(r->u.Memory.Start, Bytes, MmNonCached);
    }
    return NULL;
}

static VOID ShimStop(PSHIM_DEVICE Device)
{
    if (Device->Linked) {
        IoDeleteSymbolicLink(&ShimLinkName);
        Device->Linked = FALSE;
    }
    ShimTapDetach();
    if (Device->Registers) {
        MmUnmapIoSpace(Device->Registers, RIG_TAP_REGS_SIZE);
    }
    if (Device->Slots) {
        MmUnmapIoSpace(Device->Slots, SHIM_SLOTS_SIZE);
    }
    Device->Registers = Device->Slots = NULL;
}

static NTSTATUS ShimStart(PSHIM_DEVICE Device,
                          const CM_RESOURCE_LIST *Resources)
{
    NTSTATUS status;

    Device->Registers = ShimMap(Resources, 0, RIG_TAP_REGS_SIZE);
    Device->Slots = ShimMap(Resources, 1, SHIM_SLOTS_SIZE);
    if (!Device->Registers || !Device->Slots) {
        ShimStop(Device);
        return SHIM_RESOURCES;
    }
    if (!ShimTapAttach(Device->Registers, Device->Slots)) {
        ShimStop(Device);
        return SHIM_CONFIGURATION; /* no tap, or of another version */
    }
    status = IoCreateSymbolicLink(&ShimLinkName, &ShimDeviceName);
    Device->Linked = status >= 0;
    if (!Device->Linked) {
        ShimStop(Device);
    }
    return status;
}

/* --- PnP requests -------------------------------------------------------- */

static NTSTATUS ShimStartRequest(PSHIM_DEVICE Device, PIRP Irp)
{
    const IO_STACK_LOCATION *s = IoGetCurrentIrpStackLocation(Irp);
    NTSTATUS status = SHIM_RESOURCES;

    if (IoForwardIrpSynchronously(Device->Lower, Irp)) {
        status = Irp->IoStatus.Status;
    }
    if (status >= 0) {
        status = ShimStart(Device,
                           s->Parameters.StartDevice
                               .AllocatedResourcesTranslated);
    }
    return ShimComplete(Irp, status, 0);
}

static NTSTATUS ShimRemoveRequest(PDEVICE_OBJECT Device, PIRP Irp)
{
    PSHIM_DEVICE d = Device->DeviceExtension;
    PDEVICE_OBJECT lower = d->Lower;
    NTSTATUS status;

    ShimStop(d);
    Irp->IoStatus.Status = SHIM_SUCCESS;
    ShimSkipLocation(Irp);
    status = IofCallDriver(lower, Irp);
    IoDetachDevice(lower);
    IoDeleteDevice(Device);
    return status;
}

NTSTATUS NTAPI ShimPnp(PDEVICE_OBJECT Device, PIRP Irp)
{
    PSHIM_DEVICE d = Device->DeviceExtension;

    switch (IoGetCurrentIrpStackLocation(Irp)->MinorFunction) {
    case IRP_MN_START_DEVICE:
        return ShimStartRequest(d, Irp);
    case IRP_MN_REMOVE_DEVICE:
        return ShimRemoveRequest(Device, Irp);
    case IRP_MN_STOP_DEVICE:
    case IRP_MN_SURPRISE_REMOVAL:
        ShimStop(d);
        Irp->IoStatus.Status = SHIM_SUCCESS;
        return ShimPass(Device, Irp);
    case IRP_MN_QUERY_STOP_DEVICE:
    case IRP_MN_CANCEL_STOP_DEVICE:
    case IRP_MN_QUERY_REMOVE_DEVICE:
    case IRP_MN_CANCEL_REMOVE_DEVICE:
        Irp->IoStatus.Status = SHIM_SUCCESS;
        return ShimPass(Device, Irp);
    default:
        return ShimPass(Device, Irp);
    }
}
