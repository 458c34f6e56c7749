/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Power policy of rig-tap's function: its device state follows the system's.
 *
 * A system request goes down first; when it comes back, the device request
 * that it asks for is sent, and the system request ends when that one has. In
 * D3 the BARs answer nothing, so the tap is let go before the device goes
 * there, and taken back when it is in D0 again. WDK, "Rules for Handling
 * Device Power IRPs", "Handling a System Set-Power IRP in a Device Power Policy
 * Owner".
 */
#include "kernel.h"
#include "shim.h"

static const SHIM_POWER *ShimPowerOf(PIRP Irp)
{
    return (const SHIM_POWER *)&IoGetCurrentIrpStackLocation(Irp)->Parameters;
}

/* Pass it on with a completion routine that sees every outcome. */
static NTSTATUS ShimPassWith(PSHIM_DEVICE Device, PIRP Irp,
                             IO_COMPLETION_ROUTINE *Routine, PVOID Context)
{
    PIO_STACK_LOCATION here = IoGetCurrentIrpStackLocation(Irp);
    PIO_STACK_LOCATION next = here - 1;

    here->Control |= SL_PENDING_RETURNED;
    next->MajorFunction = here->MajorFunction;
    next->MinorFunction = here->MinorFunction;
    next->Flags = here->Flags;
    next->Parameters = here->Parameters;
    next->CompletionRoutine = Routine;
    next->Context = Context;
    next->Control = SL_INVOKE_ON_SUCCESS | SL_INVOKE_ON_ERROR |
                    SL_INVOKE_ON_CANCEL;
    IofCallDriver(Device->Lower, Irp);
    return SHIM_PENDING;
}

/* --- device states ------------------------------------------------------- */

static NTSTATUS NTAPI ShimPoweredUp(PDEVICE_OBJECT Device, PIRP Irp,
                                    PVOID Context)
{
    PSHIM_DEVICE d = Context;

    UNREFERENCED_PARAMETER(Device);
    if (Irp->IoStatus.Status >= 0 && d->Registers) {
        ShimTapAttach(d->Registers, d->Slots);
    }
    return SHIM_SUCCESS;
}

static NTSTATUS ShimDevicePower(PDEVICE_OBJECT Device, PIRP Irp)
{
    PSHIM_DEVICE d = Device->DeviceExtension;

    if (ShimPowerOf(Irp)->State.DeviceState == PowerDeviceD0) {
        return ShimPassWith(d, Irp, ShimPoweredUp, d);
    }
    ShimTapDetach();
    return ShimPass(Device, Irp);
}

/* --- system states ------------------------------------------------------- */

static VOID NTAPI ShimDeviceFollowed(PDEVICE_OBJECT Device, UCHAR Minor,
                                     POWER_STATE State, PVOID Context,
                                     PIO_STATUS_BLOCK Status)
{
    PIRP irp = Context;

    UNREFERENCED_PARAMETER(Device);
    UNREFERENCED_PARAMETER(Minor);
    UNREFERENCED_PARAMETER(State);
    irp->IoStatus.Status = Status->Status;
    IofCompleteRequest(irp, 0);
}

/* The bus driver knows of the system's state: now the device's. */
static NTSTATUS NTAPI ShimSystemDone(PDEVICE_OBJECT Device, PIRP Irp,
                                     PVOID Context)
{
    PSHIM_DEVICE d = Context;
    POWER_STATE state;
    NTSTATUS status;

    UNREFERENCED_PARAMETER(Device);
    if (Irp->IoStatus.Status < 0) {
        return SHIM_SUCCESS;
    }
    state.DeviceState = ShimPowerOf(Irp)->State.SystemState ==
                        PowerSystemWorking ? PowerDeviceD0 : PowerDeviceD3;
    status = PoRequestPowerIrp(
        d->Pdo, IoGetCurrentIrpStackLocation(Irp)->MinorFunction, state,
        ShimDeviceFollowed, Irp, NULL);
    if (status != SHIM_PENDING) {
        Irp->IoStatus.Status = status;
        return SHIM_SUCCESS;
    }
    return SHIM_MORE_PROCESSING;
}

NTSTATUS NTAPI ShimPower(PDEVICE_OBJECT Device, PIRP Irp)
{
    UCHAR minor = IoGetCurrentIrpStackLocation(Irp)->MinorFunction;

    if (minor != IRP_MN_SET_POWER && minor != IRP_MN_QUERY_POWER) {
        return ShimPass(Device, Irp);
    }
    if (ShimPowerOf(Irp)->Type == SystemPowerState) {
        return ShimPassWith(Device->DeviceExtension, Irp, ShimSystemDone,
                            Device->DeviceExtension);
    }
    return minor == IRP_MN_SET_POWER ? ShimDevicePower(Device, Irp)
                                     : ShimPass(Device, Irp);
}
