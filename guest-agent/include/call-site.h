/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a return address back to the call instruction in front of it, x64. */
#ifndef CALL_SITE_H
#define CALL_SITE_H

#include <stdint.h>

/* Bytes before a return address that have to be readable. */
#define CALL_LENGTH_MAX 7

/*
 * Length of the call instruction that ends at `at`, 0 if none does. Encodings:
 * AMD64 Architecture Programmer's Manual, volume 3, CALL (Near).
 */
static inline unsigned call_length(const uint8_t *at)
{
    /* call [rip+disp32], call rel32, call reg, call [reg+...] */
    if (at[-6] == 0xff && at[-5] == 0x15) {
        return at[-7] == 0x48 ? 7 : 6;  /* REX.W: import calls */
    }
    if (at[-5] == 0xe8) {
        return 5;
    }
    for (int n = 2; n <= 7; n++) {
        if (at[-n] == 0xff && (at[1 - n] >> 3 & 7) == 2) {
            return (unsigned)n + (n < 7 && (at[-n - 1] & 0xf0) == 0x40);
        }
    }
    return 0;
}

#endif
