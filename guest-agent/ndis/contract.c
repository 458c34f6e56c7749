/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Contracts: judging calls, and the markers of those that break them. */
#include "ndis/contract.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "ndis/shim.h"

#define STACK_FRAMES 8u
#define SEEN_MAX     256u   /* different breaches of one life that are told */

/* Highest IRQL of a device on x64; Microsoft, "Managing Hardware Priorities" */
#define DIRQL_MAX 12

static uint64_t seen[SEEN_MAX];

static const struct {
    unsigned from;
    const char *callback;
} callers[] = {
    { FROM_ENTRY, "DriverEntry" },
    { FROM_OPTIONS, "MiniportSetOptions" },
    { FROM_ADD, "MiniportAddDevice" },
    { FROM_INIT, "MiniportInitializeEx" },
    { FROM_HALT, "MiniportHaltEx" },
    { FROM_UNLOAD, "MiniportDriverUnload" },
    { NOT_FROM_SHUTDOWN, "MiniportShutdownEx" },
};

/* First time that this name and place come together? */
static bool is_new(const char *name, uint32_t site, uint64_t object)
{
    uint64_t key = site ? site : object;

    for (; *name; name++) {
        key = key * 31 + (uint8_t)*name;
    }
    key |= 1;
    for (unsigned i = 0; i < SEEN_MAX; i++) {
        uint64_t empty = 0;

        if (__atomic_compare_exchange_n(&seen[i], &empty, key, false,
                                        __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
            return true;
        }
        if (empty == key) {
            return false;
        }
    }
    return false;
}

static unsigned call_stack(uint32_t *rva)
{
    const uint64_t *frame = host_self.frame;
    struct stack_context c = { .top = host_self.stack_top, .known = 1u << 4 };

    if (!frame) {
        return 0;
    }
    c.rip = frame[0];
    c.reg[4] = (uintptr_t)(frame + 1);
    shim_leave(&c);
    return stack_walk(&host.image, &c, true, rva, STACK_FRAMES);
}

void contract_reset(void)
{
    memset(seen, 0, sizeof(seen));
}

/* "API: sentence | rva rva"; what does not fit is left out. */
static void write_text(struct rig_marker *m, const char *fmt, va_list ap,
                       const uint32_t *rva, unsigned n)
{
    /* What NDIS finds out by itself, between calls of the driver, is its. */
    const char *who = host_self.entered ? thunk_name(host_self.entered)
                      : host_self.callback ? host_self.callback : "NDIS";
    size_t size = sizeof(m->text), at;

    at = (size_t)snprintf(m->text, size, "%s: ", who);
    if (at < size) {
        at += (size_t)vsnprintf(m->text + at, size - at, fmt, ap);
    }
    for (unsigned i = 0; i < n; i++) {
        char one[16];
        size_t len = (size_t)snprintf(one, sizeof(one), "%s%x",
                                      i ? " " : " | ", rva[i]);

        if (at + len >= size) {
            break;
        }
        memcpy(m->text + at, one, len + 1);
        at += len;
    }
}

static void emit(struct rig_marker *m, uint32_t site, uint64_t object,
                 uint64_t found, uint64_t allowed)
{
    m->caller = site;
    m->object = object;
    m->arg[0] = found;
    m->arg[1] = allowed;
    marker_emit(m);
}

void contract_broken(const char *name, uint64_t object, uint64_t found,
                     uint64_t allowed, const char *fmt, ...)
{
    uint32_t rva[STACK_FRAMES];
    unsigned n = call_stack(rva);
    struct rig_marker m;
    va_list ap;

    if (is_new(name, n ? rva[0] : 0, object)) {
        marker_prepare(&m, RIG_MK_CONTRACT, name);
        va_start(ap, fmt);
        write_text(&m, fmt, ap, rva, n);
        va_end(ap);
        emit(&m, n ? rva[0] : 0, object, found, allowed);
    }
}

void contract_broken_at(uint32_t site, const char *name, uint64_t object,
                        uint64_t found, uint64_t allowed, const char *fmt, ...)
{
    struct rig_marker m;
    va_list ap;

    if (is_new(name, site, object)) {
        marker_prepare(&m, RIG_MK_CONTRACT, name);
        va_start(ap, fmt);
        write_text(&m, fmt, ap, &site, site ? 1 : 0);
        va_end(ap);
        emit(&m, site, object, found, allowed);
    }
}

/* --- the contracts of the tables -------------------------------------- */

void contract_irql_range(unsigned contract, uint8_t *low, uint8_t *high)
{
    static const uint8_t range[][2] = {
        [IRQL_ANY] = { PASSIVE_LEVEL, HIGH_LEVEL },
        [IRQL_PASSIVE] = { PASSIVE_LEVEL, PASSIVE_LEVEL },
        [IRQL_APC] = { PASSIVE_LEVEL, APC_LEVEL },
        [IRQL_DISPATCH] = { PASSIVE_LEVEL, DISPATCH_LEVEL },
        [IRQL_DIRQL] = { PASSIVE_LEVEL, DIRQL_MAX },
        [IRQL_AT_DISPATCH] = { DISPATCH_LEVEL, DISPATCH_LEVEL },
        [IRQL_GE_DISPATCH] = { DISPATCH_LEVEL, HIGH_LEVEL },
    };

    *low = range[contract & IRQL_CLASS][0];
    *high = range[contract & IRQL_CLASS][1];
}

void contract_irql_at_most(uint8_t high, const char *when)
{
    uint8_t irql = host_self.irql;

    if (irql > high) {
        contract_broken(CONTRACT_WRONG_IRQL, 0, irql, high,
                        "called at IRQL %u, allowed %s: %u", irql, when, high);
    }
}

static void check_irql(const struct export *ex)
{
    uint8_t irql = host_self.irql, low, high;

    contract_irql_range(ex->contract, &low, &high);
    if (irql < low || irql > high) {
        contract_broken(CONTRACT_WRONG_IRQL, 0, irql, irql < low ? low : high,
                        "called at IRQL %u, allowed %u to %u", irql, low,
                        high);
    }
}

/* FROM_* bits of the callbacks that this thread is in. */
static unsigned called_from(void)
{
    unsigned from = 0;

    for (const struct callback *cb = host_self.inner; cb; cb = cb->outside) {
        for (unsigned i = 0; i < ARRAYSIZE(callers); i++) {
            if (cb->name && strcmp(cb->name, callers[i].callback) == 0) {
                from |= callers[i].from;
            }
        }
    }
    return from;
}

static void check_caller(const struct export *ex)
{
    unsigned from = called_from();
    bool some = ex->contract & FROM_SOME;

    if ((some && !(ex->contract & from & FROM_SOME)) ||
        (ex->contract & from & NOT_FROM_SHUTDOWN)) {
        contract_broken(CONTRACT_WRONG_CALLER, 0, from,
                        ex->contract & ~(unsigned)IRQL_CLASS,
                        "may not be called from %s", host_self.callback
                        ? host_self.callback : "outside of any callback");
    }
}

void contract_check_call(const struct export *ex)
{
    check_irql(ex);
    if (ex->contract & ~(unsigned)IRQL_CLASS) {
        check_caller(ex);
    }
}
