/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a schema cannot say about a scenario with one of Linux's own drivers. */
#include <string.h>

#include "include/plan.h"
#include "problem.h"
#include "scenario-check.h"

/* QEMU's models and the modules that serve them in Linux 6.1. */
static const struct {
    const char *module, *nic;
} served[] = {
    { "e1000e", "e1000e" },
    { "igb", "igb" },
    { "virtio_net", "virtio-net-pci" },
    { "vmxnet3", "vmxnet3" },
};

void rig_scenario_check_linux_driver(const RigScenario *s,
                                     GPtrArray *problems)
{
    for (guint i = 0; i < G_N_ELEMENTS(served); i++) {
        if (strcmp(served[i].module, s->linux_driver) == 0 &&
            strcmp(served[i].nic, s->machine.nic) != 0) {
            rig_problem(problems, s->file, 0, "machine: Linux's %s does not "
                        "serve %s; use <machine nic=\"%s\"/>",
                        s->linux_driver, s->machine.nic, served[i].nic);
        }
    }
    if (s->rules->len) {
        const RigRuleRef *r = s->rules->pdata[0];

        rig_problem(problems, s->file, r->line, "rule \"%s\" is about NDIS "
                    "drivers; remove it: Linux's own are judged by what "
                    "/proc/interrupts counts", r->name);
    }
}

static void check_step(const RigScenario *s, const RigStep *step,
                       gboolean bound, unsigned vfs, GPtrArray *problems)
{
    gboolean bind = strcmp(step->name, RIG_STEP_BIND) == 0;

    if (!bind && strcmp(step->name, RIG_STEP_TRAFFIC) != 0 &&
        strcmp(step->name, RIG_STEP_LINK_FLAP) != 0 &&
        strcmp(step->name, RIG_STEP_SRIOV) != 0 &&
        strcmp(step->name, RIG_STEP_UNBIND) != 0) {
        rig_problem(problems, s->file, step->line, "step \"%s\" is for NDIS "
                    "drivers; use bind, traffic, link-flap, sriov and unbind",
                    step->name);
    } else if (bind == bound) {
        rig_problem(problems, s->file, step->line, "step \"%s\" while the "
                    "driver is %sbound; %s", step->name, bound ? "" : "not ",
                    bound ? "unbind before it" : "bind before it");
    }
    if (step->faults->len || step->device_faults->len) {
        rig_problem(problems, s->file, step->line, "faults are for NDIS "
                    "drivers; remove them");
    }
    if (step->frames && step->vf >= (int)vfs) {
        rig_problem(problems, s->file, step->line, "there is no VF %d here; "
                    "put <sriov vfs=\"%d\"/> before the traffic", step->vf,
                    step->vf + 1);
    }
    if (strcmp(step->name, RIG_STEP_SRIOV) == 0 &&
        strcmp(s->linux_driver, "igb") != 0) {
        rig_problem(problems, s->file, step->line, "%s has no VFs in this "
                    "rig; igb has", s->machine.nic);
    }
}

void rig_scenario_check_linux_steps(const RigScenario *s, const RigCycle *c,
                                    GPtrArray *problems)
{
    guint before = problems->len;
    gboolean bound = FALSE;
    unsigned vfs = 0;

    for (guint i = 0; i < c->steps->len && problems->len == before; i++) {
        const RigStep *step = c->steps->pdata[i];

        check_step(s, step, bound, vfs, problems);
        if (strcmp(step->name, RIG_STEP_BIND) == 0) {
            bound = TRUE;
        } else if (strcmp(step->name, RIG_STEP_UNBIND) == 0) {
            bound = FALSE;
            vfs = 0;
        } else if (strcmp(step->name, RIG_STEP_SRIOV) == 0) {
            vfs = step->vfs;
        }
    }
    if (bound && problems->len == before) {
        rig_problem(problems, s->file, c->line, "the cycle ends while the "
                    "driver is bound; end it with <unbind/>");
    }
}
