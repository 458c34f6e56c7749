/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The life of a driver: the steps of host.h, in the order in which NDIS and
 * the PnP manager make the calls.
 *
 *   install   image, DriverEntry, MiniportAddDevice, resource filter
 *   init      MiniportStartDevice, MiniportInitializeEx
 *   restart   MiniportRestart, packet filter, link
 *   pause     MiniportPause            halt    MiniportHaltEx
 *   remove    MiniportRemoveDevice     unload  MiniportDriverUnload
 *
 * Restart and pause are in state.c; power, reset, shutdown and surprise removal
 * have files of their own.
 * A failed MiniportInitializeEx is final: MiniportHaltEx is never called then.
 */
#include <errno.h>
#include <string.h>
#include "ndis/life.h"
#include "ndis/pool.h"

#define WORK_WAIT (5 * NSEC_PER_SEC)

/* --- install ---------------------------------------------------------- */

static void init_device_object(DEVICE_OBJECT *d)
{
    d->Type = 3;  /* IO_TYPE_DEVICE */
    d->Size = sizeof(*d);
    d->ReferenceCount = 1;
    d->StackSize = 1;
    d->DriverObject = &host.driver;
}

static uint32_t add_device(void)
{
    struct adapter *a = current();
    struct callback cb;
    uint32_t status = 0;

    init_device_object(&a->pdo);
    init_device_object(&a->fdo);
    if (host.pnp.MiniportAddDeviceHandler) {
        callback_enter(&cb, "MiniportAddDevice");
        status = (uint32_t)host.pnp.MiniportAddDeviceHandler(
            a->handle, host.driver_context);
        callback_leave(&cb, status);
    }
    a->added = status == 0;
    return status;
}

uint32_t host_install(void)
{
    uint32_t status;

    if (host_faults_bad()) {
        return HOST_FAILED;
    }
    if (current()->added) {
        return host_set_error(HOST_SKIPPED, "the driver is installed");
    }
    current()->phase = PHASE_INSTALL;
    current()->taken_back = current()->failed = false;
    status = host.loaded ? 0 : life_load();
    if (status == 0) {
        status = add_device();
    }
    if (status) {
        return status;
    }
    return resources_assign() ? host_set_error(HOST_FAILED, "the resources "
                                               "cannot be assigned: %s",
                                               strerror(errno)) : 0;
}

/* --- init ------------------------------------------------------------- */

/* NDIS never calls MiniportInitializeEx without these INF entries. */
static const char *missing_type(void)
{
    const struct inf_install *inf = current()->install;

    return inf->if_type < 0 ? "*IfType"
           : inf->media_type < 0 ? "*MediaType"
           : inf->physical_media_type < 0 ? "*PhysicalMediaType" : NULL;
}

static uint32_t start_device(void)
{
    IO_STACK_LOCATION *location;
    struct callback cb;
    uint32_t status;
    IRP *irp;

    if (!host.pnp.MiniportStartDeviceHandler) {
        return 0;
    }
    irp = irp_new(0, &location);  /* IRP_MN_START_DEVICE */
    if (!irp) {
        return host_set_error(HOST_FAILED, "no memory for an IRP");
    }
    location->Parameters.StartDevice.AllocatedResources =
        current()->resources.raw;
    location->Parameters.StartDevice.AllocatedResourcesTranslated =
        current()->resources.translated;
    callback_enter(&cb, "MiniportStartDevice");
    status = (uint32_t)host.pnp.MiniportStartDeviceHandler(
        current()->add_device_context, irp);
    callback_leave(&cb, status);
    irp_free(irp);
    return status;
}

static void fill_pci_properties(NDIS_PCI_DEVICE_CUSTOM_PROPERTIES *p)
{
    const struct vfio_device *d = current()->device;

    p->Header = (NDIS_OBJECT_HEADER) { NDIS_OBJECT_TYPE_DEFAULT, 1,
                                       sizeof(*p) };
    p->DeviceType = 2;          /* PCI Express endpoint */
    p->MaxPayloadSize = p->CurrentPayloadSize = 0;  /* 128 bytes */
    p->CurrentLinkSpeed = p->MaxLinkSpeed = 1;      /* 2.5 GT/s */
    p->CurrentLinkWidth = p->MaxLinkWidth = 1;
    p->PciExpressVersion = 2;
    p->InterruptType = (d && d->intx ? 1u : 0) |
                       (d && d->msix_vectors ? 4u : 0);
    p->MaxInterruptMessages = d ? d->msix_vectors : 0;
}

static uint32_t call_initialize(void)
{
    NDIS_PCI_DEVICE_CUSTOM_PROPERTIES pci = { 0 };
    NDIS_PORT_AUTHENTICATION_PARAMETERS auth = {
        .Header = { NDIS_OBJECT_TYPE_DEFAULT, 1, sizeof(auth) },
        .SendControlState = NdisPortControlStateUncontrolled,
        .RcvControlState = NdisPortControlStateUncontrolled,
        .SendAuthorizationState = NdisPortAuthorized,
        .RcvAuthorizationState = NdisPortAuthorized,
    };
    NDIS_MINIPORT_INIT_PARAMETERS p = {
        .Header = { NDIS_OBJECT_TYPE_MINIPORT_INIT_PARAMETERS,
                    NDIS_MINIPORT_INIT_PARAMETERS_REVISION_1,
                    NDIS_SIZEOF_MINIPORT_INIT_PARAMETERS_REVISION_1 },
        .AllocatedResources =
            &current()->resources.translated->List[0].PartialResourceList,
        .MiniportAddDeviceContext = current()->add_device_context,
        .IfIndex = current()->number + 1,
        .NetLuid = { .Info = { .NetLuidIndex = current()->number + 1,
                               .IfType = IF_TYPE_ETHERNET_CSMACD } },
        .DefaultPortAuthStates = &auth,
        .PciDeviceCustomProperties = &pci,
    };
    struct callback cb;
    uint32_t status;

    fill_pci_properties(&pci);
    callback_enter(&cb, "MiniportInitializeEx");
    status = (uint32_t)host.miniport.InitializeHandlerEx(
        current()->handle, host.driver_context, &p);
    callback_leave(&cb, status);
    return status;
}

/* What the adapter still holds; its timers are stopped. */
static void adapter_gone(void)
{
    timer_report_left(current());
    pool_check();
    object_report_left(PHASE_ADAPTER);
    current()->phase = PHASE_INSTALL;
}

uint32_t life_initialize(void)
{
    uint32_t status;

    current()->phase = PHASE_ADAPTER;
    status = call_initialize();
    if (status) {
        adapter_gone();
        return status;
    }
    if (!current()->has_general) {
        marker_note("MiniportInitializeEx succeeded without general "
                    "attributes");
    }
    current()->initialized = true;
    reset_watch();
    return 0;
}

uint32_t host_initialize(bool post_failure)
{
    const char *missing = missing_type();
    uint32_t status;

    if (host_faults_bad()) {
        return HOST_FAILED;
    }
    if (current()->added && current()->failed) {
        return host_set_error(HOST_SKIPPED, "%s", life_why_halted());
    }
    if (!current()->added || current()->initialized) {
        return host_set_error(HOST_SKIPPED, current()->added
                              ? "the adapter is initialized already"
                              : "the driver is not installed");
    }
    if (missing) {
        return host_set_error(HOST_REFUSED, "the INF sets no %s: NDIS does "
                              "not initialize such an adapter", missing);
    }
    status = start_device();
    if (status) {
        return status;
    }
    if (interrupt_arm_at_start(current())) {
        return host_set_error(HOST_FAILED, "VFIO cannot enable %u messages: "
                              "%s", current()->resources.messages,
                              strerror(errno));
    }
    status = life_initialize();
    if (status == 0 && post_failure) {
        life_halt(NdisHaltDeviceInitializationFailed);
        status = (uint32_t)NDIS_STATUS_FAILURE;
    }
    return status;
}

/* --- halt ------------------------------------------------------------- */

void life_halt(int action)
{
    struct callback cb;

    reset_unwatch();
    current()->initialized = false;
    current()->has_general = false;
    callback_enter_value(&cb, "MiniportHaltEx", (uint64_t)action);
    host.miniport.HaltHandlerEx(current()->context,
                                (NDIS_HALT_ACTION)action);
    callback_leave(&cb, 0);
    adapter_gone();
}

uint32_t host_halt(int action)
{
    if (host_faults_bad()) {
        return HOST_FAILED;
    }
    if (!current()->initialized) {
        return host_set_error(HOST_SKIPPED, "%s", life_why_halted());
    }
    if (current()->running) {
        life_pause(NDIS_PAUSE_NDIS_INTERNAL);
    }
    life_halt(action);
    return 0;
}

/* --- NdisMRemoveMiniport ---------------------------------------------- */

const char *life_why_halted(void)
{
    return __atomic_load_n(&current()->failed, __ATOMIC_ACQUIRE)
           ? "the driver gave its adapter up with NdisMRemoveMiniport"
           : "the adapter is not initialized";
}

void life_give_up(struct adapter *adapter)
{
    __atomic_store_n(&adapter->failed, true, __ATOMIC_RELEASE);
}

/* In D3 that waits for D0, as for any IRP but those that power it up. */
static bool to_be_halted(const struct adapter *a)
{
    return a->initialized && !a->asleep &&
           __atomic_load_n(&a->failed, __ATOMIC_ACQUIRE);
}

void host_settle(void)
{
    struct adapter *before = host_self.adapter;

    for (unsigned i = 0; i < host.adapters; i++) {
        if (!to_be_halted(&host.adapter[i])) {
            continue;
        }
        host_select(i);
        marker_note("NDIS removes the adapter: its driver called "
                    "NdisMRemoveMiniport");
        if (current()->running) {
            life_pause(NDIS_PAUSE_NDIS_INTERNAL);
        }
        life_halt(NdisHaltDeviceFailed);
    }
    host_self.adapter = before;
}

/* --- remove, unload --------------------------------------------------- */

/* From here on the device is the rig's: nothing of the driver reaches it. */
static void take_back(void)
{
    struct vfio_device *d = current()->device;

    current()->taken_back = true;
    interrupt_quiesce(current());
    if (!work_drain(WORK_WAIT)) {
        marker_note("a work item of the driver is still running");
    }
    removal_undo();
    power_restore();
    if (d && d->can_reset && vfio_reset(d)) {
        marker_note("the function cannot be reset: %s", strerror(errno));
    }
    adapter_tell();
    marker_simple(RIG_MK_QUIESCED, NULL, 0);
}

bool host_taken_back(void)
{
    for (unsigned i = 0; i < host.adapters; i++) {
        if (host.adapter[i].added ||
            (host.adapter[i].pdo.Type && !host.adapter[i].taken_back)) {
            return false;
        }
    }
    return true;
}

uint32_t host_remove(void)
{
    struct callback cb;

    if (host_faults_bad()) {
        return HOST_FAILED;
    }
    if (!current()->added) {
        return host_set_error(HOST_SKIPPED, "no device is added");
    }
    if (current()->initialized) {
        host_halt(NdisHaltDeviceDisabled);
    }
    current()->added = false;
    if (host.pnp.MiniportRemoveDeviceHandler) {
        callback_enter(&cb, "MiniportRemoveDevice");
        host.pnp.MiniportRemoveDeviceHandler(current()->add_device_context);
        callback_leave(&cb, 0);
    }
    take_back();
    return 0;
}

static void report_registration(void)
{
    struct rig_marker m;

    if (host.registered) {
        marker_prepare(&m, RIG_MK_LEFT, "miniport driver registration");
        m.arg[0] = 1;
        marker_emit(&m);
    }
}

/* Unloading a driver ends what is left of its adapters. */
static void give_up(void)
{
    if (current()->added) {
        host_remove();
    } else if (current()->pdo.Type && !current()->taken_back) {
        take_back();
    }
}

uint32_t host_unload(void)
{
    struct callback cb;

    if (host_faults_bad()) {
        return HOST_FAILED;
    }
    if (!host.registered || !host.miniport.UnloadHandler) {
        return host_set_error(HOST_SKIPPED, "no driver is loaded");
    }
    for (unsigned i = 0; i < host.adapters; i++) {
        host_select(i);
        give_up();
    }
    callback_enter(&cb, "MiniportDriverUnload");
    host.miniport.UnloadHandler(&host.driver);
    callback_leave(&cb, 0);
    report_registration();
    pool_check();
    object_report_left(PHASE_INSTALL);
    return 0;
}
