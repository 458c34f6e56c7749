/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The main loop of a run.
 *
 * libvirt's default event loop is GLib's default main context, and a thread of
 * its own turns it (virt.c). So nothing of rig is attached there: the thread
 * that runs machines has a context of its own, as its thread default.
 */
#ifndef RIG_LOOP_H
#define RIG_LOOP_H

#include <glib.h>

/* Give this thread its context; once, before the functions below. */
void rig_loop_init(void);

/* The context of this thread, owned by it. */
GMainContext *rig_loop_context(void);

/*
 * Attach @source, which is consumed, to @context with a callback. The result
 * is owned by the context; g_source_destroy() ends it.
 */
GSource *rig_loop_attach(GMainContext *context, GSource *source,
                         GSourceFunc callback, gpointer opaque);

#endif
