/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * manifest.xml of a bundle: what happened, with what, and the hash of every
 * file beside it. results/bundle.rng explains every attribute.
 */
#ifndef RIG_BUNDLE_MANIFEST_H
#define RIG_BUNDLE_MANIFEST_H

#include <glib.h>
#include <stdint.h>

#include "scenario.h"
#include "stream-prefix.h"
#include "verdict.h"

#define RIG_BUNDLE_MANIFEST "manifest.xml"

/* A finding, as far as two reruns are compared by it. */
typedef struct RigBundleFinding {
    char *rule, *level, *id, *class_code;
    unsigned cycle;
    uint64_t event;
    char *sentence;
} RigBundleFinding;

/* Something whose hash decides what the machine does, and is not in here. */
typedef struct RigBundleInput {
    char *name;          /* "qemu", "kernel", "initramfs", "plan", "domain" */
    char *sha256;
} RigBundleInput;

typedef struct RigBundleFile {
    char *name;          /* rig_bundle_name_is_safe() */
    uint64_t size;
    char *sha256;
} RigBundleFile;

/* Strings are owned; NULL and 0: not known. */
typedef struct RigManifest {
    char *run;           /* id of the run that it comes from */
    char *rig;           /* version of rig */
    char *scenario;      /* name */
    unsigned number;     /* of it in the plan, 1-based */
    unsigned machine;    /* 1-based number in the run: the guest sees it */
    RigVerdict verdict;
    char *sentence;
    char *os, *cpu, *libvirt, *qemu, *kernel, *accel;
    unsigned cpus;
    unsigned qemu_seed, plan_seed;
    char *outcome;       /* of the machine, as in run.xml */
    char *live;          /* outside input, else NULL: a recording is needed */
    gboolean snapshot;   /* the guest waited for one before its plan */
    RigStreamPlace place; /* where the stream was cut */
    RigStreamPrefix stream;
    GPtrArray *inputs;   /* of RigBundleInput */
    GPtrArray *findings; /* of RigBundleFinding */
    GPtrArray *plan;     /* of char *: scenario files, in the plan's order */
    GPtrArray *files;    /* of RigBundleFile: everything but the manifest */
} RigManifest;

RigManifest *rig_manifest_new(void);
void rig_manifest_free(RigManifest *m);
/* The hash of that input, or NULL. */
const char *rig_manifest_input(const RigManifest *m, const char *name);
/* Add the inputs that inputs.txt (rig_inputs_text()) names. */
void rig_manifest_add_inputs(RigManifest *m, const char *inputs);
/* What @result found, as the manifest says it. */
void rig_manifest_add_findings(GPtrArray *to, const RigScenarioResult *result);
GPtrArray *rig_bundle_findings_new(void);

/* The document; the caller frees it. */
char *rig_manifest_to_xml(const RigManifest *m);
/*
 * Read one, valid against @schema (results/bundle.rng). Problems as in
 * scenario.h; NULL when there is one.
 */
RigManifest *rig_manifest_read(const char *file, const char *schema,
                               GPtrArray *problems);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(RigManifest, rig_manifest_free)

#endif
