/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The adapter's configuration: the registry that the INF filled. */
#include <glib.h>
#include <stdlib.h>
#include <string.h>
#include "ndis/core.h"
#include "ndis/thunk.h"

#define MAC_LENGTH 6u

struct config {
    char *key;             /* path below the driver key, "" for itself */
    GPtrArray *memory;     /* what the driver was given; freed at close */
    uint8_t mac[MAC_LENGTH];
};

/* --- strings ---------------------------------------------------------- */

/* UTF-8 of a counted string; NULs at its end are not part of a name. */
static char *to_utf8(const UNICODE_STRING *s)
{
    size_t n = s && s->Buffer ? s->Length / sizeof(WCHAR) : 0;

    while (n && s->Buffer[n - 1] == 0) {
        n--;
    }
    return n ? g_utf16_to_utf8(s->Buffer, (glong)n, NULL, NULL, NULL)
             : g_strdup("");
}

/* `text` as UTF-16, '\n' as the NUL between the strings of a list. */
static bool to_utf16(struct config *c, const char *text, bool list,
                     UNICODE_STRING *out)
{
    glong n = 0;
    WCHAR *w = g_utf8_to_utf16(text, -1, NULL, &n, NULL);
    WCHAR *copy;

    if (!w || n > UINT16_MAX / 2 - 2) {
        g_free(w);
        return false;
    }
    copy = g_new0(WCHAR, n + 2);
    memcpy(copy, w, (size_t)n * sizeof(WCHAR));
    g_free(w);
    for (glong i = 0; list && i < n; i++) {
        copy[i] = copy[i] == '\n' ? 0 : copy[i];
    }
    g_ptr_array_add(c->memory, copy);
    out->Buffer = copy;
    out->Length = (USHORT)((size_t)(list ? n + 2 : n) * sizeof(WCHAR));
    out->MaximumLength = (USHORT)((size_t)(n + 2) * sizeof(WCHAR));
    return true;
}

/* --- handles ---------------------------------------------------------- */

static NDIS_HANDLE config_open(const char *key)
{
    struct config *c = calloc(1, sizeof(*c));
    NDIS_HANDLE handle = object_own(OBJ_CONFIG, c);

    if (handle) {
        c->key = g_strdup(key);
        c->memory = g_ptr_array_new_with_free_func(g_free);
    }
    return handle;
}

static NDIS_STATUS NTAPI ndis_open_configuration_ex(
    PNDIS_CONFIGURATION_OBJECT object, PNDIS_HANDLE handle)
{
    *handle = NULL;
    if (!object ||
        object->Header.Type != NDIS_OBJECT_TYPE_CONFIGURATION_OBJECT) {
        return NDIS_STATUS_FAILURE;
    }
    *handle = config_open("");
    return *handle ? NDIS_STATUS_SUCCESS : NDIS_STATUS_RESOURCES;
}

static VOID NTAPI ndis_close_configuration(NDIS_HANDLE handle)
{
    struct config *c = object_close(OBJ_CONFIG, handle);

    if (c) {
        g_ptr_array_free(c->memory, TRUE);
        g_free(c->key);
        free(c);
    }
}

static NDIS_HANDLE open_subkey(const struct config *c, const char *name)
{
    g_autofree char *path = *c->key ? g_strdup_printf("%s\\%s", c->key, name)
                                    : g_strdup(name);

    return registry_has_key(current()->install->driver_key, path)
           ? config_open(path) : NULL;
}

static VOID NTAPI ndis_open_key_by_name(PNDIS_STATUS status,
                                        NDIS_HANDLE handle, PNDIS_STRING name,
                                        PNDIS_HANDLE subkey)
{
    struct config *c = object_get(OBJ_CONFIG, handle);
    g_autofree char *text = to_utf8(name);

    *subkey = c && text ? open_subkey(c, text) : NULL;
    *status = *subkey ? NDIS_STATUS_SUCCESS : NDIS_STATUS_FAILURE;
}

static VOID NTAPI ndis_open_key_by_index(PNDIS_STATUS status,
                                         NDIS_HANDLE handle, ULONG index,
                                         PNDIS_STRING name,
                                         PNDIS_HANDLE subkey)
{
    struct config *c = object_get(OBJ_CONFIG, handle);
    char **keys = c ? registry_subkeys(current()->install->driver_key,
                                       c->key) : NULL;

    *subkey = NULL;
    *status = NDIS_STATUS_FAILURE;
    if (keys && index < g_strv_length(keys) &&
        to_utf16(c, keys[index], false, name)) {
        *subkey = open_subkey(c, keys[index]);
        *status = *subkey ? NDIS_STATUS_SUCCESS : NDIS_STATUS_FAILURE;
    }
    g_strfreev(keys);
}

/* --- values ----------------------------------------------------------- */

static bool read_integer(const struct reg_value *v, int base, ULONG *out)
{
    char *end;
    gint64 n;

    if (v->type == REG_DWORD_) {
        *out = v->dword;
        return true;
    }
    if (!v->text) {
        return false;
    }
    n = g_ascii_strtoll(v->text, &end, base);
    *out = (ULONG)n;
    return end != v->text;
}

static bool read_string(struct config *c, const struct reg_value *v,
                        bool list, UNICODE_STRING *out)
{
    g_autofree char *number = NULL;

    if (v->type == REG_DWORD_) {
        number = g_strdup_printf("%u", v->dword);
    }
    return (number || v->text) &&
           to_utf16(c, number ? number : v->text, list, out);
}

static bool read_binary(struct config *c, const struct reg_value *v,
                        BINARY_DATA *out)
{
    if (v->type != REG_BINARY_ || v->size > UINT16_MAX) {
        return false;
    }
    out->Buffer = g_malloc0(v->size + 1);
    memcpy(out->Buffer, v->data, v->size);
    out->Length = (USHORT)v->size;
    g_ptr_array_add(c->memory, out->Buffer);
    return true;
}

/* The driver asks for a type and gets it; the value need not have it. */
static bool read_value(struct config *c, const struct reg_value *v,
                       NDIS_PARAMETER_TYPE type,
                       NDIS_CONFIGURATION_PARAMETER *p)
{
    p->ParameterType = type;
    switch (type) {
    case NdisParameterInteger:
        return read_integer(v, 10, &p->ParameterData.IntegerData);
    case NdisParameterHexInteger:
        return read_integer(v, 16, &p->ParameterData.IntegerData);
    case NdisParameterString:
    case NdisParameterMultiString:
        return read_string(c, v, type == NdisParameterMultiString,
                           &p->ParameterData.StringData);
    case NdisParameterBinary:
        return read_binary(c, v, &p->ParameterData.BinaryData);
    default:
        return false;
    }
}

/* Keywords that NDIS answers by itself. */
static bool read_builtin(const char *name, NDIS_CONFIGURATION_PARAMETER *p)
{
    p->ParameterType = NdisParameterInteger;
    if (g_ascii_strcasecmp(name, "Environment") == 0) {
        p->ParameterData.IntegerData = 1;  /* NdisEnvironmentWindowsNt */
        return true;
    }
    if (g_ascii_strcasecmp(name, "NdisVersion") == 0) {
        p->ParameterData.IntegerData = HOST_NDIS_VERSION;
        return true;
    }
    return false;
}

static VOID NTAPI ndis_read_configuration(PNDIS_STATUS status,
                                          PNDIS_CONFIGURATION_PARAMETER *out,
                                          NDIS_HANDLE handle,
                                          PNDIS_STRING keyword,
                                          NDIS_PARAMETER_TYPE type)
{
    struct config *c = object_get(OBJ_CONFIG, handle);
    g_autofree char *name = to_utf8(keyword);
    const struct reg_value *v;
    NDIS_CONFIGURATION_PARAMETER *p;

    *out = NULL;
    *status = NDIS_STATUS_FAILURE;
    if (!c || !name) {
        return;
    }
    p = g_new0(NDIS_CONFIGURATION_PARAMETER, 1);
    v = registry_get(current()->install->driver_key, c->key, name);
    if (v ? read_value(c, v, type, p) : read_builtin(name, p)) {
        g_ptr_array_add(c->memory, p);
        *out = p;
        *status = NDIS_STATUS_SUCCESS;
    } else {
        g_free(p);
    }
}

static VOID NTAPI ndis_write_configuration(PNDIS_STATUS status,
                                           NDIS_HANDLE handle,
                                           PNDIS_STRING keyword,
                                           PNDIS_CONFIGURATION_PARAMETER p)
{
    struct config *c = object_get(OBJ_CONFIG, handle);
    g_autofree char *name = to_utf8(keyword);
    g_autofree char *text = NULL;
    struct reg_value v = { .type = REG_DWORD_ };

    *status = NDIS_STATUS_FAILURE;
    if (!c || !name || !p) {
        return;
    }
    switch (p->ParameterType) {
    case NdisParameterInteger:
    case NdisParameterHexInteger:
        v.dword = p->ParameterData.IntegerData;
        break;
    case NdisParameterString:
        v.type = REG_SZ_;
        v.text = text = to_utf8(&p->ParameterData.StringData);
        break;
    case NdisParameterBinary:
        v.type = REG_BINARY_;
        v.data = p->ParameterData.BinaryData.Buffer;
        v.size = p->ParameterData.BinaryData.Length;
        break;
    default:
        *status = NDIS_STATUS_NOT_SUPPORTED;
        return;
    }
    registry_set(current()->install->driver_key, c->key, name, &v);
    *status = NDIS_STATUS_SUCCESS;
}

/* --- NetworkAddress --------------------------------------------------- */

/* Twelve hexadecimal digits, with or without separators. */
static bool parse_mac(const char *text, uint8_t mac[MAC_LENGTH])
{
    unsigned digits = 0;

    memset(mac, 0, MAC_LENGTH);
    for (; *text; text++) {
        int d = g_ascii_xdigit_value(*text);

        if (*text == '-' || *text == ':') {
            continue;
        }
        if (d < 0 || digits == 2 * MAC_LENGTH) {
            return false;
        }
        mac[digits / 2] = (uint8_t)(mac[digits / 2] << 4 | d);
        digits++;
    }
    return digits == 2 * MAC_LENGTH;
}

static VOID NTAPI ndis_read_network_address(PNDIS_STATUS status,
                                            PVOID *address, PUINT length,
                                            NDIS_HANDLE handle)
{
    struct config *c = object_get(OBJ_CONFIG, handle);
    const struct reg_value *v = NULL;

    if (c) {
        v = registry_get(current()->install->driver_key, c->key,
                         "NetworkAddress");
    }
    if (v && v->text && parse_mac(v->text, c->mac)) {
        *address = c->mac;
        *length = MAC_LENGTH;
        *status = NDIS_STATUS_SUCCESS;
    } else {
        *address = NULL;
        *length = 0;
        *status = NDIS_STATUS_FAILURE;
    }
}

/* Status, and no address of no length. */
static uint64_t fail_network_address(const uint64_t *args, uint32_t status)
{
    *(uint32_t *)(uintptr_t)args[2] = 0;
    return fail_void_status0_null1(args, status);
}

const struct export config_exports[] = {
    { "NdisOpenConfigurationEx", ndis_open_configuration_ex, EX_TRACE, 0, 0,
      fail_status_null1, IRQL_PASSIVE },
    { "NdisCloseConfiguration", ndis_close_configuration, EX_TRACE | EX_VOID, 1,
      1, NULL, IRQL_PASSIVE },
    { "NdisOpenConfigurationKeyByName", ndis_open_key_by_name,
      EX_TRACE | EX_VOID, 2, 2, fail_void_status0_null3, IRQL_APC },
    { "NdisOpenConfigurationKeyByIndex", ndis_open_key_by_index,
      EX_TRACE | EX_VOID, 2, 2 | 4, fail_void_status0_null4, IRQL_APC },
    { "NdisReadConfiguration", ndis_read_configuration, EX_SITE | EX_VOID, 0, 4,
      fail_void_status0_null1, IRQL_PASSIVE },
    { "NdisWriteConfiguration", ndis_write_configuration, EX_TRACE | EX_VOID, 2,
      2, fail_void_status0, IRQL_PASSIVE },
    { "NdisReadNetworkAddress", ndis_read_network_address, EX_TRACE | EX_VOID,
      0, 8, fail_network_address, IRQL_PASSIVE },
    { 0 },
};
