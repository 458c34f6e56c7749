/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Driver entry and unload: the rig-nic miniport makes itself known to NDIS. */
#include "rignic.h"

#define RIGNIC_NDIS_MAJOR   6
#define RIGNIC_NDIS_MINOR   30
#define RIGNIC_MAJOR_VERSION 1
#define RIGNIC_MINOR_VERSION 0

DRIVER_INITIALIZE DriverEntry;
static MINIPORT_UNLOAD RignicUnload;

static NDIS_HANDLE RignicDriverHandle;

static VOID NTAPI RignicUnload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    NdisMDeregisterMiniportDriver(RignicDriverHandle);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject,
                           PUNICODE_STRING RegistryPath)
{
    NDIS_MINIPORT_DRIVER_CHARACTERISTICS chars;

    NdisZeroMemory(&chars, sizeof(chars));
    chars.Header.Type = NDIS_OBJECT_TYPE_MINIPORT_DRIVER_CHARACTERISTICS;
    chars.Header.Revision = NDIS_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_2;
    chars.Header.Size = NDIS_SIZEOF_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_2;
    chars.MajorNdisVersion = RIGNIC_NDIS_MAJOR;
    chars.MinorNdisVersion = RIGNIC_NDIS_MINOR;
    chars.MajorDriverVersion = RIGNIC_MAJOR_VERSION;
    chars.MinorDriverVersion = RIGNIC_MINOR_VERSION;
    chars.InitializeHandlerEx = RignicInitializeEx;
    chars.HaltHandlerEx = RignicHaltEx;
    chars.UnloadHandler = RignicUnload;
    chars.PauseHandler = RignicPause;
    chars.RestartHandler = RignicRestart;
    chars.OidRequestHandler = RignicOidRequest;
    chars.CancelOidRequestHandler = RignicCancelOidRequest;
    chars.SendNetBufferListsHandler = RignicSendNetBufferLists;
    chars.CancelSendHandler = RignicCancelSend;
    chars.ReturnNetBufferListsHandler = RignicReturnNetBufferLists;
    chars.CheckForHangHandlerEx = RignicCheckForHangEx;
    chars.ResetHandlerEx = RignicResetEx;
    chars.DevicePnPEventNotifyHandler = RignicDevicePnPEventNotify;
    chars.ShutdownHandlerEx = RignicShutdownEx;

    return NdisMRegisterMiniportDriver(DriverObject, RegistryPath, NULL,
                                       &chars, &RignicDriverHandle);
}
