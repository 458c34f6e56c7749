/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The QOM interface of a device model in which rig-tap can arm faults, and how
 * the model says that one has struck.
 */
#ifndef HW_MISC_RIG_FAULT_H
#define HW_MISC_RIG_FAULT_H

#include "qemu/notify.h"
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

    /**
     * @occasions: how many occasions fault @name, without an argument, has
     * had since it was armed last, or -ENOENT. One that struck once and is
     * done counts no more.
     */
    int64_t (*occasions)(RigFaultTarget *target, const char *name);
};

/* What a notifier is given; valid during the call. */
typedef struct RigFaultStrike {
    Object *target;
    const char *name;    /* of the fault, without its argument */
} RigFaultStrike;

/* For rig-tap: call @notifier, under the BQL, whenever a fault strikes. */
void rig_fault_add_notifier(Notifier *notifier);

/* For the model, under the BQL: fault @name of @target strikes now. */
void rig_fault_strikes(Object *target, const char *name);

#endif
