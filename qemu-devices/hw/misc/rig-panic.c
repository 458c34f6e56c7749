/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rig-panic: reports a guest panic with Hyper-V's five parameters, when the
 * guest writes its crash register, or when a function that it observes has its
 * MSI-X disabled, which is what a stopped driver leaves behind.
 *
 * The event is QEMU's own: GUEST_PANICKED with `info` of type hyper-v, as the
 * crash MSRs of KVM raise it. docs/rig-panic.rst is the specification.
 */

#include "qemu/osdep.h"
#include "hw/pci/msix.h"
#include "hw/pci/pci_device.h"
#include "hw/pci/pci_observer.h"
#include "hw/qdev-properties.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qapi/qapi-types-run-state.h"
#include "qemu/bswap.h"
#include "qemu/module.h"
#include "rig/panic-regs.h"
#include "system/runstate.h"
#include "trace.h"

#define TYPE_RIG_PANIC "rig-panic"
OBJECT_DECLARE_SIMPLE_TYPE(RigPanic, RIG_PANIC)

struct RigPanic {
    PCIDevice parent_obj;
    MemoryRegion regs;
    uint64_t p[RIG_PANIC_PARAMETERS]; /* registers, and properties p0..p4 */
    char *on;           /* property: id of the function to observe, or NULL */
    uint64_t after;     /* property: panics at the n-th MSI-X disable from now
                           on; 0: at none */
    PCIObserver observer;
    bool was_enabled;
};

static void panic(RigPanic *s)
{
    GuestPanicInformation *info = g_new0(GuestPanicInformation, 1);

    trace_rig_panic(s->p[0], s->p[1], s->p[2], s->p[3], s->p[4]);
    info->type = GUEST_PANIC_INFORMATION_TYPE_HYPER_V;
    info->u.hyper_v.arg1 = s->p[0];
    info->u.hyper_v.arg2 = s->p[1];
    info->u.hyper_v.arg3 = s->p[2];
    info->u.hyper_v.arg4 = s->p[3];
    info->u.hyper_v.arg5 = s->p[4];
    qemu_system_guest_panicked(info); /* takes it */
}

/* --- registers ----------------------------------------------------------- */

static uint64_t regs_read(void *opaque, hwaddr addr, unsigned size)
{
    RigPanic *s = opaque;
    uint64_t value = 0;

    if (addr < RIG_PANIC_CTL) {
        value = s->p[addr / 8];
    } else if (addr / 8 == RIG_PANIC_CTL / 8) {
        value = RIG_PANIC_NOTIFY;
    }
    return extract64(value, addr % 8 * 8, size * 8);
}

static void regs_write(void *opaque, hwaddr addr, uint64_t value,
                       unsigned size)
{
    RigPanic *s = opaque;
    unsigned shift = addr % 8 * 8;

    if (addr < RIG_PANIC_CTL) {
        s->p[addr / 8] = deposit64(s->p[addr / 8], shift, size * 8, value);
    } else if (addr / 8 == RIG_PANIC_CTL / 8 &&
               value << shift & RIG_PANIC_NOTIFY) {
        panic(s);
    }
}

static const MemoryRegionOps regs_ops = {
    .read = regs_read,
    .write = regs_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 4, .max_access_size = 8 },
    .impl = { .min_access_size = 4, .max_access_size = 8 },
};

/* --- a function that loses its MSI-X ------------------------------------- */

static bool observed(const RigPanic *s, const PCIDevice *dev)
{
    return DEVICE(dev)->id && !strcmp(DEVICE(dev)->id, s->on);
}

static void look(RigPanic *s, PCIDevice *dev)
{
    bool enabled = msix_present(dev) && msix_enabled(dev);

    if (s->was_enabled && !enabled && s->after && --s->after == 0) {
        panic(s);
    }
    s->was_enabled = enabled;
}

static void config_write(PCIObserver *o, const PCIConfigWrite *w, bool done)
{
    RigPanic *s = container_of(o, RigPanic, observer);

    if (observed(s, w->dev)) {
        if (done) {
            look(s, w->dev);
        } else {
            s->was_enabled = msix_present(w->dev) && msix_enabled(w->dev);
        }
    }
}

static void reset(PCIObserver *o, PCIDevice *dev, bool done)
{
}

static void msix_table(PCIObserver *o, PCIDevice *dev, unsigned vector,
                       unsigned dword, uint32_t old, uint32_t value)
{
}

static void interrupt(PCIObserver *o, PCIDevice *dev, unsigned vector,
                      PCIInterruptOutcome outcome)
{
}

/* --- life cycle ---------------------------------------------------------- */

static void rig_panic_realize(PCIDevice *dev, Error **errp)
{
    RigPanic *s = RIG_PANIC(dev);

    if (s->after && !s->on) {
        error_setg(errp, "set on=<id> to the PCI device after whose loss of "
                   "MSI-X to panic");
        return;
    }
    memory_region_init_io(&s->regs, OBJECT(dev), &regs_ops, s, TYPE_RIG_PANIC,
                          RIG_PANIC_BAR_SIZE);
    pci_register_bar(dev, RIG_PANIC_BAR, PCI_BASE_ADDRESS_SPACE_MEMORY,
                     &s->regs);
    if (s->on) {
        s->observer = (PCIObserver) {
            .config_write = config_write,
            .reset = reset,
            .msix_table = msix_table,
            .interrupt = interrupt,
        };
        pci_observer_register(&s->observer);
    }
}

static const VMStateDescription vmstate_rig_panic = {
    .name = TYPE_RIG_PANIC,
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_PCI_DEVICE(parent_obj, RigPanic),
        VMSTATE_UINT64_ARRAY(p, RigPanic, RIG_PANIC_PARAMETERS),
        VMSTATE_END_OF_LIST()
    },
};

static const Property rig_panic_properties[] = {
    DEFINE_PROP_STRING("on", RigPanic, on),
};

static void rig_panic_class_init(ObjectClass *class, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(class);
    PCIDeviceClass *pc = PCI_DEVICE_CLASS(class);

    pc->realize = rig_panic_realize;
    pc->vendor_id = RIG_PANIC_VENDOR_ID;
    pc->device_id = RIG_PANIC_DEVICE_ID;
    pc->class_id = PCI_CLASS_OTHERS;
    dc->desc = "Panics with Hyper-V's parameters when it is told to";
    dc->vmsd = &vmstate_rig_panic;
    dc->hotpluggable = false; /* an observer lives as long as the machine */
    device_class_set_props(dc, rig_panic_properties);
    object_class_property_set_description(class, "on",
                                          "id of a PCI device to observe");
    set_bit(DEVICE_CATEGORY_MISC, dc->categories);
}

/* These can be set at any time, also through QMP. */
static void rig_panic_instance_init(Object *obj)
{
    RigPanic *s = RIG_PANIC(obj);

    for (unsigned i = 0; i < RIG_PANIC_PARAMETERS; i++) {
        g_autofree char *name = g_strdup_printf("p%u", i);

        object_property_add_uint64_ptr(obj, name, &s->p[i],
                                       OBJ_PROP_FLAG_READWRITE);
    }
    object_property_add_uint64_ptr(obj, "after", &s->after,
                                   OBJ_PROP_FLAG_READWRITE);
}

static const TypeInfo rig_panic_info = {
    .name = TYPE_RIG_PANIC,
    .parent = TYPE_PCI_DEVICE,
    .instance_size = sizeof(RigPanic),
    .instance_init = rig_panic_instance_init,
    .class_init = rig_panic_class_init,
    .interfaces = (InterfaceInfo[]) {
        { INTERFACE_CONVENTIONAL_PCI_DEVICE },
        { }
    },
};

static void rig_panic_register_types(void)
{
    type_register_static(&rig_panic_info);
}

type_init(rig_panic_register_types)
