/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A recording, as recorder.c writes it and timeline.c draws it. */
#ifndef RIG_TIMELINE_INTERNAL_H
#define RIG_TIMELINE_INTERNAL_H

#include "timeline.h"

#define REGISTER_NAME   "NdisMRegisterInterruptEx"
#define DEREGISTER_NAME "NdisMDeregisterInterruptEx"

/* INTx is kept after the vectors. */
#define LANES (RIG_LANES_MAX + 1)

typedef enum ItemType {
    ITEM_ENTER, ITEM_LEAVE, ITEM_FAULT, ITEM_LOST, ITEM_STATE, ITEM_RAISED,
} ItemType;

/* How much an item wants a column: low numbers first. */
typedef enum ItemRank {
    RANK_MUST, RANK_STATE, RANK_RAISED, RANK_CALL, RANK_RETURN, RANKS,
} ItemRank;

typedef struct Item {
    ItemType type;
    ItemRank rank;
    uint64_t event, ns;
    /* ENTER, LEAVE, FAULT */
    gboolean callback;
    unsigned thread;
    uint64_t call, caller;
    uint32_t status;
    char name[RIG_MARKER_NAME];
    /* STATE, RAISED */
    unsigned lane;
    RigVectorState state;
    uint64_t count;
    enum rig_raised outcome;
} Item;

struct RigRecorder {
    GArray *items;              /* of Item; allocated once */
    unsigned vectors;           /* lanes in use */
    RigVectorState initial[RIG_LANES_MAX], state[RIG_LANES_MAX];
};

#endif
