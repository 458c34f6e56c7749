/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A run directory at a glance: the beginning of its run.xml. */
#include "run-glance.h"

#include <libxml/xmlreader.h>
#include <string.h>

static uint64_t number(xmlTextReader *r, const char *name)
{
    xmlChar *v = xmlTextReaderGetAttribute(r, (const xmlChar *)name);
    uint64_t n = v ? g_ascii_strtoull((const char *)v, NULL, 10) : 0;

    xmlFree(v);
    return n;
}

static void read_root(xmlTextReader *r, RigRunGlance *g)
{
    g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
    xmlChar *complete = xmlTextReaderGetAttribute(r, (const xmlChar *)
                                                  "complete");
    xmlChar *started = xmlTextReaderGetAttribute(r, (const xmlChar *)
                                                 "started");
    xmlChar *night = xmlTextReaderGetAttribute(r, (const xmlChar *)"night");
    GDateTime *time = started ? g_date_time_new_from_iso8601(
                                    (const char *)started, utc) : NULL;

    g->complete = g_strcmp0((const char *)complete, "yes") == 0;
    g->started = time ? g_date_time_to_unix(time) : 0;
    g_strlcpy(g->night, night ? (const char *)night : "", sizeof(g->night));
    g_clear_pointer(&time, g_date_time_unref);
    xmlFree(complete);
    xmlFree(started);
    xmlFree(night);
}

static void read_summary(xmlTextReader *r, RigRunGlance *g)
{
    g->scenarios = number(r, "scenarios");
    g->as_expected = number(r, "as-expected");
    for (unsigned v = 0; v < RIG_VERDICTS; v++) {
        g->verdict[v] = number(r, rig_verdict_name(v));
    }
}

static gboolean is(xmlTextReader *r, int depth, const char *name)
{
    return xmlTextReaderDepth(r) == depth &&
           strcmp((const char *)xmlTextReaderConstName(r), name) == 0;
}

gboolean rig_run_glance(const char *dir, RigRunGlance *g)
{
    g_autofree char *file = g_build_filename(dir, "run.xml", NULL);
    xmlTextReader *r;
    gboolean root = FALSE, summary = FALSE;

    memset(g, 0, sizeof(*g));
    if (!g_file_test(file, G_FILE_TEST_IS_REGULAR)) {
        return FALSE;
    }
    r = xmlReaderForFile(file, NULL, XML_PARSE_NONET | XML_PARSE_NOERROR |
                         XML_PARSE_NOWARNING);
    while (r && !summary && xmlTextReaderRead(r) == 1) {
        if (xmlTextReaderNodeType(r) != XML_READER_TYPE_ELEMENT) {
            continue;
        }
        if (is(r, 0, "run")) {
            root = TRUE;
            read_root(r, g);
        } else if (root && is(r, 1, "summary")) {
            summary = TRUE;
            read_summary(r, g);
        }
    }
    xmlFreeTextReader(r);
    return summary;
}

gboolean rig_run_failing(const RigRunGlance *g)
{
    return g->complete && g->as_expected < g->scenarios;
}
