/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Style sheets applied to documents. */
#include "transform.h"

#include <libxslt/security.h>
#include <libxslt/transform.h>
#include <libxslt/variables.h>
#include <libxslt/xsltutils.h>
#include <string.h>

#include "report.h"
#include "xml-read.h"

G_DEFINE_AUTOPTR_CLEANUP_FUNC(xsltStylesheet, xsltFreeStylesheet)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(xsltTransformContext, xsltFreeTransformContext)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(xsltSecurityPrefs, xsltFreeSecurityPrefs)

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

/* What a page may hold beside text; every name is that of a parameter. */
static const struct {
    const char *param, *file;
} assets[] = {
    { "style", "style.css" },
    { "page", "page.js" },
    { "list", "list.js" },
    { "timeline", "timeline.js" },
};

static gboolean add_assets(xsltTransformContext *context,
                           const char *data_dir, GError **error)
{
    for (guint i = 0; i < G_N_ELEMENTS(assets); i++) {
        if (!add_file(context, data_dir, assets[i].file, assets[i].param,
                      error)) {
            return FALSE;
        }
    }
    return TRUE;
}

static char *apply(xsltStylesheet *style, const char *style_file,
                   xmlDoc *doc, const char *assets_dir, gsize *length,
                   GError **error)
{
    g_autoptr(xsltTransformContext) context =
        xsltNewTransformContext(style, doc);
    g_autoptr(xsltSecurityPrefs) prefs = no_access();
    g_autoptr(GString) said = g_string_new(NULL);
    g_autoptr(xmlDoc) page = NULL;
    xmlChar *text = NULL;
    char *copy;
    int size = 0;

    xsltSetTransformErrorFunc(context, said, keep_text);
    xsltSetCtxtSecurityPrefs(prefs, context);
    if (assets_dir && !add_assets(context, assets_dir, error)) {
        return NULL;
    }
    page = xsltApplyStylesheetUser(style, doc, NULL, NULL, NULL, context);
    if (!page || context->state != XSLT_STATE_OK ||
        xsltSaveResultToString(&text, &size, page, style) != 0 || !text) {
        set_style_error(error, style_file, said);
        xmlFree(text);
        return NULL;
    }
    copy = g_strndup((const char *)text, size);
    *length = size;
    xmlFree(text);
    return copy;
}

char *rig_transform(xmlDoc *doc, const char *data_dir, const char *name,
                    RigTransformKind kind, gsize *length, GError **error)
{
    g_autofree char *file = g_build_filename(data_dir, name, NULL);
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
    return apply(style, file, doc, kind == RIG_TRANSFORM_PAGE ? data_dir :
                 NULL, length, error);
}
