/* SPDX-License-Identifier: GPL-2.0-or-later */
/* VM tests: sweeps of the sample driver, clean and with a defect. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "run-rig.h"

static char *results;

static void setup(void)
{
    test_dir_create();
    results = g_strdup_printf("--results=%s/results", test_dir());
}

static void teardown(void)
{
    test_dir_remove();
    g_clear_pointer(&results, g_free);
}

static RigCallResult sweep(const char *driver, const char *const *options)
{
    g_autofree char *inf = g_strdup_printf("%s/build/drivers/%s/rignic.inf",
                                           test_home(), driver);
    g_autoptr(GPtrArray) args = g_ptr_array_new();

    g_ptr_array_add(args, "sweep");
    g_ptr_array_add(args, results);
    g_ptr_array_add(args, inf);
    for (; *options; options++) {
        g_ptr_array_add(args, (gpointer)*options);
    }
    g_ptr_array_add(args, NULL);
    return rig_call(NULL, (const char *const *)args->pdata);
}

static double value(const char *xpath)
{
    g_autofree char *path = g_strdup_printf("string(%s)", xpath);
    g_autofree char *text = run_value(path);

    return g_ascii_strtod(text, NULL);
}

static void expect_value(const char *xpath, double expected)
{
    double is = value(xpath);

    ck_assert_msg(is == expected, "%s is %g, not %g", xpath, is, expected);
}

START_TEST(a_clean_driver_has_a_clean_map)
{
    const char *const options[] = {
        "--per-site=2", "--occasions=2", NULL,
    };
    g_auto(RigCallResult) r = sweep("clean", options);

    expect_status(&r, 0);
    expect_value("//sweep/@findings", 0);
    expect_value("//sweep/@cycles - //sweep/@known", 0);
    ck_assert(value("//sweep/@reached") > 30);
    ck_assert(value("sum(//sweep/outcome/@single)") > 30);
    /* Everything there is to try was tried. */
    expect_value("count(//sweep/point[@kind = 'life'])", 12);
    ck_assert(value("count(//sweep/point[@kind = 'device'])") > 10);
    expect_value("count(//sweep/point[@kind = 'resource'])", 4);
    expect_value("count(//sweep/point[starts-with(@text, "
                 "'power,power.2:NdisMRegisterInterruptEx#')])", 1);
    expect_value("count(//sweep/point[@outcome = 'not-tried'])", 0);
}
END_TEST

/* S02 has its defect at one call of init and nowhere else. */
START_TEST(a_defect_is_found_where_it_is_and_again)
{
    static const char point[] = "init:NdisMRegisterScatterGatherDma#1";
    const char *const options[] = {
        "--per-site=2", "--lives=none", "--device-faults=none", NULL,
    };
    const char *const only[] = {
        "--lives=none", "--device-faults=none", "--only", point, NULL,
    };
    g_auto(RigCallResult) first = sweep("s02", options);
    g_autofree char *text = run_value("string(//sweep/point[@again]/@text)");
    g_autofree char *again = run_value("string(//sweep/point[@again]/@again)");
    g_autofree char *sentence = run_value("string(//sweep/point[@again])");

    expect_status(&first, 1);
    expect_value("//sweep/@findings", 1);
    ck_assert_str_eq(text, point);
    ck_assert_msg(strstr(again, "--only 'init:NdisMRegisterScatterGatherDma#1'")
                  != NULL, "%s", again);
    ck_assert_msg(strstr(sentence, "still registered") ||
                  strstr(sentence, "had not been called"), "%s", sentence);
    expect_output(&first, "violation strict 0x0B");

    g_auto(RigCallResult) second = sweep("s02", only);
    expect_status(&second, 1);
    expect_value("//sweep/@cycles", 2);
    expect_value("//sweep/@findings", 1);
    expect_output(&second, "violation strict 0x0B");
}
END_TEST

/* The fault map, without where in the stream it is proven. */
static char *map_of_run(const char *dir)
{
    g_autofree char *path = g_build_filename(dir, "run.xml", NULL);
    g_autofree char *command = g_strdup_printf(
        "sed -n '/<sweep /,/<.sweep>/ { s/ again=.*//; p }' %s", path);
    g_auto(RigCallResult) r = rig_shell(command);

    ck_assert_int_eq(r.status, 0);
    return g_strdup(r.output);
}

/*
 * On how many machines a sweep runs cannot be seen in its map, nor in its
 * stream, and what it found can be run again.
 */
START_TEST(machines_side_by_side_find_what_one_finds)
{
    const char *const one[] = {
        "--per-site=1", "--lives=post-failure", "--occasions=1",
        "--workers=1", NULL,
    };
    const char *const three[] = {
        "--per-site=1", "--lives=post-failure", "--occasions=1",
        "--workers=3", NULL,
    };
    g_auto(RigCallResult) alone = sweep("s02", one);
    g_autofree char *events = run_value("string(//machine/@events)");
    g_auto(RigCallResult) shared = sweep("s02", three);
    g_autofree char *same = run_value("string(//machine/@events)");
    g_autofree char *bundle = run_value("string(//scenario/@bundle)");
    g_autoptr(GPtrArray) dirs = run_dirs();
    g_autofree char *first = map_of_run(dirs->pdata[0]);
    g_autofree char *second = map_of_run(dirs->pdata[1]);
    const char *again[] = { "reproduce", NULL, results, NULL };
    g_autofree char *path = NULL;

    expect_status(&alone, 1);
    expect_status(&shared, 1);
    expect_value("number(//machine/@workers)", 3);
    ck_assert(strlen(first) > 1000);
    ck_assert_str_eq(first, second);
    ck_assert_str_eq(events, same);
    again[1] = path = g_build_filename(dirs->pdata[1], bundle, NULL);
    g_auto(RigCallResult) r = rig_call(NULL, again);
    expect_status(&r, 0);
    expect_output(&r, "reproduced it event for event");
}
END_TEST

START_TEST(two_faults_find_what_one_does_not)
{
    const char *const options[] = {
        "--k=2", "--lives=none", "--device-faults=reset-never-done", "--only",
        "init:NdisMSetMiniportAttributes#2+device:reset-never-done@2", NULL,
    };
    g_auto(RigCallResult) r = sweep("s21", options);

    expect_status(&r, 1);
    expect_value("count(//sweep/point[@again])", 0);
    expect_value("count(//sweep/pair)", 1);
    expect_output(&r, "Found by k=2, not by k=1");
}
END_TEST

/* A crash is one cycle's outcome; the sweep goes on. */
START_TEST(a_sweep_of_a_driver_that_crashes_comes_to_its_end)
{
    g_autofree char *inf = test_driver("crash-in-init", "inf");
    const char *args[] = { "sweep", results, inf, "--lives=resources",
                           "--device-faults=none", NULL };
    g_auto(RigCallResult) r = rig_call(NULL, args);

    expect_status(&r, 3);
    expect_value("//sweep/@cycles - //sweep/@known", 0);
    expect_value("//sweep/outcome[@name = 'crash']/@lives", 1);
    ck_assert(value("//sweep/outcome[@name = 'crash']/@single") > 1);
}
END_TEST

START_TEST(bad_arguments_of_a_sweep_are_refused)
{
    const char *const nothing[] = { "sweep", NULL };
    const char *const many[] = { "--k=3", NULL };
    const char *const point[] = { "--only=nonsense", NULL };
    const char *const workers[] = { "--workers=17", NULL };
    const char *const scenario[] = { "sweep", "x.xml", "--k=2", NULL };
    g_auto(RigCallResult) none = rig_call(NULL, nothing);
    g_auto(RigCallResult) k = sweep("clean", many);
    g_auto(RigCallResult) only = sweep("clean", point);
    g_auto(RigCallResult) both = rig_call(NULL, scenario);
    g_auto(RigCallResult) too_many = sweep("clean", workers);

    expect_status(&none, 2);
    expect_output(&none, "name one INF");
    expect_status(&k, 2);
    expect_output(&k, "is not 1|2");
    expect_status(&only, 2);
    expect_output(&only, "is no point of a sweep");
    expect_status(&too_many, 2);
    expect_output(&too_many, "--workers takes 1 to 16");
    expect_status(&both, 2);
    expect_output(&both, "says by itself what is swept");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sweep");
    TCase *tcase = tcase_create("sweep");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tcase, 300);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_clean_driver_has_a_clean_map);
    tcase_add_test(tcase, a_defect_is_found_where_it_is_and_again);
    tcase_add_test(tcase, machines_side_by_side_find_what_one_finds);
    tcase_add_test(tcase, two_faults_find_what_one_does_not);
    tcase_add_test(tcase, a_sweep_of_a_driver_that_crashes_comes_to_its_end);
    tcase_add_test(tcase, bad_arguments_of_a_sweep_are_refused);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
