/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands that are printed for a person to copy. */
#ifndef RIG_SHELL_WORD_H
#define RIG_SHELL_WORD_H

/* @text as a shell takes it, quoted where it must be; to be freed. */
char *rig_shell_word(const char *text);
/* "rig" and all of @argv, quoted likewise; to be freed. */
char *rig_shell_command(int argc, char *const *argv);

#endif
