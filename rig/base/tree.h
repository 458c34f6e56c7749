/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Directory trees of results: measured, copied, removed. */
#ifndef RIG_TREE_H
#define RIG_TREE_H

#include <glib.h>
#include <stdint.h>

/* Bytes that a tree takes on disk (st_blocks), links not followed. */
uint64_t rig_tree_size(const char *path);

/*
 * Remove a tree; links are removed, not followed. FALSE with @error when
 * something of it is left.
 */
gboolean rig_tree_remove(const char *path, GError **error);

/*
 * Copy the tree @from to @to, which must not be there. Only directories and
 * regular files are copied, anything else is an error: results have nothing
 * else. A file called @without is left out. On return the copy is on disk
 * (syncfs(2)); after a failure a part of it may be left.
 */
gboolean rig_tree_copy(const char *from, const char *to, const char *without,
                       GError **error);

#endif
