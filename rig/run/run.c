/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `rig run`: scenarios in, verdicts out.
 *
 * Everything the user gave is checked before the first machine starts. From
 * then on there is a run directory with a run.xml that says complete="no"
 * until the end, so that no result is lost however the run ends.
 */
#include "run.h"

#include <errno.h>
#include <gio/gio.h>
#include <glib-unix.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "commands.h"
#include "history-index.h"
#include "include/plan.h"
#include "known.h"
#include "json-events.h"
#include "loop.h"
#include "options.h"
#include "report.h"
#include "run-tell.h"
#include "shell-word.h"
#include "snapshot.h"
#include "supervisor.h"
#include "variants.h"
#include "virt.h"
#include "vm.h"
#include "windows-machine.h"

#define RUNS "runs"
#define KEEP_MINUTES 30

/* --- arguments ---------------------------------------------------------- */

typedef struct Arguments {
    RigRunOptions options;
    char *accel;
    char **with;
    int repeat;
    char **files;
} Arguments;

void rig_run_add_options(GOptionContext *context, RigRunOptions *o)
{
    const GOptionEntry entries[] = {
        { "results", 0, 0, G_OPTION_ARG_FILENAME, &o->results,
          "Directory for runs/ and history.db (default: results)", "DIR" },
        { "timeout", 0, 0, G_OPTION_ARG_INT, &o->timeout,
          "Wall-time limit per machine (default: by the scenarios)", "SEC" },
        { "connect", 0, 0, G_OPTION_ARG_STRING, &o->uri,
          "libvirt URI (default: an embedded driver)", "URI" },
        { "uri", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_STRING, &o->uri,
          "The same", "URI" },
        { "keep", 0, 0, G_OPTION_ARG_NONE, &o->keep,
          "Keep the initrd, so that QEMU can be run by hand", NULL },
        { "known", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &o->known,
          "Known issues: shown, and no reason for exit status 1; may be given "
          "again", "FILE" },
        { "keep-on-failure", 0, 0, G_OPTION_ARG_NONE, &o->keep_on_failure,
          "Keep the machine of an unexpected verdict for rig attach", NULL },
        { "keep-minutes", 0, 0, G_OPTION_ARG_INT, &o->keep_minutes,
          "So long at most (default: 30)", "N" },
        { "quiet", 'q', 0, G_OPTION_ARG_NONE, &o->quiet,
          "Print unexpected verdicts and paths only", NULL },
        { "verbose", 'v', 0, G_OPTION_ARG_NONE, &o->verbose,
          "Print the times of each phase", NULL },
        { 0 },
    };

    g_option_context_add_main_entries(context, entries, NULL);
    rig_run_add_night_options(context, o);
}

void rig_run_add_start_option(GOptionContext *context, RigRunOptions *o)
{
    const GOptionEntry entries[] = {
        { "start", 0, 0, G_OPTION_ARG_STRING, &o->start,
          "How machines start: cold, by booting (the default), or snapshot, "
          "from one that has booted before", "HOW" },
        { 0 },
    };

    g_option_context_add_main_entries(context, entries, NULL);
}

void rig_run_options_clear(RigRunOptions *o)
{
    g_free(o->results);
    g_free(o->images);
    g_free(o->uri);
    g_free(o->again);
    g_strfreev(o->known);
    g_free(o->live);
    g_free(o->start);
    g_free(o->snapshots);
    g_free(o->night);
    g_free(o->job);
    g_free(o->shard);
    g_free(o->id);
}

static gboolean parse(Arguments *a, int *argc, char ***argv, GError **error)
{
    const GOptionEntry entries[] = {
        { "images", 0, 0, G_OPTION_ARG_FILENAME, &a->options.images,
          "Store of Windows images (default: $XDG_DATA_HOME/rig/images)",
          "DIR" },
        { "isolate", 0, 0, G_OPTION_ARG_NONE, &a->options.isolate,
          "Boot a machine for every scenario", NULL },
        { "accel", 0, 0, G_OPTION_ARG_STRING, &a->accel,
          "Accelerator: tcg", "NAME" },
        { "with", 0, 0, G_OPTION_ARG_STRING_ARRAY, &a->with,
          "Run each scenario with each of these: driver=INF,INF..., "
          "nic=MODEL,MODEL..., msix-profile=at-connect,at-start, "
          "vectors=N,N..., queues=N,N..., random-seed=N,N..., limit=N,N...",
          "KEY=VALUES" },
        { "repeat", 0, 0, G_OPTION_ARG_INT, &a->repeat,
          "Run each cycle N times as often as the scenario says", "N" },
        { "live", 0, 0, G_OPTION_ARG_STRING, &a->options.live,
          "Join the NICs with the outside world: a -netdev of QEMU without its "
          "id; the run is not reproducible, unless it is recorded", "NETDEV" },
        { "record", 0, 0, G_OPTION_ARG_NONE, &a->options.record,
          "Record what comes from outside, so that \"rig reproduce\" can "
          "replay the run", NULL },
        { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &a->files,
          NULL, NULL },
        { 0 },
    };
    g_autoptr(GOptionContext) context =
        g_option_context_new("SCENARIO.xml|DIRECTORY...");

    g_set_prgname("rig run");
    g_option_context_add_main_entries(context, entries, NULL);
    rig_run_add_options(context, &a->options);
    rig_run_add_start_option(context, &a->options);
    g_option_context_set_summary(context,
        "Run scenarios in virtual machines and judge them. Scenarios that "
        "need the\nsame machine share one boot.");
    return rig_options_parse(context, argc, argv, error);
}

gboolean rig_snapshot_wanted(const RigRunOptions *o)
{
    return g_strcmp0(o->start, "snapshot") == 0;
}

static gboolean check_start(RigRunOptions *o)
{
    if (o->start && !rig_snapshot_wanted(o) && strcmp(o->start, "cold") != 0) {
        fprintf(stderr, "%s: --start takes cold or snapshot\n",
                g_get_prgname());
        return FALSE;
    }
    if (rig_snapshot_wanted(o) &&
        (o->record || o->live || o->uri || o->keep_on_failure)) {
        fprintf(stderr, "%s: --start snapshot does not go with --record, "
                "--live, --connect or --keep-on-failure\n", g_get_prgname());
        return FALSE;
    }
    /* Before libvirt's driver has directories of its own (virt.c). */
    o->snapshots = rig_snapshot_wanted(o) ? rig_snapshots_dir() : NULL;
    return TRUE;
}

gboolean rig_run_check_options(RigRunOptions *o)
{
    if (o->results && !*o->results) {
        fprintf(stderr, "%s: --results takes the name of a directory\n",
                g_get_prgname());
        return FALSE;
    }
    if (o->timeout < 0 || o->timeout > 7 * 24 * 3600) {
        fprintf(stderr, "%s: --timeout takes 1 to 604800 seconds\n",
                g_get_prgname());
        return FALSE;
    }
    if (o->keep_minutes < 0 || o->keep_minutes > 7 * 24 * 60) {
        fprintf(stderr, "%s: --keep-minutes takes 1 to 10080\n",
                g_get_prgname());
        return FALSE;
    }
    return check_start(o) && rig_run_check_night_options(o);
}

/* Its kind comes first, and the id is ours. */
static gboolean is_netdev(const char *text)
{
    g_auto(GStrv) parts = g_strsplit(text, ",", -1);
    gboolean good = parts[0] && g_ascii_isalpha(*parts[0]) &&
                    !strchr(parts[0], '=');

    for (char **p = parts; *p; p++) {
        good = good && !g_str_has_prefix(*p, "id=");
    }
    return good;
}

static gboolean check_arguments(Arguments *a)
{
    if (!a->files) {
        fputs("rig run: no scenario given; name scenario files or a "
              "directory, \"rig list\" shows those of the rig\n", stderr);
        return FALSE;
    }
    if (!rig_run_check_options(&a->options)) {
        return FALSE;
    }
    if (a->options.live && !is_netdev(a->options.live)) {
        fprintf(stderr, "rig run: --live takes a -netdev of QEMU without an "
                "id, such as dgram,local.type=inet,local.host=127.0.0.1,"
                "local.port=7001,remote.type=inet,remote.host=127.0.0.1,"
                "remote.port=7002\n");
        return FALSE;
    }
    if (a->repeat < 1 || (unsigned)a->repeat > RIG_VARIANTS_REPEAT_MAX) {
        fprintf(stderr, "rig run: --repeat takes 1 to %u\n",
                RIG_VARIANTS_REPEAT_MAX);
        return FALSE;
    }
    if (a->accel && strcmp(a->accel, "tcg") != 0) {
        fprintf(stderr, "rig run: accelerator \"%s\" cannot be used: only tcg "
                "counts instructions, which is what makes runs reproducible; "
                "use --accel tcg\n", a->accel);
        return FALSE;
    }
    return TRUE;
}

/* --- before ------------------------------------------------------------- */

static gboolean print_problems(const GPtrArray *problems)
{
    for (guint i = 0; i < problems->len; i++) {
        fprintf(stderr, "%s\n", (char *)problems->pdata[i]);
    }
    if (problems->len) {
        fprintf(stderr, "rig: %u problem%s; nothing was run\n", problems->len,
                problems->len == 1 ? "" : "s");
    }
    return problems->len == 0;
}

/* Known issues of all files; what has expired is said, and no reason to stop. */
static GPtrArray *load_known(const RigRunContext *c, GPtrArray *problems)
{
    char **files = c->options->known;
    g_autoptr(GPtrArray) expired = g_ptr_array_new_with_free_func(g_free);
    GPtrArray *all = NULL;

    for (; files && *files; files++) {
        GPtrArray *issues = rig_known_load(*files, NULL, c->paths, problems);

        if (issues) {
            rig_known_add_expired(issues, expired);
        }
        if (all && issues) {
            g_ptr_array_extend_and_steal(all, issues);
        } else if (issues) {
            all = issues;
        }
    }
    for (guint i = 0; i < expired->len; i++) {
        fprintf(stderr, "%s\n", (char *)expired->pdata[i]);
    }
    return all;
}

static gboolean load(RigRunContext *c, RigScenarioSource source, void *opaque)
{
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);

    c->scenarios = source(c->paths, problems, opaque);
    if (problems->len == 0) {
        c->rules = rig_rules_load(c->scenarios, c->paths, problems);
    }
    c->known = load_known(c, problems);
    return print_problems(problems);
}

static gboolean check_file(const char *file, const char *make)
{
    if (access(file, R_OK) != 0) {
        fprintf(stderr, "rig: %s: %s; build it with \"%s\"\n", file,
                g_strerror(errno), make);
        return FALSE;
    }
    return TRUE;
}

/* What the scenarios need is there; read the kernels' command lines. */
static gboolean check_built(RigRunContext *c)
{
    if (!check_file(c->paths->qemu, "make")) {
        return FALSE;
    }
    for (guint i = 0; i < c->scenarios->len; i++) {
        const RigScenario *s = c->scenarios->pdata[i];

        if (s->machine.guest < RIG_GUESTS) {
            c->guests[s->machine.guest] = TRUE;
        }
    }
    for (int i = 0; i < RIG_GUESTS; i++) {
        const RigGuestFiles *g = &c->paths->guest[i];

        if (!c->guests[i]) {
            continue;
        }
        if (!check_file(g->kernel, g->make) ||
            !check_file(g->initramfs, g->make) ||
            !check_file(g->cmdline, g->make) ||
            !g_file_get_contents(g->cmdline, &c->cmdline[i], NULL, NULL)) {
            return FALSE;
        }
        g_strstrip(c->cmdline[i]);
        if (rig_snapshot_wanted(c->options)) {
            char *wait = g_strconcat(c->cmdline[i], " " PLAN_SNAPSHOT, NULL);

            g_free(c->cmdline[i]);
            c->cmdline[i] = wait;
        }
        if (c->options->keep_on_failure) {
            char *hold = g_strconcat(c->cmdline[i], " " PLAN_HOLD, NULL);

            g_free(c->cmdline[i]);
            c->cmdline[i] = hold;
        }
    }
    return TRUE;
}

static char *new_id(GDateTime *now)
{
    g_autofree char *time = g_date_time_format(now, "%Y%m%d-%H%M%S");

    return g_strdup_printf("%s-%04x", time,
                           (unsigned)g_random_int_range(0, 0x10000));
}

static char *os_name(void)
{
    return g_get_os_info(G_OS_INFO_KEY_PRETTY_NAME);
}

static void describe_environment(RigRunContext *c, int argc, char **argv)
{
    RigRun *run = c->run;

    run->command = rig_run_command(argc, argv);
    run->rig = g_strdup(RIG_VERSION);
    run->os = os_name();
    for (int i = RIG_GUESTS - 1; i >= 0; i--) {
        if (c->guests[i]) {
            g_clear_pointer(&run->kernel, g_free);
            g_file_get_contents(c->paths->guest[i].kernel_version,
                                &run->kernel, NULL, NULL);
        }
    }
    if (run->kernel) {
        g_strstrip(run->kernel);
    }
    run->accel = g_strdup("tcg");
    run->cpus = g_get_num_processors();
}

static gboolean save_scenarios(const RigRunContext *c, GError **error)
{
    g_autofree char *dir = g_build_filename(c->dir, "scenarios", NULL);

    if (g_mkdir(dir, 0755) != 0) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s: %s", dir,
                    g_strerror(errno));
        return FALSE;
    }
    for (guint i = 0; i < c->scenarios->len; i++) {
        const RigScenario *s = c->scenarios->pdata[i];
        g_autofree char *name = g_strdup_printf("%s.xml", s->name);
        g_autofree char *copy = g_build_filename(dir, name, NULL);
        g_autofree char *text = NULL;
        gsize length;

        if (s->text) {
            text = g_strdup(s->text);
            length = strlen(text);
        } else if (!g_file_get_contents(s->file, &text, &length, error)) {
            return FALSE;
        }
        if (!g_file_set_contents(copy, text, length, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

static void describe_rules(RigRunContext *c)
{
    for (guint i = 0; i < c->scenarios->len; i++) {
        const RigScenario *s = c->scenarios->pdata[i];

        for (guint r = 0; r < s->rules->len; r++) {
            const RigRule *rule = rig_rules_get(c->rules,
                                                s->rules->pdata[r]);

            rig_run_add_rule(c->run, rig_rule_name(rule),
                             rig_rule_title(rule), rig_rule_page(rule));
        }
    }
}

static gboolean create_run(RigRunContext *c, int argc, char **argv,
                           GError **error)
{
    g_autofree char *runs = g_build_filename(c->options->results, RUNS, NULL);

    c->run = rig_run_new();
    c->run->known = g_steal_pointer(&c->known);
    c->run->started = g_date_time_new_now_utc();
    c->run->id = c->options->id ? g_strdup(c->options->id)
                                : new_id(c->run->started);
    c->run->night = g_strdup(c->options->night);
    c->run->job = g_strdup(c->options->job);
    c->run->shard = g_strdup(c->options->shard);
    c->dir = g_build_filename(runs, c->run->id, NULL);
    if (g_mkdir_with_parents(runs, 0755) != 0 || g_mkdir(c->dir, 0755) != 0) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED,
                    "%s: %s; choose another directory with --results", c->dir,
                    g_strerror(errno));
        return FALSE;
    }
    describe_environment(c, argc, argv);
    describe_rules(c);
    return save_scenarios(c, error) &&
           rig_results_write(c->run, c->dir, error);
}

static gboolean connect_libvirt(RigRunContext *c, GError **error)
{
    const char *uri = c->options->uri;
    g_autofree char *path = uri ? rig_root_of_uri(uri) : NULL;

    if (!uri || path) {
        c->root = path ? rig_root_open_at(path, error)
                       : rig_root_open(NULL, error);
        if (!c->root) {
            return FALSE;
        }
        if (c->root->orphans) {
            fprintf(stderr, "rig: killed %u QEMU process%s left by a rig that "
                    "was killed\n", c->root->orphans,
                    c->root->orphans == 1 ? "" : "es");
        }
        c->conn = rig_virt_open_root(c->root, error);
    } else {
        g_autofree char *log = g_build_filename(c->dir, "libvirt.log", NULL);

        c->conn = rig_virt_open(uri, log, error);
    }
    c->run->libvirt = c->conn ? rig_virt_version() : NULL;
    return c->conn != NULL;
}

/* --- the run ------------------------------------------------------------ */

/* Scenarios that share a boot, in the order of their first one. */
static GPtrArray *make_groups(const RigRunContext *c)
{
    GPtrArray *groups = g_ptr_array_new_with_free_func(
        (GDestroyNotify)g_ptr_array_unref);

    for (guint i = 0; i < c->scenarios->len; i++) {
        RigScenario *s = c->scenarios->pdata[i];
        gboolean alone = c->options->isolate || s->isolate;
        GPtrArray *group = NULL;

        for (guint g = 0; !alone && !group && g < groups->len; g++) {
            GPtrArray *other = groups->pdata[g];
            RigScenario *first = other->pdata[0];

            if (!first->isolate && other->len < PLAN_SCENARIOS_MAX &&
                rig_machine_equal(&first->machine, &s->machine)) {
                group = other;
            }
        }
        if (!group) {
            group = g_ptr_array_new();
            g_ptr_array_add(groups, group);
        }
        g_ptr_array_add(group, s);
    }
    return groups;
}

static void save_results(RigRunContext *c)
{
    g_autoptr(GError) error = NULL;

    if (!rig_results_write(c->run, c->dir, &error)) {
        fprintf(stderr, "rig: run.xml: %s\n", error->message);
        c->unsaved = TRUE;
    } else {
        c->unsaved = FALSE;
    }
}

static void skip_group(RigRunContext *c, const GPtrArray *group,
                       const char *why)
{
    for (guint i = 0; i < group->len; i++) {
        RigScenarioResult *r = rig_scenario_result_new(
            group->pdata[i], c->run->scenarios->len + 1, RIG_VERDICT_SKIPPED,
            why);

        g_ptr_array_add(c->run->scenarios, r);
    }
}

/* A Windows image that is not there is a reason to skip, not to fail. */
static char *why_not(RigRunContext *c, const GPtrArray *group)
{
    g_autofree char *why = NULL;

    for (guint i = 0; i < group->len; i++) {
        RigScenario *s = group->pdata[i];

        if (c->interrupted) {
            return g_strdup("The run was stopped by the user before this "
                            "scenario began.");
        }
        if (s->machine.guest == RIG_GUEST_WINDOWS &&
            !rig_windows_settle(s, c->options->images, c->paths, &why)) {
            return g_strdup_printf("It needs a Windows image: %s.", why);
        }
    }
    return NULL;
}

static void run_groups(RigRunContext *c)
{
    g_autoptr(GPtrArray) groups = make_groups(c);

    rig_print_heading(c);
    for (guint i = 0; i < groups->len; i++) {
        g_autofree char *why = why_not(c, groups->pdata[i]);

        if (why) {
            skip_group(c, groups->pdata[i], why);
        } else {
            rig_run_machine(c, groups->pdata[i]);
            if (i + 1 < groups->len) { /* the last time is in conclude() */
                save_results(c);
            }
        }
    }
}

/*
 * What all runs say together, for the page of this one and for all of them.
 * That it cannot be written is no fault of the run.
 */
static void write_history(const RigRunContext *c)
{
    g_autoptr(GError) error = NULL;

    /* The index of a night is written once, by rig nightly at its end. */
    if (c->history &&
        (!rig_history_write_run(c->history, c->run->id, &error) ||
         (!c->run->night &&
          (!rig_history_write_index(c->history, &error) ||
           report_index(c->options->results, &error) != 0)))) {
        fprintf(stderr, "rig: history: %s\n", error->message);
    }
}

static gboolean write_page(const RigRunContext *c)
{
    g_autoptr(GError) error = NULL;

    if (report_write(c->dir, &error) != 0) {
        fprintf(stderr, "rig: report: %s\n", error->message);
        return FALSE;
    }
    return TRUE;
}

static void conclude(RigRunContext *c)
{
    rig_run_add_artifact(c->run, "rig",
                         rig_hashes_get(c->hashes, RIG_HASH_RIG,
                                        RIG_GUEST_NDIS));
    rig_run_add_artifact(c->run, "qemu-system-x86_64",
                         rig_hashes_get(c->hashes, RIG_HASH_QEMU,
                                        RIG_GUEST_NDIS));
    for (int i = 0; i < RIG_GUESTS; i++) {
        static const char *const kernel[] = { "vmlinuz", "vmlinuz (linux)" };
        static const char *const initramfs[] = { "initramfs",
                                                 "initramfs (linux)" };

        if (c->guests[i]) {
            rig_run_add_artifact(c->run, kernel[i],
                                 rig_hashes_get(c->hashes, RIG_HASH_KERNEL,
                                                i));
            rig_run_add_artifact(c->run, initramfs[i],
                                 rig_hashes_get(c->hashes,
                                                RIG_HASH_INITRAMFS, i));
        }
    }
    c->run->finished = g_date_time_new_now_utc();
    c->run->complete = !c->interrupted;
    save_results(c);
    write_history(c);
    rig_print_end(c, write_page(c));
}

static gboolean on_stop(gpointer opaque)
{
    RigRunContext *c = opaque;

    if (rig_vm_release()) {
        return G_SOURCE_CONTINUE; /* the user has seen enough of it */
    }
    c->interrupted = TRUE;
    rig_vm_interrupt();
    return G_SOURCE_CONTINUE;
}

static void start_live(RigRunContext *c)
{
    c->live.on = !c->options->quiet && isatty(STDERR_FILENO);
    c->live.started = g_get_monotonic_time();
    c->live.scenarios = c->scenarios->len;
    for (guint i = 0; i < c->scenarios->len; i++) {
        c->live.cycles += rig_scenario_cycle_count(c->scenarios->pdata[i]);
    }
}

typedef struct Work {
    RigRunContext *c;
    int argc;
    char **argv;
} Work;

/* What the worker process does. */
static int work(void *opaque)
{
    static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
    Work *w = opaque;
    RigRunContext *c = w->c;
    g_autoptr(GError) error = NULL;

    signal(SIGPIPE, SIG_IGN);
    umask(022);
    rig_loop_init();
    for (guint i = 0; i < G_N_ELEMENTS(signals); i++) {
        rig_loop_attach(rig_loop_context(),
                        g_unix_signal_source_new(signals[i]), on_stop, c);
    }
    start_live(c);
    c->hashes = rig_hashes_start(c->paths, c->guests);
    if (!create_run(c, w->argc, w->argv, &error)) {
        fprintf(stderr, "rig: %s\n", error->message);
        return RIG_EXIT_BROKEN;
    }
    rig_tell_started(c);
    if (!connect_libvirt(c, &error)) {
        fprintf(stderr, "rig: %s\n", error->message);
        rig_run_live_remove(c->dir);
        return RIG_EXIT_BROKEN;
    }
    c->history = rig_history_open(c->options->results, &error);
    if (!c->history) {
        fprintf(stderr, "rig: %s; runs are not compared\n", error->message);
    }
    run_groups(c);
    conclude(c);
    rig_virt_close(c->conn);
    rig_root_close(c->root);
    rig_tell_finished(c, rig_run_status(c));
    return rig_run_status(c);
}

static gboolean make_absolute(RigRunOptions *o)
{
    const char *dir = o->results ? o->results : "results";
    char *absolute = g_canonicalize_filename(dir, NULL);
    char *images = rig_images_dir(o->images); /* before libvirt's XDG_... */

    g_free(o->images);
    o->images = images;

    g_free(o->results);
    o->results = absolute;
    if (!g_utf8_validate(absolute, -1, NULL)) {
        fputs("rig run: the name of the directory for results is not UTF-8, "
              "which libvirt wants; choose another one with --results\n",
              stderr);
        return FALSE;
    }
    return TRUE;
}

static void clear(RigRunContext *c)
{
    g_clear_pointer(&c->known, g_ptr_array_unref);
    rig_paths_free(c->paths);
    if (c->scenarios) {
        g_ptr_array_unref(c->scenarios);
    }
    rig_rules_free(c->rules);
    for (int i = 0; i < RIG_GUESTS; i++) {
        g_free(c->cmdline[i]);
    }
}

int rig_run_with(RigRunOptions *options, RigScenarioSource source,
                 void *opaque, int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    RigRunContext c = { .options = options };
    Work w = { &c, argc, argv };
    int status = RIG_EXIT_USAGE;

    if (!options->keep_minutes) {
        options->keep_minutes = KEEP_MINUTES;
    }
    if (options->json && !options->events_fd) {
        options->events_fd = rig_json_take_stdout();
    }
    if (make_absolute(options) && options->events_fd >= 0) {
        c.paths = rig_paths_find(&error);
        if (!c.paths) {
            fprintf(stderr, "rig: %s\n", error->message);
        } else if (load(&c, source, opaque)) {
            status = RIG_EXIT_BROKEN;
            if (check_built(&c)) {
                status = rig_supervise(work, &w, RIG_EXIT_BROKEN);
            }
        }
    }
    clear(&c);
    return status;
}

static GPtrArray *load_files(const RigPaths *paths, GPtrArray *problems,
                             void *opaque)
{
    const Arguments *a = opaque;
    GPtrArray *scenarios = rig_scenarios_load(a->files, paths, problems);

    if (problems->len == 0 && (a->with || a->repeat > 1)) {
        rig_variants_make(scenarios, a->with, a->repeat, paths, problems);
    }
    return scenarios;
}

int rig_cmd_run(int argc, char **argv)
{
    g_auto(GStrv) given = g_strdupv(argv);
    g_autoptr(GError) error = NULL;
    int count = argc, status = RIG_EXIT_USAGE;
    Arguments a = { .repeat = 1 };

    if (!parse(&a, &argc, &argv, &error)) {
        fprintf(stderr, "rig run: %s; \"rig run --help\" shows the options\n",
                error->message);
        return RIG_EXIT_USAGE;
    }
    if (check_arguments(&a)) {
        status = rig_run_with(&a.options, load_files, &a, count, given);
    }
    g_strfreev(a.files);
    g_strfreev(a.with);
    g_free(a.accel);
    rig_run_options_clear(&a.options);
    return status;
}
