/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * INF files: from a hardware id to its line in a Models section.
 *
 * [Manufacturer] lists, for each manufacturer, a Models section and the
 * operating systems for which decorated variants of it exist:
 *   nt[architecture][.[major][.[minor][.[product][.[suite][.[build]]]]]]
 * Windows takes the variant closest to itself (Microsoft, "INF Manufacturer
 * Section" and "Combining Platform Extensions with Operating System
 * Versions"). On x64 only variants decorated with amd64 count.
 */
#include <string.h>
#include "agent/inf.h"

enum { MAJOR, MINOR, PRODUCT, SUITE, BUILD, PARTS };

/* A TargetOSVersion decoration; missing parts are 0. */
struct target {
    bool versioned;        /* anything after the architecture */
    uint32_t part[PARTS];
};

static bool parse_part(const char *text, uint32_t *value)
{
    int64_t number;

    if (!*text) {
        *value = 0;
        return true;
    }
    if (!inf_number(text, &number) || number < 0) {
        return false;
    }
    *value = number;
    return true;
}

/* False if `text` is no decoration for NT on x64. */
static bool parse_target(const char *text, struct target *t)
{
    g_auto(GStrv) parts = g_strsplit(text, ".", -1);
    unsigned n = g_strv_length(parts);

    memset(t, 0, sizeof(*t));
    if (n < 1 || n > PARTS + 1 ||
        g_ascii_strcasecmp(parts[0], "NTamd64") != 0) {
        return false;
    }
    for (unsigned i = 1; i < n; i++) {
        if (!parse_part(parts[i], &t->part[i - 1])) {
            return false;
        }
        t->versioned |= *parts[i] != '\0';
    }
    return true;
}

/* Whether the decoration covers the Windows that we are. */
static bool covers(const struct target *t, const struct windows_version *w)
{
    uint32_t major = t->part[MAJOR], minor = t->part[MINOR];

    if (major > w->major || (major == w->major && minor > w->minor)) {
        return false;
    }
    if (major == w->major && minor == w->minor &&
        t->part[BUILD] > w->build) {
        return false;
    }
    return (!t->part[PRODUCT] ||
            t->part[PRODUCT] == RIG_WINDOWS_PRODUCT_TYPE) &&
           (t->part[SUITE] & ~RIG_WINDOWS_SUITE) == 0;
}

/* > 0 if `a` is closer to us than `b`; both cover us. */
static int compare_targets(const struct target *a, const struct target *b)
{
    static const int order[] = { MAJOR, MINOR, BUILD, PRODUCT, SUITE };

    for (size_t i = 0; i < G_N_ELEMENTS(order); i++) {
        uint32_t x = a->part[order[i]], y = b->part[order[i]];

        if (x != y) {
            return x > y ? 1 : -1;
        }
    }
    return 0;
}

/*
 * The Models section of one manufacturer for us: *section is NULL if none of
 * its variants is meant for us.
 */
static bool find_models(struct inf *inf, const struct windows_version *windows,
                        const struct inf_line *line,
                        const struct inf_section **section, GError **error)
{
    g_autofree char *base = inf_field(inf, line, 0, error), *best = NULL;
    g_autofree char *name = NULL;
    struct target best_target;

    *section = NULL;
    if (!base) {
        return false;
    }
    for (unsigned i = 1; i < line->n_fields; i++) {
        g_autofree char *text = inf_field(inf, line, i, error);
        struct target t;

        if (!text) {
            return false;
        }
        if (parse_target(text, &t) && covers(&t, windows) &&
            (!best || compare_targets(&t, &best_target) > 0)) {
            g_free(best);
            best = g_steal_pointer(&text);
            best_target = t;
        }
    }
    if (!best) {
        return true;
    }
    name = g_strdup_printf("%s.%s", base, best);
    *section = inf_section(inf, name);
    if (!*section) {
        return inf_fail(inf, line->number, INF_ERROR_CONTENT, error,
                        "there is no Models section [%s], which this line "
                        "announces", name);
    }
    return true;
}

/* Index in `ids` of the most specific id that the model line lists, or -1. */
static bool match_line(struct inf *inf, const struct inf_line *line,
                       const char *const *ids, int *match, GError **error)
{
    *match = -1;
    for (unsigned i = 1; i < line->n_fields; i++) {
        g_autofree char *id = inf_field(inf, line, i, error);

        if (!id) {
            return false;
        }
        for (int j = 0; ids[j] && (*match < 0 || j < *match); j++) {
            if (g_ascii_strcasecmp(id, ids[j]) == 0) {
                *match = j;
            }
        }
    }
    return true;
}

struct search {
    const struct inf_line *line; /* best so far, NULL: none */
    int match;
    unsigned sections;           /* Models sections meant for us */
};

static bool search_models(struct inf *inf, const struct inf_section *models,
                          const char *const *ids, struct search *s,
                          GError **error)
{
    for (unsigned i = 0; i < models->lines->len; i++) {
        const struct inf_line *line = inf_line(models, i);
        int match;

        if (!match_line(inf, line, ids, &match, error)) {
            return false;
        }
        if (match >= 0 && (!s->line || match < s->match)) {
            s->line = line;
            s->match = match;
        }
    }
    return true;
}

const struct inf_line *inf_find_model(struct inf *inf,
                                      const struct windows_version *windows,
                                      const char *const *ids,
                                      unsigned *match, GError **error)
{
    const struct inf_section *mfg = inf_section(inf, "Manufacturer");
    struct search s = { NULL, 0, 0 };

    if (!mfg) {
        inf_fail(inf, 0, INF_ERROR_CONTENT, error, "there is no "
                 "[Manufacturer] section");
        return NULL;
    }
    for (unsigned i = 0; i < mfg->lines->len; i++) {
        const struct inf_section *models;

        if (!find_models(inf, windows, inf_line(mfg, i), &models, error)) {
            return NULL;
        }
        s.sections += models != NULL;
        if (models && !search_models(inf, models, ids, &s, error)) {
            return NULL;
        }
    }
    if (!s.sections) {
        inf_fail(inf, mfg->number, INF_ERROR_NO_MATCH, error, "no Models "
                 "section is decorated for x64 and Windows %u.%u build %u: "
                 "add NTamd64 to the manufacturer's line", windows->major,
                 windows->minor, windows->build);
        return NULL;
    }
    if (!s.line) {
        inf_fail(inf, mfg->number, INF_ERROR_NO_MATCH, error, "no model for "
                 "this device: none lists %s or a less specific id of it",
                 ids[0] ? ids[0] : "its hardware id");
        return NULL;
    }
    *match = s.match;
    return s.line;
}
