/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Units: the watchdog and the ends that a cycle's process can come to. */
#define _GNU_SOURCE
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "agent/watchdog.h"
#include "ndis/host.h"

typedef void child_fn(int fd);

static const uint32_t timeouts[] = { 200, 300, 5000 };

static void run(child_fn *fn, struct watch_result *result)
{
    int ends[2];
    pid_t pid;

    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        close(ends[0]);
        signal(SIGALRM, SIG_DFL); /* Check's would kill the test itself */
        fn(ends[1]);
        _exit(0);
    }
    close(ends[1]);
    watchdog_wait(pid, ends[0], timeouts, 3, result);
    close(ends[0]);
    /* Whatever happened, the child is reaped. */
    ck_assert_int_eq(waitpid(pid, NULL, WNOHANG), -1);
    ck_assert_int_eq(errno, ECHILD);
}

static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void pause_forever(void)
{
    for (;;) {
        pause();
    }
}

static void ends_well(int fd)
{
    for (uint32_t i = 0; i < 3; i++) {
        watchdog_tell(fd, WATCH_STEP, i, NULL);
        usleep(120000); /* 360 ms in all: more than the first step has */
    }
    watchdog_tell(fd, WATCH_TAKEN_BACK, 0, NULL);
    watchdog_tell(fd, WATCH_STEPS_DONE, 0, NULL);
}

START_TEST(each_step_gets_its_own_time)
{
    struct watch_result r;

    run(ends_well, &r);
    ck_assert_int_eq(r.end, RIG_CYCLE_DONE);
    ck_assert(r.began);
    ck_assert_uint_eq(r.step, 2);
    ck_assert(r.taken_back);
    ck_assert(!r.stuck);
    ck_assert_str_eq(r.text, "");
}
END_TEST

static void on_alarm(int signal)
{
    (void)signal;
    _exit(WATCHDOG_EXIT_HANG);
}

static void hangs_and_reports(int fd)
{
    signal(SIGALRM, on_alarm);
    watchdog_tell(fd, WATCH_STEP, 0, NULL);
    watchdog_tell(fd, WATCH_STEP, 1, NULL);
    pause_forever();
}

START_TEST(hang_is_asked_to_report)
{
    struct watch_result r;
    double start = seconds();

    run(hangs_and_reports, &r);
    ck_assert_int_eq(r.end, RIG_CYCLE_HANG);
    ck_assert_uint_eq(r.step, 1);
    ck_assert(r.hang_reported);
    ck_assert(seconds() - start >= 0.29);
    ck_assert(seconds() - start < WATCHDOG_GRACE_MS / 1000.0 + 0.3);
}
END_TEST

static void hangs_deaf(int fd)
{
    signal(SIGALRM, SIG_IGN);
    watchdog_tell(fd, WATCH_STEP, 0, NULL);
    for (;;) {
    }
}

START_TEST(deaf_hang_is_killed)
{
    struct watch_result r;

    run(hangs_deaf, &r);
    ck_assert_int_eq(r.end, RIG_CYCLE_HANG);
    ck_assert(!r.hang_reported);
    ck_assert(!r.stuck);
    ck_assert_ptr_nonnull(strstr(r.text, "ran out of time"));
}
END_TEST

static void crashes(int fd)
{
    watchdog_tell(fd, WATCH_STEP, 2, NULL);
    _exit(HOST_EXIT_CRASH);
}

static void bugchecks(int fd)
{
    (void)fd;
    _exit(HOST_EXIT_BUGCHECK);
}

static void dies_of_signal(int fd)
{
    (void)fd;
    signal(SIGSEGV, SIG_DFL);
    raise(SIGSEGV);
}

static void is_killed(int fd)
{
    (void)fd;
    raise(SIGKILL);
}

static void exits_oddly(int fd)
{
    (void)fd;
    _exit(77);
}

static void leaves_early(int fd)
{
    watchdog_tell(fd, WATCH_STEP, 0, NULL);
    _exit(0);
}

START_TEST(exit_codes_and_signals_become_cycle_ends)
{
    static const struct {
        child_fn *fn;
        enum rig_cycle_end end;
        const char *text;
    } cases[] = {
        { crashes, RIG_CYCLE_CRASH, "crashed" },
        { bugchecks, RIG_CYCLE_BUGCHECK, "stopped the system" },
        { dies_of_signal, RIG_CYCLE_CRASH, "signal 11" },
        { is_killed, RIG_CYCLE_BROKEN, "signal 9" },
        { exits_oddly, RIG_CYCLE_BROKEN, "status 77" },
        { leaves_early, RIG_CYCLE_CRASH, "ended its process" },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct watch_result r;

        run(cases[i].fn, &r);
        ck_assert_int_eq(r.end, cases[i].end);
        ck_assert_msg(strstr(r.text, cases[i].text), "\"%s\"", r.text);
    }
}
END_TEST

static void breaks(int fd)
{
    watchdog_tell(fd, WATCH_BROKEN, 0, "the arena is gone");
    _exit(HOST_EXIT_BROKEN);
}

START_TEST(broken_says_why_even_just_before_its_end)
{
    struct watch_result r;

    run(breaks, &r);
    ck_assert_int_eq(r.end, RIG_CYCLE_BROKEN);
    ck_assert_str_eq(r.text, "the arena is gone");
}
END_TEST

static void talks_nonsense(int fd)
{
    struct watch_message m;

    watchdog_tell(fd, WATCH_STEP, 3, NULL);
    watchdog_tell(fd, WATCH_STEP, UINT32_MAX, NULL);
    watchdog_tell(fd, 999, 0, NULL);
    memset(&m, 'x', sizeof(m));
    m.kind = WATCH_BROKEN;
    if (write(fd, &m, sizeof(m)) != sizeof(m) || write(fd, "abc", 3) != 3) {
        _exit(1);
    }
    _exit(HOST_EXIT_BROKEN);
}

START_TEST(nonsense_from_the_child_does_no_harm)
{
    struct watch_result r;

    run(talks_nonsense, &r);
    ck_assert_int_eq(r.end, RIG_CYCLE_BROKEN);
    ck_assert(!r.began);
    ck_assert_uint_eq(strlen(r.text), RIG_MARKER_TEXT - 1);
}
END_TEST

static void closes_and_hangs(int fd)
{
    watchdog_tell(fd, WATCH_STEP, 0, NULL);
    close(fd);
    pause_forever();
}

START_TEST(closed_pipe_is_not_the_end_and_time_still_runs)
{
    struct watch_result r;

    run(closes_and_hangs, &r);
    ck_assert_int_eq(r.end, RIG_CYCLE_HANG);
    ck_assert(!r.hang_reported);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("watchdog");
    TCase *t = tcase_create("watchdog");
    SRunner *runner = srunner_create(s);
    int failed;

    tcase_set_timeout(t, 60);
    tcase_add_test(t, each_step_gets_its_own_time);
    tcase_add_test(t, hang_is_asked_to_report);
    tcase_add_test(t, deaf_hang_is_killed);
    tcase_add_test(t, exit_codes_and_signals_become_cycle_ends);
    tcase_add_test(t, broken_says_why_even_just_before_its_end);
    tcase_add_test(t, nonsense_from_the_child_does_no_harm);
    tcase_add_test(t, closed_pipe_is_not_the_end_and_time_still_runs);
    suite_add_tcase(s, t);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
