/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The memory functions that gcc may call even in freestanding code. Linked
 * into drivers built with mingw-w64 so that they import nothing but the
 * kernel's driver interfaces; the Windows Driver Kit brings its own.
 */
#include <stddef.h>
#include <stdint.h>

void *memcpy(void *dst, const void *src, size_t n);
void *memmove(void *dst, const void *src, size_t n);
void *memset(void *dst, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);

void *memcpy(void *dst, const void *src, size_t n)
{
    void *d = dst;
    size_t quads = n / 8;
    size_t rest = n % 8;

    __asm__ volatile("rep movsq"
                     : "+D"(d), "+S"(src), "+c"(quads)
                     :
                     : "memory");
    __asm__ volatile("rep movsb"
                     : "+D"(d), "+S"(src), "+c"(rest)
                     :
                     : "memory");
    return dst;
}

void *memmove(void *dst, const void *src, size_t n)
{
    unsigned char *d = dst;
    const unsigned char *s = src;

    if (d <= s || d >= s + n) {
        return memcpy(dst, src, n);
    }
    d += n - 1;
    s += n - 1;
    __asm__ volatile("std; rep movsb; cld"
                     : "+D"(d), "+S"(s), "+c"(n)
                     :
                     : "memory");
    return dst;
}

void *memset(void *dst, int c, size_t n)
{
    void *d = dst;
    uint64_t pattern = 0x0101010101010101u * (unsigned char)c;
    size_t quads = n / 8;
    size_t rest = n % 8;

    __asm__ volatile("rep stosq"
                     : "+D"(d), "+c"(quads)
                     : "a"(pattern)
                     : "memory");
    __asm__ volatile("rep stosb"
                     : "+D"(d), "+c"(rest)
                     : "a"(pattern)
                     : "memory");
    return dst;
}

int memcmp(const void *a, const void *b, size_t n)
{
    const unsigned char *p = a;
    const unsigned char *q = b;

    for (; n != 0; n--, p++, q++) {
        if (*p != *q) {
            return *p - *q;
        }
    }
    return 0;
}
