/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Test support: the frame around what a driver does, for one scenario with
 * one cycle, under either MSI-X programming profile.
 */
#ifndef RIG_TESTS_CYCLE_BUILDER_H
#define RIG_TESTS_CYCLE_BUILDER_H

#include "stream-builder.h"

#define VECTORS 4
#define HANDLE  0x1001u

/* A stream and the monitor that will judge it. */
typedef struct Play {
    Builder *b;
    Judged *j;
    RigProfile profile;
} Play;

/* Up to and with the beginning of the cycle; at-start, vectors are armed. */
Play *play_new(RigProfile profile);
/* The same without a cycle, for `repeat` of them. */
Play *play_new_repeated(RigProfile profile, unsigned repeat);
void play_free(Play *p);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Play, play_free)

/* Registration as this profile does it; the LEAVE event. */
uint64_t play_register(Play *p, uint64_t handle);
uint64_t play_deregister(Play *p, uint64_t handle);

/* Step init: MiniportInitializeEx is entered; it returns `status`. */
void play_init_begin(Play *p);
uint64_t play_init_end(Play *p, uint32_t status);
/* Init that registers HANDLE and succeeds; the LEAVE of registration. */
uint64_t play_init(Play *p);
/* Step halt: MiniportHaltEx is entered; it returns. */
void play_halt_begin(Play *p);
uint64_t play_halt_end(Play *p);
/* Halt that deregisters HANDLE; the LEAVE of MiniportHaltEx. */
uint64_t play_halt(Play *p);
/* Step remove: the rig takes the device back. */
void play_remove(Play *p);

/* The rest of the cycle and the stream, then the verdict. */
const RigScenarioResult *play_judge(Play *p);
/* The same, but the cycle ends as `end`. */
const RigScenarioResult *play_judge_end(Play *p, enum rig_cycle_end end,
                                        const char *text);

/* Check a verdict, with the sentence as the message. */
void expect_verdict(const RigScenarioResult *r, RigVerdict verdict);
/*
 * Check that the result is a violation with exactly the findings "id/level/
 * class ..." of this list, in any order.
 */
void expect_findings(const RigScenarioResult *r, const char *list);

#endif
