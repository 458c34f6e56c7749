/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Documents held against a schema, with messages people can use.
 *
 * libxml2 says on which line an attribute is wrong, but not what would be
 * right. The schema knows: what an element takes is read out of it and put
 * behind the message.
 */
#include "xml-read.h"

#include <libxml/parser.h>
#include <libxml/relaxng.h>
#include <stdio.h>
#include <string.h>

#include "problem.h"
#include "suggest.h"

/* So many of one document are kept: a hostile one could have millions. */
#define PROBLEMS_KEPT 20

/* A schema, compiled and as text. */
typedef struct Schema {
    xmlRelaxNG *grammar; /* NULL: it is none */
    xmlDoc *doc;
} Schema;

typedef struct Messages {
    const char *file;
    xmlDoc *schema;
    GPtrArray *problems;
    int last_line;       /* of the message kept last */
    unsigned kept;
    const char *manual;  /* page that explains these files, or the schema */
} Messages;

/* --- what the schema says ----------------------------------------------- */

static char *name_of(xmlNode *node)
{
    return rig_attribute(node, "name");
}

/* The descendant-or-self @kind with this name, anywhere below @node. */
static xmlNode *find(xmlNode *node, const char *kind, const char *name)
{
    for (xmlNode *n = node; n; n = n->next) {
        if (rig_element_is(n, kind)) {
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
        if (rig_element_is(n, "ref")) {
            describe_value(referred(n), text);
        } else if (rig_element_is(n, "value") || rig_element_is(n, "param")) {
            g_autofree char *kind = name_of(n);
            xmlChar *content = xmlNodeGetContent(n);
            const char *separator =
                g_strcmp0(kind, "maxInclusive") == 0 ? ".." :
                !text->len ? "" : kind ? ".." : "|";

            if (g_strcmp0(kind, "maxLength") == 0) {
                g_string_append(text, "text");
            } else if (g_strcmp0(kind, "minLength") != 0) {
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
        if (rig_element_is(n, "attribute")) {
            g_autoptr(GString) value = g_string_new(NULL);
            g_autofree char *name = name_of(n);

            describe_value(n->children, value);
            g_string_append_printf(text, optional ? " [%s=%s]" : " %s=%s",
                                   name, value->str);
        } else if (rig_element_is(n, "ref")) {
            describe_attributes(referred(n), optional, text);
        } else if (n->type == XML_ELEMENT_NODE && !rig_element_is(n, "element")) {
            describe_attributes(n->children, optional || rig_element_is(n, "optional"),
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
        if (rig_element_is(n, "element")) {
            g_autofree char *name = name_of(n);

            g_string_append_printf(text, optional ? "%s[%s]" : "%s%s",
                                   text->len ? separator : "", name);
        } else if (rig_element_is(n, "ref")) {
            describe_children(referred(n), separator, optional, text);
        } else if (n->type == XML_ELEMENT_NODE && !rig_element_is(n, "attribute")) {
            describe_children(n->children, rig_element_is(n, "choice") ? "|" : separator,
                              optional || rig_element_is(n, "optional") ||
                              rig_element_is(n, "zeroOrMore"), text);
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

/* --- which attribute is wrong ---------------------------------------------- */

/* An attribute that elements of one name take, and what its value may be. */
typedef struct Attribute {
    char *name, *value;
} Attribute;

static void attribute_free(gpointer p)
{
    Attribute *a = p;

    g_free(a->name);
    g_free(a->value);
    g_free(a);
}

/* As describe_attributes(), one by one. */
static void add_attributes(xmlNode *first, GPtrArray *all)
{
    for (xmlNode *n = first; n; n = n->next) {
        if (rig_element_is(n, "attribute")) {
            GString *value = g_string_new(NULL);
            Attribute *a = g_new0(Attribute, 1);

            describe_value(n->children, value);
            a->name = name_of(n);
            a->value = g_string_free(value, FALSE);
            g_ptr_array_add(all, a);
        } else if (rig_element_is(n, "ref")) {
            add_attributes(referred(n), all);
        } else if (n->type == XML_ELEMENT_NODE &&
                   !rig_element_is(n, "element")) {
            add_attributes(n->children, all);
        }
    }
}

/* Of all elements @name that the schema has at or below @node. */
static void add_elements(xmlNode *node, const char *name, GPtrArray *all)
{
    for (xmlNode *n = node; n; n = n->next) {
        g_autofree char *its = rig_element_is(n, "element") ? name_of(n) : NULL;

        if (g_strcmp0(its, name) == 0) {
            add_attributes(n->children, all);
        }
        add_elements(n->children, name, all);
    }
}

/* FALSE only where the description, as of describe_value(), excludes it. */
static gboolean may_be(const char *description, const char *value)
{
    g_autofree char *whole = g_strdup_printf("^(?:%s)$", description);
    g_autoptr(GRegex) regex = NULL;
    gint64 from, to;
    int end = 0;

    if (sscanf(description, "%" G_GINT64_FORMAT "..%" G_GINT64_FORMAT "%n",
               &from, &to, &end) == 2 && !description[end]) {
        return g_ascii_string_to_signed(value, 10, from, to, NULL, NULL);
    }
    if (!*description || strstr(description, "..") ||
        strcmp(description, "text") == 0) {
        return TRUE;
    }
    /* A choice, or a pattern of XML Schema: most are GLib's, too. */
    regex = g_regex_new(whole, G_REGEX_DOLLAR_ENDONLY, 0, NULL);
    return !regex || g_regex_match(regex, value, 0, NULL);
}

/* Of the attributes @all named @name, the last; *fits: may one be @value? */
static const Attribute *match(const GPtrArray *all, const char *name,
                              const char *value, gboolean *fits)
{
    const Attribute *found = NULL;

    *fits = FALSE;
    for (guint i = 0; i < all->len; i++) {
        const Attribute *a = all->pdata[i];

        if (g_strcmp0(a->name, name) == 0) {
            found = a;
            *fits = *fits || may_be(a->value, value);
        }
    }
    return found;
}

static char *unknown_attribute(const xmlNode *node, const char *name,
                               const GPtrArray *all)
{
    g_autofree const char **names = g_new0(const char *, all->len + 1);
    g_autofree char *hint = NULL;

    for (guint i = 0; i < all->len; i++) {
        const Attribute *a = all->pdata[i];

        names[i] = a->name ? a->name : "";
    }
    hint = rig_did_you_mean(name, names);
    return g_strdup_printf("<%s> takes no attribute %s%s",
                           (const char *)node->name, name, hint);
}

/* What is wrong with an attribute of @node; NULL: not known. To be freed. */
static char *wrong_attribute(xmlDoc *schema, const xmlNode *node)
{
    g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(attribute_free);

    add_elements(xmlDocGetRootElement(schema), (const char *)node->name, all);
    for (xmlAttr *a = node->properties; all->len && a; a = a->next) {
        const char *name = (const char *)a->name;
        g_autofree char *value = rig_attribute((xmlNode *)node, name);
        gboolean fits;
        const Attribute *found = match(all, name, value ? value : "", &fits);

        if (!found && !a->ns) {
            return unknown_attribute(node, name, all);
        }
        if (found && !fits) {
            g_auto(GStrv) choice = g_strsplit(found->value, "|", -1);
            g_autofree char *hint = rig_did_you_mean(
                value, (const char *const *)choice);
            g_autofree char *shown = g_strescape(value, NULL);

            return g_strdup_printf("%s=\"%.64s\" of <%s> is not %s%s", name,
                                   shown, (const char *)node->name,
                                   found->value, hint);
        }
    }
    return NULL;
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

    if (line == m->last_line || m->kept == PROBLEMS_KEPT) {
        return;
    }
    m->last_line = line;
    m->kept++;
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
        g_auto(GStrv) names = g_strsplit_set(takes ? takes : "", "|, []", -1);
        g_autofree char *hint = rig_did_you_mean(
            (const char *)node->name, (const char *const *)names);

        add_problem(m, node, "<%s> cannot stand here%s; in <%s> stand: %s",
                    (const char *)node->name, hint, (const char *)in->name,
                    takes && *takes ? takes : "no elements");
    }
}

static void on_schema_error(void *opaque, xmlErrorPtr e)
{
    Messages *m = opaque;
    const xmlNode *node = e->node;
    g_autofree char *text = g_strstrip(g_strdup(e->message ? e->message : ""));
    const xmlNode *named = around(node, (const xmlChar *)e->str1);
    g_autofree char *takes = NULL, *wrong = NULL;

    if (is_echo(text) || !node) {
        return;
    }
    named = named ? named : node;
    wrong = wrong_attribute(m->schema, named);
    if (wrong) {
        add_problem(m, named, "%s", wrong);
    } else if (strstr(text, "attribute") &&
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
        add_problem(m, node, "%s; %s says what may stand here", text,
                    m->manual);
    }
}

/* --- validating --------------------------------------------------------- */

/* Parse errors of a schema are of no use to whoever runs the rig. */
static void be_silent(void *opaque, xmlErrorPtr e)
{
    (void)opaque;
    (void)e;
}

static Schema *compile(const char *path)
{
    Schema *s = g_new0(Schema, 1);
    xmlRelaxNGParserCtxt *parser = NULL;

    s->doc = xmlReadFile(path, NULL, XML_PARSE_NONET | XML_PARSE_NOERROR |
                         XML_PARSE_NOWARNING);
    parser = s->doc ? xmlRelaxNGNewDocParserCtxt(s->doc) : NULL;
    if (parser) {
        xmlRelaxNGSetParserStructuredErrors(parser, be_silent, NULL);
        s->grammar = xmlRelaxNGParse(parser);
    }
    xmlRelaxNGFreeParserCtxt(parser);
    return s;
}

/* One of each is enough, for life; threads may ask. */
static const Schema *schema_at(const char *path)
{
    static GHashTable *schemas;
    G_LOCK_DEFINE_STATIC(schemas);
    Schema *s;

    G_LOCK(schemas);
    if (!schemas) {
        schemas = g_hash_table_new(g_str_hash, g_str_equal);
    }
    s = g_hash_table_lookup(schemas, path);
    if (!s) {
        s = compile(path);
        g_hash_table_insert(schemas, g_strdup(path), s);
    }
    G_UNLOCK(schemas);
    return s;
}

/* What explains the files that people write; the others have their schema. */
static const char *manual_of(const char *schema)
{
    static const struct { const char *schema, *page; } pages[] = {
        { "scenario.rng", "rig-scenario(5)" },
        { "suite.rng", "rig-suite(5)" },
        { "known-issues.rng", "rig-known-issues(5)" },
        { "rule.rng", "rig-rules(5)" },
    };

    for (guint i = 0; i < G_N_ELEMENTS(pages); i++) {
        if (g_str_has_suffix(schema, pages[i].schema)) {
            return pages[i].page;
        }
    }
    return schema;
}

gboolean rig_document_validate(xmlDoc *doc, const char *file,
                               const char *schema, GPtrArray *problems)
{
    const Schema *s = schema_at(schema);
    Messages m = { file, s->doc, problems, -1, 0, manual_of(schema) };
    xmlRelaxNGValidCtxt *valid;
    int rc;

    if (!s->grammar) {
        rig_problem(problems, schema, 0, "is not a RELAX NG schema; "
                    "restore it from the source tree");
        return FALSE;
    }
    valid = xmlRelaxNGNewValidCtxt(s->grammar);
    xmlRelaxNGSetValidStructuredErrors(valid, on_schema_error, &m);
    rc = xmlRelaxNGValidateDoc(valid, doc);
    xmlRelaxNGFreeValidCtxt(valid);
    if (rc != 0 && m.last_line == -1) {
        rig_problem(problems, file, xmlGetLineNo(xmlDocGetRootElement(doc)),
                    "is not valid; %s explains what may stand in it",
                    m.manual);
    }
    return rc == 0;
}
