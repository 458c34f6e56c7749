/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The arena: memory that VFIO maps for the device, and its bus addresses.
 *
 * Everything that a driver gets lies in it, because drivers take bus addresses
 * of pool memory too. The allocator is first fit over a list of free extents,
 * ordered by address, kept outside the arena: nothing that a driver or a
 * device overwrites can confuse it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "ndis/core.h"

#define ALLOC_ALIGN 16u

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

size_t arena_size(void)
{
    return arena.size;
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
