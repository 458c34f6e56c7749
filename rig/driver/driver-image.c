/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a driver's image says about itself. Layouts: Microsoft, "PE Format" and
 * "VS_VERSIONINFO structure".
 */
#include "driver-image.h"

#include <errno.h>
#include <gio/gio.h>
#include <string.h>
#include <sys/mman.h>

#include "driver-internal.h"
#include "read-file.h"

#define FILE_MAX (64u << 20) /* bytes; the guest takes no more either */

enum { DIR_RESOURCE = 2, DIR_SECURITY = 4, DIR_DEBUG = 6, DIR_LOAD_CONFIG = 10 };

/* From the PE signature. */
#define PE_TIME_STAMP 8
#define PE_OS_MAJOR   (24 + 40)
#define PE_OS_MINOR   (24 + 42)
#define PE_DIRS       (24 + 108)
#define PE_DIR(n)     (24 + 112 + 8 * (n))

#define DEBUG_ENTRY    28u
#define DEBUG_CODEVIEW 2u
#define PDB_NAME_MAX   260u

/* Load configuration: security cookie, guard flags. */
#define CONFIG_COOKIE     0x58u
#define CONFIG_GUARD      0x90u
#define GUARD_CF_INSTRUMENTED 0x100u

#define RT_VERSION     16u
#define RES_DIRECTORY  0x80000000u
#define RES_ENTRIES_MAX 4096u
#define FIXED_SIGNATURE 0xfeef04bdu
#define VALUE_MAX      128u /* characters of a text that is shown */

static uint16_t get16(const uint8_t *p)
{
    return (uint16_t)(p[0] | p[1] << 8);
}

static uint32_t get32(const uint8_t *p)
{
    return get16(p) | (uint32_t)get16(p + 2) << 16;
}

/* The PE header, of which the loader has seen that it is complete. */
static const uint8_t *pe_header(const struct pe_image *pe)
{
    const uint8_t *dos = pe_at(pe, 0, 64);

    return dos ? pe_at(pe, get32(dos + 0x3c), PE_DIR(0)) : NULL;
}

/* A data directory; its size is 0 if the image has none. */
static uint32_t directory(const struct pe_image *pe, unsigned n, uint32_t *rva)
{
    const uint8_t *dos = pe_at(pe, 0, 64), *header = pe_header(pe);
    const uint8_t *entry;

    *rva = 0;
    if (!header || get32(header + PE_DIRS) <= n) {
        return 0;
    }
    entry = pe_at(pe, get32(dos + 0x3c) + PE_DIR(n), 8);
    *rva = entry ? get32(entry) : 0;
    return entry ? get32(entry + 4) : 0;
}

/* --- debug directory ------------------------------------------------------ */

static char *codeview(const struct pe_image *pe, uint32_t rva, uint32_t size)
{
    const uint8_t *p = size > 24 ? pe_at(pe, rva, size) : NULL;
    g_autofree char *name = NULL;

    if (!p || memcmp(p, "RSDS", 4) != 0) {
        return NULL;
    }
    name = g_strndup((const char *)p + 24, MIN(size - 24, PDB_NAME_MAX));
    return g_strdup_printf("%s {%08X-%04X-%04X-%02X%02X-%02X%02X%02X%02X%02X"
                           "%02X} %u", name, get32(p + 4), get16(p + 8),
                           get16(p + 10), p[12], p[13], p[14], p[15], p[16],
                           p[17], p[18], p[19], get32(p + 20));
}

static char *find_pdb(const struct pe_image *pe)
{
    uint32_t rva, size = directory(pe, DIR_DEBUG, &rva);
    const uint8_t *entry = size ? pe_at(pe, rva, size) : NULL;

    for (uint32_t n = entry ? size / DEBUG_ENTRY : 0; n--;
         entry += DEBUG_ENTRY) {
        if (get32(entry + 12) == DEBUG_CODEVIEW) {
            return codeview(pe, get32(entry + 20), get32(entry + 16));
        }
    }
    return NULL;
}

/* --- version resource ---------------------------------------------------- */

/*
 * The entry with this id of the directory at @offset, or the first one if it
 * is 0: an offset in the resource section, 0 if there is none.
 */
static uint32_t resource(const uint8_t *section, uint32_t size,
                         uint32_t offset, uint32_t id)
{
    uint32_t n;

    if (offset > size || size - offset < 16) {
        return 0;
    }
    n = (uint32_t)get16(section + offset + 12) + get16(section + offset + 14);
    if (n > RES_ENTRIES_MAX || (size - offset - 16) / 8 < n) {
        return 0;
    }
    for (const uint8_t *e = section + offset + 16; n--; e += 8) {
        if (id == 0 || get32(e) == id) {
            return get32(e + 4);
        }
    }
    return 0;
}

static const uint8_t *version_resource(const struct pe_image *pe,
                                       uint32_t *length)
{
    uint32_t rva, size = directory(pe, DIR_RESOURCE, &rva), at;
    const uint8_t *section = size ? pe_at(pe, rva, size) : NULL;

    at = section ? resource(section, size, 0, RT_VERSION) : 0;
    for (int level = 0; level < 2 && (at & RES_DIRECTORY); level++) {
        at = resource(section, size, at & ~RES_DIRECTORY, 0);
    }
    if (!at || (at & RES_DIRECTORY) || at > size || size - at < 16) {
        return NULL;
    }
    *length = get32(section + at + 4);
    return pe_at(pe, get32(section + at), *length);
}

/* The UTF-16 text that follows the key, as a String structure has it. */
static char *version_text(const uint8_t *data, uint32_t length,
                          const char *key)
{
    size_t n = strlen(key) + 1; /* with its NUL */
    gunichar2 value[VALUE_MAX + 1];
    size_t chars = 0;

    for (uint32_t at = 0; at + 2 * n <= length; at += 2) {
        size_t i = 0;

        while (i < n && get16(data + at + 2 * i) == (uint8_t)key[i]) {
            i++;
        }
        if (i < n) {
            continue;
        }
        at = (uint32_t)((at + 2 * n + 3) & ~(size_t)3);
        for (; at + 2 <= length && chars < VALUE_MAX && get16(data + at);
             at += 2) {
            value[chars++] = get16(data + at);
        }
        return chars ? g_utf16_to_utf8(value, (glong)chars, NULL, NULL, NULL)
                     : NULL;
    }
    return NULL;
}

static void read_version(RigDriverImage *image, const struct pe_image *pe)
{
    uint32_t length = 0;
    const uint8_t *data = version_resource(pe, &length);

    for (uint32_t at = 0; data && at + 16 <= length; at += 4) {
        if (get32(data + at) == FIXED_SIGNATURE) {
            image->version = g_strdup_printf(
                "%u.%u.%u.%u", get16(data + at + 10), get16(data + at + 8),
                get16(data + at + 14), get16(data + at + 12));
            break;
        }
    }
    if (data) {
        image->company = version_text(data, length, "CompanyName");
        image->description = version_text(data, length, "FileDescription");
    }
}

/* --- headers ------------------------------------------------------------- */

static void read_headers(RigDriverImage *image, const struct pe_image *pe)
{
    const uint8_t *header = pe_header(pe), *config;
    uint32_t rva;

    if (!header) {
        return;
    }
    image->linked = get32(header + PE_TIME_STAMP);
    image->os_major = get16(header + PE_OS_MAJOR);
    image->os_minor = get16(header + PE_OS_MINOR);
    image->is_signed = directory(pe, DIR_SECURITY, &rva) != 0;
    image->cookie = pe->cookie_seeded;
    if (!directory(pe, DIR_LOAD_CONFIG, &rva)) {
        return;
    }
    config = pe_at(pe, rva, CONFIG_GUARD + 4);
    image->cfg = config && get32(config) >= CONFIG_GUARD + 4 &&
                 (get32(config + CONFIG_GUARD) & GUARD_CF_INSTRUMENTED);
}

/* --- imports ------------------------------------------------------------- */

typedef struct Collect {
    GPtrArray *imports;
    const RigExports *exports;
} Collect;

static void import_free(gpointer p)
{
    RigImport *i = p;

    g_free(i->dll);
    g_free(i->name);
    g_free(i);
}

/* A function of that name would be none of ntoskrnl.exe's. */
static gboolean is_variable(const char *name)
{
    static const char *const names[] = {
        "CcFastMdlReadWait", "CmKeyObjectType", "ExDesktopObjectType",
        "ExEventObjectType", "ExSemaphoreObjectType",
        "ExWindowStationObjectType", "FsRtlLegalAnsiCharacterArray",
        "HalDispatchTable", "HalPrivateDispatchTable", "InitSafeBootMode",
        "IoAdapterObjectType", "IoDeviceObjectType", "IoDriverObjectType",
        "IoFileObjectType", "KdDebuggerEnabled", "KdDebuggerNotPresent",
        "KeLoaderBlock", "KeNumberProcessors", "KeTickCount",
        "Mm64BitPhysicalAddress", "MmHighestUserAddress", "MmSystemRangeStart",
        "MmUserProbeAddress", "NlsMbCodePageTag", "NlsOemCodePage",
        "NtBuildLab", "NtBuildNumber", "NtGlobalFlag", "PsInitialSystemProcess",
        "PsProcessType", "PsThreadType", "SeExports", "SeTokenObjectType",
        "TmTransactionObjectType",
    };

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        if (strcmp(name, names[i]) == 0) {
            return TRUE;
        }
    }
    return FALSE;
}

/* What is found at the driver's import slot n is the number n + 1. */
static void *collect(void *opaque, const char *dll, const char *name,
                     unsigned ordinal)
{
    Collect *c = opaque;
    RigImport *i = g_new0(RigImport, 1);

    i->dll = g_strdup(dll);
    i->name = name ? g_strdup(name) : g_strdup_printf("#%u", ordinal);
    i->found = name ? rig_exports_find(c->exports, dll, name)
                    : RIG_EXPORT_MISSING;
    i->variable = name && is_variable(name);
    g_ptr_array_add(c->imports, i);
    return (void *)(uintptr_t)c->imports->len;
}

uint64_t rig_driver_import_mark(const RigDriverImage *image, const char *name)
{
    for (guint i = 0; i < image->imports->len; i++) {
        const RigImport *import = image->imports->pdata[i];

        if (strcmp(import->name, name) == 0) {
            return i + 1;
        }
    }
    return 0;
}

/* --- interface ----------------------------------------------------------- */

gboolean rig_driver_file_read(const char *path, char **file, gsize *size,
                              GError **error)
{
    if (!g_file_test(path, G_FILE_TEST_IS_REGULAR)) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT,
                    "%s: %s; name the driver's .sys file", path,
                    g_file_test(path, G_FILE_TEST_IS_DIR)
                    ? "it is a directory" :
                    g_file_test(path, G_FILE_TEST_EXISTS)
                    ? "it is no regular file" : "there is no such file");
        return FALSE;
    }
    if (!rig_read_file(path, FILE_MAX, file, size, error)) {
        g_prefix_error(error, "%s: ", path);
        return FALSE;
    }
    return TRUE;
}

RigDriverImage *rig_driver_image_parse(const char *name, const uint8_t *file,
                                       size_t size, const RigExports *exports,
                                       GError **error)
{
    g_autoptr(RigDriverImage) image = g_new0(RigDriverImage, 1);
    Collect c = { .exports = exports };
    struct pe_image pe;
    char why[160];

    image->imports = c.imports = g_ptr_array_new_with_free_func(import_free);
    image->ndis = g_array_new(FALSE, FALSE, sizeof(uint16_t));
    if (pe_load(file, size, 0, collect, &c, &pe, why, sizeof(why))) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s: %s", name,
                    why);
        return NULL;
    }
    /* Directories may point anywhere; nothing here is written or run. */
    if (mprotect(pe.base, pe.size, PROT_READ)) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "%s: %s", name,
                    g_strerror(errno));
        pe_unload(&pe);
        return NULL;
    }
    image->size = size;
    image->sha256 = g_compute_checksum_for_data(G_CHECKSUM_SHA256, file, size);
    read_headers(image, &pe);
    read_version(image, &pe);
    image->pdb = find_pdb(&pe);
    rig_driver_find_ndis(image, &pe);
    pe_unload(&pe);
    return g_steal_pointer(&image);
}

RigDriverImage *rig_driver_image_read(const char *path,
                                      const RigExports *exports,
                                      GError **error)
{
    g_autofree char *file = NULL;
    gsize size;

    return rig_driver_file_read(path, &file, &size, error)
               ? rig_driver_image_parse(path, (const uint8_t *)file, size,
                                        exports, error)
               : NULL;
}

void rig_driver_image_free(RigDriverImage *image)
{
    if (!image) {
        return;
    }
    g_free(image->sha256);
    g_free(image->pdb);
    g_free(image->version);
    g_free(image->company);
    g_free(image->description);
    g_array_unref(image->ndis);
    g_ptr_array_unref(image->imports);
    g_free(image);
}
