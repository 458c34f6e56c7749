/* SPDX-License-Identifier: GPL-2.0-or-later */
/* run.xml: always valid against result.rng, whatever the run was, and whole. */
#include <check.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include "cycle-builder.h"
#include "results.h"
#include "run-suite.h"

#define SHA \
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static char *dir, *path;

static void setup(void)
{
    dir = g_dir_make_tmp("rig-results-XXXXXX", NULL);
    ck_assert_ptr_nonnull(dir);
    path = g_build_filename(dir, "run.xml", NULL);
}

static void teardown(void)
{
    g_unlink(path);
    g_rmdir(dir);
    g_free(dir);
    g_free(path);
}

static RigRun *new_run(void)
{
    RigRun *run = rig_run_new();
    RigMachineResult *m;

    run->id = g_strdup("20261123-081500-4f2a");
    run->rig = g_strdup("0.1.0");
    run->command = g_strdup("rig run test.xml");
    run->started = g_date_time_new_utc(2026, 11, 23, 8, 15, 0);
    run->cpus = 2;
    rig_run_add_artifact(run, "vmlinuz", SHA);
    m = rig_run_add_machine(run);
    m->dir = g_strdup("vm-1");
    m->machine.nic = g_strdup("rig-nic");
    m->machine.vectors = VECTORS;
    m->machine.queues = 2;
    return run;
}

/* Write and validate; the text of the file. */
static char *written(const RigRun *run)
{
    g_autofree char *schema = b_home_file("results/result.rng");
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GError) error = NULL;
    char *text;

    ck_assert_msg(rig_results_write(run, dir, &error), "%s",
                  error ? error->message : "");
    ck_assert_msg(rig_results_validate(path, schema, problems), "%s",
                  problems->len ? (char *)problems->pdata[0] : "");
    ck_assert(g_file_get_contents(path, &text, NULL, NULL));
    return text;
}

/* Move the result of a play into the run. */
static void add_result(RigRun *run, Play *p)
{
    p->j->result->machine = 1;
    p->j->result->reproduce = g_strdup("rig run scenarios/test.xml");
    g_ptr_array_add(run->scenarios, g_steal_pointer(&p->j->result));
}

START_TEST(empty_run_is_valid)
{
    g_autoptr(RigRun) run = new_run();
    g_autofree char *text = written(run);

    ck_assert_ptr_nonnull(strstr(text, "complete=\"no\""));
    ck_assert_ptr_null(strstr(text, "finished="));
}
END_TEST

START_TEST(violation_is_valid_and_all_there)
{
    g_autoptr(RigRun) run = new_run();
    g_autoptr(Play) p = play_new(_i);
    g_autofree char *text = NULL;

    play_init(p);
    b_raised(p->b, 0, RIG_RAISED_SENT, 12);
    play_halt_begin(p);
    play_halt_end(p);
    play_judge(p);
    rig_machine_result_set_stream(run->machines->pdata[0], p->j->monitor);
    add_result(run, p);
    run->complete = TRUE;
    run->finished = g_date_time_new_utc(2026, 11, 23, 8, 15, 9);
    ((RigScenarioResult *)run->scenarios->pdata[0])->ms = 1234;
    text = written(run);
    ck_assert_ptr_nonnull(strstr(text, " ms=\"1234\""));
    ck_assert_ptr_nonnull(strstr(text, "verdict=\"violation\""));
    ck_assert_ptr_nonnull(strstr(text, "<proof event="));
    ck_assert_ptr_nonnull(strstr(text, "<timeline "));
    ck_assert_ptr_nonnull(strstr(text, "<mark finding=\"1\""));
    ck_assert_ptr_nonnull(strstr(text, "class=\"0x08\""));
    ck_assert_ptr_nonnull(strstr(text, "outcome=\"ok\""));
    ck_assert_ptr_nonnull(strstr(text, "finished=\"2026-11-23T08:15:09Z\""));
}
END_TEST

START_TEST(every_kind_of_end_is_valid)
{
    g_autoptr(GPtrArray) plays = g_ptr_array_new_with_free_func(
        (GDestroyNotify)play_free);
    g_autoptr(RigRun) run = new_run();

    for (unsigned end = RIG_CYCLE_DONE; end <= RIG_CYCLE_BROKEN; end++) {
        Play *p = play_new(_i);

        play_init(p);
        if (end != RIG_CYCLE_DONE) {
            play_halt_begin(p);
        }
        b_fault(p->b, "NdisAllocateMdl", 0, B_RESOURCES);
        play_judge_end(p, end, "the end");
        add_result(run, p);
        g_ptr_array_add(plays, p);
    }
    g_free(written(run));
}
END_TEST

START_TEST(cycles_that_never_came_are_valid)
{
    g_autoptr(RigRun) run = new_run();
    g_autoptr(Judged) j = b_judged(b_new_scenario("test", 0, 100));
    RigMachineResult *m = run->machines->pdata[0];
    g_autofree char *text = NULL;

    b_start(j);
    rig_monitor_finish(j->monitor, RIG_OUTCOME_GUEST_NEVER_BOOTED,
                       "No marker came within 30 s.");
    rig_machine_result_set_stream(m, j->monitor);
    g_ptr_array_add(run->scenarios, rig_monitor_take(j->monitor, 0));
    text = written(run);
    ck_assert_ptr_nonnull(strstr(text, "end=\"missing\""));
    ck_assert_ptr_nonnull(strstr(text, "<omitted cycles=\"99\"/>"));
    ck_assert_ptr_nonnull(strstr(text, "outcome=\"guest-never-booted\""));
    ck_assert_ptr_nonnull(strstr(text, "No marker came"));
}
END_TEST

START_TEST(skipped_scenario_and_frames_are_valid)
{
    g_autoptr(RigRun) run = new_run();
    RigScenario *s = b_new_scenario("test", 0, 1);
    RigScenarioResult *r = rig_scenario_result_new(
        s, 1, RIG_VERDICT_SKIPPED, "There is no KVM here.");
    RigFrames frames = { .crossed = 3, .file = "vm-1/net.pcap" };
    g_autofree char *text = NULL;

    rig_scenario_result_set_frames(r, &frames);
    g_ptr_array_add(run->scenarios, r);
    text = written(run);
    ck_assert_ptr_nonnull(strstr(text, "There is no KVM here."));
    ck_assert_ptr_nonnull(strstr(text, "file=\"vm-1/net.pcap\""));
    g_ptr_array_set_size(run->scenarios, 0);
    rig_scenario_free(s);
}
END_TEST

START_TEST(text_of_any_kind_becomes_valid_xml)
{
    g_autoptr(RigRun) run = new_run();
    g_autoptr(Play) p = play_new(0);
    RigScenario *s = p->j->scenarios->pdata[0];
    g_autofree char *text = NULL;

    g_free(s->title);
    s->title = g_strdup("a \001\033[1m \377\376 <b>&amp;]]> \"quoted\" title");
    b_step(p->b, "install");
    b_step_end(p->b, "install", RIG_STEP_REFUSED, 1,
               "<script>alert('&')</script>\007");
    play_judge(p);
    add_result(run, p);
    text = written(run);
    ck_assert_ptr_nonnull(strstr(text, "&lt;script&gt;"));
}
END_TEST

START_TEST(failed_write_leaves_the_old_file_alone)
{
    g_autoptr(RigRun) run = new_run();
    g_autofree char *before = written(run), *after = NULL;
    g_autofree char *blocked = g_strconcat(path, ".tmp", NULL);
    g_autoptr(GError) error = NULL;

    /* A directory in the way of the temporary file: even root fails. */
    ck_assert_int_eq(g_mkdir(blocked, 0755), 0);
    run->complete = TRUE;
    ck_assert(!rig_results_write(run, dir, &error));
    ck_assert_ptr_nonnull(error);
    ck_assert(g_file_get_contents(path, &after, NULL, NULL));
    ck_assert_str_eq(before, after);
    g_rmdir(blocked);
}
END_TEST

START_TEST(validation_finds_what_is_wrong_with_its_line)
{
    g_autofree char *schema = b_home_file("results/result.rng");
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *place = g_strconcat(path, ":1:", NULL);

    ck_assert(g_file_set_contents(path, "<run version='9'/>", -1, NULL));
    ck_assert(!rig_results_validate(path, schema, problems));
    ck_assert_uint_ge(problems->len, 1);
    ck_assert(g_str_has_prefix(problems->pdata[0], place));
    g_ptr_array_set_size(problems, 0);
    ck_assert(g_file_set_contents(path, "<run", -1, NULL));
    ck_assert(!rig_results_validate(path, schema, problems));
    ck_assert_uint_ge(problems->len, 1);
}
END_TEST

/* Seeded drivers and controls, each once with a leak and once without. */
static void add_four(RigRun *run, Play *plays[4])
{
    for (unsigned i = 0; i < 4; i++) {
        Play *p = plays[i] = play_new(RIG_MSIX_AT_CONNECT);
        RigScenario *s = p->j->scenarios->pdata[0];

        s->seed = i < 2 ? g_strdup("S06") : NULL;
        s->control = i < 2 ? NULL : g_strdup("C01");
        s->expect.verdict = i < 2 ? RIG_VERDICT_VIOLATION : RIG_VERDICT_PASS;
        play_init(p);
        play_halt_begin(p);
        if (i % 2) {
            play_deregister(p, HANDLE);
        }
        play_halt_end(p);
        play_judge(p);
        add_result(run, p);
    }
}

START_TEST(summary_counts_seeds_and_false_alarms)
{
    g_autoptr(RigRun) run = new_run();
    Play *plays[4];
    RigSummary sum;

    add_four(run, plays);
    rig_run_summary(run, &sum);
    ck_assert_uint_eq(sum.scenarios, 4);
    ck_assert_uint_eq(sum.verdict[RIG_VERDICT_PASS], 2);
    ck_assert_uint_eq(sum.verdict[RIG_VERDICT_VIOLATION], 2);
    ck_assert_uint_eq(sum.as_expected, 2);
    ck_assert_uint_eq(sum.seeded, 2);
    ck_assert_uint_eq(sum.seeded_found, 1);
    ck_assert_uint_eq(sum.controls, 2);
    ck_assert_uint_eq(sum.false_alarms, 1);
    for (unsigned i = 0; i < 4; i++) {
        play_free(plays[i]);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("results");
    TCase *t = tcase_create("results");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, empty_run_is_valid);
    tcase_add_loop_test(t, violation_is_valid_and_all_there, 0, 2);
    tcase_add_loop_test(t, every_kind_of_end_is_valid, 0, 2);
    tcase_add_test(t, cycles_that_never_came_are_valid);
    tcase_add_test(t, skipped_scenario_and_frames_are_valid);
    tcase_add_test(t, text_of_any_kind_becomes_valid_xml);
    tcase_add_test(t, failed_write_leaves_the_old_file_alone);
    tcase_add_test(t, validation_finds_what_is_wrong_with_its_line);
    tcase_add_test(t, summary_counts_seeds_and_false_alarms);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}
