/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `rig driver`, and of it `rig driver inspect`: what is known of a driver
 * before it is run.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "commands.h"
#include "driver-image.h"
#include "driver-inf.h"
#include "driver-internal.h"
#include "paths.h"
#include "rig/tap-regs.h"
#include "suggest.h"
#include "windows-version.h"

#define FIELD "  %-10s "

static void print_linked(const RigDriverImage *image)
{
    time_t t = image->linked;
    struct tm tm;
    char text[32];

    gmtime_r(&t, &tm);
    strftime(text, sizeof(text), "%Y-%m-%d", &tm);
    printf(FIELD "x64, kernel mode, %" G_GUINT64_FORMAT " bytes; linked %s "
           "for Windows %u.%u\n", "image", image->size, text,
           image->os_major, image->os_minor);
}

static void print_version(const RigDriverImage *image)
{
    if (image->version) {
        printf(FIELD "%s%s%s\n", "version", image->version,
               image->description ? ", " : "",
               image->description ? image->description : "");
        if (image->company) {
            printf(FIELD "%s\n", "company", image->company);
        }
    } else {
        printf(FIELD "no version resource\n", "version");
    }
}

static void print_ndis(const RigDriverImage *image)
{
    printf(FIELD, "NDIS");
    for (guint i = 0; i < image->ndis->len; i++) {
        uint16_t v = g_array_index(image->ndis, uint16_t, i);

        printf("%s%u.%u", i ? ", " : "registers with ", v >> 8, v & 0xff);
    }
    puts(image->ndis->len ? "" : "not known: the version is no constant");
}

/* "NDIS.SYS 73 of 73" for each module, in the order of the image. */
static void print_modules(const RigDriverImage *image)
{
    for (guint i = 0, n; i < image->imports->len; i += n) {
        const RigImport *first = image->imports->pdata[i];
        guint ours = 0;

        for (n = 0; i + n < image->imports->len; n++) {
            const RigImport *import = image->imports->pdata[i + n];

            if (strcmp(import->dll, first->dll) != 0) {
                break;
            }
            ours += import->found != RIG_EXPORT_MISSING;
        }
        printf(FIELD "%-20s %u of %u\n", i ? "" : "imports", first->dll, ours,
               n);
    }
}

static void print_variables(const RigDriverImage *image)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    g_autofree char *text = NULL;

    for (guint i = 0; i < image->imports->len; i++) {
        const RigImport *import = image->imports->pdata[i];

        if (import->variable || import->found == RIG_EXPORT_DATA) {
            g_ptr_array_add(names, import->name);
        }
    }
    g_ptr_array_add(names, NULL);
    text = g_strjoinv(", ", (char **)names->pdata);
    if (*text) {
        printf(FIELD "%s\n", "variables", text);
    }
}

static void print_image(const RigDriverImage *image)
{
    print_linked(image);
    printf(FIELD "%s\n", "sha-256", image->sha256);
    print_version(image);
    print_ndis(image);
    printf(FIELD "security cookie %s; control-flow guard %s; signature %s\n",
           "facts", image->cookie ? "seeded" : "none",
           image->cfg ? "yes" : "no", image->is_signed ? "attached" : "none");
    if (image->pdb) {
        printf(FIELD "%s\n", "PDB", image->pdb);
    }
    print_modules(image);
    print_variables(image);
}

static void print_nic(const RigDriverNic *n)
{
    const struct inf_install *i = n->install;

    if (!i) {
        printf(FIELD "%-15s %s\n", "", n->model->name,
               n->why ? "does not install, see below" : "no model");
        return;
    }
    printf(FIELD "%-15s \"%s\", line %u, [%s]", "", n->model->name,
           i->description, i->model_line, i->section);
    if (n->messages) {
        printf(", up to %u messages", MIN(n->limit, n->model->vectors));
    } else {
        printf(", line-based");
    }
    if (i->windows != WINDOWS_NEWEST) {
        printf(", as on Windows %u.%u", i->windows->major, i->windows->minor);
    }
    putchar('\n');
}

static gboolean is_tap(const char *id)
{
    g_autofree char *tap = g_strdup_printf("PCI\\VEN_%04X&DEV_%04X",
                                           RIG_TAP_VENDOR_ID, RIG_TAP_DEVICE_ID);

    return g_ascii_strncasecmp(id, tap, strlen(tap)) == 0;
}

/* A driver of another class: what is different, and its devices. */
static void print_devices(const RigDriverInf *inf)
{
    printf(FIELD "%s, no network adapter: NDIS reads nothing of this INF, so "
           "no\n" FIELD "*IfType, *MediaType or MSISupported is needed; no "
           "scenario is\n" FIELD "about it, Windows loads it beside the "
           "driver under test\n", "class", inf->other_class, "", "");
    for (guint i = 0; i < inf->devices->len; i++) {
        const RigDriverDevice *d = inf->devices->pdata[i];

        if (d->install) {
            printf(FIELD "%s%s\n" FIELD "\"%s\", line %u, [%s], service %s "
                   "(%s)\n", i ? "" : "devices", d->id,
                   is_tap(d->id) ? ", the rig's rig-tap" : "", "",
                   d->install->description, d->install->model_line,
                   d->install->section, d->install->service,
                   d->install->binary);
        } else {
            printf(FIELD "%s does not install, see below\n",
                   i ? "" : "devices", d->id);
        }
    }
}

static void print_inf(const RigDriverInf *inf)
{
    printf(FIELD "%s%s%s, %u hardware ids for x64\n", "INF", inf->provider,
           *inf->provider ? ", " : "", inf->driver_ver, inf->hardware_ids);
    if (inf->other_class) {
        print_devices(inf);
        return;
    }
    printf(FIELD "\n", "NICs");
    for (guint i = 0; i < inf->nics->len; i++) {
        print_nic(inf->nics->pdata[i]);
    }
}

/* --- findings ------------------------------------------------------------ */

static void find_imports(const RigDriverImage *image, GPtrArray *findings)
{
    for (guint i = 0; i < image->imports->len; i++) {
        const RigImport *import = image->imports->pdata[i];

        if (import->found == RIG_EXPORT_MISSING) {
            g_ptr_array_add(findings, g_strdup_printf(
                "%s!%s is not implemented: %s", import->dll, import->name,
                import->variable ? "the driver reads a wrong value" :
                "a cycle that calls it is inconclusive"));
        }
    }
}

static gboolean any_nic(const RigDriverInf *inf)
{
    for (guint i = 0; i < inf->nics->len; i++) {
        const RigDriverNic *n = inf->nics->pdata[i];

        if (n->install || n->why) {
            return TRUE;
        }
    }
    return FALSE;
}

static void print_list(const char *title, const GPtrArray *list)
{
    if (list->len) {
        puts(title);
    }
    for (guint i = 0; i < list->len; i++) {
        printf("  %s\n", (char *)list->pdata[i]);
    }
}

static int inspect(const char *sys, const char *inf_path)
{
    g_autoptr(GPtrArray) findings = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GError) error = NULL;
    g_autoptr(RigPaths) paths = rig_paths_find(&error);
    g_autoptr(RigExports) exports = NULL;
    g_autoptr(RigDriverImage) image = NULL;
    g_autoptr(RigDriverInf) inf = NULL;
    g_autofree char *name = g_path_get_basename(sys);

    exports = paths ? rig_exports_load(paths->imports, &error) : NULL;
    if (!exports) {
        fprintf(stderr, "rig: %s\n", error->message);
        return RIG_EXIT_BROKEN;
    }
    image = rig_driver_image_read(sys, exports, &error);
    inf = image && inf_path ? rig_driver_inf_read(inf_path, name, &error)
                            : NULL;
    if (error) {
        fprintf(stderr, "rig: %s\n", error->message);
        return RIG_EXIT_USAGE;
    }
    puts(name);
    print_image(image);
    if (!inf || !inf->other_class) { /* else it never runs in the NDIS host */
        find_imports(image, findings);
    }
    if (inf) {
        print_inf(inf);
        for (guint i = 0; i < inf->findings->len; i++) {
            g_ptr_array_add(findings, g_strdup(inf->findings->pdata[i]));
        }
        if (!inf->other_class && !any_nic(inf)) {
            g_ptr_array_add(findings, g_strdup_printf(
                "%s has no model for any NIC of the rig", inf_path));
        }
        print_list("notes", inf->notes);
    }
    print_list("findings", findings);
    if (!findings->len) {
        puts(inf && inf->other_class
             ? "nothing found that keeps Windows from installing it"
             : inf ? "nothing found that keeps it from being run"
                 : "nothing found that keeps it from being loaded; give its "
                   "INF, too, to see for which NICs it is");
    }
    return findings->len ? RIG_EXIT_VIOLATION : RIG_EXIT_OK;
}

/* --- command ------------------------------------------------------------- */

static void print_usage(FILE *f)
{
    fputs("Usage: rig driver inspect FILE.sys [FILE.inf]\n"
          "Show what is known of a driver before it is run: the image, what it "
          "imports and\nwhether the NDIS host has it, what its INF installs "
          "for which NIC.\nExit status: 0 nothing found that keeps it from "
          "being run, 1 something found,\n2 not a driver or not an INF."
          "\n\n", f);
    rig_driver_instrument_usage(f);
    fputc('\n', f);
    rig_driver_catalog_usage(f);
}

static int inspect_command(int argc, char **argv)
{
    if (argc < 2 || argc > 3 || argv[1][0] == '-') {
        print_usage(stderr);
        return RIG_EXIT_USAGE;
    }
    return inspect(argv[1], argc == 3 ? argv[2] : NULL);
}

int rig_cmd_driver(int argc, char **argv)
{
    static const char *const names[] = { "inspect", "instrument", "catalog",
                                         NULL };
    gboolean help = rig_is_help(argc, argv) ||
                    (argc == 3 && rig_is_help(argc - 1, argv + 1));

    if (help) {
        print_usage(stdout);
        return RIG_EXIT_OK;
    }
    if (argc > 1 && strcmp(argv[1], "inspect") == 0) {
        return inspect_command(argc - 1, argv + 1);
    }
    if (argc > 1 && strcmp(argv[1], "instrument") == 0) {
        return rig_driver_instrument(argc - 1, argv + 1);
    }
    if (argc > 1 && strcmp(argv[1], "catalog") == 0) {
        return rig_driver_catalog(argc - 1, argv + 1);
    }
    if (argc > 1) {
        g_autofree char *hint = rig_did_you_mean(argv[1], names);

        fprintf(stderr, "rig driver: \"%s\" is nothing that can be done with "
                "drivers%s\n", argv[1], hint);
    }
    print_usage(stderr);
    return RIG_EXIT_USAGE;
}
