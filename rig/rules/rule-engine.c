/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The automaton: for each event, the <on> elements whose event and guards
 * match are picked first and act afterwards, so that all guards see the state
 * before the event.
 */
#include <string.h>
#include "rule-engine.h"

/* Row of what belongs to no known adapter. */
#define NO_ADAPTER RIG_ADAPTERS_MAX
#define ROWS       (RIG_ADAPTERS_MAX + 1)

/* The <on> elements for one name: a part of RigEngine.order. */
typedef struct Transitions {
    uint16_t first, count;
    uint16_t when;           /* what any of them waits for */
} Transitions;

/* The last boundary that an adapter has passed. */
typedef struct Passed {
    int boundary;            /* -1: none, or over */
    RigMoment moment;
    uint32_t reported;       /* violations by raised interrupts since then */
} Passed;

struct RigEngine {
    const RigRule *rule;
    RigReportFunc func;
    void *opaque;
    Transitions *named[RULE_NAMED_SOURCES]; /* by name index */
    Transitions nameless[RULE_SOURCES];
    uint16_t *order;
    unsigned names;
    unsigned initialize;     /* index of MiniportInitializeEx */
    gboolean touched;        /* since the last reset */
    RigInstances instances;
    unsigned held[ROWS], created;
    unsigned counter[ROWS][RULE_NAMES_MAX];
    RigMoment counted[RULE_NAMES_MAX];
    Passed passed[ROWS];
    unsigned last;           /* row of the latest boundary */
    uint16_t *match;         /* indexes of <on> elements that match */
};

/* --- tables -------------------------------------------------------------- */

static void add_names(const RuleNames *list, RigNames *names)
{
    for (unsigned i = 0; i < list->n; i++) {
        rig_names_add(names, list->quark[i]);
    }
}

void rig_rule_add_names(const RigRule *rule, RigNames *names)
{
    for (unsigned i = 0; i < rule->on->len; i++) {
        const RuleOn *on = rule->on->pdata[i];

        add_names(&on->names, names);
        add_names(&on->except, names);
        add_names(&on->inside, names);
        add_names(&on->not_inside, names);
        add_names(&on->within, names);
        add_names(&on->not_within, names);
        add_names(&on->during, names);
        add_names(&on->not_during, names);
    }
    for (unsigned i = 0; i < rule->boundaries->len; i++) {
        const RuleBoundary *b = rule->boundaries->pdata[i];

        rig_names_add(names, b->callback);
        add_names(&b->steps, names);
    }
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

/* Is this <on> for events of this source and name (0: one not in `names`)? */
static gboolean is_for(const RuleOn *on, RuleSource source, GQuark quark)
{
    return on->source == source &&
           (on->every ? !contains(&on->except, quark)
                      : contains(&on->names, quark));
}

static Transitions transitions(RigEngine *e, unsigned *n, RuleSource source,
                               GQuark quark)
{
    Transitions t = { .first = *n };

    for (unsigned i = 0; i < e->rule->on->len; i++) {
        const RuleOn *on = e->rule->on->pdata[i];

        if (source < RULE_NAMED_SOURCES ? is_for(on, source, quark)
                                        : on->source == source) {
            e->order[(*n)++] = i;
            t.count++;
            t.when |= on->when;
        }
    }
    return t;
}

static gboolean has_source(const RigRule *rule, RuleSource source)
{
    for (unsigned i = 0; i < rule->on->len; i++) {
        if (((const RuleOn *)rule->on->pdata[i])->source == source) {
            return TRUE;
        }
    }
    return FALSE;
}

/* A boundary is looked for at the ends of its callback. */
static void add_boundaries(RigEngine *e, RigNames *names)
{
    for (unsigned i = 0; i < e->rule->boundaries->len; i++) {
        const RuleBoundary *b = e->rule->boundaries->pdata[i];
        unsigned index = rig_names_add(names, b->callback);

        e->named[RULE_ON_CALLBACK][index].when |= b->when;
    }
    e->named[RULE_ON_CALLBACK][e->initialize].when |= RULE_WHEN_CALL;
}

static void build_tables(RigEngine *e, RigNames *names)
{
    g_autofree GQuark *quark = NULL;
    unsigned n = 0;

    rig_rule_add_names(e->rule, names);
    e->initialize = rig_names_add(names, g_quark_from_static_string(
                                      "MiniportInitializeEx"));
    e->names = rig_names_count(names) + 1;
    quark = rig_names_quarks(names);
    e->order = g_new(uint16_t, e->rule->on->len *
                               (RULE_NAMED_SOURCES * e->names + RULE_SOURCES));
    for (unsigned s = 0; s < RULE_NAMED_SOURCES; s++) {
        e->named[s] = g_new0(Transitions, e->names);
        for (unsigned i = 0; has_source(e->rule, s) && i < e->names; i++) {
            e->named[s][i] = transitions(e, &n, s, quark[i]);
        }
    }
    for (unsigned s = RULE_NAMED_SOURCES; s < RULE_SOURCES; s++) {
        e->nameless[s] = transitions(e, &n, s, 0);
    }
    e->order = g_renew(uint16_t, e->order, MAX(n, 1));
    add_boundaries(e, names);
}

/* --- interface ----------------------------------------------------------- */

RigEngine *rig_engine_new(const RigRule *rule, RigNames *names,
                          RigReportFunc func, void *opaque)
{
    RigEngine *e = g_new0(RigEngine, 1);

    e->rule = rule;
    e->func = func;
    e->opaque = opaque;
    e->match = g_new(uint16_t, rule->on->len);
    build_tables(e, names);
    rig_instances_init(&e->instances);
    e->touched = TRUE;
    rig_engine_reset(e);
    return e;
}

void rig_engine_free(RigEngine *e)
{
    if (e) {
        for (unsigned s = 0; s < RULE_NAMED_SOURCES; s++) {
            g_free(e->named[s]);
        }
        g_free(e->order);
        g_free(e->match);
        rig_instances_clear(&e->instances);
        g_free(e);
    }
}

const RigRule *rig_engine_rule(const RigEngine *e)
{
    return e->rule;
}

void rig_engine_reset(RigEngine *e)
{
    if (!e->touched) {
        return;
    }
    e->touched = FALSE;
    rig_instances_reset(&e->instances);
    memset(e->held, 0, sizeof(e->held));
    e->created = 0;
    memset(e->counter, 0, sizeof(e->counter));
    for (unsigned i = 0; i < ROWS; i++) {
        e->passed[i].boundary = -1;
    }
    e->last = NO_ADAPTER;
}

static unsigned row_of(int adapter)
{
    return adapter == RIG_ADAPTER_NONE ? NO_ADAPTER : (unsigned)adapter;
}

/* The boundary that an event of this adapter comes after. */
static Passed *passed_by(RigEngine *e, int adapter)
{
    return &e->passed[adapter == RIG_ADAPTER_NONE ? e->last
                                                  : (unsigned)adapter];
}

void rig_engine_quiesced(RigEngine *e, int adapter)
{
    for (unsigned i = 0; i < ROWS; i++) {
        if (adapter == RIG_ADAPTER_NONE || i == (unsigned)adapter) {
            e->passed[i].boundary = -1;
        }
    }
}

unsigned rig_engine_held(const RigEngine *e, int adapter)
{
    unsigned sum = e->held[NO_ADAPTER];

    for (unsigned i = 0; i < NO_ADAPTER; i++) {
        if (adapter == RIG_ADAPTER_NONE || (int)i == adapter) {
            sum += e->held[i];
        }
    }
    return sum;
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
    for (unsigned i = 0; i < e->instances.used; i++) {
        if (same_adapter(e->instances.item[i].adapter, adapter)) {
            return &e->instances.item[i];
        }
    }
    return NULL;
}

static gboolean is_held(const RigEngine *e, const RigInstance *i)
{
    return e->rule->held >> i->state & 1;
}

/* --- guards -------------------------------------------------------------- */

static gboolean any_during(const RuleNames *names, const RigCalls *calls)
{
    for (unsigned i = 0; i < names->n; i++) {
        if (rig_calls_during(calls, names->quark[i])) {
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean any_within(const RuleNames *names, const RigFacts *f)
{
    for (unsigned i = 0; i < names->n; i++) {
        if (rig_calls_within(f->calls, f->thread, names->quark[i])) {
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
    uint32_t asked = on->has | on->lacks;

    for (unsigned i = 0; asked >> i; i++) {
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

static gboolean listed(const GArray *list, uint64_t value)
{
    for (unsigned i = 0; i < list->len; i++) {
        if (g_array_index(list, uint64_t, i) == value) {
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean numbers_match(const RuleOn *on, const RigFacts *f)
{
    uint64_t arg = on->argument < 0 ? 0 : f->arg[on->argument];

    return (!on->is->len || listed(on->is, arg)) &&
           !listed(on->is_not, arg) &&
           (on->above == UINT64_MAX || arg > on->above) &&
           (!on->status->len || listed(on->status, (uint32_t)f->status)) &&
           !listed(on->not_status, (uint32_t)f->status);
}

static gboolean handle_matches(RigEngine *e, const RuleOn *on,
                               const RigFacts *f)
{
    const RigInstance *i;

    if (!on->handle && on->same_thread == RULE_ANY) {
        return TRUE;
    }
    i = rig_instances_find(&e->instances, f->object);
    if (on->same_thread != RULE_ANY &&
        (!i || !tri_match(on->same_thread, i->thread == f->thread))) {
        return FALSE;
    }
    return !on->handle ||
           (on->handle & (i ? 1u << i->state : !f->object ? RULE_HANDLE_NONE :
                          RULE_HANDLE_UNKNOWN));
}

static gboolean source_matches(RigEngine *e, const RuleOn *on,
                               const RigFacts *f)
{
    int last;

    if (on->when && !(on->when & f->when)) {
        return FALSE;
    }
    if (on->source == RULE_ON_BOUNDARY || on->source == RULE_ON_RAISED) {
        last = passed_by(e, f->adapter)->boundary;
        return last >= 0 && (on->boundaries >> last & 1);
    }
    return TRUE; /* the name: see is_for() */
}

static gboolean place_matches(RigEngine *e, const RuleOn *on,
                              const RigFacts *f)
{
    int last = on->after ? passed_by(e, f->adapter)->boundary : -1;

    return (!on->inside.n || contains(&on->inside, f->inside_quark)) &&
           (!on->not_inside.n ||
            !contains(&on->not_inside, f->inside_quark)) &&
           (!on->within.n || any_within(&on->within, f)) &&
           (!on->not_within.n || !any_within(&on->not_within, f)) &&
           (!on->during.n || any_during(&on->during, f->calls)) &&
           (!on->not_during.n || !any_during(&on->not_during, f->calls)) &&
           (!on->after || (last >= 0 && (on->after >> last & 1)));
}

/*
 * Where the guest does not tell its adapters apart, neither can the device's
 * state be: "held" then means any of them, as "armed" does.
 */
static gboolean held_matches(const RigEngine *e, RuleTri wanted,
                             const RigFacts *f)
{
    return tri_match(wanted, rig_engine_held(e, f->calls->told ? f->adapter :
                                             RIG_ADAPTER_NONE) != 0);
}

static gboolean guards_match(RigEngine *e, const RuleOn *on,
                             const RigFacts *f)
{
    return (int)f->irql > on->irql_above &&
           (on->irql_below < 0 || (int)f->irql < on->irql_below) &&
           numbers_match(on, f) && handle_matches(e, on, f) &&
           place_matches(e, on, f) &&
           (on->held == RULE_ANY || held_matches(e, on->held, f)) &&
           tri_match(on->armed, f->armed != 0) &&
           tri_match(on->at_start, f->at_start) &&
           tri_match(on->api_witness, f->api_witness) &&
           counters_match(e, on, f->adapter);
}

/* --- actions ------------------------------------------------------------- */

static const char *how(const RigFacts *f)
{
    switch (f->when) {
    case RULE_WHEN_CALL:
        return f->source == RULE_ON_CALLBACK ? "was entered" : "was called";
    case RULE_WHEN_NOT_MADE:
        return "was made to fail";
    case RULE_WHEN_SUCCESS:
        return "returned NDIS_STATUS_SUCCESS";
    default:
        return "returned";
    }
}

static void set_moment(RigMoment *m, const RigFacts *f)
{
    m->how = how(f);
    m->event = f->event;
    m->ns = f->ns;
    m->call_event = f->enter_event;
    m->caller = f->caller;
    g_strlcpy(m->name, f->name ? f->name : "", sizeof(m->name));
}

static const char *create(RigEngine *e, unsigned state, const RigFacts *f)
{
    RigInstance *i = rig_instances_find(&e->instances, f->object);

    if (!f->object) {
        return e->rule->addresses ? NULL
                                  : "a call that succeeded without a handle";
    }
    if (i && is_held(e, i)) {
        if (!e->rule->addresses) {
            return "a handle that was given out twice";
        }
        e->held[row_of(i->adapter)]--;
    }
    i = i ? i : rig_instances_add(&e->instances, f->object, e->rule->held);
    if (!i) {
        return "more than 65536 handles held at a time";
    }
    i->state = state;
    i->adapter = f->adapter;
    i->thread = f->thread;
    i->inside_call = f->inside_call;
    i->reported = 0;
    set_moment(&i->created, f);
    i->moved.event = RIG_NO_EVENT;
    e->held[row_of(i->adapter)] += is_held(e, i);
    e->created++;
    return NULL;
}

static void move(RigEngine *e, unsigned state, const RigFacts *f)
{
    RigInstance *i = rig_instances_find(&e->instances, f->object);

    if (i) {
        e->held[row_of(i->adapter)] -= is_held(e, i);
        i->state = state;
        e->held[row_of(i->adapter)] += is_held(e, i);
        i->thread = f->thread;
        set_moment(&i->moved, f);
    }
}

/* Is this handle one of those that a report with "each" is about? */
static gboolean concerned(const RuleAction *a, const RigInstance *i,
                          const RigFacts *f)
{
    return (a->each >> i->state & 1) && !(i->reported >> a->index & 1) &&
           (!a->of_callback || i->inside_call == f->call) &&
           (f->source != RULE_ON_BOUNDARY ||
            same_adapter(i->adapter, f->adapter));
}

static void report_each(RigEngine *e, const RuleAction *a, RigReport *r)
{
    unsigned n = 0;

    for (unsigned i = 0; i < e->instances.used; i++) {
        RigInstance *inst = &e->instances.item[i];

        if (!concerned(a, inst, r->facts)) {
            continue;
        }
        inst->reported |= 1u << a->index;
        r->instance = a->first && n ? r->instance : inst;
        n++;
        if (!a->first) {
            e->func(r, e->opaque);
        }
    }
    if (a->first && n) {
        r->more = n - 1;
        e->func(r, e->opaque);
    }
}

static void report(RigEngine *e, const RuleOn *on, const RuleAction *a,
                   const RigFacts *f)
{
    Passed *p = passed_by(e, f->adapter);
    RigReport r = {
        .rule = e->rule,
        .on = on,
        .violation = e->rule->violations->pdata[a->index],
        .boundary = p->boundary >= 0 ?
                    e->rule->boundaries->pdata[p->boundary] : NULL,
        .passed = p->boundary >= 0 ? &p->moment : NULL,
        .counted = a->counted_by >= 0 ? &e->counted[a->counted_by] : NULL,
        .facts = f,
    };

    if (f->source == RULE_ON_RAISED) {
        if (p->reported >> a->index & 1) {
            return;
        }
        p->reported |= 1u << a->index;
    }
    if (a->each) {
        report_each(e, a, &r);
        return;
    }
    r.instance = f->source == RULE_ON_API || f->source == RULE_ON_CALLBACK ?
                 rig_instances_find(&e->instances, f->object) : NULL;
    e->func(&r, e->opaque);
}

static const char *act(RigEngine *e, const RuleOn *on, const RuleAction *a,
                       const RigFacts *f)
{
    unsigned row = row_of(f->adapter);

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
        report(e, on, a, f);
        break;
    }
    return NULL;
}

/* --- events -------------------------------------------------------------- */

static const Transitions *transitions_of(const RigEngine *e,
                                         RuleSource source, unsigned index)
{
    return source < RULE_NAMED_SOURCES ? &e->named[source][index]
                                       : &e->nameless[source];
}

gboolean rig_engine_wants(const RigEngine *e, RuleSource source,
                          unsigned index, unsigned when)
{
    const Transitions *t = transitions_of(e, source, index);

    return source == RULE_ON_API || source == RULE_ON_CALLBACK
           ? t->when & when : t->count != 0;
}

static const char *run(RigEngine *e, const RigFacts *f)
{
    const Transitions *t = transitions_of(e, f->source, f->index);
    const char *why = NULL;
    unsigned n = 0;

    for (unsigned i = 0; i < t->count; i++) {
        unsigned index = e->order[t->first + i];
        const RuleOn *on = e->rule->on->pdata[index];

        if (source_matches(e, on, f) && guards_match(e, on, f)) {
            e->match[n++] = index;
        }
    }
    for (unsigned i = 0; i < n && !why; i++) {
        const RuleOn *on = e->rule->on->pdata[e->match[i]];

        for (unsigned k = 0; k < on->actions->len && !why; k++) {
            why = act(e, on, &g_array_index(on->actions, RuleAction, k), f);
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
    gboolean callback = facts->source == RULE_ON_CALLBACK;
    const char *why;
    RigFacts f;
    int boundary;

    e->touched = TRUE;
    if (callback && facts->when == RULE_WHEN_CALL &&
        facts->index == e->initialize) {
        passed_by(e, facts->adapter)->boundary = -1;
    }
    why = run(e, facts);
    boundary = callback && facts->when != RULE_WHEN_CALL
               ? boundary_of(e, facts) : -1;
    if (why || boundary < 0) {
        return why;
    }
    e->last = row_of(facts->adapter);
    e->passed[e->last].boundary = boundary;
    e->passed[e->last].reported = 0;
    set_moment(&e->passed[e->last].moment, facts);
    f = *facts;
    f.source = RULE_ON_BOUNDARY;
    f.when = 0;
    return run(e, &f);
}
