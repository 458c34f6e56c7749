/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The catalogue of a driver package: what `rig driver catalog` makes, to be
 * signed by osslsigncode. Windows installs no package without a signed one.
 */
#ifndef RIG_CATALOG_H
#define RIG_CATALOG_H

#include <glib.h>
#include <stdint.h>

/*
 * An unsigned catalogue, version 2 (SHA-256), of these files: PE images are
 * listed by their Authenticode hash, which leaves out their own signature, all
 * others by the hash of the whole file. @hardware_ids (ended by NULL) are those
 * that the INF has models for. @seconds since 1970 is its date; the same input
 * gives the same bytes. NULL with @error: a file cannot be read.
 */
GBytes *rig_catalog(const char *const *files, const char *const *hardware_ids,
                    int64_t seconds, GError **error);

/* The Authenticode hash of a PE image, SHA-256; FALSE: it is none. */
gboolean rig_authenticode_hash(const uint8_t *file, size_t size,
                               uint8_t digest[32]);

#endif
