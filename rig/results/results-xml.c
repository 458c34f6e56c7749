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

static void begin(xmlTextWriter *w, const char *element)
{
    xmlTextWriterStartElement(w, (const xmlChar *)element);
}

static void end(xmlTextWriter *w)
{
    xmlTextWriterEndElement(w);
}

/*
 * Text that XML can hold: valid UTF-8 without control characters (XML 1.0,
 * production 2). What comes from files and from the guest may be anything.
 */
static char *xml_text(const char *text)
{
    char *clean = g_utf8_make_valid(text, -1);

    for (char *p = clean; *p; p++) {
        if ((unsigned char)*p < 0x20 && *p != '\n' && *p != '\t') {
            *p = '?';
        }
    }
    return clean;
}

/* Nothing is written for NULL. */
static void put(xmlTextWriter *w, const char *attribute, const char *value)
{
    if (value) {
        g_autofree char *text = xml_text(value);

        xmlTextWriterWriteAttribute(w, (const xmlChar *)attribute,
                                    (const xmlChar *)text);
    }
}

static void put_format(xmlTextWriter *w, const char *attribute,
                       const char *format, ...) G_GNUC_PRINTF(3, 4);

static void put_format(xmlTextWriter *w, const char *attribute,
                       const char *format, ...)
{
    g_autofree char *value = NULL;
    va_list ap;

    va_start(ap, format);
    value = g_strdup_vprintf(format, ap);
    va_end(ap);
    put(w, attribute, value);
}

static void put_count(xmlTextWriter *w, const char *attribute, uint64_t n)
{
    put_format(w, attribute, N, n);
}

/* An event number or a time; RIG_NO_EVENT is left out. */
static void put_event(xmlTextWriter *w, const char *attribute, uint64_t n)
{
    if (n != RIG_NO_EVENT) {
        put_count(w, attribute, n);
    }
}

static void put_bool(xmlTextWriter *w, const char *attribute, gboolean value)
{
    put(w, attribute, value ? "yes" : "no");
}

static void put_status(xmlTextWriter *w, uint32_t status)
{
    put_format(w, "status", "0x%08X", status);
}

/* An RVA; 0 is not known. */
static void put_caller(xmlTextWriter *w, uint64_t caller)
{
    if (caller) {
        put_format(w, "caller", "0x%" G_GINT64_MODIFIER "x", caller);
    }
}

static void put_time(xmlTextWriter *w, const char *attribute, GDateTime *time)
{
    if (time) {
        g_autofree char *text = g_date_time_format(time,
                                                   "%Y-%m-%dT%H:%M:%SZ");

        put(w, attribute, text);
    }
}

static void text_element(xmlTextWriter *w, const char *element,
                         const char *text)
{
    if (text) {
        g_autofree char *clean = xml_text(text);

        xmlTextWriterWriteElement(w, (const xmlChar *)element,
                                  (const xmlChar *)clean);
    }
}

static void put_range(xmlTextWriter *w, uint64_t event_from,
                      uint64_t event_to, uint64_t ns_from, uint64_t ns_to)
{
    put_event(w, "event-from", event_from);
    put_event(w, "event-to", event_to);
    put_event(w, "ns-from", ns_from);
    put_event(w, "ns-to", ns_to);
}

void rig_xml_begin(xmlTextWriter *w, const char *element)
{
    begin(w, element);
}

void rig_xml_end(xmlTextWriter *w)
{
    end(w);
}

void rig_xml_put(xmlTextWriter *w, const char *attribute, const char *value)
{
    put(w, attribute, value);
}

void rig_xml_put_count(xmlTextWriter *w, const char *attribute, uint64_t n)
{
    put_event(w, attribute, n);
}

void rig_xml_put_hex(xmlTextWriter *w, const char *attribute, uint64_t n)
{
    if (n) {
        put_format(w, attribute, "0x%" G_GINT64_MODIFIER "x", n);
    }
}

void rig_xml_text(xmlTextWriter *w, const char *text)
{
    g_autofree char *clean = xml_text(text);

    xmlTextWriterWriteString(w, (const xmlChar *)clean);
}

/* --- timeline ------------------------------------------------------------ */

static void write_phase(xmlTextWriter *w, const RigTimelineCall *c)
{
    begin(w, "phase");
    put(w, "name", c->name);
    put_count(w, "depth", c->depth);
    put_count(w, "thread", c->thread);
    put_count(w, "from", c->from);
    put_count(w, "to", c->to);
    if (c->has_status) {
        put_status(w, c->status);
    }
    put_range(w, c->event_from, c->event_to, c->ns_from, c->ns_to);
    end(w);
}

static void write_call(xmlTextWriter *w, const RigTimelineCall *c)
{
    static const char *const kinds[] = {
        "register", "deregister", "fault", "other",
    };

    begin(w, "call");
    put(w, "name", c->name);
    put(w, "kind", kinds[c->kind]);
    put_count(w, "from", c->from);
    put_count(w, "to", c->to);
    if (c->has_status) {
        put_status(w, c->status);
    }
    put_caller(w, c->caller);
    put_range(w, c->event_from, c->event_to, c->ns_from, c->ns_to);
    end(w);
}

static void write_lane(xmlTextWriter *w, const RigTimelineLane *lane)
{
    begin(w, "lane");
    if (lane->vector == RIG_VECTOR_INTX) {
        put(w, "vector", "intx");
    } else {
        put_count(w, "vector", lane->vector);
    }
    for (unsigned i = 0; i < lane->spans->len; i++) {
        const RigTimelineSpan *s = &g_array_index(lane->spans,
                                                  RigTimelineSpan, i);

        begin(w, "span");
        put(w, "state", rig_vector_state_name(s->state));
        put_count(w, "from", s->from);
        put_count(w, "to", s->to);
        put_event(w, "event", s->event);
        end(w);
    }
    for (unsigned i = 0; i < lane->raised->len; i++) {
        const RigTimelineRaised *r = &g_array_index(lane->raised,
                                                    RigTimelineRaised, i);

        begin(w, "raised");
        put_count(w, "at", r->at);
        put_count(w, "count", r->count);
        put(w, "outcome", rig_raised_name(r->outcome));
        put_event(w, "event", r->event);
        end(w);
    }
    end(w);
}

static void write_timeline(xmlTextWriter *w, const RigTimeline *t)
{
    begin(w, "timeline");
    put_count(w, "columns", t->columns);
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

        begin(w, "mark");
        put_count(w, "finding", m->finding);
        put_count(w, "at", m->at);
        put_count(w, "event", m->event);
        put(w, "label", m->label);
        end(w);
    }
    end(w);
}

/* --- cycle --------------------------------------------------------------- */

static void write_step(xmlTextWriter *w, const RigStepResult *s)
{
    begin(w, "step");
    put(w, "name", s->name);
    put(w, "result", rig_step_end_name(s->result));
    if (s->event_to != RIG_NO_EVENT) {
        put_status(w, s->status);
    }
    put_range(w, s->event_from, s->event_to, s->ns_from, s->ns_to);
    put(w, "detail", s->detail);
    end(w);
}

static void write_fault(xmlTextWriter *w, const RigFaultResult *f)
{
    begin(w, "fault");
    put(w, "api", f->api);
    put_count(w, "occurrence", MAX(f->occurrence, 1));
    put_status(w, f->status);
    put_count(w, "event", f->event);
    put_caller(w, f->caller);
    end(w);
}

static void write_strike(xmlTextWriter *w, const RigStrikeResult *s)
{
    begin(w, "device-fault");
    put(w, "name", s->name);
    put_count(w, "event", s->event);
    end(w);
}

static void write_evidence(xmlTextWriter *w, const RigEvidence *e)
{
    begin(w, "evidence");
    put(w, "boundary", e->boundary);
    put_count(w, "event", e->event);
    put_bool(w, "enabled", e->enabled);
    put_bool(w, "function-masked", e->function_masked);
    put_count(w, "armed", e->armed);
    put_count(w, "masked", e->masked);
    put_count(w, "programmed", e->programmed);
    put_count(w, "pending", e->pending);
    put_count(w, "raised", e->raised);
    put_count(w, "registered", e->registered);
    end(w);
}

static void write_cycle(xmlTextWriter *w, const RigCycleResult *c)
{
    begin(w, "cycle");
    put_count(w, "number", c->number);
    put(w, "verdict", rig_verdict_name(c->verdict));
    put(w, "end", rig_cycle_end_name(c->end));
    put_range(w, c->event_from, c->event_to, c->ns_from, c->ns_to);
    put(w, "reason", c->reason);
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
    end(w);
}

/* --- scenario ------------------------------------------------------------ */

static void write_finding(xmlTextWriter *w, const RigFinding *f)
{
    begin(w, "finding");
    put_count(w, "number", f->number);
    put(w, "rule", f->rule);
    put(w, "level", rig_level_name(f->level));
    put(w, "id", f->id);
    put(w, "verdict", rig_verdict_name(f->verdict));
    put(w, "class", f->class_code);
    put(w, "witness", rig_witness_name(f->witness));
    put_count(w, "cycle", f->cycle);
    put(w, "boundary", f->boundary);
    put_count(w, "event", f->event);
    text_element(w, "sentence", f->sentence);
    for (unsigned i = 0; i < f->proofs->len; i++) {
        const RigProof *p = f->proofs->pdata[i];
        g_autofree char *text = xml_text(p->text);

        begin(w, "proof");
        put_count(w, "event", p->event);
        put_event(w, "ns", p->ns);
        xmlTextWriterWriteString(w, (const xmlChar *)text);
        end(w);
    }
    end(w);
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
    begin(w, "frames");
    put_count(w, "sent", sent);
    put_count(w, "crossed", r->frames.crossed);
    put_count(w, "returned", r->frames.returned);
    put_count(w, "received", received);
    put_count(w, "bytes", r->frames.bytes);
    put_count(w, "wrong", r->frames.wrong);
    put_count(w, "missing", r->frames.missing);
    put(w, "file", r->frames_file);
    end(w);
}

static void write_driver(xmlTextWriter *w, const RigScenarioResult *r)
{
    if (r->scenario->linux_driver) {
        begin(w, "driver");
        put(w, "linux", r->scenario->linux_driver);
        end(w);
        return;
    }
    if (!r->scenario->sys_name) {
        return;
    }
    begin(w, "driver");
    put(w, "sys", r->scenario->sys_name);
    put(w, "inf", r->scenario->inf_name);
    put(w, "sha256", r->driver.sha256);
    put(w, "service", r->driver.service);
    put(w, "provider", r->driver.provider);
    put(w, "version", r->driver.version);
    put(w, "model", r->driver.model);
    end(w);
}

static void write_inputs(xmlTextWriter *w, const RigScenarioInputs *inputs)
{
    if (inputs->all) {
        begin(w, "inputs");
        put(w, "sha256", inputs->all);
        put(w, "scenario", inputs->scenario);
        put(w, "rules", inputs->rules);
        put(w, "inf", inputs->inf);
        end(w);
    }
}

static void write_scenario_head(xmlTextWriter *w, const RigScenarioResult *r)
{
    const RigScenario *s = r->scenario;
    g_autofree char *key = rig_history_key(s);

    put(w, "name", s->name);
    put(w, "key", key);
    put(w, "file", s->file);
    put_count(w, "number", r->number);
    if (r->machine) {
        put_count(w, "machine", r->machine);
    }
    put(w, "verdict", rig_verdict_name(r->verdict));
    put(w, "expected", rig_verdict_name(s->expect.verdict));
    put_bool(w, "as-expected", rig_scenario_result_as_expected(r));
    put(w, "seed", s->seed);
    put_bool(w, "control", s->control != NULL);
    put(w, "bundle", r->bundle);
    put_count(w, "cycles", r->sweep ? MAX(r->sweep->known, 1)
                                    : rig_scenario_cycle_count(s));
    text_element(w, "title", s->title);
    if (s->description && s->description[0]) {
        text_element(w, "description", s->description);
    }
    text_element(w, "sentence", r->sentence ? r->sentence :
                 "Not judged yet.");
    write_driver(w, r);
    write_inputs(w, &r->inputs);
    begin(w, "expect");
    put(w, "verdict", rig_verdict_name(s->expect.verdict));
    put(w, "level", s->expect.level);
    put(w, "class", s->expect.class_code);
    end(w);
}

static void write_known(xmlTextWriter *w, const RigScenarioResult *r)
{
    for (unsigned i = 0; r->known && i < r->known->len; i++) {
        const RigKnownUse *u = r->known->pdata[i];

        begin(w, "known");
        put(w, "id", u->id);
        put(w, "expires", u->expires);
        put(w, "link", u->link);
        put_count(w, "findings", u->findings);
        put_count(w, "of", r->known_failures);
        put(w, "covers", r->known_all ? "all" : "some");
        rig_xml_text(w, u->reason);
        end(w);
    }
}

static void write_scenario(xmlTextWriter *w, const RigScenarioResult *r)
{
    begin(w, "scenario");
    write_scenario_head(w, r);
    write_known(w, r);
    for (unsigned i = 0; i < r->findings->len; i++) {
        write_finding(w, r->findings->pdata[i]);
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
        begin(w, "omitted");
        put_count(w, "cycles", r->cycles_omitted);
        end(w);
    }
    text_element(w, "reproduce", r->reproduce);
    end(w);
}

/* --- run ----------------------------------------------------------------- */

static void write_machine(xmlTextWriter *w, const RigMachineResult *m)
{
    static const char *const compared[] = {
        [RIG_COMPARED_NOT] = NULL, [RIG_COMPARED_FIRST] = "first",
        [RIG_COMPARED_SAME] = "same", [RIG_COMPARED_DIFFERENT] = "different",
    };

    begin(w, "machine");
    put_count(w, "number", m->number);
    put(w, "dir", m->dir);
    put(w, "nic", m->machine.nic);
    if (m->machine.nic) {
        put_count(w, "vectors", m->machine.vectors);
        put_count(w, "queues", m->machine.queues);
        if (m->machine.adapters > 1) {
            put_count(w, "adapters", m->machine.adapters);
        }
        put(w, "msix-profile", rig_profile_name(m->machine.profile));
        put(w, "guard-pages", m->machine.guard_pages ? "yes" : NULL);
        if (m->machine.random_seed) {
            put_count(w, "random-seed", m->machine.random_seed);
        }
        put(w, "image", m->machine.image);
        put(w, "calibration", m->machine.calibration);
    }
    put(w, "inputs", m->inputs);
    put(w, "stream", m->stream);
    put_count(w, "events", m->events);
    put_count(w, "lost", m->lost);
    put_bool(w, "ended", m->ended);
    if (m->boot_ms) {
        put_count(w, "boot-ms", m->boot_ms);
    }
    put_count(w, "total-ms", m->total_ms);
    put(w, "outcome", rig_outcome_name(m->outcome));
    put(w, "detail", m->detail);
    put(w, "compared", compared[m->compared]);
    put(w, "compared-run", m->compared_run);
    if (m->compared == RIG_COMPARED_DIFFERENT &&
        m->different_at != RIG_NO_EVENT) {
        put_event(w, "different-at", m->different_at);
    }
    end(w);
}

static void write_summary(xmlTextWriter *w, const RigRun *run)
{
    RigSummary sum;

    rig_run_summary(run, &sum);
    begin(w, "summary");
    put_count(w, "scenarios", sum.scenarios);
    for (unsigned v = 0; v < RIG_VERDICTS; v++) {
        put_count(w, rig_verdict_name(v), sum.verdict[v]);
    }
    put_count(w, "as-expected", sum.as_expected);
    put_count(w, "seeded", sum.seeded);
    put_count(w, "seeded-found", sum.seeded_found);
    put_count(w, "controls", sum.controls);
    put_count(w, "false-alarms", sum.false_alarms);
    end(w);
}

static void write_environment(xmlTextWriter *w, const RigRun *run)
{
    begin(w, "environment");
    put(w, "os", run->os);
    put(w, "libvirt", run->libvirt);
    put(w, "qemu", run->qemu);
    put(w, "kernel", run->kernel);
    put(w, "accel", run->accel);
    if (run->cpus) {
        put_count(w, "cpus", run->cpus);
    }
    end(w);
    for (unsigned i = 0; i < run->artifacts->len; i++) {
        const RigArtifact *a = run->artifacts->pdata[i];

        begin(w, "artifact");
        put(w, "name", a->name);
        put(w, "sha256", a->sha256);
        end(w);
    }
    for (unsigned i = 0; i < run->rules->len; i++) {
        const RigRunRule *r = run->rules->pdata[i];

        begin(w, "rule");
        put(w, "name", r->name);
        put(w, "title", r->title);
        put(w, "page", r->page);
        end(w);
    }
}

static void write_known_issues(xmlTextWriter *w, const RigRun *run)
{
    for (unsigned i = 0; run->known && i < run->known->len; i++) {
        const RigKnownIssue *k = run->known->pdata[i];

        begin(w, "known-issue");
        put(w, "id", k->id);
        put(w, "state", rig_known_state_name(k->state));
        put(w, "expires", k->expires);
        put(w, "link", k->link);
        put(w, "file", k->file);
        put_count(w, "line", k->line);
        rig_xml_text(w, k->reason);
        end(w);
    }
}

void rig_run_write_xml(xmlTextWriter *w, const RigRun *run)
{
    xmlTextWriterStartDocument(w, "1.0", "UTF-8", NULL);
    begin(w, "run");
    put(w, "version", "1");
    put(w, "id", run->id);
    put(w, "rig", run->rig);
    put_time(w, "started", run->started);
    put_time(w, "finished", run->finished);
    put_bool(w, "complete", run->complete);
    put(w, "command", run->command);
    put(w, "night", run->night);
    put(w, "job", run->job);
    put(w, "shard", run->shard);
    write_environment(w, run);
    write_summary(w, run);
    for (unsigned i = 0; i < run->machines->len; i++) {
        write_machine(w, run->machines->pdata[i]);
    }
    for (unsigned i = 0; i < run->scenarios->len; i++) {
        write_scenario(w, run->scenarios->pdata[i]);
    }
    write_known_issues(w, run);
    end(w);
    xmlTextWriterEndDocument(w);
}
