/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The functions that rig-tap watches: found, plugged, unplugged, described.
 */

#include "qemu/osdep.h"
#include "hw/pci/msix.h"
#include "hw/pci/pci.h"
#include "hw/pci/pci_bridge.h"
#include "hw/pci/pci_bus.h"
#include "hw/pci/pcie_sriov.h"
#include "qapi/error.h"
#include "qemu/bswap.h"
#include "qemu/cutils.h"
#include "qemu/error-report.h"
#include "rig-tap.h"
#include "trace.h"

/* The function's address, or 0xffff while a bridge above has no number. */
static uint16_t target_bdf(PCIDevice *dev)
{
    PCIBus *bus = pci_get_bus(dev);

    while (!pci_bus_is_root(bus)) {
        if (!pci_bus_num(bus)) {
            return 0xffff;
        }
        bus = pci_get_bus(pci_bridge_get_device(bus));
    }
    return pci_get_bdf(dev);
}

static struct rig_ev_state read_state(const RigTarget *t)
{
    const uint8_t *config = t->dev->config;
    uint16_t msix = le16_to_cpu(t->info.msix_cap);
    uint16_t pm = le16_to_cpu(t->info.pm_cap);
    struct rig_ev_state state = {
        .target = t->info.target,
        .command = cpu_to_le16(pci_get_word(config + PCI_COMMAND)),
    };

    if (msix) {
        state.msix = cpu_to_le16(pci_get_word(config + msix + PCI_MSIX_FLAGS));
    }
    if (pm) {
        state.pmcsr = cpu_to_le16(pci_get_word(config + pm + PCI_PM_CTRL));
    }
    return state;
}

void rig_tap_update_state(RigTap *tap, RigTarget *t)
{
    struct rig_ev_state now = read_state(t);

    if (memcmp(&now, &t->state, sizeof(now))) {
        t->state = now;
        rig_tap_emit(tap, RIG_EV_STATE, &now, sizeof(now));
    }
}

void rig_tap_update_bdf(RigTap *tap, RigTarget *t)
{
    uint16_t bdf = cpu_to_le16(target_bdf(t->dev));

    if (t->info.bdf != bdf) {
        t->info.bdf = bdf;
        rig_tap_emit(tap, RIG_EV_TARGET, &t->info, sizeof(t->info));
    }
}

/*
 * A VF's own vendor and device id read ffff (SR-IOV 1.1, 3.4.1.1, 3.4.1.2): its
 * PF has the true ones.
 */
static void set_ids(RigTarget *t, const PCIDevice *dev)
{
    const PCIDevice *pf = t->pf ? t->pf->dev : NULL;

    t->info.vendor = cpu_to_le16(pci_get_word((pf ? pf : dev)->config +
                                              PCI_VENDOR_ID));
    t->info.device = cpu_to_le16(pf ? pci_get_word(pf->config +
                                                   pf->exp.sriov_cap +
                                                   PCI_SRIOV_VF_DID)
                                    : pci_get_word(dev->config +
                                                   PCI_DEVICE_ID));
}

static void set_device(RigTarget *t, PCIDevice *dev)
{
    t->dev = dev;
    t->exp_cap = pci_find_capability(dev, PCI_CAP_ID_EXP);
    t->info.attached = cpu_to_le16(1);
    set_ids(t, dev);
    t->info.bdf = cpu_to_le16(target_bdf(dev));
    t->info.vectors = cpu_to_le16(msix_present(dev) ? dev->msix_entries_nr
                                                    : 0);
    t->info.msix_cap = cpu_to_le16(dev->msix_cap);
    t->info.pm_cap = cpu_to_le16(pci_find_capability(dev, PCI_CAP_ID_PM));
    pstrcpy(t->info.id, sizeof(t->info.id), t->id);
    pstrcpy(t->info.model, sizeof(t->info.model),
            object_get_typename(OBJECT(dev)));
    t->state = read_state(t);
    trace_rig_tap_attach(le16_to_cpu(t->info.target), t->id);
}

/* --- virtual functions ---------------------------------------------------- */

/*
 * QEMU makes all VFs with their PF and enables them with VF Enable; that is
 * when they appear on the bus. Returns whether this one has come or gone.
 */
static bool sync_vf(RigTarget *t)
{
    PCIDevice *pf = t->pf->dev;
    PCIDevice *vf = pf ? pcie_sriov_get_vf_at_index(pf, t->vf) : NULL;

    if (vf == t->dev) {
        return false;
    }
    if (vf) {
        set_device(t, vf);
    } else {
        t->dev = NULL;
        t->info.attached = 0;
    }
    return true;
}

void rig_tap_update_vfs(RigTap *tap, const RigTarget *pf)
{
    for (unsigned i = 0; i < tap->n_targets; i++) {
        RigTarget *t = &tap->targets[i];

        if (t->pf != pf || !pf || !sync_vf(t)) {
            continue;
        }
        rig_tap_emit(tap, RIG_EV_TARGET, &t->info, sizeof(t->info));
        if (t->dev) {
            rig_tap_emit(tap, RIG_EV_STATE, &t->state, sizeof(t->state));
        }
    }
}

/* The VFs that a watched function can have are watched, too. */
static void add_vfs(RigTap *tap, RigTarget *pf)
{
    uint16_t cap = pf->dev->exp.sriov_cap;
    unsigned total = cap ? pci_get_word(pf->dev->config + cap +
                                        PCI_SRIOV_TOTAL_VF) : 0;

    for (unsigned i = 0; i < total && tap->n_targets < RIG_TARGETS_MAX; i++) {
        RigTarget *t = &tap->targets[tap->n_targets];

        t->id = g_strdup_printf("%.24s.vf%u", pf->id, i);
        t->pf = pf;
        t->vf = i;
        t->info.target = cpu_to_le16(tap->n_targets++);
        t->info.bdf = cpu_to_le16(0xffff);
        pstrcpy(t->info.id, sizeof(t->info.id), t->id);
        sync_vf(t);
    }
}

/* --- after a restore ------------------------------------------------------ */

/*
 * A restored guest has other registers than those recorded so far: report
 * them all, as what differs from the state after a reset.
 */
static void put_restored_table(RigTap *tap, const RigTarget *t)
{
    static const uint32_t reset[4] = { 0, 0, 0, PCI_MSIX_ENTRY_CTRL_MASKBIT };

    for (unsigned i = 0; i < le16_to_cpu(t->info.vectors) * 4; i++) {
        uint32_t value = pci_get_long(t->dev->msix_table + i * 4);
        struct rig_ev_table table = {
            .target = t->info.target,
            .vector = cpu_to_le16(i / 4),
            .dword = cpu_to_le16(i % 4),
            .value = cpu_to_le32(value),
            .old = cpu_to_le32(reset[i % 4]),
        };

        if (value != reset[i % 4]) {
            rig_tap_put_now(tap, RIG_EV_TABLE, &table, sizeof(table));
        }
    }
}

void rig_tap_put_epoch(RigTap *tap)
{
    struct rig_ev_epoch epoch = {
        .restored_seq = cpu_to_le64(tap->stream.seq),
    };

    tap->restored = false;
    tap->n_runs = 0;
    rig_tap_put_now(tap, RIG_EV_EPOCH, &epoch, sizeof(epoch));
    for (unsigned i = 0; i < tap->n_targets; i++) {
        RigTarget *t = &tap->targets[i];

        if (t->pf && sync_vf(t) && !t->dev) {
            rig_tap_put_now(tap, RIG_EV_TARGET, &t->info, sizeof(t->info));
        }
        if (t->dev) {
            set_device(t, t->dev);
            rig_tap_put_now(tap, RIG_EV_TARGET, &t->info, sizeof(t->info));
            rig_tap_put_now(tap, RIG_EV_STATE, &t->state, sizeof(t->state));
            put_restored_table(tap, t);
        }
    }
}

/* --- plug and unplug ------------------------------------------------------ */

/*
 * Also called for devices that are known already, whenever anyone registers
 * a listener.
 */
static void device_realized(DeviceListener *listener, DeviceState *dev)
{
    RigTap *tap = container_of(listener, RigTap, listener);

    if (!tap->started || !dev->id ||
        !object_dynamic_cast(OBJECT(dev), TYPE_PCI_DEVICE)) {
        return;
    }
    for (unsigned i = 0; i < tap->n_targets; i++) {
        RigTarget *t = &tap->targets[i];

        if (!t->dev && !strcmp(t->id, dev->id)) {
            set_device(t, PCI_DEVICE(dev));
            rig_tap_emit(tap, RIG_EV_TARGET, &t->info, sizeof(t->info));
            rig_tap_emit(tap, RIG_EV_STATE, &t->state, sizeof(t->state));
        }
    }
}

/* The device's configuration space and MSI-X table are gone already. */
static void device_unrealized(DeviceListener *listener, DeviceState *dev)
{
    RigTap *tap = container_of(listener, RigTap, listener);

    for (unsigned i = 0; i < tap->n_targets; i++) {
        RigTarget *t = &tap->targets[i];

        if (t->dev && DEVICE(t->dev) == dev) {
            t->dev = NULL;
            t->info.attached = 0;
            rig_tap_emit_reset(tap, t, RIG_RESET_UNPLUG);
            rig_tap_emit(tap, RIG_EV_TARGET, &t->info, sizeof(t->info));
        }
    }
}

/* --- start ---------------------------------------------------------------- */

static bool add_target(RigTap *tap, const char *id, Error **errp)
{
    RigTarget *t;

    if (!*id || strlen(id) >= sizeof(t->info.id)) {
        error_setg(errp, "watch: '%s' is not a device id of 1 to %zu "
                   "characters", id, sizeof(t->info.id) - 1);
        return false;
    }
    if (tap->n_targets == RIG_TARGETS_MAX) {
        error_setg(errp, "watch: more than %u devices", RIG_TARGETS_MAX);
        return false;
    }
    for (unsigned i = 0; i < tap->n_targets; i++) {
        if (!strcmp(tap->targets[i].id, id)) {
            error_setg(errp, "watch: device '%s' is named twice", id);
            return false;
        }
    }
    t = &tap->targets[tap->n_targets];
    t->id = g_strdup(id);
    t->info.target = cpu_to_le16(tap->n_targets++);
    return true;
}

bool rig_tap_parse_watch(RigTap *tap, Error **errp)
{
    g_auto(GStrv) ids = NULL;

    if (!tap->watch || !*tap->watch) {
        error_setg(errp, "set watch=<id>[;<id>...] to the ids of the PCI "
                   "devices to watch");
        return false;
    }
    ids = g_strsplit(tap->watch, ";", 0);
    for (char **id = ids; *id; id++) {
        if (!add_target(tap, *id, errp)) {
            return false;
        }
    }
    return true;
}

static void put_hello(RigTap *tap)
{
    struct rig_ev_hello hello = {
        .magic = cpu_to_le64(RIG_STREAM_MAGIC),
        .version = cpu_to_le32(RIG_STREAM_VERSION),
        .targets = cpu_to_le32(tap->n_targets),
        .qemu = QEMU_VERSION,
    };

    rig_tap_put_now(tap, RIG_EV_HELLO, &hello, sizeof(hello));
}

void rig_tap_watch_start(RigTap *tap)
{
    for (unsigned i = 0; i < tap->n_targets; i++) {
        PCIDevice *dev = NULL;

        if (pci_qdev_find_device(tap->targets[i].id, &dev) < 0) {
            error_report("rig-tap: watch: there is no PCI device with id '%s'",
                         tap->targets[i].id);
            exit(EXIT_FAILURE);
        }
        set_device(&tap->targets[i], dev);
    }
    for (unsigned i = 0, named = tap->n_targets; i < named; i++) {
        add_vfs(tap, &tap->targets[i]);
    }
    put_hello(tap);
    for (unsigned i = 0; i < tap->n_targets; i++) {
        RigTarget *t = &tap->targets[i];

        if (t->dev) {
            rig_tap_put_now(tap, RIG_EV_TARGET, &t->info, sizeof(t->info));
            rig_tap_put_now(tap, RIG_EV_STATE, &t->state, sizeof(t->state));
        }
    }
    tap->started = true;
    rig_tap_observe(tap);
    rig_tap_watch_faults(tap);
    tap->listener = (DeviceListener) {
        .realize = device_realized,
        .unrealize = device_unrealized,
    };
    device_listener_register(&tap->listener);
}
