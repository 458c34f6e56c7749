/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The automaton: for each event, the <on> elements whose event and guards
 * match are picked first and act afterwards, so that all guards see the state
 * before the event.
 */
#include <string.h>
#include "rule-engine.h"

/* Row of the counters of events whose adapter is not known. */
#define NO_ADAPTER RIG_ADAPTERS_MAX

struct RigEngine {
    const RigRule *rule;
    RigReportFunc func;
    void *opaque;
    RigInstance instance[RIG_INSTANCES_MAX];
    unsigned used;           /* instances above this are unused */
    unsigned held, created;
    unsigned counter[RIG_ADAPTERS_MAX + 1][RULE_NAMES_MAX];
    RigMoment counted[RULE_NAMES_MAX];
    uint64_t reported_raised; /* violations already reported after the last
                                 boundary */
    int boundary;            /* last one, -1: none or over */
    unsigned boundaries;
    RigMoment passed;
    unsigned *match;         /* indexes of <on> elements that match */
};

RigEngine *rig_engine_new(const RigRule *rule, RigReportFunc func,
                          void *opaque)
{
    RigEngine *e = g_new0(RigEngine, 1);

    e->rule = rule;
    e->func = func;
    e->opaque = opaque;
    e->match = g_new(unsigned, rule->on->len);
    rig_engine_reset(e);
    return e;
}

void rig_engine_free(RigEngine *e)
{
    if (e) {
        g_free(e->match);
        g_free(e);
    }
}

const RigRule *rig_engine_rule(const RigEngine *e)
{
    return e->rule;
}

void rig_engine_reset(RigEngine *e)
{
    e->used = e->held = e->created = e->boundaries = 0;
    e->boundary = -1;
    memset(e->counter, 0, sizeof(e->counter));
}

void rig_engine_quiesced(RigEngine *e)
{
    e->boundary = -1;
}

unsigned rig_engine_boundaries(const RigEngine *e)
{
    return e->boundaries;
}

const RigMoment *rig_engine_passed(const RigEngine *e)
{
    return e->boundaries ? &e->passed : NULL;
}

unsigned rig_engine_held(const RigEngine *e)
{
    return e->held;
}

unsigned rig_engine_created(const RigEngine *e)
{
    return e->created;
}

/* Is something of adapter `a` a matter of adapter `b`? */
static gboolean same_adapter(int a, int b)
{
    return a == b || a == RIG_ADAPTER_NONE || b == RIG_ADAPTER_NONE;
}

const RigInstance *rig_engine_first(const RigEngine *e, int adapter)
{
    for (unsigned i = 0; i < e->used; i++) {
        if (same_adapter(e->instance[i].adapter, adapter)) {
            return &e->instance[i];
        }
    }
    return NULL;
}

static RigInstance *find_instance(RigEngine *e, uint64_t key)
{
    for (unsigned i = 0; i < e->used; i++) {
        if (e->instance[i].key == key) {
            return &e->instance[i];
        }
    }
    return NULL;
}

static gboolean is_held(const RigEngine *e, const RigInstance *i)
{
    return e->rule->held >> i->state & 1;
}

static gboolean contains(const RuleNames *names, GQuark quark)
{
    for (unsigned i = 0; i < names->n; i++) {
        if (names->quark[i] == quark) {
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean any_open(const RuleNames *names, const RigCalls *calls)
{
    for (unsigned i = 0; i < names->n; i++) {
        if (rig_calls_during(calls, names->quark[i])) {
            return TRUE;
        }
    }
    return FALSE;
}

/* Value of a counter as seen by an event of this adapter. */
static unsigned counter(const RigEngine *e, unsigned index, int adapter)
{
    unsigned sum = e->counter[NO_ADAPTER][index];

    for (unsigned i = 0; i < RIG_ADAPTERS_MAX; i++) {
        if (same_adapter(i, adapter)) {
            sum += e->counter[i][index];
        }
    }
    return sum;
}

static gboolean counters_match(const RigEngine *e, const RuleOn *on,
                               int adapter)
{
    for (unsigned i = 0; i < e->rule->counters->len; i++) {
        if (((on->has >> i & 1) && !counter(e, i, adapter)) ||
            ((on->lacks >> i & 1) && counter(e, i, adapter))) {
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean tri_match(RuleTri wanted, gboolean value)
{
    return wanted == RULE_ANY || (wanted == RULE_YES) == !!value;
}

static gboolean argument_matches(const RuleOn *on, const RigFacts *f)
{
    if (on->argument < 0) {
        return TRUE;
    }
    for (unsigned i = 0; i < on->is->len; i++) {
        if (f->arg[on->argument] == g_array_index(on->is, uint32_t, i)) {
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean handle_matches(RigEngine *e, const RuleOn *on,
                               const RigFacts *f)
{
    const RigInstance *i;

    if (!on->handle) {
        return TRUE;
    }
    i = find_instance(e, f->object);
    return on->handle & (i ? 1u << i->state : RULE_HANDLE_UNKNOWN);
}

static gboolean source_matches(const RigEngine *e, const RuleOn *on,
                               const RigFacts *f)
{
    if (on->source != f->source) {
        return FALSE;
    }
    switch (on->source) {
    case RULE_ON_API:
        return (on->when & f->when) &&
               (on->every_api || contains(&on->names, f->quark));
    case RULE_ON_CALLBACK:
        return (on->when & f->when) && contains(&on->names, f->quark);
    case RULE_ON_BOUNDARY:
    case RULE_ON_RAISED:
        return e->boundary >= 0 && (on->boundaries >> e->boundary & 1);
    case RULE_ON_LOST:
        return on->when & f->when;
    default:
        return contains(&on->names, f->quark);
    }
}

static gboolean guards_match(RigEngine *e, const RuleOn *on,
                             const RigFacts *f)
{
    return (!on->inside.n || contains(&on->inside, f->inside_quark)) &&
           (!on->not_inside.n ||
            !contains(&on->not_inside, f->inside_quark)) &&
           (!on->during.n || any_open(&on->during, f->calls)) &&
           (!on->not_during.n || !any_open(&on->not_during, f->calls)) &&
           (int)f->irql > on->irql_above &&
           tri_match(on->held, e->held != 0) &&
           tri_match(on->armed, f->armed != 0) &&
           tri_match(on->at_start, f->at_start) &&
           tri_match(on->api_witness, f->api_witness) &&
           argument_matches(on, f) && handle_matches(e, on, f) &&
           counters_match(e, on, f->adapter);
}

static void set_moment(RigMoment *m, const RigFacts *f)
{
    m->event = f->event;
    m->ns = f->ns;
    m->call_event = f->enter_event;
    m->caller = f->caller;
    g_strlcpy(m->name, f->name ? f->name : "", sizeof(m->name));
}

/* A slot for a new instance: unused, or the oldest that is not held. */
static RigInstance *free_slot(RigEngine *e)
{
    RigInstance *oldest = NULL;

    if (e->used < RIG_INSTANCES_MAX) {
        return &e->instance[e->used++];
    }
    for (unsigned i = 0; i < e->used; i++) {
        RigInstance *c = &e->instance[i];

        if (!is_held(e, c) &&
            (!oldest || c->created.event < oldest->created.event)) {
            oldest = c;
        }
    }
    return oldest;
}

static const char *create(RigEngine *e, unsigned state, const RigFacts *f)
{
    RigInstance *i = find_instance(e, f->object);

    if (!f->object) {
        return "a call that succeeded without a handle";
    }
    if (i && is_held(e, i)) {
        return "a handle that was given out twice";
    }
    i = i ? i : free_slot(e);
    if (!i) {
        return "more than 256 handles held at a time";
    }
    i->key = f->object;
    i->state = state;
    i->adapter = f->adapter;
    i->reported = 0;
    set_moment(&i->created, f);
    i->moved.event = RIG_NO_EVENT;
    e->held += is_held(e, i);
    e->created++;
    return NULL;
}

static void move(RigEngine *e, unsigned state, const RigFacts *f)
{
    RigInstance *i = find_instance(e, f->object);

    if (i) {
        e->held -= is_held(e, i);
        i->state = state;
        e->held += is_held(e, i);
        set_moment(&i->moved, f);
    }
}

static void report(RigEngine *e, const RuleAction *a, const RigFacts *f)
{
    RigReport r = {
        .rule = e->rule,
        .violation = e->rule->violations->pdata[a->index],
        .boundary = e->boundary >= 0 ?
                    e->rule->boundaries->pdata[e->boundary] : NULL,
        .passed = e->boundary >= 0 ? &e->passed : NULL,
        .counted = a->counted_by >= 0 ? &e->counted[a->counted_by] : NULL,
        .facts = f,
    };

    if (f->source == RULE_ON_RAISED) {
        if (e->reported_raised >> a->index & 1) {
            return;
        }
        e->reported_raised |= 1ull << a->index;
    }
    if (!a->each) {
        r.instance = f->source == RULE_ON_API ? find_instance(e, f->object)
                                              : NULL;
        e->func(&r, e->opaque);
        return;
    }
    for (unsigned i = 0; i < e->used; i++) {
        RigInstance *inst = &e->instance[i];

        if ((a->each >> inst->state & 1) &&
            !(inst->reported >> a->index & 1) &&
            (f->source != RULE_ON_BOUNDARY ||
             same_adapter(inst->adapter, f->adapter))) {
            inst->reported |= 1u << a->index;
            r.instance = inst;
            e->func(&r, e->opaque);
        }
    }
}

static const char *act(RigEngine *e, const RuleAction *a, const RigFacts *f)
{
    unsigned row = f->adapter == RIG_ADAPTER_NONE ? NO_ADAPTER
                                                  : (unsigned)f->adapter;

    switch (a->type) {
    case RULE_CREATE:
        return create(e, a->index, f);
    case RULE_MOVE:
        move(e, a->index, f);
        break;
    case RULE_COUNT:
        e->counter[row][a->index]++;
        set_moment(&e->counted[a->index], f);
        break;
    case RULE_CLEAR:
        e->counter[row][a->index] = 0;
        break;
    case RULE_REPORT:
        report(e, a, f);
        break;
    }
    return NULL;
}

static const char *run(RigEngine *e, const RigFacts *f)
{
    const char *why = NULL;
    unsigned n = 0;

    for (unsigned i = 0; i < e->rule->on->len; i++) {
        const RuleOn *on = e->rule->on->pdata[i];

        if (source_matches(e, on, f) && guards_match(e, on, f)) {
            e->match[n++] = i;
        }
    }
    for (unsigned i = 0; i < n && !why; i++) {
        const RuleOn *on = e->rule->on->pdata[e->match[i]];

        for (unsigned k = 0; k < on->actions->len && !why; k++) {
            why = act(e, &g_array_index(on->actions, RuleAction, k), f);
        }
    }
    return why;
}

/* Index of the boundary that a callback's end is, or -1. */
static int boundary_of(const RigEngine *e, const RigFacts *f)
{
    for (unsigned i = 0; i < e->rule->boundaries->len; i++) {
        const RuleBoundary *b = e->rule->boundaries->pdata[i];

        if (b->callback == f->quark && (b->when & f->when) &&
            (!b->steps.n || contains(&b->steps, f->step))) {
            return i;
        }
    }
    return -1;
}

const char *rig_engine_feed(RigEngine *e, const RigFacts *facts)
{
    const char *why;
    RigFacts f;
    int boundary;

    /* Most events are about names that no rule mentions. */
    if (!facts->quark && !(facts->when & RULE_WHEN_NOT_MADE) &&
        (facts->source == RULE_ON_API ||
         facts->source == RULE_ON_CALLBACK)) {
        return NULL;
    }
    if (facts->source == RULE_ON_CALLBACK &&
        facts->when == RULE_WHEN_CALL &&
        facts->quark == facts->calls->initialize) {
        e->boundary = -1;
    }
    why = run(e, facts);
    boundary = facts->source == RULE_ON_CALLBACK &&
               facts->when != RULE_WHEN_CALL ? boundary_of(e, facts) : -1;
    if (why || boundary < 0) {
        return why;
    }
    e->boundary = boundary;
    e->boundaries++;
    e->reported_raised = 0;
    set_moment(&e->passed, facts);
    f = *facts;
    f.source = RULE_ON_BOUNDARY;
    return run(e, &f);
}
