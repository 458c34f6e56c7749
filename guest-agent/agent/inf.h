/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An INF file as text: sections, lines, fields, strings.
 *
 * Follows Microsoft's "General Syntax Rules for INF Files" and "INF Strings
 * Section". What a section means is the business of inf-models.c,
 * inf-registry.c and inf-install.c.
 */
#ifndef AGENT_INF_H
#define AGENT_INF_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include "agent/registry.h"
#include "windows-version.h"

#define INF_SIZE_MAX    (4u << 20)  /* bytes of a file */
#define INF_FIELD_MAX   4095u       /* characters of a field, expanded */
#define INF_SECTION_MAX 255u        /* characters of a section name */
#define INF_OUTPUT_MAX  (16u << 20) /* characters all fields may expand to */

struct inf_line {
    unsigned number;     /* in the file, 1.. */
    char *key;           /* left of '=', NULL if there is none; not expanded */
    char **fields;       /* NULL-terminated; not expanded */
    unsigned n_fields;
};

struct inf_section {
    char *name;          /* as first written */
    unsigned number;     /* line of its header */
    GPtrArray *lines;    /* struct inf_line */
};

struct inf {
    char *file;          /* name for messages, without directories */
    GHashTable *sections; /* folded name -> struct inf_section */
    GHashTable *strings; /* folded strkey -> value */
    size_t output;       /* characters expanded so far */
};

/* Read and split a file. NULL with *error set. */
struct inf *inf_load(const char *path, GError **error);
/* The same from memory; `file` is only for messages. */
struct inf *inf_parse(const char *file, const void *data, size_t size,
                      GError **error);
void inf_free(struct inf *inf);

/* Bytes in any encoding an INF may have -> UTF-8; NULL with *error set. */
char *inf_decode(const char *file, const void *data, size_t size,
                 GError **error);

/* inf-lex.c: split the text into inf->sections. False with *error set. */
bool inf_lex(struct inf *inf, const char *text, GError **error);

/* A section by name, case ignored; NULL if there is none. */
const struct inf_section *inf_section(const struct inf *inf,
                                      const char *name);

/* The i-th line of a section, i < section->lines->len. */
const struct inf_line *inf_line(const struct inf_section *section,
                                unsigned i);

/* Whether the line's key is `key`, case ignored. */
bool inf_key_is(const struct inf_line *line, const char *key);

/*
 * A field, or text taken from one, with its %strkey% tokens replaced and %%
 * turned into %. Tokens that [Strings] does not define stay as they are: they
 * are directory ids (%13%) or meant for somebody else. NULL with *error set
 * when it gets too long.
 */
char *inf_expand(struct inf *inf, const struct inf_line *line,
                 const char *text, GError **error);
/* Field i of a line, expanded; "" if the line is shorter. */
char *inf_field(struct inf *inf, const struct inf_line *line, unsigned i,
                GError **error);

/* A decimal or 0x-hexadecimal number as INF files write them. */
bool inf_number(const char *text, int64_t *value);

/* Set *error to "file:line: ..."; returns false. */
bool inf_fail(const struct inf *inf, unsigned line, int code, GError **error,
              const char *fmt, ...) G_GNUC_PRINTF(5, 6);

/*
 * inf-models.c: the model line for the first of `ids` that an x64 Models
 * section meant for this Windows lists; the matched id is ids[*match].
 * NULL with *error set.
 */
const struct inf_line *inf_find_model(struct inf *inf,
                                      const struct windows_version *windows,
                                      const char *const *ids,
                                      unsigned *match, GError **error);

/* inf-install.c: inf_install() of registry.h, for an INF that is parsed. */
struct inf_install *inf_install_parsed(struct inf *inf,
                                       const char *const *hardware_ids,
                                       GError **error);

/* The same for an INF of whatever setup class. */
struct inf_install *inf_install_any_class(struct inf *inf,
                                          const char *const *hardware_ids,
                                          GError **error);
/* Is its setup class that of network adapters? An INF that names none is taken
   for one, and refused as such. */
bool inf_is_net(struct inf *inf);

/* inf-registry.c: run the AddReg and DelReg directives of a section. */
bool inf_apply_registry(struct inf *inf, const struct inf_section *section,
                        struct registry *reg, GError **error);

#endif
