/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules in memory, and the set of those that some scenarios refer to. */
#include <string.h>
#include "problem.h"
#include "rule-engine.h"
#include "rule-model.h"

static void names_clear(RuleNames *names)
{
    g_free(names->quark);
}

static void on_free(gpointer data)
{
    RuleOn *on = data;

    names_clear(&on->names);
    names_clear(&on->except);
    names_clear(&on->inside);
    names_clear(&on->not_inside);
    names_clear(&on->within);
    names_clear(&on->not_within);
    names_clear(&on->during);
    names_clear(&on->not_during);
    g_array_unref(on->status);
    g_array_unref(on->not_status);
    g_array_unref(on->is);
    g_array_unref(on->is_not);
    g_array_unref(on->actions);
    g_free(on);
}

void rule_boundary_free(gpointer data)
{
    RuleBoundary *b = data;

    g_free(b->name);
    names_clear(&b->steps);
    g_free(b->class_code);
    g_free(b);
}

void rule_violation_free(gpointer data)
{
    RuleViolation *v = data;

    g_free(v->id);
    g_free(v->class_code);
    g_free(v->template);
    g_free(v);
}

RigRule *rule_new(const char *file)
{
    RigRule *rule = g_new0(RigRule, 1);

    rule->file = g_strdup(file);
    rule->counters = g_ptr_array_new_with_free_func(g_free);
    rule->states = g_ptr_array_new_with_free_func(g_free);
    rule->boundaries = g_ptr_array_new_with_free_func(rule_boundary_free);
    rule->violations = g_ptr_array_new_with_free_func(rule_violation_free);
    rule->on = g_ptr_array_new_with_free_func(on_free);
    return rule;
}

void rig_rule_free(RigRule *rule)
{
    if (rule) {
        g_free(rule->name);
        g_free(rule->file);
        g_free(rule->title);
        g_free(rule->source);
        g_free(rule->page);
        g_free(rule->unseen);
        g_ptr_array_unref(rule->counters);
        g_ptr_array_unref(rule->states);
        g_ptr_array_unref(rule->boundaries);
        g_ptr_array_unref(rule->violations);
        g_ptr_array_unref(rule->on);
        g_free(rule);
    }
}

const char *rig_rule_name(const RigRule *rule)
{
    return rule->name;
}

const char *rig_rule_title(const RigRule *rule)
{
    return rule->title;
}

const char *rig_rule_page(const RigRule *rule)
{
    return rule->page;
}

struct RigRules {
    GHashTable *by_file; /* char * -> RigRule */
};

void rig_rules_free(RigRules *rules)
{
    if (rules) {
        g_hash_table_unref(rules->by_file);
        g_free(rules);
    }
}

const RigRule *rig_rules_get(const RigRules *rules, const RigRuleRef *ref)
{
    return g_hash_table_lookup(rules->by_file, ref->file);
}

void rig_rules_add_names(const RigRules *rules, RigNames *names)
{
    GHashTableIter iter;
    gpointer rule;

    g_hash_table_iter_init(&iter, rules->by_file);
    while (g_hash_table_iter_next(&iter, NULL, &rule)) {
        rig_rule_add_names(rule, names);
    }
}

/* Load the rule of one reference unless that has happened. */
static void load_ref(RigRules *rules, const RigScenario *s,
                     const RigRuleRef *ref, const RigPaths *paths,
                     GPtrArray *problems)
{
    g_autofree char *schema = g_build_filename(paths->scenarios, "rules",
                                               "rule.rng", NULL);
    RigRule *rule;

    if (rig_rules_get(rules, ref)) {
        return;
    }
    rule = rig_rule_load(ref->file, schema, problems);
    if (rule && strcmp(rule->name, ref->name)) {
        rig_problem(problems, s->file, ref->line, "rule \"%s\" is expected "
                    "in %s, but that file holds \"%s\"; rename one",
                    ref->name, ref->file, rule->name);
    }
    if (rule) {
        rig_rule_check_names(rule, paths, problems);
        g_hash_table_insert(rules->by_file, g_strdup(ref->file), rule);
    }
}

RigRules *rig_rules_load(const GPtrArray *scenarios, const RigPaths *paths,
                         GPtrArray *problems)
{
    g_autoptr(RigRules) rules = g_new0(RigRules, 1);
    unsigned before = problems->len;

    rules->by_file = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
                                           (GDestroyNotify)rig_rule_free);
    for (unsigned i = 0; i < scenarios->len; i++) {
        const RigScenario *s = scenarios->pdata[i];

        for (unsigned k = 0; k < s->rules->len; k++) {
            load_ref(rules, s, s->rules->pdata[k], paths, problems);
        }
    }
    return problems->len == before ? g_steal_pointer(&rules) : NULL;
}
