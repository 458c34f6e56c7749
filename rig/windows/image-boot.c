/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An image booted on its own, without a scenario. */
#include "image-boot.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <libvirt/libvirt.h>

#include "agent-link.h"
#include "image-import.h"
#include "kvm.h"
#include "loop.h"
#include "virt.h"
#include "windows-machine.h"

/* One machine; the root is this process's for life. */
typedef struct Boot {
    const RigImageBoot *b;
    RigRoot *root;
    virConnectPtr conn;
    virDomainPtr domain;
    RigWindowsMachine *machine;
    GMutex lock;
    GCond stopped;
    gboolean off;
} Boot;

static int on_lifecycle(virConnectPtr conn, virDomainPtr domain, int event,
                        int detail, void *opaque)
{
    Boot *m = opaque;

    (void)conn;
    (void)domain;
    (void)detail;
    if (event == VIR_DOMAIN_EVENT_STOPPED) {
        g_mutex_lock(&m->lock);
        m->off = TRUE;
        g_cond_broadcast(&m->stopped);
        g_mutex_unlock(&m->lock);
    }
    return 0;
}

static char *make_xml(const Boot *m, const RigMachine *machine)
{
    g_autofree char *disk = rig_image_file(m->b->image, RIG_IMAGE_DISK);
    g_autofree char *nvram = rig_image_file(m->b->image, RIG_IMAGE_NVRAM);
    RigWindowsDomain d = {
        .name = "rig-image",
        .uuid = "00000000-0000-4000-8000-000000000000",
        .emulator = m->b->paths->qemu,
    };

    rig_windows_machine_domain(m->machine, machine, &d);
    d.cdroms = m->b->cdroms;
    d.boot_cdrom = m->b->boot_cdrom;
    d.panic = NULL;
    if (m->b->write) {
        d.disk = disk;
        d.nvram = m->b->image->uefi ? nvram : NULL;
    }
    return rig_windows_domain_xml(&d);
}

static gboolean start(Boot *m, GError **error)
{
    const RigImage *i = m->b->image;
    const RigMachine machine = { .memory_mib = i->memory_mib,
                                 .guest = RIG_GUEST_WINDOWS };
    g_autofree char *images = g_path_get_dirname(i->dir);
    g_autofree char *xml = NULL;

    g_mutex_init(&m->lock);
    g_cond_init(&m->stopped);
    m->root = rig_root_open(NULL, error);
    m->machine = m->root ? rig_windows_machine_new(images, i->name, NULL,
                                                   m->b->paths,
                                                   m->root->path,
                                                   m->root->path, error)
                         : NULL;
    m->conn = m->machine ? rig_virt_open_root(m->root, error) : NULL;
    if (!m->conn) {
        return FALSE;
    }
    virConnectDomainEventRegisterAny(m->conn, NULL,
                                     VIR_DOMAIN_EVENT_ID_LIFECYCLE,
                                     VIR_DOMAIN_EVENT_CALLBACK(on_lifecycle),
                                     m, NULL);
    xml = make_xml(m, &machine);
    m->domain = virDomainCreateXML(m->conn, xml, 0);
    if (!m->domain) {
        g_autofree char *why = rig_virt_error();

        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED,
                    "QEMU did not start: %s", why);
        return FALSE;
    }
    return TRUE;
}

static void stop(Boot *m)
{
    if (m->domain) {
        virDomainDestroy(m->domain);
        virDomainFree(m->domain);
    }
    rig_windows_machine_free(m->machine);
    rig_virt_close(m->conn);
    g_clear_pointer(&m->root, rig_root_close);
}

gboolean rig_image_boot_until_off(const RigImageBoot *b, GError **error)
{
    Boot m = { .b = b };
    gint64 until = g_get_monotonic_time() + b->limit_s * G_USEC_PER_SEC;
    gboolean off = FALSE;

    if (start(&m, error)) {
        g_mutex_lock(&m.lock);
        while (!m.off && g_cond_wait_until(&m.stopped, &m.lock, until)) {
        }
        off = m.off;
        g_mutex_unlock(&m.lock);
        if (!off) {
            g_set_error(error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT, "Windows did "
                        "not shut down within %u minutes", b->limit_s / 60);
        }
    }
    stop(&m);
    return off;
}

gboolean rig_image_boot_and_ask(const RigImageBoot *b,
                                gboolean (*ask)(RigAgent *agent, void *opaque,
                                                GError **error),
                                void *opaque, GError **error)
{
    Boot m = { .b = b };
    gboolean ok = FALSE;

    if (start(&m, error)) {
        int fd = rig_agent_open(m.machine->agent_socket, error);
        g_autoptr(RigAgent) agent = fd < 0 ? NULL : rig_agent_new(fd, NULL);

        ok = agent && rig_agent_hello(agent, b->limit_s * 1000ull, error) &&
             ask(agent, opaque, error);
    }
    stop(&m);
    return ok;
}
