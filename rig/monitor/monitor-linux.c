/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two accounts of the same interrupts: what Linux says about a function that
 * its own driver serves (RIG_MK_LINUX), and what rig-tap saw at the device.
 *
 * They agree when MSI-X Message Control, Command and every table entry read
 * the same, when exactly the vectors with a handler are armed, when Linux has
 * counted each vector as often as the device sent its message, and when
 * nothing is enabled once the driver is gone. Each difference is a finding, but
 * for one: an interrupt controller keeps one request of a vector until the
 * processor takes it (Intel SDM 3A, 11.8.4), so of several messages sent before
 * that, Linux counts one. Fewer counted than sent is thus inconclusive, more is
 * not possible.
 */
#include <string.h>
#include "monitor-internal.h"

#define N G_GUINT64_FORMAT

/* PCI 3.0, 6.8.2.3: Message Control. */
#define MSIX_ENABLE 0x8000u

/* 00:08.0: text for a bus << 8 | devfn; 16 bytes. */
static const char *function_name(uint16_t bdf, char text[16])
{
    g_snprintf(text, 16, "%02x:%02x.%u", bdf >> 8, bdf >> 3 & 0x1f, bdf & 7);
    return text;
}

/* --- findings ------------------------------------------------------------ */

static void add_proof(RigFinding *f, uint64_t event, uint64_t ns,
                      const char *text)
{
    RigProof *p;

    if (event != RIG_NO_EVENT) {
        p = g_new0(RigProof, 1);
        p->event = event;
        p->ns = ns;
        p->text = g_strdup(text);
        g_ptr_array_add(f->proofs, p);
    }
}

/*
 * The accounts differ at event `e`; `seen` is the event by which the tap knows
 * better, or RIG_NO_EVENT: it never saw one.
 */
static void differ(RigMonitor *m, const RigEvent *e, uint64_t seen,
                   const char *id, const char *fmt, ...)
    G_GNUC_PRINTF(5, 6);

static void differ(RigMonitor *m, const RigEvent *e, uint64_t seen,
                   const char *id, const char *fmt, ...)
{
    RigScenarioResult *r = rig_monitor_open_result(m);
    RigFinding *f;
    va_list ap;

    if (!rig_finding_wanted(m)) {
        return;
    }
    f = g_new0(RigFinding, 1);
    f->number = r->findings->len + 1;
    f->rule = g_strdup("interrupt-account");
    f->level = RIG_LEVEL_CONTRACT;
    f->id = g_strdup(id);
    f->verdict = RIG_VERDICT_VIOLATION;
    f->class_code = g_strdup("none");
    f->witness = RIG_WITNESS_BOTH;
    f->cycle = m->cycle;
    f->boundary = g_strdup(m->work.steps ?
                           m->work.step[m->work.steps - 1].name : "cycle");
    f->event = e->seq;
    f->ns = e->ns;
    va_start(ap, fmt);
    f->sentence = g_strdup_vprintf(fmt, ap);
    va_end(ap);
    f->proofs = g_ptr_array_new_with_free_func((GDestroyNotify)rig_proof_free);
    add_proof(f, seen, RIG_NO_EVENT, "what the tap saw last");
    add_proof(f, e->seq, e->ns, "what Linux says");
    g_ptr_array_add(r->findings, f);
}

/* --- the account of a function ------------------------------------------- */

/* The watched function at this address, or NULL. */
static RigMsix *find_target(RigMonitor *m, uint64_t bdf, unsigned *target)
{
    for (unsigned i = 0; i < m->stream.targets; i++) {
        if (m->msix[i].attached && m->msix[i].bdf == bdf) {
            *target = i;
            return &m->msix[i];
        }
    }
    return NULL;
}

static void on_function(RigMonitor *m, const RigEvent *e, RigMsix *x,
                        WorkLinux *w)
{
    const uint64_t *arg = e->marker.arg;
    char name[16];

    if (arg[0] < RIG_LINUX_BOUND || arg[0] > RIG_LINUX_UNBOUND ||
        (arg[3] && arg[3] != x->vectors)) {
        rig_stream_reject(&m->stream, e->seq, "an impossible account of %s",
                          function_name(x->bdf, name));
        return;
    }
    w->point = arg[0];
    w->points |= 1u << w->point;
    w->vectors = arg[3];
    w->next = 0;
    if (w->point == RIG_LINUX_CLOSED) {
        w->counted = w->merged = w->used = 0;
    }
    w->event_from = w->event_from ? w->event_from : e->seq;
    w->event_to = e->seq;
    g_strlcpy(w->driver, e->marker.text, sizeof(w->driver));
    if (arg[1] != x->control || arg[2] != x->command) {
        differ(m, e, x->able_event, "control-differs", "Linux reads MSI-X "
               "Message Control 0x%04x and Command 0x%04x of %s (event %" N
               "); by what the tap saw they are 0x%04x and 0x%04x.",
               (unsigned)arg[1], (unsigned)arg[2],
               function_name(x->bdf, name), e->seq, x->control, x->command);
    }
    if (w->point == RIG_LINUX_UNBOUND && rig_msix_enabled(x)) {
        differ(m, e, x->able_event, "enabled-after-unbind", "%s is unbound "
               "from %s (event %" N "), but MSI-X is still enabled, and %u "
               "vectors are armed.", w->driver, function_name(x->bdf, name),
               e->seq, rig_msix_armed(x));
    }
}

/* --- the account of a vector --------------------------------------------- */

static void compare_entry(RigMonitor *m, const RigEvent *e, const RigMsix *x,
                          unsigned vector)
{
    const RigMsixVector *v = &x->vector[vector];
    const uint32_t read[4] = {
        (uint32_t)e->marker.arg[2], e->marker.arg[2] >> 32,
        (uint32_t)e->marker.arg[3], e->marker.arg[3] >> 32,
    };
    char name[16];

    for (unsigned i = 0; i < G_N_ELEMENTS(read); i++) {
        if (read[i] != v->dword[i]) {
            differ(m, e, v->event, "table-differs", "Linux reads 0x%08x from "
                   "dword %u of MSI-X table entry %u of %s (event %" N "); by "
                   "the writes that the tap saw it is 0x%08x.", read[i], i,
                   vector, function_name(x->bdf, name), e->seq, v->dword[i]);
            return;
        }
    }
}

static void compare_mask(RigMonitor *m, const RigEvent *e, const RigMsix *x,
                         unsigned vector)
{
    gboolean armed = rig_msix_vector(x, vector) == RIG_VECTOR_ARMED;
    gboolean handled = e->marker.status != 0;
    char name[16];

    if (armed != handled) {
        differ(m, e, x->vector[vector].event, "mask-differs", "Vector %u of "
               "%s has %s in Linux (event %" N "), but the tap knows it as "
               "%s.", vector, function_name(x->bdf, name),
               handled ? "a handler" : "no handler", e->seq,
               rig_vector_state_name(rig_msix_vector(x, vector)));
    }
}

static void compare_count(RigMonitor *m, const RigEvent *e, const RigMsix *x,
                          unsigned vector, WorkLinux *w)
{
    const RigMsixVector *v = &x->vector[vector];
    uint64_t counted = e->marker.arg[1];
    char name[16];

    w->counted += counted;
    w->used += counted != 0;
    w->merged += counted < v->sent ? v->sent - counted : 0;
    if (counted > v->sent) {
        differ(m, e, v->sent_event, "count-differs", "Linux counted %" N
               " interrupts of vector %u of %s (event %" N "), but the tap "
               "saw it sent %" N " times since MSI-X was enabled.", counted,
               vector, function_name(x->bdf, name), e->seq, v->sent);
    }
}

static void on_vector(RigMonitor *m, const RigEvent *e, RigMsix *x,
                      WorkLinux *w)
{
    unsigned vector = w->next;

    if (w->next >= w->vectors || e->marker.arg[0] != vector) {
        rig_stream_reject(&m->stream, e->seq, "an account of a vector that "
                          "is not the next one");
        return;
    }
    w->next++;
    w->event_to = e->seq;
    compare_entry(m, e, x, vector);
    compare_mask(m, e, x, vector);
    if (w->point == RIG_LINUX_CLOSED) {
        compare_count(m, e, x, vector, w);
    }
}

void rig_monitor_linux(RigMonitor *m, const RigEvent *e)
{
    unsigned target = 0;
    RigMsix *x = find_target(m, e->marker.object, &target);
    char name[16];

    if (!x) {
        differ(m, e, RIG_NO_EVENT, "not-watched", "Linux's driver serves %s "
               "(event %" N "), which the tap does not watch.",
               function_name((uint16_t)e->marker.object, name), e->seq);
    } else if (strcmp(e->marker.name, RIG_LINUX_FUNCTION) == 0) {
        on_function(m, e, x, &m->work.linux_target[target]);
    } else if (strcmp(e->marker.name, RIG_LINUX_VECTOR) == 0) {
        on_vector(m, e, x, &m->work.linux_target[target]);
    } else {
        rig_stream_reject(&m->stream, e->seq, "an account of \"%s\"",
                          e->marker.name);
    }
}

/* --- the verdict --------------------------------------------------------- */

static char *refused(const Work *w)
{
    for (unsigned i = 0; i < w->steps; i++) {
        const WorkStep *s = &w->step[i];

        if (s->result == RIG_STEP_REFUSED) {
            return g_strdup_printf("Step %s was refused (event %" N ")%s%s%s",
                                   s->name, s->event_to,
                                   s->detail[0] ? ": " : "", s->detail, ".");
        }
    }
    return NULL;
}

static char *incomplete(const WorkLinux *w, const RigMsix *x)
{
    const unsigned all = 1u << RIG_LINUX_BOUND | 1u << RIG_LINUX_CLOSED |
                         1u << RIG_LINUX_UNBOUND;
    char name[16];

    function_name(x->bdf, name);
    if (w->points != all || w->next != w->vectors) {
        return g_strdup_printf("Linux's account of %s is not complete (last "
                               "event %" N ").", name, w->event_to);
    }
    if (w->merged) {
        return g_strdup_printf("Linux counted %" N " interrupts of %s, the "
                               "tap saw %" N " messages more (last event %" N
                               "): sent again before the processor took the "
                               "last one, they count as one, so the counts "
                               "cannot be compared. Table, masks and control "
                               "were as Linux read them.", w->counted, name,
                               w->merged, w->event_to);
    }
    return w->counted ? NULL :
           g_strdup_printf("Linux counted no interrupt of %s (last event %" N
                           "): there is nothing to compare.", name,
                           w->event_to);
}

char *rig_linux_inconclusive(const RigMonitor *m)
{
    const Work *w = &m->work;
    char *why = refused(w);

    if (why) {
        return why;
    }
    if (w->restored != RIG_NO_EVENT) {
        return g_strdup_printf("A snapshot was restored within the cycle "
                               "(event %" N "): what was sent before is not "
                               "known.", w->restored);
    }
    if (w->lost.how != RIG_END_DONE) {
        return g_strdup_printf("The cycle was given up in step %s (event %" N
                               ").", w->steps ? w->step[w->steps - 1].name :
                               "none", w->lost.event);
    }
    for (unsigned i = 0; !why && i < m->stream.targets; i++) {
        why = w->linux_target[i].points
              ? incomplete(&w->linux_target[i], &m->msix[i]) : NULL;
    }
    return why || w->linux_target[0].points ? why :
           g_strdup("Linux's driver was never bound.");
}

char *rig_linux_pass_sentence(const RigMonitor *m)
{
    GString *s = g_string_new(NULL);
    char name[16];

    for (unsigned i = 0; i < m->stream.targets; i++) {
        const WorkLinux *w = &m->work.linux_target[i];

        if (w->points) {
            g_string_append_printf(s, "%s%s on %s counted %" N " interrupts "
                                   "on %u of %u vectors (events %" N " to %" N
                                   ")", s->len ? "; " : "", w->driver,
                                   function_name(m->msix[i].bdf, name),
                                   w->counted, w->used, m->msix[i].vectors,
                                   w->event_from, w->event_to);
        }
    }
    g_string_append(s, ". The tap saw each vector sent exactly as often, and "
                    "its table, masks and control as Linux read them.");
    return g_string_free(s, FALSE);
}
