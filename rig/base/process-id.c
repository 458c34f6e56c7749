/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A process that can be told from a later one with the same number. */
#include "process-id.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define START_FIELD 22 /* of /proc/PID/stat; the state is field 3 */

static void read_boot(char boot[37])
{
    g_autofree char *text = NULL;

    if (g_file_get_contents("/proc/sys/kernel/random/boot_id", &text, NULL,
                            NULL)) {
        g_strlcpy(boot, g_strstrip(text), 37);
    }
}

/* Start time of @pid; FALSE: it does not run. */
static gboolean read_start(pid_t pid, uint64_t *start)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/stat", (int)pid);
    g_autofree char *stat = NULL;
    g_auto(GStrv) fields = NULL;
    const char *after_name;

    if (!g_file_get_contents(path, &stat, NULL, NULL) ||
        !(after_name = strrchr(stat, ')')) || after_name[1] != ' ') {
        return FALSE;
    }
    fields = g_strsplit(after_name + 2, " ", START_FIELD);
    if (g_strv_length(fields) < START_FIELD - 2 || *fields[0] == 'Z' ||
        *fields[0] == 'X') {
        return FALSE;
    }
    *start = g_ascii_strtoull(fields[START_FIELD - 3], NULL, 10);
    return TRUE;
}

RigProcessId rig_process_self(void)
{
    RigProcessId id = { .pid = getpid() };

    read_start(id.pid, &id.start);
    read_boot(id.boot);
    return id;
}

gboolean rig_process_alive(const RigProcessId *id)
{
    uint64_t start = 0;
    char boot[37] = "";

    read_boot(boot);
    return id->pid > 0 && strcmp(boot, id->boot) == 0 &&
           read_start(id->pid, &start) && start == id->start;
}
