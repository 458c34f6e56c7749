/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules that a stored stream cannot be judged by: what they are about was not
 * marked when it was recorded, so they would pass without having seen it.
 */
#ifndef RIG_JUDGE_MARKED_H
#define RIG_JUDGE_MARKED_H

#include "rule.h"
#include "scenario.h"

/*
 * Take the rules whose names were not all marked out of each scenario (of
 * RigScenario) that says what was. For each scenario there is a sentence that
 * lists them, the first missing name with each, or NULL; to be freed.
 */
GPtrArray *rig_unmarked_rules(const GPtrArray *scenarios,
                              const RigRules *rules);

#endif
