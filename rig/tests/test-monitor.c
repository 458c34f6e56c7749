/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The monitor against guests that lie, streams that stop, and runs that are
 * long: it never accuses wrongly, never passes what it has not seen, and
 * keeps what was proven.
 */
#include <check.h>
#include <string.h>
#include "cycle-builder.h"
#include "rule-instances.h"
#include "run-suite.h"
#include "timeline.h"

/* --- guests that lie ----------------------------------------------------- */

/* Judge what has been written so far; expect an invalid stream. */
static void expect_invalid(Play *p, const char *part)
{
    RigStreamResult s;

    b_judge(p->j, p->b);
    rig_monitor_stream(p->j->monitor, &s);
    ck_assert_int_eq(s.outcome, RIG_OUTCOME_STREAM_INVALID);
    ck_assert_msg(strstr(s.detail, part), "\"%s\" lacks \"%s\"", s.detail,
                  part);
    expect_verdict(p->j->result, RIG_VERDICT_BROKEN);
}

START_TEST(end_of_a_call_that_is_not_open)
{
    g_autoptr(Play) never = play_new(_i), other = play_new(_i);

    b_enter(never->b, "MiniportInitializeEx");
    never->b->depth = 2;
    strcpy(never->b->open[1].name, "NdisMRegisterInterruptEx");
    b_return(never->b, HANDLE, B_SUCCESS);
    expect_invalid(never, "not the innermost");
    b_enter(other->b, "MiniportInitializeEx");
    b_api(other->b, "NdisAllocateMdl", 0);
    other->b->depth--;
    b_leave(other->b, 0);
    expect_invalid(other, "not the innermost");
}
END_TEST

START_TEST(calls_nested_without_end)
{
    g_autoptr(Play) p = play_new(_i);

    for (unsigned i = 0; i < 40; i++) {
        p->b->depth = 0;
        b_enter(p->b, "MiniportOidRequest");
    }
    expect_invalid(p, "deeper than 32");
}
END_TEST

START_TEST(thread_that_cannot_be)
{
    g_autoptr(Play) p = play_new(_i);

    p->b->thread = 64;
    b_enter(p->b, "MiniportInitializeEx");
    expect_invalid(p, "thread number above 63");
}
END_TEST

START_TEST(cycle_that_ends_inside_a_callback)
{
    g_autoptr(Play) p = play_new(_i);

    play_init_begin(p);
    b_cycle_end(p->b, RIG_CYCLE_DONE, NULL);
    expect_invalid(p, "ended normally inside MiniportInitializeEx");
}
END_TEST

START_TEST(plan_of_another_size)
{
    g_autoptr(Play) p = play_new_repeated(_i, 1);
    g_autoptr(Builder) b = b_new(VECTORS);

    b_plan(b, 2);
    b_free(p->b);
    p->b = g_steal_pointer(&b);
    expect_invalid(p, "another number of scenarios");
}
END_TEST

START_TEST(scenario_of_another_name_or_number)
{
    g_autoptr(Play) p = play_new_repeated(_i, 1);
    g_autoptr(Play) q = play_new_repeated(_i, 1);

    b_free(p->b);
    p->b = b_new(VECTORS);
    b_plan(p->b, 1);
    b_scenario(p->b, 1, "other");
    expect_invalid(p, "scenario \"other\" begins");
    b_free(q->b);
    q->b = b_new(VECTORS);
    b_plan(q->b, 1);
    b_scenario(q->b, 2, "test");
    expect_invalid(q, "not the next one");
}
END_TEST

/* The plan's end with a reason; what the monitor made of the stream then. */
static RigStreamResult give_up(Play *p)
{
    struct rig_marker m = { .kind = RIG_MK_PLAN_END, .status = 1,
                            .text = "no memory" };
    RigStreamResult s;

    b_marker(p->b, &m);
    b_end(p->b);
    b_judge(p->j, p->b);
    rig_monitor_stream(p->j->monitor, &s);
    ck_assert_str_eq(s.detail, "The guest gave up its plan: no memory.");
    expect_verdict(p->j->result, RIG_VERDICT_BROKEN);
    return s;
}

START_TEST(a_guest_that_gives_up_its_plan_says_why)
{
    g_autoptr(Play) before = play_new(_i), within = play_new(_i);

    b_free(before->b);
    before->b = b_new(VECTORS);
    ck_assert_int_eq(give_up(before).outcome, RIG_OUTCOME_GUEST_NEVER_BOOTED);
    play_init(within);
    ck_assert_int_eq(give_up(within).outcome, RIG_OUTCOME_STREAM_CUT);
}
END_TEST

START_TEST(nothing_follows_a_plan_that_was_given_up)
{
    g_autoptr(Play) p = play_new(_i);
    struct rig_marker m = { .kind = RIG_MK_PLAN_END, .status = 1,
                            .text = "no memory" };

    b_marker(p->b, &m);
    play_init_begin(p);
    expect_invalid(p, "after the guest gave up");
}
END_TEST

START_TEST(cycles_out_of_order_or_too_many)
{
    g_autoptr(Play) skipped = play_new_repeated(_i, 3);
    g_autoptr(Play) extra = play_new(_i);
    g_autoptr(Play) inside = play_new(_i);

    b_cycle(skipped->b, 2);
    expect_invalid(skipped, "a cycle begins that is not the next one");
    b_cycle_end(extra->b, RIG_CYCLE_DONE, NULL);
    b_cycle(extra->b, 2);
    expect_invalid(extra, "a cycle begins that is not the next one");
    b_cycle(inside->b, 2);
    expect_invalid(inside, "a cycle begins that is not the next one");
}
END_TEST

START_TEST(markers_that_belong_nowhere)
{
    g_autoptr(Play) outside = play_new_repeated(_i, 1);
    g_autoptr(Play) other = play_new(_i), kind = play_new(_i);
    g_autoptr(Play) step = play_new(_i), end = play_new(_i);

    b_enter(outside->b, "MiniportHaltEx");
    expect_invalid(outside, "belongs to no cycle");
    other->b->cycle = 7;
    b_enter(other->b, "MiniportHaltEx");
    expect_invalid(other, "belongs to another cycle");
    b_mark(kind->b, 99, NULL, 0, 0, NULL);
    expect_invalid(kind, "unknown marker kind 99");
    b_step(step->b, "init");
    b_step(step->b, "halt");
    expect_invalid(step, "inside another one");
    b_step(end->b, "init");
    b_step_end(end->b, "halt", RIG_STEP_DONE, 0, NULL);
    expect_invalid(end, "not that of the open one");
}
END_TEST

START_TEST(numbers_that_cannot_be)
{
    g_autoptr(Play) end = play_new(_i), frames = play_new(_i);
    g_autoptr(Play) vector = play_new(_i), dword = play_new(_i);
    g_autoptr(Play) outcome = play_new(_i), none = play_new(_i);

    b_mark(end->b, RIG_MK_CYCLE_END, NULL, 17, 0, NULL);
    expect_invalid(end, "unknown end of a cycle");
    b_mark(frames->b, RIG_MK_TRAFFIC, NULL, 0, UINT64_MAX, NULL);
    expect_invalid(frames, "impossible number of frames");
    b_table(vector->b, VECTORS, 0, 1);
    expect_invalid(vector, "outside the table");
    b_table(dword->b, 0, 4, 1);
    expect_invalid(dword, "fifth dword");
    b_raised(outcome->b, 0, 4, 1);
    expect_invalid(outcome, "unknown outcome");
    b_raised(none->b, 0, RIG_RAISED_SENT, 0);
    expect_invalid(none, "run of no interrupts");
}
END_TEST

/* Two messages in the table; the driver is said to have been given these. */
static void give_messages(Play *p, uint64_t digest)
{
    struct rig_marker m = {
        .kind = RIG_MK_INTERRUPTS, .scenario = p->b->scenario,
        .cycle = p->b->cycle, .arg = { 2, 2, 2, digest },
    };

    b_enter(p->b, "MiniportInitializeEx");
    for (unsigned v = 0; v < 2; v++) {
        b_table(p->b, v, 0, 0xfee00218 + 0x20 * v);
        b_table(p->b, v, 1, 1);
        b_table(p->b, v, 2, v);
    }
    b_marker(p->b, &m);
    b_leave(p->b, B_FAILURE);
}

START_TEST(messages_given_to_the_driver_are_those_of_the_table)
{
    g_autoptr(Play) good = play_new(_i), unread = play_new(_i);
    g_autoptr(Play) bad = play_new(_i);
    uint64_t digest = rig_message_digest(0, 0x1fee00218, 0);
    RigStreamResult s;

    digest = rig_message_digest(digest, 0x1fee00238, 1);
    give_messages(good, digest);
    b_judge(good->j, good->b);
    rig_monitor_stream(good->j->monitor, &s);
    ck_assert_int_ne(s.outcome, RIG_OUTCOME_STREAM_INVALID);
    give_messages(unread, 0);
    b_judge(unread->j, unread->b);
    rig_monitor_stream(unread->j->monitor, &s);
    ck_assert_int_ne(s.outcome, RIG_OUTCOME_STREAM_INVALID);
    give_messages(bad, digest ^ 1);
    expect_invalid(bad, "not those of the device's table");
}
END_TEST

START_TEST(handles_that_cannot_be)
{
    g_autoptr(Play) twice = play_new(_i), none = play_new(_i);
    g_autoptr(Play) many = play_new(_i);

    play_init_begin(twice);
    b_register(twice->b, HANDLE);
    b_register(twice->b, HANDLE);
    expect_invalid(twice, "given out twice");
    play_init_begin(none);
    b_register(none->b, 0);
    expect_invalid(none, "without a handle");
    play_init_begin(many);
    for (unsigned n = 0; n <= RIG_INSTANCES_MAX; n++) {
        b_register(many->b, HANDLE + n);
    }
    expect_invalid(many, "more than 65536 handles");
}
END_TEST

START_TEST(too_many_steps_and_adapters)
{
    g_autoptr(Play) steps = play_new(_i), adapters = play_new(_i);

    for (unsigned n = 0; n < 100; n++) {
        b_step(steps->b, "link-flap");
        b_step_end(steps->b, "link-flap", RIG_STEP_DONE, 0, NULL);
    }
    expect_invalid(steps, "more than 64 steps");
    for (unsigned n = 0; n < 9; n++) {
        play_init_begin(adapters);
        play_init_end(adapters, B_FAILURE);
    }
    expect_invalid(adapters, "more than 8 times");
}
END_TEST

START_TEST(violation_before_the_lie_stands)
{
    g_autoptr(Play) p = play_new(_i);

    play_init(p);
    play_halt_begin(p);
    play_halt_end(p);
    b_mark(p->b, 99, NULL, 0, 0, NULL);
    b_judge(p->j, p->b);
    expect_findings(p->j->result, "not-deregistered/sdv-rule/0x08 "
                    "not-released/strict/0x08");
}
END_TEST

/* --- streams that stop --------------------------------------------------- */

/* A leaking cycle; returns the offset of the byte after its boundary. */
static size_t leaking(Play *p)
{
    size_t boundary;

    play_init(p);
    play_halt_begin(p);
    play_halt_end(p);
    boundary = p->b->bytes->len - (sizeof(struct rig_record) +
                                   RIG_MARKER_MIN);
    play_remove(p);
    b_cycle_end(p->b, RIG_CYCLE_DONE, NULL);
    b_scenario_end(p->b);
    b_mark(p->b, RIG_MK_PLAN_END, NULL, 0, 0, NULL);
    b_end(p->b);
    return boundary;
}

/* What a monitor makes of the first `n` bytes; the caller frees it. */
static RigScenarioResult *judge_part(Play *p, size_t n, RigOutcome outcome)
{
    g_autoptr(RigMonitor) m = rig_monitor_new(p->j->scenarios, p->j->rules);

    rig_monitor_feed(m, p->b->bytes->data, n);
    rig_monitor_finish(m, outcome, "QEMU died.");
    return rig_monitor_take(m, 0);
}

START_TEST(cut_at_every_byte_is_never_a_pass)
{
    g_autoptr(Play) p = play_new(RIG_MSIX_AT_CONNECT);
    size_t boundary = leaking(p);

    b_start(p->j);
    for (size_t n = 0; n <= p->b->bytes->len; n++) {
        g_autoptr(RigScenarioResult) r = judge_part(p, n,
                                                    RIG_OUTCOME_QEMU_DIED);

        expect_verdict(r, n < boundary ? RIG_VERDICT_BROKEN
                                       : RIG_VERDICT_VIOLATION);
    }
}
END_TEST

START_TEST(clean_driver_cut_off_is_broken_until_its_last_cycle_is_over)
{
    g_autoptr(Play) p = play_new(RIG_MSIX_AT_CONNECT);
    size_t over;

    play_init(p);
    play_halt(p);
    play_remove(p);
    b_cycle_end(p->b, RIG_CYCLE_DONE, NULL);
    over = p->b->bytes->len;
    b_scenario_end(p->b);
    b_start(p->j);
    for (size_t n = 0; n <= p->b->bytes->len; n++) {
        g_autoptr(RigScenarioResult) r = judge_part(p, n, RIG_OUTCOME_OK);

        expect_verdict(r, n < over ? RIG_VERDICT_BROKEN : RIG_VERDICT_PASS);
    }
}
END_TEST

START_TEST(flipped_bits_are_survived)
{
    g_autoptr(Play) p = play_new(RIG_MSIX_AT_CONNECT);
    uint8_t *bytes;

    leaking(p);
    bytes = p->b->bytes->data;
    b_start(p->j);
    for (size_t bit = 0; bit < p->b->bytes->len * 8; bit += 7) {
        g_autoptr(RigScenarioResult) r = NULL;

        bytes[bit / 8] ^= 1u << bit % 8;
        r = judge_part(p, p->b->bytes->len, RIG_OUTCOME_OK);
        ck_assert_ptr_nonnull(r->sentence);
        bytes[bit / 8] ^= 1u << bit % 8;
    }
}
END_TEST

START_TEST(outcome_of_the_machine_is_the_reason)
{
    static const RigOutcome outcomes[] = {
        RIG_OUTCOME_GUEST_NEVER_BOOTED, RIG_OUTCOME_QEMU_DIED,
        RIG_OUTCOME_TIMEOUT, RIG_OUTCOME_START_FAILED,
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(outcomes); i++) {
        g_autoptr(Judged) j = b_judged(b_new_scenario("test", 0, 1000));
        RigStreamResult s;

        b_start(j);
        rig_monitor_finish(j->monitor, outcomes[i], "This is why.");
        j->result = rig_monitor_take(j->monitor, 0);
        rig_monitor_stream(j->monitor, &s);
        ck_assert_int_eq(s.outcome, outcomes[i]);
        expect_verdict(j->result, RIG_VERDICT_BROKEN);
        ck_assert_ptr_nonnull(strstr(j->result->sentence, "This is why."));
        ck_assert_uint_eq(j->result->cycles_by_verdict[RIG_VERDICT_BROKEN],
                          1000);
        ck_assert_uint_eq(j->result->cycles->len, 1);
    }
}
END_TEST

START_TEST(missing_cycles_and_scenarios_are_broken)
{
    g_autoptr(Play) p = play_new_repeated(_i, 3);
    g_autoptr(RigScenarioResult) second = NULL;

    g_ptr_array_add(p->j->scenarios, b_new_scenario("second", _i, 2));
    b_free(p->b);
    p->b = b_new(VECTORS);
    b_plan(p->b, 2);
    b_scenario(p->b, 1, "test");
    b_cycle(p->b, 1);
    play_init(p);
    play_halt(p);
    play_judge(p);
    second = rig_monitor_take(p->j->monitor, 1);
    expect_verdict(p->j->result, RIG_VERDICT_BROKEN);
    ck_assert_uint_eq(p->j->result->cycles_by_verdict[RIG_VERDICT_PASS], 1);
    ck_assert_uint_eq(p->j->result->cycles_by_verdict[RIG_VERDICT_BROKEN],
                      2);
    expect_verdict(second, RIG_VERDICT_BROKEN);
    ck_assert_uint_eq(second->cycles_by_verdict[RIG_VERDICT_BROKEN], 2);
}
END_TEST

/* --- long runs ----------------------------------------------------------- */

/* `repeat` cycles; those from `leak_from` to `leak_to` leak. */
static Play *many_cycles(unsigned repeat, unsigned leak_from,
                         unsigned leak_to)
{
    Play *p = play_new_repeated(RIG_MSIX_AT_CONNECT, repeat);

    for (unsigned n = 1; n <= repeat; n++) {
        b_cycle(p->b, n);
        play_init(p);
        if (n >= leak_from && n <= leak_to) {
            play_halt_begin(p);
            play_halt_end(p);
        } else {
            play_halt(p);
        }
        play_remove(p);
        if (n < repeat) {
            b_cycle_end(p->b, RIG_CYCLE_DONE, NULL);
        }
    }
    play_judge_end(p, RIG_CYCLE_DONE, NULL);
    return p;
}

START_TEST(thousand_passing_cycles_are_kept_as_one)
{
    g_autoptr(Play) p = many_cycles(1000, 0, 0);
    const RigScenarioResult *r = p->j->result;

    expect_verdict(r, RIG_VERDICT_PASS);
    ck_assert_uint_eq(r->cycles->len, 1);
    ck_assert_uint_eq(r->cycles_omitted, 999);
    ck_assert_ptr_nonnull(strstr(r->sentence, "Cycle 1 (all 1000 cycles pass): "));
}
END_TEST

START_TEST(thousand_leaks_are_counted_and_some_are_kept)
{
    g_autoptr(Play) p = many_cycles(1000, 1, 1000);
    const RigScenarioResult *r = p->j->result;
    unsigned timelines = 0;

    expect_verdict(r, RIG_VERDICT_VIOLATION);
    ck_assert_uint_eq(r->findings->len, RIG_FINDINGS_MAX);
    ck_assert_uint_eq(r->findings_omitted, 2000 - RIG_FINDINGS_MAX);
    ck_assert_uint_eq(r->cycles->len, RIG_CYCLES_MAX);
    ck_assert_uint_eq(r->cycles_by_verdict[RIG_VERDICT_VIOLATION], 1000);
    for (unsigned i = 0; i < r->cycles->len; i++) {
        timelines += ((RigCycleResult *)r->cycles->pdata[i])->timeline
                     != NULL;
    }
    ck_assert_uint_eq(timelines, RIG_TIMELINES_MAX);
}
END_TEST

START_TEST(one_leak_in_a_thousand_cycles_is_found)
{
    g_autoptr(Play) p = many_cycles(1000, 777, 777);
    const RigScenarioResult *r = p->j->result;

    expect_verdict(r, RIG_VERDICT_VIOLATION);
    ck_assert_ptr_nonnull(strstr(r->sentence, "Cycle 777 (1 of 1000 cycles "
                                 "violates the rule): MiniportHaltEx"));
    ck_assert_uint_eq(r->cycles->len, 2);
    ck_assert_ptr_nonnull(((RigCycleResult *)r->cycles->pdata[1])->timeline);
}
END_TEST

START_TEST(order_of_verdicts_is_worst_first)
{
    static const RigVerdict order[] = {
        RIG_VERDICT_VIOLATION, RIG_VERDICT_BROKEN, RIG_VERDICT_INCONCLUSIVE,
        RIG_VERDICT_SKIPPED, RIG_VERDICT_PASS,
    };

    for (unsigned a = 0; a < RIG_VERDICTS; a++) {
        for (unsigned b = a; b < RIG_VERDICTS; b++) {
            ck_assert_int_eq(rig_verdict_worse(order[a], order[b]),
                             order[a]);
            ck_assert_int_eq(rig_verdict_worse(order[b], order[a]),
                             order[a]);
        }
    }
}
END_TEST

START_TEST(progress_says_where_the_guest_is)
{
    g_autoptr(Play) p = play_new_repeated(_i, 5);
    RigProgress now;

    b_cycle(p->b, 1);
    play_init_begin(p);
    b_start(p->j);
    rig_monitor_progress(p->j->monitor, &now);
    ck_assert(!now.booted);
    rig_monitor_feed(p->j->monitor, p->b->bytes->data, p->b->bytes->len);
    rig_monitor_progress(p->j->monitor, &now);
    ck_assert(now.booted);
    ck_assert_str_eq(now.name, "test");
    ck_assert_str_eq(now.step, "init");
    ck_assert_uint_eq(now.cycle, 1);
    ck_assert_uint_eq(now.cycles, 5);
    ck_assert_uint_eq(now.events, p->b->seq);
    rig_monitor_finish(p->j->monitor, RIG_OUTCOME_TIMEOUT, "Too slow.");
}
END_TEST

START_TEST(hash_leaves_out_host_side_records)
{
    RigStreamResult one, two;
    g_autoptr(Play) a = play_new(_i), b = play_new(_i);
    struct rig_ev_run run = { 1, 9 };
    uint64_t ns = b->b->ns;

    b_record(b->b, RIG_EV_RUN, RIG_RECORD_HOST, &run, sizeof(run));
    b->b->ns = ns;
    play_init(a);
    play_init(b);
    play_halt(a);
    play_halt(b);
    play_judge(a);
    play_judge(b);
    rig_monitor_stream(a->j->monitor, &one);
    rig_monitor_stream(b->j->monitor, &two);
    ck_assert_str_eq(one.sha256, two.sha256);
    ck_assert_uint_eq(one.events + 1, two.events);
}
END_TEST

/* --- expectations and frames --------------------------------------------- */

START_TEST(expectation_wants_level_and_class_in_one_finding)
{
    g_autoptr(Play) p = play_new(_i);
    RigScenario *s = p->j->scenarios->pdata[0];
    const RigScenarioResult *r;

    play_init(p);
    play_halt_begin(p);
    play_halt_end(p);
    r = play_judge(p);
    ck_assert(!rig_scenario_result_as_expected(r));
    s->expect.verdict = RIG_VERDICT_VIOLATION;
    ck_assert(rig_scenario_result_as_expected(r));
    s->expect.level = g_strdup("strict");
    s->expect.class_code = g_strdup("0x08");
    ck_assert(rig_scenario_result_as_expected(r));
    g_free(s->expect.level);
    s->expect.level = g_strdup("contract");
    ck_assert(!rig_scenario_result_as_expected(r));
}
END_TEST

/* A clean cycle whose traffic step says this; then the capture says `f`. */
static const RigScenarioResult *with_frames(Play *p, uint64_t sent,
                                            uint64_t completed,
                                            uint64_t received,
                                            const RigFrames *f)
{
    struct rig_marker m = { .kind = RIG_MK_TRAFFIC,
                            .arg = { sent, completed, received, 0 } };

    play_init(p);
    b_marker(p->b, &m);
    play_halt(p);
    play_judge(p);
    rig_scenario_result_set_frames(p->j->result, f);
    return p->j->result;
}

START_TEST(frames_that_all_crossed_leave_the_verdict_alone)
{
    g_autoptr(Play) p = play_new(_i);
    RigFrames f = { .crossed = 64, .returned = 64, .bytes = 6400 };

    expect_verdict(with_frames(p, 64, 64, 64, &f), RIG_VERDICT_PASS);
}
END_TEST

START_TEST(completed_sends_that_never_crossed_are_inconclusive)
{
    g_autoptr(Play) p = play_new(_i);
    RigFrames f = { .crossed = 60, .returned = 60, .missing = 8 };
    const RigScenarioResult *r = with_frames(p, 64, 64, 60, &f);

    expect_verdict(r, RIG_VERDICT_INCONCLUSIVE);
    ck_assert_ptr_nonnull(b_finding(r, "traffic"));
    ck_assert_ptr_nonnull(strstr(r->sentence, "completed 64 sends"));
}
END_TEST

START_TEST(lost_or_damaged_frames_are_inconclusive)
{
    g_autoptr(Play) lost = play_new(_i), damaged = play_new(_i);
    RigFrames all = { .crossed = 64, .returned = 64 };
    RigFrames wrong = { .crossed = 63, .returned = 63, .wrong = 1 };

    expect_verdict(with_frames(lost, 64, 64, 50, &all),
                   RIG_VERDICT_INCONCLUSIVE);
    expect_verdict(with_frames(damaged, 64, 64, 63, &wrong),
                   RIG_VERDICT_INCONCLUSIVE);
}
END_TEST

START_TEST(capture_that_contradicts_the_guest_is_broken)
{
    g_autoptr(Play) p = play_new(_i), q = play_new(_i);
    RigFrames more = { .crossed = 65, .returned = 64 };
    RigFrames fewer = { .crossed = 64, .returned = 10 };

    expect_verdict(with_frames(p, 64, 64, 64, &more), RIG_VERDICT_BROKEN);
    expect_verdict(with_frames(q, 64, 64, 64, &fewer), RIG_VERDICT_BROKEN);
}
END_TEST

static TCase *cases(const char *name, const TTest *const *tests, size_t n)
{
    TCase *t = tcase_create(name);

    tcase_set_timeout(t, 120);
    for (size_t i = 0; i < n; i++) {
        tcase_add_loop_test(t, tests[i], 0, 2);
    }
    return t;
}

/* Check's test names are no constants: these lists cannot be static. */
static void add_lies(Suite *suite)
{
    const TTest *const tests[] = {
        end_of_a_call_that_is_not_open, calls_nested_without_end,
        thread_that_cannot_be, cycle_that_ends_inside_a_callback,
        plan_of_another_size, scenario_of_another_name_or_number,
        a_guest_that_gives_up_its_plan_says_why,
        nothing_follows_a_plan_that_was_given_up,
        cycles_out_of_order_or_too_many, markers_that_belong_nowhere,
        numbers_that_cannot_be,
        messages_given_to_the_driver_are_those_of_the_table,
        handles_that_cannot_be,
        too_many_steps_and_adapters, violation_before_the_lie_stands,
    };

    suite_add_tcase(suite, cases("lies", tests, G_N_ELEMENTS(tests)));
}

static void add_rest(Suite *suite)
{
    const TTest *const tests[] = {
        missing_cycles_and_scenarios_are_broken,
        progress_says_where_the_guest_is, hash_leaves_out_host_side_records,
        expectation_wants_level_and_class_in_one_finding,
        frames_that_all_crossed_leave_the_verdict_alone,
        completed_sends_that_never_crossed_are_inconclusive,
        lost_or_damaged_frames_are_inconclusive,
        capture_that_contradicts_the_guest_is_broken,
    };

    suite_add_tcase(suite, cases("rest", tests, G_N_ELEMENTS(tests)));
}

static void add_long(Suite *suite)
{
    TCase *t = tcase_create("stops and long runs");

    tcase_set_timeout(t, 120);
    tcase_add_test(t, cut_at_every_byte_is_never_a_pass);
    tcase_add_test(t,
                   clean_driver_cut_off_is_broken_until_its_last_cycle_is_over);
    tcase_add_test(t, flipped_bits_are_survived);
    tcase_add_test(t, outcome_of_the_machine_is_the_reason);
    tcase_add_test(t, thousand_passing_cycles_are_kept_as_one);
    tcase_add_test(t, thousand_leaks_are_counted_and_some_are_kept);
    tcase_add_test(t, one_leak_in_a_thousand_cycles_is_found);
    tcase_add_test(t, order_of_verdicts_is_worst_first);
    suite_add_tcase(suite, t);
}

int main(void)
{
    Suite *suite = suite_create("monitor");

    add_lies(suite);
    add_rest(suite);
    add_long(suite);
    return run_suite(suite);
}
