/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the guest is in its plan: scenarios, cycles and steps, each checked
 * against what the plan allows next.
 */
#include <string.h>
#include "monitor-internal.h"

static void open_scenario(RigMonitor *m)
{
    const RigScenario *s = rig_monitor_open_scenario(m);

    rig_monitor_open_rules(m);
    m->last_cycle = m->timelines = 0;
    m->cycles = rig_scenario_cycle_count(s);
    rig_sweep_open(m);
    g_clear_pointer(&m->pass_sentence, g_free);
}

/* The open scenario is over, by its marker or because the stream is. */
void rig_monitor_close_scenario(RigMonitor *m, const char *missing,
                                gboolean cut)
{
    RigScenarioResult *r = rig_monitor_open_result(m);

    /* A sweep that says that it is over had as many cycles as it wanted. */
    if (!r->sweep || cut || m->last_cycle == 0) {
        rig_judge_missing(r, m->last_cycle + 1, m->cycles, missing);
    }
    if (m->unwitnessed) {
        rig_scenario_result_worsen(r, RIG_VERDICT_INCONCLUSIVE,
                                   m->unwitnessed);
    }
    rig_scenario_result_conclude(r, m->pass_sentence);
    rig_sweep_close(m);
    rig_monitor_close_rules(m);
    m->last_scenario = m->scenario;
    m->scenario = 0;
}

static void open_cycle(RigMonitor *m, const RigEvent *e)
{
    Work *w = &m->work;

    m->cycle = m->last_cycle + 1;
    w->event_from = e->seq;
    w->ns_from = e->ns;
    w->steps = w->faults = w->strikes = w->evidences = 0;
    w->risings = w->violations = 0;
    w->lost.how = RIG_END_DONE;
    w->init.event = w->halt.event = w->shutdown.event = w->early.event =
        RIG_NO_EVENT;
    w->init_entered = w->api_witness = w->line = FALSE;
    w->records_lost = w->restored = w->unimplemented = RIG_NO_EVENT;
    w->end_text[0] = '\0';
    memset(w->linux_target, 0, sizeof(w->linux_target));
    w->worst.event = RIG_NO_EVENT;
    w->findings_from = rig_monitor_open_result(m)->findings->len;
    w->raised_base = rig_monitor_raised(m);
    rig_calls_reset(&m->calls);
    for (unsigned i = 0; i < m->engines; i++) {
        rig_engine_reset(m->engine[i]);
    }
    rig_recorder_reset(m->recorder, &m->msix[m->first]);
    rig_sweep_cycle_begins(m, e);
}

void rig_monitor_close_cycle(RigMonitor *m, RigCycleEnd end, uint64_t event,
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
        rig_monitor_lost(m, e, end);
    }
    if (e->marker.text[0]) {
        g_snprintf(m->work.end_text, sizeof(m->work.end_text),
                   "The cycle could not be run: %s.", e->marker.text);
    }
    if (end == RIG_END_DONE) {
        end = m->work.lost.how;
    }
    rig_monitor_close_cycle(m, end, e->seq, e->ns);
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
        const RigName *name = rig_names_find(m->names, e->marker.name);

        f = rig_monitor_facts(m, e, RULE_ON_STEP, RULE_WHEN_CALL,
                              RIG_ADAPTER_NONE);
        f.index = name ? name->index : 0;
        f.quark = m->step;
        f.name = e->marker.name;
        rig_monitor_show(m, rig_monitor_wanted(m, RULE_ON_STEP, f.index,
                                               RULE_WHEN_CALL), &f);
    }
    m->step_open = FALSE;
    m->step = 0;
}

/* Why a marker of the plan cannot come here; NULL if it can. */
static const char *misplaced(const RigMonitor *m, const struct rig_marker *k)
{
    if (m->gave_up[0]) {
        return "it comes after the guest gave up its plan";
    }
    switch (k->kind) {
    case RIG_MK_PLAN_BEGIN:
        return m->plan_begun ? "a second plan" :
               k->arg[0] != m->scenarios->len
               ? "the guest runs a plan with another number of scenarios"
               : NULL;
    case RIG_MK_PLAN_END:
        return m->plan_ended ||
               (!k->status && (!m->plan_begun || m->scenario))
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
    case RIG_MK_FAULT_POINT:
    case RIG_MK_CYCLE_PLAN:
        return rig_sweep_misplaced(m, k);
    case RIG_MK_STEP_BEGIN:
        return m->step_open ? "a step begins inside another one" : NULL;
    case RIG_MK_STEP_END:
        return !m->step_open ? "the end of a step that is not open" : NULL;
    default:
        return NULL;
    }
}

/* What may be set in `thread` besides its number. */
static unsigned marked_by(const struct rig_marker *k)
{
    return k->kind >= RIG_MK_CALLBACK_ENTER && k->kind <= RIG_MK_API_LEAVE
           ? RIG_MARKER_SHIM : 0;
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
    case RIG_MK_CYCLE_PLAN:
    case RIG_MK_NOTE:
    case RIG_MK_QUIESCED:
        return NULL;
    default:
        return (k->thread & ~marked_by(k)) >= RIG_CALLS_THREADS
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

static void on_quiesced(RigMonitor *m, const RigEvent *e)
{
    unsigned told = e->marker.thread < RIG_CALLS_THREADS
                    ? m->calls.thread[e->marker.thread].told : 0;
    int adapter = told ? rig_calls_told_adapter(&m->calls, told - 1)
                       : RIG_ADAPTER_NONE;

    if (m->cycle) {
        rig_findings_settle(m);
    }
    for (unsigned i = 0; i < m->engines; i++) {
        rig_engine_quiesced(m->engine[i], adapter);
    }
}

/*
 * The messages that the driver was given are those of the device's table, as
 * far as the guest could read it: else the guest or the tap is wrong.
 */
static void on_interrupts(RigMonitor *m, const RigEvent *e)
{
    unsigned told = m->calls.thread[e->marker.thread].told;
    unsigned target = told ? told - 1 : m->first;
    const RigMsix *x = &m->msix[MIN(target, RIG_TARGETS_MAX - 1)];
    uint64_t digest = 0;

    m->work.line = e->marker.arg[2] == 1;
    if (m->work.line || !e->marker.arg[3]) {
        return;
    }
    for (unsigned i = 0; i < e->marker.arg[1] && i < x->vectors; i++) {
        const uint32_t *d = x->vector[i].dword;

        digest = rig_message_digest(digest, (uint64_t)d[1] << 32 | d[0], d[2]);
    }
    if (digest != e->marker.arg[3]) {
        rig_stream_reject(&m->stream, e->seq, "the messages that the driver "
                          "was given are not those of the device's table");
    }
}

static void on_unimplemented(RigMonitor *m, const RigEvent *e)
{
    if (m->work.unimplemented == RIG_NO_EVENT) {
        m->work.unimplemented = e->seq;
        m->work.unimplemented_caller = e->marker.caller;
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

void rig_monitor_marker(RigMonitor *m, const RigEvent *e)
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
        if (e->marker.status) { /* wherever it was, it says why */
            g_strlcpy(m->gave_up, e->marker.text[0] ? e->marker.text :
                      "without a reason", sizeof(m->gave_up));
        }
        break;
    case RIG_MK_SCENARIO_BEGIN:
        on_scenario_begin(m, e);
        break;
    case RIG_MK_SCENARIO_END:
        rig_monitor_close_scenario(m, "The guest ended the scenario without "
                                   "this cycle.", FALSE);
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
    case RIG_MK_CONTRACT:
    case RIG_MK_LEFT:
    case RIG_MK_ADAPTER:
        rig_monitor_driver(m, e);
        break;
    case RIG_MK_UNIMPLEMENTED:
        on_unimplemented(m, e);
        break;
    case RIG_MK_TRAFFIC:
        on_traffic(m, e);
        break;
    case RIG_MK_INTERRUPTS:
        on_interrupts(m, e);
        break;
    case RIG_MK_QUIESCED:
        on_quiesced(m, e);
        break;
    case RIG_MK_LINUX:
        rig_monitor_linux(m, e);
        break;
    case RIG_MK_FAULT_POINT:
        rig_sweep_point_reached(m, e);
        break;
    case RIG_MK_CYCLE_PLAN:
        rig_sweep_announced(m, e);
        break;
    case RIG_MK_NOTE:
    case RIG_MK_POWER:
        break;
    default:
        rig_stream_reject(&m->stream, e->seq, "unknown marker kind %u",
                          e->marker.kind);
    }
}
