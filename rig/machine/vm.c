/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One virtual machine from start to end.
 *
 * Three threads: this one runs the main loop (stream, limits, signals), the
 * libvirt event loop turns in its own (virt.c), and a short-lived one sits in
 * virDomainCreateXML() so that neither limits nor Ctrl-C wait for it. The
 * life of the machine ends with the first of: end of stream, closed socket,
 * invalid stream, failed start, a limit, an interrupt. Whatever came in until
 * then stays.
 */
#include "vm.h"

#include <gio/gio.h>
#include <string.h>

#include "loop.h"
#include "starved.h"
#include "supervisor.h"
#include "tap.h"
#include "virt.h"

#define TICK_MS 100

/* After the socket closed, libvirt knows within this time why. */
#define REASON_WAIT_MS 2000

/* What libvirt's event thread knows; it may outlive the RigVm. */
typedef struct Life {
    GMutex lock;
    GCond gone;
    gboolean guest_shut_down; /* power-off or reboot by the guest */
    gboolean stopped;
} Life;

struct RigVm {
    RigVmConfig config;
    RigVmEnd end;
    GMainContext *context;
    GMainLoop *loop;
    RigTap *tap;
    GThread *creator;
    GSource *ticker;
    GSource *created;       /* calls on_created(); a reference of ours */
    int lifecycle;          /* libvirt callback id, -1: none */
    gint64 started;         /* monotonic, us */
    gint64 last_data;
    gboolean heard;         /* something since the last tick */
    uint64_t starved;       /* QEMU's waiting, in ms, by the tick after it */
    gboolean closed;        /* the stream, before libvirt had started QEMU */
    gboolean over;
    Life *life;             /* g_atomic_rc_box */
    RigVm *other;           /* that runs beside it, NULL: none more */

    /* Written by the creating thread before it posts on_created(). */
    virDomainPtr domain;
    char *create_error;
};

static RigVm *running;      /* those that were started and not waited for */
static RigVm *held;         /* the one that is kept, stopped */
static gboolean interrupted;

static uint64_t ms_since(const RigVm *vm)
{
    return (g_get_monotonic_time() - vm->started) / 1000;
}

/* End the loop with @outcome; the first call wins. Takes @detail. */
static void finish(RigVm *vm, RigOutcome outcome, char *detail)
{
    if (vm == held) { /* its verdict stands */
        g_free(detail);
        g_main_loop_quit(vm->loop);
        return;
    }
    if (vm->over) {
        g_free(detail);
        return;
    }
    vm->over = TRUE;
    vm->end.outcome = outcome;
    vm->end.detail = detail;
    vm->end.ended_ms = ms_since(vm);
    g_main_loop_quit(vm->loop);
}

/* --- libvirt ------------------------------------------------------------ */

static int on_lifecycle(virConnectPtr conn, virDomainPtr dom, int event,
                        int detail, void *opaque)
{
    Life *life = opaque;

    (void)conn;
    (void)dom;
    g_mutex_lock(&life->lock);
    if (event == VIR_DOMAIN_EVENT_SHUTDOWN &&
        detail == VIR_DOMAIN_EVENT_SHUTDOWN_GUEST) {
        life->guest_shut_down = TRUE;
    } else if (event == VIR_DOMAIN_EVENT_STOPPED) {
        life->stopped = TRUE;
        g_cond_broadcast(&life->gone);
    }
    g_mutex_unlock(&life->lock);
    return 0;
}

static Life *life_new(void)
{
    Life *life = g_atomic_rc_box_new0(Life);

    g_mutex_init(&life->lock);
    g_cond_init(&life->gone);
    return life;
}

static void life_clear(gpointer p)
{
    Life *life = p;

    g_mutex_clear(&life->lock);
    g_cond_clear(&life->gone);
}

static void life_release(void *life)
{
    g_atomic_rc_box_release_full(life, life_clear);
}

static void on_closed(void *opaque, const char *error);

static gboolean on_created(gpointer opaque)
{
    RigVm *vm = opaque;

    if (vm->domain) {
        vm->end.created_ms = ms_since(vm);
        vm->last_data = g_get_monotonic_time();
        if (vm->config.created) {
            vm->config.created(vm->domain, vm->config.opaque);
        }
        if (vm->closed) {
            on_closed(vm, NULL);
        }
    } else {
        finish(vm, RIG_OUTCOME_START_FAILED,
               g_strdup_printf("QEMU did not start: %s", vm->create_error));
    }
    return G_SOURCE_REMOVE;
}

static gpointer create_domain(gpointer opaque)
{
    RigVm *vm = opaque;

    vm->domain = virDomainCreateXML(
        vm->config.conn, vm->config.xml,
        vm->config.autodestroy ? VIR_DOMAIN_START_AUTODESTROY : 0);
    if (!vm->domain) {
        vm->create_error = rig_virt_error();
    }
    /* Once attached, the other thread may be done with it at any moment. */
    vm->created = g_idle_source_new();
    rig_loop_attach(vm->context, g_source_ref(vm->created), on_created, vm);
    return NULL;
}

/* --- stream ------------------------------------------------------------- */

/* What the guest did since the last data was of the scenario that it was in. */
static void add_time(RigVm *vm, unsigned scenario, gint64 us)
{
    GArray *all = vm->end.scenario_us;

    if (scenario) {
        g_array_set_size(all, MAX(all->len, scenario));
        g_array_index(all, uint64_t, scenario - 1) += us;
    }
}

static void on_data(void *opaque, const void *bytes, size_t length)
{
    RigVm *vm = opaque;
    gint64 before = vm->last_data;
    unsigned scenario;
    RigProgress p;

    rig_monitor_progress(vm->config.monitor, &p);
    scenario = p.scenario;
    vm->last_data = g_get_monotonic_time();
    vm->heard = TRUE;
    if (!rig_monitor_feed(vm->config.monitor, bytes, length)) {
        finish(vm, RIG_OUTCOME_STREAM_INVALID,
               g_strdup("The event stream contradicts itself."));
        return;
    }
    rig_monitor_progress(vm->config.monitor, &p);
    if (p.booted && !vm->end.booted_ms) { /* until now it was booting */
        vm->end.booted_ms = ms_since(vm);
    } else {
        add_time(vm, scenario ? scenario : p.scenario, vm->last_data - before);
    }
    if (p.ended || p.reached || (vm->config.stops && p.stopped)) {
        finish(vm, RIG_OUTCOME_OK, NULL);
    }
}

/* Does libvirt say within REASON_WAIT_MS that the guest ended by itself? */
static gboolean guest_ended_itself(RigVm *vm)
{
    gint64 until = g_get_monotonic_time() + REASON_WAIT_MS * 1000;
    Life *life = vm->life;
    gboolean by_guest;

    g_mutex_lock(&life->lock);
    while (!life->stopped &&
           g_cond_wait_until(&life->gone, &life->lock, until)) {
    }
    by_guest = life->guest_shut_down;
    g_mutex_unlock(&life->lock);
    return by_guest;
}

static void on_closed(void *opaque, const char *error)
{
    RigVm *vm = opaque;

    if (vm->over) { /* others may still be running */
        return;
    }
    if (error) {
        finish(vm, RIG_OUTCOME_STREAM_CUT, g_strdup(error));
    } else if (!vm->end.created_ms) {
        vm->closed = TRUE; /* libvirt is about to say why */
    } else if (!guest_ended_itself(vm)) {
        finish(vm, RIG_OUTCOME_QEMU_DIED,
               g_strdup("QEMU ended or was killed in the middle of the run."));
    } else if (!vm->end.booted_ms) {
        finish(vm, RIG_OUTCOME_GUEST_NEVER_BOOTED,
               g_strdup("The guest never booted: it stopped before its "
                        "agent began the plan."));
    } else {
        finish(vm, RIG_OUTCOME_STREAM_CUT,
               g_strdup("The guest stopped in the middle of its plan."));
    }
}

/* --- limits ------------------------------------------------------------- */

static unsigned limit_of(unsigned given, unsigned usual)
{
    return given ? given : usual;
}

static void check_limits(RigVm *vm)
{
    uint64_t starved = rig_starved_ms(rig_tap_peer(vm->tap));
    uint64_t now = rig_fair_ms(ms_since(vm), starved);
    unsigned boot = limit_of(vm->config.boot_seconds, RIG_BOOT_LIMIT);
    unsigned silence = limit_of(vm->config.silence_seconds,
                                RIG_SILENCE_LIMIT);
    uint64_t silent;

    if (vm->heard || starved < vm->starved) { /* a thread has ended */
        vm->heard = FALSE;
        vm->starved = starved;
    }
    silent = rig_fair_ms((g_get_monotonic_time() - vm->last_data) / 1000,
                         starved - vm->starved);
    if (now >= vm->config.wall_seconds * UINT64_C(1000)) {
        finish(vm, RIG_OUTCOME_TIMEOUT,
               g_strdup_printf("The machine did not end within its limit of "
                               "%u s.", vm->config.wall_seconds));
    } else if (vm->end.created_ms && !vm->end.booted_ms &&
               now >= vm->end.created_ms + boot * UINT64_C(1000)) {
        finish(vm, RIG_OUTCOME_GUEST_NEVER_BOOTED,
               g_strdup_printf("The guest never booted: its agent did not "
                               "begin the plan within %u s.", boot));
    } else if (vm->end.booted_ms && silent >= silence * UINT64_C(1000)) {
        finish(vm, RIG_OUTCOME_TIMEOUT,
               g_strdup_printf("The guest was silent for %u s.", silence));
    }
}

static gboolean on_tick(gpointer opaque)
{
    RigVm *vm = opaque;

    if (!vm->over) {
        check_limits(vm);
    }
    if (vm->config.tick && !vm->over) {
        vm->config.tick(vm->config.opaque);
    }
    return G_SOURCE_CONTINUE;
}

void rig_vm_interrupt(void)
{
    interrupted = TRUE;
    for (RigVm *vm = running; vm; vm = vm->other) {
        vm->end.interrupted |= !vm->over;
        finish(vm, RIG_OUTCOME_STREAM_CUT,
               g_strdup("The user stopped the run."));
    }
}

/* --- life --------------------------------------------------------------- */

static void create(RigVm *vm)
{
    vm->lifecycle = virConnectDomainEventRegisterAny(
        vm->config.conn, NULL, VIR_DOMAIN_EVENT_ID_LIFECYCLE,
        VIR_DOMAIN_EVENT_CALLBACK(on_lifecycle),
        g_atomic_rc_box_acquire(vm->life), life_release);
    vm->ticker = rig_loop_attach(vm->context, g_timeout_source_new(TICK_MS),
                                 on_tick, vm);
    vm->creator = g_thread_new("create", create_domain, vm);
}

RigVm *rig_vm_start(const RigVmConfig *config, GError **error)
{
    RigVm *vm = g_new0(RigVm, 1);
    RigTapReader reader = { on_data, on_closed, vm };

    vm->config = *config;
    vm->lifecycle = -1;
    vm->started = vm->last_data = g_get_monotonic_time();
    vm->end.scenario_us = g_array_new(FALSE, TRUE, sizeof(uint64_t));
    vm->life = life_new();
    vm->context = rig_loop_context();
    vm->loop = g_main_loop_new(vm->context, FALSE);
    vm->tap = rig_tap_listen(config->tap_socket, config->events, &reader,
                             error);
    if (!vm->tap) {
        rig_vm_free(vm);
        return NULL;
    }
    vm->other = running;
    running = vm;
    if (interrupted) {
        rig_vm_interrupt();
    } else {
        create(vm);
    }
    return vm;
}

void rig_vm_wait(RigVm *const *vms, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        if (!vms[i]->over) { /* all are served by any loop of this thread */
            g_main_loop_run(vms[i]->loop);
        }
    }
    running = NULL;
}

RigVm *rig_vm_run(const RigVmConfig *config, GError **error)
{
    RigVm *vm = rig_vm_start(config, error);

    if (vm) {
        rig_vm_wait(&vm, 1);
    }
    return vm;
}

/* --- holding -------------------------------------------------------------- */

static gboolean on_held_long_enough(gpointer opaque)
{
    g_main_loop_quit(((RigVm *)opaque)->loop);
    return G_SOURCE_CONTINUE;
}

gboolean rig_vm_release(void)
{
    if (!held) {
        return FALSE;
    }
    g_main_loop_quit(held->loop);
    return TRUE;
}

gboolean rig_vm_hold(RigVm *vm, unsigned seconds)
{
    GSource *limit;

    if (!vm->domain || vm->end.outcome == RIG_OUTCOME_QEMU_DIED ||
        virDomainSuspend(vm->domain) != 0) {
        return FALSE;
    }
    limit = rig_loop_attach(vm->context, g_timeout_source_new_seconds(seconds),
                            on_held_long_enough, vm);
    g_source_destroy(vm->ticker); /* its limits are for a machine that runs */
    vm->ticker = NULL;
    vm->over = FALSE;             /* a QEMU that ends ends this, too */
    held = vm;
    g_main_loop_run(vm->loop);
    held = NULL;
    g_source_destroy(limit);
    return TRUE;
}

const RigVmEnd *rig_vm_end(const RigVm *vm)
{
    return &vm->end;
}

virDomainPtr rig_vm_domain(const RigVm *vm)
{
    if (vm->creator && vm->end.created_ms) {
        return vm->domain;
    }
    return NULL;
}

/*
 * Destroying fails when the machine is gone already, and when libvirt is: its
 * daemon may have died or been restarted, and QEMU outlives that. Its console
 * is beside our socket, so it is known by that directory.
 */
static void destroy_domain(RigVm *vm)
{
    g_autofree char *dir = g_path_get_dirname(vm->config.tap_socket);

    if ((!vm->domain || virDomainDestroy(vm->domain) < 0) &&
        virConnectIsAlive(vm->config.conn) != 1) {
        rig_kill_qemu_of(dir);
    }
    if (vm->domain) {
        virDomainFree(vm->domain);
    }
}

void rig_vm_free(RigVm *vm)
{
    if (!vm) {
        return;
    }
    if (vm->ticker) {
        g_source_destroy(vm->ticker);
    }
    if (vm->creator) {
        g_thread_join(vm->creator);
        g_source_destroy(vm->created);
        g_source_unref(vm->created);
    }
    /* A QEMU that ends waits for the reader of its stream, while there is one. */
    rig_tap_free(vm->tap);
    destroy_domain(vm);
    if (vm->lifecycle >= 0) {
        virConnectDomainEventDeregisterAny(vm->config.conn, vm->lifecycle);
    }
    g_main_loop_unref(vm->loop);
    life_release(vm->life);
    g_free(vm->create_error);
    g_free(vm->end.detail);
    g_array_unref(vm->end.scenario_us);
    g_free(vm);
}
