/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The instrumented drivers: whose handlers NDIS calls through us, where their
 * images lie, and their adapters.
 *
 * A driver has a slot from NdisMRegisterMiniportDriver, which copies the
 * characteristics that it is given, to the end of
 * NdisMDeregisterMiniportDriver. One that was unloaded without it loses its
 * slot to the next driver that is loaded over it.
 */
#include "kernel.h"
#include "call-site.h"
#include "shim.h"

static struct {
    volatile LONG Taken;
    ULONG_PTR Start, Size;   /* of the image */
    NDIS_HANDLE Handle;      /* by which NDIS knows it; NULL: not yet */
    SHIM_FUNCTION *Original[SHIM_HANDLERS];
    SHIM_COPY Driver, Pnp;
} ShimDrivers[RIGSHIM_DRIVERS];

static volatile LONG ShimUnhooked;

static struct {
    NDIS_HANDLE volatile Handle; /* NULL: free */
    NDIS_HANDLE volatile Context;
} ShimAdapters[RIGSHIM_ADAPTERS];

/* --- slots --------------------------------------------------------------- */

static BOOLEAN ShimOverlap(ULONG Slot, PDRIVER_OBJECT Driver)
{
    ULONG_PTR start = (ULONG_PTR)Driver->DriverStart;

    return start < ShimDrivers[Slot].Start + ShimDrivers[Slot].Size &&
           ShimDrivers[Slot].Start < start + Driver->DriverSize;
}

static VOID ShimRelease(ULONG Slot)
{
    ULONG i;

    ShimDrivers[Slot].Start = ShimDrivers[Slot].Size = 0;
    ShimDrivers[Slot].Handle = NULL;
    for (i = 0; i < SHIM_HANDLERS; i++) {
        ShimDrivers[Slot].Original[i] = NULL;
    }
    __atomic_store_n(&ShimDrivers[Slot].Taken, 0, __ATOMIC_RELEASE);
}

static ULONG ShimTakeSlot(PDRIVER_OBJECT Driver)
{
    ULONG i;

    for (i = 0; i < RIGSHIM_DRIVERS; i++) {
        if (ShimDrivers[i].Taken && ShimOverlap(i, Driver)) {
            ShimRelease(i);
        }
    }
    for (i = 0; i < RIGSHIM_DRIVERS; i++) {
        if (!__atomic_exchange_n(&ShimDrivers[i].Taken, 1, __ATOMIC_ACQUIRE)) {
            ShimDrivers[i].Start = (ULONG_PTR)Driver->DriverStart;
            ShimDrivers[i].Size = Driver->DriverSize;
            return i;
        }
    }
    __atomic_add_fetch(&ShimUnhooked, 1, __ATOMIC_RELAXED);
    return i;
}

/* A copy with our handlers in place of those that the driver has. */
static PVOID ShimHook(ULONG Slot, const NDIS_OBJECT_HEADER *From,
                      PSHIM_COPY To, BOOLEAN Pnp)
{
    ULONG i;

    for (i = 0; i < From->Size; i++) {
        ((PUCHAR)To)[i] = ((const UCHAR *)From)[i];
    }
    for (i = 0; i < SHIM_HANDLERS; i++) {
        const SHIM_HANDLER *h = &ShimHandlers[i];
        SHIM_FUNCTION **member =
            (SHIM_FUNCTION **)((PUCHAR)To + h->Offset);

        if (h->Pnp == Pnp && h->Offset + sizeof(PVOID) <= From->Size &&
            *member) {
            ShimDrivers[Slot].Original[i] = *member;
            *member = (SHIM_FUNCTION *)ShimWrappers[Slot][i];
        }
    }
    return To;
}

PVOID ShimDriverHook(PDRIVER_OBJECT Driver, PVOID Characteristics, ULONG *Slot)
{
    const NDIS_OBJECT_HEADER *header = Characteristics;

    *Slot = RIGSHIM_DRIVERS;
    if (!Driver || !header || header->Size > SHIM_CHARACTERISTICS_MAX) {
        return Characteristics;
    }
    *Slot = ShimTakeSlot(Driver);
    return *Slot == RIGSHIM_DRIVERS ? Characteristics :
           ShimHook(*Slot, header, &ShimDrivers[*Slot].Driver, FALSE);
}

VOID ShimDriverRegistered(ULONG Slot, NDIS_HANDLE Handle)
{
    if (Slot == RIGSHIM_DRIVERS) {
        return;
    }
    if (Handle) {
        ShimDrivers[Slot].Handle = Handle;
    } else {
        ShimRelease(Slot);
    }
}

/*
 * The driver with this handle. MiniportSetOptions is given the handle before
 * NdisMRegisterMiniportDriver returns it: then it is the one that has none.
 */
static ULONG ShimByHandle(NDIS_HANDLE Handle)
{
    ULONG i, open = RIGSHIM_DRIVERS;

    for (i = 0; i < RIGSHIM_DRIVERS; i++) {
        if (ShimDrivers[i].Taken && ShimDrivers[i].Handle == Handle) {
            return i;
        }
        if (ShimDrivers[i].Taken && !ShimDrivers[i].Handle) {
            open = i;
        }
    }
    return open;
}

VOID ShimDriverGone(NDIS_HANDLE Handle)
{
    ULONG i = ShimByHandle(Handle);

    if (i < RIGSHIM_DRIVERS && ShimDrivers[i].Handle == Handle) {
        ShimRelease(i);
    }
}

PVOID ShimDriverHookPnp(NDIS_HANDLE Handle, PVOID Characteristics)
{
    const NDIS_OBJECT_HEADER *header = Characteristics;
    ULONG slot = ShimByHandle(Handle);

    if (slot == RIGSHIM_DRIVERS || !header ||
        header->Type != NDIS_OBJECT_TYPE_MINIPORT_PNP_CHARACTERISTICS ||
        header->Size > SHIM_CHARACTERISTICS_MAX) {
        return Characteristics;
    }
    return ShimHook(slot, header, &ShimDrivers[slot].Pnp, TRUE);
}

SHIM_FUNCTION *ShimOriginal(ULONG Slot, ULONG Handler)
{
    return ShimDrivers[Slot].Original[Handler];
}

ULONG ShimCallSite(const VOID *ReturnAddress)
{
    ULONG_PTR at = (ULONG_PTR)ReturnAddress;
    ULONG i;

    for (i = 0; i < RIGSHIM_DRIVERS; i++) {
        ULONG_PTR rva = at - ShimDrivers[i].Start;
        ULONG length;

        if (!ShimDrivers[i].Taken || rva >= ShimDrivers[i].Size ||
            rva < CALL_LENGTH_MAX) {
            continue;
        }
        length = call_length(ReturnAddress);
        return length ? (ULONG)rva - length : 0;
    }
    return 0;
}

VOID ShimDriverCounts(struct rigshim_counts *Counts)
{
    ULONG i;

    Counts->drivers = 0;
    for (i = 0; i < RIGSHIM_DRIVERS; i++) {
        Counts->drivers += ShimDrivers[i].Handle != NULL;
    }
    Counts->unhooked = (ULONG)__atomic_load_n(&ShimUnhooked, __ATOMIC_RELAXED);
}

/* --- adapters ------------------------------------------------------------ */

VOID ShimAdapterBegin(NDIS_HANDLE Handle)
{
    ULONG i;

    for (i = 0; i < RIGSHIM_ADAPTERS; i++) {
        NDIS_HANDLE none = NULL;

        if (__atomic_compare_exchange_n(&ShimAdapters[i].Handle, &none, Handle,
                                        FALSE, __ATOMIC_ACQUIRE,
                                        __ATOMIC_RELAXED)) {
            ShimAdapters[i].Context = NULL;
            return;
        }
    }
}

VOID ShimAdapterContext(NDIS_HANDLE Handle, NDIS_HANDLE Context)
{
    ULONG i;

    for (i = 0; i < RIGSHIM_ADAPTERS; i++) {
        if (ShimAdapters[i].Handle == Handle) {
            ShimAdapters[i].Context = Context;
        }
    }
}

NDIS_HANDLE ShimAdapterFind(NDIS_HANDLE Context)
{
    ULONG i;

    for (i = 0; i < RIGSHIM_ADAPTERS; i++) {
        if (ShimAdapters[i].Handle && ShimAdapters[i].Context == Context) {
            return ShimAdapters[i].Handle;
        }
    }
    return NULL;
}

VOID ShimAdapterEnd(NDIS_HANDLE Handle)
{
    ULONG i;

    for (i = 0; Handle && i < RIGSHIM_ADAPTERS; i++) {
        if (ShimAdapters[i].Handle == Handle) {
            __atomic_store_n(&ShimAdapters[i].Handle, NULL, __ATOMIC_RELEASE);
        }
    }
}
