/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The agent's half of the conversation: who is asked what, and once only. */
#include <stdlib.h>
#include <string.h>
#include "protocol/dispatcher-internal.h"
#include "protocol/names.h"

/* --- what is said ------------------------------------------------------------ */

static size_t queued(const struct dispatcher *d)
{
    return d->out_end - d->out_begin;
}

/*
 * Queue a frame. When the host reads nothing there is no room at some time, and
 * then it is lost: who wanted it asks again.
 */
static void queue(struct dispatcher *d, const uint8_t *bytes, size_t length)
{
    if (d->out_begin) {
        memmove(d->output, d->output + d->out_begin, queued(d));
        d->out_end -= d->out_begin;
        d->out_begin = 0;
    }
    if (length <= sizeof(d->output) - d->out_end) {
        memcpy(d->output + d->out_end, bytes, length);
        d->out_end += length;
    }
}

static size_t make_frame(struct dispatcher *d, enum agent_kind kind,
                         uint16_t request, uint32_t id, uint64_t nonce,
                         const struct fields *payload, uint8_t *out)
{
    struct frame frame = {
        .version = AGENT_VERSION,
        .kind = (uint8_t)kind,
        .request = request,
        .id = id,
        .length = (uint32_t)payload->length,
        .nonce = nonce,
        .boot = d->boot,
        .payload = payload->bytes,
    };

    return frame_write(&frame, out);
}

static void say(struct dispatcher *d, enum agent_kind kind, uint16_t request,
                uint32_t id, uint64_t nonce, const struct fields *payload)
{
    queue(d, d->frame, make_frame(d, kind, request, id, nonce, payload,
                                  d->frame));
}

static void say_hello(struct dispatcher *d)
{
    struct fields *hello = &d->scratch;
    const struct agent_request_info *rows;
    unsigned count;

    fields_clear(hello);
    fields_text(hello, AGENT_KEY_SYSTEM, d->backend->system);
    fields_text(hello, AGENT_KEY_AGENT, d->backend->version);
    fields_number(hello, AGENT_KEY_PAYLOAD_MAX, AGENT_PAYLOAD_MAX);
    rows = agent_requests(&count);
    for (unsigned i = 0; i < count; i++) {
        if (dispatcher_handler(d, rows[i].number)) {
            fields_text(hello, AGENT_KEY_CAPABILITY, rows[i].name);
        }
    }
    say(d, AGENT_HELLO, 0, 0, d->nonce, hello);
}

static void say_progress(struct dispatcher *d, const struct job *job,
                         uint64_t done, uint64_t total, const char *text)
{
    struct fields *progress = &d->scratch;

    fields_clear(progress);
    fields_number(progress, AGENT_KEY_DONE, done);
    fields_number(progress, AGENT_KEY_TOTAL, total);
    fields_text(progress, AGENT_KEY_TEXT, text);
    say(d, AGENT_PROGRESS, job->request, job->id, job->nonce, progress);
}

/* A failure that is not worth keeping: asked again, it may be another. */
static void refuse(struct dispatcher *d, const struct frame *f,
                   enum agent_error error, const char *text)
{
    struct fields *reply = &d->scratch;

    fields_clear(reply);
    fields_number(reply, AGENT_KEY_STATUS, error);
    fields_text(reply, AGENT_KEY_TEXT, text);
    say(d, AGENT_REPLY, f->request, f->id, f->nonce, reply);
}

/* --- replies that are kept ------------------------------------------------------ */

static struct kept_reply *find_reply(struct dispatcher *d, uint32_t id)
{
    for (unsigned i = 0; i < AGENT_REPLIES_KEPT; i++) {
        if (d->replies[i].length && d->replies[i].id == id) {
            return &d->replies[i];
        }
    }
    return NULL;
}

/* Reply to a request, and keep that in place of the oldest one. */
static void reply(struct dispatcher *d, struct job *job)
{
    struct kept_reply *kept = &d->replies[d->next_reply];

    if (job->nonce != d->nonce) {
        return; /* who asked is gone */
    }
    if (job->out.overflow) {
        job_fail(job, AGENT_E_TOO_LARGE,
                 "the reply is longer than %u bytes: ask for less",
                 AGENT_PAYLOAD_MAX);
    }
    d->next_reply = (d->next_reply + 1) % AGENT_REPLIES_KEPT;
    kept->id = job->id;
    kept->length = make_frame(d, AGENT_REPLY, job->request, job->id,
                              job->nonce, &job->out, kept->bytes);
    queue(d, kept->bytes, kept->length);
    if (fields_get_number(&job->out, AGENT_KEY_STATUS, 0) == AGENT_E_OK) {
        const struct agent_request_info *info =
            agent_request_info(job->request);

        if (info && info->flags == AGENT_LEAVES) {
            d->leaving = job->request;
        }
    }
}

/*
 * Which ids have come: the highest, and a bit for each of the 64 below it. One
 * that is older than those has been answered, or was given up long ago.
 */
static bool id_is_new(const struct dispatcher *d, uint32_t id)
{
    uint32_t behind = d->highest_id - id;

    return id > d->highest_id ||
           (behind < 64 && !(d->seen >> behind & 1));
}

static void note_id(struct dispatcher *d, uint32_t id)
{
    if (id > d->highest_id) {
        uint32_t by = id - d->highest_id;

        d->seen = by < 64 ? d->seen << by | 1 : 1;
        d->highest_id = id;
    } else {
        d->seen |= 1ull << (d->highest_id - id);
    }
}

/* --- requests ---------------------------------------------------------------------- */

static void start_conversation(struct dispatcher *d, uint64_t nonce)
{
    if (nonce != d->nonce) {
        d->nonce = nonce;
        d->highest_id = 0;
        d->seen = 0;
        for (unsigned i = 0; i < AGENT_REPLIES_KEPT; i++) {
            d->replies[i].length = 0;
        }
        dispatcher_cancel(d); /* for a host that is gone */
    }
    say_hello(d);
}

/* Are the arguments there that have to be? If not, the job has failed. */
static bool check_arguments(struct job *job,
                            const struct agent_request_info *info)
{
    const char *arguments = info->arguments;
    struct field field;
    uint16_t key;
    bool optional;

    while (agent_next_argument(&arguments, &key, &optional)) {
        if (!optional && !fields_find(&job->in, (enum agent_key)key, &field)) {
            job_fail(job, AGENT_E_INVALID, "%s needs \"%s\"", info->name,
                     agent_key_name(key));
            return false;
        }
    }
    return true;
}

/* Carry out `job`, or have it carried out; false: it is answered already. */
static bool begin(struct dispatcher *d, struct job *job,
                  const struct frame *f)
{
    const struct agent_request_info *info = agent_request_info(f->request);
    job_handler *handler = dispatcher_handler(d, f->request);
    const char *why;
    uint64_t limit;

    if (!fields_read(&job->in, f->payload, f->length, &why)) {
        job_fail(job, AGENT_E_INVALID, "the payload %s", why);
        return false;
    }
    if (!info) {
        job_fail(job, AGENT_E_UNKNOWN, "no request has number %u", f->request);
        return false;
    }
    if (!handler) {
        job_fail(job, AGENT_E_UNSUPPORTED, "an agent on %s has no \"%s\"",
                 d->backend->system, info->name);
        return false;
    }
    if (!check_arguments(job, info)) {
        return false;
    }
    limit = fields_get_number(&job->in, AGENT_KEY_LIMIT, info->limit);
    job->deadline = platform_now() +
                    (limit < DISPATCHER_LIMIT ? limit : DISPATCHER_LIMIT);
    if (info->flags == AGENT_INLINE) {
        handler(job);
        return false;
    }
    return true;
}

static void prepare(struct dispatcher *d, struct job *job,
                    const struct frame *f)
{
    job->dispatcher = d;
    job->request = f->request;
    job->id = f->id;
    job->nonce = f->nonce;
    fields_clear(&job->in);
    fields_clear(&job->out);
    fields_number(&job->out, AGENT_KEY_STATUS, AGENT_E_OK);
}

static void take_request(struct dispatcher *d, const struct frame *f)
{
    const struct agent_request_info *info = agent_request_info(f->request);
    struct kept_reply *kept = find_reply(d, f->id);
    bool is_work = info && info->flags != AGENT_INLINE;
    struct job *job = &d->inline_job;

    if (f->boot != d->boot || f->nonce != d->nonce || !d->nonce) {
        refuse(d, f, AGENT_E_STALE, "the agent was started again since");
        return;
    }
    if (d->answering && d->job.id == f->id) {
        say_progress(d, &d->job, d->progress.done,
                     d->progress.total, d->progress.text);
        return;
    }
    if (kept) {
        queue(d, kept->bytes, kept->length);
        return;
    }
    if (!id_is_new(d, f->id) || f->id == 0) {
        refuse(d, f, AGENT_E_EXPIRED, "the reply is no longer kept");
        return;
    }
    if (is_work && dispatcher_working(d)) {
        const struct agent_request_info *other =
            agent_request_info(d->job.request);

        refuse(d, f, AGENT_E_BUSY, other ? other->name : "a request");
        return;
    }
    note_id(d, f->id);
    if (is_work) {
        job = &d->job;
    }
    prepare(d, job, f);
    if (begin(d, job, f)) {
        dispatcher_start(d);
    } else {
        reply(d, job);
    }
}

static void take_frame(struct dispatcher *d, const struct frame *f)
{
    if (f->version != AGENT_VERSION && f->kind != AGENT_HELLO) {
        return; /* our HELLO has told the host which one we speak */
    }
    switch (f->kind) {
    case AGENT_HELLO:
        if (f->nonce) {
            start_conversation(d, f->nonce);
        }
        break;
    case AGENT_REQUEST:
        take_request(d, f);
        break;
    }
}

/* --- the thread that owns it ---------------------------------------------------------- */

static void take_frames(struct dispatcher *d)
{
    struct frame frame;

    while (frame_next(&d->reader, &frame)) {
        take_frame(d, &frame);
    }
}

void dispatcher_input(struct dispatcher *d, const void *bytes, size_t length)
{
    const uint8_t *p = bytes;

    d->last_input = platform_now();
    while (length) {
        size_t taken = frame_feed(&d->reader, p, length);

        take_frames(d);
        p += taken;
        length -= taken;
    }
}

const uint8_t *dispatcher_output(struct dispatcher *d, size_t *length)
{
    *length = queued(d);
    return *length ? d->output + d->out_begin : NULL;
}

void dispatcher_sent(struct dispatcher *d, size_t length)
{
    d->out_begin += length;
}

uint64_t dispatcher_deadline(const struct dispatcher *d)
{
    uint64_t when = UINT64_MAX;

    if (d->answering) {
        when = d->job.deadline + DISPATCHER_GRACE;
    }
    if (frame_pending(&d->reader) && d->last_input + FRAME_PATIENCE < when) {
        when = d->last_input + FRAME_PATIENCE;
    }
    return when;
}

/* The handler has not come back in time: answer without it. */
static void give_up(struct dispatcher *d, enum agent_error error,
                    const char *text)
{
    struct job *answer = &d->late_job;

    answer->dispatcher = d;
    answer->request = d->job.request;
    answer->id = d->job.id;
    answer->nonce = d->job.nonce;
    job_fail(answer, error, "%s", text);
    dispatcher_cancel(d);
    reply(d, answer);
}

static void say_news(struct dispatcher *d)
{
    char text[DISPATCHER_TEXT];

    if (dispatcher_take_progress(d) && d->answering) {
        say_progress(d, &d->job, d->progress.done,
                     d->progress.total, d->progress.text);
    }
    while (dispatcher_take_log(d, text)) {
        if (queued(d) > sizeof(d->output) / 2) {
            continue; /* nobody reads */
        }
        fields_clear(&d->scratch);
        fields_text(&d->scratch, AGENT_KEY_TEXT, text);
        say(d, AGENT_LOG, 0, 0, d->nonce, &d->scratch);
    }
}

void dispatcher_work(struct dispatcher *d)
{
    uint64_t now = platform_now();

    say_news(d);
    if (dispatcher_take_result(d)) {
        if (d->answering) {
            d->answering = false;
            reply(d, &d->job);
        }
    } else if (d->answering && now >= d->job.deadline + DISPATCHER_GRACE) {
        give_up(d, AGENT_E_TIMED_OUT,
                "the system has not come back; it may still do it");
    }
    if (frame_pending(&d->reader) && now >= d->last_input + FRAME_PATIENCE) {
        d->last_input = now;
        frame_give_up(&d->reader);
        take_frames(d);
    }
}

void dispatcher_open(struct dispatcher *d)
{
    d->out_begin = d->out_end = 0;
    say_hello(d);
}

uint16_t dispatcher_leaving(const struct dispatcher *d)
{
    return queued(d) ? 0 : d->leaving;
}

void dispatcher_ping(struct job *job)
{
    struct field field;

    if (fields_find(&job->in, AGENT_KEY_DATA, &field)) {
        fields_bytes(&job->out, AGENT_KEY_DATA, field.value, field.length);
    }
    if (fields_find(&job->in, AGENT_KEY_TEXT, &field)) {
        char text[1024];

        fields_get_text(&job->in, AGENT_KEY_TEXT, text, sizeof(text));
        fields_text(&job->out, AGENT_KEY_TEXT, text);
    }
}

void dispatcher_abort(struct job *job)
{
    struct dispatcher *d = job->dispatcher;
    uint64_t id = fields_get_number(&job->in, AGENT_KEY_REQUEST_ID, 0);

    if (d->answering && d->job.id == id) {
        give_up(d, AGENT_E_ABORTED, "the host has given it up");
    } else if (!find_reply(d, (uint32_t)id)) {
        job_fail(job, AGENT_E_NOT_FOUND, "no such request is under way");
    }
}

/* Its deadline comes early, and is no failure then. */
void dispatcher_idle(struct job *job)
{
    uint64_t total = fields_get_number(&job->in, AGENT_KEY_TOTAL, 0);
    uint64_t begin = platform_now(), limit = job->deadline;

    if (total < limit - begin) {
        job->deadline = begin + total;
    }
    job_progress(job, 0, total, "idle");
    while (job_wait(job, job_pokes(job))) {
    }
    if (job->deadline == limit && platform_now() >= limit) {
        job_fail(job, AGENT_E_TIMED_OUT, "the limit is shorter than that");
    }
}
