/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Our end of rig-tap's chardev: a UNIX socket on which QEMU connects, whose
 * bytes go to events.bin as they arrive and to whoever reads along.
 */
#ifndef RIG_TAP_H
#define RIG_TAP_H

#include <glib.h>
#include <stddef.h>
#include <sys/types.h>

typedef struct RigTap RigTap;

/* Called from the main loop of the thread that listens (loop.h). */
typedef struct RigTapReader {
    void (*data)(void *opaque, const void *bytes, size_t length);
    /* The other side closed, or @error, one sentence, says what failed. */
    void (*closed)(void *opaque, const char *error);
    void *opaque;
} RigTapReader;

/*
 * Listen on the socket @path and create the file @events, which must not
 * exist. The first connection is the stream; there is no second one.
 */
RigTap *rig_tap_listen(const char *path, const char *events,
                       const RigTapReader *reader, GError **error);

/* The process that connected, 0: none yet, or nobody knows (unix(7)). */
pid_t rig_tap_peer(const RigTap *tap);

/* Close everything, remove the socket, and put events.bin on the disk. */
void rig_tap_free(RigTap *tap);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(RigTap, rig_tap_free)

#endif
