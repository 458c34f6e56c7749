/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A scenario in memory as a scenario file; scenario.rng is its order. */
#include "scenario-write.h"

#include <libxml/xmlwriter.h>
#include <string.h>

#include "include/plan.h"

static void start(xmlTextWriter *w, const char *name)
{
    xmlTextWriterStartElement(w, (const xmlChar *)name);
}

static void end(xmlTextWriter *w)
{
    xmlTextWriterEndElement(w);
}

/* Nothing for NULL. */
static void put(xmlTextWriter *w, const char *name, const char *value)
{
    if (value) {
        xmlTextWriterWriteAttribute(w, (const xmlChar *)name,
                                    (const xmlChar *)value);
    }
}

static void put_uint(xmlTextWriter *w, const char *name, unsigned value)
{
    xmlTextWriterWriteFormatAttribute(w, (const xmlChar *)name, "%u", value);
}

static void put_status(xmlTextWriter *w, uint32_t status)
{
    xmlTextWriterWriteFormatAttribute(w, (const xmlChar *)"status", "0x%08X",
                                      status);
}

static void write_machine(xmlTextWriter *w, const RigMachine *m)
{
    if (m->image) {
        start(w, "guest");
        put(w, "kind", "windows");
        put(w, "image", m->image);
        end(w);
    }
    start(w, "machine");
    put(w, "nic", m->nic);
    if (m->vectors) {
        put_uint(w, "vectors", m->vectors);
    }
    if (m->queues) {
        put_uint(w, "queues", m->queues);
    }
    if (m->adapters > 1) {
        put_uint(w, "adapters", m->adapters);
    }
    put(w, "msix-profile", rig_profile_name(m->profile));
    put(w, "guard-pages", m->guard_pages ? "yes" : NULL);
    if (m->memory_mib) { /* else the image says */
        if (m->memory_mib) {
        put_uint(w, "memory-mib", m->memory_mib);
    }
    }
    if (m->random_seed) {
        put_uint(w, "random-seed", m->random_seed);
    }
    put_uint(w, "wall-seconds", m->wall_seconds);
    end(w);
}

static void write_driver(xmlTextWriter *w, const RigScenario *s,
                         const RigScenarioFiles *files)
{
    start(w, "driver");
    if (s->linux_driver) {
        put(w, "linux", s->linux_driver);
    } else {
        put(w, "sys", files->sys);
        put(w, "inf", files->inf);
        put(w, "instrumented", s->instrumented ? "yes" : NULL);
    }
    end(w);
}

static void write_rules(xmlTextWriter *w, const RigScenario *s,
                        const char *dir)
{
    for (guint i = 0; i < s->rules->len; i++) {
        const RigRuleRef *r = s->rules->pdata[i];
        g_autofree char *file = g_strdup_printf("%s/%s.xml", dir, r->name);

        start(w, "rule");
        put(w, "name", r->name);
        put(w, "file", file);
        end(w);
    }
}

/* What only some steps have. */
static void write_settings(xmlTextWriter *w, const RigStep *s)
{
    if (s->messages >= 0) {
        put_uint(w, "messages", (unsigned)s->messages);
    }
    put(w, "post-failure", s->post_failure ? RIG_PLAN_YES : NULL);
    put(w, "action", s->action);
    put(w, "state", s->state);
    if (s->frames) {
        put_uint(w, "frames", s->frames);
        put_uint(w, "min-length", s->min_length);
        put_uint(w, "max-length", s->max_length);
        if (s->vf >= 0) {
            put_uint(w, "vf", (unsigned)s->vf);
        }
    }
    if (strcmp(s->name, RIG_STEP_SRIOV) == 0) {
        put_uint(w, "vfs", s->vfs);
    }
    if (s->adapter) {
        put_uint(w, "adapter", s->adapter + 1);
    }
    if (s->timeout_ms) {
        put_uint(w, "timeout-ms", s->timeout_ms);
    }
}

static void write_step(xmlTextWriter *w, const RigStep *s)
{
    start(w, s->name);
    write_settings(w, s);
    for (guint i = 0; i < s->faults->len; i++) {
        const RigFault *f = s->faults->pdata[i];

        start(w, "fail");
        put(w, "api", f->api);
        put_uint(w, "occurrence", f->occurrence);
        put_status(w, f->status);
        end(w);
    }
    for (guint i = 0; i < s->device_faults->len; i++) {
        const RigDeviceFault *f = s->device_faults->pdata[i];

        start(w, "device-fault");
        put(w, "name", f->name);
        put_uint(w, "at", f->at);
        put(w, "argument", f->argument);
        end(w);
    }
    end(w);
}

static void write_cycle(xmlTextWriter *w, const RigCycle *c)
{
    start(w, "cycle");
    put_uint(w, "repeat", c->repeat);
    for (guint i = 0; i < c->steps->len; i++) {
        write_step(w, c->steps->pdata[i]);
    }
    end(w);
}

/* A list of a sweep; an empty one is "none", which "only" cannot be. */
static void put_list(xmlTextWriter *w, const char *name, char **list,
                     const char *none)
{
    g_autofree char *text = g_strjoinv(";", list);

    put(w, name, *text ? text : none);
}

static void write_sweep(xmlTextWriter *w, const RigSweep *s)
{
    start(w, "sweep");
    put_uint(w, "k", s->k);
    put_status(w, s->status);
    put_list(w, "device-faults", s->device_faults, "none");
    put_list(w, "lives", s->lives, "none");
    put_uint(w, "occasions", s->occasions);
    put_uint(w, "per-site", s->per_site);
    put_uint(w, "limit", s->limit);
    put_list(w, "only", s->only, NULL);
    end(w);
}

static void write_expect(xmlTextWriter *w, const RigExpect *e)
{
    if (e->line) {
        start(w, "expect");
        put(w, "verdict", rig_verdict_name(e->verdict));
        put(w, "level", e->level);
        put(w, "class", e->class_code);
        end(w);
    }
}

static void write_scenario(xmlTextWriter *w, const RigScenario *s,
                           const RigScenarioFiles *files)
{
    start(w, "scenario");
    put(w, "name", s->name);
    put(w, "seed", s->seed);
    put(w, "control", s->control);
    put(w, "isolate", s->isolate ? "yes" : NULL);
    xmlTextWriterWriteElement(w, (const xmlChar *)"title",
                              (const xmlChar *)s->title);
    if (*s->description) {
        xmlTextWriterWriteElement(w, (const xmlChar *)"description",
                                  (const xmlChar *)s->description);
    }
    write_driver(w, s, files);
    if (s->machine.image) {
        start(w, "guest");
        put(w, "kind", "windows");
        put(w, "image", s->machine.image);
        end(w);
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
    end(w);
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
