/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The runner's conversation with the agent, which a panic may cut short. */
#include <fcntl.h>
#include <gio/gio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent-link.h"
#include "loop.h"
#include "qmp.h"
#include "windows-domain.h"
#include "windows-runner-internal.h"

/* --- events of QEMU ------------------------------------------------------ */

typedef enum What { PANIC, DELETED, SUSPENDED, RESET } What;

typedef struct News {
    RigWindowsRunner *r;
    What what;
    char *json;
} News;

static gboolean take_news(gpointer opaque)
{
    News *n = opaque;
    RigWindowsRunner *r = n->r;

    switch (n->what) {
    case PANIC:
        if (!r->panicked) { /* the first one says what it was */
            r->panicked = TRUE;
            r->panic = g_steal_pointer(&n->json);
        }
        break;
    case DELETED:
        r->deleted = TRUE;
        break;
    case SUSPENDED:
        r->suspended = TRUE;
        break;
    case RESET:
        r->reset = TRUE;
        break;
    }
    return G_SOURCE_REMOVE;
}

static void news_free(gpointer opaque)
{
    News *n = opaque;

    g_free(n->json);
    g_free(n);
}

static void post(RigWindowsRunner *r, What what, const char *json)
{
    GSource *source = g_idle_source_new();
    News *n = g_new0(News, 1);

    n->r = r;
    n->what = what;
    n->json = g_strdup(json);
    g_source_set_priority(source, G_PRIORITY_HIGH);
    g_source_set_callback(source, take_news, n, news_free);
    g_source_attach(source, r->context);
    g_source_unref(source);
}

static void on_panic(const char *json, void *opaque)
{
    post(opaque, PANIC, json);
}

static void on_deleted(const char *json, void *opaque)
{
    if (strstr(json, "\"" RIG_WINDOWS_NIC "\"")) {
        post(opaque, DELETED, NULL);
    }
}

static void on_suspended(const char *json, void *opaque)
{
    (void)json;
    post(opaque, SUSPENDED, NULL);
}

/* A reset that the host asks for is none of the guest's. */
static void on_reset(const char *json, void *opaque)
{
    g_autoptr(JsonParser) parser = json_parser_new();
    JsonNode *root;

    if (!json_parser_load_from_data(parser, json, -1, NULL)) {
        return;
    }
    root = json_parser_get_root(parser);
    if (root && JSON_NODE_HOLDS_OBJECT(root) &&
        json_object_get_boolean_member_with_default(
            json_node_get_object(root), "guest", FALSE)) {
        post(opaque, RESET, NULL);
    }
}

void rig_runner_watch(RigWindowsRunner *r)
{
    static const struct {
        const char *event;
        void (*happened)(const char *json, void *opaque);
    } events[RIG_RUNNER_EVENTS] = {
        { "GUEST_PANICKED", on_panic },
        { "DEVICE_DELETED", on_deleted },
        { "SUSPEND", on_suspended },
        { "RESET", on_reset },
    };

    for (guint i = 0; i < G_N_ELEMENTS(events); i++) {
        r->watch[i] = rig_qmp_watch(r->config.conn, r->domain,
                                    events[i].event, events[i].happened, r);
    }
}

static gboolean on_deadline(gpointer opaque)
{
    *(gboolean *)opaque = TRUE;
    return G_SOURCE_REMOVE;
}

gboolean rig_runner_wait(RigWindowsRunner *r, const gboolean *happened,
                         const gboolean *enough, unsigned seconds)
{
    GSource *deadline = g_timeout_source_new_seconds(seconds);
    gboolean over = FALSE;

    g_source_set_callback(deadline, on_deadline, &over, NULL);
    g_source_attach(deadline, r->context);
    while (!*happened && !(enough && *enough) && !over && !r->panicked &&
           !g_atomic_int_get(&r->stop)) {
        g_main_context_iteration(r->context, TRUE);
    }
    g_source_destroy(deadline);
    g_source_unref(deadline);
    return *happened;
}

void rig_runner_drain(RigWindowsRunner *r)
{
    while (g_main_context_iteration(r->context, FALSE)) {
    }
}

/* --- asking -------------------------------------------------------------- */

static void on_done(gpointer opaque, const struct fields *reply,
                    const GError *error)
{
    RigRunnerAnswer *a = opaque;

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

void rig_runner_answer_clear(RigRunnerAnswer *a)
{
    g_free(a->reply);
    g_clear_error(&a->error);
    *a = (RigRunnerAnswer) { 0 };
}

gboolean rig_runner_ask_begin(RigWindowsRunner *r, uint16_t request,
                          const struct fields *arguments, uint64_t limit_ms,
                          RigRunnerAnswer *a, GError **error)
{
    rig_runner_answer_clear(a);
    if (!r->agent) {
        return refuse(error, "the agent is not there");
    }
    rig_agent_start(r->agent, request, arguments, limit_ms, on_done, a);
    return TRUE;
}

gboolean rig_runner_ask_end(RigWindowsRunner *r, RigRunnerAnswer *a,
                           struct fields **reply, GError **error)
{
    while (!a->done && r->agent && !r->panicked &&
           !g_atomic_int_get(&r->stop)) {
        g_main_context_iteration(r->context, TRUE);
    }
    if (!a->done) {
        hang_up(r);
        return refuse(error, r->panicked ? "the guest has panicked" :
                      "the run was stopped");
    }
    if (a->error) {
        g_propagate_error(error, g_steal_pointer(&a->error));
        return FALSE;
    }
    if (reply) {
        *reply = g_steal_pointer(&a->reply);
    }
    rig_runner_answer_clear(a);
    return TRUE;
}

gboolean rig_runner_ask(RigWindowsRunner *r, uint16_t request,
                        const struct fields *arguments,
                        struct fields **reply, GError **error)
{
    RigRunnerAnswer a = { 0 };

    return rig_runner_ask_begin(r, request, arguments, 0, &a, error) &&
           rig_runner_ask_end(r, &a, reply, error);
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
