/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a step of a scenario is on Windows: one table. */
#ifndef RIG_WINDOWS_STEPS_H
#define RIG_WINDOWS_STEPS_H

#include "rig/events.h"
#include "scenario.h"

typedef enum RigWindowsAction {
    RIG_WINDOWS_INSTALL,  /* put the package there, install it, disabled */
    RIG_WINDOWS_ENABLE,   /* enable the device: MiniportInitializeEx */
    RIG_WINDOWS_STARTED,  /* wait until the device is started */
    RIG_WINDOWS_DISABLE,  /* disable the device: MiniportHaltEx */
    RIG_WINDOWS_UNPLUG,   /* QMP device_del, and wait until it is gone */
    RIG_WINDOWS_LINK,     /* QMP set_link off and on */
    RIG_WINDOWS_REMOVE,   /* take the device out of the tree */
    RIG_WINDOWS_UNLOAD,   /* the driver has no device any more */
    RIG_WINDOWS_TRAFFIC,  /* UDP of Windows' IP, to the reflector and back */
    RIG_WINDOWS_POWER,    /* the whole system: S3, and awake again */
    RIG_WINDOWS_SHUT_DOWN, /* an orderly restart of the system */
    RIG_WINDOWS_SKIP,     /* not done: the reason is said */
} RigWindowsAction;

typedef struct RigWindowsStep {
    const char *step;     /* RIG_STEP_* of include/plan.h */
    RigWindowsAction action;
    const char *reason;   /* what is different here, or why it is skipped */
    gboolean needs_init;  /* skipped when init failed, as NDIS does */
} RigWindowsStep;

/* Never NULL for a step that scenario-check.c accepts. */
const RigWindowsStep *rig_windows_step(const char *step);

/* How a device came out of being enabled. */
typedef struct RigDeviceState {
    guint64 flags;        /* DN_* of cfg.h */
    guint64 problem;      /* CM_PROB_*, with DN_HAS_PROBLEM */
    guint64 problem_status; /* NTSTATUS */
} RigDeviceState;

#define RIG_DN_STARTED     0x8u   /* cfg.h */
#define RIG_DN_HAS_PROBLEM 0x400u

/*
 * What an enabled device says of MiniportInitializeEx: RIG_STEP_DONE with
 * *status 0 or its NDIS_STATUS, or RIG_STEP_REFUSED when it was never called;
 * *why, to be freed, says so in a sentence (NULL: it succeeded).
 */
enum rig_step_end rig_windows_init_result(const RigDeviceState *d,
                                          guint32 *status, char **why);

#endif
