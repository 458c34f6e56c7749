/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sweeps on the host: what a scenario says of one, the plan that the guest
 * gets, and the fault map that the monitor makes of the guest's stream.
 */
#include <check.h>
#include <string.h>

#include "cycle-builder.h"
#include "fixture.h"
#include "plan.h"
#include "run-suite.h"
#include "scenario-sweep.h"
#include "sweep.h"

#define API "NdisMRegisterScatterGatherDma"
#define POINT "init:" API "#1"

/* --- the stream of a sweep ----------------------------------------------- */

static Play *sweep_new(unsigned k)
{
    Play *p = play_new_repeated(RIG_MSIX_AT_CONNECT, 1);
    RigScenario *s = p->j->scenarios->pdata[0];

    s->sweep = g_new0(RigSweep, 1);
    s->sweep->k = k;
    s->sweep->device_faults = g_new0(char *, 1);
    s->sweep->lives = g_new0(char *, 1);
    s->sweep->only = g_new0(char *, 1);
    return p;
}

static void announce(Play *p, unsigned cycle, enum rig_point kind,
                     const char *text, unsigned known)
{
    struct rig_marker m = {
        .kind = RIG_MK_CYCLE_PLAN,
        .object = kind == RIG_POINT_LIFE ? 0 : cycle,
        .status = kind == RIG_POINT_API ? B_RESOURCES : 0,
        .caller = 0x1234,
        .arg = { kind == RIG_POINT_LIFE ? 0 : 1, kind, known },
    };
    const char *name = kind == RIG_POINT_API ? API : "all-ones";

    g_strlcpy(m.name, name, sizeof(m.name));
    g_strlcpy(m.text, text, sizeof(m.text));
    p->b->cycle = cycle;
    b_marker(p->b, &m);
}

/* CYCLE_BEGIN with what the device looks like. */
static void begin(Play *p, unsigned cycle, uint64_t digest, const char *text)
{
    struct rig_marker m = { .kind = RIG_MK_CYCLE_BEGIN,
                            .arg = { 1, digest, 1 } };

    g_strlcpy(m.text, text, sizeof(m.text));
    p->b->cycle = cycle;
    p->b->calls = 0;
    p->b->depth = 0;
    b_marker(p->b, &m);
}

/* The rig takes the device back and resets it, as it is at the start. */
static void reset(Play *p)
{
    b_reset(p->b, RIG_RESET_FLR);
    b_state(p->b, p->b->command, VECTORS - 1, 0);
}

static void finish_cycle(Play *p)
{
    play_remove(p);
    reset(p);
    b_cycle_end(p->b, RIG_CYCLE_DONE, NULL);
}

static void clean_life(Play *p, unsigned cycle, unsigned known)
{
    reset(p);
    announce(p, cycle, RIG_POINT_LIFE, "life:planned", known);
    begin(p, cycle, 7, "");
    b_mark(p->b, RIG_MK_FAULT_POINT, API, 0, 1, NULL);
    play_init(p);
    play_halt(p);
    finish_cycle(p);
}

/* Init in which the call fails; the interrupt is given back, or not. */
static void failing_init(Play *p, gboolean give_back)
{
    play_init_begin(p);
    play_register(p, HANDLE);
    b_fault(p->b, API, 1, B_RESOURCES);
    if (give_back) {
        play_deregister(p, HANDLE);
    }
    play_init_end(p, B_RESOURCES);
    finish_cycle(p);
}

static const RigSweepResult *judge(Play *p)
{
    b_scenario_end(p->b);
    b_mark(p->b, RIG_MK_PLAN_END, NULL, 0, 0, NULL);
    b_end(p->b);
    b_judge(p->j, p->b);
    ck_assert_ptr_nonnull(p->j->result->sweep);
    return p->j->result->sweep;
}

static const RigSweepPoint *point(const RigSweepResult *r, const char *text)
{
    return g_hash_table_lookup(r->by_text, text);
}

START_TEST(each_cycle_has_an_outcome)
{
    g_autoptr(Play) p = sweep_new(1);
    const RigSweepResult *r;

    clean_life(p, 1, 1);
    announce(p, 2, RIG_POINT_API, POINT, 3);
    begin(p, 2, 7, "");
    failing_init(p, TRUE);
    announce(p, 3, RIG_POINT_API, "init:" API "#2", 3);
    begin(p, 3, 7, "");
    play_init_begin(p);
    b_fault(p->b, API, 1, B_RESOURCES);
    play_register(p, HANDLE);
    play_init_end(p, 0);
    play_halt(p);
    finish_cycle(p);
    r = judge(p);
    ck_assert_uint_eq(r->reached, 1);
    ck_assert_uint_eq(r->known, 3);
    ck_assert_uint_eq(r->cycles, 3);
    ck_assert_uint_eq(r->count[0][RIG_SWEEP_SUCCESS], 1);
    ck_assert_uint_eq(r->count[1][RIG_SWEEP_CLEAN_FAILURE], 1);
    ck_assert_uint_eq(r->count[1][RIG_SWEEP_SUCCESS], 1);
    ck_assert_uint_eq(rig_sweep_findings(r), 0);
    ck_assert_uint_eq(point(r, POINT)->trial.cycle, 2);
    expect_verdict(p->j->result, RIG_VERDICT_PASS);
}
END_TEST

START_TEST(a_violation_has_its_class_and_command)
{
    g_autoptr(Play) p = sweep_new(1);
    g_autofree char *command = NULL;
    const RigSweepResult *r;
    const RigSweepPoint *found;

    clean_life(p, 1, 1);
    announce(p, 2, RIG_POINT_API, POINT, 2);
    begin(p, 2, 7, "");
    failing_init(p, FALSE);
    r = judge(p);
    found = point(r, POINT);
    ck_assert_int_eq(found->trial.outcome, RIG_SWEEP_VIOLATION);
    ck_assert_str_eq(found->trial.class_code, "0x0B");
    ck_assert_str_eq(found->trial.level, "strict");
    ck_assert_str_eq(found->trial.id, "not-released");
    ck_assert_ptr_nonnull(strstr(found->trial.sentence, "still registered"));
    ck_assert_uint_eq(rig_sweep_findings(r), 1);
    command = rig_sweep_command(r, &found->fault, NULL);
    ck_assert_str_eq(command, "rig sweep --only '" POINT "'");
    expect_verdict(p->j->result, RIG_VERDICT_VIOLATION);
}
END_TEST

START_TEST(a_driver_entry_that_fails_is_clean)
{
    g_autoptr(Play) p = sweep_new(1);
    const RigSweepResult *r;

    clean_life(p, 1, 1);
    announce(p, 2, RIG_POINT_API, "install:" API "#1", 2);
    begin(p, 2, 7, "");
    b_step(p->b, "install");
    b_enter(p->b, "DriverEntry");
    b_fault(p->b, API, 1, B_RESOURCES);
    b_leave(p->b, B_RESOURCES);
    b_step_end(p->b, "install", RIG_STEP_DONE, B_RESOURCES, NULL);
    finish_cycle(p);
    r = judge(p);
    ck_assert_int_eq(point(r, "install:" API "#1")->trial.outcome,
                     RIG_SWEEP_CLEAN_FAILURE);
    expect_verdict(p->j->result, RIG_VERDICT_PASS);
}
END_TEST

START_TEST(a_fault_that_did_not_happen_is_not_reached)
{
    g_autoptr(Play) p = sweep_new(1);
    const RigSweepResult *r;

    clean_life(p, 1, 1);
    announce(p, 2, RIG_POINT_API, POINT, 2);
    begin(p, 2, 7, "");
    play_init(p);
    play_halt(p);
    finish_cycle(p);
    r = judge(p);
    ck_assert_int_eq(point(r, POINT)->trial.outcome, RIG_SWEEP_NOT_REACHED);
    ck_assert_uint_eq(rig_sweep_untried(r), 1);
    ck_assert_uint_eq(rig_sweep_findings(r), 0);
    expect_verdict(p->j->result, RIG_VERDICT_PASS);
}
END_TEST

START_TEST(a_point_asked_for_has_to_be_reached)
{
    g_autoptr(Play) p = sweep_new(1);
    RigScenario *s = p->j->scenarios->pdata[0];

    g_strfreev(s->sweep->only);
    s->sweep->only = g_strsplit(POINT, ";", -1);
    clean_life(p, 1, 1);
    judge(p);
    expect_verdict(p->j->result, RIG_VERDICT_INCONCLUSIVE);
}
END_TEST

/* A crash with nothing registered breaks no rule, but it is a crash. */
START_TEST(a_crash_and_a_loss_in_cleanup_are_told_apart)
{
    g_autoptr(Play) p = sweep_new(1);
    const RigSweepResult *r;

    clean_life(p, 1, 1);
    for (unsigned cycle = 2; cycle <= 3; cycle++) {
        announce(p, cycle, RIG_POINT_API,
                 cycle == 2 ? POINT : "init.2:" API "#1", 3);
        begin(p, cycle, 7, "");
        play_init_begin(p);
        if (cycle == 3) {
            play_register(p, HANDLE);
        }
        b_fault(p->b, API, 1, B_RESOURCES);
        b_mark(p->b, RIG_MK_CRASH, NULL, 11, 0, "");
        b_disarm(p->b);
        reset(p);
        b_quiesced(p->b);
        b_cycle_end(p->b, RIG_CYCLE_CRASH, "the driver crashed");
    }
    r = judge(p);
    ck_assert_int_eq(point(r, POINT)->trial.outcome, RIG_SWEEP_CRASH);
    ck_assert_int_eq(point(r, "init.2:" API "#1")->trial.outcome,
                     RIG_SWEEP_LOST);
}
END_TEST

static void pair(Play *p, unsigned cycle, const char *first,
                 const char *second, gboolean give_back)
{
    const struct rig_ev_fault struck = { .name = "all-ones" };

    announce(p, cycle, RIG_POINT_API, first, 4);
    announce(p, cycle, RIG_POINT_DEVICE, second, 4);
    begin(p, cycle, 7, "");
    b_record(p->b, RIG_EV_FAULT, 0, &struck, sizeof(struck));
    failing_init(p, give_back);
}

START_TEST(what_takes_two_faults_is_said_to)
{
    g_autoptr(Play) p = sweep_new(2);
    const RigSweepResult *r;
    const RigSweepPair *found;

    clean_life(p, 1, 1);
    announce(p, 2, RIG_POINT_API, POINT, 4);
    begin(p, 2, 7, "");
    failing_init(p, TRUE);
    pair(p, 3, POINT, "device:all-ones@3", FALSE);
    r = judge(p);
    ck_assert_uint_eq(r->pairs->len, 1);
    ck_assert_uint_eq(r->pairs_explained, 0);
    found = r->pairs->pdata[0];
    ck_assert_str_eq(found->second.text, "device:all-ones@3");
    ck_assert_str_eq(found->trial.class_code, "0x0B");
    ck_assert_uint_eq(point(r, POINT)->pairs[RIG_SWEEP_VIOLATION], 1);
    ck_assert_uint_eq(rig_sweep_findings(r), 1);
    ck_assert_uint_eq(rig_sweep_untried(r), 1); /* 4 were announced */
}
END_TEST

START_TEST(what_one_of_two_faults_does_alone_is_no_pair)
{
    g_autoptr(Play) p = sweep_new(2);
    const RigSweepResult *r;

    clean_life(p, 1, 1);
    announce(p, 2, RIG_POINT_API, POINT, 4);
    begin(p, 2, 7, "");
    failing_init(p, FALSE);
    pair(p, 3, POINT, "device:all-ones@3", FALSE);
    r = judge(p);
    ck_assert_uint_eq(r->pairs->len, 0);
    ck_assert_uint_eq(r->pairs_explained, 1);
    ck_assert_uint_eq(rig_sweep_findings(r), 1);
}
END_TEST

static const struct {
    uint64_t digest;
    const char *text, *reason;
} starts[] = {
    { 8, "register 0x0108 reads 0x00000001, was 0x00000000",
      "register 0x0108 reads" },
    { 8, "", "registers read otherwise" },
};

START_TEST(a_device_that_starts_otherwise_breaks_the_cycle)
{
    g_autoptr(Play) p = sweep_new(1);
    const RigSweepPoint *found;

    clean_life(p, 1, 1);
    announce(p, 2, RIG_POINT_API, POINT, 2);
    begin(p, 2, starts[_i].digest, starts[_i].text);
    failing_init(p, TRUE);
    found = point(judge(p), POINT);
    ck_assert_int_eq(found->trial.outcome, RIG_SWEEP_BROKEN);
    ck_assert_ptr_nonnull(strstr(found->trial.sentence, starts[_i].reason));
    expect_verdict(p->j->result, RIG_VERDICT_BROKEN);
}
END_TEST

/* The guest says that all is the same; the tap knows better. */
START_TEST(vectors_left_programmed_break_the_next_cycle)
{
    g_autoptr(Play) p = sweep_new(1);
    const RigSweepPoint *found;

    clean_life(p, 1, 1);
    b_table(p->b, 0, 0, 0xfee00000);
    announce(p, 2, RIG_POINT_API, POINT, 2);
    begin(p, 2, 7, "");
    failing_init(p, TRUE);
    found = point(judge(p), POINT);
    ck_assert_int_eq(found->trial.outcome, RIG_SWEEP_BROKEN);
    ck_assert_ptr_nonnull(strstr(found->trial.sentence, "shadow"));
}
END_TEST

/* --- guests that lie ----------------------------------------------------- */

static void expect_invalid(Play *p, const char *part)
{
    RigStreamResult s;

    b_judge(p->j, p->b);
    rig_monitor_stream(p->j->monitor, &s);
    ck_assert_int_eq(s.outcome, RIG_OUTCOME_STREAM_INVALID);
    ck_assert_msg(strstr(s.detail, part), "\"%s\" lacks \"%s\"", s.detail,
                  part);
}

START_TEST(impossible_announcements_are_refused)
{
    g_autoptr(Play) plain = play_new_repeated(RIG_MSIX_AT_CONNECT, 1);
    g_autoptr(Play) late = sweep_new(1), many = sweep_new(1);
    g_autoptr(Play) odd = sweep_new(1), quote = sweep_new(1);

    announce(plain, 1, RIG_POINT_API, POINT, 1);
    expect_invalid(plain, "no sweep is open");
    announce(late, 2, RIG_POINT_API, POINT, 2);
    expect_invalid(late, "not the next one");
    for (unsigned i = 0; i < 3; i++) {
        announce(many, 1, RIG_POINT_API, POINT, 1);
    }
    expect_invalid(many, "one fault too many");
    announce(odd, 1, 9, POINT, 1);
    expect_invalid(odd, "what cannot be");
    announce(quote, 1, RIG_POINT_API, "a'; rm b; '", 1);
    expect_invalid(quote, "what cannot be");
}
END_TEST

/* Cycles that were announced and never came are broken, not passed. */
START_TEST(a_stream_that_stops_leaves_broken_cycles)
{
    g_autoptr(Play) p = sweep_new(1);

    clean_life(p, 1, 5);
    b_end(p->b);
    b_judge(p->j, p->b);
    expect_verdict(p->j->result, RIG_VERDICT_BROKEN);
    ck_assert_uint_eq(p->j->result->cycles_by_verdict[RIG_VERDICT_BROKEN], 4);
}
END_TEST

START_TEST(progress_knows_how_many_cycles_there_are)
{
    g_autoptr(Play) p = sweep_new(1);
    RigProgress progress;

    clean_life(p, 1, 1);
    announce(p, 2, RIG_POINT_API, POINT, 41);
    begin(p, 2, 7, "");
    b_start(p->j);
    rig_monitor_feed(p->j->monitor, p->b->bytes->data, p->b->bytes->len);
    rig_monitor_progress(p->j->monitor, &progress);
    ck_assert_uint_eq(progress.cycle, 2);
    ck_assert_uint_eq(progress.cycles, 41);
}
END_TEST

/* --- what a scenario says ------------------------------------------------ */

#define HEAD "<scenario name='test'><title>A test</title>" \
             "<driver sys='good.sys' inf='good.inf'/>" \
             "<rule name='Init_DeRegisterInterrupt'/>"

static RigScenario *load(Fixture *f, const char *rest, GPtrArray *problems)
{
    g_autofree char *text = g_strconcat(HEAD, rest, "</scenario>", NULL);
    g_autofree char *path = fixture_write(f, "test.xml", text, -1);

    return rig_scenario_load(path, &f->paths, problems);
}

START_TEST(a_sweep_is_read_and_planned)
{
    Fixture *f = fixture_new();
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(RigScenario) s = load(f, "<sweep k='2' status='0xC0000001' "
        "device-faults='all-ones, slow-reset:200000' lives='power reset' "
        "occasions='5' per-site='3' limit='9' "
        "only='power,power.2:NdisA#1; init:NdisB#2+init:NdisC#1'/>",
        problems);
    g_autoptr(GPtrArray) all = g_ptr_array_new();
    g_autofree char *ini = NULL;

    ck_assert_msg(s != NULL, "%s", (char *)problems->pdata[0]);
    ck_assert_uint_eq(s->cycles->len, 1);
    ck_assert_uint_eq(((RigCycle *)s->cycles->pdata[0])->steps->len, 6);
    ck_assert_uint_eq(rig_scenario_cycle_count(s), 1);
    ck_assert_ptr_eq(rig_scenario_cycle(s, 100), s->cycles->pdata[0]);
    g_ptr_array_add(all, s);
    ini = rig_plan_ini(all, NULL);
    ck_assert_ptr_nonnull(strstr(ini,
        "[scenario 1 sweep]\nk=2\nstatus=0xC0000001\noccasions=5\n"
        "per-site=3\nlimit=9\ndevice-faults=all-ones;slow-reset:200000\n"
        "lives=power;reset\n"
        "only=power,power.2:NdisA#1;init:NdisB#2+init:NdisC#1\n"));
    fixture_free(f);
}
END_TEST

START_TEST(a_sweep_that_says_nothing_tries_all)
{
    Fixture *f = fixture_new();
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(RigScenario) s = load(f, "<sweep/>", problems);

    ck_assert_msg(s != NULL, "%s", (char *)problems->pdata[0]);
    ck_assert_uint_eq(s->sweep->k, 1);
    ck_assert_uint_eq(s->sweep->per_site, 0);
    ck_assert_uint_eq(s->sweep->status, 0xC000009Au);
    ck_assert_uint_eq(g_strv_length(s->sweep->lives), 7);
    ck_assert(g_strv_contains((const char *const *)s->sweep->device_faults,
                              "all-ones"));
    ck_assert(!g_strv_contains((const char *const *)s->sweep->device_faults,
                               "stuck-bit"));
    ck_assert(!g_strv_contains((const char *const *)s->sweep->device_faults,
                               "no-msix"));
    fixture_free(f);
}
END_TEST

static const struct {
    const char *rest, *problem;
} bad[] = {
    { "<sweep k='3'/>", "k" },
    { "<sweep device-faults='nonsense'/>", "no device fault is named" },
    { "<sweep device-faults='stuck-bit'/>", "stuck-bit takes" },
    { "<sweep device-faults='all-ones:9'/>", "all-ones takes" },
    { "<sweep lives='flying'/>", "no life is named \"flying\"" },
    { "<sweep only='nonsense'/>", "is no point of a sweep" },
    { "<sweep only='init:A#1+init:B#1'/>", "k is to be 2" },
    { "<cycle repeat='2'><install/><init/><halt/></cycle><sweep/>",
      "without repeat" },
};

START_TEST(bad_sweeps_are_refused)
{
    Fixture *f = fixture_new();
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);

    ck_assert_ptr_null(load(f, bad[_i].rest, problems));
    ck_assert_uint_gt(problems->len, 0);
    ck_assert_msg(strstr(problems->pdata[0], bad[_i].problem) != NULL, "%s",
                  (char *)problems->pdata[0]);
    fixture_free(f);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("sweep");
    TCase *t = tcase_create("sweep");

    tcase_add_test(t, each_cycle_has_an_outcome);
    tcase_add_test(t, a_violation_has_its_class_and_command);
    tcase_add_test(t, a_driver_entry_that_fails_is_clean);
    tcase_add_test(t, a_fault_that_did_not_happen_is_not_reached);
    tcase_add_test(t, a_point_asked_for_has_to_be_reached);
    tcase_add_test(t, a_crash_and_a_loss_in_cleanup_are_told_apart);
    tcase_add_test(t, what_takes_two_faults_is_said_to);
    tcase_add_test(t, what_one_of_two_faults_does_alone_is_no_pair);
    tcase_add_loop_test(t, a_device_that_starts_otherwise_breaks_the_cycle, 0,
                        G_N_ELEMENTS(starts));
    tcase_add_test(t, vectors_left_programmed_break_the_next_cycle);
    tcase_add_test(t, impossible_announcements_are_refused);
    tcase_add_test(t, a_stream_that_stops_leaves_broken_cycles);
    tcase_add_test(t, progress_knows_how_many_cycles_there_are);
    tcase_add_test(t, a_sweep_is_read_and_planned);
    tcase_add_test(t, a_sweep_that_says_nothing_tries_all);
    tcase_add_loop_test(t, bad_sweeps_are_refused, 0, G_N_ELEMENTS(bad));
    suite_add_tcase(s, t);
    return run_suite(s);
}
