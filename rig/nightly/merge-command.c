/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `rig merge`: results of several machines become one. */
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "history.h"
#include "merge.h"
#include "night-report.h"
#include "options.h"
#include "paths.h"
#include "results-lock.h"

/* "1/2" without "2/2" is only half a night: say which shards are there. */
static gboolean look_at_nights(const char *into, const char *schema,
                               GError **error)
{
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) nights = rig_nights_read(into, schema, problems);
    gboolean good = TRUE;

    for (guint i = 0; i < problems->len; i++) {
        fprintf(stderr, "rig merge: %s; its night is left out\n",
                (char *)problems->pdata[i]);
    }
    for (guint i = 0; good && i < nights->len; i++) {
        const RigNight *n = nights->pdata[i];
        const RigNightPart *first = n->parts->pdata[0];
        guint all = g_ascii_strtoull(strchr(first->shard, '/') + 1, NULL, 10);

        if (n->parts->len < all) {
            printf("night %s of suite %s: %u of its %u shards are here\n",
                   n->id, n->suite, n->parts->len, all);
        }
        good = rig_night_report(n, into, error);
    }
    return good;
}

/* History, index and reports are functions of what is there now. */
static int rebuild(const char *into, const char *schema)
{
    g_autoptr(GError) error = NULL;
    RigHistory *h = rig_history_rebuild(into, &error);

    rig_history_close(h);
    if (!h || !look_at_nights(into, schema, &error) ||
        !rig_results_index(into, &error)) {
        fprintf(stderr, "rig merge: the results are merged, but not their "
                "index: %s; \"rig report --index\" builds it\n",
                error->message);
        return RIG_EXIT_BROKEN;
    }
    printf("index:   %s/index.html\n", into);
    return RIG_EXIT_OK;
}

static int merge(const char *into, char **from, const char *schema)
{
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GError) error = NULL;
    RigMerged merged;

    if (rig_results_lock(into, &error) < 0) {
        fprintf(stderr, "rig merge: %s\n", error->message);
        return RIG_EXIT_BROKEN;
    }
    if (!rig_merge(into, from, schema, &merged, problems)) {
        for (guint i = 0; i < problems->len; i++) {
            fprintf(stderr, "%s\n", (char *)problems->pdata[i]);
        }
        fprintf(stderr, "rig merge: %u problem%s; %s\n", problems->len,
                problems->len == 1 ? "" : "s", merged.runs
                ? "what was copied before stays, the same command goes on"
                : "nothing was changed");
        return RIG_EXIT_USAGE;
    }
    printf("%s: %u run%s added, %u there already; %u night%s added or "
           "extended\n", into, merged.runs, merged.runs == 1 ? "" : "s",
           merged.same_runs, merged.nights, merged.nights == 1 ? "" : "s");
    return rebuild(into, schema);
}

int rig_cmd_merge(int argc, char **argv)
{
    g_auto(GStrv) dirs = NULL;
    const GOptionEntry entries[] = {
        { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &dirs, NULL,
          NULL },
        { 0 },
    };
    g_autoptr(GOptionContext) context = g_option_context_new("INTO DIR...");
    g_autoptr(GError) error = NULL;
    g_autoptr(RigPaths) paths = NULL;
    g_autofree char *schema = NULL;

    g_set_prgname("rig merge");
    g_option_context_add_main_entries(context, entries, NULL);
    g_option_context_set_summary(context,
        "Put the runs and nights of the results directories DIR into INTO, "
        "and build its\nhistory and index again. Shards of the same night "
        "become one.");
    if (!rig_options_parse(context, &argc, &argv, &error) || !dirs ||
        !dirs[1]) {
        fprintf(stderr, "rig merge: %s; see rig merge --help\n", error
                ? error->message : "name INTO and at least one DIR");
        return RIG_EXIT_USAGE;
    }
    paths = rig_paths_find(&error);
    if (!paths) {
        fprintf(stderr, "rig: %s\n", error->message);
        return RIG_EXIT_USAGE;
    }
    schema = g_build_filename(paths->results, "night.rng", NULL);
    return merge(dirs[0], dirs + 1, schema);
}
