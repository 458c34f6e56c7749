/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Do two stored streams tell the same story? */
#include <gio/gio.h>
#include <string.h>
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

static void compare(Cursor *a, Cursor *b, gboolean *same, uint64_t *event)
{
    struct rig_record ha, hb;
    const char *ra, *rb;

    do {
        ra = cursor_next(a, &ha);
        rb = cursor_next(b, &hb);
    } while (ra && rb && same_record(ra, &ha, rb, &hb));
    *same = !ra && !rb;
    *event = ra ? GUINT64_FROM_LE(ha.seq) : a->next_seq;
}

gboolean rig_stream_compare(const char *file, const char *other,
                            gboolean *same, uint64_t *event, GError **error)
{
    Cursor a = { 0 }, b = { 0 };
    gboolean ok = cursor_open(&a, file, error) &&
                  cursor_open(&b, other, error);

    if (ok) {
        compare(&a, &b, same, event);
    }
    cursor_close(&a);
    cursor_close(&b);
    return ok;
}
