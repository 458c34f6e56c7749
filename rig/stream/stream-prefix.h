/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The beginning of a stored stream, up to the place that matters. */
#ifndef RIG_STREAM_PREFIX_H
#define RIG_STREAM_PREFIX_H

#include <glib.h>
#include <stdint.h>
#include "rig/events.h"

/* SHA-256 as text, with its NUL. */
#define RIG_SHA256_TEXT 65

/* Where a stream is cut: behind the end of a scenario or of one cycle of it. */
typedef struct RigStreamPlace {
    unsigned scenario;   /* 1-based in the plan, 0: the whole stream */
    unsigned cycle;      /* 1-based in the scenario, 0: all of them */
} RigStreamPlace;

/* TRUE when this marker ends what @place names. */
gboolean rig_stream_is_place(const RigStreamPlace *place,
                             const struct rig_marker *m);

typedef struct RigStreamPrefix {
    uint64_t bytes;      /* up to there, whole records */
    uint64_t events;     /* guest-caused records among them */
    uint64_t last;       /* sequence number of the last one */
    gboolean reached;    /* the place, or the end record of the stream */
    char sha256[RIG_SHA256_TEXT]; /* of the guest-caused records, as in
                            RigStreamResult (monitor.h) */
} RigStreamPrefix;

/*
 * Measure @file up to @place. A stream that never gets there, because it was
 * cut off or is invalid, is measured up to its last whole valid record. FALSE
 * with @error when it cannot be read.
 */
gboolean rig_stream_prefix(const char *file, const RigStreamPlace *place,
                           RigStreamPrefix *prefix, GError **error);

#endif
