/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Windows bug checks: what a STOP code and its parameters say. */
#include "bugcheck.h"

#include <gio/gio.h>
#include <json-glib/json-glib.h>
#include <string.h>

#include "rig/events.h"

static const struct {
    uint64_t code;
    const char *name;
} codes[] = {
    { 0x0A, "IRQL_NOT_LESS_OR_EQUAL" },
    { 0x1A, "MEMORY_MANAGEMENT" },
    { 0x1E, "KMODE_EXCEPTION_NOT_HANDLED" },
    { 0x3B, "SYSTEM_SERVICE_EXCEPTION" },
    { 0x50, "PAGE_FAULT_IN_NONPAGED_AREA" },
    { 0x7A, "KERNEL_DATA_INPAGE_ERROR" },
    { 0x7B, "INACCESSIBLE_BOOT_DEVICE" },
    { 0x7C, "BUGCODE_NDIS_DRIVER" },
    { 0x7E, "SYSTEM_THREAD_EXCEPTION_NOT_HANDLED" },
    { 0x9F, "DRIVER_POWER_STATE_FAILURE" },
    { 0xC1, "SPECIAL_POOL_DETECTED_MEMORY_CORRUPTION" },
    { 0xC2, "BAD_POOL_CALLER" },
    { 0xC4, "DRIVER_VERIFIER_DETECTED_VIOLATION" },
    { 0xC5, "DRIVER_CORRUPTED_EXPOOL" },
    { 0xC9, "DRIVER_VERIFIER_IOMANAGER_VIOLATION" },
    { 0xCC, "PAGE_FAULT_IN_FREED_SPECIAL_POOL" },
    { 0xCE, "DRIVER_UNLOADED_WITHOUT_CANCELLING_PENDING_OPERATIONS" },
    { 0xD1, "DRIVER_IRQL_NOT_LESS_OR_EQUAL" },
    { 0xD5, "DRIVER_PAGE_FAULT_IN_FREED_SPECIAL_POOL" },
    { 0xEF, "CRITICAL_PROCESS_DIED" },
    { 0xFC, "ATTEMPTED_EXECUTE_OF_NOEXECUTE_MEMORY" },
    { 0x101, "CLOCK_WATCHDOG_TIMEOUT" },
    { 0x109, "CRITICAL_STRUCTURE_CORRUPTION" },
    { 0x133, "DPC_WATCHDOG_VIOLATION" },
    { 0x139, "KERNEL_SECURITY_CHECK_FAILURE" },
    { 0xE2, "MANUALLY_INITIATED_CRASH" },
};

/* Parameter 1 of 0x7C; the class only where it is about an interrupt. */
static const struct {
    uint64_t parameter;
    const char *class_code;
    const char *clause;
} ndis[] = {
    { 0x01, NULL, "shared memory was allocated at raised IRQL" },
    { 0x02, NULL, "a shared memory page was corrupted" },
    { 0x03, NULL, "shared memory was freed twice" },
    { 0x08, "0x08", "MiniportHaltEx left its interrupt registered" },
    { 0x09, NULL, "MiniportHaltEx left a timer" },
    { 0x0A, NULL, "the driver was unloaded prematurely" },
    { 0x0B, "0x0B", "a failed MiniportInitializeEx left its interrupt "
                    "registered" },
    { 0x0C, NULL, "a failed MiniportInitializeEx left a timer" },
    { 0x0D, "0x0D", "MiniportHaltEx, called because NDIS could not finish the "
                    "initialization, left its interrupt registered" },
    { 0x0E, NULL, "MiniportHaltEx, called because NDIS could not finish the "
                  "initialization, left a timer" },
    { 0x0F, NULL, "NdisMResetComplete was called with no reset pending" },
    { 0x10, "0x10", "MiniportInitializeEx failed after a resume and left its "
                    "interrupt registered" },
    { 0x11, NULL, "MiniportInitializeEx failed after a resume and left a "
                  "timer" },
    { 0x14, NULL, "NdisWaitEvent was called at an IRQL that it does not "
                  "allow" },
    { 0x1F, NULL, "NdisMPauseComplete or NdisMRestartComplete was called with "
                  "nothing pending" },
    { 0x24, NULL, "an internal wait of NDIS failed" },
    { 0x25, NULL, "the watchdog of NDIS ran out" },
    { 0x26, NULL, "an OID request was completed that was not pending" },
    { 0x27, NULL, "NET_BUFFER_LISTs were left" },
};

const char *rig_bugcheck_name(uint64_t code)
{
    for (guint i = 0; i < G_N_ELEMENTS(codes); i++) {
        if (codes[i].code == code) {
            return codes[i].name;
        }
    }
    return NULL;
}

const char *rig_bugcheck_ndis(uint64_t parameter1)
{
    for (guint i = 0; i < G_N_ELEMENTS(ndis); i++) {
        if (ndis[i].parameter == parameter1) {
            return ndis[i].clause;
        }
    }
    return NULL;
}

const char *rig_bugcheck_class(const RigBugcheck *b)
{
    if (!b->known || b->code != RIG_BUGCHECK_NDIS) {
        return NULL;
    }
    for (guint i = 0; i < G_N_ELEMENTS(ndis); i++) {
        if (ndis[i].parameter == b->parameter[0]) {
            return ndis[i].class_code;
        }
    }
    return NULL;
}

char *rig_bugcheck_text(const RigBugcheck *b, gboolean brief)
{
    const char *name = rig_bugcheck_name(b->code);
    const char *clause = b->code == RIG_BUGCHECK_NDIS ?
                         rig_bugcheck_ndis(b->parameter[0]) : NULL;
    g_autoptr(GString) s = g_string_new(NULL);

    if (!b->known) {
        return g_strdup("the guest panicked and did not say why");
    }
    g_string_printf(s, "Windows stopped with 0x%02" G_GINT64_MODIFIER "X",
                    b->code);
    if (name) {
        g_string_append_printf(s, " %s", name);
    }
    g_string_append(s, " (");
    for (unsigned i = 0; i < (brief ? 1 : RIG_BUGCHECK_PARAMETERS); i++) {
        g_string_append_printf(s, "%s0x%02" G_GINT64_MODIFIER "X",
                               i ? ", " : "", b->parameter[i]);
    }
    g_string_append_c(s, ')');
    if (clause && !brief) {
        g_string_append_printf(s, ": %s", clause);
    }
    if (brief) {
        g_string_truncate(s, MIN(s->len, RIG_MARKER_TEXT - 1));
    }
    return g_string_free(g_steal_pointer(&s), FALSE);
}

/* --- the event ----------------------------------------------------------- */

/* QEMU writes uint64 above INT64_MAX as such; JSON-GLib reads it as double. */
static gboolean read_argument(JsonObject *info, unsigned n, const char *json,
                              uint64_t *value)
{
    g_autofree char *name = g_strdup_printf("\"arg%u\"", n);
    g_autofree char *key = g_strdup_printf("arg%u", n);
    const char *at = strstr(json, name);
    char *end;

    if (!json_object_has_member(info, key) || !at) {
        return FALSE;
    }
    at += strlen(name);
    at += strspn(at, " \t\n:");
    *value = g_ascii_strtoull(at, &end, 10);
    return end != at && g_ascii_isdigit(*at);
}

gboolean rig_bugcheck_parse(const char *json, RigBugcheck *b, GError **error)
{
    g_autoptr(JsonParser) parser = json_parser_new();
    JsonObject *top, *info;
    JsonNode *root;

    memset(b, 0, sizeof(*b));
    if (!json_parser_load_from_data(parser, json, -1, error)) {
        return FALSE;
    }
    root = json_parser_get_root(parser);
    top = root && JSON_NODE_HOLDS_OBJECT(root) ? json_node_get_object(root)
                                               : NULL;
    if (!top || !json_object_has_member(top, "action")) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                    "not the details of a GUEST_PANICKED event");
        return FALSE;
    }
    if (!json_object_has_member(top, "info")) {
        return TRUE; /* pvpanic */
    }
    root = json_object_get_member(top, "info");
    info = JSON_NODE_HOLDS_OBJECT(root) ? json_node_get_object(root) : NULL;
    if (!info || g_strcmp0(json_object_get_string_member_with_default(
                               info, "type", NULL), "hyper-v") != 0) {
        return TRUE; /* another architecture's */
    }
    b->known = read_argument(info, 1, json, &b->code);
    for (unsigned i = 0; b->known && i < RIG_BUGCHECK_PARAMETERS; i++) {
        b->known = read_argument(info, i + 2, json, &b->parameter[i]);
    }
    if (!b->known) {
        memset(b, 0, sizeof(*b));
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                    "a GUEST_PANICKED event of type hyper-v lacks arguments");
    }
    return b->known;
}
