/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Known issues: read from their file, and held against results. */
#include "known.h"

#include <string.h>

#include "history.h"
#include "problem.h"
#include "rule-catalogue.h"
#include "sweep.h"
#include "xml-read.h"

#define DATE_LENGTH 10 /* "2027-03-31"; the schema also takes time zones */

/* What an issue is about; NULL fits everything. */
typedef struct Match {
    char *scenario, *driver, *rule, *finding, *level, *class_code, *point;
    RigVerdict verdict;
} Match;

const char *rig_known_state_name(RigKnownState state)
{
    static const char *const names[] = { "expired", "untried", "struck",
                                         "stopped" };

    return names[state];
}

/* --- reading ---------------------------------------------------------------- */

static void match_free(gpointer data)
{
    Match *m = data;

    g_free(m->scenario);
    g_free(m->driver);
    g_free(m->rule);
    g_free(m->finding);
    g_free(m->level);
    g_free(m->class_code);
    g_free(m->point);
    g_free(m);
}

static void issue_free(gpointer data)
{
    RigKnownIssue *i = data;

    g_free(i->id);
    g_free(i->expires);
    g_free(i->reason);
    g_free(i->link);
    g_free(i->file);
    g_ptr_array_unref(i->matches);
    g_free(i);
}

static Match *read_match(xmlNode *node)
{
    Match *m = g_new0(Match, 1);
    g_autofree char *verdict = rig_attribute(node, "verdict");

    m->scenario = rig_attribute(node, "scenario");
    m->driver = rig_attribute(node, "driver");
    m->rule = rig_attribute(node, "rule");
    m->finding = rig_attribute(node, "finding");
    m->level = rig_attribute(node, "level");
    m->class_code = rig_attribute(node, "class");
    m->point = rig_attribute(node, "point");
    m->verdict = RIG_VERDICT_VIOLATION;
    if (verdict) {
        rig_verdict_parse(verdict, &m->verdict);
    }
    return m;
}

static gboolean is_pattern(const char *text)
{
    return strpbrk(text, "*?") != NULL;
}

static void check_match(const Match *m, const RigKnownIssue *i, int line,
                        const GPtrArray *catalogue, GPtrArray *problems)
{
    if (m->verdict != RIG_VERDICT_VIOLATION &&
        (m->rule || m->finding || m->level || m->class_code || m->point)) {
        rig_problem(problems, i->file, line, "verdict=\"%s\" has no rule, "
                    "finding, level, class or point; remove them",
                    rig_verdict_name(m->verdict));
    }
    if (!m->scenario) {
        rig_problem(problems, i->file, line, "<match> names no scenario; "
                    "write scenario= with its key or name, or with a pattern");
    }
    if (m->rule && !is_pattern(m->rule) &&
        !rig_rule_entry(catalogue, m->rule)) {
        g_autofree char *hint = rig_rule_hint(catalogue, m->rule);

        rig_problem(problems, i->file, line, "no rule is named \"%s\"; %s; a "
                    "pattern may name one of your own", m->rule, hint);
    }
}

static void check_issue(const RigKnownIssue *i, const GPtrArray *others,
                        GPtrArray *problems)
{
    if (strlen(i->expires) != DATE_LENGTH) {
        rig_problem(problems, i->file, i->line, "expires=\"%s\" is no day; "
                    "write it as 2027-03-31", i->expires);
    }
    if (!*i->reason) {
        rig_problem(problems, i->file, i->line, "known issue \"%s\" has no "
                    "reason; say what is known about it", i->id);
    }
    for (guint k = 0; k < others->len; k++) {
        const RigKnownIssue *o = others->pdata[k];

        if (strcmp(o->id, i->id) == 0) {
            rig_problem(problems, i->file, i->line, "known issue \"%s\" is "
                        "also in line %d; give one of them another id", i->id,
                        o->line);
        }
    }
}

static RigKnownIssue *read_issue(xmlNode *node, const char *file,
                                 const GPtrArray *catalogue,
                                 GPtrArray *problems)
{
    RigKnownIssue *i = g_new0(RigKnownIssue, 1);

    i->file = g_strdup(file);
    i->line = xmlGetLineNo(node);
    i->id = rig_attribute(node, "id");
    i->expires = rig_attribute(node, "expires");
    i->matches = g_ptr_array_new_with_free_func(match_free);
    i->state = RIG_KNOWN_UNTRIED;
    for (xmlNode *n = xmlFirstElementChild(node); n;
         n = xmlNextElementSibling(n)) {
        if (strcmp((const char *)n->name, "reason") == 0) {
            i->reason = rig_element_text(n);
        } else if (strcmp((const char *)n->name, "link") == 0) {
            i->link = rig_element_text(n);
        } else {
            Match *m = read_match(n);

            g_ptr_array_add(i->matches, m);
            check_match(m, i, xmlGetLineNo(n), catalogue, problems);
        }
    }
    return i;
}

static char *today_utc(void)
{
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();

    return g_date_time_format(now, "%Y-%m-%d");
}

GPtrArray *rig_known_load(const char *file, const char *today,
                          const RigPaths *paths, GPtrArray *problems)
{
    g_autofree char *schema = g_build_filename(paths->scenarios,
                                               "known-issues.rng", NULL);
    g_autoptr(GPtrArray) catalogue = rig_rule_catalogue(paths);
    g_autofree char *day = today ? g_strdup(today) : today_utc();
    g_autoptr(GPtrArray) issues = g_ptr_array_new_with_free_func(issue_free);
    unsigned before = problems->len;
    g_autoptr(xmlDoc) doc = rig_document_load(
        file, RIG_XML_BY_HAND, schema, "; name a file of known issues, as "
        "rig-known-issues(5) shows them", problems);

    if (doc) {
        xmlNode *root = xmlDocGetRootElement(doc);

        for (xmlNode *n = xmlFirstElementChild(root); n;
             n = xmlNextElementSibling(n)) {
            RigKnownIssue *i = read_issue(n, file, catalogue, problems);

            check_issue(i, issues, problems);
            i->expired = strcmp(i->expires, day) < 0; /* ISO 8601 */
            i->state = i->expired ? RIG_KNOWN_EXPIRED : RIG_KNOWN_UNTRIED;
            g_ptr_array_add(issues, i);
        }
    }
    return problems->len == before ? g_steal_pointer(&issues) : NULL;
}

void rig_known_add_expired(const GPtrArray *issues, GPtrArray *problems)
{
    for (guint k = 0; k < issues->len; k++) {
        const RigKnownIssue *i = issues->pdata[k];

        if (i->expired) {
            rig_problem(problems, i->file, i->line, "known issue \"%s\" "
                        "expired after %s and has no effect; see whether it "
                        "is still so, then remove it or give it another day "
                        "(%s)", i->id, i->expires, i->reason);
        }
    }
}

/* --- against a result ---------------------------------------------------------- */

/* One thing that makes a result bad; NULL: it has none. */
typedef struct Failure {
    RigVerdict verdict;
    const char *rule, *finding, *level, *class_code;
    const char *point, *second; /* of a sweep; second: of a pair */
} Failure;

static gboolean fits(const char *pattern, const char *text)
{
    return !pattern || (text && g_pattern_match_simple(pattern, text));
}

static gboolean is_equal(const char *wanted, const char *text)
{
    return !wanted || g_strcmp0(wanted, text) == 0;
}

/* Is the issue about this scenario, whatever came of it? */
static gboolean is_about(const Match *m, const RigScenarioResult *r,
                         const char *key)
{
    const RigScenario *s = r->scenario;

    return (fits(m->scenario, key) || fits(m->scenario, s->name)) &&
           fits(m->driver, s->linux_driver ? s->linux_driver : s->sys_name);
}

static gboolean covers(const Match *m, const Failure *f)
{
    return m->verdict == f->verdict && fits(m->rule, f->rule) &&
           fits(m->finding, f->finding) && is_equal(m->level, f->level) &&
           is_equal(m->class_code, f->class_code) &&
           (fits(m->point, f->point) ||
            (f->second && fits(m->point, f->second)));
}

/* The rule of a finding of that kind: points of a sweep do not say it. */
static const char *rule_of(const RigScenarioResult *r, const char *id)
{
    for (guint i = 0; i < r->findings->len; i++) {
        const RigFinding *f = r->findings->pdata[i];

        if (g_strcmp0(f->id, id) == 0) {
            return f->rule;
        }
    }
    return NULL;
}

static void add_trial(const RigScenarioResult *r, const RigSweepTrial *t,
                      const char *point, const char *second, GArray *all)
{
    if (t->cycle && rig_sweep_outcome_unclean(t->outcome)) {
        const Failure f = { RIG_VERDICT_VIOLATION, rule_of(r, t->id), t->id,
                            t->level, t->class_code, point, second };

        g_array_append_val(all, f);
    }
}

/* FALSE: there are more than are kept, so nothing can cover all of them. */
static gboolean list_failures(const RigScenarioResult *r, GArray *all)
{
    const RigSweepResult *sweep = r->sweep;

    if (r->verdict != RIG_VERDICT_VIOLATION) {
        const Failure f = { .verdict = r->verdict };

        g_array_append_val(all, f);
        return TRUE;
    }
    for (guint i = 0; sweep && i < sweep->points->len; i++) {
        const RigSweepPoint *p = sweep->points->pdata[i];

        add_trial(r, &p->trial, p->fault.text, NULL, all);
    }
    for (guint i = 0; sweep && i < sweep->pairs->len; i++) {
        const RigSweepPair *p = sweep->pairs->pdata[i];

        add_trial(r, &p->trial, p->first.text, p->second.text, all);
    }
    for (guint i = 0; !sweep && i < r->findings->len; i++) {
        const RigFinding *f = r->findings->pdata[i];
        const Failure one = { f->verdict, f->rule, f->id,
                              rig_level_name(f->level), f->class_code, NULL,
                              NULL };

        if (f->verdict == RIG_VERDICT_VIOLATION) {
            g_array_append_val(all, one);
        }
    }
    return sweep ? sweep->pairs_omitted == 0 : r->findings_omitted == 0;
}

/* Was what the match is about judged, so that it would have been seen? */
static gboolean was_tried(const Match *m, const RigScenarioResult *r)
{
    if (r->verdict == RIG_VERDICT_SKIPPED ||
        (m->verdict == RIG_VERDICT_VIOLATION &&
         r->verdict != RIG_VERDICT_PASS &&
         r->verdict != RIG_VERDICT_VIOLATION)) {
        return FALSE;
    }
    if (!m->point) {
        return TRUE;
    }
    for (guint i = 0; r->sweep && i < r->sweep->points->len; i++) {
        const RigSweepPoint *p = r->sweep->points->pdata[i];

        if (p->trial.cycle && p->trial.outcome != RIG_SWEEP_NOT_REACHED &&
            fits(m->point, p->fault.text)) {
            return TRUE;
        }
    }
    return FALSE;
}

static void use_free(gpointer data)
{
    RigKnownUse *u = data;

    g_free(u->id);
    g_free(u->expires);
    g_free(u->reason);
    g_free(u->link);
    g_free(u);
}

static void add_use(const RigKnownIssue *i, unsigned findings, GPtrArray *to)
{
    RigKnownUse *u = g_new0(RigKnownUse, 1);

    u->id = g_strdup(i->id);
    u->expires = g_strdup(i->expires);
    u->reason = g_strdup(i->reason);
    u->link = g_strdup(i->link);
    u->findings = findings;
    g_ptr_array_add(to, u);
}

/* How many failures the issue covers; sets *tried and `covered` of each. */
static unsigned apply_one(const RigKnownIssue *i, const RigScenarioResult *r,
                          const char *key, const GArray *failures,
                          gboolean *covered, gboolean *tried)
{
    unsigned n = 0;

    for (guint k = 0; k < failures->len; k++) {
        const Failure *f = &g_array_index(failures, Failure, k);
        gboolean hit = FALSE;

        for (guint m = 0; m < i->matches->len && !hit; m++) {
            const Match *match = i->matches->pdata[m];

            hit = is_about(match, r, key) && covers(match, f);
        }
        covered[k] |= hit;
        n += hit;
    }
    for (guint m = 0; m < i->matches->len; m++) {
        *tried |= is_about(i->matches->pdata[m], r, key) &&
                  was_tried(i->matches->pdata[m], r);
    }
    return n;
}

static gboolean all_true(const gboolean *values, guint n)
{
    for (guint i = 0; i < n; i++) {
        if (!values[i]) {
            return FALSE;
        }
    }
    return n > 0;
}

void rig_known_apply(GPtrArray *issues, RigScenarioResult *r)
{
    g_autofree char *key = rig_history_key(r->scenario);
    g_autoptr(GArray) failures = g_array_new(FALSE, FALSE, sizeof(Failure));
    g_autofree gboolean *covered = NULL;
    gboolean listed = TRUE;

    if (r->verdict != RIG_VERDICT_SKIPPED &&
        !rig_scenario_result_as_expected(r)) {
        listed = list_failures(r, failures);
    }
    covered = g_new0(gboolean, failures->len + 1);
    r->known = g_ptr_array_new_with_free_func(use_free);
    for (guint k = 0; k < issues->len; k++) {
        RigKnownIssue *i = issues->pdata[k];
        gboolean tried = FALSE;
        unsigned n = i->expired ? 0 : apply_one(i, r, key, failures, covered,
                                                &tried);

        if (n) {
            add_use(i, n, r->known);
            i->state = RIG_KNOWN_STRUCK;
        } else if (tried && i->state == RIG_KNOWN_UNTRIED) {
            i->state = RIG_KNOWN_STOPPED;
        }
    }
    r->known_failures = failures->len;
    r->known_all = listed && all_true(covered, failures->len);
}
