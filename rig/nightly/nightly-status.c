/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What came of a night: of its jobs, put together. */
#include "commands.h"
#include "nightly.h"
#include "run-glance.h"

/*
 * A violation hides what is broken. A job that the budget left no time for is
 * what the user asked for, unless there was no time for any.
 */
int rig_nightly_status(const RigNightly *n)
{
    unsigned done = 0;
    int status = RIG_EXIT_OK;

    if (n->interrupted) {
        return RIG_EXIT_INTERRUPTED;
    }
    for (guint i = 0; i < n->night->jobs->len; i++) {
        const RigNightJob *j = n->night->jobs->pdata[i];
        const RigAttempt *a = j->attempts->len
            ? j->attempts->pdata[j->attempts->len - 1] : NULL;

        if (j->state != RIG_JOB_DONE || !a) {
            continue;
        }
        done++;
        if (a->status == RIG_EXIT_VIOLATION) {
            status = RIG_EXIT_VIOLATION;
        } else if (a->status != RIG_EXIT_OK && status == RIG_EXIT_OK) {
            status = RIG_EXIT_BROKEN;
        }
    }
    if (n->write_failed || (done == 0 && n->night->jobs->len > 0)) {
        return MAX(status, RIG_EXIT_BROKEN);
    }
    return status;
}

RigNightlyCounts rig_nightly_totals(const RigNightly *n)
{
    RigNightlyCounts c = { 0 };

    for (guint i = 0; i < n->night->jobs->len; i++) {
        const RigNightJob *j = n->night->jobs->pdata[i];
        const RigAttempt *a = j->attempts->len
            ? j->attempts->pdata[j->attempts->len - 1] : NULL;
        g_autofree char *dir = a ? g_build_filename(
            n->options->results, "runs", a->run, NULL) : NULL;
        RigRunGlance g;

        if (j->state == RIG_JOB_DONE && a && rig_run_glance(dir, &g)) {
            c.done += g.scenarios;
            c.as_expected += g.as_expected;
            for (unsigned v = 0; v < RIG_VERDICTS; v++) {
                c.verdict[v] += g.verdict[v];
            }
        }
    }
    return c;
}
