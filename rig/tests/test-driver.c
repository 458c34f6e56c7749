/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Units of exports.c, driver-image.c, driver-ndis.c and driver-inf.c. */
#include <check.h>
#include <glib/gstdio.h>
#include <string.h>

#include "commands.h"
#include "driver-image.h"
#include "driver-inf.h"
#include "run-suite.h"
#include "windows-version.h"

static char *dir;

static void setup(void)
{
    dir = g_dir_make_tmp("rig-driver-XXXXXX", NULL);
    ck_assert_ptr_nonnull(dir);
}

static void teardown(void)
{
    static const char *const files[] = { "exports", "x.inf", "x.sys" };

    for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *path = g_build_filename(dir, files[i], NULL);

        g_remove(path);
    }
    g_rmdir(dir);
    g_free(dir);
}

static char *write_file(const char *name, const char *data, gssize size)
{
    char *path = g_build_filename(dir, name, NULL);

    /* Thousands of them: no disk has to have them. Without such a guarantee
       GLib writes into the file that is there, which may be longer. */
    g_remove(path);
    ck_assert(g_file_set_contents_full(path, data, size,
                                       G_FILE_SET_CONTENTS_NONE, 0644, NULL));
    return path;
}

static RigExports *exports_of(const char *text)
{
    g_autofree char *path = write_file("exports", text, -1);
    g_autoptr(GError) error = NULL;
    RigExports *e = rig_exports_load(path, &error);

    ck_assert_msg(e, "%s", error ? error->message : "");
    return e;
}

/* --- exports ------------------------------------------------------------------ */

START_TEST(exports_are_found_by_module_and_name)
{
    g_autoptr(RigExports) e = exports_of("module ndis.sys\n"
                                         "function NdisMSleep\n"
                                         "fallible NdisAllocateMdl\n"
                                         "data KeNumberProcessors\n");

    ck_assert_int_eq(rig_exports_find(e, "NDIS.SYS", "NdisMSleep"),
                     RIG_EXPORT_FUNCTION);
    ck_assert_int_eq(rig_exports_find(e, "ndis.sys", "NdisAllocateMdl"),
                     RIG_EXPORT_FALLIBLE);
    ck_assert_int_eq(rig_exports_find(e, "ndis.sys", "KeNumberProcessors"),
                     RIG_EXPORT_DATA);
    ck_assert_int_eq(rig_exports_find(e, "ndis.sys", "ndisMSleep"),
                     RIG_EXPORT_MISSING);
    ck_assert_int_eq(rig_exports_find(e, "tdi.sys", "NdisMSleep"),
                     RIG_EXPORT_MISSING);
}
END_TEST

START_TEST(damaged_exports_name_their_line)
{
    g_autofree char *path = write_file("exports", "module a\nnonsense b\n",
                                       -1);
    g_autoptr(GError) error = NULL;

    ck_assert_ptr_null(rig_exports_load(path, &error));
    ck_assert_ptr_nonnull(strstr(error->message, ":2: "));
}
END_TEST

/* --- image -------------------------------------------------------------------- */

/* The probe registers with NDIS 6.30 and calls NdisMReadDmaCounter. */
START_TEST(probe_is_read)
{
    g_autoptr(RigExports) e = exports_of(
        "module ndis.sys\nmodule ntoskrnl.exe\nmodule hal.dll\n"
        "fallible NdisMRegisterMiniportDriver\n");
    g_autoptr(GError) error = NULL;
    g_autoptr(RigDriverImage) image = rig_driver_image_read(PROBE_SYS, e,
                                                            &error);
    gboolean registers = FALSE, misses = FALSE;

    ck_assert_msg(image, "%s", error ? error->message : "");
    ck_assert_uint_eq(strlen(image->sha256), 64);
    ck_assert_uint_eq(image->ndis->len, 1);
    ck_assert_uint_eq(g_array_index(image->ndis, uint16_t, 0), 6 << 8 | 30);
    for (guint i = 0; i < image->imports->len; i++) {
        const RigImport *import = image->imports->pdata[i];

        registers |= strcmp(import->name, "NdisMRegisterMiniportDriver") == 0
                     && import->found == RIG_EXPORT_FALLIBLE;
        misses |= strcmp(import->name, "NdisMReadDmaCounter") == 0 &&
                  import->found == RIG_EXPORT_MISSING;
    }
    ck_assert(registers);
    ck_assert(misses);
}
END_TEST

/* Every byte of the headers, and a sample of the rest, set to two values. */
START_TEST(damaged_images_are_refused_or_read)
{
    g_autoptr(RigExports) e = exports_of("module ndis.sys\n");
    g_autofree char *file = NULL;
    gsize size;

    ck_assert(g_file_get_contents(PROBE_SYS, &file, &size, NULL));
    for (gsize at = 0; at < size; at += at < 0x400 ? 1 : 97) {
        char old = file[at];

        for (int value = 0; value < 2; value++) {
            g_autofree char *path = NULL;

            file[at] = value ? (char)0xff : (char)(old ^ 0x10);
            path = write_file("x.sys", file, (gssize)size);
            rig_driver_image_free(rig_driver_image_read(path, e, NULL));
        }
        file[at] = old;
    }
}
END_TEST

START_TEST(what_is_no_driver_says_so)
{
    g_autoptr(RigExports) e = exports_of("module ndis.sys\n");
    g_autofree char *path = write_file("x.sys", "hello", 5);
    g_autoptr(GError) error = NULL;

    ck_assert_ptr_null(rig_driver_image_read(path, e, &error));
    ck_assert_ptr_nonnull(strstr(error->message, "no MZ"));
}
END_TEST

/* --- INF ----------------------------------------------------------------------- */

static const char good[] =
    "[Version]\n"
    "Signature=\"$Windows NT$\"\n"
    "Class=Net\n"
    "Provider=Rig\n"
    "CatalogFile=x.cat\n"
    "PnpLockdown=1\n"
    "DriverVer=01/02/2025,1.2.3.4\n"
    "[Manufacturer]\n"
    "Rig=Models,NTamd64.6.1,NTamd64.6.2\n"
    "[Models.NTamd64.6.1]\n"
    "\"X NIC\"=X.ndi,PCI\\VEN_8086&DEV_10C9,PCI\\VEN_8086&DEV_0001\n"
    "[Models.NTamd64.6.2]\n"
    "[X.ndi]\n"
    "*IfType=6\n"
    "*MediaType=0\n"
    "*PhysicalMediaType=14\n"
    "CopyFiles=@x.sys\n"
    "[X.ndi.HW]\n"
    "AddReg=X.msi\n"
    "[X.msi]\n"
    "HKR,\"Interrupt Management\\MessageSignaledInterruptProperties\","
    "MSISupported,0x10001,1\n"
    "HKR,\"Interrupt Management\\MessageSignaledInterruptProperties\","
    "MessageNumberLimit,0x10001,3\n"
    "[X.ndi.Services]\n"
    "AddService=x,2,X.svc\n"
    "[X.svc]\n"
    "ServiceType=1\n"
    "ServiceBinary=%12%\\x.sys\n";

static RigDriverInf *inf_of(const char *from, const char *to)
{
    const char *at = strstr(good, from);
    g_autofree char *text = g_strdup_printf("%.*s%s%s", (int)(at - good), good,
                                            to, at + strlen(from));
    g_autofree char *path = write_file("x.inf", text, -1);
    g_autoptr(GError) error = NULL;
    RigDriverInf *inf = rig_driver_inf_read(path, "X.SYS", &error);

    ck_assert_msg(inf, "%s", error ? error->message : "");
    return inf;
}

static const RigDriverNic *nic_of(const RigDriverInf *inf, const char *name)
{
    for (guint i = 0; i < inf->nics->len; i++) {
        const RigDriverNic *n = inf->nics->pdata[i];

        if (strcmp(n->model->name, name) == 0) {
            return n;
        }
    }
    ck_abort_msg("no NIC is called %s", name);
}

START_TEST(the_nics_of_an_inf_are_found)
{
    g_autoptr(RigDriverInf) inf = inf_of("", "");
    const RigDriverNic *igb = nic_of(inf, "igb");

    ck_assert_ptr_nonnull(igb->install);
    ck_assert_uint_eq(igb->install->model_line, 11);
    ck_assert_uint_eq(igb->install->section_line, 13);
    ck_assert_uint_eq(igb->install->windows->major, 6);
    ck_assert_uint_eq(igb->install->windows->minor, 1);
    ck_assert(igb->messages);
    ck_assert_uint_eq(igb->limit, 3);
    ck_assert_ptr_null(nic_of(inf, "e1000e")->install);
    ck_assert_ptr_null(nic_of(inf, "e1000e")->why);
    ck_assert_uint_eq(inf->hardware_ids, 2);
    ck_assert_uint_eq(inf->findings->len, 0);
    ck_assert_uint_eq(inf->notes->len, 0);
}
END_TEST

/* One finding or note, which has @part and begins with its line. */
static void says(const GPtrArray *list, unsigned line, const char *part)
{
    g_autofree char *at = g_strdup_printf("x.inf:%u: ", line);

    ck_assert_uint_eq(list->len, 1);
    ck_assert_msg(g_str_has_prefix(list->pdata[0], at), "%s",
                  (char *)list->pdata[0]);
    ck_assert_msg(strstr(list->pdata[0], part), "%s", (char *)list->pdata[0]);
}

START_TEST(what_keeps_it_from_being_run_is_found_with_its_line)
{
    g_autoptr(RigDriverInf) media = inf_of("*MediaType=0\n", "");
    g_autoptr(RigDriverInf) binary = inf_of("\\x.sys", "\\y.sys");
    g_autoptr(RigDriverInf) other = inf_of("CopyFiles=@x.sys",
                                           "CopyFiles=@x.sys,@y.sys");
    g_autoptr(RigDriverInf) arch = inf_of("Models,NTamd64.6.1,NTamd64.6.2",
                                          "Models");

    says(media->findings, 13, "*MediaType");
    ck_assert_uint_ge(binary->findings->len, 1);
    ck_assert_uint_eq(other->findings->len, 0);
    ck_assert_ptr_null(nic_of(arch, "igb")->install);
}
END_TEST

START_TEST(what_windows_would_mind_is_noted)
{
    g_autoptr(RigDriverInf) catalog = inf_of("CatalogFile=x.cat\n", "");
    g_autoptr(RigDriverInf) open = inf_of("PnpLockdown=1\n", "");
    g_autoptr(RigDriverInf) line = inf_of("MSISupported,0x10001,1",
                                          "MSISupported,0x10001,0");

    says(catalog->notes, 1, "CatalogFile");
    says(line->notes, 13, "line-based");
    says(open->notes, 1, "PnpLockdown");
    ck_assert(!nic_of(line, "igb")->messages);
}
END_TEST

/* The shim's own INF, and what is wrong with changed ones. */
static RigDriverInf *shim_inf_of(const char *from, const char *to)
{
    g_autofree char *file = g_build_filename(g_getenv("RIG_HOME"),
        "guest-agent", "windows", "shim", "rigshim.inf", NULL);
    g_autofree char *path = NULL, *text = NULL;
    g_autoptr(GString) s = NULL;
    g_autoptr(GError) error = NULL;
    RigDriverInf *inf;

    ck_assert(g_file_get_contents(file, &text, NULL, NULL));
    s = g_string_new(text);
    if (*from) {
        ck_assert_uint_eq(g_string_replace(s, from, to, 1), 1);
    }
    path = write_file("x.inf", s->str, s->len);
    inf = rig_driver_inf_read(path, "rigshim.sys", &error);
    ck_assert_msg(inf, "%s", error ? error->message : "");
    return inf;
}

START_TEST(a_driver_of_another_class_has_devices_and_no_nics)
{
    g_autoptr(RigDriverInf) inf = shim_inf_of("", "");
    g_autoptr(RigDriverInf) binary = shim_inf_of("%12%\\rigshim.sys",
                                                 "%12%\\other.sys");
    g_autoptr(RigDriverInf) service = shim_inf_of("Install.NT.Services",
                                                  "Install.NT.Nothing");
    g_autoptr(RigDriverInf) net = shim_inf_of(
        "{4d36e97d-e325-11ce-bfc1-08002be10318}",
        "{4d36e972-e325-11ce-bfc1-08002be10318}");
    const RigDriverDevice *d;

    ck_assert_str_eq(inf->other_class, "System");
    ck_assert_uint_eq(inf->nics->len, 0);
    ck_assert_uint_eq(inf->devices->len, 1);
    ck_assert_uint_eq(inf->findings->len + inf->notes->len, 0);
    d = inf->devices->pdata[0];
    ck_assert_str_eq(d->id, "PCI\\VEN_1AF4&DEV_10F6");
    ck_assert_str_eq(d->install->service, "rigshim");
    ck_assert_uint_ge(binary->findings->len, 1);
    ck_assert_uint_eq(service->findings->len, 1);
    ck_assert_ptr_nonnull(strstr(service->findings->pdata[0], ".Services]"));
    ck_assert_ptr_null(net->other_class);
    ck_assert_uint_eq(net->nics->len, inf->devices->len + 5);
}
END_TEST

START_TEST(what_is_no_inf_says_so)
{
    g_autofree char *path = write_file("x.inf", "[a\n", -1);
    g_autoptr(GError) error = NULL;

    ck_assert_ptr_null(rig_driver_inf_read(path, "x.sys", &error));
    ck_assert_ptr_nonnull(strstr(error->message, "x.inf:1: "));
}
END_TEST

/* --- command ------------------------------------------------------------------- */

START_TEST(bad_usage_is_bad_input)
{
    char *none[] = { "driver", NULL };
    char *verb[] = { "driver", "install", "x.sys", NULL };
    char *many[] = { "driver", "inspect", "a", "b", "c", NULL };

    ck_assert_int_eq(rig_cmd_driver(1, none), RIG_EXIT_USAGE);
    ck_assert_int_eq(rig_cmd_driver(3, verb), RIG_EXIT_USAGE);
    ck_assert_int_eq(rig_cmd_driver(5, many), RIG_EXIT_USAGE);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("driver");
    TCase *t = tcase_create("driver");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, exports_are_found_by_module_and_name);
    tcase_add_test(t, damaged_exports_name_their_line);
    tcase_add_test(t, probe_is_read);
    tcase_add_test(t, damaged_images_are_refused_or_read);
    tcase_add_test(t, what_is_no_driver_says_so);
    tcase_add_test(t, the_nics_of_an_inf_are_found);
    tcase_add_test(t, what_keeps_it_from_being_run_is_found_with_its_line);
    tcase_add_test(t, what_windows_would_mind_is_noted);
    tcase_add_test(t, a_driver_of_another_class_has_devices_and_no_nics);
    tcase_add_test(t, what_is_no_inf_says_so);
    tcase_add_test(t, bad_usage_is_bad_input);
    suite_add_tcase(s, t);
    return run_suite(s);
}
