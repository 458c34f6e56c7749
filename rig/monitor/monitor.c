/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The monitor: one pass over the stream.
 *
 * Device events go to the MSI-X shadow (msix.c), callback and API markers to
 * the call stacks (calls.c), and both together, as RigFacts, to the rules of
 * the open scenario (monitor-driver.c, rule-engine.c). The markers of the plan
 * say where we are and are checked against it (monitor-plan.c). What a rule
 * reports becomes a finding at once (findings.c); what a cycle as a whole is
 * worth is decided at its end (judge.c).
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

/* One behind the last function under test: of a PF's VFs only one is. */
static unsigned end_of_functions(const RigMonitor *m)
{
    return m->first ? m->first + 1 : m->stream.targets;
}

/* 1 + number of the adapter's function, 0: the guest does not tell. */
static unsigned told_function(const RigMonitor *m, int adapter)
{
    unsigned told = adapter == RIG_ADAPTER_NONE
                    ? 0 : m->calls.adapter[adapter].told;

    return told <= m->stream.targets ? told : 0;
}

const RigMsix *rig_monitor_function(const RigMonitor *m, int adapter)
{
    unsigned told = told_function(m, adapter);

    return &m->msix[told ? told - 1 : m->first];
}

unsigned rig_monitor_armed(const RigMonitor *m, int adapter)
{
    unsigned sum = 0;

    if (told_function(m, adapter)) {
        return rig_msix_armed(rig_monitor_function(m, adapter));
    }
    for (unsigned i = m->first; i < end_of_functions(m); i++) {
        sum += rig_msix_armed(&m->msix[i]);
    }
    return sum;
}

uint64_t rig_monitor_raised(const RigMonitor *m)
{
    uint64_t sum = 0;

    for (unsigned i = m->first; i < end_of_functions(m); i++) {
        sum += m->msix[i].raised;
    }
    return sum;
}

unsigned rig_monitor_held(const RigMonitor *m)
{
    return m->interrupts < 0 ? 0 :
           rig_engine_held(m->engine[m->interrupts], RIG_ADAPTER_NONE);
}

/* --- events -------------------------------------------------------------- */

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
    uint64_t wanted;
    const char *why;
    RigFacts f;

    if (!rig_msix_event(&m->msix[target], e, &why)) {
        rig_stream_reject(&m->stream, e->seq, "%s", why);
        return;
    }
    if (!m->cycle || target < m->first || target >= end_of_functions(m)) {
        return; /* e.g. the physical function of the VF under test */
    }
    if (target == m->first) {
        rig_recorder_device(m->recorder, e, &m->msix[m->first]);
    }
    wanted = rig_monitor_wanted(m, RULE_ON_RAISED, 0, RULE_WHEN_CALL);
    if (e->type == RIG_EV_RAISED && wanted &&
        m->work.lost.how == RIG_END_DONE) {
        f = rig_monitor_facts(m, e, RULE_ON_RAISED, 0, m->calls.told ?
                              rig_calls_told_adapter(&m->calls, target) :
                              RIG_ADAPTER_NONE);
        f.name = "";
        rig_monitor_show(m, wanted, &f);
    }
}

static void on_strike(RigMonitor *m, const RigEvent *e)
{
    Work *w = &m->work;

    if (m->cycle && w->strikes < WORK_FAULTS_MAX) {
        WorkStrike *strike = &w->strike[w->strikes++];

        g_strlcpy(strike->name, e->fault.name, sizeof(strike->name));
        strike->event = e->seq;
        strike->ns = e->ns;
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

    if (m->hash && !(e->flags & RIG_RECORD_HOST)) {
        g_checksum_update(m->hash, e->record, seq);
        g_checksum_update(m->hash, e->record + after, e->length - after);
    }
}

static void on_event(const RigEvent *e, void *opaque)
{
    RigMonitor *m = opaque;

    if (m->reached) {
        return;
    }
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
        if (!m->windows || rig_windows_wanted(m, e)) {
            rig_monitor_marker(m, e);
        }
        m->reached = rig_stream_is_place(&m->place, &e->marker);
        break;
    case RIG_EV_FAULT:
        on_strike(m, e);
        break;
    case RIG_EV_LOST:
        m->lost += e->lost.count;
        m->work.records_lost = e->seq;
        break;
    case RIG_EV_RUN:
        m->stopped = !e->run.running;
        break;
    case RIG_EV_EPOCH:
        m->work.restored = e->seq;
        break;
    }
}

/* --- interface ----------------------------------------------------------- */

RigMonitor *rig_monitor_new(const GPtrArray *scenarios, const RigRules *rules)
{
    RigMonitor *m = g_new0(RigMonitor, 1);

    m->scenarios = scenarios;
    m->rules = rules;
    if (scenarios->len) {
        const RigScenario *s = scenarios->pdata[0];

        m->first = rig_machine_target(&s->machine);
        m->windows = s->machine.guest == RIG_GUEST_WINDOWS;
    }
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
    m->names = rig_names_new();
    rig_calls_init(&m->calls, m->names);
    rig_rules_add_names(rules, m->names);
    rig_stream_init(&m->stream, on_event, m);
    return m;
}

void rig_monitor_free(RigMonitor *m)
{
    if (m) {
        rig_monitor_close_rules(m);
        rig_names_free(m->names);
        for (unsigned i = 0; i < m->scenarios->len; i++) {
            rig_scenario_result_free(m->result[i]);
        }
        for (unsigned i = 0; i < RIG_TARGETS_MAX; i++) {
            rig_msix_clear(&m->msix[i]);
        }
        g_clear_pointer(&m->hash, g_checksum_free);
        rig_recorder_free(m->recorder);
        g_free(m->result);
        g_free(m->pass_sentence);
        g_free(m->worst_sentence);
        g_free(m->detail);
        g_free(m);
    }
}

void rig_monitor_stop_at(RigMonitor *m, const RigStreamPlace *place)
{
    m->place = *place;
}

void rig_monitor_skip_hash(RigMonitor *m)
{
    g_clear_pointer(&m->hash, g_checksum_free);
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
    p->reached = m->reached;
    p->stopped = m->stopped;
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
        if (m->gave_up[0]) {
            *why = g_strdup_printf("The guest gave up its plan: %s.",
                                   m->gave_up);
            return m->plan_begun ? RIG_OUTCOME_STREAM_CUT
                                 : RIG_OUTCOME_GUEST_NEVER_BOOTED;
        }
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
    if ((m->outcome == seen && !detail) ||
        m->outcome == RIG_OUTCOME_STREAM_INVALID) {
        m->detail = g_steal_pointer(&why);
    }
    if (!m->detail && m->outcome != RIG_OUTCOME_OK) {
        m->detail = g_strdup(detail ? detail : "The machine failed.");
    }
    if (m->cycle) {
        g_strlcpy(m->work.end_text, m->detail ? m->detail :
                  "The stream ended within the cycle.",
                  sizeof(m->work.end_text));
        rig_monitor_close_cycle(m, RIG_END_BROKEN, m->stream.next_seq - 1,
                                m->last_ns);
    }
    if (m->scenario) {
        RigScenarioResult *r = rig_monitor_open_result(m);

        rig_monitor_close_scenario(m, m->detail ? m->detail :
                                   "The guest never began this cycle.", TRUE);
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
    r->sha256 = m->hash ? g_checksum_get_string(m->hash) : NULL;
    r->qemu = m->qemu;
}

RigScenarioResult *rig_monitor_take(RigMonitor *m, unsigned index)
{
    return g_steal_pointer(&m->result[index]);
}
