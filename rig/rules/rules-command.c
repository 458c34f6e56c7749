/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `rig rules`: the catalogue; one rule printed, or drawn as SVG. */
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "paths.h"
#include "rule-catalogue.h"
#include "rule-text.h"

static const char usage[] =
    "Usage: rig rules\n"
    "       rig rules show NAME|FILE [--svg OUT.svg]\n"
    "Without an argument, list the rules with their levels and the pages that\n"
    "publish them. \"show\" prints one, also of your own, and draws its\n"
    "automaton (\"-\": to standard output). rig-rules(5) explains the language.\n";

/* Load and check a rule; NULL after printing why not. */
static RigRule *load(const RigPaths *paths, const char *file)
{
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *schema = g_build_filename(paths->scenarios, "rules",
                                               "rule.rng", NULL);
    g_autoptr(RigRule) rule = rig_rule_load(file, schema, problems);

    if (rule) {
        rig_rule_check_names(rule, paths, problems);
    }
    for (guint i = 0; i < problems->len; i++) {
        fprintf(stderr, "%s\n", (char *)problems->pdata[i]);
    }
    return problems->len ? NULL : g_steal_pointer(&rule);
}

static int list(const RigPaths *paths, const GPtrArray *catalogue)
{
    int status = RIG_EXIT_OK, width = 0;

    for (guint i = 0; i < catalogue->len; i++) {
        const RigRuleEntry *e = catalogue->pdata[i];

        width = MAX(width, (int)strlen(e->name));
    }
    for (guint i = 0; i < catalogue->len; i++) {
        const RigRuleEntry *e = catalogue->pdata[i];
        g_autoptr(RigRule) rule = load(paths, e->file);
        g_autofree char *levels = rule ? rig_rule_levels(rule) : NULL;

        if (!rule) {
            status = RIG_EXIT_USAGE;
            continue;
        }
        printf("%-*s  %s%s\n    %s\n    %s\n", width, e->name, levels,
               rule->always ? "  (judges every scenario)" : "", rule->title,
               rule->page ? rule->page : rule->source);
    }
    return status;
}

/* --- show ---------------------------------------------------------------- */

static void print_states(const char *what, const RigRule *rule,
                         uint32_t mask)
{
    if (!mask) {
        return;
    }
    printf("      %s", what);
    for (unsigned i = 0; i < rule->states->len; i++) {
        if (mask >> i & 1) {
            printf(" %s", (char *)rule->states->pdata[i]);
        }
    }
    printf("%s%s\n", mask & RULE_HANDLE_UNKNOWN ? " unknown" : "",
           mask & RULE_HANDLE_NONE ? " none" : "");
}

static void print_action(const RigRule *rule, const RuleAction *a)
{
    const RuleViolation *v;

    switch (a->type) {
    case RULE_CREATE:
    case RULE_MOVE:
        printf("      -> %s%s\n", a->type == RULE_CREATE ? "new handle, " : "",
               (char *)rule->states->pdata[a->index]);
        break;
    case RULE_REPORT:
        v = rule->violations->pdata[a->index];
        print_states(a->first ? "first" : "each", rule, a->each);
        printf("      -> VIOLATION %s (%s)\n", v->id,
               rig_level_name(v->level));
        break;
    default:
        break;
    }
}

static void print_on(const RigRule *rule, const RuleOn *on)
{
    g_autofree char *event = rig_rule_event_text(rule, on);
    g_autofree char *guards = rig_rule_guard_text(rule, on);
    g_auto(GStrv) lines = g_strsplit(guards, "\n", -1);

    printf("  %s\n", event);
    print_states("handle", rule, on->handle);
    for (char **l = lines; *l; l++) {
        if (**l) {
            printf("      %s\n", *l);
        }
    }
    for (unsigned i = 0; i < on->actions->len; i++) {
        print_action(rule, &g_array_index(on->actions, RuleAction, i));
    }
}

static void print_rule(const RigRule *rule)
{
    g_autofree char *levels = rig_rule_levels(rule);

    printf("%s\n%s\n\nlevels:  %s\nsource:  %s\n", rule->name, rule->title,
           levels, rule->source);
    if (rule->page) {
        printf("page:    %s\n", rule->page);
    }
    printf("file:    %s\n", rule->file);
    if (rule->unseen) {
        printf("unseen:  %s\n", rule->unseen);
    }
    puts("\nviolations:");
    for (unsigned i = 0; i < rule->violations->len; i++) {
        const RuleViolation *v = rule->violations->pdata[i];

        printf("  %s (%s): %s\n", v->id, rig_level_name(v->level),
               v->template);
    }
    puts("\ntransitions:");
    for (unsigned i = 0; i < rule->on->len; i++) {
        print_on(rule, rule->on->pdata[i]);
    }
}

static int draw(const RigRule *rule, const char *file)
{
    g_autofree char *svg = rig_rule_svg(rule);
    g_autoptr(GError) error = NULL;

    if (strcmp(file, "-") == 0) {
        fputs(svg, stdout);
    } else if (!g_file_set_contents(file, svg, -1, &error)) {
        fprintf(stderr, "rig rules: %s cannot be written: %s; choose another "
                "file with --svg\n", file, g_file_test(file,
                G_FILE_TEST_IS_DIR) ? "it is a directory" : error->message);
        return RIG_EXIT_BROKEN;
    } else {
        printf("%s\n", file);
    }
    return RIG_EXIT_OK;
}

static int show(const RigPaths *paths, const GPtrArray *catalogue,
                const char *what, const char *svg)
{
    const RigRuleEntry *e = rig_rule_entry(catalogue, what);
    g_autoptr(RigRule) rule = NULL;

    if (!e && !g_file_test(what, G_FILE_TEST_EXISTS)) {
        g_autofree char *hint = rig_rule_hint(catalogue, what);

        fprintf(stderr, "rig rules: no rule and no file is named \"%s\"; %s\n",
                what, hint);
        return RIG_EXIT_USAGE;
    }
    rule = load(paths, e ? e->file : what);
    if (!rule) {
        return RIG_EXIT_USAGE;
    }
    if (svg) {
        return draw(rule, svg);
    }
    print_rule(rule);
    return RIG_EXIT_OK;
}

int rig_cmd_rules(int argc, char **argv)
{
    gboolean svg = argc == 5 && strcmp(argv[3], "--svg") == 0;
    g_autoptr(GPtrArray) catalogue = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(RigPaths) paths = NULL;

    if (argc > 1 && strcmp(argv[1], "show") == 0 &&
        rig_is_help(argc - 1, argv + 1)) {
        fputs(usage, stdout);
        return RIG_EXIT_OK;
    }
    if (argc == 2 && argv[1][0] != '-' && strcmp(argv[1], "show") != 0) {
        fprintf(stderr, "rig rules: \"%s\" is nothing that can be done with "
                "rules; did you mean \"rig rules show %s\"?\n", argv[1],
                argv[1]);
        return RIG_EXIT_USAGE;
    }
    if (argc != 1 && (argc < 3 || strcmp(argv[1], "show") != 0 ||
                      (argc != 3 && !svg))) {
        gboolean asked = rig_is_help(argc, argv);

        if (!asked && argc > 1 && strcmp(argv[1], "show") != 0) {
            fprintf(stderr, "rig rules: \"%s\" is nothing that can be done "
                    "with rules\n", argv[1]);
        } else if (!asked) {
            fprintf(stderr, "rig rules: show takes one rule, and a file with "
                    "--svg\n");
        }
        fputs(usage, asked ? stdout : stderr);
        return asked ? RIG_EXIT_OK : RIG_EXIT_USAGE;
    }
    paths = rig_paths_find(&error);
    if (!paths) {
        fprintf(stderr, "rig rules: %s\n", error->message);
        return RIG_EXIT_BROKEN;
    }
    catalogue = rig_rule_catalogue(paths);
    return argc == 1 ? list(paths, catalogue)
                     : show(paths, catalogue, argv[2], svg ? argv[4] : NULL);
}
