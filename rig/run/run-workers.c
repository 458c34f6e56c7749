/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A sweep on several machines side by side.
 *
 * Each machine, in a directory of its own below that of the whole, goes
 * through all lives and through its share of the points. Their streams are
 * then dealt into the one that a single machine would have left, and that one
 * is judged: the fault map is the same for any number of machines.
 */
#include <errno.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>

#include "include/plan.h"
#include "plan.h"
#include "run-machine.h"
#include "run-tell.h"
#include "stream-deal.h"
#include "sync-file.h"
#include "tree.h"

struct RigRunWorker {
    RigRunMachine m;
    RigMachineResult result; /* strings in it are m's, but dir and inputs */
    GPtrArray *plan;         /* of the scenario with its share */
    RigRunWorkers *all;
    RigVm *vm;
};

struct RigRunWorkers {
    RigRunMachine *whole;
    RigRunWorker *worker;
    unsigned n;
    gint64 started;          /* monotonic, us */
};

/* --- how many ------------------------------------------------------------- */

static gboolean has_traffic(const RigScenario *s)
{
    const RigCycle *life = s->cycles->pdata[0];

    for (guint i = 0; i < life->steps->len; i++) {
        const RigStep *step = life->steps->pdata[i];

        if (strcmp(step->name, RIG_STEP_TRAFFIC) == 0) {
            return TRUE; /* its frames have the number of the cycle in them */
        }
    }
    return FALSE;
}

static unsigned workers_of(const RigRunMachine *m)
{
    const RigScenario *s = m->plan->pdata[0];

    return m->plan->len == 1 && s->sweep && s->text && m->c->root &&
           !has_traffic(s) ? MAX(m->c->options->workers, 1) : 1;
}

/* --- before --------------------------------------------------------------- */

static GPtrArray *make_plan(const RigRunMachine *whole, unsigned share,
                            unsigned shares)
{
    const RigScenario *s = whole->plan->pdata[0];
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
    RigScenario *copy = rig_scenario_parse(s->text, s->file, whole->c->paths,
                                           problems);
    GPtrArray *plan = g_ptr_array_new_with_free_func(
        (GDestroyNotify)rig_scenario_free);

    if (copy) {
        copy->sweep->share = share;
        copy->sweep->shares = shares;
        g_ptr_array_add(plan, copy);
    }
    return plan;
}

static gboolean prepare(RigRunWorker *w, RigRunWorkers *all, unsigned share,
                        GError **error)
{
    RigRunMachine *whole = all->whole, *m = &w->m;
    g_autofree char *sub = g_strdup_printf("share-%u", share);
    g_autofree char *tap = g_strdup_printf("%s-%u", whole->socket, share);

    w->all = all;
    w->plan = make_plan(whole, share, all->n);
    if (!w->plan->len) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "The scenario has "
                    "become another one since it was read.");
        return FALSE;
    }
    w->result = (RigMachineResult) {
        .number = share,
        .machine = whole->result->machine,
        .dir = g_build_filename(whole->result->dir, sub, NULL),
    };
    m->c = whole->c;
    m->plan = w->plan;
    m->result = &w->result;
    m->monitor = rig_monitor_new(w->plan, m->c->rules);
    m->dir = g_build_filename(whole->dir, sub, NULL);
    m->name = g_strdup_printf("%s-%u", whole->name, share);
    m->socket = g_steal_pointer(&tap);
    m->initrd = m->c->options->keep
                ? g_build_filename(m->dir, "initrd", NULL)
                : g_strdup_printf("%s-%u", whole->initrd, share);
    return rig_run_machine_prepare(m, error);
}

/* --- meanwhile ------------------------------------------------------------ */

/* All of them together, as one machine would be. */
static void on_tick(void *opaque)
{
    RigRunWorker *w = opaque;
    const RigRunWorkers *all = w->all;
    RigRunContext *c = all->whole->c;
    RigProgress sum, p;

    rig_run_machine_look_up(all->whole);
    rig_monitor_progress(w->m.monitor, &sum);
    for (unsigned i = 0; i < all->n; i++) {
        rig_monitor_progress(all->worker[i].m.monitor, &p);
        if (&all->worker[i] != w) {
            sum.cycle += p.cycle;
            sum.cycles = MAX(sum.cycles, p.cycles);
            sum.events += p.events;
            sum.findings = MAX(sum.findings, p.findings);
        }
    }
    sum.cycle = MIN(sum.cycle, sum.cycles);
    rig_live_draw(&c->live, &sum);
    rig_tell_progress(c, &sum);
}

static gboolean start(RigRunWorker *w, GError **error)
{
    RigRunMachine *m = &w->m;
    g_autofree char *events = g_build_filename(m->dir, "events.bin", NULL);
    const RigVmConfig config = {
        .conn = m->c->conn,
        .xml = m->xml,
        .tap_socket = m->socket,
        .events = events,
        .monitor = m->monitor,
        .wall_seconds = rig_run_machine_wall_limit(m),
        .tick = on_tick,
        .opaque = w,
    };

    w->vm = rig_vm_start(&config, error);
    return w->vm != NULL;
}

/* Whatever happens: those that were started are waited for. */
static gboolean run_all(RigRunWorkers *all, GError **error)
{
    RigVm **vms = g_newa0(RigVm *, all->n);
    unsigned started = 0;
    gboolean ok = TRUE;

    for (unsigned i = 0; i < all->n && ok; i++) {
        ok = prepare(&all->worker[i], all, i + 1, error);
    }
    while (ok && started < all->n) {
        ok = start(&all->worker[started], error);
        if (ok) {
            vms[started] = all->worker[started].vm;
            started++;
        }
    }
    rig_vm_wait(vms, started);
    return ok;
}

/* --- after ---------------------------------------------------------------- */

static void judge_own(RigRunWorker *w)
{
    const RigVmEnd *end = rig_vm_end(w->vm);
    RigRunMachine *m = &w->m;

    rig_monitor_finish(m->monitor, end->outcome, end->detail);
    m->result->outcome = end->outcome;
    m->c->interrupted |= end->interrupted;
    m->results = g_ptr_array_new_with_free_func(
        (GDestroyNotify)rig_scenario_result_free);
    g_ptr_array_add(m->results, rig_monitor_take(m->monitor, 0));
    rig_run_machine_save_argv(m);
    rig_run_machine_set_inputs(m);
    if (m->snapshot) { /* another one of its name may follow */
        g_clear_pointer(&w->vm, rig_vm_free);
        rig_run_snapshot_check(m);
    }
}

typedef struct Output {
    FILE *file;
    RigMonitor *monitor;
} Output;

static gboolean put(const void *record, size_t length, void *opaque,
                    GError **error)
{
    Output *out = opaque;

    if (fwrite(record, 1, length, out->file) != length) {
        int e = errno;

        g_set_error(error, G_IO_ERROR, g_io_error_from_errno(e),
                    "events.bin cannot be written: %s", g_strerror(e));
        return FALSE;
    }
    rig_monitor_feed(out->monitor, record, length);
    return TRUE;
}

static gboolean deal(RigRunWorkers *all, GError **error)
{
    const RigScenario *s = all->whole->plan->pdata[0];
    g_autofree char *path = g_build_filename(all->whole->dir, "events.bin",
                                             NULL);
    g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func(g_free);
    Output out = { fopen(path, "wbxe"), all->whole->monitor };
    gboolean ok;

    for (unsigned i = 0; i < all->n; i++) {
        g_ptr_array_add(files, g_build_filename(all->worker[i].m.dir,
                                                "events.bin", NULL));
    }
    ok = out.file && rig_stream_deal(&(RigDeal) {
        .files = (const char *const *)files->pdata, .n = files->len,
        .limit = s->sweep->limit, .sink = put, .opaque = &out,
    }, error);
    if (!out.file || (fclose(out.file) != 0 && ok)) {
        int e = errno;

        g_set_error(error, G_IO_ERROR, g_io_error_from_errno(e),
                    "%s cannot be written: %s", path, g_strerror(e));
        return FALSE;
    }
    return ok;
}

/* How the whole ended: as the first that did not end well. */
static RigVmEnd whole_end(const RigRunWorkers *all, const RigVmEnd *ends)
{
    RigVmEnd end = { .outcome = RIG_OUTCOME_OK };

    for (unsigned i = 0; i < all->n; i++) {
        const RigVmEnd *e = &ends[i];

        if (end.outcome == RIG_OUTCOME_OK && e->outcome != RIG_OUTCOME_OK) {
            end.outcome = e->outcome;
            end.detail = e->interrupted ? g_strdup(e->detail)
                         : g_strdup_printf("Share %u of %u: %s", i + 1,
                                           all->n, e->detail);
        }
        end.interrupted |= e->interrupted;
        end.created_ms = MAX(end.created_ms, e->created_ms);
        end.booted_ms = MAX(end.booted_ms, e->booted_ms);
    }
    return end;
}

static void print_times(const RigRunWorker *w, const RigVmEnd *end)
{
    if (w->m.c->options->verbose) {
        g_print("       %s: %s after %" G_GUINT64_FORMAT " ms, booted "
                "%" G_GUINT64_FORMAT " ms, stream ended %" G_GUINT64_FORMAT
                " ms\n", w->m.result->dir, w->m.incoming ? "restored"
                                                          : "started",
                end->created_ms, end->booted_ms, end->ended_ms);
    }
}

/* The machine that found what the whole is judged by, for the bundle. */
static void choose_bundled(RigRunWorkers *all)
{
    const RigScenarioResult *r = all->whole->results->pdata[0];

    for (unsigned i = 0; i < all->n && !all->whole->bundled; i++) {
        const RigScenarioResult *own = all->worker[i].m.results->pdata[0];

        if (own->verdict == r->verdict) {
            all->whole->bundled = &all->worker[i].m;
        }
    }
}

/* What a restored machine and one that booted do not agree on is broken. */
static void take_broken(RigRunWorkers *all)
{
    for (unsigned i = 0; i < all->n; i++) {
        const RigScenarioResult *own = all->worker[i].m.results->pdata[0];
        RigScenarioResult *whole = all->whole->results->pdata[0];

        if (all->worker[i].m.differs) { /* not even what was proven */
            all->whole->results->pdata[0] = rig_scenario_result_new(
                whole->scenario, whole->number, RIG_VERDICT_BROKEN,
                own->sentence);
            rig_scenario_result_free(whole);
        } else if (all->worker[i].m.snapshot &&
                   own->verdict == RIG_VERDICT_BROKEN) {
            rig_scenario_result_worsen(whole, RIG_VERDICT_BROKEN,
                                       own->sentence);
        }
    }
}

static void conclude(RigRunWorkers *all)
{
    g_autofree RigVmEnd *ends = g_new0(RigVmEnd, all->n);
    g_autoptr(GError) error = NULL;
    RigVmEnd end;

    for (unsigned i = 0; i < all->n; i++) {
        ends[i] = *rig_vm_end(all->worker[i].vm);
        ends[i].detail = g_strdup(ends[i].detail);
        print_times(&all->worker[i], &ends[i]);
    }
    end = whole_end(all, ends);
    if (!deal(all, &error)) {
        g_free(end.detail);
        end.detail = g_strdup(error->message);
        end.outcome = RIG_OUTCOME_STREAM_INVALID;
    }
    end.ended_ms = (g_get_monotonic_time() - all->started) / 1000;
    rig_run_machine_judge(all->whole, &end);
    for (unsigned i = 0; i < all->n; i++) {
        judge_own(&all->worker[i]);
        g_free(ends[i].detail);
    }
    take_broken(all);
    choose_bundled(all);
    g_free(end.detail);
}

/* --- the whole ------------------------------------------------------------ */

/* A snapshot that cannot be restored says nothing about the driver. */
static gboolean all_restored(const RigRunWorkers *all)
{
    for (unsigned i = 0; i < all->n; i++) {
        const RigRunMachine *m = &all->worker[i].m;
        const RigVmEnd *end = rig_vm_end(all->worker[i].vm);

        if (m->incoming && !end->interrupted && !end->booted_ms &&
            end->outcome != RIG_OUTCOME_OK) {
            fprintf(stderr, "rig: %s: the snapshot cannot be restored: %s; it "
                    "is not used any more, and one machine boots\n",
                    m->result->dir, end->detail);
            rig_snapshot_discard(m->snapshot);
            return FALSE;
        }
    }
    return TRUE;
}

void rig_run_workers_free(RigRunWorkers *all)
{
    if (!all) {
        return;
    }
    for (unsigned i = 0; i < all->n; i++) {
        RigRunWorker *w = &all->worker[i];

        rig_vm_free(w->vm);
        if (w->m.c) {
            rig_run_machine_clear(&w->m);
        }
        g_free(w->result.dir);
        g_free(w->result.inputs);
        if (w->plan) {
            g_ptr_array_unref(w->plan);
        }
    }
    g_free(all->worker);
    g_free(all);
}

static void forget(RigRunWorkers *all)
{
    for (unsigned i = 0; i < all->n; i++) {
        if (all->worker[i].m.dir) {
            rig_tree_remove(all->worker[i].m.dir, NULL);
        }
    }
}

RigRunWorkers *rig_run_workers(RigRunMachine *m, GError **error)
{
    RigRunWorkers *all;

    if (workers_of(m) < 2 || (m->snapshot && !m->incoming)) {
        return NULL;
    }
    all = g_new0(RigRunWorkers, 1);
    all->whole = m;
    all->n = m->result->workers = workers_of(m);
    all->worker = g_new0(RigRunWorker, all->n);
    all->started = g_get_monotonic_time();
    if (!run_all(all, error)) {
        rig_run_workers_free(all);
        return NULL;
    }
    if (!all_restored(all)) {
        m->result->workers = 0;
        g_clear_pointer(&all->worker[0].vm, rig_vm_free);
        forget(all);
        rig_run_workers_free(all);
        return NULL;
    }
    conclude(all);
    return all;
}
