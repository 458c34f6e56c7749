/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `rig nightly --print-unit`: what starts a suite every night, with the paths
 * of this machine filled in.
 */
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "nightly.h"
#include "options.h"
#include "shell-word.h"

typedef struct Unit {
    char *command;         /* for a shell */
    char *exec;            /* for ExecStart=: % and $ are doubled there,
                              systemd.service(5) */
    char *suite;           /* absolute */
    char *results;
    char *home;            /* the source tree */
} Unit;

/*
 * SuccessExitStatus: a violation is a finding, not a failure of the service,
 * nor is it one to be stopped (130); what is broken (3) is. KillMode=mixed:
 * SIGTERM for rig alone, which stops its machines; whatever is left after that
 * is killed. Persistent: a night that was missed because the host was off is
 * made up for.
 */
static void print_service(const Unit *u)
{
    printf("# ~/.config/systemd/user/rig-nightly.service, or in\n"
           "# /etc/systemd/system with User= and Group= added\n"
           "[Unit]\n"
           "Description=rig nightly %s\n"
           "\n"
           "[Service]\n"
           "Type=exec\n"
           "WorkingDirectory=%s\n"
           "ExecStart=%s\n"
           "SuccessExitStatus=1 130\n"
           "KillMode=mixed\n"
           "TimeoutStopSec=60\n"
           "Nice=19\n", u->suite, u->home, u->exec);
}

/* Status 2: there was no night to go on with. */
static void print_resume(const Unit *u)
{
    printf("# rig-nightly-resume.service, beside rig-nightly.service; then\n"
           "#   systemctl --user enable rig-nightly-resume.service\n"
           "# A night that a reboot cut short goes on when the host is up.\n"
           "[Unit]\n"
           "Description=Rest of the night: rig nightly %s\n"
           "\n"
           "[Service]\n"
           "Type=exec\n"
           "WorkingDirectory=%s\n"
           "ExecStart=%s --resume last\n"
           "SuccessExitStatus=1 2\n"
           "KillMode=mixed\n"
           "TimeoutStopSec=60\n"
           "Nice=19\n"
           "\n"
           "[Install]\n"
           "WantedBy=default.target\n", u->suite, u->home, u->exec);
}

static void print_timer(const Unit *u)
{
    printf("# beside rig-nightly.service; then\n"
           "#   systemctl --user daemon-reload\n"
           "#   systemctl --user enable --now rig-nightly.timer\n"
           "#   loginctl enable-linger    # also when you are not logged in\n"
           "[Unit]\n"
           "Description=Every night: rig nightly %s\n"
           "\n"
           "[Timer]\n"
           "OnCalendar=*-*-* 22:00:00\n"
           "Persistent=true\n"
           "\n"
           "[Install]\n"
           "WantedBy=timers.target\n", u->suite);
}

/* In a crontab % is a new line unless quoted: crontab(5). */
static void print_cron(const Unit *u)
{
    g_auto(GStrv) parts = g_strsplit(u->command, "%", -1);
    g_autofree char *quoted = g_strjoinv("\\%", parts);
    g_autofree char *home = rig_shell_word(u->home);

    printf("# crontab -e; -q: the mail has what was not as expected, and "
           "the summary\n"
           "0 22 * * * cd %s && nice -n 19 %s -q\n"
           "# the rest of a night that a reboot cut short\n"
           "@reboot cd %s && nice -n 19 %s -q --resume last 2> /dev/null\n",
           home, quoted, home, quoted);
}

static void print_ci(const Unit *u)
{
    (void)u;
    printf("# GitLab CI: two machines share the suite, a third puts their "
           "results together.\n"
           "# Exit status: 0 as expected, 1 violation, 2 bad input, 3 broken "
           "or inconclusive.\n"
           "# (GitHub Actions: strategy.matrix.shard, actions/upload-artifact "
           "and the same lines.)\n"
           "nightly:\n"
           "  parallel: 2\n"
           "  script:\n"
           "    - make deps all guest-linux\n"
           "    - build/rig/rig nightly scenarios/nightly.xml\n"
           "        --shard $CI_NODE_INDEX/$CI_NODE_TOTAL\n"
           "        --night $CI_PIPELINE_ID --results shard-$CI_NODE_INDEX\n"
           "  allow_failure:\n"
           "    exit_codes: [1]   # a violation is for the report to show\n"
           "  artifacts:\n"
           "    when: always\n"
           "    paths: [ shard-* ]\n"
           "    reports:\n"
           "      junit: shard-*/nights/*/junit.xml\n"
           "\n"
           "report:\n"
           "  needs: [ nightly ]\n"
           "  when: always   # also of a night in which the rig failed\n"
           "  script:\n"
           "    - make deps all\n"
           "    - build/rig/rig merge results shard-*\n"
           "  artifacts:\n"
           "    paths: [ results ]\n");
}

static char *systemd_word(const char *text)
{
    g_auto(GStrv) percent = g_strsplit(text, "%", -1);
    g_autofree char *once = g_strjoinv("%%", percent);
    g_auto(GStrv) dollar = g_strsplit(once, "$", -1);
    g_autofree char *twice = g_strjoinv("$$", dollar);
    g_autofree char *escaped = g_strescape(twice, "");

    return strpbrk(escaped, " \t'\\\"") ? g_strdup_printf("\"%s\"", escaped)
                                        : g_steal_pointer(&escaped);
}

static void add(Unit *u, const char *word)
{
    g_autofree char *shell = rig_shell_word(word);
    g_autofree char *systemd = systemd_word(word);
    char *command = u->command
                    ? g_strconcat(u->command, " ", shell, NULL)
                    : g_strdup(shell);
    char *exec = u->exec ? g_strconcat(u->exec, " ", systemd, NULL)
                         : g_strdup(systemd);

    g_free(u->command);
    g_free(u->exec);
    u->command = command;
    u->exec = exec;
}

static void add_option(Unit *u, const char *option, const char *value)
{
    if (value) {
        add(u, option);
        add(u, value);
    }
}

int rig_nightly_print_unit(const char *what, const char *suite,
                           const RigNightlyOptions *o, const RigPaths *paths)
{
    static const struct {
        const char *name;
        void (*print)(const Unit *u);
    } kinds[] = {
        { "service", print_service }, { "timer", print_timer },
        { "resume", print_resume }, { "cron", print_cron }, { "ci", print_ci },
    };
    g_autofree char *program = g_file_read_link("/proc/self/exe", NULL);
    g_autofree char *workers = o->workers == RIG_NOT_SAID
                               ? NULL : g_strdup_printf("%d", o->workers);
    g_autofree char *file = g_canonicalize_filename(suite, NULL);
    g_autofree char *home = g_path_get_dirname(paths->scenarios);
    Unit u = { .suite = file, .results = o->results, .home = home };
    int status = RIG_EXIT_USAGE;

    if (!g_file_test(file, G_FILE_TEST_IS_REGULAR)) {
        fprintf(stderr, "rig nightly: %s: there is no such suite\n", suite);
        return RIG_EXIT_USAGE;
    }
    add(&u, program);
    add(&u, "nightly");
    add(&u, file);
    add_option(&u, "--results", o->results);
    add_option(&u, "--budget", o->budget);
    add_option(&u, "--workers", workers);
    add_option(&u, "--known", o->known);
    add_option(&u, "--connect", o->uri);
    for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
        if (strcmp(what, kinds[i].name) == 0) {
            kinds[i].print(&u);
            status = RIG_EXIT_OK;
        }
    }
    if (status != RIG_EXIT_OK) {
        fprintf(stderr, "rig nightly: --print-unit takes service, timer, "
                "resume, cron or ci\n");
    }
    g_free(u.command);
    g_free(u.exec);
    return status;
}
