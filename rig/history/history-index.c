/* SPDX-License-Identifier: GPL-2.0-or-later */
/* results/index.xml, and history.xml of a run. */
#include "history-index.h"

#include <string.h>

#include "history-internal.h"
#include "history-night.h"
#include "history-strip.h"
#include "results-xml.h"

#define begin rig_xml_begin
#define end rig_xml_end
#define put rig_xml_put

static void put_count(xmlTextWriter *w, const char *name, uint64_t n)
{
    rig_xml_put_count(w, name, n);
}

static void put_percent(xmlTextWriter *w, const char *name, double value)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];

    put(w, name, g_ascii_formatd(text, sizeof(text), "%.1f", value));
}

static const char *yes_no(gboolean value)
{
    return value ? "yes" : "no";
}

/* --- scenarios ------------------------------------------------------------ */

static void write_cell(xmlTextWriter *w, const RigStrip *s, const RigCell *c)
{
    begin(w, "cell");
    put(w, "run", c->run);
    put(w, "started", c->started);
    put(w, "night", c->night);
    if (s->is_point) {
        put(w, "outcome", rig_sweep_outcome_name(c->code));
    } else {
        put(w, "verdict", rig_verdict_name(c->code));
    }
    put(w, "good", c->counted ? yes_no(c->good) : NULL);
    put(w, "known", c->known);
    put(w, "flaky", c->flaky ? "yes" : NULL);
    put(w, "interrupted", c->interrupted ? "yes" : NULL);
    if (c->ms) {
        put_count(w, "ms", c->ms);
    }
    end(w);
}

static void write_since(xmlTextWriter *w, const RigStrip *s)
{
    begin(w, "since");
    put(w, "first-bad", s->first_bad->run);
    put(w, "last-good", s->last_good ? s->last_good->run : NULL);
    put(w, "same-inputs", yes_no(s->same_inputs));
    for (guint i = 0; i < s->changes->len; i++) {
        const RigChange *c = s->changes->pdata[i];

        begin(w, "change");
        put(w, "what", c->what);
        put(w, "from", c->from);
        put(w, "to", c->to);
        end(w);
    }
    end(w);
}

/* The attributes and elements that scenario and point have in common. */
static void write_strip(xmlTextWriter *w, const RigStrip *s)
{
    put(w, "class", rig_strip_class_name(s->class));
    put(w, "flaky", yes_no(s->flaky));
    if (s->counted) {
        begin(w, "ratio");
        put_count(w, "bad", s->bad);
        put_count(w, "counted", s->counted);
        put_percent(w, "percent", s->percent);
        put_percent(w, "low", s->low);
        put_percent(w, "high", s->high);
        end(w);
    }
    begin(w, "strip");
    for (guint i = s->cells->len; i > 0; i--) {
        write_cell(w, s, s->cells->pdata[i - 1]);
    }
    end(w);
    if (s->first_bad) {
        write_since(w, s);
    }
}

/* Why it is not as expected, and what there is to do now. */
static void write_why(xmlTextWriter *w, const RigHistoryScenario *s)
{
    const RigCell *newest = s->strip->newest;

    if (!newest || newest->good || !s->sentence) {
        return;
    }
    begin(w, "why");
    put(w, "run", newest->run);
    put(w, "bundle", s->bundle);
    put(w, "again", s->again);
    rig_xml_text(w, s->sentence);
    end(w);
}

static void write_scenario(xmlTextWriter *w, const RigHistoryScenario *s)
{
    const RigCell *newest = s->strip->newest;

    begin(w, "scenario");
    put(w, "key", s->strip->name);
    put(w, "name", s->name);
    put(w, "title", s->title);
    put(w, "nic", s->nic);
    put(w, "driver", s->driver);
    if (newest) {
        put(w, "verdict", rig_verdict_name(newest->code));
        put(w, "as-expected", yes_no(newest->good));
    }
    put(w, "rule", s->rule);
    put(w, "level", s->level);
    put(w, "bugcheck-class", s->class_code);
    put_count(w, "ms", s->ms);
    write_strip(w, s->strip);
    write_why(w, s);
    for (guint i = 0; i < s->points->len; i++) {
        const RigStrip *p = s->points->pdata[i];

        begin(w, "point");
        put(w, "text", p->name);
        write_strip(w, p);
        end(w);
    }
    if (s->points_omitted) {
        begin(w, "points-omitted");
        put_count(w, "count", s->points_omitted);
        end(w);
    }
    end(w);
}

static GPtrArray *load_scenarios(RigHistory *h, const char *run)
{
    g_autoptr(GPtrArray) keys = rig_history_keys(h, run, NULL);
    GPtrArray *all = g_ptr_array_new_with_free_func(
        (GDestroyNotify)rig_history_scenario_free);

    for (guint i = 0; i < keys->len; i++) {
        g_ptr_array_add(all, rig_history_scenario(h, keys->pdata[i], run));
    }
    return all;
}

static void write_summary(xmlTextWriter *w, const GPtrArray *scenarios)
{
    unsigned count[RIG_STRIP_CLASSES] = { 0 }, flaky = 0;

    for (guint i = 0; i < scenarios->len; i++) {
        const RigHistoryScenario *s = scenarios->pdata[i];

        count[s->strip->class]++;
        flaky += s->strip->flaky;
    }
    begin(w, "summary");
    put_count(w, "scenarios", scenarios->len);
    for (int i = 0; i < RIG_STRIP_CLASSES; i++) {
        put_count(w, rig_strip_class_name(i), count[i]);
    }
    put_count(w, "flaky-scenarios", flaky);
    end(w);
}

static void write_scenarios(xmlTextWriter *w, const GPtrArray *scenarios)
{
    for (guint i = 0; i < scenarios->len; i++) {
        write_scenario(w, scenarios->pdata[i]);
    }
}

/* --- nights and runs --------------------------------------------------------- */

/* Totals of each result's run, in the order of the attributes. */
#define TOTALS \
    " COUNT(number), TOTAL(verdict = 0), TOTAL(verdict = 1)," \
    " TOTAL(verdict = 2), TOTAL(verdict = 3), TOTAL(verdict = 4)," \
    " TOTAL(as_expected), TOTAL(newly_failing), TOTAL(newly_passing)," \
    " TOTAL(is_known), TOTAL(flaky)"

static const char *const total_names[] = {
    "results", "pass", "violation", "broken", "inconclusive", "skipped",
    "as-expected", "newly-failing", "newly-passing", "known", "flaky",
};

G_STATIC_ASSERT(RIG_VERDICT_PASS == 0 && RIG_VERDICT_VIOLATION == 1 &&
                RIG_VERDICT_BROKEN == 2 && RIG_VERDICT_INCONCLUSIVE == 3 &&
                RIG_VERDICT_SKIPPED == 4);

/* Each result with its relation to those before it and with its inputs. */
static const char judged[] =
    "CREATE TEMP TABLE judged AS WITH"
    " counted AS (SELECT run, number, as_expected, known, LAG(as_expected)"
    "  OVER (PARTITION BY key ORDER BY run, number) AS before FROM results"
    "  WHERE results.counted),"
    " differing AS (SELECT key, inputs FROM results WHERE results.counted AND"
    "  inputs IS NOT NULL GROUP BY key, inputs"
    "  HAVING COUNT(DISTINCT verdict) > 1)"
    " SELECT r.run, r.number, r.verdict, r.as_expected,"
    "  c.as_expected = 0 AND c.before IS NOT 0 AND c.known IS NULL"
    "   AS newly_failing,"
    "  c.as_expected = 1 AND c.before = 0 AS newly_passing,"
    "  c.as_expected = 0 AND c.known IS NOT NULL AS is_known,"
    "  d.key IS NOT NULL AND r.counted AS flaky"
    " FROM results r"
    " LEFT JOIN counted c ON c.run = r.run AND c.number = r.number"
    " LEFT JOIN differing d ON d.key = r.key AND d.inputs = r.inputs;"
    "CREATE INDEX temp.judged_by_run ON judged (run);";

static void put_totals(xmlTextWriter *w, Statement *st, int column)
{
    for (guint i = 0; i < G_N_ELEMENTS(total_names); i++) {
        put_count(w, total_names[i], sqlite3_column_int64(st, column + i));
    }
    put_count(w, "ms", sqlite3_column_int64(
        st, column + G_N_ELEMENTS(total_names)));
}

static void put_text(xmlTextWriter *w, const char *name, Statement *st,
                     int column)
{
    put(w, name, (const char *)sqlite3_column_text(st, column));
}

static void write_runs(xmlTextWriter *w, RigHistory *h)
{
    g_autoptr(Statement) st = rig_history_prepare(
        h, "SELECT u.id, started, finished, complete, damaged, command, night,"
        " job, shard," TOTALS ", (SELECT TOTAL(total_ms) FROM machines m WHERE"
        " m.run = u.id) FROM runs u LEFT JOIN judged j ON j.run = u.id"
        " GROUP BY u.id ORDER BY u.id DESC", "");

    while (st && sqlite3_step(st) == SQLITE_ROW) {
        begin(w, "run");
        put_text(w, "id", st, 0);
        put_text(w, "started", st, 1);
        put_text(w, "finished", st, 2);
        put(w, "complete", yes_no(sqlite3_column_int(st, 3)));
        put(w, "damaged", sqlite3_column_int(st, 4) ? "yes" : NULL);
        put_text(w, "command", st, 5);
        put_text(w, "night", st, 6);
        put_text(w, "job", st, 7);
        put_text(w, "shard", st, 8);
        put_totals(w, st, 9);
        end(w);
    }
}

static void write_night(xmlTextWriter *w, RigHistory *h, const RigNight *n)
{
    g_autoptr(Statement) st = rig_history_prepare(
        h, "SELECT MIN(started), MAX(finished)," TOTALS ", (SELECT"
        " TOTAL(total_ms) FROM machines m JOIN runs v ON v.id = m.run WHERE"
        " v.night = ?1), COUNT(DISTINCT u.id), (SELECT COUNT(*) FROM runs"
        " WHERE night = ?1 AND complete = 0) FROM runs u LEFT JOIN judged j"
        " ON j.run = u.id WHERE night = ?1", "s", n->id);
    const int after = 2 + G_N_ELEMENTS(total_names) + 1;

    if (!st || sqlite3_step(st) != SQLITE_ROW) {
        return;
    }
    begin(w, "night");
    put(w, "id", n->id);
    put(w, "suite", n->suite);
    put(w, "title", n->title);
    put(w, "started", n->started ? n->started
                                 : (const char *)sqlite3_column_text(st, 0));
    put(w, "finished", n->finished);
    put(w, "complete", yes_no(n->complete));
    put(w, "damaged", n->damaged ? "yes" : NULL);
    put_totals(w, st, 2);
    put_count(w, "runs", sqlite3_column_int64(st, after));
    put_count(w, "interrupted-runs", sqlite3_column_int64(st, after + 1));
    if (!n->damaged) {
        put_count(w, "jobs", n->jobs);
        put_count(w, "skipped-jobs", n->skipped_jobs);
    }
    end(w);
}

static void write_nights(xmlTextWriter *w, RigHistory *h)
{
    g_autoptr(GPtrArray) nights = rig_nights_load(h);

    for (guint i = 0; i < nights->len; i++) {
        write_night(w, h, nights->pdata[i]);
    }
}

/* --- files --------------------------------------------------------------------- */

static xmlTextWriter *start(xmlBuffer *buffer, const char *root)
{
    xmlTextWriter *w = xmlNewTextWriterMemory(buffer, 0);

    xmlTextWriterSetIndent(w, 1);
    xmlTextWriterStartDocument(w, "1.0", "UTF-8", NULL);
    begin(w, root);
    put(w, "version", "1");
    put_count(w, "window", RIG_STRIP_WINDOW);
    return w;
}

static char *finish(xmlTextWriter *w, xmlBuffer *buffer)
{
    char *text;

    xmlTextWriterEndDocument(w);
    xmlFreeTextWriter(w);
    text = g_strdup((const char *)xmlBufferContent(buffer));
    xmlBufferFree(buffer);
    return text;
}

char *rig_history_index_text(RigHistory *h)
{
    g_autoptr(GPtrArray) scenarios = load_scenarios(h, NULL);
    xmlBuffer *buffer = xmlBufferCreate();
    xmlTextWriter *w = start(buffer, "index");

    rig_history_exec(h, "DROP TABLE IF EXISTS temp.judged", NULL);
    rig_history_exec(h, judged, NULL);
    write_summary(w, scenarios);
    write_nights(w, h);
    write_runs(w, h);
    write_scenarios(w, scenarios);
    return finish(w, buffer);
}

char *rig_history_run_text(RigHistory *h, const char *run)
{
    g_autoptr(GPtrArray) scenarios = load_scenarios(h, run);
    xmlBuffer *buffer = xmlBufferCreate();
    xmlTextWriter *w = start(buffer, "history");

    put(w, "run", run);
    write_summary(w, scenarios);
    write_scenarios(w, scenarios);
    return finish(w, buffer);
}

/* Who looks at the page meanwhile shall not see it change for nothing. */
static gboolean replace(const char *file, const char *text, GError **error)
{
    g_autofree char *old = NULL;

    if (g_file_get_contents(file, &old, NULL, NULL) &&
        strcmp(old, text) == 0) {
        return TRUE;
    }
    return g_file_set_contents_full(file, text, -1,
                                    G_FILE_SET_CONTENTS_CONSISTENT |
                                    G_FILE_SET_CONTENTS_DURABLE, 0644, error);
}

gboolean rig_history_write_index(RigHistory *h, GError **error)
{
    g_autofree char *file = g_build_filename(h->results, RIG_INDEX_XML, NULL);
    g_autofree char *text = NULL;

    if (!rig_history_refresh(h, error)) {
        return FALSE;
    }
    text = rig_history_index_text(h);
    return replace(file, text, error);
}

gboolean rig_history_write_run(RigHistory *h, const char *run, GError **error)
{
    g_autofree char *file = g_build_filename(h->results, "runs", run,
                                             RIG_HISTORY_XML, NULL);
    g_autofree char *text = NULL;

    if (!rig_history_refresh(h, error)) {
        return FALSE;
    }
    text = rig_history_run_text(h, run);
    return replace(file, text, error);
}
