/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One cycle, in its own process: open the device and go through the steps. */
#ifndef AGENT_CYCLE_H
#define AGENT_CYCLE_H

#include "agent/plan.h"
#include "rig/events.h"

struct cycle_context {
    const struct plan *plan;
    const struct plan_scenario *scenario;
    const struct plan_cycle *cycle;
    uint32_t scenario_number; /* 1.. */
    uint32_t cycle_number;    /* 1.., every repetition counts */
    size_t arena_size;        /* bytes of DMA memory */
    int watch_fd;             /* to the watchdog in the parent */
    struct vfio_device *device; /* held open by the parent; NULL: by nobody */
    const struct cycle_sweep *sweep; /* NULL: no cycle of a sweep */
};

/* What a cycle of a sweep has besides its steps. */
struct cycle_sweep {
    struct host_points *points;  /* shared memory; NULL: nothing recorded */
    unsigned record;             /* enum host_record */
    bool recorded[PLAN_STEPS_MAX]; /* by step: calls in it are points */
    char **count;                /* device faults: how often each could strike;
                                    NULL: not counted */
    uint32_t *occasions;         /* shared memory: that, by device fault, ... */
    uint32_t *before;            /* ... and when the first call failed */
    const char *await;           /* device fault after whose strike points
                                    count, without argument; NULL: none */
    uint32_t await_ordinal;
    uint64_t digest;             /* of the device before the cycle */
    char difference[RIG_MARKER_TEXT]; /* from the first cycle; "": none */
};

/*
 * In the parent, once it holds the device: do what every cycle of the scenario
 * does alike, so that the processes forked from now on need not. Harmless if
 * it cannot be done: the cycle then does it and says what is wrong.
 */
void cycle_prepare(const struct cycle_context *context);

/* Run the cycle in this process and end the process. */
void cycle_run(const struct cycle_context *context) __attribute__((noreturn));

/* Does a step arm faults of the device, which have to be cleared? */
bool cycle_has_device_faults(const struct plan_cycle *cycle);
void cycle_clear_device_faults(const struct cycle_context *context);

#endif
