/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest's plan, made from scenarios: plan.ini and the cpio archive that
 * carries it with the drivers. The format is guest-agent/include/plan.h.
 */
#ifndef RIG_HOST_PLAN_H
#define RIG_HOST_PLAN_H

#include <glib.h>

#include "rule.h"
#include "scenario.h"

/*
 * Slots on the root bus; domain.c puts there the function under test, or the
 * root port of one that can be reset only behind a port, and rig-tap.
 */
#define RIG_NIC_SLOT   0x08
#define RIG_TAP_SLOT   0x09
#define RIG_NIC_2_SLOT 0x0a /* second adapter of the driver */
#define RIG_PLAN_DEVICE_2 "0000:00:0a.0"

/* PCI address of the function under test in the guest. */
const char *rig_plan_device(const RigMachine *m);

/* Seed of everything pseudo-random in a plan: traffic, so far. */
#define RIG_PLAN_SEED  1

/*
 * plan.ini for @scenarios (of RigScenario, which share a machine), in this
 * order. Equal scenarios give equal bytes. What the @rules (NULL: none) need
 * markers of goes into it, too.
 */
char *rig_plan_ini(const GPtrArray *scenarios, const RigRules *rules);

/*
 * The archive: plan.ini and the driver files of every scenario. NULL with
 * @error when a driver file cannot be read.
 */
GBytes *rig_plan_archive(const GPtrArray *scenarios, const char *ini,
                         GError **error);

/*
 * Write @initramfs followed by @archive, 4-byte aligned as the kernel wants
 * it, to the file @path.
 */
gboolean rig_plan_write_initrd(const char *path, const char *initramfs,
                               GBytes *archive, GError **error);

#endif
