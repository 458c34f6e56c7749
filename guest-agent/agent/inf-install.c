/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * INF files: installing one for a device.
 *
 * The way Windows goes: [Version], the model that lists the device, its
 * DDInstall section in the variant for x64, and that section's .HW and
 * .Services sections. Sections named by Needs are run too; those of a system
 * INF named by Include are Windows' own and add nothing here.
 */
#include <string.h>
#include "agent/inf-install.h"

/* "Needs" may name sections that have "Needs". */
#define NEEDS_DEPTH_MAX 8

/* Setup class of network adapters. (devguid.h, GUID_DEVCLASS_NET) */
#define CLASS_NET "{4d36e972-e325-11ce-bfc1-08002be10318}"

bool inf_refuse(const struct installer *in, unsigned line, const char *text)
{
    return inf_fail(in->inf, line, INF_ERROR_CONTENT, in->error, "%s", text);
}

const struct inf_line *inf_entry(const struct inf_section *section,
                                 const char *key)
{
    const struct inf_line *found = NULL;

    for (unsigned i = 0; section && i < section->lines->len; i++) {
        const struct inf_line *line = inf_line(section, i);

        if (inf_key_is(line, key)) {
            found = line;
        }
    }
    return found;
}

/* All fields of a line, expanded, with commas between them. */
static char *joined_fields(const struct installer *in,
                           const struct inf_line *line)
{
    g_autofree char *all = g_strjoinv(",", line->fields);

    return inf_expand(in->inf, line, all, in->error);
}

/* -- [Version] ---------------------------------------------------------- */

static bool check_signature(const struct installer *in,
                            const struct inf_section *version)
{
    const struct inf_line *line = inf_entry(version, "Signature");
    g_autofree char *signature = NULL;

    if (!line) {
        return inf_refuse(in, version->number, "[Version] needs "
                          "Signature=\"$Windows NT$\"");
    }
    /* "$Windows NT$" has no %token%, so no expansion is needed. */
    signature = g_strjoinv(",", line->fields);
    return g_ascii_strcasecmp(signature, "$Windows NT$") == 0 ||
           g_ascii_strcasecmp(signature, "$Chicago$") == 0 ||
           inf_refuse(in, line->number,
                      "the signature is not \"$Windows NT$\"");
}

static bool check_class(const struct installer *in,
                        const struct inf_section *version)
{
    const struct inf_line *line = inf_entry(version, "ClassGuid");
    const char *want = CLASS_NET;
    g_autofree char *text = NULL;

    if (!line) {
        line = inf_entry(version, "Class");
        want = "Net";
    }
    if (!line) {
        return inf_refuse(in, version->number, "[Version] has neither "
                          "Class nor ClassGuid");
    }
    text = inf_field(in->inf, line, 0, in->error);
    return text && (in->any_class || g_ascii_strcasecmp(text, want) == 0 ||
                    inf_refuse(in, line->number, "the class is not Net: "
                               "this INF is not for a network adapter"));
}

static bool read_version(const struct installer *in)
{
    const struct inf_section *version = inf_section(in->inf, "Version");
    const struct inf_line *line;

    if (!version) {
        return inf_refuse(in, 0, "there is no [Version] section");
    }
    if (!check_signature(in, version) || !check_class(in, version)) {
        return false;
    }
    line = inf_entry(version, "Provider");
    in->inst->provider = line ? inf_field(in->inf, line, 0, in->error)
                              : g_strdup("");
    line = inf_entry(version, "DriverVer");
    in->inst->driver_ver = line ? joined_fields(in, line) : g_strdup("");
    return in->inst->provider && in->inst->driver_ver;
}

/* -- sections ------------------------------------------------------------ */

/* What is done with each section that Needs leads to. */
typedef bool section_fn(struct installer *in,
                        const struct inf_section *section);

static bool run_section(struct installer *in,
                        const struct inf_section *section, section_fn *fn,
                        unsigned depth);

static bool run_needs(struct installer *in, const struct inf_line *line,
                      section_fn *fn, unsigned depth)
{
    if (depth >= NEEDS_DEPTH_MAX) {
        return inf_refuse(in, line->number, "Needs leads too deep: does a "
                          "section need itself?");
    }
    for (unsigned i = 0; i < line->n_fields; i++) {
        g_autofree char *name = inf_field(in->inf, line, i, in->error);
        const struct inf_section *section;

        if (!name) {
            return false;
        }
        section = inf_section(in->inf, name);
        if (section) {
            if (!run_section(in, section, fn, depth + 1)) {
                return false;
            }
        } else if (!in->includes) {
            return inf_fail(in->inf, line->number, INF_ERROR_CONTENT,
                            in->error, "there is no section [%s], and no "
                            "Include names the INF that has it", name);
        }
    }
    return true;
}

static bool run_section(struct installer *in,
                        const struct inf_section *section, section_fn *fn,
                        unsigned depth)
{
    for (unsigned i = 0; i < section->lines->len; i++) {
        in->includes |= inf_key_is(inf_line(section, i), "Include");
    }
    for (unsigned i = 0; i < section->lines->len; i++) {
        const struct inf_line *line = inf_line(section, i);

        if (inf_key_is(line, "Needs") &&
            !run_needs(in, line, fn, depth)) {
            return false;
        }
    }
    return fn(in, section);
}

/* -- DDInstall ------------------------------------------------------------ */

/* A file of a CopyFiles list: "@name", or a section that lists names. */
static bool copy_entry(struct installer *in, const struct inf_line *line,
                       const char *name)
{
    const struct inf_section *section;

    if (*name == '@') {
        g_hash_table_add(in->copied, registry_fold(name + 1));
        return true;
    }
    section = inf_section(in->inf, name);
    if (!section) {
        return inf_fail(in->inf, line->number, INF_ERROR_CONTENT, in->error,
                        "there is no section [%s] for CopyFiles", name);
    }
    for (unsigned i = 0; i < section->lines->len; i++) {
        g_autofree char *file = inf_field(in->inf, inf_line(section, i), 0,
                                          in->error);

        if (!file) {
            return false;
        }
        g_hash_table_add(in->copied, registry_fold(file));
    }
    return true;
}

static bool copy_files(struct installer *in,
                       const struct inf_section *section)
{
    for (unsigned i = 0; i < section->lines->len; i++) {
        const struct inf_line *line = inf_line(section, i);

        if (!inf_key_is(line, "CopyFiles")) {
            continue;
        }
        for (unsigned f = 0; f < line->n_fields; f++) {
            g_autofree char *name = inf_field(in->inf, line, f, in->error);

            if (!name || (*name && !copy_entry(in, line, name))) {
                return false;
            }
        }
    }
    return true;
}

static void set_dword(struct registry *reg, const char *name, uint32_t value)
{
    struct reg_value v = { .type = REG_DWORD_, .dword = value };

    registry_set(reg, "", name, &v);
}

static void set_text(struct registry *reg, const char *name, const char *text)
{
    struct reg_value v = { .type = REG_SZ_, .text = (char *)text };

    registry_set(reg, "", name, &v);
}

/* A number that DDInstall gives and the driver key keeps as `name`. */
static bool read_number(struct installer *in,
                        const struct inf_section *section, const char *name,
                        int64_t *value)
{
    const struct inf_line *line = inf_entry(section, name);
    g_autofree char *text = NULL;

    if (!line) {
        return true;
    }
    text = inf_field(in->inf, line, 0, in->error);
    if (!text) {
        return false;
    }
    if (!inf_number(text, value) || *value < 0) {
        return inf_fail(in->inf, line->number, INF_ERROR_CONTENT, in->error,
                        "%s needs a number", name);
    }
    set_dword(in->inst->driver_key, name, (uint32_t)*value);
    return true;
}

static bool run_ddinstall(struct installer *in,
                          const struct inf_section *section)
{
    int64_t characteristics = in->inst->characteristics, bus_type = -1;

    if (!read_number(in, section, "*IfType", &in->inst->if_type) ||
        !read_number(in, section, "*MediaType", &in->inst->media_type) ||
        !read_number(in, section, "*PhysicalMediaType",
                     &in->inst->physical_media_type) ||
        !read_number(in, section, "Characteristics", &characteristics) ||
        !read_number(in, section, "BusType", &bus_type)) {
        return false;
    }
    in->inst->characteristics = (uint32_t)characteristics;
    return copy_files(in, section) &&
           inf_apply_registry(in->inf, section, in->inst->driver_key,
                              in->error);
}

static bool run_hw(struct installer *in, const struct inf_section *section)
{
    return inf_apply_registry(in->inf, section, in->inst->device_key,
                              in->error);
}

/* -- all of it ----------------------------------------------------------- */

/* The DDInstall section in its closest variant for x64. */
static const struct inf_section *find_ddinstall(struct installer *in)
{
    static const char *const suffixes[] = { ".NTamd64", ".NT", "" };
    g_autofree char *base = inf_field(in->inf, in->model, 0, in->error);

    if (!base) {
        return NULL;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(suffixes); i++) {
        g_autofree char *name = g_strconcat(base, suffixes[i], NULL);
        const struct inf_section *section = inf_section(in->inf, name);

        if (section) {
            in->inst->section = g_strdup(section->name);
            in->inst->section_line = section->number;
            return section;
        }
    }
    inf_fail(in->inf, in->model->number, INF_ERROR_CONTENT, in->error,
             "there is no section [%s], nor one with .NTamd64 or .NT", base);
    return NULL;
}

/* A section that belongs to the DDInstall section: ".HW", ".Services". */
static const struct inf_section *companion(const struct installer *in,
                                           const char *suffix)
{
    g_autofree char *name = g_strconcat(in->inst->section, suffix, NULL);

    return inf_section(in->inf, name);
}

/*
 * INFs of drivers that came into Windows' own box have empty Models sections
 * for that Windows: then an older one is it. The error is that of the newest.
 */
static bool search_windows(struct installer *in, const char *const *ids,
                           unsigned *match)
{
    GError *newest = NULL;

    for (size_t i = 0; i < WINDOWS_VERSIONS && !in->model; i++) {
        GError *error = NULL;

        in->inst->windows = &windows_versions[i];
        in->model = inf_find_model(in->inf, in->inst->windows, ids, match,
                                   &error);
        if (i == 0) {
            newest = error;
        } else {
            g_clear_error(&error);
        }
        if (newest && !g_error_matches(newest, INF_ERROR,
                                       INF_ERROR_NO_MATCH)) {
            break;
        }
    }
    if (in->model) {
        g_clear_error(&newest);
    } else {
        g_propagate_error(in->error, newest);
    }
    return in->model != NULL;
}

static bool find_model(struct installer *in, const char *const *ids)
{
    unsigned match;

    if (!search_windows(in, ids, &match)) {
        return false;
    }
    in->inst->model_line = in->model->number;
    in->inst->description = in->model->key
        ? inf_expand(in->inf, in->model, in->model->key, in->error)
        : g_strdup("");
    set_text(in->inst->driver_key, "MatchingDeviceId", ids[match]);
    return in->inst->description != NULL;
}

static bool install(struct installer *in, const char *const *ids)
{
    const struct inf_section *section, *services, *hw;

    if (!read_version(in) || !find_model(in, ids)) {
        return false;
    }
    section = find_ddinstall(in);
    if (!section) {
        return false;
    }
    services = companion(in, ".Services");
    if (!services) {
        return inf_fail(in->inf, section->number, INF_ERROR_CONTENT,
                        in->error, "there is no section [%s.Services]: a "
                        "driver needs a service",
                        in->inst->section);
    }
    hw = companion(in, ".HW");
    if (!run_section(in, section, run_ddinstall, 0) ||
        (hw && !run_section(in, hw, run_hw, 0)) ||
        !run_section(in, services, inf_run_services, 0) ||
        !inf_check_service(in, services)) {
        return false;
    }
    set_text(in->inst->driver_key, "DriverDesc", in->inst->description);
    set_text(in->inst->driver_key, "ProviderName", in->inst->provider);
    set_text(in->inst->driver_key, "InfSection", in->inst->section);
    inf_apply_defaults(in->inst->driver_key);
    return true;
}

static struct inf_install *install_parsed(struct inf *inf, bool any_class,
                                          const char *const *hardware_ids,
                                          GError **error)
{
    struct installer in = {
        .inf = inf, .error = error, .any_class = any_class,
    };
    struct inf_install *inst = g_new0(struct inf_install, 1);
    bool ok;

    inst->driver_key = registry_new();
    inst->device_key = registry_new();
    inst->if_type = inst->media_type = inst->physical_media_type = -1;
    in.inst = inst;
    in.copied = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    ok = install(&in, hardware_ids);
    g_hash_table_unref(in.copied);
    if (!ok) {
        inf_install_free(inst);
        return NULL;
    }
    return inst;
}

struct inf_install *inf_install_parsed(struct inf *inf,
                                       const char *const *hardware_ids,
                                       GError **error)
{
    return install_parsed(inf, false, hardware_ids, error);
}

struct inf_install *inf_install_any_class(struct inf *inf,
                                          const char *const *hardware_ids,
                                          GError **error)
{
    return install_parsed(inf, true, hardware_ids, error);
}

bool inf_is_net(struct inf *inf)
{
    const struct inf_section *version = inf_section(inf, "Version");
    const struct inf_line *guid = inf_entry(version, "ClassGuid");
    const struct inf_line *line = guid ? guid : inf_entry(version, "Class");
    g_autofree char *text = line ? inf_field(inf, line, 0, NULL) : NULL;

    return !text || g_ascii_strcasecmp(text, guid ? CLASS_NET : "Net") == 0;
}

struct inf_install *inf_install(const char *path,
                                const char *const *hardware_ids,
                                GError **error)
{
    struct inf *inf = inf_load(path, error);
    struct inf_install *inst = inf ? inf_install_parsed(inf, hardware_ids,
                                                        error) : NULL;

    inf_free(inf);
    return inst;
}

void inf_install_free(struct inf_install *inst)
{
    if (!inst) {
        return;
    }
    registry_free(inst->driver_key);
    registry_free(inst->device_key);
    g_free(inst->service);
    g_free(inst->binary);
    g_free(inst->description);
    g_free(inst->provider);
    g_free(inst->driver_ver);
    g_free(inst->section);
    g_free(inst);
}
