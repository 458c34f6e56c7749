/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading and checking the plan. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include "agent/plan-read.h"
#include "linux/pci.h"
#include "rig/faults.h"

G_DEFINE_QUARK(rig - plan - error, plan_error)

bool plan_refuse(const struct plan_reader *r, const char *key, const char *fmt,
                 ...)
{
    g_autofree char *text = NULL;
    va_list ap;

    va_start(ap, fmt);
    text = g_strdup_vprintf(fmt, ap);
    va_end(ap);
    if (r->error && !*r->error) {
        g_set_error(r->error, PLAN_ERROR, PLAN_ERROR_CONTENT,
                    "plan, [%s]%s%s: %s", r->group, key ? " " : "",
                    key ? key : "", text);
    }
    return false;
}

bool plan_read_number(const struct plan_reader *r, const char *key, uint64_t lo,
                      uint64_t hi, const uint64_t *fallback, uint64_t *value)
{
    g_autofree char *text = g_key_file_get_value(r->file, r->group, key, NULL);
    guint64 number;

    if (!text && fallback) {
        *value = *fallback;
        return true;
    }
    if (!text) {
        return plan_refuse(r, key, "missing");
    }
    if (!g_ascii_string_to_unsigned(text, 10, lo, hi, &number, NULL)) {
        return plan_refuse(r, key,
                           "\"%.40s\" is not a number from %" G_GUINT64_FORMAT
                           " to %" G_GUINT64_FORMAT,
                           text, lo, hi);
    }
    *value = number;
    return true;
}

bool plan_read_u32(const struct plan_reader *r, const char *key, uint32_t lo,
                   uint32_t hi, const uint32_t *fallback, uint32_t *value)
{
    uint64_t fallback64 = fallback ? *fallback : 0, number;

    if (!plan_read_number(r, key, lo, hi, fallback ? &fallback64 : NULL,
                          &number)) {
        return false;
    }
    *value = number;
    return true;
}

bool plan_read_text(const struct plan_reader *r, const char *key, char **value)
{
    *value = g_key_file_get_string(r->file, r->group, key, NULL);
    return *value && **value ? true : plan_refuse(r, key, "missing");
}

bool plan_read_path(const struct plan_reader *r, const char *key, char **value)
{
    if (!plan_read_text(r, key, value)) {
        return false;
    }
    return **value == '/'
               ? true
               : plan_refuse(r, key, "\"%.80s\" is not an absolute path",
                             *value);
}

bool plan_only_keys(const struct plan_reader *r, const char *const *known)
{
    g_auto(GStrv) keys = g_key_file_get_keys(r->file, r->group, NULL, NULL);

    if (!keys) {
        return plan_refuse(r, NULL, "the group is missing");
    }
    for (char **key = keys; *key; key++) {
        if (!g_strv_contains(known, *key)) {
            return plan_refuse(r, *key, "unknown key");
        }
    }
    return true;
}

static bool read_steps(const struct plan_reader *r, unsigned scenario,
                       unsigned number, struct plan_cycle *cycle)
{
    g_auto(GStrv) names = g_key_file_get_string_list(
        r->file, r->group, RIG_PLAN_KEY_STEPS, NULL, NULL);
    unsigned n = names ? g_strv_length(names) : 0;

    if (n < 1 || n > PLAN_STEPS_MAX) {
        return plan_refuse(r, RIG_PLAN_KEY_STEPS, "1 to %u steps are needed",
                           PLAN_STEPS_MAX);
    }
    cycle->steps = g_new0(struct plan_step, n);
    cycle->n_steps = n;
    for (unsigned i = 0; i < n; i++) {
        g_autofree char *group =
            g_strdup_printf(RIG_PLAN_GROUP_STEP, scenario, number, i + 1);
        struct plan_reader step = {r->file, group, r->error};

        if (!plan_step_kind(names[i], &cycle->steps[i].kind)) {
            return plan_refuse(r, RIG_PLAN_KEY_STEPS, "unknown step \"%.40s\"",
                               names[i]);
        }
        if (!plan_read_step(&step, &cycle->steps[i])) {
            return false;
        }
    }
    return true;
}

static bool read_cycle(const struct plan_reader *r, unsigned scenario,
                       unsigned number, struct plan_cycle *cycle)
{
    static const char *const known[] = {RIG_PLAN_KEY_REPEAT, RIG_PLAN_KEY_STEPS,
                                        NULL};
    static const uint32_t once = 1;

    return plan_only_keys(r, known) &&
           plan_read_u32(r, RIG_PLAN_KEY_REPEAT, 1, PLAN_REPEAT_MAX, &once,
                         &cycle->repeat) &&
           read_steps(r, scenario, number, cycle);
}

/* A module, and so a file name. */
static bool read_linux_driver(const struct plan_reader *r, char **value)
{
    if (!plan_read_text(r, RIG_PLAN_KEY_LINUX, value)) {
        return false;
    }
    return (*value)[strspn(*value, "abcdefghijklmnopqrstuvwxyz0123456789_")]
               ? plan_refuse(r, RIG_PLAN_KEY_LINUX,
                             "\"%.40s\" is not the name of a "
                             "module",
                             *value)
               : true;
}

static bool read_driver(const struct plan_reader *r,
                        struct plan_scenario *scenario)
{
    if (!g_key_file_has_key(r->file, r->group, RIG_PLAN_KEY_LINUX, NULL)) {
        return plan_read_path(r, RIG_PLAN_KEY_SYS, &scenario->sys) &&
               plan_read_path(r, RIG_PLAN_KEY_INF, &scenario->inf);
    }
    if (g_key_file_has_key(r->file, r->group, RIG_PLAN_KEY_SYS, NULL) ||
        g_key_file_has_key(r->file, r->group, RIG_PLAN_KEY_INF, NULL)) {
        return plan_refuse(r, RIG_PLAN_KEY_LINUX, "there is a .sys driver too");
    }
    return read_linux_driver(r, &scenario->linux_driver);
}

/* --- sweep ------------------------------------------------------------ */

/* A list of at most `max` texts, none longer than a point can be. */
static bool read_list(const struct plan_reader *r, const char *key,
                      unsigned max, size_t size, char ***list)
{
    *list = g_key_file_get_string_list(r->file, r->group, key, NULL, NULL);
    if (!*list) {
        *list = g_new0(char *, 1);
    }
    if (g_strv_length(*list) > max) {
        return plan_refuse(r, key, "more than %u", max);
    }
    for (char **text = *list; *text; text++) {
        if (!**text || strlen(*text) >= size) {
            return plan_refuse(r, key, "\"%.80s\" is empty or too long", *text);
        }
    }
    return true;
}

static bool read_lives(const struct plan_reader *r, struct plan_sweep *sweep)
{
    static const struct {
        const char *name;
        enum sweep_lives bit;
    } known[] = {
        {RIG_SWEEP_RESOURCES, SWEEP_RESOURCES},
        {RIG_SWEEP_HALT_ACTIONS, SWEEP_HALT_ACTIONS},
        {RIG_SWEEP_POST_FAILURE, SWEEP_POST_FAILURE},
        {RIG_SWEEP_SURPRISE, SWEEP_SURPRISE},
        {RIG_SWEEP_POWER, SWEEP_POWER},
        {RIG_SWEEP_RESET, SWEEP_RESET},
        {RIG_SWEEP_SHUTDOWN, SWEEP_SHUTDOWN},
    };
    g_auto(GStrv) list = g_key_file_get_string_list(
        r->file, r->group, RIG_PLAN_KEY_LIVES, NULL, NULL);

    for (char **name = list; name && *name; name++) {
        unsigned i = 0;

        while (i < G_N_ELEMENTS(known) && strcmp(*name, known[i].name)) {
            i++;
        }
        if (i == G_N_ELEMENTS(known)) {
            return plan_refuse(r, RIG_PLAN_KEY_LIVES,
                               "\"%.40s\" is no life of a "
                               "sweep",
                               *name);
        }
        sweep->lives |= known[i].bit;
    }
    return true;
}

static bool read_sweep_status(const struct plan_reader *r, uint32_t *status)
{
    g_autofree char *text =
        g_key_file_get_value(r->file, r->group, RIG_PLAN_KEY_STATUS, NULL);
    guint64 number = SWEEP_STATUS;

    if (text && (!g_str_has_prefix(text, "0x") ||
                 !g_ascii_string_to_unsigned(text + 2, 16, 1, UINT32_MAX,
                                             &number, NULL))) {
        return plan_refuse(r, RIG_PLAN_KEY_STATUS,
                           "\"%.40s\" is not 0x and "
                           "hexadecimal digits, other than 0",
                           text);
    }
    *status = number;
    return true;
}

/* The group is there. */
static bool read_sweep(const struct plan_reader *r, struct plan_sweep *s)
{
    static const char *const known[] = {RIG_PLAN_KEY_K,
                                        RIG_PLAN_KEY_STATUS,
                                        RIG_PLAN_KEY_DEVICE_SWEEP,
                                        RIG_PLAN_KEY_OCCASIONS,
                                        RIG_PLAN_KEY_PER_SITE,
                                        RIG_PLAN_KEY_LIMIT,
                                        RIG_PLAN_KEY_SHARE,
                                        RIG_PLAN_KEY_SHARES,
                                        RIG_PLAN_KEY_LIVES,
                                        RIG_PLAN_KEY_ONLY,
                                        NULL};
    static const uint32_t k = 1, occasions = SWEEP_OCCASIONS, all = 0,
                          limit = SWEEP_LIMIT, one = 1;

    return plan_only_keys(r, known) &&
           plan_read_u32(r, RIG_PLAN_KEY_K, 1, SWEEP_K_MAX, &k, &s->k) &&
           read_sweep_status(r, &s->status) &&
           read_list(r, RIG_PLAN_KEY_DEVICE_SWEEP, SWEEP_DEVICE_MAX,
                     RIG_FAULT_SPEC_MAX + 1, &s->device_faults) &&
           plan_read_u32(r, RIG_PLAN_KEY_OCCASIONS, 1, SWEEP_OCCASIONS_MAX,
                         &occasions, &s->occasions) &&
           plan_read_u32(r, RIG_PLAN_KEY_PER_SITE, 0, UINT32_MAX, &all,
                         &s->per_site) &&
           plan_read_u32(r, RIG_PLAN_KEY_LIMIT, 1, SWEEP_CYCLES_MAX, &limit,
                         &s->limit) &&
           plan_read_u32(r, RIG_PLAN_KEY_SHARES, 1, SWEEP_SHARES_MAX, &one,
                         &s->shares) &&
           plan_read_u32(r, RIG_PLAN_KEY_SHARE, 1, s->shares, &one,
                         &s->share) &&
           read_lives(r, s) &&
           read_list(r, RIG_PLAN_KEY_ONLY, SWEEP_ONLY_MAX, 2 * SWEEP_SPEC_SIZE,
                     &s->only);
}

static bool read_scenario_sweep(const struct plan_reader *r, unsigned number,
                                struct plan_scenario *scenario)
{
    g_autofree char *group = g_strdup_printf(RIG_PLAN_GROUP_SWEEP, number);
    struct plan_reader sweep = {r->file, group, r->error};

    if (!g_key_file_has_group(r->file, group)) {
        return true;
    }
    scenario->sweep = g_new0(struct plan_sweep, 1);
    if (!read_sweep(&sweep, scenario->sweep)) {
        return false;
    }
    return scenario->n_cycles == 1
               ? true
               : plan_refuse(&sweep, NULL, "a sweep has one cycle, its life");
}

static bool read_trace(const struct plan_reader *r,
                       struct plan_scenario *scenario)
{
    gsize n = 0;

    scenario->trace = g_key_file_get_string_list(r->file, r->group,
                                                 RIG_PLAN_KEY_TRACE, &n, NULL);
    return n <= PLAN_TRACE_MAX ||
           plan_refuse(r, RIG_PLAN_KEY_TRACE, "more than %u names",
                       PLAN_TRACE_MAX);
}

static bool read_scenario(const struct plan_reader *r, unsigned number,
                          struct plan_scenario *scenario)
{
    static const char *const known[] = {RIG_PLAN_KEY_NAME,   RIG_PLAN_KEY_SYS,
                                        RIG_PLAN_KEY_INF,    RIG_PLAN_KEY_LINUX,
                                        RIG_PLAN_KEY_CYCLES, RIG_PLAN_KEY_TRACE,
                                        RIG_PLAN_KEY_RULES,
                                        RIG_PLAN_KEY_INSTRUMENTED, NULL};
    uint32_t n;

    if (!plan_only_keys(r, known) ||
        !plan_read_text(r, RIG_PLAN_KEY_NAME, &scenario->name) ||
        !read_driver(r, scenario) || !read_trace(r, scenario) ||
        !plan_read_u32(r, RIG_PLAN_KEY_CYCLES, 1, PLAN_CYCLES_MAX, NULL, &n)) {
        return false;
    }
    scenario->cycles = g_new0(struct plan_cycle, n);
    scenario->n_cycles = n;
    for (unsigned i = 0; i < n; i++) {
        g_autofree char *group =
            g_strdup_printf(RIG_PLAN_GROUP_CYCLE, number, i + 1);
        struct plan_reader cycle = {r->file, group, r->error};

        if (!read_cycle(&cycle, number, i + 1, &scenario->cycles[i])) {
            return false;
        }
    }
    return read_scenario_sweep(r, number, scenario);
}

static bool read_profile(const struct plan_reader *r, struct plan *plan)
{
    g_autofree char *profile = NULL;

    if (!plan_read_text(r, RIG_PLAN_KEY_PROFILE, &profile)) {
        return false;
    }
    plan->at_start = strcmp(profile, RIG_PROFILE_AT_START) == 0;
    if (!plan->at_start && strcmp(profile, RIG_PROFILE_AT_CONNECT) != 0) {
        return plan_refuse(r, RIG_PLAN_KEY_PROFILE,
                           "\"%.40s\" is neither " RIG_PROFILE_AT_CONNECT
                           " nor " RIG_PROFILE_AT_START,
                           profile);
    }
    return true;
}

static bool read_devices(const struct plan_reader *r, struct plan *plan)
{
    uint32_t vf;

    plan->virtual_function = -1;
    if (g_key_file_has_key(r->file, r->group, RIG_PLAN_KEY_VIRTUAL, NULL)) {
        if (!plan_read_u32(r, RIG_PLAN_KEY_VIRTUAL, 0, PLAN_VFS_MAX - 1, NULL,
                           &vf)) {
            return false;
        }
        plan->virtual_function = (int)vf;
    }
    if (!plan_read_text(r, RIG_PLAN_KEY_DEVICE, &plan->device)) {
        return false;
    }
    plan->device_2 =
        g_key_file_get_string(r->file, r->group, RIG_PLAN_KEY_DEVICE_2, NULL);
    if (!pci_address_valid(plan->device)) {
        return plan_refuse(r, RIG_PLAN_KEY_DEVICE,
                           "\"%.40s\" is not a PCI address "
                           "like 0000:00:10.0",
                           plan->device);
    }
    if (plan->device_2 && (!pci_address_valid(plan->device_2) ||
                           strcmp(plan->device, plan->device_2) == 0)) {
        return plan_refuse(r, RIG_PLAN_KEY_DEVICE_2,
                           "\"%.40s\" is not the PCI "
                           "address of another function",
                           plan->device_2);
    }
    return true;
}

/* The first cycle with a step for an adapter that the plan does not have. */
static bool check_adapters(const struct plan_reader *r, const struct plan *plan)
{
    for (unsigned i = 0; i < plan->n_scenarios; i++) {
        const struct plan_scenario *s = &plan->scenarios[i];

        for (unsigned k = 0; k < s->n_cycles; k++) {
            for (unsigned n = 0; n < s->cycles[k].n_steps; n++) {
                if (s->cycles[k].steps[n].adapter && !plan->device_2) {
                    return plan_refuse(r, RIG_PLAN_KEY_DEVICE_2,
                                       "missing, but "
                                       "scenario %u has steps for it",
                                       i + 1);
                }
            }
        }
    }
    return true;
}

static bool read_guard_pages(const struct plan_reader *r, struct plan *plan)
{
    g_autofree char *value = NULL;

    if (!g_key_file_has_key(r->file, r->group, RIG_PLAN_KEY_GUARD, NULL)) {
        return true;
    }
    if (!plan_read_text(r, RIG_PLAN_KEY_GUARD, &value)) {
        return false;
    }
    plan->guard_pages = strcmp(value, "yes") == 0;
    return plan->guard_pages || strcmp(value, "no") == 0 ||
           plan_refuse(r, RIG_PLAN_KEY_GUARD, "\"%.40s\" is neither yes nor no",
                       value);
}

static bool read_plan(const struct plan_reader *r, struct plan *plan)
{
    static const char *const known[] = {
        RIG_PLAN_KEY_VERSION, RIG_PLAN_KEY_DEVICE,    RIG_PLAN_KEY_DEVICE_2,
        RIG_PLAN_KEY_VIRTUAL, RIG_PLAN_KEY_PROFILE,   RIG_PLAN_KEY_GUARD,
        RIG_PLAN_KEY_SEED,    RIG_PLAN_KEY_SCENARIOS, NULL};
    uint32_t version, n;

    if (!plan_only_keys(r, known) ||
        !plan_read_u32(r, RIG_PLAN_KEY_VERSION, RIG_PLAN_VERSION,
                       RIG_PLAN_VERSION, NULL, &version) ||
        !read_devices(r, plan) || !read_profile(r, plan) ||
        !read_guard_pages(r, plan) ||
        !plan_read_number(r, RIG_PLAN_KEY_SEED, 0, UINT64_MAX, NULL,
                          &plan->seed) ||
        !plan_read_u32(r, RIG_PLAN_KEY_SCENARIOS, 1, PLAN_SCENARIOS_MAX, NULL,
                       &n)) {
        return false;
    }
    plan->scenarios = g_new0(struct plan_scenario, n);
    plan->n_scenarios = n;
    for (unsigned i = 0; i < n; i++) {
        g_autofree char *group =
            g_strdup_printf(RIG_PLAN_GROUP_SCENARIO, i + 1);
        struct plan_reader scenario = {r->file, group, r->error};

        if (!read_scenario(&scenario, i + 1, &plan->scenarios[i])) {
            return false;
        }
        if (!plan->scenarios[i].linux_driver !=
            !plan->scenarios[0].linux_driver) {
            return plan_refuse(&scenario, RIG_PLAN_KEY_LINUX,
                               "only some of the "
                               "scenarios have it");
        }
    }
    return check_adapters(r, plan);
}

struct plan *plan_parse(const char *data, size_t size, GError **error)
{
    g_autoptr(GKeyFile) file = g_key_file_new();
    struct plan_reader r = {file, RIG_PLAN_GROUP, error};
    GError *syntax = NULL;
    struct plan *plan;

    if (!g_key_file_load_from_data(file, data, size, G_KEY_FILE_NONE,
                                   &syntax)) {
        g_set_error(error, PLAN_ERROR, PLAN_ERROR_SYNTAX, "plan: %s",
                    syntax->message);
        g_error_free(syntax);
        return NULL;
    }
    plan = g_new0(struct plan, 1);
    if (!read_plan(&r, plan)) {
        plan_free(plan);
        return NULL;
    }
    return plan;
}

struct plan *plan_load(const char *path, GError **error)
{
    g_autofree char *data = NULL;
    struct stat st;
    gsize size;

    if (stat(path, &st)) {
        g_set_error(error, PLAN_ERROR, PLAN_ERROR_IO,
                    "%s: %s: is the plan's "
                    "archive behind the initramfs, at a multiple of 4 bytes?",
                    path, strerror(errno));
        return NULL;
    }
    if (st.st_size > (off_t)PLAN_SIZE_MAX) {
        g_set_error(error, PLAN_ERROR, PLAN_ERROR_IO, "%s: more than %u bytes",
                    path, PLAN_SIZE_MAX);
        return NULL;
    }
    if (!g_file_get_contents(path, &data, &size, NULL)) {
        g_set_error(error, PLAN_ERROR, PLAN_ERROR_IO, "%s: cannot be read",
                    path);
        return NULL;
    }
    return plan_parse(data, size, error);
}

static void cycle_free(struct plan_cycle *cycle)
{
    for (unsigned i = 0; i < cycle->n_steps; i++) {
        struct plan_step *step = &cycle->steps[i];

        for (unsigned j = 0; j < step->n_faults; j++) {
            g_free((char *)step->faults[j].api);
        }
        g_free(step->faults);
        for (unsigned j = 0; j < step->n_device_faults; j++) {
            g_free(step->device_faults[j].spec);
        }
        g_free(step->device_faults);
    }
    g_free(cycle->steps);
}

void plan_free(struct plan *plan)
{
    if (!plan) {
        return;
    }
    for (unsigned i = 0; i < plan->n_scenarios; i++) {
        struct plan_scenario *scenario = &plan->scenarios[i];

        for (unsigned j = 0; j < scenario->n_cycles; j++) {
            cycle_free(&scenario->cycles[j]);
        }
        if (scenario->sweep) {
            g_strfreev(scenario->sweep->device_faults);
            g_strfreev(scenario->sweep->only);
            g_free(scenario->sweep);
        }
        g_free(scenario->cycles);
        g_free(scenario->name);
        g_free(scenario->sys);
        g_strfreev(scenario->trace);
        g_free(scenario->inf);
        g_free(scenario->linux_driver);
    }
    g_free(plan->scenarios);
    g_free(plan->device);
    g_free(plan->device_2);
    g_free(plan);
}
