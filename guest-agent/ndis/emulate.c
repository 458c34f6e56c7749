/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Emulation of privileged instructions and of reads of KUSER_SHARED_DATA.
 *
 * Drivers contain them because the kernel's headers inline them: mov to and
 * from cr8 (IRQL), in and out (READ_PORT_*), int 29h (fast fail), cli and sti,
 * wbinvd, and loads from the shared data page (time). Encodings: Intel SDM
 * volume 2. A load needs no effective address: the fault brought it.
 */
#include "ndis/emulate.h"

#include <string.h>

struct decode {
    const uint8_t *code;
    size_t len, at;
    uint8_t rex;
    bool operand16;
    bool rep;
    bool bad;
};

#define REX_W 8
#define REX_R 4
#define REX_B 1

static uint8_t fetch(struct decode *d)
{
    if (d->at >= d->len) {
        d->bad = true;
        return 0;
    }
    return d->code[d->at++];
}

static uint8_t fetch_prefixes(struct decode *d)
{
    for (;;) {
        uint8_t b = fetch(d);

        if (b == 0x66) {
            d->operand16 = true;
        } else if (b == 0xf2 || b == 0xf3) {
            d->rep = true;
        } else if ((b & 0xf0) == 0x40) {
            d->rex = b;
            return fetch(d);
        } else if (b != 0x2e && b != 0x3e && b != 0x64 && b != 0x65) {
            return b;
        }
        if (d->bad) {
            return 0;
        }
    }
}

/* Skip the memory operand of a ModRM byte; its register field, 0..15. */
static unsigned skip_memory(struct decode *d)
{
    uint8_t modrm = fetch(d), mod = modrm >> 6, rm = modrm & 7;
    size_t displacement = mod == 1 ? 1 : mod == 2 ? 4 : 0;

    if (mod == 3) {
        d->bad = true;
    } else if (rm == 4) {
        uint8_t sib = fetch(d);

        if (mod == 0 && (sib & 7) == 5) {
            displacement = 4;
        }
    } else if (mod == 0 && rm == 5) {
        displacement = 4;
    }
    while (displacement--) {
        fetch(d);
    }
    return (modrm >> 3 & 7) | (d->rex & REX_R ? 8 : 0);
}

/* --- cr8 -------------------------------------------------------------- */

static enum emulate_result move_cr8(const struct emulate_cpu *cpu,
                                    const struct emulate_ops *ops,
                                    struct decode *d, bool write)
{
    uint8_t modrm = fetch(d);
    unsigned control = (modrm >> 3 & 7) | (d->rex & REX_R ? 8 : 0);
    unsigned reg = (modrm & 7) | (d->rex & REX_B ? 8 : 0);

    if (d->bad || control != 8) {
        return EMULATE_UNKNOWN;
    }
    *cpu->rip += d->at;
    if (write) {
        ops->set_irql(*cpu->reg[reg] & 15);
    } else {
        *cpu->reg[reg] = ops->get_irql();
    }
    return EMULATE_DONE;
}

/* --- ports ------------------------------------------------------------ */

static enum emulate_result port(const struct emulate_cpu *cpu,
                                const struct emulate_ops *ops,
                                struct decode *d, uint8_t opcode)
{
    unsigned size = !(opcode & 1) ? 1 : d->operand16 ? 2 : 4;
    bool immediate = !(opcode & 8), write = opcode & 2;
    uint16_t number = immediate ? fetch(d) : (uint16_t)*cpu->reg[2];
    uint64_t *rax = cpu->reg[0];
    uint64_t mask = size == 4 ? UINT32_MAX : (1ull << 8 * size) - 1;

    if (d->bad || d->rep) {
        return EMULATE_UNKNOWN;
    }
    *cpu->rip += d->at;
    if (write) {
        ops->port_write(number, size, (uint32_t)(*rax & mask));
    } else {
        uint64_t value = ops->port_read(number, size) & mask;

        *rax = size == 4 ? value : (*rax & ~mask) | value;
    }
    return EMULATE_DONE;
}

/* --- loads from KUSER_SHARED_DATA ------------------------------------- */

static uint64_t extend(uint64_t value, unsigned size, bool is_signed)
{
    unsigned shift = 64 - 8 * size;

    return is_signed ? (uint64_t)((int64_t)(value << shift) >> shift)
                     : value << shift >> shift;
}

/* Write a register of `size` bytes as the processor does. */
static void set_reg(uint64_t *reg, unsigned size, uint64_t value)
{
    uint64_t mask = size >= 4 ? UINT64_MAX : (1ull << 8 * size) - 1;

    value = extend(value, size, false);
    *reg = size >= 4 ? value : (*reg & ~mask) | (value & mask);
}

/* Flags of a - b, computed by the processor itself. */
static void compare(uint64_t *flags, uint64_t a, uint64_t b, unsigned size)
{
    const uint64_t arithmetic = 0x8d5; /* CF PF AF ZF SF OF */
    unsigned shift = 64 - 8 * size;
    uint64_t now;

    /* Shifted up, CF, ZF, SF and OF come out as for the short operands. */
    __asm__("cmpq %2, %1\n\tpushfq\n\tpopq %0"
            : "=r"(now) : "r"(a << shift), "r"(b << shift) : "cc");
    *flags = (*flags & ~arithmetic) | (now & arithmetic);
}

static enum emulate_result load(const struct emulate_cpu *cpu,
                                const struct emulate_ops *ops,
                                struct decode *d, uint8_t opcode,
                                bool two_byte, uint64_t fault)
{
    unsigned size = d->rex & REX_W ? 8 : d->operand16 ? 2 : 4;
    unsigned from = size, reg;
    bool is_signed = false, is_compare = false;
    uint8_t page[KUSER_SIZE];
    uint64_t value = 0;

    if (two_byte && (opcode == 0xb6 || opcode == 0xb7 || opcode == 0xbe ||
                     opcode == 0xbf)) {
        from = opcode & 1 ? 2 : 1;          /* movzx, movsx */
        is_signed = opcode & 8;
    } else if (!two_byte && opcode == 0x63) {
        from = 4;                           /* movsxd */
        is_signed = true;
    } else if (!two_byte && (opcode == 0x8a || opcode == 0xa0)) {
        from = size = 1;
    } else if (!two_byte && opcode == 0x3b) {
        is_compare = true;                  /* cmp reg, [mem] */
    } else if (two_byte || (opcode != 0x8b && opcode != 0xa1)) {
        return EMULATE_UNKNOWN;
    }
    if (!two_byte && (opcode == 0xa0 || opcode == 0xa1)) {
        reg = 0;
        d->at += 8;                         /* moffs64 */
        d->bad = d->bad || d->at > d->len;
    } else {
        reg = skip_memory(d);
    }
    /* without REX, 4..7 would be ah, ch, dh, bh */
    if (d->bad || (size == 1 && !d->rex && reg >= 4) ||
        fault - KUSER_BASE > KUSER_SIZE - from) {
        return EMULATE_UNKNOWN;
    }
    ops->read_kuser(page);
    memcpy(&value, page + (fault - KUSER_BASE), from);
    *cpu->rip += d->at;
    if (is_compare) {
        compare(cpu->flags, *cpu->reg[reg], value, size);
    } else {
        set_reg(cpu->reg[reg], size, extend(value, from, is_signed));
    }
    return EMULATE_DONE;
}

/* --- dispatch --------------------------------------------------------- */

static enum emulate_result skip(const struct emulate_cpu *cpu,
                                const struct decode *d)
{
    *cpu->rip += d->at;
    return EMULATE_DONE;
}

static enum emulate_result two_byte(const struct emulate_cpu *cpu,
                                    const struct emulate_ops *ops,
                                    struct decode *d, uint64_t fault)
{
    uint8_t opcode = fetch(d);

    switch (opcode) {
    case 0x08:  /* invd */
    case 0x09:  /* wbinvd */
        return skip(cpu, d);
    case 0x20:
        return move_cr8(cpu, ops, d, false);
    case 0x22:
        return move_cr8(cpu, ops, d, true);
    default:
        return load(cpu, ops, d, opcode, true, fault);
    }
}

enum emulate_result emulate(const struct emulate_cpu *cpu,
                            const struct emulate_ops *ops,
                            const uint8_t *code, size_t len, uint64_t fault)
{
    struct decode d = { .code = code, .len = len };
    uint8_t opcode = fetch_prefixes(&d);

    if (d.bad) {
        return EMULATE_UNKNOWN;
    }
    switch (opcode) {
    case 0x0f:
        return two_byte(cpu, ops, &d, fault);
    case 0xcd:
        opcode = fetch(&d);
        return d.bad ? EMULATE_UNKNOWN : opcode == 0x29 ? EMULATE_FAST_FAIL
               : opcode == 0x2c ? EMULATE_ASSERT : EMULATE_UNKNOWN;
    case 0xe4: case 0xe5: case 0xe6: case 0xe7:
    case 0xec: case 0xed: case 0xee: case 0xef:
        return port(cpu, ops, &d, opcode);
    case 0xfa:  /* cli: no maskable interrupt comes through the processor */
    case 0xfb:  /* sti */
        return skip(cpu, &d);
    default:
        return load(cpu, ops, &d, opcode, false, fault);
    }
}
