/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of `rig nightly` share. */
#ifndef RIG_NIGHTLY_H
#define RIG_NIGHTLY_H

#include "history.h"
#include "night.h"
#include "paths.h"
#include "schedule.h"
#include "suite.h"
#include "worker.h"

typedef struct RigNightlyOptions {
    char *results;         /* absolute */
    char *uri, *known, *shard, *night, *budget;
    char *start;           /* "cold", "snapshot"; NULL: as the suite says */
    char *resume;          /* id, "": the newest; NULL: by itself */
    int workers;           /* RIG_NOT_SAID: the suite's, else one per CPU */
    gboolean new_night, list, json, quiet, save_durations;
} RigNightlyOptions;

/* What came of scenarios. */
typedef struct RigNightlyCounts {
    unsigned done, as_expected, verdict[RIG_VERDICTS];
} RigNightlyCounts;

typedef struct RigNightly {
    const RigNightlyOptions *options;
    RigPaths *paths;
    RigSuite *suite;       /* its jobs sorted by rig_schedule() */
    RigNight *night;
    RigNightPart *part;    /* ours */
    char *dir;             /* of the night, absolute */
    gboolean resumed;
    unsigned scenarios;    /* of all jobs of this shard that are to be run */
    RigNightlyCounts counts; /* since this rig nightly began */
    GPtrArray *running;    /* of RigNightlySlot */
    int events_fd;         /* --json, -1: no */
    gint64 started;        /* monotonic us */
    unsigned spent_before; /* seconds, before this resumption */
    gboolean interrupted, write_failed, have_index;
    gboolean live;         /* a terminal that gets a progress line */
    GMainLoop *loop;
} RigNightly;

/* One job while it runs. */
typedef struct RigNightlySlot {
    RigNightly *n;
    RigJob *job;
    RigNightJob *record;
    RigAttempt *attempt;
    RigWorker *worker;
    gint64 started;        /* monotonic us */
    unsigned told;         /* scenarios that have their verdict */
} RigNightlySlot;

/*
 * nightly-run.c: run what is waiting, until all is done, the budget is used
 * up or the user stops it. night.xml says at any moment how far it is.
 */
void rig_nightly_run(RigNightly *n);
/* Expected seconds until the end, -1: not known. */
double rig_nightly_seconds_left(const RigNightly *n);

/* nightly-print.c: what people and programs see. */
void rig_nightly_say_start(const RigNightly *n);
void rig_nightly_say_job(const RigNightlySlot *slot);
void rig_nightly_say_scenario(const RigNightlySlot *slot, JsonObject *event,
                              const char *line);
void rig_nightly_say_job_end(const RigNightlySlot *slot,
                             const RigWorkerEnd *end);
void rig_nightly_draw(const RigNightly *n);
void rig_nightly_say_end(const RigNightly *n, int status);
/* `--list`: the jobs in their order, with what is expected of them. */
void rig_nightly_list(const RigNightly *n);

/* nightly-status.c: enum rig_exit for all attempts of the night's jobs. */
int rig_nightly_status(const RigNightly *n);
/* Of the whole night, what was done before it was resumed too. */
RigNightlyCounts rig_nightly_totals(const RigNightly *n);

/* units.c: `--print-unit service|timer|resume|cron|ci`; an exit status. */
int rig_nightly_print_unit(const char *what, const char *suite,
                           const RigNightlyOptions *options,
                           const RigPaths *paths);

#endif
