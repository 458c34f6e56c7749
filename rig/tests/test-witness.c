/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two witnesses of one driver: the NDIS host, and rigshim.sys in an
 * instrumented one. Which is believed, and that a verdict says so.
 */
#include <check.h>
#include <string.h>
#include "cycle-builder.h"
#include "run-suite.h"

#define SHIM (RIG_MARKER_SHIM | 1u)

static Play *new_play(gboolean instrumented)
{
    Play *p = play_new_repeated(RIG_MSIX_AT_CONNECT, 1);
    RigScenario *s = p->j->scenarios->pdata[0];

    s->instrumented = instrumented;
    b_cycle(p->b, 1);
    return p;
}

/* What follows is the shim's word, or the NDIS host's again. */
static void speaks(Play *p, uint16_t thread)
{
    p->b->thread = thread;
}

/* One callback, as both mark it: the host's is around the shim's. */
static void both_enter(Play *p, const char *callback)
{
    speaks(p, 0);
    b_enter(p->b, callback);
    speaks(p, SHIM);
    b_enter(p->b, callback);
}

static void both_leave(Play *p)
{
    b_leave(p->b, 0);
    speaks(p, 0);
    b_leave(p->b, 0);
}

/* A life in which `registers` and `releases` say who has seen that. */
static const RigScenarioResult *life(Play *p, uint16_t registers,
                                     uint16_t releases)
{
    b_step(p->b, "init");
    both_enter(p, "MiniportInitializeEx");
    speaks(p, registers);
    play_register(p, HANDLE);
    speaks(p, SHIM);
    both_leave(p);
    b_step_end(p->b, "init", RIG_STEP_DONE, 0, NULL);
    b_step(p->b, "halt");
    both_enter(p, "MiniportHaltEx");
    speaks(p, releases);
    play_deregister(p, HANDLE);
    speaks(p, SHIM);
    both_leave(p);
    b_step_end(p->b, "halt", RIG_STEP_DONE, 0, NULL);
    return play_judge(p);
}

START_TEST(the_shim_is_believed_about_an_instrumented_driver)
{
    g_autoptr(Play) p = new_play(TRUE);
    const RigScenarioResult *r = life(p, SHIM, SHIM);

    expect_verdict(r, RIG_VERDICT_PASS);
    ck_assert_ptr_nonnull(strstr(r->sentence, "Witness: rigshim.sys."));
}
END_TEST

START_TEST(the_host_is_not_believed_then)
{
    g_autoptr(Play) p = new_play(TRUE);
    const RigScenarioResult *r = life(p, SHIM, 0);

    expect_findings(r, "not-deregistered/sdv-rule/0x08 "
                    "not-released/strict/0x08");
    ck_assert_str_eq(rig_witness_name(b_finding(r, "not-released")->witness),
                     "shim");
}
END_TEST

START_TEST(the_shim_is_not_believed_about_another_driver)
{
    g_autoptr(Play) p = new_play(FALSE);
    const RigScenarioResult *r = life(p, 0, SHIM);

    expect_findings(r, "not-deregistered/sdv-rule/0x08 "
                    "not-released/strict/0x08");
    ck_assert_str_eq(rig_witness_name(b_finding(r, "not-released")->witness),
                     "api");
}
END_TEST

START_TEST(the_shim_alone_is_witness_enough)
{
    g_autoptr(Play) p = new_play(TRUE);
    const RigScenarioResult *r;

    b_step(p->b, "init");
    speaks(p, SHIM);
    b_enter(p->b, "MiniportInitializeEx");
    play_register(p, HANDLE);
    b_leave(p->b, 0);
    speaks(p, 0);
    b_step_end(p->b, "init", RIG_STEP_DONE, 0, NULL);
    b_step(p->b, "halt");
    speaks(p, SHIM);
    b_enter(p->b, "MiniportHaltEx");
    b_leave(p->b, 0);
    speaks(p, 0);
    b_step_end(p->b, "halt", RIG_STEP_DONE, 0, NULL);
    r = play_judge(p);
    expect_findings(r, "not-deregistered/sdv-rule/0x08 "
                    "not-released/strict/0x08");
    ck_assert_str_eq(rig_witness_name(b_finding(r, "not-released")->witness),
                     "shim+device");
}
END_TEST

/* Only what the shim can see may have its mark. */
START_TEST(the_mark_is_for_callbacks_and_calls_only)
{
    g_autoptr(Play) p = new_play(TRUE);

    speaks(p, SHIM);
    b_step(p->b, "init");
    speaks(p, 0);
    b_step_end(p->b, "init", RIG_STEP_DONE, 0, NULL);
    expect_verdict(play_judge(p), RIG_VERDICT_BROKEN);
}
END_TEST

/* It crashes on a thread of the host: in which callback, says the shim. */
START_TEST(a_crash_is_placed_by_the_only_open_callback)
{
    g_autoptr(Play) p = new_play(TRUE);
    const RigScenarioResult *r;

    b_step(p->b, "init");
    both_enter(p, "MiniportInitializeEx");
    play_register(p, HANDLE);
    both_leave(p);
    b_step_end(p->b, "init", RIG_STEP_DONE, 0, NULL);
    b_step(p->b, "halt");
    both_enter(p, "MiniportHaltEx");
    speaks(p, 0);
    b_mark(p->b, RIG_MK_CRASH, NULL, 11, 0, "test.sys+0x1234");
    b_quiesced(p->b);
    r = play_judge_end(p, RIG_CYCLE_CRASH, NULL);
    expect_findings(r, "lost-in-cleanup/strict/lost-in-cleanup");
    ck_assert_ptr_nonnull(strstr(r->sentence, "MiniportHaltEx"));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("witness");
    TCase *t = tcase_create("witness");

    tcase_add_test(t, the_shim_is_believed_about_an_instrumented_driver);
    tcase_add_test(t, the_host_is_not_believed_then);
    tcase_add_test(t, the_shim_is_not_believed_about_another_driver);
    tcase_add_test(t, the_shim_alone_is_witness_enough);
    tcase_add_test(t, the_mark_is_for_callbacks_and_calls_only);
    tcase_add_test(t, a_crash_is_placed_by_the_only_open_callback);
    suite_add_tcase(s, t);
    return run_suite(s);
}
