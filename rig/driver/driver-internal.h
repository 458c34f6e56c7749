/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files that read a driver's image share. */
#ifndef RIG_DRIVER_INTERNAL_H
#define RIG_DRIVER_INTERNAL_H

#include <stdio.h>

#include "driver-image.h"
#include "ndis/pe.h"

/*
 * The number that lies in the import slot of @name while the image is mapped;
 * 0 if the driver does not import it.
 */
uint64_t rig_driver_import_mark(const RigDriverImage *image, const char *name);

/* driver-ndis.c: fill image->ndis. */
void rig_driver_find_ndis(RigDriverImage *image, const struct pe_image *pe);

/* instrument-command.c: `rig driver instrument`; argv[0] is "instrument". */
int rig_driver_instrument(int argc, char **argv);
void rig_driver_instrument_usage(FILE *f);
/* catalog-command.c: `rig driver catalog`; argv[0] is "catalog". */
int rig_driver_catalog(int argc, char **argv);
void rig_driver_catalog_usage(FILE *f);

#endif
