/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Strings and memory blocks: Rtl*, the C library parts of ntoskrnl.exe. */
#include <stdlib.h>
#include <string.h>
#include "ndis/core.h"
#include "ndis/format.h"
#include "ndis/thunk.h"

static size_t wide_length(const WCHAR *s)
{
    size_t n = 0;

    while (s[n]) {
        n++;
    }
    return n;
}

/* --- counted strings -------------------------------------------------- */

static VOID NTAPI rtl_init_unicode_string(PUNICODE_STRING d, const WCHAR *s)
{
    size_t bytes = s ? wide_length(s) * sizeof(WCHAR) : 0;

    /* the longest that fits the counters, as on Windows */
    bytes = bytes > UINT16_MAX - 3 ? UINT16_MAX - 3 : bytes;
    d->Buffer = (PWSTR)s;
    d->Length = (USHORT)bytes;
    d->MaximumLength = s ? (USHORT)(bytes + sizeof(WCHAR)) : 0;
}

static VOID NTAPI rtl_init_ansi_string(PSTRING d, const char *s)
{
    size_t n = s ? strlen(s) : 0;

    n = n > UINT16_MAX - 1 ? UINT16_MAX - 1 : n;
    d->Buffer = (PCHAR)s;
    d->Length = (USHORT)n;
    d->MaximumLength = s ? (USHORT)(n + 1) : 0;
}

static VOID NTAPI rtl_copy_unicode_string(PUNICODE_STRING d,
                                          PCUNICODE_STRING s)
{
    USHORT n = s ? s->Length : 0;

    n = n > d->MaximumLength ? d->MaximumLength : n;
    if (n) {
        memmove(d->Buffer, s->Buffer, n);
    }
    d->Length = n;
    if (n + sizeof(WCHAR) <= d->MaximumLength) {
        d->Buffer[n / sizeof(WCHAR)] = 0;
    }
}

static NTSTATUS append(PUNICODE_STRING d, const WCHAR *s, size_t bytes)
{
    if (bytes > (size_t)d->MaximumLength - d->Length ||
        d->Length > d->MaximumLength) {
        return STATUS_BUFFER_TOO_SMALL;
    }
    memmove((uint8_t *)d->Buffer + d->Length, s, bytes);
    d->Length = (USHORT)(d->Length + bytes);
    if (d->Length + sizeof(WCHAR) <= d->MaximumLength) {
        d->Buffer[d->Length / sizeof(WCHAR)] = 0;
    }
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI rtl_append_unicode_string(PUNICODE_STRING d,
                                                PCUNICODE_STRING s)
{
    return append(d, s->Buffer, s->Length);
}

static NTSTATUS NTAPI rtl_append_unicode(PUNICODE_STRING d, const WCHAR *s)
{
    return s ? append(d, s, wide_length(s) * sizeof(WCHAR)) : STATUS_SUCCESS;
}

static WCHAR upper(WCHAR c)
{
    return c >= 'a' && c <= 'z' ? (WCHAR)(c - 32) : c;
}

static LONG NTAPI rtl_compare_unicode_string(PCUNICODE_STRING a,
                                             PCUNICODE_STRING b,
                                             BOOLEAN ignore_case)
{
    size_t na = a->Length / 2, nb = b->Length / 2;

    for (size_t i = 0; i < na && i < nb; i++) {
        WCHAR x = a->Buffer[i], y = b->Buffer[i];

        if (ignore_case) {
            x = upper(x);
            y = upper(y);
        }
        if (x != y) {
            return (LONG)x - (LONG)y;
        }
    }
    return (LONG)na - (LONG)nb;
}

static BOOLEAN NTAPI rtl_equal_unicode_string(PCUNICODE_STRING a,
                                              PCUNICODE_STRING b,
                                              BOOLEAN ignore_case)
{
    return rtl_compare_unicode_string(a, b, ignore_case) == 0;
}

static NTSTATUS NTAPI rtl_ansi_to_unicode(PUNICODE_STRING d, const STRING *s,
                                          BOOLEAN allocate)
{
    size_t bytes = (size_t)s->Length * sizeof(WCHAR);

    if (bytes + sizeof(WCHAR) > UINT16_MAX) {
        return STATUS_INVALID_PARAMETER;
    }
    if (allocate) {
        d->Buffer = pool_alloc(bytes + sizeof(WCHAR));
        d->MaximumLength = (USHORT)(bytes + sizeof(WCHAR));
        if (!d->Buffer) {
            return STATUS_INSUFFICIENT_RESOURCES;
        }
    } else if (bytes + sizeof(WCHAR) > d->MaximumLength) {
        return STATUS_BUFFER_OVERFLOW;
    }
    for (size_t i = 0; i < s->Length; i++) {
        d->Buffer[i] = (uint8_t)s->Buffer[i];
    }
    d->Buffer[s->Length] = 0;
    d->Length = (USHORT)bytes;
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI rtl_unicode_to_ansi(PSTRING d, PCUNICODE_STRING s,
                                          BOOLEAN allocate)
{
    size_t n = s->Length / sizeof(WCHAR);

    if (allocate) {
        d->Buffer = pool_alloc(n + 1);
        d->MaximumLength = (USHORT)(n + 1);
        if (!d->Buffer) {
            return STATUS_INSUFFICIENT_RESOURCES;
        }
    } else if (n + 1 > d->MaximumLength) {
        return STATUS_BUFFER_OVERFLOW;
    }
    for (size_t i = 0; i < n; i++) {
        d->Buffer[i] = s->Buffer[i] < 0x80 ? (char)s->Buffer[i] : '?';
    }
    d->Buffer[n] = '\0';
    d->Length = (USHORT)n;
    return STATUS_SUCCESS;
}

/* Both kinds of string: the buffer is at the same place. */
static VOID NTAPI rtl_free_string(PUNICODE_STRING s)
{
    if (s->Buffer) {
        pool_free(s->Buffer);
        memset(s, 0, sizeof(*s));
    }
}

/* Allocates; the driver frees with NdisFreeString, which is NdisFreeMemory. */
static VOID NTAPI ndis_initialize_string(PNDIS_STRING d, const char *s)
{
    STRING ansi;

    rtl_init_ansi_string(&ansi, s);
    if (rtl_ansi_to_unicode(d, &ansi, TRUE)) {
        memset(d, 0, sizeof(*d));
    }
}

/* --- memory and C strings --------------------------------------------- */

static void *NTAPI nt_memcpy(void *d, const void *s, size_t n)
{
    return memmove(d, s, n);
}

static void *NTAPI nt_memset(void *d, int c, size_t n)
{
    return memset(d, c, n);
}

static int NTAPI nt_memcmp(const void *a, const void *b, size_t n)
{
    return memcmp(a, b, n);
}

/* EINVAL and ERANGE of Microsoft's C library. */
static int NTAPI nt_memcpy_s(void *d, size_t size, const void *s, size_t n)
{
    if (n == 0) {
        return 0;
    }
    if (!d || !s || size < n) {
        if (d) {
            memset(d, 0, size);
        }
        return d && s ? 34 : 22;
    }
    memmove(d, s, n);
    return 0;
}

static VOID NTAPI rtl_zero_memory(void *d, size_t n)
{
    memset(d, 0, n);
}

static VOID NTAPI rtl_fill_memory(void *d, size_t n, UCHAR c)
{
    memset(d, c, n);
}

static SIZE_T NTAPI rtl_compare_memory(const void *a, const void *b, size_t n)
{
    const uint8_t *x = a, *y = b;
    size_t i = 0;

    while (i < n && x[i] == y[i]) {
        i++;
    }
    return i;
}

static size_t NTAPI nt_strlen(const char *s)
{
    return strlen(s);
}

static int NTAPI nt_strcmp(const char *a, const char *b)
{
    return strcmp(a, b);
}

static int NTAPI nt_strncmp(const char *a, const char *b, size_t n)
{
    return strncmp(a, b, n);
}

static char *NTAPI nt_strncpy(char *d, const char *s, size_t n)
{
    return strncpy(d, s, n);
}

static char *NTAPI nt_strchr(const char *s, int c)
{
    return strchr(s, c);
}

static size_t NTAPI nt_wcslen(const WCHAR *s)
{
    return wide_length(s);
}

static int NTAPI nt_wcscmp(const WCHAR *a, const WCHAR *b)
{
    while (*a && *a == *b) {
        a++;
        b++;
    }
    return *a - *b;
}

/* --- printf ----------------------------------------------------------- */

static int finish(size_t n, size_t size)
{
    return n > size ? -1 : (int)n;
}

static int NTAPI nt_vsnprintf(char *s, size_t size, const char *format,
                              __builtin_ms_va_list ap)
{
    return finish(format_text(s, size, false, format, ap), size);
}

static int NTAPI nt_vsnwprintf(WCHAR *s, size_t size, const WCHAR *format,
                               __builtin_ms_va_list ap)
{
    return finish(format_text(s, size, true, format, ap), size);
}

static int NTAPI nt_snprintf(char *s, size_t size, const char *format, ...)
{
    __builtin_ms_va_list ap;
    int n;

    __builtin_ms_va_start(ap, format);
    n = nt_vsnprintf(s, size, format, ap);
    __builtin_ms_va_end(ap);
    return n;
}

static int NTAPI nt_snwprintf(WCHAR *s, size_t size, const WCHAR *format, ...)
{
    __builtin_ms_va_list ap;
    int n;

    __builtin_ms_va_start(ap, format);
    n = nt_vsnwprintf(s, size, format, ap);
    __builtin_ms_va_end(ap);
    return n;
}

/*
 * The secure forms: a text that does not fit leaves an empty string and -1;
 * the C library would call its invalid parameter handler first.
 */
static int NTAPI nt_vsprintf_s(char *s, size_t size, const char *format,
                               __builtin_ms_va_list ap)
{
    size_t n = s && size && format ? format_text(s, size, false, format, ap)
                                   : SIZE_MAX;

    if (n >= size) {
        if (s && size) {
            *s = '\0';
        }
        return -1;
    }
    return (int)n;
}

static int NTAPI nt_sprintf_s(char *s, size_t size, const char *format, ...)
{
    __builtin_ms_va_list ap;
    int n;

    __builtin_ms_va_start(ap, format);
    n = nt_vsprintf_s(s, size, format, ap);
    __builtin_ms_va_end(ap);
    return n;
}

#define TRUNCATE SIZE_MAX  /* _TRUNCATE: cut off instead of failing */

/* At most `count` characters, and the NUL, in a buffer of `size`. */
static int NTAPI nt_vsnprintf_s(char *s, size_t size, size_t count,
                                const char *format, __builtin_ms_va_list ap)
{
    size_t room = count < size ? count + 1 : size, n;

    if (!s || !size || !format) {
        return -1;
    }
    n = format_text(s, room, false, format, ap);
    if (n < room) {
        return (int)n;
    }
    if (count != TRUNCATE && count >= size) {
        *s = '\0';
    }
    return -1;
}

/* 22: EINVAL, 34: ERANGE */
static int NTAPI nt_strcpy_s(char *d, size_t size, const char *s)
{
    if (!d || !size) {
        return 22;
    }
    *d = '\0';
    if (!s) {
        return 22;
    }
    if (strlen(s) >= size) {
        return 34;
    }
    memcpy(d, s, strlen(s) + 1);
    return 0;
}

/* What the driver prints becomes notes, without the line end. */
static ULONG debug_print(const char *format, __builtin_ms_va_list ap)
{
    char text[RIG_MARKER_TEXT];
    size_t n = format_text(text, sizeof(text), false, format, ap);

    n = n < sizeof(text) ? n : sizeof(text) - 1;
    while (n && (text[n - 1] == '\n' || text[n - 1] == '\r')) {
        text[--n] = '\0';
    }
    marker_note("%s", text);
    return STATUS_SUCCESS;
}

static ULONG NTAPI nt_dbg_print(const char *format, ...)
{
    __builtin_ms_va_list ap;
    ULONG ret;

    __builtin_ms_va_start(ap, format);
    ret = debug_print(format, ap);
    __builtin_ms_va_end(ap);
    return ret;
}

static ULONG NTAPI nt_dbg_print_ex(ULONG component, ULONG level,
                                   const char *format, ...)
{
    __builtin_ms_va_list ap;
    ULONG ret;

    (void)component;
    (void)level;
    __builtin_ms_va_start(ap, format);
    ret = debug_print(format, ap);
    __builtin_ms_va_end(ap);
    return ret;
}

static ULONG NTAPI nt_vdbg_print_ex(ULONG component, ULONG level,
                                    const char *format,
                                    __builtin_ms_va_list ap)
{
    (void)component;
    (void)level;
    return debug_print(format, ap);
}

const struct export string_exports[] = {
    { "RtlInitUnicodeString", rtl_init_unicode_string, 0, 0, 0, NULL,
      IRQL_ANY },
    { "RtlInitAnsiString", rtl_init_ansi_string, 0, 0, 0, NULL, IRQL_ANY },
    { "RtlInitString", rtl_init_ansi_string, 0, 0, 0, NULL, IRQL_ANY },
    { "RtlCopyUnicodeString", rtl_copy_unicode_string, 0, 0, 0, NULL,
      IRQL_ANY },
    /* STATUS_BUFFER_TOO_SMALL, of the driver's buffer, is all they can say. */
    { "RtlAppendUnicodeStringToString", rtl_append_unicode_string, EX_PLANNED,
      0, 0, fail_status, IRQL_ANY },
    { "RtlAppendUnicodeToString", rtl_append_unicode, EX_PLANNED, 0, 0,
      fail_status, IRQL_ANY },
    { "RtlCompareUnicodeString", rtl_compare_unicode_string, 0, 0, 0, NULL,
      IRQL_PASSIVE },
    { "RtlEqualUnicodeString", rtl_equal_unicode_string, 0, 0, 0, NULL,
      IRQL_PASSIVE },
    { "RtlAnsiStringToUnicodeString", rtl_ansi_to_unicode, EX_SITE, 0, 4,
      fail_status, IRQL_PASSIVE },
    { "RtlUnicodeStringToAnsiString", rtl_unicode_to_ansi, EX_SITE, 0, 4,
      fail_status, IRQL_PASSIVE },
    { "RtlFreeUnicodeString", rtl_free_string, EX_SITE | EX_VOID, 0, 0, NULL,
      IRQL_APC },
    { "RtlFreeAnsiString", rtl_free_string, EX_SITE | EX_VOID, 0, 0, NULL,
      IRQL_APC },
    { "NdisInitializeString", ndis_initialize_string, EX_SITE | EX_VOID, 0, 0,
      NULL, IRQL_PASSIVE },
    { "memcpy", nt_memcpy, 0, 0, 0, NULL, IRQL_ANY },
    { "memmove", nt_memcpy, 0, 0, 0, NULL, IRQL_ANY },
    { "memset", nt_memset, 0, 0, 0, NULL, IRQL_ANY },
    { "memcmp", nt_memcmp, 0, 0, 0, NULL, IRQL_ANY },
    { "memcpy_s", nt_memcpy_s, 0, 0, 0, NULL, IRQL_ANY },
    { "memmove_s", nt_memcpy_s, 0, 0, 0, NULL, IRQL_ANY },
    { "RtlCopyMemory", nt_memcpy, 0, 0, 0, NULL, IRQL_ANY },
    { "RtlMoveMemory", nt_memcpy, 0, 0, 0, NULL, IRQL_ANY },
    { "RtlZeroMemory", rtl_zero_memory, 0, 0, 0, NULL, IRQL_ANY },
    { "RtlFillMemory", rtl_fill_memory, 0, 0, 0, NULL, IRQL_ANY },
    { "RtlCompareMemory", rtl_compare_memory, 0, 0, 0, NULL, IRQL_ANY },
    { "strlen", nt_strlen, 0, 0, 0, NULL, IRQL_ANY },
    { "strcmp", nt_strcmp, 0, 0, 0, NULL, IRQL_ANY },
    { "strncmp", nt_strncmp, 0, 0, 0, NULL, IRQL_ANY },
    { "strncpy", nt_strncpy, 0, 0, 0, NULL, IRQL_ANY },
    { "strchr", nt_strchr, 0, 0, 0, NULL, IRQL_ANY },
    { "wcslen", nt_wcslen, 0, 0, 0, NULL, IRQL_ANY },
    { "wcscmp", nt_wcscmp, 0, 0, 0, NULL, IRQL_ANY },
    { "_vsnprintf", nt_vsnprintf, 0, 0, 0, NULL, IRQL_ANY },
    { "_vsnwprintf", nt_vsnwprintf, 0, 0, 0, NULL, IRQL_ANY },
    { "_snprintf", nt_snprintf, 0, 0, 0, NULL, IRQL_ANY },
    { "_snwprintf", nt_snwprintf, 0, 0, 0, NULL, IRQL_ANY },
    { "sprintf_s", nt_sprintf_s, 0, 0, 0, NULL, IRQL_ANY },
    { "vsprintf_s", nt_vsprintf_s, 0, 0, 0, NULL, IRQL_ANY },
    { "_vsnprintf_s", nt_vsnprintf_s, 0, 0, 0, NULL, IRQL_ANY },
    { "strcpy_s", nt_strcpy_s, 0, 0, 0, NULL, IRQL_ANY },
    { "DbgPrint", nt_dbg_print, 0, 0, 0, NULL, IRQL_ANY },
    { "DbgPrintEx", nt_dbg_print_ex, 0, 0, 0, NULL, IRQL_ANY },
    { "vDbgPrintEx", nt_vdbg_print_ex, 0, 0, 0, NULL, IRQL_ANY },
    { 0 },
};
