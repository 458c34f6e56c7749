/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `rig report`: builds pages again at any time, and compares two runs. */
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>

#include "commands.h"
#include "history-index.h"
#include "options.h"
#include "paths.h"
#include "report.h"

typedef struct {
    gboolean diff;
    gboolean index;
    gboolean open;
    char *output;
    char *results;
    char **runs;
} Options;

/* @arg names a run directory or the run.xml in it. */
static char *run_dir_of(const char *arg)
{
    g_autofree char *base = g_path_get_basename(arg);

    if (strcmp(base, REPORT_RUN_XML) == 0 &&
        !g_file_test(arg, G_FILE_TEST_IS_DIR)) {
        return g_path_get_dirname(arg);
    }
    return g_strdup(arg);
}

/* Show @page in the user's browser; where there is none, say where it is. */
static void open_page(const char *page)
{
    const char *argv[] = { "xdg-open", page, NULL };
    gboolean screen = g_getenv("DISPLAY") || g_getenv("WAYLAND_DISPLAY");

    if (!screen || !g_spawn_async(NULL, (char **)argv, NULL,
                                  G_SPAWN_SEARCH_PATH |
                                  G_SPAWN_STDOUT_TO_DEV_NULL |
                                  G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL,
                                  NULL, NULL)) {
        g_autofree char *full = g_canonicalize_filename(page, NULL);
        g_autofree char *uri = g_filename_to_uri(full, NULL, NULL);

        g_printerr("rig report: %s; open this in a browser:\n%s\n",
                   screen ? "xdg-open is not installed" :
                   "there is no screen here", uri);
    }
}

static void made(const Options *o, const char *page)
{
    g_print("%s\n", page);
    if (o->open) {
        open_page(page);
    }
}

static int failed(const GError *error)
{
    g_printerr("rig report: %s\n", error->message);
    return RIG_EXIT_USAGE;
}

static int write_runs(const Options *o, const char *data_dir)
{
    int status = RIG_EXIT_OK;

    for (char **runs = o->runs; runs && *runs; runs++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *dir = run_dir_of(*runs);
        g_autofree char *page = g_build_filename(dir, REPORT_HTML, NULL);

        if (report_write_with(data_dir, dir, &error) == 0) {
            made(o, page);
        } else {
            status = failed(error);
        }
    }
    return status;
}

/* Without -o the page lands in the second run, named after the first. */
static int write_diff(const Options *o, const char *data_dir)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *a = run_dir_of(o->runs[0]), *b = run_dir_of(o->runs[1]);
    g_autofree char *full = g_canonicalize_filename(a, NULL);
    g_autofree char *id = g_path_get_basename(full);
    g_autofree char *name = g_strdup_printf("diff-%s.html", id);
    g_autofree char *page = o->output ? g_strdup(o->output) :
                            g_build_filename(b, name, NULL);

    if (report_diff_with(data_dir, a, b, page, &error) != 0) {
        return failed(error);
    }
    made(o, page);
    return RIG_EXIT_OK;
}

/* index.xml of all runs below the results, and its page. */
static int write_index(const Options *o, const char *data_dir)
{
    const char *dir = o->results ? o->results : "results";
    g_autofree char *page = g_build_filename(dir, REPORT_HTML, NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(RigHistory) h = rig_history_open(dir, &error);

    if (!h || !rig_history_write_index(h, &error) ||
        report_index_with(data_dir, dir, &error) != 0) {
        return failed(error);
    }
    made(o, page);
    return RIG_EXIT_OK;
}

/* NULL, or what is wrong with the way it was called. */
static const char *misuse(const Options *o)
{
    guint runs = o->runs ? g_strv_length(o->runs) : 0;

    if (o->diff && runs != 2) {
        return "--diff takes two run directories";
    }
    if (o->output && !o->diff) {
        return "--output is for --diff; index.html of a run stays in it";
    }
    for (guint i = 0; i < runs; i++) {
        g_autofree char *below = g_build_filename(o->runs[i], "runs", NULL);
        g_autofree char *run = g_build_filename(o->runs[i], REPORT_RUN_XML,
                                                NULL);

        if (g_file_test(below, G_FILE_TEST_IS_DIR) &&
            !g_file_test(run, G_FILE_TEST_EXISTS)) {
            return "that is a directory of results, not of one run; write "
                   "--index --results DIR for its index";
        }
    }
    if (!runs && !o->index) {
        return "name at least one run directory; see rig report --help";
    }
    return NULL;
}

static GOptionContext *make_options(Options *o)
{
    const GOptionEntry entries[] = {
        { "diff", 0, 0, G_OPTION_ARG_NONE, &o->diff,
          "Show two runs side by side on one page", NULL },
        { "output", 'o', 0, G_OPTION_ARG_FILENAME, &o->output,
          "With --diff: the page; default RUN_B/diff-RUN_A.html", "FILE" },
        { "index", 0, 0, G_OPTION_ARG_NONE, &o->index,
          "Build the index over all runs and nights of --results; it takes no "
          "directory itself", NULL },
        { "results", 0, 0, G_OPTION_ARG_FILENAME, &o->results,
          "With --index: the directory that holds runs/ and nights/ (default: "
          "results)", "DIR" },
        { "open", 0, 0, G_OPTION_ARG_NONE, &o->open,
          "Open what was built in the browser", NULL },
        { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &o->runs,
          NULL, NULL },
        G_OPTION_ENTRY_NULL
    };
    GOptionContext *context = g_option_context_new(
        "RUN... | --diff RUN_A RUN_B | --index [--results DIR]");

    g_option_context_set_summary(context,
        "Build the page (index.html), junit.xml and results.sarif of finished\n"
        "runs again from run.xml. RUN is a run directory or the run.xml in it,\n"
        "for example results/runs/20261123-081500-4f2a.");
    g_option_context_add_main_entries(context, entries, NULL);
    return context;
}

static int report(const Options *o, const char *data_dir)
{
    int status = o->diff ? write_diff(o, data_dir) : write_runs(o, data_dir);
    int also = o->index ? write_index(o, data_dir) : RIG_EXIT_OK;

    return status ? status : also;
}

int rig_cmd_report(int argc, char **argv)
{
    Options o = { 0 };
    g_autoptr(GOptionContext) context = make_options(&o);
    g_autoptr(RigPaths) paths = NULL;
    g_autoptr(GError) error = NULL;
    const char *wrong;
    int status = RIG_EXIT_USAGE;

    g_set_prgname("rig report");
    if (!rig_options_parse(context, &argc, &argv, &error)) {
        failed(error);
    } else if ((wrong = misuse(&o))) {
        g_printerr("rig report: %s\n", wrong);
    } else if (!(paths = rig_paths_find(&error))) {
        failed(error);
    } else {
        status = report(&o, paths->results);
    }
    g_free(o.output);
    g_free(o.results);
    g_strfreev(o.runs);
    return status;
}
