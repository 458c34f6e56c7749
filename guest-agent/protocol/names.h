/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tables of agent-protocol.h, to be looked up by number and by name. */
#ifndef PROTOCOL_NAMES_H
#define PROTOCOL_NAMES_H

#include <stdbool.h>
#include <stdint.h>
#include "agent-protocol.h"

struct agent_request_info {
    uint16_t number;
    const char *name;
    enum agent_flags flags;
    uint32_t limit;        /* milliseconds */
    const char *arguments; /* "key key [key]" */
    const char *meaning;
};

/* The table of requests, in order of their numbers; *count rows. */
const struct agent_request_info *agent_requests(unsigned *count);

/* A row of it; NULL if there is none. */
const struct agent_request_info *agent_request_info(uint16_t number);
const struct agent_request_info *agent_request_named(const char *name);

/* False if the key is not known. */
bool agent_key_type(uint16_t key, enum agent_type *type);
/* NULL if not known. */
const char *agent_key_name(uint16_t key);
/* 0 if not known. */
uint16_t agent_key_named(const char *name);

/* NULL if not known. */
const char *agent_error_name(uint64_t error);
const char *agent_error_meaning(uint64_t error);

/*
 * The next argument of `arguments`, which is moved on: its key in *key, and
 * whether it may be left out. False at the end.
 */
bool agent_next_argument(const char **arguments, uint16_t *key,
                         bool *optional);

#endif
