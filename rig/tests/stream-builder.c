/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Test support: event streams, written event by event. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "stream-builder.h"

#define ENABLE        0x8000u /* PCI 3.0, 6.8.2.3 */
#define COMMAND_ON    0x0006u /* memory space, bus master */
#define MASKED        1u      /* PCI 3.0, 6.8.2.9 */
#define MESSAGE       0xfee00218u

uint64_t b_record(Builder *b, uint16_t type, uint16_t flags,
                  const void *payload, uint32_t size)
{
    struct rig_record r = {
        .length = GUINT32_TO_LE(sizeof(r) + size),
        .type = GUINT16_TO_LE(type),
        .flags = GUINT16_TO_LE(flags),
        .seq = GUINT64_TO_LE(b->seq),
        .virtual_ns = flags & RIG_RECORD_HOST ? 0 : GUINT64_TO_LE(b->ns),
    };

    b->ns += 1000;
    g_byte_array_append(b->bytes, (const guint8 *)&r, sizeof(r));
    if (size) {
        g_byte_array_append(b->bytes, payload, size);
    }
    return b->seq++;
}

/* The builder writes in host order; all our hosts are little-endian. */
G_STATIC_ASSERT(G_BYTE_ORDER == G_LITTLE_ENDIAN);

Builder *b_new(unsigned vectors)
{
    return b_new_functions(vectors, 1);
}

void b_function(Builder *b, unsigned function)
{
    b->controls[b->function] = b->control;
    b->function = function;
    b->control = b->controls[function];
}

uint64_t b_adapter(Builder *b, unsigned adapter)
{
    b_function(b, adapter);
    return b_mark(b, RIG_MK_ADAPTER, NULL, 0, adapter, NULL);
}

Builder *b_new_functions(unsigned vectors, unsigned functions)
{
    Builder *b = g_new0(Builder, 1);
    struct rig_ev_hello hello = {
        .magic = RIG_STREAM_MAGIC, .version = RIG_STREAM_VERSION,
        .targets = functions, .qemu = "10.0.13",
    };
    struct rig_ev_target target = {
        .attached = 1, .vendor = 0x1af4, .device = 0x10f5, .bdf = 0x80,
        .vectors = vectors, .msix_cap = 0x70, .id = "net0",
        .model = "rig-nic",
    };

    b->bytes = g_byte_array_new();
    b->ns = 1000000000;
    b->vectors = vectors;
    b_record(b, RIG_EV_HELLO, 0, &hello, sizeof(hello));
    for (unsigned i = functions; i-- > 0; ) {
        b_function(b, i);
        target.target = i;
        target.bdf = 0x80 + 8 * i;
        b_record(b, RIG_EV_TARGET, 0, &target, sizeof(target));
        b_state(b, COMMAND_ON, vectors ? vectors - 1 : 0, 0);
    }
    return b;
}

void b_free(Builder *b)
{
    g_byte_array_unref(b->bytes);
    g_free(b);
}

uint64_t b_end(Builder *b)
{
    return b_record(b, RIG_EV_END, 0, NULL, 0);
}

uint64_t b_state(Builder *b, uint16_t command, uint16_t control,
                 uint16_t pmcsr)
{
    struct rig_ev_state s = { b->function, command, control, pmcsr };

    b->command = command;
    b->control = control;
    return b_record(b, RIG_EV_STATE, 0, &s, sizeof(s));
}

uint64_t b_table(Builder *b, uint16_t vector, uint16_t dword, uint32_t value)
{
    struct rig_ev_table t = { b->function, vector, dword, 0, value, 0 };

    return b_record(b, RIG_EV_TABLE, 0, &t, sizeof(t));
}

uint64_t b_arm(Builder *b, unsigned n)
{
    for (unsigned v = 0; v < n; v++) {
        b_table(b, v, 0, MESSAGE);
        b_table(b, v, 2, v);
        b_table(b, v, 3, 0);
    }
    return b_state(b, b->command, b->control | ENABLE, 0);
}

uint64_t b_disarm(Builder *b)
{
    for (unsigned v = 0; v < b->vectors; v++) {
        b_table(b, v, 3, MASKED);
    }
    return b_state(b, b->command, b->control & ~ENABLE, 0);
}

uint64_t b_raised(Builder *b, uint16_t vector, enum rig_raised outcome,
                  uint64_t count)
{
    struct rig_ev_raised r = { b->function, vector, outcome, b->command,
                               count, b->ns };

    return b_record(b, RIG_EV_RAISED, 0, &r, sizeof(r));
}

uint64_t b_reset(Builder *b, enum rig_reset_cause cause)
{
    struct rig_ev_reset r = { 0, cause, 0 };

    return b_record(b, RIG_EV_RESET, 0, &r, sizeof(r));
}

uint64_t b_strike(Builder *b, const char *name)
{
    struct rig_ev_fault f = { 0 };

    g_strlcpy(f.name, name, sizeof(f.name));
    return b_record(b, RIG_EV_FAULT, 0, &f, sizeof(f));
}

uint64_t b_marker(Builder *b, const struct rig_marker *from)
{
    struct rig_marker m = *from;
    size_t text = m.text[0] ? strlen(m.text) + 1 : 0;

    m.length = RIG_MARKER_MIN + (text + 7) / 8 * 8;
    m.length = MIN(m.length, sizeof(m));
    m.scenario = b->scenario;
    m.cycle = b->cycle;
    m.thread = b->thread;
    m.irql = b->irql;
    return b_record(b, RIG_EV_MARKER, 0, &m, m.length);
}

uint64_t b_mark(Builder *b, uint16_t kind, const char *name, uint64_t status,
                uint64_t arg0, const char *text)
{
    struct rig_marker m = { .kind = kind, .status = status, .arg = { arg0 } };

    g_strlcpy(m.name, name ? name : "", sizeof(m.name));
    g_strlcpy(m.text, text ? text : "", sizeof(m.text));
    return b_marker(b, &m);
}

uint64_t b_plan(Builder *b, unsigned scenarios)
{
    return b_mark(b, RIG_MK_PLAN_BEGIN, NULL, 0, scenarios, NULL);
}

uint64_t b_scenario(Builder *b, uint32_t number, const char *name)
{
    b->scenario = number;
    b->cycle = 0;
    return b_mark(b, RIG_MK_SCENARIO_BEGIN, name, 0, 0, NULL);
}

uint64_t b_scenario_end(Builder *b)
{
    b->cycle = 0;
    return b_mark(b, RIG_MK_SCENARIO_END, NULL, 0, 0, NULL);
}

uint64_t b_cycle(Builder *b, uint32_t number)
{
    b->cycle = number;
    b->calls = 0;
    b->depth = 0;
    return b_mark(b, RIG_MK_CYCLE_BEGIN, NULL, 0, number, NULL);
}

uint64_t b_cycle_end(Builder *b, enum rig_cycle_end end, const char *text)
{
    return b_mark(b, RIG_MK_CYCLE_END, NULL, end, 0, text);
}

uint64_t b_step(Builder *b, const char *name)
{
    return b_mark(b, RIG_MK_STEP_BEGIN, name, 0, 0, NULL);
}

uint64_t b_step_end(Builder *b, const char *name, enum rig_step_end end,
                    uint32_t status, const char *text)
{
    return b_mark(b, RIG_MK_STEP_END, name, status, end, text);
}

uint64_t b_quiesced(Builder *b)
{
    return b_mark(b, RIG_MK_QUIESCED, NULL, 0, 0, NULL);
}

static uint64_t open_call(Builder *b, uint16_t kind, const char *name,
                          uint64_t object, const uint64_t *arg)
{
    struct rig_marker m = { .kind = kind, .object = object,
                            .call = ++b->calls };

    g_assert_cmpuint(b->depth, <, B_DEPTH);
    g_strlcpy(m.name, name, sizeof(m.name));
    memcpy(b->open[b->depth].name, m.name, sizeof(m.name));
    b->open[b->depth].call = m.call;
    b->open[b->depth++].object = object;
    if (kind == RIG_MK_API_ENTER) {
        m.caller = 0x1000 + m.call;
    }
    if (arg) {
        memcpy(m.arg, arg, sizeof(m.arg));
    }
    return b_marker(b, &m);
}

static uint64_t close_call(Builder *b, uint16_t kind, uint64_t object,
                           uint32_t status, const uint64_t *arg)
{
    struct rig_marker m = { .kind = kind, .status = status };

    g_assert_cmpuint(b->depth, >, 0);
    b->depth--;
    memcpy(m.name, b->open[b->depth].name, sizeof(m.name));
    m.call = b->open[b->depth].call;
    m.object = object ? object : b->open[b->depth].object;
    if (arg) {
        memcpy(m.arg, arg, sizeof(m.arg));
    }
    return b_marker(b, &m);
}

uint64_t b_enter(Builder *b, const char *callback)
{
    return b_enter_about(b, callback, 0);
}

uint64_t b_enter_about(Builder *b, const char *callback, uint64_t object)
{
    return open_call(b, RIG_MK_CALLBACK_ENTER, callback, object, NULL);
}

uint64_t b_leave(Builder *b, uint32_t status)
{
    return close_call(b, RIG_MK_CALLBACK_LEAVE, 0, status, NULL);
}

uint64_t b_api(Builder *b, const char *api, uint64_t object)
{
    return open_call(b, RIG_MK_API_ENTER, api, object, NULL);
}

uint64_t b_api_args(Builder *b, const char *api, uint64_t object,
                    const uint64_t arg[RIG_MARKER_ARGS])
{
    return open_call(b, RIG_MK_API_ENTER, api, object, arg);
}

uint64_t b_return(Builder *b, uint64_t object, uint32_t status)
{
    return close_call(b, RIG_MK_API_LEAVE, object, status, NULL);
}

uint64_t b_fault(Builder *b, const char *api, unsigned occurrence,
                 uint32_t status)
{
    return b_mark(b, RIG_MK_API_FAULT, api, status, occurrence, NULL);
}

uint64_t b_register(Builder *b, uint64_t handle)
{
    b_api(b, "NdisMRegisterInterruptEx", 0);
    return b_return(b, handle, B_SUCCESS);
}

uint64_t b_deregister(Builder *b, uint64_t handle)
{
    b_api(b, "NdisMDeregisterInterruptEx", handle);
    return b_return(b, 0, 0);
}

uint64_t b_register_armed(Builder *b, uint64_t handle, unsigned n)
{
    b_api(b, "NdisMRegisterInterruptEx", 0);
    b_arm(b, n);
    return b_return(b, handle, B_SUCCESS);
}

uint64_t b_deregister_disarmed(Builder *b, uint64_t handle)
{
    b_api(b, "NdisMDeregisterInterruptEx", handle);
    b_disarm(b);
    return b_return(b, 0, 0);
}

uint64_t b_config_table(Builder *b, unsigned operation, unsigned entry)
{
    const uint64_t arg[RIG_MARKER_ARGS] = { 0, operation, entry, 0 };

    b_api(b, "NdisMConfigMSIXTableEntry", 0);
    return close_call(b, RIG_MK_API_LEAVE, 0, B_SUCCESS, arg);
}

/* --- scenarios and monitors ---------------------------------------------- */

char *b_home_file(const char *name)
{
    const char *home = getenv("RIG_HOME");

    return g_build_filename(home ? home : ".", name, NULL);
}

RigScenario *b_new_scenario(const char *name, RigProfile profile,
                            unsigned repeat)
{
    RigScenario *s = rig_scenario_new();
    RigCycle *c = rig_scenario_add_cycle(s);
    RigRuleRef *rule = g_new0(RigRuleRef, 1);

    s->name = g_strdup(name);
    s->file = g_strdup_printf("scenarios/%s.xml", name);
    s->title = g_strdup("A test");
    s->sys_name = g_strdup("test.sys");
    s->inf_name = g_strdup("test.inf");
    s->machine.profile = profile;
    rule->name = g_strdup("Init_DeRegisterInterrupt");
    rule->file = b_home_file("scenarios/rules/Init_DeRegisterInterrupt.xml");
    g_ptr_array_add(s->rules, rule);
    c->repeat = repeat;
    return s;
}

void b_expect_fault(RigScenario *s, const char *step, const char *api,
                    unsigned occurrence, uint32_t status)
{
    RigCycle *c = s->cycles->pdata[0];
    RigStep *p = rig_cycle_add_step(c);
    RigFault *f = g_new0(RigFault, 1);

    f->api = g_strdup(api);
    f->occurrence = occurrence;
    f->status = status;
    p->name = g_strdup(step);
    g_ptr_array_add(p->faults, f);
}

void b_expect_device_fault(RigScenario *s, const char *step, const char *name)
{
    RigStep *p = rig_cycle_add_step(s->cycles->pdata[0]);
    RigDeviceFault *f = g_new0(RigDeviceFault, 1);

    f->name = g_strdup(name);
    f->at = 1;
    p->name = g_strdup(step);
    g_ptr_array_add(p->device_faults, f);
}

Judged *b_judged(RigScenario *scenario)
{
    Judged *j = g_new0(Judged, 1);

    j->scenarios = g_ptr_array_new_with_free_func(
        (GDestroyNotify)rig_scenario_free);
    g_ptr_array_add(j->scenarios, scenario);
    return j;
}

void b_start(Judged *j)
{
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *scenarios = b_home_file("scenarios");
    RigPaths paths = { .scenarios = scenarios };

    if (!j->monitor) {
        j->rules = rig_rules_load(j->scenarios, &paths, problems);
        if (!j->rules) {
            fprintf(stderr, "%s\n", (char *)problems->pdata[0]);
            abort();
        }
        j->monitor = rig_monitor_new(j->scenarios, j->rules);
    }
}

void b_judge(Judged *j, const Builder *b)
{
    b_start(j);
    rig_monitor_feed(j->monitor, b->bytes->data, b->bytes->len);
    rig_monitor_finish(j->monitor, RIG_OUTCOME_OK, NULL);
    j->result = rig_monitor_take(j->monitor, 0);
}

void b_judged_free(Judged *j)
{
    rig_scenario_result_free(j->result);
    rig_monitor_free(j->monitor);
    rig_rules_free(j->rules);
    g_ptr_array_unref(j->scenarios);
    g_free(j);
}

const RigFinding *b_finding(const RigScenarioResult *r, const char *id)
{
    for (unsigned i = 0; i < r->findings->len; i++) {
        const RigFinding *f = r->findings->pdata[i];

        if (!strcmp(f->id, id)) {
            return f;
        }
    }
    return NULL;
}

gboolean b_proved_by(const RigFinding *f, uint64_t event)
{
    for (unsigned i = 0; i < f->proofs->len; i++) {
        if (((const RigProof *)f->proofs->pdata[i])->event == event) {
            return TRUE;
        }
    }
    return FALSE;
}
