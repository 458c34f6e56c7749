/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory for the driver: pool, contiguous memory, their bus addresses.
 *
 * All of it lies in the arena that VFIO maps for the device, because drivers
 * take bus addresses of pool memory too. The allocator is first fit over a
 * list of free extents, ordered by address, kept outside the arena: nothing
 * that a driver or a device overwrites can confuse it. Pool memory arrives
 * filled with one pattern and leaves with another, so that a use before
 * initialisation or after free fails the same way in every run.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "ndis/contract.h"
#include "ndis/core.h"
#include "ndis/interrupt.h"
#include "ndis/thunk.h"

#define ALLOC_ALIGN   16u   /* of pool memory below a page: 16 on x64 */
#define FILL_NEW      0xa5
#define FILL_FREED    0xdd  /* as a pointer, not canonical: it faults */

/* Bug checks; Microsoft, "Bug Check Code Reference". */
#define BAD_POOL_CALLER 0xc2
#define POOL_FREED_TWICE 0x07
#define POOL_BAD_ADDRESS 0x46

struct extent {
    struct extent *next;
    uint8_t *at;
    size_t size;
};

static struct {
    pthread_mutex_t lock;
    uint8_t *base;
    size_t size;
    uint64_t iova;
    struct extent *free;
} arena;

__attribute__((constructor)) static void arena_init(void)
{
    thread_mutex_init(&arena.lock);
}

int arena_open(uint8_t *base, size_t size, uint64_t iova)
{
    struct extent *e = malloc(sizeof(*e));

    if (!e) {
        return -1;
    }
    while (arena.free) {
        struct extent *next = arena.free->next;

        free(arena.free);
        arena.free = next;
    }
    *e = (struct extent) { NULL, base, size };
    arena.free = e;
    arena.base = base;
    arena.size = size;
    arena.iova = iova;
    return 0;
}

static size_t round_up(size_t n, size_t to)
{
    return (n + to - 1) & ~(to - 1);
}

/* Cut [at, at+size) out of *link, which contains it. */
static bool cut(struct extent **link, uint8_t *at, size_t size)
{
    struct extent *e = *link, *tail;
    size_t before = (size_t)(at - e->at), after = e->size - before - size;

    if (before && after) {
        tail = malloc(sizeof(*tail));
        if (!tail) {
            return false;
        }
        *tail = (struct extent) { e->next, at + size, after };
        e->size = before;
        e->next = tail;
    } else if (before) {
        e->size = before;
    } else if (after) {
        e->at += size;
        e->size = after;
    } else {
        *link = e->next;
        free(e);
    }
    return true;
}

void *arena_alloc(size_t size, size_t align)
{
    uint8_t *found = NULL;

    if (size == 0 || size > arena.size || align > arena.size) {
        return NULL;
    }
    size = round_up(size, ALLOC_ALIGN);
    align = align < ALLOC_ALIGN ? ALLOC_ALIGN : align;
    pthread_mutex_lock(&arena.lock);
    for (struct extent **link = &arena.free; *link; link = &(*link)->next) {
        struct extent *e = *link;
        size_t skip = round_up((uintptr_t)e->at, align) - (uintptr_t)e->at;
        uint8_t *at = e->at + skip;

        if (skip <= e->size && e->size - skip >= size) {
            found = cut(link, at, size) ? at : NULL;
            break;
        }
    }
    pthread_mutex_unlock(&arena.lock);
    return found;
}

/* Give back; merges with the neighbours. */
void arena_free(void *p, size_t size)
{
    struct extent **link = &arena.free, *prev = NULL, *e;
    uint8_t *at = p;

    size = round_up(size, ALLOC_ALIGN);
    pthread_mutex_lock(&arena.lock);
    while (*link && (*link)->at < at) {
        prev = *link;
        link = &(*link)->next;
    }
    if (prev && prev->at + prev->size == at) {
        prev->size += size;
        e = prev;
    } else {
        e = malloc(sizeof(*e));
        if (e) {
            *e = (struct extent) { *link, at, size };
            *link = e;
        }
    }
    if (e && e->next && e->at + e->size == e->next->at) {
        struct extent *next = e->next;

        e->size += next->size;
        e->next = next->next;
        free(next);
    }
    pthread_mutex_unlock(&arena.lock);
}

bool arena_contains(const void *p, size_t size)
{
    uintptr_t at = (uintptr_t)p, base = (uintptr_t)arena.base;

    return at >= base && at - base <= arena.size &&
           size <= arena.size - (at - base);
}

bool arena_bus_address(const void *p, uint64_t *address)
{
    if (!arena_contains(p, 1)) {
        return false;
    }
    *address = arena.iova + ((uintptr_t)p - (uintptr_t)arena.base);
    return true;
}

/* --- pool ------------------------------------------------------------- */

static void *tracked_alloc(enum object_kind kind, size_t size, size_t align)
{
    void *p = arena_alloc(size ? size : 1, align);

    if (p) {
        object_add(kind, p, size ? size : 1);
    }
    return p;
}

/* Until it is deregistered, an interrupt's handlers may use their context. */
static void check_no_context(const void *p, size_t size)
{
    NDIS_HANDLE handle = isr_context_in(p, size);

    if (handle) {
        contract_broken(CONTRACT_CONTEXT_FREED, (uintptr_t)handle, 0, 0,
                        "interrupt 0x%llx is still registered",
                        (unsigned long long)(uintptr_t)handle);
    }
}

/* A bad pointer stops Windows, and so it does here. */
static void tracked_free(enum object_kind kind, void *p)
{
    size_t size;

    if (!object_remove(kind, p, &size)) {
        bug_check(BAD_POOL_CALLER, arena_contains(p, 1) ? POOL_FREED_TWICE
                  : POOL_BAD_ADDRESS, 0, 0, 0);
    }
    check_no_context(p, size);
    memset(p, FILL_FREED, size);
    arena_free(p, size);
}

void *pool_alloc(size_t size)
{
    void *p = tracked_alloc(OBJ_POOL, size,
                            size >= PAGE_SIZE ? PAGE_SIZE : ALLOC_ALIGN);

    if (p) {
        memset(p, FILL_NEW, size);
    }
    return p;
}

void pool_free(void *p)
{
    tracked_free(OBJ_POOL, p);
}

/* --- exports ---------------------------------------------------------- */

static PVOID NTAPI ndis_allocate_with_tag_priority(NDIS_HANDLE handle,
                                                   UINT length, ULONG tag,
                                                   EX_POOL_PRIORITY priority)
{
    (void)handle;
    (void)tag;
    (void)priority;
    return pool_alloc(length);
}

static NDIS_STATUS NTAPI ndis_allocate_with_tag(PVOID *address, UINT length,
                                                ULONG tag)
{
    (void)tag;
    *address = pool_alloc(length);
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
    (void)tag;
    pool_free(address);
}

static VOID NTAPI ndis_free_with_tag_priority(NDIS_HANDLE handle,
                                              PVOID address, ULONG tag)
{
    (void)handle;
    (void)tag;
    pool_free(address);
}

static PVOID NTAPI ex_allocate_with_tag(int type, SIZE_T size, ULONG tag)
{
    (void)type;
    (void)tag;
    return pool_alloc(size);
}

static PVOID NTAPI ex_allocate_with_tag_priority(int type, SIZE_T size,
                                                 ULONG tag, int priority)
{
    (void)priority;
    return ex_allocate_with_tag(type, size, tag);
}

static PVOID NTAPI ex_allocate(int type, SIZE_T size)
{
    return ex_allocate_with_tag(type, size, 0);
}

/* POOL_FLAG_UNINITIALIZED; without it the memory is zeroed. */
#define POOL_UNINITIALIZED 2u

static PVOID NTAPI ex_allocate2(uint64_t flags, SIZE_T size, ULONG tag)
{
    void *p = ex_allocate_with_tag(0, size, tag);

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
    void *p = tracked_alloc(OBJ_CONTIGUOUS, size, PAGE_SIZE);

    (void)high;  /* the arena lies below 4 GiB */
    if (p) {
        memset(p, FILL_NEW, size);
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

static VOID NTAPI mm_free_contiguous(PVOID address)
{
    tracked_free(OBJ_CONTIGUOUS, address);
}

static VOID NTAPI mm_free_contiguous_cache(PVOID address, SIZE_T size,
                                           int cache)
{
    (void)size;
    (void)cache;
    tracked_free(OBJ_CONTIGUOUS, address);
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
