/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The loop of a night: jobs to workers, until nothing is left to do. */
#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "nightly.h"

/* How often the progress line and spent-seconds are brought up to date. */
#define TICK_SECONDS 1

static const char no_time[] = "no time left in the budget";

static uint64_t elapsed_ms(const RigNightly *n)
{
    return (g_get_monotonic_time() - n->started) / 1000;
}

/* Of the budget, in ms; UINT64_MAX: there is none. */
static uint64_t left_ms(const RigNightly *n)
{
    uint64_t all = n->part->budget_seconds * UINT64_C(1000);
    uint64_t spent = n->spent_before * UINT64_C(1000) + elapsed_ms(n);

    return all == 0 ? UINT64_MAX : spent < all ? all - spent : 0;
}

static void save(RigNightly *n)
{
    g_autoptr(GError) error = NULL;

    n->part->spent_seconds = n->spent_before + elapsed_ms(n) / 1000;
    if (!rig_night_write(n->night, n->dir, &error) && !n->write_failed) {
        n->write_failed = TRUE; /* said once; the runs are kept anyway */
        fprintf(stderr, "rig nightly: night.xml: %s; verdicts are still "
                "written, but this night cannot be resumed exactly\n",
                error->message);
    }
}

/* --- one job ---------------------------------------------------------- */

static void on_event(JsonObject *event, const char *line, void *opaque)
{
    RigNightlySlot *slot = opaque;
    RigNightlyCounts *c = &slot->n->counts;
    const char *name = json_object_get_string_member_with_default(
        event, "event", "");
    RigVerdict verdict;

    if (slot->n->interrupted || /* "broken", but only by us */
        strcmp(name, "scenario-finished") != 0 ||
        !rig_verdict_parse(json_object_get_string_member_with_default(
                               event, "verdict", ""), &verdict)) {
        return;
    }
    slot->told++;
    c->done++;
    c->verdict[verdict]++;
    c->as_expected += json_object_get_boolean_member_with_default(
        event, "as-expected", FALSE);
    rig_nightly_say_scenario(slot, event, line);
}

static void dispatch(RigNightly *n);

static void on_end(const RigWorkerEnd *end, void *opaque)
{
    RigNightlySlot *slot = opaque;
    RigNightly *n = slot->n;
    RigAttempt *a = slot->attempt;

    a->finished = g_date_time_new_now_utc();
    a->status = end->status;
    if (end->late) {
        a->state = RIG_ATTEMPT_KILLED;
        slot->record->state = RIG_JOB_DONE;
    } else if (n->interrupted) {
        a->state = RIG_ATTEMPT_INTERRUPTED;
        slot->record->state = RIG_JOB_INTERRUPTED;
    } else {
        a->state = RIG_ATTEMPT_DONE;
        slot->record->state = RIG_JOB_DONE;
    }
    rig_nightly_say_job_end(slot, end);
    save(n);
    g_ptr_array_remove(n->running, slot);
    g_free(slot);
    dispatch(n);
}

/* The command line of the job as a part of the night. */
static char **argv_of(const RigNightlySlot *slot)
{
    const RigNightly *n = slot->n;
    const RigNightlyOptions *o = n->options;
    const char *known = o->known ? o->known : n->suite->known;
    const char *start = o->start ? o->start : n->suite->start;
    GStrvBuilder *b = g_strv_builder_new();
    char **argv;
    const char *const pairs[][2] = {
        { "--results", o->results }, { "--night", n->night->id },
        { "--job", slot->job->id }, { "--run-id", slot->attempt->run },
        { "--shard", strcmp(n->part->shard, "1/1") ? n->part->shard : NULL },
        { "--connect", o->uri }, { "--known", known },
        { "--start", start },
    };
    /* Not its path: the whole night is run by one rig, also when a new one
     * is built meanwhile. */
    const char *program = "/proc/self/exe";
    g_autofree char *worker = g_strdup_printf("%u", slot->attempt->worker);
    g_autofree char *fd = g_strdup_printf("%d", RIG_WORKER_EVENTS_FD);

    g_strv_builder_add_many(b, program, slot->job->args[0], "--worker", worker,
                            "--events-fd", fd, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(pairs); i++) {
        if (pairs[i][1]) {
            g_strv_builder_add_many(b, pairs[i][0], pairs[i][1], NULL);
        }
    }
    g_strv_builder_addv(b, (const char **)slot->job->args + 1);
    argv = g_strv_builder_end(b);
    g_strv_builder_unref(b);
    return argv;
}

/* The smallest number that no running job has. */
static unsigned free_worker(const RigNightly *n)
{
    unsigned number = 1;

    for (guint i = 0; i < n->running->len; i++) {
        const RigNightlySlot *slot = n->running->pdata[i];

        if (slot->attempt->worker == number) {
            number++;
            i = -1; /* from the beginning */
        }
    }
    return number;
}

static void start(RigNightly *n, RigJob *job)
{
    RigNightlySlot *slot = g_new0(RigNightlySlot, 1);
    g_autoptr(GError) error = NULL;
    g_autofree char *name = NULL, *log = NULL;
    g_auto(GStrv) argv = NULL;

    slot->n = n;
    slot->job = job;
    slot->record = rig_night_job(n->night, job->id);
    slot->attempt = rig_night_begin(slot->record, free_worker(n));
    slot->started = g_get_monotonic_time();
    name = g_strdup_printf("%s.log", slot->attempt->run);
    log = g_build_filename(n->dir, "logs", name, NULL);
    argv = argv_of(slot);
    g_ptr_array_add(n->running, slot);
    save(n); /* before there is anything that it does not know of */
    slot->worker = rig_worker_start(&(RigWorkerConfig) {
        .argv = argv, .log = log, .limit_seconds = job->limit_seconds,
        .on_event = on_event, .on_end = on_end, .opaque = slot }, &error);
    rig_nightly_say_job(slot);
    if (!slot->worker) {
        const RigWorkerEnd end = { .status = 3 };

        fprintf(stderr, "rig nightly: %s: %s\n", job->id, error->message);
        on_end(&end, slot);
    }
}

/* --- all of them ------------------------------------------------------ */

static gboolean is_waiting(const RigJob *job, void *opaque)
{
    const RigNightly *n = opaque;
    const RigNightJob *record = rig_night_job(n->night, job->id);

    return record && record->state == RIG_JOB_WAITING;
}

static void skip_rest(RigNightly *n)
{
    for (guint i = 0; i < n->night->jobs->len; i++) {
        RigNightJob *j = n->night->jobs->pdata[i];

        if (j->state == RIG_JOB_WAITING) {
            j->state = RIG_JOB_SKIPPED;
            g_free(j->reason);
            j->reason = g_strdup(no_time);
        }
    }
}

/* Give what waits to who is free. The time left only gets less, so what does
 * not fit now never will. */
static void dispatch(RigNightly *n)
{
    RigJob *job = NULL;

    while (!n->interrupted && n->running->len < n->part->workers &&
           (job = rig_schedule_next(n->suite->jobs, left_ms(n), is_waiting,
                                    n))) {
        start(n, job);
    }
    if (n->running->len < n->part->workers && !job && !n->interrupted) {
        skip_rest(n);
    }
    if (n->running->len == 0) {
        g_main_loop_quit(n->loop);
    }
}

static gboolean on_stop(gpointer opaque)
{
    RigNightly *n = opaque;

    n->interrupted = TRUE;
    for (guint i = 0; i < n->running->len; i++) {
        RigNightlySlot *slot = n->running->pdata[i];

        if (slot->worker) {
            rig_worker_stop(slot->worker);
        }
    }
    if (n->running->len == 0) {
        g_main_loop_quit(n->loop);
    }
    return G_SOURCE_CONTINUE;
}

static gboolean on_tick(gpointer opaque)
{
    rig_nightly_draw(opaque);
    return G_SOURCE_CONTINUE;
}

double rig_nightly_seconds_left(const RigNightly *n)
{
    double ms = 0, longest = 0;

    for (guint i = 0; i < n->night->jobs->len; i++) {
        const RigNightJob *j = n->night->jobs->pdata[i];

        ms += j->state == RIG_JOB_WAITING ? j->expected_ms : 0;
    }
    for (guint i = 0; i < n->running->len; i++) {
        const RigNightlySlot *slot = n->running->pdata[i];
        double ran = (g_get_monotonic_time() - slot->started) / 1000;
        double left = MAX(slot->job->expected_ms - ran, 0);

        ms += left;
        longest = MAX(longest, left);
    }
    ms = MAX(ms / n->part->workers, longest);
    return MIN(ms, (double)left_ms(n)) / 1000;
}

void rig_nightly_run(RigNightly *n)
{
    static const int signals[] = { SIGINT, SIGTERM, SIGHUP };

    n->loop = g_main_loop_new(NULL, FALSE);
    for (guint i = 0; i < G_N_ELEMENTS(signals); i++) {
        g_unix_signal_add(signals[i], on_stop, n);
    }
    if (n->live) {
        g_timeout_add_seconds(TICK_SECONDS, on_tick, n);
    }
    n->part->process = rig_process_self();
    save(n);
    dispatch(n);
    if (n->running->len) {
        g_main_loop_run(n->loop);
    }
    n->part->process.pid = 0;
    n->night->complete = !n->interrupted;
    if (n->night->complete) {
        n->night->finished = g_date_time_new_now_utc();
        n->part->finished = g_date_time_ref(n->night->finished);
    }
    save(n);
    g_main_loop_unref(n->loop);
}
