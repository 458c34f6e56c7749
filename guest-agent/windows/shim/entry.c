/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DriverEntry of rigshim.sys.
 *
 * The image has two lives: as the function driver of rig-tap, and as a module
 * that instrumented drivers import from. Whichever comes first loads it; as a
 * module it is ready at once, because all that it needs is static, and calls
 * go through unmarked until the tap is started. WDK, "Creating Export Drivers".
 */
#include "kernel.h"
#include "shim.h"

DRIVER_INITIALIZE DriverEntry;
NTSTATUS NTAPI DllInitialize(PUNICODE_STRING RegistryPath);
NTSTATUS NTAPI DllUnload(VOID);

NTSTATUS NTAPI DllInitialize(PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    return SHIM_SUCCESS;
}

/* Called when no driver imports from us any more. */
NTSTATUS NTAPI DllUnload(VOID)
{
    return SHIM_SUCCESS;
}

/* All devices are removed, and the tap was given back with the last. */
static VOID NTAPI ShimUnload(PDRIVER_OBJECT Driver)
{
    UNREFERENCED_PARAMETER(Driver);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    PDRIVER_EXTENSION extension = Driver->DriverExtension;

    UNREFERENCED_PARAMETER(RegistryPath);
    extension->AddDevice = ShimAddDevice;
    Driver->DriverUnload = ShimUnload;
    Driver->MajorFunction[IRP_MJ_PNP] = ShimPnp;
    Driver->MajorFunction[IRP_MJ_POWER] = ShimPower;
    Driver->MajorFunction[IRP_MJ_SYSTEM_CONTROL] = ShimPass;
    Driver->MajorFunction[IRP_MJ_CREATE] = ShimOpenClose;
    Driver->MajorFunction[IRP_MJ_CLEANUP] = ShimOpenClose;
    Driver->MajorFunction[IRP_MJ_CLOSE] = ShimOpenClose;
    Driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = ShimRequest;
    return SHIM_SUCCESS;
}
