/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames over a file descriptor, for agent-client.c. */
#ifndef RIG_AGENT_LINK_H
#define RIG_AGENT_LINK_H

#include <glib.h>

#include "protocol/frame.h"

typedef struct RigAgentLink RigAgentLink;

/*
 * Take over @fd and watch it in @context. @closed is called once, when nothing
 * can be read or sent any more; neither callback may free the link.
 */
RigAgentLink *rig_agent_link_new(
    int fd, GMainContext *context,
    void (*frame)(gpointer opaque, const struct frame *frame),
    void (*closed)(gpointer opaque, const char *why), gpointer opaque);
void rig_agent_link_free(RigAgentLink *link);

/* Queue a frame. When the queue is full it is dropped: it will be sent again. */
void rig_agent_link_send(RigAgentLink *link, const struct frame *frame);

void rig_agent_link_counts(const RigAgentLink *link, uint64_t *skipped,
                           uint64_t *damaged);

/*
 * Open what a user names: a socket that somebody listens on (QEMU's chardev),
 * or a terminal or a pty, which is made raw. -1 with @error.
 */
int rig_agent_open(const char *path, GError **error);

#endif
