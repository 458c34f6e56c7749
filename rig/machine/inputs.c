/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What decides a run. */
#include "inputs.h"

#include <gio/gio.h>
#include <string.h>

#include "domain.h"

struct RigHashes {
    const RigPaths *paths;
    gboolean guests[RIG_GUESTS];
    char *qemu, *kernel[RIG_GUESTS], *initramfs[RIG_GUESTS];
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

static gpointer hash_all(gpointer opaque)
{
    RigHashes *h = opaque;

    h->qemu = hash_one(h->paths->qemu, TRUE);
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
    return what == RIG_HASH_QEMU ? h->qemu :
           what == RIG_HASH_KERNEL ? h->kernel[guest] : h->initramfs[guest];
}

void rig_hashes_free(RigHashes *h)
{
    if (h) {
        rig_hashes_get(h, RIG_HASH_QEMU, RIG_GUEST_NDIS);
        g_free(h->qemu);
        for (int i = 0; i < RIG_GUESTS; i++) {
            g_free(h->kernel[i]);
            g_free(h->initramfs[i]);
        }
        g_free(h);
    }
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

    return rig_domain_xml(&d);
}

char *rig_inputs_text(RigHashes *h, const RigMachine *machine,
                      const char *cmdline, GBytes *plan)
{
    g_autofree char *domain = neutral_domain(machine, cmdline);
    g_autofree char *domain_hash = g_compute_checksum_for_string(
        G_CHECKSUM_SHA256, domain, -1);
    g_autofree char *plan_hash = g_compute_checksum_for_bytes(
        G_CHECKSUM_SHA256, plan);

    return g_strdup_printf("qemu %s\nkernel %s\ninitramfs %s\n"
                           "plan %s\ndomain %s\n",
                           rig_hashes_get(h, RIG_HASH_QEMU, machine->guest),
                           rig_hashes_get(h, RIG_HASH_KERNEL, machine->guest),
                           rig_hashes_get(h, RIG_HASH_INITRAMFS,
                                          machine->guest),
                           plan_hash, domain_hash);
}
