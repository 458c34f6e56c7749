/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cpio archives in the "newc" format, as the Linux kernel reads them behind
 * its initramfs (Documentation/driver-api/early-userspace/buffer-format.rst).
 *
 * The same calls give the same bytes: owner and times are 0 and inode numbers
 * count up.
 */
#ifndef RIG_CPIO_H
#define RIG_CPIO_H

#include <glib.h>
#include <stdint.h>

/* An archive under construction, from rig_cpio_init() to rig_cpio_finish(). */
typedef struct RigCpio {
    GByteArray *bytes;
    uint32_t entries;
} RigCpio;

void rig_cpio_init(RigCpio *cpio);

/* @name: path without a leading "/". Parents come before children. */
void rig_cpio_directory(RigCpio *cpio, const char *name);
/* @size: below 4 GiB. */
void rig_cpio_file(RigCpio *cpio, const char *name, const void *data,
                   size_t size);

/* Close the archive; its length is a multiple of 4. */
GBytes *rig_cpio_finish(RigCpio *cpio);

#endif
