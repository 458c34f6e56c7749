/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Registry keys and values in memory. */
#include <string.h>
#include "agent/registry.h"

struct key {
    char *path;          /* as first written */
    GHashTable *values;  /* folded name -> struct reg_value */
};

struct registry {
    GHashTable *keys;    /* folded path -> struct key */
};

static void value_free(void *data)
{
    struct reg_value *value = data;

    g_free(value->text);
    g_free(value->data);
    g_free(value);
}

static void key_free(void *data)
{
    struct key *key = data;

    g_hash_table_unref(key->values);
    g_free(key->path);
    g_free(key);
}

struct registry *registry_new(void)
{
    struct registry *reg = g_new0(struct registry, 1);

    reg->keys = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
                                      key_free);
    return reg;
}

void registry_free(struct registry *reg)
{
    if (reg) {
        g_hash_table_unref(reg->keys);
        g_free(reg);
    }
}

/* The path without empty parts: "\\a\\\\b\\" is "a\\b". */
static char *clean_path(const char *path)
{
    char *clean = g_malloc(strlen(path ? path : "") + 1), *to = clean;

    for (const char *p = path ? path : ""; *p; p++) {
        if (*p != '\\' || (to > clean && to[-1] != '\\')) {
            *to++ = *p;
        }
    }
    if (to > clean && to[-1] == '\\') {
        to--;
    }
    *to = '\0';
    return clean;
}

char *registry_fold(const char *text)
{
    char *folded = g_strdup(text ? text : "");

    for (char *p = folded; *p; p++) {
        if (*p & 0x80) {
            g_free(folded);
            return g_utf8_casefold(text, -1);
        }
        *p = g_ascii_tolower(*p);
    }
    return folded;
}

static struct key *find_key(const struct registry *reg, const char *path)
{
    g_autofree char *clean = clean_path(path);
    g_autofree char *folded = registry_fold(clean);

    return g_hash_table_lookup(reg->keys, folded);
}

/* Create the key and, as Windows does, every key above it. */
static struct key *make_key(struct registry *reg, const char *path)
{
    g_autofree char *clean = clean_path(path);
    g_autofree char *folded = registry_fold(clean);
    struct key *key = g_hash_table_lookup(reg->keys, folded);
    char *parent;

    if (key) {
        return key;
    }
    key = g_new0(struct key, 1);
    key->path = g_strdup(clean);
    key->values = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
                                        value_free);
    g_hash_table_insert(reg->keys, g_steal_pointer(&folded), key);
    parent = strrchr(clean, '\\');
    if (parent) {
        *parent = '\0';
        make_key(reg, clean);
    }
    return key;
}

static struct reg_value *value_copy(const struct reg_value *value)
{
    struct reg_value *copy = g_new0(struct reg_value, 1);

    *copy = *value;
    copy->text = g_strdup(value->text);
    copy->data = g_memdup2(value->data, value->size);
    return copy;
}

void registry_set(struct registry *reg, const char *key, const char *name,
                  const struct reg_value *value)
{
    struct key *k = make_key(reg, key);

    if (value) {
        g_hash_table_replace(k->values, registry_fold(name), value_copy(value));
    }
}

/* Whether the folded path `path` is `above` or lies below it. */
static bool is_below(const char *path, const char *above)
{
    size_t len = strlen(above);

    return len == 0 || (strncmp(path, above, len) == 0 &&
                        (path[len] == '\0' || path[len] == '\\'));
}

static void delete_keys(struct registry *reg, const char *key)
{
    g_autofree char *clean = clean_path(key);
    g_autofree char *folded = registry_fold(clean);
    GHashTableIter iter;
    gpointer path;

    g_hash_table_iter_init(&iter, reg->keys);
    while (g_hash_table_iter_next(&iter, &path, NULL)) {
        if (is_below(path, folded)) {
            g_hash_table_iter_remove(&iter);
        }
    }
}

void registry_delete(struct registry *reg, const char *key, const char *name)
{
    g_autofree char *folded = registry_fold(name);
    struct key *k;

    if (!name) {
        delete_keys(reg, key);
        return;
    }
    k = find_key(reg, key);
    if (k) {
        g_hash_table_remove(k->values, folded);
    }
}

bool registry_has_key(const struct registry *reg, const char *key)
{
    return find_key(reg, key) != NULL;
}

const struct reg_value *registry_get(const struct registry *reg,
                                     const char *key, const char *name)
{
    g_autofree char *folded = registry_fold(name);
    struct key *k = find_key(reg, key);

    return k ? g_hash_table_lookup(k->values, folded) : NULL;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

char **registry_subkeys(const struct registry *reg, const char *key)
{
    g_autofree char *clean = clean_path(key);
    g_autofree char *above = registry_fold(clean);
    GPtrArray *names = g_ptr_array_new();
    GHashTableIter iter;
    gpointer path, value;

    g_hash_table_iter_init(&iter, reg->keys);
    while (g_hash_table_iter_next(&iter, &path, &value)) {
        const struct key *k = value;
        const char *name = strrchr(k->path, '\\');
        size_t depth = strlen(above);
        const char *rest = (char *)path + depth + (depth ? 1 : 0);

        if (is_below(path, above) && strcmp(path, above) != 0 &&
            !strchr(rest, '\\')) {
            g_ptr_array_add(names, g_strdup(name ? name + 1 : k->path));
        }
    }
    g_ptr_array_sort(names, compare_names);
    g_ptr_array_add(names, NULL);
    return (char **)g_ptr_array_free(names, FALSE);
}

char **registry_values(const struct registry *reg, const char *key)
{
    GPtrArray *names = g_ptr_array_new();
    struct key *k = find_key(reg, key);
    GHashTableIter iter;
    gpointer name;

    if (k) {
        g_hash_table_iter_init(&iter, k->values);
        while (g_hash_table_iter_next(&iter, &name, NULL)) {
            g_ptr_array_add(names, g_strdup(name));
        }
    }
    g_ptr_array_sort(names, compare_names);
    g_ptr_array_add(names, NULL);
    return (char **)g_ptr_array_free(names, FALSE);
}
