/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The virtual machine as libvirt domain XML.
 *
 * A q35 with one vCPU under TCG, made deterministic: virtual time is counted
 * in instructions (-icount), starts at a fixed date and does not follow the
 * host, and QEMU's random numbers come from a seed. libvirt does not know
 * rig-nic and rig-tap, so they are raw QEMU arguments at fixed PCI slots.
 */
#include "domain.h"

#include <string.h>

#include "include/plan.h"
#include "plan.h"
#include "xml-write.h"

/* 2026-01-01 00:00:00 UTC: the date at power-on, in every run. */
#define POWER_ON "1767225600"

/* One instruction takes 2^4 ns; idle time is skipped, not slept. */
#define TB_CACHE_MIB "64"
#define ICOUNT "shift=4"
#define ICOUNT_FREE ",sleep=off"

/*
 * A virtio device in step with the processor, so that runs are reproducible:
 * queues are served when they are notified, not by QEMU's main loop whenever
 * it comes to it, and frames are sent by a timer of virtual time.
 */
#define VIRTIO_IN_STEP ",ioeventfd=off,tx=timer"

/*
 * A replay that goes backwards restores snapshots, with the lock of the replay
 * held. kvmvapic, which is of no use to these guests, then waits for the
 * processor's thread, and that for the lock: QEMU 10.0 stands still.
 */
#define NO_VAPIC "apic.vapic=off"

/* Locally administered, unicast, the QEMU default prefix's neighbour. */
#define NIC_MAC "52:49:47:00:00:1%u"

/*
 * Every cycle is a new process with code at new physical pages, so without a
 * limit QEMU's translations grow with each (to 1 GiB, its default).
 */
static void write_translation_cache(xmlTextWriter *w)
{
    rig_xml_begin(w, "tcg");
    rig_xml_begin(w, "tb-cache");
    rig_xml_put(w, "unit", "MiB");
    xmlTextWriterWriteString(w, (const xmlChar *)TB_CACHE_MIB);
    rig_xml_end(w);
    rig_xml_end(w);
}

static void write_hardware(xmlTextWriter *w, const RigDomain *d)
{
    g_autofree char *mib = g_strdup_printf("%u", d->machine->memory_mib);

    rig_xml_begin(w, "memory");
    rig_xml_put(w, "unit", "MiB");
    xmlTextWriterWriteString(w, (const xmlChar *)mib);
    rig_xml_end(w);
    rig_xml_text_element(w, "vcpu", "1");
    rig_xml_begin(w, "os");
    rig_xml_begin(w, "type");
    rig_xml_put(w, "arch", "x86_64");
    rig_xml_put(w, "machine", "q35");
    xmlTextWriterWriteString(w, (const xmlChar *)"hvm");
    rig_xml_end(w);
    rig_xml_text_element(w, "kernel", d->kernel);
    rig_xml_text_element(w, "initrd", d->initrd);
    rig_xml_text_element(w, "cmdline", d->cmdline);
    rig_xml_end(w);
    rig_xml_begin(w, "features");
    rig_xml_begin(w, "acpi");
    rig_xml_end(w);
    rig_xml_begin(w, "apic");
    rig_xml_end(w);
    /* Interrupt remapping needs it. */
    rig_xml_element(w, "ioapic", "driver", "qemu", NULL);
    write_translation_cache(w);
    rig_xml_end(w);
}

static void write_clock(xmlTextWriter *w)
{
    rig_xml_begin(w, "clock");
    rig_xml_put(w, "offset", "absolute");
    rig_xml_put(w, "start", POWER_ON);
    rig_xml_element(w, "timer", "name", "rtc", "track", "guest", NULL);
    rig_xml_end(w);
    rig_xml_text_element(w, "on_poweroff", "destroy");
    rig_xml_text_element(w, "on_reboot", "destroy");
    rig_xml_text_element(w, "on_crash", "destroy");
}

static void write_devices(xmlTextWriter *w, const RigDomain *d)
{
    rig_xml_begin(w, "devices");
    rig_xml_text_element(w, "emulator", d->emulator);
    rig_xml_element(w, "controller", "type", "usb", "model", "none", NULL);
    rig_xml_begin(w, "serial");
    rig_xml_put(w, "type", "file");
    rig_xml_element(w, "source", "path", d->console, NULL);
    rig_xml_element(w, "target", "type", "isa-serial", "port", "0", NULL);
    rig_xml_end(w);
    rig_xml_element(w, "memballoon", "model", "none", NULL);
    rig_xml_begin(w, "iommu");
    rig_xml_put(w, "model", "intel");
    rig_xml_element(w, "driver", "intremap", "on", "caching_mode", "on", NULL);
    rig_xml_end(w);
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

/*
 * The function under test, or its twin. Only rig-nic has sizes to choose; the others have
 * an option ROM to boot from the network, which nobody here does. A virtio
 * device goes past the IOMMU (iommu_platform is off by default), because
 * drivers for Windows before 10 cannot do otherwise.
 */
static char *nic_device(const RigMachine *m, unsigned number)
{
    GString *text = g_string_new(rig_machine_is_vf(m) ? "igb" : m->nic);

    g_string_append_printf(text, ",id=nic%u,netdev=%s,mac=" NIC_MAC, number,
                           number ? "n2" : "n0", number);
    if (strcmp(m->nic, RIG_NIC_MODEL) != 0) {
        g_string_append(text, ",romfile=");
    }
    if (m->vectors) {
        g_string_append_printf(text, ",vectors=%u", m->vectors);
    }
    if (m->queues) {
        g_string_append_printf(text, ",queues=%u", m->queues);
    }
    if (rig_machine_needs_port(m)) {
        g_string_append(text, VIRTIO_IN_STEP ",bus=port0");
    } else {
        g_string_append_printf(text, ",bus=pcie.0,addr=0x%x",
                               number ? RIG_NIC_2_SLOT : RIG_NIC_SLOT);
    }
    return g_string_free(text, FALSE);
}

/*
 * Recording and replay sleep through idle time as a clock on the wall does:
 * so that outside input has a time at which it comes.
 */
static char *icount(const RigDomain *d)
{
    g_autofree char *file = d->recording ? qemu_path(d->recording) : NULL;

    return d->replay == RIG_REPLAY_NONE
           ? g_strdup(ICOUNT ICOUNT_FREE)
           : g_strdup_printf(ICOUNT ",rr=%s,rrfile=%s",
                             d->replay == RIG_REPLAY_RECORD ? "record"
                                                            : "replay", file);
}

/*
 * The outside world, on a port of the hub. What comes from it goes through
 * filter-replay into the recording, and out of it in a replay.
 */
static void write_live(xmlTextWriter *w, const RigDomain *d)
{
    if (!d->live) {
        return;
    }
    arg(w, "-netdev", g_strdup_printf("%s,id=live0", d->live));
    arg(w, "-netdev", g_strdup("hubport,id=n3,hubid=0,netdev=live0"));
    if (d->replay != RIG_REPLAY_NONE) {
        arg(w, "-object", g_strdup("filter-replay,id=replay0,netdev=live0"));
    }
}

static char *tap_device(const RigDomain *d)
{
    GString *text = g_string_new("rig-tap,watch=");

    g_string_append_printf(text, "%s,chardev=tap,bus=pcie.0,addr=0x%x",
                           d->machine->adapters > 1 ? "nic0;nic1" : "nic0",
                           RIG_TAP_SLOT);
    if (d->scratch) { /* so that it can be talked to */
        g_string_append(text, ",id=" RIG_DOMAIN_TAP_ID);
    }
    if (d->stop_at) {
        g_string_append_printf(text, ",stop-at=%" G_GUINT64_FORMAT,
                               d->stop_at);
    }
    return g_string_free(text, FALSE);
}

/*
 * A hub joins the NICs and the reflector, which sends every frame back from
 * inside this QEMU, so traffic is as deterministic as the rest. The capture
 * sits on the first NIC's port of the hub and sees all frames of both.
 */
static void write_qemu_args(xmlTextWriter *w, const RigDomain *d)
{
    gboolean two = d->machine->adapters > 1;
    g_autofree char *capture = qemu_path(d->capture);
    g_autofree char *socket = qemu_path(d->tap_socket);

    rig_xml_begin(w, "qemu:commandline");
    arg(w, "-icount", icount(d));
    if (d->replay != RIG_REPLAY_NONE) {
        arg(w, "-global", g_strdup(NO_VAPIC));
    }
    arg(w, "-seed", g_strdup_printf("%u", d->machine->random_seed
                                    ? d->machine->random_seed
                                    : RIG_DOMAIN_SEED));
    arg(w, "-netdev", g_strdup("hubport,id=n0,hubid=0"));
    arg(w, "-netdev", g_strdup("hubport,id=n1,hubid=0"));
    if (two) {
        arg(w, "-netdev", g_strdup("hubport,id=n2,hubid=0"));
    }
    write_live(w, d);
    arg(w, "-object", g_strdup_printf("filter-dump,id=dump0,netdev=n0,"
                                      "file=%s", capture));
    if (rig_machine_needs_port(d->machine)) {
        arg(w, "-device", g_strdup_printf("pcie-root-port,id=port0,bus=pcie.0,"
                                          "addr=0x%x", RIG_NIC_SLOT));
    }
    arg(w, "-device", nic_device(d->machine, 0));
    if (two) {
        arg(w, "-device", nic_device(d->machine, 1));
    }
    arg(w, "-device", g_strdup("rig-reflector,id=peer0,netdev=n1"));
    if (d->hmp) {
        g_autofree char *hmp = qemu_path(d->hmp);

        arg(w, "-chardev", g_strdup_printf("socket,id=hmp,path=%s,server=on,"
                                           "wait=off", hmp));
        arg(w, "-mon", g_strdup("chardev=hmp,mode=readline"));
    }
    arg(w, "-chardev", g_strdup_printf("socket,id=tap,path=%s", socket));
    arg(w, "-device", tap_device(d));
    if (d->plan) {
        g_autofree char *plan = qemu_path(d->plan);

        arg(w, "-fw_cfg", g_strdup_printf("name=" PLAN_FW_CFG ",file=%s",
                                          plan));
    }
    if (d->incoming) {
        /* No frames on the network that say where the machine is now. */
        arg(w, "-global", g_strdup("migration.announce-rounds=0"));
        arg(w, "-incoming", g_strdup_printf("file:%s", d->incoming));
    }
    if (d->scratch) {
        g_autofree char *scratch = qemu_path(d->scratch);

        /* No device of the guest's: QEMU only keeps snapshots there. */
        arg(w, "-drive", g_strdup_printf("if=none,id=scratch0,format=qcow2,"
                                         "file=%s", scratch));
    }
    if (d->gdb) {
        g_autofree char *gdb = qemu_path(d->gdb);

        arg(w, "-gdb", g_strdup_printf("unix:%s,server=on,wait=off", gdb));
    }
    rig_xml_end(w);
}

/*
 * With this capability libvirt asks QEMU for some 370 CPU features one by one
 * at every start (half a second); without it, for all in one question.
 */
static void write_capabilities(xmlTextWriter *w)
{
    rig_xml_begin(w, "qemu:capabilities");
    rig_xml_element(w, "qemu:del", "capability",
                    "cpu-unavailable-features", NULL);
    rig_xml_end(w);
}

char *rig_domain_uuid(unsigned number)
{
    return g_strdup_printf("00000000-0000-4000-8000-%012u", number);
}

char *rig_domain_xml(const RigDomain *d)
{
    xmlBuffer *buffer = xmlBufferCreate();
    xmlTextWriter *w = xmlNewTextWriterMemory(buffer, 0);
    char *xml;

    xmlTextWriterSetIndent(w, 1);
    xmlTextWriterSetIndentString(w, (const xmlChar *)"  ");
    rig_xml_begin(w, "domain");
    rig_xml_put(w, "type", "qemu");
    rig_xml_put(w, "xmlns:qemu", RIG_DOMAIN_QEMU_NS);
    rig_xml_text_element(w, "name", d->name);
    rig_xml_text_element(w, "uuid", d->uuid);
    write_hardware(w, d);
    write_clock(w);
    write_devices(w, d);
    write_qemu_args(w, d);
    write_capabilities(w);
    rig_xml_end(w);
    xmlTextWriterEndDocument(w);
    xmlFreeTextWriter(w);
    xml = g_strdup((const char *)buffer->content);
    xmlBufferFree(buffer);
    return xml;
}
