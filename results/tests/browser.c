/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A headless Chromium, driven over the DevTools protocol through a pipe:
 * JSON messages that end in a NUL, requests on the browser's descriptor 3,
 * answers and events on its descriptor 4.
 */
#include "browser.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib-unix.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

struct Browser {
    GSubprocess *process;
    char *profile;          /* directory */
    int to, from;           /* pipe */
    GByteArray *in;         /* received, not yet taken */
    gint64 last_id;
    char *session;          /* of the page */
    GPtrArray *complaints;
    GPtrArray *requests;
};

/* --- messages ------------------------------------------------------------ */

static void send_text(Browser *b, const char *text)
{
    size_t left = strlen(text) + 1;

    while (left) {
        ssize_t n = write(b->to, text, left);

        if (n < 0 && errno != EINTR) {
            g_error("browser: cannot write: %s", g_strerror(errno));
        }
        if (n > 0) {
            text += n;
            left -= n;
        }
    }
}

/* The next message, or NULL when none came until @deadline (monotonic). */
static JsonNode *receive(Browser *b, gint64 deadline)
{
    for (;;) {
        guint8 *end = b->in->len ? memchr(b->in->data, 0, b->in->len) : NULL;
        gint64 left = (deadline - g_get_monotonic_time()) / 1000;
        struct pollfd p = { .fd = b->from, .events = POLLIN };
        guint8 chunk[65536];
        ssize_t n;

        if (end) {
            g_autoptr(GError) error = NULL;
            JsonNode *node = json_from_string((char *)b->in->data, &error);

            if (!node) {
                g_error("browser: %s", error ? error->message : "no JSON");
            }
            g_byte_array_remove_range(b->in, 0, end - b->in->data + 1);
            return node;
        }
        if (left <= 0 || poll(&p, 1, left) == 0) {
            return NULL;
        }
        n = read(b->from, chunk, sizeof(chunk));
        if (n == 0 || (n < 0 && errno != EINTR)) {
            g_error("browser: it has gone; is chromium installed?");
        }
        if (n > 0) {
            g_byte_array_append(b->in, chunk, n);
        }
    }
}

static void on_event(Browser *b, const char *method, JsonObject *params)
{
    g_autoptr(JsonNode) node = json_node_init_object(json_node_alloc(),
                                                     params);

    if (strcmp(method, "Network.requestWillBeSent") == 0) {
        JsonObject *r = json_object_get_object_member(params, "request");

        g_ptr_array_add(b->requests,
                        g_strdup(json_object_get_string_member(r, "url")));
    } else if (strcmp(method, "Runtime.consoleAPICalled") == 0 ||
               strcmp(method, "Runtime.exceptionThrown") == 0 ||
               strcmp(method, "Log.entryAdded") == 0 ||
               strcmp(method, "Page.javascriptDialogOpening") == 0) {
        g_ptr_array_add(b->complaints, json_to_string(node, FALSE));
    }
}

/* Wait for the answer to request @id; its "result". */
static JsonObject *wait_answer(Browser *b, gint64 id, const char *method)
{
    gint64 deadline = g_get_monotonic_time() + BROWSER_TIMEOUT_MS * 1000;
    g_autoptr(JsonNode) node = NULL;

    while ((node = receive(b, deadline))) {
        JsonObject *o = json_node_get_object(node);

        if (json_object_has_member(o, "method")) {
            on_event(b, json_object_get_string_member(o, "method"),
                     json_object_get_object_member(o, "params"));
        } else if (json_object_get_int_member(o, "id") == id) {
            if (json_object_has_member(o, "error")) {
                g_error("browser: %s: %s", method,
                        json_to_string(node, FALSE));
            }
            return json_object_ref(json_object_get_object_member(o,
                                                                 "result"));
        }
        g_clear_pointer(&node, json_node_unref);
    }
    g_error("browser: no answer to %s", method);
}

JsonObject *browser_call(Browser *b, const char *method, const char *params)
{
    g_autoptr(GString) text = g_string_new(NULL);
    gint64 id = ++b->last_id;

    g_string_append_printf(text, "{\"id\":%" G_GINT64_FORMAT
                           ",\"method\":\"%s\",\"params\":%s", id, method,
                           params ? params : "{}");
    if (b->session) {
        g_string_append_printf(text, ",\"sessionId\":\"%s\"", b->session);
    }
    g_string_append_c(text, '}');
    send_text(b, text->str);
    return wait_answer(b, id, method);
}

static void do_call(Browser *b, const char *method, const char *params)
{
    json_object_unref(browser_call(b, method, params));
}

/* --- start and stop ------------------------------------------------------ */

static void open_page(Browser *b)
{
    g_autoptr(JsonObject) target = NULL, session = NULL;
    g_autofree char *attach = NULL;

    target = browser_call(b, "Target.createTarget",
                          "{\"url\":\"about:blank\"}");
    attach = g_strdup_printf("{\"targetId\":\"%s\",\"flatten\":true}",
                             json_object_get_string_member(target,
                                                           "targetId"));
    session = browser_call(b, "Target.attachToTarget", attach);
    b->session = g_strdup(json_object_get_string_member(session,
                                                        "sessionId"));
    do_call(b, "Page.enable", NULL);
    do_call(b, "Runtime.enable", NULL);
    do_call(b, "Log.enable", NULL);
    do_call(b, "Network.enable", NULL);
}

Browser *browser_start(void)
{
    g_autoptr(GSubprocessLauncher) launcher = NULL;
    g_autoptr(GError) error = NULL;
    g_autofree char *profile = NULL;
    const char *program = g_getenv("CHROMIUM");
    Browser *b = g_new0(Browser, 1);
    int to[2], from[2];

    signal(SIGPIPE, SIG_IGN);
    b->profile = g_dir_make_tmp("rig-browser-XXXXXX", &error);
    if (!b->profile || !g_unix_open_pipe(to, FD_CLOEXEC, &error) ||
        !g_unix_open_pipe(from, FD_CLOEXEC, &error)) {
        g_error("browser: %s", error->message);
    }
    b->to = to[1];
    b->from = from[0];
    b->in = g_byte_array_new();
    b->complaints = g_ptr_array_new_with_free_func(g_free);
    b->requests = g_ptr_array_new_with_free_func(g_free);

    profile = g_strconcat("--user-data-dir=", b->profile, NULL);
    launcher = g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_STDERR_SILENCE |
                                         G_SUBPROCESS_FLAGS_STDOUT_SILENCE);
    g_subprocess_launcher_take_fd(launcher, to[0], 3);
    g_subprocess_launcher_take_fd(launcher, from[1], 4);
    b->process = g_subprocess_launcher_spawn(launcher, &error,
        program ? program : "chromium", "--headless", "--no-sandbox",
        "--disable-gpu", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync", "--hide-scrollbars",
        "--remote-debugging-pipe", profile, NULL);
    if (!b->process) {
        g_error("browser: %s", error->message);
    }
    /* The launcher keeps its ends open; we must see the browser's end. */
    g_subprocess_launcher_close(launcher);
    open_page(b);
    return b;
}

static void remove_tree(const char *dir)
{
    g_autoptr(GSubprocess) rm = g_subprocess_new(G_SUBPROCESS_FLAGS_NONE,
                                                 NULL, "rm", "-rf", "--", dir,
                                                 NULL);

    if (rm) {
        g_subprocess_wait(rm, NULL, NULL);
    }
}

void browser_stop(Browser *b)
{
    g_clear_pointer(&b->session, g_free);
    do_call(b, "Browser.close", NULL);
    close(b->to);
    close(b->from);
    g_subprocess_wait(b->process, NULL, NULL);
    remove_tree(b->profile);
    g_object_unref(b->process);
    g_byte_array_unref(b->in);
    g_ptr_array_unref(b->complaints);
    g_ptr_array_unref(b->requests);
    g_free(b->profile);
    g_free(b);
}

/* --- the page ------------------------------------------------------------ */

void browser_open(Browser *b, const char *path)
{
    gint64 deadline = g_get_monotonic_time() + BROWSER_TIMEOUT_MS * 1000;
    g_autofree char *full = g_canonicalize_filename(path, NULL);
    g_autofree char *url = g_filename_to_uri(full, NULL, NULL);
    g_autofree char *params = g_strdup_printf("{\"url\":\"%s\"}", url);
    JsonNode *node;

    /* From an empty page, so that no load is taken for a mere jump. */
    do_call(b, "Page.navigate", "{\"url\":\"about:blank\"}");
    g_ptr_array_set_size(b->complaints, 0);
    g_ptr_array_set_size(b->requests, 0);
    do_call(b, "Page.navigate", params);
    for (;;) {
        g_autofree char *ready = browser_eval(b,
            "location.protocol === 'file:' && document.readyState");

        if (strcmp(ready, "complete") == 0) {
            return;
        }
        node = receive(b, MIN(deadline, g_get_monotonic_time() + 50000));
        if (node) {
            JsonObject *o = json_node_get_object(node);

            if (json_object_has_member(o, "method")) {
                on_event(b, json_object_get_string_member(o, "method"),
                         json_object_get_object_member(o, "params"));
            }
            json_node_unref(node);
        } else if (g_get_monotonic_time() > deadline) {
            g_error("browser: %s does not load", path);
        }
    }
}

char *browser_eval(Browser *b, const char *expression)
{
    g_autoptr(JsonObject) params = json_object_new();
    g_autoptr(JsonNode) node = json_node_init_object(json_node_alloc(),
                                                     params);
    g_autoptr(JsonObject) answer = NULL;
    g_autofree char *text = NULL, *wrapped = NULL;
    JsonObject *result;

    wrapped = g_strdup_printf("String(%s)", expression);
    json_object_set_string_member(params, "expression", wrapped);
    text = json_to_string(node, FALSE);
    answer = browser_call(b, "Runtime.evaluate", text);
    if (json_object_has_member(answer, "exceptionDetails")) {
        g_error("browser: exception in %s", expression);
    }
    result = json_object_get_object_member(answer, "result");
    return g_strdup(json_object_get_string_member(result, "value"));
}

void browser_click(Browser *b, const char *selector)
{
    static const char *const kinds[] = { "mousePressed", "mouseReleased" };
    g_autofree char *find = g_strdup_printf(
        "(() => { const e = document.querySelector('%s');"
        " e.scrollIntoView({block: 'center'});"
        " const r = e.getBoundingClientRect();"
        " return (r.x + r.width / 2) + ',\"y\":' + (r.y + r.height / 2); })()",
        selector);
    g_autofree char *at = browser_eval(b, find);

    for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
        g_autofree char *params = g_strdup_printf(
            "{\"type\":\"%s\",\"button\":\"left\",\"clickCount\":1,"
            "\"x\":%s}", kinds[i], at);

        do_call(b, "Input.dispatchMouseEvent", params);
    }
}

void browser_press(Browser *b, const char *key, int code)
{
    static const char *const kinds[] = { "keyDown", "keyUp" };

    for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
        g_autofree char *params = g_strdup_printf(
            "{\"type\":\"%s\",\"key\":\"%s\",\"code\":\"%s\","
            "\"windowsVirtualKeyCode\":%d}", kinds[i], key, key, code);

        do_call(b, "Input.dispatchKeyEvent", params);
    }
}

void browser_save(Browser *b, const char *method, const char *params,
                  const char *file)
{
    g_autoptr(JsonObject) answer = browser_call(b, method, params);
    g_autoptr(GError) error = NULL;
    g_autofree guchar *data = NULL;
    gsize length;

    data = g_base64_decode(json_object_get_string_member(answer, "data"),
                           &length);
    if (!g_file_set_contents(file, (char *)data, length, &error)) {
        g_error("browser: %s", error->message);
    }
}

GPtrArray *browser_complaints(Browser *b)
{
    return b->complaints;
}

GPtrArray *browser_requests(Browser *b)
{
    return b->requests;
}
