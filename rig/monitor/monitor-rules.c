/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which rules want to see which events: a mask of engines for each name and
 * kind of event, so that the events that no rule mentions cost a look-up.
 */
#include <string.h>
#include "monitor-internal.h"
#include "rigshim.h"

/* The rule whose handles are interrupts, by what makes them. */
static gboolean follows_interrupts(const RigRule *rule)
{
    GQuark quark = g_quark_from_static_string("NdisMRegisterInterruptEx");

    for (unsigned i = 0; i < rule->on->len; i++) {
        const RuleOn *on = rule->on->pdata[i];

        for (unsigned k = 0; k < on->actions->len; k++) {
            if (g_array_index(on->actions, RuleAction, k).type ==
                RULE_CREATE && on->names.n && on->names.quark[0] == quark) {
                return TRUE;
            }
        }
    }
    return FALSE;
}

static void fill_wanted(RigMonitor *m, RuleSource source, unsigned names)
{
    m->wanted[source] = g_new0(uint64_t, (size_t)names * RULE_WHENS);
    for (unsigned k = 0; k < m->engines; k++) {
        for (unsigned i = 0; i < names * RULE_WHENS; i++) {
            if (rig_engine_wants(m->engine[k], source, i / RULE_WHENS,
                                 1u << i % RULE_WHENS)) {
                m->wanted[source][i] |= 1ull << k;
            }
        }
    }
}

/* What the shim marks, for rig_rule_unmarked(). */
static const char *const by_shim[] = {
#define API(name, result, arguments, object, scalars) #name,
#define HANDLER(name, member, result, arguments, value) #name,
    RIGSHIM_APIS(API)
    RIGSHIM_HANDLERS(HANDLER)
    RIGSHIM_PNP_HANDLERS(HANDLER)
#undef API
#undef HANDLER
    NULL,
};

/* Can the witness that is believed see what the rule is about? */
static gboolean is_witnessed(RigMonitor *m, const RigRule *rule)
{
    g_autofree char *missing = m->by_shim ? rig_rule_unmarked(rule, by_shim)
                                          : NULL;
    g_autofree char *before = missing ? m->unwitnessed : NULL;

    if (missing) {
        m->unwitnessed = before ? g_strdup_printf(
            "%s Nor is it of %s, for rule %s.", before,
            g_str_equal(missing, "*") ? "every callback" : missing,
            rig_rule_name(rule)) : g_strdup_printf(
            "The driver is instrumented, and rigshim.sys is no witness of %s, "
            "which rule %s needs.", g_str_equal(missing, "*")
            ? "every callback" : missing, rig_rule_name(rule));
    }
    return !missing;
}

void rig_monitor_open_rules(RigMonitor *m)
{
    const RigScenario *s = rig_monitor_open_scenario(m);

    m->symbols = s->sys ? rig_symbols_load(s->sys) : NULL;
    m->engines = 0;
    m->interrupts = -1;
    m->by_shim = s->instrumented || m->windows;
    for (unsigned i = 0; i < s->rules->len; i++) {
        const RigRule *rule = rig_rules_get(m->rules, s->rules->pdata[i]);
        unsigned n = m->engines;

        if (n == RIG_RULES_MAX || !is_witnessed(m, rule)) {
            continue;
        }
        m->engine[n] = rig_engine_new(rule, m->names, rig_finding_report, m);
        m->engines++;
        if (m->interrupts < 0 && follows_interrupts(rule)) {
            m->interrupts = (int)n;
        }
    }
    for (unsigned s = 0; s < RULE_SOURCES; s++) {
        fill_wanted(m, s, s < RULE_NAMED_SOURCES ?
                    rig_names_count(m->names) + 1 : 1);
    }
}

void rig_monitor_close_rules(RigMonitor *m)
{
    for (unsigned i = 0; i < m->engines; i++) {
        g_clear_pointer(&m->engine[i], rig_engine_free);
    }
    for (unsigned s = 0; s < RULE_SOURCES; s++) {
        g_clear_pointer(&m->wanted[s], g_free);
    }
    m->engines = 0;
    g_clear_pointer(&m->unwitnessed, g_free);
    g_clear_pointer(&m->symbols, rig_symbols_free);
}
