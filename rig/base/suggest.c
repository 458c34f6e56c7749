/* SPDX-License-Identifier: GPL-2.0-or-later */
/* "did you mean ...?": what a mistyped word was likely meant to be. */
#include "suggest.h"

#include <string.h>

/* Longer words are not compared: nobody mistypes them, they are hostile. */
#define WORD_MAX 64

/*
 * Letters to add, remove, replace or swap with the next to make @a of @b: the
 * optimal string alignment distance, one row of its table after the other.
 */
static unsigned distance(const char *a, const char *b)
{
    unsigned rows[3][WORD_MAX + 1];
    size_t la = strlen(a), lb = strlen(b);

    if (la > WORD_MAX || lb > WORD_MAX) {
        return G_MAXUINT;
    }
    for (size_t j = 0; j <= lb; j++) {
        rows[0][j] = j;
    }
    for (size_t i = 1; i <= la; i++) {
        unsigned *row = rows[i % 3];
        const unsigned *above = rows[(i + 2) % 3], *over = rows[(i + 1) % 3];

        row[0] = i;
        for (size_t j = 1; j <= lb; j++) {
            unsigned swap = i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
                            a[i - 2] == b[j - 1] ? over[j - 2] + 1 : WORD_MAX;

            row[j] = MIN(MIN(above[j], row[j - 1]) + 1,
                         above[j - 1] + (a[i - 1] != b[j - 1]));
            row[j] = MIN(row[j], swap);
        }
    }
    return rows[la % 3][lb];
}

const char *rig_suggest(const char *word, const char *const *known)
{
    g_autofree char *folded = g_ascii_strdown(word, -1);
    unsigned best = MAX(1, strlen(word) / 3) + 1, begin = 0;
    const char *nearest = NULL, *begins = NULL;

    for (; *known; known++) {
        g_autofree char *k = g_ascii_strdown(*known, -1);
        unsigned d = distance(folded, k);

        if (d < best) {
            best = d;
            nearest = *known;
        }
        if (*word && g_str_has_prefix(k, folded)) {
            begins = *known;
            begin++;
        }
    }
    return begin == 1 ? begins : nearest;
}

char *rig_did_you_mean(const char *word, const char *const *known)
{
    const char *nearest = rig_suggest(word, known);

    return nearest ? g_strdup_printf(" (did you mean \"%s\"?)", nearest)
                   : g_strdup("");
}

static gint by_name(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The names in @dir that end with @suffix, sorted, ending with NULL. */
static GPtrArray *names_in(const char *dir, const char *suffix)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GDir) d = g_dir_open(dir, 0, NULL);
    const char *name;

    while (d && (name = g_dir_read_name(d))) {
        if (g_str_has_suffix(name, suffix)) {
            g_ptr_array_add(names, g_strdup(name));
        }
    }
    g_ptr_array_sort(names, by_name);
    g_ptr_array_add(names, NULL);
    return names;
}

/* @path as seen from the current directory, if it is below it. To be freed. */
static char *shorter(char *path)
{
    g_autofree char *whole = path;
    g_autofree char *here = g_get_current_dir();
    size_t n = strlen(here);

    return strncmp(whole, here, n) == 0 && whole[n] == '/'
           ? g_strdup(whole + n + 1) : g_steal_pointer(&whole);
}

/* A path in @dir for the file @name; NULL: none is like it. To be freed. */
static char *like(const char *dir, const char *name, const char *suffix)
{
    g_autoptr(GPtrArray) names = names_in(dir, suffix);
    const char *found = rig_suggest(name, (const char *const *)names->pdata);

    return !found ? NULL : strcmp(dir, ".") == 0 ? g_strdup(found) :
           shorter(g_build_filename(dir, found, NULL));
}

char *rig_did_you_mean_file(const char *path, const char *suffix,
                            const char *elsewhere)
{
    g_autofree char *dir = g_path_get_dirname(path);
    g_autofree char *name = g_path_get_basename(path);
    g_autofree char *found = like(dir, name, suffix);

    if (!found && elsewhere) {
        found = like(elsewhere, name, suffix);
    }
    return found ? g_strdup_printf(" (did you mean \"%s\"?)", found)
                 : g_strdup("");
}
