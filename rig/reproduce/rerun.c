/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One rerun of a bundle. */
#include "rerun.h"

#include <errno.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "domain.h"
#include "include/plan.h"
#include "plan.h"
#include "run.h"
#include "stream.h"

/* --- the plan ------------------------------------------------------------ */

static const RigScenario *failed_scenario(const RigRerunContext *c)
{
    return c->bundle->scenarios->pdata[c->bundle->manifest->number - 1];
}

/* Number of the failed scenario in the plan of this rerun, 1-based. */
static unsigned own_number(const RigRerunContext *c)
{
    return c->isolated ? 1 : c->bundle->manifest->number;
}

static RigStreamPlace own_place(const RigRerunContext *c)
{
    RigStreamPlace place = c->bundle->manifest->place;

    if (place.scenario) {
        place.scenario = own_number(c);
    }
    return place;
}

gboolean rig_rerun_prepare(RigRerunContext *c, GError **error)
{
    const RigBundle *b = c->bundle;

    c->own = g_ptr_array_new();
    if (c->isolated) {
        g_ptr_array_add(c->own, (gpointer)failed_scenario(c));
        c->ini = rig_plan_ini(c->own, c->rules);
    } else {
        for (guint i = 0; i < b->scenarios->len; i++) {
            g_ptr_array_add(c->own, b->scenarios->pdata[i]);
        }
        c->ini = g_strdup(b->ini);
    }
    c->archive = rig_plan_archive(c->own, c->ini, error);
    if (!c->archive) {
        return FALSE;
    }
    c->inputs = rig_inputs_text(c->hashes, &failed_scenario(c)->machine,
                                c->cmdline, c->archive);
    return TRUE;
}

void rig_rerun_context_clear(RigRerunContext *c)
{
    g_clear_pointer(&c->own, g_ptr_array_unref);
    g_clear_pointer(&c->archive, g_bytes_unref);
    g_clear_pointer(&c->ini, g_free);
    g_clear_pointer(&c->inputs, g_free);
}

char *rig_rerun_other_inputs(const RigRerunContext *c)
{
    g_autoptr(RigManifest) here = rig_manifest_new();
    GString *text = g_string_new(NULL);

    rig_manifest_add_inputs(here, c->inputs);
    for (guint i = 0; i < here->inputs->len; i++) {
        const RigBundleInput *input = here->inputs->pdata[i];
        const char *then = rig_manifest_input(c->bundle->manifest,
                                              input->name);

        if (then && strcmp(then, input->sha256) != 0) {
            g_string_append_printf(text, "%s%s", text->len ? ", " : "",
                                   input->name);
        }
    }
    return g_string_free(text, FALSE);
}

/* --- the machine --------------------------------------------------------- */

typedef struct Files {
    char *console, *capture, *events, *socket, *initrd, *live;
} Files;

/*
 * In the place of the outside world: in a replay all that it sent comes from
 * the recording, and what is sent to it goes nowhere.
 */
#define NOBODY "dgram,local.type=unix,local.path=%s,remote.type=unix," \
               "remote.path=%s"

static void files_init(Files *f, const RigRerunContext *c, const char *dir)
{
    f->console = g_build_filename(dir, "console.log", NULL);
    f->capture = g_build_filename(dir, "net.pcap", NULL);
    f->events = g_build_filename(dir, "events.bin", NULL);
    f->socket = g_build_filename(c->root->path, "tap", NULL);
    f->initrd = g_build_filename(c->root->path, "initrd", NULL);
    f->live = g_build_filename(c->root->path, "live", NULL);
    g_unlink(f->live);
}

static void files_clear(Files *f)
{
    g_unlink(f->initrd);
    g_unlink(f->live);
    g_free(f->live);
    g_free(f->console);
    g_free(f->capture);
    g_free(f->events);
    g_free(f->socket);
    g_free(f->initrd);
}

static char *make_xml(const RigRerunContext *c, const Files *f)
{
    const RigMachine *machine = &failed_scenario(c)->machine;
    const RigGuestFiles *guest = &c->paths->guest[machine->guest];
    gboolean waits = c->bundle->manifest->snapshot;
    g_autofree char *uuid = rig_domain_uuid(c->bundle->manifest->machine);
    g_autofree char *name = g_strdup_printf("rig-reproduce-%d", getpid());
    g_autofree char *nobody = g_strdup_printf(NOBODY, f->live, f->live);
    const RigDomain d = {
        .name = name,
        .uuid = uuid,
        .machine = machine,
        .emulator = c->paths->qemu,
        .kernel = guest->kernel,
        .initrd = waits ? guest->initramfs : f->initrd,
        .cmdline = c->cmdline,
        .console = f->console,
        .capture = f->capture,
        .tap_socket = f->socket,
        .replay = c->record ? RIG_REPLAY_RECORD :
                  c->replay ? RIG_REPLAY_PLAY : RIG_REPLAY_NONE,
        .recording = c->record ? c->record :
                     c->replay ? c->bundle->recording : NULL,
        .plan = waits ? f->initrd : NULL,
        .stop_at = c->stop_at,
        .gdb = c->gdb,
        .scratch = c->scratch,
        .live = c->replay && c->bundle->manifest->live ? nobody : NULL,
    };

    return rig_domain_xml(&d);
}

static unsigned wall_limit(const RigRerunContext *c)
{
    unsigned sum = 0;

    for (guint i = 0; i < c->own->len; i++) {
        sum += ((const RigScenario *)c->own->pdata[i])->machine.wall_seconds;
    }
    return sum;
}

/* --- judging ------------------------------------------------------------- */

/* The results of the plan up to the failed scenario, and that one's. */
static void take_results(const RigRerunContext *c, RigMonitor *m,
                         const char *dir, RigRerun *r)
{
    g_autoptr(GPtrArray) results = g_ptr_array_new_with_free_func(
        (GDestroyNotify)rig_scenario_result_free);
    const RigScenarioResult *failed;

    for (guint i = 0; i < own_number(c); i++) {
        g_ptr_array_add(results, rig_monitor_take(m, i));
    }
    rig_run_check_frames(dir, "", results);
    failed = results->pdata[results->len - 1];
    r->verdict = failed->verdict;
    r->sentence = g_strdup(failed->sentence);
    r->findings = rig_bundle_findings_new();
    rig_manifest_add_findings(r->findings, failed);
}

static gboolean cut(const char *file, uint64_t bytes, GError **error)
{
    if (truncate(file, bytes) != 0) {
        g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno),
                    "%s: %s", file, g_strerror(errno));
        return FALSE;
    }
    return TRUE;
}

static gboolean compare(const RigRerunContext *c, const Files *f,
                        RigRerun *r, GError **error)
{
    const char *const files[2] = { c->bundle->events, f->events };
    RigStreamPlace place = own_place(c);

    return rig_stream_prefix(f->events, &place, &r->stream, error) &&
           cut(f->events, r->stream.bytes, error) &&
           rig_stream_difference(files, &r->difference, error);
}

static gboolean run(const RigRerunContext *c, const char *dir, const Files *f,
                    const char *xml, RigRerun *r, GError **error)
{
    RigStreamPlace place = own_place(c);
    g_autoptr(RigMonitor) monitor = rig_monitor_new(c->own, c->rules);
    const RigVmConfig config = {
        .conn = c->conn,
        .xml = xml,
        .tap_socket = f->socket,
        .events = f->events,
        .monitor = monitor,
        .wall_seconds = wall_limit(c),
        .stops = c->stop_at > 0,
    };
    const RigVmEnd *end;
    RigVm *vm;

    if (!c->stop_at) {
        rig_monitor_stop_at(monitor, &place);
    }
    vm = rig_vm_run(&config, error);
    if (!vm) {
        return FALSE;
    }
    end = rig_vm_end(vm);
    if (c->stop_at && end->outcome == RIG_OUTCOME_OK) {
        c->stopped(rig_vm_domain(vm), dir, f->events, c->opaque);
    }
    rig_monitor_finish(monitor, end->outcome, end->detail);
    take_results(c, monitor, dir, r);
    r->outcome = end->outcome;
    r->detail = g_strdup(end->detail);
    r->interrupted = end->interrupted;
    r->total_ms = end->ended_ms;
    r->boot_ms = end->booted_ms;
    rig_vm_free(vm); /* events.bin is complete after it */
    return TRUE;
}

/* The plan where the guest looks for it: of its own, or behind initramfs. */
static gboolean write_plan(const RigRerunContext *c, const char *file,
                           GError **error)
{
    RigGuest guest = failed_scenario(c)->machine.guest;

    return c->bundle->manifest->snapshot
           ? g_file_set_contents(file, g_bytes_get_data(c->archive, NULL),
                                 g_bytes_get_size(c->archive), error)
           : rig_plan_write_initrd(file, c->paths->guest[guest].initramfs,
                                   c->archive, error);
}

gboolean rig_rerun(const RigRerunContext *c, const char *dir, RigRerun *r,
                   GError **error)
{
    g_autofree char *xml = NULL;
    gboolean ok;
    Files f;

    memset(r, 0, sizeof(*r));
    files_init(&f, c, dir);
    xml = make_xml(c, &f);
    ok = write_plan(c, f.initrd, error) &&
         run(c, dir, &f, xml, r, error) && compare(c, &f, r, error);
    files_clear(&f);
    return ok;
}

void rig_rerun_clear(RigRerun *r)
{
    g_free(r->detail);
    g_free(r->sentence);
    g_clear_pointer(&r->findings, g_ptr_array_unref);
    memset(r, 0, sizeof(*r));
}

static gboolean same_finding(const RigBundleFinding *a,
                             const RigBundleFinding *b)
{
    return strcmp(a->rule, b->rule) == 0 && strcmp(a->level, b->level) == 0 &&
           strcmp(a->id, b->id) == 0 &&
           strcmp(a->class_code, b->class_code) == 0 &&
           a->cycle == b->cycle;
}

gboolean rig_rerun_same_verdict(const RigRerunContext *c, const RigRerun *r)
{
    const RigManifest *m = c->bundle->manifest;
    guint n = 0;

    if (r->verdict != m->verdict) {
        return FALSE;
    }
    for (guint i = 0; i < m->findings->len; i++) {
        const RigBundleFinding *then = m->findings->pdata[i];

        if (m->place.cycle && then->cycle > m->place.cycle) {
            continue; /* behind the place where this rerun stopped */
        }
        if (n >= r->findings->len ||
            !same_finding(then, r->findings->pdata[n])) {
            return FALSE;
        }
        n++;
    }
    return n == r->findings->len;
}
