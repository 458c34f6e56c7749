/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The I/O manager: IRPs that the driver sends, and what the devices answer.
 *
 * Below the miniport lies one device, that of the PCI bus driver. It answers
 * the PnP requests that miniports send it: the bus interface, configuration
 * space, capabilities. Anything else comes back as a bus driver leaves what it
 * does not know: with the status that it came with.
 */
#include <string.h>
#include "ndis/contract.h"
#include "ndis/core.h"
#include "ndis/device.h"
#include "ndis/thunk.h"

/* wdm.h */
#define IRP_MN_QUERY_INTERFACE    0x08
#define IRP_MN_QUERY_CAPABILITIES 0x09
#define IRP_MN_READ_CONFIG        0x0f
#define IRP_MN_WRITE_CONFIG       0x10

#define SL_PENDING_RETURNED  0x01
#define SL_INVOKE_ON_CANCEL  0x20
#define SL_INVOKE_ON_SUCCESS 0x40
#define SL_INVOKE_ON_ERROR   0x80

/* A request that its sender does not free: IoCompleteRequest() does. */
#define IRP_SYNCHRONOUS_API  0x00000004

#define STACK_MAX 16   /* locations of one IRP */

/* Bug check: IoCallDriver without a stack location for the device. */
#define NO_MORE_IRP_STACK_LOCATIONS 0x35

typedef NTSTATUS NTAPI completion_routine(PDEVICE_OBJECT device, PIRP irp,
                                          PVOID context);

/* --- IRPs ------------------------------------------------------------- */

static size_t irp_bytes(unsigned locations)
{
    return sizeof(IRP) + locations * sizeof(IO_STACK_LOCATION);
}

static PIRP NTAPI io_allocate_irp(CCHAR stack_size, BOOLEAN quota)
{
    IRP *irp;

    (void)quota;
    if (stack_size <= 0 || stack_size > STACK_MAX) {
        return NULL;
    }
    irp = arena_alloc(irp_bytes((unsigned)stack_size), 16);
    if (!irp) {
        return NULL;
    }
    memset(irp, 0, irp_bytes((unsigned)stack_size));
    irp->Type = 6;  /* IO_TYPE_IRP */
    irp->Size = (USHORT)irp_bytes((unsigned)stack_size);
    irp->StackCount = stack_size;
    irp->CurrentLocation = (CHAR)(stack_size + 1);
    irp->Tail.Overlay.CurrentStackLocation =
        (IO_STACK_LOCATION *)(irp + 1) + stack_size;
    object_add(OBJ_IRP, irp, irp_bytes((unsigned)stack_size));
    return irp;
}

static VOID NTAPI io_free_irp(PIRP irp)
{
    size_t size;

    if (object_remove(OBJ_IRP, irp, &size)) {
        arena_free(irp, size);
    } else {
        contract_broken(CONTRACT_DOUBLE_FREE, (uintptr_t)irp, 0, 0,
                        "no IRP lies there");
    }
}

static PIRP NTAPI io_build_synchronous_fsd(ULONG major, PDEVICE_OBJECT device,
                                           PVOID buffer, ULONG length,
                                           PLARGE_INTEGER offset, PKEVENT event,
                                           PIO_STATUS_BLOCK status)
{
    PIO_STACK_LOCATION next;
    PIRP irp;

    if (!device || !event || !status || major > IRP_MJ_MAXIMUM_FUNCTION) {
        return NULL;
    }
    irp = io_allocate_irp(device->StackSize, FALSE);
    if (!irp) {
        return NULL;
    }
    irp->Flags = IRP_SYNCHRONOUS_API;
    irp->UserIosb = status;
    irp->UserEvent = event;
    irp->UserBuffer = buffer;
    next = irp->Tail.Overlay.CurrentStackLocation - 1;
    next->MajorFunction = (UCHAR)major;
    next->Parameters.Read.Length = length;
    next->Parameters.Read.ByteOffset.QuadPart = offset ? offset->QuadPart : 0;
    return irp;
}

/* --- completion ------------------------------------------------------- */

static bool wants(const IO_STACK_LOCATION *s, NTSTATUS status)
{
    return s->CompletionRoutine &&
           (s->Control & (status >= 0 ? SL_INVOKE_ON_SUCCESS
                          : SL_INVOKE_ON_ERROR));
}

/* Up the stack; a routine that wants to go on with the IRP stops it. */
static bool call_completions(PIRP irp)
{
    while (irp->CurrentLocation <= irp->StackCount) {
        IO_STACK_LOCATION *s = irp->Tail.Overlay.CurrentStackLocation++;
        struct callback cb;
        NTSTATUS status;

        irp->CurrentLocation++;
        irp->PendingReturned = s->Control & SL_PENDING_RETURNED;
        if (wants(s, irp->IoStatus.Status)) {
            callback_enter_quiet(&cb, "IO_COMPLETION_ROUTINE");
            status = ((completion_routine *)s->CompletionRoutine)(
                &current()->fdo, irp, s->Context);
            callback_leave(&cb, (uint32_t)status);
            if (status == STATUS_MORE_PROCESSING_REQUIRED) {
                return false;
            }
        }
    }
    return true;
}

static VOID NTAPI iof_complete_request(PIRP irp, CCHAR boost)
{
    (void)boost;
    if (irp->IoStatus.Status == STATUS_PENDING) {
        contract_broken(CONTRACT_BAD_ARGUMENT, (uintptr_t)irp, STATUS_PENDING,
                        0, "an IRP completes with STATUS_PENDING");
    }
    if (!object_find(OBJ_IRP, irp, NULL) || !call_completions(irp) ||
        !(irp->Flags & IRP_SYNCHRONOUS_API)) {
        return;
    }
    *irp->UserIosb = irp->IoStatus;
    event_set(irp->UserEvent, true);
    io_free_irp(irp);
}

/* --- the bus driver --------------------------------------------------- */

/* GUID_BUS_INTERFACE_STANDARD (wdmguid.h) */
static const GUID bus_interface_guid = {
    0x496b8280, 0x6f25, 0x11d0, { 0xbe, 0xaf, 0x08, 0x00, 0x2b, 0xe2, 0x09,
                                  0x2f },
};

static VOID NTAPI interface_count(PVOID context)
{
    (void)context;
}

/* Bus addresses of PCI are what the processor uses on a PC. */
static BOOLEAN NTAPI translate_bus_address(PVOID context,
                                           PHYSICAL_ADDRESS bus, ULONG length,
                                           PULONG space,
                                           PPHYSICAL_ADDRESS translated)
{
    (void)context;
    (void)length;
    (void)space;
    *translated = bus;
    return TRUE;
}

static PVOID NTAPI get_dma_adapter(PVOID context, PVOID description,
                                   PULONG registers)
{
    (void)context;
    (void)description;
    if (registers) {
        *registers = 0;
    }
    return NULL;  /* DMA adapters belong to NDIS here */
}

/* The adapter that the context of the interface, a PDO, belongs to. */
static const struct adapter *interface_adapter(const void *context)
{
    for (unsigned i = 0; i < host.adapters; i++) {
        if (context == &host.adapter[i].pdo) {
            return &host.adapter[i];
        }
    }
    return current();
}

static ULONG NTAPI set_bus_data(PVOID context, ULONG type, PVOID buffer,
                                ULONG offset, ULONG length)
{
    return bus_config_write(interface_adapter(context), type, offset, buffer,
                            length);
}

static ULONG NTAPI get_bus_data(PVOID context, ULONG type, PVOID buffer,
                                ULONG offset, ULONG length)
{
    return bus_config_read(interface_adapter(context), type, offset, buffer,
                           length);
}

static NTSTATUS query_interface(const IO_STACK_LOCATION *s, NTSTATUS unknown)
{
    BUS_INTERFACE_STANDARD *i =
        (void *)s->Parameters.QueryInterface.Interface;

    if (!s->Parameters.QueryInterface.InterfaceType || !i ||
        memcmp(s->Parameters.QueryInterface.InterfaceType,
               &bus_interface_guid, sizeof(GUID)) != 0) {
        return unknown;
    }
    if (s->Parameters.QueryInterface.Size < sizeof(*i)) {
        return STATUS_INVALID_PARAMETER;
    }
    *i = (BUS_INTERFACE_STANDARD) {
        .Size = sizeof(*i), .Version = 1, .Context = &current()->pdo,
        .InterfaceReference = interface_count,
        .InterfaceDereference = interface_count,
        .TranslateBusAddress = translate_bus_address,
        .GetDmaAdapter = get_dma_adapter,
        .SetBusData = set_bus_data, .GetBusData = get_bus_data,
    };
    return STATUS_SUCCESS;
}

/* DEVICE_CAPABILITIES: Address and UINumber; all else says "cannot". */
static NTSTATUS query_capabilities(const IO_STACK_LOCATION *s)
{
    DEVICE_CAPABILITIES *c = s->Parameters.DeviceCapabilities.Capabilities;

    if (!c || c->Size < sizeof(*c)) {
        return STATUS_INVALID_PARAMETER;
    }
    c->Address = device_pci_address();
    c->UINumber = (ULONG)-1;
    return STATUS_SUCCESS;
}

static NTSTATUS config_access(const IO_STACK_LOCATION *s, PIRP irp)
{
    ULONG done = (s->MinorFunction == IRP_MN_READ_CONFIG ? bus_config_read
                                                          : bus_config_write)(
        current(), s->Parameters.ReadWriteConfig.WhichSpace,
        s->Parameters.ReadWriteConfig.Offset,
        s->Parameters.ReadWriteConfig.Buffer,
        s->Parameters.ReadWriteConfig.Length);

    irp->IoStatus.Information = done;
    return done == s->Parameters.ReadWriteConfig.Length
           ? STATUS_SUCCESS : STATUS_INVALID_DEVICE_REQUEST;
}

static NTSTATUS bus_driver(PIRP irp)
{
    const IO_STACK_LOCATION *s = irp->Tail.Overlay.CurrentStackLocation;

    if (s->MajorFunction != IRP_MJ_PNP) {
        return STATUS_INVALID_DEVICE_REQUEST;
    }
    switch (s->MinorFunction) {
    case IRP_MN_QUERY_INTERFACE:
        return query_interface(s, irp->IoStatus.Status);
    case IRP_MN_QUERY_CAPABILITIES:
        return query_capabilities(s);
    case IRP_MN_READ_CONFIG:
    case IRP_MN_WRITE_CONFIG:
        return config_access(s, irp);
    default:
        return irp->IoStatus.Status;
    }
}

/* The driver's own control devices have its dispatch routines. */
static NTSTATUS NTAPI iof_call_driver(PDEVICE_OBJECT device, PIRP irp)
{
    PDRIVER_DISPATCH dispatch;
    IO_STACK_LOCATION *s;
    struct callback cb;
    NTSTATUS status;

    if (!object_find(OBJ_IRP, irp, NULL)) {
        contract_broken(CONTRACT_BAD_ARGUMENT, (uintptr_t)irp, 0, 0,
                        "the IRP was not allocated, or is completed");
        return STATUS_INVALID_PARAMETER;
    }
    if (irp->CurrentLocation <= 1) {
        bug_check(NO_MORE_IRP_STACK_LOCATIONS, (uintptr_t)irp, 0, 0, 0);
    }
    irp->CurrentLocation--;
    s = --irp->Tail.Overlay.CurrentStackLocation;
    s->DeviceObject = device;
    dispatch = device_dispatch(device, s->MajorFunction);
    if (dispatch) {
        callback_enter(&cb, "DRIVER_DISPATCH");
        status = dispatch(device, irp);
        callback_leave(&cb, (uint32_t)status);
        return status;
    }
    status = device == &current()->pdo || device == &current()->fdo
             ? bus_driver(irp) : STATUS_INVALID_DEVICE_REQUEST;
    irp->IoStatus.Status = status;
    iof_complete_request(irp, 0);
    return status;
}

const struct export irp_exports[] = {
    { "IoAllocateIrp", io_allocate_irp, EX_SITE | EX_POINTER, 0, 3, fail_null,
      IRQL_DISPATCH },
    { "IoFreeIrp", io_free_irp, EX_SITE | EX_VOID, 0, 0, NULL,
      IRQL_DISPATCH },
    { "IoBuildSynchronousFsdRequest", io_build_synchronous_fsd,
      EX_TRACE | EX_POINTER, 0, 1 | 8, fail_null, IRQL_PASSIVE },
    { "IofCallDriver", iof_call_driver, EX_TRACE, 0, 0, NULL, IRQL_DISPATCH },
    { "IofCompleteRequest", iof_complete_request, EX_SITE | EX_VOID, 0, 2,
      NULL, IRQL_DISPATCH },
    { 0 },
};
