/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The nights of the index. */
#include "history-night.h"

#include <string.h>

#include "history-internal.h"
#include "xml-pull.h"

static void night_free(gpointer data)
{
    RigNight *n = data;

    g_free(n->id);
    g_free(n->suite);
    g_free(n->title);
    g_free(n->started);
    g_free(n->finished);
    g_free(n);
}

static void read_element(RigNight *n, xmlTextReader *r)
{
    if (rig_pull_is(r, 0, "night")) {
        n->complete = rig_pull_attribute_is(r, "complete", "yes");
        n->suite = rig_pull_attribute(r, "suite");
        n->title = rig_pull_attribute(r, "title");
        n->started = rig_pull_attribute(r, "started");
        n->finished = rig_pull_attribute(r, "finished");
    } else if (rig_pull_is(r, 1, "job")) {
        n->jobs++;
        n->skipped_jobs += rig_pull_attribute_is(r, "state", "skipped");
    }
}

static RigNight *read_night(RigHistory *h, const char *id)
{
    g_autofree char *file = g_build_filename(h->results, "nights", id,
                                             "night.xml", NULL);
    g_autoptr(xmlTextReader) r = rig_pull_open(file);
    RigNight *n = g_new0(RigNight, 1);
    int more = -1;

    n->id = g_strdup(id);
    while (r && (more = rig_pull_element(r)) == 1) {
        read_element(n, r);
    }
    n->damaged = more != 0;
    n->complete &= !n->damaged;
    return n;
}

static int newest_first(gconstpointer a, gconstpointer b)
{
    const RigNight *const *x = a, *const *y = b;

    return strcmp((*y)->id, (*x)->id);
}

/* Hidden files and what is still being written begin with a dot. */
static void add_directories(RigHistory *h, GHashTable *ids)
{
    g_autofree char *nights = g_build_filename(h->results, "nights", NULL);
    g_autoptr(GDir) dir = g_dir_open(nights, 0, NULL);
    const char *id;

    while (dir && (id = g_dir_read_name(dir))) {
        g_autofree char *path = g_build_filename(nights, id, NULL);

        if (*id != '.' && g_file_test(path, G_FILE_TEST_IS_DIR)) {
            g_hash_table_add(ids, g_strdup(id));
        }
    }
}

GPtrArray *rig_nights_load(RigHistory *h)
{
    GPtrArray *nights = g_ptr_array_new_with_free_func(night_free);
    g_autoptr(GHashTable) ids = g_hash_table_new_full(g_str_hash, g_str_equal,
                                                      g_free, NULL);
    g_autoptr(Statement) st = rig_history_prepare(
        h, "SELECT DISTINCT night FROM runs WHERE night IS NOT NULL", "");
    GHashTableIter iter;
    gpointer id;

    add_directories(h, ids);
    while (st && sqlite3_step(st) == SQLITE_ROW) {
        g_hash_table_add(ids, rig_history_text(st, 0));
    }
    g_hash_table_iter_init(&iter, ids);
    while (g_hash_table_iter_next(&iter, &id, NULL)) {
        g_ptr_array_add(nights, read_night(h, id));
    }
    g_ptr_array_sort(nights, newest_first);
    return nights;
}
