/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A rule in words. */
#include "rule-text.h"

static void add_names(GString *s, const RuleNames *names)
{
    for (unsigned i = 0; i < names->n; i++) {
        g_string_append_printf(s, "%s%s", !i ? "" : i + 1 < names->n ? ", " :
                               " or ", g_quark_to_string(names->quark[i]));
    }
}

/* Names of a mask: those of `list`, of which element i is called name(i). */
static void add_mask(GString *s, uint32_t mask, const GPtrArray *list,
                     gboolean boundaries)
{
    unsigned n = 0;

    for (unsigned i = 0; i < list->len; i++) {
        if (mask >> i & 1) {
            g_string_append_printf(s, "%s%s", n++ ? " or " : "", boundaries ?
                                   ((RuleBoundary *)list->pdata[i])->name :
                                   (char *)list->pdata[i]);
        }
    }
}

static const char *when_words(const RuleOn *on)
{
    switch (on->when) {
    case RULE_WHEN_CALL:
        return on->source == RULE_ON_CALLBACK ? " is entered" : " is called";
    case RULE_WHEN_SUCCESS:
        return " succeeds";
    case RULE_WHEN_FAILURE:
        return " fails";
    case RULE_WHEN_NOT_MADE:
        return " is made to fail";
    default:
        return " returns";
    }
}

static void add_lost(GString *s, unsigned when)
{
    g_string_append(s, "driver lost:");
    if (when >> RIG_END_CRASH & 1) {
        g_string_append(s, " crash");
    }
    if (when >> RIG_END_HANG & 1) {
        g_string_append(s, " hang");
    }
    if (when >> RIG_END_BUGCHECK & 1) {
        g_string_append(s, " bugcheck");
    }
}

char *rig_rule_event_text(const RigRule *rule, const RuleOn *on)
{
    GString *s = g_string_new(NULL);

    switch (on->source) {
    case RULE_ON_API:
    case RULE_ON_CALLBACK:
        add_names(s, &on->names);
        g_string_append(s, !on->every ? "" : on->source == RULE_ON_API
                        ? "any call" : "any callback");
        g_string_append(s, when_words(on));
        break;
    case RULE_ON_STEP:
        g_string_append(s, "end of step ");
        add_names(s, &on->names);
        break;
    case RULE_ON_CONTRACT:
    case RULE_ON_LEFT:
        g_string_append(s, on->source == RULE_ON_LEFT ? "left behind: "
                                                      : "broken contract: ");
        add_names(s, &on->names);
        g_string_append(s, on->every ? "any" : "");
        break;
    case RULE_ON_BOUNDARY:
        g_string_append(s, "boundary ");
        add_mask(s, on->boundaries, rule->boundaries, TRUE);
        break;
    case RULE_ON_RAISED:
        g_string_append(s, "interrupt raised after ");
        add_mask(s, on->boundaries, rule->boundaries, TRUE);
        break;
    default:
        add_lost(s, on->when);
    }
    return g_string_free(s, FALSE);
}

static void line(GString *s, const char *what)
{
    g_string_append_printf(s, "%s%s", s->len ? "\n" : "", what);
}

static void name_line(GString *s, const char *what, const RuleNames *names)
{
    if (names->n) {
        line(s, what);
        add_names(s, names);
    }
}

static void tri_line(GString *s, RuleTri value, const char *yes,
                     const char *no)
{
    if (value != RULE_ANY) {
        line(s, value == RULE_YES ? yes : no);
    }
}

static void number_line(GString *s, const char *what, const GArray *numbers)
{
    if (numbers->len) {
        line(s, what);
    }
    for (unsigned i = 0; i < numbers->len; i++) {
        g_string_append_printf(s, "%s0x%" G_GINT64_MODIFIER "x",
                               i ? " or " : "",
                               g_array_index(numbers, uint64_t, i));
    }
}

static void add_argument(GString *s, const RuleOn *on)
{
    g_autofree char *is = g_strdup_printf("argument %d is ", on->argument);
    g_autofree char *not = g_strdup_printf("argument %d is not ",
                                           on->argument);

    number_line(s, is, on->is);
    number_line(s, not, on->is_not);
    if (on->above != UINT64_MAX) {
        line(s, "");
        g_string_append_printf(s, "argument %d > %" G_GUINT64_FORMAT,
                               on->argument, on->above);
    }
}

static void add_counters(GString *s, const RigRule *rule, const RuleOn *on)
{
    if (on->has) {
        line(s, "counted: ");
        add_mask(s, on->has, rule->counters, FALSE);
    }
    if (on->lacks) {
        line(s, "not counted: ");
        add_mask(s, on->lacks, rule->counters, FALSE);
    }
    for (unsigned i = 0; i < on->actions->len; i++) {
        const RuleAction *a = &g_array_index(on->actions, RuleAction, i);

        if (a->type == RULE_COUNT || a->type == RULE_CLEAR) {
            line(s, a->type == RULE_COUNT ? "+1 " : "0 = ");
            g_string_append(s, rule->counters->pdata[a->index]);
        }
    }
}

char *rig_rule_guard_text(const RigRule *rule, const RuleOn *on)
{
    GString *s = g_string_new(NULL);

    name_line(s, "but not ", &on->except);
    name_line(s, "inside ", &on->inside);
    name_line(s, "not inside ", &on->not_inside);
    name_line(s, "within ", &on->within);
    name_line(s, "not within ", &on->not_within);
    name_line(s, "during ", &on->during);
    name_line(s, "not during ", &on->not_during);
    if (on->after) {
        line(s, "after ");
        add_mask(s, on->after, rule->boundaries, TRUE);
    }
    if (on->irql_above >= 0) {
        line(s, "");
        g_string_append_printf(s, "IRQL > %d", on->irql_above);
    }
    if (on->irql_below >= 0) {
        line(s, "");
        g_string_append_printf(s, "IRQL < %d", on->irql_below);
    }
    tri_line(s, on->same_thread, "same thread", "other thread");
    number_line(s, "status ", on->status);
    number_line(s, "status not ", on->not_status);
    add_argument(s, on);
    tri_line(s, on->held, "something is held", "nothing is held");
    tri_line(s, on->armed, "device armed", "device quiet");
    tri_line(s, on->at_start, "profile at-start", "profile at-connect");
    tri_line(s, on->api_witness, "API calls seen", "no API call seen");
    add_counters(s, rule, on);
    return g_string_free(s, FALSE);
}

char *rig_rule_levels(const RigRule *rule)
{
    GString *s = g_string_new(NULL);

    for (RigLevel l = 0; l < RIG_LEVELS; l++) {
        for (unsigned i = 0; i < rule->violations->len; i++) {
            if (((RuleViolation *)rule->violations->pdata[i])->level == l) {
                g_string_append_printf(s, "%s%s", s->len ? ", " : "",
                                       rig_level_name(l));
                break;
            }
        }
    }
    return g_string_free(s, FALSE);
}
