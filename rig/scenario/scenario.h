/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Scenarios: what a scenario file says, parsed and checked.
 *
 * A RigScenario is plain data. rig_scenario_load() only returns one that can
 * be run: valid against scenario.rng, with legal step order, known rules, and
 * driver files that exist and are x64 images.
 */
#ifndef RIG_SCENARIO_H
#define RIG_SCENARIO_H

#include <glib.h>
#include <stdint.h>

#include "paths.h"

/* The five verdicts, in the order in which a summary lists them. */
typedef enum RigVerdict {
    RIG_VERDICT_PASS,
    RIG_VERDICT_VIOLATION,
    RIG_VERDICT_BROKEN,       /* the rig or its environment failed */
    RIG_VERDICT_INCONCLUSIVE, /* the phase to be judged was not observed */
    RIG_VERDICT_SKIPPED,
    RIG_VERDICTS,
} RigVerdict;

/* "pass", "violation", ...: as written in scenario and result files. */
const char *rig_verdict_name(RigVerdict v);
/* Returns FALSE when @name is none of the five names. */
gboolean rig_verdict_parse(const char *name, RigVerdict *v);

typedef enum RigProfile {
    RIG_MSIX_AT_CONNECT, /* table programmed by NdisMRegisterInterruptEx */
    RIG_MSIX_AT_START,   /* table programmed before init, as Windows does */
} RigProfile;

/* RIG_PROFILE_AT_CONNECT or RIG_PROFILE_AT_START of plan.h. */
const char *rig_profile_name(RigProfile p);

/* The model with `vectors` and `queues`; QEMU's own have theirs built in. */
#define RIG_NIC_MODEL "rig-nic"

/* Longest wall time that a scenario may ask for. */
#define RIG_WALL_SECONDS_MAX 86400u

/* The virtual machine a scenario needs; equal ones may share a boot. */
typedef struct RigMachine {
    RigGuest guest;        /* follows from the kind of driver, or <guest> */
    char *image;           /* of RIG_GUEST_WINDOWS, its name; else NULL */
    char *calibration;     /* by which such a guest is judged, for people:
                              "win11, calibrated 2026-..."; NULL: none */
    gboolean stops;        /* it was seen to stop for a leaked interrupt */
    char *nic;             /* QEMU device model: "rig-nic", "igb", ... */
    unsigned vectors;      /* MSI-X vectors, 1..RIG_NIC_MAX_VECTORS */
    unsigned queues;       /* queue pairs, 1..RIG_NIC_MAX_QUEUES; both are 0
                              where the model has no such property */
    unsigned adapters;     /* such functions, 1..PLAN_ADAPTERS_MAX */
    RigProfile profile;
    gboolean guard_pages;  /* around every block of pool memory */
    unsigned random_seed;  /* QEMU's -seed, 0: that of every run, 1 */
    unsigned memory_mib;   /* guest RAM, 256..4096 MiB */
    unsigned wall_seconds; /* limit on the wall time of the VM, 5..86400;
                              no part of what makes machines equal */
} RigMachine;

/* An NDIS call that is not made; its documented failure is returned. */
typedef struct RigFault {
    char *api;           /* as exported: "NdisMRegisterScatterGatherDma" */
    unsigned occurrence; /* 1-based, counted from the start of the step */
    uint32_t status;     /* NDIS_STATUS returned instead */
} RigFault;

/* A fault of the device: armed when the step begins, cleared when the cycle
   ends. */
typedef struct RigDeviceFault {
    char *name;          /* as in rig/faults.h: "reset-never-done" */
    unsigned at;         /* strikes at its at-th occasion from then on, 1.. */
    char *argument;      /* NULL: none */
    int line;
} RigDeviceFault;

typedef struct RigStep {
    char *name;           /* RIG_STEP_* of plan.h */
    int line;             /* in the scenario file */
    unsigned timeout_ms;  /* guest time; 0: RIG_STEP_TIMEOUT_MS */
    unsigned frames;      /* traffic only: number of frames */
    unsigned min_length;  /* traffic only: bytes without FCS */
    unsigned max_length;
    unsigned adapter;     /* 0..: which function it is about */
    int messages;         /* install only: granted at most; -1: not said */
    gboolean post_failure; /* init only: NDIS fails after it */
    char *action;         /* halt: NdisHaltDevice*, shutdown: NdisShutdown*;
                             NULL: the usual one */
    char *state;          /* power only: "D0" or "D3" */
    int vf;               /* traffic only: through this VF, -1: none */
    unsigned vfs;         /* sriov only: number of VFs */
    GPtrArray *faults;    /* of RigFault */
    GPtrArray *device_faults; /* of RigDeviceFault */
} RigStep;

/* One <cycle>: its steps, run @repeat times, each in a fresh process. */
typedef struct RigCycle {
    unsigned repeat;      /* 1..1000000 */
    int line;
    GPtrArray *steps;     /* of RigStep */
} RigCycle;

/*
 * <sweep>: the only <cycle> is a life, gone through again and again with every
 * fault that it offers. Lists end with NULL and may be empty.
 */
typedef struct RigSweep {
    unsigned k;           /* faults at a time, 1 or 2 */
    uint32_t status;      /* NDIS_STATUS of a call that is not made */
    unsigned occasions;   /* tried of each device fault, at most */
    unsigned per_site;    /* calls tried of each call site, 0: all */
    unsigned limit;       /* cycles */
    unsigned share, shares; /* 1/1: all points, 2/3: every third, from the
                             second on */
    char **device_faults; /* NAME[:ARGUMENT] */
    char **lives;         /* RIG_SWEEP_* of plan.h */
    char **only;          /* points: nothing else is tried */
    int line;
} RigSweep;

/* What the author says will happen. NULL strings: not stated. */
typedef struct RigExpect {
    RigVerdict verdict;
    char *level;          /* "sdv-rule", "strict", "contract" or "leak" */
    char *class_code;     /* bug check 0x7C class: "0x08", or
                             "lost-in-cleanup", "none" */
    unsigned line;        /* in the file, 0: there is no <expect> */
} RigExpect;

/* As a name: every rule of scenarios/rules. */
#define RIG_RULE_ALL "all"

/* A rule the scenario is judged by. */
typedef struct RigRuleRef {
    char *name;           /* "Init_DeRegisterInterrupt", or RIG_RULE_ALL */
    char *file;           /* path of the rule file */
    int line;             /* of the <rule> element, 0: it has none */
} RigRuleRef;

typedef struct RigScenario {
    char *file;           /* path as given by the user */
    int line;             /* of <scenario> in it, 0: not read from a file */
    char *name;           /* printable ASCII, at most 47 characters */
    char *title;
    char *description;    /* may be "" */
    char *seed;           /* seeded defect, "S06", or NULL */
    char *variant;        /* options of `rig run` that made it from its file,
                             with a space behind; NULL: it is as in the file */
    char *control;        /* clean control, "C01", or NULL */
    gboolean isolate;     /* asks for a boot of its own */
    char *linux_driver;   /* module of Linux's own driver, or NULL; with it
                             the four below are NULL and `rules` is empty */
    char *sys;            /* path of the driver image on this host */
    char *inf;            /* path of the INF on this host */
    char *sys_name;       /* as in the file: last component of sys */
    char *inf_name;
    gboolean instrumented; /* the guest gets the image as rig_instrument()
                             makes it, and rigshim.sys is the witness */
    RigMachine machine;
    GPtrArray *rules;     /* of RigRuleRef, at least one for a .sys */
    GPtrArray *cycles;    /* of RigCycle, at least one */
    RigSweep *sweep;      /* NULL: the cycles are all there is */
    char **marked;        /* stored stream: what was marked when it was
                             recorded, as rig_rules_trace(); NULL: unknown */
    char *text;           /* of the file, where it is not in one; or NULL */
    RigExpect expect;
} RigScenario;

/*
 * Load one scenario file. Every fault found is appended to @problems as
 * "file:line: what is wrong; what to do". Returns NULL when there was any.
 * Free with rig_scenario_free().
 */
RigScenario *rig_scenario_load(const char *file, const RigPaths *paths,
                               GPtrArray *problems);
/* The same for the text of a file that is not there yet. */
RigScenario *rig_scenario_parse(const char *text, const char *file,
                                const RigPaths *paths, GPtrArray *problems);
void rig_scenario_free(RigScenario *s);

/*
 * An empty scenario, and a new last cycle or step, which belongs to what it
 * was added to. For those who build scenarios without a file.
 */
RigScenario *rig_scenario_new(void);
RigCycle *rig_scenario_add_cycle(RigScenario *s);
RigStep *rig_cycle_add_step(RigCycle *c);

/*
 * Load scenario files and directories (their *.xml, sorted by name). Also
 * finds duplicate names. Returns an array of RigScenario that frees its
 * elements; what could not be loaded is missing from it and in @problems.
 */
GPtrArray *rig_scenarios_load(char *const *args, const RigPaths *paths,
                              GPtrArray *problems);

/* Total number of cycles, repetitions counted; of a sweep only the first. */
unsigned rig_scenario_cycle_count(const RigScenario *s);

/*
 * The <cycle> that repetition @number (1-based, over the whole scenario)
 * belongs to, or NULL when there is no such cycle. All of a sweep belong to
 * its life.
 */
const RigCycle *rig_scenario_cycle(const RigScenario *s, unsigned number);

/*
 * virtio-net-pci has a function-level reset, which the rig needs between two
 * cycles, only behind a PCI Express port.
 */
gboolean rig_machine_needs_port(const RigMachine *m);

/*
 * igbvf is a VF of an igb, whose physical function Linux's own driver serves
 * in the guest: without it a VF has neither a MAC address nor a link.
 */
gboolean rig_machine_is_vf(const RigMachine *m);

/* Which function that rig-tap watches is the (first) one under test. */
unsigned rig_machine_target(const RigMachine *m);

/* TRUE when both can run in the same virtual machine. */
gboolean rig_machine_equal(const RigMachine *a, const RigMachine *b);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(RigScenario, rig_scenario_free)

#endif
