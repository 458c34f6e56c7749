/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Drivers that are lost with their interrupt registered, one after the other
 * in one virtual machine: each is one cycle's result with evidence, and the
 * drivers behind them pass, a slow one and the clean one.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "run-rig.h"

/* More than a step of the others takes, less than a person waits for. */
#define SHORT "timeout-ms=\"300\""

static const struct lost {
    const char *driver;
    const char *end;      /* of the cycle, as in run.xml */
    const char *part;     /* of the finding's sentence */
    const char *steps;    /* NULL: lost in init */
} lost[] = {
    { "fast-fail", "bugcheck", "stopped the system in MiniportInitializeEx",
      NULL },
    { "stop-system", "bugcheck", "stopped the system", NULL },
    { "loop-at-dispatch", "hang", "hung in MiniportInitializeEx", NULL },
    { "loop-in-dpc", "hang", "hung at rignic.sys", NULL },
    { "wait-for-ever", "hang", "hung in MiniportInitializeEx", NULL },
    { "lock-twice", "hang", "hung in MiniportInitializeEx", NULL },
    { "stack-overflow", "crash", "crashed in MiniportInitializeEx", NULL },
    { "jump-to-null", "crash", "crashed in MiniportInitializeEx", NULL },
    { "write-to-code", "crash", "crashed in MiniportInitializeEx", NULL },
    { "execute-data", "crash", "crashed in MiniportInitializeEx", NULL },
    { "divide-by-zero", "crash", "crashed in MiniportInitializeEx", NULL },
    { "halt-processor", "crash", "crashed in MiniportInitializeEx", NULL },
    { "free-what-is-not", "bugcheck", "stopped the system", NULL },
    { "leave-process", "crash", "crashed in MiniportInitializeEx", NULL },
    { "leave-thread", "hang", "hung in MiniportInitializeEx", NULL },
    { "pause-for-ever", "bugcheck", "stopped the system",
      "<install/><init/><restart/><pause/><halt/><unload/>" },
    { "oid-for-ever", "bugcheck", "stopped the system",
      "<install/><init/><restart/><pause/><halt/><unload/>" },
};

static char *home_driver(const char *extension)
{
    return g_strdup_printf("%s/build/drivers/clean/rignic.%s", test_home(),
                           extension);
}

/* One scenario for each, and the clean driver's behind them. */
static GPtrArray *write_scenarios(void)
{
    GPtrArray *files = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *slow_sys = test_driver("oid-till-cancel", "sys");
    g_autofree char *slow_inf = test_driver("oid-till-cancel", "inf");
    g_autofree char *sys = home_driver("sys"), *inf = home_driver("inf");

    for (guint i = 0; i < G_N_ELEMENTS(lost); i++) {
        g_autofree char *bad_sys = test_driver(lost[i].driver, "sys");
        g_autofree char *bad_inf = test_driver(lost[i].driver, "inf");
        g_autofree char *name = g_strdup_printf("l%02u-%s", i, lost[i].driver);

        g_ptr_array_add(files, test_scenario(
            name, bad_sys, bad_inf, lost[i].steps ? lost[i].steps :
            "<install/><init " SHORT "/><halt/><unload/>",
            "<expect verdict=\"violation\" level=\"strict\" "
            "class=\"lost-in-cleanup\"/>"));
    }
    g_ptr_array_add(files, test_scenario(
        "y-slow", slow_sys, slow_inf,
        "<install/><init/><restart timeout-ms=\"60000\"/>"
        "<pause timeout-ms=\"60000\"/><halt/><unload/>", ""));
    g_ptr_array_add(files, test_scenario(
        "z-clean", sys, inf, "<install/><init/><restart/><traffic/><pause/>"
        "<halt/><unload/>", ""));
    return files;
}

static void expect_evidence(guint i)
{
    g_autofree char *scenario = g_strdup_printf("//scenario[@name='l%02u-%s']",
                                                i, lost[i].driver);
    g_autofree char *end_path = g_strdup_printf("string(%s/cycle/@end)",
                                                scenario);
    g_autofree char *text_path = g_strdup_printf(
        "string(%s/finding[@id='lost-while-registered'])", scenario);
    g_autofree char *end = run_value(end_path);
    g_autofree char *text = run_value(text_path);

    ck_assert_msg(strcmp(end, lost[i].end) == 0, "%s ended in %s",
                  lost[i].driver, end);
    ck_assert_msg(strstr(text, lost[i].part), "%s: \"%s\"", lost[i].driver,
                  text);
}

START_TEST(every_loss_is_one_result_and_the_run_goes_on)
{
    g_autofree char *results = g_strdup_printf("--results=%s/results",
                                               test_dir());
    g_autoptr(GPtrArray) files = write_scenarios();
    g_autoptr(GPtrArray) args = g_ptr_array_new();
    g_autofree char *machines = NULL, *clean = NULL;

    g_ptr_array_add(args, (char *)"run");
    g_ptr_array_add(args, results);
    for (guint i = 0; i < files->len; i++) {
        g_ptr_array_add(args, files->pdata[i]);
    }
    g_ptr_array_add(args, NULL);
    {
        g_auto(RigCallResult) r = rig_call(
            NULL, (const char *const *)args->pdata);

        expect_status(&r, 0);
    }
    for (guint i = 0; i < G_N_ELEMENTS(lost); i++) {
        expect_evidence(i);
    }
    machines = run_value("count(//machine)");
    clean = run_value("string(//scenario[@name='z-clean']/@verdict)");
    ck_assert_str_eq(machines, "1");
    ck_assert_str_eq(clean, "pass");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("lost drivers");
    TCase *t = tcase_create("lost");
    SRunner *r = srunner_create(s);
    int failed;

    tcase_set_timeout(t, 300);
    tcase_add_checked_fixture(t, test_dir_create, test_dir_remove);
    tcase_add_test(t, every_loss_is_one_result_and_the_run_goes_on);
    suite_add_tcase(s, t);
    srunner_run_all(r, CK_NORMAL);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
