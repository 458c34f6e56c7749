/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Deferred procedure calls: one queue, one thread at DISPATCH_LEVEL. */
#include <errno.h>
#include <string.h>
#include "ndis/core.h"
#include "ndis/thunk.h"

#define DPC_QUEUE   1024u
#define DPC_PRIORITY 20

struct dpc {
    void (*run)(void *object, uint32_t number, void *context);
    void *object;
    uint32_t number;
    void *context;
    struct adapter *adapter;  /* that queued it */
};

static struct {
    pthread_mutex_t lock;
    pthread_cond_t work;  /* something was queued, or a timer changed */
    pthread_cond_t done;  /* a DPC has returned */
    struct dpc queue[DPC_QUEUE];
    unsigned head, count;
    const void *running;  /* object of the DPC that runs */
    bool busy;
} dpcs;

__attribute__((constructor)) static void dpc_init(void)
{
    thread_mutex_init(&dpcs.lock);
    thread_cond_init(&dpcs.work);
    thread_cond_init(&dpcs.done);
}

static struct dpc *slot(unsigned i)
{
    return &dpcs.queue[(dpcs.head + i) % DPC_QUEUE];
}

static void dpc_thread(void *arg);

/* From the first DPC or timer on. */
static void need_thread(void)
{
    thread_need(THREAD_DPC, DPC_PRIORITY, dpc_thread);
}

bool dpc_queue(void (*run)(void *object, uint32_t number, void *context),
               void *object, uint32_t number, void *context)
{
    bool queued = true;

    need_thread();
    pthread_mutex_lock(&dpcs.lock);
    for (unsigned i = 0; i < dpcs.count && queued; i++) {
        queued = slot(i)->object != object || slot(i)->number != number ||
                 slot(i)->run != run;
    }
    if (queued && dpcs.count == DPC_QUEUE) {
        queued = false;
    }
    if (queued) {
        *slot(dpcs.count++) = (struct dpc) { run, object, number, context,
                                              current() };
        pthread_cond_signal(&dpcs.work);
    }
    pthread_mutex_unlock(&dpcs.lock);
    return queued;
}

static void remove_at(unsigned i)
{
    for (; i + 1 < dpcs.count; i++) {
        *slot(i) = *slot(i + 1);
    }
    dpcs.count--;
}

bool dpc_cancel(const void *object, uint32_t number)
{
    bool found = false;

    pthread_mutex_lock(&dpcs.lock);
    for (unsigned i = 0; i < dpcs.count && !found; i++) {
        if (slot(i)->object == object && slot(i)->number == number) {
            remove_at(i);
            found = true;
        }
    }
    pthread_mutex_unlock(&dpcs.lock);
    return found;
}

static bool outstanding(const void *object)
{
    if (dpcs.busy && (!object || dpcs.running == object)) {
        return true;
    }
    for (unsigned i = 0; i < dpcs.count; i++) {
        if (!object || slot(i)->object == object) {
            return true;
        }
    }
    return false;
}

/* Called on the DPC thread itself there is nothing to wait for. */
void dpc_flush(const void *object)
{
    if (host_self.number == THREAD_DPC) {
        return;
    }
    pthread_mutex_lock(&dpcs.lock);
    while (outstanding(object)) {
        pthread_cond_wait(&dpcs.done, &dpcs.lock);
    }
    pthread_mutex_unlock(&dpcs.lock);
}

void dpc_wake(void)
{
    need_thread();
    pthread_mutex_lock(&dpcs.lock);
    pthread_cond_signal(&dpcs.work);
    pthread_mutex_unlock(&dpcs.lock);
}

/* Wait for a DPC or for the next timer; false: a timer may be due. */
static bool take(struct dpc *dpc)
{
    uint64_t due = timer_next();
    struct timespec at = time_at(due);
    bool got;

    pthread_mutex_lock(&dpcs.lock);
    dpcs.busy = false;
    pthread_cond_broadcast(&dpcs.done);
    if (dpcs.count == 0 && timer_next() == due) {
        if (due == UINT64_MAX) {
            pthread_cond_wait(&dpcs.work, &dpcs.lock);
        } else if (due > time_now()) {
            pthread_cond_timedwait(&dpcs.work, &dpcs.lock, &at);
        }
    }
    got = dpcs.count > 0;
    if (got) {
        *dpc = *slot(0);
        dpcs.head = (dpcs.head + 1) % DPC_QUEUE;
        dpcs.count--;
        dpcs.busy = true;
        dpcs.running = dpc->object;
    }
    pthread_mutex_unlock(&dpcs.lock);
    return got;
}

static void dpc_thread(void *arg)
{
    struct dpc dpc;

    (void)arg;
    for (;;) {
        if (take(&dpc)) {
            host_self.adapter = dpc.adapter;
            irql_set(DISPATCH_LEVEL);
            dpc.run(dpc.object, dpc.number, dpc.context);
            irql_set(PASSIVE_LEVEL);
        }
        if (timer_next() <= time_now()) {
            irql_set(DISPATCH_LEVEL);
            timer_run_due(time_now());
            irql_set(PASSIVE_LEVEL);
        }
    }
}

/* --- KDPC ------------------------------------------------------------- */

static void run_kdpc(void *object, uint32_t number, void *context)
{
    KDPC *k = object;
    PKDEFERRED_ROUTINE routine = k->DeferredRoutine;
    PVOID deferred = k->DeferredContext;
    PVOID a1 = k->SystemArgument1, a2 = k->SystemArgument2;
    struct callback cb;

    (void)number;
    (void)context;
    k->DpcData = NULL;   /* may be queued again from here on */
    callback_enter_quiet(&cb, "KDEFERRED_ROUTINE");
    routine(k, deferred, a1, a2);
    callback_leave(&cb, 0);
}

static VOID NTAPI ke_initialize_dpc(PKDPC dpc, PKDEFERRED_ROUTINE routine,
                                    PVOID context)
{
    memset(dpc, 0, sizeof(*dpc));
    dpc->Type = 0x13;   /* DpcObject of KOBJECTS */
    dpc->Importance = MediumImportance;
    dpc->DeferredRoutine = routine;
    dpc->DeferredContext = context;
}

static BOOLEAN NTAPI ke_insert_queue_dpc(PKDPC dpc, PVOID a1, PVOID a2)
{
    PVOID idle = NULL;

    if (!__atomic_compare_exchange_n(&dpc->DpcData, &idle, dpc, false,
                                     __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
        return FALSE;
    }
    dpc->SystemArgument1 = a1;
    dpc->SystemArgument2 = a2;
    return dpc_queue(run_kdpc, dpc, 0, NULL);
}

static BOOLEAN NTAPI ke_remove_queue_dpc(PKDPC dpc)
{
    if (!dpc_cancel(dpc, 0)) {
        return FALSE;
    }
    dpc->DpcData = NULL;
    return TRUE;
}

static VOID NTAPI ke_set_importance_dpc(PKDPC dpc, int importance)
{
    dpc->Importance = (UCHAR)importance;
}

static VOID NTAPI ke_set_target_processor_dpc(PKDPC dpc, CCHAR number)
{
    dpc->Number = (USHORT)(0x500 + number);
}

static NTSTATUS NTAPI ke_set_target_processor_dpc_ex(PKDPC dpc,
                                                     PPROCESSOR_NUMBER number)
{
    if (number->Group || number->Number) {
        return STATUS_INVALID_PARAMETER;  /* there is one processor */
    }
    ke_set_target_processor_dpc(dpc, 0);
    return STATUS_SUCCESS;
}

static VOID NTAPI ke_flush_queued_dpcs(void)
{
    dpc_flush(NULL);
}

const struct export dpc_exports[] = {
    { "KeInitializeDpc", ke_initialize_dpc, 0, 0, 0, NULL, IRQL_ANY },
    { "KeInsertQueueDpc", ke_insert_queue_dpc, 0, 0, 0, NULL, IRQL_ANY },
    { "KeRemoveQueueDpc", ke_remove_queue_dpc, 0, 0, 0, NULL, IRQL_ANY },
    { "KeSetImportanceDpc", ke_set_importance_dpc, 0, 0, 0, NULL, IRQL_ANY },
    { "KeSetTargetProcessorDpc", ke_set_target_processor_dpc, 0, 0, 0, NULL,
      IRQL_ANY },
    { "KeSetTargetProcessorDpcEx", ke_set_target_processor_dpc_ex, 0, 0, 0,
      NULL, IRQL_ANY },
    { "KeFlushQueuedDpcs", ke_flush_queued_dpcs, 0, 0, 0, NULL, IRQL_PASSIVE },
    { 0 },
};
