/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files that are there as a whole or not at all, whatever happens. */
#ifndef RIG_SYNC_FILE_H
#define RIG_SYNC_FILE_H

#include <glib.h>

/*
 * End the writing of @temporary through @fd, which is closed: when @good, put
 * it on the disk, give it the name @path, and put that on the disk, too; else,
 * or when one of that fails, remove it. Returns whether @path is there;
 * @error is set unless it was @good that was FALSE.
 */
gboolean rig_sync_and_rename(int fd, const char *temporary, const char *path,
                             gboolean good, GError **error);

/* Put the entries of a directory on the disk. */
gboolean rig_sync_directory(const char *dir, GError **error);

/* Write a whole file so. */
gboolean rig_write_file(const char *path, const void *bytes, gsize length,
                        GError **error);

#endif
