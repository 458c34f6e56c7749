/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a schema cannot say about a scenario. */
#ifndef RIG_SCENARIO_CHECK_H
#define RIG_SCENARIO_CHECK_H

#include "scenario.h"

/*
 * Check rules, driver files, order of steps and faults of @s, which is valid
 * against scenario.rng; sets the file of each rule. Faults found go to
 * @problems.
 */
void rig_scenario_check(RigScenario *s, const RigPaths *paths,
                        GPtrArray *problems);

/*
 * scenario-life.c: add to @c, a cycle of a miniport, what goes without saying:
 * a first <install/>, and at the end what halts a miniport that is still
 * initialized. A step out of order is a problem.
 */
void rig_scenario_complete_life(const RigScenario *s, RigCycle *c,
                                GPtrArray *problems);

/* scenario-linux.c: the same for scenarios of Linux's own drivers. */
void rig_scenario_check_linux_driver(const RigScenario *s,
                                     GPtrArray *problems);
/* scenario-windows.c: what cannot be done on Windows. */
void rig_scenario_check_windows(const RigScenario *s, GPtrArray *problems);

void rig_scenario_check_linux_steps(const RigScenario *s, const RigCycle *c,
                                    GPtrArray *problems);

#endif
