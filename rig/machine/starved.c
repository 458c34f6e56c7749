/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How long a process was ready to run and got no processor. */
#include "starved.h"

#include <glib.h>
#include <stdio.h>

#define NS_PER_MS 1000000u
#define FAIR_LEAST 10  /* wall time counts for a tenth at least */

static uint64_t thread_ns(const char *tasks, const char *tid)
{
    g_autofree char *path = g_build_filename(tasks, tid, "schedstat", NULL);
    g_autofree char *text = NULL;
    unsigned long long ran, waited = 0;

    if (g_file_get_contents(path, &text, NULL, NULL) &&
        sscanf(text, "%llu %llu", &ran, &waited) != 2) {
        waited = 0;
    }
    return waited;
}

uint64_t rig_starved_ms(pid_t pid)
{
    g_autofree char *tasks = g_strdup_printf("/proc/%ld/task", (long)pid);
    g_autoptr(GDir) dir = pid > 0 ? g_dir_open(tasks, 0, NULL) : NULL;
    const char *tid;
    uint64_t ns = 0;

    while (dir && (tid = g_dir_read_name(dir))) {
        ns += thread_ns(tasks, tid);
    }
    return ns / NS_PER_MS;
}

uint64_t rig_fair_ms(uint64_t wall_ms, uint64_t starved_ms)
{
    uint64_t least = wall_ms / FAIR_LEAST;

    return starved_ms < wall_ms - least ? wall_ms - starved_ms : least;
}
