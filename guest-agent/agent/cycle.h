/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One cycle, in its own process: open the device and go through the steps. */
#ifndef AGENT_CYCLE_H
#define AGENT_CYCLE_H

#include "agent/plan.h"

struct cycle_context {
    const struct plan *plan;
    const struct plan_scenario *scenario;
    const struct plan_cycle *cycle;
    uint32_t scenario_number; /* 1.. */
    uint32_t cycle_number;    /* 1.., every repetition counts */
    size_t arena_size;        /* bytes of DMA memory */
    int watch_fd;             /* to the watchdog in the parent */
};

/* Run the cycle in this process and end the process. */
void cycle_run(const struct cycle_context *context) __attribute__((noreturn));

/* Does a step arm faults of the device, which have to be cleared? */
bool cycle_has_device_faults(const struct plan_cycle *cycle);

#endif
