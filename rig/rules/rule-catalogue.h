/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rule files of the rig, and any rule file by its name or path. */
#ifndef RIG_RULE_CATALOGUE_H
#define RIG_RULE_CATALOGUE_H

#include <glib.h>
#include "paths.h"

typedef struct RigRuleEntry {
    char *name;
    char *file;
    gboolean always;     /* judges every scenario */
} RigRuleEntry;

/* Of scenarios/rules, sorted by name; frees its elements. */
GPtrArray *rig_rule_catalogue(const RigPaths *paths);
/* The entry of that name, or NULL. */
const RigRuleEntry *rig_rule_entry(const GPtrArray *catalogue,
                                   const char *name);
/* Name in the root element of a rule file, or NULL; to be freed. */
char *rig_rule_name_in(const char *file);
/*
 * What to say of a @name that no rule has: `did you mean "A"?`, or "the rules
 * are A, B, C" where none is like it. To be freed.
 */
char *rig_rule_hint(const GPtrArray *catalogue, const char *name);

#endif
