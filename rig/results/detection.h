/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Detection: how many of the seeded defects finished runs have found, and how
 * often they accused a correct driver; from their run.xml alone.
 */
#ifndef RIG_DETECTION_H
#define RIG_DETECTION_H

#include <glib.h>
#include <stdint.h>

#include "scenario.h"

/* The seed set is S01 to S24: scenarios/drivers/rignic/seeds.h. */
#define RIG_SEEDS 24u

/* One scenario of a run: a seeded defect or a clean control. */
typedef struct RigCase {
    char *seed;          /* "S06"; NULL: it is a control */
    char *name;
    char *driver;        /* file name without ".sys" */
    char *profile;       /* of the machine, "" if there was none */
    char *level, *class_code; /* expected of a seed, "" if not said */
    gboolean as_expected;
    RigVerdict verdict;
    uint64_t cycles;     /* of a sweep: those with a clean outcome */
    uint64_t not_reached; /* cycles of a sweep that came past their fault */
    gboolean only_not_reached; /* and that is all that the sweep lacks */
} RigCase;

typedef struct RigDetection {
    GPtrArray *cases;    /* of RigCase, by run and there by number */
    unsigned incomplete; /* runs that did not come to their end */
} RigDetection;

RigDetection *rig_detection_new(void);
void rig_detection_free(RigDetection *d);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RigDetection, rig_detection_free)

/* Add the seeds and controls of one run.xml. FALSE with @error. */
gboolean rig_detection_add(RigDetection *d, const char *file, GError **error);

/* What it comes to. */
typedef struct RigDetectionSum {
    unsigned seeds;          /* distinct ones of S01..S24 that were run */
    unsigned seeds_found;    /* ... and found in every scenario of theirs */
    unsigned controls;       /* scenarios */
    unsigned false_alarms;   /* controls with a violation */
    unsigned not_judged;     /* broken, inconclusive or skipped scenarios */
    uint64_t clean_cycles;   /* of controls that were judged and not accused */
    uint64_t not_reached;    /* cycles of their sweeps, not counted above */
} RigDetectionSum;
void rig_detection_sum(const RigDetection *d, RigDetectionSum *sum);

/* The matrix and the sums, as text; to be freed. */
char *rig_detection_text(const RigDetection *d);

/* enum rig_exit: OK if all RIG_SEEDS are found and nobody was accused. */
int rig_detection_status(const RigDetection *d);

#endif
