/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether KVM works here, found out by using it. */
#ifndef RIG_KVM_H
#define RIG_KVM_H

#include <glib.h>

#include "paths.h"

/* Wall time in which the firmware must have said something. */
#define RIG_KVM_PROBE_MS 5000

/*
 * Starts a machine under KVM and waits for the first words of its firmware: a
 * host may have /dev/kvm, answer KVM_CREATE_VM, and run no guest. Once for each
 * process; *@why, not to be freed, says what is wrong when it does not work.
 */
gboolean rig_kvm_usable(const RigPaths *paths, const char **why);

/* The same with another accelerator, for the tests: "tcg" always works. */
gboolean rig_accel_probe(const char *qemu, const char *accel,
                         unsigned limit_ms, const char **why);

#endif
