/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is different when the driver runs on Windows: who the witnesses are.
 *
 * Markers of the plan come from the runner on the host (RIG_RECORD_ASKED),
 * those of APIs and callbacks from rigshim.sys in an instrumented driver
 * (RIG_MARKER_SHIM), and Windows itself says with a bug check what it has
 * found. Without the shim there is no API witness: then a cycle passes only on a
 * Windows of which calibration has shown that it would have stopped.
 */
#include <string.h>
#include "bugcheck.h"
#include "monitor-internal.h"

#define N G_GUINT64_FORMAT

static gboolean is_drivers(const struct rig_marker *k)
{
    return k->kind >= RIG_MK_CALLBACK_ENTER && k->kind <= RIG_MK_API_FAULT;
}

gboolean rig_windows_wanted(const RigMonitor *m, const RigEvent *e)
{
    const struct rig_marker *k = &e->marker;

    if (e->flags & RIG_RECORD_ASKED) {
        return TRUE;
    }
    if (!is_drivers(k) && k->kind != RIG_MK_NOTE) {
        return FALSE; /* only the runner says where we are */
    }
    /* Windows loads drivers when it likes, also outside any cycle. */
    return k->kind == RIG_MK_NOTE ||
           (m->cycle && k->scenario == m->scenario && k->cycle == m->cycle);
}

/* --- bug checks ---------------------------------------------------------- */

static void prove(RigFinding *f, const RigEvent *e, char *text)
{
    RigProof *p = g_new0(RigProof, 1);

    p->event = e->seq;
    p->ns = e->ns;
    p->text = text;
    g_ptr_array_add(f->proofs, p);
}

static RigFinding *new_finding(const RigMonitor *m, const RigEvent *e,
                               const RigBugcheck *b)
{
    const char *class_code = rig_bugcheck_class(b);
    g_autofree char *text = rig_bugcheck_text(b, FALSE);
    RigFinding *f = g_new0(RigFinding, 1);

    f->rule = g_strdup(class_code ? "Init_DeRegisterInterrupt" : "bug-check");
    f->level = class_code ? RIG_LEVEL_SDV_RULE : RIG_LEVEL_CONTRACT;
    f->id = g_strdup("bug-check");
    f->verdict = class_code ? RIG_VERDICT_VIOLATION : RIG_VERDICT_INCONCLUSIVE;
    f->class_code = g_strdup(class_code ? class_code : "none");
    f->witness = RIG_WITNESS_SYSTEM;
    f->cycle = m->cycle;
    f->boundary = g_strdup(m->work.steps ?
                           m->work.step[m->work.steps - 1].name : "cycle");
    f->event = e->seq;
    f->ns = e->ns;
    f->sentence = g_strdup_printf("%c%s (event %" N ").",
                                  g_ascii_toupper(*text), text + 1, e->seq);
    f->proofs = g_ptr_array_new_with_free_func((GDestroyNotify)rig_proof_free);
    prove(f, e, g_strdup(e->marker.text));
    return f;
}

void rig_windows_bugcheck(RigMonitor *m, const RigEvent *e)
{
    RigScenarioResult *r = rig_monitor_open_result(m);
    RigBugcheck b = { .known = e->marker.status != 0,
                      .code = e->marker.status };
    RigFinding *f;

    memcpy(b.parameter, e->marker.arg, sizeof(b.parameter));
    if (!rig_bugcheck_class(&b)) {
        if (r->findings->len < RIG_FINDINGS_MAX) {
            f = new_finding(m, e, &b);
            f->number = r->findings->len + 1;
            g_ptr_array_add(r->findings, f);
        }
        return;
    }
    if (rig_finding_wanted(m)) {
        f = new_finding(m, e, &b);
        f->number = r->findings->len + 1;
        g_ptr_array_add(r->findings, f);
    }
}

/* --- without an API witness ---------------------------------------------- */

/* The first step of this name that was done, or NULL. */
static const WorkStep *done_step(const Work *w, const char *name)
{
    for (unsigned i = 0; i < w->steps; i++) {
        if (strcmp(w->step[i].name, name) == 0 &&
            w->step[i].result == RIG_STEP_DONE) {
            return &w->step[i];
        }
    }
    return NULL;
}

static const WorkStep *end_step(const Work *w)
{
    const WorkStep *halt = done_step(w, "halt");

    return halt ? halt : done_step(w, "surprise-remove");
}

gboolean rig_windows_without_api(const RigMonitor *m)
{
    return m->windows && !m->work.init_entered &&
           m->work.lost.how == RIG_END_DONE;
}

char *rig_windows_inconclusive(const RigMonitor *m)
{
    const Work *w = &m->work;
    const WorkStep *init = done_step(w, "init");

    if (!init) {
        const WorkStep *last = w->steps ? &w->step[w->steps - 1] : NULL;

        for (unsigned i = 0; i < w->steps; i++) {
            if (w->step[i].result != RIG_STEP_DONE) {
                last = &w->step[i];
                break;
            }
        }
        return g_strdup_printf("MiniportInitializeEx was not seen to be "
                               "called%s%s%s%s.", last ? ": step " : "",
                               last ? last->name : "",
                               last && *last->detail ? ": " : "",
                               last ? last->detail : "");
    }
    if (!init->status && !end_step(w)) {
        return g_strdup("The device was enabled, and not disabled or removed.");
    }
    if (!rig_monitor_open_scenario(m)->machine.stops) {
        return g_strdup("No API call was seen: the driver is not instrumented "
                        "(rig driver instrument), and it is not known that "
                        "this guest stops for a leaked interrupt (rig "
                        "calibrate). The device alone does not tell.");
    }
    return NULL;
}

char *rig_windows_pass_sentence(const RigMonitor *m)
{
    const WorkStep *init = done_step(&m->work, "init");
    const WorkStep *end = init && init->status ? init : end_step(&m->work);

    return g_strdup_printf("Windows did not stop by the end of step %s (event "
                           "%" N "): by its calibration it does when an "
                           "interrupt is left registered. No API call was "
                           "seen.", end->name, end->event_to);
}
