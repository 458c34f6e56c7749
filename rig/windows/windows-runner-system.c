/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Steps that are the whole system's: sleep, an orderly end, its own IP.
 *
 * A guest that sleeps has no processor that runs: its agent answers when it is
 * awake again, and nobody in it can wake it. QEMU says when it sleeps, and is
 * told to wake it; so the request begins in one step and ends in the next.
 */
#include <gio/gio.h>

#include "plan.h"
#include "qmp.h"
#include "windows-runner-internal.h"

/* For every driver and program to let the system go to sleep, and to be
 * there again, on a machine without KVM. */
#define SLEEP_SECONDS  180u
/* QEMU's event comes on another way than the agent's answer. */
#define EVENT_SECONDS  10u

/* A step that older agents do not know is not done. */
static gboolean can(RigWindowsRunner *r, uint16_t request, const char *what,
                    RigStepOutcome *o)
{
    if (r->agent && rig_agent_can(r->agent, request)) {
        return TRUE;
    }
    o->end = RIG_STEP_SKIPPED;
    o->text = g_strdup_printf("the guest's agent cannot %s: install the one "
                              "of this rig", what);
    return FALSE;
}

static void broken(RigWindowsRunner *r, const char *why)
{
    if (!r->panicked) {
        g_free(r->broken);
        r->broken = g_strdup(why);
        r->adrift = TRUE;
    }
}

/* --- sleep --------------------------------------------------------------- */

/* The agent has answered before QEMU saw any sleep. */
static void not_asleep(RigWindowsRunner *r, RigStepOutcome *o)
{
    g_autoptr(GError) error = NULL;

    if (!rig_runner_ask_end(r, &r->sleep, NULL, &error)) {
        rig_runner_failed(r, o, error);
    } else if (rig_runner_wait(r, &r->suspended, NULL, EVENT_SECONDS)) {
        broken(r, "the guest slept, and something else than the rig woke it "
               "up");
    } else {
        broken(r, "the agent says that the system has slept; QEMU has seen "
               "no sleep");
    }
}

void rig_runner_sleep(RigWindowsRunner *r, RigStepOutcome *o)
{
    g_autoptr(GError) error = NULL;

    if (!can(r, AGENT_REQ_SLEEP, "put the system to sleep", o)) {
        return;
    }
    r->suspended = FALSE;
    if (!rig_runner_ask_begin(r, AGENT_REQ_SLEEP, NULL,
                          2 * SLEEP_SECONDS * 1000ull, &r->sleep, &error)) {
        rig_runner_failed(r, o, error);
        return;
    }
    if (rig_runner_wait(r, &r->suspended, &r->sleep.done, SLEEP_SECONDS)) {
        r->asleep = TRUE;
        o->end = RIG_STEP_DONE;
    } else if (r->sleep.done) {
        not_asleep(r, o);
    } else {
        broken(r, "the guest did not go to sleep in time");
    }
}

void rig_runner_wake_up(RigWindowsRunner *r, RigStepOutcome *o)
{
    g_autoptr(GError) error = NULL;
    g_autofree struct fields *reply = NULL;

    if (!r->asleep) {
        o->end = RIG_STEP_SKIPPED;
        o->text = g_strdup("the system does not sleep");
        return;
    }
    r->asleep = FALSE;
    if (!rig_qmp(r->domain, "system_wakeup", NULL, &error)) {
        broken(r, error->message);
        return;
    }
    if (!rig_runner_wait(r, &r->sleep.done, NULL, SLEEP_SECONDS)) {
        broken(r, "the guest's agent did not answer after the wake-up");
        return;
    }
    if (!rig_runner_ask_end(r, &r->sleep, &reply, &error)) {
        broken(r, error->message);
        return;
    }
    rig_runner_settled(r, o);
    if (o->end == RIG_STEP_DONE && !o->text) {
        o->text = g_strdup_printf("S3; by its own clocks the guest slept for "
                                  "%" G_GUINT64_FORMAT " ms",
                                  fields_get_number(reply, AGENT_KEY_ASLEEP,
                                                    0));
    }
}

/* --- its end ------------------------------------------------------------- */

/* A restart and not a power-off: QEMU, and the stream with it, goes on. */
void rig_runner_shut_down(RigWindowsRunner *r, RigStepOutcome *o)
{
    g_autofree struct fields *f = g_new0(struct fields, 1);
    g_autoptr(GError) error = NULL;

    if (!can(r, AGENT_REQ_SHUT_DOWN, "shut the system down", o)) {
        return;
    }
    fields_clear(f);
    fields_text(f, AGENT_KEY_MODE, "reboot");
    r->reset = FALSE;
    if (!rig_runner_ask(r, AGENT_REQ_SHUT_DOWN, f, NULL, &error)) {
        rig_runner_failed(r, o, error);
        return;
    }
    if (!rig_runner_wait(r, &r->reset, NULL, r->config.boot_seconds)) {
        broken(r, "the guest was told to start again, and did not in time");
        return;
    }
    r->adrift = TRUE;
    o->end = RIG_STEP_DONE;
}

/* --- frames -------------------------------------------------------------- */

static void mark_traffic(RigWindowsRunner *r, const struct fields *reply)
{
    uint64_t sent = fields_get_number(reply, AGENT_KEY_SENT, 0);
    struct rig_marker m = {
        .kind = RIG_MK_TRAFFIC,
        .arg = { sent, sent, fields_get_number(reply, AGENT_KEY_RECEIVED, 0),
                 fields_get_number(reply, AGENT_KEY_WRONG, 0) },
    };

    rig_runner_mark(r, &m);
}

void rig_runner_traffic(RigWindowsRunner *r, const RigStep *step,
                        RigStepOutcome *o)
{
    g_autofree struct fields *f = g_new0(struct fields, 1);
    g_autofree struct fields *reply = NULL;
    g_autoptr(GError) error = NULL;

    if (!can(r, AGENT_REQ_TRAFFIC, "send frames", o)) {
        return;
    }
    fields_clear(f);
    fields_text(f, AGENT_KEY_DEVICE, r->hardware_id);
    fields_number(f, AGENT_KEY_FRAMES, step->frames);
    fields_number(f, AGENT_KEY_MIN_LENGTH, step->min_length);
    fields_number(f, AGENT_KEY_MAX_LENGTH, step->max_length);
    fields_number(f, AGENT_KEY_SEED, RIG_PLAN_SEED);
    fields_number(f, AGENT_KEY_SCENARIO, r->scenario);
    fields_number(f, AGENT_KEY_CYCLE, r->cycle);
    if (!rig_runner_ask(r, AGENT_REQ_TRAFFIC, f, &reply, &error)) {
        rig_runner_failed(r, o, error);
        return;
    }
    mark_traffic(r, reply);
    o->end = RIG_STEP_DONE;
}
