/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two adapters of one driver, each with its own watched function: what one of
 * them does is not held against the other.
 */
#include <check.h>
#include "cycle-builder.h"
#include "run-suite.h"

#define FIRST  0x1001u
#define SECOND 0x1002u

static Builder *b;
static Judged *j;

static void setup(void)
{
    b = b_new_functions(VECTORS, 2);
    j = b_judged(b_new_scenario("test", RIG_MSIX_AT_CONNECT, 1));
    b_plan(b, 1);
    b_scenario(b, 1, "test");
    b_cycle(b, 1);
}

static void teardown(void)
{
    b_free(b);
    b_judged_free(j);
}

static const RigScenarioResult *judge(void)
{
    b_cycle_end(b, RIG_CYCLE_DONE, NULL);
    b_scenario_end(b);
    b_mark(b, RIG_MK_PLAN_END, NULL, 0, 0, NULL);
    b_end(b);
    b_judge(j, b);
    return j->result;
}

/* Adapter 0 or 1 initialises and registers; it returns `status`. */
static void init(unsigned adapter, uint64_t handle, uint32_t status,
                 gboolean undo)
{
    b_adapter(b, adapter);
    b_enter(b, "MiniportInitializeEx");
    b_register_armed(b, handle, VECTORS);
    if (undo) {
        b_deregister_disarmed(b, handle);
    }
    b_leave(b, status);
}

static void halt(unsigned adapter, uint64_t handle)
{
    b_adapter(b, adapter);
    b_enter(b, "MiniportHaltEx");
    if (handle) {
        b_deregister_disarmed(b, handle);
    }
    b_leave(b, 0);
}

START_TEST(a_second_adapter_that_fails_well_leaves_the_first_alone)
{
    init(0, FIRST, 0, FALSE);
    init(1, SECOND, B_RESOURCES, TRUE); /* the first is armed meanwhile */
    halt(0, FIRST);
    expect_verdict(judge(), RIG_VERDICT_PASS);
}
END_TEST

START_TEST(both_live_and_both_are_released)
{
    init(0, FIRST, 0, FALSE);
    init(1, SECOND, 0, FALSE);
    halt(1, SECOND);
    b_function(b, 0);
    b_raised(b, 0, RIG_RAISED_SENT, 5); /* of the one that goes on */
    halt(0, FIRST);
    expect_verdict(judge(), RIG_VERDICT_PASS);
}
END_TEST

START_TEST(what_the_second_leaves_is_its_own)
{
    init(0, FIRST, 0, FALSE);
    init(1, SECOND, B_RESOURCES, FALSE);
    halt(0, FIRST);
    expect_findings(judge(),
                    "not-deregistered/sdv-rule/0x0B not-released/strict/0x0B");
}
END_TEST

START_TEST(a_halted_function_that_is_still_armed_is_found_beside_a_live_one)
{
    init(0, FIRST, 0, FALSE);
    init(1, SECOND, 0, FALSE);
    b_adapter(b, 0);
    b_enter(b, "MiniportHaltEx");
    b_deregister(b, FIRST); /* and leaves the table as it was */
    b_leave(b, 0);
    halt(1, SECOND);
    expect_findings(judge(), "armed-after-release/contract/none");
}
END_TEST

START_TEST(interrupts_of_the_halted_function_are_told_from_the_others)
{
    init(0, FIRST, 0, FALSE);
    init(1, SECOND, 0, FALSE);
    halt(0, FIRST);
    b_function(b, 1);
    b_raised(b, 0, RIG_RAISED_SENT, 3);
    b_function(b, 0);
    b_raised(b, 0, RIG_RAISED_DISABLED, 1);
    halt(1, SECOND);
    expect_findings(judge(), "fires-after-release/contract/none");
}
END_TEST

/* Adapter 0 is halted and the rig has its function back; 1 is halted. */
static void halt_both_take_back_the_first(void)
{
    init(0, FIRST, 0, FALSE);
    init(1, SECOND, 0, FALSE);
    halt(0, FIRST);
    halt(1, SECOND);
    b_adapter(b, 0);
    b_quiesced(b);
}

START_TEST(after_one_function_is_taken_back_the_other_is_watched)
{
    halt_both_take_back_the_first();
    b_function(b, 1);
    b_raised(b, 0, RIG_RAISED_DISABLED, 1);
    expect_findings(judge(), "fires-after-release/contract/none");
}
END_TEST

START_TEST(interrupts_of_a_function_taken_back_are_the_rigs)
{
    halt_both_take_back_the_first();
    b_function(b, 0);
    b_raised(b, 0, RIG_RAISED_DISABLED, 1);
    expect_verdict(judge(), RIG_VERDICT_PASS);
}
END_TEST

START_TEST(each_function_is_taken_back_by_itself)
{
    halt_both_take_back_the_first();
    b_adapter(b, 1);
    b_quiesced(b);
    b_function(b, 1);
    b_raised(b, 0, RIG_RAISED_DISABLED, 1);
    expect_verdict(judge(), RIG_VERDICT_PASS);
}
END_TEST

START_TEST(an_adapter_that_cannot_be_is_a_lie)
{
    init(0, FIRST, 0, FALSE);
    b_mark(b, RIG_MK_ADAPTER, NULL, 0, 8, NULL);
    expect_verdict(judge(), RIG_VERDICT_BROKEN);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("adapters");
    TCase *t = tcase_create("adapters");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, a_second_adapter_that_fails_well_leaves_the_first_alone);
    tcase_add_test(t, both_live_and_both_are_released);
    tcase_add_test(t, what_the_second_leaves_is_its_own);
    tcase_add_test(t,
        a_halted_function_that_is_still_armed_is_found_beside_a_live_one);
    tcase_add_test(t,
        interrupts_of_the_halted_function_are_told_from_the_others);
    tcase_add_test(t,
        after_one_function_is_taken_back_the_other_is_watched);
    tcase_add_test(t, interrupts_of_a_function_taken_back_are_the_rigs);
    tcase_add_test(t, each_function_is_taken_back_by_itself);
    tcase_add_test(t, an_adapter_that_cannot_be_is_a_lie);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}
