/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A scenario in memory as a scenario file; scenario.rng is its order. */
#include "scenario-write.h"

#include <string.h>

#include "include/plan.h"
#include "xml-write.h"

static void put_status(xmlTextWriter *w, uint32_t status)
{
    xmlTextWriterWriteFormatAttribute(w, (const xmlChar *)"status", "0x%08X",
                                      status);
}

static void write_machine(xmlTextWriter *w, const RigMachine *m)
{
    if (m->image) {
        rig_xml_begin(w, "guest");
        rig_xml_put(w, "kind", "windows");
        rig_xml_put(w, "image", m->image);
        rig_xml_end(w);
    }
    rig_xml_begin(w, "machine");
    rig_xml_put(w, "nic", m->nic);
    if (m->vectors) {
        rig_xml_put_count(w, "vectors", m->vectors);
    }
    if (m->queues) {
        rig_xml_put_count(w, "queues", m->queues);
    }
    if (m->adapters > 1) {
        rig_xml_put_count(w, "adapters", m->adapters);
    }
    rig_xml_put(w, "msix-profile", rig_profile_name(m->profile));
    rig_xml_put(w, "guard-pages", m->guard_pages ? "yes" : NULL);
    if (m->memory_mib) { /* else the image says */
        if (m->memory_mib) {
        rig_xml_put_count(w, "memory-mib", m->memory_mib);
    }
    }
    if (m->random_seed) {
        rig_xml_put_count(w, "random-seed", m->random_seed);
    }
    rig_xml_put_count(w, "wall-seconds", m->wall_seconds);
    rig_xml_end(w);
}

static void write_driver(xmlTextWriter *w, const RigScenario *s,
                         const RigScenarioFiles *files)
{
    rig_xml_begin(w, "driver");
    if (s->linux_driver) {
        rig_xml_put(w, "linux", s->linux_driver);
    } else {
        rig_xml_put(w, "sys", files->sys);
        rig_xml_put(w, "inf", files->inf);
        rig_xml_put(w, "instrumented", s->instrumented ? "yes" : NULL);
    }
    rig_xml_end(w);
}

static void write_rules(xmlTextWriter *w, const RigScenario *s,
                        const char *dir)
{
    for (guint i = 0; i < s->rules->len; i++) {
        const RigRuleRef *r = s->rules->pdata[i];
        g_autofree char *file = g_strdup_printf("%s/%s.xml", dir, r->name);

        rig_xml_begin(w, "rule");
        rig_xml_put(w, "name", r->name);
        rig_xml_put(w, "file", file);
        rig_xml_end(w);
    }
}

/* What only some steps have. */
static void write_settings(xmlTextWriter *w, const RigStep *s)
{
    if (s->messages >= 0) {
        rig_xml_put_count(w, "messages", (unsigned)s->messages);
    }
    rig_xml_put(w, "post-failure", s->post_failure ? RIG_PLAN_YES : NULL);
    rig_xml_put(w, "action", s->action);
    rig_xml_put(w, "state", s->state);
    if (s->frames) {
        rig_xml_put_count(w, "frames", s->frames);
        rig_xml_put_count(w, "min-length", s->min_length);
        rig_xml_put_count(w, "max-length", s->max_length);
        if (s->vf >= 0) {
            rig_xml_put_count(w, "vf", (unsigned)s->vf);
        }
    }
    if (strcmp(s->name, RIG_STEP_SRIOV) == 0) {
        rig_xml_put_count(w, "vfs", s->vfs);
    }
    if (s->adapter) {
        rig_xml_put_count(w, "adapter", s->adapter + 1);
    }
    if (s->timeout_ms) {
        rig_xml_put_count(w, "timeout-ms", s->timeout_ms);
    }
}

static void write_step(xmlTextWriter *w, const RigStep *s)
{
    rig_xml_begin(w, s->name);
    write_settings(w, s);
    for (guint i = 0; i < s->faults->len; i++) {
        const RigFault *f = s->faults->pdata[i];

        rig_xml_begin(w, "fail");
        rig_xml_put(w, "api", f->api);
        rig_xml_put_count(w, "occurrence", f->occurrence);
        put_status(w, f->status);
        rig_xml_end(w);
    }
    for (guint i = 0; i < s->device_faults->len; i++) {
        const RigDeviceFault *f = s->device_faults->pdata[i];

        rig_xml_begin(w, "device-fault");
        rig_xml_put(w, "name", f->name);
        rig_xml_put_count(w, "at", f->at);
        rig_xml_put(w, "argument", f->argument);
        rig_xml_end(w);
    }
    rig_xml_end(w);
}

static void write_cycle(xmlTextWriter *w, const RigCycle *c)
{
    rig_xml_begin(w, "cycle");
    rig_xml_put_count(w, "repeat", c->repeat);
    for (guint i = 0; i < c->steps->len; i++) {
        write_step(w, c->steps->pdata[i]);
    }
    rig_xml_end(w);
}

/* A list of a sweep; an empty one is "none", which "only" cannot be. */
static void put_list(xmlTextWriter *w, const char *name, char **list,
                     const char *none)
{
    g_autofree char *text = g_strjoinv(";", list);

    rig_xml_put(w, name, *text ? text : none);
}

static void write_sweep(xmlTextWriter *w, const RigSweep *s)
{
    rig_xml_begin(w, "sweep");
    rig_xml_put_count(w, "k", s->k);
    put_status(w, s->status);
    put_list(w, "device-faults", s->device_faults, "none");
    put_list(w, "lives", s->lives, "none");
    rig_xml_put_count(w, "occasions", s->occasions);
    rig_xml_put_count(w, "per-site", s->per_site);
    rig_xml_put_count(w, "limit", s->limit);
    if (s->shares > 1) {
        rig_xml_put_count(w, "share", s->share);
        rig_xml_put_count(w, "shares", s->shares);
    }
    put_list(w, "only", s->only, NULL);
    rig_xml_end(w);
}

static void write_expect(xmlTextWriter *w, const RigExpect *e)
{
    if (e->line) {
        rig_xml_begin(w, "expect");
        rig_xml_put(w, "verdict", rig_verdict_name(e->verdict));
        rig_xml_put(w, "level", e->level);
        rig_xml_put(w, "class", e->class_code);
        rig_xml_end(w);
    }
}

static void write_scenario(xmlTextWriter *w, const RigScenario *s,
                           const RigScenarioFiles *files)
{
    rig_xml_begin(w, "scenario");
    rig_xml_put(w, "name", s->name);
    rig_xml_put(w, "seed", s->seed);
    rig_xml_put(w, "control", s->control);
    rig_xml_put(w, "isolate", s->isolate ? "yes" : NULL);
    xmlTextWriterWriteElement(w, (const xmlChar *)"title",
                              (const xmlChar *)s->title);
    if (*s->description) {
        xmlTextWriterWriteElement(w, (const xmlChar *)"description",
                                  (const xmlChar *)s->description);
    }
    write_driver(w, s, files);
    if (s->machine.image) {
        rig_xml_begin(w, "guest");
        rig_xml_put(w, "kind", "windows");
        rig_xml_put(w, "image", s->machine.image);
        rig_xml_end(w);
    }
    write_machine(w, &s->machine);
    write_rules(w, s, files->rules);
    for (guint i = 0; i < s->cycles->len; i++) {
        write_cycle(w, s->cycles->pdata[i]);
    }
    if (s->sweep) {
        write_sweep(w, s->sweep);
    }
    write_expect(w, &s->expect);
    rig_xml_end(w);
}

char *rig_scenario_to_xml(const RigScenario *s, const RigScenarioFiles *files)
{
    xmlBuffer *buffer = xmlBufferCreate();
    xmlTextWriter *w = xmlNewTextWriterMemory(buffer, 0);
    char *text;

    xmlTextWriterSetIndent(w, 1);
    xmlTextWriterSetIndentString(w, (const xmlChar *)"  ");
    xmlTextWriterStartDocument(w, NULL, "UTF-8", NULL);
    write_scenario(w, s, files);
    xmlTextWriterEndDocument(w);
    xmlFreeTextWriter(w);
    text = g_strdup((const char *)xmlBufferContent(buffer));
    xmlBufferFree(buffer);
    return text;
}
