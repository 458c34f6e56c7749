/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What differs between two results of the history. */
#ifndef RIG_HISTORY_CHANGES_H
#define RIG_HISTORY_CHANGES_H

#include "history-strip.h"

void rig_change_free(gpointer change);

/*
 * Add a RigChange to @changes for everything that decides a result and is
 * known, and not the same, of both rows @from and @to.
 */
void rig_history_add_changes(RigHistory *h, gint64 from, gint64 to,
                             GPtrArray *changes);

#endif
