/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The QOM interface of a device model in which rig-tap can arm faults. */
#ifndef HW_MISC_RIG_FAULT_H
#define HW_MISC_RIG_FAULT_H

#include "qom/object.h"

#define TYPE_RIG_FAULT_TARGET "rig-fault-target"

typedef struct RigFaultTarget RigFaultTarget;
typedef struct RigFaultTargetClass RigFaultTargetClass;
DECLARE_CLASS_CHECKERS(RigFaultTargetClass, RIG_FAULT_TARGET,
                       TYPE_RIG_FAULT_TARGET)
#define RIG_FAULT_TARGET(obj) \
    INTERFACE_CHECK(RigFaultTarget, (obj), TYPE_RIG_FAULT_TARGET)

struct RigFaultTargetClass {
    InterfaceClass parent_class;

    /**
     * @arm: arm fault @name at its @ordinal-th occasion (1 is the next), or
     * disarm all when @name is "". Runs under the BQL while the guest writes
     * a register of rig-tap. Returns 0, or a negative errno: -ENOENT when
     * the device has no such fault, -EINVAL when @ordinal is out of range.
     */
    int (*arm)(RigFaultTarget *target, const char *name, uint64_t ordinal);
};

#endif
