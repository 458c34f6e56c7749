/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a run tells other programs while it runs. */
#include "run-tell.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "json-events.h"
#include "shell-word.h"

/* How old the file "running" may get, in microseconds. */
#define LIVE_AGE_US (2 * G_USEC_PER_SEC)

#define WORD "^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$"

void rig_run_add_night_options(GOptionContext *context, RigRunOptions *o)
{
    const GOptionEntry entries[] = {
        { "json", 0, 0, G_OPTION_ARG_NONE, &o->json,
          "Print events for programs, one JSON object per line", NULL },
        { "night", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_STRING, &o->night,
          "Night that the run is of", "ID" },
        { "job", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_STRING, &o->job,
          "Its job", "ID" },
        { "shard", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_STRING, &o->shard,
          "Its shard", "I/N" },
        { "run-id", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_STRING, &o->id,
          "Id that the run gets", "ID" },
        { "worker", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_INT, &o->worker,
          "Which worker of the night runs it", "N" },
        { "events-fd", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_INT,
          &o->events_fd, "Descriptor for events as of --json", "FD" },
        { 0 },
    };

    g_option_context_add_main_entries(context, entries, NULL);
}

static gboolean check(const char *option, const char *value,
                      const char *pattern)
{
    if (value && !g_regex_match_simple(pattern, value, 0, 0)) {
        fprintf(stderr, "%s: %s does not take \"%s\"\n", g_get_prgname(),
                option, value);
        return FALSE;
    }
    return TRUE;
}

gboolean rig_shard_valid(const char *shard)
{
    unsigned i, n;

    return !shard || (g_regex_match_simple("^[1-9][0-9]{0,2}/[1-9][0-9]{0,2}$",
                                           shard, G_REGEX_DOLLAR_ENDONLY, 0) &&
                      sscanf(shard, "%u/%u", &i, &n) == 2 && i <= n);
}

gboolean rig_run_check_night_options(const RigRunOptions *o)
{
    if (o->worker < 0 || o->worker > RIG_WORKERS_MAX) {
        fprintf(stderr, "%s: --worker takes 1 to %u\n", g_get_prgname(),
                RIG_WORKERS_MAX);
        return FALSE;
    }
    if (!rig_shard_valid(o->shard)) {
        fprintf(stderr, "%s: --shard does not take \"%s\"; "
                RIG_SHARD_HELP "\n", g_get_prgname(), o->shard);
        return FALSE;
    }
    if (o->events_fd < 0 ||
        (o->events_fd > 0 && o->events_fd <= STDERR_FILENO)) {
        fprintf(stderr, "%s: --events-fd %d is no descriptor for events; it "
                "takes 3 or more\n", g_get_prgname(), o->events_fd);
        return FALSE;
    }
    if (o->events_fd && fcntl(o->events_fd, F_SETFD, FD_CLOEXEC) < 0) {
        fprintf(stderr, "%s: --events-fd %d is not open\n", g_get_prgname(),
                o->events_fd);
        return FALSE;
    }
    return check("--night", o->night, WORD) && check("--job", o->job, WORD) &&
           check("--run-id", o->id, WORD);
}

char *rig_run_command(int argc, char *const *argv)
{
    static const char *const hidden[] = { "--night", "--job", "--shard",
        "--run-id", "--worker", "--events-fd", NULL };
    g_autofree char **kept = g_new0(char *, argc + 1);
    int n = 0;

    for (int i = 0; i < argc; i++) {
        if (g_strv_contains(hidden, argv[i])) {
            i++; /* rig nightly gives its value as the next word */
        } else {
            kept[n++] = argv[i];
        }
    }
    return rig_shell_command(n, kept);
}

/* --- events ----------------------------------------------------------- */

static int events_fd(const RigRunContext *c)
{
    return c->options->events_fd > 0 ? c->options->events_fd : -1;
}

static JsonBuilder *begin(const RigRunContext *c, const char *event)
{
    JsonBuilder *b = rig_json_begin(event);

    rig_json_text(b, "run", c->run->id);
    rig_json_text(b, "night", c->run->night);
    rig_json_text(b, "job", c->run->job);
    return b;
}

static void send_result(const RigRunContext *c, const RigScenarioResult *r)
{
    JsonBuilder *b = begin(c, "scenario-finished");
    const RigExpect *e = &r->scenario->expect;

    rig_json_text(b, "scenario", r->scenario->name);
    rig_json_text(b, "file", r->scenario->file);
    rig_json_text(b, "verdict", rig_verdict_name(r->verdict));
    rig_json_text(b, "expected", rig_verdict_name(e->verdict));
    rig_json_bool(b, "as-expected", rig_scenario_result_as_expected(r));
    rig_json_bool(b, "known", r->known_all);
    rig_json_text(b, "sentence", r->sentence);
    rig_json_text(b, "reproduce", r->reproduce);
    rig_json_send(b, events_fd(c));
}

/* --- the file "running" ----------------------------------------------- */

static void write_live(RigRunContext *c, const RigProgress *p)
{
    gint64 now = g_get_monotonic_time();
    double left = p ? rig_live_seconds_left(&c->live, p, now) : -1;

    g_free(c->told.scenario);
    c->told.scenario = p && p->booted ? g_strdup(p->name) : NULL;
    c->told.ends = left < 0 ? 0 : g_get_real_time() / G_USEC_PER_SEC + left;
    c->told_at = now;
    rig_run_live_write(&c->told, c->dir);
}

void rig_tell_started(RigRunContext *c)
{
    JsonBuilder *b = begin(c, "run-started");
    RigRunLive *l = &c->told;

    l->process = rig_process_self();
    l->command = c->run->command;
    l->night = c->run->night;
    l->job = c->run->job;
    l->worker = c->options->worker;
    l->scenarios = c->scenarios->len;
    l->started = g_date_time_to_unix(c->run->started);
    write_live(c, NULL);
    rig_json_text(b, "directory", c->dir);
    rig_json_number(b, "scenarios", c->scenarios->len);
    rig_json_send(b, events_fd(c));
}

void rig_tell_progress(RigRunContext *c, const RigProgress *p)
{
    const char *name = p->booted ? p->name : NULL;

    if (g_strcmp0(name, c->told.scenario) != 0 ||
        g_get_monotonic_time() - c->told_at > LIVE_AGE_US) {
        write_live(c, p);
    }
}

void rig_tell_result(RigRunContext *c, const RigScenarioResult *r)
{
    RigRunLive *l = &c->told;

    l->done++;
    g_free(l->last);
    g_free(l->last_verdict);
    l->last = g_strdup(r->scenario->name);
    l->last_verdict = g_strdup(rig_verdict_name(r->verdict));
    send_result(c, r);
}

void rig_tell_finished(RigRunContext *c, int status)
{
    JsonBuilder *b = begin(c, "run-finished");
    RigSummary s;

    rig_run_live_remove(c->dir);
    rig_run_summary(c->run, &s);
    rig_json_text(b, "directory", c->dir);
    rig_json_bool(b, "complete", c->run->complete);
    rig_json_number(b, "scenarios", s.scenarios);
    rig_json_number(b, "as-expected", s.as_expected);
    for (unsigned v = 0; v < RIG_VERDICTS; v++) {
        rig_json_number(b, rig_verdict_name(v), s.verdict[v]);
    }
    rig_json_number(b, "status", status);
    rig_json_send(b, events_fd(c));
}
