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

/*
 * The last constants that were loaded into each register, the newest first:
 * bytes that are no instruction can look like one, so none is trusted alone.
 */
#define KEPT 4u

typedef struct Registers {
    uint32_t value[16][KEPT];
    unsigned known[16];
} Registers;

static void keep(Registers *r, unsigned reg, uint32_t value)
{
    memmove(&r->value[reg][1], &r->value[reg][0],
            (KEPT - 1) * sizeof(r->value[reg][0]));
    r->value[reg][0] = value;
    r->known[reg] += r->known[reg] < KEPT;
}

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
        keep(r, reg, get32(p + 1));
    } else if (p[0] == 0x0f && p[1] == 0xb7 && (p[2] & 0xc7) == 5) {
        reg = (p[2] >> 3 & 7) | (c->rex & 4) << 1;
        from = pe_at(pe, c->rva + c->i + 7 + get32(p + 3), 2);
        if (from) {
            keep(r, reg, (uint32_t)(from[0] | from[1] << 8));
        }
    }
}

/*
 * MOV r/m, imm (C6, C7) and MOV r/m, r (88, 89) of a register of which
 * constants are known. FALSE: it is neither.
 */
static gboolean decode_store(const Code *c, const Registers *r, Store *s,
                             unsigned *from)
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
    *from = reg;
    s->value = 0;
    memcpy(&s->value, p + 1 + used, imm);
    if (s->base == BASE_RIP) {
        s->at += c->rva + c->i + 1 + used + imm;
    }
    return TRUE;
}

/* Any of these at @rva; what is stored goes to @stores. */
static void decode(const struct pe_image *pe, uint32_t rva, Registers *r,
                   GArray *stores)
{
    unsigned reg;
    Store s;
    Code c = { .p = pe_at(pe, rva, CODE_MAX), .rva = rva };

    if (!c.p) {
        return;
    }
    if (c.p[c.i] == 0x66) {
        c.word = TRUE;
        c.i++;
    }
    if ((c.p[c.i] & 0xf0) == 0x40) {
        c.rex = c.p[c.i++];
    }
    decode_load(pe, &c, r);
    if (!decode_store(&c, r, &s, &reg)) {
        return;
    }
    for (unsigned i = s.direct ? 1 : r->known[reg]; i--; ) {
        s.value = s.direct ? s.value : r->value[reg][i];
        g_array_append_val(stores, s);
    }
}

/* The byte at @at that @s writes, or -1 if it writes none there. */
static int byte_of(const Store *s, int64_t at)
{
    return at >= s->at && at < s->at + s->size
               ? (int)(s->value >> 8 * (at - s->at) & 0xff) : -1;
}

/* Does the code write a byte within @from..@to to @base:@at? */
static gboolean writes(const GArray *stores, unsigned base, int64_t at,
                       int from, int to)
{
    for (guint i = 0; i < stores->len; i++) {
        const Store *s = &g_array_index(stores, Store, i);
        int byte = s->base == base ? byte_of(s, at) : -1;

        if (byte >= from && byte <= to) {
            return TRUE;
        }
    }
    return FALSE;
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
    static const int minors[] = {
        20, 30, 40, 50, 51, 52, 60, 70, 80, 81, 82, 83, 84, 85, 86, 87, 88, 89,
    };

    for (size_t i = 0; i < G_N_ELEMENTS(minors); i++) {
        if (minor == minors[i]) {
            return TRUE;
        }
    }
    return direct && (minor == 0 || minor == 1);
}

/* The versions that @v can have put into the structure at @base:@at. */
static void add_versions(const GArray *stores, const Store *v, unsigned base,
                         int64_t at, GArray *versions)
{
    int major = v->base == base ? byte_of(v, at + 4) : -1;
    int minor = v->base == base ? byte_of(v, at + 5) : -1;

    if (is_minor(minor, v->direct) &&
        (major == NDIS_MAJOR ||
         (major < 0 &&
          writes(stores, base, at + 4, NDIS_MAJOR, NDIS_MAJOR)))) {
        add_version(versions, minor);
    }
}

/* Every version that the stores can have left there, not only the last. */
static void find_versions(const GArray *stores, GArray *versions)
{
    for (guint i = 0; i < stores->len; i++) {
        const Store *s = &g_array_index(stores, Store, i);

        if ((s->value & 0xff) != OBJECT_TYPE ||
            !writes(stores, s->base, s->at + 1, 1, REVISION_MAX)) {
            continue;
        }
        for (guint j = 0; j < stores->len; j++) {
            add_versions(stores, &g_array_index(stores, Store, j), s->base,
                         s->at, versions);
        }
    }
}

static void look_before(const struct pe_image *pe, uint32_t from,
                        uint32_t call, GArray *versions)
{
    g_autoptr(GArray) stores = g_array_new(FALSE, FALSE, sizeof(Store));
    uint32_t rva = call - from > WINDOW ? call - WINDOW : from;
    Registers registers = { .known = { 0 } };

    for (; rva < call; rva++) {
        decode(pe, rva, &registers, stores);
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
