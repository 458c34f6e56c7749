/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The handles that a rule follows in one cycle: a hash table that grows up to
 * a limit and then reuses the places of handles that are no longer held.
 */
#ifndef RIG_RULE_INSTANCES_H
#define RIG_RULE_INSTANCES_H

#include <glib.h>
#include <stdint.h>
#include "rig/events.h"

/* Handles that a rule can follow at a time; released ones make room. */
#define RIG_INSTANCES_MAX 65536u

/* An event that a rule remembers. */
typedef struct RigMoment {
    uint64_t event, ns;     /* RIG_NO_EVENT: has not happened */
    uint64_t call_event;    /* API: when the call began */
    uint64_t caller;
    const char *how;        /* "was called", "returned", ... */
    char name[RIG_MARKER_NAME];
} RigMoment;

/* A handle that the rule follows. */
typedef struct RigInstance {
    uint64_t key;
    unsigned state;
    int adapter;
    unsigned thread;        /* that made or last moved it */
    uint64_t inside_call;   /* innermost callback then, 0: none */
    uint32_t reported;      /* violations already reported for it */
    RigMoment created, moved;
} RigInstance;

typedef struct RigInstances {
    RigInstance *item;      /* in the order in which they were made */
    unsigned used, room;
    uint32_t *slot;         /* index into item + 1, 0: free */
    unsigned slots;         /* a power of two, at least 2 * room */
} RigInstances;

void rig_instances_init(RigInstances *t);
void rig_instances_clear(RigInstances *t);
/* Forget all. */
void rig_instances_reset(RigInstances *t);

RigInstance *rig_instances_find(const RigInstances *t, uint64_t key);
/*
 * The place of a key that is not in the table. `held` is a mask of states:
 * when the table is full, handles in other states are forgotten. NULL: all
 * are held. Pointers into the table become invalid.
 */
RigInstance *rig_instances_add(RigInstances *t, uint64_t key, uint32_t held);

#endif
