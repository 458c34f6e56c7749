/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Call stacks of driver code, from the image's unwind data.
 *
 * How it works: the exception directory is a sorted table of functions, each
 * with a list of what its prolog did to the stack; undoing that, newest first,
 * gives the caller's stack pointer and preserved registers. A function that
 * is not in the table changes neither: its return address is on top of the
 * stack. Formats: Microsoft, "x64 exception handling". All of it comes from
 * the driver and is read within the image and the stack only.
 */
#include "ndis/stack.h"

#include <string.h>

#define SCAN_MAX (64u * 1024)  /* bytes of stack searched, at most */
#define LEAVE_MAX 64u          /* calls within one image */
#define CHAIN_MAX 32u          /* chained unwind infos of one function */

#define RSP 4u

/* UNWIND_INFO.Flags */
#define FLAG_CHAINED 4u

/* UNWIND_CODE.UnwindOp */
enum {
    PUSH_NONVOL = 0,
    ALLOC_LARGE = 1,
    ALLOC_SMALL = 2,
    SET_FPREG = 3,
    SAVE_NONVOL = 4,
    SAVE_NONVOL_FAR = 5,
    EPILOG = 6,            /* version 2 only */
    SPARE_CODE = 7,
    SAVE_XMM128 = 8,
    SAVE_XMM128_FAR = 9,
    PUSH_MACHFRAME = 10,
};

struct function {          /* RUNTIME_FUNCTION */
    uint32_t begin, end, info;
};

struct unwind {
    const struct pe_image *image;
    struct stack_context *c;
    uint64_t frame;        /* base that SAVE_* offsets are relative to */
};

static bool read_image(const struct pe_image *image, uint64_t rva, void *out,
                       size_t n)
{
    if (rva >= image->size || n > image->size - rva) {
        return false;
    }
    memcpy(out, image->base + rva, n);
    return true;
}

static bool read_stack(const struct stack_context *c, uint64_t at,
                       uint64_t *value)
{
    if (at < c->bottom || at >= c->top || c->top - at < 8 || at & 7) {
        return false;
    }
    memcpy(value, (const void *)(uintptr_t)at, 8);
    return true;
}

/* The function around `rva`; false: none, so it is a leaf. */
static bool find_function(const struct pe_image *image, uint32_t rva,
                          struct function *f)
{
    uint32_t low = 0, high = image->pdata_size / sizeof(*f);

    while (low < high) {
        uint32_t mid = low + (high - low) / 2;

        if (!read_image(image, (uint64_t)image->pdata + mid * sizeof(*f), f,
                        sizeof(*f))) {
            return false;
        }
        if (rva < f->begin) {
            high = mid;
        } else if (rva >= f->end) {
            low = mid + 1;
        } else {
            return true;
        }
    }
    return false;
}

/* 16-bit slots that a code takes; 0: unknown code. */
static unsigned code_slots(uint8_t op, uint8_t info)
{
    switch (op) {
    case ALLOC_LARGE:
        return info ? 3 : 2;
    case SAVE_NONVOL:
    case SAVE_XMM128:
        return 2;
    case SAVE_NONVOL_FAR:
    case SAVE_XMM128_FAR:
        return 3;
    case SPARE_CODE:
        return 2;
    case PUSH_NONVOL:
    case ALLOC_SMALL:
    case SET_FPREG:
    case EPILOG:
    case PUSH_MACHFRAME:
        return 1;
    default:
        return 0;
    }
}

static bool restore(struct unwind *u, uint8_t reg, uint64_t at)
{
    uint64_t value;

    if (!read_stack(u->c, at, &value)) {
        return false;
    }
    u->c->reg[reg] = value;
    u->c->known |= (uint16_t)(1u << reg);
    return true;
}

/* Undo one operation of the prolog; slot[0] is the code itself. */
static bool undo(struct unwind *u, const uint16_t *slot, uint8_t frame_reg,
                 uint8_t frame_offset)
{
    uint8_t op = slot[0] >> 8 & 15, info = (uint8_t)(slot[0] >> 12);
    uint64_t *rsp = &u->c->reg[RSP];
    uint32_t far = slot[1] | (uint32_t)slot[2] << 16;

    switch (op) {
    case PUSH_NONVOL:
        if (!restore(u, info, *rsp)) {
            return false;
        }
        *rsp += 8;
        return true;
    case ALLOC_LARGE:
        *rsp += info ? far : slot[1] * 8u;
        return true;
    case ALLOC_SMALL:
        *rsp += info * 8u + 8;
        return true;
    case SET_FPREG:
        *rsp = u->c->reg[frame_reg] - frame_offset * 16u;
        return u->c->known >> frame_reg & 1;
    case SAVE_NONVOL:
        return restore(u, info, u->frame + slot[1] * 8u);
    case SAVE_NONVOL_FAR:
        return restore(u, info, u->frame + far);
    case PUSH_MACHFRAME:
        return false;      /* an interrupt came in between: not ours */
    default:
        return true;
    }
}

/* Undo the prolog of `f` as far as it had run at `rva`. */
static bool undo_prolog(struct unwind *u, const struct function *f,
                        uint32_t rva, bool whole, struct function *chained)
{
    uint8_t head[4];       /* version and flags, prolog, codes, frame */
    uint16_t slot[256 + 2] = { 0 };
    unsigned count;

    if (!read_image(u->image, f->info, head, sizeof(head)) ||
        !read_image(u->image, (uint64_t)f->info + 4, slot, head[2] * 2u)) {
        return false;
    }
    count = head[2];
    u->frame = u->c->reg[RSP];
    if (head[3] & 15 && (whole || rva - f->begin >= head[1])) {
        if (!(u->c->known >> (head[3] & 15) & 1)) {
            return false;
        }
        u->frame = u->c->reg[head[3] & 15] - (head[3] >> 4) * 16u;
    }
    for (unsigned i = 0; i < count; ) {
        unsigned n = code_slots(slot[i] >> 8 & 15, (uint8_t)(slot[i] >> 12));

        if (n == 0 || i + n > count) {
            return false;
        }
        if ((whole || (slot[i] & 0xff) <= rva - f->begin) &&
            !undo(u, slot + i, head[3] & 15, head[3] >> 4)) {
            return false;
        }
        i += n;
    }
    chained->begin = chained->end = 0;
    return !(head[0] >> 3 & FLAG_CHAINED) ||
           read_image(u->image, (uint64_t)f->info + 4 + ((count + 1u) & ~1u) *
                      2, chained, sizeof(*chained));
}

/*
 * To the caller of the function that c is in; false: not possible. A return
 * address may lie behind its function, after a call that does not return.
 */
static bool unwind_one(const struct pe_image *image, struct stack_context *c,
                       bool returns)
{
    struct unwind u = { .image = image, .c = c };
    uint32_t rva = pe_rva(image, c->rip) - returns;
    struct function f, chained = { 0 };

    if (find_function(image, rva, &f)) {
        bool whole = false;

        for (unsigned i = 0; i < CHAIN_MAX; i++) {
            if (!undo_prolog(&u, &f, rva, whole, &chained)) {
                return false;
            }
            if (!chained.end) {
                break;
            }
            f = chained;
            whole = true;
        }
    }
    if (!read_stack(c, c->reg[RSP], &c->rip)) {
        return false;
    }
    c->reg[RSP] += 8;
    c->known &= 0xf0f8;    /* what a called function preserves */
    return true;
}

/* Every word of the stack that lies behind a call instruction. */
static unsigned scan(const struct pe_image *image,
                     const struct stack_context *c, uint32_t *rva,
                     unsigned max)
{
    uintptr_t at = c->reg[RSP] & ~7ull, top = c->top;
    unsigned n = 0;

    if (at >= top || at < c->bottom) {
        return 0;
    }
    if (top - at > SCAN_MAX) {
        top = at + SCAN_MAX;
    }
    for (; top - at >= 8 && n < max; at += 8) {
        uint64_t word;
        uint32_t site;

        memcpy(&word, (const void *)at, 8);
        site = pe_call_site(image, word);
        if (site) {
            rva[n++] = site;
        }
    }
    return n;
}

unsigned stack_walk(const struct pe_image *image, struct stack_context *c,
                    bool returns, uint32_t *rva, unsigned max)
{
    unsigned n = 0;

    if (c->reg[RSP] > c->top) {
        return 0;
    }
    c->bottom = c->reg[RSP] & ~7ull;
    while (n < max && pe_is_text(image, c->rip)) {
        if (returns) {
            uint32_t site = pe_call_site(image, c->rip);

            if (!site) {
                break;     /* no return address: what was unwound is wrong */
            }
            rva[n++] = site;
        }
        if (!unwind_one(image, c, returns)) {
            return n + scan(image, c, rva + n, max - n);
        }
        returns = true;
    }
    return n;
}

bool stack_leave(const struct pe_image *image, struct stack_context *c)
{
    c->bottom = c->reg[RSP] & ~7ull;
    for (unsigned i = 0; pe_is_text(image, c->rip); i++) {
        if (i == LEAVE_MAX || !unwind_one(image, c, true)) {
            return false;
        }
    }
    return true;
}

unsigned stack_scan(const struct pe_image *image, struct stack_context *c,
                    uint32_t *rva, unsigned max)
{
    c->bottom = c->reg[RSP] & ~7ull;
    return scan(image, c, rva, max);
}
