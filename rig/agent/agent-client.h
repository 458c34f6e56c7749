/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The host's end of agent-protocol.h: asks an agent in a guest, over any file
 * descriptor that is a byte stream both ways.
 *
 * It lives in the thread-default main context of the thread that made it, and
 * all its functions and callbacks belong to that thread. A request is sent
 * again until it is answered or its time is over; the agent carries it out
 * once. When the agent is started again, what was asked and not answered fails
 * with RIG_AGENT_RESTARTED, and new requests go to the new one.
 */
#ifndef RIG_AGENT_CLIENT_H
#define RIG_AGENT_CLIENT_H

#include <glib.h>
#include <stdint.h>

#include "protocol/fields.h"

/*
 * Error codes: enum agent_error as the agent said it, or one of these. The
 * message says it all, the function of the system and its code included.
 */
#define RIG_AGENT_ERROR rig_agent_error_quark()
GQuark rig_agent_error_quark(void);
enum {
    RIG_AGENT_LINK = 100,  /* the descriptor: closed, or cannot be used */
    RIG_AGENT_SILENT,      /* no answer in time: hung, crashed, or not there */
    RIG_AGENT_RESTARTED,   /* the agent was started again: not known whether
                              it was done, and it will not be */
    RIG_AGENT_MALFORMED,   /* a reply is not as the protocol says */
    RIG_AGENT_VERSION_ERROR, /* the agent speaks another version */
    RIG_AGENT_LOCAL,       /* a file on this side */
};

typedef struct RigAgent RigAgent;

/* What an agent says by itself; each may be NULL. `name`: of the request. */
typedef struct RigAgentListener {
    void (*progress)(gpointer opaque, const char *name, uint64_t done,
                     uint64_t total, const char *text);
    void (*log)(gpointer opaque, const char *text);
    void (*restarted)(gpointer opaque);
    gpointer opaque;
} RigAgentListener;

/*
 * Talk over @fd, which is taken over and made non-blocking. @listener, which
 * may be NULL, is copied.
 */
RigAgent *rig_agent_new(int fd, const RigAgentListener *listener);
/* Requests under way end without a callback. */
void rig_agent_free(RigAgent *agent);

/*
 * Ask for `request` (AGENT_REQ_*). @arguments may be NULL and is copied.
 * @limit_ms is the time it may take in the guest, 0: that of the protocol's
 * table; the callback comes at the latest RIG_AGENT_MARGIN_MS after that,
 * never from inside this call, with either a reply (status "ok"; valid during
 * the callback) or an error. The result names the request for
 * rig_agent_abort().
 */
#define RIG_AGENT_MARGIN_MS 3000
typedef void RigAgentDone(gpointer opaque, const struct fields *reply,
                          const GError *error);
uint32_t rig_agent_start(RigAgent *agent, uint16_t request,
                         const struct fields *arguments, uint64_t limit_ms,
                         RigAgentDone *done, gpointer opaque);

/* The same, turning the main context until it is there. The reply is to be
 * freed with g_free(); NULL with @error. */
struct fields *rig_agent_call(RigAgent *agent, uint16_t request,
                              const struct fields *arguments,
                              uint64_t limit_ms, GError **error);

/* Ask the agent to give up a request; its callback comes as ever. */
void rig_agent_abort(RigAgent *agent, uint32_t id);
/* All that are under way. From signal handlers' sources, too. */
void rig_agent_abort_all(RigAgent *agent);

/* Wait until there is an agent: the fields of its HELLO, valid until it says
 * the next one. NULL with @error. */
const struct fields *rig_agent_hello(RigAgent *agent, uint64_t limit_ms,
                                     GError **error);

/* Does the agent that is there know how to do that? FALSE before its HELLO. */
gboolean rig_agent_can(const RigAgent *agent, uint16_t request);

/* Which life of the agent it is: 0 before the first HELLO. */
uint64_t rig_agent_boot(const RigAgent *agent);

/* Bytes that were no frame, and requests that were sent again: for tests and
 * for saying how good a link is. */
typedef struct RigAgentCounts {
    uint64_t skipped, damaged, resent, restarts;
} RigAgentCounts;
RigAgentCounts rig_agent_counts(const RigAgent *agent);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(RigAgent, rig_agent_free)

#endif
