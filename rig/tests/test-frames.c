/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Units of frames.c, with captures made by hand. */
#include <check.h>
#include <pcap/pcap.h>
#include <string.h>

#include "frames.h"
#include "rig/traffic.h"
#include "run-suite.h"
#include "tests/fixture.h"

#define SEED  1
#define SENT  4
#define MIN_LENGTH 60
#define MAX_LENGTH 200

static const uint8_t nic[6] = { 0x52, 0x49, 0x47, 0, 0, 0x10 };
static const uint8_t peer[6] = RIG_PEER_MAC;

static Fixture *f;
static char *path;
static pcap_t *pcap;
static pcap_dumper_t *dumper;
static RigTraffic t[2];

static void setup(void)
{
    f = fixture_new();
    path = g_build_filename(f->dir, "net.pcap", NULL);
    pcap = pcap_open_dead(DLT_EN10MB, 65535);
    dumper = pcap_dump_open(pcap, path);
    for (int i = 0; i < 2; i++) {
        t[i] = (RigTraffic) { .scenario = 1, .cycle = i + 1, .seed = SEED,
                              .min_length = MIN_LENGTH,
                              .max_length = MAX_LENGTH, .sent = SENT };
    }
}

static void teardown(void)
{
    pcap_close(pcap);
    g_free(path);
    fixture_free(f);
}

static void put(const uint8_t *frame, uint32_t captured, uint32_t length)
{
    struct pcap_pkthdr h = { .caplen = captured, .len = length };

    pcap_dump((u_char *)dumper, &h, frame);
}

/* Frame @n of a cycle in one direction, as it should be. */
static uint32_t make(uint8_t *frame, uint32_t cycle, uint32_t n, int back)
{
    uint32_t length = rig_frame_length(SEED, n, MIN_LENGTH, MAX_LENGTH);

    rig_frame_fill(frame, length, SEED, 1, cycle, n, back ? nic : peer,
                   back ? peer : nic);
    return length;
}

static void put_right(uint32_t cycle, uint32_t n, int back)
{
    uint8_t frame[RIG_FRAME_MAX];
    uint32_t length = make(frame, cycle, n, back);

    put(frame, length, length);
}

/* Every frame of both cycles, both ways, but for one. */
static void put_all_but(uint32_t cycle, uint32_t n, int back)
{
    for (uint32_t c = 1; c <= 2; c++) {
        for (uint32_t i = 0; i < SENT; i++) {
            for (int b = 0; b < 2; b++) {
                if (c != cycle || i != n || b != back) {
                    put_right(c, i, b);
                }
            }
        }
    }
}

static void check(void)
{
    g_autoptr(GError) error = NULL;

    pcap_dump_close(dumper);
    ck_assert_msg(rig_frames_check(path, t, 2, &error), "%s",
                  error ? error->message : "");
}

static void expect(const RigTraffic *x, unsigned crossed, unsigned returned,
                   unsigned wrong, unsigned missing)
{
    ck_assert_uint_eq(x->crossed, crossed);
    ck_assert_uint_eq(x->returned, returned);
    ck_assert_uint_eq(x->wrong, wrong);
    ck_assert_uint_eq(x->missing, missing);
}

START_TEST(right_frames_are_counted_both_ways)
{
    uint64_t bytes = 0;

    put_all_but(0, 0, 0);
    check();
    for (uint32_t n = 0; n < SENT; n++) {
        bytes += 2 * rig_frame_length(SEED, n, MIN_LENGTH, MAX_LENGTH);
    }
    for (int i = 0; i < 2; i++) {
        expect(&t[i], SENT, SENT, 0, 0);
        ck_assert_uint_eq(t[i].bytes, bytes);
    }
}
END_TEST

START_TEST(missing_frame_is_missing_in_its_cycle_and_direction)
{
    put_all_but(2, 1, 1);
    check();
    expect(&t[0], SENT, SENT, 0, 0);
    expect(&t[1], SENT, SENT - 1, 0, 1);
}
END_TEST

START_TEST(every_single_wrong_byte_is_seen)
{
    uint8_t frame[RIG_FRAME_MAX];
    uint32_t length = make(frame, 1, 2, 0);

    put_all_but(1, 2, 0);
    for (uint32_t at = RIG_FRAME_HEADER; at < length; at++) {
        frame[at] ^= 0x01;
        put(frame, length, length);
        frame[at] ^= 0x01;
    }
    check();
    expect(&t[0], SENT - 1, SENT, length - RIG_FRAME_HEADER, 1);
}
END_TEST

START_TEST(wrong_length_number_and_addresses_are_wrong)
{
    uint8_t frame[RIG_FRAME_MAX] = { 0 };
    uint32_t length = make(frame, 1, 0, 0);

    put_all_but(1, 0, 0);
    put(frame, length - 1, length - 1);   /* shorter on the wire */
    put(frame, length - 1, length);       /* cut by the capture */
    put(frame, length + 1, length + 1);
    rig_put32(frame + 22, SENT);          /* never sent */
    put(frame, length, length);
    make(frame, 1, 0, 0);
    frame[0] ^= 2;                        /* to nobody we know */
    put(frame, length, length);
    check();
    expect(&t[0], SENT - 1, SENT, 5, 1);
}
END_TEST

/* The same frame as a datagram to the reflector, or as its echo. */
static uint32_t make_udp(uint8_t *frame, uint32_t cycle, uint32_t n, int back)
{
    uint32_t length = rig_frame_length(SEED, n, MIN_LENGTH, MAX_LENGTH);
    uint8_t plain[RIG_FRAME_MAX], *ip = frame + 14, *udp = ip + 20;

    rig_frame_fill(plain, length - RIG_UDP_HEADERS, SEED, 1, cycle, n,
                   back ? nic : peer, back ? peer : nic);
    memset(frame, 0, 14 + RIG_UDP_HEADERS);
    memcpy(frame, plain, 12);
    frame[12] = 0x08;
    ip[0] = 0x45;
    ip[6] = 0x40;                         /* not to be cut up */
    ip[9] = 17;
    rig_put32(ip + 12, back ? RIG_PEER_IP : RIG_GUEST_IP);
    rig_put32(ip + 16, back ? RIG_GUEST_IP : RIG_PEER_IP);
    udp[back ? 1 : 3] = RIG_UDP_PORT;
    memcpy(frame + 14 + RIG_UDP_HEADERS, plain + 14,
           length - 14 - RIG_UDP_HEADERS);
    return length;
}

START_TEST(datagrams_are_counted_as_frames_are)
{
    uint8_t frame[RIG_FRAME_MAX];
    uint32_t length;

    for (uint32_t n = 0; n < SENT; n++) {
        for (int back = 0; back < 2; back++) {
            length = make_udp(frame, 1, n, back);
            put(frame, length, length);
        }
    }
    frame[length - 1] ^= 1;
    put(frame, length, length);           /* wrong */
    make_udp(frame, 2, 0, 0);
    frame[23] = 6;
    put(frame, length, length);           /* TCP */
    make_udp(frame, 2, 0, 0);
    frame[37] = 9;
    put(frame, length, length);           /* another port */
    put(frame, 45, 45);                   /* without a whole claim */
    check();
    expect(&t[0], SENT, SENT, 1, 0);
    expect(&t[1], 0, 0, 0, 2 * SENT);
}
END_TEST

START_TEST(second_copy_of_a_frame_is_wrong)
{
    put_all_but(0, 0, 0);
    put_right(1, 3, 1);
    check();
    expect(&t[0], SENT, SENT, 1, 0);
    expect(&t[1], SENT, SENT, 0, 0);
}
END_TEST

START_TEST(frames_of_others_do_not_count)
{
    uint8_t frame[RIG_FRAME_MAX];
    uint32_t length = make(frame, 9, 0, 0);

    put(frame, length, length);           /* no such cycle */
    make(frame, 1, 0, 0);
    frame[13] = 0x06;                     /* ARP */
    put(frame, length, length);
    put(frame, 14, 14);                   /* shorter than our header */
    check();
    expect(&t[0], 0, 0, 0, 2 * SENT);
}
END_TEST

START_TEST(cut_capture_is_an_error_that_keeps_what_came_before)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *data = NULL;
    gsize size;

    put_all_but(0, 0, 0);
    pcap_dump_close(dumper);
    ck_assert(g_file_get_contents(path, &data, &size, NULL));
    ck_assert(g_file_set_contents(path, data, size - 10, NULL));
    ck_assert(!rig_frames_check(path, t, 2, &error));
    ck_assert_ptr_nonnull(strstr(error->message, "net.pcap"));
    expect(&t[0], SENT, SENT, 0, 0);
    expect(&t[1], SENT, SENT - 1, 0, 1);
}
END_TEST

START_TEST(no_capture_means_everything_is_missing)
{
    g_autoptr(GError) error = NULL;

    pcap_dump_close(dumper);
    ck_assert(!rig_frames_check("/nonexistent/net.pcap", t, 2, &error));
    ck_assert_ptr_nonnull(error);
    expect(&t[0], 0, 0, 0, 2 * SENT);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("frames");
    TCase *c = tcase_create("frames");

    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, right_frames_are_counted_both_ways);
    tcase_add_test(c, missing_frame_is_missing_in_its_cycle_and_direction);
    tcase_add_test(c, every_single_wrong_byte_is_seen);
    tcase_add_test(c, wrong_length_number_and_addresses_are_wrong);
    tcase_add_test(c, datagrams_are_counted_as_frames_are);
    tcase_add_test(c, second_copy_of_a_frame_is_wrong);
    tcase_add_test(c, frames_of_others_do_not_count);
    tcase_add_test(c, cut_capture_is_an_error_that_keeps_what_came_before);
    tcase_add_test(c, no_capture_means_everything_is_missing);
    suite_add_tcase(s, c);
    return run_suite(s);
}
