/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The connection to libvirt and the thread that runs its event loop. */
#include "virt.h"

#include <gio/gio.h>
#include <libvirt/virterror.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

/*
 * The embedded driver talks to QEMU from this loop, so it must turn while any
 * other thread is inside a libvirt call, and for the life of the process. It
 * is GLib's default main context: loop.h.
 */
static gpointer event_loop(gpointer unused)
{
    while (virEventRunDefaultImpl() == 0) {
    }
    return unused;
}

static void be_silent(void *opaque, virErrorPtr e)
{
    (void)opaque;
    (void)e;
}

char *rig_virt_error(void)
{
    virErrorPtr e = virGetLastError();
    char *text = g_strdup(e && e->message ? e->message : "unknown error");

    g_strdelimit(text, "\n", ' ');
    return g_strstrip(text);
}

char *rig_virt_version(void)
{
    unsigned long v = 0;

    virGetVersion(&v, NULL, NULL);
    return g_strdup_printf("%lu.%lu.%lu", v / 1000000, v / 1000 % 1000,
                           v % 1000);
}

/* What a user can do about the usual causes. */
static const char *advice(const char *uri)
{
    if (!strstr(uri, "/embed")) {
        return "check the URI with \"virsh -c URI list\"";
    }
    if (geteuid() == 0 && !getpwnam("libvirt-qemu")) {
        return "install libvirt-daemon-system, which makes the user "
               "libvirt-qemu";
    }
    if (geteuid() == 0 && access("/run", W_OK) != 0) {
        return "make /run writable, where libvirt keeps state as root, or run "
               "rig as another user";
    }
    return "\"rig doctor\" checks what it needs";
}

virConnectPtr rig_virt_open(const char *uri, const char *log, GError **error)
{
    g_autofree char *outputs = g_strdup_printf("3:file:%s", log);
    virConnectPtr conn;

    g_setenv("LIBVIRT_LOG_OUTPUTS", outputs, FALSE);
    virSetErrorFunc(NULL, be_silent);
    if (virInitialize() < 0 || virEventRegisterDefaultImpl() < 0) {
        g_autofree char *why = rig_virt_error();

        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED,
                    "libvirt cannot be initialized: %s", why);
        return NULL;
    }
    g_thread_unref(g_thread_new("libvirt-events", event_loop, NULL));
    conn = virConnectOpen(uri);
    if (!conn) {
        g_autofree char *why = rig_virt_error();

        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED,
                    "libvirt cannot open %s: %s; %s", uri, why, advice(uri));
    }
    return conn;
}

virConnectPtr rig_virt_open_root(const RigRoot *root, GError **error)
{
    static const char *const directories[] = {
        "XDG_RUNTIME_DIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME",
        "XDG_DATA_HOME",
    };
    g_autofree char *uri = rig_root_uri(root);
    g_autofree char *log = g_build_filename(root->path, "libvirt.log", NULL);

    for (guint i = 0; i < G_N_ELEMENTS(directories); i++) {
        g_setenv(directories[i], root->path, TRUE);
    }
    return rig_virt_open(uri, log, error);
}

void rig_virt_close(virConnectPtr conn)
{
    if (conn) {
        virConnectClose(conn);
    }
}
