/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Drawings of rules: well-formed, complete, and nothing lies on anything. */
#include <check.h>
#include <libxml/parser.h>
#include <string.h>
#include "rule-catalogue.h"
#include "rule-text.h"
#include "run-suite.h"
#include "stream-builder.h"

typedef struct Box {
    double x, y, width, height;
    gboolean node;       /* not the background */
} Box;

static double number(xmlNode *n, const char *name)
{
    xmlChar *v = xmlGetNoNsProp(n, (const xmlChar *)name);
    double d = v ? g_ascii_strtod((const char *)v, NULL) : 0;

    xmlFree(v);
    return d;
}

static void collect(xmlNode *root, GArray *boxes, GString *text)
{
    for (xmlNode *n = root->children; n; n = n->next) {
        if (n->type != XML_ELEMENT_NODE) {
            continue;
        }
        if (!strcmp((const char *)n->name, "rect")) {
            Box b = { number(n, "x"), number(n, "y"), number(n, "width"),
                      number(n, "height"),
                      xmlHasProp(n, (const xmlChar *)"class") != NULL };

            g_array_append_val(boxes, b);
        } else if (!strcmp((const char *)n->name, "text")) {
            xmlChar *v = xmlNodeGetContent(n);

            g_string_append_printf(text, "%s\n", (const char *)v);
            xmlFree(v);
        }
    }
}

static gboolean overlap(const Box *a, const Box *b)
{
    return a->x < b->x + b->width && b->x < a->x + a->width &&
           a->y < b->y + b->height && b->y < a->y + a->height;
}

static void check_boxes(const RigRule *rule, xmlNode *root, GArray *boxes)
{
    for (unsigned i = 0; i < boxes->len; i++) {
        const Box *a = &g_array_index(boxes, Box, i);

        ck_assert_msg(a->x >= 0 && a->y >= 0 &&
                      a->x + a->width <= number(root, "width") + 1 &&
                      a->y + a->height <= number(root, "height") + 1,
                      "%s: a box sticks out", rule->name);
        for (unsigned k = 0; k < i; k++) {
            const Box *b = &g_array_index(boxes, Box, k);

            ck_assert_msg(!a->node || !b->node || !overlap(a, b),
                          "%s: boxes overlap", rule->name);
        }
    }
}

static void check_drawing(const RigRule *rule)
{
    g_autofree char *svg = rig_rule_svg(rule);
    xmlDoc *doc = xmlReadMemory(svg, strlen(svg), "rule.svg", NULL,
                                XML_PARSE_NONET);
    g_autoptr(GArray) boxes = g_array_new(FALSE, FALSE, sizeof(Box));
    GString *text = g_string_new(NULL);
    xmlNode *root;

    ck_assert_msg(doc != NULL, "%s: not well-formed", rule->name);
    root = xmlDocGetRootElement(doc);
    ck_assert_str_eq((const char *)root->name, "svg");
    collect(root, boxes, text);
    for (unsigned i = 0; i < rule->states->len; i++) {
        ck_assert_ptr_nonnull(strstr(text->str, rule->states->pdata[i]));
    }
    for (unsigned i = 0; i < rule->violations->len; i++) {
        ck_assert_ptr_nonnull(strstr(
            text->str, ((RuleViolation *)rule->violations->pdata[i])->id));
    }
    ck_assert_uint_ge(boxes->len, rule->states->len + rule->violations->len +
                      rule->on->len);
    check_boxes(rule, root, boxes);
    g_string_free(text, TRUE);
    xmlFreeDoc(doc);
}

static GPtrArray *catalogue(void)
{
    g_autofree char *scenarios = b_home_file("scenarios");
    RigPaths paths = { .scenarios = scenarios };

    return rig_rule_catalogue(&paths);
}

START_TEST(every_rule_is_drawn_well)
{
    g_autofree char *schema = b_home_file("scenarios/rules/rule.rng");
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) all = catalogue();

    for (unsigned i = 0; i < all->len; i++) {
        const RigRuleEntry *e = all->pdata[i];
        g_autoptr(RigRule) rule = rig_rule_load(e->file, schema, problems);

        ck_assert_ptr_nonnull(rule);
        check_drawing(rule);
    }
}
END_TEST

/* Drawn the same every time: it can be kept in a repository. */
START_TEST(a_drawing_is_deterministic)
{
    g_autofree char *schema = b_home_file("scenarios/rules/rule.rng");
    g_autofree char *file = b_home_file("scenarios/rules/SpinLock.xml");
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(RigRule) rule = rig_rule_load(file, schema, problems);
    g_autofree char *one = rig_rule_svg(rule), *two = rig_rule_svg(rule);

    ck_assert_str_eq(one, two);
}
END_TEST

START_TEST(text_is_escaped)
{
    g_autofree char *schema = b_home_file("scenarios/rules/rule.rng");
    g_autofree char *file = b_home_file("scenarios/rules/Leak.xml");
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(RigRule) rule = rig_rule_load(file, schema, problems);

    g_free(rule->title);
    rule->title = g_strdup("<script>&\"'</title>");
    check_drawing(rule);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("drawn rules");
    TCase *t = tcase_create("svg");

    tcase_add_test(t, every_rule_is_drawn_well);
    tcase_add_test(t, a_drawing_is_deterministic);
    tcase_add_test(t, text_is_escaped);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}
