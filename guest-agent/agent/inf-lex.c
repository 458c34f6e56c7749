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
#include "agent/inf.h"

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

bool inf_lex(struct inf *inf, const char *text, GError **error)
{
    struct lexer lx = { .inf = inf, .p = text, .number = 1, .error = error };

    inf->sections = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
                                          section_free);
    for (; *lx.p; next_line(&lx)) {
        if (!lex_line(&lx)) {
            return false;
        }
    }
    return true;
}
