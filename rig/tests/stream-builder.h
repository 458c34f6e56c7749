/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Test support: writes event streams as rig-tap, the agent and the NDIS host
 * would, one call for each event. Every function returns the sequence number
 * of the (last) event that it wrote.
 */
#ifndef RIG_TESTS_STREAM_BUILDER_H
#define RIG_TESTS_STREAM_BUILDER_H

#include <glib.h>
#include <stdint.h>
#include "rig/events.h"
#include "monitor.h"

#define B_DEPTH 32

typedef struct Builder {
    GByteArray *bytes;
    uint64_t seq, ns;
    uint32_t scenario, cycle;
    uint16_t thread;        /* of the next markers */
    uint8_t irql;
    uint64_t calls;         /* last call number given out */
    struct { char name[48]; uint64_t call; uint64_t object; } open[B_DEPTH];
    unsigned depth;
    uint16_t function;      /* watched one that device events are about */
    uint16_t command, control;
    uint16_t controls[2];   /* of the functions that are not current */
    unsigned vectors;
} Builder;

/* A stream that begins with hello, one watched function, and its state. */
Builder *b_new(unsigned vectors);
/* The same with `functions` of them, 1 or 2, and which one is meant now. */
Builder *b_new_functions(unsigned vectors, unsigned functions);
void b_function(Builder *b, unsigned function);
/* RIG_MK_ADAPTER, and that adapter's function. */
uint64_t b_adapter(Builder *b, unsigned adapter);
void b_free(Builder *b);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Builder, b_free)

/* Records as they are; payload may be NULL with size 0. */
uint64_t b_record(Builder *b, uint16_t type, uint16_t flags,
                  const void *payload, uint32_t size);
uint64_t b_end(Builder *b);

/* The function: MSI-X state, table, interrupts. */
uint64_t b_state(Builder *b, uint16_t command, uint16_t control,
                 uint16_t pmcsr);
uint64_t b_table(Builder *b, uint16_t vector, uint16_t dword,
                 uint32_t value);
/* Program and unmask the first n vectors, then enable; and the reverse. */
uint64_t b_arm(Builder *b, unsigned n);
uint64_t b_disarm(Builder *b);
uint64_t b_raised(Builder *b, uint16_t vector, enum rig_raised outcome,
                  uint64_t count);
uint64_t b_reset(Builder *b, enum rig_reset_cause cause);
/* An armed fault of the device strikes. */
uint64_t b_strike(Builder *b, const char *name);

/* Markers. */
uint64_t b_marker(Builder *b, const struct rig_marker *m);
uint64_t b_mark(Builder *b, uint16_t kind, const char *name,
                uint64_t status, uint64_t arg0, const char *text);
uint64_t b_plan(Builder *b, unsigned scenarios);
uint64_t b_scenario(Builder *b, uint32_t number, const char *name);
uint64_t b_scenario_end(Builder *b);
uint64_t b_cycle(Builder *b, uint32_t number);
uint64_t b_cycle_end(Builder *b, enum rig_cycle_end end, const char *text);
uint64_t b_step(Builder *b, const char *name);
uint64_t b_step_end(Builder *b, const char *name, enum rig_step_end end,
                    uint32_t status, const char *text);
uint64_t b_quiesced(Builder *b);

/* Callbacks and API calls nest; b_leave() ends the innermost one. */
uint64_t b_enter(Builder *b, const char *callback);
/* With what it is about: an OID request, a timer. */
uint64_t b_enter_about(Builder *b, const char *callback, uint64_t object);
uint64_t b_leave(Builder *b, uint32_t status);
uint64_t b_api(Builder *b, const char *api, uint64_t object);
uint64_t b_api_args(Builder *b, const char *api, uint64_t object,
                    const uint64_t arg[RIG_MARKER_ARGS]);
uint64_t b_return(Builder *b, uint64_t object, uint32_t status);
uint64_t b_fault(Builder *b, const char *api, unsigned occurrence,
                 uint32_t status);

/* NDIS_STATUS values of ndis.h. */
#define B_SUCCESS   0u
#define B_RESOURCES 0xC000009Au
#define B_FAILURE   0xC0000001u

/* What drivers do; handles are chosen by the caller. */
uint64_t b_register(Builder *b, uint64_t handle);
uint64_t b_deregister(Builder *b, uint64_t handle);
/* The same at-connect: the call programs, or disables, `n` vectors. */
uint64_t b_register_armed(Builder *b, uint64_t handle, unsigned n);
uint64_t b_deregister_disarmed(Builder *b, uint64_t handle);
uint64_t b_config_table(Builder *b, unsigned operation, unsigned entry);

/* A scenario as its file would give it: one rule, `repeat` cycles. */
RigScenario *b_new_scenario(const char *name, RigProfile profile,
                            unsigned repeat);
/* A fault in the step that is `step` of the only <cycle>. */
void b_expect_fault(RigScenario *s, const char *step, const char *api,
                    unsigned occurrence, uint32_t status);
/* The same with a fault of the device. */
void b_expect_device_fault(RigScenario *s, const char *step, const char *name);
/* $RIG_HOME or ".": where scenarios/ and results/ are. */
char *b_home_file(const char *name);

/* A monitor with what it needs. */
typedef struct Judged {
    GPtrArray *scenarios;
    RigRules *rules;
    RigMonitor *monitor;
    RigScenarioResult *result; /* of the first scenario, after b_judge() */
} Judged;

/* Takes the scenario; more can be added to `scenarios` before b_start(). */
Judged *b_judged(RigScenario *scenario);
void b_start(Judged *j);
/* Feed the whole stream at once, finish with "ok", take the first result. */
void b_judge(Judged *j, const Builder *b);
void b_judged_free(Judged *j);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Judged, b_judged_free)

/* The finding of this id, or NULL. */
const RigFinding *b_finding(const RigScenarioResult *r, const char *id);
/* Is this event among the proofs? */
gboolean b_proved_by(const RigFinding *f, uint64_t event);

#endif
