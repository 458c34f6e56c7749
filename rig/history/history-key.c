/* SPDX-License-Identifier: GPL-2.0-or-later */
/* By what a scenario is known from run to run. */
#include <string.h>

#include "history.h"

static void add_machine(GString *key, const RigScenario *s)
{
    const RigMachine *m = &s->machine;

    g_string_append_printf(key, "@%s", m->nic);
    if (m->vectors) {
        g_string_append_printf(key, ",v%u,q%u", m->vectors, m->queues);
    }
    if (m->adapters > 1) {
        g_string_append_printf(key, ",a%u", m->adapters);
    }
    if (m->image) { /* what the profile is, its calibration says */
        g_string_append_printf(key, ",windows-%s", m->image);
    } else if (!s->linux_driver) {
        g_string_append_printf(key, ",%s", rig_profile_name(m->profile));
    }
    if (m->guard_pages) {
        g_string_append(key, ",guard-pages");
    }
}

/* Some points of a sweep are another scenario than all of them. */
static void add_sweep(GString *key, const RigSweep *sweep)
{
    if (sweep->k > 1) {
        g_string_append_printf(key, ",k%u", sweep->k);
    }
    if (sweep->only && *sweep->only) {
        g_autofree char *points = g_strjoinv("\n", sweep->only);
        g_autofree char *hash = g_compute_checksum_for_string(
            G_CHECKSUM_SHA256, points, -1);

        g_string_append_printf(key, ",only-%.8s", hash);
    }
}

char *rig_history_key(const RigScenario *s)
{
    GString *key = g_string_new(s->name);

    if (s->machine.nic) {
        add_machine(key, s);
    }
    if (s->sweep) {
        add_sweep(key, s->sweep);
    }
    return g_string_free(key, FALSE);
}
