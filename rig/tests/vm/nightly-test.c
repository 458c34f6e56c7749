/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rig nightly as a user runs it: two shards merged, a night that is killed
 * and goes on, one that has no time, and what rig status sees of it.
 */
#include <check.h>
#include <fcntl.h>
#include <libxml/parser.h>
#include <libxml/xpath.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "run-rig.h"

#define BOOT_WAIT_MS 60000

static char *suite_file(void)
{
    return g_build_filename(test_home(), "scenarios", "smoke.xml", NULL);
}

/* "--results=DIR/NAME" */
static char *results(const char *name)
{
    return g_strdup_printf("--results=%s/%s", test_dir(), name);
}

static char *text_of(xmlXPathObject *object)
{
    xmlChar *text = object ? xmlXPathCastToString(object) : NULL;
    char *copy = g_strdup((const char *)text);

    xmlFree(text);
    return copy;
}

/* String value of an XPath in the only night below @name, to be freed. */
static char *night_value(const char *name, const char *xpath)
{
    g_autofree char *nights = g_build_filename(test_dir(), name, "nights",
                                               NULL);
    g_autoptr(GDir) dir = g_dir_open(nights, 0, NULL);
    g_autofree char *path = NULL;
    xmlXPathContext *context;
    xmlXPathObject *object;
    const char *id;
    char *value;
    xmlDoc *doc;

    while (dir && (id = g_dir_read_name(dir))) {
        if (strcmp(id, "lock") != 0) {
            ck_assert_msg(path == NULL, "there is more than one night");
            path = g_build_filename(nights, id, "night.xml", NULL);
        }
    }
    doc = path ? xmlReadFile(path, NULL, XML_PARSE_NONET) : NULL;
    ck_assert_msg(doc != NULL, "there is no night.xml in %s", nights);
    context = xmlXPathNewContext(doc);
    object = xmlXPathEvalExpression((const xmlChar *)xpath, context);
    value = text_of(object);
    xmlXPathFreeObject(object);
    xmlXPathFreeContext(context);
    xmlFreeDoc(doc);
    return value;
}

static void expect_night(const char *name, const char *xpath,
                         const char *value)
{
    g_autofree char *is = night_value(name, xpath);

    ck_assert_msg(strcmp(is, value) == 0, "%s is \"%s\", not \"%s\"", xpath,
                  is, value);
}

static void run_shard(const char *shard, const char *name)
{
    g_autofree char *suite = suite_file(), *where = results(name);
    const char *args[] = { "nightly", suite, where, "--shard", shard,
                           "--night", "n", NULL };
    g_auto(RigCallResult) r = rig_call(NULL, args);

    expect_status(&r, 0);
}

START_TEST(two_shards_merge_into_one_night)
{
    g_autofree char *a = g_build_filename(test_dir(), "a", NULL);
    g_autofree char *b = g_build_filename(test_dir(), "b", NULL);
    g_autofree char *into = g_build_filename(test_dir(), "results", NULL);
    g_autofree char *index = g_build_filename(into, "index.xml", NULL);
    g_autoptr(GPtrArray) runs = NULL;
    const char *args[] = { "merge", into, a, b, NULL };

    run_shard("1/2", "a");
    run_shard("2/2", "b");
    {
        g_auto(RigCallResult) r = rig_call(NULL, args);

        expect_status(&r, 0);
        expect_output(&r, "4 runs added");
    }
    expect_night("results", "count(//part)", "2");
    expect_night("results", "count(//job[@state='done'])", "4");
    expect_night("results", "string(/night/@complete)", "yes");
    runs = run_dirs();
    ck_assert_uint_eq(runs->len, 4);
    ck_assert(g_file_test(index, G_FILE_TEST_IS_REGULAR));
    {
        g_auto(RigCallResult) r = rig_call(NULL, args); /* once more */

        expect_status(&r, 0);
        expect_output(&r, "0 runs added, 4 there already");
    }
}
END_TEST

/* The lock of the results is free when nobody works on them any more. */
static void wait_for_the_end(void)
{
    g_autofree char *lock = g_build_filename(test_dir(), "results", "nights",
                                             "lock", NULL);
    int fd = open(lock, O_RDWR | O_CLOEXEC);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(flock(fd, LOCK_EX), 0);
    close(fd);
}

static void expect_status_says(const char *text)
{
    g_autofree char *where = results("results");
    const char *args[] = { "status", where, NULL };
    g_auto(RigCallResult) r = rig_call(NULL, args);

    expect_status(&r, 0);
    expect_output(&r, text);
}

START_TEST(a_night_that_was_killed_goes_on)
{
    g_autofree char *suite = suite_file(), *where = results("results");
    const char *args[] = { "nightly", suite, where, NULL };
    GSubprocess *rig = rig_start(NULL, args);
    int pid = atoi(g_subprocess_get_identifier(rig));

    ck_assert_int_gt(qemu_wait(BOOT_WAIT_MS, FALSE), 0);
    expect_status_says("jobs done");
    expect_status_says("worker 1, job j00");
    {
        g_auto(RigCallResult) second = rig_call(NULL, args);

        expect_status(&second, 3);
        expect_output(&second, "is at work with these results");
    }
    kill(pid, SIGKILL);
    {
        g_auto(RigCallResult) killed = rig_wait(rig);

        expect_status(&killed, 128 + SIGKILL);
    }
    wait_for_the_end();
    ck_assert_int_eq(qemu_wait(BOOT_WAIT_MS, TRUE), 0);
    expect_status_says("it was interrupted with");
    {
        g_auto(RigCallResult) again = rig_call(NULL, args);

        expect_status(&again, 0);
        expect_output(&again, "going on with the unfinished night");
        expect_output(&again, "interrupted and run again");
    }
    expect_night("results", "count(//job[@state='done'])", "4");
    expect_night("results", "string(//part/@resumed)", "1");
    expect_night("results", "count(//job[attempt[1]/@state='interrupted' and "
                 "attempt[2]/@state='done']) > 0", "true");
    expect_night("results", "count(//job[attempt[1]/@state='done' and "
                 "attempt[2]])", "0");
    expect_status_says("nothing is running");
}
END_TEST

START_TEST(what_there_is_no_time_for_is_skipped_and_said)
{
    g_autofree char *suite = suite_file(), *where = results("results");
    const char *args[] = { "nightly", suite, where, "--budget", "1s", NULL };
    g_auto(RigCallResult) r = rig_call(NULL, args);

    expect_status(&r, 3); /* nothing at all was run */
    expect_output(&r, "skipped: c01-clean.at-start: no time left in the "
                  "budget");
    expect_night("results", "count(//job[@state='skipped' and @reason])", "4");
    expect_night("results", "count(//attempt)", "0");
}
END_TEST

/* Read what rig prints until it has said @text. */
static void wait_until_it_says(GSubprocess *rig, const char *text)
{
    GInputStream *from = g_subprocess_get_stdout_pipe(rig);
    g_autoptr(GString) said = g_string_new(NULL);
    char bytes[512];
    gssize n;

    while (!strstr(said->str, text)) {
        n = g_input_stream_read(from, bytes, sizeof(bytes), NULL, NULL);
        ck_assert_msg(n > 0, "rig ended without \"%s\":\n%s", text,
                      said->str);
        g_string_append_len(said, bytes, n);
    }
}

/* What QEMU's monitor answers to @command in the machine of @run. */
static char *ask_monitor(const char *run, const char *command)
{
    g_autofree char *rig = g_build_filename(test_home(), "build", "rig",
                                            "rig", NULL);
    g_autoptr(GSubprocess) attach = g_subprocess_new(
        G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE |
        G_SUBPROCESS_FLAGS_STDERR_MERGE, NULL, rig, "attach", "--monitor", run,
        NULL);
    char *answer = NULL;

    ck_assert(attach && g_subprocess_communicate_utf8(
                  attach, command, NULL, &answer, NULL, NULL));
    ck_assert_msg(g_subprocess_get_successful(attach), "%s", answer);
    return answer;
}

START_TEST(the_machine_of_an_unexpected_verdict_stays)
{
    g_autofree char *where = results("results");
    g_autofree char *sys = g_build_filename(test_home(), "build", "drivers",
                                            "s06", "rignic.sys", NULL);
    g_autofree char *inf = g_build_filename(test_home(), "build", "drivers",
                                            "s06", "rignic.inf", NULL);
    g_autofree char *file = test_scenario(
        "bad", sys, inf, "<install/><init/><halt/><unload/>", "");
    const char *args[] = { "run", where, "--keep-on-failure", file, NULL };
    GSubprocess *rig = rig_start(NULL, args);
    g_autoptr(GPtrArray) runs = NULL;
    g_autofree char *answer = NULL;

    wait_until_it_says(rig, "is kept");
    runs = run_dirs();
    ck_assert_uint_eq(runs->len, 1);
    expect_status_says("kept for rig attach; last: bad violation");
    answer = ask_monitor(runs->pdata[0], "info status\n");
    ck_assert_msg(strstr(answer, "paused"), "%s", answer);
    g_subprocess_send_signal(rig, SIGINT);
    {
        g_auto(RigCallResult) r = rig_wait(rig);

        expect_status(&r, 1); /* the verdict's: letting go is no interrupt */
    }
    ck_assert_int_eq(qemu_wait(BOOT_WAIT_MS, TRUE), 0);
    {
        const char *late[] = { "attach", runs->pdata[0], NULL };
        g_auto(RigCallResult) r = rig_call(NULL, late);

        expect_status(&r, 2);
        expect_output(&r, "no machine of it is kept");
    }
}
END_TEST

/* As with "| head -1". */
START_TEST(a_night_goes_on_when_nobody_reads_it)
{
    g_autofree char *suite = suite_file(), *where = results("results");
    const char *args[] = { "nightly", suite, where, "--shard", "1/2", NULL };
    g_autoptr(GSubprocess) rig = rig_start(NULL, args);

    ck_assert(g_input_stream_close(g_subprocess_get_stdout_pipe(rig), NULL,
                                   NULL));
    ck_assert(g_subprocess_wait(rig, NULL, NULL));
    ck_assert(g_subprocess_get_if_exited(rig));
    expect_night("results", "string(/night/@complete)", "yes");
    expect_night("results", "count(//job[@state!='done'])", "0");
}
END_TEST

/* A suite whose one scenario leaks, and what is known about it. */
static char *leaking_suite(void)
{
    g_autofree char *sys = g_build_filename(test_home(), "build", "drivers",
                                            "s06", "rignic.sys", NULL);
    g_autofree char *inf = g_build_filename(test_home(), "build", "drivers",
                                            "s06", "rignic.inf", NULL);
    g_autofree char *file = test_scenario(
        "leak", sys, inf, "<install/><init/><halt/><unload/>", "");
    g_autofree char *name = g_path_get_basename(file);
    g_autofree char *text = g_strdup_printf(
        "<suite name='leaks'><scenarios files='%s'/></suite>", name);

    return test_file("leaks.xml", text);
}

/* What the night ends with, given an issue that is known until @expires. */
static void expect_known(const char *expires, int status, const char *state)
{
    g_autofree char *suite = leaking_suite(), *where = results("results");
    g_autofree char *text = g_strdup_printf(
        "<known-issues><issue id='leak-1' expires='%s'><reason>Its halt is "
        "being written.</reason><link>https://example.org/1</link><match "
        "scenario='leak'/></issue>"
        "</known-issues>", expires);
    g_autofree char *known = test_file("known.xml", text);
    const char *args[] = { "nightly", suite, where, "--new", "--known", known,
                           NULL };
    g_auto(RigCallResult) r = rig_call(NULL, args);
    g_autofree char *is = NULL, *verdict = NULL;

    expect_status(&r, status);
    is = run_value("string(/run/known-issue/@state)");
    verdict = run_value("string(/run/scenario/@verdict)");
    ck_assert_str_eq(is, state);
    ck_assert_str_eq(verdict, "violation"); /* whatever is known of it */
}

START_TEST(what_is_known_fails_no_night_until_it_expires)
{
    expect_known("2199-12-31", 0, "struck");
    test_dir_remove();
    test_dir_create();
    expect_known("2020-01-01", 1, "expired");
}
END_TEST

/* Nothing of the night is missing, but what it printed is. */
START_TEST(events_that_get_nowhere_are_a_failure_of_the_night)
{
    g_autofree char *suite = suite_file(), *where = results("results");
    g_autofree char *command = g_strdup_printf(
        "'%s/build/rig/rig' nightly '%s' '%s' --shard 1/2 --json >/dev/full",
        test_home(), suite, where);
    g_auto(RigCallResult) r = rig_shell(command);

    expect_status(&r, 3);
    expect_output(&r, "standard output cannot be written: No space left");
    expect_night("results", "string(/night/@complete)", "yes");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("nightly");
    TCase *t = tcase_create("nightly"), *ends = tcase_create("ends");
    SRunner *r = srunner_create(s);
    int failed;

    tcase_set_timeout(t, 400);
    tcase_add_checked_fixture(t, test_dir_create, test_dir_remove);
    tcase_add_test(t, two_shards_merge_into_one_night);
    tcase_add_test(t, a_night_that_was_killed_goes_on);
    tcase_add_test(t, what_there_is_no_time_for_is_skipped_and_said);
    tcase_add_test(t, the_machine_of_an_unexpected_verdict_stays);
    tcase_add_test(t, a_night_goes_on_when_nobody_reads_it);
    suite_add_tcase(s, t);
    /* CK_RUN_CASE=ends: how a night's exit status comes about. */
    tcase_set_timeout(ends, 400);
    tcase_add_checked_fixture(ends, test_dir_create, test_dir_remove);
    tcase_add_test(ends, what_is_known_fails_no_night_until_it_expires);
    tcase_add_test(ends, events_that_get_nowhere_are_a_failure_of_the_night);
    suite_add_tcase(s, ends);
    srunner_run_all(r, CK_NORMAL);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
