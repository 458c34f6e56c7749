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
 * Power, reset, shutdown and surprise removal are in files of their own.
 * A failed MiniportInitializeEx is final: MiniportHaltEx is never called then.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "ndis/life.h"
#include "ndis/pool.h"
#include "ndis/thunk.h"

/* Without a device there is still pool memory; where it lies, and how much. */
#define BARE_ARENA      0x200000000000ull
#define BARE_ARENA_SIZE ((size_t)16 << 20)
#define BARE_IOVA       0x40000000ull

#define FILE_MAX        (64u << 20)
#define LINK_WAIT       (3 * NSEC_PER_SEC)  /* auto-negotiation and more */
#define LINK_POLL       1000000u            /* ns */
#define WORK_WAIT       (5 * NSEC_PER_SEC)
#define PENDING_WAIT    (7 * NSEC_PER_SEC)  /* for a pause, restart, reset */

struct host host = { .windows = WINDOWS_NEWEST };

static char error_text[256];
static bool faults_bad;

static struct {
    pthread_mutex_t lock;
    pthread_cond_t done;
    bool waiting, completed;
    const struct adapter *adapter;
    enum life_wait what;
    uint32_t status;
} pending;

__attribute__((constructor)) static void life_init(void)
{
    thread_mutex_init(&pending.lock);
    thread_cond_init(&pending.done);
}

uint32_t host_set_error(uint32_t code, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(error_text, sizeof(error_text), fmt, ap);
    va_end(ap);
    return code;
}

const char *host_error(void)
{
    return error_text;
}

/* A fault that cannot be injected breaks the step it was meant for. */
void host_set_faults(const struct host_fault *faults, unsigned n)
{
    faults_bad = !thunk_set_faults(faults, n);
}

void host_record_points(struct host_points *points, unsigned flags,
                        const struct host_record_hooks *hooks)
{
    thunk_record(points, flags, hooks);
}

void host_set_step(unsigned step, bool recorded)
{
    thunk_set_step(step, recorded);
}

bool host_faults_bad(void)
{
    return faults_bad;
}

/* --- asynchronous completions ----------------------------------------- */

void life_expect(enum life_wait what)
{
    pthread_mutex_lock(&pending.lock);
    pending.adapter = current();
    pending.what = what;
    pending.waiting = true;
    pending.completed = false;
    pthread_mutex_unlock(&pending.lock);
}

bool life_pending(enum life_wait what)
{
    bool is;

    pthread_mutex_lock(&pending.lock);
    is = pending.waiting && pending.what == what && !pending.completed;
    pthread_mutex_unlock(&pending.lock);
    return is;
}

/* Bug check 0x7C/0x1F: nothing is pending that could complete. */
void life_complete(NDIS_HANDLE adapter, enum life_wait what, uint32_t status)
{
    pthread_mutex_lock(&pending.lock);
    if (!pending.waiting || pending.what != what || pending.completed ||
        pending.adapter != adapter_get(adapter)) {
        pthread_mutex_unlock(&pending.lock);
        bug_check(0x7c, 0x1f, what, 0, 0);
    }
    pending.completed = true;
    pending.status = status;
    pthread_cond_broadcast(&pending.done);
    pthread_mutex_unlock(&pending.lock);
}

/* Bug check 0x7C: NDIS' watchdogs for what a miniport left pending. */
static void overdue(enum life_wait what)
{
    if (what == LIFE_PAUSE) {
        bug_check(0x7c, 0x25, 0x21, current()->number, 0);
    }
    bug_check(0x7c, 0x24, what, current()->number, 0);
}

uint32_t life_settle(uint32_t status)
{
    struct timespec at = time_at(time_now() + PENDING_WAIT);
    int err = 0;

    pthread_mutex_lock(&pending.lock);
    while (status == (uint32_t)NDIS_STATUS_PENDING && !pending.completed &&
           !err) {
        err = pthread_cond_timedwait(&pending.done, &pending.lock, &at);
    }
    if (err) {
        overdue(pending.what);
    }
    if (status == (uint32_t)NDIS_STATUS_PENDING) {
        status = pending.status;
    }
    pending.waiting = false;
    pthread_mutex_unlock(&pending.lock);
    return status;
}

/* --- the process ------------------------------------------------------ */

static int open_arena(void)
{
    struct vfio_device *d = current()->device;
    void *p;

    if (d) {
        return arena_open(d->arena, d->arena_size, d->arena_iova);
    }
    p = mmap((void *)BARE_ARENA, BARE_ARENA_SIZE, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    return p == MAP_FAILED ? -1 : arena_open(p, BARE_ARENA_SIZE, BARE_IOVA);
}

static bool prepared; /* a fork inherits it */

static void configure(const struct host_config *config)
{
    const struct windows_version *windows = config->install[0]->windows;

    host.config = *config;
    trace_set(config->trace);
    host.windows = windows ? windows : WINDOWS_NEWEST;
    host.adapters = config->adapters;
    for (unsigned i = 0; i < host.adapters; i++) {
        struct adapter *a = &host.adapter[i];

        a->number = i;
        a->handle = ADAPTER_HANDLE(i);
        a->device = config->device[i];
        a->install = config->install[i];
    }
    host_self.adapter = &host.adapter[0];
}

/* --- adapters --------------------------------------------------------- */

struct adapter *adapter_get(NDIS_HANDLE handle)
{
    for (unsigned i = 0; i < host.adapters; i++) {
        if (host.adapter[i].handle == handle) {
            return &host.adapter[i];
        }
    }
    return NULL;
}

void adapter_tell(void)
{
    unsigned number = current()->number;
    struct rig_marker m;

    if (host.adapters > 1 && host_self.told != number + 1) {
        host_self.told = number + 1;
        marker_prepare(&m, RIG_MK_ADAPTER, NULL);
        m.arg[0] = number;
        marker_emit(&m);
    }
}

void host_limit_messages(unsigned messages)
{
    current()->limited = true;
    current()->messages_max = messages;
}

bool host_select(unsigned number)
{
    if (number >= host.adapters) {
        return false;
    }
    host_self.adapter = &host.adapter[number];
    return true;
}

/* What a fork can inherit, but for the image. */
static uint32_t open_memory(void)
{
    if (open_arena() || pool_guard(host.config.guard_pages)) {
        return host_set_error(HOST_FAILED, "no memory for the driver: %s",
                              strerror(errno));
    }
    return thunk_open() ? host_set_error(HOST_FAILED, "no memory for import "
                                         "thunks: %s", strerror(errno)) : 0;
}

uint32_t host_open(const struct host_config *config)
{
    uint32_t status;

    configure(config);
    status = prepared ? 0 : open_memory();
    if (status) {
        return status;
    }
    if (thread_init(THREAD_MAIN) || trap_install()) {
        return host_set_error(HOST_FAILED, "the process cannot be prepared "
                              "for driver code: %s", strerror(errno));
    }
    if (interrupt_open()) {
        return host_set_error(HOST_FAILED, "no threads for the driver: %s",
                              strerror(errno));
    }
    return 0;
}

/* --- install ---------------------------------------------------------- */

static uint32_t load_image(void)
{
    g_autofree gchar *file = NULL;
    g_autoptr(GError) error = NULL;
    const char *path = host.config.sys_path;
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    char text[160];
    gsize len;

    if (!g_file_get_contents(path, &file, &len, &error)) {
        return host_set_error(HOST_REFUSED, "%s", error->message);
    }
    if (len > FILE_MAX) {
        return host_set_error(HOST_REFUSED, "%s: %zu bytes are too many for "
                              "a driver", path, len);
    }
    if (pe_load((const uint8_t *)file, len, PE_LOAD_BASE, thunk_resolve, NULL,
                &host.image, text, sizeof(text))) {
        return host_set_error(HOST_REFUSED, "%s: %s", name, text);
    }
    return 0;
}

uint32_t host_prepare(const struct host_config *config)
{
    uint32_t status;

    configure(config);
    status = open_memory();
    if (status == 0) {
        status = load_image();
    }
    thread_prepare();
    prepared = status == 0;
    return status;
}

static void init_device_object(DEVICE_OBJECT *d)
{
    d->Type = 3;  /* IO_TYPE_DEVICE */
    d->Size = sizeof(*d);
    d->ReferenceCount = 1;
    d->StackSize = 1;
    d->DriverObject = &host.driver;
}

static void init_driver_object(void)
{
    g_autofree char *path = g_strdup_printf(
        "\\Registry\\Machine\\System\\CurrentControlSet\\Services\\%s",
        current()->install->service);
    glong n = 0;
    WCHAR *w = g_utf8_to_utf16(path, -1, NULL, &n, NULL);

    host.registry_path = (UNICODE_STRING) {
        (USHORT)(n * 2), (USHORT)(n * 2 + 2), w,
    };
    host.driver.Type = 4;  /* IO_TYPE_DRIVER */
    host.driver.Size = sizeof(host.driver);
    host.driver.DriverStart = host.image.base;
    host.driver.DriverSize = (ULONG)host.image.size;
    host.driver.DriverInit = (PDRIVER_INITIALIZE)(void *)(host.image.base +
                                                          host.image.entry);
}

static uint32_t driver_entry(void)
{
    struct callback cb;
    uint32_t status;

    callback_enter(&cb, "DriverEntry");
    status = (uint32_t)host.driver.DriverInit(&host.driver,
                                              &host.registry_path);
    callback_leave(&cb, status);
    if (status == 0 && !host.registered) {
        return host_set_error(HOST_REFUSED, "DriverEntry succeeded without "
                              "registering a miniport: this is no NDIS 6 "
                              "miniport driver");
    }
    if (status) {
        object_report_left(PHASE_INSTALL);
    }
    return status;
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

static uint32_t load(void)
{
    uint32_t status = prepared ? 0 : load_image();

    if (status == 0) {
        init_driver_object();
        status = driver_entry();
    }
    host.loaded = status == 0;
    return status;
}

uint32_t host_install(void)
{
    uint32_t status;

    if (faults_bad) {
        return HOST_FAILED;
    }
    if (current()->added) {
        return host_set_error(HOST_SKIPPED, "the driver is installed");
    }
    current()->phase = PHASE_INSTALL;
    current()->taken_back = false;
    status = host.loaded ? 0 : load();
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
    return 0;
}

uint32_t host_initialize(bool post_failure)
{
    const char *missing = missing_type();
    uint32_t status;

    if (faults_bad) {
        return HOST_FAILED;
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

/* --- restart, pause --------------------------------------------------- */

static void wait_for_link(void)
{
    uint64_t end = time_now() + LINK_WAIT;

    while (!__atomic_load_n(&current()->link_up, __ATOMIC_ACQUIRE)) {
        if (time_now() >= end) {
            marker_note("no link after %llu ms", LINK_WAIT / 1000000);
            return;
        }
        time_sleep(LINK_POLL);
    }
}

uint32_t life_restart(void)
{
    NDIS_MINIPORT_RESTART_PARAMETERS p = {
        .Header = { NDIS_OBJECT_TYPE_DEFAULT, 1, sizeof(p) },
    };
    struct callback cb;
    uint32_t status;

    life_expect(LIFE_RESTART);
    callback_enter(&cb, "MiniportRestart");
    status = (uint32_t)host.miniport.RestartHandler(current()->context, &p);
    callback_leave(&cb, status);
    status = life_settle(status);
    if (status) {
        return status;
    }
    current()->running = true;
    protocol_start();
    wait_for_link();
    return 0;
}

uint32_t host_restart(void)
{
    if (faults_bad) {
        return HOST_FAILED;
    }
    if (!current()->initialized || current()->running || current()->asleep) {
        return host_set_error(HOST_SKIPPED, current()->running
                              ? "the adapter is running"
                              : "the adapter is not initialized");
    }
    return life_restart();
}

uint32_t life_pause(uint32_t reason)
{
    NDIS_MINIPORT_PAUSE_PARAMETERS p = {
        .Header = { NDIS_OBJECT_TYPE_DEFAULT, 1, sizeof(p) },
        .PauseReason = reason,
    };
    struct callback cb;
    uint32_t status;

    protocol_stop();
    traffic_pausing();
    life_expect(LIFE_PAUSE);
    callback_enter(&cb, "MiniportPause");
    status = (uint32_t)host.miniport.PauseHandler(current()->context, &p);
    callback_leave(&cb, status);
    status = life_settle(status);
    traffic_paused();
    current()->running = false;  /* a pause cannot fail */
    return status;
}

uint32_t host_pause(void)
{
    if (faults_bad) {
        return HOST_FAILED;
    }
    if (!current()->running) {
        return host_set_error(HOST_SKIPPED, "the adapter is not running");
    }
    return life_pause(NDIS_PAUSE_NDIS_INTERNAL);
}

/* --- halt, remove, unload --------------------------------------------- */

void life_halt(int action)
{
    struct callback cb;

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
    if (faults_bad) {
        return HOST_FAILED;
    }
    if (!current()->initialized) {
        return host_set_error(HOST_SKIPPED, "the adapter is not initialized");
    }
    if (current()->running) {
        life_pause(NDIS_PAUSE_NDIS_INTERNAL);
    }
    life_halt(action);
    return 0;
}

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

    if (faults_bad) {
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

    if (faults_bad) {
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
