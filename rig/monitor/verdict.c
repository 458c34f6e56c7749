/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Merging verdicts, and the result types with what belongs to them. */
#include <string.h>
#include "sweep.h"
#include "timeline.h"
#include "verdict.h"

RigVerdict rig_verdict_worse(RigVerdict a, RigVerdict b)
{
    static const unsigned rank[RIG_VERDICTS] = {
        [RIG_VERDICT_PASS] = 0, [RIG_VERDICT_SKIPPED] = 1,
        [RIG_VERDICT_INCONCLUSIVE] = 2, [RIG_VERDICT_BROKEN] = 3,
        [RIG_VERDICT_VIOLATION] = 4,
    };

    return rank[a] >= rank[b] ? a : b;
}

static const char *const level_names[RIG_LEVELS] = {
    [RIG_LEVEL_SDV_RULE] = "sdv-rule", [RIG_LEVEL_STRICT] = "strict",
    [RIG_LEVEL_CONTRACT] = "contract", [RIG_LEVEL_LEAK] = "leak",
};

const char *rig_level_name(RigLevel level)
{
    return level_names[level];
}

gboolean rig_level_parse(const char *name, RigLevel *level)
{
    for (unsigned i = 0; i < RIG_LEVELS; i++) {
        if (!strcmp(name, level_names[i])) {
            *level = i;
            return TRUE;
        }
    }
    return FALSE;
}

const char *rig_witness_name(RigWitness witness)
{
    gboolean shim = witness & RIG_WITNESS_SHIM;

    if (witness == RIG_WITNESS_SYSTEM) {
        return "system";
    }
    switch (witness & RIG_WITNESS_BOTH) {
    case RIG_WITNESS_BOTH:
        return shim ? "shim+device" : "api+device";
    case RIG_WITNESS_API:
        return shim ? "shim" : "api";
    default:
        return "device";
    }
}

const char *rig_cycle_end_name(RigCycleEnd end)
{
    static const char *const names[] = {
        "done", "crash", "hang", "bugcheck", "broken", "missing",
    };

    return names[end];
}

void rig_proof_free(RigProof *proof)
{
    if (proof) {
        g_free(proof->text);
        g_free(proof);
    }
}

void rig_finding_free(RigFinding *f)
{
    if (f) {
        g_free(f->rule);
        g_free(f->id);
        g_free(f->class_code);
        g_free(f->boundary);
        g_free(f->sentence);
        g_ptr_array_unref(f->proofs);
        g_free(f);
    }
}

static void step_free(gpointer data)
{
    RigStepResult *s = data;

    g_free(s->name);
    g_free(s->detail);
    g_free(s);
}

static void fault_free(gpointer data)
{
    RigFaultResult *f = data;

    g_free(f->api);
    g_free(f);
}

static void strike_free(gpointer data)
{
    RigStrikeResult *s = data;

    g_free(s->name);
    g_free(s);
}

static void evidence_free(gpointer data)
{
    RigEvidence *e = data;

    g_free(e->boundary);
    g_free(e);
}

RigCycleResult *rig_cycle_result_new(unsigned number)
{
    RigCycleResult *c = g_new0(RigCycleResult, 1);

    c->number = number;
    c->event_from = c->event_to = c->ns_from = c->ns_to = RIG_NO_EVENT;
    c->steps = g_ptr_array_new_with_free_func(step_free);
    c->faults = g_ptr_array_new_with_free_func(fault_free);
    c->strikes = g_ptr_array_new_with_free_func(strike_free);
    c->evidence = g_ptr_array_new_with_free_func(evidence_free);
    return c;
}

void rig_cycle_result_free(RigCycleResult *c)
{
    if (c) {
        g_free(c->reason);
        g_ptr_array_unref(c->steps);
        g_ptr_array_unref(c->faults);
        g_ptr_array_unref(c->strikes);
        g_ptr_array_unref(c->evidence);
        rig_timeline_free(c->timeline);
        g_free(c);
    }
}

RigScenarioResult *rig_scenario_result_new(const RigScenario *scenario,
                                           unsigned number,
                                           RigVerdict verdict,
                                           const char *sentence)
{
    RigScenarioResult *r = g_new0(RigScenarioResult, 1);

    r->scenario = scenario;
    r->number = number;
    r->verdict = verdict;
    r->sentence = g_strdup(sentence);
    r->findings = g_ptr_array_new_with_free_func(
        (GDestroyNotify)rig_finding_free);
    r->cycles = g_ptr_array_new_with_free_func(
        (GDestroyNotify)rig_cycle_result_free);
    r->traffic = g_array_new(FALSE, FALSE, sizeof(RigTrafficCount));
    return r;
}

void rig_scenario_result_free(RigScenarioResult *r)
{
    if (r) {
        g_free(r->sentence);
        g_ptr_array_unref(r->findings);
        g_ptr_array_unref(r->cycles);
        g_array_unref(r->traffic);
        rig_sweep_result_free(r->sweep);
        g_free(r->driver.sha256);
        g_free(r->driver.service);
        g_free(r->driver.provider);
        g_free(r->driver.version);
        g_free(r->driver.model);
        g_clear_pointer(&r->known, g_ptr_array_unref);
        g_free(r->inputs.all);
        g_free(r->inputs.scenario);
        g_free(r->inputs.rules);
        g_free(r->inputs.inf);
        g_free(r->frames_file);
        g_free(r->reproduce);
        g_free(r);
    }
}

gboolean rig_scenario_result_as_expected(const RigScenarioResult *r)
{
    const RigExpect *want = &r->scenario->expect;

    if (r->verdict != want->verdict) {
        return FALSE;
    }
    if (!want->level && !want->class_code) {
        return TRUE;
    }
    for (unsigned i = 0; i < r->findings->len; i++) {
        const RigFinding *f = r->findings->pdata[i];

        if (f->verdict == want->verdict &&
            (!want->level || !strcmp(want->level, rig_level_name(f->level)))
            && (!want->class_code ||
                !strcmp(want->class_code, f->class_code))) {
            return TRUE;
        }
    }
    return FALSE;
}

/* The finding that says most: strict names the handle, leak the least. */
static const RigFinding *main_finding(const RigScenarioResult *r)
{
    static const RigLevel order[] = {
        RIG_LEVEL_STRICT, RIG_LEVEL_SDV_RULE, RIG_LEVEL_CONTRACT,
        RIG_LEVEL_LEAK,
    };

    for (unsigned o = 0; o < G_N_ELEMENTS(order); o++) {
        for (unsigned i = 0; i < r->findings->len; i++) {
            const RigFinding *f = r->findings->pdata[i];

            if (f->level == order[o] &&
                f->verdict == RIG_VERDICT_VIOLATION) {
                return f;
            }
        }
    }
    return NULL;
}

/* First cycle with this verdict, or NULL. */
static const RigCycleResult *first_cycle(const RigScenarioResult *r,
                                         RigVerdict verdict)
{
    for (unsigned i = 0; i < r->cycles->len; i++) {
        const RigCycleResult *c = r->cycles->pdata[i];

        if (c->verdict == verdict) {
            return c;
        }
    }
    return NULL;
}

/* "3 of 5 cycles violate the rule", "all 5 cycles pass". */
static char *cycle_words(RigVerdict verdict, unsigned n, unsigned total)
{
    static const struct {
        const char *one, *many;
    } verbs[RIG_VERDICTS] = {
        [RIG_VERDICT_PASS] = { "passes", "pass" },
        [RIG_VERDICT_VIOLATION] = { "violates the rule", "violate the rule" },
        [RIG_VERDICT_BROKEN] = { "is broken", "are broken" },
        [RIG_VERDICT_INCONCLUSIVE] = { "is inconclusive",
                                       "are inconclusive" },
        [RIG_VERDICT_SKIPPED] = { "is skipped", "are skipped" },
    };

    if (n == 2 && total == 2) {
        return g_strdup_printf("both cycles %s", verbs[verdict].many);
    }
    return n == total
           ? g_strdup_printf("all %u cycles %s", total, verbs[verdict].many)
           : g_strdup_printf("%u of %u cycles %s", n, total, n == 1 ?
                             verbs[verdict].one : verbs[verdict].many);
}

/* The sentence of @cycle for the scenario, whose cycles may be many. */
static char *of_cycles(const RigScenarioResult *r, unsigned total,
                       unsigned cycle, const char *sentence)
{
    g_autofree char *words = NULL;

    if (total <= 1 || cycle == 0) {
        return g_strdup(sentence);
    }
    words = cycle_words(r->verdict, r->cycles_by_verdict[r->verdict], total);
    return g_strdup_printf("Cycle %u (%s): %s", cycle, words, sentence);
}

void rig_scenario_result_conclude(RigScenarioResult *r,
                                  const char *pass_sentence)
{
    unsigned total = 0, cycle = 0;
    const char *sentence = NULL;

    r->verdict = RIG_VERDICT_PASS;
    for (unsigned v = 0; v < RIG_VERDICTS; v++) {
        total += r->cycles_by_verdict[v];
        if (r->cycles_by_verdict[v]) {
            r->verdict = rig_verdict_worse(r->verdict, v);
        }
    }
    if (r->verdict == RIG_VERDICT_VIOLATION && main_finding(r)) {
        sentence = main_finding(r)->sentence;
        cycle = main_finding(r)->cycle;
    } else if (r->verdict == RIG_VERDICT_PASS) {
        sentence = pass_sentence;
        cycle = 1;
    } else if (first_cycle(r, r->verdict)) {
        sentence = first_cycle(r, r->verdict)->reason;
        cycle = first_cycle(r, r->verdict)->number;
    }
    if (!sentence) {
        sentence = "No cycle was judged.";
    }
    g_free(r->sentence);
    r->sentence = of_cycles(r, total, cycle, sentence);
}

void rig_scenario_result_worsen(RigScenarioResult *r, RigVerdict verdict,
                                const char *sentence)
{
    if (rig_verdict_worse(r->verdict, verdict) != r->verdict) {
        r->verdict = verdict;
        g_free(r->sentence);
        r->sentence = g_strdup(sentence);
    }
}
