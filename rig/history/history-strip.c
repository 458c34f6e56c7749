/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Strips: the last results of something, and what they say together. */
#include "history-strip.h"

#include <math.h>
#include <string.h>

#include "history-changes.h"
#include "history-internal.h"

const char *rig_strip_class_name(RigStripClass c)
{
    static const char *const names[] = {
        [RIG_STRIP_NEWLY_FAILING] = "newly-failing",
        [RIG_STRIP_FAILING] = "failing",
        [RIG_STRIP_KNOWN] = "known",
        [RIG_STRIP_FLAKY] = "flaky",
        [RIG_STRIP_NEWLY_PASSING] = "newly-passing",
        [RIG_STRIP_PASSING] = "passing",
        [RIG_STRIP_NEVER_JUDGED] = "never-judged",
    };

    return names[c];
}

/* --- memory --------------------------------------------------------------- */

static void cell_free(gpointer data)
{
    RigCell *c = data;

    if (c) {
        g_free(c->run);
        g_free(c->started);
        g_free(c->night);
        g_free(c->inputs);
        g_free(c->known);
        g_free(c);
    }
}

static void strip_free(gpointer data)
{
    RigStrip *s = data;

    if (s) {
        g_free(s->name);
        g_ptr_array_unref(s->cells);
        cell_free(s->first_bad);
        cell_free(s->last_good);
        g_ptr_array_unref(s->changes);
        g_free(s);
    }
}

static RigStrip *strip_new(const char *name, gboolean is_point)
{
    RigStrip *s = g_new0(RigStrip, 1);

    s->name = g_strdup(name);
    s->is_point = is_point;
    s->cells = g_ptr_array_new_with_free_func(cell_free);
    s->changes = g_ptr_array_new_with_free_func(rig_change_free);
    return s;
}

void rig_history_scenario_free(RigHistoryScenario *s)
{
    if (s) {
        strip_free(s->strip);
        g_free(s->name);
        g_free(s->title);
        g_free(s->nic);
        g_free(s->driver);
        g_free(s->rule);
        g_free(s->level);
        g_free(s->class_code);
        g_free(s->sentence);
        g_free(s->again);
        g_free(s->bundle);
        g_ptr_array_unref(s->points);
        g_free(s);
    }
}

/* --- cells ------------------------------------------------------------------ */

/* The columns of every query for cells; a point adds its outcome and name. */
#define CELL_COLUMNS \
    " r.id, r.run, u.started, u.night, r.inputs, r.known, r.verdict," \
    " r.as_expected, u.complete, r.ms, r.counted"
#define CELL_COLUMN_COUNT 11

/* Newer runs have greater names: they begin with the time. */
#define NEWEST_FIRST " r.run DESC, r.number DESC"

static RigCell *read_cell(Statement *st)
{
    RigCell *c = g_new0(RigCell, 1);

    c->result = sqlite3_column_int64(st, 0);
    c->run = rig_history_text(st, 1);
    c->started = rig_history_text(st, 2);
    c->night = rig_history_text(st, 3);
    c->inputs = rig_history_text(st, 4);
    c->known = rig_history_text(st, 5);
    c->code = sqlite3_column_int(st, 6);
    c->good = sqlite3_column_int(st, 7);
    c->interrupted = !sqlite3_column_int(st, 8);
    c->ms = sqlite3_column_int64(st, 9);
    c->counted = sqlite3_column_int(st, 10);
    return c;
}

static RigCell *read_point_cell(Statement *st)
{
    RigCell *c = read_cell(st);

    c->code = sqlite3_column_int(st, CELL_COLUMN_COUNT);
    c->counted = c->code != RIG_SWEEP_NOT_REACHED;
    c->good = !rig_sweep_outcome_unclean(c->code);
    c->ms = 0; /* that of the sweep is not the point's */
    return c;
}

/*
 * The next older cell. Where the newest is bad, go back to the last good one:
 * the bad one before it is the first. FALSE: no older cell is of interest.
 */
static gboolean add_cell(RigStrip *s, RigCell *c)
{
    gboolean kept = s->cells->len < RIG_STRIP_WINDOW;
    gboolean in_bad_row = (!s->newest || !s->newest->good) && !s->last_good;

    if (kept) {
        g_ptr_array_add(s->cells, c);
    }
    if (c->counted && in_bad_row) {
        RigCell *copy = g_memdup2(c, sizeof(*c));

        copy->run = g_strdup(c->run);
        copy->started = g_strdup(c->started);
        copy->night = g_strdup(c->night);
        copy->inputs = g_strdup(c->inputs);
        copy->known = g_strdup(c->known);
        if (!s->newest && kept) {
            s->newest = c;
        }
        cell_free(c->good ? s->last_good : s->first_bad);
        *(c->good ? &s->last_good : &s->first_bad) = copy;
    } else if (c->counted && !s->newest && kept) {
        s->newest = c;
    }
    if (!kept) {
        cell_free(c);
    }
    return s->cells->len < RIG_STRIP_WINDOW ||
           ((!s->newest || !s->newest->good) && !s->last_good);
}

/* --- what they say together -------------------------------------------------- */

void rig_strip_interval(unsigned bad, unsigned counted, double *low,
                        double *high)
{
    const double z = 1.959963984540054; /* of the normal law: 97.5 % */
    double n = counted, p = bad / n, d = 1 + z * z / n;
    double middle = (p + z * z / (2 * n)) / d;
    double half = z / d * sqrt(p * (1 - p) / n + z * z / (4 * n * n));

    *low = 100 * MAX(middle - half, 0);
    *high = 100 * MIN(middle + half, 1);
}

static void compute_ratio(RigStrip *s)
{
    for (guint i = 0; i < s->cells->len; i++) {
        const RigCell *c = s->cells->pdata[i];

        s->counted += c->counted;
        s->bad += c->counted && !c->good;
    }
    if (s->counted) {
        s->percent = 100.0 * s->bad / s->counted;
        rig_strip_interval(s->bad, s->counted, &s->low, &s->high);
    }
}

static void find_flaky(RigStrip *s)
{
    for (guint i = 0; i < s->cells->len; i++) {
        RigCell *a = s->cells->pdata[i];

        for (guint k = i + 1; a->counted && a->inputs && k < s->cells->len;
             k++) {
            RigCell *b = s->cells->pdata[k];

            if (b->counted && a->code != b->code &&
                g_strcmp0(a->inputs, b->inputs) == 0) {
                a->flaky = b->flaky = s->flaky = TRUE;
            }
        }
    }
}

/* The counted cell before the newest; of another night, if that is of one. */
static const RigCell *previous(const RigStrip *s)
{
    const RigCell *newest = s->newest;
    gboolean after = FALSE;

    for (guint i = 0; i < s->cells->len; i++) {
        const RigCell *c = s->cells->pdata[i];

        if (after && c->counted &&
            (!newest->night || g_strcmp0(newest->night, c->night) != 0)) {
            return c;
        }
        after |= c == newest;
    }
    return NULL;
}

static RigStripClass classify(const RigStrip *s)
{
    const RigCell *before = s->newest ? previous(s) : NULL;

    if (!s->newest) {
        return RIG_STRIP_NEVER_JUDGED;
    }
    if (!s->newest->good) {
        return s->newest->known ? RIG_STRIP_KNOWN :
               before && !before->good ? RIG_STRIP_FAILING
                                       : RIG_STRIP_NEWLY_FAILING;
    }
    return s->flaky ? RIG_STRIP_FLAKY :
           before && !before->good ? RIG_STRIP_NEWLY_PASSING
                                   : RIG_STRIP_PASSING;
}

static void conclude(RigHistory *h, RigStrip *s)
{
    compute_ratio(s);
    find_flaky(s);
    s->class = classify(s);
    if (!s->newest || s->newest->good) {
        g_clear_pointer(&s->first_bad, cell_free);
        g_clear_pointer(&s->last_good, cell_free);
    }
    if (s->first_bad && s->last_good) {
        s->same_inputs = s->first_bad->inputs &&
            g_strcmp0(s->first_bad->inputs, s->last_good->inputs) == 0;
        rig_history_add_changes(h, s->last_good->result, s->first_bad->result,
                                s->changes);
    }
}

/* --- points of a sweep --------------------------------------------------------- */

/* Points that were bad within the window, or whose outcome varied there. */
static GPtrArray *points_of_interest(RigHistory *h, const RigStrip *sweep)
{
    GPtrArray *ids = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GString) results = g_string_new(NULL);
    g_autofree char *sql = NULL;
    g_autoptr(Statement) st = NULL;

    for (guint i = 0; i < sweep->cells->len; i++) {
        const RigCell *c = sweep->cells->pdata[i];

        g_string_append_printf(results, "%s%" G_GINT64_FORMAT, i ? "," : "",
                               c->result);
    }
    sql = g_strdup_printf(
        "SELECT n.id FROM points p JOIN names n ON n.id = p.point"
        " WHERE p.result IN (%s) AND p.outcome <> %d GROUP BY n.id"
        " HAVING MIN(p.outcome) < %d OR COUNT(DISTINCT p.outcome) > 1"
        " ORDER BY n.text", results->str, RIG_SWEEP_NOT_REACHED,
        RIG_SWEEP_NOT_REACHED);
    st = rig_history_prepare(h, sql, "");
    while (st && sqlite3_step(st) == SQLITE_ROW) {
        g_ptr_array_add(ids, rig_history_text(st, 0));
    }
    return ids;
}

static RigStrip *point_strip(RigHistory *h, const char *key,
                             const char *until, const char *point)
{
    g_autoptr(Statement) st = rig_history_prepare(
        h, "SELECT" CELL_COLUMNS ", p.outcome, n.text FROM results r"
        " JOIN runs u ON u.id = r.run JOIN points p ON p.result = r.id"
        " JOIN names n ON n.id = p.point WHERE r.key = ?1 AND"
        " (?2 IS NULL OR r.run <= ?2) AND p.point = ?3 ORDER BY" NEWEST_FIRST,
        "ssi", key, until, g_ascii_strtoll(point, NULL, 10));
    RigStrip *s = NULL;

    while (st && sqlite3_step(st) == SQLITE_ROW) {
        if (!s) {
            s = strip_new((const char *)sqlite3_column_text(
                              st, CELL_COLUMN_COUNT + 1), TRUE);
        }
        if (!add_cell(s, read_point_cell(st))) {
            break;
        }
    }
    if (s) {
        conclude(h, s);
    }
    return s;
}

static gboolean is_of_interest(const RigStrip *s)
{
    return s->bad || s->flaky;
}

static void add_points(RigHistory *h, RigHistoryScenario *s,
                       const char *until)
{
    g_autoptr(GPtrArray) points = points_of_interest(h, s->strip);

    for (guint i = 0; i < points->len; i++) {
        RigStrip *p;

        if (s->points->len == RIG_STRIP_POINTS_MAX) {
            s->points_omitted = points->len - i;
            return;
        }
        p = point_strip(h, s->strip->name, until, points->pdata[i]);
        if (p && is_of_interest(p)) {
            g_ptr_array_add(s->points, p);
        } else {
            strip_free(p);
        }
    }
}

/* --- scenarios -------------------------------------------------------------------- */

GPtrArray *rig_history_keys(RigHistory *h, const char *run,
                            const char *pattern)
{
    GPtrArray *keys = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(Statement) st = rig_history_prepare(
        h, "SELECT DISTINCT key, name FROM results WHERE ?1 IS NULL OR"
        " run = ?1 ORDER BY key", "s", run);

    while (st && sqlite3_step(st) == SQLITE_ROW) {
        g_autofree char *key = rig_history_text(st, 0);
        const char *name = (const char *)sqlite3_column_text(st, 1);

        if ((!pattern || g_pattern_match_simple(pattern, key) ||
             g_pattern_match_simple(pattern, name)) &&
            (keys->len == 0 || strcmp(keys->pdata[keys->len - 1], key))) {
            g_ptr_array_add(keys, g_steal_pointer(&key));
        }
    }
    return keys;
}

static void describe(RigHistory *h, RigHistoryScenario *s)
{
    const RigCell *last = s->strip->newest ? s->strip->newest :
                          s->strip->cells->len ? s->strip->cells->pdata[0]
                                               : NULL;
    g_autoptr(Statement) st = rig_history_prepare(
        h, "SELECT name, title, nic, driver FROM results WHERE id = ?", "i",
        last ? last->result : (gint64)0);
    g_autoptr(Statement) finding = rig_history_prepare(
        h, "SELECT rule, level, class, sentence, again, bundle FROM results"
        " WHERE id = ?", "i",
        s->strip->newest ? s->strip->newest->result : (gint64)0);

    if (st && sqlite3_step(st) == SQLITE_ROW) {
        s->name = rig_history_text(st, 0);
        s->title = rig_history_text(st, 1);
        s->nic = rig_history_text(st, 2);
        s->driver = rig_history_text(st, 3);
    }
    if (finding && sqlite3_step(finding) == SQLITE_ROW) {
        s->rule = rig_history_text(finding, 0);
        s->level = rig_history_text(finding, 1);
        s->class_code = rig_history_text(finding, 2);
        s->sentence = rig_history_text(finding, 3);
        s->again = rig_history_text(finding, 4);
        s->bundle = rig_history_text(finding, 5);
    }
    for (guint i = 0; i < s->strip->cells->len && !s->ms; i++) {
        s->ms = ((const RigCell *)s->strip->cells->pdata[i])->ms;
    }
}

RigHistoryScenario *rig_history_scenario(RigHistory *h, const char *key,
                                         const char *until)
{
    g_autoptr(Statement) st = rig_history_prepare(
        h, "SELECT" CELL_COLUMNS " FROM results r JOIN runs u ON"
        " u.id = r.run WHERE r.key = ?1 AND (?2 IS NULL OR r.run <= ?2)"
        " ORDER BY" NEWEST_FIRST, "ss", key, until);
    RigHistoryScenario *s = g_new0(RigHistoryScenario, 1);

    s->strip = strip_new(key, FALSE);
    s->points = g_ptr_array_new_with_free_func(strip_free);
    while (st && sqlite3_step(st) == SQLITE_ROW &&
           add_cell(s->strip, read_cell(st))) {
    }
    conclude(h, s->strip);
    describe(h, s);
    add_points(h, s, until);
    return s;
}
