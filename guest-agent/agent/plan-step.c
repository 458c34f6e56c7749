/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The steps of a plan: their names, faults and settings. */
#include <string.h>
#include "agent/plan-read.h"
#include "rig/faults.h"
#include "rig/traffic.h"

#define DEFAULT_FRAMES 64u
#define DEFAULT_MAX_LENGTH 1514u /* Ethernet without FCS */

static const char *const step_names[PLAN_STEP_KINDS] = {
    [PLAN_INSTALL] = RIG_STEP_INSTALL,
    [PLAN_INIT] = RIG_STEP_INIT,
    [PLAN_RESTART] = RIG_STEP_RESTART,
    [PLAN_TRAFFIC] = RIG_STEP_TRAFFIC,
    [PLAN_PAUSE] = RIG_STEP_PAUSE,
    [PLAN_HALT] = RIG_STEP_HALT,
    [PLAN_LINK_FLAP] = RIG_STEP_LINK_FLAP,
    [PLAN_POWER] = RIG_STEP_POWER,
    [PLAN_RESET] = RIG_STEP_RESET,
    [PLAN_SURPRISE_REMOVE] = RIG_STEP_SURPRISE_REMOVE,
    [PLAN_SHUTDOWN] = RIG_STEP_SHUTDOWN,
    [PLAN_REMOVE] = RIG_STEP_REMOVE,
    [PLAN_UNLOAD] = RIG_STEP_UNLOAD,
    [PLAN_BIND] = RIG_STEP_BIND,
    [PLAN_SRIOV] = RIG_STEP_SRIOV,
    [PLAN_UNBIND] = RIG_STEP_UNBIND,
};

const char *plan_step_name(enum plan_step_kind kind)
{
    return step_names[kind];
}

bool plan_step_kind(const char *name, enum plan_step_kind *kind)
{
    for (unsigned i = 0; i < PLAN_STEP_KINDS; i++) {
        if (strcmp(name, step_names[i]) == 0) {
            *kind = i;
            return true;
        }
    }
    return false;
}

/* "API#occurrence=status" */
static bool parse_fault(const struct plan_reader *r, const char *text,
                        struct host_fault *fault)
{
    const char *hash = strchr(text, '#');
    const char *equals = hash ? strchr(hash, '=') : NULL;
    g_autofree char *occurrence = NULL;
    guint64 number, status;

    if (!equals || hash == text) {
        return plan_refuse(r, RIG_PLAN_KEY_FAULTS,
                           "\"%.80s\" is not API#occurrence=status", text);
    }
    occurrence = g_strndup(hash + 1, equals - hash - 1);
    if (!g_ascii_string_to_unsigned(occurrence, 10, 1, UINT32_MAX, &number,
                                    NULL)) {
        return plan_refuse(r, RIG_PLAN_KEY_FAULTS,
                           "\"%.80s\": the occurrence is a number from 1",
                           text);
    }
    equals++;
    if (!g_str_has_prefix(equals, "0x") ||
        !g_ascii_string_to_unsigned(equals + 2, 16, 0, UINT32_MAX, &status,
                                    NULL)) {
        return plan_refuse(r, RIG_PLAN_KEY_FAULTS,
                           "\"%.80s\": the status is 0x and hexadecimal digits",
                           text);
    }
    fault->api = g_strndup(text, hash - text);
    fault->occurrence = number;
    fault->status = status;
    return true;
}

static bool read_faults(const struct plan_reader *r, struct plan_step *step)
{
    g_auto(GStrv) list = g_key_file_get_string_list(
        r->file, r->group, RIG_PLAN_KEY_FAULTS, NULL, NULL);
    unsigned n = list ? g_strv_length(list) : 0;

    if (n > PLAN_FAULTS_MAX) {
        return plan_refuse(r, RIG_PLAN_KEY_FAULTS, "more than %u faults",
                           PLAN_FAULTS_MAX);
    }
    step->faults = g_new0(struct host_fault, n);
    for (unsigned i = 0; i < n; i++) {
        if (!parse_fault(r, list[i], &step->faults[i])) {
            return false;
        }
        step->n_faults++;
    }
    return true;
}

/* "NAME@ORDINAL[:ARGUMENT]"; whether the device has it, the device says. */
static bool parse_device_fault(const struct plan_reader *r, const char *text,
                               struct plan_device_fault *fault)
{
    const char *at = strchr(text, '@');
    const char *colon = at ? strchr(at, ':') : NULL;
    g_autofree char *ordinal = NULL;
    guint64 number;

    if (!at || at == text) {
        return plan_refuse(r, RIG_PLAN_KEY_DEVICE_FAULTS,
                           "\"%.80s\" is not NAME@ORDINAL[:ARGUMENT]", text);
    }
    ordinal = colon ? g_strndup(at + 1, colon - at - 1) : g_strdup(at + 1);
    if (!g_ascii_string_to_unsigned(ordinal, 10, 1, RIG_FAULT_ORDINAL_MAX,
                                    &number, NULL)) {
        return plan_refuse(r, RIG_PLAN_KEY_DEVICE_FAULTS,
                           "\"%.80s\": the ordinal is a number from 1", text);
    }
    fault->ordinal = number;
    fault->spec =
        g_strdup_printf("%.*s%s", (int)(at - text), text, colon ? colon : "");
    return strlen(fault->spec) <= RIG_FAULT_SPEC_MAX
               ? true
               : plan_refuse(r, RIG_PLAN_KEY_DEVICE_FAULTS,
                             "\"%.80s\": more than %u "
                             "characters",
                             fault->spec, RIG_FAULT_SPEC_MAX);
}

static bool read_device_faults(const struct plan_reader *r,
                               struct plan_step *step)
{
    g_auto(GStrv) list = g_key_file_get_string_list(
        r->file, r->group, RIG_PLAN_KEY_DEVICE_FAULTS, NULL, NULL);
    unsigned n = list ? g_strv_length(list) : 0;

    if (n > PLAN_FAULTS_MAX) {
        return plan_refuse(r, RIG_PLAN_KEY_DEVICE_FAULTS, "more than %u faults",
                           PLAN_FAULTS_MAX);
    }
    step->device_faults = g_new0(struct plan_device_fault, n);
    step->n_device_faults = n;
    for (unsigned i = 0; i < n; i++) {
        if (!parse_device_fault(r, list[i], &step->device_faults[i])) {
            return false;
        }
    }
    return true;
}

/* In the order of NDIS_HALT_ACTION and NDIS_SHUTDOWN_ACTION, ndis.h. */
static const char *const halt_actions[] = {
    "NdisHaltDeviceDisabled",    "NdisHaltDeviceInstanceDeInitialized",
    "NdisHaltDevicePoweredDown", "NdisHaltDeviceSurpriseRemoved",
    "NdisHaltDeviceFailed",      "NdisHaltDeviceInitializationFailed",
    "NdisHaltDeviceStopped",     NULL};
static const char *const shutdown_actions[] = {"NdisShutdownPowerOff",
                                               "NdisShutdownBugCheck", NULL};
static const char *const power_states[] = {RIG_PLAN_STATE_D0, RIG_PLAN_STATE_D3,
                                           NULL};
static const char *const no_yes[] = {"no", RIG_PLAN_YES, NULL};

const char *plan_halt_action_name(int action)
{
    return action >= 0 && action < (int)G_N_ELEMENTS(halt_actions)
               ? halt_actions[action]
               : NULL;
}

/* A setting of one kind of step: a word out of a list, the first if missing. */
static const struct setting {
    enum plan_step_kind kind;
    const char *key;
    const char *const *words;
} settings[] = {
    {PLAN_INIT, RIG_PLAN_KEY_POST_FAILURE, no_yes},
    {PLAN_HALT, RIG_PLAN_KEY_ACTION, halt_actions},
    {PLAN_SHUTDOWN, RIG_PLAN_KEY_ACTION, shutdown_actions},
    {PLAN_POWER, RIG_PLAN_KEY_STATE, power_states},
};

static void set_setting(struct plan_step *step, int index)
{
    switch (step->kind) {
    case PLAN_INIT:
        step->post_failure = index;
        break;
    case PLAN_POWER:
        step->low_power = index;
        break;
    default:
        step->action = index;
    }
}

static bool read_setting(const struct plan_reader *r, const struct setting *s,
                         struct plan_step *step)
{
    g_autofree char *text =
        g_key_file_get_string(r->file, r->group, s->key, NULL);

    for (int i = 0; text && s->words[i]; i++) {
        if (strcmp(text, s->words[i]) == 0) {
            set_setting(step, i);
            return true;
        }
    }
    return !text || plan_refuse(r, s->key, "\"%.40s\" is unknown here", text);
}

/* The settings of this kind of step, and none of another kind. */
static bool read_settings(const struct plan_reader *r, struct plan_step *step)
{
    const char *own = NULL;

    for (size_t i = 0; i < G_N_ELEMENTS(settings); i++) {
        if (settings[i].kind == step->kind) {
            own = settings[i].key;
            if (!read_setting(r, &settings[i], step)) {
                return false;
            }
        }
    }
    for (size_t i = 0; i < G_N_ELEMENTS(settings); i++) {
        if (g_strcmp0(own, settings[i].key) != 0 &&
            g_key_file_has_key(r->file, r->group, settings[i].key, NULL)) {
            return plan_refuse(r, settings[i].key, "is not for step %s",
                               step_names[step->kind]);
        }
    }
    return true;
}

static bool read_adapter(const struct plan_reader *r, struct plan_step *step)
{
    static const uint32_t first = 1;

    if (!plan_read_u32(r, RIG_PLAN_KEY_ADAPTER, 1, PLAN_ADAPTERS_MAX, &first,
                       &step->adapter)) {
        return false;
    }
    step->adapter--;
    return true;
}

static bool read_messages(const struct plan_reader *r, struct plan_step *step)
{
    static const uint32_t all = PLAN_MESSAGES_MAX;

    if (step->kind != PLAN_INSTALL &&
        g_key_file_has_key(r->file, r->group, RIG_PLAN_KEY_MESSAGES, NULL)) {
        return plan_refuse(r, RIG_PLAN_KEY_MESSAGES, "is not for step %s",
                           step_names[step->kind]);
    }
    return plan_read_u32(r, RIG_PLAN_KEY_MESSAGES, 0, PLAN_MESSAGES_MAX, &all,
                         &step->messages);
}

bool plan_read_step(const struct plan_reader *r, struct plan_step *step)
{
    static const char *const known[] = {RIG_PLAN_KEY_TIMEOUT,
                                        RIG_PLAN_KEY_FAULTS,
                                        RIG_PLAN_KEY_DEVICE_FAULTS,
                                        RIG_PLAN_KEY_FRAMES,
                                        RIG_PLAN_KEY_MIN_LENGTH,
                                        RIG_PLAN_KEY_MAX_LENGTH,
                                        RIG_PLAN_KEY_VF,
                                        RIG_PLAN_KEY_VFS,
                                        RIG_PLAN_KEY_POST_FAILURE,
                                        RIG_PLAN_KEY_ACTION,
                                        RIG_PLAN_KEY_STATE,
                                        RIG_PLAN_KEY_ADAPTER,
                                        RIG_PLAN_KEY_MESSAGES,
                                        NULL};
    static const uint32_t timeout = RIG_STEP_TIMEOUT_MS;
    static const uint32_t frames = DEFAULT_FRAMES, min = RIG_FRAME_MIN;
    static const uint32_t none;
    uint32_t max = DEFAULT_MAX_LENGTH;

    if (!g_key_file_has_group(r->file, r->group)) {
        step->timeout_ms = timeout;
        step->messages = PLAN_MESSAGES_MAX;
        step->frames = frames;
        step->min_length = min;
        step->max_length = max;
        return true;
    }
    step->through_vf =
        g_key_file_has_key(r->file, r->group, RIG_PLAN_KEY_VF, NULL);
    if (!plan_only_keys(r, known) || !read_faults(r, step) ||
        !read_device_faults(r, step) ||
        !plan_read_u32(r, RIG_PLAN_KEY_VF, 0, PLAN_VFS_MAX - 1, &none,
                       &step->vf) ||
        !plan_read_u32(r, RIG_PLAN_KEY_VFS, 0, PLAN_VFS_MAX, &none,
                       &step->vfs) ||
        !read_settings(r, step) || !read_adapter(r, step) ||
        !read_messages(r, step) ||
        !plan_read_u32(r, RIG_PLAN_KEY_TIMEOUT, 1, PLAN_TIMEOUT_MAX, &timeout,
                       &step->timeout_ms) ||
        !plan_read_u32(r, RIG_PLAN_KEY_FRAMES, 0, PLAN_FRAMES_MAX, &frames,
                       &step->frames) ||
        !plan_read_u32(r, RIG_PLAN_KEY_MIN_LENGTH, RIG_FRAME_MIN, RIG_FRAME_MAX,
                       &min, &step->min_length)) {
        return false;
    }
    max = MAX(max, step->min_length);
    return plan_read_u32(r, RIG_PLAN_KEY_MAX_LENGTH, step->min_length,
                         RIG_FRAME_MAX, &max, &step->max_length);
}
