/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Machines that start from a snapshot: is it the same verdict, cold and warm?
 *
 * Asked twice. The first machine of its kind boots, and what was saved of it
 * is used by others only if it does, event for event, what that one did. And
 * no unexpected verdict of a machine that was restored stands before one that
 * boots has found it, too; the bundle is then that one's.
 */
#include <gio/gio.h>
#include <glib/gstdio.h>

#include "plan.h"
#include "run-machine.h"
#include "stream.h"
#include "tree.h"
#include "vm.h"

/* Directories of the machines that make and check, below the machine's. */
#define SAVED "saved"
#define WARM  "warm"
#define COLD  "cold"

/* Cycles of a sweep after which a snapshot is good: it may go on for hours. */
#define CHECK_CYCLES 100

/* The same machine once more. */
typedef struct Again {
    RigRunMachine m;     /* with directory, domain and monitor of its own */
    char *events;
    RigVm *vm;
} Again;

static void again_clear(Again *a)
{
    g_clear_pointer(&a->vm, rig_vm_free);
    g_clear_pointer(&a->m.monitor, rig_monitor_free);
    g_clear_pointer(&a->m.dir, g_free);
    g_clear_pointer(&a->m.xml, g_free);
    g_clear_pointer(&a->events, g_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Again, again_clear)

/* What again_run() is to do. */
typedef struct How {
    const char *sub;       /* directory */
    const char *incoming;  /* state, NULL: boot */
    uint64_t stop_at;      /* event, 0: none */
    RigStreamPlace place;  /* behind which nothing matters */
    const char *what;      /* "the machine that ..." */
} How;

static gboolean again_run(Again *a, RigRunMachine *m, const How *how,
                          GError **error)
{
    RigVmConfig config = {
        .conn = m->c->conn,
        .tap_socket = m->socket,
        .wall_seconds = rig_run_machine_wall_limit(m),
        .stops = how->stop_at > 0,
    };

    a->m = *m;
    a->m.dir = g_build_filename(m->dir, how->sub, NULL);
    a->m.incoming = how->incoming;
    a->m.stop_at = how->stop_at;
    a->m.xml = rig_run_machine_xml(&a->m);
    a->m.monitor = rig_monitor_new(m->plan, m->c->rules);
    a->events = g_build_filename(a->m.dir, "events.bin", NULL);
    if (how->place.scenario) {
        rig_monitor_stop_at(a->m.monitor, &how->place);
    }
    if (g_mkdir_with_parents(a->m.dir, 0755) != 0) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s cannot be made",
                    a->m.dir);
        return FALSE;
    }
    config.events = a->events;
    config.xml = a->m.xml;
    config.monitor = a->m.monitor;
    a->vm = rig_vm_run(&config, error);
    m->c->interrupted |= a->vm && rig_vm_end(a->vm)->interrupted;
    return a->vm != NULL;
}

/* Like again_run(), but the machine has to come to its end. */
static gboolean again_run_well(Again *a, RigRunMachine *m, const How *how,
                               GError **error)
{
    if (!again_run(a, m, how, error)) {
        return FALSE;
    }
    if (rig_vm_end(a->vm)->outcome != RIG_OUTCOME_OK) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s: %s", how->what,
                    rig_vm_end(a->vm)->detail);
        return FALSE;
    }
    return TRUE;
}

/* The verdicts of the plan, as far as the machine came; QEMU is gone then. */
static GPtrArray *again_judge(Again *a, const char *sub)
{
    GPtrArray *results = g_ptr_array_new_with_free_func(
        (GDestroyNotify)rig_scenario_result_free);
    const RigVmEnd *end = rig_vm_end(a->vm);
    g_autofree char *dir = g_build_filename(a->m.result->dir, sub, NULL);

    rig_monitor_finish(a->m.monitor, end->outcome, end->detail);
    for (guint i = 0; i < a->m.plan->len; i++) {
        g_ptr_array_add(results, rig_monitor_take(a->m.monitor, i));
    }
    g_clear_pointer(&a->vm, rig_vm_free); /* its files are complete */
    rig_run_check_frames(a->m.c->dir, dir, results);
    return results;
}

static void forget(const RigRunMachine *m, const char *sub)
{
    g_autofree char *dir = g_build_filename(m->dir, sub, NULL);

    if (g_file_test(dir, G_FILE_TEST_IS_DIR)) {
        rig_tree_remove(dir, NULL);
    }
}

/* --- choosing ------------------------------------------------------------- */

void rig_run_snapshot_choose(RigRunMachine *m)
{
    const RigRunContext *c = m->c;

    if (rig_snapshot_wanted(c->options)) {
        m->snapshot = rig_snapshot_new(
            c->options->snapshots, c->paths, &m->result->machine,
            c->cmdline[m->result->machine.guest]);
        m->incoming = rig_snapshot_use(m->snapshot) ? m->snapshot->state
                                                    : NULL;
    }
}

/* --- saying --------------------------------------------------------------- */

static void say_same(const RigRunMachine *m, uint64_t alike, const char *upto)
{
    if (!m->c->options->quiet) {
        g_print("%s: same verdict cold and warm: yes (%" G_GUINT64_FORMAT
                " of %" G_GUINT64_FORMAT " events%s identical)\n",
                m->result->dir, alike, alike, upto);
    }
}

/* --- a snapshot from a machine that booted -------------------------------- */

static gboolean boot_and_save(RigRunMachine *m, const char *cold,
                              GError **error)
{
    How how = { .sub = SAVED, .what = "the machine to be saved" };
    g_auto(Again) a = { 0 };

    return rig_snapshot_begin(m->snapshot, error) &&
           rig_stream_snapshot_point(cold, &how.stop_at, error) &&
           again_run_well(&a, m, &how, error) &&
           rig_snapshot_save(m->snapshot, m->c->conn, rig_vm_domain(a.vm),
                             error);
}

/* Where a check may end: in the first sweep. */
static RigStreamPlace check_place(const RigRunMachine *m)
{
    RigStreamPlace place = { 0 };

    for (guint i = 0; i < m->plan->len && !place.scenario; i++) {
        const RigScenario *s = m->plan->pdata[i];

        if (s->sweep) {
            place.scenario = i + 1;
            place.cycle = CHECK_CYCLES;
        }
    }
    return place;
}

static gboolean same_verdicts(const GPtrArray *a, const GPtrArray *b, guint n)
{
    for (guint i = 0; i < n; i++) {
        const RigScenarioResult *ra = a->pdata[i], *rb = b->pdata[i];

        if (ra->verdict != rb->verdict) {
            return FALSE;
        }
    }
    return TRUE;
}

/* What a cold start does, a warm one does: FALSE with @error if not. */
static gboolean check_warm(RigRunMachine *m, const char *cold, GError **error)
{
    const How how = { .sub = WARM, .incoming = m->snapshot->made,
                      .place = check_place(m),
                      .what = "the machine that was restored" };
    const char *files[2] = { cold, NULL };
    g_autoptr(GPtrArray) results = NULL;
    RigStreamDifference d;
    g_auto(Again) a = { 0 };
    RigProgress p;
    guint whole;

    if (!again_run_well(&a, m, &how, error)) {
        return FALSE;
    }
    rig_monitor_progress(a.m.monitor, &p);
    whole = p.reached ? how.place.scenario - 1 : m->plan->len;
    results = again_judge(&a, WARM);
    files[1] = a.events;
    if (!rig_stream_warm_difference(files, &d, error)) {
        return FALSE;
    }
    if (same_verdicts(m->results, results, whole) &&
        (d.same || (p.reached && d.event[1] == UINT64_MAX))) {
        say_same(m, d.alike, p.reached ? " up to cycle "
                 G_STRINGIFY(CHECK_CYCLES) " of the sweep" : "");
        return TRUE;
    }
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "a warm start is not "
                "like the cold one: %s differs from events.bin behind event %"
                G_GUINT64_FORMAT, a.events, d.alike);
    for (guint i = 0; i < m->results->len; i++) {
        rig_scenario_result_worsen(m->results->pdata[i], RIG_VERDICT_BROKEN,
                                   (*error)->message);
    }
    return FALSE;
}

static void prune(const RigRunMachine *m)
{
    g_autoptr(GError) error = NULL;
    RigSnapshotsRemoved r;

    if (!rig_snapshots_prune(m->c->options->snapshots, RIG_SNAPSHOTS_MAX,
                             g_get_real_time() / G_USEC_PER_SEC, &r,
                             &error)) {
        g_printerr("rig: snapshots: %s\n", error->message);
    } else if (r.snapshots && !m->c->options->quiet) {
        g_autofree char *size = g_format_size(r.bytes);

        g_print("removed %u snapshot%s that nobody can or did use (%s)\n",
                r.snapshots, r.snapshots == 1 ? "" : "s", size);
    }
}

/*
 * The first machine of its kind: save it where the plan begins, and let it be
 * used only if it then does what the one that booted has done.
 */
static void make(RigRunMachine *m)
{
    g_autofree char *cold = g_build_filename(m->dir, "events.bin", NULL);
    g_autoptr(GError) error = NULL;
    gboolean good = boot_and_save(m, cold, &error);

    forget(m, SAVED);
    if (good && check_warm(m, cold, &error)) {
        forget(m, WARM);
        good = rig_snapshot_keep(m->snapshot, &error);
    }
    if (error || !good) {
        g_printerr("rig: no snapshot: %s; machines of this kind boot\n",
                   error ? error->message : "the run was stopped");
    }
    prune(m);
}

/* --- an unexpected verdict of one that was restored ----------------------- */

/* A finding that says why the result is what it is; NULL: none does. */
static const RigFinding *reason_of(const RigScenarioResult *r)
{
    for (guint i = 0; i < r->findings->len; i++) {
        const RigFinding *f = r->findings->pdata[i];

        if (f->verdict == r->verdict) {
            return f;
        }
    }
    return NULL;
}

/* The end of the last unexpected one, of a sweep that of its first finding. */
static RigStreamPlace unexpected_place(const RigRunMachine *m)
{
    RigStreamPlace place = { 0 };

    for (guint i = 0; i < m->results->len; i++) {
        const RigScenarioResult *r = m->results->pdata[i];
        const RigFinding *f = r->sweep ? reason_of(r) : NULL;

        if (!rig_scenario_result_as_expected(r)) {
            place.scenario = i + 1;
            place.cycle = f ? f->cycle : 0;
        }
    }
    return place;
}

static gboolean same_reason(const RigScenarioResult *a,
                            const RigScenarioResult *b)
{
    const RigFinding *fa = reason_of(a), *fb = reason_of(b);

    return a->verdict == b->verdict && !fa == !fb &&
           (!fa || (g_strcmp0(fa->rule, fb->rule) == 0 &&
                    g_strcmp0(fa->id, fb->id) == 0 &&
                    fa->level == fb->level && fa->cycle == fb->cycle));
}

/* What differs is neither verdict: the rig has failed. */
static void break_results(RigRunMachine *m, const GPtrArray *cold,
                          uint64_t alike)
{
    m->differs = TRUE;
    for (guint i = 0; i < m->results->len; i++) {
        RigScenarioResult *r = m->results->pdata[i];
        const RigScenarioResult *other = cold->pdata[i];
        g_autofree char *why = NULL;

        if (rig_scenario_result_as_expected(r)) {
            continue;
        }
        why = g_strdup_printf("From a snapshot it is %s, from a machine that "
            "booted %s: the streams %s/events.bin and %s/" COLD "/events.bin "
            "differ behind event %" G_GUINT64_FORMAT ". Of the former was "
            "said: %s", rig_verdict_name(r->verdict),
            rig_verdict_name(other->verdict), m->result->dir, m->result->dir,
            alike, r->sentence);
        m->results->pdata[i] = rig_scenario_result_new(
            r->scenario, i + 1, RIG_VERDICT_BROKEN, why);
        rig_scenario_result_free(r);
    }
}

/* All that is unexpected is the same? */
static gboolean confirmed(const RigRunMachine *m, const GPtrArray *cold)
{
    for (guint i = 0; i < m->results->len; i++) {
        const RigScenarioResult *r = m->results->pdata[i];

        if (!rig_scenario_result_as_expected(r) &&
            !same_reason(r, cold->pdata[i])) {
            return FALSE;
        }
    }
    return TRUE;
}

/* What a bundle takes from there. */
static void save_cold(const Again *a)
{
    g_autofree char *ini = rig_plan_ini(a->m.plan, a->m.c->rules);

    rig_run_machine_save(&a->m, "plan.ini", ini, NULL);
    rig_run_machine_save(&a->m, "domain.xml", a->m.xml, NULL);
    rig_run_machine_save_argv(&a->m);
}

static void confirm(RigRunMachine *m)
{
    const How how = { .sub = COLD, .place = unexpected_place(m) };
    g_autofree char *warm = g_build_filename(m->dir, "events.bin", NULL);
    const char *files[2] = { NULL, warm };
    g_autoptr(GPtrArray) results = NULL;
    g_autoptr(GError) error = NULL;
    RigStreamDifference d = { 0 };
    g_auto(Again) a = { 0 };
    gboolean same;

    if (!again_run(&a, m, &how, &error) || m->c->interrupted) {
        g_printerr("rig: %s: not held against a machine that boots: %s\n",
                   m->result->dir, error ? error->message
                                         : "the run was stopped");
        return;
    }
    save_cold(&a);
    results = again_judge(&a, COLD);
    files[0] = a.events;
    same = rig_stream_warm_difference(files, &d, &error) &&
           (d.same || d.event[0] == UINT64_MAX ||
            (d.event[1] == UINT64_MAX &&
             m->result->outcome != RIG_OUTCOME_OK)) && confirmed(m, results);
    if (same) {
        say_same(m, d.alike, how.place.cycle ? " up to the first finding"
                                             : " up to there");
        m->cold_results = g_steal_pointer(&results);
        m->cold_dir = g_build_filename(m->result->dir, COLD, NULL);
        return;
    }
    g_printerr("rig: %s: a warm start is not like a cold one; this snapshot "
               "is not used any more\n", m->result->dir);
    rig_snapshot_discard(m->snapshot);
    break_results(m, results, d.alike);
}

/* --- both ----------------------------------------------------------------- */

static gboolean any_unexpected(const RigRunMachine *m)
{
    for (guint i = 0; i < m->results->len; i++) {
        if (!rig_scenario_result_as_expected(m->results->pdata[i])) {
            return TRUE;
        }
    }
    return FALSE;
}

void rig_run_snapshot_check(RigRunMachine *m)
{
    if (!m->snapshot || m->c->interrupted) {
        return;
    }
    if (m->incoming && any_unexpected(m)) {
        confirm(m);
    } else if (!m->incoming && m->result->outcome == RIG_OUTCOME_OK) {
        make(m);
    }
}
