/* SPDX-License-Identifier: GPL-2.0-or-later */
/* INF files: their encodings. */
#include <string.h>
#include "agent/inf.h"

/*
 * Code page 1252, 0x80..0x9f; the rest is Latin-1. 0xfffd: not assigned.
 * (Unicode Consortium, "cp1252 to Unicode table".)
 */
static const uint16_t cp1252[32] = {
    0x20ac, 0xfffd, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021,
    0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0xfffd, 0x017d, 0xfffd,
    0xfffd, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
    0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0xfffd, 0x017e, 0x0178,
};

static char *from_cp1252(const uint8_t *data, size_t size)
{
    GString *out = g_string_sized_new(size + 16);

    for (size_t i = 0; i < size; i++) {
        gunichar c = data[i];

        g_string_append_unichar(out, c >= 0x80 && c <= 0x9f
                                         ? cp1252[c - 0x80] : c);
    }
    return g_string_free(out, FALSE);
}

static char *from_utf16(const uint8_t *data, size_t size, bool big_endian)
{
    size_t n = size / 2;
    g_autofree gunichar2 *units = g_new(gunichar2, n + 1);

    for (size_t i = 0; i < n; i++) {
        units[i] = big_endian ? data[2 * i] << 8 | data[2 * i + 1]
                              : data[2 * i + 1] << 8 | data[2 * i];
        if (!units[i]) {
            return NULL;
        }
    }
    return g_utf16_to_utf8(units, (glong)n, NULL, NULL, NULL);
}

char *inf_decode(const char *file, const void *data, size_t size,
                 GError **error)
{
    const uint8_t *p = data;
    char *text;

    if (size >= 2 && p[0] == 0xff && p[1] == 0xfe) {
        text = from_utf16(p + 2, size - 2, false);
    } else if (size >= 2 && p[0] == 0xfe && p[1] == 0xff) {
        text = from_utf16(p + 2, size - 2, true);
    } else if (size >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0) {
        text = g_utf8_validate((const char *)p + 3, size - 3, NULL)
                   ? g_strndup((const char *)p + 3, size - 3) : NULL;
    } else if (memchr(p, 0, size)) {
        g_set_error(error, INF_ERROR, INF_ERROR_SYNTAX, "%s: is not a text "
                    "file: it has zero bytes but no UTF-16 byte order mark",
                    file);
        return NULL;
    } else {
        text = g_utf8_validate((const char *)p, size, NULL)
                   ? g_strndup((const char *)p, size)
                   : from_cp1252(p, size);
    }
    if (!text) {
        g_set_error(error, INF_ERROR, INF_ERROR_SYNTAX, "%s: its text does "
                    "not fit its byte order mark: save it again as UTF-16 or "
                    "UTF-8", file);
    }
    return text;
}
