/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the user of `rig run` sees on standard output. */
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "known.h"
#include "run.h"

static int name_width(const RigRunContext *c)
{
    size_t width = strlen("SCENARIO");

    for (guint i = 0; i < c->scenarios->len; i++) {
        const RigScenario *s = c->scenarios->pdata[i];

        width = MAX(width, strlen(s->name));
    }
    return width;
}

void rig_print_heading(const RigRunContext *c)
{
    if (!c->options->quiet) {
        printf("%-*s  %-12s  %-12s\n", name_width(c), "SCENARIO", "VERDICT",
               "EXPECTED");
        fflush(stdout);
    }
}

/* "violation strict 0x08", as far as the scenario says. */
static char *expectation(const RigExpect *e)
{
    GString *text = g_string_new(rig_verdict_name(e->verdict));

    if (e->level) {
        g_string_append_printf(text, " %s", e->level);
    }
    if (e->class_code) {
        g_string_append_printf(text, " %s", e->class_code);
    }
    return g_string_free(text, FALSE);
}

/* What stands behind a verdict that is not the expected one. */
static const char *remark(const RigScenarioResult *r)
{
    return rig_scenario_result_as_expected(r) ? "" :
           r->known_all ? "  <-- known" : "  <-- NOT AS EXPECTED";
}

static void print_known(const RigScenarioResult *r)
{
    for (guint i = 0; r->known && i < r->known->len; i++) {
        const RigKnownUse *u = r->known->pdata[i];

        printf("    known issue %s (%u of %u, until %s): %s\n    %s\n", u->id,
               u->findings, r->known_failures, u->expires, u->reason,
               u->link);
    }
}

void rig_print_result(const RigRunContext *c, const RigScenarioResult *r)
{
    g_autofree char *expected = expectation(&r->scenario->expect);
    gboolean good = rig_scenario_result_as_expected(r);

    if (c->options->quiet && good) {
        return;
    }
    printf("%-*s  %-12s  %s%s\n", name_width(c), r->scenario->name,
           rig_verdict_name(r->verdict), expected, remark(r));
    if (r->sentence && *r->sentence) {
        printf("    %s\n", r->sentence);
    }
    if (r->bundle) {
        printf("    %s\n", r->reproduce);
    }
    print_known(r);
    fflush(stdout);
}

static void print_comparison(const RigMachineResult *m)
{
    switch (m->compared) {
    case RIG_COMPARED_FIRST:
        printf("%s: %" G_GUINT64_FORMAT " events in %.1f s; first run of these "
               "inputs\n", m->dir, m->events, m->total_ms / 1e3);
        break;
    case RIG_COMPARED_SAME:
        printf("%s: %" G_GUINT64_FORMAT " events in %.1f s; event stream "
               "identical to run %s\n", m->dir, m->events, m->total_ms / 1e3,
               m->compared_run);
        break;
    case RIG_COMPARED_DIFFERENT:
        printf("%s: event stream DIFFERS from run %s", m->dir,
               m->compared_run);
        if (m->different_at != RIG_NO_EVENT) {
            printf(" at event %" G_GUINT64_FORMAT, m->different_at);
        }
        printf(" although the inputs are the same: this run is not "
               "reproducible\n");
        break;
    case RIG_COMPARED_NOT:
        break;
    }
}

void rig_print_machine(const RigRunContext *c, const RigMachineResult *m)
{
    if (m->outcome != RIG_OUTCOME_OK) {
        fflush(stdout);
        fprintf(stderr, "rig: %s: %s\n", m->dir,
                m->detail ? m->detail : rig_outcome_name(m->outcome));
    }
    if (!c->options->quiet || m->compared == RIG_COMPARED_DIFFERENT) {
        print_comparison(m);
    }
    if (m->lost) {
        printf("%s: %" G_GUINT64_FORMAT " events were LOST\n", m->dir,
               m->lost);
    }
    fflush(stdout);
}

/* A known issue that nobody sees any more hides the next one like it. */
static void print_stopped(const RigRunContext *c)
{
    for (guint i = 0; c->run->known && i < c->run->known->len; i++) {
        const RigKnownIssue *k = c->run->known->pdata[i];

        if (k->state == RIG_KNOWN_STOPPED) {
            printf("%s:%d: known issue %s has stopped failing; remove it if "
                   "it was mended\n", k->file, k->line, k->id);
        }
    }
}

void rig_print_end(const RigRunContext *c, gboolean have_page)
{
    RigSummary s;

    rig_run_summary(c->run, &s);
    if (!c->options->quiet) {
        printf("\n%u of %u as expected", s.as_expected, s.scenarios);
        if (s.seeded) {
            printf("; seeded defects found: %u of %u", s.seeded_found,
                   s.seeded);
        }
        if (s.controls) {
            printf("; false alarms: %u in %u clean controls", s.false_alarms,
                   s.controls);
        }
        printf(" (%.1f s)\n",
               (g_get_monotonic_time() - c->live.started) / 1e6);
    }
    print_stopped(c);
    printf("results: %s\n", c->dir);
    if (have_page) {
        printf("report:  %s/index.html\n", c->dir);
    }
    fflush(stdout);
}

int rig_run_status(const RigRunContext *c)
{
    int status = c->unsaved ? RIG_EXIT_BROKEN : RIG_EXIT_OK;

    if (c->interrupted) {
        return RIG_EXIT_INTERRUPTED;
    }
    for (guint i = 0; i < c->run->scenarios->len; i++) {
        const RigScenarioResult *r = c->run->scenarios->pdata[i];

        if (rig_scenario_result_as_expected(r) || r->known_all) {
            continue;
        }
        if (r->verdict == RIG_VERDICT_VIOLATION ||
            r->verdict == RIG_VERDICT_PASS) {
            return RIG_EXIT_VIOLATION;
        }
        status = RIG_EXIT_BROKEN;
    }
    return status;
}
