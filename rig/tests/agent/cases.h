/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tests of agents share. */
#ifndef RIG_TESTS_AGENT_CASES_H
#define RIG_TESTS_AGENT_CASES_H

#include <check.h>

#include "agent-client.h"
#include "tests/agent/transport.h"

/* The agent under test, and a client that talks to it. */
extern Transport *transport;
extern RigAgent *agent;

/* Be another host: a client anew, on the same link. */
void connect_agent(void);

/* A path of this side, and one in the guest; valid until the next call. */
const char *scratch_path(const char *name);
const char *guest_path(const char *name);

/* protocol-cases.c: a request with up to one text and one number. The reply,
 * to be freed, or NULL with *error. */
struct fields *ask(uint16_t request, enum agent_key text_key, const char *text,
                   enum agent_key number_key, uint64_t number,
                   uint64_t limit_ms, GError **error);
/* It has to succeed, or to fail with this code. */
struct fields *expect_reply(uint16_t request, enum agent_key key,
                            const char *text);
char *expect_failure(uint16_t request, enum agent_key key, const char *text,
                     int code);

void add_protocol_cases(TCase *tcase);
void add_transfer_cases(TCase *tcase);
void add_windows_cases(TCase *tcase);
void add_linux_cases(TCase *tcase);

#endif
