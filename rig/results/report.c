/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The HTML report and `rig report`, which builds it again at any time.
 *
 * The page is results/report.xsl applied to run.xml. This file does what a
 * style sheet cannot: it refuses input that is not valid, keeps the
 * transformation away from files and network, puts style.css and report.js
 * into the page with their hashes for the Content-Security-Policy, and
 * replaces index.html in one step.
 */
#include "report.h"

#include <libxml/parser.h>
#include <libxslt/security.h>
#include <libxslt/transform.h>
#include <libxslt/variables.h>
#include <libxslt/xsltutils.h>
#include <string.h>

#include "commands.h"
#include "history-index.h"
#include "paths.h"
#include "read-file.h"
#include "results.h"

G_DEFINE_QUARK(report-error-quark, report_error)

G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlDoc, xmlFreeDoc)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlParserCtxt, xmlFreeParserCtxt)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(xsltStylesheet, xsltFreeStylesheet)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(xsltTransformContext, xsltFreeTransformContext)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(xsltSecurityPrefs, xsltFreeSecurityPrefs)

/* --- reading ------------------------------------------------------------- */

/* libxslt reports here, in pieces. */
static void G_GNUC_PRINTF(2, 3) keep_text(void *opaque, const char *format, ...)
{
    GString *text = opaque;
    va_list ap;

    va_start(ap, format);
    if (text->len < 1000) {
        g_string_append_vprintf(text, format, ap);
    }
    va_end(ap);
}

/* Entities could make a small file huge: a DTD has no business here. */
static xmlDoc *parse_run(const char *file, GError **error)
{
    g_autoptr(xmlParserCtxt) parser = xmlNewParserCtxt();
    g_autoptr(xmlDoc) doc = NULL;
    g_autoptr(GError) cause = NULL;
    g_autofree char *text = NULL;
    gsize length;

    if (!rig_read_file(file, REPORT_XML_MAX, &text, &length, &cause)) {
        g_set_error(error, REPORT_ERROR, REPORT_ERROR_READ, "%s: %s", file,
                    cause->message);
        return NULL;
    }
    doc = xmlCtxtReadMemory(parser, text, length, file, NULL,
                            XML_PARSE_NONET | XML_PARSE_NOERROR |
                            XML_PARSE_NOWARNING | XML_PARSE_BIG_LINES);
    if (!doc) {
        const xmlError *e = xmlCtxtGetLastError(parser);
        g_autofree char *what =
            g_strstrip(g_strdup(e && e->message ? e->message : "not XML"));

        g_set_error(error, REPORT_ERROR, REPORT_ERROR_XML, "%s:%d: %s", file,
                    e ? e->line : 0, what);
        return NULL;
    }
    if (doc->intSubset) {
        g_set_error(error, REPORT_ERROR, REPORT_ERROR_XML,
                    "%s: has a document type declaration; remove it", file);
        return NULL;
    }
    return g_steal_pointer(&doc);
}

/* Show a few problems only: libxml2 goes on after the one that matters. */
static gboolean validate(const char *file, const char *data_dir,
                         GError **error)
{
    g_autofree char *schema = g_build_filename(data_dir, "result.rng", NULL);
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *text = NULL;

    if (!g_file_test(schema, G_FILE_TEST_IS_REGULAR)) {
        g_set_error(error, REPORT_ERROR, REPORT_ERROR_STYLE, "%s: not found",
                    schema);
        return FALSE;
    }
    if (rig_results_validate(file, schema, problems)) {
        return TRUE;
    }
    g_ptr_array_set_size(problems, MIN(problems->len, 3));
    g_ptr_array_add(problems, NULL);
    text = g_strjoinv("\n", (char **)problems->pdata);
    g_set_error(error, REPORT_ERROR, REPORT_ERROR_INVALID, "%s", text);
    return FALSE;
}

/* --- transforming -------------------------------------------------------- */

/* The transformation computes: it may read and write nothing. */
static xsltSecurityPrefs *no_access(void)
{
    static const xsltSecurityOption all[] = {
        XSLT_SECPREF_READ_FILE, XSLT_SECPREF_WRITE_FILE,
        XSLT_SECPREF_CREATE_DIRECTORY, XSLT_SECPREF_READ_NETWORK,
        XSLT_SECPREF_WRITE_NETWORK,
    };
    xsltSecurityPrefs *prefs = xsltNewSecurityPrefs();

    for (guint i = 0; i < G_N_ELEMENTS(all); i++) {
        xsltSetSecurityPrefs(prefs, all[i], xsltSecurityForbid);
    }
    return prefs;
}

/*
 * Hand a file of @data_dir to the style sheet: its text as parameter @param,
 * and as "@param-hash" the hash-source of Content Security Policy Level 3,
 * section 2.3.1, by which the browser knows it.
 */
static gboolean add_file(xsltTransformContext *context, const char *data_dir,
                         const char *name, const char *param, GError **error)
{
    g_autofree char *file = g_build_filename(data_dir, name, NULL);
    g_autofree char *hash_param = g_strconcat(param, "-hash", NULL);
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
    g_autoptr(GError) cause = NULL;
    g_autofree char *text = NULL, *base64 = NULL, *source = NULL;
    guint8 digest[32];
    gsize length, size = sizeof(digest);

    if (!g_file_get_contents(file, &text, &length, &cause)) {
        g_set_error(error, REPORT_ERROR, REPORT_ERROR_STYLE, "%s",
                    cause->message);
        return FALSE;
    }
    g_checksum_update(sum, (const guchar *)text, length);
    g_checksum_get_digest(sum, digest, &size);
    base64 = g_base64_encode(digest, size);
    source = g_strconcat("sha256-", base64, NULL);

    xsltQuoteOneUserParam(context, BAD_CAST param, BAD_CAST text);
    xsltQuoteOneUserParam(context, BAD_CAST hash_param, BAD_CAST source);
    return TRUE;
}

static void set_style_error(GError **error, const char *file, GString *said)
{
    g_strstrip(said->str);
    g_set_error(error, REPORT_ERROR, REPORT_ERROR_STYLE, "%s: %s", file,
                said->str);
}

/* The page as allocated text (xmlFree), or NULL with @error. */
static xmlChar *transform(xsltStylesheet *style, const char *style_file,
                          xmlDoc *doc, const char *data_dir, int *length,
                          GError **error)
{
    g_autoptr(xsltTransformContext) context =
        xsltNewTransformContext(style, doc);
    g_autoptr(xsltSecurityPrefs) prefs = no_access();
    g_autoptr(GString) said = g_string_new(NULL);
    g_autoptr(xmlDoc) page = NULL;
    xmlChar *text = NULL;

    xsltSetTransformErrorFunc(context, said, keep_text);
    xsltSetCtxtSecurityPrefs(prefs, context);
    if (!add_file(context, data_dir, "style.css", "style", error) ||
        !add_file(context, data_dir, "report.js", "script", error)) {
        return NULL;
    }
    page = xsltApplyStylesheetUser(style, doc, NULL, NULL, NULL, context);
    if (!page || context->state != XSLT_STATE_OK ||
        xsltSaveResultToString(&text, length, page, style) != 0 || !text) {
        set_style_error(error, style_file, said);
        xmlFree(text);
        return NULL;
    }
    return text;
}

static xmlChar *build_page(xmlDoc *doc, const char *data_dir, int *length,
                           GError **error)
{
    g_autofree char *file = g_build_filename(data_dir, "report.xsl", NULL);
    g_autoptr(GString) said = g_string_new(NULL);
    g_autoptr(xsltStylesheet) style = NULL;

    /* Compiling has no context of its own to report to. */
    xsltSetGenericErrorFunc(said, keep_text);
    xmlSetGenericErrorFunc(said, keep_text);
    style = xsltParseStylesheetFile(BAD_CAST file);
    xmlSetGenericErrorFunc(NULL, NULL);
    xsltSetGenericErrorFunc(NULL, NULL);
    if (!style || style->errors) {
        set_style_error(error, file, said);
        return NULL;
    }
    return transform(style, file, doc, data_dir, length, error);
}

int report_write_with(const char *data_dir, const char *run_dir,
                      GError **error)
{
    g_autofree char *in = g_build_filename(run_dir, REPORT_RUN_XML, NULL);
    g_autofree char *out = g_build_filename(run_dir, REPORT_HTML, NULL);
    g_autoptr(xmlDoc) doc = parse_run(in, error);
    xmlChar *text;
    gboolean ok;
    int length;

    if (!doc || !validate(in, data_dir, error)) {
        return -1;
    }
    text = build_page(doc, data_dir, &length, error);
    if (!text) {
        return -1;
    }
    ok = g_file_set_contents_full(out, (const char *)text, length,
                                  G_FILE_SET_CONTENTS_CONSISTENT |
                                  G_FILE_SET_CONTENTS_DURABLE, 0644, error);
    xmlFree(text);
    return ok ? 0 : -1;
}

int report_write(const char *run_dir, GError **error)
{
    g_autoptr(RigPaths) paths = rig_paths_find(error);

    return paths ? report_write_with(paths->results, run_dir, error) : -1;
}

/* --- rig report ---------------------------------------------------------- */

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

/* index.xml of all runs below @results. */
static int build_index(const char *results)
{
    const char *dir = results ? results : "results";
    g_autofree char *file = g_build_filename(dir, RIG_INDEX_XML, NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(RigHistory) h = rig_history_open(dir, &error);

    if (!h || !rig_history_write_index(h, &error)) {
        g_printerr("rig report: %s\n", error->message);
        return RIG_EXIT_USAGE;
    }
    g_print("%s\n", file);
    return RIG_EXIT_OK;
}

static int build_pages(char **runs)
{
    int status = RIG_EXIT_OK;

    for (char **run = runs; *run; run++) {
        g_autoptr(GError) cause = NULL;
        g_autofree char *dir = run_dir_of(*run);

        if (report_write(dir, &cause) == 0) {
            g_autofree char *page = g_build_filename(dir, REPORT_HTML, NULL);

            g_print("%s\n", page);
        } else {
            g_printerr("rig report: %s\n", cause->message);
            status = RIG_EXIT_USAGE;
        }
    }
    return status;
}

int rig_cmd_report(int argc, char **argv)
{
    gboolean index = FALSE;
    g_autofree char *results = NULL;
    g_auto(GStrv) runs = NULL;
    const GOptionEntry entries[] = {
        { "index", 0, 0, G_OPTION_ARG_NONE, &index,
          "Build the index over all runs and nights, too", NULL },
        { "results", 0, 0, G_OPTION_ARG_FILENAME, &results,
          "Directory of the index (default: results)", "DIR" },
        { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &runs, NULL,
          NULL },
        { 0 },
    };
    g_autoptr(GOptionContext) options = g_option_context_new("RUN...");
    g_autoptr(GError) error = NULL;
    int status = RIG_EXIT_OK, also;

    g_set_prgname("rig report");
    g_option_context_add_main_entries(options, entries, NULL);
    g_option_context_set_summary(options,
        "Build index.html again from run.xml. RUN is a run directory or the\n"
        "run.xml in it, for example results/runs/20261123-081500-4f2a.");
    if (!g_option_context_parse(options, &argc, &argv, &error) ||
        (!runs && !index)) {
        g_printerr("rig report: %s\n", error ? error->message :
                   "name at least one run directory; see rig report --help");
        return RIG_EXIT_USAGE;
    }
    if (runs) {
        status = build_pages(runs);
    }
    also = index ? build_index(results) : RIG_EXIT_OK;
    return status ? status : also;
}
