/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `rig sweep`: a driver through every way in which its life can fail.
 *
 * An INF is all that is needed: the scenario is made from it and the options,
 * as a file would say it, and kept with the results. A scenario file with a
 * <sweep> can be named instead, for one of its points.
 */
#include <glib/gstdio.h>
#include <libxml/xmlwriter.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "include/plan.h"
#include "options.h"
#include "problem.h"
#include "run.h"
#include "scenario-sweep.h"
#include "run-tell.h"
#include "sweep-command.h"

#define DEFAULT_RULE "Init_DeRegisterInterrupt"
#define NAME_MAX_LENGTH 40
/* Calls of one call site: a loop that allocates is not one point each time. */
#define DEFAULT_PER_SITE "4"
/* Machines side by side, and cycles for which more than one does not pay. */
#define USUAL_WORKERS_MAX 4
#define FEW_CYCLES 64u

/* Options with a text: all but "sys" are attributes of a scenario as well. */
enum text {
    SYS,
    NIC, VECTORS, QUEUES, PROFILE,                            /* <machine> */
    K, STATUS, DEVICE_FAULTS, LIVES, OCCASIONS, PER_SITE, LIMIT, /* <sweep> */
    TEXTS,
};

static const struct {
    const char *name, *description, *argument;
} texts[TEXTS] = {
    [SYS] = { "sys", "The driver's image (default: the .sys beside the INF)",
              "FILE" },
    [NIC] = { "nic", "Model of the function (default: rig-nic)", "MODEL" },
    [VECTORS] = { "vectors", "MSI-X vectors of rig-nic (default: 4)", "N" },
    [QUEUES] = { "queues", "Queue pairs of rig-nic (default: 2)", "N" },
    [PROFILE] = { "msix-profile",
                  "at-connect or at-start (default: at-connect)", "NAME" },
    [K] = { "k", "Faults at a time, 1 or 2 (default: 1)", "N" },
    [STATUS] = { "status", "What a failing call returns (default: 0xC000009A)",
                 "STATUS" },
    [DEVICE_FAULTS] = { "device-faults",
                        "all, none or NAME[:ARGUMENT],... (default: all of "
                        "rig-nic)", "LIST" },
    [LIVES] = { "lives", "all, none or names, see rig-sweep(1) (default: all)",
                "LIST" },
    [OCCASIONS] = { "occasions",
                    "Places tried of each device fault (default: 32)", "N" },
    [PER_SITE] = { "per-site", "Calls tried of each call site, 0 for all "
                   "(default: " DEFAULT_PER_SITE ", and 2 with --k 2)", "N" },
    [LIMIT] = { "limit", "Cycles at most (default: 100000)", "N" },
};

typedef struct Arguments {
    RigRunOptions run;
    char *text[TEXTS];
    char *name;          /* of the scenario; NULL: by the INF */
    char **only, **rules, **files;
} Arguments;

static void add_texts(GOptionContext *context, Arguments *a)
{
    GOptionEntry entries[TEXTS + 1] = { 0 };

    for (guint i = 0; i < TEXTS; i++) {
        entries[i].long_name = texts[i].name;
        entries[i].arg = i == SYS ? G_OPTION_ARG_FILENAME
                                  : G_OPTION_ARG_STRING;
        entries[i].arg_data = &a->text[i];
        entries[i].description = texts[i].description;
        entries[i].arg_description = texts[i].argument;
    }
    g_option_context_add_main_entries(context, entries, NULL);
}

static gboolean parse(Arguments *a, int *argc, char ***argv, GError **error)
{
    const GOptionEntry entries[] = {
        { "rule", 0, 0, G_OPTION_ARG_STRING_ARRAY, &a->rules,
          "Rule to judge by, may be given again (default: " DEFAULT_RULE ")",
          "NAME" },
        { "name", 0, 0, G_OPTION_ARG_STRING, &a->name,
          "Name of the scenario (default: sweep- and that of the INF)",
          "NAME" },
        { "workers", 0, 0, G_OPTION_ARG_INT, &a->run.workers,
          "Machines side by side that share the points (default: one for each "
          "processor, 4 at most)", "N" },
        { "only", 0, 0, G_OPTION_ARG_STRING_ARRAY, &a->only,
          "Try nothing but this point, or A+B; may be given again", "POINT" },
        { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &a->files,
          NULL, NULL },
        { 0 },
    };
    g_autoptr(GOptionContext) context =
        g_option_context_new("DRIVER.inf|SCENARIO.xml");

    a->run.workers = RIG_NOT_SAID;
    g_set_prgname("rig sweep");
    add_texts(context, a);
    g_option_context_add_main_entries(context, entries, NULL);
    rig_run_add_options(context, &a->run);
    rig_run_add_start_option(context, &a->run);
    g_option_context_set_summary(context,
        "Record every place where the driver's life can fail, then fail each "
        "of them in a\ncycle of its own and judge what the driver does.");
    return rig_options_parse(context, argc, argv, error);
}

static void clear(Arguments *a)
{
    for (guint i = 0; i < TEXTS; i++) {
        g_free(a->text[i]);
    }
    rig_run_options_clear(&a->run);
    g_free(a->name);
    g_strfreev(a->only);
    g_strfreev(a->rules);
    g_strfreev(a->files);
}

/* --- the scenario --------------------------------------------------------- */

/* The only .sys in the directory of the INF, or the one with its name. */
static char *find_sys(const char *inf, GPtrArray *problems)
{
    g_autofree char *dir = g_path_get_dirname(inf);
    g_autofree char *base = g_path_get_basename(inf);
    g_autoptr(GDir) d = g_dir_open(dir, 0, NULL);
    g_autofree char *found = NULL;
    unsigned n = 0;
    const char *file;

    if (!g_file_test(inf, G_FILE_TEST_EXISTS)) {
        rig_problem(problems, inf, 0, "there is no such file; name the "
                    "driver's INF");
        return NULL;
    }
    while (d && (file = g_dir_read_name(d))) {
        size_t stem = strlen(file) - MIN(strlen(file), 4);

        if (g_ascii_strcasecmp(file + stem, ".sys") != 0) {
            continue;
        }
        if (stem + 4 == strlen(base) &&
            g_ascii_strncasecmp(file, base, stem) == 0) {
            return g_build_filename(dir, file, NULL);
        }
        n++;
        g_free(found);
        found = g_build_filename(dir, file, NULL);
    }
    if (n != 1) {
        g_autofree char *many = g_strdup_printf("%u files", n);

        rig_problem(problems, inf, 0, "%s *.sys beside it, and one is wanted; "
                    "name the driver's image with --sys", n ? many : "no file");
        return NULL;
    }
    return g_steal_pointer(&found);
}

static void put(xmlTextWriter *w, const char *name, const char *value)
{
    if (value) {
        xmlTextWriterWriteAttribute(w, (const xmlChar *)name,
                                    (const xmlChar *)value);
    }
}

static void put_texts(xmlTextWriter *w, const Arguments *a, enum text first,
                      enum text last)
{
    for (guint i = first; i <= last; i++) {
        put(w, texts[i].name, a->text[i]);
    }
}

static void start(xmlTextWriter *w, const char *name)
{
    xmlTextWriterStartElement(w, (const xmlChar *)name);
}

/* "sweep-" and the name of the INF as a scenario may be called. */
static char *scenario_name(const char *inf)
{
    g_autofree char *base = g_path_get_basename(inf);
    char *dot = strrchr(base, '.');
    char *name;

    if (dot) {
        *dot = '\0';
    }
    name = g_strdup_printf("sweep-%.*s", NAME_MAX_LENGTH, base);
    for (char *p = name; *p; p++) {
        *p = g_ascii_isalnum(*p) ? g_ascii_tolower(*p) : '-';
    }
    return name;
}

static void write_machine(xmlTextWriter *w, const Arguments *a)
{
    start(w, "machine");
    put_texts(w, a, NIC, PROFILE);
    put(w, "wall-seconds", "3600");
    xmlTextWriterEndElement(w);
}

static void write_rules(xmlTextWriter *w, char **rules)
{
    static char *standard[] = { (char *)DEFAULT_RULE, NULL };

    for (char **rule = rules ? rules : standard; *rule; rule++) {
        start(w, "rule");
        put(w, "name", *rule);
        xmlTextWriterEndElement(w);
    }
}

static void write_sweep(xmlTextWriter *w, const Arguments *a)
{
    g_autofree char *only = a->only ? g_strjoinv(";", a->only) : NULL;

    start(w, "sweep");
    put_texts(w, a, K, LIMIT);
    if (!a->text[PER_SITE] && (!a->text[K] || strcmp(a->text[K], "1") == 0)) {
        put(w, "per-site", DEFAULT_PER_SITE);
    }
    put(w, "only", only);
    xmlTextWriterEndElement(w);
}

/* The scenario file that says the same as the options. */
static char *make_text(const Arguments *a, const char *inf, const char *sys)
{
    xmlBuffer *buffer = xmlBufferCreate();
    xmlTextWriter *w = xmlNewTextWriterMemory(buffer, 0);
    g_autofree char *name = a->name ? g_strdup(a->name) : scenario_name(inf);
    g_autofree char *base = g_path_get_basename(inf);
    g_autofree char *title = g_strdup_printf("Fault sweep of %s", base);
    char *text;

    xmlTextWriterSetIndent(w, 1);
    xmlTextWriterStartDocument(w, NULL, "UTF-8", NULL);
    start(w, "scenario");
    put(w, "name", name);
    xmlTextWriterWriteElement(w, (const xmlChar *)"title",
                              (const xmlChar *)title);
    start(w, "driver");
    put(w, "sys", sys);
    put(w, "inf", inf);
    xmlTextWriterEndElement(w);
    write_machine(w, a);
    write_rules(w, a->rules);
    write_sweep(w, a);
    xmlTextWriterEndDocument(w);
    xmlFreeTextWriter(w);
    text = g_strdup((const char *)xmlBufferContent(buffer));
    xmlBufferFree(buffer);
    return text;
}

/*
 * Lines of the scenario that the options make are no lines of a file: say what
 * is wrong with the options instead.
 */
static void blame_options(const char *inf, GPtrArray *from, GPtrArray *to)
{
    g_autofree char *place = g_strdup_printf("%s:", inf);

    for (guint i = 0; i < from->len; i++) {
        const char *text = from->pdata[i], *end = text;

        if (g_str_has_prefix(text, place)) {
            end += strlen(place);
            end += strspn(end, "0123456789");
        }
        if (end > text + strlen(place) && g_str_has_prefix(end, ": ")) {
            g_ptr_array_add(to, g_strdup_printf("rig sweep: in the scenario "
                            "made from the options: %s", end + 2));
        } else {
            g_ptr_array_add(to, g_strdup(text));
        }
    }
}

static RigScenario *from_inf(const Arguments *a, const RigPaths *paths,
                             GPtrArray *problems)
{
    g_autofree char *inf = g_canonicalize_filename(a->files[0], NULL);
    g_autofree char *sys = a->text[SYS]
                           ? g_canonicalize_filename(a->text[SYS], NULL)
                           : find_sys(inf, problems);
    g_autoptr(GPtrArray) wrong = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *text = NULL;
    RigScenario *s;

    if (!sys) {
        return NULL;
    }
    if (!g_utf8_validate(inf, -1, NULL) || !g_utf8_validate(sys, -1, NULL)) {
        rig_problem(problems, a->files[0], 0, "its path is not UTF-8, which a "
                    "scenario has to be; move it");
        return NULL;
    }
    text = make_text(a, inf, sys);
    s = rig_scenario_parse(text, a->files[0], paths, wrong);
    blame_options(a->files[0], wrong, problems);
    return s;
}

/* Only the points to try can be said of a scenario that says the rest. */
static RigScenario *from_scenario(const Arguments *a, const RigPaths *paths,
                                  GPtrArray *problems)
{
    RigScenario *s = rig_scenario_load(a->files[0], paths, problems);

    if (s && !s->sweep) {
        rig_problem(problems, a->files[0], 0, "has no <sweep>; \"rig run\" "
                    "runs it, and \"rig sweep DRIVER.inf\" sweeps its driver");
    } else if (s && a->only) {
        g_strfreev(s->sweep->only);
        s->sweep->only = g_strdupv(a->only);
        rig_sweep_check(s, problems);
    }
    return s;
}

static gboolean is_scenario(const Arguments *a)
{
    return g_str_has_suffix(a->files[0], ".xml");
}

static GPtrArray *load(const RigPaths *paths, GPtrArray *problems,
                       void *opaque)
{
    const Arguments *a = opaque;
    GPtrArray *all = g_ptr_array_new_with_free_func(
        (GDestroyNotify)rig_scenario_free);
    RigScenario *s = is_scenario(a) ? from_scenario(a, paths, problems)
                                    : from_inf(a, paths, problems);

    if (s) {
        g_ptr_array_add(all, s);
    }
    return all;
}

RigScenario *rig_sweep_from_args(char *const *args, const RigPaths *paths,
                                 GPtrArray *problems)
{
    char **given = g_strdupv((char **)args), **argv = g_memdup2(
        given, (g_strv_length(given) + 1) * sizeof(*given));
    int argc = g_strv_length(given);
    g_autoptr(GError) error = NULL;
    RigScenario *s = NULL;
    Arguments a = { 0 };

    if (!parse(&a, &argc, &argv, &error)) {
        rig_problem(problems, "rig sweep", 0, "%s", error->message);
    } else if (!a.files || a.files[1] || is_scenario(&a)) {
        rig_problem(problems, "rig sweep", 0, "takes one INF");
    } else {
        s = from_inf(&a, paths, problems);
    }
    clear(&a);
    g_free(argv);
    g_strfreev(given);
    return s;
}

/* --- the command ---------------------------------------------------------- */

/* Too few points for a second machine to pay for its boot? */
static gboolean has_few_points(const Arguments *a)
{
    const char *limit = a->text[LIMIT];

    return a->only ||
           (limit && g_ascii_strtoull(limit, NULL, 10) < FEW_CYCLES) ||
           (g_strcmp0(a->text[LIVES], "none") == 0 && !a->text[PER_SITE] &&
            !a->text[K]);
}

/*
 * Machines side by side where nobody says how many; a night has workers of its
 * own.
 */
static int usual_workers(const Arguments *a)
{
    return has_few_points(a) || a->run.worker || a->run.night ||
           a->run.uri || a->run.keep_on_failure || is_scenario(a)
           ? 1 : MIN((int)g_get_num_processors(), USUAL_WORKERS_MAX);
}

static gboolean settle_workers(Arguments *a)
{
    RigRunOptions *run = &a->run;

    if (run->workers == RIG_NOT_SAID) {
        run->workers = usual_workers(a);
    }
    if (run->workers < 1 || run->workers > (int)SWEEP_SHARES_MAX) {
        fprintf(stderr, "rig sweep: --workers takes 1 to %u\n",
                SWEEP_SHARES_MAX);
        return FALSE;
    }
    if (run->workers > 1 && (run->uri || run->keep_on_failure ||
                             is_scenario(a))) {
        fputs("rig sweep: --workers does not go with --connect, "
              "--keep-on-failure or a scenario file\n", stderr);
        return FALSE;
    }
    return TRUE;
}

static gboolean check(Arguments *a)
{
    if (!a->files || a->files[1]) {
        fputs("rig sweep: name one INF, or one scenario file with a "
              "<sweep>\n", stderr);
        return FALSE;
    }
    for (guint i = 0; is_scenario(a) && i < TEXTS; i++) {
        if (a->text[i] || a->rules) {
            fprintf(stderr, "rig sweep: %s says by itself what is swept; of "
                    "the options that describe a sweep it takes --only\n",
                    a->files[0]);
            return FALSE;
        }
    }
    return settle_workers(a) && rig_run_check_options(&a->run);
}

/*
 * The same command without --only and its points, which one machine tries, and
 * as a user gives it.
 */
static char *command_again(int argc, char **argv)
{
    g_autofree char **kept = g_new0(char *, argc + 1);
    int n = 0;

    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "--only") == 0 ||
            strcmp(argv[i], "--workers") == 0) {
            i++;
        } else if (!g_str_has_prefix(argv[i], "--only=") &&
                   !g_str_has_prefix(argv[i], "--workers=")) {
            kept[n++] = argv[i];
        }
    }
    return rig_run_command(n, kept);
}

int rig_cmd_sweep(int argc, char **argv)
{
    g_auto(GStrv) given = g_strdupv(argv);
    g_autoptr(GError) error = NULL;
    int count = argc, status = RIG_EXIT_USAGE;
    Arguments a = { 0 };

    if (!parse(&a, &argc, &argv, &error)) {
        fprintf(stderr, "rig sweep: %s; \"rig sweep --help\" shows the "
                "options\n", error->message);
        clear(&a);
        return RIG_EXIT_USAGE;
    }
    if (check(&a)) {
        a.run.again = command_again(count, given);
        status = rig_run_with(&a.run, load, &a, count, given);
    }
    clear(&a);
    return status;
}
