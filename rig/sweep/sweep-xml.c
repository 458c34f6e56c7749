/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The fault map in run.xml: element <sweep> of results/result.rng. */
#include "results-xml.h"

static void write_outcomes(xmlTextWriter *w, const RigSweepResult *r)
{
    for (unsigned i = 0; i < RIG_SWEEP_OUTCOMES; i++) {
        rig_xml_begin(w, "outcome");
        rig_xml_put(w, "name", rig_sweep_outcome_name(i));
        rig_xml_put_count(w, "lives", r->count[0][i]);
        rig_xml_put_count(w, "single", r->count[1][i]);
        rig_xml_put_count(w, "pairs", r->count[2][i]);
        rig_xml_end(w);
    }
}

/* How one cycle ended, as attributes. */
static void write_trial(xmlTextWriter *w, const RigSweepTrial *t)
{
    if (!t->cycle) {
        rig_xml_put(w, "outcome", "not-tried");
        return;
    }
    rig_xml_put(w, "outcome", rig_sweep_outcome_name(t->outcome));
    rig_xml_put(w, "class", t->class_code[0] ? t->class_code : NULL);
    rig_xml_put(w, "level", t->level[0] ? t->level : NULL);
    rig_xml_put(w, "id", t->id[0] ? t->id : NULL);
    rig_xml_put_count(w, "cycle", t->cycle);
    rig_xml_put_count(w, "event", t->event);
}

static void write_again(xmlTextWriter *w, const RigSweepResult *r,
                        const RigSweepTrial *t, const RigSweepFault *first,
                        const RigSweepFault *second)
{
    if (t->cycle && rig_sweep_outcome_unclean(t->outcome)) {
        g_autofree char *again = rig_sweep_command(r, first, second);

        rig_xml_put(w, "again", again);
        rig_xml_text(w, t->sentence ? t->sentence : "");
    }
}

static void write_point(xmlTextWriter *w, const RigSweepResult *r,
                        const RigSweepPoint *p)
{
    static const char *const kinds[] = { "api", "device", "resource", "life" };
    const RigSweepFault *f = &p->fault;
    unsigned pairs = 0, unclean = 0;

    for (unsigned i = 0; i < RIG_SWEEP_OUTCOMES; i++) {
        pairs += p->pairs[i];
        unclean += rig_sweep_outcome_unclean(i) ? p->pairs[i] : 0;
    }
    rig_xml_begin(w, "point");
    rig_xml_put(w, "text", f->text);
    rig_xml_put(w, "kind", kinds[f->kind]);
    rig_xml_put(w, "name", f->name);
    if (f->occurrence) {
        rig_xml_put_count(w, "occurrence", f->occurrence);
    }
    rig_xml_put_hex(w, "status", f->status);
    rig_xml_put_hex(w, "caller", f->caller);
    write_trial(w, &p->trial);
    if (pairs) {
        rig_xml_put_count(w, "pairs", pairs);
        rig_xml_put_count(w, "unclean-pairs", unclean);
    }
    write_again(w, r, &p->trial, f, NULL);
    rig_xml_end(w);
}

static void write_pair(xmlTextWriter *w, const RigSweepResult *r,
                       const RigSweepPair *p)
{
    rig_xml_begin(w, "pair");
    rig_xml_put(w, "first", p->first.text);
    rig_xml_put(w, "second", p->second.text);
    write_trial(w, &p->trial);
    write_again(w, r, &p->trial, &p->first, &p->second);
    rig_xml_end(w);
}

void rig_sweep_write_xml(xmlTextWriter *w, const RigSweepResult *r)
{
    rig_xml_begin(w, "sweep");
    rig_xml_put_count(w, "k", r->k);
    rig_xml_put_count(w, "reached", r->reached);
    rig_xml_put_count(w, "known", r->known);
    rig_xml_put_count(w, "cycles", r->cycles);
    rig_xml_put_count(w, "untried", rig_sweep_untried(r));
    rig_xml_put_count(w, "findings", rig_sweep_findings(r));
    rig_xml_put_count(w, "pairs-explained", r->pairs_explained);
    rig_xml_put_count(w, "pairs-omitted", r->pairs_omitted);
    write_outcomes(w, r);
    for (guint i = 0; i < r->points->len; i++) {
        write_point(w, r, r->points->pdata[i]);
    }
    for (guint i = 0; i < r->pairs->len; i++) {
        write_pair(w, r, r->pairs->pdata[i]);
    }
    rig_xml_end(w);
}
