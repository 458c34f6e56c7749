/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Jobs: the thread that carries requests out, and what handlers may ask for. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include "protocol/dispatcher-internal.h"
#include "protocol/transfer.h"

static void lock(struct dispatcher *d)
{
    platform_lock_take(&d->lock);
}

static void unlock(struct dispatcher *d)
{
    platform_lock_give(&d->lock);
}

/* Which of the requests is the protocol's own business, and whose the rest. */
job_handler *dispatcher_handler(const struct dispatcher *d, uint16_t request)
{
    switch (request) {
    case AGENT_REQ_PING:
        return dispatcher_ping;
    case AGENT_REQ_ABORT:
        return dispatcher_abort;
    case AGENT_REQ_IDLE:
        return dispatcher_idle;
    case AGENT_REQ_PUT_BEGIN:
        return transfer_put_begin;
    case AGENT_REQ_PUT_DATA:
        return transfer_put_data;
    case AGENT_REQ_PUT_END:
        return transfer_put_end;
    case AGENT_REQ_GET_BEGIN:
        return transfer_get_begin;
    case AGENT_REQ_GET_DATA:
        return transfer_get_data;
    }
    return d->backend->handler(request);
}

/* --- the worker ---------------------------------------------------------------- */

static void work(void *opaque)
{
    struct dispatcher *d = opaque;

    lock(d);
    while (!d->quit) {
        if (!d->start) {
            platform_condition_wait(&d->condition, &d->lock, UINT64_MAX);
            continue;
        }
        d->start = false;
        unlock(d);
        dispatcher_handler(d, d->job.request)(&d->job);
        lock(d);
        d->done = true;
        d->backend->wake(d->backend->opaque);
    }
    d->quit = false;
    platform_condition_signal(&d->condition);
    unlock(d);
}

struct dispatcher *dispatcher_new(const struct backend *backend)
{
    struct dispatcher *d = calloc(1, sizeof(*d));

    if (!d) {
        return NULL;
    }
    d->backend = backend;
    d->boot = platform_random();
    frame_reader_init(&d->reader);
    platform_lock_init(&d->lock);
    platform_condition_init(&d->condition);
    if (!platform_thread(work, d)) {
        free(d);
        return NULL;
    }
    return d;
}

void dispatcher_free(struct dispatcher *d)
{
    lock(d);
    d->quit = true;
    platform_condition_signal(&d->condition);
    while (d->quit) {
        platform_condition_wait(&d->condition, &d->lock, UINT64_MAX);
    }
    unlock(d);
    free(d);
}

bool dispatcher_working(struct dispatcher *d)
{
    bool working;

    lock(d);
    working = d->working;
    unlock(d);
    return working;
}

void dispatcher_start(struct dispatcher *d)
{
    lock(d);
    d->working = true;
    d->start = true;
    d->done = d->cancelled = d->news = false;
    memset(&d->progress, 0, sizeof(d->progress));
    platform_condition_signal(&d->condition);
    unlock(d);
    d->answering = true;
}

void dispatcher_cancel(struct dispatcher *d)
{
    lock(d);
    d->cancelled = true;
    platform_condition_signal(&d->condition);
    unlock(d);
    d->answering = false;
}

bool dispatcher_take_result(struct dispatcher *d)
{
    bool done;

    lock(d);
    done = d->done;
    if (done) {
        d->done = d->working = false;
    }
    unlock(d);
    return done;
}

bool dispatcher_take_progress(struct dispatcher *d)
{
    bool news;

    lock(d);
    news = d->news;
    d->news = false;
    if (news) {
        d->progress = d->fresh_progress;
    }
    unlock(d);
    return news;
}

bool dispatcher_take_log(struct dispatcher *d, char text[DISPATCHER_TEXT])
{
    bool found = true;

    lock(d);
    if (d->n_logs) {
        memcpy(text, d->logs[d->first_log], DISPATCHER_TEXT);
        d->first_log = (d->first_log + 1) % DISPATCHER_LOGS;
        d->n_logs--;
    } else if (d->lost_logs) {
        snprintf(text, DISPATCHER_TEXT, "%u lines more than were kept",
                 d->lost_logs);
        d->lost_logs = 0;
    } else {
        found = false;
    }
    unlock(d);
    return found;
}

/* --- what handlers may ask for ---------------------------------------------------- */

static void fail(struct job *job, enum agent_error error, const char *format,
                 va_list args)
{
    char text[1024];

    vsnprintf(text, sizeof(text), format, args);
    fields_clear(&job->out);
    fields_number(&job->out, AGENT_KEY_STATUS, error);
    fields_text(&job->out, AGENT_KEY_TEXT, text);
}

void job_fail(struct job *job, enum agent_error error, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    fail(job, error, format, args);
    va_end(args);
}

void job_fail_api(struct job *job, enum agent_error error, const char *api,
                  const char *domain, uint64_t code, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    fail(job, error, format, args);
    va_end(args);
    fields_text(&job->out, AGENT_KEY_API, api);
    fields_text(&job->out, AGENT_KEY_DOMAIN, domain);
    fields_number(&job->out, AGENT_KEY_CODE, code);
}

void job_fail_platform(struct job *job, enum agent_error error,
                       const struct platform_error *failure, const char *what)
{
    job_fail_api(job, error, failure->api, failure->domain, failure->code,
                 "%s: %s", what, failure->text);
}

bool job_text(struct job *job, enum agent_key key, char *out, size_t size)
{
    struct field field;

    if (!fields_get_text(&job->in, key, out, size) &&
        fields_find(&job->in, key, &field)) {
        job_fail(job, AGENT_E_INVALID, "a text is longer than %zu bytes",
                 size - 1);
        return false;
    }
    return true;
}

void job_progress(struct job *job, uint64_t done, uint64_t total,
                  const char *format, ...)
{
    struct dispatcher *d = job->dispatcher;
    va_list args;

    lock(d);
    d->fresh_progress.done = done;
    d->fresh_progress.total = total;
    va_start(args, format);
    vsnprintf(d->fresh_progress.text, sizeof(d->fresh_progress.text), format,
              args);
    va_end(args);
    d->news = true;
    d->backend->wake(d->backend->opaque);
    unlock(d);
}

bool job_cancelled(struct job *job)
{
    bool cancelled;

    lock(job->dispatcher);
    cancelled = job->dispatcher->cancelled;
    unlock(job->dispatcher);
    return cancelled;
}

unsigned job_pokes(struct job *job)
{
    unsigned pokes;

    lock(job->dispatcher);
    pokes = job->dispatcher->pokes;
    unlock(job->dispatcher);
    return pokes;
}

void dispatcher_poke(struct dispatcher *d)
{
    lock(d);
    d->pokes++;
    platform_condition_signal(&d->condition);
    unlock(d);
}

void job_poke(struct job *job)
{
    dispatcher_poke(job->dispatcher);
}

bool job_wait(struct job *job, unsigned pokes)
{
    struct dispatcher *d = job->dispatcher;
    uint64_t now;
    bool go_on;

    lock(d);
    while ((now = platform_now()) < job->deadline && !d->cancelled &&
           d->pokes == pokes) {
        platform_condition_wait(&d->condition, &d->lock,
                                job->deadline - now);
    }
    go_on = now < job->deadline && !d->cancelled;
    unlock(d);
    return go_on;
}

void job_log(struct job *job, const char *format, ...)
{
    struct dispatcher *d = job->dispatcher;
    va_list args;

    lock(d);
    if (d->n_logs == DISPATCHER_LOGS) {
        d->lost_logs++;
    } else {
        va_start(args, format);
        vsnprintf(d->logs[(d->first_log + d->n_logs) % DISPATCHER_LOGS],
                  DISPATCHER_TEXT, format, args);
        va_end(args);
        d->n_logs++;
    }
    d->backend->wake(d->backend->opaque);
    unlock(d);
}
