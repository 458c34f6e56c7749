/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Suites: what `rig nightly` runs, read from a file and made into jobs.
 *
 * A job is one call of `rig run` or `rig sweep`: scenarios of one entry of the
 * suite that need the same machine and so share its boot, at most
 * RIG_JOB_SCENARIOS of them, or one sweep. Jobs and their ids follow from the
 * suite and the scenario files alone, so they are the same on every machine.
 */
#ifndef RIG_SUITE_H
#define RIG_SUITE_H

#include <glib.h>
#include <stdint.h>

#include "retention.h"
#include "scenario.h"

/* Few enough that an interrupted job loses little, many enough that booting,
 * about 2 s, is not most of it. */
#define RIG_JOB_SCENARIOS 8

/* Wall time of a job beyond what its scenarios allow: libvirt, report. */
#define RIG_JOB_EXTRA_SECONDS 60

/* So many jobs at most: ids have four digits. */
#define RIG_SUITE_JOBS_MAX 9999

typedef struct RigJob {
    char *id;             /* "j001", by its place in the suite */
    unsigned line;        /* of the entry in the suite */
    GPtrArray *scenarios; /* of RigScenario, at least one */
    char **args;          /* of rig, NULL-terminated: "run", options, files */
    unsigned limit_seconds; /* on its wall time */
    uint64_t weight_ms;   /* by its contents or the suite's durations: the
                             same everywhere */
    unsigned shard;       /* 1.., by rig_shard() */
    uint64_t expected_ms; /* by the history of this machine, else weight_ms */
    int priority;         /* smaller first: enum rig_priority */
} RigJob;

typedef struct RigSuite {
    char *file;           /* as the user gave it */
    char *name, *title;   /* title: NULL if there is none */
    char *sha256;         /* of the file */
    unsigned budget_seconds; /* 0: no limit */
    unsigned workers;     /* 0: not said */
    char *known;          /* known-issue file, NULL: none */
    char *durations;      /* file, NULL: none */
    unsigned snapshots;   /* that are kept, 0: as many as rig run keeps */
    char *start;          /* how machines do: "cold", "snapshot"; NULL: cold */
    RigRetention retention;
    GPtrArray *jobs;      /* of RigJob */
} RigSuite;

/*
 * Read and check a suite and all scenarios that it names. Every fault is
 * appended to @problems as "file:line: what is wrong; what to do"; NULL when
 * there was any.
 */
RigSuite *rig_suite_load(const char *file, const RigPaths *paths,
                         GPtrArray *problems);
void rig_suite_free(RigSuite *suite);

/* "90s", "10m", "6h" or "1d" in seconds; FALSE: it is none. */
gboolean rig_parse_duration(const char *text, unsigned *seconds);
/* "6 h", "1 h 30 min", "45 s": to be freed. */
char *rig_duration_text(uint64_t seconds);

/*
 * matrix.c: jobs of an entry, an element of a valid suite in a directory
 * @dir, appended to the suite.
 */
struct _xmlNode;
void rig_suite_add_scenarios(RigSuite *suite, struct _xmlNode *entry,
                             const char *dir, const RigPaths *paths,
                             GPtrArray *problems);
void rig_suite_add_sweeps(RigSuite *suite, struct _xmlNode *entry,
                          const char *dir, const RigPaths *paths,
                          GPtrArray *problems);

/*
 * durations.c: what each scenario takes in ms, by name; NULL with @problems.
 * The file is a GLib key file with a group [milliseconds].
 */
GHashTable *rig_durations_load(const char *file, GPtrArray *problems);
gboolean rig_durations_save(const RigSuite *suite, const char *file,
                            GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(RigSuite, rig_suite_free)

#endif
