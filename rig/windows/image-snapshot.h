/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Snapshots kept with a Windows image: machines that have booted, one for each
 * machine that scenarios ask for, in IMAGE/snapshots/NAME:
 *   disk.qcow2, nvram.qcow2  overlays on the image's, with the machine's state
 *                            as an internal snapshot of QEMU
 *   snapshot.ini             the manifest: of which QEMU, domain XML and image
 * A run works on copies, so nothing that happens to it harms them. A directory
 * gets its name when all of it is on the disk.
 */
#ifndef RIG_IMAGE_SNAPSHOT_H
#define RIG_IMAGE_SNAPSHOT_H

#include "image.h"
#include "scenario.h"

/* The internal snapshot, as savevm and loadvm name it. */
#define RIG_IMAGE_SNAPSHOT_TAG "rig"

typedef struct RigImageSnapshot {
    char *name;           /* "rig-nic-vectors4-queues2-4096mib-kvm" */
    char *image_name;
    char *dir;            /* absolute */
    gboolean uefi;        /* there is an nvram.qcow2 */
    RigMachine machine;   /* nic is the snapshot's own; memory, vectors and
                             queues: what the name is made of */
    gboolean kvm;
    /* The manifest as it would be written now. */
    char *qemu;           /* SHA-256 of the emulator */
    char *emulator;       /* its path */
    char *cpu;            /* of the host, as a KVM guest has it; "" for TCG */
    char *domain;         /* SHA-256 of the domain XML with neutral paths */
    char *state;          /* SHA-256 over what says whether the image is the
                             same: its hash, its files' sizes and times */
} RigImageSnapshot;

/* That of @machine; it need not be there. NULL with @error: QEMU cannot be
   read. */
RigImageSnapshot *rig_image_snapshot_new(const RigImage *image,
                                         const RigPaths *paths,
                                         const RigMachine *machine,
                                         gboolean kvm, GError **error);
void rig_image_snapshot_free(RigImageSnapshot *s);

typedef enum RigImageSnapshotState {
    RIG_SNAPSHOT_NONE,   /* there is none */
    RIG_SNAPSHOT_GOOD,
    RIG_SNAPSHOT_STALE,  /* there is one of something else */
} RigImageSnapshotState;

/* *@why, to be freed: when it is stale, what is different, a clause. */
RigImageSnapshotState rig_image_snapshot_state(const RigImageSnapshot *s,
                                               char **why);

/* Copy a good one to @disk and, with UEFI, @nvram. */
gboolean rig_image_snapshot_take(const RigImageSnapshot *s, const char *disk,
                                 const char *nvram, GError **error);
/*
 * Keep copies of @disk and @nvram, which have the internal snapshot and to
 * which nobody writes meanwhile, in place of what is there. FALSE with @error;
 * G_IO_ERROR_BUSY: another rig is changing the image.
 */
gboolean rig_image_snapshot_keep(const RigImageSnapshot *s, const char *disk,
                                 const char *nvram, GError **error);

typedef struct RigKeptSnapshot {
    char *name;
    char *made;           /* ISO 8601, "" when not known */
    char *qemu_version;   /* "10.0.13" */
    guint64 bytes;        /* of its files */
    RigImageSnapshotState state;
    char *why;            /* when stale */
} RigKeptSnapshot;

/* All that are kept with @image by name, of RigKeptSnapshot; to be unreffed. */
GPtrArray *rig_image_snapshots(const RigImage *image, const RigPaths *paths);

/*
 * Remove those that are stale, and what a crash left; or with @all each one.
 * Their number in *@count, their size in *@bytes. FALSE with @error.
 */
gboolean rig_image_snapshots_prune(const RigImage *image,
                                   const RigPaths *paths, gboolean all,
                                   unsigned *count, guint64 *bytes,
                                   GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(RigImageSnapshot, rig_image_snapshot_free)

#endif
