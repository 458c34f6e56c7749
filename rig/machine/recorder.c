/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Recording what happens in a cycle, in a buffer of fixed size. */
#include <string.h>
#include "timeline-internal.h"

/* Ordinary items leave this much room for interesting ones. */
#define RESERVE (RIG_RECORDING_MAX / 4)

RigRecorder *rig_recorder_new(void)
{
    RigRecorder *r = g_new0(RigRecorder, 1);

    r->items = g_array_sized_new(FALSE, FALSE, sizeof(Item),
                                 RIG_RECORDING_MAX);
    return r;
}

void rig_recorder_free(RigRecorder *r)
{
    if (r) {
        g_array_unref(r->items);
        g_free(r);
    }
}

void rig_recorder_reset(RigRecorder *r, const RigMsix *x)
{
    g_array_set_size(r->items, 0);
    r->vectors = MIN(x->vectors, RIG_LANES_MAX);
    for (unsigned v = 0; v < r->vectors; v++) {
        r->initial[v] = r->state[v] = rig_msix_vector(x, v);
    }
}

/* Room for one more item of this rank, or NULL. */
static Item *add_item(RigRecorder *r, ItemType type, ItemRank rank,
                      const RigEvent *e)
{
    unsigned limit = rank == RANK_MUST ? RIG_RECORDING_MAX
                                       : RIG_RECORDING_MAX - RESERVE;
    Item *item;

    if (r->items->len >= limit) {
        return NULL;
    }
    g_array_set_size(r->items, r->items->len + 1);
    item = &g_array_index(r->items, Item, r->items->len - 1);
    item->type = type;
    item->rank = rank;
    item->event = e->seq;
    item->ns = e->ns;
    return item;
}

static void record_raised(RigRecorder *r, const RigEvent *e)
{
    unsigned lane = e->raised.vector == RIG_VECTOR_INTX ? RIG_LANES_MAX
                                                        : e->raised.vector;
    Item *last = r->items->len ?
        &g_array_index(r->items, Item, r->items->len - 1) : NULL;
    Item *item;

    if (lane > RIG_LANES_MAX) {
        return;
    }
    if (last && last->type == ITEM_RAISED && last->lane == lane &&
        last->outcome == e->raised.outcome) {
        last->count += e->raised.count;
        return;
    }
    item = add_item(r, ITEM_RAISED, RANK_RAISED, e);
    if (item) {
        item->lane = lane;
        item->count = e->raised.count;
        item->outcome = e->raised.outcome;
    }
}

static void record_state(RigRecorder *r, const RigEvent *e, const RigMsix *x,
                         unsigned v)
{
    RigVectorState state = rig_msix_vector(x, v);
    Item *item;

    if (state == r->state[v]) {
        return;
    }
    r->state[v] = state;
    item = add_item(r, ITEM_STATE, RANK_STATE, e);
    if (item) {
        item->lane = v;
        item->state = state;
    }
}

void rig_recorder_device(RigRecorder *r, const RigEvent *e, const RigMsix *x)
{
    if (e->type == RIG_EV_RAISED) {
        record_raised(r, e);
    } else if (e->type == RIG_EV_TABLE) {
        if (e->table.vector < r->vectors) {
            record_state(r, e, x, e->table.vector);
        }
    } else {
        for (unsigned v = 0; v < r->vectors; v++) {
            record_state(r, e, x, v);
        }
    }
}

void rig_recorder_marker(RigRecorder *r, const RigEvent *e)
{
    const struct rig_marker *m = &e->marker;
    gboolean callback = m->kind == RIG_MK_CALLBACK_ENTER ||
                        m->kind == RIG_MK_CALLBACK_LEAVE;
    gboolean enter = m->kind == RIG_MK_CALLBACK_ENTER ||
                     m->kind == RIG_MK_API_ENTER;
    gboolean leave = m->kind == RIG_MK_CALLBACK_LEAVE ||
                     m->kind == RIG_MK_API_LEAVE;
    ItemType type = enter ? ITEM_ENTER : leave ? ITEM_LEAVE :
                    m->kind == RIG_MK_API_FAULT ? ITEM_FAULT : ITEM_LOST;
    ItemRank rank = callback || (!enter && !leave) ||
                    !strcmp(m->name, REGISTER_NAME) ||
                    !strcmp(m->name, DEREGISTER_NAME) ? RANK_MUST :
                    enter ? RANK_CALL : RANK_RETURN;
    Item *item = add_item(r, type, rank, e);

    if (item) {
        item->callback = callback;
        item->thread = m->thread;
        item->call = m->call;
        item->caller = m->caller;
        item->status = m->status;
        memcpy(item->name, m->name, sizeof(item->name));
    }
}
