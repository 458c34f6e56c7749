/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One stream from those of machines that shared a sweep. */
#include "stream-deal.h"

#include <gio/gio.h>
#include <string.h>

#include "include/plan.h"
#include "stream.h"

typedef enum SegmentKind {
    SEGMENT_HEAD,        /* before the first cycle */
    SEGMENT_CYCLE,       /* one, with what follows until the next one */
    SEGMENT_TAIL,        /* behind the last one, or one that was cut off */
} SegmentKind;

typedef struct Segment {
    SegmentKind kind;
    size_t begin, end;   /* bytes of the stream */
    uint64_t before, after; /* virtual time before its first record, and of
                               its last */
    uint64_t point;      /* of the first fault, on the clean paths */
    uint64_t known;      /* cycles that the sweep needs, as announced */
    unsigned faults;     /* 0: a life */
    gboolean whole;      /* the cycle has ended */
} Segment;

typedef struct Share {
    GMappedFile *map;
    const uint8_t *bytes;
    GArray *segments;    /* of Segment */
    Segment next;        /* the one that grows while the stream is read */
    guint at;            /* first segment that is not dealt with */
    uint64_t base;       /* known, before any pair was */
    gboolean ended;      /* with RIG_EV_END */
} Share;

typedef struct Table {
    const RigDeal *deal;
    Share *shares;
    uint64_t seq;        /* of the next record */
    uint64_t now;        /* virtual time of the last one */
    uint64_t cycles;     /* so far */
    uint8_t record[RIG_RECORD_MAX];
} Table;

/* --- reading -------------------------------------------------------------- */

/* What came until now is a segment; the next one begins. */
static void close_segment(Share *s)
{
    Segment *next = &s->next;

    next->kind = s->segments->len == 0 ? SEGMENT_HEAD
                 : next->whole ? SEGMENT_CYCLE : SEGMENT_TAIL;
    g_array_append_val(s->segments, *next);
    *next = (Segment) {
        .begin = next->end, .end = next->end,
        .before = next->after, .after = next->after,
    };
}

/* Does a segment begin with this marker? */
static gboolean begins(const Share *s, const struct rig_marker *m)
{
    return (m->kind == RIG_MK_CYCLE_PLAN &&
            (s->segments->len == 0 || s->next.whole)) ||
           (m->kind == RIG_MK_NOTE && s->segments->len > 0 &&
            strcmp(m->name, PLAN_SWEEP_DONE) == 0);
}

static void on_marker(Share *s, const struct rig_marker *m)
{
    if (m->kind == RIG_MK_CYCLE_PLAN) {
        if (m->arg[1] != RIG_POINT_LIFE && s->next.faults++ == 0) {
            s->next.point = m->object;
        }
        s->next.known = m->arg[2];
    }
    s->next.whole |= m->kind == RIG_MK_CYCLE_END;
}

static void on_event(const RigEvent *e, void *opaque)
{
    Share *s = opaque;

    if (e->type == RIG_EV_MARKER && begins(s, &e->marker)) {
        close_segment(s);
    }
    s->next.end += e->length;
    if (e->ns != UINT64_MAX) {
        s->next.after = e->type == RIG_EV_RAISED
                        ? MAX(e->ns, e->raised.last_ns) : e->ns;
    }
    if (e->type == RIG_EV_MARKER) {
        on_marker(s, &e->marker);
    }
    s->ended |= e->type == RIG_EV_END;
}

static gboolean open_share(Share *s, const char *file, GError **error)
{
    RigStream stream;

    s->segments = g_array_new(FALSE, FALSE, sizeof(Segment));
    s->map = g_mapped_file_new(file, FALSE, error);
    if (!s->map) {
        return FALSE;
    }
    s->bytes = (const uint8_t *)g_mapped_file_get_contents(s->map);
    rig_stream_init(&stream, on_event, s);
    if (s->bytes &&
        !rig_stream_feed(&stream, s->bytes,
                         g_mapped_file_get_length(s->map))) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                    "%s: the event stream is invalid at %s", file,
                    stream.error);
        return FALSE;
    }
    close_segment(s);
    return TRUE;
}

static Segment *segment(const Share *s, guint i)
{
    return i < s->segments->len ? &g_array_index(s->segments, Segment, i)
                                : NULL;
}

/* The next cycle that nobody else has; NULL: there is none. */
static Segment *next_cycle(const Share *s)
{
    Segment *next = segment(s, s->at);

    return next && next->kind == SEGMENT_CYCLE ? next : NULL;
}

/* --- writing -------------------------------------------------------------- */

/* Fields of a record in its own byte order. */
#define FIELD(type, member) (sizeof(struct rig_record) + \
                             offsetof(struct type, member))

static uint64_t get64(const uint8_t *at)
{
    uint64_t value;

    memcpy(&value, at, sizeof(value));
    return GUINT64_FROM_LE(value);
}

static void put64(uint8_t *at, uint64_t value)
{
    value = GUINT64_TO_LE(value);
    memcpy(at, &value, sizeof(value));
}

static void put_marker(uint8_t *record, uint64_t cycle, uint64_t known)
{
    uint16_t kind;
    uint32_t number;

    memcpy(&kind, record + FIELD(rig_marker, kind), sizeof(kind));
    memcpy(&number, record + FIELD(rig_marker, cycle), sizeof(number));
    if (number) {
        number = GUINT32_TO_LE((uint32_t)cycle);
        memcpy(record + FIELD(rig_marker, cycle), &number, sizeof(number));
    }
    if (GUINT16_FROM_LE(kind) == RIG_MK_CYCLE_PLAN) {
        put64(record + FIELD(rig_marker, arg) + 2 * sizeof(uint64_t), known);
    }
}

static gboolean put_record(Table *t, const uint8_t *from,
                           const struct rig_record *h, uint64_t shift,
                           uint64_t known, GError **error)
{
    uint8_t *to = t->record;

    memcpy(to, from, h->length);
    if (h->type == RIG_EV_EPOCH) { /* numbers go on from the snapshot's */
        t->seq = h->seq;
    }
    put64(to + offsetof(struct rig_record, seq), t->seq++);
    if (!(h->flags & RIG_RECORD_HOST)) {
        put64(to + offsetof(struct rig_record, virtual_ns),
              h->virtual_ns + shift);
    }
    if (h->type == RIG_EV_RAISED) {
        put64(to + FIELD(rig_ev_raised, last_ns),
              get64(from + FIELD(rig_ev_raised, last_ns)) + shift);
    } else if (h->type == RIG_EV_MARKER) {
        put_marker(to, t->cycles + 1, known);
    }
    return t->deal->sink(to, h->length, t->deal->opaque, error);
}

static struct rig_record header_at(const uint8_t *record)
{
    struct rig_record h;

    memcpy(&h, record, sizeof(h));
    return (struct rig_record) {
        .length = GUINT32_FROM_LE(h.length),
        .type = GUINT16_FROM_LE(h.type),
        .flags = GUINT16_FROM_LE(h.flags),
        .seq = GUINT64_FROM_LE(h.seq),
        .virtual_ns = GUINT64_FROM_LE(h.virtual_ns),
    };
}

static gboolean put_segment(Table *t, const Share *s, const Segment *segment,
                            uint64_t known, GError **error)
{
    uint64_t shift = t->now - segment->before;

    for (size_t at = segment->begin; at < segment->end; ) {
        struct rig_record h = header_at(s->bytes + at);

        if (!put_record(t, s->bytes + at, &h, shift, known, error)) {
            return FALSE;
        }
        at += h.length;
    }
    t->now = segment->after + shift;
    t->cycles += segment->kind == SEGMENT_CYCLE;
    return TRUE;
}

/* --- lives ---------------------------------------------------------------- */

/* The same records but for their numbers and times? */
static gboolean alike(const Share *a, const Segment *sa, const Share *b,
                      const Segment *sb)
{
    size_t at_a = sa->begin, at_b = sb->begin;

    while (at_a < sa->end && at_b < sb->end) {
        struct rig_record ha = header_at(a->bytes + at_a);
        struct rig_record hb = header_at(b->bytes + at_b);
        size_t skip = sizeof(ha);
        size_t length = ha.type == RIG_EV_RAISED
                        ? FIELD(rig_ev_raised, last_ns) : ha.length;

        if (ha.length != hb.length || ha.type != hb.type ||
            memcmp(a->bytes + at_a + skip, b->bytes + at_b + skip,
                   length - skip) != 0) {
            return FALSE;
        }
        at_a += ha.length;
        at_b += hb.length;
    }
    return at_a == sa->end && at_b == sb->end;
}

/* Those of the first share, which all the others have gone through, too. */
static gboolean deal_lives(Table *t, GError **error)
{
    Share *first = &t->shares[0];
    Segment *life;

    while (t->cycles < t->deal->limit && (life = next_cycle(first)) &&
           life->faults == 0) {
        for (unsigned i = 1; i < t->deal->n; i++) {
            Share *s = &t->shares[i];
            Segment *other = next_cycle(s);

            if (other && !alike(first, life, s, other)) {
                g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                            "%s and %s do not begin with the same lives: "
                            "cycle %" G_GUINT64_FORMAT " differs",
                            t->deal->files[0], t->deal->files[i],
                            t->cycles + 1);
                return FALSE;
            }
            s->at += other != NULL;
        }
        if (!put_segment(t, first, life, life->known, error)) {
            return FALSE;
        }
        first->at++;
    }
    return TRUE;
}

/* --- points --------------------------------------------------------------- */

/* The share whose next cycle is the next one of the sweep; NULL: none. */
static Share *next_share(const Table *t)
{
    Share *best = NULL;

    for (unsigned i = 0; i < t->deal->n; i++) {
        Share *s = &t->shares[i];
        const Segment *c = next_cycle(s), *b = best ? next_cycle(best) : NULL;

        if (c && (!b || c->faults < b->faults ||
                  (c->faults == b->faults && c->point < b->point))) {
            best = s;
        }
    }
    return best;
}

/* Pairs that others had come to know by now are known here, too. */
static uint64_t known_by_all(const Table *t, const Share *one)
{
    uint64_t known = one->base;

    for (unsigned i = 0; i < t->deal->n; i++) {
        const Share *s = &t->shares[i];
        const Segment *next = next_cycle(s);

        if (!next && s->at > 0) {
            next = segment(s, s->at - 1);
        }
        known += next && next->known > s->base ? next->known - s->base : 0;
    }
    return known;
}

static gboolean deal_points(Table *t, GError **error)
{
    Share *s;

    for (unsigned i = 0; i < t->deal->n; i++) {
        const Segment *c = next_cycle(&t->shares[i]);

        t->shares[i].base = c ? c->known : UINT64_MAX;
    }
    while (t->cycles < t->deal->limit && (s = next_share(t))) {
        const Segment *c = next_cycle(s);

        if (!put_segment(t, s, c, known_by_all(t, s), error)) {
            return FALSE;
        }
        s->at++;
    }
    return TRUE;
}

/* --- the whole ------------------------------------------------------------ */

/* How the stream ends: as the first one does, or as one that was cut off. */
static gboolean deal_tail(Table *t, GError **error)
{
    const Share *last = &t->shares[0];
    const Segment *tail;

    for (unsigned i = 0; i < t->deal->n && last->ended; i++) {
        if (!t->shares[i].ended) {
            last = &t->shares[i];
        }
    }
    tail = segment(last, last->segments->len - 1);
    return put_segment(t, last, tail, tail->known, error);
}

static gboolean deal_all(Table *t, GError **error)
{
    Share *first = &t->shares[0];

    for (unsigned i = 0; i < t->deal->n; i++) {
        Share *s = &t->shares[i];

        if (!open_share(s, t->deal->files[i], error)) {
            return FALSE;
        }
        s->at = segment(s, 0)->kind == SEGMENT_HEAD;
    }
    if (first->at && !put_segment(t, first, segment(first, 0), 0, error)) {
        return FALSE;
    }
    return deal_lives(t, error) && deal_points(t, error) &&
           deal_tail(t, error);
}

gboolean rig_stream_deal(const RigDeal *deal, GError **error)
{
    g_autofree Share *shares = g_new0(Share, deal->n);
    Table t = { .deal = deal, .shares = shares };
    gboolean ok = deal_all(&t, error);

    for (unsigned i = 0; i < deal->n; i++) {
        if (shares[i].segments) {
            g_array_free(shares[i].segments, TRUE);
        }
        if (shares[i].map) {
            g_mapped_file_unref(shares[i].map);
        }
    }
    return ok;
}
