/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The NDIS versions that a driver registers with, read off its code.
 *
 * A driver fills an NDIS_MINIPORT_DRIVER_CHARACTERISTICS just before it calls
 * NdisMRegisterMiniportDriver, mostly with constants. So: find the calls
 * through that import, and in the code before each the moves of constants to
 * memory, directly or through a register; bytes at one base register and
 * displacement make up the structure.
 * Offsets: ndis.h, type 0x8a at 0, versions at 4 and 5. A driver that computes
 * its version, or copies the structure, is not understood, and none is named.
 * Instructions: Intel SDM, volume 2, chapter 2 and MOV.
 */
#include <string.h>

#include "driver-internal.h"

#define REGISTER_CALL "NdisMRegisterMiniportDriver"

#define WINDOW 2048u       /* bytes of code before the call */
#define OBJECT_TYPE 0x8a   /* NDIS_OBJECT_TYPE_MINIPORT_DRIVER_CHARACTERISTICS */
#define REVISION_MAX 3
#define NDIS_MAJOR 6
#define BASE_RIP 0x100000u /* key of a RIP-relative address */
#define CODE_MAX 16u       /* bytes: longer than any instruction */

static uint32_t get32(const uint8_t *p)
{
    uint32_t v;

    memcpy(&v, p, sizeof(v));
    return v;
}

/* A constant moved to memory. */
typedef struct Store {
    unsigned base;         /* registers of the address, as encoded */
    int64_t at;            /* displacement, or RVA if base is BASE_RIP */
    uint32_t value;
    unsigned size;         /* bytes: 1, 2 or 4 */
    gboolean direct;       /* the constant is in the instruction itself */
} Store;

/* The address operand: bytes used, 0 if it is none in memory. */
static unsigned decode_address(const uint8_t *p, size_t len, unsigned rex,
                               Store *s)
{
    unsigned mod = p[0] >> 6, rm = p[0] & 7, used = 1;
    unsigned size = mod == 1 ? 1 : mod == 2 ? 4 : 0;

    if (mod == 3) {
        return 0;
    }
    s->base = rm | (rex & 1) << 3;
    if (rm == 4) {
        s->base |= 0x10u | (unsigned)p[used++] << 5;
    } else if (rm == 5 && mod == 0) {
        s->base = BASE_RIP;
        size = 4;
    }
    if (used + size > len) {
        return 0;
    }
    s->at = size == 1 ? (int8_t)p[used]
          : size == 4 ? (int32_t)get32(p + used) : 0;
    return used + size;
}

/* Constants in registers, as far as the last loads were of constants. */
typedef struct Registers {
    uint32_t value[16];
    gboolean known[16];
} Registers;

/* An instruction: its prefixes, then its opcode at p[i]. */
typedef struct Code {
    const uint8_t *p;
    uint32_t rva;
    unsigned i, rex;
    gboolean word;         /* operand size 16 bits */
} Code;

/* MOV r, imm (B8+r) and MOVZX r, word [rip+disp] (0F B7). */
static void decode_load(const struct pe_image *pe, const Code *c,
                        Registers *r)
{
    const uint8_t *p = c->p + c->i, *from;
    unsigned reg;

    if ((p[0] & 0xf8) == 0xb8 && !c->word && !(c->rex & 8)) {
        reg = (p[0] & 7) | (c->rex & 1) << 3;
        r->value[reg] = get32(p + 1);
        r->known[reg] = TRUE;
    } else if (p[0] == 0x0f && p[1] == 0xb7 && (p[2] & 0xc7) == 5) {
        reg = (p[2] >> 3 & 7) | (c->rex & 4) << 1;
        from = pe_at(pe, c->rva + c->i + 7 + get32(p + 3), 2);
        r->known[reg] = from != NULL;
        r->value[reg] = from ? (uint32_t)(from[0] | from[1] << 8) : 0;
    }
}

/*
 * MOV r/m, imm (C6, C7) and MOV r/m, r (88, 89) of a known register. FALSE: it
 * is neither.
 */
static gboolean decode_store(const Code *c, const Registers *r, Store *s)
{
    const uint8_t *p = c->p + c->i;
    gboolean constant = (p[0] & 0xfe) == 0xc6;
    unsigned reg = (p[1] >> 3 & 7) | (c->rex & 4) << 1, used, imm;

    if ((!constant && (p[0] & 0xfe) != 0x88) || (constant && (reg & 7))) {
        return FALSE;
    }
    s->size = !(p[0] & 1) ? 1 : c->word ? 2 : 4;
    used = decode_address(p + 1, CODE_MAX - c->i - 1, c->rex, s);
    imm = constant ? s->size : 0;
    if (!used || c->i + 1 + used + imm > CODE_MAX ||
        (!constant && !r->known[reg])) {
        return FALSE;
    }
    s->direct = constant;
    s->value = constant ? 0 : r->value[reg];
    memcpy(&s->value, p + 1 + used, imm);
    if (s->base == BASE_RIP) {
        s->at += c->rva + c->i + 1 + used + imm;
    }
    return TRUE;
}

/* Any of these at @rva; TRUE if something is stored. */
static gboolean decode(const struct pe_image *pe, uint32_t rva, Registers *r,
                       Store *s)
{
    Code c = { .p = pe_at(pe, rva, CODE_MAX), .rva = rva };

    if (!c.p) {
        return FALSE;
    }
    if (c.p[c.i] == 0x66) {
        c.word = TRUE;
        c.i++;
    }
    if ((c.p[c.i] & 0xf0) == 0x40) {
        c.rex = c.p[c.i++];
    }
    decode_load(pe, &c, r);
    return decode_store(&c, r, s);
}

/* Byte of the structure at @base:@at that the code wrote last, or -1. */
static int byte_at(const GArray *stores, unsigned base, int64_t at)
{
    for (guint i = stores->len; i--;) {
        const Store *s = &g_array_index(stores, Store, i);

        if (s->base == base && at >= s->at && at < s->at + s->size) {
            return s->value >> 8 * (at - s->at) & 0xff;
        }
    }
    return -1;
}

static void add_version(GArray *versions, int minor)
{
    uint16_t v = (uint16_t)(NDIS_MAJOR << 8 | minor);

    for (guint i = 0; i < versions->len; i++) {
        if (g_array_index(versions, uint16_t, i) == v) {
            return;
        }
    }
    g_array_append_val(versions, v);
}

/*
 * Is there an NDIS 6.@minor ("Overview of NDIS versions")? 0 and 1 are in
 * registers for many other reasons, so they count only where it is plain.
 */
static gboolean is_minor(int minor, gboolean direct)
{
    return (minor <= 1 && direct && minor >= 0) || minor == 20 ||
           minor == 30 || minor == 40 || (minor >= 50 && minor < 90);
}

/* Every version that the stores can have left there, not only the last. */
static void find_versions(const GArray *stores, GArray *versions)
{
    for (guint i = 0; i < stores->len; i++) {
        const Store *s = &g_array_index(stores, Store, i);
        int revision = byte_at(stores, s->base, s->at + 1);

        if ((s->value & 0xff) != OBJECT_TYPE || revision < 1 ||
            revision > REVISION_MAX) {
            continue;
        }
        for (guint j = 0; j < stores->len; j++) {
            const Store *v = &g_array_index(stores, Store, j);
            int64_t at = s->at + 5 - v->at;
            int minor = v->base == s->base && at >= 0 && at < v->size
                            ? (int)(v->value >> 8 * at & 0xff) : -1;

            if (is_minor(minor, v->direct) &&
                byte_at(stores, s->base, s->at + 4) == NDIS_MAJOR) {
                add_version(versions, minor);
            }
        }
    }
}

static void look_before(const struct pe_image *pe, uint32_t from,
                        uint32_t call, GArray *versions)
{
    g_autoptr(GArray) stores = g_array_new(FALSE, FALSE, sizeof(Store));
    uint32_t rva = call - from > WINDOW ? call - WINDOW : from;
    Registers registers = { { 0 }, { FALSE } };

    for (; rva < call; rva++) {
        Store s;

        if (decode(pe, rva, &registers, &s)) {
            g_array_append_val(stores, s);
        }
    }
    find_versions(stores, versions);
}

/* Does the RIP-relative operand at @rva lead to the import slot @mark? */
static gboolean leads_to(const struct pe_image *pe, uint32_t rva,
                         uint64_t mark)
{
    const uint8_t *p = pe_at(pe, rva, 4), *slot;
    uint64_t value;

    slot = p ? pe_at(pe, rva + 4 + get32(p), sizeof(value)) : NULL;
    if (!slot) {
        return FALSE;
    }
    memcpy(&value, slot, sizeof(value));
    return value == mark;
}

/* RVA of a `jmp [slot]`, which linkers make of a plain call; 0: none. */
static uint32_t find_stub(const struct pe_image *pe, uint64_t mark)
{
    for (unsigned i = 0; i < pe->texts; i++) {
        uint32_t rva = pe->text[i].rva, to = rva + pe->text[i].size;

        for (; rva + 6 <= to; rva++) {
            if (pe->base[rva] == 0xff && pe->base[rva + 1] == 0x25 &&
                leads_to(pe, rva + 2, mark)) {
                return rva;
            }
        }
    }
    return 0;
}

static gboolean calls(const struct pe_image *pe, uint32_t rva, uint32_t stub,
                      uint64_t mark)
{
    const uint8_t *p = pe->base + rva;

    return (p[0] == 0xff && p[1] == 0x15 && leads_to(pe, rva + 2, mark)) ||
           (stub && p[0] == 0xe8 && rva + 5 + get32(p + 1) == stub);
}

void rig_driver_find_ndis(RigDriverImage *image, const struct pe_image *pe)
{
    uint64_t mark = rig_driver_import_mark(image, REGISTER_CALL);
    uint32_t stub = mark ? find_stub(pe, mark) : 0;

    for (unsigned i = 0; mark && i < pe->texts; i++) {
        uint32_t from = pe->text[i].rva, to = from + pe->text[i].size;

        for (uint32_t rva = from; rva + 6 <= to; rva++) {
            if (calls(pe, rva, stub, mark)) {
                look_before(pe, from, rva, image->ndis);
            }
        }
    }
}
