/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * MiniportInitializeEx and MiniportHaltEx: acquire everything, release it.
 *
 * There is one way back. RignicUndo releases from a given step down to the
 * adapter itself; halt enters at the top, a failing init at the step that
 * belongs to what it had acquired. The device falls silent and the interrupt
 * is deregistered first: NdisMDeregisterInterruptEx returns only when no DPC
 * runs any more, so the memory that DPCs use can go afterwards. Every release
 * function accepts what was never acquired.
 */
#include "rignic.h"
#include "seeds.h"

typedef enum _RIGNIC_UNDO {
    RignicUndoInterrupt,       /* everything that came after registration */
    RignicUndoRegisters,
    RignicUndoAdapter,
} RIGNIC_UNDO;

static VOID RignicReleaseDataPath(PRIGNIC_ADAPTER Adapter)
{
    RignicFreeReceive(Adapter);
    RignicFreeTransmit(Adapter);
    RignicDeregisterDma(Adapter);
}

static VOID RignicFreeAdapter(PRIGNIC_ADAPTER Adapter)
{
    NdisFreeSpinLock(&Adapter->InterruptLock);
    NdisFreeMemory(Adapter, 0, 0);
}

#if RIGNIC_STYLE == STYLE_TABLE
static VOID RignicSilence(PRIGNIC_ADAPTER Adapter)
{
    RignicHwQuiesce(Adapter);
    RignicDeregisterInterrupt(Adapter);
}

typedef VOID RIGNIC_DESTRUCTOR(PRIGNIC_ADAPTER Adapter);

static const struct {
    RIGNIC_UNDO Step;
    RIGNIC_DESTRUCTOR *Destructor;
} RignicDestructors[] = {
    { RignicUndoInterrupt, RignicSilence },
    { RignicUndoInterrupt, RignicReleaseDataPath },
    { RignicUndoRegisters, RignicUnmapRegisters },
    { RignicUndoAdapter, RignicFreeAdapter },
};

static VOID RignicUndo(PRIGNIC_ADAPTER Adapter, RIGNIC_UNDO First)
{
    ULONG i;

    for (i = 0; i < ARRAYSIZE(RignicDestructors); i++) {
        if (RignicDestructors[i].Step >= First) {
            RignicDestructors[i].Destructor(Adapter);
        }
    }
}
#else
static VOID RignicUndo(PRIGNIC_ADAPTER Adapter, RIGNIC_UNDO First)
{
    switch (First) {
    case RignicUndoInterrupt:
#if RIGNIC_STYLE == STYLE_DEREGISTER_FIRST
        RignicDeregisterInterrupt(Adapter);
        RignicHwQuiesce(Adapter);
#else
        RignicHwQuiesce(Adapter);
        RignicDeregisterInterrupt(Adapter);
#endif
        RignicReleaseDataPath(Adapter);
        /* fall through */
    case RignicUndoRegisters:
        RignicUnmapRegisters(Adapter);
        /* fall through */
    case RignicUndoAdapter:
        RignicFreeAdapter(Adapter);
        break;
    }
}
#endif

static PRIGNIC_ADAPTER RignicAllocateAdapter(NDIS_HANDLE MiniportHandle)
{
    PRIGNIC_ADAPTER adapter;

    adapter = NdisAllocateMemoryWithTagPriority(MiniportHandle,
                                                sizeof(*adapter), RIGNIC_TAG,
                                                NormalPoolPriority);
    if (adapter != NULL) {
        NdisZeroMemory(adapter, sizeof(*adapter));
        adapter->Handle = MiniportHandle;
        adapter->LinkMessage = RIGNIC_NO_MESSAGE;
        NdisAllocateSpinLock(&adapter->InterruptLock);
    }
    return adapter;
}

static NDIS_STATUS RignicAcquireDevice(PRIGNIC_ADAPTER Adapter)
{
    NDIS_STATUS status = RignicHwReset(Adapter);

    if (status == NDIS_STATUS_SUCCESS) {
        status = RignicHwIdentify(Adapter);
    }
    return status;
}

static NDIS_STATUS RignicAllocateRings(PRIGNIC_ADAPTER Adapter)
{
    NDIS_STATUS status = RignicAllocateTransmit(Adapter);

    if (status == NDIS_STATUS_SUCCESS) {
        status = RignicAllocateReceive(Adapter);
    }
    return status;
}

NDIS_STATUS NTAPI RignicInitializeEx(
    NDIS_HANDLE NdisMiniportHandle, NDIS_HANDLE MiniportDriverContext,
    PNDIS_MINIPORT_INIT_PARAMETERS MiniportInitParameters)
{
    PRIGNIC_ADAPTER adapter = RignicAllocateAdapter(NdisMiniportHandle);
    RIGNIC_UNDO undo = RignicUndoAdapter;
    NDIS_STATUS status;

    UNREFERENCED_PARAMETER(MiniportDriverContext);
    if (adapter == NULL) {
        return NDIS_STATUS_RESOURCES;
    }
    status = RignicSetRegistrationAttributes(adapter);
    if (status != NDIS_STATUS_SUCCESS) {
        goto Failed;
    }
    status = RignicReadConfiguration(adapter);
    if (status != NDIS_STATUS_SUCCESS) {
        goto Failed;
    }
    status = RignicMapRegisters(adapter,
                                MiniportInitParameters->AllocatedResources);
    if (status != NDIS_STATUS_SUCCESS) {
        goto Failed;
    }
    undo = RignicUndoRegisters;
    status = RignicAcquireDevice(adapter);
    if (status != NDIS_STATUS_SUCCESS) {
        goto Failed;
    }
    status = RignicRegisterInterrupt(adapter);
    if (status != NDIS_STATUS_SUCCESS) {
        goto Failed;
    }
    undo = RignicUndoInterrupt;
    status = RignicRegisterDma(adapter);
    if (status != NDIS_STATUS_SUCCESS) {
#if RIGNIC_DEFECT == SEED_S02
        undo = RignicUndoRegisters; /* SEED_S02: skips the deregistration */
#endif
        goto Failed;
    }
    status = RignicAllocateRings(adapter);
    if (status != NDIS_STATUS_SUCCESS) {
        goto Failed;
    }
    status = RignicSetGeneralAttributes(adapter);
    if (status != NDIS_STATUS_SUCCESS) {
#if RIGNIC_DEFECT == SEED_S01
        return status; /* SEED_S01: the interrupt stays registered */
#endif
        goto Failed;
    }
    RignicHwEnable(adapter);
    return NDIS_STATUS_SUCCESS;

Failed:
#if RIGNIC_DEFECT == SEED_S05
    return status; /* SEED_S05: only MiniportHaltEx cleans up */
#endif
    RignicUndo(adapter, undo);
    return status;
}

VOID NTAPI RignicHaltEx(NDIS_HANDLE MiniportAdapterContext,
                        NDIS_HALT_ACTION HaltAction)
{
    PRIGNIC_ADAPTER adapter = MiniportAdapterContext;

    if (HaltAction == NdisHaltDeviceSurpriseRemoved) {
        InterlockedExchange(&adapter->Removed, TRUE);
    }
#if RIGNIC_DEFECT == SEED_S06
    /* SEED_S06: a clean-up of its own, without RignicDeregisterInterrupt */
    RignicHwQuiesce(adapter);
    RignicReleaseDataPath(adapter);
    RignicUndo(adapter, RignicUndoRegisters);
#elif RIGNIC_DEFECT == SEED_S15
    /* SEED_S15: a clean-up of its own, without RignicHwQuiesce */
    RignicDeregisterInterrupt(adapter);
    RignicReleaseDataPath(adapter);
    RignicUndo(adapter, RignicUndoRegisters);
#else
    RignicUndo(adapter, RignicUndoInterrupt);
#endif
}
