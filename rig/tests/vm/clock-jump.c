/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For LD_PRELOAD: the wall clock jumps, as it does when somebody sets it. By
 * $CLOCK_JUMP seconds, from $CLOCK_JUMP_AFTER seconds of the monotonic clock
 * after the process started, which goes on as ever.
 */
#define _GNU_SOURCE
#include <stddef.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static time_t jump, from;

static time_t monotonic(void)
{
    struct timespec t;

    syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &t);
    return t.tv_sec;
}

static long number(const char *name)
{
    const char *text = getenv(name);

    return text ? atol(text) : 0;
}

__attribute__((constructor)) static void init(void)
{
    jump = number("CLOCK_JUMP");
    from = monotonic() + number("CLOCK_JUMP_AFTER");
}

int clock_gettime(clockid_t clock, struct timespec *t)
{
    int status = syscall(SYS_clock_gettime, clock, t);

    if (status == 0 && (clock == CLOCK_REALTIME ||
                        clock == CLOCK_REALTIME_COARSE) &&
        monotonic() >= from) {
        t->tv_sec += jump;
    }
    return status;
}

int gettimeofday(struct timeval *restrict tv, void *restrict zone)
{
    struct timespec t;

    (void)zone;
    clock_gettime(CLOCK_REALTIME, &t);
    tv->tv_sec = t.tv_sec;
    tv->tv_usec = t.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *out)
{
    struct timespec t;

    clock_gettime(CLOCK_REALTIME, &t);
    if (out) {
        *out = t.tv_sec;
    }
    return t.tv_sec;
}
