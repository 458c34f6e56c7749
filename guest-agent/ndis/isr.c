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

static struct {
    pthread_mutex_t dispatch;   /* held while ISRs of one event run */
    struct interrupt *attached[INTERRUPTS_MAX];
    int events[MESSAGES_MAX];   /* by message */
    unsigned messages;
    int line;                   /* or -1 */
    int wake;                   /* the set of eventfds has changed */
    uint64_t unclaimed;         /* interrupts with nobody registered */
} isr = { .line = -1, .wake = -1 };

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
static void dispatch(bool message, uint32_t number)
{
    bool claimed = false;

    pthread_mutex_lock(&isr.dispatch);
    for (unsigned n = 0; n < INTERRUPTS_MAX; n++) {
        struct interrupt *i = isr.attached[n];

        if (i && i->message == message && (!message || number < i->messages)) {
            run_isr(i, number);
            claimed = true;
        }
    }
    isr.unclaimed += !claimed;
    if (!message && host.device) {
        vfio_intx_unmask(host.device);
    }
    pthread_mutex_unlock(&isr.dispatch);
}

static bool take_event(int fd)
{
    uint64_t count;

    return read(fd, &count, sizeof(count)) == sizeof(count);
}

static void isr_thread(void *arg)
{
    (void)arg;
    for (;;) {
        struct pollfd fds[MESSAGES_MAX + 2];
        unsigned messages = __atomic_load_n(&isr.messages, __ATOMIC_ACQUIRE);

        fds[0] = (struct pollfd) { .fd = isr.wake, .events = POLLIN };
        fds[1] = (struct pollfd) { .fd = isr.line, .events = POLLIN };
        for (unsigned n = 0; n < messages; n++) {
            fds[2 + n] = (struct pollfd) { .fd = isr.events[n],
                                           .events = POLLIN };
        }
        if (poll(fds, messages + 2, -1) < 0) {
            continue;
        }
        if (fds[0].revents) {
            take_event(isr.wake);
        }
        if (fds[1].revents && take_event(isr.line)) {
            dispatch(false, 0);
        }
        for (unsigned n = 0; n < messages; n++) {
            if (fds[2 + n].revents && take_event(isr.events[n])) {
                dispatch(true, n);
            }
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
    return thread_start(THREAD_ISR, ISR_PRIORITY, isr_thread, NULL) ? -1 : 0;
}

/* --- set-up ----------------------------------------------------------- */

int isr_make_events(unsigned messages, bool line)
{
    uint64_t one = 1;

    if (messages > MESSAGES_MAX) {
        errno = EINVAL;
        return -1;
    }
    for (unsigned n = 0; n < messages; n++) {
        isr.events[n] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (isr.events[n] < 0) {
            return -1;
        }
    }
    if (line) {
        isr.line = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (isr.line < 0) {
            return -1;
        }
    }
    __atomic_store_n(&isr.messages, messages, __ATOMIC_RELEASE);
    return write(isr.wake, &one, sizeof(one)) == sizeof(one) ? 0 : -1;
}

const int *isr_message_events(void)
{
    return isr.events;
}

const int *isr_line_event(void)
{
    return &isr.line;
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

void isr_detach_all(void)
{
    for (unsigned n = 0; n < INTERRUPTS_MAX; n++) {
        if (isr.attached[n]) {
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

bool isr_any_attached(void)
{
    for (unsigned n = 0; n < INTERRUPTS_MAX; n++) {
        if (isr.attached[n]) {
            return true;
        }
    }
    return false;
}
