/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `rig bisect`: variants of a scenario, run by a `rig run` of their own, and
 * whether each of them still has the finding that is looked for.
 */
#ifndef RIG_CANDIDATE_H
#define RIG_CANDIDATE_H

#include <gio/gio.h>
#include <libxml/tree.h>

/* The finding looked for; strings as in run.xml (results/result.rng). */
typedef struct RigTarget {
    char *rule, *level, *id, *class_code;
    char *sentence;      /* of the first run that had it */
} RigTarget;

void rig_target_free(RigTarget *t);

/* A variant and what its runs gave; its repeats are fails+passes+unclear. */
typedef struct RigCandidate {
    xmlDoc *doc;         /* a scenario; owned */
    char *text;          /* what it is, for people */
    unsigned fails;      /* runs that had the finding */
    unsigned passes;     /* runs that were judged and had not */
    unsigned unclear;    /* broken, inconclusive or skipped, or refused */
    char *why;           /* the first reason of those; NULL: none */
} RigCandidate;

/* Takes @doc, copies @text. */
RigCandidate *rig_candidate_new(xmlDoc *doc, const char *text);
void rig_candidate_free(RigCandidate *c);

/* Where candidates run. */
typedef struct RigTrial {
    const char *rig;     /* this program */
    const char *dir;     /* an existing directory; each round adds one */
    unsigned repeats;    /* runs of each candidate, 1 to 100 */
    unsigned rounds;     /* so far */
    RigTarget *target;   /* owned; NULL: the next finding becomes it */
    const char *id;      /* only a finding of this id becomes it; NULL: any */
} RigTrial;

/*
 * Run each of @candidates (of RigCandidate) @repeats times, with @isolate each
 * in a machine of its own, and count. FALSE with @error when rig cannot run;
 * G_IO_ERROR_CANCELLED: the user stopped it.
 */
gboolean rig_trial_run(RigTrial *t, GPtrArray *candidates, gboolean isolate,
                       GError **error);

/*
 * From now on SIGINT and SIGTERM end the rig_trial_run() in progress and all
 * later ones.
 */
void rig_trial_catch_signals(void);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(RigTarget, rig_target_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RigCandidate, rig_candidate_free)

#endif
