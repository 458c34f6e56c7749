/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The adapter's registry: values that the INF's AddReg sections put there,
 * as NdisOpenConfigurationEx and NdisReadConfiguration will find them.
 */
#ifndef AGENT_REGISTRY_H
#define AGENT_REGISTRY_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

enum reg_type { REG_SZ_ = 1, REG_EXPAND_SZ_ = 2, REG_BINARY_ = 3,
                REG_DWORD_ = 4, REG_MULTI_SZ_ = 7 };

struct reg_value {
    enum reg_type type;
    uint32_t dword;      /* REG_DWORD_ */
    char *text;          /* UTF-8; REG_MULTI_SZ_: strings joined by '\n' */
    uint8_t *data;       /* REG_BINARY_ */
    size_t size;         /* bytes in data */
};

/*
 * Keys are paths below the driver key, '\\'-separated ("" is the key itself);
 * key and value names compare without regard to case.
 */
struct registry;

/* A name in the form in which names are compared; ASCII is the fast case. */
char *registry_fold(const char *text);

struct registry *registry_new(void);
void registry_free(struct registry *reg);
/* Takes a copy of `value`; NULL only creates the key. */
void registry_set(struct registry *reg, const char *key, const char *name,
                  const struct reg_value *value);
/* Name NULL deletes the key and all keys below it. */
void registry_delete(struct registry *reg, const char *key, const char *name);
bool registry_has_key(const struct registry *reg, const char *key);
/* NULL if there is none; owned by the registry. */
const struct reg_value *registry_get(const struct registry *reg,
                                     const char *key, const char *name);
/* Names of a key's values, folded, in order; free with g_strfreev(). */
char **registry_values(const struct registry *reg, const char *key);
/* Names of the keys directly below `key`, in order; free with g_strfreev(). */
char **registry_subkeys(const struct registry *reg, const char *key);

/*
 * What installing one INF for one device gives. `parse` errors and the rest
 * carry file:line in the message.
 */
struct windows_version;

struct inf_install {
    struct registry *driver_key;  /* HKR of the DDInstall section; the Ndi
                                     params' defaults applied as values */
    struct registry *device_key;  /* HKR of the .HW section */
    char *service;                /* name from AddService */
    char *binary;                 /* ServiceBinary, file name only */
    char *description;            /* of the matched model */
    char *provider;
    char *driver_ver;             /* DriverVer as written */
    char *section;                /* decorated DDInstall section used */
    unsigned section_line;        /* of the INF, where that section begins */
    unsigned model_line;          /* ... and where the model is */
    const struct windows_version *windows; /* for which the INF has it */
    int64_t if_type;              /* *IfType, -1 if missing */
    int64_t media_type;           /* *MediaType, -1 if missing */
    int64_t physical_media_type;  /* *PhysicalMediaType, -1 if missing */
    uint32_t characteristics;
};

/*
 * Parse the INF at `path` and install it for the first of `hardware_ids`
 * (most specific first, NULL-terminated) that it lists for x64, on the newest
 * of windows_versions[] for which it lists any.
 * NULL with *error set (INF_ERROR_*) otherwise.
 */
struct inf_install *inf_install(const char *path,
                                const char *const *hardware_ids,
                                GError **error);
void inf_install_free(struct inf_install *inst);

#define INF_ERROR inf_error_quark()
GQuark inf_error_quark(void);
enum { INF_ERROR_IO, INF_ERROR_SYNTAX, INF_ERROR_NO_MATCH, INF_ERROR_CONTENT };

#endif
