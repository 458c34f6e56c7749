/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every row of the verdict matrix of design.md 4.5. */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include "cycle-builder.h"
#include "run-suite.h"
#include "timeline.h"

#define LEAK "not-deregistered/sdv-rule/0x08 not-released/strict/0x08"

START_TEST(released_and_quiet_passes)
{
    g_autoptr(Play) p = play_new(_i);
    uint64_t registered = play_init(p), halted = play_halt(p);
    const RigScenarioResult *r = play_judge(p);
    g_autofree char *from = g_strdup_printf("event %" G_GUINT64_FORMAT " was",
                                            registered);
    g_autofree char *to = g_strdup_printf("(event %" G_GUINT64_FORMAT ")",
                                          halted);

    expect_verdict(r, RIG_VERDICT_PASS);
    ck_assert_ptr_nonnull(strstr(r->sentence, from));
    ck_assert_ptr_nonnull(strstr(r->sentence, to));
    ck_assert_uint_eq(r->findings->len, 0);
}
END_TEST

START_TEST(not_released_and_armed_is_a_violation_seen_by_both)
{
    g_autoptr(Play) p = play_new(_i);
    uint64_t registered = play_init(p), halted;
    const RigScenarioResult *r;
    const RigFinding *f;

    play_halt_begin(p);
    halted = play_halt_end(p);
    r = play_judge(p);
    expect_findings(r, LEAK);
    f = b_finding(r, "not-released");
    ck_assert_int_eq(f->witness, RIG_WITNESS_BOTH);
    ck_assert_uint_eq(f->event, halted);
    ck_assert_str_eq(f->boundary, "MiniportHaltEx");
    ck_assert(b_proved_by(f, registered));
    ck_assert(b_proved_by(f, halted));
    ck_assert_uint_ge(f->proofs->len, 2 + VECTORS);
    ck_assert_ptr_nonnull(strstr(f->sentence, "4 MSI-X vectors were armed"));
}
END_TEST

START_TEST(not_released_and_quiet_names_what_cleared_it)
{
    g_autoptr(Play) p = play_new(_i);
    const RigScenarioResult *r;
    const RigFinding *f;
    uint64_t reset;

    play_init(p);
    play_halt_begin(p);
    reset = b_reset(p->b, RIG_RESET_FLR);
    b_state(p->b, 0, 3, 0);
    play_halt_end(p);
    r = play_judge(p);
    expect_findings(r, LEAK);
    f = b_finding(r, "not-released");
    ck_assert_int_eq(f->witness, RIG_WITNESS_API);
    ck_assert_ptr_nonnull(strstr(f->sentence, "function level reset"));
    ck_assert(b_proved_by(f, reset));
}
END_TEST

START_TEST(released_but_armed_counts_only_at_connect)
{
    g_autoptr(Play) p = play_new(_i);
    const RigScenarioResult *r;

    play_init(p);
    play_halt_begin(p);
    b_deregister(p->b, HANDLE);
    play_halt_end(p);
    r = play_judge(p);
    if (_i == RIG_MSIX_AT_START) {
        expect_verdict(r, RIG_VERDICT_PASS);
        ck_assert_ptr_nonnull(strstr(r->sentence, "bus driver"));
    } else {
        expect_findings(r, "armed-after-release/contract/none");
        ck_assert_int_eq(b_finding(r, "armed-after-release")->witness,
                         RIG_WITNESS_BOTH);
    }
}
END_TEST

START_TEST(released_but_fires_counts_from_halt_to_quiesced)
{
    static const struct { uint16_t vector; enum rig_raised outcome; } how[] = {
        { 1, RIG_RAISED_SENT }, { 1, RIG_RAISED_DISABLED },
        { RIG_VECTOR_INTX, RIG_RAISED_SENT },
        { RIG_VECTOR_INTX, RIG_RAISED_DISABLED },
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(how); i++) {
        g_autoptr(Play) p = play_new(_i);
        const RigScenarioResult *r;
        const RigFinding *f;
        uint64_t first;

        play_init(p);
        b_raised(p->b, 1, RIG_RAISED_SENT, 100);
        play_halt_begin(p);
        play_deregister(p, HANDLE);
        b_raised(p->b, 1, how[i].outcome, 10);
        play_halt_end(p);
        first = b_raised(p->b, how[i].vector, how[i].outcome, 5);
        b_raised(p->b, 2, how[i].outcome, 2);
        b_quiesced(p->b);
        b_raised(p->b, 1, how[i].outcome, 1000);
        r = play_judge(p);
        expect_findings(r, "fires-after-release/contract/none");
        f = b_finding(r, "fires-after-release");
        ck_assert_uint_eq(f->event, first);
        ck_assert_ptr_nonnull(strstr(f->sentence, "raised 7 interrupts"));
    }
}
END_TEST

START_TEST(without_api_witness_the_device_alone_convicts)
{
    g_autoptr(Play) p = play_new(_i);
    const RigScenarioResult *r;
    uint64_t removed;

    b_arm(p->b, VECTORS);
    b_step(p->b, "remove");
    removed = b_step_end(p->b, "remove", RIG_STEP_DONE, 0, NULL);
    r = play_judge_end(p, RIG_CYCLE_DONE, NULL);
    expect_findings(r, "armed-after-remove/contract/none");
    ck_assert_int_eq(b_finding(r, "armed-after-remove")->witness,
                     RIG_WITNESS_DEVICE);
    ck_assert_uint_eq(b_finding(r, "armed-after-remove")->event, removed);
}
END_TEST

START_TEST(without_api_witness_a_quiet_device_is_inconclusive)
{
    g_autoptr(Play) p = play_new(_i);

    expect_verdict(play_judge(p), RIG_VERDICT_INCONCLUSIVE);
}
END_TEST

/* Ways to be lost. */
static const struct { uint16_t kind; enum rig_cycle_end end; } ways[] = {
    { RIG_MK_CRASH, RIG_CYCLE_CRASH }, { RIG_MK_HANG, RIG_CYCLE_HANG },
    { RIG_MK_BUGCHECK, RIG_CYCLE_BUGCHECK },
};

START_TEST(lost_in_halt_while_registered_is_lost_in_cleanup)
{
    g_autoptr(Play) p = play_new(RIG_MSIX_AT_CONNECT);
    const RigScenarioResult *r;
    uint64_t lost;

    play_init(p);
    play_halt_begin(p);
    lost = b_mark(p->b, ways[_i].kind, NULL, 11, 0, "test.sys+0x1234");
    b_quiesced(p->b);
    r = play_judge_end(p, ways[_i].end, NULL);
    expect_findings(r, "lost-in-cleanup/strict/lost-in-cleanup");
    ck_assert(b_proved_by(b_finding(r, "lost-in-cleanup"), lost));
}
END_TEST

START_TEST(lost_in_failing_init_is_lost_in_cleanup)
{
    g_autoptr(Play) p = play_new(RIG_MSIX_AT_CONNECT);

    play_init_begin(p);
    play_register(p, HANDLE);
    b_fault(p->b, "NdisMRegisterScatterGatherDma", 1, B_RESOURCES);
    b_mark(p->b, ways[_i].kind, NULL, 11, 0, NULL);
    b_quiesced(p->b);
    expect_findings(play_judge_end(p, ways[_i].end, NULL),
                    "lost-in-cleanup/strict/lost-in-cleanup");
}
END_TEST

START_TEST(lost_elsewhere_is_lost_while_registered)
{
    g_autoptr(Play) p = play_new(RIG_MSIX_AT_CONNECT);

    play_init(p);
    b_step(p->b, "restart");
    b_enter(p->b, "MiniportRestart");
    b_mark(p->b, ways[_i].kind, NULL, 11, 0, NULL);
    b_quiesced(p->b);
    expect_findings(play_judge_end(p, ways[_i].end, NULL),
                    "lost-while-registered/strict/lost-in-cleanup");
}
END_TEST

START_TEST(lost_with_nothing_registered_is_inconclusive)
{
    g_autoptr(Play) p = play_new(RIG_MSIX_AT_CONNECT);
    const RigScenarioResult *r;

    play_init_begin(p);
    b_mark(p->b, ways[_i].kind, NULL, 11, 0, "in the driver");
    b_quiesced(p->b);
    r = play_judge_end(p, ways[_i].end, NULL);
    expect_verdict(r, RIG_VERDICT_INCONCLUSIVE);
    ck_assert_ptr_nonnull(strstr(r->sentence, "in MiniportInitializeEx"));
    ck_assert_ptr_nonnull(strstr(r->sentence, "in the driver"));
}
END_TEST

/* A bug check is the driver's doing wherever it was called. */
START_TEST(lost_outside_the_driver_accuses_nobody)
{
    g_autoptr(Play) p = play_new(RIG_MSIX_AT_CONNECT);

    play_init(p);
    b_mark(p->b, ways[_i].kind, NULL, 11, 0, NULL);
    b_quiesced(p->b);
    expect_verdict(play_judge_end(p, ways[_i].end, NULL),
                   RIG_VERDICT_INCONCLUSIVE);
}
END_TEST

START_TEST(markers_of_other_threads_after_a_crash_are_ignored)
{
    g_autoptr(Play) p = play_new(RIG_MSIX_AT_CONNECT);

    play_init(p);
    play_halt_begin(p);
    b_mark(p->b, RIG_MK_CRASH, NULL, 11, 0, NULL);
    p->b->thread = 2;
    b_api(p->b, "NdisMSynchronizeWithInterruptEx", 77);
    p->b->thread = 0;
    b_quiesced(p->b);
    expect_findings(play_judge_end(p, RIG_CYCLE_CRASH, NULL),
                    "lost-in-cleanup/strict/lost-in-cleanup");
}
END_TEST

START_TEST(refused_driver_is_inconclusive_with_the_reason)
{
    g_autoptr(Play) p = play_new(_i);
    const RigScenarioResult *r;

    b_step(p->b, "install");
    b_step_end(p->b, "install", RIG_STEP_REFUSED, B_FAILURE,
               "no x64 model with this hardware id");
    b_step(p->b, "init");
    b_step_end(p->b, "init", RIG_STEP_SKIPPED, 0, NULL);
    r = play_judge(p);
    expect_verdict(r, RIG_VERDICT_INCONCLUSIVE);
    ck_assert_ptr_nonnull(strstr(r->sentence, "never called"));
    ck_assert_ptr_nonnull(strstr(r->sentence, "this hardware id"));
}
END_TEST

START_TEST(init_without_halt_is_inconclusive)
{
    g_autoptr(Play) p = play_new(_i);

    play_init(p);
    expect_verdict(play_judge(p), RIG_VERDICT_INCONCLUSIVE);
}
END_TEST

START_TEST(second_init_needs_its_own_halt)
{
    g_autoptr(Play) p = play_new(_i);

    play_init(p);
    play_halt(p);
    play_init(p);
    expect_verdict(play_judge(p), RIG_VERDICT_INCONCLUSIVE);
}
END_TEST

START_TEST(broken_cycle_says_why)
{
    g_autoptr(Play) p = play_new(_i);
    const RigScenarioResult *r;

    play_init(p);
    play_halt(p);
    r = play_judge_end(p, RIG_CYCLE_BROKEN, "the device cannot be silenced");
    expect_verdict(r, RIG_VERDICT_BROKEN);
    ck_assert_str_eq(r->sentence, "The cycle could not be run: the "
                     "device cannot be silenced.");
}
END_TEST

START_TEST(violation_stands_in_a_broken_cycle)
{
    g_autoptr(Play) p = play_new(_i);

    play_init(p);
    play_halt_begin(p);
    play_halt_end(p);
    expect_findings(play_judge_end(p, RIG_CYCLE_BROKEN, "oops"), LEAK);
}
END_TEST

START_TEST(lost_records_are_broken_and_convict_nobody)
{
    g_autoptr(Play) p = play_new(_i);
    struct rig_ev_lost lost = { 5 };
    RigStreamResult s;

    play_init(p);
    b_record(p->b, RIG_EV_LOST, 0, &lost, sizeof(lost));
    play_halt_begin(p);
    play_halt_end(p);
    expect_verdict(play_judge(p), RIG_VERDICT_BROKEN);
    ck_assert_uint_eq(p->j->result->findings->len, 0);
    rig_monitor_stream(p->j->monitor, &s);
    ck_assert_uint_eq(s.lost, 5);
}
END_TEST

START_TEST(restored_snapshot_is_inconclusive)
{
    g_autoptr(Play) p = play_new(_i);
    struct rig_ev_epoch epoch = { 5000 };

    play_init(p);
    p->b->seq = 5000;
    b_record(p->b, RIG_EV_EPOCH, 0, &epoch, sizeof(epoch));
    play_halt_begin(p);
    play_halt_end(p);
    expect_verdict(play_judge(p), RIG_VERDICT_INCONCLUSIVE);
    ck_assert_uint_eq(p->j->result->findings->len, 0);
}
END_TEST

START_TEST(a_leak_before_an_unimplemented_import_is_found_all_the_same)
{
    g_autoptr(Play) p = play_new(_i);

    play_init_begin(p);
    play_register(p, HANDLE);
    play_init_end(p, B_RESOURCES);
    b_mark(p->b, RIG_MK_UNIMPLEMENTED, "NdisFancyCall", 0, 0, NULL);
    b_quiesced(p->b);
    expect_verdict(play_judge_end(p, RIG_CYCLE_BROKEN, "exit status 103"),
                   RIG_VERDICT_VIOLATION);
}
END_TEST

START_TEST(unimplemented_import_is_named_and_is_not_the_drivers_fault)
{
    g_autoptr(Play) p = play_new(_i);
    const RigScenarioResult *r;

    play_init(p);
    play_halt_begin(p);
    b_mark(p->b, RIG_MK_UNIMPLEMENTED, "NdisFancyCall", 0, 0, NULL);
    b_quiesced(p->b);
    r = play_judge_end(p, RIG_CYCLE_BROKEN, "exit status 103");
    expect_verdict(r, RIG_VERDICT_INCONCLUSIVE);
    ck_assert_ptr_nonnull(strstr(r->sentence, "called NdisFancyCall"));
    ck_assert_ptr_nonnull(strstr(r->sentence, "does not implement"));
}
END_TEST

START_TEST(fault_that_never_happened_is_inconclusive)
{
    g_autoptr(Play) p = play_new(_i);
    const RigScenarioResult *r;

    b_expect_fault(p->j->scenarios->pdata[0], "init", "NdisAllocateMdl", 2,
                   B_RESOURCES);
    play_init_begin(p);
    b_fault(p->b, "NdisAllocateMdl", 1, B_RESOURCES);
    play_init_end(p, B_RESOURCES);
    r = play_judge(p);
    expect_verdict(r, RIG_VERDICT_INCONCLUSIVE);
    ck_assert_ptr_nonnull(strstr(r->sentence, "NdisAllocateMdl#2"));
}
END_TEST

/* The same fault is armed in init and again in halt, and strikes once. */
static const RigScenarioResult *device_fault_strikes(Play *p, int in_init)
{
    b_expect_device_fault(p->j->scenarios->pdata[0], "init", "slow-reset");
    b_expect_device_fault(p->j->scenarios->pdata[0], "halt", "slow-reset");
    play_init_begin(p);
    play_register(p, HANDLE);
    if (in_init) {
        b_strike(p->b, "slow-reset");
    }
    play_init_end(p, B_SUCCESS);
    play_halt_begin(p);
    b_strike(p->b, "slow-reset");
    play_deregister(p, HANDLE);
    play_halt_end(p);
    return play_judge(p);
}

START_TEST(device_fault_that_never_struck_is_inconclusive)
{
    g_autoptr(Play) p = play_new(_i);
    const RigScenarioResult *r = device_fault_strikes(p, FALSE);

    expect_verdict(r, RIG_VERDICT_INCONCLUSIVE);
    ck_assert_ptr_nonnull(strstr(r->sentence, "slow-reset@1 of step init"));
}
END_TEST

START_TEST(device_faults_that_struck_are_kept_in_a_pass)
{
    g_autoptr(Play) p = play_new(_i);
    const RigScenarioResult *r = device_fault_strikes(p, TRUE);
    const RigCycleResult *c = r->cycles->pdata[0];

    expect_verdict(r, RIG_VERDICT_PASS);
    ck_assert_uint_eq(c->strikes->len, 2);
    ck_assert_str_eq(((RigStrikeResult *)c->strikes->pdata[0])->name,
                     "slow-reset");
}
END_TEST

START_TEST(device_fault_proves_the_finding_that_follows_it)
{
    g_autoptr(Play) p = play_new(_i);
    const RigScenarioResult *r;
    uint64_t strike;

    play_init(p);
    play_halt_begin(p);
    strike = b_strike(p->b, "reset-never-done");
    play_halt_end(p);
    r = play_judge(p);
    ck_assert(b_proved_by(b_finding(r, "not-released"), strike));
}
END_TEST

START_TEST(evidence_is_taken_at_both_boundaries)
{
    g_autoptr(Play) p = play_new(RIG_MSIX_AT_CONNECT);
    const RigCycleResult *c;
    const RigEvidence *init, *halt;

    play_init(p);
    b_raised(p->b, 0, RIG_RAISED_SENT, 9);
    b_raised(p->b, 1, RIG_RAISED_PENDED, 1);
    play_halt(p);
    c = play_judge(p)->cycles->pdata[0];
    ck_assert_uint_eq(c->evidence->len, 2);
    init = c->evidence->pdata[0];
    halt = c->evidence->pdata[1];
    ck_assert_str_eq(init->boundary, "MiniportInitializeEx returned");
    ck_assert(init->enabled);
    ck_assert_uint_eq(init->armed, VECTORS);
    ck_assert_uint_eq(init->registered, 1);
    ck_assert(!halt->enabled);
    ck_assert_uint_eq(halt->armed, 0);
    ck_assert_uint_eq(halt->masked, VECTORS);
    ck_assert_uint_eq(halt->pending, 1);
    ck_assert_uint_eq(halt->raised, 10);
    ck_assert_uint_eq(halt->registered, 0);
}
END_TEST

START_TEST(timeline_marks_the_violation_where_it_happened)
{
    g_autoptr(Play) p = play_new(RIG_MSIX_AT_CONNECT);
    const RigCycleResult *c;
    const RigTimelineMark *mark;
    const RigTimelineCall *halt;
    const RigTimelineLane *lane;

    play_init(p);
    b_raised(p->b, 0, RIG_RAISED_SENT, 9);
    play_halt_begin(p);
    play_halt_end(p);
    c = play_judge(p)->cycles->pdata[0];
    ck_assert_ptr_nonnull(c->timeline);
    ck_assert_uint_eq(c->timeline->phases->len, 2);
    halt = &g_array_index(c->timeline->phases, RigTimelineCall, 1);
    mark = &g_array_index(c->timeline->marks, RigTimelineMark, 0);
    ck_assert_str_eq(halt->name, "MiniportHaltEx");
    ck_assert_uint_eq(mark->at, halt->to);
    ck_assert_uint_lt(mark->at, c->timeline->columns);
    ck_assert_uint_eq(c->timeline->lanes->len, VECTORS);
    lane = c->timeline->lanes->pdata[0];
    /* Disabled, armed by the driver; masked, disabled by the rig. */
    ck_assert_uint_eq(lane->spans->len, 4);
    ck_assert_int_eq(g_array_index(lane->spans, RigTimelineSpan, 1).state,
                     RIG_VECTOR_ARMED);
    ck_assert_uint_eq(g_array_index(lane->raised, RigTimelineRaised,
                                    0).count, 9);
    ck_assert_int_eq(g_array_index(c->timeline->calls, RigTimelineCall,
                                   0).kind, RIG_CALL_REGISTER);
}
END_TEST

START_TEST(timeline_of_a_busy_cycle_stays_small)
{
    g_autoptr(Play) p = play_new(RIG_MSIX_AT_CONNECT);
    const RigTimeline *t;
    unsigned registered = 0;

    play_init_begin(p);
    for (unsigned i = 0; i < 20000; i++) {
        b_api(p->b, "NdisAllocateMdl", 0);
        b_return(p->b, 0, 0);
    }
    play_register(p, HANDLE);
    play_init_end(p, B_SUCCESS);
    play_halt_begin(p);
    play_halt_end(p);
    t = ((RigCycleResult *)play_judge(p)->cycles->pdata[0])->timeline;
    ck_assert_uint_le(t->columns, RIG_COLUMNS_MAX);
    ck_assert_uint_le(t->calls->len, RIG_COLUMNS_MAX);
    for (unsigned i = 0; i < t->calls->len; i++) {
        registered += g_array_index(t->calls, RigTimelineCall, i).kind ==
                      RIG_CALL_REGISTER;
    }
    ck_assert_uint_eq(registered, 1);
    ck_assert_uint_eq(t->marks->len, 2);
}
END_TEST

static TCase *profile_cases(void)
{
    TCase *t = tcase_create("both profiles");

    tcase_add_loop_test(t, released_and_quiet_passes, 0, 2);
    tcase_add_loop_test(t, not_released_and_armed_is_a_violation_seen_by_both,
                        0, 2);
    tcase_add_loop_test(t, not_released_and_quiet_names_what_cleared_it, 0,
                        2);
    tcase_add_loop_test(t, released_but_armed_counts_only_at_connect, 0, 2);
    tcase_add_loop_test(t, released_but_fires_counts_from_halt_to_quiesced,
                        0, 2);
    tcase_add_loop_test(t, without_api_witness_the_device_alone_convicts, 0,
                        2);
    tcase_add_loop_test(t, without_api_witness_a_quiet_device_is_inconclusive,
                        0, 2);
    tcase_add_loop_test(t, refused_driver_is_inconclusive_with_the_reason, 0,
                        2);
    tcase_add_loop_test(t, init_without_halt_is_inconclusive, 0, 2);
    tcase_add_loop_test(t, second_init_needs_its_own_halt, 0, 2);
    tcase_add_loop_test(t, broken_cycle_says_why, 0, 2);
    tcase_add_loop_test(t, violation_stands_in_a_broken_cycle, 0, 2);
    tcase_add_loop_test(t, lost_records_are_broken_and_convict_nobody, 0, 2);
    tcase_add_loop_test(t, restored_snapshot_is_inconclusive, 0, 2);
    tcase_add_loop_test(
        t, a_leak_before_an_unimplemented_import_is_found_all_the_same, 0, 2);
    tcase_add_loop_test(
        t, unimplemented_import_is_named_and_is_not_the_drivers_fault, 0, 2);
    tcase_add_loop_test(t, fault_that_never_happened_is_inconclusive, 0, 2);
    tcase_add_loop_test(t, device_fault_that_never_struck_is_inconclusive, 0,
                        2);
    tcase_add_loop_test(t, device_faults_that_struck_are_kept_in_a_pass, 0, 2);
    tcase_add_loop_test(t, device_fault_proves_the_finding_that_follows_it, 0,
                        2);
    return t;
}

static TCase *other_cases(void)
{
    TCase *t = tcase_create("lost, evidence, timeline");

    tcase_add_loop_test(t, lost_in_halt_while_registered_is_lost_in_cleanup,
                        0, 3);
    tcase_add_loop_test(t, lost_in_failing_init_is_lost_in_cleanup, 0, 3);
    tcase_add_loop_test(t, lost_elsewhere_is_lost_while_registered, 0, 3);
    tcase_add_loop_test(t, lost_with_nothing_registered_is_inconclusive, 0,
                        3);
    tcase_add_loop_test(t, lost_outside_the_driver_accuses_nobody, 0, 2);
    tcase_add_test(t, markers_of_other_threads_after_a_crash_are_ignored);
    tcase_add_test(t, evidence_is_taken_at_both_boundaries);
    tcase_add_test(t, timeline_marks_the_violation_where_it_happened);
    tcase_add_test(t, timeline_of_a_busy_cycle_stays_small);
    return t;
}

int main(void)
{
    Suite *suite = suite_create("matrix");

    suite_add_tcase(suite, profile_cases());
    suite_add_tcase(suite, other_cases());
    return run_suite(suite);
}
