/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A cycle of Linux's own driver: bound, put to work, unbound, and at each turn
 * what Linux knows about the interrupts reported, for comparison with what
 * rig-tap saw.
 */
#ifndef AGENT_LINUX_DRIVER_H
#define AGENT_LINUX_DRIVER_H

#include "agent/cycle.h"

enum linux_end {
    LINUX_DONE,
    LINUX_SKIPPED,  /* an earlier step failed */
    LINUX_REFUSED,  /* Linux would not do it */
    LINUX_FAILED,   /* our own failure: the cycle is broken */
};

/*
 * Once, in PID 1: drivers are bound by steps, not when a module is loaded or
 * a function appears. 0, or -1 with a sentence in err.
 */
int linux_driver_prepare(char *err, size_t errlen);

/* Run one step; anything but LINUX_DONE comes with a sentence in err. */
enum linux_end linux_driver_step(const struct cycle_context *context,
                                 const struct plan_step *step, char *err,
                                 size_t errlen);

/* After a cycle that ended early, in PID 1: take the function back. */
void linux_driver_release(const char *address);

#endif
