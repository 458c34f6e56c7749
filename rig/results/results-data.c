/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a run consists of: making it, filling it, freeing it. */
#include <string.h>
#include "results.h"

static void artifact_free(gpointer data)
{
    RigArtifact *a = data;

    g_free(a->name);
    g_free(a->sha256);
    g_free(a);
}

static void rule_free(gpointer data)
{
    RigRunRule *r = data;

    g_free(r->name);
    g_free(r->title);
    g_free(r->page);
    g_free(r);
}

static void machine_free(gpointer data)
{
    RigMachineResult *m = data;

    g_free(m->dir);
    g_free(m->machine.nic);
    g_free(m->machine.image);
    g_free(m->machine.calibration);
    g_free(m->inputs);
    g_free(m->stream);
    g_free(m->detail);
    g_free(m->compared_run);
    g_free(m);
}

RigRun *rig_run_new(void)
{
    RigRun *run = g_new0(RigRun, 1);

    run->artifacts = g_ptr_array_new_with_free_func(artifact_free);
    run->rules = g_ptr_array_new_with_free_func(rule_free);
    run->machines = g_ptr_array_new_with_free_func(machine_free);
    run->scenarios = g_ptr_array_new_with_free_func(
        (GDestroyNotify)rig_scenario_result_free);
    return run;
}

void rig_run_free(RigRun *run)
{
    if (run) {
        g_free(run->id);
        g_free(run->rig);
        g_clear_pointer(&run->started, g_date_time_unref);
        g_clear_pointer(&run->finished, g_date_time_unref);
        g_free(run->command);
        g_free(run->night);
        g_free(run->job);
        g_free(run->shard);
        g_free(run->os);
        g_free(run->libvirt);
        g_free(run->qemu);
        g_free(run->kernel);
        g_free(run->accel);
        g_clear_pointer(&run->known, g_ptr_array_unref);
        g_ptr_array_unref(run->artifacts);
        g_ptr_array_unref(run->rules);
        g_ptr_array_unref(run->machines);
        g_ptr_array_unref(run->scenarios);
        g_free(run);
    }
}

void rig_run_add_artifact(RigRun *run, const char *name, const char *sha256)
{
    RigArtifact *a = g_new(RigArtifact, 1);

    a->name = g_strdup(name);
    a->sha256 = g_strdup(sha256);
    g_ptr_array_add(run->artifacts, a);
}

void rig_run_add_rule(RigRun *run, const char *name, const char *title,
                      const char *page)
{
    RigRunRule *r;

    for (guint i = 0; i < run->rules->len; i++) {
        const RigRunRule *known = run->rules->pdata[i];

        if (strcmp(known->name, name) == 0) {
            return;
        }
    }
    r = g_new(RigRunRule, 1);
    r->name = g_strdup(name);
    r->title = g_strdup(title);
    r->page = g_strdup(page);
    g_ptr_array_add(run->rules, r);
}

RigMachineResult *rig_run_add_machine(RigRun *run)
{
    RigMachineResult *m = g_new0(RigMachineResult, 1);

    g_ptr_array_add(run->machines, m);
    m->number = run->machines->len;
    return m;
}

void rig_machine_result_set_stream(RigMachineResult *machine,
                                   const RigMonitor *m)
{
    RigStreamResult s;

    rig_monitor_stream(m, &s);
    g_free(machine->stream);
    g_free(machine->detail);
    machine->stream = g_strdup(s.sha256);
    machine->detail = g_strdup(s.detail);
    machine->events = s.events;
    machine->lost = s.lost;
    machine->ended = s.ended;
    machine->outcome = s.outcome;
}

void rig_run_summary(const RigRun *run, RigSummary *sum)
{
    memset(sum, 0, sizeof(*sum));
    sum->scenarios = run->scenarios->len;
    for (unsigned i = 0; i < run->scenarios->len; i++) {
        const RigScenarioResult *r = run->scenarios->pdata[i];
        gboolean expected = rig_scenario_result_as_expected(r);

        sum->verdict[r->verdict]++;
        sum->as_expected += expected;
        if (r->scenario->seed) {
            sum->seeded++;
            sum->seeded_found += expected;
        }
        if (r->scenario->control) {
            sum->controls++;
            sum->false_alarms += r->verdict == RIG_VERDICT_VIOLATION;
        }
    }
}
