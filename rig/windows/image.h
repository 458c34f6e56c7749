/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The store of Windows images: one directory for each, with image.xml
 * (scenarios/windows/image.rng), the disk, and the calibration profile.
 *
 * What an image is made of is copied in. Machines never write to it: they run
 * on an overlay that is thrown away.
 */
#ifndef RIG_IMAGE_H
#define RIG_IMAGE_H

#include <glib.h>
#include <stdint.h>

#include "paths.h"

#define RIG_IMAGE_XML     "image.xml"
#define RIG_IMAGE_DISK    "disk.qcow2"
#define RIG_IMAGE_NVRAM   "nvram.qcow2"
#define RIG_IMAGE_PROFILE "profile.xml"

#define RIG_IMAGE_MEMORY_MIB 4096u
#define RIG_IMAGE_CPUS       2u

typedef enum RigImageState {
    RIG_IMAGE_NEW,       /* Windows is still to be installed */
    RIG_IMAGE_IMPORTED,  /* Windows is there, nothing of the rig's is */
    RIG_IMAGE_PREPARED,  /* rig image prepare has run in it */
} RigImageState;

/* "new", "imported", "prepared" */
const char *rig_image_state_name(RigImageState state);

typedef struct RigImage {
    char *name;          /* as a scenario names it */
    char *dir;           /* absolute */
    char *imported;      /* date and time, ISO 8601 */
    gboolean uefi;
    unsigned memory_mib, cpus;
    RigImageState state;
    char *source;        /* where the disk came from, for people */
    char *sha256;        /* of the disk as it is now; NULL: new */
    uint64_t bytes;      /* its size then */
    char *installer, *installer_sha256; /* ISO, or NULL */

    /* For the rig's own tests: no Windows, but this Linux. */
    gboolean stand_in;
    char *kernel, *initrd, *cmdline, *panic;

    /* By rig image check; NULL: never. */
    char *checked, *release, *agent;
    gboolean test_signing, shim;
} RigImage;

/* The store: @directory, or $XDG_DATA_HOME/rig/images; to be freed. */
char *rig_images_dir(const char *directory);

/*
 * Image @name of the store @images; NULL with @error, which says what to do.
 */
RigImage *rig_image_load(const char *images, const char *name,
                         const RigPaths *paths, GError **error);
/* All of them by name, of RigImage; those that cannot be read are in
   @problems. */
GPtrArray *rig_images_list(const char *images, const RigPaths *paths,
                           GPtrArray *problems);
/* Write image.xml: all of it or, after a crash, what was there before. */
gboolean rig_image_save(const RigImage *i, GError **error);
void rig_image_free(RigImage *i);

/* A file in the image's directory; to be freed. */
char *rig_image_file(const RigImage *i, const char *name);

/* Is this a name that an image can have? */
gboolean rig_image_name_valid(const char *name);

/*
 * Nobody changes the image while this is held, by a command that writes to it;
 * a file descriptor to be closed, or -1 with @error.
 */
int rig_image_lock(const char *images, const char *name, GError **error);

/*
 * What kind of file @path is: "qcow2", "iso", or NULL with @error saying what
 * it is instead and how it is converted. A qcow2 that needs other files
 * (backing file, external data) or is encrypted is refused: it is not the
 * user's whole image, and could name any file of this host.
 */
const char *rig_image_probe(const char *path, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(RigImage, rig_image_free)

#endif
