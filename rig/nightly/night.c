/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A night as data: made, changed, freed. */
#include "night.h"

#include <string.h>

#include "commands.h"

const char *rig_job_state_name(RigJobState s)
{
    static const char *const names[] = { "waiting", "running", "done",
                                         "skipped", "interrupted" };

    return names[s];
}

const char *rig_attempt_state_name(RigAttemptState s)
{
    static const char *const names[] = { "running", "done", "interrupted",
                                         "killed" };

    return names[s];
}

/* --- memory ----------------------------------------------------------- */

void rig_attempt_free(RigAttempt *a)
{
    g_free(a->run);
    g_clear_pointer(&a->started, g_date_time_unref);
    g_clear_pointer(&a->finished, g_date_time_unref);
    g_free(a);
}

static void scenario_free(gpointer p)
{
    RigNightScenario *s = p;

    g_free(s->name);
    g_free(s->file);
    g_free(s);
}

static void job_free(gpointer p)
{
    RigNightJob *j = p;

    g_free(j->id);
    g_free(j->shard);
    g_free(j->reason);
    g_ptr_array_unref(j->scenarios);
    g_ptr_array_unref(j->attempts);
    g_free(j);
}

static void part_free(gpointer data)
{
    RigNightPart *p = data;

    g_free(p->shard);
    g_free(p->host);
    g_clear_pointer(&p->started, g_date_time_unref);
    g_clear_pointer(&p->finished, g_date_time_unref);
    g_free(p);
}

void rig_night_free(RigNight *n)
{
    if (n) {
        g_free(n->id);
        g_free(n->rig);
        g_free(n->suite);
        g_free(n->title);
        g_free(n->suite_file);
        g_free(n->sha256);
        g_free(n->command);
        g_clear_pointer(&n->started, g_date_time_unref);
        g_clear_pointer(&n->finished, g_date_time_unref);
        g_ptr_array_unref(n->parts);
        g_ptr_array_unref(n->jobs);
        g_free(n);
    }
}

RigNightPart *rig_night_part_new(void)
{
    return g_new0(RigNightPart, 1);
}

RigNightJob *rig_night_job_new(void)
{
    RigNightJob *j = g_new0(RigNightJob, 1);

    j->scenarios = g_ptr_array_new_with_free_func(scenario_free);
    j->attempts = g_ptr_array_new_with_free_func(
        (GDestroyNotify)rig_attempt_free);
    return j;
}

RigNight *rig_night_empty(void)
{
    RigNight *n = g_new0(RigNight, 1);

    n->parts = g_ptr_array_new_with_free_func(part_free);
    n->jobs = g_ptr_array_new_with_free_func(job_free);
    return n;
}

/* --- making and changing ---------------------------------------------- */

static void add_job(RigNight *n, const RigJob *job, const char *shard)
{
    RigNightJob *j = rig_night_job_new();

    j->id = g_strdup(job->id);
    j->shard = g_strdup(shard);
    j->line = job->line;
    j->expected_ms = job->expected_ms;
    j->limit_seconds = job->limit_seconds;
    for (guint i = 0; i < job->scenarios->len; i++) {
        const RigScenario *s = job->scenarios->pdata[i];
        RigNightScenario *name = g_new0(RigNightScenario, 1);

        name->name = g_strdup(s->name);
        name->file = g_strdup(s->file);
        g_ptr_array_add(j->scenarios, name);
    }
    g_ptr_array_add(n->jobs, j);
}

static int by_id(gconstpointer pa, gconstpointer pb)
{
    const RigNightJob *a = *(RigNightJob *const *)pa;
    const RigNightJob *b = *(RigNightJob *const *)pb;

    return strcmp(a->id, b->id);
}

RigNight *rig_night_new(const RigSuite *suite, const char *id,
                        const char *shard)
{
    RigNight *n = rig_night_empty();
    RigNightPart *p = rig_night_part_new();
    unsigned number = g_ascii_strtoull(shard, NULL, 10);

    n->id = g_strdup(id);
    n->rig = g_strdup(RIG_VERSION);
    n->suite = g_strdup(suite->name);
    n->title = g_strdup(suite->title);
    n->suite_file = g_strdup(suite->file);
    n->sha256 = g_strdup(suite->sha256);
    n->started = g_date_time_new_now_utc();
    p->shard = g_strdup(shard);
    p->host = g_strdup(g_get_host_name());
    p->started = g_date_time_ref(n->started);
    p->workers = 1;
    g_ptr_array_add(n->parts, p);
    for (guint i = 0; i < suite->jobs->len; i++) {
        const RigJob *job = suite->jobs->pdata[i];

        if (job->shard == number) {
            add_job(n, job, shard);
        }
    }
    g_ptr_array_sort(n->jobs, by_id); /* the suite's may be in another order */
    return n;
}

RigNightJob *rig_night_job(const RigNight *n, const char *id)
{
    for (guint i = 0; i < n->jobs->len; i++) {
        RigNightJob *j = n->jobs->pdata[i];

        if (strcmp(j->id, id) == 0) {
            return j;
        }
    }
    return NULL;
}

RigAttempt *rig_night_begin(RigNightJob *job, unsigned worker)
{
    RigAttempt *a = g_new0(RigAttempt, 1);
    g_autofree char *time = NULL;

    a->started = g_date_time_new_now_utc();
    time = g_date_time_format(a->started, "%Y%m%d-%H%M%S");
    /* Sorts by time as all runs do; the job keeps two of a second apart. */
    a->run = g_strdup_printf("%s-%s-%u-%04x", time, job->id,
                             job->attempts->len + 1,
                             (unsigned)g_random_int_range(0, 0x10000));
    a->worker = worker;
    a->status = -1;
    g_ptr_array_add(job->attempts, a);
    job->state = RIG_JOB_RUNNING;
    g_clear_pointer(&job->reason, g_free);
    return a;
}

void rig_night_interrupt(RigNight *n)
{
    for (guint i = 0; i < n->jobs->len; i++) {
        RigNightJob *j = n->jobs->pdata[i];
        RigAttempt *a = j->attempts->len
                        ? j->attempts->pdata[j->attempts->len - 1] : NULL;

        if (j->state == RIG_JOB_RUNNING) {
            j->state = RIG_JOB_INTERRUPTED;
        }
        if (a && a->state == RIG_ATTEMPT_RUNNING) {
            a->state = RIG_ATTEMPT_INTERRUPTED;
        }
    }
}
