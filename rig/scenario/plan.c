/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guest's plan, made from scenarios. */
#include "plan.h"

#include <fcntl.h>
#include <gio/gio.h>
#include <unistd.h>

#include "cpio.h"
#include "include/plan.h"
#include "instrument.h"
#include "paths.h"
#include "rigshim.h"
#include "scenario-sweep.h"

/* The root port is the only bridge, so the bus behind it is number 1. */
const char *rig_plan_device(const RigMachine *m)
{
    return rig_machine_needs_port(m) ? "0000:01:00.0" : "0000:00:08.0";
}

/* --- plan.ini ----------------------------------------------------------- */

static char *guest_path(unsigned scenario, const char *name)
{
    return g_strdup_printf("/plan/%u/%s", scenario, name);
}

static char *join_steps(const RigCycle *c)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();

    for (guint i = 0; i < c->steps->len; i++) {
        g_ptr_array_add(names, ((const RigStep *)c->steps->pdata[i])->name);
    }
    g_ptr_array_add(names, NULL);
    return g_strjoinv(";", (char **)names->pdata);
}

static char *join_faults(const RigStep *s)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < s->faults->len; i++) {
        const RigFault *f = s->faults->pdata[i];

        g_string_append_printf(text, "%s%s#%u=0x%08X", i ? ";" : "", f->api,
                               f->occurrence, f->status);
    }
    return g_string_free(text, FALSE);
}

static char *join_device_faults(const RigStep *s)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < s->device_faults->len; i++) {
        const RigDeviceFault *f = s->device_faults->pdata[i];

        g_string_append_printf(text, "%s%s@%u%s%s", i ? ";" : "", f->name,
                               f->at, f->argument ? ":" : "",
                               f->argument ? f->argument : "");
    }
    return g_string_free(text, FALSE);
}

static void set_uint(GKeyFile *k, const char *group, const char *key,
                     unsigned value)
{
    g_key_file_set_uint64(k, group, key, value);
}

/* What kinds of steps say about themselves. */
static void add_settings(GKeyFile *k, const char *group, const RigStep *s)
{
    if (s->adapter) {
        set_uint(k, group, RIG_PLAN_KEY_ADAPTER, s->adapter + 1);
    }
    if (s->messages >= 0) {
        set_uint(k, group, RIG_PLAN_KEY_MESSAGES, (unsigned)s->messages);
    }
    if (s->post_failure) {
        g_key_file_set_string(k, group, RIG_PLAN_KEY_POST_FAILURE,
                              RIG_PLAN_YES);
    }
    if (s->action) {
        g_key_file_set_string(k, group, RIG_PLAN_KEY_ACTION, s->action);
    }
    if (s->state) {
        g_key_file_set_string(k, group, RIG_PLAN_KEY_STATE, s->state);
    }
}

static void add_step(GKeyFile *k, const char *group, const RigStep *s)
{
    add_settings(k, group, s);
    if (s->timeout_ms) {
        set_uint(k, group, RIG_PLAN_KEY_TIMEOUT, s->timeout_ms);
    }
    if (s->faults->len) {
        g_autofree char *faults = join_faults(s);

        g_key_file_set_string(k, group, RIG_PLAN_KEY_FAULTS, faults);
    }
    if (s->device_faults->len) {
        g_autofree char *faults = join_device_faults(s);

        g_key_file_set_string(k, group, RIG_PLAN_KEY_DEVICE_FAULTS, faults);
    }
    if (s->frames) {
        set_uint(k, group, RIG_PLAN_KEY_FRAMES, s->frames);
        set_uint(k, group, RIG_PLAN_KEY_MIN_LENGTH, s->min_length);
        set_uint(k, group, RIG_PLAN_KEY_MAX_LENGTH, s->max_length);
    }
    if (s->frames && s->vf >= 0) {
        set_uint(k, group, RIG_PLAN_KEY_VF, (unsigned)s->vf);
    }
    if (s->vfs) {
        set_uint(k, group, RIG_PLAN_KEY_VFS, s->vfs);
    }
}

static void add_cycle(GKeyFile *k, unsigned scenario, unsigned number,
                      const RigCycle *c)
{
    g_autofree char *group = g_strdup_printf(RIG_PLAN_GROUP_CYCLE, scenario,
                                             number);
    g_autofree char *steps = join_steps(c);

    set_uint(k, group, RIG_PLAN_KEY_REPEAT, c->repeat);
    g_key_file_set_string(k, group, RIG_PLAN_KEY_STEPS, steps);
    for (guint i = 0; i < c->steps->len; i++) {
        g_autofree char *step = g_strdup_printf(RIG_PLAN_GROUP_STEP, scenario,
                                                number, i + 1);
        add_step(k, step, c->steps->pdata[i]);
    }
}

static void add_driver(GKeyFile *k, const char *group, unsigned number,
                       const RigScenario *s)
{
    g_autofree char *sys = NULL, *inf = NULL;

    if (s->linux_driver) {
        g_key_file_set_string(k, group, RIG_PLAN_KEY_LINUX, s->linux_driver);
        return;
    }
    sys = guest_path(number, s->sys_name);
    inf = guest_path(number, s->inf_name);
    g_key_file_set_string(k, group, RIG_PLAN_KEY_SYS, sys);
    g_key_file_set_string(k, group, RIG_PLAN_KEY_INF, inf);
    if (s->instrumented) {
        g_key_file_set_string(k, group, RIG_PLAN_KEY_INSTRUMENTED,
                              RIG_PLAN_YES);
    }
}

static void add_scenario(GKeyFile *k, unsigned number, const RigScenario *s,
                         const RigRules *rules)
{
    g_auto(GStrv) trace = rules && !s->linux_driver
                          ? rig_rules_trace(rules, s) : NULL;
    g_autofree char *group = g_strdup_printf(RIG_PLAN_GROUP_SCENARIO, number);
    g_autoptr(GPtrArray) names = g_ptr_array_new();

    g_key_file_set_string(k, group, RIG_PLAN_KEY_NAME, s->name);
    add_driver(k, group, number, s);
    for (guint i = 0; rules && i < s->rules->len; i++) {
        g_ptr_array_add(names, ((RigRuleRef *)s->rules->pdata[i])->name);
    }
    if (names->len) {
        g_key_file_set_string_list(k, group, RIG_PLAN_KEY_RULES,
                                   (const char *const *)names->pdata,
                                   names->len);
    }
    if (trace && *trace) {
        g_key_file_set_string_list(k, group, RIG_PLAN_KEY_TRACE,
                                   (const char *const *)trace,
                                   g_strv_length(trace));
    }
    set_uint(k, group, RIG_PLAN_KEY_CYCLES, s->cycles->len);
    for (guint i = 0; i < s->cycles->len; i++) {
        add_cycle(k, number, i + 1, s->cycles->pdata[i]);
    }
    if (s->sweep) {
        rig_sweep_plan(k, number, s->sweep);
    }
}

char *rig_plan_ini(const GPtrArray *scenarios, const RigRules *rules)
{
    g_autoptr(GKeyFile) k = g_key_file_new();
    const RigScenario *first = scenarios->pdata[0];

    set_uint(k, RIG_PLAN_GROUP, RIG_PLAN_KEY_VERSION, RIG_PLAN_VERSION);
    g_key_file_set_string(k, RIG_PLAN_GROUP, RIG_PLAN_KEY_DEVICE,
                          rig_plan_device(&first->machine));
    if (first->machine.adapters > 1) {
        g_key_file_set_string(k, RIG_PLAN_GROUP, RIG_PLAN_KEY_DEVICE_2,
                              RIG_PLAN_DEVICE_2);
    }
    if (rig_machine_is_vf(&first->machine)) {
        set_uint(k, RIG_PLAN_GROUP, RIG_PLAN_KEY_VIRTUAL, 0);
    }
    g_key_file_set_string(k, RIG_PLAN_GROUP, RIG_PLAN_KEY_PROFILE,
                          rig_profile_name(first->machine.profile));
    if (first->machine.guard_pages) {
        g_key_file_set_string(k, RIG_PLAN_GROUP, RIG_PLAN_KEY_GUARD, "yes");
    }
    set_uint(k, RIG_PLAN_GROUP, RIG_PLAN_KEY_SEED, RIG_PLAN_SEED);
    set_uint(k, RIG_PLAN_GROUP, RIG_PLAN_KEY_SCENARIOS, scenarios->len);
    for (guint i = 0; i < scenarios->len; i++) {
        add_scenario(k, i + 1, scenarios->pdata[i], rules);
    }
    return g_key_file_to_data(k, NULL, NULL);
}

/* --- archive ------------------------------------------------------------ */

static gboolean add_driver_file(RigCpio *cpio, unsigned scenario,
                                const char *name, const char *host_path,
                                GError **error)
{
    g_autofree char *path = guest_path(scenario, name);
    g_autofree char *data = NULL;
    gsize size;

    if (!g_file_get_contents(host_path, &data, &size, error)) {
        return FALSE;
    }
    rig_cpio_file(cpio, path + 1, data, size);
    return TRUE;
}

/* The driver as rigshim.sys witnesses it, and that beside it. */
static gboolean add_instrumented(RigCpio *cpio, unsigned scenario,
                                 const RigScenario *s, GError **error)
{
    g_autoptr(RigPaths) paths = rig_paths_find(error);
    g_autofree char *path = guest_path(scenario, s->sys_name);
    g_autoptr(GBytes) made = NULL;
    g_autofree char *file = NULL;
    gsize size;

    if (!paths || !g_file_get_contents(s->sys, &file, &size, error)) {
        return FALSE;
    }
    made = rig_instrument(s->sys, (const uint8_t *)file, size, NULL, error);
    if (!made) {
        return FALSE;
    }
    rig_cpio_file(cpio, path + 1, g_bytes_get_data(made, NULL),
                  g_bytes_get_size(made));
    return add_driver_file(cpio, scenario, RIGSHIM_MODULE, paths->shim, error);
}

static gboolean add_driver_files(RigCpio *cpio, unsigned scenario,
                                 const RigScenario *s, GError **error)
{
    return s->linux_driver ||
           ((s->instrumented ? add_instrumented(cpio, scenario, s, error)
             : add_driver_file(cpio, scenario, s->sys_name, s->sys, error)) &&
            add_driver_file(cpio, scenario, s->inf_name, s->inf, error));
}

GBytes *rig_plan_archive(const GPtrArray *scenarios, const char *ini,
                         GError **error)
{
    gboolean good = TRUE;
    GBytes *archive;
    RigCpio cpio;

    rig_cpio_init(&cpio);
    rig_cpio_directory(&cpio, "plan");
    rig_cpio_file(&cpio, RIG_PLAN_PATH + 1, ini, strlen(ini));
    for (guint i = 0; good && i < scenarios->len; i++) {
        const RigScenario *s = scenarios->pdata[i];
        g_autofree char *dir = g_strdup_printf("plan/%u", i + 1);

        rig_cpio_directory(&cpio, dir);
        good = add_driver_files(&cpio, i + 1, s, error);
    }
    archive = rig_cpio_finish(&cpio);
    if (!good) {
        g_clear_pointer(&archive, g_bytes_unref);
    }
    return archive;
}

gboolean rig_plan_write_initrd(const char *path, const char *initramfs,
                               GBytes *archive, GError **error)
{
    g_autoptr(GFile) file = g_file_new_for_path(path);
    g_autoptr(GFileOutputStream) out = NULL;
    g_autofree char *data = NULL;
    static const char zero[4];
    gsize size;

    if (!g_file_get_contents(initramfs, &data, &size, error)) {
        return FALSE;
    }
    out = g_file_replace(file, NULL, FALSE, G_FILE_CREATE_PRIVATE, NULL,
                         error);
    return out &&
           g_output_stream_write_all(G_OUTPUT_STREAM(out), data, size, NULL,
                                     NULL, error) &&
           g_output_stream_write_all(G_OUTPUT_STREAM(out), zero, -size & 3,
                                     NULL, NULL, error) &&
           g_output_stream_write_all(G_OUTPUT_STREAM(out),
                                     g_bytes_get_data(archive, NULL),
                                     g_bytes_get_size(archive), NULL, NULL,
                                     error) &&
           g_output_stream_close(G_OUTPUT_STREAM(out), NULL, error);
}
