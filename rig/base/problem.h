/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Faults found in the user's input, collected so that all are shown at once. */
#ifndef RIG_PROBLEM_H
#define RIG_PROBLEM_H

#include <glib.h>

/*
 * Append "file:line: message" to @problems, an array of strings that it owns.
 * @line 0 leaves the line out. The message says what is wrong and, after a
 * semicolon, what to do.
 */
void rig_problem(GPtrArray *problems, const char *file, int line,
                 const char *format, ...) G_GNUC_PRINTF(4, 5);

#endif
