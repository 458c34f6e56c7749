/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Functions that take what printf() does, as C has it, on Windows, too. */
#ifndef PROTOCOL_PRINTF_LIKE_H
#define PROTOCOL_PRINTF_LIKE_H

#ifdef __MINGW32__
#define PRINTF_LIKE(format_at, arguments_at) \
    __attribute__((format(gnu_printf, format_at, arguments_at)))
#else
#define PRINTF_LIKE(format_at, arguments_at) \
    __attribute__((format(printf, format_at, arguments_at)))
#endif

#endif
