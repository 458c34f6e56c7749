/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How many events a second the monitor judges on one core: the cycle of a
 * stream that a virtual machine recorded, repeated until it is long enough.
 *
 * usage: judge [events.bin]; without a file, a machine is started for
 * scenarios/c40-every-rule.xml. Time is that of the processor, so that other
 * work on the machine does not count.
 */
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "monitor.h"
#include "offline.h"
#include "rule-catalogue.h"
#include "stream.h"

#define SCENARIO "scenarios/c40-every-rule.xml"
#define EVENTS   4000000u
/* rig judge reads in such pieces; one that fits into the cache. */
#define BLOCK    (1u << 20)
#define GOAL     5000000.0

/* A recorded stream with exactly one cycle, cut in three. */
typedef struct Recording {
    GByteArray *before, *cycle, *after;
    unsigned events;     /* of the cycle */
    unsigned cycles;     /* seen */
} Recording;

static void take(const RigEvent *e, void *opaque)
{
    Recording *r = opaque;
    gboolean marker = e->type == RIG_EV_MARKER;
    gboolean begins = marker && e->marker.kind == RIG_MK_CYCLE_BEGIN;

    r->cycles += begins;
    if (r->cycles == 1 && !r->after->len) {
        g_byte_array_append(r->cycle, e->record, e->length);
        r->events++;
        if (marker && e->marker.kind == RIG_MK_CYCLE_END) {
            r->cycles++;
        }
    } else {
        g_byte_array_append(r->cycles ? r->after : r->before, e->record,
                            e->length);
    }
}

static gboolean cut(Recording *r, const char *file, GError **error)
{
    g_autofree RigStream *s = g_new(RigStream, 1);
    g_autofree char *bytes = NULL;
    gsize n;

    r->before = g_byte_array_new();
    r->cycle = g_byte_array_new();
    r->after = g_byte_array_new();
    if (!g_file_get_contents(file, &bytes, &n, error)) {
        return FALSE;
    }
    rig_stream_init(s, take, r);
    if (!rig_stream_feed(s, bytes, n) || r->cycles != 2) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s: not a "
                    "stream with one cycle: %s", file, s->error);
        return FALSE;
    }
    return TRUE;
}

/* Number the records of one piece on; markers of the cycle get its number. */
static void renumber(uint8_t *bytes, size_t size, uint64_t *seq,
                     uint32_t cycle)
{
    for (size_t at = 0; at < size; ) {
        struct rig_record *h = (struct rig_record *)(bytes + at);
        struct rig_marker *m = (struct rig_marker *)(h + 1);

        h->seq = (*seq)++;
        if (h->type == RIG_EV_MARKER && m->cycle) {
            m->cycle = cycle;
        }
        at += h->length;
    }
}

static double cpu_seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

/* Feed in blocks, as a file is read; seconds that the monitor needed. */
static double feed(RigMonitor *m, GByteArray *block, GByteArray *piece,
                   uint64_t *seq, uint32_t cycle, gboolean flush)
{
    double began;

    g_byte_array_append(block, piece->data, piece->len);
    renumber(block->data + block->len - piece->len, piece->len, seq, cycle);
    if (block->len < BLOCK && !flush) {
        return 0;
    }
    began = cpu_seconds();
    rig_monitor_feed(m, block->data, block->len);
    began = cpu_seconds() - began;
    g_byte_array_set_size(block, 0);
    return began;
}

/* Seconds for a long stream; 0 after saying what went wrong. */
static double judge(const Recording *r, GPtrArray *scenarios,
                    const RigRules *rules, uint64_t *events)
{
    g_autoptr(GByteArray) block = g_byte_array_new();
    RigScenario *s = scenarios->pdata[0];
    g_autoptr(RigScenarioResult) result = NULL;
    g_autoptr(RigMonitor) m = NULL;
    unsigned cycles = MAX(1, EVENTS / r->events);
    RigStreamResult stream;
    uint64_t seq = 0;
    double seconds;

    ((RigCycle *)s->cycles->pdata[0])->repeat = cycles;
    m = rig_monitor_new(scenarios, rules);
    rig_monitor_skip_hash(m);
    seconds = feed(m, block, r->before, &seq, 0, FALSE);
    for (unsigned i = 1; i <= cycles; i++) {
        seconds += feed(m, block, r->cycle, &seq, i, FALSE);
    }
    seconds += feed(m, block, r->after, &seq, 0, TRUE);
    rig_monitor_finish(m, RIG_OUTCOME_OK, NULL);
    rig_monitor_stream(m, &stream);
    *events = stream.events;
    result = rig_monitor_take(m, 0);
    if (result->verdict != RIG_VERDICT_PASS) {
        fprintf(stderr, "judge: %s: %s\n", rig_verdict_name(result->verdict),
                result->sentence);
        return 0;
    }
    return seconds;
}

static void add_rule(RigScenario *s, const RigRuleEntry *e)
{
    RigRuleRef *ref = g_new0(RigRuleRef, 1);

    ref->name = g_strdup(e->name);
    ref->file = g_strdup(e->file);
    g_ptr_array_add(s->rules, ref);
}

/* One figure: judged by every rule, or by those of an ordinary scenario. */
static gboolean figure(const Recording *r, GPtrArray *scenarios,
                       const RigPaths *paths, gboolean all)
{
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) catalogue = rig_rule_catalogue(paths);
    g_autoptr(RigRules) rules = NULL;
    RigScenario *s = scenarios->pdata[0];
    uint64_t events;
    double seconds;

    g_ptr_array_set_size(s->rules, 0);
    for (guint i = 0; i < catalogue->len; i++) {
        const RigRuleEntry *e = catalogue->pdata[i];

        if (all || e->always || !strcmp(e->name, "Init_DeRegisterInterrupt")) {
            add_rule(s, e);
        }
    }
    rules = rig_rules_load(scenarios, paths, problems);
    if (!rules) {
        fprintf(stderr, "judge: %s\n", (char *)problems->pdata[0]);
        return FALSE;
    }
    fprintf(stderr, "judge: %u rules, about %u events\n", s->rules->len,
            EVENTS);
    seconds = judge(r, scenarios, rules, &events);
    if (seconds > 0) {
        printf("events judged by %u rules\t%.0f\tevents/s\t-\tvalue>=%.0f\n",
               s->rules->len, events / seconds, GOAL);
    }
    return seconds > 0;
}

/* Run the scenario in a machine; its stream, or NULL after saying why not. */
static char *record(const char *dir)
{
    g_autofree char *results = g_strdup_printf("--results=%s", dir);
    const char *argv[] = { "build/rig/rig", "run", "-q", results, SCENARIO,
                           NULL };
    g_autofree char *runs = g_build_filename(dir, "runs", NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(GDir) d = NULL;
    const char *run;
    int status;

    fprintf(stderr, "judge: recording a stream\n");
    if (!g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_STDOUT_TO_DEV_NULL,
                      NULL, NULL, NULL, NULL, &status, &error) ||
        !g_spawn_check_wait_status(status, &error)) {
        fprintf(stderr, "judge: recording failed: %s\n", error->message);
        return NULL;
    }
    d = g_dir_open(runs, 0, &error);
    run = d ? g_dir_read_name(d) : NULL;
    return run ? g_build_filename(runs, run, "vm-1", "events.bin", NULL)
               : NULL;
}

int main(int argc, char **argv)
{
    g_autofree char *dir = g_dir_make_tmp("rig-bench-XXXXXX", NULL);
    g_autofree char *file = argc > 1 ? g_strdup(argv[1]) : record(dir);
    g_autofree char *where = file ? g_path_get_dirname(file) : NULL;
    g_autofree char *plan = file ? g_build_filename(where, "plan.ini", NULL)
                                 : NULL;
    const char *rm[] = { "rm", "-r", dir, NULL };
    g_autoptr(GError) error = NULL;
    g_autoptr(RigPaths) paths = rig_paths_find(&error);
    g_autoptr(GPtrArray) scenarios = NULL;
    Recording r = { 0 };
    gboolean good;

    good = file && paths && cut(&r, file, &error) &&
           (scenarios = rig_offline_plan(plan, &error)) &&
           figure(&r, scenarios, paths, FALSE) &&
           figure(&r, scenarios, paths, TRUE);
    if (error) {
        fprintf(stderr, "judge: %s\n", error->message);
    }
    g_spawn_sync(NULL, (char **)rm, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL,
                 NULL, NULL, NULL, NULL);
    return good ? 0 : 1;
}
