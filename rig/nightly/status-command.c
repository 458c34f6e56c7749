/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `rig status`: what runs now, from another terminal. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "json-events.h"
#include "night.h"
#include "options.h"
#include "paths.h"
#include "run-live.h"
#include "shell-word.h"
#include "suite.h"

/* Unfinished nights older than this are no news. */
#define NEWS_DAYS 7
#define RESULTS   "results" /* where nothing else is said */

typedef struct Status {
    char *results;
    gboolean json;
    gint64 now;            /* Unix time, seconds */
    unsigned shown;
} Status;

/* By stdio: main() says what could not be written. */
static void send(JsonBuilder *b)
{
    g_autofree char *line = rig_json_end(b);

    fputs(line, stdout);
}

/* --- runs ------------------------------------------------------------- */

static char *since(const Status *s, gint64 when)
{
    g_autofree char *text = rig_duration_text(MAX(s->now - when, 0));
    g_autoptr(GDateTime) t = g_date_time_new_from_unix_local(when);
    g_autofree char *clock = t ? g_date_time_format(t, "%H:%M:%S") : NULL;

    return g_strdup_printf("since %s (%s)", clock ? clock : "?", text);
}

static void send_run(const Status *s, const char *id, const RigRunLive *l,
                     gboolean alive)
{
    JsonBuilder *b = rig_json_begin("run-status");

    rig_json_text(b, "run", id);
    rig_json_text(b, "state", !alive ? "killed" : l->keeps_until ? "kept"
                                                                 : "running");
    rig_json_text(b, "night", l->night);
    rig_json_text(b, "job", l->job);
    rig_json_number(b, "worker", l->worker);
    rig_json_number(b, "process", l->process.pid);
    rig_json_text(b, "command", l->command);
    rig_json_number(b, "started", l->started);
    rig_json_number(b, "expected-end", l->ends);
    rig_json_number(b, "scenarios", l->scenarios);
    rig_json_number(b, "done", l->done);
    rig_json_text(b, "scenario", l->scenario);
    rig_json_text(b, "last-scenario", l->last);
    rig_json_text(b, "last-verdict", l->last_verdict);
    send(b);
    (void)s;
}

static void print_run(const Status *s, const char *id, const RigRunLive *l,
                      gboolean alive)
{
    g_autofree char *when = since(s, l->started);

    if (!alive) {
        printf("run %s was killed %s; %u of %u scenarios had their verdict\n",
               id, when, l->done, l->scenarios);
        return;
    }
    printf("run %s %s, process %d", id, when, (int)l->process.pid);
    if (l->worker) {
        printf(", worker %u, job %s", l->worker, l->job ? l->job : "?");
    }
    printf("\n    %u of %u: %s", MIN(l->done + 1, l->scenarios), l->scenarios,
           l->keeps_until ? "kept for rig attach" :
           l->scenario ? l->scenario : "booting");
    if (l->ends > s->now) {
        g_autofree char *left = rig_duration_text(l->ends - s->now);

        printf(", about %s left", left);
    }
    if (l->last) {
        printf("; last: %s %s", l->last, l->last_verdict ? l->last_verdict
                                                         : "");
    }
    putchar('\n');
}

static void show_runs(Status *s)
{
    g_autofree char *runs = g_build_filename(s->results, "runs", NULL);
    g_autoptr(GDir) dir = g_dir_open(runs, 0, NULL);
    const char *id;

    while (dir && (id = g_dir_read_name(dir))) {
        g_autofree char *path = g_build_filename(runs, id, NULL);
        g_autoptr(RigRunLive) l = rig_run_live_read(path);
        gboolean alive = l && rig_process_alive(&l->process);

        if (!l || (!alive && s->now - l->started > NEWS_DAYS * 86400)) {
            continue;
        }
        s->shown++;
        if (s->json) {
            send_run(s, id, l, alive);
        } else {
            print_run(s, id, l, alive);
        }
    }
}

/* --- nights ----------------------------------------------------------- */

typedef struct Counts {
    unsigned all, done, skipped, interrupted, waiting, running;
    uint64_t left_ms;      /* of what waits, by what was expected of it */
} Counts;

static void count(const RigNight *n, const RigNightPart *p, gint64 now,
                  Counts *c)
{
    for (guint i = 0; i < n->jobs->len; i++) {
        const RigNightJob *j = n->jobs->pdata[i];
        const RigAttempt *a = j->attempts->len
            ? j->attempts->pdata[j->attempts->len - 1] : NULL;
        gint64 ran = a ? (now - g_date_time_to_unix(a->started)) * 1000 : 0;

        if (strcmp(j->shard, p->shard) != 0) {
            continue;
        }
        c->all++;
        c->done += j->state == RIG_JOB_DONE;
        c->skipped += j->state == RIG_JOB_SKIPPED;
        c->interrupted += j->state == RIG_JOB_INTERRUPTED;
        c->waiting += j->state == RIG_JOB_WAITING;
        c->running += j->state == RIG_JOB_RUNNING;
        if (j->state == RIG_JOB_WAITING) {
            c->left_ms += j->expected_ms;
        } else if (j->state == RIG_JOB_RUNNING) {
            c->left_ms += MAX((gint64)j->expected_ms - ran, 0);
        }
    }
}

static void send_night(const RigNight *n, const RigNightPart *p,
                       const Counts *c, gboolean alive, gint64 left)
{
    JsonBuilder *b = rig_json_begin("night-status");

    rig_json_text(b, "night", n->id);
    rig_json_text(b, "suite", n->suite);
    rig_json_text(b, "shard", p->shard);
    rig_json_text(b, "state", alive ? "running" : "interrupted");
    rig_json_number(b, "process", alive ? p->process.pid : 0);
    rig_json_number(b, "started", g_date_time_to_unix(p->started));
    rig_json_number(b, "workers", p->workers);
    rig_json_number(b, "jobs", c->all);
    rig_json_number(b, "done", c->done);
    rig_json_number(b, "running", alive ? c->running : 0);
    rig_json_number(b, "waiting", c->waiting);
    rig_json_number(b, "interrupted", c->interrupted +
                    (alive ? 0 : c->running));
    rig_json_number(b, "skipped", c->skipped);
    rig_json_number(b, "seconds-left", left);
    send(b);
}

static void print_night(const Status *s, const RigNight *n,
                        const RigNightPart *p, const Counts *c,
                        gboolean alive, gint64 left)
{
    g_autofree char *when = since(s, g_date_time_to_unix(p->started));
    g_autofree char *time = rig_duration_text(left);

    printf("night %s of suite %s%s%s %s: %u of %u jobs done", n->id, n->suite,
           strcmp(p->shard, "1/1") ? ", shard " : "",
           strcmp(p->shard, "1/1") ? p->shard : "", when, c->done, c->all);
    if (alive) {
        printf(", %u running, %u waiting, about %s left; process %d\n",
               c->running, c->waiting, time, (int)p->process.pid);
    } else {
        char *argv[] = { "nightly", n->suite_file, "--results",
                         s->results };
        g_autofree char *again = rig_shell_command(
            strcmp(s->results, RESULTS) ? 4 : 2, argv);

        printf("; it was interrupted with %u left: \"%s\" goes on with it\n",
               c->running + c->waiting + c->interrupted, again);
    }
}

static void show_night(Status *s, const RigNight *n)
{
    for (guint i = 0; i < n->parts->len; i++) {
        const RigNightPart *p = n->parts->pdata[i];
        gboolean alive = rig_process_alive(&p->process);
        Counts c = { 0 };
        gint64 left;

        if (p->finished ||
            s->now - g_date_time_to_unix(p->started) > NEWS_DAYS * 86400) {
            continue;
        }
        count(n, p, s->now, &c);
        left = c.left_ms / 1000 / MAX(p->workers, 1);
        s->shown++;
        if (s->json) {
            send_night(n, p, &c, alive, left);
        } else {
            print_night(s, n, p, &c, alive, left);
        }
    }
}

/* FALSE, with a message for each, when some cannot be read. */
static gboolean show_nights(Status *s, const RigPaths *paths)
{
    g_autofree char *schema = g_build_filename(paths->results, "night.rng",
                                               NULL);
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) nights = rig_nights_read(s->results, schema,
                                                  problems);

    for (guint i = 0; i < nights->len; i++) {
        show_night(s, nights->pdata[i]);
    }
    for (guint i = 0; i < problems->len; i++) {
        fprintf(stderr, "rig status: %s\nThe night is not shown; copy its "
                "night.xml from where it ran, or remove its directory.\n",
                (char *)problems->pdata[i]);
    }
    return problems->len == 0;
}

/* --- the command ------------------------------------------------------ */

int rig_cmd_status(int argc, char **argv)
{
    Status s = { .now = g_get_real_time() / G_USEC_PER_SEC };
    g_autofree char *given = NULL;
    const GOptionEntry entries[] = {
        { "results", 0, 0, G_OPTION_ARG_FILENAME, &given,
          "Results directory (default: results)", "DIR" },
        { "json", 0, 0, G_OPTION_ARG_NONE, &s.json,
          "One JSON object per line", NULL },
        { 0 },
    };
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(RigPaths) paths = rig_paths_find(&error);
    gboolean good;

    g_set_prgname("rig status");
    g_option_context_add_main_entries(context, entries, NULL);
    g_option_context_set_summary(context,
        "Show the runs and nights that are in progress, how far they are, and "
        "what was\nkilled before its end.");
    if (!paths || !rig_options_parse(context, &argc, &argv, &error) ||
        argc > 1) {
        fprintf(stderr, "rig status: %s; see rig status --help\n", error
                ? error->message : "it takes no argument");
        return RIG_EXIT_USAGE;
    }
    s.results = given ? given : (char *)RESULTS;
    if (!g_file_test(s.results, G_FILE_TEST_IS_DIR)) {
        fprintf(stderr, "rig status: %s: there is no such directory; name one "
                "with --results\n", s.results);
        return RIG_EXIT_USAGE;
    }
    good = show_nights(&s, paths);
    show_runs(&s);
    if (!s.shown && !s.json) {
        printf("%s: nothing is running\n", s.results);
    }
    return good ? RIG_EXIT_OK : RIG_EXIT_BROKEN;
}
