/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Snapshots to start from: machines that have booted, in the user's cache
 * directory (rig/snapshots there), one for each combination of QEMU, guest and
 * machine.
 */
#ifndef RIG_SNAPSHOT_H
#define RIG_SNAPSHOT_H

#include <glib.h>
#include <libvirt/libvirt.h>

#include "paths.h"
#include "scenario.h"

typedef struct RigSnapshot {
    char *dir;     /* its own, in the cache */
    char *state;   /* QEMU's migration stream, once it is good */
    char *made;    /* one that is being made */
    char *note;    /* key file: what @state must be */
    int lock;      /* descriptor while it is made, else -1 */
} RigSnapshot;

/*
 * That of the machine below @dir; it need not exist. Files count as the same while path,
 * inode, size and time of change are.
 */
RigSnapshot *rig_snapshot_new(const char *dir, const RigPaths *paths,
                              const RigMachine *machine, const char *cmdline);
void rig_snapshot_free(RigSnapshot *s);

/*
 * Is there one, whole, that was found to give the verdict of a cold start? A
 * file that was touched since is read and its SHA-256 compared.
 */
gboolean rig_snapshot_good(const RigSnapshot *s);

/* Only one rig makes it at a time; FALSE with @error. */
gboolean rig_snapshot_begin(RigSnapshot *s, GError **error);
/* Have QEMU write the stopped @domain to s->made. At most two minutes. */
gboolean rig_snapshot_save(const RigSnapshot *s, virConnectPtr conn,
                           virDomainPtr domain, GError **error);
/* s->made is good: from now on it is s->state. */
gboolean rig_snapshot_keep(const RigSnapshot *s, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(RigSnapshot, rig_snapshot_free)

#endif
