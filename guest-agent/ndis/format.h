/* SPDX-License-Identifier: GPL-2.0-or-later */
/* printf as Microsoft's C library has it, for driver strings. */
#ifndef NDIS_FORMAT_H
#define NDIS_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include "ndis/include/ndis.h"

/*
 * Format into out[0..size) characters, of 2 bytes if `wide` (then the format
 * is wide too and %s takes wide strings). Always terminated unless size is 0.
 * Returns the length of the whole text in characters.
 */
size_t format_text(void *out, size_t size, bool wide, const void *format,
                   __builtin_ms_va_list ap);

#endif
