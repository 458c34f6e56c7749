/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `rig judge`: a stored event stream, judged in one pass by any rules. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "commands.h"
#include "judge-marked.h"
#include "monitor.h"
#include "offline.h"
#include "options.h"
#include "problem.h"
#include "rule-catalogue.h"

#define BLOCK     (1u << 20)
/* Longer than that, and the user is told how far it is. */
#define PATIENCE  (2 * G_USEC_PER_SEC)

typedef struct Options {
    char **rules;        /* NAME or FILE, NULL: those of the plan */
    char *scenario;      /* file, NULL: by the plan */
    char *witness;       /* "host" or "shim", NULL: by the plan */
    gboolean at_start, quiet, verbose, progress;
    char **streams;      /* RUN or events.bin */
} Options;

typedef struct Judgement {
    const Options *options;
    RigPaths *paths;
    GPtrArray *catalogue;
    unsigned violations, others, unexpected; /* scenarios */
} Judgement;

/* --- which scenarios and rules ------------------------------------------- */

static void print_problems(const GPtrArray *problems)
{
    for (guint i = 0; i < problems->len; i++) {
        fprintf(stderr, "%s\n", (char *)problems->pdata[i]);
    }
}

/* What the plan beside the stream says was marked; NULL: it does not say. */
static char **marked_by_plan(const GPtrArray *plan, const char *scenario)
{
    for (guint i = 0; plan && i < plan->len; i++) {
        const RigScenario *s = plan->pdata[i];

        if (!strcmp(s->name, scenario)) {
            return g_strdupv(s->marked);
        }
    }
    return NULL;
}

/*
 * The scenarios of the file that was named: their own rules are what was
 * marked, unless the plan knows better. NULL after saying why not.
 */
static GPtrArray *load_scenarios(const Judgement *j, const char *plan)
{
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) planned = rig_offline_plan(plan, NULL);
    char *files[] = { j->options->scenario, NULL };
    GPtrArray *all = rig_scenarios_load(files, j->paths, problems);
    g_autoptr(RigRules) rules = problems->len ? NULL :
        rig_rules_load(all, j->paths, problems);

    print_problems(problems);
    if (!rules) {
        g_clear_pointer(&all, g_ptr_array_unref);
    }
    for (guint i = 0; all && i < all->len; i++) {
        RigScenario *s = all->pdata[i];

        s->marked = marked_by_plan(planned, s->name);
        s->marked = s->marked ? s->marked : rig_rules_trace(rules, s);
    }
    return all;
}

/* The scenarios of a stream; NULL after saying why not. */
static GPtrArray *find_scenarios(const Judgement *j, const char *stream)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *dir = g_path_get_dirname(stream);
    g_autofree char *plan = g_build_filename(dir, "plan.ini", NULL);
    GPtrArray *all;

    if (g_file_test(stream, G_FILE_TEST_EXISTS) &&
        !g_file_test(stream, G_FILE_TEST_IS_REGULAR)) {
        fprintf(stderr, "rig judge: %s: it is no regular file; store the "
                "stream in one first\n", stream);
        return NULL;
    }
    if (j->options->scenario) {
        return load_scenarios(j, plan);
    }
    if (g_file_test(plan, G_FILE_TEST_EXISTS)) {
        all = rig_offline_plan(plan, &error);
    } else {
        all = rig_offline_scan(stream, &error);
        plan[0] = '\0';
    }
    if (!all) {
        fprintf(stderr, "rig judge: %s: %s\n", *plan ? plan : stream,
                error->message);
    }
    if (all && !*plan) {
        fprintf(stderr, "rig judge: %s: no plan.ini is beside it, so what was "
                "marked is not known: a rule about anything else passes "
                "without having seen it; --scenario says what was run\n",
                stream);
    }
    for (guint i = 0; all && !*plan && i < all->len; i++) {
        ((RigScenario *)all->pdata[i])->machine.profile =
            j->options->at_start ? RIG_MSIX_AT_START : RIG_MSIX_AT_CONNECT;
    }
    return all;
}

/* Fill in a rule's file and name; "" with a problem if there is none. */
static void find_rule(const Judgement *j, RigRuleRef *r, const char *what,
                      GPtrArray *problems)
{
    const RigRuleEntry *e = rig_rule_entry(j->catalogue, what);
    gboolean file = strchr(what, '/') || g_str_has_suffix(what, ".xml");

    if (e) {
        r->name = g_strdup(e->name);
        r->file = g_strdup(e->file);
    } else if (file && (r->name = rig_rule_name_in(what))) {
        r->file = g_strdup(what);
    } else {
        g_autofree char *hint = rig_rule_hint(j->catalogue, what);

        rig_problem(problems, what, 0, file ? "is no rule file" : "no rule is "
                    "named so; %s, or give the file of your own", hint);
        r->name = g_strdup("");
        r->file = g_strdup(what);
    }
}

static void add_rule(const Judgement *j, RigScenario *s, const char *what,
                     GPtrArray *problems)
{
    RigRuleRef *r = g_new0(RigRuleRef, 1);

    find_rule(j, r, what, problems);
    for (guint i = 0; i < s->rules->len; i++) {
        if (!strcmp(((RigRuleRef *)s->rules->pdata[i])->name, r->name)) {
            g_free(r->name);
            g_free(r->file);
            g_free(r);
            return;
        }
    }
    g_ptr_array_add(s->rules, r);
}

/* The rules that were asked for in place of those that a scenario has. */
static void set_rules(const Judgement *j, RigScenario *s, GPtrArray *problems)
{
    g_ptr_array_set_size(s->rules, 0);
    for (char **r = j->options->rules; *r; r++) {
        if (strcmp(*r, RIG_RULE_ALL)) {
            add_rule(j, s, *r, problems);
            continue;
        }
        for (guint i = 0; i < j->catalogue->len; i++) {
            add_rule(j, s, ((RigRuleEntry *)j->catalogue->pdata[i])->name,
                     problems);
        }
    }
}

/* Files of the rules that the plan names. */
static void find_rules(const Judgement *j, RigScenario *s,
                       GPtrArray *problems)
{
    for (guint i = 0; i < s->rules->len; i++) {
        RigRuleRef *r = s->rules->pdata[i];
        g_autofree char *name = NULL;

        if (!r->file) {
            name = g_steal_pointer(&r->name);
            find_rule(j, r, name, problems);
        }
    }
    if (!s->rules->len && !s->linux_driver) {
        rig_problem(problems, s->file, 0, "no rules are known for scenario "
                    "\"%s\"; say which with --rule", s->name);
    }
}

static RigRules *load_rules(const Judgement *j, GPtrArray *scenarios)
{
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
    RigRules *rules = NULL;

    for (guint i = 0; i < scenarios->len; i++) {
        if (j->options->rules) {
            set_rules(j, scenarios->pdata[i], problems);
        } else {
            find_rules(j, scenarios->pdata[i], problems);
        }
    }
    if (!problems->len) {
        rules = rig_rules_load(scenarios, j->paths, problems);
    }
    print_problems(problems);
    return rules;
}

/* --- reading ------------------------------------------------------------- */

static void show_progress(uint64_t done, uint64_t size, gint64 since)
{
    double share = size ? (double)done / size : 1;
    double spent = (g_get_monotonic_time() - since) / 1e6;

    fprintf(stderr, "\r%3.0f %% of %.1f GB, %.0f s left ", 100 * share,
            size / 1e9, share > 0 ? spent / share - spent : 0.0);
    fflush(stderr);
}

/* Feed the whole file; FALSE after saying why not. */
static gboolean feed(const Judgement *j, const char *name, RigMonitor *m)
{
    g_autofree uint8_t *bytes = g_malloc(BLOCK);
    gint64 began = g_get_monotonic_time(), shown = began;
    int fd = open(name, O_RDONLY | O_CLOEXEC);
    gboolean drawn = FALSE, valid = TRUE;
    uint64_t done = 0;
    struct stat st;
    ssize_t n;

    if (fd < 0 || fstat(fd, &st)) {
        fprintf(stderr, "rig judge: %s: %s\n", name, g_strerror(errno));
        return FALSE;
    }
    while (valid && (n = read(fd, bytes, BLOCK)) > 0) {
        valid = rig_monitor_feed(m, bytes, n);
        done += n;
        if (j->options->progress && done % (64 * BLOCK) < BLOCK &&
            g_get_monotonic_time() - shown > (drawn ? G_USEC_PER_SEC / 2
                                                    : PATIENCE)) {
            shown = g_get_monotonic_time();
            show_progress(done, st.st_size, began);
            drawn = TRUE;
        }
    }
    if (drawn) {
        fputs("\r\033[K", stderr);
    }
    if (valid && n < 0) {
        fprintf(stderr, "rig judge: %s: %s\n", name, g_strerror(errno));
    }
    close(fd);
    return !valid || n == 0;
}

/* --- printing ------------------------------------------------------------ */

static void print_finding(const Judgement *j, const RigFinding *f)
{
    printf("  %u. %s %s %s/%s, cycle %u, event %" G_GUINT64_FORMAT ": %s\n",
           f->number, rig_level_name(f->level), f->class_code, f->rule, f->id,
           f->cycle, f->event, f->sentence);
    for (guint i = 0; j->options->verbose && i < f->proofs->len; i++) {
        const RigProof *p = f->proofs->pdata[i];

        printf("       event %" G_GUINT64_FORMAT ": %s\n", p->event, p->text);
    }
}

static void print_result(Judgement *j, const RigScenarioResult *r,
                         const char *unmarked)
{
    gboolean expected = !j->options->scenario ||
                        rig_scenario_result_as_expected(r);

    j->violations += r->verdict == RIG_VERDICT_VIOLATION;
    j->others += r->verdict != RIG_VERDICT_VIOLATION &&
                 r->verdict != RIG_VERDICT_PASS;
    j->unexpected += !expected;
    if (j->options->quiet && r->verdict == RIG_VERDICT_PASS && expected) {
        return;
    }
    printf("%s: %s%s\n    %s\n", r->scenario->name,
           rig_verdict_name(r->verdict),
           expected ? "" : "  <-- NOT AS EXPECTED", r->sentence);
    for (guint i = 0; i < r->findings->len; i++) {
        print_finding(j, r->findings->pdata[i]);
    }
    if (r->findings_omitted) {
        printf("  and %u more findings\n", r->findings_omitted);
    }
    if (unmarked && strcmp(unmarked, r->sentence) != 0) {
        printf("    %s\n", unmarked);
    }
}

static double cpu_seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static gboolean judge_stream(Judgement *j, const char *name)
{
    g_autoptr(GPtrArray) scenarios = find_scenarios(j, name);
    g_autoptr(RigRules) rules = scenarios ? load_rules(j, scenarios) : NULL;
    g_autoptr(GPtrArray) unmarked = NULL;
    g_autoptr(RigMonitor) m = NULL;
    gint64 began = g_get_monotonic_time();
    double used = cpu_seconds();
    RigStreamResult stream;

    if (!rules) {
        return FALSE;
    }
    for (guint i = 0; j->options->witness && i < scenarios->len; i++) {
        ((RigScenario *)scenarios->pdata[i])->instrumented =
            strcmp(j->options->witness, "shim") == 0;
    }
    unmarked = rig_unmarked_rules(scenarios, rules);
    m = rig_monitor_new(scenarios, rules);
    rig_monitor_skip_hash(m);
    if (!feed(j, name, m)) {
        return FALSE;
    }
    rig_monitor_finish(m, RIG_OUTCOME_OK, NULL);
    rig_monitor_stream(m, &stream);
    for (guint i = 0; i < scenarios->len; i++) {
        g_autoptr(RigScenarioResult) r = rig_monitor_take(m, i);

        if (unmarked->pdata[i]) {
            rig_scenario_result_worsen(r, RIG_VERDICT_INCONCLUSIVE,
                                       unmarked->pdata[i]);
        }
        print_result(j, r, unmarked->pdata[i]);
    }
    if (!j->options->quiet) {
        double s = (g_get_monotonic_time() - began) / 1e6;
        double cpu = cpu_seconds() - used;

        printf("%s: %" G_GUINT64_FORMAT " events in %.2f s, %.2f s of them "
               "processor time: %.0f events/s\n", name, stream.events, s, cpu,
               stream.events / MAX(cpu, 1e-6));
    }
    return TRUE;
}

/* A run stands for the streams of its machines. */
static gboolean judge(Judgement *j, const char *name)
{
    gboolean good = TRUE;

    if (!g_file_test(name, G_FILE_TEST_IS_DIR)) {
        return judge_stream(j, name);
    }
    for (unsigned i = 1; good; i++) {
        g_autofree char *vm = g_strdup_printf("vm-%u", i);
        g_autofree char *stream = g_build_filename(name, vm, "events.bin",
                                                   NULL);

        if (!g_file_test(stream, G_FILE_TEST_EXISTS)) {
            if (i == 1) {
                fprintf(stderr, "rig judge: %s: there is no %s/events.bin in "
                        "it; name a directory of results/runs or a stream\n",
                        name, vm);
            }
            return i > 1;
        }
        good = judge_stream(j, stream);
    }
    return good;
}

/* --- the command --------------------------------------------------------- */

static gboolean parse(Options *o, int *argc, char ***argv, GError **error)
{
    g_autofree char *profile = NULL;
    const GOptionEntry entries[] = {
        { "rule", 'r', 0, G_OPTION_ARG_STRING_ARRAY, &o->rules,
          "Judge by this rule; may be given again; \"all\" is every one",
          "NAME|FILE" },
        { "scenario", 0, 0, G_OPTION_ARG_FILENAME, &o->scenario,
          "The scenario that was run, if not by the plan.ini beside the "
          "stream", "FILE" },
        { "msix-profile", 0, 0, G_OPTION_ARG_STRING, &profile,
          "at-connect (default) or at-start, for a stream without plan.ini",
          "PROFILE" },
        { "witness", 0, 0, G_OPTION_ARG_STRING, &o->witness,
          "Who is believed where a driver was instrumented: shim (default) or "
          "host, the NDIS host", "WHO" },
        { "quiet", 'q', 0, G_OPTION_ARG_NONE, &o->quiet,
          "Print what did not pass only", NULL },
        { "verbose", 'v', 0, G_OPTION_ARG_NONE, &o->verbose,
          "Print the events that prove each finding", NULL },
        { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &o->streams,
          NULL, NULL },
        { NULL }
    };
    g_autoptr(GOptionContext) c =
        g_option_context_new("RUN|EVENTS.BIN... - judge stored streams");

    g_option_context_add_main_entries(c, entries, NULL);
    if (!rig_options_parse(c, argc, argv, error)) {
        return FALSE;
    }
    o->at_start = g_strcmp0(profile, "at-start") == 0;
    if (profile && !o->at_start && strcmp(profile, "at-connect")) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "--msix-profile is at-connect or at-start");
        return FALSE;
    }
    if (o->witness && strcmp(o->witness, "host") &&
        strcmp(o->witness, "shim")) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "--witness is shim or host");
        return FALSE;
    }
    if (!o->streams) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "name a directory of results/runs or an events.bin");
        return FALSE;
    }
    return TRUE;
}

static int status_of(const Judgement *j, gboolean good)
{
    if (!good) {
        return RIG_EXIT_USAGE;
    }
    if (j->options->scenario) {
        return j->unexpected ? RIG_EXIT_VIOLATION : RIG_EXIT_OK;
    }
    return j->violations ? RIG_EXIT_VIOLATION :
           j->others ? RIG_EXIT_BROKEN : RIG_EXIT_OK;
}

int rig_cmd_judge(int argc, char **argv)
{
    Options o = { 0 };
    Judgement j = { .options = &o };
    g_autoptr(GError) error = NULL;
    gboolean good = FALSE;

    o.progress = isatty(STDERR_FILENO);
    if (parse(&o, &argc, &argv, &error)) {
        j.paths = rig_paths_find(&error);
    }
    if (j.paths) {
        j.catalogue = rig_rule_catalogue(j.paths);
        good = TRUE;
        for (char **s = o.streams; *s && good; s++) {
            good = judge(&j, *s);
        }
        g_ptr_array_unref(j.catalogue);
    } else {
        fprintf(stderr, "rig judge: %s; \"rig judge --help\" shows the "
                "options\n", error->message);
    }
    rig_paths_free(j.paths);
    g_strfreev(o.rules);
    g_strfreev(o.streams);
    g_free(o.scenario);
    g_free(o.witness);
    return status_of(&j, good);
}
