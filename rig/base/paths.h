/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the rig's own files are: the source tree that this program was built
 * in, or the one that the environment variable RIG_HOME names.
 */
#ifndef RIG_PATHS_H
#define RIG_PATHS_H

#include <glib.h>

/* The guests that can be booted. */
typedef enum RigGuest {
    RIG_GUEST_NDIS,   /* runs .sys drivers in the NDIS host */
    RIG_GUEST_LINUX,  /* has Linux's own network drivers */
    RIG_GUESTS,       /* those that are Linux, with files as below */
    RIG_GUEST_WINDOWS = RIG_GUESTS, /* an image of the user's: image.h */
} RigGuest;

/* The files of one; all paths are absolute. */
typedef struct RigGuestFiles {
    char *kernel;     /* Linux, as QEMU loads it */
    char *kernel_version; /* text file: "6.1.0-..." */
    char *initramfs;  /* cpio with the agent as PID 1 */
    char *cmdline;    /* text file: the kernel's command line */
    const char *make; /* the make target that builds them */
} RigGuestFiles;

/* All paths are absolute. */
typedef struct RigPaths {
    char *scenarios;  /* directory with scenario.rng and rules/ */
    char *results;    /* directory with result.rng and report.xsl */
    char *qemu;       /* the QEMU with rig-nic and rig-tap */
    char *firmware;   /* directory of firmware packages, as QEMU finds them */
    RigGuestFiles guest[RIG_GUESTS];
    char *windows;    /* directory: certificates, the shim's package */
    char *agent_exe;  /* the agent for Windows guests */
    char *exports;    /* text file: what the NDIS host implements */
    char *imports;    /* text file: the same with kinds and modules */
    char *callbacks;  /* text file: what it calls in a driver */
    char *shim;       /* rigshim.sys, as built */
    char *manual;     /* directory with the manual pages */
} RigPaths;

/*
 * Find the tree: RIG_HOME, else the nearest directory above the program that
 * holds scenarios/scenario.rng. Returns NULL and sets @error when there is
 * none; does not check that QEMU and the guest are built.
 */
RigPaths *rig_paths_find(GError **error);
void rig_paths_free(RigPaths *paths);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(RigPaths, rig_paths_free)

#endif
