/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The monitor: reads the record stream of one virtual machine as it arrives
 * and judges every scenario of its plan.
 *
 *     rules = rig_rules_load(scenarios, paths, problems);
 *     m = rig_monitor_new(scenarios, rules);
 *     while (bytes arrive)
 *         rig_monitor_feed(m, bytes, length);
 *     rig_monitor_finish(m, outcome, detail);
 *     ... rig_monitor_scenario(m, 0 ...), rig_monitor_machine(m) ...
 *     rig_monitor_free(m);
 *
 * One pass, bounded memory, nothing allocated per event. The guest is not
 * trusted: a stream that contradicts itself ends the judging, and what had
 * been proven by then is kept.
 */
#ifndef RIG_MONITOR_H
#define RIG_MONITOR_H

#include <glib.h>
#include <stddef.h>
#include <stdint.h>
#include "rule.h"
#include "scenario.h"
#include "stream-prefix.h"
#include "verdict.h"

typedef struct RigMonitor RigMonitor;

/* How the machine ended, as the one who ran it knows. */
typedef enum RigOutcome {
    RIG_OUTCOME_OK,                 /* it ended by itself */
    RIG_OUTCOME_GUEST_NEVER_BOOTED, /* no RIG_MK_PLAN_BEGIN came */
    RIG_OUTCOME_QEMU_DIED,
    RIG_OUTCOME_TIMEOUT,            /* wall_seconds ran out */
    RIG_OUTCOME_STREAM_CUT,         /* no RIG_EV_END */
    RIG_OUTCOME_STREAM_INVALID,     /* the stream broke its own rules */
    RIG_OUTCOME_START_FAILED,       /* the machine could not be started */
} RigOutcome;

/* "ok", "guest-never-booted", ...: as written in run.xml. */
const char *rig_outcome_name(RigOutcome outcome);

/*
 * A monitor for a machine whose plan holds `scenarios` (of RigScenario) in
 * this order. Both arguments have to outlive the monitor.
 */
RigMonitor *rig_monitor_new(const GPtrArray *scenarios,
                            const RigRules *rules);
void rig_monitor_free(RigMonitor *m);
/*
 * Judge nothing behind this place, and say in RigProgress that it was reached;
 * before the first byte.
 */
void rig_monitor_stop_at(RigMonitor *m, const RigStreamPlace *place);
/* Leave out the hash of the stream; before the first byte. */
void rig_monitor_skip_hash(RigMonitor *m);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RigMonitor, rig_monitor_free)

/*
 * Take the next bytes of the stream, in pieces of any size. FALSE: the
 * stream is invalid, nothing more will be judged, and the machine may as well
 * be stopped; rig_monitor_machine() has the reason. Feeding on is harmless.
 */
gboolean rig_monitor_feed(RigMonitor *m, const void *bytes, size_t length);

/* Where the guest is in its plan: for the live line. */
typedef struct RigProgress {
    gboolean booted;     /* RIG_MK_PLAN_BEGIN was seen */
    gboolean ended;      /* RIG_EV_END was seen: the machine may go */
    gboolean stopped;    /* the VM stopped before the stream ended */
    gboolean reached;    /* the place of rig_monitor_stop_at(): likewise */
    unsigned scenario;   /* 1-based in the plan, 0: not in any */
    unsigned cycle;      /* 1-based in the scenario, 0: not in any */
    unsigned cycles;     /* of that scenario, by its file */
    const char *name;    /* of the scenario or NULL; the scenario's own */
    const char *step;    /* or NULL; valid until the next feed */
    unsigned findings;   /* so far, in all scenarios */
    uint64_t events;     /* records so far */
    uint64_t virtual_ns; /* of the last record that had a time */
} RigProgress;
void rig_monitor_progress(const RigMonitor *m, RigProgress *progress);

/*
 * No more bytes will come. `detail` is one sentence when the outcome is not
 * RIG_OUTCOME_OK, else NULL; it is copied. An outcome "ok" is made worse when
 * the stream was cut or invalid. Call it once, before the functions below.
 */
void rig_monitor_finish(RigMonitor *m, RigOutcome outcome,
                        const char *detail);

/* The machine as its stream shows it. Strings belong to the monitor. */
typedef struct RigStreamResult {
    RigOutcome outcome;
    const char *detail;  /* one sentence, NULL when ok */
    uint64_t events;     /* records */
    uint64_t lost;       /* records that the tap had to drop */
    gboolean ended;      /* RIG_EV_END was seen */
    uint64_t boot_ns;    /* virtual time of RIG_MK_PLAN_BEGIN, 0: not seen */
    uint64_t end_ns;     /* virtual time of the last record */
    const char *sha256;  /* over the guest-caused records (all but those with
                            RIG_RECORD_HOST), sequence numbers left out; NULL:
                            rig_monitor_skip_hash() */
    const char *qemu;    /* version by RIG_EV_HELLO, "" before it */
} RigStreamResult;
void rig_monitor_stream(const RigMonitor *m, RigStreamResult *result);

/*
 * Result of scenario `index` (0-based in the plan); the caller takes it and
 * frees it with rig_scenario_result_free(). Once per scenario.
 */
RigScenarioResult *rig_monitor_take(RigMonitor *m, unsigned index);

#endif
