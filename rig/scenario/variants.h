/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Variants: scenarios on other machines than their files say, and with their
 * cycles repeated. What `rig run --with vectors=1,4 --repeat 10` asks for.
 */
#ifndef RIG_VARIANTS_H
#define RIG_VARIANTS_H

#include <glib.h>

#include "scenario.h"

/*
 * Put in place of @scenarios (of RigScenario) one for each combination of the
 * values in @with, an array of "KEY=VALUE,VALUE..." or NULL; KEY is driver (an
 * INF, with the .sys of its name beside it), nic, msix-profile, vectors,
 * queues (both left out for NICs that have their own), random-seed (QEMU's
 * -seed), or for sweeps limit. Each cycle is run @repeat times as often.
 * The names get what was chosen behind a dot: "c01-clean.at-start.v4".
 * Problems are appended to @problems, as in scenario.h; @scenarios is then of
 * no use.
 */
void rig_variants_make(GPtrArray *scenarios, char *const *with,
                       unsigned repeat, const RigPaths *paths,
                       GPtrArray *problems);

/* Largest number of scenarios that one call makes. */
#define RIG_VARIANTS_MAX 9999u

/* Largest number of repetitions. */
#define RIG_VARIANTS_REPEAT_MAX 1000000u

#endif
