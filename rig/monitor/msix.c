/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The MSI-X shadow of one watched function.
 *
 * Whether a message can go out is decided in two places: in the function
 * (MSI-X Enable, Function Mask, Bus Master, power state D0) and in the table
 * entry (mask bit, message address). `unmasked` counts the entries that would
 * allow it, so that the number of armed vectors is known without a look at
 * the table.
 */
#include <string.h>
#include "msix.h"
#include "verdict.h"

/* PCI 3.0, 6.8.2.3: Message Control. */
#define MSIX_ENABLE        0x8000u
#define MSIX_FUNCTION_MASK 0x4000u
/* PCI 3.0, 6.8.2.9: Vector Control. */
#define MSIX_VECTOR_MASK   0x1u
/* PCI 3.0, 6.2.2: Command. */
#define COMMAND_MASTER     0x4u
/* PCI PM 1.2, 3.2.4: PMCSR, PowerState. */
#define PMCSR_POWER_STATE  0x3u

const char *rig_vector_state_name(RigVectorState state)
{
    static const char *const names[] = { "disabled", "masked", "armed" };

    return names[state];
}

void rig_msix_init(RigMsix *x)
{
    memset(x, 0, sizeof(*x));
    x->able_event = x->quiet_event = RIG_NO_EVENT;
}

void rig_msix_clear(RigMsix *x)
{
    g_free(x->vector);
    rig_msix_init(x);
}

gboolean rig_msix_enabled(const RigMsix *x)
{
    return x->attached && (x->control & MSIX_ENABLE);
}

gboolean rig_msix_function_masked(const RigMsix *x)
{
    return (x->control & MSIX_FUNCTION_MASK) != 0;
}

/* Can the function send messages, whatever its table says? */
static gboolean function_able(const RigMsix *x)
{
    return rig_msix_enabled(x) && (x->command & COMMAND_MASTER) &&
           !(x->pmcsr & PMCSR_POWER_STATE);
}

static gboolean entry_programmed(const RigMsixVector *v)
{
    return v->dword[0] || v->dword[1];
}

static gboolean entry_unmasked(const RigMsixVector *v)
{
    return entry_programmed(v) && !(v->dword[3] & MSIX_VECTOR_MASK);
}

unsigned rig_msix_armed(const RigMsix *x)
{
    return function_able(x) && !rig_msix_function_masked(x) ? x->unmasked : 0;
}

RigVectorState rig_msix_vector(const RigMsix *x, unsigned vector)
{
    if (vector >= x->vectors || !function_able(x)) {
        return RIG_VECTOR_DISABLED;
    }
    return rig_msix_function_masked(x) || !entry_unmasked(&x->vector[vector])
           ? RIG_VECTOR_MASKED : RIG_VECTOR_ARMED;
}

uint64_t rig_msix_armed_event(const RigMsix *x, unsigned vector, uint64_t *ns)
{
    const RigMsixVector *v = &x->vector[vector];
    gboolean by_entry = x->able_event == RIG_NO_EVENT ||
                        (v->event != RIG_NO_EVENT && v->event > x->able_event);

    if (ns) {
        *ns = by_entry ? v->ns : x->able_ns;
    }
    return by_entry ? v->event : x->able_event;
}

void rig_msix_count(const RigMsix *x, RigMsixCounts *counts)
{
    memset(counts, 0, sizeof(*counts));
    counts->armed = rig_msix_armed(x);
    for (unsigned i = 0; i < x->vectors; i++) {
        const RigMsixVector *v = &x->vector[i];

        counts->masked += (v->dword[3] & MSIX_VECTOR_MASK) != 0;
        counts->programmed += entry_programmed(v);
        counts->pending += v->pending;
    }
}

/* PCI 3.0, 6.8.2: after reset every entry is masked. */
static void reset_table(RigMsix *x)
{
    for (unsigned i = 0; i < x->vectors; i++) {
        RigMsixVector *v = &x->vector[i];

        memset(v, 0, sizeof(*v));
        v->dword[3] = MSIX_VECTOR_MASK;
        v->event = v->sent_event = RIG_NO_EVENT;
    }
    x->unmasked = 0;
    x->control &= ~(MSIX_ENABLE | MSIX_FUNCTION_MASK);
}

static void attach(RigMsix *x, const struct rig_ev_target *t)
{
    if (x->vectors != t->vectors) {
        g_free(x->vector);
        x->vector = t->vectors ? g_new(RigMsixVector, t->vectors) : NULL;
        x->vectors = t->vectors;
        reset_table(x);
    }
    if (!t->attached) {
        reset_table(x);
    }
    x->attached = t->attached;
    x->bdf = t->bdf;
}

static void table_write(RigMsix *x, const RigEvent *e)
{
    RigMsixVector *v = &x->vector[e->table.vector];

    x->unmasked -= entry_unmasked(v);
    v->dword[e->table.dword] = e->table.value;
    v->event = e->seq;
    v->ns = e->ns;
    x->unmasked += entry_unmasked(v);
}

static void raised(RigMsix *x, const struct rig_ev_raised *r, uint64_t event)
{
    x->raised += r->count;
    if (r->vector != RIG_VECTOR_INTX) {
        if (r->outcome == RIG_RAISED_PENDED) {
            x->vector[r->vector].pending = TRUE;
        } else if (r->outcome == RIG_RAISED_SENT) {
            x->vector[r->vector].pending = FALSE;
            x->vector[r->vector].sent += r->count;
            x->vector[r->vector].sent_event = event;
        }
    }
}

/* MSI-X is enabled anew: messages are counted from here. */
static void restart_counts(RigMsix *x)
{
    for (unsigned i = 0; i < x->vectors; i++) {
        x->vector[i].sent = 0;
        x->vector[i].sent_event = RIG_NO_EVENT;
    }
}

/* Why STATE `new` silences a function that was in state `x`. */
static const char *why_quiet(const RigMsix *x, const struct rig_ev_state *new)
{
    if ((x->control & ~new->msix) & MSIX_ENABLE) {
        return "MSI-X was disabled";
    }
    if ((new->msix & ~x->control) & MSIX_FUNCTION_MASK) {
        return "all vectors were masked by Function Mask";
    }
    if ((x->command & ~new->command) & COMMAND_MASTER) {
        return "bus mastering was turned off";
    }
    return "the function left power state D0";
}

static const char *why_reset(unsigned cause)
{
    static const char *const why[] = {
        [RIG_RESET_SYSTEM] = "a system reset cleared it",
        [RIG_RESET_FLR] = "a function level reset cleared it",
        [RIG_RESET_BUS] = "a secondary bus reset cleared it",
        [RIG_RESET_PM] = "a D3hot to D0 transition cleared it",
        [RIG_RESET_UNPLUG] = "it was unplugged",
    };

    return why[cause];
}

/* Could this event have come from a device that is as `x` says? */
static const char *impossible(const RigMsix *x, const RigEvent *e)
{
    switch (e->type) {
    case RIG_EV_TARGET:
        return e->target.vectors > RIG_MSIX_VECTORS_MAX
               ? "an MSI-X table with more than 2048 entries" : NULL;
    case RIG_EV_TABLE:
        return e->table.vector >= x->vectors ? "a vector outside the table" :
               e->table.dword > 3 ? "a fifth dword in a table entry" : NULL;
    case RIG_EV_RAISED:
        return e->raised.vector != RIG_VECTOR_INTX &&
               e->raised.vector >= x->vectors
               ? "an interrupt of a vector outside the table" :
               e->raised.outcome > RIG_RAISED_DISABLED
               ? "an unknown outcome of an interrupt" :
               !e->raised.count ? "a run of no interrupts" : NULL;
    case RIG_EV_RESET:
        return e->reset.cause > RIG_RESET_UNPLUG ? "an unknown reset cause"
                                                 : NULL;
    default:
        return NULL;
    }
}

gboolean rig_msix_event(RigMsix *x, const RigEvent *e, const char **why)
{
    unsigned armed = rig_msix_armed(x);
    const char *reason = "its vectors were masked one by one";
    gboolean able = function_able(x) && !rig_msix_function_masked(x);

    *why = impossible(x, e);
    if (*why) {
        return FALSE;
    }
    switch (e->type) {
    case RIG_EV_TARGET:
        attach(x, &e->target);
        reason = "it was unplugged";
        break;
    case RIG_EV_STATE:
        reason = why_quiet(x, &e->state);
        if (e->state.msix & ~x->control & MSIX_ENABLE) {
            restart_counts(x);
        }
        x->command = e->state.command;
        x->control = e->state.msix;
        x->pmcsr = e->state.pmcsr;
        break;
    case RIG_EV_TABLE:
        table_write(x, e);
        break;
    case RIG_EV_RAISED:
        raised(x, &e->raised, e->seq);
        break;
    case RIG_EV_RESET:
        reset_table(x);
        reason = why_reset(e->reset.cause);
        break;
    default:
        return TRUE;
    }
    if (!able && function_able(x) && !rig_msix_function_masked(x)) {
        x->able_event = e->seq;
        x->able_ns = e->ns;
    }
    if (armed && !rig_msix_armed(x)) {
        x->quiet_event = e->seq;
        x->quiet_ns = e->ns;
        x->quiet_why = reason;
    }
    return TRUE;
}
