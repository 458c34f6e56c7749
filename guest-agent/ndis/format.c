/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The printf family of ntoskrnl.exe: narrow and wide, without floating point.
 *
 * Differs from C's printf in sizes (long has 32 bits; I64, I32), in %ws, %hs,
 * %S, %C, and in %Z and %wZ for counted strings. Microsoft, "Format
 * specification syntax".
 */
#include "ndis/format.h"

#include <stdint.h>

#define WIDTH_MAX 1024

struct out {
    void *at;
    size_t size, n;
    bool wide;
};

struct spec {
    bool left, zero, plus, space, alternate;
    int width, precision;   /* -1: not given */
    int bytes;              /* of an integer argument */
    char string;            /* 'h' narrow, 'w' wide, 0 as the format is */
};

static void put(struct out *o, uint16_t c)
{
    if (o->n + 1 < o->size) {
        if (o->wide) {
            ((WCHAR *)o->at)[o->n] = c;
        } else {
            ((char *)o->at)[o->n] = c < 0x80 ? (char)c : '?';
        }
    }
    o->n++;
}

static void pad(struct out *o, char c, int n)
{
    while (n-- > 0) {
        put(o, (uint8_t)c);
    }
}

static uint16_t char_at(const void *s, bool wide, size_t i)
{
    return wide ? ((const WCHAR *)s)[i] : ((const uint8_t *)s)[i];
}

/* `n` characters, SIZE_MAX: up to the terminator. */
static void put_text(struct out *o, const struct spec *f, const void *s,
                     bool wide, size_t n)
{
    size_t limit = f->precision >= 0 ? (size_t)f->precision : SIZE_MAX, len;

    if (!s) {
        s = "(null)";
        wide = false;
        n = SIZE_MAX;
    }
    limit = n < limit ? n : limit;
    for (len = 0; len < limit; len++) {
        if (n == SIZE_MAX && char_at(s, wide, len) == 0) {
            break;
        }
    }
    if (!f->left) {
        pad(o, ' ', f->width - (int)len);
    }
    for (size_t i = 0; i < len; i++) {
        put(o, char_at(s, wide, i));
    }
    if (f->left) {
        pad(o, ' ', f->width - (int)len);
    }
}

static void put_number(struct out *o, const struct spec *f, uint64_t value,
                       bool negative, unsigned base, bool upper)
{
    const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
    char text[24], prefix[3] = "";
    int n = 0, np = 0, zeros, blanks;

    for (; value; value /= base) {
        text[n++] = digits[value % base];
    }
    if (n == 0 && f->precision != 0) {
        text[n++] = '0';
    }
    if (negative || f->plus || f->space) {
        prefix[np++] = negative ? '-' : f->plus ? '+' : ' ';
    } else if (f->alternate && base == 16) {
        prefix[np++] = '0';
        prefix[np++] = upper ? 'X' : 'x';
    }
    zeros = f->precision > n ? f->precision - n : 0;
    if (f->zero && !f->left && f->precision < 0 && f->width > n + np) {
        zeros = f->width - n - np;
    }
    blanks = f->width - n - np - zeros;
    if (!f->left) {
        pad(o, ' ', blanks);
    }
    for (int i = 0; i < np; i++) {
        put(o, (uint8_t)prefix[i]);
    }
    pad(o, '0', zeros);
    while (n) {
        put(o, (uint8_t)text[--n]);
    }
    if (f->left) {
        pad(o, ' ', blanks);
    }
}

/* --- specification ---------------------------------------------------- */

struct in {
    const void *s;
    size_t at;
    bool wide;
};

static uint16_t peek(const struct in *in, size_t ahead)
{
    return char_at(in->s, in->wide, in->at + ahead);
}

static void read_flags(struct in *in, struct spec *f)
{
    for (;; in->at++) {
        switch (peek(in, 0)) {
        case '-': f->left = true; break;
        case '0': f->zero = true; break;
        case '+': f->plus = true; break;
        case ' ': f->space = true; break;
        case '#': f->alternate = true; break;
        default: return;
        }
    }
}

static int read_number(struct in *in)
{
    int n = 0;

    while (peek(in, 0) >= '0' && peek(in, 0) <= '9') {
        n = n * 10 + (peek(in, 0) - '0');
        n = n > WIDTH_MAX ? WIDTH_MAX : n;
        in->at++;
    }
    return n;
}

static void read_size(struct in *in, struct spec *f)
{
    f->bytes = 4;
    for (;; in->at++) {
        switch (peek(in, 0)) {
        case 'h':
            f->bytes = 2;
            f->string = 'h';
            break;
        case 'l':
            f->bytes = peek(in, 1) == 'l' || f->bytes == 8 ? 8 : 4;
            f->string = 'w';
            break;
        case 'w':
            f->string = 'w';
            break;
        case 'I':
            if (peek(in, 1) == '6' && peek(in, 2) == '4') {
                f->bytes = 8;
                in->at += 2;
            } else if (peek(in, 1) == '3' && peek(in, 2) == '2') {
                f->bytes = 4;
                in->at += 2;
            } else {
                f->bytes = 8;
            }
            break;
        case 'j': case 'z': case 't':
            f->bytes = 8;
            break;
        default:
            return;
        }
    }
}

static uint64_t narrow(uint64_t v, int bytes, bool is_signed)
{
    unsigned shift = 64 - 8 * (unsigned)bytes;

    return is_signed ? (uint64_t)((int64_t)(v << shift) >> shift)
                     : v << shift >> shift;
}

/* One conversion; every argument takes 8 bytes in the x64 convention. */
static void convert(struct out *o, struct spec *f, uint16_t c, uint64_t v)
{
    bool wide = f->string ? f->string == 'w' : o->wide;
    const UNICODE_STRING *u;
    uint16_t one[1];

    switch (c) {
    case 'd':
    case 'i':
        v = narrow(v, f->bytes, true);
        put_number(o, f, (int64_t)v < 0 ? -v : v, (int64_t)v < 0, 10, false);
        break;
    case 'u':
        put_number(o, f, narrow(v, f->bytes, false), false, 10, false);
        break;
    case 'x':
    case 'X':
        put_number(o, f, narrow(v, f->bytes, false), false, 16, c == 'X');
        break;
    case 'o':
        put_number(o, f, narrow(v, f->bytes, false), false, 8, false);
        break;
    case 'p':
        f->precision = 16;
        put_number(o, f, v, false, 16, true);
        break;
    case 'c':
    case 'C':
        one[0] = (uint16_t)v;
        put_text(o, f, one, true, 1);
        break;
    case 'S':
        put_text(o, f, (const void *)(uintptr_t)v, !o->wide, SIZE_MAX);
        break;
    case 's':
        put_text(o, f, (const void *)(uintptr_t)v, wide, SIZE_MAX);
        break;
    case 'Z':
        u = (const void *)(uintptr_t)v;
        if (u && f->string == 'w') {
            put_text(o, f, u->Buffer, true, u->Length / sizeof(WCHAR));
        } else if (u) {
            put_text(o, f, ((const STRING *)u)->Buffer, false, u->Length);
        }
        break;
    default:
        put(o, c);
    }
}

size_t format_text(void *out, size_t size, bool wide, const void *format,
                   __builtin_ms_va_list ap)
{
    struct out o = { out, size, 0, wide };
    struct in in = { format, 0, wide };
    size_t end;

    for (; peek(&in, 0); in.at++) {
        struct spec f = { .precision = -1 };

        if (peek(&in, 0) != '%') {
            put(&o, peek(&in, 0));
            continue;
        }
        in.at++;
        read_flags(&in, &f);
        if (peek(&in, 0) == '*') {
            f.width = __builtin_va_arg(ap, int);
            f.left = f.left || f.width < 0;
            f.width = f.width < 0 ? -f.width : f.width;
            f.width = f.width < 0 || f.width > WIDTH_MAX ? WIDTH_MAX
                                                         : f.width;
            in.at++;
        } else {
            f.width = read_number(&in);
        }
        if (peek(&in, 0) == '.') {
            in.at++;
            f.precision = 0;
            if (peek(&in, 0) == '*') {
                f.precision = __builtin_va_arg(ap, int);
                f.precision = f.precision > WIDTH_MAX ? WIDTH_MAX
                                                      : f.precision;
                in.at++;
            } else {
                f.precision = read_number(&in);
            }
        }
        read_size(&in, &f);
        if (peek(&in, 0) == 0) {
            break;
        }
        if (peek(&in, 0) == '%') {
            put(&o, '%');
        } else {
            convert(&o, &f, peek(&in, 0), __builtin_va_arg(ap, uint64_t));
        }
    }
    end = o.n + 1 < size ? o.n : size - 1;
    if (size && wide) {
        ((WCHAR *)out)[end] = 0;
    } else if (size) {
        ((char *)out)[end] = '\0';
    }
    return o.n;
}
