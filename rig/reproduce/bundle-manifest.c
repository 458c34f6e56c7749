/* SPDX-License-Identifier: GPL-2.0-or-later */
/* manifest.xml: written, and read from anybody. */
#include "bundle-manifest.h"

#include <stdlib.h>
#include <string.h>

#include "bundle-tar.h"
#include "problem.h"
#include "results-xml.h"
#include "xml-read.h"

/* --- memory -------------------------------------------------------------- */

static void input_free(gpointer p)
{
    RigBundleInput *i = p;

    g_free(i->name);
    g_free(i->sha256);
    g_free(i);
}

static void finding_free(gpointer p)
{
    RigBundleFinding *f = p;

    g_free(f->rule);
    g_free(f->level);
    g_free(f->id);
    g_free(f->class_code);
    g_free(f->sentence);
    g_free(f);
}

static void file_free(gpointer p)
{
    RigBundleFile *f = p;

    g_free(f->name);
    g_free(f->sha256);
    g_free(f);
}

GPtrArray *rig_bundle_findings_new(void)
{
    return g_ptr_array_new_with_free_func(finding_free);
}

RigManifest *rig_manifest_new(void)
{
    RigManifest *m = g_new0(RigManifest, 1);

    m->inputs = g_ptr_array_new_with_free_func(input_free);
    m->findings = rig_bundle_findings_new();
    m->plan = g_ptr_array_new_with_free_func(g_free);
    m->files = g_ptr_array_new_with_free_func(file_free);
    return m;
}

void rig_manifest_free(RigManifest *m)
{
    if (m) {
        char *const strings[] = {
            m->run, m->rig, m->scenario, m->sentence, m->os, m->cpu,
            m->libvirt, m->qemu, m->kernel, m->accel, m->outcome, m->live,
        };

        for (guint i = 0; i < G_N_ELEMENTS(strings); i++) {
            g_free(strings[i]);
        }
        g_ptr_array_unref(m->inputs);
        g_ptr_array_unref(m->findings);
        g_ptr_array_unref(m->plan);
        g_ptr_array_unref(m->files);
        g_free(m);
    }
}

const char *rig_manifest_input(const RigManifest *m, const char *name)
{
    for (guint i = 0; i < m->inputs->len; i++) {
        const RigBundleInput *input = m->inputs->pdata[i];

        if (strcmp(input->name, name) == 0) {
            return input->sha256;
        }
    }
    return NULL;
}

static gboolean is_sha256(const char *text)
{
    return text && strlen(text) == RIG_SHA256_TEXT - 1 &&
           text[strspn(text, "0123456789abcdef")] == '\0';
}

void rig_manifest_add_inputs(RigManifest *m, const char *inputs)
{
    g_auto(GStrv) lines = g_strsplit(inputs, "\n", -1);

    for (char **line = lines; *line; line++) {
        char *space = strchr(*line, ' ');

        if (space && is_sha256(space + 1)) {
            RigBundleInput *i = g_new0(RigBundleInput, 1);

            i->name = g_strndup(*line, space - *line);
            i->sha256 = g_strdup(space + 1);
            g_ptr_array_add(m->inputs, i);
        }
    }
}

void rig_manifest_add_findings(GPtrArray *to, const RigScenarioResult *r)
{
    for (guint i = 0; i < r->findings->len; i++) {
        const RigFinding *from = r->findings->pdata[i];
        RigBundleFinding *f = g_new0(RigBundleFinding, 1);

        f->rule = g_strdup(from->rule);
        f->level = g_strdup(rig_level_name(from->level));
        f->id = g_strdup(from->id);
        f->class_code = g_strdup(from->class_code);
        f->cycle = from->cycle;
        f->event = from->event;
        f->sentence = g_strdup(from->sentence);
        g_ptr_array_add(to, f);
    }
}

/* --- writing ------------------------------------------------------------- */

static void write_environment(xmlTextWriter *w, const RigManifest *m)
{
    rig_xml_begin(w, "environment");
    rig_xml_put(w, "os", m->os);
    rig_xml_put(w, "cpu", m->cpu);
    if (m->cpus) {
        rig_xml_put_count(w, "cpus", m->cpus);
    }
    rig_xml_put(w, "libvirt", m->libvirt);
    rig_xml_put(w, "qemu", m->qemu);
    rig_xml_put(w, "kernel", m->kernel);
    rig_xml_put(w, "accel", m->accel);
    rig_xml_end(w);
}

static void write_stream(xmlTextWriter *w, const RigManifest *m)
{
    rig_xml_begin(w, "stream");
    rig_xml_put_count(w, "events", m->stream.events);
    rig_xml_put_count(w, "last", m->stream.last);
    rig_xml_put(w, "complete", m->stream.reached ? "yes" : "no");
    if (m->place.scenario) {
        rig_xml_put_count(w, "scenario", m->place.scenario);
    }
    if (m->place.cycle) {
        rig_xml_put_count(w, "cycle", m->place.cycle);
    }
    rig_xml_put(w, "sha256", m->stream.sha256);
    rig_xml_end(w);
}

static void write_finding(xmlTextWriter *w, const RigBundleFinding *f)
{
    rig_xml_begin(w, "finding");
    rig_xml_put(w, "rule", f->rule);
    rig_xml_put(w, "level", f->level);
    rig_xml_put(w, "id", f->id);
    rig_xml_put(w, "class", f->class_code);
    rig_xml_put_count(w, "cycle", f->cycle);
    rig_xml_put_count(w, "event", f->event);
    rig_xml_text(w, f->sentence ? f->sentence : "");
    rig_xml_end(w);
}

static void write_lists(xmlTextWriter *w, const RigManifest *m)
{
    for (guint i = 0; i < m->inputs->len; i++) {
        const RigBundleInput *input = m->inputs->pdata[i];

        rig_xml_begin(w, "input");
        rig_xml_put(w, "name", input->name);
        rig_xml_put(w, "sha256", input->sha256);
        rig_xml_end(w);
    }
    for (guint i = 0; i < m->findings->len; i++) {
        write_finding(w, m->findings->pdata[i]);
    }
    for (guint i = 0; i < m->plan->len; i++) {
        rig_xml_begin(w, "scenario");
        rig_xml_put(w, "file", m->plan->pdata[i]);
        rig_xml_end(w);
    }
    for (guint i = 0; i < m->files->len; i++) {
        const RigBundleFile *f = m->files->pdata[i];

        rig_xml_begin(w, "file");
        rig_xml_put(w, "name", f->name);
        rig_xml_put_count(w, "size", f->size);
        rig_xml_put(w, "sha256", f->sha256);
        rig_xml_end(w);
    }
}

static void write_bundle(xmlTextWriter *w, const void *what)
{
    const RigManifest *m = what;

    rig_xml_begin(w, "bundle");
    rig_xml_put(w, "version", "1");
    rig_xml_put(w, "run", m->run);
    rig_xml_put(w, "rig", m->rig);
    rig_xml_put(w, "scenario", m->scenario);
    rig_xml_put_count(w, "number", m->number);
    rig_xml_put_count(w, "machine", m->machine);
    rig_xml_put(w, "verdict", rig_verdict_name(m->verdict));
    rig_xml_put(w, "outcome", m->outcome);
    rig_xml_put(w, "live", m->live);
    rig_xml_put(w, "start", m->snapshot ? "snapshot" : NULL);
    rig_xml_begin(w, "sentence");
    rig_xml_text(w, m->sentence ? m->sentence : "");
    rig_xml_end(w);
    write_environment(w, m);
    rig_xml_begin(w, "seeds");
    rig_xml_put_count(w, "qemu", m->qemu_seed);
    rig_xml_put_count(w, "plan", m->plan_seed);
    rig_xml_end(w);
    write_stream(w, m);
    write_lists(w, m);
    rig_xml_end(w);
}

char *rig_manifest_to_xml(const RigManifest *m)
{
    return rig_xml_to_text(write_bundle, m);
}

/* --- reading ------------------------------------------------------------- */

static uint64_t number(xmlNode *node, const char *name)
{
    return rig_attribute_number(node, name, 0, G_MAXUINT64);
}

static char *content(xmlNode *node)
{
    xmlChar *v = xmlNodeGetContent(node);
    char *copy = g_strdup((const char *)v);

    xmlFree(v);
    return copy;
}

static void read_environment(RigManifest *m, xmlNode *n)
{
    m->os = rig_attribute(n, "os");
    m->cpu = rig_attribute(n, "cpu");
    m->cpus = number(n, "cpus");
    m->libvirt = rig_attribute(n, "libvirt");
    m->qemu = rig_attribute(n, "qemu");
    m->kernel = rig_attribute(n, "kernel");
    m->accel = rig_attribute(n, "accel");
}

static void read_stream(RigManifest *m, xmlNode *n)
{
    g_autofree char *sha256 = rig_attribute(n, "sha256");

    m->stream.events = number(n, "events");
    m->stream.last = number(n, "last");
    m->stream.reached = rig_attribute_is(n, "complete", "yes");
    m->place.scenario = number(n, "scenario");
    m->place.cycle = number(n, "cycle");
    g_strlcpy(m->stream.sha256, sha256, sizeof(m->stream.sha256));
}

static void read_finding(RigManifest *m, xmlNode *n)
{
    RigBundleFinding *f = g_new0(RigBundleFinding, 1);

    f->rule = rig_attribute(n, "rule");
    f->level = rig_attribute(n, "level");
    f->id = rig_attribute(n, "id");
    f->class_code = rig_attribute(n, "class");
    f->cycle = number(n, "cycle");
    f->event = number(n, "event");
    f->sentence = content(n);
    g_ptr_array_add(m->findings, f);
}

static void read_input(RigManifest *m, xmlNode *n)
{
    RigBundleInput *i = g_new0(RigBundleInput, 1);

    i->name = rig_attribute(n, "name");
    i->sha256 = rig_attribute(n, "sha256");
    g_ptr_array_add(m->inputs, i);
}

static void read_file(RigManifest *m, xmlNode *n)
{
    RigBundleFile *f = g_new0(RigBundleFile, 1);

    f->name = rig_attribute(n, "name");
    f->size = number(n, "size");
    f->sha256 = rig_attribute(n, "sha256");
    g_ptr_array_add(m->files, f);
}

static void read_child(RigManifest *m, xmlNode *n)
{
    if (rig_element_is(n, "sentence")) {
        m->sentence = content(n);
    } else if (rig_element_is(n, "environment")) {
        read_environment(m, n);
    } else if (rig_element_is(n, "seeds")) {
        m->qemu_seed = number(n, "qemu");
        m->plan_seed = number(n, "plan");
    } else if (rig_element_is(n, "stream")) {
        read_stream(m, n);
    } else if (rig_element_is(n, "input")) {
        read_input(m, n);
    } else if (rig_element_is(n, "finding")) {
        read_finding(m, n);
    } else if (rig_element_is(n, "scenario")) {
        g_ptr_array_add(m->plan, rig_attribute(n, "file"));
    } else if (rig_element_is(n, "file")) {
        read_file(m, n);
    }
}

static RigManifest *build(xmlNode *root)
{
    g_autofree char *verdict = rig_attribute(root, "verdict");
    g_autofree char *start = rig_attribute(root, "start");
    RigManifest *m = rig_manifest_new();

    m->run = rig_attribute(root, "run");
    m->rig = rig_attribute(root, "rig");
    m->scenario = rig_attribute(root, "scenario");
    m->number = number(root, "number");
    m->machine = number(root, "machine");
    m->outcome = rig_attribute(root, "outcome");
    m->live = rig_attribute(root, "live");
    m->snapshot = g_strcmp0(start, "snapshot") == 0;
    rig_verdict_parse(verdict, &m->verdict);
    for (xmlNode *n = root->children; n; n = n->next) {
        read_child(m, n);
    }
    return m;
}

/* What the schema cannot say. */
static void check(const RigManifest *m, const char *file, GPtrArray *problems)
{
    for (guint i = 0; i < m->files->len; i++) {
        const RigBundleFile *f = m->files->pdata[i];

        if (!rig_bundle_name_is_safe(f->name)) {
            rig_problem(problems, file, 0, "\"%s\" is no name of a file of a "
                        "bundle", f->name);
        }
    }
    for (guint i = 0; i < m->plan->len; i++) {
        if (!rig_bundle_name_is_safe(m->plan->pdata[i])) {
            rig_problem(problems, file, 0, "\"%s\" is no name of a file of a "
                        "bundle", (char *)m->plan->pdata[i]);
        }
    }
    if (m->number < 1 || m->number > m->plan->len) {
        rig_problem(problems, file, 0, "scenario %u of %u", m->number,
                    m->plan->len);
    }
    if (m->place.scenario > m->plan->len) {
        rig_problem(problems, file, 0, "the stream ends with scenario %u of "
                    "%u", m->place.scenario, m->plan->len);
    }
}

RigManifest *rig_manifest_read(const char *file, const char *schema,
                               GPtrArray *problems)
{
    g_autoptr(RigManifest) m = NULL;
    guint before = problems->len;
    g_autoptr(xmlDoc) doc = rig_document_load(file, RIG_XML_BY_PROGRAM, schema,
                                              "; a bundle has one", problems);

    if (doc) {
        m = build(xmlDocGetRootElement(doc));
        check(m, file, problems);
    }
    return problems->len == before ? g_steal_pointer(&m) : NULL;
}
