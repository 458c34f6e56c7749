/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of `rig run` share. */
#ifndef RIG_RUN_H
#define RIG_RUN_H

#include <glib.h>
#include <libvirt/libvirt.h>

#include "history.h"
#include "inputs.h"
#include "paths.h"
#include "progress.h"
#include "results.h"
#include "root.h"
#include "rule.h"
#include "run-live.h"
#include "vm.h"

typedef struct RigRunOptions {
    char *results;       /* directory, absolute */
    char *images;        /* store of Windows images, absolute */
    char *uri;           /* NULL: the embedded driver */
    int timeout;         /* wall seconds per machine, 0: by the scenarios */
    gboolean isolate;    /* a boot for every scenario */
    gboolean keep;       /* keep the initrd in the run directory */
    char **known;        /* files of known issues, NULL: none */
    gboolean quiet;
    gboolean verbose;
    gboolean keep_on_failure; /* machines of unexpected verdicts stay */
    int keep_minutes;    /* so long at most */
    gboolean json;       /* events on standard output, nothing else */
    int events_fd;       /* descriptor for them, 0: none */
    char *night, *job, *shard; /* what the run is of; NULL: of no night */
    char *id;            /* of the run; NULL: a new one */
    int worker;          /* of the night, 1..; 0: none */
    int workers;         /* machines that share a sweep; 0: not said */
    gboolean record;     /* QEMU record/replay: leave a recording */
    char *snapshots;     /* directory in the user's cache; NULL: not needed */
    char *start;         /* "cold", "snapshot"; NULL: cold */
    char *live;          /* outside world, as in RigDomain; NULL: none */
    char *again;         /* sweep: command that takes a point; NULL: see file */
} RigRunOptions;

typedef struct RigRunContext {
    const RigRunOptions *options;
    RigPaths *paths;
    GPtrArray *scenarios;  /* of RigScenario, in the user's order */
    RigRules *rules;
    GPtrArray *known;      /* of RigKnownIssue, until the run has them */
    RigRoot *root;
    virConnectPtr conn;
    RigHashes *hashes;
    RigHistory *history;   /* NULL: cannot be opened */
    gboolean guests[RIG_GUESTS]; /* which ones the scenarios need */
    char *cmdline[RIG_GUESTS];   /* of their kernels, where needed */
    RigRun *run;
    char *dir;             /* run directory, absolute */
    RigLive live;
    RigRunLive told;       /* what the file "running" says */
    gint64 told_at;        /* when, monotonic us */
    gboolean interrupted;
    gboolean unsaved;      /* run.xml lacks results: it cannot be written */
} RigRunContext;

/* Scenarios to run, as rig_scenarios_load() gives them. */
typedef GPtrArray *(*RigScenarioSource)(const RigPaths *paths,
                                        GPtrArray *problems, void *opaque);

/*
 * run.c: the whole of a command that runs what @source gives, from the checks
 * to the report; @argv is for the record. Returns an exit status.
 */
int rig_run_with(RigRunOptions *options, RigScenarioSource source,
                 void *opaque, int argc, char **argv);
/* The options that all such commands have. */
void rig_run_add_options(GOptionContext *context, RigRunOptions *options);
/* --start, of those that can. */
void rig_run_add_start_option(GOptionContext *context,
                              RigRunOptions *options);
/* What it reads into is freed by this. */
void rig_run_options_clear(RigRunOptions *options);
/* FALSE, and said so, when one of them has a value that cannot be. */
gboolean rig_run_check_options(RigRunOptions *options);

/*
 * run-machine.c: boot one machine for @plan (of RigScenario), judge it, add
 * machine and scenario results to the run, print the verdicts.
 */
void rig_run_machine(RigRunContext *c, const GPtrArray *plan);

/*
 * run-keep.c: --keep-on-failure. Where QEMU of this run has its monitor, NULL:
 * it needs none; to be freed.
 */
char *rig_keep_socket(const RigRunContext *c);
/*
 * Keep the machine if one of its verdicts in the run was not expected, say how to attach, and return when it may be destroyed.
 */
void rig_keep(RigRunContext *c, RigVm *vm, const RigMachineResult *machine);

/*
 * run-frames.c: check the capture of the machine in directory @vm of the run
 * against the traffic counts of @results (of RigScenarioResult, in the order
 * of the plan), and tell the results.
 */
void rig_run_check_frames(const char *run_dir, const char *vm,
                          const GPtrArray *results);

/* --start snapshot? */
gboolean rig_snapshot_wanted(const RigRunOptions *options);

/* run-print.c: what the user sees on standard output. */
void rig_print_heading(const RigRunContext *c);
void rig_print_result(const RigRunContext *c, const RigScenarioResult *r);
void rig_print_machine(const RigRunContext *c, const RigMachineResult *m);
void rig_print_end(const RigRunContext *c, gboolean have_page);

/* sweep-print.c: the fault map of a sweep. */
void rig_print_sweep(const RigRunContext *c, const RigScenarioResult *r);

/* Exit status by the results; enum rig_exit. */
int rig_run_status(const RigRunContext *c);

#endif
