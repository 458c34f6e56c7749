/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Running a sweep.
 *
 * A process of its own runs it, so that PID 1 keeps nothing of it. That one
 * opens the device once, and after the first cycle has shown that INF and
 * image are good, it parses and loads them once, too; the process of a cycle
 * is forked from there and has only the driver to run. Before each cycle the
 * device is compared with what it was before the first one.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/pci_regs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "agent/marker.h"
#include "agent/runner.h"
#include "agent/sweep-run.h"
#include "agent/sweep.h"
#include "linux/device-state.h"
#include "linux/pci.h"
#include "linux/system.h"
#include "linux/vfio.h"
#include "rig/faults.h"

/* What the sweep's process leaves to PID 1. */
struct report {
    unsigned cycles;
    unsigned long rss_first_kib, rss_last_kib;
    char err[RIG_MARKER_TEXT];
};

struct sweep_shared;

struct sweep_run {
    struct cycle_context context;
    struct cycle_sweep extra;      /* of the cycle that runs */
    struct sweep *sweep;
    struct sweep_shared *shared;
    char await[RIG_FAULT_SPEC_MAX + 1];
    struct vfio_device device;
    int config;                    /* pci_config_open(), or -1 */
    struct report *report;
};

static void *shared_memory(size_t size)
{
    void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
                   MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    return p == MAP_FAILED ? NULL : p;
}

/* --- the cycle's plan ------------------------------------------------- */

/* Room for the faults of the plan and those of the sweep. */
struct cycle_plan {
    struct plan_cycle cycle;
    struct plan_step step[PLAN_STEPS_MAX];
    struct host_fault api[SWEEP_K_MAX][PLAN_FAULTS_MAX + SWEEP_K_MAX];
    struct plan_device_fault device[PLAN_FAULTS_MAX + SWEEP_K_MAX];
    char spec[SWEEP_K_MAX][RIG_FAULT_SPEC_MAX + 1];
};

/*
 * One mapping that all processes share: what a cycle's process tells, and what
 * would be copied with every fork because it is written before each.
 */
struct sweep_shared {
    struct host_points points;
    uint32_t occasions[SWEEP_DEVICE_MAX], before[SWEEP_DEVICE_MAX];
    struct cycle_plan plan;
    struct device_state first, now;
};

static const struct plan_sweep *params_of(const struct sweep_run *r)
{
    return r->context.scenario->sweep;
}

static void add_api_fault(struct sweep_run *r, struct cycle_plan *p,
                          unsigned at, const struct sweep_fault *f)
{
    struct plan_step *step = &p->step[f->step];
    struct host_fault *list = p->api[at];
    unsigned n = step->n_faults;

    if (n) {
        memcpy(list, step->faults, n * sizeof(*list));
    }
    list[n] = (struct host_fault) {
        .api = host_export_name(f->number),
        .occurrence = f->occurrence,
        .status = params_of(r)->status,
    };
    step->faults = list;
    step->n_faults = n + 1;
}

/* Device faults are armed when the cycle begins, in its first step. */
static void add_device_fault(struct sweep_run *r, struct cycle_plan *p,
                             unsigned at, const struct sweep_fault *f)
{
    struct plan_step *step = &p->step[0];
    unsigned n = step->n_device_faults;

    if (step->device_faults != p->device && n) {
        memcpy(p->device, step->device_faults, n * sizeof(p->device[0]));
    }
    snprintf(p->spec[at], sizeof(p->spec[at]), "%s",
             params_of(r)->device_faults[f->number]);
    p->device[n] = (struct plan_device_fault) { p->spec[at], f->occurrence };
    step->device_faults = p->device;
    step->n_device_faults = n + 1;
}

static void make_plan(struct sweep_run *r, const struct sweep_cycle *c,
                      struct cycle_plan *p)
{
    const struct sweep_life *life = sweep_life(r->sweep, c->life);

    memset(&r->extra, 0, sizeof(r->extra));
    for (unsigned i = 0; i < life->n_steps; i++) {
        p->step[i] = life->step[i].step;
        r->extra.recorded[i] = life->step[i].recorded;
    }
    for (unsigned i = 0; i < c->n_faults; i++) {
        const struct sweep_fault *f = &c->fault[i];

        if (f->kind == RIG_POINT_API) {
            add_api_fault(r, p, i, f);
        } else if (f->kind == RIG_POINT_DEVICE) {
            add_device_fault(r, p, i, f);
        } else if (f->kind == RIG_POINT_RESOURCE) {
            p->step[0].messages = f->argument; /* step install */
        }
    }
    p->cycle = (struct plan_cycle) { 1, p->step, life->n_steps };
    r->context.cycle = &p->cycle;
}

/* What is to be recorded, and from when on. */
static void make_recording(struct sweep_run *r, const struct sweep_cycle *c)
{
    const struct sweep_fault *first = &c->fault[0];
    bool life = c->n_faults == 0;

    if (!c->record) {
        return;
    }
    r->shared->points.n = 0;
    r->extra.points = &r->shared->points;
    r->extra.record = c->again ? 0
                    : life ? HOST_RECORD_ALL | HOST_RECORD_MARK
                    : first->kind == RIG_POINT_RESOURCE ? HOST_RECORD_ALL : 0;
    if (!life && first->kind == RIG_POINT_DEVICE) {
        const char *spec = r->shared->plan.spec[0];

        snprintf(r->await, sizeof(r->await), "%.*s",
                 (int)strcspn(spec, ":"), spec);
        r->extra.await = r->await;
        r->extra.await_ordinal = first->occurrence;
    } else if (life ? c->again : first->kind == RIG_POINT_API) {
        memset(r->shared->occasions, 0, sizeof(r->shared->occasions));
        memset(r->shared->before, 0, sizeof(r->shared->before));
        r->extra.count = params_of(r)->device_faults;
        r->extra.occasions = r->shared->occasions;
        r->extra.before = r->shared->before;
    }
}

/* --- markers ---------------------------------------------------------- */

static void announce_fault(const struct sweep_run *r,
                           const struct sweep_fault *f)
{
    struct rig_marker m = {
        .kind = RIG_MK_CYCLE_PLAN,
        .object = f->point,
        .status = f->kind == RIG_POINT_API ? params_of(r)->status : 0,
        .caller = f->caller,
        .arg = { f->occurrence, f->kind, sweep_known(r->sweep) },
    };
    const char *name =
        f->kind == RIG_POINT_API ? host_export_name(f->number) :
        f->kind == RIG_POINT_DEVICE ? params_of(r)->device_faults[f->number] :
        f->kind == RIG_POINT_LIFE ? sweep_life(r->sweep, f->life)->name :
        "interrupts granted";

    snprintf(m.name, sizeof(m.name), "%s", name);
    sweep_spec(r->sweep, f, m.text, sizeof(m.text));
    marker_emit(&m);
}

static void announce(const struct sweep_run *r, const struct sweep_cycle *c)
{
    const struct sweep_fault life = { .kind = RIG_POINT_LIFE,
                                      .life = (uint16_t)c->life };

    marker_set_position(r->context.scenario_number, r->context.cycle_number);
    if (c->n_faults == 0) {
        announce_fault(r, &life);
    }
    for (unsigned i = 0; i < c->n_faults; i++) {
        announce_fault(r, &c->fault[i]);
    }
}

/* --- the device ------------------------------------------------------- */

/*
 * Linux leaves INTx Disable set when MSI-X was on while the function went
 * through D3, and VFIO does not show that bit as it is.
 */
static void allow_intx(struct sweep_run *r)
{
    uint16_t command;

    if (pread(r->config, &command, 2, PCI_COMMAND) == 2 &&
        (command & PCI_COMMAND_INTX_DISABLE)) {
        command &= ~PCI_COMMAND_INTX_DISABLE;
        if (pwrite(r->config, &command, 2, PCI_COMMAND) != 2) {
            marker_note("INTx Disable cannot be cleared: %s",
                        strerror(errno));
        }
    }
}

/* Is it as it was? A reset is tried first; what stays different is said. */
static int check_device(struct sweep_run *r, char *err, size_t errlen)
{
    struct device_state *first = &r->shared->first, *now = &r->shared->now;

    allow_intx(r);
    if (vfio_enable(&r->device, err, errlen)) {
        return -1;
    }
    for (unsigned attempt = 0; ; attempt++) {
        if (device_state_read(&r->device, now)) {
            snprintf(err, errlen, "%s: its state cannot be read: %s",
                     r->device.address, strerror(errno));
            return -1;
        }
        if (first->n == 0) {
            *first = *now;
        }
        if (device_state_same(first, now, r->extra.difference,
                              sizeof(r->extra.difference)) || attempt ||
            !r->device.can_reset || vfio_reset(&r->device) ||
            vfio_enable(&r->device, err, errlen)) {
            break;
        }
    }
    r->extra.digest = device_state_digest(now);
    return 0;
}

/* --- the sweep -------------------------------------------------------- */

static int run_one(struct sweep_run *r, const struct sweep_cycle *c)
{
    enum rig_cycle_end end = RIG_CYCLE_BROKEN;
    size_t errlen = sizeof(r->report->err);
    int ret;

    make_plan(r, c, &r->shared->plan);
    make_recording(r, c);
    r->context.sweep = &r->extra;
    if (r->context.device && check_device(r, r->report->err, errlen)) {
        return -1;
    }
    announce(r, c);
    ret = runner_cycle(&r->context, 1, &end, r->report->err, errlen);
    if (end != RIG_CYCLE_DONE && r->extra.count) {
        marker_command(RIG_CMD_FAULT, 0, 0, "");
    }
    if (ret == 0 && c->record) {
        sweep_learn(r->sweep, c, &r->shared->points, r->extra.occasions,
                    r->extra.before);
    }
    if (r->report->cycles++ == 0) {
        if (ret == 0 && end == RIG_CYCLE_DONE && r->context.device) {
            cycle_prepare(&r->context);
        }
        r->report->rss_first_kib = system_rss_kib();
    }
    return ret;
}

static int run_all(struct sweep_run *r)
{
    struct sweep_cycle c;

    r->shared = shared_memory(sizeof(*r->shared));
    if (!r->shared) {
        snprintf(r->report->err, sizeof(r->report->err),
                 "no memory for a sweep");
        return -1;
    }
    /* If it fails, the first cycle does it again and says why. */
    if (vfio_open(&r->device, r->context.plan->device, r->context.arena_size,
                  r->report->err, sizeof(r->report->err)) == 0) {
        r->context.device = &r->device;
    }
    r->config = pci_config_open(r->context.plan->device);
    r->sweep = sweep_new(params_of(r), &r->context.scenario->cycles[0],
                         r->device.msix_vectors, host_export_name);
    while (sweep_next(r->sweep, &c)) {
        r->context.cycle_number++;
        if (run_one(r, &c)) {
            return -1;
        }
    }
    /* What the last cycle left is put right, too, as before a next one. */
    if (r->context.device &&
        check_device(r, r->report->err, sizeof(r->report->err))) {
        return -1;
    }
    marker_set_position(r->context.scenario_number, 0);
    marker_emit(&(struct rig_marker){ .kind = RIG_MK_NOTE,
                                      .name = PLAN_SWEEP_DONE });
    r->report->rss_last_kib = system_rss_kib();
    return 0;
}

/* In the sweep's process. */
static void run_process(const struct cycle_context *context,
                        struct report *report) __attribute__((noreturn));

static void run_process(const struct cycle_context *context,
                        struct report *report)
{
    static struct sweep_run r;

    r.context = *context;
    r.report = report;
    madvise(report, sizeof(*report), MADV_DONTFORK);
    _exit(run_all(&r) ? 1 : 0);
}

int sweep_run(const struct cycle_context *context, unsigned *cycles,
              char *err, size_t errlen)
{
    struct report *report = shared_memory(sizeof(*report));
    int status = 0;
    pid_t pid;

    pid = report ? fork() : -1;
    if (pid == 0) {
        run_process(context, report);
    }
    if (pid < 0) {
        snprintf(err, errlen, "no process for the sweep: %s",
                 strerror(errno));
        return -1;
    }
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    *cycles += report->cycles;
    printf("rig-agent: sweep of %u cycles, resident %lu KiB after the first, "
           "%lu KiB after the last\n", report->cycles, report->rss_first_kib,
           report->rss_last_kib);
    fflush(stdout);
    report->err[sizeof(report->err) - 1] = '\0';
    if (WIFSIGNALED(status)) {
        snprintf(err, errlen, "the process of the sweep died of signal %d",
                 WTERMSIG(status));
    } else if (status) {
        snprintf(err, errlen, "%s", report->err);
    }
    munmap(report, sizeof(*report));
    return status ? -1 : 0;
}
