/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether what the plan injects has happened: without its faults a cycle has
 * not tested what it is about.
 */
#include <string.h>
#include "monitor-internal.h"

/* --- calls that are not made ----------------------------------------------- */

static gboolean call_failed(const Work *w, const RigStep *step,
                            const RigFault *fault)
{
    for (unsigned i = 0; i < w->faults; i++) {
        if (!strcmp(w->fault[i].api, fault->api) &&
            !strcmp(w->fault[i].step, step->name) &&
            w->fault[i].occurrence == fault->occurrence) {
            return TRUE;
        }
    }
    return FALSE;
}

static char *missing_call(const Work *w, const RigStep *step)
{
    for (guint i = 0; i < step->faults->len; i++) {
        const RigFault *fault = step->faults->pdata[i];

        if (!call_failed(w, step, fault)) {
            return g_strdup_printf("The fault %s#%u of step %s never "
                                   "happened: the driver did not make that "
                                   "call.", fault->api, fault->occurrence,
                                   step->name);
        }
    }
    return NULL;
}

/* --- faults of the device --------------------------------------------------- */

/* The step of the plan with this index as it ran, or NULL if it did not. */
static const WorkStep *step_that_ran(const Work *w, const RigCycle *cycle,
                                     guint index)
{
    const RigStep *step = cycle->steps->pdata[index];
    unsigned nth = 0;

    for (guint i = 0; i < index; i++) {
        nth += !strcmp(((const RigStep *)cycle->steps->pdata[i])->name,
                       step->name);
    }
    for (unsigned i = 0; i < w->steps; i++) {
        if (!strcmp(w->step[i].name, step->name) && nth-- == 0) {
            return &w->step[i];
        }
    }
    return NULL;
}

static gboolean arms(const RigStep *step, const char *name)
{
    for (guint i = 0; i < step->device_faults->len; i++) {
        const RigDeviceFault *fault = step->device_faults->pdata[i];

        if (!strcmp(fault->name, name)) {
            return TRUE;
        }
    }
    return FALSE;
}

/* Event at which a later step arms the fault anew; RIG_NO_EVENT: none. */
static uint64_t replaced_at(const Work *w, const RigCycle *cycle, guint index,
                            const char *name)
{
    for (guint i = index + 1; i < cycle->steps->len; i++) {
        const WorkStep *ran = step_that_ran(w, cycle, i);

        if (ran && arms(cycle->steps->pdata[i], name)) {
            return ran->event_from;
        }
    }
    return RIG_NO_EVENT;
}

/* Did the fault strike while the arming of this step was in force? */
static gboolean struck(const Work *w, const RigCycle *cycle, guint index,
                       const char *name)
{
    const WorkStep *ran = step_that_ran(w, cycle, index);
    uint64_t until = replaced_at(w, cycle, index, name);

    for (unsigned i = 0; ran && i < w->strikes; i++) {
        if (!strcmp(w->strike[i].name, name) &&
            w->strike[i].event > ran->event_from &&
            w->strike[i].event < until) {
            return TRUE;
        }
    }
    return FALSE;
}

static char *missing_strike(const Work *w, const RigCycle *cycle, guint index)
{
    const RigStep *step = cycle->steps->pdata[index];

    for (guint i = 0; i < step->device_faults->len; i++) {
        const RigDeviceFault *fault = step->device_faults->pdata[i];

        if (!struck(w, cycle, index, fault->name)) {
            return g_strdup_printf("The device fault %s@%u of step %s never "
                                   "struck: the device did not come to that "
                                   "occasion.", fault->name, fault->at,
                                   step->name);
        }
    }
    return NULL;
}

char *rig_missing_fault(const RigMonitor *m)
{
    const RigCycle *cycle = rig_scenario_cycle(rig_monitor_open_scenario(m),
                                               m->cycle);
    char *missing = NULL;

    for (guint i = 0; cycle && !missing && i < cycle->steps->len; i++) {
        missing = missing_call(&m->work, cycle->steps->pdata[i]);
        missing = missing ? missing : missing_strike(&m->work, cycle, i);
    }
    return missing;
}
