/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Driver entry and unload: the rig-nic miniport makes itself known to NDIS. */
#include "rignic.h"
#include "seeds.h"

#define RIGNIC_NDIS_MAJOR   6
#define RIGNIC_NDIS_MINOR   30
#define RIGNIC_MAJOR_VERSION 1
#define RIGNIC_MINOR_VERSION 0

DRIVER_INITIALIZE DriverEntry;
static MINIPORT_UNLOAD RignicUnload;

static NDIS_HANDLE RignicDriverHandle;

#if RIGNIC_STYLE == STYLE_ENTRY || RIGNIC_DEFECT == SEED_S24
#define RIGNIC_LOG_SIZE 4096

static PVOID RignicLog;        /* of all adapters */

/* The last step of DriverEntry. */
static NTSTATUS RignicAllocateLog(VOID)
{
    RignicLog = NdisAllocateMemoryWithTagPriority(
        RignicDriverHandle, RIGNIC_LOG_SIZE, RIGNIC_TAG, NormalPoolPriority);
    if (RignicLog == NULL) {
#if RIGNIC_DEFECT != SEED_S24 /* SEED_S24: the miniport stays registered */
        NdisMDeregisterMiniportDriver(RignicDriverHandle);
#endif
        return NDIS_STATUS_RESOURCES;
    }
    return NDIS_STATUS_SUCCESS;
}
#endif

static VOID NTAPI RignicUnload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
#if RIGNIC_STYLE == STYLE_ENTRY || RIGNIC_DEFECT == SEED_S24
    NdisFreeMemory(RignicLog, 0, 0);
#endif
    NdisMDeregisterMiniportDriver(RignicDriverHandle);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject,
                           PUNICODE_STRING RegistryPath)
{
    NDIS_MINIPORT_DRIVER_CHARACTERISTICS chars;
    NDIS_STATUS status;

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

    status = NdisMRegisterMiniportDriver(DriverObject, RegistryPath, NULL,
                                         &chars, &RignicDriverHandle);
#if RIGNIC_STYLE == STYLE_ENTRY || RIGNIC_DEFECT == SEED_S24
    if (status == NDIS_STATUS_SUCCESS) {
        status = RignicAllocateLog();
    }
#endif
    return status;
}
