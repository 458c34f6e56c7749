/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Running a plan: scenarios, cycles, and the markers between them. */
#ifndef AGENT_RUNNER_H
#define AGENT_RUNNER_H

#include "agent/cycle.h"

struct runner_totals {
    unsigned cycles;
    unsigned long rss_first_kib; /* of this process after the first cycle */
    unsigned long rss_last_kib;  /* and after the last one */
};

/*
 * Run every cycle in a process of its own. 0 if the plan ran to its end, or
 * -1 with a sentence in err: then no cycle can follow.
 */
int runner_run(const struct plan *plan, size_t arena_size,
               struct runner_totals *totals, char *err, size_t errlen);

/*
 * Run one cycle in a process of its own and write its markers; *end is how it
 * ended. -1 as above.
 */
int runner_cycle(struct cycle_context *context, uint32_t repetition,
                 enum rig_cycle_end *end, char *err, size_t errlen);

#endif
