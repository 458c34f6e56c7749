/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Calls into the driver, and the markers that frame them. */
#include <string.h>
#include "ndis/contract.h"

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
    cb->name = name;
    cb->outer = host_self.callback;
    cb->outside = host_self.inner;
    cb->entered = host_self.entered;
    cb->frame = host_self.frame;
    cb->irql = host_self.irql;
    cb->locks = host_self.locks;
    host_self.callback = name;
    host_self.inner = cb;
    host_self.entered = NULL;
    host_self.frame = NULL;
    host_self.depth++;
}

void callback_enter_about(struct callback *cb, const char *name,
                          uint64_t value, const void *object)
{
    struct rig_marker m;

    adapter_tell();
    enter(cb, name);
    cb->quiet = false;
    cb->object = (uintptr_t)object;
    cb->call = callback_next_call();
    marker_prepare(&m, RIG_MK_CALLBACK_ENTER, name);
    m.call = cb->call;
    m.object = cb->object;
    m.arg[0] = value;
    marker_emit(&m);
}

void callback_enter_value(struct callback *cb, const char *name,
                          uint64_t value)
{
    callback_enter_about(cb, name, value, NULL);
}

void callback_enter(struct callback *cb, const char *name)
{
    callback_enter_value(cb, name, 0);
}

void callback_enter_quiet_about(struct callback *cb, const char *name,
                                const void *object)
{
    if (trace_wants(name) || trace_wants("*")) {
        callback_enter_about(cb, name, 0, object);
        return;
    }
    enter(cb, name);
    cb->quiet = true;
    cb->call = 0;
    cb->object = 0;
}

void callback_enter_quiet(struct callback *cb, const char *name)
{
    callback_enter_quiet_about(cb, name, NULL);
}

/* Locks that the callback took and kept: they stay taken, as on Windows. */
static void check_locks(const struct callback *cb)
{
    for (unsigned i = cb->locks; i < host_self.locks; i++) {
        struct host_lock *l = &host_self.lock[i];

        if (!l->reported) {
            l->reported = true;
            contract_broken_at(pe_call_site(&host.image, l->taken_at),
                               CONTRACT_LOCK_AT_RETURN, (uintptr_t)l->lock,
                               host_self.irql, cb->irql,
                               "returned with the spin lock held that was "
                               "taken at");
        }
    }
}

/* Its LEAVE marker shows the IRQL; the host goes on at the right one. */
static void check_irql(const struct callback *cb)
{
    if (host_self.irql != cb->irql) {
        contract_broken(CONTRACT_IRQL_AT_RETURN, 0, host_self.irql, cb->irql,
                        "returned at IRQL %u, was called at %u",
                        host_self.irql, cb->irql);
        irql_set(cb->irql);
    }
}

void callback_leave(struct callback *cb, uint64_t status)
{
    struct rig_marker m;

    if (!cb->quiet) {
        marker_prepare(&m, RIG_MK_CALLBACK_LEAVE, host_self.callback);
        m.call = cb->call;
        m.object = cb->object;
        m.status = status;
        marker_emit(&m);
    }
    host_self.entered = NULL;
    host_self.frame = NULL;
    check_locks(cb);
    check_irql(cb);
    host_self.callback = cb->outer;
    host_self.inner = cb->outside;
    host_self.entered = cb->entered;
    host_self.frame = cb->frame;
    host_self.depth--;
}
