/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Exports that give memory: pool, contiguous memory, bus addresses. */
#include <string.h>
#include "ndis/contract.h"
#include "ndis/core.h"
#include "ndis/pool.h"
#include "ndis/thunk.h"

/* A tag is required wherever one can be given. */
static void *allocate(size_t size, uint32_t tag)
{
    if (tag == 0) {
        contract_broken(CONTRACT_BAD_ARGUMENT, 0, 0, 0,
                        "allocates without a tag");
    }
    return pool_alloc_tagged(size, tag);
}

/* Paged memory can only be had where a page fault can be served. */
static void check_paged(bool paged)
{
    if (paged && host_self.irql > APC_LEVEL) {
        contract_broken(CONTRACT_PAGEABLE, 0, host_self.irql, APC_LEVEL,
                        "allocates paged pool at IRQL %u", host_self.irql);
    }
}

static PVOID NTAPI ndis_allocate_with_tag_priority(NDIS_HANDLE handle,
                                                   UINT length, ULONG tag,
                                                   EX_POOL_PRIORITY priority)
{
    (void)handle;
    (void)priority;
    return allocate(length, tag);
}

static NDIS_STATUS NTAPI ndis_allocate_with_tag(PVOID *address, UINT length,
                                                ULONG tag)
{
    *address = allocate(length, tag);
    return *address ? NDIS_STATUS_SUCCESS : NDIS_STATUS_RESOURCES;
}

static VOID NTAPI ndis_free_memory(PVOID address, UINT length, UINT flags)
{
    (void)length;
    (void)flags;
    pool_free(address);
}

static VOID NTAPI ndis_free_with_tag(PVOID address, ULONG tag)
{
    pool_free_tagged(address, tag);
}

static VOID NTAPI ndis_free_with_tag_priority(NDIS_HANDLE handle,
                                              PVOID address, ULONG tag)
{
    (void)handle;
    pool_free_tagged(address, tag);
}

static PVOID NTAPI ex_allocate_with_tag(int type, SIZE_T size, ULONG tag)
{
    check_paged(type & PagedPool);
    return allocate(size, tag);
}

static PVOID NTAPI ex_allocate_with_tag_priority(int type, SIZE_T size,
                                                 ULONG tag, int priority)
{
    (void)priority;
    return ex_allocate_with_tag(type, size, tag);
}

static PVOID NTAPI ex_allocate(int type, SIZE_T size)
{
    check_paged(type & PagedPool);
    return pool_alloc(size);   /* the only one that has no tag */
}

/* POOL_FLAG_*; without UNINITIALIZED the memory is zeroed. */
#define POOL_UNINITIALIZED 0x02u
#define POOL_PAGED         0x100u

static PVOID NTAPI ex_allocate2(uint64_t flags, SIZE_T size, ULONG tag)
{
    void *p = tag && size ? allocate(size, tag) : NULL;

    check_paged(flags & POOL_PAGED);
    if (p && !(flags & POOL_UNINITIALIZED)) {
        memset(p, 0, size);
    }
    return p;
}

static VOID NTAPI ex_free(PVOID address)
{
    pool_free(address);
}

static PVOID NTAPI mm_allocate_contiguous(SIZE_T size, PHYSICAL_ADDRESS high)
{
    uint64_t first, last = (uint64_t)high.QuadPart;
    void *p = size ? block_alloc(OBJ_CONTIGUOUS, size, PAGE_SIZE, 0) : NULL;

    /* all of the arena lies together: another place would not help */
    if (p && arena_bus_address(p, &first) && first + size - 1 > last) {
        block_free(OBJ_CONTIGUOUS, p);
        p = NULL;
    }
    return p;
}

static PVOID NTAPI mm_allocate_contiguous_cache(SIZE_T size,
                                                PHYSICAL_ADDRESS low,
                                                PHYSICAL_ADDRESS high,
                                                PHYSICAL_ADDRESS boundary,
                                                int cache)
{
    (void)low;
    (void)boundary;
    (void)cache;
    return mm_allocate_contiguous(size, high);
}

/* Bug check BAD_POOL_CALLER: no such memory. */
static VOID NTAPI mm_free_contiguous(PVOID address)
{
    if (!block_free(OBJ_CONTIGUOUS, address)) {
        contract_broken(CONTRACT_DOUBLE_FREE, (uintptr_t)address, 0, 0,
                        "no contiguous memory begins there");
        bug_check(0xc2, 0x46, 0, 0, 0);
    }
}

static VOID NTAPI mm_free_contiguous_cache(PVOID address, SIZE_T size,
                                           int cache)
{
    (void)size;
    (void)cache;
    mm_free_contiguous(address);
}

/* Memory outside the arena has no bus address: 0, as for a bad address. */
static PHYSICAL_ADDRESS NTAPI mm_get_physical_address(PVOID address)
{
    PHYSICAL_ADDRESS pa = { .QuadPart = 0 };
    uint64_t bus;

    if (arena_bus_address(address, &bus)) {
        pa.QuadPart = (LONGLONG)bus;
    }
    return pa;
}

static PHYSICAL_ADDRESS mm_64bit_physical_address = { .QuadPart = -1 };

#define POOL_ALLOC (EX_SITE | EX_POINTER)

const struct export memory_exports[] = {
    { "NdisAllocateMemoryWithTagPriority", ndis_allocate_with_tag_priority,
      POOL_ALLOC, 0, 2 | 4 | 8, fail_null, IRQL_DISPATCH },
    { "NdisAllocateMemoryWithTag", ndis_allocate_with_tag, EX_SITE, 0, 2 | 4,
      fail_status_null0, IRQL_DISPATCH },
    { "NdisFreeMemory", ndis_free_memory, EX_SITE | EX_VOID, 1, 2 | 4, NULL,
      IRQL_DISPATCH },
    { "NdisFreeMemoryWithTag", ndis_free_with_tag, EX_SITE | EX_VOID, 1, 2,
      NULL, IRQL_DISPATCH },
    { "NdisFreeMemoryWithTagPriority", ndis_free_with_tag_priority,
      EX_SITE | EX_VOID, 2, 1 | 4, NULL, IRQL_DISPATCH },
    { "ExAllocatePoolWithTag", ex_allocate_with_tag, POOL_ALLOC, 0, 7,
      fail_null, IRQL_DISPATCH },
    { "ExAllocatePoolWithTagPriority", ex_allocate_with_tag_priority,
      POOL_ALLOC, 0, 15, fail_null, IRQL_DISPATCH },
    { "ExAllocatePool", ex_allocate, POOL_ALLOC, 0, 3, fail_null,
      IRQL_DISPATCH },
    { "ExAllocatePool2", ex_allocate2, POOL_ALLOC, 0, 7, fail_null,
      IRQL_DISPATCH },
    { "ExFreePoolWithTag", ndis_free_with_tag, EX_SITE | EX_VOID, 1, 2, NULL,
      IRQL_DISPATCH },
    { "ExFreePool", ex_free, EX_SITE | EX_VOID, 1, 0, NULL, IRQL_DISPATCH },
    { "MmAllocateContiguousMemory", mm_allocate_contiguous,
      EX_TRACE | EX_POINTER, 0, 3, fail_null, IRQL_DISPATCH },
    { "MmAllocateContiguousMemorySpecifyCache", mm_allocate_contiguous_cache,
      EX_TRACE | EX_POINTER, 0, 15, fail_null, IRQL_DISPATCH },
    { "MmFreeContiguousMemory", mm_free_contiguous, EX_TRACE | EX_VOID, 1, 0,
      NULL, IRQL_DISPATCH },
    { "MmFreeContiguousMemorySpecifyCache", mm_free_contiguous_cache,
      EX_TRACE | EX_VOID, 1, 2, NULL, IRQL_DISPATCH },
    { "MmGetPhysicalAddress", mm_get_physical_address, 0, 0, 0, NULL,
      IRQL_ANY },
    { "Mm64BitPhysicalAddress", &mm_64bit_physical_address, EX_DATA, 0, 0, NULL,
      IRQL_ANY },
    { 0 },
};
