/* SPDX-License-Identifier: GPL-2.0-or-later */
/* MDLs, NET_BUFFER and NET_BUFFER_LIST: pools, allocation, access. */
#include <stdlib.h>
#include <string.h>
#include "ndis/core.h"
#include "ndis/thunk.h"

/* Later NDIS versions have more entries in NetBufferListInfo than ours. */
#define NBL_SPARE 256u
#define ALIGN16(n) (((n) + 15) & ~(size_t)15)

struct nb_pool {
    bool lists;            /* of NET_BUFFER_LISTs, else of NET_BUFFERs */
    bool with_buffer;      /* fAllocateNetBuffer */
    uint32_t data_size;    /* bytes of data per NET_BUFFER */
    uint32_t context_size; /* bytes, part of every list */
};

/* --- MDL -------------------------------------------------------------- */

static size_t mdl_size(const void *va, size_t length)
{
    size_t pages = (((uintptr_t)va & (PAGE_SIZE - 1)) + length + PAGE_SIZE -
                    1) / PAGE_SIZE;

    return sizeof(MDL) + (pages ? pages : 1) * sizeof(PFN_NUMBER);
}

/* Drivers read the header inline; the page numbers are of bus addresses. */
static void mdl_init(MDL *mdl, void *va, uint32_t length)
{
    uintptr_t at = (uintptr_t)va;
    PFN_NUMBER *pfn = MmGetMdlPfnArray(mdl);
    uint64_t bus;

    memset(mdl, 0, sizeof(*mdl));
    mdl->Size = (CSHORT)mdl_size(va, length);
    mdl->MdlFlags = MDL_SOURCE_IS_NONPAGED_POOL | MDL_MAPPED_TO_SYSTEM_VA;
    mdl->MappedSystemVa = va;
    mdl->StartVa = (PVOID)(at & ~(uintptr_t)(PAGE_SIZE - 1));
    mdl->ByteOffset = (ULONG)(at & (PAGE_SIZE - 1));
    mdl->ByteCount = length;
    for (size_t i = 0; i < (mdl_size(va, length) - sizeof(MDL)) / 8; i++) {
        uint8_t *page = (uint8_t *)mdl->StartVa + i * PAGE_SIZE;

        pfn[i] = arena_bus_address(page, &bus) ? bus >> PAGE_SHIFT : 0;
    }
}

static PMDL NTAPI ndis_allocate_mdl(NDIS_HANDLE handle, PVOID va, UINT length)
{
    size_t size = mdl_size(va, length);
    MDL *mdl = arena_alloc(size, 16);

    (void)handle;
    if (mdl) {
        mdl_init(mdl, va, length);
        object_add(OBJ_MDL, mdl, size);
    }
    return mdl;
}

static VOID NTAPI ndis_free_mdl(PMDL mdl)
{
    size_t size;

    if (!object_remove(OBJ_MDL, mdl, &size)) {
        bug_check(0xc2, 0x46, 0, 0, 0);  /* BAD_POOL_CALLER */
    }
    arena_free(mdl, size);
}

static PMDL NTAPI io_allocate_mdl(PVOID va, ULONG length, BOOLEAN secondary,
                                  BOOLEAN quota, PIRP irp)
{
    (void)secondary;
    (void)quota;
    (void)irp;
    return ndis_allocate_mdl(NULL, va, length);
}

static VOID NTAPI mm_build_mdl(PMDL mdl)
{
    mdl->MdlFlags |= MDL_SOURCE_IS_NONPAGED_POOL | MDL_MAPPED_TO_SYSTEM_VA;
    mdl->MappedSystemVa = MmGetMdlVirtualAddress(mdl);
}

static PVOID NTAPI mm_map_locked_pages(PMDL mdl, CCHAR mode, int cache,
                                       PVOID address, ULONG bug_check,
                                       ULONG priority)
{
    (void)mode;
    (void)cache;
    (void)address;
    (void)bug_check;
    (void)priority;
    mm_build_mdl(mdl);
    return mdl->MappedSystemVa;
}

static VOID NTAPI mm_unmap_locked_pages(PVOID base, PMDL mdl)
{
    (void)base;
    (void)mdl;
}

/* --- pools ------------------------------------------------------------ */

static NDIS_HANDLE NTAPI
ndis_allocate_nbl_pool(NDIS_HANDLE handle, PNET_BUFFER_LIST_POOL_PARAMETERS p)
{
    struct nb_pool *pool;

    (void)handle;
    /* 16 and 20 bytes are both in use */
    if (!p || p->Header.Size < offsetof(NET_BUFFER_LIST_POOL_PARAMETERS,
                                        DataSize)) {
        return NULL;
    }
    pool = calloc(1, sizeof(*pool));
    if (!pool) {
        return NULL;
    }
    pool->lists = true;
    pool->with_buffer = p->fAllocateNetBuffer;
    pool->context_size = p->ContextSize;
    if (p->Header.Size >= sizeof(*p)) {
        pool->data_size = p->DataSize;
    }
    return object_own(OBJ_NBL_POOL, pool);
}

static VOID NTAPI ndis_free_nbl_pool(NDIS_HANDLE handle)
{
    free(object_close(OBJ_NBL_POOL, handle));
}

static NDIS_HANDLE NTAPI
ndis_allocate_nb_pool(NDIS_HANDLE handle, PNET_BUFFER_POOL_PARAMETERS p)
{
    struct nb_pool *pool = p ? calloc(1, sizeof(*pool)) : NULL;

    (void)handle;
    if (!pool) {
        return NULL;
    }
    pool->data_size = p->DataSize;
    return object_own(OBJ_NB_POOL, pool);
}

static VOID NTAPI ndis_free_nb_pool(NDIS_HANDLE handle)
{
    free(object_close(OBJ_NB_POOL, handle));
}

/* --- NET_BUFFER ------------------------------------------------------- */

/* Sets CurrentMdl and CurrentMdlOffset to where DataOffset lies. */
static void nb_set_data(NET_BUFFER *nb, MDL *chain, uint32_t offset,
                        size_t length)
{
    nb->MdlChain = chain;
    nb->DataOffset = offset;
    nb->stDataLength = length;
    while (chain && offset >= chain->ByteCount && chain->Next) {
        offset -= chain->ByteCount;
        chain = chain->Next;
    }
    nb->CurrentMdl = chain;
    nb->CurrentMdlOffset = offset;
}

/* NET_BUFFER, then an MDL and its data if the pool has data. */
static size_t nb_bytes(const struct nb_pool *pool)
{
    size_t data = pool->data_size;

    return sizeof(NET_BUFFER) +
           (data ? ALIGN16(sizeof(MDL) + 8 * (data / PAGE_SIZE + 2)) +
                   ALIGN16(data) : 0);
}

static void nb_init(NET_BUFFER *nb, const struct nb_pool *pool,
                    NDIS_HANDLE handle, MDL *chain, uint32_t offset,
                    size_t length)
{
    size_t data = pool->data_size;

    memset(nb, 0, sizeof(*nb));
    nb->NdisPoolHandle = handle;
    if (data && !chain) {
        MDL *mdl = (MDL *)(nb + 1);
        uint8_t *at = (uint8_t *)mdl + ALIGN16(sizeof(MDL) + 8 *
                                               (data / PAGE_SIZE + 2));

        mdl_init(mdl, at, (uint32_t)data);
        chain = mdl;
    }
    nb_set_data(nb, chain, offset, length);
}

static PNET_BUFFER NTAPI ndis_allocate_nb(NDIS_HANDLE handle, PMDL chain,
                                          ULONG offset, SIZE_T length)
{
    struct nb_pool *pool = object_get(OBJ_NB_POOL, handle);
    NET_BUFFER *nb = pool ? arena_alloc(nb_bytes(pool), 16) : NULL;

    if (nb) {
        nb_init(nb, pool, handle, chain, offset, length);
        object_add(OBJ_NB, nb, nb_bytes(pool));
    }
    return nb;
}

/* With the data that the pool's buffers have. */
static PNET_BUFFER NTAPI ndis_allocate_nb_mdl_and_data(NDIS_HANDLE handle)
{
    struct nb_pool *pool = object_get(OBJ_NB_POOL, handle);

    return pool && pool->data_size ? ndis_allocate_nb(handle, NULL, 0, 0)
                                   : NULL;
}

static VOID NTAPI ndis_free_nb(PNET_BUFFER nb)
{
    size_t size;

    if (!object_remove(OBJ_NB, nb, &size)) {
        bug_check(0xc2, 0x46, 0, 0, 0);
    }
    arena_free(nb, size);
}

/* --- NET_BUFFER_LIST -------------------------------------------------- */

static size_t context_bytes(size_t size)
{
    return size ? ALIGN16(sizeof(NET_BUFFER_LIST_CONTEXT) + size) : 0;
}

static size_t nbl_bytes(const struct nb_pool *pool, size_t context,
                        bool buffer)
{
    return sizeof(NET_BUFFER_LIST) + NBL_SPARE + context_bytes(context) +
           (buffer ? nb_bytes(pool) : 0);
}

/* Context space of `used` bytes behind `backfill` bytes. */
static void set_context(NET_BUFFER_LIST *nbl, size_t size, size_t used)
{
    NET_BUFFER_LIST_CONTEXT *c;

    c = (void *)((uint8_t *)(nbl + 1) + NBL_SPARE);
    if (size) {
        memset(c, 0, context_bytes(size));
        c->Size = (USHORT)size;
        c->Offset = (USHORT)(size - used);
        nbl->Context = c;
    }
}

static NET_BUFFER_LIST *make_nbl(NDIS_HANDLE handle, size_t context,
                                 size_t backfill, bool buffer, MDL *chain,
                                 uint32_t offset, size_t length)
{
    struct nb_pool *pool = object_get(OBJ_NBL_POOL, handle);
    size_t total = pool ? pool->context_size + context + backfill : 0;
    NET_BUFFER_LIST *nbl;
    size_t size;

    if (!pool || total > UINT16_MAX) {
        return NULL;
    }
    size = nbl_bytes(pool, total, buffer);
    nbl = arena_alloc(size, 16);
    if (!nbl) {
        return NULL;
    }
    memset(nbl, 0, sizeof(*nbl) + NBL_SPARE);
    nbl->NdisPoolHandle = handle;
    set_context(nbl, total, context + pool->context_size);
    if (buffer) {
        nbl->FirstNetBuffer = (void *)((uint8_t *)(nbl + 1) + NBL_SPARE +
                                       context_bytes(total));
        nb_init(nbl->FirstNetBuffer, pool, handle, chain, offset, length);
    }
    object_add(OBJ_NBL, nbl, size);
    return nbl;
}

static PNET_BUFFER_LIST NTAPI
ndis_allocate_nb_and_nbl(NDIS_HANDLE handle, USHORT context, USHORT backfill,
                         PMDL chain, ULONG offset, SIZE_T length)
{
    return make_nbl(handle, context, backfill, true, chain, offset, length);
}

static PNET_BUFFER_LIST NTAPI
ndis_allocate_nbl(NDIS_HANDLE handle, USHORT context, USHORT backfill)
{
    struct nb_pool *pool = object_get(OBJ_NBL_POOL, handle);

    return pool ? make_nbl(handle, context, backfill, pool->with_buffer, NULL,
                           0, 0) : NULL;
}

static VOID NTAPI ndis_free_nbl(PNET_BUFFER_LIST nbl)
{
    size_t size;

    if (!object_remove(OBJ_NBL, nbl, &size)) {
        bug_check(0xc2, 0x46, 0, 0, 0);
    }
    arena_free(nbl, size);
}

/* --- clones: share the data, have buffers of their own ---------------- */

static PNET_BUFFER_LIST NTAPI
ndis_allocate_clone(PNET_BUFFER_LIST original, NDIS_HANDLE nbl_pool,
                    NDIS_HANDLE nb_pool, ULONG flags)
{
    NDIS_HANDLE pool = nbl_pool ? nbl_pool : original->NdisPoolHandle;
    NET_BUFFER_LIST *nbl = make_nbl(pool, 0, 0, false, NULL, 0, 0);
    NET_BUFFER **link;

    (void)flags;
    if (!nbl) {
        return NULL;
    }
    link = &nbl->FirstNetBuffer;
    for (NET_BUFFER *nb = original->FirstNetBuffer; nb; nb = nb->Next) {
        *link = ndis_allocate_nb(nb_pool, nb->MdlChain, nb->DataOffset,
                                 nb->DataLength);
        if (!*link) {
            break;
        }
        link = &(*link)->Next;
    }
    return nbl;
}

static VOID NTAPI ndis_free_clone(PNET_BUFFER_LIST nbl, ULONG flags)
{
    NET_BUFFER *next;

    (void)flags;
    for (NET_BUFFER *nb = nbl->FirstNetBuffer; nb; nb = next) {
        next = nb->Next;
        ndis_free_nb(nb);
    }
    ndis_free_nbl(nbl);
}

/* --- data access ------------------------------------------------------ */

uint32_t nbl_copy_data(const NET_BUFFER *nb, uint8_t *out, uint32_t size)
{
    const MDL *mdl = nb->CurrentMdl;
    uint32_t skip = nb->CurrentMdlOffset, done = 0;
    uint32_t want = nb->DataLength < size ? nb->DataLength : size;

    for (; mdl && done < want; mdl = mdl->Next, skip = 0) {
        uint32_t n = mdl->ByteCount > skip ? mdl->ByteCount - skip : 0;

        n = n < want - done ? n : want - done;
        memcpy(out + done, (uint8_t *)MmGetMdlVirtualAddress(mdl) + skip, n);
        done += n;
    }
    return done;
}

/* Bytes of a chain from CurrentMdlOffset + `offset` on, one run at a time. */
struct run {
    const MDL *mdl;
    uint64_t offset;
};

static uint32_t run_bytes(struct run *r)
{
    while (r->mdl && r->offset >= r->mdl->ByteCount) {
        r->offset -= r->mdl->ByteCount;
        r->mdl = r->mdl->Next;
    }
    return r->mdl ? (uint32_t)(r->mdl->ByteCount - r->offset) : 0;
}

static uint8_t *run_at(const struct run *r)
{
    return (uint8_t *)MmGetMdlVirtualAddress(r->mdl) + r->offset;
}

static NDIS_STATUS NTAPI ndis_copy_nb_to_nb(PNET_BUFFER to, ULONG to_offset,
                                            ULONG bytes,
                                            const NET_BUFFER *from,
                                            ULONG from_offset, PULONG copied)
{
    struct run d = { to->CurrentMdl,
                     (uint64_t)to->CurrentMdlOffset + to_offset };
    struct run s = { from->CurrentMdl,
                     (uint64_t)from->CurrentMdlOffset + from_offset };
    ULONG left = bytes;

    while (left) {
        uint32_t n = run_bytes(&d), m = run_bytes(&s);

        n = n < m ? n : m;
        n = n < left ? n : left;
        if (n == 0) {
            break;
        }
        memmove(run_at(&d), run_at(&s), n);
        d.offset += n;
        s.offset += n;
        left -= n;
    }
    *copied = bytes - left;
    return NDIS_STATUS_SUCCESS;
}

/* Physical pages that the used data touches. */
static ULONG NTAPI ndis_query_nb_physical_count(const NET_BUFFER *nb)
{
    struct run r = { nb->CurrentMdl, nb->CurrentMdlOffset };
    uint32_t left = nb->DataLength;
    ULONG pages = 0;

    while (left) {
        uint32_t n = run_bytes(&r);
        uintptr_t at;

        n = n < left ? n : left;
        if (n == 0) {
            break;
        }
        at = (uintptr_t)run_at(&r);
        pages += (ULONG)(((at + n - 1) >> PAGE_SHIFT) - (at >> PAGE_SHIFT) +
                         1);
        r.offset += n;
        left -= n;
    }
    return pages;
}

/* A pointer to contiguous bytes at the start of the data, copied if need be. */
static PVOID NTAPI ndis_get_data_buffer(PNET_BUFFER nb, ULONG bytes,
                                        PVOID storage, UINT align_multiple,
                                        UINT align_offset)
{
    const MDL *mdl = nb->CurrentMdl;
    uint32_t skip = nb->CurrentMdlOffset;

    (void)align_offset;
    if (!mdl || bytes > nb->DataLength) {
        return NULL;
    }
    if (mdl->ByteCount - skip >= bytes && align_multiple <= 1) {
        return (uint8_t *)MmGetMdlVirtualAddress(mdl) + skip;
    }
    if (!storage) {
        return NULL;
    }
    return nbl_copy_data(nb, storage, bytes) == bytes ? storage : NULL;
}

/* DataDelta more bytes are used at the front; false: no room there. */
static NDIS_STATUS NTAPI ndis_retreat_data_start(PNET_BUFFER nb, ULONG delta,
                                                 ULONG backfill, PVOID handler)
{
    (void)backfill;
    (void)handler;
    if (delta > nb->DataOffset) {
        return NDIS_STATUS_RESOURCES;
    }
    nb_set_data(nb, nb->MdlChain, nb->DataOffset - delta,
                nb->stDataLength + delta);
    return NDIS_STATUS_SUCCESS;
}

static VOID NTAPI ndis_advance_data_start(PNET_BUFFER nb, ULONG delta,
                                          BOOLEAN free_mdl, PVOID handler)
{
    (void)free_mdl;
    (void)handler;
    if (delta <= nb->DataLength) {
        nb_set_data(nb, nb->MdlChain, nb->DataOffset + delta,
                    nb->stDataLength - delta);
    }
}

/* --- frames of the host itself ---------------------------------------- */

/* Between pieces, so that they are separate scatter/gather elements. */
#define PIECE_GAP 64u
/* Pages that a piece of the longest frame may touch. */
#define FRAME_PAGES 5

struct frame {
    size_t size;
    NET_BUFFER_LIST nbl;
    uint8_t spare[NBL_SPARE];
    NET_BUFFER nb;
    struct {
        MDL mdl;
        PFN_NUMBER pfn[FRAME_PAGES];
    } piece[FRAME_PIECES];
    uint8_t data[];
};

static struct frame *frame_of(NET_BUFFER_LIST *nbl)
{
    return CONTAINING_RECORD(nbl, struct frame, nbl);
}

NET_BUFFER_LIST *nbl_frame_new(const uint32_t *length, unsigned pieces,
                               uint32_t offset, uint8_t **data)
{
    size_t size = sizeof(struct frame), total = 0;
    struct frame *f;
    uint8_t *at;

    for (unsigned i = 0; i < pieces; i++) {
        size += ALIGN16(length[i]) + PIECE_GAP;
        total += length[i];
    }
    f = arena_alloc(size, 16);
    if (!f) {
        return NULL;
    }
    memset(f, 0, size);
    f->size = size;
    at = f->data;
    for (unsigned i = 0; i < pieces; i++) {
        mdl_init(&f->piece[i].mdl, at, length[i]);
        f->piece[i].mdl.Next = i + 1 < pieces ? &f->piece[i + 1].mdl : NULL;
        data[i] = at;
        at += ALIGN16(length[i]) + PIECE_GAP;
    }
    nb_set_data(&f->nb, &f->piece[0].mdl, offset, total - offset);
    f->nbl.FirstNetBuffer = &f->nb;
    return &f->nbl;
}

void nbl_frame_free(NET_BUFFER_LIST *nbl)
{
    struct frame *f = frame_of(nbl);

    arena_free(f, f->size);
}

/* --- to and from the protocol ----------------------------------------- */

static VOID NTAPI ndis_m_indicate_receive(NDIS_HANDLE adapter,
                                          PNET_BUFFER_LIST nbls,
                                          NDIS_PORT_NUMBER port, ULONG count,
                                          ULONG flags)
{
    (void)port;
    (void)count;
    traffic_receive(adapter_get(adapter), nbls, flags);
}

static VOID NTAPI ndis_m_send_complete(NDIS_HANDLE adapter,
                                       PNET_BUFFER_LIST nbls, ULONG flags)
{
    (void)adapter;
    (void)flags;
    traffic_send_complete(nbls);
}

/* Nothing is copied. */
static uint64_t fail_copy(const uint64_t *args, uint32_t status)
{
    *(uint32_t *)(uintptr_t)args[5] = 0;
    return status;
}

#define HOT_POINTER (EX_SITE | EX_POINTER)

const struct export nbl_exports[] = {
    { "NdisAllocateMdl", ndis_allocate_mdl, HOT_POINTER, 0, 1 | 4, fail_null,
      IRQL_DISPATCH },
    { "NdisFreeMdl", ndis_free_mdl, EX_SITE | EX_VOID, 1, 0, NULL,
      IRQL_DISPATCH },
    { "IoAllocateMdl", io_allocate_mdl, HOT_POINTER, 0, 2, fail_null,
      IRQL_DISPATCH },
    { "IoFreeMdl", ndis_free_mdl, EX_SITE | EX_VOID, 1, 0, NULL,
      IRQL_DISPATCH },
    { "MmBuildMdlForNonPagedPool", mm_build_mdl, 0, 0, 0, NULL, IRQL_DISPATCH },
    { "MmMapLockedPagesSpecifyCache", mm_map_locked_pages, HOT_POINTER, 0, 0,
      fail_null, IRQL_DISPATCH },
    { "MmUnmapLockedPages", mm_unmap_locked_pages, 0, 0, 0, NULL,
      IRQL_DISPATCH },
    { "NdisAllocateNetBufferListPool", ndis_allocate_nbl_pool,
      EX_TRACE | EX_POINTER, 0, 1, fail_null, IRQL_DISPATCH },
    { "NdisFreeNetBufferListPool", ndis_free_nbl_pool, EX_TRACE | EX_VOID, 1, 1,
      NULL, IRQL_DISPATCH },
    { "NdisAllocateNetBufferPool", ndis_allocate_nb_pool, EX_TRACE | EX_POINTER,
      0, 1, fail_null, IRQL_DISPATCH },
    { "NdisFreeNetBufferPool", ndis_free_nb_pool, EX_TRACE | EX_VOID, 1, 1,
      NULL, IRQL_DISPATCH },
    { "NdisAllocateNetBuffer", ndis_allocate_nb, HOT_POINTER, 0, 1, fail_null,
      IRQL_DISPATCH },
    { "NdisAllocateNetBufferMdlAndData", ndis_allocate_nb_mdl_and_data,
      HOT_POINTER, 0, 1, fail_null, IRQL_DISPATCH },
    { "NdisFreeNetBuffer", ndis_free_nb, EX_SITE | EX_VOID, 1, 0, NULL,
      IRQL_DISPATCH },
    { "NdisAllocateNetBufferAndNetBufferList", ndis_allocate_nb_and_nbl,
      HOT_POINTER, 0, 1 | 2 | 4, fail_null, IRQL_DISPATCH },
    { "NdisAllocateNetBufferList", ndis_allocate_nbl, HOT_POINTER, 0, 1 | 2 | 4,
      fail_null, IRQL_DISPATCH },
    { "NdisFreeNetBufferList", ndis_free_nbl, EX_SITE | EX_VOID, 1, 0, NULL,
      IRQL_DISPATCH },
    { "NdisAllocateCloneNetBufferList", ndis_allocate_clone, HOT_POINTER, 0, 0,
      fail_null, IRQL_DISPATCH },
    { "NdisFreeCloneNetBufferList", ndis_free_clone, EX_SITE | EX_VOID, 1, 0,
      NULL, IRQL_DISPATCH },
    { "NdisCopyFromNetBufferToNetBuffer", ndis_copy_nb_to_nb, 0, 0, 0,
      fail_copy, IRQL_DISPATCH },
    { "NdisQueryNetBufferPhysicalCount", ndis_query_nb_physical_count, 0, 0,
      0, NULL, IRQL_DISPATCH },
    { "NdisGetDataBuffer", ndis_get_data_buffer, 0, 0, 0, fail_null,
      IRQL_DISPATCH },
    { "NdisRetreatNetBufferDataStart", ndis_retreat_data_start, 0, 0, 0,
      fail_status, IRQL_DISPATCH },
    { "NdisAdvanceNetBufferDataStart", ndis_advance_data_start, EX_VOID, 0, 0,
      NULL, IRQL_DISPATCH },
    { "NdisMIndicateReceiveNetBufferLists", ndis_m_indicate_receive, EX_VOID,
      0, 0, NULL, IRQL_DISPATCH },
    { "NdisMSendNetBufferListsComplete", ndis_m_send_complete, EX_VOID, 0, 0,
      NULL, IRQL_DISPATCH },
    { 0 },
};
