/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The dispatcher's state, for dispatcher.c (conversation) and job.c (work). */
#ifndef PROTOCOL_DISPATCHER_INTERNAL_H
#define PROTOCOL_DISPATCHER_INTERNAL_H

#include "protocol/dispatcher.h"

/* A handler has so many milliseconds more than its limit to say it itself,
 * with all that it knows, before the dispatcher answers in its place. */
#define DISPATCHER_GRACE 500
/* The longest limit that a host can ask for: a day. */
#define DISPATCHER_LIMIT 86400000u
#define DISPATCHER_TEXT 256
#define DISPATCHER_LOGS 32

struct kept_reply {
    uint32_t id;
    size_t length; /* 0: none */
    uint8_t bytes[FRAME_MAX];
};

struct progress {
    uint64_t done, total;
    char text[DISPATCHER_TEXT];
};

struct dispatcher {
    const struct backend *backend;
    uint64_t boot, nonce;

    /* The conversation, of the thread that owns the dispatcher. */
    struct frame_reader reader;
    uint64_t last_input;       /* platform_now() */
    uint8_t output[4 * FRAME_MAX];
    size_t out_begin, out_end;
    uint8_t frame[FRAME_MAX];  /* one that is being written */
    struct fields scratch;     /* a payload that is being written */
    struct kept_reply replies[AGENT_REPLIES_KEPT];
    unsigned next_reply;       /* the oldest */
    uint32_t highest_id;       /* that came from this host */
    uint64_t seen;             /* bit n: highest_id - n came, too */
    bool answering;            /* somebody waits for the job's reply */
    uint16_t leaving;          /* request after which the agent leaves */
    struct progress progress;  /* the job's latest */
    struct job inline_job;
    struct job late_job;       /* answers in place of the job */

    /* The job, of the worker from dispatcher_start() until it is done. */
    struct job job;

    /* What both touch, under the lock. */
    platform_lock lock;
    platform_condition condition;
    bool working;              /* the job is the worker's */
    bool start, done, cancelled, quit;
    unsigned pokes;
    bool news;                 /* fresh_progress was not taken yet */
    struct progress fresh_progress;
    char logs[DISPATCHER_LOGS][DISPATCHER_TEXT];
    unsigned first_log, n_logs, lost_logs;
};

/* dispatcher.c: handlers of its own. */
job_handler dispatcher_ping, dispatcher_abort, dispatcher_idle;

/* job.c */
job_handler *dispatcher_handler(const struct dispatcher *d, uint16_t request);
bool dispatcher_working(struct dispatcher *d);
void dispatcher_start(struct dispatcher *d);
/* Nobody waits for the job's reply any more. */
void dispatcher_cancel(struct dispatcher *d);
/* Did the worker finish the job? Once for each. */
bool dispatcher_take_result(struct dispatcher *d);
bool dispatcher_take_progress(struct dispatcher *d);
bool dispatcher_take_log(struct dispatcher *d, char text[DISPATCHER_TEXT]);

#endif
