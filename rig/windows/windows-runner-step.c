/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What each step of a scenario asks of the agent and of QEMU. */
#include <gio/gio.h>
#include <string.h>

#include "agent-transfer.h"
#include "domain.h"
#include "include/plan.h"
#include "qmp.h"
#include "windows-domain.h"
#include "windows-runner-internal.h"

/* Where packages go in the guest. */
#define DRIVERS_WINDOWS "C:\\rig\\drivers\\"
#define DRIVERS_LINUX   "/tmp/"
/* For QEMU to delete what the guest has let go. */
#define DELETE_SECONDS 60
/* For Windows that has stopped to write its memory and reset the machine. */
#define RESET_SECONDS 300

/* --- requests about the device ------------------------------------------- */

static void read_state(const struct fields *reply, RigDeviceState *d)
{
    d->flags = fields_get_number(reply, AGENT_KEY_FLAGS, 0);
    d->problem = fields_get_number(reply, AGENT_KEY_PROBLEM, 0);
    d->problem_status = fields_get_number(reply, AGENT_KEY_PROBLEM_STATUS, 0);
}

/* A request that takes a device; @state may be NULL. */
static gboolean ask_device(RigWindowsRunner *r, uint16_t request,
                           const char *wait_for, RigDeviceState *state,
                           GError **error)
{
    g_autofree struct fields *f = g_new0(struct fields, 1);
    struct fields *reply = NULL;

    fields_clear(f);
    fields_text(f, AGENT_KEY_DEVICE, r->hardware_id);
    if (wait_for) {
        fields_text(f, AGENT_KEY_STATE, wait_for);
    }
    if (!rig_runner_ask(r, request, f, &reply, error)) {
        return FALSE;
    }
    if (state) {
        read_state(reply, state);
    }
    g_free(reply);
    return TRUE;
}

/* Windows stopped, and nobody told: it is silent, and starts again. */
static gboolean restarted_system(RigWindowsRunner *r, const GError *e)
{
    rig_runner_drain(r);
    return g_error_matches(e, RIG_AGENT_ERROR, RIG_AGENT_RESTARTED)
           ? r->reset
           : r->agent &&
             g_error_matches(e, RIG_AGENT_ERROR, RIG_AGENT_SILENT) &&
             rig_runner_wait(r, &r->reset, NULL, RESET_SECONDS);
}

/* A refusal is a step not done; silence, and the like, is a broken rig. */
void rig_runner_failed(RigWindowsRunner *r, RigStepOutcome *o,
                       const GError *e)
{
    if (r->panicked) {
        return;
    }
    if (restarted_system(r, e)) {
        r->panicked = r->rebooted = TRUE; /* its dump will tell */
        return;
    }
    if (g_error_matches(e, RIG_AGENT_ERROR, AGENT_E_UNSUPPORTED) ||
        g_error_matches(e, RIG_AGENT_ERROR, AGENT_E_UNKNOWN)) {
        o->end = RIG_STEP_SKIPPED;
        o->text = g_strdup(e->message);
        return;
    }
    g_free(r->broken);
    r->broken = g_strdup(e->message);
}

/* --- install ------------------------------------------------------------- */

static gboolean put_file(RigWindowsRunner *r, const char *local,
                         const char *name, GError **error)
{
    g_autofree char *remote = g_strconcat(r->windows ? DRIVERS_WINDOWS
                                                     : DRIVERS_LINUX,
                                          name, NULL);

    return rig_agent_put(r->agent, local, remote, NULL, NULL, error);
}

/* The catalogue beside the INF, which its signature is in, if there is one. */
static char *catalogue_of(const RigScenario *s)
{
    g_autofree char *stem = g_strndup(s->inf, strlen(s->inf) - 4);
    char *file = g_strconcat(stem, ".cat", NULL);

    if (!g_file_test(file, G_FILE_TEST_IS_REGULAR)) {
        g_clear_pointer(&file, g_free);
    }
    return file;
}

static gboolean put_package(RigWindowsRunner *r, GError **error)
{
    const RigScenario *s = r->open;
    g_autofree char *cat = catalogue_of(s);
    g_autofree char *cat_name = cat ? g_path_get_basename(cat) : NULL;

    return put_file(r, s->sys, s->sys_name, error) &&
           put_file(r, s->inf, s->inf_name, error) &&
           (!cat || put_file(r, cat, cat_name, error));
}

static gboolean install_package(RigWindowsRunner *r, GError **error)
{
    g_autofree struct fields *f = g_new0(struct fields, 1);

    fields_clear(f);
    fields_printf(f, AGENT_KEY_INF, "%s%s", r->windows ? DRIVERS_WINDOWS
                                                       : DRIVERS_LINUX,
                  r->open->inf_name);
    fields_text(f, AGENT_KEY_HARDWARE_ID, r->hardware_id);
    return rig_runner_ask(r, AGENT_REQ_UPDATE, f, NULL, error);
}

/* The device is disabled meanwhile, so that init is a step of its own. */
static void install(RigWindowsRunner *r, RigStepOutcome *o)
{
    g_autoptr(GError) error = NULL;

    if (!ask_device(r, AGENT_REQ_DISABLE, NULL, NULL, &error) &&
        error->code >= RIG_AGENT_LINK) {
        rig_runner_failed(r, o, error); /* it is gone; a refusal is none of ours */
        return;
    }
    g_clear_error(&error);
    if (r->installed) {
        o->end = RIG_STEP_DONE;
        o->text = g_strdup("installed by an earlier cycle");
        return;
    }
    if (!rig_agent_can(r->agent, AGENT_REQ_UPDATE)) {
        o->text = g_strdup("the agent cannot install drivers here: the "
                           "system's own is used");
        return;
    }
    if (!put_package(r, &error) || !install_package(r, &error)) {
        rig_runner_failed(r, o, error);
        return;
    }
    r->installed = TRUE;
    o->end = RIG_STEP_DONE;
}

/* --- the others ---------------------------------------------------------- */

static void enable(RigWindowsRunner *r, RigStepOutcome *o)
{
    g_autoptr(GError) error = NULL;
    RigDeviceState d = { 0 };

    if (!ask_device(r, AGENT_REQ_ENABLE, NULL, &d, &error)) {
        r->init_failed = TRUE;
        rig_runner_failed(r, o, error);
        return;
    }
    o->end = rig_windows_init_result(&d, &o->status, &o->text);
    r->init_failed = o->end != RIG_STEP_DONE || o->status != 0;
}

static void started(RigWindowsRunner *r, RigStepOutcome *o)
{
    g_autoptr(GError) error = NULL;

    if (!ask_device(r, AGENT_REQ_WAIT, "started", NULL, &error)) {
        rig_runner_failed(r, o, error);
        return;
    }
    o->end = RIG_STEP_DONE;
}

void rig_runner_settled(RigWindowsRunner *r, RigStepOutcome *o)
{
    g_autoptr(GError) error = NULL;
    RigDeviceState d = { 0 };

    if (!ask_device(r, AGENT_REQ_WAIT, "settled", &d, &error)) {
        rig_runner_failed(r, o, error);
        return;
    }
    o->end = rig_windows_init_result(&d, &o->status, &o->text);
    r->init_failed = o->end != RIG_STEP_DONE || o->status != 0;
}

static void disable(RigWindowsRunner *r, RigStepOutcome *o)
{
    g_autoptr(GError) error = NULL;

    if (!ask_device(r, AGENT_REQ_DISABLE, NULL, NULL, &error)) {
        rig_runner_failed(r, o, error);
        return;
    }
    o->end = RIG_STEP_DONE;
}

static void unplug(RigWindowsRunner *r, RigStepOutcome *o)
{
    JsonObject *arguments = json_object_new();
    g_autoptr(GError) error = NULL;

    json_object_set_string_member(arguments, "id", RIG_WINDOWS_NIC);
    r->deleted = FALSE;
    if (!rig_qmp(r->domain, "device_del", arguments, &error) ||
        !ask_device(r, AGENT_REQ_WAIT, "gone", NULL, &error)) {
        rig_runner_failed(r, o, error);
        return;
    }
    r->unplugged = TRUE;
    if (!rig_runner_wait(r, &r->deleted, NULL, DELETE_SECONDS)) {
        r->broken = g_strdup("QEMU did not delete the function that the guest "
                             "let go");
        return;
    }
    o->end = RIG_STEP_DONE;
}

static gboolean set_link(RigWindowsRunner *r, gboolean up, GError **error)
{
    JsonObject *arguments = json_object_new();

    json_object_set_string_member(arguments, "name", RIG_WINDOWS_NIC);
    json_object_set_boolean_member(arguments, "up", up);
    return rig_qmp(r->domain, "set_link", arguments, error);
}

static void flap(RigWindowsRunner *r, RigStepOutcome *o)
{
    g_autoptr(GError) error = NULL;

    if (!set_link(r, FALSE, &error) || !set_link(r, TRUE, &error)) {
        r->broken = g_strdup(error->message);
        return;
    }
    o->end = RIG_STEP_DONE;
}

static void take_out(RigWindowsRunner *r, RigStepOutcome *o)
{
    g_autoptr(GError) error = NULL;

    if (r->unplugged) {
        o->end = RIG_STEP_DONE;
    } else if (ask_device(r, AGENT_REQ_REMOVE, NULL, NULL, &error) &&
               ask_device(r, AGENT_REQ_RESCAN, NULL, NULL, &error)) {
        o->end = RIG_STEP_DONE;
    } else {
        rig_runner_failed(r, o, error);
    }
}

void rig_runner_do(RigWindowsRunner *r, const RigStep *step,
                   const RigWindowsStep *w, RigStepOutcome *o)
{
    switch (w->action) {
    case RIG_WINDOWS_INSTALL:
        install(r, o);
        break;
    case RIG_WINDOWS_ENABLE:
        enable(r, o);
        break;
    case RIG_WINDOWS_STARTED:
        started(r, o);
        break;
    case RIG_WINDOWS_DISABLE:
        disable(r, o);
        break;
    case RIG_WINDOWS_UNPLUG:
        unplug(r, o);
        break;
    case RIG_WINDOWS_LINK:
        flap(r, o);
        break;
    case RIG_WINDOWS_REMOVE:
        take_out(r, o);
        break;
    case RIG_WINDOWS_UNLOAD:
        o->end = RIG_STEP_DONE;
        break;
    case RIG_WINDOWS_POWER:
        if (strcmp(step->state, RIG_PLAN_STATE_D3) == 0) {
            rig_runner_sleep(r, o);
        } else {
            rig_runner_wake_up(r, o);
        }
        break;
    case RIG_WINDOWS_TRAFFIC:
        rig_runner_traffic(r, step, o);
        break;
    case RIG_WINDOWS_SHUT_DOWN:
        rig_runner_shut_down(r, o);
        break;
    case RIG_WINDOWS_SKIP:
        break;
    }
}

/* --- between cycles ------------------------------------------------------ */

/* -device's "rig-nic,id=nic0,..." as the arguments of device_add. */
static JsonObject *device_arguments(const RigMachine *m)
{
    g_autofree char *text = rig_windows_nic(m);
    g_auto(GStrv) parts = g_strsplit(text, ",", -1);
    JsonObject *o = json_object_new();

    json_object_set_string_member(o, "driver", parts[0]);
    for (char **p = parts + 1; *p; p++) {
        char *equals = strchr(*p, '=');

        *equals = '\0';
        if (strcmp(*p, "vectors") == 0 || strcmp(*p, "queues") == 0) {
            json_object_set_int_member(o, *p, g_ascii_strtoll(equals + 1,
                                                              NULL, 10));
        } else {
            json_object_set_string_member(o, *p, equals + 1);
        }
    }
    return o;
}

static gboolean plug(RigWindowsRunner *r, GError **error)
{
    if (!rig_qmp(r->domain, "device_add", device_arguments(r->config.machine),
                 error)) {
        return FALSE;
    }
    r->unplugged = FALSE;
    return ask_device(r, AGENT_REQ_RESCAN, NULL, NULL, error);
}

void rig_runner_tidy(RigWindowsRunner *r)
{
    g_autoptr(GError) error = NULL;

    if (r->lost || (r->unplugged && !plug(r, &error))) {
        g_free(r->gave_up);
        r->gave_up = g_strdup(error ? error->message : "QEMU is gone");
        return;
    }
    if (r->agent) {
        r->panicked |= !ask_device(r, AGENT_REQ_DISABLE, NULL, NULL, &error) &&
                       restarted_system(r, error);
    } else if (!g_atomic_int_get(&r->stop)) {
        rig_runner_meet(r);
    }
    rig_runner_drain(r);
    if (r->panicked) { /* too late for the cycle: it has been judged */
        rig_runner_recover(r);
    }
}
