/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The smallest plan that still fails: in each round everything that could be
 * left out is left out, one thing in one candidate, and all candidates run in
 * one boot. The first that still has the finding, biggest first, is what the
 * next round begins with; candidates that are no scenario are not run.
 */
#include "bisect-plan.h"

#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "reduce.h"
#include "scenario.h"

typedef struct Search {
    RigTrial *trial;
    const char *file;
    const RigPaths *paths;
    xmlDoc *doc;         /* smallest so far */
} Search;

char *rig_candidate_ratio(const RigCandidate *c)
{
    unsigned all = c->fails + c->passes + c->unclear;
    g_autofree char *unclear = c->unclear ?
        g_strdup_printf(", %u unclear", c->unclear) : g_strdup("");

    return g_strdup_printf("%u of %u runs have it%s", c->fails, all, unclear);
}

static gboolean is_scenario(const Search *s, xmlDoc *doc)
{
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(RigScenario) scenario = NULL;
    xmlChar *text = NULL;
    int length;

    xmlDocDumpMemory(doc, &text, &length);
    scenario = rig_scenario_parse((const char *)text, s->file, s->paths,
                                  problems);
    xmlFree(text);
    return scenario != NULL;
}

/* A candidate with these reductions, if that gives a scenario. */
static void add_candidate(const Search *s, const GPtrArray *reductions,
                          const char *text, GPtrArray *to)
{
    xmlDoc *doc = rig_reduce(s->doc, reductions);

    if (is_scenario(s, doc)) {
        g_ptr_array_add(to, rig_candidate_new(doc, text));
    } else {
        xmlFreeDoc(doc);
    }
}

/* One for each reduction; before them, with @together, one with all. */
static GPtrArray *candidates_of(const Search *s, const GPtrArray *reductions,
                                gboolean together)
{
    GPtrArray *all = g_ptr_array_new_with_free_func(
        (GDestroyNotify)rig_candidate_free);

    if (together && reductions->len > 1) {
        add_candidate(s, reductions, "all of them", all);
    }
    for (guint i = 0; i < reductions->len; i++) {
        RigReduction *r = reductions->pdata[i];
        g_autoptr(GPtrArray) one = g_ptr_array_new();

        g_ptr_array_add(one, r);
        add_candidate(s, one, r->text, all);
    }
    return all;
}

static const RigCandidate *first_failing(const GPtrArray *candidates)
{
    for (guint i = 0; i < candidates->len; i++) {
        const RigCandidate *c = candidates->pdata[i];

        if (c->fails > 0) {
            return c;
        }
    }
    return NULL;
}

/* One round: 1 when the plan became smaller, 0 when not, -1 with @error. */
static int reduce_once(Search *s, GPtrArray *reductions, gboolean settings,
                       GError **error)
{
    g_autoptr(GPtrArray) candidates = candidates_of(s, reductions, settings);
    unsigned steps = rig_reduce_steps(s->doc);
    const RigCandidate *c;

    g_ptr_array_unref(reductions);
    if (candidates->len == 0) {
        return 0;
    }
    printf("%u step%s; %u %s tried: ", steps, steps == 1 ? "" : "s",
           candidates->len, settings ? "simpler settings" : "shorter plans");
    fflush(stdout);
    if (!rig_trial_run(s->trial, candidates, FALSE, error)) {
        printf("stopped\n");
        return -1;
    }
    c = first_failing(candidates);
    if (!c) {
        printf("none fails\n");
        return 0;
    }
    {
        g_autofree char *ratio = rig_candidate_ratio(c);

        printf("%s: %s\n", c->text, ratio);
    }
    xmlFreeDoc(s->doc);
    s->doc = xmlCopyDoc(c->doc, 1);
    return 1;
}

/* First what happens, then how: a plan that is short is run quickly. */
static gboolean reduce_all(Search *s, GError **error)
{
    int smaller;

    do {
        smaller = reduce_once(s, rig_reductions(s->doc,
                              s->trial->target->rule), FALSE, error);
    } while (smaller > 0);
    while (smaller >= 0 &&
           (smaller = reduce_once(s, rig_reductions_of_numbers(s->doc), TRUE,
                                  error)) > 0) {
    }
    return smaller >= 0;
}

/* Run @doc in machines of its own; what it gave, or NULL with @error. */
static RigCandidate *run_alone(Search *s, xmlDoc *doc, GError **error)
{
    g_autoptr(GPtrArray) one = g_ptr_array_new_with_free_func(
        (GDestroyNotify)rig_candidate_free);

    g_ptr_array_add(one, rig_candidate_new(xmlCopyDoc(doc, 1), "the plan"));
    if (!rig_trial_run(s->trial, one, TRUE, error)) {
        return NULL;
    }
    return g_ptr_array_steal_index(one, 0);
}

static gboolean begin(Search *s, GError **error)
{
    g_autoptr(RigCandidate) c = run_alone(s, s->doc, error);
    g_autofree char *ratio = NULL;

    if (!c) {
        return FALSE;
    }
    ratio = rig_candidate_ratio(c);
    if (!s->trial->target) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "%s: nothing to "
                    "bisect: %s%s%s%s%s", s->file, ratio,
                    s->trial->id ? "; looked for the finding " : "",
                    s->trial->id ? s->trial->id : "",
                    c->why ? "; " : "", c->why ? c->why : "");
        return FALSE;
    }
    printf("%s/%s (%s): %s\n  %s\n", s->trial->target->rule,
           s->trial->target->id, s->trial->target->level, ratio,
           s->trial->target->sentence);
    return TRUE;
}

/* The name and paths of the original, and where it comes from. */
static gboolean write_plan(Search *s, const char *name, const char *output,
                           GError **error)
{
    xmlNode *root = xmlDocGetRootElement(s->doc);
    g_autofree char *comment = g_strdup_printf(" The smallest plan of %s that "
        "still has %s/%s. ", name, s->trial->target->rule,
        s->trial->target->id);

    xmlSetProp(root, BAD_CAST "name", BAD_CAST name);
    xmlAddPrevSibling(root, xmlNewDocComment(s->doc, BAD_CAST comment));
    if (xmlSaveFormatFileEnc(output, s->doc, "UTF-8", 1) < 0) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED,
                    "%s: cannot be written", output);
        return FALSE;
    }
    return TRUE;
}

static gboolean end(Search *s, const char *name, const char *output,
                    unsigned steps_before, GError **error)
{
    g_autoptr(RigCandidate) c = run_alone(s, s->doc, error);
    g_autofree char *ratio = NULL;
    unsigned steps = rig_reduce_steps(s->doc);

    if (!c || !write_plan(s, name, output, error)) {
        return FALSE;
    }
    ratio = rig_candidate_ratio(c);
    printf("smallest plan: %u step%s of %u, alone in its machine %s\n"
           "plan: %s\n", steps, steps == 1 ? "" : "s", steps_before, ratio,
           output);
    return TRUE;
}

int rig_bisect_plan(RigTrial *t, xmlDoc *doc, const char *file,
                    const RigPaths *paths, const char *output)
{
    Search s = { t, file, paths, xmlCopyDoc(doc, 1) };
    xmlChar *name = xmlGetProp(xmlDocGetRootElement(doc), BAD_CAST "name");
    g_autoptr(GError) error = NULL;
    gboolean good = begin(&s, &error) && reduce_all(&s, &error) &&
                    end(&s, (const char *)name, output, rig_reduce_steps(doc),
                        &error);
    int status = RIG_EXIT_OK;

    if (!good) {
        fprintf(stderr, "rig bisect: %s\n", error->message);
        status = g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED)
                 ? RIG_EXIT_INTERRUPTED : RIG_EXIT_BROKEN;
    }
    if (status == RIG_EXIT_INTERRUPTED && t->target &&
        write_plan(&s, (const char *)name, output, NULL)) {
        printf("smallest plan so far: %s\n", output);
    }
    xmlFree(name);
    xmlFreeDoc(s.doc);
    return status;
}
