/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bundles: everything that a failed scenario needs to be run again, on this
 * machine or on another one with the rig.
 *
 *     results/runs/<id>/bundles/<scenario>/          manifest.xml, plan.ini,
 *         scenarios/ drivers/ rules/, events.bin, console.log, domain.xml,
 *         argv, inputs.txt
 *     results/runs/<id>/bundles/<scenario>.tar.zst   the same as one file
 *
 * The machine's whole plan is in it, because what ran before a scenario in
 * the same boot is part of what led to its verdict. QEMU, kernel and initramfs
 * are not: their hashes are.
 */
#ifndef RIG_BUNDLE_H
#define RIG_BUNDLE_H

#include <glib.h>

#include "bundle-manifest.h"
#include "paths.h"
#include "results.h"

#define RIG_BUNDLES "bundles"

/* In the directory of a machine and in a bundle: QEMU's recording. */
#define RIG_RECORDING "replay.bin"

/* A machine that has ended, all its files written. Nothing is owned. */
typedef struct RigBundleSource {
    const RigRun *run;
    const char *dir;     /* run directory, absolute */
    const RigMachineResult *machine;
    const char *machine_dir; /* with its files, relative to @dir; NULL: that
                                of @machine */
    const GPtrArray *plan; /* of RigScenario */
    const char *inputs;  /* inputs.txt, or NULL */
    const char *live;    /* outside input, in words; NULL: none */
    gboolean snapshot;   /* the guest waits for a snapshot before its plan */
} RigBundleSource;

/* TRUE for a violation, a crash, a hang, and what broke. */
gboolean rig_bundle_wanted(const RigScenarioResult *result);

/* Writes the bundles of one machine, whose common files they share. */
typedef struct RigBundler RigBundler;
RigBundler *rig_bundler_new(const RigBundleSource *source);
/*
 * Write the bundle of @result, scenario @number (1-based) of the plan, under
 * a temporary name, fsync, rename. FALSE with @error: there is none.
 */
gboolean rig_bundler_add(RigBundler *b, const RigScenarioResult *result,
                         unsigned number, GError **error);
void rig_bundler_free(RigBundler *b);

/* A bundle that was opened and checked. */
typedef struct RigBundle {
    char *dir;           /* with manifest.xml in it */
    char *temporary;     /* directory to remove at the end, or NULL */
    RigManifest *manifest;
    GPtrArray *scenarios; /* of RigScenario: the plan */
    char *ini;           /* plan.ini as it was run */
    char *events;        /* path of the stored stream */
    char *recording;     /* path of QEMU's recording, or NULL */
} RigBundle;

/*
 * Open @what: a directory with a manifest.xml, a .tar.zst, or RUN[/SCENARIO]
 * with RUN a directory or an id in @results/runs. Every file is held against
 * the manifest, every scenario against its schema, and nothing that it names
 * lies outside of the bundle. NULL with problems as in scenario.h.
 */
RigBundle *rig_bundle_open(const char *what, const char *results,
                           const RigPaths *paths, GPtrArray *problems);
void rig_bundle_free(RigBundle *b);

/* Remove a directory with all that is in it; links are not followed. */
void rig_remove_tree(const char *dir);

/* "Intel(R) Xeon(R) ...", by /proc/cpuinfo; NULL: unknown. To be freed. */
char *rig_cpu_model(void);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(RigBundler, rig_bundler_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RigBundle, rig_bundle_free)

#endif
