/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Scenario files: read, validated against scenario.rng, turned into data.
 *
 * The schema decides what may stand where and in which range a number lies,
 * so the code that builds a RigScenario only converts. What a schema cannot
 * say is in scenario-check.c.
 */
#include "scenario.h"

#include <libxml/parser.h>
#include <libxml/tree.h>
#include <stdlib.h>
#include <string.h>

#include "include/plan.h"
#include "problem.h"
#include "scenario-check.h"
#include "scenario-sweep.h"
#include "suggest.h"
#include "xml-read.h"

/* What <machine> and <traffic> mean when they say nothing. */
#define DEFAULT_NIC RIG_NIC_MODEL
#define DEFAULT_FAULT_STATUS 0xC000009Au /* NDIS_STATUS_RESOURCES, ndis.h */
#define DEFAULT_VECTORS 4
#define DEFAULT_QUEUES 2
#define DEFAULT_MEMORY_MIB 384
#define DEFAULT_WALL_SECONDS 120
#define DEFAULT_WINDOWS_SECONDS 1800
#define DEFAULT_FRAMES 64
#define DEFAULT_MIN_LENGTH 60
#define DEFAULT_MAX_LENGTH 1514

/* --- reading and validating --------------------------------------------- */

static gboolean validate(xmlDoc *doc, const char *file, const RigPaths *paths,
                         GPtrArray *problems)
{
    g_autofree char *schema = g_build_filename(paths->scenarios,
                                               "scenario.rng", NULL);

    return rig_document_validate(doc, file, schema, problems);
}

/* --- building ----------------------------------------------------------- */

static gboolean is_element(const xmlNode *node, const char *name)
{
    return node->type == XML_ELEMENT_NODE &&
           (!name || strcmp((const char *)node->name, name) == 0);
}

static void build_machine(RigMachine *m, xmlNode *node)
{
    g_autofree char *profile = rig_attribute(node, "msix-profile");
    char *nic = rig_attribute(node, "nic");

    if (nic) {
        g_free(m->nic);
        m->nic = nic;
        if (strcmp(nic, RIG_NIC_MODEL) != 0) {
            m->vectors = m->queues = 0;
        }
        if (rig_machine_is_vf(m)) {
            m->guest = RIG_GUEST_LINUX; /* igb is there */
        }
    }
    m->vectors = rig_attribute_uint(node, "vectors", m->vectors);
    m->queues = rig_attribute_uint(node, "queues", m->queues);
    m->adapters = rig_attribute_uint(node, "adapters", m->adapters);
    m->memory_mib = rig_attribute_uint(node, "memory-mib", m->memory_mib);
    m->random_seed = rig_attribute_uint(node, "random-seed", 0);
    m->wall_seconds = rig_attribute_uint(node, "wall-seconds", m->wall_seconds);
    if (profile && strcmp(profile, RIG_PROFILE_AT_START) == 0) {
        m->profile = RIG_MSIX_AT_START;
    }
    m->guard_pages = rig_attribute_is(node, "guard-pages", "yes");
}

static RigFault *build_fault(xmlNode *node)
{
    RigFault *f = g_new0(RigFault, 1);

    f->api = rig_attribute(node, "api");
    f->occurrence = rig_attribute_uint(node, "occurrence", 1);
    f->status = rig_attribute_uint(node, "status", DEFAULT_FAULT_STATUS);
    return f;
}

static RigDeviceFault *build_device_fault(xmlNode *node)
{
    RigDeviceFault *f = g_new0(RigDeviceFault, 1);

    f->name = rig_attribute(node, "name");
    f->at = rig_attribute_uint(node, "at", 1);
    f->argument = rig_attribute(node, "argument");
    f->line = xmlGetLineNo(node);
    return f;
}

static void build_step(RigCycle *c, xmlNode *node)
{
    g_autofree char *post_failure = rig_attribute(node, "post-failure");
    RigStep *s = rig_cycle_add_step(c);

    s->name = g_strdup((const char *)node->name);
    s->line = xmlGetLineNo(node);
    s->timeout_ms = rig_attribute_uint(node, "timeout-ms", 0);
    s->adapter = rig_attribute_uint(node, "adapter", 1) - 1;
    s->messages = (int)rig_attribute_uint(node, "messages", (unsigned)-1);
    s->post_failure = g_strcmp0(post_failure, RIG_PLAN_YES) == 0;
    s->action = rig_attribute(node, "action");
    s->state = rig_attribute(node, "state");
    if (strcmp(s->name, RIG_STEP_TRAFFIC) == 0) {
        s->frames = rig_attribute_uint(node, "frames", DEFAULT_FRAMES);
        s->min_length = rig_attribute_uint(node, "min-length",
                                           DEFAULT_MIN_LENGTH);
        s->max_length = rig_attribute_uint(node, "max-length",
                                           DEFAULT_MAX_LENGTH);
        s->vf = (int)rig_attribute_uint(node, "vf", (unsigned)-1);
    }
    s->vfs = rig_attribute_uint(node, "vfs", 0);
    for (xmlNode *n = node->children; n; n = n->next) {
        if (is_element(n, "fail")) {
            g_ptr_array_add(s->faults, build_fault(n));
        } else if (is_element(n, "device-fault")) {
            g_ptr_array_add(s->device_faults, build_device_fault(n));
        }
    }
}

static void build_cycle(RigScenario *s, xmlNode *node)
{
    RigCycle *c = rig_scenario_add_cycle(s);

    c->repeat = rig_attribute_uint(node, "repeat", 1);
    c->line = xmlGetLineNo(node);
    for (xmlNode *n = node->children; n; n = n->next) {
        if (is_element(n, NULL)) {
            build_step(c, n);
        }
    }
}

static void build_driver(RigScenario *s, xmlNode *node)
{
    g_autofree char *file = g_canonicalize_filename(s->file, NULL);
    g_autofree char *dir = g_path_get_dirname(file);
    g_autofree char *sys = rig_attribute(node, "sys");
    g_autofree char *inf = rig_attribute(node, "inf");
    g_autofree char *instrumented = NULL;

    s->linux_driver = rig_attribute(node, "linux");
    if (s->linux_driver) {
        s->machine.guest = RIG_GUEST_LINUX;
        return;
    }
    s->sys = g_canonicalize_filename(sys, dir);
    s->inf = g_canonicalize_filename(inf, dir);
    s->sys_name = g_path_get_basename(s->sys);
    s->inf_name = g_path_get_basename(s->inf);
    instrumented = rig_attribute(node, "instrumented");
    s->instrumented = g_strcmp0(instrumented, "yes") == 0;
}

static void build_rule(RigScenario *s, xmlNode *node)
{
    RigRuleRef *r = g_new0(RigRuleRef, 1);
    g_autofree char *file = rig_attribute(node, "file");

    r->name = rig_attribute(node, "name");
    r->line = xmlGetLineNo(node);
    if (file) {
        g_autofree char *scenario = g_canonicalize_filename(s->file, NULL);
        g_autofree char *dir = g_path_get_dirname(scenario);

        r->file = g_canonicalize_filename(file, dir);
    }
    g_ptr_array_add(s->rules, r);
}

static void build_expect(RigScenario *s, xmlNode *node)
{
    g_autofree char *verdict = rig_attribute(node, "verdict");

    s->expect.line = xmlGetLineNo(node);
    rig_verdict_parse(verdict, &s->expect.verdict);
    s->expect.level = rig_attribute(node, "level");
    s->expect.class_code = rig_attribute(node, "class");
}

static void build_child(RigScenario *s, xmlNode *n)
{
    if (is_element(n, "title")) {
        s->title = rig_element_text(n);
    } else if (is_element(n, "description")) {
        g_free(s->description);
        s->description = rig_element_text(n);
    } else if (is_element(n, "driver")) {
        build_driver(s, n);
    } else if (is_element(n, "guest")) {
        s->machine.guest = RIG_GUEST_WINDOWS;
        s->machine.image = rig_attribute(n, "image");
        s->machine.wall_seconds = DEFAULT_WINDOWS_SECONDS;
        s->machine.memory_mib = 0; /* what the image says */
    } else if (is_element(n, "machine")) {
        build_machine(&s->machine, n);
    } else if (is_element(n, "rule")) {
        build_rule(s, n);
    } else if (is_element(n, "cycle")) {
        build_cycle(s, n);
    } else if (is_element(n, "sweep")) {
        rig_sweep_read(s, n);
    } else if (is_element(n, "expect")) {
        build_expect(s, n);
    }
}

static RigScenario *build(xmlNode *root, const char *file)
{
    RigScenario *s = rig_scenario_new();

    s->file = g_strdup(file);
    s->line = xmlGetLineNo(root);
    s->name = rig_attribute(root, "name");
    s->seed = rig_attribute(root, "seed");
    s->control = rig_attribute(root, "control");
    s->isolate = rig_attribute_is(root, "isolate", "yes");
    s->machine = (RigMachine) {
        .nic = g_strdup(DEFAULT_NIC),
        .vectors = DEFAULT_VECTORS,
        .queues = DEFAULT_QUEUES,
        .adapters = 1,
        .profile = RIG_MSIX_AT_CONNECT,
        .memory_mib = DEFAULT_MEMORY_MIB,
        .wall_seconds = DEFAULT_WALL_SECONDS,
    };
    for (xmlNode *n = root->children; n; n = n->next) {
        build_child(s, n);
    }
    if (s->sweep && s->cycles->len == 0) {
        rig_sweep_add_life(s);
    }
    return s;
}

/* Validate, build and check; takes the document. */
static RigScenario *take_document(xmlDoc *doc, const char *file,
                                  const RigPaths *paths, GPtrArray *problems,
                                  guint before)
{
    g_autoptr(RigScenario) s = NULL;

    if (doc && problems->len == before &&
        validate(doc, file, paths, problems)) {
        s = build(xmlDocGetRootElement(doc), file);
        rig_scenario_check(s, paths, problems);
    }
    xmlFreeDoc(doc);
    return problems->len == before ? g_steal_pointer(&s) : NULL;
}

RigScenario *rig_scenario_load(const char *file, const RigPaths *paths,
                               GPtrArray *problems)
{
    guint before = problems->len;
    g_autofree char *near =
        g_file_test(file, G_FILE_TEST_EXISTS) ? g_strdup("") :
        rig_did_you_mean_file(file, ".xml", paths->scenarios);
    g_autofree char *hint = g_strconcat(
        near, "; name a scenario file or a directory of them", NULL);

    return take_document(rig_document_read(file, RIG_XML_BY_HAND, hint,
                                           problems), file, paths, problems,
                         before);
}

RigScenario *rig_scenario_parse(const char *text, const char *file,
                                const RigPaths *paths, GPtrArray *problems)
{
    guint before = problems->len;
    RigScenario *s = take_document(rig_document_parse(text, strlen(text), file,
                                                  problems),
                                   file, paths, problems, before);

    if (s) {
        s->text = g_strdup(text);
    }
    return s;
}
