/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Units of known.c: what a file may say, and what an issue covers. */
#include <check.h>
#include <string.h>

#include "known.h"
#include "run-suite.h"
#include "sweep.h"
#include "tests/fixture.h"

#define TODAY "2026-11-26"
#define HEAD "<known-issues>\n<issue id=\"one\" expires=\"2026-12-31\">" \
    "<reason>It\n leaks.</reason><link>https://example.com/1</link>\n"
#define TAIL "</issue>\n</known-issues>\n"

static Fixture *f;
static RigPaths *paths;
static GPtrArray *problems;
static RigScenario *scenario;

static void setup(void)
{
    f = fixture_new();
    paths = rig_paths_find(NULL);
    ck_assert_ptr_nonnull(paths);
    problems = g_ptr_array_new_with_free_func(g_free);
    scenario = rig_scenario_new();
    scenario->name = g_strdup("late");
    scenario->sys_name = g_strdup("mydriver.sys");
    scenario->machine.nic = g_strdup("igb");
    scenario->expect.verdict = RIG_VERDICT_PASS;
}

static void teardown(void)
{
    rig_scenario_free(scenario);
    g_ptr_array_unref(problems);
    rig_paths_free(paths);
    fixture_free(f);
}

static GPtrArray *load(const char *text)
{
    g_autofree char *file = fixture_write(f, "known.xml", text, -1);

    return rig_known_load(file, TODAY, paths, problems);
}

static GPtrArray *load_match(const char *match)
{
    g_autofree char *text = g_strconcat(HEAD, match, TAIL, NULL);
    GPtrArray *issues = load(text);

    ck_assert_msg(issues, "%s", problems->len ? (char *)problems->pdata[0]
                                              : "");
    return issues;
}

/* --- the file ----------------------------------------------------------------- */

START_TEST(issue_is_read)
{
    g_autoptr(GPtrArray) issues = load_match("<match scenario=\"*\"/>");
    const RigKnownIssue *i = issues->pdata[0];

    ck_assert_uint_eq(issues->len, 1);
    ck_assert_str_eq(i->id, "one");
    ck_assert_str_eq(i->expires, "2026-12-31");
    ck_assert_str_eq(i->reason, "It leaks.");
    ck_assert_str_eq(i->link, "https://example.com/1");
    ck_assert_int_eq(i->line, 2);
    ck_assert(!i->expired);
}
END_TEST

static const struct {
    const char *text, *line, *hint;
} wrong[] = {
    { "<known-issues>\n<issue id=\"a\"><reason>r</reason>"
      "<link>https://e</link><match scenario=\"*\"/></issue></known-issues>",
      ":2: ", "expires=" },
    { "<known-issues>\n<issue id=\"a\" expires=\"soon\"><reason>r</reason>"
      "<link>https://e</link><match scenario=\"*\"/></issue></known-issues>",
      ":2: ", "date" },
    { "<known-issues>\n<issue id=\"a\" expires=\"2026-12-31Z\"><reason>r"
      "</reason><link>https://e</link><match scenario=\"*\"/></issue>"
      "</known-issues>", ":2: ", "is no day" },
    { "<known-issues>\n<issue id=\"a\" expires=\"2026-12-31\"><reason> "
      "</reason><link>https://e</link><match scenario=\"*\"/></issue>"
      "</known-issues>", ":2: ", "has no reason" },
    { "<known-issues>\n<issue id=\"a\" expires=\"2026-12-31\"><reason>r"
      "</reason>\n<link>javascript:alert(1)</link><match scenario=\"*\"/>"
      "</issue></known-issues>", ":3: ", "link" },
    { HEAD TAIL, ":2: ", "match" },
    { HEAD "<match rule=\"*\"/>" TAIL, ":4: ", "scenario=" },
    { HEAD "<match scenario=\"*\"\n rule=\"Init_Deregister\"/>" TAIL, ":5: ",
      "no rule is named" },
    { HEAD "<match scenario=\"*\" verdict=\"broken\" level=\"leak\"/>" TAIL,
      ":4: ", "has no rule" },
    { HEAD "<match scenario=\"*\" verdict=\"skipped\"/>" TAIL, ":4: ",
      "verdict=" },
    { HEAD "<match scenario=\"*\"/>" "</issue><issue id=\"one\""
      " expires=\"2027-01-01\"><reason>r</reason><link>https://e</link>"
      "<match scenario=\"*\"/>" TAIL, ":4: ", "also in line 2" },
    { "<scenario/>", ":1: ", "" },
    { "<known-issues>", ":1: ", "" },
};

START_TEST(wrong_file_is_refused_with_its_line)
{
    ck_assert_ptr_null(load(wrong[_i].text));
    ck_assert_uint_gt(problems->len, 0);
    ck_assert_msg(strstr(problems->pdata[0], wrong[_i].line) &&
                  strstr(problems->pdata[0], wrong[_i].hint), "%s",
                  (char *)problems->pdata[0]);
}
END_TEST

START_TEST(last_day_counts_and_the_next_does_not)
{
    g_autofree char *file = fixture_write(f, "known.xml", HEAD
                                          "<match scenario=\"*\"/>" TAIL, -1);
    g_autoptr(GPtrArray) last = rig_known_load(file, "2026-12-31", paths,
                                               problems);
    g_autoptr(GPtrArray) over = rig_known_load(file, "2027-01-01", paths,
                                               problems);

    ck_assert(!((RigKnownIssue *)last->pdata[0])->expired);
    ck_assert(((RigKnownIssue *)over->pdata[0])->expired);
    rig_known_add_expired(last, problems);
    ck_assert_uint_eq(problems->len, 0);
    rig_known_add_expired(over, problems);
    ck_assert_uint_eq(problems->len, 1);
    ck_assert_ptr_nonnull(strstr(problems->pdata[0], "known.xml:2: known "
                                 "issue \"one\" expired after 2026-12-31"));
}
END_TEST

/* --- results -------------------------------------------------------------------- */

static RigScenarioResult *result(RigVerdict verdict)
{
    return rig_scenario_result_new(scenario, 1, verdict, "A sentence.");
}

static void add_finding(RigScenarioResult *r, const char *rule,
                        RigLevel level, const char *id)
{
    RigFinding *finding = g_new0(RigFinding, 1);

    finding->rule = g_strdup(rule);
    finding->level = level;
    finding->id = g_strdup(id);
    finding->verdict = RIG_VERDICT_VIOLATION;
    finding->class_code = g_strdup("0x0B");
    finding->proofs = g_ptr_array_new_with_free_func(
        (GDestroyNotify)rig_proof_free);
    g_ptr_array_add(r->findings, finding);
}

/* One violation of Init_DeRegisterInterrupt at level strict. */
static RigScenarioResult *violation(void)
{
    RigScenarioResult *r = result(RIG_VERDICT_VIOLATION);

    add_finding(r, "Init_DeRegisterInterrupt", RIG_LEVEL_STRICT,
                "not-released");
    return r;
}

static RigKnownState state(const GPtrArray *issues)
{
    return ((const RigKnownIssue *)issues->pdata[0])->state;
}

static const struct {
    const char *match;
    gboolean covers;
} matches[] = {
    { "<match scenario=\"late\"/>", TRUE },
    { "<match scenario=\"late@igb,at-connect\"/>", TRUE },
    { "<match scenario=\"l?t*\"/>", TRUE },
    { "<match scenario=\"early\"/>", FALSE },
    { "<match scenario=\"late\" driver=\"my*.sys\"/>", TRUE },
    { "<match scenario=\"late\" driver=\"other.sys\"/>", FALSE },
    { "<match scenario=\"late\" rule=\"Init_DeRegisterInterrupt\"/>", TRUE },
    { "<match scenario=\"late\" rule=\"Leak\"/>", FALSE },
    { "<match scenario=\"late\" level=\"strict\" class=\"0x0B\""
      " finding=\"not-*\"/>", TRUE },
    { "<match scenario=\"late\" level=\"leak\"/>", FALSE },
    { "<match scenario=\"late\" class=\"0x08\"/>", FALSE },
    { "<match scenario=\"late\" verdict=\"broken\"/>", FALSE },
    { "<match scenario=\"late\" point=\"*\"/>", FALSE },
    { "<match scenario=\"early\"/><match scenario=\"late\"/>", TRUE },
};

START_TEST(issue_covers_what_all_its_attributes_fit)
{
    g_autoptr(GPtrArray) issues = load_match(matches[_i].match);
    g_autoptr(RigScenarioResult) r = violation();

    rig_known_apply(issues, r);
    ck_assert_int_eq(r->known_all, matches[_i].covers);
    ck_assert_uint_eq(r->known->len, matches[_i].covers);
    ck_assert_int_eq(r->verdict, RIG_VERDICT_VIOLATION);
    ck_assert(!rig_scenario_result_as_expected(r));
}
END_TEST

START_TEST(one_failure_more_is_not_covered)
{
    g_autoptr(GPtrArray) issues = load_match("<match scenario=\"late\""
                                             " level=\"strict\"/>");
    g_autoptr(RigScenarioResult) r = violation();
    const RigKnownUse *use;

    add_finding(r, "Contract", RIG_LEVEL_CONTRACT, "irql");
    rig_known_apply(issues, r);
    ck_assert(!r->known_all);
    ck_assert_uint_eq(r->known_failures, 2);
    use = r->known->pdata[0];
    ck_assert_uint_eq(use->findings, 1);
    ck_assert_int_eq(state(issues), RIG_KNOWN_STRUCK);
}
END_TEST

START_TEST(two_issues_cover_together)
{
    g_autoptr(GPtrArray) issues = load(
        HEAD "<match scenario=\"late\" level=\"strict\"/></issue><issue"
        " id=\"two\" expires=\"2027-01-01\"><reason>r</reason>"
        "<link>https://e</link><match scenario=\"late\" level=\"contract\"/>"
        TAIL);
    g_autoptr(RigScenarioResult) r = violation();

    add_finding(r, "Contract", RIG_LEVEL_CONTRACT, "irql");
    rig_known_apply(issues, r);
    ck_assert(r->known_all);
    ck_assert_uint_eq(r->known->len, 2);
}
END_TEST

START_TEST(findings_that_were_not_kept_are_not_covered)
{
    g_autoptr(GPtrArray) issues = load_match("<match scenario=\"late\"/>");
    g_autoptr(RigScenarioResult) r = violation();

    r->findings_omitted = 1;
    rig_known_apply(issues, r);
    ck_assert(!r->known_all);
}
END_TEST

START_TEST(expired_issue_covers_nothing)
{
    g_autofree char *file = fixture_write(f, "known.xml", HEAD
                                          "<match scenario=\"*\"/>" TAIL, -1);
    g_autoptr(GPtrArray) issues = rig_known_load(file, "2027-01-01", paths,
                                                 problems);
    g_autoptr(RigScenarioResult) r = violation();

    rig_known_apply(issues, r);
    ck_assert(!r->known_all);
    ck_assert_uint_eq(r->known->len, 0);
    ck_assert_int_eq(state(issues), RIG_KNOWN_EXPIRED);
}
END_TEST

START_TEST(what_stopped_failing_is_told_from_what_was_not_tried)
{
    g_autoptr(GPtrArray) issues = load_match("<match scenario=\"late\"/>");
    g_autoptr(RigScenarioResult) skipped = result(RIG_VERDICT_SKIPPED);
    g_autoptr(RigScenarioResult) broken = result(RIG_VERDICT_BROKEN);
    g_autoptr(RigScenarioResult) pass = result(RIG_VERDICT_PASS);
    g_autoptr(RigScenarioResult) bad = violation();

    rig_known_apply(issues, skipped);
    rig_known_apply(issues, broken);
    ck_assert_int_eq(state(issues), RIG_KNOWN_UNTRIED);
    rig_known_apply(issues, pass);
    ck_assert_int_eq(state(issues), RIG_KNOWN_STOPPED);
    ck_assert(!pass->known_all);
    rig_known_apply(issues, bad);
    ck_assert_int_eq(state(issues), RIG_KNOWN_STRUCK);
}
END_TEST

START_TEST(verdict_that_is_no_violation_can_be_known)
{
    g_autoptr(GPtrArray) issues = load_match("<match scenario=\"late\""
                                             " verdict=\"inconclusive\"/>");
    g_autoptr(RigScenarioResult) r = result(RIG_VERDICT_INCONCLUSIVE);

    rig_known_apply(issues, r);
    ck_assert(r->known_all);
}
END_TEST

START_TEST(expected_violation_needs_no_known_issue)
{
    g_autoptr(GPtrArray) issues = load_match("<match scenario=\"late\"/>");
    g_autoptr(RigScenarioResult) r = violation();

    scenario->expect.verdict = RIG_VERDICT_VIOLATION;
    rig_known_apply(issues, r);
    ck_assert(!r->known_all);
    ck_assert_uint_eq(r->known->len, 0);
}
END_TEST

/* --- sweeps ----------------------------------------------------------------------- */

static void add_point(RigScenarioResult *r, const char *text,
                      RigSweepOutcome outcome)
{
    RigSweepFault fault = { .kind = RIG_POINT_API, .occurrence = 1 };
    RigSweepTrial trial = { .cycle = 1, .outcome = outcome,
                            .level = "strict", .id = "not-released",
                            .class_code = "0x0B" };

    g_strlcpy(fault.name, "NdisA", sizeof(fault.name));
    g_strlcpy(fault.text, text, sizeof(fault.text));
    rig_sweep_result_add(r->sweep, &fault, 1, &trial);
}

START_TEST(points_of_a_sweep_are_covered_one_by_one)
{
    g_autoptr(GPtrArray) issues = load_match(
        "<match scenario=\"late\" point=\"init:NdisA#*\"/>");
    g_autoptr(RigScenarioResult) r = violation(), more = violation();

    r->sweep = rig_sweep_result_new(1);
    add_point(r, "init:NdisA#1", RIG_SWEEP_VIOLATION);
    add_point(r, "init:NdisA#2", RIG_SWEEP_CLEAN_FAILURE);
    rig_known_apply(issues, r);
    ck_assert(r->known_all);
    ck_assert_uint_eq(r->known_failures, 1);

    more->sweep = rig_sweep_result_new(1);
    add_point(more, "init:NdisA#1", RIG_SWEEP_VIOLATION);
    add_point(more, "halt:NdisB#1", RIG_SWEEP_VIOLATION);
    rig_known_apply(issues, more);
    ck_assert(!more->known_all);
}
END_TEST

START_TEST(point_that_was_not_reached_has_not_stopped_failing)
{
    g_autoptr(GPtrArray) issues = load_match(
        "<match scenario=\"late\" point=\"init:NdisA#*\"/>");
    g_autoptr(RigScenarioResult) r = result(RIG_VERDICT_PASS);

    r->sweep = rig_sweep_result_new(1);
    add_point(r, "halt:NdisB#1", RIG_SWEEP_SUCCESS);
    add_point(r, "init:NdisA#1", RIG_SWEEP_NOT_REACHED);
    rig_known_apply(issues, r);
    ck_assert_int_eq(state(issues), RIG_KNOWN_UNTRIED);
    add_point(r, "init:NdisA#2", RIG_SWEEP_CLEAN_FAILURE);
    g_clear_pointer(&r->known, g_ptr_array_unref);
    rig_known_apply(issues, r);
    ck_assert_int_eq(state(issues), RIG_KNOWN_STOPPED);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("known");
    TCase *t = tcase_create("known");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, issue_is_read);
    tcase_add_loop_test(t, wrong_file_is_refused_with_its_line, 0,
                        G_N_ELEMENTS(wrong));
    tcase_add_test(t, last_day_counts_and_the_next_does_not);
    tcase_add_loop_test(t, issue_covers_what_all_its_attributes_fit, 0,
                        G_N_ELEMENTS(matches));
    tcase_add_test(t, one_failure_more_is_not_covered);
    tcase_add_test(t, two_issues_cover_together);
    tcase_add_test(t, findings_that_were_not_kept_are_not_covered);
    tcase_add_test(t, expired_issue_covers_nothing);
    tcase_add_test(t, what_stopped_failing_is_told_from_what_was_not_tried);
    tcase_add_test(t, verdict_that_is_no_violation_can_be_known);
    tcase_add_test(t, expected_violation_needs_no_known_issue);
    tcase_add_test(t, points_of_a_sweep_are_covered_one_by_one);
    tcase_add_test(t, point_that_was_not_reached_has_not_stopped_failing);
    suite_add_tcase(s, t);
    return run_suite(s);
}
