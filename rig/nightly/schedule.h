/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which job runs on which machine, and which one is next.
 *
 * Two questions with two answers. Which shard a job is of must be the same on
 * every machine, so it depends on the suite alone: on weight_ms, which comes
 * from the contents of the scenarios or from the durations file of the suite,
 * never from the history of the machine that asks. In which order the jobs of
 * a shard run may differ, so it goes by this machine's history.
 */
#ifndef RIG_SCHEDULE_H
#define RIG_SCHEDULE_H

#include "suite.h"

enum rig_priority {
    RIG_FIRST_FAILED,     /* not as expected, or broken, when it ran last */
    RIG_THEN_LEFT_OUT,    /* never run: nothing is known about it */
    RIG_THEN_OTHERS,
};

/*
 * Give each job its shard, 1..@shards: the heaviest first, each to the shard
 * that has least; of equals by id.
 */
void rig_shard(GPtrArray *jobs, unsigned shards);

/* Sort jobs by priority, then longest expected first, then id. */
void rig_schedule(GPtrArray *jobs);

/*
 * The first of the sorted @jobs, from index @from on, for which @waiting says
 * that it is not yet begun, and which by what is expected of it is done within
 * @left_ms; NULL: none fits.
 */
RigJob *rig_schedule_next(const GPtrArray *jobs, uint64_t left_ms,
                          gboolean (*waiting)(const RigJob *job, void *opaque),
                          void *opaque);

#endif
