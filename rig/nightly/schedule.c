/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which job runs on which machine, and which one is next. */
#include "schedule.h"

#include <string.h>

static int heaviest_first(gconstpointer pa, gconstpointer pb)
{
    const RigJob *a = *(RigJob *const *)pa, *b = *(RigJob *const *)pb;

    return a->weight_ms > b->weight_ms ? -1 : a->weight_ms < b->weight_ms ? 1
           : strcmp(a->id, b->id);
}

void rig_shard(GPtrArray *jobs, unsigned shards)
{
    g_autofree uint64_t *load = g_new0(uint64_t, shards);
    g_autoptr(GPtrArray) sorted = g_ptr_array_new();

    for (guint i = 0; i < jobs->len; i++) {
        g_ptr_array_add(sorted, jobs->pdata[i]);
    }
    g_ptr_array_sort(sorted, heaviest_first);
    for (guint i = 0; i < sorted->len; i++) {
        RigJob *job = sorted->pdata[i];
        unsigned least = 0;

        for (unsigned s = 1; s < shards; s++) {
            least = load[s] < load[least] ? s : least;
        }
        load[least] += job->weight_ms;
        job->shard = least + 1;
    }
}

static int by_schedule(gconstpointer pa, gconstpointer pb)
{
    const RigJob *a = *(RigJob *const *)pa, *b = *(RigJob *const *)pb;

    if (a->priority != b->priority) {
        return a->priority - b->priority;
    }
    return a->expected_ms > b->expected_ms ? -1
           : a->expected_ms < b->expected_ms ? 1 : strcmp(a->id, b->id);
}

void rig_schedule(GPtrArray *jobs)
{
    g_ptr_array_sort(jobs, by_schedule);
}

RigJob *rig_schedule_next(const GPtrArray *jobs, uint64_t left_ms,
                          gboolean (*waiting)(const RigJob *job, void *opaque),
                          void *opaque)
{
    for (guint i = 0; i < jobs->len; i++) {
        RigJob *job = jobs->pdata[i];

        if (job->expected_ms <= left_ms && waiting(job, opaque)) {
            return job;
        }
    }
    return NULL;
}
