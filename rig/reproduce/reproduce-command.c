/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `rig reproduce`: run a failed scenario again and compare. */
#include <gio/gio.h>
#include <glib-unix.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "commands.h"
#include "image-import.h"
#include "include/plan.h"
#include "loop.h"
#include "options.h"
#include "rerun.h"
#include "stopped.h"
#include "stream.h"
#include "supervisor.h"
#include "virt.h"

#define TIMES_MAX 1000000
/* Longer than that, and the user is told how far it is. */
#define PATIENCE_US (2 * G_USEC_PER_SEC)

static const int signals[] = { SIGINT, SIGTERM, SIGHUP };

typedef struct Options {
    char *results;       /* directory, absolute */
    int times;
    gboolean isolated, replay, freeze, gdb, reverse, keep, quiet, verbose;
    char **commands;     /* for gdb, NULL: it is interactive */
    char *stop_at;       /* event, NULL: of the first finding */
    char **bundle;       /* one */
} Options;

typedef struct Reproduction {
    const Options *options;
    RigPaths *paths;
    RigBundle *bundle;
    RigRules *rules;
    char *cmdline;
    char *dir;           /* of the reruns */
    RigRerunContext c;
    RigBundle recorded;  /* --reverse: the bundle with a recording made here,
                            which is all that it owns */
    RigStop stop;
    gboolean interrupted, stopped;
    gint64 began;
    unsigned done, same, other_stream, other_verdict, broken;
} Reproduction;

/* --- printing ------------------------------------------------------------ */

static void print_heading(const Reproduction *p)
{
    const RigManifest *m = p->bundle->manifest;

    printf("%s of run %s: %s\n", m->scenario, m->run,
           rig_verdict_name(m->verdict));
    if (*m->sentence) {
        printf("    %s\n", m->sentence);
    }
    if (p->c.replay) {
        printf("    replayed from its recording\n");
    } else if (p->c.isolated) {
        printf("    alone in its machine: the stream is another one, and not "
               "compared\n");
    } else if (m->number > 1) {
        printf("    with the %u scenario%s that ran before it in the same "
               "machine\n", m->number - 1, m->number == 2 ? "" : "s");
    }
    fflush(stdout);
}

static void print_input(const Reproduction *p, const RigBundleInput *here)
{
    const char *then = rig_manifest_input(p->bundle->manifest, here->name);

    if (then && strcmp(then, here->sha256) != 0) {
        printf("    %s differs: recorded %.12s, here %.12s\n", here->name,
               then, here->sha256);
    }
}

static void print_fact(const char *what, const char *then, const char *here)
{
    if (then && here && strcmp(then, here) != 0) {
        printf("    %s differs: recorded %s, here %s\n", what, then, here);
    }
}

/* What is not as it was recorded. With an identical stream only a remark. */
static void print_differences(const Reproduction *p)
{
    const RigManifest *m = p->bundle->manifest;
    g_autoptr(RigManifest) here = rig_manifest_new();
    g_autofree char *os = g_get_os_info(G_OS_INFO_KEY_PRETTY_NAME);
    g_autofree char *cpu = rig_cpu_model();
    g_autofree char *libvirt = rig_virt_version();

    rig_manifest_add_inputs(here, p->c.inputs);
    for (guint i = 0; i < here->inputs->len; i++) {
        print_input(p, here->inputs->pdata[i]);
    }
    print_fact("rig", m->rig, RIG_VERSION);
    print_fact("host system", m->os, os);
    print_fact("host processor", m->cpu, cpu);
    print_fact("libvirt", m->libvirt, libvirt);
    fflush(stdout);
}

static void print_event(const char *whose, const char *file, uint64_t event)
{
    printf("      %s ", whose);
    if (event == UINT64_MAX || !rig_event_print_of(file, event)) {
        printf("nothing: the stream stops here\n");
    }
}

static void print_stream(const Reproduction *p, const RigRerun *r,
                         const char *dir)
{
    const RigManifest *m = p->bundle->manifest;
    const RigStreamDifference *d = &r->difference;
    g_autofree char *events = g_build_filename(dir, "events.bin", NULL);

    if (d->same) {
        printf("identical up to event %" G_GUINT64_FORMAT " of %"
               G_GUINT64_FORMAT " (%.1f s)\n", m->stream.last, m->stream.last,
               r->total_ms / 1e3);
        return;
    }
    printf("the stream differs after %" G_GUINT64_FORMAT " of %"
           G_GUINT64_FORMAT " events; the first that does:\n", d->alike,
           m->stream.events);
    print_event("recorded", p->bundle->events, d->event[0]);
    print_event("here    ", events, d->event[1]);
}

static void print_findings(const char *whose, const GPtrArray *findings)
{
    for (guint i = 0; i < findings->len; i++) {
        const RigBundleFinding *f = findings->pdata[i];

        printf("      %s %s %s %s/%s, cycle %u: %s\n", whose, f->level,
               f->class_code, f->rule, f->id, f->cycle, f->sentence);
    }
}

static void print_rerun(const Reproduction *p, const RigRerun *r,
                        gboolean same_verdict, const char *dir)
{
    printf("rerun %u: %s, ", p->done + 1, rig_verdict_name(r->verdict));
    if (!same_verdict) {
        printf("NOT as recorded\n    %s\n", r->sentence ? r->sentence : "");
        print_findings("recorded", p->bundle->manifest->findings);
        print_findings("here    ", r->findings);
        printf("    ");
    }
    if (p->c.isolated) {
        printf("%s (%.1f s)\n", same_verdict ? "as recorded" : "",
               r->total_ms / 1e3);
    } else {
        print_stream(p, r, dir);
    }
    fflush(stdout);
}

static void draw_progress(const Reproduction *p)
{
    gint64 spent = g_get_monotonic_time() - p->began;
    unsigned left = p->options->times - p->done;

    if (!p->options->quiet && isatty(STDERR_FILENO) && p->done &&
        spent > PATIENCE_US) {
        fprintf(stderr, "\r%u of %d, %u identical, %.0f s left ", p->done,
                p->options->times, p->same,
                spent / 1e6 / p->done * left);
        fflush(stderr);
    }
}

static void wipe_progress(void)
{
    if (isatty(STDERR_FILENO)) {
        fputs("\r\033[K", stderr);
    }
}

static void print_end(const Reproduction *p)
{
    const char *how = p->c.isolated ? "with the same verdict"
                                    : "event for event";

    printf("%u of %u rerun%s reproduced it %s", p->same, p->done,
           p->done == 1 ? "" : "s", how);
    if (p->other_stream) {
        printf("; %u by another event stream", p->other_stream);
    }
    if (p->other_verdict) {
        printf("; %u did not reproduce it", p->other_verdict);
    }
    if (p->broken) {
        printf("; %u could not be run", p->broken);
    }
    printf(" (%.1f s)\n", (g_get_monotonic_time() - p->began) / 1e6);
    if (!p->c.isolated && p->same) {
        printf("event hash: %s\n", p->bundle->manifest->stream.sha256);
    }
    fflush(stdout);
}

/* --- reruns -------------------------------------------------------------- */

/* Did it fail because of this host, and not as recorded? */
static gboolean is_broken(const Reproduction *p, const RigRerun *r)
{
    return r->outcome != RIG_OUTCOME_OK &&
           strcmp(rig_outcome_name(r->outcome),
                  p->bundle->manifest->outcome) != 0;
}

static void count(Reproduction *p, const RigRerun *r, const char *dir)
{
    gboolean same_verdict = rig_rerun_same_verdict(&p->c, r);
    gboolean same = same_verdict && (p->c.isolated || r->difference.same);
    gboolean show = !p->options->quiet &&
                    (p->options->times <= 10 || p->options->verbose);

    if (is_broken(p, r)) {
        wipe_progress();
        printf("rerun %u: broken, %s: %s\n", p->done + 1,
               rig_outcome_name(r->outcome), r->detail ? r->detail : "");
        p->broken++;
    } else {
        if (!same || show) {
            wipe_progress();
            print_rerun(p, r, same_verdict, dir);
        }
        p->same += same;
        p->other_verdict += !same_verdict;
        p->other_stream += same_verdict && !same;
    }
    p->done++;
    if (!same) {
        printf("    its files: %s\n", dir);
        fflush(stdout);
    } else if (!p->options->keep) {
        rig_remove_tree(dir);
    }
}

/* --- stopped at the event -------------------------------------------------- */

static gboolean debug(const Reproduction *p, const char *dir,
                      GError **error)
{
    g_autofree char *file = g_build_filename(dir, "gdb.script", NULL);
    g_autofree char *script = rig_stopped_script(p->c.bundle, p->paths,
                                                 p->c.gdb, &p->stop);

    return g_file_set_contents(file, script, -1, error) &&
           rig_stopped_debug(file, p->options->commands, error);
}

/* The machine stands behind the event, or behind the one that is saved. */
static void on_stopped(virDomainPtr domain, const char *dir,
                       const char *events, void *opaque)
{
    g_autoptr(GError) error = NULL;
    Reproduction *p = opaque;

    p->stopped = domain && rig_event_print_of(p->stop.from
                                              ? p->c.bundle->events : events,
                                              p->stop.event);
    if (!p->stopped) {
        fprintf(stderr, "rig reproduce: the machine ended before event %"
                G_GUINT64_FORMAT "\n", p->c.stop_at);
        return;
    }
    printf(p->stop.from ? "    gdb goes on to behind this event\n"
                        : "    stopped behind this event\n");
    fflush(stdout);
    if ((p->options->freeze &&
         !rig_stopped_dump(domain, p->bundle, dir, &error)) ||
        (p->options->gdb && !debug(p, dir, &error))) {
        fprintf(stderr, "rig reproduce: %s\n", error->message);
        p->stopped = FALSE;
    }
}

/* Is all that came before the stop as recorded? */
static void compare_stopped(Reproduction *p, const RigRerun *r)
{
    const RigStreamDifference *d = &r->difference;
    uint64_t stop = p->stop.event;

    if (d->event[0] == UINT64_MAX || d->event[0] > stop) {
        printf("    identical up to event %" G_GUINT64_FORMAT "\n", stop);
        p->same++;
    } else if (p->stop.from && d->event[1] == UINT64_MAX) {
        printf("    gdb ended before event %" G_GUINT64_FORMAT "; identical "
               "up to event %" G_GUINT64_FORMAT "\n", stop, r->stream.last);
        p->same++;
    } else {
        printf("    NOT the recorded run: the streams differ from event %"
               G_GUINT64_FORMAT " on\n", d->event[0]);
        p->other_stream++;
    }
    p->broken += !p->stopped;
    p->done++;
}

/*
 * --reverse of a bundle without a recording: make one. Its machine sleeps
 * through idle time, so its stream has times of its own, and it is this one
 * that the replay is compared with.
 */
static gboolean record_first(Reproduction *p, GError **error)
{
    g_autofree char *dir = g_build_filename(p->dir, "recording", NULL);
    RigRerun r = { 0 };
    gboolean ok;

    printf("    recording it first: only what is replayed goes backwards\n");
    fflush(stdout);
    p->recorded = *p->bundle;
    p->recorded.recording = g_build_filename(dir, RIG_RECORDING, NULL);
    p->recorded.events = g_build_filename(dir, "events.bin", NULL);
    p->c.record = p->recorded.recording;
    ok = g_mkdir_with_parents(dir, 0755) == 0 &&
         rig_rerun(&p->c, dir, &r, error);
    if (ok && (is_broken(p, &r) || r.interrupted ||
               !rig_rerun_same_verdict(&p->c, &r))) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "the recording is "
                    "not of this failure: %s %s", rig_verdict_name(r.verdict),
                    r.detail ? r.detail : r.sentence);
        ok = FALSE;
    }
    if (ok) {
        const RigBundleFinding *first = r.findings->len ? r.findings->pdata[0]
                                                        : NULL;

        p->stop.event = first ? first->event : r.stream.last;
        p->c.bundle = &p->recorded;
        p->c.replay = TRUE;
    }
    p->c.record = NULL;
    p->interrupted |= r.interrupted;
    rig_rerun_clear(&r);
    return ok;
}

/* Where it stops; with a recording gdb can go back from there. */
static gboolean choose_stop(Reproduction *p, const char *scratch,
                            GError **error)
{
    const Options *o = p->options;

    p->stop.event = rig_stopped_event(p->bundle->manifest);
    if (o->reverse && !p->c.replay && !record_first(p, error)) {
        return FALSE;
    }
    if (o->stop_at) {
        p->stop.event = g_ascii_strtoull(o->stop_at, NULL, 10);
    }
    if (o->gdb && p->c.replay && !o->freeze) {
        p->stop.from = rig_stopped_from(p->c.bundle->events, p->stop.event);
        p->c.scratch = scratch;
    }
    p->c.stop_at = p->stop.from ? p->stop.from : p->stop.event;
    return !p->c.scratch || rig_image_create_disk(scratch, NULL, 1, error);
}

/* One rerun that stops; its files are kept. */
static void run_stopped(Reproduction *p, const RigRoot *root)
{
    g_autofree char *socket = g_build_filename(root->path, "gdb", NULL);
    g_autofree char *scratch = g_build_filename(p->dir, "scratch.qcow2",
                                                NULL);
    g_autoptr(GError) error = NULL;
    RigRerun r = { 0 };

    g_unlink(socket);
    p->c.stopped = on_stopped;
    p->c.opaque = p;
    if (g_mkdir_with_parents(p->dir, 0755) != 0 ||
        !choose_stop(p, scratch, &error)) {
        fprintf(stderr, "rig reproduce: %s\n", error ? error->message
                                                     : p->dir);
        p->broken++;
        return;
    }
    p->c.gdb = p->options->gdb ? socket : NULL;
    if (!rig_rerun(&p->c, p->dir, &r, &error)) {
        fprintf(stderr, "rig reproduce: %s\n", error->message);
        p->broken++;
    } else if (r.outcome != RIG_OUTCOME_OK) {
        fprintf(stderr, "rig reproduce: %s\n", r.detail ? r.detail : "");
        p->broken++;
    } else {
        compare_stopped(p, &r);
        printf("    its files: %s\n", p->dir);
    }
    g_unlink(scratch); /* snapshots that only that QEMU can use */
    p->interrupted |= r.interrupted;
    rig_rerun_clear(&r);
}

/* FALSE when going on makes no sense. */
static gboolean run_once(Reproduction *p)
{
    g_autofree char *name = g_strdup_printf("rerun-%u", p->done + 1);
    g_autofree char *dir = g_build_filename(p->dir, name, NULL);
    g_autoptr(GError) error = NULL;
    RigRerun r = { 0 };

    if (g_mkdir_with_parents(dir, 0755) != 0 ||
        !rig_rerun(&p->c, dir, &r, &error)) {
        fprintf(stderr, "rig reproduce: %s\n", error ? error->message : dir);
        p->broken++;
        rig_rerun_clear(&r);
        return FALSE;
    }
    if (r.interrupted) {
        p->interrupted = TRUE;
        rig_remove_tree(dir);
    } else {
        count(p, &r, dir);
    }
    rig_rerun_clear(&r);
    return !p->interrupted;
}

static int status_of(const Reproduction *p)
{
    return p->interrupted ? RIG_EXIT_INTERRUPTED :
           p->other_verdict ? RIG_EXIT_VIOLATION :
           p->other_stream ? RIG_EXIT_DIFFERS :
           p->broken || !p->done ? RIG_EXIT_BROKEN : RIG_EXIT_OK;
}

static gboolean on_stop(gpointer opaque)
{
    Reproduction *p = opaque;

    p->interrupted = TRUE;
    rig_vm_interrupt();
    return G_SOURCE_CONTINUE;
}

static gboolean connect_libvirt(Reproduction *p, RigRoot **root)
{
    g_autoptr(GError) error = NULL;

    *root = rig_root_open(NULL, &error);
    p->c.conn = *root ? rig_virt_open_root(*root, &error) : NULL;
    p->c.root = *root;
    if (!p->c.conn) {
        fprintf(stderr, "rig reproduce: %s\n", error->message);
    }
    return p->c.conn != NULL;
}

static gboolean prepare(Reproduction *p)
{
    const RigScenario *first = p->bundle->scenarios->pdata[0];
    gboolean guests[RIG_GUESTS] = { FALSE };
    g_autoptr(GError) error = NULL;

    guests[first->machine.guest] = TRUE;
    p->c.hashes = rig_hashes_start(p->paths, guests);
    if (!rig_rerun_prepare(&p->c, &error)) {
        fprintf(stderr, "rig reproduce: %s\n", error->message);
        return FALSE;
    }
    if (p->c.replay) {
        g_autofree char *other = rig_rerun_other_inputs(&p->c);

        if (*other) { /* QEMU would wait for ever */
            print_differences(p);
            fprintf(stderr, "rig reproduce: a recording replays only on what "
                    "it was made with: %s differ%s\n", other,
                    strchr(other, ',') ? "" : "s");
            return FALSE;
        }
    }
    return TRUE;
}

/* What the worker process does. */
/*
 * @how as of sigprocmask(2). They are blocked as long as there may be an
 * unpacked bundle that nobody else removes.
 */
static void stop_signals(int how)
{
    sigset_t set;

    sigemptyset(&set);
    for (guint i = 0; i < G_N_ELEMENTS(signals); i++) {
        sigaddset(&set, signals[i]);
    }
    sigprocmask(how, &set, NULL);
}

static int work(void *opaque)
{
    Reproduction *p = opaque;
    RigRoot *root = NULL;

    signal(SIGPIPE, SIG_IGN);
    umask(022);
    rig_loop_init();
    for (guint i = 0; i < G_N_ELEMENTS(signals); i++) {
        rig_loop_attach(rig_loop_context(),
                        g_unix_signal_source_new(signals[i]), on_stop, p);
    }
    stop_signals(SIG_UNBLOCK);
    print_heading(p);
    if (!prepare(p) || !connect_libvirt(p, &root)) {
        return RIG_EXIT_BROKEN;
    }
    print_differences(p);
    p->began = g_get_monotonic_time();
    if (p->options->freeze || p->options->gdb) {
        run_stopped(p, root);
        rig_virt_close(p->c.conn);
        rig_root_close(root);
        return status_of(p);
    }
    while (p->done < (unsigned)p->options->times && run_once(p)) {
        draw_progress(p);
    }
    wipe_progress();
    print_end(p);
    g_rmdir(p->dir); /* empty when nothing was kept */
    rig_virt_close(p->c.conn);
    rig_root_close(root);
    return status_of(p);
}

/* --- the command --------------------------------------------------------- */

static gboolean check_stop(const Options *o, GError **error)
{
    guint64 event;

    if (o->stop_at && !g_ascii_string_to_unsigned(o->stop_at, 10, 1,
                                                  G_MAXINT64, &event, NULL)) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "--stop-at takes the number of an event");
    } else if (o->reverse && !o->gdb) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "--reverse is for --gdb");
    } else if ((o->stop_at || o->commands) && !o->freeze && !o->gdb) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "--stop-at and --gdb-command are for --freeze and --gdb");
    } else if ((o->freeze || o->gdb) && (o->times > 1 || o->isolated)) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "--freeze and --gdb stop one rerun of the whole plan");
    } else {
        return TRUE;
    }
    return FALSE;
}

static gboolean parse(Options *o, int *argc, char ***argv, GError **error)
{
    const GOptionEntry entries[] = {
        { "times", 'n', 0, G_OPTION_ARG_INT, &o->times,
          "Run it again N times (default: 1)", "N" },
        { "isolated", 0, 0, G_OPTION_ARG_NONE, &o->isolated,
          "Run the failed scenario alone, without those that ran before it in "
          "the same machine; compares the verdict only", NULL },
        { "replay", 0, 0, G_OPTION_ARG_NONE, &o->replay,
          "Insist on a recording (rig run --record), which is replayed when "
          "there is one", NULL },
        { "freeze", 0, 0, G_OPTION_ARG_NONE, &o->freeze,
          "Stop the machine behind the event that violates, and write the "
          "guest's memory to memory.elf", NULL },
        { "gdb", 0, 0, G_OPTION_ARG_NONE, &o->gdb,
          "Stop it there, and run gdb on it with the driver's symbols", NULL },
        { "reverse", 0, 0, G_OPTION_ARG_NONE, &o->reverse,
          "With --gdb: go backwards, too; a bundle without a recording is "
          "recorded first", NULL },
        { "gdb-command", 0, 0, G_OPTION_ARG_STRING_ARRAY, &o->commands,
          "With --gdb: do this and end; may be given again", "COMMAND" },
        { "stop-at", 0, 0, G_OPTION_ARG_STRING, &o->stop_at,
          "Stop behind this event instead (rig events prints their numbers)",
          "EVENT" },
        { "results", 0, 0, G_OPTION_ARG_FILENAME, &o->results,
          "Directory for runs/ and reproduced/ (default: results)", "DIR" },
        { "keep", 0, 0, G_OPTION_ARG_NONE, &o->keep,
          "Keep the files of identical reruns, too", NULL },
        { "quiet", 'q', 0, G_OPTION_ARG_NONE, &o->quiet,
          "Print reruns that differ, and the result", NULL },
        { "verbose", 'v', 0, G_OPTION_ARG_NONE, &o->verbose,
          "Print every rerun", NULL },
        { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &o->bundle,
          NULL, NULL },
        { NULL }
    };
    g_autoptr(GOptionContext) c = g_option_context_new(
        "BUNDLE|BUNDLE.tar.zst|RUN[/SCENARIO] - run a failure again");

    g_set_prgname("rig reproduce");
    g_option_context_add_main_entries(c, entries, NULL);
    g_option_context_set_summary(c,
        "Run a failed scenario again, with everything that ran before it in "
        "its machine,\nand compare verdict and event stream with what was "
        "recorded.");
    if (!rig_options_parse(c, argc, argv, error)) {
        return FALSE;
    }
    if (!o->bundle || o->bundle[1]) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "name one bundle, or RUN/SCENARIO");
    } else if (o->times < 1 || o->times > TIMES_MAX) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "--times takes 1 to %d", TIMES_MAX);
    } else if (o->results && !*o->results) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "--results takes the name of a directory");
    }
    return !*error && check_stop(o, error);
}

static gboolean print_problems(const GPtrArray *problems)
{
    for (guint i = 0; i < problems->len; i++) {
        fprintf(stderr, "%s\n", (char *)problems->pdata[i]);
    }
    return problems->len == 0;
}

/* What outside input there was is known where it was recorded only. */
static gboolean check_recording(const Reproduction *p)
{
    const RigBundle *b = p->bundle;

    if (p->options->replay && !b->recording) {
        fprintf(stderr, "rig reproduce: the bundle has no recording to "
                "replay; run the scenario again with \"rig run --record\"\n");
        return FALSE;
    }
    if (b->manifest->live && (!b->recording || p->options->isolated)) {
        fprintf(stderr, "rig reproduce: note: the run had input from outside "
                "(%s) that %s; this one has none\n", b->manifest->live,
                b->recording ? "is recorded for its own plan only"
                             : "was not recorded");
    }
    return TRUE;
}

static gboolean load(Reproduction *p)
{
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);

    p->bundle = rig_bundle_open(p->options->bundle[0], p->options->results,
                                p->paths, problems);
    if (p->bundle) {
        p->rules = rig_rules_load(p->bundle->scenarios, p->paths, problems);
    }
    return print_problems(problems) && check_recording(p);
}

/* QEMU and the guest are built; read the kernel's command line. */
static gboolean check_built(Reproduction *p)
{
    const RigScenario *first = p->bundle->scenarios->pdata[0];
    const RigGuestFiles *g = &p->paths->guest[first->machine.guest];
    const char *const files[] = { g->kernel, g->initramfs, g->cmdline };

    if (first->machine.guest == RIG_GUEST_WINDOWS) {
        fprintf(stderr, "rig reproduce: what Windows does is not reproducible "
                "event for event; run %s again with \"rig run\"\n",
                first->file);
        return FALSE;
    }
    if (access(p->paths->qemu, X_OK) != 0) {
        fprintf(stderr, "rig reproduce: %s is not there; build it with "
                "\"make\"\n", p->paths->qemu);
        return FALSE;
    }
    for (guint i = 0; i < G_N_ELEMENTS(files); i++) {
        if (access(files[i], R_OK) != 0) {
            fprintf(stderr, "rig reproduce: %s is not there; build it with "
                    "\"%s\"\n", files[i], g->make);
            return FALSE;
        }
    }
    if (!g_file_get_contents(g->cmdline, &p->cmdline, NULL, NULL)) {
        return FALSE;
    }
    g_strstrip(p->cmdline);
    if (p->bundle->manifest->snapshot) {
        char *wait = g_strconcat(p->cmdline, " " PLAN_SNAPSHOT, NULL);

        g_free(p->cmdline);
        p->cmdline = wait;
    }
    return TRUE;
}

static char *new_directory(const Reproduction *p)
{
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();
    g_autofree char *time = g_date_time_format(now, "%Y%m%d-%H%M%S");
    g_autofree char *name = g_strdup_printf("%s-%s-%04x", time,
                                            p->bundle->manifest->scenario,
                                            g_random_int() & 0xffff);

    return g_build_filename(p->options->results, "reproduced", name, NULL);
}

static int reproduce(const Options *o)
{
    Reproduction p = { .options = o };
    g_autoptr(GError) error = NULL;
    int status = RIG_EXIT_USAGE;

    stop_signals(SIG_BLOCK);
    p.paths = rig_paths_find(&error);
    if (!p.paths) {
        fprintf(stderr, "rig reproduce: %s\n", error->message);
    } else if (load(&p)) {
        status = RIG_EXIT_BROKEN;
        if (check_built(&p)) {
            p.dir = new_directory(&p);
            p.c.bundle = p.bundle;
            p.c.paths = p.paths;
            p.c.rules = p.rules;
            p.c.cmdline = p.cmdline;
            p.c.isolated = o->isolated;
            p.c.replay = p.bundle->recording && !o->isolated;
            status = rig_supervise(work, &p, RIG_EXIT_BROKEN);
        }
    }
    g_free(p.recorded.recording);
    g_free(p.recorded.events);
    rig_bundle_free(p.bundle);
    rig_rules_free(p.rules);
    rig_paths_free(p.paths);
    g_free(p.cmdline);
    g_free(p.dir);
    stop_signals(SIG_UNBLOCK);
    return status;
}

int rig_cmd_reproduce(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    Options o = { .times = 1 };
    int status = RIG_EXIT_USAGE;

    if (!parse(&o, &argc, &argv, &error)) {
        fprintf(stderr, "rig reproduce: %s; \"rig reproduce --help\" shows "
                "the options\n", error->message);
    } else {
        char *absolute = g_canonicalize_filename(o.results ? o.results
                                                           : "results", NULL);

        g_free(o.results);
        o.results = absolute;
        status = reproduce(&o);
    }
    g_strfreev(o.bundle);
    g_strfreev(o.commands);
    g_free(o.stop_at);
    g_free(o.results);
    return status;
}
