/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Units of suite.c and matrix.c: what a suite says, and what it must not. */
#include <check.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#include "commands.h"
#include "run-suite.h"
#include "suite.h"
#include "tests/fixture.h"

#define SCENARIO(name, machine) "<scenario name='" name "'>\n" \
    "<title>T</title>\n<driver sys='good.sys' inf='good.inf'/>\n" machine \
    "<rule name='Init_DeRegisterInterrupt'/>\n" \
    "<cycle><install/><init/><halt/></cycle>\n</scenario>\n"

static Fixture *f;
static GPtrArray *problems;
static RigSuite *suite;

static void setup(void)
{
    f = fixture_new();
    problems = g_ptr_array_new_with_free_func(g_free);
    g_free(fixture_write(f, "one.xml", SCENARIO("one", ""), -1));
    g_free(fixture_write(f, "two.xml", SCENARIO("two", ""), -1));
    g_free(fixture_write(f, "igb.xml",
                         SCENARIO("three", "<machine nic='igb'/>"), -1));
}

static void teardown(void)
{
    g_clear_pointer(&suite, rig_suite_free);
    g_ptr_array_unref(problems);
    fixture_free(f);
}

static void load(const char *text)
{
    g_autofree char *path = fixture_write(f, "suite.xml", text, -1);

    suite = rig_suite_load(path, &f->paths, problems);
}

static void load_good(const char *text)
{
    load(text);
    ck_assert_msg(suite != NULL, "%s", (char *)problems->pdata[0]);
}

static const RigJob *job(guint n)
{
    ck_assert_uint_lt(n, suite->jobs->len);
    return suite->jobs->pdata[n];
}

static const char *name(guint n, guint k)
{
    ck_assert_uint_lt(k, job(n)->scenarios->len);
    return ((RigScenario *)job(n)->scenarios->pdata[k])->name;
}

START_TEST(scenarios_of_one_machine_share_a_job)
{
    load_good("<suite name='s'><scenarios files='{one,tw[n-p]}.xml'/>"
              "<scenarios files='igb.xml'/></suite>");
    ck_assert_uint_eq(suite->jobs->len, 2);
    ck_assert_str_eq(name(0, 0), "one");
    ck_assert_str_eq(name(0, 1), "two");
    ck_assert_str_eq(name(1, 0), "three");
    ck_assert_str_eq(job(0)->id, "j001");
    ck_assert_str_eq(job(1)->id, "j002");
    ck_assert_uint_eq(job(0)->limit_seconds, 2 * 120 + 60);
}
END_TEST

START_TEST(a_matrix_is_every_value_with_every_other)
{
    static const char *const args[] = { "run", "--with", "nic=rig-nic",
        "--with", "msix-profile=at-start", "--with", "vectors=64", "--" };

    load_good("<suite name='s'><scenarios files='one.xml' vectors='1 64' "
              "nic='rig-nic igb' msix-profile='at-connect  at-start'/>"
              "</suite>");
    ck_assert_uint_eq(suite->jobs->len, 6); /* igb has vectors of its own */
    ck_assert_str_eq(name(0, 0), "one.rig-nic.at-connect.v1");
    ck_assert_str_eq(name(3, 0), "one.rig-nic.at-start.v64");
    ck_assert_str_eq(name(4, 0), "one.igb.at-connect");
    for (guint i = 0; i < G_N_ELEMENTS(args); i++) {
        ck_assert_str_eq(job(3)->args[i], args[i]);
    }
    ck_assert(g_str_has_suffix(job(3)->args[8], "/one.xml"));
    ck_assert_ptr_null(job(3)->args[9]);
}
END_TEST

START_TEST(drivers_are_an_axis)
{
    g_autofree char *a = g_build_filename(f->dir, "a", NULL);
    uint8_t image[FIXTURE_PE_SIZE];

    fixture_pe(image);
    ck_assert_int_eq(g_mkdir(a, 0755), 0);
    g_free(fixture_write(f, "a/x.sys", image, sizeof(image)));
    g_free(fixture_write(f, "a/x.inf", "[Version]\n", -1));
    load_good("<suite name='s'><scenarios files='one.xml' "
              "driver='{a/x,good}.inf' random-seed='7'/></suite>");
    ck_assert_uint_eq(job(0)->scenarios->len, 1);
    ck_assert(g_str_has_prefix(name(0, 0), "one.a-x.r7"));
    ck_assert(g_str_has_suffix(
        ((RigScenario *)job(0)->scenarios->pdata[0])->sys, "/a/x.sys"));
}
END_TEST

START_TEST(a_sweep_for_each_combination)
{
    load_good("<suite name='s'><sweep driver='good.inf' name='sw' k='1 2' "
              "vectors='1 4' limit='2m' cycles='9' rule='Leak'/></suite>");
    ck_assert_uint_eq(suite->jobs->len, 4);
    ck_assert_str_eq(name(3, 0), "sw.v4.k2");
    ck_assert_uint_eq(job(0)->limit_seconds, 120);
    ck_assert_str_eq(job(0)->args[0], "sweep");
    ck_assert(g_strv_contains((const char *const *)job(3)->args, "--k=2"));
    ck_assert(g_strv_contains((const char *const *)job(3)->args,
                              "--limit=9"));
}
END_TEST

/* A suite whose one entry has this pattern of files, and this attribute. */
static void load_entry(const char *files, const char *name, const char *value)
{
    g_autofree char *text = g_strdup_printf(
        "<suite name='s'>\n<scenarios files='%s' %s='%s'/></suite>", files,
        name, value);

    load(text);
    ck_assert_ptr_null(suite);
}

START_TEST(a_pattern_or_matrix_without_measure_is_refused_at_once)
{
    g_autoptr(GString) pairs = g_string_new(NULL);
    g_autoptr(GString) seeds = g_string_new(NULL);
    gint64 start = g_get_monotonic_time();

    for (int i = 0; i < 40; i++) {
        g_string_append(pairs, "{a,b}"); /* 2^40 names */
    }
    for (int i = 0; i < 10000; i++) {
        g_string_append_printf(seeds, "%d ", i + 1);
    }
    load_entry(pairs->str, "repeat", "1");
    load_entry("{,,,,,,,,,}{,,,,,,,,,}{,,,,,,,,,}{,,,,,,,}*", "repeat", "1");
    load_entry("one.xml", "random-seed", seeds->str);
    ck_assert_uint_eq(problems->len, 3);
    for (guint i = 0; i < 3; i++) {
        const char *says = i < 2 ? "stands for too much: more than 9999 files"
                                 : "the limit is 9999";

        ck_assert_msg(strstr(problems->pdata[i], "suite.xml:2: ") &&
                      strstr(problems->pdata[i], says), "%s",
                      (char *)problems->pdata[i]);
    }
    ck_assert_int_lt(g_get_monotonic_time() - start, 5 * G_USEC_PER_SEC);
}
END_TEST

START_TEST(what_the_root_says)
{
    g_free(fixture_write(f, "d.ini", "[milliseconds]\none=9000\n", -1));
    load_good("<suite name='s' budget='90m' workers='3' durations='d.ini' "
              "start='snapshot'><title> T </title>"
              "<retention runs='5' days='7' disk='2G' snapshots='4'/>"
              "<scenarios files='one.xml'/></suite>");
    ck_assert_uint_eq(suite->budget_seconds, 5400);
    ck_assert_uint_eq(suite->workers, 3);
    ck_assert_str_eq(suite->title, "T");
    ck_assert_uint_eq(suite->retention.runs, 5);
    ck_assert_uint_eq(suite->snapshots, 4);
    ck_assert_str_eq(suite->start, "snapshot");
    ck_assert(suite->retention.disk == UINT64_C(2) << 30);
    ck_assert_uint_eq(job(0)->weight_ms, 9000);
}
END_TEST

static const struct bad {
    const char *text;
    const char *says;   /* in some problem */
} bads[] = {
    { "", "" },
    { "<suite", "suite.xml:1" },
    { "<!DOCTYPE suite [<!ENTITY a 'b'>]><suite name='s'>"
      "<scenarios files='one.xml'/></suite>", "document type" },
    { "<suite name='s'/>", "suite.xml:1" },
    { "<suite name='S'><scenarios files='one.xml'/></suite>", "suite.xml:1" },
    { "<suite name='s' start='warm'><scenarios files='one.xml'/></suite>",
      "start" },
    { "<suite name='s' budget='6'><scenarios files='one.xml'/></suite>",
      "budget" },
    { "<suite name='s' workers='17'><scenarios files='one.xml'/></suite>",
      "workers" },
    { "<suite name='s'>\n<scenarios files='none-*.xml'/></suite>",
      "suite.xml:2: no file" },
    { "<suite name='s'>\n<scenarios files='good.sys'/></suite>",
      "suite.xml:2" },
    { "<suite name='s'>\n<scenarios files='one.xml' vectors='65'/></suite>",
      "suite.xml:2: \"65\" is no value of vectors" },
    { "<suite name='s'>\n<scenarios files='one.xml' vectors='0'/></suite>",
      "suite.xml:2" },
    { "<suite name='s'>\n<scenarios files='one.xml' nic='none'/></suite>",
      "suite.xml:2" },
    { "<suite name='s'>\n<scenarios files='igb.xml' queues='2'/></suite>",
      "queues of its own" },
    { "<suite name='s'><scenarios files='one.xml'/>\n"
      "<scenarios files='one.xml'/></suite>",
      "suite.xml:2: \"one\"" },
    { "<suite name='s'>\n<sweep driver='good.inf' lives='nonsense'/></suite>",
      "suite.xml:2" },
    { "<suite name='s'>\n<sweep driver='none.inf'/></suite>", "no file" },
    { "<suite name='s'>\n<sweep driver='one.xml'/></suite>", "suite.xml:2" },
    { "<suite name='s' durations='none.ini'><scenarios files='one.xml'/>"
      "</suite>", "none.ini" },
    { "<suite name='s'><retention disk='0G'/><scenarios files='one.xml'/>"
      "</suite>", "disk" },
};

START_TEST(bad_suites_are_refused_with_their_line)
{
    const struct bad *b = &bads[_i];
    gboolean said = FALSE;

    load(b->text);
    ck_assert_ptr_null(suite);
    ck_assert_uint_gt(problems->len, 0);
    for (guint i = 0; i < problems->len; i++) {
        said |= strstr(problems->pdata[i], b->says) != NULL;
    }
    ck_assert_msg(said, "\"%s\" is not in: %s", b->says,
                  (char *)problems->pdata[0]);
}
END_TEST

START_TEST(a_file_that_never_ends_is_not_read)
{
    g_autofree char *fifo = g_build_filename(f->dir, "fifo.xml", NULL);

    ck_assert_int_eq(mkfifo(fifo, 0600), 0);
    ck_assert_ptr_null(rig_suite_load(fifo, &f->paths, problems));
    ck_assert_ptr_null(rig_suite_load("/dev/zero", &f->paths, problems));
    ck_assert_ptr_null(rig_suite_load("/", &f->paths, problems));
    ck_assert_uint_eq(problems->len, 3);
}
END_TEST

START_TEST(durations_and_sizes_have_a_unit)
{
    static const char *const wrong[] = { "", "5", "0s", "-1m", "5x", "5ms",
                                         "1000000d", "s" };
    unsigned s;
    uint64_t bytes;

    ck_assert(rig_parse_duration("90s", &s) && s == 90);
    ck_assert(rig_parse_duration("2d", &s) && s == 172800);
    for (guint i = 0; i < G_N_ELEMENTS(wrong); i++) {
        ck_assert_msg(!rig_parse_duration(wrong[i], &s), "%s", wrong[i]);
    }
    ck_assert(rig_parse_size("500M", &bytes) && bytes == 500 << 20);
    ck_assert(!rig_parse_size("5", &bytes) && !rig_parse_size("G", &bytes) &&
              !rig_parse_size("5GB", &bytes));
}
END_TEST

/* Not by each of its jobs, when the night is over. */
START_TEST(known_issues_are_read_before_the_night)
{
    g_autofree char *file = fixture_write(
        f, "suite.xml", "<suite name='s' known-issues='gone.xml'>"
        "<scenarios files='one.xml'/></suite>", -1);
    g_autofree char *good = fixture_write(f, "known.xml", "<known-issues/>",
                                          -1);
    char *gone_argv[] = { "nightly", "--list", file, NULL };
    char *good_argv[] = { "nightly", "--list", "--known", good, file, NULL };

    ck_assert_int_eq(rig_cmd_nightly(3, gone_argv), RIG_EXIT_USAGE);
    ck_assert_int_eq(rig_cmd_nightly(5, good_argv), RIG_EXIT_OK);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("suite");
    TCase *t = tcase_create("suite");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, scenarios_of_one_machine_share_a_job);
    tcase_add_test(t, a_matrix_is_every_value_with_every_other);
    tcase_add_test(t, drivers_are_an_axis);
    tcase_add_test(t, a_sweep_for_each_combination);
    tcase_add_test(t, a_pattern_or_matrix_without_measure_is_refused_at_once);
    tcase_add_test(t, what_the_root_says);
    tcase_add_loop_test(t, bad_suites_are_refused_with_their_line, 0,
                        G_N_ELEMENTS(bads));
    tcase_add_test(t, a_file_that_never_ends_is_not_read);
    tcase_add_test(t, durations_and_sizes_have_a_unit);
    tcase_add_test(t, known_issues_are_read_before_the_night);
    suite_add_tcase(s, t);
    return run_suite(s);
}
