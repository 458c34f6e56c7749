/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One run.xml as rows of history.db.
 *
 * The file is read as a stream, since a sweep may fill it with tens of
 * thousands of points, and believed in nothing: what is not as in result.rng
 * is left out, and a run whose file ends early is marked as damaged.
 */
#include "history-internal.h"

#include <glib/gstdio.h>
#include <string.h>

#include "sweep.h"
#include "xml-pull.h"

/* Characters of a word in index.rng. */
#define WORD_MAX 256

typedef xmlTextReader Reader;

/* One scenario of the run while it is read; NULL: not said. */
typedef struct Result {
    gint64 id;           /* in the table */
    unsigned number, machine;
    int verdict;         /* -1: none that is known */
    gboolean as_expected;
    char *key, *name, *title;
    char *sentence;
    char *again, *bundle;    /* the command that runs it again, and its bundle */
    char *rule, *level, *class_code, *known; /* of the finding that says most */
    char *inputs, *scenario, *rules, *inf;   /* hashes */
    char *driver, *driver_hash;
    uint64_t ms;                             /* without the boot; 0: not said */
    uint64_t ns_from, ns_to;                 /* of its cycles */
} Result;

typedef struct Machine {
    unsigned number;
    char *nic;
    uint64_t boot_ms, total_ms;
    uint64_t ns;         /* of all cycles of its scenarios */
} Machine;

typedef struct Reading {
    RigHistory *h;
    const char *id;      /* of the run */
    Reader *r;
    GPtrArray *results;  /* of Result */
    GPtrArray *machines; /* of Machine */
    gboolean complete;   /* the run is */
    Result *result;      /* the one that is being read */
    GError **error;
    gboolean failed;     /* @error is set */
} Reading;

static void result_free(gpointer data)
{
    Result *r = data;

    g_free(r->key);
    g_free(r->name);
    g_free(r->title);
    g_free(r->sentence);
    g_free(r->again);
    g_free(r->bundle);
    g_free(r->rule);
    g_free(r->level);
    g_free(r->class_code);
    g_free(r->known);
    g_free(r->inputs);
    g_free(r->scenario);
    g_free(r->rules);
    g_free(r->inf);
    g_free(r->driver);
    g_free(r->driver_hash);
    g_free(r);
}

static void machine_free(gpointer data)
{
    Machine *m = data;

    g_free(m->nic);
    g_free(m);
}

/* --- attributes ---------------------------------------------------------- */

/* One that a terminal obeys, or that ends a line of a table. */
static gboolean has_control(const char *text)
{
    while (*text && !g_unichar_iscntrl(g_utf8_get_char(text))) {
        text = g_utf8_next_char(text);
    }
    return *text != '\0';
}

/* As index.rng wants them; NULL for anything else. */
static char *word(Reader *r, const char *name)
{
    g_autofree char *v = rig_pull_attribute(r, name);

    return v && *v && g_utf8_strlen(v, -1) <= WORD_MAX && !has_control(v)
           ? g_steal_pointer(&v) : NULL;
}

static char *date(Reader *r, const char *name)
{
    g_autofree char *v = rig_pull_attribute(r, name);
    g_autoptr(GDateTime) t = v ? g_date_time_new_from_iso8601(v, NULL) : NULL;

    return t ? g_date_time_format(t, "%Y-%m-%dT%H:%M:%SZ") : NULL;
}

static gboolean is(Reader *r, const char *element)
{
    return strcmp((const char *)xmlTextReaderConstName(r), element) == 0;
}

/* --- elements ------------------------------------------------------------- */

static void read_run_element(Reading *g)
{
    Reader *r = g->r;
    g_autofree char *started = date(r, "started"), *rig = rig_pull_attribute(r, "rig");
    g_autofree char *finished = date(r, "finished");
    g_autofree char *command = rig_pull_attribute(r, "command");
    g_autofree char *night = word(r, "night"), *job = word(r, "job");
    g_autofree char *shard = word(r, "shard");

    g->complete = rig_pull_attribute_is(r, "complete", "yes");
    g->failed = !rig_history_insert(
        g->h, g->error, "UPDATE runs SET complete = ?2, started = ?3,"
        " finished = ?4, command = ?5, rig = ?6, night = ?7, job = ?8,"
        " shard = ?9 WHERE id = ?1", "sisssssss", g->id,
        (gint64)g->complete, started, finished, command, rig, night, job,
        shard);
}

static void read_environment(Reading *g)
{
    g_autofree char *os = rig_pull_attribute(g->r, "os"), *libvirt = rig_pull_attribute(g->r, "libvirt");
    g_autofree char *qemu = rig_pull_attribute(g->r, "qemu");
    g_autofree char *kernel = rig_pull_attribute(g->r, "kernel");

    g->failed = !rig_history_insert(
        g->h, g->error, "UPDATE runs SET os = ?2, libvirt = ?3, qemu = ?4,"
        " kernel = ?5 WHERE id = ?1", "sssss", g->id, os, libvirt, qemu,
        kernel);
}

static void read_artifact(Reading *g)
{
    g_autofree char *name = rig_pull_attribute(g->r, "name");
    g_autofree char *sha256 = rig_pull_attribute(g->r, "sha256");

    if (name && sha256) {
        g->failed = !rig_history_insert(
            g->h, g->error, "INSERT OR REPLACE INTO artifacts VALUES"
            " (?, ?, ?)", "sss", g->id, name, sha256);
    }
}

static void read_machine(Reading *g)
{
    Reader *r = g->r;
    g_autofree char *inputs = rig_pull_attribute(r, "inputs"), *stream = rig_pull_attribute(r, "stream");
    Machine *m = g_new0(Machine, 1);

    m->number = rig_pull_number(r, "number");
    m->nic = rig_pull_attribute(r, "nic");
    m->boot_ms = rig_pull_number(r, "boot-ms");
    m->total_ms = rig_pull_number(r, "total-ms");
    g_ptr_array_add(g->machines, m);
    if (rig_pull_attribute_is(r, "ended", "yes") && m->number && inputs && stream) {
        const RigHistoryEntry e = { (char *)g->id, m->number, inputs, stream,
                                    m->total_ms };

        g->failed = !rig_history_add(g->h, &e, g->error);
    }
}

static Machine *machine_of(const Reading *g, const Result *result)
{
    for (guint i = 0; i < g->machines->len; i++) {
        Machine *m = g->machines->pdata[i];

        if (m->number == result->machine) {
            return m;
        }
    }
    return NULL;
}

static void read_scenario(Reading *g)
{
    Reader *r = g->r;
    g_autofree char *verdict = rig_pull_attribute(r, "verdict");
    Result *s = g->result = g_new0(Result, 1);
    RigVerdict v;

    s->number = rig_pull_number(r, "number");
    s->machine = rig_pull_number(r, "machine");
    s->ms = rig_pull_number(r, "ms");
    s->verdict = verdict && rig_verdict_parse(verdict, &v) ? (int)v : -1;
    s->as_expected = rig_pull_attribute_is(r, "as-expected", "yes");
    s->name = word(r, "name");
    s->key = word(r, "key");
    s->bundle = rig_pull_attribute(r, "bundle");
    if (!s->key) { /* of a rig that wrote none */
        s->key = g_strdup(s->name);
    }
    s->ns_from = G_MAXUINT64;
    g_ptr_array_add(g->results, s);
}

static void read_driver(Reader *r, Result *s)
{
    g_clear_pointer(&s->driver, g_free);
    g_clear_pointer(&s->driver_hash, g_free);
    s->driver = rig_pull_attribute(r, "sys");
    if (!s->driver) {
        s->driver = rig_pull_attribute(r, "linux");
    }
    s->driver_hash = rig_pull_attribute(r, "sha256");
}

static void read_inputs(Reader *r, Result *s)
{
    g_free(s->inputs);
    g_free(s->scenario);
    g_free(s->rules);
    g_free(s->inf);
    s->inputs = rig_pull_attribute(r, "sha256");
    s->scenario = rig_pull_attribute(r, "scenario");
    s->rules = rig_pull_attribute(r, "rules");
    s->inf = rig_pull_attribute(r, "inf");
}

/* The published wording says more than a contract that broke on the way. */
static unsigned rank_of(const char *level)
{
    static const char *const levels[] = { "sdv-rule", "strict", "contract",
                                          "leak" };
    unsigned i = 0;

    while (i < G_N_ELEMENTS(levels) && g_strcmp0(level, levels[i]) != 0) {
        i++;
    }
    return i;
}

/* The first of those whose level ranks highest. */
static void read_finding(Reader *r, Result *s)
{
    g_autofree char *level = word(r, "level");

    if (!s->rule || rank_of(level) < rank_of(s->level)) {
        g_free(s->rule);
        g_free(s->level);
        g_free(s->class_code);
        s->rule = rig_pull_attribute(r, "rule");
        s->level = g_steal_pointer(&level);
        s->class_code = word(r, "class");
    }
}

static void read_cycle(Reader *r, Result *s)
{
    uint64_t from = rig_pull_number(r, "ns-from"), to = rig_pull_number(r, "ns-to");

    if (to > from) {
        s->ns_from = MIN(s->ns_from, from);
        s->ns_to = MAX(s->ns_to, to);
    }
}

/* The text of an element, in place of what there may be. */
static void read_text(Reader *r, char **text)
{
    xmlChar *read = xmlTextReaderReadString(r);

    g_free(*text);
    *text = g_strdup((const char *)read);
    xmlFree(read);
}

/* A part of the current scenario. TRUE: its children matter, too. */
static gboolean read_part(Reading *g)
{
    Reader *r = g->r;
    Result *s = g->result;

    if (is(r, "title")) {
        read_text(r, &s->title);
    } else if (is(r, "sentence")) {
        read_text(r, &s->sentence);
    } else if (is(r, "reproduce")) {
        read_text(r, &s->again);
    } else if (is(r, "driver")) {
        read_driver(r, s);
    } else if (is(r, "inputs")) {
        read_inputs(r, s);
    } else if (is(r, "known")) {
        if (!s->known && rig_pull_attribute_is(r, "covers", "all")) {
            s->known = word(r, "id");
        }
    } else if (is(r, "finding")) {
        read_finding(r, s);
    } else if (is(r, "cycle")) {
        read_cycle(r, s);
    }
    return is(r, "sweep");
}

/* --- rows ----------------------------------------------------------------- */

static gboolean is_counted(const Result *s)
{
    return s->number && s->verdict >= 0 && s->key && s->name;
}

/* What was stopped says nothing about its scenario: index.rng. */
static gboolean says_something(const Reading *g, const Result *s)
{
    return s->verdict != RIG_VERDICT_SKIPPED &&
           (s->verdict != RIG_VERDICT_BROKEN || g->complete);
}

/* The id is needed for the points, which come before the rest is known. */
static gboolean reserve_row(Reading *g)
{
    Result *s = g->result;

    if (!s->id && is_counted(s)) {
        g->failed = !rig_history_insert(
            g->h, g->error, "INSERT OR REPLACE INTO results (run, number, key,"
            " name, verdict, as_expected, counted, ms) VALUES"
            " (?, ?, ?, ?, ?, ?, ?, 0)",
            "sissiii", g->id, (gint64)s->number, s->key, s->name,
            (gint64)s->verdict, (gint64)s->as_expected,
            (gint64)says_something(g, s));
        s->id = sqlite3_last_insert_rowid(g->h->db);
    }
    return s->id && !g->failed;
}

static int outcome_of(const char *name)
{
    for (int i = 0; name && i < RIG_SWEEP_OUTCOMES; i++) {
        if (strcmp(rig_sweep_outcome_name(i), name) == 0) {
            return i;
        }
    }
    return -1;
}

static void read_point(Reading *g)
{
    g_autofree char *outcome = rig_pull_attribute(g->r, "outcome");
    g_autofree char *text = word(g->r, "text");
    int o = outcome_of(outcome);

    if (o < 0 || !text || !reserve_row(g)) {
        return;
    }
    g->failed = !rig_history_insert(g->h, g->error, "INSERT OR IGNORE INTO"
                                    " names (text) VALUES (?)", "s", text) ||
                !rig_history_insert(g->h, g->error, "INSERT OR REPLACE INTO"
                                    " points VALUES (?, (SELECT id FROM names"
                                    " WHERE text = ?), ?)", "isi",
                                    g->result->id, text, (gint64)o);
}

/*
 * What it takes alone: the boot, and its own time. A rig that wrote no time of
 * its own had the machine's, of which it has as much as its cycles took of the
 * virtual time.
 */
static uint64_t result_ms(const Reading *g, const Result *s)
{
    const Machine *m = machine_of(g, s);
    uint64_t ns = s->ns_to > s->ns_from ? s->ns_to - s->ns_from : 0;

    if (!m || m->total_ms < m->boot_ms || s->verdict == RIG_VERDICT_SKIPPED) {
        return 0;
    }
    return s->ms > 0 ? m->boot_ms + s->ms :
           m->ns == 0 ? m->total_ms :
           m->boot_ms + (double)(m->total_ms - m->boot_ms) * ns / m->ns;
}

static gboolean complete_row(Reading *g, Result *s)
{
    const Machine *m = machine_of(g, s);

    g->result = s;
    return !is_counted(s) || (reserve_row(g) && rig_history_insert(
        g->h, g->error, "UPDATE results SET title = ?2, nic = ?3, rule = ?4,"
        " level = ?5, class = ?6, known = ?7, ms = ?8, inputs = ?9,"
        " driver = ?10, driver_sha256 = ?11, inf_sha256 = ?12,"
        " scenario_sha256 = ?13, rules_sha256 = ?14, sentence = ?15,"
        " again = ?16, bundle = ?17 WHERE id = ?1",
        "issssssisssssssss", s->id, s->title, m ? m->nic : NULL, s->rule,
        s->level, s->class_code, s->known, (gint64)result_ms(g, s), s->inputs,
        s->driver, s->driver_hash, s->inf, s->scenario, s->rules, s->sentence,
        s->again, s->bundle));
}

static gboolean complete_rows(Reading *g)
{
    for (guint i = 0; i < g->results->len; i++) {
        const Result *s = g->results->pdata[i];
        Machine *m = machine_of(g, s);

        if (m && s->ns_to > s->ns_from) {
            m->ns += s->ns_to - s->ns_from;
        }
    }
    for (guint i = 0; i < g->results->len; i++) {
        if (!complete_row(g, g->results->pdata[i])) {
            return FALSE;
        }
    }
    return TRUE;
}

/* --- the file --------------------------------------------------------------- */

/* TRUE: go into the element. */
static gboolean read_element(Reading *g)
{
    switch (xmlTextReaderDepth(g->r)) {
    case 0:
        read_run_element(g);
        return TRUE;
    case 1:
        g->result = NULL;
        if (is(g->r, "environment")) {
            read_environment(g);
        } else if (is(g->r, "artifact")) {
            read_artifact(g);
        } else if (is(g->r, "machine")) {
            read_machine(g);
        } else if (is(g->r, "scenario")) {
            read_scenario(g);
        }
        return g->result != NULL;
    case 2:
        return read_part(g);
    default:
        if (is(g->r, "point")) {
            read_point(g);
        }
        return FALSE;
    }
}

/* 0 at the end of the file, something else where it is damaged. */
static int read_all(Reading *g)
{
    int more = g->r ? rig_pull_element(g->r) : -1;

    if (more == 1 && !is(g->r, "run")) {
        return -1;
    }
    while (more == 1 && !g->failed) {
        gboolean inside = TRUE;

        if (xmlTextReaderNodeType(g->r) == XML_READER_TYPE_ELEMENT) {
            inside = read_element(g);
        }
        more = rig_pull_node(g->r, inside);
    }
    return more;
}

static gboolean add_run(RigHistory *h, const char *id, const RunFile *f,
                        GError **error)
{
    return rig_history_insert(h, error, "INSERT INTO runs (id, mtime_ns,"
                              " size, complete, damaged) VALUES"
                              " (?, ?, ?, 0, ?)", "siii", id, f->mtime_ns,
                              f->size, (gint64)(f->size < 0));
}

gboolean rig_history_read_run(RigHistory *h, const char *id, const RunFile *f,
                              GError **error)
{
    g_autofree char *file = g_build_filename(h->results, "runs", id,
                                             "run.xml", NULL);
    g_autoptr(GPtrArray) results = g_ptr_array_new_with_free_func(result_free);
    g_autoptr(GPtrArray) machines =
        g_ptr_array_new_with_free_func(machine_free);
    g_autoptr(xmlTextReader) r = NULL;
    Reading g = { .h = h, .id = id, .results = results,
                  .machines = machines, .error = error };
    gboolean good;

    if (f->size < 0) {
        return add_run(h, id, f, error);
    }
    r = g.r = rig_pull_open(file);
    good = add_run(h, id, f, error) && (read_all(&g) == 0 || g.failed ||
           rig_history_insert(h, error, "UPDATE runs SET damaged = 1,"
                              " complete = 0 WHERE id = ?", "s", id)) &&
           !g.failed && complete_rows(&g);
    return good;
}
