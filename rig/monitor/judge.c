/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a cycle is worth: design.md 4.5.
 *
 * A violation stands whatever happened afterwards. Without one, the reasons
 * not to trust a pass are looked at, worst first; only a cycle with none of
 * them passes.
 */
#include <string.h>
#include "monitor-internal.h"

#define N G_GUINT64_FORMAT

/* The step that NDIS refused, or NULL. */
static const WorkStep *refused_step(const Work *w)
{
    for (unsigned i = 0; i < w->steps; i++) {
        if (w->step[i].result == RIG_STEP_REFUSED) {
            return &w->step[i];
        }
    }
    return NULL;
}

static char *lost_reason(const RigMonitor *m)
{
    const WorkLost *lost = &m->work.lost;
    g_autofree char *place = rig_monitor_place(m, lost->caller);
    g_autofree char *at = lost->caller ? g_strdup_printf(" at %s", place)
                                       : g_strdup("");
    g_autofree char *text = rig_monitor_stack(m, lost->text);
    g_autofree char *code = lost->how == RIG_END_BUGCHECK ?
        g_strdup_printf(" with code 0x%" G_GINT64_MODIFIER "x",
                        lost->status) : g_strdup("");

    /* Without a rule about interrupts nobody counted them. */
    return g_strdup_printf("The driver %s%s%s%s%s (event %" N ")%s%s%s.",
                           lost->how == RIG_END_CRASH ? "crashed" :
                           lost->how == RIG_END_HANG ? "hung" :
                           "stopped the system", code,
                           lost->inside[0] ? " in " : "", lost->inside, at,
                           lost->event, m->interrupts < 0 ? "" :
                           " with no interrupt registered",
                           *text ? ": " : "", text);
}

/* Lost outside the driver's code: nobody knows whose doing it was. */
static char *unknown_loss(const RigMonitor *m)
{
    const WorkLost *lost = &m->work.lost;

    return g_strdup_printf("The driver's process %s outside any callback and "
                           "outside the driver's image (event %" N ")%s%s.",
                           lost->how == RIG_END_CRASH ? "crashed" :
                           lost->how == RIG_END_HANG ? "hung" :
                           "stopped the system", lost->event,
                           lost->text[0] ? ": " : "", lost->text);
}

/* Broken: the rig failed; NULL if it did not. */
static char *why_broken(const RigMonitor *m, RigCycleEnd end)
{
    const Work *w = &m->work;

    if (end == RIG_END_BROKEN && w->unimplemented == RIG_NO_EVENT) {
        return g_strdup(w->end_text[0] ? w->end_text :
                        "The guest gave up the cycle without a reason.");
    }
    if (w->unclean_start[0]) {
        return g_strdup_printf("The device did not begin the cycle (event %"
                               N ") as it began the first one: %s.",
                               w->event_from, w->unclean_start);
    }
    if (w->records_lost != RIG_NO_EVENT) {
        return g_strdup_printf("Records of the stream were lost (event %" N
                               ").", w->records_lost);
    }
    return NULL;
}

static char *why_never_initialized(const Work *w)
{
    const WorkStep *refused = refused_step(w);

    if (refused) {
        return g_strdup_printf("MiniportInitializeEx was never called: step %s "
                               "was refused (event %" N ")%s%s", refused->name,
                               refused->event_to,
                               refused->detail[0] ? ": " : ".",
                               refused->detail);
    }
    if (w->early.event != RIG_NO_EVENT) {
        return g_strdup_printf("MiniportInitializeEx was never called: %s "
                               "returned 0x%08X (event %" N ").",
                               w->early_name, w->early.status, w->early.event);
    }
    return g_strdup("MiniportInitializeEx was never called.");
}

/* The cycle ended at a call that nobody implements. */
static char *missing_import(const RigMonitor *m)
{
    const Work *w = &m->work;
    g_autofree char *place = rig_monitor_place(m, w->unimplemented_caller);
    g_autofree char *at = w->unimplemented_caller ?
        g_strdup_printf(" at %s", place) : g_strdup("");
    g_autofree char *step = w->steps ?
        g_strdup_printf(" in step %s", w->step[w->steps - 1].name) :
        g_strdup("");

    return g_strdup_printf("The driver called %s%s%s (event %" N "), an import "
                           "that the NDIS host does not implement: what it "
                           "would have done is not known. \"rig driver "
                           "inspect\" lists such imports.",
                           w->unimplemented_name, at, step,
                           w->unimplemented);
}

/* Inconclusive: what is to be judged was not seen; NULL if it was. */
static char *why_inconclusive(const RigMonitor *m)
{
    const Work *w = &m->work;
    char *fault;

    if (w->restored != RIG_NO_EVENT) {
        return g_strdup_printf("A snapshot was restored within the cycle "
                               "(event %" N "): what the driver did before "
                               "is not known.", w->restored);
    }
    if (w->unimplemented != RIG_NO_EVENT) {
        return missing_import(m);
    }
    if (w->lost.how != RIG_END_DONE) {
        return w->lost.inside[0] || w->lost.caller ? lost_reason(m)
                                                   : unknown_loss(m);
    }
    if (!w->init_entered) {
        return rig_sweep_failed_early(m) ? NULL : why_never_initialized(w);
    }
    fault = rig_missing_fault(m);
    if (fault) {
        return fault;
    }
    if (w->init.event == RIG_NO_EVENT) {
        return g_strdup("MiniportInitializeEx was not seen to return.");
    }
    if (!w->init.status && w->halt.event == RIG_NO_EVENT &&
        w->shutdown.event == RIG_NO_EVENT) {
        return g_strdup_printf("MiniportInitializeEx succeeded (event %" N
                               "), but MiniportHaltEx was not seen to return.",
                               w->init.event);
    }
    return NULL;
}

static RigVerdict judge(const RigMonitor *m, RigCycleEnd end, char **reason)
{
    const RigScenarioResult *r = rig_monitor_open_result(m);

    if (m->work.violations) {
        const RigFinding *f = m->work.findings_from < r->findings->len ?
                              r->findings->pdata[m->work.findings_from] : NULL;

        *reason = g_strdup(f ? f->sentence :
                           "As in the cycles before; not listed again.");
        return RIG_VERDICT_VIOLATION;
    }
    *reason = why_broken(m, end);
    if (*reason) {
        return RIG_VERDICT_BROKEN;
    }
    *reason = rig_monitor_open_scenario(m)->linux_driver
              ? rig_linux_inconclusive(m) : rig_windows_without_api(m)
              ? rig_windows_inconclusive(m) : why_inconclusive(m);
    return *reason ? RIG_VERDICT_INCONCLUSIVE : RIG_VERDICT_PASS;
}

/* --- why it passed ------------------------------------------------------- */

static char *device_words(const RigMonitor *m)
{
    const WorkEvidence *e = m->work.evidences ?
        &m->work.evidence[m->work.evidences - 1] : NULL;

    if (!e || !m->msix[m->first].attached) {
        return g_strdup("the device was not watched");
    }
    if (e->counts.armed) {
        return e->counts.armed == 1 ?
            g_strdup("the armed MSI-X vector is the bus driver's until the "
                     "device is removed") :
            g_strdup_printf("the %u armed MSI-X vectors are the bus driver's "
                            "until the device is removed", e->counts.armed);
    }
    return g_strdup("no MSI-X vector was armed then");
}

static char *pass_sentence(const RigMonitor *m)
{
    const Work *w = &m->work;
    gboolean failed = w->init.status != 0;
    const WorkReturn *end = failed ? &w->init : &w->halt;
    const char *callback = failed ? "MiniportInitializeEx failed and returned"
                                  : "MiniportHaltEx returned";
    const RigInstance *first = NULL;
    unsigned created = 0;
    g_autofree char *device = device_words(m);

    if (!w->init_entered) { /* of a sweep: a fault struck before it */
        return g_strdup_printf("%s failed (event %" N ") and "
                               "MiniportInitializeEx was never called.",
                               w->early_name, w->early.event);
    }
    if (!failed && w->halt.event == RIG_NO_EVENT) {
        return g_strdup_printf("The system went down: MiniportShutdownEx "
                               "returned (event %" N "). NDIS does not halt a "
                               "miniport then, so nothing had to be "
                               "deregistered.", w->shutdown.event);
    }
    if (m->interrupts < 0) {
        return g_strdup_printf("No rule was broken by the time %s (event %" N
                               "), and %s.", callback, end->event, device);
    }
    first = rig_engine_first(m->engine[m->interrupts], RIG_ADAPTER_NONE);
    created = rig_engine_created(m->engine[m->interrupts]);
    if (!first) {
        return g_strdup_printf("The driver never registered an interrupt, so "
                               "nothing was left to deregister when %s "
                               "(event %" N ").", callback, end->event);
    }
    if (created > 1) {
        g_autofree char *all = created == 2 ? g_strdup("Both") :
                               g_strdup_printf("All %u", created);

        return g_strdup_printf("%s interrupts registered, the first at "
                               "event %" N ", were deregistered before %s "
                               "(event %" N "), and %s.", all,
                               first->created.event, callback, end->event,
                               device);
    }
    return g_strdup_printf("The interrupt registered at event %" N " was "
                           "deregistered at event %" N ", before %s (event %"
                           N "), and %s.", first->created.event,
                           first->moved.event, callback, end->event, device);
}

/* Who has seen it, where that is not the NDIS host. */
static void name_witness(RigMonitor *m)
{
    g_autofree char *sentence = m->by_shim && !rig_windows_without_api(m)
                                ? m->pass_sentence : NULL;

    if (sentence) {
        m->pass_sentence = g_strdup_printf("%s Witness: rigshim.sys.",
                                           sentence);
    }
}

/* --- keeping ------------------------------------------------------------- */

static void keep_steps(RigCycleResult *c, const Work *w)
{
    for (unsigned i = 0; i < w->steps; i++) {
        const WorkStep *from = &w->step[i];
        RigStepResult *s = g_new0(RigStepResult, 1);

        s->name = g_strdup(from->name);
        s->result = from->result;
        s->status = from->status;
        s->event_from = from->event_from;
        s->event_to = from->event_to;
        s->ns_from = from->ns_from;
        s->ns_to = from->ns_to;
        s->detail = from->detail[0] ? g_strdup(from->detail) : NULL;
        g_ptr_array_add(c->steps, s);
    }
}

static void keep_faults(RigCycleResult *c, const Work *w)
{
    for (unsigned i = 0; i < w->faults; i++) {
        const WorkFault *from = &w->fault[i];
        RigFaultResult *f = g_new0(RigFaultResult, 1);

        f->api = g_strdup(from->api);
        f->occurrence = from->occurrence;
        f->status = from->status;
        f->event = from->event;
        f->caller = from->caller;
        g_ptr_array_add(c->faults, f);
    }
}

static void keep_strikes(RigCycleResult *c, const Work *w)
{
    for (unsigned i = 0; i < w->strikes; i++) {
        RigStrikeResult *s = g_new0(RigStrikeResult, 1);

        s->name = g_strdup(w->strike[i].name);
        s->event = w->strike[i].event;
        g_ptr_array_add(c->strikes, s);
    }
}

static void keep_evidence(RigCycleResult *c, const Work *w)
{
    for (unsigned i = 0; i < w->evidences; i++) {
        const WorkEvidence *from = &w->evidence[i];
        RigEvidence *e = g_new0(RigEvidence, 1);

        e->boundary = g_strdup_printf("%s returned", from->callback);
        e->event = from->event;
        e->enabled = from->enabled;
        e->function_masked = from->function_masked;
        e->armed = from->counts.armed;
        e->masked = from->counts.masked;
        e->programmed = from->counts.programmed;
        e->pending = from->counts.pending;
        e->raised = from->raised;
        e->registered = from->registered;
        g_ptr_array_add(c->evidence, e);
    }
}

/* Is this the first repetition of a <cycle> of the scenario file? */
static gboolean first_of_kind(const RigMonitor *m)
{
    const RigScenario *s = rig_monitor_open_scenario(m);

    return m->cycle == 1 || rig_scenario_cycle(s, m->cycle) !=
                            rig_scenario_cycle(s, m->cycle - 1);
}

static gboolean worth_keeping(const RigMonitor *m, RigVerdict verdict)
{
    return rig_monitor_open_result(m)->cycles->len < RIG_CYCLES_MAX &&
           (verdict != RIG_VERDICT_PASS || first_of_kind(m));
}

void rig_judge_cycle(RigMonitor *m, RigCycleEnd end, uint64_t event,
                     uint64_t ns)
{
    RigScenarioResult *r = rig_monitor_open_result(m);
    const Work *w = &m->work;
    g_autofree char *reason = NULL;
    RigVerdict verdict = judge(m, end, &reason);
    RigCycleResult *c;

    r->cycles_by_verdict[verdict]++;
    rig_sweep_judged(m, verdict, reason);
    if (verdict == RIG_VERDICT_PASS && !m->pass_sentence) {
        m->pass_sentence = rig_monitor_open_scenario(m)->linux_driver
                           ? rig_linux_pass_sentence(m) :
                           rig_windows_without_api(m)
                           ? rig_windows_pass_sentence(m) : pass_sentence(m);
        name_witness(m);
    }
    if (!worth_keeping(m, verdict)) {
        r->cycles_omitted++;
        return;
    }
    c = rig_cycle_result_new(m->cycle);
    c->verdict = verdict;
    c->end = end;
    c->event_from = w->event_from;
    c->event_to = event;
    c->ns_from = w->ns_from;
    c->ns_to = ns;
    c->reason = g_steal_pointer(&reason);
    keep_steps(c, w);
    keep_faults(c, w);
    keep_strikes(c, w);
    keep_evidence(c, w);
    if (m->timelines < RIG_TIMELINES_MAX) {
        m->timelines++;
        c->timeline = rig_recorder_draw(m->recorder, r->findings,
                                        w->findings_from);
    }
    g_ptr_array_add(r->cycles, c);
}

void rig_judge_missing(RigScenarioResult *r, unsigned first, unsigned cycles,
                       const char *reason)
{
    for (unsigned n = first; n <= cycles; n++) {
        RigCycleResult *c;

        r->cycles_by_verdict[RIG_VERDICT_BROKEN]++;
        if (r->cycles->len >= RIG_CYCLES_MAX || n > first) {
            r->cycles_omitted++;
            continue;
        }
        c = rig_cycle_result_new(n);
        c->verdict = RIG_VERDICT_BROKEN;
        c->end = RIG_END_MISSING;
        c->reason = g_strdup(reason);
        g_ptr_array_add(r->cycles, c);
    }
}
