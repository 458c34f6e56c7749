/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The first bad build of a driver: the oldest has to be good and the newest
 * bad, then the middle one is run, and again. A build that cannot be judged
 * (broken, inconclusive) is left out and the next one tried; when none is left
 * between the last good and the first bad one, they all share the blame.
 */
#include "bisect-plan.h"

#include <stdio.h>
#include <string.h>

#include "commands.h"

typedef enum State { UNKNOWN, GOOD, BAD, UNCLEAR } State;

typedef struct Builds {
    RigTrial *trial;
    xmlDoc *doc;
    char *const *path;
    guint count;
    State *state;
} Builds;

/* The only file of @dir with this ending, or NULL. */
static char *only_file(const char *dir, const char *ending)
{
    g_autoptr(GDir) d = g_dir_open(dir, 0, NULL);
    g_autofree char *found = NULL;
    const char *name;

    while (d && (name = g_dir_read_name(d))) {
        g_autofree char *low = g_ascii_strdown(name, -1);

        if (g_str_has_suffix(low, ending)) {
            if (found) {
                return NULL;
            }
            found = g_build_filename(dir, name, NULL);
        }
    }
    return g_steal_pointer(&found);
}

/* The file of a build that the scenario names @base, by name or as the only
 * one of its kind. */
static char *file_of(const char *dir, const char *scenario_path,
                     const char *ending)
{
    g_autofree char *base = g_path_get_basename(scenario_path);
    g_autofree char *same = g_build_filename(dir, base, NULL);

    return g_file_test(same, G_FILE_TEST_IS_REGULAR) ? g_steal_pointer(&same)
                                                     : only_file(dir, ending);
}

static xmlNode *driver_of(xmlDoc *doc)
{
    for (xmlNode *n = xmlDocGetRootElement(doc)->children; n; n = n->next) {
        if (n->type == XML_ELEMENT_NODE &&
            strcmp((const char *)n->name, "driver") == 0) {
            return n;
        }
    }
    return NULL;
}

static gboolean use(xmlNode *driver, const char *dir, const char *attribute,
                    GError **error)
{
    g_autofree char *ending = g_strdup_printf(".%s", attribute);
    xmlChar *now = xmlGetProp(driver, BAD_CAST attribute);
    g_autofree char *file = now ? file_of(dir, (const char *)now, ending)
                                : NULL;

    xmlFree(now);
    if (!file) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "%s: has no %s "
                    "file of the scenario's name, and not one alone", dir,
                    ending);
        return FALSE;
    }
    xmlSetProp(driver, BAD_CAST attribute, BAD_CAST file);
    return TRUE;
}

/* The scenario with the driver of build @i, or NULL with @error. */
static RigCandidate *candidate_of(const Builds *b, guint i, GError **error)
{
    g_autofree char *path = g_canonicalize_filename(b->path[i], NULL);
    g_autofree char *dir = g_file_test(path, G_FILE_TEST_IS_DIR)
                           ? g_strdup(path) : g_path_get_dirname(path);
    g_autoptr(RigCandidate) c = rig_candidate_new(xmlCopyDoc(b->doc, 1),
                                                  b->path[i]);
    xmlNode *driver = driver_of(c->doc);

    if (!driver || !use(driver, dir, "sys", error) ||
        !use(driver, dir, "inf", error)) {
        return NULL;
    }
    return g_steal_pointer(&c);
}

static State state_of(const RigCandidate *c)
{
    return c->fails ? BAD : c->unclear ? UNCLEAR : GOOD;
}

/* Run build @i and note how it is. FALSE with @error. */
static gboolean try_build(Builds *b, guint i, GError **error)
{
    static const char *const words[] = { "", "good", "bad", "unclear" };
    g_autoptr(GPtrArray) one = g_ptr_array_new_with_free_func(
        (GDestroyNotify)rig_candidate_free);
    RigCandidate *c = candidate_of(b, i, error);
    g_autofree char *ratio = NULL;

    if (!c) {
        return FALSE;
    }
    g_ptr_array_add(one, c);
    if (!rig_trial_run(b->trial, one, FALSE, error)) {
        return FALSE;
    }
    b->state[i] = state_of(c);
    ratio = rig_candidate_ratio(c);
    printf("build %u of %u, %s: %s; %s%s%s\n", i + 1, b->count, b->path[i],
           words[b->state[i]], ratio, c->why ? "; " : "", c->why ? c->why : "");
    fflush(stdout);
    return TRUE;
}

/* The untried build nearest to the middle between @good and @bad, or @bad. */
static guint next_build(const Builds *b, guint good, guint bad)
{
    guint middle = good + (bad - good) / 2;

    for (guint far = 0; far < bad - good; far++) {
        guint below = middle - MIN(far, middle), above = middle + far;

        if (above < bad && b->state[above] == UNKNOWN) {
            return above;
        }
        if (below > good && b->state[below] == UNKNOWN) {
            return below;
        }
    }
    return bad;
}

static gboolean search(Builds *b, guint *good, guint *bad, GError **error)
{
    guint next;

    while ((next = next_build(b, *good, *bad)) != *bad) {
        if (!try_build(b, next, error)) {
            return FALSE;
        }
        if (b->state[next] == GOOD) {
            *good = next;
        } else if (b->state[next] == BAD) {
            *bad = next;
        }
    }
    return TRUE;
}

static gboolean check_ends(Builds *b, GError **error)
{
    guint last = b->count - 1;

    if (!try_build(b, last, error) || !try_build(b, 0, error)) {
        return FALSE;
    }
    if (b->state[last] != BAD || b->state[0] != GOOD) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                    "the oldest build has to be good and the newest bad");
        return FALSE;
    }
    return TRUE;
}

static void print_blame(const Builds *b, guint good, guint bad)
{
    if (bad - good == 1) {
        printf("first bad build: %s\nlast good build: %s\n", b->path[bad],
               b->path[good]);
        return;
    }
    printf("first bad build: one of these, of which only the last could be "
           "judged:\n");
    for (guint i = good + 1; i <= bad; i++) {
        printf("  %s\n", b->path[i]);
    }
    printf("last good build: %s\n", b->path[good]);
}

int rig_bisect_builds(RigTrial *t, xmlDoc *doc, char *const *builds)
{
    guint count = g_strv_length((char **)builds), good = 0, bad = count - 1;
    g_autofree State *state = g_new0(State, count);
    Builds b = { t, doc, builds, count, state };
    g_autoptr(GError) error = NULL;

    if (!check_ends(&b, &error) || !search(&b, &good, &bad, &error)) {
        fprintf(stderr, "rig bisect: %s\n", error->message);
        return g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED)
               ? RIG_EXIT_INTERRUPTED : RIG_EXIT_BROKEN;
    }
    print_blame(&b, good, bad);
    return RIG_EXIT_OK;
}
