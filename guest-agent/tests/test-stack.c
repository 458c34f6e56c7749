/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Call stacks from unwind data: made by hand, and hostile. */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include "ndis/stack.h"

#define IMAGE  0x4000u
#define TEXT   0x1000u
#define PDATA  0x3000u
#define XDATA  0x3800u
#define WORDS  128u      /* of the stack */
#define RSP    4
#define RBP    5

/* Code of a function: RVA of its start, and of its only call. */
#define OUTER  0x1000u
#define MIDDLE 0x1100u
#define INNER  0x1200u
#define CALL   0x40u     /* offset of the call in each */
#define AFTER  (CALL + 5)

/* UnwindOp */
enum { PUSH = 0, LARGE = 1, SMALL = 2, FPREG = 3, SAVE = 4 };

#define OP(offset, op, info) \
    (uint16_t)((offset) | (op) << 8 | (info) << 12)

static uint8_t *memory;
static struct pe_image image;
static uint64_t stack[WORDS];
static unsigned functions;

static void put32(uint32_t at, uint32_t value)
{
    memcpy(memory + at, &value, 4);
}

static void setup(void)
{
    memory = calloc(1, IMAGE);
    image = (struct pe_image) {
        .base = memory, .size = IMAGE, .texts = 1,
        .text = { { TEXT, 0x1000 } }, .pdata = PDATA,
    };
    functions = 0;
    memset(stack, 0, sizeof(stack));
    for (uint32_t at = OUTER; at <= INNER; at += 0x100) {
        memory[at + CALL] = 0xe8;  /* call rel32 */
    }
}

static void teardown(void)
{
    free(memory);
}

/* A function in the table, in ascending order. */
static void add(uint32_t begin, uint8_t prolog, uint8_t frame,
                const uint16_t *code, uint8_t n)
{
    uint32_t entry = PDATA + 12 * functions, info = XDATA + 64 * functions;

    put32(entry, begin);
    put32(entry + 4, begin + 0x100);
    put32(entry + 8, info);
    memory[info] = 1;
    memory[info + 1] = prolog;
    memory[info + 2] = n;
    memory[info + 3] = frame;
    memcpy(memory + info + 4, code, n * 2u);
    functions++;
    image.pdata_size = 12 * functions;
}

static uint64_t address(uint32_t rva)
{
    return (uintptr_t)memory + rva;
}

static struct stack_context at(uint32_t rva, unsigned word)
{
    struct stack_context c = {
        .rip = address(rva), .known = 0xffff,
        .top = (uintptr_t)(stack + WORDS),
    };

    c.reg[RSP] = (uintptr_t)(stack + word);
    return c;
}

/* OUTER pushes rbx and takes 32 bytes, MIDDLE takes 320, INNER is a leaf. */
START_TEST(pushes_and_allocations_are_undone)
{
    const uint16_t outer[] = { OP(8, SMALL, 3), OP(2, PUSH, 3) };
    const uint16_t middle[] = { OP(7, LARGE, 0), 40 };
    struct stack_context c = at(INNER + 0x10, 10);
    uint32_t rva[8];

    add(OUTER, 8, 0, outer, 2);
    add(MIDDLE, 7, 0, middle, 2);
    stack[10] = address(MIDDLE + AFTER);
    stack[11 + 40] = address(OUTER + AFTER);
    stack[12 + 40 + 4] = 0x1234;              /* rbx of the host */
    stack[13 + 40 + 4] = 0x5678;              /* returns to the host */
    ck_assert_uint_eq(stack_walk(&image, &c, false, rva, 8), 2);
    ck_assert_uint_eq(rva[0], MIDDLE + CALL);
    ck_assert_uint_eq(rva[1], OUTER + CALL);
    ck_assert_uint_eq(c.reg[3], 0x1234);
}
END_TEST

START_TEST(call_that_returns_to_rip_is_the_first)
{
    struct stack_context c = at(MIDDLE + AFTER, 10);
    uint32_t rva[8];

    stack[10] = 0x5678;
    ck_assert_uint_eq(stack_walk(&image, &c, true, rva, 8), 1);
    ck_assert_uint_eq(rva[0], MIDDLE + CALL);
}
END_TEST

START_TEST(frame_pointer_finds_a_stack_that_has_grown)
{
    const uint16_t middle[] = { OP(9, FPREG, 0), OP(6, SMALL, 1),
                                OP(2, PUSH, RBP) };
    struct stack_context c = at(MIDDLE + 0x50, 10);
    uint32_t rva[8];

    add(MIDDLE, 9, RBP, middle, 3);
    c.reg[RBP] = (uintptr_t)(stack + 60);     /* alloca() in between */
    stack[62] = 0x4321;                       /* rbp of the caller */
    stack[63] = address(OUTER + AFTER);
    stack[64] = 0x5678;
    ck_assert_uint_eq(stack_walk(&image, &c, false, rva, 8), 1);
    ck_assert_uint_eq(rva[0], OUTER + CALL);
    ck_assert_uint_eq(c.reg[RBP], 0x4321);
}
END_TEST

START_TEST(prolog_is_undone_as_far_as_it_ran)
{
    const uint16_t middle[] = { OP(8, SMALL, 3), OP(2, PUSH, 3) };
    struct stack_context c = at(MIDDLE + 4, 10); /* pushed, not yet taken */
    uint32_t rva[8];

    add(MIDDLE, 8, 0, middle, 2);
    stack[11] = address(OUTER + AFTER);
    ck_assert_uint_eq(stack_walk(&image, &c, false, rva, 8), 1);
    ck_assert_uint_eq(rva[0], OUTER + CALL);
}
END_TEST

START_TEST(bad_unwind_data_ends_in_a_search)
{
    const uint16_t middle[] = { OP(2, 15, 0) };
    struct stack_context c = at(MIDDLE + 0x50, 10);
    uint32_t rva[8];

    add(MIDDLE, 2, 0, middle, 1);
    stack[20] = address(OUTER + AFTER);
    stack[30] = address(OUTER + AFTER + 1);   /* behind no call */
    ck_assert_uint_eq(stack_walk(&image, &c, false, rva, 8), 1);
    ck_assert_uint_eq(rva[0], OUTER + CALL);
}
END_TEST

/* The sanitizers watch: nothing outside of image and stack is read. */
START_TEST(hostile_data_is_read_within_image_and_stack)
{
    unsigned seed = 7;

    for (int i = 0; i < 200000; i++) {
        struct stack_context c = at(TEXT + (uint32_t)rand_r(&seed) % 0x1000,
                                    (unsigned)rand_r(&seed) % WORDS);
        uint32_t rva[8];

        for (unsigned n = 0; n < 64; n++) {
            memory[PDATA + (unsigned)rand_r(&seed) % 0x1000] =
                (uint8_t)rand_r(&seed);
        }
        stack[rand_r(&seed) % (int)WORDS] =
            rand_r(&seed) & 1 ? address(OUTER + AFTER)
            : (uintptr_t)(stack + rand_r(&seed) % (int)WORDS);
        for (int r = 0; r < 16; r++) {
            c.reg[r] = r == RSP ? c.reg[r] : (uint64_t)rand_r(&seed) << 20;
        }
        image.pdata_size = (uint32_t)rand_r(&seed) % 0x2000;
        image.pdata = PDATA - (uint32_t)rand_r(&seed) % 64;
        ck_assert_uint_le(stack_walk(&image, &c, rand_r(&seed) & 1, rva, 8),
                          8);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("stack");
    TCase *tc = tcase_create("stack");
    SRunner *runner = srunner_create(s);
    int failed;

    tcase_set_timeout(tc, 120);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, pushes_and_allocations_are_undone);
    tcase_add_test(tc, call_that_returns_to_rip_is_the_first);
    tcase_add_test(tc, frame_pointer_finds_a_stack_that_has_grown);
    tcase_add_test(tc, prolog_is_undone_as_far_as_it_ran);
    tcase_add_test(tc, bad_unwind_data_ends_in_a_search);
    tcase_add_test(tc, hostile_data_is_read_within_image_and_stack);
    suite_add_tcase(s, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
