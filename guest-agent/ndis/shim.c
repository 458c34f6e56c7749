/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rigshim.sys in the NDIS host.
 *
 * How it works: an instrumented driver's import of rigshim.sys makes the PE
 * loader load that image, as Windows' does. Its own imports from NDIS.SYS are
 * the same thunks that an ordinary driver gets, so faults, contracts and the
 * host's markers do not change; those from ntoskrnl.exe are the WDM functions
 * below, which nobody counts as the driver's. Its device is what PnP makes of
 * a rig-tap: a stack of two device objects, started with the tap's two BARs.
 * Before the device is started, and without a tap, the shim only calls through.
 */
#include "ndis/shim.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>
#include "ndis/core.h"
#include "ndis/thunk.h"

#define SHIM_BASE 0x190000000ull   /* behind the driver's image */
#define FILE_MAX  (16u << 20)

/* wdm.h */
#define IRP_MJ_DEVICE_CONTROL 0x0e
#define IRP_MJ_POWER          0x16
#define IRP_MN_START_DEVICE   0x00
#define IRP_MN_REMOVE_DEVICE  0x02
#define IRP_MN_SET_POWER      0x02
#define IRP_MN_QUERY_POWER    0x03
#define SL_INVOKE_ON_SUCCESS  0x40
#define SL_INVOKE_ON_ERROR    0x80
#define SYSTEM_POWER 0  /* POWER_STATE_TYPE */
#define DEVICE_POWER 1

/* IO_STACK_LOCATION.Parameters.Power */
struct power {
    ULONG context, pad;
    ULONG type, pad_type;
    ULONG state, pad_state;
    ULONG shutdown, pad_shutdown;
};

/* REQUEST_POWER_COMPLETE */
typedef VOID NTAPI power_complete(PDEVICE_OBJECT device, UCHAR minor,
                                  ULONG state, PVOID context,
                                  PIO_STATUS_BLOCK status);

#define EXTENSION_MAX 256u
#define LOCATIONS     2

struct request {
    IRP irp; /* the first: one is found by the other */
    IO_STACK_LOCATION location[LOCATIONS];
    bool completed;
};

struct device {
    DEVICE_OBJECT object;
    uint8_t extension[EXTENSION_MAX];
};

static struct {
    struct pe_image image;
    DRIVER_OBJECT driver;
    struct {               /* DRIVER_EXTENSION */
        DRIVER_OBJECT *driver;
        NTSTATUS NTAPI (*add_device)(DRIVER_OBJECT *, DEVICE_OBJECT *);
        void *reserved[4];
    } driver_extension;
    struct device pdo, fdo;
    bool created, linked, started;
    struct marker_bar bars[2];
    int32_t (*bus_power)(uint32_t device_state);
    struct request request;
} shim;

/* --- ntoskrnl.exe ------------------------------------------------------- */

static NTSTATUS NTAPI io_create_device(PDRIVER_OBJECT driver, ULONG extension,
                                       PUNICODE_STRING name, DEVICE_TYPE type,
                                       ULONG characteristics,
                                       BOOLEAN exclusive,
                                       PDEVICE_OBJECT *device)
{
    (void)name;
    (void)exclusive;
    if (shim.created || extension > EXTENSION_MAX) {
        return (NTSTATUS)STATUS_OBJECT_NAME_COLLISION;
    }
    memset(&shim.fdo, 0, sizeof(shim.fdo));
    shim.fdo.object.Type = 3;  /* IO_TYPE_DEVICE */
    shim.fdo.object.Size = sizeof(DEVICE_OBJECT);
    shim.fdo.object.DriverObject = driver;
    shim.fdo.object.DeviceExtension = shim.fdo.extension;
    shim.fdo.object.DeviceType = type;
    shim.fdo.object.Characteristics = characteristics;
    shim.fdo.object.StackSize = 1;
    shim.created = true;
    *device = &shim.fdo.object;
    return STATUS_SUCCESS;
}

static VOID NTAPI io_delete_device(PDEVICE_OBJECT device)
{
    (void)device;
    shim.created = false;
}

static PDEVICE_OBJECT NTAPI io_attach(PDEVICE_OBJECT source,
                                      PDEVICE_OBJECT target)
{
    source->StackSize = (CCHAR)(target->StackSize + 1);
    target->AttachedDevice = source;
    return target;
}

static VOID NTAPI io_detach(PDEVICE_OBJECT lower)
{
    lower->AttachedDevice = NULL;
}

static NTSTATUS NTAPI io_create_link(PUNICODE_STRING link,
                                     PUNICODE_STRING device)
{
    (void)link;
    (void)device;
    shim.linked = true;
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI io_delete_link(PUNICODE_STRING link)
{
    (void)link;
    shim.linked = false;
    return STATUS_SUCCESS;
}

/* The PCI bus driver: what it is asked here succeeds. */
static BOOLEAN NTAPI io_forward(PDEVICE_OBJECT device, PIRP irp)
{
    (void)device;
    irp->IoStatus.Status = STATUS_SUCCESS;
    return TRUE;
}

/* WDK, "IoCompleteRequest": up the stack, as far as nobody takes it back. */
static VOID NTAPI iof_complete(PIRP irp, CCHAR boost)
{
    struct request *r = (struct request *)irp;

    (void)boost;
    while (irp->CurrentLocation <= irp->StackCount) {
        IO_STACK_LOCATION *s = irp->Tail.Overlay.CurrentStackLocation++;
        UCHAR wanted = irp->IoStatus.Status >= 0 ? SL_INVOKE_ON_SUCCESS
                                                 : SL_INVOKE_ON_ERROR;
        NTSTATUS NTAPI (*routine)(PDEVICE_OBJECT, PIRP, PVOID) =
            (void *)s->CompletionRoutine;

        irp->CurrentLocation++;
        if (routine && s->Control & wanted &&
            routine(irp->CurrentLocation <= irp->StackCount
                    ? s[1].DeviceObject : NULL, irp, s->Context) ==
            (NTSTATUS)STATUS_MORE_PROCESSING_REQUIRED) {
            return;
        }
    }
    r->completed = true;
}

/* The PCI bus driver: it puts the function into a device state, and all else
   succeeds. */
static NTSTATUS NTAPI iof_call(PDEVICE_OBJECT device, PIRP irp)
{
    const IO_STACK_LOCATION *s = --irp->Tail.Overlay.CurrentStackLocation;
    const struct power *p = (const void *)&s->Parameters;

    (void)device;
    irp->CurrentLocation--;
    irp->IoStatus.Status = STATUS_SUCCESS;
    if (s->MajorFunction == IRP_MJ_POWER && p->type == DEVICE_POWER &&
        s->MinorFunction == IRP_MN_SET_POWER && shim.bus_power) {
        irp->IoStatus.Status = shim.bus_power(p->state);
    }
    iof_complete(irp, 0);
    return irp->IoStatus.Status;
}

/* The tap is mapped in this process already. */
static PVOID NTAPI map_io_space(PHYSICAL_ADDRESS address, SIZE_T bytes,
                                int cache)
{
    (void)cache;
    for (unsigned i = 0; i < 2; i++) {
        const struct marker_bar *b = &shim.bars[i];

        if ((uint64_t)address.QuadPart == b->address && bytes <= b->size) {
            return b->mapped;
        }
    }
    return NULL;
}

static VOID NTAPI unmap_io_space(PVOID address, SIZE_T bytes)
{
    (void)address;
    (void)bytes;
}

static PVOID NTAPI current_thread(void)
{
    return &host_self;
}

static NTSTATUS send_power(struct request *r, UCHAR minor, ULONG type,
                           ULONG state);

/* A device request to the top of the stack; it is over when this returns. */
static NTSTATUS NTAPI po_request(PDEVICE_OBJECT device, UCHAR minor,
                                 ULONG state, power_complete *complete,
                                 PVOID context, PIRP *irp)
{
    struct request r = { 0 };

    (void)irp;
    r.irp.IoStatus.Status = send_power(&r, minor, DEVICE_POWER, state);
    complete(device, minor, state, context, &r.irp.IoStatus);
    return (NTSTATUS)STATUS_PENDING;
}

static const struct {
    const char *name;
    void *function;
} kernel[] = {
    { "IoCreateDevice", io_create_device },
    { "IoDeleteDevice", io_delete_device },
    { "IoAttachDeviceToDeviceStack", io_attach },
    { "IoDetachDevice", io_detach },
    { "IoCreateSymbolicLink", io_create_link },
    { "IoDeleteSymbolicLink", io_delete_link },
    { "IoForwardIrpSynchronously", io_forward },
    { "IofCallDriver", iof_call },
    { "IofCompleteRequest", iof_complete },
    { "MmMapIoSpace", map_io_space },
    { "MmUnmapIoSpace", unmap_io_space },
    { "PsGetCurrentThread", current_thread },
    { "PoRequestPowerIrp", po_request },
};

/* --- the image ---------------------------------------------------------- */

/* Its calls of NDIS are the driver's; no other call of it is anybody's. */
static void *resolve_import(void *opaque, const char *dll, const char *name,
                            unsigned ordinal)
{
    const struct export *ex;

    if (g_ascii_strcasecmp(dll, "NDIS.SYS") == 0) {
        return thunk_resolve(opaque, dll, name, ordinal);
    }
    for (unsigned i = 0; name && i < ARRAYSIZE(kernel); i++) {
        if (strcmp(kernel[i].name, name) == 0) {
            return kernel[i].function;
        }
    }
    ex = name ? export_find(name) : NULL;
    return ex ? ex->address : NULL;
}

static bool load(void)
{
    g_autofree char *dir = g_path_get_dirname(host.config.sys_path);
    g_autofree char *path = g_build_filename(dir, RIGSHIM_MODULE, NULL);
    g_autoptr(GError) error = NULL;
    g_autofree char *file = NULL;
    char text[160];
    gsize len;

    if (shim.image.base) {
        return true;
    }
    if (!g_file_get_contents(path, &file, &len, &error)) {
        host_set_error(HOST_REFUSED, "the driver imports from "
                       RIGSHIM_MODULE ": %s", error->message);
        return false;
    }
    if (len > FILE_MAX) {
        host_set_error(HOST_REFUSED, RIGSHIM_MODULE ": %zu bytes are too many",
                       len);
        return false;
    }
    if (pe_load((const uint8_t *)file, len, SHIM_BASE, resolve_import, NULL,
                &shim.image, text, sizeof(text))) {
        host_set_error(HOST_REFUSED, RIGSHIM_MODULE ": %s", text);
        return false;
    }
    return true;
}

void *shim_resolve(const char *name)
{
    void *address = name && load() ? pe_export(&shim.image, name) : NULL;

    if (!address && shim.image.base) {
        host_set_error(HOST_REFUSED, RIGSHIM_MODULE " exports no %s: driver "
                       "and shim are of different versions",
                       name ? name : "ordinals");
    }
    return address;
}

/* --- its device --------------------------------------------------------- */

static NTSTATUS send_request(struct request *r, uint8_t major, uint8_t minor)
{
    IRP *irp = &r->irp;
    IO_STACK_LOCATION *s = &r->location[LOCATIONS - 1];
    NTSTATUS status;

    irp->Type = 6;  /* IO_TYPE_IRP */
    irp->Size = sizeof(*irp);
    irp->StackCount = irp->CurrentLocation = LOCATIONS;
    irp->Tail.Overlay.CurrentStackLocation = s;
    irp->IoStatus.Status = (NTSTATUS)STATUS_NOT_SUPPORTED;
    irp->IoStatus.Information = 0;
    s->MajorFunction = major;
    s->MinorFunction = minor;
    s->DeviceObject = &shim.fdo.object;
    r->completed = false;
    status = shim.driver.MajorFunction[major](&shim.fdo.object, irp);
    return r->completed ? irp->IoStatus.Status : status;
}

static NTSTATUS send(uint8_t major, uint8_t minor)
{
    return send_request(&shim.request, major, minor);
}

static NTSTATUS send_power(struct request *r, UCHAR minor, ULONG type,
                           ULONG state)
{
    struct power *p = (void *)&r->location[LOCATIONS - 1].Parameters;

    p->type = type;
    p->state = state;
    return send_request(r, IRP_MJ_POWER, minor);
}

static void add_memory(CM_PARTIAL_RESOURCE_LIST *list,
                       const struct marker_bar *bar)
{
    CM_PARTIAL_RESOURCE_DESCRIPTOR *r =
        &list->PartialDescriptors[list->Count++];

    r->Type = CmResourceTypeMemory;
    r->ShareDisposition = CmResourceShareDeviceExclusive;
    r->Flags = CM_RESOURCE_MEMORY_BAR;
    r->u.Memory.Start.QuadPart = (LONGLONG)bar->address;
    r->u.Memory.Length = (ULONG)bar->size;
}

static NTSTATUS start_device(void)
{
    struct {
        CM_RESOURCE_LIST list;
        CM_PARTIAL_RESOURCE_DESCRIPTOR more;
    } resources = { .list = { .Count = 1 } };
    IO_STACK_LOCATION *s = &shim.request.location[LOCATIONS - 1];
    CM_FULL_RESOURCE_DESCRIPTOR *full = &resources.list.List[0];

    full->InterfaceType = PCIBus;
    full->PartialResourceList.Version = 1;
    full->PartialResourceList.Revision = 1;
    add_memory(&full->PartialResourceList, &shim.bars[0]);
    add_memory(&full->PartialResourceList, &shim.bars[1]);
    memset(&shim.request, 0, sizeof(shim.request));
    s->Parameters.StartDevice.AllocatedResources = &resources.list;
    s->Parameters.StartDevice.AllocatedResourcesTranslated = &resources.list;
    return send(IRP_MJ_PNP, IRP_MN_START_DEVICE);
}

uint32_t shim_request(uint32_t code, void *buffer, uint32_t in, uint32_t out,
                      uint32_t *done)
{
    IO_STACK_LOCATION *s = &shim.request.location[LOCATIONS - 1];
    NTSTATUS status;

    memset(&shim.request, 0, sizeof(shim.request));
    shim.request.irp.AssociatedIrp.SystemBuffer = buffer;
    s->Parameters.DeviceIoControl.IoControlCode = code;
    s->Parameters.DeviceIoControl.InputBufferLength = in;
    s->Parameters.DeviceIoControl.OutputBufferLength = out;
    status = send(IRP_MJ_DEVICE_CONTROL, 0);
    *done = (uint32_t)shim.request.irp.IoStatus.Information;
    return (uint32_t)status;
}

/* AddDevice and IRP_MN_START_DEVICE, as for a tap that the bus reports. */
static uint32_t add_tap(void)
{
    NTSTATUS status;

    shim.pdo.object.Type = 3;
    shim.pdo.object.Size = sizeof(DEVICE_OBJECT);
    shim.pdo.object.StackSize = 1;
    status = shim.driver_extension.add_device(&shim.driver,
                                              &shim.pdo.object);
    if (status == 0) {
        status = start_device();
    }
    if (status) {
        return host_set_error(HOST_REFUSED, RIGSHIM_MODULE " does not start "
                              "the tap: status 0x%08x", (uint32_t)status);
    }
    shim.started = true;
    return 0;
}

static uint32_t agree(void)
{
    struct rigshim_info info;
    struct rigshim_position position = {
        host.config.scenario, host.config.cycle,
    };
    uint32_t done, status;

    status = shim_request(RIGSHIM_IOCTL_VERSION, &info, 0, sizeof(info),
                          &done);
    if (status || done != sizeof(info) || info.version != RIGSHIM_VERSION ||
        info.stream_version != RIG_STREAM_VERSION) {
        return host_set_error(HOST_REFUSED, RIGSHIM_MODULE " is of another "
                              "version than this host");
    }
    status = shim_request(RIGSHIM_IOCTL_POSITION, &position, sizeof(position),
                          0, &done);
    return status ? host_set_error(HOST_REFUSED, RIGSHIM_MODULE " takes no "
                                   "position: status 0x%08x", status) : 0;
}

uint32_t shim_start(void)
{
    UNICODE_STRING path = { 0 };
    NTSTATUS status;

    if (!shim.image.base || shim.started) {
        return 0;
    }
    shim.driver.Type = 4;  /* IO_TYPE_DRIVER */
    shim.driver.Size = sizeof(shim.driver);
    shim.driver.DriverStart = shim.image.base;
    shim.driver.DriverSize = (ULONG)shim.image.size;
    shim.driver.DriverExtension = &shim.driver_extension;
    shim.driver_extension.driver = &shim.driver;
    shim.driver.DriverInit =
        (PDRIVER_INITIALIZE)(void *)(shim.image.base + shim.image.entry);
    status = shim.driver.DriverInit(&shim.driver, &path);
    if (status) {
        return host_set_error(HOST_REFUSED, "DriverEntry of " RIGSHIM_MODULE
                              " returned 0x%08x", (uint32_t)status);
    }
    if (!marker_bars(&shim.bars[0], &shim.bars[1])) {
        return 0;
    }
    return add_tap() ? HOST_REFUSED : agree();
}

void shim_stop(void)
{
    if (shim.started) {
        memset(&shim.request, 0, sizeof(shim.request));
        send(IRP_MJ_PNP, IRP_MN_REMOVE_DEVICE);
        shim.started = false;
    }
}

uint32_t shim_pnp(uint8_t minor)
{
    memset(&shim.request, 0, sizeof(shim.request));
    return (uint32_t)send(IRP_MJ_PNP, minor);
}

uint32_t shim_system_power(bool query, uint32_t state)
{
    struct request r = { 0 };

    return (uint32_t)send_power(&r, query ? IRP_MN_QUERY_POWER
                                          : IRP_MN_SET_POWER,
                                SYSTEM_POWER, state);
}

void shim_bus_power(int32_t (*bus)(uint32_t device_state))
{
    shim.bus_power = bus;
}

/* --- its code ----------------------------------------------------------- */

const struct pe_image *shim_image_at(uint64_t address)
{
    return pe_is_text(&host.image, address) ? &host.image :
           pe_is_text(&shim.image, address) ? &shim.image : NULL;
}

void shim_leave(struct stack_context *c)
{
    struct stack_context out = *c;

    if (pe_is_text(&shim.image, c->rip) && stack_leave(&shim.image, &out) &&
        pe_is_text(&host.image, out.rip)) {
        *c = out;
    }
}

uint32_t shim_call_site(const uint64_t *frame)
{
    struct stack_context c = { .top = host_self.stack_top, .known = 1u << 4 };
    uint32_t site = pe_call_site(&host.image, frame[0]);

    if (site || !pe_is_text(&shim.image, frame[0])) {
        return site;
    }
    c.rip = frame[0];
    c.reg[4] = (uintptr_t)(frame + 1);
    shim_leave(&c);
    return pe_call_site(&host.image, c.rip);
}
