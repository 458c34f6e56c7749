/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Units: the cycles of a sweep, by what the cycles before them reached. */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include "agent/sweep.h"

/* A plan with the usual life and these settings of the sweep. */
static struct plan *plan_with(const char *settings)
{
    g_autofree char *text = g_strdup_printf(
        "[plan]\nversion=1\ndevice=0000:00:10.0\nmsix-profile=at-connect\n"
        "seed=1\nscenarios=1\n[scenario 1]\nname=s\nsys=/a.sys\ninf=/a.inf\n"
        "cycles=1\n[scenario 1 cycle 1]\n"
        "steps=install;init;restart;traffic;pause;halt;unload\n"
        "[scenario 1 sweep]\n%s\n", settings);
    g_autoptr(GError) error = NULL;
    struct plan *plan = plan_parse(text, strlen(text), &error);

    ck_assert_msg(plan != NULL, "%s", error ? error->message : "");
    return plan;
}

static const char *name_of(unsigned number)
{
    static const char *const names[] = { "NdisA", "NdisB", "NdisC" };

    return number < G_N_ELEMENTS(names) ? names[number] : NULL;
}

enum { INSTALL, INIT, RESTART, TRAFFIC };

static struct plan *plan;
static struct sweep *sweep;
static struct host_points *points;

static void begin(const char *settings)
{
    plan = plan_with(settings);
    sweep = sweep_new(plan->scenarios[0].sweep, &plan->scenarios[0].cycles[0],
                      3, name_of);
    points = g_new0(struct host_points, 1);
}

static void end(void)
{
    sweep_free(sweep);
    plan_free(plan);
    g_free(points);
}

static void reach(unsigned number, unsigned step, unsigned occurrence)
{
    points->point[points->n++] = (struct host_point) {
        number, step, occurrence, 0x1000 + number,
    };
}

/* The next cycle's faults, "A+B", or "life:X"; "end" after the last one. */
static char *next(struct sweep_cycle *c)
{
    char text[SWEEP_K_MAX][SWEEP_SPEC_SIZE] = { "", "" };
    struct sweep_fault life = { .kind = RIG_POINT_LIFE };

    points->n = 0;
    if (!sweep_next(sweep, c)) {
        return g_strdup("end");
    }
    life.life = c->life;
    sweep_spec(sweep, c->n_faults ? &c->fault[0] : &life, text[0],
               sizeof(text[0]));
    if (c->n_faults > 1) {
        sweep_spec(sweep, &c->fault[1], text[1], sizeof(text[1]));
    }
    return g_strconcat(text[0], c->n_faults > 1 ? "+" : "", text[1], NULL);
}

static void expect(struct sweep_cycle *c, const char *faults)
{
    g_autofree char *is = next(c);

    ck_assert_str_eq(is, faults);
}

static void learn(const struct sweep_cycle *c, const uint32_t *occasions,
                  const uint32_t *before)
{
    sweep_learn(sweep, c, points, occasions, before);
}

START_TEST(every_point_gets_a_cycle)
{
    struct sweep_cycle c;

    begin("");
    expect(&c, "life:planned");
    ck_assert(c.record);
    reach(0, INSTALL, 1);
    reach(1, INIT, 1);
    reach(1, INIT, 2);
    learn(&c, NULL, NULL);
    ck_assert_uint_eq(sweep_known(sweep), 4);
    expect(&c, "install:NdisA#1");
    ck_assert(!c.record);
    ck_assert_uint_eq(c.fault[0].point, 1);
    ck_assert_uint_eq(c.fault[0].caller, 0x1000);
    expect(&c, "init:NdisB#1");
    expect(&c, "init:NdisB#2");
    ck_assert_uint_eq(c.fault[0].point, 3);
    expect(&c, "end");
    end();
}
END_TEST

/* The driver could have written anything into the shared memory. */
START_TEST(what_cannot_be_a_point_is_none)
{
    struct sweep_cycle c;

    begin("");
    expect(&c, "life:planned");
    reach(7, INIT, 1);       /* no such export */
    reach(0, 99, 1);         /* no such step */
    reach(0, TRAFFIC, 1);    /* not recorded */
    reach(0, INIT, 0);
    learn(&c, NULL, NULL);
    expect(&c, "end");
    end();
    begin("");
    expect(&c, "life:planned");
    points->n = UINT32_MAX;
    learn(&c, NULL, NULL);   /* reads no further than there is memory */
    end();
}
END_TEST

START_TEST(pairs_are_what_the_first_faults_path_reaches)
{
    struct sweep_cycle c;

    begin("k=2");
    expect(&c, "life:planned");
    reach(0, INIT, 1);
    reach(1, INIT, 1);
    learn(&c, NULL, NULL);
    expect(&c, "init:NdisA#1");
    ck_assert(c.record);
    reach(1, INIT, 1);
    reach(2, INIT, 1);       /* only on this path */
    learn(&c, NULL, NULL);
    expect(&c, "init:NdisB#1");
    learn(&c, NULL, NULL);   /* it reached nothing */
    ck_assert_uint_eq(sweep_known(sweep), 5);
    expect(&c, "init:NdisA#1+init:NdisB#1");
    ck_assert_uint_eq(c.fault[1].point, 2);
    expect(&c, "init:NdisA#1+init:NdisC#1");
    ck_assert_uint_eq(c.fault[1].point, 0);
    ck_assert_uint_eq(c.fault[1].caller, 0x1002);
    ck_assert(!c.record);
    expect(&c, "end");
    end();
}
END_TEST

START_TEST(device_faults_are_spread_over_their_occasions)
{
    static const uint32_t occasions[] = { 7, 0, 1 };
    struct sweep_cycle c;

    begin("device-faults=all-ones;mac-zero;slow-reset:200\noccasions=3");
    expect(&c, "life:planned");
    learn(&c, NULL, NULL);
    expect(&c, "life:planned");
    ck_assert(c.again);
    learn(&c, occasions, NULL);
    expect(&c, "device:all-ones@1");
    expect(&c, "device:all-ones@4");
    expect(&c, "device:all-ones@7");
    expect(&c, "device:slow-reset@1:200");
    expect(&c, "end");
    end();
}
END_TEST

/* After a call has failed the device is used twice more: there it may fail. */
START_TEST(a_device_can_fail_after_a_call)
{
    static const uint32_t occasions[] = { 6 }, before[] = { 4 };
    struct sweep_cycle c;

    begin("k=2\ndevice-faults=all-ones\noccasions=8");
    expect(&c, "life:planned");
    reach(0, INIT, 1);
    learn(&c, NULL, NULL);
    expect(&c, "life:planned");
    learn(&c, NULL, NULL);
    expect(&c, "init:NdisA#1");
    learn(&c, occasions, before);
    expect(&c, "init:NdisA#1+device:all-ones@5");
    expect(&c, "init:NdisA#1+device:all-ones@6");
    expect(&c, "end");
    end();
}
END_TEST

START_TEST(a_call_site_can_be_tried_less_often)
{
    struct sweep_cycle c;

    begin("per-site=2");
    expect(&c, "life:planned");
    for (unsigned i = 1; i <= 100; i++) {
        reach(0, INIT, i);
    }
    reach(1, INIT, 1);
    learn(&c, NULL, NULL);
    expect(&c, "init:NdisA#1");
    expect(&c, "init:NdisA#100");
    expect(&c, "init:NdisB#1");
    ck_assert_uint_eq(c.fault[0].point, 101);
    expect(&c, "end");
    end();
}
END_TEST

START_TEST(calls_of_a_site_are_spread_over_all_of_them)
{
    struct sweep_cycle c;

    begin("per-site=4");
    expect(&c, "life:planned");
    for (unsigned i = 1; i <= 100; i++) {
        reach(0, INIT, i);
    }
    for (unsigned i = 1; i <= 3; i++) {
        reach(1, INIT, i);
    }
    learn(&c, NULL, NULL);
    expect(&c, "init:NdisA#1");
    expect(&c, "init:NdisA#34");
    expect(&c, "init:NdisA#67");
    expect(&c, "init:NdisA#100");
    expect(&c, "init:NdisB#1");
    expect(&c, "init:NdisB#2");
    expect(&c, "init:NdisB#3");
    expect(&c, "end");
    end();
}
END_TEST

START_TEST(a_call_that_is_named_is_tried_whatever_its_site)
{
    struct sweep_cycle c;

    begin("per-site=2\nonly=init:NdisA#50");
    expect(&c, "life:planned");
    for (unsigned i = 1; i <= 100; i++) {
        reach(0, INIT, i);
    }
    learn(&c, NULL, NULL);
    expect(&c, "init:NdisA#50");
    expect(&c, "end");
    end();
}
END_TEST

START_TEST(the_limit_ends_it)
{
    struct sweep_cycle c;

    begin("limit=2");
    expect(&c, "life:planned");
    reach(0, INIT, 1);
    reach(0, INIT, 2);
    learn(&c, NULL, NULL);
    expect(&c, "init:NdisA#1");
    ck_assert_uint_eq(sweep_known(sweep), 3);
    expect(&c, "end");
    end();
}
END_TEST

START_TEST(fewer_messages_and_the_line)
{
    struct sweep_cycle c;

    begin("lives=resources");
    expect(&c, "life:planned");
    learn(&c, NULL, NULL);
    expect(&c, "resource:messages=2");
    expect(&c, "resource:messages=1");
    expect(&c, "resource:line");
    expect(&c, "end");
    end();
}
END_TEST

/* Names of the steps of a life, those whose calls are points in capitals. */
static char *steps_of(unsigned life)
{
    const struct sweep_life *l = sweep_life(sweep, life);
    GString *text = g_string_new(NULL);

    for (unsigned i = 0; i < l->n_steps; i++) {
        g_autofree char *name = l->step[i].recorded
            ? g_ascii_strup(l->step[i].name, -1) : g_strdup(l->step[i].name);

        g_string_append_printf(text, "%s%s", i ? " " : "", name);
    }
    return g_string_free(text, FALSE);
}

static const struct {
    const char *life, *steps;
} lives[] = {
    { "planned", "INSTALL INIT RESTART traffic PAUSE HALT UNLOAD" },
    { "post-failure", "install init UNLOAD" },
    { "surprise-remove",
      "install init restart traffic SURPRISE-REMOVE UNLOAD" },
    { "power", "install init restart traffic POWER POWER PAUSE HALT UNLOAD" },
    { "reset", "install init restart traffic RESET PAUSE HALT UNLOAD" },
    { "shutdown", "install init restart traffic SHUTDOWN" },
};

START_TEST(other_lives_are_those_of_the_plan_changed)
{
    struct sweep_cycle c;

    begin("lives=post-failure;surprise-remove;power;reset;shutdown");
    for (unsigned i = 0; i < G_N_ELEMENTS(lives); i++) {
        g_autofree char *text = g_strconcat("life:", lives[i].life, NULL);
        g_autofree char *steps = steps_of(i);

        expect(&c, text);
        ck_assert_str_eq(steps, lives[i].steps);
    }
    ck_assert(sweep_life(sweep, 2)->step[4].step.kind ==
              PLAN_SURPRISE_REMOVE);
    ck_assert(sweep_life(sweep, 3)->step[4].step.low_power);
    ck_assert(!sweep_life(sweep, 3)->step[5].step.low_power);
    expect(&c, "end");
    end();
}
END_TEST

START_TEST(every_halt_action_but_the_planned_one)
{
    struct sweep_cycle c;
    char *is;
    unsigned n = 0;

    begin("lives=halt-actions");
    while (strcmp(is = next(&c), "end") != 0) {
        ck_assert_int_eq(sweep_life(sweep, c.life)->step[5].step.action, n);
        n++;
        g_free(is);
    }
    g_free(is);
    ck_assert_uint_eq(n, 7);
    end();
}
END_TEST

/* The second power step is the one back to D0. */
START_TEST(points_of_another_life_say_so)
{
    struct sweep_cycle c;

    begin("lives=power");
    expect(&c, "life:planned");
    learn(&c, NULL, NULL);
    expect(&c, "life:power");
    reach(0, 5, 1);
    reach(0, 2, 1);          /* restart: known from the planned life */
    learn(&c, NULL, NULL);
    expect(&c, "power,power.2:NdisA#1");
    ck_assert_uint_eq(c.life, 1);
    expect(&c, "end");
    end();
}
END_TEST

START_TEST(only_what_is_asked_for)
{
    struct sweep_cycle c;

    begin("k=2\nlives=resources\n"
          "only=init:NdisA#2;init:NdisA#1+init:NdisC#1;resource:line");
    expect(&c, "life:planned");
    reach(0, INIT, 1);
    reach(0, INIT, 2);
    reach(1, INIT, 1);
    learn(&c, NULL, NULL);
    expect(&c, "init:NdisA#1"); /* to see what the second fault adds */
    reach(1, INIT, 1);
    reach(2, INIT, 1);
    learn(&c, NULL, NULL);
    expect(&c, "init:NdisA#2");
    reach(2, INIT, 1);
    learn(&c, NULL, NULL);
    expect(&c, "resource:line");
    learn(&c, NULL, NULL);
    expect(&c, "init:NdisA#1+init:NdisC#1");
    expect(&c, "end");
    end();
}
END_TEST

START_TEST(a_share_takes_each_nth_point_and_their_pairs)
{
    struct sweep_cycle c;

    begin("k=2\nshare=2\nshares=2");
    expect(&c, "life:planned");
    reach(0, INIT, 1);
    reach(1, INIT, 1);
    reach(2, INIT, 1);
    learn(&c, NULL, NULL);
    expect(&c, "init:NdisB#1");
    reach(2, INIT, 1);
    learn(&c, NULL, NULL);
    expect(&c, "init:NdisB#1+init:NdisC#1");
    expect(&c, "end");
    end();
}
END_TEST

/* As on one machine, where the others' cycles come in between. */
START_TEST(the_limit_counts_what_others_do)
{
    struct sweep_cycle c;

    begin("share=2\nshares=2\nlimit=4");
    expect(&c, "life:planned");
    for (unsigned i = 1; i <= 6; i++) {
        reach(0, INIT, i);
    }
    learn(&c, NULL, NULL);
    expect(&c, "init:NdisA#2");
    expect(&c, "end");
    end();
}
END_TEST

static const char *const bad[] = {
    "k=3", "k=0", "status=0x0", "status=9A", "occasions=0", "limit=0",
    "lives=flying", "nonsense=1",
    "share=0", "share=2", "shares=17", "share=3\nshares=2", "device-faults=;",
    "device-faults=a-name-that-is-longer-than-a-fault-can-be-written",
};

START_TEST(bad_settings_are_refused)
{
    g_autofree char *text = g_strdup_printf(
        "[plan]\nversion=1\ndevice=0000:00:10.0\nmsix-profile=at-connect\n"
        "seed=1\nscenarios=1\n[scenario 1]\nname=s\nsys=/a.sys\ninf=/a.inf\n"
        "cycles=1\n[scenario 1 cycle 1]\nsteps=install;init;halt\n"
        "[scenario 1 sweep]\n%s\n", bad[_i]);
    g_autoptr(GError) error = NULL;

    ck_assert_ptr_null(plan_parse(text, strlen(text), &error));
    ck_assert_msg(strstr(error->message, "[scenario 1 sweep]") != NULL, "%s",
                  error->message);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("sweep");
    TCase *t = tcase_create("sweep");
    SRunner *runner;
    int failed;

    tcase_add_test(t, every_point_gets_a_cycle);
    tcase_add_test(t, what_cannot_be_a_point_is_none);
    tcase_add_test(t, pairs_are_what_the_first_faults_path_reaches);
    tcase_add_test(t, device_faults_are_spread_over_their_occasions);
    tcase_add_test(t, a_device_can_fail_after_a_call);
    tcase_add_test(t, a_call_site_can_be_tried_less_often);
    tcase_add_test(t, calls_of_a_site_are_spread_over_all_of_them);
    tcase_add_test(t, a_call_that_is_named_is_tried_whatever_its_site);
    tcase_add_test(t, the_limit_ends_it);
    tcase_add_test(t, fewer_messages_and_the_line);
    tcase_add_test(t, other_lives_are_those_of_the_plan_changed);
    tcase_add_test(t, every_halt_action_but_the_planned_one);
    tcase_add_test(t, points_of_another_life_say_so);
    tcase_add_test(t, only_what_is_asked_for);
    tcase_add_test(t, a_share_takes_each_nth_point_and_their_pairs);
    tcase_add_test(t, the_limit_counts_what_others_do);
    tcase_add_loop_test(t, bad_settings_are_refused, 0, G_N_ELEMENTS(bad));
    suite_add_tcase(s, t);
    runner = srunner_create(s);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
