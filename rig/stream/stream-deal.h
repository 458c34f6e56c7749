/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The streams of machines that shared a sweep, as the one stream of a machine
 * that went through all of it.
 *
 * Each machine went through all lives and then through its own points. Here
 * the lives are taken from the first one, the cycles behind them from all, in
 * the order that the sweep has. Numbers of records and cycles and the clock go
 * on from one cycle to the next; everything else is as it was recorded.
 */
#ifndef RIG_STREAM_DEAL_H
#define RIG_STREAM_DEAL_H

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

/* Takes whole records; FALSE with @error ends it. */
typedef gboolean (*RigDealSink)(const void *record, size_t length,
                                void *opaque, GError **error);

typedef struct RigDeal {
    const char *const *files; /* streams, in the order of the shares */
    unsigned n;
    uint64_t limit;      /* cycles; what is beyond is left out */
    RigDealSink sink;
    void *opaque;
} RigDeal;

/*
 * Deal the other way round. Where a stream was cut off, the cycles of the
 * others still come, what that one has of its last cycle comes last, and the
 * result ends without RIG_EV_END. FALSE with @error when a stream cannot be
 * read, is invalid, went through other lives than the first, or when @sink
 * failed.
 */
gboolean rig_stream_deal(const RigDeal *deal, GError **error);

#endif
