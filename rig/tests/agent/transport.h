/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Agents to be tested, each behind its own kind of link. */
#ifndef RIG_TESTS_AGENT_TRANSPORT_H
#define RIG_TESTS_AGENT_TRANSPORT_H

#include "agent-client.h"
#include "tests/agent/wire.h"

typedef struct Transport Transport;

typedef struct TransportKind {
    const char *name;
    const char *directory;  /* where the guest has room for files; a prefix */
    gboolean windows;       /* it has agent.exe */
    gboolean vm;            /* it is a real virtual machine */
    void (*start)(Transport *t);
    void (*stop)(Transport *t);
    /* End the agent without a word, so that it begins another life. */
    void (*restart)(Transport *t, RigAgent *agent);
} TransportKind;

struct Transport {
    const TransportKind *kind;
    char *scratch;          /* a directory of ours */
    Wire *wire;
    int slave;              /* of a pty, kept open; -1: none */
    GPid pid;
    guint lives;            /* of the agent's process, as far as we start it */
    int qmp;                /* a VM's monitor; -1: none */
    GString *said;          /* what came from it */
};

/* "local": the Linux agent on a pty, "wine": agent.exe on one under Wine,
 * "vm-serial", "vm-virtio": the Linux agent in a VM. NULL: no such. */
const TransportKind *transport_kind(const char *name);

Transport *transport_start(const TransportKind *kind, const char *scratch);
void transport_stop(Transport *t);

/* Execute a QMP command of a VM; and wait until its monitor has said `what`
 * since the last such wait, while the thread's context goes on. Not longer than
 * a minute; FALSE then. */
void transport_qmp(Transport *t, const char *command);
gboolean transport_qmp_said(Transport *t, const char *what);

/* A program of this kind's system, to its end: its output and exit status.
 * For Wine only. */
char *transport_run(Transport *t, const char *const *argv, int *status);

#endif
