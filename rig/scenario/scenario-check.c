/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a schema cannot say about a scenario: that the rules exist, that the
 * driver is one, that faults can be armed. scenario-life.c: that the steps come
 * in an order.
 */
#include "scenario-check.h"

#include <string.h>

#include "device-fault.h"
#include "include/plan.h"
#include "instrument.h"
#include "pe-check.h"
#include "problem.h"
#include "read-file.h"
#include "rule-catalogue.h"
#include "scenario-sweep.h"

/* Larger INF files are refused; NDIS drivers' are some tens of KiB. */
#define INF_MAX (4 * 1024 * 1024)

/* --- rules -------------------------------------------------------------- */

static gboolean is_named(const RigScenario *s, guint end, const char *name)
{
    for (guint i = 0; i < end; i++) {
        if (g_strcmp0(((RigRuleRef *)s->rules->pdata[i])->name, name) == 0) {
            return TRUE;
        }
    }
    return FALSE;
}

static void add_rule(RigScenario *s, const RigRuleEntry *e, int line)
{
    RigRuleRef *r = g_new0(RigRuleRef, 1);

    r->name = g_strdup(e->name);
    r->file = g_strdup(e->file);
    r->line = line;
    g_ptr_array_add(s->rules, r);
}

/* Put every rule in the place of <rule name="all"/>. */
static void expand_all(RigScenario *s, const GPtrArray *catalogue)
{
    for (guint i = 0; i < s->rules->len; i++) {
        RigRuleRef *r = s->rules->pdata[i];
        int line = r->line;

        if (g_strcmp0(r->name, RIG_RULE_ALL) != 0) {
            continue;
        }
        g_ptr_array_remove_index(s->rules, i);
        for (guint k = 0; k < catalogue->len; k++) {
            const RigRuleEntry *e = catalogue->pdata[k];

            if (!is_named(s, s->rules->len, e->name)) {
                add_rule(s, e, line);
            }
        }
        return;
    }
}

/* A rule of the user's own: <rule file="..."/>, its name is in the file. */
static void check_rule_file(const RigScenario *s, RigRuleRef *r,
                            GPtrArray *problems)
{
    if (!r->name) {
        r->name = rig_rule_name_in(r->file);
    }
    if (!r->name) {
        rig_problem(problems, s->file, r->line, "%s is no rule file; correct "
                    "the path (it is relative to the scenario file)",
                    r->file);
        r->name = g_strdup("");
    }
}

static void check_rule(const RigScenario *s, guint number,
                       const GPtrArray *catalogue, GPtrArray *problems)
{
    RigRuleRef *r = s->rules->pdata[number];
    const RigRuleEntry *e;

    if (!r->file && !r->name) {
        rig_problem(problems, s->file, r->line, "a rule without a name; write "
                    "name=\"Init_DeRegisterInterrupt\", or file= with the "
                    "path of your own");
        r->name = g_strdup("");
    } else if (r->file) {
        check_rule_file(s, r, problems);
    } else if ((e = rig_rule_entry(catalogue, r->name))) {
        r->file = g_strdup(e->file);
    } else {
        g_autofree char *hint = rig_rule_hint(catalogue, r->name);

        rig_problem(problems, s->file, r->line,
                    "no rule is named \"%s\"; %s", r->name, hint);
    }
    if (*r->name && is_named(s, number, r->name)) {
        rig_problem(problems, s->file, r->line,
                    "rule \"%s\" is named twice; remove one", r->name);
    }
}

static void check_rules(RigScenario *s, const RigPaths *paths,
                        GPtrArray *problems)
{
    g_autoptr(GPtrArray) catalogue = rig_rule_catalogue(paths);

    if (s->rules->len == 0 && !s->linux_driver) {
        rig_problem(problems, s->file,
                    ((const RigCycle *)s->cycles->pdata[0])->line,
                    "no rule to judge the driver by; put <rule name=\""
                    "Init_DeRegisterInterrupt\"/> before the first cycle");
    }
    expand_all(s, catalogue);
    for (guint i = 0; i < s->rules->len; i++) {
        check_rule(s, i, catalogue, problems);
    }
    for (guint i = 0; i < catalogue->len && !s->linux_driver; i++) {
        const RigRuleEntry *e = catalogue->pdata[i];

        /* They are about what only the NDIS host can see. */
        if (e->always && !s->instrumented &&
            s->machine.guest != RIG_GUEST_WINDOWS &&
            !is_named(s, s->rules->len, e->name)) {
            add_rule(s, e, 0);
        }
    }
}

/* --- machine ------------------------------------------------------------ */

static void check_machine(const RigScenario *s, GPtrArray *problems)
{
    const RigMachine *m = &s->machine;

    if (strcmp(m->nic, RIG_NIC_MODEL) != 0 && (m->vectors || m->queues)) {
        rig_problem(problems, s->file, 0, "machine: vectors and queues can be "
                    "set for " RIG_NIC_MODEL " only; leave them out for %s",
                    m->nic);
    }
    if (rig_machine_is_vf(m) && s->linux_driver) {
        rig_problem(problems, s->file, 0, "machine: %s is for .sys drivers; "
                    "with Linux's own take nic=\"igb\" and <sriov>", m->nic);
    }
    if (m->adapters > 1 && (rig_machine_needs_port(m) ||
                            rig_machine_is_vf(m) || s->linux_driver)) {
        rig_problem(problems, s->file, 0, "machine: a second adapter is not "
                    "possible with %s; leave adapters out",
                    s->linux_driver ? "Linux's own drivers" : m->nic);
    }
}

/* --- driver ------------------------------------------------------------- */

/* Names end up in the guest's plan, a key file: keep them plain. */
static gboolean plain_name(const char *name)
{
    size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz"
                      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");

    return n > 0 && n <= 63 && name[n] == '\0' && name[0] != '.';
}

static void check_driver_names(const RigScenario *s, GPtrArray *problems)
{
    const char *const names[] = { s->sys_name, s->inf_name };

    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        if (!plain_name(names[i])) {
            rig_problem(problems, s->file, 0, "driver file name \"%s\"; use "
                        "letters, digits, '.', '_' and '-', at most 63",
                        names[i]);
        }
    }
    if (g_ascii_strcasecmp(s->sys_name, s->inf_name) == 0) {
        rig_problem(problems, s->file, 0, "sys and inf are both \"%s\"; "
                    "name the image and its INF", s->sys_name);
    }
}

static void check_inf(const RigScenario *s, GPtrArray *problems)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;
    gsize length;

    if (!rig_read_file(s->inf, INF_MAX, &text, &length, &error)) {
        rig_problem(problems, s->file, 0, "INF: %s: %s; "
                    "build the drivers with \"make\", or correct the path",
                    s->inf, error->message);
    } else if (length == 0) {
        rig_problem(problems, s->inf, 0, "is empty; it is to say which "
                    "device the driver is for");
    }
}

static void check_instrumented(const RigScenario *s, GPtrArray *problems)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) made = NULL;
    g_autofree char *file = NULL;
    gsize size;

    if (s->machine.adapters > 1) {
        rig_problem(problems, s->file, 0, "driver: an instrumented one cannot "
                    "tell which adapter is which function; leave "
                    "instrumented or adapters out");
    }
    if (g_file_get_contents(s->sys, &file, &size, &error)) {
        made = rig_instrument(s->sys, (const uint8_t *)file, size, NULL,
                              &error);
    }
    if (!made) {
        rig_problem(problems, s->file, 0, "driver: %s", error->message);
    }
}

static void check_driver(const RigScenario *s, GPtrArray *problems)
{
    g_autoptr(GError) error = NULL;

    if (s->linux_driver) {
        rig_scenario_check_linux_driver(s, problems);
        return;
    }
    check_driver_names(s, problems);
    if (!rig_pe_check_file(s->sys, &error)) {
        rig_problem(problems, s->file, 0, "driver: %s", error->message);
    } else if (s->instrumented && s->machine.guest != RIG_GUEST_WINDOWS) {
        check_instrumented(s, problems);
    }
    check_inf(s, problems);
}

/* --- faults ------------------------------------------------------------- */

static void check_faults(const RigScenario *s, const RigStep *step,
                         GPtrArray *problems)
{
    for (guint i = 0; i < step->faults->len; i++) {
        const RigFault *a = step->faults->pdata[i];

        if (a->status == 0) {
            rig_problem(problems, s->file, step->line, "%s fails with status "
                        "0, which is success; use an error like 0xC000009A",
                        a->api);
        }
        for (guint j = 0; j < i; j++) {
            const RigFault *b = step->faults->pdata[j];

            if (a->occurrence == b->occurrence &&
                strcmp(a->api, b->api) == 0) {
                rig_problem(problems, s->file, step->line,
                            "%s #%u fails twice in this step; remove one",
                            a->api, a->occurrence);
            }
        }
    }
}

/* The device keeps one fault of a name: the second would replace the first. */
static void check_device_faults(const RigScenario *s, const RigStep *step,
                                GPtrArray *problems)
{
    for (guint i = 0; i < step->device_faults->len; i++) {
        const RigDeviceFault *f = step->device_faults->pdata[i];
        const struct rig_fault_info *info = rig_device_fault(f->name);
        g_autofree char *takes = info ?
            rig_device_fault_refuses(info, f->argument) : NULL;

        if (strcmp(s->machine.nic, RIG_NIC_MODEL) != 0) {
            rig_problem(problems, s->file, f->line, "device faults are for "
                        RIG_NIC_MODEL " only; %s has none", s->machine.nic);
            return;
        }
        if (!info) {
            rig_problem(problems, s->file, f->line, "no device fault is named "
                        "\"%s\"; `rig faults --list` has the names", f->name);
        } else if (takes) {
            rig_problem(problems, s->file, f->line, "device fault \"%s\" %s",
                        f->name, takes);
        }
        for (guint j = 0; j < i; j++) {
            const RigDeviceFault *other = step->device_faults->pdata[j];

            if (strcmp(f->name, other->name) == 0) {
                rig_problem(problems, s->file, f->line, "device fault \"%s\" "
                            "is armed twice in this step; remove one",
                            f->name);
            }
        }
    }
}

/* The agent refuses what is larger, and the monitor keeps no more. */
static void check_size(const RigScenario *s, const RigCycle *c,
                       GPtrArray *problems)
{
    unsigned faults = 0;

    for (guint i = 0; i < c->steps->len; i++) {
        const RigStep *step = c->steps->pdata[i];

        faults += step->faults->len + step->device_faults->len;
    }
    if (c->steps->len > PLAN_STEPS_MAX) {
        rig_problem(problems, s->file, c->line, "%u steps in one cycle, the "
                    "limit is %u; use a second cycle", c->steps->len,
                    PLAN_STEPS_MAX);
    }
    if (faults > PLAN_FAULTS_MAX) {
        rig_problem(problems, s->file, c->line, "%u <fail> and <device-fault> in "
                    "one cycle, the limit is %u; use a second cycle", faults,
                    PLAN_FAULTS_MAX);
    }
}

/* The sum of all repetitions: a counter of cycles must not overflow. */
static void check_cycles(const RigScenario *s, GPtrArray *problems)
{
    uint64_t all = 0;

    if (s->sweep && s->cycles->len > 1) {
        rig_problem(problems, s->file,
                    ((const RigCycle *)s->cycles->pdata[1])->line,
                    "a second <cycle> beside a <sweep>, which sweeps one; "
                    "remove it");
    }
    for (guint i = 0; i < s->cycles->len; i++) {
        const RigCycle *c = s->cycles->pdata[i];

        all += c->repeat;
        if (all > PLAN_REPEAT_MAX) {
            rig_problem(problems, s->file, c->line, "more than %u cycles up "
                        "to here, with their repetitions; split the scenario",
                        PLAN_REPEAT_MAX);
            return;
        }
    }
}

static void check_cycle(const RigScenario *s, RigCycle *c,
                        GPtrArray *problems)
{
    const RigStep *traffic = NULL;

    if (s->linux_driver) {
        rig_scenario_check_linux_steps(s, c, problems);
    } else {
        rig_scenario_complete_life(s, c, problems);
    }
    check_size(s, c, problems);
    for (guint i = 0; i < c->steps->len; i++) {
        const RigStep *step = c->steps->pdata[i];

        check_faults(s, step, problems);
        check_device_faults(s, step, problems);
        if (strcmp(step->name, RIG_STEP_TRAFFIC) != 0) {
            continue;
        }
        if (!s->linux_driver && step->vf >= 0) {
            rig_problem(problems, s->file, step->line, "VFs are for Linux's "
                        "own drivers; remove vf");
        }
        if (step->min_length > step->max_length) {
            rig_problem(problems, s->file, step->line,
                        "min-length %u is more than max-length %u",
                        step->min_length, step->max_length);
        }
        if (traffic) {
            rig_problem(problems, s->file, step->line,
                        "a second traffic step in one cycle; frames are "
                        "numbered by cycle, so use a second cycle");
        }
        traffic = step;
    }
}

static void check_expect(const RigScenario *s, GPtrArray *problems)
{
    const RigExpect *e = &s->expect;

    if (e->verdict != RIG_VERDICT_VIOLATION && (e->level || e->class_code)) {
        rig_problem(problems, s->file, e->line, "only a violation has a level "
                    "and a class; remove them from the expected \"%s\"",
                    rig_verdict_name(e->verdict));
    }
}

void rig_scenario_check(RigScenario *s, const RigPaths *paths,
                        GPtrArray *problems)
{
    if (s->cycles->len == 0) {
        rig_problem(problems, s->file, 0, "nothing is to be run; add a "
                    "<cycle>, or a <sweep/>");
        return;
    }
    check_rules(s, paths, problems);
    check_machine(s, problems);
    check_driver(s, problems);
    check_cycles(s, problems);
    check_expect(s, problems);
    if (s->machine.guest == RIG_GUEST_WINDOWS) {
        rig_scenario_check_windows(s, problems);
    }
    if (s->sweep) {
        rig_sweep_check(s, problems);
    }
    for (guint i = 0; i < s->cycles->len; i++) {
        check_cycle(s, s->cycles->pdata[i], problems);
    }
}
