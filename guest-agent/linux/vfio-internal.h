/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the VFIO layer share; everyone else uses vfio.h. */
#ifndef LINUX_VFIO_INTERNAL_H
#define LINUX_VFIO_INTERNAL_H

#include "linux/vfio.h"

/* Write a sentence to err; returns -1. */
int vfio_fail(char *err, size_t errlen, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* vfio-region.c: where the regions are; then bases and mappings of BARs. */
int vfio_find_regions(struct vfio_device *dev);
int vfio_map_bars(struct vfio_device *dev, char *err, size_t errlen);

/* vfio-arena.c: memory for DMA, mapped here and for the device. */
int vfio_map_arena(struct vfio_device *dev, size_t size, char *err,
                   size_t errlen);

#endif
