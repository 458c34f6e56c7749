/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files to and from an agent's guest, whole or not at all. */
#ifndef RIG_AGENT_TRANSFER_H
#define RIG_AGENT_TRANSFER_H

#include "agent-client.h"

/* Called in between; may be NULL. */
typedef void RigAgentMoved(gpointer opaque, uint64_t done, uint64_t total);

/*
 * Copy @local to @remote in the guest, or back. What is there already of an
 * earlier attempt is gone on with; a restart of the agent meanwhile, or damage,
 * is tried again up to RIG_AGENT_ATTEMPTS times without an error. The file
 * appears under its name when its SHA-256 is right. FALSE with @error.
 */
#define RIG_AGENT_ATTEMPTS 5
gboolean rig_agent_put(RigAgent *agent, const char *local, const char *remote,
                       RigAgentMoved *moved, gpointer opaque, GError **error);
gboolean rig_agent_get(RigAgent *agent, const char *remote, const char *local,
                       RigAgentMoved *moved, gpointer opaque, GError **error);
/* The same for a file of the guest that may have at most @limit bytes. */
gboolean rig_agent_get_small(RigAgent *agent, const char *remote,
                             const char *local, uint64_t limit,
                             GError **error);

/*
 * Fetch all logs and dumps of the guest into @directory, which is made.
 * Their number, or -1 with @error.
 */
int rig_agent_collect(RigAgent *agent, const char *directory,
                      RigAgentMoved *moved, gpointer opaque, GError **error);

#endif
