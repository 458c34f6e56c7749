/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A Windows machine of a run: its image's overlay, its domain, its runner. */
#ifndef RIG_WINDOWS_MACHINE_H
#define RIG_WINDOWS_MACHINE_H

#include <glib.h>
#include <libvirt/libvirt.h>

#include "image.h"
#include "image-snapshot.h"
#include "profile.h"
#include "windows-domain.h"
#include "windows-runner.h"

typedef struct RigWindowsMachine {
    RigImage *image;
    RigProfileFile *profile;  /* NULL: never calibrated */
    gboolean kvm;
    char *runtime;            /* directory for what is thrown away */
    char *overlay, *nvram;    /* in it; nvram NULL: BIOS */
    RigImageSnapshot *snapshot; /* kept with the image, or to be; NULL: none */
    gboolean restored;        /* the overlay is a copy of it */
    char *agent_socket, *debug_log;
    RigWindowsRunner *runner;
} RigWindowsMachine;

/*
 * Image @name, with an overlay in @runtime: that of a snapshot of @machine that
 * is kept with the image, or a fresh one (@machine NULL: always). A snapshot
 * that is of something else is told on standard error. NULL with @error, which
 * says what to do.
 */
RigWindowsMachine *rig_windows_machine_new(const char *images,
                                           const char *name,
                                           const RigMachine *machine,
                                           const RigPaths *paths,
                                           const char *runtime,
                                           const char *dir, GError **error);
/* Keep the overlay, to which nobody writes now, with the image. What is wrong
   is told on standard error: no run fails for that. @machine: RigWindowsMachine */
void rig_windows_machine_keep(void *machine);
/* Fill in what the image decides; the rest is the caller's. */
void rig_windows_machine_domain(const RigWindowsMachine *w,
                                const RigMachine *machine,
                                RigWindowsDomain *d);
unsigned rig_windows_machine_boot_seconds(const RigWindowsMachine *w);

/* Stop the runner, and throw the overlay away. NULL is fine. */
void rig_windows_machine_free(RigWindowsMachine *w);

/*
 * What the images say of the Windows scenarios' machines: their memory, where
 * the scenario says nothing, and the MSI-X profile that calibration has found.
 * FALSE with *@why, to be freed, when the image is not there: the scenario is
 * to be skipped.
 */
gboolean rig_windows_settle(RigScenario *s, const char *images,
                            const RigPaths *paths, char **why);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(RigWindowsMachine, rig_windows_machine_free)

#endif
