/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The device faults of rig-nic, looked up in the device's own table. */
#ifndef RIG_DEVICE_FAULT_H
#define RIG_DEVICE_FAULT_H

#include "rig/faults.h"

extern const struct rig_fault_info rig_device_faults[RIG_FAULTS_COUNT];

/* The fault with this name, or NULL. */
const struct rig_fault_info *rig_device_fault(const char *name);

/*
 * NULL if @fault can be armed with @argument (NULL: none is given); else what
 * it takes instead, "takes ...", to be freed.
 */
char *rig_device_fault_refuses(const struct rig_fault_info *fault,
                               const char *argument);

#endif
