/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Limits that leave out the time in which a process got no processor. */
#include "run-suite.h"
#include "starved.h"

#include <check.h>
#include <glib.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define SHARE_MS 400  /* how long two processes share one processor */

START_TEST(a_limit_leaves_out_waiting_but_is_always_reached)
{
    ck_assert_uint_eq(rig_fair_ms(0, 0), 0);
    ck_assert_uint_eq(rig_fair_ms(1000, 0), 1000);
    ck_assert_uint_eq(rig_fair_ms(1000, 400), 600);
    ck_assert_uint_eq(rig_fair_ms(1000, 900), 100);
    ck_assert_uint_eq(rig_fair_ms(1000, 5000), 100);
    ck_assert_uint_eq(rig_fair_ms(UINT64_MAX, UINT64_MAX), UINT64_MAX / 10);
}
END_TEST

START_TEST(of_no_process_nothing_is_known)
{
    ck_assert_uint_eq(rig_starved_ms(0), 0);
    ck_assert_uint_eq(rig_starved_ms(-1), 0);
    ck_assert_uint_eq(rig_starved_ms(1 << 30), 0);
}
END_TEST

static pid_t spin(void)
{
    pid_t pid = fork();

    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (;;) {
        }
    }
    return pid;
}

/* Both on one processor: each waits for about half of the time. */
START_TEST(a_process_that_shares_its_processor_has_waited)
{
    cpu_set_t one;
    pid_t pid[2];
    gint64 end;

    CPU_ZERO(&one);
    CPU_SET(sched_getcpu(), &one);
    ck_assert_int_eq(sched_setaffinity(0, sizeof(one), &one), 0);
    pid[0] = spin();
    pid[1] = spin();
    end = g_get_monotonic_time() + SHARE_MS * 1000;
    while (g_get_monotonic_time() < end) {
        g_usleep(end - g_get_monotonic_time());
    }
    ck_assert_uint_ge(rig_starved_ms(pid[0]) + rig_starved_ms(pid[1]),
                      SHARE_MS / 4);
    for (int i = 0; i < 2; i++) {
        kill(pid[i], SIGKILL);
        waitpid(pid[i], NULL, 0);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("starved");
    TCase *tests = tcase_create("starved");

    tcase_add_test(tests, a_limit_leaves_out_waiting_but_is_always_reached);
    tcase_add_test(tests, of_no_process_nothing_is_known);
    tcase_add_test(tests, a_process_that_shares_its_processor_has_waited);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
