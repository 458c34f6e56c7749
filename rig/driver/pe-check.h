/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is this file an x64 kernel-mode driver image? Asked before a VM starts. */
#ifndef RIG_PE_CHECK_H
#define RIG_PE_CHECK_H

#include <glib.h>
#include <stdint.h>

/*
 * Check the headers of the PE image in @data: complete, x64, PE32+, native
 * subsystem, every section inside the file. On failure returns FALSE and sets
 * @error to "@name ..." with what is wrong and what to do.
 */
gboolean rig_pe_check(const uint8_t *data, size_t size, const char *name,
                      GError **error);

/* The same for a file; one that cannot be read is an error, too. */
gboolean rig_pe_check_file(const char *path, GError **error);

#endif
