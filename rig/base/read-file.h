/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files that a user names, read whole. */
#ifndef RIG_READ_FILE_H
#define RIG_READ_FILE_H

#include <glib.h>

/*
 * Read @path, a regular file of at most @limit bytes, whole MiB: a FIFO would
 * block for ever and /dev/zero never end. *text gets a NUL behind its *length
 * bytes and is to be freed. FALSE with @error, which does not name the file,
 * if it cannot be read.
 */
gboolean rig_read_file(const char *path, gsize limit, char **text,
                       gsize *length, GError **error);

#endif
