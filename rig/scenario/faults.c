/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `rig faults`: the device faults of rig-nic, from the device's own table. */
#include <glib.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "device-fault.h"

#define TEXT_WIDTH 76u

/* Prints `label` and `text` broken into lines, all indented by 4. */
static void print_field(const char *label, const char *text)
{
    g_auto(GStrv) words = g_strsplit(text, " ", -1);
    size_t column = 4 + strlen(label);

    printf("    %s", label);
    for (unsigned i = 0; words[i]; i++) {
        if (column + 1 + strlen(words[i]) > TEXT_WIDTH) {
            printf("\n       ");
            column = 7;
        }
        printf(" %s", words[i]);
        column += 1 + strlen(words[i]);
    }
    putchar('\n');
}

static void print_name(const struct rig_fault_info *f)
{
    printf("%s@N", f->name);
    if (f->argument == RIG_FAULT_NUMBER) {
        printf("[:%u..%u, default %u]", f->min, f->max, f->dflt);
    } else if (f->argument == RIG_FAULT_BIT) {
        printf(":OFFSET.BIT.VALUE");
    }
    putchar('\n');
}

static int list(void)
{
    for (unsigned i = 0; i < RIG_FAULTS_COUNT; i++) {
        const struct rig_fault_info *f = &rig_device_faults[i];
        g_autofree char *when = g_strdup_printf(
            "the N-th %s%s.", f->occasion,
            f->span == RIG_FAULT_LASTS ? ", and all later ones" : "");

        print_name(f);
        print_field("Strikes:", when);
        print_field("Effect:", f->effect);
        print_field("A correct driver:", f->correct);
    }
    return RIG_EXIT_OK;
}

int rig_cmd_faults(int argc, char **argv)
{
    gboolean asked;

    if (argc == 1 || (argc == 2 && strcmp(argv[1], "--list") == 0)) {
        return list();
    }
    asked = rig_is_help(argc, argv);
    if (!asked) {
        fprintf(stderr, "rig faults: takes no argument %s\n",
                argv[argc > 2 ? 2 : 1]);
    }
    fputs("Usage: rig faults [--list]\nList the faults that rig-nic can be "
          "given.\n", asked ? stdout : stderr);
    return asked ? RIG_EXIT_OK : RIG_EXIT_USAGE;
}
