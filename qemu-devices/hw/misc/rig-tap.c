/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rig-tap: an instrument that watches PCI functions and records what happens
 * to their interrupts, together with what the guest says about itself.
 *
 * This file is the PCI function: registers, slots, life cycle. rig-tap-target.c
 * knows the watched functions, rig-tap-watch.c turns what they do into records,
 * rig-tap-record.c orders the records, rig-tap-stream.c takes them to the
 * chardev, rig-tap-command.c carries out in-band commands. docs/rig-tap.rst is
 * the specification.
 */

#include "qemu/osdep.h"
#include "hw/qdev-properties.h"
#include "hw/qdev-properties-system.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qemu/atomic.h"
#include "qemu/bswap.h"
#include "qemu/cutils.h"
#include "qemu/log.h"
#include "qemu/module.h"
#include "qemu/units.h"
#include "system/system.h"
#include "rig-tap.h"
#include "trace.h"

#define SLOTS_BYTES (RIG_TAP_SLOTS * RIG_TAP_SLOT_SIZE)

/* --- registers ----------------------------------------------------------- */

/* The slot's memory, or NULL: the guest named a slot that there is not. */
static uint8_t *slot_memory(RigTap *tap, uint64_t slot)
{
    if (slot >= RIG_TAP_SLOTS) {
        trace_rig_tap_bad_slot(slot);
        qemu_log_mask(LOG_GUEST_ERROR, "rig-tap: there is no slot %" PRIu64
                      "\n", slot);
        return NULL;
    }
    return (uint8_t *)memory_region_get_ram_ptr(&tap->slots) +
           slot * RIG_TAP_SLOT_SIZE;
}

/*
 * Copy from a slot once: the guest may change it at any time, so what was
 * checked must be what is used.
 */
static bool copy_slot(RigTap *tap, uint64_t slot, void *to, size_t size)
{
    const uint8_t *from = slot_memory(tap, slot);

    if (from) {
        memcpy(to, from, size);
        barrier();
    }
    return from;
}

/* Make a marker one that a reader can take, whatever the guest wrote. */
static uint16_t sanitize_marker(struct rig_marker *m)
{
    uint16_t length = le16_to_cpu(m->length);

    length = MIN(MAX(length, RIG_MARKER_MIN), sizeof(*m)) & ~7;
    m->length = cpu_to_le16(length);
    if (le16_to_cpu(m->kind) > RIG_MK_LAST) {
        m->kind = cpu_to_le16(RIG_MK_INVALID);
    }
    m->name[sizeof(m->name) - 1] = '\0';
    if (length > RIG_MARKER_MIN) {
        m->text[length - RIG_MARKER_MIN - 1] = '\0';
    }
    return length;
}

static void write_marker(RigTap *tap, uint64_t slot)
{
    struct rig_marker marker;
    uint16_t length;

    if (copy_slot(tap, slot, &marker, sizeof(marker))) {
        length = sanitize_marker(&marker);
        trace_rig_tap_marker(slot, le16_to_cpu(marker.kind), length);
        rig_tap_emit(tap, RIG_EV_MARKER, &marker, length);
    }
}

static void write_command(RigTap *tap, uint64_t slot)
{
    hwaddr result = slot * RIG_TAP_SLOT_SIZE +
                    offsetof(struct rig_command, result);
    struct rig_command command;

    if (copy_slot(tap, slot, &command, sizeof(command))) {
        stl_le_p(slot_memory(tap, slot) + offsetof(struct rig_command, result),
                 rig_tap_command(tap, &command));
        memory_region_set_dirty(&tap->slots, result, sizeof(command.result));
    }
}

static void write_end(RigTap *tap)
{
    rig_tap_emit(tap, RIG_EV_END, NULL, 0);
    tap->ended = true;
    rig_stream_kick(&tap->stream);
}

static uint64_t regs_read(void *opaque, hwaddr addr, unsigned size)
{
    if (size != 4) {
        return 0;
    }
    switch (addr) {
    case RIG_TAP_REG_ID:
        return RIG_TAP_ID;
    case RIG_TAP_REG_VERSION:
        return RIG_STREAM_VERSION;
    default:
        return 0;
    }
}

static void regs_write(void *opaque, hwaddr addr, uint64_t value,
                       unsigned size)
{
    RigTap *tap = opaque;

    if (size != 4) {
        return;
    }
    switch (addr) {
    case RIG_TAP_REG_MARKER:
        write_marker(tap, value);
        break;
    case RIG_TAP_REG_COMMAND:
        write_command(tap, value);
        break;
    case RIG_TAP_REG_END:
        if (value == RIG_TAP_END_KEY) {
            write_end(tap);
        }
        break;
    }
}

static const MemoryRegionOps regs_ops = {
    .read = regs_read,
    .write = regs_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 8 },
    .impl = { .min_access_size = 1, .max_access_size = 8 },
};

/* --- the host's own markers ---------------------------------------------- */

/*
 * Property `marker`: a struct rig_marker in base64. Where no plan runs in the
 * guest (Windows), the host asks for one thing after the other, and puts down
 * here what it asks before it asks, and that it has been done afterwards.
 */
static void set_marker(Object *obj, const char *value, Error **errp)
{
    RigTap *tap = RIG_TAP(obj);
    struct rig_marker marker = { 0 };
    gsize length;
    g_autofree guchar *bytes = g_base64_decode(value, &length);

    if (!bytes || length < RIG_MARKER_MIN || length > sizeof(marker)) {
        error_setg(errp, "a marker is %u to %zu bytes in base64",
                   RIG_MARKER_MIN, sizeof(marker));
        return;
    }
    if (!rig_tap_recording(tap)) {
        error_setg(errp, "no stream is being recorded");
        return;
    }
    memcpy(&marker, bytes, length);
    rig_tap_emit_asked(tap, &marker, sanitize_marker(&marker));
    rig_stream_kick(&tap->stream);
}

static char *get_nothing(Object *obj, Error **errp)
{
    return g_strdup("");
}

/*
 * Property `fault`: "AT NAME[:ARGUMENT]" arms a fault of the first target, "0"
 * clears all, as the guest does by RIG_CMD_FAULT.
 */
static void set_fault(Object *obj, const char *value, Error **errp)
{
    struct rig_command command = { .op = cpu_to_le16(RIG_CMD_FAULT) };
    const char *name;
    uint64_t at;
    int32_t result;

    if (qemu_strtou64(value, &name, 10, &at) < 0 || (*name && *name != ' ')) {
        error_setg(errp, "a fault is armed by \"AT NAME[:ARGUMENT]\"");
        return;
    }
    name += *name == ' ';
    if (strlen(name) >= sizeof(command.name)) {
        error_setg(errp, "fault '%s' has too long a name", name);
        return;
    }
    command.arg[0] = cpu_to_le64(at);
    pstrcpy(command.name, sizeof(command.name), name);
    result = rig_tap_command(RIG_TAP(obj), &command);
    if (result < 0) {
        error_setg_errno(errp, -result, "fault '%s' cannot be armed", name);
    }
}

/* Property `end`: the host ends the stream, as the guest would. */
static void set_end(Object *obj, bool value, Error **errp)
{
    if (value) {
        write_end(RIG_TAP(obj));
    }
}

static bool get_end(Object *obj, Error **errp)
{
    return RIG_TAP(obj)->ended;
}

/* --- life cycle ---------------------------------------------------------- */

static void machine_done(Notifier *notifier, void *unused)
{
    rig_tap_watch_start(container_of(notifier, RigTap, machine_done));
}

/* QEMU is about to quit: after this the main loop sends nothing any more. */
static void shutting_down(Notifier *notifier, void *unused)
{
    RigTap *tap = container_of(notifier, RigTap, shutdown);

    tap->shutting_down = true;
    rig_stream_drain(&tap->stream);
}

static void run_state_changed(void *opaque, bool running, RunState state)
{
    RigTap *tap = opaque;
    struct rig_ev_run run = {
        .running = cpu_to_le32(running),
        .state = cpu_to_le32(state),
    };

    rig_tap_emit_host(tap, RIG_EV_RUN, &run, sizeof(run));
    if (tap->shutting_down) {
        rig_stream_drain(&tap->stream);
    } else if (!running) {
        rig_stream_kick(&tap->stream);
    }
}

static bool check_properties(RigTap *tap, Error **errp)
{
    const RigStream *s = &tap->stream;

    if (!qemu_chr_fe_backend_connected(&tap->stream.chr)) {
        error_setg(errp, "set chardev=<id> to where the events shall go");
        return false;
    }
    if (s->limit < RIG_STREAM_LIMIT_MIN || s->limit > RIG_STREAM_LIMIT_MAX) {
        error_setg(errp, "buffer=%" PRIu64 " is not in 4k..1G", s->limit);
        return false;
    }
    if (s->stall_ms < 1 || s->stall_ms > RIG_STREAM_STALL_MAX) {
        error_setg(errp, "stall-ms=%" PRIu32 " is not in 1..%u", s->stall_ms,
                   RIG_STREAM_STALL_MAX);
        return false;
    }
    return rig_tap_parse_watch(tap, errp);
}

static void rig_tap_realize(PCIDevice *dev, Error **errp)
{
    RigTap *tap = RIG_TAP(dev);

    if (!check_properties(tap, errp)) {
        return;
    }
    if (!memory_region_init_ram(&tap->slots, OBJECT(tap), "rig-tap-slots",
                                SLOTS_BYTES, errp)) {
        return;
    }
    memory_region_init_io(&tap->regs, OBJECT(tap), &regs_ops, tap,
                          "rig-tap-regs", RIG_TAP_REGS_SIZE);
    pci_register_bar(dev, RIG_TAP_BAR_REGS, PCI_BASE_ADDRESS_SPACE_MEMORY,
                     &tap->regs);
    pci_register_bar(dev, RIG_TAP_BAR_SLOTS, PCI_BASE_ADDRESS_SPACE_MEMORY |
                     PCI_BASE_ADDRESS_MEM_PREFETCH, &tap->slots);

    rig_stream_start(&tap->stream);
    tap->machine_done.notify = machine_done;
    qemu_add_machine_init_done_notifier(&tap->machine_done);
    tap->shutdown.notify = shutting_down;
    qemu_register_shutdown_notifier(&tap->shutdown);
    qemu_add_vm_change_state_handler(run_state_changed, tap);
}

/* --- snapshots and migration --------------------------------------------- */

/*
 * What this process has ended stays so: nothing is written after END. And no
 * two records of one stream have the same number.
 */
static int rig_tap_pre_load(void *opaque)
{
    RigTap *tap = opaque;

    tap->ended_before_load = tap->ended;
    tap->seq_before_load = tap->stream.seq;
    return 0;
}

static int rig_tap_post_load(void *opaque, int version)
{
    RigTap *tap = opaque;

    tap->ended |= tap->ended_before_load;
    tap->stream.seq = MAX(tap->stream.seq, tap->seq_before_load);
    tap->restored = true;
    return 0;
}

static const VMStateDescription vmstate_rig_tap = {
    .name = TYPE_RIG_TAP,
    .version_id = 1,
    .minimum_version_id = 1,
    .pre_load = rig_tap_pre_load,
    .post_load = rig_tap_post_load,
    .fields = (const VMStateField[]) {
        VMSTATE_PCI_DEVICE(parent_obj, RigTap),
        VMSTATE_UINT64(stream.seq, RigTap),
        VMSTATE_BOOL(ended, RigTap),
        VMSTATE_END_OF_LIST()
    },
};

static const Property rig_tap_properties[] = {
    DEFINE_PROP_STRING("watch", RigTap, watch),
    DEFINE_PROP_CHR("chardev", RigTap, stream.chr),
    DEFINE_PROP_SIZE("buffer", RigTap, stream.limit, 64 * MiB),
    DEFINE_PROP_UINT32("stall-ms", RigTap, stream.stall_ms, 10000),
};

static void rig_tap_class_init(ObjectClass *class, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(class);
    PCIDeviceClass *pc = PCI_DEVICE_CLASS(class);

    pc->realize = rig_tap_realize;
    pc->vendor_id = RIG_TAP_VENDOR_ID;
    pc->device_id = RIG_TAP_DEVICE_ID;
    pc->class_id = PCI_CLASS_OTHERS;
    dc->desc = "Records interrupts of PCI devices and markers of the guest";
    dc->vmsd = &vmstate_rig_tap;
    dc->hotpluggable = false;
    device_class_set_props(dc, rig_tap_properties);
    object_class_property_set_description(class, "watch",
                                          "ids of PCI devices, ID;ID;...");
    object_class_property_set_description(class, "buffer",
                                          "bytes that may wait for a slow "
                                          "reader, 4k..1G");
    object_class_property_set_description(class, "stall-ms",
                                          "after this time a reader that takes "
                                          "nothing loses records");
    set_bit(DEVICE_CATEGORY_MISC, dc->categories);
}

static void rig_tap_instance_init(Object *obj)
{
    RigStream *s = &RIG_TAP(obj)->stream;

    s->stop_at = UINT64_MAX;
    object_property_add_uint64_ptr(obj, "stop-at", &s->stop_at,
                                   OBJ_PROP_FLAG_READWRITE);
    object_property_set_description(obj, "stop-at", "sequence number of the "
                                    "record behind which the VM stops");
    object_property_add_uint64_ptr(obj, "records", &s->seq,
                                   OBJ_PROP_FLAG_READ);
    object_property_add_uint64_ptr(obj, "waits", &s->waits,
                                   OBJ_PROP_FLAG_READ);
    object_property_add_uint64_ptr(obj, "lost", &s->lost_total,
                                   OBJ_PROP_FLAG_READ);
    object_property_add_str(obj, "marker", get_nothing, set_marker);
    object_property_add_str(obj, "fault", get_nothing, set_fault);
    object_property_add_bool(obj, "end", get_end, set_end);
}

static const TypeInfo rig_tap_info = {
    .name = TYPE_RIG_TAP,
    .parent = TYPE_PCI_DEVICE,
    .instance_size = sizeof(RigTap),
    .instance_init = rig_tap_instance_init,
    .class_init = rig_tap_class_init,
    .interfaces = (InterfaceInfo[]) {
        { INTERFACE_CONVENTIONAL_PCI_DEVICE },
        { }
    },
};

static void rig_tap_register_types(void)
{
    type_register_static(&rig_tap_info);
}

type_init(rig_tap_register_types)
