/* SPDX-License-Identifier: GPL-2.0-or-later */
/* printf of ntoskrnl.exe. */
#include <check.h>
#include <string.h>
#include "ndis/format.h"

NTAPI static size_t narrow(char *out, size_t size, const char *format, ...)
{
    __builtin_ms_va_list ap;
    size_t n;

    __builtin_ms_va_start(ap, format);
    n = format_text(out, size, false, format, ap);
    __builtin_ms_va_end(ap);
    return n;
}

NTAPI static size_t wide(WCHAR *out, size_t size, const WCHAR *format, ...)
{
    __builtin_ms_va_list ap;
    size_t n;

    __builtin_ms_va_start(ap, format);
    n = format_text(out, size, true, format, ap);
    __builtin_ms_va_end(ap);
    return n;
}

#define EXPECT(text, ...) \
    do { \
        char out_[128]; \
        ck_assert_uint_eq(narrow(out_, sizeof(out_), __VA_ARGS__), \
                          strlen(text)); \
        ck_assert_str_eq(out_, text); \
    } while (0)

START_TEST(numbers_have_microsofts_sizes)
{
    EXPECT("-1 4294967295 ffffffff", "%d %u %x", -1, -1, -1);
    EXPECT("-1 4294967295", "%ld %lu", -1ll, -1ll);
    EXPECT("-1 18446744073709551615", "%I64d %llu", -1ll, -1ll);
    EXPECT("0x00FF|0xff  |  -7|+7", "0x%04X|%#-6x|%4d|%+d", 255, 255, -7, 7);
    EXPECT("007 00000000DEADBEEF", "%.3d %p", 7, (void *)0xdeadbeef);
    EXPECT("100%", "%u%%", 100);
}
END_TEST

START_TEST(strings_are_narrow_wide_and_counted)
{
    static WCHAR w[] = { 'w', 'i', 'd', 'e', 0 };
    UNICODE_STRING u = { 4, 8, w };
    STRING a = { 3, 3, (char *)"abcdef" };

    EXPECT("abc|wide|wide", "%s|%S|%ws", "abc", w, w);
    EXPECT("wi|abc|(null)", "%wZ|%Z|%s", &u, &a, NULL);
    EXPECT("  ab|ab  |c", "%4.2s|%-4.2s|%c", "abc", "abc", 'c');
}
END_TEST

START_TEST(wide_output_takes_wide_strings)
{
    static const WCHAR format[] = { '%', 's', '-', '%', 'u', 0 };
    static const WCHAR text[] = { 'x', 'y', 0 };
    WCHAR out[16];

    ck_assert_uint_eq(wide(out, 16, format, text, 42), 5);
    ck_assert_uint_eq(out[0], 'x');
    ck_assert_uint_eq(out[4], '2');
    ck_assert_uint_eq(out[5], 0);
}
END_TEST

START_TEST(short_buffers_are_terminated_and_counted)
{
    char out[4] = "zzz";

    ck_assert_uint_eq(narrow(out, sizeof(out), "%s", "abcdef"), 6);
    ck_assert_str_eq(out, "abc");
    ck_assert_uint_eq(narrow(out, 0, "%d", 12345), 5);
    ck_assert_uint_eq(narrow(out, sizeof(out), "%"), 0);
    ck_assert_str_eq(out, "");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("format");
    TCase *tc = tcase_create("format");
    SRunner *runner = srunner_create(s);
    int failed;

    tcase_add_test(tc, numbers_have_microsofts_sizes);
    tcase_add_test(tc, strings_are_narrow_wide_and_counted);
    tcase_add_test(tc, wide_output_takes_wide_strings);
    tcase_add_test(tc, short_buffers_are_terminated_and_counted);
    suite_add_tcase(s, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
