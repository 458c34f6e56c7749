/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The fault map on standard output: totals, and what is not clean. */
#include <stdio.h>
#include <string.h>

#include "run.h"
#include "sweep.h"

/* Lines of the table; run.xml and the report have all. */
#define ROWS_MAX 40u

static const char *outcome_words(RigSweepOutcome outcome)
{
    static const char *const words[RIG_SWEEP_OUTCOMES] = {
        [RIG_SWEEP_VIOLATION] = "violation",
        [RIG_SWEEP_LOST] = "lost in cleanup",
        [RIG_SWEEP_LEAK] = "leak",
        [RIG_SWEEP_CRASH] = "crash",
        [RIG_SWEEP_HANG] = "hang",
        [RIG_SWEEP_BROKEN] = "broken",
        [RIG_SWEEP_INCONCLUSIVE] = "inconclusive",
        [RIG_SWEEP_NOT_REACHED] = "not reached",
        [RIG_SWEEP_CLEAN_FAILURE] = "clean failure",
        [RIG_SWEEP_SUCCESS] = "success in spite of it",
    };

    return words[outcome];
}

/* Of how much it was all that was tried, and how to try the rest. */
static void print_untried(const RigSweepResult *r, const RigSweep *sweep)
{
    unsigned calls = rig_sweep_untried_calls(r);

    printf("    %u calls that may fail were reached, at %u call sites; %u "
           "points not tried\n", r->reached, g_hash_table_size(r->sites),
           rig_sweep_untried(r));
    if (calls && sweep->per_site && !sweep->only[0]) {
        printf("    Up to %u calls of each call site were tried; --per-site 0 "
               "tries the other %u, too\n", sweep->per_site, calls);
    }
}

static void print_totals(const RigSweepResult *r, const RigSweep *sweep)
{
    unsigned lives = 0, single = 0, pairs = 0;

    for (unsigned i = 0; i < RIG_SWEEP_OUTCOMES; i++) {
        lives += r->count[0][i];
        single += r->count[1][i];
        pairs += r->count[2][i];
    }
    printf("    %u cycles: %u without a fault, %u with one%s", r->cycles,
           lives, single, r->k > 1 ? "" : "\n");
    if (r->k > 1) {
        printf(", %u with two\n", pairs);
    }
    print_untried(r, sweep);
    printf("    %-22s  %7s  %7s%s\n", "OUTCOME", "NO FAULT", "ONE",
           r->k > 1 ? "      TWO" : "");
    for (unsigned i = 0; i < RIG_SWEEP_OUTCOMES; i++) {
        if (!(r->count[0][i] + r->count[1][i] + r->count[2][i])) {
            continue;
        }
        printf("    %-22s  %8u  %6u", outcome_words(i), r->count[0][i],
               r->count[1][i]);
        printf(r->k > 1 ? "  %7u\n" : "\n", r->count[2][i]);
    }
}

/* "violation strict 0x0B" */
static void print_trial(const RigSweepResult *r, const RigSweepTrial *t,
                        const RigSweepFault *first,
                        const RigSweepFault *second)
{
    g_autofree char *again = rig_sweep_command(r, first, second);
    gboolean finding = t->outcome == RIG_SWEEP_VIOLATION;

    printf("    %s%s%s: %s%s%s%s%s, cycle %u\n", first->text,
           second ? " + " : "", second ? second->text : "",
           outcome_words(t->outcome), finding ? " " : "",
           finding ? t->level : "", finding ? " " : "",
           finding ? t->class_code : "", t->cycle);
    if (t->sentence) {
        printf("        %s\n", t->sentence);
    }
    printf("        again: %s\n", again);
}

static void print_points(const RigSweepResult *r, unsigned *rows)
{
    for (unsigned o = 0; o < RIG_SWEEP_CLEAN_FAILURE; o++) {
        for (guint i = 0; i < r->points->len; i++) {
            const RigSweepPoint *p = r->points->pdata[i];

            if (p->trial.cycle && p->trial.outcome == o &&
                (*rows)++ < ROWS_MAX) {
                print_trial(r, &p->trial, &p->fault, NULL);
            }
        }
    }
}

static void print_pairs(const RigSweepResult *r, unsigned *rows)
{
    if (r->pairs->len) {
        puts("    Found by k=2, not by k=1: neither fault does it alone.");
    }
    for (guint i = 0; i < r->pairs->len; i++) {
        const RigSweepPair *p = r->pairs->pdata[i];

        if ((*rows)++ < ROWS_MAX) {
            print_trial(r, &p->trial, &p->first, &p->second);
        }
    }
    if (r->pairs_explained) {
        printf("    %u more pairs are not clean, but no more than one of "
               "their faults alone.\n", r->pairs_explained);
    }
}

void rig_print_sweep(const RigRunContext *c, const RigScenarioResult *result)
{
    const RigSweepResult *r = result->sweep;
    unsigned rows = 0;

    if (!r || (c->options->quiet &&
               (rig_sweep_findings(r) == 0 ||
                rig_scenario_result_as_expected(result)))) {
        return;
    }
    print_totals(r, result->scenario->sweep);
    print_points(r, &rows);
    print_pairs(r, &rows);
    rows += r->pairs_omitted;
    if (rows > ROWS_MAX) {
        printf("    and %u more in run.xml and the report\n",
               rows - ROWS_MAX);
    }
    fflush(stdout);
}
