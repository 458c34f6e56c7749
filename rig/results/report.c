/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is made from run.xml: the HTML page, JUnit and SARIF of one run, the
 * sums over the runs of a night, the page that holds two runs side by side,
 * and the index over all of them.
 *
 * The style sheets of results/ do the work. This file refuses input that is
 * not valid, puts documents that belong together into one, since a style
 * sheet may not read files, and replaces each output in one step.
 */
#include "report.h"

#include <string.h>

#include "paths.h"
#include "transform.h"
#include "xml-read.h"

G_DEFINE_QUARK(report-error-quark, report_error)

/* --- writing ------------------------------------------------------------- */

/* An output that is as it was replaces nothing. */
static gboolean replace(const char *file, const char *text, gsize length,
                        GError **error)
{
    return g_file_set_contents_full(file, text, length,
                                    G_FILE_SET_CONTENTS_CONSISTENT |
                                    G_FILE_SET_CONTENTS_DURABLE, 0644, error);
}

static gboolean make(xmlDoc *doc, const char *data_dir, const char *style,
                     RigTransformKind kind, const char *file, GError **error)
{
    gsize length;
    g_autofree char *text = rig_transform(doc, data_dir, style, kind, &length,
                                          error);

    return text && replace(file, text, length, error);
}

/* The two that other programs read. */
static gboolean make_data(xmlDoc *doc, const char *data_dir, const char *dir,
                          GError **error)
{
    g_autofree char *junit = g_build_filename(dir, REPORT_JUNIT, NULL);
    g_autofree char *sarif = g_build_filename(dir, REPORT_SARIF, NULL);

    return make(doc, data_dir, "junit.xsl", RIG_TRANSFORM_DATA, junit,
                error) &&
           make(doc, data_dir, "sarif.xsl", RIG_TRANSFORM_DATA, sarif, error);
}

/* --- reading ------------------------------------------------------------- */

/* The document in @file, valid by @schema of @data_dir. */
static xmlDoc *read_valid(const char *file, const char *data_dir,
                          const char *schema, GError **error)
{
    g_autofree char *path = g_build_filename(data_dir, schema, NULL);
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
    xmlDoc *doc = rig_document_load(file, REPORT_XML_MAX, path, "", problems);

    if (!doc) {
        rig_problems_to_error(problems, "", error);
    }
    return doc;
}

static xmlDoc *read_run(const char *data_dir, const char *run_dir,
                        GError **error)
{
    g_autofree char *in = g_build_filename(run_dir, REPORT_RUN_XML, NULL);

    return read_valid(in, data_dir, "result.rng", error);
}

/* A copy of the root of @from becomes the last child of @parent. */
static void add_copy(xmlNode *parent, xmlDoc *from)
{
    xmlAddChild(parent, xmlDocCopyNode(xmlDocGetRootElement(from),
                                       parent->doc, 1));
}

/* history.xml, if the run has one, becomes an element of <run>. */
static gboolean add_history(xmlDoc *doc, const char *data_dir,
                            const char *run_dir, GError **error)
{
    g_autofree char *in = g_build_filename(run_dir, REPORT_HISTORY_XML, NULL);
    g_autoptr(xmlDoc) history = NULL;

    if (!g_file_test(in, G_FILE_TEST_EXISTS)) {
        return TRUE;
    }
    history = read_valid(in, data_dir, "index.rng", error);
    if (!history) {
        return FALSE;
    }
    add_copy(xmlDocGetRootElement(doc), history);
    return TRUE;
}

/* --- one run ------------------------------------------------------------- */

int report_write_with(const char *data_dir, const char *run_dir,
                      GError **error)
{
    g_autofree char *out = g_build_filename(run_dir, REPORT_HTML, NULL);
    g_autoptr(xmlDoc) doc = read_run(data_dir, run_dir, error);

    return doc && add_history(doc, data_dir, run_dir, error) &&
           make(doc, data_dir, "report.xsl", RIG_TRANSFORM_PAGE, out,
                       error) &&
           make_data(doc, data_dir, run_dir, error) ? 0 : -1;
}

int report_write(const char *run_dir, GError **error)
{
    g_autoptr(RigPaths) paths = rig_paths_find(error);

    return paths ? report_write_with(paths->results, run_dir, error) : -1;
}

/* --- several runs -------------------------------------------------------- */

/* One document <@name> around all of @run_dirs (NULL-terminated). */
static xmlDoc *read_runs(const char *data_dir, const char *name,
                         const char *const *run_dirs, GError **error)
{
    g_autoptr(xmlDoc) all = xmlNewDoc(BAD_CAST "1.0");
    xmlNode *root = xmlNewNode(NULL, BAD_CAST name);

    xmlDocSetRootElement(all, root);
    for (guint i = 0; run_dirs[i]; i++) {
        g_autoptr(xmlDoc) run = read_run(data_dir, run_dirs[i], error);

        if (!run) {
            return NULL;
        }
        if (!add_history(run, data_dir, run_dirs[i], error)) {
            return NULL;
        }
        add_copy(root, run);
    }
    return g_steal_pointer(&all);
}

int report_sum_with(const char *data_dir, const char *out_dir,
                    const char *const *run_dirs, GError **error)
{
    g_autoptr(xmlDoc) doc = read_runs(data_dir, "runs", run_dirs, error);

    return doc && make_data(doc, data_dir, out_dir, error) ? 0 : -1;
}

int report_sum(const char *out_dir, const char *const *run_dirs,
               GError **error)
{
    g_autoptr(RigPaths) paths = rig_paths_find(error);

    return paths ? report_sum_with(paths->results, out_dir, run_dirs, error)
                 : -1;
}

int report_diff_with(const char *data_dir, const char *run_a,
                     const char *run_b, const char *file, GError **error)
{
    const char *const both[] = { run_a, run_b, NULL };
    g_autoptr(xmlDoc) doc = read_runs(data_dir, "diff", both, error);

    return doc && make(doc, data_dir, "diff.xsl", RIG_TRANSFORM_PAGE, file,
                       error) ? 0 : -1;
}

/* --- all of them --------------------------------------------------------- */

int report_index_with(const char *data_dir, const char *results,
                      GError **error)
{
    g_autofree char *in = g_build_filename(results, REPORT_INDEX_XML, NULL);
    g_autofree char *out = g_build_filename(results, REPORT_HTML, NULL);
    g_autoptr(xmlDoc) doc = read_valid(in, data_dir, "index.rng", error);

    return doc && make(doc, data_dir, "index.xsl", RIG_TRANSFORM_PAGE, out,
                error) ? 0 : -1;
}

int report_index(const char *results, GError **error)
{
    g_autoptr(RigPaths) paths = rig_paths_find(error);

    return paths ? report_index_with(paths->results, results, error) : -1;
}
