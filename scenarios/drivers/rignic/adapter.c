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

#define RIGNIC_HALT_SLEEP_US 20000

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
    if (Adapter->Counts != NULL) {
        NdisFreeMemory(Adapter->Counts, 0, 0);
    }
    NdisFreeSpinLock(&Adapter->InterruptLock);
    NdisFreeMemory(Adapter, 0, 0);
}

/* No interrupt from here on. */
static VOID RignicSilence(PRIGNIC_ADAPTER Adapter)
{
#if RIGNIC_DEFECT == SEED_S04
    if (!Adapter->InterruptsEnabled) {
        return; /* SEED_S04: so they are not registered, either */
    }
#endif
#if RIGNIC_STYLE == STYLE_DEREGISTER_FIRST
    RignicDeregisterInterrupt(Adapter);
    RignicHwQuiesce(Adapter);
#else
    RignicHwQuiesce(Adapter);
    RignicDeregisterInterrupt(Adapter);
#endif
}

#if RIGNIC_STYLE == STYLE_TABLE
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
#if RIGNIC_DEFECT == SEED_S14
    /* SEED_S14: given back when the handlers' context has been freed */
    NDIS_HANDLE interrupt = Adapter->InterruptHandle;

    Adapter->InterruptHandle = NULL;
#endif
    switch (First) {
    case RignicUndoInterrupt:
        RignicSilence(Adapter);
        RignicReleaseDataPath(Adapter);
        /* fall through */
    case RignicUndoRegisters:
        RignicUnmapRegisters(Adapter);
        /* fall through */
    case RignicUndoAdapter:
        RignicFreeAdapter(Adapter);
        break;
    }
#if RIGNIC_DEFECT == SEED_S14
    if (interrupt != NULL) {
        NdisMDeregisterInterruptEx(interrupt);
    }
#endif
}
#endif

#if RIGNIC_DEFECT == SEED_S10 || RIGNIC_DEFECT == SEED_S22
static BOOLEAN RignicHalted; /* before now: a halt of this driver went well */
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

/* What a failing MiniportInitializeEx does; the adapter is gone afterwards. */
static VOID RignicFailInitialize(PRIGNIC_ADAPTER Adapter, RIGNIC_UNDO First)
{
#if RIGNIC_DEFECT == SEED_S05
    return; /* SEED_S05: only MiniportHaltEx cleans up */
#elif RIGNIC_DEFECT == SEED_S10 || RIGNIC_DEFECT == SEED_S22
    if (RignicHalted) {
        return; /* SEED_S10, SEED_S22: takes that halt for one of this life */
    }
#elif RIGNIC_DEFECT == SEED_S12
    if (First == RignicUndoInterrupt) { /* SEED_S12: RignicUndo does, too */
        NdisMDeregisterInterruptEx(Adapter->InterruptHandle);
    }
#elif RIGNIC_DEFECT == SEED_S20
    if (RignicReadConfiguration(Adapter) != NDIS_STATUS_SUCCESS) {
        return; /* SEED_S20: wanted it for a log, gives up all of it */
    }
#elif RIGNIC_DEFECT == SEED_S21
    if (First == RignicUndoInterrupt &&
        RignicHwReset(Adapter) != NDIS_STATUS_SUCCESS) {
        return; /* SEED_S21: leaves a device that does not answer alone */
    }
#elif RIGNIC_STYLE == STYLE_REREAD
    (VOID)RignicReadConfiguration(Adapter);
#endif
#if RIGNIC_STYLE == STYLE_HALT
    UNREFERENCED_PARAMETER(First);
    RignicHaltEx(Adapter, NdisHaltDeviceInitializationFailed);
#else
    RignicUndo(Adapter, First);
#endif
}

static NDIS_STATUS RignicAllocateRings(PRIGNIC_ADAPTER Adapter)
{
    NDIS_STATUS status = RignicAllocateTransmit(Adapter);

    if (status == NDIS_STATUS_SUCCESS) {
        status = RignicAllocateReceive(Adapter);
    }
    return status;
}

/* The last step that can fail. */
static NDIS_STATUS RignicFinish(PRIGNIC_ADAPTER Adapter)
{
#if RIGNIC_FAILS == FAILS_ALWAYS
    UNREFERENCED_PARAMETER(Adapter);
    return NDIS_STATUS_FAILURE;
#elif RIGNIC_FAILS == FAILS_UNFINISHED
    UNREFERENCED_PARAMETER(Adapter);
    return NDIS_STATUS_SUCCESS;
#else
#if RIGNIC_FAILS == FAILS_RESUMED
    if (RignicHalted) {
        return NDIS_STATUS_FAILURE;
    }
#endif
    return RignicSetGeneralAttributes(Adapter);
#endif
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
#if RIGNIC_STYLE == STYLE_COUNTERS
    status = RignicAllocateCounters(adapter);
    if (status != NDIS_STATUS_SUCCESS) {
        goto Failed;
    }
#endif
    status = RignicRegisterInterrupt(adapter);
    if (status != NDIS_STATUS_SUCCESS) {
        goto Failed;
    }
#if RIGNIC_DEFECT == SEED_S03
    status = RignicAllocateCounters(adapter);
    if (status != NDIS_STATUS_SUCCESS) {
        goto Failed; /* SEED_S03: `undo` does not know of the interrupt yet */
    }
#endif
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
    status = RignicFinish(adapter);
    if (status != NDIS_STATUS_SUCCESS) {
#if RIGNIC_DEFECT == SEED_S01
        return status; /* SEED_S01: the interrupt stays registered */
#endif
        goto Failed;
    }
    RignicHwEnable(adapter);
#if RIGNIC_DEFECT == SEED_S17
    status = RignicAllocateCounters(adapter); /* SEED_S17: device is enabled */
    if (status != NDIS_STATUS_SUCCESS) {
        goto Failed;
    }
#endif
    return NDIS_STATUS_SUCCESS;

Failed:
    RignicFailInitialize(adapter, undo);
    return status;
}

VOID NTAPI RignicHaltEx(NDIS_HANDLE MiniportAdapterContext,
                        NDIS_HALT_ACTION HaltAction)
{
    PRIGNIC_ADAPTER adapter = MiniportAdapterContext;

    if (HaltAction == NdisHaltDeviceSurpriseRemoved) {
        InterlockedExchange(&adapter->Removed, TRUE);
    }
#if RIGNIC_DEFECT == SEED_S07
    if (RignicRead(adapter, RIG_NIC_ID) != RIG_NIC_ID_VALUE) {
        RignicReleaseDataPath(adapter); /* SEED_S07: nothing to switch off */
        RignicUndo(adapter, RignicUndoRegisters);
        return;
    }
#elif RIGNIC_DEFECT == SEED_S08
    if (RignicHwReset(adapter) != NDIS_STATUS_SUCCESS) {
        return; /* SEED_S08: gives up with everything still in place */
    }
#elif RIGNIC_DEFECT == SEED_S09
    if (HaltAction == NdisHaltDeviceInitializationFailed) {
        return; /* SEED_S09: as if MiniportInitializeEx had cleaned up */
    }
#elif RIGNIC_DEFECT == SEED_S10
    RignicHalted = HaltAction == NdisHaltDevicePoweredDown;
#elif RIGNIC_DEFECT == SEED_S22
    RignicHalted = TRUE;
#elif RIGNIC_STYLE == STYLE_EARLY
    RignicSilence(adapter);
    NdisMSleep(RIGNIC_HALT_SLEEP_US);
#endif
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
#elif RIGNIC_STYLE == STYLE_HALT
    RignicUndo(adapter, adapter->Registers != NULL ? RignicUndoInterrupt
                                                   : RignicUndoRegisters);
#else
    RignicUndo(adapter, RignicUndoInterrupt);
#endif
}
