/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `rig lint` and `rig list`: scenarios and known issues checked and shown. */
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "known.h"
#include "rule.h"
#include "scenario.h"
#include "xml-read.h"

/* Known issues beside the scenarios that they are about. */
typedef struct Files {
    GPtrArray *scenarios; /* files and directories, ends with NULL */
    GPtrArray *known;     /* files */
} Files;

static gboolean is_known(const char *file)
{
    g_autofree char *root = rig_document_root(file);

    return g_strcmp0(root, "known-issues") == 0;
}

static void find_known(const char *dir, GPtrArray *known)
{
    g_autoptr(GDir) d = g_dir_open(dir, 0, NULL);
    const char *name;

    while (d && (name = g_dir_read_name(d))) {
        g_autofree char *file = g_build_filename(dir, name, NULL);

        if (g_str_has_suffix(name, ".xml") && is_known(file)) {
            g_ptr_array_add(known, g_steal_pointer(&file));
        }
    }
}

/* Which of @args is what; a directory may have both. */
static void sort_out(char **args, Files *f)
{
    f->scenarios = g_ptr_array_new_with_free_func(g_free);
    f->known = g_ptr_array_new_with_free_func(g_free);
    for (; *args; args++) {
        gboolean is_dir = g_file_test(*args, G_FILE_TEST_IS_DIR);

        if (is_dir) {
            find_known(*args, f->known);
        }
        g_ptr_array_add(!is_dir && is_known(*args) ? f->known : f->scenarios,
                        g_strdup(*args));
    }
    g_ptr_array_add(f->scenarios, NULL);
}

/* An expired one is a problem here: somebody has to look at it. */
static unsigned check_known(const GPtrArray *files, const RigPaths *paths,
                            GPtrArray *problems)
{
    unsigned n = 0;

    for (guint i = 0; i < files->len; i++) {
        g_autoptr(GPtrArray) issues = rig_known_load(files->pdata[i], NULL,
                                                     paths, problems);

        if (issues) {
            rig_known_add_expired(issues, problems);
            n += issues->len;
        }
    }
    return n;
}

/* Load the files in argv[1...]; print what is wrong with them. */
static GPtrArray *load(int argc, char **argv, unsigned *known, gboolean *good)
{
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GError) error = NULL;
    g_autoptr(RigPaths) paths = rig_paths_find(&error);
    GPtrArray *scenarios;
    char *all[] = { NULL, NULL };
    Files files;

    *good = FALSE;
    if (!paths) {
        fprintf(stderr, "rig: %s\n", error->message);
        return NULL;
    }
    all[0] = paths->scenarios;
    sort_out(argc > 1 ? argv + 1 : all, &files);
    *known = check_known(files.known, paths, problems);
    scenarios = rig_scenarios_load((char **)files.scenarios->pdata, paths,
                                   problems);
    rig_rules_free(rig_rules_load(scenarios, paths, problems));
    g_ptr_array_unref(files.scenarios);
    g_ptr_array_unref(files.known);
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
            "KNOWN-ISSUES.xml|DIRECTORY...]\nWith no argument, the scenarios "
            "of the rig.\n", argv[0]);
    *status = asked ? RIG_EXIT_OK : RIG_EXIT_USAGE;
    return TRUE;
}

int rig_cmd_lint(int argc, char **argv)
{
    g_autoptr(GPtrArray) scenarios = NULL;
    unsigned known = 0;
    gboolean good;
    int status;

    if (only_usage(argc, argv, &status)) {
        return status;
    }
    scenarios = load(argc, argv, &known, &good);
    if (good) {
        printf("%u scenario%s", scenarios->len,
               scenarios->len == 1 ? "" : "s");
        if (known) {
            printf(", %u known issue%s", known, known == 1 ? "" : "s");
        }
        puts(": no problem found");
    }
    return good ? RIG_EXIT_OK : RIG_EXIT_USAGE;
}

int rig_cmd_list(int argc, char **argv)
{
    g_autoptr(GPtrArray) scenarios = NULL;
    gboolean good;
    unsigned known = 0;
    int width = 0, status;

    if (only_usage(argc, argv, &status)) {
        return status;
    }
    scenarios = load(argc, argv, &known, &good);
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
