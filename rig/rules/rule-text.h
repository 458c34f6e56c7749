/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A rule in words: its transitions for `rig rules show` and its drawing. */
#ifndef RIG_RULE_TEXT_H
#define RIG_RULE_TEXT_H

#include "rule-model.h"

/* "NdisFreeMdl is called", one line; to be freed. */
char *rig_rule_event_text(const RigRule *rule, const RuleOn *on);
/*
 * Its guards and those actions that no arrow shows (counters), one line each;
 * the guard about the handle's state is left out. To be freed, may be "".
 */
char *rig_rule_guard_text(const RigRule *rule, const RuleOn *on);
/* Levels of its violations: "sdv-rule, strict"; to be freed. */
char *rig_rule_levels(const RigRule *rule);

/* The automaton as an SVG document (rule-svg.c); to be freed. */
char *rig_rule_svg(const RigRule *rule);

#endif
