/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Known issues: failures that somebody has looked at, with the reason, a link
 * and the day on which they have to be looked at again.
 *
 * A known issue never changes a verdict. It is shown beside it, and only the
 * exit status and what is called newly failing heed it. rig-known-issues(5)
 * explains the file, scenarios/known-issues.rng is its schema.
 */
#ifndef RIG_KNOWN_H
#define RIG_KNOWN_H

#include <glib.h>

#include "paths.h"
#include "results.h"

/* What became of an issue in a run. */
typedef enum RigKnownState {
    RIG_KNOWN_EXPIRED,   /* without effect since its day is over */
    RIG_KNOWN_UNTRIED,   /* no scenario that it is about was judged */
    RIG_KNOWN_STRUCK,    /* it covers a failure */
    RIG_KNOWN_STOPPED,   /* what it is about was judged, and did not fail so */
} RigKnownState;

/* "expired", "untried", "struck", "stopped": as in run.xml. */
const char *rig_known_state_name(RigKnownState state);

typedef struct RigKnownIssue {
    char *id;
    char *expires;       /* "2027-03-31", the last day on which it counts */
    char *reason, *link;
    char *file;          /* as the user named it */
    int line;
    gboolean expired;    /* by the day given when it was loaded */
    GPtrArray *matches;  /* of what it is about */
    RigKnownState state; /* by the results applied so far */
} RigKnownIssue;

/*
 * Load @file. Problems are appended as "file:line: what is wrong; what to
 * do"; an array of RigKnownIssue that frees its elements, NULL when there was
 * any. @today, "2026-11-26", decides which have expired; NULL: today's date
 * in UTC.
 */
GPtrArray *rig_known_load(const char *file, const char *today,
                          const RigPaths *paths, GPtrArray *problems);

/* "file:line: known issue ... expired ..." for those that have. */
void rig_known_add_expired(const GPtrArray *issues, GPtrArray *problems);

/*
 * Which issues cover @result: sets result->known (of RigKnownUse) and
 * result->known_all, and brings the states of @issues up to date. Call it once
 * for each result.
 */
void rig_known_apply(GPtrArray *issues, RigScenarioResult *result);

#endif
