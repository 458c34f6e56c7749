/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of the history share: the open file and its statements. */
#ifndef RIG_HISTORY_INTERNAL_H
#define RIG_HISTORY_INTERNAL_H

#include <gio/gio.h>
#include <sqlite3.h>

#include "history.h"

struct RigHistory {
    sqlite3 *db;
    char *results;       /* directory that holds runs/ */
    int code;            /* of SQLite, of the last failure */
};

typedef sqlite3_stmt Statement;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Statement, sqlite3_finalize)

/* Set @error to what SQLite said last; FALSE. */
gboolean rig_history_fail(RigHistory *h, GError **error);
/* One or more statements without values or rows. */
gboolean rig_history_exec(RigHistory *h, const char *sql, GError **error);
/*
 * A statement; NULL when it cannot be made, which is so when the file is
 * damaged. @types says what follows: s a text (NULL is one), i a gint64.
 */
Statement *rig_history_prepare(RigHistory *h, const char *sql,
                               const char *types, ...);
/* A statement without rows, with values as above. */
gboolean rig_history_insert(RigHistory *h, GError **error, const char *sql,
                            const char *types, ...);
/* Column @i as text, NULL stays NULL; to be freed. */
char *rig_history_text(Statement *st, int i);

/* What run.xml of a run was like when it was read; size -1: there was none. */
typedef struct RunFile {
    gint64 mtime_ns, size;
} RunFile;

/* history-read.c: make the rows of the run in runs/@id, anew. */
gboolean rig_history_read_run(RigHistory *h, const char *id, const RunFile *f,
                              GError **error);

#endif
