/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `rig driver instrument`: a copy of a driver that imports from rigshim.sys. */
#include <gio/gio.h>
#include <stdio.h>
#include <string.h>

#include "agent/inf-install.h"
#include "commands.h"
#include "driver-internal.h"
#include "instrument.h"
#include "options.h"
#include "rigshim.h"

/* Where the result goes unless -o says otherwise: below the driver's. */
#define INSTRUMENTED "instrumented"
#define ORIGINAL     "original"

static gboolean undo;
static char *out_option, *inf_option;
static char **files;

static const GOptionEntry options[] = {
    { "output", 'o', 0, G_OPTION_ARG_FILENAME, &out_option,
      "Where the result goes; default: directory " INSTRUMENTED " or "
      ORIGINAL " beside FILE.sys, with its name", "OUT.sys" },
    { "inf", 0, 0, G_OPTION_ARG_FILENAME, &inf_option,
      "Copy the driver's INF there, too, after a look whether it installs "
      "FILE.sys", "FILE.inf" },
    { "undo", 0, 0, G_OPTION_ARG_NONE, &undo,
      "Make the original again, byte for byte", NULL },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &files, NULL,
      "FILE.sys" },
    { NULL },
};

void rig_driver_instrument_usage(FILE *f)
{
    fputs("Usage: rig driver instrument FILE.sys [-o OUT.sys] [--inf FILE.inf] "
          "[--undo]\n"
          "Make a copy of a driver that marks its interrupt calls and miniport "
          "handlers in\nthe event stream, through " RIGSHIM_MODULE
          ", or make the original\nagain from such a copy.\n"
          "Exit status: 0 done, 2 it cannot be done.\n", f);
}

static void forget_options(void)
{
    undo = FALSE;
    g_clear_pointer(&out_option, g_free);
    g_clear_pointer(&inf_option, g_free);
    g_clear_pointer(&files, g_strfreev);
}

static char *output_path(const char *sys)
{
    g_autofree char *dir = g_path_get_dirname(sys);
    g_autofree char *name = g_path_get_basename(sys);

    return out_option ? g_strdup(out_option) :
           g_build_filename(dir, undo ? ORIGINAL : INSTRUMENTED, name, NULL);
}

static gboolean same_file(const char *a, const char *b)
{
    g_autofree char *one = g_canonicalize_filename(a, NULL);
    g_autofree char *two = g_canonicalize_filename(b, NULL);

    return strcmp(one, two) == 0;
}

static gboolean write_file(const char *path, const void *data, gsize size,
                           GError **error)
{
    g_autofree char *dir = g_path_get_dirname(path);

    if (g_mkdir_with_parents(dir, 0777)) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED,
                    "%s cannot be made", dir);
        return FALSE;
    }
    return g_file_set_contents(path, data, (gssize)size, error);
}

/* Does any service of the INF have this image? */
static gboolean names_image(struct inf *inf, const char *name)
{
    GHashTableIter iter;
    gpointer value;

    g_hash_table_iter_init(&iter, inf->sections);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const struct inf_line *line = inf_entry(value, "ServiceBinary");
        g_autofree char *path = line ? inf_field(inf, line, 0, NULL) : NULL;
        const char *base = path ? strrchr(path, '\\') : NULL;

        if (path && g_ascii_strcasecmp(base ? base + 1 : path, name) == 0) {
            return TRUE;
        }
    }
    return FALSE;
}

/* The INF is as good for the copy, which has the name of the original. */
static gboolean copy_inf(const char *out, GError **error)
{
    g_autofree char *dir = g_path_get_dirname(out);
    g_autofree char *sys = g_path_get_basename(out);
    g_autofree char *name = g_path_get_basename(inf_option);
    g_autofree char *to = g_build_filename(dir, name, NULL);
    g_autofree char *text = NULL;
    struct inf *inf = inf_load(inf_option, error);
    gboolean named = inf && names_image(inf, sys);
    gsize size;

    if (inf) {
        inf_free(inf);
    }
    if (!inf) {
        return FALSE;
    }
    if (!named) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                    "%s installs no %s (ServiceBinary); give the INF of this "
                    "driver, and keep its name with -o", inf_option, sys);
        return FALSE;
    }
    return same_file(to, inf_option) ||
           (g_file_get_contents(inf_option, &text, &size, error) &&
            write_file(to, text, size, error));
}

static void print_apis(const GPtrArray *apis)
{
    for (guint i = 0; i < apis->len; i++) {
        printf("  %s\n", (const char *)apis->pdata[i]);
    }
}

static gboolean run(const char *sys, GError **error)
{
    g_autofree char *out = output_path(sys);
    g_autoptr(GPtrArray) apis = NULL;
    g_autoptr(GBytes) made = NULL;
    g_autofree char *file = NULL;
    gsize size;

    if (same_file(sys, out)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_EXISTS, "%s would be "
                    "overwritten; name another file with -o", sys);
        return FALSE;
    }
    if (!rig_driver_file_read(sys, &file, &size, error)) {
        return FALSE;
    }
    made = undo ? rig_instrument_undo(sys, (const uint8_t *)file, size, error)
                : rig_instrument(sys, (const uint8_t *)file, size, &apis,
                                 error);
    if (!made || (inf_option && !copy_inf(out, error)) ||
        !write_file(out, g_bytes_get_data(made, NULL), g_bytes_get_size(made),
                    error)) {
        return FALSE;
    }
    if (undo) {
        printf("%s: the original, as its SHA-256 proves\n", out);
        return TRUE;
    }
    printf("%s: from " RIGSHIM_MODULE " instead of NDIS.SYS come\n", out);
    print_apis(apis);
    puts("It has no signature. Before Windows takes it, its catalogue has to "
         "be made and\nsigned (make sign, or rig driver catalog), and "
         RIGSHIM_MODULE " to be installed.");
    return TRUE;
}

int rig_driver_instrument(int argc, char **argv)
{
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);
    g_autoptr(GError) error = NULL;
    gboolean good;

    forget_options();
    g_option_context_set_help_enabled(context, FALSE);
    g_option_context_add_main_entries(context, options, NULL);
    good = rig_options_parse(context, &argc, &argv, &error);
    if (good && (!files || !files[0] || files[1])) {
        rig_driver_instrument_usage(stderr);
        forget_options();
        return RIG_EXIT_USAGE;
    }
    good = good && run(files[0], &error);
    if (!good) {
        fprintf(stderr, "rig: %s\n", error->message);
    }
    forget_options();
    return good ? RIG_EXIT_OK : RIG_EXIT_USAGE;
}
