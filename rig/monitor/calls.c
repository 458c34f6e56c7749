/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stacks of open callbacks and API calls, one for each guest thread. */
#include <string.h>
#include "calls.h"

void rig_calls_init(RigCalls *c, RigNames *names)
{
    memset(c, 0, sizeof(*c));
    c->initialize = g_quark_from_static_string("MiniportInitializeEx");
    c->halt = g_quark_from_static_string("MiniportHaltEx");
    c->shutdown = g_quark_from_static_string("MiniportShutdownEx");
    rig_names_add(names, c->initialize);
    rig_names_add(names, c->halt);
    rig_names_add(names, c->shutdown);
}

void rig_calls_reset(RigCalls *c)
{
    for (unsigned i = 0; i < c->threads; i++) {
        c->thread[i].depth = c->thread[i].told = 0;
    }
    c->threads = 0;
    c->adapters = 0;
    c->told = FALSE;
}

const RigCall *rig_calls_inside(const RigCalls *c, unsigned thread)
{
    const RigThreadCalls *t = &c->thread[thread];

    for (unsigned i = t->depth; i-- > 0; ) {
        if (t->call[i].callback) {
            return &t->call[i];
        }
    }
    return NULL;
}

const RigCall *rig_calls_inside_only(const RigCalls *c)
{
    const RigCall *only = NULL;

    for (unsigned i = 0; i < c->threads; i++) {
        const RigCall *inside = rig_calls_inside(c, i);

        if (inside && only) {
            return NULL;
        }
        only = inside ? inside : only;
    }
    return only;
}

const RigCall *rig_calls_within(const RigCalls *c, unsigned thread,
                                GQuark callback)
{
    const RigThreadCalls *t = &c->thread[thread];

    for (unsigned i = t->depth; i-- > 0; ) {
        if (t->call[i].callback && t->call[i].quark == callback) {
            return &t->call[i];
        }
    }
    return NULL;
}

const RigCall *rig_calls_during(const RigCalls *c, GQuark callback)
{
    for (unsigned i = 0; i < c->threads; i++) {
        const RigThreadCalls *t = &c->thread[i];

        for (unsigned k = 0; k < t->depth; k++) {
            if (t->call[k].callback && t->call[k].quark == callback) {
                return &t->call[k];
            }
        }
    }
    return NULL;
}

/* The only live adapter, or RIG_ADAPTER_NONE. */
static int only_adapter(const RigCalls *c)
{
    int found = RIG_ADAPTER_NONE;

    for (unsigned i = 0; i < c->adapters; i++) {
        if (c->adapter[i].live) {
            if (found != RIG_ADAPTER_NONE) {
                return RIG_ADAPTER_NONE;
            }
            found = i;
        }
    }
    return found;
}

int rig_calls_adapter(const RigCalls *c, unsigned thread)
{
    const RigThreadCalls *t = &c->thread[thread];

    for (unsigned i = t->depth; i-- > 0; ) {
        if (t->call[i].adapter != RIG_ADAPTER_NONE) {
            return t->call[i].adapter;
        }
    }
    return t->told ? rig_calls_told_adapter(c, t->told - 1) : only_adapter(c);
}

gboolean rig_calls_tell_adapter(RigCalls *c, unsigned thread, uint64_t number)
{
    if (number >= RIG_ADAPTERS_MAX) {
        return FALSE;
    }
    c->thread[thread].told = number + 1;
    c->threads = MAX(c->threads, thread + 1u);
    c->told = TRUE;
    return TRUE;
}

int rig_calls_told_adapter(const RigCalls *c, unsigned number)
{
    for (unsigned i = c->adapters; i-- > 0; ) {
        if (c->adapter[i].told == number + 1) {
            return i;
        }
    }
    return RIG_ADAPTER_NONE;
}

/*
 * Which adapter does MiniportHaltEx halt? The one that the guest has told,
 * the one of that object, else the only one.
 */
static int halted_adapter(const RigCalls *c, unsigned thread, uint64_t object)
{
    unsigned told = c->thread[thread].told;

    if (told && rig_calls_told_adapter(c, told - 1) != RIG_ADAPTER_NONE) {
        return rig_calls_told_adapter(c, told - 1);
    }
    for (unsigned i = 0; object && i < c->adapters; i++) {
        if (c->adapter[i].live && c->adapter[i].object == object) {
            return i;
        }
    }
    return only_adapter(c);
}

RigCall *rig_calls_enter(RigCalls *c, const RigEvent *e, const RigName *name,
                         const char **why)
{
    const struct rig_marker *m = &e->marker;
    RigThreadCalls *t = &c->thread[m->thread];
    RigCall *call;

    if (t->depth == RIG_CALLS_DEPTH) {
        *why = "calls nested deeper than 32";
        return NULL;
    }
    call = &t->call[t->depth];
    call->quark = name ? name->quark : 0;
    call->index = name ? name->index : 0;
    call->callback = m->kind == RIG_MK_CALLBACK_ENTER;
    call->adapter = RIG_ADAPTER_NONE;
    call->call = m->call;
    call->event = e->seq;
    call->ns = e->ns;
    call->object = m->object;
    call->caller = m->caller;
    memcpy(call->arg, m->arg, sizeof(call->arg));
    call->irql = m->irql;
    memcpy(call->name, m->name, sizeof(call->name));
    if (call->callback && call->quark == c->initialize) {
        if (c->adapters == RIG_ADAPTERS_MAX) {
            *why = "MiniportInitializeEx called more than 8 times in a cycle";
            return NULL;
        }
        c->adapter[c->adapters].object = m->object;
        c->adapter[c->adapters].live = TRUE;
        c->adapter[c->adapters].told = t->told;
        call->adapter = c->adapters++;
    } else if (call->callback && call->quark == c->halt) {
        call->adapter = halted_adapter(c, m->thread, m->object);
    }
    t->depth++;
    c->threads = MAX(c->threads, m->thread + 1u);
    return call;
}

RigCall *rig_calls_leave(RigCalls *c, const RigEvent *e, const char **why)
{
    const struct rig_marker *m = &e->marker;
    RigThreadCalls *t = &c->thread[m->thread];
    RigCall *call = t->depth ? &t->call[t->depth - 1] : NULL;

    if (!call || call->call != m->call ||
        call->callback != (m->kind == RIG_MK_CALLBACK_LEAVE) ||
        memcmp(call->name, m->name, sizeof(call->name))) {
        *why = "the end of a call that is not the innermost of its thread";
        return NULL;
    }
    t->depth--;
    if (call->adapter != RIG_ADAPTER_NONE && call->callback &&
        (call->quark == c->halt || (uint32_t)m->status != 0)) {
        c->adapter[call->adapter].live = FALSE;
    }
    return call;
}
