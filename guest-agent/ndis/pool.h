/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory blocks of the driver: accounted, poisoned, fenced, guarded. */
#ifndef NDIS_POOL_H
#define NDIS_POOL_H

#include "ndis/core.h"

/*
 * A block of `kind` (OBJ_POOL, OBJ_CONTIGUOUS, OBJ_SHARED), filled with a
 * pattern, shared memory with zeroes, and accounted to the driver's call site
 * and `tag` (0: none). NULL: no memory. Only pool memory has red zones in front
 * and guard pages.
 */
void *block_alloc(enum object_kind kind, size_t size, size_t align,
                  uint32_t tag);
/* Give back; false: there is no such block. */
bool block_free(enum object_kind kind, void *block);

void *pool_alloc_tagged(size_t size, uint32_t tag);
/* Tag 0 fits any; a pointer that is no block is a bug check. */
void pool_free_tagged(void *block, uint32_t tag);

/* Guard pages from here on, or not. 0, or -1 with errno. */
int pool_guard(bool guard);
/* Look at every red zone, and at everything freed, once. */
void pool_check(void);
/*
 * A fault at `address` in the driver at RVA `site`: if memory of the pool
 * explains it, say so. UINT64_MAX: the address was not canonical; then one of
 * reg[0..n), the processor's registers, may show where it came from.
 */
bool pool_explain_fault(uint64_t address, const uint64_t *reg, unsigned n,
                        uint32_t site);

#endif
