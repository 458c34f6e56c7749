/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The steps of a driver's life with a real driver image and no hardware: which
 * callbacks each makes, in which order and with which arguments. Each test
 * runs its steps in a child process, as the agent does.
 */
#define _GNU_SOURCE
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "ndis/core.h"
#include "probe.h"
#include "recorder.h"

#define PM_CAP 0x80u  /* where a function has its power management */

typedef void steps_fn(void);

static uint32_t action;  /* of the probe, PROBE_* */

static struct inf_install *make_install(void)
{
    struct inf_install *inst = calloc(1, sizeof(*inst));
    struct reg_value v = { .type = REG_DWORD_, .dword = action };

    inst->driver_key = registry_new();
    inst->device_key = registry_new();
    inst->service = (char *)"probe";
    inst->description = (char *)"Probe";
    inst->physical_media_type = 14;
    inst->if_type = 6;
    registry_set(inst->driver_key, "", "Probe", &v);
    return inst;
}

/* In the child: a failed expectation is its exit status. */
static void expect(bool good, int line)
{
    if (!good) {
        _exit(line & 0x7f ? line & 0x7f : 1);
    }
}

#define EXPECT(condition) expect(condition, __LINE__)

static void run(steps_fn *steps, unsigned adapters)
{
    struct host_config config = {
        .sys_path = PROBE_SYS, .adapters = adapters,
        .install = { make_install(), make_install() }, .seed = 1,
    };
    int status;
    pid_t pid;

    recorder_start();
    pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        EXPECT(host_open(&config) == 0);
        steps();
        _exit(0);
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0,
                  "the steps ended with status 0x%x", status);
}

static void run_probe(uint32_t what, steps_fn *steps, unsigned adapters)
{
    action = what;
    run(steps, adapters);
    action = PROBE_NOTHING;
}

/* The n-th callback of this name, 0..; NULL: there were fewer. */
static const struct rig_marker *callback(const char *name, unsigned n)
{
    return recorder_find(RIG_MK_CALLBACK_ENTER, name, n);
}

static void post_failure(void)
{
    EXPECT(host_install() == 0);
    EXPECT(host_initialize(true) == (uint32_t)NDIS_STATUS_FAILURE);
    EXPECT(host_halt(NdisHaltDeviceDisabled) == HOST_SKIPPED);
    EXPECT(host_initialize(false) == 0);
    EXPECT(host_halt(NdisHaltDeviceStopped) == 0);
}

START_TEST(a_failure_of_NDIS_halts_what_had_succeeded)
{
    run(post_failure, 1);
    ck_assert_uint_eq(callback("MiniportHaltEx", 0)->arg[0],
                      NdisHaltDeviceInitializationFailed);
    ck_assert_uint_eq(callback("MiniportHaltEx", 1)->arg[0],
                      NdisHaltDeviceStopped);
    ck_assert_ptr_null(callback("MiniportHaltEx", 2));
}
END_TEST

static void surprise(void)
{
    EXPECT(host_surprise_remove() == HOST_SKIPPED);
    EXPECT(host_install() == 0);
    EXPECT(host_initialize(false) == 0);
    EXPECT(host_surprise_remove() == 0);
    EXPECT(host_surprise_remove() == HOST_SKIPPED);
    EXPECT(host_unload() == 0);
    EXPECT(host_taken_back());
}

START_TEST(surprise_removal_is_told_and_then_halted)
{
    const struct rig_marker *event, *halt;

    run(surprise, 1);
    event = callback("MiniportDevicePnPEventNotify", 0);
    halt = callback("MiniportHaltEx", 0);
    ck_assert_uint_eq(event->arg[0], NdisDevicePnPEventSurpriseRemoved);
    ck_assert_uint_eq(halt->arg[0], NdisHaltDeviceSurpriseRemoved);
    ck_assert_uint_lt(event->call, halt->call);
}
END_TEST

static void sleep_and_wake(void)
{
    EXPECT(host_set_power(true) == HOST_SKIPPED);
    EXPECT(host_install() == 0);
    EXPECT(host_initialize(false) == 0);
    EXPECT(host_set_power(false) == HOST_SKIPPED);
    EXPECT(host_set_power(true) == 0);
    EXPECT(host_set_power(true) == HOST_SKIPPED);
    EXPECT(host_reset() == HOST_SKIPPED);
    EXPECT(host_set_power(false) == 0);
    EXPECT(host_halt(NdisHaltDeviceDisabled) == 0);
}

/* The probe has no power management: it is halted and initialized again. */
START_TEST(sleep_halts_a_miniport_without_power_management)
{
    run(sleep_and_wake, 1);
    ck_assert_uint_eq(callback("MiniportHaltEx", 0)->arg[0],
                      NdisHaltDevicePoweredDown);
    ck_assert_uint_eq(callback("MiniportHaltEx", 1)->arg[0],
                      NdisHaltDeviceDisabled);
    ck_assert_ptr_nonnull(callback("MiniportInitializeEx", 1));
    ck_assert_ptr_null(callback("MiniportInitializeEx", 2));
    ck_assert_uint_eq(recorder_find(RIG_MK_POWER, NULL, 0)->arg[1],
                      NdisDeviceStateD3);
    ck_assert_uint_eq(recorder_find(RIG_MK_POWER, NULL, 1)->arg[1],
                      NdisDeviceStateD0);
}
END_TEST

static void shut_down(void)
{
    EXPECT(host_install() == 0);
    EXPECT(host_shutdown(NdisShutdownPowerOff) == HOST_SKIPPED);
    EXPECT(host_initialize(false) == 0);
    EXPECT(host_shutdown(NdisShutdownBugCheck) == HOST_SKIPPED);
    current()->attributes |=
        NDIS_MINIPORT_ATTRIBUTES_REGISTER_BUGCHECK_CALLBACK;
    EXPECT(host_shutdown(NdisShutdownBugCheck) == 0);
    EXPECT(host_shutdown(NdisShutdownPowerOff) == 0);
    EXPECT(irql_get() == PASSIVE_LEVEL);
}

START_TEST(shutdown_is_at_high_level_only_where_asked_for)
{
    run(shut_down, 1);
    ck_assert_uint_eq(callback("MiniportShutdownEx", 0)->irql, 15);
    ck_assert_uint_eq(callback("MiniportShutdownEx", 0)->arg[0],
                      NdisShutdownBugCheck);
    ck_assert_uint_eq(callback("MiniportShutdownEx", 1)->irql, PASSIVE_LEVEL);
    ck_assert_ptr_null(callback("MiniportShutdownEx", 2));
}
END_TEST

static void two(void)
{
    EXPECT(!host_select(2));
    EXPECT(host_install() == 0);
    EXPECT(host_select(1) && host_install() == 0);
    EXPECT(host_install() == HOST_SKIPPED);
    EXPECT(host_initialize(false) == 0);
    EXPECT(host_select(0) && host_initialize(false) == 0);
    EXPECT(host_halt(NdisHaltDeviceDisabled) == 0);
    EXPECT(host_remove() == 0 && !host_taken_back());
    EXPECT(host_unload() == 0 && host_taken_back());
}

START_TEST(two_adapters_share_a_driver_and_nothing_else)
{
    run(two, 2);
    ck_assert_ptr_nonnull(callback("DriverEntry", 0));
    ck_assert_ptr_null(callback("DriverEntry", 1));
    ck_assert_ptr_nonnull(callback("MiniportAddDevice", 1));
    ck_assert_ptr_nonnull(callback("MiniportHaltEx", 1));
    ck_assert_ptr_nonnull(callback("MiniportRemoveDevice", 1));
    ck_assert_uint_eq(recorder_find(RIG_MK_ADAPTER, NULL, 0)->arg[0], 0);
    ck_assert_uint_eq(recorder_find(RIG_MK_ADAPTER, NULL, 1)->arg[0], 1);
    ck_assert_uint_eq(recorder_find(RIG_MK_ADAPTER, NULL, 2)->arg[0], 0);
}
END_TEST

START_TEST(one_adapter_needs_no_telling_which)
{
    run(post_failure, 1);
    ck_assert_ptr_null(recorder_find(RIG_MK_ADAPTER, NULL, 0));
}
END_TEST

/* --- an adapter that failed ------------------------------------------- */

static void removed_in_init(void)
{
    EXPECT(host_install() == 0);
    EXPECT(host_initialize(false) == 0);
    EXPECT(callback("MiniportHaltEx", 0) == NULL); /* not from inside it */
    host_settle();
    host_settle();
    EXPECT(host_restart() == HOST_SKIPPED);
    EXPECT(strstr(host_error(), "NdisMRemoveMiniport") != NULL);
    EXPECT(host_pause() == HOST_SKIPPED);
    EXPECT(host_halt(NdisHaltDeviceDisabled) == HOST_SKIPPED);
    EXPECT(strstr(host_error(), "NdisMRemoveMiniport") != NULL);
    EXPECT(host_initialize(false) == HOST_SKIPPED);
    EXPECT(host_remove() == 0 && host_taken_back());
    EXPECT(host_install() == 0);  /* another device */
    EXPECT(host_halt(NdisHaltDeviceDisabled) == HOST_SKIPPED);
    EXPECT(strstr(host_error(), "NdisMRemoveMiniport") == NULL);
    EXPECT(host_unload() == 0);
}

START_TEST(an_adapter_given_up_in_init_is_halted_as_failed)
{
    run_probe(PROBE_REMOVE_IN_INIT, removed_in_init, 1);
    ck_assert_uint_eq(callback("MiniportHaltEx", 0)->arg[0],
                      NdisHaltDeviceFailed);
    ck_assert_ptr_null(callback("MiniportHaltEx", 1));
    ck_assert_ptr_null(callback("MiniportInitializeEx", 1));
}
END_TEST

static void removed_in_timer(void)
{
    EXPECT(host_install() == 0);
    EXPECT(host_select(1) && host_install() == 0);
    EXPECT(host_initialize(false) == 0);
    current()->link_up = true;
    EXPECT(host_restart() == 0);
    while (!__atomic_load_n(&current()->failed, __ATOMIC_ACQUIRE)) {
        time_sleep(1000000);
    }
    host_select(0);
    host_settle();
    EXPECT(current()->number == 0 && !current()->failed);
    host_select(1);
    EXPECT(!current()->initialized && !current()->running);
    EXPECT(host_pause() == HOST_SKIPPED);
    EXPECT(host_unload() == 0 && host_taken_back());
}

START_TEST(a_running_adapter_given_up_in_a_timer_is_paused_and_halted)
{
    run_probe(PROBE_REMOVE_IN_TIMER, removed_in_timer, 2);
    ck_assert_uint_eq(callback("MiniportHaltEx", 0)->arg[0],
                      NdisHaltDeviceFailed);
    ck_assert_uint_lt(callback("MiniportPause", 0)->call,
                      callback("MiniportHaltEx", 0)->call);
    ck_assert_ptr_null(callback("MiniportPause", 1));
    ck_assert_ptr_null(callback("MiniportHaltEx", 1));
    ck_assert_ptr_null(recorder_find(RIG_MK_CONTRACT, NULL, 0));
}
END_TEST

/* A function whose configuration space is this file, and nothing else. */
static struct vfio_device make_function(unsigned pm_cap)
{
    struct vfio_device d = { .pm_cap = pm_cap };

    d.device = memfd_create("config", 0);
    EXPECT(d.device >= 0 && ftruncate(d.device, 4096) == 0);
    return d;
}

static void stuck_in_d3(void)
{
    struct vfio_device function = make_function(PM_CAP);
    char path[32];

    EXPECT(host_install() == 0);
    EXPECT(host_initialize(false) == 0);
    current()->attributes |= NDIS_MINIPORT_ATTRIBUTES_NO_HALT_ON_SUSPEND;
    current()->device = &function;
    host_set_power(true);
    EXPECT(current()->asleep && current()->initialized);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", function.device);
    function.device = open(path, O_RDONLY);  /* PowerState stays what it is */
    EXPECT(function.device >= 0);
    EXPECT(host_set_power(false) == (uint32_t)NDIS_STATUS_FAILURE);
    EXPECT(!current()->initialized && !current()->asleep);
    current()->device = NULL;
    EXPECT(host_halt(NdisHaltDeviceDisabled) == HOST_SKIPPED);
    EXPECT(host_unload() == 0);
}

START_TEST(a_function_that_stays_in_D3_has_failed)
{
    run(stuck_in_d3, 1);
    ck_assert_uint_eq(callback("MiniportHaltEx", 0)->arg[0],
                      NdisHaltDeviceFailed);
    ck_assert_ptr_null(callback("MiniportHaltEx", 1));
    ck_assert_uint_eq(recorder_find(RIG_MK_POWER, NULL, 0)->status, 0);
    ck_assert_uint_eq(recorder_find(RIG_MK_POWER, NULL, 1)->status,
                      (uint32_t)NDIS_STATUS_FAILURE);
}
END_TEST

/* --- check for hang --------------------------------------------------- */

/* More than one interval of 2 s. */
#define A_CHECK (2100000000ull)

static void hang_once(void)
{
    EXPECT(host_install() == 0);
    EXPECT(host_initialize(false) == 0);
    current()->link_up = true;  /* or restart waits for it */
    EXPECT(host_restart() == 0);
    EXPECT(callback("MiniportCheckForHangEx", 0) == NULL);
    time_sleep(2 * A_CHECK);
    EXPECT(host_pause() == 0);
    EXPECT(host_halt(NdisHaltDeviceDisabled) == 0);
    time_sleep(A_CHECK);
    EXPECT(host_unload() == 0);
}

/* The filter that the reset lost is set once more. */
START_TEST(a_hang_that_a_periodic_check_finds_is_followed_by_a_reset)
{
    const struct rig_marker *reset;
    unsigned filters = 0;

    run_probe(PROBE_HANG, hang_once, 1);
    reset = callback("MiniportResetEx", 0);
    ck_assert_uint_eq(callback("MiniportCheckForHangEx", 0)->irql,
                      PASSIVE_LEVEL);
    ck_assert_ptr_nonnull(reset);
    ck_assert_uint_eq(reset->irql, DISPATCH_LEVEL);
    ck_assert_ptr_nonnull(callback("MiniportCheckForHangEx", 1));
    ck_assert_ptr_null(callback("MiniportCheckForHangEx", 2));
    ck_assert_ptr_null(callback("MiniportResetEx", 1));
    for (unsigned i = 0; callback("MiniportOidRequest", i); i++) {
        filters += callback("MiniportOidRequest", i)->arg[0] ==
                   OID_GEN_CURRENT_PACKET_FILTER;
    }
    ck_assert_uint_eq(filters, 3);  /* restart, reset, pause */
}
END_TEST

static void asleep_and_seldom(void)
{
    EXPECT(host_install() == 0);
    EXPECT(host_initialize(false) == 0);
    EXPECT(host_reset() == 0);  /* the step checks as well */
    current()->attributes |= NDIS_MINIPORT_ATTRIBUTES_NO_HALT_ON_SUSPEND;
    current()->hang_seconds = 5;  /* 4 s */
    host_set_power(true);
    time_sleep(A_CHECK);
    host_set_power(false);
    time_sleep(A_CHECK);
    EXPECT(callback("MiniportCheckForHangEx", 1) == NULL);
    time_sleep(A_CHECK);
    EXPECT(callback("MiniportCheckForHangEx", 1) != NULL);
    EXPECT(host_halt(NdisHaltDeviceDisabled) == 0);
    EXPECT(host_unload() == 0);
}

START_TEST(no_check_in_D3_and_none_before_its_time)
{
    run(asleep_and_seldom, 1);
    ck_assert_ptr_null(callback("MiniportCheckForHangEx", 2));
    ck_assert_ptr_null(callback("MiniportResetEx", 1));
}
END_TEST

/* --- two adapters' configuration spaces ------------------------------- */

static uint8_t config_byte(const struct vfio_device *d)
{
    uint8_t byte = 0;

    EXPECT(pread(d->device, &byte, 1, PROBE_CONFIG_AT) == 1);
    return byte;
}

static void other_config(void)
{
    struct vfio_device function[2] = { make_function(0), make_function(0) };

    EXPECT(host_install() == 0);
    EXPECT(host_select(1) && host_install() == 0);
    host.adapter[0].device = &function[0];
    host.adapter[1].device = &function[1];
    host_select(0);
    EXPECT(host_initialize(false) == 0);
    EXPECT(pwrite(function[0].device, "", 1, PROBE_CONFIG_AT) == 1);
    host_select(1);
    EXPECT(host_initialize(false) == 0);  /* about the first one */
    EXPECT(config_byte(&function[0]) == PROBE_CONFIG_VALUE);
    EXPECT(config_byte(&function[1]) == 0);
    host.adapter[0].device = host.adapter[1].device = NULL;
    EXPECT(host_unload() == 0);
}

START_TEST(bus_data_are_those_of_the_handle_not_of_the_caller)
{
    run_probe(PROBE_OTHER_CONFIG, other_config, 2);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("life");
    TCase *t = tcase_create("life");
    SRunner *runner = srunner_create(s);
    int failed;

    tcase_set_timeout(t, 30);
    tcase_add_test(t, a_failure_of_NDIS_halts_what_had_succeeded);
    tcase_add_test(t, surprise_removal_is_told_and_then_halted);
    tcase_add_test(t, sleep_halts_a_miniport_without_power_management);
    tcase_add_test(t, shutdown_is_at_high_level_only_where_asked_for);
    tcase_add_test(t, two_adapters_share_a_driver_and_nothing_else);
    tcase_add_test(t, one_adapter_needs_no_telling_which);
    tcase_add_test(t, an_adapter_given_up_in_init_is_halted_as_failed);
    tcase_add_test(t,
        a_running_adapter_given_up_in_a_timer_is_paused_and_halted);
    tcase_add_test(t, a_function_that_stays_in_D3_has_failed);
    tcase_add_test(t,
        a_hang_that_a_periodic_check_finds_is_followed_by_a_reset);
    tcase_add_test(t, no_check_in_D3_and_none_before_its_time);
    tcase_add_test(t, bus_data_are_those_of_the_handle_not_of_the_caller);
    suite_add_tcase(s, t);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
