/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Streams of machines that shared a sweep, dealt into one. */
#include <check.h>
#include <string.h>

#include "fixture.h"
#include "include/plan.h"
#include "run-suite.h"
#include "stream-builder.h"
#include "stream-deal.h"
#include "stream.h"

#define POINTS 5u
#define SHARES_MAX 3u
#define FIRST_RECORD (sizeof(struct rig_record) + sizeof(struct rig_ev_hello))

/* Pairs that the path of each point reaches, with k=2. */
static const unsigned pairs[POINTS] = { 2, 0, 3, 1, 0 };

static Fixture *f;

static void setup(void)
{
    f = fixture_new();
}

static void teardown(void)
{
    fixture_free(f);
}

/* --- what the agent writes ------------------------------------------------ */

static void announce(Builder *b, uint32_t cycle, enum rig_point kind,
                     unsigned point, unsigned known)
{
    struct rig_marker m = {
        .kind = RIG_MK_CYCLE_PLAN, .object = point,
        .arg = { 1, kind, known },
    };

    g_snprintf(m.text, sizeof(m.text), "point %u", point);
    b->cycle = cycle;
    b_marker(b, &m);
}

/* A cycle's own records, of another number in each. */
static void cycle(Builder *b, uint32_t number, unsigned point)
{
    b->cycle = number;
    b_mark(b, RIG_MK_CYCLE_BEGIN, NULL, 0, 1, NULL);
    for (unsigned i = 0; i <= point; i++) {
        b_raised(b, 1, RIG_RAISED_SENT, i + 1);
    }
    b_cycle_end(b, RIG_CYCLE_DONE, NULL);
    b_reset(b, RIG_RESET_FLR);
}

static unsigned pairs_before(unsigned point, unsigned share, unsigned shares)
{
    unsigned n = 0;

    for (unsigned i = share - 1; i < point; i += shares) {
        n += pairs[i];
    }
    return n;
}

/* The whole stream of one share, 1..shares, of a sweep with k faults. */
static Builder *stream(unsigned k, unsigned share, unsigned shares)
{
    struct rig_ev_run run = { 1, 9 };
    Builder *b = b_new(4);
    uint32_t n = 1;
    unsigned known;

    b_record(b, RIG_EV_RUN, RIG_RECORD_HOST, &run, sizeof(run));
    b_plan(b, 1);
    b_scenario(b, 1, "s");
    b_reset(b, RIG_RESET_FLR);
    announce(b, n, RIG_POINT_LIFE, 0, 1);
    cycle(b, n++, 0);
    for (unsigned i = share - 1; i < POINTS; i += shares) {
        known = 1 + POINTS + (k > 1 ? pairs_before(i, share, shares) : 0);
        announce(b, n, RIG_POINT_API, i + 1, known);
        cycle(b, n++, i + 1);
    }
    known = 1 + POINTS + pairs_before(POINTS, share, shares);
    for (unsigned i = share - 1; k > 1 && i < POINTS; i += shares) {
        for (unsigned second = 0; second < pairs[i]; second++) {
            announce(b, n, RIG_POINT_API, i + 1, known);
            announce(b, n, RIG_POINT_API, second, known);
            cycle(b, n++, 10 * i + second);
        }
    }
    b->cycle = 0;
    b_mark(b, RIG_MK_NOTE, PLAN_SWEEP_DONE, 0, 0, NULL);
    b_scenario_end(b);
    b_mark(b, RIG_MK_PLAN_END, NULL, 0, 0, NULL);
    b_end(b);
    return b;
}

/* --- dealing -------------------------------------------------------------- */

static gboolean collect(const void *record, size_t length, void *opaque,
                        GError **error)
{
    (void)error;
    g_byte_array_append(opaque, record, length);
    return TRUE;
}

static GByteArray *deal(Builder *const *streams, unsigned n, uint64_t limit,
                        GError **error)
{
    g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func(g_free);
    GByteArray *out = g_byte_array_new();
    RigDeal d = { .n = n, .limit = limit, .sink = collect, .opaque = out };

    for (unsigned i = 0; i < n; i++) {
        g_autofree char *name = g_strdup_printf("events-%u", i);

        g_ptr_array_add(files, fixture_write(f, name, streams[i]->bytes->data,
                                             streams[i]->bytes->len));
    }
    d.files = (const char *const *)files->pdata;
    if (!rig_stream_deal(&d, error)) {
        g_clear_pointer(&out, g_byte_array_unref);
    }
    return out;
}

static GByteArray *deal_shares(unsigned k, unsigned n, uint64_t limit)
{
    Builder *streams[SHARES_MAX];
    g_autoptr(GError) error = NULL;
    GByteArray *out;

    for (unsigned i = 0; i < n; i++) {
        streams[i] = stream(k, i + 1, n);
    }
    out = deal(streams, n, limit, &error);
    ck_assert_msg(out != NULL, "%s", error ? error->message : "");
    for (unsigned i = 0; i < n; i++) {
        b_free(streams[i]);
    }
    return out;
}

static void ignore(const RigEvent *event, void *opaque)
{
    (void)event;
    (void)opaque;
}

START_TEST(shares_are_dealt_into_what_one_machine_writes)
{
    unsigned k = _i / SHARES_MAX + 1, n = _i % SHARES_MAX + 1;
    g_autoptr(Builder) whole = stream(k, 1, 1);
    g_autoptr(GByteArray) out = deal_shares(k, n, 100);

    ck_assert_uint_eq(out->len, whole->bytes->len);
    ck_assert_mem_eq(out->data, whole->bytes->data, out->len);
}
END_TEST

START_TEST(cycles_beyond_the_limit_are_left_out)
{
    g_autoptr(GByteArray) all = deal_shares(2, 2, 100);
    g_autoptr(GByteArray) some = deal_shares(2, 2, 7);
    RigStream s;

    rig_stream_init(&s, ignore, NULL);
    ck_assert(rig_stream_feed(&s, some->data, some->len));
    ck_assert_int_eq(rig_stream_end(&s), RIG_STREAM_COMPLETE);
    ck_assert_uint_lt(some->len, all->len);
}
END_TEST

/* Everything else that is there still comes, and the end is missing. */
START_TEST(a_share_that_was_cut_off_cuts_off_the_whole)
{
    Builder *streams[] = { stream(1, 1, 2), stream(1, 2, 2) };
    g_autoptr(GByteArray) all = deal_shares(1, 2, 100);
    g_autoptr(GByteArray) out = NULL;
    RigStream s;

    g_byte_array_set_size(streams[_i]->bytes,
                          streams[_i]->bytes->len * 3 / 4);
    out = deal(streams, 2, 100, NULL);
    ck_assert_ptr_nonnull(out);
    ck_assert_uint_lt(out->len, all->len);
    ck_assert_uint_gt(out->len, all->len / 2);
    rig_stream_init(&s, ignore, NULL);
    ck_assert(rig_stream_feed(&s, out->data, out->len));
    ck_assert_int_eq(rig_stream_end(&s), RIG_STREAM_CUT);
    b_free(streams[0]);
    b_free(streams[1]);
}
END_TEST

START_TEST(other_lives_are_no_share_of_the_same_sweep)
{
    Builder *streams[] = { stream(1, 1, 2), stream(1, 2, 2) };
    g_autoptr(GError) error = NULL;
    uint8_t *bytes = streams[1]->bytes->data;

    for (size_t at = 0; at < streams[1]->bytes->len; ) {
        struct rig_record h;

        memcpy(&h, bytes + at, sizeof(h));
        if (h.type == RIG_EV_RAISED) { /* of the life: an interrupt more */
            bytes[at + sizeof(h) + offsetof(struct rig_ev_raised, count)]++;
            break;
        }
        at += h.length;
    }
    ck_assert_ptr_null(deal(streams, 2, 100, &error));
    ck_assert_msg(strstr(error->message, "the same lives") != NULL, "%s",
                  error->message);
    b_free(streams[0]);
    b_free(streams[1]);
}
END_TEST

START_TEST(what_is_no_stream_is_refused)
{
    Builder *streams[] = { stream(1, 1, 2), stream(1, 2, 2) };
    g_autoptr(GError) error = NULL;

    memset(streams[_i]->bytes->data + FIRST_RECORD, 0xff, 4); /* a length */
    ck_assert_ptr_null(deal(streams, 2, 100, &error));
    ck_assert_msg(strstr(error->message, "invalid") != NULL, "%s",
                  error->message);
    b_free(streams[0]);
    b_free(streams[1]);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("deal");
    TCase *t = tcase_create("deal");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_loop_test(t, shares_are_dealt_into_what_one_machine_writes, 0,
                        2 * SHARES_MAX);
    tcase_add_test(t, cycles_beyond_the_limit_are_left_out);
    tcase_add_loop_test(t, a_share_that_was_cut_off_cuts_off_the_whole, 0, 2);
    tcase_add_test(t, other_lives_are_no_share_of_the_same_sweep);
    tcase_add_loop_test(t, what_is_no_stream_is_refused, 0, 2);
    suite_add_tcase(s, t);
    return run_suite(s);
}
