/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Recording a cycle and drawing it.
 *
 * Every recorded item is a candidate for a column of its own; items of one
 * event share one. When there are more than RIG_COLUMNS_MAX, the least
 * interesting ones move into the column before them: first returns of
 * ordinary calls, then the calls, then interrupts, then table changes.
 */
#include <string.h>
#include "timeline.h"

/* Ordinary items leave this much room for interesting ones. */
#define RESERVE (RIG_RECORDING_MAX / 4)

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

static const char register_name[] = "NdisMRegisterInterruptEx";
static const char deregister_name[] = "NdisMDeregisterInterruptEx";

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
                    !strcmp(m->name, register_name) ||
                    !strcmp(m->name, deregister_name) ? RANK_MUST :
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

/* --- columns -------------------------------------------------------------- */

/* Distinct events of each rank; an event has the best rank of its items. */
static ItemRank *event_ranks(const RigRecorder *r, unsigned count[RANKS])
{
    ItemRank *rank = g_new(ItemRank, r->items->len + 1);
    unsigned first = 0;

    memset(count, 0, RANKS * sizeof(*count));
    for (unsigned i = 0; i < r->items->len; i++) {
        const Item *item = &g_array_index(r->items, Item, i);

        if (i && item->event ==
                 g_array_index(r->items, Item, first).event) {
            rank[first] = MIN(rank[first], item->rank);
            rank[i] = RANKS;
        } else {
            first = i;
            rank[i] = item->rank;
        }
    }
    for (unsigned i = 0; i < r->items->len; i++) {
        if (rank[i] != RANKS) {
            count[rank[i]]++;
        }
    }
    return rank;
}

/*
 * Column of each item; returns their number. Of the rank for which there is
 * not enough room, the first and the last events get columns.
 */
static unsigned assign_columns(const RigRecorder *r, unsigned *column)
{
    unsigned count[RANKS], seen[RANKS] = { 0 }, columns = 0;
    unsigned room = RIG_COLUMNS_MAX - 1;
    unsigned share[RANKS];
    g_autofree ItemRank *rank = event_ranks(r, count);

    for (unsigned k = 0; k < RANKS; k++) {
        share[k] = MIN(room, count[k]);
        room -= share[k];
    }
    for (unsigned i = 0; i < r->items->len; i++) {
        unsigned k = rank[i], n;

        if (k != RANKS) {
            n = seen[k]++;
            columns += n < (share[k] + 1) / 2 ||
                       n >= count[k] - share[k] / 2;
        }
        column[i] = columns ? columns - 1 : 0;
    }
    return columns;
}

/* --- drawing ---------------------------------------------------------------- */

static void lane_free(gpointer data)
{
    RigTimelineLane *lane = data;

    g_array_unref(lane->spans);
    g_array_unref(lane->raised);
    g_free(lane);
}

static void mark_clear(gpointer data)
{
    g_free(((RigTimelineMark *)data)->label);
}

static RigTimeline *timeline_new(void)
{
    RigTimeline *t = g_new0(RigTimeline, 1);

    t->phases = g_array_new(FALSE, FALSE, sizeof(RigTimelineCall));
    t->calls = g_array_new(FALSE, FALSE, sizeof(RigTimelineCall));
    t->lanes = g_ptr_array_new_with_free_func(lane_free);
    t->marks = g_array_new(FALSE, FALSE, sizeof(RigTimelineMark));
    g_array_set_clear_func(t->marks, mark_clear);
    return t;
}

void rig_timeline_free(RigTimeline *t)
{
    if (t) {
        g_array_unref(t->phases);
        g_array_unref(t->calls);
        g_ptr_array_unref(t->lanes);
        g_array_unref(t->marks);
        g_free(t);
    }
}

/* Callbacks that return nothing: ndis.h, MINIPORT_HALT and others. */
static gboolean is_void(const char *callback)
{
    static const char *const names[] = {
        "MiniportHaltEx", "MiniportDriverUnload", "MiniportRemoveDevice",
        "MiniportShutdownEx", "MiniportDevicePnPEventNotify", NULL
    };

    return g_strv_contains(names, callback);
}

/* A phase or call that is open while drawing. */
typedef struct Open {
    GArray *list;
    unsigned index;
    uint64_t call;
    gboolean callback;
} Open;

typedef struct Drawing {
    RigTimeline *t;
    GArray *open[RIG_CALLS_THREADS]; /* of Open */
} Drawing;

static RigTimelineCall call_from(const Item *item, unsigned column)
{
    RigTimelineCall c = {
        .kind = item->type == ITEM_FAULT ? RIG_CALL_FAULT :
                !strcmp(item->name, register_name) ? RIG_CALL_REGISTER :
                !strcmp(item->name, deregister_name) ? RIG_CALL_DEREGISTER :
                RIG_CALL_OTHER,
        .thread = item->thread,
        .from = column,
        .to = column + 1,
        .caller = item->caller,
        .event_from = item->event,
        .event_to = RIG_NO_EVENT,
        .ns_from = item->ns,
        .ns_to = RIG_NO_EVENT,
    };

    memcpy(c.name, item->name, sizeof(c.name));
    return c;
}

static unsigned phase_depth(const GArray *open)
{
    unsigned depth = 0;

    for (unsigned i = 0; i < open->len; i++) {
        depth += g_array_index(open, Open, i).callback;
    }
    return MIN(depth, RIG_PHASE_DEPTH_MAX);
}

static void draw_enter(Drawing *d, const Item *item, unsigned column)
{
    GArray *list = item->callback ? d->t->phases : d->t->calls;
    GArray *open = d->open[item->thread];
    RigTimelineCall c = call_from(item, column);
    Open o = { list, list->len, item->call, item->callback };

    c.depth = phase_depth(open);
    c.to = d->t->columns;
    g_array_append_val(list, c);
    g_array_append_val(open, o);
}

static void draw_leave(Drawing *d, const Item *item, unsigned column)
{
    GArray *open = d->open[item->thread];

    /* Items in between may not have been recorded. */
    for (unsigned i = open->len; i-- > 0; ) {
        Open *o = &g_array_index(open, Open, i);

        if (o->call == item->call && o->callback == item->callback) {
            RigTimelineCall *c = &g_array_index(o->list, RigTimelineCall,
                                                o->index);

            c->to = MAX(column, c->from + 1);
            c->event_to = item->event;
            c->ns_to = item->ns;
            c->status = item->status;
            c->has_status = !item->callback || !is_void(item->name);
            g_array_set_size(open, i);
            return;
        }
    }
}

static void draw_fault(Drawing *d, const Item *item, unsigned column)
{
    RigTimelineCall c = call_from(item, column);

    c.has_status = TRUE;
    c.status = item->status;
    c.event_to = item->event;
    c.ns_to = item->ns;
    g_array_append_val(d->t->calls, c);
}

static RigTimelineLane *lane_new(unsigned vector)
{
    RigTimelineLane *lane = g_new0(RigTimelineLane, 1);

    lane->vector = vector;
    lane->spans = g_array_new(FALSE, FALSE, sizeof(RigTimelineSpan));
    lane->raised = g_array_new(FALSE, FALSE, sizeof(RigTimelineRaised));
    return lane;
}

/* A new state from `column` on; the last one within a column stays. */
static void draw_state(RigTimelineLane *lane, RigVectorState state,
                       unsigned column, unsigned columns, uint64_t event)
{
    RigTimelineSpan span = { state, column, columns, event };
    RigTimelineSpan *last = lane->spans->len ?
        &g_array_index(lane->spans, RigTimelineSpan, lane->spans->len - 1) :
        NULL;

    if (last && last->from == column) {
        g_array_set_size(lane->spans, lane->spans->len - 1);
    } else if (last) {
        last->to = column;
    }
    g_array_append_val(lane->spans, span);
}

static void draw_device(const Item *item, unsigned column, unsigned columns,
                        RigTimelineLane *lane)
{
    if (item->type == ITEM_STATE) {
        draw_state(lane, item->state, column, columns, item->event);
    } else {
        RigTimelineRaised raised = { column, item->count, item->event,
                                     item->outcome };

        g_array_append_val(lane->raised, raised);
    }
}

/* Lanes of vectors that were ever anything but disabled, or raised. */
static void draw_lanes(RigTimeline *t, const RigRecorder *r,
                       const unsigned *column)
{
    RigTimelineLane *lanes[LANES];

    for (unsigned v = 0; v < LANES; v++) {
        lanes[v] = lane_new(v == RIG_LANES_MAX ? RIG_VECTOR_INTX : v);
        if (v < r->vectors) {
            draw_state(lanes[v], r->initial[v], 0, t->columns, RIG_NO_EVENT);
        }
    }
    for (unsigned i = 0; i < r->items->len; i++) {
        const Item *item = &g_array_index(r->items, Item, i);

        if (item->type == ITEM_STATE || item->type == ITEM_RAISED) {
            draw_device(item, column[i], t->columns, lanes[item->lane]);
        }
    }
    for (unsigned v = 0; v < LANES; v++) {
        const RigTimelineSpan *first = lanes[v]->spans->len ?
            &g_array_index(lanes[v]->spans, RigTimelineSpan, 0) : NULL;

        if (lanes[v]->raised->len || lanes[v]->spans->len > 1 ||
            (first && first->state != RIG_VECTOR_DISABLED)) {
            g_ptr_array_add(t->lanes, lanes[v]);
        } else {
            lane_free(lanes[v]);
        }
    }
}

/* Calls that were folded together with their neighbours say nothing. */
static void drop_folded(RigTimeline *t)
{
    unsigned kept = 0;

    for (unsigned i = 0; i < t->calls->len; i++) {
        const RigTimelineCall *c = &g_array_index(t->calls, RigTimelineCall,
                                                  i);
        const RigTimelineCall *before = kept ?
            &g_array_index(t->calls, RigTimelineCall, kept - 1) : NULL;

        if (c->kind == RIG_CALL_OTHER && before && before->from == c->from &&
            before->thread == c->thread) {
            continue;
        }
        g_array_index(t->calls, RigTimelineCall, kept++) = *c;
    }
    g_array_set_size(t->calls, kept);
}

static void draw_marks(RigTimeline *t, const RigRecorder *r,
                       const unsigned *column, const GPtrArray *findings,
                       unsigned first)
{
    for (unsigned i = first; i < findings->len; i++) {
        const RigFinding *f = findings->pdata[i];
        RigTimelineMark mark = { f->number, 0, f->event,
                                 g_strdelimit(g_strdup(f->id), "-", ' ') };

        for (unsigned k = 0; k < r->items->len; k++) {
            if (g_array_index(r->items, Item, k).event <= f->event) {
                mark.at = column[k];
            }
        }
        g_array_append_val(t->marks, mark);
    }
}

RigTimeline *rig_recorder_draw(const RigRecorder *r,
                               const GPtrArray *findings, unsigned first)
{
    g_autofree unsigned *column = g_new0(unsigned, r->items->len + 1);
    Drawing d = { .t = timeline_new() };

    for (unsigned i = 0; i < RIG_CALLS_THREADS; i++) {
        d.open[i] = g_array_new(FALSE, FALSE, sizeof(Open));
    }
    d.t->columns = assign_columns(r, column) + 1;
    for (unsigned i = 0; i < r->items->len; i++) {
        const Item *item = &g_array_index(r->items, Item, i);

        if (item->type == ITEM_ENTER) {
            draw_enter(&d, item, column[i]);
        } else if (item->type == ITEM_LEAVE) {
            draw_leave(&d, item, column[i]);
        } else if (item->type == ITEM_FAULT) {
            draw_fault(&d, item, column[i]);
        }
    }
    for (unsigned i = 0; i < RIG_CALLS_THREADS; i++) {
        g_array_unref(d.open[i]);
    }
    drop_folded(d.t);
    draw_lanes(d.t, r, column);
    draw_marks(d.t, r, column, findings, first);
    return d.t;
}
