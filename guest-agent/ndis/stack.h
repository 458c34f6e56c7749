/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Call stacks of driver code, from the image's unwind data. */
#ifndef NDIS_STACK_H
#define NDIS_STACK_H

#include <stdbool.h>
#include <stdint.h>
#include "ndis/pe.h"

/*
 * What is known of the processor somewhere in the driver. Registers have
 * their numbers in machine code: rax 0, rcx 1, rdx 2, rbx 3, rsp 4, rbp 5,
 * rsi 6, rdi 7, r8 8 ... r15 15.
 */
struct stack_context {
    uint64_t rip;
    uint64_t reg[16];
    uint16_t known;        /* bit n: reg[n] is right; bit 4 (rsp) is needed */
    uintptr_t top;         /* end of the stack: nothing is read beyond */
    uintptr_t bottom;      /* nor below; set by the functions here */
};

/*
 * RVAs of the call instructions that led to rip, innermost first, up to where
 * the driver was called. The first is that of the call which returns to rip
 * when `returns` is set; without it, rip is where the driver is, and only its
 * callers are listed. Functions without unwind data, and hostile ones, end in
 * a search for return addresses. Number of RVAs, at most `max`.
 * Async-signal-safe.
 */
unsigned stack_walk(const struct pe_image *image, struct stack_context *c,
                    bool returns, uint32_t *rva, unsigned max);
/*
 * Out of the functions of this image, into which rip returns: afterwards c is
 * where they were called. False: that cannot be found out.
 */
bool stack_leave(const struct pe_image *image, struct stack_context *c);
/*
 * A walk by search only, from reg[4] up: every word that lies behind a call
 * instruction. For places outside the driver.
 */
unsigned stack_scan(const struct pe_image *image, struct stack_context *c,
                    uint32_t *rva, unsigned max);

#endif
