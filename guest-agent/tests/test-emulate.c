/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Emulated instructions: what they do, and that nothing else is one. */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include "ndis/emulate.h"

static uint64_t regs[16], rip, flags;
static uint8_t irql, port_size;
static uint16_t port_number;
static uint32_t port_value;

static uint8_t get_irql(void)
{
    return irql;
}

static void set_irql(uint8_t v)
{
    irql = v;
}

static void read_kuser(uint8_t page[KUSER_SIZE])
{
    for (unsigned i = 0; i < KUSER_SIZE; i++) {
        page[i] = (uint8_t)(0x80 + i);
    }
}

static uint32_t port_read(uint16_t port, unsigned size)
{
    port_number = port;
    port_size = (uint8_t)size;
    return 0x87654321;
}

static void port_write(uint16_t port, unsigned size, uint32_t value)
{
    port_number = port;
    port_size = (uint8_t)size;
    port_value = value;
}

static enum emulate_result go(const char *code, size_t len, uint64_t fault)
{
    static const struct emulate_ops ops = {
        get_irql, set_irql, read_kuser, port_read, port_write,
    };
    struct emulate_cpu cpu = { .rip = &rip, .flags = &flags };
    uint8_t *copy = malloc(len);  /* so that a sanitizer sees overruns */
    enum emulate_result r;

    for (int i = 0; i < 16; i++) {
        cpu.reg[i] = &regs[i];
    }
    rip = 0x1000;
    memcpy(copy, code, len);
    r = emulate(&cpu, &ops, copy, len, fault);
    free(copy);
    return r;
}

#define GO(code, fault) go(code, sizeof(code) - 1, fault)

static void reset(void)
{
    memset(regs, 0x11, sizeof(regs));
    flags = 0x202;
    irql = 0;
}

START_TEST(mov_to_and_from_cr8_moves_the_irql)
{
    regs[9] = 2;
    ck_assert_int_eq(GO("\x45\x0f\x22\xc1", 0), EMULATE_DONE); /* cr8, r9 */
    ck_assert_uint_eq(irql, 2);
    ck_assert_uint_eq(rip, 0x1004);
    ck_assert_int_eq(GO("\x44\x0f\x20\xc3", 0), EMULATE_DONE); /* rbx, cr8 */
    ck_assert_uint_eq(regs[3], 2);
}
END_TEST

START_TEST(other_control_registers_are_not_ours)
{
    ck_assert_int_eq(GO("\x0f\x20\xc0", 0), EMULATE_UNKNOWN); /* cr0 */
    ck_assert_int_eq(GO("\x0f\x22\xd8", 0), EMULATE_UNKNOWN); /* cr3 */
    ck_assert_int_eq(GO("\x0f\x32", 0), EMULATE_UNKNOWN);     /* rdmsr */
    ck_assert_uint_eq(rip, 0x1000);
}
END_TEST

START_TEST(loads_from_shared_data_fill_the_register)
{
    /* mov rax, [moffs64] */
    ck_assert_int_eq(GO("\x48\xa1\x14\x00\x00\x00\x80\xf7\xff\xff",
                        KUSER_BASE + 0x14), EMULATE_DONE);
    ck_assert_uint_eq(regs[0], 0x9b9a999897969594ull);
    ck_assert_uint_eq(rip, 0x100a);
    /* mov r10d, [rcx+0x20]: the upper half is cleared */
    ck_assert_int_eq(GO("\x44\x8b\x51\x20", KUSER_BASE), EMULATE_DONE);
    ck_assert_uint_eq(regs[10], 0x83828180u);
    ck_assert_uint_eq(rip, 0x1004);
    /* movsxd rdx, dword [rax+disp32] */
    ck_assert_int_eq(GO("\x48\x63\x90\x01\x02\x03\x04", KUSER_BASE),
                     EMULATE_DONE);
    ck_assert_uint_eq(regs[2], 0xffffffff83828180ull);
    /* movzx esi, byte [rax+rcx*8+1] */
    ck_assert_int_eq(GO("\x0f\xb6\x74\xc8\x01", KUSER_BASE + 1),
                     EMULATE_DONE);
    ck_assert_uint_eq(regs[6], 0x81);
    ck_assert_uint_eq(rip, 0x1005);
    /* mov cl, [rax]: the rest of the register stays */
    regs[1] = 0x1111111111111111;
    ck_assert_int_eq(GO("\x8a\x08", KUSER_BASE), EMULATE_DONE);
    ck_assert_uint_eq(regs[1], 0x1111111111111180ull);
}
END_TEST

START_TEST(compare_with_shared_data_sets_the_flags)
{
    regs[0] = 0x83828180u;
    ck_assert_int_eq(GO("\x3b\x01", KUSER_BASE), EMULATE_DONE);
    ck_assert_uint_eq(flags & 0x40, 0x40);  /* ZF */
    regs[0] = 1;
    ck_assert_int_eq(GO("\x3b\x01", KUSER_BASE), EMULATE_DONE);
    ck_assert_uint_eq(flags & 0x41, 0x01);  /* below: CF, no ZF */
    ck_assert_uint_eq(flags & 0x200, 0x200);
}
END_TEST

START_TEST(faults_elsewhere_are_crashes)
{
    ck_assert_int_eq(GO("\x48\x8b\x01", 0x18), EMULATE_UNKNOWN);
    ck_assert_int_eq(GO("\x48\x8b\x01", KUSER_BASE + KUSER_SIZE - 7),
                     EMULATE_UNKNOWN);
    ck_assert_int_eq(GO("\x48\x8b\x01", KUSER_BASE - 1), EMULATE_UNKNOWN);
    ck_assert_int_eq(GO("\x89\x01", KUSER_BASE), EMULATE_UNKNOWN); /* store */
}
END_TEST

START_TEST(ports_are_read_and_written_in_their_size)
{
    regs[2] = 0x3f8;
    regs[0] = 0x1111111111111141;
    ck_assert_int_eq(GO("\xee", 0), EMULATE_DONE);      /* out dx, al */
    ck_assert_uint_eq(port_number, 0x3f8);
    ck_assert_uint_eq(port_value, 0x41);
    ck_assert_int_eq(GO("\xed", 0), EMULATE_DONE);      /* in eax, dx */
    ck_assert_uint_eq(regs[0], 0x87654321);
    ck_assert_uint_eq(port_size, 4);
    regs[0] = 0x1111111111111111;
    ck_assert_int_eq(GO("\x66\xe5\x80", 0), EMULATE_DONE); /* in ax, 80h */
    ck_assert_uint_eq(regs[0], 0x1111111111114321ull);
    ck_assert_uint_eq(port_number, 0x80);
}
END_TEST

START_TEST(interrupt_instructions_are_told_apart)
{
    ck_assert_int_eq(GO("\xcd\x29", 0), EMULATE_FAST_FAIL);
    ck_assert_int_eq(GO("\xcd\x2c", 0), EMULATE_ASSERT);
    ck_assert_int_eq(GO("\xcd\x80", 0), EMULATE_UNKNOWN);
}
END_TEST

/* All byte strings of up to 3, and longer ones of one byte: in bounds. */
START_TEST(no_instruction_reads_past_its_bytes)
{
    for (unsigned v = 0; v < 1u << 24; v += 7) {
        char code[3] = { (char)v, (char)(v >> 8), (char)(v >> 16) };

        go(code, 1 + v % 3, KUSER_BASE);
    }
    for (int b = 0; b < 256; b++) {
        char code[15];

        memset(code, b, sizeof(code));
        go(code, sizeof(code), KUSER_BASE + 8);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("emulate");
    TCase *tc = tcase_create("emulate");
    SRunner *runner = srunner_create(s);
    int failed;

    tcase_set_timeout(tc, 120);
    tcase_add_checked_fixture(tc, reset, NULL);
    tcase_add_test(tc, mov_to_and_from_cr8_moves_the_irql);
    tcase_add_test(tc, other_control_registers_are_not_ours);
    tcase_add_test(tc, loads_from_shared_data_fill_the_register);
    tcase_add_test(tc, compare_with_shared_data_sets_the_flags);
    tcase_add_test(tc, faults_elsewhere_are_crashes);
    tcase_add_test(tc, ports_are_read_and_written_in_their_size);
    tcase_add_test(tc, interrupt_instructions_are_told_apart);
    tcase_add_test(tc, no_instruction_reads_past_its_bytes);
    suite_add_tcase(s, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
