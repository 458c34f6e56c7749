/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The options of every command: GLib's parser, and what it does not do. */
#ifndef RIG_OPTIONS_H
#define RIG_OPTIONS_H

#include <glib.h>

/* Columns of a help text. */
#define RIG_HELP_COLUMNS 80

/* A number before it is parsed, where 0 is one that a user may give. */
#define RIG_NOT_SAID G_MININT

/*
 * g_option_context_parse() for a command. An unknown option is an error that
 * names the one that was likely meant; so is a value for an option that takes
 * none, which GLib would drop. For --help and -h the help is printed, no line
 * wider than RIG_HELP_COLUMNS, and the process ends.
 */
gboolean rig_options_parse(GOptionContext *context, int *argc, char ***argv,
                           GError **error);

/*
 * The help of @context with its long lines broken, those of an option under
 * its description. To be freed.
 */
char *rig_options_help(GOptionContext *context);

#endif
