/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * INF files: text into sections, lines and fields.
 *
 * A logical line ends at a newline that no backslash precedes. In it, text in
 * double quotes is taken literally ("" is one quote), a semicolon outside of
 * quotes and of %strkey% tokens starts a comment, commas separate fields, and
 * an equals sign before the first comma ends the key. Blanks around fields are
 * dropped unless they are quoted.
 */
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

static void line_free(void *data)
{
    struct inf_line *line = data;

    g_free(line->key);
    g_strfreev(line->fields);
    g_free(line);
}

static void section_free(void *data)
{
    struct inf_section *section = data;

    g_ptr_array_unref(section->lines);
    g_free(section->name);
    g_free(section);
}

void inf_free(struct inf *inf)
{
    if (inf) {
        g_hash_table_unref(inf->sections);
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

/* The text being split. */
struct lexer {
    struct inf *inf;
    const char *p;
    unsigned number;              /* line of p */
    struct inf_section *section;  /* NULL before the first one */
    GError **error;
};

static bool syntax(struct lexer *lx, unsigned line, const char *text)
{
    return inf_fail(lx->inf, line, INF_ERROR_SYNTAX, lx->error, "%s", text);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\v' || c == '\f' || c == '\x1a';
}

/* At the end of the text or of a line? */
static bool at_end(const struct lexer *lx)
{
    return !*lx->p || *lx->p == '\n' || *lx->p == '\r';
}

static void skip_blanks(struct lexer *lx)
{
    while (is_blank(*lx->p)) {
        lx->p++;
    }
}

/* Over one line end: CR, LF or CR LF. */
static void next_line(struct lexer *lx)
{
    if (*lx->p == '\r') {
        lx->p++;
        if (*lx->p == '\n') {
            lx->p++;
        }
        lx->number++;
    } else if (*lx->p == '\n') {
        lx->p++;
        lx->number++;
    }
}

static void skip_to_end(struct lexer *lx)
{
    while (!at_end(lx)) {
        lx->p++;
    }
}

/*
 * A backslash that only blanks, a comment or more backslashes separate from
 * the end of its line continues the line: go to the next one.
 */
static bool continuation(struct lexer *lx)
{
    const char *p = lx->p;

    while (*p == '\\') {
        p++;
    }
    while (is_blank(*p)) {
        p++;
    }
    if (*p && *p != '\n' && *p != '\r' && *p != ';') {
        return false;
    }
    lx->p = p;
    skip_to_end(lx);
    if (!*lx->p) {
        return true;
    }
    next_line(lx);
    skip_blanks(lx);
    return true;
}

/* A field as it grows; `kept` bytes of it must not be trimmed away. */
struct field {
    GString *text;
    size_t kept;
};

static void field_trim(struct field *f)
{
    size_t len = f->text->len;

    while (len > f->kept && is_blank(f->text->str[len - 1])) {
        len--;
    }
    g_string_truncate(f->text, len);
}

/* Text in quotes, p behind the opening one. */
static bool lex_quoted(struct lexer *lx, struct field *f)
{
    for (;;) {
        if (at_end(lx)) {
            return syntax(lx, lx->number, "the quoted text is not closed on "
                          "its line: add a \"");
        }
        if (*lx->p == '"' && lx->p[1] != '"') {
            lx->p++;
            f->kept = f->text->len;
            return true;
        }
        if (*lx->p == '"') {
            lx->p++;
        }
        g_string_append_c(f->text, *lx->p++);
    }
}

/*
 * One field, up to a comma, the line's end or, if `key_end`, an equals sign.
 * Leaves p on that.
 */
static bool lex_field(struct lexer *lx, struct field *f, bool key_end)
{
    bool in_token = false;

    skip_blanks(lx);
    while (!at_end(lx)) {
        char c = *lx->p;

        if (c == '"') {
            lx->p++;
            if (!lex_quoted(lx, f)) {
                return false;
            }
            continue;
        }
        if (c == '\\' && continuation(lx)) {
            continue;
        }
        if (!in_token && c == ';') {
            skip_to_end(lx);
            break;
        }
        if (!in_token && (c == ',' || (key_end && c == '='))) {
            break;
        }
        if (c == '%') {
            in_token = !in_token &&
                       lx->p[1 + strcspn(lx->p + 1, "%\r\n,")] == '%';
        }
        g_string_append_c(f->text, c);
        lx->p++;
        if (f->text->len > 4 * INF_FIELD_MAX) {
            break;
        }
    }
    field_trim(f);
    if (g_utf8_strlen(f->text->str, -1) > INF_FIELD_MAX) {
        return inf_fail(lx->inf, lx->number, INF_ERROR_SYNTAX, lx->error,
                        "the field is longer than %u characters",
                        INF_FIELD_MAX);
    }
    return true;
}

static bool lex_entry(struct lexer *lx)
{
    struct inf_line *line = g_new0(struct inf_line, 1);
    GPtrArray *fields = g_ptr_array_new_with_free_func(g_free);
    bool first = true, more = true, ok = true;

    line->number = lx->number;
    while (more) {
        struct field f = { g_string_new(NULL), 0 };

        ok = lex_field(lx, &f, first && !line->key);
        if (ok && *lx->p == '=' && first && !line->key) {
            line->key = g_string_free(f.text, FALSE);
            lx->p++;
            continue;
        }
        g_ptr_array_add(fields, g_string_free(f.text, FALSE));
        first = false;
        more = ok && *lx->p == ',';
        lx->p += more;
    }
    line->n_fields = fields->len;
    g_ptr_array_add(fields, NULL);
    line->fields = (char **)g_ptr_array_free(fields, FALSE);
    g_ptr_array_add(lx->section->lines, line);
    return ok;
}

/* A section's header; sections of one name are merged. */
static bool lex_header(struct lexer *lx)
{
    size_t len = strcspn(++lx->p, "]\r\n");
    g_autofree char *name = NULL, *folded = NULL;

    if (lx->p[len] != ']') {
        return syntax(lx, lx->number, "the section name is not closed: "
                      "add a ]");
    }
    name = g_strstrip(g_strndup(lx->p, len));
    if (!*name || g_utf8_strlen(name, -1) > INF_SECTION_MAX) {
        return inf_fail(lx->inf, lx->number, INF_ERROR_SYNTAX, lx->error,
                        "a section name has 1 to %u characters",
                        INF_SECTION_MAX);
    }
    lx->p += len + 1;
    skip_blanks(lx);
    if (!at_end(lx) && *lx->p != ';') {
        return syntax(lx, lx->number, "only a comment may follow a section "
                      "name");
    }
    skip_to_end(lx);
    folded = registry_fold(name);
    lx->section = g_hash_table_lookup(lx->inf->sections, folded);
    if (!lx->section) {
        lx->section = g_new0(struct inf_section, 1);
        lx->section->name = g_steal_pointer(&name);
        lx->section->number = lx->number;
        lx->section->lines = g_ptr_array_new_with_free_func(line_free);
        g_hash_table_insert(lx->inf->sections, g_steal_pointer(&folded),
                            lx->section);
    }
    return true;
}

static bool lex_line(struct lexer *lx)
{
    skip_blanks(lx);
    if (at_end(lx)) {
        return true;
    }
    if (*lx->p == ';') {
        skip_to_end(lx);
        return true;
    }
    if (*lx->p == '[') {
        return lex_header(lx);
    }
    if (!lx->section) {
        return syntax(lx, lx->number, "text before the first [section]");
    }
    return lex_entry(lx);
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
    struct lexer lx = { .inf = inf, .number = 1, .error = error };

    inf->file = g_path_get_basename(file);
    inf->sections = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
                                          section_free);
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
    for (lx.p = text; *lx.p; next_line(&lx)) {
        if (!lex_line(&lx)) {
            inf_free(inf);
            return NULL;
        }
    }
    collect_strings(inf);
    return inf;
}

struct inf *inf_load(const char *path, GError **error)
{
    g_autofree char *data = NULL;
    g_autoptr(GError) io = NULL;
    struct stat st;
    gsize size;

    if (stat(path, &st) == 0 && st.st_size > (off_t)INF_SIZE_MAX) {
        g_set_error(error, INF_ERROR, INF_ERROR_IO, "%s: more than %u bytes",
                    path, INF_SIZE_MAX);
        return NULL;
    }
    if (!g_file_get_contents(path, &data, &size, &io)) {
        g_set_error(error, INF_ERROR, INF_ERROR_IO, "%s", io->message);
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
