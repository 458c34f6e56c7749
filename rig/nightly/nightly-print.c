/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What people and programs see of a night. */
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "json-events.h"
#include "nightly.h"

/* --- the progress line ------------------------------------------------ */

static void wipe(const RigNightly *n)
{
    if (n->live) {
        fputs("\r\033[K", stderr);
        fflush(stderr);
    }
}

static unsigned width(void)
{
    struct winsize w;

    return ioctl(STDERR_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col > 20
           ? w.ws_col : 80;
}

void rig_nightly_draw(const RigNightly *n)
{
    g_autoptr(GString) line = g_string_new(NULL);
    g_autofree char *left = NULL;

    if (!n->live) {
        return;
    }
    left = rig_duration_text(rig_nightly_seconds_left(n) + 0.5);
    g_string_append_printf(line, "[%u/%u] %u as expected, about %s left ",
                           n->counts.done, n->scenarios,
                           n->counts.as_expected, left);
    for (guint i = 0; i < n->running->len; i++) {
        const RigNightlySlot *slot = n->running->pdata[i];
        const RigNightScenario *s = slot->record->scenarios->pdata[
            MIN(slot->told, slot->record->scenarios->len - 1)];

        g_string_append_printf(line, " %s %s", slot->job->id, s->name);
    }
    if (line->len >= width()) {
        g_string_truncate(line, width() - 1);
    }
    fprintf(stderr, "\r%s\033[K", line->str);
    fflush(stderr);
}

/* --- start ------------------------------------------------------------ */

static JsonBuilder *begin(const RigNightly *n, const char *event)
{
    JsonBuilder *b = rig_json_begin(event);

    rig_json_text(b, "night", n->night->id);
    return b;
}

static void send_start(const RigNightly *n)
{
    JsonBuilder *b = begin(n, "night-started");

    rig_json_text(b, "suite", n->night->suite);
    rig_json_text(b, "shard", n->part->shard);
    rig_json_text(b, "directory", n->dir);
    rig_json_bool(b, "resumed", n->resumed);
    rig_json_number(b, "jobs", n->night->jobs->len);
    rig_json_number(b, "scenarios", n->scenarios);
    rig_json_number(b, "workers", n->part->workers);
    rig_json_number(b, "budget-seconds", n->part->budget_seconds);
    rig_json_send(b, n->events_fd);
}

void rig_nightly_say_start(const RigNightly *n)
{
    g_autofree char *left = NULL, *budget = NULL, *shard = NULL;

    send_start(n);
    if (n->options->quiet) {
        return;
    }
    left = rig_duration_text(rig_nightly_seconds_left(n) + 0.5);
    budget = n->part->budget_seconds
             ? rig_duration_text(n->part->budget_seconds) : NULL;
    shard = strcmp(n->part->shard, "1/1")
            ? g_strdup_printf(", shard %s", n->part->shard) : g_strdup("");
    printf("night %s of suite %s%s: %u scenario%s%s in %u jobs, %u worker%s, "
           "about %s%s%s\n", n->night->id, n->night->suite, shard,
           n->scenarios, n->scenarios == 1 ? "" : "s",
           n->resumed ? " left" : "", n->night->jobs->len, n->part->workers,
           n->part->workers == 1 ? "" : "s", left,
           budget ? "; budget " : "", budget ? budget : "");
    fflush(stdout);
}

/* --- jobs and scenarios ----------------------------------------------- */

static JsonBuilder *begin_job(const RigNightlySlot *slot, const char *event)
{
    JsonBuilder *b = begin(slot->n, event);

    rig_json_text(b, "job", slot->job->id);
    rig_json_text(b, "run", slot->attempt->run);
    rig_json_number(b, "attempt", slot->record->attempts->len);
    rig_json_number(b, "worker", slot->attempt->worker);
    return b;
}

void rig_nightly_say_job(const RigNightlySlot *slot)
{
    JsonBuilder *b = begin_job(slot, "job-started");

    rig_json_number(b, "scenarios", slot->record->scenarios->len);
    rig_json_number(b, "expected-ms", slot->job->expected_ms);
    rig_json_number(b, "limit-seconds", slot->job->limit_seconds);
    rig_json_send(b, slot->n->events_fd);
    rig_nightly_draw(slot->n);
}

static int digits(unsigned n)
{
    return n < 10 ? 1 : n < 100 ? 2 : n < 1000 ? 3 : 4;
}

void rig_nightly_say_scenario(const RigNightlySlot *slot, JsonObject *event,
                              const char *line)
{
    const RigNightly *n = slot->n;
    gboolean good = rig_json_get_bool(event, "as-expected");
    const char *verdict = rig_json_get_text(event, "verdict");
    const char *sentence = rig_json_get_text(event, "sentence");
    const char *again = rig_json_get_text(event, "reproduce");
    g_autofree char *text = g_strconcat(line, "\n", NULL);

    if (n->events_fd >= 0 && write(n->events_fd, text, strlen(text)) < 0) {
        return; /* the reader is gone */
    }
    if (n->options->quiet && good) {
        return;
    }
    wipe(n);
    printf("[%*u/%u] %-12s  %s%s%s\n", digits(n->scenarios), n->counts.done,
           n->scenarios, verdict, rig_json_get_text(event, "scenario"),
           !good ? "  <-- NOT AS EXPECTED, should be " :
           g_strcmp0(verdict, "pass") != 0 ? "  as expected" : "",
           good ? "" : rig_json_get_text(event, "expected"));
    if (!good) {
        printf("    %s\n    results: %s/runs/%s\n", sentence ? sentence : "",
               n->options->results, slot->attempt->run);
        if (again && *again) {
            printf("    %s\n", again);
        }
    }
    fflush(stdout);
    rig_nightly_draw(n);
}

void rig_nightly_say_job_end(const RigNightlySlot *slot,
                             const RigWorkerEnd *end)
{
    const RigNightly *n = slot->n;
    JsonBuilder *b = begin_job(slot, "job-finished");
    gboolean odd = slot->told < slot->record->scenarios->len;

    rig_json_text(b, "state", rig_attempt_state_name(slot->attempt->state));
    rig_json_number(b, "status", end->status);
    rig_json_number(b, "duration-ms",
                    (g_get_monotonic_time() - slot->started) / 1000);
    rig_json_send(b, n->events_fd);
    if (end->late) {
        wipe(n);
        fprintf(stderr, "rig nightly: %s was stopped: it did not end within "
                "its limit of %u s; log: %s/logs/%s.log\n", slot->job->id,
                slot->job->limit_seconds, n->dir, slot->attempt->run);
    } else if (odd && !n->interrupted) {
        wipe(n);
        fprintf(stderr, "rig nightly: %s ended with status %d and %u of %u "
                "verdicts; log: %s/logs/%s.log\n", slot->job->id, end->status,
                slot->told, slot->record->scenarios->len, n->dir,
                slot->attempt->run);
    }
    rig_nightly_draw(n);
}

/* --- end -------------------------------------------------------------- */

static unsigned count(const RigNightly *n, RigJobState state,
                      unsigned *scenarios)
{
    unsigned jobs = 0;

    *scenarios = 0;
    for (guint i = 0; i < n->night->jobs->len; i++) {
        const RigNightJob *j = n->night->jobs->pdata[i];

        if (j->state == state) {
            jobs++;
            *scenarios += j->scenarios->len;
        }
    }
    return jobs;
}

static void send_end(const RigNightly *n, const RigNightlyCounts *c,
                     int status)
{
    JsonBuilder *b = begin(n, "night-finished");
    unsigned skipped, left;

    count(n, RIG_JOB_SKIPPED, &skipped);
    count(n, RIG_JOB_WAITING, &left);
    rig_json_bool(b, "complete", n->night->complete);
    rig_json_number(b, "scenarios", c->done);
    rig_json_number(b, "as-expected", c->as_expected);
    for (unsigned v = 0; v < RIG_VERDICTS; v++) {
        rig_json_number(b, rig_verdict_name(v), c->verdict[v]);
    }
    rig_json_number(b, "no-time-left", skipped);
    rig_json_number(b, "status", status);
    rig_json_send(b, n->events_fd);
}

static void say_skipped(const RigNightly *n)
{
    for (guint i = 0; i < n->night->jobs->len; i++) {
        const RigNightJob *j = n->night->jobs->pdata[i];

        for (guint k = 0; j->state == RIG_JOB_SKIPPED &&
                          k < j->scenarios->len; k++) {
            const RigNightScenario *s = j->scenarios->pdata[k];

            printf("skipped: %s: %s\n", s->name, j->reason);
        }
    }
}

/* Attempts that came to nothing are part of the picture. */
static unsigned repeated(const RigNightly *n)
{
    unsigned jobs = 0;

    for (guint i = 0; i < n->night->jobs->len; i++) {
        const RigNightJob *j = n->night->jobs->pdata[i];

        jobs += j->attempts->len > 1;
    }
    return jobs;
}

void rig_nightly_say_end(const RigNightly *n, int status)
{
    g_autofree char *took = rig_duration_text(n->part->spent_seconds);
    const RigNightlyCounts c = rig_nightly_totals(n);
    unsigned skipped, unfinished, again = repeated(n);

    send_end(n, &c, status);
    wipe(n);
    count(n, RIG_JOB_SKIPPED, &skipped);
    if (!n->options->quiet || skipped) {
        say_skipped(n);
    }
    printf("%snight %s: %u of %u as expected", n->options->quiet ? "" : "\n",
           n->night->id, c.as_expected, c.done);
    for (unsigned v = 0; v < RIG_VERDICTS; v++) {
        if (c.verdict[v]) {
            printf(", %u %s", c.verdict[v], rig_verdict_name(v));
        }
    }
    if (skipped) {
        printf("; %u skipped: no time left in the budget", skipped);
    }
    if (again) {
        printf("; %u job%s interrupted and run again", again,
               again == 1 ? "" : "s");
    }
    printf(" (%s)\n", took);
    if (!n->night->complete) {
        unfinished = count(n, RIG_JOB_WAITING, &skipped) +
                     count(n, RIG_JOB_INTERRUPTED, &skipped);
        printf("stopped with %u job%s left; the same command goes on with "
               "them, --new starts over\n", unfinished,
               unfinished == 1 ? "" : "s");
    }
    printf("night:   %s/night.xml\n", n->dir);
    if (n->have_index) {
        printf("index:   %s/index.html\n", n->options->results);
    }
    fflush(stdout);
}

void rig_nightly_list(const RigNightly *n)
{
    static const char *const why[] = { "failed", "new", "" };

    printf("%-5s %-6s %8s %-6s %s\n", "JOB", "SHARD", "EXPECTED", "", "FIRST "
           "SCENARIO");
    for (guint i = 0; i < n->suite->jobs->len; i++) {
        const RigJob *j = n->suite->jobs->pdata[i];
        const RigScenario *s = j->scenarios->pdata[0];

        if (rig_night_job(n->night, j->id)) {
            printf("%-5s %-6s %6.1f s %-6s %s", j->id, n->part->shard,
                   j->expected_ms / 1e3, why[j->priority], s->name);
            if (j->scenarios->len > 1) {
                printf(" and %u more", j->scenarios->len - 1);
            }
            putchar('\n');
        }
    }
}
