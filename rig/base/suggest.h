/* SPDX-License-Identifier: GPL-2.0-or-later */
/* "did you mean ...?": what a mistyped word was likely meant to be. */
#ifndef RIG_SUGGEST_H
#define RIG_SUGGEST_H

#include <glib.h>

/*
 * Of @known, which ends with NULL, the word nearest to @word: at most one
 * letter in three, and one at least, is missing, too much, another one, or
 * swapped with its neighbour; or the only one that begins with @word. NULL if
 * none is. Belongs to @known.
 */
const char *rig_suggest(const char *word, const char *const *known);

/* ` (did you mean "X"?)` for such a word, else ""; to be freed. */
char *rig_did_you_mean(const char *word, const char *const *known);

/*
 * The same for a path that does not exist: by the names in its directory that
 * end with @suffix, else by those in @elsewhere (NULL: nowhere else), where
 * @suffix may have been left off. To be freed.
 */
char *rig_did_you_mean_file(const char *path, const char *suffix,
                            const char *elsewhere);

#endif
