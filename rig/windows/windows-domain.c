/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The virtual machine of a Windows guest as libvirt domain XML.
 *
 * Hyper-V enlightenments and hv-crash need KVM (QEMU, system/i386/hyperv):
 * libvirt has elements for all of them, <panic model="hyperv"/> for the last.
 * pvpanic is there in both of its shapes, for a guest driver that finds one.
 * A panic stops the machine, since Windows tells of it before it writes its
 * dump, and on_crash="preserve" leaves it to rig what comes then.
 */
#include "windows-domain.h"

#include <string.h>

#include "domain.h"
#include "xml-write.h"

/* As many spins as Windows is told to make before it tells the hypervisor:
   the value of QEMU's documentation of hv-spinlocks. */
#define SPINLOCK_RETRIES "8191"

/* The function is behind a port, from which it can be taken. */
#define PORT "pcie-root-port,id=" RIG_WINDOWS_PORT ",bus=pcie.0,addr=0x8," \
             "chassis=1,slot=1"
#define TAP  "rig-tap,id=" RIG_WINDOWS_TAP ",watch=" RIG_WINDOWS_NIC \
             ",chardev=tap,bus=pcie.0,addr=0x9"
#define PANIC "rig-panic,id=panic0,on=" RIG_WINDOWS_NIC ",bus=pcie.0,addr=0xa"
#define PVPANIC "pvpanic-pci,bus=pcie.0,addr=0xb"

/* Locally administered, unicast; as in the machines of the other guests. */
#define NIC_MAC "52:49:47:00:00:10"

static void write_firmware(xmlTextWriter *w, const RigWindowsDomain *d)
{
    if (!d->loader) {
        return;
    }
    rig_xml_begin(w, "loader");
    rig_xml_put(w, "readonly", "yes");
    rig_xml_put(w, "type", "pflash");
    xmlTextWriterWriteString(w, (const xmlChar *)d->loader);
    rig_xml_end(w);
    rig_xml_begin(w, "nvram");
    rig_xml_put(w, "format", "qcow2");
    xmlTextWriterWriteString(w, (const xmlChar *)d->nvram);
    rig_xml_end(w);
}

static void write_boot(xmlTextWriter *w, const RigWindowsDomain *d)
{
    rig_xml_begin(w, "os");
    rig_xml_begin(w, "type");
    rig_xml_put(w, "arch", "x86_64");
    rig_xml_put(w, "machine", "q35");
    xmlTextWriterWriteString(w, (const xmlChar *)"hvm");
    rig_xml_end(w);
    write_firmware(w, d);
    if (d->kernel) {
        rig_xml_text_element(w, "kernel", d->kernel);
        rig_xml_text_element(w, "initrd", d->initrd);
        rig_xml_text_element(w, "cmdline", d->cmdline);
    } else {
        rig_xml_element(w, "boot", "dev", d->boot_cdrom ? "cdrom" : "hd", NULL);
        rig_xml_element(w, "boot", "dev", d->boot_cdrom ? "hd" : "cdrom", NULL);
    }
    rig_xml_end(w);
}

static void write_hyperv(xmlTextWriter *w)
{
    static const char *const on[] = {
        "relaxed", "vapic", "vpindex", "runtime", "synic", "stimer",
        "frequencies",
    };

    rig_xml_begin(w, "hyperv");
    rig_xml_put(w, "mode", "custom");
    for (guint i = 0; i < G_N_ELEMENTS(on); i++) {
        rig_xml_element(w, on[i], "state", "on", NULL);
    }
    rig_xml_element(w, "spinlocks", "state", "on", "retries",
                    SPINLOCK_RETRIES, NULL);
    rig_xml_end(w);
}

static void write_hardware(xmlTextWriter *w, const RigWindowsDomain *d)
{
    g_autofree char *mib = g_strdup_printf("%u", d->machine->memory_mib);
    g_autofree char *cpus = g_strdup_printf("%u", d->cpus);

    rig_xml_begin(w, "memory");
    rig_xml_put(w, "unit", "MiB");
    xmlTextWriterWriteString(w, (const xmlChar *)mib);
    rig_xml_end(w);
    rig_xml_text_element(w, "vcpu", cpus);
    write_boot(w, d);
    rig_xml_begin(w, "features");
    rig_xml_element(w, "acpi", NULL);
    rig_xml_element(w, "apic", NULL);
    if (d->kvm) {
        write_hyperv(w);
    }
    rig_xml_element(w, "vmcoreinfo", "state", "on", NULL);
    rig_xml_end(w);
    rig_xml_element(w, "cpu", "mode",
                    d->kvm ? "host-passthrough" : "maximum", NULL);
}

static void write_clock(xmlTextWriter *w, const RigWindowsDomain *d)
{
    rig_xml_begin(w, "clock");
    rig_xml_put(w, "offset", "localtime");
    rig_xml_element(w, "timer", "name", "rtc", "tickpolicy", "catchup", NULL);
    rig_xml_element(w, "timer", "name", "pit", "tickpolicy", "delay", NULL);
    rig_xml_element(w, "timer", "name", "hpet", "present", "no", NULL);
    if (d->kvm) {
        rig_xml_element(w, "timer", "name", "hypervclock", "present",
                        "yes", NULL);
    }
    rig_xml_end(w);
    rig_xml_text_element(w, "on_poweroff", "destroy");
    rig_xml_text_element(w, "on_reboot", "restart");
    rig_xml_text_element(w, "on_crash", "preserve");
    rig_xml_begin(w, "pm"); /* power steps sleep in S3 */
    rig_xml_element(w, "suspend-to-mem", "enabled", "yes", NULL);
    rig_xml_element(w, "suspend-to-disk", "enabled", "no", NULL);
    rig_xml_end(w);
}

static void write_disk(xmlTextWriter *w, const char *device,
                       const char *format, const char *file, unsigned unit)
{
    g_autofree char *target = g_strdup_printf("sd%c", 'a' + unit);

    rig_xml_begin(w, "disk");
    rig_xml_put(w, "type", "file");
    rig_xml_put(w, "device", device);
    rig_xml_element(w, "driver", "name", "qemu", "type", format, NULL);
    rig_xml_element(w, "source", "file", file, NULL);
    rig_xml_element(w, "target", "dev", target, "bus", "sata", NULL);
    if (strcmp(device, "cdrom") == 0) {
        rig_xml_element(w, "readonly", NULL);
    }
    rig_xml_end(w);
}

static void write_com(xmlTextWriter *w, const char *type, const char *mode,
                      const char *path, const char *port)
{
    rig_xml_begin(w, "serial");
    rig_xml_put(w, "type", type);
    if (mode) {
        rig_xml_element(w, "source", "mode", mode, "path", path, NULL);
    } else {
        rig_xml_element(w, "source", "path", path, NULL);
    }
    rig_xml_element(w, "target", "type", "isa-serial", "port", port, NULL);
    rig_xml_end(w);
}

static void write_devices(xmlTextWriter *w, const RigWindowsDomain *d)
{
    unsigned unit = 0;

    rig_xml_begin(w, "devices");
    rig_xml_text_element(w, "emulator", d->emulator);
    if (d->disk) {
        write_disk(w, "disk", "qcow2", d->disk, unit++);
    }
    for (guint i = 0; d->cdroms && d->cdroms[i]; i++) {
        write_disk(w, "cdrom", "raw", d->cdroms[i], unit++);
    }
    rig_xml_element(w, "controller", "type", "usb", "model", "none", NULL);
    write_com(w, "unix", "bind", d->agent_socket, "0");
    if (d->debug_log) {
        write_com(w, "file", NULL, d->debug_log, "1");
    }
    rig_xml_begin(w, "video");
    rig_xml_element(w, "model", "type", "vga", NULL);
    rig_xml_end(w);
    rig_xml_element(w, "memballoon", "model", "none", NULL);
    rig_xml_element(w, "panic", "model", "isa", NULL);
    if (d->kvm) {
        rig_xml_element(w, "panic", "model", "hyperv", NULL);
    }
    rig_xml_end(w);
}

static void arg(xmlTextWriter *w, const char *option, char *value)
{
    rig_xml_element(w, "qemu:arg", "value", option, NULL);
    rig_xml_element(w, "qemu:arg", "value", value, NULL);
    g_free(value);
}

/* A comma in a QEMU option value is written twice. */
static char *qemu_path(const char *path)
{
    g_auto(GStrv) parts = g_strsplit(path, ",", -1);

    return g_strjoinv(",,", parts);
}

char *rig_windows_nic(const RigMachine *m)
{
    GString *s = g_string_new(rig_machine_is_vf(m) ? "igb" : m->nic);

    g_string_append(s, ",id=" RIG_WINDOWS_NIC ",netdev=" RIG_WINDOWS_NETDEV
                    ",mac=" NIC_MAC);
    if (strcmp(m->nic, RIG_NIC_MODEL) != 0) {
        g_string_append(s, ",romfile=");
    }
    if (m->vectors) {
        g_string_append_printf(s, ",vectors=%u", m->vectors);
    }
    if (m->queues) {
        g_string_append_printf(s, ",queues=%u", m->queues);
    }
    g_string_append(s, ",bus=" RIG_WINDOWS_PORT);
    return g_string_free(s, FALSE);
}

/* The function under test, its peer, and the tap. */
static void write_function(xmlTextWriter *w, const RigWindowsDomain *d)
{
    g_autofree char *capture = qemu_path(d->capture);
    g_autofree char *socket = qemu_path(d->tap_socket);

    arg(w, "-netdev", g_strdup("hubport,id=" RIG_WINDOWS_NETDEV ",hubid=0"));
    arg(w, "-netdev", g_strdup("hubport,id=n1,hubid=0"));
    arg(w, "-object", g_strdup_printf("filter-dump,id=dump0,netdev="
                                      RIG_WINDOWS_NETDEV ",file=%s", capture));
    arg(w, "-device", g_strdup(PORT));
    arg(w, "-device", rig_windows_nic(d->machine));
    arg(w, "-device", g_strdup("rig-reflector,id=peer0,netdev=n1"));
    arg(w, "-chardev", g_strdup_printf("socket,id=tap,path=%s", socket));
    arg(w, "-device", g_strdup(TAP));
    if (d->panic) {
        arg(w, "-device", g_strdup_printf(PANIC "%s%s", *d->panic ? "," : "",
                                          d->panic));
    }
}

static void write_qemu_args(xmlTextWriter *w, const RigWindowsDomain *d)
{
    rig_xml_begin(w, "qemu:commandline");
    arg(w, "-action", g_strdup("panic=pause"));
    arg(w, "-device", g_strdup(PVPANIC));
    if (d->tap_socket) {
        write_function(w, d);
    }
    rig_xml_end(w);
    rig_xml_begin(w, "qemu:capabilities"); /* why: domain.c */
    rig_xml_element(w, "qemu:del", "capability",
                    "cpu-unavailable-features", NULL);
    rig_xml_end(w);
}

char *rig_windows_domain_xml(const RigWindowsDomain *d)
{
    xmlBuffer *buffer = xmlBufferCreate();
    xmlTextWriter *w = xmlNewTextWriterMemory(buffer, 0);
    char *xml;

    xmlTextWriterSetIndent(w, 1);
    xmlTextWriterSetIndentString(w, (const xmlChar *)"  ");
    rig_xml_begin(w, "domain");
    rig_xml_put(w, "type", d->kvm ? "kvm" : "qemu");
    rig_xml_put(w, "xmlns:qemu", RIG_DOMAIN_QEMU_NS);
    rig_xml_text_element(w, "name", d->name);
    rig_xml_text_element(w, "uuid", d->uuid);
    write_hardware(w, d);
    write_clock(w, d);
    write_devices(w, d);
    write_qemu_args(w, d);
    rig_xml_end(w);
    xmlTextWriterEndDocument(w);
    xmlFreeTextWriter(w);
    xml = g_strdup((const char *)buffer->content);
    xmlBufferFree(buffer);
    return xml;
}
