/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A calibration as profile.xml. */
#include "profile.h"

#include <gio/gio.h>
#include <string.h>

#include "commands.h"
#include "include/plan.h"
#include "xml-read.h"
#include "xml-write.h"

void rig_profile_free(RigProfileFile *p)
{
    if (!p) {
        return;
    }
    g_free(p->guest);
    g_free(p->made);
    g_free(p->release);
    g_free(p->sha256);
    g_free(p->accel);
    rig_calibration_free(p->calibration);
    g_free(p);
}

/* --- writing ------------------------------------------------------------- */

static void write_conclusions(xmlTextWriter *w, const RigCalibration *c)
{
    rig_xml_begin(w, "conclusions");
    rig_xml_put(w, "programmed", rig_stage_name(c->programmed));
    rig_xml_put(w, "cleared", rig_stage_name(c->cleared));
    rig_xml_put(w, "register-visible", rig_known_name(c->register_visible));
    rig_xml_put(w, "deregister-visible", rig_known_name(c->deregister_visible));
    rig_xml_put(w, "enabled-at-start", rig_known_name(c->at_start));
    rig_xml_put(w, "stops-0x08", rig_known_name(c->stops_halt));
    rig_xml_put(w, "stops-0x0B", rig_known_name(c->stops_init));
    rig_xml_put(w, "stops-0x0D", rig_known_name(c->stops_unfinished));
    rig_xml_put(w, "stops-0x10", rig_known_name(c->stops_resume));
    rig_xml_put(w, "msix-profile",
                rig_profile_name(rig_calibration_profile(c)));
    rig_xml_end(w);
}

static void write_stage(xmlTextWriter *w, RigStage stage,
                        const RigStageCounts *s)
{
    rig_xml_begin(w, "stage");
    rig_xml_put(w, "name", rig_stage_name(stage));
    rig_xml_put_count(w, "cycles", s->cycles);
    rig_xml_put_count(w, "messages", s->messages);
    rig_xml_put_count(w, "masked", s->masked);
    rig_xml_put_count(w, "unmasked", s->unmasked);
    rig_xml_put_count(w, "enabled", s->enabled);
    rig_xml_put_count(w, "disabled", s->disabled);
    rig_xml_put_count(w, "raised", s->raised);
    rig_xml_put_count(w, "resets", s->resets);
    rig_xml_end(w);
}

static void write_experiment(xmlTextWriter *w, const RigExperiment *e)
{
    g_autofree char *stop = e->stopped ? rig_bugcheck_text(&e->bugcheck, FALSE)
                                       : NULL;

    rig_xml_begin(w, "experiment");
    rig_xml_put(w, "driver", e->driver);
    rig_xml_put_count(w, "vectors", e->vectors);
    rig_xml_put(w, "action", e->action);
    rig_xml_put_count(w, "cycles", e->cycles);
    rig_xml_put_count(w, "registered", e->registered);
    rig_xml_put(w, "programmed", rig_stage_name(e->armed_in));
    rig_xml_put(w, "cleared", rig_stage_name(e->quiet_in));
    rig_xml_put(w, "varies", e->varies ? "yes" : "no");
    rig_xml_put(w, "api", e->api ? "yes" : "no");
    rig_xml_put(w, "bug-check", stop);
    if (strcmp(e->action, RIG_CALIBRATION_SLEEP) == 0) {
        rig_xml_put_count(w, "slept", e->slept);
    }
    for (int i = 0; i < RIG_STAGES; i++) {
        if (e->stage[i].cycles) {
            write_stage(w, i, &e->stage[i]);
        }
    }
    rig_xml_end(w);
}

static void write_profile(xmlTextWriter *w, const void *what)
{
    const RigProfileFile *p = what;

    rig_xml_begin(w, "profile");
    rig_xml_put(w, "version", "1");
    rig_xml_put(w, "guest", p->guest);
    rig_xml_put(w, "made", p->made);
    rig_xml_put(w, "release", p->release);
    rig_xml_put(w, "sha256", p->sha256);
    rig_xml_put(w, "rig", RIG_VERSION);
    rig_xml_put(w, "accel", p->accel);
    write_conclusions(w, p->calibration);
    for (guint i = 0; i < p->calibration->experiments->len; i++) {
        write_experiment(w, p->calibration->experiments->pdata[i]);
    }
    rig_xml_end(w);
}

gboolean rig_profile_write(const RigProfileFile *p, const char *file,
                           GError **error)
{
    return rig_xml_save(file, write_profile, p, error);
}

/* --- reading ------------------------------------------------------------- */

static RigStage stage_attribute(xmlNode *n, const char *name)
{
    g_autofree char *value = rig_attribute(n, name);
    RigStage s = 0;

    while (s < RIG_STAGES && strcmp(rig_stage_name(s), value) != 0) {
        s++;
    }
    return s;
}

static RigKnown known_attribute(xmlNode *n, const char *name)
{
    g_autofree char *value = rig_attribute(n, name);

    return g_strcmp0(value, "yes") == 0 ? RIG_YES :
           g_strcmp0(value, "no") == 0 ? RIG_NO : RIG_UNKNOWN;
}

static RigProfileFile *build(xmlNode *root)
{
    RigProfileFile *p = g_new0(RigProfileFile, 1);
    RigCalibration *c = p->calibration = rig_calibration_new();

    p->guest = rig_attribute(root, "guest");
    p->made = rig_attribute(root, "made");
    p->release = rig_attribute(root, "release");
    p->sha256 = rig_attribute(root, "sha256");
    p->accel = rig_attribute(root, "accel");
    for (xmlNode *n = root->children; n; n = n->next) {
        g_autofree char *profile = NULL;

        if (n->type != XML_ELEMENT_NODE ||
            strcmp((const char *)n->name, "conclusions") != 0) {
            continue;
        }
        c->programmed = stage_attribute(n, "programmed");
        c->cleared = stage_attribute(n, "cleared");
        c->register_visible = known_attribute(n, "register-visible");
        c->deregister_visible = known_attribute(n, "deregister-visible");
        c->at_start = known_attribute(n, "enabled-at-start");
        c->stops_halt = known_attribute(n, "stops-0x08");
        c->stops_init = known_attribute(n, "stops-0x0B");
        c->stops_unfinished = known_attribute(n, "stops-0x0D");
        c->stops_resume = known_attribute(n, "stops-0x10");
        profile = rig_attribute(n, "msix-profile");
        p->profile = strcmp(profile, RIG_PROFILE_AT_START) == 0
                     ? RIG_MSIX_AT_START : RIG_MSIX_AT_CONNECT;
    }
    return p;
}

RigProfileFile *rig_profile_read(const char *file, const RigPaths *paths,
                                 GError **error)
{
    g_autofree char *schema = g_build_filename(paths->scenarios, "windows",
                                               "profile.rng", NULL);
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(xmlDoc) doc = rig_document_load(file, RIG_XML_BY_HAND, schema,
                                              "", problems);

    if (!doc) {
        rig_problems_to_error(problems, "; make it again with \"rig "
                              "calibrate\"", error);
        return NULL;
    }
    return build(xmlDocGetRootElement(doc));
}

/* --- for people ---------------------------------------------------------- */

static const char *stops_text(RigKnown k)
{
    return k == RIG_YES ? "stops the system" :
           k == RIG_NO ? "does not stop the system" : "was not reached";
}

static const char *writes_text(RigKnown k)
{
    return k == RIG_YES ? "writes to the MSI-X table or control" :
           k == RIG_NO ? "writes nothing to the device" : "was not observed";
}

/* Of the clean driver's experiment: the others are expected to stop. */
static const char *sleeps_text(const RigCalibration *c)
{
    for (guint i = 0; i < c->experiments->len; i++) {
        const RigExperiment *e = c->experiments->pdata[i];

        if (strcmp(e->action, RIG_CALIBRATION_SLEEP) == 0 &&
            strcmp(e->driver, RIG_CALIBRATION_CLEAN) == 0) {
            return e->slept && e->slept == e->cycles ?
                   "went to D3 and came back" :
                   e->slept ? "came back in some cycles only" :
                   "did not happen: what is said of a resume is not known";
        }
    }
    return "was not tried";
}

char *rig_profile_text(const RigProfileFile *p)
{
    const RigCalibration *c = p->calibration;

    return g_strdup_printf(
        "MSI-X table programmed   %s\n"
        "MSI-X table cleared      %s\n"
        "NdisMRegisterInterruptEx    %s\n"
        "NdisMDeregisterInterruptEx  %s\n"
        "MSI-X enabled at start, whether or not a driver registers: %s\n"
        "a halt that leaks its interrupt (0x7C/0x08) %s\n"
        "a failed init that leaks it (0x7C/0x0B) %s\n"
        "a halt out of the init path that leaks it (0x7C/0x0D) %s\n"
        "a failed init after a resume that leaks it (0x7C/0x10) %s\n"
        "sleep %s\n"
        "the monitor judges by msix-profile %s\n",
        rig_stage_name(c->programmed), rig_stage_name(c->cleared),
        writes_text(c->register_visible), writes_text(c->deregister_visible),
        rig_known_name(c->at_start), stops_text(c->stops_halt),
        stops_text(c->stops_init), stops_text(c->stops_unfinished),
        stops_text(c->stops_resume), sleeps_text(c),
        rig_profile_name(p->profile));
}
