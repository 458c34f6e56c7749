/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The registry and files as kernel routines see them.
 *
 * There are three keys: that of the driver's service, that of the adapter
 * below the class "Net", and the hardware key of the device. The INF filled
 * the latter two; the service's key exists and is empty. There are no files.
 */
#include <glib.h>
#include <string.h>
#include "ndis/contract.h"
#include "ndis/core.h"
#include "ndis/thunk.h"

#define SERVICES "\\Registry\\Machine\\System\\CurrentControlSet\\Services\\"
#define CONTROL "\\Registry\\Machine\\System\\CurrentControlSet\\Control\\"
#define ADAPTER_KEY \
    CONTROL "Class\\{4D36E972-E325-11CE-BFC1-08002BE10318}\\0000"

struct key {
    const struct registry *registry; /* NULL: an empty key */
    char *path;
};

/* wdm.h: OBJECT_ATTRIBUTES */
struct object_attributes {
    ULONG length;
    HANDLE root;
    PUNICODE_STRING name;
    ULONG attributes;
    PVOID security, quality;
};

/* --- names and values ------------------------------------------------- */

static char *narrow(const WCHAR *w, size_t n)
{
    while (n && w[n - 1] == 0) {
        n--;
    }
    return n ? g_utf16_to_utf8(w, (glong)n, NULL, NULL, NULL) : g_strdup("");
}

static char *narrow_string(const UNICODE_STRING *s)
{
    return s && s->Buffer ? narrow(s->Buffer, s->Length / sizeof(WCHAR))
                          : g_strdup("");
}

static size_t wide_length(const WCHAR *w)
{
    size_t n = 0;

    while (w[n]) {
        n++;
    }
    return n;
}

/* What is left of `path` behind `prefix`; NULL if it does not begin so. */
static const char *behind(const char *path, const char *prefix)
{
    size_t n = strlen(prefix);

    if (g_ascii_strncasecmp(path, prefix, n) != 0 ||
        (path[n] && path[n] != '\\')) {
        return NULL;
    }
    return path + n + (path[n] == '\\');
}

static bool find_key(const char *path, struct key *key)
{
    g_autofree char *service = g_strconcat(SERVICES,
                                           current()->install->service, NULL);
    const char *rest = behind(path, ADAPTER_KEY);

    if (rest && (*rest == '\0' ||
                 registry_has_key(current()->install->driver_key, rest))) {
        *key = (struct key) { current()->install->driver_key,
                              g_strdup(rest) };
        return true;
    }
    if (!rest && (rest = behind(path, service)) && *rest == '\0') {
        *key = (struct key) { NULL, g_strdup("") };
        return true;
    }
    return false;
}

/* Type and bytes of a value as the registry stores them; free the array. */
static GByteArray *value_bytes(const struct reg_value *v)
{
    GByteArray *bytes = g_byte_array_new();
    glong n = 0;
    g_autofree WCHAR *w = NULL;

    if (v->type == REG_DWORD_) {
        return g_byte_array_append(bytes, (const guint8 *)&v->dword, 4);
    }
    if (v->type == REG_BINARY_) {
        return g_byte_array_append(bytes, v->data, (guint)v->size);
    }
    w = g_utf8_to_utf16(v->text ? v->text : "", -1, NULL, &n, NULL);
    for (glong i = 0; w && v->type == REG_MULTI_SZ_ && i < n; i++) {
        w[i] = w[i] == '\n' ? 0 : w[i];
    }
    if (w) {
        static const WCHAR end;

        g_byte_array_append(bytes, (const guint8 *)w,
                            (guint)((size_t)(n + 1) * sizeof(WCHAR)));
        if (v->type == REG_MULTI_SZ_ && n) {
            g_byte_array_append(bytes, (const guint8 *)&end, sizeof(end));
        }
    }
    return bytes;
}

/* --- keys by handle --------------------------------------------------- */

static NTSTATUS open_key(const struct key *key, PHANDLE handle)
{
    struct key *copy = g_new(struct key, 1);

    *copy = *key;
    *handle = object_new(OBJ_KEY, copy);
    if (!*handle) {
        g_free(copy->path);
        g_free(copy);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI zw_open_key(PHANDLE handle, ACCESS_MASK access,
                                  const struct object_attributes *a)
{
    g_autofree char *path = NULL;
    struct key key;

    (void)access;
    *handle = NULL;
    path = a && !a->root ? narrow_string(a->name) : NULL;
    return path && find_key(path, &key) ? open_key(&key, handle)
           : STATUS_OBJECT_NAME_NOT_FOUND;
}

#define PLUGPLAY_REGKEY_DEVICE 1
#define PLUGPLAY_REGKEY_DRIVER 2

static NTSTATUS NTAPI io_open_device_registry_key(PDEVICE_OBJECT device,
                                                  ULONG type,
                                                  ACCESS_MASK access,
                                                  PHANDLE handle)
{
    struct key key = { NULL, NULL };

    (void)access;
    *handle = NULL;
    if (device != &current()->pdo || (type != PLUGPLAY_REGKEY_DEVICE &&
                                type != PLUGPLAY_REGKEY_DRIVER)) {
        return STATUS_INVALID_PARAMETER;
    }
    key.registry = type == PLUGPLAY_REGKEY_DRIVER
                   ? current()->install->driver_key
                   : current()->install->device_key;
    key.path = g_strdup("");
    return open_key(&key, handle);
}

static NTSTATUS NTAPI zw_close(HANDLE handle)
{
    struct key *key = object_close(OBJ_KEY, handle);

    if (!key) {
        return STATUS_INVALID_HANDLE;
    }
    g_free(key->path);
    g_free(key);
    return STATUS_SUCCESS;
}

/* KEY_VALUE_INFORMATION_CLASS, and the sizes of the fixed parts. */
enum { KEY_VALUE_BASIC = 0, KEY_VALUE_FULL = 1, KEY_VALUE_PARTIAL = 2 };

static NTSTATUS NTAPI zw_query_value_key(HANDLE handle,
                                         const UNICODE_STRING *name,
                                         int class, PVOID buffer,
                                         ULONG length, PULONG result)
{
    static const ULONG fixed[] = { 12, 20, 12 };
    struct key *key = object_get(OBJ_KEY, handle);
    g_autofree char *text = narrow_string(name);
    const struct reg_value *v;
    g_autoptr(GByteArray) data = NULL;
    ULONG names, need;
    uint8_t *out = buffer;

    *result = 0;
    if (!key) {
        return STATUS_INVALID_HANDLE;
    }
    if (class < KEY_VALUE_BASIC || class > KEY_VALUE_PARTIAL) {
        return STATUS_INVALID_PARAMETER;
    }
    v = key->registry && text ? registry_get(key->registry, key->path, text)
                              : NULL;
    if (!v) {
        return STATUS_OBJECT_NAME_NOT_FOUND;
    }
    data = value_bytes(v);
    names = class == KEY_VALUE_PARTIAL ? 0 : name->Length;
    need = fixed[class] + names + (class == KEY_VALUE_BASIC ? 0 : data->len);
    *result = need;
    if (length < fixed[class] || !buffer) {
        return STATUS_BUFFER_TOO_SMALL;
    }
    memset(out, 0, fixed[class]);
    memcpy(out + 4, &v->type, 4);
    switch (class) {
    case KEY_VALUE_PARTIAL:
        memcpy(out + 8, &data->len, 4);
        break;
    case KEY_VALUE_FULL:
        memcpy(out + 8, &(ULONG) { fixed[class] + names }, 4);
        memcpy(out + 12, &data->len, 4);
        memcpy(out + 16, &names, 4);
        break;
    default:
        memcpy(out + 8, &names, 4);
    }
    if (length < need) {
        return STATUS_BUFFER_OVERFLOW;
    }
    if (names) {
        memcpy(out + fixed[class], name->Buffer, names);
    }
    if (class != KEY_VALUE_BASIC) {
        memcpy(out + fixed[class] + names, data->data, data->len);
    }
    return STATUS_SUCCESS;
}

/* --- RtlQueryRegistryValues ------------------------------------------- */

/* wdm.h */
#define RTL_REGISTRY_ABSOLUTE 0
#define RTL_REGISTRY_SERVICES 1
#define RTL_REGISTRY_CONTROL  2
#define RTL_REGISTRY_HANDLE   0x40000000u
#define RTL_REGISTRY_OPTIONAL 0x80000000u

#define RTL_QUERY_REGISTRY_SUBKEY    0x001u
#define RTL_QUERY_REGISTRY_TOPKEY    0x002u
#define RTL_QUERY_REGISTRY_REQUIRED  0x004u
#define RTL_QUERY_REGISTRY_NOVALUE   0x008u
#define RTL_QUERY_REGISTRY_DIRECT    0x020u
#define RTL_QUERY_REGISTRY_TYPECHECK 0x100u
#define TYPECHECK_SHIFT 24

typedef NTSTATUS NTAPI query_routine(PCWSTR name, ULONG type, PVOID data,
                                     ULONG length, PVOID context,
                                     PVOID entry);

struct query_entry {       /* RTL_QUERY_REGISTRY_TABLE */
    query_routine *routine;
    ULONG flags;
    PCWSTR name;
    PVOID context;
    ULONG default_type;
    PVOID default_data;
    ULONG default_length;
};

_Static_assert(sizeof(struct query_entry) == 56, "RTL_QUERY_REGISTRY_TABLE");

/* With DIRECT the value goes to where the entry points, by its type. */
static NTSTATUS store(const struct query_entry *e, ULONG type,
                      const void *data, ULONG n)
{
    UNICODE_STRING *s = e->context;
    LONG *limit = e->context;

    if ((e->flags & RTL_QUERY_REGISTRY_TYPECHECK) &&
        e->default_type >> TYPECHECK_SHIFT != type) {
        return (NTSTATUS)STATUS_OBJECT_TYPE_MISMATCH;
    }
    if (type == REG_SZ_ || type == REG_EXPAND_SZ_ || type == REG_MULTI_SZ_) {
        if (!s->Buffer) {
            s->Buffer = pool_alloc(n);
            s->MaximumLength = s->Buffer ? (USHORT)n : 0;
        }
        if (n > s->MaximumLength) {
            return STATUS_BUFFER_TOO_SMALL;
        }
        memcpy(s->Buffer, data, n);
        s->Length = (USHORT)(n - sizeof(WCHAR));
        return STATUS_SUCCESS;
    }
    if (n <= sizeof(ULONG)) {
        memcpy(e->context, data, n);
        return STATUS_SUCCESS;
    }
    /* A negative LONG there says how large the buffer is. */
    if (*limit >= 0 || n > (ULONG)-*limit) {
        return STATUS_BUFFER_TOO_SMALL;
    }
    memcpy(e->context, data, n);
    return STATUS_SUCCESS;
}

static NTSTATUS deliver(const struct query_entry *e, PCWSTR name, ULONG type,
                        void *data, ULONG n, PVOID context)
{
    struct callback cb;
    NTSTATUS status;

    if (e->flags & RTL_QUERY_REGISTRY_DIRECT) {
        return store(e, type, data, n);
    }
    callback_enter_quiet(&cb, "RTL_QUERY_REGISTRY_ROUTINE");
    status = e->routine(name, type, data, n, context, e->context);
    callback_leave(&cb, (uint32_t)status);
    return status == STATUS_BUFFER_TOO_SMALL ? STATUS_SUCCESS : status;
}

/* No such value: the default, unless there has to be one. */
static NTSTATUS deliver_default(const struct query_entry *e, PVOID context)
{
    ULONG type = e->default_type & 0xffffff, n = e->default_length;

    if (type == 0) {
        return e->flags & RTL_QUERY_REGISTRY_REQUIRED
               ? STATUS_OBJECT_NAME_NOT_FOUND : STATUS_SUCCESS;
    }
    if (n == 0 && e->default_data &&
        (type == REG_SZ_ || type == REG_EXPAND_SZ_)) {
        n = (ULONG)((wide_length(e->default_data) + 1) * sizeof(WCHAR));
    }
    if ((e->flags & RTL_QUERY_REGISTRY_TYPECHECK) &&
        (e->flags & RTL_QUERY_REGISTRY_DIRECT)) {
        struct query_entry plain = *e;

        plain.flags &= ~RTL_QUERY_REGISTRY_TYPECHECK;
        return deliver(&plain, e->name, type, e->default_data, n, context);
    }
    return deliver(e, e->name, type, e->default_data, n, context);
}

static NTSTATUS query_value(const struct key *key,
                            const struct query_entry *e, PVOID context)
{
    g_autofree char *name = narrow(e->name, wide_length(e->name));
    const struct reg_value *v;
    g_autoptr(GByteArray) data = NULL;

    v = key->registry && name ? registry_get(key->registry, key->path, name)
                              : NULL;
    if (!v) {
        return deliver_default(e, context);
    }
    data = value_bytes(v);
    return deliver(e, e->name, v->type, data->data, data->len, context);
}

/* Every value of the key, by name. */
static NTSTATUS query_all(const struct key *key, const struct query_entry *e,
                          PVOID context)
{
    char **names = key->registry ? registry_values(key->registry, key->path)
                                 : NULL;
    NTSTATUS status = STATUS_SUCCESS;

    if ((!names || !names[0]) && (e->flags & RTL_QUERY_REGISTRY_REQUIRED)) {
        status = STATUS_OBJECT_NAME_NOT_FOUND;
    }
    for (char **n = names; n && *n && status == STATUS_SUCCESS; n++) {
        g_autofree WCHAR *wide = g_utf8_to_utf16(*n, -1, NULL, NULL, NULL);
        const struct reg_value *v = registry_get(key->registry, key->path, *n);
        g_autoptr(GByteArray) data = value_bytes(v);

        status = wide ? deliver(e, wide, v->type, data->data, data->len,
                                context) : STATUS_SUCCESS;
    }
    g_strfreev(names);
    return status;
}

/* Go to the key below `top` that the entry names. */
static bool enter_subkey(const struct key *top, PCWSTR name, struct key *key)
{
    g_autofree char *text = narrow(name, wide_length(name));
    g_autofree char *path = *top->path && text
                            ? g_strconcat(top->path, "\\", text, NULL)
                            : g_strdup(text);

    if (!path || !top->registry || !registry_has_key(top->registry, path)) {
        return false;
    }
    g_free(key->path);
    key->registry = top->registry;
    key->path = g_steal_pointer(&path);
    return true;
}

static void leave_subkey(const struct key *top, struct key *key)
{
    g_free(key->path);
    key->registry = top->registry;
    key->path = g_strdup(top->path);
}

static NTSTATUS query_entry(const struct key *top, struct key *key,
                            const struct query_entry *e, PVOID context)
{
    bool direct = e->flags & RTL_QUERY_REGISTRY_DIRECT;

    if (e->flags & (RTL_QUERY_REGISTRY_TOPKEY | RTL_QUERY_REGISTRY_SUBKEY)) {
        leave_subkey(top, key);
    }
    if (e->flags & RTL_QUERY_REGISTRY_SUBKEY) {
        if (!e->name) {
            return STATUS_INVALID_PARAMETER;
        }
        if (!enter_subkey(top, e->name, key)) {
            return e->flags & RTL_QUERY_REGISTRY_REQUIRED
                   ? STATUS_OBJECT_NAME_NOT_FOUND : STATUS_SUCCESS;
        }
        return e->routine ? query_all(key, e, context) : STATUS_SUCCESS;
    }
    if (direct ? !e->name || e->routine : !e->routine) {
        return STATUS_INVALID_PARAMETER;
    }
    if (e->flags & RTL_QUERY_REGISTRY_NOVALUE) {
        return deliver(e, e->name, 0, NULL, 0, context);
    }
    return e->name ? query_value(key, e, context) : query_all(key, e, context);
}

static bool is_end(const struct query_entry *e)
{
    return !e->routine && !e->name && !(e->flags & RTL_QUERY_REGISTRY_SUBKEY);
}

static bool start_key(ULONG relative, PVOID path, struct key *key)
{
    g_autofree char *text = NULL, *whole = NULL;
    struct key *open;

    if (relative & RTL_REGISTRY_HANDLE) {
        open = object_get(OBJ_KEY, path);
        if (open) {
            *key = (struct key) { open->registry, g_strdup(open->path) };
        }
        return open;
    }
    text = path ? narrow(path, wide_length(path)) : NULL;
    switch (relative & ~RTL_REGISTRY_OPTIONAL) {
    case RTL_REGISTRY_ABSOLUTE:
        return text && find_key(text, key);
    case RTL_REGISTRY_SERVICES:
        whole = text ? g_strconcat(SERVICES, text, NULL) : NULL;
        break;
    case RTL_REGISTRY_CONTROL:
        whole = text ? g_strconcat(CONTROL, text, NULL) : NULL;
        break;
    }
    return whole && find_key(whole, key);
}

static NTSTATUS NTAPI rtl_query_registry_values(ULONG relative, PVOID path,
                                                struct query_entry *table,
                                                PVOID context, PVOID unused)
{
    struct key top, key;
    NTSTATUS status = STATUS_SUCCESS;

    (void)unused;
    if (!table) {
        return STATUS_INVALID_PARAMETER;
    }
    if (!start_key(relative, path, &top)) {
        return relative & RTL_REGISTRY_OPTIONAL
               ? STATUS_SUCCESS : STATUS_OBJECT_NAME_NOT_FOUND;
    }
    key = (struct key) { top.registry, g_strdup(top.path) };
    for (; status == STATUS_SUCCESS && !is_end(table); table++) {
        status = query_entry(&top, &key, table, context);
    }
    g_free(key.path);
    g_free(top.path);
    return status;
}

/* --- files ------------------------------------------------------------ */

/* Firmware and the like have to be in the image. */
static NTSTATUS no_file(PIO_STATUS_BLOCK status)
{
    status->Status = STATUS_OBJECT_NAME_NOT_FOUND;
    status->Information = 0;
    return STATUS_OBJECT_NAME_NOT_FOUND;
}

static NTSTATUS NTAPI zw_open_file(PHANDLE handle, ACCESS_MASK access,
                                   PVOID attributes, PIO_STATUS_BLOCK status,
                                   ULONG share, ULONG options)
{
    (void)access;
    (void)attributes;
    (void)share;
    (void)options;
    *handle = NULL;
    return no_file(status);
}

static NTSTATUS NTAPI zw_create_file(PHANDLE handle, ACCESS_MASK access,
                                     PVOID attributes,
                                     PIO_STATUS_BLOCK status,
                                     PLARGE_INTEGER allocation)
{
    (void)allocation;
    return zw_open_file(handle, access, attributes, status, 0, 0);
}

/* ZwReadFile and ZwWriteFile: there is no handle that could be right. */
static NTSTATUS NTAPI zw_file_access(HANDLE handle, HANDLE event, PVOID apc,
                                     PVOID context, PIO_STATUS_BLOCK status)
{
    (void)event;
    (void)apc;
    (void)context;
    contract_broken(CONTRACT_BAD_HANDLE, (uintptr_t)handle, 0, 0,
                    "0x%llx is no file",
                    (unsigned long long)(uintptr_t)handle);
    status->Status = STATUS_INVALID_HANDLE;
    status->Information = 0;
    return STATUS_INVALID_HANDLE;
}

static uint64_t fail_open_file(const uint64_t *args, uint32_t status)
{
    PIO_STATUS_BLOCK block = (PIO_STATUS_BLOCK)(uintptr_t)args[3];

    block->Pointer = NULL;
    block->Status = (NTSTATUS)status;
    block->Information = 0;
    return fail_status_null0(args, status);
}

static uint64_t fail_query_value(const uint64_t *args, uint32_t status)
{
    *(uint32_t *)(uintptr_t)args[5] = 0;
    return status;
}

const struct export registry_exports[] = {
    { "ZwOpenKey", zw_open_key, EX_SITE, 0, 0, fail_status_null0,
      IRQL_PASSIVE },
    { "IoOpenDeviceRegistryKey", io_open_device_registry_key, EX_SITE, 0, 2,
      fail_status_null3, IRQL_PASSIVE },
    { "ZwClose", zw_close, EX_SITE, 0, 0, NULL, IRQL_PASSIVE },
    { "ZwQueryValueKey", zw_query_value_key, EX_SITE, 0, 4, fail_query_value,
      IRQL_PASSIVE },
    { "RtlQueryRegistryValues", rtl_query_registry_values, EX_TRACE, 0, 1,
      fail_status, IRQL_PASSIVE },
    { "ZwOpenFile", zw_open_file, EX_SITE, 0, 0, fail_open_file,
      IRQL_PASSIVE },
    { "ZwCreateFile", zw_create_file, EX_SITE, 0, 0, fail_open_file,
      IRQL_PASSIVE },
    { "ZwReadFile", zw_file_access, EX_SITE, 0, 0, fail_status,
      IRQL_PASSIVE },
    { "ZwWriteFile", zw_file_access, EX_SITE, 0, 0, fail_status,
      IRQL_PASSIVE },
    { 0 },
};
