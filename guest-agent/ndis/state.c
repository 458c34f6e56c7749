/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Restart and pause, and callbacks that may complete later. */
#include "ndis/life.h"

#define LINK_WAIT    (3 * NSEC_PER_SEC)  /* auto-negotiation and more */
#define LINK_POLL    1000000u            /* ns */
#define PENDING_WAIT (7 * NSEC_PER_SEC)  /* for a pause, restart, reset */

static struct {
    pthread_mutex_t lock;
    pthread_cond_t done;
    bool waiting, completed;
    const struct adapter *adapter;
    enum life_wait what;
    uint32_t status;
} pending;

__attribute__((constructor)) static void pending_init(void)
{
    thread_mutex_init(&pending.lock);
    thread_cond_init(&pending.done);
}

/* --- asynchronous completions ----------------------------------------- */

void life_expect(enum life_wait what)
{
    pthread_mutex_lock(&pending.lock);
    pending.adapter = current();
    pending.what = what;
    pending.waiting = true;
    pending.completed = false;
    pthread_mutex_unlock(&pending.lock);
}

bool life_pending(enum life_wait what)
{
    bool is;

    pthread_mutex_lock(&pending.lock);
    is = pending.waiting && pending.what == what && !pending.completed;
    pthread_mutex_unlock(&pending.lock);
    return is;
}

/* Bug check 0x7C/0x1F: nothing is pending that could complete. */
void life_complete(NDIS_HANDLE adapter, enum life_wait what, uint32_t status)
{
    pthread_mutex_lock(&pending.lock);
    if (!pending.waiting || pending.what != what || pending.completed ||
        pending.adapter != adapter_get(adapter)) {
        pthread_mutex_unlock(&pending.lock);
        bug_check(0x7c, 0x1f, what, 0, 0);
    }
    pending.completed = true;
    pending.status = status;
    pthread_cond_broadcast(&pending.done);
    pthread_mutex_unlock(&pending.lock);
}

/* Bug check 0x7C: NDIS' watchdogs for what a miniport left pending. */
void life_overdue(enum life_wait what)
{
    if (what == LIFE_PAUSE) {
        bug_check(0x7c, 0x25, 0x21, current()->number, 0);
    }
    bug_check(0x7c, 0x24, what, current()->number, 0);
}

uint32_t life_settle(uint32_t status)
{
    struct timespec at = time_at(time_now() + PENDING_WAIT);
    int err = 0;

    pthread_mutex_lock(&pending.lock);
    while (status == (uint32_t)NDIS_STATUS_PENDING && !pending.completed &&
           !err) {
        err = pthread_cond_timedwait(&pending.done, &pending.lock, &at);
    }
    if (err) {
        life_overdue(pending.what);
    }
    if (status == (uint32_t)NDIS_STATUS_PENDING) {
        status = pending.status;
    }
    pending.waiting = false;
    pthread_mutex_unlock(&pending.lock);
    return status;
}

/* --- restart, pause --------------------------------------------------- */

static void wait_for_link(void)
{
    uint64_t end = time_now() + LINK_WAIT;

    while (!__atomic_load_n(&current()->link_up, __ATOMIC_ACQUIRE)) {
        if (__atomic_load_n(&current()->failed, __ATOMIC_ACQUIRE)) {
            return;
        }
        if (time_now() >= end) {
            marker_note("no link after %llu ms", LINK_WAIT / 1000000);
            return;
        }
        time_sleep(LINK_POLL);
    }
}

uint32_t life_restart(void)
{
    NDIS_MINIPORT_RESTART_PARAMETERS p = {
        .Header = { NDIS_OBJECT_TYPE_DEFAULT, 1, sizeof(p) },
    };
    struct callback cb;
    uint32_t status;

    life_expect(LIFE_RESTART);
    callback_enter(&cb, "MiniportRestart");
    status = (uint32_t)host.miniport.RestartHandler(current()->context, &p);
    callback_leave(&cb, status);
    status = life_settle(status);
    if (status) {
        return status;
    }
    current()->running = true;
    protocol_start();
    wait_for_link();
    return 0;
}

uint32_t host_restart(void)
{
    if (host_faults_bad()) {
        return HOST_FAILED;
    }
    if (!current()->initialized || current()->running || current()->asleep) {
        return host_set_error(HOST_SKIPPED, "%s", current()->running
                              ? "the adapter is running"
                              : life_why_halted());
    }
    return life_restart();
}

uint32_t life_pause(uint32_t reason)
{
    NDIS_MINIPORT_PAUSE_PARAMETERS p = {
        .Header = { NDIS_OBJECT_TYPE_DEFAULT, 1, sizeof(p) },
        .PauseReason = reason,
    };
    struct callback cb;
    uint32_t status;

    protocol_stop();
    traffic_pausing();
    life_expect(LIFE_PAUSE);
    callback_enter(&cb, "MiniportPause");
    status = (uint32_t)host.miniport.PauseHandler(current()->context, &p);
    callback_leave(&cb, status);
    status = life_settle(status);
    traffic_paused();
    current()->running = false;  /* a pause cannot fail */
    return status;
}

uint32_t host_pause(void)
{
    if (host_faults_bad()) {
        return HOST_FAILED;
    }
    if (!current()->running) {
        return host_set_error(HOST_SKIPPED, "%s", current()->initialized
                              ? "the adapter is not running"
                              : life_why_halted());
    }
    return life_pause(NDIS_PAUSE_NDIS_INTERNAL);
}
