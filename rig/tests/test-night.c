/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Units of schedule, night.xml, resumption, merge and retention. */
#include <check.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "merge.h"
#include "night.h"
#include "process-id.h"
#include "resume.h"
#include "retention.h"
#include "run-live.h"
#include "run-suite.h"
#include "schedule.h"
#include "tests/fixture.h"
#include "tree.h"

static Fixture *f;
static GPtrArray *problems;
static RigSuite *suite;
static char *schema;

#define DAY 86400

static void job_free(gpointer p)
{
    RigJob *j = p;

    g_free(j->id);
    g_ptr_array_unref(j->scenarios);
    g_free(j);
}

static void setup(void)
{
    const char *home = g_getenv("RIG_HOME");

    f = fixture_new();
    problems = g_ptr_array_new_with_free_func(g_free);
    f->paths.results = g_build_filename(home ? home : ".", "results", NULL);
    schema = g_build_filename(f->paths.results, "night.rng", NULL);
    suite = g_new0(RigSuite, 1);
    suite->file = g_strdup("suite.xml");
    suite->name = g_strdup("s");
    suite->sha256 = g_strnfill(64, 'a');
    suite->jobs = g_ptr_array_new_with_free_func(job_free);
}

static void teardown(void)
{
    rig_suite_free(suite);
    g_ptr_array_unref(problems);
    g_clear_pointer(&f->paths.results, g_free);
    fixture_free(f);
    g_free(schema);
}

static RigJob *add_job(uint64_t ms, int priority)
{
    RigJob *j = g_new0(RigJob, 1);
    RigScenario *s = rig_scenario_new();

    j->id = g_strdup_printf("j%03u", suite->jobs->len + 1);
    j->line = 1;
    j->shard = 1;
    j->limit_seconds = 60;
    j->weight_ms = j->expected_ms = ms;
    j->priority = priority;
    j->scenarios = g_ptr_array_new_with_free_func(
        (GDestroyNotify)rig_scenario_free);
    s->name = g_strdup_printf("sc-%s", j->id);
    s->file = g_strdup("one.xml");
    g_ptr_array_add(j->scenarios, s);
    g_ptr_array_add(suite->jobs, j);
    return j;
}

/* --- order and shards ------------------------------------------------- */

static gboolean always(const RigJob *job, void *opaque)
{
    (void)opaque;
    return job->shard != 0;
}

START_TEST(failed_first_then_new_then_longest)
{
    static const char *const order[] = { "j003", "j004", "j002", "j001" };

    add_job(100, RIG_THEN_OTHERS);
    add_job(900, RIG_THEN_OTHERS);
    add_job(5, RIG_FIRST_FAILED);
    add_job(50, RIG_THEN_LEFT_OUT);
    rig_schedule(suite->jobs);
    for (guint i = 0; i < G_N_ELEMENTS(order); i++) {
        ck_assert_str_eq(((RigJob *)suite->jobs->pdata[i])->id, order[i]);
    }
}
END_TEST

START_TEST(what_does_not_fit_makes_room_for_what_does)
{
    add_job(900, RIG_FIRST_FAILED);
    add_job(500, RIG_THEN_OTHERS);
    add_job(100, RIG_THEN_OTHERS);
    rig_schedule(suite->jobs);
    ck_assert_str_eq(rig_schedule_next(suite->jobs, 900, always, NULL)->id,
                     "j001");
    ck_assert_str_eq(rig_schedule_next(suite->jobs, 899, always, NULL)->id,
                     "j002");
    ck_assert_str_eq(rig_schedule_next(suite->jobs, 100, always, NULL)->id,
                     "j003");
    ck_assert_ptr_null(rig_schedule_next(suite->jobs, 99, always, NULL));
}
END_TEST

START_TEST(shards_are_equal_and_the_same_everywhere)
{
    unsigned shard[40];
    uint64_t load[3] = { 0 };

    for (unsigned i = 0; i < 40; i++) {
        add_job(100 + i * 7 % 31, RIG_THEN_OTHERS);
    }
    rig_shard(suite->jobs, 3);
    for (unsigned i = 0; i < 40; i++) {
        const RigJob *j = suite->jobs->pdata[i];

        shard[i] = j->shard;
        load[j->shard - 1] += j->weight_ms;
    }
    for (unsigned s = 0; s < 3; s++) { /* no further apart than one job */
        ck_assert(load[s] + 131 > load[(s + 1) % 3]);
    }
    for (unsigned i = 0; i < 40; i++) { /* another history, another order */
        RigJob *j = suite->jobs->pdata[i];

        j->expected_ms = 1 + i * 13 % 17;
        j->priority = i % 3;
    }
    rig_schedule(suite->jobs);
    rig_shard(suite->jobs, 3);
    for (unsigned i = 0; i < 40; i++) {
        const RigJob *j = suite->jobs->pdata[i];

        ck_assert_uint_eq(j->shard, shard[atoi(j->id + 1) - 1]);
    }
}
END_TEST

/* --- night.xml -------------------------------------------------------- */

static char *night_dir(const char *results, const char *id)
{
    char *dir = g_build_filename(results, RIG_NIGHTS, id, NULL);

    g_mkdir_with_parents(dir, 0755);
    return dir;
}

static void write_night(const RigNight *n, const char *results)
{
    g_autofree char *dir = night_dir(results, n->id);
    g_autoptr(GError) error = NULL;

    ck_assert_msg(rig_night_write(n, dir, &error), "%s",
                  error ? error->message : "");
}

static RigNight *read_night(const char *results, const char *id)
{
    g_autofree char *dir = night_dir(results, id);
    g_autoptr(GError) error = NULL;
    RigNight *n = rig_night_read(dir, schema, &error);

    ck_assert_msg(n != NULL, "%s", error ? error->message : "");
    return n;
}

START_TEST(a_night_is_read_as_it_was_written)
{
    g_autoptr(RigNight) n = NULL, back = NULL;
    RigNightJob *j;
    RigAttempt *a;

    add_job(100, 0);
    add_job(200, 0);
    n = rig_night_new(suite, "n1", "1/1");
    ((RigNightPart *)n->parts->pdata[0])->process = rig_process_self();
    j = n->jobs->pdata[0];
    a = rig_night_begin(j, 2);
    a->state = RIG_ATTEMPT_KILLED;
    a->status = 143;
    a->finished = g_date_time_new_now_utc();
    j->state = RIG_JOB_DONE;
    j = n->jobs->pdata[1];
    j->state = RIG_JOB_SKIPPED;
    j->reason = g_strdup("<no> \"time\" \x01");
    write_night(n, f->dir);
    back = read_night(f->dir, "n1");
    ck_assert_str_eq(back->suite, "s");
    ck_assert(!back->complete);
    ck_assert(rig_process_alive(
        &((RigNightPart *)back->parts->pdata[0])->process));
    j = rig_night_job(back, "j001");
    a = j->attempts->pdata[0];
    ck_assert_int_eq(a->state, RIG_ATTEMPT_KILLED);
    ck_assert_int_eq(a->status, 143);
    ck_assert_uint_eq(a->worker, 2);
    j = rig_night_job(back, "j002");
    ck_assert_str_eq(j->reason, "<no> \"time\" ?");
    ck_assert_str_eq(((RigNightScenario *)j->scenarios->pdata[0])->name,
                     "sc-j002");
}
END_TEST

START_TEST(a_night_that_is_no_night_is_refused)
{
    static const char *const texts[] = {
        "", "<night/>", "<night version='1' id='n1'", "<run/>",
    };
    g_autofree char *dir = night_dir(f->dir, "n1");
    g_autofree char *file = g_build_filename(dir, "night.xml", NULL);
    g_autoptr(RigNight) other = rig_night_new(suite, "n2", "1/1");
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) all = NULL;

    for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(GError) error = NULL;

        ck_assert(g_file_set_contents(file, texts[i], -1, NULL));
        ck_assert_ptr_null(rig_night_read(dir, schema, &error));
        ck_assert(strstr(error->message, "night.xml"));
    }
    ck_assert(rig_night_write(other, dir, NULL)); /* n2 in nights/n1 */
    ck_assert_ptr_null(rig_night_read(dir, schema, NULL));
    all = rig_nights_read(f->dir, schema, problems);
    ck_assert_uint_eq(all->len, 0);
    ck_assert_uint_eq(problems->len, 1);
    ck_assert(g_str_has_prefix(problems->pdata[0], file));
}
END_TEST

/* --- resuming --------------------------------------------------------- */

START_TEST(done_stays_done_and_interrupted_runs_again)
{
    g_autoptr(RigNight) n = NULL, back = NULL;
    RigNightJob *j;
    RigAttempt *a;

    add_job(1, 0);
    add_job(2, 0);
    add_job(3, 0);
    n = rig_night_new(suite, "n1", "1/1");
    j = n->jobs->pdata[0];
    a = rig_night_begin(j, 1);
    a->state = RIG_ATTEMPT_DONE;
    a->status = 1;
    j->state = RIG_JOB_DONE;
    rig_night_begin(n->jobs->pdata[1], 1); /* and then it was killed */
    write_night(n, f->dir);
    back = rig_resume(suite, f->dir, "1/1", NULL, &f->paths, NULL);
    ck_assert_ptr_nonnull(back);
    j = back->jobs->pdata[0];
    ck_assert_int_eq(j->state, RIG_JOB_DONE);
    ck_assert_int_eq(((RigAttempt *)j->attempts->pdata[0])->status, 1);
    j = back->jobs->pdata[1];
    ck_assert_int_eq(j->state, RIG_JOB_WAITING);
    ck_assert_uint_eq(j->attempts->len, 1);
    ck_assert_int_eq(((RigAttempt *)j->attempts->pdata[0])->state,
                     RIG_ATTEMPT_INTERRUPTED);
    rig_night_begin(j, 1);
    ck_assert_uint_eq(j->attempts->len, 2); /* both are kept */
}
END_TEST

START_TEST(only_the_same_unfinished_night_is_resumed)
{
    g_autoptr(RigNight) n = NULL, other = NULL, old = NULL;
    g_autoptr(GError) error = NULL;
    RigNightPart *p;

    add_job(1, 0);
    n = rig_night_new(suite, "n1", "1/1");
    p = n->parts->pdata[0];
    p->process = rig_process_self(); /* somebody works on it */
    write_night(n, f->dir);
    ck_assert_ptr_null(rig_resume(suite, f->dir, "1/1", NULL, &f->paths,
                                  NULL));
    p->process.start++;              /* a later process with that number */
    write_night(n, f->dir);
    ck_assert_ptr_null(rig_resume(suite, f->dir, "1/2", NULL, &f->paths,
                                  NULL));
    other = rig_resume(suite, f->dir, "1/1", NULL, &f->paths, NULL);
    ck_assert_ptr_nonnull(other);
    g_date_time_unref(n->started);
    n->started = g_date_time_new_from_unix_utc(1000);
    write_night(n, f->dir);          /* too old unless it is named */
    ck_assert_ptr_null(rig_resume(suite, f->dir, "1/1", NULL, &f->paths,
                                  NULL));
    old = rig_resume(suite, f->dir, "1/1", "n1", &f->paths, NULL);
    ck_assert_ptr_nonnull(old);
    memset(suite->sha256, 'b', 64);
    ck_assert_ptr_null(rig_resume(suite, f->dir, "1/1", "n1", &f->paths,
                                  &error));
    ck_assert(strstr(error->message, "changed"));
}
END_TEST

/* --- runs ------------------------------------------------------------- */

static char *in(const char *name)
{
    return g_build_filename(f->dir, name, NULL);
}

/* A run of @age days with that many verdicts as expected, of two. */
static void add_run(const char *results, const char *id, int age,
                    unsigned as_expected, const char *complete)
{
    g_autofree char *dir = g_build_filename(f->dir, results, "runs", id,
                                            NULL);
    g_autofree char *vm = g_build_filename(dir, "vm-1", NULL);
    g_autofree char *file = g_build_filename(dir, "run.xml", NULL);
    g_autofree char *stream = g_build_filename(vm, "events.bin", NULL);
    g_autofree char *bytes = g_malloc0(256 << 10);
    g_autoptr(GDateTime) t = g_date_time_new_from_unix_utc(
        (1000 - age) * (gint64)DAY);
    g_autofree char *time = g_date_time_format(t, "%Y-%m-%dT%H:%M:%SZ");
    g_autofree char *text = g_strdup_printf(
        "<run id='%s' started='%s' complete='%s'><environment/>"
        "<summary scenarios='2' as-expected='%u' pass='2'/></run>", id, time,
        complete, as_expected);

    g_mkdir_with_parents(vm, 0755);
    ck_assert(g_file_set_contents(file, text, -1, NULL));
    ck_assert(g_file_set_contents(stream, bytes, 256 << 10, NULL));
}

static gboolean there(const char *path)
{
    g_autofree char *full = in(path);

    return g_file_test(full, G_FILE_TEST_EXISTS);
}

static void apply(const RigRetention *r)
{
    g_autofree char *results = in("r");
    g_autoptr(GError) error = NULL;
    RigRemoved removed;

    ck_assert_msg(rig_retention_apply(r, results, NULL, 1000 * (gint64)DAY,
                                      &removed, NULL, &error), "%s",
                  error ? error->message : "");
}

static void some_runs(void)
{
    add_run("r", "fail-old", 90, 1, "yes");
    add_run("r", "pass-old", 80, 2, "yes");
    add_run("r", "cut-old", 70, 0, "no");
    add_run("r", "pass-new", 2, 2, "yes");
}

START_TEST(failing_runs_outlive_passing_ones)
{
    some_runs();
    apply(&(RigRetention) { .days = 30 });
    ck_assert(there("r/runs/fail-old") && there("r/runs/pass-new"));
    ck_assert(!there("r/runs/pass-old") && !there("r/runs/cut-old"));
    apply(&(RigRetention) { .failing_days = 30 });
    ck_assert(!there("r/runs/fail-old") && there("r/runs/pass-new"));
}
END_TEST

START_TEST(too_many_runs_cost_the_oldest_passing_ones)
{
    some_runs();
    apply(&(RigRetention) { .runs = 2 });
    ck_assert(there("r/runs/fail-old") && there("r/runs/pass-new"));
    ck_assert(!there("r/runs/pass-old") && !there("r/runs/cut-old"));
    apply(&(RigRetention) { .runs = 1 }); /* failing ones stay longest */
    ck_assert(there("r/runs/fail-old") && !there("r/runs/pass-new"));
}
END_TEST

START_TEST(the_disk_limit_costs_streams_before_verdicts)
{
    some_runs();
    apply(&(RigRetention) { .disk = 850 << 10 });
    ck_assert(there("r/runs/pass-old/run.xml") &&
              !there("r/runs/pass-old/vm-1"));
    ck_assert(there("r/runs/fail-old/vm-1"));
    ck_assert(there("r/runs/pass-new/vm-1"));
    apply(&(RigRetention) { .disk = 4096 });
    ck_assert(!there("r/runs/fail-old") && !there("r/runs/pass-new"));
}
END_TEST

START_TEST(a_run_in_progress_is_never_removed)
{
    RigRunLive live = { .process = rig_process_self() };
    g_autofree char *dir = in("r/runs/cut-old");

    some_runs();
    rig_run_live_write(&live, dir);
    apply(&(RigRetention) { .runs = 1, .days = 1, .disk = 4096 });
    ck_assert(there("r/runs/cut-old/vm-1"));
    ck_assert(!there("r/runs/pass-new") && !there("r/runs/fail-old"));
}
END_TEST

START_TEST(links_are_removed_and_not_followed)
{
    g_autofree char *link = in("r/runs/pass-old/vm-1/link");
    g_autofree char *target = in("precious");

    some_runs();
    g_mkdir(target, 0755);
    g_free(fixture_write(f, "precious/file", "x", -1));
    ck_assert_int_eq(symlink(target, link), 0);
    apply(&(RigRetention) { .days = 30 });
    ck_assert(!there("r/runs/pass-old") && there("precious/file"));
}
END_TEST

/* --- merging ---------------------------------------------------------- */

static gboolean merge(RigMerged *m)
{
    g_autofree char *into = in("into"), *a = in("a"), *b = in("b");
    char *from[] = { a, b, NULL };

    g_ptr_array_set_size(problems, 0);
    return rig_merge(into, from, schema, m, problems);
}

/* One shard of night "n" with its jobs done. */
static void add_shard(const char *results, const char *shard,
                      const char *host)
{
    g_autofree char *dir = in(results);
    g_autoptr(RigNight) n = rig_night_new(suite, "n", shard);
    RigNightPart *p = n->parts->pdata[0];

    g_free(p->host);
    p->host = g_strdup(host);
    p->finished = g_date_time_new_now_utc();
    n->finished = g_date_time_ref(p->finished);
    n->complete = TRUE;
    for (guint i = 0; i < n->jobs->len; i++) {
        RigNightJob *j = n->jobs->pdata[i];
        RigAttempt *a = rig_night_begin(j, 1);

        a->state = RIG_ATTEMPT_DONE;
        a->status = 0;
        j->state = RIG_JOB_DONE;
    }
    write_night(n, dir);
}

static void two_shards(void)
{
    for (int i = 0; i < 5; i++) {
        add_job(100 + i, 0);
    }
    rig_shard(suite->jobs, 2);
    add_run("a", "r1", 1, 2, "yes");
    add_run("b", "r2", 1, 2, "yes");
    add_shard("a", "1/2", "one");
    add_shard("b", "2/2", "two");
}

START_TEST(two_shards_become_one_night)
{
    g_autofree char *into = in("into");
    g_autoptr(RigNight) n = NULL;
    RigMerged m;

    two_shards();
    ck_assert(merge(&m));
    ck_assert_uint_eq(m.runs, 2);
    ck_assert(there("into/runs/r1/vm-1/events.bin") &&
              there("into/runs/r2/run.xml"));
    n = read_night(into, "n");
    ck_assert_uint_eq(n->parts->len, 2);
    ck_assert_uint_eq(n->jobs->len, 5);
    ck_assert_str_eq(((RigNightJob *)n->jobs->pdata[4])->id, "j005");
    ck_assert(n->complete);
    ck_assert(merge(&m)); /* again: nothing is left to do */
    ck_assert_uint_eq(m.runs + m.nights, 0);
    ck_assert_uint_eq(m.same_runs, 2);
}
END_TEST

START_TEST(a_contradiction_changes_nothing)
{
    RigMerged m;

    two_shards();
    add_run("b", "r1", 1, 1, "yes"); /* not the r1 of a */
    ck_assert(!merge(&m));
    ck_assert(strstr(problems->pdata[0], "runs/r1"));
    ck_assert(!there("into/runs") && !there("into/nights"));
}
END_TEST

START_TEST(a_shard_that_was_run_twice_is_a_contradiction)
{
    RigMerged m;

    two_shards();
    add_shard("b", "1/2", "two");
    ck_assert(!merge(&m));
    ck_assert(strstr(problems->pdata[0], "shard 1/2 twice"));
    memset(suite->sha256, 'c', 64);
    add_shard("b", "2/2", "two");
    ck_assert(!merge(&m));
    ck_assert(strstr(problems->pdata[0], "another suite"));
    ck_assert(!there("into/runs"));
}
END_TEST

START_TEST(what_was_interrupted_is_taken_when_it_is_complete)
{
    g_autofree char *file = in("into/runs/r1/run.xml");
    g_autofree char *text = NULL;
    RigMerged m;

    add_run("into", "r1", 1, 0, "no");
    add_run("a", "r1", 1, 2, "yes");
    add_run("b", "r1", 1, 0, "no");
    ck_assert(merge(&m));
    ck_assert(g_file_get_contents(file, &text, NULL, NULL));
    ck_assert(strstr(text, "complete='yes'"));
}
END_TEST

START_TEST(what_is_no_result_is_not_merged)
{
    g_autofree char *fifo = NULL;
    RigMerged m;

    add_run("a", "r1", 1, 2, "yes");
    ck_assert(!merge(&m)); /* b is not there */
    ck_assert(strstr(problems->pdata[0], "no results directory"));
    add_run("b", "r2", 1, 2, "yes");
    fifo = in("b/runs/r2/fifo");
    ck_assert_int_eq(symlink("/etc/passwd", fifo), 0);
    ck_assert(!merge(&m));
    ck_assert(!there("into/runs/r2"));
}
END_TEST

/* --- processes -------------------------------------------------------- */

START_TEST(a_process_is_not_taken_for_a_later_one)
{
    RigProcessId self = rig_process_self(), other = self;

    ck_assert(rig_process_alive(&self));
    other.start++;
    ck_assert(!rig_process_alive(&other));
    other = self;
    other.boot[0] ^= 1;
    ck_assert(!rig_process_alive(&other));
    other.pid = 0;
    ck_assert(!rig_process_alive(&other));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("night");
    TCase *t = tcase_create("night");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, failed_first_then_new_then_longest);
    tcase_add_test(t, what_does_not_fit_makes_room_for_what_does);
    tcase_add_test(t, shards_are_equal_and_the_same_everywhere);
    tcase_add_test(t, a_night_is_read_as_it_was_written);
    tcase_add_test(t, a_night_that_is_no_night_is_refused);
    tcase_add_test(t, done_stays_done_and_interrupted_runs_again);
    tcase_add_test(t, only_the_same_unfinished_night_is_resumed);
    tcase_add_test(t, failing_runs_outlive_passing_ones);
    tcase_add_test(t, too_many_runs_cost_the_oldest_passing_ones);
    tcase_add_test(t, the_disk_limit_costs_streams_before_verdicts);
    tcase_add_test(t, a_run_in_progress_is_never_removed);
    tcase_add_test(t, links_are_removed_and_not_followed);
    tcase_add_test(t, two_shards_become_one_night);
    tcase_add_test(t, a_contradiction_changes_nothing);
    tcase_add_test(t, a_shard_that_was_run_twice_is_a_contradiction);
    tcase_add_test(t, what_was_interrupted_is_taken_when_it_is_complete);
    tcase_add_test(t, what_is_no_result_is_not_merged);
    tcase_add_test(t, a_process_is_not_taken_for_a_later_one);
    suite_add_tcase(s, t);
    return run_suite(s);
}
