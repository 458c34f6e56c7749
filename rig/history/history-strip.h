/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Strips: the last results of a scenario, or of a fault point of a sweep, and
 * what they say together. Terms as in results/index.rng.
 */
#ifndef RIG_HISTORY_STRIP_H
#define RIG_HISTORY_STRIP_H

#include "history.h"
#include "sweep.h"

/* Results of a strip, at most; ratio and flaky are over these. */
#define RIG_STRIP_WINDOW 30u

typedef enum RigStripClass {
    RIG_STRIP_NEWLY_FAILING,
    RIG_STRIP_FAILING,
    RIG_STRIP_KNOWN,
    RIG_STRIP_FLAKY,
    RIG_STRIP_NEWLY_PASSING,
    RIG_STRIP_PASSING,
    RIG_STRIP_NEVER_JUDGED,
    RIG_STRIP_CLASSES,
} RigStripClass;

/* "newly-failing", ...: as in index.xml. */
const char *rig_strip_class_name(RigStripClass c);

/* One result; strings are owned, NULL: not known. */
typedef struct RigCell {
    gint64 result;       /* row of the history */
    char *run, *started, *night, *inputs, *known;
    int code;            /* RigVerdict, or RigSweepOutcome of a point */
    gboolean good, counted;
    gboolean interrupted; /* its run was */
    gboolean flaky;      /* another cell with the same inputs differs */
    uint64_t ms;         /* wall time, 0: not known */
} RigCell;

typedef struct RigChange {
    const char *what;    /* "driver", ... */
    char *from, *to;
} RigChange;

typedef struct RigStrip {
    char *name;          /* key of a scenario, text of a point */
    gboolean is_point;
    GPtrArray *cells;    /* of RigCell, newest first, at most the window */
    RigStripClass class;
    gboolean flaky;
    unsigned counted, bad;    /* within the window */
    double percent, low, high; /* bad of counted, and its interval */
    RigCell *newest;     /* that is counted, or NULL; one of `cells` */
    RigCell *first_bad, *last_good; /* where the newest is bad; owned */
    gboolean same_inputs; /* of those two */
    GPtrArray *changes;  /* of RigChange, between those two */
} RigStrip;

typedef struct RigHistoryScenario {
    RigStrip *strip;
    char *name, *title, *nic, *driver; /* of the newest that is counted, if any */
    char *rule, *level, *class_code;   /* of the newest that is counted */
    char *sentence, *again, *bundle;   /* the same; NULL: not known */
    uint64_t ms;         /* wall time, of the newest that took any */
    GPtrArray *points;   /* of RigStrip: bad within the window, or flaky */
    unsigned points_omitted;
} RigHistoryScenario;

void rig_history_scenario_free(RigHistoryScenario *s);

/* Fault points of one scenario that are kept; the rest is counted. */
#define RIG_STRIP_POINTS_MAX 200u

/*
 * Keys of all scenarios, sorted, of all runs or (@run) of that one. @pattern
 * NULL: every one; else those whose key or name it is, or matches, with * and
 * ? as in a shell.
 */
GPtrArray *rig_history_keys(RigHistory *h, const char *run,
                            const char *pattern);
/* What is known of @key by all runs up to (and with) @until, NULL: by all. */
RigHistoryScenario *rig_history_scenario(RigHistory *h, const char *key,
                                         const char *until);

/*
 * Wilson score interval of @bad of @counted (> 0) at 95 %, in per cent:
 * E. B. Wilson, "Probable inference, the law of succession, and statistical
 * inference", JASA 22 (1927), pp. 209-212.
 */
void rig_strip_interval(unsigned bad, unsigned counted, double *low,
                        double *high);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(RigHistoryScenario, rig_history_scenario_free)

#endif
