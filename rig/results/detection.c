/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Detection: run.xml in, recall and false alarms out. */
#include "detection.h"

#include <gio/gio.h>
#include <string.h>

#include "commands.h"
#include "xml-pull.h"

static void case_free(gpointer data)
{
    RigCase *c = data;

    g_free(c->seed);
    g_free(c->name);
    g_free(c->driver);
    g_free(c->profile);
    g_free(c->level);
    g_free(c->class_code);
    g_free(c);
}

RigDetection *rig_detection_new(void)
{
    RigDetection *d = g_new0(RigDetection, 1);

    d->cases = g_ptr_array_new_with_free_func(case_free);
    return d;
}

void rig_detection_free(RigDetection *d)
{
    if (d) {
        g_ptr_array_unref(d->cases);
        g_free(d);
    }
}

/* --- reading ------------------------------------------------------------- */

/* "": there is none. */
static char *attr(xmlTextReader *r, const char *name)
{
    char *v = rig_pull_attribute(r, name);

    return v ? v : g_strdup("");
}

static char *driver_name(xmlTextReader *r)
{
    char *sys = attr(r, "sys");

    if (g_str_has_suffix(sys, ".sys")) {
        sys[strlen(sys) - strlen(".sys")] = '\0';
    }
    return sys;
}

/* A seed, a control, or NULL; machine numbers are put into @machines. */
static RigCase *read_scenario(xmlTextReader *r, GPtrArray *machines)
{
    g_autofree char *seed = attr(r, "seed");
    g_autofree char *verdict = attr(r, "verdict");
    RigCase *c;

    if (!*seed && !rig_pull_attribute_is(r, "control", "yes")) {
        return NULL;
    }
    c = g_new0(RigCase, 1);
    c->seed = *seed ? g_steal_pointer(&seed) : NULL;
    c->name = attr(r, "name");
    c->driver = g_strdup("");
    c->profile = g_strdup("");
    c->level = g_strdup("");
    c->class_code = g_strdup("");
    c->as_expected = rig_pull_attribute_is(r, "as-expected", "yes");
    c->cycles = rig_pull_number(r, "cycles");
    rig_verdict_parse(verdict, &c->verdict);
    g_ptr_array_add(machines, attr(r, "machine"));
    return c;
}

/* How many cycles of a sweep had this outcome. */
static void read_outcome(RigCase *c, xmlTextReader *r)
{
    static const char *const counts[] = { "lives", "single", "pairs" };
    uint64_t n = 0;

    for (guint i = 0; i < G_N_ELEMENTS(counts); i++) {
        n += rig_pull_number(r, counts[i]);
    }
    if (rig_pull_attribute_is(r, "name", "clean-failure") || rig_pull_attribute_is(r, "name", "success")) {
        c->cycles += n;
    } else if (rig_pull_attribute_is(r, "name", "not-reached")) {
        c->not_reached += n;
    } else if (n) {
        c->only_not_reached = FALSE;
    }
}

typedef struct Reading {
    RigDetection *d;
    GHashTable *profiles; /* machine number -> MSI-X profile */
    GPtrArray *machines;  /* machine number of each case of this run */
    RigCase *open;        /* the scenario whose children come, or NULL */
} Reading;

static void read_element(Reading *g, xmlTextReader *r)
{
    const char *name = (const char *)xmlTextReaderConstLocalName(r);
    int depth = xmlTextReaderDepth(r);

    if (depth == 0 && !rig_pull_attribute_is(r, "complete", "yes")) {
        g->d->incomplete++;
    } else if (depth == 1 && !strcmp(name, "machine")) {
        g_hash_table_replace(g->profiles, attr(r, "number"),
                             attr(r, "msix-profile"));
    } else if (depth == 1 && !strcmp(name, "scenario")) {
        g->open = read_scenario(r, g->machines);
        if (g->open) {
            g_ptr_array_add(g->d->cases, g->open);
        }
    } else if (depth == 2 && g->open && !strcmp(name, "driver")) {
        g_free(g->open->driver);
        g->open->driver = driver_name(r);
    } else if (depth == 2 && g->open && !strcmp(name, "sweep")) {
        g->open->cycles = 0; /* its outcomes count them */
        g->open->only_not_reached = TRUE;
    } else if (depth == 3 && g->open && !strcmp(name, "outcome")) {
        read_outcome(g->open, r);
    } else if (depth == 2 && g->open && !strcmp(name, "expect")) {
        g_free(g->open->level);
        g_free(g->open->class_code);
        g->open->level = attr(r, "level");
        g->open->class_code = attr(r, "class");
    }
}

gboolean rig_detection_add(RigDetection *d, const char *file, GError **error)
{
    g_autoptr(xmlTextReader) r = rig_pull_open(file);
    Reading g = {
        .d = d,
        .profiles = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
                                          g_free),
        .machines = g_ptr_array_new_with_free_func(g_free),
    };
    guint first = d->cases->len;
    gboolean is_run = TRUE;
    int more = r ? rig_pull_element(r) : -1;

    for (; more == 1 && is_run; more = rig_pull_element(r)) {
        is_run = xmlTextReaderDepth(r) > 0 || rig_pull_is(r, 0, "run");
        read_element(&g, r);
    }
    for (guint i = 0; i < g.machines->len; i++) {
        RigCase *c = d->cases->pdata[first + i];
        const char *profile = g_hash_table_lookup(g.profiles,
                                                  g.machines->pdata[i]);

        g_free(c->profile);
        c->profile = g_strdup(profile ? profile : "");
    }
    g_hash_table_unref(g.profiles);
    g_ptr_array_unref(g.machines);
    if (more < 0 || !is_run) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                    "%s: is no run.xml, or cannot be read; name a directory "
                    "of results/runs", file);
        return FALSE;
    }
    return TRUE;
}

/* --- sums ---------------------------------------------------------------- */

/*
 * A sweep whose driver came past a few faults that are counted in accesses,
 * because it polls now more and now less often, was judged but for those.
 */
static gboolean is_clean(const RigCase *c)
{
    return c->verdict == RIG_VERDICT_PASS ||
           (c->verdict == RIG_VERDICT_INCONCLUSIVE && c->only_not_reached);
}

static gboolean is_judged(const RigCase *c)
{
    return is_clean(c) || c->verdict == RIG_VERDICT_VIOLATION;
}

/* Scenarios with this seed, and how many of them found it as expected. */
static unsigned count_seed(const RigDetection *d, const char *seed,
                           unsigned *found)
{
    unsigned n = 0;

    *found = 0;
    for (guint i = 0; i < d->cases->len; i++) {
        const RigCase *c = d->cases->pdata[i];

        if (g_strcmp0(c->seed, seed) == 0) {
            n++;
            *found += c->as_expected;
        }
    }
    return n;
}

void rig_detection_sum(const RigDetection *d, RigDetectionSum *sum)
{
    memset(sum, 0, sizeof(*sum));
    for (unsigned s = 1; s <= RIG_SEEDS; s++) {
        g_autofree char *seed = g_strdup_printf("S%02u", s);
        unsigned found, n = count_seed(d, seed, &found);

        sum->seeds += n > 0;
        sum->seeds_found += n > 0 && found == n;
    }
    for (guint i = 0; i < d->cases->len; i++) {
        const RigCase *c = d->cases->pdata[i];

        sum->not_judged += !is_judged(c);
        if (c->seed) {
            continue;
        }
        sum->controls++;
        sum->false_alarms += c->verdict == RIG_VERDICT_VIOLATION;
        sum->clean_cycles += is_clean(c) ? c->cycles : 0;
        sum->not_reached += is_clean(c) ? c->not_reached : 0;
    }
}

int rig_detection_status(const RigDetection *d)
{
    RigDetectionSum sum;

    rig_detection_sum(d, &sum);
    if (sum.false_alarms) {
        return RIG_EXIT_VIOLATION;
    }
    if (sum.not_judged || d->incomplete || sum.seeds < RIG_SEEDS) {
        return RIG_EXIT_BROKEN;
    }
    return sum.seeds_found == RIG_SEEDS ? RIG_EXIT_OK : RIG_EXIT_VIOLATION;
}

/* --- text ---------------------------------------------------------------- */

static int compare_text(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Distinct values of @of over the seeds, sorted; owned by the caller. */
static GPtrArray *distinct(const RigDetection *d, char *(*of)(const RigCase *))
{
    GPtrArray *all = g_ptr_array_new_with_free_func(g_free);

    for (guint i = 0; i < d->cases->len; i++) {
        const RigCase *c = d->cases->pdata[i];
        g_autofree char *value = c->seed ? of(c) : NULL;

        if (value && !g_ptr_array_find_with_equal_func(all, value, g_str_equal,
                                                       NULL)) {
            g_ptr_array_add(all, g_steal_pointer(&value));
        }
    }
    g_ptr_array_sort(all, compare_text);
    return all;
}

static char *column_of(const RigCase *c)
{
    return g_strdup_printf("%s %s", c->driver, c->profile);
}

static char *seed_of(const RigCase *c)
{
    return g_strdup(c->seed);
}

static char *class_of(const RigCase *c)
{
    return g_strdup_printf("%-15s  %-8s", c->class_code, c->level);
}

/* "found", "MISSED", "1 of 2", or "-" for a seed that this column lacks. */
static char *cell(const RigDetection *d, const char *seed, const char *column)
{
    unsigned n = 0, found = 0;

    for (guint i = 0; i < d->cases->len; i++) {
        const RigCase *c = d->cases->pdata[i];
        g_autofree char *where = column_of(c);

        if (g_strcmp0(c->seed, seed) == 0 && strcmp(where, column) == 0) {
            n++;
            found += c->as_expected;
        }
    }
    return n == 0 ? g_strdup("-") : found == n ? g_strdup("found") :
           n == 1 ? g_strdup("MISSED") : g_strdup_printf("%u of %u", found, n);
}

/* Class and level that the first scenario of the seed expects. */
static char *class_of_seed(const RigDetection *d, const char *seed)
{
    for (guint i = 0; i < d->cases->len; i++) {
        const RigCase *c = d->cases->pdata[i];

        if (g_strcmp0(c->seed, seed) == 0) {
            return class_of(c);
        }
    }
    return g_strdup("");
}

static void add_matrix(GString *text, const RigDetection *d)
{
    g_autoptr(GPtrArray) columns = distinct(d, column_of);
    g_autoptr(GPtrArray) seeds = distinct(d, seed_of);

    g_string_append_printf(text, "SEED  %-15s  %-8s", "CLASS", "LEVEL");
    for (guint i = 0; i < columns->len; i++) {
        g_string_append_printf(text, "  %s", (char *)columns->pdata[i]);
    }
    g_string_append_c(text, '\n');
    for (guint s = 0; s < seeds->len; s++) {
        g_autofree char *class_code = class_of_seed(d, seeds->pdata[s]);

        g_string_append_printf(text, "%-4s  %s", (char *)seeds->pdata[s],
                               class_code);
        for (guint i = 0; i < columns->len; i++) {
            g_autofree char *value = cell(d, seeds->pdata[s],
                                          columns->pdata[i]);

            g_string_append_printf(text, "  %-*s",
                                   (int)strlen(columns->pdata[i]), value);
        }
        while (text->str[text->len - 1] == ' ') {
            g_string_truncate(text, text->len - 1);
        }
        g_string_append_c(text, '\n');
    }
}

static void add_recall(GString *text, const RigDetection *d)
{
    g_autoptr(GPtrArray) classes = distinct(d, class_of);

    g_string_append_printf(text, "\n%-15s  %-8s  FOUND  OF SCENARIOS  "
                           "RECALL\n", "CLASS", "LEVEL");
    for (guint k = 0; k < classes->len; k++) {
        unsigned n = 0, found = 0;

        for (guint i = 0; i < d->cases->len; i++) {
            const RigCase *c = d->cases->pdata[i];
            g_autofree char *its = c->seed ? class_of(c) : NULL;

            if (g_strcmp0(its, classes->pdata[k]) == 0) {
                n++;
                found += c->as_expected;
            }
        }
        g_string_append_printf(text, "%s  %5u  %12u  %5.1f %%\n",
                               (char *)classes->pdata[k], found, n,
                               100.0 * found / n);
    }
}

/* By name, what spoils the result. */
static void add_blemishes(GString *text, const RigDetection *d)
{
    for (guint i = 0; i < d->cases->len; i++) {
        const RigCase *c = d->cases->pdata[i];
        const char *what = !is_judged(c) ? "not judged" :
                           c->as_expected || (!c->seed && is_clean(c)) ? NULL :
                           !c->seed ? "FALSE ALARM" :
                           c->verdict == RIG_VERDICT_PASS ? "MISSED" :
                           "MISSED: found as something else";

        if (what) {
            g_string_append_printf(text, "%s (%s): %s, %s\n", c->name,
                                   c->driver, rig_verdict_name(c->verdict),
                                   what);
        }
    }
}

char *rig_detection_text(const RigDetection *d)
{
    GString *text = g_string_new(NULL);
    RigDetectionSum sum;

    rig_detection_sum(d, &sum);
    if (sum.seeds) {
        add_matrix(text, d);
        add_recall(text, d);
        g_string_append_c(text, '\n');
    }
    add_blemishes(text, d);
    g_string_append_printf(text, "seeded defects found with the right class "
                           "and level: %u of %u", sum.seeds_found, RIG_SEEDS);
    if (sum.seeds < RIG_SEEDS) {
        g_string_append_printf(text, " (%u were not run)",
                               RIG_SEEDS - sum.seeds);
    }
    g_string_append_printf(text, "\nfalse alarms: %u of %u clean controls, "
                           "%" G_GUINT64_FORMAT " clean cycles",
                           sum.false_alarms, sum.controls, sum.clean_cycles);
    if (!sum.false_alarms && sum.clean_cycles) {
        /* The rule of three: none in n bounds the rate at 95 % confidence. */
        g_string_append_printf(text, " (95 %% confidence: fewer than %.2g per "
                               "cycle)", 3.0 / sum.clean_cycles);
    }
    g_string_append_c(text, '\n');
    if (sum.not_reached) {
        g_string_append_printf(text, "besides: %" G_GUINT64_FORMAT " cycles of "
                               "sweeps whose fault was not reached\n",
                               sum.not_reached);
    }
    if (sum.not_judged || d->incomplete) {
        g_string_append_printf(text, "not judged: %u scenarios; runs that did "
                               "not end: %u\n", sum.not_judged,
                               d->incomplete);
    }
    return g_string_free(text, FALSE);
}
