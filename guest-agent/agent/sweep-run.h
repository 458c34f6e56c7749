/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Running a sweep: the cycles of sweep.h, each in a process of its own. */
#ifndef AGENT_SWEEP_RUN_H
#define AGENT_SWEEP_RUN_H

#include "agent/cycle.h"

/*
 * Run the sweep of context->scenario; the number of its cycles is added to
 * *cycles. 0, or -1 with a sentence in err: then no cycle can follow.
 */
int sweep_run(const struct cycle_context *context, unsigned *cycles,
              char *err, size_t errlen);

#endif
