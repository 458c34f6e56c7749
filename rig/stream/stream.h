/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The record stream of rig-tap, taken apart: rig/events.h is its definition.
 *
 * The parser takes bytes in pieces of any size and hands out one checked
 * event after the other. Whatever the bytes are, it never reads past them,
 * never allocates, and stops for good at the first record that breaks the
 * rules of the stream.
 */
#ifndef RIG_STREAM_H
#define RIG_STREAM_H

#include <glib.h>
#include <stddef.h>
#include <stdint.h>
#include "rig/events.h"

/*
 * One record in host byte order. Text is NUL-terminated and printable: bytes
 * that are not were replaced by '?'. Unused text of a marker is zero.
 */
typedef struct RigEvent {
    uint64_t seq;
    uint64_t ns;            /* virtual time; UINT64_MAX: host-side record */
    uint16_t type;          /* enum rig_event_type */
    uint16_t flags;         /* RIG_RECORD_* */
    uint32_t length;        /* of `record`, bytes */
    const uint8_t *record;  /* as in the stream; valid during the call */
    union {
        struct rig_ev_hello hello;
        struct rig_ev_target target;
        struct rig_ev_config config;
        struct rig_ev_state state;
        struct rig_ev_table table;
        struct rig_ev_raised raised;
        struct rig_ev_reset reset;
        struct rig_marker marker;
        struct rig_ev_command command;
        struct rig_ev_run run;
        struct rig_ev_lost lost;
        struct rig_ev_epoch epoch;
        struct rig_ev_fault fault;
    };
} RigEvent;

typedef void (*RigEventFunc)(const RigEvent *event, void *opaque);

typedef struct RigStream {
    RigEventFunc func;
    void *opaque;
    uint8_t partial[RIG_RECORD_MAX]; /* a record that has not all come yet */
    uint32_t fill;          /* bytes in partial */
    uint64_t offset;        /* bytes of whole records so far */
    uint64_t records;       /* records handed out */
    uint64_t next_seq;
    uint32_t targets;       /* by the hello record */
    gboolean ended;         /* RIG_EV_END was seen */
    char error[160];        /* "": none; else one sentence */
    RigEvent event;
} RigStream;

/* `func` is called for every event, in order. No clean-up is needed. */
void rig_stream_init(RigStream *s, RigEventFunc func, void *opaque);

/* FALSE once the stream is invalid; s->error says where and why. */
gboolean rig_stream_feed(RigStream *s, const void *bytes, size_t length);

/* Mark the stream invalid from outside: "event N: <why>". First one counts. */
void rig_stream_reject(RigStream *s, uint64_t event, const char *fmt, ...)
    G_GNUC_PRINTF(3, 4);

/* How it looks when no more bytes come. */
typedef enum RigStreamEnd {
    RIG_STREAM_COMPLETE, /* RIG_EV_END was the last record */
    RIG_STREAM_EMPTY,    /* not one whole record */
    RIG_STREAM_CUT,      /* stopped without RIG_EV_END */
    RIG_STREAM_INVALID,
} RigStreamEnd;
RigStreamEnd rig_stream_end(const RigStream *s);

/*
 * Compare two stored streams, guest-caused records only and without their
 * sequence numbers. Returns FALSE with `error` if one cannot be read or is
 * invalid. Else *same says whether they are equal, and if not, *event is the
 * sequence number, in `file`, of the first record that differs (or of the
 * place where one of the two stops).
 */
gboolean rig_stream_compare(const char *file, const char *other,
                            gboolean *same, uint64_t *event, GError **error);

/* How far two stored streams are alike. */
typedef struct RigStreamDifference {
    gboolean same;
    uint64_t alike;      /* guest-caused records before the first difference */
    uint64_t event[2];   /* sequence number of the first one that differs, in
                            either; UINT64_MAX: that stream has stopped */
} RigStreamDifference;

/* The same comparison; @files are two. */
gboolean rig_stream_difference(const char *const files[2],
                               RigStreamDifference *d, GError **error);

/*
 * The same of what comes behind the point of the snapshot (PLAN_SNAPSHOT, or
 * where one was restored): of a machine that booted and one that did not.
 */
gboolean rig_stream_warm_difference(const char *const files[2],
                                    RigStreamDifference *d, GError **error);
/* The event that is that point. */
gboolean rig_stream_snapshot_point(const char *file, uint64_t *seq,
                                   GError **error);

/* Print one event on standard output, as `rig events` does. */
void rig_event_print(const RigEvent *event);
/* The same for event @seq of a stored stream; FALSE: there is none. */
gboolean rig_event_print_of(const char *file, uint64_t seq);

/* Names as in events.h, in lower case; "?" for a number without a name. */
const char *rig_event_type_name(unsigned type);
const char *rig_marker_kind_name(unsigned kind);
const char *rig_raised_name(unsigned outcome);
const char *rig_reset_cause_name(unsigned cause);
const char *rig_step_end_name(unsigned end);

#endif
