/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Running a rule: its state over one cycle, and what happens to it.
 *
 * Single pass, nothing allocated after rig_engine_new().
 */
#ifndef RIG_RULE_ENGINE_H
#define RIG_RULE_ENGINE_H

#include <glib.h>
#include "calls.h"
#include "rule-model.h"

/* Handles that a rule can follow at a time; released ones make room. */
#define RIG_INSTANCES_MAX 256u

/* What is known about the event that a rule is shown. */
typedef struct RigFacts {
    RuleSource source;
    unsigned when;          /* RULE_WHEN_*; LOST: 1 << RIG_END_* */
    GQuark quark;           /* API, callback or step; 0: no rule knows it */
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
    GQuark step;
    unsigned armed;         /* vectors */
    gboolean at_start;      /* MSI-X programming profile */
    gboolean api_witness;
    const RigCalls *calls;
} RigFacts;

/* An event that a rule remembers. */
typedef struct RigMoment {
    uint64_t event, ns;     /* RIG_NO_EVENT: has not happened */
    uint64_t call_event;    /* API: when the call began */
    uint64_t caller;
    char name[RIG_MARKER_NAME];
} RigMoment;

/* A handle that the rule follows. */
typedef struct RigInstance {
    uint64_t key;
    unsigned state;
    int adapter;
    gboolean used;
    uint32_t reported;      /* violations already reported for it */
    RigMoment created, moved;
} RigInstance;

/* A violation, handed to the engine's owner while the event is at hand. */
typedef struct RigReport {
    const RigRule *rule;
    const RuleViolation *violation;
    const RuleBoundary *boundary;  /* judged here or last passed; or NULL */
    const RigMoment *passed;       /* the end of that boundary; or NULL */
    const RigInstance *instance;   /* handle concerned, or NULL */
    const RigMoment *counted;      /* see "counted-by"; or NULL */
    const RigFacts *facts;
} RigReport;

typedef void (*RigReportFunc)(const RigReport *report, void *opaque);

typedef struct RigEngine RigEngine;

RigEngine *rig_engine_new(const RigRule *rule, RigReportFunc func,
                          void *opaque);
void rig_engine_free(RigEngine *e);

const RigRule *rig_engine_rule(const RigEngine *e);

/* A new cycle begins. */
void rig_engine_reset(RigEngine *e);

/*
 * Show an event to the rule; a callback that ends a boundary shows that too.
 * NULL, or why the guest cannot be telling the truth.
 */
const char *rig_engine_feed(RigEngine *e, const RigFacts *facts);

/* From here on, interrupts are not the driver's doing. */
void rig_engine_quiesced(RigEngine *e);

/* Boundaries passed in this cycle. */
unsigned rig_engine_boundaries(const RigEngine *e);
/* The last one, NULL: none. */
const RigMoment *rig_engine_passed(const RigEngine *e);
/* Handles in a held state. */
unsigned rig_engine_held(const RigEngine *e);
/* Handles made in this cycle, and the first of them (NULL: none). */
unsigned rig_engine_created(const RigEngine *e);
const RigInstance *rig_engine_first(const RigEngine *e, int adapter);

#endif
