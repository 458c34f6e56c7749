/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Calls into the driver, and the markers that frame them. */
#include <string.h>
#include "ndis/core.h"

uint64_t callback_next_call(void)
{
    return __atomic_add_fetch(&host.calls, 1, __ATOMIC_RELAXED);
}

void marker_prepare(struct rig_marker *m, uint16_t kind, const char *name)
{
    memset(m, 0, sizeof(*m));
    m->kind = kind;
    m->irql = host_self.irql;
    m->depth = host_self.depth;
    for (size_t i = 0; name && name[i] && i + 1 < sizeof(m->name); i++) {
        m->name[i] = name[i];  /* async-signal-safe, unlike snprintf() */
    }
}

static void enter(struct callback *cb, const char *name)
{
    cb->outer = host_self.callback;
    cb->irql = host_self.irql;
    host_self.callback = name;
    host_self.depth++;
}

void callback_enter_value(struct callback *cb, const char *name,
                          uint64_t value)
{
    struct rig_marker m;

    enter(cb, name);
    cb->quiet = false;
    cb->call = callback_next_call();
    marker_prepare(&m, RIG_MK_CALLBACK_ENTER, name);
    m.call = cb->call;
    m.arg[0] = value;
    marker_emit(&m);
}

void callback_enter(struct callback *cb, const char *name)
{
    callback_enter_value(cb, name, 0);
}

void callback_enter_quiet(struct callback *cb, const char *name)
{
    enter(cb, name);
    cb->quiet = true;
    cb->call = 0;
}

/*
 * A callback that returns at another IRQL than it was called at has a bug.
 * Its LEAVE marker shows it; the host goes on at the right one.
 */
void callback_leave(struct callback *cb, uint64_t status)
{
    struct rig_marker m;

    if (!cb->quiet) {
        marker_prepare(&m, RIG_MK_CALLBACK_LEAVE, host_self.callback);
        m.call = cb->call;
        m.status = status;
        marker_emit(&m);
    }
    if (host_self.irql != cb->irql) {
        marker_note("%s returned at IRQL %u, was called at %u",
                    host_self.callback, host_self.irql, cb->irql);
        irql_set(cb->irql);
    }
    host_self.callback = cb->outer;
    host_self.depth--;
}
