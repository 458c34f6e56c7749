/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How long a process was ready to run and got no processor: on a busy machine
 * that time must not count against a guest.
 */
#ifndef RIG_STARVED_H
#define RIG_STARVED_H

#include <stdint.h>
#include <sys/types.h>

/*
 * Milliseconds that the threads of @pid have waited on run queues since they
 * began, by the second field of /proc/PID/task/TID/schedstat
 * (Documentation/scheduler/sched-stats.rst of Linux). 0 when nobody knows: no
 * such process, a kernel without the statistics, @pid <= 0.
 */
uint64_t rig_starved_ms(pid_t pid);

/*
 * @wall_ms of wall time less @starved_ms of waiting, but never less than a
 * tenth of it, so that every limit is reached in the end.
 */
uint64_t rig_fair_ms(uint64_t wall_ms, uint64_t starved_ms);

#endif
