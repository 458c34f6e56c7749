/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The MSI-X shadow: what arms a vector, what silences it, and who did it. */
#include <check.h>
#include <string.h>
#include "msix.h"
#include "run-suite.h"
#include "verdict.h"

#define ENABLE        0x8000u /* PCI 3.0, 6.8.2.3 */
#define FUNCTION_MASK 0x4000u
#define MASTER        0x0006u /* PCI 3.0, 6.2.2 */

static RigMsix x;
static uint64_t seq;

/* The virtual time of an event here. */
static uint64_t time_of(uint64_t event)
{
    return 1000 + 7 * event;
}

static gboolean feed(RigEvent e)
{
    const char *why;

    e.seq = seq++;
    e.ns = time_of(e.seq);
    return rig_msix_event(&x, &e, &why);
}

static void state(uint16_t command, uint16_t control, uint16_t pmcsr)
{
    RigEvent e = { .type = RIG_EV_STATE };

    e.state = (struct rig_ev_state) { 0, command, control, pmcsr };
    ck_assert(feed(e));
}

static gboolean table(unsigned vector, unsigned dword, uint32_t value)
{
    RigEvent e = { .type = RIG_EV_TABLE };

    e.table = (struct rig_ev_table) { 0, vector, dword, 0, value, 0 };
    return feed(e);
}

static void arm(unsigned vector)
{
    ck_assert(table(vector, 0, 0xfee00000));
    ck_assert(table(vector, 3, 0));
}

static void raised(unsigned vector, enum rig_raised outcome, uint64_t count)
{
    RigEvent e = { .type = RIG_EV_RAISED };

    e.raised = (struct rig_ev_raised) { 0, vector, outcome, 6, count, 0 };
    ck_assert(feed(e));
}

static void target(gboolean attached, unsigned vectors)
{
    RigEvent e = { .type = RIG_EV_TARGET };

    e.target.attached = attached;
    e.target.vectors = vectors;
    ck_assert(feed(e));
}

static void reset(enum rig_reset_cause cause)
{
    RigEvent e = { .type = RIG_EV_RESET };

    e.reset.cause = cause;
    ck_assert(feed(e));
}

static void setup(void)
{
    seq = 1;
    rig_msix_init(&x);
    target(TRUE, 4);
    state(MASTER, 3, 0);
}

static void teardown(void)
{
    rig_msix_clear(&x);
}

START_TEST(after_attach_nothing_is_armed)
{
    RigMsixCounts c;

    rig_msix_count(&x, &c);
    ck_assert_uint_eq(c.armed, 0);
    ck_assert_uint_eq(c.masked, 4);
    ck_assert_uint_eq(c.programmed, 0);
    ck_assert_int_eq(rig_msix_vector(&x, 0), RIG_VECTOR_DISABLED);
}
END_TEST

START_TEST(vectors_unmasked_before_enable_are_armed_by_it)
{
    uint64_t enabled, ns;

    /* Windows' order: table first, MSI-X Enable last. */
    arm(0);
    arm(2);
    ck_assert_uint_eq(rig_msix_armed(&x), 0);
    enabled = seq;
    state(MASTER, ENABLE | 3, 0);
    ck_assert_uint_eq(rig_msix_armed(&x), 2);
    ck_assert_int_eq(rig_msix_vector(&x, 1), RIG_VECTOR_MASKED);
    ck_assert_uint_eq(rig_msix_armed_event(&x, 2, &ns), enabled);
    ck_assert_uint_eq(ns, time_of(enabled));
}
END_TEST

START_TEST(vectors_unmasked_after_enable_are_armed_by_the_table)
{
    uint64_t unmasked, ns;

    /* Linux' order: enabled and function-masked, then the table. */
    state(MASTER, ENABLE | FUNCTION_MASK | 3, 0);
    ck_assert(table(1, 0, 0xfee00000));
    state(MASTER, ENABLE | 3, 0);
    ck_assert_uint_eq(rig_msix_armed(&x), 0);
    unmasked = seq;
    ck_assert(table(1, 3, 0));
    ck_assert_uint_eq(rig_msix_armed(&x), 1);
    ck_assert_uint_eq(rig_msix_armed_event(&x, 1, &ns), unmasked);
    ck_assert_uint_eq(ns, time_of(unmasked));
}
END_TEST

START_TEST(entry_without_address_is_not_armed)
{
    state(MASTER, ENABLE | 3, 0);
    ck_assert(table(0, 3, 0));
    ck_assert_uint_eq(rig_msix_armed(&x), 0);
    ck_assert_int_eq(rig_msix_vector(&x, 0), RIG_VECTOR_MASKED);
}
END_TEST

START_TEST(quiet_names_the_event_and_the_reason)
{
    static const struct { uint16_t command, control, pmcsr; const char *why; }
    ways[] = {
        { MASTER, 3, 0, "disabled" },
        { MASTER, ENABLE | FUNCTION_MASK | 3, 0, "Function Mask" },
        { 2, ENABLE | 3, 0, "bus mastering" },
        { MASTER, ENABLE | 3, 3, "power state" },
    };

    arm(0);
    for (unsigned i = 0; i < G_N_ELEMENTS(ways); i++) {
        uint64_t event;

        state(MASTER, ENABLE | 3, 0);
        ck_assert_uint_eq(rig_msix_armed(&x), 1);
        event = seq;
        state(ways[i].command, ways[i].control, ways[i].pmcsr);
        ck_assert_uint_eq(rig_msix_armed(&x), 0);
        ck_assert_uint_eq(x.quiet_event, event);
        ck_assert_ptr_nonnull(strstr(x.quiet_why, ways[i].why));
    }
    state(MASTER, ENABLE | 3, 0);
    ck_assert(table(0, 3, 1));
    ck_assert_ptr_nonnull(strstr(x.quiet_why, "one by one"));
}
END_TEST

START_TEST(reset_clears_everything_and_says_which)
{
    RigMsixCounts c;

    arm(0);
    state(MASTER, ENABLE | 3, 0);
    raised(1, RIG_RAISED_PENDED, 1);
    reset(RIG_RESET_FLR);
    rig_msix_count(&x, &c);
    ck_assert_uint_eq(c.armed + c.programmed + c.pending, 0);
    ck_assert_uint_eq(c.masked, 4);
    ck_assert(!rig_msix_enabled(&x));
    ck_assert_uint_eq(x.quiet_event, seq - 1);
    ck_assert_ptr_nonnull(strstr(x.quiet_why, "function level reset"));
}
END_TEST

START_TEST(unplugged_function_is_not_armed_and_comes_back_clean)
{
    arm(0);
    state(MASTER, ENABLE | 3, 0);
    target(FALSE, 4);
    ck_assert_uint_eq(rig_msix_armed(&x), 0);
    target(TRUE, 8);
    state(MASTER, ENABLE | 7, 0);
    ck_assert_uint_eq(rig_msix_armed(&x), 0);
    ck_assert(table(7, 0, 1));
}
END_TEST

START_TEST(interrupts_are_counted_and_pending_follows_them)
{
    RigMsixCounts c;

    raised(0, RIG_RAISED_PENDED, 2);
    raised(1, RIG_RAISED_SENT, 3);
    raised(RIG_VECTOR_INTX, RIG_RAISED_DISABLED, 4);
    rig_msix_count(&x, &c);
    ck_assert_uint_eq(c.pending, 1);
    ck_assert_uint_eq(x.raised, 9);
    raised(0, RIG_RAISED_SENT, 1);
    rig_msix_count(&x, &c);
    ck_assert_uint_eq(c.pending, 0);
}
END_TEST

START_TEST(impossible_vectors_are_refused)
{
    RigEvent e = { .type = RIG_EV_TARGET };

    ck_assert(!table(4, 0, 1));
    ck_assert(!table(0, 4, 1));
    e.target.vectors = 2049;
    ck_assert(!feed(e));
}
END_TEST

START_TEST(largest_table_works)
{
    target(TRUE, RIG_MSIX_VECTORS_MAX);
    state(MASTER, ENABLE, 0);
    arm(RIG_MSIX_VECTORS_MAX - 1);
    ck_assert_uint_eq(rig_msix_armed(&x), 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("msix");
    TCase *t = tcase_create("msix");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, after_attach_nothing_is_armed);
    tcase_add_test(t, vectors_unmasked_before_enable_are_armed_by_it);
    tcase_add_test(t, vectors_unmasked_after_enable_are_armed_by_the_table);
    tcase_add_test(t, entry_without_address_is_not_armed);
    tcase_add_test(t, quiet_names_the_event_and_the_reason);
    tcase_add_test(t, reset_clears_everything_and_says_which);
    tcase_add_test(t, unplugged_function_is_not_armed_and_comes_back_clean);
    tcase_add_test(t, interrupts_are_counted_and_pending_follows_them);
    tcase_add_test(t, impossible_vectors_are_refused);
    tcase_add_test(t, largest_table_works);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}
