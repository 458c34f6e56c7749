/* SPDX-License-Identifier: GPL-2.0-or-later */
/* night.xml: written so that no reader sees half of it, and read back. */
#include <gio/gio.h>
#include <string.h>

#include "night.h"
#include "results-xml.h"
#include "xml-read.h"

#define FILE_NAME "night.xml"

/* --- writing ---------------------------------------------------------- */

static void put_time(xmlTextWriter *w, const char *name, GDateTime *t)
{
    g_autofree char *text = t ? g_date_time_format(t, "%Y-%m-%dT%H:%M:%SZ")
                              : NULL;

    rig_xml_put(w, name, text);
}

static void write_part(xmlTextWriter *w, const RigNightPart *p)
{
    rig_xml_begin(w, "part");
    rig_xml_put(w, "shard", p->shard);
    rig_xml_put(w, "host", p->host);
    put_time(w, "started", p->started);
    put_time(w, "finished", p->finished);
    rig_xml_put_count(w, "workers", p->workers);
    rig_xml_put_count(w, "budget-seconds", p->budget_seconds);
    rig_xml_put_count(w, "spent-seconds", p->spent_seconds);
    rig_xml_put_count(w, "resumed", p->resumed);
    if (p->process.pid) {
        rig_xml_put_count(w, "pid", p->process.pid);
        rig_xml_put_count(w, "start", p->process.start);
        rig_xml_put(w, "boot", p->process.boot);
    }
    rig_xml_end(w);
}

static void write_attempt(xmlTextWriter *w, const RigAttempt *a)
{
    rig_xml_begin(w, "attempt");
    rig_xml_put(w, "run", a->run);
    rig_xml_put(w, "state", rig_attempt_state_name(a->state));
    rig_xml_put_count(w, "worker", a->worker);
    put_time(w, "started", a->started);
    put_time(w, "finished", a->finished);
    if (a->status >= 0) {
        rig_xml_put_count(w, "status", a->status);
    }
    rig_xml_end(w);
}

static void write_job(xmlTextWriter *w, const RigNightJob *j)
{
    rig_xml_begin(w, "job");
    rig_xml_put(w, "id", j->id);
    rig_xml_put(w, "shard", j->shard);
    rig_xml_put_count(w, "line", j->line);
    rig_xml_put(w, "state", rig_job_state_name(j->state));
    rig_xml_put(w, "reason", j->reason);
    rig_xml_put_count(w, "expected-ms", j->expected_ms);
    rig_xml_put_count(w, "limit-seconds", j->limit_seconds);
    for (guint i = 0; i < j->scenarios->len; i++) {
        const RigNightScenario *s = j->scenarios->pdata[i];

        rig_xml_begin(w, "scenario");
        rig_xml_put(w, "name", s->name);
        rig_xml_put(w, "file", s->file);
        rig_xml_end(w);
    }
    for (guint i = 0; i < j->attempts->len; i++) {
        write_attempt(w, j->attempts->pdata[i]);
    }
    rig_xml_end(w);
}

static void write_night(xmlTextWriter *w, const void *what)
{
    const RigNight *n = what;

    rig_xml_begin(w, "night");
    rig_xml_put(w, "version", "1");
    rig_xml_put(w, "id", n->id);
    rig_xml_put(w, "rig", n->rig);
    rig_xml_put(w, "suite", n->suite);
    rig_xml_put(w, "title", n->title);
    rig_xml_put(w, "suite-file", n->suite_file);
    rig_xml_put(w, "suite-sha256", n->sha256);
    put_time(w, "started", n->started);
    put_time(w, "finished", n->finished);
    rig_xml_put(w, "complete", n->complete ? "yes" : "no");
    rig_xml_put(w, "command", n->command ? n->command : "");
    for (guint i = 0; i < n->parts->len; i++) {
        write_part(w, n->parts->pdata[i]);
    }
    for (guint i = 0; i < n->jobs->len; i++) {
        write_job(w, n->jobs->pdata[i]);
    }
    rig_xml_end(w);
}

gboolean rig_night_write(const RigNight *n, const char *dir, GError **error)
{
    g_autofree char *path = g_build_filename(dir, FILE_NAME, NULL);

    return rig_xml_save(path, write_night, n, error);
}

/* --- reading ---------------------------------------------------------- */

static uint64_t get_number(xmlNode *n, const char *name)
{
    return rig_attribute_number(n, name, 0, G_MAXUINT64);
}

static void read_part(RigNight *night, xmlNode *n)
{
    RigNightPart *p = rig_night_part_new();
    g_autofree char *boot = rig_attribute(n, "boot");

    p->shard = rig_attribute(n, "shard");
    p->host = rig_attribute(n, "host");
    p->started = rig_attribute_time(n, "started");
    p->finished = rig_attribute_time(n, "finished");
    p->workers = get_number(n, "workers");
    p->budget_seconds = get_number(n, "budget-seconds");
    p->spent_seconds = get_number(n, "spent-seconds");
    p->resumed = get_number(n, "resumed");
    p->process.pid = MIN(get_number(n, "pid"), G_MAXINT32);
    p->process.start = get_number(n, "start");
    g_strlcpy(p->process.boot, boot ? boot : "", sizeof(p->process.boot));
    g_ptr_array_add(night->parts, p);
}

static RigAttempt *read_attempt(xmlNode *n)
{
    static const char *const names[] = { "running", "done", "interrupted",
                                         "killed", NULL };
    RigAttempt *a = g_new0(RigAttempt, 1);
    g_autofree char *status = rig_attribute(n, "status");

    a->run = rig_attribute(n, "run");
    a->state = rig_attribute_choice(n, "state", names);
    a->worker = get_number(n, "worker");
    a->started = rig_attribute_time(n, "started");
    a->finished = rig_attribute_time(n, "finished");
    a->status = status ? (int)MIN(get_number(n, "status"), 255) : -1;
    return a;
}

static void read_job(RigNight *night, xmlNode *n)
{
    static const char *const names[] = { "waiting", "running", "done",
                                         "skipped", "interrupted", NULL };
    RigNightJob *j = rig_night_job_new();

    j->id = rig_attribute(n, "id");
    j->shard = rig_attribute(n, "shard");
    j->line = get_number(n, "line");
    j->state = rig_attribute_choice(n, "state", names);
    j->reason = rig_attribute(n, "reason");
    j->expected_ms = get_number(n, "expected-ms");
    j->limit_seconds = get_number(n, "limit-seconds");
    for (xmlNode *c = n->children; c; c = c->next) {
        if (rig_element_is(c, "scenario")) {
            RigNightScenario *s = g_new0(RigNightScenario, 1);

            s->name = rig_attribute(c, "name");
            s->file = rig_attribute(c, "file");
            g_ptr_array_add(j->scenarios, s);
        } else if (rig_element_is(c, "attempt")) {
            g_ptr_array_add(j->attempts, read_attempt(c));
        }
    }
    g_ptr_array_add(night->jobs, j);
}

static RigNight *build(xmlNode *root)
{
    RigNight *n = rig_night_empty();

    n->id = rig_attribute(root, "id");
    n->rig = rig_attribute(root, "rig");
    n->suite = rig_attribute(root, "suite");
    n->title = rig_attribute(root, "title");
    n->suite_file = rig_attribute(root, "suite-file");
    n->sha256 = rig_attribute(root, "suite-sha256");
    n->started = rig_attribute_time(root, "started");
    n->finished = rig_attribute_time(root, "finished");
    n->complete = rig_attribute_is(root, "complete", "yes");
    n->command = rig_attribute(root, "command");
    for (xmlNode *c = root->children; c; c = c->next) {
        if (rig_element_is(c, "part")) {
            read_part(n, c);
        } else if (rig_element_is(c, "job")) {
            read_job(n, c);
        }
    }
    return n;
}

RigNight *rig_night_read(const char *dir, const char *schema, GError **error)
{
    g_autofree char *path = g_build_filename(dir, FILE_NAME, NULL);
    g_autofree char *id = g_path_get_basename(dir);
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(xmlDoc) doc = rig_document_load(path, RIG_XML_BY_PROGRAM, schema,
                                              "", problems);
    RigNight *n;

    if (!doc) {
        rig_problems_to_error(problems, "", error);
        return NULL;
    }
    n = build(xmlDocGetRootElement(doc));
    if (strcmp(n->id, id) != 0) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s: is about "
                    "the night %s, which its directory is not called", path,
                    n->id);
        g_clear_pointer(&n, rig_night_free);
    }
    return n;
}

static int newest_first(gconstpointer pa, gconstpointer pb)
{
    const RigNight *a = *(RigNight *const *)pa, *b = *(RigNight *const *)pb;
    int by_time = g_date_time_compare(b->started, a->started);

    return by_time ? by_time : strcmp(b->id, a->id);
}

GPtrArray *rig_nights_read(const char *results, const char *schema,
                           GPtrArray *problems)
{
    g_autofree char *nights = g_build_filename(results, RIG_NIGHTS, NULL);
    g_autoptr(GDir) dir = g_dir_open(nights, 0, NULL);
    GPtrArray *all = g_ptr_array_new_with_free_func(
        (GDestroyNotify)rig_night_free);
    const char *name;

    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *path = g_build_filename(nights, name, NULL);
        g_autofree char *file = g_build_filename(path, FILE_NAME, NULL);
        g_autoptr(GError) error = NULL;
        RigNight *n;

        if (*name == '.' || !g_file_test(file, G_FILE_TEST_EXISTS)) {
            continue; /* hidden, or its night has just begun */
        }
        n = rig_night_read(path, schema, &error);
        if (n) {
            g_ptr_array_add(all, n);
        } else if (problems) {
            g_ptr_array_add(problems, g_strdup(error->message));
        }
    }
    g_ptr_array_sort(all, newest_first);
    return all;
}
