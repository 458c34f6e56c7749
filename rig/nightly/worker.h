/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A worker of a night: a child process `rig run ...`, with a limit on its wall
 * time. What it prints goes to a file, what it tells as JSON events to us.
 *
 * It has a process group of its own, so that Ctrl-C reaches it through us
 * only, and is told by the kernel when we die (PR_SET_PDEATHSIG).
 */
#ifndef RIG_WORKER_H
#define RIG_WORKER_H

#include <glib.h>
#include <json-glib/json-glib.h>

typedef struct RigWorker RigWorker;

/* How it ended. */
typedef struct RigWorkerEnd {
    int status;          /* exit status, 128 + signal */
    gboolean late;       /* killed by its limit */
} RigWorkerEnd;

typedef struct RigWorkerConfig {
    char *const *argv;   /* NULL-terminated; argv[0] is the program */
    const char *log;     /* file that gets standard output and error */
    unsigned limit_seconds;
    /* Called from the default main context; the event is only valid then.
     * on_end() comes last and frees the worker behind itself. */
    void (*on_event)(JsonObject *event, const char *line, void *opaque);
    void (*on_end)(const RigWorkerEnd *end, void *opaque);
    void *opaque;
} RigWorkerConfig;

/* The descriptor on which a worker finds its --events-fd. */
#define RIG_WORKER_EVENTS_FD 3

RigWorker *rig_worker_start(const RigWorkerConfig *config, GError **error);
/* Ask it to stop; it is killed when it has not after 25 seconds. */
void rig_worker_stop(RigWorker *worker);

#endif
