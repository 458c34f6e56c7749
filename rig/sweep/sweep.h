/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a sweep found: the fault map.
 *
 * Every cycle of a sweep has an outcome. Those with one fault belong to a
 * point each; of those with two only what is not clean is kept, and whether
 * one of the two faults does the same alone.
 */
#ifndef RIG_SWEEP_H
#define RIG_SWEEP_H

#include <glib.h>
#include <stdint.h>
#include "rig/events.h"

/* In the order in which they are listed: worst first. */
typedef enum RigSweepOutcome {
    RIG_SWEEP_VIOLATION,     /* of a rule; its class says which */
    RIG_SWEEP_LOST,          /* lost in cleanup: crashed or hung while an
                                interrupt was registered */
    RIG_SWEEP_LEAK,          /* memory or an object left behind, no worse */
    RIG_SWEEP_CRASH,         /* crashed or stopped the system, with no
                                interrupt registered */
    RIG_SWEEP_HANG,          /* the same */
    RIG_SWEEP_BROKEN,        /* the rig failed */
    RIG_SWEEP_INCONCLUSIVE,  /* what is to be judged was not seen */
    RIG_SWEEP_NOT_REACHED,   /* a fault did not happen: it was not tried, and
                                what the driver did without it was clean */
    RIG_SWEEP_CLEAN_FAILURE, /* a step failed, and all was given back */
    RIG_SWEEP_SUCCESS,       /* every step succeeded in spite of it */
    RIG_SWEEP_OUTCOMES,
} RigSweepOutcome;

/* "violation", "lost-in-cleanup", ...: as in run.xml. */
const char *rig_sweep_outcome_name(RigSweepOutcome outcome);
/* Is it neither a clean failure nor a success, nor not reached? */
gboolean rig_sweep_outcome_unclean(RigSweepOutcome outcome);

/* Faults of a cycle; SWEEP_K_MAX of plan.h. */
#define RIG_SWEEP_FAULTS 2u

typedef struct RigSweepFault {
    unsigned kind;       /* enum rig_point */
    unsigned point;      /* number on the clean path, 0: not on it */
    unsigned occurrence; /* in the step, or ordinal of the device fault */
    uint32_t status;
    uint64_t caller;     /* RVA, 0: unknown */
    char name[RIG_MARKER_NAME];
    char text[RIG_MARKER_TEXT]; /* as --only takes it */
} RigSweepFault;

/* What came of one cycle. */
typedef struct RigSweepTrial {
    unsigned cycle;      /* 1-based; 0: it was not tried */
    RigSweepOutcome outcome;
    uint64_t event;      /* where it became true; RIG_NO_EVENT: nowhere */
    char class_code[20]; /* "0x0B", ...; "": no finding */
    char level[12];      /* of the finding, or "" */
    char id[64];         /* of the finding, or "" */
    char *sentence;      /* NULL for what is clean */
} RigSweepTrial;

typedef struct RigSweepPoint {
    RigSweepFault fault;
    RigSweepTrial trial;
    unsigned pairs[RIG_SWEEP_OUTCOMES]; /* with it as the first fault */
} RigSweepPoint;

/* A cycle with two faults that was not clean. */
typedef struct RigSweepPair {
    RigSweepFault first, second;
    RigSweepTrial trial;
} RigSweepPair;

/* Bound on the pairs that are kept; the rest is counted. */
#define RIG_SWEEP_PAIRS_MAX  256u
/* Bound on points; the guest keeps no more either (SWEEP_POINTS_MAX). */
#define RIG_SWEEP_POINTS_MAX 70000u

typedef struct RigSweepResult {
    unsigned k;          /* of the scenario */
    unsigned reached;    /* calls that may fail, on the clean paths */
    GHashTable *sites;   /* their call sites: RVAs in the driver */
    unsigned known;      /* cycles that the sweep needs */
    unsigned cycles;     /* cycles that it had */
    unsigned lives;      /* of these, without a fault */
    unsigned count[RIG_SWEEP_FAULTS + 1][RIG_SWEEP_OUTCOMES]; /* by faults */
    GPtrArray *points;   /* of RigSweepPoint, lives first, as they came */
    GHashTable *by_text; /* RigSweepPoint by fault.text */
    GPtrArray *pairs;    /* of RigSweepPair: neither fault does it alone */
    unsigned pairs_omitted; /* as these, beyond the bound */
    unsigned pairs_explained; /* not clean, but no more than one fault alone */
    char *again;         /* command that takes --only; set by the caller */
} RigSweepResult;

RigSweepResult *rig_sweep_result_new(unsigned k);
void rig_sweep_result_free(RigSweepResult *r);

/*
 * A cycle with these `n` faults (a life itself is one of kind RIG_POINT_LIFE)
 * has ended; takes the trial's sentence.
 */
void rig_sweep_result_add(RigSweepResult *r, const RigSweepFault *faults,
                          unsigned n, RigSweepTrial *trial);

/*
 * The command line that has this fault, or these two (second may be NULL),
 * strike again; to be freed.
 */
char *rig_sweep_command(const RigSweepResult *r, const RigSweepFault *first,
                        const RigSweepFault *second);

/* Is the cycle of these faults one without a fault? */
static inline gboolean rig_sweep_is_life(const RigSweepFault *faults,
                                         unsigned n)
{
    return n == 1 && faults[0].kind == RIG_POINT_LIFE;
}

/* Not clean: points, and pairs of which neither fault does it alone. */
unsigned rig_sweep_findings(const RigSweepResult *r);

/* Calls that were reached and that no cycle of their own had fail. */
unsigned rig_sweep_untried_calls(const RigSweepResult *r);

/*
 * Calls that were reached and not tried because of per-site or limit, and
 * cycles whose faults did not happen.
 */
unsigned rig_sweep_untried(const RigSweepResult *r);

#endif
