/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An entry of a suite: every value of one axis with each of the others. */
#include <dirent.h>
#include <glob.h>
#include <string.h>
#include <sys/stat.h>

#include "problem.h"
#include "suite.h"
#include "sweep-command.h"
#include "variants.h"
#include "xml-read.h"

/*
 * What a job takes as long as nobody has measured it, in ms of wall time on
 * one core under TCG. Only their ratios matter.
 */
#define BOOT_MS 2500
#define SCENARIO_MS 300
#define CYCLE_MS 70
#define SWEEP_MS 20000
#define SWEEP_2_MS 120000

/* --- files ------------------------------------------------------------ */

static char *in_dir(const char *dir, const char *path)
{
    return g_path_is_absolute(path) || strcmp(dir, ".") == 0
           ? g_strdup(path) : g_build_filename(dir, path, NULL);
}

/* What one pattern may stand for: more is a mistake, and would take for ever. */
#define FILES_MAX 9999

/* How many files a directory that glob() reads may have. */
#define ENTRIES_MAX 100000

/*
 * How many patterns the braces of @pattern make at most: glob() would try each
 * of 2^20 in twenty pairs.
 */
static double count_alternatives(const char *pattern)
{
    double all = 1, here = 1;

    for (const char *p = pattern; *p; p++) {
        if (*p == '{') {
            all *= here;
            here = 1;
        }
        here += *p == ',';
    }
    return all * here;
}

/* Of one glob(): libc asks for no context of its own. */
static unsigned entries;

static struct dirent *read_entry(void *dir)
{
    return entries++ < ENTRIES_MAX ? readdir(dir) : NULL;
}

static void *open_dir(const char *path)
{
    return entries < ENTRIES_MAX ? opendir(path) : NULL;
}

static void close_dir(void *dir)
{
    closedir(dir);
}

/* glob() that gives up behind ENTRIES_MAX directory entries. */
static int bounded_glob(const char *pattern, glob_t *found)
{
    found->gl_opendir = open_dir;
    found->gl_readdir = read_entry;
    found->gl_closedir = close_dir;
    found->gl_lstat = lstat;
    found->gl_stat = stat;
    entries = 0;
    if (count_alternatives(pattern) > FILES_MAX) {
        entries = ENTRIES_MAX + 1;
        return GLOB_ABORTED;
    }
    return glob(pattern, GLOB_BRACE | GLOB_ALTDIRFUNC, NULL, found);
}

/* What the pattern stands for, sorted; NULL with a problem: nothing. */
static char **expand(const RigSuite *s, unsigned line, const char *dir,
                     const char *pattern, GPtrArray *problems)
{
    g_autofree char *full = in_dir(dir, pattern);
    char **files = NULL;
    glob_t found;
    int rc = bounded_glob(full, &found);

    if (entries > ENTRIES_MAX || (rc == 0 && found.gl_pathc > FILES_MAX)) {
        rig_problem(problems, s->file, line, "%s stands for too much: more "
                    "than %u files, or %u names to look at; name the files "
                    "more closely", full, FILES_MAX, ENTRIES_MAX);
    } else if (rc == 0) {
        files = g_strdupv(found.gl_pathv);
    } else {
        rig_problem(problems, s->file, line, "no file is named %s%s", full,
                    strpbrk(pattern, "*?[{") ? "" : "; paths are relative to "
                    "the suite");
    }
    if (rc == 0) {
        globfree(&found);
    }
    return files;
}

/* --- jobs ------------------------------------------------------------- */

static unsigned entry_limit(xmlNode *entry)
{
    g_autofree char *limit = rig_attribute(entry, "limit");
    unsigned seconds = 0;

    if (limit) {
        rig_parse_duration(limit, &seconds);
    }
    return seconds;
}

static uint64_t weight_of(const RigScenario *s)
{
    uint64_t sweep = !s->sweep ? 0 : s->sweep->k > 1 ? SWEEP_2_MS : SWEEP_MS;

    if (s->sweep) {
        return s->sweep->only && s->sweep->only[0]
               ? SCENARIO_MS
               : MIN(sweep, (uint64_t)s->sweep->limit * CYCLE_MS);
    }
    return SCENARIO_MS + (uint64_t)rig_scenario_cycle_count(s) * CYCLE_MS;
}

static RigJob *job_new(RigSuite *suite, xmlNode *entry)
{
    RigJob *job = g_new0(RigJob, 1);

    job->line = xmlGetLineNo(entry);
    job->shard = 1;
    job->weight_ms = BOOT_MS;
    job->limit_seconds = entry_limit(entry);
    job->scenarios = g_ptr_array_new_with_free_func(
        (GDestroyNotify)rig_scenario_free);
    g_ptr_array_add(suite->jobs, job);
    return job;
}

/* Takes @s. */
static void job_add(RigJob *job, RigScenario *s, gboolean own_limit)
{
    if (!own_limit) {
        job->limit_seconds = MIN(
            (job->scenarios->len ? job->limit_seconds
                                 : RIG_JOB_EXTRA_SECONDS) +
            (uint64_t)s->machine.wall_seconds, RIG_WALL_SECONDS_MAX);
    }
    job->weight_ms += weight_of(s);
    g_ptr_array_add(job->scenarios, s);
}

static gboolean fits(const RigJob *job, const RigScenario *s)
{
    const RigScenario *first = job->scenarios->pdata[0];

    return !s->isolate && !first->isolate && !s->sweep && !first->sweep &&
           job->scenarios->len < RIG_JOB_SCENARIOS &&
           g_strcmp0(first->variant, s->variant) == 0 &&
           rig_machine_equal(&first->machine, &s->machine);
}

/* The call of rig that runs the job, without what the night adds. */
static void set_args(RigJob *job)
{
    const RigScenario *first = job->scenarios->pdata[0];
    g_autoptr(GStrvBuilder) args = g_strv_builder_new();
    g_auto(GStrv) options = NULL;

    g_strv_builder_add(args, "run");
    if (first->variant && *first->variant &&
        g_shell_parse_argv(first->variant, NULL, &options, NULL)) {
        g_strv_builder_addv(args, (const char **)options);
    }
    g_strv_builder_add(args, "--");
    for (guint i = 0; i < job->scenarios->len; i++) {
        const RigScenario *s = job->scenarios->pdata[i];

        g_strv_builder_add(args, s->file);
    }
    job->args = g_strv_builder_end(args);
}

/* --- <scenarios> ------------------------------------------------------ */

static void add_axis(GStrvBuilder *with, const char *name, char **values)
{
    g_autofree char *list = g_strjoinv(",", values);
    g_autofree char *text = g_strdup_printf("%s=%s", name, list);

    g_strv_builder_add(with, text);
}

/* Variants' "KEY=VALUE,VALUE" by the entry's attributes. */
static char **axes_of(const RigSuite *s, xmlNode *entry, const char *dir,
                      GPtrArray *problems)
{
    static const char *const names[] = { "nic", "msix-profile", "vectors",
                                         "queues", "random-seed" };
    g_autoptr(GStrvBuilder) with = g_strv_builder_new();
    g_autofree char *driver = rig_attribute(entry, "driver");

    if (driver) {
        g_auto(GStrv) infs = expand(s, xmlGetLineNo(entry), dir, driver,
                                    problems);

        if (infs) {
            add_axis(with, "driver", infs);
        }
    }
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        g_auto(GStrv) values = rig_attribute_words(entry, names[i]);

        if (values) {
            add_axis(with, names[i], values);
        }
    }
    return g_strv_builder_end(with);
}

/* What variants.c says of "--with" is about an attribute of the entry. */
static void blame_entry(const RigSuite *s, unsigned line, GPtrArray *from,
                        GPtrArray *to)
{
    static const char where[] = "--with: ";

    for (guint i = 0; i < from->len; i++) {
        const char *text = from->pdata[i];
        gboolean ours = g_str_has_prefix(text, where);

        rig_problem(to, s->file, line, "%s", ours ? text + strlen(where)
                                                  : text);
    }
}

static GPtrArray *variants(const RigSuite *suite, xmlNode *entry,
                           char **files, const char *dir,
                           const RigPaths *paths, GPtrArray *problems)
{
    g_auto(GStrv) with = axes_of(suite, entry, dir, problems);
    unsigned repeat = rig_attribute_uint(entry, "repeat", 1);
    g_autoptr(GPtrArray) wrong = g_ptr_array_new_with_free_func(g_free);
    GPtrArray *all = rig_scenarios_load(files, paths, wrong);

    if (wrong->len == 0 && (with[0] || repeat > 1)) {
        rig_variants_make(all, with, repeat, paths, wrong);
    }
    blame_entry(suite, xmlGetLineNo(entry), wrong, problems);
    return all;
}

void rig_suite_add_scenarios(RigSuite *suite, xmlNode *entry, const char *dir,
                             const RigPaths *paths, GPtrArray *problems)
{
    g_autofree char *pattern = rig_attribute(entry, "files");
    g_auto(GStrv) files = expand(suite, xmlGetLineNo(entry), dir, pattern,
                                 problems);
    g_autoptr(GPtrArray) all = NULL;
    guint first = suite->jobs->len;
    gboolean own_limit = entry_limit(entry) > 0;

    if (!files) {
        return;
    }
    all = variants(suite, entry, files, dir, paths, problems);
    while (all->len && problems->len == 0) {
        RigScenario *s = g_ptr_array_steal_index(all, 0);
        RigJob *job = NULL;

        s->isolate |= rig_attribute_is(entry, "isolate", "yes");
        for (guint i = first; !job && i < suite->jobs->len; i++) {
            job = fits(suite->jobs->pdata[i], s) ? suite->jobs->pdata[i]
                                                 : NULL;
        }
        job_add(job ? job : job_new(suite, entry), s, own_limit);
    }
    for (guint i = first; i < suite->jobs->len; i++) {
        set_args(suite->jobs->pdata[i]);
    }
}

/* --- <sweep> ---------------------------------------------------------- */

/* Attributes with several values, each an option of rig sweep. */
static const char *const sweep_axes[] = { "nic", "msix-profile", "vectors",
                                          "queues", "k" };
#define SWEEP_AXES G_N_ELEMENTS(sweep_axes)

/* Those with one. */
static const char *const sweep_options[][2] = {
    { "sys", "sys" }, { "status", "status" },
    { "device-faults", "device-faults" }, { "lives", "lives" },
    { "occasions", "occasions" }, { "per-site", "per-site" },
    { "cycles", "limit" },
};

typedef struct Sweeps {
    RigSuite *suite;
    xmlNode *entry;
    const char *dir, *inf;
    char **values[SWEEP_AXES];
    const RigPaths *paths;
    GPtrArray *problems;
} Sweeps;

static void add_option(GStrvBuilder *args, const char *name,
                       const char *value)
{
    g_autofree char *option = g_strdup_printf("--%s=%s", name, value);

    g_strv_builder_add(args, option);
}

/* "sweep-clean-rignic.igb.at-start.k2": what was chosen of several. */
static char *sweep_name(const Sweeps *w, const char *const *chosen)
{
    g_autofree char *given = rig_attribute(w->entry, "name");
    g_autofree char *dir = g_path_get_dirname(w->inf);
    g_autofree char *parent = g_path_get_basename(dir);
    g_autofree char *base = g_path_get_basename(w->inf);
    GString *name = g_string_new(given ? given : "sweep-");
    char *dot = strrchr(base, '.');

    if (!given) {
        g_string_append_printf(name, "%s-%.*s", parent,
                               (int)(dot ? dot - base : (long)strlen(base)),
                               base);
    }
    for (guint i = 0; i < SWEEP_AXES; i++) {
        if (w->values[i] && w->values[i][0] && w->values[i][1]) {
            g_string_append_printf(name, ".%.1s%s", i < 2 ? "" : sweep_axes[i],
                                   chosen[i]);
        }
    }
    for (char *p = name->str; *p; p++) {
        *p = strchr("._-", *p) || g_ascii_isalnum(*p) ? g_ascii_tolower(*p)
                                                      : '-';
    }
    return g_string_free(name, FALSE);
}

static void add_rules(const Sweeps *w, GStrvBuilder *args)
{
    g_auto(GStrv) names = rig_attribute_words(w->entry, "rule");

    for (char **n = names; n && *n; n++) {
        add_option(args, "rule", *n);
    }
}

static char **sweep_args(const Sweeps *w, const char *const *chosen)
{
    g_autoptr(GStrvBuilder) args = g_strv_builder_new();
    g_autofree char *name = sweep_name(w, chosen);

    g_strv_builder_add(args, "sweep");
    add_option(args, "name", name);
    for (guint i = 0; i < SWEEP_AXES; i++) {
        if (chosen[i]) {
            add_option(args, sweep_axes[i], chosen[i]);
        }
    }
    for (guint i = 0; i < G_N_ELEMENTS(sweep_options); i++) {
        g_autofree char *value = rig_attribute(w->entry, sweep_options[i][0]);
        g_autofree char *path = value && i == 0 ? in_dir(w->dir, value) : NULL;

        if (value) {
            add_option(args, sweep_options[i][1], path ? path : value);
        }
    }
    add_rules(w, args);
    g_strv_builder_add(args, w->inf);
    return g_strv_builder_end(args);
}

static void add_sweep(const Sweeps *w, const char *const *chosen)
{
    g_auto(GStrv) args = sweep_args(w, chosen);
    g_autoptr(GPtrArray) wrong = g_ptr_array_new_with_free_func(g_free);
    RigScenario *s = rig_sweep_from_args(args, w->paths, wrong);
    RigJob *job;

    blame_entry(w->suite, xmlGetLineNo(w->entry), wrong, w->problems);
    if (s) {
        job = job_new(w->suite, w->entry);
        job_add(job, s, entry_limit(w->entry) > 0);
        job->args = g_steal_pointer(&args);
    }
}

static void each_sweep(const Sweeps *w, guint axis, const char **chosen)
{
    if (axis == SWEEP_AXES) {
        add_sweep(w, chosen);
        return;
    }
    chosen[axis] = NULL;
    if (w->suite->jobs->len > RIG_SUITE_JOBS_MAX) {
        return; /* suite.c says so */
    }
    if (!w->values[axis]) {
        each_sweep(w, axis + 1, chosen);
        return;
    }
    for (char **v = w->values[axis]; *v; v++) {
        chosen[axis] = *v;
        each_sweep(w, axis + 1, chosen);
    }
}

void rig_suite_add_sweeps(RigSuite *suite, xmlNode *entry, const char *dir,
                          const RigPaths *paths, GPtrArray *problems)
{
    Sweeps w = { suite, entry, dir, NULL, { 0 }, paths, problems };
    g_autofree char *pattern = rig_attribute(entry, "driver");
    g_auto(GStrv) infs = expand(suite, xmlGetLineNo(entry), dir, pattern,
                                problems);
    const char *chosen[SWEEP_AXES];

    for (guint i = 0; i < SWEEP_AXES; i++) {
        w.values[i] = rig_attribute_words(entry, sweep_axes[i]);
    }
    for (char **inf = infs; inf && *inf; inf++) {
        w.inf = *inf;
        each_sweep(&w, 0, chosen);
    }
    for (guint i = 0; i < SWEEP_AXES; i++) {
        g_strfreev(w.values[i]);
    }
}
