/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `rig calibrate`: runs the experiments on a guest as an ordinary run, reads
 * their streams, and writes down what follows.
 */
#include <gio/gio.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "image.h"
#include "kvm.h"
#include "options.h"
#include "profile.h"
#include "results.h"
#include "run.h"

/* The rig's own guest, which is calibrated to prove the experiments. */
#define NDIS "ndis"

typedef struct Calibrate {
    RigRunOptions run;
    char *profile;       /* of the NDIS guest: --msix-profile */
    char *output;
    char **words;
    gboolean ndis;
    RigProfile msix;
    char *id;            /* of the run */
} Calibrate;

/* The experiments as scenarios; a RigScenarioSource. */
static GPtrArray *make_scenarios(const RigPaths *paths, GPtrArray *problems,
                                 void *opaque)
{
    const Calibrate *c = opaque;
    GPtrArray *all = g_ptr_array_new_with_free_func(
        (GDestroyNotify)rig_scenario_free);
    g_autofree char *home = g_path_get_dirname(paths->scenarios);
    g_autofree char *drivers = c->ndis
        ? g_build_filename(home, "build", "drivers", NULL)
        : g_build_filename(paths->windows, "packages", "calibrate", NULL);

    for (unsigned n = 0; n < rig_calibration_experiments(); n++) {
        g_autofree char *text = rig_calibration_scenario(
            n, drivers, c->ndis ? NULL : c->words[0], c->msix);
        RigScenario *s = rig_scenario_parse(text, "experiment", paths,
                                            problems);

        if (s) {
            g_ptr_array_add(all, s);
        }
    }
    return all;
}

static gboolean read_machine(RigCalibration *c, const char *run, unsigned n,
                             gboolean *there, GError **error)
{
    g_autofree char *vm = g_strdup_printf("vm-%u", n);
    g_autofree char *file = g_build_filename(run, vm, "events.bin", NULL);

    *there = g_file_test(file, G_FILE_TEST_IS_REGULAR);
    return !*there || rig_calibration_read(c, file, error);
}

static gboolean read_run(RigCalibration *c, const Calibrate *a,
                         GError **error)
{
    g_autofree char *run = g_build_filename(a->run.results, "runs", a->id,
                                            NULL);
    gboolean there = TRUE;

    for (unsigned n = 1; there; n++) {
        if (!read_machine(c, run, n, &there, error)) {
            return FALSE;
        }
    }
    if (!c->experiments->len) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "no experiment was "
                    "run; see %s", run);
        return FALSE;
    }
    rig_calibration_conclude(c);
    return TRUE;
}

static RigProfileFile *describe(const Calibrate *a, const RigPaths *paths,
                                char **file, GError **error)
{
    g_autoptr(RigProfileFile) p = g_new0(RigProfileFile, 1);
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();
    g_autoptr(RigImage) i = NULL;

    p->calibration = rig_calibration_new();
    p->guest = g_strdup(a->words[0]);
    p->made = g_date_time_format(now, "%Y-%m-%dT%H:%M:%SZ");
    if (!read_run(p->calibration, a, error)) {
        return NULL;
    }
    p->profile = rig_calibration_profile(p->calibration);
    if (!a->ndis) {
        i = rig_image_load(a->run.images, a->words[0], paths, error);
        if (!i) {
            return NULL;
        }
        p->release = g_strdup(i->release);
        p->sha256 = g_strdup(i->sha256);
    }
    p->accel = g_strdup(i && !i->stand_in && rig_kvm_usable(paths, NULL)
                        ? "kvm" : "tcg");
    *file = a->output ? g_strdup(a->output) :
            i ? rig_image_file(i, RIG_IMAGE_PROFILE) : NULL;
    return g_steal_pointer(&p);
}

/* Without an API witness nobody knows at which stage something was written. */
static gboolean saw_apis(const RigCalibration *c)
{
    for (guint i = 0; i < c->experiments->len; i++) {
        if (((const RigExperiment *)c->experiments->pdata[i])->api) {
            return TRUE;
        }
    }
    return FALSE;
}

static int conclude(const Calibrate *a, const RigPaths *paths)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *file = NULL;
    g_autoptr(RigProfileFile) p = describe(a, paths, &file, &error);
    g_autofree char *text = p ? rig_profile_text(p) : NULL;

    if (!p || (file && !rig_profile_write(p, file, &error))) {
        fprintf(stderr, "rig calibrate: %s\n", error->message);
        return RIG_EXIT_BROKEN;
    }
    printf("\n%s: %u experiments\n%s", p->guest,
           p->calibration->experiments->len, text);
    if (!saw_apis(p->calibration)) {
        puts("No API call was marked: the drivers are not instrumented, or "
             "rigshim is not in\nthe guest. What the stages are is not known.");
    }
    if (file) {
        printf("profile: %s\n", file);
    }
    return RIG_EXIT_OK;
}

static gboolean parse(Calibrate *a, int *argc, char ***argv, GError **error)
{
    const GOptionEntry entries[] = {
        { "msix-profile", 0, 0, G_OPTION_ARG_STRING, &a->profile,
          "of ndis: at-connect (default) or at-start", "NAME" },
        { "images", 0, 0, G_OPTION_ARG_FILENAME, &a->run.images,
          "Store of Windows images (default: $XDG_DATA_HOME/rig/images)",
          "DIR" },
        { "output", 'o', 0, G_OPTION_ARG_FILENAME, &a->output,
          "Write the profile there (default: with the image)", "FILE" },
        { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY, &a->words,
          NULL, NULL },
        { 0 },
    };
    g_autoptr(GOptionContext) context = g_option_context_new("IMAGE | ndis");

    g_set_prgname("rig calibrate");
    g_option_context_add_main_entries(context, entries, NULL);
    rig_run_add_options(context, &a->run);
    g_option_context_set_summary(context,
        "Run a clean driver, one that never registers an interrupt, and ones "
        "that leak\ntheirs; write down when the guest programs and clears the "
        "MSI-X table, and whether\nit stops for a leak.");
    return rig_options_parse(context, argc, argv, error);
}

static const char *wrong(const Calibrate *a)
{
    return !a->words || a->words[1] ? "name one image, or ndis" :
           a->profile && !a->ndis ? "--msix-profile is for ndis; Windows does "
                                    "as it does" :
           a->profile && strcmp(a->profile, "at-connect") != 0 &&
           strcmp(a->profile, "at-start") != 0 ?
           "--msix-profile takes at-connect or at-start" : NULL;
}

/* An image that is not there is no reason to boot anything. */
static gboolean have_guest(const Calibrate *a, const RigPaths *paths,
                           GError **error)
{
    g_autofree char *images = rig_images_dir(a->run.images);
    g_autoptr(RigImage) i = a->ndis ? NULL : rig_image_load(
        images, a->words[0], paths, error);

    return a->ndis || i;
}

static int run(Calibrate *a, int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(RigPaths) paths = rig_paths_find(&error);
    const char *why = wrong(a);
    int status;

    if (!paths || why || !have_guest(a, paths, &error)) {
        fprintf(stderr, "rig calibrate: %s\n", why ? why : error->message);
        return RIG_EXIT_USAGE;
    }
    a->msix = g_strcmp0(a->profile, "at-start") == 0 ? RIG_MSIX_AT_START
                                                     : RIG_MSIX_AT_CONNECT;
    if (!a->run.id) {
        a->run.id = g_strdup_printf("calibrate-%s-%08x", a->words[0],
                                    g_random_int());
    }
    a->id = g_strdup(a->run.id);
    status = rig_run_with(&a->run, make_scenarios, a, argc, argv);
    /* Leaking drivers are violations: that is what they are for. */
    return status == RIG_EXIT_USAGE || status == RIG_EXIT_INTERRUPTED
           ? status : conclude(a, paths);
}

int rig_cmd_calibrate(int argc, char **argv)
{
    g_auto(GStrv) given = g_strdupv(argv);
    g_autoptr(GError) error = NULL;
    Calibrate a = { 0 };
    int count = argc, status = RIG_EXIT_USAGE;

    if (!parse(&a, &argc, &argv, &error)) {
        fprintf(stderr, "rig calibrate: %s; \"rig calibrate --help\" shows the "
                "options\n", error->message);
    } else if (rig_run_check_options(&a.run)) {
        a.ndis = a.words && g_strcmp0(a.words[0], NDIS) == 0;
        status = run(&a, count, given);
    }
    rig_run_options_clear(&a.run);
    g_strfreev(a.words);
    g_free(a.profile);
    g_free(a.output);
    g_free(a.id);
    return status;
}
