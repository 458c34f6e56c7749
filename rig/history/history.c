/* SPDX-License-Identifier: GPL-2.0-or-later */
/* history.db: opening it, keeping it up to date, and the simple questions. */
#include "history-internal.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

/* Changed whenever a table changes: an older file is built again. */
#define SCHEMA_VERSION 4

/* Another rig may write for as long as it reads a directory full of runs. */
#define BUSY_MS 30000

#define NS_PER_SECOND G_GINT64_CONSTANT(1000000000)

static const char schema[] =
    /* mtime_ns and size are those of run.xml: another file is read again. */
    "CREATE TABLE runs ("
    " id TEXT PRIMARY KEY, mtime_ns INTEGER NOT NULL, size INTEGER NOT NULL,"
    " complete INTEGER NOT NULL, damaged INTEGER NOT NULL,"
    " started TEXT, finished TEXT, command TEXT,"
    " rig TEXT, os TEXT, libvirt TEXT, qemu TEXT, kernel TEXT,"
    " night TEXT, job TEXT, shard TEXT);"
    "CREATE TABLE artifacts ("
    " run TEXT NOT NULL, name TEXT NOT NULL, sha256 TEXT NOT NULL,"
    " PRIMARY KEY (run, name)) WITHOUT ROWID;"
    "CREATE TABLE machines ("
    " run TEXT NOT NULL, machine INTEGER NOT NULL, inputs TEXT NOT NULL,"
    " stream TEXT NOT NULL, total_ms INTEGER NOT NULL,"
    " PRIMARY KEY (run, machine));"
    "CREATE INDEX by_inputs ON machines (inputs, run);"
    /* verdict as enum RigVerdict; what is not known is NULL. */
    "CREATE TABLE results ("
    " id INTEGER PRIMARY KEY, run TEXT NOT NULL, number INTEGER NOT NULL,"
    " key TEXT NOT NULL, name TEXT NOT NULL, title TEXT, nic TEXT,"
    " verdict INTEGER NOT NULL, as_expected INTEGER NOT NULL,"
    " counted INTEGER NOT NULL,"
    " rule TEXT, level TEXT, class TEXT, known TEXT, ms INTEGER NOT NULL,"
    " inputs TEXT, driver TEXT, driver_sha256 TEXT, inf_sha256 TEXT,"
    " scenario_sha256 TEXT, rules_sha256 TEXT, sentence TEXT, again TEXT,"
    " bundle TEXT, UNIQUE (run, number));"
    "CREATE INDEX by_key ON results (key, run);"
    /* Fault points of sweeps; outcome by enum RigSweepOutcome. */
    "CREATE TABLE names (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);"
    "CREATE TABLE points ("
    " result INTEGER NOT NULL, point INTEGER NOT NULL,"
    " outcome INTEGER NOT NULL, PRIMARY KEY (result, point)) WITHOUT ROWID;"
    "PRAGMA user_version = " G_STRINGIFY(SCHEMA_VERSION) ";";

/* --- statements ---------------------------------------------------------- */

gboolean rig_history_fail(RigHistory *h, GError **error)
{
    h->code = sqlite3_errcode(h->db);
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "history.db: %s",
                sqlite3_errmsg(h->db));
    return FALSE;
}

gboolean rig_history_exec(RigHistory *h, const char *sql, GError **error)
{
    return sqlite3_exec(h->db, sql, NULL, NULL, NULL) == SQLITE_OK ||
           rig_history_fail(h, error);
}

static Statement *prepare(RigHistory *h, const char *sql, const char *types,
                          va_list ap)
{
    Statement *st = NULL;

    if (sqlite3_prepare_v2(h->db, sql, -1, &st, NULL) != SQLITE_OK) {
        return NULL;
    }
    for (int i = 0; types[i]; i++) {
        if (types[i] == 's') {
            sqlite3_bind_text(st, i + 1, va_arg(ap, const char *), -1,
                              SQLITE_TRANSIENT);
        } else {
            sqlite3_bind_int64(st, i + 1, va_arg(ap, gint64));
        }
    }
    return st;
}

Statement *rig_history_prepare(RigHistory *h, const char *sql,
                               const char *types, ...)
{
    Statement *st;
    va_list ap;

    va_start(ap, types);
    st = prepare(h, sql, types, ap);
    va_end(ap);
    return st;
}

gboolean rig_history_insert(RigHistory *h, GError **error, const char *sql,
                            const char *types, ...)
{
    g_autoptr(Statement) st = NULL;
    va_list ap;

    va_start(ap, types);
    st = prepare(h, sql, types, ap);
    va_end(ap);
    return (st && sqlite3_step(st) == SQLITE_DONE) ||
           rig_history_fail(h, error);
}

char *rig_history_text(Statement *st, int i)
{
    return g_strdup((const char *)sqlite3_column_text(st, i));
}

/* --- machines ------------------------------------------------------------ */

void rig_history_entry_free(RigHistoryEntry *e)
{
    if (e) {
        g_free(e->run);
        g_free(e->inputs);
        g_free(e->stream);
        g_free(e);
    }
}

gboolean rig_history_add(RigHistory *h, const RigHistoryEntry *e,
                         GError **error)
{
    return rig_history_insert(h, error, "INSERT OR REPLACE INTO machines "
                              "VALUES (?, ?, ?, ?, ?)", "sissi", e->run,
                              (gint64)e->machine, e->inputs, e->stream,
                              (gint64)e->total_ms);
}

RigHistoryEntry *rig_history_newest(RigHistory *h, const char *inputs,
                                    const char *not_run)
{
    g_autoptr(Statement) st = rig_history_prepare(
        h, "SELECT run, machine, inputs, stream, total_ms FROM machines"
        " WHERE inputs = ? AND run <> ? ORDER BY run DESC, machine DESC"
        " LIMIT 1", "ss", inputs, not_run ? not_run : "");
    RigHistoryEntry *e = NULL;

    if (st && sqlite3_step(st) == SQLITE_ROW) {
        e = g_new0(RigHistoryEntry, 1);
        e->run = rig_history_text(st, 0);
        e->machine = sqlite3_column_int64(st, 1);
        e->inputs = rig_history_text(st, 2);
        e->stream = rig_history_text(st, 3);
        e->total_ms = sqlite3_column_int64(st, 4);
    }
    return e;
}

/* --- scenarios ----------------------------------------------------------- */

uint64_t rig_history_expected_ms(RigHistory *h, const char *key)
{
    g_autoptr(Statement) st = rig_history_prepare(
        h, "SELECT ms FROM results WHERE key = ? AND ms > 0"
        " ORDER BY run DESC LIMIT 1", "s", key);

    return st && sqlite3_step(st) == SQLITE_ROW
           ? (uint64_t)sqlite3_column_int64(st, 0) : 0;
}

gboolean rig_history_last_verdict(RigHistory *h, const char *key,
                                  RigVerdict *verdict, gboolean *as_expected)
{
    g_autoptr(Statement) st = rig_history_prepare(
        h, "SELECT verdict, as_expected FROM results WHERE key = ? AND"
        " counted ORDER BY run DESC, number DESC LIMIT 1", "s", key);

    if (!st || sqlite3_step(st) != SQLITE_ROW) {
        return FALSE;
    }
    if (verdict) {
        *verdict = sqlite3_column_int(st, 0);
    }
    if (as_expected) {
        *as_expected = sqlite3_column_int(st, 1);
    }
    return TRUE;
}

/* --- keeping up with the run directories ---------------------------------- */

/* Is the run in the file as its run.xml is now? */
static gboolean is_known(RigHistory *h, const char *id, const RunFile *f)
{
    g_autoptr(Statement) q = rig_history_prepare(
        h, "SELECT 1 FROM runs WHERE id = ? AND mtime_ns = ? AND size = ?",
        "sii", id, f->mtime_ns, f->size);

    return q && sqlite3_step(q) == SQLITE_ROW;
}

static gboolean forget(RigHistory *h, const char *id, GError **error)
{
    static const char *const statements[] = {
        "DELETE FROM points WHERE result IN"
        " (SELECT id FROM results WHERE run = ?)",
        "DELETE FROM results WHERE run = ?",
        "DELETE FROM machines WHERE run = ?",
        "DELETE FROM artifacts WHERE run = ?",
        "DELETE FROM runs WHERE id = ?",
    };

    for (guint i = 0; i < G_N_ELEMENTS(statements); i++) {
        if (!rig_history_insert(h, error, statements[i], "s", id)) {
            return FALSE;
        }
    }
    return TRUE;
}

/* A rig that was killed at once leaves a directory without run.xml. */
static RunFile look_at(const char *dir)
{
    g_autofree char *file = g_build_filename(dir, "run.xml", NULL);
    RunFile f = { 0, -1 };
    GStatBuf st;

    if (g_stat(file, &st) == 0 && S_ISREG(st.st_mode)) {
        f.mtime_ns = (gint64)st.st_mtim.tv_sec * NS_PER_SECOND +
                     st.st_mtim.tv_nsec;
        f.size = st.st_size;
    }
    return f;
}

static char *run_dir(RigHistory *h, const char *id)
{
    return g_build_filename(h->results, "runs", id, NULL);
}

static gboolean refresh_run(RigHistory *h, const char *id, GError **error)
{
    g_autofree char *dir = run_dir(h, id);
    RunFile f;

    if (*id == '.' || !g_file_test(dir, G_FILE_TEST_IS_DIR)) {
        return TRUE;
    }
    f = look_at(dir);
    return is_known(h, id, &f) ||
           (forget(h, id, error) && rig_history_read_run(h, id, &f, error));
}

/* Runs whose directory is gone. */
static gboolean forget_removed(RigHistory *h, GError **error)
{
    g_autoptr(GPtrArray) gone = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(Statement) st = rig_history_prepare(h, "SELECT id FROM runs",
                                                  "");

    while (st && sqlite3_step(st) == SQLITE_ROW) {
        g_autofree char *id = rig_history_text(st, 0);
        g_autofree char *dir = run_dir(h, id);

        if (!g_file_test(dir, G_FILE_TEST_IS_DIR)) {
            g_ptr_array_add(gone, g_steal_pointer(&id));
        }
    }
    for (guint i = 0; i < gone->len; i++) {
        if (!forget(h, gone->pdata[i], error)) {
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean read_runs(RigHistory *h, GError **error)
{
    g_autofree char *runs = g_build_filename(h->results, "runs", NULL);
    g_autoptr(GDir) dir = g_dir_open(runs, 0, NULL);
    const char *id;

    while (dir && (id = g_dir_read_name(dir))) {
        if (!refresh_run(h, id, error)) {
            return FALSE;
        }
    }
    return forget_removed(h, error);
}

static int read_version(sqlite3 *db)
{
    g_autoptr(Statement) st = NULL;

    return sqlite3_prepare_v2(db, "PRAGMA user_version", -1, &st, NULL) ==
           SQLITE_OK && sqlite3_step(st) == SQLITE_ROW
           ? sqlite3_column_int(st, 0) : -1;
}

/* All in one transaction, so that another rig sees all of it or nothing. */
gboolean rig_history_refresh(RigHistory *h, GError **error)
{
    if (!rig_history_exec(h, "BEGIN IMMEDIATE", error)) {
        return FALSE;
    }
    /* Somebody else may have made the tables meanwhile. */
    if ((read_version(h->db) != 0 || rig_history_exec(h, schema, error)) &&
        read_runs(h, error) && rig_history_exec(h, "COMMIT", error)) {
        return TRUE;
    }
    sqlite3_exec(h->db, "ROLLBACK", NULL, NULL, NULL);
    return FALSE;
}

/* --- opening ------------------------------------------------------------ */

void rig_history_close(RigHistory *h)
{
    if (h) {
        sqlite3_close(h->db);
        g_free(h->results);
        g_free(h);
    }
}

/* The version of the tables in @file once it is open: 0 new, -1 damaged. */
static int open_file(RigHistory *h, const char *file)
{
    sqlite3_close(h->db);
    h->db = NULL;
    if (sqlite3_open(file, &h->db) != SQLITE_OK) {
        return -1;
    }
    sqlite3_busy_timeout(h->db, BUSY_MS);
    return read_version(h->db);
}

static void remove_file(const char *file)
{
    g_autofree char *journal = g_strconcat(file, "-journal", NULL);

    g_unlink(file);
    g_unlink(journal);
}

/* Open the file and bring it up to date. */
static gboolean try_open(RigHistory *h, const char *file, GError **error)
{
    int version = open_file(h, file);

    if (version < 0) {
        return rig_history_fail(h, error);
    }
    if (version != 0 && version != SCHEMA_VERSION) {
        h->code = SQLITE_CORRUPT;
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                    "history.db: of another rig");
        return FALSE;
    }
    return rig_history_refresh(h, error);
}

/* Is it the content of the file, and neither the disk nor another rig? */
static gboolean is_damaged(int code)
{
    return code == SQLITE_CORRUPT || code == SQLITE_NOTADB ||
           code == SQLITE_ERROR || code == SQLITE_SCHEMA;
}

/* A damaged file is replaced: it is only an index, so nothing is lost. */
static gboolean open_or_replace(RigHistory *h, const char *file)
{
    if (try_open(h, file, NULL)) {
        return TRUE;
    }
    if (!is_damaged(h->code)) {
        return FALSE;
    }
    remove_file(file);
    return try_open(h, file, NULL);
}

RigHistory *rig_history_open(const char *results, GError **error)
{
    g_autofree char *file = g_build_filename(results, "history.db", NULL);
    g_autoptr(RigHistory) h = g_new0(RigHistory, 1);

    h->results = g_strdup(results);
    if (!g_file_test(results, G_FILE_TEST_IS_DIR)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
                    "history.db: there is no directory %s", results);
        return NULL;
    }
    if (open_or_replace(h, file) || try_open(h, ":memory:", error)) {
        return g_steal_pointer(&h);
    }
    return NULL;
}

RigHistory *rig_history_rebuild(const char *results, GError **error)
{
    g_autofree char *file = g_build_filename(results, "history.db", NULL);
    g_autoptr(RigHistory) h = g_new0(RigHistory, 1);

    h->results = g_strdup(results);
    if (!g_file_test(results, G_FILE_TEST_IS_DIR)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
                    "history.db: there is no directory %s", results);
        return NULL;
    }
    remove_file(file);
    return try_open(h, file, error) ? g_steal_pointer(&h) : NULL;
}

unsigned rig_history_runs(RigHistory *h)
{
    g_autoptr(Statement) st = rig_history_prepare(
        h, "SELECT COUNT(*) FROM runs", "");

    return st && sqlite3_step(st) == SQLITE_ROW ? sqlite3_column_int(st, 0)
                                                : 0;
}
