/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is it UTF-8? As Unicode's table 3-7 says: no surrogates, shortest forms. */
#ifndef PROTOCOL_UTF8_H
#define PROTOCOL_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Length of the character at p, of which `left` bytes are there; 0: none, or
 * NUL. */
static inline size_t utf8_character(const uint8_t *p, size_t left)
{
    uint8_t low = 0x80, high = 0xbf;
    size_t length;

    if (p[0] < 0x80) {
        return p[0] != 0;
    }
    length = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
    if (p[0] < 0xc2 || p[0] > 0xf4 || length > left) {
        return 0;
    }
    switch (p[0]) {
    case 0xe0:
        low = 0xa0;
        break;
    case 0xed:
        high = 0x9f;
        break;
    case 0xf0:
        low = 0x90;
        break;
    case 0xf4:
        high = 0x8f;
        break;
    }
    if (p[1] < low || p[1] > high) {
        return 0;
    }
    for (size_t i = 2; i < length; i++) {
        if ((p[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    return length;
}

static inline bool utf8_valid(const uint8_t *p, size_t length)
{
    for (size_t i = 0; i < length;) {
        size_t n = utf8_character(p + i, length - i);

        if (!n) {
            return false;
        }
        i += n;
    }
    return true;
}

/* Put '?' in place of every byte that makes it none. */
static inline void utf8_repair(uint8_t *p, size_t length)
{
    for (size_t i = 0; i < length;) {
        size_t n = utf8_character(p + i, length - i);

        if (!n) {
            p[i] = '?';
            n = 1;
        }
        i += n;
    }
}

#endif
