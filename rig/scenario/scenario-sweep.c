/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The <sweep> of a scenario. */
#include "scenario-sweep.h"

#include <stdlib.h>
#include <string.h>

#include "device-fault.h"
#include "include/plan.h"
#include "problem.h"
#include "xml-read.h"

#define ALL  "all"
#define NONE "none"

/* Calls tried of one call site where all pairs would be too many. */
#define PER_SITE_OF_PAIRS 2

/* What stands between the words of a list; the text of a point has commas. */
#define LIST   " \t\n,;"
#define POINTS " \t\n;"

static const char *const all_lives[] = {
    RIG_SWEEP_RESOURCES, RIG_SWEEP_HALT_ACTIONS, RIG_SWEEP_POST_FAILURE,
    RIG_SWEEP_SURPRISE, RIG_SWEEP_POWER, RIG_SWEEP_RESET, RIG_SWEEP_SHUTDOWN,
    NULL,
};

/* --- reading ------------------------------------------------------------ */

/* Words between any of these characters; empty ones left out. */
static char **words(const char *text, const char *between)
{
    g_auto(GStrv) all = g_strsplit_set(text, between, -1);
    GPtrArray *kept = g_ptr_array_new();

    for (char **word = all; *word; word++) {
        if (**word) {
            g_ptr_array_add(kept, g_strdup(*word));
        }
    }
    g_ptr_array_add(kept, NULL);
    return (char **)g_ptr_array_free(kept, FALSE);
}

/*
 * All that can be armed without an argument of the user's, but for those which
 * the system meets and not the driver: it reads the capability, and tells the
 * driver what it found. RIG_SWEEP_RESOURCES is for them.
 */
static char **every_device_fault(void)
{
    GPtrArray *names = g_ptr_array_new();

    for (guint i = 0; i < G_N_ELEMENTS(rig_device_faults); i++) {
        if (rig_device_faults[i].argument != RIG_FAULT_BIT &&
            i != RIG_FAULT_FEWER_VECTORS && i != RIG_FAULT_NO_MSIX) {
            g_ptr_array_add(names, g_strdup(rig_device_faults[i].name));
        }
    }
    g_ptr_array_add(names, NULL);
    return (char **)g_ptr_array_free(names, FALSE);
}

/* Only rig-nic has faults; nothing said means all of them. */
static char **read_device_faults(const RigScenario *s, xmlNode *node)
{
    g_autofree char *text = rig_attribute(node, "device-faults");

    if (!text && strcmp(s->machine.nic, RIG_NIC_MODEL) != 0) {
        return words("", "");
    }
    if (!text || strcmp(text, ALL) == 0) {
        return every_device_fault();
    }
    return words(strcmp(text, NONE) == 0 ? "" : text, LIST);
}

static char **read_lives(xmlNode *node)
{
    g_autofree char *text = rig_attribute(node, "lives");

    return !text || strcmp(text, ALL) == 0
           ? g_strdupv((char **)all_lives)
           : words(strcmp(text, NONE) == 0 ? "" : text, LIST);
}

void rig_sweep_read(RigScenario *s, xmlNode *node)
{
    RigSweep *sweep = g_new0(RigSweep, 1);
    g_autofree char *only = rig_attribute(node, "only");

    sweep->line = xmlGetLineNo(node);
    sweep->k = rig_attribute_uint(node, "k", 1);
    sweep->status = rig_attribute_uint(node, "status", SWEEP_STATUS);
    sweep->occasions = rig_attribute_uint(node, "occasions", SWEEP_OCCASIONS);
    sweep->per_site = rig_attribute_uint(node, "per-site",
                                sweep->k > 1 ? PER_SITE_OF_PAIRS : 0);
    sweep->limit = rig_attribute_uint(node, "limit", SWEEP_LIMIT);
    sweep->share = rig_attribute_uint(node, "share", 1);
    sweep->shares = rig_attribute_uint(node, "shares", 1);
    sweep->device_faults = read_device_faults(s, node);
    sweep->lives = read_lives(node);
    sweep->only = words(only ? only : "", POINTS);
    if (s->sweep) {
        rig_sweep_free(s->sweep);
    }
    s->sweep = sweep;
}

void rig_sweep_free(RigSweep *sweep)
{
    if (sweep) {
        g_strfreev(sweep->device_faults);
        g_strfreev(sweep->lives);
        g_strfreev(sweep->only);
        g_free(sweep);
    }
}

void rig_sweep_add_life(RigScenario *s)
{
    static const char *const steps[] = {
        RIG_STEP_INSTALL, RIG_STEP_INIT, RIG_STEP_RESTART, RIG_STEP_PAUSE,
        RIG_STEP_HALT, RIG_STEP_UNLOAD,
    };
    RigCycle *c = rig_scenario_add_cycle(s);

    c->repeat = 1;
    c->line = s->sweep->line;
    for (guint i = 0; i < G_N_ELEMENTS(steps); i++) {
        RigStep *step = rig_cycle_add_step(c);

        step->name = g_strdup(steps[i]);
        step->line = s->sweep->line;
    }
}

/* --- checking ----------------------------------------------------------- */

static void check_device_fault(const RigScenario *s, const char *text,
                               GPtrArray *problems)
{
    const char *colon = strchr(text, ':');
    g_autofree char *name = colon ? g_strndup(text, colon - text)
                                  : g_strdup(text);
    const struct rig_fault_info *fault = rig_device_fault(name);
    g_autofree char *takes = fault ? rig_device_fault_refuses(
        fault, colon ? colon + 1 : NULL) : NULL;

    if (!fault) {
        rig_problem(problems, s->file, s->sweep->line, "no device fault is "
                    "named \"%s\"; \"rig faults\" lists them", name);
    } else if (takes) {
        rig_problem(problems, s->file, s->sweep->line, "device fault %s %s",
                    name, takes);
    } else if (strlen(text) > RIG_FAULT_SPEC_MAX) {
        rig_problem(problems, s->file, s->sweep->line, "device fault \"%s\" "
                    "has more than %d characters", text, RIG_FAULT_SPEC_MAX);
    }
}

static void check_device_faults(const RigScenario *s, GPtrArray *problems)
{
    char **faults = s->sweep->device_faults;

    if (faults[0] && strcmp(s->machine.nic, RIG_NIC_MODEL) != 0) {
        rig_problem(problems, s->file, s->sweep->line, "only " RIG_NIC_MODEL
                    " has device faults, %s has none; leave device-faults "
                    "out", s->machine.nic);
        return;
    }
    if (g_strv_length(faults) > SWEEP_DEVICE_MAX) {
        rig_problem(problems, s->file, s->sweep->line, "more than %u device "
                    "faults", SWEEP_DEVICE_MAX);
    }
    for (char **fault = faults; *fault; fault++) {
        check_device_fault(s, *fault, problems);
    }
}

static void check_lives(const RigScenario *s, GPtrArray *problems)
{
    for (char **life = s->sweep->lives; *life; life++) {
        if (!g_strv_contains(all_lives, *life)) {
            g_autofree char *known = g_strjoinv(", ", (char **)all_lives);

            rig_problem(problems, s->file, s->sweep->line, "no life is named "
                        "\"%s\"; there are " ALL ", " NONE ", %s", *life,
                        known);
        }
    }
}

/* A point is KIND:TEXT, two of them are joined by "+". */
static void check_only(const RigScenario *s, GPtrArray *problems)
{
    if (g_strv_length(s->sweep->only) > SWEEP_ONLY_MAX) {
        rig_problem(problems, s->file, s->sweep->line, "more than %u points "
                    "in only", SWEEP_ONLY_MAX);
    }
    for (char **only = s->sweep->only; *only; only++) {
        g_auto(GStrv) points = g_strsplit(*only, "+", -1);
        gboolean good = g_strv_length(points) <= SWEEP_K_MAX;

        for (char **p = points; *p && good; p++) {
            const char *colon = strchr(*p, ':');

            good = colon && colon > *p && colon[1] &&
                   strlen(*p) < SWEEP_SPEC_SIZE && g_str_is_ascii(*p);
        }
        if (!good) {
            rig_problem(problems, s->file, s->sweep->line, "\"%s\" is no "
                        "point of a sweep; it looks like init:"
                        "NdisMRegisterScatterGatherDma#1, "
                        "device:all-ones@3 or, two of them, A+B", *only);
        } else if (points[1] && s->sweep->k < SWEEP_K_MAX) {
            rig_problem(problems, s->file, s->sweep->line, "\"%s\" are two "
                        "points, so k is to be 2", *only);
        }
    }
}

void rig_sweep_check(const RigScenario *s, GPtrArray *problems)
{
    const RigCycle *life = s->cycles->pdata[0];

    if (s->cycles->len != 1 || life->repeat != 1) {
        rig_problem(problems, s->file, s->sweep->line, "a sweep goes through "
                    "one life again and again; have one <cycle>, without "
                    "repeat, or none");
    }
    if (s->sweep->share > s->sweep->shares) {
        rig_problem(problems, s->file, s->sweep->line, "share %u of %u shares "
                    "does not exist", s->sweep->share, s->sweep->shares);
    }
    check_device_faults(s, problems);
    check_lives(s, problems);
    check_only(s, problems);
}

/* --- the guest's plan --------------------------------------------------- */

static void set_list(GKeyFile *plan, const char *group, const char *key,
                     char **list)
{
    if (list[0]) {
        g_autofree char *text = g_strjoinv(";", list);

        g_key_file_set_string(plan, group, key, text);
    }
}

void rig_sweep_plan(GKeyFile *plan, unsigned number, const RigSweep *sweep)
{
    g_autofree char *group = g_strdup_printf(RIG_PLAN_GROUP_SWEEP, number);
    g_autofree char *status = g_strdup_printf("0x%08X", sweep->status);

    g_key_file_set_uint64(plan, group, RIG_PLAN_KEY_K, sweep->k);
    g_key_file_set_string(plan, group, RIG_PLAN_KEY_STATUS, status);
    g_key_file_set_uint64(plan, group, RIG_PLAN_KEY_OCCASIONS,
                          sweep->occasions);
    g_key_file_set_uint64(plan, group, RIG_PLAN_KEY_PER_SITE,
                          sweep->per_site);
    g_key_file_set_uint64(plan, group, RIG_PLAN_KEY_LIMIT, sweep->limit);
    if (sweep->shares > 1) {
        g_key_file_set_uint64(plan, group, RIG_PLAN_KEY_SHARE, sweep->share);
        g_key_file_set_uint64(plan, group, RIG_PLAN_KEY_SHARES,
                              sweep->shares);
    }
    set_list(plan, group, RIG_PLAN_KEY_DEVICE_SWEEP, sweep->device_faults);
    set_list(plan, group, RIG_PLAN_KEY_LIVES, sweep->lives);
    set_list(plan, group, RIG_PLAN_KEY_ONLY, sweep->only);
}
