/* SPDX-License-Identifier: GPL-2.0-or-later */
/* INF files: the service that drives the device. */
#include <string.h>
#include "agent/inf-install.h"

/* AddService flag: this service is the function driver. (setupapi.h) */
#define SPSVCINST_ASSOCSERVICE 0x00000002

#define SERVICE_KERNEL_DRIVER 1  /* winnt.h */

static bool read_service_install(struct installer *in,
                                 const struct inf_line *directive,
                                 const char *name)
{
    const struct inf_section *section = inf_section(in->inf, name);
    const struct inf_line *line = inf_entry(section, "ServiceBinary");
    const struct inf_line *type = inf_entry(section, "ServiceType");
    g_autofree char *path = NULL, *type_text = NULL;
    const char *slash;
    int64_t number;

    if (!section) {
        return inf_fail(in->inf, directive->number, INF_ERROR_CONTENT,
                        in->error, "there is no section [%s] for AddService",
                        name);
    }
    if (!line) {
        return inf_refuse(in, section->number,
                          "the service has no ServiceBinary");
    }
    type_text = type ? inf_field(in->inf, type, 0, in->error) : NULL;
    if (!type_text || !inf_number(type_text, &number) ||
        number != SERVICE_KERNEL_DRIVER) {
        return inf_refuse(in, type ? type->number : section->number,
                          "a network adapter's service needs ServiceType=1");
    }
    path = inf_field(in->inf, line, 0, in->error);
    if (!path) {
        return false;
    }
    slash = strrchr(path, '\\');
    in->inst->binary = g_strdup(slash ? slash + 1 : path);
    return *in->inst->binary ||
           inf_refuse(in, line->number, "ServiceBinary names no file");
}

static bool add_service(struct installer *in, const struct inf_line *line)
{
    g_autofree char *name = inf_field(in->inf, line, 0, in->error);
    g_autofree char *flags = inf_field(in->inf, line, 1, in->error);
    g_autofree char *section = inf_field(in->inf, line, 2, in->error);
    int64_t number = 0;

    if (!name || !flags || !section) {
        return false;
    }
    if (*flags && !inf_number(flags, &number)) {
        return inf_refuse(in, line->number,
                          "the flags of AddService are a number");
    }
    if (!(number & SPSVCINST_ASSOCSERVICE)) {
        return true; /* not the function driver */
    }
    if (!*name) {
        return inf_refuse(in, line->number, "the device has a null driver: "
                          "there is nothing to load");
    }
    if (in->inst->service) {
        return inf_refuse(in, line->number, "a second AddService with flag 2: "
                          "a device has one function driver");
    }
    in->inst->service = g_strdup(name);
    return read_service_install(in, line, section);
}

bool inf_run_services(struct installer *in,
                      const struct inf_section *section)
{
    for (unsigned i = 0; i < section->lines->len; i++) {
        const struct inf_line *line = inf_line(section, i);

        if (inf_key_is(line, "AddService") && !add_service(in, line)) {
            return false;
        }
    }
    return true;
}

bool inf_check_service(const struct installer *in,
                       const struct inf_section *services)
{
    const struct reg_value *ndi = registry_get(in->inst->driver_key, "Ndi",
                                               "Service");
    g_autofree char *binary = NULL;

    if (!in->inst->service) {
        return inf_refuse(in, services->number, "no AddService with flag 2: "
                          "the device has no function driver");
    }
    if (ndi && ndi->text &&
        g_ascii_strcasecmp(ndi->text, in->inst->service) != 0) {
        return inf_fail(in->inf, services->number, INF_ERROR_CONTENT,
                        in->error, "AddService names \"%s\" but Ndi\\Service "
                        "is \"%s\": they have to be the same",
                        in->inst->service, ndi->text);
    }
    binary = registry_fold(in->inst->binary);
    if (!in->includes && !g_hash_table_contains(in->copied, binary)) {
        return inf_fail(in->inf, services->number, INF_ERROR_CONTENT,
                        in->error, "CopyFiles does not copy %s, the "
                        "ServiceBinary", in->inst->binary);
    }
    return true;
}
