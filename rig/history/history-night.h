/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The nights of the index: what results/nights/<id>/night.xml says of each. */
#ifndef RIG_HISTORY_NIGHT_H
#define RIG_HISTORY_NIGHT_H

#include "history.h"

/* NULL: not known. */
typedef struct RigNight {
    char *id, *suite, *title;
    char *started, *finished; /* as in the file */
    gboolean complete;
    gboolean damaged;    /* night.xml is missing or ends early */
    unsigned jobs, skipped_jobs;
} RigNight;

/*
 * Every night that has a directory in results/nights or a run in the history,
 * newest first; frees its elements.
 */
GPtrArray *rig_nights_load(RigHistory *h);

#endif
