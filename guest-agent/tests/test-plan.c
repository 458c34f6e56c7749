/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Units: reading and refusing plans. */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include "agent/plan.h"
#include "ndis/include/ndis.h"

static const char good[] =
    "[plan]\n"
    "version=1\n"
    "device=0000:00:10.0\n"
    "msix-profile=at-start\n"
    "seed=18446744073709551615\n"
    "scenarios=1\n"
    "[scenario 1]\n"
    "name=first\n"
    "sys=/plan/1/a.sys\n"
    "inf=/plan/1/a.inf\n"
    "cycles=2\n"
    "[scenario 1 cycle 1]\n"
    "steps=install;init;traffic;halt;unload\n"
    "[scenario 1 cycle 1 step 2]\n"
    "timeout-ms=1234\n"
    "faults=NdisMRegisterScatterGatherDma#2=0xC000009A;"
        "NdisMSleep#1=0x0;\n"
    "device-faults=mac-zero@1;stuck-bit@4294967295:0x20.1.1\n"
    "[scenario 1 cycle 1 step 3]\n"
    "frames=5\n"
    "min-length=2000\n"
    "[scenario 1 cycle 1 step 4]\n"
    "action=NdisHaltDeviceStopped\n"
    "[scenario 1 cycle 2]\n"
    "repeat=1000\n"
    "steps=link-flap;remove;power;power;init;shutdown;reset;"
        "surprise-remove\n"
    "[scenario 1 cycle 2 step 3]\n"
    "state=D3\n"
    "[scenario 1 cycle 2 step 4]\n"
    "state=D0\n"
    "[scenario 1 cycle 2 step 5]\n"
    "post-failure=yes\n"
    "[scenario 1 cycle 2 step 6]\n"
    "action=NdisShutdownBugCheck\n";

START_TEST(good_plan_is_read_whole)
{
    struct plan *plan = plan_parse(good, strlen(good), NULL);
    const struct plan_cycle *cycle;

    ck_assert_ptr_nonnull(plan);
    ck_assert_str_eq(plan->device, "0000:00:10.0");
    ck_assert(plan->at_start);
    ck_assert_uint_eq(plan->seed, UINT64_MAX);
    ck_assert_uint_eq(plan->n_scenarios, 1);
    ck_assert_str_eq(plan->scenarios[0].name, "first");
    ck_assert_uint_eq(plan->scenarios[0].n_cycles, 2);
    cycle = &plan->scenarios[0].cycles[0];
    ck_assert_uint_eq(cycle->repeat, 1);
    ck_assert_uint_eq(cycle->n_steps, 5);
    ck_assert_int_eq(cycle->steps[4].kind, PLAN_UNLOAD);
    ck_assert_uint_eq(plan->scenarios[0].cycles[1].repeat, 1000);
    ck_assert_int_eq(plan->scenarios[0].cycles[1].steps[0].kind,
                     PLAN_LINK_FLAP);
    plan_free(plan);
}
END_TEST

START_TEST(step_settings_and_their_defaults)
{
    struct plan *plan = plan_parse(good, strlen(good), NULL);
    const struct plan_step *steps = plan->scenarios[0].cycles[0].steps;

    ck_assert_uint_eq(steps[0].timeout_ms, RIG_STEP_TIMEOUT_MS);
    ck_assert_uint_eq(steps[0].n_faults, 0);
    ck_assert_uint_eq(steps[1].timeout_ms, 1234);
    ck_assert_uint_eq(steps[1].n_faults, 2);
    ck_assert_str_eq(steps[1].faults[0].api, "NdisMRegisterScatterGatherDma");
    ck_assert_uint_eq(steps[1].faults[0].occurrence, 2);
    ck_assert_uint_eq(steps[1].faults[0].status, 0xC000009Au);
    ck_assert_uint_eq(steps[1].faults[1].status, 0);
    ck_assert_uint_eq(steps[1].n_device_faults, 2);
    ck_assert_str_eq(steps[1].device_faults[0].spec, "mac-zero");
    ck_assert_uint_eq(steps[1].device_faults[0].ordinal, 1);
    ck_assert_str_eq(steps[1].device_faults[1].spec, "stuck-bit:0x20.1.1");
    ck_assert_uint_eq(steps[1].device_faults[1].ordinal, UINT32_MAX);
    ck_assert_uint_eq(steps[2].frames, 5);
    ck_assert_uint_eq(steps[2].min_length, 2000);
    ck_assert_uint_eq(steps[2].max_length, 2000);
    ck_assert_uint_eq(steps[2].timeout_ms, RIG_STEP_TIMEOUT_MS);
    plan_free(plan);
}
END_TEST

START_TEST(settings_of_a_life_are_read)
{
    struct plan *plan = plan_parse(good, strlen(good), NULL);
    const struct plan_cycle *cycles = plan->scenarios[0].cycles;

    ck_assert_int_eq(cycles[0].steps[3].action, NdisHaltDeviceStopped);
    ck_assert(!cycles[0].steps[1].post_failure);
    ck_assert(cycles[1].steps[2].low_power);
    ck_assert(!cycles[1].steps[3].low_power);
    ck_assert(cycles[1].steps[4].post_failure);
    ck_assert_int_eq(cycles[1].steps[5].action, NdisShutdownBugCheck);
    ck_assert_int_eq(cycles[1].steps[6].kind, PLAN_RESET);
    ck_assert_int_eq(cycles[1].steps[7].kind, PLAN_SURPRISE_REMOVE);
    plan_free(plan);
}
END_TEST

static const struct {
    const char *from, *to, *want;
} bad[] = {
    { "seed=", "device-2=0000:00:10.0\nseed=", "of another function" },
    { "seed=", "virtual-function=7\nseed=", "virtual-function" },
    { "seed=", "virtual-function=x\nseed=", "virtual-function" },
    { "seed=", "device-2=nonsense\nseed=", "device-2" },
    { "state=D3", "state=D3\nadapter=3", "adapter" },
    { "state=D3", "state=D3\nadapter=2", "device-2: missing" },
    { "state=D3", "messages=1", "is not for step power" },
    { "action=NdisHalt", "action=Halt", "[scenario 1 cycle 1 step 4] action" },
    { "state=D3", "state=D1", "state" },
    { "state=D3", "action=NdisHaltDeviceStopped", "is not for step power" },
    { "post-failure=yes", "post-failure=maybe", "post-failure" },
    { "frames=5", "state=D0", "is not for step traffic" },
    { "[plan]", "[plam]", "[plan]" },
    { "[plan]", "[plan", "plan: " },
    { "version=1", "version=2", "version" },
    { "device=0000:00:10.0", "device=00:10.0", "PCI address" },
    { "device=0000:00:10.0", "device=../../../x", "PCI address" },
    { "at-start", "at-random", "neither" },
    { "seed=18446744073709551615", "seed=18446744073709551616", "seed" },
    { "seed=18446744073709551615", "seed=-1", "seed" },
    { "scenarios=1", "scenarios=0", "scenarios" },
    { "scenarios=1", "scenarios=2", "[scenario 2]: the group is missing" },
    { "scenarios=1", "scenarios=1\nmore=1", "unknown key" },
    { "sys=/plan", "sys=plan", "absolute path" },
    { "name=first", "name=", "name: missing" },
    { "cycles=2", "cycles=3", "[scenario 1 cycle 3]" },
    { "cycles=2", "cycles=999999999", "cycles" },
    { "repeat=1000", "repeat=0", "repeat" },
    { "repeat=1000", "repeat=9999999", "repeat" },
    { "install;init", "install;reboot", "unknown step \"reboot\"" },
    { "steps=install;init;traffic;halt;unload", "steps=", "steps" },
    { "timeout-ms=1234", "timeout-ms=0", "timeout-ms" },
    { "timeout-ms=1234", "timeout=1", "[scenario 1 cycle 1 step 2] timeout" },
    { "#2=0xC000009A", "=0xC000009A", "API#occurrence=status" },
    { "#2=0xC000009A", "#0=0xC000009A", "occurrence" },
    { "#2=0xC000009A", "#2=C000009A", "0x" },
    { "#2=0xC000009A", "#2=0x1C000009A", "status" },
    { "mac-zero@1", "mac-zero", "NAME@ORDINAL[:ARGUMENT]" },
    { "mac-zero@1", "@1", "NAME@ORDINAL[:ARGUMENT]" },
    { "mac-zero@1", "mac-zero@0", "ordinal" },
    { "mac-zero@1", "mac-zero@:1", "ordinal" },
    { "stuck-bit@4294967295", "stuck-bit@4294967296", "ordinal" },
    { "0x20.1.1", "0x20.1.1.and.so.on.and.so.on.and", "more than 39" },
    { "frames=5", "frames=5000000", "frames" },
    { "min-length=2000", "min-length=10", "min-length" },
    { "min-length=2000", "min-length=2000\nmax-length=1999", "max-length" },
};

START_TEST(bad_plan_is_refused_with_its_group_and_key)
{
    const char *at = strstr(good, bad[_i].from);
    g_autofree char *text = NULL;
    g_autoptr(GError) error = NULL;

    ck_assert_ptr_nonnull(at);
    text = g_strdup_printf("%.*s%s%s", (int)(at - good), good, bad[_i].to,
                           at + strlen(bad[_i].from));
    ck_assert_msg(!plan_parse(text, strlen(text), &error),
                  "\"%s\" was accepted", bad[_i].to);
    ck_assert_msg(strstr(error->message, bad[_i].want),
                  "\"%s\" is not in \"%s\"", bad[_i].want, error->message);
}
END_TEST

START_TEST(every_truncation_ends_in_a_result)
{
    for (size_t n = 0; n < sizeof(good); n++) {
        g_autoptr(GError) error = NULL;
        struct plan *plan = plan_parse(good, n, &error);

        ck_assert((plan != NULL) != (error != NULL));
        plan_free(plan);
    }
}
END_TEST

START_TEST(random_damage_ends_in_a_result)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(3);

    for (int round = 0; round < 3000; round++) {
        g_autofree char *text = g_memdup2(good, sizeof(good));
        g_autoptr(GError) error = NULL;
        struct plan *plan;

        for (int i = g_rand_int_range(rand, 1, 8); i > 0; i--) {
            text[g_rand_int_range(rand, 0, sizeof(good) - 1)] =
                g_rand_int_range(rand, 0, 256);
        }
        plan = plan_parse(text, sizeof(good) - 1, &error);
        ck_assert((plan != NULL) != (error != NULL));
        plan_free(plan);
    }
}
END_TEST

START_TEST(missing_file_says_where_it_should_be)
{
    g_autoptr(GError) error = NULL;

    ck_assert_ptr_null(plan_load("/nonexistent/plan.ini", &error));
    ck_assert_ptr_nonnull(strstr(error->message, "/nonexistent/plan.ini"));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("plan");
    TCase *t = tcase_create("plan");
    SRunner *runner = srunner_create(s);
    int failed;

    tcase_set_timeout(t, 60);
    tcase_add_test(t, good_plan_is_read_whole);
    tcase_add_test(t, step_settings_and_their_defaults);
    tcase_add_test(t, settings_of_a_life_are_read);
    tcase_add_loop_test(t, bad_plan_is_refused_with_its_group_and_key, 0,
                        G_N_ELEMENTS(bad));
    tcase_add_test(t, every_truncation_ends_in_a_result);
    tcase_add_test(t, random_damage_ends_in_a_result);
    tcase_add_test(t, missing_file_says_where_it_should_be);
    suite_add_tcase(s, t);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
