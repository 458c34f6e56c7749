/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Going on with a night that was not finished. */
#include "resume.h"

#include <gio/gio.h>
#include <string.h>

#include "commands.h"
#include "run-glance.h"

/* --- is it that one? -------------------------------------------------- */

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

/* Files may have changed, so that the same suite makes other jobs. */
static gboolean same_jobs(const RigNight *n, const RigSuite *suite,
                          unsigned shard)
{
    guint same = 0, all = 0;

    for (guint i = 0; i < suite->jobs->len; i++) {
        const RigJob *job = suite->jobs->pdata[i];
        const RigNightJob *j = job->shard == shard ? rig_night_job(n, job->id)
                                                   : NULL;
        gboolean equal = j && j->scenarios->len == job->scenarios->len;

        all += job->shard == shard;
        for (guint k = 0; equal && k < j->scenarios->len; k++) {
            const RigNightScenario *a = j->scenarios->pdata[k];
            const RigScenario *b = job->scenarios->pdata[k];

            equal = strcmp(a->name, b->name) == 0;
        }
        same += equal;
    }
    return same == all && all == n->jobs->len;
}

/* NULL: it can be resumed; else why not. */
static const char *unfit(const RigNight *n, const RigSuite *suite,
                         const char *shard)
{
    const RigNightPart *p = part_of(n, shard);

    return n->complete ? "it is finished" :
           strcmp(n->suite, suite->name) ? "it is of another suite" :
           !p || n->parts->len > 1 ? "it is of another shard" :
           strcmp(n->sha256, suite->sha256) ||
           !same_jobs(n, suite, g_ascii_strtoull(shard, NULL, 10))
           ? "the suite or its scenarios have changed since; --new starts "
             "another night" :
           rig_process_alive(&p->process) ? "it is still running" : NULL;
}

static gboolean is_recent(const RigNight *n)
{
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();

    return g_date_time_difference(now, n->started) <
           RIG_RESUME_HOURS * G_TIME_SPAN_HOUR;
}

/* --- going on --------------------------------------------------------- */

/* Its run was over, only nobody was there any more to put that down. */
static gboolean ended_anyway(RigNightJob *j, const char *results)
{
    RigAttempt *a = j->attempts->pdata[j->attempts->len - 1];
    g_autofree char *dir = g_build_filename(results, "runs", a->run, NULL);
    RigRunGlance g;

    if (a->state != RIG_ATTEMPT_RUNNING || !rig_run_glance(dir, &g) ||
        !g.complete) {
        return FALSE;
    }
    a->state = RIG_ATTEMPT_DONE;
    a->status = !rig_run_failing(&g) ? RIG_EXIT_OK :
                g.verdict[RIG_VERDICT_BROKEN] +
                g.verdict[RIG_VERDICT_INCONCLUSIVE] ? RIG_EXIT_BROKEN
                                                    : RIG_EXIT_VIOLATION;
    j->state = RIG_JOB_DONE;
    return TRUE;
}

static void go_on(RigNight *n, const char *results)
{
    RigNightPart *p = n->parts->pdata[0];

    for (guint i = 0; i < n->jobs->len; i++) {
        RigNightJob *j = n->jobs->pdata[i];

        if (j->attempts->len && j->state == RIG_JOB_RUNNING) {
            ended_anyway(j, results);
        }
    }
    rig_night_interrupt(n);
    for (guint i = 0; i < n->jobs->len; i++) {
        RigNightJob *j = n->jobs->pdata[i];

        if (j->state != RIG_JOB_DONE) {
            j->state = RIG_JOB_WAITING;
            g_clear_pointer(&j->reason, g_free);
        }
    }
    p->resumed++;
}

RigNight *rig_resume(const RigSuite *suite, const char *results,
                     const char *shard, const char *id, const RigPaths *paths,
                     GError **error)
{
    g_autofree char *schema = g_build_filename(paths->results, "night.rng",
                                               NULL);
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) all = rig_nights_read(results, schema, problems);
    gboolean named = id && *id;

    for (guint i = 0; i < all->len; i++) {
        const RigNight *n = all->pdata[i];
        const char *why = unfit(n, suite, shard);

        if (named && strcmp(n->id, id) == 0 && why) {
            g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "night %s "
                        "cannot be resumed: %s", id, why);
            return NULL;
        }
        if (!why && (named ? strcmp(n->id, id) == 0 : id || is_recent(n))) {
            RigNight *found = g_ptr_array_steal_index(all, i);

            go_on(found, results);
            return found;
        }
    }
    if (id) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "%s: no night %s "
                    "can be resumed%s%s", results, named ? id :
                    "of this suite", problems->len ? "\n" : "", problems->len
                    ? (char *)problems->pdata[0] : "");
    }
    return NULL;
}
