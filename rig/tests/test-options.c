/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Options and output of every command, as a user of build/rig/rig meets them. */
#include <check.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <string.h>

#include "fixture.h"
#include "options.h"
#include "run-suite.h"

/* How a program ended, and what it said on both ways. */
typedef struct Outcome {
    int status;
    char *out, *err;
} Outcome;

static void outcome_clear(Outcome *o)
{
    g_free(o->out);
    g_free(o->err);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Outcome, outcome_clear)

/* Run `rig LINE`; @to: what standard output is, NULL: a pipe that is read. */
static Outcome rig(const char *line, const char *to)
{
    g_autoptr(GSubprocessLauncher) l = g_subprocess_launcher_new(
        G_SUBPROCESS_FLAGS_STDERR_PIPE |
        (to ? G_SUBPROCESS_FLAGS_NONE : G_SUBPROCESS_FLAGS_STDOUT_PIPE));
    g_autofree char *command = g_strconcat(RIG_PROGRAM " ", line, NULL);
    g_autoptr(GSubprocess) process = NULL;
    g_autoptr(GError) error = NULL;
    g_auto(GStrv) argv = NULL;
    Outcome o = { 0 };

    ck_assert(g_shell_parse_argv(command, NULL, &argv, &error));
    if (to) {
        g_subprocess_launcher_take_stdout_fd(l, open(to, O_WRONLY |
                                                     O_CLOEXEC));
    }
    process = g_subprocess_launcher_spawnv(
        l, (const char *const *)argv, &error);
    ck_assert_msg(process && g_subprocess_communicate_utf8(
                      process, NULL, NULL, to ? NULL : &o.out, &o.err, &error),
                  "%s: %s", command, error ? error->message : "");
    ck_assert_msg(g_subprocess_get_if_exited(process), "%s: a signal",
                  command);
    o.status = g_subprocess_get_exit_status(process);
    return o;
}

/* --- what is printed has to get somewhere ---------------------------------- */

static Fixture *f;

static void setup(void)
{
    f = fixture_new();
}

static void teardown(void)
{
    fixture_free(f);
}

/* Every command that prints without a machine; %s: an empty directory. */
static const char *const printing[] = {
    "", "help", "help --help", "version", "list", "lint", "rules",
    "rules show Init_DeRegisterInterrupt", "faults", "faults --list",
    "history --results %s", "history --results %s --json",
    "status --results %s", "image list --images %s/none", "run --help",
    "nightly --list --results %s scenarios/nightly.xml",
    "nightly --print-unit=timer scenarios/nightly.xml",
    "nightly --print-unit=cron scenarios/nightly.xml",
    "driver --help", "report --help", "judge --help",
    "events --help", "sweep --help", "bisect --help",
};

START_TEST(output_that_gets_nowhere_is_a_failure)
{
    g_autofree char *line = g_strdup_printf(printing[_i], f->dir);
    g_auto(Outcome) good = rig(line, "/dev/null");
    g_auto(Outcome) full = rig(line, "/dev/full");

    ck_assert_msg(good.status == 0 || good.status == 3, "rig %s: %d, %s", line,
                  good.status, good.err);
    ck_assert_msg(full.status != 0, "rig %s >/dev/full: 0", line);
    ck_assert_msg(strstr(full.err, "standard output cannot be written: No "
                         "space left on device") != NULL, "rig %s: %s", line,
                  full.err);
}
END_TEST

/* --- what cannot be read --------------------------------------------------- */

START_TEST(status_says_which_night_it_cannot_read)
{
    static const struct { const char *text, *where; } nights[] = {
        { "<night", "night.xml:1: " },
        { "<!DOCTYPE night [<!ENTITY a '&a;'>]>\n<night id='&a;'/>",
          "night.xml:1: has a document type declaration" },
        { "<night>\n<part/>\n</night>", "night.xml:" },
    };
    g_autofree char *dir = g_build_filename(f->dir, "nights", "n1", NULL);
    g_autofree char *line = g_strdup_printf("status --results %s", f->dir);

    g_mkdir_with_parents(dir, 0700);
    for (guint i = 0; i < G_N_ELEMENTS(nights); i++) {
        g_free(fixture_write(f, "nights/n1/night.xml", nights[i].text, -1));
        g_auto(Outcome) o = rig(line, NULL);

        ck_assert_int_eq(o.status, 3);
        ck_assert_msg(strstr(o.err, nights[i].where) != NULL, "%s", o.err);
    }
}
END_TEST

/* Names and numbers that are wrong; nothing is begun with them. */
static const struct { const char *line, *says; } wrong[] = {
    { "calibrate --images %s no-such-image", "there is no image" },
    { "calibrate --images %s 'A b'", "no name of an image" },
    { "calibrate", "name one image, or ndis" },
    { "report --index %s", "write --index --results DIR" },
    { "report %s", "write --index --results DIR" },
    { "sweep %s/x.inf", "x.inf: there is no such file" },
    { "sweep README.md", "README.md: no file *.sys beside it" },
    { "sweep --workers=0 x.inf", "--workers takes 1 to 16" },
    { "sweep --workers=-1 x.inf", "--workers takes 1 to 16" },
    { "sweep --workers=17 x.inf", "--workers takes 1 to 16" },
    { "nightly --workers=0 scenarios/nightly.xml", "--workers takes 1 to" },
    { "nightly --workers=-1 scenarios/nightly.xml", "--workers takes 1 to" },
};

START_TEST(what_is_wrong_is_met_before_anything_begins)
{
    g_autofree char *line = g_strdup_printf(wrong[_i].line, f->dir);
    g_autofree char *runs = g_build_filename(f->dir, "runs", NULL);

    g_mkdir_with_parents(runs, 0700);
    g_auto(Outcome) o = rig(line, NULL);
    ck_assert_int_eq(o.status, 2);
    ck_assert_msg(strstr(o.err, wrong[_i].says) != NULL, "%s", o.err);
    ck_assert_msg(strstr(o.err, "run:") == NULL, "%s", o.err);
}
END_TEST

/* --- options --------------------------------------------------------------- */

/* What GLib would drop: a value for an option that takes none. */
static const char *const idle[] = {
    "run --keep=3 x.xml", "sweep --quiet=no x.inf", "nightly --json=yes x.xml",
    "reproduce --gdb=x b", "attach --console=1 x", "status --json=0",
    "merge --quiet=1 a b", "bisect --help=x x.xml", "report --open=firefox x",
    "history --json=1", "judge --verbose=no x", "events --raw=1 x",
    "image --stand-in=1 list", "calibrate --keep=1 ndis", "driver --json=1",
    "lint --all=1", "list --json=1", "rules --json=1", "faults --list=1",
    "detection --cycles=1 x", "doctor --quick=1", "version --short=1",
    "agent --json=1",
};

START_TEST(a_value_for_a_flag_is_an_error_that_names_it)
{
    g_auto(Outcome) o = rig(idle[_i], NULL);
    g_auto(GStrv) words = g_strsplit(idle[_i], " ", -1);

    ck_assert_msg(o.status == 2, "rig %s: %d", idle[_i], o.status);
    for (char **w = words + 1; *w; w++) {
        if (strchr(*w, '=')) {
            ck_assert_msg(strstr(o.err, *w) != NULL, "rig %s: %s", idle[_i],
                          o.err);
        }
    }
}
END_TEST

static const struct hidden {
    const char *option, *says;
} hidden[] = {
    { "--worker=-1", "--worker takes 1 to 16" },
    { "--worker=17", "--worker takes 1 to 16" },
    { "--worker=99999999999", "out of range" },
    { "--shard=2/1", "I from 1 to N" },
    { "--shard=0/1", "I from 1 to N" },
    { "--shard=1/1000", "I from 1 to N" },
    { "--shard=1/2x", "I from 1 to N" },
    { "--events-fd=-1", "--events-fd" },
    { "--events-fd=1", "--events-fd" },
    { "--events-fd=999", "not open" },
    { "--run-id=../x", "--run-id" },
    { "--night=.", "--night" },
};

START_TEST(what_a_night_tells_a_run_is_in_range)
{
    g_autofree char *line = g_strdup_printf("run %s scenarios/c01-*.xml",
                                            hidden[_i].option);
    g_auto(Outcome) o = rig(line, NULL);

    ck_assert_int_eq(o.status, 2);
    ck_assert_msg(strstr(o.err, hidden[_i].says) != NULL, "%s", o.err);
}
END_TEST

START_TEST(an_unknown_option_names_the_one_that_was_meant)
{
    gboolean flag = FALSE;
    const GOptionEntry entries[] = {
        { "save-durations", 0, 0, G_OPTION_ARG_NONE, &flag, "Save", NULL },
        { "workers", 0, 0, G_OPTION_ARG_NONE, &flag, "Workers", NULL },
        { 0 }
    };
    const struct { const char *typed, *said; } cases[] = {
        { "--worker=3", "--worker=3 (did you mean \"--workers\"?)" },
        { "--save-duration", "(did you mean \"--save-durations\"?)" },
        { "--zebra", "Unknown option --zebra" },
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GOptionContext) context = g_option_context_new(NULL);
        g_autoptr(GError) error = NULL;
        char *words[] = { "rig", (char *)cases[i].typed, NULL };
        char **argv = words;
        int argc = 2;

        g_option_context_add_main_entries(context, entries, NULL);
        ck_assert(!rig_options_parse(context, &argc, &argv, &error));
        ck_assert_msg(g_str_has_suffix(error->message, cases[i].said), "%s",
                      error->message);
    }
}
END_TEST

/* --- help ------------------------------------------------------------------ */

START_TEST(no_line_of_help_is_wider_than_a_terminal)
{
    g_auto(Outcome) all = rig("help", NULL);
    g_auto(GStrv) lines = g_strsplit(all.out, "\n", -1);
    unsigned commands = 0;

    for (char **line = lines; *line; line++) {
        g_auto(GStrv) words = g_strsplit(g_strchug(*line), " ", 2);
        g_autofree char *help = g_strconcat(words[0] ? words[0] : "", " --help",
                                            NULL);

        if (line == lines || !words[0] || !words[1] ||
            !g_str_has_prefix(words[1], " ")) {
            continue; /* not "  run       Run scenarios ..." */
        }
        g_auto(Outcome) o = rig(help, NULL);
        g_auto(GStrv) text = g_strsplit(o.out, "\n", -1);

        commands++;
        ck_assert_int_eq(o.status, 0);
        for (char **t = text; *t; t++) {
            ck_assert_msg(g_utf8_strlen(*t, -1) <= RIG_HELP_COLUMNS,
                          "rig %s: %s", help, *t);
        }
    }
    ck_assert_uint_gt(commands, 15);
}
END_TEST

START_TEST(long_descriptions_are_broken_under_their_beginning)
{
    const GOptionEntry entries[] = {
        { "output", 'o', 0, G_OPTION_ARG_NONE, NULL, "Forty characters that "
          "make a line long, and fifty more that make it too long for it",
          NULL },
        { 0 }
    };
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);
    g_autofree char *help = NULL;

    g_option_context_add_main_entries(context, entries, NULL);
    help = rig_options_help(context);
    ck_assert_msg(strstr(help, "\n  -o, --output     Forty characters that make "
                         "a line long, and fifty more that\n"
                         "                   make it too long for it\n"), "%s",
                  help);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("options");
    TCase *t = tcase_create("options");

    tcase_set_timeout(t, 300); /* many processes, on a machine that may be busy */
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_loop_test(t, output_that_gets_nowhere_is_a_failure, 0,
                        G_N_ELEMENTS(printing));
    tcase_add_test(t, status_says_which_night_it_cannot_read);
    tcase_add_loop_test(t, what_is_wrong_is_met_before_anything_begins, 0,
                        G_N_ELEMENTS(wrong));
    tcase_add_loop_test(t, a_value_for_a_flag_is_an_error_that_names_it, 0,
                        G_N_ELEMENTS(idle));
    tcase_add_loop_test(t, what_a_night_tells_a_run_is_in_range, 0,
                        G_N_ELEMENTS(hidden));
    tcase_add_test(t, an_unknown_option_names_the_one_that_was_meant);
    tcase_add_test(t, no_line_of_help_is_wider_than_a_terminal);
    tcase_add_test(t, long_descriptions_are_broken_under_their_beginning);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}
