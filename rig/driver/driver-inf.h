/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a driver's INF says, for `rig driver inspect`: read and installed by
 * the guest's own parser, once for each NIC that a machine can have.
 */
#ifndef RIG_DRIVER_INF_H
#define RIG_DRIVER_INF_H

#include <glib.h>

#include "agent/registry.h"
#include "nic-models.h"

/* The INF for one NIC. */
typedef struct RigDriverNic {
    const RigNicModel *model;
    struct inf_install *install; /* NULL: it does not install for it */
    char *why;           /* then the error; NULL: no model lists the NIC */
    gboolean messages;   /* MSISupported is 1 */
    unsigned limit;      /* MessageNumberLimit, or the table size */
} RigDriverNic;

/* A device that is no network adapter. */
typedef struct RigDriverDevice {
    char *id;            /* hardware id, as the INF has it */
    struct inf_install *install; /* NULL: it does not install for it; why is
                                    among the findings */
} RigDriverDevice;

typedef struct RigDriverInf {
    char *provider;      /* may be "" */
    char *driver_ver;    /* DriverVer as written, may be "" */
    unsigned hardware_ids; /* ids in the Models sections for x64 */
    char *other_class;   /* setup class of a driver that is for no network
                            adapter; NULL: it is for one */
    GPtrArray *devices;  /* of RigDriverDevice; empty for a network adapter */
    GPtrArray *nics;     /* of RigDriverNic, one for each model; empty for
                            another class */
    GPtrArray *findings; /* of char *, "file:line: what; what to do": what
                            keeps the driver from being run */
    GPtrArray *notes;    /* of char *: what Windows would mind, but not rig */
} RigDriverInf;

/*
 * Read the INF at @path of the image whose file is called @sys. NULL with
 * @error when it is no INF.
 */
RigDriverInf *rig_driver_inf_read(const char *path, const char *sys,
                                  GError **error);
void rig_driver_inf_free(RigDriverInf *inf);

/* The PCI ids of all its models, sorted; to be freed with g_strfreev(). */
struct inf;
char **rig_driver_inf_ids(const struct inf *inf);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(RigDriverInf, rig_driver_inf_free)

#endif
