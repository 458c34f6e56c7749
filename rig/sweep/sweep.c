/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The fault map as data. */
#include "sweep.h"

#include <string.h>

const char *rig_sweep_outcome_name(RigSweepOutcome outcome)
{
    static const char *const names[RIG_SWEEP_OUTCOMES] = {
        [RIG_SWEEP_VIOLATION] = "violation",
        [RIG_SWEEP_LOST] = "lost-in-cleanup",
        [RIG_SWEEP_LEAK] = "leak",
        [RIG_SWEEP_CRASH] = "crash",
        [RIG_SWEEP_HANG] = "hang",
        [RIG_SWEEP_BROKEN] = "broken",
        [RIG_SWEEP_INCONCLUSIVE] = "inconclusive",
        [RIG_SWEEP_NOT_REACHED] = "not-reached",
        [RIG_SWEEP_CLEAN_FAILURE] = "clean-failure",
        [RIG_SWEEP_SUCCESS] = "success",
    };

    return names[outcome];
}

gboolean rig_sweep_outcome_unclean(RigSweepOutcome outcome)
{
    return outcome < RIG_SWEEP_NOT_REACHED;
}

static void point_free(gpointer data)
{
    RigSweepPoint *p = data;

    g_free(p->trial.sentence);
    g_free(p);
}

static void pair_free(gpointer data)
{
    RigSweepPair *p = data;

    g_free(p->trial.sentence);
    g_free(p);
}

RigSweepResult *rig_sweep_result_new(unsigned k)
{
    RigSweepResult *r = g_new0(RigSweepResult, 1);

    r->k = k;
    r->points = g_ptr_array_new_with_free_func(point_free);
    r->by_text = g_hash_table_new(g_str_hash, g_str_equal);
    r->sites = g_hash_table_new(NULL, NULL);
    r->pairs = g_ptr_array_new_with_free_func(pair_free);
    return r;
}

void rig_sweep_result_free(RigSweepResult *r)
{
    if (r) {
        g_hash_table_destroy(r->by_text);
        g_hash_table_destroy(r->sites);
        g_ptr_array_unref(r->points);
        g_ptr_array_unref(r->pairs);
        g_free(r->again);
        g_free(r);
    }
}

static void add_point(RigSweepResult *r, const RigSweepFault *fault,
                      RigSweepTrial *trial)
{
    RigSweepPoint *p = g_hash_table_lookup(r->by_text, fault->text);

    if (!p && r->points->len < RIG_SWEEP_POINTS_MAX) {
        p = g_new0(RigSweepPoint, 1);
        p->fault = *fault;
        p->trial.event = UINT64_MAX;
        g_ptr_array_add(r->points, p);
        g_hash_table_insert(r->by_text, p->fault.text, p);
    }
    if (p && p->trial.cycle == 0) {
        p->trial = *trial;
        trial->sentence = NULL;
    }
}

/* Does this fault alone come to the same? */
static gboolean does_it_alone(const RigSweepResult *r,
                              const RigSweepFault *fault,
                              const RigSweepTrial *trial)
{
    const RigSweepPoint *p = g_hash_table_lookup(r->by_text, fault->text);

    return p && p->trial.cycle && p->trial.outcome == trial->outcome &&
           !strcmp(p->trial.id, trial->id) &&
           !strcmp(p->trial.class_code, trial->class_code);
}

static void add_pair(RigSweepResult *r, const RigSweepFault *faults,
                     RigSweepTrial *trial)
{
    RigSweepPoint *first = g_hash_table_lookup(r->by_text, faults[0].text);
    RigSweepPair *pair;

    if (first) {
        first->pairs[trial->outcome]++;
    }
    if (!rig_sweep_outcome_unclean(trial->outcome)) {
        return;
    }
    if (does_it_alone(r, &faults[0], trial) ||
        does_it_alone(r, &faults[1], trial)) {
        r->pairs_explained++;
    } else if (r->pairs->len == RIG_SWEEP_PAIRS_MAX) {
        r->pairs_omitted++;
    } else {
        pair = g_new0(RigSweepPair, 1);
        pair->first = faults[0];
        pair->second = faults[1];
        pair->trial = *trial;
        trial->sentence = NULL;
        g_ptr_array_add(r->pairs, pair);
    }
}

void rig_sweep_result_add(RigSweepResult *r, const RigSweepFault *faults,
                          unsigned n, RigSweepTrial *trial)
{
    gboolean life = rig_sweep_is_life(faults, n);

    r->cycles++;
    r->lives += life;
    r->count[life ? 0 : n][trial->outcome]++;
    if (n == 1) {
        add_point(r, &faults[0], trial);
    } else if (n == 2) {
        add_pair(r, faults, trial);
    }
    g_clear_pointer(&trial->sentence, g_free);
}

unsigned rig_sweep_findings(const RigSweepResult *r)
{
    unsigned n = r->pairs->len + r->pairs_omitted;

    for (guint i = 0; i < r->points->len; i++) {
        const RigSweepPoint *p = r->points->pdata[i];

        n += p->trial.cycle && rig_sweep_outcome_unclean(p->trial.outcome);
    }
    return n;
}

unsigned rig_sweep_untried_calls(const RigSweepResult *r)
{
    unsigned calls = 0;

    for (guint i = 0; i < r->points->len; i++) {
        const RigSweepPoint *p = r->points->pdata[i];

        calls += p->fault.kind == RIG_POINT_API && p->fault.point != 0;
    }
    return r->reached > calls ? r->reached - calls : 0;
}

unsigned rig_sweep_untried(const RigSweepResult *r)
{
    return rig_sweep_untried_calls(r) +
           r->count[1][RIG_SWEEP_NOT_REACHED] +
           r->count[2][RIG_SWEEP_NOT_REACHED] +
           (r->known > r->cycles ? r->known - r->cycles : 0);
}

char *rig_sweep_command(const RigSweepResult *r, const RigSweepFault *first,
                        const RigSweepFault *second)
{
    return g_strdup_printf("%s --only '%s%s%s'",
                           r->again ? r->again : "rig sweep", first->text,
                           second ? "+" : "", second ? second->text : "");
}
