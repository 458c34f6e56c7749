/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The bus: configuration space, mapped registers, I/O ports. */
#include <string.h>
#include "ndis/contract.h"
#include "ndis/core.h"
#include "ndis/thunk.h"

#define CONFIG_SPACE 4096u   /* PCI Express extended configuration space */
#define PCI_BAR0     0x10u   /* PCI 3.0, 6.2.5: base address registers */
#define BAR_64BIT    0x4u

/* Ports look like addresses to the driver; they can only be trapped. */
#define PORTS_BASE 0x100000000ull

/* Reads beyond what the function answers give ones, as on the bus. */
uint32_t bus_config_read(const struct adapter *a, uint32_t space,
                         uint32_t offset, void *buffer, uint32_t length)
{
    if (space != PCI_WHICHSPACE_CONFIG || !a->device || !buffer ||
        offset >= CONFIG_SPACE || length > CONFIG_SPACE - offset) {
        return 0;
    }
    if (a->gone || vfio_config_read(a->device, offset, buffer, length)) {
        memset(buffer, 0xff, length);
    }
    return length;
}

uint32_t bus_config_write(const struct adapter *a, uint32_t space,
                          uint32_t offset, void *buffer, uint32_t length)
{
    if (space != PCI_WHICHSPACE_CONFIG || !a->device || !buffer ||
        offset >= CONFIG_SPACE || length > CONFIG_SPACE - offset ||
        (!a->gone && vfio_config_write(a->device, offset, buffer, length))) {
        return 0;
    }
    return length;
}

static ULONG NTAPI ndis_m_get_bus_data(NDIS_HANDLE adapter, ULONG space,
                                       ULONG offset, PVOID buffer,
                                       ULONG length)
{
    return is_adapter(adapter) ? bus_config_read(adapter_get(adapter), space,
                                                 offset, buffer, length) : 0;
}

static ULONG NTAPI ndis_m_set_bus_data(NDIS_HANDLE adapter, ULONG space,
                                       ULONG offset, PVOID buffer,
                                       ULONG length)
{
    return is_adapter(adapter) ? bus_config_write(adapter_get(adapter), space,
                                                  offset, buffer, length) : 0;
}

/* The BAR that holds the whole range, or NULL. */
static const struct vfio_bar *find_bar(const struct vfio_device *device,
                                       uint64_t at, uint64_t length, bool io)
{
    for (int i = 0; device && i < VFIO_BARS; i++) {
        const struct vfio_bar *bar = &device->bar[i];

        if (bar->size && bar->io == io && at >= bar->base &&
            at - bar->base < bar->size &&
            length <= bar->size - (at - bar->base)) {
            return bar;
        }
    }
    return NULL;
}

static NDIS_STATUS NTAPI ndis_m_map_io_space(PVOID *va, NDIS_HANDLE adapter,
                                             NDIS_PHYSICAL_ADDRESS pa,
                                             UINT length)
{
    const struct adapter *a = adapter_get(adapter);
    const struct vfio_bar *bar;

    *va = NULL;
    if (!is_adapter(adapter) || length == 0) {
        return NDIS_STATUS_FAILURE;
    }
    bar = find_bar(a->device, (uint64_t)pa.QuadPart, length, false);
    if (!bar) {
        return NDIS_STATUS_RESOURCE_CONFLICT;
    }
    if (!bar->map) {
        return NDIS_STATUS_RESOURCES;
    }
    *va = (uint8_t *)bar->map + ((uint64_t)pa.QuadPart - bar->base);
    object_add(OBJ_IO_SPACE, *va, length);
    return NDIS_STATUS_SUCCESS;
}

/* The BARs as they read after all ones were written: type and size. */
static NDIS_STATUS NTAPI ndis_m_query_probed_bars(NDIS_HANDLE adapter,
                                                  PULONG values)
{
    const struct adapter *a = adapter_get(adapter);

    if (!is_adapter(adapter) || !values || !a->device) {
        return NDIS_STATUS_FAILURE;
    }
    memset(values, 0, VFIO_BARS * sizeof(*values));
    for (unsigned i = 0; i < VFIO_BARS; i++) {
        const struct vfio_bar *bar = &a->device->bar[i];
        uint64_t probed = ~(bar->size - 1);
        uint32_t now;

        if (!bar->size || vfio_config_read(a->device, PCI_BAR0 + 4 * i,
                                           &now, sizeof(now))) {
            continue;
        }
        values[i] = (uint32_t)probed | (now & (bar->io ? 3 : 15));
        if (!bar->io && (now & BAR_64BIT) && i + 1 < VFIO_BARS) {
            values[i + 1] = (uint32_t)(probed >> 32);
        }
    }
    return NDIS_STATUS_SUCCESS;
}

/* The same address and length as when it was mapped. */
static void unmap(const void *va, size_t length)
{
    size_t mapped;

    if (!object_remove(OBJ_IO_SPACE, va, &mapped)) {
        contract_broken(CONTRACT_DOUBLE_FREE, (uintptr_t)va, 0, 0,
                        "nothing is mapped at 0x%llx",
                        (unsigned long long)(uintptr_t)va);
    } else if (mapped != length) {
        contract_broken(CONTRACT_WRONG_LENGTH, (uintptr_t)va, length, mapped,
                        "%zu bytes given back, %zu are mapped", length,
                        mapped);
    }
}

static VOID NTAPI ndis_m_unmap_io_space(NDIS_HANDLE adapter, PVOID va,
                                        UINT length)
{
    is_adapter(adapter);
    unmap(va, length);
}

static PVOID NTAPI mm_map_io_space(NDIS_PHYSICAL_ADDRESS pa, SIZE_T length,
                                   int cache)
{
    PVOID va = NULL;

    (void)cache;
    return ndis_m_map_io_space(&va, current()->handle, pa, (UINT)length)
           ? NULL : va;
}

/* PAGE_NOCACHE and the like instead of a caching type. */
static PVOID NTAPI mm_map_io_space_ex(NDIS_PHYSICAL_ADDRESS pa, SIZE_T length,
                                      ULONG protect)
{
    return mm_map_io_space(pa, length, (int)protect);
}

static VOID NTAPI mm_unmap_io_space(PVOID va, SIZE_T length)
{
    unmap(va, length);
}

/* The offset is the port itself: in and out trap and reach trap.c. */
static NDIS_STATUS NTAPI ndis_m_register_io_port_range(PVOID *offset,
                                                       NDIS_HANDLE adapter,
                                                       UINT port, UINT count)
{
    const struct adapter *a = adapter_get(adapter);

    *offset = NULL;
    if (!is_adapter(adapter) || count == 0 || port > UINT16_MAX) {
        return NDIS_STATUS_FAILURE;
    }
    if (!find_bar(a->device, port, count, true)) {
        return NDIS_STATUS_RESOURCE_CONFLICT;
    }
    *offset = (PVOID)(uintptr_t)port;
    object_add(OBJ_IO_SPACE, (PVOID)(PORTS_BASE + port), count);
    return NDIS_STATUS_SUCCESS;
}

static VOID NTAPI ndis_m_deregister_io_port_range(NDIS_HANDLE adapter,
                                                  UINT port, UINT count,
                                                  PVOID offset)
{
    (void)offset;
    is_adapter(adapter);
    unmap((PVOID)(PORTS_BASE + port), count);
}

/* Port access from trap.c: the function's I/O BAR, or nobody. */
uint32_t bus_port_read(uint16_t port, unsigned size)
{
    struct vfio_device *d = current()->device;
    const struct vfio_bar *bar = find_bar(d, port, size, true);
    uint32_t value = UINT32_MAX;

    if (bar) {
        vfio_bar_read(d, (unsigned)(bar - d->bar),
                      port - bar->base, &value, size);
    }
    return value;
}

void bus_port_write(uint16_t port, unsigned size, uint32_t value)
{
    struct vfio_device *d = current()->device;
    const struct vfio_bar *bar = find_bar(d, port, size, true);

    if (bar) {
        vfio_bar_write(d, (unsigned)(bar - d->bar),
                       port - bar->base, &value, size);
    }
}

const struct export bus_exports[] = {
    { "NdisMGetBusData", ndis_m_get_bus_data, EX_SITE, 0, 1 | 2 | 4, NULL,
      IRQL_ANY },
    { "NdisMSetBusData", ndis_m_set_bus_data, EX_TRACE, 0, 1 | 2 | 4, NULL,
      IRQL_ANY },
    { "NdisMQueryProbedBars", ndis_m_query_probed_bars, 0, 0, 0, fail_status,
      IRQL_PASSIVE },
    { "NdisMMapIoSpace", ndis_m_map_io_space, EX_TRACE, 0, 2 | 8,
      fail_status_null0, IRQL_PASSIVE | FROM_INIT },
    { "NdisMUnmapIoSpace", ndis_m_unmap_io_space, EX_TRACE | EX_VOID, 2, 1 | 4,
      NULL, IRQL_PASSIVE | FROM_INIT | FROM_HALT },
    { "MmMapIoSpace", mm_map_io_space, EX_TRACE | EX_POINTER, 0, 2, fail_null,
      IRQL_DISPATCH },
    { "MmMapIoSpaceEx", mm_map_io_space_ex, EX_TRACE | EX_POINTER, 0, 2,
      fail_null, IRQL_DISPATCH },
    { "MmUnmapIoSpace", mm_unmap_io_space, EX_TRACE | EX_VOID, 1, 2, NULL,
      IRQL_DISPATCH },
    { "NdisMRegisterIoPortRange", ndis_m_register_io_port_range, EX_TRACE, 0,
      2 | 4 | 8, fail_status_null0, IRQL_PASSIVE | FROM_INIT },
    { "NdisMDeregisterIoPortRange", ndis_m_deregister_io_port_range,
      EX_TRACE | EX_VOID, 0, 1 | 2 | 4, NULL,
      IRQL_PASSIVE | FROM_INIT | FROM_HALT },
    { 0 },
};
