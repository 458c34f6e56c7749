/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whatever happens to rig, no QEMU outlives it.
 *
 *     rig (supervisor, subreaper) ── vm-worker (libvirt) ┄┄ QEMU
 *                       └───────── adopts ─────────────────┘
 *
 * libvirt starts QEMU as a daemon; its parent is then the nearest subreaper,
 * which is the supervisor. So the supervisor, which does nothing but wait,
 * reaps QEMU at once (libvirt waits for the zombie to go) and knows exactly
 * what to kill when the worker dies. The worker is told by the kernel when
 * the supervisor dies (PR_SET_PDEATHSIG). Should both be killed in the same
 * moment, the next rig that uses the libvirt root cleans up (root.c).
 */
#include "supervisor.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "commands.h"
#include "output.h"

#define KILL_WAIT_MS 5000

static const int stop_signals[] = { SIGINT, SIGTERM, SIGHUP };

/* --- processes ---------------------------------------------------------- */

/* Parent of @pid by /proc/PID/stat, or 0. */
static pid_t parent_of(const char *pid)
{
    g_autofree char *path = g_strdup_printf("/proc/%s/stat", pid);
    g_autofree char *stat = NULL;
    const char *after_name;
    int parent;

    if (!g_file_get_contents(path, &stat, NULL, NULL) ||
        !(after_name = strrchr(stat, ')')) ||
        sscanf(after_name + 1, " %*c %d", &parent) != 1) {
        return 0;
    }
    return parent;
}

/* Kill every child. One that was reaped meanwhile is not there any more. */
static void kill_children(void)
{
    g_autoptr(GDir) proc = g_dir_open("/proc", 0, NULL);
    const char *name;

    while (proc && (name = g_dir_read_name(proc))) {
        if (g_ascii_isdigit(name[0]) && parent_of(name) == getpid()) {
            kill(atoi(name), SIGKILL);
        }
    }
}

/* To a process in another root (chroot) the same path is another file. */
static gboolean same_root(const char *pid)
{
    g_autofree char *path = g_strdup_printf("/proc/%s/root/", pid);
    struct stat theirs, ours;

    return stat(path, &theirs) == 0 && stat("/", &ours) == 0 &&
           theirs.st_dev == ours.st_dev && theirs.st_ino == ours.st_ino;
}

/* TRUE when @pid is a QEMU and one of its arguments names @prefix. */
static gboolean is_qemu_of(const char *pid, const char *prefix)
{
    g_autofree char *path = g_strdup_printf("/proc/%s/cmdline", pid);
    g_autofree char *args = NULL;
    g_autofree char *program = NULL;
    gsize length;

    if (!g_file_get_contents(path, &args, &length, NULL) || length == 0) {
        return FALSE;
    }
    program = g_path_get_basename(args);
    return g_str_has_prefix(program, "qemu-system") &&
           memmem(args, length, prefix, strlen(prefix)) != NULL &&
           same_root(pid);
}

/* The descriptor keeps the process from being mistaken for a later one. */
static gboolean kill_if_qemu_of(const char *pid, const char *prefix)
{
    int fd = syscall(SYS_pidfd_open, atoi(pid), 0);
    struct pollfd wait = { .fd = fd, .events = POLLIN };
    gboolean killed = FALSE;

    if (fd < 0) {
        return FALSE;
    }
    if (is_qemu_of(pid, prefix) &&
        syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0) == 0) {
        poll(&wait, 1, KILL_WAIT_MS);
        killed = TRUE;
    }
    close(fd);
    return killed;
}

unsigned rig_kill_qemu_of(const char *directory)
{
    g_autofree char *prefix = g_strconcat(directory, "/", NULL);
    g_autoptr(GDir) proc = g_dir_open("/proc", 0, NULL);
    unsigned killed = 0;
    const char *name;

    while (proc && (name = g_dir_read_name(proc))) {
        if (g_ascii_isdigit(name[0])) {
            killed += kill_if_qemu_of(name, prefix);
        }
    }
    return killed;
}

static gboolean is_stop_signal(int sig)
{
    for (guint i = 0; i < G_N_ELEMENTS(stop_signals); i++) {
        if (stop_signals[i] == sig) {
            return TRUE;
        }
    }
    return FALSE;
}

/* --- supervising -------------------------------------------------------- */

static void signal_set(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGCHLD);
    for (guint i = 0; i < G_N_ELEMENTS(stop_signals); i++) {
        sigaddset(set, stop_signals[i]);
    }
}

/* Reap what has ended. TRUE when @worker was among it, with its status. */
static gboolean reap(pid_t worker, int *status)
{
    gboolean gone = FALSE;
    int any;
    pid_t pid;

    while ((pid = waitpid(-1, &any, WNOHANG)) > 0) {
        if (pid == worker) {
            *status = any;
            gone = TRUE;
        }
    }
    return gone;
}

/* Wait for the end of @worker; pass stop signals on. */
static int wait_for(pid_t worker, const sigset_t *set)
{
    const struct timespec second = { .tv_sec = 1 };
    int seconds_left = -1; /* until a worker asked to stop is killed */
    int status = 0;

    while (!reap(worker, &status)) {
        int sig = sigtimedwait(set, NULL, &second);

        if (sig > 0 && sig != SIGCHLD) {
            kill(worker, sig);
            if (seconds_left < 0) {
                seconds_left = RIG_STOP_SECONDS;
            }
        } else if (sig < 0 && errno == EAGAIN && seconds_left >= 0 &&
                   seconds_left-- == 0) {
            kill(worker, SIGKILL);
        }
    }
    return status;
}

static void kill_leftovers(void)
{
    for (int i = 0; i < KILL_WAIT_MS / 10; i++) {
        kill_children();
        if (waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD) {
            return;
        }
        g_usleep(10 * 1000);
    }
}

static void become_worker(pid_t supervisor, const sigset_t *old)
{
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    prctl(PR_SET_NAME, "vm-worker");
    sigprocmask(SIG_SETMASK, old, NULL);
    if (getppid() != supervisor) { /* it died before the line above */
        _exit(EXIT_FAILURE);
    }
}

int rig_supervise(int (*work)(void *opaque), void *opaque, int killed_status)
{
    pid_t supervisor = getpid();
    sigset_t set, old;
    pid_t worker;
    int status;

    prctl(PR_SET_CHILD_SUBREAPER, 1);
    signal_set(&set);
    sigprocmask(SIG_BLOCK, &set, &old);
    fflush(NULL);
    worker = fork();
    if (worker < 0) {
        fprintf(stderr, "rig: cannot start a process: %s\n", strerror(errno));
        sigprocmask(SIG_SETMASK, &old, NULL);
        return killed_status;
    }
    if (worker == 0) {
        become_worker(supervisor, &old);
        status = rig_output_end(work(opaque), killed_status);
        fflush(NULL);
        _exit(status); /* exit() would clean up under libvirt's threads */
    }
    status = wait_for(worker, &set);
    kill_leftovers();
    sigprocmask(SIG_SETMASK, &old, NULL);
    if (WIFEXITED(status)) {
        return WEXITSTATUS(status);
    }
    if (is_stop_signal(WTERMSIG(status))) {
        /* It did not listen to them yet: nothing had begun. */
        fputs("rig: stopped before the run began\n", stderr);
        return RIG_EXIT_INTERRUPTED;
    }
    fprintf(stderr, "\nrig: the worker was killed by signal %d; the virtual "
            "machine is gone, run.xml says complete=\"no\"\n",
            WTERMSIG(status));
    return killed_status;
}
