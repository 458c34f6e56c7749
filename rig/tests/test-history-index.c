/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Units of the strips, index.xml and history.xml: by nights that are there as
 * files (results/tests/nights), and by runs made here.
 */
#include <check.h>
#include <glib/gstdio.h>
#include <libxml/parser.h>
#include <libxml/xpath.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "history-index.h"
#include "history-strip.h"
#include "results.h"
#include "run-suite.h"
#include "tests/fixture.h"

#define KEY "s@igb,at-connect"

static Fixture *f;
static unsigned runs;    /* made so far */

static void setup(void)
{
    f = fixture_new();
    runs = 0;
}

static void teardown(void)
{
    fixture_free(f);
}

static RigHistory *history(void)
{
    g_autoptr(GError) error = NULL;
    RigHistory *h = rig_history_open(f->dir, &error);

    ck_assert_msg(h, "%s", error ? error->message : "");
    return h;
}

/* --- golden nights -------------------------------------------------------- */

static char *golden(const char *name)
{
    return g_build_filename(g_getenv("RIG_HOME"), "results", "tests",
                            "nights", name, NULL);
}

static void link_golden(void)
{
    static const char *const names[] = { "runs", "nights" };

    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *target = golden(names[i]);
        g_autofree char *link = g_build_filename(f->dir, names[i], NULL);

        ck_assert_int_eq(symlink(target, link), 0);
    }
}

static void ck_valid(const char *text)
{
    g_autofree char *file = fixture_write(f, "valid.xml", text, -1);
    g_autofree char *schema = g_build_filename(g_getenv("RIG_HOME"),
                                               "results", "index.rng", NULL);
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);

    ck_assert_msg(rig_results_validate(file, schema, problems), "%s",
                  problems->len ? (char *)problems->pdata[0] : "");
}

/* String value of @path in @xml. */
static void ck_xpath(const char *xml, const char *path, const char *expected)
{
    xmlDoc *doc = xmlReadMemory(xml, strlen(xml), NULL, NULL,
                                XML_PARSE_NONET);
    xmlXPathContext *context = xmlXPathNewContext(doc);
    xmlXPathObject *value = xmlXPathEval((const xmlChar *)path, context);
    xmlChar *text = xmlXPathCastToString(value);

    ck_assert_msg(strcmp((const char *)text, expected) == 0,
                  "%s is \"%s\", not \"%s\"", path, (const char *)text,
                  expected);
    xmlFree(text);
    xmlXPathFreeObject(value);
    xmlXPathFreeContext(context);
    xmlFreeDoc(doc);
}

START_TEST(index_of_the_golden_nights_is_the_golden_index)
{
    g_autofree char *file = golden(RIG_INDEX_XML);
    g_autofree char *expected = NULL, *text = NULL;
    g_autoptr(RigHistory) h = NULL;

    link_golden();
    h = history();
    text = rig_history_index_text(h);
    ck_valid(text);
    ck_assert(g_file_get_contents(file, &expected, NULL, NULL));
    ck_assert_msg(strcmp(text, expected) == 0, "%s is not what \"rig report "
                  "--index --results results/tests/nights\" makes", file);
}
END_TEST

START_TEST(rebuilt_history_gives_the_same_bytes)
{
    g_autoptr(RigHistory) first = NULL, second = NULL;
    g_autofree char *a = NULL, *b = NULL, *c = NULL;

    link_golden();
    first = history();
    a = rig_history_index_text(first);
    b = rig_history_index_text(first);
    second = rig_history_rebuild(f->dir, NULL);
    c = rig_history_index_text(second);
    ck_assert_str_eq(a, b);
    ck_assert_str_eq(a, c);
}
END_TEST

START_TEST(history_of_a_run_ends_with_it)
{
    g_autofree char *text = NULL;
    g_autoptr(RigHistory) h = NULL;

    link_golden();
    h = history();
    text = rig_history_run_text(h, "20261123-010100-aaaa");
    ck_valid(text);
    ck_xpath(text, "count(//scenario)", "6");
    ck_xpath(text, "string(//scenario[@name='late']/@class)",
             "newly-failing");
    ck_xpath(text, "string(//scenario[@name='late']/since/@last-good)",
             "20261122-010100-aaaa");
    ck_xpath(text, "string(//cell[@run>'20261123-010100-aaaa'])", "");
    ck_xpath(text, "string(//scenario[@name='late']/strip/cell[last()]/@run)",
             "20261123-010100-aaaa");
}
END_TEST

/* --- runs made here ----------------------------------------------------------- */

/* One more run with the scenario KEY; @inputs is any word. */
static void add_run(const char *attributes, const char *verdict,
                    const char *inputs, const char *inside)
{
    g_autofree char *id = g_strdup_printf("2026-%04u", ++runs);
    g_autofree char *dir = g_build_filename(f->dir, "runs", id, NULL);
    g_autofree char *file = g_build_filename(dir, "run.xml", NULL);
    g_autofree char *xml = g_strdup_printf(
        "<run %s %s><scenario name='s' key='" KEY "' number='1'"
        " verdict='%s' as-expected='%s'><driver sys='d.sys' sha256='%s'/>"
        "<inputs sha256='%s'/>%s</scenario></run>",
        strstr(attributes, "complete=") ? "" : "complete='yes'", attributes,
        verdict,
        strcmp(verdict, "pass") == 0 ? "yes" : "no", inputs, inputs, inside);

    ck_assert_int_eq(g_mkdir_with_parents(dir, 0755), 0);
    ck_assert(g_file_set_contents(file, xml, -1, NULL));
}

/*
 * A run for each letter: p(ass), v(iolation), b(roken), s(kipped), u(ser
 * stopped it).
 */
static void add_runs(const char *letters)
{
    for (const char *p = letters; *p; p++) {
        g_autofree char *inputs = g_strdup_printf("inputs-%u", runs);

        add_run(*p == 'u' ? "complete='no'" : "",
                *p == 'p' ? "pass" : *p == 'v' ? "violation" :
                *p == 'b' || *p == 'u' ? "broken" : "skipped", inputs, "");
    }
}

static RigHistoryScenario *scenario(void)
{
    g_autoptr(RigHistory) h = history();

    return rig_history_scenario(h, KEY, NULL);
}

static void class_is(const char *name)
{
    g_autoptr(RigHistoryScenario) s = scenario();

    ck_assert_str_eq(rig_strip_class_name(s->strip->class), name);
}

START_TEST(class_follows_from_the_last_two_that_count)
{
    static const struct {
        const char *letters, *class;
    } t[] = {
        { "p", "passing" }, { "pp", "passing" }, { "v", "newly-failing" },
        { "pv", "newly-failing" }, { "pvv", "failing" },
        { "pvp", "newly-passing" }, { "pvsp", "newly-passing" },
        { "vs", "newly-failing" }, { "s", "never-judged" },
        { "pvsb", "failing" }, { "pvpp", "passing" },
        { "ppu", "passing" }, { "pup", "passing" }, { "vu", "newly-failing" },
        { "u", "never-judged" },
    };

    add_runs(t[_i].letters);
    class_is(t[_i].class);
}
END_TEST

START_TEST(same_inputs_with_two_verdicts_are_flaky)
{
    g_autoptr(RigHistoryScenario) s = NULL;
    const RigCell *newest, *other;

    add_run("", "violation", "same", "");
    add_run("", "pass", "other", "");
    add_run("", "pass", "same", "");
    s = scenario();
    ck_assert(s->strip->flaky);
    ck_assert_str_eq(rig_strip_class_name(s->strip->class), "flaky");
    newest = s->strip->cells->pdata[0];
    other = s->strip->cells->pdata[1];
    ck_assert(newest->flaky);
    ck_assert(!other->flaky);
}
END_TEST

START_TEST(other_inputs_or_a_skipped_result_make_nothing_flaky)
{
    add_run("", "violation", "a", "");
    add_run("", "pass", "b", "");
    add_run("", "skipped", "b", "");
    class_is("newly-passing");
}
END_TEST

START_TEST(pass_of_a_retry_is_no_pass)
{
    g_autoptr(RigHistoryScenario) s = NULL;

    add_run("night='n1'", "pass", "a", "");
    add_run("night='n2'", "violation", "b", "");
    add_run("night='n2'", "pass", "b", "");
    s = scenario();
    ck_assert_str_eq(rig_strip_class_name(s->strip->class), "flaky");
    ck_assert_uint_eq(s->strip->bad, 1);
    ck_assert_uint_eq(s->strip->counted, 3);
}
END_TEST

START_TEST(night_is_compared_with_the_one_before_not_with_itself)
{
    add_run("night='n1'", "violation", "a", "");
    add_run("night='n2'", "pass", "b", "");
    add_run("night='n2'", "pass", "c", "");
    class_is("newly-passing");
}
END_TEST

START_TEST(known_failure_is_of_its_own_class)
{
    g_autoptr(RigHistoryScenario) s = NULL;
    const RigCell *newest;

    add_runs("p");
    add_run("", "violation", "x", "<known id='late-failures' covers='all'/>");
    s = scenario();
    ck_assert_str_eq(rig_strip_class_name(s->strip->class), "known");
    newest = s->strip->newest;
    ck_assert_str_eq(newest->known, "late-failures");
    ck_assert(!newest->good);
}
END_TEST

START_TEST(first_bad_is_found_beyond_the_window)
{
    g_autoptr(RigHistoryScenario) s = NULL;

    add_runs("pp");
    for (unsigned i = 0; i < RIG_STRIP_WINDOW + 5; i++) {
        add_runs(i % 4 == 1 ? "s" : "v");
    }
    s = scenario();
    ck_assert_uint_eq(s->strip->cells->len, RIG_STRIP_WINDOW);
    ck_assert_str_eq(s->strip->first_bad->run, "2026-0003");
    ck_assert_str_eq(s->strip->last_good->run, "2026-0002");
    ck_assert_uint_eq(s->strip->bad, s->strip->counted);
}
END_TEST

START_TEST(what_was_never_good_has_no_last_good)
{
    g_autoptr(RigHistoryScenario) s = NULL;

    add_runs("vbv");
    s = scenario();
    ck_assert_str_eq(s->strip->first_bad->run, "2026-0001");
    ck_assert_ptr_null(s->strip->last_good);
    ck_assert_uint_eq(s->strip->changes->len, 0);
}
END_TEST

START_TEST(change_since_the_last_good_run_is_named)
{
    g_autoptr(RigHistoryScenario) s = NULL;
    const RigChange *driver, *rig;

    add_run("rig='0.1.0'", "pass", "0123456789abcdef", "");
    add_run("rig='0.2.0'", "violation", "fedcba9876543210", "");
    s = scenario();
    ck_assert(!s->strip->same_inputs);
    ck_assert_uint_eq(s->strip->changes->len, 2);
    driver = s->strip->changes->pdata[0];
    rig = s->strip->changes->pdata[1];
    ck_assert_str_eq(driver->what, "driver");
    ck_assert_str_eq(driver->from, "0123456789ab");
    ck_assert_str_eq(driver->to, "fedcba987654");
    ck_assert_str_eq(rig->what, "rig");
    ck_assert_str_eq(rig->from, "0.1.0");
    ck_assert_str_eq(rig->to, "0.2.0");
}
END_TEST

START_TEST(failure_without_any_change_says_so)
{
    g_autoptr(RigHistoryScenario) s = NULL;

    add_run("", "pass", "same", "");
    add_run("", "violation", "same", "");
    s = scenario();
    ck_assert_str_eq(rig_strip_class_name(s->strip->class), "newly-failing");
    ck_assert(s->strip->flaky);
    ck_assert(s->strip->same_inputs);
    ck_assert_uint_eq(s->strip->changes->len, 0);
}
END_TEST

#define POINTS(a, b) "<sweep><point text='init:A#1' outcome='" a "'/>" \
    "<point text='init:B#1' outcome='" b "'/></sweep>"

START_TEST(fault_point_has_a_strip_of_its_own)
{
    g_autoptr(RigHistoryScenario) s = NULL;
    const RigStrip *p;

    add_run("", "pass", "1", POINTS("clean-failure", "success"));
    add_run("", "pass", "2", POINTS("not-reached", "clean-failure"));
    add_run("", "violation", "3", POINTS("violation", "success"));
    s = scenario();
    ck_assert_uint_eq(s->points->len, 1);
    p = s->points->pdata[0];
    ck_assert_str_eq(p->name, "init:A#1");
    ck_assert_str_eq(rig_strip_class_name(p->class), "newly-failing");
    ck_assert_uint_eq(p->cells->len, 3);
    ck_assert_uint_eq(p->counted, 2);
    ck_assert_str_eq(p->last_good->run, "2026-0001");
}
END_TEST

START_TEST(fault_point_that_varies_without_a_change_is_flaky)
{
    g_autoptr(RigHistoryScenario) s = NULL;
    const RigStrip *p;

    add_run("", "pass", "same", POINTS("clean-failure", "success"));
    add_run("", "pass", "same", POINTS("success", "success"));
    s = scenario();
    ck_assert_uint_eq(s->points->len, 1);
    p = s->points->pdata[0];
    ck_assert_str_eq(rig_strip_class_name(p->class), "flaky");
}
END_TEST

/* Values of the interval as published: R, binom.confint(x, n,
   methods = "wilson"); none of 10: 0 and z^2 / (n + z^2). */
START_TEST(interval_is_that_of_wilson)
{
    double low, high;

    rig_strip_interval(0, 10, &low, &high);
    ck_assert_double_eq_tol(low, 0, 0.001);
    ck_assert_double_eq_tol(high, 27.753, 0.001);
    rig_strip_interval(5, 10, &low, &high);
    ck_assert_double_eq_tol(low, 23.659, 0.001);
    ck_assert_double_eq_tol(high, 76.341, 0.001);
    rig_strip_interval(1, 1, &low, &high);
    ck_assert_double_eq_tol(low, 20.655, 0.001);
    ck_assert_double_eq_tol(high, 100, 0.001);
}
END_TEST

START_TEST(hostile_run_gives_a_valid_index)
{
    g_autoptr(RigHistory) h = NULL;
    g_autofree char *text = NULL;
    g_autofree char *dir = g_build_filename(f->dir, "runs", "empty", NULL);
    g_autofree char *night = g_build_filename(f->dir, "nights", "n", NULL);
    g_autofree char *fifo = g_build_filename(night, "night.xml", NULL);

    ck_assert_int_eq(g_mkdir_with_parents(dir, 0755), 0);
    ck_assert_int_eq(g_mkdir_with_parents(night, 0755), 0);
    ck_assert_int_eq(mkfifo(fifo, 0600), 0);
    add_run("started='yesterday' night='' job='&lt;script&gt;'", "pass",
            "&lt;&#1;", "<title>a\002</title>");
    add_run("started='2026-01-01T00:00:00Z'", "pass", "x",
            "<title>&lt;b&gt;</title>" POINTS("nonsense", "success"));
    add_run("night='a&#10;b'", "excellent", "x", "");
    add_run("night='&#x9b;31m'", "excellent", "x", "");
    h = history();
    text = rig_history_index_text(h);
    ck_valid(text);
    ck_xpath(text, "string(//run[@id='empty']/@damaged)", "yes");
    ck_xpath(text, "string(//run[@id='2026-0001']/@damaged)", "yes");
    ck_xpath(text, "string(//night[@id='n']/@damaged)", "yes");
    ck_xpath(text, "count(//night)", "1");
    ck_xpath(text, "string(//scenario/@title)", "<b>");
    ck_xpath(text, "count(//scenario//cell)", "1");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("history-index");
    TCase *t = tcase_create("index");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, index_of_the_golden_nights_is_the_golden_index);
    tcase_add_test(t, rebuilt_history_gives_the_same_bytes);
    tcase_add_test(t, history_of_a_run_ends_with_it);
    tcase_add_loop_test(t, class_follows_from_the_last_two_that_count, 0, 15);
    tcase_add_test(t, same_inputs_with_two_verdicts_are_flaky);
    tcase_add_test(t, other_inputs_or_a_skipped_result_make_nothing_flaky);
    tcase_add_test(t, pass_of_a_retry_is_no_pass);
    tcase_add_test(t, night_is_compared_with_the_one_before_not_with_itself);
    tcase_add_test(t, known_failure_is_of_its_own_class);
    tcase_add_test(t, first_bad_is_found_beyond_the_window);
    tcase_add_test(t, what_was_never_good_has_no_last_good);
    tcase_add_test(t, change_since_the_last_good_run_is_named);
    tcase_add_test(t, failure_without_any_change_says_so);
    tcase_add_test(t, fault_point_has_a_strip_of_its_own);
    tcase_add_test(t, fault_point_that_varies_without_a_change_is_flaky);
    tcase_add_test(t, interval_is_that_of_wilson);
    tcase_add_test(t, hostile_run_gives_a_valid_index);
    suite_add_tcase(s, t);
    return run_suite(s);
}
