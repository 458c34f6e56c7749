/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The agent's half of the conversation: bytes in, bytes out, requests given to
 * handlers, replies kept for those that come again.
 *
 * It does no I/O. One thread owns it: feeds it what came, sends what it has to
 * say, wakes it when `wake` was called and when its time has come. Handlers run
 * on a thread of its own.
 */
#ifndef PROTOCOL_DISPATCHER_H
#define PROTOCOL_DISPATCHER_H

#include "protocol/frame.h"
#include "protocol/job.h"

struct dispatcher;

/* What a system can do: one handler for each request it knows. */
struct backend {
    const char *system;                /* "windows", "linux" */
    const char *version;               /* of the agent */
    job_handler *(*handler)(uint16_t request); /* NULL: not supported */
    void (*wake)(void *opaque);        /* from any thread: call _work() */
    void *opaque;
};

/* The backend has to last. NULL when there can be no thread. */
struct dispatcher *dispatcher_new(const struct backend *backend);

/* Only where its thread is idle; otherwise the process has to end instead. */
void dispatcher_free(struct dispatcher *d);

/* Say HELLO: a link has been opened. What was still to be sent is dropped. */
void dispatcher_open(struct dispatcher *d);

/* Bytes that came. */
void dispatcher_input(struct dispatcher *d, const void *bytes, size_t length);

/* What is to be sent next, of which *length bytes; NULL: nothing. */
const uint8_t *dispatcher_output(struct dispatcher *d, size_t *length);
/* So much of it has been sent. */
void dispatcher_sent(struct dispatcher *d, size_t length);

/* When dispatcher_work() is to be called at the latest, as platform_now();
 * UINT64_MAX: not before something comes. */
uint64_t dispatcher_deadline(const struct dispatcher *d);
/* Look after what is finished and what is late. */
void dispatcher_work(struct dispatcher *d);

/* Something happened in the system: job_wait() returns, for another look. Any
 * thread. */
void dispatcher_poke(struct dispatcher *d);

/* The AGENT_LEAVES request that was answered, and the answer has been sent; 0:
 * none. */
uint16_t dispatcher_leaving(const struct dispatcher *d);

#endif
