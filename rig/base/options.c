/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Options of commands, and their help. */
#include "options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "output.h"
#include "suggest.h"

/* A line of help about an option: "  -o, --output=FILE    The page". */
#define OPTION_LINE "^  (?:-., |    )?(--[a-z0-9-]+)(=\\S*)?( +|$)"

/* --- help ------------------------------------------------------------------ */

/* Columns in front of the description of an option, or of the text. */
static glong indent_of(const char *line)
{
    g_autoptr(GRegex) option = g_regex_new(OPTION_LINE, 0, 0, NULL);
    g_autoptr(GMatchInfo) match = NULL;
    gint end;

    if (g_regex_match(option, line, 0, &match) &&
        g_match_info_fetch_pos(match, 0, NULL, &end)) {
        return g_utf8_strlen(line, end);
    }
    return strspn(line, " ");
}

/* Append @line, broken between words, each part indented as the first is. */
static void wrap(GString *text, const char *line)
{
    glong indent = indent_of(line), column = 0;
    const char *word = line + strspn(line, " ");

    g_string_append_len(text, line, word - line);
    column = word - line;
    while (*word) {
        /* What stands in front of a description may be spaced out. */
        size_t length = strcspn(word, " "), spaces;
        glong width = g_utf8_strlen(word, length);

        if (column > indent && column + width > RIG_HELP_COLUMNS) {
            while (text->str[text->len - 1] == ' ') {
                g_string_truncate(text, text->len - 1);
            }
            g_string_append_printf(text, "\n%*s", (int)indent, "");
            column = indent;
        }
        g_string_append_len(text, word, length);
        spaces = strspn(word + length, " ");
        g_string_append_len(text, word + length, spaces);
        column += width + spaces;
        word += length + spaces;
    }
    g_string_append_c(text, '\n');
}

char *rig_options_help(GOptionContext *context)
{
    g_autofree char *help = g_option_context_get_help(context, FALSE, NULL);
    g_auto(GStrv) lines = NULL;
    GString *text = g_string_new(NULL);

    g_strchomp(help);
    lines = g_strsplit(help, "\n", -1);
    for (char **line = lines; *line; line++) {
        wrap(text, *line);
    }
    return g_string_free(text, FALSE);
}

/* Is help asked for in front of a "--"? */
static gboolean asks_for_help(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0 ||
            strcmp(argv[i], "-?") == 0) {
            return TRUE;
        }
    }
    return FALSE;
}

/* --- mistakes -------------------------------------------------------------- */

/*
 * The options of a help text; with @flags, only those that take no value. GLib
 * keeps the entries to itself.
 */
static GPtrArray *options_in(const char *help, gboolean flags)
{
    g_autoptr(GRegex) option = g_regex_new(OPTION_LINE, G_REGEX_MULTILINE, 0,
                                           NULL);
    g_autoptr(GMatchInfo) match = NULL;
    GPtrArray *options = g_ptr_array_new_with_free_func(g_free);

    g_regex_match(option, help, 0, &match);
    for (; g_match_info_matches(match); g_match_info_next(match, NULL)) {
        g_autofree char *value = g_match_info_fetch(match, 2);

        if (!flags || !*value) {
            g_ptr_array_add(options, g_match_info_fetch(match, 1));
        }
    }
    g_ptr_array_add(options, NULL);
    return options;
}

/* A value for an option that takes none is dropped by GLib. */
static gboolean has_idle_value(const char *help, int argc, char **argv,
                               GError **error)
{
    g_autoptr(GPtrArray) flags = options_in(help, TRUE);

    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        g_autofree char *name = g_strndup(argv[i], strcspn(argv[i], "="));

        if (strchr(argv[i], '=') &&
            g_strv_contains((const char *const *)flags->pdata, name)) {
            g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                        "%s takes no value, and \"%s\" gives it one; write %s "
                        "alone or leave it out", name, argv[i], name);
            return TRUE;
        }
    }
    return FALSE;
}

static void name_the_one_that_was_meant(GError *e, const char *help)
{
    const char *word = strstr(e->message, "--");

    if (word && g_error_matches(e, G_OPTION_ERROR,
                                G_OPTION_ERROR_UNKNOWN_OPTION)) {
        g_autoptr(GPtrArray) options = options_in(help, FALSE);
        g_autofree char *given = g_strndup(word, strcspn(word, "="));
        g_autofree char *hint = rig_did_you_mean(
            given, (const char *const *)options->pdata);
        char *message = g_strconcat(e->message, hint, NULL);

        g_free(e->message);
        e->message = message;
    }
}

gboolean rig_options_parse(GOptionContext *context, int *argc, char ***argv,
                           GError **error)
{
    g_autofree char *help = g_option_context_get_help(context, FALSE, NULL);
    GError *e = NULL;

    if (g_option_context_get_help_enabled(context) &&
        asks_for_help(*argc, *argv)) {
        char *text = rig_options_help(context);

        fputs(text, stdout);
        g_free(text);
        g_free(g_steal_pointer(&help));
        exit(rig_output_end(RIG_EXIT_OK, RIG_EXIT_BROKEN));
    }
    if (has_idle_value(help, *argc, *argv, error)) {
        return FALSE;
    }
    if (g_option_context_parse(context, argc, argv, &e)) {
        return TRUE;
    }
    name_the_one_that_was_meant(e, help);
    g_propagate_error(error, e);
    return FALSE;
}
