/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The protocol: what has to hold over any link, with any agent. */
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "protocol/frame.h"
#include "protocol/platform.h"
#include "tests/agent/cases.h"

struct fields *ask(uint16_t request, enum agent_key text_key, const char *text,
                   enum agent_key number_key, uint64_t number,
                   uint64_t limit_ms, GError **error)
{
    g_autofree struct fields *arguments = g_new(struct fields, 1);

    fields_clear(arguments);
    if (text) {
        fields_text(arguments, text_key, text);
    }
    if (number_key) {
        fields_number(arguments, number_key, number);
    }
    return rig_agent_call(agent, request, arguments, limit_ms, error);
}

struct fields *expect_reply(uint16_t request, enum agent_key key,
                            const char *text)
{
    g_autoptr(GError) error = NULL;
    struct fields *reply = ask(request, key, text, 0, 0, 0, &error);

    ck_assert_msg(reply != NULL, "%s", error ? error->message : "");
    return reply;
}

char *expect_failure(uint16_t request, enum agent_key key, const char *text,
                     int code)
{
    g_autoptr(GError) error = NULL;
    g_autofree struct fields *reply = ask(request, key, text, 0, 0, 0, &error);

    ck_assert_msg(reply == NULL, "it was done");
    ck_assert_msg(g_error_matches(error, RIG_AGENT_ERROR, code),
                  "%s (%d instead of %d)", error->message, error->code, code);
    return g_strdup(error->message);
}

/* A ping with `size` bytes comes back with them. */
static void ping(size_t size, uint8_t seed)
{
    g_autofree struct fields *arguments = g_new(struct fields, 1);
    g_autofree struct fields *reply = NULL;
    g_autofree uint8_t *data = g_malloc(size + 1);
    g_autoptr(GError) error = NULL;
    struct field field;

    for (size_t i = 0; i < size; i++) {
        data[i] = (uint8_t)(i * 7 + seed + i / 256);
    }
    fields_clear(arguments);
    fields_bytes(arguments, AGENT_KEY_DATA, data, size);
    reply = rig_agent_call(agent, AGENT_REQ_PING, arguments, 60000, &error);
    ck_assert_msg(reply != NULL, "%s", error ? error->message : "");
    ck_assert(fields_find(reply, AGENT_KEY_DATA, &field));
    ck_assert_uint_eq(field.length, size);
    ck_assert_mem_eq(field.value, data, size);
}

START_TEST(every_byte_comes_back)
{
    static const size_t sizes[] = { 0, 1, 255, 256, 1000, 4095, 4096, 8192,
                                    AGENT_PAYLOAD_MAX - 64 };

    for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
        ping(sizes[i], (uint8_t)i);
    }
}
END_TEST

START_TEST(hello_says_what_it_can)
{
    const struct fields *hello = rig_agent_hello(agent, 0, NULL);
    char text[32];

    ck_assert(fields_get_text(hello, AGENT_KEY_SYSTEM, text, sizeof(text)));
    ck_assert_str_eq(text, transport->kind->windows ? "windows" : "linux");
    ck_assert(rig_agent_can(agent, AGENT_REQ_STATUS));
    ck_assert_int_eq(rig_agent_can(agent, AGENT_REQ_INSTALL),
                     transport->kind->windows);
    ck_assert_uint_ne(rig_agent_boot(agent), 0);
}
END_TEST

START_TEST(what_cannot_be_is_refused)
{
    g_autofree char *unknown = expect_failure(999, 0, NULL, AGENT_E_UNKNOWN);
    g_autofree char *missing = expect_failure(AGENT_REQ_STATUS, 0, NULL,
                                              AGENT_E_INVALID);
    g_autofree char *type = expect_failure(AGENT_REQ_PING, AGENT_KEY_SIZE,
                                           "text", AGENT_E_INVALID);

    ck_assert_ptr_nonnull(strstr(missing, "device"));
    ck_assert_ptr_nonnull(strstr(type, "another type"));
}
END_TEST

START_TEST(garbage_is_skipped)
{
    uint64_t before = rig_agent_counts(agent).skipped;

    for (unsigned i = 0; i < 5; i++) {
        wire_set(transport->wire, WIRE_TO_AGENT,
                 (WireFault){ .garbage = 50 + 900 * i });
        wire_set(transport->wire, WIRE_TO_HOST,
                 (WireFault){ .garbage = 50 + 900 * i });
        ping(300, (uint8_t)i);
    }
    ck_assert_uint_ge(rig_agent_counts(agent).skipped - before, 5 * 50);
}
END_TEST

static void pings_over(WireFault fault)
{
    uint64_t before = rig_agent_counts(agent).resent;

    wire_set(transport->wire, WIRE_TO_AGENT, fault);
    wire_set(transport->wire, WIRE_TO_HOST, fault);
    for (unsigned i = 0; i < 8; i++) {
        ping(500 + i, (uint8_t)i);
    }
    ck_assert_uint_gt(rig_agent_counts(agent).resent, before);
}

START_TEST(damaged_frames_are_sent_again)
{
    pings_over((WireFault){ .damage_every = 1900 });
}
END_TEST

START_TEST(lost_bytes_cost_no_more_than_their_frames)
{
    pings_over((WireFault){ .lose_every = 2100 });
}
END_TEST

/* The host writes a frame at once, and each fits the wire's pieces: whole frames
 * come to the agent twice, and its answers to the host. */
START_TEST(frames_that_come_twice_do_no_harm)
{
    WireFault twice = { .twice = TRUE };

    wire_set(transport->wire, WIRE_TO_AGENT, twice);
    for (unsigned i = 0; i < 5; i++) {
        ping(300 + i, (uint8_t)i);
    }
}
END_TEST

/* --- frames of our own ------------------------------------------------------------ */

typedef struct Raw {
    int fd;
    uint64_t nonce, boot;
    struct frame_reader reader;
} Raw;

static void raw_send(Raw *raw, enum agent_kind kind, uint16_t request,
                     uint32_t id, uint64_t boot)
{
    uint8_t bytes[FRAME_MAX];
    const struct frame frame = {
        .version = AGENT_VERSION,
        .kind = kind,
        .request = request,
        .id = id,
        .nonce = raw->nonce,
        .boot = boot,
    };
    size_t size = frame_write(&frame, bytes);

    ck_assert_int_eq(write(raw->fd, bytes, size), (ssize_t)size);
}

/* The next frame of this kind. */
static struct frame raw_next(Raw *raw, enum agent_kind kind)
{
    struct frame frame;

    for (;;) {
        struct pollfd wait = { .fd = raw->fd, .events = POLLIN };
        uint8_t bytes[512];
        ssize_t n;

        while (frame_next(&raw->reader, &frame)) {
            if (frame.kind == kind && frame.nonce == raw->nonce) {
                return frame;
            }
        }
        ck_assert_int_eq(poll(&wait, 1, 20000), 1);
        n = read(raw->fd, bytes, sizeof(bytes));
        ck_assert_int_gt(n, 0);
        ck_assert_uint_eq(frame_feed(&raw->reader, bytes, (size_t)n),
                          (size_t)n);
    }
}

static struct fields *raw_ask(Raw *raw, uint16_t request, uint32_t id,
                              uint64_t boot)
{
    struct fields *reply = g_new(struct fields, 1);
    struct frame frame;
    const char *why;

    raw_send(raw, AGENT_REQUEST, request, id, boot);
    do {
        frame = raw_next(raw, AGENT_REPLY);
    } while (frame.id != id);
    ck_assert(fields_read(reply, frame.payload, frame.length, &why));
    return reply;
}

static Raw *raw_begin(void)
{
    Raw *raw = g_new(Raw, 1);

    raw->fd = wire_host_fd(transport->wire);
    raw->nonce = platform_random();
    frame_reader_init(&raw->reader);
    raw_send(raw, AGENT_HELLO, 0, 0, 0);
    raw->boot = raw_next(raw, AGENT_HELLO).boot;
    return raw;
}

static void raw_end(Raw *raw)
{
    close(raw->fd);
    g_free(raw);
    connect_agent();
}

static uint64_t status_of(struct fields *reply)
{
    uint64_t status = fields_get_number(reply, AGENT_KEY_STATUS, 99);

    g_free(reply);
    return status;
}

/* Its reply would tell: it has the time in it. */
START_TEST(a_request_that_comes_again_is_not_done_again)
{
    Raw *raw = raw_begin();
    g_autofree struct fields *first = raw_ask(raw, AGENT_REQ_INFO, 1,
                                              raw->boot);
    uint64_t up = fields_get_number(first, AGENT_KEY_UPTIME, 0);
    g_autofree struct fields *again = NULL;
    uint32_t id = 2;

    ck_assert_uint_ne(up, 0);
    for (uint64_t later = up; later == up; id++) {
        g_autofree struct fields *other = raw_ask(raw, AGENT_REQ_INFO, id,
                                                  raw->boot);

        ck_assert_uint_lt(id, AGENT_REPLIES_KEPT);
        later = fields_get_number(other, AGENT_KEY_UPTIME, 0);
    }
    again = raw_ask(raw, AGENT_REQ_INFO, 1, raw->boot);
    ck_assert_uint_eq(again->length, first->length);
    ck_assert_mem_eq(again->bytes, first->bytes, first->length);
    raw_end(raw);
}
END_TEST

START_TEST(an_old_request_is_expired)
{
    Raw *raw = raw_begin();

    for (uint32_t id = 1; id <= AGENT_REPLIES_KEPT + 1; id++) {
        ck_assert_uint_eq(status_of(raw_ask(raw, AGENT_REQ_PING, id,
                                            raw->boot)), AGENT_E_OK);
    }
    ck_assert_uint_eq(status_of(raw_ask(raw, AGENT_REQ_PING, 1, raw->boot)),
                      AGENT_E_EXPIRED);
    /* One that was lost and comes late is none of those. */
    ck_assert_uint_eq(status_of(raw_ask(raw, AGENT_REQ_PING, 40, raw->boot)),
                      AGENT_E_OK);
    ck_assert_uint_eq(status_of(raw_ask(raw, AGENT_REQ_PING, 39, raw->boot)),
                      AGENT_E_OK);
    raw_end(raw);
}
END_TEST

START_TEST(a_request_for_another_life_is_stale)
{
    Raw *raw = raw_begin();

    ck_assert_uint_eq(status_of(raw_ask(raw, AGENT_REQ_PING, 1,
                                        raw->boot + 1)), AGENT_E_STALE);
    ck_assert_uint_eq(status_of(raw_ask(raw, AGENT_REQ_PING, 1, raw->boot)),
                      AGENT_E_OK);
    raw_end(raw);
}
END_TEST

/* --- time -------------------------------------------------------------------------- */

typedef struct Ending {
    gboolean over;
    GError *error;
} Ending;

static void on_ending(gpointer opaque, const struct fields *reply,
                      const GError *error)
{
    Ending *ending = opaque;

    (void)reply;
    ending->over = TRUE;
    ending->error = error ? g_error_copy(error) : NULL;
}

static uint32_t start_idle(uint64_t ms, Ending *ending)
{
    g_autofree struct fields *arguments = g_new(struct fields, 1);

    fields_clear(arguments);
    fields_number(arguments, AGENT_KEY_TOTAL, ms);
    return rig_agent_start(agent, AGENT_REQ_IDLE, arguments, 60000, on_ending,
                           ending);
}

static void finish_idle(Ending *ending)
{
    while (!ending->over) {
        g_main_context_iteration(NULL, FALSE);
        g_main_context_iteration(g_main_context_get_thread_default(), TRUE);
    }
}

START_TEST(a_limit_is_kept)
{
    gint64 begin = g_get_monotonic_time();
    g_autoptr(GError) error = NULL;
    g_autofree struct fields *reply = ask(AGENT_REQ_IDLE, 0, NULL,
                                          AGENT_KEY_TOTAL, 50000, 300, &error);

    ck_assert_ptr_null(reply);
    ck_assert(g_error_matches(error, RIG_AGENT_ERROR, AGENT_E_TIMED_OUT));
    ck_assert_int_lt(g_get_monotonic_time() - begin, 10 * G_USEC_PER_SEC);
}
END_TEST

START_TEST(it_answers_while_it_works_and_can_be_stopped)
{
    Ending ending = { 0 };
    uint32_t id = start_idle(50000, &ending);

    ping(100, 1);
    ping(100, 2);
    ck_assert(!ending.over);
    rig_agent_abort(agent, id);
    finish_idle(&ending);
    ck_assert(g_error_matches(ending.error, RIG_AGENT_ERROR, AGENT_E_ABORTED));
    g_clear_error(&ending.error);
    g_free(expect_reply(AGENT_REQ_INFO, 0, NULL)); /* ready for the next */
}
END_TEST

START_TEST(another_request_has_to_wait)
{
    Ending ending = { 0 };

    start_idle(700, &ending);
    ping(1, 1); /* it has begun */
    g_free(expect_reply(AGENT_REQ_INFO, 0, NULL));
    finish_idle(&ending);
    ck_assert_msg(ending.error == NULL, "%s", ending.error ?
                  ending.error->message : "");
}
END_TEST

START_TEST(an_agent_that_is_silent_is_no_reason_to_hang)
{
    g_autoptr(GError) error = NULL;
    g_autofree struct fields *reply = NULL;

    wire_set(transport->wire, WIRE_TO_HOST, (WireFault){ .cut = TRUE });
    reply = ask(AGENT_REQ_PING, 0, NULL, 0, 0, 1, &error);
    ck_assert_ptr_null(reply);
    ck_assert(g_error_matches(error, RIG_AGENT_ERROR, RIG_AGENT_SILENT));
    wire_set(transport->wire, WIRE_TO_HOST, (WireFault){ 0 });
    ping(10, 1);
}
END_TEST

/* --- other lives --------------------------------------------------------------------- */

/* A VM's agent can only be asked to go, which takes it until it has answered. */
START_TEST(a_restart_of_the_agent_fails_what_it_was_at)
{
    uint64_t restarts = rig_agent_counts(agent).restarts;
    uint64_t boot = rig_agent_boot(agent);
    Ending ending = { 0 };

    if (!transport->kind->vm) {
        start_idle(50000, &ending);
        ping(1, 1);
    }
    transport->kind->restart(transport, agent);
    while (rig_agent_boot(agent) == boot) {
        g_main_context_iteration(g_main_context_get_thread_default(), TRUE);
    }
    ck_assert_uint_eq(rig_agent_counts(agent).restarts, restarts + 1);
    if (!transport->kind->vm) {
        ck_assert(ending.over);
        ck_assert(g_error_matches(ending.error, RIG_AGENT_ERROR,
                                  RIG_AGENT_RESTARTED));
        g_clear_error(&ending.error);
    }
    ping(100, 3);
}
END_TEST

START_TEST(another_host_takes_over)
{
    Ending ending = { 0 };

    start_idle(50000, &ending);
    ping(1, 1);
    connect_agent(); /* the other one is gone, and what it wanted */
    ping(100, 1);
    g_free(expect_reply(AGENT_REQ_INFO, 0, NULL));
    ck_assert(!ending.over);
}
END_TEST

void add_protocol_cases(TCase *tcase)
{
    tcase_add_test(tcase, every_byte_comes_back);
    tcase_add_test(tcase, hello_says_what_it_can);
    tcase_add_test(tcase, what_cannot_be_is_refused);
    tcase_add_test(tcase, garbage_is_skipped);
    tcase_add_test(tcase, damaged_frames_are_sent_again);
    tcase_add_test(tcase, lost_bytes_cost_no_more_than_their_frames);
    tcase_add_test(tcase, frames_that_come_twice_do_no_harm);
    tcase_add_test(tcase, a_request_that_comes_again_is_not_done_again);
    tcase_add_test(tcase, an_old_request_is_expired);
    tcase_add_test(tcase, a_request_for_another_life_is_stale);
    tcase_add_test(tcase, a_limit_is_kept);
    tcase_add_test(tcase, it_answers_while_it_works_and_can_be_stopped);
    tcase_add_test(tcase, another_request_has_to_wait);
    tcase_add_test(tcase, an_agent_that_is_silent_is_no_reason_to_hang);
    tcase_add_test(tcase, a_restart_of_the_agent_fails_what_it_was_at);
    tcase_add_test(tcase, another_host_takes_over);
}
