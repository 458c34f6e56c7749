/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Units: what markers look like in rig-tap's slots; a file is the BARs. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "agent/marker.h"

static uint32_t *regs;
static uint8_t *slots;

static void map_bars(void)
{
    FILE *f = tmpfile();
    size_t size = RIG_TAP_REGS_SIZE + RIG_TAP_SLOTS * RIG_TAP_SLOT_SIZE;
    uint8_t *p;

    ck_assert_ptr_nonnull(f);
    ck_assert_int_eq(ftruncate(fileno(f), size), 0);
    p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fileno(f), 0);
    ck_assert_ptr_ne(p, MAP_FAILED);
    fclose(f);
    regs = (uint32_t *)p;
    slots = p + RIG_TAP_REGS_SIZE;
    memset(slots, 0xee, RIG_TAP_SLOTS * RIG_TAP_SLOT_SIZE);
    regs[RIG_TAP_REG_MARKER / 4] = 0xdead;
    marker_attach(regs, slots);
    marker_set_thread(0);
    marker_set_position(3, 1007);
}

static const struct rig_marker *slot(unsigned n)
{
    return (const struct rig_marker *)(slots + n * RIG_TAP_SLOT_SIZE);
}

START_TEST(marker_fills_in_position_and_rings_its_slot)
{
    struct rig_marker m = {
        .kind = RIG_MK_API_LEAVE, .irql = 2, .depth = 1, .call = 4,
        .object = 5, .status = 0xC000009A, .caller = 0x1234,
        .arg = { 1, 2, 3, 4 }, .name = "NdisMSleep",
    };

    marker_emit(&m);
    ck_assert_uint_eq(regs[RIG_TAP_REG_MARKER / 4], 0);
    ck_assert_uint_eq(slot(0)->length, RIG_MARKER_MIN);
    ck_assert_uint_eq(slot(0)->kind, RIG_MK_API_LEAVE);
    ck_assert_uint_eq(slot(0)->scenario, 3);
    ck_assert_uint_eq(slot(0)->cycle, 1007);
    ck_assert_uint_eq(slot(0)->thread, 0);
    ck_assert_uint_eq(slot(0)->irql, 2);
    ck_assert_uint_eq(slot(0)->status, 0xC000009A);
    ck_assert_uint_eq(slot(0)->caller, 0x1234);
    ck_assert_uint_eq(slot(0)->arg[3], 4);
    ck_assert_str_eq(slot(0)->name, "NdisMSleep");
}
END_TEST

START_TEST(each_thread_writes_only_its_slot)
{
    marker_set_thread(63);
    marker_simple(RIG_MK_STEP_BEGIN, "init", 0);
    ck_assert_uint_eq(regs[RIG_TAP_REG_MARKER / 4], 63);
    ck_assert_uint_eq(slot(63)->thread, 63);
    ck_assert_str_eq(slot(63)->name, "init");
    ck_assert_uint_eq(slot(0)->length, 0xeeee);
    ck_assert_uint_eq(slot(62)->length, 0xeeee);
}
END_TEST

START_TEST(thread_numbers_beyond_the_slots_stay_inside)
{
    marker_set_thread(64);
    marker_simple(RIG_MK_STEP_BEGIN, "init", 0);
    ck_assert_uint_eq(regs[RIG_TAP_REG_MARKER / 4], RIG_TAP_SLOTS - 1);
}
END_TEST

START_TEST(length_covers_the_text_and_is_a_multiple_of_8)
{
    char text[200];

    for (unsigned n = 1; n < sizeof(text); n++) {
        unsigned kept = n < RIG_MARKER_TEXT ? n : RIG_MARKER_TEXT - 1;

        memset(text, 'a', n);
        text[n] = '\0';
        marker_note("%s", text);
        ck_assert_uint_eq(slot(0)->length % 8, 0);
        ck_assert_uint_gt(slot(0)->length, RIG_MARKER_MIN + kept);
        ck_assert_uint_le(slot(0)->length, RIG_MARKER_MIN + kept + 8);
        ck_assert_uint_eq(strlen(slot(0)->text), kept);
        if (n == sizeof(text) - 1) {
            break;
        }
    }
}
END_TEST

START_TEST(unprintable_and_unterminated_text_is_made_safe)
{
    struct rig_marker m = { .kind = RIG_MK_NOTE };

    memset(m.name, 'n', sizeof(m.name));
    memset(m.text, '\n', sizeof(m.text));
    marker_emit(&m);
    ck_assert_uint_eq(strlen(slot(0)->name), RIG_MARKER_NAME - 1);
    ck_assert_uint_eq(strlen(slot(0)->text), RIG_MARKER_TEXT - 1);
    ck_assert_int_eq(slot(0)->text[0], '?');
    ck_assert_uint_eq(slot(0)->length, sizeof(struct rig_marker));
}
END_TEST

START_TEST(command_goes_to_its_register_and_fails_unless_answered)
{
    const struct rig_command *c = (const void *)slot(0);

    ck_assert_int_lt(marker_command(RIG_CMD_LINK, 1, 7, "x"), 0);
    ck_assert_uint_eq(regs[RIG_TAP_REG_COMMAND / 4], 0);
    ck_assert_uint_eq(regs[RIG_TAP_REG_MARKER / 4], 0xdead);
    ck_assert_uint_eq(c->op, RIG_CMD_LINK);
    ck_assert_uint_eq(c->arg[0], 1);
    ck_assert_uint_eq(c->arg[1], 7);
    ck_assert_str_eq(c->name, "x");
}
END_TEST

START_TEST(nothing_is_written_after_the_end)
{
    marker_end();
    ck_assert_uint_eq(regs[RIG_TAP_REG_END / 4], RIG_TAP_END_KEY);
    marker_note("late");
    ck_assert_uint_eq(regs[RIG_TAP_REG_MARKER / 4], 0xdead);
    ck_assert_uint_eq(slot(0)->length, 0xeeee);
    ck_assert_int_lt(marker_command(RIG_CMD_FENCE, 0, 0, NULL), 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("marker");
    TCase *t = tcase_create("marker");
    SRunner *runner = srunner_create(s);
    int failed;

    tcase_add_checked_fixture(t, map_bars, NULL);
    tcase_add_test(t, marker_fills_in_position_and_rings_its_slot);
    tcase_add_test(t, each_thread_writes_only_its_slot);
    tcase_add_test(t, thread_numbers_beyond_the_slots_stay_inside);
    tcase_add_test(t, length_covers_the_text_and_is_a_multiple_of_8);
    tcase_add_test(t, unprintable_and_unterminated_text_is_made_safe);
    tcase_add_test(t, command_goes_to_its_register_and_fails_unless_answered);
    tcase_add_test(t, nothing_is_written_after_the_end);
    suite_add_tcase(s, t);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
