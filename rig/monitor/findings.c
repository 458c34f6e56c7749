/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a rule's report to a finding: the sentence from its template, and the
 * events that prove it.
 */
#include <string.h>
#include "monitor-internal.h"

#define N G_GUINT64_FORMAT

/* Vectors that a finding lists one by one. */
#define PROOF_VECTORS_MAX 8u

/* Stands in a sentence for a number that is still rising. */
#define RISING "\001"

/* ", called from rignic.sys+0x1a2b", or "" when the call site is unknown. */
static char *called_from(const RigMonitor *m, uint64_t caller)
{
    g_autofree char *place = caller ? rig_monitor_place(m, caller) : NULL;

    return caller ? g_strdup_printf(", called from %s", place) : g_strdup("");
}

/* --- sentence ------------------------------------------------------------ */

static const char *plural(uint64_t n)
{
    return n == 1 ? " was" : "s were";
}

/* What the device could do at this moment, as the end of a sentence. */
static void add_device(GString *s, const RigMonitor *m, int adapter)
{
    const RigMsix *x = rig_monitor_function(m, adapter);
    unsigned armed = rig_monitor_armed(m, adapter);

    if (armed) {
        g_string_append_printf(s, " and %u MSI-X vector%s armed", armed,
                               plural(armed));
    } else if (m->work.line) {
        g_string_append(s, "; it is a line interrupt");
    } else if (x->quiet_event != RIG_NO_EVENT &&
               x->quiet_event >= m->work.event_from) {
        g_string_append_printf(s, "; the device is quiet only because %s "
                               "(event %" N ")", x->quiet_why,
                               x->quiet_event);
    } else {
        g_string_append(s, "; the device is quiet");
    }
}

static void add_event(GString *s, const RigMoment *moment)
{
    if (moment && moment->event != RIG_NO_EVENT) {
        g_string_append_printf(s, "%" N, moment->event);
    } else {
        g_string_append(s, "unknown");
    }
}

static const char *end_words(RigCycleEnd how)
{
    return how == RIG_END_CRASH ? "crashed" :
           how == RIG_END_HANG ? "hung" : "stopped the system";
}

static void add_end(GString *s, const RigMonitor *m)
{
    const WorkLost *lost = &m->work.lost;

    g_string_append(s, end_words(lost->how));
    if (lost->inside[0]) {
        g_string_append_printf(s, " in %s", lost->inside);
    }
    if (lost->caller) {
        g_autofree char *place = rig_monitor_place(m, lost->caller);

        g_string_append_printf(s, " at %s", place);
    }
}

/* The interrupt that a report is about, or the first of the adapter. */
static const RigInstance *instance_of(const RigMonitor *m,
                                      const RigReport *r)
{
    for (unsigned i = 0; !r->instance && i < m->engines; i++) {
        if (rig_engine_rule(m->engine[i]) == r->rule) {
            return rig_engine_first(m->engine[i], r->facts->adapter);
        }
    }
    return r->instance;
}

/* "API: sentence" of a contract marker, without the call stack behind it. */
static void add_text(GString *s, const char *text)
{
    const char *bar = text ? strchr(text, '|') : NULL;
    size_t n = bar ? (size_t)(bar - text) : text ? strlen(text) : 0;

    while (n && strchr(" .", text[n - 1])) {
        n--;
    }
    g_string_append_len(s, text, n);
}

/* "pool memory, 2 of them, 512 bytes" */
static void add_left(GString *s, const RigFacts *f)
{
    g_string_append(s, f->name);
    if (f->arg[0] != 1) {
        g_string_append_printf(s, ", %" N " of them", f->arg[0]);
    }
    if (f->arg[1]) {
        g_string_append_printf(s, ", %" N " byte%s", f->arg[1],
                               f->arg[1] == 1 ? "" : "s");
    }
}

static void add_place(GString *s, const RigMonitor *m, const RigReport *r,
                      const char *name)
{
    const RigFacts *f = r->facts;

    if (!strcmp(name, "callback")) {
        g_string_append(s, r->passed ? r->passed->name : f->name);
    } else if (!strcmp(name, "inside")) {
        g_string_append(s, f->inside ? f->inside :
                        "a place that is no traced callback");
    } else if (!strcmp(name, "api")) {
        g_string_append(s, f->name);
    } else if (!strcmp(name, "caller")) {
        g_autofree char *place = rig_monitor_place(m, f->caller);

        g_string_append(s, place);
    } else if (!strcmp(name, "handle")) {
        g_string_append_printf(s, "0x%" G_GINT64_MODIFIER "x", f->object);
    } else if (!strcmp(name, "irql")) {
        g_string_append_printf(s, "%u", f->irql);
    } else if (!strcmp(name, "status")) {
        g_string_append_printf(s, "0x%08X", (unsigned)f->status);
    } else if (!strcmp(name, "argument") && r->on->argument >= 0) {
        g_string_append_printf(s, "%" N, f->arg[r->on->argument]);
    } else if (!strcmp(name, "more") && r->more) {
        g_string_append_printf(s, " and %u more", r->more);
    } else if (!strcmp(name, "from")) {
        g_autofree char *from = called_from(m, f->caller);

        g_string_append(s, from);
    } else if (!strcmp(name, "made") && f->caller) {
        g_autofree char *place = rig_monitor_place(m, f->caller);

        g_string_append_printf(s, ", made at %s", place);
    } else if (!strcmp(name, "text")) {
        add_text(s, f->text);
    } else if (!strcmp(name, "left")) {
        add_left(s, f);
    }
}

static void add_value(GString *s, const RigMonitor *m, const RigReport *r,
                      const char *name)
{
    const RigInstance *i = instance_of(m, r);

    if (!strcmp(name, "event")) {
        g_string_append_printf(s, "%" N, r->facts->event);
    } else if (!strcmp(name, "boundary-event")) {
        add_event(s, r->passed);
    } else if (!strcmp(name, "registered")) {
        add_event(s, i ? &i->created : NULL);
    } else if (!strcmp(name, "released")) {
        add_event(s, i ? &i->moved : NULL);
    } else if (!strcmp(name, "counted")) {
        add_event(s, r->counted);
    } else if (!strcmp(name, "device")) {
        add_device(s, m, r->facts->adapter);
    } else if (!strcmp(name, "armed")) {
        g_string_append_printf(s, "%u MSI-X vector%s", r->facts->armed,
                               r->facts->armed == 1 ? "" : "s");
    } else if (!strcmp(name, "raised")) {
        g_string_append(s, RISING);
    } else if (!strcmp(name, "end")) {
        add_end(s, m);
    } else {
        add_place(s, m, r, name);
    }
}

static char *sentence(const RigMonitor *m, const RigReport *r)
{
    GString *s = g_string_new(NULL);
    const char *text = r->violation->template, *open;

    /* rule.c has checked the braces and the names in them. */
    while ((open = strchr(text, '{'))) {
        const char *close = strchr(open, '}');
        g_autofree char *name = g_strndup(open + 1, close - open - 1);

        g_string_append_len(s, text, open - text);
        add_value(s, m, r, name);
        text = close + 1;
    }
    g_string_append(s, text);
    return g_string_free(s, FALSE);
}

/* --- proof --------------------------------------------------------------- */

/* Takes `text`. What has no event proves nothing. */
static void prove(RigFinding *f, uint64_t event, uint64_t ns, char *text)
{
    RigProof *p;

    if (event == RIG_NO_EVENT) {
        g_free(text);
        return;
    }
    p = g_new(RigProof, 1);
    p->event = event;
    p->ns = ns;
    p->text = text;
    g_ptr_array_add(f->proofs, p);
}

static void prove_instance(RigFinding *f, const RigMonitor *m,
                           const RigInstance *i)
{
    g_autofree char *made = called_from(m, i->created.caller);
    g_autofree char *moved = called_from(m, i->moved.caller);

    prove(f, i->created.event, i->created.ns,
          g_strdup_printf("%s %s, handle 0x%" G_GINT64_MODIFIER "x%s",
                          i->created.name, i->created.how, i->key, made));
    if (i->moved.event != RIG_NO_EVENT) {
        prove(f, i->moved.event, i->moved.ns,
              g_strdup_printf("%s %s, handle 0x%" G_GINT64_MODIFIER "x%s",
                              i->moved.name,
                              i->moved.call_event != RIG_NO_EVENT ?
                              "returned" : i->moved.how, i->key, moved));
    }
}

/* The event itself, or the boundary whose end it is. */
static void prove_event(RigFinding *f, const RigMonitor *m,
                        const RigReport *r)
{
    const RigFacts *e = r->facts;
    g_autofree char *from = called_from(m, e->caller);
    g_autofree char *stack = rig_monitor_stack(
        m, e->source == RULE_ON_LOST ? m->work.lost.text :
           e->text ? e->text : "");

    switch (e->source) {
    case RULE_ON_CONTRACT:
        prove(f, e->event, e->ns, g_strdup_printf("contract %s broken%s%s%s",
              e->name, from, *stack ? ": " : "", stack));
        break;
    case RULE_ON_LEFT:
        prove(f, e->event, e->ns,
              g_strdup_printf("left behind: %" N " of %s, %" N " bytes",
                              e->arg[0], e->name, e->arg[1]));
        break;
    case RULE_ON_CALLBACK:
        prove(f, e->event, e->ns,
              g_strdup_printf("%s %s", e->name, e->when == RULE_WHEN_CALL ?
                              "was entered" : "returned"));
        break;
    case RULE_ON_API:
        prove(f, e->event, e->ns,
              g_strdup_printf("%s was called with handle 0x%"
                              G_GINT64_MODIFIER "x at IRQL %u inside %s%s",
                              e->name, e->object, e->irql,
                              e->inside ? e->inside : "no traced callback",
                              from));
        break;
    case RULE_ON_RAISED:
        prove(f, e->event, e->ns,
              g_strdup("the first interrupt raised after that"));
        break;
    case RULE_ON_LOST:
        prove(f, e->event, e->ns,
              g_strdup_printf("the driver %s%s%s",
                              end_words(m->work.lost.how), *stack ? ": " : "",
                              stack));
        break;
    case RULE_ON_STEP:
        prove(f, e->event, e->ns, g_strdup_printf("step %s ended", e->name));
        break;
    default:
        break;
    }
}

static void prove_boundary(RigFinding *f, const RigMonitor *m,
                           const RigMoment *passed)
{
    const WorkReturn *init = &m->work.init;

    if (passed->event == init->event) {
        prove(f, passed->event, passed->ns,
              g_strdup_printf("%s returned 0x%08X", passed->name,
                              init->status));
    } else {
        prove(f, passed->event, passed->ns,
              g_strdup_printf("%s returned", passed->name));
    }
}

static void prove_faults(RigFinding *f, const RigMonitor *m)
{
    for (unsigned i = 0; i < m->work.faults; i++) {
        const WorkFault *w = &m->work.fault[i];
        g_autofree char *from = called_from(m, w->caller);

        prove(f, w->event, w->ns,
              g_strdup_printf("injected fault: %s was not called, 0x%08X was "
                              "returned instead%s", w->api, w->status, from));
    }
    for (unsigned i = 0; i < m->work.strikes; i++) {
        const WorkStrike *s = &m->work.strike[i];

        prove(f, s->event, s->ns,
              g_strdup_printf("the device's fault %s struck", s->name));
    }
}

static void prove_armed(RigFinding *f, const RigMsix *x)
{
    unsigned listed = 0;

    for (unsigned v = 0; v < x->vectors && listed < PROOF_VECTORS_MAX; v++) {
        const RigMsixVector *e = &x->vector[v];
        uint64_t event, ns;

        if (rig_msix_vector(x, v) != RIG_VECTOR_ARMED) {
            continue;
        }
        listed++;
        event = rig_msix_armed_event(x, v, &ns);
        prove(f, event, ns,
              g_strdup_printf("vector %u armed: address 0x%"
                              G_GINT64_MODIFIER "x, data 0x%x", v,
                              (uint64_t)e->dword[1] << 32 | e->dword[0],
                              e->dword[2]));
    }
}

/* Device state: armed vectors, or what silenced them in this cycle. */
static void prove_device(RigFinding *f, const RigMonitor *m, int adapter)
{
    const RigMsix *x = rig_monitor_function(m, adapter);

    if (rig_msix_armed(x)) {
        prove_armed(f, x);
    } else if (x->quiet_event != RIG_NO_EVENT &&
               x->quiet_event >= m->work.event_from) {
        prove(f, x->quiet_event, x->quiet_ns,
              g_strdup_printf("the device became quiet: %s", x->quiet_why));
    }
}

static gint by_event(gconstpointer a, gconstpointer b)
{
    const RigProof *p = *(RigProof *const *)a, *q = *(RigProof *const *)b;

    return p->event < q->event ? -1 : p->event > q->event;
}

static void prove_all(RigFinding *f, const RigMonitor *m, const RigReport *r)
{
    const RigInstance *i = instance_of(m, r);

    if (i) {
        prove_instance(f, m, i);
    }
    if (r->counted) {
        prove(f, r->counted->event, r->counted->ns,
              g_strdup_printf("%s %s", r->counted->name, r->counted->how));
    }
    if (r->passed) {
        prove_boundary(f, m, r->passed);
    }
    prove_event(f, m, r);
    prove_faults(f, m);
    if (r->facts->source == RULE_ON_BOUNDARY ||
        r->facts->source == RULE_ON_RAISED ||
        r->facts->source == RULE_ON_LOST ||
        r->facts->source == RULE_ON_STEP) {
        prove_device(f, m, r->facts->adapter);
    }
    g_ptr_array_sort(f->proofs, by_event);
}

/* --- report -------------------------------------------------------------- */

static RigWitness witness(const RigReport *r)
{
    switch (r->facts->source) {
    case RULE_ON_API:
    case RULE_ON_CALLBACK:
    case RULE_ON_CONTRACT:
    case RULE_ON_LEFT:
        return RIG_WITNESS_API;
    case RULE_ON_RAISED:
        return RIG_WITNESS_BOTH;
    case RULE_ON_STEP:
        return r->facts->api_witness ? RIG_WITNESS_BOTH : RIG_WITNESS_DEVICE;
    default:
        return r->facts->armed ? RIG_WITNESS_BOTH : RIG_WITNESS_API;
    }
}

/* Where it was judged: the boundary, else the callback or step around it. */
static const char *place(const RigMonitor *m, const RigReport *r)
{
    if (r->passed) {
        return r->passed->name;
    }
    if (r->facts->inside) {
        return r->facts->inside;
    }
    return m->work.steps ? m->work.step[m->work.steps - 1].name : "cycle";
}

static const char *class_of(const RigReport *r)
{
    return r->violation->class_code ? r->violation->class_code :
           r->boundary ? r->boundary->class_code : "none";
}

static RigFinding *new_finding(const RigMonitor *m, const RigReport *r)
{
    RigFinding *f = g_new0(RigFinding, 1);

    f->rule = g_strdup(rig_rule_name(r->rule));
    f->level = r->violation->level;
    f->id = r->facts->source == RULE_ON_CONTRACT ?
            g_strdup(r->facts->name) : g_strdup(r->violation->id);
    f->verdict = RIG_VERDICT_VIOLATION;
    f->class_code = g_strdup(class_of(r));
    f->witness = witness(r);
    if (m->by_shim && (f->witness & RIG_WITNESS_API)) {
        f->witness |= RIG_WITNESS_SHIM;
    }
    f->cycle = m->cycle;
    f->boundary = g_strdup(place(m, r));
    f->event = r->facts->event;
    f->ns = r->facts->ns;
    f->sentence = sentence(m, r);
    f->proofs = g_ptr_array_new_with_free_func((GDestroyNotify)rig_proof_free);
    prove_all(f, m, r);
    return f;
}

gboolean rig_finding_wanted(RigMonitor *m)
{
    RigScenarioResult *result = rig_monitor_open_result(m);

    /* After lost records, what was not seen may still have happened. */
    if (m->work.records_lost != RIG_NO_EVENT ||
        m->work.restored != RIG_NO_EVENT) {
        return FALSE;
    }
    m->findings++;
    m->work.violations++;
    if (result->findings->len == RIG_FINDINGS_MAX) {
        result->findings_omitted++;
        return FALSE;
    }
    return TRUE;
}

/* What says most: first a driver that is lost, then the handle, then rest. */
static unsigned weight(const WorkWorst *w)
{
    static const unsigned weights[RIG_LEVELS] = {
        [RIG_LEVEL_STRICT] = 4, [RIG_LEVEL_SDV_RULE] = 3,
        [RIG_LEVEL_CONTRACT] = 2, [RIG_LEVEL_LEAK] = 1,
    };

    return w->event == RIG_NO_EVENT ? 0 :
           !strcmp(w->class_code, "lost-in-cleanup") ? 5 : weights[w->level];
}

static void keep_worst(RigMonitor *m, const RigReport *r)
{
    Work *work = &m->work;
    WorkWorst w = { .level = r->violation->level, .event = r->facts->event };

    g_strlcpy(w.class_code, class_of(r), sizeof(w.class_code));
    g_strlcpy(w.id, r->violation->id, sizeof(w.id));
    if (weight(&w) > weight(&work->worst)) {
        work->worst = w;
        g_free(m->worst_sentence);
        /* Only a sweep has so many that not all of them are kept. */
        m->worst_sentence = rig_monitor_open_scenario(m)->sweep
                            ? sentence(m, r) : NULL;
    }
}

/*
 * A contract that the NDIS host saw broken is not reported again where a rule
 * has said the same, about its marker or about the call that it is in.
 */
static gboolean known(const RigMonitor *m, const RigReport *r)
{
    const RigThreadCalls *t = &m->calls.thread[r->facts->thread];
    const GPtrArray *all = rig_monitor_open_result(m)->findings;

    if (r->facts->source != RULE_ON_CONTRACT) {
        return FALSE;
    }
    for (unsigned i = m->work.findings_from; i < all->len; i++) {
        const RigFinding *f = all->pdata[i];

        if (!strcmp(f->id, r->facts->name) &&
            (f->event == r->facts->event ||
             (t->depth && f->event == t->call[t->depth - 1].event))) {
            return TRUE;
        }
    }
    return FALSE;
}

void rig_finding_report(const RigReport *report, void *opaque)
{
    RigMonitor *m = opaque;
    RigScenarioResult *result = rig_monitor_open_result(m);
    unsigned before = m->work.violations;
    gboolean wanted = !known(m, report) && rig_finding_wanted(m);
    RigFinding *f;

    if (m->work.violations != before) {
        keep_worst(m, report);
    }
    if (!wanted) {
        return;
    }
    f = new_finding(m, report);
    f->number = result->findings->len + 1;
    g_ptr_array_add(result->findings, f);
    if (strstr(f->sentence, RISING) && m->work.risings < WORK_RISING_MAX) {
        m->work.rising[m->work.risings++] = f;
    }
}

void rig_findings_settle(RigMonitor *m)
{
    uint64_t raised = rig_monitor_raised(m) - m->work.raised_base;
    g_autofree char *number = NULL;

    if (!m->work.risings) {
        return;
    }
    number = g_strdup_printf("%" N " interrupt%s", raised,
                             raised == 1 ? "" : "s");
    for (unsigned i = 0; i < m->work.risings; i++) {
        RigFinding *f = m->work.rising[i];
        g_auto(GStrv) parts = g_strsplit(f->sentence, RISING, -1);

        g_free(f->sentence);
        f->sentence = g_strjoinv(number, parts);
    }
    m->work.risings = 0;
}
