/* SPDX-License-Identifier: GPL-2.0-or-later */
/* QMP beside libvirt. */
#include "qmp.h"

#include <gio/gio.h>
#include <libvirt/libvirt-qemu.h>
#include <stdlib.h>
#include <string.h>

#include "virt.h"
#include "windows-domain.h"

static gboolean fail(GError **error, const char *command, const char *why)
{
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "QEMU: %s: %s", command,
                why);
    return FALSE;
}

/* The answer has "return", or "error" with a description. */
static gboolean check_answer(const char *answer, const char *command,
                             GError **error)
{
    g_autoptr(JsonParser) parser = json_parser_new();
    JsonObject *top, *wrong;
    JsonNode *root;

    if (!json_parser_load_from_data(parser, answer, -1, NULL)) {
        return fail(error, command, "an answer that is no JSON");
    }
    root = json_parser_get_root(parser);
    top = root && JSON_NODE_HOLDS_OBJECT(root) ? json_node_get_object(root)
                                               : NULL;
    if (top && json_object_has_member(top, "return")) {
        return TRUE;
    }
    wrong = top && json_object_has_member(top, "error")
            ? json_object_get_object_member(top, "error") : NULL;
    return fail(error, command, wrong ?
                json_object_get_string_member_with_default(wrong, "desc",
                                                           "refused") :
                "an answer that says nothing");
}

gboolean rig_qmp(virDomainPtr domain, const char *command,
                 JsonObject *arguments, GError **error)
{
    g_autoptr(JsonNode) node = json_node_new(JSON_NODE_OBJECT);
    JsonObject *top = json_object_new();
    g_autofree char *text = NULL;
    char *answer = NULL;
    gboolean ok;

    json_object_set_string_member(top, "execute", command);
    if (arguments) {
        json_object_set_object_member(top, "arguments", arguments);
    }
    json_node_take_object(node, top);
    text = json_to_string(node, FALSE);
    if (virDomainQemuMonitorCommand(domain, text, &answer, 0) < 0) {
        g_autofree char *why = rig_virt_error();

        return fail(error, command, why);
    }
    ok = check_answer(answer, command, error);
    free(answer);
    return ok;
}

gboolean rig_qmp_human(virDomainPtr domain, const char *command,
                       GError **error)
{
    char *answer = NULL;
    gboolean ok = TRUE;

    if (virDomainQemuMonitorCommand(domain, command, &answer,
                                    VIR_DOMAIN_QEMU_MONITOR_COMMAND_HMP) < 0) {
        g_autofree char *why = rig_virt_error();

        return fail(error, command, why);
    }
    if (answer && *g_strstrip(answer)) {
        ok = fail(error, command, answer);
    }
    free(answer);
    return ok;
}

gboolean rig_qmp_set(virDomainPtr domain, const char *path,
                     const char *property, JsonNode *value, GError **error)
{
    JsonObject *arguments = json_object_new();

    json_object_set_string_member(arguments, "path", path);
    json_object_set_string_member(arguments, "property", property);
    json_object_set_member(arguments, "value", value);
    return rig_qmp(domain, "qom-set", arguments, error);
}

static JsonNode *text_node(const char *text)
{
    return json_node_init_string(json_node_alloc(), text);
}

gboolean rig_qmp_marker(virDomainPtr domain, const struct rig_marker *marker,
                        GError **error)
{
    struct rig_marker m = *marker;
    size_t text = strnlen(m.text, sizeof(m.text) - 1);
    g_autofree char *bytes = NULL;

    /* A multiple of 8 that has the text and its NUL. */
    m.length = GUINT16_TO_LE(RIG_MARKER_MIN + (text ? (text + 8) & ~7u : 0));
    m.kind = GUINT16_TO_LE(m.kind);
    m.scenario = GUINT32_TO_LE(m.scenario);
    m.cycle = GUINT32_TO_LE(m.cycle);
    m.thread = GUINT16_TO_LE(m.thread);
    m.call = GUINT64_TO_LE(m.call);
    m.object = GUINT64_TO_LE(m.object);
    m.status = GUINT64_TO_LE(m.status);
    m.caller = GUINT64_TO_LE(m.caller);
    for (unsigned i = 0; i < RIG_MARKER_ARGS; i++) {
        m.arg[i] = GUINT64_TO_LE(m.arg[i]);
    }
    bytes = g_base64_encode((const guchar *)&m, GUINT16_FROM_LE(m.length));
    return rig_qmp_set(domain, RIG_WINDOWS_TAP_PATH, "marker",
                       text_node(bytes), error);
}

gboolean rig_qmp_end(virDomainPtr domain, GError **error)
{
    return rig_qmp_set(domain, RIG_WINDOWS_TAP_PATH, "end",
                       json_node_init_boolean(json_node_alloc(), TRUE),
                       error);
}

gboolean rig_qmp_fault(virDomainPtr domain, const char *name, unsigned at,
                       GError **error)
{
    g_autofree char *text = g_strdup_printf("%u %s", at, name);

    return rig_qmp_set(domain, RIG_WINDOWS_TAP_PATH, "fault", text_node(text),
                       error);
}

/* --- events -------------------------------------------------------------- */

typedef struct Watch {
    void (*happened)(const char *json, void *opaque);
    void *opaque;
} Watch;

static void on_event(virConnectPtr conn, virDomainPtr domain,
                     const char *event, long long seconds, unsigned micros,
                     const char *details, void *opaque)
{
    const Watch *w = opaque;

    (void)conn;
    (void)domain;
    (void)event;
    (void)seconds;
    (void)micros;
    w->happened(details ? details : "{}", w->opaque);
}

int rig_qmp_watch(virConnectPtr conn, virDomainPtr domain, const char *event,
                  void (*happened)(const char *json, void *opaque),
                  void *opaque)
{
    Watch *w = g_new0(Watch, 1);

    w->happened = happened;
    w->opaque = opaque;
    return virConnectDomainQemuMonitorEventRegister(conn, domain, event,
                                                    on_event, w, g_free, 0);
}

void rig_qmp_forget(virConnectPtr conn, int id)
{
    if (id >= 0) {
        virConnectDomainQemuMonitorEventDeregister(conn, id);
    }
}
