/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What rig-tap sees: PCI observer callbacks turned into records.
 *
 * All callbacks run under the BQL, so the order of records is the order in
 * which things happened. A configuration write is recorded before it takes
 * effect, and what it brought about (resets, interrupts that it unmasked)
 * follows; so the enclosing write tells the cause of a reset.
 *
 * Interrupts are counted, not listed: a run holds those of one vector with
 * one outcome and one value of the command register. All runs are written,
 * in the order in which they began, before any other record.
 */

#include "qemu/osdep.h"
#include "hw/pci/pci.h"
#include "hw/pci/pci_bridge.h"
#include "hw/pci/pci_bus.h"
#include "qapi/error.h"
#include "qemu/bswap.h"
#include "qemu/cutils.h"
#include "qemu/error-report.h"
#include "qemu/range.h"
#include "qemu/timer.h"
#include "rig-tap.h"
#include "trace.h"

/* While state is loaded, devices act as the loading makes them act. */
static bool recording(const RigTap *tap)
{
    return tap->started && !tap->ended &&
           !runstate_check(RUN_STATE_INMIGRATE) &&
           !runstate_check(RUN_STATE_RESTORE_VM);
}

static void close_runs(RigTap *tap)
{
    for (unsigned i = 0; i < tap->n_runs; i++) {
        const RigRun *run = &tap->runs[i];
        struct rig_ev_raised raised = {
            .target = cpu_to_le16(run->target),
            .vector = cpu_to_le16(run->vector),
            .outcome = cpu_to_le16(run->outcome),
            .command = cpu_to_le16(run->command),
            .count = cpu_to_le64(run->count),
            .last_ns = cpu_to_le64(run->last_ns),
        };

        rig_stream_put(&tap->stream, RIG_EV_RAISED, 0, run->first_ns,
                       &raised, sizeof(raised));
    }
    tap->n_runs = 0;
}

static void put_now(RigTap *tap, uint16_t type, const void *payload,
                    size_t size)
{
    rig_stream_put(&tap->stream, type, 0,
                   qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL), payload, size);
}

/* --- targets ------------------------------------------------------------- */

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

static void update_state(RigTap *tap, RigTarget *t)
{
    struct rig_ev_state now = read_state(t);

    if (memcmp(&now, &t->state, sizeof(now))) {
        t->state = now;
        rig_tap_emit(tap, RIG_EV_STATE, &now, sizeof(now));
    }
}

static void update_bdf(RigTap *tap, RigTarget *t)
{
    uint16_t bdf = cpu_to_le16(target_bdf(t->dev));

    if (t->info.bdf != bdf) {
        t->info.bdf = bdf;
        rig_tap_emit(tap, RIG_EV_TARGET, &t->info, sizeof(t->info));
    }
}

static void set_device(RigTarget *t, PCIDevice *dev)
{
    t->dev = dev;
    t->exp_cap = pci_find_capability(dev, PCI_CAP_ID_EXP);
    t->info.attached = cpu_to_le16(1);
    t->info.vendor = cpu_to_le16(pci_get_word(dev->config + PCI_VENDOR_ID));
    t->info.device = cpu_to_le16(pci_get_word(dev->config + PCI_DEVICE_ID));
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

static RigTarget *find_target(RigTap *tap, const PCIDevice *dev)
{
    for (unsigned i = 0; i < tap->n_targets; i++) {
        if (tap->targets[i].dev == dev) {
            return &tap->targets[i];
        }
    }
    return NULL;
}

/* --- records ------------------------------------------------------------- */

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
            put_now(tap, RIG_EV_TABLE, &table, sizeof(table));
        }
    }
}

static void put_epoch(RigTap *tap)
{
    struct rig_ev_epoch epoch = {
        .restored_seq = cpu_to_le64(tap->stream.seq),
    };

    tap->restored = false;
    tap->n_runs = 0;
    put_now(tap, RIG_EV_EPOCH, &epoch, sizeof(epoch));
    for (unsigned i = 0; i < tap->n_targets; i++) {
        RigTarget *t = &tap->targets[i];

        if (t->dev) {
            set_device(t, t->dev);
            put_now(tap, RIG_EV_TARGET, &t->info, sizeof(t->info));
            put_now(tap, RIG_EV_STATE, &t->state, sizeof(t->state));
            put_restored_table(tap, t);
        }
    }
}

static void before_record(RigTap *tap)
{
    if (tap->restored) {
        put_epoch(tap);
    }
    close_runs(tap);
}

void rig_tap_emit(RigTap *tap, enum rig_event_type type, const void *payload,
                  size_t size)
{
    if (recording(tap)) {
        before_record(tap);
        put_now(tap, type, payload, size);
    }
}

void rig_tap_emit_host(RigTap *tap, enum rig_event_type type,
                       const void *payload, size_t size)
{
    if (!tap->started || tap->ended) {
        return;
    }
    if (recording(tap)) {
        before_record(tap);
    }
    rig_stream_put(&tap->stream, type, RIG_RECORD_HOST, 0, payload, size);
}

/* --- configuration writes ------------------------------------------------ */

static bool touches(const PCIConfigWrite *w, uint32_t reg, uint32_t len)
{
    return ranges_overlap(w->addr, w->len, reg, len);
}

static uint8_t registers_touched(const RigTarget *t, const PCIConfigWrite *w)
{
    uint16_t msix = le16_to_cpu(t->info.msix_cap);
    uint16_t pm = le16_to_cpu(t->info.pm_cap);
    uint8_t what = 0;

    if (touches(w, PCI_COMMAND, 2)) {
        what |= RIG_CONFIG_COMMAND;
    }
    if (msix && touches(w, msix + PCI_MSIX_FLAGS, 2)) {
        what |= RIG_CONFIG_MSIX;
    }
    if (pm && touches(w, pm + PCI_PM_CTRL, 2)) {
        what |= RIG_CONFIG_PMCSR;
    }
    if (t->exp_cap && touches(w, t->exp_cap + PCI_EXP_DEVCTL, 2)) {
        what |= RIG_CONFIG_DEVCTL;
    }
    return what;
}

/* Is @dev a bridge, and @below behind it? */
static bool is_above(PCIDevice *dev, PCIDevice *below)
{
    PCIBus *bus = pci_get_bus(below);

    while (!pci_bus_is_root(bus)) {
        PCIDevice *bridge = pci_bridge_get_device(bus);

        if (bridge == dev) {
            return true;
        }
        bus = pci_get_bus(bridge);
    }
    return false;
}

static bool is_bus_reset_write(const PCIConfigWrite *w)
{
    return IS_PCI_BRIDGE(w->dev) && touches(w, PCI_BRIDGE_CONTROL, 2);
}

static void emit_config(RigTap *tap, const RigTarget *t,
                        const PCIConfigWrite *w, uint8_t what)
{
    struct rig_ev_config config = {
        .target = t->info.target,
        .offset = cpu_to_le16(w->addr),
        .len = w->len,
        .what = what,
        .bridge = cpu_to_le16(w->dev != t->dev),
        .value = cpu_to_le32(w->val & MAKE_64BIT_MASK(0, w->len * 8)),
    };

    rig_tap_emit(tap, RIG_EV_CONFIG, &config, sizeof(config));
}

static void before_config_write(RigTap *tap, RigTarget *t,
                                const PCIConfigWrite *w)
{
    uint8_t what = 0;

    if (w->dev == t->dev) {
        update_bdf(tap, t);
        what = registers_touched(t, w);
    } else if (is_bus_reset_write(w) && is_above(w->dev, t->dev)) {
        what = RIG_CONFIG_BRIDGE;
    }
    if (what) {
        emit_config(tap, t, w, what);
    }
}

static void observe_config_write(PCIObserver *observer,
                                 const PCIConfigWrite *w, bool done)
{
    RigTap *tap = container_of(observer, RigTap, observer);

    if (!recording(tap)) {
        return;
    }
    for (unsigned i = 0; i < tap->n_targets; i++) {
        RigTarget *t = &tap->targets[i];

        if (!t->dev) {
            continue;
        }
        if (!done) {
            before_config_write(tap, t, w);
        } else if (w->dev == t->dev) {
            update_state(tap, t);
        }
    }
}

/* --- resets -------------------------------------------------------------- */

/* Does the write set Initiate Function Level Reset (Device Control bit 15)? */
static bool is_flr_write(const RigTarget *t, const PCIConfigWrite *w)
{
    uint32_t high = t->exp_cap + PCI_EXP_DEVCTL + 1;

    return t->exp_cap && touches(w, high, 1) &&
           (w->val >> (high - w->addr) * 8) & (PCI_EXP_DEVCTL_BCR_FLR >> 8);
}

static enum rig_reset_cause reset_cause(const RigTarget *t)
{
    const PCIConfigWrite *w;

    for (w = pci_config_write_current(); w; w = w->outer) {
        if (w->dev == t->dev && is_flr_write(t, w)) {
            return RIG_RESET_FLR;
        }
        if (w->dev == t->dev && registers_touched(t, w) & RIG_CONFIG_PMCSR) {
            return RIG_RESET_PM;
        }
        if (is_bus_reset_write(w) && is_above(w->dev, t->dev)) {
            return RIG_RESET_BUS;
        }
    }
    return RIG_RESET_SYSTEM;
}

static void emit_reset(RigTap *tap, const RigTarget *t,
                       enum rig_reset_cause cause)
{
    struct rig_ev_reset reset = {
        .target = t->info.target,
        .cause = cpu_to_le16(cause),
    };

    trace_rig_tap_reset(t->id, cause);
    rig_tap_emit(tap, RIG_EV_RESET, &reset, sizeof(reset));
}

static void observe_reset(PCIObserver *observer, PCIDevice *dev, bool done)
{
    RigTap *tap = container_of(observer, RigTap, observer);
    RigTarget *t = find_target(tap, dev);

    if (!t || !recording(tap)) {
        return;
    }
    if (!done) {
        emit_reset(tap, t, reset_cause(t));
    } else {
        update_state(tap, t);
    }
}

/* --- MSI-X table and interrupts ------------------------------------------ */

static void observe_msix_table(PCIObserver *observer, PCIDevice *dev,
                               unsigned vector, unsigned dword, uint32_t old,
                               uint32_t value)
{
    RigTap *tap = container_of(observer, RigTap, observer);
    RigTarget *t = find_target(tap, dev);
    struct rig_ev_table table;

    if (!t) {
        return;
    }
    table = (struct rig_ev_table) {
        .target = t->info.target,
        .vector = cpu_to_le16(vector),
        .dword = cpu_to_le16(dword),
        .value = cpu_to_le32(value),
        .old = cpu_to_le32(old),
    };
    rig_tap_emit(tap, RIG_EV_TABLE, &table, sizeof(table));
}

static RigRun *find_run(RigTap *tap, const RigRun *like)
{
    for (unsigned i = 0; i < tap->n_runs; i++) {
        RigRun *run = &tap->runs[i];

        if (run->target == like->target && run->vector == like->vector &&
            run->outcome == like->outcome && run->command == like->command) {
            return run;
        }
    }
    return NULL;
}

static enum rig_raised raised_outcome(PCIInterruptOutcome outcome)
{
    switch (outcome) {
    case PCI_INTERRUPT_SENT:
        return RIG_RAISED_SENT;
    case PCI_INTERRUPT_PENDED:
        return RIG_RAISED_PENDED;
    case PCI_INTERRUPT_DROPPED:
        return RIG_RAISED_DROPPED;
    case PCI_INTERRUPT_DISABLED:
        return RIG_RAISED_DISABLED;
    }
    g_assert_not_reached();
}

static void observe_interrupt(PCIObserver *observer, PCIDevice *dev,
                              unsigned vector, PCIInterruptOutcome outcome)
{
    RigTap *tap = container_of(observer, RigTap, observer);
    RigTarget *t = find_target(tap, dev);
    int64_t now;
    RigRun like, *run;

    if (!t || !recording(tap)) {
        return;
    }
    if (tap->restored) {
        put_epoch(tap);
    }
    now = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
    like = (RigRun) {
        .target = le16_to_cpu(t->info.target),
        .vector = vector == PCI_INTERRUPT_INTX ? RIG_VECTOR_INTX : vector,
        .outcome = raised_outcome(outcome),
        .command = pci_get_word(dev->config + PCI_COMMAND),
        .first_ns = now,
    };
    run = find_run(tap, &like);
    if (!run) {
        if (tap->n_runs == RIG_RUNS_MAX) {
            close_runs(tap);
        }
        run = &tap->runs[tap->n_runs++];
        *run = like;
    }
    run->count++;
    run->last_ns = now;
}

/* --- plug and unplug ----------------------------------------------------- */

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
            emit_reset(tap, t, RIG_RESET_UNPLUG);
            rig_tap_emit(tap, RIG_EV_TARGET, &t->info, sizeof(t->info));
        }
    }
}

/* --- start --------------------------------------------------------------- */

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

    put_now(tap, RIG_EV_HELLO, &hello, sizeof(hello));
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
    put_hello(tap);
    for (unsigned i = 0; i < tap->n_targets; i++) {
        RigTarget *t = &tap->targets[i];

        put_now(tap, RIG_EV_TARGET, &t->info, sizeof(t->info));
        put_now(tap, RIG_EV_STATE, &t->state, sizeof(t->state));
    }
    tap->started = true;
    tap->observer = (PCIObserver) {
        .config_write = observe_config_write,
        .reset = observe_reset,
        .msix_table = observe_msix_table,
        .interrupt = observe_interrupt,
    };
    pci_observer_register(&tap->observer);
    tap->listener = (DeviceListener) {
        .realize = device_realized,
        .unrealize = device_unrealized,
    };
    device_listener_register(&tap->listener);
}
