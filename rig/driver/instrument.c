/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A copy of a miniport that calls rigshim.sys where it called NDIS.SYS.
 *
 * How it works: code calls imports through slots of the import address table,
 * which stay where they are, so no code is touched. Which module fills a slot
 * is for the import descriptors to say. A descriptor is about consecutive
 * slots, and the functions to be redirected lie among others, so NDIS.SYS's list is
 * cut into runs: each run of slots for the one module or the other gets a
 * descriptor and an import lookup table of its own. The Windows loader goes
 * through a lookup table up to its NULL entry and fills as many slots, which
 * need not be followed by a NULL themselves. The new tables lie in a new
 * section; what the headers and the end of the file were lies there, too, for
 * the way back. Layout: Microsoft, "PE Format", "The .idata Section".
 */
#include "instrument.h"

#include <gio/gio.h>
#include <string.h>
#include <sys/mman.h>

#include "instrument-record.h"
#include "ndis/pe.h"
#include "pe-file.h"
#include "rigshim.h"

#define NDIS_MODULE  "NDIS.SYS"
#define REGISTERS    "NdisMRegisterMiniportDriver"

#define DESCRIPTOR   20u
#define ORDINAL      (1ull << 63)
#define IMPORTS_MAX  8192u
#define LOOKUPS_MAX  (1u << 20)  /* bytes: no driver has so many imports */
#define SECTION_FLAGS 0x48000040u /* initialised data, not paged, readable */

typedef struct Build {
    const char *name;
    RigPeFile pe;
    GByteArray *descriptors; /* the new import directory */
    GByteArray *lookups;     /* the new lookup tables, one behind the other */
    GPtrArray *apis;         /* redirected names */
    GArray *fixups;          /* of uint32_t: descriptors whose lookup table is
                                one of ours, by offset in `descriptors` */
    uint32_t rva;            /* of the new section */
} Build;

static gboolean refuse(GError **error, const char *fmt, ...)
    G_GNUC_PRINTF(2, 3);

static gboolean refuse(GError **error, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    if (error && !*error) {
        *error = g_error_new_valist(G_IO_ERROR, G_IO_ERROR_INVALID_DATA, fmt,
                                    ap);
    }
    va_end(ap);
    return FALSE;
}

static gboolean is_hooked(const char *function)
{
    static const char *const hooked[] = {
#define X(name, result, arguments, object, scalars) #name,
        RIGSHIM_APIS(X)
#undef X
        RIGSHIM_LOOKUP, NULL,
    };

    return g_strv_contains(hooked, function);
}

/* --- descriptors --------------------------------------------------------- */

static void append32(GByteArray *a, uint32_t v)
{
    uint8_t bytes[4];

    rig_pe_put32(bytes, v);
    g_byte_array_append(a, bytes, sizeof(bytes));
}

static void append_descriptor(GByteArray *a, uint32_t lookup, uint32_t dll,
                              uint32_t slots)
{
    append32(a, lookup);
    append32(a, 0);        /* not bound */
    append32(a, 0);
    append32(a, dll);
    append32(a, slots);
}

/*
 * A run of slots: `dll` is the RVA of its module's name, 0: the shim's, whose
 * place is known when everything else has one.
 */
static void append_run(Build *b, const uint8_t *lookup, uint32_t n,
                       uint32_t dll, uint32_t slots)
{
    uint32_t at = b->descriptors->len;

    append_descriptor(b->descriptors, b->lookups->len, dll, slots);
    g_array_append_val(b->fixups, at);
    g_byte_array_append(b->lookups, lookup, 8 * n);
    append32(b->lookups, 0);
    append32(b->lookups, 0);
}

/* Name of an import, NULL for an ordinal or a name outside the file. */
static const char *import_name(const RigPeFile *pe, uint64_t lookup)
{
    return lookup & ORDINAL || lookup > UINT32_MAX - 2 ? NULL :
           rig_pe_file_string(pe, (uint32_t)lookup + 2);
}

/* Entries of the lookup table at `rva`, without the NULL; -1: no end. */
static int count_lookups(const RigPeFile *pe, uint32_t rva)
{
    for (uint32_t n = 0; n <= IMPORTS_MAX; n++) {
        const uint8_t *p = rva > UINT32_MAX - 8 * n ? NULL :
                           rig_pe_file_at(pe, rva + 8 * n, 8);

        if (!p) {
            return -1;
        }
        if (rig_pe_get64(p) == 0) {
            return (int)n;
        }
    }
    return -1;
}

/* NDIS.SYS's descriptor becomes one for each run. */
static gboolean split(Build *b, const uint8_t *d, GError **error)
{
    uint32_t slots = rig_pe_get32(d + 16), dll = rig_pe_get32(d + 12);
    uint32_t table = rig_pe_get32(d) ? rig_pe_get32(d) : slots;
    int n = count_lookups(&b->pe, table);
    const uint8_t *lookup = n < 0 ? NULL :
                            rig_pe_file_at(&b->pe, table, 8 * (size_t)n);

    if (!lookup) {
        return refuse(error, "%s: its imports from " NDIS_MODULE " have no end "
                      "within the file; it is damaged", b->name);
    }
    if (b->lookups->len + 8 * (size_t)n > LOOKUPS_MAX) {
        return refuse(error, "%s imports more from " NDIS_MODULE " than any "
                      "driver does; it is damaged", b->name);
    }
    for (int i = 0, from = 0; i < n; i++) {
        const char *name = import_name(&b->pe, rig_pe_get64(lookup + 8 * i));
        const char *next = i + 1 == n ? NULL :
            import_name(&b->pe, rig_pe_get64(lookup + 8 * (i + 1)));
        gboolean ours = name && is_hooked(name);

        if (ours) {
            g_ptr_array_add(b->apis, g_strdup(name));
        }
        if (i + 1 == n || ours != (next && is_hooked(next))) {
            append_run(b, lookup + 8 * from, i + 1 - from, ours ? 0 : dll,
                       slots + 8 * from);
            from = i + 1;
        }
    }
    return TRUE;
}

static gboolean read_imports(Build *b, GError **error)
{
    uint32_t rva, size;

    if (!rig_pe_file_dir(&b->pe, PE_DIR_IMPORT, &rva, &size)) {
        return refuse(error, "%s imports nothing, so it is no NDIS miniport: "
                      "there is nothing to instrument", b->name);
    }
    for (uint32_t i = 0; i < IMPORTS_MAX; i++, rva += DESCRIPTOR) {
        const uint8_t *d = rig_pe_file_at(&b->pe, rva, DESCRIPTOR);
        const char *dll = d ? rig_pe_file_string(&b->pe,
                                                 rig_pe_get32(d + 12)) : NULL;

        if (!d) {
            break;
        }
        if (rig_pe_get32(d + 12) == 0 && rig_pe_get32(d + 16) == 0) {
            return TRUE;
        }
        if (!dll) {
            return refuse(error, "%s: the name of a module that it imports "
                          "from lies outside the file; it is damaged",
                          b->name);
        }
        if (g_ascii_strcasecmp(dll, RIGSHIM_MODULE) == 0) {
            return refuse(error, "%s imports from " RIGSHIM_MODULE ": it is "
                          "instrumented already; --undo gives the original",
                          b->name);
        }
        if (g_ascii_strcasecmp(dll, NDIS_MODULE) != 0) {
            append_descriptor(b->descriptors, rig_pe_get32(d),
                              rig_pe_get32(d + 12), rig_pe_get32(d + 16));
            /* what is bound can be trusted by nobody, so: a table without */
            if (!rig_pe_get32(d) && rig_pe_get32(d + 4)) {
                return refuse(error, "%s: its imports from %s are bound and "
                              "have no lookup table; link it without /BIND",
                              b->name, dll);
            }
        } else if (!split(b, d, error)) {
            return FALSE;
        }
    }
    return refuse(error, "%s: its import directory has no end within the "
                  "file; it is damaged", b->name);
}

static gboolean has_api(const Build *b, const char *name)
{
    return g_ptr_array_find_with_equal_func(b->apis, name, g_str_equal, NULL);
}

static gboolean check_apis(const Build *b, GError **error)
{
    if (!has_api(b, REGISTERS)) {
        return refuse(error, "%s does not import " REGISTERS " from "
                      NDIS_MODULE ", so it is no NDIS 6 miniport: there is "
                      "nothing to instrument", b->name);
    }
    return TRUE;
}

/* --- the new section ----------------------------------------------------- */

static uint64_t align(uint64_t v, uint32_t to)
{
    return (v + to - 1) / to * to;
}

/* The section lies behind all others, as the loader wants it. */
static gboolean place(Build *b, GError **error)
{
    uint64_t end = 0;

    for (unsigned i = 0; i < b->pe.n_sections; i++) {
        RigPeSection s;

        rig_pe_file_section(&b->pe, i, &s);
        end = MAX(end, (uint64_t)s.rva + s.vsize);
    }
    end = align(end, b->pe.section_align);
    if (end != align(b->pe.image_size, b->pe.section_align) ||
        end > PE_IMAGE_MAX) {
        return refuse(error, "%s: its sections do not end where the image "
                      "does; another section cannot follow them", b->name);
    }
    b->rva = (uint32_t)end;
    return TRUE;
}

/* Is there room in the headers for one more entry of the section table? */
static gboolean check_room(const Build *b, GError **error)
{
    const RigPeFile *pe = &b->pe;
    size_t from = pe->sections + pe->n_sections * PE_SECTION_SIZE;
    uint32_t room = pe->headers_size, bound, bound_size;

    for (unsigned i = 0; i < pe->n_sections; i++) {
        RigPeSection s;

        rig_pe_file_section(pe, i, &s);
        room = s.raw_size ? MIN(room, s.raw) : room;
    }
    if (pe->n_sections == PE_SECTIONS_MAX || room < from ||
        room - from < PE_SECTION_SIZE) {
        return refuse(error, "%s: its headers have no room for another "
                      "section: %" G_GSIZE_FORMAT " bytes are free, %u are "
                      "needed", b->name, room > from ? room - from : 0,
                      PE_SECTION_SIZE);
    }
    /* Linkers put bound imports there, which nobody needs any more. */
    rig_pe_file_dir(pe, PE_DIR_BOUND_IMPORT, &bound, &bound_size);
    for (size_t i = from; i < from + PE_SECTION_SIZE; i++) {
        if (pe->data[i] && (i < bound || i - bound >= bound_size)) {
            return refuse(error, "%s: something unknown lies behind its "
                          "section table, where another section's header "
                          "would have to go", b->name);
        }
    }
    return TRUE;
}

/* Certificates can only be cut off if they are the last of the file. */
static gboolean check_certificates(const Build *b, GError **error)
{
    const RigPeFile *pe = &b->pe;

    if (pe->security_size &&
        (pe->security > pe->size || pe->security < pe->headers_size ||
         pe->size - pe->security < pe->security_size ||
         pe->size - pe->security - pe->security_size > 7)) {
        return refuse(error, "%s: its signature is not at the end of the "
                      "file; it cannot be taken off", b->name);
    }
    return TRUE;
}

/* Directory, lookup tables, name of the module, record for the way back. */
static GByteArray *make_section(Build *b)
{
    GByteArray *s = g_byte_array_new();
    uint32_t lookups, name;

    append_descriptor(b->descriptors, 0, 0, 0);
    lookups = b->rva + (uint32_t)align(b->descriptors->len, 8);
    name = lookups + b->lookups->len;
    for (guint i = 0; i < b->fixups->len; i++) {
        uint8_t *d = b->descriptors->data +
                     g_array_index(b->fixups, uint32_t, i);

        rig_pe_put32(d, lookups + rig_pe_get32(d));
        if (rig_pe_get32(d + 12) == 0) {
            rig_pe_put32(d + 12, name);
        }
    }
    g_byte_array_append(s, b->descriptors->data, b->descriptors->len);
    while (s->len % 8) {
        g_byte_array_append(s, (const uint8_t *)"", 1);
    }
    g_byte_array_append(s, b->lookups->data, b->lookups->len);
    g_byte_array_append(s, (const uint8_t *)RIGSHIM_MODULE,
                        sizeof(RIGSHIM_MODULE));
    rig_instrument_record_append(s, &b->pe);
    return s;
}

/* --- the new file -------------------------------------------------------- */

static void set_dir(uint8_t *file, const RigPeFile *pe, unsigned n,
                    uint32_t rva, uint32_t size)
{
    if (n < pe->n_dirs) {
        uint8_t *d = file + pe->opt + PE_OPT_DIRECTORIES + 8 * n;

        rig_pe_put32(d, rva);
        rig_pe_put32(d + 4, size);
    }
}

static void change_headers(const Build *b, uint8_t *file, uint32_t raw,
                           uint32_t vsize)
{
    const RigPeFile *pe = &b->pe;
    uint8_t *opt = file + pe->opt;
    uint8_t *h = file + pe->sections + pe->n_sections * PE_SECTION_SIZE;
    uint32_t raw_size = (uint32_t)align(vsize, pe->file_align);

    rig_pe_put16(file + pe->coff + 2, (uint16_t)(pe->n_sections + 1));
    rig_pe_put32(opt + PE_OPT_INITIALIZED,
                 rig_pe_get32(opt + PE_OPT_INITIALIZED) + raw_size);
    rig_pe_put32(opt + PE_OPT_IMAGE_SIZE,
                 b->rva + (uint32_t)align(vsize, pe->section_align));
    set_dir(file, pe, PE_DIR_IMPORT, b->rva, b->descriptors->len);
    set_dir(file, pe, PE_DIR_SECURITY, 0, 0);
    set_dir(file, pe, PE_DIR_BOUND_IMPORT, 0, 0);
    memset(h, 0, PE_SECTION_SIZE);
    memcpy(h, RIG_INSTRUMENT_SECTION, strlen(RIG_INSTRUMENT_SECTION));
    rig_pe_put32(h + 8, vsize);
    rig_pe_put32(h + 12, b->rva);
    rig_pe_put32(h + 16, raw_size);
    rig_pe_put32(h + 20, raw);
    rig_pe_put32(h + 36, SECTION_FLAGS);
}

static GBytes *make_file(Build *b, GError **error)
{
    g_autoptr(GByteArray) section = make_section(b);
    const RigPeFile *pe = &b->pe;
    size_t kept = pe->security_size ? pe->security : pe->size;
    uint64_t raw = align(kept, pe->file_align);
    uint64_t size = raw + align(section->len, pe->file_align);
    g_autofree uint8_t *file = NULL;
    uint32_t sum;

    if (b->rva + align(section->len, pe->section_align) > PE_IMAGE_MAX ||
        size > UINT32_MAX) {
        refuse(error, "%s would be too large with another section", b->name);
        return NULL;
    }
    file = g_malloc0(size);
    memcpy(file, pe->data, kept);
    memcpy(file + raw, section->data, section->len);
    change_headers(b, file, (uint32_t)raw, section->len);
    sum = rig_pe_checksum(file, size, pe->opt + PE_OPT_CHECKSUM);
    rig_pe_put32(file + pe->opt + PE_OPT_CHECKSUM, sum);
    return g_bytes_new_take(g_steal_pointer(&file), size);
}

/* --- proof --------------------------------------------------------------- */

typedef struct Loaded {
    GHashTable *numbers;   /* "function" or "module#ordinal" -> number */
    GHashTable *shim;      /* functions that came from the shim, or NULL */
} Loaded;

/* The same number for the same function, whichever module it comes from. */
static void *number_of(void *opaque, const char *dll, const char *name,
                       unsigned ordinal)
{
    Loaded *l = opaque;
    gboolean shim = g_ascii_strcasecmp(dll, RIGSHIM_MODULE) == 0;
    g_autofree char *module = g_ascii_strdown(shim ? NDIS_MODULE : dll, -1);
    g_autofree char *key = name ? g_strdup_printf("%s!%s", module, name)
                                : g_strdup_printf("%s#%u", module, ordinal);
    gpointer n = g_hash_table_lookup(l->numbers, key);

    if (shim && name) {
        g_hash_table_add(l->shim, g_strdup(name));
    }
    if (!n) {
        n = GUINT_TO_POINTER(g_hash_table_size(l->numbers) + 1);
        g_hash_table_insert(l->numbers, g_steal_pointer(&key), n);
    }
    return n;
}

static gboolean same_names(const Build *b, GHashTable *shim)
{
    gboolean same = TRUE;

    for (guint i = 0; i < b->apis->len; i++) {
        same = same && g_hash_table_contains(shim, b->apis->pdata[i]);
    }
    return same;
}

/* Load it as the guest does; all of it can be read, nothing can be run. */
static gboolean load(const uint8_t *file, size_t size, uintptr_t base,
                     Loaded *l, struct pe_image *image, char text[160])
{
    if (pe_load(file, size, base, number_of, l, image, text, 160)) {
        return FALSE;
    }
    if (mprotect(image->base, image->size, PROT_READ)) {
        g_snprintf(text, 160, "no memory for it");
        pe_unload(image);
        return FALSE;
    }
    return TRUE;
}

/*
 * Load both as the guest does. In memory nothing but the headers may differ,
 * and the shim must have been asked for just those functions.
 */
static gboolean prove(const Build *b, GBytes *made, GError **error)
{
    g_autoptr(GHashTable) numbers = g_hash_table_new_full(
        g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GHashTable) shim = g_hash_table_new_full(
        g_str_hash, g_str_equal, g_free, NULL);
    Loaded l = { numbers, shim };
    struct pe_image old, new;
    g_autofree uint8_t *copy = NULL;
    char text[160];
    size_t size, from = b->pe.headers_size, end;
    uintptr_t base;
    gboolean same, itself;
    const uint8_t *file = g_bytes_get_data(made, &size);

    /* The longer one first: where it lies there is room for the other. */
    if (!load(file, size, 0, &l, &new, text)) {
        return refuse(error, "%s cannot be instrumented: the result would not "
                      "load: %s", b->name, text);
    }
    base = (uintptr_t)new.base;
    same = same_names(b, shim);
    itself = pe_export(&new, REGISTERS) != NULL;
    copy = g_memdup2(new.base, new.size);
    pe_unload(&new);
    if (itself) {
        return refuse(error, "%s exports what it would import: it is "
                      RIGSHIM_MODULE " itself", b->name);
    }
    if (!load(b->pe.data, b->pe.size, base, &l, &old, text)) {
        return refuse(error, "%s would not load: %s", b->name, text);
    }
    end = MAX(old.size, from);
    same = same && memcmp(copy + from, old.base + from, end - from) == 0;
    pe_unload(&old);
    return same || refuse(error, "%s cannot be instrumented: it would not be "
                          "the same in memory", b->name);
}

/* --- interface ----------------------------------------------------------- */

static void build_clear(Build *b)
{
    g_byte_array_unref(b->descriptors);
    g_byte_array_unref(b->lookups);
    g_array_unref(b->fixups);
    g_ptr_array_unref(b->apis);
}

GBytes *rig_instrument(const char *name, const uint8_t *file, size_t size,
                       GPtrArray **apis, GError **error)
{
    Build b = {
        .name = name,
        .descriptors = g_byte_array_new(),
        .lookups = g_byte_array_new(),
        .fixups = g_array_new(FALSE, FALSE, sizeof(uint32_t)),
        .apis = g_ptr_array_new_with_free_func(g_free),
    };
    GBytes *made = NULL;

    if (rig_pe_file(&b.pe, name, file, size, error) &&
        read_imports(&b, error) && check_apis(&b, error) && place(&b, error) &&
        check_room(&b, error) && check_certificates(&b, error)) {
        made = make_file(&b, error);
    }
    if (made && !prove(&b, made, error)) {
        g_clear_pointer(&made, g_bytes_unref);
    }
    if (made && apis) {
        *apis = g_ptr_array_ref(b.apis);
    }
    build_clear(&b);
    return made;
}
