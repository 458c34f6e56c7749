/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What cannot be done on Windows, where NDIS itself calls the driver and the
 * rig can only ask for what an administrator can: install, enable, disable,
 * remove. rig-windows(7) has the whole mapping.
 */
#include <string.h>

#include "include/plan.h"
#include "problem.h"
#include "scenario-check.h"

static void refuse(const RigScenario *s, int line, GPtrArray *problems,
                   const char *what, const char *advice)
{
    rig_problem(problems, s->file, line, "%s cannot be done on Windows; %s",
                what, advice);
}

static void check_action(const RigScenario *s, const RigStep *step,
                         GPtrArray *problems)
{
    if (strcmp(step->name, RIG_STEP_HALT) == 0 && step->action &&
        strcmp(step->action, "NdisHaltDeviceDisabled") != 0) {
        refuse(s, step->line, problems, "choosing another action of halt",
               "leave action out: the device is disabled. <surprise-remove/> "
               "and <power state=\"D3\"/> have theirs");
    }
    if (strcmp(step->name, RIG_STEP_SHUTDOWN) == 0 && step->action &&
        strcmp(step->action, "NdisShutdownPowerOff") != 0) {
        refuse(s, step->line, problems, "NdisShutdownBugCheck",
               "leave action out: Windows is shut down");
    }
}

static void check_step(const RigScenario *s, const RigStep *step,
                       GPtrArray *problems)
{
    if (step->faults->len) {
        refuse(s, step->line, problems, "<fail>", "nothing stands between the "
               "driver and NDIS; use <device-fault>, or run it in the NDIS "
               "host by leaving <guest> out");
    }
    if (step->post_failure) {
        refuse(s, step->line, problems, "post-failure", "NDIS cannot be made "
               "to fail; run it in the NDIS host");
    }
    if (step->messages >= 0) {
        refuse(s, step->line, problems, "granting fewer messages", "set "
               "vectors of <machine>");
    }
    check_action(s, step, problems);
}

void rig_scenario_check_windows(const RigScenario *s, GPtrArray *problems)
{
    const RigMachine *m = &s->machine;

    if (s->linux_driver) {
        rig_problem(problems, s->file, 0, "Linux's own drivers do not run on "
                    "Windows; remove <guest>, or name a .sys and its INF");
        return;
    }
    if (s->sweep) {
        refuse(s, s->sweep->line, problems, "<sweep>", "run it in the NDIS "
               "host by leaving <guest> out");
    }
    if (m->adapters > 1) {
        refuse(s, 0, problems, "a second adapter", "leave adapters out");
    }
    if (m->guard_pages) {
        refuse(s, 0, problems, "guard-pages", "leave it out; Driver Verifier's "
               "special pool is set in the image");
    }
    if (rig_machine_is_vf(m)) {
        refuse(s, 0, problems, "nic=\"igbvf\"", "take igb");
    }
    for (guint i = 0; i < s->cycles->len; i++) {
        const RigCycle *c = s->cycles->pdata[i];

        for (guint k = 0; k < c->steps->len; k++) {
            check_step(s, c->steps->pdata[k], problems);
        }
    }
}
