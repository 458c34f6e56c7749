/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Calibration: what a guest makes of the MSI-X table around the interrupt APIs,
 * measured and not assumed (ndis.h pages leave it open).
 *
 * An experiment is a scenario: one driver, one number of vectors, one way to
 * end the adapter. From its stream comes at which stage of the driver's life
 * what was written; from all of them, what the monitor may rely on.
 */
#ifndef RIG_CALIBRATION_H
#define RIG_CALIBRATION_H

#include <glib.h>
#include <stdint.h>

#include "bugcheck.h"
#include "paths.h"
#include "scenario.h"

/* Stages of a driver's life, by its markers, in order. */
typedef enum RigStage {
    RIG_STAGE_BEFORE_INIT,  /* the cycle has begun */
    RIG_STAGE_INIT,         /* MiniportInitializeEx was entered */
    RIG_STAGE_REGISTER,     /* inside NdisMRegisterInterruptEx */
    RIG_STAGE_REGISTERED,   /* MiniportInitializeEx goes on */
    RIG_STAGE_RUNNING,      /* it has returned success */
    RIG_STAGE_HALT,         /* MiniportHaltEx was entered */
    RIG_STAGE_DEREGISTER,   /* inside NdisMDeregisterInterruptEx */
    RIG_STAGE_DEREGISTERED, /* MiniportHaltEx, or a failing init, goes on */
    RIG_STAGE_AFTER,        /* it has returned, or init has failed */
    RIG_STAGES,             /* also: at no stage */
} RigStage;

/* "before-init", ...; "never" for RIG_STAGES. */
const char *rig_stage_name(RigStage stage);

/* What the device saw in one stage, in all cycles. */
typedef struct RigStageCounts {
    unsigned cycles;    /* in which there was such a stage */
    unsigned messages;  /* address and data dwords written */
    unsigned masked, unmasked; /* vector control writes, by their mask bit */
    unsigned enabled, disabled; /* changes of MSI-X Enable */
    unsigned raised;    /* interrupts, all outcomes */
    unsigned resets;
} RigStageCounts;

typedef struct RigExperiment {
    char *driver;       /* RIG_CALIBRATION_* */
    unsigned vectors;   /* of the function */
    char *action;       /* how the adapter ended */
    unsigned cycles;
    RigStageCounts stage[RIG_STAGES];
    unsigned registered; /* interrupts that the driver got */
    unsigned failed;    /* MiniportInitializeEx that did not succeed */
    unsigned halted;    /* MiniportHaltEx that returned */
    unsigned slept;     /* power steps to D3 and back to D0 that were done */
    RigStage armed_in;  /* where vectors became able to fire, last cycle */
    RigStage quiet_in;  /* where the last one ceased to be */
    gboolean varies;    /* the cycles differ in that */
    gboolean api;       /* the APIs were marked */
    gboolean stopped;   /* the system stopped itself */
    RigBugcheck bugcheck; /* then: how */
} RigExperiment;

#define RIG_CALIBRATION_CLEAN   "clean"
#define RIG_CALIBRATION_NEVER   "never"         /* never registers */
#define RIG_CALIBRATION_LEAKS   "s06"           /* halt leaks the interrupt */
#define RIG_CALIBRATION_FAILS   "fails"         /* init fails, and cleans up */
#define RIG_CALIBRATION_FAILS_LEAKING "fails-leaking"
#define RIG_CALIBRATION_RESUME_LEAKING "resume-leaking" /* ... after a resume */
#define RIG_CALIBRATION_UNFINISHED "unfinished" /* init succeeds, and NDIS
                                   cannot finish it; its halt leaks then */

#define RIG_CALIBRATION_DISABLE "disable"
#define RIG_CALIBRATION_UNPLUG  "unplug"
#define RIG_CALIBRATION_SLEEP   "sleep"

/* Tri-state conclusions. */
typedef enum RigKnown { RIG_NO, RIG_YES, RIG_UNKNOWN } RigKnown;
const char *rig_known_name(RigKnown k); /* "no", "yes", "unknown" */

typedef struct RigCalibration {
    GPtrArray *experiments;   /* of RigExperiment */
    RigStage programmed, cleared; /* of the clean driver, disabled */
    RigKnown register_visible;    /* NdisMRegisterInterruptEx writes to the
                                     device */
    RigKnown deregister_visible;
    RigKnown at_start;        /* Enable is a property of start, not of
                                 registration: also the driver that never
                                 registers has it set */
    RigKnown stops_halt;      /* 0x7C/0x08 for a halt that leaks */
    RigKnown stops_init;      /* 0x7C/0x0B for a failed init that leaks */
    RigKnown stops_unfinished; /* 0x7C/0x0D for a halt out of the init path */
    RigKnown stops_resume;    /* 0x7C/0x10 for a failed init after a resume;
                                 RIG_UNKNOWN when the guest did not get there */
} RigCalibration;

RigCalibration *rig_calibration_new(void);
void rig_calibration_free(RigCalibration *c);

/*
 * Add the experiments in the stream @file: its scenarios with names that
 * rig_calibration_scenario() gave. FALSE with @error when it cannot be read.
 */
gboolean rig_calibration_read(RigCalibration *c, const char *file,
                              GError **error);
/* All experiments have been added: draw the conclusions. */
void rig_calibration_conclude(RigCalibration *c);

/* How many experiments there are; the @n-th, 0.., as a scenario file. @image:
   the Windows image, NULL: the NDIS guest with MSI-X profile @profile. Vectors
   rise, so that those with equal machines come together. To be freed. */
unsigned rig_calibration_experiments(void);
char *rig_calibration_scenario(unsigned n, const char *drivers,
                               const char *image, RigProfile profile);

/* The MSI-X profile by which the monitor judges such a guest. */
RigProfile rig_calibration_profile(const RigCalibration *c);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(RigCalibration, rig_calibration_free)

#endif
