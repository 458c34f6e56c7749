/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Emulates the few instructions of drivers that fault in user space. */
#ifndef NDIS_EMULATE_H
#define NDIS_EMULATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where Windows maps KUSER_SHARED_DATA on x64, and how much of it. */
#define KUSER_BASE 0xfffff78000000000ull
#define KUSER_SIZE 0x1000u

/* Registers in the order of x86 encodings: rax, rcx, rdx, rbx, rsp, ... r15. */
struct emulate_cpu {
    uint64_t *reg[16];
    uint64_t *rip;
    uint64_t *flags;
};

struct emulate_ops {
    uint8_t (*get_irql)(void);
    void (*set_irql)(uint8_t irql);
    void (*read_kuser)(uint8_t page[KUSER_SIZE]);
    uint32_t (*port_read)(uint16_t port, unsigned size);
    void (*port_write)(uint16_t port, unsigned size, uint32_t value);
};

enum emulate_result {
    EMULATE_UNKNOWN,   /* not one of ours: a crash */
    EMULATE_DONE,      /* executed, rip moved on */
    EMULATE_FAST_FAIL, /* int 29h: code in ecx */
    EMULATE_ASSERT,    /* int 2ch */
};

/*
 * The instruction in code[0..len), at *cpu->rip, faulted at data address
 * `fault` (0 for a general protection fault).
 */
enum emulate_result emulate(const struct emulate_cpu *cpu,
                            const struct emulate_ops *ops,
                            const uint8_t *code, size_t len, uint64_t fault);

#endif
