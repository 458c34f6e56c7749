/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The nights of the index. */
#include "history-night.h"

#include <libxml/xmlreader.h>
#include <string.h>

#include "history-internal.h"

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

static char *attr(xmlTextReader *r, const char *name)
{
    xmlChar *v = xmlTextReaderGetAttribute(r, (const xmlChar *)name);
    char *copy = g_strdup((const char *)v);

    xmlFree(v);
    return copy;
}

static gboolean is(xmlTextReader *r, int depth, const char *element)
{
    return xmlTextReaderDepth(r) == depth &&
           strcmp((const char *)xmlTextReaderConstName(r), element) == 0;
}

static void read_element(RigNight *n, xmlTextReader *r)
{
    g_autofree char *complete = NULL, *state = NULL;

    if (is(r, 0, "night")) {
        complete = attr(r, "complete");
        n->complete = g_strcmp0(complete, "yes") == 0;
        n->suite = attr(r, "suite");
        n->title = attr(r, "title");
        n->started = attr(r, "started");
        n->finished = attr(r, "finished");
    } else if (is(r, 1, "job")) {
        state = attr(r, "state");
        n->jobs++;
        n->skipped_jobs += g_strcmp0(state, "skipped") == 0;
    }
}

static RigNight *read_night(RigHistory *h, const char *id)
{
    g_autofree char *file = g_build_filename(h->results, "nights", id,
                                             "night.xml", NULL);
    /* A FIFO would block for ever. */
    xmlTextReader *r = !g_file_test(file, G_FILE_TEST_IS_REGULAR) ? NULL :
                       xmlReaderForFile(file, NULL, XML_PARSE_NONET |
                                        XML_PARSE_NOERROR |
                                        XML_PARSE_NOWARNING);
    RigNight *n = g_new0(RigNight, 1);
    int more = -1;

    n->id = g_strdup(id);
    while (r && (more = xmlTextReaderRead(r)) == 1) {
        if (xmlTextReaderNodeType(r) == XML_READER_TYPE_ELEMENT) {
            read_element(n, r);
        }
    }
    n->damaged = more != 0;
    n->complete &= !n->damaged;
    if (r) {
        xmlFreeTextReader(r);
    }
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
