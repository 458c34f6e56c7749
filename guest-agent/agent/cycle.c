/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One cycle, in its own process: open the device and go through the steps. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>
#include "agent/cycle.h"
#include "agent/linux-driver.h"
#include "agent/marker.h"
#include "agent/watchdog.h"
#include "linux/pci.h"
#include "linux/vfio.h"
#include "ndis/host.h"
#include "rig/faults.h"
#include "windows-version.h"

/* How long the cable stays out, and how long the driver has to notice. */
#define LINK_FLAP_MS 100

/* How a step ended. */
struct outcome {
    enum rig_step_end end;
    uint32_t status;            /* NDIS_STATUS */
    char text[RIG_MARKER_TEXT];
};

static struct {
    const struct cycle_context *context;
    struct vfio_device device[HOST_ADAPTERS_MAX];
    struct inf_install *install[HOST_ADAPTERS_MAX]; /* a parent may have parsed
                                                       the INF */
    bool installed;             /* step install has been done */
    bool host_open;             /* host_*() may be called */
    bool taken_back;
    const char *volatile step;  /* for the SIGALRM handler */
} cycle;

static void on_alarm(int signal, siginfo_t *info, void *ucontext)
{
    (void)signal;
    (void)info;
    host_report_hang(cycle.step ? cycle.step : "", ucontext);
    _exit(WATCHDOG_EXIT_HANG);
}

/* The agent failed: say so and end the process. */
static void broken(const char *text) __attribute__((noreturn));

static void broken(const char *text)
{
    watchdog_tell(cycle.context->watch_fd, WATCH_BROKEN, 0, text);
    _exit(HOST_EXIT_BROKEN);
}

static void refuse(struct outcome *o, const char *text)
{
    o->end = RIG_STEP_REFUSED;
    o->status = HOST_REFUSED;
    snprintf(o->text, sizeof(o->text), "%s", text);
}

/* What the NDIS host returned, as the outcome of the step. */
static void judge(struct outcome *o, uint32_t status)
{
    o->status = status;
    switch (status) {
    case HOST_FAILED:
        broken(host_error());
    case HOST_REFUSED:
        refuse(o, host_error());
        break;
    case HOST_SKIPPED:
        o->end = RIG_STEP_SKIPPED;
        snprintf(o->text, sizeof(o->text), "%s",
                 host_error() ? host_error() : "");
        break;
    default:
        o->end = RIG_STEP_DONE;
    }
}

/* Windows would load the file that the INF names, so it is to be the one. */
static bool installs_image(const struct inf_install *install, const char *sys,
                           struct outcome *o)
{
    g_autofree char *name = g_path_get_basename(sys);

    if (g_ascii_strcasecmp(install->binary, name) == 0) {
        return true;
    }
    refuse(o, "");
    snprintf(o->text, sizeof(o->text), "the INF installs %.36s (ServiceBinary),"
             " not the scenario's %.36s", install->binary, name);
    return false;
}

static void say_windows(const struct windows_version *w)
{
    if (w != WINDOWS_NEWEST) {
        marker_note("the INF has this device for Windows %u.%u at most: that "
                    "is what the driver is told, with NDIS %u.%u", w->major,
                    w->minor, RIG_NDIS_MAJOR, w->ndis_minor);
    }
}

/* The INF that fits the device, or NULL with the reason in *error. */
static struct inf_install *parse_inf(const struct cycle_context *c,
                                     const char *address, GError **error)
{
    char *ids[PCI_HARDWARE_IDS];
    struct inf_install *install;

    if (pci_hardware_ids(address, ids)) {
        return NULL;
    }
    install = inf_install(c->scenario->inf, (const char *const *)ids, error);
    pci_hardware_ids_free(ids);
    return install;
}

/* The same INF for every adapter: each has a registry of its own. */
static void parse_infs(const struct cycle_context *c, GError **error)
{
    cycle.install[0] = parse_inf(c, c->plan->device, error);
    if (cycle.install[0] && c->plan->device_2) {
        cycle.install[1] = parse_inf(c, c->plan->device_2, error);
        if (!cycle.install[1]) {
            cycle.install[0] = NULL;
        }
    }
}

static struct host_config host_config(const struct cycle_context *c)
{
    return (struct host_config) {
        .sys_path = c->scenario->sys,
        .trace = (const char *const *)c->scenario->trace,
        .adapters = c->plan->device_2 ? 2 : 1,
        .device = { &cycle.device[0], &cycle.device[1] },
        .install = { cycle.install[0], cycle.install[1] },
        .at_start = c->plan->at_start,
        .guard_pages = c->plan->guard_pages,
        .seed = c->plan->seed,
        .scenario = c->scenario_number,
        .cycle = c->cycle_number,
    };
}

void cycle_prepare(const struct cycle_context *context)
{
    struct outcome o = { .end = RIG_STEP_DONE };
    struct host_config config;

    cycle.device[0] = *context->device;
    parse_infs(context, NULL);
    if (cycle.install[0] &&
        installs_image(cycle.install[0], context->scenario->sys, &o)) {
        config = host_config(context);
        host_prepare(&config);
    }
}

static void open_devices(const struct cycle_context *c)
{
    char text[RIG_MARKER_TEXT];

    if (c->device) {
        cycle.device[0] = *c->device;
    } else if (vfio_open(&cycle.device[0], c->plan->device, c->arena_size,
                         text, sizeof(text))) {
        broken(text);
    }
    if (c->plan->device_2 &&
        vfio_open_beside(&cycle.device[1], c->plan->device_2, &cycle.device[0],
                         text, sizeof(text))) {
        broken(text);
    }
}

/* INF parsed and matched, devices opened, host prepared. False: refused. */
static bool prepare(struct outcome *o)
{
    const struct cycle_context *c = cycle.context;
    struct host_config config;
    g_autoptr(GError) error = NULL;

    if (!cycle.install[0]) {
        parse_infs(c, &error);
    }
    if (!cycle.install[0] && !error) {
        broken("the hardware ids of the device cannot be read from sysfs");
    }
    if (!cycle.install[0]) {
        refuse(o, error->message);
        return false;
    }
    if (!installs_image(cycle.install[0], c->scenario->sys, o)) {
        return false;
    }
    say_windows(cycle.install[0]->windows);
    open_devices(c);
    config = host_config(c);
    if (host_open(&config)) {
        broken(host_error());
    }
    cycle.host_open = true;
    return true;
}

static void run_install(const struct plan_step *step, struct outcome *o)
{
    if (!cycle.installed && !prepare(o)) {
        cycle.installed = true;
        return;
    }
    cycle.installed = true;
    if (cycle.host_open) {
        host_select(step->adapter);
        host_limit_messages(step->messages);
        judge(o, host_install());
    } else {
        o->end = RIG_STEP_SKIPPED;
        snprintf(o->text, sizeof(o->text), "the driver was refused");
    }
}

static void run_traffic(const struct plan_step *step, struct outcome *o)
{
    struct host_traffic traffic = {
        .frames = step->frames,
        .min_length = step->min_length,
        .max_length = step->max_length,
    };

    judge(o, host_traffic(&traffic));
}

static void sleep_ms(long ms)
{
    struct timespec left = { ms / 1000, ms % 1000 * 1000000 };

    while (nanosleep(&left, &left)) {
    }
}

static void run_link_flap(const struct plan_step *step)
{
    if (marker_command_on(step->adapter, RIG_CMD_LINK, 0, 0, NULL)) {
        broken("rig-tap cannot take the link down: does the watched NIC have "
               "a netdev?");
    }
    sleep_ms(LINK_FLAP_MS);
    if (marker_command_on(step->adapter, RIG_CMD_LINK, 1, 0, NULL)) {
        broken("rig-tap cannot bring the link up");
    }
    sleep_ms(LINK_FLAP_MS);
}

/* A step that needs the driver; the host itself knows when to skip. */
static void run_host_step(const struct plan_step *step, struct outcome *o)
{
    if (!cycle.host_open) {
        o->end = RIG_STEP_SKIPPED;
        o->status = HOST_SKIPPED;
        snprintf(o->text, sizeof(o->text), "no driver is installed");
        return;
    }
    host_settle();
    host_select(step->adapter);
    switch (step->kind) {
    case PLAN_INIT:
        judge(o, host_initialize(step->post_failure));
        break;
    case PLAN_RESTART:
        judge(o, host_restart());
        break;
    case PLAN_TRAFFIC:
        run_traffic(step, o);
        break;
    case PLAN_PAUSE:
        judge(o, host_pause());
        break;
    case PLAN_HALT:
        judge(o, host_halt(step->action));
        break;
    case PLAN_POWER:
        judge(o, host_set_power(step->low_power));
        break;
    case PLAN_RESET:
        judge(o, host_reset());
        break;
    case PLAN_SURPRISE_REMOVE:
        judge(o, host_surprise_remove());
        break;
    case PLAN_SHUTDOWN:
        judge(o, host_shutdown(step->action));
        break;
    case PLAN_REMOVE:
        judge(o, host_remove());
        break;
    case PLAN_UNLOAD:
        judge(o, host_unload());
        break;
    default:
        g_assert_not_reached();
    }
    if (o->end != RIG_STEP_SKIPPED &&
        (step->kind == PLAN_REMOVE || step->kind == PLAN_UNLOAD)) {
        cycle.taken_back = host_taken_back();
    }
}

/*
 * Faults of the device are armed after the step's marker, so that they strike
 * within it, and are cleared when the driver's life is over, by PID 1 if this
 * process does not get that far.
 */
static void arm_device_faults(const struct plan_step *step)
{
    for (unsigned i = 0; i < step->n_device_faults; i++) {
        const struct plan_device_fault *fault = &step->device_faults[i];
        int result = marker_command_on(step->adapter, RIG_CMD_FAULT,
                                       fault->ordinal, 0, fault->spec);
        char text[RIG_MARKER_TEXT];

        if (result) {
            snprintf(text, sizeof(text), "device fault %s@%u cannot be armed: "
                     "%s", fault->spec, fault->ordinal, strerror(-result));
            broken(text);
        }
    }
}

/* A step of Linux's own driver, which knows nothing of the NDIS host. */
static void run_linux_step(const struct plan_step *step, struct outcome *o)
{
    switch (linux_driver_step(cycle.context, step, o->text,
                              sizeof(o->text))) {
    case LINUX_DONE:
        o->end = RIG_STEP_DONE;
        break;
    case LINUX_SKIPPED:
        o->end = RIG_STEP_SKIPPED;
        break;
    case LINUX_REFUSED:
        o->end = RIG_STEP_REFUSED;
        break;
    case LINUX_FAILED:
        broken(o->text);
    }
}

/* A device fault that never strikes counts how often it could have. */
static void begin_counting(const struct cycle_sweep *sweep)
{
    for (char **fault = sweep->count; fault && *fault; fault++) {
        int ret = marker_command(RIG_CMD_FAULT, RIG_FAULT_ORDINAL_MAX, 0,
                                 *fault);

        if (ret) {
            marker_note("device fault %s cannot be armed: %s", *fault,
                        strerror(-ret));
        }
    }
}

static void count_occasions(const struct cycle_sweep *sweep, uint32_t *n)
{
    for (unsigned i = 0; sweep->count && sweep->count[i]; i++) {
        char name[RIG_FAULT_SPEC_MAX + 1];
        int occasions;

        snprintf(name, sizeof(name), "%.*s",
                 (int)strcspn(sweep->count[i], ":"), sweep->count[i]);
        occasions = marker_command(RIG_CMD_OCCASIONS, 0, 0, name);
        n[i] = occasions > 0 ? (uint32_t)occasions : 0;
    }
}

/* Hooks of the NDIS host: a call is about to fail; has the device failed? */
static void on_strike(void)
{
    static bool done;

    if (!done) {
        done = true;
        count_occasions(cycle.context->sweep, cycle.context->sweep->before);
    }
}

static bool device_struck(void)
{
    const struct cycle_sweep *sweep = cycle.context->sweep;

    return sweep->await &&
           marker_command(RIG_CMD_OCCASIONS, 0, 0, sweep->await) >=
               (int64_t)sweep->await_ordinal;
}

static void begin_recording(const struct cycle_sweep *sweep)
{
    const struct host_record_hooks hooks = { on_strike, device_struck };

    if (sweep && sweep->points) {
        host_record_points(sweep->points, sweep->record, &hooks);
    }
}

static void end_counting(const struct cycle_sweep *sweep)
{
    count_occasions(sweep, sweep->occasions);
    if (sweep->count && sweep->count[0]) {
        marker_command(RIG_CMD_FAULT, 0, 0, "");
    }
}

static void run_step(const struct plan_step *step)
{
    const char *name = plan_step_name(step->kind);
    struct rig_marker m = { .kind = RIG_MK_STEP_END };
    struct outcome o = { .end = RIG_STEP_DONE };

    cycle.step = name;
    marker_simple(RIG_MK_STEP_BEGIN, name, 0);
    host_set_faults(step->faults, step->n_faults);
    arm_device_faults(step);
    if (step == cycle.context->cycle->steps && cycle.context->sweep) {
        begin_counting(cycle.context->sweep);
    }
    if (step->kind == PLAN_INSTALL) {
        run_install(step, &o);
    } else if (step->kind == PLAN_LINK_FLAP) {
        run_link_flap(step);
    } else if (cycle.context->scenario->linux_driver) {
        run_linux_step(step, &o);
    } else {
        run_host_step(step, &o);
    }
    if (cycle.host_open) {
        host_settle();
    }
    m.status = o.status;
    m.arg[0] = o.end;
    snprintf(m.name, sizeof(m.name), "%s", name);
    memcpy(m.text, o.text, sizeof(m.text));
    marker_emit(&m);
    cycle.step = NULL;
}

/* Signals as a fresh process has them, and SIGALRM for the watchdog. */
static void set_signals(void)
{
    struct sigaction alarm = {
        .sa_sigaction = on_alarm,
        .sa_flags = SA_SIGINFO | SA_ONSTACK,
    };
    static const int fatal[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT };

    for (size_t i = 0; i < G_N_ELEMENTS(fatal); i++) {
        signal(fatal[i], SIG_DFL);
    }
    sigaction(SIGALRM, &alarm, NULL);
}

bool cycle_has_device_faults(const struct plan_cycle *plan)
{
    for (unsigned i = 0; i < plan->n_steps; i++) {
        if (plan->steps[i].n_device_faults ||
            plan->steps[i].kind == PLAN_SURPRISE_REMOVE) {
            return true;
        }
    }
    return false;
}

void cycle_clear_device_faults(const struct cycle_context *context)
{
    marker_command(RIG_CMD_FAULT, 0, 0, "");
    if (context->plan->device_2) {
        marker_command_on(1, RIG_CMD_FAULT, 0, 0, "");
    }
}

void cycle_run(const struct cycle_context *context)
{
    bool told = false;

    cycle.context = context;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    set_signals();
    begin_recording(context->sweep);
    for (unsigned i = 0; i < context->cycle->n_steps; i++) {
        watchdog_tell(context->watch_fd, WATCH_STEP, i, NULL);
        host_set_step(i, context->sweep && context->sweep->recorded[i]);
        run_step(&context->cycle->steps[i]);
        if (cycle.taken_back && !told) {
            watchdog_tell(context->watch_fd, WATCH_TAKEN_BACK, 0, NULL);
            told = true;
        }
    }
    if (context->sweep) {
        end_counting(context->sweep);
    }
    if (cycle_has_device_faults(context->cycle)) {
        cycle_clear_device_faults(context);
    }
    watchdog_tell(context->watch_fd, WATCH_STEPS_DONE, 0, NULL);
    _exit(0);
}
