/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The live line on a terminal; nothing anywhere else. */
#ifndef RIG_PROGRESS_H
#define RIG_PROGRESS_H

#include <glib.h>
#include <stdint.h>

#include "monitor.h"

typedef struct RigLive {
    gboolean on;         /* standard error is a terminal, and not --quiet */
    unsigned scenarios;  /* of the whole run */
    unsigned cycles;     /* of the whole run */
    unsigned before_scenarios; /* in machines that are done */
    unsigned before_cycles;
    const GPtrArray *plan; /* scenarios of the machine that runs now */
    uint64_t expected_ms; /* wall time of this machine in an earlier run with
                             the same inputs, 0: not known */
    gint64 started;      /* monotonic us: the whole run */
    gint64 machine_started;
} RigLive;

/* Draw the line anew, or wipe it so that something else can be printed. */
void rig_live_draw(const RigLive *live, const RigProgress *p);
void rig_live_clear(const RigLive *live);

/*
 * Seconds that the whole run still needs, by the cycles done and the time
 * they took; -1: too early to say.
 */
double rig_live_seconds_left(const RigLive *live, const RigProgress *p,
                             gint64 now);

#endif
