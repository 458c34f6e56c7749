/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Opening a bundle: found, unpacked, held against its manifest. */
#include <errno.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#include "bundle-tar.h"
#include "bundle.h"
#include "include/plan.h"
#include "inputs.h"
#include "problem.h"
#include "read-file.h"

#define ARCHIVE_SUFFIX ".tar.zst"

void rig_remove_tree(const char *dir)
{
    g_autoptr(GDir) d = g_dir_open(dir, 0, NULL);
    const char *name;

    while (d && (name = g_dir_read_name(d))) {
        g_autofree char *path = g_build_filename(dir, name, NULL);
        struct stat st;

        if (lstat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
            rig_remove_tree(path);
        } else {
            g_unlink(path);
        }
    }
    g_rmdir(dir);
}

void rig_bundle_free(RigBundle *b)
{
    if (b) {
        if (b->temporary) {
            rig_remove_tree(b->temporary);
        }
        g_free(b->dir);
        g_free(b->temporary);
        rig_manifest_free(b->manifest);
        g_clear_pointer(&b->scenarios, g_ptr_array_unref);
        g_free(b->ini);
        g_free(b->events);
        g_free(b->recording);
        g_free(b);
    }
}

/* --- where it is --------------------------------------------------------- */

static gboolean has(const char *dir, const char *name)
{
    g_autofree char *path = g_build_filename(dir, name, NULL);

    return g_file_test(path, G_FILE_TEST_EXISTS);
}

static gboolean has_manifest(const char *dir)
{
    return has(dir, RIG_BUNDLE_MANIFEST);
}

/* The bundles of a run, sorted. */
static GPtrArray *list_bundles(const char *run)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *dir = g_build_filename(run, RIG_BUNDLES, NULL);
    g_autoptr(GDir) d = g_dir_open(dir, 0, NULL);
    const char *name;

    while (d && (name = g_dir_read_name(d))) {
        g_autofree char *path = g_build_filename(dir, name, NULL);

        if (has_manifest(path) && !g_str_has_suffix(name, ".tmp")) {
            g_ptr_array_add(names, g_strdup(name));
        }
    }
    g_ptr_array_sort(names, (GCompareFunc)(void (*)(void))g_strcmp0);
    return names;
}

/* Of a whole run: its only bundle. */
static char *only_bundle(const char *what, const char *run,
                         GPtrArray *problems)
{
    g_autoptr(GPtrArray) names = list_bundles(run);
    g_autoptr(GString) text = g_string_new(NULL);

    if (names->len == 1) {
        return g_build_filename(run, RIG_BUNDLES, names->pdata[0], NULL);
    }
    for (guint i = 0; i < names->len; i++) {
        g_string_append_printf(text, "\n  %s/%s", what,
                               (char *)names->pdata[i]);
    }
    if (names->len) {
        rig_problem(problems, what, 0, "has %u bundles; name one of:%s",
                    names->len, text->str);
    } else {
        rig_problem(problems, what, 0, "has no bundle: nothing in it failed");
    }
    return NULL;
}

/* RUN or RUN/SCENARIO, RUN a directory or an id; NULL: it is neither. */
static char *find_in_run(const char *what, const char *results,
                         GPtrArray *problems)
{
    g_autofree char *as_id = g_build_filename(results, "runs", what, NULL);
    const char *const places[] = { what, as_id };

    for (guint i = 0; i < G_N_ELEMENTS(places); i++) {
        g_autofree char *run = g_path_get_dirname(places[i]);
        g_autofree char *name = g_path_get_basename(places[i]);
        g_autofree char *bundle = g_build_filename(run, RIG_BUNDLES, name,
                                                   NULL);

        if (has(places[i], "run.xml") || has(places[i], RIG_BUNDLES)) {
            return only_bundle(what, places[i], problems);
        }
        if (has_manifest(bundle)) {
            return g_steal_pointer(&bundle);
        }
    }
    return NULL;
}

static gboolean unpack(RigBundle *b, const char *archive, GPtrArray *problems)
{
    g_autoptr(GError) error = NULL;

    b->temporary = g_dir_make_tmp("rig-bundle-XXXXXX", &error);
    if (!b->temporary) {
        rig_problem(problems, archive, 0, "cannot be unpacked: %s; set TMPDIR "
                    "to a directory that can be written to", error->message);
        return FALSE;
    }
    if (!rig_bundle_unpack(archive, b->temporary, &error)) {
        g_ptr_array_add(problems, g_strdup(error->message));
        return FALSE;
    }
    b->dir = g_strdup(b->temporary);
    return TRUE;
}

static gboolean find(RigBundle *b, const char *what, const char *results,
                     GPtrArray *problems)
{
    g_autofree char *place = NULL;

    if (g_str_has_suffix(what, ARCHIVE_SUFFIX)) {
        return unpack(b, what, problems);
    }
    place = has_manifest(what) ? g_strdup(what)
                               : find_in_run(what, results, problems);
    if (!place) {
        if (!problems->len) {
            rig_problem(problems, what, 0, "is no bundle: name a directory "
                        "with a manifest.xml, a %s, or RUN/SCENARIO",
                        ARCHIVE_SUFFIX);
        }
        return FALSE;
    }
    b->dir = g_canonicalize_filename(place, NULL);
    return TRUE;
}

/* --- what is in it ------------------------------------------------------- */

static void check_file(const RigBundle *b, const RigBundleFile *f,
                       GPtrArray *problems)
{
    g_autofree char *path = g_build_filename(b->dir, f->name, NULL);
    g_autofree char *sha256 = NULL;
    struct stat st;

    if (lstat(path, &st) != 0) {
        rig_problem(problems, path, 0, "%s; the bundle is not complete",
                    g_strerror(errno));
        return;
    }
    if (S_ISREG(st.st_mode) && (uint64_t)st.st_size == f->size) {
        sha256 = rig_sha256_file(path, NULL);
    }
    if (g_strcmp0(sha256, f->sha256) != 0) {
        rig_problem(problems, path, 0, "is not the file that the manifest "
                    "names: it was changed or damaged");
    }
}

static gboolean inside(const RigBundle *b, const char *path)
{
    size_t n = strlen(b->dir);

    return strncmp(path, b->dir, n) == 0 && path[n] == '/';
}

/*
 * Only the rules of the bundle judge: those that this rig would add of its own
 * were not there.
 */
static void check_rules(const RigBundle *b, RigScenario *s,
                        GPtrArray *problems)
{
    for (guint i = s->rules->len; i > 0; i--) {
        const RigRuleRef *r = s->rules->pdata[i - 1];

        if (inside(b, r->file)) {
            continue;
        }
        if (r->line) {
            rig_problem(problems, s->file, r->line, "rule \"%s\" is not in "
                        "the bundle", r->name);
        }
        g_ptr_array_remove_index(s->rules, i - 1);
    }
}

static void load_scenario(RigBundle *b, const char *name,
                          const RigPaths *paths, GPtrArray *problems)
{
    g_autofree char *path = g_build_filename(b->dir, name, NULL);
    RigScenario *s = rig_scenario_load(path, paths, problems);

    if (!s) {
        return;
    }
    if (s->sys && (!inside(b, s->sys) || !inside(b, s->inf))) {
        rig_problem(problems, path, 0, "its driver is not in the bundle");
    }
    check_rules(b, s, problems);
    g_ptr_array_add(b->scenarios, s);
}

/* The scenarios are the plan of one machine. */
static void check_plan(const RigBundle *b, GPtrArray *problems)
{
    const RigScenario *first = b->scenarios->pdata[0];
    const RigScenario *failed = b->scenarios->pdata[b->manifest->number - 1];

    for (guint i = 1; i < b->scenarios->len; i++) {
        const RigScenario *s = b->scenarios->pdata[i];

        if (!rig_machine_equal(&first->machine, &s->machine)) {
            rig_problem(problems, s->file, 0, "needs another machine than the "
                        "first one of its plan");
        }
    }
    if (strcmp(failed->name, b->manifest->scenario) != 0) {
        rig_problem(problems, failed->file, 0, "is not scenario \"%s\"",
                    b->manifest->scenario);
    }
}

/* Whose guest has no plan: the rig tells its agent each step. */
static gboolean is_windows(const RigBundle *b)
{
    const RigScenario *first = b->scenarios->pdata[0];

    return first->machine.guest == RIG_GUEST_WINDOWS;
}

static gboolean load(RigBundle *b, const RigPaths *paths, GPtrArray *problems)
{
    g_autofree char *manifest = g_build_filename(b->dir, RIG_BUNDLE_MANIFEST,
                                                 NULL);
    g_autofree char *schema = g_build_filename(paths->results, "bundle.rng",
                                               NULL);
    g_autofree char *plan = g_build_filename(b->dir, "plan.ini", NULL);
    g_autoptr(GError) error = NULL;
    gsize length;

    b->manifest = rig_manifest_read(manifest, schema, problems);
    b->events = g_build_filename(b->dir, "events.bin", NULL);
    b->scenarios = g_ptr_array_new_with_free_func(
        (GDestroyNotify)rig_scenario_free);
    for (guint i = 0; b->manifest && i < b->manifest->files->len; i++) {
        const RigBundleFile *file = b->manifest->files->pdata[i];

        check_file(b, file, problems);
        if (strcmp(file->name, RIG_RECORDING) == 0) {
            b->recording = g_build_filename(b->dir, RIG_RECORDING, NULL);
        }
    }
    for (guint i = 0; !problems->len && i < b->manifest->plan->len; i++) {
        load_scenario(b, b->manifest->plan->pdata[i], paths, problems);
    }
    if (!problems->len) {
        check_plan(b, problems);
    }
    if (!problems->len && !is_windows(b) &&
        !rig_read_file(plan, PLAN_SIZE_MAX, &b->ini, &length, &error)) {
        rig_problem(problems, plan, 0, "%s", error->message);
    }
    return problems->len == 0;
}

RigBundle *rig_bundle_open(const char *what, const char *results,
                           const RigPaths *paths, GPtrArray *problems)
{
    g_autoptr(RigBundle) b = g_new0(RigBundle, 1);

    return find(b, what, results, problems) && load(b, paths, problems)
           ? g_steal_pointer(&b) : NULL;
}
