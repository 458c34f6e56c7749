/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cycles of a sweep: announced by the guest, which makes them up as it goes,
 * and entered into the fault map when they have ended.
 */
#include <string.h>
#include "monitor-internal.h"

/* A guest that announces more is not believed; SWEEP_CYCLES_MAX of plan.h. */
#define KNOWN_MAX 1200000u

static RigSweepResult *map_of(const RigMonitor *m)
{
    return rig_monitor_open_result(m)->sweep;
}

void rig_sweep_open(RigMonitor *m)
{
    RigScenarioResult *r = rig_monitor_open_result(m);
    const RigScenario *s = rig_monitor_open_scenario(m);

    m->next_faults = m->now_faults = 0;
    m->has_start = FALSE;
    if (s->sweep && !r->sweep) {
        r->sweep = rig_sweep_result_new(s->sweep->k);
    }
}

/* --- what the guest announces -------------------------------------------- */

const char *rig_sweep_misplaced(const RigMonitor *m,
                                const struct rig_marker *k)
{
    if (!m->scenario || !rig_monitor_open_scenario(m)->sweep) {
        return "no sweep is open";
    }
    if (k->kind == RIG_MK_FAULT_POINT) {
        return m->cycle ? NULL : "it belongs to no cycle";
    }
    return m->cycle || k->scenario != m->scenario ||
           k->cycle != m->last_cycle + 1
           ? "it announces a cycle that is not the next one" :
           m->next_faults == RIG_SWEEP_FAULTS
           ? "it is one fault too many for a cycle" :
           k->arg[1] > RIG_POINT_LIFE || k->arg[0] > G_MAXUINT32 ||
           k->object > G_MAXUINT32 || k->arg[2] < k->cycle ||
           k->arg[2] > KNOWN_MAX || !k->text[0] || strchr(k->text, '\'')
           ? "it announces what cannot be" : NULL;
}

void rig_sweep_announced(RigMonitor *m, const RigEvent *e)
{
    RigSweepFault *f = &m->next[m->next_faults++];

    *f = (RigSweepFault) {
        .kind = e->marker.arg[1],
        .point = e->marker.object,
        .occurrence = e->marker.arg[0],
        .status = e->marker.status,
        .caller = e->marker.caller,
    };
    g_strlcpy(f->name, e->marker.name, sizeof(f->name));
    g_strlcpy(f->text, e->marker.text, sizeof(f->text));
    m->cycles = e->marker.arg[2];
    map_of(m)->known = m->cycles;
}

void rig_sweep_point_reached(RigMonitor *m, const RigEvent *e)
{
    RigSweepResult *map = map_of(m);

    map->reached++;
    if (g_hash_table_size(map->sites) < RIG_SWEEP_POINTS_MAX) {
        g_hash_table_add(map->sites, GSIZE_TO_POINTER(e->marker.caller));
    }
}

/* --- a clean start ------------------------------------------------------- */

/* COMMAND: Interrupt Disable (PCI 3.0, 6.2.2) */
#define COMMAND_INTX_DISABLE 0x0400

/*
 * What the function's interrupts are set to, in one number (FNV-1a). Whether
 * INTx is disabled is VFIO's own business: a driver sees and sets another bit,
 * and a reset with messages enabled leaves this one set.
 */
static uint64_t shadow_digest(const RigMsix *x)
{
    uint64_t h = 0xcbf29ce484222325ull;

    h = (h ^ x->control) * 0x100000001b3ull;
    h = (h ^ (x->command & ~COMMAND_INTX_DISABLE)) * 0x100000001b3ull;
    for (unsigned i = 0; i < x->vectors; i++) {
        for (unsigned d = 0; d < 4; d++) {
            h = (h ^ x->vector[i].dword[d]) * 0x100000001b3ull;
        }
    }
    return h;
}

/* The guest's reading of the device, and the tap's shadow: as in cycle 1? */
static void check_start(RigMonitor *m, const RigEvent *e)
{
    uint64_t shadow = shadow_digest(&m->msix[m->first]);
    gboolean guest_knows = e->marker.arg[2] == 1;
    char *why = m->work.unclean_start;
    const size_t size = sizeof(m->work.unclean_start);

    if (!m->has_start) {
        m->has_start = TRUE;
        m->start_shadow = shadow;
        m->start_digest = e->marker.arg[1];
    } else if (shadow != m->start_shadow) {
        g_strlcpy(why, "the tap's shadow of MSI-X control and table is "
                  "another one", size);
    } else if (guest_knows && e->marker.arg[1] != m->start_digest) {
        g_strlcpy(why, e->marker.text[0] ? e->marker.text :
                  "its registers read otherwise", size);
    }
}

void rig_sweep_cycle_begins(RigMonitor *m, const RigEvent *e)
{
    m->work.unclean_start[0] = '\0';
    m->now_faults = m->next_faults;
    memcpy(m->now, m->next, sizeof(m->now));
    m->next_faults = 0;
    if (rig_monitor_open_scenario(m)->sweep) {
        check_start(m, e);
    }
}

/* --- did the faults happen? ---------------------------------------------- */

/* The step in "[LIFE,]STEP[.N]:API#OCCURRENCE". */
static gboolean in_step(const RigSweepFault *f, const char *step)
{
    const char *end = strchr(f->text, ':');
    const char *comma = strchr(f->text, ',');
    const char *begin = comma && end && comma < end ? comma + 1 : f->text;
    size_t len = end ? strcspn(begin, ".:") : 0;

    return strlen(step) == len && !strncmp(begin, step, len);
}

static gboolean happened(const Work *w, const RigSweepFault *f)
{
    for (unsigned i = 0; f->kind == RIG_POINT_API && i < w->faults; i++) {
        if (!strcmp(w->fault[i].api, f->name) &&
            w->fault[i].occurrence == f->occurrence &&
            in_step(f, w->fault[i].step)) {
            return TRUE;
        }
    }
    for (unsigned i = 0; f->kind == RIG_POINT_DEVICE && i < w->strikes; i++) {
        size_t len = strcspn(f->name, ":");

        if (strlen(w->strike[i].name) == len &&
            !strncmp(w->strike[i].name, f->name, len)) {
            return TRUE;
        }
    }
    return f->kind == RIG_POINT_RESOURCE || f->kind == RIG_POINT_LIFE;
}

static gboolean all_happened(const RigMonitor *m)
{
    for (unsigned i = 0; i < m->now_faults; i++) {
        if (!happened(&m->work, &m->now[i])) {
            return FALSE;
        }
    }
    return TRUE;
}

gboolean rig_sweep_failed_early(const RigMonitor *m)
{
    return m->now_faults && !rig_sweep_is_life(m->now, m->now_faults) &&
           m->work.early.event != RIG_NO_EVENT;
}

/* --- the map ------------------------------------------------------------- */

static gboolean a_step_failed(const Work *w)
{
    for (unsigned i = 0; i < w->steps; i++) {
        if (w->step[i].result == RIG_STEP_DONE && w->step[i].status) {
            return TRUE;
        }
    }
    return w->early.event != RIG_NO_EVENT || w->init.status != 0;
}

static RigSweepOutcome outcome(const RigMonitor *m, RigVerdict verdict)
{
    const Work *w = &m->work;

    switch (verdict) {
    case RIG_VERDICT_VIOLATION:
        return !strcmp(w->worst.class_code, "lost-in-cleanup") ?
               RIG_SWEEP_LOST :
               w->worst.level == RIG_LEVEL_LEAK ? RIG_SWEEP_LEAK
                                                : RIG_SWEEP_VIOLATION;
    case RIG_VERDICT_BROKEN:
        return RIG_SWEEP_BROKEN;
    case RIG_VERDICT_PASS:
        return !all_happened(m) ? RIG_SWEEP_NOT_REACHED :
               a_step_failed(w) ? RIG_SWEEP_CLEAN_FAILURE : RIG_SWEEP_SUCCESS;
    default:
        break;
    }
    if (w->lost.how != RIG_END_DONE) {
        return w->lost.how == RIG_END_HANG ? RIG_SWEEP_HANG : RIG_SWEEP_CRASH;
    }
    return RIG_SWEEP_INCONCLUSIVE;
}

/* The finding's own words; a number that was still rising is left out. */
static char *trial_sentence(const RigMonitor *m, RigVerdict verdict,
                            const char *reason)
{
    const char *words = verdict == RIG_VERDICT_VIOLATION && m->worst_sentence
                        ? m->worst_sentence : reason;
    g_auto(GStrv) parts = g_strsplit(words ? words : "", "\001", -1);

    return g_strjoinv("interrupts", parts);
}

void rig_sweep_judged(RigMonitor *m, RigVerdict verdict, const char *reason)
{
    const Work *w = &m->work;
    RigSweepTrial t = { .cycle = m->cycle, .event = RIG_NO_EVENT };

    if (!map_of(m) || !m->now_faults) {
        return;
    }
    t.outcome = outcome(m, verdict);
    if (verdict == RIG_VERDICT_VIOLATION) {
        t.event = w->worst.event;
        g_strlcpy(t.class_code, w->worst.class_code, sizeof(t.class_code));
        g_strlcpy(t.level, rig_level_name(w->worst.level), sizeof(t.level));
        g_strlcpy(t.id, w->worst.id, sizeof(t.id));
    } else if (w->lost.how != RIG_END_DONE) {
        t.event = w->lost.event;
    }
    t.sentence = rig_sweep_outcome_unclean(t.outcome)
                 ? trial_sentence(m, verdict, reason) : NULL;
    rig_sweep_result_add(map_of(m), m->now, m->now_faults, &t);
}

/* Asked for one point, a sweep that does not reach it has shown nothing. */
void rig_sweep_close(RigMonitor *m)
{
    const RigSweep *s = rig_monitor_open_scenario(m)->sweep;
    const RigSweepResult *map = map_of(m);
    unsigned tried = 0;

    if (!map || !s->only[0]) {
        return;
    }
    for (unsigned o = 0; o < RIG_SWEEP_OUTCOMES; o++) {
        tried += o == RIG_SWEEP_NOT_REACHED ? 0 : map->count[1][o] +
                                                  map->count[2][o];
    }
    if (!tried) {
        rig_scenario_result_worsen(rig_monitor_open_result(m),
                                   RIG_VERDICT_INCONCLUSIVE, "None of the "
                                   "points that were asked for was reached.");
    }
}
