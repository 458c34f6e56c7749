/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * IRQL and spin locks on the one processor that the driver sees.
 *
 * How it works: a thread at DISPATCH_LEVEL or above owns the processor, which
 * is one mutex: raising takes it, lowering gives it back. So code that raises
 * its IRQL keeps DPCs away, as on Windows. The interrupt thread is the
 * exception: an ISR preempts whatever owns the processor, so it never takes
 * the mutex; interrupt.c keeps it apart from NdisMSynchronizeWithInterruptEx.
 * Threads below DISPATCH_LEVEL run beside a DPC, as on a second processor.
 */
#include <stdlib.h>
#include <string.h>
#include "ndis/contract.h"
#include "ndis/core.h"
#include "ndis/thunk.h"

static pthread_mutex_t processor;

__attribute__((constructor)) static void processor_init(void)
{
    thread_mutex_init(&processor);
}

uint8_t irql_set(uint8_t irql)
{
    struct host_thread *self = &host_self;
    uint8_t old = self->irql;

    if (irql >= DISPATCH_LEVEL && !self->has_cpu &&
        self->number != THREAD_ISR) {
        pthread_mutex_lock(&processor);
        self->has_cpu = true;
    }
    self->irql = irql;
    if (irql < DISPATCH_LEVEL && self->has_cpu) {
        self->has_cpu = false;
        pthread_mutex_unlock(&processor);
    }
    return old;
}

/*
 * A lock that is taken already belongs to an ISR, or to this thread: then it
 * is a deadlock, here as on Windows, and the watchdog of the step finds it.
 */
void spin_acquire(KSPIN_LOCK *lock)
{
    KSPIN_LOCK expected = 0;

    while (!__atomic_compare_exchange_n(lock, &expected, 1, false,
                                        __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
        expected = 0;
        time_sleep(10000);
    }
}

void spin_release(KSPIN_LOCK *lock)
{
    __atomic_store_n(lock, 0, __ATOMIC_RELEASE);
}

/* --- what a thread holds ---------------------------------------------- */

static void lock_taken(const void *lock, uint8_t irql)
{
    struct host_thread *self = &host_self;

    if (self->locks < HOST_LOCKS) {
        self->lock[self->locks++] = (struct host_lock) {
            lock, self->frame ? self->frame[0] : 0, irql, false,
        };
    } else {
        self->locks_lost = true;
    }
}

static const struct host_lock *lock_held(const void *lock)
{
    for (unsigned i = host_self.locks; i > 0; i--) {
        if (host_self.lock[i - 1].lock == lock) {
            return &host_self.lock[i - 1];
        }
    }
    return NULL;
}

/* Any order of giving back is allowed. */
static void lock_given(const void *lock, bool is_free)
{
    struct host_thread *self = &host_self;
    const struct host_lock *held = lock_held(lock);

    if (held) {
        size_t i = (size_t)(held - self->lock);

        self->locks--;
        memmove(&self->lock[i], &self->lock[i + 1],
                (self->locks - i) * sizeof(self->lock[0]));
    } else if (!self->locks_lost) {
        contract_broken(CONTRACT_LOCK_NOT_HELD, (uintptr_t)lock, 0, 0,
                        is_free ? "the lock is free"
                        : "another thread has the lock");
    }
}

/* Take a lock of the driver; a deadlock with itself is told beforehand. */
static void take(KSPIN_LOCK *lock, uint8_t irql)
{
    if (host_self.locks && lock_held(lock)) {
        contract_broken(CONTRACT_LOCK_RECURSIVE, (uintptr_t)lock, 0, 0,
                        "this thread has the lock already");
    }
    spin_acquire(lock);
    lock_taken(lock, irql);
}

static void give(KSPIN_LOCK *lock)
{
    lock_given(lock, __atomic_load_n(lock, __ATOMIC_RELAXED) == 0);
    spin_release(lock);
}

void irql_lower(uint8_t irql, uint32_t site)
{
    const struct host_thread *self = &host_self;
    const void *lock = self->locks ? self->lock[self->locks - 1].lock : NULL;

    if (lock && irql < DISPATCH_LEVEL && self->irql >= DISPATCH_LEVEL) {
        if (site) {
            contract_broken_at(site, CONTRACT_LOCK_IRQL, (uintptr_t)lock, irql,
                               DISPATCH_LEVEL, "IRQL becomes %u with a spin "
                               "lock held", irql);
        } else {
            contract_broken(CONTRACT_LOCK_IRQL, (uintptr_t)lock, irql,
                            DISPATCH_LEVEL, "IRQL becomes %u with a spin "
                            "lock held", irql);
        }
    }
    irql_set(irql);
}

/* --- exports ---------------------------------------------------------- */

/* Windows stops here: IRQL_NOT_GREATER_OR_EQUAL. */
static KIRQL NTAPI ke_raise_irql(KIRQL irql)
{
    if (irql < host_self.irql) {
        contract_broken(CONTRACT_WRONG_IRQL, 0, irql, host_self.irql,
                        "raises the IRQL from %u to %u", host_self.irql, irql);
    }
    return irql_set(irql);
}

static KIRQL NTAPI ke_raise_irql_to_dpc(void)
{
    return irql_set(DISPATCH_LEVEL);
}

/* ... and here: IRQL_NOT_LESS_OR_EQUAL. */
static VOID NTAPI ke_lower_irql(KIRQL irql)
{
    if (irql > host_self.irql) {
        contract_broken(CONTRACT_WRONG_IRQL, 0, irql, host_self.irql,
                        "lowers the IRQL from %u to %u", host_self.irql, irql);
    }
    irql_lower(irql, 0);
}

static KIRQL NTAPI ke_get_current_irql(void)
{
    return irql_get();
}

static VOID NTAPI ke_initialize_spin_lock(PKSPIN_LOCK lock)
{
    *lock = 0;
}

static KIRQL NTAPI ke_acquire_raise(PKSPIN_LOCK lock)
{
    KIRQL old = irql_set(DISPATCH_LEVEL);

    take(lock, old);
    return old;
}

static VOID NTAPI ke_release(PKSPIN_LOCK lock, KIRQL irql)
{
    give(lock);
    irql_lower(irql, 0);
}

static VOID NTAPI ke_acquire_at_dpc(PKSPIN_LOCK lock)
{
    take(lock, irql_get());
}

static VOID NTAPI ke_release_from_dpc(PKSPIN_LOCK lock)
{
    give(lock);
}

static BOOLEAN NTAPI ke_try_acquire_at_dpc(PKSPIN_LOCK lock)
{
    KSPIN_LOCK expected = 0;

    if (!__atomic_compare_exchange_n(lock, &expected, 1, false,
                                     __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
        return FALSE;
    }
    lock_taken(lock, irql_get());
    return TRUE;
}

static VOID NTAPI ke_acquire_queued(PKSPIN_LOCK lock,
                                    PKLOCK_QUEUE_HANDLE handle)
{
    handle->LockQueue.Lock = lock;
    handle->OldIrql = irql_set(DISPATCH_LEVEL);
    take(lock, handle->OldIrql);
}

static VOID NTAPI ke_release_queued(PKLOCK_QUEUE_HANDLE handle)
{
    give(handle->LockQueue.Lock);
    irql_lower(handle->OldIrql, 0);
}

static VOID NTAPI ke_acquire_queued_at_dpc(PKSPIN_LOCK lock,
                                           PKLOCK_QUEUE_HANDLE handle)
{
    handle->LockQueue.Lock = lock;
    take(lock, irql_get());
}

static VOID NTAPI ke_release_queued_from_dpc(PKLOCK_QUEUE_HANDLE handle)
{
    give(handle->LockQueue.Lock);
}

/* NDIS_SPIN_LOCK; drivers of NDIS 6 use the Ke functions inline. */
static VOID NTAPI ndis_allocate_spin_lock(PNDIS_SPIN_LOCK lock)
{
    lock->SpinLock = 0;
}

static VOID NTAPI ndis_free_spin_lock(PNDIS_SPIN_LOCK lock)
{
    (void)lock;
}

static VOID NTAPI ndis_acquire_spin_lock(PNDIS_SPIN_LOCK lock)
{
    KIRQL old = irql_set(DISPATCH_LEVEL);

    take(&lock->SpinLock, old);
    lock->OldIrql = old;
}

static VOID NTAPI ndis_release_spin_lock(PNDIS_SPIN_LOCK lock)
{
    KIRQL old = lock->OldIrql;

    give(&lock->SpinLock);
    irql_lower(old, 0);
}

static VOID NTAPI ndis_dpr_acquire_spin_lock(PNDIS_SPIN_LOCK lock)
{
    take(&lock->SpinLock, irql_get());
    lock->OldIrql = irql_get();
}

static VOID NTAPI ndis_dpr_release_spin_lock(PNDIS_SPIN_LOCK lock)
{
    give(&lock->SpinLock);
}

/*
 * Read/write locks. With one processor there is nothing to gain from shared
 * reading: both kinds of access are the spin lock, nested reads counted.
 */
struct rw_lock {
    KSPIN_LOCK lock;
    uint16_t owner;      /* thread number + 1, 0: free */
    uint32_t depth;
};

static void rw_acquire(struct rw_lock *rw, uint8_t irql)
{
    uint16_t me = host_self.number + 1;

    if (__atomic_load_n(&rw->owner, __ATOMIC_RELAXED) != me) {
        spin_acquire(&rw->lock);
        __atomic_store_n(&rw->owner, me, __ATOMIC_RELAXED);
        lock_taken(rw, irql);
    }
    rw->depth++;
}

static void rw_release(struct rw_lock *rw)
{
    uint16_t owner = __atomic_load_n(&rw->owner, __ATOMIC_RELAXED);

    if (owner != host_self.number + 1) {
        contract_broken(CONTRACT_LOCK_NOT_HELD, (uintptr_t)rw, 0, 0,
                        owner ? "another thread has the lock"
                        : "the lock is free");
    }
    if (rw->depth && --rw->depth == 0) {
        lock_given(rw, false);
        __atomic_store_n(&rw->owner, 0, __ATOMIC_RELAXED);
        spin_release(&rw->lock);
    }
}

static PVOID NTAPI ndis_allocate_rw_lock(NDIS_HANDLE handle)
{
    struct rw_lock *rw = calloc(1, sizeof(*rw));

    (void)handle;
    return object_own(OBJ_RW_LOCK, rw);
}

static VOID NTAPI ndis_free_rw_lock(PVOID lock)
{
    free(object_close(OBJ_RW_LOCK, lock));
}

#define NDIS_RWL_AT_DISPATCH_LEVEL 1

static VOID NTAPI ndis_acquire_rw_lock(PVOID lock, PLOCK_STATE_EX state,
                                       UCHAR flags)
{
    struct rw_lock *rw = object_get(OBJ_RW_LOCK, lock);

    if ((flags & NDIS_RWL_AT_DISPATCH_LEVEL) && irql_get() < DISPATCH_LEVEL) {
        contract_broken(CONTRACT_WRONG_IRQL, (uintptr_t)lock, irql_get(),
                        DISPATCH_LEVEL, "says NDIS_RWL_AT_DISPATCH_LEVEL at "
                        "IRQL %u", irql_get());
    }
    state->OldIrql = irql_get();
    state->Flags = flags;
    if (rw) {
        irql_set(irql_get() > DISPATCH_LEVEL ? irql_get() : DISPATCH_LEVEL);
        rw_acquire(rw, state->OldIrql);
    }
}

static VOID NTAPI ndis_release_rw_lock(PVOID lock, PLOCK_STATE_EX state)
{
    struct rw_lock *rw = object_get(OBJ_RW_LOCK, lock);

    if (rw) {
        rw_release(rw);
        irql_lower(state->OldIrql, 0);
    }
}

/* The older NDIS_RW_LOCK lies in the driver's memory: 264 bytes on x64. */
static VOID NTAPI ndis_initialize_read_write_lock(PVOID lock)
{
    memset(lock, 0, sizeof(struct rw_lock));
}

static VOID NTAPI ndis_acquire_read_write_lock(PVOID lock, BOOLEAN write,
                                               PLOCK_STATE state)
{
    uint8_t old = irql_set(DISPATCH_LEVEL);

    state->OldIrql = old;
    state->LockState = write;
    rw_acquire(lock, old);
}

static VOID NTAPI ndis_release_read_write_lock(PVOID lock,
                                               PLOCK_STATE state)
{
    rw_release(lock);
    irql_lower(state->OldIrql, 0);
}

const struct export irql_exports[] = {
    { "KfRaiseIrql", ke_raise_irql, 0, 0, 0, NULL, IRQL_ANY },
    { "KeRaiseIrqlToDpcLevel", ke_raise_irql_to_dpc, 0, 0, 0, NULL,
      IRQL_DISPATCH },
    { "KeLowerIrql", ke_lower_irql, 0, 0, 0, NULL, IRQL_ANY },
    { "KfLowerIrql", ke_lower_irql, 0, 0, 0, NULL, IRQL_ANY },
    { "KeGetCurrentIrql", ke_get_current_irql, 0, 0, 0, NULL, IRQL_ANY },
    { "KeInitializeSpinLock", ke_initialize_spin_lock, 0, 0, 0, NULL,
      IRQL_ANY },
    { "KeAcquireSpinLockRaiseToDpc", ke_acquire_raise, 0, 1, 0, NULL,
      IRQL_DISPATCH },
    { "KfAcquireSpinLock", ke_acquire_raise, 0, 1, 0, NULL, IRQL_DISPATCH },
    { "KeReleaseSpinLock", ke_release, EX_VOID, 1, 0, NULL, IRQL_AT_DISPATCH },
    { "KfReleaseSpinLock", ke_release, EX_VOID, 1, 0, NULL, IRQL_AT_DISPATCH },
    { "KeAcquireSpinLockAtDpcLevel", ke_acquire_at_dpc, EX_VOID, 1, 0, NULL,
      IRQL_GE_DISPATCH },
    { "KeReleaseSpinLockFromDpcLevel", ke_release_from_dpc, EX_VOID, 1, 0, NULL,
      IRQL_GE_DISPATCH },
    { "KeTryToAcquireSpinLockAtDpcLevel", ke_try_acquire_at_dpc, 0, 1, 0, NULL,
      IRQL_GE_DISPATCH },
    { "KeAcquireInStackQueuedSpinLock", ke_acquire_queued, 0, 0, 0, NULL,
      IRQL_DISPATCH },
    { "KeReleaseInStackQueuedSpinLock", ke_release_queued, 0, 0, 0, NULL,
      IRQL_AT_DISPATCH },
    { "KeAcquireInStackQueuedSpinLockAtDpcLevel", ke_acquire_queued_at_dpc, 0,
      0, 0, NULL, IRQL_GE_DISPATCH },
    { "KeReleaseInStackQueuedSpinLockFromDpcLevel", ke_release_queued_from_dpc,
      0, 0, 0, NULL, IRQL_GE_DISPATCH },
    { "NdisAllocateSpinLock", ndis_allocate_spin_lock, EX_VOID, 1, 0, NULL,
      IRQL_ANY },
    { "NdisFreeSpinLock", ndis_free_spin_lock, EX_VOID, 1, 0, NULL, IRQL_ANY },
    { "NdisAcquireSpinLock", ndis_acquire_spin_lock, EX_VOID, 1, 0, NULL,
      IRQL_DISPATCH },
    { "NdisReleaseSpinLock", ndis_release_spin_lock, EX_VOID, 1, 0, NULL,
      IRQL_AT_DISPATCH },
    { "NdisDprAcquireSpinLock", ndis_dpr_acquire_spin_lock, EX_VOID, 1, 0, NULL,
      IRQL_AT_DISPATCH },
    { "NdisDprReleaseSpinLock", ndis_dpr_release_spin_lock, EX_VOID, 1, 0, NULL,
      IRQL_AT_DISPATCH },
    { "NdisAllocateRWLock", ndis_allocate_rw_lock, EX_TRACE | EX_POINTER, 0, 1,
      fail_null, IRQL_DISPATCH },
    { "NdisFreeRWLock", ndis_free_rw_lock, EX_TRACE | EX_VOID, 1, 1, NULL,
      IRQL_DISPATCH },
    { "NdisAcquireRWLockRead", ndis_acquire_rw_lock, EX_VOID, 1, 0, NULL,
      IRQL_DISPATCH },
    { "NdisAcquireRWLockWrite", ndis_acquire_rw_lock, EX_VOID, 1, 0, NULL,
      IRQL_DISPATCH },
    { "NdisReleaseRWLock", ndis_release_rw_lock, EX_VOID, 1, 0, NULL,
      IRQL_AT_DISPATCH },
    { "NdisInitializeReadWriteLock", ndis_initialize_read_write_lock, EX_VOID,
      0, 0, NULL, IRQL_ANY },
    { "NdisAcquireReadWriteLock", ndis_acquire_read_write_lock, EX_VOID, 0, 0,
      NULL, IRQL_DISPATCH },
    { "NdisReleaseReadWriteLock", ndis_release_read_write_lock, EX_VOID, 0, 0,
      NULL, IRQL_AT_DISPATCH },
    { 0 },
};
