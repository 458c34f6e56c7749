/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The incremental parser of the record stream. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "stream.h"

#define HEADER sizeof(struct rig_record)

/* Payload size of each record type; -1: no such type. */
static int payload_size(unsigned type)
{
    switch (type) {
    case RIG_EV_HELLO: return sizeof(struct rig_ev_hello);
    case RIG_EV_TARGET: return sizeof(struct rig_ev_target);
    case RIG_EV_CONFIG: return sizeof(struct rig_ev_config);
    case RIG_EV_STATE: return sizeof(struct rig_ev_state);
    case RIG_EV_TABLE: return sizeof(struct rig_ev_table);
    case RIG_EV_RAISED: return sizeof(struct rig_ev_raised);
    case RIG_EV_RESET: return sizeof(struct rig_ev_reset);
    case RIG_EV_COMMAND: return sizeof(struct rig_ev_command);
    case RIG_EV_RUN: return sizeof(struct rig_ev_run);
    case RIG_EV_LOST: return sizeof(struct rig_ev_lost);
    case RIG_EV_EPOCH: return sizeof(struct rig_ev_epoch);
    case RIG_EV_END: return 0;
    case RIG_EV_FAULT: return sizeof(struct rig_ev_fault);
    default: return -1;
    }
}

void rig_stream_init(RigStream *s, RigEventFunc func, void *opaque)
{
    memset(s, 0, sizeof(*s));
    s->func = func;
    s->opaque = opaque;
}

void rig_stream_reject(RigStream *s, uint64_t event, const char *fmt, ...)
{
    va_list ap;
    int n;

    if (s->error[0]) {
        return;
    }
    n = snprintf(s->error, sizeof(s->error), "event %" G_GUINT64_FORMAT ": ",
                 event);
    va_start(ap, fmt);
    vsnprintf(s->error + n, sizeof(s->error) - n, fmt, ap);
    va_end(ap);
}

#define EACH(byte) (0x0101010101010101ull * (byte))

/*
 * Is the text printable, NUL-terminated and zero behind that? Eight bytes at
 * a time: a byte of x - EACH(n) & ~x & EACH(0x80) says x < n where no higher
 * bit was set (Hacker's Delight, 6-1).
 */
static gboolean is_clean(const char *text, size_t size)
{
    uint64_t word, ends = 0;

    for (size_t i = 0; i < size; i += sizeof(word)) {
        memcpy(&word, text + i, sizeof(word));
        if (ends && word) {
            return FALSE;
        }
        if (ends || !word) {
            ends = 1;
            continue;
        }
        ends = (word - EACH(1)) & ~word & EACH(0x80);
        if (ends) { /* the bytes before the first NUL, blanks behind it */
            unsigned bits = __builtin_ctzll(ends) & ~7u;

            if (word >> bits) {
                return FALSE;
            }
            word |= EACH(' ') << bits;
        }
        if ((word | (word + EACH(1)) | ((word - EACH(' ')) & ~word)) &
            EACH(0x80)) {
            return FALSE;
        }
    }
    return ends != 0;
}

/* Make `text` of `size` bytes printable and NUL-terminated. */
static void clean_text(char *text, size_t size)
{
    size_t n;

    if (size % sizeof(uint64_t) == 0 && GUINT32_FROM_LE(1) == 1 &&
        is_clean(text, size)) {
        return;
    }
    n = strnlen(text, size - 1);

    for (size_t i = 0; i < n; i++) {
        if (!g_ascii_isprint(text[i])) {
            text[i] = '?';
        }
    }
    memset(text + n, 0, size - n);
}

#define LE16(f) ((f) = GUINT16_FROM_LE(f))
#define LE32(f) ((f) = GUINT32_FROM_LE(f))
#define LE64(f) ((f) = GUINT64_FROM_LE(f))

static gboolean decode_hello(RigStream *s, struct rig_ev_hello *h)
{
    LE64(h->magic);
    LE32(h->version);
    LE32(h->targets);
    clean_text(h->qemu, sizeof(h->qemu));
    if (h->magic != RIG_STREAM_MAGIC) {
        rig_stream_reject(s, 0, "not a record stream of rig-tap");
    } else if (h->version != RIG_STREAM_VERSION) {
        rig_stream_reject(s, 0, "stream version %u, but this rig reads "
                          "version %u: use the QEMU that was built with it",
                          h->version, RIG_STREAM_VERSION);
    } else if (!h->targets || h->targets > RIG_TARGETS_MAX) {
        rig_stream_reject(s, 0, "%u watched functions, expected 1 to %u",
                          h->targets, RIG_TARGETS_MAX);
    }
    s->targets = h->targets;
    return !s->error[0];
}

static void decode_marker(struct rig_marker *m, uint32_t size)
{
    memset((uint8_t *)m + size, 0, sizeof(*m) - size);
    LE16(m->length);
    LE16(m->kind);
    LE32(m->scenario);
    LE32(m->cycle);
    LE16(m->thread);
    LE64(m->call);
    LE64(m->object);
    LE64(m->status);
    LE64(m->caller);
    for (unsigned i = 0; i < RIG_MARKER_ARGS; i++) {
        LE64(m->arg[i]);
    }
    clean_text(m->name, sizeof(m->name));
    if (size > RIG_MARKER_MIN) {
        clean_text(m->text, sizeof(m->text));
    }
}

/* Bring the payload into host byte order; FALSE if it is invalid. */
static gboolean decode_payload(RigStream *s, RigEvent *e, uint32_t size)
{
    uint32_t target = 0;

    switch (e->type) {
    case RIG_EV_HELLO:
        return decode_hello(s, &e->hello);
    case RIG_EV_TARGET:
        target = LE16(e->target.target);
        LE16(e->target.attached);
        LE16(e->target.vendor);
        LE16(e->target.device);
        LE16(e->target.bdf);
        LE16(e->target.vectors);
        LE16(e->target.msix_cap);
        LE16(e->target.pm_cap);
        clean_text(e->target.id, sizeof(e->target.id));
        clean_text(e->target.model, sizeof(e->target.model));
        break;
    case RIG_EV_CONFIG:
        target = LE16(e->config.target);
        LE16(e->config.offset);
        LE16(e->config.bridge);
        LE32(e->config.value);
        break;
    case RIG_EV_STATE:
        target = LE16(e->state.target);
        LE16(e->state.command);
        LE16(e->state.msix);
        LE16(e->state.pmcsr);
        break;
    case RIG_EV_TABLE:
        target = LE16(e->table.target);
        LE16(e->table.vector);
        LE16(e->table.dword);
        LE32(e->table.value);
        LE32(e->table.old);
        break;
    case RIG_EV_RAISED:
        target = LE16(e->raised.target);
        LE16(e->raised.vector);
        LE16(e->raised.outcome);
        LE16(e->raised.command);
        LE64(e->raised.count);
        LE64(e->raised.last_ns);
        break;
    case RIG_EV_RESET:
        target = LE16(e->reset.target);
        LE16(e->reset.cause);
        break;
    case RIG_EV_MARKER:
        decode_marker(&e->marker, size);
        if (e->marker.length != size) {
            rig_stream_reject(s, e->seq, "a marker says %u bytes, but its "
                              "record has %u", e->marker.length, size);
        }
        break;
    case RIG_EV_COMMAND:
        LE16(e->command.op);
        LE16(e->command.target);
        e->command.result = GINT32_FROM_LE(e->command.result);
        LE64(e->command.arg[0]);
        LE64(e->command.arg[1]);
        break;
    case RIG_EV_FAULT:
        target = LE16(e->fault.target);
        clean_text(e->fault.name, sizeof(e->fault.name));
        break;
    case RIG_EV_RUN:
        LE32(e->run.running);
        LE32(e->run.state);
        break;
    case RIG_EV_LOST:
        LE64(e->lost.count);
        break;
    case RIG_EV_EPOCH:
        LE64(e->epoch.restored_seq);
        break;
    }
    if (target >= s->targets) {
        rig_stream_reject(s, e->seq, "watched function %u of %u", target,
                          s->targets);
    }
    return !s->error[0];
}

/*
 * An epoch record stands where a snapshot was restored: it is numbered either
 * as the last record before the jump or as the first one after it.
 */
static gboolean check_order(RigStream *s, const RigEvent *e)
{
    if (e->type == RIG_EV_EPOCH && e->seq == e->epoch.restored_seq) {
        s->next_seq = e->seq;
    }
    if (e->seq != s->next_seq) {
        rig_stream_reject(s, s->next_seq, "the next record has sequence "
                          "number %" G_GUINT64_FORMAT, e->seq);
        return FALSE;
    }
    s->next_seq = e->type == RIG_EV_EPOCH &&
                  e->seq != e->epoch.restored_seq ?
                  e->epoch.restored_seq : e->seq + 1;
    return TRUE;
}

/* One whole record of `length` bytes, its length already checked. */
static gboolean take_record(RigStream *s, const uint8_t *bytes,
                            uint32_t length)
{
    struct rig_record header;
    RigEvent *e = &s->event;
    uint32_t size = length - HEADER;
    int expected;

    memcpy(&header, bytes, HEADER);
    e->type = GUINT16_FROM_LE(header.type);
    e->flags = GUINT16_FROM_LE(header.flags);
    e->seq = GUINT64_FROM_LE(header.seq);
    e->ns = e->flags & RIG_RECORD_HOST ? UINT64_MAX
                                       : GUINT64_FROM_LE(header.virtual_ns);
    e->length = length;
    e->record = bytes;
    if (s->ended) {
        rig_stream_reject(s, s->next_seq, "a record after the end record");
        return FALSE;
    }
    if ((s->records == 0) != (e->type == RIG_EV_HELLO)) {
        rig_stream_reject(s, s->next_seq, s->records ?
                          "a second hello record" :
                          "the first record is no hello record: not a record "
                          "stream of rig-tap");
        return FALSE;
    }
    expected = payload_size(e->type);
    if (e->type == RIG_EV_MARKER) {
        if (size < RIG_MARKER_MIN || size > sizeof(struct rig_marker)) {
            rig_stream_reject(s, s->next_seq, "a marker of %u bytes, expected"
                              " %u to %zu", size, RIG_MARKER_MIN,
                              sizeof(struct rig_marker));
            return FALSE;
        }
    } else if (expected < 0) {
        rig_stream_reject(s, s->next_seq, "unknown record type %u", e->type);
        return FALSE;
    } else if (size != (uint32_t)expected) {
        rig_stream_reject(s, s->next_seq, "a %s record of %u bytes, expected "
                          "%d", rig_event_type_name(e->type), size, expected);
        return FALSE;
    }
    memcpy(&e->hello, bytes + HEADER, size);
    if (!decode_payload(s, e, size) || !check_order(s, e)) {
        return FALSE;
    }
    s->ended = e->type == RIG_EV_END;
    s->records++;
    s->offset += length;
    s->func(e, s->opaque);
    return !s->error[0];
}

/* Length of the record whose first 4 bytes are there; 0 if impossible. */
static uint32_t record_length(RigStream *s, const uint8_t *bytes)
{
    uint32_t length;

    memcpy(&length, bytes, sizeof(length));
    length = GUINT32_FROM_LE(length);
    if (length < HEADER || length > RIG_RECORD_MAX || length % 8) {
        rig_stream_reject(s, s->next_seq, "record length %u at byte %"
                          G_GUINT64_FORMAT " (%zu to %u, a multiple of 8, "
                          "is possible)", length, s->offset, HEADER,
                          RIG_RECORD_MAX);
        return 0;
    }
    return length;
}

/* Move bytes into `partial` until it holds `want` of them. */
static void fill_partial(RigStream *s, const uint8_t **bytes, size_t *left,
                         uint32_t want)
{
    size_t n = MIN(*left, want - s->fill);

    memcpy(s->partial + s->fill, *bytes, n);
    s->fill += n;
    *bytes += n;
    *left -= n;
}

gboolean rig_stream_feed(RigStream *s, const void *data, size_t left)
{
    const uint8_t *bytes = data;
    uint32_t length;

    while (left && !s->error[0]) {
        if (!s->fill && left >= sizeof(length)) {
            length = record_length(s, bytes);
            if (length && left >= length) {
                take_record(s, bytes, length);
                bytes += length;
                left -= length;
                continue;
            }
        }
        if (s->fill < sizeof(length)) {
            fill_partial(s, &bytes, &left, sizeof(length));
        }
        if (s->fill < sizeof(length) || s->error[0]) {
            continue;
        }
        length = record_length(s, s->partial);
        if (length) {
            fill_partial(s, &bytes, &left, length);
            if (s->fill == length) {
                s->fill = 0;
                take_record(s, s->partial, length);
            }
        }
    }
    return !s->error[0];
}

RigStreamEnd rig_stream_end(const RigStream *s)
{
    if (s->error[0]) {
        return RIG_STREAM_INVALID;
    }
    if (s->ended && !s->fill) {
        return RIG_STREAM_COMPLETE;
    }
    return s->records ? RIG_STREAM_CUT : RIG_STREAM_EMPTY;
}
