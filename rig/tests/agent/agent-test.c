/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One table of tests for every agent and every link: agent-test KIND...
 * A test of a kind's own is in the same table and says whose it is.
 */
#include <check.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "agent-transfer.h"
#include "loop.h"
#include "tests/run-suite.h"
#include "tests/agent/cases.h"

Transport *transport;
RigAgent *agent;

static const TransportKind *kind;
static char *scratch;

void connect_agent(void)
{
    if (agent) {
        rig_agent_free(agent);
    }
    agent = rig_agent_new(wire_host_fd(transport->wire), NULL);
}

/* All tests of a kind share its agent: a VM takes seconds to start. */
static void start(void)
{
    rig_loop_init();
    scratch = g_dir_make_tmp("rig-agent-XXXXXX", NULL);
    transport = transport_start(kind, scratch);
    connect_agent();
}

static void stop(void)
{
    rig_agent_free(agent);
    agent = NULL;
    transport_stop(transport);
    g_free(scratch);
}

static void setup(void)
{
    wire_set(transport->wire, WIRE_TO_AGENT, (WireFault){ 0 });
    wire_set(transport->wire, WIRE_TO_HOST, (WireFault){ 0 });
    g_assert_nonnull(rig_agent_hello(agent, 180000, NULL));
}

const char *scratch_path(const char *name)
{
    static char path[512];

    g_snprintf(path, sizeof(path), "%s/%s", scratch, name);
    return path;
}

const char *guest_path(const char *name)
{
    static char path[512];

    g_snprintf(path, sizeof(path), "%s%s", kind->directory ? kind->directory :
               scratch_path("guest/"), name);
    return path;
}

static Suite *make_suite(void)
{
    Suite *suite = suite_create(kind->name);
    TCase *tcase = tcase_create(kind->name);

    tcase_add_unchecked_fixture(tcase, start, stop);
    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_set_timeout(tcase, 0); /* each request has its limit */
    add_protocol_cases(tcase);
    add_transfer_cases(tcase);
    if (kind->windows) {
        add_windows_cases(tcase);
    }
    if (kind->vm) {
        add_linux_cases(tcase);
    }
    suite_add_tcase(suite, tcase);
    return suite;
}

int main(int argc, char **argv)
{
    int status = argc > 1 ? 0 : 2;

    signal(SIGPIPE, SIG_IGN); /* agents go away without a word here */
    /* The agent's link is this process's. */
    g_setenv("CK_FORK", "no", TRUE);
    for (int i = 1; i < argc; i++) {
        kind = transport_kind(argv[i]);
        if (!kind) {
            g_printerr("no kind of agent is named \"%s\"\n", argv[i]);
            return 2;
        }
        status |= run_suite(make_suite());
    }
    return status;
}
