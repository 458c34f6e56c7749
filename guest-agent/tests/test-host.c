/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The NDIS host with a real driver image, built by mingw, and no hardware.
 * Each test runs one life in a child process, as the agent does.
 */
#define _GNU_SOURCE
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "ndis/core.h"
#include "probe.h"
#include "recorder.h"

#define EXIT_HANG 99

struct life {
    uint32_t install, init, halt, unload;
};

static struct inf_install *make_install(uint32_t action)
{
    static struct inf_install inst;
    struct reg_value v = { .type = REG_DWORD_, .dword = action };
    struct reg_value text = { .type = REG_SZ_, .text = (char *)"abc" };
    struct reg_value number = { .type = REG_SZ_, .text = (char *)"42" };

    inst.driver_key = registry_new();
    inst.device_key = registry_new();
    inst.service = (char *)"probe";
    inst.description = (char *)"Probe";
    inst.physical_media_type = 14;
    inst.if_type = 6;
    registry_set(inst.driver_key, "", "Probe", &v);
    registry_set(inst.driver_key, "", "Text", &text);
    registry_set(inst.driver_key, "", "Number", &number);
    return &inst;
}

static void on_alarm(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    (void)info;
    host_report_hang("init", context);
    _exit(EXIT_HANG);
}

static bool guard_pages;
static const char *const *trace;

static void live(uint32_t action, const struct host_fault *fault, int fd)
{
    struct sigaction sa = { .sa_sigaction = on_alarm,
                            .sa_flags = SA_SIGINFO | SA_ONSTACK };
    struct host_config config = {
        .sys_path = PROBE_SYS, .adapters = 1,
        .install = { make_install(action) }, .seed = 1,
        .guard_pages = guard_pages, .trace = trace,
    };
    struct life life = { 0 };

    if (host_open(&config)) {
        _exit(HOST_EXIT_BROKEN);
    }
    sigaction(SIGALRM, &sa, NULL);
    life.install = host_install();
    host_set_faults(fault, fault ? 1 : 0);
    life.init = host_initialize(false);
    host_set_faults(NULL, 0);
    if (action == PROBE_LOOP_IN_DPC) {
        pause();
    }
    life.halt = host_halt(0);
    life.unload = host_unload();
    _exit(write(fd, &life, sizeof(life)) == sizeof(life) ? 0 : 1);
}

/* Run one life; its exit status. `alarm_after`: seconds, 0 never. */
static int run(uint32_t action, const struct host_fault *fault,
               struct life *life, unsigned alarm_after)
{
    int fds[2], status;
    pid_t pid;

    recorder_start();
    ck_assert_int_eq(pipe(fds), 0);
    pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        alarm(alarm_after);
        live(action, fault, fds[1]);
    }
    close(fds[1]);
    memset(life, 0xee, sizeof(*life));
    if (read(fds[0], life, sizeof(*life)) != sizeof(*life)) {
        memset(life, 0xee, sizeof(*life));
    }
    close(fds[0]);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_msg(WIFEXITED(status), "died of signal %d", WTERMSIG(status));
    return WEXITSTATUS(status);
}

/* The probe does `action`; MiniportInitializeEx has to return `init`. */
static void expect_init(uint32_t action, uint32_t init)
{
    struct life life;

    ck_assert_int_eq(run(action, NULL, &life, 0), 0);
    ck_assert_uint_eq(life.install, 0);
    ck_assert_msg(life.init == init, "init returned 0x%x", life.init);
    ck_assert_uint_eq(life.unload, 0);
}

static const struct rig_marker *need(uint16_t kind, const char *name)
{
    const struct rig_marker *m = recorder_find(kind, name, 0);

    ck_assert_msg(m != NULL, "no marker %u %s", kind, name ? name : "");
    return m;
}

START_TEST(whole_life_calls_everything_in_order)
{
    static const char *const order[] = {
        "DriverEntry", "MiniportSetOptions", "MiniportAddDevice",
        "MiniportFilterResourceRequirements", "MiniportStartDevice",
        "MiniportInitializeEx", "MiniportHaltEx", "MiniportRemoveDevice",
        "MiniportDriverUnload",
    };
    uint64_t last = 0;

    expect_init(PROBE_NOTHING, 0);
    for (unsigned i = 0; i < ARRAYSIZE(order); i++) {
        const struct rig_marker *in = need(RIG_MK_CALLBACK_ENTER, order[i]);
        const struct rig_marker *out = need(RIG_MK_CALLBACK_LEAVE, order[i]);

        ck_assert_uint_gt(in->call, last);
        ck_assert_uint_eq(out->call, in->call);
        last = in->call;
    }
    ck_assert_ptr_null(recorder_find(RIG_MK_LEFT, NULL, 0));
    need(RIG_MK_QUIESCED, NULL);
}
END_TEST

START_TEST(api_markers_have_handle_status_and_caller)
{
    const struct rig_marker *open, *close;

    expect_init(PROBE_NOTHING, 0);
    open = need(RIG_MK_API_LEAVE, "NdisOpenConfigurationEx");
    close = need(RIG_MK_API_ENTER, "NdisCloseConfiguration");
    ck_assert_uint_ne(open->object, 0);
    ck_assert_uint_eq(open->object, close->object);
    ck_assert_uint_ne(open->caller, 0);
    ck_assert_uint_eq(open->status, 0);
    ck_assert_uint_eq(open->depth, 1);
}
END_TEST

START_TEST(irql_follows_cr8_and_functions)
{
    expect_init(PROBE_IRQL, 0);
}
END_TEST

START_TEST(shared_data_and_gs_are_there)
{
    expect_init(PROBE_SHARED_DATA, 0);
}
END_TEST

START_TEST(ports_are_emulated)
{
    expect_init(PROBE_PORT, 0);
}
END_TEST

START_TEST(registry_values_come_in_the_type_asked_for)
{
    expect_init(PROBE_REGISTRY, 0);
}
END_TEST

START_TEST(dpc_waits_for_dispatch_and_timers_fire)
{
    expect_init(PROBE_DPC, 0);
}
END_TEST

START_TEST(work_item_runs_at_passive_level)
{
    expect_init(PROBE_WORK_ITEM, 0);
    ck_assert_uint_eq(need(RIG_MK_CALLBACK_ENTER,
                           "NdisIoWorkItemRoutine")->thread, THREAD_WORKER);
}
END_TEST

START_TEST(pnp_handlers_get_their_context_and_lists)
{
    expect_init(PROBE_PNP, 0);
    need(RIG_MK_CALLBACK_LEAVE, "MiniportRemoveDevice");
    ck_assert_ptr_null(recorder_find(RIG_MK_LEFT, NULL, 0));
}
END_TEST

START_TEST(buffers_follow_their_mdl_chain)
{
    expect_init(PROBE_BUFFERS, 0);
    ck_assert_ptr_null(recorder_find(RIG_MK_LEFT, NULL, 0));
}
END_TEST

START_TEST(bad_handles_are_survived)
{
    expect_init(PROBE_BAD_HANDLES, 0);
    ck_assert_uint_eq(recorder_find(RIG_MK_API_ENTER,
                                    "NdisMDeregisterInterruptEx", 1)->object,
                      0xaaaaaaaaaaaaaaaaull);
}
END_TEST

START_TEST(interrupt_without_resource_is_not_found)
{
    expect_init(PROBE_INTERRUPT, (uint32_t)STATUS_NOT_FOUND);
    ck_assert_ptr_null(recorder_find(RIG_MK_INTERRUPTS, NULL, 0));
}
END_TEST

/* The one breach of this kind by this export. */
static const struct rig_marker *need_contract(const char *name,
                                              const char *api)
{
    const struct rig_marker *m;

    for (unsigned i = 0; (m = recorder_find(RIG_MK_CONTRACT, name, i)); i++) {
        if (g_str_has_prefix(m->text, api) &&
            m->text[strlen(api)] == ':') {
            return m;
        }
    }
    ck_abort_msg("no contract marker %s of %s", name, api);
    return NULL;
}

START_TEST(broken_contracts_are_reported_with_call_stacks)
{
    static const struct {
        const char *name, *api;
        uint64_t found, allowed;
    } want[] = {
        { "wrong-irql", "NdisMSleep", DISPATCH_LEVEL, APC_LEVEL },
        { "wrong-irql", "KeWaitForSingleObject", DISPATCH_LEVEL, APC_LEVEL },
        { "wrong-irql", "KeAcquireSpinLockAtDpcLevel", PASSIVE_LEVEL,
          DISPATCH_LEVEL },
        { "wrong-irql", "KeReleaseSpinLockFromDpcLevel", PASSIVE_LEVEL,
          DISPATCH_LEVEL },
        { "lock-held-below-dispatch", "KeLowerIrql", PASSIVE_LEVEL,
          DISPATCH_LEVEL },
        { "lock-not-held", "KeReleaseSpinLockFromDpcLevel", 0, 0 },
        { "double-free", "NdisFreeIoWorkItem", 0, 0 },
        { "irql-at-return", "MiniportInitializeEx", DISPATCH_LEVEL,
          PASSIVE_LEVEL },
    };
    const struct rig_marker *m;

    expect_init(PROBE_CONTRACTS, 0);
    for (unsigned i = 0; i < ARRAYSIZE(want); i++) {
        m = need_contract(want[i].name, want[i].api);
        ck_assert_uint_eq(m->arg[0], want[i].found);
        ck_assert_uint_eq(m->arg[1], want[i].allowed);
    }
    need_contract("wrong-caller", "NdisSetOptionalHandlers");
    m = need_contract("lock-held-at-return", "MiniportInitializeEx");
    ck_assert_uint_ne(m->object, 0);
    ck_assert_uint_ne(m->caller, 0);
    ck_assert_ptr_null(recorder_find(RIG_MK_CONTRACT, "wrong-irql", 5));
}
END_TEST

/* sleep_raised() is not inlined: its own call, then that of its caller. */
START_TEST(contract_call_stack_is_innermost_first)
{
    unsigned long long inner, outer;
    const struct rig_marker *m;

    expect_init(PROBE_CONTRACTS, 0);
    m = need_contract("wrong-irql", "NdisMSleep");
    ck_assert_int_eq(sscanf(strchr(m->text, '|'), "| %llx %llx", &inner,
                            &outer), 2);
    ck_assert_uint_eq(inner, m->caller);
    ck_assert_uint_ne(outer, inner);
}
END_TEST

START_TEST(writes_outside_a_block_show_when_it_is_freed)
{
    const struct rig_marker *m;

    expect_init(PROBE_OVERRUN, 0);
    m = need_contract("overrun", "ExFreePoolWithTag");
    ck_assert_uint_eq(m->arg[0], 100);
    ck_assert_uint_eq(m->arg[1], 100);
    ck_assert_uint_ne(m->caller, 0);
    expect_init(PROBE_UNDERRUN, 0);
    m = need_contract("overrun", "ExFreePoolWithTag");
    ck_assert_int_eq((int64_t)m->arg[0], -1);
}
END_TEST

START_TEST(write_after_free_shows_when_the_adapter_is_gone)
{
    const struct rig_marker *m;

    expect_init(PROBE_WRITE_FREED, 0);
    m = need(RIG_MK_CONTRACT, "use-after-free");
    ck_assert_uint_eq(m->arg[0], 8);
    ck_assert_uint_ne(m->caller, 0);
}
END_TEST

START_TEST(pointer_out_of_freed_or_new_memory_explains_the_crash)
{
    struct life life;

    ck_assert_int_eq(run(PROBE_FREED_POINTER, NULL, &life, 0),
                     HOST_EXIT_CRASH);
    ck_assert_uint_eq(need(RIG_MK_CONTRACT, "use-after-free")->caller,
                      need(RIG_MK_CRASH, NULL)->caller);
    ck_assert_int_eq(run(PROBE_NEW_POINTER, NULL, &life, 0), HOST_EXIT_CRASH);
    need(RIG_MK_CONTRACT, "uninitialized-memory");
}
END_TEST

START_TEST(tags_are_needed_and_compared)
{
    const struct rig_marker *m;

    expect_init(PROBE_WRONG_TAG, 0);
    m = need_contract("wrong-tag", "ExFreePoolWithTag");
    ck_assert_uint_eq(m->arg[0], 0x746f6e21);
    ck_assert_uint_eq(m->arg[1], 0x6c6f6f50);
    need_contract("bad-argument", "ExAllocatePoolWithTag");
    expect_init(PROBE_PAGED, 0);
    need_contract("pageable-at-dispatch", "ExAllocatePoolWithTag");
}
END_TEST

/* A guard page is right behind the 112 bytes that 100 take: 12 are a zone. */
START_TEST(guard_pages_catch_misuse_where_it_happens)
{
    struct life life;
    const struct rig_marker *m;

    guard_pages = true;
    expect_init(PROBE_BUFFERS, 0);
    ck_assert_ptr_null(recorder_find(RIG_MK_CONTRACT, NULL, 0));
    expect_init(PROBE_PNP, 0);
    ck_assert_ptr_null(recorder_find(RIG_MK_CONTRACT, NULL, 0));
    expect_init(PROBE_OVERRUN, 0);
    need_contract("overrun", "ExFreePoolWithTag");
    ck_assert_int_eq(run(PROBE_WRITE_FREED, NULL, &life, 0), HOST_EXIT_CRASH);
    m = need(RIG_MK_CONTRACT, "use-after-free");
    ck_assert_uint_eq(m->arg[0], 8);
    ck_assert_uint_eq(m->caller, need(RIG_MK_CRASH, NULL)->caller);
    ck_assert_int_eq(run(PROBE_DOUBLE_FREE, NULL, &life, 0),
                     HOST_EXIT_BUGCHECK);
    need_contract("double-free", "NdisFreeMemory");
}
END_TEST

START_TEST(correct_driver_breaks_no_contract)
{
    static const uint32_t correct[] = {
        PROBE_NOTHING, PROBE_IRQL, PROBE_DPC, PROBE_WORK_ITEM, PROBE_BUFFERS,
        PROBE_PNP, PROBE_REGISTRY,
    };

    for (unsigned i = 0; i < ARRAYSIZE(correct); i++) {
        const struct rig_marker *m;

        expect_init(correct[i], 0);
        m = recorder_find(RIG_MK_CONTRACT, NULL, 0);
        ck_assert_msg(m == NULL, "%s %s", m ? m->name : "", m ? m->text : "");
    }
}
END_TEST

START_TEST(raised_irql_at_return_shows_and_is_undone)
{
    expect_init(PROBE_RAISED, 0);
    ck_assert_uint_eq(need(RIG_MK_CALLBACK_LEAVE,
                           "MiniportInitializeEx")->irql, DISPATCH_LEVEL);
    ck_assert_uint_eq(need(RIG_MK_CALLBACK_ENTER, "MiniportHaltEx")->irql,
                      PASSIVE_LEVEL);
}
END_TEST

START_TEST(leftover_pool_is_reported_by_call_site)
{
    uint64_t blocks = 0, bytes = 0;
    const struct rig_marker *m;

    expect_init(PROBE_POOL_LEAK, 0);
    for (unsigned i = 0; (m = recorder_find(RIG_MK_LEFT, "pool memory", i));
         i++) {
        ck_assert_uint_ne(m->caller, 0);
        blocks += m->arg[0];
        bytes += m->arg[1];
    }
    m = recorder_find(RIG_MK_LEFT, "pool memory", 0);
    ck_assert_uint_ne(m->arg[2], 0);
    ck_assert_ptr_nonnull(strstr(m->text, "tag '"));
    ck_assert_uint_eq(blocks, 3);
    ck_assert_uint_eq(bytes, 300);
}
END_TEST

START_TEST(fault_hits_its_occurrence_only_and_makes_no_call)
{
    struct host_fault fault = { "NdisAllocateMemoryWithTagPriority", 2,
                                0xC000009A };
    struct life life;

    ck_assert_int_eq(run(PROBE_ALLOCATE_3, &fault, &life, 0), 0);
    ck_assert_uint_eq(life.init, 1u << 1);
    ck_assert_uint_eq(need(RIG_MK_API_FAULT, fault.api)->arg[0], 2);
    ck_assert_ptr_null(recorder_find(RIG_MK_API_FAULT, fault.api, 1));
    ck_assert_ptr_null(recorder_find(RIG_MK_API_ENTER, fault.api, 2));
    ck_assert_ptr_null(recorder_find(RIG_MK_LEFT, NULL, 0));
}
END_TEST

START_TEST(impossible_fault_breaks_the_step)
{
    struct host_fault fault = { "NdisMDeregisterInterruptEx", 1, 0xC0000001 };
    struct life life;

    ck_assert_int_eq(run(PROBE_NOTHING, &fault, &life, 0), 0);
    ck_assert_uint_eq(life.init, HOST_FAILED);
    ck_assert_ptr_null(recorder_find(RIG_MK_CALLBACK_ENTER,
                                     "MiniportInitializeEx", 0));
}
END_TEST

START_TEST(crash_says_where)
{
    const struct rig_marker *m;
    struct life life;

    ck_assert_int_eq(run(PROBE_NULL_WRITE, NULL, &life, 0), HOST_EXIT_CRASH);
    m = need(RIG_MK_CRASH, "MiniportInitializeEx");
    ck_assert_uint_eq(m->status, SIGSEGV);
    ck_assert_uint_eq(m->object, 0x18);
    ck_assert_uint_ne(m->caller, 0);
    ck_assert_str_eq(m->text, ""); /* the driver's first function: no stack */
}
END_TEST

START_TEST(fast_fail_is_a_bug_check)
{
    const struct rig_marker *m;
    struct life life;

    ck_assert_int_eq(run(PROBE_FAST_FAIL, NULL, &life, 0),
                     HOST_EXIT_BUGCHECK);
    m = need(RIG_MK_BUGCHECK, NULL);
    ck_assert_uint_eq(m->status, 0x139);
    ck_assert_uint_eq(m->arg[0], 3);
}
END_TEST

START_TEST(bug_check_carries_its_parameters)
{
    const struct rig_marker *m;
    struct life life;

    ck_assert_int_eq(run(PROBE_BUG_CHECK, NULL, &life, 0),
                     HOST_EXIT_BUGCHECK);
    m = need(RIG_MK_BUGCHECK, "KeBugCheckEx");
    ck_assert_uint_eq(m->status, 0xdead);
    ck_assert_uint_eq(m->arg[3], 4);
    ck_assert_uint_ne(m->caller, 0);
}
END_TEST

START_TEST(double_free_is_a_bug_check)
{
    struct life life;

    ck_assert_int_eq(run(PROBE_DOUBLE_FREE, NULL, &life, 0),
                     HOST_EXIT_BUGCHECK);
    ck_assert_uint_eq(need(RIG_MK_BUGCHECK, "NdisFreeMemory")->status, 0xc2);
    need_contract("double-free", "NdisFreeMemory");
}
END_TEST

/* Is this one of the names that host_callbacks() promises? */
static bool known_callback(const char *name)
{
    for (const char *const *n = host_callbacks(); *n; n++) {
        if (strcmp(*n, name) == 0) {
            return true;
        }
    }
    return false;
}

START_TEST(what_a_rule_needs_gets_markers_and_nothing_else_does)
{
    static const char *const names[] = {
        "KeAcquireSpinLockRaiseToDpc", "KeReleaseSpinLock", "*", NULL,
    };
    const struct rig_marker *m, *out;
    struct life life;

    ck_assert_int_eq(run(PROBE_IRQL, NULL, &life, 0), 0);
    ck_assert_ptr_null(recorder_find(RIG_MK_API_ENTER,
                                     "KeAcquireSpinLockRaiseToDpc", 0));
    trace = names;
    ck_assert_int_eq(run(PROBE_IRQL, NULL, &life, 0), 0);
    trace = NULL;
    m = need(RIG_MK_API_LEAVE, "KeAcquireSpinLockRaiseToDpc");
    ck_assert_uint_ne(m->object, 0);
    out = need(RIG_MK_API_ENTER, "KeReleaseSpinLock");
    ck_assert_uint_eq(out->object, m->object);
    ck_assert_uint_gt(out->call, m->call);
    for (unsigned i = 0; (m = recorder_find(RIG_MK_CALLBACK_ENTER, NULL, i));
         i++) {
        ck_assert_msg(known_callback(m->name), "%s", m->name);
    }
}
END_TEST

START_TEST(unimplemented_import_is_named_when_called)
{
    struct life life;

    ck_assert_int_eq(run(PROBE_UNIMPLEMENTED, NULL, &life, 0),
                     HOST_EXIT_BROKEN);
    ck_assert_uint_ne(need(RIG_MK_UNIMPLEMENTED, "NdisMReadDmaCounter")->caller,
                      0);
}
END_TEST

START_TEST(hang_is_reported_with_its_place)
{
    const struct rig_marker *m;
    struct life life;

    ck_assert_int_eq(run(PROBE_LOOP, NULL, &life, 1), EXIT_HANG);
    m = need(RIG_MK_HANG, "MiniportInitializeEx");
    ck_assert_uint_ne(m->caller, 0);
}
END_TEST

START_TEST(hang_of_a_dpc_is_reported_by_its_thread)
{
    const struct rig_marker *m;
    struct life life;

    ck_assert_int_eq(run(PROBE_LOOP_IN_DPC, NULL, &life, 1), EXIT_HANG);
    m = need(RIG_MK_HANG, "KDEFERRED_ROUTINE");
    ck_assert_uint_eq(m->thread, THREAD_DPC);
    ck_assert_uint_ne(m->caller, 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("ndis-host");
    TCase *tc = tcase_create("life");
    SRunner *runner = srunner_create(s);
    int failed;

    tcase_set_timeout(tc, 30);
    tcase_add_test(tc, whole_life_calls_everything_in_order);
    tcase_add_test(tc, api_markers_have_handle_status_and_caller);
    tcase_add_test(tc, what_a_rule_needs_gets_markers_and_nothing_else_does);
    tcase_add_test(tc, irql_follows_cr8_and_functions);
    tcase_add_test(tc, shared_data_and_gs_are_there);
    tcase_add_test(tc, ports_are_emulated);
    tcase_add_test(tc, registry_values_come_in_the_type_asked_for);
    tcase_add_test(tc, dpc_waits_for_dispatch_and_timers_fire);
    tcase_add_test(tc, work_item_runs_at_passive_level);
    tcase_add_test(tc, pnp_handlers_get_their_context_and_lists);
    tcase_add_test(tc, buffers_follow_their_mdl_chain);
    tcase_add_test(tc, bad_handles_are_survived);
    tcase_add_test(tc, interrupt_without_resource_is_not_found);
    tcase_add_test(tc, broken_contracts_are_reported_with_call_stacks);
    tcase_add_test(tc, contract_call_stack_is_innermost_first);
    tcase_add_test(tc, writes_outside_a_block_show_when_it_is_freed);
    tcase_add_test(tc, write_after_free_shows_when_the_adapter_is_gone);
    tcase_add_test(tc, pointer_out_of_freed_or_new_memory_explains_the_crash);
    tcase_add_test(tc, tags_are_needed_and_compared);
    tcase_add_test(tc, guard_pages_catch_misuse_where_it_happens);
    tcase_add_test(tc, correct_driver_breaks_no_contract);
    tcase_add_test(tc, raised_irql_at_return_shows_and_is_undone);
    tcase_add_test(tc, leftover_pool_is_reported_by_call_site);
    tcase_add_test(tc, fault_hits_its_occurrence_only_and_makes_no_call);
    tcase_add_test(tc, impossible_fault_breaks_the_step);
    tcase_add_test(tc, crash_says_where);
    tcase_add_test(tc, fast_fail_is_a_bug_check);
    tcase_add_test(tc, bug_check_carries_its_parameters);
    tcase_add_test(tc, double_free_is_a_bug_check);
    tcase_add_test(tc, unimplemented_import_is_named_when_called);
    tcase_add_test(tc, hang_is_reported_with_its_place);
    tcase_add_test(tc, hang_of_a_dpc_is_reported_by_its_thread);
    suite_add_tcase(s, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
