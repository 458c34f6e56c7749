/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Watching over the process of one cycle. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "agent/watchdog.h"
#include "ndis/host.h"

static int64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void watchdog_tell(int fd, enum watch_kind kind, uint32_t step,
                   const char *text)
{
    struct watch_message m = { .kind = kind, .step = step,
                               .when_ms = now_ms() };
    ssize_t n;

    if (text) {
        snprintf(m.text, sizeof(m.text), "%s", text);
    }
    do {
        n = write(fd, &m, sizeof(m));
    } while (n < 0 && errno == EINTR);
}

struct watch {
    int fd, pidfd;
    const uint32_t *timeouts;
    unsigned n;
    uint32_t shortest;     /* of the timeouts */
    int64_t deadline;      /* now_ms() by which the child has to move on */
    bool done;             /* the child said that its steps are over */
    struct watch_result *result;
};

static void take_message(struct watch *w, struct watch_message *m)
{
    m->text[sizeof(m->text) - 1] = '\0';
    switch (m->kind) {
    case WATCH_STEP:
        if (m->step < w->n) {
            w->result->step = m->step;
            w->result->began = true;
            w->deadline = m->when_ms + w->timeouts[m->step];
        }
        break;
    case WATCH_STEPS_DONE:
        w->done = true;
        w->deadline = m->when_ms + WATCHDOG_MARGIN_MS;
        break;
    case WATCH_TAKEN_BACK:
        w->result->taken_back = true;
        break;
    case WATCH_BROKEN:
        memcpy(w->result->text, m->text, sizeof(w->result->text));
        break;
    }
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Everything that has been said by now. */
static void take_messages(struct watch *w)
{
    struct pollfd said = { .fd = w->fd, .events = POLLIN };
    struct watch_message m;

    while (poll(&said, 1, 0) == 1 && (said.revents & POLLIN) &&
           read(w->fd, &m, sizeof(m)) == sizeof(m)) {
        take_message(w, &m);
    }
}

/*
 * Wait until the child is dead. False at the deadline. What it says is read
 * only then, or when the shortest of the timeouts is over, so that a child
 * that moves on is not interrupted by a reader.
 */
static bool watch_until_dead(struct watch *w)
{
    for (;;) {
        struct pollfd dead = { .fd = w->pidfd, .events = POLLIN };
        int64_t left = least(w->deadline - now_ms(), w->shortest);
        int n = poll(&dead, 1, left < 0 ? 0 : left > INT32_MAX ? INT32_MAX
                                                               : (int)left);

        if (n < 0 && errno != EINTR) {
            return false;
        }
        take_messages(w);
        if (n > 0) {
            return true;
        }
        if (w->deadline <= now_ms()) {
            return false;
        }
    }
}

/* The end of a child that ended by itself or by a signal. */
static void judge_status(int status, bool done, struct watch_result *r)
{
    const char *what = NULL;

    if (WIFSIGNALED(status)) {
        /* A driver raises neither SIGKILL nor SIGALRM: that was us, or the
           kernel for want of memory. */
        r->end = WTERMSIG(status) == SIGKILL || WTERMSIG(status) == SIGALRM
                     ? RIG_CYCLE_BROKEN : RIG_CYCLE_CRASH;
        snprintf(r->text, sizeof(r->text), "the driver's process died of "
                 "signal %d (%s)", WTERMSIG(status),
                 strsignal(WTERMSIG(status)));
        return;
    }
    switch (WEXITSTATUS(status)) {
    case 0:
        r->end = done ? RIG_CYCLE_DONE : RIG_CYCLE_CRASH;
        if (!done) {
            snprintf(r->text, sizeof(r->text), "the driver ended its process");
        }
        return;
    case HOST_EXIT_CRASH:
        r->end = RIG_CYCLE_CRASH;
        what = "the driver crashed";
        break;
    case HOST_EXIT_BUGCHECK:
        r->end = RIG_CYCLE_BUGCHECK;
        what = "the driver stopped the system";
        break;
    case WATCHDOG_EXIT_HANG:
        r->end = RIG_CYCLE_HANG;
        r->hang_reported = true;
        what = "the step ran out of time";
        break;
    case HOST_EXIT_BROKEN:
        r->end = RIG_CYCLE_BROKEN;
        what = r->text[0] ? r->text : "the NDIS host failed";
        break;
    default:
        r->end = RIG_CYCLE_BROKEN;
        snprintf(r->text, sizeof(r->text), "the driver's process ended with "
                 "unknown status %d", WEXITSTATUS(status));
        return;
    }
    if (what != r->text) {
        snprintf(r->text, sizeof(r->text), "%s", what);
    }
}

/*
 * A driver may loop in a DPC or an ISR, at a real-time priority that keeps
 * everybody else away: its main thread has to run to say where.
 */
static void let_run(pid_t pid)
{
    struct sched_param param = { .sched_priority = WATCHDOG_PRIORITY - 1 };

    sched_setscheduler(pid, SCHED_FIFO, &param);
}

void watchdog_prepare(void)
{
    struct sched_param param = { .sched_priority = WATCHDOG_PRIORITY };

    /* Without the right to do so (a test on the host), it still works. */
    sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &param);
}

static int pidfd_open_(pid_t pid)
{
    return (int)syscall(SYS_pidfd_open, pid, 0);
}

void watchdog_wait(pid_t pid, int fd, const uint32_t *timeouts, unsigned n,
                   struct watch_result *result)
{
    struct watch w = {
        .fd = fd, .pidfd = pidfd_open_(pid), .timeouts = timeouts, .n = n,
        .deadline = now_ms() + WATCHDOG_MARGIN_MS, .result = result,
    };
    bool late = false;
    int status = 0;

    memset(result, 0, sizeof(*result));
    w.shortest = WATCHDOG_MARGIN_MS;
    for (unsigned i = 0; i < n; i++) {
        w.shortest = least(w.shortest, timeouts[i]);
    }
    if (!watch_until_dead(&w)) {
        late = true;
        let_run(pid);
        kill(pid, SIGALRM);
        w.deadline = now_ms() + WATCHDOG_GRACE_MS;
        if (!watch_until_dead(&w)) {
            kill(pid, SIGKILL);
            w.deadline = now_ms() + WATCHDOG_GRACE_MS;
            result->stuck = !watch_until_dead(&w);
        }
    }
    if (w.pidfd >= 0) {
        close(w.pidfd);
    }
    if (!result->stuck && waitpid(pid, &status, 0) == pid) {
        judge_status(status, w.done, result);
    }
    if (late && result->end != RIG_CYCLE_CRASH &&
        result->end != RIG_CYCLE_BUGCHECK) {
        result->end = RIG_CYCLE_HANG;
        snprintf(result->text, sizeof(result->text),
                 result->stuck ? "the step ran out of time and its process "
                                 "cannot be killed"
                               : "the step ran out of time");
    }
}
