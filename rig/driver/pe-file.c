/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A PE image as a file that is to be changed. */
#include "pe-file.h"

#include <gio/gio.h>
#include <string.h>

#include "pe-check.h"

#define PAGE 4096u

static gboolean refuse(GError **error, const char *name, const char *what)
{
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s %s", name,
                what);
    return FALSE;
}

static gboolean power_of_two(uint32_t v, uint32_t from, uint32_t to)
{
    return v >= from && v <= to && (v & (v - 1)) == 0;
}

static gboolean check_alignment(const RigPeFile *pe, const char *name,
                                GError **error)
{
    if (!power_of_two(pe->section_align, PAGE, 1u << 21) ||
        !power_of_two(pe->file_align, 512, 65536)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                    "%s aligns its sections to %u bytes, %u in the file; only "
                    "images that Windows maps page by page (4096 or more, and "
                    "512 to 65536) can be changed", name, pe->section_align,
                    pe->file_align);
        return FALSE;
    }
    return TRUE;
}

gboolean rig_pe_file(RigPeFile *pe, const char *name, const uint8_t *data,
                     size_t size, GError **error)
{
    uint32_t dirs;

    memset(pe, 0, sizeof(*pe));
    if (!rig_pe_check(data, size, name, error)) {
        return FALSE;
    }
    pe->data = data;
    pe->size = size;
    pe->coff = rig_pe_get32(data + 0x3c) + 4;
    pe->opt = pe->coff + 20;
    pe->n_sections = rig_pe_get16(data + pe->coff + 2);
    pe->sections = pe->opt + rig_pe_get16(data + pe->coff + 16);
    dirs = rig_pe_get32(data + pe->opt + PE_OPT_DIRECTORIES - 4);
    pe->n_dirs = MIN(dirs, (pe->sections - pe->opt - PE_OPT_DIRECTORIES) / 8);
    pe->section_align = rig_pe_get32(data + pe->opt + PE_OPT_SECTION_ALIGN);
    pe->file_align = rig_pe_get32(data + pe->opt + PE_OPT_FILE_ALIGN);
    pe->image_size = rig_pe_get32(data + pe->opt + PE_OPT_IMAGE_SIZE);
    pe->headers_size = rig_pe_get32(data + pe->opt + PE_OPT_HEADERS_SIZE);
    if (pe->headers_size > size ||
        pe->headers_size < pe->sections + pe->n_sections * PE_SECTION_SIZE) {
        return refuse(error, name, "says its headers are shorter than its "
                      "section table, or longer than the file; it is damaged");
    }
    rig_pe_file_dir(pe, PE_DIR_SECURITY, &pe->security, &pe->security_size);
    return check_alignment(pe, name, error);
}

void rig_pe_file_section(const RigPeFile *pe, unsigned n, RigPeSection *s)
{
    const uint8_t *p = pe->data + pe->sections + n * PE_SECTION_SIZE;

    memcpy(s->name, p, 8);
    s->name[8] = '\0';
    s->vsize = rig_pe_get32(p + 8);
    s->rva = rig_pe_get32(p + 12);
    s->raw_size = rig_pe_get32(p + 16);
    s->raw = rig_pe_get32(p + 20);
    if (s->vsize == 0) {
        s->vsize = s->raw_size;
    }
}

gboolean rig_pe_file_dir(const RigPeFile *pe, unsigned n, uint32_t *rva,
                         uint32_t *size)
{
    const uint8_t *d = pe->data + pe->opt + PE_OPT_DIRECTORIES + 8 * n;

    *rva = *size = 0;
    if (n >= pe->n_dirs) {
        return FALSE;
    }
    *rva = rig_pe_get32(d);
    *size = rig_pe_get32(d + 4);
    return *size != 0;
}

/* What is mapped at @rva, with the bytes that follow it in the file. */
static const uint8_t *mapped_at(const RigPeFile *pe, uint32_t rva,
                                size_t *left)
{
    for (unsigned i = 0; i < pe->n_sections; i++) {
        RigPeSection s;
        uint32_t mapped;

        rig_pe_file_section(pe, i, &s);
        mapped = MIN(s.raw_size, s.vsize);
        if (rva >= s.rva && rva - s.rva < mapped) {
            *left = mapped - (rva - s.rva);
            return pe->data + s.raw + (rva - s.rva);
        }
    }
    *left = rva < pe->headers_size ? pe->headers_size - rva : 0;
    return *left ? pe->data + rva : NULL;
}

const uint8_t *rig_pe_file_at(const RigPeFile *pe, uint32_t rva, size_t length)
{
    size_t left;
    const uint8_t *p = mapped_at(pe, rva, &left);

    return length <= left ? p : NULL;
}

const char *rig_pe_file_string(const RigPeFile *pe, uint32_t rva)
{
    size_t left;
    const uint8_t *p = mapped_at(pe, rva, &left);

    return p && memchr(p, 0, left) ? (const char *)p : NULL;
}

/* Sum of 16-bit words with the carry added in, and the length. */
uint32_t rig_pe_checksum(const uint8_t *data, size_t size, size_t at)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < size; i += 2) {
        if (i < at || i >= at + 4) {
            sum += data[i] | (i + 1 < size ? data[i + 1] << 8 : 0);
            sum = (sum & 0xffff) + (sum >> 16);
        }
    }
    sum = (sum & 0xffff) + (sum >> 16);
    return (uint32_t)sum + (uint32_t)size;
}
