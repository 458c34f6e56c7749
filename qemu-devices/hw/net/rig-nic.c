/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rig-nic, the NIC of the driver test rig: its QOM shell, that is the PCI
 * function, its properties and its migration. docs/rig-nic.rst specifies the
 * device, rig-nic-core.h shows where the rest of it is.
 */
#include "qemu/osdep.h"
#include "hw/misc/rig-fault.h"
#include "hw/pci/msix.h"
#include "hw/pci/pci.h"
#include "hw/pci/pcie.h"
#include "hw/qdev-properties.h"
#include "hw/resettable.h"
#include "migration/vmstate.h"
#include "net/net.h"
#include "qapi/error.h"
#include "qemu/module.h"
#include "qom/object.h"
#include "system/runstate.h"
#include "rig-nic-core.h"
#include "trace.h"

#define TYPE_RIG_NIC "rig-nic"
OBJECT_DECLARE_SIMPLE_TYPE(RigNicState, RIG_NIC)

/* Where the capabilities lie in configuration space. */
#define CAP_PM   0x40
#define CAP_MSIX 0x50
#define CAP_PCIE 0x60

struct RigNicState {
    PCIDevice parent_obj;

    MemoryRegion regs;
    MemoryRegion msix;
    NICConf conf;
    RigNicCore core;
    char *fault; /* property: faults to arm from the start */
    VMChangeStateEntry *vm_state;
};

static uint64_t regs_read(void *opaque, hwaddr offset, unsigned size)
{
    return rig_nic_core_read(opaque, offset, size);
}

static void regs_write(void *opaque, hwaddr offset, uint64_t value,
                       unsigned size)
{
    rig_nic_core_write(opaque, offset, value, size);
}

/* All accesses come as they are, so that the core can refuse most of them. */
static const MemoryRegionOps regs_ops = {
    .read = regs_read,
    .write = regs_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
    .impl = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
};

static bool net_can_receive(NetClientState *nc)
{
    return rig_nic_rx_can_receive(qemu_get_nic_opaque(nc));
}

static ssize_t net_receive_iov(NetClientState *nc, const struct iovec *iov,
                               int count)
{
    return rig_nic_rx_frame(qemu_get_nic_opaque(nc), iov, count);
}

static void net_link_changed(NetClientState *nc)
{
    rig_nic_core_link_changed(qemu_get_nic_opaque(nc));
}

static NetClientInfo net_info = {
    .type = NET_CLIENT_DRIVER_NIC,
    .size = sizeof(NICState),
    .can_receive = net_can_receive,
    .receive_iov = net_receive_iov,
    .link_status_changed = net_link_changed,
};

/*
 * While the VM stops, a frame that waits for the link partner would be passed
 * on and lost: take it back, the core sends it again.
 */
static void vm_state_changed(void *opaque, bool running, RunState state)
{
    RigNicState *s = opaque;

    if (!running) {
        qemu_purge_queued_packets(qemu_get_queue(s->core.nic));
    }
}

/*
 * D3hot to D0 without No_Soft_Reset is an internal reset (PCI Bus Power
 * Management Interface Specification 1.2, section 3.2.4). The write may send
 * messages that were pending, to wherever the guest has them go.
 */
static void rig_nic_config_write(PCIDevice *pci, uint32_t address,
                                 uint32_t value, int len)
{
    RigNicState *s = RIG_NIC(pci);
    bool was_d0 = rig_nic_in_d0(pci);
    bool guarded, wakes;

    if (!rig_nic_fault_config_write(&s->core, address, &value, len)) {
        return;
    }
    guarded = rig_nic_guard_enter(&s->core);
    pci_default_write_config(pci, address, value, len);
    wakes = !was_d0 && rig_nic_in_d0(pci);
    pcie_cap_flr_write_config(pci, address, value, len);
    if (wakes) {
        pci_device_reset(pci);
    }
    rig_nic_core_config_changed(&s->core);
    rig_nic_guard_leave(&s->core, guarded);
}

static uint32_t rig_nic_config_read(PCIDevice *pci, uint32_t address, int len)
{
    RigNicState *s = RIG_NIC(pci);
    uint32_t value = pci_default_read_config(pci, address, len);

    return s->core.faulty ?
           rig_nic_fault_config_read(&s->core, address, len, value) : value;
}

static bool add_capabilities(RigNicState *s, Error **errp)
{
    PCIDevice *pci = PCI_DEVICE(s);

    if (pci_pm_init(pci, CAP_PM, errp) < 0) {
        return false;
    }
    pci_set_word(pci->config + CAP_PM + PCI_PM_PMC, PCI_PM_CAP_VER_1_2);
    pci_set_word(pci->wmask + CAP_PM + PCI_PM_CTRL, PCI_PM_CTRL_STATE_MASK);

    if (msix_init(pci, s->core.vectors, &s->msix, RIG_NIC_BAR_MSIX,
                  RIG_NIC_MSIX_TABLE, &s->msix, RIG_NIC_BAR_MSIX,
                  RIG_NIC_MSIX_PBA, CAP_MSIX, errp) < 0) {
        return false;
    }
    for (unsigned v = 0; v < s->core.vectors; v++) {
        msix_vector_use(pci, v);
    }

    if (pcie_endpoint_cap_init(pci, CAP_PCIE) < 0) {
        msix_uninit(pci, &s->msix, &s->msix);
        error_setg(errp, "cannot add the PCI Express capability");
        return false;
    }
    pcie_cap_flr_init(pci);
    return true;
}

static bool check_properties(RigNicState *s, Error **errp)
{
    if (s->core.vectors < 1 || s->core.vectors > RIG_NIC_MAX_VECTORS) {
        error_setg(errp, "vectors=%u is not in 1..%d", s->core.vectors,
                   RIG_NIC_MAX_VECTORS);
        return false;
    }
    if (s->core.queues < 1 || s->core.queues > RIG_NIC_MAX_QUEUES) {
        error_setg(errp, "queues=%u is not in 1..%d", s->core.queues,
                   RIG_NIC_MAX_QUEUES);
        return false;
    }
    return !s->fault || rig_nic_fault_arm_list(&s->core, s->fault, errp);
}

static void rig_nic_realize(PCIDevice *pci, Error **errp)
{
    RigNicState *s = RIG_NIC(pci);
    DeviceState *dev = DEVICE(pci);

    if (!check_properties(s, errp)) {
        return;
    }
    pci->config[PCI_INTERRUPT_PIN] = 1; /* INTA# */
    memory_region_init_io(&s->regs, OBJECT(s), &regs_ops, &s->core,
                          "rig-nic-regs", RIG_NIC_REGS_SIZE);
    pci_register_bar(pci, RIG_NIC_BAR_REGS, PCI_BASE_ADDRESS_SPACE_MEMORY,
                     &s->regs);
    memory_region_init(&s->msix, OBJECT(s), "rig-nic-msix",
                       RIG_NIC_MSIX_SIZE);
    pci_register_bar(pci, RIG_NIC_BAR_MSIX, PCI_BASE_ADDRESS_SPACE_MEMORY,
                     &s->msix);
    if (!add_capabilities(s, errp)) {
        return;
    }
    qemu_macaddr_default_if_unset(&s->conf.macaddr);
    s->core.pci = pci;
    s->core.nic = qemu_new_nic(&net_info, &s->conf,
                               object_get_typename(OBJECT(s)), dev->id,
                               &dev->mem_reentrancy_guard, &s->core);
    rig_nic_core_realize(&s->core, s->conf.macaddr.a);
    s->vm_state = qdev_add_vm_change_state_handler(dev, vm_state_changed, s);
}

static void rig_nic_exit(PCIDevice *pci)
{
    RigNicState *s = RIG_NIC(pci);

    qemu_del_vm_change_state_handler(s->vm_state);
    rig_nic_core_unrealize(&s->core);
    qemu_del_nic(s->core.nic);
    pcie_cap_exit(pci);
    msix_unuse_all_vectors(pci);
    msix_uninit(pci, &s->msix, &s->msix);
}

static void reset_enter(Object *obj, ResetType type)
{
    rig_nic_core_stop(&RIG_NIC(obj)->core);
}

static void reset_hold(Object *obj, ResetType type)
{
    rig_nic_core_clear(&RIG_NIC(obj)->core);
}

static void reset_exit(Object *obj, ResetType type)
{
    rig_nic_core_start(&RIG_NIC(obj)->core);
}

/* --- faults ----------------------------------------------------------------*/

static int arm_fault(RigFaultTarget *target, const char *spec,
                     uint64_t ordinal)
{
    return rig_nic_fault_arm(&RIG_NIC(target)->core, spec, ordinal);
}

static int64_t count_occasions(RigFaultTarget *target, const char *name)
{
    return rig_nic_fault_occasions(&RIG_NIC(target)->core, name);
}

static char *get_fault(Object *obj, Error **errp)
{
    return rig_nic_fault_list(&RIG_NIC(obj)->core);
}

static void set_fault(Object *obj, const char *value, Error **errp)
{
    RigNicState *s = RIG_NIC(obj);

    g_free(s->fault);
    s->fault = g_strdup(value);
    if (DEVICE(obj)->realized) {
        rig_nic_fault_arm_list(&s->core, value, errp);
    }
}

static void rig_nic_instance_init(Object *obj)
{
    object_property_add_uint32_ptr(obj, "faults-struck",
                                   &RIG_NIC(obj)->core.struck,
                                   OBJ_PROP_FLAG_READ);
}

static void rig_nic_finalize(Object *obj)
{
    g_free(RIG_NIC(obj)->fault);
}

/* --- migration -------------------------------------------------------------*/

static int post_load(void *opaque, int version)
{
    return rig_nic_core_post_load(&RIG_NIC(opaque)->core);
}

static bool length_fits(void *opaque, int version)
{
    return ((RigNicTx *)opaque)->length <= RIG_NIC_LARGE_MAX + 1;
}

static bool saved_fits(void *opaque, int version)
{
    return ((RigNicTx *)opaque)->saved <= RIG_NIC_LARGE_MAX;
}

/* Bytes of a frame that are to be saved. */
static int save_frame(void *opaque)
{
    RigNicTx *tx = opaque;

    tx->saved = MIN(tx->length, RIG_NIC_LARGE_MAX);
    return 0;
}

static const VMStateDescription vmstate_tx = {
    .name = "rig-nic/tx",
    .pre_save = save_frame,
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT32(length, RigNicTx),
        VMSTATE_VALIDATE("length fits", length_fits),
        VMSTATE_UINT32(saved, RigNicTx),
        VMSTATE_VALIDATE("saved fits", saved_fits),
        VMSTATE_VBUFFER_UINT32(frame, RigNicTx, 1, NULL, saved),
        VMSTATE_BOOL(started, RigNicTx),
        VMSTATE_UINT32(flags, RigNicTx),
        VMSTATE_UINT32(mss, RigNicTx),
        VMSTATE_UINT32(segments, RigNicTx),
        VMSTATE_UINT32(segment, RigNicTx),
        VMSTATE_BOOL(failed, RigNicTx),
        VMSTATE_BOOL(ready, RigNicTx),
        VMSTATE_END_OF_LIST()
    }
};

static const VMStateDescription vmstate_fault = {
    .name = "rig-nic/fault",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT64(left, RigNicFault),
        VMSTATE_UINT64(seen, RigNicFault),
        VMSTATE_BOOL(lasts, RigNicFault),
        VMSTATE_UINT32(argument, RigNicFault),
        VMSTATE_UINT32(bit, RigNicFault),
        VMSTATE_UINT32(value, RigNicFault),
        VMSTATE_END_OF_LIST()
    }
};

static const VMStateDescription vmstate_rig_nic = {
    .name = TYPE_RIG_NIC,
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = post_load,
    .fields = (const VMStateField[]) {
        VMSTATE_PCI_DEVICE(parent_obj, RigNicState),
        VMSTATE_MSIX(parent_obj, RigNicState),
        VMSTATE_UINT32_ARRAY(core.reg, RigNicState, RIG_NIC_REG_END / 4),
        VMSTATE_UINT64_ARRAY(core.stat, RigNicState, RIG_NIC_STATS),
        VMSTATE_UINT16_ARRAY(core.nvm, RigNicState, RIG_NIC_NVM_WORDS),
        VMSTATE_TIMER(core.reset_timer, RigNicState),
        VMSTATE_UINT32(core.sent, RigNicState),
        VMSTATE_INT64_ARRAY(core.last_ns, RigNicState, RIG_NIC_MAX_VECTORS),
        VMSTATE_TIMER(core.itr_timer, RigNicState),
        VMSTATE_BOOL(core.intx, RigNicState),
        VMSTATE_STRUCT_ARRAY(core.tx, RigNicState, RIG_NIC_MAX_QUEUES, 1,
                             vmstate_tx, RigNicTx),
        VMSTATE_TIMER(core.tx_timer, RigNicState),
        VMSTATE_UINT32(core.tx_pending, RigNicState),
        VMSTATE_UINT16_ARRAY(core.nvm_seen, RigNicState, RIG_NIC_NVM_WORDS),
        VMSTATE_STRUCT_ARRAY(core.fault, RigNicState, RIG_FAULTS_COUNT, 1,
                             vmstate_fault, RigNicFault),
        VMSTATE_UINT32(core.faulty, RigNicState),
        VMSTATE_UINT32(core.struck, RigNicState),
        VMSTATE_UINT32(core.storm_left, RigNicState),
        VMSTATE_UINT32(core.storm_vector, RigNicState),
        VMSTATE_TIMER(core.storm_timer, RigNicState),
        VMSTATE_END_OF_LIST()
    }
};

static const Property rig_nic_properties[] = {
    DEFINE_NIC_PROPERTIES(RigNicState, conf),
    DEFINE_PROP_UINT32("vectors", RigNicState, core.vectors, 4),
    DEFINE_PROP_UINT32("queues", RigNicState, core.queues, 2),
};

static void rig_nic_class_init(ObjectClass *class, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(class);
    PCIDeviceClass *pc = PCI_DEVICE_CLASS(class);
    ResettableClass *rc = RESETTABLE_CLASS(class);

    rig_nic_core_class_init();
    pc->realize = rig_nic_realize;
    pc->exit = rig_nic_exit;
    pc->config_read = rig_nic_config_read;
    pc->config_write = rig_nic_config_write;
    pc->vendor_id = RIG_NIC_VENDOR_ID;
    pc->device_id = RIG_NIC_DEVICE_ID;
    pc->subsystem_vendor_id = RIG_NIC_VENDOR_ID;
    pc->subsystem_id = RIG_NIC_DEVICE_ID;
    pc->revision = RIG_NIC_REVISION;
    pc->class_id = PCI_CLASS_NETWORK_ETHERNET;
    rc->phases.enter = reset_enter;
    rc->phases.hold = reset_hold;
    rc->phases.exit = reset_exit;
    dc->desc = "NIC of the driver test rig";
    RIG_FAULT_TARGET_CLASS(class)->arm = arm_fault;
    RIG_FAULT_TARGET_CLASS(class)->occasions = count_occasions;
    dc->vmsd = &vmstate_rig_nic;
    device_class_set_props(dc, rig_nic_properties);
    object_class_property_set_description(class, "vectors",
                                          "MSI-X vectors, 1..64");
    object_class_property_set_description(class, "queues",
                                          "queue pairs, 1..16");
    object_class_property_add_str(class, "fault", get_fault, set_fault);
    object_class_property_set_description(class, "fault",
                                          "NAME@ORDINAL[:ARGUMENT];...");
    set_bit(DEVICE_CATEGORY_NETWORK, dc->categories);
}

static const TypeInfo rig_nic_types[] = {
    {
        .name = TYPE_RIG_NIC,
        .parent = TYPE_PCI_DEVICE,
        .instance_size = sizeof(RigNicState),
        .instance_init = rig_nic_instance_init,
        .instance_finalize = rig_nic_finalize,
        .class_init = rig_nic_class_init,
        .interfaces = (InterfaceInfo[]) {
            { INTERFACE_PCIE_DEVICE },
            { TYPE_RIG_FAULT_TARGET },
            { }
        },
    },
};

DEFINE_TYPES(rig_nic_types)
