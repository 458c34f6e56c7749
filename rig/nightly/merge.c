/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Results of several machines put together: runs. */
#include "merge.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "problem.h"
#include "run-glance.h"
#include "run-live.h"
#include "tree.h"

#define RUNS "runs"
#define LOGS "logs"

typedef struct Merge {
    const char *into, *schema;
    GHashTable *runs;     /* id -> directory it comes from */
    GPtrArray *nights;    /* of RigNight, changed ones, to be written */
    GHashTable *night;    /* id -> RigNight, all that were met */
    GPtrArray *logs;      /* directories logs/ to copy from, by pairs:
                             directory, id */
    RigMerged *merged;
    GPtrArray *problems;
} Merge;

/* --- comparing -------------------------------------------------------- */

static char *run_xml(const char *dir)
{
    return g_build_filename(dir, "run.xml", NULL);
}

/* run.xml has the hashes of everything else that counts. */
static gboolean same_run(const char *a, const char *b)
{
    g_autofree char *file_a = run_xml(a), *file_b = run_xml(b);
    g_autofree char *text_a = NULL, *text_b = NULL;
    gsize n, m;

    return g_file_get_contents(file_a, &text_a, &n, NULL) &&
           g_file_get_contents(file_b, &text_b, &m, NULL) && n == m &&
           memcmp(text_a, text_b, n) == 0;
}

static gboolean in_progress(const char *dir)
{
    g_autoptr(RigRunLive) live = rig_run_live_read(dir);

    return live && rig_process_alive(&live->process);
}

/*
 * An interrupted run may be complete elsewhere, as results of one machine are
 * merged twice while it works; two complete ones must be the same.
 */
static void compare(Merge *m, const char *id, const char *dir,
                    const char *other, gboolean ours)
{
    RigRunGlance theirs, mine;

    if (same_run(dir, other)) {
        m->merged->same_runs += ours;
        return;
    }
    rig_run_glance(dir, &theirs);
    if (rig_run_glance(other, &mine) && mine.complete && theirs.complete) {
        rig_problem(m->problems, dir, 0, "differs from %s although it has "
                    "the same id; remove the one that is not wanted", other);
    } else if (theirs.complete || !mine.complete) {
        g_hash_table_replace(m->runs, g_strdup(id), g_strdup(dir));
    }
}

static void look_at_run(Merge *m, const char *from, const char *id)
{
    g_autofree char *dir = g_build_filename(from, RUNS, id, NULL);
    g_autofree char *ours = g_build_filename(m->into, RUNS, id, NULL);
    const char *earlier = g_hash_table_lookup(m->runs, id);
    RigRunGlance g;

    if (!g_file_test(dir, G_FILE_TEST_IS_DIR) || *id == '.') {
        return;
    }
    if (!rig_run_glance(dir, &g)) {
        fprintf(stderr, "rig merge: %s: left out: it has no run.xml that can "
                "be read\n", dir);
        m->merged->left_out++;
    } else if (in_progress(dir)) {
        rig_problem(m->problems, dir, 0, "is still running; merge when it is "
                    "over");
    } else if (earlier) {
        g_autofree char *copy = g_strdup(earlier);

        compare(m, id, dir, copy, FALSE);
    } else if (g_file_test(ours, G_FILE_TEST_IS_DIR)) {
        compare(m, id, dir, ours, TRUE);
    } else {
        g_hash_table_insert(m->runs, g_strdup(id), g_steal_pointer(&dir));
    }
}

/* The night as it is in the target, or will be; NULL: it is new. */
static RigNight *known_night(Merge *m, const char *id)
{
    RigNight *n = g_hash_table_lookup(m->night, id);
    g_autofree char *dir = g_build_filename(m->into, RIG_NIGHTS, id, NULL);
    g_autofree char *file = g_build_filename(dir, "night.xml", NULL);

    if (!n && g_file_test(file, G_FILE_TEST_EXISTS)) {
        g_autoptr(GError) error = NULL;

        n = rig_night_read(dir, m->schema, &error);
        if (n) {
            g_hash_table_insert(m->night, n->id, n);
        } else {
            g_ptr_array_add(m->problems, g_strdup(error->message));
        }
    }
    return n;
}

static void to_be_written(Merge *m, RigNight *n)
{
    if (!g_ptr_array_find(m->nights, n, NULL)) {
        g_ptr_array_add(m->nights, n);
    }
}

static void look_at_night(Merge *m, const char *from, const char *id)
{
    g_autofree char *dir = g_build_filename(from, RIG_NIGHTS, id, NULL);
    g_autofree char *file = g_build_filename(dir, "night.xml", NULL);
    g_autoptr(GError) error = NULL;
    RigNight *theirs, *ours;
    guint before = m->problems->len;
    int changed = 1;

    if (!g_file_test(file, G_FILE_TEST_IS_REGULAR) || *id == '.') {
        return;
    }
    theirs = rig_night_read(dir, m->schema, &error);
    ours = known_night(m, id);
    if (!theirs) {
        g_ptr_array_add(m->problems, g_strdup(error->message));
    } else if (ours) {
        changed = rig_merge_night(ours, theirs, file, m->problems);
        rig_night_free(theirs);
    } else {
        ours = theirs;
        g_hash_table_insert(m->night, ours->id, ours);
    }
    if (m->problems->len > before) {
        return;
    }
    if (changed) {
        to_be_written(m, ours);
        g_ptr_array_add(m->logs, g_build_filename(dir, LOGS, NULL));
        g_ptr_array_add(m->logs, g_strdup(id));
    }
}

static void each(Merge *m, const char *from, const char *what,
                 void (*look)(Merge *m, const char *from, const char *id))
{
    g_autofree char *path = g_build_filename(from, what, NULL);
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *name;

    while (dir && (name = g_dir_read_name(dir))) {
        look(m, from, name);
    }
}

static void look_at(Merge *m, const char *from)
{
    g_autofree char *runs = g_build_filename(from, RUNS, NULL);
    g_autofree char *real = realpath(from, NULL);
    g_autofree char *target = realpath(m->into, NULL);

    if (!g_file_test(runs, G_FILE_TEST_IS_DIR)) {
        rig_problem(m->problems, from, 0, "is no results directory: it has no "
                    "runs/");
    } else if (real && g_strcmp0(real, target) == 0) {
        rig_problem(m->problems, from, 0, "is what is merged into; leave it "
                    "out of the rest");
    } else {
        each(m, from, RUNS, look_at_run);
        each(m, from, RIG_NIGHTS, look_at_night);
    }
}

/* --- copying ---------------------------------------------------------- */

static gboolean fail(Merge *m, const char *path)
{
    rig_problem(m->problems, path, 0, "%s", g_strerror(errno));
    return FALSE;
}

static gboolean copy_run(Merge *m, const char *id, const char *from)
{
    g_autofree char *runs = g_build_filename(m->into, RUNS, NULL);
    g_autofree char *half = g_strdup_printf("%s/.merge-%s", runs, id);
    g_autofree char *old = g_strdup_printf("%s/.removed-%s", runs, id);
    g_autofree char *whole = g_build_filename(runs, id, NULL);
    g_autoptr(GError) error = NULL;

    if (!rig_tree_remove(half, &error) || !rig_tree_remove(old, &error) ||
        !rig_tree_copy(from, half, RIG_RUN_LIVE_FILE, &error)) {
        g_ptr_array_add(m->problems, g_strdup(error->message));
        rig_tree_remove(half, NULL);
        return FALSE;
    }
    if (g_rename(whole, old) != 0 && errno != ENOENT) {
        return fail(m, whole);
    }
    if (g_rename(half, whole) != 0) {
        return fail(m, whole);
    }
    rig_tree_remove(old, NULL);
    m->merged->runs++;
    return TRUE;
}

static gboolean copy_logs(Merge *m, const char *from, const char *id)
{
    g_autofree char *to = g_build_filename(m->into, RIG_NIGHTS, id, LOGS,
                                           NULL);
    g_autoptr(GDir) dir = g_dir_open(from, 0, NULL);
    const char *name;

    if (g_mkdir_with_parents(to, 0755) != 0) {
        return fail(m, to);
    }
    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *a = g_build_filename(from, name, NULL);
        g_autofree char *b = g_build_filename(to, name, NULL);
        g_autoptr(GError) error = NULL;

        if (!g_file_test(b, G_FILE_TEST_EXISTS) &&
            !rig_tree_copy(a, b, NULL, &error)) {
            g_ptr_array_add(m->problems, g_strdup(error->message));
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean write_nights(Merge *m)
{
    for (guint i = 0; i + 1 < m->logs->len; i += 2) {
        if (!copy_logs(m, m->logs->pdata[i], m->logs->pdata[i + 1])) {
            return FALSE;
        }
    }
    for (guint i = 0; i < m->nights->len; i++) {
        const RigNight *n = m->nights->pdata[i];
        g_autofree char *dir = g_build_filename(m->into, RIG_NIGHTS, n->id,
                                                NULL);
        g_autoptr(GError) error = NULL;

        if (!rig_night_write(n, dir, &error)) {
            g_ptr_array_add(m->problems, g_strdup(error->message));
            return FALSE;
        }
        m->merged->nights++;
    }
    return TRUE;
}

/* Runs first: a night never names a run that is not there yet. */
static gboolean copy_all(Merge *m)
{
    g_autofree char *runs = g_build_filename(m->into, RUNS, NULL);
    GHashTableIter i;
    gpointer id, from;

    if (g_mkdir_with_parents(runs, 0755) != 0) {
        return fail(m, runs);
    }
    g_hash_table_iter_init(&i, m->runs);
    while (g_hash_table_iter_next(&i, &id, &from)) {
        if (!copy_run(m, id, from)) {
            return FALSE;
        }
    }
    return write_nights(m);
}

gboolean rig_merge(const char *into, char *const *from, const char *schema,
                   RigMerged *merged, GPtrArray *problems)
{
    Merge m = { .into = into, .schema = schema, .merged = merged,
                .problems = problems };
    guint before = problems->len;

    memset(merged, 0, sizeof(*merged));
    m.runs = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    m.night = g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
                                    (GDestroyNotify)rig_night_free);
    m.nights = g_ptr_array_new();
    m.logs = g_ptr_array_new_with_free_func(g_free);
    for (; *from; from++) {
        look_at(&m, *from);
    }
    if (problems->len == before) {
        copy_all(&m);
    }
    g_hash_table_unref(m.runs);
    g_ptr_array_unref(m.nights);
    g_ptr_array_unref(m.logs);
    g_hash_table_unref(m.night);
    return problems->len == before;
}
