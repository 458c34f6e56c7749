/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /proc/interrupts as kernels write it: whose line it is, what it counts. */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include "linux/interrupts.h"

#define N 4

static struct interrupt vector[N];

static int parse(const char *text, const char *address)
{
    FILE *f = fmemopen((void *)text, strlen(text), "r");
    int ret = interrupts_parse(f, address, vector, N);

    fclose(f);
    return ret;
}

/* 00:08.0 is 0x08 << 11 << 3 = 131072; 00:18.2 is 0xc2 << 11 = 397312. */
static const char linux_6_1[] =
    "           CPU0       CPU1       \n"
    "  0:         37          0   IO-APIC   2-edge      timer\n"
    " 24:          0          0  DMAR-MSI   0-edge      dmar0\n"
    " 25:          1          2  IR-PCI-MSI 131072-edge      eth0\n"
    " 26:     100000      23456  IR-PCI-MSI 131073-edge      eth0-rx-0\n"
    " 27:          5          0  IR-PCI-MSI 131075-edge      \n"
    " 28:          9          9  IR-PCI-MSI 397312-edge      eth1\n"
    " 29:          8          8  IR-PCI-MSI 131076-edge      beyond\n"
    "NMI:          0          0   Non-maskable interrupts\n"
    "ERR:          0\n";

START_TEST(counts_of_all_processors_by_vector)
{
    ck_assert_int_eq(parse(linux_6_1, "0000:00:08.0"), 0);
    ck_assert_uint_eq(vector[0].count, 3);
    ck_assert(vector[0].requested);
    ck_assert_str_eq(vector[0].name, "eth0");
    ck_assert_uint_eq(vector[1].count, 123456);
    ck_assert_str_eq(vector[1].name, "eth0-rx-0");
    ck_assert_uint_eq(vector[2].count, 0);
    ck_assert(!vector[2].requested);
}
END_TEST

START_TEST(a_count_without_a_handler_is_kept)
{
    ck_assert_int_eq(parse(linux_6_1, "0000:00:08.0"), 0);
    ck_assert_uint_eq(vector[3].count, 5);
    ck_assert(!vector[3].requested);
}
END_TEST

START_TEST(another_function_has_its_own)
{
    ck_assert_int_eq(parse(linux_6_1, "0000:00:18.2"), 0);
    ck_assert_uint_eq(vector[0].count, 18);
    ck_assert_uint_eq(vector[1].count, 0);
}
END_TEST

START_TEST(later_kernels_name_the_function)
{
    static const char text[] =
        "            CPU0       \n"
        " 25:          4  IR-PCI-MSIX-0000:00:08.0    1-edge      eth0-rx-0\n"
        " 26:          6  PCI-MSIX-0000:00:09.0    1-edge      eth1-rx-0\n"
        " 27:          7  IR-PCI-MSI-0000:00:08.0    2-edge      MSI\n";

    ck_assert_int_eq(parse(text, "0000:00:08.0"), 0);
    ck_assert_uint_eq(vector[1].count, 4);
    ck_assert_uint_eq(vector[2].count, 0);
    ck_assert_int_eq(parse(text, "0000:00:09.0"), 0);
    ck_assert_uint_eq(vector[1].count, 6);
}
END_TEST

START_TEST(what_is_no_table_is_refused)
{
    ck_assert_int_eq(parse("\n", "0000:00:08.0"), -1);
    ck_assert_int_eq(parse("nothing\n", "0000:00:08.0"), -1);
    ck_assert_int_eq(parse(linux_6_1, "00:08.0"), -1);
    ck_assert_int_eq(parse("  CPU0\n 25: 1 IR-PCI-MSI\n 26:\n 27: x\n",
                           "0000:00:08.0"), 0);
    ck_assert_uint_eq(vector[0].count, 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("interrupts");
    TCase *t = tcase_create("parse");
    SRunner *runner = srunner_create(s);
    int failed;

    tcase_add_test(t, counts_of_all_processors_by_vector);
    tcase_add_test(t, a_count_without_a_handler_is_kept);
    tcase_add_test(t, another_function_has_its_own);
    tcase_add_test(t, later_kernels_name_the_function);
    tcase_add_test(t, what_is_no_table_is_refused);
    suite_add_tcase(s, t);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
