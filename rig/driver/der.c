/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writing ASN.1 in DER. */
#include "der.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum {
    DER_INTEGER = 0x02, DER_OCTETS = 0x04, DER_NULL = 0x05, DER_OID = 0x06,
    DER_UTC = 0x17, DER_BMP = 0x1e,
};

static void append_length(GByteArray *a, size_t n)
{
    uint8_t bytes[1 + sizeof(n)];
    unsigned used = 0;

    if (n < 0x80) {
        bytes[0] = (uint8_t)n;
        g_byte_array_append(a, bytes, 1);
        return;
    }
    for (size_t rest = n; rest; rest >>= 8) {
        used++;
    }
    bytes[0] = (uint8_t)(0x80 | used);
    for (unsigned i = 0; i < used; i++) {
        bytes[1 + i] = (uint8_t)(n >> 8 * (used - 1 - i));
    }
    g_byte_array_append(a, bytes, 1 + used);
}

GByteArray *rig_der_value(uint8_t tag, const void *bytes, size_t size)
{
    GByteArray *a = g_byte_array_new();

    g_byte_array_append(a, &tag, 1);
    append_length(a, size);
    if (size) {
        g_byte_array_append(a, bytes, (guint)size);
    }
    return a;
}

/* X.690, 11.6: components of a SET OF in order of their encodings. */
static int by_encoding(gconstpointer x, gconstpointer y)
{
    const GByteArray *a = *(GByteArray *const *)x;
    const GByteArray *b = *(GByteArray *const *)y;
    int order = memcmp(a->data, b->data, MIN(a->len, b->len));

    return order ? order : a->len < b->len ? -1 : a->len > b->len;
}

GPtrArray *rig_der_list_new(void)
{
    return g_ptr_array_new_with_free_func((GDestroyNotify)g_byte_array_unref);
}

GByteArray *rig_der_list(uint8_t tag, GPtrArray *values)
{
    g_autoptr(GByteArray) inside = g_byte_array_new();

    if (tag == DER_SET) {
        g_ptr_array_sort(values, by_encoding);
    }
    for (guint i = 0; i < values->len; i++) {
        const GByteArray *v = values->pdata[i];

        g_byte_array_append(inside, v->data, v->len);
    }
    g_ptr_array_set_size(values, 0);
    return rig_der_value(tag, inside->data, inside->len);
}

GByteArray *rig_der_of(uint8_t tag, ...)
{
    g_autoptr(GPtrArray) values = rig_der_list_new();
    GByteArray *v;
    va_list ap;

    va_start(ap, tag);
    while ((v = va_arg(ap, GByteArray *))) {
        g_ptr_array_add(values, v);
    }
    va_end(ap);
    return rig_der_list(tag, values);
}

static void append_base128(GByteArray *a, unsigned long n)
{
    uint8_t bytes[10];
    unsigned used = 0;

    do {
        used++;
        bytes[sizeof(bytes) - used] = (uint8_t)((n & 0x7f) |
                                                (used > 1 ? 0x80 : 0));
        n >>= 7;
    } while (n);
    g_byte_array_append(a, bytes + sizeof(bytes) - used, used);
}

GByteArray *rig_der_oid(const char *oid)
{
    g_autoptr(GByteArray) a = g_byte_array_new();
    g_auto(GStrv) arcs = g_strsplit(oid, ".", -1);

    append_base128(a, 40 * strtoul(arcs[0], NULL, 10) +
                      strtoul(arcs[1], NULL, 10));
    for (unsigned i = 2; arcs[i]; i++) {
        append_base128(a, strtoul(arcs[i], NULL, 10));
    }
    return rig_der_value(DER_OID, a->data, a->len);
}

GByteArray *rig_der_null(void)
{
    return rig_der_value(DER_NULL, NULL, 0);
}

GByteArray *rig_der_uint(uint32_t value)
{
    uint8_t bytes[5] = { 0, (uint8_t)(value >> 24), (uint8_t)(value >> 16),
                         (uint8_t)(value >> 8), (uint8_t)value };
    unsigned from = 0;

    while (from < 4 && bytes[from] == 0 && !(bytes[from + 1] & 0x80)) {
        from++;
    }
    return rig_der_value(DER_INTEGER, bytes + from, sizeof(bytes) - from);
}

GByteArray *rig_der_octets(const void *bytes, size_t size)
{
    return rig_der_value(DER_OCTETS, bytes, size);
}

static GByteArray *wide(uint8_t tag, const char *text, size_t n, gboolean low)
{
    g_autofree uint8_t *bytes = g_malloc0(2 * n);

    for (size_t i = 0; i < n; i++) {
        bytes[2 * i + !low] = (uint8_t)text[i];
    }
    return rig_der_value(tag, bytes, 2 * n);
}

GByteArray *rig_der_bmp(const char *text)
{
    return wide(DER_BMP, text, strlen(text), FALSE);
}

GByteArray *rig_der_wide(const char *text)
{
    return wide(DER_OCTETS, text, strlen(text) + 1, TRUE);
}

GByteArray *rig_der_utc(int64_t seconds)
{
    g_autoptr(GDateTime) t = g_date_time_new_from_unix_utc(seconds);
    g_autofree char *text = g_date_time_format(t, "%y%m%d%H%M%SZ");

    return rig_der_value(DER_UTC, text, strlen(text));
}
