/* SPDX-License-Identifier: GPL-2.0-or-later */
/* XML documents: parsed with care, and their elements and attributes. */
#include "xml-read.h"

#include <gio/gio.h>
#include <libxml/parser.h>
#include <string.h>

#include "problem.h"
#include "read-file.h"
#include "xml-pull.h"

/* Of an error: what comes later is seldom worth reading. */
#define PROBLEMS_SHOWN 3

/* --- parsing --------------------------------------------------------------- */

/* Of one parser, in its _private. */
typedef struct Parse {
    const char *file;
    GPtrArray *problems;
    int last_line;       /* of the message kept last */
} Parse;

/* The first of a line is the cause. */
static void on_error(void *opaque, xmlErrorPtr e)
{
    const xmlParserCtxt *parser = opaque;
    Parse *p = parser->_private;
    g_autofree char *text = g_strstrip(g_strdup(e->message ? e->message
                                                           : "is not XML"));

    if (e->line != p->last_line) {
        p->last_line = e->line;
        g_strdelimit(text, "\n", ' ');
        rig_problem(p->problems, p->file, e->line, "%s", text);
    }
}

/* Entities, defaults, other files: nothing of a DTD is looked at. */
static void on_doctype(void *opaque, const xmlChar *name,
                       const xmlChar *external, const xmlChar *system)
{
    xmlParserCtxt *parser = opaque;
    Parse *p = parser->_private;

    (void)name;
    (void)external;
    (void)system;
    rig_problem(p->problems, p->file, parser->input->line, "has a document "
                "type declaration; remove it");
    xmlStopParser(parser);
}

xmlDoc *rig_document_parse(const char *text, gsize length, const char *file,
                           GPtrArray *problems)
{
    guint before = problems->len;
    Parse p = { file, problems, -1 };
    xmlParserCtxt *parser = xmlNewParserCtxt();
    g_autoptr(xmlDoc) doc = NULL;

    parser->_private = &p;
    parser->sax->serror = on_error;
    parser->sax->internalSubset = on_doctype;
    /* What the decoder finds wrong is told to no parser. */
    xmlSetStructuredErrorFunc(parser, on_error);
    if (length <= G_MAXINT) {
        doc = xmlCtxtReadMemory(parser, text, length, file, NULL,
                                XML_PARSE_NONET | XML_PARSE_NOCDATA |
                                XML_PARSE_BIG_LINES);
    }
    xmlSetStructuredErrorFunc(NULL, NULL);
    xmlFreeParserCtxt(parser);
    if (!doc && problems->len == before) {
        rig_problem(problems, file, 0, "is not well-formed XML");
    }
    return problems->len == before ? g_steal_pointer(&doc) : NULL;
}

xmlDoc *rig_document_read(const char *file, gsize limit, const char *hint,
                          GPtrArray *problems)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;
    gsize length;

    if (!rig_read_file(file, limit, &text, &length, &error)) {
        rig_problem(problems, file, 0, "cannot be read: %s%s", error->message,
                    hint);
        return NULL;
    }
    return rig_document_parse(text, length, file, problems);
}

xmlDoc *rig_document_load(const char *file, gsize limit, const char *schema,
                          const char *hint, GPtrArray *problems)
{
    g_autoptr(xmlDoc) doc = rig_document_read(file, limit, hint, problems);

    return doc && rig_document_validate(doc, file, schema, problems)
           ? g_steal_pointer(&doc) : NULL;
}

char *rig_document_root(const char *file)
{
    g_autoptr(xmlTextReader) reader = rig_pull_open(file);

    return reader && rig_pull_element(reader) == 1
           ? g_strdup((const char *)xmlTextReaderConstLocalName(reader))
           : NULL;
}

gboolean rig_problems_to_error(const GPtrArray *problems, const char *hint,
                               GError **error)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 0; i < MIN(problems->len, PROBLEMS_SHOWN); i++) {
        g_string_append_printf(text, "%s%s", i ? "\n" : "",
                               (const char *)problems->pdata[i]);
    }
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s%s", text->str,
                hint);
    return FALSE;
}

/* --- elements and attributes ----------------------------------------------- */

gboolean rig_element_is(const xmlNode *node, const char *name)
{
    return node->type == XML_ELEMENT_NODE &&
           strcmp((const char *)node->name, name) == 0;
}

/* Cut at white space; two spaces are no word. */
static char **split(const char *text)
{
    char **all = g_strsplit_set(text, " \t\r\n", -1);
    guint n = 0;

    for (char **word = all; *word; word++) {
        if (**word) {
            all[n++] = *word;
        } else {
            g_free(*word);
        }
    }
    all[n] = NULL;
    return all;
}

char *rig_element_text(xmlNode *node)
{
    xmlChar *text = xmlNodeGetContent(node);
    g_auto(GStrv) words = split(text ? (const char *)text : "");

    xmlFree(text);
    return g_strjoinv(" ", words);
}

char *rig_attribute(xmlNode *node, const char *name)
{
    xmlChar *v = xmlGetNoNsProp(node, (const xmlChar *)name);
    char *copy = v ? g_strstrip(g_strdup((const char *)v)) : NULL;

    xmlFree(v);
    return copy;
}

gboolean rig_attribute_is(xmlNode *node, const char *name, const char *value)
{
    g_autofree char *v = rig_attribute(node, name);

    return g_strcmp0(v, value) == 0;
}

uint64_t rig_attribute_number(xmlNode *node, const char *name,
                              uint64_t missing, uint64_t max)
{
    g_autofree char *v = rig_attribute(node, name);
    /* Not base 0, which would read 010 as 8: a schema's are decimal. */
    gboolean hex = v && g_str_has_prefix(v, "0x");
    const char *digits = hex ? v + 2 : v;
    char *end;
    guint64 n;

    if (!v || !g_ascii_isxdigit(*digits)) {
        return missing;
    }
    n = g_ascii_strtoull(digits, &end, hex ? 16 : 10);
    return end == digits || *end ? missing : MIN(n, max);
}

unsigned rig_attribute_uint(xmlNode *node, const char *name, unsigned missing)
{
    return rig_attribute_number(node, name, missing, G_MAXUINT);
}

unsigned rig_attribute_choice(xmlNode *node, const char *name,
                              const char *const *names)
{
    g_autofree char *v = rig_attribute(node, name);
    unsigned i = 0;

    while (names[i] && g_strcmp0(names[i], v) != 0) {
        i++;
    }
    return i;
}

GDateTime *rig_attribute_time(xmlNode *node, const char *name)
{
    g_autofree char *text = rig_attribute(node, name);
    g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
    GDateTime *t = text ? g_date_time_new_from_iso8601(text, utc) : NULL;

    return t || !text ? t : g_date_time_new_from_unix_utc(0);
}

char **rig_attribute_words(xmlNode *node, const char *name)
{
    g_autofree char *text = rig_attribute(node, name);

    return text ? split(text) : NULL;
}
