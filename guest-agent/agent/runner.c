/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Running a plan: scenarios, cycles, and the markers between them. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "agent/cycle.h"
#include "agent/linux-driver.h"
#include "agent/marker.h"
#include "agent/runner.h"
#include "agent/sweep-run.h"
#include "agent/watchdog.h"
#include "linux/pci.h"
#include "linux/system.h"

/* A process that is left over from a cycle must not pile up. */
static void reap_orphans(void)
{
    while (waitpid(-1, NULL, WNOHANG) > 0) {
    }
}

/* The child did not say where the driver hangs: say at least that it does. */
static void report_silent_hang(const struct plan_cycle *cycle,
                               const struct watch_result *result)
{
    struct rig_marker m = { .kind = RIG_MK_HANG };

    if (result->began) {
        snprintf(m.name, sizeof(m.name), "%s",
                 plan_step_name(cycle->steps[result->step].kind));
    }
    snprintf(m.text, sizeof(m.text), "the driver's process did not answer");
    marker_emit(&m);
}

/* False, with the end of the cycle, if the function cannot be silenced. */
static bool silence(const char *device, struct watch_result *result)
{
    int active = pci_is_active(device);

    if (active > 0) {
        marker_note("%s is still active after its driver's process ended: "
                    "reset", device);
        pci_write_text(device, "reset", "1");
        active = pci_is_active(device);
    }
    if (active) {
        result->end = RIG_CYCLE_BROKEN;
        snprintf(result->text, sizeof(result->text),
                 "%s cannot be silenced after the cycle", device);
        result->stuck = true;
    }
    return !active;
}

/*
 * The process is gone and with it, by VFIO, the driver's interrupts and DMA.
 * Check it, and mark the point unless the child has done so.
 */
static void prove_quiesced(const struct cycle_context *context,
                           struct watch_result *result)
{
    const struct plan *plan = context->plan;

    if (context->scenario->linux_driver) {
        linux_driver_release(plan->device);
    }
    if (!silence(plan->device, result) ||
        (plan->device_2 && !silence(plan->device_2, result))) {
        return;
    }
    if (!result->taken_back) {
        marker_simple(RIG_MK_QUIESCED, NULL, 0);
    }
}

/* The same where this process holds the device: nobody else would do it. */
static void quiesce_held(struct vfio_device *device,
                         struct watch_result *result)
{
    vfio_irq_disable(device);
    if (result->taken_back) {
        return;
    }
    if (device->can_reset && vfio_reset(device)) {
        result->end = RIG_CYCLE_BROKEN;
        snprintf(result->text, sizeof(result->text),
                 "%s cannot be reset after the cycle: %s", device->address,
                 strerror(errno));
        result->stuck = true;
        return;
    }
    marker_simple(RIG_MK_QUIESCED, NULL, 0);
}

static void watch_child(const struct cycle_context *context, pid_t pid,
                        int fd, struct watch_result *result)
{
    const struct plan_cycle *cycle = context->cycle;
    uint32_t timeouts[PLAN_STEPS_MAX];

    for (unsigned i = 0; i < cycle->n_steps; i++) {
        timeouts[i] = cycle->steps[i].timeout_ms;
    }
    watchdog_wait(pid, fd, timeouts, cycle->n_steps, result);
}

/* Start the child; its end of the pipe is closed here. -1 with errno. */
static pid_t start_child(struct cycle_context *context, int *fd)
{
    int ends[2];
    pid_t pid;

    if (pipe2(ends, O_CLOEXEC)) {
        return -1;
    }
    pid = fork();
    if (pid == 0) {
        close(ends[0]);
        context->watch_fd = ends[1];
        cycle_run(context);
    }
    close(ends[1]);
    if (pid < 0) {
        close(ends[0]);
        return -1;
    }
    *fd = ends[0];
    return pid;
}

static void begin_cycle(const struct cycle_context *context,
                        uint32_t repetition)
{
    struct rig_marker m = { .kind = RIG_MK_CYCLE_BEGIN,
                            .arg = { repetition } };

    if (context->sweep) {
        m.arg[1] = context->sweep->digest;
        m.arg[2] = 1;
        memcpy(m.text, context->sweep->difference, sizeof(m.text));
    }
    marker_set_position(context->scenario_number, context->cycle_number);
    marker_emit(&m);
}

int runner_cycle(struct cycle_context *context, uint32_t repetition,
                 enum rig_cycle_end *end, char *err, size_t errlen)
{
    struct watch_result result = { 0 };
    struct rig_marker m;
    int fd = -1;
    pid_t pid;

    begin_cycle(context, repetition);
    pid = start_child(context, &fd);
    if (pid < 0) {
        result.end = RIG_CYCLE_BROKEN;
        snprintf(result.text, sizeof(result.text),
                 "no process for the cycle: %s", strerror(errno));
    } else {
        watch_child(context, pid, fd, &result);
        close(fd);
        reap_orphans();
        if (result.end != RIG_CYCLE_DONE &&
            cycle_has_device_faults(context->cycle)) {
            cycle_clear_device_faults(context);
        }
        if (result.end == RIG_CYCLE_HANG && !result.hang_reported) {
            report_silent_hang(context->cycle, &result);
        }
        if (!result.stuck && context->device) {
            quiesce_held(context->device, &result);
            if (!result.stuck && context->plan->device_2) {
                silence(context->plan->device_2, &result);
            }
        } else if (!result.stuck) {
            prove_quiesced(context, &result);
        }
    }
    *end = result.end;
    m = (struct rig_marker){ .kind = RIG_MK_CYCLE_END,
                             .status = result.end };
    memcpy(m.text, result.text, sizeof(m.text));
    marker_emit(&m);
    if (result.stuck) {
        snprintf(err, errlen, "%s", result.text);
        return -1;
    }
    return 0;
}

static int run_scenario(struct cycle_context *context,
                        struct runner_totals *totals, char *err,
                        size_t errlen)
{
    const struct plan_scenario *scenario = context->scenario;
    enum rig_cycle_end end;

    context->cycle_number = 0;
    marker_set_position(context->scenario_number, 0);
    marker_simple(RIG_MK_SCENARIO_BEGIN, scenario->name, 0);
    if (scenario->sweep) {
        if (sweep_run(context, &totals->cycles, err, errlen)) {
            return -1;
        }
        marker_set_position(context->scenario_number, 0);
        marker_simple(RIG_MK_SCENARIO_END, scenario->name, 0);
        return 0;
    }
    for (unsigned i = 0; i < scenario->n_cycles; i++) {
        context->cycle = &scenario->cycles[i];
        for (uint32_t r = 1; r <= context->cycle->repeat; r++) {
            context->cycle_number++;
            if (runner_cycle(context, r, &end, err, errlen)) {
                return -1;
            }
            if (totals->cycles++ == 0) {
                totals->rss_first_kib = system_rss_kib();
            }
        }
    }
    marker_set_position(context->scenario_number, 0);
    marker_simple(RIG_MK_SCENARIO_END, scenario->name, 0);
    return 0;
}

int runner_run(const struct plan *plan, size_t arena_size,
               struct runner_totals *totals, char *err, size_t errlen)
{
    struct cycle_context context = { .plan = plan, .arena_size = arena_size };

    watchdog_prepare();
    memset(totals, 0, sizeof(*totals));
    for (unsigned i = 0; i < plan->n_scenarios; i++) {
        context.scenario = &plan->scenarios[i];
        context.scenario_number = i + 1;
        if (run_scenario(&context, totals, err, errlen)) {
            return -1;
        }
    }
    totals->rss_last_kib = system_rss_kib();
    return 0;
}
