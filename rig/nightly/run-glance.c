/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A run directory at a glance: the beginning of its run.xml. */
#include "run-glance.h"

#include <string.h>

#include "xml-pull.h"

static void read_root(xmlTextReader *r, RigRunGlance *g)
{
    g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
    g_autofree char *started = rig_pull_attribute(r, "started");
    g_autofree char *night = rig_pull_attribute(r, "night");
    g_autoptr(GDateTime) time =
        started ? g_date_time_new_from_iso8601(started, utc) : NULL;

    g->complete = rig_pull_attribute_is(r, "complete", "yes");
    g->started = time ? g_date_time_to_unix(time) : 0;
    g_strlcpy(g->night, night ? night : "", sizeof(g->night));
}

static void read_summary(xmlTextReader *r, RigRunGlance *g)
{
    g->scenarios = rig_pull_number(r, "scenarios");
    g->as_expected = rig_pull_number(r, "as-expected");
    for (unsigned v = 0; v < RIG_VERDICTS; v++) {
        g->verdict[v] = rig_pull_number(r, rig_verdict_name(v));
    }
}

gboolean rig_run_glance(const char *dir, RigRunGlance *g)
{
    g_autofree char *file = g_build_filename(dir, "run.xml", NULL);
    g_autoptr(xmlTextReader) r = rig_pull_open(file);
    gboolean root = FALSE, summary = FALSE;

    memset(g, 0, sizeof(*g));
    while (r && !summary && rig_pull_element(r) == 1) {
        if (rig_pull_is(r, 0, "run")) {
            root = TRUE;
            read_root(r, g);
        } else if (root && rig_pull_is(r, 1, "summary")) {
            summary = TRUE;
            read_summary(r, g);
        }
    }
    return summary;
}

gboolean rig_run_failing(const RigRunGlance *g)
{
    return g->complete && g->as_expected < g->scenarios;
}
