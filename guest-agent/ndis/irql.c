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

/* --- exports ---------------------------------------------------------- */

static KIRQL NTAPI ke_raise_irql(KIRQL irql)
{
    return irql_set(irql);
}

static KIRQL NTAPI ke_raise_irql_to_dpc(void)
{
    return irql_set(DISPATCH_LEVEL);
}

static VOID NTAPI ke_lower_irql(KIRQL irql)
{
    irql_set(irql);
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

    spin_acquire(lock);
    return old;
}

static VOID NTAPI ke_release(PKSPIN_LOCK lock, KIRQL irql)
{
    spin_release(lock);
    irql_set(irql);
}

static VOID NTAPI ke_acquire_at_dpc(PKSPIN_LOCK lock)
{
    spin_acquire(lock);
}

static VOID NTAPI ke_release_from_dpc(PKSPIN_LOCK lock)
{
    spin_release(lock);
}

static BOOLEAN NTAPI ke_try_acquire_at_dpc(PKSPIN_LOCK lock)
{
    KSPIN_LOCK expected = 0;

    return __atomic_compare_exchange_n(lock, &expected, 1, false,
                                       __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

static VOID NTAPI ke_acquire_queued(PKSPIN_LOCK lock,
                                    PKLOCK_QUEUE_HANDLE handle)
{
    handle->LockQueue.Lock = lock;
    handle->OldIrql = irql_set(DISPATCH_LEVEL);
    spin_acquire(lock);
}

static VOID NTAPI ke_release_queued(PKLOCK_QUEUE_HANDLE handle)
{
    spin_release(handle->LockQueue.Lock);
    irql_set(handle->OldIrql);
}

static VOID NTAPI ke_acquire_queued_at_dpc(PKSPIN_LOCK lock,
                                           PKLOCK_QUEUE_HANDLE handle)
{
    handle->LockQueue.Lock = lock;
    spin_acquire(lock);
}

static VOID NTAPI ke_release_queued_from_dpc(PKLOCK_QUEUE_HANDLE handle)
{
    spin_release(handle->LockQueue.Lock);
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

    spin_acquire(&lock->SpinLock);
    lock->OldIrql = old;
}

static VOID NTAPI ndis_release_spin_lock(PNDIS_SPIN_LOCK lock)
{
    KIRQL old = lock->OldIrql;

    spin_release(&lock->SpinLock);
    irql_set(old);
}

static VOID NTAPI ndis_dpr_acquire_spin_lock(PNDIS_SPIN_LOCK lock)
{
    lock->OldIrql = irql_get();
    spin_acquire(&lock->SpinLock);
}

static VOID NTAPI ndis_dpr_release_spin_lock(PNDIS_SPIN_LOCK lock)
{
    spin_release(&lock->SpinLock);
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

static void rw_acquire(struct rw_lock *rw)
{
    uint16_t me = host_self.number + 1;

    if (__atomic_load_n(&rw->owner, __ATOMIC_RELAXED) != me) {
        spin_acquire(&rw->lock);
        __atomic_store_n(&rw->owner, me, __ATOMIC_RELAXED);
    }
    rw->depth++;
}

static void rw_release(struct rw_lock *rw)
{
    if (rw->depth && --rw->depth == 0) {
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

/* Flag NDIS_RWL_AT_DISPATCH_LEVEL: the caller is there already. */
static VOID NTAPI ndis_acquire_rw_lock(PVOID lock, PLOCK_STATE_EX state,
                                       UCHAR flags)
{
    struct rw_lock *rw = object_get(OBJ_RW_LOCK, lock);

    state->OldIrql = irql_get();
    state->Flags = flags;
    if (rw) {
        irql_set(irql_get() > DISPATCH_LEVEL ? irql_get() : DISPATCH_LEVEL);
        rw_acquire(rw);
    }
}

static VOID NTAPI ndis_release_rw_lock(PVOID lock, PLOCK_STATE_EX state)
{
    struct rw_lock *rw = object_get(OBJ_RW_LOCK, lock);

    if (rw) {
        rw_release(rw);
        irql_set(state->OldIrql);
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
    state->OldIrql = irql_set(DISPATCH_LEVEL);
    state->LockState = write;
    rw_acquire(lock);
}

static VOID NTAPI ndis_release_read_write_lock(PVOID lock,
                                               PLOCK_STATE state)
{
    rw_release(lock);
    irql_set(state->OldIrql);
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
    { "KeAcquireSpinLockRaiseToDpc", ke_acquire_raise, 0, 0, 0, NULL,
      IRQL_DISPATCH },
    { "KfAcquireSpinLock", ke_acquire_raise, 0, 0, 0, NULL, IRQL_DISPATCH },
    { "KeReleaseSpinLock", ke_release, 0, 0, 0, NULL, IRQL_AT_DISPATCH },
    { "KfReleaseSpinLock", ke_release, 0, 0, 0, NULL, IRQL_AT_DISPATCH },
    { "KeAcquireSpinLockAtDpcLevel", ke_acquire_at_dpc, 0, 0, 0, NULL,
      IRQL_GE_DISPATCH },
    { "KeReleaseSpinLockFromDpcLevel", ke_release_from_dpc, 0, 0, 0, NULL,
      IRQL_GE_DISPATCH },
    { "KeTryToAcquireSpinLockAtDpcLevel", ke_try_acquire_at_dpc, 0, 0, 0, NULL,
      IRQL_GE_DISPATCH },
    { "KeAcquireInStackQueuedSpinLock", ke_acquire_queued, 0, 0, 0, NULL,
      IRQL_DISPATCH },
    { "KeReleaseInStackQueuedSpinLock", ke_release_queued, 0, 0, 0, NULL,
      IRQL_AT_DISPATCH },
    { "KeAcquireInStackQueuedSpinLockAtDpcLevel", ke_acquire_queued_at_dpc, 0,
      0, 0, NULL, IRQL_GE_DISPATCH },
    { "KeReleaseInStackQueuedSpinLockFromDpcLevel", ke_release_queued_from_dpc,
      0, 0, 0, NULL, IRQL_GE_DISPATCH },
    { "NdisAllocateSpinLock", ndis_allocate_spin_lock, 0, 0, 0, NULL,
      IRQL_ANY },
    { "NdisFreeSpinLock", ndis_free_spin_lock, 0, 0, 0, NULL, IRQL_ANY },
    { "NdisAcquireSpinLock", ndis_acquire_spin_lock, 0, 0, 0, NULL,
      IRQL_DISPATCH },
    { "NdisReleaseSpinLock", ndis_release_spin_lock, 0, 0, 0, NULL,
      IRQL_AT_DISPATCH },
    { "NdisDprAcquireSpinLock", ndis_dpr_acquire_spin_lock, 0, 0, 0, NULL,
      IRQL_AT_DISPATCH },
    { "NdisDprReleaseSpinLock", ndis_dpr_release_spin_lock, 0, 0, 0, NULL,
      IRQL_AT_DISPATCH },
    { "NdisAllocateRWLock", ndis_allocate_rw_lock, EX_TRACE | EX_POINTER, 0, 1,
      fail_null, IRQL_DISPATCH },
    { "NdisFreeRWLock", ndis_free_rw_lock, EX_TRACE | EX_VOID, 1, 1, NULL,
      IRQL_DISPATCH },
    { "NdisAcquireRWLockRead", ndis_acquire_rw_lock, 0, 0, 0, NULL,
      IRQL_DISPATCH },
    { "NdisAcquireRWLockWrite", ndis_acquire_rw_lock, 0, 0, 0, NULL,
      IRQL_DISPATCH },
    { "NdisReleaseRWLock", ndis_release_rw_lock, 0, 0, 0, NULL,
      IRQL_AT_DISPATCH },
    { "NdisInitializeReadWriteLock", ndis_initialize_read_write_lock, 0, 0, 0,
      NULL, IRQL_ANY },
    { "NdisAcquireReadWriteLock", ndis_acquire_read_write_lock, 0, 0, 0, NULL,
      IRQL_DISPATCH },
    { "NdisReleaseReadWriteLock", ndis_release_read_write_lock, 0, 0, 0, NULL,
      IRQL_AT_DISPATCH },
    { 0 },
};
