/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rigshim.sys itself: its device, its requests and what it writes, with a tap
 * whose two BARs are memory of this process.
 */
#define _GNU_SOURCE
#include <check.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "ndis/core.h"
#include "ndis/shim.h"
#include "recorder.h"

/* wdm.h, as rigshim.h documents them */
#define INVALID_PARAMETER 0xc000000du
#define INVALID_REQUEST   0xc0000010u
#define BUFFER_TOO_SMALL  0xc0000023u
#define NOT_READY         0xc00000a3u

#define SCENARIO 3u
#define CYCLE    7u

static uint32_t *regs;
static uint8_t *slots;

static void *memory(size_t size)
{
    void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
                   MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    ck_assert_ptr_ne(p, MAP_FAILED);
    return p;
}

static void setup(void)
{
    regs = memory(RIG_TAP_REGS_SIZE);
    slots = memory(RIG_TAP_SLOTS * RIG_TAP_SLOT_SIZE);
    regs[RIG_TAP_REG_ID / 4] = RIG_TAP_ID;
    regs[RIG_TAP_REG_VERSION / 4] = RIG_STREAM_VERSION;
    recorder_start();
}

static uint32_t install(void)
{
    static struct inf_install inst = {
        .service = (char *)"probe", .description = (char *)"Probe",
        .if_type = 6, .physical_media_type = 14,
    };
    struct host_config config = {
        .sys_path = PROBE_SYS, .adapters = 1, .install = { &inst },
        .seed = 1, .scenario = SCENARIO, .cycle = CYCLE,
    };

    inst.driver_key = registry_new();
    inst.device_key = registry_new();
    recorder_tap(regs, slots);
    ck_assert_uint_eq(host_open(&config), 0);
    return host_install();
}

/* The last marker that one processor has written. */
static const struct rig_marker *slot(void)
{
    return (const void *)(slots + RIGSHIM_SLOT_FIRST * RIG_TAP_SLOT_SIZE);
}

/* A request, and how many bytes it gave. */
static uint32_t ask(uint32_t code, void *buffer, uint32_t in, uint32_t out)
{
    uint32_t done = 0, status = shim_request(code, buffer, in, out, &done);

    ck_assert_uint_le(done, out);
    return status;
}

static struct rigshim_counts counts(void)
{
    struct rigshim_counts c;

    ck_assert_uint_eq(ask(RIGSHIM_IOCTL_COUNTS, &c, 0, sizeof(c)), 0);
    return c;
}

START_TEST(a_driver_that_registers_is_marked)
{
    struct rigshim_counts c;

    ck_assert_uint_eq(install(), 0);
    c = counts();
    ck_assert_uint_eq(c.drivers, 1);
    ck_assert_uint_eq(c.unhooked, 0);
    ck_assert_uint_eq(c.dropped, 0);
    ck_assert_uint_ge(c.written, 8);
    ck_assert_uint_eq(regs[RIG_TAP_REG_MARKER / 4], RIGSHIM_SLOT_FIRST);
    ck_assert_uint_eq(slot()->length, RIG_MARKER_MIN);
    ck_assert_uint_eq(slot()->scenario, SCENARIO);
    ck_assert_uint_eq(slot()->cycle, CYCLE);
    ck_assert_uint_eq(slot()->thread, RIG_MARKER_SHIM | 1);
    ck_assert_uint_eq(slot()->kind, RIG_MK_CALLBACK_LEAVE);
}
END_TEST

START_TEST(version_and_limits_are_told)
{
    struct rigshim_info info;

    ck_assert_uint_eq(install(), 0);
    ck_assert_uint_eq(ask(RIGSHIM_IOCTL_VERSION, &info, 0, sizeof(info)), 0);
    ck_assert_uint_eq(info.version, RIGSHIM_VERSION);
    ck_assert_uint_eq(info.stream_version, RIG_STREAM_VERSION);
    ck_assert_uint_eq(info.apis, 14);
    ck_assert_uint_eq(info.handlers, 13);
    ck_assert_uint_eq(ask(RIGSHIM_IOCTL_VERSION, &info, 0, 15),
                      BUFFER_TOO_SMALL);
    ck_assert_uint_eq(ask(RIGSHIM_IOCTL(99), &info, 0, sizeof(info)),
                      INVALID_REQUEST);
}
END_TEST

START_TEST(a_marker_of_the_agent_is_its_own)
{
    struct rig_marker m = { .length = 136, .kind = RIG_MK_STEP_BEGIN,
                            .thread = RIG_MARKER_SHIM, .name = "halt" };

    ck_assert_uint_eq(install(), 0);
    ck_assert_uint_eq(ask(RIGSHIM_IOCTL_MARKER, &m, 136, 0), 0);
    ck_assert_uint_eq(slot()->kind, RIG_MK_STEP_BEGIN);
    ck_assert_str_eq(slot()->name, "halt");
    ck_assert_uint_eq(slot()->thread, 0);
    ck_assert_uint_eq(slot()->cycle, CYCLE);
    m.scenario = 9;
    ck_assert_uint_eq(ask(RIGSHIM_IOCTL_MARKER, &m, 136, 0), 0);
    ck_assert_uint_eq(slot()->scenario, 9);
    ck_assert_uint_eq(slot()->cycle, 0);
}
END_TEST

START_TEST(markers_of_other_sizes_are_refused)
{
    struct rig_marker m = { .length = 128, .kind = RIG_MK_NOTE };
    static const uint32_t sizes[] = { 0, 8, 120, 129, 136, 264, 4096 };
    uint8_t large[4096] = { 0 };
    struct rigshim_counts before;

    ck_assert_uint_eq(install(), 0);
    before = counts();
    memcpy(large, &m, sizeof(m));
    for (unsigned i = 0; i < ARRAYSIZE(sizes); i++) {
        ck_assert_uint_eq(ask(RIGSHIM_IOCTL_MARKER, large, sizes[i], 0),
                          INVALID_PARAMETER);
    }
    ck_assert_uint_eq(counts().written, before.written);
}
END_TEST

START_TEST(a_command_comes_back_with_its_result)
{
    struct rig_command c = { .op = RIG_CMD_FENCE, .result = -5,
                             .arg = { 42, 0 } };

    ck_assert_uint_eq(install(), 0);
    ck_assert_uint_eq(ask(RIGSHIM_IOCTL_COMMAND, &c, sizeof(c), sizeof(c)), 0);
    ck_assert_uint_eq(regs[RIG_TAP_REG_COMMAND / 4], RIGSHIM_SLOT_FIRST);
    ck_assert_uint_eq(((const struct rig_command *)(const void *)slot())
                          ->arg[0], 42);
    ck_assert_int_eq(c.result, -5); /* no tap has answered */
    ck_assert_uint_eq(ask(RIGSHIM_IOCTL_COMMAND, &c, sizeof(c) - 1,
                          sizeof(c)), INVALID_PARAMETER);
    ck_assert_uint_eq(ask(RIGSHIM_IOCTL_COMMAND, &c, sizeof(c),
                          sizeof(c) - 1), BUFFER_TOO_SMALL);
}
END_TEST

START_TEST(nothing_is_written_after_the_end)
{
    struct rig_marker m = { .length = 128, .kind = RIG_MK_NOTE };

    ck_assert_uint_eq(install(), 0);
    ck_assert_uint_eq(ask(RIGSHIM_IOCTL_END, NULL, 0, 0), 0);
    ck_assert_uint_eq(regs[RIG_TAP_REG_END / 4], RIG_TAP_END_KEY);
    ck_assert_uint_eq(ask(RIGSHIM_IOCTL_MARKER, &m, 128, 0), NOT_READY);
    ck_assert_uint_eq(ask(RIGSHIM_IOCTL_END, NULL, 0, 0), NOT_READY);
    regs[RIG_TAP_REG_MARKER / 4] = 0;
    ck_assert_uint_eq(host_initialize(false), 0);
    ck_assert_uint_eq(regs[RIG_TAP_REG_MARKER / 4], 0);
    ck_assert_uint_gt(counts().dropped, 0);
}
END_TEST

START_TEST(a_removed_tap_is_let_go_and_calls_go_on)
{
    ck_assert_uint_eq(install(), 0);
    shim_stop();
    memset(slots, 0, RIG_TAP_SLOTS * RIG_TAP_SLOT_SIZE);
    ck_assert_uint_eq(host_initialize(false), 0);
    ck_assert_uint_eq(host_halt(0), 0);
    ck_assert_uint_eq(host_unload(), 0);
    ck_assert_uint_eq(slot()->kind, 0);
    ck_assert_ptr_nonnull(recorder_find(RIG_MK_CALLBACK_LEAVE,
                                        "MiniportHaltEx", 0));
}
END_TEST

/* --- power, and its end ----------------------------------------------------- */

#define S0 1u /* SYSTEM_POWER_STATE: working */
#define S3 4u
#define D0 1u /* DEVICE_POWER_STATE */
#define D3 4u
#define SURPRISE_REMOVAL 0x17
#define DEVICE_NOT_READY 0xc00000a3u

static uint32_t device_state; /* in which the bus has put the function */
static int32_t bus_fails;

/* BARs of a function in D3, or that is gone, answer nothing: who touches them
   here is killed. */
static void reach(bool on)
{
    int how = on ? PROT_READ | PROT_WRITE : PROT_NONE;

    ck_assert_int_eq(mprotect(regs, RIG_TAP_REGS_SIZE, how), 0);
    ck_assert_int_eq(mprotect(slots, RIG_TAP_SLOTS * RIG_TAP_SLOT_SIZE, how),
                     0);
}

static int32_t put_into(uint32_t state)
{
    if (!bus_fails) {
        device_state = state;
        reach(state == D0);
    }
    return bus_fails;
}

static void expect_silence(void)
{
    struct rig_marker m = { .length = 128, .kind = RIG_MK_NOTE };
    uint64_t before = counts().dropped;

    ck_assert_uint_eq(ask(RIGSHIM_IOCTL_MARKER, &m, 128, 0), NOT_READY);
    ck_assert_uint_eq(host_initialize(false), 0);
    ck_assert_uint_eq(host_halt(0), 0);
    ck_assert_uint_gt(counts().dropped, before);
}

START_TEST(the_tap_sleeps_with_the_system_and_is_taken_back)
{
    struct rig_marker m = { .length = 128, .kind = RIG_MK_NOTE };

    ck_assert_uint_eq(install(), 0);
    shim_bus_power(put_into);
    ck_assert_uint_eq(shim_system_power(true, S3), 0);
    ck_assert_uint_eq(device_state, 0); /* it was only asked */
    ck_assert_uint_eq(ask(RIGSHIM_IOCTL_MARKER, &m, 128, 0), 0);
    for (unsigned i = 0; i < 3; i++) {
        ck_assert_uint_eq(shim_system_power(false, S3), 0);
        ck_assert_uint_eq(device_state, D3);
        expect_silence();
        ck_assert_uint_eq(shim_system_power(false, S0), 0);
        ck_assert_uint_eq(device_state, D0);
        ck_assert_uint_eq(ask(RIGSHIM_IOCTL_MARKER, &m, 128, 0), 0);
        ck_assert_uint_eq(slot()->kind, RIG_MK_NOTE);
    }
}
END_TEST

START_TEST(a_tap_that_does_not_come_back_is_let_alone)
{
    ck_assert_uint_eq(install(), 0);
    shim_bus_power(put_into);
    ck_assert_uint_eq(shim_system_power(false, S3), 0);
    bus_fails = (int32_t)DEVICE_NOT_READY;
    ck_assert_uint_eq(shim_system_power(false, S0), DEVICE_NOT_READY);
    expect_silence();
    bus_fails = 0;
}
END_TEST

START_TEST(another_device_in_its_place_gets_no_markers)
{
    ck_assert_uint_eq(install(), 0);
    shim_bus_power(put_into);
    ck_assert_uint_eq(shim_system_power(false, S3), 0);
    reach(true);
    regs[RIG_TAP_REG_ID / 4] = 0x12345678;
    ck_assert_uint_eq(shim_system_power(false, S0), 0);
    reach(false);
    expect_silence();
}
END_TEST

START_TEST(after_surprise_removal_nothing_is_touched)
{
    ck_assert_uint_eq(install(), 0);
    reach(false);
    ck_assert_uint_eq(shim_pnp(SURPRISE_REMOVAL), 0);
    expect_silence();
    shim_stop(); /* IRP_MN_REMOVE_DEVICE follows */
    ck_assert_uint_eq(host_initialize(false), 0);
    ck_assert_uint_eq(host_halt(0), 0);
}
END_TEST

START_TEST(something_else_than_a_tap_is_refused)
{
    regs[RIG_TAP_REG_ID / 4] = 0xffffffff;
    ck_assert_uint_eq(install(), HOST_REFUSED);
    ck_assert_ptr_nonnull(strstr(host_error(), "does not start the tap"));
}
END_TEST

/* From where an export was called through the shim, to the driver's call. */
START_TEST(call_sites_are_those_of_the_driver)
{
    const struct rig_marker *m;

    ck_assert_uint_eq(install(), 0);
    m = recorder_find(RIG_MK_API_ENTER, "NdisMRegisterMiniportDriver", 0);
    ck_assert_ptr_nonnull(m);
    ck_assert_uint_ne(m->caller, 0);
    ck_assert_ptr_eq(shim_image_at((uintptr_t)host.image.base + m->caller),
                     &host.image);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("shim");
    TCase *t = tcase_create("shim");
    SRunner *runner = srunner_create(s);
    int failed;

    tcase_add_checked_fixture(t, setup, NULL);
    tcase_add_test(t, a_driver_that_registers_is_marked);
    tcase_add_test(t, version_and_limits_are_told);
    tcase_add_test(t, a_marker_of_the_agent_is_its_own);
    tcase_add_test(t, markers_of_other_sizes_are_refused);
    tcase_add_test(t, a_command_comes_back_with_its_result);
    tcase_add_test(t, nothing_is_written_after_the_end);
    tcase_add_test(t, a_removed_tap_is_let_go_and_calls_go_on);
    tcase_add_test(t, the_tap_sleeps_with_the_system_and_is_taken_back);
    tcase_add_test(t, a_tap_that_does_not_come_back_is_let_alone);
    tcase_add_test(t, another_device_in_its_place_gets_no_markers);
    tcase_add_test(t, after_surprise_removal_nothing_is_touched);
    tcase_add_test(t, something_else_than_a_tap_is_refused);
    tcase_add_test(t, call_sites_are_those_of_the_driver);
    suite_add_tcase(s, t);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
