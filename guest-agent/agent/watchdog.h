/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Watching over the process of one cycle.
 *
 * The child says over a pipe which step it begins; the watchdog gives each
 * step its time (guest time), then asks the child with SIGALRM to report where
 * the driver is, and then kills it. It returns when the child is reaped.
 */
#ifndef AGENT_WATCHDOG_H
#define AGENT_WATCHDOG_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include "rig/events.h"

/* Time for what the child does before its first and after its last step. */
#define WATCHDOG_MARGIN_MS 10000u
/* Time to answer SIGALRM, and to die of SIGKILL. */
#define WATCHDOG_GRACE_MS  2000u

/*
 * Real-time priority of the watchdog: above every thread of the NDIS host
 * (ISR_PRIORITY in ndis/isr.c), so that no loop in a driver keeps it away.
 */
#define WATCHDOG_PRIORITY  40

/* Exit code of a child that has reported its hang. */
#define WATCHDOG_EXIT_HANG 104

enum watch_kind {
    WATCH_STEP = 1,    /* step number `step` begins */
    WATCH_STEPS_DONE,  /* no more steps */
    WATCH_TAKEN_BACK,  /* the device was taken back and its marker written */
    WATCH_BROKEN,      /* the agent failed: `text` says how */
};

/* One message; smaller than PIPE_BUF, so it arrives whole. */
struct watch_message {
    uint32_t kind;     /* enum watch_kind */
    uint32_t step;     /* 0.. */
    int64_t when_ms;   /* CLOCK_MONOTONIC */
    char text[RIG_MARKER_TEXT];
};

struct watch_result {
    enum rig_cycle_end end;
    unsigned step;        /* the last one that began, 0.. */
    bool began;           /* any step began */
    bool hang_reported;   /* the child wrote RIG_MK_HANG itself */
    bool taken_back;
    bool stuck;           /* it could not be killed: nothing can follow */
    char text[RIG_MARKER_TEXT]; /* why, unless `end` is RIG_CYCLE_DONE */
};

/* Child: tell the watchdog at the other end of `fd`. */
void watchdog_tell(int fd, enum watch_kind kind, uint32_t step,
                   const char *text);

/* Parent, once: take that priority; children do not inherit it. */
void watchdog_prepare(void);

/*
 * Parent: wait for the end of `pid`, which writes to the other end of `fd`.
 * `timeouts` holds the time of each step in ms.
 */
void watchdog_wait(pid_t pid, int fd, const uint32_t *timeouts, unsigned n,
                   struct watch_result *result);

#endif
