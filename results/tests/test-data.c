/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What other programs read of a run, JUnit and SARIF: byte for byte as in the
 * golden directories, and what SARIF 2.1.0 asks for beyond its JSON schema
 * (which test-sarif.mjs has). All that is made of a run, the page too, comes
 * out the same from another place, at another time zone and language; a golden
 * page would only repeat style.css and the scripts, which it holds.
 *
 * Usage: test-data RESULTS_DIR [--write]: put what is made now into the golden
 * directories.
 */
#include <check.h>
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "report.h"

static const char *results_dir;
static gboolean writes;  /* what is made now is what shall be */

static const char *const golden[] = { "demo", "mixed", "wide", "hostile",
                                      "interrupted", "none", "sweep" };
static const char *const data[] = { REPORT_JUNIT, REPORT_SARIF };
/* Beside which golden runs these lie. */
static const char *const kept[] = { "demo", "interrupted", "sweep" };

static char *golden_file(const char *run, const char *name)
{
    return g_build_filename(results_dir, "tests", "golden", run, name, NULL);
}

static char *text_of(const char *dir, const char *name)
{
    g_autofree char *file = g_build_filename(dir, name, NULL);
    char *text = NULL;

    ck_assert_msg(g_file_get_contents(file, &text, NULL, NULL), "no %s", file);
    return text;
}

/* A new directory with the golden run @name, and all that is made of it. */
static char *make(const char *name, const char *template)
{
    g_autofree char *from = golden_file(name, REPORT_RUN_XML);
    g_autoptr(GError) error = NULL;
    char *dir = g_dir_make_tmp(template, NULL);
    g_autofree char *to = g_build_filename(dir, REPORT_RUN_XML, NULL);
    g_autofree char *text = NULL;
    gsize length;

    ck_assert(g_file_get_contents(from, &text, &length, NULL));
    ck_assert(g_file_set_contents(to, text, length, NULL));
    ck_assert_msg(report_write_with(results_dir, dir, &error) == 0, "%s",
                  error ? error->message : "");
    return dir;
}

static void remove_made(char *dir)
{
    static const char *const names[] = { REPORT_RUN_XML, REPORT_HTML,
                                         REPORT_JUNIT, REPORT_SARIF };

    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *file = g_build_filename(dir, names[i], NULL);

        g_unlink(file);
    }
    ck_assert_int_eq(g_rmdir(dir), 0);
    g_free(dir);
}

START_TEST(junit_and_sarif_are_the_golden_bytes)
{
    char *dir = make(kept[_i], "rig-data-XXXXXX");

    for (guint i = 0; i < G_N_ELEMENTS(data); i++) {
        g_autofree char *file = golden_file(kept[_i], data[i]);
        g_autofree char *expected = NULL, *made = text_of(dir, data[i]);

        if (writes) {
            ck_assert(g_file_set_contents(file, made, -1, NULL));
        }
        ck_assert_msg(g_file_get_contents(file, &expected, NULL, NULL) &&
                      strcmp(expected, made) == 0, "%s is another one now; if "
                      "that is meant, \"make golden\" writes it", file);
    }
    remove_made(dir);
}
END_TEST

START_TEST(elsewhere_and_later_the_same_bytes_are_made)
{
    static const char *const all[] = { REPORT_HTML, REPORT_JUNIT,
                                       REPORT_SARIF };
    char *here = make(golden[_i], "rig-data-XXXXXX"), *there;

    g_setenv("TZ", "Asia/Kathmandu", TRUE); /* a child of its own: Check */
    tzset();
    g_setenv("LANG", "de_DE.UTF-8", TRUE);
    setlocale(LC_ALL, "");
    ck_assert_int_eq(chdir("/"), 0);
    there = make(golden[_i], "rig-data in another place-XXXXXX");
    for (guint i = 0; i < G_N_ELEMENTS(all); i++) {
        g_autofree char *a = text_of(here, all[i]);
        g_autofree char *b = text_of(there, all[i]);

        ck_assert_msg(strcmp(a, b) == 0, "%s of %s differs", all[i],
                      golden[_i]);
    }
    remove_made(here);
    remove_made(there);
}
END_TEST

/* --- SARIF ----------------------------------------------------------------- */

static const char *member_text(JsonObject *o, const char *name)
{
    ck_assert_msg(json_object_has_member(o, name), "no \"%s\"", name);
    return json_object_get_string_member(o, name);
}

/* 3.4.3: an absolute or relative URI of RFC 3986; here without spaces. */
static void check_uri(JsonObject *location)
{
    JsonObject *physical = json_object_get_object_member(location,
                                                         "physicalLocation");
    JsonObject *artifact = json_object_get_object_member(physical,
                                                         "artifactLocation");
    const char *uri = member_text(artifact, "uri");
    g_autofree char *absolute = g_uri_resolve_relative(
        "file:///", uri, G_URI_FLAGS_NONE, NULL);

    ck_assert_msg(absolute != NULL, "%s", uri);
    ck_assert_msg(!strpbrk(uri, " <>\"\\^`{|}"), "%s", uri);
    if (json_object_has_member(physical, "region")) {
        JsonObject *region = json_object_get_object_member(physical,
                                                           "region");

        ck_assert_int_ge(json_object_get_int_member(region, "startLine"), 1);
    }
    if (json_object_has_member(physical, "address")) {
        JsonObject *address = json_object_get_object_member(physical,
                                                            "address");

        ck_assert_int_ge(json_object_get_int_member(address,
                                                    "relativeAddress"), 0);
    }
}

/* 3.27.9 and 3.27.10: only a failure has a level. */
static void check_kind(JsonObject *result)
{
    gboolean fails = !json_object_has_member(result, "kind") ||
                     !strcmp(member_text(result, "kind"), "fail");

    ck_assert_int_eq(!fails, !strcmp(member_text(result, "level"), "none"));
}

/* 3.38: locations of a thread flow in the order in which they happened. */
static void check_flow(JsonObject *result)
{
    JsonArray *flows, *steps;

    if (!json_object_has_member(result, "codeFlows")) {
        return;
    }
    flows = json_object_get_array_member(result, "codeFlows");
    flows = json_object_get_array_member(json_array_get_object_element(
        flows, 0), "threadFlows");
    steps = json_object_get_array_member(json_array_get_object_element(
        flows, 0), "locations");
    ck_assert_uint_ge(json_array_get_length(steps), 1);
    for (guint i = 0; i < json_array_get_length(steps); i++) {
        JsonObject *step = json_array_get_object_element(steps, i);

        ck_assert_int_eq(json_object_get_int_member(step, "executionOrder"),
                         i + 1);
        check_uri(json_object_get_object_member(step, "location"));
    }
}

/* Rules by id; 3.19.23: each once. */
static GHashTable *rules_of(JsonObject *run)
{
    JsonObject *driver = json_object_get_object_member(
        json_object_get_object_member(run, "tool"), "driver");
    JsonArray *rules = json_object_get_array_member(driver, "rules");
    GHashTable *ids = g_hash_table_new(g_str_hash, g_str_equal);

    ck_assert_str_eq(member_text(driver, "name"), "rig");
    for (guint i = 0; i < json_array_get_length(rules); i++) {
        const char *id = member_text(json_array_get_object_element(rules, i),
                                     "id");

        ck_assert_msg(g_hash_table_add(ids, (char *)id), "%s is there twice",
                      id);
    }
    return ids;
}

static void check_result(JsonObject *result, GHashTable *rules)
{
    JsonArray *locations = json_object_get_array_member(result, "locations");
    JsonObject *prints = json_object_get_object_member(result,
                                                       "partialFingerprints");

    ck_assert(g_hash_table_contains(rules, member_text(result, "ruleId")));
    ck_assert(*member_text(json_object_get_object_member(result, "message"),
                           "text"));
    ck_assert_uint_eq(json_array_get_length(locations), 1);
    check_uri(json_array_get_object_element(locations, 0));
    if (json_object_has_member(result, "relatedLocations")) {
        check_uri(json_array_get_object_element(json_object_get_array_member(
            result, "relatedLocations"), 0));
    }
    ck_assert(*member_text(prints, "rigSite/v1"));
    check_kind(result);
    check_flow(result);
}

static JsonParser *parse_sarif(const char *dir)
{
    g_autofree char *text = text_of(dir, REPORT_SARIF);
    g_autoptr(GError) error = NULL;
    JsonParser *parser = json_parser_new();

    json_parser_load_from_data(parser, text, -1, &error);
    ck_assert_msg(!error, "%s", error ? error->message : "");
    return parser;
}

START_TEST(sarif_is_what_the_standard_asks_for)
{
    char *dir = make(golden[_i], "rig-data-XXXXXX");
    g_autoptr(JsonParser) parser = parse_sarif(dir);
    JsonObject *log = json_node_get_object(json_parser_get_root(parser));
    JsonArray *runs = json_object_get_array_member(log, "runs");
    JsonObject *run = json_array_get_object_element(runs, 0);
    JsonArray *results = json_object_get_array_member(run, "results");
    g_autoptr(GHashTable) rules = rules_of(run);

    ck_assert_str_eq(member_text(log, "version"), "2.1.0");
    ck_assert_uint_eq(json_array_get_length(runs), 1);
    for (guint i = 0; i < json_array_get_length(results); i++) {
        check_result(json_array_get_object_element(results, i), rules);
    }
    remove_made(dir);
}
END_TEST

START_TEST(a_result_is_at_the_line_of_its_cycle)
{
    char *dir = make("mixed", "rig-data-XXXXXX");
    g_autoptr(JsonParser) parser = parse_sarif(dir);
    g_autoptr(GError) error = NULL;
    static const struct { const char *path, *is; } facts[] = {
        { "$.runs[0].results[0].locations[0].physicalLocation.region"
          ".startLine", "[12]" },
        { "$.runs[0].results[0].locations[0].physicalLocation"
          ".artifactLocation.uri", "[\"scenarios/vendor-driver-halt.xml\"]" },
        /* its finding names no line: where the scenario begins */
        { "$.runs[0].results[1].locations[0].physicalLocation.region"
          ".startLine", "[2]" },
        { "$.runs[0].results[0].relatedLocations[0].physicalLocation.address"
          ".relativeAddress", "[6699]" },
    };

    for (guint i = 0; i < G_N_ELEMENTS(facts); i++) {
        g_autoptr(JsonNode) found = json_path_query(
            facts[i].path, json_parser_get_root(parser), &error);
        g_autofree char *text = json_to_string(found, FALSE);

        ck_assert_str_eq(text, facts[i].is);
    }
    remove_made(dir);
}
END_TEST

/* --- main ------------------------------------------------------------------ */

int main(int argc, char **argv)
{
    Suite *suite = suite_create("report data");
    TCase *t = tcase_create("data");
    SRunner *runner = srunner_create(suite);
    int failed;

    if (argc < 2) {
        g_printerr("usage: %s RESULTS_DIR [--write]\n", argv[0]);
        return 2;
    }
    results_dir = g_canonicalize_filename(argv[1], NULL);
    writes = argc > 2 && strcmp(argv[2], "--write") == 0;
    tcase_set_timeout(t, 300); /* of a busy machine */
    tcase_add_loop_test(t, junit_and_sarif_are_the_golden_bytes, 0,
                        G_N_ELEMENTS(kept));
    tcase_add_loop_test(t, elsewhere_and_later_the_same_bytes_are_made, 0,
                        G_N_ELEMENTS(golden));
    tcase_add_loop_test(t, sarif_is_what_the_standard_asks_for, 0,
                        G_N_ELEMENTS(golden));
    tcase_add_test(t, a_result_is_at_the_line_of_its_cycle);
    suite_add_tcase(suite, t);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
