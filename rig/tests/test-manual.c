/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The manual: a page for every command, with every option, examples that can
 * be typed, without a warning.
 */
#include <check.h>
#include <gio/gio.h>
#include <string.h>

#include "manual.h"
#include "paths.h"
#include "run-suite.h"

static RigPaths *paths;

static void setup(void)
{
    paths = rig_paths_find(NULL);
    ck_assert_msg(paths != NULL, "RIG_HOME is not set: run `make check-units`");
}

static void teardown(void)
{
    g_clear_pointer(&paths, rig_paths_free);
}

/* Standard output and standard error of @argv, which has to end well. */
static char *output_of(const char *const *argv)
{
    g_autoptr(GSubprocessLauncher) l = g_subprocess_launcher_new(
        G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_MERGE);
    g_autoptr(GSubprocess) process = NULL;
    g_autoptr(GError) error = NULL;
    char *text = NULL;

    g_subprocess_launcher_setenv(l, "LC_ALL", "C.UTF-8", TRUE);
    g_subprocess_launcher_setenv(l, "MANWIDTH", "80", TRUE);
    g_subprocess_launcher_setenv(l, "MANROFFSEQ", "", TRUE);
    process = g_subprocess_launcher_spawnv(l, argv, &error);
    ck_assert_msg(process && g_subprocess_communicate_utf8(
                      process, NULL, NULL, &text, NULL, &error), "%s: %s",
                  argv[0], error ? error->message : "");
    ck_assert_msg(g_subprocess_get_successful(process), "%s %s:\n%s", argv[0],
                  argv[1], text);
    return text;
}

/* The names that `rig help` lists, one a line, indented by two. */
static char **commands(void)
{
    const char *argv[] = { RIG_PROGRAM, "help", NULL };
    g_autofree char *text = output_of(argv);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    g_autoptr(GStrvBuilder) names = g_strv_builder_new();

    for (char **line = lines; *line; line++) {
        if (g_str_has_prefix(*line, "  ")) {
            g_auto(GStrv) words = g_strsplit(*line + 2, " ", 2);

            g_strv_builder_add(names, words[0]);
        }
    }
    return g_strv_builder_end(names);
}

/* The source of a page with its hyphens as they are typed. */
static char *page_text(const char *command)
{
    g_autofree char *page = rig_manual_find(paths->manual, command);
    g_auto(GStrv) parts = NULL;
    g_autofree char *text = NULL;

    ck_assert_msg(page != NULL, "rig %s has no page in rig/man", command);
    ck_assert(g_file_get_contents(page, &text, NULL, NULL));
    parts = g_strsplit(text, "\\-", -1);
    return g_strjoinv("-", parts);
}

static gboolean mentions(const char *text, const char *option)
{
    size_t length = strlen(option);

    for (const char *p = text; (p = strstr(p, option)); p += length) {
        if (!g_ascii_isalnum(p[length]) && p[length] != '-') {
            return TRUE;
        }
    }
    return FALSE;
}

START_TEST(every_command_has_a_page_in_the_overview)
{
    g_auto(GStrv) names = commands();
    g_autofree char *overview = page_text("rig");

    ck_assert_uint_ge(g_strv_length(names), 10);
    for (char **name = names; *name; name++) {
        g_autofree char *text = page_text(*name);
        g_autofree char *entry = g_strdup_printf(".BR rig-%s (1)\n", *name);

        ck_assert_msg(strstr(overview, entry) != NULL, "rig.1 has no %s",
                      *name);
        ck_assert_ptr_nonnull(strstr(text, ".SH SYNOPSIS"));
    }
}
END_TEST

START_TEST(every_option_of_a_command_is_on_its_page)
{
    g_auto(GStrv) names = commands();
    g_autoptr(GRegex) option = g_regex_new("--[a-z][a-z-]*", 0, 0, NULL);
    unsigned options = 0;

    for (char **name = names; *name; name++) {
        const char *argv[] = { RIG_PROGRAM, *name, "--help", NULL };
        g_autofree char *help = output_of(argv);
        g_autofree char *text = page_text(*name);
        g_autoptr(GMatchInfo) match = NULL;

        for (g_regex_match(option, help, 0, &match);
             g_match_info_matches(match); g_match_info_next(match, NULL)) {
            g_autofree char *word = g_match_info_fetch(match, 0);

            options++;
            ck_assert_msg(strcmp(word, "--help") == 0 || mentions(text, word),
                          "rig-%s.1 does not mention %s", *name, word);
        }
    }
    ck_assert_uint_ge(options, 30);
}
END_TEST

/* The options of a command line are those of the command's page. */
static void ck_example(const char *page, const char *line, char **names)
{
    g_auto(GStrv) words = g_strsplit(line, " ", -1);
    const char *command = words[1] ? words[1] : "";
    g_autofree char *text = NULL;

    ck_assert_msg(g_strv_contains((const char *const *)names, command),
                  "rig-%s.1: \"%s\": there is no such command", page, line);
    text = page_text(command);
    for (char **word = words + 2; *word; word++) {
        (*word)[strcspn(*word, "=")] = '\0';
        ck_assert_msg((*word)[0] != '-' || mentions(text, *word),
                      "rig-%s.1: \"%s\": rig %s has no %s", page, line,
                      command, *word);
    }
}

START_TEST(examples_have_commands_and_options_that_exist)
{
    g_auto(GStrv) names = commands();

    for (char **name = names; *name; name++) {
        g_autofree char *text = page_text(*name);
        const char *section = strstr(text, ".SH EXAMPLES\n");
        g_auto(GStrv) lines = NULL;
        unsigned examples = 0;

        if (strcmp(*name, "version") == 0) {
            continue; /* takes nothing */
        }
        ck_assert_msg(section != NULL, "rig-%s.1 has no examples", *name);
        lines = g_strsplit(section, "\n", -1);
        for (char **line = lines + 1;
             *line && !g_str_has_prefix(*line, ".SH"); line++) {
            if (g_str_has_prefix(*line, "rig ")) {
                ck_example(*name, *line, names);
                examples++;
            }
        }
        ck_assert_msg(examples > 0, "rig-%s.1 has no examples", *name);
    }
}
END_TEST

START_TEST(pages_format_without_a_warning)
{
    g_autoptr(GDir) dir = g_dir_open(paths->manual, 0, NULL);
    const char *name;
    unsigned pages = 0;

    while ((name = g_dir_read_name(dir))) {
        g_autofree char *page = g_build_filename(paths->manual, name, NULL);
        const char *argv[] = { "sh", "-c", "exec man --warnings -E UTF-8 "
                               "-Tutf8 -Z -l \"$1\" >/dev/null", "sh", page,
                               NULL };
        g_autofree char *warnings = output_of(argv);

        ck_assert_msg(*warnings == '\0', "%s: %s", name, warnings);
        pages++;
    }
    ck_assert_uint_ge(pages, 12);
}
END_TEST

START_TEST(help_prints_the_page_of_a_command)
{
    const char *run[] = { RIG_PROGRAM, "help", "run", NULL };
    const char *rules[] = { RIG_PROGRAM, "help", "rules.5", NULL };
    g_autofree char *page = output_of(run), *language = output_of(rules);

    ck_assert_ptr_nonnull(strstr(page, "RIG-RUN(1)"));
    ck_assert_ptr_nonnull(strstr(page, "--isolate"));
    ck_assert_ptr_nonnull(strstr(language, "RIG-RULES(5)"));
}
END_TEST

START_TEST(only_pages_of_the_manual_are_found)
{
    static const char *const none[] = {
        "", "nothing", "../build.mk", "run.5", "Run", "run.1/",
    };

    for (guint i = 0; i < G_N_ELEMENTS(none); i++) {
        ck_assert_ptr_null(rig_manual_find(paths->manual, none[i]));
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("manual");
    TCase *t = tcase_create("manual");

    tcase_set_timeout(t, 60); /* groff formats every page */
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, every_command_has_a_page_in_the_overview);
    tcase_add_test(t, every_option_of_a_command_is_on_its_page);
    tcase_add_test(t, examples_have_commands_and_options_that_exist);
    tcase_add_test(t, pages_format_without_a_warning);
    tcase_add_test(t, help_prints_the_page_of_a_command);
    tcase_add_test(t, only_pages_of_the_manual_are_found);
    suite_add_tcase(s, t);
    return run_suite(s);
}
