/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Running a rule: its state over one cycle, and what happens to it.
 *
 * Single pass. The <on> elements are sorted by event once, so that an event
 * costs a table look-up when the rule does not mention it. Nothing is
 * allocated for an event, but the table of handles grows with their number.
 */
#ifndef RIG_RULE_ENGINE_H
#define RIG_RULE_ENGINE_H

#include <glib.h>
#include "calls.h"
#include "names.h"
#include "rule-instances.h"
#include "rule-model.h"

/* What is known about the event that a rule is shown. */
typedef struct RigFacts {
    RuleSource source;
    unsigned when;          /* RULE_WHEN_*; LOST: 1 << RIG_END_* */
    unsigned index;         /* of the name in RigNames; 0: not in it */
    GQuark quark;           /* the same; 0: no rule knows it */
    const char *name;       /* the same as text */
    uint64_t event, ns;
    uint64_t enter_event, enter_ns; /* return: of the call's beginning */
    uint64_t object, caller;
    uint64_t status;        /* return: value returned */
    uint64_t arg[RIG_MARKER_ARGS];
    unsigned irql, thread;
    int adapter;            /* that it is about, or RIG_ADAPTER_NONE */
    const char *inside;     /* innermost callback, NULL: none */
    GQuark inside_quark;
    uint64_t inside_call;   /* its call number, 0: none */
    uint64_t call;          /* callback: its own call number */
    GQuark step;
    unsigned armed;         /* vectors */
    gboolean at_start;      /* MSI-X programming profile */
    gboolean api_witness;
    const char *text;       /* CONTRACT: of the marker; else NULL */
    const RigCalls *calls;
} RigFacts;

/* A violation, handed to the engine's owner while the event is at hand. */
typedef struct RigReport {
    const RigRule *rule;
    const RuleOn *on;
    const RuleViolation *violation;
    const RuleBoundary *boundary;  /* judged here or last passed; or NULL */
    const RigMoment *passed;       /* the end of that boundary; or NULL */
    const RigInstance *instance;   /* handle concerned, or NULL */
    const RigMoment *counted;      /* see "counted-by"; or NULL */
    unsigned more;                 /* handles that it is about besides */
    const RigFacts *facts;
} RigReport;

typedef void (*RigReportFunc)(const RigReport *report, void *opaque);

typedef struct RigEngine RigEngine;

/*
 * Names of the rule are entered into `names`, where those of all rules have
 * to be before the first event: rig_rule_add_names().
 */
RigEngine *rig_engine_new(const RigRule *rule, RigNames *names,
                          RigReportFunc func, void *opaque);
void rig_engine_free(RigEngine *e);
void rig_rule_add_names(const RigRule *rule, RigNames *names);

const RigRule *rig_engine_rule(const RigEngine *e);

/* A new cycle begins. */
void rig_engine_reset(RigEngine *e);

/* Does the rule want to see such an event? `when` is a single bit. */
gboolean rig_engine_wants(const RigEngine *e, RuleSource source,
                          unsigned index, unsigned when);

/*
 * Show an event to the rule; a callback that ends a boundary shows that too.
 * NULL, or why the guest cannot be telling the truth.
 */
const char *rig_engine_feed(RigEngine *e, const RigFacts *facts);

/* From here on, interrupts of this adapter are not the driver's doing. */
void rig_engine_quiesced(RigEngine *e, int adapter);

/* Handles in a held state; RIG_ADAPTER_NONE: of all adapters. */
unsigned rig_engine_held(const RigEngine *e, int adapter);
/* Handles made in this cycle, and the first of them (NULL: none). */
unsigned rig_engine_created(const RigEngine *e);
const RigInstance *rig_engine_first(const RigEngine *e, int adapter);

#endif
