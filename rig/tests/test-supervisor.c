/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Units of supervisor.c and root.c: processes that play QEMU are daemons, as
 * libvirt makes them, and must not outlive a rig.
 */
#include <check.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "root.h"
#include "run-suite.h"
#include "commands.h"
#include "supervisor.h"
#include "tests/fixture.h"

#define LIMIT_MS 10000

static Fixture *f;
static int pid_pipe[2];  /* daemons write their process id here */

static void setup(void)
{
    f = fixture_new();
    ck_assert_int_eq(pipe(pid_pipe), 0);
}

static void teardown(void)
{
    fixture_free(f);
}

/* A process that sleeps, orphaned as a daemon is; returns when it runs. */
static void start_daemon(void)
{
    struct pollfd running = { .fd = pid_pipe[0], .events = POLLIN };
    pid_t middle = fork();

    if (middle == 0) {
        setsid();
        if (fork() == 0) {
            pid_t self = getpid();

            (void)!write(pid_pipe[1], &self, sizeof(self));
            for (;;) {
                pause();
            }
        }
        _exit(0);
    }
    waitpid(middle, NULL, 0);
    poll(&running, 1, LIMIT_MS);
}

static pid_t daemon_pid(void)
{
    pid_t pid = 0;

    ck_assert_int_eq(read(pid_pipe[0], &pid, sizeof(pid)), sizeof(pid));
    return pid;
}

/* Gone, or dead and only waiting for its parent. */
static gboolean is_dead(pid_t pid)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/stat", pid);
    g_autofree char *stat = NULL;

    return !g_file_get_contents(path, &stat, NULL, NULL) ||
           strncmp(strrchr(stat, ')'), ") Z", 3) == 0;
}

static void dies(pid_t pid)
{
    for (int i = 0; i < LIMIT_MS / 10 && !is_dead(pid); i++) {
        g_usleep(10 * 1000);
    }
    ck_assert_msg(is_dead(pid), "process %d is still there", pid);
}

/* --- supervising -------------------------------------------------------- */

static int work_well(void *opaque)
{
    (void)opaque;
    return 42;
}

START_TEST(status_of_the_worker_is_passed_on)
{
    ck_assert_int_eq(rig_supervise(work_well, NULL, 3), 42);
}
END_TEST

static int leave_daemon_and_crash(void *opaque)
{
    (void)opaque;
    start_daemon();
    raise(SIGKILL);
    return 0;
}

START_TEST(killed_worker_leaves_no_daemon)
{
    ck_assert_int_eq(rig_supervise(leave_daemon_and_crash, NULL, 3), 3);
    dies(daemon_pid());
}
END_TEST

static int stop_before_listening(void *opaque)
{
    (void)opaque;
    signal(SIGINT, SIG_DFL); /* Check has one of its own */
    raise(SIGINT);
    return 0;
}

START_TEST(worker_that_is_stopped_before_it_listens_was_interrupted)
{
    ck_assert_int_eq(rig_supervise(stop_before_listening, NULL, 3),
                     RIG_EXIT_INTERRUPTED);
}
END_TEST

static int leave_daemon(void *opaque)
{
    (void)opaque;
    start_daemon();
    return 0;
}

START_TEST(worker_that_forgets_its_daemon_leaves_none)
{
    ck_assert_int_eq(rig_supervise(leave_daemon, NULL, 3), 0);
    dies(daemon_pid());
}
END_TEST

static void on_term(int sig)
{
    (void)sig;
    _exit(7);
}

static int wait_for_term(void *opaque)
{
    pid_t self = getpid();

    (void)opaque;
    signal(SIGTERM, on_term);
    (void)!write(pid_pipe[1], &self, sizeof(self));
    for (;;) {
        pause();
    }
    return 0;
}

START_TEST(stop_signals_reach_the_worker)
{
    pid_t rig = fork();
    int status;

    if (rig == 0) {
        _exit(rig_supervise(wait_for_term, NULL, 3));
    }
    daemon_pid(); /* the worker is ready */
    kill(rig, SIGTERM);
    ck_assert_int_eq(waitpid(rig, &status, 0), rig);
    ck_assert(WIFEXITED(status));
    ck_assert_int_eq(WEXITSTATUS(status), 7);
}
END_TEST

START_TEST(worker_stops_when_the_supervisor_is_killed)
{
    pid_t rig = fork();
    pid_t worker;

    if (rig == 0) {
        _exit(rig_supervise(wait_for_term, NULL, 3));
    }
    worker = daemon_pid();
    kill(rig, SIGKILL);
    waitpid(rig, NULL, 0);
    dies(worker);
}
END_TEST

/* --- roots -------------------------------------------------------------- */

static RigRoot *open_root(void)
{
    g_autoptr(GError) error = NULL;
    RigRoot *root = rig_root_open(f->dir, &error);

    ck_assert_msg(root, "%s", error ? error->message : "");
    return root;
}

START_TEST(second_rig_takes_another_root)
{
    g_autoptr(RigRoot) a = open_root();
    g_autoptr(RigRoot) b = open_root();
    g_autofree char *first = g_strdup(a->path);

    ck_assert_str_ne(a->path, b->path);
    rig_root_close(g_steal_pointer(&a));
    a = open_root();
    ck_assert_str_eq(a->path, first);
}
END_TEST

START_TEST(root_has_the_configuration_libvirt_needs)
{
    g_autoptr(RigRoot) r = open_root();
    g_autofree char *path = g_build_filename(r->path, "etc", "qemu.conf",
                                             NULL);
    g_autofree char *text = NULL;
    g_autofree char *uri = rig_root_uri(r);
    struct stat st;

    ck_assert(g_file_get_contents(path, &text, NULL, NULL));
    ck_assert_ptr_nonnull(strstr(text, "stdio_handler = \"file\""));
    ck_assert(g_str_has_prefix(uri, "qemu:///embed?root=/"));
    ck_assert_int_eq(stat(r->path, &st), 0);
    ck_assert_int_eq(st.st_mode & 0777, 0700);
}
END_TEST

START_TEST(root_with_a_long_path_is_refused_early)
{
    g_autofree char *long_name = g_strnfill(RIG_ROOT_MAX, 'x');
    g_autofree char *base = g_build_filename(f->dir, long_name, NULL);
    g_autoptr(GError) error = NULL;

    ck_assert_ptr_null(rig_root_open(base, &error));
    ck_assert_ptr_nonnull(strstr(error->message, "too long"));
}
END_TEST

START_TEST(root_that_others_can_write_to_is_refused)
{
    g_autofree char *path = g_strdup_printf("%s/rig-%u", f->dir, geteuid());
    g_autoptr(GError) error = NULL;

    ck_assert_int_eq(g_mkdir(path, 0700), 0);
    ck_assert_int_eq(chmod(path, 0777), 0);
    ck_assert_ptr_null(rig_root_open(f->dir, &error));
    ck_assert_ptr_nonnull(strstr(error->message, "only you can write"));
}
END_TEST

/* A stopped shell by another name with the root in its arguments. */
static pid_t start_program(const char *name, const char *directory)
{
    g_autofree char *argument = g_build_filename(directory, "x", NULL);
    pid_t pid = fork();

    if (pid == 0) {
        execl("/bin/sh", name, "-c", "kill -STOP $$; :", argument,
              NULL);
        _exit(127);
    }
    return pid;
}

START_TEST(orphans_of_a_dead_rig_are_killed_and_nobody_else)
{
    RigRoot *root = open_root();
    g_autofree char *path = g_strdup(root->path);
    g_autofree char *neighbour = g_strconcat(path, "-neighbour", NULL);
    pid_t orphan, other_root, no_qemu;

    rig_root_close(root);
    orphan = start_program("qemu-system-x86_64", path);
    other_root = start_program("qemu-system-x86_64", neighbour);
    no_qemu = start_program("editor", path);
    g_usleep(300 * 1000); /* let them exec */
    root = open_root();
    ck_assert_uint_eq(root->orphans, 1);
    dies(orphan);
    ck_assert(!is_dead(other_root));
    ck_assert(!is_dead(no_qemu));
    kill(other_root, SIGKILL);
    kill(no_qemu, SIGKILL);
    rig_root_close(root);
}
END_TEST

START_TEST(orphans_in_roots_we_do_not_use_are_killed_too)
{
    g_autoptr(RigRoot) first = open_root();
    RigRoot *second = open_root();
    g_autofree char *path = g_strdup(second->path);
    pid_t orphan;

    rig_root_close(second);
    rig_root_close(g_steal_pointer(&first));
    orphan = start_program("qemu-system-x86_64", path);
    g_usleep(300 * 1000);
    first = open_root();
    ck_assert_str_ne(first->path, path);
    ck_assert_uint_eq(first->orphans, 1);
    dies(orphan);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("supervisor");
    TCase *t = tcase_create("supervisor");

    tcase_set_timeout(t, 40);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, status_of_the_worker_is_passed_on);
    tcase_add_test(t, killed_worker_leaves_no_daemon);
    tcase_add_test(t, worker_that_forgets_its_daemon_leaves_none);
    tcase_add_test(t,
                   worker_that_is_stopped_before_it_listens_was_interrupted);
    tcase_add_test(t, stop_signals_reach_the_worker);
    tcase_add_test(t, worker_stops_when_the_supervisor_is_killed);
    tcase_add_test(t, second_rig_takes_another_root);
    tcase_add_test(t, root_has_the_configuration_libvirt_needs);
    tcase_add_test(t, root_with_a_long_path_is_refused_early);
    tcase_add_test(t, root_that_others_can_write_to_is_refused);
    tcase_add_test(t, orphans_of_a_dead_rig_are_killed_and_nobody_else);
    tcase_add_test(t, orphans_in_roots_we_do_not_use_are_killed_too);
    suite_add_tcase(s, t);
    return run_suite(s);
}
