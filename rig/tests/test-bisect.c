/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `rig bisect` leaves out of a scenario. */
#include <check.h>
#include <libxml/parser.h>
#include <string.h>

#include "candidate.h"
#include "reduce.h"
#include "run-suite.h"

#define SCENARIO \
    "<scenario name='x'><title>T</title>" \
    "<machine vectors='4' queues='1' guard-pages='yes'/>" \
    "<rule name='Kept'/><rule name='Other'/>" \
    "<cycle repeat='8'><install/><init><fail api='A'/><fail api='B'/></init>" \
    "<halt/></cycle>" \
    "<cycle><init/></cycle></scenario>"

static xmlDoc *parse(const char *text)
{
    xmlDoc *doc = xmlReadMemory(text, (int)strlen(text), "x.xml", NULL, 0);

    ck_assert_ptr_nonnull(doc);
    return doc;
}

static char *texts(const GPtrArray *reductions)
{
    GString *all = g_string_new(NULL);

    for (guint i = 0; i < reductions->len; i++) {
        const RigReduction *r = reductions->pdata[i];

        g_string_append_printf(all, "%s\n", r->text);
    }
    return g_string_free(all, FALSE);
}

/* @doc with only reduction @i of @all made, as text; to be freed with it. */
static char *made(xmlDoc *doc, const GPtrArray *all, guint i)
{
    g_autoptr(GPtrArray) one = g_ptr_array_new();
    xmlChar *text;
    xmlDoc *copy;
    char *out;
    int length;

    g_ptr_array_add(one, all->pdata[i]);
    copy = rig_reduce(doc, one);
    xmlDocDumpMemory(copy, &text, &length);
    out = g_strdup((char *)text);
    xmlFree(text);
    xmlFreeDoc(copy);
    return out;
}

START_TEST(cycles_come_first_then_long_rows_of_steps_then_faults)
{
    xmlDoc *doc = parse(SCENARIO);
    g_autoptr(GPtrArray) found = rig_reductions(doc, "Kept");
    g_autofree char *all = texts(found);

    ck_assert_str_eq(all,
        "without <cycle> (line 1)\nwithout <cycle> (line 1)\n"
        "without <install> (line 1) and 1 more\n"
        "without <init> (line 1) and 1 more\n"
        "without <install> (line 1)\nwithout <init> (line 1)\n"
        "without <halt> (line 1)\n"
        "without <rule> (line 1)\n"
        "without <fail> (line 1)\nwithout <fail> (line 1)\n");
    xmlFreeDoc(doc);
}
END_TEST

START_TEST(each_reduction_leaves_out_what_it_says)
{
    xmlDoc *doc = parse(SCENARIO);
    g_autoptr(GPtrArray) found = rig_reductions(doc, "Kept");
    g_autofree char *row = made(doc, found, 2), *rule = made(doc, found, 7);
    g_autofree char *fault = made(doc, found, 9);

    ck_assert_ptr_nonnull(strstr(row, "<cycle repeat=\"8\"><halt/></cycle>"));
    ck_assert_ptr_null(strstr(rule, "Other"));
    ck_assert_ptr_nonnull(strstr(rule, "Kept"));
    ck_assert_ptr_nonnull(strstr(fault, "<init><fail api=\"A\"/></init>"));
    xmlFreeDoc(doc);
}
END_TEST

START_TEST(all_of_them_together_can_be_made)
{
    xmlDoc *doc = parse(SCENARIO), *copy;
    g_autoptr(GPtrArray) found = rig_reductions(doc, "Kept");

    copy = rig_reduce(doc, found);
    ck_assert_uint_eq(rig_reduce_steps(copy), 0);
    ck_assert_uint_eq(rig_reduce_steps(doc), 4);
    xmlFreeDoc(copy);
    xmlFreeDoc(doc);
}
END_TEST

START_TEST(of_two_values_for_a_number_the_smaller_holds)
{
    xmlDoc *doc = parse(SCENARIO), *copy;
    g_autoptr(GPtrArray) found = rig_reductions_of_numbers(doc);
    g_autofree char *all = texts(found);
    xmlChar *text;
    int length;

    ck_assert_str_eq(all, "vectors 1 instead of 4\n"
                     "<machine> without guard-pages (line 1)\n"
                     "repeat 1 instead of 8\nrepeat 4 instead of 8\n");
    copy = rig_reduce(doc, found);
    xmlDocDumpMemory(copy, &text, &length);
    ck_assert_ptr_nonnull(strstr((char *)text, "<cycle repeat=\"1\">"));
    ck_assert_ptr_nonnull(strstr((char *)text, "<machine vectors=\"1\" "
                                 "queues=\"1\"/>"));
    xmlFree(text);
    xmlFreeDoc(copy);
    xmlFreeDoc(doc);
}
END_TEST

START_TEST(of_a_long_cycle_not_every_row_of_steps_is_tried)
{
    g_autoptr(GString) text = g_string_new("<scenario><cycle>");
    g_autoptr(GPtrArray) found = NULL;
    xmlDoc *doc;

    for (unsigned i = 0; i < 64; i++) {
        g_string_append(text, "<reset/>");
    }
    g_string_append(text, "</cycle></scenario>");
    doc = parse(text->str);
    found = rig_reductions(doc, NULL);
    /* rows of 31, 3, 2 and 1 */
    ck_assert_uint_eq(found->len, 34 + 62 + 63 + 64);
    xmlFreeDoc(doc);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("bisect");
    TCase *t = tcase_create("reduce");

    tcase_add_test(t, cycles_come_first_then_long_rows_of_steps_then_faults);
    tcase_add_test(t, each_reduction_leaves_out_what_it_says);
    tcase_add_test(t, all_of_them_together_can_be_made);
    tcase_add_test(t, of_two_values_for_a_number_the_smaller_holds);
    tcase_add_test(t, of_a_long_cycle_not_every_row_of_steps_is_tried);
    suite_add_tcase(s, t);
    return run_suite(s);
}
