/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the runner share: windows-runner*.c. */
#ifndef RIG_WINDOWS_RUNNER_INTERNAL_H
#define RIG_WINDOWS_RUNNER_INTERNAL_H

#include "agent-client.h"
#include "bugcheck.h"
#include "rig/events.h"
#include "windows-runner.h"
#include "windows-steps.h"

/* QEMU's events that the runner hears of. */
#define RIG_RUNNER_EVENTS 4

/* What came of a request to the agent. */
typedef struct RigRunnerAnswer {
    gboolean done;
    struct fields *reply;   /* or ... */
    GError *error;
} RigRunnerAnswer;

struct RigWindowsRunner {
    RigWindowsRunnerConfig config;
    virDomainPtr domain;
    GThread *thread;
    GMainContext *context;  /* of that thread */
    int watch[RIG_RUNNER_EVENTS]; /* rig_qmp_watch() */
    int stop;               /* atomic: the user wants no more */
    GMutex hangup;          /* of the next: to end a wait from outside */
    int line;               /* a duplicate of the agent's socket, or -1 */

    RigAgent *agent;        /* NULL: not connected */
    const char *hardware_id;
    gboolean windows;       /* else it is a Linux that stands in */
    gboolean shim;
    char *release;          /* of the system */
    gboolean have_snapshot;

    uint32_t scenario, cycle; /* open ones, 0: none */
    const RigScenario *open;
    gboolean installed;     /* of the open scenario's driver */
    gboolean unplugged;
    gboolean deleted;       /* QEMU has said so of the function */
    gboolean init_failed;   /* in this cycle */
    gboolean armed;         /* device faults */
    gboolean dumped;        /* memory, in this scenario */
    gboolean suspended;     /* QEMU has said so: it sleeps, or did */
    gboolean asleep;        /* ... in a power step that is not over */
    RigRunnerAnswer sleep;  /* of the agent, when it is awake again */
    gboolean adrift;        /* the cycle has left the system in a state that
                               only a restart, or the snapshot, leads out of */

    gboolean panicked;
    gboolean reset;         /* the guest has, since the snapshot */
    gboolean rebooted;      /* a panic that nobody told: reset, and no more */
    char *panic;            /* details of the event, JSON */
    GPtrArray *dumps;       /* those in the snapshot, of RigGuestDump; or NULL */
    gboolean lost;          /* the machine is gone */
    char *broken;           /* why the cycle cannot go on */
    char *gave_up;          /* why nothing can */
};

/* How a step went. */
typedef struct RigStepOutcome {
    enum rig_step_end end;
    guint32 status;         /* NDIS_STATUS */
    char *text;             /* for people, or NULL */
} RigStepOutcome;

gboolean rig_runner_mark(RigWindowsRunner *r, const struct rig_marker *m);

/* --- windows-runner-agent.c: the conversation ---------------------------- */

/*
 * Ask the agent and wait. A reply goes to *@reply, where that is not NULL, to
 * be freed. FALSE with @error when it refused, is silent, or the guest has
 * panicked: then r->panicked, too.
 */
gboolean rig_runner_ask(RigWindowsRunner *r, uint16_t request,
                        const struct fields *arguments,
                        struct fields **reply, GError **error);
/* Connect, and hear who it is; FALSE with r->gave_up. */
gboolean rig_runner_meet(RigWindowsRunner *r);
/* From another thread: end whatever wait for the agent there is. */
void rig_runner_cut(RigWindowsRunner *r);
/* Take what libvirt's thread has left for us: a panic. */
void rig_runner_drain(RigWindowsRunner *r);
/*
 * The same in two halves, for a request that something else has to happen
 * before the end of: @answer has to stay until it is done, or the agent is
 * hung up. @limit_ms 0: the request's own.
 */
gboolean rig_runner_ask_begin(RigWindowsRunner *r, uint16_t request,
                          const struct fields *arguments, uint64_t limit_ms,
                          RigRunnerAnswer *answer, GError **error);
gboolean rig_runner_ask_end(RigWindowsRunner *r, RigRunnerAnswer *answer,
                           struct fields **reply, GError **error);
void rig_runner_answer_clear(RigRunnerAnswer *answer);

/* Hear QEMU's events from here on. */
void rig_runner_watch(RigWindowsRunner *r);
/* Until *@happened; FALSE: not within @seconds, or the guest has panicked, or
   *@enough, which may be NULL, is so. */
gboolean rig_runner_wait(RigWindowsRunner *r, const gboolean *happened,
                         const gboolean *enough, unsigned seconds);

/* --- windows-runner-step.c: what a step asks for ------------------------- */

/* Do it. r->broken is set when the rig, and not the driver, has failed. */
void rig_runner_do(RigWindowsRunner *r, const RigStep *step,
                   const RigWindowsStep *w, RigStepOutcome *o);
/* Between two cycles: the device is there again, and disabled. */
void rig_runner_tidy(RigWindowsRunner *r);
/* The agent's refusal of a step, or its silence: what that makes of it. */
void rig_runner_failed(RigWindowsRunner *r, RigStepOutcome *o,
                       const GError *error);
/* Wait until the device is settled: what that says of MiniportInitializeEx. */
void rig_runner_settled(RigWindowsRunner *r, RigStepOutcome *o);

/* --- windows-runner-system.c: steps of the whole system ------------------ */

void rig_runner_sleep(RigWindowsRunner *r, RigStepOutcome *o);
void rig_runner_wake_up(RigWindowsRunner *r, RigStepOutcome *o);
void rig_runner_shut_down(RigWindowsRunner *r, RigStepOutcome *o);
/* Frames through the function, to the reflector and back. */
void rig_runner_traffic(RigWindowsRunner *r, const RigStep *step,
                        RigStepOutcome *o);

/* --- windows-runner-panic.c: when Windows stops -------------------------- */

/* Meet the agent, and have the snapshot to which a bug check leads back: begin
   there, or boot and take it. FALSE: r->gave_up. */
gboolean rig_runner_begin(RigWindowsRunner *r);
/* Go back to it, and meet the agent again; FALSE: r->gave_up. */
gboolean rig_runner_restore(RigWindowsRunner *r);
/* Find out what it was, and mark it; dump memory once for each scenario. */
void rig_runner_bugcheck(RigWindowsRunner *r);
/* Have a system again for the next cycle. */
void rig_runner_recover(RigWindowsRunner *r);
/* The same after a cycle that has left it adrift. */
void rig_runner_bring_back(RigWindowsRunner *r);

#endif
