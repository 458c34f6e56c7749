/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A calibration as profile.xml: scenarios/windows/profile.rng. */
#ifndef RIG_PROFILE_FILE_H
#define RIG_PROFILE_FILE_H

#include <glib.h>

#include "calibration.h"

typedef struct RigProfileFile {
    char *guest;         /* image, or "ndis" */
    char *made;          /* date and time, ISO 8601 */
    char *release, *sha256; /* of the image, or NULL */
    char *accel;
    RigCalibration *calibration; /* read from a file: without experiments */
    RigProfile profile;  /* read from a file */
} RigProfileFile;

/* Write all of it, or leave what was there. */
gboolean rig_profile_write(const RigProfileFile *p, const char *file,
                           GError **error);
/* NULL with @error when there is none or it is not valid. */
RigProfileFile *rig_profile_read(const char *file, const RigPaths *paths,
                                 GError **error);
void rig_profile_free(RigProfileFile *p);

/* The conclusions in a few lines, for people; to be freed. */
char *rig_profile_text(const RigProfileFile *p);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(RigProfileFile, rig_profile_free)

#endif
