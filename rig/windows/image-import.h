/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Images put into the store and taken out of it. */
#ifndef RIG_IMAGE_IMPORT_H
#define RIG_IMAGE_IMPORT_H

#include "image.h"

/* GiB of the empty disk on which Windows is installed, when nothing is said. */
#define RIG_IMAGE_DISK_GIB 64u

typedef struct RigImageImport {
    const char *name;
    const char *file;      /* qcow2 or ISO */
    gboolean uefi;
    unsigned memory_mib, cpus;
    unsigned disk_gib;     /* for an ISO */
    gboolean progress;     /* draw a line on standard error */
} RigImageImport;

/*
 * Copy @i->file into the store @images: the image is there when all of it is,
 * or not at all. FALSE with @error otherwise; *interrupted, which a signal
 * handler may set, ends it.
 */
gboolean rig_image_import(const char *images, const RigImageImport *i,
                          const volatile int *interrupted, GError **error);

/* Take an image away, whole. */
gboolean rig_image_remove(const char *images, const char *name,
                          GError **error);

/*
 * Make a new qcow2 file @path: empty, of @gib GiB, or an overlay on the qcow2
 * @backing where that is not NULL.
 */
gboolean rig_image_create_disk(const char *path, const char *backing,
                               unsigned gib, GError **error);

/*
 * SHA-256 of @from, which is copied to @to on the way where that is not NULL;
 * to be freed. NULL with @error.
 */
char *rig_image_copy(const char *from, const char *to, gboolean progress,
                     const volatile int *interrupted, GError **error);

/* OVMF, Debian's package ovmf: code, and its empty variables. */
#define RIG_OVMF_CODE "/usr/share/OVMF/OVMF_CODE_4M.fd"
#define RIG_OVMF_VARS "/usr/share/OVMF/OVMF_VARS_4M.fd"

/* A directory of the store with all that is below it; best effort. */
void rig_image_remove_directory(const char *dir);

#endif
