/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `rig bisect` on seeded defects, in real VMs. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "run-rig.h"

#define SEED_NEEDS_AN_EARLIER_LIFE "scenarios/s22-flag-of-an-earlier-life.xml"
#define DRIVER(name) "build/drivers/" name

/* A path in the source tree; freed when the program ends. */
static const char *tree(const char *path)
{
    return g_build_filename(test_home(), path, NULL);
}

START_TEST(a_plan_shrinks_to_the_steps_that_the_defect_needs)
{
    g_autofree char *smallest = g_build_filename(test_dir(), "smallest.xml",
                                                 NULL);
    const char *bisect[] = {
        "bisect", "--repeats", "1", "--results", test_dir(), "-o", smallest,
        tree(SEED_NEEDS_AN_EARLIER_LIFE), NULL,
    };
    const char *run[] = { "run", "--results", test_dir(), smallest, NULL };
    g_auto(RigCallResult) r = rig_call(NULL, bisect);
    g_auto(RigCallResult) again = { 0 };

    expect_status(&r, 0);
    expect_output(&r, "smallest plan: 3 steps of 6, alone in its machine "
                  "1 of 1 runs have it");
    again = rig_call(NULL, run); /* the seed's <expect> is still in it */
    expect_status(&again, 0);
    expect_output(&again, "violation");
}
END_TEST

START_TEST(the_first_bad_build_is_found)
{
    const char *bisect[] = {
        "bisect", "--repeats", "1", "--results", test_dir(),
        tree(SEED_NEEDS_AN_EARLIER_LIFE), tree(DRIVER("clean")),
        tree(DRIVER("c05")), tree(DRIVER("s22")), tree(DRIVER("s22")), NULL,
    };
    g_auto(RigCallResult) r = rig_call(NULL, bisect);

    expect_status(&r, 0);
    expect_output(&r, "build 4 of 4");
    expect_output(&r, "/s22\nlast good build: ");
    expect_output(&r, "/c05\n");
}
END_TEST

START_TEST(what_does_not_fail_is_not_bisected)
{
    const char *bisect[] = {
        "bisect", "--repeats", "1", "--results", test_dir(),
        tree("scenarios/c01-clean.xml"), NULL,
    };
    g_auto(RigCallResult) r = rig_call(NULL, bisect);

    expect_status(&r, 3);
    expect_output(&r, "nothing to bisect: 0 of 1 runs have it");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("bisect");
    TCase *t = tcase_create("vm");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(t, test_dir_create, test_dir_remove);
    tcase_set_timeout(t, 300);
    tcase_add_test(t, a_plan_shrinks_to_the_steps_that_the_defect_needs);
    tcase_add_test(t, the_first_bad_build_is_found);
    tcase_add_test(t, what_does_not_fail_is_not_bisected);
    suite_add_tcase(s, t);
    runner = srunner_create(s);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
