/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Scenarios of a stored stream: from its plan.ini, or from the stream. */
#include "offline.h"

#include <errno.h>
#include <gio/gio.h>
#include <stdio.h>
#include <string.h>

#include "include/plan.h"
#include "read-file.h"
#include "scenario.h"
#include "stream.h"

/* --- plan.ini ------------------------------------------------------------ */

static gboolean fail(GError **error, const char *fmt, ...) G_GNUC_PRINTF(2, 3);

static gboolean fail(GError **error, const char *fmt, ...)
{
    g_autofree char *text = NULL;
    va_list ap;

    va_start(ap, fmt);
    text = g_strdup_vprintf(fmt, ap);
    va_end(ap);
    if (error && !*error) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s", text);
    }
    return FALSE;
}

/* "API#occurrence=status" */
static gboolean add_fault(RigStep *s, const char *text, GError **error)
{
    RigFault *f = g_new0(RigFault, 1);
    char api[64] = "";

    if (sscanf(text, "%63[^#]#%u=0x%x", api, &f->occurrence, &f->status) != 3) {
        g_free(f);
        return fail(error, "\"%.80s\" is not API#occurrence=status", text);
    }
    f->api = g_strdup(api);
    g_ptr_array_add(s->faults, f);
    return TRUE;
}

/* "NAME@at[:argument]" */
static gboolean add_device_fault(RigStep *s, const char *text, GError **error)
{
    RigDeviceFault *f;
    const char *at = strchr(text, '@'), *colon;

    if (!at) {
        return fail(error, "\"%.80s\" is not NAME@at", text);
    }
    f = g_new0(RigDeviceFault, 1);
    colon = strchr(at, ':');
    f->name = g_strndup(text, at - text);
    f->at = g_ascii_strtoull(at + 1, NULL, 10);
    f->argument = colon ? g_strdup(colon + 1) : NULL;
    g_ptr_array_add(s->device_faults, f);
    return TRUE;
}

static gboolean read_step(GKeyFile *k, const char *group, RigStep *s,
                          GError **error)
{
    g_auto(GStrv) faults = g_key_file_get_string_list(
        k, group, RIG_PLAN_KEY_FAULTS, NULL, NULL);
    g_auto(GStrv) device = g_key_file_get_string_list(
        k, group, RIG_PLAN_KEY_DEVICE_FAULTS, NULL, NULL);

    for (char **f = faults; f && *f; f++) {
        if (**f && !add_fault(s, *f, error)) {
            return FALSE;
        }
    }
    for (char **f = device; f && *f; f++) {
        if (**f && !add_device_fault(s, *f, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean read_cycle(GKeyFile *k, unsigned scenario, unsigned number,
                           RigScenario *s, GError **error)
{
    g_autofree char *group = g_strdup_printf(RIG_PLAN_GROUP_CYCLE, scenario,
                                             number);
    g_auto(GStrv) steps = g_key_file_get_string_list(
        k, group, RIG_PLAN_KEY_STEPS, NULL, error);
    RigCycle *c = rig_scenario_add_cycle(s);

    c->repeat = MAX(1, g_key_file_get_uint64(k, group, RIG_PLAN_KEY_REPEAT,
                                             NULL));
    if (!steps || c->repeat > PLAN_REPEAT_MAX) {
        return fail(error, "[%s] is no cycle", group);
    }
    for (unsigned i = 0; steps[i]; i++) {
        g_autofree char *step = g_strdup_printf(RIG_PLAN_GROUP_STEP, scenario,
                                                number, i + 1);
        RigStep *to = rig_cycle_add_step(c);

        to->name = g_strdup(steps[i]);
        if (!read_step(k, step, to, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

/* As rule.rng has them; with other ones it is the name of no rule. */
#define RULE_LETTERS G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "_.-"

static void read_rules(GKeyFile *k, const char *group, RigScenario *s)
{
    g_auto(GStrv) rules = g_key_file_get_string_list(
        k, group, RIG_PLAN_KEY_RULES, NULL, NULL);

    for (char **r = rules; r && *r; r++) {
        RigRuleRef *ref = g_new0(RigRuleRef, 1);

        ref->name = g_strcanon(g_strdup(*r), RULE_LETTERS, '?');
        g_ptr_array_add(s->rules, ref);
    }
}

/* Names get to the terminal. */
static gboolean printable(const char *name)
{
    while (g_ascii_isprint(*name)) {
        name++;
    }
    return !*name;
}

/* A list; empty where the plan has none. */
static char **read_list(GKeyFile *k, const char *group, const char *key)
{
    char **list = g_key_file_get_string_list(k, group, key, NULL, NULL);

    return list ? list : g_new0(char *, 1);
}

static RigSweep *read_sweep(GKeyFile *k, const char *group)
{
    RigSweep *sweep = g_new0(RigSweep, 1);

    sweep->k = MAX(1, g_key_file_get_uint64(k, group, RIG_PLAN_KEY_K, NULL));
    sweep->device_faults = read_list(k, group, RIG_PLAN_KEY_DEVICE_SWEEP);
    sweep->lives = read_list(k, group, RIG_PLAN_KEY_LIVES);
    sweep->only = read_list(k, group, RIG_PLAN_KEY_ONLY);
    return sweep;
}

static RigScenario *read_scenario(GKeyFile *k, const char *file,
                                  unsigned number, RigProfile profile,
                                  GError **error)
{
    g_autofree char *group = g_strdup_printf(RIG_PLAN_GROUP_SCENARIO, number);
    g_autofree char *sweep = g_strdup_printf(RIG_PLAN_GROUP_SWEEP, number);
    g_autofree char *sys = g_key_file_get_string(k, group, RIG_PLAN_KEY_SYS,
                                                 NULL);
    uint64_t cycles = g_key_file_get_uint64(k, group, RIG_PLAN_KEY_CYCLES,
                                            NULL);
    g_autoptr(RigScenario) s = rig_scenario_new();
    g_autofree char *instrumented = NULL;

    s->file = g_strdup(file);
    s->name = g_key_file_get_string(k, group, RIG_PLAN_KEY_NAME, error);
    s->title = g_strdup(s->name);
    s->linux_driver = g_key_file_get_string(k, group, RIG_PLAN_KEY_LINUX,
                                            NULL);
    s->sys_name = sys ? g_path_get_basename(sys) : NULL;
    s->machine.nic = g_strdup(RIG_NIC_MODEL);
    s->machine.profile = profile;
    if (g_key_file_has_group(k, sweep)) {
        s->sweep = read_sweep(k, sweep);
    }
    read_rules(k, group, s);
    instrumented = g_key_file_get_string(k, group, RIG_PLAN_KEY_INSTRUMENTED,
                                         NULL);
    s->instrumented = g_strcmp0(instrumented, RIG_PLAN_YES) == 0;
    s->marked = read_list(k, group, RIG_PLAN_KEY_TRACE);
    if (!s->name || !printable(s->name) || cycles < 1 ||
        cycles > PLAN_CYCLES_MAX) {
        fail(error, "[%s] is no scenario", group);
        return NULL;
    }
    for (unsigned i = 1; i <= cycles; i++) {
        if (!read_cycle(k, number, i, s, error)) {
            return NULL;
        }
    }
    return g_steal_pointer(&s);
}

static GPtrArray *new_list(void)
{
    return g_ptr_array_new_with_free_func((GDestroyNotify)rig_scenario_free);
}

GPtrArray *rig_offline_plan(const char *file, GError **error)
{
    g_autoptr(GKeyFile) k = g_key_file_new();
    g_autoptr(GPtrArray) all = new_list();
    g_autofree char *profile = NULL, *text = NULL;
    gsize length;
    uint64_t n;

    if (!rig_read_file(file, PLAN_SIZE_MAX, &text, &length, error)) {
        return NULL;
    }
    /* GLib's message has the line in it, whatever its bytes are. */
    if (!g_key_file_load_from_data(k, text, length, G_KEY_FILE_NONE, NULL)) {
        fail(error, "it is no plan of the rig");
        return NULL;
    }
    profile = g_key_file_get_string(k, RIG_PLAN_GROUP, RIG_PLAN_KEY_PROFILE,
                                    NULL);
    n = g_key_file_get_uint64(k, RIG_PLAN_GROUP, RIG_PLAN_KEY_SCENARIOS,
                              NULL);
    if (n < 1 || n > PLAN_SCENARIOS_MAX) {
        fail(error, "it is no plan of the rig");
        return NULL;
    }
    for (unsigned i = 1; i <= n; i++) {
        RigScenario *s = read_scenario(k, file, i,
                                       g_strcmp0(profile,
                                                 RIG_PROFILE_AT_START) == 0
                                       ? RIG_MSIX_AT_START
                                       : RIG_MSIX_AT_CONNECT, error);

        if (!s) {
            return NULL;
        }
        g_ptr_array_add(all, s);
    }
    return g_steal_pointer(&all);
}

/* --- the stream ---------------------------------------------------------- */

static void scan(const RigEvent *e, void *opaque)
{
    GPtrArray *all = opaque;
    RigScenario *s;

    if (e->type != RIG_EV_MARKER) {
        return;
    }
    if (e->marker.kind == RIG_MK_SCENARIO_BEGIN &&
        all->len < PLAN_SCENARIOS_MAX) {
        s = rig_scenario_new();
        s->file = g_strdup("");
        s->name = g_strdup(e->marker.name);
        s->title = g_strdup(s->name);
        s->machine.nic = g_strdup(RIG_NIC_MODEL);
        rig_scenario_add_cycle(s)->repeat = 1;
        g_ptr_array_add(all, s);
    } else if (e->marker.kind == RIG_MK_CYCLE_BEGIN && all->len) {
        s = all->pdata[all->len - 1];
        ((RigCycle *)s->cycles->pdata[0])->repeat =
            CLAMP(e->marker.cycle, 1, PLAN_REPEAT_MAX);
    }
}

GPtrArray *rig_offline_scan(const char *stream, GError **error)
{
    g_autoptr(GPtrArray) all = new_list();
    g_autofree RigStream *s = g_new(RigStream, 1);
    g_autofree uint8_t *bytes = g_malloc(1 << 20);
    FILE *file = fopen(stream, "rbe");
    size_t n;

    if (!file) {
        g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno), "%s",
                    g_strerror(errno));
        return NULL;
    }
    rig_stream_init(s, scan, all);
    while ((n = fread(bytes, 1, 1 << 20, file)) > 0 &&
           rig_stream_feed(s, bytes, n)) {
    }
    fclose(file);
    if (!all->len) {
        fail(error, s->error[0] ? "%s" : "no scenario begins in it%s",
             s->error);
        return NULL;
    }
    return g_steal_pointer(&all);
}
