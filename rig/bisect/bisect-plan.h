/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The two searches of `rig bisect`. */
#ifndef RIG_BISECT_PLAN_H
#define RIG_BISECT_PLAN_H

#include "candidate.h"
#include "paths.h"

/*
 * bisect-plan.c: make @doc, a scenario that @file holds, as small as it can be
 * with the finding still there, and say on standard output what is done. The
 * smallest is written to @output. Returns an exit status.
 */
int rig_bisect_plan(RigTrial *t, xmlDoc *doc, const char *file,
                    const RigPaths *paths, const char *output);

/*
 * bisect-builds.c: the first of @builds (directories or INF files, oldest
 * first, NULL-terminated) that has the finding. Returns an exit status.
 */
int rig_bisect_builds(RigTrial *t, xmlDoc *doc, char *const *builds);

/* "3 of 3 runs have it", with what was unclear; to be freed. */
char *rig_candidate_ratio(const RigCandidate *c);

#endif
