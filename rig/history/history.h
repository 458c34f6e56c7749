/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * history.db: what happened to each scenario, run after run.
 *
 * Only an index over results/runs: it is built again from the run directories
 * when it is missing, damaged or of another rig, and brought up to date
 * whenever it is opened, so a run that is added, replaced or removed by hand
 * is added, replaced or removed here. Several rigs may have it open.
 */
#ifndef RIG_HISTORY_H
#define RIG_HISTORY_H

#include <glib.h>
#include <stdint.h>

#include "scenario.h"

typedef struct RigHistory RigHistory;

/*
 * Open @results/history.db, @results holds runs/, and bring it up to date.
 * Where it cannot be written, the history is kept in memory. NULL with @error
 * when there is no such directory or not even that works.
 */
RigHistory *rig_history_open(const char *results, GError **error);
void rig_history_close(RigHistory *h);
/* Read what changed in runs/ since it was opened. */
gboolean rig_history_refresh(RigHistory *h, GError **error);
/*
 * Throw away what there is and open it: every run directory is read again.
 * NULL with @error also when the file cannot be written.
 */
RigHistory *rig_history_rebuild(const char *results, GError **error);
/* Run directories that it knows. */
unsigned rig_history_runs(RigHistory *h);

/* --- scenarios ----------------------------------------------------------- */

/*
 * What makes a scenario comparable from run to run: its name, which has the
 * values of --with behind a dot, and the machine that it is for. Not what may
 * change from night to night: no hash, no path, no version. To be freed.
 *
 *     c01-clean@rig-nic,v4,q2,at-connect
 *     c31@igb,at-start,guard-pages            models of QEMU have no v and q
 *     two-ports@rig-nic,v4,q2,a2,at-connect   two adapters
 *     sweep-mydriver@igb,at-connect,k2        two faults at a time
 *     sweep-mydriver@igb,at-connect,only-1f3a9c02   some points of a sweep
 *     linux-e1000e@e1000e                     Linux's own driver
 */
char *rig_history_key(const RigScenario *s);

/*
 * Wall time in ms that the newest result with this key took, the boot of its
 * machine included, 0: it never ran to its end.
 */
uint64_t rig_history_expected_ms(RigHistory *h, const char *key);

/*
 * The newest verdict with this key that is counted (results/index.rng), and whether it was
 * the expected one. FALSE: there is none. Both pointers may be NULL.
 */
gboolean rig_history_last_verdict(RigHistory *h, const char *key,
                                  RigVerdict *verdict, gboolean *as_expected);

/* --- machines ------------------------------------------------------------ */

/* One machine of a run whose stream is complete. */
typedef struct RigHistoryEntry {
    char *run;           /* id of the run */
    unsigned machine;    /* 1-based in the run */
    char *inputs;        /* SHA-256 */
    char *stream;        /* SHA-256 */
    uint64_t total_ms;   /* wall time, 0: not known */
} RigHistoryEntry;

void rig_history_entry_free(RigHistoryEntry *e);

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
