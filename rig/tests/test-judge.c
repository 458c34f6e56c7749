/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `rig judge`: stored streams, with and without a plan, by any rules. */
#include <check.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "commands.h"
#include "cycle-builder.h"
#include "plan.h"
#include "run-suite.h"

static char *dir;

static char *path(const char *name)
{
    return g_build_filename(dir, name, NULL);
}

static void setup(void)
{
    dir = g_dir_make_tmp("rig-judge-XXXXXX", NULL);
    ck_assert_ptr_nonnull(dir);
}

static void teardown(void)
{
    static const char *const names[] = {
        "vm-1/events.bin", "vm-1/plan.ini", "vm-1", "events.bin", "my.xml",
        "out",
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *p = path(names[i]);

        g_remove(p);
    }
    g_rmdir(dir);
    g_free(dir);
}

static void store(const char *name, const void *bytes, size_t size)
{
    g_autofree char *p = path(name);
    g_autofree char *parent = g_path_get_dirname(p);

    g_mkdir_with_parents(parent, 0700);
    ck_assert(g_file_set_contents(p, bytes, size, NULL));
}

/* A life; `halt` says whether the interrupt is given back. */
static Play *life(gboolean halt)
{
    Play *p = play_new(RIG_MSIX_AT_CONNECT);

    play_init(p);
    if (halt) {
        play_halt(p);
    } else {
        play_halt_begin(p);
        play_halt_end(p);
    }
    play_remove(p);
    b_cycle_end(p->b, RIG_CYCLE_DONE, NULL);
    b_scenario_end(p->b);
    b_mark(p->b, RIG_MK_PLAN_END, NULL, 0, 0, NULL);
    b_end(p->b);
    return p;
}

static void store_life(const char *name, gboolean halt)
{
    g_autoptr(Play) p = life(halt);

    store(name, p->b->bytes->data, p->b->bytes->len);
}

/* Run it with these words; what it printed goes into *out. */
static int judge(char **out, const char *words)
{
    g_auto(GStrv) argv = g_strsplit(words, " ", -1);
    g_autofree char **given = NULL; /* options are taken out of it */
    g_autofree char *file = path("out");
    int status, keep[2] = { dup(1), dup(2) };
    int fd = open(file, O_CREAT | O_TRUNC | O_WRONLY, 0600);

    for (char **a = argv; *a; a++) { /* % stands for the directory */
        if (strchr(*a, '%')) {
            g_auto(GStrv) parts = g_strsplit(*a, "%", -1);

            g_free(*a);
            *a = g_strjoinv(dir, parts);
        }
    }
    given = g_memdup2(argv, (g_strv_length(argv) + 1) * sizeof(*argv));
    fflush(stdout);
    dup2(fd, 1);
    dup2(fd, 2);
    close(fd);
    status = rig_cmd_judge(g_strv_length(argv), given);
    fflush(stdout);
    dup2(keep[0], 1);
    dup2(keep[1], 2);
    close(keep[0]);
    close(keep[1]);
    ck_assert(g_file_get_contents(file, out, NULL, NULL));
    return status;
}

static void expect(int status, const char *part, const char *words)
{
    g_autofree char *out = NULL;
    int is = judge(&out, words);

    ck_assert_msg(is == status, "status %d instead of %d: %s", is, status,
                  out);
    ck_assert_msg(strstr(out, part) != NULL, "\"%s\" is not in: %s", part,
                  out);
}

START_TEST(a_stream_alone_is_judged_by_the_rules_asked_for)
{
    store_life("events.bin", TRUE);
    expect(RIG_EXIT_OK, "test: pass",
           "judge %/events.bin --rule Init_DeRegisterInterrupt");
    expect(RIG_EXIT_OK, "test: pass", "judge %/events.bin --rule all");
    store_life("events.bin", FALSE);
    expect(RIG_EXIT_VIOLATION, "not-released",
           "judge %/events.bin -v --rule Init_DeRegisterInterrupt");
    expect(RIG_EXIT_OK, "test: pass",
           "judge %/events.bin --rule NdisAllocateMdl");
}
END_TEST

/* A run of that life, marked for its own rule and for `also`, if not NULL. */
static void store_run(gboolean halt, const char *also)
{
    g_autoptr(Play) p = life(halt);
    RigScenario *s = p->j->scenarios->pdata[0];
    g_autofree char *ini = NULL;

    s->machine.nic = g_strdup(RIG_NIC_MODEL);
    rig_cycle_add_step(s->cycles->pdata[0])->name = g_strdup("init");
    if (also) {
        g_autofree char *file = g_strdup_printf("scenarios/rules/%s.xml",
                                                also);
        RigRuleRef *rule = g_new0(RigRuleRef, 1);

        rule->name = g_strdup(also);
        rule->file = b_home_file(file);
        g_ptr_array_add(s->rules, rule);
    }
    b_start(p->j);
    ini = rig_plan_ini(p->j->scenarios, p->j->rules);
    store("vm-1/plan.ini", ini, strlen(ini));
    store("vm-1/events.bin", p->b->bytes->data, p->b->bytes->len);
}

START_TEST(a_run_brings_its_plan_with_it)
{
    store_run(FALSE, NULL);
    expect(RIG_EXIT_VIOLATION, "not-deregistered", "judge %");
    expect(RIG_EXIT_VIOLATION, "not-deregistered", "judge %/vm-1/events.bin");
}
END_TEST

/* Its plan names no points to try, as most do not. */
START_TEST(a_sweep_is_judged_by_its_plan)
{
    static const char sweep[] = "\n[scenario 1 sweep]\nk=1\n";
    g_autofree char *file = path("vm-1/plan.ini"), *ini = NULL, *all = NULL;

    store_run(TRUE, NULL);
    ck_assert(g_file_get_contents(file, &ini, NULL, NULL));
    all = g_strconcat(ini, sweep, NULL);
    store("vm-1/plan.ini", all, strlen(all));
    expect(RIG_EXIT_OK, "test: pass", "judge %");
}
END_TEST

/* It would pass, whatever the driver did. */
START_TEST(a_rule_that_nothing_was_marked_for_is_inconclusive)
{
    static const char rule[] =
        "<rule name='Callbacks'><title>Any</title><source>the user</source>"
        "<violation id='irql' level='strict' class='none'>It returned.</"
        "violation><on callback='*' when='return'>"
        "<report violation='irql'/></on></rule>\n";

    store("my.xml", rule, strlen(rule));
    store_run(TRUE, NULL);
    expect(RIG_EXIT_BROKEN, "test: inconclusive", "judge % --rule SpinLock");
    expect(RIG_EXIT_BROKEN, "SpinLock (KeAcquireSpinLockRaiseToDpc). "
           "Record it again with this rule", "judge % --rule SpinLock");
    expect(RIG_EXIT_BROKEN, "1 rule cannot be judged",
           "judge % --rule SpinLock --rule Init_DeRegisterInterrupt");
    expect(RIG_EXIT_BROKEN, "Callbacks (every callback)",
           "judge % --rule %/my.xml");
    expect(RIG_EXIT_OK, "test: pass", "judge % --rule Contract");
    store_run(TRUE, "SpinLock");
    expect(RIG_EXIT_OK, "test: pass", "judge % --rule SpinLock");
}
END_TEST

START_TEST(what_was_not_judged_does_not_hide_a_violation)
{
    store_run(FALSE, NULL);
    expect(RIG_EXIT_VIOLATION, "test: violation",
           "judge % --rule SpinLock --rule Init_DeRegisterInterrupt");
    expect(RIG_EXIT_VIOLATION, "SpinLock (KeAcquireSpinLockRaiseToDpc)",
           "judge % --rule SpinLock --rule Init_DeRegisterInterrupt");
}
END_TEST

START_TEST(without_a_plan_nobody_knows_what_was_marked)
{
    store_life("events.bin", TRUE);
    expect(RIG_EXIT_OK, "what was marked is not known",
           "judge %/events.bin --rule SpinLock");
}
END_TEST

/* A rule that its user wrote, outside the tree and without touching C. */
START_TEST(a_rule_of_the_users_own)
{
    static const char rule[] =
        "<rule name='One_Halt'>\n<title>A driver is halted once only</title>"
        "<source>the user</source>\n<counter name='halts'/>"
        "<violation id='halted' level='strict' class='none'>{callback} "
        "returned (event {event}).</violation>\n"
        "<on callback='MiniportHaltEx' when='return'>"
        "<report violation='halted'/></on></rule>\n";

    store_life("events.bin", TRUE);
    store("my.xml", rule, strlen(rule));
    expect(RIG_EXIT_VIOLATION, "strict none One_Halt/halted, cycle 1",
           "judge %/events.bin --rule %/my.xml");
}
END_TEST

START_TEST(bad_input_is_said_to_be_so)
{
    store_life("events.bin", TRUE);
    store("my.xml", "<rule/>", 7);
    expect(RIG_EXIT_USAGE, "no rules are known", "judge %/events.bin");
    expect(RIG_EXIT_USAGE, "no rule is named so",
           "judge %/events.bin --rule Nothing");
    expect(RIG_EXIT_USAGE, "is no rule file",
           "judge %/events.bin --rule %/my.xml");
    expect(RIG_EXIT_USAGE, "No such file", "judge %/no.bin --rule all");
    expect(RIG_EXIT_USAGE, "vm-1/events.bin", "judge % --rule all");
    expect(RIG_EXIT_USAGE, "name a directory", "judge");
    expect(RIG_EXIT_USAGE, "--msix-profile",
           "judge %/events.bin --msix-profile sometimes");
    store("vm-1/events.bin", "", 0);
    store("vm-1/plan.ini", "\033[2J\n", 5);
    expect(RIG_EXIT_USAGE, "plan.ini: it is no plan of the rig", "judge %");
    store("vm-1/plan.ini", "[plan]\nscenarios=1\n[scenario 1]\ncycles=1\n"
          "name=\033[2J\n", 51);
    expect(RIG_EXIT_USAGE, "[scenario 1] is no scenario", "judge %");
    expect(RIG_EXIT_USAGE, "it is no regular file", "judge /dev/null");
    store("events.bin", "something else", 14);
    expect(RIG_EXIT_USAGE, "events.bin", "judge %/events.bin --rule all");
}
END_TEST

/* Cut off: nothing was proven, and nothing is claimed. */
START_TEST(a_stream_that_was_cut_off_is_broken)
{
    g_autoptr(Play) p = life(TRUE);

    store("events.bin", p->b->bytes->data, p->b->bytes->len - 400);
    expect(RIG_EXIT_BROKEN, "cut off",
           "judge %/events.bin --rule Init_DeRegisterInterrupt");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rig judge");
    TCase *t = tcase_create("judge");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, a_stream_alone_is_judged_by_the_rules_asked_for);
    tcase_add_test(t, a_run_brings_its_plan_with_it);
    tcase_add_test(t, a_sweep_is_judged_by_its_plan);
    tcase_add_test(t, a_rule_that_nothing_was_marked_for_is_inconclusive);
    tcase_add_test(t, what_was_not_judged_does_not_hide_a_violation);
    tcase_add_test(t, without_a_plan_nobody_knows_what_was_marked);
    tcase_add_test(t, a_rule_of_the_users_own);
    tcase_add_test(t, bad_input_is_said_to_be_so);
    tcase_add_test(t, a_stream_that_was_cut_off_is_broken);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}
