/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A scenario that was written says what the one that was read said. */
#include <check.h>
#include <string.h>

#include "plan.h"
#include "run-suite.h"
#include "rule.h"
#include "scenario-write.h"
#include "tests/fixture.h"
#include "variants.h"

static Fixture *f;

static void setup(void)
{
    f = fixture_new();
}

static void teardown(void)
{
    fixture_free(f);
}

static char *plan_of(RigScenario *s)
{
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) all = g_ptr_array_new();
    g_autoptr(RigRules) rules = NULL;

    g_ptr_array_add(all, s);
    rules = rig_rules_load(all, &f->paths, problems);
    ck_assert_msg(rules != NULL, "%s", problems->len ?
                  (char *)problems->pdata[0] : "");
    return rig_plan_ini(all, rules);
}

static RigScenario *load(const char *path)
{
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
    RigScenario *s = rig_scenario_load(path, &f->paths, problems);

    ck_assert_msg(s != NULL, "%s", problems->len ?
                  (char *)problems->pdata[0] : "");
    return s;
}

static void check_again(RigScenario *s)
{
    g_autofree char *rules = g_build_filename(f->paths.scenarios, "rules",
                                              NULL);
    g_autofree char *absolute = g_canonicalize_filename(rules, NULL);
    const RigScenarioFiles files = { "good.sys", "good.inf", absolute };
    g_autofree char *text = rig_scenario_to_xml(s, &files);
    g_autofree char *path = fixture_write(f, "again.xml", text, -1);
    g_autoptr(RigScenario) again = load(path);
    g_autofree char *twice = rig_scenario_to_xml(again, &files);
    g_autofree char *plan = plan_of(s);
    g_autofree char *plan_again = plan_of(again);

    ck_assert_str_eq(plan, plan_again);
    ck_assert_str_eq(text, twice);
    ck_assert(rig_machine_equal(&s->machine, &again->machine));
    ck_assert_uint_eq(s->machine.wall_seconds, again->machine.wall_seconds);
    ck_assert_int_eq(s->expect.verdict, again->expect.verdict);
    ck_assert_pstr_eq(s->expect.level, again->expect.level);
    ck_assert_pstr_eq(s->expect.class_code, again->expect.class_code);
    ck_assert_pstr_eq(s->seed, again->seed);
    ck_assert_pstr_eq(s->control, again->control);
    ck_assert_int_eq(s->isolate, again->isolate);
    ck_assert_str_eq(s->title, again->title);
}

/* A shipped scenario with the fixture's driver in place of its own. */
static char *with_our_driver(const char *path)
{
    g_autoptr(GRegex) sys = g_regex_new("sys=\"[^\"]*\"", 0, 0, NULL);
    g_autoptr(GRegex) inf = g_regex_new("inf=\"[^\"]*\"", 0, 0, NULL);
    g_autofree char *text = NULL, *half = NULL, *whole = NULL;

    ck_assert(g_file_get_contents(path, &text, NULL, NULL));
    half = g_regex_replace_literal(sys, text, -1, 0, "sys=\"good.sys\"", 0,
                                   NULL);
    whole = g_regex_replace_literal(inf, half, -1, 0, "inf=\"good.inf\"", 0,
                                    NULL);
    return fixture_write(f, "shipped.xml", whole, -1);
}

/* One of each kind, by what is special in it. */
static const char *const shipped[] = {
    "c21-two-faults", "c25-disturbed-interrupts", "c27-every-halt-action",
    "c28-suspend-and-resume", "c29-many-vectors", "c31-two-adapters",
    "c40-every-rule", "c41-lineio-line", "c48-lineio-ends",
};

START_TEST(shipped_scenarios_survive)
{
    g_autofree char *name = g_strconcat(shipped[_i], ".xml", NULL);
    g_autofree char *path = g_build_filename(f->paths.scenarios, name, NULL);
    g_autofree char *ours = with_our_driver(path);
    g_autoptr(RigScenario) s = load(ours);

    check_again(s);
}
END_TEST

START_TEST(what_options_made_of_it_is_written_out)
{
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
    char *with[] = { "vectors=7", "queues=3", "msix-profile=at-start",
                     "random-seed=42", NULL };
    g_autofree char *path = fixture_write(f, "plain.xml",
        "<scenario name='plain'><title>A &amp; B</title>"
        "<driver sys='good.sys' inf='good.inf'/>"
        "<rule name='Init_DeRegisterInterrupt'/>"
        "<cycle><install messages='0'/><init post-failure='yes'>"
        "<fail api='NdisMRegisterScatterGatherDma' occurrence='2' "
        "status='0xC0000001'/>"
        "<device-fault name='all-ones' at='3'/></init></cycle></scenario>",
        -1);
    char *files[] = { path, NULL };
    g_autoptr(GPtrArray) all = rig_scenarios_load(files, &f->paths, problems);
    RigScenario *s;

    rig_variants_make(all, with, 5, &f->paths, problems);
    ck_assert_msg(problems->len == 0, "%s", (char *)problems->pdata[0]);
    ck_assert_uint_eq(all->len, 1);
    s = all->pdata[0];
    ck_assert_uint_eq(s->machine.vectors, 7);
    check_again(s);
}
END_TEST

START_TEST(points_of_a_sweep_are_written)
{
    g_autofree char *path = fixture_write(f, "sweep.xml",
        "<scenario name='sweep'><title>t</title>"
        "<driver sys='good.sys' inf='good.inf'/>"
        "<rule name='Init_DeRegisterInterrupt'/>"
        "<sweep k='2' device-faults='none' lives='power reset' limit='9' "
        "only='init:NdisMRegisterScatterGatherDma#1+device:all-ones@3'/>"
        "</scenario>", -1);
    g_autoptr(RigScenario) s = load(path);

    check_again(s);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("scenario-write");
    TCase *tc = tcase_create("scenario-write");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, shipped_scenarios_survive, 0,
                        G_N_ELEMENTS(shipped));
    tcase_add_test(tc, what_options_made_of_it_is_written_out);
    tcase_add_test(tc, points_of_a_sweep_are_written);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
