/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Scenarios as data: made, freed, collected from files, asked. */
#include "scenario.h"

#include <string.h>
#include <sys/stat.h>

#include "include/plan.h"
#include "problem.h"
#include "scenario-sweep.h"
#include "xml-read.h"

static const char *const verdict_names[RIG_VERDICTS] = {
    "pass", "violation", "broken", "inconclusive", "skipped",
};

const char *rig_verdict_name(RigVerdict v)
{
    return (unsigned)v < RIG_VERDICTS ? verdict_names[v] : "?";
}

gboolean rig_verdict_parse(const char *name, RigVerdict *v)
{
    for (unsigned i = 0; name && i < RIG_VERDICTS; i++) {
        if (strcmp(name, verdict_names[i]) == 0) {
            *v = i;
            return TRUE;
        }
    }
    return FALSE;
}

const char *rig_profile_name(RigProfile p)
{
    return p == RIG_MSIX_AT_START ? RIG_PROFILE_AT_START
                                  : RIG_PROFILE_AT_CONNECT;
}

void rig_problem(GPtrArray *problems, const char *file, int line,
                 const char *format, ...)
{
    g_autofree char *text = NULL;
    va_list ap;

    va_start(ap, format);
    text = g_strdup_vprintf(format, ap);
    va_end(ap);
    file = *file ? file : "\"\"";
    g_ptr_array_add(problems,
                    line > 0 ? g_strdup_printf("%s:%d: %s", file, line, text)
                             : g_strdup_printf("%s: %s", file, text));
}

/* --- memory ------------------------------------------------------------- */

static void fault_free(gpointer p)
{
    RigFault *f = p;

    g_free(f->api);
    g_free(f);
}

static void device_fault_free(gpointer p)
{
    RigDeviceFault *f = p;

    g_free(f->name);
    g_free(f->argument);
    g_free(f);
}

static void step_free(gpointer p)
{
    RigStep *s = p;

    g_free(s->name);
    g_ptr_array_unref(s->device_faults);
    g_free(s->action);
    g_free(s->state);
    g_ptr_array_unref(s->faults);
    g_free(s);
}

static void cycle_free(gpointer p)
{
    RigCycle *c = p;

    g_ptr_array_unref(c->steps);
    g_free(c);
}

static void rule_free(gpointer p)
{
    RigRuleRef *r = p;

    g_free(r->name);
    g_free(r->file);
    g_free(r);
}

void rig_scenario_free(RigScenario *s)
{
    if (!s) {
        return;
    }
    g_free(s->file);
    g_free(s->name);
    g_free(s->title);
    g_free(s->description);
    g_free(s->seed);
    g_free(s->control);
    g_free(s->variant);
    g_free(s->linux_driver);
    g_free(s->sys);
    g_free(s->inf);
    g_free(s->sys_name);
    g_free(s->inf_name);
    g_free(s->machine.nic);
    g_free(s->machine.image);
    g_free(s->machine.calibration);
    g_ptr_array_unref(s->rules);
    g_ptr_array_unref(s->cycles);
    rig_sweep_free(s->sweep);
    g_strfreev(s->marked);
    g_free(s->text);
    g_free(s->expect.level);
    g_free(s->expect.class_code);
    g_free(s);
}

/* --- construction ------------------------------------------------------- */

RigScenario *rig_scenario_new(void)
{
    RigScenario *s = g_new0(RigScenario, 1);

    s->machine.adapters = 1;
    s->description = g_strdup("");
    s->rules = g_ptr_array_new_with_free_func(rule_free);
    s->cycles = g_ptr_array_new_with_free_func(cycle_free);
    return s;
}

RigCycle *rig_scenario_add_cycle(RigScenario *s)
{
    RigCycle *c = g_new0(RigCycle, 1);

    c->steps = g_ptr_array_new_with_free_func(step_free);
    g_ptr_array_add(s->cycles, c);
    return c;
}

RigStep *rig_cycle_add_step(RigCycle *c)
{
    RigStep *s = g_new0(RigStep, 1);

    s->messages = -1;
    s->vf = -1;
    s->faults = g_ptr_array_new_with_free_func(fault_free);
    s->device_faults = g_ptr_array_new_with_free_func(device_fault_free);
    g_ptr_array_add(c->steps, s);
    return s;
}

/* --- many files --------------------------------------------------------- */

static int compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Suites and known issues may stand beside the scenarios that they name. */
static gboolean is_other_kind(const char *file)
{
    g_autofree char *root = rig_document_root(file);

    return g_strcmp0(root, "suite") == 0 ||
           g_strcmp0(root, "known-issues") == 0;
}

static void list_directory(const char *dir, GPtrArray *files,
                           GPtrArray *problems)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GDir) d = g_dir_open(dir, 0, &error);
    g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(g_free);
    const char *name;

    if (!d) {
        rig_problem(problems, dir, 0, "%s", error->message);
        return;
    }
    while ((name = g_dir_read_name(d))) {
        g_autofree char *file = g_build_filename(dir, name, NULL);

        if (g_str_has_suffix(name, ".xml") && !is_other_kind(file)) {
            g_ptr_array_add(found, g_steal_pointer(&file));
        }
    }
    if (found->len == 0) {
        rig_problem(problems, dir, 0, "holds no scenario file (*.xml)");
    }
    g_ptr_array_sort(found, compare_names);
    for (guint i = 0; i < found->len; i++) {
        g_ptr_array_add(files, g_strdup(found->pdata[i]));
    }
}

static gboolean same_file(const char *a, const char *b)
{
    struct stat one, two;

    return stat(a, &one) == 0 && stat(b, &two) == 0 &&
           one.st_dev == two.st_dev && one.st_ino == two.st_ino;
}

static void check_name_is_new(GHashTable *names, const RigScenario *s,
                              GPtrArray *problems)
{
    const RigScenario *other = g_hash_table_lookup(names, s->name);

    if (other && same_file(s->file, other->file)) {
        rig_problem(problems, s->file, 0, "is given twice; name it once");
    } else if (other) {
        rig_problem(problems, s->file, 1, "scenario \"%s\" is also in %s; "
                    "give one of them another name", s->name, other->file);
    } else {
        g_hash_table_insert(names, s->name, (gpointer)s);
    }
}

GPtrArray *rig_scenarios_load(char *const *args, const RigPaths *paths,
                              GPtrArray *problems)
{
    g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);
    GPtrArray *all = g_ptr_array_new_with_free_func(
        (GDestroyNotify)rig_scenario_free);

    for (; *args; args++) {
        if (g_file_test(*args, G_FILE_TEST_IS_DIR)) {
            list_directory(*args, files, problems);
        } else {
            g_autofree char *root = rig_document_root(*args);

            if (g_strcmp0(root, "suite") == 0) {
                rig_problem(problems, *args, 0, "is a suite, not a scenario; "
                            "\"rig nightly\" runs it");
            } else {
                g_ptr_array_add(files, g_strdup(*args));
            }
        }
    }
    for (guint i = 0; i < files->len; i++) {
        RigScenario *s = rig_scenario_load(files->pdata[i], paths, problems);

        if (s) {
            check_name_is_new(names, s, problems);
            g_ptr_array_add(all, s);
        }
    }
    return all;
}

/* --- questions ---------------------------------------------------------- */

unsigned rig_scenario_cycle_count(const RigScenario *s)
{
    unsigned n = 0;

    for (guint i = 0; i < s->cycles->len; i++) {
        n += ((const RigCycle *)s->cycles->pdata[i])->repeat;
    }
    return n;
}

const RigCycle *rig_scenario_cycle(const RigScenario *s, unsigned number)
{
    if (s->sweep && number > 0) {
        return s->cycles->pdata[0];
    }
    for (guint i = 0; number > 0 && i < s->cycles->len; i++) {
        const RigCycle *c = s->cycles->pdata[i];

        if (number <= c->repeat) {
            return c;
        }
        number -= c->repeat;
    }
    return NULL;
}

gboolean rig_machine_needs_port(const RigMachine *m)
{
    return strcmp(m->nic, "virtio-net-pci") == 0;
}

gboolean rig_machine_is_vf(const RigMachine *m)
{
    return g_strcmp0(m->nic, "igbvf") == 0;
}

/* VFs come behind their physical function, the only one that is named. */
unsigned rig_machine_target(const RigMachine *m)
{
    return rig_machine_is_vf(m) ? 1 : 0;
}

gboolean rig_machine_equal(const RigMachine *a, const RigMachine *b)
{
    return strcmp(a->nic, b->nic) == 0 && a->vectors == b->vectors &&
           a->queues == b->queues && a->adapters == b->adapters &&
           a->profile == b->profile && a->guest == b->guest &&
           g_strcmp0(a->image, b->image) == 0 &&
           a->guard_pages == b->guard_pages &&
           a->random_seed == b->random_seed &&
           a->memory_mib == b->memory_mib;
}
