/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Suites: the file, read, validated and made into jobs. */
#include "suite.h"

#include <string.h>

#include "problem.h"
#include "read-file.h"
#include "suggest.h"
#include "xml-read.h"

static void job_free(gpointer p)
{
    RigJob *j = p;

    g_free(j->id);
    g_ptr_array_unref(j->scenarios);
    g_strfreev(j->args);
    g_free(j);
}

void rig_suite_free(RigSuite *s)
{
    if (s) {
        g_free(s->file);
        g_free(s->name);
        g_free(s->title);
        g_free(s->sha256);
        g_free(s->known);
        g_free(s->durations);
        g_free(s->start);
        g_ptr_array_unref(s->jobs);
        g_free(s);
    }
}

gboolean rig_parse_duration(const char *text, unsigned *seconds)
{
    static const struct { char unit; unsigned seconds; } units[] = {
        { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 },
    };
    char *end = NULL;
    guint64 n = g_ascii_isdigit(*text) ? g_ascii_strtoull(text, &end, 10) : 0;

    for (guint i = 0; n > 0 && n < 1000000 && i < G_N_ELEMENTS(units); i++) {
        if (end[0] == units[i].unit && end[1] == '\0' &&
            n * units[i].seconds <= G_MAXINT32) {
            *seconds = n * units[i].seconds;
            return TRUE;
        }
    }
    return FALSE;
}

char *rig_duration_text(uint64_t s)
{
    if (s >= 3600 && s % 3600 < 60) {
        return g_strdup_printf("%" G_GUINT64_FORMAT " h", s / 3600);
    }
    if (s >= 3600) {
        return g_strdup_printf("%" G_GUINT64_FORMAT " h %u min", s / 3600,
                               (unsigned)(s % 3600 / 60));
    }
    if (s >= 600 || (s >= 60 && s % 60 == 0)) {
        return g_strdup_printf("%" G_GUINT64_FORMAT " min", s / 60);
    }
    return s >= 60 ? g_strdup_printf("%u min %u s", (unsigned)s / 60,
                                     (unsigned)s % 60)
                   : g_strdup_printf("%u s", (unsigned)s);
}

/* --- reading ---------------------------------------------------------- */

static xmlDoc *read_suite(RigSuite *s, const RigPaths *paths,
                          GPtrArray *problems)
{
    g_autofree char *schema = g_build_filename(paths->scenarios, "suite.rng",
                                               NULL);
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;
    g_autoptr(xmlDoc) doc = NULL;
    gsize length;

    if (!rig_read_file(s->file, RIG_XML_BY_HAND, &text, &length, &error)) {
        g_autofree char *near =
            g_file_test(s->file, G_FILE_TEST_EXISTS) ? g_strdup("") :
            rig_did_you_mean_file(s->file, ".xml", NULL);

        rig_problem(problems, s->file, 0, "cannot be read: %s%s; name "
                    "a suite, as rig-suite(5) explains it", error->message,
                    near);
        return NULL;
    }
    s->sha256 = g_compute_checksum_for_data(G_CHECKSUM_SHA256,
                                            (const guchar *)text, length);
    doc = rig_document_parse(text, length, s->file, problems);
    return doc && rig_document_validate(doc, s->file, schema, problems)
           ? g_steal_pointer(&doc) : NULL;
}

static void read_retention(RigSuite *s, xmlNode *n)
{
    g_autofree char *disk = rig_attribute(n, "disk");
    RigRetention *r = &s->retention;

    s->snapshots = rig_attribute_uint(n, "snapshots", 0);
    r->runs = rig_attribute_uint(n, "runs", 0);
    r->days = rig_attribute_uint(n, "days", 0);
    r->failing_days = rig_attribute_uint(n, "failing-days", 0);
    if (disk) {
        rig_parse_size(disk, &r->disk);
    }
}

/* Attribute @name as a path relative to @dir; NULL: there is none. */
static char *path_attribute(xmlNode *n, const char *name, const char *dir)
{
    g_autofree char *value = rig_attribute(n, name);

    return !value ? NULL : g_path_is_absolute(value) ? g_strdup(value)
                         : g_build_filename(dir, value, NULL);
}

static void read_root(RigSuite *s, xmlNode *root, const char *dir)
{
    g_autofree char *budget = rig_attribute(root, "budget");

    s->name = rig_attribute(root, "name");
    s->start = rig_attribute(root, "start");
    s->workers = rig_attribute_uint(root, "workers", 0);
    s->known = path_attribute(root, "known-issues", dir);
    s->durations = path_attribute(root, "durations", dir);
    if (budget) {
        rig_parse_duration(budget, &s->budget_seconds);
    }
}

static void read_children(RigSuite *s, xmlNode *root, const char *dir,
                          const RigPaths *paths, GPtrArray *problems)
{
    for (xmlNode *n = root->children; n; n = n->next) {
        if (n->type != XML_ELEMENT_NODE) {
            continue;
        }
        if (rig_element_is(n, "title")) {
            s->title = rig_element_text(n);
        } else if (rig_element_is(n, "retention")) {
            read_retention(s, n);
        } else if (rig_element_is(n, "scenarios")) {
            rig_suite_add_scenarios(s, n, dir, paths, problems);
        } else {
            rig_suite_add_sweeps(s, n, dir, paths, problems);
        }
    }
}

/* --- the jobs --------------------------------------------------------- */

/* Two entries must not make the same scenario: results are told by name. */
static void check_names(const RigSuite *s, GPtrArray *problems)
{
    g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);

    for (guint i = 0; i < s->jobs->len; i++) {
        const RigJob *job = s->jobs->pdata[i];

        for (guint k = 0; k < job->scenarios->len; k++) {
            const RigScenario *one = job->scenarios->pdata[k];
            const RigJob *other = g_hash_table_lookup(names, one->name);

            if (other) {
                rig_problem(problems, s->file, job->line, "\"%s\" (%s) is "
                            "also made by line %u; give one of them another "
                            "name or leave it out", one->name, one->file,
                            other->line);
                return;
            }
            g_hash_table_insert(names, one->name, (gpointer)job);
        }
    }
}

static void weigh(RigSuite *s, GHashTable *durations)
{
    for (guint i = 0; i < s->jobs->len; i++) {
        RigJob *job = s->jobs->pdata[i];
        uint64_t known = 0;

        for (guint k = 0; durations && k < job->scenarios->len; k++) {
            const RigScenario *one = job->scenarios->pdata[k];
            uint64_t *ms = g_hash_table_lookup(durations, one->name);

            known += ms ? *ms : 0;
        }
        job->weight_ms = known ? known : job->weight_ms;
        job->expected_ms = job->weight_ms;
    }
}

/* Ids by place: as many digits for all. */
static void number(RigSuite *s)
{
    int digits = s->jobs->len > 999 ? 4 : 3;

    for (guint i = 0; i < s->jobs->len; i++) {
        RigJob *job = s->jobs->pdata[i];

        job->id = g_strdup_printf("j%0*u", digits, i + 1);
    }
}

static void finish(RigSuite *s, GPtrArray *problems)
{
    g_autoptr(GHashTable) durations = NULL;

    if (s->jobs->len > RIG_SUITE_JOBS_MAX) {
        rig_problem(problems, s->file, 0, "makes %u jobs, the limit is %u",
                    s->jobs->len, RIG_SUITE_JOBS_MAX);
        return;
    }
    check_names(s, problems);
    if (s->durations) {
        durations = rig_durations_load(s->durations, problems);
    }
    weigh(s, durations);
    number(s);
}

RigSuite *rig_suite_load(const char *file, const RigPaths *paths,
                         GPtrArray *problems)
{
    g_autoptr(RigSuite) s = g_new0(RigSuite, 1);
    g_autofree char *dir = g_path_get_dirname(file);
    guint before = problems->len;
    xmlDoc *doc;

    s->file = g_strdup(file);
    s->jobs = g_ptr_array_new_with_free_func(job_free);
    doc = read_suite(s, paths, problems);
    if (doc) {
        xmlNode *root = xmlDocGetRootElement(doc);

        read_root(s, root, dir);
        read_children(s, root, dir, paths, problems);
        xmlFreeDoc(doc);
    }
    if (problems->len == before) {
        finish(s, problems);
    }
    return problems->len == before ? g_steal_pointer(&s) : NULL;
}
