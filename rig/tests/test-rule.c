/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Loading rules: what is wrong is found, with file, line and what to do. */
#include <check.h>
#include <glib/gstdio.h>
#include <string.h>
#include "rule-model.h"
#include "run-suite.h"
#include "stream-builder.h"

/* A rule that is right; tests replace one part of it. */
static const char good[] =
    "<rule name='r'>\n"
    "<title>t</title>\n"
    "<source>s</source>\n"
    "<counter name='c'/>\n"
    "<state name='held' held='yes'/>\n"
    "<state name='gone' held='no'/>\n"
    "<boundary name='b' callback='MiniportHaltEx' when='return'"
    " class='0x08'/>\n"
    "<violation id='v' level='strict' class='boundary'>{callback} at"
    " {event}</violation>\n"
    "<on api='Open' when='success'><create state='held'/></on>\n"
    "<on boundary='b' has='c'><report violation='v' each='held'/></on>\n"
    "</rule>\n";

static GPtrArray *problems;
static char *file;

static void setup(void)
{
    int fd = g_file_open_tmp("rig-rule-XXXXXX.xml", &file, NULL);

    ck_assert_int_ge(fd, 0);
    g_close(fd, NULL);
    problems = g_ptr_array_new_with_free_func(g_free);
}

static void teardown(void)
{
    g_unlink(file);
    g_free(file);
    g_ptr_array_unref(problems);
}

static RigRule *load(const char *text)
{
    g_autofree char *schema = b_home_file("scenarios/rules/rule.rng");

    g_ptr_array_set_size(problems, 0);
    ck_assert(g_file_set_contents(file, text, -1, NULL));
    return rig_rule_load(file, schema, problems);
}

/* The good rule with `from` replaced; expect a problem on `line`. */
static void expect_problem(const char *from, const char *to, int line,
                           const char *part)
{
    g_auto(GStrv) parts = g_strsplit(good, from, 2);
    g_autofree char *text = g_strjoinv(to, parts);
    g_autofree char *place = g_strdup_printf("%s:%d: ", file, line);
    gboolean found = FALSE;

    ck_assert_msg(strstr(good, from) != NULL, "no \"%s\" to replace", from);
    ck_assert_ptr_null(load(text));
    for (unsigned i = 0; i < problems->len; i++) {
        found |= g_str_has_prefix(problems->pdata[i], place) &&
                 strstr(problems->pdata[i], part);
    }
    ck_assert_msg(found, "no \"%s...%s\", but \"%s\"", place, part,
                  (char *)problems->pdata[0]);
}

START_TEST(good_rule_loads)
{
    g_autoptr(RigRule) rule = load(good);

    ck_assert_ptr_nonnull(rule);
    ck_assert_str_eq(rig_rule_name(rule), "r");
    ck_assert_uint_eq(rule->on->len, 2);
    ck_assert_uint_eq(rule->held, 1);
}
END_TEST

START_TEST(shipped_rule_loads_and_has_all_boundaries)
{
    static const char *const classes[] = { "0x10", "0x0B", "0x0D", "0x08" };
    g_autofree char *path =
        b_home_file("scenarios/rules/Init_DeRegisterInterrupt.xml");
    g_autofree char *schema = b_home_file("scenarios/rules/rule.rng");
    g_autoptr(RigRule) rule = rig_rule_load(path, schema, problems);

    ck_assert_ptr_nonnull(rule);
    ck_assert_uint_eq(rule->boundaries->len, G_N_ELEMENTS(classes));
    for (unsigned i = 0; i < rule->boundaries->len; i++) {
        const RuleBoundary *b = rule->boundaries->pdata[i];

        ck_assert_str_eq(b->class_code, classes[i]);
    }
}
END_TEST

START_TEST(what_the_schema_forbids_is_reported_with_its_line)
{
    expect_problem("<counter name='c'/>", "<countre name='c'/>", 4,
                   "countre");
    expect_problem("when='success'", "when='sometimes'", 9, "");
    expect_problem("level='strict'", "level='lax'", 8, "");
    expect_problem("class='0x08'", "class='0x99'", 7, "");
}
END_TEST

START_TEST(names_that_were_never_declared_are_reported)
{
    expect_problem("create state='held'", "create state='hold'", 9,
                   "no state is called \"hold\"");
    expect_problem("has='c'", "has='d'", 10, "no counter is called \"d\"");
    expect_problem("violation='v'", "violation='w'", 10,
                   "no violation is called \"w\"");
    expect_problem("on boundary='b'", "on boundary='x'", 10,
                   "no boundary is called \"x\"");
}
END_TEST

START_TEST(names_that_are_declared_twice_are_reported)
{
    expect_problem("name='gone'", "name='held'", 6, "declared twice");
}
END_TEST

START_TEST(templates_are_checked)
{
    expect_problem("{event}", "{evnet}", 8, "unknown placeholder {evnet}");
    expect_problem("{event}", "{event", 8, "without its partner");
    expect_problem("{event}", "event}", 8, "without its partner");
}
END_TEST

START_TEST(more_names_than_fit_are_reported)
{
    GString *many = g_string_new(NULL);

    for (unsigned i = 0; i < 40; i++) {
        g_string_append_printf(many, "<counter name='c%u'/>", i);
    }
    g_string_append(many, "<counter name='c'/>");
    expect_problem("<counter name='c'/>", many->str, 4, "more than 30");
    g_string_free(many, TRUE);
}
END_TEST

START_TEST(broken_and_missing_files_are_reported)
{
    ck_assert_ptr_null(load("<rule name='r'>"));
    ck_assert_uint_ge(problems->len, 1);
    ck_assert_ptr_null(load(""));
    ck_assert_uint_ge(problems->len, 1);
    g_unlink(file);
    g_ptr_array_set_size(problems, 0);
    ck_assert_ptr_null(rig_rule_load(file, "no-such-schema.rng", problems));
    ck_assert_uint_ge(problems->len, 1);
}
END_TEST

START_TEST(entities_are_not_followed)
{
    g_autoptr(RigRule) rule = load(
        "<!DOCTYPE rule [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>\n"
        "<rule name='r'><title>&a;</title></rule>");

    ck_assert_ptr_null(rule);
}
END_TEST

START_TEST(rule_under_another_name_is_reported_at_the_scenario)
{
    g_autoptr(GPtrArray) scenarios = g_ptr_array_new_with_free_func(
        (GDestroyNotify)rig_scenario_free);
    RigScenario *s = b_new_scenario("test", RIG_MSIX_AT_CONNECT, 1);
    RigRuleRef *ref = s->rules->pdata[0];
    g_autofree char *dir = b_home_file("scenarios");
    RigPaths paths = { .scenarios = dir };

    g_free(ref->name);
    ref->name = g_strdup("Another_Rule");
    ref->line = 12;
    g_ptr_array_add(scenarios, s);
    ck_assert_ptr_null(rig_rules_load(scenarios, &paths, problems));
    ck_assert_uint_eq(problems->len, 1);
    ck_assert(g_str_has_prefix(problems->pdata[0], "scenarios/test.xml:12:"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rule");
    TCase *t = tcase_create("rule");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, good_rule_loads);
    tcase_add_test(t, shipped_rule_loads_and_has_all_boundaries);
    tcase_add_test(t, what_the_schema_forbids_is_reported_with_its_line);
    tcase_add_test(t, names_that_were_never_declared_are_reported);
    tcase_add_test(t, names_that_are_declared_twice_are_reported);
    tcase_add_test(t, templates_are_checked);
    tcase_add_test(t, more_names_than_fit_are_reported);
    tcase_add_test(t, broken_and_missing_files_are_reported);
    tcase_add_test(t, entities_are_not_followed);
    tcase_add_test(t, rule_under_another_name_is_reported_at_the_scenario);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}
