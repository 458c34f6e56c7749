/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One rerun of a bundle: the same machine with the same plan, judged again. */
#ifndef RIG_RERUN_H
#define RIG_RERUN_H

#include <glib.h>
#include <libvirt/libvirt.h>

#include "bundle.h"
#include "inputs.h"
#include "monitor.h"
#include "root.h"
#include "rule.h"
#include "stream.h"
#include "vm.h"

/* What all reruns of a bundle have in common. Nothing is owned but `archive`,
   `own`, `ini` and `inputs`. */
typedef struct RigRerunContext {
    const RigBundle *bundle;
    const RigPaths *paths;
    const RigRules *rules;
    const RigRoot *root;
    virConnectPtr conn;
    RigHashes *hashes;
    const char *cmdline; /* of the guest's kernel */
    gboolean isolated;   /* the failed scenario alone */
    gboolean replay;     /* the bundle's recording, instead of running anew */
    const char *record;  /* file for a recording of this rerun, or NULL */
    uint64_t stop_at;    /* stop the machine behind this event, 0: run on */
    const char *scratch; /* file for snapshots inside QEMU, or NULL */
    const char *gdb;     /* socket at which QEMU serves gdb, or NULL */
    /* What to do with the stopped machine; its stream so far is @events. */
    void (*stopped)(virDomainPtr domain, const char *dir, const char *events,
                    void *opaque);
    void *opaque;
    GPtrArray *own;      /* plan of this rerun, of RigScenario */
    char *ini;
    GBytes *archive;
    char *inputs;        /* inputs.txt of this rerun */
} RigRerunContext;

/* What became of it. */
typedef struct RigRerun {
    RigOutcome outcome;  /* of the machine; OK also when it was stopped where
                            the bundle's stream ends */
    char *detail;        /* one sentence unless it is OK */
    gboolean interrupted;
    RigVerdict verdict;
    char *sentence;
    GPtrArray *findings; /* of RigBundleFinding */
    RigStreamPrefix stream;
    RigStreamDifference difference; /* from the bundle's: [0] bundle */
    uint64_t total_ms, boot_ms;
} RigRerun;

/* Make the plan; FALSE with @error. */
gboolean rig_rerun_prepare(RigRerunContext *c, GError **error);
void rig_rerun_context_clear(RigRerunContext *c);

/*
 * Run it once. The files of the machine are left in @dir, which exists and is
 * empty: events.bin cut at the same place as the bundle's. FALSE with @error
 * when it could not even be started.
 */
gboolean rig_rerun(const RigRerunContext *c, const char *dir, RigRerun *r,
                   GError **error);
void rig_rerun_clear(RigRerun *r);

/* The same verdict, by the same findings? */
gboolean rig_rerun_same_verdict(const RigRerunContext *c, const RigRerun *r);

/* Inputs whose hash is not the recorded one, "qemu, kernel"; to be freed. One
   that was not recorded, by an older rig, is none. */
char *rig_rerun_other_inputs(const RigRerunContext *c);

#endif
