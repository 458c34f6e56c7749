/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rule files of the rig: what their root elements say. */
#include "rule-catalogue.h"

#include <string.h>

#include "suggest.h"
#include "xml-pull.h"

/* What the root element of a rule says; FALSE if there is none. */
static gboolean read_root(const char *file, char **name, gboolean *always)
{
    g_autoptr(xmlTextReader) r = rig_pull_open(file);

    *name = NULL;
    if (r && rig_pull_element(r) == 1) {
        *name = rig_pull_attribute(r, "name");
        *always = rig_pull_attribute_is(r, "always", "yes");
    }
    return *name != NULL;
}

char *rig_rule_name_in(const char *file)
{
    gboolean always;
    char *name;

    return read_root(file, &name, &always) ? name : NULL;
}

static void entry_free(gpointer data)
{
    RigRuleEntry *e = data;

    g_free(e->name);
    g_free(e->file);
    g_free(e);
}

static int by_name(gconstpointer a, gconstpointer b)
{
    return strcmp((*(RigRuleEntry *const *)a)->name,
                  (*(RigRuleEntry *const *)b)->name);
}

GPtrArray *rig_rule_catalogue(const RigPaths *paths)
{
    GPtrArray *all = g_ptr_array_new_with_free_func(entry_free);
    g_autofree char *dir = g_build_filename(paths->scenarios, "rules", NULL);
    g_autoptr(GDir) d = g_dir_open(dir, 0, NULL);
    const char *file;

    while (d && (file = g_dir_read_name(d))) {
        g_autofree char *path = g_build_filename(dir, file, NULL);
        gboolean always;
        char *name;

        if (g_str_has_suffix(file, ".xml") &&
            read_root(path, &name, &always)) {
            RigRuleEntry *e = g_new0(RigRuleEntry, 1);

            e->name = name;
            e->file = g_steal_pointer(&path);
            e->always = always;
            g_ptr_array_add(all, e);
        }
    }
    g_ptr_array_sort(all, by_name);
    return all;
}

const RigRuleEntry *rig_rule_entry(const GPtrArray *catalogue,
                                   const char *name)
{
    for (guint i = 0; i < catalogue->len; i++) {
        const RigRuleEntry *e = catalogue->pdata[i];

        if (strcmp(e->name, name) == 0) {
            return e;
        }
    }
    return NULL;
}

char *rig_rule_hint(const GPtrArray *catalogue, const char *name)
{
    g_autofree const char **names = g_new0(const char *, catalogue->len + 1);
    g_autofree char *all = NULL;
    const char *near;

    for (guint i = 0; i < catalogue->len; i++) {
        names[i] = ((RigRuleEntry *)catalogue->pdata[i])->name;
    }
    near = rig_suggest(name, names);
    if (near) {
        return g_strdup_printf("did you mean \"%s\"?", near);
    }
    all = g_strjoinv(", ", (char **)names);
    return g_strconcat("the rules are ", *all ? all : "none", NULL);
}
