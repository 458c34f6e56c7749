/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A run directory at a glance: the beginning of its run.xml. */
#ifndef RIG_RUN_GLANCE_H
#define RIG_RUN_GLANCE_H

#include <glib.h>
#include <stdint.h>

#include "scenario.h"

typedef struct RigRunGlance {
    gboolean complete;
    gint64 started;       /* Unix time, seconds */
    char night[65];       /* "": of none */
    uint64_t scenarios, as_expected, verdict[RIG_VERDICTS];
} RigRunGlance;

/* FALSE: there is no run.xml, or it is none. */
gboolean rig_run_glance(const char *dir, RigRunGlance *glance);
/* Is some verdict not the expected one? */
gboolean rig_run_failing(const RigRunGlance *glance);

#endif
