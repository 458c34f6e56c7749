/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The subcommands of rig: each gets its own argv (argv[0] is the command's
 * name) and returns the exit status of the program.
 */
#ifndef RIG_COMMANDS_H
#define RIG_COMMANDS_H

#include <glib.h>

#define RIG_VERSION "0.1.0"

/* Exit status of rig; of several, VIOLATION hides BROKEN. */
enum rig_exit {
    RIG_EXIT_OK = 0,           /* every verdict is the expected one */
    RIG_EXIT_VIOLATION = 1,    /* a violation nobody expected, or one that was
                                  expected and not found */
    RIG_EXIT_USAGE = 2,        /* bad input or usage; nothing was run */
    RIG_EXIT_BROKEN = 3,       /* the rig or its environment failed, or an
                                  unexpected inconclusive or skipped */
    RIG_EXIT_DIFFERS = 4,      /* reproduce: the same verdict by another
                                  event stream */
    RIG_EXIT_INTERRUPTED = 130 /* 128 + SIGINT: stopped by the user */
};

/* Is --help or -h all that the user gave a command? */
gboolean rig_is_help(int argc, char **argv); /* lint.c */

int rig_cmd_run(int argc, char **argv);
int rig_cmd_sweep(int argc, char **argv); /* sweep-command.c */
int rig_cmd_reproduce(int argc, char **argv); /* reproduce-command.c */
int rig_cmd_nightly(int argc, char **argv); /* nightly-command.c */
int rig_cmd_merge(int argc, char **argv); /* merge-command.c */
int rig_cmd_attach(int argc, char **argv); /* attach-command.c */
int rig_cmd_status(int argc, char **argv); /* status-command.c */
int rig_cmd_lint(int argc, char **argv);
int rig_cmd_list(int argc, char **argv);
int rig_cmd_report(int argc, char **argv); /* report-command.c */
int rig_cmd_history(int argc, char **argv); /* history-command.c */
int rig_cmd_events(int argc, char **argv); /* events-dump.c */
int rig_cmd_judge(int argc, char **argv); /* judge-command.c */
int rig_cmd_rules(int argc, char **argv); /* rules-command.c */
int rig_cmd_faults(int argc, char **argv);
int rig_cmd_driver(int argc, char **argv);
int rig_cmd_agent(int argc, char **argv); /* agent-command.c */
int rig_cmd_bisect(int argc, char **argv); /* bisect-command.c */
int rig_cmd_detection(int argc, char **argv); /* detection-command.c */
int rig_cmd_image(int argc, char **argv); /* image-command.c */
int rig_cmd_calibrate(int argc, char **argv); /* calibrate-command.c */
int rig_cmd_doctor(int argc, char **argv);

#endif
