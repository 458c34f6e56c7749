/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Variants: scenarios on other machines, and repeated. */
#include "variants.h"

#include <string.h>

#include "include/plan.h"
#include "problem.h"
#include "rig/events.h"
#include "rig/nic-regs.h"
#include "shell-word.h"
#include "suggest.h"
#include "xml-read.h"

/* Where problems with the options are said to be. */
#define WHERE "--with"

/* What can be varied. */
enum key {
    KEY_DRIVER, KEY_NIC, KEY_PROFILE, KEY_VECTORS, KEY_QUEUES, KEY_SEED,
    KEY_LIMIT, KEYS,
};

static const struct {
    const char *name;
    const char *suffix;  /* in front of the value */
    unsigned max;        /* 0: not a number */
} keys[KEYS] = {
    [KEY_DRIVER] = { "driver", "", 0 },
    [KEY_NIC] = { "nic", "", 0 },
    [KEY_PROFILE] = { "msix-profile", "", 0 },
    [KEY_VECTORS] = { "vectors", "v", RIG_NIC_MAX_VECTORS },
    [KEY_QUEUES] = { "queues", "q", RIG_NIC_MAX_QUEUES },
    [KEY_SEED] = { "random-seed", "r", G_MAXINT32 },
    [KEY_LIMIT] = { "limit", "l", PLAN_REPEAT_MAX },
};

typedef struct Axes {
    char **values[KEYS];  /* NULL: as the file says */
} Axes;

static gboolean is_value(enum key key, const char *value)
{
    if (key == KEY_DRIVER || key == KEY_NIC) {
        return *value != '\0'; /* what it names is checked with the scenario */
    }
    if (key == KEY_PROFILE) {
        return !strcmp(value, RIG_PROFILE_AT_CONNECT) ||
               !strcmp(value, RIG_PROFILE_AT_START);
    }
    return g_ascii_string_to_unsigned(value, 10, 1, keys[key].max, NULL, NULL);
}

static void not_an_axis(const char *text, GPtrArray *problems)
{
    g_autofree char *word = g_strndup(text, strcspn(text, "="));
    const char *names[KEYS + 1] = { NULL };
    g_autofree char *hint = NULL;

    for (int key = 0; key < KEYS; key++) {
        names[key] = keys[key].name;
    }
    hint = rig_did_you_mean(word, names);
    rig_problem(problems, WHERE, 0, "\"%s\" is not KEY=VALUE,VALUE... with "
                "driver, nic, msix-profile, vectors, queues, random-seed or "
                "limit as KEY%s", text, hint);
}

static void add_axis(Axes *axes, const char *text, GPtrArray *problems)
{
    const char *equals = strchr(text, '=');

    for (int key = 0; key < KEYS && equals; key++) {
        size_t length = strlen(keys[key].name);

        if ((size_t)(equals - text) != length ||
            strncmp(text, keys[key].name, length) != 0) {
            continue;
        }
        if (axes->values[key]) {
            rig_problem(problems, WHERE, 0, "%s is given twice",
                        keys[key].name);
            return;
        }
        axes->values[key] = g_strsplit(equals + 1, ",", -1);
        if (!equals[1]) {
            rig_problem(problems, WHERE, 0, "%s has no value",
                        keys[key].name);
        }
        for (char **v = axes->values[key]; *v; v++) {
            if (!is_value(key, *v)) {
                rig_problem(problems, WHERE, 0, "\"%s\" is no value of %s; %s",
                            *v, keys[key].name, key == KEY_PROFILE ?
                            RIG_PROFILE_AT_CONNECT " and " RIG_PROFILE_AT_START
                            " are" : "see rig-run(1)");
            }
        }
        return;
    }
    not_an_axis(text, problems);
}

static void set(RigScenario *s, enum key key, const char *value)
{
    RigMachine *m = &s->machine;
    unsigned number = g_ascii_strtoull(value, NULL, 10);

    switch (key) {
    case KEY_PROFILE:
        m->profile = strcmp(value, RIG_PROFILE_AT_START)
                     ? RIG_MSIX_AT_CONNECT : RIG_MSIX_AT_START;
        break;
    case KEY_VECTORS:
        m->vectors = number;
        break;
    case KEY_QUEUES:
        m->queues = number;
        break;
    case KEY_SEED:
        m->random_seed = number;
        break;
    case KEY_DRIVER:
    case KEY_NIC:
        break; /* load_with() has done it */
    default:
        s->sweep->limit = number;
    }
}

/* "s06-rignic" for build/drivers/s06/rignic.inf. */
static char *driver_suffix(const char *inf)
{
    g_autofree char *dir = g_path_get_dirname(inf);
    g_autofree char *parent = g_path_get_basename(dir);
    g_autofree char *base = g_path_get_basename(inf);
    char *dot = strrchr(base, '.');
    char *name;

    if (dot) {
        *dot = '\0';
    }
    name = strcmp(parent, ".") ? g_strdup_printf("%s-%s", parent, base)
                               : g_strdup(base);
    for (char *p = name; *p; p++) {
        *p = g_ascii_isalnum(*p) ? g_ascii_tolower(*p) : '-';
    }
    return name;
}

/* The name, and the options that make this variant from its file again. */
static void rename_variant(RigScenario *s, const char *const *chosen,
                           unsigned repeat)
{
    GString *name = g_string_new(s->name), *options = g_string_new(NULL);

    for (int key = 0; key < KEYS; key++) {
        if (chosen[key]) {
            g_autofree char *value = key == KEY_DRIVER
                                     ? driver_suffix(chosen[key])
                                     : g_strdup(chosen[key]);
            g_autofree char *option = g_strdup_printf(
                "%s=%s", keys[key].name, chosen[key]);
            g_autofree char *word = rig_shell_word(option);

            g_string_append_printf(name, ".%s%s", keys[key].suffix, value);
            g_string_append_printf(options, "--with %s ", word);
        }
    }
    if (repeat > 1) {
        g_string_append_printf(options, "--repeat %u ", repeat);
    }
    g_free(s->name);
    s->name = g_string_free(name, FALSE);
    s->variant = g_string_free(options, FALSE);
}

static void repeat_cycles(RigScenario *s, unsigned repeat,
                          GPtrArray *problems)
{
    uint64_t all = (uint64_t)rig_scenario_cycle_count(s) * repeat;

    if (all > PLAN_REPEAT_MAX) {
        rig_problem(problems, s->file, 0, "%" G_GUINT64_FORMAT " cycles with "
                    "--repeat %u, the limit is %u", all, repeat,
                    PLAN_REPEAT_MAX);
        return;
    }
    for (guint i = 0; i < s->cycles->len; i++) {
        ((RigCycle *)s->cycles->pdata[i])->repeat *= repeat;
    }
    s->machine.wall_seconds = MIN((uint64_t)s->machine.wall_seconds * repeat,
                                  RIG_WALL_SECONDS_MAX);
}

/* --- other drivers and NICs ----------------------------------------------- */

static xmlNode *child(xmlNode *parent, const char *name)
{
    xmlNode *n = parent->children;

    while (n && !rig_element_is(n, name)) {
        n = n->next;
    }
    return n;
}

static void set_attribute(xmlNode *n, const char *name, const char *value)
{
    xmlSetProp(n, (const xmlChar *)name, (const xmlChar *)value);
}

/* <driver> names the INF, and the .sys with its name beside it. */
static void set_driver(xmlNode *root, const char *inf)
{
    xmlNode *driver = child(root, "driver");
    g_autofree char *path = g_canonicalize_filename(inf, NULL);
    const char *dot = strrchr(path, '.');
    g_autofree char *sys = g_strdup_printf("%.*s.sys", (int)(
        dot ? (size_t)(dot - path) : strlen(path)), path);

    xmlUnsetProp(driver, (const xmlChar *)"linux");
    set_attribute(driver, "sys", sys);
    set_attribute(driver, "inf", path);
}

/* Only rig-nic has vectors and queues to choose. */
static void set_nic(xmlNode *root, const char *nic)
{
    xmlNode *machine = child(root, "machine");

    if (!machine) {
        machine = xmlNewNode(NULL, (const xmlChar *)"machine");
        xmlAddNextSibling(child(root, "driver"), machine);
    }
    set_attribute(machine, "nic", nic);
    if (strcmp(nic, RIG_NIC_MODEL) != 0) {
        xmlUnsetProp(machine, (const xmlChar *)"vectors");
        xmlUnsetProp(machine, (const xmlChar *)"queues");
    }
}

/*
 * The scenario of @file with the chosen driver and NIC. What may be wrong with
 * them is found as if the file said so.
 */
static RigScenario *load_with(const char *file, const char *const *chosen,
                              const RigPaths *paths, GPtrArray *problems)
{
    g_autoptr(xmlDoc) doc = NULL;
    xmlChar *text = NULL;
    int length;
    RigScenario *s = NULL;

    if (!chosen[KEY_DRIVER] && !chosen[KEY_NIC]) {
        return rig_scenario_load(file, paths, problems);
    }
    doc = rig_document_read(file, RIG_XML_BY_HAND, "", problems);
    if (!doc) {
        return NULL; /* it was valid a moment ago */
    }
    if (chosen[KEY_DRIVER]) {
        set_driver(xmlDocGetRootElement(doc), chosen[KEY_DRIVER]);
    }
    if (chosen[KEY_NIC]) {
        set_nic(xmlDocGetRootElement(doc), chosen[KEY_NIC]);
    }
    xmlDocDumpMemoryEnc(doc, &text, &length, "UTF-8");
    s = rig_scenario_parse((const char *)text, file, paths, problems);
    xmlFree(text);
    return s;
}

static void add_variant(GPtrArray *all, const char *file,
                        const char *const *chosen, unsigned repeat,
                        const RigPaths *paths, GPtrArray *problems)
{
    RigScenario *s = load_with(file, chosen, paths, problems);

    if (!s) {
        return; /* it was there a moment ago */
    }
    for (int key = 0; key < KEYS; key++) {
        if (chosen[key]) {
            set(s, key, chosen[key]);
        }
    }
    rename_variant(s, chosen, repeat);
    repeat_cycles(s, repeat, problems);
    if (strlen(s->name) >= RIG_MARKER_NAME) {
        rig_problem(problems, file, 0, "\"%s\" is a name of more than %u "
                    "characters; shorten the scenario's", s->name,
                    RIG_MARKER_NAME - 1);
    }
    g_ptr_array_add(all, s);
}

/* Another NIC that was chosen has its own vectors and queues. */
static gboolean applies(int key, const char *const *chosen)
{
    return (key != KEY_VECTORS && key != KEY_QUEUES) || !chosen[KEY_NIC] ||
           strcmp(chosen[KEY_NIC], RIG_NIC_MODEL) == 0;
}

/* All combinations of the values from @key on. */
static void combine(GPtrArray *all, const RigScenario *s, const Axes *axes,
                    int key, const char **chosen, unsigned repeat,
                    const RigPaths *paths, GPtrArray *problems)
{
    if (key == KEYS) {
        add_variant(all, s->file, chosen, repeat, paths, problems);
        return;
    }
    chosen[key] = NULL;
    if (!axes->values[key] || !applies(key, chosen)) {
        combine(all, s, axes, key + 1, chosen, repeat, paths, problems);
        return;
    }
    for (char **v = axes->values[key]; *v; v++) {
        chosen[key] = *v;
        combine(all, s, axes, key + 1, chosen, repeat, paths, problems);
    }
}

/* What cannot be asked of @s; NULL: all can. */
static char *unfit(const RigScenario *s, const Axes *axes, unsigned repeat)
{
    if (strcmp(s->machine.nic, RIG_NIC_MODEL) != 0 &&
        !axes->values[KEY_NIC] &&
        (axes->values[KEY_VECTORS] || axes->values[KEY_QUEUES])) {
        return g_strdup_printf("%s has vectors and queues of its own: only "
                               RIG_NIC_MODEL "'s can be varied",
                               s->machine.nic);
    }
    if (s->linux_driver && (axes->values[KEY_NIC] ||
                            axes->values[KEY_DRIVER])) {
        return g_strdup("is about one of Linux's own drivers and its NIC: "
                        "neither can be varied");
    }
    if (s->sweep && repeat > 1) {
        return g_strdup("a sweep is not repeated; it has a limit");
    }
    return s->sweep || !axes->values[KEY_LIMIT] ? NULL :
           g_strdup("is no sweep, so it has no limit");
}

/* Every value of an axis with each of the others, of all @n scenarios. */
static double count_all(guint n, const Axes *axes)
{
    double all = n;

    for (int key = 0; key < KEYS; key++) {
        all *= axes->values[key] ? g_strv_length(axes->values[key]) : 1;
    }
    return all;
}

void rig_variants_make(GPtrArray *scenarios, char *const *with,
                       unsigned repeat, const RigPaths *paths,
                       GPtrArray *problems)
{
    Axes axes = { 0 };
    const char *chosen[KEYS];
    guint n = scenarios->len;

    for (; with && *with; with++) {
        add_axis(&axes, *with, problems);
    }
    if (count_all(n, &axes) > RIG_VARIANTS_MAX) {
        rig_problem(problems, WHERE, 0, "makes %.0f scenarios of %u, the limit "
                    "is %u; leave out values or files", count_all(n, &axes), n,
                    RIG_VARIANTS_MAX);
    }
    for (guint i = 0; i < n && !problems->len; i++) {
        const RigScenario *s = scenarios->pdata[i];
        g_autofree char *why = unfit(s, &axes, repeat);

        if (why) {
            rig_problem(problems, s->file, 0, "%s", why);
        } else {
            combine(scenarios, s, &axes, 0, chosen, repeat, paths, problems);
        }
    }
    g_ptr_array_remove_range(scenarios, 0, n);
    for (int key = 0; key < KEYS; key++) {
        g_strfreev(axes.values[key]);
    }
}
