/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The PE loader: file bytes in, a mapped driver image out.
 *
 * How it works: the headers are checked against the file; then the sections
 * are copied into an anonymous mapping of SizeOfImage bytes, and everything
 * after that (relocations, imports, load configuration) is read from the
 * mapping, with every RVA checked against it by image_at(). Section
 * protections come last. Layout and constants: Microsoft PE/COFF
 * specification, sections in brackets.
 */
#include "ndis/pe.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include "call-site.h"

#define PAGE 4096u

/* [MS-DOS stub], [COFF file header], [Optional header] */
#define DOS_MAGIC        0x5a4d
#define DOS_LFANEW       0x3c
#define PE_SIGNATURE     0x00004550
#define MACHINE_AMD64    0x8664
#define MACHINE_I386     0x014c
#define MACHINE_ARM64    0xaa64
#define FILE_RELOCS_STRIPPED 0x0001
#define FILE_EXECUTABLE  0x0002
#define OPT_MAGIC_PE32PLUS 0x20b
#define SUBSYSTEM_NATIVE 1
#define COFF_SIZE        20u
#define OPT_MIN          112u   /* up to the data directories */
#define SECTION_SIZE     40u
#define SECTIONS_MAX     96u    /* limit of the Windows loader */
#define SCN_EXECUTE      0x20000000u
#define SCN_READ         0x40000000u
#define SCN_WRITE        0x80000000u

enum { DIR_EXPORT = 0, DIR_IMPORT = 1, DIR_EXCEPTION = 3, DIR_BASERELOC = 5,
       DIR_LOAD_CONFIG = 10, DIRS = 16 };

/* [The .reloc section] */
#define RELOC_ABSOLUTE 0
#define RELOC_DIR64    10

/* [Load configuration layout], 64-bit; value that marks an unset cookie */
#define LOAD_CONFIG_COOKIE 0x58u
#define COOKIE_DEFAULT 0x00002b992ddfa232ull
#define COOKIE_SEED    0x0000524947636b65ull

#define IMPORT_DESCRIPTOR 20u
#define IMPORT_ORDINAL    (1ull << 63)
#define IMPORTS_MAX       8192u

#define EXPORT_DIRECTORY 40u
#define EXPORTS_MAX      65536u

struct pe_section {
    uint32_t rva, vsize, raw, raw_size, flags;
};

struct pe_headers {
    uint64_t preferred;
    uint32_t entry, image_size, headers_size;
    bool relocs_stripped;
    struct { uint32_t rva, size; } dir[DIRS];
    struct pe_section section[SECTIONS_MAX];
    unsigned sections;
};

struct pe_error {
    char *text;
    size_t len;
};

__attribute__((format(printf, 2, 3)))
static int fail(struct pe_error *e, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(e->text, e->len, fmt, ap);
    va_end(ap);
    return -1;
}

static uint16_t get16(const uint8_t *p)
{
    return (uint16_t)(p[0] | p[1] << 8);
}

static uint32_t get32(const uint8_t *p)
{
    return get16(p) | (uint32_t)get16(p + 2) << 16;
}

static uint64_t get64(const uint8_t *p)
{
    return get32(p) | (uint64_t)get32(p + 4) << 32;
}

static void put64(uint8_t *p, uint64_t v)
{
    memcpy(p, &v, sizeof(v));
}

/* --- headers ---------------------------------------------------------- */

static const char *machine_name(uint16_t machine)
{
    switch (machine) {
    case MACHINE_I386:
        return "a 32-bit x86";
    case MACHINE_ARM64:
        return "an ARM64";
    default:
        return "no x64";
    }
}

static int read_optional(const uint8_t *opt, size_t len, struct pe_headers *h,
                         struct pe_error *e)
{
    uint32_t dirs;

    if (len < OPT_MIN) {
        return fail(e, "optional header of %zu bytes is too short for x64",
                    len);
    }
    if (get16(opt) != OPT_MAGIC_PE32PLUS) {
        return fail(e, "optional header magic 0x%x is not PE32+ (0x20b)",
                    get16(opt));
    }
    h->entry = get32(opt + 16);
    h->preferred = get64(opt + 24);
    h->image_size = get32(opt + 56);
    h->headers_size = get32(opt + 60);
    if (get16(opt + 68) != SUBSYSTEM_NATIVE) {
        return fail(e, "subsystem %u is not native (1): this is no driver",
                    get16(opt + 68));
    }
    dirs = get32(opt + 108);
    if (dirs > DIRS) {
        dirs = DIRS;
    }
    if ((len - OPT_MIN) / 8 < dirs) {
        return fail(e, "data directories lie outside the optional header");
    }
    for (uint32_t i = 0; i < dirs; i++) {
        h->dir[i].rva = get32(opt + OPT_MIN + 8 * i);
        h->dir[i].size = get32(opt + OPT_MIN + 8 * i + 4);
    }
    return 0;
}

static int read_section(const uint8_t *p, size_t file_len, unsigned n,
                        struct pe_headers *h, struct pe_error *e)
{
    struct pe_section *s = &h->section[n];
    uint32_t span;

    s->vsize = get32(p + 8);
    s->rva = get32(p + 12);
    s->raw_size = get32(p + 16);
    s->raw = get32(p + 20);
    s->flags = get32(p + 36);
    if (s->raw_size && (s->raw > file_len || s->raw_size > file_len - s->raw)) {
        return fail(e, "truncated: section %u ends at byte %llu of a file of "
                    "%zu bytes", n + 1,
                    (unsigned long long)s->raw + s->raw_size, file_len);
    }
    if (s->vsize == 0) {
        s->vsize = s->raw_size;
    }
    if (s->raw_size > s->vsize) {
        s->raw_size = s->vsize;  /* the rest is file alignment */
    }
    span = h->image_size;
    if (s->rva > span || s->vsize > span - s->rva) {
        return fail(e, "section %u (RVA 0x%x, 0x%x bytes) lies outside the "
                    "image of 0x%x bytes", n + 1, s->rva, s->vsize, span);
    }
    return 0;
}

static int read_headers(const uint8_t *file, size_t len,
                        struct pe_headers *h, struct pe_error *e)
{
    uint32_t pe;
    uint16_t machine, opt_len, flags;
    size_t sections;

    memset(h, 0, sizeof(*h));
    if (len < DOS_LFANEW + 4 || get16(file) != DOS_MAGIC) {
        return fail(e, "not a PE image: no MZ header");
    }
    pe = get32(file + DOS_LFANEW);
    if (pe > len || len - pe < 4 + COFF_SIZE) {
        return fail(e, "truncated: PE header at byte %u of a file of %zu "
                    "bytes", pe, len);
    }
    if (get32(file + pe) != PE_SIGNATURE) {
        return fail(e, "not a PE image: no PE signature at byte %u", pe);
    }
    machine = get16(file + pe + 4);
    if (machine != MACHINE_AMD64) {
        return fail(e, "machine 0x%04x: %s driver cannot run in an x64 host",
                    machine, machine_name(machine));
    }
    h->sections = get16(file + pe + 6);
    opt_len = get16(file + pe + 20);
    flags = get16(file + pe + 22);
    h->relocs_stripped = flags & FILE_RELOCS_STRIPPED;
    if (!(flags & FILE_EXECUTABLE)) {
        return fail(e, "image is not marked executable: it did not link");
    }
    if (h->sections == 0 || h->sections > SECTIONS_MAX) {
        return fail(e, "%u sections; 1 to %u are possible", h->sections,
                    SECTIONS_MAX);
    }
    if (len - pe - 4 - COFF_SIZE < opt_len) {
        return fail(e, "truncated: optional header ends behind the file");
    }
    if (read_optional(file + pe + 4 + COFF_SIZE, opt_len, h, e)) {
        return -1;
    }
    if (h->image_size == 0 || h->image_size > PE_IMAGE_MAX) {
        return fail(e, "image size %u is not within 1..%u bytes",
                    h->image_size, PE_IMAGE_MAX);
    }
    if (h->headers_size > len || h->headers_size > h->image_size) {
        return fail(e, "truncated: headers of %u bytes in a file of %zu bytes",
                    h->headers_size, len);
    }
    sections = pe + 4 + COFF_SIZE + opt_len;
    if ((len - sections) / SECTION_SIZE < h->sections) {
        return fail(e, "truncated: section table ends behind the file");
    }
    for (unsigned i = 0; i < h->sections; i++) {
        if (read_section(file + sections + i * SECTION_SIZE, len, i, h, e)) {
            return -1;
        }
    }
    return 0;
}

/* --- the mapped image ------------------------------------------------- */

/* pe_at() for the loader, which writes. */
static uint8_t *image_at(const struct pe_image *image, uint32_t rva,
                         size_t len)
{
    if (rva > image->size || len > image->size - rva) {
        return NULL;
    }
    return image->base + rva;
}

const uint8_t *pe_at(const struct pe_image *image, uint32_t rva, size_t len)
{
    return image_at(image, rva, len);
}

/* A NUL-terminated string at `rva`, or NULL. */
static const char *image_string(const struct pe_image *image, uint32_t rva)
{
    if (rva >= image->size ||
        !memchr(image->base + rva, 0, image->size - rva)) {
        return NULL;
    }
    return (const char *)image->base + rva;
}

static int map_image(const uint8_t *file, const struct pe_headers *h,
                     uint64_t base, struct pe_image *image, struct pe_error *e)
{
    int flags = MAP_PRIVATE | MAP_ANONYMOUS;
    void *p;

    image->size = (h->image_size + PAGE - 1) & ~(size_t)(PAGE - 1);
    if (h->relocs_stripped) {
        base = h->preferred;
    }
    if (base) {
        flags |= MAP_FIXED_NOREPLACE;
    }
    if (base % PAGE) {
        return fail(e, "image base 0x%llx is not page-aligned",
                    (unsigned long long)base);
    }
    p = mmap((void *)(uintptr_t)base, image->size, PROT_READ | PROT_WRITE,
             flags, -1, 0);
    if (p == MAP_FAILED) {
        return fail(e, "cannot map %zu bytes at 0x%llx: %s%s", image->size,
                    (unsigned long long)base, strerror(errno),
                    h->relocs_stripped ? "; the image has no relocations, so "
                    "no other address will do" : "");
    }
    image->base = p;
    memcpy(image->base, file, h->headers_size);
    for (unsigned i = 0; i < h->sections; i++) {
        const struct pe_section *s = &h->section[i];

        if (s->raw_size) {
            memcpy(image->base + s->rva, file + s->raw, s->raw_size);
        }
    }
    return 0;
}

static int relocate_block(struct pe_image *image, uint32_t page,
                          const uint8_t *entry, uint32_t n, uint64_t delta,
                          struct pe_error *e)
{
    for (uint32_t i = 0; i < n; i++) {
        uint16_t v = get16(entry + 2 * i);
        uint8_t *at;

        if (v >> 12 == RELOC_ABSOLUTE) {
            continue;
        }
        if (v >> 12 != RELOC_DIR64) {
            return fail(e, "relocation type %u at RVA 0x%x is not of x64",
                        v >> 12, page + (v & 0xfff));
        }
        if (page > UINT32_MAX - 0xfff ||
            !(at = image_at(image, page + (v & 0xfff), 8))) {
            return fail(e, "relocation at RVA 0x%llx lies outside the image",
                        (unsigned long long)page + (v & 0xfff));
        }
        put64(at, get64(at) + delta);
    }
    return 0;
}

static int relocate(struct pe_image *image, const struct pe_headers *h,
                    struct pe_error *e)
{
    uint64_t delta = (uint64_t)(uintptr_t)image->base - h->preferred;
    uint32_t size = h->dir[DIR_BASERELOC].size, done = 0;
    const uint8_t *p;

    if (delta == 0 || size == 0) {
        return 0;
    }
    p = image_at(image, h->dir[DIR_BASERELOC].rva, size);
    if (!p) {
        return fail(e, "relocation directory lies outside the image");
    }
    while (size - done >= 8) {
        uint32_t page = get32(p + done), block = get32(p + done + 4);

        if (block == 0) {
            break;  /* padding at the end */
        }
        if (block < 8 || block > size - done) {
            return fail(e, "relocation block of %u bytes at offset %u of %u",
                        block, done, size);
        }
        if (relocate_block(image, page, p + done + 8, (block - 8) / 2, delta,
                           e)) {
            return -1;
        }
        done += block;
    }
    return 0;
}

static int import_one(struct pe_image *image, const char *dll, uint64_t lookup,
                      uint8_t *slot, pe_resolve *resolve, void *opaque,
                      struct pe_error *e)
{
    const char *name = NULL;
    unsigned ordinal = 0;
    void *address;

    if (lookup & IMPORT_ORDINAL) {
        ordinal = lookup & 0xffff;
    } else if (lookup > UINT32_MAX - 2 ||
               !(name = image_string(image, (uint32_t)lookup + 2))) {
        return fail(e, "name of an import from %s lies outside the image",
                    dll);
    }
    address = resolve(opaque, dll, name, ordinal);
    if (!address) {
        return name ? fail(e, "import %s from %s cannot be resolved", name,
                           dll)
                    : fail(e, "import #%u from %s cannot be resolved", ordinal,
                           dll);
    }
    put64(slot, (uintptr_t)address);
    return 0;
}

static int import_dll(struct pe_image *image, const uint8_t *d,
                      pe_resolve *resolve, void *opaque, struct pe_error *e)
{
    const char *dll = image_string(image, get32(d + 12));
    uint32_t iat = get32(d + 16), names = get32(d) ? get32(d) : iat;

    if (!dll) {
        return fail(e, "name of an imported module lies outside the image");
    }
    for (uint32_t i = 0; i < IMPORTS_MAX; i++) {
        uint8_t *lookup, *slot;

        if (names > image->size || iat > image->size ||
            !(lookup = image_at(image, names + 8 * i, 8)) ||
            !(slot = image_at(image, iat + 8 * i, 8))) {
            return fail(e, "import table of %s lies outside the image", dll);
        }
        if (get64(lookup) == 0) {
            return 0;
        }
        if (import_one(image, dll, get64(lookup), slot, resolve, opaque, e)) {
            return -1;
        }
    }
    return fail(e, "more than %u imports from %s", IMPORTS_MAX, dll);
}

static int import_all(struct pe_image *image, const struct pe_headers *h,
                      pe_resolve *resolve, void *opaque, struct pe_error *e)
{
    uint32_t rva = h->dir[DIR_IMPORT].rva;

    if (h->dir[DIR_IMPORT].size == 0) {
        return 0;
    }
    for (uint32_t i = 0; i < IMPORTS_MAX; i++, rva += IMPORT_DESCRIPTOR) {
        const uint8_t *d = image_at(image, rva, IMPORT_DESCRIPTOR);

        if (!d) {
            return fail(e, "import directory lies outside the image");
        }
        if (get32(d + 12) == 0 && get32(d + 16) == 0) {
            return 0;
        }
        if (import_dll(image, d, resolve, opaque, e)) {
            return -1;
        }
    }
    return fail(e, "import directory has no end");
}

/* Some entry points stop with int 29h if the cookie is still the default. */
static int seed_cookie(struct pe_image *image, const struct pe_headers *h,
                       struct pe_error *e)
{
    const uint8_t *config;
    uint8_t *cookie;
    uint64_t va;

    if (h->dir[DIR_LOAD_CONFIG].size == 0) {
        return 0;
    }
    config = image_at(image, h->dir[DIR_LOAD_CONFIG].rva, 4);
    if (!config || !image_at(image, h->dir[DIR_LOAD_CONFIG].rva,
                             get32(config))) {
        return fail(e, "load configuration lies outside the image");
    }
    if (get32(config) < LOAD_CONFIG_COOKIE + 8) {
        return 0;
    }
    va = get64(config + LOAD_CONFIG_COOKIE);
    if (va == 0) {
        return 0;
    }
    va -= (uintptr_t)image->base;
    cookie = va > UINT32_MAX ? NULL : image_at(image, (uint32_t)va, 8);
    if (!cookie) {
        return fail(e, "security cookie lies outside the image");
    }
    if (get64(cookie) == COOKIE_DEFAULT) {
        put64(cookie, COOKIE_SEED);
        image->cookie_seeded = true;
    }
    return 0;
}

/* Sections may share pages: a page gets all rights of its sections. */
static int page_rights(const struct pe_headers *h, uint32_t page)
{
    int prot = page < h->headers_size ? PROT_READ : PROT_NONE;

    for (unsigned i = 0; i < h->sections; i++) {
        const struct pe_section *s = &h->section[i];

        if (s->rva < page + PAGE && s->rva + s->vsize > page) {
            prot |= (s->flags & SCN_READ ? PROT_READ : 0) |
                    (s->flags & SCN_WRITE ? PROT_READ | PROT_WRITE : 0) |
                    (s->flags & SCN_EXECUTE ? PROT_READ | PROT_EXEC : 0);
        }
    }
    return prot;
}

static int protect(struct pe_image *image, const struct pe_headers *h,
                   struct pe_error *e)
{
    uint32_t from = 0, next;

    /* Neighbours with equal rights in one call. */
    for (; from < image->size; from = next) {
        int rights = page_rights(h, from);

        for (next = from + PAGE;
             next < image->size && page_rights(h, next) == rights;
             next += PAGE) {
        }
        if (mprotect(image->base + from, next - from, rights)) {
            return fail(e, "cannot protect the image: %s", strerror(errno));
        }
    }
    for (unsigned i = 0; i < h->sections; i++) {
        const struct pe_section *s = &h->section[i];

        if ((s->flags & SCN_EXECUTE) &&
            image->texts < sizeof(image->text) / sizeof(image->text[0])) {
            image->text[image->texts].rva = s->rva;
            image->text[image->texts++].size = s->vsize;
        }
    }
    return 0;
}

/* --- interface -------------------------------------------------------- */

int pe_load(const uint8_t *file, size_t len, uint64_t base,
            pe_resolve *resolve, void *opaque, struct pe_image *image,
            char *err, size_t errlen)
{
    struct pe_error e = { err, errlen };
    struct pe_headers h;

    memset(image, 0, sizeof(*image));
    if (read_headers(file, len, &h, &e) ||
        map_image(file, &h, base, image, &e)) {
        return -1;
    }
    image->entry = h.entry;
    if (image_at(image, h.dir[DIR_EXCEPTION].rva, h.dir[DIR_EXCEPTION].size)) {
        image->pdata = h.dir[DIR_EXCEPTION].rva;
        image->pdata_size = h.dir[DIR_EXCEPTION].size;
    }
    image->edata = h.dir[DIR_EXPORT].rva;
    image->edata_size = h.dir[DIR_EXPORT].size;
    if (relocate(image, &h, &e) ||
        import_all(image, &h, resolve, opaque, &e) ||
        seed_cookie(image, &h, &e) || protect(image, &h, &e)) {
        pe_unload(image);
        return -1;
    }
    if (!pe_is_text(image, (uintptr_t)image->base + image->entry)) {
        fail(&e, "entry point 0x%x is not in an executable section",
             image->entry);
        pe_unload(image);
        return -1;
    }
    return 0;
}

void pe_unload(struct pe_image *image)
{
    if (image->base) {
        munmap(image->base, image->size);
    }
    memset(image, 0, sizeof(*image));
}

uint32_t pe_rva(const struct pe_image *image, uint64_t address)
{
    uint64_t base = (uintptr_t)image->base;

    return image->base && address >= base && address - base < image->size
           ? (uint32_t)(address - base) : 0;
}

bool pe_is_text(const struct pe_image *image, uint64_t address)
{
    uint32_t rva = pe_rva(image, address);

    for (unsigned i = 0; rva && i < image->texts; i++) {
        if (rva >= image->text[i].rva &&
            rva - image->text[i].rva < image->text[i].size) {
            return true;
        }
    }
    return false;
}

uint32_t pe_call_site(const struct pe_image *image, uint64_t address)
{
    uint32_t rva = pe_rva(image, address);
    unsigned length;

    if (!pe_is_text(image, address) ||
        !pe_is_text(image, address - CALL_LENGTH_MAX)) {
        return 0;
    }
    length = call_length(image->base + rva);
    return length ? rva - length : 0;
}

/* [The .edata section] */
void *pe_export(const struct pe_image *image, const char *name)
{
    const uint8_t *dir = image_at(image, image->edata, EXPORT_DIRECTORY);
    const uint8_t *names, *ordinals, *functions;
    uint32_t n, count, rva;

    if (image->edata_size < EXPORT_DIRECTORY || !dir) {
        return NULL;
    }
    count = get32(dir + 20);
    n = get32(dir + 24);
    if (n > EXPORTS_MAX || count > EXPORTS_MAX ||
        !(functions = image_at(image, get32(dir + 28), 4 * count)) ||
        !(names = image_at(image, get32(dir + 32), 4 * n)) ||
        !(ordinals = image_at(image, get32(dir + 36), 2 * n))) {
        return NULL;
    }
    for (uint32_t i = 0; i < n; i++) {
        const char *at = image_string(image, get32(names + 4 * i));

        if (!at || strcmp(at, name) || get16(ordinals + 2 * i) >= count) {
            continue;
        }
        rva = get32(functions + 4 * get16(ordinals + 2 * i));
        if (rva - image->edata < image->edata_size) {
            return NULL;   /* a forwarder */
        }
        return image_at(image, rva, 1);
    }
    return NULL;
}
