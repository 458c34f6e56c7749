/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libFuzzer target: hostile XML of every kind that is read from a file, beside
 * scenarios and rules, which have targets of their own. RIG_FUZZ_XML names the
 * kind; TMPDIR should be in memory, since each input becomes a file.
 */
#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>

#include "bundle-manifest.h"
#include "detection.h"
#include "fixture.h"
#include "history-internal.h"
#include "image.h"
#include "known.h"
#include "night.h"
#include "profile.h"
#include "report.h"
#include "run-glance.h"
#include "suite.h"
#include "transform.h"
#include "xml-read.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static Fixture *f;
static RigPaths *paths;
static char *dir;        /* of the input */
static char *input;      /* its path */

static char *schema(const char *name)
{
    return g_build_filename(paths->results, name, NULL);
}

/* --- the readers ----------------------------------------------------------- */

/* Refused with a problem, or not and then without one. */
static void check(gboolean taken, const GPtrArray *problems)
{
    g_assert_true(taken == (problems->len == 0));
}

static void read_suite(void)
{
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(RigSuite) s = rig_suite_load(input, paths, problems);

    check(s != NULL, problems);
    for (guint i = 0; s && i < s->jobs->len; i++) {
        const RigJob *job = s->jobs->pdata[i];

        g_assert_true(job->id && job->scenarios->len && job->args);
    }
}

static void read_known(void)
{
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
    GPtrArray *issues = rig_known_load(input, "2026-11-26", paths, problems);

    check(issues != NULL, problems);
    g_clear_pointer(&issues, g_ptr_array_unref);
}

static void read_night(void)
{
    g_autofree char *night = schema("night.rng");
    g_autoptr(GError) error = NULL;
    RigNight *n = rig_night_read(dir, night, &error);

    g_assert_true((n == NULL) == (error != NULL));
    if (n) { /* what was read can be written, and is then read as well */
        g_assert_true(rig_night_write(n, dir, &error));
        rig_night_free(n);
        n = rig_night_read(dir, night, &error);
        g_assert_no_error(error);
        rig_night_free(n);
    }
}

static void read_bundle(void)
{
    g_autofree char *bundle = schema("bundle.rng");
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
    RigManifest *m = rig_manifest_read(input, bundle, problems);

    check(m != NULL, problems);
    if (m) {
        g_autofree char *text = rig_manifest_to_xml(m);

        g_assert_nonnull(text);
        rig_manifest_free(m);
    }
}

static void read_profile(void)
{
    g_autoptr(GError) error = NULL;
    RigProfileFile *p = rig_profile_read(input, paths, &error);

    g_assert_true((p == NULL) == (error != NULL));
    if (p) {
        g_autofree char *text = rig_profile_text(p);

        g_assert_nonnull(text);
        rig_profile_free(p);
    }
}

static void read_image(void)
{
    g_autoptr(GError) error = NULL;
    RigImage *i = rig_image_load(f->dir, "fuzz", paths, &error);

    g_assert_true((i == NULL) == (error != NULL));
    g_clear_pointer(&i, rig_image_free);
}

/* By all that read it while it may be half written: glance, history, sums. */
static void read_run(void)
{
    static RigHistory *h;
    const RunFile file = { 0, 1 };
    g_autoptr(RigDetection) d = rig_detection_new();
    RigRunGlance g;

    h = h ? h : rig_history_open(f->dir, NULL);
    rig_run_glance(dir, &g);
    rig_detection_add(d, input, NULL);
    g_assert_true(rig_history_exec(h, "BEGIN", NULL));
    rig_history_read_run(h, "fuzz", &file, NULL);
    g_assert_true(rig_history_exec(h, "ROLLBACK", NULL));
}

/* The page of all nights, whatever a valid index holds. */
static void read_index(void)
{
    g_autofree char *index = schema("index.rng");
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(xmlDoc) doc = rig_document_load(input, REPORT_XML_MAX, index, "",
                                              problems);

    check(doc != NULL, problems);
}

/* --- which of them --------------------------------------------------------- */

static const struct kind {
    const char *name, *dir, *file; /* @dir of the temporary one */
    void (*read)(void);
} kinds[] = {
    { "suite", "", "suite.xml", read_suite },
    { "known", "", "known.xml", read_known },
    { "night", "fuzz", "night.xml", read_night },
    { "bundle", "", "manifest.xml", read_bundle },
    { "profile", "", "profile.xml", read_profile },
    { "image", "fuzz", RIG_IMAGE_XML, read_image },
    { "run", "runs/fuzz", REPORT_RUN_XML, read_run },
    { "index", "", REPORT_INDEX_XML, read_index },
};

static const struct kind *kind;

static void at_end(void)
{
    fixture_free(f);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    const char *name = g_getenv("RIG_FUZZ_XML");

    (void)argc;
    (void)argv;
    for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
        if (g_strcmp0(kinds[i].name, name) == 0) {
            kind = &kinds[i];
        }
    }
    if (!kind) {
        fputs("RIG_FUZZ_XML has to be one of the kinds of fuzz-xml.c\n",
              stderr);
        exit(2);
    }
    f = fixture_new();
    atexit(at_end);
    paths = rig_paths_find(NULL);
    g_free(fixture_write(f, "one.xml", "<scenario name='one'><title>T</title>"
        "<driver sys='good.sys' inf='good.inf'/>"
        "<rule name='Init_DeRegisterInterrupt'/>"
        "<cycle><install/><init/><halt/></cycle></scenario>", -1));
    dir = g_build_filename(f->dir, kind->dir, NULL);
    g_mkdir_with_parents(dir, 0700);
    input = g_build_filename(dir, kind->file, NULL);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    FILE *file = fopen(input, "w");

    g_assert_true(file && fwrite(data, 1, size, file) == size);
    g_assert_true(fclose(file) == 0);
    kind->read();
    return 0;
}
