/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Do two stored streams tell the same story? */
#include <gio/gio.h>
#include <string.h>
#include "include/plan.h"
#include "stream.h"

/* A mapped stream and where we are in it. */
typedef struct Cursor {
    GMappedFile *map;
    const char *bytes;
    size_t length;       /* of its whole records */
    size_t at;
    uint64_t next_seq;   /* for when the stream stops here */
} Cursor;

static void ignore(const RigEvent *event, void *opaque)
{
    (void)event;
    (void)opaque;
}

static void cursor_close(Cursor *c)
{
    g_clear_pointer(&c->map, g_mapped_file_unref);
}

static gboolean cursor_open(Cursor *c, const char *file, GError **error)
{
    RigStream s;

    c->map = g_mapped_file_new(file, FALSE, error);
    if (!c->map) {
        return FALSE;
    }
    c->bytes = g_mapped_file_get_contents(c->map);
    rig_stream_init(&s, ignore, NULL);
    if (c->bytes &&
        !rig_stream_feed(&s, c->bytes, g_mapped_file_get_length(c->map))) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                    "%s: the event stream is invalid at %s", file, s.error);
        cursor_close(c);
        return FALSE;
    }
    c->length = s.offset;
    return TRUE;
}

/* The next guest-caused record, or NULL at the end. */
static const char *cursor_next(Cursor *c, struct rig_record *header)
{
    while (c->at < c->length) {
        const char *record = c->bytes + c->at;

        memcpy(header, record, sizeof(*header));
        header->length = GUINT32_FROM_LE(header->length);
        c->at += header->length;
        c->next_seq = GUINT64_FROM_LE(header->seq) + 1;
        if (!(GUINT16_FROM_LE(header->flags) & RIG_RECORD_HOST)) {
            return record;
        }
    }
    return NULL;
}

/* Equal but for the sequence number? */
static gboolean same_record(const char *a, const struct rig_record *ha,
                            const char *b, const struct rig_record *hb)
{
    const size_t after = offsetof(struct rig_record, virtual_ns);

    return ha->length == hb->length && ha->type == hb->type &&
           ha->flags == hb->flags &&
           !memcmp(a + after, b + after, ha->length - after);
}

/* Is it the note behind which snapshots are taken? */
static gboolean is_point(const char *record, const struct rig_record *h)
{
    struct rig_marker m = { 0 };

    if (GUINT16_FROM_LE(h->type) != RIG_EV_MARKER ||
        h->length < sizeof(*h) + RIG_MARKER_MIN) {
        return FALSE;
    }
    memcpy(&m, record + sizeof(*h), RIG_MARKER_MIN);
    return GUINT16_FROM_LE(m.kind) == RIG_MK_NOTE &&
           strncmp(m.name, PLAN_SNAPSHOT, sizeof(m.name)) == 0;
}

/* The records that say in what state a restored machine goes on. */
static void skip_description(Cursor *c, uint64_t virtual_ns)
{
    struct rig_record h;
    uint16_t type;
    size_t at;

    do {
        at = c->at;
        if (!cursor_next(c, &h)) {
            return;
        }
        type = GUINT16_FROM_LE(h.type);
    } while (h.virtual_ns == virtual_ns &&
             (type == RIG_EV_TARGET || type == RIG_EV_STATE ||
              type == RIG_EV_TABLE));
    c->at = at;
}

/* Sequence number of the point of the snapshot, behind which @c is then. */
static gboolean skip_to_point(Cursor *c, uint64_t *seq)
{
    struct rig_record h;
    const char *record;

    while ((record = cursor_next(c, &h))) {
        *seq = GUINT64_FROM_LE(h.seq);
        if (GUINT16_FROM_LE(h.type) == RIG_EV_EPOCH) {
            skip_description(c, h.virtual_ns);
            return TRUE;
        }
        if (is_point(record, &h)) {
            return TRUE;
        }
    }
    return FALSE;
}

static void compare(Cursor *a, Cursor *b, RigStreamDifference *d)
{
    struct rig_record ha, hb;
    const char *ra, *rb;

    memset(d, 0, sizeof(*d));
    while ((ra = cursor_next(a, &ha)), (rb = cursor_next(b, &hb)),
           ra && rb && same_record(ra, &ha, rb, &hb)) {
        d->alike++;
    }
    d->same = !ra && !rb;
    d->event[0] = ra ? GUINT64_FROM_LE(ha.seq) : UINT64_MAX;
    d->event[1] = rb ? GUINT64_FROM_LE(hb.seq) : UINT64_MAX;
}

static gboolean compare_files(Cursor c[2], const char *const files[2],
                              RigStreamDifference *d, GError **error)
{
    gboolean ok = cursor_open(&c[0], files[0], error) &&
                  cursor_open(&c[1], files[1], error);

    if (ok) {
        compare(&c[0], &c[1], d);
    }
    cursor_close(&c[0]);
    cursor_close(&c[1]);
    return ok;
}

gboolean rig_stream_difference(const char *const files[2],
                               RigStreamDifference *d, GError **error)
{
    Cursor c[2] = { { 0 } };

    return compare_files(c, files, d, error);
}

static gboolean no_point(const char *file, GError **error)
{
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s: the guest "
                "did not come to the point of the snapshot", file);
    return FALSE;
}

gboolean rig_stream_warm_difference(const char *const files[2],
                                    RigStreamDifference *d, GError **error)
{
    Cursor c[2] = { { 0 } };
    uint64_t seq;
    gboolean ok = TRUE;

    for (int i = 0; ok && i < 2; i++) {
        ok = cursor_open(&c[i], files[i], error) &&
             (skip_to_point(&c[i], &seq) || no_point(files[i], error));
    }
    if (ok) {
        compare(&c[0], &c[1], d);
    }
    cursor_close(&c[0]);
    cursor_close(&c[1]);
    return ok;
}

gboolean rig_stream_snapshot_point(const char *file, uint64_t *seq,
                                   GError **error)
{
    Cursor c = { 0 };
    gboolean ok = cursor_open(&c, file, error) &&
                  (skip_to_point(&c, seq) || no_point(file, error));

    cursor_close(&c);
    return ok;
}

gboolean rig_stream_compare(const char *file, const char *other,
                            gboolean *same, uint64_t *event, GError **error)
{
    const char *const files[2] = { file, other };
    Cursor c[2] = { { 0 } };
    RigStreamDifference d;

    if (!compare_files(c, files, &d, error)) {
        return FALSE;
    }
    *same = d.same;
    *event = d.event[0] != UINT64_MAX ? d.event[0] : c[0].next_seq;
    return TRUE;
}
