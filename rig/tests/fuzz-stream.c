/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libFuzzer target: hostile streams for the parser and the monitor.
 *
 * Each input is used twice: as the bytes of a stream, and as a list of things
 * that a guest does, written by the stream builder. The first attacks the
 * parser, the second gets past it.
 */
#include <string.h>
#include "rule-catalogue.h"
#include "stream-builder.h"

#define VECTORS 4

/* Every rule at once: most states, most ways to go wrong. */
static RigScenario *scenario(void)
{
    RigScenario *s = b_new_scenario("test", RIG_MSIX_AT_CONNECT, 2);
    g_autofree char *scenarios = b_home_file("scenarios");
    RigPaths paths = { .scenarios = scenarios };
    g_autoptr(GPtrArray) catalogue = rig_rule_catalogue(&paths);

    g_ptr_array_set_size(s->rules, 0);
    for (unsigned i = 0; i < catalogue->len; i++) {
        const RigRuleEntry *e = catalogue->pdata[i];
        RigRuleRef *ref = g_new0(RigRuleRef, 1);

        ref->name = g_strdup(e->name);
        ref->file = g_strdup(e->file);
        g_ptr_array_add(s->rules, ref);
    }
    return s;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What the fuzzer decides with, byte by byte; 0 when it has run out. */
typedef struct Choices {
    const uint8_t *data;
    size_t left;
} Choices;

static unsigned choose(Choices *c, unsigned n)
{
    if (!c->left) {
        return 0;
    }
    c->left--;
    return *c->data++ % n;
}

static const char *choose_callback(Choices *c)
{
    static const char *const names[] = {
        "MiniportInitializeEx", "MiniportHaltEx", "MiniportPause", "Other",
    };

    return names[choose(c, G_N_ELEMENTS(names))];
}

static const char *choose_api(Choices *c)
{
    static const char *const names[] = {
        "NdisMRegisterInterruptEx", "NdisMDeregisterInterruptEx",
        "NdisMSynchronizeWithInterruptEx", "NdisAllocateMdl", "NdisFreeMdl",
        "NdisAcquireSpinLock", "NdisReleaseSpinLock", "NdisSetTimerObject",
        "NdisCancelTimerObject", "NdisMOidRequestComplete",
        "NdisMAllocateSharedMemory", "NdisMIndicateStatusEx",
    };

    return names[choose(c, G_N_ELEMENTS(names))];
}

static const char *choose_step(Choices *c)
{
    static const char *const names[] = {
        "init", "halt", "remove", "power",
    };

    return names[choose(c, G_N_ELEMENTS(names))];
}

static void device(Builder *b, Choices *c)
{
    switch (choose(c, 6)) {
    case 0:
        b_arm(b, choose(c, VECTORS + 1));
        break;
    case 1:
        b_disarm(b);
        break;
    case 2:
        b_state(b, choose(c, 8), choose(c, 4) << 14, choose(c, 4));
        break;
    case 3:
        b_table(b, choose(c, VECTORS + 1), choose(c, 5), choose(c, 256));
        break;
    case 4:
        b_raised(b, choose(c, 2) ? RIG_VECTOR_INTX : choose(c, VECTORS),
                 choose(c, 4), 1 + choose(c, 256));
        break;
    default:
        b_reset(b, choose(c, 6));
    }
}

static void driver(Builder *b, Choices *c)
{
    switch (choose(c, 5)) {
    case 0:
        if (b->depth < B_DEPTH) {
            b_enter(b, choose_callback(c));
        }
        break;
    case 1:
        if (b->depth < B_DEPTH) {
            b_api(b, choose_api(c), choose(c, 4));
        }
        break;
    case 2:
        if (b->depth) {
            b_leave(b, choose(c, 2));
        }
        break;
    case 3:
        if (b->depth) {
            b_return(b, choose(c, 4), choose(c, 2));
        }
        break;
    default:
        b_fault(b, choose_api(c), choose(c, 3), B_RESOURCES);
    }
}

/* Complete calls, so that deep states are reached soon. */
static void behave(Builder *b, Choices *c)
{
    if (b->depth >= B_DEPTH) {
        return;
    }
    switch (choose(c, 4)) {
    case 0:
        b_register(b, 1 + choose(c, 4));
        break;
    case 1:
        b_deregister(b, 1 + choose(c, 4));
        break;
    case 2:
        b_config_table(b, choose(c, 3), 0);
        break;
    default:
        b_quiesced(b);
    }
}

static void plan(Builder *b, Choices *c)
{
    switch (choose(c, 5)) {
    case 0:
        b_step(b, choose_step(c));
        break;
    case 1:
        b_step_end(b, choose_step(c), choose(c, 4), choose(c, 2), "text");
        break;
    case 2:
        b_cycle_end(b, choose(c, 6), NULL);
        b_cycle(b, 2);
        break;
    case 3:
        b_mark(b, RIG_MK_CRASH + choose(c, 3), NULL, choose(c, 12), 0, NULL);
        break;
    default:
        b_mark(b, choose(c, RIG_MK_LAST + 2), choose_api(c),
               choose(c, 4), choose(c, 4), "text");
    }
}

/* A guest that does what the fuzzer says. */
static Builder *guest(const uint8_t *data, size_t size)
{
    Builder *b = b_new(VECTORS);
    Choices c = { data, size };

    b_plan(b, 1);
    b_scenario(b, 1, "test");
    b_cycle(b, 1);
    while (c.left) {
        b->thread = choose(&c, 8) == 7 ? choose(&c, 66) : 0;
        switch (choose(&c, 4)) {
        case 0:
            device(b, &c);
            break;
        case 1:
            driver(b, &c);
            break;
        case 2:
            behave(b, &c);
            break;
        default:
            plan(b, &c);
        }
    }
    b_end(b);
    return b;
}

static void judge(Judged *j, const uint8_t *data, size_t size)
{
    g_autoptr(RigMonitor) m = rig_monitor_new(j->scenarios, j->rules);
    g_autoptr(RigScenarioResult) r = NULL;

    rig_monitor_feed(m, data, size / 2);
    rig_monitor_feed(m, data + size / 2, size - size / 2);
    rig_monitor_finish(m, RIG_OUTCOME_OK, NULL);
    r = rig_monitor_take(m, 0);
    g_assert_nonnull(r->sentence);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static Judged *j;
    g_autoptr(Builder) b = guest(data, size);

    if (!j) {
        j = b_judged(scenario());
        b_start(j);
    }
    judge(j, b->bytes->data, b->bytes->len);
    if (size) {
        judge(j, data, size);
    }
    return 0;
}
