/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The runner's conversation with the agent, which a panic may cut short. */
#include <fcntl.h>
#include <gio/gio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent-link.h"
#include "loop.h"
#include "windows-domain.h"
#include "windows-runner-internal.h"

/* For QEMU to delete what the guest has let go. */
#define DELETE_SECONDS 60
/* For Windows that has stopped to write its memory and reset the machine. */
#define RESET_SECONDS 300

/* --- events -------------------------------------------------------------- */

typedef enum Happening { PANICKED, DELETED, RESET } Happening;

typedef struct Event {
    RigWindowsRunner *r;
    Happening what;
    char *json;
} Event;

static gboolean take_event(gpointer opaque)
{
    Event *e = opaque;

    switch (e->what) {
    case PANICKED:
        if (!e->r->panicked) { /* the first one says what it was */
            e->r->panicked = TRUE;
            e->r->panic = g_steal_pointer(&e->json);
        }
        break;
    case DELETED:
        e->r->deleted = TRUE;
        break;
    case RESET:
        e->r->reset = TRUE;
        break;
    }
    return G_SOURCE_REMOVE;
}

static void event_free(gpointer opaque)
{
    Event *e = opaque;

    g_free(e->json);
    g_free(e);
}

static void post(RigWindowsRunner *r, Happening what, const char *json)
{
    GSource *source = g_idle_source_new();
    Event *e = g_new0(Event, 1);

    e->r = r;
    e->what = what;
    e->json = g_strdup(json);
    g_source_set_priority(source, G_PRIORITY_HIGH);
    g_source_set_callback(source, take_event, e, event_free);
    g_source_attach(source, r->context);
    g_source_unref(source);
}

void rig_runner_on_panic(const char *json, void *opaque)
{
    post(opaque, PANICKED, json);
}

void rig_runner_on_deleted(const char *json, void *opaque)
{
    if (strstr(json, "\"" RIG_WINDOWS_NIC "\"")) {
        post(opaque, DELETED, json);
    }
}

/* Not those that rig has asked QEMU for. */
void rig_runner_on_reset(const char *json, void *opaque)
{
    if (strstr(json, "\"guest-reset\"")) {
        post(opaque, RESET, json);
    }
}

static gboolean on_deadline(gpointer opaque)
{
    *(gboolean *)opaque = TRUE;
    return G_SOURCE_REMOVE;
}

/* Until an event has set @flag of @r; FALSE: not in time, or a panic. */
static gboolean wait_for(RigWindowsRunner *r, const gboolean *flag,
                         unsigned seconds)
{
    GSource *deadline = g_timeout_source_new_seconds(seconds);
    gboolean over = FALSE;

    g_source_set_callback(deadline, on_deadline, &over, NULL);
    g_source_attach(deadline, r->context);
    while (!*flag && !over && !r->panicked &&
           !g_atomic_int_get(&r->stop)) {
        g_main_context_iteration(r->context, TRUE);
    }
    g_source_destroy(deadline);
    g_source_unref(deadline);
    return *flag;
}

gboolean rig_runner_wait_deleted(RigWindowsRunner *r)
{
    return wait_for(r, &r->deleted, DELETE_SECONDS);
}

gboolean rig_runner_wait_reset(RigWindowsRunner *r)
{
    return wait_for(r, &r->reset, RESET_SECONDS);
}

void rig_runner_drain(RigWindowsRunner *r)
{
    while (g_main_context_iteration(r->context, FALSE)) {
    }
}

/* --- asking -------------------------------------------------------------- */

typedef struct Answer {
    gboolean done;
    struct fields *reply;
    GError *error;
} Answer;

static void on_done(gpointer opaque, const struct fields *reply,
                    const GError *error)
{
    Answer *a = opaque;

    a->done = TRUE;
    if (error) {
        a->error = g_error_copy(error);
    } else {
        a->reply = g_memdup2(reply, sizeof(*reply));
    }
}

static gboolean refuse(GError **error, const char *why)
{
    g_set_error(error, RIG_AGENT_ERROR, RIG_AGENT_SILENT, "%s", why);
    return FALSE;
}

/* No callback will come: there is nobody any more who would answer. */
static void hang_up(RigWindowsRunner *r)
{
    g_clear_pointer(&r->agent, rig_agent_free);
}

gboolean rig_runner_ask(RigWindowsRunner *r, uint16_t request,
                        const struct fields *arguments,
                        struct fields **reply, GError **error)
{
    Answer a = { 0 };

    if (!r->agent) {
        return refuse(error, "the agent is not there");
    }
    rig_agent_start(r->agent, request, arguments, 0, on_done, &a);
    while (!a.done && !r->panicked && !g_atomic_int_get(&r->stop)) {
        g_main_context_iteration(r->context, TRUE);
    }
    if (!a.done) {
        hang_up(r);
        return refuse(error, r->panicked ? "the guest has panicked" :
                      "the run was stopped");
    }
    if (a.error) {
        g_propagate_error(error, a.error);
        return FALSE;
    }
    if (reply) {
        *reply = a.reply;
    } else {
        g_free(a.reply);
    }
    return TRUE;
}

/* Who stops the run shuts the line down: the wait for the agent is over. */
static void hold_line(RigWindowsRunner *r, int fd)
{
    g_mutex_lock(&r->hangup);
    if (r->line >= 0) {
        close(r->line);
    }
    r->line = fd;
    if (fd >= 0 && g_atomic_int_get(&r->stop)) {
        shutdown(fd, SHUT_RDWR);
    }
    g_mutex_unlock(&r->hangup);
}

void rig_runner_cut(RigWindowsRunner *r)
{
    g_mutex_lock(&r->hangup);
    if (r->line >= 0) {
        shutdown(r->line, SHUT_RDWR);
    }
    g_mutex_unlock(&r->hangup);
}

/* --- meeting ------------------------------------------------------------- */

static void on_restarted(gpointer opaque)
{
    RigWindowsRunner *r = opaque;

    r->installed = FALSE; /* it was another boot, perhaps */
}

static gboolean learn(RigWindowsRunner *r, GError **error)
{
    struct fields *info = NULL;
    char text[256];

    if (!rig_runner_ask(r, AGENT_REQ_INFO, NULL, &info, error)) {
        return FALSE;
    }
    fields_get_text(info, AGENT_KEY_SYSTEM, text, sizeof(text));
    r->windows = strcmp(text, "windows") == 0;
    fields_get_text(info, AGENT_KEY_RELEASE, text, sizeof(text));
    g_free(r->release);
    r->release = g_strdup(text);
    r->shim = fields_get_number(info, AGENT_KEY_SHIM, 0) != 0;
    g_free(info);
    return TRUE;
}

/* QEMU listens; it hears a second caller once the first has hung up. */
gboolean rig_runner_meet(RigWindowsRunner *r)
{
    const RigAgentListener listener = { .restarted = on_restarted,
                                        .opaque = r };
    g_autoptr(GError) error = NULL;
    int fd;

    hang_up(r);
    fd = rig_agent_open(r->config.agent_socket, &error);
    if (fd >= 0) {
        hold_line(r, fcntl(fd, F_DUPFD_CLOEXEC, 0));
        r->agent = rig_agent_new(fd, &listener);
        if (rig_agent_hello(r->agent, r->config.boot_seconds * 1000ull,
                            &error) && learn(r, &error)) {
            return TRUE;
        }
    }
    hang_up(r);
    hold_line(r, -1);
    g_free(r->gave_up);
    r->gave_up = g_strdup_printf("the agent did not answer: %s",
                                 error ? error->message : "stopped");
    return FALSE;
}
