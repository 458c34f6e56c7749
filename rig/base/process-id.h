/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A process that can be told from a later one with the same number: by its
 * start time, and from those before the host was restarted by the boot id.
 */
#ifndef RIG_PROCESS_ID_H
#define RIG_PROCESS_ID_H

#include <glib.h>
#include <stdint.h>
#include <sys/types.h>

typedef struct RigProcessId {
    pid_t pid;           /* 0: none */
    uint64_t start;      /* clock ticks after boot: field 22 of proc(5),
                            /proc/PID/stat */
    char boot[37];       /* /proc/sys/kernel/random/boot_id, random(4) */
} RigProcessId;

/* The calling process. */
RigProcessId rig_process_self(void);
/* Does it still run? A zombie does not. */
gboolean rig_process_alive(const RigProcessId *id);

#endif
