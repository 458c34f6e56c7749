/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the NDIS host has to mark for rules, and whether it can: a rule about
 * an API that the host does not know would never fire.
 */
#include <string.h>
#include "problem.h"
#include "rule-model.h"

static void add(GHashTable *set, const RuleNames *names)
{
    for (unsigned i = 0; i < names->n; i++) {
        g_hash_table_add(set, (gpointer)g_quark_to_string(names->quark[i]));
    }
}

/* Callbacks that an <on> mentions in its guards. */
static void add_guards(GHashTable *set, const RuleOn *on)
{
    add(set, &on->inside);
    add(set, &on->not_inside);
    add(set, &on->within);
    add(set, &on->not_within);
    add(set, &on->during);
    add(set, &on->not_during);
}

static void add_apis(GHashTable *set, const RigRule *rule)
{
    for (unsigned i = 0; i < rule->on->len; i++) {
        const RuleOn *on = rule->on->pdata[i];

        if (on->source == RULE_ON_API) {
            add(set, &on->names);
        }
    }
}

static void add_callbacks(GHashTable *set, const RigRule *rule)
{
    for (unsigned i = 0; i < rule->on->len; i++) {
        const RuleOn *on = rule->on->pdata[i];

        if (on->source == RULE_ON_CALLBACK) {
            add(set, &on->names);
        }
        if (on->source == RULE_ON_CALLBACK && on->every) {
            g_hash_table_add(set, "*");
        }
        add_guards(set, on);
    }
    for (unsigned i = 0; i < rule->boundaries->len; i++) {
        const RuleBoundary *b = rule->boundaries->pdata[i];

        g_hash_table_add(set, (gpointer)g_quark_to_string(b->callback));
    }
}

static int by_name(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The names of a set, sorted; to be freed. */
static char **sorted(GHashTable *set)
{
    GPtrArray *names = g_ptr_array_new();
    GHashTableIter iter;
    gpointer name;

    g_hash_table_iter_init(&iter, set);
    while (g_hash_table_iter_next(&iter, &name, NULL)) {
        g_ptr_array_add(names, g_strdup(name));
    }
    g_ptr_array_sort(names, by_name);
    g_ptr_array_add(names, NULL);
    return (char **)g_ptr_array_free(names, FALSE);
}

char **rig_rules_trace(const RigRules *rules, const RigScenario *scenario)
{
    g_autoptr(GHashTable) set = g_hash_table_new(g_str_hash, g_str_equal);

    for (unsigned i = 0; i < scenario->rules->len; i++) {
        const RigRule *rule = rig_rules_get(rules, scenario->rules->pdata[i]);

        add_apis(set, rule);
        add_callbacks(set, rule);
    }
    return sorted(set);
}

static char *first_missing(GHashTable *needed, const char *const *trace)
{
    g_auto(GStrv) names = sorted(needed);

    for (char **name = names; *name; name++) {
        if (!g_strv_contains(trace, *name)) {
            return g_strdup(*name);
        }
    }
    return NULL;
}

char *rig_rule_unmarked(const RigRule *rule, const char *const *trace)
{
    g_autoptr(GHashTable) apis = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GHashTable) calls = g_hash_table_new(g_str_hash, g_str_equal);
    char *missing;

    add_apis(apis, rule);
    missing = first_missing(apis, trace);
    if (!missing && !g_strv_contains(trace, "*")) {
        add_callbacks(calls, rule);
        missing = first_missing(calls, trace);
    }
    return missing;
}

/* --- what can happen at all ----------------------------------------------- */

/* The words of a file as a set; NULL: it cannot be read. */
static GHashTable *known_names(const char *file)
{
    g_autofree char *text = NULL;
    g_auto(GStrv) words = NULL;
    GHashTable *set;

    if (!file || !g_file_get_contents(file, &text, NULL, NULL)) {
        return NULL;
    }
    set = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    words = g_strsplit_set(text, "\n", -1);
    for (char **w = words; *w; w++) {
        if (**w) {
            g_hash_table_add(set, g_strdup(*w));
        }
    }
    return set;
}

static void check_names(const RigRule *rule, const RuleOn *on,
                        const RuleNames *names, GHashTable *known,
                        const char *what, GPtrArray *problems)
{
    for (unsigned i = 0; i < names->n; i++) {
        const char *name = g_quark_to_string(names->quark[i]);

        if (!g_hash_table_contains(known, name)) {
            rig_problem(problems, rule->file, on->line, "the NDIS host knows "
                        "no %s %s, so this can never happen; correct the name "
                        "or remove it", what, name);
        }
    }
}

static void check_callbacks(const RigRule *rule, const RuleOn *on,
                            GHashTable *known, GPtrArray *problems)
{
    const RuleNames *lists[] = {
        &on->inside, &on->not_inside, &on->within, &on->not_within,
        &on->during, &on->not_during,
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(lists); i++) {
        check_names(rule, on, lists[i], known, "callback", problems);
    }
    if (on->source == RULE_ON_CALLBACK) {
        check_names(rule, on, &on->names, known, "callback", problems);
    }
}

gboolean rig_rule_check_names(const RigRule *rule, const RigPaths *paths,
                              GPtrArray *problems)
{
    g_autoptr(GHashTable) exports = known_names(paths->exports);
    g_autoptr(GHashTable) callbacks = known_names(paths->callbacks);

    if (!exports || !callbacks) {
        return FALSE;
    }
    for (unsigned i = 0; i < rule->on->len; i++) {
        const RuleOn *on = rule->on->pdata[i];

        if (on->source == RULE_ON_API) {
            check_names(rule, on, &on->names, exports, "export", problems);
        }
        check_callbacks(rule, on, callbacks, problems);
    }
    return TRUE;
}
