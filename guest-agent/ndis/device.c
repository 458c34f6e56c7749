/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Device objects: properties of the adapter's, control devices of the driver.
 *
 * A control device exists and can be reached with IoCallDriver(); nobody
 * opens it, because there are no applications.
 */
#include "ndis/device.h"

#include <glib.h>
#include <stdio.h>
#include <string.h>
#include "ndis/contract.h"
#include "ndis/core.h"
#include "ndis/thunk.h"

/* --- control devices -------------------------------------------------- */

/* In front of each DEVICE_OBJECT that the driver made. */
struct control_device {
    size_t size;
    char *name;                    /* UTF-8, folded; NULL: it has none */
    struct control_device *next;
    PVOID extension;
    PDRIVER_DISPATCH major[IRP_MJ_MAXIMUM_FUNCTION + 1];
    DEVICE_OBJECT device;
};

static struct control_device *control_devices;

static struct control_device *find_device(const DEVICE_OBJECT *device)
{
    for (struct control_device *d = control_devices; d; d = d->next) {
        if (&d->device == device) {
            return d;
        }
    }
    return NULL;
}

PDRIVER_DISPATCH device_dispatch(const DEVICE_OBJECT *device, uint8_t major)
{
    const struct control_device *d = find_device(device);

    return d && major <= IRP_MJ_MAXIMUM_FUNCTION ? d->major[major] : NULL;
}

static char *device_name(const NDIS_STRING *name)
{
    g_autofree char *text = NULL;

    if (!name || !name->Buffer || name->Length == 0) {
        return NULL;
    }
    text = g_utf16_to_utf8(name->Buffer, name->Length / 2, NULL, NULL, NULL);
    return text ? registry_fold(text) : NULL;
}

static bool name_taken(const char *name)
{
    for (struct control_device *d = control_devices; d && name; d = d->next) {
        if (d->name && strcmp(d->name, name) == 0) {
            return true;
        }
    }
    return false;
}

static struct control_device *
make_device(const NDIS_DEVICE_OBJECT_ATTRIBUTES *a, char *name)
{
    size_t size = sizeof(struct control_device) + a->ExtensionSize;
    struct control_device *d = arena_alloc(size, 16);

    if (!d) {
        return NULL;
    }
    memset(d, 0, size);
    d->size = size;
    d->name = name;
    d->extension = a->ExtensionSize ? d + 1 : NULL;
    if (a->MajorFunctions) {
        memcpy(d->major, a->MajorFunctions, sizeof(d->major));
    }
    d->device.Type = 3;  /* IO_TYPE_DEVICE */
    d->device.Size = (USHORT)(sizeof(d->device) + a->ExtensionSize);
    d->device.ReferenceCount = 1;
    d->device.StackSize = 1;
    d->device.DriverObject = &host.driver;
    d->device.DeviceExtension = d->extension;
    d->next = control_devices;
    return d;
}

/* DeviceObject and handle are NULL unless it succeeds. */
static NDIS_STATUS NTAPI
ndis_register_device_ex(NDIS_HANDLE handle, PNDIS_DEVICE_OBJECT_ATTRIBUTES a,
                        PDEVICE_OBJECT *device, PNDIS_HANDLE device_handle)
{
    struct control_device *d;
    char *name;

    *device = NULL;
    *device_handle = NULL;
    if (!handle) {
        return NDIS_STATUS_NOT_SUPPORTED;  /* the caller is no NDIS driver */
    }
    if (handle != DRIVER_HANDLE) {
        contract_broken(CONTRACT_BAD_HANDLE, (uintptr_t)handle, 0, 0,
                        "0x%llx is no driver handle",
                        (unsigned long long)(uintptr_t)handle);
    }
    if (!a || a->ExtensionSize > UINT16_MAX - sizeof(DEVICE_OBJECT)) {
        return NDIS_STATUS_INVALID_PARAMETER;
    }
    name = device_name(a->DeviceName);
    if (name_taken(name)) {
        g_free(name);
        return (NDIS_STATUS)STATUS_OBJECT_NAME_COLLISION;
    }
    d = make_device(a, name);
    if (!d) {
        g_free(name);
        return NDIS_STATUS_RESOURCES;
    }
    *device_handle = object_new(OBJ_DEVICE, d);
    if (!*device_handle) {
        g_free(name);
        arena_free(d, d->size);
        return NDIS_STATUS_RESOURCES;
    }
    control_devices = d;
    *device = &d->device;
    return NDIS_STATUS_SUCCESS;
}

static VOID NTAPI ndis_deregister_device_ex(NDIS_HANDLE handle)
{
    struct control_device *d = object_close(OBJ_DEVICE, handle);
    struct control_device **link = &control_devices;

    while (d && *link && *link != d) {
        link = &(*link)->next;
    }
    if (d) {
        *link = d->next;
        g_free(d->name);
        arena_free(d, d->size);
    }
}

static PVOID NTAPI ndis_get_device_reserved_extension(PDEVICE_OBJECT device)
{
    struct control_device *d = find_device(device);

    return d ? d->extension : NULL;
}

/* --- properties ------------------------------------------------------- */

/* DEVICE_REGISTRY_PROPERTY (wdm.h), as far as there is an answer. */
enum {
    PROPERTY_DESCRIPTION = 0,
    PROPERTY_CLASS_NAME = 5,
    PROPERTY_CLASS_GUID = 6,
    PROPERTY_DRIVER_KEY = 7,
    PROPERTY_FRIENDLY_NAME = 9,
    PROPERTY_LOCATION = 10,
    PROPERTY_LEGACY_BUS_TYPE = 13,
    PROPERTY_BUS_NUMBER = 14,
    PROPERTY_ENUMERATOR = 15,
    PROPERTY_ADDRESS = 16,
    PROPERTY_UI_NUMBER = 17,
    PROPERTY_LAST = 23,
};

/* Class "Net" (devguid.h), and the adapter's key below it. */
#define NET_CLASS_GUID "{4d36e972-e325-11ce-bfc1-08002be10318}"

struct address {
    unsigned domain, bus, slot, function;
};

static struct address pci_address(void)
{
    struct address a = { 0 };

    if (current()->device) {
        sscanf(current()->device->address, "%x:%x:%x.%x", &a.domain, &a.bus,
               &a.slot, &a.function);
    }
    return a;
}

uint32_t device_pci_address(void)
{
    struct address a = pci_address();

    return a.slot << 16 | a.function;
}

static NTSTATUS give(const void *data, size_t n, PVOID buffer, ULONG length,
                     PULONG result)
{
    *result = (ULONG)n;
    if (length < n || !buffer) {
        return STATUS_BUFFER_TOO_SMALL;
    }
    memcpy(buffer, data, n);
    return STATUS_SUCCESS;
}

static NTSTATUS give_number(ULONG value, PVOID buffer, ULONG length,
                            PULONG result)
{
    return give(&value, sizeof(value), buffer, length, result);
}

static NTSTATUS give_text(const char *text, PVOID buffer, ULONG length,
                          PULONG result)
{
    glong n = 0;
    g_autofree WCHAR *w = text ? g_utf8_to_utf16(text, -1, NULL, &n, NULL)
                               : NULL;

    return w ? give(w, ((size_t)n + 1) * sizeof(WCHAR), buffer, length, result)
             : STATUS_OBJECT_NAME_NOT_FOUND;
}

static NTSTATUS give_location(PVOID buffer, ULONG length, PULONG result)
{
    struct address a = pci_address();
    g_autofree char *text = g_strdup_printf(
        "PCI bus %u, device %u, function %u", a.bus, a.slot, a.function);

    return give_text(text, buffer, length, result);
}

static NTSTATUS NTAPI io_get_device_property(PDEVICE_OBJECT device, int which,
                                             ULONG length, PVOID buffer,
                                             PULONG result)
{
    *result = 0;
    if (device != &current()->pdo) {
        return STATUS_INVALID_DEVICE_REQUEST;
    }
    switch (which) {
    case PROPERTY_DESCRIPTION:
    case PROPERTY_FRIENDLY_NAME:
        return give_text(current()->install->description, buffer, length,
                         result);
    case PROPERTY_CLASS_NAME:
        return give_text("Net", buffer, length, result);
    case PROPERTY_CLASS_GUID:
        return give_text(NET_CLASS_GUID, buffer, length, result);
    case PROPERTY_DRIVER_KEY:
        return give_text(NET_CLASS_GUID "\\0000", buffer, length, result);
    case PROPERTY_LOCATION:
        return give_location(buffer, length, result);
    case PROPERTY_LEGACY_BUS_TYPE:
        return give_number(PCIBus, buffer, length, result);
    case PROPERTY_ENUMERATOR:
        return give_text("PCI", buffer, length, result);
    case PROPERTY_BUS_NUMBER:
        return give_number(pci_address().bus, buffer, length, result);
    case PROPERTY_ADDRESS:
        return give_number(device_pci_address(), buffer, length, result);
    default:
        return which < 0 || which > PROPERTY_LAST
               ? (NTSTATUS)STATUS_INVALID_PARAMETER_2
               : STATUS_OBJECT_NAME_NOT_FOUND;
    }
}

/* A machine without NUMA: node 0. */
static NTSTATUS NTAPI io_get_device_numa_node(PDEVICE_OBJECT pdo,
                                              PUSHORT node)
{
    if (pdo != &current()->pdo || !node) {
        return STATUS_INVALID_PARAMETER;
    }
    *node = 0;
    return STATUS_SUCCESS;
}

/* ResultLength, and nothing of the property. */
static uint64_t fail_property(const uint64_t *args, uint32_t status)
{
    if (args[4]) {
        *(uint32_t *)(uintptr_t)args[4] = 0;
    }
    return status;
}

/* Documented: DeviceObject is NULL when it fails. */
static uint64_t fail_register_device(const uint64_t *args, uint32_t status)
{
    fail_status_null3(args, status);
    return fail_status_null2(args, status);
}

const struct export device_exports[] = {
    { "NdisRegisterDeviceEx", ndis_register_device_ex, EX_TRACE, 0, 1,
      fail_register_device, IRQL_PASSIVE },
    { "NdisDeregisterDeviceEx", ndis_deregister_device_ex, EX_TRACE | EX_VOID,
      1, 1, NULL, IRQL_PASSIVE },
    { "NdisGetDeviceReservedExtension", ndis_get_device_reserved_extension, 0,
      0, 0, NULL, IRQL_ANY },
    { "IoGetDeviceProperty", io_get_device_property, EX_SITE, 0, 2 | 4,
      fail_property, IRQL_PASSIVE },
    { "IoGetDeviceNumaNode", io_get_device_numa_node, EX_SITE, 0, 0,
      fail_status, IRQL_ANY },
    { 0 },
};
