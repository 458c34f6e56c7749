/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Time, events and waits on dispatcher objects.
 *
 * Dispatcher objects lie in the driver's memory and carry their own state;
 * one lock and one condition variable serve them all. That is enough for one
 * adapter, and a waiter always looks at the object itself.
 */
#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include "ndis/contract.h"
#include "ndis/core.h"
#include "ndis/thunk.h"

/* Object types in DISPATCHER_HEADER.Type (KOBJECTS, public symbols). */
enum {
    KO_EVENT_NOTIFICATION = 0,
    KO_EVENT_SYNCHRONIZATION = 1,
    KO_MUTANT = 2,
    KO_SEMAPHORE = 5,
};

/* 1601-01-01 to 1970-01-01 in 100 ns units. */
#define UNIX_EPOCH 116444736000000000ull

static pthread_mutex_t dispatcher;
static pthread_cond_t signalled;

__attribute__((constructor)) static void wait_init(void)
{
    thread_mutex_init(&dispatcher);
    thread_cond_init(&signalled);
}

/* --- time ------------------------------------------------------------- */

uint64_t time_now(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * NSEC_PER_SEC + (uint64_t)ts.tv_nsec;
}

uint64_t time_system(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_REALTIME, &ts);
    return UNIX_EPOCH + (uint64_t)ts.tv_sec * 10000000 +
           (uint64_t)ts.tv_nsec / 100;
}

struct timespec time_at(uint64_t ns)
{
    return (struct timespec) { (time_t)(ns / NSEC_PER_SEC),
                               (long)(ns % NSEC_PER_SEC) };
}

void time_sleep(uint64_t ns)
{
    struct timespec ts = time_at(time_now() + ns);

    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL) ==
           EINTR) {
    }
}

/* --- waits ------------------------------------------------------------ */

/* Is the object signalled? If so, take from it what a wait takes. */
static bool acquire(DISPATCHER_HEADER *h)
{
    void *me = &host_self;

    switch (h->Type & 0x7f) {
    case KO_MUTANT:
        if (h->SignalState > 0 || ((KMUTANT *)h)->OwnerThread == me) {
            h->SignalState--;
            ((KMUTANT *)h)->OwnerThread = me;
            return true;
        }
        return false;
    case KO_EVENT_SYNCHRONIZATION:
    case KO_SEMAPHORE:
        if (h->SignalState > 0) {
            h->SignalState--;
            return true;
        }
        return false;
    default:
        return h->SignalState > 0;
    }
}

static uint32_t wait_some(DISPATCHER_HEADER **objects, unsigned n, bool all,
                          uint64_t timeout_ns)
{
    uint64_t due = timeout_ns == UINT64_MAX ? 0 : time_now() + timeout_ns;
    struct timespec at = time_at(due);
    bool done[64] = { false };
    NTSTATUS status = STATUS_TIMEOUT;
    unsigned got = 0;
    int err = 0;

    pthread_mutex_lock(&dispatcher);
    while (status == STATUS_TIMEOUT) {
        for (unsigned i = 0; i < n; i++) {
            if (!done[i] && acquire(objects[i])) {
                done[i] = true;
                if (!all || ++got == n) {
                    status = STATUS_WAIT_0 + (all ? 0 : (NTSTATUS)i);
                    break;
                }
            }
        }
        if (status != STATUS_TIMEOUT || err == ETIMEDOUT) {
            break;
        }
        if (timeout_ns == 0) {
            break;
        }
        err = due ? pthread_cond_timedwait(&signalled, &dispatcher, &at)
                  : pthread_cond_wait(&signalled, &dispatcher);
    }
    pthread_mutex_unlock(&dispatcher);
    return (uint32_t)status;
}

uint32_t wait_object(void *object, uint64_t timeout_ns)
{
    DISPATCHER_HEADER *h = object;

    return wait_some(&h, 1, true, timeout_ns);
}

static int32_t signal_state(DISPATCHER_HEADER *h, int32_t state)
{
    int32_t old;

    pthread_mutex_lock(&dispatcher);
    old = h->SignalState;
    h->SignalState = state;
    if (state) {
        pthread_cond_broadcast(&signalled);
    }
    pthread_mutex_unlock(&dispatcher);
    return old;
}

void event_set(KEVENT *event, bool set)
{
    signal_state(&event->Header, set);
}

static void init_header(DISPATCHER_HEADER *h, uint8_t type, size_t size,
                        int32_t state)
{
    h->Lock = 0;
    h->Type = type;
    h->Size = (UCHAR)(size / 4);
    h->SignalState = state;
    InitializeListHead(&h->WaitListHead);
}

/* --- exports ---------------------------------------------------------- */

static VOID NTAPI ke_initialize_event(PKEVENT event, EVENT_TYPE type,
                                      BOOLEAN state)
{
    init_header(&event->Header, type == NotificationEvent
                ? KO_EVENT_NOTIFICATION : KO_EVENT_SYNCHRONIZATION,
                sizeof(*event), state != 0);
}

static LONG NTAPI ke_set_event(PKEVENT event, LONG increment, BOOLEAN wait)
{
    (void)increment;
    if (wait) {
        contract_irql_at_most(APC_LEVEL, "with Wait");
    }
    return signal_state(&event->Header, 1);
}

static LONG NTAPI ke_reset_event(PKEVENT event)
{
    return signal_state(&event->Header, 0);
}

static VOID NTAPI ke_clear_event(PKEVENT event)
{
    signal_state(&event->Header, 0);
}

static LONG NTAPI ke_read_state_event(PKEVENT event)
{
    return __atomic_load_n(&event->Header.SignalState, __ATOMIC_ACQUIRE);
}

static VOID NTAPI ke_initialize_mutex(PKMUTEX mutex, ULONG level)
{
    (void)level;
    init_header(&mutex->Header, KO_MUTANT, sizeof(*mutex), 1);
    InitializeListHead(&mutex->MutantListEntry);
    mutex->OwnerThread = NULL;
    mutex->Abandoned = FALSE;
    mutex->ApcDisable = 1;
}

/* Exceptions that Windows raises; nobody handles them in a miniport. */
#define KMODE_EXCEPTION_NOT_HANDLED     0x1e
#define STATUS_MUTANT_NOT_OWNED         0xc0000046u
#define STATUS_SEMAPHORE_LIMIT_EXCEEDED 0xc0000047u

static LONG NTAPI ke_release_mutex(PKMUTEX mutex, BOOLEAN wait)
{
    LONG old;

    (void)wait;
    pthread_mutex_lock(&dispatcher);
    if (mutex->OwnerThread != (void *)&host_self) {
        pthread_mutex_unlock(&dispatcher);
        contract_broken(CONTRACT_LOCK_NOT_HELD, (uintptr_t)mutex, 0, 0,
                        "this thread does not own the mutex");
        bug_check(KMODE_EXCEPTION_NOT_HANDLED, STATUS_MUTANT_NOT_OWNED, 0, 0,
                  0);
    }
    old = mutex->Header.SignalState++;
    if (mutex->Header.SignalState > 0) {
        mutex->OwnerThread = NULL;
        pthread_cond_broadcast(&signalled);
    }
    pthread_mutex_unlock(&dispatcher);
    return old;
}

struct ksemaphore {
    DISPATCHER_HEADER Header;
    LONG Limit;
};

static VOID NTAPI ke_initialize_semaphore(struct ksemaphore *s, LONG count,
                                          LONG limit)
{
    init_header(&s->Header, KO_SEMAPHORE, sizeof(*s), count);
    s->Limit = limit;
}

static LONG NTAPI ke_release_semaphore(struct ksemaphore *s, int increment,
                                       LONG adjustment, BOOLEAN wait)
{
    LONG old;

    (void)increment;
    (void)wait;
    pthread_mutex_lock(&dispatcher);
    old = s->Header.SignalState;
    if (adjustment > s->Limit - old) {
        pthread_mutex_unlock(&dispatcher);
        bug_check(KMODE_EXCEPTION_NOT_HANDLED, STATUS_SEMAPHORE_LIMIT_EXCEEDED,
                  0, 0, 0);
    }
    s->Header.SignalState = old + adjustment;
    pthread_cond_broadcast(&signalled);
    pthread_mutex_unlock(&dispatcher);
    return old;
}

/* Kernel time-outs: NULL for ever, negative relative, positive absolute. */
static uint64_t timeout_ns(const LARGE_INTEGER *timeout)
{
    if (!timeout) {
        return UINT64_MAX;
    }
    if (timeout->QuadPart <= 0) {
        return (uint64_t)-timeout->QuadPart * 100;
    }
    return (uint64_t)timeout->QuadPart > time_system()
           ? ((uint64_t)timeout->QuadPart - time_system()) * 100 : 0;
}

/* At DISPATCH_LEVEL only a wait that does not wait is allowed. */
static void check_wait(const LARGE_INTEGER *timeout)
{
    if (!timeout || timeout->QuadPart != 0) {
        contract_irql_at_most(APC_LEVEL, "for a wait");
    }
}

static NTSTATUS NTAPI ke_wait_single(PVOID object, int reason, CCHAR mode,
                                     BOOLEAN alertable, PLARGE_INTEGER timeout)
{
    check_wait(timeout);
    (void)reason;
    (void)mode;
    (void)alertable;
    return (NTSTATUS)wait_object(object, timeout_ns(timeout));
}

#define STATUS_INVALID_PARAMETER_1 0xc00000efu

static NTSTATUS NTAPI ke_wait_multiple(ULONG count, PVOID *objects, int any,
                                       int reason, CCHAR mode,
                                       BOOLEAN alertable,
                                       PLARGE_INTEGER timeout, PVOID blocks)
{
    (void)reason;
    (void)mode;
    (void)alertable;
    (void)blocks;
    if (count == 0 || count > 64) {
        return (NTSTATUS)STATUS_INVALID_PARAMETER_1;
    }
    check_wait(timeout);
    return (NTSTATUS)wait_some((DISPATCHER_HEADER **)objects, count, !any,
                               timeout_ns(timeout));
}

static NTSTATUS NTAPI ke_delay(CCHAR mode, BOOLEAN alertable,
                               PLARGE_INTEGER interval)
{
    (void)mode;
    (void)alertable;
    time_sleep(timeout_ns(interval));
    return 0;
}

static VOID NTAPI ndis_initialize_event(PNDIS_EVENT event)
{
    ke_initialize_event(&event->Event, NotificationEvent, FALSE);
}

static VOID NTAPI ndis_set_event(PNDIS_EVENT event)
{
    event_set(&event->Event, true);
}

static VOID NTAPI ndis_reset_event(PNDIS_EVENT event)
{
    event_set(&event->Event, false);
}

/* 0 milliseconds means for ever. */
static BOOLEAN NTAPI ndis_wait_event(PNDIS_EVENT event, UINT ms)
{
    return wait_object(&event->Event,
                       ms ? (uint64_t)ms * 1000000 : UINT64_MAX) == 0;
}

static VOID NTAPI ndis_m_sleep(ULONG microseconds)
{
    time_sleep((uint64_t)microseconds * 1000);
}

/*
 * Really waits: the guest's time costs nothing. A thread that stalls keeps
 * its IRQL, so it keeps DPCs away.
 */
static VOID NTAPI ke_stall(ULONG microseconds)
{
    uint64_t end = time_now() + (uint64_t)microseconds * 1000;

    while (time_now() < end) {
        __builtin_ia32_pause();
    }
}

static VOID NTAPI ke_query_system_time(PLARGE_INTEGER time)
{
    time->QuadPart = (LONGLONG)time_system();
}

static LARGE_INTEGER NTAPI ke_query_performance_counter(PLARGE_INTEGER hz)
{
    if (hz) {
        hz->QuadPart = 10000000;  /* as on Windows 10: 10 MHz */
    }
    return (LARGE_INTEGER) { .QuadPart = (LONGLONG)(time_now() / 100) };
}

static ULONGLONG NTAPI ke_query_interrupt_time(void)
{
    return time_now() / 100;
}

static ULONG NTAPI ke_query_time_increment(void)
{
    return 156250;  /* 100 ns units: 64 ticks a second */
}

static VOID NTAPI ndis_get_system_uptime_ex(PLARGE_INTEGER ms)
{
    ms->QuadPart = (LONGLONG)(time_now() / 1000000);
}

const struct export wait_exports[] = {
    { "KeInitializeEvent", ke_initialize_event, 0, 0, 0, NULL, IRQL_ANY },
    { "KeSetEvent", ke_set_event, 0, 0, 0, NULL, IRQL_DISPATCH },
    { "KeResetEvent", ke_reset_event, 0, 0, 0, NULL, IRQL_DISPATCH },
    { "KeClearEvent", ke_clear_event, 0, 0, 0, NULL, IRQL_DISPATCH },
    { "KeReadStateEvent", ke_read_state_event, 0, 0, 0, NULL, IRQL_DISPATCH },
    { "KeInitializeMutex", ke_initialize_mutex, 0, 0, 0, NULL, IRQL_ANY },
    { "KeReleaseMutex", ke_release_mutex, 0, 0, 0, NULL, IRQL_DISPATCH },
    { "KeInitializeSemaphore", ke_initialize_semaphore, 0, 0, 0, NULL,
      IRQL_PASSIVE },
    { "KeReleaseSemaphore", ke_release_semaphore, 0, 0, 0, NULL,
      IRQL_DISPATCH },
    { "KeWaitForSingleObject", ke_wait_single, EX_TRACE, 0, 2 | 4 | 8, NULL,
      IRQL_DISPATCH },
    { "KeWaitForMutexObject", ke_wait_single, EX_TRACE, 0, 2 | 4 | 8, NULL,
      IRQL_DISPATCH },
    { "KeWaitForMultipleObjects", ke_wait_multiple, EX_TRACE, 0, 1 | 4 | 8,
      NULL, IRQL_DISPATCH },
    { "KeDelayExecutionThread", ke_delay, EX_TRACE, 0, 3, NULL, IRQL_APC },
    { "NdisInitializeEvent", ndis_initialize_event, EX_VOID, 1, 0, NULL,
      IRQL_ANY },
    { "NdisSetEvent", ndis_set_event, EX_VOID, 1, 0, NULL, IRQL_DISPATCH },
    { "NdisResetEvent", ndis_reset_event, EX_VOID, 1, 0, NULL, IRQL_DISPATCH },
    { "NdisWaitEvent", ndis_wait_event, EX_TRACE, 0, 2, NULL, IRQL_PASSIVE },
    { "NdisMSleep", ndis_m_sleep, EX_SITE | EX_VOID, 0, 1, NULL, IRQL_APC },
    { "KeStallExecutionProcessor", ke_stall, EX_VOID, 0, 1, NULL, IRQL_ANY },
    { "KeQuerySystemTime", ke_query_system_time, 0, 0, 0, NULL, IRQL_ANY },
    { "KeQuerySystemTimePrecise", ke_query_system_time, 0, 0, 0, NULL,
      IRQL_ANY },
    { "NdisGetCurrentSystemTime", ke_query_system_time, 0, 0, 0, NULL,
      IRQL_ANY },
    { "KeQueryPerformanceCounter", ke_query_performance_counter, 0, 0, 0, NULL,
      IRQL_ANY },
    { "KeQueryInterruptTime", ke_query_interrupt_time, 0, 0, 0, NULL,
      IRQL_ANY },
    { "KeQueryTimeIncrement", ke_query_time_increment, 0, 0, 0, NULL,
      IRQL_ANY },
    { "NdisGetSystemUpTimeEx", ndis_get_system_uptime_ex, 0, 0, 0, NULL,
      IRQL_ANY },
    { 0 },
};
