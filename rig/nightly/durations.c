/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What scenarios took once, in a file beside the suite. */
#include <gio/gio.h>
#include <string.h>

#include "problem.h"
#include "read-file.h"
#include "suite.h"

#define GROUP "milliseconds"
#define FILE_MAX (8u << 20)

GHashTable *rig_durations_load(const char *file, GPtrArray *problems)
{
    g_autoptr(GKeyFile) k = g_key_file_new();
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;
    g_auto(GStrv) names = NULL;
    GHashTable *all;
    gsize length;

    if (!rig_read_file(file, FILE_MAX, &text, &length, &error) ||
        (length && !g_key_file_load_from_data(k, text, length,
                                              G_KEY_FILE_NONE, &error)) ||
        !(names = g_key_file_get_keys(k, GROUP, NULL, &error))) {
        rig_problem(problems, file, 0, "%s; \"rig nightly SUITE "
                    "--save-durations\" writes it", error->message);
        return NULL;
    }
    all = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    for (char **n = names; *n; n++) {
        uint64_t ms = g_key_file_get_uint64(k, GROUP, *n, NULL);

        if (ms > 0 && ms <= RIG_WALL_SECONDS_MAX * UINT64_C(1000)) {
            g_hash_table_insert(all, g_strdup(*n), g_memdup2(&ms, sizeof(ms)));
        } else {
            rig_problem(problems, file, 0, "%s is no time in ms", *n);
        }
    }
    return all;
}

static int by_id(gconstpointer pa, gconstpointer pb)
{
    const RigJob *a = *(RigJob *const *)pa, *b = *(RigJob *const *)pb;

    return strcmp(a->id, b->id);
}

gboolean rig_durations_save(const RigSuite *suite, const char *file,
                            GError **error)
{
    g_autoptr(GPtrArray) jobs = g_ptr_array_copy(suite->jobs, NULL, NULL);
    g_autoptr(GKeyFile) k = g_key_file_new();
    g_autofree char *text = NULL;
    gsize length;

    g_ptr_array_set_free_func(jobs, NULL);
    g_ptr_array_sort(jobs, by_id); /* the suite's are in tonight's order */
    for (guint i = 0; i < jobs->len; i++) {
        const RigJob *job = jobs->pdata[i];
        guint n = job->scenarios->len;

        for (guint s = 0; s < n; s++) {
            const RigScenario *one = job->scenarios->pdata[s];

            /* A job is what was measured; its scenarios share it. */
            g_key_file_set_uint64(k, GROUP, one->name,
                                  MAX(job->expected_ms / n, 1));
        }
    }
    g_key_file_set_comment(k, GROUP, NULL, " Wall time of each scenario, by "
                           "rig nightly --save-durations", NULL);
    text = g_key_file_to_data(k, &length, NULL);
    return g_file_set_contents_full(file, text, length,
                                    G_FILE_SET_CONTENTS_CONSISTENT |
                                    G_FILE_SET_CONTENTS_DURABLE, 0644, error);
}
