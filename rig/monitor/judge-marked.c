/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules that a stored stream has no markers for. */
#include "judge-marked.h"

/* Take the rules out; they are listed with what each misses. */
static GString *take_out(RigScenario *s, const RigRules *rules, guint *n)
{
    GString *list = g_string_new(NULL);

    for (guint i = 0; s->marked && i < s->rules->len;) {
        const RigRuleRef *ref = s->rules->pdata[i];
        g_autofree char *missing = rig_rule_unmarked(
            rig_rules_get(rules, ref), (const char *const *)s->marked);

        if (!missing) {
            i++;
            continue;
        }
        g_string_append_printf(list, "%s%s (%s)", *n ? ", " : "", ref->name,
                               g_str_equal(missing, "*") ? "every callback"
                                                         : missing);
        ++*n;
        g_ptr_array_remove_index(s->rules, i);
    }
    return list;
}

GPtrArray *rig_unmarked_rules(const GPtrArray *scenarios,
                              const RigRules *rules)
{
    GPtrArray *all = g_ptr_array_new_with_free_func(g_free);

    for (guint i = 0; i < scenarios->len; i++) {
        guint n = 0;
        g_autoptr(GString) list = take_out(scenarios->pdata[i], rules, &n);

        g_ptr_array_add(all, n ? g_strdup_printf(
            "%u %s cannot be judged, for markers were not asked for when this "
            "stream was recorded: %s. Record it again with %s in the scenario.",
            n, n == 1 ? "rule" : "rules", list->str,
            n == 1 ? "this rule" : "these rules") : NULL);
    }
    return all;
}
