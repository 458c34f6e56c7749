/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `rig driver catalog`: the unsigned catalogue of a driver package. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "agent/inf-install.h"
#include "catalog.h"
#include "commands.h"
#include "driver-inf.h"
#include "driver-internal.h"

void rig_driver_catalog_usage(FILE *f)
{
    fputs("Usage: rig driver catalog FILE.inf FILE...\n"
          "Make the catalogue that the INF names (CatalogFile), beside it, of "
          "the INF and\nthe other files of its package; unsigned: osslsigncode "
          "signs it.\n"
          "Exit status: 0 done, 2 it cannot be done.\n", f);
}

/* Path of the catalogue; NULL: the INF names none. */
static char *catalog_path(struct inf *inf, const char *path)
{
    const struct inf_section *version = inf_section(inf, "Version");
    const struct inf_line *line = inf_entry(version, "CatalogFile.NTamd64");
    g_autofree char *dir = g_path_get_dirname(path);
    g_autofree char *name = NULL;

    line = line ? line : inf_entry(version, "CatalogFile.NT");
    line = line ? line : inf_entry(version, "CatalogFile");
    name = line ? inf_field(inf, line, 0, NULL) : NULL;
    return name && !strpbrk(name, "/\\") ? g_build_filename(dir, name, NULL)
                                         : NULL;
}

/* SOURCE_DATE_EPOCH is the usual way to ask for the same bytes each time. */
static int64_t date(void)
{
    const char *epoch = g_getenv("SOURCE_DATE_EPOCH");

    return epoch ? g_ascii_strtoll(epoch, NULL, 10) : (int64_t)time(NULL);
}

static gboolean run(char **files, GError **error)
{
    struct inf *inf = inf_load(files[0], error);
    g_autofree char *path = inf ? catalog_path(inf, files[0]) : NULL;
    g_auto(GStrv) ids = inf ? rig_driver_inf_ids(inf) : NULL;
    g_autoptr(GBytes) made = NULL;

    if (!inf) {
        return FALSE;
    }
    inf_free(inf);
    if (!path) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s: [Version] "
                    "has no CatalogFile, or one with a path in it; add "
                    "\"CatalogFile = NAME.cat\"", files[0]);
        return FALSE;
    }
    made = rig_catalog((const char *const *)files, (const char *const *)ids,
                       date(), error);
    return made && g_file_set_contents(path, g_bytes_get_data(made, NULL),
                                       (gssize)g_bytes_get_size(made), error) &&
           printf("%s\n", path) > 0;
}

int rig_driver_catalog(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;

    for (int i = 1; i < argc; i++) {
        if (argv[i][0] == '-') {
            argc = 0;
        }
    }
    if (argc < 3) {
        rig_driver_catalog_usage(stderr);
        return RIG_EXIT_USAGE;
    }
    if (!run(argv + 1, &error)) {
        fprintf(stderr, "rig: %s\n", error->message);
        return RIG_EXIT_USAGE;
    }
    return RIG_EXIT_OK;
}
