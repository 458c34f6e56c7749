/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A run as XML. Elements and attributes stand in the order of
 * results/result.rng; an attribute whose value is not known is left out.
 */
#include <stdarg.h>
#include "history.h"
#include "known.h"
#include "results-xml.h"
#include "timeline.h"

#define N "%" G_GUINT64_FORMAT

/* --- XML helpers --------------------------------------------------------- */

static void put_bool(xmlTextWriter *w, const char *attribute, gboolean value)
{
    rig_xml_put(w, attribute, value ? "yes" : "no");
}

static void put_status(xmlTextWriter *w, uint32_t status)
{
    rig_xml_put_format(w, "status", "0x%08X", status);
}

static void put_time(xmlTextWriter *w, const char *attribute, GDateTime *time)
{
    if (time) {
        g_autofree char *text = g_date_time_format(time,
                                                   "%Y-%m-%dT%H:%M:%SZ");

        rig_xml_put(w, attribute, text);
    }
}

static void put_range(xmlTextWriter *w, uint64_t event_from,
                      uint64_t event_to, uint64_t ns_from, uint64_t ns_to)
{
    rig_xml_put_count(w, "event-from", event_from);
    rig_xml_put_count(w, "event-to", event_to);
    rig_xml_put_count(w, "ns-from", ns_from);
    rig_xml_put_count(w, "ns-to", ns_to);
}

/* --- timeline ------------------------------------------------------------ */

static void write_phase(xmlTextWriter *w, const RigTimelineCall *c)
{
    rig_xml_begin(w, "phase");
    rig_xml_put(w, "name", c->name);
    rig_xml_put_count(w, "depth", c->depth);
    rig_xml_put_count(w, "thread", c->thread);
    rig_xml_put_count(w, "from", c->from);
    rig_xml_put_count(w, "to", c->to);
    if (c->has_status) {
        put_status(w, c->status);
    }
    put_range(w, c->event_from, c->event_to, c->ns_from, c->ns_to);
    rig_xml_end(w);
}

static void write_call(xmlTextWriter *w, const RigTimelineCall *c)
{
    static const char *const kinds[] = {
        "register", "deregister", "fault", "other",
    };

    rig_xml_begin(w, "call");
    rig_xml_put(w, "name", c->name);
    rig_xml_put(w, "kind", kinds[c->kind]);
    rig_xml_put_count(w, "from", c->from);
    rig_xml_put_count(w, "to", c->to);
    if (c->has_status) {
        put_status(w, c->status);
    }
    rig_xml_put_hex(w, "caller", c->caller);
    put_range(w, c->event_from, c->event_to, c->ns_from, c->ns_to);
    rig_xml_end(w);
}

static void write_lane(xmlTextWriter *w, const RigTimelineLane *lane)
{
    rig_xml_begin(w, "lane");
    if (lane->vector == RIG_VECTOR_INTX) {
        rig_xml_put(w, "vector", "intx");
    } else {
        rig_xml_put_count(w, "vector", lane->vector);
    }
    for (unsigned i = 0; i < lane->spans->len; i++) {
        const RigTimelineSpan *s = &g_array_index(lane->spans,
                                                  RigTimelineSpan, i);

        rig_xml_begin(w, "span");
        rig_xml_put(w, "state", rig_vector_state_name(s->state));
        rig_xml_put_count(w, "from", s->from);
        rig_xml_put_count(w, "to", s->to);
        rig_xml_put_count(w, "event", s->event);
        rig_xml_end(w);
    }
    for (unsigned i = 0; i < lane->raised->len; i++) {
        const RigTimelineRaised *r = &g_array_index(lane->raised,
                                                    RigTimelineRaised, i);

        rig_xml_begin(w, "raised");
        rig_xml_put_count(w, "at", r->at);
        rig_xml_put_count(w, "count", r->count);
        rig_xml_put(w, "outcome", rig_raised_name(r->outcome));
        rig_xml_put_count(w, "event", r->event);
        rig_xml_end(w);
    }
    rig_xml_end(w);
}

static void write_timeline(xmlTextWriter *w, const RigTimeline *t)
{
    rig_xml_begin(w, "timeline");
    rig_xml_put_count(w, "columns", t->columns);
    for (unsigned i = 0; i < t->phases->len; i++) {
        write_phase(w, &g_array_index(t->phases, RigTimelineCall, i));
    }
    for (unsigned i = 0; i < t->calls->len; i++) {
        write_call(w, &g_array_index(t->calls, RigTimelineCall, i));
    }
    for (unsigned i = 0; i < t->lanes->len; i++) {
        write_lane(w, t->lanes->pdata[i]);
    }
    for (unsigned i = 0; i < t->marks->len; i++) {
        const RigTimelineMark *m = &g_array_index(t->marks, RigTimelineMark,
                                                  i);

        rig_xml_begin(w, "mark");
        rig_xml_put_count(w, "finding", m->finding);
        rig_xml_put_count(w, "at", m->at);
        rig_xml_put_count(w, "event", m->event);
        rig_xml_put(w, "label", m->label);
        rig_xml_end(w);
    }
    rig_xml_end(w);
}

/* --- cycle --------------------------------------------------------------- */

static void write_step(xmlTextWriter *w, const RigStepResult *s)
{
    rig_xml_begin(w, "step");
    rig_xml_put(w, "name", s->name);
    rig_xml_put(w, "result", rig_step_end_name(s->result));
    if (s->event_to != RIG_NO_EVENT) {
        put_status(w, s->status);
    }
    put_range(w, s->event_from, s->event_to, s->ns_from, s->ns_to);
    rig_xml_put(w, "detail", s->detail);
    rig_xml_end(w);
}

static void write_fault(xmlTextWriter *w, const RigFaultResult *f)
{
    rig_xml_begin(w, "fault");
    rig_xml_put(w, "api", f->api);
    rig_xml_put_count(w, "occurrence", MAX(f->occurrence, 1));
    put_status(w, f->status);
    rig_xml_put_count(w, "event", f->event);
    rig_xml_put_hex(w, "caller", f->caller);
    rig_xml_end(w);
}

static void write_strike(xmlTextWriter *w, const RigStrikeResult *s)
{
    rig_xml_begin(w, "device-fault");
    rig_xml_put(w, "name", s->name);
    rig_xml_put_count(w, "event", s->event);
    rig_xml_end(w);
}

static void write_evidence(xmlTextWriter *w, const RigEvidence *e)
{
    rig_xml_begin(w, "evidence");
    rig_xml_put(w, "boundary", e->boundary);
    rig_xml_put_count(w, "event", e->event);
    put_bool(w, "enabled", e->enabled);
    put_bool(w, "function-masked", e->function_masked);
    rig_xml_put_count(w, "armed", e->armed);
    rig_xml_put_count(w, "masked", e->masked);
    rig_xml_put_count(w, "programmed", e->programmed);
    rig_xml_put_count(w, "pending", e->pending);
    rig_xml_put_count(w, "raised", e->raised);
    rig_xml_put_count(w, "registered", e->registered);
    rig_xml_end(w);
}

static void write_cycle(xmlTextWriter *w, const RigCycleResult *c)
{
    rig_xml_begin(w, "cycle");
    rig_xml_put_count(w, "number", c->number);
    rig_xml_put(w, "verdict", rig_verdict_name(c->verdict));
    rig_xml_put(w, "end", rig_cycle_end_name(c->end));
    put_range(w, c->event_from, c->event_to, c->ns_from, c->ns_to);
    rig_xml_put(w, "reason", c->reason);
    for (unsigned i = 0; i < c->steps->len; i++) {
        write_step(w, c->steps->pdata[i]);
    }
    for (unsigned i = 0; i < c->faults->len; i++) {
        write_fault(w, c->faults->pdata[i]);
    }
    for (unsigned i = 0; i < c->strikes->len; i++) {
        write_strike(w, c->strikes->pdata[i]);
    }
    for (unsigned i = 0; i < c->evidence->len; i++) {
        write_evidence(w, c->evidence->pdata[i]);
    }
    if (c->timeline) {
        write_timeline(w, c->timeline);
    }
    rig_xml_end(w);
}

/* --- scenario ------------------------------------------------------------ */

/* A line of the scenario's file; one that was made for a sweep has none. */
static void put_line(xmlTextWriter *w, const RigScenario *s, int line)
{
    if (!s->text && line > 0) {
        rig_xml_put_count(w, "line", line);
    }
}

static void write_finding(xmlTextWriter *w, const RigScenario *s,
                          const RigFinding *f)
{
    const RigCycle *c = rig_scenario_cycle(s, f->cycle);

    rig_xml_begin(w, "finding");
    rig_xml_put_count(w, "number", f->number);
    put_line(w, s, s->sweep ? s->sweep->line : c ? c->line : s->line);
    rig_xml_put(w, "rule", f->rule);
    rig_xml_put(w, "level", rig_level_name(f->level));
    rig_xml_put(w, "id", f->id);
    rig_xml_put(w, "verdict", rig_verdict_name(f->verdict));
    rig_xml_put(w, "class", f->class_code);
    rig_xml_put(w, "witness", rig_witness_name(f->witness));
    rig_xml_put_count(w, "cycle", f->cycle);
    rig_xml_put(w, "boundary", f->boundary);
    rig_xml_put_count(w, "event", f->event);
    rig_xml_text_element(w, "sentence", f->sentence);
    for (unsigned i = 0; i < f->proofs->len; i++) {
        const RigProof *p = f->proofs->pdata[i];

        rig_xml_begin(w, "proof");
        rig_xml_put_count(w, "event", p->event);
        rig_xml_put_count(w, "ns", p->ns);
        rig_xml_text(w, p->text);
        rig_xml_end(w);
    }
    rig_xml_end(w);
}

static void write_frames(xmlTextWriter *w, const RigScenarioResult *r)
{
    uint64_t sent = 0, received = 0;

    for (unsigned i = 0; i < r->traffic->len; i++) {
        const RigTrafficCount *t = &g_array_index(r->traffic,
                                                  RigTrafficCount, i);

        sent += t->sent;
        received += t->received;
    }
    rig_xml_begin(w, "frames");
    rig_xml_put_count(w, "sent", sent);
    rig_xml_put_count(w, "crossed", r->frames.crossed);
    rig_xml_put_count(w, "returned", r->frames.returned);
    rig_xml_put_count(w, "received", received);
    rig_xml_put_count(w, "bytes", r->frames.bytes);
    rig_xml_put_count(w, "wrong", r->frames.wrong);
    rig_xml_put_count(w, "missing", r->frames.missing);
    rig_xml_put(w, "file", r->frames_file);
    rig_xml_end(w);
}

static void write_driver(xmlTextWriter *w, const RigScenarioResult *r)
{
    if (r->scenario->linux_driver) {
        rig_xml_begin(w, "driver");
        rig_xml_put(w, "linux", r->scenario->linux_driver);
        rig_xml_end(w);
        return;
    }
    if (!r->scenario->sys_name) {
        return;
    }
    rig_xml_begin(w, "driver");
    rig_xml_put(w, "sys", r->scenario->sys_name);
    rig_xml_put(w, "inf", r->scenario->inf_name);
    rig_xml_put(w, "sha256", r->driver.sha256);
    rig_xml_put(w, "service", r->driver.service);
    rig_xml_put(w, "provider", r->driver.provider);
    rig_xml_put(w, "version", r->driver.version);
    rig_xml_put(w, "model", r->driver.model);
    rig_xml_end(w);
}

static void write_inputs(xmlTextWriter *w, const RigScenarioInputs *inputs)
{
    if (inputs->all) {
        rig_xml_begin(w, "inputs");
        rig_xml_put(w, "sha256", inputs->all);
        rig_xml_put(w, "scenario", inputs->scenario);
        rig_xml_put(w, "rules", inputs->rules);
        rig_xml_put(w, "inf", inputs->inf);
        rig_xml_end(w);
    }
}

static void write_scenario_head(xmlTextWriter *w, const RigScenarioResult *r)
{
    const RigScenario *s = r->scenario;
    g_autofree char *key = rig_history_key(s);

    rig_xml_put(w, "name", s->name);
    rig_xml_put(w, "key", key);
    rig_xml_put(w, "file", s->file);
    put_line(w, s, s->line);
    rig_xml_put_count(w, "number", r->number);
    if (r->machine) {
        rig_xml_put_count(w, "machine", r->machine);
    }
    if (r->ms) {
        rig_xml_put_count(w, "ms", r->ms);
    }
    rig_xml_put(w, "verdict", rig_verdict_name(r->verdict));
    rig_xml_put(w, "expected", rig_verdict_name(s->expect.verdict));
    put_bool(w, "as-expected", rig_scenario_result_as_expected(r));
    rig_xml_put(w, "seed", s->seed);
    put_bool(w, "control", s->control != NULL);
    rig_xml_put(w, "bundle", r->bundle);
    rig_xml_put_count(w, "cycles", r->sweep ? MAX(r->sweep->known, 1)
                      : rig_scenario_cycle_count(s));
    rig_xml_text_element(w, "title", s->title);
    if (s->description && s->description[0]) {
        rig_xml_text_element(w, "description", s->description);
    }
    rig_xml_text_element(w, "sentence", r->sentence ? r->sentence :
                         "Not judged yet.");
    write_driver(w, r);
    write_inputs(w, &r->inputs);
    rig_xml_begin(w, "expect");
    rig_xml_put(w, "verdict", rig_verdict_name(s->expect.verdict));
    rig_xml_put(w, "level", s->expect.level);
    rig_xml_put(w, "class", s->expect.class_code);
    rig_xml_end(w);
}

static void write_known(xmlTextWriter *w, const RigScenarioResult *r)
{
    for (unsigned i = 0; r->known && i < r->known->len; i++) {
        const RigKnownUse *u = r->known->pdata[i];

        rig_xml_begin(w, "known");
        rig_xml_put(w, "id", u->id);
        rig_xml_put(w, "expires", u->expires);
        rig_xml_put(w, "link", u->link);
        rig_xml_put_count(w, "findings", u->findings);
        rig_xml_put_count(w, "of", r->known_failures);
        rig_xml_put(w, "covers", r->known_all ? "all" : "some");
        rig_xml_text(w, u->reason);
        rig_xml_end(w);
    }
}

static void write_scenario(xmlTextWriter *w, const RigScenarioResult *r)
{
    rig_xml_begin(w, "scenario");
    write_scenario_head(w, r);
    write_known(w, r);
    for (unsigned i = 0; i < r->findings->len; i++) {
        write_finding(w, r->scenario, r->findings->pdata[i]);
    }
    if (r->sweep) {
        rig_sweep_write_xml(w, r->sweep);
    }
    if (r->has_frames) {
        write_frames(w, r);
    }
    for (unsigned i = 0; i < r->cycles->len; i++) {
        write_cycle(w, r->cycles->pdata[i]);
    }
    if (r->cycles_omitted) {
        rig_xml_begin(w, "omitted");
        rig_xml_put_count(w, "cycles", r->cycles_omitted);
        rig_xml_end(w);
    }
    rig_xml_text_element(w, "reproduce", r->reproduce);
    rig_xml_end(w);
}

/* --- run ----------------------------------------------------------------- */

static void write_machine(xmlTextWriter *w, const RigMachineResult *m)
{
    static const char *const compared[] = {
        [RIG_COMPARED_NOT] = NULL, [RIG_COMPARED_FIRST] = "first",
        [RIG_COMPARED_SAME] = "same", [RIG_COMPARED_DIFFERENT] = "different",
    };

    rig_xml_begin(w, "machine");
    rig_xml_put_count(w, "number", m->number);
    rig_xml_put(w, "dir", m->dir);
    rig_xml_put(w, "nic", m->machine.nic);
    if (m->machine.nic) {
        rig_xml_put_count(w, "vectors", m->machine.vectors);
        rig_xml_put_count(w, "queues", m->machine.queues);
        if (m->machine.adapters > 1) {
            rig_xml_put_count(w, "adapters", m->machine.adapters);
        }
        rig_xml_put(w, "msix-profile", rig_profile_name(m->machine.profile));
        rig_xml_put(w, "guard-pages", m->machine.guard_pages ? "yes" : NULL);
        if (m->machine.random_seed) {
            rig_xml_put_count(w, "random-seed", m->machine.random_seed);
        }
        if (m->workers > 1) {
            rig_xml_put_count(w, "workers", m->workers);
        }
        rig_xml_put(w, "image", m->machine.image);
        rig_xml_put(w, "calibration", m->machine.calibration);
    }
    rig_xml_put(w, "inputs", m->inputs);
    rig_xml_put(w, "stream", m->stream);
    rig_xml_put_count(w, "events", m->events);
    rig_xml_put_count(w, "lost", m->lost);
    put_bool(w, "ended", m->ended);
    if (m->boot_ms) {
        rig_xml_put_count(w, "boot-ms", m->boot_ms);
    }
    rig_xml_put_count(w, "total-ms", m->total_ms);
    rig_xml_put(w, "outcome", rig_outcome_name(m->outcome));
    rig_xml_put(w, "detail", m->detail);
    rig_xml_put(w, "compared", compared[m->compared]);
    rig_xml_put(w, "compared-run", m->compared_run);
    if (m->compared == RIG_COMPARED_DIFFERENT &&
        m->different_at != RIG_NO_EVENT) {
        rig_xml_put_count(w, "different-at", m->different_at);
    }
    rig_xml_end(w);
}

static void write_summary(xmlTextWriter *w, const RigRun *run)
{
    RigSummary sum;

    rig_run_summary(run, &sum);
    rig_xml_begin(w, "summary");
    rig_xml_put_count(w, "scenarios", sum.scenarios);
    for (unsigned v = 0; v < RIG_VERDICTS; v++) {
        rig_xml_put_count(w, rig_verdict_name(v), sum.verdict[v]);
    }
    rig_xml_put_count(w, "as-expected", sum.as_expected);
    rig_xml_put_count(w, "seeded", sum.seeded);
    rig_xml_put_count(w, "seeded-found", sum.seeded_found);
    rig_xml_put_count(w, "controls", sum.controls);
    rig_xml_put_count(w, "false-alarms", sum.false_alarms);
    rig_xml_end(w);
}

static void write_environment(xmlTextWriter *w, const RigRun *run)
{
    rig_xml_begin(w, "environment");
    rig_xml_put(w, "os", run->os);
    rig_xml_put(w, "libvirt", run->libvirt);
    rig_xml_put(w, "qemu", run->qemu);
    rig_xml_put(w, "kernel", run->kernel);
    rig_xml_put(w, "accel", run->accel);
    if (run->cpus) {
        rig_xml_put_count(w, "cpus", run->cpus);
    }
    rig_xml_end(w);
    for (unsigned i = 0; i < run->artifacts->len; i++) {
        const RigArtifact *a = run->artifacts->pdata[i];

        rig_xml_begin(w, "artifact");
        rig_xml_put(w, "name", a->name);
        rig_xml_put(w, "sha256", a->sha256);
        rig_xml_end(w);
    }
    for (unsigned i = 0; i < run->rules->len; i++) {
        const RigRunRule *r = run->rules->pdata[i];

        rig_xml_begin(w, "rule");
        rig_xml_put(w, "name", r->name);
        rig_xml_put(w, "title", r->title);
        rig_xml_put(w, "page", r->page);
        rig_xml_end(w);
    }
}

static void write_known_issues(xmlTextWriter *w, const RigRun *run)
{
    for (unsigned i = 0; run->known && i < run->known->len; i++) {
        const RigKnownIssue *k = run->known->pdata[i];

        rig_xml_begin(w, "known-issue");
        rig_xml_put(w, "id", k->id);
        rig_xml_put(w, "state", rig_known_state_name(k->state));
        rig_xml_put(w, "expires", k->expires);
        rig_xml_put(w, "link", k->link);
        rig_xml_put(w, "file", k->file);
        rig_xml_put_count(w, "line", k->line);
        rig_xml_text(w, k->reason);
        rig_xml_end(w);
    }
}

void rig_run_write_xml(xmlTextWriter *w, const RigRun *run)
{
    xmlTextWriterStartDocument(w, "1.0", "UTF-8", NULL);
    rig_xml_begin(w, "run");
    rig_xml_put(w, "version", "1");
    rig_xml_put(w, "id", run->id);
    rig_xml_put(w, "rig", run->rig);
    put_time(w, "started", run->started);
    put_time(w, "finished", run->finished);
    put_bool(w, "complete", run->complete);
    rig_xml_put(w, "command", run->command);
    rig_xml_put(w, "night", run->night);
    rig_xml_put(w, "job", run->job);
    rig_xml_put(w, "shard", run->shard);
    write_environment(w, run);
    write_summary(w, run);
    for (unsigned i = 0; i < run->machines->len; i++) {
        write_machine(w, run->machines->pdata[i]);
    }
    for (unsigned i = 0; i < run->scenarios->len; i++) {
        write_scenario(w, run->scenarios->pdata[i]);
    }
    write_known_issues(w, run);
    rig_xml_end(w);
    xmlTextWriterEndDocument(w);
}
