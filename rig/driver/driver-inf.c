/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a driver's INF says. */
#include "driver-inf.h"

#include <string.h>

#include "agent/inf-install.h"
#include "windows-version.h"

/* WDK, "Enabling Message-Signaled Interrupts in the Registry". */
#define MSI_KEY "Interrupt Management\\MessageSignaledInterruptProperties"

static void nic_free(gpointer p)
{
    RigDriverNic *n = p;

    inf_install_free(n->install);
    g_free(n->why);
    g_free(n);
}

static void add(GPtrArray *list, const struct inf *inf, unsigned line,
                const char *fmt, ...) G_GNUC_PRINTF(4, 5);

static void add(GPtrArray *list, const struct inf *inf, unsigned line,
                const char *fmt, ...)
{
    g_autofree char *text = NULL;
    va_list ap;

    va_start(ap, fmt);
    text = g_strdup_vprintf(fmt, ap);
    va_end(ap);
    g_ptr_array_add(list, line
                    ? g_strdup_printf("%s:%u: %s", inf->file, line, text)
                    : g_strdup_printf("%s: %s", inf->file, text));
}

/* The same is said once, however many NICs it is true of. */
static void add_once(GPtrArray *list, char *text)
{
    for (guint i = 0; i < list->len; i++) {
        if (strcmp(list->pdata[i], text) == 0) {
            g_free(text);
            return;
        }
    }
    g_ptr_array_add(list, text);
}

/* --- the file as a whole ------------------------------------------------- */

/* Section names are unique without regard to case. */
static gboolean is_models(const char *name)
{
    g_autofree char *folded = g_ascii_strdown(name, -1);
    const char *at = strstr(folded, ".ntamd64");

    return at && (at[8] == '\0' || at[8] == '.');
}

/*
 * Ids of the sections that [Manufacturer] announces for x64. Decorated
 * DDInstall sections have no ids in their fields.
 */
static unsigned count_ids(const struct inf *inf)
{
    GHashTableIter iter;
    gpointer value;
    unsigned n = 0;

    g_hash_table_iter_init(&iter, inf->sections);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const struct inf_section *s = value;

        for (guint i = 0; is_models(s->name) && i < s->lines->len; i++) {
            const struct inf_line *line = inf_line(s, i);

            for (unsigned f = 1; line->key && f < line->n_fields; f++) {
                n += strchr(line->fields[f], '\\') != NULL;
            }
        }
    }
    return n;
}

static void read_version(RigDriverInf *out, struct inf *inf)
{
    const struct inf_section *s = inf_section(inf, "Version");
    const struct inf_line *line = inf_entry(s, "Provider");

    out->provider = line ? inf_field(inf, line, 0, NULL) : NULL;
    line = inf_entry(s, "DriverVer");
    out->driver_ver = line ? g_strjoinv(",", line->fields) : NULL;
    if (!out->provider) {
        out->provider = g_strdup("");
    }
    if (!out->driver_ver) {
        out->driver_ver = g_strdup("");
    }
    if (s && !inf_entry(s, "CatalogFile") &&
        !inf_entry(s, "CatalogFile.NTamd64") &&
        !inf_entry(s, "CatalogFile.NT")) {
        add(out->notes, inf, s->number, "[Version] names no CatalogFile: "
            "Windows installs no unsigned driver");
    }
    if (s && !inf_entry(s, "PnpLockdown")) {
        add(out->notes, inf, s->number, "[Version] does not set PnpLockdown "
            "to 1: applications could change the driver's files");
    }
}

/* --- for one NIC --------------------------------------------------------- */

static unsigned setting(const struct inf_install *install, const char *name,
                        unsigned missing)
{
    const struct reg_value *v = registry_get(install->device_key, MSI_KEY,
                                             name);

    return !v ? missing : v->type == REG_DWORD_ ? v->dword
           : v->text ? (unsigned)strtoul(v->text, NULL, 0) : missing;
}

static void check_media(RigDriverInf *out, const struct inf *inf,
                        const struct inf_install *install)
{
    const struct {
        const char *name;
        int64_t value;
    } needed[] = {
        { "*IfType", install->if_type },
        { "*MediaType", install->media_type },
        { "*PhysicalMediaType", install->physical_media_type },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(needed); i++) {
        if (needed[i].value < 0) {
            add_once(out->findings, g_strdup_printf(
                "%s:%u: [%s] sets no %s: NDIS never calls "
                "MiniportInitializeEx; add \"%s=...\"", inf->file,
                install->section_line, install->section, needed[i].name,
                needed[i].name));
        }
    }
}

static void check_binary(RigDriverInf *out, const struct inf *inf,
                         const char *sys, const struct inf_install *install)
{
    if (g_ascii_strcasecmp(install->binary, sys) != 0) {
        add_once(out->findings, g_strdup_printf(
            "%s:%u: [%s] installs %s (ServiceBinary), not %s; give the image "
            "that belongs to this INF", inf->file, install->section_line,
            install->section, install->binary, sys));
    }
}

static void check_install(RigDriverInf *out, const struct inf *inf,
                          const char *sys, RigDriverNic *n)
{
    const struct inf_install *install = n->install;

    n->messages = setting(install, "MSISupported", 0) == 1;
    n->limit = setting(install, "MessageNumberLimit", n->model->vectors);
    check_media(out, inf, install);
    check_binary(out, inf, sys, install);
    if (!n->messages) {
        add_once(out->notes, g_strdup_printf(
            "%s:%u: [%s.HW] does not set MSISupported to 1: the driver gets "
            "a line-based interrupt", inf->file, install->section_line,
            install->section));
    }
}

static void install_for(RigDriverInf *out, const struct inf *inf,
                        const char *path, const char *sys,
                        const RigNicModel *model)
{
    RigDriverNic *n = g_new0(RigDriverNic, 1);
    g_autoptr(GError) error = NULL;
    char *ids[PCI_HARDWARE_IDS];

    n->model = model;
    g_ptr_array_add(out->nics, n);
    if (pci_identity_ids(&model->identity, ids)) {
        return;
    }
    n->install = inf_install(path, (const char *const *)ids, &error);
    pci_hardware_ids_free(ids);
    if (n->install) {
        check_install(out, inf, sys, n);
    } else if (!g_error_matches(error, INF_ERROR, INF_ERROR_NO_MATCH)) {
        n->why = g_strdup(error->message);
        add_once(out->findings, g_strdup(error->message));
    }
}

/* --- of another class ---------------------------------------------------- */

static int by_name(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

char **rig_driver_inf_ids(const struct inf *inf)
{
    GPtrArray *ids = g_ptr_array_new();
    GHashTableIter iter;
    gpointer value;

    g_hash_table_iter_init(&iter, inf->sections);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const struct inf_section *s = value;

        for (guint i = 0; i < s->lines->len; i++) {
            const struct inf_line *line = inf_line(s, i);

            for (unsigned f = 1; line->key && f < line->n_fields; f++) {
                if (g_ascii_strncasecmp(line->fields[f], "PCI\\", 4) == 0) {
                    g_ptr_array_add(ids, g_strdup(line->fields[f]));
                }
            }
        }
    }
    g_ptr_array_sort(ids, by_name);
    g_ptr_array_add(ids, NULL);
    return (char **)g_ptr_array_free(ids, FALSE);
}

static void device_free(gpointer p)
{
    RigDriverDevice *d = p;

    inf_install_free(d->install);
    g_free(d->id);
    g_free(d);
}

/* What it installs, for each of its devices: no keyword of NDIS is asked. */
static void install_others(RigDriverInf *out, struct inf *inf,
                           const char *sys)
{
    g_auto(GStrv) ids = rig_driver_inf_ids(inf);

    for (char **id = ids; *id; id++) {
        const char *const only[] = { *id, NULL };
        RigDriverDevice *d = g_new0(RigDriverDevice, 1);
        g_autoptr(GError) error = NULL;

        d->id = g_strdup(*id);
        d->install = inf_install_any_class(inf, only, &error);
        g_ptr_array_add(out->devices, d);
        if (!d->install) {
            add_once(out->findings, g_strdup(error->message));
        } else {
            check_binary(out, inf, sys, d->install);
        }
    }
    if (!*ids) {
        add(out->findings, inf, 0, "no model for x64 has a PCI id");
    }
}

static char *class_of(struct inf *inf)
{
    const struct inf_section *version = inf_section(inf, "Version");
    const struct inf_line *line = inf_entry(version, "Class");
    char *text;

    line = line ? line : inf_entry(version, "ClassGuid");
    text = line ? inf_field(inf, line, 0, NULL) : NULL;
    return text ? text : g_strdup("?");
}

/* That an INF is for other hardware is said by whoever sees no NIC at all. */
static void check_decoration(RigDriverInf *out, struct inf *inf)
{
    static const char *const none[] = { NULL };
    g_autoptr(GError) error = NULL;
    unsigned match;

    inf_find_model(inf, WINDOWS_NEWEST, none, &match, &error);
    if (g_error_matches(error, INF_ERROR, INF_ERROR_NO_MATCH) &&
        strstr(error->message, "decorated") && out->hardware_ids == 0) {
        add_once(out->findings, g_strdup(error->message));
    }
}

RigDriverInf *rig_driver_inf_read(const char *path, const char *sys,
                                  GError **error)
{
    struct inf *inf = inf_load(path, error);
    RigDriverInf *out;

    if (!inf) {
        return NULL;
    }
    out = g_new0(RigDriverInf, 1);
    out->nics = g_ptr_array_new_with_free_func(nic_free);
    out->devices = g_ptr_array_new_with_free_func(device_free);
    out->findings = g_ptr_array_new_with_free_func(g_free);
    out->notes = g_ptr_array_new_with_free_func(g_free);
    out->hardware_ids = count_ids(inf);
    read_version(out, inf);
    if (!inf_is_net(inf)) {
        out->other_class = class_of(inf);
        install_others(out, inf, sys);
        inf_free(inf);
        return out;
    }
    check_decoration(out, inf);
    for (const RigNicModel *m = rig_nic_models; m->name; m++) {
        install_for(out, inf, path, sys, m);
    }
    inf_free(inf);
    return out;
}

void rig_driver_inf_free(RigDriverInf *inf)
{
    if (!inf) {
        return;
    }
    g_free(inf->provider);
    g_free(inf->driver_ver);
    g_free(inf->other_class);
    g_ptr_array_unref(inf->nics);
    g_ptr_array_unref(inf->devices);
    g_ptr_array_unref(inf->findings);
    g_ptr_array_unref(inf->notes);
    g_free(inf);
}
