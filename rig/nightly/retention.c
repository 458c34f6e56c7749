/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Retention: what is removed when there is more than may be. */
#include "retention.h"

#include <gio/gio.h>
#include <string.h>

#include "run-glance.h"
#include "run-live.h"
#include "tree.h"

#define DAY 86400

typedef struct Run {
    char *id, *dir;
    gboolean failing;
    gint64 started;
    uint64_t bytes;
} Run;

typedef struct Store {
    const RigRetention *r;
    const char *results;
    GPtrArray *runs;       /* of Run that may go, oldest first */
    guint all;             /* run directories, those in progress too */
    uint64_t bytes;        /* of runs/ and nights/ */
    RigRemoved *removed;
    void (*say)(const char *line);
    GError **error;
} Store;

gboolean rig_parse_size(const char *text, uint64_t *bytes)
{
    static const char units[] = "MGT";
    char *end = NULL;
    guint64 n = g_ascii_isdigit(*text) ? g_ascii_strtoull(text, &end, 10) : 0;
    const char *unit = n && *end ? strchr(units, *end) : NULL;

    if (!unit || end[1] || n >= 1000000) {
        return FALSE;
    }
    *bytes = n << (20 + 10 * (unit - units));
    return TRUE;
}

/* --- what there is ---------------------------------------------------- */

static void run_free(gpointer p)
{
    Run *run = p;

    g_free(run->id);
    g_free(run->dir);
    g_free(run);
}

static int oldest_first(gconstpointer pa, gconstpointer pb)
{
    const Run *a = *(Run *const *)pa, *b = *(Run *const *)pb;

    return a->started < b->started ? -1 : a->started > b->started ? 1
           : strcmp(a->id, b->id);
}

static gboolean in_progress(const char *dir)
{
    g_autoptr(RigRunLive) live = rig_run_live_read(dir);

    return live && rig_process_alive(&live->process);
}

static void add_run(Store *s, const char *id, const char *keep)
{
    g_autofree char *dir = g_build_filename(s->results, "runs", id, NULL);
    uint64_t bytes = rig_tree_size(dir);
    RigRunGlance g;
    Run *run;

    s->all++;
    s->bytes += bytes;
    if (!rig_run_glance(dir, &g) || in_progress(dir) ||
        (keep && strcmp(g.night, keep) == 0)) {
        return; /* not ours to judge, or still needed */
    }
    run = g_new0(Run, 1);
    run->id = g_strdup(id);
    run->dir = g_steal_pointer(&dir);
    run->failing = rig_run_failing(&g);
    run->started = g.started;
    run->bytes = bytes;
    g_ptr_array_add(s->runs, run);
}

static void look(Store *s, const char *keep)
{
    g_autofree char *runs = g_build_filename(s->results, "runs", NULL);
    g_autofree char *nights = g_build_filename(s->results, "nights", NULL);
    g_autoptr(GDir) dir = g_dir_open(runs, 0, NULL);
    const char *name;

    while (dir && (name = g_dir_read_name(dir))) {
        if (*name != '.') {
            add_run(s, name, keep);
        }
    }
    s->bytes += rig_tree_size(nights);
    g_ptr_array_sort(s->runs, oldest_first);
}

/* --- removing --------------------------------------------------------- */

static void say(const Store *s, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void say(const Store *s, const char *format, ...)
{
    g_autofree char *line = NULL;
    va_list ap;

    if (s->say) {
        va_start(ap, format);
        line = g_strdup_vprintf(format, ap);
        va_end(ap);
        s->say(line);
    }
}

/* Renamed first: what a crash leaves of it is no run any more. */
static gboolean remove_run(Store *s, guint i, const char *why)
{
    Run *run = s->runs->pdata[i];
    g_autofree char *parent = g_path_get_dirname(run->dir);
    g_autofree char *name = g_strdup_printf(".removed-%s", run->id);
    g_autofree char *gone = g_build_filename(parent, name, NULL);
    g_autoptr(GFile) from = g_file_new_for_path(run->dir);
    g_autoptr(GFile) to = g_file_new_for_path(gone);

    if (!g_file_move(from, to, G_FILE_COPY_NO_FALLBACK_FOR_MOVE, NULL, NULL,
                     NULL, s->error) || !rig_tree_remove(gone, s->error)) {
        return FALSE;
    }
    s->all--;
    s->bytes -= MIN(s->bytes, run->bytes);
    s->removed->bytes += run->bytes;
    s->removed->runs++;
    s->removed->failing += run->failing;
    say(s, "removed %srun %s: %s", run->failing ? "failing " : "", run->id,
        why);
    g_ptr_array_remove_index(s->runs, i);
    return TRUE;
}

/* What is left of an earlier removal that did not come to its end. */
static gboolean finish_removals(const Store *s)
{
    g_autofree char *runs = g_build_filename(s->results, "runs", NULL);
    g_autoptr(GDir) dir = g_dir_open(runs, 0, NULL);
    gboolean good = TRUE;
    const char *name;

    while (good && dir && (name = g_dir_read_name(dir))) {
        if (g_str_has_prefix(name, ".removed-")) {
            g_autofree char *path = g_build_filename(runs, name, NULL);

            good = rig_tree_remove(path, s->error);
        }
    }
    return good;
}

static gboolean by_age(Store *s, gint64 now)
{
    for (guint i = 0; i < s->runs->len;) {
        const Run *run = s->runs->pdata[i];
        gint64 days = run->failing ? s->r->failing_days : s->r->days;
        g_autofree char *why = g_strdup_printf("older than %d days",
                                               (int)days);

        if (days == 0 || now - run->started <= days * DAY) {
            i++;
        } else if (!remove_run(s, i, why)) {
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean too_large(const Store *s)
{
    return s->r->disk && s->bytes > s->r->disk;
}

/* The machines' directories of passing runs: streams, captures, consoles. */
static gboolean by_streams(Store *s)
{
    for (guint i = 0; i < s->runs->len && too_large(s); i++) {
        Run *run = s->runs->pdata[i];
        g_autoptr(GDir) dir = run->failing ? NULL
                                           : g_dir_open(run->dir, 0, NULL);
        uint64_t before = run->bytes;
        const char *name;

        while (dir && (name = g_dir_read_name(dir))) {
            g_autofree char *vm = g_build_filename(run->dir, name, NULL);

            if (g_str_has_prefix(name, "vm-") &&
                !rig_tree_remove(vm, s->error)) {
                return FALSE;
            }
        }
        if (dir) {
            run->bytes = rig_tree_size(run->dir);
            if (run->bytes < before) {
                s->bytes -= MIN(s->bytes, before - run->bytes);
                s->removed->bytes += before - run->bytes;
                s->removed->streams++;
                say(s, "removed the streams of passing run %s, its verdicts "
                    "stay: over the disk limit", run->id);
            }
        }
    }
    return TRUE;
}

/* Oldest first of one kind, until both limits hold. */
static gboolean by_limits(Store *s, gboolean failing)
{
    for (guint i = 0; i < s->runs->len;) {
        const Run *run = s->runs->pdata[i];
        gboolean many = s->r->runs && s->all > s->r->runs;

        if (!many && !too_large(s)) {
            return TRUE;
        }
        if (run->failing != failing) {
            i++;
        } else if (!remove_run(s, i, many ? "more runs than may be kept"
                                          : "over the disk limit")) {
            return FALSE;
        }
    }
    return TRUE;
}

gboolean rig_retention_apply(const RigRetention *r, const char *results,
                             const char *keep, gint64 now, RigRemoved *removed,
                             void (*to)(const char *line), GError **error)
{
    Store s = { .r = r, .results = results, .removed = removed, .say = to,
                .error = error };
    gboolean good;

    memset(removed, 0, sizeof(*removed));
    if (!r->runs && !r->days && !r->failing_days && !r->disk) {
        return TRUE;
    }
    s.runs = g_ptr_array_new_with_free_func(run_free);
    good = finish_removals(&s);
    if (good) {
        look(&s, keep);
        good = by_age(&s, now) && by_streams(&s) && by_limits(&s, FALSE) &&
               by_limits(&s, TRUE);
    }
    if (good && too_large(&s)) {
        say(&s, "still over the disk limit: only runs of this night and in "
            "progress are left");
    }
    g_ptr_array_unref(s.runs);
    return good;
}
