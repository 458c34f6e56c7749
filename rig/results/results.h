/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * run.xml: everything a run found, written crash-safe and valid against
 * results/result.rng, which explains every attribute.
 *
 * Write it once when the run starts (complete = FALSE), again whenever a
 * machine is done, and a last time with complete = TRUE: each time the whole
 * file is replaced, so a reader never sees half of it.
 */
#ifndef RIG_RESULTS_H
#define RIG_RESULTS_H

#include <glib.h>
#include "monitor.h"
#include "verdict.h"

/* A file that decides what a run does. */
typedef struct RigArtifact {
    char *name;
    char *sha256;        /* 64 lower-case hexadecimal digits */
} RigArtifact;

/* A rule that the run judges by. */
typedef struct RigRunRule {
    char *name;
    char *title;         /* one sentence */
    char *page;          /* address of what publishes it; NULL: none */
} RigRunRule;

/* How a machine's stream relates to the last one with the same inputs. */
typedef enum RigCompared {
    RIG_COMPARED_NOT,    /* not compared */
    RIG_COMPARED_FIRST,  /* nothing to compare with */
    RIG_COMPARED_SAME,
    RIG_COMPARED_DIFFERENT,
} RigCompared;

/* One virtual machine of the run; NULL and 0: not known, not written. */
typedef struct RigMachineResult {
    unsigned number;     /* 1-based */
    char *dir;           /* relative to the run directory: "vm-1" */
    RigMachine machine;  /* nic, vectors, queues, profile; strings owned */
    unsigned workers;    /* machines side by side that this one stands for, in
                            share-1, ... below dir; 0 or 1: none */
    char *inputs;        /* SHA-256 */
    char *stream;        /* SHA-256 */
    uint64_t events, lost;
    gboolean ended;
    uint64_t boot_ms, total_ms; /* wall time */
    RigOutcome outcome;
    char *detail;
    RigCompared compared;
    char *compared_run;
    uint64_t different_at; /* event, with RIG_COMPARED_DIFFERENT */
} RigMachineResult;

typedef struct RigRun {
    char *id;            /* also the name of the directory */
    char *rig;           /* version of rig */
    GDateTime *started;  /* UTC */
    GDateTime *finished; /* UTC; NULL: still running */
    gboolean complete;
    char *command;
    char *night, *job;   /* NULL: of no night */
    char *shard;         /* "1/2"; NULL: the night has no shards */
    char *os, *libvirt, *qemu, *kernel, *accel; /* NULL: not known */
    unsigned cpus;       /* of the host, 0: not known */
    GPtrArray *artifacts; /* of RigArtifact */
    GPtrArray *rules;     /* of RigRunRule */
    GPtrArray *machines;  /* of RigMachineResult */
    GPtrArray *known;     /* of RigKnownIssue, NULL: none were given */
    GPtrArray *scenarios; /* of RigScenarioResult, in the order to show */
} RigRun;

/* An empty run with empty arrays that free their elements. */
RigRun *rig_run_new(void);
void rig_run_free(RigRun *run);

/* Append; strings are copied. The machine belongs to the run. */
void rig_run_add_artifact(RigRun *run, const char *name, const char *sha256);
/* A rule that is there already is not added again; @page may be NULL. */
void rig_run_add_rule(RigRun *run, const char *name, const char *title,
                      const char *page);
RigMachineResult *rig_run_add_machine(RigRun *run);
/* Copy what the monitor knows about the machine's stream into `machine`. */
void rig_machine_result_set_stream(RigMachineResult *machine,
                                   const RigMonitor *m);

/*
 * Write `dir`/run.xml: under a temporary name, fsync, rename, fsync of the
 * directory. FALSE with `error` when that fails; the old file is then intact.
 */
gboolean rig_results_write(const RigRun *run, const char *dir,
                           GError **error);

/*
 * Check a run.xml against result.rng. Problems as in scenario.h; TRUE when
 * there is none.
 */
gboolean rig_results_validate(const char *file, const char *schema,
                              GPtrArray *problems);

/* Totals over the scenarios of a run, as in <summary>. */
typedef struct RigSummary {
    unsigned scenarios, verdict[RIG_VERDICTS], as_expected;
    unsigned seeded, seeded_found, controls, false_alarms;
} RigSummary;
void rig_run_summary(const RigRun *run, RigSummary *summary);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(RigRun, rig_run_free)

#endif
