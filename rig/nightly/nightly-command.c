/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `rig nightly`: a suite, run within its time, on this machine's share of it.
 *
 * This process loads and checks everything, decides whether an unfinished
 * night is to go on, and then is the supervisor (supervisor.c) of a child that
 * runs the jobs, so that no process is left behind however either ends.
 */
#include <errno.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "commands.h"
#include "json-events.h"
#include "known.h"
#include "night-report.h"
#include "nightly.h"
#include "options.h"
#include "problem.h"
#include "results-lock.h"
#include "resume.h"
#include "run-glance.h"
#include "run-tell.h"
#include "shell-word.h"
#include "snapshot.h"
#include "supervisor.h"

#define ID_PATTERN "^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$"

/* --- arguments -------------------------------------------------------- */

typedef struct Arguments {
    RigNightlyOptions o;
    char *unit;
    char **files;
} Arguments;

static gboolean parse(Arguments *a, int *argc, char ***argv, GError **error)
{
    RigNightlyOptions *o = &a->o;
    const GOptionEntry entries[] = {
        { "results", 0, 0, G_OPTION_ARG_FILENAME, &o->results,
          "Directory for runs/, nights/ and history.db (default: results)",
          "DIR" },
        { "budget", 0, 0, G_OPTION_ARG_STRING, &o->budget,
          "Time for all of it, as 90s, 30m or 6h (default: the suite's)",
          "TIME" },
        { "workers", 0, 0, G_OPTION_ARG_INT, &o->workers,
          "Machines side by side (default: the suite's, else one per "
          "processor)", "N" },
        { "shard", 0, 0, G_OPTION_ARG_STRING, &o->shard,
          "Run the I-th of N equal parts of the suite", "I/N" },
        { "night", 0, 0, G_OPTION_ARG_STRING, &o->night,
          "Id of the night, the same for all shards (default: a new one)",
          "ID" },
        { "resume", 0, 0, G_OPTION_ARG_STRING, &o->resume,
          "Go on with this unfinished night, \"last\" for the newest", "ID" },
        { "new", 0, 0, G_OPTION_ARG_NONE, &o->new_night,
          "Do not go on with an unfinished night, start another one", NULL },
        { "known", 0, 0, G_OPTION_ARG_FILENAME, &o->known,
          "Known issues (default: the suite's)", "FILE" },
        { "connect", 0, 0, G_OPTION_ARG_STRING, &o->uri,
          "libvirt URI (default: an embedded driver)", "URI" },
        { "start", 0, 0, G_OPTION_ARG_STRING, &o->start,
          "How machines start, cold or snapshot (default: the suite's, else "
          "cold)", "HOW" },
        { "list", 0, 0, G_OPTION_ARG_NONE, &o->list,
          "Show the jobs in their order, run nothing", NULL },
        { "save-durations", 0, 0, G_OPTION_ARG_NONE, &o->save_durations,
          "Write what the scenarios took into the suite's durations file, "
          "run nothing", NULL },
        { "print-unit", 0, 0, G_OPTION_ARG_STRING, &a->unit,
          "Print a systemd unit, a cron line or a CI job for this "
          "suite: service, timer, resume, cron, ci", "KIND" },
        { "json", 0, 0, G_OPTION_ARG_NONE, &o->json,
          "Print events for programs, one JSON object per line", NULL },
        { "quiet", 'q', 0, G_OPTION_ARG_NONE, &o->quiet,
          "Print unexpected verdicts and the summary only", NULL },
        { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &a->files,
          NULL, NULL },
        { 0 },
    };
    g_autoptr(GOptionContext) context = g_option_context_new("SUITE.xml");

    o->workers = RIG_NOT_SAID;
    g_set_prgname("rig nightly");
    g_option_context_add_main_entries(context, entries, NULL);
    g_option_context_set_summary(context,
        "Run a suite within a time budget: what failed last night first, then "
        "the longest\nfirst. A night that was not finished goes on where it "
        "stopped.");
    return rig_options_parse(context, argc, argv, error);
}

static gboolean bad(const char *option, const char *value, const char *takes)
{
    fprintf(stderr, "rig nightly: %s does not take \"%s\"; %s\n", option,
            value, takes);
    return FALSE;
}

static gboolean check_shard(const char *shard)
{
    return rig_shard_valid(shard) || bad("--shard", shard, RIG_SHARD_HELP);
}

static gboolean check(const Arguments *a)
{
    const RigNightlyOptions *o = &a->o;
    unsigned seconds;

    if (!a->files || a->files[1]) {
        fputs("rig nightly: name one suite; scenarios/nightly.xml of the rig "
              "is one\n", stderr);
        return FALSE;
    }
    if (o->workers != RIG_NOT_SAID &&
        (o->workers < 1 || o->workers > RIG_WORKERS_MAX)) {
        fprintf(stderr, "rig nightly: --workers takes 1 to %d\n",
                RIG_WORKERS_MAX);
        return FALSE;
    }
    if (o->budget && !rig_parse_duration(o->budget, &seconds)) {
        return bad("--budget", o->budget, "it takes a number with s, m, h or "
                   "d behind it");
    }
    if (o->night && !g_regex_match_simple(ID_PATTERN, o->night, 0, 0)) {
        return bad("--night", o->night, "it takes letters, digits, dots, "
                   "underscores and hyphens");
    }
    if (o->start && strcmp(o->start, "cold") != 0 &&
        strcmp(o->start, "snapshot") != 0) {
        return bad("--start", o->start, "it takes cold or snapshot");
    }
    if (o->resume && o->new_night) {
        fputs("rig nightly: --resume and --new exclude each other\n", stderr);
        return FALSE;
    }
    return check_shard(o->shard);
}

/* --- the order -------------------------------------------------------- */

/* Scenarios of a job share a boot, which is in the time of each. */
static void ask_history(RigHistory *h, RigJob *job)
{
    uint64_t sum = 0, least = UINT64_MAX;
    unsigned known = 0, n = job->scenarios->len;

    job->priority = RIG_THEN_OTHERS;
    for (guint i = 0; i < n; i++) {
        g_autofree char *key = rig_history_key(job->scenarios->pdata[i]);
        uint64_t ms = rig_history_expected_ms(h, key);
        gboolean good;

        if (!rig_history_last_verdict(h, key, NULL, &good)) {
            job->priority = MIN(job->priority, RIG_THEN_LEFT_OUT);
        } else if (!good) {
            job->priority = RIG_FIRST_FAILED;
        }
        if (ms) {
            known++;
            sum += ms;
            least = MIN(least, ms);
        }
    }
    if (known) {
        job->expected_ms = (sum - (known - 1) * least) * n / known;
    }
}

static void schedule(RigNightly *n)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(RigHistory) h = /* closed before the child is made */
        g_file_test(n->options->results, G_FILE_TEST_IS_DIR)
        ? rig_history_open(n->options->results, &error) : NULL;

    if (error) {
        fprintf(stderr, "rig nightly: %s; the order is that of a first "
                "night\n", error->message);
    }
    for (guint i = 0; i < n->suite->jobs->len; i++) {
        RigJob *job = n->suite->jobs->pdata[i];

        job->priority = RIG_THEN_LEFT_OUT;
        if (h) {
            ask_history(h, job);
        }
    }
    rig_schedule(n->suite->jobs);
}

/* --- which night ------------------------------------------------------ */

static char *new_id(void)
{
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();
    g_autofree char *time = g_date_time_format(now, "%Y%m%d-%H%M%S");

    return g_strdup_printf("%s-%04x", time,
                           (unsigned)g_random_int_range(0, 0x10000));
}

static gboolean make_directory(RigNightly *n)
{
    g_autofree char *logs = g_build_filename(n->dir, "logs", NULL);

    if (g_mkdir_with_parents(logs, 0755) != 0) {
        fprintf(stderr, "rig nightly: %s: %s; choose another directory with "
                "--results\n", logs, g_strerror(errno));
        return FALSE;
    }
    return TRUE;
}

static gboolean start_night(RigNightly *n, const char *shard)
{
    g_autofree char *id = n->options->night ? g_strdup(n->options->night)
                                            : new_id();
    g_autofree char *file = NULL;

    n->dir = g_build_filename(n->options->results, RIG_NIGHTS, id, NULL);
    file = g_build_filename(n->dir, "night.xml", NULL);
    if (g_file_test(file, G_FILE_TEST_EXISTS)) {
        fprintf(stderr, "rig nightly: there is a night %s already, %s; give "
                "another --night, or --resume %s if it is unfinished\n", id,
                n->dir, id);
        return FALSE;
    }
    n->night = rig_night_new(n->suite, id, shard);
    return TRUE;
}

/* The night to work on: an unfinished one, else a new one. */
static gboolean choose_night(RigNightly *n)
{
    const RigNightlyOptions *o = n->options;
    const char *shard = o->shard ? o->shard : "1/1";
    const char *id = !o->resume ? o->night :
                     strcmp(o->resume, "last") ? o->resume : "";
    g_autoptr(GError) error = NULL;

    if (!o->new_night) {
        n->night = rig_resume(n->suite, o->results, shard, id, n->paths,
                              &error);
    }
    if (!n->night && o->resume) {
        fprintf(stderr, "rig nightly: %s\n", error->message);
        return FALSE;
    }
    n->resumed = n->night != NULL;
    if (n->resumed) {
        n->dir = g_build_filename(o->results, RIG_NIGHTS, n->night->id, NULL);
        if (!o->quiet) {
            fprintf(stderr, "rig nightly: going on with the unfinished night "
                    "%s; --new starts another one\n", n->night->id);
        }
    } else if (!start_night(n, shard)) {
        return FALSE;
    }
    n->part = n->night->parts->pdata[0];
    return TRUE;
}

static void set_up(RigNightly *n, int argc, char **argv)
{
    const RigNightlyOptions *o = n->options;
    unsigned budget = n->resumed ? n->part->budget_seconds
                                 : n->suite->budget_seconds;
    unsigned workers = n->suite->workers ? n->suite->workers
                                         : g_get_num_processors();

    if (o->workers != RIG_NOT_SAID) {
        workers = o->workers;
    }
    if (o->budget) {
        rig_parse_duration(o->budget, &budget);
    }
    n->part->budget_seconds = budget;
    n->part->workers = CLAMP(workers, 1, RIG_WORKERS_MAX);
    n->spent_before = n->part->spent_seconds;
    g_free(n->night->command);
    n->night->command = rig_shell_command(argc, argv);
    for (guint i = 0; i < n->night->jobs->len; i++) {
        const RigNightJob *j = n->night->jobs->pdata[i];

        n->scenarios += j->state == RIG_JOB_WAITING ? j->scenarios->len : 0;
    }
    for (guint i = 0; i < n->suite->jobs->len; i++) {
        const RigJob *job = n->suite->jobs->pdata[i];
        RigNightJob *j = rig_night_job(n->night, job->id);

        if (j) {
            j->expected_ms = job->expected_ms;
        }
    }
}

/* --- the child -------------------------------------------------------- */

static gboolean from_snapshots(const RigNightly *n)
{
    const char *start = n->options->start ? n->options->start
                                          : n->suite->start;

    return g_strcmp0(start, "snapshot") == 0;
}

static void say_removed(const char *line)
{
    printf("retention: %s\n", line);
}

static void apply_retention(const RigNightly *n)
{
    const RigRetention *r = &n->suite->retention;
    g_autoptr(GError) error = NULL;
    RigRemoved removed = { 0 };

    if (!rig_retention_apply(r, n->options->results, n->night->id,
                             g_get_real_time() / G_USEC_PER_SEC, &removed,
                             n->options->quiet ? NULL : say_removed, &error)) {
        fprintf(stderr, "rig nightly: retention: %s\n", error->message);
    }
}

/* Machines to start from, where this night does. */
static void prune_snapshots(const RigNightly *n)
{
    g_autofree char *dir = rig_snapshots_dir();
    g_autoptr(GError) error = NULL;
    RigSnapshotsRemoved r;

    if (!rig_snapshots_prune(dir, n->suite->snapshots ? n->suite->snapshots
                                                      : RIG_SNAPSHOTS_MAX,
                             g_get_real_time() / G_USEC_PER_SEC, &r,
                             &error)) {
        fprintf(stderr, "rig nightly: snapshots: %s\n", error->message);
    } else if (r.snapshots && !n->options->quiet) {
        g_autofree char *size = g_format_size(r.bytes);

        printf("retention: removed %u snapshot%s to start from (%s)\n",
               r.snapshots, r.snapshots == 1 ? "" : "s", size);
    }
}

/* What is made of all runs and nights. */
static void refresh(RigNightly *n)
{
    g_autoptr(GError) error = NULL;

    if (!rig_night_report(n->night, n->options->results, &error)) {
        fprintf(stderr, "rig nightly: report: %s\n", error->message);
        g_clear_error(&error);
    }
    n->have_index = rig_results_index(n->options->results, &error);
    if (!n->have_index) {
        fprintf(stderr, "rig nightly: index: %s\n", error->message);
    }
}

static int work(void *opaque)
{
    RigNightly *n = opaque;
    int status;

    signal(SIGPIPE, SIG_IGN); /* a night goes on when nobody reads it */
    umask(022);
    n->started = g_get_monotonic_time();
    n->live = !n->options->quiet && isatty(STDERR_FILENO);
    rig_nightly_say_start(n);
    rig_nightly_run(n);
    status = rig_nightly_status(n);
    if (n->night->complete) {
        apply_retention(n);
        if (from_snapshots(n)) {
            prune_snapshots(n);
        }
    }
    refresh(n);
    rig_nightly_say_end(n, status);
    return status;
}

/* --- the command ------------------------------------------------------ */

/* Each job reads them again; here they are read before any job is run. */
static void check_known(const RigNightly *n, GPtrArray *problems)
{
    const char *file = n->options->known ? n->options->known :
                       n->suite ? n->suite->known : NULL;
    g_autoptr(GPtrArray) issues =
        file ? rig_known_load(file, NULL, n->paths, problems) : NULL;

    (void)issues;
}

static gboolean load(RigNightly *n, const char *file)
{
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
    const char *shard = n->options->shard;

    n->suite = rig_suite_load(file, n->paths, problems);
    g_set_prgname("rig nightly"); /* loading a sweep changes it */
    check_known(n, problems);
    for (guint i = 0; i < problems->len; i++) {
        fprintf(stderr, "%s\n", (char *)problems->pdata[i]);
    }
    if (!n->suite || problems->len) {
        fprintf(stderr, "rig nightly: %u problem%s; nothing was run\n",
                problems->len, problems->len == 1 ? "" : "s");
        return FALSE;
    }
    if (n->options->uri && from_snapshots(n)) {
        fputs("rig nightly: starting from snapshots does not go with "
              "--connect; give --start cold, too\n", stderr);
        return FALSE;
    }
    if (n->suite->jobs->len == 0) {
        fprintf(stderr, "%s: names no scenario\n", file);
        return FALSE;
    }
    rig_shard(n->suite->jobs, shard ? g_ascii_strtoull(strchr(shard, '/') + 1,
                                                       NULL, 10) : 1);
    return TRUE;
}

static int save_durations(const RigNightly *n)
{
    g_autoptr(GError) error = NULL;

    if (!n->suite->durations) {
        fprintf(stderr, "%s: has no durations=\"FILE\" to write to\n",
                n->suite->file);
        return RIG_EXIT_USAGE;
    }
    if (!rig_durations_save(n->suite, n->suite->durations, &error)) {
        fprintf(stderr, "rig nightly: %s\n", error->message);
        return RIG_EXIT_BROKEN;
    }
    printf("%s\n", n->suite->durations);
    return RIG_EXIT_OK;
}

/* Everything before the child; then the child. */
static int run(RigNightly *n, const char *file, int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    int lock;

    n->events_fd = n->options->json ? rig_json_take_stdout() : -1;
    if ((n->options->json && n->events_fd < 0) || !load(n, file)) {
        return RIG_EXIT_USAGE;
    }
    if (n->options->list || n->options->save_durations) {
        schedule(n);
        n->night = rig_night_new(n->suite, "list", n->options->shard
                                 ? n->options->shard : "1/1");
        n->part = n->night->parts->pdata[0];
        if (n->options->save_durations) {
            return save_durations(n);
        }
        rig_nightly_list(n);
        return RIG_EXIT_OK;
    }
    lock = rig_results_lock(n->options->results, &error);
    if (lock < 0) {
        fprintf(stderr, "rig nightly: %s\n", error->message);
        return RIG_EXIT_BROKEN;
    }
    schedule(n);
    if (!choose_night(n)) {
        return RIG_EXIT_USAGE;
    }
    set_up(n, argc, argv);
    return make_directory(n) ? rig_supervise(work, n, RIG_EXIT_BROKEN)
                             : RIG_EXIT_BROKEN;
}

static void clear(Arguments *a, RigNightly *n)
{
    RigNightlyOptions *o = &a->o;

    g_free(o->results);
    g_free(o->uri);
    g_free(o->start);
    g_free(o->known);
    g_free(o->shard);
    g_free(o->night);
    g_free(o->budget);
    g_free(o->resume);
    g_free(a->unit);
    g_strfreev(a->files);
    rig_night_free(n->night);
    g_ptr_array_unref(n->running);
    rig_suite_free(n->suite);
    rig_paths_free(n->paths);
    g_free(n->dir);
}

int rig_cmd_nightly(int argc, char **argv)
{
    g_auto(GStrv) given = g_strdupv(argv);
    g_autoptr(GError) error = NULL;
    int count = argc, status = RIG_EXIT_USAGE;
    Arguments a = { 0 };
    RigNightly n = { .options = &a.o, .running = g_ptr_array_new() };

    if (!parse(&a, &argc, &argv, &error)) {
        fprintf(stderr, "rig nightly: %s; \"rig nightly --help\" shows the "
                "options\n", error->message);
    } else if (check(&a)) {
        char *dir = g_canonicalize_filename(a.o.results ? a.o.results
                                                        : "results", NULL);

        g_free(a.o.results);
        a.o.results = dir;
        n.paths = rig_paths_find(&error);
        if (!n.paths) {
            fprintf(stderr, "rig nightly: %s\n", error->message);
        } else {
            status = a.unit ? rig_nightly_print_unit(a.unit, a.files[0], &a.o,
                                                     n.paths)
                            : run(&n, a.files[0], count, given);
        }
    }
    clear(&a, &n);
    return status;
}
