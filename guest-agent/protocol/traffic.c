/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Test frames as UDP datagrams to the reflector, and what comes back. */
#include <stdlib.h>
#include <string.h>
#include "protocol/traffic.h"
#include "protocol/udp.h"
#include "rig/traffic.h"

#define WINDOW         16u      /* frames sent and not yet back */
#define NO_PROGRESS_MS 2000u    /* then the rest is missing */
#define FRAMES_MAX     1000000u
#define SHORTEST       (RIG_FRAME_HEADER + RIG_UDP_HEADERS)
#define ETHER_HEADER   14u      /* with the EtherType: before the payload */
#define PROGRESS_EVERY 1024u    /* frames */

struct traffic {
    struct job *job;
    const struct traffic_request *request;
    udp_socket socket;
    uint8_t *seen;              /* per frame: came back */
    uint32_t sent, received, wrong;
};

static uint64_t number(struct job *job, enum agent_key key)
{
    return fields_get_number(&job->in, key, 0);
}

bool traffic_read(struct job *job, struct traffic_request *request)
{
    uint64_t frames = number(job, AGENT_KEY_FRAMES);
    uint64_t min = number(job, AGENT_KEY_MIN_LENGTH);
    uint64_t max = number(job, AGENT_KEY_MAX_LENGTH);

    if (frames < 1 || frames > FRAMES_MAX) {
        job_fail(job, AGENT_E_INVALID, "frames is 1 to %u", FRAMES_MAX);
        return false;
    }
    if (min < SHORTEST || max < min || max > RIG_FRAME_MAX) {
        job_fail(job, AGENT_E_INVALID, "min-length is %u or more, and "
                 "max-length from there to %u", SHORTEST, RIG_FRAME_MAX);
        return false;
    }
    *request = (struct traffic_request){
        .seed = number(job, AGENT_KEY_SEED),
        .scenario = (uint32_t)number(job, AGENT_KEY_SCENARIO),
        .cycle = (uint32_t)number(job, AGENT_KEY_CYCLE),
        .frames = (uint32_t)frames,
        .min_length = (uint32_t)min,
        .max_length = (uint32_t)max,
    };
    return true;
}

/* The payload of frame n, at frame + ETHER_HEADER; its length. */
static uint32_t fill(const struct traffic *t, uint32_t n,
                     uint8_t frame[RIG_FRAME_MAX])
{
    static const uint8_t none[6];
    const struct traffic_request *r = t->request;
    uint32_t length = rig_frame_length(r->seed, n, r->min_length,
                                       r->max_length) - RIG_UDP_HEADERS;

    rig_frame_fill(frame, length, r->seed, r->scenario, r->cycle, n, none,
                   none);
    return length - ETHER_HEADER;
}

static bool send_frame(struct traffic *t)
{
    uint8_t frame[RIG_FRAME_MAX];
    struct platform_error error;
    uint32_t length = fill(t, t->sent, frame);

    if (!udp_send(t->socket, frame + ETHER_HEADER, length, &error)) {
        char what[64];

        snprintf(what, sizeof(what), "frame %u of %u", t->sent,
                 t->request->frames);
        job_fail_platform(t->job, AGENT_E_FAILED, &error, what);
        return false;
    }
    t->sent++;
    return true;
}

static void check(struct traffic *t, const uint8_t *bytes, size_t length)
{
    uint8_t want[RIG_FRAME_MAX];
    uint32_t n = length < RIG_FRAME_HEADER - ETHER_HEADER ? UINT32_MAX :
                 (uint32_t)bytes[8] << 24 | bytes[9] << 16 | bytes[10] << 8 |
                 bytes[11];

    if (n >= t->sent || t->seen[n] || fill(t, n, want) != length ||
        memcmp(bytes, want + ETHER_HEADER, length)) {
        t->wrong++;
        return;
    }
    t->seen[n] = 1;
    t->received++;
}

/* Until at most `open` frames are on their way; false: nothing came for too
 * long, or it is time to stop. */
static bool receive(struct traffic *t, uint32_t open)
{
    uint8_t bytes[RIG_FRAME_MAX];

    while (t->sent - t->received > open) {
        size_t length = udp_receive(t->socket, bytes, sizeof(bytes),
                                    NO_PROGRESS_MS);

        if (!length || job_cancelled(t->job) ||
            platform_now() >= t->job->deadline) {
            return false;
        }
        check(t, bytes, length);
    }
    return true;
}

static void run(struct traffic *t)
{
    bool good = true;

    while (good && t->sent < t->request->frames && receive(t, WINDOW - 1)) {
        good = send_frame(t);
        if (t->sent % PROGRESS_EVERY == 0) {
            job_progress(t->job, t->received, t->request->frames,
                         "%u frames are back", t->received);
        }
    }
    if (good) {
        receive(t, 0);
        fields_number(&t->job->out, AGENT_KEY_SENT, t->sent);
        fields_number(&t->job->out, AGENT_KEY_RECEIVED, t->received);
        fields_number(&t->job->out, AGENT_KEY_WRONG, t->wrong);
    }
}

void traffic_run(struct job *job, const struct traffic_request *request)
{
    struct traffic t = { .job = job, .request = request };
    struct platform_error error;

    t.socket = udp_open(RIG_GUEST_IP, RIG_PEER_IP, RIG_UDP_PORT, &error);
    if (t.socket == UDP_NONE) {
        job_fail_platform(job, AGENT_E_FAILED, &error,
                          "a UDP socket of the adapter");
        return;
    }
    t.seen = calloc(request->frames, 1);
    if (t.seen) {
        run(&t);
    } else {
        job_fail(job, AGENT_E_FAILED, "no memory for %u frames",
                 request->frames);
    }
    free(t.seen);
    udp_close(t.socket);
}
