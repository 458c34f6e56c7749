/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Units of pe-check.c. */
#include <check.h>
#include <string.h>

#include "pe-check.h"
#include "run-suite.h"
#include "tests/fixture.h"

static uint8_t image[FIXTURE_PE_SIZE];

static void setup(void)
{
    fixture_pe(image);
}

/* Refused, and the message holds @part. */
static void refused(const uint8_t *data, size_t size, const char *part)
{
    g_autoptr(GError) error = NULL;

    ck_assert(!rig_pe_check(data, size, "x.sys", &error));
    ck_assert_ptr_nonnull(strstr(error->message, "x.sys "));
    ck_assert_msg(strstr(error->message, part), "\"%s\" lacks \"%s\"",
                  error->message, part);
}

START_TEST(takes_a_driver_image)
{
    ck_assert(rig_pe_check(image, sizeof(image), "x.sys", NULL));
}
END_TEST

START_TEST(refuses_every_truncation)
{
    for (size_t n = 0; n < sizeof(image); n++) {
        uint8_t *cut = g_memdup2(image, n); /* exact size, for ASan */
        g_autoptr(GError) error = NULL;

        ck_assert_msg(!rig_pe_check(cut, n, "x.sys", &error),
                      "taken at %zu bytes", n);
        ck_assert_ptr_nonnull(error);
        g_free(cut);
    }
}
END_TEST

START_TEST(says_that_a_section_is_cut_off)
{
    refused(image, 500, "truncated: section 1 ends at byte 512");
}
END_TEST

START_TEST(refuses_other_processors)
{
    fixture_put16(image + FIXTURE_MACHINE, 0x14c);
    refused(image, sizeof(image), "32-bit x86");
    fixture_put16(image + FIXTURE_MACHINE, 0xaa64);
    refused(image, sizeof(image), "ARM64");
    fixture_put16(image + FIXTURE_MACHINE, 0x0200);
    refused(image, sizeof(image), "another processor");
}
END_TEST

START_TEST(refuses_files_that_are_no_image)
{
    refused((const uint8_t *)"\177ELF", 4, "no \"MZ\"");
    image[FIXTURE_PE_AT] = 'N';
    refused(image, sizeof(image), "no \"PE\" signature");
}
END_TEST

START_TEST(refuses_user_mode_programs)
{
    fixture_put16(image + FIXTURE_SUBSYSTEM, 3);
    refused(image, sizeof(image), "no kernel-mode image");
}
END_TEST

START_TEST(refuses_impossible_headers)
{
    fixture_put32(image + 0x3c, 0xfffffff0);
    refused(image, sizeof(image), "truncated before its PE header");
    setup();
    fixture_put16(image + FIXTURE_SECTIONS, 0);
    refused(image, sizeof(image), "number of sections");
    setup();
    fixture_put16(image + FIXTURE_SECTIONS, 97);
    refused(image, sizeof(image), "number of sections");
    setup();
    fixture_put32(image + FIXTURE_RAW_SIZE, 0xffffffff);
    refused(image, sizeof(image), "truncated: section 1");
    setup();
    fixture_put16(image + FIXTURE_MAGIC, 0x10b);
    refused(image, sizeof(image), "no PE32+ header");
    setup();
    fixture_put32(image + FIXTURE_ENTRY, 0);
    refused(image, sizeof(image), "no entry point");
}
END_TEST

START_TEST(file_that_is_missing_or_a_directory)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GError) error2 = NULL;

    ck_assert(!rig_pe_check_file("/nonexistent/x.sys", &error));
    ck_assert_ptr_nonnull(strstr(error->message, "does not exist"));
    ck_assert(!rig_pe_check_file("/", &error2));
    ck_assert_ptr_nonnull(strstr(error2->message, "no regular file"));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("pe-check");
    TCase *t = tcase_create("pe-check");

    tcase_add_checked_fixture(t, setup, NULL);
    tcase_add_test(t, takes_a_driver_image);
    tcase_add_test(t, refuses_every_truncation);
    tcase_add_test(t, says_that_a_section_is_cut_off);
    tcase_add_test(t, refuses_other_processors);
    tcase_add_test(t, refuses_files_that_are_no_image);
    tcase_add_test(t, refuses_user_mode_programs);
    tcase_add_test(t, refuses_impossible_headers);
    tcase_add_test(t, file_that_is_missing_or_a_directory);
    suite_add_tcase(s, t);
    return run_suite(s);
}
