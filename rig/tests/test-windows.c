/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Units of Windows guests: bug checks, dumps, domain, images, steps. */
#include <check.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "bugcheck.h"
#include "calibration.h"
#include "image-info.h"
#include "image-import.h"
#include "image-prepare.h"
#include "include/plan.h"
#include "profile.h"
#include "run-suite.h"
#include "stream-builder.h"
#include "windows-domain.h"
#include "windows-machine.h"
#include "windows-steps.h"

static RigPaths *paths;
static char *dir;

static void setup(void)
{
    paths = rig_paths_find(NULL);
    ck_assert_msg(paths != NULL, "RIG_HOME is not set: run `make check-units`");
    dir = g_dir_make_tmp("rig-windows-XXXXXX", NULL);
}

static void teardown(void)
{
    const char *argv[] = { "rm", "-rf", dir, NULL };

    g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL,
                 NULL, NULL, NULL, NULL);
    g_free(dir);
    rig_paths_free(paths);
}

/* --- bug checks ---------------------------------------------------------- */

#define EVENT(info) "{\"action\":\"pause\"" info "}"
#define HYPER_V(a, b) EVENT(",\"info\":{\"type\":\"hyper-v\",\"arg1\":" a \
                            ",\"arg2\":" b ",\"arg3\":18446744073709551615" \
                            ",\"arg4\":3,\"arg5\":0}")

START_TEST(four_parameters_of_7c_are_our_classes)
{
    static const struct {
        const char *json, *class_code;
    } t[] = {
        { HYPER_V("124", "8"), "0x08" }, { HYPER_V("124", "11"), "0x0B" },
        { HYPER_V("124", "13"), "0x0D" }, { HYPER_V("124", "16"), "0x10" },
        { HYPER_V("124", "9"), NULL }, { HYPER_V("209", "8"), NULL },
        { EVENT(""), NULL },
    };
    RigBugcheck b;

    for (guint i = 0; i < G_N_ELEMENTS(t); i++) {
        ck_assert(rig_bugcheck_parse(t[i].json, &b, NULL));
        ck_assert_pstr_eq(rig_bugcheck_class(&b), t[i].class_code);
    }
    ck_assert(!b.known);
}
END_TEST

START_TEST(arguments_above_the_signed_range_are_kept)
{
    g_autofree char *text = NULL;
    RigBugcheck b;

    ck_assert(rig_bugcheck_parse(HYPER_V("124", "11"), &b, NULL));
    ck_assert_uint_eq(b.parameter[1], G_MAXUINT64);
    text = rig_bugcheck_text(&b, FALSE);
    ck_assert_str_eq(text, "Windows stopped with 0x7C BUGCODE_NDIS_DRIVER "
                     "(0x0B, 0xFFFFFFFFFFFFFFFF, 0x03, 0x00): a failed "
                     "MiniportInitializeEx left its interrupt registered");
}
END_TEST

START_TEST(what_is_no_panic_event_is_refused)
{
    static const char *const bad[] = {
        "", "{", "[]", "3", "{}", "{\"info\":{}}",
        EVENT(",\"info\":{\"type\":\"hyper-v\",\"arg1\":1}"),
        EVENT(",\"info\":{\"type\":\"hyper-v\",\"arg1\":\"x\",\"arg2\":1,"
              "\"arg3\":1,\"arg4\":1,\"arg5\":1}"),
    };

    for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        RigBugcheck b;

        ck_assert_msg(!rig_bugcheck_parse(bad[i], &b, &error), "%s", bad[i]);
        ck_assert(error != NULL && !b.known);
    }
}
END_TEST

/* --- domain -------------------------------------------------------------- */

static const char golden[] =
"<domain type=\"kvm\""
" xmlns:qemu=\"http://libvirt.org/schemas/domain/qemu/1.0\">\n"
"  <name>rig-1</name>\n"
"  <uuid>00000000-0000-4000-8000-000000000001</uuid>\n"
"  <memory unit=\"MiB\">4096</memory>\n"
"  <vcpu>2</vcpu>\n"
"  <os>\n"
"    <type arch=\"x86_64\" machine=\"q35\">hvm</type>\n"
"    <loader readonly=\"yes\" type=\"pflash\">/code.fd</loader>\n"
"    <nvram format=\"qcow2\">/nvram</nvram>\n"
"    <boot dev=\"hd\"/>\n"
"    <boot dev=\"cdrom\"/>\n"
"  </os>\n"
"  <features>\n"
"    <acpi/>\n"
"    <apic/>\n"
"    <hyperv mode=\"custom\">\n"
"      <relaxed state=\"on\"/>\n"
"      <vapic state=\"on\"/>\n"
"      <vpindex state=\"on\"/>\n"
"      <runtime state=\"on\"/>\n"
"      <synic state=\"on\"/>\n"
"      <stimer state=\"on\"/>\n"
"      <frequencies state=\"on\"/>\n"
"      <spinlocks state=\"on\" retries=\"8191\"/>\n"
"    </hyperv>\n"
"    <vmcoreinfo state=\"on\"/>\n"
"  </features>\n"
"  <cpu mode=\"host-passthrough\"/>\n"
"  <clock offset=\"localtime\">\n"
"    <timer name=\"rtc\" tickpolicy=\"catchup\"/>\n"
"    <timer name=\"pit\" tickpolicy=\"delay\"/>\n"
"    <timer name=\"hpet\" present=\"no\"/>\n"
"    <timer name=\"hypervclock\" present=\"yes\"/>\n"
"  </clock>\n"
"  <on_poweroff>destroy</on_poweroff>\n"
"  <on_reboot>restart</on_reboot>\n"
"  <on_crash>preserve</on_crash>\n"
"  <pm>\n"
"    <suspend-to-mem enabled=\"yes\"/>\n"
"    <suspend-to-disk enabled=\"no\"/>\n"
"  </pm>\n"
"  <devices>\n"
"    <emulator>/q</emulator>\n"
"    <disk type=\"file\" device=\"disk\">\n"
"      <driver name=\"qemu\" type=\"qcow2\"/>\n"
"      <source file=\"/disk\"/>\n"
"      <target dev=\"sda\" bus=\"sata\"/>\n"
"    </disk>\n"
"    <controller type=\"usb\" model=\"none\"/>\n"
"    <serial type=\"unix\">\n"
"      <source mode=\"bind\" path=\"/agent\"/>\n"
"      <target type=\"isa-serial\" port=\"0\"/>\n"
"    </serial>\n"
"    <serial type=\"file\">\n"
"      <source path=\"/com2\"/>\n"
"      <target type=\"isa-serial\" port=\"1\"/>\n"
"    </serial>\n"
"    <video>\n"
"      <model type=\"vga\"/>\n"
"    </video>\n"
"    <memballoon model=\"none\"/>\n"
"    <panic model=\"isa\"/>\n"
"    <panic model=\"hyperv\"/>\n"
"  </devices>\n"
"  <qemu:commandline>\n"
"    <qemu:arg value=\"-action\"/>\n"
"    <qemu:arg value=\"panic=pause\"/>\n"
"    <qemu:arg value=\"-device\"/>\n"
"    <qemu:arg value=\"pvpanic-pci,bus=pcie.0,addr=0xb\"/>\n"
"    <qemu:arg value=\"-netdev\"/>\n"
"    <qemu:arg value=\"hubport,id=n0,hubid=0\"/>\n"
"    <qemu:arg value=\"-netdev\"/>\n"
"    <qemu:arg value=\"hubport,id=n1,hubid=0\"/>\n"
"    <qemu:arg value=\"-object\"/>\n"
"    <qemu:arg value=\"filter-dump,id=dump0,netdev=n0,file=/a,,b\"/>\n"
"    <qemu:arg value=\"-device\"/>\n"
"    <qemu:arg value=\"pcie-root-port,id=port0,bus=pcie.0,addr=0x8,"
"chassis=1,slot=1\"/>\n"
"    <qemu:arg value=\"-device\"/>\n"
"    <qemu:arg value=\"rig-nic,id=nic0,netdev=n0,mac=52:49:47:00:00:10,"
"vectors=4,queues=2,bus=port0\"/>\n"
"    <qemu:arg value=\"-device\"/>\n"
"    <qemu:arg value=\"rig-reflector,id=peer0,netdev=n1\"/>\n"
"    <qemu:arg value=\"-chardev\"/>\n"
"    <qemu:arg value=\"socket,id=tap,path=/tap\"/>\n"
"    <qemu:arg value=\"-device\"/>\n"
"    <qemu:arg value=\"rig-tap,id=tap0,watch=nic0,chardev=tap,bus=pcie.0,"
"addr=0x9\"/>\n"
"  </qemu:commandline>\n"
"  <qemu:capabilities>\n"
"    <qemu:del capability=\"cpu-unavailable-features\"/>\n"
"  </qemu:capabilities>\n"
"</domain>\n";

static const RigMachine machine = {
    .nic = (char *)"rig-nic", .vectors = 4, .queues = 2, .memory_mib = 4096,
    .guest = RIG_GUEST_WINDOWS, .image = (char *)"win11",
};

static RigWindowsDomain domain_of(void)
{
    return (RigWindowsDomain) {
        .name = "rig-1", .uuid = "00000000-0000-4000-8000-000000000001",
        .machine = &machine, .emulator = "/q", .kvm = TRUE, .cpus = 2,
        .disk = "/disk", .loader = "/code.fd", .nvram = "/nvram",
        .agent_socket = "/agent", .debug_log = "/com2", .capture = "/a,b",
        .tap_socket = "/tap",
    };
}

START_TEST(xml_under_kvm_is_the_golden_one)
{
    RigWindowsDomain d = domain_of();
    g_autofree char *xml = rig_windows_domain_xml(&d);

    ck_assert_str_eq(xml, golden);
}
END_TEST

START_TEST(without_kvm_there_is_nothing_of_hyper_v)
{
    RigWindowsDomain d = domain_of();
    g_autofree char *xml = NULL;

    d.kvm = FALSE;
    xml = rig_windows_domain_xml(&d);
    ck_assert_ptr_null(strstr(xml, "hyperv"));
    ck_assert_ptr_nonnull(strstr(xml, "<domain type=\"qemu\""));
    ck_assert_ptr_nonnull(strstr(xml, "<panic model=\"isa\"/>"));
}
END_TEST

/* --- images -------------------------------------------------------------- */

static char *new_qcow2(const char *name)
{
    char *file = g_build_filename(dir, name, NULL);

    ck_assert(rig_image_create_disk(file, NULL, 1, NULL));
    return file;
}

static gboolean import(const char *store, const char *name, const char *file,
                       GError **error)
{
    const RigImageImport i = { .name = name, .file = file,
                               .memory_mib = 2048, .cpus = 1, .disk_gib = 32 };

    return rig_image_import(store, &i, NULL, error);
}

START_TEST(an_image_is_copied_kept_and_taken_away)
{
    g_autofree char *store = g_build_filename(dir, "store", NULL);
    g_autofree char *file = new_qcow2("user.qcow2");
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) all = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(RigImage) i = NULL;
    g_autofree char *sum = NULL;

    ck_assert(import(store, "win11", file, NULL));
    ck_assert(!import(store, "win11", file, &error));
    ck_assert_ptr_nonnull(strstr(error->message, "already"));
    i = rig_image_load(store, "win11", paths, NULL);
    sum = rig_image_copy(file, NULL, FALSE, NULL, NULL);
    ck_assert_ptr_nonnull(i);
    ck_assert_pstr_eq(i->sha256, sum);
    ck_assert_int_eq(i->state, RIG_IMAGE_IMPORTED);
    ck_assert_uint_eq(i->memory_mib, 2048);
    all = rig_images_list(store, paths, problems);
    ck_assert_uint_eq(all->len, 1);
    ck_assert_uint_eq(problems->len, 0);
    ck_assert(rig_image_remove(store, "win11", NULL));
    ck_assert_int_eq(access(i->dir, F_OK), -1);
    ck_assert_int_eq(access(file, F_OK), 0);
}
END_TEST

/* What a crash in the middle of an import leaves does not count, nor hinder. */
START_TEST(half_an_import_is_no_image)
{
    g_autofree char *store = g_build_filename(dir, "store", NULL);
    g_autofree char *half = g_build_filename(store, ".win11.new", NULL);
    g_autofree char *disk = g_build_filename(half, RIG_IMAGE_DISK, NULL);
    g_autofree char *file = new_qcow2("user.qcow2");
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) all = NULL;

    g_mkdir_with_parents(half, 0755);
    g_file_set_contents(disk, "half", -1, NULL);
    all = rig_images_list(store, paths, problems);
    ck_assert_uint_eq(all->len + problems->len, 0);
    ck_assert(import(store, "win11", file, NULL));
    ck_assert_int_eq(access(half, F_OK), -1);
}
END_TEST

static void put_big_endian(char *p, uint64_t value, unsigned n)
{
    while (n--) {
        p[n] = (char)value;
        value >>= 8;
    }
}

START_TEST(files_that_are_not_a_whole_image_are_refused)
{
    static const struct {
        unsigned offset, size;
        uint64_t value;
        const char *says;
    } t[] = {
        { 8, 8, 104, "overlay" },     /* backing file */
        { 32, 4, 1, "encrypted" },
        { 72, 8, 4, "another file" }, /* external data */
        { 0, 4, 0x76686478, "neither" }, /* "vhdx" */
    };
    g_autofree char *file = new_qcow2("user.qcow2");

    ck_assert_pstr_eq(rig_image_probe(file, NULL), "qcow2");
    for (guint i = 0; i < G_N_ELEMENTS(t); i++) {
        g_autofree char *text = NULL;
        g_autoptr(GError) error = NULL;
        gsize length;

        ck_assert(g_file_get_contents(file, &text, &length, NULL));
        put_big_endian(text + t[i].offset, t[i].value, t[i].size);
        ck_assert(g_file_set_contents(file, text, length, NULL));
        ck_assert_ptr_null(rig_image_probe(file, &error));
        ck_assert_msg(strstr(error->message, t[i].says) != NULL, "%s",
                      error->message);
        put_big_endian(text + t[i].offset, i == 3 ? 0x514649fb : 0,
                       t[i].size);
        ck_assert(g_file_set_contents(file, text, length, NULL));
    }
    ck_assert_ptr_null(rig_image_probe("/dev/zero", NULL));
    ck_assert_ptr_null(rig_image_probe(dir, NULL));
}
END_TEST

START_TEST(the_answer_file_is_xml_with_what_was_given)
{
    const RigAnswers a = { "de-DE", "Windows 11 Pro & more", "", "p<w>" };
    const RigAnswers bad = { "@PASSWORD@", "1", "", "x" };
    g_autofree char *text = rig_answer_file(paths, TRUE, &a, NULL);
    g_autofree char *script = rig_prepare_script(paths, NULL);

    ck_assert_ptr_nonnull(text);
    ck_assert_ptr_nonnull(strstr(text, "Windows 11 Pro &amp; more"));
    ck_assert_ptr_nonnull(strstr(text, "p&lt;w&gt;"));
    ck_assert_ptr_nonnull(strstr(text, "/IMAGE/NAME"));
    ck_assert_ptr_nonnull(strstr(text, "<Type>EFI</Type>"));
    ck_assert_ptr_null(strchr(text, '@'));
    ck_assert_ptr_null(rig_answer_file(paths, TRUE, &bad, NULL));
    ck_assert_ptr_nonnull(strstr(script, "--install-service"));
    ck_assert_ptr_nonnull(strstr(script, "bcdedit /set testsigning on\r\n"));
}
END_TEST

/* --- steps --------------------------------------------------------------- */

START_TEST(problem_codes_say_how_init_went)
{
    static const struct {
        RigDeviceState d;
        enum rig_step_end end;
        guint32 status;
    } t[] = {
        { { RIG_DN_STARTED, 0, 0 }, RIG_STEP_DONE, 0 },
        { { RIG_DN_HAS_PROBLEM, 10, 0xC000009A }, RIG_STEP_DONE, 0xC000009A },
        { { RIG_DN_HAS_PROBLEM, 10, 0 }, RIG_STEP_DONE, 0xC0000001 },
        { { RIG_DN_HAS_PROBLEM, 52, 0 }, RIG_STEP_REFUSED, 0 },
        { { RIG_DN_HAS_PROBLEM, 1234, 0 }, RIG_STEP_REFUSED, 0 },
        { { 0, 0, 0 }, RIG_STEP_REFUSED, 0 },
    };

    for (guint i = 0; i < G_N_ELEMENTS(t); i++) {
        g_autofree char *why = NULL;
        guint32 status;

        ck_assert_int_eq(rig_windows_init_result(&t[i].d, &status, &why),
                         t[i].end);
        ck_assert_uint_eq(status, t[i].status);
        ck_assert_int_eq(why == NULL, i == 0);
    }
}
END_TEST

START_TEST(every_step_of_a_miniport_is_mapped)
{
    static const char *const all[] = {
        RIG_STEP_INSTALL, RIG_STEP_INIT, RIG_STEP_RESTART, RIG_STEP_TRAFFIC,
        RIG_STEP_PAUSE, RIG_STEP_HALT, RIG_STEP_POWER, RIG_STEP_RESET,
        RIG_STEP_SURPRISE_REMOVE, RIG_STEP_SHUTDOWN, RIG_STEP_LINK_FLAP,
        RIG_STEP_REMOVE, RIG_STEP_UNLOAD,
    };

    for (guint i = 0; i < G_N_ELEMENTS(all); i++) {
        const RigWindowsStep *w = rig_windows_step(all[i]);

        ck_assert_msg(w != NULL, "%s", all[i]);
        ck_assert(w->action != RIG_WINDOWS_SKIP || w->reason);
    }
}
END_TEST

static unsigned problems_of(const char *cycle)
{
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *sys = b_home_file("build/drivers/clean/rignic.sys");
    g_autofree char *inf = b_home_file("build/drivers/clean/rignic.inf");
    g_autofree char *text = g_strdup_printf(
        "<scenario name=\"w\"><title>t</title><driver sys=\"%s\" inf=\"%s\"/>"
        "<guest kind=\"windows\" image=\"win11\"/>"
        "<rule name=\"Init_DeRegisterInterrupt\"/>%s</scenario>", sys, inf,
        cycle);
    g_autoptr(RigScenario) s = rig_scenario_parse(text, "w.xml", paths,
                                                  problems);

    ck_assert(!s == (problems->len > 0));
    ck_assert(!s || s->machine.guest == RIG_GUEST_WINDOWS);
    return problems->len;
}

START_TEST(what_windows_cannot_do_is_a_lint_error)
{
    ck_assert_uint_eq(problems_of("<cycle><install/><init/><restart/><pause/>"
                                  "<halt/><unload/></cycle>"), 0);
    ck_assert_uint_eq(problems_of("<cycle><install/><init><fail api=\"NdisA\"/>"
                                  "</init><halt/></cycle>"), 1);
    ck_assert_uint_eq(problems_of("<cycle><install messages=\"1\"/><init "
                                  "post-failure=\"yes\"/></cycle>"), 2);
    ck_assert_uint_eq(problems_of("<cycle><install/><init/><halt action=\""
                                  "NdisHaltDeviceStopped\"/></cycle>"), 1);
    ck_assert_uint_eq(problems_of("<sweep/>"), 1);
}
END_TEST

/* --- what an agent says of its system ------------------------------------ */

static unsigned info_lines(const struct fields *info, GString *lines)
{
    g_string_truncate(lines, 0);
    return rig_image_info(info, FALSE, lines);
}

static void has_line(const GString *lines, const char *line)
{
    ck_assert_msg(strstr(lines->str, line) != NULL, "\"%s\" is not in:\n%s",
                  line, lines->str);
}

static void put_windows(struct fields *info)
{
    fields_clear(info);
    fields_text(info, AGENT_KEY_SYSTEM, "windows");
    fields_text(info, AGENT_KEY_AGENT, "0.1.0");
    fields_text(info, AGENT_KEY_RELEASE, "10.0.19045.1");
    fields_number(info, AGENT_KEY_TEST_SIGNING, 1);
}

START_TEST(a_system_that_is_set_up_has_nothing_bad)
{
    g_autofree struct fields *info = g_new0(struct fields, 1);
    g_autoptr(GString) lines = g_string_new(NULL);

    put_windows(info);
    fields_number(info, AGENT_KEY_AGENT_START, 2);
    fields_number(info, AGENT_KEY_SHIM_START, 3);
    fields_number(info, AGENT_KEY_CRASH_DUMP, 3);
    fields_number(info, AGENT_KEY_AUTO_REBOOT, 1);
    fields_number(info, AGENT_KEY_KEEP_DUMP, 1);
    fields_number(info, AGENT_KEY_NMI_DUMP, 0);
    fields_text(info, AGENT_KEY_SLEEP_STATES, "S1 S3");
    ck_assert_uint_eq(info_lines(info, lines), 0);
    has_line(lines, "ok   crash dump    small\n");
    has_line(lines, "ok   auto reboot   on\n");
    has_line(lines, "ok   agent service starts with Windows\n");
    has_line(lines, "ok   sleep         S1 S3\n");
    ck_assert_ptr_null(strstr(lines->str, "note"));
    /* An older agent says less, which is no fault of the image. */
    put_windows(info);
    ck_assert_uint_eq(info_lines(info, lines), 0);
    ck_assert_ptr_null(strstr(lines->str, "crash dump"));
    ck_assert_ptr_null(strstr(lines->str, "sleep"));
}
END_TEST

START_TEST(what_a_system_lacks_is_said_with_what_to_do)
{
    g_autofree struct fields *info = g_new0(struct fields, 1);
    g_autoptr(GString) lines = g_string_new(NULL);

    fields_clear(info);
    fields_text(info, AGENT_KEY_SYSTEM, "linux");
    fields_number(info, AGENT_KEY_AGENT_START, 4);
    fields_number(info, AGENT_KEY_SHIM_START, 4);
    fields_number(info, AGENT_KEY_CRASH_DUMP, 0);
    fields_number(info, AGENT_KEY_AUTO_REBOOT, 0);
    fields_number(info, AGENT_KEY_KEEP_DUMP, 0);
    fields_number(info, AGENT_KEY_NMI_DUMP, 1);
    fields_text(info, AGENT_KEY_SLEEP_STATES, "none");
    ck_assert_uint_eq(info_lines(info, lines), 6);
    has_line(lines, "BAD  system        linux");
    has_line(lines, "BAD  test signing  off: test-signed drivers");
    has_line(lines, "BAD  agent service does not start");
    has_line(lines, "BAD  shim service  disabled: run sc config rigshim");
    has_line(lines, "BAD  crash dump    none");
    has_line(lines, "BAD  auto reboot   off");
    has_line(lines, "note dumps         deleted");
    has_line(lines, "note sleep         no S3");
    put_windows(info);
    fields_number(info, AGENT_KEY_CRASH_DUMP, G_MAXUINT64);
    ck_assert_uint_eq(info_lines(info, lines), 1);
}
END_TEST

/* --- calibration --------------------------------------------------------- */

/* One cycle of a driver in a guest with this profile. */
static void add_cycle(Builder *b, unsigned n, gboolean at_start,
                      gboolean registers)
{
    b_cycle(b, n);
    if (at_start) {
        b_arm(b, 2);
    }
    b_enter(b, "MiniportInitializeEx");
    if (registers && at_start) {
        b_register(b, 0x77);
    } else if (registers) {
        b_register_armed(b, 0x77, 2);
    }
    b_leave(b, 0);
    b_enter(b, "MiniportHaltEx");
    if (registers && at_start) {
        b_deregister(b, 0x77);
    } else if (registers) {
        b_deregister_disarmed(b, 0x77);
    }
    b_leave(b, 0);
    if (at_start) {
        b_disarm(b);
    }
    b_cycle_end(b, RIG_CYCLE_DONE, NULL);
}

static RigCalibration *calibrate(gboolean at_start)
{
    static const char *const names[] = { "calibrate-4-clean-disable",
                                         "calibrate-4-never-disable" };
    g_autofree char *file = g_build_filename(dir, "events.bin", NULL);
    g_autoptr(Builder) b = b_new(2);
    RigCalibration *c = rig_calibration_new();

    b_plan(b, 2);
    for (unsigned i = 0; i < 2; i++) {
        b_scenario(b, i + 1, names[i]);
        add_cycle(b, 1, at_start, i == 0);
        add_cycle(b, 2, at_start, i == 0);
        b_scenario_end(b);
    }
    b_end(b);
    ck_assert(g_file_set_contents(file, (char *)b->bytes->data,
                                  b->bytes->len, NULL));
    ck_assert(rig_calibration_read(c, file, NULL));
    rig_calibration_conclude(c);
    return c;
}

START_TEST(both_profiles_are_told_apart)
{
    g_autoptr(RigCalibration) connect = calibrate(FALSE);
    g_autoptr(RigCalibration) start = calibrate(TRUE);

    ck_assert_uint_eq(connect->experiments->len, 2);
    ck_assert_int_eq(connect->programmed, RIG_STAGE_REGISTER);
    ck_assert_int_eq(connect->cleared, RIG_STAGE_DEREGISTER);
    ck_assert_int_eq(connect->register_visible, RIG_YES);
    ck_assert_int_eq(connect->at_start, RIG_NO);
    ck_assert_int_eq(rig_calibration_profile(connect), RIG_MSIX_AT_CONNECT);
    ck_assert_int_eq(start->programmed, RIG_STAGE_BEFORE_INIT);
    ck_assert_int_eq(start->cleared, RIG_STAGE_AFTER);
    ck_assert_int_eq(start->register_visible, RIG_NO);
    ck_assert_int_eq(start->deregister_visible, RIG_NO);
    ck_assert_int_eq(start->at_start, RIG_YES);
    ck_assert_int_eq(start->stops_halt, RIG_UNKNOWN);
    ck_assert_int_eq(rig_calibration_profile(start), RIG_MSIX_AT_START);
}
END_TEST

/* How far a guest gets with a driver whose leak needs a path of its own. */
enum reached { NOWHERE, LEAKS, STOPS_OTHERWISE, STOPS };

/* A system that stopped says so by a marker of the runner. */
static void stop_system(Builder *b, uint64_t code, uint64_t parameter)
{
    const struct rig_marker m = {
        .kind = RIG_MK_BUGCHECK, .name = RIG_BUGCHECK_MARKER, .status = code,
        .arg = { parameter },
    };

    b_marker(b, &m);
}

static RigCalibration *calibrate_path(const char *name, gboolean halts,
                                      uint64_t parameter, enum reached how)
{
    g_autofree char *file = g_build_filename(dir, "events.bin", NULL);
    g_autoptr(Builder) b = b_new(2);
    RigCalibration *c = rig_calibration_new();

    b_plan(b, 1);
    b_scenario(b, 1, name);
    b_cycle(b, 1);
    b_enter(b, "MiniportInitializeEx");
    b_register(b, 0x77);
    b_leave(b, how == NOWHERE || halts ? 0 : 0xC0000001);
    if (halts && how != NOWHERE) {
        b_enter(b, "MiniportHaltEx");
        b_leave(b, 0);
    }
    if (how >= STOPS_OTHERWISE) {
        stop_system(b, how == STOPS ? 0x7c : 0xd1, parameter);
    }
    b_cycle_end(b, how >= STOPS_OTHERWISE ? RIG_CYCLE_BUGCHECK
                                          : RIG_CYCLE_DONE, NULL);
    b_scenario_end(b);
    b_end(b);
    ck_assert(g_file_set_contents(file, (char *)b->bytes->data,
                                  b->bytes->len, NULL));
    ck_assert(rig_calibration_read(c, file, NULL));
    rig_calibration_conclude(c);
    return c;
}

START_TEST(a_leak_that_was_not_reached_is_not_known_to_stop)
{
    static const RigKnown is[] = { RIG_UNKNOWN, RIG_NO, RIG_NO, RIG_YES };

    for (enum reached how = NOWHERE; how <= STOPS; how++) {
        g_autoptr(RigCalibration) halt = calibrate_path(
            "calibrate-4-unfinished-disable", TRUE, 0x0d, how);
        g_autoptr(RigCalibration) resume = calibrate_path(
            "calibrate-4-resume-leaking-sleep", FALSE, 0x10, how);

        ck_assert_int_eq(halt->stops_unfinished, is[how]);
        ck_assert_int_eq(halt->stops_resume, RIG_UNKNOWN);
        ck_assert_int_eq(resume->stops_resume, is[how]);
        ck_assert_int_eq(resume->stops_unfinished, RIG_UNKNOWN);
    }
}
END_TEST

START_TEST(a_profile_is_written_valid_and_read_back)
{
    g_autofree char *file = g_build_filename(dir, "profile.xml", NULL);
    RigProfileFile p = {
        .guest = (char *)"win11", .made = (char *)"2026-01-01T00:00:00Z",
        .release = (char *)"10.0.22631", .accel = (char *)"kvm",
    };
    g_autoptr(RigProfileFile) q = NULL;
    g_autoptr(GError) error = NULL;

    p.calibration = calibrate(TRUE);
    p.calibration->stops_halt = p.calibration->stops_resume = RIG_YES;
    p.calibration->stops_unfinished = RIG_NO;
    ck_assert(rig_profile_write(&p, file, NULL));
    q = rig_profile_read(file, paths, &error);
    ck_assert_msg(q != NULL, "%s", error ? error->message : "");
    ck_assert_int_eq(q->profile, RIG_MSIX_AT_START);
    ck_assert_int_eq(q->calibration->stops_halt, RIG_YES);
    ck_assert_int_eq(q->calibration->stops_unfinished, RIG_NO);
    ck_assert_int_eq(q->calibration->stops_resume, RIG_YES);
    ck_assert_int_eq(q->calibration->cleared, RIG_STAGE_AFTER);
    ck_assert_str_eq(q->release, "10.0.22631");
    rig_calibration_free(p.calibration);
}
END_TEST

/* --- verdicts ------------------------------------------------------------ */

/* A marker that the runner had written. */
static uint64_t asked(Builder *b, uint16_t kind, const char *name,
                      uint64_t status, uint64_t arg)
{
    struct rig_marker m = {
        .length = GUINT16_TO_LE(RIG_MARKER_MIN), .kind = GUINT16_TO_LE(kind),
        .scenario = GUINT32_TO_LE(b->scenario),
        .cycle = GUINT32_TO_LE(b->cycle), .status = GUINT64_TO_LE(status),
        .arg = { GUINT64_TO_LE(arg) },
    };

    g_strlcpy(m.name, name ? name : "", sizeof(m.name));
    return b_record(b, RIG_EV_MARKER, RIG_RECORD_ASKED, &m, RIG_MARKER_MIN);
}

static void asked_step(Builder *b, const char *name, uint64_t status)
{
    asked(b, RIG_MK_STEP_BEGIN, name, 0, 0);
    asked(b, RIG_MK_STEP_END, name, status, RIG_STEP_DONE);
}

/* A run of one cycle that ends as @bugcheck says, 0: as it should. */
static Judged *judge(gboolean stops, uint64_t code, uint64_t parameter)
{
    RigScenario *s = b_new_scenario("w", RIG_MSIX_AT_START, 1);
    g_autoptr(Builder) b = b_new(2);
    Judged *j;

    s->machine.guest = RIG_GUEST_WINDOWS;
    s->machine.image = g_strdup("win11");
    s->machine.stops = stops;
    j = b_judged(s);
    b_start(j);
    asked(b, RIG_MK_PLAN_BEGIN, NULL, 0, 1);
    b->scenario = 1;
    asked(b, RIG_MK_SCENARIO_BEGIN, "w", 0, 0);
    b->cycle = 1;
    asked(b, RIG_MK_CYCLE_BEGIN, NULL, 0, 1);
    asked_step(b, "install", 0);
    asked_step(b, "init", 0);
    if (code) {
        asked(b, RIG_MK_STEP_BEGIN, "halt", 0, 0);
        asked(b, RIG_MK_BUGCHECK, RIG_BUGCHECK_MARKER, code, parameter);
        asked(b, RIG_MK_CYCLE_END, NULL, RIG_CYCLE_BUGCHECK, 0);
    } else {
        asked_step(b, "halt", 0);
        asked(b, RIG_MK_CYCLE_END, NULL, RIG_CYCLE_DONE, 0);
    }
    b->cycle = 0;
    asked(b, RIG_MK_SCENARIO_END, "w", 0, 0);
    b->scenario = 0;
    asked(b, RIG_MK_PLAN_END, NULL, 0, 0);
    b_end(b);
    b_judge(j, b);
    return j;
}

START_TEST(a_bug_check_of_our_rule_is_a_violation_of_its_class)
{
    g_autoptr(Judged) j = judge(FALSE, 0x7c, 0x0d);
    const RigFinding *f = b_finding(j->result, "bug-check");

    ck_assert_int_eq(j->result->verdict, RIG_VERDICT_VIOLATION);
    ck_assert_ptr_nonnull(f);
    ck_assert_str_eq(f->class_code, "0x0D");
    ck_assert_int_eq(f->level, RIG_LEVEL_SDV_RULE);
    ck_assert_str_eq(rig_witness_name(f->witness), "system");
}
END_TEST

START_TEST(another_bug_check_is_a_finding_of_its_own)
{
    g_autoptr(Judged) j = judge(TRUE, 0xd1, 0x08);
    const RigFinding *f = b_finding(j->result, "bug-check");

    ck_assert_int_eq(j->result->verdict, RIG_VERDICT_INCONCLUSIVE);
    ck_assert_ptr_nonnull(f);
    ck_assert_str_eq(f->class_code, "none");
    ck_assert_ptr_nonnull(strstr(f->sentence, "DRIVER_IRQL_NOT_LESS_OR_EQUAL"));
}
END_TEST

START_TEST(without_api_calls_only_calibration_makes_a_pass)
{
    g_autoptr(Judged) unknown = judge(FALSE, 0, 0);
    g_autoptr(Judged) known = judge(TRUE, 0, 0);

    ck_assert_int_eq(unknown->result->verdict, RIG_VERDICT_INCONCLUSIVE);
    ck_assert_int_eq(known->result->verdict, RIG_VERDICT_PASS);
    ck_assert_ptr_nonnull(strstr(known->result->sentence, "calibration"));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("windows");
    TCase *t = tcase_create("windows");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, four_parameters_of_7c_are_our_classes);
    tcase_add_test(t, arguments_above_the_signed_range_are_kept);
    tcase_add_test(t, what_is_no_panic_event_is_refused);
    tcase_add_test(t, xml_under_kvm_is_the_golden_one);
    tcase_add_test(t, without_kvm_there_is_nothing_of_hyper_v);
    tcase_add_test(t, an_image_is_copied_kept_and_taken_away);
    tcase_add_test(t, half_an_import_is_no_image);
    tcase_add_test(t, files_that_are_not_a_whole_image_are_refused);
    tcase_add_test(t, the_answer_file_is_xml_with_what_was_given);
    tcase_add_test(t, problem_codes_say_how_init_went);
    tcase_add_test(t, every_step_of_a_miniport_is_mapped);
    tcase_add_test(t, what_windows_cannot_do_is_a_lint_error);
    tcase_add_test(t, both_profiles_are_told_apart);
    tcase_add_test(t, a_leak_that_was_not_reached_is_not_known_to_stop);
    tcase_add_test(t, a_profile_is_written_valid_and_read_back);
    tcase_add_test(t, a_bug_check_of_our_rule_is_a_violation_of_its_class);
    tcase_add_test(t, another_bug_check_is_a_finding_of_its_own);
    tcase_add_test(t, a_system_that_is_set_up_has_nothing_bad);
    tcase_add_test(t, what_a_system_lacks_is_said_with_what_to_do);
    tcase_add_test(t, without_api_calls_only_calibration_makes_a_pass);
    suite_add_tcase(s, t);
    return run_suite(s);
}
