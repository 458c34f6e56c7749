/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands that are printed for a person to copy. */
#include "shell-word.h"

#include <glib.h>
#include <string.h>

char *rig_shell_word(const char *text)
{
    return *text && !strpbrk(text, " \t\n\"'\\$&|;<>*?[(){}!#~`")
           ? g_strdup(text) : g_shell_quote(text);
}

char *rig_shell_command(int argc, char *const *argv)
{
    GString *command = g_string_new("rig");

    for (int i = 0; i < argc; i++) {
        g_autofree char *word = rig_shell_word(argv[i]);

        g_string_append_printf(command, " %s", word);
    }
    return g_string_free(command, FALSE);
}
