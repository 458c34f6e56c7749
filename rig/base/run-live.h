/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a run is doing right now, for `rig status`, `rig attach` and retention:
 * the file "running" in its directory, a GLib key file that is there as long
 * as the run is in progress. Of a rig that was killed it stays behind; the
 * process id in it then says so.
 */
#ifndef RIG_RUN_LIVE_H
#define RIG_RUN_LIVE_H

#include <glib.h>

#include "process-id.h"

#define RIG_RUN_LIVE_FILE "running"

/* Strings may be NULL: not known, or not so. */
typedef struct RigRunLive {
    RigProcessId process;
    char *command;
    char *night, *job;
    unsigned worker;      /* 1-based in the night, 0: no night */
    unsigned scenarios, done;
    char *scenario;       /* that runs now; NULL: the machine boots */
    char *last, *last_verdict; /* the one that finished last */
    gint64 started;       /* Unix time, seconds */
    gint64 ends;          /* expected end, Unix time; 0: not known */
    gint64 keeps_until;   /* kept machine is destroyed then; 0: none is kept */
    char *monitor;        /* kept machine: socket of QEMU's monitor */
    char *console;        /* kept machine: file with the serial console */
} RigRunLive;

/* Replace @dir/running. Losing it in a crash does not matter: no fsync. */
void rig_run_live_write(const RigRunLive *live, const char *dir);
void rig_run_live_remove(const char *dir);
/* NULL: there is none, or it is not one. */
RigRunLive *rig_run_live_read(const char *dir);
void rig_run_live_free(RigRunLive *live);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(RigRunLive, rig_run_live_free)

#endif
