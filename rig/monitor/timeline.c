/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Drawing a recorded cycle.
 *
 * Every recorded item is a candidate for a column of its own; items of one
 * event share one. When there are more than RIG_COLUMNS_MAX, the least
 * interesting ones move into the column before them: first returns of
 * ordinary calls, then the calls, then interrupts, then table changes.
 */
#include <string.h>
#include "timeline-internal.h"

/* --- columns ------------------------------------------------------------- */

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

/* --- drawing ------------------------------------------------------------- */

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
                !strcmp(item->name, REGISTER_NAME) ? RIG_CALL_REGISTER :
                !strcmp(item->name, DEREGISTER_NAME) ? RIG_CALL_DEREGISTER :
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
