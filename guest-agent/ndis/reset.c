/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hang check, reset and shutdown of a miniport.
 *
 * While an adapter is initialized and in D0, NDIS calls MiniportCheckForHangEx
 * every CheckForHangTimeInSeconds, and MiniportResetEx when it returns TRUE.
 * NDIS_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES: a multiple of 2 s, which is
 * the default. MINIPORT_CHECK_FOR_HANG is called at PASSIVE_LEVEL.
 * MINIPORT_RESET is called at DISPATCH_LEVEL or below, so a driver has to work
 * at DISPATCH_LEVEL: that is where it is called here. MiniportShutdownEx is
 * called at PASSIVE_LEVEL when the system powers off, at HIGH_LEVEL when it
 * stops.
 *
 * A check or reset runs on the worker thread, beside the steps, and may be
 * under way when the miniport is paused; not when it is halted or goes to D3.
 */
#include "ndis/life.h"

#define HIGH_LEVEL 15

/* Of checks for hang: CheckForHangTimeInSeconds is rounded down to it. */
#define HANG_UNIT_SECONDS 2u
/* For a reset that is under way when NDIS cannot go on without its end. */
#define RESET_WAIT (7 * NSEC_PER_SEC)

/* --- one check or reset of an adapter at a time ----------------------- */

static struct {
    pthread_mutex_t lock;   /* watched, resetting of all adapters */
    pthread_cond_t ended;
} gate;

__attribute__((constructor)) static void gate_init(void)
{
    thread_mutex_init(&gate.lock);
    thread_cond_init(&gate.ended);
}

/* `wait`: for the one that is under way; else false then, or if halted. */
static bool begin(bool wait)
{
    struct timespec at = time_at(time_now() + RESET_WAIT);
    struct adapter *a = current();
    bool begun;
    int err = 0;

    pthread_mutex_lock(&gate.lock);
    while (wait && a->resetting && !err) {
        err = pthread_cond_timedwait(&gate.ended, &gate.lock, &at);
    }
    begun = !a->resetting && (wait || a->watched);
    if (begun) {
        a->resetting = true;
    }
    pthread_mutex_unlock(&gate.lock);
    if (err) {
        life_overdue(LIFE_RESET);
    }
    return begun;
}

static void end(void)
{
    pthread_mutex_lock(&gate.lock);
    current()->resetting = false;
    pthread_cond_broadcast(&gate.ended);
    pthread_mutex_unlock(&gate.lock);
}

static bool check_for_hang(void)
{
    struct callback cb;
    bool hung = false;

    if (host.miniport.CheckForHangHandlerEx) {
        callback_enter(&cb, "MiniportCheckForHangEx");
        hung = host.miniport.CheckForHangHandlerEx(current()->context);
        callback_leave(&cb, hung);
    }
    return hung;
}

static uint32_t call_reset(void)
{
    BOOLEAN addressing = FALSE;
    struct callback cb;
    uint32_t status;
    uint8_t old = irql_set(DISPATCH_LEVEL);

    callback_enter(&cb, "MiniportResetEx");
    status = (uint32_t)host.miniport.ResetHandlerEx(current()->context,
                                                    &addressing);
    callback_leave(&cb, status);
    irql_set(old);
    if (status != (uint32_t)NDIS_STATUS_PENDING) {
        current()->addressing_reset = addressing;
    }
    return status;
}

static void restore(void)
{
    if (current()->addressing_reset && current()->running) {
        protocol_restore();
    }
}

/* --- a reset without a step that waits for it ------------------------- */

static void finish(void *arg)
{
    (void)arg;
    restore();
    end();
}

/* After begin(); ends with what comes of it. */
static void reset_beside(void)
{
    struct adapter *a = current();
    uint32_t status;

    if (!host.miniport.ResetHandlerEx) {
        end();
        return;
    }
    __atomic_store_n(&a->asked, true, __ATOMIC_RELEASE);
    status = call_reset();
    if (status == (uint32_t)NDIS_STATUS_PENDING) {
        return;  /* reset_complete() */
    }
    if (!__atomic_exchange_n(&a->asked, false, __ATOMIC_ACQ_REL)) {
        bug_check(0x7c, 0x0f, status, 0, 0);  /* completed as well */
    }
    finish(NULL);
}

/* Bug check 0x7C/0x0F: no reset is pending that could complete. */
void reset_complete(NDIS_HANDLE adapter, uint32_t status, bool addressing)
{
    struct adapter *a = adapter_get(adapter);

    a = a ? a : current();
    if (__atomic_exchange_n(&a->asked, false, __ATOMIC_ACQ_REL)) {
        a->addressing_reset = addressing;
        work_queue_for(a, finish, NULL);
        return;
    }
    if (!life_pending(LIFE_RESET)) {
        bug_check(0x7c, 0x0f, status, addressing, 0);
    }
    a->addressing_reset = addressing;
    life_complete(adapter, LIFE_RESET, status);
}

static void run_asked(void *arg)
{
    (void)arg;
    if (begin(false)) {
        reset_beside();
    }
}

void reset_ask(struct adapter *adapter)
{
    work_queue_for(adapter, run_asked, NULL);
}

/* --- check for hang, periodically ------------------------------------- */

static void run_check(void *arg)
{
    (void)arg;
    if (!begin(false)) {
        return;
    }
    if (check_for_hang()) {
        reset_beside();
    } else {
        end();
    }
}

/* The callback is called at PASSIVE_LEVEL: from a work item. */
static void on_timer(struct host_timer *timer)
{
    work_queue_for(timer->adapter, run_check, NULL);
}

void reset_watch(void)
{
    struct adapter *a = current();
    uint64_t seconds = a->hang_seconds - a->hang_seconds % HANG_UNIT_SECONDS;
    struct host_timer timer = { .key = &a->watched, .run = on_timer };

    a->watched = true;
    if (host.miniport.CheckForHangHandlerEx) {
        timer.period = (seconds ? seconds : HANG_UNIT_SECONDS) * NSEC_PER_SEC;
        timer.due = time_now() + timer.period;
        timer_set(&timer);
    }
}

void reset_unwatch(void)
{
    struct adapter *a = current();

    timer_cancel(&a->watched);
    begin(true);
    a->watched = false;
    end();
}

/* --- the step --------------------------------------------------------- */

uint32_t host_reset(void)
{
    uint32_t status;

    if (host_faults_bad()) {
        return HOST_FAILED;
    }
    if (!current()->initialized || current()->asleep) {
        return host_set_error(HOST_SKIPPED, "%s", current()->asleep
                              ? "the function is in D3"
                              : life_why_halted());
    }
    if (!host.miniport.ResetHandlerEx) {
        return host_set_error(HOST_SKIPPED, "the driver has no "
                              "MiniportResetEx");
    }
    begin(true);
    check_for_hang();
    life_expect(LIFE_RESET);
    status = life_settle(call_reset());
    restore();
    end();
    return status;
}

/* --- shutdown --------------------------------------------------------- */

/* Since NDIS 6.30 a miniport has to ask for being called in a bug check. */
static bool wants_bug_check(void)
{
    return host.miniport.MinorNdisVersion < 30 ||
           (current()->attributes &
            NDIS_MINIPORT_ATTRIBUTES_REGISTER_BUGCHECK_CALLBACK);
}

uint32_t host_shutdown(int action)
{
    struct callback cb;
    uint8_t old;

    if (host_faults_bad()) {
        return HOST_FAILED;
    }
    if (!current()->initialized) {
        return host_set_error(HOST_SKIPPED, "%s", life_why_halted());
    }
    if (action == NdisShutdownBugCheck && !wants_bug_check()) {
        return host_set_error(HOST_SKIPPED, "the driver did not set "
                              "NDIS_MINIPORT_ATTRIBUTES_REGISTER_BUGCHECK_"
                              "CALLBACK");
    }
    reset_unwatch();  /* no callback comes after this one */
    old = irql_set(action == NdisShutdownBugCheck ? HIGH_LEVEL
                                                  : PASSIVE_LEVEL);
    callback_enter_value(&cb, "MiniportShutdownEx", (uint64_t)action);
    host.miniport.ShutdownHandlerEx(current()->context,
                                    (NDIS_SHUTDOWN_ACTION)action);
    callback_leave(&cb, 0);
    irql_set(old);
    return 0;
}
