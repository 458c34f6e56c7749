/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Units of detection.c: what counts as found, and what as a false alarm. */
#include <check.h>
#include <string.h>

#include "commands.h"
#include "detection.h"
#include "run-suite.h"
#include "tests/fixture.h"

static Fixture *f;
static RigDetection *d;
static GString *run;

static void setup(void)
{
    f = fixture_new();
    d = rig_detection_new();
    run = g_string_new("<run complete='yes'>"
                       "<machine number='1' msix-profile='at-connect'/>"
                       "<machine number='2' msix-profile='at-start'/>");
}

static void teardown(void)
{
    g_string_free(run, TRUE);
    rig_detection_free(d);
    fixture_free(f);
}

/* A scenario of the run; @seed NULL: a control. */
static void add(const char *seed, unsigned machine, const char *verdict,
                gboolean as_expected, unsigned cycles, const char *inside)
{
    g_autofree char *attr = seed ? g_strdup_printf("seed='%s'", seed)
                                 : g_strdup("");

    g_string_append_printf(
        run, "<scenario name='%s-x' %s control='%s' machine='%u' "
        "verdict='%s' as-expected='%s' cycles='%u'>"
        "<driver sys='a.sys'/><expect level='strict' class='0x08'/>%s"
        "</scenario>", seed ? seed : "c", attr, seed ? "no" : "yes", machine,
        verdict, as_expected ? "yes" : "no", cycles, inside);
}

static void add_all_seeds(void)
{
    for (unsigned n = 1; n <= RIG_SEEDS; n++) {
        g_autofree char *seed = g_strdup_printf("S%02u", n);

        add(seed, 1, "violation", TRUE, 1, "");
    }
}

static RigDetectionSum finish(void)
{
    g_autofree char *text = g_strdup_printf("%s</run>", run->str);
    g_autofree char *path = fixture_write(f, "run.xml", text, -1);
    GError *error = NULL;
    RigDetectionSum sum;

    ck_assert_msg(rig_detection_add(d, path, &error), "%s",
                  error ? error->message : "");
    rig_detection_sum(d, &sum);
    return sum;
}

START_TEST(all_seeds_and_no_false_alarm_is_the_bar)
{
    RigDetectionSum sum;
    g_autofree char *text = NULL;

    add_all_seeds();
    add(NULL, 2, "pass", TRUE, 700, "");
    add(NULL, 1, "pass", TRUE, 300, "");
    sum = finish();
    ck_assert_uint_eq(sum.seeds_found, RIG_SEEDS);
    ck_assert_uint_eq(sum.clean_cycles, 1000);
    ck_assert_int_eq(rig_detection_status(d), RIG_EXIT_OK);
    text = rig_detection_text(d);
    ck_assert_ptr_nonnull(strstr(text, "24 of 24"));
    ck_assert_ptr_nonnull(strstr(text, "0 of 2 clean controls, 1000 clean"));
    ck_assert_ptr_nonnull(strstr(text, "fewer than 0.003 per cycle"));
}
END_TEST

START_TEST(a_seed_is_found_only_if_every_scenario_finds_it)
{
    RigDetectionSum sum;
    g_autofree char *text = NULL;

    add_all_seeds();
    add("S07", 2, "pass", FALSE, 1, "");
    sum = finish();
    ck_assert_uint_eq(sum.seeds, RIG_SEEDS);
    ck_assert_uint_eq(sum.seeds_found, RIG_SEEDS - 1);
    ck_assert_int_eq(rig_detection_status(d), RIG_EXIT_VIOLATION);
    text = rig_detection_text(d);
    ck_assert_ptr_nonnull(strstr(text, "S07   0x08             strict    "
                                 "found         MISSED"));
}
END_TEST

START_TEST(found_with_another_class_is_missed)
{
    add_all_seeds();
    add("S03", 1, "violation", FALSE, 1, "");
    ck_assert_uint_eq(finish().seeds_found, RIG_SEEDS - 1);
}
END_TEST

START_TEST(a_violation_of_a_control_is_a_false_alarm)
{
    RigDetectionSum sum;

    add_all_seeds();
    add(NULL, 1, "violation", FALSE, 50, "");
    add(NULL, 1, "pass", TRUE, 8, "");
    sum = finish();
    ck_assert_uint_eq(sum.false_alarms, 1);
    ck_assert_uint_eq(sum.clean_cycles, 8);
    ck_assert_int_eq(rig_detection_status(d), RIG_EXIT_VIOLATION);
}
END_TEST

START_TEST(what_was_not_judged_is_neither_pass_nor_alarm)
{
    RigDetectionSum sum;

    add_all_seeds();
    add(NULL, 1, "inconclusive", FALSE, 50, "");
    sum = finish();
    ck_assert_uint_eq(sum.false_alarms, 0);
    ck_assert_uint_eq(sum.clean_cycles, 0);
    ck_assert_uint_eq(sum.not_judged, 1);
    ck_assert_int_eq(rig_detection_status(d), RIG_EXIT_BROKEN);
}
END_TEST

START_TEST(a_seed_that_was_not_run_is_not_found)
{
    add("S01", 1, "violation", TRUE, 1, "");
    ck_assert_uint_eq(finish().seeds, 1);
    ck_assert_int_eq(rig_detection_status(d), RIG_EXIT_BROKEN);
}
END_TEST

START_TEST(cycles_of_a_sweep_are_those_with_a_clean_outcome)
{
    add(NULL, 1, "pass", TRUE, 9,
        "<sweep><outcome name='clean-failure' lives='1' single='20' "
        "pairs='300'/><outcome name='success' lives='2' single='0' pairs='0'/>"
        "<outcome name='not-reached' lives='0' single='7' pairs='7'/></sweep>");
    ck_assert_uint_eq(finish().clean_cycles, 323);
}
END_TEST

START_TEST(faults_that_a_sweep_did_not_reach_spoil_nothing_and_prove_nothing)
{
    RigDetectionSum sum;

    add_all_seeds();
    add(NULL, 1, "inconclusive", FALSE, 9,
        "<sweep><outcome name='clean-failure' lives='0' single='20' "
        "pairs='0'/><outcome name='violation' lives='0' single='0' pairs='0'/>"
        "<outcome name='not-reached' lives='0' single='3' pairs='0'/></sweep>");
    sum = finish();
    ck_assert_uint_eq(sum.clean_cycles, 20);
    ck_assert_uint_eq(sum.not_reached, 3);
    ck_assert_uint_eq(sum.not_judged, 0);
    ck_assert_int_eq(rig_detection_status(d), RIG_EXIT_OK);
}
END_TEST

START_TEST(a_sweep_that_is_inconclusive_otherwise_is_not_judged)
{
    RigDetectionSum sum;

    add(NULL, 1, "inconclusive", FALSE, 9,
        "<sweep><outcome name='success' lives='0' single='20' pairs='0'/>"
        "<outcome name='inconclusive' lives='0' single='1' pairs='0'/>"
        "</sweep>");
    sum = finish();
    ck_assert_uint_eq(sum.clean_cycles, 0);
    ck_assert_uint_eq(sum.not_judged, 1);
}
END_TEST

START_TEST(a_run_that_did_not_end_is_no_proof)
{
    g_string_assign(run, "<run complete='no'>");
    add_all_seeds();
    ck_assert_uint_eq(finish().seeds_found, RIG_SEEDS);
    ck_assert_int_eq(rig_detection_status(d), RIG_EXIT_BROKEN);
}
END_TEST

START_TEST(other_files_are_refused)
{
    static const char *const texts[] = { "", "<run", "<other/>", "text" };

    for (unsigned i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autofree char *path = fixture_write(f, "x.xml", texts[i], -1);
        g_autoptr(GError) error = NULL;

        ck_assert(!rig_detection_add(d, path, &error));
        ck_assert_ptr_nonnull(strstr(error->message, "x.xml"));
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("detection");
    TCase *t = tcase_create("detection");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, all_seeds_and_no_false_alarm_is_the_bar);
    tcase_add_test(t, a_seed_is_found_only_if_every_scenario_finds_it);
    tcase_add_test(t, found_with_another_class_is_missed);
    tcase_add_test(t, a_violation_of_a_control_is_a_false_alarm);
    tcase_add_test(t, what_was_not_judged_is_neither_pass_nor_alarm);
    tcase_add_test(t, a_seed_that_was_not_run_is_not_found);
    tcase_add_test(t, cycles_of_a_sweep_are_those_with_a_clean_outcome);
    tcase_add_test(
        t, faults_that_a_sweep_did_not_reach_spoil_nothing_and_prove_nothing);
    tcase_add_test(t, a_sweep_that_is_inconclusive_otherwise_is_not_judged);
    tcase_add_test(t, a_run_that_did_not_end_is_no_proof);
    tcase_add_test(t, other_files_are_refused);
    suite_add_tcase(s, t);
    return run_suite(s);
}
