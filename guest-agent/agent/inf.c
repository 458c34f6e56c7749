/* SPDX-License-Identifier: GPL-2.0-or-later */
/* INF files: reading one, its sections, its strings. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include "agent/inf.h"

G_DEFINE_QUARK(rig-inf-error, inf_error)

bool inf_fail(const struct inf *inf, unsigned line, int code, GError **error,
              const char *fmt, ...)
{
    g_autofree char *text = NULL;
    va_list ap;

    va_start(ap, fmt);
    text = g_strdup_vprintf(fmt, ap);
    va_end(ap);
    if (line) {
        g_set_error(error, INF_ERROR, code, "%s:%u: %s", inf->file, line,
                    text);
    } else {
        g_set_error(error, INF_ERROR, code, "%s: %s", inf->file, text);
    }
    return false;
}

void inf_free(struct inf *inf)
{
    if (inf) {
        if (inf->sections) {
            g_hash_table_unref(inf->sections);
        }
        g_hash_table_unref(inf->strings);
        g_free(inf->file);
        g_free(inf);
    }
}

const struct inf_section *inf_section(const struct inf *inf, const char *name)
{
    g_autofree char *folded = registry_fold(name);

    return g_hash_table_lookup(inf->sections, folded);
}

const struct inf_line *inf_line(const struct inf_section *section, unsigned i)
{
    return g_ptr_array_index(section->lines, i);
}

bool inf_key_is(const struct inf_line *line, const char *key)
{
    return line->key && g_ascii_strcasecmp(line->key, key) == 0;
}

/* Collect [Strings]; values are used as they are, without expansion. */
static void collect_strings(struct inf *inf)
{
    static const char *const names[] = { "Strings", "Strings.0409" };

    for (size_t s = 0; s < G_N_ELEMENTS(names); s++) {
        const struct inf_section *section = inf_section(inf, names[s]);

        for (unsigned i = 0; section && i < section->lines->len; i++) {
            const struct inf_line *line = inf_line(section, i);

            if (line->key) {
                g_hash_table_replace(inf->strings,
                                     registry_fold(line->key),
                                     g_strjoinv(",", line->fields));
            }
        }
    }
}

struct inf *inf_parse(const char *file, const void *data, size_t size,
                      GError **error)
{
    struct inf *inf = g_new0(struct inf, 1);
    g_autofree char *text = NULL;

    inf->file = g_path_get_basename(file);
    inf->strings = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
                                         g_free);
    if (size > INF_SIZE_MAX) {
        inf_fail(inf, 0, INF_ERROR_IO, error, "more than %u bytes",
                 INF_SIZE_MAX);
    } else {
        text = inf_decode(inf->file, data, size, error);
    }
    if (!text) {
        inf_free(inf);
        return NULL;
    }
    if (!inf_lex(inf, text, error)) {
        inf_free(inf);
        return NULL;
    }
    collect_strings(inf);
    return inf;
}

struct inf *inf_load(const char *path, GError **error)
{
    g_autofree char *data = NULL;
    struct stat st;
    gsize size;

    if (stat(path, &st)) {
        g_set_error(error, INF_ERROR, INF_ERROR_IO, "%s: %s", path,
                    strerror(errno));
        return NULL;
    }
    if (!S_ISREG(st.st_mode)) { /* to open a FIFO is to wait for its other end */
        g_set_error(error, INF_ERROR, INF_ERROR_IO, "%s: it is no regular "
                    "file; name the driver's INF", path);
        return NULL;
    }
    if (st.st_size > (off_t)INF_SIZE_MAX) {
        g_set_error(error, INF_ERROR, INF_ERROR_IO, "%s: more than %u bytes",
                    path, INF_SIZE_MAX);
        return NULL;
    }
    if (!g_file_get_contents(path, &data, &size, NULL)) {
        g_set_error(error, INF_ERROR, INF_ERROR_IO, "%s: cannot be read",
                    path);
        return NULL;
    }
    return inf_parse(path, data, size, error);
}

char *inf_expand(struct inf *inf, const struct inf_line *line,
                 const char *text, GError **error)
{
    GString *out = g_string_new(NULL);

    while (*text && out->len <= 4 * INF_FIELD_MAX) {
        const char *end = *text == '%' ? strchr(text + 1, '%') : NULL;
        g_autofree char *name = NULL, *folded = NULL;
        const char *value;

        if (!end) {
            size_t plain = MAX(strcspn(text, "%"), 1);

            g_string_append_len(out, text, plain);
            text += plain;
            continue;
        }
        if (end == text + 1) {
            g_string_append_c(out, '%');
            text += 2;
            continue;
        }
        name = g_strndup(text + 1, end - text - 1);
        folded = registry_fold(name);
        value = g_hash_table_lookup(inf->strings, folded);
        if (value) {
            g_string_append(out, value);
        } else {
            g_string_append_len(out, text, end + 1 - text);
        }
        text = end + 1;
    }
    inf->output += out->len;
    if (g_utf8_strlen(out->str, -1) > INF_FIELD_MAX ||
        inf->output > INF_OUTPUT_MAX) {
        inf_fail(inf, line->number, INF_ERROR_SYNTAX, error, "with its "
                 "%%strings%% replaced the text is too long");
        g_string_free(out, TRUE);
        return NULL;
    }
    return g_string_free(out, FALSE);
}

char *inf_field(struct inf *inf, const struct inf_line *line, unsigned i,
                GError **error)
{
    return inf_expand(inf, line, i < line->n_fields ? line->fields[i] : "",
                      error);
}

bool inf_number(const char *text, int64_t *value)
{
    bool negative = *text == '-';
    const char *digits = text + (negative || *text == '+');
    bool hex = g_ascii_strncasecmp(digits, "0x", 2) == 0;
    guint64 number;

    if (!g_ascii_string_to_unsigned(digits + (hex ? 2 : 0), hex ? 16 : 10, 0,
                                    UINT32_MAX, &number, NULL)) {
        return false;
    }
    *value = negative ? -(int64_t)number : (int64_t)number;
    return true;
}
