/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Seeded defects and clean controls, as event streams: every defect is found
 * with the right level and class, and no correct driver is accused, under
 * either MSI-X programming profile.
 */
#include <check.h>
#include <string.h>
#include "cycle-builder.h"
#include "run-suite.h"

#define LEAK_INIT \
    "not-deregistered/sdv-rule/0x0B not-released/strict/0x0B"
#define LEAK_HALT \
    "not-deregistered/sdv-rule/0x08 not-released/strict/0x08"

/* --- seeded defects ------------------------------------------------------ */

START_TEST(s01_s02_s03_failing_init_keeps_the_interrupt)
{
    g_autoptr(Play) p = play_new(_i);
    const RigScenarioResult *r;
    uint64_t fault, failed;

    b_expect_fault(p->j->scenarios->pdata[0], "init",
                   "NdisMSetMiniportAttributes", 2, B_FAILURE);
    play_init_begin(p);
    play_register(p, HANDLE);
    fault = b_fault(p->b, "NdisMSetMiniportAttributes", 2, B_FAILURE);
    failed = play_init_end(p, B_FAILURE);
    r = play_judge(p);
    expect_findings(r, LEAK_INIT);
    ck_assert(b_proved_by(b_finding(r, "not-released"), fault));
    ck_assert(b_proved_by(b_finding(r, "not-released"), failed));
}
END_TEST

START_TEST(s05_fails_with_a_status_that_is_no_nt_error)
{
    g_autoptr(Play) p = play_new(_i);

    play_init_begin(p);
    play_register(p, HANDLE);
    play_init_end(p, 0x00010003); /* NDIS_STATUS_NOT_ACCEPTED */
    expect_findings(play_judge(p), LEAK_INIT);
}
END_TEST

START_TEST(s06_halt_lacks_deregister)
{
    g_autoptr(Play) p = play_new(_i);

    play_init(p);
    play_halt_begin(p);
    play_halt_end(p);
    expect_findings(play_judge(p), LEAK_HALT);
}
END_TEST

START_TEST(s09_halt_from_the_init_path)
{
    g_autoptr(Play) p = play_new(_i);

    play_init_begin(p);
    play_register(p, HANDLE);
    b_leave(p->b, B_SUCCESS);
    b_enter(p->b, "MiniportHaltEx");
    b_leave(p->b, 0);
    b_step_end(p->b, "init", RIG_STEP_DONE, B_FAILURE, NULL);
    expect_findings(play_judge(p),
                    "not-deregistered/sdv-rule/0x0D "
                    "not-released/strict/0x0D");
}
END_TEST

START_TEST(s10_failed_init_after_resume)
{
    g_autoptr(Play) p = play_new(_i);

    play_init(p);
    play_halt(p);
    b_step(p->b, "power");
    b_enter(p->b, "MiniportInitializeEx");
    play_register(p, HANDLE + 1);
    b_leave(p->b, B_RESOURCES);
    b_step_end(p->b, "power", RIG_STEP_DONE, B_RESOURCES, NULL);
    expect_findings(play_judge(p),
                    "not-deregistered/sdv-rule/0x10 "
                    "not-released/strict/0x10");
}
END_TEST

START_TEST(s11_deregisters_a_handle_that_never_was)
{
    g_autoptr(Play) p = play_new(_i);

    play_init_begin(p);
    b_fault(p->b, "NdisMRegisterInterruptEx", 1, B_RESOURCES);
    b_deregister(p->b, 0xcccccccc);
    play_init_end(p, B_RESOURCES);
    expect_findings(play_judge(p), "bad-handle/contract/none");
}
END_TEST

START_TEST(s12_deregisters_twice)
{
    g_autoptr(Play) p = play_new(_i);
    const RigScenarioResult *r;

    play_init_begin(p);
    play_register(p, HANDLE);
    play_deregister(p, HANDLE);
    b_deregister(p->b, HANDLE);
    play_init_end(p, B_FAILURE);
    r = play_judge(p);
    expect_findings(r, "double-release/contract/none");
    ck_assert_ptr_nonnull(strstr(r->sentence, "0x1001"));
}
END_TEST

START_TEST(s13_s23_two_registered_one_released)
{
    g_autoptr(Play) p = play_new(_i);
    const RigScenarioResult *r;
    uint64_t first;

    play_init_begin(p);
    first = play_register(p, HANDLE);
    b_register(p->b, HANDLE + 1);
    b_deregister(p->b, HANDLE + 1);
    play_init_end(p, B_RESOURCES);
    r = play_judge(p);
    /* The published wording is satisfied: at least one of each. */
    expect_findings(r, "not-released/strict/0x0B");
    ck_assert(b_proved_by(r->findings->pdata[0], first));
}
END_TEST

START_TEST(s15_deregistered_but_the_device_still_fires)
{
    g_autoptr(Play) p = play_new(_i);

    play_init(p);
    play_halt(p);
    b_raised(p->b, 0, _i == RIG_MSIX_AT_START ? RIG_RAISED_SENT
                                              : RIG_RAISED_DISABLED, 3);
    expect_findings(play_judge(p), "fires-after-release/contract/none");
}
END_TEST

START_TEST(s16_table_entry_unmasked_after_release)
{
    g_autoptr(Play) p = play_new(_i);
    const RigScenarioResult *r;
    uint64_t set;

    play_init_begin(p);
    play_register(p, HANDLE);
    play_deregister(p, HANDLE);
    set = b_config_table(p->b, 2, 1);
    play_init_end(p, B_RESOURCES);
    r = play_judge(p);
    expect_findings(r, "table-after-release/contract/none");
    ck_assert(b_proved_by(r->findings->pdata[0], set));
}
END_TEST

START_TEST(s18_synchronises_after_release)
{
    g_autoptr(Play) p = play_new(_i);

    play_init(p);
    play_halt_begin(p);
    play_deregister(p, HANDLE);
    b_api(p->b, "NdisMSynchronizeWithInterruptEx", HANDLE);
    b_return(p->b, 0, 1);
    play_halt_end(p);
    expect_findings(play_judge(p), "sync-after-release/contract/none");
}
END_TEST

START_TEST(s19_second_adapter_overwrites_the_handle)
{
    g_autoptr(Play) p = play_new(_i);

    play_init(p);
    play_init_begin(p);
    b_register(p->b, HANDLE + 1);
    b_deregister(p->b, HANDLE);
    play_init_end(p, B_RESOURCES);
    /* The first adapter's halt deregisters a handle that is gone. */
    play_halt_begin(p);
    b_deregister(p->b, HANDLE);
    b_disarm(p->b);
    play_halt_end(p);
    expect_findings(play_judge(p), "not-released/strict/0x0B "
                    "double-release/contract/none");
}
END_TEST

START_TEST(s22_leak_only_in_the_second_life)
{
    g_autoptr(Play) p = play_new_repeated(_i, 2);
    const RigScenarioResult *r;

    for (unsigned n = 1; n <= 2; n++) {
        b_cycle(p->b, n);
        play_init_begin(p);
        b_register(p->b, HANDLE);
        if (n == 1) {
            b_deregister(p->b, HANDLE);
        }
        play_init_end(p, B_RESOURCES);
        play_remove(p);
        if (n == 1) {
            b_cycle_end(p->b, RIG_CYCLE_DONE, NULL);
        }
    }
    r = play_judge_end(p, RIG_CYCLE_DONE, NULL);
    expect_findings(r, LEAK_INIT);
    ck_assert_uint_eq(((RigFinding *)r->findings->pdata[0])->cycle, 2);
    ck_assert_ptr_nonnull(strstr(r->sentence, "1 of 2 cycles"));
}
END_TEST

/* --- contract ------------------------------------------------------------ */

START_TEST(deregistering_in_pause_is_the_wrong_caller)
{
    g_autoptr(Play) p = play_new(_i);

    play_init(p);
    b_step(p->b, "pause");
    b_enter(p->b, "MiniportPause");
    play_deregister(p, HANDLE);
    b_leave(p->b, 0);
    b_step_end(p->b, "pause", RIG_STEP_DONE, 0, NULL);
    play_halt_begin(p);
    play_halt_end(p);
    expect_findings(play_judge(p), "wrong-caller/contract/none "
                    "not-deregistered/sdv-rule/0x08");
}
END_TEST

START_TEST(registering_in_restart_is_the_wrong_caller)
{
    g_autoptr(Play) p = play_new(_i);

    play_init_begin(p);
    play_init_end(p, B_SUCCESS);
    b_step(p->b, "restart");
    b_enter(p->b, "MiniportRestart");
    play_register(p, HANDLE);
    b_leave(p->b, 0);
    b_step_end(p->b, "restart", RIG_STEP_DONE, 0, NULL);
    play_halt(p);
    expect_findings(play_judge(p), "wrong-caller/contract/none");
}
END_TEST

START_TEST(another_thread_during_halt_is_the_wrong_caller)
{
    g_autoptr(Play) p = play_new(_i);

    play_init(p);
    play_halt_begin(p);
    p->b->thread = 3;
    play_deregister(p, HANDLE);
    p->b->thread = 0;
    play_halt_end(p);
    expect_findings(play_judge(p), "wrong-caller/contract/none");
}
END_TEST

START_TEST(raised_irql_is_wrong)
{
    g_autoptr(Play) p = play_new(_i);
    const RigScenarioResult *r;

    play_init(p);
    play_halt_begin(p);
    p->b->irql = 2;
    play_deregister(p, HANDLE);
    p->b->irql = 0;
    play_halt_end(p);
    r = play_judge(p);
    expect_findings(r, "wrong-irql/contract/none");
    ck_assert_ptr_nonnull(strstr(r->sentence, "IRQL 2"));
}
END_TEST

/* --- clean controls ------------------------------------------------------ */

static void expect_pass(Play *p)
{
    const RigScenarioResult *r = play_judge(p);

    expect_verdict(r, RIG_VERDICT_PASS);
    ck_assert_uint_eq(r->findings->len, 0);
}

START_TEST(failing_init_that_cleans_up_passes)
{
    g_autoptr(Play) p = play_new(_i);

    play_init_begin(p);
    play_register(p, HANDLE);
    b_fault(p->b, "NdisMRegisterScatterGatherDma", 1, B_RESOURCES);
    play_deregister(p, HANDLE);
    play_init_end(p, B_RESOURCES);
    expect_pass(p);
}
END_TEST

START_TEST(halt_called_from_the_init_path_that_releases_passes)
{
    g_autoptr(Play) p = play_new(_i);

    play_init_begin(p);
    play_register(p, HANDLE);
    b_leave(p->b, B_SUCCESS);
    b_enter(p->b, "MiniportHaltEx");
    play_deregister(p, HANDLE);
    b_leave(p->b, 0);
    b_step_end(p->b, "init", RIG_STEP_DONE, B_FAILURE, NULL);
    expect_pass(p);
}
END_TEST

START_TEST(failure_before_registration_passes)
{
    g_autoptr(Play) p = play_new(_i);

    play_init_begin(p);
    b_fault(p->b, "NdisMMapIoSpace", 1, B_RESOURCES);
    play_init_end(p, B_RESOURCES);
    expect_pass(p);
    ck_assert_ptr_nonnull(strstr(p->j->result->sentence,
                                 "never registered"));
}
END_TEST

START_TEST(registration_that_fails_or_is_not_made_owes_nothing)
{
    g_autoptr(Play) fails = play_new(_i), fault = play_new(_i);

    play_init_begin(fails);
    b_api(fails->b, "NdisMRegisterInterruptEx", 0);
    b_return(fails->b, HANDLE, B_RESOURCES);
    play_init_end(fails, B_RESOURCES);
    expect_pass(fails);
    play_init_begin(fault);
    b_fault(fault->b, "NdisMRegisterInterruptEx", 1, B_RESOURCES);
    play_init_end(fault, B_RESOURCES);
    expect_pass(fault);
}
END_TEST

START_TEST(registering_again_with_fewer_vectors_passes)
{
    g_autoptr(Play) p = play_new(_i);

    play_init_begin(p);
    play_register(p, HANDLE);
    play_deregister(p, HANDLE);
    b_config_table(p->b, 0, 1);
    play_register(p, HANDLE + 1);
    play_init_end(p, B_SUCCESS);
    play_halt_begin(p);
    play_deregister(p, HANDLE + 1);
    play_halt_end(p);
    expect_pass(p);
}
END_TEST

START_TEST(line_interrupt_passes)
{
    g_autoptr(Play) p = play_new(_i);
    struct rig_marker m = { .kind = RIG_MK_INTERRUPTS, .object = HANDLE,
                            .arg = { 4, 0, 1 } };

    play_init_begin(p);
    b_register(p->b, HANDLE);
    b_marker(p->b, &m);
    play_init_end(p, B_SUCCESS);
    b_raised(p->b, RIG_VECTOR_INTX, RIG_RAISED_SENT, 20);
    play_halt_begin(p);
    b_deregister(p->b, HANDLE);
    play_halt_end(p);
    expect_pass(p);
}
END_TEST

START_TEST(second_adapter_that_fails_does_not_touch_the_first)
{
    g_autoptr(Play) p = play_new(_i);

    play_init(p);
    play_init_begin(p);
    b_register(p->b, HANDLE + 1);
    b_deregister(p->b, HANDLE + 1);
    play_init_end(p, B_RESOURCES);
    play_halt(p);
    expect_pass(p);
}
END_TEST

START_TEST(release_after_surprise_removal_passes)
{
    g_autoptr(Play) p = play_new(_i);
    struct rig_ev_target gone = { .attached = 0, .vectors = VECTORS };

    play_init(p);
    b_reset(p->b, RIG_RESET_UNPLUG);
    b_record(p->b, RIG_EV_TARGET, 0, &gone, sizeof(gone));
    play_halt_begin(p);
    b_deregister(p->b, HANDLE);
    play_halt_end(p);
    expect_pass(p);
}
END_TEST

START_TEST(init_that_succeeds_only_the_second_time_passes)
{
    g_autoptr(Play) p = play_new(_i);

    play_init_begin(p);
    play_register(p, HANDLE);
    play_deregister(p, HANDLE);
    play_init_end(p, B_RESOURCES);
    play_init_begin(p);
    play_register(p, HANDLE + 1);
    b_raised(p->b, 0, RIG_RAISED_SENT, 4);
    play_init_end(p, B_SUCCESS);
    play_halt_begin(p);
    play_deregister(p, HANDLE + 1);
    play_halt_end(p);
    expect_pass(p);
}
END_TEST

START_TEST(deregister_first_then_mask_the_device_passes)
{
    g_autoptr(Play) p = play_new(_i);

    play_init(p);
    play_halt_begin(p);
    play_deregister(p, HANDLE);
    b_raised(p->b, RIG_VECTOR_INTX, RIG_RAISED_SENT, 1);
    b_raised(p->b, 0, RIG_RAISED_DISABLED, 2);
    b_config_table(p->b, 1, 0);
    play_halt_end(p);
    expect_pass(p);
}
END_TEST

START_TEST(deregister_long_before_the_rest_of_halt_passes)
{
    g_autoptr(Play) p = play_new(_i);

    play_init(p);
    play_halt_begin(p);
    play_deregister(p, HANDLE);
    for (unsigned i = 0; i < 500; i++) {
        b_api(p->b, "NdisFreeMemory", 0);
        b_return(p->b, 0, 0);
    }
    play_halt_end(p);
    expect_pass(p);
}
END_TEST

START_TEST(init_that_succeeds_in_spite_of_a_fault_is_judged_like_any_other)
{
    g_autoptr(Play) p = play_new(_i), leaks = play_new(_i);

    play_init_begin(p);
    play_register(p, HANDLE);
    b_fault(p->b, "NdisAllocateMdl", 1, B_RESOURCES);
    play_init_end(p, B_SUCCESS);
    play_halt(p);
    expect_pass(p);
    play_init_begin(leaks);
    play_register(leaks, HANDLE);
    b_fault(leaks->b, "NdisAllocateMdl", 1, B_RESOURCES);
    play_init_end(leaks, B_SUCCESS);
    play_halt_begin(leaks);
    play_halt_end(leaks);
    expect_findings(play_judge(leaks), LEAK_HALT);
}
END_TEST

START_TEST(interrupts_of_the_next_cycle_are_not_the_last_drivers)
{
    g_autoptr(Play) p = play_new_repeated(_i, 2);

    for (unsigned n = 1; n <= 2; n++) {
        b_cycle(p->b, n);
        b_raised(p->b, 0, RIG_RAISED_SENT, 5);
        play_init(p);
        play_halt(p);
        b_quiesced(p->b);
        b_raised(p->b, 0, RIG_RAISED_SENT, 5);
        if (n == 1) {
            b_cycle_end(p->b, RIG_CYCLE_DONE, NULL);
        }
    }
    expect_verdict(play_judge_end(p, RIG_CYCLE_DONE, NULL),
                   RIG_VERDICT_PASS);
}
END_TEST

START_TEST(handle_value_may_be_used_again_after_release)
{
    g_autoptr(Play) p = play_new(_i);

    play_init_begin(p);
    play_register(p, HANDLE);
    play_deregister(p, HANDLE);
    play_register(p, HANDLE);
    play_init_end(p, B_SUCCESS);
    play_halt(p);
    expect_pass(p);
}
END_TEST

START_TEST(a_thousand_handles_one_after_the_other_pass)
{
    g_autoptr(Play) p = play_new(_i);

    play_init_begin(p);
    for (unsigned n = 0; n < 1000; n++) {
        b_register(p->b, HANDLE + n);
        b_deregister(p->b, HANDLE + n);
    }
    play_init_end(p, B_RESOURCES);
    expect_pass(p);
}
END_TEST

static TCase *cases(const char *name, const TTest *const *tests, size_t n)
{
    TCase *t = tcase_create(name);

    for (size_t i = 0; i < n; i++) {
        tcase_add_loop_test(t, tests[i], 0, 2);
    }
    return t;
}

/* Check's test names are no constants: these lists cannot be static. */
static void add_seeds(Suite *suite)
{
    const TTest *const tests[] = {
        s01_s02_s03_failing_init_keeps_the_interrupt,
        s05_fails_with_a_status_that_is_no_nt_error,
        s06_halt_lacks_deregister,
        s09_halt_from_the_init_path,
        s10_failed_init_after_resume,
        s11_deregisters_a_handle_that_never_was,
        s12_deregisters_twice,
        s13_s23_two_registered_one_released,
        s15_deregistered_but_the_device_still_fires,
        s16_table_entry_unmasked_after_release,
        s18_synchronises_after_release,
        s19_second_adapter_overwrites_the_handle,
        s22_leak_only_in_the_second_life,
        deregistering_in_pause_is_the_wrong_caller,
        registering_in_restart_is_the_wrong_caller,
        another_thread_during_halt_is_the_wrong_caller,
        raised_irql_is_wrong,
    };

    suite_add_tcase(suite, cases("seeds", tests, G_N_ELEMENTS(tests)));
}

static void add_controls(Suite *suite)
{
    const TTest *const tests[] = {
        failing_init_that_cleans_up_passes,
        halt_called_from_the_init_path_that_releases_passes,
        failure_before_registration_passes,
        registration_that_fails_or_is_not_made_owes_nothing,
        registering_again_with_fewer_vectors_passes,
        line_interrupt_passes,
        second_adapter_that_fails_does_not_touch_the_first,
        release_after_surprise_removal_passes,
        init_that_succeeds_only_the_second_time_passes,
        deregister_first_then_mask_the_device_passes,
        deregister_long_before_the_rest_of_halt_passes,
        init_that_succeeds_in_spite_of_a_fault_is_judged_like_any_other,
        interrupts_of_the_next_cycle_are_not_the_last_drivers,
        handle_value_may_be_used_again_after_release,
        a_thousand_handles_one_after_the_other_pass,
    };

    suite_add_tcase(suite, cases("controls", tests, G_N_ELEMENTS(tests)));
}

int main(void)
{
    Suite *suite = suite_create("seeds and controls");

    add_seeds(suite);
    add_controls(suite);
    return run_suite(suite);
}
