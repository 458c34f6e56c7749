/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the driver does, from its markers to the rules. */
#include <string.h>
#include "monitor-internal.h"

void rig_monitor_show(RigMonitor *m, uint64_t engines, const RigFacts *facts)
{
    for (; engines; engines &= engines - 1) {
        const char *why = rig_engine_feed(m->engine[__builtin_ctzll(engines)],
                                          facts);

        if (why) {
            rig_stream_reject(&m->stream, facts->event, "%s", why);
        }
    }
}

/* Facts that do not depend on the kind of event. */
RigFacts rig_monitor_facts(const RigMonitor *m, const RigEvent *e,
                           RuleSource source, unsigned when, int adapter)
{
    return (RigFacts) {
        .source = source,
        .when = when,
        .event = e->seq,
        .ns = e->ns,
        .enter_event = RIG_NO_EVENT,
        .enter_ns = RIG_NO_EVENT,
        .adapter = adapter,
        .step = m->step,
        .armed = rig_monitor_armed(m, adapter),
        .at_start = rig_monitor_open_scenario(m)->machine.profile ==
                    RIG_MSIX_AT_START,
        .api_witness = m->work.api_witness,
        .calls = &m->calls,
    };
}

/*
 * Of two witnesses one is believed. The shim's are the callbacks and calls of
 * an instrumented driver; the NDIS host's besides what only it can see. What
 * neither witnesses but the rig does itself counts with both.
 */
static gboolean is_believed(const RigMonitor *m, const RigEvent *e)
{
    switch (e->marker.kind) {
    case RIG_MK_CALLBACK_ENTER:
    case RIG_MK_CALLBACK_LEAVE:
    case RIG_MK_API_ENTER:
    case RIG_MK_API_LEAVE:
        return !(e->marker.thread & RIG_MARKER_SHIM) == !m->by_shim;
    case RIG_MK_CONTRACT:
    case RIG_MK_LEFT:
    case RIG_MK_ADAPTER:
        return !m->by_shim;
    default:
        return TRUE;
    }
}

/* The callback that the driver is in; threads of the two are not the same. */
static const RigCall *inside_of(const RigMonitor *m, const RigEvent *e)
{
    return m->by_shim && e->marker.kind > RIG_MK_API_LEAVE
           ? rig_calls_inside_only(&m->calls)
           : rig_calls_inside(&m->calls, e->marker.thread);
}

/* Facts of a marker that a driver thread wrote. */
static RigFacts marker_facts(const RigMonitor *m, const RigEvent *e,
                             RuleSource source, unsigned when,
                             const RigName *name)
{
    const RigCall *inside = inside_of(m, e);
    RigFacts f = rig_monitor_facts(m, e, source, when, rig_calls_adapter(
                                       &m->calls, e->marker.thread));

    f.index = name ? name->index : 0;
    f.quark = name ? name->quark : 0;
    f.name = e->marker.name;
    f.object = e->marker.object;
    f.caller = e->marker.caller;
    f.status = e->marker.status;
    f.call = e->marker.call;
    memcpy(f.arg, e->marker.arg, sizeof(f.arg));
    f.irql = e->marker.irql;
    f.thread = e->marker.thread;
    if (inside) {
        f.inside = inside->name;
        f.inside_quark = inside->quark;
        f.inside_call = inside->call;
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
        ev->enabled = rig_msix_enabled(&m->msix[m->first]);
        ev->function_masked = rig_msix_function_masked(&m->msix[m->first]);
        ev->registered = rig_monitor_held(m);
        rig_msix_count(&m->msix[m->first], &ev->counts);
    }
    w->raised_base = raised;
}

static void on_enter(RigMonitor *m, const RigEvent *e, RuleSource source)
{
    const RigName *name = rig_names_find(m->names, e->marker.name);
    uint64_t wanted = rig_monitor_wanted(m, source, name ? name->index : 0,
                                         RULE_WHEN_CALL);
    const char *why = NULL;
    const RigCall *call;
    RigFacts f;

    if (wanted) { /* the callback that is entered is not yet around itself */
        f = marker_facts(m, e, source, RULE_WHEN_CALL, name);
    }
    call = rig_calls_enter(&m->calls, e, name, &why);
    if (!call) {
        rig_stream_reject(&m->stream, e->seq, "%s", why);
        return;
    }
    if (call->callback && call->quark == m->calls.initialize) {
        m->work.init_entered = TRUE;
        rig_findings_settle(m);
    }
    if (wanted) {
        rig_monitor_show(m, wanted, &f);
    }
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

/* MiniportInitializeEx or MiniportHaltEx has returned. */
static void note_return(RigMonitor *m, const RigEvent *e, gboolean halt)
{
    Work *w = &m->work;
    WorkReturn *r = halt ? &w->halt : &w->init;

    r->event = e->seq;
    r->ns = e->ns;
    r->status = e->marker.status;
    if (r == &w->init) {
        w->halt.event = RIG_NO_EVENT;
    }
    rig_findings_settle(m);
    take_evidence(m, e);
}

/* Show the rules the end of a call; some of it is known from its begin. */
static void show_leave(RigMonitor *m, const RigEvent *e, const RigCall *call,
                       RuleSource source, unsigned when, uint64_t wanted)
{
    RigName name = { .quark = call->quark, .index = call->index };
    RigFacts f = marker_facts(m, e, source, when, &name);

    f.enter_event = call->event;
    f.enter_ns = call->ns;
    f.object = f.object ? f.object : call->object;
    f.caller = f.caller ? f.caller : call->caller;
    for (unsigned i = 0; i < RIG_MARKER_ARGS; i++) {
        f.arg[i] = f.arg[i] ? f.arg[i] : call->arg[i];
    }
    if (call->adapter != RIG_ADAPTER_NONE) {
        f.adapter = call->adapter;
        f.armed = rig_monitor_armed(m, f.adapter);
    }
    rig_monitor_show(m, wanted, &f);
}

static void on_leave(RigMonitor *m, const RigEvent *e, RuleSource source)
{
    unsigned when = (uint32_t)e->marker.status ? RULE_WHEN_FAILURE
                                               : RULE_WHEN_SUCCESS;
    const char *why = NULL;
    const RigCall *call = rig_calls_leave(&m->calls, e, &why);
    uint64_t wanted;

    if (!call) {
        rig_stream_reject(&m->stream, e->seq, "%s", why);
        return;
    }
    /* DriverEntry is no callback that the shim sees. */
    if (m->by_shim && !call->callback &&
        strcmp(call->name, "NdisMRegisterMiniportDriver") == 0) {
        note_early_failure(&m->work, e, call);
    }
    if (call->callback) {
        note_early_failure(&m->work, e, call);
        if (call->quark == m->calls.shutdown) {
            m->work.shutdown.event = e->seq;
            m->work.shutdown.ns = e->ns;
        }
        if (call->quark == m->calls.initialize ||
            call->quark == m->calls.halt) {
            note_return(m, e, call->quark == m->calls.halt);
        }
    }
    wanted = rig_monitor_wanted(m, source, call->index, when);
    if (wanted) {
        show_leave(m, e, call, source, when, wanted);
    }
}

static void show_fault(RigMonitor *m, const RigEvent *e)
{
    const RigName *name = rig_names_find(m->names, e->marker.name);
    uint64_t wanted = rig_monitor_wanted(m, RULE_ON_API,
                                         name ? name->index : 0,
                                         RULE_WHEN_NOT_MADE);

    if (wanted) {
        RigFacts f = marker_facts(m, e, RULE_ON_API, RULE_WHEN_NOT_MADE,
                                  name);

        rig_monitor_show(m, wanted, &f);
    }
}

static void on_fault(RigMonitor *m, const RigEvent *e)
{
    Work *w = &m->work;
    WorkFault *fault = &w->fault[w->faults];

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
    show_fault(m, e);
}

/* A contract is broken, or something was left behind. */
static void on_observation(RigMonitor *m, const RigEvent *e)
{
    gboolean contract = e->marker.kind == RIG_MK_CONTRACT;
    RuleSource source = contract ? RULE_ON_CONTRACT : RULE_ON_LEFT;
    char field[RIG_MARKER_NAME] = "";
    const RigName *name;
    uint64_t wanted;
    RigFacts f;

    rig_kebab(field, e->marker.name);
    name = rig_names_find(m->names, field);
    wanted = rig_monitor_wanted(m, source, name ? name->index : 0,
                                RULE_WHEN_CALL);
    if (wanted) {
        f = marker_facts(m, e, source, RULE_WHEN_CALL, name);
        f.text = e->marker.text;
        rig_monitor_show(m, wanted, &f);
    }
}

static void on_adapter(RigMonitor *m, const RigEvent *e)
{
    if (!rig_calls_tell_adapter(&m->calls, e->marker.thread,
                                e->marker.arg[0])) {
        rig_stream_reject(&m->stream, e->seq, "adapter number above %u",
                          RIG_ADAPTERS_MAX - 1);
    }
}

/*
 * The driver will not go on. Where no callback is open and no address in the
 * driver is named, nobody knows whose doing it was, and rules are not asked;
 * but when NDIS stops the system, it is for what the driver did or left undone.
 */
void rig_monitor_lost(RigMonitor *m, const RigEvent *e, RigCycleEnd how)
{
    WorkLost *lost = &m->work.lost;
    const RigCall *inside = inside_of(m, e);
    uint64_t wanted = rig_monitor_wanted(m, RULE_ON_LOST, 0, RULE_WHEN_CALL);
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
    if ((!inside && !lost->caller && how != RIG_END_BUGCHECK) ||
        m->work.unimplemented != RIG_NO_EVENT) {
        return;
    }
    f = rig_monitor_facts(m, e, RULE_ON_LOST, 1u << how, inside ?
                          rig_calls_adapter(&m->calls, e->marker.thread) :
                          RIG_ADAPTER_NONE);
    f.name = inside ? inside->name : "";
    f.caller = lost->caller;
    f.thread = e->marker.thread;
    f.inside = inside ? inside->name : NULL;
    f.inside_quark = inside ? inside->quark : 0;
    rig_monitor_show(m, wanted, &f);
}

/* Callbacks and API calls of a driver. */
void rig_monitor_driver(RigMonitor *m, const RigEvent *event)
{
    const RigEvent *e = event;
    RigEvent own;

    /* Other threads may run on for a moment after a crash. */
    if (m->work.lost.how != RIG_END_DONE || !is_believed(m, event)) {
        return;
    }
    if (event->marker.kind == RIG_MK_BUGCHECK &&
        event->flags & RIG_RECORD_ASKED) {
        rig_recorder_marker(m->recorder, event);
        rig_windows_bugcheck(m, event);
        rig_monitor_lost(m, event, RIG_END_BUGCHECK);
        return;
    }
    if (event->marker.thread & RIG_MARKER_SHIM) {
        own = *event;
        own.marker.thread &= (uint16_t)~RIG_MARKER_SHIM;
        e = &own;
    }
    m->work.api_witness = TRUE;
    if (e->marker.kind <= RIG_MK_BUGCHECK) {
        rig_recorder_marker(m->recorder, e);
    }
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
    case RIG_MK_CONTRACT:
    case RIG_MK_LEFT:
        on_observation(m, e);
        break;
    case RIG_MK_ADAPTER:
        on_adapter(m, e);
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
