/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A PE image as a file that is to be changed: where its headers and sections
 * lie, and reading it by RVA. Offsets and values: Microsoft, "PE Format".
 */
#ifndef RIG_PE_FILE_H
#define RIG_PE_FILE_H

#include <glib.h>
#include <stdint.h>

/* Numbers of data directories. */
enum {
    PE_DIR_IMPORT = 1,
    PE_DIR_SECURITY = 4,
    PE_DIR_BOUND_IMPORT = 11,
    PE_DIR_DELAY_IMPORT = 13,
};

/* Offsets in the optional header, PE32+. */
#define PE_OPT_INITIALIZED   8
#define PE_OPT_SECTION_ALIGN 32
#define PE_OPT_FILE_ALIGN    36
#define PE_OPT_IMAGE_SIZE    56
#define PE_OPT_HEADERS_SIZE  60
#define PE_OPT_CHECKSUM      64
#define PE_OPT_DIRECTORIES   112

#define PE_SECTION_SIZE 40u
#define PE_SECTIONS_MAX 96u     /* limit of the Windows loader */

typedef struct RigPeFile {
    const uint8_t *data;
    size_t size;
    size_t coff, opt, sections; /* offsets of headers; of the section table */
    unsigned n_sections, n_dirs;
    uint32_t section_align, file_align, image_size, headers_size;
    uint32_t security, security_size; /* file offset of the certificates */
} RigPeFile;

typedef struct RigPeSection {
    char name[9];
    uint32_t rva, vsize, raw, raw_size;
} RigPeSection;

/*
 * Look at an image whose headers rig_pe_check() accepts. FALSE with @error:
 * they are, but the image is not one that can be changed.
 */
gboolean rig_pe_file(RigPeFile *pe, const char *name, const uint8_t *data,
                     size_t size, GError **error);
void rig_pe_file_section(const RigPeFile *pe, unsigned n, RigPeSection *s);
/* RVA and size of a data directory; FALSE: the image does not have it. */
gboolean rig_pe_file_dir(const RigPeFile *pe, unsigned n, uint32_t *rva,
                         uint32_t *size);
/* @length bytes of the file that are mapped at @rva, or NULL. */
const uint8_t *rig_pe_file_at(const RigPeFile *pe, uint32_t rva,
                              size_t length);
/* The string there with its NUL, or NULL. */
const char *rig_pe_file_string(const RigPeFile *pe, uint32_t rva);
/* The checksum that Windows asks of drivers. */
uint32_t rig_pe_checksum(const uint8_t *data, size_t size, size_t at);

static inline uint16_t rig_pe_get16(const uint8_t *p)
{
    return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t rig_pe_get32(const uint8_t *p)
{
    return rig_pe_get16(p) | (uint32_t)rig_pe_get16(p + 2) << 16;
}

static inline uint64_t rig_pe_get64(const uint8_t *p)
{
    return rig_pe_get32(p) | (uint64_t)rig_pe_get32(p + 4) << 32;
}

static inline void rig_pe_put16(uint8_t *p, uint16_t v)
{
    p[0] = (uint8_t)v;
    p[1] = (uint8_t)(v >> 8);
}

static inline void rig_pe_put32(uint8_t *p, uint32_t v)
{
    rig_pe_put16(p, (uint16_t)v);
    rig_pe_put16(p + 2, (uint16_t)(v >> 16));
}

#endif
