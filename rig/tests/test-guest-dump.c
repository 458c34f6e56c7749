/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Units of crash dumps: what a header says, and which dump it is. */
#include <check.h>
#include <string.h>

#include "guest-dump.h"
#include "run-suite.h"
#include "tests/dump-builder.h"

/* --- headers ------------------------------------------------------------- */

START_TEST(codes_and_parameters_are_our_classes_or_findings_of_their_own)
{
    static const struct {
        guint32 code;
        guint64 parameter;
        const char *class_code, *text;
    } t[] = {
        { 0x7c, 0x08, "0x08", "MiniportHaltEx left its interrupt" },
        { 0x7c, 0x0b, "0x0B", "a failed MiniportInitializeEx left its" },
        { 0x7c, 0x0d, "0x0D", "could not finish the initialization, left its" },
        { 0x7c, 0x10, "0x10", "failed after a resume and left its interrupt" },
        { 0x7c, 0x0c, NULL, "left a timer" },
        { 0xd1, 0xffffffffffffffff, NULL, "(0xFFFFFFFFFFFFFFFF, 0x00, " },
        { 0xdeadbeef, 0, NULL, "Windows stopped with 0xDEADBEEF (0x00, " },
    };
    guint8 dump[RIG_MINIDUMP_HEADER];
    RigMinidump d;

    for (guint i = 0; i < G_N_ELEMENTS(t); i++) {
        g_autofree char *text = NULL;

        rig_build_dump(dump, t[i].code, t[i].parameter);
        ck_assert(rig_minidump_parse(dump, sizeof(dump), &d, NULL));
        ck_assert_pstr_eq(rig_bugcheck_class(&d.bugcheck), t[i].class_code);
        text = rig_bugcheck_text(&d.bugcheck, FALSE);
        ck_assert_msg(strstr(text, t[i].text) != NULL, "%s", text);
        ck_assert_str_eq(d.kind, "small");
        ck_assert_uint_eq(d.processors, 1);
    }
}
END_TEST

START_TEST(what_is_no_crash_dump_is_refused_with_the_reason)
{
    static const struct {
        unsigned at;
        guint32 value;
        gsize length;
        const char *says;
    } t[] = {
        { 0, 0x45474150, 0, "too short" },
        { 4, 0x504d5544, 0x2000, "32-bit" },
        { 0, 0x504d444d, 0x2000, "PAGEDU64" }, /* a user-mode minidump */
        { 0, 0x45474150, 0x1fff, "cut off" },
        { 0x30, 0xaa64, 0x2000, "x64" },
        { 0x34, 0, 0x2000, "processors" },
        { 0x34, 0xffffffff, 0x2000, "processors" },
        { 0xf98, 3, 0x2000, "type" },
        { 0xf98, 0xffffffff, 0x2000, "type" },
        { 0x38, 0, 0x2000, "no bug check" },
    };
    guint8 dump[RIG_MINIDUMP_HEADER];
    RigMinidump d;

    for (guint i = 0; i < G_N_ELEMENTS(t); i++) {
        g_autoptr(GError) error = NULL;

        rig_build_dump(dump, 0x7c, 0x0b);
        rig_put32(dump + t[i].at, t[i].value);
        ck_assert(!rig_minidump_parse(dump, t[i].length, &d, &error));
        ck_assert_msg(strstr(error->message, t[i].says) != NULL, "%s",
                      error->message);
        ck_assert(!d.bugcheck.known && !d.kind);
    }
}
END_TEST

/* --- which one ----------------------------------------------------------- */

static void add(struct fields *f, const char *path, uint64_t size,
                uint64_t modified)
{
    fields_text(f, AGENT_KEY_FILE, path);
    fields_number(f, AGENT_KEY_SIZE, size);
    fields_number(f, AGENT_KEY_MODIFIED, modified);
}

static void old_ones(struct fields *f)
{
    fields_clear(f);
    add(f, "C:\\Windows\\INF\\setupapi.dev.log", 1000, 50);
    add(f, "C:\\Windows\\Minidump\\010126-1.dmp", 300, 100);
    add(f, "C:\\Windows\\MEMORY.DMP", 4000, 101);
}

static const RigGuestDump *choose(const GPtrArray *before,
                                  const struct fields *f, GPtrArray **after)
{
    *after = rig_guest_dumps_read(f);
    return rig_guest_dump_of_bugcheck(before, *after);
}

START_TEST(a_dump_of_long_ago_is_of_no_bug_check_of_ours)
{
    g_autofree struct fields *f = g_new0(struct fields, 1);
    g_autoptr(GPtrArray) before = NULL;
    g_autoptr(GPtrArray) after = NULL;

    old_ones(f);
    before = rig_guest_dumps_read(f);
    ck_assert_uint_eq(before->len, 2);
    add(f, "C:\\Windows\\LiveKernelReports\\NDIS\\1.dmp", 300, 900);
    add(f, "C:\\Windows\\LiveKernelReports\\2.dmp", 300, 900);
    ck_assert_ptr_null(choose(before, f, &after));
}
END_TEST

START_TEST(the_small_dump_of_the_first_stop_is_taken)
{
    g_autofree struct fields *f = g_new0(struct fields, 1);
    g_autoptr(GPtrArray) before = NULL;
    g_autoptr(GPtrArray) after = NULL;

    old_ones(f);
    before = rig_guest_dumps_read(f);
    add(f, "C:\\Windows\\Minidump\\010126-3.dmp", 300, 220);
    add(f, "C:\\Windows\\Minidump\\010126-2.dmp", 300, 200);
    ck_assert_str_eq(choose(before, f, &after)->path,
                     "C:\\Windows\\Minidump\\010126-2.dmp");
}
END_TEST

/* MEMORY.DMP has one name for ever: the time says that it is another one. */
START_TEST(memory_dmp_counts_when_it_is_another_one)
{
    g_autofree struct fields *f = g_new0(struct fields, 1);
    g_autoptr(GPtrArray) before = NULL;
    g_autoptr(GPtrArray) after = NULL;

    old_ones(f);
    before = rig_guest_dumps_read(f);
    fields_clear(f);
    add(f, "C:\\Windows\\Minidump\\010126-1.dmp", 300, 100);
    add(f, "C:\\WINDOWS\\memory.dmp", 4ull << 30, 200);
    ck_assert_str_eq(choose(before, f, &after)->path,
                     "C:\\WINDOWS\\memory.dmp");
    ck_assert_uint_eq(choose(NULL, f, &before)->size, 300);
    g_ptr_array_unref(after);
    after = g_ptr_array_new();
    ck_assert_ptr_null(rig_guest_dump_of_bugcheck(NULL, after));
}
END_TEST

/* Sizes and times before any file, or of something else, are nobody's. */
START_TEST(a_list_in_disorder_is_read)
{
    g_autofree struct fields *f = g_new0(struct fields, 1);
    g_autoptr(GPtrArray) all = NULL;
    const RigGuestDump *d;

    fields_clear(f);
    fields_number(f, AGENT_KEY_SIZE, 7);
    add(f, "\\\\.\\.DMP", 1, 2);
    fields_number(f, AGENT_KEY_SIZE, 3);
    fields_text(f, AGENT_KEY_FILE, "");
    fields_number(f, AGENT_KEY_MODIFIED, 9);
    all = rig_guest_dumps_read(f);
    ck_assert_uint_eq(all->len, 1);
    d = all->pdata[0];
    ck_assert_uint_eq(d->size, 3);
    ck_assert_uint_eq(d->modified, 2);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("guest-dump");
    TCase *t = tcase_create("guest-dump");

    tcase_add_test(t,
        codes_and_parameters_are_our_classes_or_findings_of_their_own);
    tcase_add_test(t, what_is_no_crash_dump_is_refused_with_the_reason);
    tcase_add_test(t, a_dump_of_long_ago_is_of_no_bug_check_of_ours);
    tcase_add_test(t, the_small_dump_of_the_first_stop_is_taken);
    tcase_add_test(t, memory_dmp_counts_when_it_is_another_one);
    tcase_add_test(t, a_list_in_disorder_is_read);
    suite_add_tcase(s, t);
    return run_suite(s);
}
