/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Records of rig-tap: which are made, and what goes before them.
 *
 * Interrupts are counted, not listed: a run holds those of one vector with
 * one outcome and one value of the command register. All runs are written,
 * in the order in which they began, before any other record.
 */

#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/timer.h"
#include "rig-tap.h"

bool rig_tap_recording(const RigTap *tap)
{
    return tap->started && !tap->ended &&
           !runstate_check(RUN_STATE_INMIGRATE) &&
           !runstate_check(RUN_STATE_RESTORE_VM);
}

static void close_runs(RigTap *tap)
{
    for (unsigned i = 0; i < tap->n_runs; i++) {
        const RigRun *run = &tap->runs[i];
        struct rig_ev_raised raised = {
            .target = cpu_to_le16(run->target),
            .vector = cpu_to_le16(run->vector),
            .outcome = cpu_to_le16(run->outcome),
            .command = cpu_to_le16(run->command),
            .count = cpu_to_le64(run->count),
            .last_ns = cpu_to_le64(run->last_ns),
        };

        rig_stream_put(&tap->stream, RIG_EV_RAISED, 0, run->first_ns,
                       &raised, sizeof(raised));
    }
    tap->n_runs = 0;
}

void rig_tap_put_now(RigTap *tap, enum rig_event_type type,
                     const void *payload, size_t size)
{
    rig_stream_put(&tap->stream, type, 0,
                   qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL), payload, size);
}

static void before_record(RigTap *tap)
{
    if (tap->restored) {
        rig_tap_put_epoch(tap);
    }
    close_runs(tap);
}

void rig_tap_emit(RigTap *tap, enum rig_event_type type, const void *payload,
                  size_t size)
{
    if (rig_tap_recording(tap)) {
        before_record(tap);
        rig_tap_put_now(tap, type, payload, size);
    }
}

void rig_tap_emit_host(RigTap *tap, enum rig_event_type type,
                       const void *payload, size_t size)
{
    if (!tap->started || tap->ended) {
        return;
    }
    if (rig_tap_recording(tap)) {
        before_record(tap);
    }
    rig_stream_put(&tap->stream, type, RIG_RECORD_HOST, 0, payload, size);
}

void rig_tap_emit_asked(RigTap *tap, const struct rig_marker *marker,
                        size_t size)
{
    before_record(tap);
    rig_stream_put(&tap->stream, RIG_EV_MARKER, RIG_RECORD_ASKED,
                   qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL), marker, size);
}

static RigRun *find_run(RigTap *tap, const RigRun *like)
{
    for (unsigned i = 0; i < tap->n_runs; i++) {
        RigRun *run = &tap->runs[i];

        if (run->target == like->target && run->vector == like->vector &&
            run->outcome == like->outcome && run->command == like->command) {
            return run;
        }
    }
    return NULL;
}

void rig_tap_count(RigTap *tap, const RigRun *like)
{
    RigRun *run;

    if (tap->restored) {
        rig_tap_put_epoch(tap);
    }
    run = find_run(tap, like);
    if (!run) {
        if (tap->n_runs == RIG_RUNS_MAX) {
            close_runs(tap);
        }
        run = &tap->runs[tap->n_runs++];
        *run = *like;
    }
    run->count++;
    run->last_ns = like->first_ns;
}
