/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Function names of a driver image. */
#include <string.h>
#include "read-file.h"
#include "symbols.h"

#define IMAGE_MAX   (64u << 20)   /* bytes */
#define MAP_MAX     (64u << 20)
#define SYMBOLS_MAX 1000000u
#define NAME_LIMIT  200u          /* characters of a name that are kept */

/* Offsets of Microsoft's "PE Format". */
#define DOS_LFANEW        0x3c
#define COFF_SECTIONS     2       /* NumberOfSections */
#define COFF_SYMBOLS      8       /* PointerToSymbolTable */
#define COFF_COUNT        12      /* NumberOfSymbols */
#define COFF_OPTIONAL     16      /* SizeOfOptionalHeader */
#define COFF_SIZE         20
#define OPTIONAL_BASE     24      /* ImageBase of PE32+ */
#define SECTION_SIZE      40
#define SECTION_VSIZE     8
#define SECTION_VA        12
#define SECTION_FLAGS     36
#define SECTION_EXECUTE   0x20000000u /* IMAGE_SCN_MEM_EXECUTE */
#define SYMBOL_SIZE       18
#define TYPE_FUNCTION     0x20    /* IMAGE_SYM_DTYPE_FUNCTION << 4 */

typedef struct Symbol {
    uint32_t rva;
    unsigned order;      /* as found: the first of equals wins */
    char *name;
} Symbol;

typedef struct Section {
    uint32_t va, size;
    gboolean code;
} Section;

struct RigSymbols {
    GArray *all;         /* of Symbol, sorted */
    GArray *sections;    /* of Section */
    uint64_t base;       /* ImageBase */
};

typedef struct Image {
    const uint8_t *data;
    size_t size, coff;   /* offset of the COFF header */
} Image;

static uint32_t get(const Image *i, size_t at, unsigned bytes)
{
    uint32_t v = 0;

    if (at > i->size || i->size - at < bytes) {
        return 0;
    }
    memcpy(&v, i->data + at, bytes);
    return GUINT32_FROM_LE(v);
}

/* --- headers ------------------------------------------------------------- */

static gboolean read_headers(RigSymbols *s, Image *i)
{
    size_t pe = get(i, DOS_LFANEW, 4), table;
    unsigned sections;

    if (get(i, 0, 2) != 0x5a4d || get(i, pe, 4) != 0x4550) { /* MZ, PE */
        return FALSE;
    }
    i->coff = pe + 4;
    s->base = get(i, i->coff + COFF_SIZE + OPTIONAL_BASE, 4) |
              (uint64_t)get(i, i->coff + COFF_SIZE + OPTIONAL_BASE + 4, 4)
              << 32;
    sections = get(i, i->coff + COFF_SECTIONS, 2);
    table = i->coff + COFF_SIZE + get(i, i->coff + COFF_OPTIONAL, 2);
    for (unsigned n = 0; n < sections; n++) {
        size_t at = table + (size_t)n * SECTION_SIZE;
        Section section = {
            get(i, at + SECTION_VA, 4), get(i, at + SECTION_VSIZE, 4),
            (get(i, at + SECTION_FLAGS, 4) & SECTION_EXECUTE) != 0,
        };

        g_array_append_val(s->sections, section);
    }
    return sections != 0;
}

static const Section *section_of(const RigSymbols *s, uint64_t rva)
{
    for (unsigned i = 0; i < s->sections->len; i++) {
        const Section *x = &g_array_index(s->sections, Section, i);

        if (rva >= x->va && rva - x->va < x->size) {
            return x;
        }
    }
    return NULL;
}

/* Takes the name. Only what lies in code is of use. */
static void add(RigSymbols *s, uint64_t rva, char *name)
{
    const Section *x = section_of(s, rva);
    Symbol symbol = { rva, s->all->len, name };

    if (!x || !x->code || !*name || s->all->len == SYMBOLS_MAX) {
        g_free(name);
        return;
    }
    g_array_append_val(s->all, symbol);
}

/* Printable, without a leading dot or underscore-less section name. */
static gboolean good_name(const char *name)
{
    if (!*name || *name == '.') {
        return FALSE;
    }
    for (; *name; name++) {
        if (!g_ascii_isgraph(*name)) {
            return FALSE;
        }
    }
    return TRUE;
}

/* --- COFF ---------------------------------------------------------------- */

/* A name of up to 8 bytes, or an offset into the string table behind. */
static char *coff_name(const Image *i, size_t at, size_t strings)
{
    size_t where = get(i, at, 4) ? at : strings + get(i, at + 4, 4);
    size_t limit = get(i, at, 4) ? 8 : NAME_LIMIT;

    if (where >= i->size) {
        return g_strdup("");
    }
    return g_strndup((const char *)i->data + where,
                     MIN(limit, i->size - where));
}

static void read_coff(RigSymbols *s, const Image *i)
{
    size_t table = get(i, i->coff + COFF_SYMBOLS, 4);
    size_t count = get(i, i->coff + COFF_COUNT, 4);
    size_t strings = table + count * SYMBOL_SIZE;

    if (!table || strings > i->size) {
        return;
    }
    for (size_t n = 0; n < count; n++) {
        size_t at = table + n * SYMBOL_SIZE;
        unsigned section = get(i, at + 12, 2), storage = get(i, at + 16, 1);
        gboolean function = get(i, at + 14, 2) == TYPE_FUNCTION;

        /* External or static; assembler functions have no type. */
        if (section && section <= s->sections->len &&
            (storage == 2 || (storage == 3 && function))) {
            char *name = coff_name(i, at, strings);

            if (good_name(name)) {
                add(s, (uint64_t)g_array_index(s->sections, Section,
                                               section - 1).va +
                    get(i, at + 8, 4), name);
            } else {
                g_free(name);
            }
        }
        n += get(i, at + 17, 1); /* auxiliary records */
    }
}

/* --- map of a linker ----------------------------------------------------- */

/* An address of the image: 16 hexadecimal digits, with or without 0x. */
static gboolean address(const char *word, uint64_t *value)
{
    const char *digits = word + (g_str_has_prefix(word, "0x") ? 2 : 0);

    if (strlen(digits) != 16 ||
        strspn(digits, "0123456789abcdefABCDEF") != 16) {
        return FALSE;
    }
    *value = g_ascii_strtoull(digits, NULL, 16);
    return TRUE;
}

/*
 * GNU ld: "                0x0000000140001010                Name".
 * Microsoft: " 0001:00000010       Name       0000000140001010 f   a.obj".
 */
static void read_map_line(RigSymbols *s, const char *line)
{
    g_auto(GStrv) words = g_strsplit_set(line, " \t\r", -1);
    const char *word[4] = { NULL };
    uint64_t value;
    unsigned n = 0;

    for (char **w = words; *w && n < 4; w++) {
        if (**w) {
            word[n++] = *w;
        }
    }
    if (n == 2 && address(word[0], &value) && good_name(word[1])) {
        add(s, value - s->base, g_strndup(word[1], NAME_LIMIT));
    } else if (n >= 3 && strlen(word[0]) == 13 && word[0][4] == ':' &&
               address(word[2], &value) && good_name(word[1])) {
        add(s, value - s->base, g_strndup(word[1], NAME_LIMIT));
    }
}

static void read_map(RigSymbols *s, const char *map)
{
    while (*map) {
        size_t n = strcspn(map, "\n");
        g_autofree char *line = n < 1024 ? g_strndup(map, n) : NULL;

        if (line) {
            read_map_line(s, line);
        }
        map += n + (map[n] == '\n');
    }
}

/* --- interface ----------------------------------------------------------- */

static int by_rva(gconstpointer a, gconstpointer b)
{
    const Symbol *x = a, *y = b;

    return x->rva != y->rva ? (x->rva < y->rva ? -1 : 1)
                            : (x->order < y->order ? -1 : 1);
}

static void clear_symbol(gpointer data)
{
    g_free(((Symbol *)data)->name);
}

RigSymbols *rig_symbols_parse(const uint8_t *data, size_t size,
                              const char *map)
{
    g_autoptr(RigSymbols) s = g_new0(RigSymbols, 1);
    Image image = { data, size, 0 };

    s->all = g_array_new(FALSE, FALSE, sizeof(Symbol));
    g_array_set_clear_func(s->all, clear_symbol);
    s->sections = g_array_new(FALSE, FALSE, sizeof(Section));
    if (!read_headers(s, &image)) {
        return NULL;
    }
    read_coff(s, &image);
    if (!s->all->len && map) {
        read_map(s, map);
    }
    g_array_sort(s->all, by_rva);
    return s->all->len ? g_steal_pointer(&s) : NULL;
}

RigSymbols *rig_symbols_load(const char *sys)
{
    g_autofree char *image = NULL, *map = NULL, *file = NULL;
    gsize size, length;

    if (!rig_read_file(sys, IMAGE_MAX, &image, &size, NULL)) {
        return NULL;
    }
    file = g_str_has_suffix(sys, ".sys")
           ? g_strdup_printf("%.*s.map", (int)strlen(sys) - 4, sys)
           : g_strdup_printf("%s.map", sys);
    if (!rig_read_file(file, MAP_MAX, &map, &length, NULL)) {
        map = NULL;
    }
    return rig_symbols_parse((const uint8_t *)image, size, map);
}

void rig_symbols_free(RigSymbols *s)
{
    if (s) {
        g_array_unref(s->all);
        g_array_unref(s->sections);
        g_free(s);
    }
}

unsigned rig_symbols_count(const RigSymbols *s)
{
    return s->all->len;
}

char *rig_symbols_name(const RigSymbols *s, uint64_t rva)
{
    const Section *section = s ? section_of(s, rva) : NULL;
    unsigned low = 0, high = s ? s->all->len : 0;
    const Symbol *found;

    while (low < high) { /* the first symbol above rva */
        unsigned middle = (low + high) / 2;

        if (g_array_index(s->all, Symbol, middle).rva <= rva) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (!section || !low) {
        return NULL;
    }
    found = &g_array_index(s->all, Symbol, low - 1);
    while (found != &g_array_index(s->all, Symbol, 0) &&
           found[-1].rva == found->rva) {
        found--;
    }
    if (found->rva < section->va) {
        return NULL;
    }
    return rva == found->rva ? g_strdup(found->name) :
           g_strdup_printf("%s+0x%x", found->name,
                           (unsigned)(rva - found->rva));
}
