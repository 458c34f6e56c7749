/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which cycles a sweep consists of: made up as it goes, from what the cycles
 * before have reached.
 *
 *     s = sweep_new(params, life, messages, export_name);
 *     while (sweep_next(s, &cycle)) {
 *         run it, record if cycle.flags say so;
 *         sweep_learn(s, &cycle, points, occasions);
 *     }
 *
 * First the lives themselves, without a fault, whose calls and accesses are
 * recorded; then one cycle for each point; with k = 2 then one for each pair
 * whose second point the path of the first one reached. Memory is bounded:
 * what does not fit is counted and not tried.
 *
 * Several machines can share a sweep: each goes through all lives, takes every
 * shares-th point, and the pairs that these reach.
 */
#ifndef AGENT_SWEEP_H
#define AGENT_SWEEP_H

#include <stdbool.h>
#include <stdint.h>
#include "agent/plan.h"
#include "rig/events.h"

/* Lives that a sweep may go through; 0 is that of the plan. */
#define SWEEP_LIVES_MAX 16u
/* Points on the clean paths, and pairs, that are kept. */
#define SWEEP_POINTS_MAX 65536u
#define SWEEP_PAIRS_MAX  1000000u

struct sweep_fault {
    uint16_t kind;        /* enum rig_point */
    uint16_t life;        /* 0.. */
    uint16_t number;      /* export, or index of the device fault */
    uint16_t step;        /* of the life, 0..; API calls only */
    uint32_t occurrence;  /* in the step, or ordinal of the device fault */
    uint32_t caller;      /* RVA, 0: not known */
    uint32_t argument;    /* messages granted; 0: the line interrupt */
    uint32_t point;       /* 1.. on the clean path; 0: not on it */
};

struct sweep_cycle {
    unsigned life;
    struct sweep_fault fault[SWEEP_K_MAX];
    unsigned n_faults;    /* 0: the life itself */
    uint32_t index;       /* of the single cycle, for sweep_learn() */
    bool record;          /* what it reaches is wanted */
    bool again;           /* the planned life once more, for the occasions of
                             device faults: prepared, as all the others are,
                             a cycle takes another time than the first one */
};

/* One step of a life. */
struct sweep_step {
    struct plan_step step; /* lists in it belong to the plan */
    const char *name;
    bool recorded;        /* calls in it are points */
};

struct sweep_life {
    char name[48];
    struct sweep_step step[PLAN_STEPS_MAX];
    unsigned n_steps;
};

struct sweep;

/*
 * `messages`: what the function has, for fewer of them. `name` gives an export
 * its name. Arguments have to outlive the sweep. Never fails.
 */
struct sweep *sweep_new(const struct plan_sweep *params,
                        const struct plan_cycle *life, unsigned messages,
                        const char *(*name)(unsigned number));
void sweep_free(struct sweep *s);

/* The next cycle; false: the sweep is done, or at its limit. */
bool sweep_next(struct sweep *s, struct sweep_cycle *c);

/*
 * What cycle `c` reached: `points`, checked here, and how often each device
 * fault of the plan could have struck: in all, and by the time that the call
 * failed. All may be NULL.
 */
void sweep_learn(struct sweep *s, const struct sweep_cycle *c,
                 const struct host_points *points, const uint32_t *occasions,
                 const uint32_t *before);

/* Cycles that the sweep needs as far as is known now, those done included. */
uint32_t sweep_known(const struct sweep *s);

const struct sweep_life *sweep_life(const struct sweep *s, unsigned life);

/* A fault as text, as plan.h has it; at most `size` bytes with the NUL. */
void sweep_spec(const struct sweep *s, const struct sweep_fault *f,
                char *text, size_t size);

#endif
