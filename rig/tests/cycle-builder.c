/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Test support: whole cycles. */
#include <check.h>
#include <string.h>
#include "cycle-builder.h"

Play *play_new_repeated(RigProfile profile, unsigned repeat)
{
    Play *p = g_new0(Play, 1);

    p->b = b_new(VECTORS);
    p->profile = profile;
    p->j = b_judged(b_new_scenario("test", profile, repeat));
    b_plan(p->b, 1);
    b_scenario(p->b, 1, "test");
    return p;
}

Play *play_new(RigProfile profile)
{
    Play *p = play_new_repeated(profile, 1);

    b_cycle(p->b, 1);
    if (profile == RIG_MSIX_AT_START) {
        b_arm(p->b, VECTORS);
    }
    return p;
}

void play_free(Play *p)
{
    b_free(p->b);
    b_judged_free(p->j);
    g_free(p);
}

uint64_t play_register(Play *p, uint64_t handle)
{
    return p->profile == RIG_MSIX_AT_START
           ? b_register(p->b, handle)
           : b_register_armed(p->b, handle, VECTORS);
}

uint64_t play_deregister(Play *p, uint64_t handle)
{
    return p->profile == RIG_MSIX_AT_START
           ? b_deregister(p->b, handle)
           : b_deregister_disarmed(p->b, handle);
}

void play_init_begin(Play *p)
{
    b_step(p->b, "init");
    b_enter(p->b, "MiniportInitializeEx");
}

uint64_t play_init_end(Play *p, uint32_t status)
{
    uint64_t event = b_leave(p->b, status);

    b_step_end(p->b, "init", RIG_STEP_DONE, status, NULL);
    return event;
}

uint64_t play_init(Play *p)
{
    uint64_t event;

    play_init_begin(p);
    event = play_register(p, HANDLE);
    play_init_end(p, B_SUCCESS);
    return event;
}

void play_halt_begin(Play *p)
{
    b_step(p->b, "halt");
    b_enter(p->b, "MiniportHaltEx");
}

uint64_t play_halt_end(Play *p)
{
    uint64_t event = b_leave(p->b, 0);

    b_step_end(p->b, "halt", RIG_STEP_DONE, 0, NULL);
    return event;
}

uint64_t play_halt(Play *p)
{
    play_halt_begin(p);
    play_deregister(p, HANDLE);
    return play_halt_end(p);
}

void play_remove(Play *p)
{
    b_step(p->b, "remove");
    if (p->b->control & 0x8000) {
        b_disarm(p->b);
    }
    b_quiesced(p->b);
    b_step_end(p->b, "remove", RIG_STEP_DONE, 0, NULL);
}

const RigScenarioResult *play_judge_end(Play *p, enum rig_cycle_end end,
                                        const char *text)
{
    b_cycle_end(p->b, end, text);
    b_scenario_end(p->b);
    b_mark(p->b, RIG_MK_PLAN_END, NULL, 0, 0, NULL);
    b_end(p->b);
    b_judge(p->j, p->b);
    return p->j->result;
}

const RigScenarioResult *play_judge(Play *p)
{
    play_remove(p);
    return play_judge_end(p, RIG_CYCLE_DONE, NULL);
}

void expect_verdict(const RigScenarioResult *r, RigVerdict verdict)
{
    ck_assert_msg(r->verdict == verdict, "%s instead of %s: %s",
                  rig_verdict_name(r->verdict), rig_verdict_name(verdict),
                  r->sentence);
}

void expect_findings(const RigScenarioResult *r, const char *list)
{
    g_auto(GStrv) want = g_strsplit(list, " ", -1);

    expect_verdict(r, RIG_VERDICT_VIOLATION);
    for (unsigned i = 0; i < r->findings->len; i++) {
        const RigFinding *f = r->findings->pdata[i];
        g_autofree char *is = g_strdup_printf("%s/%s/%s", f->id,
                                              rig_level_name(f->level),
                                              f->class_code);

        ck_assert_msg(g_strv_contains((const char *const *)want, is),
                      "not expected: %s: %s", is, f->sentence);
    }
    ck_assert_msg(r->findings->len == g_strv_length(want),
                  "%u findings instead of %s", r->findings->len, list);
}
