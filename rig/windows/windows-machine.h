/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A Windows machine of a run: its image's overlay, its domain, its runner. */
#ifndef RIG_WINDOWS_MACHINE_H
#define RIG_WINDOWS_MACHINE_H

#include <glib.h>
#include <libvirt/libvirt.h>

#include "image.h"
#include "profile.h"
#include "windows-domain.h"
#include "windows-runner.h"

typedef struct RigWindowsMachine {
    RigImage *image;
    RigProfileFile *profile;  /* NULL: never calibrated */
    gboolean kvm;
    char *runtime;            /* directory for what is thrown away */
    char *overlay, *nvram;    /* in it; NULL: a stand-in has none */
    char *agent_socket, *debug_log;
    RigWindowsRunner *runner;
} RigWindowsMachine;

/*
 * Image @name, with a fresh overlay in @runtime. NULL with @error, which says
 * what to do.
 */
RigWindowsMachine *rig_windows_machine_new(const char *images,
                                           const char *name,
                                           const RigPaths *paths,
                                           const char *runtime,
                                           const char *dir, GError **error);
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
