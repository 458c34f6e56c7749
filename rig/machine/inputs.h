/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What decides a run: the files and settings whose hash makes two runs
 * comparable.
 */
#ifndef RIG_INPUTS_H
#define RIG_INPUTS_H

#include <glib.h>

#include "paths.h"
#include "scenario.h"
#include "verdict.h"

/* What QEMU loads for these machines, below RigPaths.firmware. */
#define RIG_FIRMWARE_FILES 4
extern const char *const rig_firmware_files[RIG_FIRMWARE_FILES];

/* SHA-256 of the big files, computed in a thread while the guest boots. */
typedef struct RigHashes RigHashes;

/* @guests: which of them will be booted. */
RigHashes *rig_hashes_start(const RigPaths *paths,
                            const gboolean guests[RIG_GUESTS]);
/* TRUE when rig_hashes_get() would not wait. */
gboolean rig_hashes_ready(const RigHashes *h);

enum rig_hash_of {
    RIG_HASH_QEMU,
    RIG_HASH_KERNEL,
    RIG_HASH_INITRAMFS,
    RIG_HASH_FIRMWARE,   /* BIOS and option ROMs of the machine, all in one */
    RIG_HASH_RIG,        /* this program */
};
/*
 * Wait for the hash, of that guest where there is a choice; "unreadable" when
 * the file is, or when it was not asked for.
 */
const char *rig_hashes_get(RigHashes *h, enum rig_hash_of what,
                           RigGuest guest);
void rig_hashes_free(RigHashes *h);

/*
 * The content of inputs.txt: one line for everything that decides what a
 * machine does, and nothing else (no path, no time). Its SHA-256 is the hash
 * of the inputs.
 */
char *rig_inputs_text(RigHashes *h, const RigMachine *machine,
                      const char *cmdline, GBytes *plan);

/*
 * What decides a scenario whichever others share its boot, and with it whether
 * a second verdict is about the same thing. Unlike the inputs of a machine
 * this includes the rules and rig itself, which judge. @out is filled in.
 */
void rig_inputs_of_scenario(RigHashes *h, const RigScenario *s,
                            const char *cmdline, RigScenarioInputs *out);

/* SHA-256 of a file, or NULL with @error. */
char *rig_sha256_file(const char *path, GError **error);

#endif
