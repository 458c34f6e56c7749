/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `rig bisect`: the smallest plan that fails, or the first build that does. */
#include <errno.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

#include "bisect-plan.h"
#include "commands.h"
#include "options.h"
#include "paths.h"
#include "scenario.h"
#include "xml-read.h"

#define REPEATS_DEFAULT 3
#define REPEATS_MAX     100

typedef struct Arguments {
    int repeats;
    char *finding, *output, *results;
    char **files;        /* scenario, then builds */
} Arguments;

static void clear(Arguments *a)
{
    g_free(a->finding);
    g_free(a->output);
    g_free(a->results);
    g_strfreev(a->files);
}

static gboolean parse(Arguments *a, int *argc, char ***argv, GError **error)
{
    const GOptionEntry entries[] = {
        { "repeats", 0, 0, G_OPTION_ARG_INT, &a->repeats,
          "Runs of each candidate (default: 3)", "N" },
        { "finding", 0, 0, G_OPTION_ARG_STRING, &a->finding,
          "Look for the finding of this id (default: the first one)", "ID" },
        { "output", 'o', 0, G_OPTION_ARG_FILENAME, &a->output,
          "Where the smallest plan goes (default: in the results)", "FILE" },
        { "results", 0, 0, G_OPTION_ARG_FILENAME, &a->results,
          "Directory for bisect/ (default: results)", "DIR" },
        { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &a->files,
          NULL, NULL },
        { 0 },
    };
    g_autoptr(GOptionContext) context =
        g_option_context_new("SCENARIO.xml [BUILD...]");

    g_set_prgname("rig bisect");
    g_option_context_add_main_entries(context, entries, NULL);
    g_option_context_set_summary(context,
        "Make the plan of a failing scenario as small as it can be while it "
        "still fails.\nWith BUILDs (directories or INF files of a driver, "
        "oldest first): find the first\none that fails in this scenario.");
    return rig_options_parse(context, argc, argv, error);
}

static gboolean check(const Arguments *a)
{
    if (!a->files) {
        fputs("rig bisect: name a scenario file\n", stderr);
        return FALSE;
    }
    if (a->repeats < 1 || a->repeats > REPEATS_MAX) {
        fprintf(stderr, "rig bisect: --repeats takes 1 to %u\n", REPEATS_MAX);
        return FALSE;
    }
    if (a->files[1] && !a->files[2]) {
        fputs("rig bisect: one build cannot be searched; name two or more, "
              "oldest first\n", stderr);
        return FALSE;
    }
    return TRUE;
}

/* Is it a scenario of a plan, and one that can be made smaller? */
static gboolean check_scenario(const char *file, const RigPaths *paths)
{
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(RigScenario) s = rig_scenario_load(file, paths, problems);

    for (guint i = 0; i < problems->len; i++) {
        fprintf(stderr, "%s\n", (char *)problems->pdata[i]);
    }
    if (s && s->sweep) {
        fprintf(stderr, "rig bisect: %s has a <sweep>; write the cycle that "
                "fails as a <cycle> with its <fail>, and bisect that\n", file);
        return FALSE;
    }
    return s != NULL;
}

static void make_absolute(xmlNode *node, const char *attribute,
                          const char *dir)
{
    xmlChar *v = xmlGetProp(node, BAD_CAST attribute);

    if (v) {
        g_autofree char *path = g_canonicalize_filename((const char *)v, dir);

        xmlSetProp(node, BAD_CAST attribute, BAD_CAST path);
        xmlFree(v);
    }
}

/* What is written of it breaks its lines itself. */
static void remove_blanks(xmlNode *first)
{
    for (xmlNode *n = first, *next; n; n = next) {
        next = n->next;
        remove_blanks(n->type == XML_ELEMENT_NODE ? n->children : NULL);
        if (xmlIsBlankNode(n)) {
            xmlUnlinkNode(n);
            xmlFreeNode(n);
        }
    }
}

/*
 * The scenario, so that it can be run from anywhere, and as no seed; NULL
 * after saying why not.
 */
static xmlDoc *read_scenario(const char *file)
{
    g_autofree char *absolute = g_canonicalize_filename(file, NULL);
    g_autofree char *dir = g_path_get_dirname(absolute);
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
    xmlDoc *doc = rig_document_read(file, RIG_XML_BY_HAND, "", problems);
    xmlNode *root = doc ? xmlDocGetRootElement(doc) : NULL;

    for (guint i = 0; i < problems->len; i++) {
        fprintf(stderr, "%s\n", (char *)problems->pdata[i]);
    }
    if (!root) {
        return NULL;
    }
    remove_blanks(root);
    xmlUnsetProp(root, BAD_CAST "seed");
    xmlUnsetProp(root, BAD_CAST "control");
    for (xmlNode *n = root->children; n; n = n->next) {
        make_absolute(n, "sys", dir);
        make_absolute(n, "inf", dir);
        make_absolute(n, "file", dir);
    }
    return doc;
}

/* A new directory for the rounds, to be freed; NULL after saying why not. */
static char *make_directory(const Arguments *a, const RigPaths *paths)
{
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();
    g_autofree char *id = g_date_time_format(now, "%Y%m%dT%H%M%SZ-XXXXXX");
    g_autofree char *results = g_canonicalize_filename(
        a->results ? a->results : paths->results, NULL);
    g_autofree char *parent = g_build_filename(results, "bisect", NULL);
    g_autofree char *dir = g_build_filename(parent, id, NULL);

    if (g_mkdir_with_parents(parent, 0777) < 0 || !g_mkdtemp_full(dir, 0777)) {
        fprintf(stderr, "rig bisect: %s: cannot be made: %s; choose another "
                "--results\n", dir, g_strerror(errno));
        return NULL;
    }
    return g_steal_pointer(&dir);
}

static int bisect(const Arguments *a, const RigPaths *paths)
{
    const char *file = a->files[0];
    g_autofree char *dir = NULL, *self = NULL, *output = NULL;
    RigTrial t = { .repeats = (unsigned)a->repeats, .id = a->finding };
    xmlDoc *doc;
    int status;

    if (!check_scenario(file, paths) || !(doc = read_scenario(file))) {
        return RIG_EXIT_USAGE;
    }
    self = g_file_read_link("/proc/self/exe", NULL);
    dir = self ? make_directory(a, paths) : NULL;
    if (!dir) {
        xmlFreeDoc(doc);
        return RIG_EXIT_BROKEN;
    }
    output = a->output ? g_strdup(a->output)
                       : g_build_filename(dir, "smallest.xml", NULL);
    t.rig = self;
    t.dir = dir;
    rig_trial_catch_signals();
    status = a->files[1] ? rig_bisect_builds(&t, doc, a->files + 1)
                         : rig_bisect_plan(&t, doc, file, paths, output);
    printf("runs: %s\n", dir);
    rig_target_free(t.target);
    xmlFreeDoc(doc);
    return status;
}

int rig_cmd_bisect(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(RigPaths) paths = NULL;
    Arguments a = { .repeats = REPEATS_DEFAULT };
    int status = RIG_EXIT_USAGE;

    if (!parse(&a, &argc, &argv, &error)) {
        fprintf(stderr, "rig bisect: %s; \"rig bisect --help\" shows the "
                "options\n", error->message);
    } else if (check(&a)) {
        paths = rig_paths_find(&error);
        if (paths) {
            status = bisect(&a, paths);
        } else {
            fprintf(stderr, "rig bisect: %s\n", error->message);
            status = RIG_EXIT_BROKEN;
        }
    }
    clear(&a);
    return status;
}
