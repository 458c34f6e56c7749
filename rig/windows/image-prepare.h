/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What makes a Windows one for the rig, on a CD of its own. */
#ifndef RIG_IMAGE_PREPARE_H
#define RIG_IMAGE_PREPARE_H

#include "image.h"

typedef struct RigAnswers {
    const char *language;    /* "en-US" */
    const char *edition;     /* number in the ISO's install.wim, or its name */
    const char *product_key; /* "": none */
    const char *password;    /* of the local administrator "rig" */
} RigAnswers;

/*
 * autounattend.xml for @answers, from scenarios/windows/autounattend.xml.in; to
 * be freed. NULL with @error: an answer cannot be, or the template is missing.
 */
char *rig_answer_file(const RigPaths *paths, gboolean uefi,
                      const RigAnswers *answers, GError **error);

/* prepare.cmd as Windows wants it, lines ended by CR LF; to be freed. */
char *rig_prepare_script(const RigPaths *paths, GError **error);

/*
 * Make the ISO @file: rig\prepare.cmd, agent.exe, certificates, the shim's
 * package, and with @answers autounattend.xml; what `make` has built of it.
 */
gboolean rig_prepare_iso(const char *file, const RigPaths *paths,
                         gboolean uefi, const RigAnswers *answers,
                         GError **error);

#endif
