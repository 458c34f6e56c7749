/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a mistyped command, option or file name was meant to be. */
#include <check.h>
#include <glib/gstdio.h>
#include "run-suite.h"
#include "suggest.h"

static const char *const commands[] = {
    "run", "sweep", "reproduce", "report", "rules", "lint", "list", NULL
};

START_TEST(a_slip_of_the_finger_is_understood)
{
    const struct { const char *typed, *meant; } cases[] = {
        { "lnit", "lint" }, { "rn", "run" }, { "Run", "run" },
        { "ruls", "rules" }, { "reprodcue", "reproduce" },
        { "swep", "sweep" }, { "repo", "report" }, { "sw", "sweep" },
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        ck_assert_str_eq(rig_suggest(cases[i].typed, commands),
                         cases[i].meant);
    }
}
END_TEST

START_TEST(another_word_is_not_made_into_one_of_ours)
{
    g_autofree char *long_word = g_strnfill(1000, 'r');
    const char *const none[] = { NULL };

    ck_assert_ptr_null(rig_suggest("x", commands));
    ck_assert_ptr_null(rig_suggest("", commands));
    ck_assert_ptr_null(rig_suggest("start", commands));
    ck_assert_ptr_null(rig_suggest(long_word, commands));
    ck_assert_ptr_null(rig_suggest("run", none));
}
END_TEST

START_TEST(a_file_is_looked_for_beside_and_elsewhere)
{
    g_autofree char *here = g_dir_make_tmp("suggest-XXXXXX", NULL);
    g_autofree char *there = g_dir_make_tmp("suggest-XXXXXX", NULL);
    g_autofree char *mine = g_build_filename(here, "mine.xml", NULL);
    g_autofree char *clean = g_build_filename(there, "c01-clean.xml", NULL);
    g_autofree char *typo = g_build_filename(here, "mien.xml", NULL);
    g_autofree char *bare = g_build_filename(here, "c01-clean", NULL);
    g_autofree char *other = g_build_filename(here, "zebra", NULL);
    const struct { const char *typed, *meant; } cases[] = {
        { typo, mine }, { bare, clean }, { other, NULL }
    };

    g_file_set_contents(mine, "", 0, NULL);
    g_file_set_contents(clean, "", 0, NULL);
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *said = rig_did_you_mean_file(cases[i].typed, ".xml",
                                                      there);
        g_autofree char *right = !cases[i].meant ? g_strdup("") :
            g_strdup_printf(" (did you mean \"%s\"?)", cases[i].meant);

        ck_assert_str_eq(said, right);
    }
    g_unlink(mine);
    g_unlink(clean);
    g_rmdir(here);
    g_rmdir(there);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("suggest");
    TCase *t = tcase_create("suggest");

    tcase_add_test(t, a_slip_of_the_finger_is_understood);
    tcase_add_test(t, another_word_is_not_made_into_one_of_ours);
    tcase_add_test(t, a_file_is_looked_for_beside_and_elsewhere);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}
