/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hang check, reset and shutdown of a miniport.
 *
 * NDIS calls MiniportCheckForHangEx and MiniportResetEx at DISPATCH_LEVEL or
 * below, so a driver has to work at DISPATCH_LEVEL: that is where they are
 * called here. MiniportShutdownEx is called at PASSIVE_LEVEL when the system
 * powers off, at HIGH_LEVEL when it stops.
 */
#include "ndis/life.h"

#define HIGH_LEVEL 15

static bool addressing_reset;  /* NDIS is to restore filter and addresses */
static bool asked;             /* a reset that the driver asked for is open */

/* Bug check 0x7C/0x0F: no reset is pending that could complete. */
void reset_complete(NDIS_HANDLE adapter, uint32_t status, bool addressing)
{
    if (__atomic_exchange_n(&asked, false, __ATOMIC_ACQ_REL)) {
        return;
    }
    if (!life_pending(LIFE_RESET)) {
        bug_check(0x7c, 0x0f, status, addressing, 0);
    }
    addressing_reset = addressing;
    life_complete(adapter, LIFE_RESET, status);
}

static void check_for_hang(void)
{
    struct callback cb;
    bool hung;

    if (host.miniport.CheckForHangHandlerEx) {
        callback_enter(&cb, "MiniportCheckForHangEx");
        hung = host.miniport.CheckForHangHandlerEx(current()->context);
        callback_leave(&cb, hung);
    }
}

static uint32_t call_reset(void)
{
    BOOLEAN addressing = FALSE;
    struct callback cb;
    uint32_t status;

    callback_enter(&cb, "MiniportResetEx");
    status = (uint32_t)host.miniport.ResetHandlerEx(current()->context,
                                                    &addressing);
    callback_leave(&cb, status);
    if (status != (uint32_t)NDIS_STATUS_PENDING) {
        addressing_reset = addressing;
    }
    return status;
}

/* NdisMResetMiniport: from a work item, without a step that waits for it. */
static void run_asked(void *arg)
{
    uint32_t status;
    uint8_t old;

    (void)arg;
    if (!current()->initialized || !host.miniport.ResetHandlerEx ||
        __atomic_exchange_n(&asked, true, __ATOMIC_ACQ_REL)) {
        return;
    }
    old = irql_set(DISPATCH_LEVEL);
    status = call_reset();
    irql_set(old);
    if (status != (uint32_t)NDIS_STATUS_PENDING) {
        __atomic_store_n(&asked, false, __ATOMIC_RELEASE);
    }
}

void reset_ask(void)
{
    work_queue(run_asked, NULL);
}

uint32_t host_reset(void)
{
    uint32_t status;
    uint8_t old;

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
    old = irql_set(DISPATCH_LEVEL);
    check_for_hang();
    life_expect(LIFE_RESET);
    status = call_reset();
    irql_set(old);
    status = life_settle(status);
    if (addressing_reset && current()->running) {
        protocol_restore();
    }
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
    old = irql_set(action == NdisShutdownBugCheck ? HIGH_LEVEL
                                                  : PASSIVE_LEVEL);
    callback_enter_value(&cb, "MiniportShutdownEx", (uint64_t)action);
    host.miniport.ShutdownHandlerEx(current()->context,
                                    (NDIS_SHUTDOWN_ACTION)action);
    callback_leave(&cb, 0);
    irql_set(old);
    return 0;
}
