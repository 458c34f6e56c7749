/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Smaller scenarios: found element by element, made on a copy. */
#include "reduce.h"

#include <stdlib.h>
#include <string.h>

/* Cycles of so many steps have every row of steps left out, longer ones rows
 * of up to so many. */
#define ROWS_ALL  12u
#define ROW_SHORT 4u

static void reduction_free(gpointer data)
{
    RigReduction *r = data;

    g_free(r->attribute);
    g_free(r->value);
    g_free(r->text);
    g_free(r);
}

static gboolean is(const xmlNode *node, const char *name)
{
    return node && node->type == XML_ELEMENT_NODE &&
           strcmp((const char *)node->name, name) == 0;
}

/* Next in document order, inside @root. */
static xmlNode *next_node(xmlNode *node, xmlNode *root)
{
    if (node->children) {
        return node->children;
    }
    while (node != root && !node->next) {
        node = node->parent;
    }
    return node == root ? NULL : node->next;
}

static unsigned count_children(const xmlNode *parent, const char *name)
{
    unsigned n = 0;

    for (const xmlNode *c = parent->children; c; c = c->next) {
        n += c->type == XML_ELEMENT_NODE &&
             (!name || strcmp((const char *)c->name, name) == 0);
    }
    return n;
}

/* --- finding ------------------------------------------------------------- */

typedef struct Finder {
    GPtrArray *found;
    unsigned element;
    xmlNode *node;
} Finder;

static RigReduction *add(Finder *f, const char *attribute, const char *value,
                         char *text)
{
    RigReduction *r = g_new0(RigReduction, 1);

    r->element = f->element;
    r->attribute = g_strdup(attribute);
    r->value = g_strdup(value);
    r->text = text;
    g_ptr_array_add(f->found, r);
    return r;
}

static void leave_out(Finder *f, unsigned siblings)
{
    const char *name = (const char *)f->node->name;
    long line = xmlGetLineNo(f->node);

    add(f, NULL, NULL, siblings == 1 ?
        g_strdup_printf("without <%s> (line %ld)", name, line) :
        g_strdup_printf("without <%s> (line %ld) and %u more", name, line,
                        siblings - 1))->siblings = siblings;
}

static void unset(Finder *f, const char *attribute)
{
    if (xmlHasProp(f->node, BAD_CAST attribute)) {
        add(f, attribute, NULL, g_strdup_printf("<%s> without %s (line %ld)",
            (const char *)f->node->name, attribute, xmlGetLineNo(f->node)));
    }
}

/* The number of an attribute made @to, where it is larger. */
static void lower(Finder *f, const char *attribute, unsigned long to)
{
    xmlChar *v = xmlGetProp(f->node, BAD_CAST attribute);
    unsigned long is_now = v ? strtoul((const char *)v, NULL, 10) : 0;

    if (to && is_now > to) {
        g_autofree char *value = g_strdup_printf("%lu", to);

        add(f, attribute, value, g_strdup_printf("%s %lu instead of %lu",
                                                 attribute, to, is_now));
    }
    xmlFree(v);
}

static unsigned long half(xmlNode *node, const char *attribute)
{
    xmlChar *v = xmlGetProp(node, BAD_CAST attribute);
    unsigned long n = v ? strtoul((const char *)v, NULL, 10) / 2 : 0;

    xmlFree(v);
    return n;
}

static void of_cycle(Finder *f)
{
    if (count_children(f->node->parent, "cycle") > 1) {
        leave_out(f, 1);
    }
}

/* The step and those behind it, @siblings in all. */
static void of_step(Finder *f, unsigned siblings)
{
    unsigned there = 0;

    for (xmlNode *n = f->node; n; n = n->next) {
        there += n->type == XML_ELEMENT_NODE;
    }
    if (there >= siblings &&
        count_children(f->node->parent, NULL) > siblings) {
        leave_out(f, siblings);
    }
}

static void of_rule(Finder *f, const char *rule)
{
    xmlChar *name = xmlGetProp(f->node, BAD_CAST "name");

    if (name && rule && strcmp((const char *)name, rule) != 0) {
        leave_out(f, 1);
    }
    xmlFree(name);
}

static void numbers(Finder *f)
{
    static const char *const needless[] = {
        "messages", "post-failure", "action", "min-length", "max-length",
        "adapters", "guard-pages", "msix-profile", "memory-mib",
    };

    if (is(f->node, "cycle")) {
        lower(f, "repeat", 1);
        lower(f, "repeat", half(f->node, "repeat"));
    } else if (is(f->node, "machine")) {
        lower(f, "vectors", 1);
        lower(f, "queues", 1);
    } else if (is(f->node, "traffic")) {
        lower(f, "frames", 1);
    }
    for (guint i = 0; i < G_N_ELEMENTS(needless); i++) {
        unset(f, needless[i]);
    }
}

typedef void (*LookFunc)(Finder *f, const char *rule, unsigned siblings);

static void look_at_cycle(Finder *f, const char *rule, unsigned siblings)
{
    (void)rule;
    (void)siblings;
    if (is(f->node, "cycle")) {
        of_cycle(f);
    }
}

static void look_at_step(Finder *f, const char *rule, unsigned siblings)
{
    (void)rule;
    if (is(f->node->parent, "cycle")) {
        of_step(f, siblings);
    }
}

static void look_at_detail(Finder *f, const char *rule, unsigned siblings)
{
    (void)siblings;
    if (is(f->node, "fail") || is(f->node, "device-fault")) {
        leave_out(f, 1);
    } else if (is(f->node, "rule")) {
        of_rule(f, rule);
    }
}

static void look_at_numbers(Finder *f, const char *rule, unsigned siblings)
{
    (void)rule;
    (void)siblings;
    numbers(f);
}

static void walk(xmlDoc *doc, GPtrArray *found, LookFunc look,
                 const char *rule, unsigned siblings)
{
    xmlNode *root = xmlDocGetRootElement(doc);
    Finder f = { .found = found };

    for (f.node = root; f.node; f.node = next_node(f.node, root)) {
        if (f.node->type == XML_ELEMENT_NODE) {
            look(&f, rule, siblings);
            f.element++;
        }
    }
}

/* Steps of the longest cycle. */
static unsigned longest(xmlDoc *doc)
{
    unsigned n = 0;

    for (xmlNode *c = xmlDocGetRootElement(doc)->children; c; c = c->next) {
        n = is(c, "cycle") ? MAX(n, count_children(c, NULL)) : n;
    }
    return n;
}

GPtrArray *rig_reductions(xmlDoc *doc, const char *rule)
{
    GPtrArray *found = g_ptr_array_new_with_free_func(reduction_free);
    unsigned steps = longest(doc);

    walk(doc, found, look_at_cycle, NULL, 0);
    for (unsigned n = steps; n > 1; n--) {
        /* Of a long cycle only its big parts and its small ones. */
        if (steps <= ROWS_ALL || n <= ROW_SHORT || n == steps / 2) {
            walk(doc, found, look_at_step, NULL, n - 1);
        }
    }
    walk(doc, found, look_at_detail, rule, 0);
    return found;
}

GPtrArray *rig_reductions_of_numbers(xmlDoc *doc)
{
    GPtrArray *found = g_ptr_array_new_with_free_func(reduction_free);

    walk(doc, found, look_at_numbers, NULL, 0);
    return found;
}

/* --- making -------------------------------------------------------------- */

static xmlNode *element_number(xmlDoc *doc, unsigned number)
{
    xmlNode *root = xmlDocGetRootElement(doc);

    for (xmlNode *n = root; n; n = next_node(n, root)) {
        if (n->type == XML_ELEMENT_NODE && number-- == 0) {
            return n;
        }
    }
    return NULL;
}

/* The nodes that @r is about, of @doc, in the order they stand in. */
static GPtrArray *nodes_of(xmlDoc *doc, const RigReduction *r)
{
    GPtrArray *nodes = g_ptr_array_new();
    xmlNode *n = element_number(doc, r->element);

    g_ptr_array_add(nodes, n);
    while (n && nodes->len < r->siblings) {
        n = xmlNextElementSibling(n);
        g_ptr_array_add(nodes, n);
    }
    return nodes;
}

static void change(const RigReduction *r, xmlNode *node)
{
    if (r->value) {
        xmlSetProp(node, BAD_CAST r->attribute, BAD_CAST r->value);
    } else {
        xmlUnsetProp(node, BAD_CAST r->attribute);
    }
}

xmlDoc *rig_reduce(xmlDoc *doc, const GPtrArray *reductions)
{
    xmlDoc *copy = xmlCopyDoc(doc, 1);
    g_autoptr(GHashTable) out = g_hash_table_new_full(
        NULL, NULL, (GDestroyNotify)xmlFreeNode, NULL);
    GHashTableIter iter;
    gpointer node;

    /*
     * Numbers are of the whole document: nothing leaves it until the end. Of
     * two changes of one attribute the first, which is the biggest, holds.
     */
    for (guint i = reductions->len; i-- > 0; ) {
        const RigReduction *r = reductions->pdata[i];
        g_autoptr(GPtrArray) nodes = nodes_of(copy, r);

        for (guint j = 0; j < nodes->len; j++) {
            if (r->attribute) {
                change(r, nodes->pdata[j]);
            } else if (!g_hash_table_contains(out, nodes->pdata[j])) {
                g_hash_table_add(out, nodes->pdata[j]);
            }
        }
    }
    /* Each alone before they are freed, whatever it was in. */
    g_hash_table_iter_init(&iter, out);
    while (g_hash_table_iter_next(&iter, &node, NULL)) {
        xmlUnlinkNode(node);
    }
    return copy;
}

unsigned rig_reduce_steps(xmlDoc *doc)
{
    unsigned n = 0;

    for (xmlNode *c = xmlDocGetRootElement(doc)->children; c; c = c->next) {
        n += is(c, "cycle") ? count_children(c, NULL) : 0;
    }
    return n;
}
