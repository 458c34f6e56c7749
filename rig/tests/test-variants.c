/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Units of variants.c: scenarios on other machines, and repeated. */
#include <check.h>
#include <string.h>

#include "run-suite.h"
#include "tests/fixture.h"
#include "variants.h"

#define HEAD(nic) "<scenario name='one'>\n<title>T</title>\n" \
    "<driver sys='good.sys' inf='good.inf'/>\n<machine nic='" nic "'" \
    " wall-seconds='50000'/>\n<rule name='Init_DeRegisterInterrupt'/>\n"
#define CYCLES "<cycle repeat='2'><install/></cycle>" \
    "<cycle><install/><init/><halt/></cycle>\n</scenario>\n"

static Fixture *f;
static GPtrArray *problems, *scenarios;

static void setup(void)
{
    f = fixture_new();
    problems = g_ptr_array_new_with_free_func(g_free);
}

static void teardown(void)
{
    g_ptr_array_unref(problems);
    g_clear_pointer(&scenarios, g_ptr_array_unref);
    fixture_free(f);
}

static void make(const char *text, const char *const *with, unsigned repeat)
{
    g_autofree char *path = fixture_write(f, "one.xml", text, -1);
    char *const files[] = { path, NULL };

    scenarios = rig_scenarios_load(files, &f->paths, problems);
    ck_assert_msg(problems->len == 0, "%s", (char *)problems->pdata[0]);
    rig_variants_make(scenarios, (char *const *)with, repeat, &f->paths,
                      problems);
}

static const RigScenario *nth(unsigned n)
{
    ck_assert_uint_lt(n, scenarios->len);
    return scenarios->pdata[n];
}

START_TEST(every_combination_is_a_scenario_of_its_own)
{
    static const char *const with[] = { "vectors=1,64",
                                        "msix-profile=at-start,at-connect",
                                        NULL };

    make(HEAD("rig-nic") CYCLES, with, 1);
    ck_assert_uint_eq(problems->len, 0);
    ck_assert_uint_eq(scenarios->len, 4);
    ck_assert_str_eq(nth(0)->name, "one.at-start.v1");
    ck_assert_str_eq(nth(3)->name, "one.at-connect.v64");
    ck_assert_uint_eq(nth(1)->machine.vectors, 64);
    ck_assert_uint_eq(nth(1)->machine.queues, 2);
    ck_assert_int_eq(nth(1)->machine.profile, RIG_MSIX_AT_START);
    ck_assert_int_eq(nth(2)->machine.profile, RIG_MSIX_AT_CONNECT);
}
END_TEST

START_TEST(what_made_a_variant_makes_it_again)
{
    static const char *const with[] = { "queues=3", NULL };

    make(HEAD("rig-nic") CYCLES, with, 7);
    ck_assert_uint_eq(scenarios->len, 1);
    ck_assert_str_eq(nth(0)->variant, "--with queues=3 --repeat 7 ");
}
END_TEST

START_TEST(every_cycle_is_repeated_within_the_longest_wall_time)
{
    make(HEAD("rig-nic") CYCLES, NULL, 5);
    ck_assert_uint_eq(rig_scenario_cycle_count(nth(0)), 15);
    ck_assert_str_eq(nth(0)->name, "one");
    ck_assert_uint_eq(nth(0)->machine.wall_seconds, RIG_WALL_SECONDS_MAX);
}
END_TEST

START_TEST(a_sweep_gets_another_limit)
{
    static const char *const with[] = { "limit=12", NULL };

    make(HEAD("rig-nic") "<sweep k='2'/></scenario>", with, 1);
    ck_assert_uint_eq(problems->len, 0);
    ck_assert_str_eq(nth(0)->name, "one.l12");
    ck_assert_uint_eq(nth(0)->sweep->limit, 12);
}
END_TEST

static const struct {
    const char *text, *with[3];
    unsigned repeat;
    const char *part;
} bad[] = {
    { HEAD("rig-nic") CYCLES, { "vectors=65" }, 1, "\"65\" is no value" },
    { HEAD("rig-nic") CYCLES, { "vectors=" }, 1, "vectors has no value" },
    { HEAD("rig-nic") CYCLES, { "queues=0" }, 1, "\"0\" is no value" },
    { HEAD("rig-nic") CYCLES, { "msix-profile=now" }, 1, "at-connect and" },
    { HEAD("rig-nic") CYCLES, { "speed=9" }, 1, "\"speed=9\" is not KEY" },
    { HEAD("rig-nic") CYCLES, { "vectors" }, 1, "\"vectors\" is not KEY" },
    { HEAD("rig-nic") CYCLES, { "vectors=1", "vectors=2" }, 1, "given twice" },
    { HEAD("igb") CYCLES, { "queues=1" }, 1, "igb has vectors and queues" },
    { HEAD("rig-nic") CYCLES, { "limit=5" }, 1, "is no sweep" },
    { HEAD("rig-nic") "<sweep/></scenario>", { NULL }, 2, "not repeated" },
    { HEAD("rig-nic") CYCLES, { NULL }, 400000, "1200000 cycles" },
};

START_TEST(what_cannot_be_varied_is_a_problem)
{
    make(bad[_i].text, bad[_i].with, bad[_i].repeat);
    ck_assert_uint_eq(problems->len, 1);
    ck_assert_msg(strstr(problems->pdata[0], bad[_i].part),
                  "\"%s\" is not in \"%s\"", bad[_i].part,
                  (char *)problems->pdata[0]);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("variants");
    TCase *t = tcase_create("variants");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, every_combination_is_a_scenario_of_its_own);
    tcase_add_test(t, what_made_a_variant_makes_it_again);
    tcase_add_test(t, every_cycle_is_repeated_within_the_longest_wall_time);
    tcase_add_test(t, a_sweep_gets_another_limit);
    tcase_add_loop_test(t, what_cannot_be_varied_is_a_problem, 0,
                        G_N_ELEMENTS(bad));
    suite_add_tcase(s, t);
    return run_suite(s);
}
