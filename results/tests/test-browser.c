/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The report in a real browser: it renders quietly and alone, says what
 * run.xml says where it says it, and works by mouse, keyboard, on a phone, in
 * the dark and on paper.
 *
 * Usage: test-browser RESULTS_DIR OUTPUT_DIR. Pages and pictures of them are
 * left in OUTPUT_DIR.
 */
#include <check.h>
#include <gio/gio.h>
#include <libxml/parser.h>
#include <libxml/xpath.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "browser.h"
#include "report.h"

static const char *results_dir, *out_dir;
static Browser *browser;

/* Every golden run, and its number of scenarios. */
static const struct {
    const char *name;
    int scenarios;
} golden[] = {
    { "demo", 9 }, { "mixed", 8 }, { "wide", 1 }, { "hostile", 1 },
    { "interrupted", 0 }, { "none", 2 },
};

static char *golden_file(const char *name)
{
    return g_build_filename(results_dir, "tests", "golden", name,
                            REPORT_RUN_XML, NULL);
}

/* Build the page of a golden run in OUTPUT_DIR and open it. */
static void open_golden(const char *name)
{
    g_autofree char *xml = golden_file(name);
    g_autofree char *dir = g_build_filename(out_dir, name, NULL);
    g_autofree char *copy = g_build_filename(dir, REPORT_RUN_XML, NULL);
    g_autofree char *page = g_build_filename(dir, REPORT_HTML, NULL);
    g_autofree char *text = NULL;
    g_autoptr(GError) error = NULL;
    gsize length;

    g_mkdir_with_parents(dir, 0755);
    if (!g_file_get_contents(xml, &text, &length, &error) ||
        !g_file_set_contents(copy, text, length, &error) ||
        report_write_with(results_dir, dir, &error) != 0) {
        ck_abort_msg("%s", error->message);
    }
    browser_open(browser, page);
}

static double number(const char *expression)
{
    g_autofree char *text = browser_eval(browser, expression);

    return g_ascii_strtod(text, NULL);
}

static void ck_js(const char *expression, const char *expected)
{
    g_autofree char *text = browser_eval(browser, expression);

    ck_assert_msg(strcmp(text, expected) == 0, "%s is %s, not %s",
                  expression, text, expected);
}

static void call(const char *method, const char *params)
{
    json_object_unref(browser_call(browser, method, params));
}

/* The whole page, or what of it is on the screen. */
static void screenshot(const char *name, gboolean whole)
{
    g_autofree char *file = g_strdup_printf("%s/%s.png", out_dir, name);

    browser_save(browser, "Page.captureScreenshot",
                 whole ? "{\"captureBeyondViewport\":true}" : NULL, file);
}

static void set_media(const char *media, const char *scheme)
{
    g_autofree char *params = g_strdup_printf(
        "{\"media\":\"%s\",\"features\":[{\"name\":\"prefers-color-scheme\","
        "\"value\":\"%s\"}]}", media, scheme);

    call("Emulation.setEmulatedMedia", params);
}

static void set_width(int width, int height)
{
    g_autofree char *params = g_strdup_printf(
        "{\"width\":%d,\"height\":%d,\"deviceScaleFactor\":1,"
        "\"mobile\":%s}", width, height, width < 600 ? "true" : "false");

    call("Emulation.setDeviceMetricsOverride", params);
}

static void open_all(void)
{
    g_autofree char *done = browser_eval(browser,
        "document.querySelectorAll('details').forEach(d => d.open = true)");
}

/* Number of scenario cards that are on the screen. */
#define SHOWN "[...document.querySelectorAll('.scenario')]" \
              ".filter(e => e.getClientRects().length).length"
#define ROWS  "[...document.querySelectorAll('.list tbody tr')]" \
              ".filter(e => e.getClientRects().length).length"

/* --- quiet and alone ------------------------------------------------------ */

START_TEST(page_renders_without_complaint_or_request)
{
    GPtrArray *said = browser_complaints(browser);
    GPtrArray *asked = browser_requests(browser);

    open_golden(golden[_i].name);
    ck_assert_int_eq((int)number(SHOWN), golden[_i].scenarios);
    ck_assert_msg(said->len == 0, "%s: %s", golden[_i].name,
                  said->len ? (char *)said->pdata[0] : "");
    for (guint i = 0; i < asked->len; i++) {
        const char *url = asked->pdata[i];

        ck_assert_msg(g_str_has_prefix(url, "data:") ||
                      (g_str_has_prefix(url, "file:") &&
                       g_str_has_suffix(url, "/" REPORT_HTML)),
                      "%s asks for %s", golden[_i].name, url);
    }
}
END_TEST

START_TEST(page_is_well_built)
{
    open_golden(golden[_i].name);
    open_all();
    /* Ids are unique, links inside the page lead somewhere. */
    ck_js("new Set([...document.querySelectorAll('[id]')].map(e => e.id))"
          ".size === document.querySelectorAll('[id]').length", "true");
    ck_js("[...document.querySelectorAll('a[href^=\"#\"], use')].filter(a =>"
          " !document.getElementById(a.getAttribute('href').slice(1)))"
          ".map(a => a.getAttribute('href')).join()", "");
    /* What assistive technology needs. */
    ck_js("[...document.querySelectorAll('h1,h2,h3,h4')].every((h, i, all) =>"
          " !i || h.tagName[1] - all[i - 1].tagName[1] <= 1)", "true");
    ck_js("[...document.querySelectorAll('th')].every(t => t.scope)", "true");
    ck_js("[...document.querySelectorAll('input, .chart, [role=region]')]"
          ".every(e => e.getAttribute('aria-label'))", "true");
    ck_js("document.documentElement.lang", "en");
    /* No number went wrong on the way. */
    ck_js("/NaN|Infinity/.test(document.body.innerHTML)", "false");
}
END_TEST

START_TEST(hostile_text_is_shown_as_text)
{
    open_golden("hostile");
    open_all();
    ck_js("document.scripts.length", "1");
    ck_js("document.querySelectorAll('img, iframe, b > b').length", "0");
    ck_js("[...document.querySelectorAll('*')].some(e => [...e.attributes]"
          ".some(a => /^on/.test(a.name)))", "false");
    ck_js("[...document.querySelectorAll('a')].some(a =>"
          " !/^(file:|#)/.test(a.href) && a.protocol !== 'file:')", "false");
    ck_js("document.querySelector('.scenario h3').textContent"
          ".startsWith('</title><script>alert(1)</script>')", "true");
    ck_js("document.body.innerText.includes('網卡 драйвер')", "true");
    /* Even a script that got in would not run. */
    ck_js("(() => { const s = document.createElement('script');"
          " s.textContent = 'window.broken = 1'; document.body.append(s);"
          " return window.broken; })()", "undefined");
}
END_TEST

/* --- the timeline says what run.xml says --------------------------------- */

/* The one number that @path finds in the golden run @name. */
static double in_run(const char *name, const char *path)
{
    g_autofree char *file = golden_file(name);
    xmlDocPtr doc = xmlReadFile(file, NULL, XML_PARSE_NONET);
    xmlXPathContextPtr context = xmlXPathNewContext(doc);
    xmlXPathObjectPtr value = xmlXPathEval(BAD_CAST path, context);
    double n = xmlXPathCastToNumber(value);

    xmlXPathFreeObject(value);
    xmlXPathFreeContext(context);
    xmlFreeDoc(doc);
    ck_assert_msg(!isnan(n), "%s has no %s", name, path);
    return n;
}

/* Column at the middle of what @selector finds in the chart of scenario 4. */
#define COLUMN(selector, of) \
    "(() => { const g = document.getElementById('s4c1-g');" \
    " const c = g.closest('svg');" \
    " const r = g.querySelector('" selector "').getBoundingClientRect();" \
    " return (" of " - c.getBoundingClientRect().x - c.dataset.x0) /" \
    " c.dataset.cw; })()"
#define MIDDLE "(r.x + r.width / 2)"
#define REGISTER "//scenario[@number=4]//call[@kind='register']"

START_TEST(marks_and_pins_stand_at_their_columns)
{
    g_autofree char *pin = NULL;
    double mark, at, halt;

    open_golden("demo");
    open_all();
    at = in_run("demo", "//scenario[@number=4]//mark[1]/@at");
    mark = number(COLUMN(".mark-line", MIDDLE));
    ck_assert_double_eq_tol(mark, at + .5, .05);

    /* The violation is at the end of MiniportHaltEx. */
    halt = in_run("demo", "//scenario[@number=4]"
                  "//phase[@name='MiniportHaltEx']/@to");
    ck_assert_double_eq_tol(mark, halt - .5, .05);

    /* Its first proof is the end of the registering call. */
    at = in_run("demo", REGISTER "/@to");
    pin = g_strdup_printf(COLUMN("[id=s4c1e%d] .dot", MIDDLE),
                          (int)in_run("demo", REGISTER "/@event-to"));
    ck_assert_double_eq_tol(number(pin), at - .5, .05);
}
END_TEST

START_TEST(lanes_cover_their_spans)
{
    open_golden("demo");
    open_all();
    ck_assert_double_eq_tol(
        number(COLUMN("[data-vector=\"1\"] .st-armed rect", "r.x")),
        in_run("demo", "//scenario[@number=4]//lane[@vector=1]"
               "/span[@state='armed']/@from"), .2);
    ck_assert_double_eq_tol(
        number(COLUMN("[data-vector=\"1\"] .st-armed rect", "r.right")),
        in_run("demo", "//scenario[@number=4]//lane[@vector=1]"
               "/span[@state='armed']/@to"), .2);
    ck_assert_double_eq_tol(
        number(COLUMN("[data-vector=\"1\"] .raised use", MIDDLE)),
        in_run("demo", "//scenario[@number=4]//lane[@vector=1]"
               "/raised[1]/@at") + .5, .2);
    ck_js("document.querySelector('#s4c1-g [data-vector=\"0\"] .raised title')"
          ".textContent.startsWith('vector 0: 8 interrupts, message sent')",
          "true");
    /* State is told apart without colour, and everything explains itself. */
    ck_js("getComputedStyle(document.querySelector('#s4c1-g .st-masked rect'))"
          ".fill.includes('p-masked')", "true");
    ck_js("[...document.querySelectorAll('.phase, .call, .span, .raised,"
          " .pin, .mark-line')].filter(e => !e.closest('.legend'))"
          ".every(e => e.querySelector('title').textContent)", "true");
}
END_TEST

START_TEST(labels_do_not_run_into_each_other)
{
    open_golden(golden[_i].name);
    open_all();
    ck_js("[...document.querySelectorAll('.chart')].map(chart => {"
          " const r = [...chart.querySelectorAll('.label text, .axis text,"
          " .pin text')].map(e => e.getBoundingClientRect());"
          " return r.filter((a, i) => r.some((b, j) => i < j &&"
          " Math.min(a.right, b.right) - Math.max(a.x, b.x) > 1 &&"
          " Math.min(a.bottom, b.bottom) - Math.max(a.y, b.y) > 4)).length;"
          "}).join('').replace(/0/g, '')", "");
}
END_TEST

START_TEST(proof_leads_into_the_timeline)
{
    open_golden("wide");
    open_golden("demo");
    set_width(700, 900);
    open_all();
    browser_click(browser, "#s4f2 .proof tbody tr:last-child a");
    ck_js("document.querySelector('.pin:target') !== null", "true");
    ck_js("(() => { const p = document.querySelector('.pin:target')"
          ".getBoundingClientRect();"
          " const s = document.querySelector('.pin:target')"
          ".closest('.graph').getBoundingClientRect();"
          " return p.right > s.x && p.x < s.right && p.bottom > 0 &&"
          " p.y < innerHeight; })()", "true");
    screenshot("proof-target", FALSE);
    set_width(1280, 900);
}
END_TEST

/* --- filter -------------------------------------------------------------- */

START_TEST(filter_works_by_mouse_without_script)
{
    call("Emulation.setScriptExecutionDisabled", "{\"value\":true}");
    open_golden("demo");
    ck_js("document.getElementById('tools').hidden", "true");
    browser_click(browser, "[for=f-pass]");
    ck_assert_int_eq((int)number(SHOWN), 3);
    ck_assert_int_eq((int)number(ROWS), 3);
    browser_click(browser, "[for=f-violation]");
    ck_assert_int_eq((int)number(SHOWN), 6);
    browser_click(browser, "[for=f-broken]");
    ck_assert_int_eq((int)number(SHOWN), 0);
    ck_js("getComputedStyle(document.querySelector('.none')).display",
          "block");
    browser_click(browser, "[for=f-all]");
    ck_assert_int_eq((int)number(SHOWN), 9);
    browser_click(browser, "#s9 summary");
    ck_js("document.querySelector('#s9 details').open", "true");
    call("Emulation.setScriptExecutionDisabled", "{\"value\":false}");
}
END_TEST

START_TEST(filter_works_by_keyboard)
{
    open_golden("mixed");
    ck_js("document.getElementById('f-all').focus() || 1", "1");
    browser_press(browser, "ArrowRight", 39);
    ck_js("document.activeElement.id", "f-odd");
    ck_assert_int_eq((int)number(SHOWN),
                     (int)in_run("mixed",
                                 "count(//scenario[@as-expected='no'])"));
    ck_js("getComputedStyle(document.querySelector('[for=f-odd]'))"
          ".outlineStyle", "solid");
    browser_press(browser, "ArrowRight", 39);
    ck_assert_int_eq((int)number(SHOWN),
                     (int)in_run("mixed",
                                 "count(//scenario[@verdict='pass'])"));
}
END_TEST

/* The clipboard may be out of reach: then the command is selected. */
#define COPIED \
    "Number(document.querySelector('#s4 .copy').textContent === 'Copied' ||" \
    " getSelection().toString().trim() ===" \
    " 'rig run scenarios/s06-halt-lacks-deregister.xml')"

START_TEST(script_adds_its_comforts)
{
    open_golden("demo");
    browser_click(browser, "#open-all");
    ck_js("document.querySelectorAll('.scenario > details[open]').length",
          "9");
    browser_click(browser, "#s4 .copy");
    for (int i = 0; i < 40 && number(COPIED) == 0; i++) {
        g_usleep(50000);
    }
    ck_assert_int_eq((int)number(COPIED), 1);
    browser_click(browser, "#close-all");
    ck_js("document.querySelectorAll('.scenario > details[open]').length",
          "0");
}
END_TEST

/* --- light, dark, narrow, paper ------------------------------------------ */

/* Lowest contrast of any text on the page (WCAG 2.1, 1.4.3). */
#define CONTRAST \
    "(() => { const rgb = t => t.match(/[\\d.]+/g).map(Number);" \
    "const lum = c => { const [r, g, b] = c.slice(0, 3).map(v => { v /= 255;" \
    " return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; });" \
    " return .2126 * r + .7152 * g + .0722 * b; };" \
    "let low = [99, ''];" \
    "document.querySelectorAll('body *').forEach(e => {" \
    " if (e.closest('svg') && e.tagName !== 'text') return;" \
    " if (![...e.childNodes].some(n => n.nodeType === 3 &&" \
    "  n.data.trim()) || !e.getClientRects().length) return;" \
    " const style = getComputedStyle(e);" \
    " const fore = rgb(e.tagName === 'text' ? style.fill : style.color);" \
    " let at = e, back = [0, 0, 0, 0];" \
    " while (at && (back.length > 3 && back[3] === 0)) {" \
    "  back = rgb(getComputedStyle(at).backgroundColor);" \
    "  at = at.parentElement; }" \
    " if (e.matches('.phase text')) back = rgb(getComputedStyle(" \
    "  e.parentElement.querySelector('rect')).fill);" \
    " if (e.matches('.lane text')) back = rgb(getComputedStyle(" \
    "  e.closest('.lane').querySelector('.st-armed rect') || e).fill);" \
    " const [a, b] = [lum(fore), lum(back)].sort((x, y) => y - x);" \
    " const ratio = (a + .05) / (b + .05);" \
    " if (ratio < low[0]) low = [ratio, e.outerHTML.slice(0, 200)]; });" \
    "return low.join(' '); })()"

static void check_contrast(const char *scheme)
{
    g_autofree char *low = NULL;

    set_media("", scheme);
    open_golden("mixed");
    open_all();
    low = browser_eval(browser, CONTRAST);
    ck_assert_msg(g_ascii_strtod(low, NULL) >= 4.5, "%s: contrast %s", scheme,
                  low);
}

START_TEST(light_and_dark_are_readable)
{
    g_autofree char *light = NULL, *dark = NULL;

    check_contrast("light");
    light = browser_eval(browser,
                         "getComputedStyle(document.body).backgroundColor");
    screenshot("mixed-light", TRUE);
    check_contrast("dark");
    dark = browser_eval(browser,
                        "getComputedStyle(document.body).backgroundColor");
    screenshot("mixed-dark", TRUE);
    ck_assert_str_ne(light, dark);

    open_golden("demo");
    screenshot("demo-dark", TRUE);
    set_media("", "light");
    open_golden("demo");
    screenshot("demo-light", TRUE);
    open_golden("wide");
    screenshot("wide-light", TRUE);
    open_golden("hostile");
    screenshot("hostile-light", TRUE);
}
END_TEST

START_TEST(phone_needs_no_sideways_scrolling)
{
    set_width(360, 740);
    open_golden(golden[_i].name);
    open_all();
    ck_assert_int_le((int)number("document.scrollingElement.scrollWidth"),
                     360);
    if (golden[_i].scenarios == 9) {
        screenshot("demo-phone", TRUE);
    }
    set_width(1280, 900);
}
END_TEST

/* All text of a PDF without white space: lines break where they like. */
static char *text_of_pdf(const char *file)
{
    g_autoptr(GError) error = NULL;
    const char *argv[] = { "pdftotext", file, "-", NULL };
    char *text = NULL, *to;
    int status;

    if (!g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL,
                      NULL, &text, NULL, &status, &error)) {
        ck_abort_msg("%s", error->message);
    }
    ck_assert_int_eq(status, 0);
    to = text;
    for (const char *from = text; *from; from++) {
        if (!g_ascii_isspace(*from)) {
            *to++ = *from;
        }
    }
    *to = 0;
    return text;
}

static int count(const char *text, const char *word)
{
    int n = 0;

    while ((text = strstr(text, word))) {
        text += strlen(word);
        n++;
    }
    return n;
}

START_TEST(paper_shows_everything)
{
    g_autofree char *file = g_strdup_printf("%s/%s.pdf", out_dir,
                                            golden[_i].name);
    g_autofree char *text = NULL;

    open_golden(golden[_i].name);
    /* A filter must not keep anything off the paper. */
    ck_js("document.getElementById('f-skipped').click() || 1", "1");
    browser_save(browser, "Page.printToPDF",
                 "{\"printBackground\":true,\"preferCSSPageSize\":true}",
                 file);
    text = text_of_pdf(file);
    if (strcmp(golden[_i].name, "demo") == 0) {
        /* From scenarios that are closed on the screen. */
        ck_assert_ptr_nonnull(strstr(text, "Deregistered,butthedevice"));
        ck_assert_ptr_nonnull(strstr(text,
                                     "rigrunscenarios/control-no-traffic"));
        ck_assert_int_ge(count(text, "callbacks"), 9); /* timelines */
        ck_assert_ptr_null(strstr(text, "Openall"));
    }
    ck_assert_ptr_nonnull(strstr(text, "Environmentandartifacts"));
}
END_TEST

START_TEST(paper_shows_closed_scenarios_without_script)
{
    call("Emulation.setScriptExecutionDisabled", "{\"value\":true}");
    open_golden("demo");
    set_media("print", "light");
    ck_js("[...document.querySelectorAll('.scenario .body')]"
          ".every(e => e.getBoundingClientRect().height > 100)", "true");
    ck_js("[...document.querySelectorAll('.strip')]"
          ".every(e => e.getBoundingClientRect().height > 50)", "true");
    set_media("", "light");
    call("Emulation.setScriptExecutionDisabled", "{\"value\":false}");
}
END_TEST

/* -------------------------------------------------------------------------- */

static Suite *suite(void)
{
    Suite *s = suite_create("report in a browser");
    TCase *t = tcase_create("page");
    int n = G_N_ELEMENTS(golden);

    tcase_set_timeout(t, 120);
    tcase_add_loop_test(t, page_renders_without_complaint_or_request, 0, n);
    tcase_add_loop_test(t, page_is_well_built, 0, n);
    tcase_add_test(t, hostile_text_is_shown_as_text);
    tcase_add_test(t, marks_and_pins_stand_at_their_columns);
    tcase_add_test(t, lanes_cover_their_spans);
    tcase_add_loop_test(t, labels_do_not_run_into_each_other, 0, n);
    tcase_add_test(t, proof_leads_into_the_timeline);
    tcase_add_test(t, filter_works_by_mouse_without_script);
    tcase_add_test(t, filter_works_by_keyboard);
    tcase_add_test(t, script_adds_its_comforts);
    tcase_add_test(t, light_and_dark_are_readable);
    tcase_add_loop_test(t, phone_needs_no_sideways_scrolling, 0, n);
    tcase_add_loop_test(t, paper_shows_everything, 0, n);
    tcase_add_test(t, paper_shows_closed_scenarios_without_script);
    suite_add_tcase(s, t);
    return s;
}

int main(int argc, char **argv)
{
    SRunner *runner;
    int failed;

    if (argc != 3) {
        g_printerr("usage: %s RESULTS_DIR OUTPUT_DIR\n", argv[0]);
        return 2;
    }
    results_dir = argv[1];
    out_dir = argv[2];
    g_mkdir_with_parents(out_dir, 0755);

    runner = srunner_create(suite());
    /* One browser serves all tests, so they share a process. */
    srunner_set_fork_status(runner, CK_NOFORK);
    browser = browser_start();
    set_width(1280, 900);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    browser_stop(browser);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
