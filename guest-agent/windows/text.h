/* SPDX-License-Identifier: GPL-2.0-or-later */
/* UTF-8 and Windows' UTF-16, error codes as text, times. */
#ifndef WINDOWS_TEXT_H
#define WINDOWS_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <windows.h>

#define TEXT_PATH 1024 /* characters of a path, NUL included */

/* False, and "" in wide, if it does not fit or is no UTF-8. */
bool text_widen(const char *text, WCHAR *wide, size_t size);
/* What does not fit is cut off; "" if nothing can be converted. */
void text_narrow(const WCHAR *wide, char *text, size_t size);

/* Windows' own text for an error code, one line; SetupAPI's by name. */
void text_of_win32(DWORD code, char *text, size_t size);
/* Name of a CONFIGRET, like CR_REMOVE_VETOED. */
const char *text_of_configret(DWORD code);
/* Name of a problem code, like CM_PROB_FAILED_START. */
const char *text_of_problem(DWORD code);

/* Seconds since 1970. */
uint64_t text_seconds(FILETIME time);

#endif
