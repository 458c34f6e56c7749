/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Units of history.c, history-read.c and history-key.c. */
#include <check.h>
#include <glib/gstdio.h>
#include <string.h>

#include "history.h"
#include "run-suite.h"
#include "tests/fixture.h"

static Fixture *f;

static void setup(void)
{
    f = fixture_new();
}

static void teardown(void)
{
    fixture_free(f);
}

static RigHistory *history(void)
{
    g_autoptr(GError) error = NULL;
    RigHistory *h = rig_history_open(f->dir, &error);

    ck_assert_msg(h, "%s", error ? error->message : "");
    return h;
}

static void add(RigHistory *h, const char *run, unsigned machine,
                const char *inputs, const char *stream)
{
    const RigHistoryEntry e = { (char *)run, machine, (char *)inputs,
                                (char *)stream, 1234 };

    ck_assert(rig_history_add(h, &e, NULL));
}

static void newest_is(RigHistory *h, const char *inputs, const char *not_run,
                      const char *run)
{
    g_autoptr(RigHistoryEntry) e = rig_history_newest(h, inputs, not_run);

    if (run) {
        ck_assert_ptr_nonnull(e);
        ck_assert_str_eq(e->run, run);
    } else {
        ck_assert_ptr_null(e);
    }
}

START_TEST(newest_run_of_the_same_inputs_is_found)
{
    g_autoptr(RigHistory) h = history();

    newest_is(h, "in", NULL, NULL);
    add(h, "20260102-a", 1, "in", "s2");
    add(h, "20260103-b", 1, "other", "s3");
    add(h, "20260101-c", 1, "in", "s1");
    newest_is(h, "in", NULL, "20260102-a");
    newest_is(h, "in", "20260102-a", "20260101-c");
    newest_is(h, "none", NULL, NULL);
}
END_TEST

START_TEST(entries_survive_closing)
{
    g_autoptr(RigHistoryEntry) e = NULL;
    RigHistory *h = history();

    add(h, "r", 3, "in", "stream");
    rig_history_close(h);
    h = history();
    e = rig_history_newest(h, "in", NULL);
    ck_assert_ptr_nonnull(e);
    ck_assert_uint_eq(e->machine, 3);
    ck_assert_str_eq(e->stream, "stream");
    ck_assert_uint_eq(e->total_ms, 1234);
    rig_history_close(h);
}
END_TEST

static void write_run(const char *id, const char *xml)
{
    g_autofree char *dir = g_build_filename(f->dir, "runs", id, NULL);
    g_autofree char *file = g_build_filename(dir, "run.xml", NULL);

    ck_assert_int_eq(g_mkdir_with_parents(dir, 0755), 0);
    ck_assert(g_file_set_contents(file, xml, -1, NULL));
}

static void write_runs(void)
{
    write_run("20260101-a",
              "<run><machine number='1' inputs='in' stream='s1' ended='yes'"
              " total-ms='2500'/><machine number='2' inputs='cut'"
              " stream='s9' ended='no'/></run>");
    write_run("20260102-b", "<run><machine number='1' inp");
    write_run("20260103-c", "<run><scenario><machine number='1'"
              " inputs='deep' stream='s' ended='yes'/></scenario></run>");
    g_free(fixture_write(f, "stray", "", 0));
}

static void check_rebuilt(void)
{
    g_autoptr(RigHistory) h = history();
    g_autoptr(RigHistoryEntry) e = rig_history_newest(h, "in", NULL);

    ck_assert_ptr_nonnull(e);
    ck_assert_str_eq(e->run, "20260101-a");
    ck_assert_str_eq(e->stream, "s1");
    ck_assert_uint_eq(e->total_ms, 2500);
    newest_is(h, "cut", NULL, NULL);
    newest_is(h, "deep", NULL, NULL);
}

START_TEST(missing_file_is_built_again_from_the_runs)
{
    write_runs();
    check_rebuilt();
}
END_TEST

START_TEST(damaged_file_is_built_again_from_the_runs)
{
    write_runs();
    g_free(fixture_write(f, "history.db", "this is no database at all, but "
                         "long enough to be taken for one by its size", -1));
    check_rebuilt();
}
END_TEST

/* --- scenarios ------------------------------------------------------------ */

#define MACHINE "<machine number='1' nic='igb' boot-ms='1000'" \
    " total-ms='3000'/>"
#define PASS "verdict='pass' as-expected='yes'"

static void write_two(void)
{
    write_run("20260101-a", "<run complete='yes'>" MACHINE
              "<scenario name='a' key='a@igb' number='1' machine='1' " PASS ">"
              "<cycle ns-from='0' ns-to='1000'/>"
              "<cycle ns-from='1000' ns-to='3000'/></scenario>"
              "<scenario name='b' key='b@igb' number='2' machine='1' " PASS ">"
              "<cycle ns-from='3000' ns-to='4000'/></scenario></run>");
    write_run("20260102-b", "<run complete='no'>"
              "<scenario name='a' key='a@igb' number='1' verdict='violation'"
              " as-expected='no'/><scenario name='b' key='b@igb' number='2'"
              " verdict='skipped' as-expected='no'/></run>");
    write_run("20260103-c", "<run complete='no'>"
              "<scenario name='a' key='a@igb' number='1' verdict='broken'"
              " as-expected='no'/></run>");
}

START_TEST(duration_is_the_share_of_the_machine_and_its_boot)
{
    g_autoptr(RigHistory) h = NULL;

    write_two();
    h = history();
    ck_assert_uint_eq(rig_history_expected_ms(h, "a@igb"), 1000 + 2000 / 4 * 3);
    ck_assert_uint_eq(rig_history_expected_ms(h, "b@igb"), 1000 + 2000 / 4);
    ck_assert_uint_eq(rig_history_expected_ms(h, "c@igb"), 0);
}
END_TEST

START_TEST(duration_is_the_own_time_where_the_run_says_it)
{
    g_autoptr(RigHistory) h = NULL;

    write_run("20260101-a", "<run complete='yes'>" MACHINE
              "<scenario name='a' key='a@igb' number='1' machine='1' ms='70' "
              PASS "><cycle ns-from='0' ns-to='3000'/></scenario>"
              "<scenario name='b' key='b@igb' number='2' machine='1' ms='1900' "
              PASS "><cycle ns-from='3000' ns-to='4000'/></scenario></run>");
    h = history();
    ck_assert_uint_eq(rig_history_expected_ms(h, "a@igb"), 1000 + 70);
    ck_assert_uint_eq(rig_history_expected_ms(h, "b@igb"), 1000 + 1900);
}
END_TEST

START_TEST(last_verdict_is_the_newest_that_was_neither_skipped_nor_stopped)
{
    g_autoptr(RigHistory) h = NULL;
    gboolean as_expected;
    RigVerdict v;

    write_two();
    h = history();
    ck_assert(rig_history_last_verdict(h, "a@igb", &v, &as_expected));
    ck_assert_int_eq(v, RIG_VERDICT_VIOLATION);
    ck_assert(!as_expected);
    ck_assert(rig_history_last_verdict(h, "b@igb", &v, &as_expected));
    ck_assert_int_eq(v, RIG_VERDICT_PASS);
    ck_assert(as_expected);
    ck_assert(!rig_history_last_verdict(h, "c@igb", &v, NULL));
}
END_TEST

START_TEST(runs_that_change_or_go_are_noticed_without_a_rebuild)
{
    g_autofree char *dir = g_build_filename(f->dir, "runs", "20260101-a",
                                            NULL);
    g_autofree char *file = g_build_filename(dir, "run.xml", NULL);
    g_autoptr(RigHistory) h = NULL;
    RigVerdict v;

    write_two();
    h = history();
    write_run("20260102-b", "<run complete='yes'><scenario name='a'"
              " key='a@igb' number='1' verdict='broken' as-expected='no'/>"
              "</run>");
    ck_assert(rig_history_refresh(h, NULL));
    ck_assert(rig_history_last_verdict(h, "a@igb", &v, NULL));
    ck_assert_int_eq(v, RIG_VERDICT_BROKEN);
    g_unlink(file);
    ck_assert(rig_history_refresh(h, NULL));
    ck_assert(!rig_history_last_verdict(h, "b@igb", &v, NULL));
}
END_TEST

START_TEST(key_has_the_name_and_the_machine)
{
    static const struct {
        RigMachine machine;
        char *linux_driver;
        const char *key;
    } t[] = {
        { { .nic = (char *)"rig-nic", .vectors = 4, .queues = 2 }, NULL,
          "s@rig-nic,v4,q2,at-connect" },
        { { .nic = (char *)"igb", .guard_pages = TRUE,
            .profile = RIG_MSIX_AT_START }, NULL,
          "s@igb,at-start,guard-pages" },
        { { .nic = (char *)"rig-nic", .vectors = 1, .queues = 1,
            .adapters = 2 }, NULL, "s@rig-nic,v1,q1,a2,at-connect" },
        { { .nic = (char *)"igb" }, (char *)"igb", "s@igb" },
    };

    for (guint i = 0; i < G_N_ELEMENTS(t); i++) {
        const RigScenario s = { .name = (char *)"s", .machine = t[i].machine,
                                .linux_driver = t[i].linux_driver };
        g_autofree char *key = rig_history_key(&s);

        ck_assert_str_eq(key, t[i].key);
    }
}
END_TEST

START_TEST(part_of_a_sweep_has_a_key_of_its_own)
{
    char *one[] = { (char *)"init:A#1", NULL };
    char *two[] = { (char *)"init:A#2", NULL };
    RigSweep sweep = { .k = 1 };
    const RigScenario s = { .name = (char *)"s", .sweep = &sweep,
                            .machine.nic = (char *)"igb" };
    g_autofree char *all = rig_history_key(&s), *pairs = NULL;
    g_autofree char *first = NULL, *second = NULL;

    ck_assert_str_eq(all, "s@igb,at-connect");
    sweep.k = 2;
    pairs = rig_history_key(&s);
    ck_assert_str_eq(pairs, "s@igb,at-connect,k2");
    sweep.only = one;
    first = rig_history_key(&s);
    sweep.only = two;
    second = rig_history_key(&s);
    ck_assert_str_ne(first, second);
    ck_assert_ptr_nonnull(strstr(first, ",k2,only-"));
}
END_TEST

START_TEST(directory_that_does_not_exist_is_an_error)
{
    g_autoptr(GError) error = NULL;

    ck_assert_ptr_null(rig_history_open("/nonexistent", &error));
    ck_assert_ptr_nonnull(strstr(error->message, "history.db"));
}
END_TEST

/* Nothing is wrong with a file that cannot be there. */
START_TEST(a_directory_without_room_for_the_file_is_no_damage)
{
    g_autoptr(GError) error = NULL;

    ck_assert_ptr_null(rig_history_rebuild("/proc", &error));
    ck_assert_ptr_nonnull(strstr(error->message, "unable to open"));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("history");
    TCase *t = tcase_create("history");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, newest_run_of_the_same_inputs_is_found);
    tcase_add_test(t, entries_survive_closing);
    tcase_add_test(t, missing_file_is_built_again_from_the_runs);
    tcase_add_test(t, damaged_file_is_built_again_from_the_runs);
    tcase_add_test(t, duration_is_the_share_of_the_machine_and_its_boot);
    tcase_add_test(t, duration_is_the_own_time_where_the_run_says_it);
    tcase_add_test(t,
        last_verdict_is_the_newest_that_was_neither_skipped_nor_stopped);
    tcase_add_test(t, runs_that_change_or_go_are_noticed_without_a_rebuild);
    tcase_add_test(t, key_has_the_name_and_the_machine);
    tcase_add_test(t, part_of_a_sweep_has_a_key_of_its_own);
    tcase_add_test(t, directory_that_does_not_exist_is_an_error);
    tcase_add_test(t, a_directory_without_room_for_the_file_is_no_damage);
    suite_add_tcase(s, t);
    return run_suite(s);
}
