/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An image booted on its own, without a scenario: to prepare or check it. */
#ifndef RIG_IMAGE_BOOT_H
#define RIG_IMAGE_BOOT_H

#include "agent-client.h"
#include "image.h"

typedef struct RigImageBoot {
    const RigImage *image;
    const RigPaths *paths;
    const char *const *cdroms; /* ended by NULL; NULL: none */
    gboolean boot_cdrom;
    gboolean write;            /* to the image's own disk: it is being made */
    unsigned limit_s;          /* wall seconds */
} RigImageBoot;

/*
 * Boot, and wait until the guest has powered itself off. FALSE with @error.
 * Both run in a process of their own (supervisor.h), where libvirt is opened.
 */
gboolean rig_image_boot_until_off(const RigImageBoot *b, GError **error);

/*
 * Boot an overlay, wait for the agent, and hand it to @ask; the machine is
 * destroyed afterwards. FALSE with @error, also @ask's.
 */
gboolean rig_image_boot_and_ask(const RigImageBoot *b,
                                gboolean (*ask)(RigAgent *agent, void *opaque,
                                                GError **error),
                                void *opaque, GError **error);

#endif
