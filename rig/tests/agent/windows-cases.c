/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * agent.exe under Wine: what Wine has works; what it lacks is an error that
 * names the function, its code and its text. Where the same request ends
 * differently on a Windows, that is said at the test.
 */
#include <glib/gstdio.h>
#include <string.h>

#include "agent-transfer.h"
#include "tests/agent/cases.h"

/* An INF that fits no device, and needs no catalogue where there is Wine. */
static const char inf[] =
    "[Version]\r\nSignature=\"$Windows NT$\"\r\nClass=Net\r\n"
    "ClassGuid={4d36e972-e325-11ce-bfc1-08002be10318}\r\n"
    "Provider=Rig\r\nDriverVer=01/01/2026,1.0.0.0\r\n"
    "[Manufacturer]\r\nRig=Models,NTamd64\r\n"
    "[Models.NTamd64]\r\n\"Rig test\"=Install,RIGTEST\\NOTHING\r\n"
    "[Install.NT]\r\n[Install.NT.Services]\r\nAddService=,2\r\n";

static const char *put_inf(void)
{
    static const char remote[] = "C:\\rig-test\\rig-test.inf";
    g_autofree char *local = g_strdup(scratch_path("rig-test.inf"));
    g_autoptr(GError) error = NULL;

    ck_assert(g_file_set_contents(local, inf, -1, NULL));
    rig_agent_put(agent, local, remote, NULL, NULL, &error);
    ck_assert_msg(error == NULL, "%s", error ? error->message : "");
    return remote;
}

static void says(const char *text, const char *what)
{
    ck_assert_msg(strstr(text, what) != NULL, "\"%s\" does not say \"%s\"",
                  text, what);
}

/* The value of a text key, to be freed. */
static char *text_of(const struct fields *reply, enum agent_key key)
{
    char text[1024];

    ck_assert_msg(fields_get_text(reply, key, text, sizeof(text)),
                  "no key %d", key);
    return g_strdup(text);
}

START_TEST(info_says_which_windows)
{
    g_autofree struct fields *reply = expect_reply(AGENT_REQ_INFO, 0, NULL);
    g_autofree char *release = text_of(reply, AGENT_KEY_RELEASE);
    g_autofree char *architecture = text_of(reply, AGENT_KEY_ARCHITECTURE);

    ck_assert_uint_ge(strtoul(release, NULL, 10), 6);
    ck_assert_str_eq(architecture, "x64");
    ck_assert_uint_le(fields_get_number(reply, AGENT_KEY_TEST_SIGNING, 9), 1);
    ck_assert_uint_le(fields_get_number(reply, AGENT_KEY_HYPERVISOR, 9), 1);
    ck_assert_uint_eq(fields_get_number(reply, AGENT_KEY_SHIM, 9), 0);
}
END_TEST

static void set_registry(const char *key, const char *value,
                         const char *number)
{
    const char *argv[] = { "reg.exe", "add", key, "/v", value, "/t",
                           "REG_DWORD", "/d", number, "/f", NULL };
    int status;
    g_autofree char *said = transport_run(transport, argv, &status);

    ck_assert_msg(status == 0, "%s", said);
}

START_TEST(info_says_what_follows_a_bug_check)
{
    static const char crash[] = "HKLM\\SYSTEM\\CurrentControlSet\\Control\\"
                                "CrashControl";
    static const char shim[] = "HKLM\\SYSTEM\\CurrentControlSet\\Services\\"
                               "rigshim";
    const char *forget[] = { "reg.exe", "delete", shim, "/f", NULL };
    g_autofree struct fields *before = expect_reply(AGENT_REQ_INFO, 0, NULL);
    g_autofree struct fields *reply = NULL;
    struct field field;
    int status;

    ck_assert(!fields_find(before, AGENT_KEY_SHIM_START, &field));
    set_registry(crash, "CrashDumpEnabled", "3");
    set_registry(crash, "AutoReboot", "1");
    set_registry(crash, "AlwaysKeepMemoryDump", "1");
    set_registry(crash, "NMICrashDump", "0");
    set_registry(shim, "Start", "4");
    reply = expect_reply(AGENT_REQ_INFO, 0, NULL);
    ck_assert_uint_eq(fields_get_number(reply, AGENT_KEY_CRASH_DUMP, 9), 3);
    ck_assert_uint_eq(fields_get_number(reply, AGENT_KEY_AUTO_REBOOT, 9), 1);
    ck_assert_uint_eq(fields_get_number(reply, AGENT_KEY_KEEP_DUMP, 9), 1);
    ck_assert_uint_eq(fields_get_number(reply, AGENT_KEY_NMI_DUMP, 9), 0);
    ck_assert_uint_eq(fields_get_number(reply, AGENT_KEY_SHIM_START, 9), 4);
    g_free(transport_run(transport, forget, &status));
}
END_TEST

/* Wine says that it has slept; its clocks say for how long: QEMU's event is
 * what the runner goes by. Where it offers no S3, the failure says so. */
START_TEST(sleep_is_asked_of_windows)
{
    g_autofree struct fields *info = expect_reply(AGENT_REQ_INFO, 0, NULL);
    g_autofree char *states = text_of(info, AGENT_KEY_SLEEP_STATES);
    g_autoptr(GError) error = NULL;
    g_autofree struct fields *reply = ask(AGENT_REQ_SLEEP, 0, NULL, 0, 0, 0,
                                          &error);

    if (reply) {
        says(states, "S3");
        ck_assert_uint_le(fields_get_number(reply, AGENT_KEY_ASLEEP, 99999),
                          1000);
    } else {
        says(error->message, strstr(states, "S3") ? "SetSuspendState" :
             "cannot sleep in S3");
    }
}
END_TEST

static char *traffic_failure(const char *device, uint64_t frames, int code)
{
    g_autofree struct fields *f = g_new(struct fields, 1);
    g_autofree struct fields *reply = NULL;
    g_autoptr(GError) error = NULL;

    fields_clear(f);
    fields_text(f, AGENT_KEY_DEVICE, device);
    fields_number(f, AGENT_KEY_FRAMES, frames);
    fields_number(f, AGENT_KEY_MIN_LENGTH, 60);
    fields_number(f, AGENT_KEY_MAX_LENGTH, 60);
    reply = rig_agent_call(agent, AGENT_REQ_TRAFFIC, f, 0, &error);
    ck_assert_ptr_null(reply);
    ck_assert_msg(error->code == code, "%s", error->message);
    return g_strdup(error->message);
}

/* Wine has the IP Helper functions that read and lacks those that change. */
START_TEST(frames_need_an_adapter_and_ip_helper)
{
    g_autofree char *none = traffic_failure("PCI\\VEN_1AF4&DEV_10F5", 1,
                                            AGENT_E_NOT_FOUND);
    g_autofree char *zero = traffic_failure("ROOT\\WINEBUS", 0,
                                            AGENT_E_INVALID);
    g_autofree char *lacks = traffic_failure("ROOT\\WINEBUS", 1,
                                             AGENT_E_UNSUPPORTED);

    says(none, "no device");
    says(zero, "frames is 1 to");
    says(lacks, "iphlpapi.dll");
}
END_TEST

/* Wine has a few devices of its own. */
START_TEST(devices_are_listed_by_their_hardware_ids)
{
    g_autofree struct fields *all = expect_reply(AGENT_REQ_DEVICES, 0, NULL);
    g_autofree struct fields *bus = expect_reply(
        AGENT_REQ_DEVICES, AGENT_KEY_FILTER, "ROOT\\WINEB");
    g_autofree struct fields *none = expect_reply(
        AGENT_REQ_DEVICES, AGENT_KEY_FILTER, "PCI\\VEN_1AF4&DEV_10F5");
    g_autofree char *device = text_of(bus, AGENT_KEY_DEVICE);
    struct field field;

    ck_assert_uint_gt(all->length, bus->length);
    ck_assert_str_eq(device, "ROOT\\WINE\\WINEBUS");
    ck_assert(!fields_find(none, AGENT_KEY_DEVICE, &field));
}
END_TEST

START_TEST(a_device_that_is_not_there_is_not_found)
{
    static const uint16_t requests[] = {
        AGENT_REQ_STATUS, AGENT_REQ_ENABLE, AGENT_REQ_DISABLE,
        AGENT_REQ_RESTART, AGENT_REQ_REMOVE,
    };

    for (size_t i = 0; i < G_N_ELEMENTS(requests); i++) {
        g_autofree char *text = expect_failure(
            requests[i], AGENT_KEY_DEVICE, "PCI\\VEN_1AF4&DEV_10F5",
            AGENT_E_NOT_FOUND);

        says(text, "PCI\\VEN_1AF4&DEV_10F5");
    }
}
END_TEST

/* Each with the device that Wine has. What Windows does there is done here as
 * far as Wine goes; the failure is Wine's and says where it was. */
START_TEST(what_the_configuration_manager_lacks_is_said)
{
    static const struct {
        uint16_t request;
        const char *says;
    } table[] = {
        { AGENT_REQ_STATUS, "CM_Locate_DevNodeW" },
        { AGENT_REQ_WAIT, "CM_Locate_DevNodeW" },
        { AGENT_REQ_DISABLE, "CM_Disable_DevNode" },
        { AGENT_REQ_ENABLE, "CM_Enable_DevNode" },
        { AGENT_REQ_RESCAN, "CM_Locate_DevNodeW" },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree struct fields *reply = ask(
            table[i].request, AGENT_KEY_DEVICE, "ROOT\\WINEBUS", 0, 0, 0,
            &error);

        ck_assert_msg(!reply, "%u was done", table[i].request);
        says(error->message, table[i].says);
    }
}
END_TEST

START_TEST(the_class_installer_is_called)
{
    g_autoptr(GError) restart = NULL, remove = NULL;
    g_autofree struct fields *restarted = ask(
        AGENT_REQ_RESTART, AGENT_KEY_DEVICE, "root\\wineusb", 0, 0, 0,
        &restart);
    g_autofree struct fields *removed = ask(
        AGENT_REQ_REMOVE, AGENT_KEY_DEVICE, "root\\wineusb", 0, 0, 0, &remove);

    /* Done, and the status is what Wine lacks; or not, by whose fault. */
    says(restarted ? "SetupDi" : restart->message, restarted ? "SetupDi" :
         strstr(restart->message, "CM_") ? "CM_" : "SetupDi");
    says(removed ? "SetupDi" : remove->message, removed ? "SetupDi" :
         strstr(remove->message, "CM_") ? "CM_" : "SetupDi");
}
END_TEST

/* Wine takes the package and keeps nothing of it; one of the driver store is
 * put there by hand. */
START_TEST(a_package_is_installed_and_taken_off)
{
    static const char stored[] = "C:\\windows\\INF\\oem77.inf";
    const char *path = put_inf();
    g_autofree char *local = g_strdup(scratch_path("rig-test.inf"));
    g_autofree struct fields *reply = expect_reply(AGENT_REQ_INSTALL,
                                                   AGENT_KEY_INF, path);
    g_autofree struct fields *off = NULL;
    g_autofree char *again = NULL, *missing = NULL;
    g_autoptr(GError) error = NULL;

    ck_assert_uint_eq(fields_get_number(reply, AGENT_KEY_REBOOT, 9), 0);
    ck_assert(rig_agent_put(agent, local, stored, NULL, NULL, &error));
    off = expect_reply(AGENT_REQ_UNINSTALL, AGENT_KEY_INF, "oem77.inf");
    g_free(expect_failure(AGENT_REQ_GET_BEGIN, AGENT_KEY_FILE, stored,
                          AGENT_E_NOT_FOUND));
    again = expect_failure(AGENT_REQ_UNINSTALL, AGENT_KEY_INF, "oem77.inf",
                           AGENT_E_FAILED);
    says(again, "SetupUninstallOEMInfW");
    says(again, "win32 2");
    missing = expect_failure(AGENT_REQ_UNINSTALL, AGENT_KEY_INF, path,
                             AGENT_E_UNSUPPORTED);
    says(missing, "setupapi.dll of this Windows has no "
         "SetupGetInfPublishedNameW");
}
END_TEST

START_TEST(a_package_that_is_none_is_refused)
{
    g_autofree char *missing = expect_failure(
        AGENT_REQ_INSTALL, AGENT_KEY_INF, "C:\\rig-test\\no.inf",
        AGENT_E_NOT_FOUND);
    g_autofree struct fields *arguments = g_new(struct fields, 1);
    g_autofree struct fields *updated = NULL;
    g_autoptr(GError) error = NULL;

    says(missing, "win32 2");
    fields_clear(arguments);
    fields_text(arguments, AGENT_KEY_INF, put_inf());
    fields_text(arguments, AGENT_KEY_HARDWARE_ID, "RIGTEST\\NOTHING");
    updated = rig_agent_call(agent, AGENT_REQ_UPDATE, arguments, 0, &error);
    /* Wine says that it has done it; Windows, that there is no such device. */
    ck_assert_msg(updated || strstr(error->message,
                                "UpdateDriverForPlugAndPlayDevicesW"), "%s", error->message);
}
END_TEST

START_TEST(driver_verifier_is_asked_by_its_program)
{
    g_autofree char *query = expect_failure(AGENT_REQ_VERIFIER_QUERY, 0, NULL,
                                            AGENT_E_FAILED);
    g_autofree char *reset = expect_failure(AGENT_REQ_VERIFIER_RESET, 0, NULL,
                                            AGENT_E_FAILED);

    says(query, "CreateProcessW: verifier.exe");
    says(reset, "win32 2");
}
END_TEST

static void verifier_set(const char *driver, const char *mode, int code,
                         const char *text)
{
    g_autofree struct fields *arguments = g_new(struct fields, 1);
    g_autofree struct fields *reply = NULL;
    g_autoptr(GError) error = NULL;

    fields_clear(arguments);
    fields_text(arguments, AGENT_KEY_DRIVER, driver);
    fields_text(arguments, AGENT_KEY_MODE, mode);
    reply = rig_agent_call(agent, AGENT_REQ_VERIFIER_SET, arguments, 0,
                           &error);
    ck_assert_msg(!reply, "%s %s was done", driver, mode);
    ck_assert_msg(error->code == code, "%s", error->message);
    says(error->message, text);
}

START_TEST(driver_verifier_gets_no_switches_from_names)
{
    verifier_set("x.sys /all", "standard", AGENT_E_INVALID, "no file name");
    verifier_set("/all", "standard", AGENT_E_INVALID, "no file name");
    verifier_set("x\".sys", "standard", AGENT_E_INVALID, "no file name");
    verifier_set("x.sys", "everything", AGENT_E_INVALID, "mode is");
    verifier_set("x.sys", "random", AGENT_E_FAILED, "verifier.exe");
    verifier_set("x.sys", "systematic", AGENT_E_FAILED, "verifier.exe");
}
END_TEST

START_TEST(markers_need_the_shim)
{
    static const uint16_t requests[] = { AGENT_REQ_MARK, AGENT_REQ_SHIM,
                                         AGENT_REQ_END_STREAM };

    for (size_t i = 0; i < G_N_ELEMENTS(requests); i++) {
        g_autofree char *text = expect_failure(
            requests[i], AGENT_KEY_TEXT, "a note", AGENT_E_UNSUPPORTED);

        says(text, "\\\\.\\RigShim cannot be opened: is rigshim installed");
    }
}
END_TEST

/* Everything that is to be fetched, with a dump and a log that are put there. */
START_TEST(logs_and_dumps_are_collected)
{
    g_autofree char *local = g_strdup(scratch_path("dump"));
    g_autofree char *directory = g_strdup(scratch_path("collected"));
    g_autofree char *dump = g_build_filename(directory, "112626-1.dmp", NULL);
    g_autofree char *log = g_build_filename(directory, "setupapi.dev.log",
                                            NULL);
    g_autoptr(GError) error = NULL;

    ck_assert(g_file_set_contents(local, "PAGEDU64", 8, NULL));
    rig_agent_put(agent, local, "C:\\windows\\Minidump\\112626-1.dmp", NULL,
                  NULL, &error);
    ck_assert(error == NULL);
    rig_agent_put(agent, local, "C:\\windows\\INF\\setupapi.dev.log", NULL,
                  NULL, &error);
    ck_assert(error == NULL);
    ck_assert_int_eq(rig_agent_collect(agent, directory, NULL, NULL, &error),
                     2);
    ck_assert(g_file_test(dump, G_FILE_TEST_EXISTS));
    ck_assert(g_file_test(log, G_FILE_TEST_EXISTS));
}
END_TEST

START_TEST(shutting_down_is_not_done_for_a_mode_that_is_none)
{
    g_autofree char *text = expect_failure(AGENT_REQ_SHUT_DOWN, AGENT_KEY_MODE,
                                           "sideways", AGENT_E_INVALID);

    says(text, "sideways");
}
END_TEST

START_TEST(self_test_names_what_is_missing)
{
    const char *argv[] = { WINDOWS_AGENT, "--self-test", "--port", "COM99",
                           NULL };
    const char *help[] = { WINDOWS_AGENT, "--help", NULL };
    const char *wrong[] = { WINDOWS_AGENT, "--sideways", NULL };
    g_autofree char *text = NULL, *usage = NULL, *refused = NULL;
    int status;

    text = transport_run(transport, argv, &status);
    ck_assert_int_eq(status, 1);
    says(text, "found    newdev.dll DiInstallDriverW");
    says(text, "MISSING  cfgmgr32.dll CM_Register_Notification");
    says(text, "COM99 cannot be opened");
    usage = transport_run(transport, help, &status);
    ck_assert_int_eq(status, 0);
    says(usage, "--install-service");
    refused = transport_run(transport, wrong, &status);
    ck_assert_int_eq(status, 2);
}
END_TEST

/* The service takes the port that the console's agent has here; so it is
 * installed on another one, and answers to the manager. */
START_TEST(the_service_is_installed_run_and_taken_off)
{
    const char *install[] = { WINDOWS_AGENT, "--install-service", "--port",
                              "COM99", NULL };
    const char *query[] = { "sc.exe", "query", "RigAgent", NULL };
    const char *uninstall[] = { WINDOWS_AGENT, "--uninstall-service", NULL };
    g_autofree char *installed = NULL, *twice = NULL, *state = NULL,
                    *taken = NULL, *gone = NULL;
    int status;

    installed = transport_run(transport, install, &status);
    ck_assert_msg(status == 0, "%s", installed);
    says(installed, "RigAgent is installed and running");
    twice = transport_run(transport, install, &status);
    ck_assert_int_ne(status, 0);
    says(twice, "CreateServiceW");
    state = transport_run(transport, query, &status);
    ck_assert_msg(status == 0, "%s", state);
    taken = transport_run(transport, uninstall, &status);
    ck_assert_msg(status == 0, "%s", taken);
    gone = transport_run(transport, uninstall, &status);
    ck_assert_int_ne(status, 0);
    says(gone, "OpenServiceW");
}
END_TEST

void add_windows_cases(TCase *tcase)
{
    tcase_add_test(tcase, info_says_which_windows);
    tcase_add_test(tcase, info_says_what_follows_a_bug_check);
    tcase_add_test(tcase, sleep_is_asked_of_windows);
    tcase_add_test(tcase, frames_need_an_adapter_and_ip_helper);
    tcase_add_test(tcase, devices_are_listed_by_their_hardware_ids);
    tcase_add_test(tcase, a_device_that_is_not_there_is_not_found);
    tcase_add_test(tcase, what_the_configuration_manager_lacks_is_said);
    tcase_add_test(tcase, the_class_installer_is_called);
    tcase_add_test(tcase, a_package_is_installed_and_taken_off);
    tcase_add_test(tcase, a_package_that_is_none_is_refused);
    tcase_add_test(tcase, driver_verifier_is_asked_by_its_program);
    tcase_add_test(tcase, driver_verifier_gets_no_switches_from_names);
    tcase_add_test(tcase, markers_need_the_shim);
    tcase_add_test(tcase, logs_and_dumps_are_collected);
    tcase_add_test(tcase, shutting_down_is_not_done_for_a_mode_that_is_none);
    tcase_add_test(tcase, self_test_names_what_is_missing);
    tcase_add_test(tcase, the_service_is_installed_run_and_taken_off);
}
