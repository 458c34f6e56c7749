/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Failures in real VMs leave bundles, and bundles reproduce them. */
#include <check.h>
#include <glib/gstdio.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "run-rig.h"

#define FAILED  "s06-halt-lacks-deregister"
#define OTHER   "s01-attributes-fail-bare-return"
#define CYCLE   "<install/><init/><restart/><pause/><halt/><unload/>"

static char *results;

static void setup(void)
{
    test_dir_create();
    results = g_strdup_printf("--results=%s/results", test_dir());
}

static void teardown(void)
{
    test_dir_remove();
    g_clear_pointer(&results, g_free);
}

static char *shipped(const char *name)
{
    g_autofree char *file = g_strconcat(name, ".xml", NULL);

    return g_build_filename(test_home(), "scenarios", file, NULL);
}

/* Of the newest run. */
static char *bundle(const char *scenario, const char *suffix)
{
    g_autoptr(GPtrArray) runs = run_dirs();
    g_autofree char *name = g_strconcat(scenario, suffix, NULL);

    ck_assert_uint_gt(runs->len, 0);
    return g_build_filename(runs->pdata[runs->len - 1], "bundles", name,
                            NULL);
}

static RigCallResult reproduce(const char *what, const char *option)
{
    const char *args[] = { "reproduce", results, what, option, NULL };

    return rig_call(NULL, args);
}

START_TEST(a_failure_in_a_shared_boot_reproduces_event_for_event)
{
    g_autofree char *first = shipped(OTHER), *second = shipped(FAILED);
    const char *args[] = { "run", results, first, second, NULL };
    g_auto(RigCallResult) run = rig_call(NULL, args);
    g_autofree char *archive = bundle(FAILED, ".tar.zst");
    g_autofree char *named = run_value("string(//scenario[@name='" FAILED
                                       "']/@bundle)");
    g_autofree char *line = run_value("string(//scenario[@name='" FAILED
                                      "']/reproduce)");

    expect_status(&run, 0);
    expect_output(&run, line);
    ck_assert_ptr_nonnull(strstr(line, "rig reproduce "));
    ck_assert_str_eq(named, "bundles/" FAILED);
    {
        g_auto(RigCallResult) again = reproduce(archive, "--times=2");
        g_auto(RigCallResult) alone = reproduce(archive, "--isolated");

        expect_status(&again, 0);
        expect_output(&again, "1 scenario that ran before it");
        expect_output(&again, "2 of 2 reruns reproduced it event for event");
        expect_status(&alone, 0);
        expect_output(&alone, "with the same verdict");
    }
}
END_TEST

/* The scenario files of a bundle run by themselves. */
START_TEST(a_crash_leaves_a_bundle_whose_scenario_runs)
{
    g_autofree char *sys = test_driver("crash-in-halt", "sys");
    g_autofree char *inf = test_driver("crash-in-halt", "inf");
    g_autofree char *path = test_scenario("crash", sys, inf, CYCLE,
                                          "<expect verdict=\"violation\"/>");
    const char *args[] = { "run", results, path, NULL };
    g_auto(RigCallResult) run = rig_call(NULL, args);
    g_autofree char *dir = bundle("crash", "");
    g_autofree char *inner = g_build_filename(dir, "scenarios",
                                              "001-crash.xml", NULL);
    const char *again[] = { "run", results, inner, NULL };
    g_auto(RigCallResult) second = rig_call(NULL, again);

    expect_status(&run, 0);
    expect_status(&second, 0);
    expect_output(&second, "event stream identical to run");
}
END_TEST

START_TEST(a_recording_is_replayed_and_only_with_what_made_it)
{
    g_autofree char *path = shipped(OTHER);
    const char *args[] = { "run", results, "--record", path, NULL };
    g_auto(RigCallResult) run = rig_call(NULL, args);
    g_autofree char *dir = bundle(OTHER, "");

    expect_status(&run, 0);
    {
        g_auto(RigCallResult) again = reproduce(dir, "--replay");

        expect_status(&again, 0);
        expect_output(&again, "replayed from its recording");
        expect_output(&again, "1 of 1 rerun reproduced it event for event");
    }
}
END_TEST

/* The core holds the driver's code where driver-pages.txt says it is. */
static void expect_driver_in_core(const char *dir, const char *sys)
{
    g_autofree char *core = g_build_filename(dir, "memory.elf", NULL);
    g_autofree char *list = g_build_filename(dir, "driver-pages.txt", NULL);
    g_autofree char *pages = NULL, *image = NULL;
    guint64 rva = 0, address, at;
    uint8_t memory[64];
    gsize length;
    FILE *f = fopen(core, "rb");

    ck_assert_ptr_nonnull(f);
    ck_assert(g_file_get_contents(list, &pages, NULL, NULL));
    ck_assert(g_file_get_contents(sys, &image, &length, NULL));
    ck_assert_ptr_nonnull(strstr(pages, "\n0x1000 "));
    ck_assert_int_eq(sscanf(strstr(pages, "\n0x1000 "), "%" SCNx64 " %" SCNx64
                            " %" SCNx64, &rva, &address, &at), 3);
    ck_assert_uint_eq(address, UINT64_C(0x180001000));
    /* RAM from address 0 is the first segment, behind headers and notes. */
    for (gsize offset = 0; offset < 0x10000; offset += 8) {
        if (fseek(f, offset + at, SEEK_SET) == 0 &&
            fread(memory, 1, sizeof(memory), f) == sizeof(memory) &&
            memmem(image, length, memory, sizeof(memory))) {
            fclose(f);
            return;
        }
    }
    ck_abort_msg("the driver's code is not in %s", core);
}

static char *kept_files(void)
{
    g_autofree char *base = g_build_filename(test_dir(), "results",
                                             "reproduced", NULL);
    g_autoptr(GDir) d = g_dir_open(base, 0, NULL);
    const char *name = d ? g_dir_read_name(d) : NULL;

    ck_assert_ptr_nonnull(name);
    return g_build_filename(base, name, NULL);
}

START_TEST(it_stops_at_the_event_and_gdb_knows_the_driver)
{
    g_autofree char *path = shipped(FAILED);
    const char *args[] = { "run", results, path, NULL };
    g_auto(RigCallResult) run = rig_call(NULL, args);
    g_autofree char *dir = bundle(FAILED, "");
    g_autofree char *sys = g_build_filename(dir, "drivers", "1", "rignic.sys",
                                            NULL);
    const char *gdb[] = {
        "reproduce", results, dir, "--gdb",
        "--gdb-command=x/2i 0x180001000", NULL
    };
    g_autofree char *kept = NULL;

    expect_status(&run, 0);
    {
        g_auto(RigCallResult) freeze = reproduce(dir, "--freeze");
        g_auto(RigCallResult) debug = { 0 };

        expect_status(&freeze, 0);
        expect_output(&freeze, "stopped behind this event");
        expect_output(&freeze, "identical up to event");
        kept = kept_files();
        expect_driver_in_core(kept, sys);
        debug = rig_call(NULL, gdb);
        expect_status(&debug, 0);
        expect_output(&debug, "Hardware assisted breakpoint 1 at 0x18000");
        expect_output(&debug, "<RignicInitializeEx>:");
    }
}
END_TEST

/* In the output, @a before @b. */
static void expect_order(const RigCallResult *r, const char *a, const char *b)
{
    const char *first = strstr(r->output, a);

    ck_assert_msg(first && strstr(first, b), "no \"%s\" before \"%s\" in:\n"
                  "%s", a, b, r->output);
}

/*
 * From the event to the instruction before it, back to the one that called
 * NdisMRegisterInterruptEx, and from there forwards to the boundary.
 */
START_TEST(gdb_goes_back_from_the_event_to_the_registration)
{
    g_autofree char *path = shipped(FAILED);
    const char *args[] = { "run", results, path, NULL };
    g_auto(RigCallResult) run = rig_call(NULL, args);
    g_autofree char *dir = bundle(FAILED, "");
    const char *gdb[] = {
        "reproduce", results, dir, "--gdb", "--reverse",
        "--gdb-command=printf \"at the event %#lx\\n\", $pc",
        "--gdb-command=set $event = $pc",
        "--gdb-command=reverse-stepi",
        "--gdb-command=printf \"one back %d\\n\", $pc < $event && "
        "$pc >= $event - 15",
        "--gdb-command=stepi",
        "--gdb-command=printf \"and forth %d\\n\", $pc == $event",
        "--gdb-command=reverse-continue",
        "--gdb-command=info symbol $pc", "--gdb-command=x/i $pc",
        "--gdb-command=enable 2", "--gdb-command=continue",
        "--gdb-command=info symbol $pc", NULL
    };

    expect_status(&run, 0);
    {
        g_auto(RigCallResult) debug = rig_call(NULL, gdb);

        expect_status(&debug, 0);
        expect_output(&debug, "reverse-continue go back as far as event");
        expect_order(&debug, "at the event 0x", "one back 1");
        expect_order(&debug, "one back 1", "and forth 1");
        expect_order(&debug, "and forth 1", "Breakpoint 1, 0x00000001800");
        expect_order(&debug, "Breakpoint 1, ", "RignicRegisterInterrupt + ");
        expect_order(&debug, "RignicRegisterInterrupt + ",
                     "__imp_NdisMRegisterInterruptEx");
        expect_order(&debug, "__imp_NdisMRegisterInterruptEx",
                     "callback_leave in section .text");
        expect_output(&debug, "identical up to event");
    }
}
END_TEST

START_TEST(what_is_no_bundle_is_refused)
{
    g_autofree char *file = test_file("x.tar.zst", "no archive");
    g_auto(RigCallResult) none = reproduce("nothing", NULL);
    g_auto(RigCallResult) broken = reproduce(file, NULL);
    g_auto(RigCallResult) times = reproduce(file, "--times=0");

    expect_status(&none, 2);
    expect_output(&none, "is no bundle");
    expect_status(&broken, 2);
    expect_output(&broken, "x.tar.zst");
    expect_status(&times, 2);
    expect_output(&times, "--times takes 1 to");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("reproduce");
    TCase *tcase = tcase_create("reproduce");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tcase, 300);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase,
                   a_failure_in_a_shared_boot_reproduces_event_for_event);
    tcase_add_test(tcase, a_crash_leaves_a_bundle_whose_scenario_runs);
    tcase_add_test(tcase, a_recording_is_replayed_and_only_with_what_made_it);
    tcase_add_test(tcase, it_stops_at_the_event_and_gdb_knows_the_driver);
    tcase_add_test(tcase, gdb_goes_back_from_the_event_to_the_registration);
    tcase_add_test(tcase, what_is_no_bundle_is_refused);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
