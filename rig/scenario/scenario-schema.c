/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Documents checked against scenario.rng, with messages people can use.
 *
 * libxml2 says on which line an attribute is wrong, but not what would be
 * right. The schema knows: what an element takes is read out of it and put
 * behind the message.
 */
#include "scenario-schema.h"

#include <libxml/parser.h>
#include <libxml/relaxng.h>
#include <libxml/xmlreader.h>
#include <stdlib.h>
#include <string.h>

#include "problem.h"
#include "read-file.h"

/* Larger files are refused: a scenario is a page of text. */
#define FILE_MAX (1024 * 1024)

typedef struct Messages {
    const char *file;
    xmlDoc *schema;
    GPtrArray *problems;
    int last_line;       /* of the message kept last */
    const char *page;    /* of the manual, "scenario" of rig-scenario(5) */
} Messages;

/* --- reading ----------------------------------------------------------- */

static void on_xml_error(void *opaque, xmlErrorPtr e)
{
    Messages *m = opaque;
    g_autofree char *text = g_strstrip(g_strdup(e->message ? e->message : ""));

    g_strdelimit(text, "\n", ' ');
    if (e->line != m->last_line) { /* the first of a line is the cause */
        m->last_line = e->line;
        rig_problem(m->problems, m->file, e->line, "%s", text);
    }
}

xmlDoc *rig_document_parse(const char *text, gsize length, const char *file,
                           GPtrArray *problems)
{
    Messages m = { file, NULL, problems, -1, NULL };
    xmlParserCtxt *ctxt = xmlNewParserCtxt();
    xmlDoc *doc;

    xmlSetStructuredErrorFunc(&m, on_xml_error);
    doc = xmlCtxtReadMemory(ctxt, text, length, file, NULL,
                            XML_PARSE_NONET | XML_PARSE_NOCDATA);
    xmlSetStructuredErrorFunc(NULL, NULL);
    xmlFreeParserCtxt(ctxt);
    if (!doc && problems->len == 0) {
        rig_problem(problems, file, 0, "is not well-formed XML");
    }
    if (doc && doc->intSubset) { /* entities, defaults, other files */
        rig_problem(problems, file, 0, "has a document type declaration; "
                    "remove it");
    }
    return doc;
}

xmlDoc *rig_document_read(const char *file, const char *hint,
                          GPtrArray *problems)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;
    gsize length;

    if (!rig_read_file(file, FILE_MAX, &text, &length, &error)) {
        rig_problem(problems, file, 0, "cannot be read: %s%s", error->message,
                    hint);
        return NULL;
    }
    return rig_document_parse(text, length, file, problems);
}

char *rig_document_root(const char *file)
{
    xmlTextReader *reader = !g_file_test(file, G_FILE_TEST_IS_REGULAR) ? NULL :
                            xmlReaderForFile(file, NULL, XML_PARSE_NONET |
                            XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    char *name = NULL;

    while (!name && reader && xmlTextReaderRead(reader) == 1) {
        if (xmlTextReaderNodeType(reader) == XML_READER_TYPE_ELEMENT) {
            name = g_strdup((const char *)xmlTextReaderConstLocalName(reader));
        }
    }
    xmlFreeTextReader(reader);
    return name;
}

/* --- what the schema says ----------------------------------------------- */

static gboolean is(const xmlNode *node, const char *name)
{
    return node->type == XML_ELEMENT_NODE &&
           strcmp((const char *)node->name, name) == 0;
}

static char *name_of(xmlNode *node)
{
    xmlChar *v = xmlGetNoNsProp(node, (const xmlChar *)"name");
    char *copy = g_strdup((const char *)v);

    xmlFree(v);
    return copy;
}

/* The descendant-or-self @kind with this name, anywhere below @node. */
static xmlNode *find(xmlNode *node, const char *kind, const char *name)
{
    for (xmlNode *n = node; n; n = n->next) {
        if (is(n, kind)) {
            g_autofree char *its = name_of(n);

            if (g_strcmp0(its, name) == 0) {
                return n;
            }
        }
        if (n->children) {
            xmlNode *below = find(n->children, kind, name);

            if (below) {
                return below;
            }
        }
    }
    return NULL;
}

/* The content of the <define> that the <ref> @node names, or NULL. */
static xmlNode *referred(xmlNode *node)
{
    g_autofree char *name = name_of(node);
    xmlNode *define = find(xmlDocGetRootElement(node->doc), "define", name);

    return define ? define->children : NULL;
}

/* "a|b", "1..64" or the pattern: what a value may be. */
static void describe_value(xmlNode *first, GString *text)
{
    for (xmlNode *n = first; n; n = n->next) {
        if (is(n, "ref")) {
            describe_value(referred(n), text);
        } else if (is(n, "value") || is(n, "param")) {
            g_autofree char *kind = name_of(n);
            xmlChar *content = xmlNodeGetContent(n);
            const char *separator = !text->len ? "" : kind ? ".." : "|";

            if (g_strcmp0(kind, "maxLength") == 0) {
                g_string_append(text, "text");
            } else {
                g_string_append_printf(text, "%s%s", separator,
                                       (const char *)content);
            }
            xmlFree(content);
        } else if (n->type == XML_ELEMENT_NODE) {
            describe_value(n->children, text);
        }
    }
}

/* All attributes below @first, but not those of elements further down. */
static void describe_attributes(xmlNode *first, gboolean optional,
                                GString *text)
{
    for (xmlNode *n = first; n; n = n->next) {
        if (is(n, "attribute")) {
            g_autoptr(GString) value = g_string_new(NULL);
            g_autofree char *name = name_of(n);

            describe_value(n->children, value);
            g_string_append_printf(text, optional ? " [%s=%s]" : " %s=%s",
                                   name, value->str);
        } else if (is(n, "ref")) {
            describe_attributes(referred(n), optional, text);
        } else if (n->type == XML_ELEMENT_NODE && !is(n, "element")) {
            describe_attributes(n->children, optional || is(n, "optional"),
                                text);
        }
    }
}

/* What the element @name takes, " a=... [b=...]"; NULL: no such element. */
static char *attributes_of(xmlDoc *schema, const char *name)
{
    xmlNode *element = find(xmlDocGetRootElement(schema), "element", name);
    GString *text;

    if (!element) {
        return NULL;
    }
    text = g_string_new(NULL);
    describe_attributes(element->children, FALSE, text);
    return g_string_free(text, FALSE);
}

/* The elements below @first, "a, [b], c" or, where one is to be chosen, "a|b". */
static void describe_children(xmlNode *first, const char *separator,
                              gboolean optional, GString *text)
{
    for (xmlNode *n = first; n; n = n->next) {
        if (is(n, "element")) {
            g_autofree char *name = name_of(n);

            g_string_append_printf(text, optional ? "%s[%s]" : "%s%s",
                                   text->len ? separator : "", name);
        } else if (is(n, "ref")) {
            describe_children(referred(n), separator, optional, text);
        } else if (n->type == XML_ELEMENT_NODE && !is(n, "attribute")) {
            describe_children(n->children, is(n, "choice") ? "|" : separator,
                              optional || is(n, "optional") ||
                              is(n, "zeroOrMore"), text);
        }
    }
}

/* What stands in the element @name; NULL: no such element. */
static char *children_of(xmlDoc *schema, const char *name)
{
    xmlNode *element = find(xmlDocGetRootElement(schema), "element", name);
    GString *text;

    if (!element) {
        return NULL;
    }
    text = g_string_new(NULL);
    describe_children(element->children, ", ", FALSE, text);
    return g_string_free(text, FALSE);
}

/* --- messages ----------------------------------------------------------- */

/* What the validator says only because of another message. */
static gboolean is_echo(const char *text)
{
    return strstr(text, "has extra content") ||
           strstr(text, "failed to validate content");
}

/* The nearest element with this name at or around @node; NULL: none. */
static const xmlNode *around(const xmlNode *node, const xmlChar *name)
{
    while (node && (node->type != XML_ELEMENT_NODE || !name ||
                    !xmlStrEqual(node->name, name))) {
        node = node->parent;
    }
    return node;
}

static void add_problem(Messages *m, const xmlNode *node, const char *format,
                        ...) G_GNUC_PRINTF(3, 4);

/* At most one for each line: what follows is often an echo. */
static void add_problem(Messages *m, const xmlNode *node, const char *format,
                        ...)
{
    int line = xmlGetLineNo(node);
    g_autofree char *text = NULL;
    va_list ap;

    if (line == m->last_line) {
        return;
    }
    m->last_line = line;
    va_start(ap, format);
    text = g_strdup_vprintf(format, ap);
    va_end(ap);
    rig_problem(m->problems, m->file, line, "%s", text);
}

/* An element that is wrong where it is, or lacks something in it. */
static void on_wrong_content(Messages *m, const xmlNode *node,
                             const char *text)
{
    gboolean lacks = strstr(text, "got nothing") != NULL;
    const xmlNode *in = lacks ? node : node->parent;
    g_autofree char *takes = children_of(m->schema, (const char *)in->name);

    if (lacks) {
        add_problem(m, node, "<%s> lacks an element; in it stand: %s",
                    (const char *)node->name, takes ? takes : "");
    } else {
        add_problem(m, node, "<%s> cannot stand here; in <%s> stand: %s",
                    (const char *)node->name, (const char *)in->name,
                    takes && *takes ? takes : "no elements");
    }
}

static void on_schema_error(void *opaque, xmlErrorPtr e)
{
    Messages *m = opaque;
    const xmlNode *node = e->node;
    g_autofree char *text = g_strstrip(g_strdup(e->message ? e->message : ""));
    const xmlNode *named = around(node, (const xmlChar *)e->str1);
    g_autofree char *takes = NULL;

    if (is_echo(text) || !node) {
        return;
    }
    named = named ? named : node;
    if (strstr(text, "attribute") &&
        (takes = attributes_of(m->schema, (const char *)named->name))) {
        add_problem(m, named, "<%s> lacks an attribute, has one too many or a "
                    "wrong value; it takes%s", (const char *)named->name,
                    *takes ? takes : " none");
    } else if (strstr(text, "got nothing") ||
               (strstr(text, "Did not expect element") && node->parent &&
                node->parent->type == XML_ELEMENT_NODE)) {
        on_wrong_content(m, node, text);
    } else if (strstr(text, "Error validating")) {
        add_problem(m, node, "<%s> holds no text that can stand there",
                    (const char *)node->name);
    } else {
        add_problem(m, node, "%s; rig-%s(5) lists what may "
                    "stand here", text, m->page);
    }
}

/* --- validating --------------------------------------------------------- */

static xmlRelaxNG *parse_schema(xmlDoc *doc)
{
    xmlRelaxNGParserCtxt *parser = doc ? xmlRelaxNGNewDocParserCtxt(doc)
                                       : NULL;
    xmlRelaxNG *schema = parser ? xmlRelaxNGParse(parser) : NULL;

    xmlRelaxNGFreeParserCtxt(parser);
    return schema;
}

static gboolean validate(xmlDoc *doc, xmlRelaxNG *schema, Messages *m)
{
    xmlRelaxNGValidCtxt *valid = xmlRelaxNGNewValidCtxt(schema);
    int rc;

    xmlRelaxNGSetValidStructuredErrors(valid, on_schema_error, m);
    rc = xmlRelaxNGValidateDoc(valid, doc);
    xmlRelaxNGFreeValidCtxt(valid);
    if (rc != 0 && m->last_line == -1) {
        rig_problem(m->problems, m->file,
                    xmlGetLineNo(xmlDocGetRootElement(doc)),
                    "is not valid; rig-%s(5) explains what may stand in it",
                    m->page);
    }
    return rc == 0;
}

gboolean rig_scenario_validate(xmlDoc *doc, const char *file,
                               const char *path, GPtrArray *problems)
{
    xmlDoc *text = xmlReadFile(path, NULL, XML_PARSE_NONET |
                               XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    xmlRelaxNG *schema = parse_schema(text);
    g_autofree char *page = g_path_get_basename(path); /* its name less .rng */
    Messages m = { file, text, problems, -1, page };
    gboolean good = FALSE;

    page[strcspn(page, ".")] = '\0';
    if (schema) {
        good = validate(doc, schema, &m);
    } else {
        rig_problem(problems, path, 0, "is not a RELAX NG schema; "
                    "restore it from the source tree");
    }
    xmlRelaxNGFree(schema);
    xmlFreeDoc(text);
    return good;
}

/* --- attributes ----------------------------------------------------------- */

char *rig_attribute(xmlNode *node, const char *name)
{
    xmlChar *v = xmlGetNoNsProp(node, (const xmlChar *)name);
    char *copy = v ? g_strstrip(g_strdup((const char *)v)) : NULL;

    xmlFree(v);
    return copy;
}

unsigned rig_attribute_uint(xmlNode *node, const char *name, unsigned missing)
{
    g_autofree char *v = rig_attribute(node, name);

    /* Not base 0, which would read 010 as 8: a schema's numbers are decimal. */
    return v ? strtoul(v, NULL, g_str_has_prefix(v, "0x") ? 16 : 10) : missing;
}
