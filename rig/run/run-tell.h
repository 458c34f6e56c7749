/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a run tells other programs while it runs: JSON events (--json, or the
 * descriptor that `rig nightly` gives it) and the file "running".
 */
#ifndef RIG_RUN_TELL_H
#define RIG_RUN_TELL_H

#include "run.h"

/*
 * The options for programs that start a run: of which night and job it is,
 * which id it gets, where its events go. Not in --help.
 */
void rig_run_add_night_options(GOptionContext *context, RigRunOptions *o);
/* FALSE, and said so, when one of them has a value that cannot be. */
gboolean rig_run_check_night_options(const RigRunOptions *o);

/* Workers of a night, as many as there are libvirt roots (root.c). */
#define RIG_WORKERS_MAX 16

/* Is it "I/N", with I from 1 to N and N up to 999? NULL is, too. */
gboolean rig_shard_valid(const char *shard);
#define RIG_SHARD_HELP "it takes I/N, with I from 1 to N and N up to 999"

/*
 * The command as a person would give it: without those options and what they
 * say; to be freed.
 */
char *rig_run_command(int argc, char *const *argv);

/* The run directory exists. */
void rig_tell_started(RigRunContext *c);
/* Ten times a second while a machine runs. */
void rig_tell_progress(RigRunContext *c, const RigProgress *p);
/* A scenario has its verdict. */
void rig_tell_result(RigRunContext *c, const RigScenarioResult *r);
/* The run is over; @status is the exit status. */
void rig_tell_finished(RigRunContext *c, int status);

#endif
