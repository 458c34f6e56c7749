/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Registers that nobody answers: a file stands for the device's BAR. */
#define _GNU_SOURCE
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "ndis/core.h"
#include "recorder.h"

#define BAR_AT   ((uint8_t *)0x100000000000ull)
#define BAR_SIZE 8192u
#define MARK     0x5au

static struct vfio_device device;

/* A BAR full of MARK, of the only adapter, and the handlers of traps. */
static void setup(void)
{
    int fd = memfd_create("bar", MFD_CLOEXEC);

    recorder_start();
    memset(&device, 0, sizeof(device));
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(ftruncate(fd, BAR_SIZE), 0);
    device.device = fd;
    device.bar[0].size = BAR_SIZE;
    device.bar[0].map = mmap(BAR_AT, BAR_SIZE, PROT_READ | PROT_WRITE,
                             MAP_SHARED | MAP_FIXED_NOREPLACE, fd, 0);
    ck_assert_ptr_eq(device.bar[0].map, BAR_AT);
    memset(BAR_AT, MARK, BAR_SIZE);
    host.adapters = 1;
    host.adapter[0].device = &device;
    ck_assert_int_eq(thread_init(THREAD_MAIN), 0);
    ck_assert_int_eq(trap_install(), 0);
}

/* Reads of every width, in instructions that do more than load. */
static void expect_ones(void)
{
    volatile uint8_t *byte = BAR_AT + 3;
    volatile uint32_t *word = (volatile uint32_t *)(BAR_AT + 4096);
    volatile uint64_t *quad = (volatile uint64_t *)(BAR_AT + 8);
    uint32_t sum = 1;
    uint8_t copy[64], *from = BAR_AT, *to = copy;
    size_t left = sizeof(copy);

    ck_assert_uint_eq(*byte, 0xff);
    ck_assert_uint_eq(*word, UINT32_MAX);
    ck_assert_uint_eq(*quad, UINT64_MAX);
    __asm__ volatile("addl %1, %0" : "+r"(sum) : "m"(*word));
    ck_assert_uint_eq(sum, 0);
    __asm__ volatile("rep movsb" : "+S"(from), "+D"(to), "+c"(left)
                     : : "memory");
    for (size_t i = 0; i < sizeof(copy); i++) {
        ck_assert_uint_eq(copy[i], 0xff);
    }
}

START_TEST(reads_are_ones_and_writes_are_lost)
{
    volatile uint32_t *word = (volatile uint32_t *)BAR_AT;

    ck_assert_int_eq(absent_begin(false), 0);
    expect_ones();
    *word = 7;
    *word += 7;
    __asm__ volatile("lock orl $1, %0" : "+m"(*word));
    expect_ones();
    ck_assert_int_eq(absent_end(), 0);
    for (unsigned i = 0; i < BAR_SIZE; i++) {
        ck_assert_uint_eq(BAR_AT[i], MARK);
    }
    *word = 7;
    ck_assert_uint_eq(*word, 7);
    ck_assert_ptr_null(recorder_find(RIG_MK_CONTRACT, NULL, 0));
}
END_TEST

START_TEST(low_power_makes_it_a_broken_contract_once)
{
    volatile uint32_t *word = (volatile uint32_t *)BAR_AT;

    for (unsigned stay = 0; stay < 2; stay++) {
        ck_assert_int_eq(absent_begin(true), 0);
        ck_assert_uint_eq(*word, UINT32_MAX);
        ck_assert_uint_eq(*word, UINT32_MAX);
        ck_assert_int_eq(absent_end(), 0);
        ck_assert_ptr_nonnull(recorder_find(RIG_MK_CONTRACT,
                                            "register-access-in-d3", stay));
        ck_assert_ptr_null(recorder_find(RIG_MK_CONTRACT, NULL, stay + 1));
    }
}
END_TEST

START_TEST(what_is_there_is_left_alone)
{
    ck_assert_int_eq(absent_end(), 0);
    ck_assert_uint_eq(BAR_AT[0], MARK);
    host.adapter[0].device = NULL;
    ck_assert_int_eq(absent_begin(false), 0);
    ck_assert_uint_eq(BAR_AT[0], MARK);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("absent");
    TCase *t = tcase_create("absent");
    SRunner *runner = srunner_create(s);
    int failed;

    tcase_add_checked_fixture(t, setup, NULL);
    tcase_add_test(t, reads_are_ones_and_writes_are_lost);
    tcase_add_test(t, low_power_makes_it_a_broken_contract_once);
    tcase_add_test(t, what_is_there_is_left_alone);
    suite_add_tcase(s, t);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
