/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In-band commands of rig-tap: what the guest asks the rig to do, and the
 * faults that it had armed when they strike.
 *
 * A command is checked, then recorded with its result, then carried out, so
 * that whatever it brings about follows its record.
 */

#include "qemu/osdep.h"
#include "hw/misc/rig-fault.h"
#include "net/net.h"
#include "qapi/error.h"
#include "qapi/qapi-commands-net.h"
#include "qemu/bswap.h"
#include "qemu/cutils.h"
#include "qemu/module.h"
#include "rig-tap.h"
#include "trace.h"

typedef struct NicSearch {
    const char *id;
    bool found;
} NicSearch;

static void match_nic(NICState *nic, void *opaque)
{
    NicSearch *search = opaque;

    if (!g_strcmp0(qemu_get_queue(nic)->name, search->id)) {
        search->found = true;
    }
}

static int check_link(const RigTarget *t, uint64_t up)
{
    NicSearch search = { .id = t->id };

    if (up > 1) {
        return -EINVAL;
    }
    /* The target's own DMA wrote our register: it is in the middle of it. */
    if (DEVICE(t->dev)->mem_reentrancy_guard.engaged_in_io) {
        return -EBUSY;
    }
    qemu_foreach_nic(match_nic, &search);
    return search.found ? 0 : -ENOTSUP;
}

static RigFaultTarget *fault_target(const RigTarget *t)
{
    return (RigFaultTarget *)object_dynamic_cast(OBJECT(t->dev),
                                                 TYPE_RIG_FAULT_TARGET);
}

static int arm_fault(const RigTarget *t, const char *name, uint64_t ordinal)
{
    RigFaultTarget *target = fault_target(t);

    if (!target) {
        return -ENOTSUP;
    }
    return RIG_FAULT_TARGET_GET_CLASS(target)->arm(target, name, ordinal);
}

static int32_t count_occasions(const RigTarget *t, const char *name)
{
    RigFaultTarget *target = fault_target(t);

    if (!target) {
        return -ENOTSUP;
    }
    return MIN(RIG_FAULT_TARGET_GET_CLASS(target)->occasions(target, name),
               INT32_MAX);
}

static void set_link(const RigTarget *t, bool up)
{
    Error *err = NULL;

    qmp_set_link(t->id, up, &err);
    error_free(err); /* check_link() has found it */
}

static void emit_command(RigTap *tap, const struct rig_command *c,
                         int32_t result)
{
    struct rig_ev_command event = {
        .op = c->op,
        .target = c->target,
        .result = cpu_to_le32(result),
        .arg = { c->arg[0], c->arg[1] },
    };

    trace_rig_tap_command(le16_to_cpu(c->op), le16_to_cpu(c->target), result);
    rig_tap_emit(tap, RIG_EV_COMMAND, &event, sizeof(event));
}

int32_t rig_tap_command(RigTap *tap, const struct rig_command *c)
{
    uint16_t op = le16_to_cpu(c->op);
    uint16_t target = le16_to_cpu(c->target);
    uint64_t arg = le64_to_cpu(c->arg[0]);
    const RigTarget *t = NULL;
    g_autofree char *name = g_strndup(c->name, sizeof(c->name) - 1);
    int32_t result;

    if (target < tap->n_targets && tap->targets[target].dev) {
        t = &tap->targets[target];
    }
    if (op == RIG_CMD_FENCE) {
        result = 0;
    } else if (op != RIG_CMD_LINK && op != RIG_CMD_FAULT &&
               op != RIG_CMD_OCCASIONS) {
        result = -EINVAL;
    } else if (!t) {
        result = -ENODEV;
    } else if (op == RIG_CMD_LINK) {
        result = check_link(t, arg);
    } else if (op == RIG_CMD_OCCASIONS) {
        result = count_occasions(t, name);
    } else {
        result = arm_fault(t, name, arg);
    }
    emit_command(tap, c, result);
    if (op == RIG_CMD_LINK && !result) {
        set_link(t, arg);
    }
    return result;
}

/* --- faults that strike --------------------------------------------------- */

static NotifierList fault_notifiers =
    NOTIFIER_LIST_INITIALIZER(fault_notifiers);

void rig_fault_add_notifier(Notifier *notifier)
{
    notifier_list_add(&fault_notifiers, notifier);
}

void rig_fault_strikes(Object *target, const char *name)
{
    RigFaultStrike strike = { .target = target, .name = name };

    notifier_list_notify(&fault_notifiers, &strike);
}

static void fault_struck(Notifier *notifier, void *opaque)
{
    RigTap *tap = container_of(notifier, RigTap, fault_struck);
    const RigFaultStrike *strike = opaque;

    for (unsigned i = 0; i < tap->n_targets; i++) {
        const RigTarget *t = &tap->targets[i];
        struct rig_ev_fault event = { .target = t->info.target };

        if (t->dev && OBJECT(t->dev) == strike->target) {
            pstrcpy(event.name, sizeof(event.name), strike->name);
            rig_tap_emit(tap, RIG_EV_FAULT, &event, sizeof(event));
        }
    }
}

void rig_tap_watch_faults(RigTap *tap)
{
    tap->fault_struck.notify = fault_struck;
    rig_fault_add_notifier(&tap->fault_struck);
}

static const TypeInfo rig_fault_target_info = {
    .name = TYPE_RIG_FAULT_TARGET,
    .parent = TYPE_INTERFACE,
    .class_size = sizeof(RigFaultTargetClass),
};

static void rig_fault_register_types(void)
{
    type_register_static(&rig_fault_target_info);
}

type_init(rig_fault_register_types)
