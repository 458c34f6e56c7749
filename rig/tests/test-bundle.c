/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bundles: written from a run, opened again, refused when they were changed. */
#include <check.h>
#include <glib/gstdio.h>
#include <string.h>

#include "bundle.h"
#include "plan.h"
#include "run-suite.h"
#include "rule.h"
#include "stream-builder.h"
#include "tests/fixture.h"

#define SCENARIO \
    "<scenario name='%s'><title>t</title>" \
    "<driver sys='good.sys' inf='good.inf'/>" \
    "<rule name='Init_DeRegisterInterrupt'/>" \
    "<cycle><install/><init/><halt/></cycle></scenario>"
#define INPUTS \
    "qemu 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n" \
    "kernel unreadable\n"

static Fixture *f;
static GPtrArray *plan;
static RigRun *run;
static char *run_dir;
static uint64_t first_end; /* event that ends the first scenario */

static void add_scenario(const char *name)
{
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *text = g_strdup_printf(SCENARIO, name);
    g_autofree char *file = g_strconcat(name, ".xml", NULL);
    g_autofree char *path = fixture_write(f, file, text, -1);
    RigScenario *s = rig_scenario_load(path, &f->paths, problems);

    ck_assert_msg(s != NULL, "%s", problems->len ?
                  (char *)problems->pdata[0] : "");
    g_ptr_array_add(plan, s);
}

static void write_events(const char *vm)
{
    g_autofree char *path = g_build_filename(vm, "events.bin", NULL);
    g_autoptr(Builder) b = b_new(4);

    b_plan(b, 2);
    for (unsigned i = 1; i <= 2; i++) {
        const RigScenario *s = plan->pdata[i - 1];

        b_scenario(b, i, s->name);
        b_cycle(b, 1);
        b_cycle_end(b, RIG_CYCLE_DONE, "");
        b_scenario_end(b);
        first_end = i == 1 ? b->seq - 1 : first_end;
    }
    b_end(b);
    ck_assert(g_file_set_contents(path, (char *)b->bytes->data,
                                  b->bytes->len, NULL));
}

static void write_plan(const char *vm)
{
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(RigRules) rules = rig_rules_load(plan, &f->paths, problems);
    g_autofree char *path = g_build_filename(vm, "plan.ini", NULL);
    g_autofree char *ini = rig_plan_ini(plan, rules);

    ck_assert(g_file_set_contents(path, ini, -1, NULL));
}

static void setup(void)
{
    g_autofree char *vm = NULL;
    RigMachineResult *m;

    f = fixture_new();
    f->paths.results = b_home_file("results");
    plan = g_ptr_array_new_with_free_func((GDestroyNotify)rig_scenario_free);
    add_scenario("first");
    add_scenario("second");
    run_dir = g_build_filename(f->dir, "runs", "r1", NULL);
    vm = g_build_filename(run_dir, "vm-1", NULL);
    ck_assert_int_eq(g_mkdir_with_parents(vm, 0755), 0);
    write_events(vm);
    write_plan(vm);
    run = rig_run_new();
    run->id = g_strdup("r1");
    run->rig = g_strdup("0.1.0");
    m = rig_run_add_machine(run);
    m->dir = g_strdup("vm-1");
}

static void teardown(void)
{
    g_free(f->paths.results);
    rig_run_free(run);
    g_ptr_array_unref(plan);
    g_free(run_dir);
    fixture_free(f);
}

static char *in_run(const char *name)
{
    return g_build_filename(run_dir, name, NULL);
}

/* The bundle of scenario @number, 1-based. */
static void write_bundle(RigBundler *b, unsigned number)
{
    g_autoptr(RigScenarioResult) r = rig_scenario_result_new(
        plan->pdata[number - 1], number, RIG_VERDICT_VIOLATION, "Broke it.");
    g_autoptr(GError) error = NULL;

    ck_assert_msg(rig_bundler_add(b, r, number, &error), "%s",
                  error ? error->message : "");
}

static void write_bundles(unsigned from, unsigned to)
{
    const RigBundleSource source = {
        .run = run, .dir = run_dir, .machine = run->machines->pdata[0],
        .plan = plan, .inputs = INPUTS,
    };
    g_autoptr(RigBundler) b = rig_bundler_new(&source);

    for (unsigned i = from; i <= to; i++) {
        write_bundle(b, i);
    }
}

static RigBundle *open_bundle(const char *what, char **problem)
{
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
    RigBundle *b = rig_bundle_open(what, f->dir, &f->paths, problems);

    ck_assert((b != NULL) == (problems->len == 0));
    if (problem) {
        *problem = b ? NULL : g_strdup(problems->pdata[0]);
    } else {
        ck_assert_msg(b != NULL, "%s", problems->len ?
                      (char *)problems->pdata[0] : "");
    }
    return b;
}

static void expect_refused(const char *what, const char *says)
{
    g_autofree char *problem = NULL;
    g_autoptr(RigBundle) b = open_bundle(what, &problem);

    ck_assert_ptr_null(b);
    ck_assert_msg(strstr(problem, says) != NULL, "%s", problem);
}

START_TEST(what_was_written_opens_in_every_way)
{
    g_autofree char *dir = in_run("bundles/first");
    g_autofree char *archive = in_run("bundles/first.tar.zst");
    const char *const ways[] = { dir, archive, "r1/first", "r1" };

    write_bundles(1, 1);
    for (unsigned i = 0; i < G_N_ELEMENTS(ways); i++) {
        g_autoptr(RigBundle) b = open_bundle(ways[i], NULL);
        const RigManifest *m = b->manifest;

        ck_assert_str_eq(m->run, "r1");
        ck_assert_str_eq(m->scenario, "first");
        ck_assert_str_eq(m->sentence, "Broke it.");
        ck_assert_int_eq(m->verdict, RIG_VERDICT_VIOLATION);
        ck_assert_uint_eq(m->stream.last, first_end);
        ck_assert(m->stream.reached);
        ck_assert_ptr_nonnull(rig_manifest_input(m, "qemu"));
        ck_assert_ptr_null(rig_manifest_input(m, "kernel"));
        ck_assert_uint_eq(b->scenarios->len, 2);
    }
}
END_TEST

START_TEST(plan_of_the_bundle_is_that_of_the_machine)
{
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(RigBundle) b = NULL;
    g_autoptr(RigRules) rules = NULL;
    g_autofree char *ini = NULL;

    write_bundles(2, 2);
    b = open_bundle("r1", NULL);
    rules = rig_rules_load(b->scenarios, &f->paths, problems);
    ini = rig_plan_ini(b->scenarios, rules);
    ck_assert_str_eq(ini, b->ini);
}
END_TEST

START_TEST(bundles_of_a_machine_share_what_they_can)
{
    g_autofree char *one = in_run("bundles/first/drivers/1/good.sys");
    g_autofree char *two = in_run("bundles/second/drivers/1/good.sys");
    GStatBuf a, b;

    write_bundles(1, 2);
    expect_refused("r1", "has 2 bundles");
    rig_bundle_free(open_bundle("r1/second", NULL));
    ck_assert_int_eq(g_stat(one, &a), 0);
    ck_assert_int_eq(g_stat(two, &b), 0);
    ck_assert_uint_eq(a.st_ino, b.st_ino);
}
END_TEST

static const char *const changed[] = {
    "drivers/1/good.sys", "drivers/1/good.inf", "plan.ini", "events.bin",
    "rules/Init_DeRegisterInterrupt.xml", "scenarios/001-first.xml",
};

START_TEST(a_changed_file_is_refused)
{
    g_autofree char *dir = in_run("bundles/first");
    g_autofree char *path = g_build_filename(dir, changed[_i], NULL);
    g_autofree char *bytes = NULL;
    gsize length;

    write_bundles(1, 1);
    ck_assert(g_file_get_contents(path, &bytes, &length, NULL));
    bytes[length / 2] ^= 1;
    ck_assert(g_file_set_contents(path, bytes, length, NULL));
    expect_refused(dir, "changed or damaged");
    g_unlink(path);
    expect_refused(dir, "not complete");
}
END_TEST

/* Replace @from by @to in the manifest. */
static void edit_manifest(const char *from, const char *to)
{
    g_autofree char *path = in_run("bundles/first/manifest.xml");
    g_autofree char *text = NULL, *edited = NULL;
    g_auto(GStrv) parts = NULL;

    ck_assert(g_file_get_contents(path, &text, NULL, NULL));
    parts = g_strsplit(text, from, 2);
    ck_assert_msg(parts[1] != NULL, "the manifest has no %s", from);
    edited = g_strjoinv(to, parts);
    ck_assert(g_file_set_contents(path, edited, -1, NULL));
}

static const struct {
    const char *from, *to, *says;
} edits[] = {
    { "name=\"plan.ini\"", "name=\"../../plan.ini\"", "no name of a file" },
    { "file=\"scenarios/001-first.xml\"", "file=\"/etc/passwd\"",
      "no name of a file" },
    { "number=\"1\"", "number=\"3\"", "scenario 3 of 2" },
    { "number=\"1\"", "number=\"2\"", "is not scenario \"first\"" },
    { "scenario=\"1\"", "scenario=\"9\"", "9 of 2" },
    { "version=\"1\"", "version=\"2\"", "manifest.xml" },
    { "verdict=\"violation\"", "verdict=\"great\"", "manifest.xml" },
    { "<bundle ", "<!DOCTYPE bundle [<!ENTITY x 'y'>]><bundle ",
      "document type" },
    { "<bundle ", "<bundle", "manifest.xml" },
};

START_TEST(a_manifest_that_cannot_be_is_refused)
{
    g_autofree char *dir = in_run("bundles/first");

    write_bundles(1, 1);
    edit_manifest(edits[_i].from, edits[_i].to);
    expect_refused(dir, edits[_i].says);
}
END_TEST

START_TEST(a_bundle_that_cannot_be_written_leaves_nothing)
{
    const RigBundleSource source = {
        .run = run, .dir = run_dir, .machine = run->machines->pdata[0],
        .plan = plan,
    };
    g_autoptr(RigBundler) b = rig_bundler_new(&source);
    g_autoptr(RigScenarioResult) r = rig_scenario_result_new(
        plan->pdata[0], 1, RIG_VERDICT_VIOLATION, "Broke it.");
    g_autofree char *sys = g_build_filename(f->dir, "good.sys", NULL);
    g_autofree char *bundle = in_run("bundles/first");
    g_autofree char *temporary = in_run("bundles/first.tmp");
    g_autoptr(GError) error = NULL;

    g_unlink(sys);
    ck_assert(!rig_bundler_add(b, r, 1, &error));
    ck_assert_ptr_nonnull(strstr(error->message, "good.sys"));
    ck_assert(!g_file_test(bundle, G_FILE_TEST_EXISTS));
    ck_assert(!g_file_test(temporary, G_FILE_TEST_EXISTS));
}
END_TEST

START_TEST(only_failures_have_bundles)
{
    for (int v = 0; v < RIG_VERDICTS; v++) {
        g_autoptr(RigScenarioResult) r = rig_scenario_result_new(
            plan->pdata[0], 1, v, "");

        ck_assert_int_eq(rig_bundle_wanted(r), v == RIG_VERDICT_VIOLATION ||
                         v == RIG_VERDICT_BROKEN);
        g_ptr_array_add(r->cycles, rig_cycle_result_new(1));
        ((RigCycleResult *)r->cycles->pdata[0])->end = RIG_END_HANG;
        ck_assert(rig_bundle_wanted(r));
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("bundle");
    TCase *tc = tcase_create("bundle");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, what_was_written_opens_in_every_way);
    tcase_add_test(tc, plan_of_the_bundle_is_that_of_the_machine);
    tcase_add_test(tc, bundles_of_a_machine_share_what_they_can);
    tcase_add_loop_test(tc, a_changed_file_is_refused, 0,
                        G_N_ELEMENTS(changed));
    tcase_add_loop_test(tc, a_manifest_that_cannot_be_is_refused, 0,
                        G_N_ELEMENTS(edits));
    tcase_add_test(tc, a_bundle_that_cannot_be_written_leaves_nothing);
    tcase_add_test(tc, only_failures_have_bundles);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
