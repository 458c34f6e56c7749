/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the monitor says about a run: findings, cycles, scenarios, and how the
 * verdict of the whole follows from the verdicts of its parts.
 *
 * Worst first, used wherever verdicts are merged:
 *     violation > broken > inconclusive > skipped > pass
 * A proven violation stays proven when the rig fails afterwards; a pass has
 * to be earned by every part.
 */
#ifndef RIG_VERDICT_H
#define RIG_VERDICT_H

#include <glib.h>
#include <stdint.h>
#include "rig/events.h"
#include "scenario.h"

/* No such event, no such time. */
#define RIG_NO_EVENT UINT64_MAX

/* The worse of two verdicts. */
RigVerdict rig_verdict_worse(RigVerdict a, RigVerdict b);

/* How strictly Init_DeRegisterInterrupt is read; design.md 4.5. */
typedef enum RigLevel {
    RIG_LEVEL_SDV_RULE, /* the published wording */
    RIG_LEVEL_STRICT,   /* every successful registration's handle */
    RIG_LEVEL_CONTRACT, /* how NDIS documents the calls */
    RIG_LEVEL_LEAK,     /* memory or an object left behind */
    RIG_LEVELS,
} RigLevel;

/* "sdv-rule", "strict", ...; parse: FALSE if it is none of them. */
const char *rig_level_name(RigLevel level);
gboolean rig_level_parse(const char *name, RigLevel *level);

/*
 * Who saw it; "api", "device", "api+device", and "shim", "shim+device" where
 * rigshim.sys in an instrumented driver stands for the NDIS host;
 * "system": Windows itself, by a bug check.
 */
typedef enum RigWitness {
    RIG_WITNESS_API = 1,
    RIG_WITNESS_DEVICE = 2,
    RIG_WITNESS_BOTH = 3,
    RIG_WITNESS_SHIM = 4, /* with RIG_WITNESS_API: by the shim */
    RIG_WITNESS_SYSTEM = 8,
} RigWitness;
const char *rig_witness_name(RigWitness witness);

/* One event that proves a finding, and what it says. */
typedef struct RigProof {
    uint64_t event;      /* sequence number */
    uint64_t ns;         /* virtual time, RIG_NO_EVENT: host-side record */
    char *text;
} RigProof;

typedef struct RigFinding {
    unsigned number;     /* 1-based within the scenario */
    char *rule;          /* "Init_DeRegisterInterrupt" */
    RigLevel level;
    char *id;            /* "not-released", ... */
    RigVerdict verdict;
    char *class_code;    /* bug check 0x7C parameter 1: "0x08", else
                            "lost-in-cleanup" or "none" */
    RigWitness witness;
    unsigned cycle;      /* 1-based within the scenario */
    char *boundary;      /* callback or step whose end was judged */
    uint64_t event;      /* where it became true */
    uint64_t ns;
    char *sentence;
    GPtrArray *proofs;   /* of RigProof, in event order */
} RigFinding;

typedef struct RigStepResult {
    char *name;
    enum rig_step_end result;
    uint32_t status;     /* NDIS_STATUS */
    uint64_t event_from, event_to; /* event_to RIG_NO_EVENT: never ended */
    uint64_t ns_from, ns_to;
    char *detail;        /* NULL: nothing to say */
} RigStepResult;

/* An injected API fault that happened. */
typedef struct RigFaultResult {
    char *api;
    unsigned occurrence; /* within the step, 1-based */
    uint32_t status;
    uint64_t event;
    uint64_t caller;     /* RVA, 0: unknown */
} RigFaultResult;

/* A fault of the device that struck. */
typedef struct RigStrikeResult {
    char *name;          /* as in rig/faults.h */
    uint64_t event;
} RigStrikeResult;

/* MSI-X state of the watched function at a boundary. */
typedef struct RigEvidence {
    char *boundary;      /* "MiniportHaltEx returned" */
    uint64_t event;
    gboolean enabled;    /* MSI-X Enable */
    gboolean function_masked;
    unsigned armed, masked, programmed, pending; /* vectors */
    uint64_t raised;     /* since the previous boundary, all outcomes */
    unsigned registered; /* interrupts that the driver holds */
} RigEvidence;

typedef enum RigCycleEnd {
    RIG_END_DONE,        /* RIG_CYCLE_* of events.h ... */
    RIG_END_CRASH,
    RIG_END_HANG,
    RIG_END_BUGCHECK,
    RIG_END_BROKEN,
    RIG_END_MISSING,     /* ... and: no event of the cycle was seen */
} RigCycleEnd;
const char *rig_cycle_end_name(RigCycleEnd end);

struct RigTimeline;
struct RigSweepResult;

typedef struct RigCycleResult {
    unsigned number;     /* 1-based within the scenario */
    RigVerdict verdict;
    RigCycleEnd end;
    uint64_t event_from, event_to; /* RIG_NO_EVENT: not seen */
    uint64_t ns_from, ns_to;
    char *reason;        /* sentence; NULL for a pass */
    GPtrArray *steps;    /* of RigStepResult */
    GPtrArray *faults;   /* of RigFaultResult */
    GPtrArray *strikes;  /* of RigStrikeResult */
    GPtrArray *evidence; /* of RigEvidence */
    struct RigTimeline *timeline; /* timeline.h; NULL: not drawn */
} RigCycleResult;

/* One traffic step by the guest's own account (RIG_MK_TRAFFIC). */
typedef struct RigTrafficCount {
    unsigned cycle;      /* 1-based within the scenario */
    uint64_t event;
    uint64_t sent, completed, received, wrong; /* frames */
} RigTrafficCount;

/* What crossed the netdev, from the capture; filled in by the caller. */
typedef struct RigFrames {
    uint64_t crossed;    /* right frames guest -> peer */
    uint64_t returned;   /* right frames peer -> guest */
    uint64_t bytes;      /* in right frames */
    uint64_t wrong;      /* frames with a wrong byte, length or number */
    uint64_t missing;    /* not captured, both directions together */
    const char *file;    /* capture, relative to the run directory */
} RigFrames;

/* The driver as its files describe it; the caller's, NULL: not known. */
typedef struct RigDriver {
    char *sha256, *service, *provider, *version, *model;
} RigDriver;

/* What decides the scenario, as SHA-256; the caller's, NULL: not known. */
typedef struct RigScenarioInputs {
    char *all;           /* of everything that does, rig itself included */
    char *scenario;      /* of the scenario file, or of the text made of it */
    char *rules;         /* of the rules that judge it */
    char *inf;
} RigScenarioInputs;

/* A known issue that covers failures of the scenario; known.h. */
typedef struct RigKnownUse {
    char *id, *expires, *reason, *link;
    unsigned findings;   /* that it covers */
} RigKnownUse;

/* Bounds on what is kept of one scenario; the rest is counted. */
#define RIG_FINDINGS_MAX  64u  /* findings with proof */
#define RIG_CYCLES_MAX    64u  /* cycles with steps and evidence */
#define RIG_TIMELINES_MAX 8u   /* cycles with a timeline */

typedef struct RigScenarioResult {
    const RigScenario *scenario; /* the caller's, not owned */
    unsigned number;     /* 1-based in its plan; a caller that puts several
                            plans into one run renumbers it */
    RigVerdict verdict;
    char *sentence;      /* the verdict in one sentence */
    GPtrArray *findings; /* of RigFinding */
    unsigned findings_omitted;
    GPtrArray *cycles;   /* of RigCycleResult, by number, not every one */
    unsigned cycles_by_verdict[RIG_VERDICTS]; /* all cycles, missing ones
                            are broken */
    unsigned cycles_omitted; /* cycles that are not in `cycles` */
    GArray *traffic;     /* of RigTrafficCount */
    struct RigSweepResult *sweep; /* sweep.h; NULL: no sweep, or no machine */

    /* Set by the caller before results are written. */
    unsigned machine;    /* 1-based number of the machine, 0: none */
    uint64_t ms;         /* wall time in it without its boot, 0: not known */
    RigDriver driver;
    RigScenarioInputs inputs;
    GPtrArray *known;    /* of RigKnownUse, NULL: none was looked for */
    unsigned known_failures; /* that were looked at */
    gboolean known_all;  /* every failure is covered */
    RigFrames frames;    /* by rig_scenario_result_set_frames() */
    gboolean has_frames;
    char *frames_file;   /* copy of frames.file */
    char *reproduce;     /* command line, NULL: none */
    char *bundle;        /* relative to the run directory, NULL: none */
} RigScenarioResult;

/*
 * A result for a scenario that no monitor saw: its machine could not be
 * started (broken) or it does not apply here (skipped). `sentence` is copied.
 */
RigScenarioResult *rig_scenario_result_new(const RigScenario *scenario,
                                           unsigned number,
                                           RigVerdict verdict,
                                           const char *sentence);
void rig_scenario_result_free(RigScenarioResult *result);

/*
 * Take what the capture says about the traffic of this scenario (all cycles
 * together) and judge it against the guest's own counts:
 *
 * - the guest claims less than the wire saw (more frames crossed than were
 *   sent, or more were received than came back): the two witnesses
 *   contradict each other, the rig is broken;
 * - the driver completed sends that never crossed, lost or damaged frames:
 *   finding "traffic", inconclusive: what the driver did about interrupts
 *   was judged, but it was not the working driver that the scenario is about;
 * - anything else leaves the verdict alone.
 */
void rig_scenario_result_set_frames(RigScenarioResult *result,
                                    const RigFrames *frames);

/* Give the scenario this verdict and sentence unless it has a worse one. */
void rig_scenario_result_worsen(RigScenarioResult *result,
                                RigVerdict verdict, const char *sentence);

/*
 * TRUE when the result is what the scenario file expects: the verdict and,
 * where stated, one finding that has both the level and the class.
 */
gboolean rig_scenario_result_as_expected(const RigScenarioResult *result);

/*
 * For the monitor: the verdict and the sentence of a scenario from those of
 * its cycles. `pass_sentence` is used when all of them passed.
 */
void rig_scenario_result_conclude(RigScenarioResult *result,
                                  const char *pass_sentence);
/* An empty result of one cycle. */
RigCycleResult *rig_cycle_result_new(unsigned number);

/* Free functions for the element types; NULL is fine. */
void rig_proof_free(RigProof *proof);
void rig_finding_free(RigFinding *finding);
void rig_cycle_result_free(RigCycleResult *cycle);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(RigScenarioResult, rig_scenario_result_free)

#endif
