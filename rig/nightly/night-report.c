/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is made of a night and of all results. */
#include "night-report.h"

#include "history-index.h"
#include "report.h"

gboolean rig_night_report(const RigNight *n, const char *results,
                          GError **error)
{
    g_autoptr(GPtrArray) dirs = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *dir = g_build_filename(results, RIG_NIGHTS, n->id, NULL);

    for (guint i = 0; i < n->jobs->len; i++) {
        const RigNightJob *j = n->jobs->pdata[i];

        for (guint k = 0; k < j->attempts->len; k++) {
            const RigAttempt *a = j->attempts->pdata[k];
            g_autofree char *file = g_build_filename(
                results, "runs", a->run, REPORT_RUN_XML, NULL);

            if (a->state == RIG_ATTEMPT_DONE &&
                g_file_test(file, G_FILE_TEST_IS_REGULAR)) {
                g_ptr_array_add(dirs, g_path_get_dirname(file));
            }
        }
    }
    g_ptr_array_add(dirs, NULL);
    return report_sum(dir, (const char *const *)dirs->pdata, error) == 0;
}

gboolean rig_results_index(const char *results, GError **error)
{
    g_autoptr(RigHistory) h = rig_history_open(results, error);

    return h && rig_history_write_index(h, error) &&
           report_index(results, error) == 0;
}
