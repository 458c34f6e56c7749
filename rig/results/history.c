/* SPDX-License-Identifier: GPL-2.0-or-later */
/* history.db: which machine ran with which inputs and what its stream was. */
#include "history.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <libxml/xmlreader.h>
#include <sqlite3.h>
#include <string.h>

struct RigHistory {
    sqlite3 *db;
};

/* Changed whenever the table changes: an older file is built again. */
#define SCHEMA_VERSION 1

static const char schema[] =
    "CREATE TABLE IF NOT EXISTS machines ("
    " run TEXT NOT NULL, machine INTEGER NOT NULL, inputs TEXT NOT NULL,"
    " stream TEXT NOT NULL, total_ms INTEGER NOT NULL,"
    " PRIMARY KEY (run, machine));"
    "CREATE INDEX IF NOT EXISTS by_inputs ON machines (inputs, run);"
    "PRAGMA user_version = " G_STRINGIFY(SCHEMA_VERSION) ";";

void rig_history_entry_free(RigHistoryEntry *e)
{
    if (e) {
        g_free(e->run);
        g_free(e->inputs);
        g_free(e->stream);
        g_free(e);
    }
}

void rig_history_close(RigHistory *h)
{
    if (h) {
        sqlite3_close(h->db);
        g_free(h);
    }
}

static gboolean fail(RigHistory *h, GError **error)
{
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "history.db: %s",
                sqlite3_errmsg(h->db));
    return FALSE;
}

gboolean rig_history_add(RigHistory *h, const RigHistoryEntry *e,
                         GError **error)
{
    sqlite3_stmt *st = NULL;
    gboolean good;

    if (sqlite3_prepare_v2(h->db, "INSERT OR REPLACE INTO machines VALUES"
                           " (?1, ?2, ?3, ?4, ?5)", -1, &st, NULL)) {
        return fail(h, error);
    }
    sqlite3_bind_text(st, 1, e->run, -1, SQLITE_STATIC);
    sqlite3_bind_int64(st, 2, e->machine);
    sqlite3_bind_text(st, 3, e->inputs, -1, SQLITE_STATIC);
    sqlite3_bind_text(st, 4, e->stream, -1, SQLITE_STATIC);
    sqlite3_bind_int64(st, 5, e->total_ms);
    good = sqlite3_step(st) == SQLITE_DONE;
    sqlite3_finalize(st);
    return good || fail(h, error);
}

RigHistoryEntry *rig_history_newest(RigHistory *h, const char *inputs,
                                    const char *not_run)
{
    RigHistoryEntry *e = NULL;
    sqlite3_stmt *st = NULL;

    if (sqlite3_prepare_v2(h->db, "SELECT run, machine, inputs, stream,"
                           " total_ms FROM machines WHERE inputs = ?1 AND"
                           " run <> ?2 ORDER BY run DESC, machine DESC"
                           " LIMIT 1", -1, &st, NULL)) {
        return NULL;
    }
    sqlite3_bind_text(st, 1, inputs, -1, SQLITE_STATIC);
    sqlite3_bind_text(st, 2, not_run ? not_run : "", -1, SQLITE_STATIC);
    if (sqlite3_step(st) == SQLITE_ROW) {
        e = g_new0(RigHistoryEntry, 1);
        e->run = g_strdup((const char *)sqlite3_column_text(st, 0));
        e->machine = sqlite3_column_int64(st, 1);
        e->inputs = g_strdup((const char *)sqlite3_column_text(st, 2));
        e->stream = g_strdup((const char *)sqlite3_column_text(st, 3));
        e->total_ms = sqlite3_column_int64(st, 4);
    }
    sqlite3_finalize(st);
    return e;
}

/* --- building it again from run.xml files ------------------------------- */

static char *attr(xmlTextReader *r, const char *name)
{
    xmlChar *v = xmlTextReaderGetAttribute(r, (const xmlChar *)name);
    char *copy = g_strdup((const char *)v);

    xmlFree(v);
    return copy;
}

static void add_machine_element(RigHistory *h, const char *run,
                                xmlTextReader *r)
{
    g_autofree char *ended = attr(r, "ended");
    g_autofree char *number = attr(r, "number");
    g_autofree char *total = attr(r, "total-ms");
    g_autoptr(RigHistoryEntry) e = g_new0(RigHistoryEntry, 1);

    e->run = g_strdup(run);
    e->machine = number ? g_ascii_strtoull(number, NULL, 10) : 0;
    e->inputs = attr(r, "inputs");
    e->stream = attr(r, "stream");
    e->total_ms = total ? g_ascii_strtoull(total, NULL, 10) : 0;
    if (g_strcmp0(ended, "yes") == 0 && e->machine && e->inputs &&
        e->stream) {
        rig_history_add(h, e, NULL);
    }
}

static void add_run(RigHistory *h, const char *run, const char *file)
{
    xmlTextReader *r = xmlReaderForFile(file, NULL, XML_PARSE_NONET |
                                        XML_PARSE_NOERROR |
                                        XML_PARSE_NOWARNING);

    while (r && xmlTextReaderRead(r) == 1) {
        if (xmlTextReaderNodeType(r) == XML_READER_TYPE_ELEMENT &&
            xmlTextReaderDepth(r) == 1 &&
            strcmp((const char *)xmlTextReaderConstName(r), "machine") == 0) {
            add_machine_element(h, run, r);
        }
    }
    xmlFreeTextReader(r);
}

static void rebuild(RigHistory *h, const char *results)
{
    g_autofree char *runs = g_build_filename(results, "runs", NULL);
    g_autoptr(GDir) dir = g_dir_open(runs, 0, NULL);
    const char *run;

    sqlite3_exec(h->db, "BEGIN", NULL, NULL, NULL);
    while (dir && (run = g_dir_read_name(dir))) {
        g_autofree char *file = g_build_filename(runs, run, "run.xml", NULL);

        if (g_file_test(file, G_FILE_TEST_IS_REGULAR)) {
            add_run(h, run, file);
        }
    }
    sqlite3_exec(h->db, "COMMIT", NULL, NULL, NULL);
}

/* --- opening ------------------------------------------------------------ */

static int read_version(sqlite3 *db)
{
    sqlite3_stmt *st = NULL;
    int version = -1;

    if (sqlite3_prepare_v2(db, "PRAGMA user_version", -1, &st, NULL) ==
        SQLITE_OK && sqlite3_step(st) == SQLITE_ROW) {
        version = sqlite3_column_int(st, 0);
    }
    sqlite3_finalize(st);
    return version;
}

/* The version of the table in @file once it is open: 0 new, -1 damaged. */
static int open_file(RigHistory *h, const char *file)
{
    if (sqlite3_open(file, &h->db) != SQLITE_OK) {
        return -1;
    }
    sqlite3_busy_timeout(h->db, 5000);
    return read_version(h->db);
}

RigHistory *rig_history_open(const char *results, GError **error)
{
    g_autofree char *file = g_build_filename(results, "history.db", NULL);
    g_autoptr(RigHistory) h = g_new0(RigHistory, 1);
    int version = open_file(h, file);

    if (version == SCHEMA_VERSION) {
        return g_steal_pointer(&h);
    }
    if (version != 0) { /* damaged, or of another rig: only an index */
        sqlite3_close(h->db);
        h->db = NULL;
        g_unlink(file);
        open_file(h, file);
    }
    if (sqlite3_exec(h->db, schema, NULL, NULL, NULL) != SQLITE_OK) {
        fail(h, error);
        return NULL;
    }
    rebuild(h, results);
    return g_steal_pointer(&h);
}
