/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the monitor share: monitor*.c, findings.c, judge.c. */
#ifndef RIG_MONITOR_INTERNAL_H
#define RIG_MONITOR_INTERNAL_H

#include "calls.h"
#include "monitor.h"
#include "msix.h"
#include "rule-engine.h"
#include "stream.h"
#include "symbols.h"
#include "sweep.h"
#include "timeline.h"

/* Rules by which one scenario can be judged: bits of a mask. */
#define RIG_RULES_MAX 64u
/* Kinds of RULE_WHEN_*: bits of a word. */
#define RULE_WHENS    4u
/* Bounds on what is kept of one cycle. */
#define WORK_STEPS_MAX    64u
#define WORK_FAULTS_MAX   64u
#define WORK_EVIDENCE_MAX 32u
/* Findings whose number of interrupts is still rising. */
#define WORK_RISING_MAX   8u

typedef struct WorkStep {
    char name[RIG_MARKER_NAME];
    enum rig_step_end result;
    uint32_t status;
    uint64_t event_from, event_to, ns_from, ns_to;
    char detail[RIG_MARKER_TEXT];
} WorkStep;

typedef struct WorkFault {
    char api[RIG_MARKER_NAME];
    char step[RIG_MARKER_NAME];
    unsigned occurrence;
    uint32_t status;
    uint64_t event, ns, caller;
} WorkFault;

/* A fault of the device that struck. */
typedef struct WorkStrike {
    char name[sizeof(((struct rig_ev_fault *)NULL)->name)];
    uint64_t event, ns;
} WorkStrike;

typedef struct WorkEvidence {
    char callback[RIG_MARKER_NAME];
    uint64_t event, raised;
    gboolean enabled, function_masked;
    unsigned registered;
    RigMsixCounts counts;
} WorkEvidence;

/* The end of a driver that did not come by itself. */
typedef struct WorkLost {
    RigCycleEnd how;     /* RIG_END_DONE: it was not lost */
    uint64_t event, ns;
    uint64_t status;     /* signal or bug check code */
    uint64_t caller;     /* RVA, 0: unknown */
    char inside[RIG_MARKER_NAME]; /* innermost callback, "": none */
    char text[RIG_MARKER_TEXT];
} WorkLost;

/* The end of a callback that matters to whether a cycle was judged. */
typedef struct WorkReturn {
    uint64_t event, ns;  /* RIG_NO_EVENT: never */
    uint32_t status;
} WorkReturn;

/* What Linux said about one function in this cycle. */
typedef struct WorkLinux {
    unsigned points;       /* bits 1 << enum rig_linux_point */
    enum rig_linux_point point; /* of the open account */
    unsigned vectors;      /* markers of the open account ... */
    unsigned next;         /* ... and how many have come */
    uint64_t event_from, event_to; /* of all its markers */
    uint64_t counted;      /* interrupts, at the last closing ... */
    uint64_t merged;       /* ... and messages sent beyond them */
    unsigned used;         /* vectors with interrupts then */
    char driver[RIG_MARKER_TEXT];
} WorkLinux;

/* The finding that says most about the cycle, kept or not. */
typedef struct WorkWorst {
    RigLevel level;
    uint64_t event;      /* RIG_NO_EVENT: there is none */
    char class_code[20];
    char id[64];
} WorkWorst;

/* One cycle while it runs; used again for the next one. */
typedef struct Work {
    uint64_t event_from, ns_from;
    unsigned steps, faults, strikes, evidences;
    WorkStep step[WORK_STEPS_MAX];
    WorkFault fault[WORK_FAULTS_MAX];
    WorkStrike strike[WORK_FAULTS_MAX];
    WorkEvidence evidence[WORK_EVIDENCE_MAX];
    WorkLost lost;
    WorkReturn init, halt, shutdown; /* the last of each */
    WorkReturn early;       /* last failure of a callback before init */
    char early_name[RIG_MARKER_NAME];
    gboolean init_entered;
    gboolean api_witness;   /* a callback or API event was seen */
    gboolean line;          /* the interrupt is line-based */
    uint64_t records_lost;  /* event of a RIG_EV_LOST, or RIG_NO_EVENT */
    uint64_t restored;      /* event of a RIG_EV_EPOCH, or RIG_NO_EVENT */
    uint64_t unimplemented; /* event, or RIG_NO_EVENT */
    uint64_t unimplemented_caller; /* RVA of the call, 0 if unknown */
    char unimplemented_name[RIG_MARKER_NAME];
    char end_text[RIG_MARKER_TEXT + 40]; /* why it was given up, a sentence */
    WorkLinux linux_target[RIG_TARGETS_MAX];
    unsigned findings_from; /* index of the cycle's first finding */
    unsigned violations;    /* all of them, kept or not */
    WorkWorst worst;
    char unclean_start[160]; /* sweep: how the device differs; "": it does not */
    RigFinding *rising[WORK_RISING_MAX];
    unsigned risings;
    uint64_t raised_base;   /* interrupts before the last boundary */
} Work;

struct RigMonitor {
    const GPtrArray *scenarios;
    const RigRules *rules;
    RigStream stream;
    GChecksum *hash;
    RigMsix msix[RIG_TARGETS_MAX];
    unsigned first;        /* the (first) function under test of these */
    gboolean windows;      /* the guest is one: monitor-windows.c */
    RigCalls calls;
    RigRecorder *recorder;
    RigNames *names;     /* of all rules */
    RigEngine *engine[RIG_RULES_MAX];
    unsigned engines;
    RigSymbols *symbols; /* of the open scenario's driver, NULL: none */
    int interrupts;      /* the engine that follows interrupts, -1: none */
    /* Engines that want to see an event, by name index and kind of when. */
    uint64_t *wanted[RULE_SOURCES];
    RigScenarioResult **result; /* one for each scenario; NULL: taken */
    gboolean by_shim;    /* the open scenario's driver is instrumented: its
                            markers are believed, not the NDIS host's */
    char *unwitnessed;   /* rules that the shim is no witness for: a sentence,
                            or NULL */

    gboolean plan_begun, plan_ended;
    char gave_up[RIG_MARKER_TEXT]; /* why the guest ended its plan early */
    unsigned scenario;   /* open one, 1-based; 0: none */
    unsigned last_scenario;
    unsigned cycle;      /* open one, 1-based; 0: none */
    unsigned last_cycle, cycles;
    gboolean step_open;
    GQuark step;
    unsigned timelines;  /* drawn for this scenario */
    unsigned findings;   /* in all scenarios */
    char *pass_sentence; /* of the open scenario's first cycle */
    Work work;

    /* A sweep: faults of the next cycle and of the open one; cycle 1. */
    RigSweepFault next[RIG_SWEEP_FAULTS], now[RIG_SWEEP_FAULTS];
    unsigned next_faults, now_faults;
    gboolean has_start;
    uint64_t start_shadow, start_digest;
    char *worst_sentence; /* of work.worst */

    uint64_t lost, boot_ns, last_ns;
    char qemu[32];
    RigOutcome outcome;
    char *detail;
    gboolean finished;
    RigStreamPlace place; /* nothing behind it is judged */
    gboolean reached, stopped;
};

/* The open scenario and its result. */
const RigScenario *rig_monitor_open_scenario(const RigMonitor *m);
RigScenarioResult *rig_monitor_open_result(const RigMonitor *m);

/*
 * Armed vectors of the function of this adapter, where the guest tells which
 * adapter it is about; else of all watched functions.
 */
unsigned rig_monitor_armed(const RigMonitor *m, int adapter);
/* The function of this adapter where the guest tells, else the first. */
const RigMsix *rig_monitor_function(const RigMonitor *m, int adapter);
/* Interrupts so far of all watched functions. */
uint64_t rig_monitor_raised(const RigMonitor *m);
/* Interrupts that the driver holds. */
unsigned rig_monitor_held(const RigMonitor *m);

/*
 * A place in the driver: "rignic.sys+0x1a2b (RignicHaltEx+0x1b)", the function
 * only where the image or its map names it. To be freed.
 */
char *rig_monitor_place(const RigMonitor *m, uint64_t rva);
/*
 * The text of a marker with the call stack at its end, "... | 1a2b 3c4d" or
 * "... stack 1a2b 3c4d", spelled out. To be freed.
 */
char *rig_monitor_stack(const RigMonitor *m, const char *text);

/* monitor-rules.c: engines for the rules of the open scenario. */
void rig_monitor_open_rules(RigMonitor *m);
void rig_monitor_close_rules(RigMonitor *m);
/* The engines, as a mask, that want to see such an event. */
static inline uint64_t rig_monitor_wanted(const RigMonitor *m,
                                          RuleSource source, unsigned index,
                                          unsigned when)
{
    return m->engines ? m->wanted[source][index * RULE_WHENS +
                                          __builtin_ctz(when)] : 0;
}

/*
 * monitor-driver.c: facts about an event that do not depend on its kind; show
 * them to the rules; a marker of a driver's thread; the end of a driver.
 */
RigFacts rig_monitor_facts(const RigMonitor *m, const RigEvent *e,
                           RuleSource source, unsigned when, int adapter);
void rig_monitor_show(RigMonitor *m, uint64_t engines, const RigFacts *facts);
void rig_monitor_driver(RigMonitor *m, const RigEvent *e);
void rig_monitor_lost(RigMonitor *m, const RigEvent *e, RigCycleEnd how);

/*
 * monitor-plan.c: any marker; the open cycle or scenario is over. `missing`
 * is the reason why cycles of the scenario that have not begun will not come.
 */
void rig_monitor_marker(RigMonitor *m, const RigEvent *e);
void rig_monitor_close_cycle(RigMonitor *m, RigCycleEnd end, uint64_t event,
                             uint64_t ns);
void rig_monitor_close_scenario(RigMonitor *m, const char *missing,
                                gboolean cut);

/*
 * monitor-sweep.c: a scenario opens; what is wrong with a sweep's marker here,
 * NULL if nothing is; a fault of the next cycle; a call that may fail; a cycle
 * begins; has been judged.
 */
void rig_sweep_open(RigMonitor *m);
const char *rig_sweep_misplaced(const RigMonitor *m,
                                const struct rig_marker *k);
void rig_sweep_announced(RigMonitor *m, const RigEvent *e);
void rig_sweep_point_reached(RigMonitor *m, const RigEvent *e);
void rig_sweep_cycle_begins(RigMonitor *m, const RigEvent *e);
void rig_sweep_judged(RigMonitor *m, RigVerdict verdict, const char *reason);
/* The scenario is over and has been concluded. */
void rig_sweep_close(RigMonitor *m);
/* Did an injected fault keep MiniportInitializeEx from being called? */
gboolean rig_sweep_failed_early(const RigMonitor *m);

/*
 * monitor-linux.c: a RIG_MK_LINUX marker; why a cycle of Linux's own driver is
 * inconclusive, or NULL; why it passed.
 */
void rig_monitor_linux(RigMonitor *m, const RigEvent *e);
char *rig_linux_inconclusive(const RigMonitor *m);
char *rig_linux_pass_sentence(const RigMonitor *m);

/*
 * monitor-windows.c: FALSE when a marker of a Windows guest is to be left
 * out. A bug check of the whole system. Then, where no API
 * call was seen: is that so; why such a cycle is inconclusive, or NULL; why it
 * passed.
 */
gboolean rig_windows_wanted(const RigMonitor *m, const RigEvent *e);
void rig_windows_bugcheck(RigMonitor *m, const RigEvent *e);
gboolean rig_windows_without_api(const RigMonitor *m);
char *rig_windows_inconclusive(const RigMonitor *m);
char *rig_windows_pass_sentence(const RigMonitor *m);

/*
 * findings.c: count a violation of the open cycle; FALSE if it is not to be
 * kept: there are too many, or the stream has a gap.
 */
gboolean rig_finding_wanted(RigMonitor *m);
/* A RigReportFunc; opaque is the monitor. */
void rig_finding_report(const RigReport *report, void *opaque);
/* No more interrupts count: put their number into the findings. */
void rig_findings_settle(RigMonitor *m);

/*
 * judge-faults.c: a sentence about a fault of the open cycle's plan that did
 * not happen, to be freed; NULL: all did.
 */
char *rig_missing_fault(const RigMonitor *m);

/* judge.c: the open cycle has ended as `end` says; keep what matters. */
void rig_judge_cycle(RigMonitor *m, RigCycleEnd end, uint64_t event,
                     uint64_t ns);
/* Cycles from `first` to the last one of a scenario never came. */
void rig_judge_missing(RigScenarioResult *result, unsigned first,
                       unsigned cycles, const char *reason);

#endif
