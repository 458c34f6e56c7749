/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `rig history`: what became of the scenarios, run after run. */
#include <json-glib/json-glib.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "history-index.h"
#include "history-strip.h"
#include "options.h"
#include "suggest.h"

typedef struct Arguments {
    char *results;
    gboolean json, points;
    char **patterns;
} Arguments;

/* --- text ------------------------------------------------------------------ */

/* One letter of a strip. */
static char letter(const RigStrip *s, const RigCell *c)
{
    if (!c->counted) {
        return '-';
    }
    if (c->good) {
        return '.';
    }
    return c->known ? 'k' : s->is_point ? "vlmchbi-.."[c->code] :
           "PvBI-"[c->code];
}

G_STATIC_ASSERT(RIG_SWEEP_VIOLATION == 0 && RIG_SWEEP_LOST == 1 &&
                RIG_SWEEP_LEAK == 2 && RIG_SWEEP_CRASH == 3 &&
                RIG_SWEEP_HANG == 4 && RIG_SWEEP_BROKEN == 5 &&
                RIG_SWEEP_INCONCLUSIVE == 6 && RIG_SWEEP_OUTCOMES == 10);

static void print_legend(void)
{
    puts("\nStrips, oldest first: . as expected  v violation  P pass  "
         "I inconclusive\nB broken  k known issue  - skipped. Ratio: not as "
         "expected, of the last 30 at\nmost, and its 95 % Wilson interval. "
         "\"rig help history\" explains the rest.");
}

static void print_strip(const RigStrip *s)
{
    char text[RIG_STRIP_WINDOW + 1] = "";

    for (guint i = 0; i < s->cells->len; i++) {
        text[s->cells->len - 1 - i] = letter(s, s->cells->pdata[i]);
    }
    printf("%-*s", (int)RIG_STRIP_WINDOW, text);
}

/* "3/12 25% (9-53%)" */
static void print_ratio(const RigStrip *s)
{
    g_autofree char *text = s->counted
        ? g_strdup_printf("%u/%u %.0f%% (%.0f-%.0f%%)", s->bad, s->counted,
                          s->percent, s->low, s->high) : g_strdup("");

    printf("  %-20s", text);
}

static void print_class(const RigStrip *s)
{
    g_autofree char *text = g_strdup_printf(
        "%s%s", rig_strip_class_name(s->class),
        s->flaky && s->class != RIG_STRIP_FLAKY ? " flaky" : "");

    printf("  %-19s", text);
}

static void print_line(const RigStrip *s)
{
    print_strip(s);
    print_ratio(s);
    print_class(s);
    printf("  %s\n", s->name);
}

static void print_since(const RigStrip *s, const char *indent)
{
    if (!s->first_bad) {
        return;
    }
    printf("%sfirst bad run  %s\n", indent, s->first_bad->run);
    printf("%slast good run  %s\n", indent,
           s->last_good ? s->last_good->run : "none");
    for (guint i = 0; i < s->changes->len; i++) {
        const RigChange *c = s->changes->pdata[i];

        printf("%s%-13s  %s: %s -> %s\n", indent,
               i ? "" : "what changed", c->what, c->from, c->to);
    }
    if (s->last_good && s->same_inputs) {
        printf("%swhat changed   nothing: the inputs are the same, so it is "
               "flaky\n", indent);
    } else if (s->last_good && s->changes->len == 0) {
        printf("%swhat changed   nothing that was recorded\n", indent);
    }
}

static const char *name_of(const RigStrip *s, const RigCell *c)
{
    return s->is_point ? rig_sweep_outcome_name(c->code)
                       : rig_verdict_name(c->code);
}

/* The newest two results that differ although their inputs are the same. */
static void print_flaky(const RigStrip *s, const char *indent)
{
    const RigCell *a = NULL;

    for (guint i = 0; i < s->cells->len; i++) {
        const RigCell *c = s->cells->pdata[i];

        if (c->flaky && !a) {
            a = c;
        } else if (c->flaky && strcmp(c->inputs, a->inputs) == 0 &&
                   c->code != a->code) {
            printf("%sflaky          %s in %s, %s in %s, same inputs\n",
                   indent, name_of(s, a), a->run, name_of(s, c), c->run);
            return;
        }
    }
}

static void print_points(const RigHistoryScenario *s, gboolean all)
{
    for (guint i = 0; i < s->points->len; i++) {
        const RigStrip *p = s->points->pdata[i];

        if (!all && i == 10) {
            printf("    %u more; --points prints all\n", s->points->len - i);
            break;
        }
        fputs("    ", stdout);
        print_line(p);
        if (all) {
            print_since(p, "        ");
            print_flaky(p, "        ");
        }
    }
    if (s->points_omitted) {
        printf("    and %u points that are not kept\n", s->points_omitted);
    }
}

static void print_details(const RigHistoryScenario *s, gboolean points)
{
    const RigCell *newest = s->strip->newest;

    print_line(s->strip);
    if (s->title) {
        printf("    %s\n", s->title);
    }
    if (newest) {
        printf("    newest         %s %s%s%s\n", newest->run,
               rig_verdict_name(newest->code), newest->known
               ? ", known issue " : "", newest->known ? newest->known : "");
    }
    if (s->ms) {
        printf("    takes          %.1f s with its boot\n", s->ms / 1e3);
    }
    print_since(s->strip, "    ");
    print_flaky(s->strip, "    ");
    if (s->points->len) {
        printf("    fault points that were not clean, or varied:\n");
        print_points(s, points);
    }
}

/* --- JSON ------------------------------------------------------------------- */

static void add_string(JsonBuilder *b, const char *name, const char *value)
{
    if (value) {
        json_builder_set_member_name(b, name);
        json_builder_add_string_value(b, value);
    }
}

static void add_int(JsonBuilder *b, const char *name, gint64 value)
{
    json_builder_set_member_name(b, name);
    json_builder_add_int_value(b, value);
}

static void add_bool(JsonBuilder *b, const char *name, gboolean value)
{
    json_builder_set_member_name(b, name);
    json_builder_add_boolean_value(b, value);
}

static void add_double(JsonBuilder *b, const char *name, double value)
{
    json_builder_set_member_name(b, name);
    json_builder_add_double_value(b, value);
}

static void add_cells(JsonBuilder *b, const RigStrip *s)
{
    json_builder_set_member_name(b, "strip");
    json_builder_begin_array(b);
    for (guint i = s->cells->len; i > 0; i--) {
        const RigCell *c = s->cells->pdata[i - 1];

        json_builder_begin_object(b);
        add_string(b, "run", c->run);
        add_string(b, "started", c->started);
        add_string(b, "night", c->night);
        add_string(b, s->is_point ? "outcome" : "verdict", s->is_point
                   ? rig_sweep_outcome_name(c->code)
                   : rig_verdict_name(c->code));
        if (c->counted) {
            add_bool(b, "good", c->good);
        }
        add_string(b, "known", c->known);
        add_string(b, "inputs", c->inputs);
        add_bool(b, "flaky", c->flaky);
        add_bool(b, "interrupted", c->interrupted);
        json_builder_end_object(b);
    }
    json_builder_end_array(b);
}

static void add_changes(JsonBuilder *b, const RigStrip *s)
{
    add_string(b, "first-bad", s->first_bad->run);
    add_string(b, "last-good", s->last_good ? s->last_good->run : NULL);
    add_bool(b, "same-inputs", s->same_inputs);
    json_builder_set_member_name(b, "changes");
    json_builder_begin_array(b);
    for (guint i = 0; i < s->changes->len; i++) {
        const RigChange *c = s->changes->pdata[i];

        json_builder_begin_object(b);
        add_string(b, "what", c->what);
        add_string(b, "from", c->from);
        add_string(b, "to", c->to);
        json_builder_end_object(b);
    }
    json_builder_end_array(b);
}

static void add_strip(JsonBuilder *b, const RigStrip *s)
{
    add_string(b, "class", rig_strip_class_name(s->class));
    add_bool(b, "flaky", s->flaky);
    add_int(b, "bad", s->bad);
    add_int(b, "counted", s->counted);
    if (s->counted) {
        add_double(b, "percent", s->percent);
        add_double(b, "low", s->low);
        add_double(b, "high", s->high);
    }
    add_cells(b, s);
    if (s->first_bad) {
        add_changes(b, s);
    }
}

static void add_scenario(JsonBuilder *b, const RigHistoryScenario *s)
{
    json_builder_begin_object(b);
    add_string(b, "key", s->strip->name);
    add_string(b, "name", s->name);
    add_string(b, "title", s->title);
    add_string(b, "nic", s->nic);
    add_string(b, "driver", s->driver);
    add_int(b, "ms", s->ms);
    add_strip(b, s->strip);
    json_builder_set_member_name(b, "points");
    json_builder_begin_array(b);
    for (guint i = 0; i < s->points->len; i++) {
        const RigStrip *p = s->points->pdata[i];

        json_builder_begin_object(b);
        add_string(b, "text", p->name);
        add_strip(b, p);
        json_builder_end_object(b);
    }
    json_builder_end_array(b);
    json_builder_end_object(b);
}

static void print_json(RigHistory *h, const GPtrArray *keys)
{
    g_autoptr(JsonBuilder) b = json_builder_new();
    g_autoptr(JsonGenerator) generator = json_generator_new();
    g_autoptr(JsonNode) root = NULL;
    g_autofree char *text = NULL;

    json_builder_begin_array(b);
    for (guint i = 0; i < keys->len; i++) {
        g_autoptr(RigHistoryScenario) s = rig_history_scenario(
            h, keys->pdata[i], NULL);

        add_scenario(b, s);
    }
    json_builder_end_array(b);
    root = json_builder_get_root(b);
    json_generator_set_root(generator, root);
    json_generator_set_pretty(generator, TRUE);
    text = json_generator_to_data(generator, NULL);
    puts(text);
}

/* --- the command ---------------------------------------------------------------- */

static gboolean parse(Arguments *a, int *argc, char ***argv, GError **error)
{
    const GOptionEntry entries[] = {
        { "results", 0, 0, G_OPTION_ARG_FILENAME, &a->results,
          "Directory with runs/ and history.db (default: results)", "DIR" },
        { "points", 0, 0, G_OPTION_ARG_NONE, &a->points,
          "Of sweeps, every fault point with what changed", NULL },
        { "json", 0, 0, G_OPTION_ARG_NONE, &a->json,
          "Print JSON, for programs", NULL },
        { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY, &a->patterns,
          NULL, NULL },
        { 0 },
    };
    g_autoptr(GOptionContext) context =
        g_option_context_new("[KEY|SCENARIO|rebuild]...");

    g_set_prgname("rig history");
    g_option_context_add_main_entries(context, entries, NULL);
    g_option_context_set_summary(context,
        "Show what became of each scenario, run after run; of those that are "
        "named,\nalso since when it fails and what changed then. \"rebuild\" "
        "reads every run again.");
    return rig_options_parse(context, argc, argv, error);
}

static GPtrArray *find_keys(RigHistory *h, char **patterns)
{
    GPtrArray *keys;

    if (!patterns) {
        return rig_history_keys(h, NULL, NULL);
    }
    keys = g_ptr_array_new_with_free_func(g_free);
    for (; *patterns; patterns++) {
        GPtrArray *some = rig_history_keys(h, NULL, *patterns);

        if (some->len == 0) {
            g_autoptr(GPtrArray) all = rig_history_keys(h, NULL, NULL);
            g_autofree char *hint = NULL;

            g_ptr_array_add(all, NULL);
            hint = rig_did_you_mean(*patterns,
                                    (const char *const *)all->pdata);
            fprintf(stderr, "rig history: no scenario with a result is called "
                    "\"%s\"%s; \"rig history\" lists them\n", *patterns,
                    hint);
            g_ptr_array_unref(some);
            g_ptr_array_unref(keys);
            return NULL;
        }
        g_ptr_array_extend_and_steal(keys, some);
    }
    return keys;
}

static void print_text(RigHistory *h, const Arguments *a,
                       const GPtrArray *keys)
{
    for (guint i = 0; i < keys->len; i++) {
        g_autoptr(RigHistoryScenario) s = rig_history_scenario(
            h, keys->pdata[i], NULL);

        if (a->patterns || a->points) {
            print_details(s, a->points);
        } else {
            print_line(s->strip);
        }
    }
    if (keys->len) {
        print_legend();
    } else {
        puts("no run has a result yet; \"rig run\" makes one");
    }
}

static int show(const Arguments *a, const char *results)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(RigHistory) h = rig_history_open(results, &error);
    g_autoptr(GPtrArray) keys = NULL;

    if (!h) {
        fprintf(stderr, "rig history: %s; name the directory of results with "
                "--results\n", error->message);
        return RIG_EXIT_USAGE;
    }
    keys = find_keys(h, a->patterns);
    if (!keys) {
        return RIG_EXIT_USAGE;
    }
    if (a->json) {
        print_json(h, keys);
    } else {
        print_text(h, a, keys);
    }
    return RIG_EXIT_OK;
}

static int rebuild(const char *results)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(RigHistory) h = rig_history_rebuild(results, &error);

    if (!h) {
        fprintf(stderr, "rig history: %s\n", error->message);
        return RIG_EXIT_BROKEN;
    }
    printf("%s/history.db: %u runs\n", results, rig_history_runs(h));
    return RIG_EXIT_OK;
}

int rig_cmd_history(int argc, char **argv)
{
    Arguments a = { 0 };
    g_autoptr(GError) error = NULL;
    int status = RIG_EXIT_USAGE;

    if (!parse(&a, &argc, &argv, &error)) {
        fprintf(stderr, "rig history: %s; \"rig history --help\" shows the "
                "options\n", error->message);
    } else if (a.patterns && strcmp(a.patterns[0], "rebuild") == 0 &&
               !a.patterns[1]) {
        status = rebuild(a.results ? a.results : "results");
    } else {
        status = show(&a, a.results ? a.results : "results");
    }
    g_free(a.results);
    g_strfreev(a.patterns);
    return status;
}
