/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The monitor: one pass over the stream.
 *
 * Device events go to the MSI-X shadow, callback and API markers to the call
 * stacks, and both together, as RigFacts, to the rules of the open scenario.
 * The markers of the plan (scenario, cycle, step) say where we are and are
 * checked against the plan. What a rule reports becomes a finding at once
 * (findings.c); what a cycle as a whole is worth is decided at its end
 * (judge.c).
 */
#include <string.h>
#include "monitor-internal.h"

const char *rig_outcome_name(RigOutcome outcome)
{
    static const char *const names[] = {
        [RIG_OUTCOME_OK] = "ok",
        [RIG_OUTCOME_GUEST_NEVER_BOOTED] = "guest-never-booted",
        [RIG_OUTCOME_QEMU_DIED] = "qemu-died",
        [RIG_OUTCOME_TIMEOUT] = "timeout",
        [RIG_OUTCOME_STREAM_CUT] = "stream-cut",
        [RIG_OUTCOME_STREAM_INVALID] = "stream-invalid",
        [RIG_OUTCOME_START_FAILED] = "start-failed",
    };

    return names[outcome];
}

const RigScenario *rig_monitor_open_scenario(const RigMonitor *m)
{
    return m->scenarios->pdata[m->scenario - 1];
}

RigScenarioResult *rig_monitor_open_result(const RigMonitor *m)
{
    return m->result[m->scenario - 1];
}

unsigned rig_monitor_armed(const RigMonitor *m)
{
    unsigned sum = 0;

    for (unsigned i = 0; i < m->stream.targets; i++) {
        sum += rig_msix_armed(&m->msix[i]);
    }
    return sum;
}

uint64_t rig_monitor_raised(const RigMonitor *m)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < m->stream.targets; i++) {
        sum += m->msix[i].raised;
    }
    return sum;
}

unsigned rig_monitor_held(const RigMonitor *m)
{
    unsigned held = 0;

    for (unsigned i = 0; i < m->engines; i++) {
        held = MAX(held, rig_engine_held(m->engine[i]));
    }
    return held;
}

/* --- what rules are shown ------------------------------------------------ */

static void show(RigMonitor *m, const RigFacts *facts)
{
    for (unsigned i = 0; i < m->engines; i++) {
        const char *why = rig_engine_feed(m->engine[i], facts);

        if (why) {
            rig_stream_reject(&m->stream, facts->event, "%s", why);
        }
    }
}

/* Facts that do not depend on the kind of event. */
static RigFacts facts_of(const RigMonitor *m, const RigEvent *e,
                         RuleSource source, unsigned when)
{
    return (RigFacts) {
        .source = source,
        .when = when,
        .event = e->seq,
        .ns = e->ns,
        .enter_event = RIG_NO_EVENT,
        .enter_ns = RIG_NO_EVENT,
        .adapter = RIG_ADAPTER_NONE,
        .step = m->step,
        .armed = rig_monitor_armed(m),
        .at_start = rig_monitor_open_scenario(m)->machine.profile ==
                    RIG_MSIX_AT_START,
        .api_witness = m->work.api_witness,
        .calls = &m->calls,
    };
}

/* Facts of a marker that a driver thread wrote. */
static RigFacts marker_facts(const RigMonitor *m, const RigEvent *e,
                             RuleSource source, unsigned when)
{
    RigFacts f = facts_of(m, e, source, when);
    const RigCall *inside = rig_calls_inside(&m->calls, e->marker.thread);

    f.quark = g_quark_try_string(e->marker.name);
    f.name = e->marker.name;
    f.object = e->marker.object;
    f.caller = e->marker.caller;
    memcpy(f.arg, e->marker.arg, sizeof(f.arg));
    f.irql = e->marker.irql;
    f.thread = e->marker.thread;
    f.adapter = rig_calls_adapter(&m->calls, e->marker.thread);
    if (inside) {
        f.inside = inside->name;
        f.inside_quark = inside->quark;
    }
    return f;
}

/* MSI-X state at the end of MiniportInitializeEx or MiniportHaltEx. */
static void take_evidence(RigMonitor *m, const RigEvent *e)
{
    Work *w = &m->work;
    WorkEvidence *ev = &w->evidence[w->evidences];
    uint64_t raised = rig_monitor_raised(m);

    if (w->evidences < WORK_EVIDENCE_MAX) {
        w->evidences++;
        g_strlcpy(ev->callback, e->marker.name, sizeof(ev->callback));
        ev->event = e->seq;
        ev->raised = raised - w->raised_base;
        ev->enabled = rig_msix_enabled(&m->msix[0]);
        ev->function_masked = rig_msix_function_masked(&m->msix[0]);
        ev->registered = rig_monitor_held(m);
        rig_msix_count(&m->msix[0], &ev->counts);
    }
    w->raised_base = raised;
}

static void on_enter(RigMonitor *m, const RigEvent *e, RuleSource source)
{
    const char *why = NULL;
    RigFacts f;

    /* The callback that is entered is not yet around itself. */
    f = marker_facts(m, e, source, RULE_WHEN_CALL);
    if (!rig_calls_enter(&m->calls, e, &why)) {
        rig_stream_reject(&m->stream, e->seq, "%s", why);
        return;
    }
    if (source == RULE_ON_CALLBACK && f.quark == m->calls.initialize) {
        m->work.init_entered = TRUE;
        rig_findings_settle(m);
    }
    show(m, &f);
}

static void on_leave(RigMonitor *m, const RigEvent *e, RuleSource source)
{
    Work *w = &m->work;
    const char *why = NULL;
    const RigCall *call = rig_calls_leave(&m->calls, e, &why);
    RigFacts f;

    if (!call) {
        rig_stream_reject(&m->stream, e->seq, "%s", why);
        return;
    }
    f = marker_facts(m, e, source, (uint32_t)e->marker.status
                     ? RULE_WHEN_FAILURE : RULE_WHEN_SUCCESS);
    f.enter_event = call->event;
    f.enter_ns = call->ns;
    f.status = e->marker.status;
    f.object = f.object ? f.object : call->object;
    f.caller = f.caller ? f.caller : call->caller;
    if (call->adapter != RIG_ADAPTER_NONE) {
        f.adapter = call->adapter;
    }
    if (source == RULE_ON_CALLBACK &&
        (f.quark == m->calls.initialize || f.quark == m->calls.halt)) {
        WorkReturn *r = f.quark == m->calls.halt ? &w->halt : &w->init;

        r->event = e->seq;
        r->ns = e->ns;
        r->status = e->marker.status;
        if (r == &w->init) {
            w->halt.event = RIG_NO_EVENT;
        }
        rig_findings_settle(m);
        take_evidence(m, e);
    }
    show(m, &f);
}

static void on_fault(RigMonitor *m, const RigEvent *e)
{
    Work *w = &m->work;
    WorkFault *fault = &w->fault[w->faults];
    RigFacts f;

    if (w->faults < WORK_FAULTS_MAX) {
        w->faults++;
        g_strlcpy(fault->api, e->marker.name, sizeof(fault->api));
        g_strlcpy(fault->step,
                  w->steps ? w->step[w->steps - 1].name : "",
                  sizeof(fault->step));
        fault->occurrence = MIN(e->marker.arg[0], G_MAXUINT32);
        fault->status = e->marker.status;
        fault->event = e->seq;
        fault->ns = e->ns;
        fault->caller = e->marker.caller;
    }
    f = marker_facts(m, e, RULE_ON_API, RULE_WHEN_NOT_MADE);
    show(m, &f);
}

/*
 * The driver will not go on. Where no callback is open and no address in the
 * driver is named, nobody knows whose doing it was: rules are not asked.
 */
static void on_lost(RigMonitor *m, const RigEvent *e, RigCycleEnd how)
{
    WorkLost *lost = &m->work.lost;
    unsigned thread = e->marker.thread;
    const RigCall *inside = rig_calls_inside(&m->calls, thread);
    RigFacts f;

    if (lost->how != RIG_END_DONE) {
        return;
    }
    lost->how = how;
    lost->event = e->seq;
    lost->ns = e->ns;
    lost->status = e->marker.status;
    lost->caller = e->marker.kind == RIG_MK_CYCLE_END ? 0 : e->marker.caller;
    g_strlcpy(lost->inside, inside ? inside->name : "",
              sizeof(lost->inside));
    g_strlcpy(lost->text, e->marker.text, sizeof(lost->text));
    if ((!inside && !lost->caller) ||
        m->work.unimplemented != RIG_NO_EVENT) {
        return;
    }
    f = facts_of(m, e, RULE_ON_LOST, 1u << how);
    f.name = inside ? inside->name : "";
    f.caller = lost->caller;
    f.inside = inside ? inside->name : NULL;
    f.inside_quark = inside ? inside->quark : 0;
    if (inside) {
        f.adapter = rig_calls_adapter(&m->calls, thread);
    }
    show(m, &f);
}

/* Callbacks and API calls of a driver. */
static void on_driver(RigMonitor *m, const RigEvent *e)
{
    /* Other threads may run on for a moment after a crash. */
    if (m->work.lost.how != RIG_END_DONE) {
        return;
    }
    m->work.api_witness = TRUE;
    rig_recorder_marker(m->recorder, e);
    switch (e->marker.kind) {
    case RIG_MK_CALLBACK_ENTER:
        on_enter(m, e, RULE_ON_CALLBACK);
        break;
    case RIG_MK_CALLBACK_LEAVE:
        on_leave(m, e, RULE_ON_CALLBACK);
        break;
    case RIG_MK_API_ENTER:
        on_enter(m, e, RULE_ON_API);
        break;
    case RIG_MK_API_LEAVE:
        on_leave(m, e, RULE_ON_API);
        break;
    case RIG_MK_API_FAULT:
        on_fault(m, e);
        break;
    case RIG_MK_CRASH:
        on_lost(m, e, RIG_END_CRASH);
        break;
    case RIG_MK_HANG:
        on_lost(m, e, RIG_END_HANG);
        break;
    default:
        on_lost(m, e, RIG_END_BUGCHECK);
        break;
    }
}

/* --- where we are in the plan --------------------------------------------- */

static void open_scenario(RigMonitor *m)
{
    const RigScenario *s = rig_monitor_open_scenario(m);

    m->engines = MIN(s->rules->len, RIG_RULES_MAX);
    for (unsigned i = 0; i < m->engines; i++) {
        m->engine[i] = rig_engine_new(rig_rules_get(m->rules,
                                                    s->rules->pdata[i]),
                                      rig_finding_report, m);
    }
    m->last_cycle = m->timelines = 0;
    m->cycles = rig_scenario_cycle_count(s);
    g_clear_pointer(&m->pass_sentence, g_free);
}

/* The open scenario is over, by its marker or because the stream is. */
static void close_scenario(RigMonitor *m, const char *missing)
{
    RigScenarioResult *r = rig_monitor_open_result(m);

    rig_judge_missing(r, m->last_cycle + 1, m->cycles, missing);
    rig_scenario_result_conclude(r, m->pass_sentence);
    for (unsigned i = 0; i < m->engines; i++) {
        g_clear_pointer(&m->engine[i], rig_engine_free);
    }
    m->engines = 0;
    m->last_scenario = m->scenario;
    m->scenario = 0;
}

static void open_cycle(RigMonitor *m, const RigEvent *e)
{
    Work *w = &m->work;

    m->cycle = m->last_cycle + 1;
    w->event_from = e->seq;
    w->ns_from = e->ns;
    w->steps = w->faults = w->evidences = w->risings = w->violations = 0;
    w->lost.how = RIG_END_DONE;
    w->init.event = w->halt.event = RIG_NO_EVENT;
    w->init_entered = w->api_witness = w->line = FALSE;
    w->records_lost = w->restored = w->unimplemented = RIG_NO_EVENT;
    w->end_text[0] = '\0';
    w->findings_from = rig_monitor_open_result(m)->findings->len;
    w->raised_base = rig_monitor_raised(m);
    rig_calls_reset(&m->calls);
    for (unsigned i = 0; i < m->engines; i++) {
        rig_engine_reset(m->engine[i]);
    }
    rig_recorder_reset(m->recorder, &m->msix[0]);
}

static void close_cycle(RigMonitor *m, RigCycleEnd end, uint64_t event,
                        uint64_t ns)
{
    rig_findings_settle(m);
    rig_judge_cycle(m, end, event, ns);
    m->last_cycle = m->cycle;
    m->cycle = 0;
    m->step_open = FALSE;
    m->step = 0;
}

static void on_cycle_end(RigMonitor *m, const RigEvent *e)
{
    static const RigCycleEnd ends[] = {
        [RIG_CYCLE_DONE] = RIG_END_DONE, [RIG_CYCLE_CRASH] = RIG_END_CRASH,
        [RIG_CYCLE_HANG] = RIG_END_HANG,
        [RIG_CYCLE_BUGCHECK] = RIG_END_BUGCHECK,
        [RIG_CYCLE_BROKEN] = RIG_END_BROKEN,
    };
    RigCycleEnd end;

    if (e->marker.status > RIG_CYCLE_BROKEN) {
        rig_stream_reject(&m->stream, e->seq, "unknown end of a cycle");
        return;
    }
    end = ends[e->marker.status];
    if (end == RIG_END_DONE && m->work.lost.how == RIG_END_DONE &&
        m->calls.thread[0].depth) {
        rig_stream_reject(&m->stream, e->seq, "the cycle ended normally "
                          "inside %s", m->calls.thread[0].call[0].name);
        return;
    }
    if (end != RIG_END_DONE && end != RIG_END_BROKEN) {
        on_lost(m, e, end);
    }
    g_strlcpy(m->work.end_text, e->marker.text, sizeof(m->work.end_text));
    close_cycle(m, m->work.lost.how != RIG_END_DONE &&
                end == RIG_END_DONE ? m->work.lost.how : end, e->seq, e->ns);
}

static void on_step_begin(RigMonitor *m, const RigEvent *e)
{
    Work *w = &m->work;
    WorkStep *s = &w->step[w->steps];

    m->step_open = TRUE;
    m->step = g_quark_try_string(e->marker.name);
    if (w->steps == WORK_STEPS_MAX) {
        rig_stream_reject(&m->stream, e->seq, "more than %u steps in a "
                          "cycle", WORK_STEPS_MAX);
        return;
    }
    w->steps++;
    memset(s, 0, sizeof(*s));
    g_strlcpy(s->name, e->marker.name, sizeof(s->name));
    s->event_from = e->seq;
    s->ns_from = e->ns;
    s->event_to = s->ns_to = RIG_NO_EVENT;
}

static void on_step_end(RigMonitor *m, const RigEvent *e)
{
    WorkStep *s = &m->work.step[m->work.steps - 1];
    RigFacts f;

    if (e->marker.arg[0] > RIG_STEP_REFUSED ||
        strcmp(s->name, e->marker.name)) {
        rig_stream_reject(&m->stream, e->seq, "the end of step \"%s\" is "
                          "not that of the open one", e->marker.name);
        return;
    }
    s->result = e->marker.arg[0];
    s->status = e->marker.status;
    s->event_to = e->seq;
    s->ns_to = e->ns;
    g_strlcpy(s->detail, e->marker.text, sizeof(s->detail));
    if (s->result == RIG_STEP_DONE) {
        f = facts_of(m, e, RULE_ON_STEP, 0);
        f.quark = m->step;
        f.name = e->marker.name;
        show(m, &f);
    }
    m->step_open = FALSE;
    m->step = 0;
}

/* Why a marker of the plan cannot come here; NULL if it can. */
static const char *misplaced(const RigMonitor *m, const struct rig_marker *k)
{
    switch (k->kind) {
    case RIG_MK_PLAN_BEGIN:
        return m->plan_begun ? "a second plan" :
               k->arg[0] != m->scenarios->len
               ? "the guest runs a plan with another number of scenarios"
               : NULL;
    case RIG_MK_PLAN_END:
        return !m->plan_begun || m->plan_ended || m->scenario
               ? "the plan ends where it cannot" : NULL;
    case RIG_MK_SCENARIO_BEGIN:
        return !m->plan_begun || m->plan_ended || m->scenario ||
               k->scenario != m->last_scenario + 1 ||
               k->scenario > m->scenarios->len
               ? "a scenario begins that is not the next one" : NULL;
    case RIG_MK_SCENARIO_END:
        return !m->scenario || m->cycle || k->scenario != m->scenario
               ? "the end of a scenario that is not open" : NULL;
    case RIG_MK_CYCLE_BEGIN:
        return !m->scenario || m->cycle || k->scenario != m->scenario ||
               k->cycle != m->last_cycle + 1 || k->cycle > m->cycles
               ? "a cycle begins that is not the next one" : NULL;
    case RIG_MK_STEP_BEGIN:
        return m->step_open ? "a step begins inside another one" : NULL;
    case RIG_MK_STEP_END:
        return !m->step_open ? "the end of a step that is not open" : NULL;
    default:
        return NULL;
    }
}

/* Does a marker claim another place than the one that is open? */
static const char *stray(const RigMonitor *m, const struct rig_marker *k)
{
    switch (k->kind) {
    case RIG_MK_PLAN_BEGIN:
    case RIG_MK_PLAN_END:
    case RIG_MK_SCENARIO_BEGIN:
    case RIG_MK_SCENARIO_END:
    case RIG_MK_CYCLE_BEGIN:
    case RIG_MK_NOTE:
    case RIG_MK_QUIESCED:
        return NULL;
    default:
        return k->thread >= RIG_CALLS_THREADS
               ? "it has a thread number above 63" :
               !m->cycle ? "it belongs to no cycle" :
               k->scenario != m->scenario || k->cycle != m->cycle
               ? "it belongs to another cycle than the open one" : NULL;
    }
}

static void on_traffic(RigMonitor *m, const RigEvent *e)
{
    RigTrafficCount t = {
        .cycle = m->cycle, .event = e->seq, .sent = e->marker.arg[0],
        .completed = e->marker.arg[1], .received = e->marker.arg[2],
        .wrong = e->marker.arg[3],
    };

    for (unsigned i = 0; i < RIG_MARKER_ARGS; i++) {
        if (e->marker.arg[i] > G_MAXUINT32) {
            rig_stream_reject(&m->stream, e->seq, "impossible number of "
                              "frames");
            return;
        }
    }
    g_array_append_val(rig_monitor_open_result(m)->traffic, t);
}

static void on_quiesced(RigMonitor *m)
{
    if (m->cycle) {
        rig_findings_settle(m);
    }
    for (unsigned i = 0; i < m->engines; i++) {
        rig_engine_quiesced(m->engine[i]);
    }
}

static void on_unimplemented(RigMonitor *m, const RigEvent *e)
{
    if (m->work.unimplemented == RIG_NO_EVENT) {
        m->work.unimplemented = e->seq;
        g_strlcpy(m->work.unimplemented_name, e->marker.name,
                  sizeof(m->work.unimplemented_name));
    }
}

static void on_scenario_begin(RigMonitor *m, const RigEvent *e)
{
    m->scenario = e->marker.scenario;
    if (strcmp(e->marker.name, rig_monitor_open_scenario(m)->name)) {
        rig_stream_reject(&m->stream, e->seq, "scenario \"%s\" begins, but "
                          "\"%s\" is the next one of the plan",
                          e->marker.name, rig_monitor_open_scenario(m)->name);
        m->scenario = 0;
        return;
    }
    open_scenario(m);
}

static void on_marker(RigMonitor *m, const RigEvent *e)
{
    const char *why = misplaced(m, &e->marker);

    why = why ? why : stray(m, &e->marker);
    if (why) {
        rig_stream_reject(&m->stream, e->seq, "%s marker: %s",
                          rig_marker_kind_name(e->marker.kind), why);
        return;
    }
    switch (e->marker.kind) {
    case RIG_MK_PLAN_BEGIN:
        m->plan_begun = TRUE;
        m->boot_ns = e->ns;
        break;
    case RIG_MK_PLAN_END:
        m->plan_ended = TRUE;
        break;
    case RIG_MK_SCENARIO_BEGIN:
        on_scenario_begin(m, e);
        break;
    case RIG_MK_SCENARIO_END:
        close_scenario(m, "The guest ended the scenario without this cycle.");
        break;
    case RIG_MK_CYCLE_BEGIN:
        open_cycle(m, e);
        break;
    case RIG_MK_CYCLE_END:
        on_cycle_end(m, e);
        break;
    case RIG_MK_STEP_BEGIN:
        on_step_begin(m, e);
        break;
    case RIG_MK_STEP_END:
        on_step_end(m, e);
        break;
    case RIG_MK_CALLBACK_ENTER:
    case RIG_MK_CALLBACK_LEAVE:
    case RIG_MK_API_ENTER:
    case RIG_MK_API_LEAVE:
    case RIG_MK_API_FAULT:
    case RIG_MK_CRASH:
    case RIG_MK_HANG:
    case RIG_MK_BUGCHECK:
        on_driver(m, e);
        break;
    case RIG_MK_UNIMPLEMENTED:
        on_unimplemented(m, e);
        break;
    case RIG_MK_TRAFFIC:
        on_traffic(m, e);
        break;
    case RIG_MK_INTERRUPTS:
        m->work.line = e->marker.arg[2] == 1;
        break;
    case RIG_MK_QUIESCED:
        on_quiesced(m);
        break;
    case RIG_MK_NOTE:
    case RIG_MK_LEFT:
        break;
    default:
        rig_stream_reject(&m->stream, e->seq, "unknown marker kind %u",
                          e->marker.kind);
    }
}

/* --- events ---------------------------------------------------------------- */

static unsigned target_of(const RigEvent *e)
{
    switch (e->type) {
    case RIG_EV_TARGET: return e->target.target;
    case RIG_EV_STATE: return e->state.target;
    case RIG_EV_TABLE: return e->table.target;
    case RIG_EV_RAISED: return e->raised.target;
    default: return e->reset.target;
    }
}

static void on_device(RigMonitor *m, const RigEvent *e)
{
    unsigned target = target_of(e);
    const char *why;
    RigFacts f;

    if (!rig_msix_event(&m->msix[target], e, &why)) {
        rig_stream_reject(&m->stream, e->seq, "%s", why);
        return;
    }
    if (!m->cycle) {
        return;
    }
    if (target == 0) {
        rig_recorder_device(m->recorder, e, &m->msix[0]);
    }
    if (e->type == RIG_EV_RAISED && m->work.lost.how == RIG_END_DONE) {
        f = facts_of(m, e, RULE_ON_RAISED, 0);
        f.name = "";
        show(m, &f);
    }
}

/*
 * Everything that the guest caused, but for the sequence number: host-side
 * records in between shift it.
 */
static void hash_event(RigMonitor *m, const RigEvent *e)
{
    const size_t seq = offsetof(struct rig_record, seq);
    const size_t after = seq + sizeof(uint64_t);

    if (!(e->flags & RIG_RECORD_HOST)) {
        g_checksum_update(m->hash, e->record, seq);
        g_checksum_update(m->hash, e->record + after, e->length - after);
    }
}

static void on_event(const RigEvent *e, void *opaque)
{
    RigMonitor *m = opaque;

    hash_event(m, e);
    if (e->ns != RIG_NO_EVENT) {
        m->last_ns = e->ns;
    }
    switch (e->type) {
    case RIG_EV_HELLO:
        g_strlcpy(m->qemu, e->hello.qemu, sizeof(m->qemu));
        break;
    case RIG_EV_TARGET:
    case RIG_EV_STATE:
    case RIG_EV_TABLE:
    case RIG_EV_RAISED:
    case RIG_EV_RESET:
        on_device(m, e);
        break;
    case RIG_EV_MARKER:
        on_marker(m, e);
        break;
    case RIG_EV_LOST:
        m->lost += e->lost.count;
        m->work.records_lost = e->seq;
        break;
    case RIG_EV_EPOCH:
        m->work.restored = e->seq;
        break;
    }
}

/* --- interface --------------------------------------------------------------- */

RigMonitor *rig_monitor_new(const GPtrArray *scenarios, const RigRules *rules)
{
    RigMonitor *m = g_new0(RigMonitor, 1);

    m->scenarios = scenarios;
    m->rules = rules;
    m->hash = g_checksum_new(G_CHECKSUM_SHA256);
    m->recorder = rig_recorder_new();
    m->result = g_new0(RigScenarioResult *, scenarios->len);
    for (unsigned i = 0; i < scenarios->len; i++) {
        m->result[i] = rig_scenario_result_new(scenarios->pdata[i], i + 1,
                                               RIG_VERDICT_BROKEN, NULL);
    }
    for (unsigned i = 0; i < RIG_TARGETS_MAX; i++) {
        rig_msix_init(&m->msix[i]);
    }
    rig_calls_init(&m->calls);
    rig_stream_init(&m->stream, on_event, m);
    return m;
}

void rig_monitor_free(RigMonitor *m)
{
    if (m) {
        for (unsigned i = 0; i < m->engines; i++) {
            rig_engine_free(m->engine[i]);
        }
        for (unsigned i = 0; i < m->scenarios->len; i++) {
            rig_scenario_result_free(m->result[i]);
        }
        for (unsigned i = 0; i < RIG_TARGETS_MAX; i++) {
            rig_msix_clear(&m->msix[i]);
        }
        g_checksum_free(m->hash);
        rig_recorder_free(m->recorder);
        g_free(m->result);
        g_free(m->pass_sentence);
        g_free(m->detail);
        g_free(m);
    }
}

gboolean rig_monitor_feed(RigMonitor *m, const void *bytes, size_t length)
{
    return rig_stream_feed(&m->stream, bytes, length);
}

void rig_monitor_progress(const RigMonitor *m, RigProgress *p)
{
    memset(p, 0, sizeof(*p));
    p->booted = m->plan_begun;
    p->ended = m->stream.ended;
    p->scenario = m->scenario;
    p->cycle = m->cycle;
    p->findings = m->findings;
    p->events = m->stream.records;
    p->virtual_ns = m->last_ns;
    if (m->scenario) {
        p->cycles = m->cycles;
        p->name = rig_monitor_open_scenario(m)->name;
    }
    if (m->cycle && m->step_open && m->work.steps) {
        p->step = m->work.step[m->work.steps - 1].name;
    }
}

/* What the stream itself says about its end; *why may stay NULL. */
static RigOutcome stream_outcome(const RigMonitor *m, char **why)
{
    switch (rig_stream_end(&m->stream)) {
    case RIG_STREAM_INVALID:
        *why = g_strdup_printf("The event stream is invalid at %s.",
                               m->stream.error);
        return RIG_OUTCOME_STREAM_INVALID;
    case RIG_STREAM_CUT:
        *why = g_strdup_printf("The event stream was cut off after event %"
                               G_GUINT64_FORMAT ".", m->stream.next_seq - 1);
        return RIG_OUTCOME_STREAM_CUT;
    case RIG_STREAM_EMPTY:
        *why = g_strdup("The event stream is empty.");
        return RIG_OUTCOME_STREAM_CUT;
    default:
        if (!m->plan_begun) {
            *why = g_strdup("The guest ended the stream without beginning "
                            "its plan.");
            return RIG_OUTCOME_GUEST_NEVER_BOOTED;
        }
        return RIG_OUTCOME_OK;
    }
}

void rig_monitor_finish(RigMonitor *m, RigOutcome outcome, const char *detail)
{
    g_autofree char *why = NULL;
    RigOutcome seen = stream_outcome(m, &why);

    g_return_if_fail(!m->finished);
    m->finished = TRUE;
    m->outcome = outcome == RIG_OUTCOME_OK ? seen : outcome;
    /* An invalid stream is its own reason: only the parser knows the place. */
    if (m->outcome == seen || m->outcome == RIG_OUTCOME_STREAM_INVALID) {
        m->detail = g_steal_pointer(&why);
    }
    if (!m->detail && m->outcome != RIG_OUTCOME_OK) {
        m->detail = g_strdup(detail ? detail : "The machine failed.");
    }
    if (m->cycle) {
        g_strlcpy(m->work.end_text, m->detail ? m->detail :
                  "The stream ended within the cycle.",
                  sizeof(m->work.end_text));
        close_cycle(m, RIG_END_BROKEN, m->stream.next_seq - 1, m->last_ns);
    }
    if (m->scenario) {
        RigScenarioResult *r = rig_monitor_open_result(m);

        close_scenario(m, m->detail ? m->detail :
                       "The guest never began this cycle.");
        if (m->outcome == RIG_OUTCOME_STREAM_INVALID) {
            rig_scenario_result_worsen(r, RIG_VERDICT_BROKEN, m->detail);
        }
    }
    for (unsigned i = m->last_scenario; i < m->scenarios->len; i++) {
        const char *reason = m->detail ? m->detail :
                             "The guest never began this scenario.";

        rig_judge_missing(m->result[i], 1,
                          rig_scenario_cycle_count(m->scenarios->pdata[i]),
                          reason);
        rig_scenario_result_conclude(m->result[i], NULL);
    }
}

void rig_monitor_stream(const RigMonitor *m, RigStreamResult *r)
{
    memset(r, 0, sizeof(*r));
    r->outcome = m->outcome;
    r->detail = m->detail;
    r->events = m->stream.records;
    r->lost = m->lost;
    r->ended = m->stream.ended;
    r->boot_ns = m->boot_ns;
    r->end_ns = m->last_ns;
    r->sha256 = g_checksum_get_string(m->hash);
    r->qemu = m->qemu;
}

RigScenarioResult *rig_monitor_take(RigMonitor *m, unsigned index)
{
    return g_steal_pointer(&m->result[index]);
}
