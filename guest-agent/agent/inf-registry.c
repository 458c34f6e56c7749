/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * INF files: AddReg and DelReg.
 *
 * Only HKR entries count: the other roots are none of a network adapter's
 * keys (Microsoft, "INF AddReg Directive", "INF DelReg Directive").
 */
#include <string.h>
#include "agent/inf.h"

/* Flags of an AddReg entry; names and values as in setupapi.h. */
#define FLG_ADDREG_NOCLOBBER       0x00000002u
#define FLG_ADDREG_DELVAL          0x00000004u
#define FLG_ADDREG_APPEND          0x00000008u
#define FLG_ADDREG_KEYONLY         0x00000010u
#define FLG_ADDREG_OVERWRITEONLY   0x00000020u
#define FLG_ADDREG_KEYONLY_COMMON  0x00002000u
#define FLG_ADDREG_DELREG_BIT      0x00008000u

#define FLG_ADDREG_TYPE_MASK       0xffff0001u
#define FLG_ADDREG_TYPE_SZ         0x00000000u
#define FLG_ADDREG_TYPE_MULTI_SZ   0x00010000u
#define FLG_ADDREG_TYPE_EXPAND_SZ  0x00020000u
#define FLG_ADDREG_TYPE_DWORD      0x00010001u

/* Fields of an entry. */
enum { ROOT, SUBKEY, NAME, FLAGS, VALUE };

/* Keys a hostile file may ask for, "a\b\c" being one entry and three keys. */
#define SUBKEY_DEPTH_MAX 16

struct entry {
    struct inf *inf;
    const struct inf_line *line;
    struct registry *reg;
    char *subkey, *name;
    uint32_t flags;
    GError **error;
};

static bool content(const struct entry *e, const char *text)
{
    return inf_fail(e->inf, e->line->number, INF_ERROR_CONTENT, e->error,
                    "%s", text);
}

/* One byte of binary data: hexadecimal digits, with or without 0x. */
static bool parse_byte(const char *text, uint8_t *byte)
{
    guint64 value;

    if (g_ascii_strncasecmp(text, "0x", 2) == 0) {
        text += 2;
    }
    if (!g_ascii_string_to_unsigned(text, 16, 0, 0xff, &value, NULL)) {
        return false;
    }
    *byte = value;
    return true;
}

static bool read_binary(const struct entry *e, struct reg_value *value)
{
    unsigned n = e->line->n_fields > VALUE ? e->line->n_fields - VALUE : 0;

    value->type = REG_BINARY_;
    value->data = g_malloc0(n + 1);
    for (unsigned i = 0; i < n; i++) {
        g_autofree char *text = inf_field(e->inf, e->line, VALUE + i,
                                          e->error);

        if (!text) {
            return false;
        }
        if (!*text && i + 1 == n) {
            break; /* a trailing comma */
        }
        if (!parse_byte(text, &value->data[i])) {
            return content(e, "binary data are bytes 00 to FF with commas "
                           "between them");
        }
        value->size = i + 1;
    }
    return true;
}

/* A number, or four bytes, lowest first. */
static bool read_dword(const struct entry *e, struct reg_value *value)
{
    g_autofree char *text = NULL;
    int64_t number;

    if (e->line->n_fields == VALUE + 4) {
        if (!read_binary(e, value)) {
            return false;
        }
        value->dword = value->data[0] | value->data[1] << 8 |
                       value->data[2] << 16 | (uint32_t)value->data[3] << 24;
        g_clear_pointer(&value->data, g_free);
        value->size = 0;
        value->type = REG_DWORD_;
        return true;
    }
    text = inf_field(e->inf, e->line, VALUE, e->error);
    if (!text) {
        return false;
    }
    value->type = REG_DWORD_;
    if (!*text) {
        return true; /* no value: 0 */
    }
    if (!inf_number(text, &number) || number < INT32_MIN) {
        return content(e, "a REG_DWORD needs a decimal number or 0x and "
                       "hexadecimal digits, 32 bits");
    }
    value->dword = (uint32_t)number;
    return true;
}

/* Whether a '\n'-joined list contains `text`, case ignored. */
static bool list_contains(const char *list, const char *text)
{
    g_auto(GStrv) items = g_strsplit(list, "\n", -1);

    for (char **item = items; *item; item++) {
        if (g_ascii_strcasecmp(*item, text) == 0) {
            return true;
        }
    }
    return false;
}

static bool read_multi(const struct entry *e, struct reg_value *value)
{
    const struct reg_value *old = registry_get(e->reg, e->subkey, e->name);
    bool append = (e->flags & FLG_ADDREG_APPEND) && old && old->text &&
                  old->type == REG_MULTI_SZ_;
    GString *list = g_string_new(append ? old->text : NULL);

    value->type = REG_MULTI_SZ_;
    for (unsigned i = VALUE; i < e->line->n_fields; i++) {
        g_autofree char *text = inf_field(e->inf, e->line, i, e->error);

        if (!text) {
            g_string_free(list, TRUE);
            return false;
        }
        if (*text && !(append && list_contains(list->str, text))) {
            g_string_append_printf(list, "%s%s", list->len ? "\n" : "", text);
        }
    }
    value->text = g_string_free(list, FALSE);
    return true;
}

static bool read_value(const struct entry *e, struct reg_value *value)
{
    switch (e->flags & FLG_ADDREG_TYPE_MASK) {
    case FLG_ADDREG_TYPE_SZ:
    case FLG_ADDREG_TYPE_EXPAND_SZ:
        value->type = (e->flags & FLG_ADDREG_TYPE_MASK) ==
                      FLG_ADDREG_TYPE_SZ ? REG_SZ_ : REG_EXPAND_SZ_;
        value->text = inf_field(e->inf, e->line, VALUE, e->error);
        return value->text != NULL;
    case FLG_ADDREG_TYPE_MULTI_SZ:
        return read_multi(e, value);
    case FLG_ADDREG_TYPE_DWORD:
        return read_dword(e, value);
    default:
        if (!(e->flags & 1)) {
            return content(e, "the flags ask for an unknown text type");
        }
        return read_binary(e, value);
    }
}

static bool add_value(const struct entry *e)
{
    const struct reg_value *old = registry_get(e->reg, e->subkey, e->name);
    struct reg_value value = { 0 };
    bool ok;

    if (e->flags & (FLG_ADDREG_KEYONLY | FLG_ADDREG_KEYONLY_COMMON)) {
        registry_set(e->reg, e->subkey, NULL, NULL);
        return true;
    }
    if ((old && (e->flags & FLG_ADDREG_NOCLOBBER)) ||
        (!old && (e->flags & FLG_ADDREG_OVERWRITEONLY))) {
        return true;
    }
    if (e->line->n_fields <= NAME) {
        registry_set(e->reg, e->subkey, NULL, NULL); /* only the key */
        return true;
    }
    ok = read_value(e, &value);
    if (ok) {
        registry_set(e->reg, e->subkey, e->name, &value);
    }
    g_free(value.text);
    g_free(value.data);
    return ok;
}

static void delete_value(const struct entry *e)
{
    registry_delete(e->reg, e->subkey, *e->name ? e->name : NULL);
}

static bool check_depth(const struct entry *e)
{
    unsigned depth = 0;

    for (const char *p = e->subkey; (p = strchr(p, '\\')); p++) {
        depth++;
    }
    return depth <= SUBKEY_DEPTH_MAX || content(e, "the key is nested too "
                                                "deep");
}

static bool is_other_root(const char *root)
{
    static const char *const others[] = { "HKLM", "HKCR", "HKCU", "HKU" };

    for (size_t i = 0; i < G_N_ELEMENTS(others); i++) {
        if (g_ascii_strcasecmp(root, others[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* An AddReg entry; a DelReg entry if `del`. */
static bool apply_entry(struct inf *inf, const struct inf_line *line,
                        bool del, struct registry *reg, GError **error)
{
    g_autofree char *root = inf_field(inf, line, ROOT, error);
    g_autofree char *subkey = inf_field(inf, line, SUBKEY, error);
    g_autofree char *name = inf_field(inf, line, NAME, error);
    g_autofree char *flags = inf_field(inf, line, FLAGS, error);
    struct entry e = { inf, line, reg, subkey, name, 0, error };
    int64_t number = 0;

    if (!root || !subkey || !name || !flags) {
        return false;
    }
    if (line->key) {
        return content(&e, "a registry entry starts with HKR and a comma");
    }
    if (g_ascii_strcasecmp(root, "HKR") != 0) {
        return is_other_root(root) ||
               content(&e, "a registry entry starts with HKR, HKLM, HKCR, "
                       "HKCU or HKU");
    }
    if (*flags && !inf_number(flags, &number)) {
        return content(&e, "the flags of a registry entry are a number like "
                       "0x00010001");
    }
    e.flags = (uint32_t)number;
    if (!check_depth(&e)) {
        return false;
    }
    if (del || (e.flags & (FLG_ADDREG_DELVAL | FLG_ADDREG_DELREG_BIT))) {
        delete_value(&e);
        return true;
    }
    return add_value(&e);
}

/* One section named by a directive. */
static bool apply_section(struct inf *inf, const struct inf_line *directive,
                          const char *name, bool del, struct registry *reg,
                          GError **error)
{
    const struct inf_section *section = inf_section(inf, name);

    if (!section) {
        return inf_fail(inf, directive->number, INF_ERROR_CONTENT, error,
                        "there is no section [%s]", name);
    }
    for (unsigned i = 0; i < section->lines->len; i++) {
        if (!apply_entry(inf, inf_line(section, i), del, reg, error)) {
            return false;
        }
    }
    return true;
}

bool inf_apply_registry(struct inf *inf, const struct inf_section *section,
                        struct registry *reg, GError **error)
{
    for (unsigned i = 0; i < section->lines->len; i++) {
        const struct inf_line *line = inf_line(section, i);
        bool del = inf_key_is(line, "DelReg");

        if (!del && !inf_key_is(line, "AddReg")) {
            continue;
        }
        for (unsigned f = 0; f < line->n_fields; f++) {
            g_autofree char *name = inf_field(inf, line, f, error);

            if (!name) {
                return false;
            }
            if (*name && !apply_section(inf, line, name, del, reg, error)) {
                return false;
            }
        }
    }
    return true;
}
