/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Variants of a scenario: writing them, running them, reading what came of it. */
#include "candidate.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>

#include "commands.h"
#include "report.h"
#include "xml-read.h"

static volatile sig_atomic_t stopped;
static volatile sig_atomic_t child;

void rig_target_free(RigTarget *t)
{
    if (t) {
        g_free(t->rule);
        g_free(t->level);
        g_free(t->id);
        g_free(t->class_code);
        g_free(t->sentence);
        g_free(t);
    }
}

RigCandidate *rig_candidate_new(xmlDoc *doc, const char *text)
{
    RigCandidate *c = g_new0(RigCandidate, 1);

    c->doc = doc;
    c->text = g_strdup(text);
    return c;
}

void rig_candidate_free(RigCandidate *c)
{
    if (c) {
        xmlFreeDoc(c->doc);
        g_free(c->text);
        g_free(c->why);
        g_free(c);
    }
}

/* --- running ------------------------------------------------------------ */

static void on_signal(int number)
{
    (void)number;
    stopped = 1;
    if (child > 0) {
        kill(child, SIGTERM);
    }
}

void rig_trial_catch_signals(void)
{
    struct sigaction a = { .sa_handler = on_signal, .sa_flags = SA_RESTART };

    sigemptyset(&a.sa_mask);
    sigaction(SIGINT, &a, NULL);
    sigaction(SIGTERM, &a, NULL);
}

/* In the child: it does not outlive us. */
static void die_with_parent(gpointer data)
{
    (void)data;
    prctl(PR_SET_PDEATHSIG, SIGTERM);
}

/* The name of a run of a candidate, which finds it again in run.xml. */
static char *run_name(guint candidate, unsigned repeat)
{
    return g_strdup_printf("plan-%u-%u", candidate, repeat);
}

static gboolean write_files(const RigTrial *t, GPtrArray *candidates,
                            const char *dir, GPtrArray *argv, GError **error)
{
    for (guint i = 0; i < candidates->len; i++) {
        RigCandidate *c = candidates->pdata[i];

        for (unsigned k = 0; k < t->repeats; k++) {
            g_autofree char *name = run_name(i, k);
            g_autofree char *file = g_strdup_printf("%s/%s.xml", dir, name);

            xmlSetProp(xmlDocGetRootElement(c->doc), BAD_CAST "name",
                       BAD_CAST name);
            if (xmlSaveFormatFile(file, c->doc, 0) < 0) {
                g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED,
                            "%s: cannot be written", file);
                return FALSE;
            }
            g_ptr_array_add(argv, g_steal_pointer(&file));
        }
    }
    return TRUE;
}

/* Exit status of `rig run`, its output in @log; -1 with @error. */
static int call_rig(char **argv, const char *log, GError **error)
{
    g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new(
        G_SUBPROCESS_FLAGS_STDERR_MERGE);
    g_autoptr(GSubprocess) rig = NULL;

    g_subprocess_launcher_set_stdout_file_path(launcher, log);
    g_subprocess_launcher_set_child_setup(launcher, die_with_parent, NULL,
                                          NULL);
    rig = g_subprocess_launcher_spawnv(launcher,
                                       (const char *const *)argv, error);
    if (!rig) {
        return -1;
    }
    child = atoi(g_subprocess_get_identifier(rig));
    if (stopped) {
        kill(child, SIGTERM);
    }
    g_subprocess_wait(rig, NULL, NULL);
    child = 0;
    if (stopped) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_CANCELLED,
                    "stopped by the user");
        return -1;
    }
    return g_subprocess_get_if_exited(rig) ?
           g_subprocess_get_exit_status(rig) : RIG_EXIT_BROKEN;
}

/* --- reading ------------------------------------------------------------ */

static xmlNode *child_named(xmlNode *node, const char *name)
{
    for (xmlNode *n = node->children; n; n = n->next) {
        if (n->type == XML_ELEMENT_NODE && !strcmp((char *)n->name, name)) {
            return n;
        }
    }
    return NULL;
}

static char *sentence_of(xmlNode *node)
{
    xmlNode *sentence = child_named(node, "sentence");
    xmlChar *v = sentence ? xmlNodeGetContent(sentence) : NULL;
    char *copy = g_strdup(v ? (const char *)v : "");

    xmlFree(v);
    return copy;
}

static RigTarget *finding_of(xmlNode *node)
{
    RigTarget *f = g_new0(RigTarget, 1);

    f->rule = rig_attribute(node, "rule");
    f->level = rig_attribute(node, "level");
    f->id = rig_attribute(node, "id");
    f->class_code = rig_attribute(node, "class");
    f->sentence = sentence_of(node);
    return f;
}

static gboolean is_target(const RigTarget *t, const RigTarget *f)
{
    return g_strcmp0(t->rule, f->rule) == 0 &&
           g_strcmp0(t->level, f->level) == 0 &&
           g_strcmp0(t->id, f->id) == 0 &&
           g_strcmp0(t->class_code, f->class_code) == 0;
}

/* Does the result of a scenario have the finding? It may become the target. */
static gboolean has_target(RigTrial *t, xmlNode *scenario)
{
    for (xmlNode *n = scenario->children; n; n = n->next) {
        g_autoptr(RigTarget) f = NULL;

        if (n->type != XML_ELEMENT_NODE || strcmp((char *)n->name, "finding")) {
            continue;
        }
        f = finding_of(n);
        if (!t->target && (!t->id || g_strcmp0(t->id, f->id) == 0)) {
            t->target = g_steal_pointer(&f);
            return TRUE;
        }
        if (t->target && is_target(t->target, f)) {
            return TRUE;
        }
    }
    return FALSE;
}

static void count(RigTrial *t, RigCandidate *c, xmlNode *scenario)
{
    g_autofree char *verdict = rig_attribute(scenario, "verdict");

    if (has_target(t, scenario)) {
        c->fails++;
    } else if (g_strcmp0(verdict, "pass") == 0 ||
               g_strcmp0(verdict, "violation") == 0) {
        c->passes++;
    } else {
        c->unclear++;
        if (!c->why) {
            c->why = sentence_of(scenario);
        }
    }
}

/* The only run directory below @dir, or NULL. */
static char *find_run(const char *dir)
{
    g_autofree char *runs = g_build_filename(dir, "runs", NULL);
    g_autoptr(GDir) d = g_dir_open(runs, 0, NULL);
    const char *name = d ? g_dir_read_name(d) : NULL;

    return name ? g_build_filename(runs, name, REPORT_RUN_XML, NULL) : NULL;
}

static xmlDoc *read_run(const char *dir, GError **error)
{
    g_autofree char *file = find_run(dir);
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
    xmlDoc *doc;

    if (!file) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED,
                    "rig run left no result; %s/log has its words", dir);
        return NULL;
    }
    doc = rig_document_read(file, REPORT_XML_MAX, "", problems);
    if (!doc) {
        rig_problems_to_error(problems, "", error);
    }
    return doc;
}

static void count_all(RigTrial *t, GPtrArray *candidates, xmlDoc *doc)
{
    for (xmlNode *n = xmlDocGetRootElement(doc)->children; n; n = n->next) {
        g_autofree char *name = NULL;
        unsigned i, k;

        if (!rig_element_is(n, "scenario")) {
            continue;
        }
        name = rig_attribute(n, "name");
        if (name && sscanf(name, "plan-%u-%u", &i, &k) == 2 &&
            i < candidates->len) {
            count(t, candidates->pdata[i], n);
        }
    }
}

gboolean rig_trial_run(RigTrial *t, GPtrArray *candidates, gboolean isolate,
                       GError **error)
{
    g_autofree char *dir = g_strdup_printf("%s/round-%u", t->dir,
                                           ++t->rounds);
    g_autofree char *log = g_build_filename(dir, "log", NULL);
    g_autoptr(GPtrArray) argv = g_ptr_array_new_with_free_func(g_free);
    xmlDoc *doc;
    int status;

    if (g_mkdir_with_parents(dir, 0777) < 0) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED,
                    "%s: cannot be made: %s", dir, g_strerror(errno));
        return FALSE;
    }
    g_ptr_array_add(argv, g_strdup(t->rig));
    g_ptr_array_add(argv, g_strdup("run"));
    g_ptr_array_add(argv, g_strdup("--results"));
    g_ptr_array_add(argv, g_strdup(dir));
    if (isolate) {
        g_ptr_array_add(argv, g_strdup("--isolate"));
    }
    if (!write_files(t, candidates, dir, argv, error)) {
        return FALSE;
    }
    g_ptr_array_add(argv, NULL);
    status = call_rig((char **)argv->pdata, log, error);
    if (status < 0) {
        return FALSE;
    }
    if (status == RIG_EXIT_USAGE) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED,
                    "rig run refuses; %s says why", log);
        return FALSE;
    }
    doc = read_run(dir, error);
    if (doc) {
        count_all(t, candidates, doc);
        xmlFreeDoc(doc);
    }
    return doc != NULL;
}
