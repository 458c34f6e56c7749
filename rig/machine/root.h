/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The root directory of libvirt's embedded driver: where it keeps sockets,
 * logs and what it learned about QEMU.
 *
 * A root serves one process at a time, so it is locked; a second rig takes the
 * next one. It outlives the run because probing QEMU takes seconds.
 */
#ifndef RIG_ROOT_H
#define RIG_ROOT_H

#include <glib.h>

typedef struct RigRoot {
    char *path;        /* absolute, at most RIG_ROOT_MAX bytes */
    int lock;          /* descriptor that holds the lock */
    unsigned orphans;  /* QEMUs of a dead rig that were killed */
} RigRoot;

/*
 * Longest path: libvirt appends up to 45 bytes and the kernel's limit for
 * socket names is 108 (unix(7)).
 */
#define RIG_ROOT_MAX 62

/*
 * Lock a root, create it where there is none, write its etc/qemu.conf, and
 * kill every QEMU that a dead rig left there. It lies below @base; NULL:
 * $XDG_RUNTIME_DIR, else /run when writable, else /var/tmp.
 */
RigRoot *rig_root_open(const char *base, GError **error);

/*
 * The same in the directory @path itself, which a user has named; another rig
 * that has it is an error.
 */
RigRoot *rig_root_open_at(const char *path, GError **error);
/* The directory that an URI of the embedded driver names, to be freed; NULL:
 * it is none. */
char *rig_root_of_uri(const char *uri);

/* The URI to open, to be freed. */
char *rig_root_uri(const RigRoot *root);

/* Unlock. The directory stays. */
void rig_root_close(RigRoot *root);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(RigRoot, rig_root_close)

#endif
