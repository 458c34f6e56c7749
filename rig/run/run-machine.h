/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One machine of a run while it runs: what run-machine.c and run-snapshot.c
 * share.
 */
#ifndef RIG_RUN_MACHINE_H
#define RIG_RUN_MACHINE_H

#include "monitor.h"
#include "run.h"
#include "snapshot.h"
#include "windows-machine.h"

typedef struct RigRunMachine RigRunMachine;

struct RigRunMachine {
    RigRunContext *c;
    const GPtrArray *plan;
    RigMachineResult *result;
    RigMonitor *monitor;
    char *dir;           /* vm-N, absolute */
    char *name;          /* of the domain */
    char *socket, *initrd, *xml, *inputs;
    GBytes *archive;
    uint64_t created_ms; /* as in RigVmEnd */
    RigWindowsMachine *windows; /* NULL: a guest with a plan */

    /* Of the plan, from the verdict until the run has them; NULL: not yet. */
    GPtrArray *results;  /* of RigScenarioResult */

    /* --start snapshot; NULL: it has nothing to do with one. */
    RigSnapshot *snapshot;
    const char *incoming;  /* state it goes on from, NULL: it boots */
    uint64_t stop_at;      /* event, 0: none */
    /* What the machine that booted found where this one did not boot, as
       @results, and its directory below the run's; NULL: there was none. */
    GPtrArray *cold_results;
    char *cold_dir;
    gboolean differs;    /* one that booted found something else */

    /* Of several side by side, the one whose bundle is written; NULL: this. */
    const RigRunMachine *bundled;
};

/* run-machine.c */
char *rig_run_machine_xml(const RigRunMachine *m); /* domain; to be freed */
unsigned rig_run_machine_wall_limit(const RigRunMachine *m);
/* Write @text to a file of the machine. */
gboolean rig_run_machine_save(const RigRunMachine *m, const char *name,
                              const char *text, GError **error);
/* QEMU's own arguments, for running it by hand. */
void rig_run_machine_save_argv(const RigRunMachine *m);
/* Everything that the machine is started with, in its directory. */
gboolean rig_run_machine_prepare(RigRunMachine *m, GError **error);
/* Hash of the inputs; inputs.txt is its proof. Waits for the file hashes. */
void rig_run_machine_set_inputs(RigRunMachine *m);
/* How long it took in an earlier run, once that is known, for the live line. */
void rig_run_machine_look_up(RigRunMachine *m);
/* The verdicts, before anybody is told of them. */
void rig_run_machine_judge(RigRunMachine *m, const RigVmEnd *end);
void rig_run_machine_clear(RigRunMachine *m);

/*
 * run-workers.c: run the only scenario of @m, a sweep, on as many machines as
 * the options say, and judge it in m->results. NULL without @error: one machine
 * is to do it, because it is not to be shared, or because none has left a
 * snapshot yet. Else the result has to live as long as m->bundled is used.
 */
typedef struct RigRunWorker RigRunWorker;
typedef struct RigRunWorkers RigRunWorkers;
RigRunWorkers *rig_run_workers(RigRunMachine *m, GError **error);
void rig_run_workers_free(RigRunWorkers *all);

/*
 * run-snapshot.c: with --start snapshot, sets m->snapshot, and m->incoming if
 * there is one to go on from.
 */
void rig_run_snapshot_choose(RigRunMachine *m);
/*
 * QEMU is gone, m->results are judged. The first machine of its kind is saved,
 * if it then does from there what it has done; unexpected verdicts of one that
 * was restored are held against a machine that boots. What differs is broken.
 */
void rig_run_snapshot_check(RigRunMachine *m);

#endif
