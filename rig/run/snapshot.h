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

#include "inputs.h"
#include "paths.h"
#include "scenario.h"

/* What decides what it is, beside the domain: QEMU, kernel, initramfs (with
   the agent and the NDIS host in it), firmware. */
#define RIG_SNAPSHOT_FILES (3 + RIG_FIRMWARE_FILES)

/* So many are kept, and so long after they were used last. Each takes some
   60 MB. */
#define RIG_SNAPSHOTS_MAX 16
#define RIG_SNAPSHOT_DAYS 30

typedef struct RigSnapshot {
    char *dir;     /* its own, in the cache */
    char *state;   /* QEMU's migration stream, once it is good */
    char *made;    /* one that is being made */
    char *note;    /* key file: what @state must be, and what it is of */
    char *files[RIG_SNAPSHOT_FILES + 1];  /* NULL-terminated */
    char *stamps[RIG_SNAPSHOT_FILES + 1]; /* each changes when its file does */
    int lock;      /* descriptor while it is used or made, else -1 */
    gboolean making;
} RigSnapshot;

/* Where they are: rig/snapshots in the user's cache directory. To be freed. */
char *rig_snapshots_dir(void);

/*
 * That of the machine below @dir; it need not exist. Files count as the same
 * while path, inode, size and time of change are.
 */
RigSnapshot *rig_snapshot_new(const char *dir, const RigPaths *paths,
                              const RigMachine *machine, const char *cmdline);
void rig_snapshot_free(RigSnapshot *s);

/*
 * Is there one, whole, that was found to give the verdict of a cold start? A
 * file that was touched since is read and its SHA-256 compared. From then on,
 * until it is freed, nobody removes it.
 */
gboolean rig_snapshot_use(RigSnapshot *s);
/* It is no good: it is not used any more. */
void rig_snapshot_discard(const RigSnapshot *s);

/* Only one rig makes it at a time, while none uses it; FALSE with @error. */
gboolean rig_snapshot_begin(RigSnapshot *s, GError **error);
/* Have QEMU write the stopped @domain to s->made. At most two minutes. */
gboolean rig_snapshot_save(const RigSnapshot *s, virConnectPtr conn,
                           virDomainPtr domain, GError **error);
/* s->made is good: from now on it is s->state. */
gboolean rig_snapshot_keep(const RigSnapshot *s, GError **error);

typedef struct RigSnapshotsRemoved {
    unsigned snapshots;
    uint64_t bytes;      /* that they took on disk */
} RigSnapshotsRemoved;

/*
 * Remove from @dir those of files that have changed since, those that were
 * not used for RIG_SNAPSHOT_DAYS before @now (Unix, seconds), and the least
 * recently used ones beyond @most; none that is in use. FALSE with @error when
 * one cannot be removed.
 */
gboolean rig_snapshots_prune(const char *dir, unsigned most, gint64 now,
                             RigSnapshotsRemoved *removed, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(RigSnapshot, rig_snapshot_free)

#endif
