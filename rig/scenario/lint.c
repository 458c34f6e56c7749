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

gboolean rig_is_help(int argc, char **argv)
{
    return argc == 2 && (strcmp(argv[1], "--help") == 0 ||
                         strcmp(argv[1], "-h") == 0);
}

/* TRUE when that was all, with the exit status. */
static gboolean only_usage(int argc, char **argv, int *status)
{
    gboolean asked = rig_is_help(argc, argv);

    if (argc < 2 || argv[1][0] != '-') {
        return FALSE;
    }
    if (!asked) {
        fprintf(stderr, "rig %s: takes no option %s\n", argv[0], argv[1]);
    }
    fprintf(asked ? stdout : stderr, "Usage: rig %s [SCENARIO.xml|"
            "DIRECTORY...]\nWith no argument, the scenarios of the rig.\n",
            argv[0]);
    *status = asked ? RIG_EXIT_OK : RIG_EXIT_USAGE;
    return TRUE;
}

int rig_cmd_lint(int argc, char **argv)
{
    g_autoptr(GPtrArray) scenarios = NULL;
    gboolean good;
    int status;

    if (only_usage(argc, argv, &status)) {
        return status;
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
    int width = 0, status;

    if (only_usage(argc, argv, &status)) {
        return status;
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
