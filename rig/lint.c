/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `rig lint` and `rig list`: scenario files checked and shown. */
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "rule.h"
#include "scenario.h"

/* Load the files in argv[1...]; print what is wrong with them. */
static GPtrArray *load(int argc, char **argv, gboolean *good)
{
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GError) error = NULL;
    g_autoptr(RigPaths) paths = rig_paths_find(&error);
    GPtrArray *scenarios;
    char *all[] = { NULL, NULL };

    *good = FALSE;
    if (!paths) {
        fprintf(stderr, "rig: %s\n", error->message);
        return NULL;
    }
    all[0] = paths->scenarios;
    scenarios = rig_scenarios_load(argc > 1 ? argv + 1 : all, paths,
                                   problems);
    rig_rules_free(rig_rules_load(scenarios, paths, problems));
    for (guint i = 0; i < problems->len; i++) {
        fprintf(stderr, "%s\n", (char *)problems->pdata[i]);
    }
    *good = problems->len == 0;
    return scenarios;
}

static gboolean is_option(int argc, char **argv)
{
    if (argc > 1 && argv[1][0] == '-') {
        fprintf(stderr, "rig %s: takes no option %s; usage: rig %s "
                "[SCENARIO.xml|DIRECTORY...]\n", argv[0], argv[1], argv[0]);
        return TRUE;
    }
    return FALSE;
}

int rig_cmd_lint(int argc, char **argv)
{
    g_autoptr(GPtrArray) scenarios = NULL;
    gboolean good;

    if (is_option(argc, argv)) {
        return RIG_EXIT_USAGE;
    }
    scenarios = load(argc, argv, &good);
    if (good) {
        printf("%u scenario%s: no problem found\n", scenarios->len,
               scenarios->len == 1 ? "" : "s");
    }
    return good ? RIG_EXIT_OK : RIG_EXIT_USAGE;
}

int rig_cmd_list(int argc, char **argv)
{
    g_autoptr(GPtrArray) scenarios = NULL;
    gboolean good;
    int width = 0;

    if (is_option(argc, argv)) {
        return RIG_EXIT_USAGE;
    }
    scenarios = load(argc, argv, &good);
    for (guint i = 0; scenarios && i < scenarios->len; i++) {
        const RigScenario *s = scenarios->pdata[i];

        width = MAX(width, (int)strlen(s->name));
    }
    for (guint i = 0; scenarios && i < scenarios->len; i++) {
        const RigScenario *s = scenarios->pdata[i];

        printf("%-*s  %-12s  %s\n", width, s->name,
               rig_verdict_name(s->expect.verdict), s->title);
    }
    return good ? RIG_EXIT_OK : RIG_EXIT_USAGE;
}
