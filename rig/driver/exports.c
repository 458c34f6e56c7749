/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the guest's NDIS host implements. */
#include "exports.h"

#include <gio/gio.h>
#include <string.h>

#include "rigshim.h"

struct RigExports {
    GHashTable *modules; /* names in lower case */
    GHashTable *names;   /* name -> RigExport */
};

static const struct {
    const char *word;
    RigExport kind;
} kinds[] = {
    { "function", RIG_EXPORT_FUNCTION },
    { "fallible", RIG_EXPORT_FALLIBLE },
    { "data", RIG_EXPORT_DATA },
};

/* A line "KIND NAME". */
static gboolean add_line(RigExports *e, const char *line)
{
    const char *space = strchr(line, ' ');
    g_autofree char *word = NULL;

    if (!space || !space[1]) {
        return FALSE;
    }
    word = g_strndup(line, space - line);
    if (strcmp(word, "module") == 0) {
        g_hash_table_add(e->modules, g_ascii_strdown(space + 1, -1));
        return TRUE;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
        if (strcmp(word, kinds[i].word) == 0) {
            g_hash_table_insert(e->names, g_strdup(space + 1),
                                GINT_TO_POINTER(kinds[i].kind));
            return TRUE;
        }
    }
    return FALSE;
}

RigExports *rig_exports_new(void)
{
    RigExports *e = g_new0(RigExports, 1);

    e->modules = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    e->names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    return e;
}

RigExports *rig_exports_load(const char *path, GError **error)
{
    g_autoptr(RigExports) e = rig_exports_new();
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;

    if (!g_file_get_contents(path, &text, NULL, NULL)) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT,
                    "%s is not there; build it with \"make\"", path);
        return NULL;
    }
    lines = g_strsplit(text, "\n", -1);
    for (unsigned i = 0; lines[i]; i++) {
        if (*lines[i] && !add_line(e, lines[i])) {
            g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
                        "%s:%u: is no \"KIND NAME\"; delete the file and "
                        "build it with \"make\"", path, i + 1);
            return NULL;
        }
    }
    return g_steal_pointer(&e);
}

void rig_exports_free(RigExports *e)
{
    if (e) {
        g_hash_table_unref(e->modules);
        g_hash_table_unref(e->names);
        g_free(e);
    }
}

RigExport rig_exports_find(const RigExports *e, const char *dll,
                           const char *name)
{
    g_autofree char *folded = g_ascii_strdown(dll, -1);

    /* The shim hands on what an instrumented driver imports from it. */
    return g_hash_table_contains(e->modules, folded) ||
                   g_str_equal(folded, RIGSHIM_MODULE)
               ? GPOINTER_TO_INT(g_hash_table_lookup(e->names, name))
               : RIG_EXPORT_MISSING;
}
