/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One machine of a run: boot it, judge it, put down what it left. */
#include <errno.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>

#include "bundle.h"
#include "domain.h"
#include "include/plan.h"
#include "known.h"
#include "monitor.h"
#include "plan.h"
#include "run-machine.h"
#include "run-tell.h"
#include "shell-word.h"
#include "stream.h"
#include "sweep.h"
#include "vm.h"
#include "windows-machine.h"

/* Lines of the guest's console shown when it never booted. */
#define CONSOLE_LINES 8

/* Seconds for the snapshot that is taken when a Windows guest has booted. */
#define WINDOWS_MARGIN 120

static char *in_dir(const RigRunMachine *m, const char *name)
{
    return g_build_filename(m->dir, name, NULL);
}

gboolean rig_run_machine_save(const RigRunMachine *m, const char *name,
                              const char *text, GError **error)
{
    g_autofree char *path = in_dir(m, name);

    return g_file_set_contents(path, text, -1, error);
}

/* Of the guest's kernel, where rig boots it. */
static const char *cmdline_of(const RigRunContext *c, const RigMachine *m)
{
    return m->guest < RIG_GUESTS ? c->cmdline[m->guest] : NULL;
}

/* --- before ------------------------------------------------------------- */

/* Only the embedded driver has no domains of others. */
static char *domain_uuid(const RigRunMachine *m)
{
    return !m->c->root ? g_uuid_string_random()
                              : rig_domain_uuid(m->result->number);
}

static char *make_windows_xml(const RigRunMachine *m)
{
    g_autofree char *uuid = domain_uuid(m);
    g_autofree char *capture = in_dir(m, "net.pcap");
    RigWindowsDomain d = {
        .name = m->name,
        .uuid = uuid,
        .emulator = m->c->paths->qemu,
        .capture = capture,
        .tap_socket = m->socket,
    };

    rig_windows_machine_domain(m->windows, &m->result->machine, &d);
    return rig_windows_domain_xml(&d);
}

char *rig_run_machine_xml(const RigRunMachine *m)
{
    const RigPaths *paths = m->c->paths;
    RigGuest guest = m->result->machine.guest;
    g_autofree char *uuid = domain_uuid(m);
    g_autofree char *console = in_dir(m, "console.log");
    g_autofree char *capture = in_dir(m, "net.pcap");
    g_autofree char *recording = in_dir(m, RIG_RECORDING);
    gboolean record = m->c->options->record;
    g_autofree char *hmp = rig_keep_socket(m->c);
    const RigDomain d = {
        .name = m->name,
        .uuid = uuid,
        .machine = &m->result->machine,
        .emulator = paths->qemu,
        .kernel = paths->guest[guest].kernel,
        .initrd = m->snapshot ? paths->guest[guest].initramfs : m->initrd,
        .cmdline = m->c->cmdline[guest],
        .console = console,
        .capture = capture,
        .tap_socket = m->socket,
        .replay = record ? RIG_REPLAY_RECORD : RIG_REPLAY_NONE,
        .recording = record ? recording : NULL,
        .live = m->c->options->live,
        .hmp = hmp,
        .plan = m->snapshot ? m->initrd : NULL,
        .incoming = m->incoming,
        .stop_at = m->stop_at,
    };

    return rig_domain_xml(&d);
}

static void start_runner(virDomainPtr domain, void *opaque)
{
    RigRunMachine *m = opaque;

    if (m->windows) {
        rig_windows_runner_start(m->windows->runner, domain);
    }
}

/* A Windows guest is given nothing but a disk: its runner does the rest. */
static gboolean prepare_windows(RigRunMachine *m, GError **error)
{
    const char *runtime = m->c->root ? m->c->root->path : m->c->dir;
    gboolean cold = g_strcmp0(m->c->options->start, "cold") == 0;
    RigWindowsRunnerConfig config = {
        .conn = m->c->conn,
        .plan = m->plan,
        .machine = &m->result->machine,
        .dir = m->dir,
    };

    if (g_mkdir_with_parents(m->dir, 0755) != 0) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s: %s", m->dir,
                    g_strerror(errno));
        return FALSE;
    }
    m->windows = rig_windows_machine_new(m->c->options->images,
                                         m->result->machine.image,
                                         cold ? NULL : &m->result->machine,
                                         m->c->paths, runtime, m->dir, error);
    if (!m->windows) {
        return FALSE;
    }
    config.restore = m->windows->restored;
    config.keep = m->windows->snapshot ? rig_windows_machine_keep : NULL;
    config.opaque = m->windows;
    config.agent_socket = m->windows->agent_socket;
    config.boot_seconds = rig_windows_machine_boot_seconds(m->windows);
    m->windows->runner = rig_windows_runner_new(&config);
    if (m->windows->kvm) {
        g_free(m->c->run->accel);
        m->c->run->accel = g_strdup("kvm");
    }
    m->xml = make_windows_xml(m);
    return rig_run_machine_save(m, "domain.xml", m->xml, error);
}

gboolean rig_run_machine_prepare(RigRunMachine *m, GError **error)
{
    g_autofree char *ini = rig_plan_ini(m->plan, m->c->rules);
    const RigGuestFiles *files =
        &m->c->paths->guest[m->result->machine.guest];

    if (g_mkdir_with_parents(m->dir, 0755) != 0) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s: %s", m->dir,
                    g_strerror(errno));
        return FALSE;
    }
    if (strlen(ini) > PLAN_SIZE_MAX) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "The plan of these "
                    "scenarios is longer than %u bytes; use --isolate or "
                    "fewer <cycle>.", PLAN_SIZE_MAX);
        return FALSE;
    }
    if (!m->snapshot) {
        rig_run_snapshot_choose(m);
    }
    m->archive = rig_plan_archive(m->plan, ini, error);
    m->xml = rig_run_machine_xml(m);
    return m->archive &&
           (m->snapshot
            ? g_file_set_contents(m->initrd,
                                  g_bytes_get_data(m->archive, NULL),
                                  g_bytes_get_size(m->archive), error)
            : rig_plan_write_initrd(m->initrd, files->initramfs, m->archive,
                                    error)) &&
           rig_run_machine_save(m, "plan.ini", ini, error) &&
           rig_run_machine_save(m, "domain.xml", m->xml, error);
}

unsigned rig_run_machine_wall_limit(const RigRunMachine *m)
{
    unsigned sum = 0;

    if (m->c->options->timeout > 0) {
        return m->c->options->timeout;
    }
    for (guint i = 0; i < m->plan->len; i++) {
        const RigScenario *s = m->plan->pdata[i];

        sum += s->machine.wall_seconds;
    }
    return sum;
}

/* --- meanwhile ---------------------------------------------------------- */

/* What a single machine would be given, where several share the work. */
static void make_archive(RigRunMachine *m)
{
    g_autofree char *ini = rig_plan_ini(m->plan, m->c->rules);

    m->archive = rig_plan_archive(m->plan, ini, NULL);
}

void rig_run_machine_set_inputs(RigRunMachine *m)
{
    RigRunContext *c = m->c;
    g_autofree char *text = NULL, *workers = NULL;

    if (!m->inputs && !m->archive && m->result->workers > 1) {
        make_archive(m);
    }
    if (!m->inputs && m->archive) {
        m->inputs = rig_inputs_text(c->hashes, &m->result->machine,
                                    c->cmdline[m->result->machine.guest],
                                    m->archive);
        /* The stream of one that was restored lacks the boot. */
        workers = m->result->workers > 1
                  ? g_strdup_printf("workers %u\n", m->result->workers)
                  : g_strdup("");
        text = g_strconcat(m->inputs, m->incoming ? "start snapshot\n" : "",
                           workers, NULL);
        g_free(m->result->inputs);
        m->result->inputs = g_compute_checksum_for_string(
            G_CHECKSUM_SHA256, text, -1);
        rig_run_machine_save(m, "inputs.txt", text, NULL);
    }
}

void rig_run_machine_look_up(RigRunMachine *m)
{
    RigRunContext *c = m->c;

    if (!m->inputs && c->history && rig_hashes_ready(c->hashes)) {
        g_autoptr(RigHistoryEntry) e = NULL;

        rig_run_machine_set_inputs(m);
        e = rig_history_newest(c->history, m->result->inputs, c->run->id);
        c->live.expected_ms = e ? e->total_ms : 0;
    }
}

static void on_tick(void *opaque)
{
    RigRunMachine *m = opaque;
    RigProgress p;

    rig_run_machine_look_up(m);
    rig_monitor_progress(m->monitor, &p);
    rig_live_draw(&m->c->live, &p);
    rig_tell_progress(m->c, &p);
}

/* --- after -------------------------------------------------------------- */

/* The command line that goes on with a point of the sweep. */
static void set_sweep_commands(const RigRunContext *c, RigScenarioResult *r,
                               const char *file)
{
    const char *again = c->options->again;

    if (!r->sweep) {
        return;
    }
    r->sweep->again = again ? g_strdup(again)
                            : g_strdup_printf("rig sweep %s", file);
    if (again) {
        g_free(r->reproduce);
        r->reproduce = g_strdup(again);
    }
}

/* The machine whose run the bundle will be of. */
static const RigRunMachine *bundled(const RigRunMachine *m)
{
    return m->bundled ? m->bundled : m;
}

/*
 * Where its bundle will be and the command that takes it. What the user stopped
 * has none, nor what never ran, nor what no machine that booted has found; and
 * Windows does not run the same way twice.
 */
static void announce_bundle(const RigRunMachine *m, RigScenarioResult *r)
{
    const RigRunContext *c = m->c;
    g_autofree char *here = g_get_current_dir();
    g_autofree char *path = NULL, *word = NULL;
    const char *shown;

    if (c->interrupted || !rig_bundle_wanted(r) ||
        (bundled(m)->incoming && !bundled(m)->cold_results) ||
        (m->result->workers > 1 && !m->bundled) ||
        m->result->outcome == RIG_OUTCOME_START_FAILED) {
        return;
    }
    r->bundle = g_build_filename(RIG_BUNDLES, r->scenario->name, NULL);
    if (m->windows) {
        return;
    }
    path = g_build_filename(c->dir, r->bundle, NULL);
    shown = g_str_has_prefix(path, here) && path[strlen(here)] == '/'
            ? path + strlen(here) + 1 : path;
    word = rig_shell_word(shown);
    g_free(r->reproduce);
    r->reproduce = g_strdup_printf("rig reproduce %s", word);
}

/* Hand the scenario results of this machine to the run. */
static void collect_results(RigRunMachine *m)
{
    RigRunContext *c = m->c;

    for (guint i = 0; i < m->results->len; i++) {
        RigScenarioResult *r = m->results->pdata[i];
        g_autofree char *file = rig_shell_word(r->scenario->file);

        r->number = c->run->scenarios->len + 1;
        r->machine = m->result->number;
        if (r->scenario->sys) {
            r->driver.sha256 = rig_sha256_file(r->scenario->sys, NULL);
        }
        rig_inputs_of_scenario(c->hashes, r->scenario, cmdline_of(
                                   c, &r->scenario->machine), &r->inputs);
        r->reproduce = g_strdup_printf("rig run %s%s%s", m->snapshot
                                       ? "--start snapshot " : "",
                                       r->scenario->variant
                                       ? r->scenario->variant : "", file);
        set_sweep_commands(c, r, file);
        announce_bundle(m, r);
        if (c->run->known) {
            rig_known_apply(c->run->known, r);
        }
        g_ptr_array_add(c->run->scenarios, r);
        rig_print_result(c, r);
        rig_tell_result(c, r);
        rig_print_sweep(c, r);
    }
    g_clear_pointer(&m->results, g_ptr_array_unref);
}

/* Where our stream differs from the one of @old; RIG_NO_EVENT: not known. */
static uint64_t first_difference(const RigRunMachine *m, const RigHistoryEntry *old)
{
    g_autofree char *vm = g_strdup_printf("vm-%u", old->machine);
    g_autofree char *theirs = g_build_filename(m->c->options->results, "runs",
                                               old->run, vm, "events.bin",
                                               NULL);
    g_autofree char *ours = in_dir(m, "events.bin");
    uint64_t event = RIG_NO_EVENT;
    gboolean same;

    rig_stream_compare(ours, theirs, &same, &event, NULL);
    return event;
}

/* A run that no other run without its recording can be like. */
static gboolean is_once(const RigRunMachine *m)
{
    return m->c->options->record || m->c->options->live;
}

static void compare_with_history(RigRunMachine *m)
{
    RigMachineResult *r = m->result;
    g_autoptr(RigHistoryEntry) old = NULL;

    if (is_once(m) || !r->ended || !m->c->history || m->windows ||
        r->outcome != RIG_OUTCOME_OK) {
        return;
    }
    old = rig_history_newest(m->c->history, r->inputs, m->c->run->id);
    if (!old) {
        r->compared = RIG_COMPARED_FIRST;
        return;
    }
    r->compared_run = g_strdup(old->run);
    r->compared = RIG_COMPARED_SAME;
    if (strcmp(old->stream, r->stream) != 0) {
        r->compared = RIG_COMPARED_DIFFERENT;
        r->different_at = first_difference(m, old);
    }
}

static void remember(RigRunMachine *m)
{
    RigHistoryEntry e = {
        .run = m->c->run->id,
        .machine = m->result->number,
        .inputs = m->result->inputs,
        .stream = m->result->stream,
        .total_ms = m->result->total_ms,
    };
    g_autoptr(GError) error = NULL;

    if (!is_once(m) && m->c->history && m->result->ended && !m->windows &&
        !rig_history_add(m->c->history, &e, &error)) {
        g_printerr("rig: %s\n", error->message);
    }
}

/* QEMU's own arguments, for running it by hand. */
void rig_run_machine_save_argv(const RigRunMachine *m)
{
    char *argv = virConnectDomainXMLToNative(m->c->conn, "qemu-argv",
                                             m->xml, 0);

    if (argv) {
        rig_run_machine_save(m, "argv", argv, NULL);
    }
    free(argv);
}

/* When something went wrong: what QEMU said, and the end of the console. */
static void save_qemu_log(RigRunMachine *m)
{
    g_autofree char *name = g_strdup_printf("%s.log", m->name);
    g_autofree char *log = NULL;
    g_autofree char *text = NULL;

    if (m->c->root) {
        log = g_build_filename(m->c->root->path, "log", "qemu", name, NULL);
        if (g_file_get_contents(log, &text, NULL, NULL)) {
            rig_run_machine_save(m, "qemu.log", text, NULL);
        }
    }
}

/*
 * The bundles that were announced. One that cannot be written changes no
 * verdict, but nobody is sent there.
 */
static void write_bundles(RigRunMachine *m)
{
    RigRunContext *c = m->c;
    const RigRunMachine *b = bundled(m);
    const GPtrArray *found = b->cold_results || b == m ? b->cold_results
                                                       : b->results;
    const RigBundleSource source = {
        .run = c->run,
        .dir = c->dir,
        .machine = b->result,
        .machine_dir = b->cold_dir ? b->cold_dir : b->result->dir,
        .plan = b->plan,
        .inputs = b->inputs,
        .live = c->options->live,
        .snapshot = b->snapshot != NULL,
    };
    g_autoptr(RigBundler) bundler = rig_bundler_new(&source);
    guint first = c->run->scenarios->len - m->plan->len;

    for (guint i = 0; i < m->plan->len; i++) {
        RigScenarioResult *r = c->run->scenarios->pdata[first + i];
        g_autoptr(GError) error = NULL;

        if (r->bundle &&
            !rig_bundler_add(bundler, found ? found->pdata[i] : r, i + 1,
                             &error)) {
            fprintf(stderr, "rig: %s: no bundle: %s; the verdict stands\n",
                    r->scenario->name, error->message);
            g_clear_pointer(&r->bundle, g_free);
            g_clear_pointer(&r->reproduce, g_free);
        }
    }
}

static void print_console_tail(RigRunMachine *m)
{
    g_autofree char *path = in_dir(m, m->windows ? "com2.log"
                                                 : "console.log");
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;
    guint n;

    if (!g_file_get_contents(path, &text, NULL, NULL) || !*g_strchomp(text)) {
        g_printerr("rig: the guest's console (%s) is empty\n", path);
        return;
    }
    g_printerr("rig: last lines of %s:\n", path);
    lines = g_strsplit(text, "\n", -1);
    n = g_strv_length(lines);
    for (guint i = n > CONSOLE_LINES ? n - CONSOLE_LINES : 0; i < n; i++) {
        g_autofree char *line = g_utf8_make_valid(lines[i], -1);
        g_autofree char *plain = g_strescape(g_strchomp(line), "\"\\");

        g_printerr("  %s\n", plain);
    }
}

static void note_qemu_version(RigRunMachine *m)
{
    RigRun *run = m->c->run;
    RigStreamResult stream;

    rig_monitor_stream(m->monitor, &stream);
    if (!run->qemu && *stream.qemu) {
        run->qemu = g_strdup(stream.qemu);
    }
}

void rig_run_machine_judge(RigRunMachine *m, const RigVmEnd *end)
{
    RigMachineResult *r = m->result;

    rig_monitor_finish(m->monitor, end->outcome, end->detail);
    rig_machine_result_set_stream(r, m->monitor);
    note_qemu_version(m);
    m->created_ms = end->created_ms;
    r->boot_ms = end->booted_ms;
    r->total_ms = end->ended_ms;
    m->c->interrupted |= end->interrupted;
    m->results = g_ptr_array_new();
    for (guint i = 0; i < m->plan->len; i++) {
        RigScenarioResult *s = rig_monitor_take(m->monitor, i);

        if (end->scenario_us && i < end->scenario_us->len) {
            s->ms = g_array_index(end->scenario_us, uint64_t, i) / 1000;
        }
        g_ptr_array_add(m->results, s);
    }
    rig_run_check_frames(m->c->dir, r->dir, m->results);
}

static void conclude(RigRunMachine *m)
{
    RigRunContext *c = m->c;
    RigMachineResult *r = m->result;

    rig_live_clear(&c->live);
    collect_results(m);
    rig_run_machine_set_inputs(m);
    compare_with_history(m);
    remember(m);
    if (m->xml) {
        rig_run_machine_save_argv(m);
    }
    if (r->outcome != RIG_OUTCOME_OK) {
        save_qemu_log(m);
    }
    rig_print_machine(c, r);
    if (r->outcome == RIG_OUTCOME_GUEST_NEVER_BOOTED) {
        print_console_tail(m);
    }
    if (c->options->verbose) {
        gboolean restored = m->incoming ||
                            (m->windows && m->windows->restored);

        g_print("       vm-%u: %s after %" G_GUINT64_FORMAT " ms, booted "
                "%" G_GUINT64_FORMAT " ms, stream ended %" G_GUINT64_FORMAT
                " ms\n", r->number, restored ? "restored" : "started",
                m->created_ms, r->boot_ms, r->total_ms);
    }
}

/* --- the whole ---------------------------------------------------------- */

static void start_failed(RigRunMachine *m, const char *why)
{
    const RigVmEnd end = {
        .outcome = RIG_OUTCOME_START_FAILED,
        .detail = (char *)why,
    };

    rig_run_machine_judge(m, &end);
    conclude(m);
}

static RigVm *start_vm(RigRunMachine *m, GError **error)
{
    g_autofree char *events = in_dir(m, "events.bin");
    const RigVmConfig config = {
        .conn = m->c->conn,
        .xml = m->xml,
        .autodestroy = m->c->root == NULL,
        .tap_socket = m->socket,
        .events = events,
        .monitor = m->monitor,
        .wall_seconds = rig_run_machine_wall_limit(m),
        .boot_seconds = m->windows ?
            rig_windows_machine_boot_seconds(m->windows) + WINDOWS_MARGIN : 0,
        .silence_seconds = m->windows ? rig_run_machine_wall_limit(m) : 0,
        .created = start_runner,
        .tick = on_tick,
        .opaque = m,
    };

    return rig_vm_run(&config, error);
}

/* It never came so far that its guest went on? */
static gboolean not_restored(const RigRunMachine *m, const RigVmEnd *end)
{
    return m->incoming && !end->interrupted && !end->booted_ms &&
           end->outcome != RIG_OUTCOME_OK;
}

/* What cannot be restored says nothing about a driver: boot instead. */
static RigVm *boot_instead(RigRunMachine *m, RigVm *vm, GError **error)
{
    g_autofree char *events = in_dir(m, "events.bin");

    fprintf(stderr, "rig: %s: the snapshot cannot be restored: %s; it is not "
            "used any more, and the machine boots\n", m->result->dir,
            rig_vm_end(vm)->detail);
    rig_vm_free(vm);
    rig_snapshot_discard(m->snapshot);
    m->incoming = NULL;
    g_clear_pointer(&m->inputs, g_free); /* may be those of a warm start */
    rig_monitor_free(m->monitor);
    m->monitor = rig_monitor_new(m->plan, m->c->rules);
    g_free(m->xml);
    m->xml = rig_run_machine_xml(m);
    g_unlink(events);
    return rig_run_machine_save(m, "domain.xml", m->xml, error)
           ? start_vm(m, error) : NULL;
}

static void run_vm(RigRunMachine *m)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(RigVm) vm = start_vm(m, &error);

    if (m->windows) {
        g_clear_pointer(&m->windows->runner, rig_windows_runner_free);
    }
    if (vm && not_restored(m, rig_vm_end(vm))) {
        vm = boot_instead(m, g_steal_pointer(&vm), &error);
    }
    if (!vm) {
        start_failed(m, error->message);
        return;
    }
    rig_run_machine_judge(m, rig_vm_end(vm));
    if (m->snapshot) { /* others of its name follow */
        g_clear_pointer(&vm, rig_vm_free);
        rig_run_snapshot_check(m);
    }
    conclude(m);
    if (vm) {
        rig_keep(m->c, vm, m->result);
    }
}

static void init(RigRunMachine *m, RigRunContext *c, const GPtrArray *plan)
{
    const RigScenario *first = plan->pdata[0];
    const char *runtime = c->root ? c->root->path : c->dir;
    unsigned n;

    m->c = c;
    m->plan = plan;
    m->result = rig_run_add_machine(c->run);
    n = m->result->number = c->run->machines->len;
    m->result->dir = g_strdup_printf("vm-%u", n);
    m->result->machine = first->machine;
    m->result->machine.nic = g_strdup(first->machine.nic);
    m->result->machine.image = g_strdup(first->machine.image);
    m->result->machine.calibration = g_strdup(first->machine.calibration);
    m->dir = g_build_filename(c->dir, m->result->dir, NULL);
    m->name = g_strdup_printf("rig-%s-%u", c->run->id, n);
    m->socket = g_build_filename(runtime, "tap", NULL);
    m->initrd = c->options->keep || !c->root
                ? in_dir(m, "initrd")
                : g_build_filename(runtime, "initrd", NULL);
    m->monitor = rig_monitor_new(plan, c->rules);
}

void rig_run_machine_clear(RigRunMachine *m)
{
    if (!m->c->options->keep) {
        g_unlink(m->initrd);
    }
    rig_monitor_free(m->monitor);
    rig_snapshot_free(m->snapshot);
    g_clear_pointer(&m->results, g_ptr_array_unref);
    g_clear_pointer(&m->cold_results, g_ptr_array_unref);
    g_free(m->cold_dir);
    rig_windows_machine_free(m->windows);
    g_free(m->dir);
    g_free(m->name);
    g_free(m->socket);
    g_free(m->initrd);
    g_free(m->xml);
    g_free(m->inputs);
    if (m->archive) {
        g_bytes_unref(m->archive);
    }
}

static void run_guest(RigRunMachine *m, RigRunWorkers **workers)
{
    g_autoptr(GError) error = NULL;

    rig_run_snapshot_choose(m);
    *workers = rig_run_workers(m, &error);
    if (*workers) {
        conclude(m);
    } else if (!error && rig_run_machine_prepare(m, &error)) {
        run_vm(m);
    } else {
        start_failed(m, error->message);
    }
}

void rig_run_machine(RigRunContext *c, const GPtrArray *plan)
{
    g_autoptr(GError) error = NULL;
    RigRunWorkers *workers = NULL;
    RigRunMachine m = { 0 };

    init(&m, c, plan);
    c->live.plan = plan;
    c->live.expected_ms = 0;
    c->live.machine_started = g_get_monotonic_time();
    if (m.result->machine.guest != RIG_GUEST_WINDOWS) {
        run_guest(&m, &workers);
    } else if (prepare_windows(&m, &error)) {
        run_vm(&m);
    } else {
        start_failed(&m, error->message);
    }
    write_bundles(&m); /* QEMU is gone: its recording is complete */
    for (guint i = 0; i < plan->len; i++) {
        c->live.before_scenarios++;
        c->live.before_cycles += rig_scenario_cycle_count(plan->pdata[i]);
    }
    rig_run_machine_clear(&m);
    rig_run_workers_free(workers);
}
