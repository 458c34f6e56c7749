/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The <sweep> of a scenario: read, checked, and written into the guest's plan.
 */
#ifndef RIG_SCENARIO_SWEEP_H
#define RIG_SCENARIO_SWEEP_H

#include <libxml/tree.h>

#include "scenario.h"

/* Take element <sweep>, valid against the schema; belongs to @s. */
void rig_sweep_read(RigScenario *s, xmlNode *node);
void rig_sweep_free(RigSweep *sweep);

/* A scenario without <cycle> is swept along the life that NDIS gives all. */
void rig_sweep_add_life(RigScenario *s);

/* What the schema cannot say; problems as in scenario.h. */
void rig_sweep_check(const RigScenario *s, GPtrArray *problems);

/* The group of scenario @number in plan.ini. */
void rig_sweep_plan(GKeyFile *plan, unsigned number, const RigSweep *sweep);

#endif
