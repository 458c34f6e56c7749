/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Machines that start from a snapshot do what machines that boot do. */
#include <check.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>

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
    flip_a_bit(state);
    {
        g_auto(RigCallResult) anew = run(CONTROL);
        g_auto(RigCallResult) used = run(CONTROL);

        expect_checked(&anew);
        expect_warm(&used);
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
    tcase_set_timeout(t, 300);
    tcase_add_test(
        t, a_snapshot_is_checked_once_then_used_and_made_anew_when_damaged);
    tcase_add_test(t, what_does_not_go_together_is_said);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
