/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tables of agent-protocol.h. */
#include <stdio.h>
#include <string.h>
#include "protocol/names.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct agent_request_info requests[] = {
#define ROW(number, id, name, flags, limit, arguments, meaning) \
    { number, name, AGENT_##flags, limit, arguments, meaning },
    AGENT_REQUESTS(ROW)
#undef ROW
};

static const struct {
    uint16_t number;
    const char *name;
    enum agent_type type;
} keys[] = {
#define ROW(number, id, name, type, meaning) { number, name, AGENT_##type },
    AGENT_KEYS(ROW)
#undef ROW
};

static const struct {
    const char *name, *meaning;
} errors[] = {
#define ROW(number, id, name, meaning) [number] = { name, meaning },
    AGENT_ERRORS(ROW)
#undef ROW
};

const struct agent_request_info *agent_requests(unsigned *count)
{
    *count = COUNT(requests);
    return requests;
}

const struct agent_request_info *agent_request_info(uint16_t number)
{
    for (size_t i = 0; i < COUNT(requests); i++) {
        if (requests[i].number == number) {
            return &requests[i];
        }
    }
    return NULL;
}

const struct agent_request_info *agent_request_named(const char *name)
{
    for (size_t i = 0; i < COUNT(requests); i++) {
        if (strcmp(requests[i].name, name) == 0) {
            return &requests[i];
        }
    }
    return NULL;
}

bool agent_key_type(uint16_t key, enum agent_type *type)
{
    for (size_t i = 0; i < COUNT(keys); i++) {
        if (keys[i].number == key) {
            *type = keys[i].type;
            return true;
        }
    }
    return false;
}

const char *agent_key_name(uint16_t key)
{
    for (size_t i = 0; i < COUNT(keys); i++) {
        if (keys[i].number == key) {
            return keys[i].name;
        }
    }
    return NULL;
}

uint16_t agent_key_named(const char *name)
{
    for (size_t i = 0; i < COUNT(keys); i++) {
        if (strcmp(keys[i].name, name) == 0) {
            return keys[i].number;
        }
    }
    return 0;
}

const char *agent_error_name(uint64_t error)
{
    return error < COUNT(errors) ? errors[error].name : NULL;
}

const char *agent_error_meaning(uint64_t error)
{
    return error < COUNT(errors) ? errors[error].meaning : NULL;
}

bool agent_next_argument(const char **arguments, uint16_t *key, bool *optional)
{
    const char *p = *arguments + strspn(*arguments, " ");
    char name[32];

    *optional = *p == '[';
    p += *optional;
    snprintf(name, sizeof(name), "%.*s", (int)strcspn(p, " ]"), p);
    *key = agent_key_named(name);
    p += strcspn(p, " ");
    *arguments = p;
    return name[0] != '\0';
}
