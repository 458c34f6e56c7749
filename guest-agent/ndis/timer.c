/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Timers: NDIS timer objects, the older NDIS_MINIPORT_TIMER, and KTIMER. */
#include <stdlib.h>
#include <string.h>
#include "ndis/contract.h"
#include "ndis/core.h"
#include "ndis/thunk.h"

struct armed {
    struct host_timer timer;
    struct armed *next;     /* in order of due time */
};

static pthread_mutex_t lock;
static struct armed *armed;
static void *running;       /* key of the timer whose function runs */

__attribute__((constructor)) static void timer_init(void)
{
    thread_mutex_init(&lock);
}

static void insert(struct armed *a)
{
    struct armed **link = &armed;

    while (*link && (*link)->timer.due <= a->timer.due) {
        link = &(*link)->next;
    }
    a->next = *link;
    *link = a;
}

static struct armed *unlink_key(const void *key)
{
    for (struct armed **link = &armed; *link; link = &(*link)->next) {
        if ((*link)->timer.key == key) {
            struct armed *a = *link;

            *link = a->next;
            return a;
        }
    }
    return NULL;
}

bool timer_set(const struct host_timer *timer)
{
    struct armed *a;
    bool pending;

    pthread_mutex_lock(&lock);
    a = unlink_key(timer->key);
    pending = a;
    if (!a) {
        a = malloc(sizeof(*a));
    }
    if (a) {
        a->timer = *timer;
        a->timer.adapter = current();
        insert(a);
    }
    pthread_mutex_unlock(&lock);
    dpc_wake();
    return pending;
}

bool timer_cancel(void *key)
{
    struct armed *a;

    pthread_mutex_lock(&lock);
    a = unlink_key(key);
    pthread_mutex_unlock(&lock);
    free(a);
    return a;
}

uint64_t timer_next(void)
{
    uint64_t due;

    pthread_mutex_lock(&lock);
    due = armed ? armed->timer.due : UINT64_MAX;
    pthread_mutex_unlock(&lock);
    return due;
}

void timer_run_due(uint64_t now)
{
    for (;;) {
        struct host_timer timer;
        struct armed *a;

        pthread_mutex_lock(&lock);
        a = armed && armed->timer.due <= now ? armed : NULL;
        if (a) {
            armed = a->next;
            timer = a->timer;
            running = timer.key;
            if (timer.period) {
                a->timer.due += timer.period;
                insert(a);
            } else {
                free(a);
            }
        }
        pthread_mutex_unlock(&lock);
        if (!a) {
            return;
        }
        host_self.adapter = timer.adapter;
        timer.run(&timer);
        __atomic_store_n(&running, NULL, __ATOMIC_RELEASE);
    }
}

void timer_report_left(const struct adapter *adapter)
{
    struct armed **link = &armed;
    uint64_t n = 0;
    struct rig_marker m;

    pthread_mutex_lock(&lock);
    while (*link) {
        struct armed *a = *link;

        if (a->timer.adapter == adapter) {
            *link = a->next;
            free(a);
            n++;
        } else {
            link = &a->next;
        }
    }
    pthread_mutex_unlock(&lock);
    if (n) {
        marker_prepare(&m, RIG_MK_LEFT, "armed timer");
        m.arg[0] = n;
        marker_emit(&m);
    }
}

/* Wait until the function of this timer is not running. */
static void wait_not_running(const void *key)
{
    while (host_self.number != THREAD_DPC &&
           __atomic_load_n(&running, __ATOMIC_ACQUIRE) == key) {
        time_sleep(10000);
    }
}

/* --- NDIS timer objects ----------------------------------------------- */

struct timer_object {
    PNDIS_TIMER_FUNCTION function;
    PVOID context;
};

/* NDIS_TIMER_FUNCTION(SystemSpecific1, FunctionContext, 2, 3) */
static void run_ndis(struct host_timer *t)
{
    struct callback cb;

    callback_enter_quiet_about(&cb, "NetTimerCallback", t->key);
    ((PNDIS_TIMER_FUNCTION)t->function)(NULL, t->context, NULL, NULL);
    callback_leave(&cb, 0);
}

static NDIS_STATUS NTAPI
ndis_allocate_timer_object(NDIS_HANDLE handle,
                           PNDIS_TIMER_CHARACTERISTICS ch,
                           PNDIS_HANDLE timer)
{
    struct timer_object *t;

    (void)handle;
    *timer = NULL;
    if (!ch || !ch->TimerFunction) {
        return NDIS_STATUS_BAD_CHARACTERISTICS;
    }
    t = malloc(sizeof(*t));
    if (!t) {
        return NDIS_STATUS_RESOURCES;
    }
    *t = (struct timer_object) { ch->TimerFunction, ch->FunctionContext };
    *timer = object_own(OBJ_TIMER, t);
    return *timer ? NDIS_STATUS_SUCCESS : NDIS_STATUS_RESOURCES;
}

/* Due times: negative relative, else absolute system time; 100 ns units. */
static uint64_t due_at(int64_t due)
{
    uint64_t system = time_system();

    if (due <= 0) {
        return time_now() + (uint64_t)-due * 100;
    }
    return time_now() + ((uint64_t)due > system ? ((uint64_t)due - system) *
                         100 : 0);
}

static BOOLEAN NTAPI ndis_set_timer_object(NDIS_HANDLE handle,
                                           LARGE_INTEGER due, LONG period_ms,
                                           PVOID context)
{
    struct timer_object *t = object_get(OBJ_TIMER, handle);
    struct host_timer timer;

    if (!t) {
        return FALSE;
    }
    timer = (struct host_timer) {
        .key = handle, .due = due_at(due.QuadPart), .run = run_ndis,
        .period = period_ms > 0 ? (uint64_t)period_ms * 1000000 : 0,
        .function = (void *)t->function,
        .context = context ? context : t->context,
    };
    return timer_set(&timer);
}

static bool is_periodic(const void *key)
{
    bool periodic = false;

    pthread_mutex_lock(&lock);
    for (struct armed *a = armed; a; a = a->next) {
        periodic = periodic || (a->timer.key == key && a->timer.period);
    }
    pthread_mutex_unlock(&lock);
    return periodic;
}

/* A periodic timer is not running any more when it has been cancelled. */
static BOOLEAN NTAPI ndis_cancel_timer_object(NDIS_HANDLE handle)
{
    bool periodic = is_periodic(handle), pending;

    if (periodic) {
        contract_irql_at_most(PASSIVE_LEVEL, "for a periodic timer");
    }
    pending = object_get(OBJ_TIMER, handle) && timer_cancel(handle);
    if (periodic && host_self.irql < DISPATCH_LEVEL) {
        wait_not_running(handle);
    }
    return pending;
}

static VOID NTAPI ndis_free_timer_object(NDIS_HANDLE handle)
{
    struct timer_object *t;

    timer_cancel(handle);
    wait_not_running(handle);
    t = object_close(OBJ_TIMER, handle);
    free(t);
}

/* --- timers in the driver's memory, of NDIS 5 and before -------------- */

/* Both structures start so; the KDPC keeps the function and its context. */
_Static_assert(offsetof(NDIS_MINIPORT_TIMER, Dpc) ==
               offsetof(NDIS_TIMER, Dpc), "one layout for both");

static void set_in_place(NDIS_TIMER *t, uint64_t ms, bool periodic)
{
    struct host_timer timer = {
        .key = t, .due = time_now() + ms * 1000000, .run = run_ndis,
        .period = periodic ? (ms ? ms : 1) * 1000000 : 0,
        .function = (void *)t->Dpc.DeferredRoutine,
        .context = t->Dpc.DeferredContext,
    };

    timer_set(&timer);
}

static VOID NTAPI ndis_initialize_timer(NDIS_TIMER *t,
                                        PNDIS_TIMER_FUNCTION function,
                                        PVOID context)
{
    memset(t, 0, sizeof(*t));
    t->Dpc.DeferredRoutine = (PKDEFERRED_ROUTINE)(void *)function;
    t->Dpc.DeferredContext = context;
}

static VOID NTAPI ndis_m_initialize_timer(NDIS_MINIPORT_TIMER *t,
                                          NDIS_HANDLE adapter,
                                          PNDIS_TIMER_FUNCTION function,
                                          PVOID context)
{
    (void)adapter;
    ndis_initialize_timer((NDIS_TIMER *)t, function, context);
}

static VOID NTAPI ndis_set_timer(NDIS_TIMER *t, UINT ms)
{
    set_in_place(t, ms, false);
}

static VOID NTAPI ndis_m_set_periodic_timer(NDIS_TIMER *t, UINT ms)
{
    set_in_place(t, ms, true);
}

static VOID NTAPI ndis_cancel_timer(NDIS_TIMER *t, PBOOLEAN cancelled)
{
    *cancelled = timer_cancel(t);
}

/* --- KTIMER ----------------------------------------------------------- */

static void run_ktimer(struct host_timer *t)
{
    KTIMER *k = t->key;
    KDPC *dpc = t->context;
    struct callback cb;

    k->Header.SignalState = 1;
    event_set((KEVENT *)&k->Header, true);
    if (dpc) {
        callback_enter_quiet(&cb, "KDEFERRED_ROUTINE");
        dpc->DeferredRoutine(dpc, dpc->DeferredContext, NULL, NULL);
        callback_leave(&cb, 0);
    }
}

static VOID NTAPI ke_initialize_timer_ex(PKTIMER t, int type)
{
    memset(t, 0, sizeof(*t));
    t->Header.Type = (UCHAR)(8 + type);  /* TimerNotificationObject, ... */
    t->Header.Size = sizeof(*t) / 4;
    InitializeListHead(&t->Header.WaitListHead);
}

static VOID NTAPI ke_initialize_timer(PKTIMER t)
{
    ke_initialize_timer_ex(t, 0);
}

static BOOLEAN NTAPI ke_set_timer_ex(PKTIMER t, LARGE_INTEGER due,
                                     LONG period_ms, PKDPC dpc)
{
    struct host_timer timer = {
        .key = t, .due = due_at(due.QuadPart), .run = run_ktimer,
        .period = period_ms > 0 ? (uint64_t)period_ms * 1000000 : 0,
        .context = dpc,
    };

    t->Header.SignalState = 0;
    return timer_set(&timer);
}

static BOOLEAN NTAPI ke_set_timer(PKTIMER t, LARGE_INTEGER due, PKDPC dpc)
{
    return ke_set_timer_ex(t, due, 0, dpc);
}

static BOOLEAN NTAPI ke_cancel_timer(PKTIMER t)
{
    return timer_cancel(t);
}

static BOOLEAN NTAPI ke_read_state_timer(PKTIMER t)
{
    return t->Header.SignalState != 0;
}

const struct export timer_exports[] = {
    { "NdisAllocateTimerObject", ndis_allocate_timer_object, EX_TRACE, 0, 1,
      fail_status_null2, IRQL_DISPATCH },
    { "NdisSetTimerObject", ndis_set_timer_object, EX_TRACE, 1, 7, NULL,
      IRQL_DISPATCH },
    { "NdisCancelTimerObject", ndis_cancel_timer_object, EX_TRACE, 1, 1, NULL,
      IRQL_DISPATCH },
    { "NdisFreeTimerObject", ndis_free_timer_object, EX_TRACE | EX_VOID, 1, 1,
      NULL, IRQL_DISPATCH },
    { "NdisMInitializeTimer", ndis_m_initialize_timer, EX_TRACE | EX_VOID, 1, 2,
      NULL, IRQL_DISPATCH },
    { "NdisInitializeTimer", ndis_initialize_timer, EX_TRACE | EX_VOID, 1, 0,
      NULL, IRQL_DISPATCH },
    { "NdisSetTimer", ndis_set_timer, EX_VOID, 1, 2, NULL, IRQL_DISPATCH },
    { "NdisMSetPeriodicTimer", ndis_m_set_periodic_timer, EX_TRACE | EX_VOID, 1,
      2, NULL, IRQL_DISPATCH },
    { "NdisMCancelTimer", ndis_cancel_timer, EX_TRACE | EX_VOID, 1, 0, NULL,
      IRQL_DISPATCH },
    { "NdisCancelTimer", ndis_cancel_timer, EX_TRACE | EX_VOID, 1, 0, NULL,
      IRQL_DISPATCH },
    { "KeInitializeTimer", ke_initialize_timer, 0, 0, 0, NULL, IRQL_DISPATCH },
    { "KeInitializeTimerEx", ke_initialize_timer_ex, 0, 0, 0, NULL,
      IRQL_DISPATCH },
    { "KeSetTimer", ke_set_timer, 0, 0, 0, NULL, IRQL_DISPATCH },
    { "KeSetTimerEx", ke_set_timer_ex, 0, 0, 0, NULL, IRQL_DISPATCH },
    { "KeCancelTimer", ke_cancel_timer, 0, 0, 0, NULL, IRQL_DISPATCH },
    { "KeReadStateTimer", ke_read_state_timer, 0, 0, 0, NULL, IRQL_DISPATCH },
    { 0 },
};
