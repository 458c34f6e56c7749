/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Work items: one worker thread at PASSIVE_LEVEL, first come, first served. */
#include <stdlib.h>
#include "ndis/core.h"
#include "ndis/thunk.h"

struct work {
    struct work *next;
    void (*run)(void *arg);
    void *arg;
    struct adapter *adapter;  /* that queued it */
};

static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct work *head, **tail;
    bool busy;
} works = { .tail = &works.head };

__attribute__((constructor)) static void work_init(void)
{
    thread_mutex_init(&works.lock);
    thread_cond_init(&works.changed);
}

static struct work *work_take(void)
{
    struct work *w;

    pthread_mutex_lock(&works.lock);
    works.busy = false;
    pthread_cond_broadcast(&works.changed);
    while (!works.head) {
        pthread_cond_wait(&works.changed, &works.lock);
    }
    w = works.head;
    works.head = w->next;
    if (!works.head) {
        works.tail = &works.head;
    }
    works.busy = true;
    pthread_mutex_unlock(&works.lock);
    return w;
}

static void worker(void *arg)
{
    (void)arg;
    for (;;) {
        struct work *w = work_take();

        host_self.adapter = w->adapter;
        w->run(w->arg);
        free(w);
    }
}

bool work_queue(void (*run)(void *arg), void *arg)
{
    return work_queue_for(current(), run, arg);
}

bool work_queue_for(struct adapter *adapter, void (*run)(void *arg),
                    void *arg)
{
    struct work *w = malloc(sizeof(*w));

    if (!w) {
        return false;
    }
    *w = (struct work) { NULL, run, arg, adapter };
    thread_need(THREAD_WORKER, 0, worker);
    pthread_mutex_lock(&works.lock);
    *works.tail = w;
    works.tail = &w->next;
    pthread_cond_broadcast(&works.changed);
    pthread_mutex_unlock(&works.lock);
    return true;
}

bool work_drain(uint64_t limit_ns)
{
    struct timespec at = time_at(time_now() + limit_ns);
    bool idle;
    int err = 0;

    pthread_mutex_lock(&works.lock);
    while ((works.head || works.busy) && !err) {
        err = pthread_cond_timedwait(&works.changed, &works.lock, &at);
    }
    idle = !works.head && !works.busy;
    pthread_mutex_unlock(&works.lock);
    return idle;
}

/* --- NDIS I/O work items ---------------------------------------------- */

struct work_item {
    NDIS_HANDLE handle;  /* of a queued copy */
    NDIS_IO_WORKITEM_ROUTINE routine;
    PVOID context;
};

/* The routine may free its own work item: everything is read before. */
static void run_ndis(void *arg)
{
    struct work_item item = *(struct work_item *)arg;
    struct callback cb;

    free(arg);
    callback_enter(&cb, "NdisIoWorkItemRoutine");
    item.routine(item.context, item.handle);
    callback_leave(&cb, 0);
}

static NDIS_HANDLE NTAPI ndis_allocate_io_work_item(NDIS_HANDLE object)
{
    (void)object;
    return object_own(OBJ_WORK_ITEM, calloc(1, sizeof(struct work_item)));
}

static VOID NTAPI ndis_queue_io_work_item(NDIS_HANDLE handle,
                                          NDIS_IO_WORKITEM_ROUTINE routine,
                                          PVOID context)
{
    struct work_item *item = object_get(OBJ_WORK_ITEM, handle);
    struct work_item *copy = item ? malloc(sizeof(*copy)) : NULL;

    if (copy) {
        *copy = (struct work_item) { handle, routine, context };
        work_queue(run_ndis, copy);
    }
}

static VOID NTAPI ndis_free_io_work_item(NDIS_HANDLE handle)
{
    free(object_close(OBJ_WORK_ITEM, handle));
}

/* --- IO_WORKITEM ------------------------------------------------------ */

typedef VOID NTAPI io_workitem_routine(PDEVICE_OBJECT device, PVOID context);

struct io_work {
    io_workitem_routine *routine;
    PVOID context;
};

static void run_io(void *arg)
{
    struct io_work w = *(struct io_work *)arg;
    struct callback cb;

    free(arg);
    callback_enter(&cb, "IO_WORKITEM_ROUTINE");
    w.routine(&current()->fdo, w.context);
    callback_leave(&cb, 0);
}

static PVOID NTAPI io_allocate_work_item(PDEVICE_OBJECT device)
{
    return ndis_allocate_io_work_item(device);
}

static VOID NTAPI io_queue_work_item(PVOID handle,
                                     io_workitem_routine *routine, int queue,
                                     PVOID context)
{
    struct io_work *w;

    (void)queue;
    if (object_get(OBJ_WORK_ITEM, handle) && (w = malloc(sizeof(*w)))) {
        *w = (struct io_work) { routine, context };
        work_queue(run_io, w);
    }
}

static VOID NTAPI io_free_work_item(PVOID handle)
{
    ndis_free_io_work_item(handle);
}

const struct export work_exports[] = {
    { "NdisAllocateIoWorkItem", ndis_allocate_io_work_item,
      EX_TRACE | EX_POINTER, 0, 1, fail_null, IRQL_DISPATCH },
    { "NdisQueueIoWorkItem", ndis_queue_io_work_item, EX_TRACE | EX_VOID, 1, 1,
      NULL, IRQL_DISPATCH },
    { "NdisFreeIoWorkItem", ndis_free_io_work_item, EX_TRACE | EX_VOID, 1, 1,
      NULL, IRQL_DISPATCH },
    { "IoAllocateWorkItem", io_allocate_work_item, EX_TRACE | EX_POINTER, 0, 0,
      fail_null, IRQL_DISPATCH },
    { "IoQueueWorkItem", io_queue_work_item, EX_TRACE | EX_VOID, 1, 1, NULL,
      IRQL_DISPATCH },
    { "IoFreeWorkItem", io_free_work_item, EX_TRACE | EX_VOID, 1, 1, NULL,
      IRQL_DISPATCH },
    { 0 },
};
