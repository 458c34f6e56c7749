/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * results/index.xml and history.xml of a run: pure functions of the run
 * directories and nights. results/index.rng explains every attribute.
 */
#ifndef RIG_HISTORY_INDEX_H
#define RIG_HISTORY_INDEX_H

#include "history.h"

#define RIG_INDEX_XML   "index.xml"
#define RIG_HISTORY_XML "history.xml"

/*
 * The text of index.xml, or of history.xml of @run; to be freed. @h is as
 * rig_history_open() or rig_history_refresh() left it.
 */
char *rig_history_index_text(RigHistory *h);
char *rig_history_run_text(RigHistory *h, const char *run);

/*
 * Bring the history up to date and write @results/index.xml, or
 * @results/runs/@run/history.xml: under a temporary name, fsync, rename. A
 * file that holds the same already is left alone. FALSE with @error.
 */
gboolean rig_history_write_index(RigHistory *h, GError **error);
gboolean rig_history_write_run(RigHistory *h, const char *run,
                               GError **error);

#endif
