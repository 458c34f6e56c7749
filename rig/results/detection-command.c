/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `rig detection RUN...`: recall and false alarms over finished runs. */
#include <glib.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "detection.h"

static gboolean add(RigDetection *d, const char *run)
{
    g_autofree char *file = g_file_test(run, G_FILE_TEST_IS_DIR) ?
                            g_build_filename(run, "run.xml", NULL) :
                            g_strdup(run);
    g_autoptr(GError) error = NULL;

    if (!rig_detection_add(d, file, &error)) {
        fprintf(stderr, "rig detection: %s\n", error->message);
        return FALSE;
    }
    return TRUE;
}

int rig_cmd_detection(int argc, char **argv)
{
    g_autoptr(RigDetection) d = rig_detection_new();
    g_autofree char *text = NULL;
    gboolean count = argc > 2 && strcmp(argv[1], "--cycles") == 0;
    RigDetectionSum sum;

    if (count) {
        argc--;
        argv++;
    }
    if (argc < 2 || argv[1][0] == '-') {
        gboolean asked = rig_is_help(argc, argv);

        if (argc > 1 && !asked) {
            fprintf(stderr, "rig detection: takes no option %s\n", argv[1]);
        }
        fprintf(asked ? stdout : stderr, "Usage: rig detection [--cycles] "
                "RUN...\n"
                "RUN is a directory results/runs/<id> or its run.xml. Shows "
                "which seeded\ndefects these runs have found, and how often "
                "they accused a correct\ndriver; with --cycles, the "
                "number of clean cycles alone.\nExit status 0: all %u seeds, "
                "no false alarm.\n", RIG_SEEDS);
        return asked ? RIG_EXIT_OK : RIG_EXIT_USAGE;
    }
    for (int i = 1; i < argc; i++) {
        if (!add(d, argv[i])) {
            return RIG_EXIT_USAGE;
        }
    }
    if (count) {
        rig_detection_sum(d, &sum);
        printf("%" G_GUINT64_FORMAT "\n", sum.clean_cycles);
        return RIG_EXIT_OK;
    }
    text = rig_detection_text(d);
    fputs(text, stdout);
    return rig_detection_status(d);
}
