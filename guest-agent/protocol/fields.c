/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Payloads: fields, written and checked. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "protocol/bytes.h"
#include "protocol/fields.h"
#include "protocol/names.h"
#include "protocol/utf8.h"

void fields_clear(struct fields *fields)
{
    fields->length = 0;
    fields->overflow = false;
}

/* Room for a field's value, its header written; NULL if there is none. */
static uint8_t *append(struct fields *fields, enum agent_key key,
                       enum agent_type type, size_t length)
{
    uint8_t *at = fields->bytes + fields->length;

    if (length > sizeof(fields->bytes) ||
        fields->length + AGENT_FIELD_HEADER + length > sizeof(fields->bytes)) {
        fields->overflow = true;
        return NULL;
    }
    put_u16(at, (uint16_t)key);
    at[2] = (uint8_t)type;
    at[3] = 0;
    put_u32(at + 4, (uint32_t)length);
    fields->length += AGENT_FIELD_HEADER + length;
    return at + AGENT_FIELD_HEADER;
}

void fields_number(struct fields *fields, enum agent_key key, uint64_t value)
{
    uint8_t *at = append(fields, key, AGENT_NUMBER, 8);

    if (at) {
        put_u64(at, value);
    }
}

void fields_text(struct fields *fields, enum agent_key key, const char *text)
{
    size_t length = strlen(text);
    uint8_t *at = append(fields, key, AGENT_TEXT, length);

    if (at) {
        memcpy(at, text, length);
        utf8_repair(at, length);
    }
}

void fields_printf(struct fields *fields, enum agent_key key,
                   const char *format, ...)
{
    char text[1024];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    fields_text(fields, key, text);
}

void fields_bytes(struct fields *fields, enum agent_key key,
                  const void *bytes, size_t length)
{
    uint8_t *at = append(fields, key, AGENT_BYTES, length);

    if (at && length) {
        memcpy(at, bytes, length);
    }
}

/* One field's header and value; NULL, or what is wrong with it. */
static const char *read_field(const uint8_t *at, size_t left,
                              struct field *field)
{
    if (left < AGENT_FIELD_HEADER) {
        return "is cut off in a field's header";
    }
    field->key = get_u16(at);
    field->type = at[2];
    field->length = get_u32(at + 4);
    field->value = at + AGENT_FIELD_HEADER;
    field->number = 0;
    if (field->key == 0 || at[3] != 0) {
        return "has a field without a key";
    }
    if (field->length > left - AGENT_FIELD_HEADER) {
        return "is cut off in a field's value";
    }
    switch (field->type) {
    case AGENT_NUMBER:
        if (field->length != 8) {
            return "has a number that is not 8 bytes long";
        }
        field->number = get_u64(field->value);
        return NULL;
    case AGENT_TEXT:
        return utf8_valid(field->value, field->length) ? NULL :
            "has a text that is not UTF-8";
    case AGENT_BYTES:
        return NULL;
    }
    return "has a field of no known type";
}

bool fields_read(struct fields *fields, const void *payload, size_t length,
                 const char **why)
{
    const uint8_t *bytes = payload;
    unsigned count = 0;
    struct field field;

    fields_clear(fields);
    *why = length > sizeof(fields->bytes) ? "is too long" : NULL;
    for (size_t at = 0; !*why && at < length; count++) {
        enum agent_type type;

        *why = read_field(bytes + at, length - at, &field);
        if (!*why && agent_key_type(field.key, &type) && type != field.type) {
            *why = "has a key with a value of another type";
        }
        if (!*why && count == AGENT_FIELDS_MAX) {
            *why = "has too many fields";
        }
        at += AGENT_FIELD_HEADER + (size_t)field.length;
    }
    if (*why) {
        return false;
    }
    if (length) {
        memcpy(fields->bytes, payload, length);
    }
    fields->length = length;
    return true;
}

bool fields_next(const struct fields *fields, size_t *at, struct field *field)
{
    if (*at >= fields->length ||
        read_field(fields->bytes + *at, fields->length - *at, field)) {
        return false;
    }
    *at += AGENT_FIELD_HEADER + field->length;
    return true;
}

bool fields_find(const struct fields *fields, enum agent_key key,
                 struct field *field)
{
    for (size_t at = 0; fields_next(fields, &at, field);) {
        if (field->key == key) {
            return true;
        }
    }
    return false;
}

uint64_t fields_get_number(const struct fields *fields, enum agent_key key,
                           uint64_t otherwise)
{
    struct field field;

    return fields_find(fields, key, &field) ? field.number : otherwise;
}

bool fields_get_text(const struct fields *fields, enum agent_key key,
                     char *out, size_t size)
{
    struct field field;

    out[0] = '\0';
    if (!fields_find(fields, key, &field) || field.length >= size) {
        return false;
    }
    memcpy(out, field.value, field.length);
    out[field.length] = '\0';
    return true;
}
