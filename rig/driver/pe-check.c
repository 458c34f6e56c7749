/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A look at the headers of a driver image, so that a wrong file is refused
 * before a VM starts. Loading it is the guest's work; what is checked here is
 * only what a truncated file, a user-mode program or a driver for another
 * processor gets wrong. Offsets and values: Microsoft's "PE Format".
 */
#include "pe-check.h"

#include <gio/gio.h>
#include <string.h>

#include "ndis/pe.h"

#define DOS_HEADER_SIZE   64
#define DOS_LFANEW        0x3c /* offset of the PE signature */
#define COFF_HEADER_SIZE  20
#define COFF_MACHINE      0
#define COFF_SECTIONS     2
#define COFF_OPT_SIZE     16
#define MACHINE_I386      0x014c
#define MACHINE_AMD64     0x8664
#define MACHINE_ARM64     0xaa64
#define OPT_MAGIC_PE32P   0x020b
#define OPT_ENTRY         16
#define OPT_IMAGE_SIZE    56
#define OPT_SUBSYSTEM     68
#define OPT_FIXED_SIZE    112  /* PE32+ fields before the data directories */
#define SUBSYSTEM_NATIVE  1
#define SECTION_SIZE      40
#define SECTION_RAW_SIZE  16
#define SECTION_RAW_AT    20
#define SECTIONS_MAX      96   /* limit of the Windows loader */

static uint16_t get16(const uint8_t *p)
{
    return p[0] | p[1] << 8;
}

static uint32_t get32(const uint8_t *p)
{
    return get16(p) | (uint32_t)get16(p + 2) << 16;
}

static gboolean refuse(GError **error, const char *name, const char *what)
{
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s %s", name,
                what);
    return FALSE;
}

static gboolean check_machine(uint16_t machine, const char *name,
                              GError **error)
{
    switch (machine) {
    case MACHINE_AMD64:
        return TRUE;
    case MACHINE_I386:
        return refuse(error, name, "is an image for 32-bit x86; "
                      "use the driver's x64 build");
    case MACHINE_ARM64:
        return refuse(error, name, "is an image for ARM64; "
                      "use the driver's x64 build");
    default:
        return refuse(error, name, "is an image for another processor; "
                      "use the driver's x64 build");
    }
}

static gboolean check_optional(const uint8_t *opt, size_t opt_size,
                               const char *name, GError **error)
{
    if (opt_size < OPT_FIXED_SIZE || get16(opt) != OPT_MAGIC_PE32P) {
        return refuse(error, name, "has no PE32+ header; "
                      "use the driver's x64 build");
    }
    if (get16(opt + OPT_SUBSYSTEM) != SUBSYSTEM_NATIVE) {
        return refuse(error, name, "is no kernel-mode image (its subsystem is "
                      "not \"native\"); name the driver's .sys file");
    }
    if (get32(opt + OPT_IMAGE_SIZE) > PE_IMAGE_MAX) {
        return refuse(error, name, "claims a size in memory above 64 MiB; "
                      "the file is damaged");
    }
    if (get32(opt + OPT_ENTRY) == 0 ||
        get32(opt + OPT_ENTRY) >= get32(opt + OPT_IMAGE_SIZE)) {
        return refuse(error, name, "has no entry point; "
                      "a driver has DriverEntry there");
    }
    return TRUE;
}

static gboolean check_sections(const uint8_t *table, unsigned n, size_t size,
                               const char *name, GError **error)
{
    for (unsigned i = 0; i < n; i++) {
        const uint8_t *s = table + i * SECTION_SIZE;
        uint64_t end = (uint64_t)get32(s + SECTION_RAW_AT) +
                       get32(s + SECTION_RAW_SIZE);

        if (get32(s + SECTION_RAW_SIZE) != 0 && end > size) {
            g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                        "%s is truncated: section %u ends at byte %"
                        G_GUINT64_FORMAT ", the file at %" G_GSIZE_FORMAT
                        "; copy it again", name, i + 1, end, size);
            return FALSE;
        }
    }
    return TRUE;
}

gboolean rig_pe_check(const uint8_t *data, size_t size, const char *name,
                      GError **error)
{
    const uint8_t *coff, *opt;
    size_t at, opt_size;
    unsigned sections;

    if (size < 2 || memcmp(data, "MZ", 2) != 0) {
        return refuse(error, name, "is no PE image (no \"MZ\" at its start); "
                      "name the driver's .sys file");
    }
    if (size < DOS_HEADER_SIZE) {
        return refuse(error, name, "is truncated in its DOS header; "
                      "copy it again");
    }
    at = get32(data + DOS_LFANEW);
    if (at > size || size - at < 4 + COFF_HEADER_SIZE) {
        return refuse(error, name, "is truncated before its PE header; "
                      "copy it again");
    }
    if (memcmp(data + at, "PE\0\0", 4) != 0) {
        return refuse(error, name, "is no PE image (no \"PE\" signature); "
                      "name the driver's .sys file");
    }
    coff = data + at + 4;
    if (!check_machine(get16(coff + COFF_MACHINE), name, error)) {
        return FALSE;
    }
    opt = coff + COFF_HEADER_SIZE;
    opt_size = get16(coff + COFF_OPT_SIZE);
    sections = get16(coff + COFF_SECTIONS);
    if (sections == 0 || sections > SECTIONS_MAX) {
        return refuse(error, name, "has an impossible number of sections; "
                      "the file is damaged");
    }
    if ((size_t)(data + size - opt) < opt_size + sections * SECTION_SIZE) {
        return refuse(error, name, "is truncated in its headers; "
                      "copy it again");
    }
    return check_optional(opt, opt_size, name, error) &&
           check_sections(opt + opt_size, sections, size, name, error);
}

gboolean rig_pe_check_file(const char *path, GError **error)
{
    g_autoptr(GError) why = NULL;
    GMappedFile *file;
    gboolean good;

    if (!g_file_test(path, G_FILE_TEST_EXISTS)) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT,
                    "%s does not exist; build the drivers with \"make\", or "
                    "correct the path", path);
        return FALSE;
    }
    if (!g_file_test(path, G_FILE_TEST_IS_REGULAR)) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
                    "%s is no regular file; name the driver's .sys file",
                    path);
        return FALSE;
    }
    file = g_mapped_file_new(path, FALSE, &why);
    if (!file) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED,
                    "%s cannot be read: %s", path, why->message);
        return FALSE;
    }
    good = rig_pe_check((const uint8_t *)g_mapped_file_get_contents(file),
                        g_mapped_file_get_length(file), path, error);
    g_mapped_file_unref(file);
    return good;
}
