/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the driver does, from its markers to the rules. */
#include <string.h>
#include "monitor-internal.h"

void rig_monitor_show(RigMonitor *m, const RigFacts *facts)
{
    for (unsigned i = 0; i < m->engines; i++) {
        const char *why = rig_engine_feed(m->engine[i], facts);

        if (why) {
            rig_stream_reject(&m->stream, facts->event, "%s", why);
        }
    }
}

/* Facts that do not depend on the kind of event. */
RigFacts rig_monitor_facts(const RigMonitor *m, const RigEvent *e,
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
    RigFacts f = rig_monitor_facts(m, e, source, when);
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
    rig_monitor_show(m, &f);
}

/* A callback that fails before MiniportInitializeEx may be why it never ran. */
static void note_early_failure(Work *w, const RigEvent *e, const RigCall *call)
{
    if (!w->init_entered && (uint32_t)e->marker.status) {
        w->early.event = e->seq;
        w->early.ns = e->ns;
        w->early.status = e->marker.status;
        g_strlcpy(w->early_name, call->name, sizeof(w->early_name));
    }
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
    if (source == RULE_ON_CALLBACK) {
        note_early_failure(w, e, call);
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
    rig_monitor_show(m, &f);
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
    rig_monitor_show(m, &f);
}

/*
 * The driver will not go on. Where no callback is open and no address in the
 * driver is named, nobody knows whose doing it was: rules are not asked.
 */
void rig_monitor_lost(RigMonitor *m, const RigEvent *e, RigCycleEnd how)
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
    f = rig_monitor_facts(m, e, RULE_ON_LOST, 1u << how);
    f.name = inside ? inside->name : "";
    f.caller = lost->caller;
    f.inside = inside ? inside->name : NULL;
    f.inside_quark = inside ? inside->quark : 0;
    if (inside) {
        f.adapter = rig_calls_adapter(&m->calls, thread);
    }
    rig_monitor_show(m, &f);
}

/* Callbacks and API calls of a driver. */
void rig_monitor_driver(RigMonitor *m, const RigEvent *e)
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
        rig_monitor_lost(m, e, RIG_END_CRASH);
        break;
    case RIG_MK_HANG:
        rig_monitor_lost(m, e, RIG_END_HANG);
        break;
    default:
        rig_monitor_lost(m, e, RIG_END_BUGCHECK);
        break;
    }
}
