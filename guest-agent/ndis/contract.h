/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Contracts: what a driver must not do, found and reported with its call
 * stack.
 *
 * A broken contract is a RIG_MK_CONTRACT marker and nothing else: the host
 * goes on as well as it can. The same breach at the same call site is reported
 * once in a life.
 */
#ifndef NDIS_CONTRACT_H
#define NDIS_CONTRACT_H

#include <stdbool.h>
#include <stdint.h>
#include "ndis/core.h"
#include "ndis/thunk.h"

/*
 * Names of the markers; the rules go by them. Others, of one place each, are
 * where they are found: register-access-in-d3 (absent.c), oid-must-succeed
 * (power.c), paused-with-receives-outstanding (traffic.c).
 */
/* --- calls ---------------------------------------------------------------- */
#define CONTRACT_WRONG_IRQL    "wrong-irql"    /* arg: found, allowed */
#define CONTRACT_WRONG_CALLER  "wrong-caller"
#define CONTRACT_BAD_HANDLE    "bad-handle"
#define CONTRACT_BAD_ARGUMENT  "bad-argument"
/* --- IRQL and locks; object: the lock ------------------------------------- */
#define CONTRACT_IRQL_AT_RETURN "irql-at-return" /* arg: found, expected */
#define CONTRACT_LOCK_AT_RETURN "lock-held-at-return" /* of a callback */
#define CONTRACT_LOCK_NOT_HELD "lock-not-held"
#define CONTRACT_LOCK_RECURSIVE "lock-recursive"
#define CONTRACT_LOCK_IRQL     "lock-held-below-dispatch"
/* --- memory; object: its address ------------------------------------------ */
#define CONTRACT_DOUBLE_FREE   "double-free"   /* handles too */
#define CONTRACT_USE_AFTER_FREE "use-after-free"
#define CONTRACT_OVERRUN       "overrun"       /* arg: offset, size */
#define CONTRACT_UNINITIALIZED "uninitialized-memory"
/* memory with the context of a registered interrupt; object: its handle */
#define CONTRACT_CONTEXT_FREED "context-freed"
#define CONTRACT_PAGEABLE      "pageable-at-dispatch"
#define CONTRACT_WRONG_TAG     "wrong-tag"     /* arg: found, allocated with */
#define CONTRACT_WRONG_LENGTH  "wrong-length"  /* arg: found, allocated */

/*
 * The export that the driver is in broke contract `name`, or, outside any,
 * the innermost callback. `object` is a handle or an address, 0: none. The
 * text is one short sentence; the call stack follows it in the marker.
 */
void contract_broken(const char *name, uint64_t object, uint64_t found,
                     uint64_t allowed, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));
/* The same for something that happened at `site` (an RVA), without a stack. */
void contract_broken_at(uint32_t site, const char *name, uint64_t object,
                        uint64_t found, uint64_t allowed, const char *fmt, ...)
    __attribute__((format(printf, 6, 7)));

/* IRQLs of an IRQL_* class. */
void contract_irql_range(unsigned contract, uint8_t *low, uint8_t *high);
/* For a rule that the table cannot say: IRQL must be `high` at most. */
void contract_irql_at_most(uint8_t high, const char *when);
/* Judge the call that is being made by the contract of its export. */
void contract_check_call(const struct export *ex);

/* Forget what was reported: a new life begins. */
void contract_reset(void);

#endif
