/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The agent: PID 1 of the guest.
 *
 * It brings the kernel up as far as VFIO needs it, finds rig-tap, reads the
 * plan, runs it, and powers the machine off. Whatever goes wrong ends in a
 * PLAN_END marker, a line on the console and a power-off: PID 1 never exits.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "agent/linux-driver.h"
#include "agent/marker.h"
#include "agent/runner.h"
#include "agent/vf.h"
#include "linux/fw-cfg.h"
#include "linux/system.h"
#include "linux/vfio.h"

/* Address space only, until it is used. */
#define HEAP_SIZE (4 << 20)

/* DMA memory when the kernel has no hugepages for it. */
#define ARENA_SIZE ((size_t)16 << 20)
/* With guard pages, which hugepages cannot have: two pages a block. */
#define GUARDED_SIZE ((size_t)32 << 20)

static char fatal_stack[16384];

/* End the stream and the machine. Async-signal-safe but for the console. */
static void finish(uint64_t status, const char *text)
    __attribute__((noreturn));

static void finish(uint64_t status, const char *text)
{
    struct rig_marker m = { .kind = RIG_MK_PLAN_END, .status = status };

    strncpy(m.text, text, sizeof(m.text) - 1);
    marker_set_position(0, 0);
    marker_emit(&m);
    marker_end();
    system_power_off();
}

static void fail(const char *text) __attribute__((noreturn));

static void fail(const char *text)
{
    printf("rig-agent: %s\n", text);
    fflush(stdout);
    finish(1, text);
}

static void on_fatal_signal(int signal)
{
    char text[] = "the agent died of signal   ";

    text[sizeof(text) - 3] = (char)('0' + signal / 10);
    text[sizeof(text) - 2] = (char)('0' + signal % 10);
    finish(1, text);
}

/* A crash of PID 1 would be a kernel panic: end the plan properly instead. */
static void catch_fatal_signals(void)
{
    static const int fatal[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT };
    stack_t stack = { .ss_sp = fatal_stack, .ss_size = sizeof(fatal_stack) };
    struct sigaction action = {
        .sa_handler = on_fatal_signal,
        .sa_flags = SA_ONSTACK | SA_RESETHAND,
    };

    sigaltstack(&stack, NULL);
    for (size_t i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++) {
        sigaction(fatal[i], &action, NULL);
    }
}

/* The point of the snapshot, and the plan that comes only behind it. */
static int take_plan(char *err, size_t errlen)
{
    struct rig_marker ready = {
        .kind = RIG_MK_NOTE,
        .name = PLAN_SNAPSHOT,
    };

    marker_emit(&ready);
    return fw_cfg_unpack(PLAN_FW_CFG, err, errlen);
}

/* Everything up to the plan. */
static struct plan *start(void)
{
    g_autoptr(GError) error = NULL;
    char text[RIG_MARKER_TEXT];
    struct rig_marker m = { .kind = RIG_MK_PLAN_BEGIN };
    struct plan *plan;

    if (system_mount(text, sizeof(text))) {
        fail(text);
    }
    if (marker_open()) {
        snprintf(text, sizeof(text), "no usable rig-tap device: %s",
                 strerror(errno));
        fail(text);
    }
    if (system_load_modules(SYSTEM_MODULES, text, sizeof(text))) {
        fail(text);
    }
    if (system_asked(PLAN_SNAPSHOT) && take_plan(text, sizeof(text))) {
        fail(text);
    }
    plan = plan_load(RIG_PLAN_PATH, &error);
    if (!plan) {
        fail(error->message);
    }
    if (plan->virtual_function >= 0 && vf_prepare(plan, text, sizeof(text))) {
        fail(text);
    }
    if (plan->scenarios[0].linux_driver
        ? linux_driver_prepare(text, sizeof(text))
        : vfio_bind(plan->device, text, sizeof(text)) ||
          (plan->device_2 &&
           vfio_bind(plan->device_2, text, sizeof(text)))) {
        fail(text);
    }
    m.arg[0] = plan->n_scenarios;
    marker_emit(&m);
    return plan;
}

/*
 * A cycle's process is forked and has a few threads, each of which would get a
 * heap of its own, and a heap that grows after a fork becomes two mappings:
 * both is work for every process. So there is one heap, and it is large.
 */
static void use_one_heap(void)
{
    mallopt(M_ARENA_MAX, 1);
    mallopt(M_TOP_PAD, HEAP_SIZE);
}

static void run_as_init(char *argv[])
{
    struct runner_totals totals;
    char text[RIG_MARKER_TEXT] = "";
    struct plan *plan;
    size_t arena;

    system_fix_layout(argv);
    use_one_heap();
    system_use_huge_text();
    catch_fatal_signals();
    plan = start();
    arena = plan->guard_pages ? 0 : system_free_hugepages();
    if (!arena || vfio_arena_reserve(arena)) {
        arena = plan->guard_pages ? GUARDED_SIZE : ARENA_SIZE;
    }
    if (runner_run(plan, arena, &totals, text, sizeof(text))) {
        fail(text);
    }
    printf("rig-agent: %u cycles, resident %lu KiB after the first, %lu KiB "
           "after the last\n", totals.cycles, totals.rss_first_kib,
           totals.rss_last_kib);
    fflush(stdout);
    finish(0, "");
}

static int list(const char *const *names)
{
    for (; *names; names++) {
        puts(*names);
    }
    return 0;
}

int main(int argc, char *argv[])
{
    if (getpid() == 1) {
        run_as_init(argv);
    }
    if (argc == 2 && strcmp(argv[1], "--exports") == 0) {
        return list(host_exports());
    }
    if (argc == 2 && strcmp(argv[1], "--imports") == 0) {
        host_print_imports(stdout);
        return 0;
    }
    if (argc == 2 && strcmp(argv[1], "--callbacks") == 0) {
        return list(host_callbacks());
    }
    fprintf(stderr, "usage: %s --exports | --imports | --callbacks\n"
            "Run as PID 1 of the guest it runs the plan in %s; anywhere else "
            "it only lists\nthe kernel exports that the NDIS host "
            "implements, or the driver callbacks that it\nmakes.\n",
            argv[0], RIG_PLAN_PATH);
    return 2;
}
