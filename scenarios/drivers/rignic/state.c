/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pause, restart, reset, shutdown and removal. */
#include "rignic.h"

#define RIGNIC_DRAIN_POLL_US 1000
#define RIGNIC_DRAIN_POLLS   100

VOID RignicReference(PRIGNIC_ADAPTER Adapter)
{
    InterlockedIncrement(&Adapter->Busy);
}

/* TRUE for the one who completes a pause. */
static BOOLEAN RignicDrop(PRIGNIC_ADAPTER Adapter, LONG Count)
{
    return InterlockedExchangeAdd(&Adapter->Busy, -Count) == Count &&
           InterlockedExchange(&Adapter->Pausing, FALSE);
}

VOID RignicDereference(PRIGNIC_ADAPTER Adapter, ULONG Count)
{
    if (Count != 0 && RignicDrop(Adapter, (LONG)Count)) {
        NdisMPauseComplete(Adapter->Handle);
    }
}

/* Let the device send what it has, then take back what it did not send. */
static VOID RignicDrainTransmit(PRIGNIC_ADAPTER Adapter)
{
    ULONG i;

    RignicAbortTransmit(Adapter, NDIS_STATUS_PAUSED, FALSE);
    for (i = 0; i < RIGNIC_DRAIN_POLLS && !Adapter->Removed &&
                !RignicTransmitIdle(Adapter);
         i++) {
        NdisMSleep(RIGNIC_DRAIN_POLL_US);
    }
    RignicAbortTransmit(Adapter, NDIS_STATUS_PAUSED, TRUE);
}

NDIS_STATUS NTAPI RignicPause(NDIS_HANDLE MiniportAdapterContext,
                              PNDIS_MINIPORT_PAUSE_PARAMETERS PauseParameters)
{
    PRIGNIC_ADAPTER adapter = MiniportAdapterContext;

    UNREFERENCED_PARAMETER(PauseParameters);
    InterlockedExchange(&adapter->Running, FALSE);
    RignicWrite(adapter, RIG_NIC_CTRL, RIG_NIC_CTRL_TXEN);
    RignicDrainTransmit(adapter);
    RignicHwSetDirections(adapter);
    InterlockedExchange(&adapter->Pausing, TRUE);
    return RignicDrop(adapter, 1) ? NDIS_STATUS_SUCCESS : NDIS_STATUS_PENDING;
}

NDIS_STATUS NTAPI RignicRestart(
    NDIS_HANDLE MiniportAdapterContext,
    PNDIS_MINIPORT_RESTART_PARAMETERS RestartParameters)
{
    PRIGNIC_ADAPTER adapter = MiniportAdapterContext;

    UNREFERENCED_PARAMETER(RestartParameters);
    RignicReference(adapter);
    InterlockedExchange(&adapter->Running, TRUE);
    RignicHwSetDirections(adapter);
    return NDIS_STATUS_SUCCESS;
}

BOOLEAN NTAPI RignicCheckForHangEx(NDIS_HANDLE MiniportAdapterContext)
{
    PRIGNIC_ADAPTER adapter = MiniportAdapterContext;
    BOOLEAN stuck;
    KIRQL irql;

    NDIS_RAISE_IRQL_TO_DISPATCH(&irql);
    stuck = RignicTransmitStuck(adapter);
    NDIS_LOWER_IRQL(irql, DISPATCH_LEVEL);
    return stuck && !adapter->Removed;
}

NDIS_STATUS NTAPI RignicResetEx(NDIS_HANDLE MiniportAdapterContext,
                                PBOOLEAN AddressingReset)
{
    PRIGNIC_ADAPTER adapter = MiniportAdapterContext;
    NDIS_STATUS status;

    *AddressingReset = FALSE;  /* the driver restores filter and list itself */
    RignicDisableInterrupts(adapter);
    adapter->LostBeforeReset +=
        RignicReadStatistic(adapter, RIG_NIC_STAT_RX_NODESC);
    status = RignicHwReset(adapter);
    RignicAbortTransmit(adapter, NDIS_STATUS_REQUEST_ABORTED, TRUE);
    if (status != NDIS_STATUS_SUCCESS) {
        NdisWriteErrorLogEntry(adapter->Handle,
                               NDIS_ERROR_CODE_HARDWARE_FAILURE, 1,
                               (ULONG)status);
        return NDIS_STATUS_HARD_ERRORS;
    }
    RignicHwEnable(adapter);
    return NDIS_STATUS_SUCCESS;
}

/* Silence the device and nothing else: no lock, no NDIS call. */
VOID NTAPI RignicShutdownEx(NDIS_HANDLE MiniportAdapterContext,
                            NDIS_SHUTDOWN_ACTION ShutdownAction)
{
    PRIGNIC_ADAPTER adapter = MiniportAdapterContext;

    UNREFERENCED_PARAMETER(ShutdownAction);
    RignicWrite(adapter, RIG_NIC_IMC, RIG_NIC_CAUSE_ALL);
    RignicWrite(adapter, RIG_NIC_CTRL, RIG_NIC_CTRL_RST);
}

VOID NTAPI RignicDevicePnPEventNotify(NDIS_HANDLE MiniportAdapterContext,
                                      PNET_DEVICE_PNP_EVENT NetDevicePnPEvent)
{
    PRIGNIC_ADAPTER adapter = MiniportAdapterContext;

    if (NetDevicePnPEvent->DevicePnPEvent ==
        NdisDevicePnPEventSurpriseRemoved) {
        InterlockedExchange(&adapter->Removed, TRUE);
    }
}
