/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The main loop of a run. */
#include "loop.h"

void rig_loop_init(void)
{
    g_main_context_push_thread_default(g_main_context_new());
}

GMainContext *rig_loop_context(void)
{
    GMainContext *context = g_main_context_get_thread_default();

    g_assert(context); /* rig_loop_init() was forgotten */
    return context;
}

GSource *rig_loop_attach(GMainContext *context, GSource *source,
                         GSourceFunc callback, gpointer opaque)
{
    g_source_set_callback(source, callback, opaque, NULL);
    g_source_attach(source, context);
    g_source_unref(source);
    return source;
}
