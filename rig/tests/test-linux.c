/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Scenarios of Linux's own drivers: the guest's account of a function against
 * what the tap saw, one difference at a time.
 */
#include <check.h>
#include <string.h>
#include "cycle-builder.h"
#include "run-suite.h"

#define BDF     0x80u    /* of the builder's function */
#define COMMAND 0x0406u  /* memory, bus master, no INTx, as b_arm() leaves it */
#define ENABLED 0x8000u
#define USED    2u       /* vectors that are programmed */

/* What the guest says; starts as the truth, tests change one thing. */
typedef struct Account {
    uint64_t counts[VECTORS];
    uint64_t data1;          /* data of entry 1, less its true value */
    gboolean handler3;       /* a handler for a masked vector */
    uint16_t control;        /* Message Control, less its true value */
    gboolean stays_enabled;
    gboolean skip_closed;
    uint64_t bdf;
} Account;

static const Account truth = { .counts = { 3, 7 }, .bdf = BDF };

static RigScenario *new_scenario(void)
{
    RigScenario *s = b_new_scenario("test", RIG_MSIX_AT_CONNECT, 1);

    s->linux_driver = g_strdup("igb");
    g_ptr_array_set_size(s->rules, 0);
    return s;
}

static void say_function(Builder *b, const Account *a, uint64_t point,
                         unsigned vectors)
{
    struct rig_marker m = {
        .kind = RIG_MK_LINUX, .object = a->bdf, .name = RIG_LINUX_FUNCTION,
        .arg = { point, (uint16_t)(b->control + a->control), b->command,
                 vectors },
        .text = "igb eth0",
    };

    b_marker(b, &m);
}

static void say_vector(Builder *b, const Account *a, unsigned vector,
                       const uint32_t entry[4])
{
    gboolean used = vector < USED || (vector == 3 && a->handler3);
    struct rig_marker m = {
        .kind = RIG_MK_LINUX, .object = a->bdf, .name = RIG_LINUX_VECTOR,
        .status = used, .text = "eth0",
    };

    m.arg[0] = vector;
    m.arg[1] = a->counts[vector];
    m.arg[2] = entry[0] | (uint64_t)entry[1] << 32;
    m.arg[3] = (entry[2] + (vector == 1 ? a->data1 : 0)) |
               (uint64_t)entry[3] << 32;
    b_marker(b, &m);
}

static void say_all(Builder *b, const Account *a, uint64_t point)
{
    say_function(b, a, point, VECTORS);
    for (unsigned v = 0; v < VECTORS; v++) {
        const uint32_t entry[4] = {
            v < USED ? 0xfee00000u : 0, 0, v < USED ? 0x40 + v : 0,
            v < USED ? 0 : 1,
        };

        say_vector(b, a, v, entry);
    }
}

/* A cycle of which the guest says `a`; the result is the judgement's. */
static const RigScenarioResult *judge(Judged **j, const Account *a)
{
    g_autoptr(Builder) b = b_new(VECTORS);

    *j = b_judged(new_scenario());
    b_plan(b, 1);
    b_scenario(b, 1, "test");
    b_cycle(b, 1);
    b_step(b, "bind");
    for (unsigned v = 0; v < VECTORS; v++) {
        b_table(b, v, 3, 1);
    }
    for (unsigned v = 0; v < USED; v++) {
        b_table(b, v, 0, 0xfee00000u);
        b_table(b, v, 2, 0x40 + v);
        b_table(b, v, 3, 0);
    }
    b_state(b, COMMAND, b->control | ENABLED, 0);
    b_raised(b, 0, RIG_RAISED_SENT, 3);
    say_all(b, a, RIG_LINUX_BOUND);
    b_step_end(b, "bind", RIG_STEP_DONE, 0, NULL);
    b_step(b, "unbind");
    b_raised(b, 1, RIG_RAISED_SENT, 6);
    b_raised(b, 1, RIG_RAISED_PENDED, 2);
    b_raised(b, 1, RIG_RAISED_SENT, 1);
    if (!a->skip_closed) {
        say_all(b, a, RIG_LINUX_CLOSED);
    }
    if (!a->stays_enabled) {
        b_state(b, COMMAND, b->control & ~ENABLED, 0);
    }
    say_function(b, a, RIG_LINUX_UNBOUND, 0);
    b_step_end(b, "unbind", RIG_STEP_DONE, 0, NULL);
    b_quiesced(b);
    b_cycle_end(b, RIG_CYCLE_DONE, NULL);
    b_scenario_end(b);
    b_mark(b, RIG_MK_PLAN_END, NULL, 0, 0, NULL);
    b_end(b);
    b_start(*j);
    b_judge(*j, b);
    return (*j)->result;
}

START_TEST(accounts_that_agree_pass_and_say_what_was_compared)
{
    g_autoptr(Judged) j = NULL;
    const RigScenarioResult *r = judge(&j, &truth);

    expect_verdict(r, RIG_VERDICT_PASS);
    ck_assert_uint_eq(r->findings->len, 0);
    ck_assert_msg(strstr(r->sentence, "igb eth0 on 00:10.0 counted 10 "
                         "interrupts on 2 of 4 vectors"), "%s", r->sentence);
}
END_TEST

/* One finding of this id, proven by what the guest said. */
static void expect_only(const RigScenarioResult *r, const char *id)
{
    const RigFinding *f = b_finding(r, id);

    expect_verdict(r, RIG_VERDICT_VIOLATION);
    ck_assert_ptr_nonnull(f);
    ck_assert_uint_ge(f->proofs->len, 1);
    ck_assert(b_proved_by(f, f->event));
    for (unsigned i = 0; i < r->findings->len; i++) {
        ck_assert_str_eq(((RigFinding *)r->findings->pdata[i])->id, id);
    }
}

START_TEST(messages_that_the_interrupt_controller_may_have_merged)
{
    Account a = truth;
    g_autoptr(Judged) j = NULL;

    a.counts[1] -= 2;
    expect_verdict(judge(&j, &a), RIG_VERDICT_INCONCLUSIVE);
    ck_assert_msg(strstr(j->result->sentence, "counted 8 interrupts of "
                         "00:10.0, the tap saw 2 messages more"), "%s",
                  j->result->sentence);
}
END_TEST

START_TEST(an_interrupt_that_the_tap_did_not_see)
{
    Account a = truth;
    g_autoptr(Judged) j = NULL;

    a.counts[2] = 1;
    expect_only(judge(&j, &a), "count-differs");
}
END_TEST

START_TEST(a_table_entry_that_reads_otherwise)
{
    Account a = truth;
    g_autoptr(Judged) j = NULL;

    a.data1 = 1;
    expect_only(judge(&j, &a), "table-differs");
}
END_TEST

START_TEST(a_handler_behind_a_masked_vector)
{
    Account a = truth;
    g_autoptr(Judged) j = NULL;

    a.handler3 = TRUE;
    expect_only(judge(&j, &a), "mask-differs");
}
END_TEST

START_TEST(a_control_word_that_reads_otherwise)
{
    Account a = truth;
    g_autoptr(Judged) j = NULL;

    a.control = 0x4000;
    expect_only(judge(&j, &a), "control-differs");
}
END_TEST

START_TEST(msix_left_enabled_by_a_driver_that_is_gone)
{
    Account a = truth;
    g_autoptr(Judged) j = NULL;

    a.stays_enabled = TRUE;
    expect_only(judge(&j, &a), "enabled-after-unbind");
}
END_TEST

START_TEST(a_function_that_the_tap_does_not_watch)
{
    Account a = truth;
    g_autoptr(Judged) j = NULL;

    a.bdf++;
    expect_only(judge(&j, &a), "not-watched");
}
END_TEST

START_TEST(an_account_without_its_end_is_inconclusive)
{
    Account a = truth;
    g_autoptr(Judged) j = NULL;

    a.skip_closed = TRUE;
    expect_verdict(judge(&j, &a), RIG_VERDICT_INCONCLUSIVE);
    ck_assert(strstr(j->result->sentence, "not complete"));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("linux");
    TCase *t = tcase_create("accounts");

    tcase_add_test(t, accounts_that_agree_pass_and_say_what_was_compared);
    tcase_add_test(t, messages_that_the_interrupt_controller_may_have_merged);
    tcase_add_test(t, an_interrupt_that_the_tap_did_not_see);
    tcase_add_test(t, a_table_entry_that_reads_otherwise);
    tcase_add_test(t, a_handler_behind_a_masked_vector);
    tcase_add_test(t, a_control_word_that_reads_otherwise);
    tcase_add_test(t, msix_left_enabled_by_a_driver_that_is_gone);
    tcase_add_test(t, a_function_that_the_tap_does_not_watch);
    tcase_add_test(t, an_account_without_its_end_is_inconclusive);
    suite_add_tcase(s, t);
    return s;
}

int main(void)
{
    return run_suite(suite());
}
