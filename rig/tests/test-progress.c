/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Units of progress.c: the time that is left. */
#include <check.h>

#include "progress.h"
#include "run-suite.h"

#define SECOND 1000000

static RigCycle ten = { .repeat = 10 };
static RigScenario scenario;
static GPtrArray *plan;
static RigLive live;

static void setup(void)
{
    scenario.cycles = g_ptr_array_new();
    g_ptr_array_add(scenario.cycles, &ten);
    plan = g_ptr_array_new();
    g_ptr_array_add(plan, &scenario);
    g_ptr_array_add(plan, &scenario);
    live = (RigLive) { .scenarios = 2, .cycles = 20, .plan = plan,
                       .started = SECOND, .machine_started = SECOND };
}

static void teardown(void)
{
    g_ptr_array_unref(plan);
    g_ptr_array_unref(scenario.cycles);
}

START_TEST(nothing_is_said_before_a_cycle_is_done)
{
    RigProgress p = { .scenario = 1, .cycle = 1 };

    ck_assert(rig_live_seconds_left(&live, &p, 3 * SECOND) < 0);
}
END_TEST

START_TEST(time_left_follows_the_cycles_done)
{
    RigProgress p = { .scenario = 2, .cycle = 6 }; /* 15 of 20 in 3 s */

    ck_assert_double_eq_tol(rig_live_seconds_left(&live, &p, 4 * SECOND),
                            1.0, 0.001);
}
END_TEST

START_TEST(cycles_of_earlier_machines_count)
{
    RigProgress p = { .scenario = 1, .cycle = 1 };

    live.before_cycles = 5;
    ck_assert_double_eq_tol(rig_live_seconds_left(&live, &p, 6 * SECOND),
                            15.0, 0.001);
}
END_TEST

/* 1 + 10 are in the files; the guest has announced 40 for the first. */
START_TEST(a_sweep_has_the_cycles_that_the_guest_announces)
{
    RigSweep sweep = { .k = 1 };
    RigProgress p = { .scenario = 1, .cycle = 21, .cycles = 40 };

    live.cycles = 11;
    scenario.sweep = &sweep;
    ck_assert_double_eq_tol(rig_live_seconds_left(&live, &p, 3 * SECOND),
                            3.0, 0.001); /* 20 of 50 in 2 s */
    scenario.sweep = NULL;
}
END_TEST

START_TEST(earlier_run_of_the_same_inputs_knows_better)
{
    RigProgress p = { 0 };

    live.expected_ms = 2500;
    ck_assert_double_eq_tol(rig_live_seconds_left(&live, &p, 2 * SECOND),
                            1.5, 0.001);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("progress");
    TCase *t = tcase_create("progress");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, nothing_is_said_before_a_cycle_is_done);
    tcase_add_test(t, time_left_follows_the_cycles_done);
    tcase_add_test(t, cycles_of_earlier_machines_count);
    tcase_add_test(t, a_sweep_has_the_cycles_that_the_guest_announces);
    tcase_add_test(t, earlier_run_of_the_same_inputs_knows_better);
    suite_add_tcase(s, t);
    return run_suite(s);
}
