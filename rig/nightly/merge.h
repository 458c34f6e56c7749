/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Results of several machines put together: runs are copied, nights with the
 * same id become one.
 *
 * Everything is compared before anything is changed, so a conflict leaves the
 * target as it was. Each run gets in by one rename(2), so a merge that is cut
 * short has only whole ones, and the same call again does the rest.
 */
#ifndef RIG_MERGE_H
#define RIG_MERGE_H

#include <glib.h>

#include "night.h"

typedef struct RigMerged {
    unsigned runs, same_runs;     /* copied; there already */
    unsigned nights;              /* new, or with more in it */
    unsigned left_out;            /* run directories without a run.xml */
} RigMerged;

/*
 * Put the results directories @from, NULL-terminated, into @into. What keeps
 * it from being done is appended to @problems, as in problem.h: a run with the
 * same id and other contents, the same shard of a night run twice, a run that
 * is in progress, a directory that holds no results. FALSE then.
 */
gboolean rig_merge(const char *into, char *const *from, const char *schema,
                   RigMerged *merged, GPtrArray *problems);

/*
 * merge-night.c: what @b has and @a has not, added to @a. 1: something was,
 * 0: nothing, -1 with a problem: they contradict each other. @where names the
 * file of @b.
 */
int rig_merge_night(RigNight *a, const RigNight *b, const char *where,
                    GPtrArray *problems);

#endif
