/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A request while it is carried out: what handlers get, and what they may do.
 *
 * A handler runs on the agent's worker thread (AGENT_INLINE ones on the thread
 * of the conversation) and writes its reply into `out`, where AGENT_KEY_STATUS
 * says "ok" already. Nothing stops a handler: it has to come back by itself, at
 * its deadline or when it is cancelled, as far as the system lets it.
 */
#ifndef PROTOCOL_JOB_H
#define PROTOCOL_JOB_H

#include "protocol/fields.h"
#include "protocol/platform.h"

struct dispatcher;

struct job {
    struct dispatcher *dispatcher;
    uint16_t request;
    uint32_t id;
    uint64_t nonce;
    uint64_t deadline;   /* of platform_now() */
    struct fields in;
    struct fields out;
};

typedef void job_handler(struct job *job);

/* Make the reply a failure. `error` is not AGENT_E_OK. */
void job_fail(struct job *job, enum agent_error error, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* The same, because a function of the system failed. */
void job_fail_api(struct job *job, enum agent_error error, const char *api,
                  const char *domain, uint64_t code, const char *format, ...)
    PRINTF_LIKE(6, 7);
void job_fail_platform(struct job *job, enum agent_error error,
                       const struct platform_error *failure,
                       const char *what);

/* A text argument; "" when it is left out. False, and the reply is a failure,
 * when it does not fit. */
bool job_text(struct job *job, enum agent_key key, char *out, size_t size);

/* Tell the host how far it is; `total` 0: not known. */
void job_progress(struct job *job, uint64_t done, uint64_t total,
                  const char *format, ...)
    PRINTF_LIKE(4, 5);

/* Has nobody an interest in it any more? */
bool job_cancelled(struct job *job);

/*
 * Wait for something of the system that calls job_poke(), from any thread:
 *
 *     do {
 *         pokes = job_pokes(job);
 *         ... look, and break if it is there ...
 *     } while (job_wait(job, pokes));
 *
 * job_wait() returns false at the deadline, or when the job is cancelled.
 */
unsigned job_pokes(struct job *job);
bool job_wait(struct job *job, unsigned pokes);
void job_poke(struct job *job);

/* A LOG for the host; lost, and counted, when there are too many. */
void job_log(struct job *job, const char *format, ...)
    PRINTF_LIKE(2, 3);

#endif
