/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a driver's image says about itself, for `rig driver inspect`. The image
 * is mapped by the guest's own loader, so that what would be refused there is
 * refused here; none of its code is run.
 */
#ifndef RIG_DRIVER_IMAGE_H
#define RIG_DRIVER_IMAGE_H

#include <glib.h>
#include <stdint.h>

#include "exports.h"

typedef struct RigImport {
    char *dll;           /* as in the import directory: "NDIS.SYS" */
    char *name;          /* or "#ORDINAL" */
    RigExport found;     /* what the NDIS host has for it */
    gboolean variable;   /* a variable of the kernel, no function */
} RigImport;

typedef struct RigDriverImage {
    uint64_t size;       /* bytes of the file */
    char *sha256;        /* of the file, in hexadecimal */
    uint32_t linked;     /* TimeDateStamp: seconds since 1970, or a hash */
    uint16_t os_major, os_minor; /* of Windows, that it was linked for */
    gboolean cookie;     /* has a security cookie, which the loader sets */
    gboolean cfg;        /* calls through control-flow guard checks */
    gboolean is_signed;  /* an Authenticode signature is attached */
    char *pdb;           /* "NAME {GUID} AGE", or NULL */
    char *version;       /* of the version resource, "1.2.3.4", or NULL */
    char *company;       /* CompanyName there, or NULL */
    char *description;   /* FileDescription there, or NULL */
    GArray *ndis;        /* uint16_t major << 8 | minor: the NDIS versions
                            with which it registers, as far as constants in
                            its code tell */
    GPtrArray *imports;  /* of RigImport, in their order */
} RigDriverImage;

/*
 * The bytes of a driver's image, to be freed. FALSE with @error: it is no
 * regular file, cannot be read, or is too large for a driver.
 */
gboolean rig_driver_file_read(const char *path, char **file, gsize *size,
                              GError **error);

/* NULL with @error: the file cannot be read or would not load. */
RigDriverImage *rig_driver_image_read(const char *path,
                                      const RigExports *exports,
                                      GError **error);
/* The same from memory; @name is for messages. */
RigDriverImage *rig_driver_image_parse(const char *name, const uint8_t *file,
                                       size_t size, const RigExports *exports,
                                       GError **error);
void rig_driver_image_free(RigDriverImage *image);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(RigDriverImage, rig_driver_image_free)

#endif
