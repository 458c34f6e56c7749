/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A night: what is to be run, what has been, and results/nights/<id>/night.xml
 * that says so at any moment. results/night.rng explains every attribute.
 */
#ifndef RIG_NIGHT_H
#define RIG_NIGHT_H

#include <glib.h>
#include <stdint.h>

#include "process-id.h"
#include "suite.h"

typedef enum RigJobState {
    RIG_JOB_WAITING,
    RIG_JOB_RUNNING,
    RIG_JOB_DONE,
    RIG_JOB_SKIPPED,
    RIG_JOB_INTERRUPTED,
} RigJobState;

typedef enum RigAttemptState {
    RIG_ATTEMPT_RUNNING,
    RIG_ATTEMPT_DONE,
    RIG_ATTEMPT_INTERRUPTED,
    RIG_ATTEMPT_KILLED,    /* by its limit */
} RigAttemptState;

/* One call of `rig run` for a job. */
typedef struct RigAttempt {
    char *run;             /* id of the run */
    RigAttemptState state;
    unsigned worker;       /* 1.. */
    GDateTime *started, *finished; /* UTC; finished: NULL while it runs */
    int status;            /* exit status, -1: not known */
} RigAttempt;

typedef struct RigNightScenario {
    char *name, *file;
} RigNightScenario;

typedef struct RigNightJob {
    char *id, *shard;
    unsigned line;
    RigJobState state;
    char *reason;          /* of a skipped one */
    uint64_t expected_ms;
    unsigned limit_seconds;
    GPtrArray *scenarios;  /* of RigNightScenario */
    GPtrArray *attempts;   /* of RigAttempt, in their order */
} RigNightJob;

/* What one machine does of it. */
typedef struct RigNightPart {
    char *shard, *host;    /* "1/2"; "1/1": all of it */
    GDateTime *started, *finished;
    unsigned workers, budget_seconds, spent_seconds, resumed;
    RigProcessId process;  /* pid 0: nobody works on it */
} RigNightPart;

typedef struct RigNight {
    char *id, *rig, *suite, *title, *suite_file, *sha256, *command;
    GDateTime *started, *finished;
    gboolean complete;
    GPtrArray *parts;      /* of RigNightPart */
    GPtrArray *jobs;       /* of RigNightJob, in the order of the suite */
} RigNight;

/* A night of @suite with the jobs of this shard, "1/2", all waiting. */
RigNight *rig_night_new(const RigSuite *suite, const char *id,
                        const char *shard);
void rig_night_free(RigNight *night);
RigNightJob *rig_night_job(const RigNight *night, const char *id);
/* A new attempt, which runs; its run gets an id that says what it is. */
RigAttempt *rig_night_begin(RigNightJob *job, unsigned worker);
/* What was running when the process that worked on it ended. */
void rig_night_interrupt(RigNight *night);

/* Names as in night.xml. */
const char *rig_job_state_name(RigJobState s);
const char *rig_attempt_state_name(RigAttemptState s);

/*
 * night-xml.c: write @dir/night.xml: temporary name, fsync, rename, fsync of
 * the directory. Read it back: NULL with @error when it is not there, or not
 * valid against @schema, results/night.rng.
 */
gboolean rig_night_write(const RigNight *night, const char *dir,
                         GError **error);
RigNight *rig_night_read(const char *dir, const char *schema, GError **error);

/*
 * All nights below @results, newest first. Those that cannot be read are left
 * out, and why is appended to @problems (NULL: nobody asks), "file:line: ...".
 * Array of RigNight that frees its elements.
 */
GPtrArray *rig_nights_read(const char *results, const char *schema,
                           GPtrArray *problems);

/* Parts to fill, for who reads one. */
RigNight *rig_night_empty(void);
RigNightPart *rig_night_part_new(void);
RigNightJob *rig_night_job_new(void);
void rig_attempt_free(RigAttempt *attempt);

#define RIG_NIGHTS "nights"

G_DEFINE_AUTOPTR_CLEANUP_FUNC(RigNight, rig_night_free)

#endif
