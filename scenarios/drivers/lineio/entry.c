/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The driver registers as an NDIS 6.20 miniport, and takes that back. */
#include "lineio.h"

DRIVER_INITIALIZE DriverEntry;
static MINIPORT_UNLOAD LioUnload;

static NDIS_HANDLE LioDriver;

static VOID NTAPI LioUnload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    NdisMDeregisterMiniportDriver(LioDriver);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject,
                           PUNICODE_STRING RegistryPath)
{
    static const NDIS_MINIPORT_DRIVER_CHARACTERISTICS handlers = {
        .Header = {
            .Type = NDIS_OBJECT_TYPE_MINIPORT_DRIVER_CHARACTERISTICS,
            .Revision = NDIS_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_1,
            .Size = NDIS_SIZEOF_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_1,
        },
        .MajorNdisVersion = 6,
        .MinorNdisVersion = 20,
        .MajorDriverVersion = 1,
        .InitializeHandlerEx = LioInitialize,
        .HaltHandlerEx = LioHalt,
        .UnloadHandler = LioUnload,
        .PauseHandler = LioPause,
        .RestartHandler = LioRestart,
        .OidRequestHandler = LioRequest,
        .CancelOidRequestHandler = LioCancelRequest,
        .SendNetBufferListsHandler = LioSend,
        .CancelSendHandler = LioCancelSend,
        .ReturnNetBufferListsHandler = LioReturn,
        .CheckForHangHandlerEx = LioCheckForHang,
        .ResetHandlerEx = LioReset,
        .DevicePnPEventNotifyHandler = LioPnPEvent,
        .ShutdownHandlerEx = LioShutdown,
    };
    NDIS_MINIPORT_DRIVER_CHARACTERISTICS copy = handlers;

    return NdisMRegisterMiniportDriver(DriverObject, RegistryPath, NULL, &copy,
                                       &LioDriver);
}
