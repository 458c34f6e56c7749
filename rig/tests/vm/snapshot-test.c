/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Machines that start from a snapshot do what machines that boot do. */
#include <check.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "run-rig.h"

#define SEEDED  "s06-halt-lacks-deregister"
#define CONTROL "c01-clean"

static char *results;

static void setup(void)
{
    test_dir_create();
    results = g_strdup_printf("--results=%s/results", test_dir());
    g_setenv("XDG_CACHE_HOME", test_dir(), TRUE);
}

static void teardown(void)
{
    g_unsetenv("XDG_CACHE_HOME");
    test_dir_remove();
    g_clear_pointer(&results, g_free);
}

static RigCallResult run(const char *scenario)
{
    g_autofree char *file = g_strconcat(test_home(), "/scenarios/", scenario,
                                        ".xml", NULL);
    const char *args[] = { "run", "-v", results, "--start", "snapshot", file,
                           NULL };

    return rig_call(NULL, args);
}

/* The only snapshot's file of that name, to be freed. */
static char *cached(const char *name)
{
    g_autofree char *all = g_build_filename(test_dir(), "rig", "snapshots",
                                            NULL);
    g_autoptr(GDir) dir = g_dir_open(all, 0, NULL);
    const char *key;

    ck_assert_ptr_nonnull(dir);
    key = g_dir_read_name(dir);
    ck_assert_ptr_nonnull(key);
    ck_assert_msg(!g_dir_read_name(dir), "there is more than one snapshot");
    return g_build_filename(all, key, name, NULL);
}

/* One bit of the saved machine's memory is another one. */
static void flip_a_bit(const char *file)
{
    FILE *f = g_fopen(file, "r+b");
    int byte;

    ck_assert_ptr_nonnull(f);
    ck_assert_int_eq(fseek(f, 20 << 20, SEEK_SET), 0);
    byte = fgetc(f);
    ck_assert_int_ne(byte, EOF);
    ck_assert_int_eq(fseek(f, 20 << 20, SEEK_SET), 0);
    fputc(byte ^ 1, f);
    ck_assert_int_eq(fclose(f), 0);
}

static void expect_checked(const RigCallResult *r)
{
    expect_status(r, 0);
    expect_output(r, "same verdict cold and warm: yes");
    ck_assert_ptr_null(strstr(r->output, "restored after"));
}

static void expect_warm(const RigCallResult *r)
{
    expect_status(r, 0);
    expect_output(r, "restored after");
    ck_assert_ptr_null(strstr(r->output, "same verdict cold and warm"));
}

/* Of the same kind of machine, so they go on from the same snapshot. */
static void sweep_and_night(void)
{
    g_autofree char *inf = g_strconcat(test_home(), "/build/drivers/clean/"
                                       "rignic.inf", NULL);
    const char *sweep[] = { "sweep", "-v", results, "--start=snapshot", inf,
                            "--only=init:NdisMSetMiniportAttributes#2",
                            NULL };
    g_autofree char *text = g_strdup_printf(
        "<suite name='s' start='snapshot'>"
        "<scenarios files='%s/scenarios/" CONTROL ".xml'/></suite>",
        test_home());
    g_autofree char *suite = test_file("suite.xml", text);
    const char *night[] = { "nightly", results, suite, NULL };
    g_auto(RigCallResult) a = rig_call(NULL, sweep);
    g_auto(RigCallResult) b = rig_call(NULL, night);
    g_autoptr(GPtrArray) runs = run_dirs();
    g_autofree char *file = g_build_filename(runs->pdata[runs->len - 1],
                                             "vm-1", "inputs.txt", NULL);
    g_autofree char *inputs = NULL;

    expect_warm(&a);
    expect_status(&b, 0);
    expect_output(&b, "1 of 1 as expected");
    ck_assert(g_file_get_contents(file, &inputs, NULL, NULL));
    ck_assert_ptr_nonnull(strstr(inputs, "start snapshot\n"));
}

START_TEST(a_snapshot_is_checked_once_then_used_and_made_anew_when_damaged)
{
    g_auto(RigCallResult) first = run(SEEDED);
    g_autofree char *cold = run_value("string(//scenario/@verdict)");
    g_auto(RigCallResult) second = run(SEEDED);
    g_autofree char *warm = run_value("string(//scenario/@verdict)");
    g_auto(RigCallResult) control = run(CONTROL);
    g_autofree char *clean = run_value("string(//scenario/@verdict)");
    g_auto(RigCallResult) again = run(CONTROL);
    g_autofree char *state = cached("state");

    expect_checked(&first);
    expect_warm(&second);
    expect_warm(&control);
    expect_warm(&again);
    expect_output(&again, "event stream identical to run");
    ck_assert_str_eq(cold, "violation");
    ck_assert_str_eq(warm, cold);
    ck_assert_str_eq(clean, "pass");
    sweep_and_night();
    flip_a_bit(state);
    {
        g_auto(RigCallResult) anew = run(CONTROL);
        g_auto(RigCallResult) used = run(CONTROL);

        expect_checked(&anew);
        expect_warm(&used);
    }
}
END_TEST

/* --- when cold and warm differ ------------------------------------------- */

/*
 * A source tree whose QEMU goes on from a snapshot only as it is told: with
 * the file other-plan there, by that plan instead of its own; with the file
 * no-restore there, once not at all. To be freed.
 */
static char *other_home(void)
{
    static const char script[] =
        "#!/bin/sh\n"
        "dir=%s\n"
        "case \" $* \" in *' -incoming '*)\n"
        "    for a; do\n"
        "        shift\n"
        "        case $a in\n"
        "        name=*,file=*)\n"
        "            test ! -e $dir/other-plan ||\n"
        "                a=${a%%%%,file=*},file=$dir/other-plan ;;\n"
        "        file:*)\n"
        "            rm $dir/no-restore 2> /dev/null && a=file:/dev/null ;;\n"
        "        esac\n"
        "        set -- \"$@\" \"$a\"\n"
        "    done\n"
        "esac\n"
        "exec %s/build/qemu/qemu-system-x86_64 \"$@\"\n";
    static const char *const links[] = { "scenarios", "results",
                                         "build/guest", "build/drivers" };
    g_autofree char *text = g_strdup_printf(script, test_dir(), test_home());
    char *home = g_build_filename(test_dir(), "home", NULL);
    g_autofree char *bin = g_build_filename(home, "build", "qemu", NULL);
    g_autofree char *qemu = g_build_filename(bin, "qemu-system-x86_64", NULL);

    ck_assert_int_eq(g_mkdir_with_parents(bin, 0755), 0);
    for (guint i = 0; i < G_N_ELEMENTS(links); i++) {
        g_autofree char *to = g_build_filename(home, links[i], NULL);
        g_autofree char *from = g_build_filename(test_home(), links[i], NULL);

        ck_assert_int_eq(symlink(from, to), 0);
    }
    ck_assert(g_file_set_contents_full(qemu, text, -1, 0, 0755, NULL));
    return home;
}

/* A scenario of this name with the driver of that one in build/drivers. */
static RigCallResult run_there(const char *home, const char *driver,
                               const char *expect)
{
    g_autofree char *sys = g_strconcat(test_home(), "/build/drivers/", driver,
                                       "/rignic.sys", NULL);
    g_autofree char *inf = g_strconcat(test_home(), "/build/drivers/", driver,
                                       "/rignic.inf", NULL);
    g_autofree char *file = test_scenario("one", sys, inf, "<install/><init/>"
                                          "<halt/><unload/>", expect);
    const char *args[] = { "run", "-v", results, "--keep", "--start",
                           "snapshot", file, NULL };

    return rig_call(home, args);
}

/* The plan of the newest run becomes the one that the stand-in hands out. */
static void keep_other_plan(void)
{
    g_autoptr(GPtrArray) runs = run_dirs();
    g_autofree char *from = g_build_filename(runs->pdata[runs->len - 1],
                                             "vm-1", "initrd", NULL);
    g_autofree char *to = g_build_filename(test_dir(), "other-plan", NULL);

    ck_assert_int_eq(g_rename(from, to), 0);
}

START_TEST(a_warm_verdict_that_no_cold_start_has_is_broken)
{
    g_autofree char *home = other_home();
    g_auto(RigCallResult) made = run_there(home, "s06", "<expect verdict=\"violation\"/>");

    expect_checked(&made);
    keep_other_plan();
    {
        g_auto(RigCallResult) differs = run_there(home, "clean", "");
        g_autofree char *verdict = run_value("string(//scenario/@verdict)");
        g_autofree char *bundle = run_value("string(//scenario/@bundle)");
        g_auto(RigCallResult) anew = { 0 };

        expect_status(&differs, 3);
        expect_output(&differs, "restored after");
        expect_output(&differs, "From a snapshot it is violation, from a "
                      "machine that booted pass");
        expect_output(&differs, "a warm start is not like a cold one; this "
                      "snapshot is not used any more");
        ck_assert_str_eq(verdict, "broken");
        ck_assert_str_eq(bundle, "");
        anew = run_there(home, "clean", "");
        expect_status(&anew, 3);
        expect_output(&anew, "started after");
        expect_output(&anew, "no snapshot: a warm start is not like the cold "
                      "one");
    }
}
END_TEST

START_TEST(a_machine_boots_when_its_snapshot_cannot_be_restored)
{
    g_autofree char *home = other_home();
    g_auto(RigCallResult) made = run_there(home, "clean", "");
    g_autofree char *no = NULL;

    expect_checked(&made);
    no = test_file("no-restore", "");
    {
        g_auto(RigCallResult) boots = run_there(home, "clean", "");
        g_auto(RigCallResult) warm = run_there(home, "clean", "");

        expect_output(&boots, "the snapshot cannot be restored: ");
        expect_checked(&boots);
        expect_warm(&warm);
    }
}
END_TEST

START_TEST(what_does_not_go_together_is_said)
{
    const char *bad[] = { "run", results, "--start", "tepid", "x.xml", NULL };
    const char *both[] = { "run", results, "--start", "snapshot", "--record",
                           "x.xml", NULL };
    g_auto(RigCallResult) a = rig_call(NULL, bad);
    g_auto(RigCallResult) b = rig_call(NULL, both);

    expect_status(&a, 2);
    expect_output(&a, "--start takes cold or snapshot");
    expect_status(&b, 2);
    expect_output(&b, "does not go with --record");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("snapshot");
    TCase *t = tcase_create("vm");
    SRunner *r;
    int failed;

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 600);
    tcase_add_test(
        t, a_snapshot_is_checked_once_then_used_and_made_anew_when_damaged);
    tcase_add_test(t, a_warm_verdict_that_no_cold_start_has_is_broken);
    tcase_add_test(t, a_machine_boots_when_its_snapshot_cannot_be_restored);
    tcase_add_test(t, what_does_not_go_together_is_said);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
