/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Retention: what of a results directory is removed when it holds more than
 * it may.
 *
 * A run is failing when a verdict in it was not the expected one, or when it
 * was broken. Failing runs stay longest, runs in progress always. Within each
 * kind the oldest go first:
 *
 *  1. by `days`: passing and interrupted runs; by `failing_days`: failing ones
 *  2. by `disk`: streams, captures and consoles (vm-N/) of passing runs; their
 *     run.xml stays, which is all that the history needs
 *  3. by `runs` and `disk`: passing and interrupted runs, then failing ones
 */
#ifndef RIG_RETENTION_H
#define RIG_RETENTION_H

#include <glib.h>
#include <stdint.h>

/* 0: no limit. */
typedef struct RigRetention {
    unsigned runs;         /* run directories */
    unsigned days;         /* age of runs that are not failing */
    unsigned failing_days; /* age of those that are */
    uint64_t disk;         /* bytes that runs/ and nights/ take on disk */
} RigRetention;

/* What was removed. */
typedef struct RigRemoved {
    unsigned runs, failing; /* failing: of those */
    unsigned streams;       /* passing runs that lost theirs */
    uint64_t bytes;
} RigRemoved;

/*
 * Apply @r to the results directory @results at time @now (Unix, seconds);
 * runs of the night @keep are left alone. Prints nothing; what is removed is
 * told to @say, one line each, if not NULL. FALSE with @error when something
 * cannot be removed.
 */
gboolean rig_retention_apply(const RigRetention *r, const char *results,
                             const char *keep, gint64 now, RigRemoved *removed,
                             void (*say)(const char *line), GError **error);

/* "20G", "500M" or "1T" (powers of 1024) in bytes; FALSE: it is none. */
gboolean rig_parse_size(const char *text, uint64_t *bytes);

#endif
