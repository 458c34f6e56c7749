/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rig as its users meet it: real drivers, real VMs, bad input. */
#include <check.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "run-rig.h"

#define CYCLE "<install/><init/><restart/><pause/><halt/><unload/>"
#define QEMU_GONE_MS  10000

static char *results;

static void setup(void)
{
    test_dir_create();
    results = g_strdup_printf("--results=%s/results", test_dir());
}

static void teardown(void)
{
    int pid = qemu_wait(QEMU_GONE_MS, TRUE);

    test_dir_remove();
    g_clear_pointer(&results, g_free);
    ck_assert_msg(pid == 0, "QEMU %d was left behind", pid);
}

static RigCallResult run(const char *scenario)
{
    const char *args[] = { "run", results, scenario, NULL };

    return rig_call(NULL, args);
}

static char *shipped(const char *name)
{
    return g_build_filename(test_home(), "scenarios", name, NULL);
}

/* The clean driver of the demo. */
static char *clean(const char *extension)
{
    return g_strdup_printf("%s/build/drivers/clean/rignic.%s", test_home(),
                           extension);
}

static RigCallResult run_driver(const char *driver, const char *steps,
                                const char *expect)
{
    g_autofree char *sys = test_driver(driver, "sys");
    g_autofree char *inf = test_driver(driver, "inf");
    g_autofree char *path = test_scenario(driver, sys, inf, steps, expect);

    return run(path);
}

/* --- what the demo promises --------------------------------------------- */

/* The scenarios of `make demo`; $RIG_DEMO has their files, from the top. */
static GPtrArray *demo_args(void)
{
    const char *demo = g_getenv("RIG_DEMO");
    g_auto(GStrv) files = g_strsplit_set(demo ? demo : "", " ", -1);
    GPtrArray *args = g_ptr_array_new_with_free_func(g_free);

    g_ptr_array_add(args, g_strdup("run"));
    g_ptr_array_add(args, g_strdup(results));
    for (char **file = files; *file; file++) {
        if (**file) {
            g_ptr_array_add(args, g_build_filename(test_home(), *file, NULL));
        }
    }
    ck_assert_msg(args->len > 2, "RIG_DEMO names no scenario");
    g_ptr_array_add(args, NULL);
    return args;
}

START_TEST(the_demo_finds_every_seed_and_blames_no_clean_driver)
{
    g_autoptr(GPtrArray) args = demo_args();
    g_auto(RigCallResult) r = rig_call(NULL, (const char **)args->pdata);
    g_autofree char *seeded = run_value("string(/run/summary/@seeded)");
    g_autofree char *found = run_value("string(/run/summary/@seeded-found)");
    g_autofree char *alarms = run_value("string(/run/summary/@false-alarms)");
    g_autofree char *controls = run_value("string(/run/summary/@controls)");
    g_autofree char *crossed = run_value("string(sum(//frames/@crossed))");
    g_autofree char *wrong = run_value("string(sum(//frames/@wrong) + "
                                       "sum(//frames/@missing))");

    expect_status(&r, 0);
    ck_assert_int_ge(atoi(seeded), 6);
    ck_assert_str_eq(seeded, found);
    ck_assert_str_eq(alarms, "0");
    ck_assert_int_ge(atoi(controls), 8);
    ck_assert_int_gt(atoi(crossed), 0);
    ck_assert_str_eq(wrong, "0");
}
END_TEST

START_TEST(same_scenario_twice_gives_the_identical_stream)
{
    g_autofree char *path = shipped("c01-clean.xml");
    g_auto(RigCallResult) first = run(path);
    g_auto(RigCallResult) second = run(path);
    g_autoptr(GPtrArray) runs = run_dirs();
    char *bytes[2] = { NULL, NULL };
    gsize length[2] = { 0, 0 };

    expect_status(&first, 0);
    expect_status(&second, 0);
    ck_assert_uint_eq(runs->len, 2);
    for (int i = 0; i < 2; i++) {
        g_autofree char *file = g_build_filename(runs->pdata[i], "vm-1",
                                                 "events.bin", NULL);

        ck_assert(g_file_get_contents(file, &bytes[i], &length[i], NULL));
    }
    ck_assert_uint_gt(length[0], 1000);
    ck_assert_uint_eq(length[0], length[1]);
    ck_assert_int_eq(memcmp(bytes[0], bytes[1], length[0]), 0);
    expect_output(&second, "identical");
    g_free(bytes[0]);
    g_free(bytes[1]);
}
END_TEST

/* --- drivers that misbehave --------------------------------------------- */

START_TEST(a_crash_before_registration_is_inconclusive)
{
    g_auto(RigCallResult) r = run_driver("crash-in-init", CYCLE, "");

    expect_status(&r, 3);
    expect_output(&r, "inconclusive");
    expect_output(&r, "crash");
}
END_TEST

START_TEST(a_crash_in_halt_loses_the_interrupt)
{
    g_auto(RigCallResult) r = run_driver("crash-in-halt", CYCLE, "");
    g_autofree char *id = NULL;

    expect_status(&r, 1);
    id = run_value("string(//finding/@id)");
    ck_assert_str_eq(id, "lost-in-cleanup");
}
END_TEST

START_TEST(an_endless_loop_in_init_is_stopped)
{
    g_auto(RigCallResult) r = run_driver(
        "loop-in-init", "<install/><init timeout-ms=\"500\"/><halt/><unload/>",
        "");

    expect_status(&r, 3);
    expect_output(&r, "inconclusive");
}
END_TEST

START_TEST(a_hang_in_halt_loses_the_interrupt)
{
    g_auto(RigCallResult) r = run_driver("loop-in-halt", CYCLE, "");
    g_autofree char *id = NULL;

    expect_status(&r, 1);
    id = run_value("string(//finding/@id)");
    ck_assert_str_eq(id, "lost-in-cleanup");
}
END_TEST

START_TEST(a_bug_check_is_reported)
{
    g_auto(RigCallResult) r = run_driver("bugcheck-in-init", CYCLE, "");

    expect_status(&r, 3);
    expect_output(&r, "0xe2");
}
END_TEST

START_TEST(an_import_that_nobody_implements_is_named)
{
    g_auto(RigCallResult) r = run_driver("unknown-import", CYCLE, "");

    expect_status(&r, 3);
    expect_output(&r, "ZwCreateSection");
}
END_TEST

START_TEST(a_failing_DriverEntry_is_inconclusive)
{
    g_auto(RigCallResult) r = run_driver("fail-driver-entry", CYCLE, "");

    expect_status(&r, 3);
    expect_output(&r, "DriverEntry");
}
END_TEST

START_TEST(a_register_touched_in_D3_is_a_finding)
{
    g_auto(RigCallResult) r = run_driver(
        "touch-in-d3", "<install/><init/><power state=\"D3\"/>"
        "<power state=\"D0\"/><halt/><unload/>",
        "<expect verdict=\"violation\" level=\"contract\"/>");
    g_autofree char *findings = NULL;

    expect_status(&r, 0);
    expect_output(&r, "register access: the function is in D3");
    /* All else is well: what it read was all ones, and D0 was there again. */
    findings = run_value("count(//finding)");
    ck_assert_str_eq(findings, "1");
}
END_TEST

START_TEST(a_hang_that_NDIS_finds_is_reset)
{
    g_auto(RigCallResult) r = run_driver(
        "hang-once", "<install/><init/><restart timeout-ms=\"20000\"/>"
        "<pause/><halt/><unload/>", "<expect verdict=\"pass\"/>");
    g_autofree char *status = NULL, *resets = NULL;

    expect_status(&r, 0);
    /* The driver fails to restart unless it was reset meanwhile. */
    status = run_value("string(//step[@name='restart']/@status)");
    ck_assert_str_eq(status, "0x00000000");
    resets = run_value("count(//phase[@name='MiniportResetEx'])");
    ck_assert_str_eq(resets, "1");
}
END_TEST

START_TEST(an_adapter_that_its_driver_removes_is_halted_and_the_cycle_goes_on)
{
    g_auto(RigCallResult) r = run_driver("remove-itself", CYCLE,
                                         "<expect verdict=\"pass\"/>");
    g_autofree char *halt = NULL, *why = NULL;

    expect_status(&r, 0);
    halt = run_value("string(//step[@name='halt']/@result)");
    ck_assert_str_eq(halt, "skipped");
    why = run_value("string(//step[@name='halt']/@detail)");
    ck_assert_ptr_nonnull(strstr(why, "NdisMRemoveMiniport"));
}
END_TEST

/* --- bad input ---------------------------------------------------------- */

START_TEST(an_unknown_element_is_refused_with_its_line)
{
    g_autofree char *sys = clean("sys"), *inf = clean("inf");
    g_autofree char *path = test_scenario("bad-element", sys, inf,
                                          "\n<instal/>", "");
    g_auto(RigCallResult) r = run(path);

    expect_status(&r, 2);
    expect_output(&r, "bad-element.xml:6:");
    expect_output(&r, "instal");
}
END_TEST

START_TEST(an_unknown_rule_is_refused)
{
    g_autofree char *path = test_file("bad-rule.xml",
        "<scenario name=\"bad-rule\"><title>t</title>\n"
        "<driver sys=\"x.sys\" inf=\"x.inf\"/>\n"
        "<rule name=\"Init_DeregisterInterrupts\"/>\n"
        "<cycle><install/></cycle></scenario>\n");
    g_auto(RigCallResult) r = run(path);

    expect_status(&r, 2);
    expect_output(&r, "bad-rule.xml:3:");
    expect_output(&r, "Init_DeregisterInterrupts");
}
END_TEST

START_TEST(a_missing_driver_is_refused)
{
    g_autofree char *inf = clean("inf");
    g_autofree char *path = test_scenario("no-driver", "/nonexistent/x.sys",
                                          inf, CYCLE, "");
    g_auto(RigCallResult) r = run(path);

    expect_status(&r, 2);
    expect_output(&r, "/nonexistent/x.sys");
}
END_TEST

/* A copy of the clean driver, cut to @length bytes, then patched. */
static char *damaged(gsize length, gsize offset, const char *patch,
                     gsize patch_length)
{
    g_autofree char *sys = clean("sys");
    char *copy = g_build_filename(test_dir(), "damaged.sys", NULL);
    g_autofree char *bytes = NULL;
    gsize all;

    ck_assert(g_file_get_contents(sys, &bytes, &all, NULL));
    memcpy(bytes + offset, patch, patch_length);
    ck_assert(g_file_set_contents(copy, bytes, MIN(all, length), NULL));
    return copy;
}

START_TEST(a_truncated_driver_is_refused)
{
    g_autofree char *sys = damaged(700, 0, "", 0);
    g_autofree char *inf = clean("inf");
    g_autofree char *path = test_scenario("cut", sys, inf, CYCLE, "");
    g_auto(RigCallResult) r = run(path);

    expect_status(&r, 2);
    expect_output(&r, "damaged.sys");
    expect_output(&r, "truncated");
}
END_TEST

START_TEST(a_driver_for_another_processor_is_refused)
{
    g_autofree char *good = clean("sys");
    g_autofree char *inf = clean("inf");
    g_autofree char *bytes = NULL, *sys = NULL, *path = NULL;
    guint32 pe;

    /* e_lfanew at 0x3c; Machine is behind the signature: PE format spec. */
    ck_assert(g_file_get_contents(good, &bytes, NULL, NULL));
    memcpy(&pe, bytes + 0x3c, sizeof(pe));
    sys = damaged(G_MAXSIZE, GUINT32_FROM_LE(pe) + 4, "\x4c\x01", 2);
    path = test_scenario("i386", sys, inf, CYCLE, "");
    {
        g_auto(RigCallResult) r = run(path);

        expect_status(&r, 2);
        expect_output(&r, "damaged.sys");
        expect_output(&r, "x64");
    }
}
END_TEST

START_TEST(an_inf_for_another_device_is_inconclusive)
{
    g_autofree char *sys = clean("sys"), *inf = clean("inf");
    g_autofree char *text = NULL, *other = NULL, *path = NULL;
    char *id;

    ck_assert(g_file_get_contents(inf, &text, NULL, NULL));
    id = strstr(text, "DEV_10F5");
    ck_assert_msg(id != NULL, "rignic.inf names no DEV_10F5");
    for (; id; id = strstr(id, "DEV_10F5")) {
        memcpy(id, "DEV_9999", strlen("DEV_9999"));
    }
    other = test_file("other.inf", text);
    path = test_scenario("other-device", sys, other, CYCLE, "");
    {
        g_auto(RigCallResult) r = run(path);

        expect_status(&r, 3);
        expect_output(&r, "inconclusive");
        expect_output(&r, "VEN_1AF4&DEV_10F5");
    }
}
END_TEST

/* Windows would load the file that the INF names, not this one. */
START_TEST(an_image_that_the_inf_does_not_install_is_inconclusive)
{
    g_autofree char *inf = clean("inf");
    g_autofree char *sys = damaged(G_MAXSIZE, 0, "", 0);
    g_autofree char *path = test_scenario("other-image", sys, inf, CYCLE, "");
    g_auto(RigCallResult) r = run(path);

    expect_status(&r, 3);
    expect_output(&r, "inconclusive");
    expect_output(&r, "damaged.sys");
}
END_TEST

START_TEST(a_call_that_never_comes_cannot_be_failed)
{
    g_autofree char *sys = clean("sys"), *inf = clean("inf");
    g_autofree char *path = test_scenario("ninth", sys, inf,
        "<install/><init><fail api=\"NdisMRegisterInterruptEx\" "
        "occurrence=\"9\"/></init><halt/><unload/>", "");
    g_auto(RigCallResult) r = run(path);

    expect_status(&r, 3);
    expect_output(&r, "NdisMRegisterInterruptEx#9 of step init never");
}
END_TEST

START_TEST(files_without_an_end_are_refused)
{
    g_autofree char *sys = clean("sys");
    g_autofree char *path = test_scenario("endless", sys, "/dev/zero", CYCLE,
                                          "");
    g_auto(RigCallResult) inf = run(path), scenario = run("/dev/zero");

    expect_status(&inf, 2);
    expect_output(&inf, "/dev/zero: it is no regular file");
    expect_status(&scenario, 2);
    expect_output(&scenario, "/dev/zero: cannot be read: it is no regular");
}
END_TEST

START_TEST(names_that_a_shell_would_split_are_quoted)
{
    g_autofree char *sys = clean("sys"), *inf = clean("inf");
    g_autofree char *path = test_scenario("two words", sys, inf, CYCLE, "");
    g_autofree char *text = NULL, *again = NULL, *quoted = NULL;

    ck_assert(g_file_get_contents(path, &text, NULL, NULL));
    *strstr(text, "two words") = 'x'; /* the scenario's name takes no space */
    *strchr(strstr(text, "xwo"), ' ') = '-';
    ck_assert(g_file_set_contents(path, text, -1, NULL));
    {
        g_auto(RigCallResult) r = run(path);

        expect_status(&r, 0);
    }
    again = run_value("string(//reproduce)");
    quoted = g_strdup_printf("rig run '%s'", path);
    ck_assert_str_eq(again, quoted);
}
END_TEST

START_TEST(wrong_arguments_are_refused_with_help)
{
    const char *no_command[] = { "xyzzy", NULL };
    const char *near_command[] = { "rnu", NULL };
    const char *no_option[] = { "run", "--speed=11", NULL };
    const char *no_file[] = { "run", "nowhere.xml", NULL };
    g_auto(RigCallResult) command = rig_call(NULL, no_command);
    g_auto(RigCallResult) near = rig_call(NULL, near_command);
    g_auto(RigCallResult) option = rig_call(NULL, no_option);
    g_auto(RigCallResult) file = rig_call(NULL, no_file);

    expect_status(&command, 2);
    expect_output(&command, "Usage:");
    expect_status(&near, 2);
    expect_output(&near, "\"rig run\"");
    expect_status(&option, 2);
    expect_output(&option, "--speed");
    expect_status(&file, 2);
    expect_output(&file, "nowhere.xml");
}
END_TEST

/* --- machines that fail -------------------------------------------------- */

static void link_into(const char *home, const char *path)
{
    g_autofree char *target = g_build_filename(test_home(), path, NULL);
    g_autofree char *link = g_build_filename(home, path, NULL);
    g_autofree char *parent = g_path_get_dirname(link);

    g_mkdir_with_parents(parent, 0755);
    ck_assert_int_eq(symlink(target, link), 0);
}

START_TEST(a_guest_that_never_boots_is_broken)
{
    g_autofree char *home = g_build_filename(test_dir(), "home", NULL);
    g_autofree char *cmdline = g_build_filename(home, "build", "guest",
                                                "cmdline", NULL);
    g_autofree char *path = shipped("c01-clean.xml");
    const char *args[] = { "run", results, path, NULL };

    link_into(home, "scenarios");
    link_into(home, "results");
    link_into(home, "build/qemu");
    link_into(home, "build/guest/vmlinuz");
    link_into(home, "build/guest/kernel-version");
    link_into(home, "build/guest/initramfs.cpio");
    ck_assert(g_file_set_contents(cmdline,
        "console=ttyS0 rdinit=/nonexistent panic=0\n", -1, NULL));
    {
        g_auto(RigCallResult) r = rig_call(home, args);
        g_autofree char *outcome = run_value("string(//machine/@outcome)");

        expect_status(&r, 3);
        expect_output(&r, "broken");
        ck_assert_str_eq(outcome, "guest-never-booted");
    }
}
END_TEST

/* ------------------------------------------------------------------------ */

static void add(Suite *suite, const char *name, const TTest *const *tests,
                size_t n)
{
    TCase *tcase = tcase_create(name);

    tcase_set_timeout(tcase, 300);
    tcase_add_checked_fixture(tcase, setup, teardown);
    for (size_t i = 0; i < n; i++) {
        tcase_add_test(tcase, tests[i]);
    }
    suite_add_tcase(suite, tcase);
}

int main(void)
{
    const TTest *const promises[] = {
        the_demo_finds_every_seed_and_blames_no_clean_driver,
        same_scenario_twice_gives_the_identical_stream,
    };
    const TTest *const misbehave[] = {
        a_crash_before_registration_is_inconclusive,
        a_crash_in_halt_loses_the_interrupt,
        an_endless_loop_in_init_is_stopped,
        a_hang_in_halt_loses_the_interrupt,
        a_bug_check_is_reported,
        an_import_that_nobody_implements_is_named,
        a_failing_DriverEntry_is_inconclusive,
        a_register_touched_in_D3_is_a_finding,
        a_hang_that_NDIS_finds_is_reset,
        an_adapter_that_its_driver_removes_is_halted_and_the_cycle_goes_on,
    };
    const TTest *const input[] = {
        an_unknown_element_is_refused_with_its_line,
        an_unknown_rule_is_refused,
        a_missing_driver_is_refused,
        a_truncated_driver_is_refused,
        a_driver_for_another_processor_is_refused,
        an_inf_for_another_device_is_inconclusive,
        an_image_that_the_inf_does_not_install_is_inconclusive,
        a_call_that_never_comes_cannot_be_failed,
        files_without_an_end_are_refused,
        names_that_a_shell_would_split_are_quoted,
        wrong_arguments_are_refused_with_help,
    };
    const TTest *const machines[] = {
        a_guest_that_never_boots_is_broken,
    };
    Suite *suite = suite_create("vm");
    SRunner *runner;
    int failed;

    add(suite, "promises", promises, G_N_ELEMENTS(promises));
    add(suite, "misbehaving drivers", misbehave, G_N_ELEMENTS(misbehave));
    add(suite, "bad input", input, G_N_ELEMENTS(input));
    add(suite, "failing machines", machines, G_N_ELEMENTS(machines));
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
