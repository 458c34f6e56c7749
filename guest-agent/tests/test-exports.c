/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How every export of the NDIS host fails: with a fault injected, and by
 * itself. The tables of export-cases.c must cover the tables of exports, and
 * each call is made through its thunk in a process of its own.
 */
#define _GNU_SOURCE
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "export-cases.h"
#include "ndis/contract.h"
#include "recorder.h"

#define FILL       0xee
#define STATUS     0xC000009Au  /* injected: NDIS_STATUS_RESOURCES */
#define EXIT_SETUP 90

static struct {
    uint64_t returned;
    uint8_t slot[SLOTS][SLOT_SIZE];
} *shared;

typedef uint64_t NTAPI function(uint64_t, uint64_t, uint64_t, uint64_t,
                                uint64_t, uint64_t, uint64_t, uint64_t,
                                uint64_t, uint64_t, uint64_t, uint64_t);

/* --- the host, without a driver --------------------------------------- */

static void open_host(void)
{
    static struct inf_install install;
    struct reg_value text = { .type = REG_SZ_, .text = (char *)"abc" };
    struct host_config config = {
        .sys_path = "none.sys", .adapters = 1, .install = { &install },
        .seed = 1,
    };

    install.driver_key = registry_new();
    install.device_key = registry_new();
    install.service = (char *)"test";
    install.description = (char *)"Test";
    registry_set(install.driver_key, "", "Text", &text);
    if (host_open(&config)) {
        _exit(EXIT_SETUP);
    }
    host.registered = true;
}

static function *find(const char *name)
{
    return (function *)thunk_resolve(NULL, "ntoskrnl.exe", name, 0);
}

static void use_up_arena(void)
{
    for (size_t size = arena_size(); size >= 16; size /= 2) {
        while (arena_alloc(size, 16)) {
        }
    }
}

/* --- arguments -------------------------------------------------------- */

static void put_name(uint8_t *slot, const char *text)
{
    UNICODE_STRING *s = (UNICODE_STRING *)(void *)slot;
    WCHAR *w = (WCHAR *)(void *)(slot + 64);
    size_t n = strlen(text);

    for (size_t i = 0; i <= n; i++) {
        w[i] = (uint8_t)text[i];
    }
    *s = (UNICODE_STRING) { (USHORT)(2 * n), (USHORT)(2 * n + 2), w };
}

static uint64_t open_config(void)
{
    NDIS_CONFIGURATION_OBJECT object = {
        .Header = { NDIS_OBJECT_TYPE_CONFIGURATION_OBJECT, 1,
                    sizeof(object) },
        .NdisHandle = ADAPTER_HANDLE(0),
    };
    uint64_t handle = 0;

    find("NdisOpenConfigurationEx")((uintptr_t)&object, (uintptr_t)&handle, 0,
                                    0, 0, 0, 0, 0, 0, 0, 0, 0);
    return handle;
}

static uint64_t open_key(void)
{
    uint64_t handle = 0;

    find("IoOpenDeviceRegistryKey")((uintptr_t)&current()->pdo, 2, 0,
                                    (uintptr_t)&handle, 0, 0, 0, 0, 0, 0, 0,
                                    0);
    return handle;
}

static uint64_t pending_irp(void)
{
    IRP *irp = (IRP *)(uintptr_t)find("IoAllocateIrp")(1, 0, 0, 0, 0, 0, 0, 0,
                                                       0, 0, 0, 0);

    irp->IoStatus.Status = STATUS_PENDING;
    return (uintptr_t)irp;
}

static void prepare_slot(enum symbol kind, uint8_t *slot)
{
    switch (kind) {
    case SYM_SLOT:
        break;
    case SYM_ZERO:
        memset(slot, 0, SLOT_SIZE);
        break;
    case SYM_LOCKED:
        memset(slot, 0, SLOT_SIZE);
        slot[0] = 1;
        break;
    case SYM_QUEUED:
        memset(slot, 0, SLOT_SIZE);
        ((KLOCK_QUEUE_HANDLE *)(void *)slot)->LockQueue.Lock =
            (PKSPIN_LOCK)(void *)(slot + 128);
        ((KLOCK_QUEUE_HANDLE *)(void *)slot)->OldIrql = DISPATCH_LEVEL;
        break;
    case SYM_LIST:
        InitializeListHead((LIST_ENTRY *)(void *)slot);
        break;
    case SYM_NAME:
        put_name(slot, "no such name");
        break;
    case SYM_TEXT_NAME:
        put_name(slot, "Text");
        break;
    case SYM_WIDE:
        put_name(slot, "no such name");
        memmove(slot, slot + 64, 64);
        break;
    case SYM_ANSI:
        *(STRING *)(void *)slot = (STRING) { 3, 4, (char *)slot + 64 };
        memcpy(slot + 64, "abc", 4);
        break;
    case SYM_CHARS:
        memcpy(slot, "abc", 4);
        break;
    default:
        _exit(EXIT_SETUP);
    }
}

static bool is_symbol(uint64_t arg)
{
    return arg >> 56 == 0x5c;
}

static uint64_t resolve(uint64_t arg)
{
    enum symbol kind = (enum symbol)(arg >> 32 & 0xff);
    uint8_t *slot = shared->slot[(uint32_t)arg];

    if (!is_symbol(arg)) {
        return arg;
    }
    switch (kind) {
    case SYM_PDO:
        return (uintptr_t)&current()->pdo;
    case SYM_CONFIG:
        return open_config();
    case SYM_KEY:
        return open_key();
    case SYM_IRP:
        return pending_irp();
    default:
        prepare_slot(kind, slot);
        return (uintptr_t)slot;
    }
}

static uint64_t call(const char *name, const uint64_t *a)
{
    return find(name)(a[0], a[1], a[2], a[3], a[4], a[5], 0, 0, 0, 0, 0, 0);
}

/* --- running a call --------------------------------------------------- */

static void open_shared(void)
{
    shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
                  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(shared, MAP_FAILED);
    memset(shared->slot, FILL, sizeof(shared->slot));
    recorder_start();
}

/* Exit status of the child. */
static int wait_for(pid_t pid)
{
    int status;

    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_msg(WIFEXITED(status), "died of signal %d", WTERMSIG(status));
    return WEXITSTATUS(status);
}

static void check_return(const char *name, uint8_t bytes, uint64_t want)
{
    uint64_t mask = bytes >= 8 ? UINT64_MAX : (1ull << 8 * bytes) - 1;

    ck_assert_msg((shared->returned & mask) == (want & mask),
                  "%s returned 0x%llx, not 0x%llx", name,
                  (unsigned long long)(shared->returned & mask),
                  (unsigned long long)want);
}

/* Slots that are arguments: what was written there. */
static void check_written(const char *name, const uint64_t *arg,
                          const struct written *out)
{
    for (int i = 0; i < WRITTEN_MAX && out[i].size; i++) {
        uint64_t got = 0;

        memcpy(&got, shared->slot[(uint32_t)arg[out[i].arg]] + out[i].offset,
               out[i].size);
        ck_assert_msg(got == out[i].value, "%s left 0x%llx in argument %u, "
                      "not 0x%llx", name, (unsigned long long)got, out[i].arg,
                      (unsigned long long)out[i].value);
    }
}

/* --- injected --------------------------------------------------------- */

/* The arguments of an injected call: argument n is slot n. */
static const uint64_t slots[6] = { S(0), S(1), S(2), S(3), S(4), S(5) };

static void inject_child(const char *name)
{
    struct host_fault fault = { .api = name, .occurrence = 1,
                                .status = STATUS };
    uint64_t arg[6];

    open_host();
    host_set_faults(&fault, 1);
    if (host_faults_bad()) {
        _exit(EXIT_SETUP);
    }
    for (int i = 0; i < 6; i++) {
        arg[i] = resolve(slots[i]);
    }
    shared->returned = call(name, arg);
    _exit(object_report_left(PHASE_INSTALL) ? EXIT_SETUP + 1 : 0);
}

/* Everything but what has to be written is as it was. */
static void check_untouched(const struct injected_case *c)
{
    for (unsigned n = 0; n < SLOTS; n++) {
        unsigned skip = 0;

        for (int i = 0; i < WRITTEN_MAX && c->out[i].size; i++) {
            if (c->out[i].arg == n) {
                skip = c->out[i].offset + c->out[i].size;
            }
        }
        for (unsigned i = skip; i < SLOT_SIZE; i++) {
            ck_assert_msg(shared->slot[n][i] == FILL, "%s wrote byte %u of "
                          "argument %u", c->name, i, n);
        }
    }
}

START_TEST(injected_failure_writes_what_is_documented)
{
    const struct injected_case *c = &injected_cases[_i];
    pid_t pid;

    open_shared();
    pid = fork();
    if (pid == 0) {
        inject_child(c->name);
    }
    ck_assert_msg(wait_for(pid) == 0, "%s: the call was made", c->name);
    check_return(c->name, c->bytes, c->want);
    check_written(c->name, slots, c->out);
    check_untouched(c);
    ck_assert_ptr_nonnull(recorder_find(RIG_MK_API_FAULT, c->name, 0));
    ck_assert_ptr_null(recorder_find(RIG_MK_API_ENTER, c->name, 0));
}
END_TEST

/* --- natural ---------------------------------------------------------- */

static void natural_child(const struct natural_case *c)
{
    uint64_t arg[6];

    open_host();
    for (int i = 0; i < 6; i++) {
        arg[i] = resolve(c->arg[i]);
    }
    if (c->flags & NO_MEMORY) {
        use_up_arena();
    }
    if (c->flags & AT_DISPATCH) {
        irql_set(DISPATCH_LEVEL);
    }
    shared->returned = call(c->name, arg);
    _exit(0);
}

/* Contracts of IRQL and caller are another test's: nothing calls from init. */
static const struct rig_marker *find_contract(void)
{
    const struct rig_marker *m;

    for (unsigned i = 0; (m = recorder_find(RIG_MK_CONTRACT, NULL, i)); i++) {
        if (strcmp(m->name, CONTRACT_WRONG_CALLER) != 0 &&
            strcmp(m->name, CONTRACT_LOCK_AT_RETURN) != 0) {
            return m;
        }
    }
    return NULL;
}

static void check_contract(const struct natural_case *c)
{
    const struct rig_marker *m = find_contract();

    ck_assert_msg(m || !c->contract, "%s broke no contract", c->name);
    ck_assert_msg(!m || c->contract, "%s broke %s: %s", c->name,
                  m ? m->name : "", m ? m->text : "");
    if (m) {
        ck_assert_msg(recorder_find(RIG_MK_CONTRACT, c->contract, 0) != NULL,
                      "%s broke %s, not %s", c->name, m->name, c->contract);
    }
}

START_TEST(call_fails_as_documented)
{
    const struct natural_case *c = &natural_cases[_i];
    bool stops = c->flags & BUG_CHECK;
    pid_t pid;
    int code;

    open_shared();
    pid = fork();
    if (pid == 0) {
        natural_child(c);
    }
    code = wait_for(pid);
    ck_assert_msg(code == (stops ? HOST_EXIT_BUGCHECK : 0),
                  "%s: the process ended with %d", c->name, code);
    if (stops) {
        ck_assert_uint_eq(recorder_find(RIG_MK_BUGCHECK, NULL, 0)->status,
                          c->want);
    } else {
        check_return(c->name, c->bytes, c->want);
        check_written(c->name, c->arg, c->out);
    }
    check_contract(c);
}
END_TEST

/* --- what a sweep tries ----------------------------------------------- */

static void sweep_child(const char *name, const uint64_t *args)
{
    const struct host_record_hooks no_hooks = { NULL, NULL };
    uint64_t arg[6];

    open_host();
    host_record_points(g_new0(struct host_points, 1),
                       HOST_RECORD_ALL | HOST_RECORD_MARK, &no_hooks);
    host_set_step(0, true);
    for (int i = 0; i < 6; i++) {
        arg[i] = resolve(args[i]);
    }
    shared->returned = call(name, arg);
    _exit(0);
}

/* Windows never has those fail that it has the routine or the room for. */
START_TEST(sweep_tries_only_what_fails_by_chance)
{
    static const struct {
        const char *name;
        uint64_t arg[6];
        bool point;
    } rows[] = {
        { "ExAllocatePoolWithTag", { 0, 64, 0x31676954 }, true },
        { "NdisGetRoutineAddress", { NAME(0) }, false },
        { "MmGetSystemRoutineAddress", { NAME(0) }, false },
        { "RtlAppendUnicodeStringToString", { NAME(0), NAME(1) }, false },
        { "RtlAppendUnicodeToString", { NAME(0), WIDE(1) }, false },
        { "NdisGetProcessorInformation", { ZERO(0) }, false },
        { "NdisGetProcessorInformationEx", { 0, 0, ZERO(0) }, false },
        { "NdisGetRssProcessorInformation", { 0, 0, ZERO(0) }, false },
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        pid_t pid;

        open_shared();
        pid = fork();
        if (pid == 0) {
            sweep_child(rows[i].name, rows[i].arg);
        }
        ck_assert_int_eq(wait_for(pid), 0);
        ck_assert_msg(rows[i].point ==
                      !!recorder_find(RIG_MK_FAULT_POINT, rows[i].name, 0),
                      "%s", rows[i].name);
    }
}
END_TEST

/* --- the tables ------------------------------------------------------- */

static bool is_injected(const char *name)
{
    for (unsigned i = 0; i < injected_count; i++) {
        if (strcmp(injected_cases[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_natural(const char *name)
{
    for (unsigned i = 0; i < natural_count; i++) {
        if (strcmp(natural_cases[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_infallible(const char *name)
{
    for (const char *const *n = cannot_fail; *n; n++) {
        if (strcmp(*n, name) == 0) {
            return true;
        }
    }
    return false;
}

START_TEST(every_export_has_a_test)
{
    unsigned n = 0;

    for (int t = 0; export_tables[t]; t++) {
        for (const struct export *e = export_tables[t]; e->name; e++, n++) {
            ck_assert_msg(is_injected(e->name) == (e->failure != NULL),
                          "%s: %s", e->name, e->failure
                          ? "its injected failure has no test"
                          : "a failure is tested that it does not have");
            ck_assert_msg(is_natural(e->name) != is_infallible(e->name),
                          "%s: %s", e->name, is_natural(e->name)
                          ? "it is said not to fail, and tested to"
                          : "how it fails is not tested");
            ck_assert_msg(!is_infallible(e->name) || !e->failure ||
                          is_injected(e->name), "%s", e->name);
        }
    }
    ck_assert_uint_gt(n, 300);
}
END_TEST

START_TEST(no_case_is_about_something_that_is_not_exported)
{
    for (unsigned i = 0; i < injected_count; i++) {
        ck_assert_msg(export_find(injected_cases[i].name) != NULL, "%s",
                      injected_cases[i].name);
    }
    for (unsigned i = 0; i < natural_count; i++) {
        ck_assert_msg(export_find(natural_cases[i].name) != NULL, "%s",
                      natural_cases[i].name);
    }
    for (const char *const *n = cannot_fail; *n; n++) {
        ck_assert_msg(export_find(*n) != NULL, "%s", *n);
    }
}
END_TEST

START_TEST(names_are_exported_once)
{
    const char *const *names = host_exports();

    for (unsigned i = 1; names[i]; i++) {
        ck_assert_str_ne(names[i - 1], names[i]);
    }
}
END_TEST

/* One process at each IRQL judges the calls of all exports. */
static unsigned judged_wrong(const char *name)
{
    unsigned wrong = 0;

    for (unsigned i = 0; recorder_find(RIG_MK_CONTRACT, name, i); i++) {
        wrong++;
    }
    return wrong;
}

static unsigned allowed_range(const struct export *e, uint8_t irql)
{
    uint8_t low, high;

    contract_irql_range(e->contract, &low, &high);
    return irql >= low && irql <= high;
}

START_TEST(irql_of_every_export_is_judged_by_its_table)
{
    for (int t = 0; export_tables[t]; t++) {
        for (const struct export *e = export_tables[t]; e->name; e++) {
            for (uint8_t irql = PASSIVE_LEVEL; irql <= HIGH_LEVEL; irql++) {
                recorder_start();
                contract_reset();
                host_self.irql = irql;
                contract_check_call(e);
                ck_assert_msg(judged_wrong(CONTRACT_WRONG_IRQL) ==
                              !allowed_range(e, irql), "%s at IRQL %u",
                              e->name, irql);
            }
        }
    }
}
END_TEST

START_TEST(caller_is_judged_by_the_callbacks_around_it)
{
    static const struct {
        unsigned contract;
        const char *from, *not_from;
    } rows[] = {
        { FROM_ENTRY, "DriverEntry", "MiniportInitializeEx" },
        { FROM_OPTIONS, "MiniportSetOptions", "DriverEntry" },
        { FROM_ADD, "MiniportAddDevice", "MiniportHaltEx" },
        { FROM_INIT, "MiniportInitializeEx", "MiniportHaltEx" },
        { FROM_INIT | FROM_HALT, "MiniportHaltEx", "MiniportPause" },
        { FROM_UNLOAD, "MiniportDriverUnload", "DriverEntry" },
        { NOT_FROM_SHUTDOWN, "MiniportHaltEx", "MiniportShutdownEx" },
    };

    for (unsigned i = 0; i < ARRAYSIZE(rows); i++) {
        struct export e = { .name = "x", .contract = rows[i].contract };
        struct callback cb, inner;

        recorder_start();
        contract_reset();
        callback_enter_quiet(&cb, rows[i].from);
        callback_enter_quiet(&inner, "MiniportProcessSGList");
        contract_check_call(&e);
        callback_leave(&inner, 0);
        callback_leave(&cb, 0);
        ck_assert_uint_eq(judged_wrong(CONTRACT_WRONG_CALLER), 0);
        callback_enter_quiet(&cb, rows[i].not_from);
        contract_check_call(&e);
        callback_leave(&cb, 0);
        ck_assert_uint_eq(judged_wrong(CONTRACT_WRONG_CALLER), 1);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("exports");
    TCase *tc = tcase_create("exports");
    SRunner *runner = srunner_create(s);
    int failed;

    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, every_export_has_a_test);
    tcase_add_test(tc, no_case_is_about_something_that_is_not_exported);
    tcase_add_test(tc, names_are_exported_once);
    tcase_add_test(tc, irql_of_every_export_is_judged_by_its_table);
    tcase_add_test(tc, caller_is_judged_by_the_callbacks_around_it);
    tcase_add_test(tc, sweep_tries_only_what_fails_by_chance);
    tcase_add_loop_test(tc, injected_failure_writes_what_is_documented, 0,
                        (int)injected_count);
    tcase_add_loop_test(tc, call_fails_as_documented, 0, (int)natural_count);
    suite_add_tcase(s, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
