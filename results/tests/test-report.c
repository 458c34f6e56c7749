/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * report.c: what it accepts and refuses, that the page holds what run.xml
 * holds, and that it stays small and quick however long the run was.
 *
 * Usage: test-report RESULTS_DIR
 */
#include <check.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <libxml/HTMLparser.h>
#include <libxml/xpath.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "commands.h"
#include "report.h"
#include "results.h"

static const char *results_dir;
static char *dir, *run_xml, *page; /* of the run under test */

static const char *const golden[] = { "demo", "mixed", "wide", "hostile",
                                      "interrupted", "none", "sweep" };

static void set_up(void)
{
    dir = g_dir_make_tmp("rig-report-XXXXXX", NULL);
    ck_assert_ptr_nonnull(dir);
    run_xml = g_build_filename(dir, REPORT_RUN_XML, NULL);
    page = g_build_filename(dir, REPORT_HTML, NULL);
}

static void unlink_in_dir(const char *name)
{
    g_autofree char *file = g_build_filename(dir, name, NULL);

    g_unlink(file);
}

static void tear_down(void)
{
    g_unlink(run_xml);
    g_unlink(page);
    unlink_in_dir(REPORT_JUNIT);
    unlink_in_dir(REPORT_SARIF);
    ck_assert_msg(g_rmdir(dir) == 0, "a file was left behind in %s", dir);
    g_free(page);
    g_free(run_xml);
    g_free(dir);
}

static void put(const char *text)
{
    ck_assert(g_file_set_contents(run_xml, text, -1, NULL));
}

static char *golden_text(const char *name)
{
    g_autofree char *file = g_build_filename(results_dir, "tests", "golden",
                                             name, REPORT_RUN_XML, NULL);
    char *text = NULL;

    ck_assert_msg(g_file_get_contents(file, &text, NULL, NULL), "no %s",
                  file);
    return text;
}

/* Build the page of @text and return it. */
static char *build(const char *text)
{
    g_autoptr(GError) error = NULL;
    char *html = NULL;

    put(text);
    ck_assert_msg(report_write_with(results_dir, dir, &error) == 0, "%s",
                  error ? error->message : "");
    ck_assert(g_file_get_contents(page, &html, NULL, NULL));
    return html;
}

static char *build_golden(const char *name)
{
    g_autofree char *text = golden_text(name);

    return build(text);
}

/* @from once replaced by @to in a golden run. */
static char *changed(const char *name, const char *from, const char *to)
{
    g_autofree char *text = golden_text(name);
    char *at = strstr(text, from);

    ck_assert_msg(at != NULL, "%s holds no %s", name, from);
    return g_strdup_printf("%.*s%s%s", (int)(at - text), text, to,
                           at + strlen(from));
}

/* The run must be refused, and the message name it and hold @hint. */
static void refused(const char *text, const char *hint)
{
    g_autoptr(GError) error = NULL;

    put(text);
    ck_assert_int_eq(report_write_with(results_dir, dir, &error), -1);
    ck_assert_ptr_nonnull(error);
    ck_assert_msg(g_error_matches(error, G_IO_ERROR,
                                  G_IO_ERROR_INVALID_DATA) &&
                  strstr(error->message, run_xml) &&
                  strstr(error->message, hint), "%s", error->message);
}

/* XPath over the page, as text. */
static char *in_page(const char *html, const char *path)
{
    xmlDocPtr doc = htmlReadMemory(html, strlen(html), NULL, "UTF-8",
                                   HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING |
                                   HTML_PARSE_NONET);
    xmlXPathContextPtr context = xmlXPathNewContext(doc);
    xmlXPathObjectPtr value = xmlXPathEval(BAD_CAST path, context);
    xmlChar *text;
    char *copy;

    ck_assert_msg(value != NULL, "%s", path);
    text = xmlXPathCastToString(value);
    copy = g_strstrip(g_strdup((char *)text));
    xmlFree(text);
    xmlXPathFreeObject(value);
    xmlXPathFreeContext(context);
    xmlFreeDoc(doc);
    return copy;
}

static void ck_page(const char *html, const char *path, const char *expected)
{
    g_autofree char *text = in_page(html, path);

    ck_assert_msg(strcmp(text, expected) == 0, "%s is %s, not %s", path, text,
                  expected);
}

/* --- input ---------------------------------------------------------------- */

START_TEST(golden_run_gives_a_page)
{
    g_autofree char *html = build_golden(golden[_i]);
    g_autofree char *again = build_golden(golden[_i]);

    ck_assert(g_str_has_prefix(html, "<!DOCTYPE html"));
    ck_assert(g_str_has_suffix(g_strchomp(html), "</html>"));
    /* A pure function of the run. */
    ck_assert_str_eq(html, g_strchomp(again));
}
END_TEST

/* A number that an XPath over junit.xml gives. */
static int in_junit(const char *path)
{
    g_autofree char *file = g_build_filename(dir, REPORT_JUNIT, NULL);
    xmlDocPtr doc = xmlReadFile(file, NULL, XML_PARSE_NONET);
    xmlXPathContextPtr context = xmlXPathNewContext(doc);
    xmlXPathObjectPtr value = xmlXPathEval(BAD_CAST path, context);
    int number;

    ck_assert_msg(value != NULL, "%s", path);
    number = (int)xmlXPathCastToNumber(value);
    xmlXPathFreeObject(value);
    xmlXPathFreeContext(context);
    xmlFreeDoc(doc);
    return number;
}

START_TEST(junit_is_valid_and_counts_what_it_holds)
{
    static const struct { const char *attribute, *elements; } counts[] = {
        { "sum(//testsuite/@tests)", "count(//testcase)" },
        { "sum(//testsuite/@failures)", "count(//testcase/failure)" },
        { "sum(//testsuite/@errors)", "count(//testcase/error)" },
        { "sum(//testsuite/@skipped)", "count(//testcase/skipped)" },
        { "sum(/testsuites/@failures)", "sum(//testsuite/@failures)" },
    };
    g_autofree char *html = build_golden(golden[_i]);
    g_autofree char *file = g_build_filename(dir, REPORT_JUNIT, NULL);
    g_autofree char *schema = g_build_filename(results_dir, "tests",
                                               "junit.rng", NULL);
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);

    ck_assert_msg(rig_results_validate(file, schema, problems), "%s",
                  (char *)problems->pdata[0]);
    for (guint i = 0; i < G_N_ELEMENTS(counts); i++) {
        ck_assert_int_eq(in_junit(counts[i].attribute),
                         in_junit(counts[i].elements));
    }
}
END_TEST

START_TEST(missing_run_is_refused)
{
    g_autoptr(GError) error = NULL;

    ck_assert_int_eq(report_write_with(results_dir, dir, &error), -1);
    ck_assert(g_error_matches(error, G_IO_ERROR,
                              G_IO_ERROR_INVALID_DATA));
    ck_assert(!g_file_test(page, G_FILE_TEST_EXISTS));
}
END_TEST

START_TEST(cut_off_run_is_refused_with_its_line)
{
    g_autofree char *text = golden_text("demo");

    text[strlen(text) / 2] = 0;
    refused(text, "run.xml:");
    refused("", "run.xml");
    refused("not XML", "run.xml:1:");
}
END_TEST

START_TEST(document_type_is_refused)
{
    g_autofree char *text = changed("demo", "<run ",
        "<!DOCTYPE run [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;&a;'>]>\n<run ");

    refused(text, "document type");
}
END_TEST

static const struct {
    const char *from, *to, *hint;
} breaks[] = {
    { "verdict=\"violation\"", "verdict=\"failed\"", "verdict" },
    { "<summary", "<surprise/><summary", "surprise" },
    { "sha256=\"", "sha256=\"XX", "artifact" },
    { "status=\"0xC000009A\"", "status=\"-1\"", "step" },
    { "columns=\"", "columns=\"99", "timeline" },
    { "vector=\"0\"", "vector=\"4000\"", "lane" },
    { "class=\"0x0B\"", "class=\"0x0C\"", "class" },
    { "complete=\"yes\"", "complete=\"\"", "complete" },
    { "version=\"1\"", "version=\"2\"", "version" },
};

START_TEST(invalid_run_is_refused_with_its_line)
{
    g_autofree char *text = changed("demo", breaks[_i].from, breaks[_i].to);

    refused(text, "run.xml:");
    refused(text, breaks[_i].hint);
}
END_TEST

START_TEST(old_page_survives_a_failure)
{
    g_autofree char *html = build_golden("demo"), *after = NULL;

    refused("<run/>", "run");
    ck_assert(g_file_get_contents(page, &after, NULL, NULL));
    ck_assert_str_eq(html, after);
}
END_TEST

START_TEST(missing_style_is_named)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text = golden_text("demo");

    put(text);
    ck_assert_int_eq(report_write_with(dir, dir, &error), -1);
    ck_assert_ptr_nonnull(strstr(error->message, "result.rng"));
}
END_TEST

START_TEST(page_is_readable_by_all)
{
    g_autofree char *html = build_golden("demo");
    GStatBuf st;

    ck_assert_int_eq(g_stat(page, &st), 0);
    ck_assert_int_eq(st.st_mode & 0444, 0444);
}
END_TEST

/* --- rig report ------------------------------------------------------------ */

static GString *printed;

static void keep_print(const char *text)
{
    g_string_append(printed, text);
}

/* Exit status of "rig report" with up to two arguments. */
static int rig_report(const char *one, const char *two)
{
    char *argv[] = { "report", (char *)one, (char *)two, NULL };

    return rig_cmd_report(1 + (one != NULL) + (two != NULL), argv);
}

START_TEST(command_builds_pages_and_names_what_it_cannot)
{
    g_autofree char *home = g_path_get_dirname(results_dir);
    g_autofree char *text = golden_text("demo");

    printed = g_string_new(NULL);
    g_set_print_handler(keep_print);
    g_set_printerr_handler(keep_print);
    g_setenv("RIG_HOME", home, TRUE);
    put(text);

    ck_assert_int_eq(rig_report(dir, NULL), RIG_EXIT_OK);
    ck_assert(g_str_has_prefix(printed->str, page));
    ck_assert_int_eq(g_unlink(page), 0);
    ck_assert_int_eq(rig_report(run_xml, NULL), RIG_EXIT_OK);
    ck_assert_int_eq(g_unlink(page), 0);

    /* The second is built although the first cannot be. */
    ck_assert_int_eq(rig_report("/nonexistent", dir), RIG_EXIT_USAGE);
    ck_assert(g_file_test(page, G_FILE_TEST_EXISTS));
    ck_assert_ptr_nonnull(strstr(printed->str, "/nonexistent/run.xml"));

    ck_assert_int_eq(rig_report(NULL, NULL), RIG_EXIT_USAGE);
    ck_assert_int_eq(rig_report("--surprise", NULL), RIG_EXIT_USAGE);
    g_string_free(printed, TRUE);
}
END_TEST

/* --- what the page holds -------------------------------------------------- */

START_TEST(page_stands_alone)
{
    g_autofree char *html = build_golden(golden[_i]);

    ck_page(html, "count(//script)", "3");
    ck_page(html, "count(//style)", "1");
    ck_page(html, "count(//@style)", "0");
    ck_page(html, "count(//*/@*[starts-with(name(), 'on')])", "0");
    ck_page(html, "count(//img | //iframe | //object | //embed | //base)",
            "0");
    ck_page(html, "count(//link[not(starts-with(@href, 'data:'))])", "0");
    ck_page(html, "count(//*[@src])", "0");
    ck_page(html, "count(//*/@href[not(starts-with(., '#') or "
            "starts-with(., './') or starts-with(., 'data:'))])", "0");
    ck_assert_ptr_null(strstr(html, "url(h"));
    ck_assert_ptr_null(strstr(html, "@import"));
}
END_TEST

/* The @n-th text between @open and @close, hashed as a browser does. */
static char *hash_of(const char *html, const char *open, const char *close,
                     int n)
{
    const char *from = html;
    gsize length, size = 32;
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
    g_autofree char *base64 = NULL;
    guint8 digest[32];

    for (int i = 0; i < n; i++) {
        from = strstr(from, open) + strlen(open);
    }
    length = strstr(from, close) - from;
    g_checksum_update(sum, (const guchar *)from, length);
    g_checksum_get_digest(sum, digest, &size);
    base64 = g_base64_encode(digest, size);
    return g_strdup_printf("'sha256-%s'", base64);
}

START_TEST(policy_admits_our_scripts_and_style_only)
{
    g_autofree char *html = build_golden("hostile");
    g_autofree char *style = hash_of(html, "<style>", "</style>", 1);
    g_autofree char *one = hash_of(html, "<script>", "</script>", 1);
    g_autofree char *two = hash_of(html, "<script>", "</script>", 2);
    g_autofree char *three = hash_of(html, "<script>", "</script>", 3);
    g_autofree char *expected = g_strdup_printf(
        "default-src 'none'; img-src data:; style-src %s; script-src %s %s "
        "%s; base-uri 'none'; form-action 'none'", style, one, two, three);

    ck_page(html, "string(//meta[@http-equiv='Content-Security-Policy']"
            "/@content)", expected);
}
END_TEST

START_TEST(hostile_text_is_escaped)
{
    g_autofree char *html = build_golden("hostile");

    ck_assert_ptr_nonnull(strstr(html, "&lt;script&gt;alert(1)"));
    ck_assert_ptr_null(strstr(html, "<script>alert"));
    ck_assert_ptr_null(strstr(html, "<img"));
    ck_assert_ptr_null(strstr(html, "href=\"javascript:"));
    ck_assert_ptr_nonnull(strstr(html, "網卡 драйвер 🔥"));
}
END_TEST

START_TEST(headline_and_tiles_tell_the_verdict)
{
    g_autofree char *demo = build_golden("demo");
    g_autofree char *mixed = build_golden("mixed");
    g_autofree char *wide = build_golden("wide");
    g_autofree char *cut = build_golden("interrupted");

    ck_page(demo, "normalize-space(//h1)", "All 9 scenarios as expected");
    ck_page(demo, "normalize-space(//dl[@class='score'])",
            "Seeded defects found6 of 6False alarms on clean controls0 of 3");
    ck_page(mixed, "normalize-space(//h1)",
            "5 of 8 scenarios not as expected");
    ck_page(mixed, "normalize-space(//label[@for='f-violation'])",
            "3violation");
    ck_page(wide, "normalize-space(//h1)", "Pass, as expected");
    ck_page(cut, "normalize-space(//h1)", "Interrupted run");
}
END_TEST

START_TEST(failures_come_first)
{
    g_autofree char *html = build_golden("mixed");

    ck_page(html, "string(//article[1]/@id)", "s2");
    ck_page(html, "count(//article)", "8");
    /* Once something as expected has come, nothing unexpected follows. */
    ck_page(html, "count(//article[contains(@class, 'x-no') and "
            "preceding-sibling::article[contains(@class, 'x-yes')]])", "0");
    /* Unexpected ones are open, the others closed. */
    ck_page(html, "count(//article[contains(@class, 'x-no')]"
            "/details[not(@open)])", "0");
    ck_page(html, "count(//article[contains(@class, 'x-yes')]"
            "/details[@open])", "0");
}
END_TEST

START_TEST(scenario_holds_its_evidence)
{
    g_autofree char *html = build_golden("demo");

    ck_page(html, "count(//article[@id='s4']//section[contains(@class, "
            "'finding')])", "2");
    ck_page(html, "count(//*[@id='s4f1']//table[@class='proof']/tbody/tr)",
            "5");
    ck_page(html, "count(//*[@id='s4']//table[@class='evidence']/tbody/tr)",
            "3");
    ck_page(html, "normalize-space(//*[@id='s1']//*[@class='r-skipped'][1]"
            "/td[1])", "skipped: init failed");
    ck_page(html, "string(//*[@id='s4']//section[@class='reproduce']//pre)",
            "rig run scenarios/s06-halt-lacks-deregister.xml");
    ck_page(html, "count(//*[@id='s4']//*[@class='lane'])", "4");
    ck_page(html, "count(//*[@id='s4c1-g']//*[@class='mark-line'])", "2");
    ck_page(html, "count(//*[@id='s1c1-g']//*[@class='call k-fault'])", "1");
    /* Proof and pins: as many targets as links lead to. */
    ck_page(html, "count(//*[@id='s4c1-g']//*[@class='pin'])", "6");
}
END_TEST

/* Every point has a cell, every step a row, and findings their command. */
START_TEST(fault_map_shows_every_point)
{
    g_autofree char *html = build_golden("sweep");

    ck_page(html, "count(//section[@class='sweep'])", "1");
    ck_page(html, "count(//div[@class='map']//span[@class='cells']/span)",
            "57");
    ck_page(html, "count(//div[@class='map-row'])", "4");
    ck_page(html, "count(//div[@class='map']//span[@title='init:"
            "NdisMRegisterScatterGatherDma#1: clean failure, 4 of 29 pairs not "
            "clean'])", "1");
    ck_page(html, "count(//section[@class='sweep']//code[@class='again'])",
            "6");
    ck_page(html, "string(//section[@class='sweep']//td[@class='what']"
            "/code[@class='again'])", "rig sweep build/drivers/s21/rignic.inf "
            "--k 2 --lives none --occasions 4 --only 'init:"
            "NdisMRegisterScatterGatherDma#1+device:all-ones@10'");
    ck_page(html, "count(//caption[contains(., 'Found by k=2, not by k=1')])",
            "1");
    ck_assert_ptr_nonnull(strstr(html, "769 of 769 cycles; 535 calls"));
    ck_assert_ptr_nonnull(strstr(html, "38 more pairs were found"));
}
END_TEST

START_TEST(machine_says_whether_it_was_deterministic)
{
    g_autofree char *html = build_golden("mixed");
    g_autofree char *text = in_page(html, "normalize-space(//*[@id='m1'])");

    ck_assert_ptr_nonnull(strstr(text, "Not deterministic: the event stream "
                                 "differs from that of run "
                                 "20261122-170212-91bc from event 412 on"));
    ck_page(html, "normalize-space(//*[@id='m2']//h3)",
            "Machine 2 start failed");
}
END_TEST

START_TEST(wide_run_draws_every_vector)
{
    g_autofree char *html = build_golden("wide");

    ck_page(html, "count(//*[@class='lane'])", "64");
    ck_page(html, "string(//svg[@class='chart']/@data-columns)", "422");
    ck_page(html, "count(//svg[@class='strip'])", "3");
}
END_TEST

/* --- limits --------------------------------------------------------------- */

/* A timeline as long as the schema allows, full in every row. */
static void add_timeline(GString *out, int columns, int vectors)
{
    g_string_append_printf(out, "<timeline columns='%d'>", columns);
    for (int c = 0; c + 1 < columns; c += 2) {
        g_string_append_printf(out, "<call name='NdisCall%d' kind='%s' "
                               "from='%d' to='%d' event-from='%d' "
                               "event-to='%d' ns-from='%d' ns-to='%d'/>", c,
                               c % 16 ? "other" : "register", c, c + 1,
                               c, c + 1, c * 1000, c * 1000 + 500);
    }
    for (int v = 0; v < vectors; v++) {
        g_string_append_printf(out, "<lane vector='%d'>", v);
        for (int c = 0; c + 1 < columns; c += 4) {
            g_string_append_printf(out, "<span state='armed' from='%d' "
                                   "to='%d'/><raised at='%d' count='3' "
                                   "outcome='sent' event='%d'/>", c, c + 4,
                                   c, c);
        }
        g_string_append(out, "</lane>");
    }
    g_string_append(out, "</timeline>");
}

static void add_scenario(GString *out, int number, int findings, int cycles,
                         int columns, int vectors)
{
    int proofs = number == 1 ? 100 : 10;

    g_string_append_printf(out, "<scenario name='n%d' file='f' number='%d' "
                           "verdict='violation' expected='pass' "
                           "as-expected='no' control='no' cycles='%d'>"
                           "<title>t</title><sentence>s</sentence>", number,
                           number, cycles);
    for (int i = 1; i <= findings; i++) {
        g_string_append_printf(out, "<finding number='%d' rule='R' "
                               "level='strict' id='not-released' "
                               "verdict='violation' class='0x08' "
                               "witness='api' cycle='1' boundary='b' "
                               "event='%d'><sentence>s</sentence>", i, i);
        for (int p = 0; p < proofs; p++) {
            g_string_append_printf(out, "<proof event='%d'>p</proof>",
                                   i * 50 + p);
        }
        g_string_append(out, "</finding>");
    }
    for (int i = 1; i <= cycles; i++) {
        g_string_append_printf(out, "<cycle number='%d' verdict='violation' "
                               "end='done'>", i);
        add_timeline(out, columns, vectors);
        g_string_append(out, "</cycle>");
    }
    g_string_append(out, "</scenario>");
}

static char *made_run(int scenarios, int findings, int cycles, int columns,
                      int vectors)
{
    GString *out = g_string_new(NULL);

    g_string_append_printf(out, "<run version='1' id='x' rig='0' "
        "started='2026-01-01T00:00:00Z' complete='yes' command='c'>"
        "<environment/><summary scenarios='%d' pass='0' violation='%d' "
        "broken='0' inconclusive='0' skipped='0' as-expected='0' seeded='0' "
        "seeded-found='0' controls='0' false-alarms='0'/>", scenarios,
        scenarios);
    for (int i = 1; i <= scenarios; i++) {
        add_scenario(out, i, findings, cycles, columns, vectors);
    }
    g_string_append(out, "</run>");
    return g_string_free(out, FALSE);
}

/*
 * scenarios, findings, cycles, columns, vectors; largest page in MiB.
 * Each is built in under 2 s on an idle machine. SECONDS of CPU time leaves
 * room for one that is busy, where they cost twice as much.
 */
static const struct {
    int scenarios, findings, cycles, columns, vectors, mib;
} loads[] = {
    { 100, 2, 1, 120, 4, 12 },  /* many scenarios, each as real ones are */
    { 1, 1, 64, 400, 4, 4 },    /* as many cycles as rig writes */
    { 1, 60, 1, 4096, 8, 8 },   /* as wide as the schema allows */
    { 1, 1, 1, 200, 300, 8 },   /* more vectors than are drawn */
    { 1000, 0, 0, 1, 1, 5 },    /* only a list */
};

#ifdef __SANITIZE_ADDRESS__
#define SECONDS 30.0
#else
#define SECONDS 4.0
#endif

START_TEST(large_run_stays_bounded)
{
    g_autofree char *text = made_run(loads[_i].scenarios, loads[_i].findings,
                                     loads[_i].cycles, loads[_i].columns,
                                     loads[_i].vectors);
    clock_t start = clock();
    g_autofree char *html = build(text);
    double took = (double)(clock() - start) / CLOCKS_PER_SEC;

    ck_assert_msg(took < SECONDS, "%.2f s", took);
    ck_assert_uint_lt(strlen(html), (size_t)loads[_i].mib << 20);
    ck_assert_ptr_null(strstr(html, "NaN"));
}
END_TEST

START_TEST(what_is_left_out_is_said)
{
    g_autofree char *text = made_run(1, 30, 1000, 8, 70);
    g_autofree char *html = build(text);
    g_autofree char *all = in_page(html, "normalize-space(//main)");

    ck_page(html, "count(//svg[@class='chart'])", "8");
    ck_assert_ptr_nonnull(strstr(all, "The first 20 of 30 are shown"));
    ck_assert_ptr_nonnull(strstr(all, "The first 200 of 1000 are shown"));
    ck_assert_ptr_nonnull(strstr(all, "The first 64 of 70 are shown"));
    ck_assert_ptr_nonnull(strstr(all, "The first 40 of 100 are shown"));
}
END_TEST

START_TEST(oversized_run_is_refused)
{
    put("<run/>");
    ck_assert_int_eq(truncate(run_xml, (off_t)REPORT_XML_MAX + 1), 0);

    g_autoptr(GError) error = NULL;
    ck_assert_int_eq(report_write_with(results_dir, dir, &error), -1);
    ck_assert(g_error_matches(error, G_IO_ERROR,
                              G_IO_ERROR_INVALID_DATA));
    ck_assert_ptr_nonnull(strstr(error->message, "64 MiB"));
}
END_TEST

/* -------------------------------------------------------------------------- */

static Suite *suite(void)
{
    Suite *s = suite_create("report");
    TCase *t = tcase_create("report");
    int n = G_N_ELEMENTS(golden);

    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, golden_run_gives_a_page, 0, n);
    tcase_add_loop_test(t, junit_is_valid_and_counts_what_it_holds, 0, n);
    tcase_add_test(t, missing_run_is_refused);
    tcase_add_test(t, cut_off_run_is_refused_with_its_line);
    tcase_add_test(t, document_type_is_refused);
    tcase_add_loop_test(t, invalid_run_is_refused_with_its_line, 0,
                        G_N_ELEMENTS(breaks));
    tcase_add_test(t, old_page_survives_a_failure);
    tcase_add_test(t, missing_style_is_named);
    tcase_add_test(t, page_is_readable_by_all);
    tcase_add_test(t, command_builds_pages_and_names_what_it_cannot);
    tcase_add_loop_test(t, page_stands_alone, 0, n);
    tcase_add_test(t, policy_admits_our_scripts_and_style_only);
    tcase_add_test(t, hostile_text_is_escaped);
    tcase_add_test(t, headline_and_tiles_tell_the_verdict);
    tcase_add_test(t, failures_come_first);
    tcase_add_test(t, scenario_holds_its_evidence);
    tcase_add_test(t, fault_map_shows_every_point);
    tcase_add_test(t, machine_says_whether_it_was_deterministic);
    tcase_add_test(t, wide_run_draws_every_vector);
    tcase_add_loop_test(t, large_run_stays_bounded, 0, G_N_ELEMENTS(loads));
    tcase_add_test(t, what_is_left_out_is_said);
    tcase_add_test(t, oversized_run_is_refused);
    suite_add_tcase(s, t);
    return s;
}

int main(int argc, char **argv)
{
    SRunner *runner;
    int failed;

    if (argc != 2) {
        g_printerr("usage: %s RESULTS_DIR\n", argv[0]);
        return 2;
    }
    results_dir = g_canonicalize_filename(argv[1], NULL);
    runner = srunner_create(suite());
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
