/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The port's life: acquired stage by stage, released in the reverse order.
 *
 * Whoever reads LioInitialize or LioHalt sees no call that registers or
 * deregisters the interrupt: both walk the table.
 */
#include "lineio.h"
#include "seeds.h"

#define LIO_REPORT 512            /* bytes; SEED_S20 */

typedef NDIS_STATUS LIO_ACQUIRE(PLIO_PORT Port);
typedef VOID LIO_RELEASE(PLIO_PORT Port);

/* The interrupt comes after all that its handlers use, the card is started
   when everything else is there. */
static const struct {
    LIO_ACQUIRE *Acquire;
    LIO_RELEASE *Release;         /* NULL: nothing to do */
} LioStages[] = {
    { LioSetRegistration, NULL },
    { LioMapCard, LioUnmapCard },
    { LioFindCard, NULL },
    { LioMakeDma, LioFreeDma },
    { LioMakeShared, LioFreeShared },
    { LioMakeLists, LioFreeLists },
    { LioMakeTimer, LioFreeTimer },
#if LINEIO_DEFECT == SEED_S14
    { LioMakeLine, NULL },
    { LioConnect, LioDisconnect },
    { LioSetGeneral, LioFreeLine }, /* SEED_S14: while it is connected */
#elif LINEIO_DEFECT == SEED_S06
    { LioMakeLine, LioFreeLine },
    { LioConnect, NULL },          /* SEED_S06: nobody deregisters */
    { LioSetGeneral, NULL },
#elif LINEIO_DEFECT == SEED_S12
    { LioMakeLine, LioFreeLine },
    { LioConnect, LioDisconnect },
    { LioSetGeneral, LioDisconnect }, /* SEED_S12: its own stage does, too */
#else
    { LioMakeLine, LioFreeLine },
    { LioConnect, LioDisconnect },
    { LioSetGeneral, NULL },
#endif
#if LINEIO_DEFECT == SEED_S15
    { LioStartCard, NULL },        /* SEED_S15: it keeps running */
#else
    { LioStartCard, LioStopCard },
#endif
};

#if LINEIO_DEFECT == SEED_S22
static BOOLEAN LioEmpty;          /* a halt has released all there was */
#endif

/* Release the newest stages until `Keep` of them are left. */
static VOID LioWalkBack(PLIO_PORT Port, ULONG Keep)
{
    while (Port->Stages > Keep) {
        LIO_RELEASE *release = LioStages[--Port->Stages].Release;

        if (release != NULL) {
            release(Port);
        }
    }
}

static VOID LioFreePort(PLIO_PORT Port)
{
    NdisFreeSpinLock(&Port->Lock);
    NdisFreeMemory(Port, sizeof(*Port), 0);
}

static PLIO_PORT LioMakePort(NDIS_HANDLE Miniport,
                             PNDIS_MINIPORT_INIT_PARAMETERS Parameters)
{
    PLIO_PORT port = NdisAllocateMemoryWithTagPriority(
        Miniport, sizeof(*port), LIO_TAG, NormalPoolPriority);

    if (port != NULL) {
        NdisZeroMemory(port, sizeof(*port));
        port->Miniport = Miniport;
        port->Resources = Parameters->AllocatedResources;
        port->WaitingEnd = &port->Waiting;
        NdisAllocateSpinLock(&port->Lock);
    }
    return port;
}

/* The stage above Port->Stages has failed. */
static VOID LioFail(PLIO_PORT Port)
{
#if LINEIO_DEFECT == SEED_S01
    if (LioStages[Port->Stages].Acquire == LioSetGeneral) {
        return; /* SEED_S01 */
    }
#elif LINEIO_DEFECT == SEED_S02
    if (Port->Stages > 0) {
        Port->Stages--; /* SEED_S02: the newest stage is forgotten */
    }
#elif LINEIO_DEFECT == SEED_S05
    return; /* SEED_S05: left to LioHalt */
#elif LINEIO_DEFECT == SEED_S20
    PVOID report = NdisAllocateMemoryWithTagPriority(
        Port->Miniport, LIO_REPORT, LIO_TAG, LowPoolPriority);

    if (report == NULL) {
        return; /* SEED_S20: without a report there is no walking back */
    }
    NdisFreeMemory(report, LIO_REPORT, 0);
#elif LINEIO_DEFECT == SEED_S21
    if (Port->Card != NULL && LioResetCard(Port) != NDIS_STATUS_SUCCESS) {
        return; /* SEED_S21 */
    }
#elif LINEIO_DEFECT == SEED_S22
    if (LioEmpty) {
        return; /* SEED_S22: was true once */
    }
#endif
    LioWalkBack(Port, 0);
    LioFreePort(Port);
}

NDIS_STATUS NTAPI LioInitialize(
    NDIS_HANDLE NdisMiniportHandle, NDIS_HANDLE MiniportDriverContext,
    PNDIS_MINIPORT_INIT_PARAMETERS MiniportInitParameters)
{
    PLIO_PORT port = LioMakePort(NdisMiniportHandle, MiniportInitParameters);
    NDIS_STATUS status = NDIS_STATUS_SUCCESS;

    UNREFERENCED_PARAMETER(MiniportDriverContext);
    if (port == NULL) {
        return NDIS_STATUS_RESOURCES;
    }
    while (port->Stages < ARRAYSIZE(LioStages)) {
        status = LioStages[port->Stages].Acquire(port);
        if (status != NDIS_STATUS_SUCCESS) {
            NdisWriteErrorLogEntry(NdisMiniportHandle,
                                   NDIS_ERROR_CODE_DRIVER_FAILURE, 2,
                                   port->Stages, (ULONG)status);
            LioFail(port);
            return status;
        }
        port->Stages++;
    }
    port->Resources = NULL;
    return NDIS_STATUS_SUCCESS;
}

VOID NTAPI LioHalt(NDIS_HANDLE MiniportAdapterContext,
                   NDIS_HALT_ACTION HaltAction)
{
    PLIO_PORT port = MiniportAdapterContext;

    if (HaltAction == NdisHaltDeviceSurpriseRemoved) {
        port->Gone = TRUE;
    }
#if LINEIO_DEFECT == SEED_S07
    if (LioGet(port, RIG_NIC_ID) != RIG_NIC_ID_VALUE) {
        LioFreePort(port); /* SEED_S07: no card, no stages */
        return;
    }
#elif LINEIO_DEFECT == SEED_S08
    if (LioResetCard(port) != NDIS_STATUS_SUCCESS) {
        return; /* SEED_S08 */
    }
#elif LINEIO_DEFECT == SEED_S22
    LioEmpty = TRUE;
#endif
    LioWalkBack(port, 0);
    LioFreePort(port);
}

/* --- reset, shutdown, removal -------------------------------------------- */

BOOLEAN NTAPI LioCheckForHang(NDIS_HANDLE MiniportAdapterContext)
{
    PLIO_PORT port = MiniportAdapterContext;

    return !port->Gone && (LioGet(port, RIG_NIC_TX(0) + RIG_NIC_RING_CTRL) &
                           RIG_NIC_RING_HALTED) == RIG_NIC_RING_HALTED;
}

NDIS_STATUS NTAPI LioReset(NDIS_HANDLE MiniportAdapterContext,
                           PBOOLEAN AddressingReset)
{
    PLIO_PORT port = MiniportAdapterContext;

    *AddressingReset = FALSE;
    if (LioResetCard(port) != NDIS_STATUS_SUCCESS) {
        return NDIS_STATUS_HARD_ERRORS;
    }
    return LioStartCard(port);
}

VOID NTAPI LioShutdown(NDIS_HANDLE MiniportAdapterContext,
                       NDIS_SHUTDOWN_ACTION ShutdownAction)
{
    PLIO_PORT port = MiniportAdapterContext;

    UNREFERENCED_PARAMETER(ShutdownAction);
    LioPut(port, RIG_NIC_IMC, RIG_NIC_CAUSE_ALL);
    LioPut(port, RIG_NIC_CTRL, RIG_NIC_CTRL_RST);
}

VOID NTAPI LioPnPEvent(NDIS_HANDLE MiniportAdapterContext,
                       PNET_DEVICE_PNP_EVENT NetDevicePnPEvent)
{
    PLIO_PORT port = MiniportAdapterContext;

    if (NetDevicePnPEvent->DevicePnPEvent ==
        NdisDevicePnPEventSurpriseRemoved) {
        port->Gone = TRUE;
    }
}
