/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which thread a marker is about, and how deep it is in callbacks.
 *
 * A thread has an entry of the table from its outermost hooked call to the end
 * of that call. Only the thread itself, and interrupts on top of it, which are
 * over before it goes on, change its entry; taking a free one is atomic. So
 * there is no lock, and numbers are the lowest that are free: a run that goes
 * the same way has the same numbers.
 */
#include "kernel.h"
#include "shim.h"

static struct {
    PVOID volatile Thread;  /* NULL: free */
    ULONG Open;             /* hooked calls */
    UCHAR Callbacks;        /* callbacks among them */
} ShimThreads[RIGSHIM_THREADS];

static struct rigshim_position ShimPosition;
static volatile LONG64 ShimCalls;

VOID ShimSetPosition(const struct rigshim_position *Position)
{
    ShimPosition = *Position;
}

VOID ShimGetPosition(struct rigshim_position *Position)
{
    *Position = ShimPosition;
}

/* The entry of the calling thread; RIGSHIM_THREADS: there is none. */
static ULONG ShimFind(PVOID Thread)
{
    ULONG i;

    for (i = 0; i < RIGSHIM_THREADS; i++) {
        if (__atomic_load_n(&ShimThreads[i].Thread, __ATOMIC_RELAXED) ==
            Thread) {
            break;
        }
    }
    return i;
}

static ULONG ShimClaim(PVOID Thread)
{
    ULONG i = ShimFind(Thread);

    if (i < RIGSHIM_THREADS) {
        return i;
    }
    for (i = 0; i < RIGSHIM_THREADS; i++) {
        PVOID none = NULL;

        if (__atomic_compare_exchange_n(&ShimThreads[i].Thread, &none, Thread,
                                        FALSE, __ATOMIC_ACQUIRE,
                                        __ATOMIC_RELAXED)) {
            return i;
        }
    }
    return i;
}

static VOID ShimName(struct rig_marker *Marker, PCSTR Name)
{
    ULONG i;

    for (i = 0; Name[i] && i + 1 < sizeof(Marker->name); i++) {
        Marker->name[i] = Name[i];
    }
}

VOID ShimEnter(PSHIM_CALL Call, BOOLEAN Callback, PCSTR Name)
{
    struct rig_marker *m = &Call->Marker;

    Call->Callback = Callback;
    Call->Thread = ShimClaim(PsGetCurrentThread());
    if (Call->Thread == RIGSHIM_THREADS) {
        ShimTapDropped();
        return;
    }
    ShimThreads[Call->Thread].Open++;
    ShimThreads[Call->Thread].Callbacks += Callback;
    m->length = RIG_MARKER_MIN;
    m->kind = Callback ? RIG_MK_CALLBACK_ENTER : RIG_MK_API_ENTER;
    m->scenario = ShimPosition.scenario;
    m->cycle = ShimPosition.cycle;
    m->thread = (USHORT)(RIG_MARKER_SHIM | (Call->Thread + 1));
    m->irql = KeGetCurrentIrql();
    m->depth = ShimThreads[Call->Thread].Callbacks;
    m->call = (ULONG64)__atomic_add_fetch(&ShimCalls, 1, __ATOMIC_RELAXED);
    ShimName(m, Name);
    ShimTapMarker(m);
}

VOID ShimLeave(PSHIM_CALL Call, ULONG64 Status)
{
    struct rig_marker *m = &Call->Marker;
    ULONG i = Call->Thread;

    if (i == RIGSHIM_THREADS) {
        ShimTapDropped();
        return;
    }
    m->kind = Call->Callback ? RIG_MK_CALLBACK_LEAVE : RIG_MK_API_LEAVE;
    m->irql = KeGetCurrentIrql();
    m->status = Status;
    ShimTapMarker(m);
    ShimThreads[i].Callbacks -= Call->Callback;
    if (--ShimThreads[i].Open == 0) {
        __atomic_store_n(&ShimThreads[i].Thread, NULL, __ATOMIC_RELEASE);
    }
}
