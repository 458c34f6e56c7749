/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files that read a driver's image share. */
#ifndef RIG_DRIVER_INTERNAL_H
#define RIG_DRIVER_INTERNAL_H

#include "driver-image.h"
#include "ndis/pe.h"

/*
 * The number that lies in the import slot of @name while the image is mapped;
 * 0 if the driver does not import it.
 */
uint64_t rig_driver_import_mark(const RigDriverImage *image, const char *name);

/* driver-ndis.c: fill image->ndis. */
void rig_driver_find_ndis(RigDriverImage *image, const struct pe_image *pe);

#endif
