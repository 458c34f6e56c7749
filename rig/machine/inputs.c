/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What decides a run. */
#include "inputs.h"

#include <gio/gio.h>
#include <string.h>

#include "domain.h"
#include "windows-domain.h"

struct RigHashes {
    const RigPaths *paths;
    gboolean guests[RIG_GUESTS];
    char *rig, *qemu, *firmware;
    char *kernel[RIG_GUESTS], *initramfs[RIG_GUESTS];
    GThread *thread;     /* NULL once joined */
    gint ready;
};

char *rig_sha256_file(const char *path, GError **error)
{
    g_autoptr(GMappedFile) file = g_mapped_file_new(path, FALSE, error);

    if (!file) {
        return NULL;
    }
    return g_compute_checksum_for_data(
        G_CHECKSUM_SHA256, (const guchar *)g_mapped_file_get_contents(file),
        g_mapped_file_get_length(file));
}

static char *hash_one(const char *file, gboolean needed)
{
    char *sha256 = needed ? rig_sha256_file(file, NULL) : NULL;

    return sha256 ? sha256 : g_strdup("unreadable");
}

static char *hash_text(const char *text)
{
    return g_compute_checksum_for_string(G_CHECKSUM_SHA256, text, -1);
}

/*
 * What QEMU 10.0 loads for a q35 that boots a kernel (pc_memory_init() and
 * x86_load_linux()): it comes from the packages of the host.
 */
const char *const rig_firmware_files[RIG_FIRMWARE_FILES] = {
    "seabios/bios-256k.bin", "qemu/kvmvapic.bin", "qemu/linuxboot_dma.bin",
    "qemu/pvh.bin",
};

static char *hash_firmware(const RigPaths *paths)
{
    const char *const *files = rig_firmware_files;
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 0; i < RIG_FIRMWARE_FILES; i++) {
        g_autofree char *path = paths->firmware
                                ? g_build_filename(paths->firmware, files[i],
                                                   NULL) : NULL;
        g_autofree char *sha256 = hash_one(path, path != NULL);

        g_string_append_printf(text, "%s %s\n", files[i], sha256);
    }
    return hash_text(text->str);
}

static gpointer hash_all(gpointer opaque)
{
    RigHashes *h = opaque;

    h->qemu = hash_one(h->paths->qemu, TRUE);
    h->firmware = hash_firmware(h->paths);
    h->rig = hash_one("/proc/self/exe", TRUE);
    for (int i = 0; i < RIG_GUESTS; i++) {
        const RigGuestFiles *files = &h->paths->guest[i];

        h->kernel[i] = hash_one(files->kernel, h->guests[i]);
        h->initramfs[i] = hash_one(files->initramfs, h->guests[i]);
    }
    g_atomic_int_set(&h->ready, 1);
    return NULL;
}

RigHashes *rig_hashes_start(const RigPaths *paths,
                            const gboolean guests[RIG_GUESTS])
{
    RigHashes *h = g_new0(RigHashes, 1);

    h->paths = paths;
    memcpy(h->guests, guests, sizeof(h->guests));
    h->thread = g_thread_new("sha256", hash_all, h);
    return h;
}

gboolean rig_hashes_ready(const RigHashes *h)
{
    return g_atomic_int_get(&h->ready);
}

const char *rig_hashes_get(RigHashes *h, enum rig_hash_of what,
                           RigGuest guest)
{
    if (h->thread) {
        g_thread_join(g_steal_pointer(&h->thread));
    }
    if (guest >= RIG_GUESTS &&
        (what == RIG_HASH_KERNEL || what == RIG_HASH_INITRAMFS)) {
        return "windows"; /* its image says what it is */
    }
    return what == RIG_HASH_RIG ? h->rig : what == RIG_HASH_QEMU ? h->qemu :
           what == RIG_HASH_FIRMWARE ? h->firmware :
           what == RIG_HASH_KERNEL ? h->kernel[guest] : h->initramfs[guest];
}

void rig_hashes_free(RigHashes *h)
{
    if (h) {
        rig_hashes_get(h, RIG_HASH_QEMU, RIG_GUEST_NDIS);
        g_free(h->rig);
        g_free(h->qemu);
        g_free(h->firmware);
        for (int i = 0; i < RIG_GUESTS; i++) {
            g_free(h->kernel[i]);
            g_free(h->initramfs[i]);
        }
        g_free(h);
    }
}

/* The same for a Windows guest; whether under KVM is the host's. */
static char *neutral_windows(const RigMachine *machine)
{
    const RigWindowsDomain d = {
        .name = machine->image,
        .uuid = "",
        .machine = machine,
        .emulator = "qemu",
        .cpus = 1,
        .disk = "disk",
        .agent_socket = "agent",
        .capture = "net.pcap",
        .tap_socket = "tap",
    };

    return rig_windows_domain_xml(&d);
}

/* The domain with names instead of paths. */
static char *neutral_domain(const RigMachine *machine, const char *cmdline)
{
    const RigDomain d = {
        .name = "rig",
        .uuid = "",
        .machine = machine,
        .emulator = "qemu",
        .kernel = "kernel",
        .initrd = "initrd",
        .cmdline = cmdline,
        .console = "console.log",
        .capture = "net.pcap",
        .tap_socket = "tap",
    };

    if (machine->guest == RIG_GUEST_WINDOWS) {
        return neutral_windows(machine);
    }
    return rig_domain_xml(&d);
}

char *rig_inputs_text(RigHashes *h, const RigMachine *machine,
                      const char *cmdline, GBytes *plan)
{
    g_autofree char *domain = neutral_domain(machine, cmdline);
    g_autofree char *domain_hash = hash_text(domain);
    g_autofree char *plan_hash = g_compute_checksum_for_bytes(
        G_CHECKSUM_SHA256, plan);

    return g_strdup_printf("qemu %s\nfirmware %s\nkernel %s\n"
                           "initramfs %s\nplan %s\ndomain %s\n",
                           rig_hashes_get(h, RIG_HASH_QEMU, machine->guest),
                           rig_hashes_get(h, RIG_HASH_FIRMWARE,
                                          machine->guest),
                           rig_hashes_get(h, RIG_HASH_KERNEL, machine->guest),
                           rig_hashes_get(h, RIG_HASH_INITRAMFS,
                                          machine->guest),
                           plan_hash, domain_hash);
}

/* --- of one scenario ------------------------------------------------------ */

static char *hash_rules(const RigScenario *s)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 0; i < s->rules->len; i++) {
        const RigRuleRef *r = s->rules->pdata[i];
        g_autofree char *sha256 = hash_one(r->file, TRUE);

        g_string_append_printf(text, "%s %s\n", r->name, sha256);
    }
    return hash_text(text->str);
}

void rig_inputs_of_scenario(RigHashes *h, const RigScenario *s,
                            const char *cmdline, RigScenarioInputs *out)
{
    RigGuest guest = s->machine.guest;
    g_autofree char *domain = neutral_domain(&s->machine, cmdline);
    g_autofree char *domain_hash = hash_text(domain);
    g_autofree char *driver = hash_one(s->sys, s->sys != NULL);
    g_autofree char *all = NULL;

    out->scenario = s->text ? hash_text(s->text)
                            : rig_sha256_file(s->file, NULL);
    out->rules = hash_rules(s);
    out->inf = s->inf ? rig_sha256_file(s->inf, NULL) : NULL;
    all = g_strdup_printf("rig %s\nqemu %s\nfirmware %s\nkernel %s\n"
                          "initramfs %s\ndomain %s\nscenario %s\n"
                          "rules %s\ndriver %s\ninf %s\n",
                          rig_hashes_get(h, RIG_HASH_RIG, guest),
                          rig_hashes_get(h, RIG_HASH_QEMU, guest),
                          rig_hashes_get(h, RIG_HASH_FIRMWARE, guest),
                          rig_hashes_get(h, RIG_HASH_KERNEL, guest),
                          rig_hashes_get(h, RIG_HASH_INITRAMFS, guest),
                          domain_hash, out->scenario ? out->scenario : "",
                          out->rules, driver,
                          out->inf ? out->inf : "none");
    out->all = hash_text(all);
}
