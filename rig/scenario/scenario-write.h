/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A scenario in memory as a scenario file. */
#ifndef RIG_SCENARIO_WRITE_H
#define RIG_SCENARIO_WRITE_H

#include <glib.h>

#include "scenario.h"

/* Where the files are that a scenario names, as written to it. */
typedef struct RigScenarioFiles {
    const char *sys, *inf;   /* relative to the scenario file, or absolute;
                                not used for Linux's own drivers */
    const char *rules;       /* directory with NAME.xml of every rule */
} RigScenarioFiles;

/*
 * The text of a scenario file that says the same as @s: every option and every
 * variant that made it is in it. The same scenario gives the same text, and
 * the plan of what rig_scenario_load() makes of it is the plan of @s. To be
 * freed.
 */
char *rig_scenario_to_xml(const RigScenario *s, const RigScenarioFiles *files);

#endif
