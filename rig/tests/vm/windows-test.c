/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Windows guests without Windows: machines of that kind in which a Linux with
 * the agent stands in. The NIC is real to it, its driver is Linux's own; what
 * is tested is everything on the host's side of COM1.
 */
#include <check.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <utime.h>

#include "run-rig.h"

#define IMAGE \
    "<image version=\"1\" name=\"%s\" imported=\"2026-01-01T00:00:00Z\" " \
    "firmware=\"bios\" memory-mib=\"256\" cpus=\"1\" state=\"prepared\">" \
    "<disk file=\"disk.qcow2\" source=\"test\"/><stand-in " \
    "kernel=\"%s/build/guest/linux/vmlinuz\" " \
    "initrd=\"%s/build/tests/vm/stand-in.cpio\" " \
    "cmdline=\"console=ttyS1 panic=-1 nokaslr mitigations=off rodata=off " \
    "init_on_alloc=0 no_timer_check cryptomgr.notests apparmor=0 audit=0 " \
    "ipv6.disable=1 rig.agent=/dev/ttyS0 rig.modules=e1000e %s\" " \
    "panic=\"%s\"/></image>"

#define REMOVAL "<cycle><install/><init/><restart/><surprise-remove/>" \
                "<unload/></cycle>"
#define STEPS "<install/><init/><restart/><link-flap/><pause/><halt/><unload/>"

static void make_image(const char *name, const char *cmdline,
                       const char *panic)
{
    g_autofree char *dir = g_build_filename(test_dir(), "store", name, NULL);
    g_autofree char *disk = g_build_filename(dir, "disk.qcow2", NULL);
    g_autofree char *file = g_build_filename(dir, "image.xml", NULL);
    g_autofree char *text = g_strdup_printf(IMAGE, name, test_home(),
                                            test_home(), cmdline, panic);
    const char *argv[] = { "qemu-img", "create", "-q", "-f", "qcow2", disk,
                           "1M", NULL };

    g_mkdir_with_parents(dir, 0755);
    ck_assert(g_file_set_contents(file, text, -1, NULL));
    ck_assert(g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH,
                           NULL, NULL, NULL, NULL, NULL, NULL));
}

static void make_images(void)
{
    test_dir_create();
    make_image("plain", "", "");
    make_image("stops", "", "after=2,p0=0x7c,p1=0x0b,p2=0xffff8c0123456789");
    make_image("pvpanics", "RIGPVPANIC=2", "");
    make_image("dumps", "RIGPVPANIC=2 RIGDUMP=7c:d", "");
    make_image("restarts", "RIGSTOP=1 RIGDUMP=d1:28", "");
}

static RigCallResult run_cycles(const char *name, const char *image,
                                const char *cycles, const char *expect)
{
    g_autofree char *text = g_strdup_printf(
        "<scenario name=\"%s\"><title>t</title>"
        "<driver sys=\"%s/build/drivers/clean/rignic.sys\" "
        "inf=\"%s/build/drivers/clean/rignic.inf\"/>"
        "<guest kind=\"windows\" image=\"%s\"/>"
        "<machine nic=\"e1000e\" wall-seconds=\"300\"/>"
        "<rule name=\"Init_DeRegisterInterrupt\"/>"
        "%s%s</scenario>", name, test_home(), test_home(), image, cycles,
        expect);
    g_autofree char *base = g_strdup_printf("%s.xml", name);
    g_autofree char *file = test_file(base, text);
    g_autofree char *store = g_build_filename(test_dir(), "store", NULL);
    g_autofree char *results = g_build_filename(test_dir(), "results", NULL);
    const char *args[] = { "run", "--images", store, "--results", results,
                           file, NULL };

    return rig_call(NULL, args);
}

static RigCallResult run(const char *name, const char *image,
                         unsigned repeat, const char *more,
                         const char *expect)
{
    g_autofree char *cycles = g_strdup_printf("<cycle repeat=\"%u\">" STEPS
                                              "</cycle>%s", repeat, more);

    return run_cycles(name, image, cycles, expect);
}

static void expect_value(const char *xpath, const char *value)
{
    g_autofree char *found = run_value(xpath);

    ck_assert_msg(g_strcmp0(found, value) == 0, "%s is %s, not %s", xpath,
                  found, value);
}

/* --- tests --------------------------------------------------------------- */

START_TEST(steps_are_taken_and_seen_by_the_tap)
{
    g_auto(RigCallResult) r = run("plain", "plain", 1, REMOVAL,
                                  "<expect verdict=\"inconclusive\"/>");

    expect_status(&r, 0);
    expect_output(&r, "No API call was seen");
    expect_value("string(//machine/@outcome)", "ok");
    expect_value("string(//machine/@image)", "plain");
    expect_value("count(//cycle[@number='1']/step[@result='done'])", "5");
    expect_value("count(//cycle[@number='1']/step[@result='skipped'])", "2");
    /* The function was taken out, which the tap has seen, and put back. */
    expect_value("string(//cycle[@number='2']/step[@name='surprise-remove']"
                 "/@result)", "done");
    expect_value("string(//cycle[@number='2']/@end)", "done");
}
END_TEST

/*
 * Frames, and sleep while it runs. Once: the Linux that stands in has hung in a
 * second sleep of the same boot, on a machine that was very busy.
 */
#define SLEEPS "<cycle><install/><init/><restart/>" \
               "<traffic frames=\"40\"/><power state=\"D3\"/>" \
               "<power state=\"D0\"/><pause/><halt/><unload/></cycle>"

START_TEST(frames_cross_and_the_system_sleeps_and_wakes_up)
{
    g_auto(RigCallResult) r = run_cycles("sleeps", "plain", SLEEPS,
                                         "<expect verdict=\"inconclusive\"/>");

    expect_status(&r, 0);
    expect_value("string(//machine/@outcome)", "ok");
    expect_value("count(//cycle[@end='done'])", "1");
    expect_value("count(//step[@name='traffic'][@result='done'])", "1");
    expect_value("string(//frames/@sent)", "40");
    expect_value("string(//frames/@crossed)", "40");
    expect_value("string(//frames/@returned)", "40");
    expect_value("string(//frames/@received)", "40");
    expect_value("string(//frames/@wrong)", "0");
    expect_value("string(//frames/@missing)", "0");
    expect_value("count(//step[@name='power'][@result='done'])", "2");
    expect_value("count(//step[@name='halt'][@result='done'])", "1");
}
END_TEST

/* The guest starts again each time, the run goes on, and so does the stream. */
START_TEST(an_orderly_restart_ends_a_cycle_and_not_the_run)
{
    g_auto(RigCallResult) r = run_cycles(
        "ends", "plain", "<cycle repeat=\"2\"><install/><init/><restart/>"
        "<shutdown/></cycle><cycle><install/><init/><restart/><pause/><halt/>"
        "<unload/></cycle>", "<expect verdict=\"inconclusive\"/>");

    expect_status(&r, 0);
    expect_value("string(//machine/@outcome)", "ok");
    expect_value("count(//step[@name='shutdown'][@result='done'])", "2");
    expect_value("count(//cycle[@end='done'])", "3");
    expect_value("count(//cycle[@number='3']/step[@name='halt']"
                 "[@result='done'])", "1");
}
END_TEST

START_TEST(a_bug_check_is_found_dumped_and_the_run_goes_on)
{
    g_autofree char *file = NULL, *run_dir = NULL;
    g_autoptr(GPtrArray) runs = NULL;
    g_auto(RigCallResult) r = run("stops", "stops", 2, "",
        "<expect verdict=\"violation\" level=\"sdv-rule\" class=\"0x0B\"/>");

    expect_status(&r, 0);
    expect_value("string(//finding/@witness)", "system");
    expect_value("string(//finding/@class)", "0x0B");
    expect_value("string(//finding/@boundary)", "halt");
    expect_value("string(//cycle[@number='1']/@end)", "bugcheck");
    expect_value("string(//cycle[@number='2']/@end)", "done");
    runs = run_dirs();
    run_dir = g_strdup(runs->pdata[runs->len - 1]);
    file = g_build_filename(run_dir, "vm-1", "memory-1-1.dmp", NULL);
    ck_assert_msg(g_file_test(file, G_FILE_TEST_IS_REGULAR), "%s", file);
}
END_TEST

START_TEST(pvpanic_says_that_and_not_why)
{
    g_auto(RigCallResult) r = run("pvpanics", "pvpanics", 2, "",
                                  "<expect verdict=\"inconclusive\"/>");

    expect_status(&r, 0);
    expect_value("count(//cycle[@end='bugcheck'])", "2");
    expect_value("count(//finding[@id='bug-check'][@class='none'])", "2");
}
END_TEST

static void expect_dump(void)
{
    g_autoptr(GPtrArray) runs = run_dirs();
    g_autofree char *file = g_build_filename(runs->pdata[runs->len - 1],
                                             "vm-1", "dump-1-1.dmp", NULL);
    g_autofree char *bytes = NULL;
    gsize length;

    ck_assert_msg(g_file_get_contents(file, &bytes, &length, NULL), "%s",
                  file);
    ck_assert_uint_eq(length, 0x2000);
    expect_value("string(contains(//finding[1]/proof[1], "
                 "'its dump is dump-1-1.dmp'))", "true");
}

/* The machine is reset, and the system that starts has a dump. */
START_TEST(the_dump_says_what_pvpanic_does_not)
{
    g_auto(RigCallResult) r = run("dumps", "dumps", 1, "",
        "<expect verdict=\"violation\" level=\"sdv-rule\" class=\"0x0D\"/>");

    expect_status(&r, 0);
    expect_value("string(//finding/@witness)", "system");
    expect_value("string(//finding/@class)", "0x0D");
    expect_value("string(//finding/@boundary)", "halt");
    expect_value("string(//cycle[@number='1']/@end)", "bugcheck");
    expect_dump();
}
END_TEST

START_TEST(a_stop_that_nobody_tells_of_is_known_by_its_dump)
{
    g_auto(RigCallResult) r = run("restarts", "restarts", 1, "",
                                  "<expect verdict=\"inconclusive\"/>");

    expect_status(&r, 0);
    expect_output(&r, "0xD1 DRIVER_IRQL_NOT_LESS_OR_EQUAL");
    expect_value("count(//finding[@id='bug-check'][@class='none']"
                 "[@boundary='install'])", "1");
    expect_dump();
}
END_TEST

START_TEST(an_image_that_is_not_there_is_a_reason_to_skip)
{
    g_auto(RigCallResult) r = run("absent", "absent", 1, "", "");

    expect_status(&r, 3);
    expect_value("string(//scenario/@verdict)", "skipped");
    expect_output(&r, "0 of 1 as expected");
}
END_TEST

START_TEST(an_image_is_checked_by_its_agent)
{
    g_autofree char *store = g_build_filename(test_dir(), "store", NULL);
    const char *check[] = { "image", "check", "--images", store, "plain",
                            NULL };
    const char *list[] = { "image", "list", "--images", store, NULL };
    g_auto(RigCallResult) r = rig_call(NULL, check);
    g_auto(RigCallResult) l = rig_call(NULL, list);

    expect_status(&r, 0);
    expect_output(&r, "system        linux");
    expect_output(&r, "ok   sleep         S3");
    expect_status(&l, 0);
    expect_output(&l, "stand-in");
}
END_TEST

/* What the guest of the newest run has written on its console, of its boot. */
static gboolean has_booted(void)
{
    g_autoptr(GPtrArray) runs = run_dirs();
    g_autofree char *file = g_build_filename(runs->pdata[runs->len - 1],
                                             "vm-1", "com2.log", NULL);
    g_autofree char *text = NULL;

    ck_assert(g_file_get_contents(file, &text, NULL, NULL));
    return strstr(text, "Linux version") != NULL;
}

static void expect_image(const char *verb, const char *option,
                         const char *says)
{
    g_autofree char *store = g_build_filename(test_dir(), "store", NULL);
    const char *args[] = { "image", verb, "--images", store, "plain", option,
                           NULL };
    g_auto(RigCallResult) r = rig_call(NULL, args);

    expect_status(&r, 0);
    expect_output(&r, says);
}

START_TEST(a_snapshot_is_kept_with_the_image_and_gone_on_from)
{
    g_autofree char *disk = g_build_filename(test_dir(), "store", "plain",
                                             "disk.qcow2", NULL);
    g_auto(RigCallResult) cold = run("plain", "plain", 1, "",
                                     "<expect verdict=\"inconclusive\"/>");

    expect_status(&cold, 0);
    ck_assert(has_booted());
    for (unsigned i = 0; i < 2; i++) { /* it is as good afterwards */
        g_auto(RigCallResult) warm = run("plain", "plain", 1, REMOVAL,
                                         "<expect verdict=\"inconclusive\"/>");

        expect_status(&warm, 0);
        expect_value("count(//step[@result='done'])", "9");
        ck_assert(!has_booted());
    }
    expect_image("check", NULL, "e1000e-256mib-tcg");
    g_utime(disk, NULL); /* whoever touched it may have changed it */
    {
        g_auto(RigCallResult) again = run("plain", "plain", 1, "",
            "<expect verdict=\"inconclusive\"/>");

        expect_status(&again, 0);
        expect_output(&again, "is not used: the image has changed since; the "
                      "guest boots");
        ck_assert(has_booted());
    }
    expect_image("prune", NULL, "0 snapshots of plain removed");
    expect_image("prune", "--all", "1 snapshot of plain removed");
}
END_TEST

static void calibrate(const char *profile, const char *programmed,
                      const char *cleared, const char *enabled)
{
    g_autofree char *results = g_build_filename(test_dir(), "results", NULL);
    const char *args[] = { "calibrate", "ndis", "--msix-profile", profile,
                           "--results", results, NULL };
    g_auto(RigCallResult) r = rig_call(NULL, args);

    expect_status(&r, 0);
    expect_output(&r, programmed);
    expect_output(&r, cleared);
    expect_output(&r, enabled);
    expect_output(&r, "11 experiments");
    expect_output(&r, "sleep went to D3 and came back");
}

START_TEST(calibration_finds_a_table_programmed_at_connect)
{
    calibrate("at-connect", "MSI-X table programmed   register\n",
              "MSI-X table cleared      deregister\n",
              "registers: no\n");
}
END_TEST

START_TEST(calibration_finds_a_table_programmed_at_start)
{
    calibrate("at-start", "MSI-X table programmed   before-init\n",
              "MSI-X table cleared      after-halt\n",
              "registers: yes\n");
}
END_TEST

int main(void)
{
    /* CK_RUN_CASE names one: check-windows runs them side by side. */
    const struct {
        const char *name;
        const TTest *tests[4];
    } cases[] = {
        { "steps", { steps_are_taken_and_seen_by_the_tap,
                     an_image_that_is_not_there_is_a_reason_to_skip,
                     an_image_is_checked_by_its_agent } },
        { "sleep", { frames_cross_and_the_system_sleeps_and_wakes_up } },
        { "shutdown", { an_orderly_restart_ends_a_cycle_and_not_the_run } },
        { "bug-check", { a_bug_check_is_found_dumped_and_the_run_goes_on } },
        { "pvpanic", { pvpanic_says_that_and_not_why } },
        { "dump", { the_dump_says_what_pvpanic_does_not } },
        { "restart", { a_stop_that_nobody_tells_of_is_known_by_its_dump } },
        { "snapshots", {
            a_snapshot_is_kept_with_the_image_and_gone_on_from } },
        { "at-connect", { calibration_finds_a_table_programmed_at_connect } },
        { "at-start", { calibration_finds_a_table_programmed_at_start } },
    };
    Suite *s = suite_create("windows in VMs");
    SRunner *runner;
    int failed;

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        TCase *t = tcase_create(cases[i].name);

        tcase_set_timeout(t, 600);
        tcase_add_checked_fixture(t, make_images, test_dir_remove);
        for (guint k = 0; cases[i].tests[k]; k++) {
            tcase_add_test(t, cases[i].tests[k]);
        }
        suite_add_tcase(s, t);
    }
    runner = srunner_create(s);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
