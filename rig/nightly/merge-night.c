/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shards of one night, put together. */
#include <string.h>

#include "merge.h"
#include "problem.h"

static RigNightPart *part_of(const RigNight *n, const char *shard)
{
    for (guint i = 0; i < n->parts->len; i++) {
        RigNightPart *p = n->parts->pdata[i];

        if (strcmp(p->shard, shard) == 0) {
            return p;
        }
    }
    return NULL;
}

static gboolean same_time(GDateTime *a, GDateTime *b)
{
    return a == b || (a && b && g_date_time_equal(a, b));
}

static gboolean same_part(const RigNightPart *a, const RigNightPart *b)
{
    return strcmp(a->host, b->host) == 0 &&
           same_time(a->started, b->started) &&
           same_time(a->finished, b->finished) && a->resumed == b->resumed;
}

/* "1/2" and "2/3" are no shards of the same night. */
static gboolean same_division(const char *a, const char *b)
{
    return strcmp(strchr(a, '/'), strchr(b, '/')) == 0;
}

static GDateTime *copy_time(GDateTime *t)
{
    return t ? g_date_time_ref(t) : NULL;
}

static RigNightPart *copy_part(const RigNightPart *p)
{
    RigNightPart *copy = rig_night_part_new();

    *copy = *p;
    copy->shard = g_strdup(p->shard);
    copy->host = g_strdup(p->host);
    copy->started = copy_time(p->started);
    copy->finished = copy_time(p->finished);
    memset(&copy->process, 0, sizeof(copy->process)); /* of another host */
    return copy;
}

static RigNightJob *copy_job(const RigNightJob *j)
{
    RigNightJob *copy = rig_night_job_new();

    copy->id = g_strdup(j->id);
    copy->shard = g_strdup(j->shard);
    copy->line = j->line;
    copy->state = j->state;
    copy->reason = g_strdup(j->reason);
    copy->expected_ms = j->expected_ms;
    copy->limit_seconds = j->limit_seconds;
    for (guint i = 0; i < j->scenarios->len; i++) {
        const RigNightScenario *s = j->scenarios->pdata[i];
        RigNightScenario *to = g_new0(RigNightScenario, 1);

        to->name = g_strdup(s->name);
        to->file = g_strdup(s->file);
        g_ptr_array_add(copy->scenarios, to);
    }
    for (guint i = 0; i < j->attempts->len; i++) {
        const RigAttempt *a = j->attempts->pdata[i];
        RigAttempt *to = g_memdup2(a, sizeof(*a));

        to->run = g_strdup(a->run);
        to->started = copy_time(a->started);
        to->finished = copy_time(a->finished);
        g_ptr_array_add(copy->attempts, to);
    }
    return copy;
}

static void remove_shard(RigNight *n, const char *shard)
{
    RigNightPart *p = part_of(n, shard);

    for (guint i = n->jobs->len; i-- > 0;) {
        const RigNightJob *j = n->jobs->pdata[i];

        if (strcmp(j->shard, shard) == 0) {
            g_ptr_array_remove_index(n->jobs, i);
        }
    }
    if (p) {
        g_ptr_array_remove(n->parts, p);
    }
}

static int by_shard(gconstpointer pa, gconstpointer pb)
{
    const RigNightPart *a = *(RigNightPart *const *)pa;
    const RigNightPart *b = *(RigNightPart *const *)pb;

    return (int)g_ascii_strtoull(a->shard, NULL, 10) -
           (int)g_ascii_strtoull(b->shard, NULL, 10);
}

static int by_id(gconstpointer pa, gconstpointer pb)
{
    const RigNightJob *a = *(RigNightJob *const *)pa;
    const RigNightJob *b = *(RigNightJob *const *)pb;

    return strcmp(a->id, b->id);
}

static void take_shard(RigNight *a, const RigNight *b, const RigNightPart *p)
{
    remove_shard(a, p->shard);
    g_ptr_array_add(a->parts, copy_part(p));
    for (guint i = 0; i < b->jobs->len; i++) {
        const RigNightJob *j = b->jobs->pdata[i];

        if (strcmp(j->shard, p->shard) == 0) {
            g_ptr_array_add(a->jobs, copy_job(j));
        }
    }
}

/* From the first start to the last end; complete when every part is. */
static void sum_up(RigNight *n)
{
    n->complete = TRUE;
    g_clear_pointer(&n->finished, g_date_time_unref);
    for (guint i = 0; i < n->parts->len; i++) {
        RigNightPart *p = n->parts->pdata[i];

        n->complete &= p->finished != NULL;
        if (g_date_time_compare(p->started, n->started) < 0) {
            g_date_time_unref(n->started);
            n->started = g_date_time_ref(p->started);
        }
        if (p->finished && (!n->finished || g_date_time_compare(
                                p->finished, n->finished) > 0)) {
            g_clear_pointer(&n->finished, g_date_time_unref);
            n->finished = g_date_time_ref(p->finished);
        }
    }
    if (!n->complete) {
        g_clear_pointer(&n->finished, g_date_time_unref);
    }
    g_ptr_array_sort(n->parts, by_shard);
    g_ptr_array_sort(n->jobs, by_id);
}

static int contradict(const RigNight *a, const char *where,
                      GPtrArray *problems, const char *what)
{
    rig_problem(problems, where, 0, "night %s %s; give each night its own "
                "--night", a->id, what);
    return -1;
}

int rig_merge_night(RigNight *a, const RigNight *b, const char *where,
                    GPtrArray *problems)
{
    const RigNightPart *first = a->parts->pdata[0];
    int changed = 0;

    if (strcmp(a->suite, b->suite) || strcmp(a->sha256, b->sha256)) {
        return contradict(a, where, problems,
                          "is of another suite in the other results");
    }
    for (guint i = 0; i < b->parts->len; i++) {
        const RigNightPart *p = b->parts->pdata[i];
        const RigNightPart *ours = part_of(a, p->shard);

        if (!same_division(first->shard, p->shard)) {
            return contradict(a, where, problems,
                              "has another number of shards there");
        }
        if (ours && !same_part(ours, p) && ours->finished && p->finished) {
            g_autofree char *what = g_strdup_printf(
                "has shard %s twice, of %s and of %s", p->shard, ours->host,
                p->host);

            return contradict(a, where, problems, what);
        }
        if (!ours || (!same_part(ours, p) && p->finished)) {
            take_shard(a, b, p);
            first = a->parts->pdata[0];
            changed = 1;
        }
    }
    if (changed) {
        sum_up(a);
    }
    return changed;
}
