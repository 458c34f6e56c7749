/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * history.db: which machine ran with which inputs and what its stream was.
 *
 * Only an index: it is built again from the run directories when it is
 * missing or damaged.
 */
#ifndef RIG_HISTORY_H
#define RIG_HISTORY_H

#include <glib.h>
#include <stdint.h>

typedef struct RigHistory RigHistory;

/* One machine of a run whose stream is complete. */
typedef struct RigHistoryEntry {
    char *run;           /* id of the run */
    unsigned machine;    /* 1-based in the run */
    char *inputs;        /* SHA-256 */
    char *stream;        /* SHA-256 */
    uint64_t total_ms;   /* wall time, 0: not known */
} RigHistoryEntry;

void rig_history_entry_free(RigHistoryEntry *e);

/* Open @results/history.db; @results holds runs/. NULL with @error. */
RigHistory *rig_history_open(const char *results, GError **error);
void rig_history_close(RigHistory *h);

/* Add or replace the entry of a machine. */
gboolean rig_history_add(RigHistory *h, const RigHistoryEntry *e,
                         GError **error);

/*
 * The newest machine with these inputs, NULL: none. When @not_run is given,
 * entries of that run do not count.
 */
RigHistoryEntry *rig_history_newest(RigHistory *h, const char *inputs,
                                    const char *not_run);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(RigHistory, rig_history_close)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RigHistoryEntry, rig_history_entry_free)

#endif
