/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A rule as loaded: what rule.c builds and rule-engine.c runs. */
#ifndef RIG_RULE_MODEL_H
#define RIG_RULE_MODEL_H

#include <glib.h>
#include <stdint.h>
#include "rule.h"
#include "verdict.h"

/* So many counters, states or boundaries fit into one mask. */
#define RULE_NAMES_MAX 30u

/* What an <on> element waits for. */
typedef enum RuleSource {
    RULE_ON_API, RULE_ON_CALLBACK, RULE_ON_STEP, RULE_ON_CONTRACT,
    RULE_ON_LEFT,        /* up to here an event has a name */
    RULE_ON_BOUNDARY, RULE_ON_RAISED, RULE_ON_LOST,
    RULE_SOURCES,
} RuleSource;
#define RULE_NAMED_SOURCES (RULE_ON_LEFT + 1)

/* Bits: "call" and "enter" are the same, so are the two kinds of return. */
enum rule_when {
    RULE_WHEN_CALL = 1, RULE_WHEN_SUCCESS = 2, RULE_WHEN_FAILURE = 4,
    RULE_WHEN_RETURN = RULE_WHEN_SUCCESS | RULE_WHEN_FAILURE,
    RULE_WHEN_NOT_MADE = 8,
};

/* Ways to be lost, as bits: 1 << RIG_END_*. */

typedef enum RuleTri { RULE_ANY, RULE_YES, RULE_NO } RuleTri;

/* A list of names as quarks; n = 0: not given. */
typedef struct RuleNames {
    GQuark *quark;
    unsigned n;
} RuleNames;

typedef enum RuleActionType {
    RULE_CREATE, RULE_MOVE, RULE_COUNT, RULE_CLEAR, RULE_REPORT,
} RuleActionType;

typedef struct RuleAction {
    RuleActionType type;
    unsigned index;       /* of the state, counter or violation */
    uint32_t each;        /* REPORT: mask of states; 0: once */
    gboolean of_callback; /* REPORT: of handles made in this callback */
    gboolean first;       /* REPORT: once, for the first of them */
    int counted_by;       /* REPORT: counter, -1: none */
} RuleAction;

/* `handle` guard: bits of a handle that was never made, and of none. */
#define RULE_HANDLE_UNKNOWN (1u << RULE_NAMES_MAX)
#define RULE_HANDLE_NONE    (2u << RULE_NAMES_MAX)

typedef struct RuleOn {
    int line;             /* in the file */
    RuleSource source;
    unsigned when;        /* enum rule_when; LOST: 1 << RIG_END_* */
    gboolean every;       /* any name: "*" */
    RuleNames names;      /* APIs, callbacks, steps, contracts, kinds */
    RuleNames except;     /* of "*": but not these */
    uint32_t boundaries;  /* BOUNDARY, RAISED: mask */
    RuleNames inside, not_inside, within, not_within, during, not_during;
    uint32_t after;       /* mask of boundaries; 0: not given */
    int irql_above, irql_below; /* -1: not given */
    RuleTri same_thread;
    uint32_t handle;      /* mask of states; 0: not given */
    RuleTri held, armed, at_start, api_witness;
    uint32_t has, lacks;  /* masks of counters */
    GArray *status, *not_status; /* of uint64_t; empty: not given */
    int argument;         /* -1: not given */
    GArray *is, *is_not;  /* of uint64_t; empty: not given */
    uint64_t above;       /* UINT64_MAX: not given */
    GArray *actions;      /* of RuleAction */
} RuleOn;

typedef struct RuleBoundary {
    char *name;
    GQuark callback;
    unsigned when;
    RuleNames steps;
    char *class_code;
} RuleBoundary;

typedef struct RuleViolation {
    char *id;
    RigLevel level;
    char *class_code;     /* NULL: that of the boundary */
    char *template;
} RuleViolation;

struct RigRule {
    char *name;
    char *file;
    char *title;          /* one sentence */
    char *source;         /* where it is published */
    char *page;           /* its address, NULL: none */
    gboolean always;      /* judges every scenario */
    char *unseen;         /* what of the wording is not judged, NULL: none */
    gboolean addresses;   /* handles are addresses: used again, may be 0 */
    GPtrArray *counters;  /* of char * */
    GPtrArray *states;    /* of char * */
    uint32_t held;        /* mask of states */
    GPtrArray *boundaries; /* of RuleBoundary */
    GPtrArray *violations; /* of RuleViolation */
    GPtrArray *on;        /* of RuleOn */
};

/* An empty rule; free functions for what is not yet part of one. */
RigRule *rule_new(const char *file);
void rule_boundary_free(gpointer boundary);
void rule_violation_free(gpointer violation);

/*
 * Placeholders that a template may use, in braces; NULL ends the list.
 * findings.c fills them in.
 */
extern const char *const rule_placeholders[];

#endif
