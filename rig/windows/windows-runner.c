/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The runner of a Windows guest: plan, scenarios and cycles. */
#include "windows-runner-internal.h"

#include <string.h>
#include <unistd.h>

#include "include/plan.h"
#include "loop.h"
#include "qmp.h"

/* PCI ids of the models: rig/nic-regs.h, and QEMU's pci_ids.h. */
static const struct {
    const char *nic, *id;
} hardware[] = {
    { RIG_NIC_MODEL, "PCI\\VEN_1AF4&DEV_10F5" },
    { "e1000e", "PCI\\VEN_8086&DEV_10D3" },
    { "igb", "PCI\\VEN_8086&DEV_10C9" },
    { "vmxnet3", "PCI\\VEN_15AD&DEV_07B0" },
    { "virtio-net-pci", "PCI\\VEN_1AF4&DEV_1041" },
};

const char *rig_windows_hardware_id(const char *nic)
{
    for (guint i = 0; i < G_N_ELEMENTS(hardware); i++) {
        if (strcmp(hardware[i].nic, nic) == 0) {
            return hardware[i].id;
        }
    }
    return NULL;
}

/* --- markers ------------------------------------------------------------- */

gboolean rig_runner_mark(RigWindowsRunner *r, const struct rig_marker *m)
{
    struct rig_marker copy = *m;
    g_autoptr(GError) error = NULL;

    copy.scenario = r->scenario;
    copy.cycle = r->cycle;
    if (r->lost || rig_qmp_marker(r->domain, &copy, &error)) {
        return !r->lost;
    }
    r->lost = TRUE; /* no machine any more: vm.c knows why */
    return FALSE;
}

static void mark(RigWindowsRunner *r, uint16_t kind, const char *name,
                 uint64_t status, uint64_t arg, const char *text)
{
    struct rig_marker m = { .kind = kind, .status = status, .arg = { arg } };

    g_strlcpy(m.name, name ? name : "", sizeof(m.name));
    g_strlcpy(m.text, text ? text : "", sizeof(m.text));
    rig_runner_mark(r, &m);
}

/* --- one cycle ----------------------------------------------------------- */

/* Tell the shim, if it is there, where its markers belong. */
static void tell_position(RigWindowsRunner *r)
{
    struct fields *f;

    if (!r->shim) {
        return;
    }
    f = g_new0(struct fields, 1);
    fields_clear(f);
    fields_number(f, AGENT_KEY_SCENARIO, r->scenario);
    fields_number(f, AGENT_KEY_CYCLE, r->cycle);
    rig_runner_ask(r, AGENT_REQ_POSITION, f, NULL, NULL);
    g_free(f);
}

/* Arm the step's device faults; NULL, or why that failed. */
static char *arm_faults(RigWindowsRunner *r, const RigStep *step)
{
    for (guint i = 0; i < step->device_faults->len; i++) {
        const RigDeviceFault *d = step->device_faults->pdata[i];
        g_autofree char *name = g_strdup_printf("%s%s%s", d->name,
                                                d->argument ? ":" : "",
                                                d->argument ? d->argument
                                                            : "");
        g_autoptr(GError) error = NULL;

        if (!rig_qmp_fault(r->domain, name, d->at, &error)) {
            return g_strdup(error->message);
        }
        r->armed = TRUE;
    }
    return NULL;
}

static void clear_faults(RigWindowsRunner *r)
{
    if (r->armed) {
        rig_qmp_fault(r->domain, "", 0, NULL);
        r->armed = FALSE;
    }
}

/* FALSE: the cycle cannot go on; r->broken says why, or it is a bug check. */
static gboolean run_step(RigWindowsRunner *r, const RigStep *step)
{
    const RigWindowsStep *w = rig_windows_step(step->name);
    RigStepOutcome o = { .end = RIG_STEP_SKIPPED };

    mark(r, RIG_MK_STEP_BEGIN, step->name, 0, 0, NULL);
    if (w->needs_init && r->init_failed) {
        o.text = g_strdup("MiniportInitializeEx failed");
    } else if (w->action == RIG_WINDOWS_SKIP) {
        o.text = g_strdup(w->reason);
    } else {
        g_clear_pointer(&r->broken, g_free);
        r->broken = arm_faults(r, step);
        if (!r->broken) {
            rig_runner_do(r, step, w, &o);
        }
    }
    rig_runner_drain(r);
    if (!r->panicked && !r->broken) {
        mark(r, RIG_MK_STEP_END, step->name, o.status, o.end,
             o.text ? o.text : w->reason);
    }
    g_free(o.text);
    return !r->panicked && !r->broken && !r->lost;
}

/* One for the next cycle. */
static void have_system(RigWindowsRunner *r)
{
    if (r->adrift && !r->lost) {
        rig_runner_bring_back(r);
    } else {
        rig_runner_tidy(r);
    }
}

static void end_cycle(RigWindowsRunner *r)
{
    if (r->panicked) {
        rig_runner_bugcheck(r); /* the marker, while the machine stands */
        mark(r, RIG_MK_CYCLE_END, NULL, RIG_CYCLE_BUGCHECK, 0, NULL);
        rig_runner_recover(r);
    } else if (r->broken) {
        mark(r, RIG_MK_CYCLE_END, NULL, RIG_CYCLE_BROKEN, 0, r->broken);
        g_clear_pointer(&r->broken, g_free);
        have_system(r);
    } else {
        mark(r, RIG_MK_CYCLE_END, NULL, RIG_CYCLE_DONE, 0, NULL);
        clear_faults(r);
        have_system(r);
    }
}

static void run_cycle(RigWindowsRunner *r, const RigCycle *c, unsigned number,
                      unsigned repetition)
{
    r->cycle = number;
    r->init_failed = r->asleep = FALSE;
    tell_position(r);
    mark(r, RIG_MK_CYCLE_BEGIN, NULL, 0, repetition, NULL);
    for (guint i = 0; i < c->steps->len; i++) {
        if (!run_step(r, c->steps->pdata[i])) {
            break;
        }
    }
    end_cycle(r);
    r->cycle = 0;
}

/* --- scenarios ----------------------------------------------------------- */

static gboolean can_go_on(const RigWindowsRunner *r)
{
    return !r->lost && !r->gave_up && !g_atomic_int_get(&r->stop);
}

static void run_scenario(RigWindowsRunner *r, const RigScenario *s)
{
    unsigned number = 0;

    r->open = s;
    r->dumped = FALSE;
    if (r->installed && r->have_snapshot) {
        rig_runner_restore(r); /* what the last one installed is gone */
    }
    mark(r, RIG_MK_SCENARIO_BEGIN, s->name, 0, 0, NULL);
    for (guint i = 0; i < s->cycles->len && can_go_on(r); i++) {
        const RigCycle *c = s->cycles->pdata[i];

        for (unsigned k = 1; k <= c->repeat && can_go_on(r); k++) {
            run_cycle(r, c, ++number, k);
        }
    }
    mark(r, RIG_MK_SCENARIO_END, s->name, 0, 0, NULL);
}

static void run_plan(RigWindowsRunner *r)
{
    if (!rig_runner_begin(r)) {
        mark(r, RIG_MK_PLAN_END, NULL, 1, 0, r->gave_up);
        return;
    }
    mark(r, RIG_MK_PLAN_BEGIN, NULL, 0, r->config.plan->len, NULL);
    for (guint i = 0; i < r->config.plan->len && can_go_on(r); i++) {
        r->scenario = i + 1;
        run_scenario(r, r->config.plan->pdata[i]);
    }
    r->scenario = 0;
    if (!r->lost) {
        mark(r, RIG_MK_PLAN_END, NULL, r->gave_up ? 1 : 0, 0, r->gave_up);
    }
}

static gpointer work(gpointer opaque)
{
    RigWindowsRunner *r = opaque;

    g_main_context_push_thread_default(r->context);
    run_plan(r);
    if (!r->lost) {
        rig_qmp_end(r->domain, NULL);
    }
    g_clear_pointer(&r->agent, rig_agent_free);
    g_main_context_pop_thread_default(r->context);
    return NULL;
}

/* --- interface ----------------------------------------------------------- */

RigWindowsRunner *rig_windows_runner_new(const RigWindowsRunnerConfig *c)
{
    RigWindowsRunner *r = g_new0(RigWindowsRunner, 1);

    r->config = *c;
    r->context = g_main_context_new();
    r->line = -1;
    for (guint i = 0; i < RIG_RUNNER_EVENTS; i++) {
        r->watch[i] = -1;
    }
    g_mutex_init(&r->hangup);
    r->hardware_id = rig_windows_hardware_id(c->machine->nic);
    return r;
}

void rig_windows_runner_start(RigWindowsRunner *r, virDomainPtr domain)
{
    virDomainRef(domain);
    r->domain = domain;
    rig_runner_watch(r);
    r->thread = g_thread_new("windows", work, r);
}

void rig_windows_runner_free(RigWindowsRunner *r)
{
    if (!r) {
        return;
    }
    g_atomic_int_set(&r->stop, 1);
    rig_runner_cut(r);
    g_main_context_wakeup(r->context);
    if (r->thread) {
        g_thread_join(r->thread);
    }
    for (guint i = 0; i < RIG_RUNNER_EVENTS; i++) {
        rig_qmp_forget(r->config.conn, r->watch[i]);
    }
    if (r->domain) {
        virDomainFree(r->domain);
    }
    if (r->line >= 0) {
        close(r->line);
    }
    rig_runner_answer_clear(&r->sleep);
    g_mutex_clear(&r->hangup);
    g_main_context_unref(r->context);
    g_free(r->gave_up);
    g_free(r->broken);
    g_free(r->release);
    g_free(r->panic);
    g_clear_pointer(&r->dumps, g_ptr_array_unref);
    g_free(r);
}
