/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Loads an x64 PE driver image into this process; the file is hostile. */
#ifndef NDIS_PE_H
#define NDIS_PE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Longest image we map, in bytes: far above any miniport. */
#define PE_IMAGE_MAX (64u << 20)

/*
 * Where images are mapped: fixed, so that two runs agree in every address,
 * and unlike the usual preferred bases, so that relocations are always needed.
 */
#define PE_LOAD_BASE 0x180000000ull

struct pe_image {
    uint8_t *base;       /* mapped image */
    size_t size;         /* bytes mapped, whole pages */
    uint32_t entry;      /* RVA of the entry point */
    bool cookie_seeded;  /* had a security cookie, and it was set */
    struct pe_text {
        uint32_t rva, size;
    } text[16];          /* executable sections */
    unsigned texts;
    uint32_t pdata, pdata_size; /* RVA and bytes of the exception directory,
                            inside the image; size 0 if it has none */
    uint32_t edata, edata_size; /* of the export directory, as its header has
                            them: not checked */
};

/*
 * Give the address for one import: `name`, or `ordinal` when name is NULL.
 * NULL: cannot be resolved, and the load fails.
 */
typedef void *pe_resolve(void *opaque, const char *dll, const char *name,
                         unsigned ordinal);

/*
 * Map the image in file[0..len) at `base`, or anywhere if base is 0; relocate
 * it, resolve its imports, seed its security cookie and protect its sections.
 * 0, or -1 with a sentence in err; then nothing stays mapped.
 */
int pe_load(const uint8_t *file, size_t len, uint64_t base,
            pe_resolve *resolve, void *opaque, struct pe_image *image,
            char *err, size_t errlen);
void pe_unload(struct pe_image *image);

/* `len` bytes at `rva` of the mapped image; NULL if they lie outside. */
const uint8_t *pe_at(const struct pe_image *image, uint32_t rva, size_t len);

/*
 * Address of an exported function, by name; NULL: there is none, or it is
 * another module's.
 */
void *pe_export(const struct pe_image *image, const char *name);

/* RVA of an address in the image, 0 if it lies outside. */
uint32_t pe_rva(const struct pe_image *image, uint64_t address);
/* Does the address lie in an executable section? */
bool pe_is_text(const struct pe_image *image, uint64_t address);
/*
 * RVA of the call instruction that pushed return address `address`; 0 if the
 * address lies outside the image or no call precedes it.
 */
uint32_t pe_call_site(const struct pe_image *image, uint64_t address);

#endif
