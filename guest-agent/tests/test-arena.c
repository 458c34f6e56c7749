/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The DMA arena's allocator and the table of objects. */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include "ndis/core.h"
#include "recorder.h"

#define SIZE  ((size_t)1 << 20)
#define BLOCKS 200

static uint8_t *base;

static void open_arena(void)
{
    recorder_start();
    base = aligned_alloc(PAGE_SIZE, SIZE);
    ck_assert_int_eq(arena_open(base, SIZE, 0x40000000), 0);
    object_reset();
}

static void close_arena(void)
{
    free(base);
}

START_TEST(all_memory_can_be_had_and_had_again)
{
    for (int round = 0; round < 3; round++) {
        void *p = arena_alloc(SIZE, 16);

        ck_assert_ptr_eq(p, base);
        ck_assert_ptr_null(arena_alloc(16, 16));
        arena_free(p, SIZE);
    }
    ck_assert_ptr_null(arena_alloc(SIZE + 1, 16));
    ck_assert_ptr_null(arena_alloc(0, 16));
}
END_TEST

static bool all_bytes_are(const uint8_t *p, size_t size, uint8_t value)
{
    size_t i = 0;

    while (i < size && p[i] == value) {
        i++;
    }
    return i == size;
}

/* Random blocks, each filled with its number: nobody writes another's. */
START_TEST(blocks_never_overlap_and_everything_merges_again)
{
    struct { uint8_t *p; size_t size; } block[BLOCKS] = { 0 };
    unsigned seed = 1;

    for (int i = 0; i < 20000; i++) {
        unsigned n = (unsigned)rand_r(&seed) % BLOCKS;

        if (block[n].p) {
            ck_assert(all_bytes_are(block[n].p, block[n].size, (uint8_t)n));
            arena_free(block[n].p, block[n].size);
            block[n].p = NULL;
        } else {
            size_t align = (size_t)16 << (rand_r(&seed) % 9);

            block[n].size = 1 + (size_t)rand_r(&seed) % 9000;
            block[n].p = arena_alloc(block[n].size, align);
            if (block[n].p) {
                ck_assert_uint_eq((uintptr_t)block[n].p % align, 0);
                ck_assert(arena_contains(block[n].p, block[n].size));
                memset(block[n].p, (int)n, block[n].size);
            }
        }
    }
    for (int n = 0; n < BLOCKS; n++) {
        if (block[n].p) {
            arena_free(block[n].p, block[n].size);
        }
    }
    ck_assert_ptr_eq(arena_alloc(SIZE, 16), base);
}
END_TEST

START_TEST(bus_addresses_follow_the_arena_only)
{
    uint64_t bus = 1;
    int outside;

    ck_assert(arena_bus_address(base + 0x123, &bus));
    ck_assert_uint_eq(bus, 0x40000123);
    ck_assert(!arena_bus_address(&outside, &bus));
    ck_assert(!arena_bus_address(base + SIZE, &bus));
    ck_assert(arena_contains(base, SIZE));
    ck_assert(!arena_contains(base + 1, SIZE));
}
END_TEST

START_TEST(handles_are_small_new_and_checked)
{
    int a, b;
    NDIS_HANDLE first = object_new(OBJ_INTERRUPT, &a), second;

    ck_assert_uint_eq((uintptr_t)first, 0x1000);
    ck_assert_ptr_eq(object_get(OBJ_INTERRUPT, first), &a);
    ck_assert_ptr_null(object_get(OBJ_DMA, first));
    ck_assert_ptr_eq(object_close(OBJ_INTERRUPT, first), &a);
    ck_assert_ptr_null(object_close(OBJ_INTERRUPT, first));
    second = object_new(OBJ_INTERRUPT, &b);
    ck_assert_ptr_ne(second, first);
}
END_TEST

START_TEST(leftovers_are_summed_by_site_and_told_once)
{
    int x;

    current()->phase = PHASE_ADAPTER;
    host_self.caller = 0x1234;
    object_add(OBJ_POOL, base, 100);
    object_add(OBJ_POOL, base + 256, 50);
    host_self.caller = 0x2000;
    object_new(OBJ_DMA, &x);
    ck_assert_uint_eq(object_report_left(PHASE_ADAPTER), 3);
    ck_assert_uint_eq(recorder_find(RIG_MK_LEFT, "pool memory", 0)->arg[1],
                      150);
    ck_assert_uint_eq(recorder_find(RIG_MK_LEFT, "pool memory", 0)->caller,
                      0x1234);
    ck_assert_uint_eq(object_report_left(PHASE_INSTALL), 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("arena");
    TCase *tc = tcase_create("arena");
    SRunner *runner = srunner_create(s);
    int failed;

    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, open_arena, close_arena);
    tcase_add_test(tc, all_memory_can_be_had_and_had_again);
    tcase_add_test(tc, blocks_never_overlap_and_everything_merges_again);
    tcase_add_test(tc, bus_addresses_follow_the_arena_only);
    tcase_add_test(tc, handles_are_small_new_and_checked);
    tcase_add_test(tc, leftovers_are_summed_by_site_and_told_once);
    suite_add_tcase(s, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
