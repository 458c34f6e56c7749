/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Payloads of agent-protocol.h: fields, each with a key and a type. */
#ifndef PROTOCOL_FIELDS_H
#define PROTOCOL_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "agent-protocol.h"
#include "protocol/printf-like.h"

/* A payload that is being written, or one that was checked. */
struct fields {
    size_t length;
    bool overflow; /* something did not fit and is missing */
    uint8_t bytes[AGENT_PAYLOAD_MAX];
};

struct field {
    uint16_t key;   /* enum agent_key, or one that is not known */
    uint8_t type;   /* enum agent_type */
    uint32_t length;
    uint64_t number; /* if it is one, else 0 */
    const uint8_t *value;
};

void fields_clear(struct fields *fields);

/* Append a field; the table says that `key` has this type. */
void fields_number(struct fields *fields, enum agent_key key, uint64_t value);
/* `text` is UTF-8; what is not becomes '?'. */
void fields_text(struct fields *fields, enum agent_key key, const char *text);
void fields_printf(struct fields *fields, enum agent_key key,
                   const char *format, ...)
    PRINTF_LIKE(3, 4);
void fields_bytes(struct fields *fields, enum agent_key key,
                  const void *bytes, size_t length);

/*
 * Copy a payload that came from outside into `fields`, if it is made as the
 * protocol says. False, with fields empty and *why a sentence's end, if not.
 */
bool fields_read(struct fields *fields, const void *payload, size_t length,
                 const char **why);

/* Go through fields that were checked; *at is 0 at first. */
bool fields_next(const struct fields *fields, size_t *at, struct field *field);

/* The first one of that key. */
bool fields_find(const struct fields *fields, enum agent_key key,
                 struct field *field);

/* Its value, or `otherwise` when there is none. */
uint64_t fields_get_number(const struct fields *fields, enum agent_key key,
                           uint64_t otherwise);

/*
 * Its text, terminated, in `out`; "" when there is none. False if there is
 * none, or it does not fit.
 */
bool fields_get_text(const struct fields *fields, enum agent_key key,
                     char *out, size_t size);

#endif
