/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A copy of a miniport that calls rigshim.sys where it called NDIS.SYS, and
 * back: `rig driver instrument`.
 */
#ifndef RIG_INSTRUMENT_H
#define RIG_INSTRUMENT_H

#include <glib.h>
#include <stdint.h>

/*
 * Redirect the imports of @file that rigshim.h lists. The result is a new
 * image, without the signature of the original, from which
 * rig_instrument_undo() makes the original again. @apis, unless NULL, gets the redirected names.
 *
 * NULL with @error "@name ...": it is no x64 driver, it would not load, it is
 * no NDIS 6 miniport, it is instrumented already, or its image has no room for
 * what has to be added. What is returned has been loaded and compared with the
 * original: nothing but those imports differs in memory.
 */
GBytes *rig_instrument(const char *name, const uint8_t *file, size_t size,
                       GPtrArray **apis, GError **error);

/*
 * The original of an instrumented image, whatever has been signed onto it
 * since: byte for byte, which its SHA-256 in the image proves.
 */
GBytes *rig_instrument_undo(const char *name, const uint8_t *file, size_t size,
                            GError **error);

#endif
