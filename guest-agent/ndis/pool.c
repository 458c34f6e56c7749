/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory blocks of the driver: accounted, poisoned, fenced, guarded.
 *
 * Memory arrives filled with one pattern and leaves with another, so that a
 * use before initialisation or after free fails the same way in every run.
 * Pool blocks below a page lie between two red zones; what is left of the last
 * 16 bytes of any block is one too. Freed pool blocks wait in a queue before
 * their memory is used again. Zones are looked at when a block is freed and
 * when the adapter has gone, the queue when a block leaves it.
 *
 * With guard pages, each pool block has pages of its own and ends where a page
 * begins that nobody may touch; freed blocks may not be touched either.
 */
#include "ndis/pool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "ndis/contract.h"
#include "ndis/interrupt.h"

#define ALIGN        16u
#define ZONE         16u   /* bytes of a red zone, in front and behind */
#define FILL_NEW     0xa5
#define FILL_FREED   0xdd  /* as a pointer, not canonical: it faults */
#define FILL_ZONE    0xfd
#define CHECKED_MAX  4096u /* of a freed block, from its start */

#define QUEUE_BLOCKS 64u
#define QUEUE_PART   32u   /* of the arena, in bytes, at most */

/* Bug checks; Microsoft, "Bug Check Code Reference". */
#define BAD_POOL_CALLER  0xc2
#define POOL_FREED_TWICE 0x07
#define POOL_BAD_ADDRESS 0x46

/* How a block lies in the arena. */
struct place {
    uint8_t *base;       /* what arena_alloc() gave */
    size_t total;
    uint8_t *block;      /* what the driver has */
    size_t size;
};

/* A pool block that was freed. */
struct freed {
    struct place place;
    uint32_t tag, allocated, freed; /* call sites */
};

static struct {
    pthread_mutex_t lock;
    bool guard;
    struct freed queue[QUEUE_BLOCKS];
    unsigned head, count;
    size_t bytes;
    struct freed *guarded;   /* every guarded block, live ones with freed 0 */
    unsigned n_guarded, max_guarded;
} pool;

__attribute__((constructor)) static void pool_init(void)
{
    thread_mutex_init(&pool.lock);
}

static size_t round_up(size_t n, size_t to)
{
    return (n + to - 1) & ~(to - 1);
}

/* --- red zones -------------------------------------------------------- */

static bool has_zones(enum object_kind kind, size_t size)
{
    return kind == OBJ_POOL && size < PAGE_SIZE;
}

static struct place place_of(enum object_kind kind, void *block, size_t size,
                             bool guarded)
{
    struct place p = { block, round_up(size, ALIGN), block, size };

    if (guarded) {
        p.base = (uint8_t *)((uintptr_t)block & ~(uintptr_t)(PAGE_SIZE - 1));
        p.total = round_up((size_t)(p.block - p.base) + size, PAGE_SIZE);
    } else if (has_zones(kind, size)) {
        p.base = p.block - ZONE;
        p.total += 2 * ZONE;
    }
    return p;
}

static void fill_zones(const struct place *p)
{
    size_t front = (size_t)(p->block - p->base);

    memset(p->base, FILL_ZONE, front);
    memset(p->block + p->size, FILL_ZONE, p->total - front - p->size);
}

/* Offset of the first byte that is not `fill`; n if all are. */
static size_t first_other(const uint8_t *at, size_t n, uint8_t fill)
{
    size_t i = 0;

    /* All are as the first one if each is as the one before it. */
    if (n > 0 && at[0] == fill && memcmp(at, at + 1, n - 1) == 0) {
        return n;
    }
    while (i < n && at[i] == fill) {
        i++;
    }
    return i;
}

static void say_overrun(const struct place *p, long offset,
                        uint32_t allocated)
{
    contract_broken(CONTRACT_OVERRUN, (uintptr_t)p->block, (uint64_t)offset,
                    p->size, "byte %ld of %zu was written, allocated at %x",
                    offset, p->size, allocated);
}

static void check_zones(const struct place *p, uint32_t allocated)
{
    size_t front = (size_t)(p->block - p->base);
    size_t back = p->total - front - p->size;
    size_t at = first_other(p->base, front, FILL_ZONE);

    if (at < front) {
        say_overrun(p, (long)at - (long)front, allocated);
        return;
    }
    at = first_other(p->block + p->size, back, FILL_ZONE);
    if (at < back) {
        say_overrun(p, (long)(p->size + at), allocated);
    }
}

/* --- freed blocks ----------------------------------------------------- */

static void check_freed(const struct freed *f)
{
    size_t n = f->place.size < CHECKED_MAX ? f->place.size : CHECKED_MAX;
    size_t at = first_other(f->place.block, n, FILL_FREED);

    if (at < n) {
        contract_broken_at(f->freed, CONTRACT_USE_AFTER_FREE,
                           (uintptr_t)f->place.block, at, f->place.size,
                           "byte %zu of %zu was written after it was freed; "
                           "allocated at %x, freed at", at, f->place.size,
                           f->allocated);
    }
}

/* The oldest freed block goes back to the arena. Under the lock. */
static bool release_oldest(void)
{
    struct freed *f = &pool.queue[pool.head];

    if (pool.count == 0) {
        return false;
    }
    pool.head = (pool.head + 1) % QUEUE_BLOCKS;
    pool.count--;
    pool.bytes -= f->place.total;
    check_freed(f);
    arena_free(f->place.base, f->place.total);
    return true;
}

static void queue_freed(const struct freed *f)
{
    size_t limit = arena_size() / QUEUE_PART;

    if (f->place.total > limit) {
        arena_free(f->place.base, f->place.total);
        return;
    }
    while (pool.count == QUEUE_BLOCKS ||
           pool.bytes + f->place.total > limit) {
        release_oldest();
    }
    pool.queue[(pool.head + pool.count) % QUEUE_BLOCKS] = *f;
    pool.count++;
    pool.bytes += f->place.total;
}

/* --- guard pages ------------------------------------------------------ */

int pool_guard(bool guard)
{
    pool.guard = guard;
    if (guard && !pool.guarded) {
        pool.max_guarded = (unsigned)(arena_size() / (2 * PAGE_SIZE));
        pool.guarded = calloc(pool.max_guarded, sizeof(pool.guarded[0]));
    }
    return guard && !pool.guarded ? -1 : 0;
}

static struct freed *find_guarded(const void *block)
{
    for (unsigned i = 0; i < pool.n_guarded; i++) {
        if (pool.guarded[i].place.block == block) {
            return &pool.guarded[i];
        }
    }
    return NULL;
}

/* The block that was freed first goes back to the arena, for a new one. */
static bool recycle_guarded(void)
{
    for (unsigned i = 0; i < pool.n_guarded; i++) {
        struct freed f = pool.guarded[i];

        if (f.freed) {
            size_t total = f.place.total + PAGE_SIZE;

            memmove(&pool.guarded[i], &pool.guarded[i + 1],
                    (pool.n_guarded - i - 1) * sizeof(f));
            pool.n_guarded--;
            mprotect(f.place.base, total, PROT_READ | PROT_WRITE);
            arena_free(f.place.base, total);
            return true;
        }
    }
    return false;
}

/* Whole pages and one that nobody may touch; blocks of a page and more begin
 * with a page, as on Windows, shorter ones end with one. */
static uint8_t *guarded_alloc(size_t size, uint32_t tag)
{
    size_t total = round_up(size, PAGE_SIZE);
    uint8_t *base = NULL, *block;

    while (pool.n_guarded == pool.max_guarded && recycle_guarded()) {
    }
    if (pool.n_guarded < pool.max_guarded) {
        do {
            base = arena_alloc(total + PAGE_SIZE, PAGE_SIZE);
        } while (!base && recycle_guarded());
    }
    if (!base) {
        return NULL;
    }
    block = size < PAGE_SIZE ? base + PAGE_SIZE - round_up(size, ALIGN) : base;
    if (mprotect(base + total, PAGE_SIZE, PROT_NONE)) {
        marker_note("a guard page is not possible: %s", strerror(errno));
    }
    pool.guarded[pool.n_guarded++] = (struct freed) {
        { base, total, block, size }, tag, host_self.caller, 0,
    };
    return block;
}

static void guarded_free(struct freed *f)
{
    struct freed copy = *f;

    mprotect(f->place.base, f->place.total, PROT_NONE);
    copy.freed = host_self.caller ? host_self.caller : 1;
    pool.n_guarded--;   /* to the end: the order is that of freeing */
    memmove(f, f + 1, (size_t)(pool.guarded + pool.n_guarded - f) *
            sizeof(*f));
    pool.guarded[pool.n_guarded++] = copy;
}

/* --- blocks ----------------------------------------------------------- */

/* Memory for a block; NULL: there is none. Under the lock. */
static uint8_t *find_room(enum object_kind kind, size_t size, size_t align,
                          uint32_t tag)
{
    size_t front = has_zones(kind, size) ? ZONE : 0;
    uint8_t *base;

    if (kind == OBJ_POOL && pool.guard) {
        return guarded_alloc(size, tag);
    }
    do {
        base = arena_alloc(round_up(size, ALIGN) + 2 * front, align);
    } while (!base && release_oldest());
    return base ? base + front : NULL;
}

void *block_alloc(enum object_kind kind, size_t size, size_t align,
                  uint32_t tag)
{
    uint8_t *block;
    struct place p;

    size = size ? size : 1;
    if (size > arena_size()) {
        return NULL;
    }
    pthread_mutex_lock(&pool.lock);
    block = find_room(kind, size, align, tag);
    pthread_mutex_unlock(&pool.lock);
    if (!block) {
        return NULL;
    }
    p = place_of(kind, block, size, kind == OBJ_POOL && pool.guard);
    fill_zones(&p);
    memset(block, kind == OBJ_SHARED ? 0 : FILL_NEW, size);
    object_add_tagged(kind, block, size, tag);
    return block;
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

/* Where freed memory goes. Under the lock. */
static void put_away(enum object_kind kind, const struct place *p,
                     const struct object_info *info, struct freed *guarded)
{
    if (guarded) {
        guarded_free(guarded);
        return;
    }
    memset(p->block, FILL_FREED, p->size);
    if (kind == OBJ_POOL) {
        struct freed f = { *p, info->tag, info->caller, host_self.caller };

        queue_freed(&f);
    } else {
        arena_free(p->base, p->total);
    }
}

bool block_free(enum object_kind kind, void *block)
{
    struct object_info info;
    struct freed *guarded;
    struct place p;

    if (!object_take(kind, block, &info)) {
        return false;
    }
    check_no_context(block, info.size);
    pthread_mutex_lock(&pool.lock);
    guarded = find_guarded(block);
    p = place_of(kind, block, info.size, guarded);
    check_zones(&p, info.caller);
    put_away(kind, &p, &info, guarded);
    pthread_mutex_unlock(&pool.lock);
    return true;
}

static void check_one(const void *block, const struct object_info *info,
                      void *kind)
{
    bool guarded = pool.guard && find_guarded(block);
    struct place p = place_of(*(enum object_kind *)kind, (void *)block,
                              info->size, guarded);

    check_zones(&p, info->caller);
}

void pool_check(void)
{
    enum object_kind kinds[] = { OBJ_POOL, OBJ_SHARED, OBJ_CONTIGUOUS };

    for (unsigned i = 0; i < ARRAYSIZE(kinds); i++) {
        object_each(kinds[i], check_one, &kinds[i]);
    }
    pthread_mutex_lock(&pool.lock);
    while (release_oldest()) {
    }
    pthread_mutex_unlock(&pool.lock);
}

/* --- pool ------------------------------------------------------------- */

void *pool_alloc_tagged(size_t size, uint32_t tag)
{
    return block_alloc(OBJ_POOL, size, size >= PAGE_SIZE ? PAGE_SIZE : ALIGN,
                       tag);
}

void *pool_alloc(size_t size)
{
    return pool_alloc_tagged(size, 0);
}

/* Was a block that begins there freed before, and where? */
static bool was_freed(const void *block, uint32_t *freed)
{
    for (unsigned i = 0; i < pool.n_guarded; i++) {
        if (pool.guarded[i].place.block == block && pool.guarded[i].freed) {
            *freed = pool.guarded[i].freed;
            return true;
        }
    }
    for (unsigned i = 0; i < pool.count; i++) {
        const struct freed *f = &pool.queue[(pool.head + i) % QUEUE_BLOCKS];

        if (f->place.block == block) {
            *freed = f->freed;
            return true;
        }
    }
    return false;
}

/* A bad pointer stops Windows, and so it does here. */
void pool_free_tagged(void *block, uint32_t tag)
{
    struct object_info info;
    uint32_t freed = 0;

    if (tag && object_info(OBJ_POOL, block, &info) && info.tag &&
        info.tag != tag) {
        contract_broken(CONTRACT_WRONG_TAG, (uintptr_t)block, tag, info.tag,
                        "freed with tag 0x%x, allocated with 0x%x", tag,
                        info.tag);
    }
    if (block_free(OBJ_POOL, block)) {
        return;
    }
    if (was_freed(block, &freed)) {
        contract_broken(CONTRACT_DOUBLE_FREE, (uintptr_t)block, 0, 0,
                        "the block was freed before, at %x", freed);
    }
    bug_check(BAD_POOL_CALLER, freed || arena_contains(block, 1)
              ? POOL_FREED_TWICE : POOL_BAD_ADDRESS, 0, 0, 0);
}

void pool_free(void *block)
{
    pool_free_tagged(block, 0);
}

/* --- faults ----------------------------------------------------------- */

/* Does a pointer with this value come out of memory with this pattern? */
static bool from_pattern(uint64_t value, uint8_t fill)
{
    uint32_t high = fill * 0x01010101u;

    return value >> 32 == high;
}

static bool explain_pattern(const uint64_t *reg, unsigned n, uint32_t site)
{
    for (unsigned i = 0; i < n; i++) {
        if (from_pattern(reg[i], FILL_FREED)) {
            contract_broken_at(site, CONTRACT_USE_AFTER_FREE, reg[i], 0, 0,
                               "a pointer was read from freed memory, used "
                               "at");
            return true;
        }
        if (from_pattern(reg[i], FILL_NEW)) {
            contract_broken_at(site, CONTRACT_UNINITIALIZED, reg[i], 0, 0,
                               "a pointer was read from memory that nobody "
                               "wrote, used at");
            return true;
        }
    }
    return false;
}

bool pool_explain_fault(uint64_t address, const uint64_t *reg, unsigned n,
                        uint32_t site)
{
    for (unsigned i = 0; i < pool.n_guarded; i++) {
        const struct freed *f = &pool.guarded[i];
        uint64_t offset = address - (uintptr_t)f->place.block;
        uint64_t base = (uintptr_t)f->place.base;

        if (address < base || address - base >= f->place.total + PAGE_SIZE) {
            continue;
        }
        if (f->freed) {
            contract_broken_at(site, CONTRACT_USE_AFTER_FREE,
                               (uintptr_t)f->place.block, offset,
                               f->place.size, "byte %lld of %zu, allocated at "
                               "%x, freed at %x, was used at",
                               (long long)offset, f->place.size, f->allocated,
                               f->freed);
        } else {
            contract_broken_at(site, CONTRACT_OVERRUN,
                               (uintptr_t)f->place.block, offset,
                               f->place.size, "byte %lld of %zu, allocated at "
                               "%x, was used at", (long long)offset,
                               f->place.size, f->allocated);
        }
        return true;
    }
    return address == UINT64_MAX && explain_pattern(reg, n, site);
}
