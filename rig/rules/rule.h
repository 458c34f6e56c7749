/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules: small automata over events, loaded from scenarios/rules/ and
 * validated by rule.rng there, which explains the language.
 */
#ifndef RIG_RULE_H
#define RIG_RULE_H

#include <glib.h>
#include "names.h"
#include "scenario.h"

typedef struct RigRule RigRule;

/*
 * Load a rule file. Problems are appended as "file:line: what is wrong; what
 * to do"; NULL when there was any. `schema` is the path of rule.rng.
 */
RigRule *rig_rule_load(const char *file, const char *schema,
                       GPtrArray *problems);
/* The same for the @length bytes of @text of a file. */
RigRule *rig_rule_parse(const char *text, size_t length, const char *file,
                        const char *schema, GPtrArray *problems);
void rig_rule_free(RigRule *rule);
const char *rig_rule_name(const RigRule *rule);
const char *rig_rule_title(const RigRule *rule);
/* The address of the page that publishes it; NULL: there is none. */
const char *rig_rule_page(const RigRule *rule);

/*
 * Does the NDIS host know every export and callback that the rule mentions?
 * One that it does not know is a problem. FALSE: the guest is not built, and
 * nothing was checked.
 */
gboolean rig_rule_check_names(const RigRule *rule, const RigPaths *paths,
                              GPtrArray *problems);

/* All rules that a set of scenarios refers to, each loaded once. */
typedef struct RigRules RigRules;

/* NULL with problems when one cannot be loaded or has another name. */
RigRules *rig_rules_load(const GPtrArray *scenarios, const RigPaths *paths,
                         GPtrArray *problems);
void rig_rules_free(RigRules *rules);
/*
 * What the NDIS host has to mark for the rules of this scenario: exports and
 * callbacks, sorted; "*" stands for every callback. Free with g_strfreev().
 */
char **rig_rules_trace(const RigRules *rules, const RigScenario *scenario);
/*
 * The first export, or else callback, that the rule needs and that a stream
 * recorded with this trace list, ended by NULL, has no markers for; NULL:
 * there is none. To be freed.
 */
char *rig_rule_unmarked(const RigRule *rule, const char *const *trace);
/* Enter every name that one of the rules mentions. */
void rig_rules_add_names(const RigRules *rules, RigNames *names);
/* The rule that a scenario refers to; owned by the set. */
const RigRule *rig_rules_get(const RigRules *rules, const RigRuleRef *ref);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(RigRule, rig_rule_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RigRules, rig_rules_free)

#endif
