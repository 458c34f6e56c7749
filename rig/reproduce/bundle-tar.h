/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bundles as one file: a ustar archive, compressed by zstd.
 *
 * Packing the same files gives the same bytes: entries are sorted, owner and
 * times are 0. What is unpacked comes from anywhere, so nothing but plain
 * files and directories below the target is ever made.
 */
#ifndef RIG_BUNDLE_TAR_H
#define RIG_BUNDLE_TAR_H

#include <glib.h>

/* What an archive may hold at most. */
#define RIG_BUNDLE_ENTRIES_MAX 20000u
#define RIG_BUNDLE_BYTES_MAX   (UINT64_C(4) << 30) /* unpacked */

/*
 * TRUE for what a file of a bundle may be called: relative, components of
 * letters, digits and "._-+ ", none of them empty or beginning with a dot, at
 * most four of them.
 */
gboolean rig_bundle_name_is_safe(const char *name);

/*
 * Write the regular files below @dir to @archive: under a temporary name,
 * fsync, rename. The entries begin with the last component of @dir.
 */
gboolean rig_bundle_pack(const char *dir, const char *archive,
                         GError **error);

/*
 * Unpack @archive into the directory @to, which exists and is empty, without
 * the first component of its names. An archive that names anything else than
 * such files, or too much of it, is refused, with an error that says which
 * entry it was; what had been written by then stays in @to.
 */
gboolean rig_bundle_unpack(const char *archive, const char *to,
                           GError **error);

#endif
