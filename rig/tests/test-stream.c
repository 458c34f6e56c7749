/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The stream parser: what it accepts, and that it survives everything else. */
#include <check.h>
#include <glib/gstdio.h>
#include <string.h>
#include "run-suite.h"
#include "stream-builder.h"
#include "stream.h"

typedef struct Seen {
    unsigned events;
    uint64_t last_seq;
    RigEvent last;
} Seen;

static void see(const RigEvent *e, void *opaque)
{
    Seen *seen = opaque;

    seen->events++;
    seen->last_seq = e->seq;
    seen->last = *e;
}

/* A small stream with every kind of record. */
static Builder *small_stream(void)
{
    Builder *b = b_new(4);
    struct rig_ev_run run = { 1, 9 };
    struct rig_ev_command command = { .op = 1, .arg = { 7, 0 } };
    struct rig_ev_lost lost = { 3 };
    struct rig_ev_config config = { .offset = 4, .len = 2, .what = 1 };

    b_record(b, RIG_EV_RUN, RIG_RECORD_HOST, &run, sizeof(run));
    b_record(b, RIG_EV_CONFIG, 0, &config, sizeof(config));
    b_arm(b, 2);
    b_raised(b, 1, RIG_RAISED_SENT, 12);
    b_reset(b, RIG_RESET_FLR);
    b_record(b, RIG_EV_COMMAND, 0, &command, sizeof(command));
    b_mark(b, RIG_MK_NOTE, "note", 0, 0, "some text");
    b_record(b, RIG_EV_LOST, 0, &lost, sizeof(lost));
    b_end(b);
    return b;
}

static RigStreamEnd feed_all(RigStream *s, Seen *seen, const Builder *b,
                             size_t piece)
{
    memset(seen, 0, sizeof(*seen));
    rig_stream_init(s, see, seen);
    for (size_t at = 0; at < b->bytes->len; at += piece) {
        rig_stream_feed(s, b->bytes->data + at,
                        MIN(piece, b->bytes->len - at));
    }
    return rig_stream_end(s);
}

START_TEST(whole_stream_is_complete)
{
    g_autoptr(Builder) b = small_stream();
    RigStream s;
    Seen seen;

    ck_assert_int_eq(feed_all(&s, &seen, b, b->bytes->len),
                     RIG_STREAM_COMPLETE);
    ck_assert_uint_eq(seen.events, b->seq);
    ck_assert_uint_eq(s.offset, b->bytes->len);
}
END_TEST

START_TEST(pieces_of_every_size_give_the_same_events)
{
    g_autoptr(Builder) b = small_stream();
    RigStream s;
    Seen seen;

    for (size_t piece = 1; piece < 600; piece++) {
        ck_assert_int_eq(feed_all(&s, &seen, b, piece), RIG_STREAM_COMPLETE);
        ck_assert_uint_eq(seen.events, b->seq);
    }
}
END_TEST

START_TEST(cut_at_every_byte_is_cut_and_never_invalid)
{
    g_autoptr(Builder) b = small_stream();
    RigStream s;
    Seen seen = { 0 };

    for (size_t n = 0; n < b->bytes->len; n++) {
        rig_stream_init(&s, see, &seen);
        ck_assert(rig_stream_feed(&s, b->bytes->data, n));
        ck_assert_int_eq(rig_stream_end(&s), s.records ? RIG_STREAM_CUT
                                                       : RIG_STREAM_EMPTY);
    }
}
END_TEST

/* Feed and expect rejection with a message that contains `part`. */
static void expect_reject(const Builder *b, const char *part)
{
    RigStream s;
    Seen seen;

    ck_assert_int_eq(feed_all(&s, &seen, b, b->bytes->len),
                     RIG_STREAM_INVALID);
    ck_assert_msg(strstr(s.error, part), "\"%s\" lacks \"%s\"", s.error,
                  part);
    ck_assert(!rig_stream_feed(&s, b->bytes->data, b->bytes->len));
}

START_TEST(impossible_lengths_are_rejected)
{
    static const uint32_t lengths[] = { 0, 1, 23, 25, 28, 520, 0x7fffffff,
                                        0xffffffff };

    for (unsigned i = 0; i < G_N_ELEMENTS(lengths); i++) {
        g_autoptr(Builder) b = b_new(4);
        size_t at = b->bytes->len;

        b_end(b);
        memcpy(b->bytes->data + at, &lengths[i], 4);
        expect_reject(b, "record length");
    }
}
END_TEST

START_TEST(unknown_type_is_rejected)
{
    g_autoptr(Builder) b = b_new(4);

    b_record(b, 99, 0, NULL, 0);
    expect_reject(b, "unknown record type 99");
}
END_TEST

START_TEST(payload_of_the_wrong_size_is_rejected)
{
    g_autoptr(Builder) b = b_new(4);
    uint64_t payload[4] = { 0 };

    b_record(b, RIG_EV_STATE, 0, payload, 16);
    expect_reject(b, "state record of 16 bytes, expected 8");
}
END_TEST

START_TEST(gap_and_repetition_of_sequence_numbers_are_rejected)
{
    g_autoptr(Builder) gap = b_new(4), twice = b_new(4);

    gap->seq++;
    b_end(gap);
    expect_reject(gap, "event 3: the next record has sequence number 4");
    twice->seq--;
    b_end(twice);
    expect_reject(twice, "event 3: the next record has sequence number 2");
}
END_TEST

START_TEST(records_after_the_end_are_rejected)
{
    g_autoptr(Builder) b = b_new(4);

    b_end(b);
    b_quiesced(b);
    expect_reject(b, "after the end record");
}
END_TEST

START_TEST(stream_has_to_begin_with_one_hello)
{
    g_autoptr(Builder) b = b_new(4), second = b_new(4);
    g_autoptr(GByteArray) rest = g_byte_array_new();
    struct rig_ev_hello hello = { .magic = RIG_STREAM_MAGIC,
                                  .version = RIG_STREAM_VERSION,
                                  .targets = 1 };

    b_record(second, RIG_EV_HELLO, 0, &hello, sizeof(hello));
    expect_reject(second, "second hello");
    b_end(b);
    g_byte_array_remove_range(b->bytes, 0, sizeof(struct rig_record) +
                              sizeof(struct rig_ev_hello));
    expect_reject(b, "no hello record");
}
END_TEST

START_TEST(hello_of_another_version_or_magic_is_rejected)
{
    g_autoptr(Builder) version = b_new(4), magic = b_new(4), none = b_new(4);
    const size_t hello = sizeof(struct rig_record);

    version->bytes->data[hello + 8] = 2;
    expect_reject(version, "stream version 2");
    magic->bytes->data[hello] ^= 1;
    expect_reject(magic, "not a record stream");
    none->bytes->data[hello + 12] = 0;
    expect_reject(none, "0 watched functions");
}
END_TEST

START_TEST(marker_that_lies_about_its_length_is_rejected)
{
    g_autoptr(Builder) b = b_new(4), small = b_new(4);
    struct rig_marker m = { .length = 256, .kind = RIG_MK_NOTE };

    b_record(b, RIG_EV_MARKER, 0, &m, 128);
    expect_reject(b, "a marker says 256 bytes");
    b_record(small, RIG_EV_MARKER, 0, &m, 64);
    expect_reject(small, "a marker of 64 bytes");
}
END_TEST

START_TEST(target_outside_hello_is_rejected)
{
    g_autoptr(Builder) b = b_new(4);
    struct rig_ev_state s = { .target = 1 };

    b_record(b, RIG_EV_STATE, 0, &s, sizeof(s));
    expect_reject(b, "watched function 1 of 1");
}
END_TEST

START_TEST(text_comes_out_printable_and_terminated)
{
    g_autoptr(Builder) b = b_new(4);
    struct rig_marker m = { .length = 256, .kind = RIG_MK_NOTE };
    RigStream s;
    Seen seen;

    memset(m.name, 'n', sizeof(m.name));
    memset(m.text, '\n', sizeof(m.text));
    b_record(b, RIG_EV_MARKER, 0, &m, sizeof(m));
    feed_all(&s, &seen, b, b->bytes->len);
    ck_assert_str_eq(s.error, "");
    ck_assert_uint_eq(strlen(seen.last.marker.name), sizeof(m.name) - 1);
    ck_assert_uint_eq(strlen(seen.last.marker.text), sizeof(m.text) - 1);
    ck_assert_int_eq(seen.last.marker.text[5], '?');
}
END_TEST

START_TEST(short_marker_has_no_text_of_the_one_before)
{
    g_autoptr(Builder) b = b_new(4);
    RigStream s;
    Seen seen;

    b_mark(b, RIG_MK_NOTE, "a", 0, 0, "long text that must not stay");
    b_mark(b, RIG_MK_NOTE, "b", 0, 0, NULL);
    feed_all(&s, &seen, b, b->bytes->len);
    ck_assert_str_eq(seen.last.marker.text, "");
}
END_TEST

START_TEST(sequence_goes_on_where_a_snapshot_was_restored)
{
    g_autoptr(Builder) before = b_new(4), at = b_new(4);
    struct rig_ev_epoch epoch = { 500 };
    RigStream s;
    Seen seen;

    b_record(before, RIG_EV_EPOCH, 0, &epoch, sizeof(epoch));
    before->seq = 500;
    b_end(before);
    ck_assert_int_eq(feed_all(&s, &seen, before, 7), RIG_STREAM_COMPLETE);
    at->seq = 500;
    b_record(at, RIG_EV_EPOCH, 0, &epoch, sizeof(epoch));
    b_end(at);
    ck_assert_int_eq(feed_all(&s, &seen, at, 7), RIG_STREAM_COMPLETE);
    ck_assert_uint_eq(seen.last_seq, 501);
}
END_TEST

START_TEST(every_flipped_bit_is_survived)
{
    g_autoptr(Builder) b = small_stream();
    RigStream s;
    Seen seen;

    for (size_t bit = 0; bit < b->bytes->len * 8; bit++) {
        b->bytes->data[bit / 8] ^= 1u << bit % 8;
        feed_all(&s, &seen, b, b->bytes->len);
        ck_assert_uint_le(seen.events, b->seq);
        b->bytes->data[bit / 8] ^= 1u << bit % 8;
    }
}
END_TEST

/* Write a builder's bytes to a new file in `dir`. */
static char *save(const Builder *b, const char *dir, const char *name)
{
    char *path = g_build_filename(dir, name, NULL);

    ck_assert(g_file_set_contents(path, (char *)b->bytes->data,
                                  b->bytes->len, NULL));
    return path;
}

/* Two guest-caused events, with a host-side one between them in `host`. */
static Builder *two_events(gboolean host, uint64_t status)
{
    Builder *b = b_new(4);
    struct rig_ev_run run = { 0, 4 };
    uint64_t ns;

    b_mark(b, RIG_MK_NOTE, "one", 0, 0, NULL);
    if (host) {
        ns = b->ns;
        b_record(b, RIG_EV_RUN, RIG_RECORD_HOST, &run, sizeof(run));
        b->ns = ns;
    }
    b_mark(b, RIG_MK_NOTE, "two", status, 0, NULL);
    b_end(b);
    return b;
}

START_TEST(comparison_looks_at_what_the_guest_caused)
{
    g_autofree char *dir = g_dir_make_tmp("rig-stream-XXXXXX", NULL);
    g_autoptr(Builder) plain = two_events(FALSE, 0);
    g_autoptr(Builder) host = two_events(TRUE, 0);
    g_autoptr(Builder) other = two_events(FALSE, 1);
    g_autoptr(Builder) cut = two_events(FALSE, 0);
    g_autofree char *a = save(plain, dir, "a"), *b = save(host, dir, "b");
    g_autofree char *c = save(other, dir, "c"), *d = NULL;
    gboolean same;
    uint64_t event;

    ck_assert(rig_stream_compare(a, b, &same, &event, NULL));
    ck_assert(same);
    ck_assert(rig_stream_compare(b, c, &same, &event, NULL));
    ck_assert(!same);
    ck_assert_uint_eq(event, 5);
    g_byte_array_set_size(cut->bytes, cut->bytes->len - 24);
    d = save(cut, dir, "d");
    ck_assert(rig_stream_compare(d, a, &same, &event, NULL));
    ck_assert(!same);
    ck_assert_uint_eq(event, 5);
    g_unlink(a);
    g_unlink(b);
    g_unlink(c);
    g_unlink(d);
    g_rmdir(dir);
}
END_TEST

START_TEST(comparison_of_a_file_that_is_no_stream_fails)
{
    g_autofree char *dir = g_dir_make_tmp("rig-stream-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(dir, "x", NULL);
    g_autoptr(GError) error = NULL;
    gboolean same;
    uint64_t event;

    ck_assert(g_file_set_contents(path, "not a stream at all....", -1,
                                  NULL));
    ck_assert(!rig_stream_compare(path, path, &same, &event, &error));
    ck_assert_ptr_nonnull(error);
    g_unlink(path);
    g_rmdir(dir);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("stream");
    TCase *t = tcase_create("stream");

    tcase_set_timeout(t, 60);
    tcase_add_test(t, whole_stream_is_complete);
    tcase_add_test(t, pieces_of_every_size_give_the_same_events);
    tcase_add_test(t, cut_at_every_byte_is_cut_and_never_invalid);
    tcase_add_test(t, impossible_lengths_are_rejected);
    tcase_add_test(t, unknown_type_is_rejected);
    tcase_add_test(t, payload_of_the_wrong_size_is_rejected);
    tcase_add_test(t, gap_and_repetition_of_sequence_numbers_are_rejected);
    tcase_add_test(t, records_after_the_end_are_rejected);
    tcase_add_test(t, stream_has_to_begin_with_one_hello);
    tcase_add_test(t, hello_of_another_version_or_magic_is_rejected);
    tcase_add_test(t, marker_that_lies_about_its_length_is_rejected);
    tcase_add_test(t, target_outside_hello_is_rejected);
    tcase_add_test(t, text_comes_out_printable_and_terminated);
    tcase_add_test(t, short_marker_has_no_text_of_the_one_before);
    tcase_add_test(t, sequence_goes_on_where_a_snapshot_was_restored);
    tcase_add_test(t, every_flipped_bit_is_survived);
    tcase_add_test(t, comparison_looks_at_what_the_guest_caused);
    tcase_add_test(t, comparison_of_a_file_that_is_no_stream_fails);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}
