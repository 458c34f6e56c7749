/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Units of domain.c. */
#include <check.h>
#include <libxml/parser.h>
#include <libxml/xpath.h>
#include <libxml/xpathInternals.h>
#include <string.h>

#include "domain.h"
#include "plan.h"
#include "run-suite.h"

static const RigMachine machine = {
    .nic = (char *)"rig-nic", .vectors = 3, .queues = 2, .memory_mib = 512,
};

static char *xml_of(const char *console, const char *socket)
{
    const RigDomain d = {
        .name = "rig-1", .uuid = "00000000-0000-4000-8000-000000000001",
        .machine = &machine, .emulator = "/q", .kernel = "/k",
        .initrd = "/i", .cmdline = "console=ttyS0 a=\"b & c\"",
        .console = console, .capture = "/net.pcap", .tap_socket = socket,
    };

    return rig_domain_xml(&d);
}

static const char golden[] =
"<domain type=\"qemu\""
" xmlns:qemu=\"http://libvirt.org/schemas/domain/qemu/1.0\">\n"
"  <name>rig-1</name>\n"
"  <uuid>00000000-0000-4000-8000-000000000001</uuid>\n"
"  <memory unit=\"MiB\">512</memory>\n"
"  <vcpu>1</vcpu>\n"
"  <os>\n"
"    <type arch=\"x86_64\" machine=\"q35\">hvm</type>\n"
"    <kernel>/k</kernel>\n"
"    <initrd>/i</initrd>\n"
"    <cmdline>console=ttyS0 a=&quot;b &amp; c&quot;</cmdline>\n"
"  </os>\n"
"  <features>\n"
"    <acpi/>\n"
"    <apic/>\n"
"    <ioapic driver=\"qemu\"/>\n"
"    <tcg>\n"
"      <tb-cache unit=\"MiB\">64</tb-cache>\n"
"    </tcg>\n"
"  </features>\n"
"  <clock offset=\"absolute\" start=\"1767225600\">\n"
"    <timer name=\"rtc\" track=\"guest\"/>\n"
"  </clock>\n"
"  <on_poweroff>destroy</on_poweroff>\n"
"  <on_reboot>destroy</on_reboot>\n"
"  <on_crash>destroy</on_crash>\n"
"  <devices>\n"
"    <emulator>/q</emulator>\n"
"    <controller type=\"usb\" model=\"none\"/>\n"
"    <serial type=\"file\">\n"
"      <source path=\"/console.log\"/>\n"
"      <target type=\"isa-serial\" port=\"0\"/>\n"
"    </serial>\n"
"    <memballoon model=\"none\"/>\n"
"    <iommu model=\"intel\">\n"
"      <driver intremap=\"on\" caching_mode=\"on\"/>\n"
"    </iommu>\n"
"  </devices>\n"
"  <qemu:commandline>\n"
"    <qemu:arg value=\"-icount\"/>\n"
"    <qemu:arg value=\"shift=4,sleep=off\"/>\n"
"    <qemu:arg value=\"-seed\"/>\n"
"    <qemu:arg value=\"1\"/>\n"
"    <qemu:arg value=\"-netdev\"/>\n"
"    <qemu:arg value=\"hubport,id=n0,hubid=0\"/>\n"
"    <qemu:arg value=\"-netdev\"/>\n"
"    <qemu:arg value=\"hubport,id=n1,hubid=0\"/>\n"
"    <qemu:arg value=\"-object\"/>\n"
"    <qemu:arg value=\"filter-dump,id=dump0,netdev=n0,file=/net.pcap\"/>\n"
"    <qemu:arg value=\"-device\"/>\n"
"    <qemu:arg value=\"rig-nic,id=nic0,netdev=n0,mac=52:49:47:00:00:10,"
"vectors=3,queues=2,bus=pcie.0,addr=0x8\"/>\n"
"    <qemu:arg value=\"-device\"/>\n"
"    <qemu:arg value=\"rig-reflector,id=peer0,netdev=n1\"/>\n"
"    <qemu:arg value=\"-chardev\"/>\n"
"    <qemu:arg value=\"socket,id=tap,path=/tap\"/>\n"
"    <qemu:arg value=\"-device\"/>\n"
"    <qemu:arg value=\"rig-tap,watch=nic0,chardev=tap,bus=pcie.0,"
"addr=0x9\"/>\n"
"  </qemu:commandline>\n"
"  <qemu:capabilities>\n"
"    <qemu:del capability=\"cpu-unavailable-features\"/>\n"
"  </qemu:capabilities>\n"
"</domain>\n";

START_TEST(xml_is_the_golden_one)
{
    g_autofree char *xml = xml_of("/console.log", "/tap");

    ck_assert_str_eq(xml, golden);
}
END_TEST

#define XPATH_ARG(start) \
    "string(//q:arg[starts-with(@value, '" start "')]/@value)"

/* The string value of an XPath expression. */
static char *evaluate(const char *xml, const char *expression)
{
    xmlDoc *doc = xmlReadMemory(xml, strlen(xml), NULL, NULL, 0);
    xmlXPathContext *c = xmlXPathNewContext(doc);
    xmlXPathObject *o;
    char *value;

    xmlXPathRegisterNs(c, (const xmlChar *)"q",
                       (const xmlChar *)RIG_DOMAIN_QEMU_NS);
    o = xmlXPathEvalExpression((const xmlChar *)expression, c);
    value = (char *)xmlXPathCastToString(o);
    xmlXPathFreeObject(o);
    xmlXPathFreeContext(c);
    xmlFreeDoc(doc);
    return value;
}

START_TEST(paths_cannot_break_out_of_xml_or_of_a_qemu_option)
{
    g_autofree char *xml = xml_of("/a\"><b>&", "/t,id=evil");
    char *console = evaluate(xml, "string(//serial/source/@path)");
    char *socket = evaluate(xml, "string(//q:arg[starts-with(@value, "
                            "'socket,')]/@value)");

    ck_assert_str_eq(console, "/a\"><b>&");
    ck_assert_str_eq(socket, "socket,id=tap,path=/t,,id=evil");
    xmlFree(console);
    xmlFree(socket);
}
END_TEST

START_TEST(virtio_sits_behind_a_port_where_it_can_be_reset)
{
    const RigMachine virtio = { .nic = (char *)"virtio-net-pci",
                                .memory_mib = 512 };
    const RigDomain d = {
        .name = "rig-1", .uuid = "00000000-0000-4000-8000-000000000001",
        .machine = &virtio, .emulator = "/q", .kernel = "/k",
        .initrd = "/i", .cmdline = "", .console = "/c",
        .capture = "/net.pcap", .tap_socket = "/t",
    };
    g_autofree char *xml = rig_domain_xml(&d);
    char *port = evaluate(xml, XPATH_ARG("pcie-root-port,"));
    char *nic = evaluate(xml, XPATH_ARG("virtio-net-pci,"));

    ck_assert_str_eq(port, "pcie-root-port,id=port0,bus=pcie.0,addr=0x8");
    ck_assert_str_eq(nic, "virtio-net-pci,id=nic0,netdev=n0,"
                     "mac=52:49:47:00:00:10,romfile=,ioeventfd=off,tx=timer,"
                     "bus=port0");
    ck_assert_str_eq(rig_plan_device(&virtio), "0000:01:00.0");
    ck_assert_str_eq(rig_plan_device(&machine), "0000:00:08.0");
    xmlFree(port);
    xmlFree(nic);
}
END_TEST

START_TEST(a_second_adapter_is_on_the_same_network_and_watched)
{
    RigMachine two = machine;
    const RigDomain d = {
        .name = "rig-1", .uuid = "00000000-0000-4000-8000-000000000001",
        .machine = &two, .emulator = "/q", .kernel = "/k",
        .initrd = "/i", .cmdline = "", .console = "/c",
        .capture = "/net.pcap", .tap_socket = "/t",
    };
    g_autofree char *xml = NULL;
    char *nic, *tap, *port;

    two.adapters = 2;
    xml = rig_domain_xml(&d);
    nic = evaluate(xml, XPATH_ARG("rig-nic,id=nic1"));
    tap = evaluate(xml, XPATH_ARG("rig-tap,"));
    port = evaluate(xml, XPATH_ARG("hubport,id=n2"));
    ck_assert_str_eq(nic, "rig-nic,id=nic1,netdev=n2,mac=52:49:47:00:00:11,"
                     "vectors=3,queues=2,bus=pcie.0,addr=0xa");
    ck_assert_ptr_nonnull(strstr(tap, "watch=nic0;nic1,"));
    ck_assert_str_eq(port, "hubport,id=n2,hubid=0");
    ck_assert_str_eq(RIG_PLAN_DEVICE_2, "0000:00:0a.0");
    xmlFree(nic);
    xmlFree(tap);
    xmlFree(port);
}
END_TEST

START_TEST(a_vf_is_one_of_an_igb)
{
    const RigMachine vf = { .nic = (char *)"igbvf", .memory_mib = 512 };
    const RigDomain d = {
        .name = "rig-1", .uuid = "00000000-0000-4000-8000-000000000001",
        .machine = &vf, .emulator = "/q", .kernel = "/k", .initrd = "/i",
        .cmdline = "", .console = "/c", .capture = "/net.pcap",
        .tap_socket = "/t",
    };
    g_autofree char *xml = rig_domain_xml(&d);
    char *nic = evaluate(xml, XPATH_ARG("igb,"));

    ck_assert_str_eq(nic, "igb,id=nic0,netdev=n0,mac=52:49:47:00:00:10,"
                     "romfile=,bus=pcie.0,addr=0x8");
    ck_assert_uint_eq(rig_machine_target(&vf), 1);
    ck_assert_uint_eq(rig_machine_target(&machine), 0);
    xmlFree(nic);
}
END_TEST

START_TEST(outside_world_goes_through_the_recording)
{
    RigDomain d = {
        .name = "rig-1", .uuid = "00000000-0000-4000-8000-000000000001",
        .machine = &machine, .emulator = "/q", .kernel = "/k",
        .initrd = "/i", .cmdline = "", .console = "/c",
        .capture = "/net.pcap", .tap_socket = "/t",
        .live = "dgram,x=1", .recording = "/a,b",
    };
    const char *const modes[] = { "shift=4,sleep=off",
                                  "shift=4,rr=record,rrfile=/a,,b",
                                  "shift=4,rr=replay,rrfile=/a,,b" };

    for (int mode = RIG_REPLAY_NONE; mode <= RIG_REPLAY_PLAY; mode++) {
        g_autofree char *xml = NULL;
        char *icount, *live, *port, *filter;

        d.replay = mode;
        xml = rig_domain_xml(&d);
        icount = evaluate(xml, XPATH_ARG("shift="));
        live = evaluate(xml, XPATH_ARG("dgram"));
        port = evaluate(xml, XPATH_ARG("hubport,id=n3"));
        filter = evaluate(xml, XPATH_ARG("filter-replay"));
        ck_assert_str_eq(icount, modes[mode]);
        ck_assert_str_eq(live, "dgram,x=1,id=live0");
        ck_assert_str_eq(port, "hubport,id=n3,hubid=0,netdev=live0");
        ck_assert_str_eq(filter, mode == RIG_REPLAY_NONE ? "" :
                         "filter-replay,id=replay0,netdev=live0");
        xmlFree(icount);
        xmlFree(live);
        xmlFree(port);
        xmlFree(filter);
    }
}
END_TEST

START_TEST(a_warm_machine_has_its_plan_and_its_state_and_sends_no_frames)
{
    const RigDomain d = {
        .name = "n", .uuid = "u", .machine = &machine, .emulator = "/q",
        .kernel = "/k", .initrd = "/i", .cmdline = "", .console = "/c",
        .capture = "/p", .tap_socket = "/t", .plan = "/a,b",
        .incoming = "/state",
    };
    g_autofree char *xml = rig_domain_xml(&d);
    char *plan = evaluate(xml, XPATH_ARG("name=opt/org.rig/plan"));
    char *state = evaluate(xml, XPATH_ARG("file:"));
    char *quiet = evaluate(xml, XPATH_ARG("migration."));

    ck_assert_str_eq(plan, "name=opt/org.rig/plan,file=/a,,b");
    ck_assert_str_eq(state, "file:/state");
    ck_assert_str_eq(quiet, "migration.announce-rounds=0");
    xmlFree(plan);
    xmlFree(state);
    xmlFree(quiet);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("domain");
    TCase *t = tcase_create("domain");

    tcase_add_test(t, xml_is_the_golden_one);
    tcase_add_test(t, a_second_adapter_is_on_the_same_network_and_watched);
    tcase_add_test(t, paths_cannot_break_out_of_xml_or_of_a_qemu_option);
    tcase_add_test(t, a_vf_is_one_of_an_igb);
    tcase_add_test(
        t, a_warm_machine_has_its_plan_and_its_state_and_sends_no_frames);
    tcase_add_test(t, outside_world_goes_through_the_recording);
    tcase_add_test(t, virtio_sits_behind_a_port_where_it_can_be_reset);
    suite_add_tcase(s, t);
    return run_suite(s);
}
