/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The program: a table of subcommands. */
#include <errno.h>
#include <libxml/parser.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "manual.h"
#include "output.h"
#include "paths.h"
#include "shell-word.h"
#include "suggest.h"

static int show_help(int argc, char **argv);
static int show_version(int argc, char **argv);

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *description;
} commands[] = {
    { "run", rig_cmd_run, "Run scenarios in virtual machines, judge them" },
    { "sweep", rig_cmd_sweep, "Fail a driver at every point of its life" },
    { "reproduce", rig_cmd_reproduce, "Run a failure again and compare" },
    { "nightly", rig_cmd_nightly, "Run a suite within a time budget" },
    { "attach", rig_cmd_attach, "Look into a machine that was kept" },
    { "status", rig_cmd_status, "Show what runs now" },
    { "merge", rig_cmd_merge, "Put the results of several machines together" },
    { "bisect", rig_cmd_bisect,
      "Find the smallest plan, or the first build, that fails" },
    { "lint", rig_cmd_lint, "Check scenario files without running them" },
    { "list", rig_cmd_list, "Show scenarios with their titles" },
    { "report", rig_cmd_report, "Build the HTML page of finished runs again" },
    { "history", rig_cmd_history,
      "Show since when a scenario fails, how often, what changed" },
    { "judge", rig_cmd_judge, "Judge a stored event stream by any rules" },
    { "rules", rig_cmd_rules, "List the rules, print or draw one" },
    { "events", rig_cmd_events, "Print the event stream of a machine as text" },
    { "faults", rig_cmd_faults, "List the faults that rig-nic can be given" },
    { "driver", rig_cmd_driver, "Inspect a driver and its INF before it is run" },
    { "agent", rig_cmd_agent, "Talk to an agent in a guest by hand" },
    { "detection", rig_cmd_detection,
      "Count defects found and false alarms over finished runs" },
    { "image", rig_cmd_image, "Windows images: import, prepare, check, list" },
    { "calibrate", rig_cmd_calibrate,
      "Measure what a guest does to the MSI-X table" },
    { "doctor", rig_cmd_doctor, "Check that everything a run needs is there" },
    { "help", show_help, "Show this text, or the manual page of a command" },
    { "version", show_version, "Show the version" },
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void print_usage(FILE *f)
{
    fputs("Usage: rig COMMAND [ARGUMENT...]\n\nCommands:\n", f);
    for (size_t i = 0; i < COMMANDS; i++) {
        fprintf(f, "  %-9s %s\n", commands[i].name, commands[i].description);
    }
    fputs("\n\"rig COMMAND --help\" shows the options of a command, \"rig help "
          "COMMAND\" its\nmanual page; \"rig help scenario\" explains scenario "
          "files.\nExit status: 0 all as expected, 1 violation, "
          "2 bad input or usage,\n3 broken or inconclusive, 4 reproduced by "
          "another event stream,\n130 stopped by the user.\n", f);
}

/* The page of a command, or one such as "scenario". */
static int show_page(const char *name)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(RigPaths) paths = rig_paths_find(&error);
    g_autofree char *page = NULL;

    if (!paths) {
        fprintf(stderr, "rig help: %s\n", error->message);
        return RIG_EXIT_USAGE;
    }
    page = rig_manual_find(paths->manual, name);
    if (!page) {
        fprintf(stderr, "rig help: there is no page \"%s\" in %s; \"rig help\" "
                "lists the commands\n", name, paths->manual);
        return RIG_EXIT_USAGE;
    }
    rig_manual_show(page);
    fprintf(stderr, "rig help: man cannot be run: %s; install man-db "
            "(\"make deps\"), or read %s\n", strerror(errno), page);
    return RIG_EXIT_BROKEN;
}

static int show_help(int argc, char **argv)
{
    if (argc > 2) {
        fputs("rig help: takes one name at most\n", stderr);
        return RIG_EXIT_USAGE;
    }
    if (argc == 2 && !rig_is_help(argc, argv)) {
        return show_page(argv[1]);
    }
    print_usage(stdout);
    return RIG_EXIT_OK;
}

static int show_version(int argc, char **argv)
{
    if (argc > 1 && !rig_is_help(argc, argv)) {
        fprintf(stderr, "rig version: takes no argument (%s)\n", argv[1]);
        return RIG_EXIT_USAGE;
    }
    puts("rig " RIG_VERSION);
    return RIG_EXIT_OK;
}

/* "--help", "-h" and "--version" work as commands, too. */
static const char *command_name(const char *arg)
{
    return strcmp(arg, "-h") == 0 || strcmp(arg, "--help") == 0 ? "help" :
           strcmp(arg, "--version") == 0 ? "version" : arg;
}

/* A file in place of a command wants to be run, most likely. */
static int no_command(const char *word)
{
    const char *names[COMMANDS + 1] = { NULL };
    g_autofree char *quoted = rig_shell_word(word);

    for (size_t i = 0; i < COMMANDS; i++) {
        names[i] = commands[i].name;
    }
    fprintf(stderr, "rig: no command is named \"%s\"", word);
    if (rig_suggest(word, names)) {
        fprintf(stderr, "; did you mean \"rig %s\"?\n",
                rig_suggest(word, names));
    } else if (g_str_has_suffix(word, ".xml")) {
        fprintf(stderr, "; did you mean \"rig run %s\"?\n", quoted);
    } else {
        fputs("\n\n", stderr);
        print_usage(stderr);
    }
    return RIG_EXIT_USAGE;
}

int main(int argc, char **argv)
{
    setlocale(LC_CTYPE, "");
    LIBXML_TEST_VERSION
    if (argc < 2) {
        print_usage(stdout);
        puts("\nTo begin: \"rig doctor\", then \"rig run scenarios\".");
        return rig_output_end(RIG_EXIT_OK, RIG_EXIT_BROKEN);
    }
    for (size_t i = 0; i < COMMANDS; i++) {
        if (strcmp(command_name(argv[1]), commands[i].name) == 0) {
            return rig_output_end(commands[i].run(argc - 1, argv + 1),
                                  RIG_EXIT_BROKEN);
        }
    }
    return no_command(argv[1]);
}
