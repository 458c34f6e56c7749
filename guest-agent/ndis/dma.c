/* SPDX-License-Identifier: GPL-2.0-or-later */
/* DMA: scatter/gather registration and lists, shared memory. */
#include <stdlib.h>
#include <string.h>
#include "ndis/contract.h"
#include "ndis/core.h"
#include "ndis/pool.h"
#include "ndis/thunk.h"

#define CACHE_LINE 64u

/* Elements of one list: more MDLs than any frame of the tests has. */
#define SG_ELEMENTS 64u

struct dma {
    MINIPORT_PROCESS_SG_LIST_HANDLER process;
    MINIPORT_ALLOCATE_SHARED_MEM_COMPLETE_HANDLER shared_complete;
};

static NDIS_HANDLE last_dma;  /* the newest registration */

static ULONG sg_list_size(unsigned elements)
{
    return (ULONG)(sizeof(SCATTER_GATHER_LIST) +
                   elements * sizeof(SCATTER_GATHER_ELEMENT));
}

/* Compilers disagree about the size: 36 and 40 bytes are both in use. */
static NDIS_STATUS NTAPI
ndis_m_register_sg_dma(NDIS_HANDLE adapter, PNDIS_SG_DMA_DESCRIPTION d,
                       PNDIS_HANDLE handle)
{
    struct dma *dma;

    if (!is_adapter(adapter) || !d || !handle) {
        return NDIS_STATUS_INVALID_PARAMETER;
    }
    if (d->Header.Type != NDIS_OBJECT_TYPE_SG_DMA_DESCRIPTION ||
        d->Header.Size < offsetof(NDIS_SG_DMA_DESCRIPTION,
                                  ScatterGatherListSize) + sizeof(ULONG)) {
        return NDIS_STATUS_BAD_VERSION;
    }
    dma = calloc(1, sizeof(*dma));
    if (!dma) {
        return NDIS_STATUS_RESOURCES;
    }
    dma->process = d->ProcessSGListHandler;
    dma->shared_complete = d->SharedMemAllocateCompleteHandler;
    *handle = object_own(OBJ_DMA, dma);
    if (!*handle) {
        return NDIS_STATUS_RESOURCES;
    }
    last_dma = *handle;
    d->ScatterGatherListSize = sg_list_size(SG_ELEMENTS);
    return NDIS_STATUS_SUCCESS;
}

static VOID NTAPI ndis_m_deregister_sg_dma(NDIS_HANDLE handle)
{
    last_dma = handle == last_dma ? NULL : last_dma;
    free(object_close(OBJ_DMA, handle));
}

/* --- scatter/gather lists --------------------------------------------- */

/*
 * One element more, up to `max`; merged with the one before where they touch.
 */
static bool add_element(SCATTER_GATHER_LIST *sg, unsigned max,
                        uint64_t address, uint32_t length)
{
    SCATTER_GATHER_ELEMENT *last = &sg->Elements[sg->NumberOfElements];

    if (sg->NumberOfElements &&
        (uint64_t)last[-1].Address.QuadPart + last[-1].Length == address) {
        last[-1].Length += length;
        return true;
    }
    if (sg->NumberOfElements >= max) {
        return false;
    }
    *last = (SCATTER_GATHER_ELEMENT) {
        .Address = { .QuadPart = (LONGLONG)address }, .Length = length,
    };
    sg->NumberOfElements++;
    return true;
}

/*
 * The list begins with the MDL that CurrentMdl points to: the frame itself is
 * CurrentMdlOffset bytes further (Microsoft, NdisMAllocateNetBufferSGList).
 * False: not all of it can be reached, or `max` elements are too few.
 */
static bool fill_list(SCATTER_GATHER_LIST *sg, unsigned max,
                      const NET_BUFFER *nb)
{
    const MDL *mdl = nb->CurrentMdl;
    uint64_t left = (uint64_t)nb->CurrentMdlOffset + nb->DataLength;

    sg->NumberOfElements = 0;
    sg->Reserved = 0;
    if (!mdl || nb->CurrentMdlOffset > mdl->ByteCount) {
        return false;
    }
    for (; mdl && left; mdl = mdl->Next) {
        const uint8_t *va = MmGetMdlVirtualAddress(mdl);
        uint32_t n = mdl->ByteCount < left ? mdl->ByteCount : (uint32_t)left;
        uint64_t bus;

        if (n && (!arena_contains(va, n) || !arena_bus_address(va, &bus) ||
                  !add_element(sg, max, bus, n))) {
            return false;
        }
        left -= n;
    }
    return left == 0;
}

/* The driver's buffer if the list fits into it, or NULL. */
static SCATTER_GATHER_LIST *fill_buffer(void *buffer, ULONG size,
                                        const NET_BUFFER *nb)
{
    unsigned max = buffer && size > sg_list_size(0)
                   ? (size - sg_list_size(0)) / sizeof(SCATTER_GATHER_ELEMENT)
                   : 0;

    return max && fill_list(buffer, max, nb) ? buffer : NULL;
}

/* A list of the host's own, or NULL. */
static SCATTER_GATHER_LIST *allocate_list(const NET_BUFFER *nb)
{
    size_t size = sg_list_size(SG_ELEMENTS);
    SCATTER_GATHER_LIST *sg = arena_alloc(size, CACHE_LINE);

    if (sg && !fill_list(sg, SG_ELEMENTS, nb)) {
        marker_note("NET_BUFFER cannot be mapped for DMA: its memory is no "
                    "pool or shared memory, or its MDLs are too short");
        arena_free(sg, size);
        return NULL;
    }
    if (sg) {
        object_add(OBJ_SG_LIST, sg, size);
    }
    return sg;
}

/* The list goes into the driver's buffer, or the host allocates it. */
static NDIS_STATUS NTAPI
ndis_m_allocate_nb_sg_list(NDIS_HANDLE handle, PNET_BUFFER nb, PVOID context,
                           ULONG flags, PVOID buffer, ULONG size)
{
    struct dma *dma = object_get(OBJ_DMA, handle);
    SCATTER_GATHER_LIST *sg;
    struct callback cb;
    uint8_t old;

    (void)flags;
    if (!dma || !nb) {
        return NDIS_STATUS_RESOURCES;
    }
    sg = fill_buffer(buffer, size, nb);
    sg = sg ? sg : allocate_list(nb);
    if (!sg) {
        return NDIS_STATUS_RESOURCES;
    }
    nb->ScatterGatherList = sg;
    old = irql_set(DISPATCH_LEVEL);
    callback_enter_quiet(&cb, "MiniportProcessSGList");
    dma->process(&current()->pdo, NULL, sg, context);
    callback_leave(&cb, 0);
    irql_set(old);
    return NDIS_STATUS_SUCCESS;
}

static VOID NTAPI ndis_m_free_nb_sg_list(NDIS_HANDLE handle,
                                         PSCATTER_GATHER_LIST sg,
                                         PNET_BUFFER nb)
{
    size_t size;

    (void)handle;
    if (object_find(OBJ_SG_LIST, sg, &size)) {
        object_remove(OBJ_SG_LIST, sg, &size);
        arena_free(sg, size);
    }
    if (nb) {
        nb->ScatterGatherList = NULL;
    }
}

/* --- shared memory ---------------------------------------------------- */

/*
 * Common buffers come aligned to a page, or to their own size below that, and
 * zeroed by block_alloc().
 */
static void *shared_alloc(size_t size, uint64_t *bus)
{
    size_t align = CACHE_LINE;
    void *p;

    while (align < size && align < PAGE_SIZE) {
        align *= 2;
    }
    p = size ? block_alloc(OBJ_SHARED, size, align, 0) : NULL;
    if (p) {
        arena_bus_address(p, bus);
    }
    return p;
}

static VOID NTAPI
ndis_m_allocate_shared_memory(NDIS_HANDLE adapter, ULONG length,
                              BOOLEAN cached, PVOID *va,
                              PNDIS_PHYSICAL_ADDRESS pa)
{
    uint64_t bus = 0;

    (void)cached;
    *va = is_adapter(adapter) ? shared_alloc(length, &bus) : NULL;
    pa->QuadPart = (LONGLONG)bus;
}

/* 0x7C/0x03: shared memory freed twice. */
#define BUGCODE_NDIS_DRIVER 0x7c

static void shared_free(void *va)
{
    if (!block_free(OBJ_SHARED, va)) {
        contract_broken(CONTRACT_DOUBLE_FREE, (uintptr_t)va, 0, 0,
                        "no shared memory begins there");
        bug_check(BUGCODE_NDIS_DRIVER, 0x03, 0, 0, 0);
    }
}

static VOID NTAPI ndis_m_free_shared_memory(NDIS_HANDLE adapter, ULONG length,
                                            BOOLEAN cached, PVOID va,
                                            NDIS_PHYSICAL_ADDRESS pa)
{
    size_t size;

    (void)cached;
    (void)pa;
    is_adapter(adapter);
    if (object_find(OBJ_SHARED, va, &size) && size != length) {
        contract_broken(CONTRACT_WRONG_LENGTH, (uintptr_t)va, length, size,
                        "%u bytes given back, %zu were allocated", length,
                        size);
    }
    shared_free(va);
}

/* SharedMemAllocateCompleteHandler runs later, at PASSIVE_LEVEL. */
struct async {
    MINIPORT_ALLOCATE_SHARED_MEM_COMPLETE_HANDLER complete;
    ULONG length;
    uint32_t caller;
    PVOID context;
};

static void run_async(void *arg)
{
    struct async a = *(struct async *)arg;
    NDIS_PHYSICAL_ADDRESS pa = { .QuadPart = 0 };
    struct callback cb;
    PVOID va = NULL;

    free(arg);
    host_self.caller = a.caller;
    ndis_m_allocate_shared_memory(current()->handle, a.length, TRUE, &va,
                                  &pa);
    callback_enter(&cb, "MiniportSharedMemoryAllocateComplete");
    a.complete(current()->context, va, &pa, a.length, a.context);
    callback_leave(&cb, 0);
}

static NDIS_STATUS NTAPI
ndis_m_allocate_shared_memory_async_ex(NDIS_HANDLE handle, ULONG length,
                                       BOOLEAN cached, PVOID context)
{
    struct dma *dma = object_get(OBJ_DMA, handle);
    struct async *a;

    (void)cached;
    if (!dma || !dma->shared_complete) {
        return NDIS_STATUS_FAILURE;
    }
    a = malloc(sizeof(*a));
    if (!a) {
        return NDIS_STATUS_RESOURCES;
    }
    *a = (struct async) { dma->shared_complete, length, host_self.caller,
                          context };
    if (!work_queue(run_async, a)) {
        free(a);
        return NDIS_STATUS_RESOURCES;
    }
    return NDIS_STATUS_PENDING;
}

/* Of NDIS 5, without a DMA handle: the one that is registered. */
static NDIS_STATUS NTAPI
ndis_m_allocate_shared_memory_async(NDIS_HANDLE adapter, ULONG length,
                                    BOOLEAN cached, PVOID context)
{
    return is_adapter(adapter) && last_dma
           ? ndis_m_allocate_shared_memory_async_ex(last_dma, length, cached,
                                                    context)
           : NDIS_STATUS_FAILURE;
}

/* The newer form: the handle is the address itself. */
static NDIS_STATUS NTAPI
ndis_allocate_shared_memory(NDIS_HANDLE ndis_handle,
                            PNDIS_SHARED_MEMORY_PARAMETERS p,
                            PNDIS_HANDLE handle)
{
    uint64_t bus = 0;
    void *va;

    (void)ndis_handle;
    if (!p || !handle || !p->SGListBuffer ||
        p->SGListBufferLength < sg_list_size(1)) {
        return NDIS_STATUS_INVALID_PARAMETER;
    }
    va = shared_alloc(p->Length, &bus);
    if (!va) {
        return NDIS_STATUS_RESOURCES;
    }
    p->VirtualAddress = va;
    p->SGListBuffer->NumberOfElements = 0;
    add_element(p->SGListBuffer, 1, bus, p->Length);
    *handle = va;
    return NDIS_STATUS_SUCCESS;
}

static VOID NTAPI ndis_free_shared_memory(NDIS_HANDLE ndis_handle,
                                          NDIS_HANDLE handle)
{
    (void)ndis_handle;
    shared_free(handle);
}

static ULONG NTAPI ndis_get_shared_data_alignment(void)
{
    return CACHE_LINE;
}

static ULONG NTAPI ndis_m_get_dma_alignment(NDIS_HANDLE adapter)
{
    (void)adapter;
    return 1;
}

/* VirtualAddress (argument 3) is NULL when there is no memory. */
static uint64_t fail_shared(const uint64_t *args, uint32_t status)
{
    (void)status;
    if (args[3]) {
        *(uint64_t *)(uintptr_t)args[3] = 0;
    }
    return 0;
}

const struct export dma_exports[] = {
    { "NdisMRegisterScatterGatherDma", ndis_m_register_sg_dma, EX_TRACE, 0, 1,
      fail_status, IRQL_PASSIVE | FROM_INIT },
    { "NdisMDeregisterScatterGatherDma", ndis_m_deregister_sg_dma,
      EX_TRACE | EX_VOID, 1, 1, NULL, IRQL_PASSIVE | FROM_INIT | FROM_HALT },
    { "NdisMAllocateNetBufferSGList", ndis_m_allocate_nb_sg_list, EX_SITE, 0,
      1 | 8, fail_status, IRQL_AT_DISPATCH },
    { "NdisMFreeNetBufferSGList", ndis_m_free_nb_sg_list, EX_SITE | EX_VOID, 2,
      0, NULL, IRQL_AT_DISPATCH },
    { "NdisMAllocateSharedMemory", ndis_m_allocate_shared_memory,
      EX_TRACE | EX_VOID, 0, 1 | 2 | 4, fail_shared, IRQL_PASSIVE | FROM_INIT },
    { "NdisMFreeSharedMemory", ndis_m_free_shared_memory, EX_TRACE | EX_VOID, 4,
      1 | 2 | 4, NULL, IRQL_DISPATCH | NOT_FROM_SHUTDOWN },
    { "NdisMAllocateSharedMemoryAsyncEx",
      ndis_m_allocate_shared_memory_async_ex, EX_TRACE, 0, 1 | 2 | 4,
      fail_status, IRQL_DISPATCH },
    { "NdisMAllocateSharedMemoryAsync", ndis_m_allocate_shared_memory_async,
      EX_TRACE, 0, 1 | 2 | 4, fail_status, IRQL_DISPATCH },
    { "NdisAllocateSharedMemory", ndis_allocate_shared_memory, EX_TRACE, 0, 0,
      fail_status, IRQL_PASSIVE },
    { "NdisFreeSharedMemory", ndis_free_shared_memory, EX_TRACE | EX_VOID, 0, 0,
      NULL, IRQL_PASSIVE },
    { "NdisGetSharedDataAlignment", ndis_get_shared_data_alignment, 0, 0, 0,
      NULL, IRQL_DISPATCH },
    { "NdisMGetDmaAlignment", ndis_m_get_dma_alignment, 0, 0, 0, NULL,
      IRQL_PASSIVE },
    { 0 },
};
