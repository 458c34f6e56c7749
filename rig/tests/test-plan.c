/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Units of plan.c, cpio.c and inputs.c: what goes into the guest. */
#include <check.h>
#include <glib/gstdio.h>
#include <string.h>

#include "cpio.h"
#include "inputs.h"
#include "plan.h"
#include "run-suite.h"
#include "tests/fixture.h"

static Fixture *f;
static GPtrArray *scenarios;

#define FIRST \
    "<scenario name='first'>\n<title>T</title>\n" \
    "<driver sys='good.sys' inf='good.inf'/>\n" \
    "<machine msix-profile='at-start'/>\n" \
    "<rule name='Init_DeRegisterInterrupt'/>\n" \
    "<cycle repeat='10'><install/><init timeout-ms='250'>" \
    "<fail api='NdisMRegisterScatterGatherDma' status='0xC000009A'/>" \
    "<fail api='NdisMMapIoSpace' occurrence='2' status='0xC0000001'/>" \
    "<device-fault name='mac-zero'/><device-fault name='early-interrupt'" \
    " at='7' argument='2'/></init>" \
    "<restart/><traffic frames='7' max-length='100'/><pause/><halt/>" \
    "<unload/></cycle><cycle><install messages='0'/><init post-failure='yes'/><init/>" \
    "<power state='D3'/><power state='D0'/>" \
    "<halt action='NdisHaltDeviceFailed'/></cycle></scenario>\n"
#define SECOND \
    "<scenario name='second'>\n<title>T</title>\n" \
    "<driver sys='good.sys' inf='good.inf'/>\n" \
    "<rule name='Init_DeRegisterInterrupt'/>\n" \
    "<cycle><install/></cycle></scenario>\n"

static const char golden[] =
    "[plan]\n"
    "version=1\n"
    "device=0000:00:08.0\n"
    "msix-profile=at-start\n"
    "seed=1\n"
    "scenarios=2\n"
    "\n"
    "[scenario 1]\n"
    "name=first\n"
    "sys=/plan/1/good.sys\n"
    "inf=/plan/1/good.inf\n"
    "cycles=2\n"
    "\n"
    "[scenario 1 cycle 1]\n"
    "repeat=10\n"
    "steps=install;init;restart;traffic;pause;halt;unload\n"
    "\n"
    "[scenario 1 cycle 1 step 2]\n"
    "timeout-ms=250\n"
    "faults=NdisMRegisterScatterGatherDma#1=0xC000009A;"
    "NdisMMapIoSpace#2=0xC0000001\n"
    "device-faults=mac-zero@1;early-interrupt@7:2\n"
    "\n"
    "[scenario 1 cycle 1 step 4]\n"
    "frames=7\n"
    "min-length=60\n"
    "max-length=100\n"
    "\n"
    "[scenario 1 cycle 2]\n"
    "repeat=1\n"
    "steps=install;init;init;power;power;halt\n"
    "\n"
    "[scenario 1 cycle 2 step 1]\n"
    "messages=0\n"
    "\n"
    "[scenario 1 cycle 2 step 2]\n"
    "post-failure=yes\n"
    "\n"
    "[scenario 1 cycle 2 step 4]\n"
    "state=D3\n"
    "\n"
    "[scenario 1 cycle 2 step 5]\n"
    "state=D0\n"
    "\n"
    "[scenario 1 cycle 2 step 6]\n"
    "action=NdisHaltDeviceFailed\n"
    "\n"
    "[scenario 2]\n"
    "name=second\n"
    "sys=/plan/2/good.sys\n"
    "inf=/plan/2/good.inf\n"
    "cycles=1\n"
    "\n"
    "[scenario 2 cycle 1]\n"
    "repeat=1\n"
    "steps=install\n";

static void add(const char *name, const char *text)
{
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *path = fixture_write(f, name, text, -1);
    RigScenario *s = rig_scenario_load(path, &f->paths, problems);

    ck_assert_msg(s, "%s", problems->len ? (char *)problems->pdata[0] : "");
    g_ptr_array_add(scenarios, s);
}

static void setup(void)
{
    f = fixture_new();
    scenarios = g_ptr_array_new_with_free_func(
        (GDestroyNotify)rig_scenario_free);
    add("first.xml", FIRST);
    add("second.xml", SECOND);
}

static void teardown(void)
{
    g_ptr_array_unref(scenarios);
    fixture_free(f);
}

static GBytes *archive(void)
{
    g_autofree char *ini = rig_plan_ini(scenarios, NULL);
    GBytes *bytes = rig_plan_archive(scenarios, ini, NULL);

    ck_assert_ptr_nonnull(bytes);
    return bytes;
}

START_TEST(ini_is_what_the_agent_expects)
{
    g_autofree char *ini = rig_plan_ini(scenarios, NULL);

    ck_assert_str_eq(ini, golden);
}
END_TEST

/* Standard output of a shell command that must succeed. */
static char *shell(const char *format, const char *a)
{
    g_autofree char *quoted = g_shell_quote(a);
    g_autofree char *inner = g_strdup_printf(format, quoted);
    char *argv[] = { (char *)"/bin/sh", (char *)"-c", inner, NULL };
    char *out = NULL;
    int status = -1;

    ck_assert(g_spawn_sync(f->dir, argv, NULL, G_SPAWN_DEFAULT, NULL, NULL,
                           &out, NULL, &status, NULL));
    ck_assert_int_eq(status, 0);
    return out;
}

START_TEST(cpio_tool_reads_the_archive)
{
    g_autoptr(GBytes) bytes = archive();
    g_autofree char *file = fixture_write(f, "plan.cpio",
                                          g_bytes_get_data(bytes, NULL),
                                          g_bytes_get_size(bytes));
    g_autofree char *names = shell("cpio --quiet -t < %s", file);
    g_autofree char *ini = shell("cpio --quiet -i --to-stdout plan/plan.ini"
                                 " < %s", file);
    g_autofree char *same = shell("mkdir x && cd x && cpio --quiet -id < %s &&"
                                  " cmp plan/2/good.sys ../good.sys && "
                                  "echo same", file);

    ck_assert_str_eq(names, "plan\nplan/plan.ini\nplan/1\nplan/1/good.sys\n"
                     "plan/1/good.inf\nplan/2\nplan/2/good.sys\n"
                     "plan/2/good.inf\n");
    ck_assert_str_eq(ini, golden);
    ck_assert_str_eq(same, "same\n");
}
END_TEST

START_TEST(archive_is_the_same_every_time)
{
    g_autoptr(GBytes) a = archive();
    g_autoptr(GBytes) b = archive();

    ck_assert(g_bytes_equal(a, b));
    ck_assert_uint_eq(g_bytes_get_size(a) % 4, 0);
}
END_TEST

START_TEST(missing_driver_is_an_error_not_an_archive)
{
    g_autoptr(GError) error = NULL;
    RigScenario *s = scenarios->pdata[1];

    g_free(s->sys);
    s->sys = g_strdup("/nonexistent/x.sys");
    ck_assert_ptr_null(rig_plan_archive(scenarios, "", &error));
    ck_assert_ptr_nonnull(strstr(error->message, "/nonexistent/x.sys"));
}
END_TEST

/* The kernel ignores a plain archive that is not 4-byte aligned. */
START_TEST(initrd_puts_the_plan_on_a_4_byte_boundary)
{
    g_autoptr(GBytes) plan = g_bytes_new_static("PLAN", 4);
    g_autofree char *out = g_build_filename(f->dir, "initrd", NULL);

    for (int n = 0; n < 5; n++) {
        g_autofree char *base = fixture_write(f, "base", "abcde", n);
        g_autofree char *data = NULL;
        gsize size;

        ck_assert(rig_plan_write_initrd(out, base, plan, NULL));
        ck_assert(g_file_get_contents(out, &data, &size, NULL));
        ck_assert_uint_eq(size, (n + 3) / 4 * 4 + 4);
        ck_assert_mem_eq(data, "abcde", n);
        ck_assert_mem_eq(data + size - 4, "PLAN", 4);
    }
}
END_TEST

/* --- inputs ------------------------------------------------------------- */

static const gboolean ndis_only[RIG_GUESTS] = { [RIG_GUEST_NDIS] = TRUE };

static char *inputs(const RigMachine *m, const char *cmdline,
                    const char *plan)
{
    g_autoptr(GBytes) bytes = g_bytes_new(plan, strlen(plan));
    RigPaths paths = { .firmware = f->dir };
    RigHashes *h;
    char *text;

    paths.qemu = paths.guest[RIG_GUEST_NDIS].kernel =
        paths.guest[RIG_GUEST_NDIS].initramfs =
        g_build_filename(f->dir, "good.sys", NULL);
    h = rig_hashes_start(&paths, ndis_only);
    text = rig_inputs_text(h, m, cmdline, bytes);
    rig_hashes_free(h);
    g_free(paths.qemu);
    return text;
}

START_TEST(inputs_change_with_what_matters_only)
{
    RigMachine m = ((RigScenario *)scenarios->pdata[0])->machine;
    g_autofree char *first = inputs(&m, "quiet", "plan");
    g_autofree char *again = inputs(&m, "quiet", "plan");
    g_autofree char *cmdline = inputs(&m, "loud", "plan");
    g_autofree char *plan = inputs(&m, "quiet", "other");
    g_autofree char *limit = NULL, *vectors = NULL;

    m.wall_seconds++;
    limit = inputs(&m, "quiet", "plan");
    m.vectors++;
    vectors = inputs(&m, "quiet", "plan");
    ck_assert_str_eq(first, again);
    ck_assert_str_eq(first, limit);
    ck_assert_str_ne(first, cmdline);
    ck_assert_str_ne(first, plan);
    ck_assert_str_ne(first, vectors);
    ck_assert_ptr_null(strstr(first, f->dir));
}
END_TEST

START_TEST(firmware_of_the_host_is_an_input)
{
    RigMachine m = ((RigScenario *)scenarios->pdata[0])->machine;
    g_autofree char *dir = g_build_filename(f->dir, "seabios", NULL);
    g_autofree char *bios = g_build_filename(dir, "bios-256k.bin", NULL);
    g_autofree char *none = inputs(&m, "quiet", "plan");
    g_autofree char *old = NULL, *newer = NULL;

    ck_assert_int_eq(g_mkdir_with_parents(dir, 0755), 0);
    ck_assert(g_file_set_contents(bios, "1.16.2", -1, NULL));
    old = inputs(&m, "quiet", "plan");
    ck_assert(g_file_set_contents(bios, "1.16.3", -1, NULL));
    newer = inputs(&m, "quiet", "plan");
    ck_assert_str_ne(none, old);
    ck_assert_str_ne(old, newer);
    ck_assert_ptr_nonnull(strstr(newer, "\nfirmware "));
}
END_TEST

START_TEST(unreadable_files_have_no_hash)
{
    const RigGuestFiles none = { .kernel = (char *)"/nonexistent",
                                 .initramfs = (char *)"/nonexistent" };
    const RigPaths paths = { .qemu = (char *)"/nonexistent",
                             .guest = { [RIG_GUEST_NDIS] = none } };
    RigHashes *h = rig_hashes_start(&paths, ndis_only);

    ck_assert_str_eq(rig_hashes_get(h, RIG_HASH_KERNEL, RIG_GUEST_NDIS),
                     "unreadable");
    ck_assert(rig_hashes_ready(h));
    rig_hashes_free(h);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("plan");
    TCase *t = tcase_create("plan");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, ini_is_what_the_agent_expects);
    tcase_add_test(t, cpio_tool_reads_the_archive);
    tcase_add_test(t, archive_is_the_same_every_time);
    tcase_add_test(t, missing_driver_is_an_error_not_an_archive);
    tcase_add_test(t, initrd_puts_the_plan_on_a_4_byte_boundary);
    tcase_add_test(t, inputs_change_with_what_matters_only);
    tcase_add_test(t, unreadable_files_have_no_hash);
    tcase_add_test(t, firmware_of_the_host_is_an_input);
    suite_add_tcase(s, t);
    return run_suite(s);
}
