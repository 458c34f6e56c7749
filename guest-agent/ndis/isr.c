/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The interrupt thread: eventfds in, interrupt service routines and DPCs out.
 *
 * One thread serves all messages, in ascending order, because that is what one
 * processor does with interrupts of one priority. It runs at SCHED_FIFO above
 * everything else, so an interrupt preempts the driver wherever it is.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "ndis/interrupt.h"

#define ISR_PRIORITY 30

/* The eventfds of one adapter. */
struct source {
    int events[MESSAGES_MAX];   /* by message */
    unsigned messages;
    int line;                   /* 0: none */
};

static struct {
    pthread_mutex_t dispatch;   /* held while ISRs of one event run */
    struct interrupt *attached[INTERRUPTS_MAX];
    struct source source[HOST_ADAPTERS_MAX];
    int wake;                   /* the set of eventfds has changed */
    uint64_t unclaimed;         /* interrupts with nobody registered */
} isr = { .wake = -1 };

pthread_mutex_t *interrupt_lock(struct interrupt *i, uint32_t message)
{
    bool one = !i->message || i->ch.MsiSyncWithAllMessages ||
               message >= MESSAGES_MAX;

    return &i->lock[one ? 0 : message];
}

/* --- DPC -------------------------------------------------------------- */

static void run_dpc(void *object, uint32_t message, void *context)
{
    struct interrupt *i = object;
    NDIS_RECEIVE_THROTTLE_PARAMETERS throttle = { NDIS_INDICATE_ALL_NBLS, 0 };
    struct callback cb;

    host_self.adapter = i->adapter;
    if (i->message) {
        callback_enter_quiet(&cb, "MiniportMessageInterruptDPC");
        i->ch.MessageInterruptDpcHandler(i->context, message, context,
                                         &throttle, NULL);
    } else {
        callback_enter_quiet(&cb, "MiniportInterruptDPC");
        i->ch.InterruptDpcHandler(i->context, context, &throttle, NULL);
    }
    callback_leave(&cb, 0);
    if (throttle.MoreNblsPending & 1) {
        isr_queue_dpc(i, message, context);
    }
}

bool isr_queue_dpc(struct interrupt *i, uint32_t message, void *context)
{
    return __atomic_load_n(&i->live, __ATOMIC_ACQUIRE) &&
           dpc_queue(run_dpc, i, message, context);
}

/* --- ISR -------------------------------------------------------------- */

static void run_isr(struct interrupt *i, uint32_t message)
{
    BOOLEAN queue = FALSE, ours;
    ULONG targets = 0;
    struct callback cb;
    uint8_t old = irql_set(HOST_DIRQL);

    host_self.adapter = i->adapter;
    pthread_mutex_lock(interrupt_lock(i, message));
    if (i->message) {
        callback_enter_quiet(&cb, "MiniportMessageInterrupt");
        ours = i->ch.MessageInterruptHandler(i->context, message, &queue,
                                             &targets);
    } else {
        callback_enter_quiet(&cb, "MiniportInterrupt");
        ours = i->ch.InterruptHandler(i->context, &queue, &targets);
    }
    callback_leave(&cb, 0);
    pthread_mutex_unlock(interrupt_lock(i, message));
    irql_set(old);
    if (ours && (queue || targets)) {
        isr_queue_dpc(i, message, NULL);
    }
}

/* All registrations that this event belongs to, oldest first. */
static void dispatch(const struct adapter *a, bool message, uint32_t number)
{
    bool claimed = false;

    pthread_mutex_lock(&isr.dispatch);
    for (unsigned n = 0; n < INTERRUPTS_MAX; n++) {
        struct interrupt *i = isr.attached[n];

        if (i && i->adapter == a && i->message == message &&
            (!message || number < i->messages)) {
            run_isr(i, number);
            claimed = true;
        }
    }
    isr.unclaimed += !claimed;
    if (!message && a->device) {
        vfio_intx_unmask(a->device);
    }
    pthread_mutex_unlock(&isr.dispatch);
}

static bool take_event(int fd)
{
    uint64_t count;

    return read(fd, &count, sizeof(count)) == sizeof(count);
}

/* What poll() is to watch for an adapter: the line, then the messages. */
static unsigned watch(const struct source *s, struct pollfd *fds)
{
    unsigned messages = __atomic_load_n(&s->messages, __ATOMIC_ACQUIRE);

    fds[0] = (struct pollfd) { .fd = s->line ? s->line : -1,
                               .events = POLLIN };
    for (unsigned n = 0; n < messages; n++) {
        fds[1 + n] = (struct pollfd) { .fd = s->events[n], .events = POLLIN };
    }
    return 1 + messages;
}

static void serve(const struct adapter *a, const struct pollfd *fds,
                  unsigned n)
{
    if (fds[0].revents && take_event(fds[0].fd)) {
        dispatch(a, false, 0);
    }
    for (unsigned i = 1; i < n; i++) {
        if (fds[i].revents && take_event(fds[i].fd)) {
            dispatch(a, true, i - 1);
        }
    }
}

static void isr_thread(void *arg)
{
    (void)arg;
    for (;;) {
        struct pollfd fds[1 + HOST_ADAPTERS_MAX * (MESSAGES_MAX + 1)];
        unsigned of[HOST_ADAPTERS_MAX], n = 1;

        fds[0] = (struct pollfd) { .fd = isr.wake, .events = POLLIN };
        for (unsigned i = 0; i < host.adapters; i++) {
            of[i] = watch(&isr.source[i], fds + n);
            n += of[i];
        }
        if (poll(fds, n, -1) < 0) {
            continue;
        }
        if (fds[0].revents) {
            take_event(isr.wake);
        }
        n = 1;
        for (unsigned i = 0; i < host.adapters; i++) {
            serve(&host.adapter[i], fds + n, of[i]);
            n += of[i];
        }
    }
}

int isr_start(void)
{
    thread_mutex_init(&isr.dispatch);
    isr.wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (isr.wake < 0) {
        return -1;
    }
    return 0;
}

/* --- set-up ----------------------------------------------------------- */

int isr_make_events(const struct adapter *a, unsigned messages, bool line)
{
    struct source *s = &isr.source[a->number];
    uint64_t one = 1;

    if (messages > MESSAGES_MAX) {
        errno = EINVAL;
        return -1;
    }
    for (unsigned n = 0; n < messages; n++) {
        s->events[n] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (s->events[n] < 0) {
            return -1;
        }
    }
    if (line) {
        s->line = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (s->line < 0) {
            s->line = 0;
            return -1;
        }
    }
    __atomic_store_n(&s->messages, messages, __ATOMIC_RELEASE);
    return write(isr.wake, &one, sizeof(one)) == sizeof(one) ? 0 : -1;
}

const int *isr_message_events(const struct adapter *a)
{
    return isr.source[a->number].events;
}

const int *isr_line_event(const struct adapter *a)
{
    return &isr.source[a->number].line;
}

void isr_need_thread(void)
{
    thread_need(THREAD_ISR, ISR_PRIORITY, isr_thread);
}

bool isr_attach(struct interrupt *i)
{
    bool done = false;

    pthread_mutex_lock(&isr.dispatch);
    for (unsigned n = 0; n < INTERRUPTS_MAX && !done; n++) {
        if (!isr.attached[n]) {
            isr.attached[n] = i;
            __atomic_store_n(&i->live, true, __ATOMIC_RELEASE);
            done = true;
        }
    }
    pthread_mutex_unlock(&isr.dispatch);
    return done;
}

/* From inside an ISR there is nothing to wait for: it holds the lock. */
void isr_detach(struct interrupt *i)
{
    bool lock = host_self.number != THREAD_ISR;

    if (lock) {
        pthread_mutex_lock(&isr.dispatch);
    }
    for (unsigned n = 0; n < INTERRUPTS_MAX; n++) {
        if (isr.attached[n] == i) {
            isr.attached[n] = NULL;
        }
    }
    __atomic_store_n(&i->live, false, __ATOMIC_RELEASE);
    if (lock) {
        pthread_mutex_unlock(&isr.dispatch);
    }
}

void isr_detach_all(const struct adapter *a)
{
    for (unsigned n = 0; n < INTERRUPTS_MAX; n++) {
        if (isr.attached[n] && isr.attached[n]->adapter == a) {
            isr_detach(isr.attached[n]);
        }
    }
}

/* The ISR thread holds the lock already. */
NDIS_HANDLE isr_context_in(const void *p, size_t size)
{
    bool lock = host_self.number != THREAD_ISR;
    NDIS_HANDLE found = NULL;

    if (lock) {
        pthread_mutex_lock(&isr.dispatch);
    }
    for (unsigned n = 0; n < INTERRUPTS_MAX && !found; n++) {
        const struct interrupt *i = isr.attached[n];

        if (i && (uintptr_t)i->context - (uintptr_t)p < size) {
            found = i->handle;
        }
    }
    if (lock) {
        pthread_mutex_unlock(&isr.dispatch);
    }
    return found;
}

bool isr_any_attached(const struct adapter *a)
{
    for (unsigned n = 0; n < INTERRUPTS_MAX; n++) {
        if (isr.attached[n] && isr.attached[n]->adapter == a) {
            return true;
        }
    }
    return false;
}
