/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Requests to an agent: sent again until answered, failed when too late. */
#include "agent-client.h"

#include <string.h>

#include "agent-link.h"
#include "protocol/names.h"
#include "protocol/platform.h"

#define RESEND_MS     500  /* at first; doubled each time up to ... */
#define RESEND_MAX_MS 8000
#define BUSY_MS       200
#define HELLO_MS      1000

typedef struct Pending {
    uint32_t id;
    uint16_t request;
    gboolean sent;       /* to the agent's life that is there now */
    gboolean heard;      /* something came back */
    gboolean busy;       /* that it has something else to do */
    gint64 limit;        /* us, margin included */
    gint64 deadline;     /* monotonic us */
    gint64 next_send;    /* monotonic us */
    gint64 interval;     /* us, to the one after it */
    struct fields *arguments;
    RigAgentDone *done;
    gpointer opaque;
} Pending;

struct RigAgent {
    GMainContext *context;
    RigAgentLink *link;
    RigAgentListener listener;
    GPtrArray *pending;    /* Pending, in the order of their ids */
    GSource *timer;        /* NULL: nothing to wait for */
    uint64_t nonce, boot;
    uint32_t last_id;
    gboolean greeted;      /* it has heard our nonce in this life */
    gint64 next_hello;     /* monotonic us */
    struct fields hello;
    char *lost;            /* the link is gone: why */
    guint8 other_version;  /* that it speaks; 0: ours */
    RigAgentCounts counts;
};

G_DEFINE_QUARK(rig-agent-error-quark, rig_agent_error)

static void plan_timer(RigAgent *a);

static void pending_free(gpointer data)
{
    Pending *p = data;

    g_free(p->arguments);
    g_free(p);
}

/* --- what is said ------------------------------------------------------------ */

static void send_frame(RigAgent *a, enum agent_kind kind, const Pending *p)
{
    const struct frame frame = {
        .version = AGENT_VERSION,
        .kind = kind,
        .request = p ? p->request : 0,
        .id = p ? p->id : 0,
        .length = p ? p->arguments->length : 0,
        .nonce = a->nonce,
        .boot = a->boot,
        .payload = p ? p->arguments->bytes : NULL,
    };

    rig_agent_link_send(a->link, &frame);
}

static void say_hello(RigAgent *a, gint64 now)
{
    send_frame(a, AGENT_HELLO, NULL);
    a->next_hello = now + HELLO_MS * 1000;
}

static void send_request(RigAgent *a, Pending *p, gint64 now)
{
    a->counts.resent += p->sent;
    p->sent = TRUE;
    send_frame(a, AGENT_REQUEST, p);
    p->next_send = now + p->interval;
    p->interval = MIN(p->interval * 2, RESEND_MAX_MS * 1000);
}

/* --- how requests end ---------------------------------------------------------- */

/* Takes it off the list and calls back; @a may have changed afterwards. */
static void finish(RigAgent *a, Pending *p, const struct fields *reply,
                   const GError *error)
{
    guint index;

    if (g_ptr_array_find(a->pending, p, &index)) {
        g_ptr_array_steal_index(a->pending, index);
        p->done(p->opaque, reply, error);
        pending_free(p);
    }
}

static const char *name_of(uint16_t request)
{
    const struct agent_request_info *info = agent_request_info(request);

    return info ? info->name : "?";
}

static void finish_error(RigAgent *a, Pending *p, int code, const char *format,
                         ...) G_GNUC_PRINTF(4, 5);

static void finish_error(RigAgent *a, Pending *p, int code, const char *format,
                         ...)
{
    g_autoptr(GError) error = NULL;
    va_list args;

    va_start(args, format);
    error = g_error_new_valist(RIG_AGENT_ERROR, code, format, args);
    va_end(args);
    g_prefix_error(&error, "%s: ", name_of(p->request));
    finish(a, p, NULL, error);
}

/* The agent's own words for what it could not do. */
static void finish_refused(RigAgent *a, Pending *p, const struct fields *reply,
                           uint64_t status)
{
    const char *name = agent_error_name(status);
    char text[1024], api[64], domain[32];
    uint64_t code = fields_get_number(reply, AGENT_KEY_CODE, 0);

    fields_get_text(reply, AGENT_KEY_TEXT, text, sizeof(text));
    fields_get_text(reply, AGENT_KEY_DOMAIN, domain, sizeof(domain));
    if (fields_get_text(reply, AGENT_KEY_API, api, sizeof(api))) {
        finish_error(a, p, (int)MIN(status, 99), "%s: %s (%s %"
                     G_GUINT64_FORMAT ", 0x%" G_GINT64_MODIFIER "x)", api,
                     text, domain, code, code);
    } else {
        finish_error(a, p, (int)MIN(status, 99), "%s: %s",
                     name ? name : "failed", text);
    }
}

/* Everything that was sent, or all if nothing can be sent any more. */
static void fail_all(RigAgent *a, gboolean only_sent, int code,
                     const char *text)
{
    g_autoptr(GPtrArray) list = g_ptr_array_copy(a->pending, NULL, NULL);

    g_ptr_array_set_free_func(list, NULL);
    for (guint i = 0; i < list->len; i++) {
        Pending *p = list->pdata[i];
        const struct agent_request_info *info = agent_request_info(p->request);

        if (only_sent && !p->sent) {
            continue;
        }
        if (code == RIG_AGENT_RESTARTED && info &&
            info->flags == AGENT_LEAVES) {
            struct fields none = { 0 };

            finish(a, p, &none, NULL); /* that is what was asked for */
        } else {
            finish_error(a, p, code, "%s", text);
        }
    }
}

/* --- what is heard ----------------------------------------------------------------- */

static void agent_restarted(RigAgent *a)
{
    a->counts.restarts++;
    a->greeted = FALSE;
    if (a->listener.restarted) {
        a->listener.restarted(a->listener.opaque);
    }
    fail_all(a, TRUE, RIG_AGENT_RESTARTED, "the agent was started again "
             "before it answered");
}

static void take_hello(RigAgent *a, const struct frame *f)
{
    gint64 now = g_get_monotonic_time();
    const char *why;

    if (f->version != AGENT_VERSION) {
        a->other_version = f->version;
        return;
    }
    if (f->boot == 0 || !fields_read(&a->hello, f->payload, f->length, &why)) {
        return;
    }
    a->other_version = 0;
    if (f->boot != a->boot) {
        gboolean first = a->boot == 0;

        a->boot = f->boot;
        if (!first) {
            agent_restarted(a);
        }
    }
    if (f->nonce != a->nonce) {
        a->greeted = FALSE; /* it has not heard ours yet */
        say_hello(a, now);
        return;
    }
    a->greeted = TRUE;
}

static Pending *find_pending(RigAgent *a, const struct frame *f)
{
    for (guint i = 0; i < a->pending->len; i++) {
        Pending *p = a->pending->pdata[i];

        if (p->id == f->id && p->request == f->request && p->sent) {
            return p;
        }
    }
    return NULL;
}

static void take_reply(RigAgent *a, const struct frame *f)
{
    g_autofree struct fields *reply = g_new(struct fields, 1);
    Pending *p = find_pending(a, f);
    struct field status;
    const char *why;

    if (!p) {
        return; /* a second one */
    }
    if (!fields_read(reply, f->payload, f->length, &why)) {
        finish_error(a, p, RIG_AGENT_MALFORMED, "the reply %s", why);
        return;
    }
    if (!fields_find(reply, AGENT_KEY_STATUS, &status)) {
        finish_error(a, p, RIG_AGENT_MALFORMED, "the reply has no status");
        return;
    }
    p->heard = TRUE;
    p->busy = status.number == AGENT_E_BUSY;
    if (status.number == AGENT_E_OK) {
        finish(a, p, reply, NULL);
    } else if (p->busy) {
        p->interval = MIN(p->interval, BUSY_MS * 1000);
        p->next_send = g_get_monotonic_time() + p->interval;
    } else if (status.number == AGENT_E_STALE) {
        /* Its HELLO, which says what it is now, was lost. */
        a->greeted = FALSE;
        p->next_send = g_get_monotonic_time() + HELLO_MS * 1000;
        say_hello(a, g_get_monotonic_time());
    } else {
        finish_refused(a, p, reply, status.number);
    }
}

static void take_news(RigAgent *a, const struct frame *f)
{
    g_autofree struct fields *news = g_new(struct fields, 1);
    Pending *p = find_pending(a, f);
    char text[1024];
    const char *why;

    if (!fields_read(news, f->payload, f->length, &why)) {
        return;
    }
    fields_get_text(news, AGENT_KEY_TEXT, text, sizeof(text));
    if (f->kind == AGENT_LOG) {
        if (a->listener.log) {
            a->listener.log(a->listener.opaque, text);
        }
    } else if (p) {
        p->heard = TRUE;
        p->busy = FALSE;
        if (a->listener.progress) {
            a->listener.progress(
                a->listener.opaque, name_of(p->request),
                fields_get_number(news, AGENT_KEY_DONE, 0),
                fields_get_number(news, AGENT_KEY_TOTAL, 0), text);
        }
    }
}

static void on_frame(gpointer opaque, const struct frame *f)
{
    RigAgent *a = opaque;

    if (f->kind == AGENT_HELLO) {
        take_hello(a, f);
    } else if (f->version == AGENT_VERSION && f->boot == a->boot &&
               f->boot != 0) {
        if (f->kind == AGENT_REPLY && f->nonce == a->nonce) {
            take_reply(a, f);
        } else if (f->kind == AGENT_LOG ||
                   (f->kind == AGENT_PROGRESS && f->nonce == a->nonce)) {
            take_news(a, f);
        }
    } else if (f->kind == AGENT_REPLY && f->nonce == a->nonce) {
        /* Another life of the agent, whose HELLO was lost: ask for it. */
        a->greeted = FALSE;
        say_hello(a, g_get_monotonic_time());
    }
    plan_timer(a);
}

static void on_closed(gpointer opaque, const char *why)
{
    RigAgent *a = opaque;

    g_free(a->lost);
    a->lost = g_strdup(why);
    fail_all(a, FALSE, RIG_AGENT_LINK, why);
    plan_timer(a);
}

/* --- what the clock says ---------------------------------------------------------------- */

static void too_late(RigAgent *a, Pending *p)
{
    gint64 seconds = (p->limit + 500000) / 1000000;

    if (a->other_version) {
        finish_error(a, p, RIG_AGENT_VERSION_ERROR, "the agent speaks version "
                     "%u of the protocol, this rig version %u: install the "
                     "agent that belongs to it", a->other_version,
                     AGENT_VERSION);
    } else if (p->busy) {
        finish_error(a, p, AGENT_E_BUSY, "the agent had something else to do "
                     "for %" G_GINT64_FORMAT " s", seconds);
    } else if (!p->sent) {
        finish_error(a, p, RIG_AGENT_SILENT, "no agent has said hello within %"
                     G_GINT64_FORMAT " s", seconds);
    } else {
        finish_error(a, p, RIG_AGENT_SILENT, "no answer within %"
                     G_GINT64_FORMAT " s", seconds);
    }
}

static gboolean on_timer(gpointer opaque)
{
    RigAgent *a = opaque;
    gint64 now = g_get_monotonic_time();
    g_autoptr(GPtrArray) list = g_ptr_array_copy(a->pending, NULL, NULL);

    a->timer = NULL;
    g_ptr_array_set_free_func(list, NULL);
    if (!a->greeted && !a->lost && now >= a->next_hello) {
        say_hello(a, now);
    }
    for (guint i = 0; i < list->len; i++) {
        Pending *p = list->pdata[i];

        if (!g_ptr_array_find(a->pending, p, NULL)) {
            continue;
        }
        if (a->lost) {
            finish_error(a, p, RIG_AGENT_LINK, "%s", a->lost);
        } else if (now >= p->deadline) {
            too_late(a, p);
        } else if (a->greeted && now >= p->next_send) {
            send_request(a, p, now);
        }
    }
    plan_timer(a);
    return G_SOURCE_REMOVE;
}

/* When something has to be done next, and a timer for it. */
static void plan_timer(RigAgent *a)
{
    gint64 when = a->greeted || a->lost ? G_MAXINT64 : a->next_hello;

    for (guint i = 0; i < a->pending->len; i++) {
        const Pending *p = a->pending->pdata[i];

        when = MIN(when, a->lost ? 0 : p->deadline);
        if (a->greeted) {
            when = MIN(when, p->next_send);
        }
    }
    if (when == G_MAXINT64) {
        if (a->timer) {
            g_source_destroy(a->timer);
            a->timer = NULL;
        }
        return;
    }
    if (!a->timer) {
        a->timer = g_timeout_source_new(G_MAXINT);
        g_source_set_callback(a->timer, on_timer, a, NULL);
        g_source_attach(a->timer, a->context);
        g_source_unref(a->timer);
    }
    g_source_set_ready_time(a->timer, when);
}

/* --- the interface --------------------------------------------------------------------- */

RigAgent *rig_agent_new(int fd, const RigAgentListener *listener)
{
    RigAgent *a = g_new0(RigAgent, 1);

    a->context = g_main_context_ref_thread_default();
    if (listener) {
        a->listener = *listener;
    }
    a->pending = g_ptr_array_new_with_free_func(pending_free);
    a->nonce = platform_random();
    a->link = rig_agent_link_new(fd, a->context, on_frame, on_closed, a);
    say_hello(a, g_get_monotonic_time());
    plan_timer(a);
    return a;
}

void rig_agent_free(RigAgent *a)
{
    if (a->timer) {
        g_source_destroy(a->timer);
    }
    rig_agent_link_free(a->link);
    g_ptr_array_unref(a->pending);
    g_main_context_unref(a->context);
    g_free(a->lost);
    g_free(a);
}

uint32_t rig_agent_start(RigAgent *a, uint16_t request,
                         const struct fields *arguments, uint64_t limit_ms,
                         RigAgentDone *done, gpointer opaque)
{
    const struct agent_request_info *info = agent_request_info(request);
    Pending *p = g_new0(Pending, 1);

    if (!limit_ms) {
        limit_ms = info ? info->limit : 10000;
    }
    p->id = ++a->last_id;
    p->request = request;
    p->limit = (gint64)(limit_ms + RIG_AGENT_MARGIN_MS) * 1000;
    p->deadline = g_get_monotonic_time() + p->limit;
    p->interval = RESEND_MS * 1000;
    p->done = done;
    p->opaque = opaque;
    p->arguments = g_new(struct fields, 1);
    fields_clear(p->arguments);
    if (arguments) {
        memcpy(p->arguments, arguments, sizeof(*arguments));
    }
    fields_number(p->arguments, AGENT_KEY_LIMIT, limit_ms);
    g_ptr_array_add(a->pending, p);
    plan_timer(a);
    return p->id;
}

typedef struct Call {
    gboolean done;
    struct fields *reply;
    GError *error;
} Call;

static void on_call_done(gpointer opaque, const struct fields *reply,
                         const GError *error)
{
    Call *call = opaque;

    call->done = TRUE;
    if (reply) {
        call->reply = g_memdup2(reply, sizeof(*reply));
    } else {
        call->error = g_error_copy(error);
    }
}

struct fields *rig_agent_call(RigAgent *a, uint16_t request,
                              const struct fields *arguments,
                              uint64_t limit_ms, GError **error)
{
    Call call = { 0 };

    rig_agent_start(a, request, arguments, limit_ms, on_call_done, &call);
    while (!call.done) {
        g_main_context_iteration(a->context, TRUE);
    }
    if (call.error) {
        g_propagate_error(error, call.error);
    }
    return call.reply;
}

static void on_abort_done(gpointer opaque, const struct fields *reply,
                          const GError *error)
{
    (void)opaque; /* the request itself says how it ended */
    (void)reply;
    (void)error;
}

void rig_agent_abort(RigAgent *a, uint32_t id)
{
    g_autofree struct fields *arguments = g_new(struct fields, 1);

    fields_clear(arguments);
    fields_number(arguments, AGENT_KEY_REQUEST_ID, id);
    rig_agent_start(a, AGENT_REQ_ABORT, arguments, 0, on_abort_done, NULL);
}

void rig_agent_abort_all(RigAgent *a)
{
    guint count = a->pending->len;

    for (guint i = 0; i < count; i++) {
        const Pending *p = a->pending->pdata[i];

        if (p->request != AGENT_REQ_ABORT) {
            rig_agent_abort(a, p->id);
        }
    }
}

const struct fields *rig_agent_hello(RigAgent *a, uint64_t limit_ms,
                                     GError **error)
{
    g_autofree struct fields *reply = NULL;

    if (!a->greeted) {
        reply = rig_agent_call(a, AGENT_REQ_PING, NULL, limit_ms, error);
        if (!reply) {
            return NULL;
        }
    }
    return &a->hello;
}

gboolean rig_agent_can(const RigAgent *a, uint16_t request)
{
    const char *name = name_of(request);
    struct field field;

    for (size_t at = 0; fields_next(&a->hello, &at, &field);) {
        if (field.key == AGENT_KEY_CAPABILITY &&
            field.length == strlen(name) &&
            memcmp(field.value, name, field.length) == 0) {
            return TRUE;
        }
    }
    return FALSE;
}

uint64_t rig_agent_boot(const RigAgent *a)
{
    return a->boot;
}

RigAgentCounts rig_agent_counts(const RigAgent *a)
{
    RigAgentCounts counts = a->counts;

    rig_agent_link_counts(a->link, &counts.skipped, &counts.damaged);
    return counts;
}
