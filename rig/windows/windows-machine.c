/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A Windows machine of a run: its image's overlay, its domain, its runner. */
#include "windows-machine.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <stdio.h>

#include "image-import.h"
#include "kvm.h"

/* Seconds for the Linux of the tests, on a machine that is very busy. */
#define STAND_IN_BOOT 300u

/* A copy of the snapshot that is kept, if there is one that fits. */
static gboolean take_snapshot(RigWindowsMachine *w)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *why = NULL;

    switch (rig_image_snapshot_state(w->snapshot, &why)) {
    case RIG_SNAPSHOT_GOOD:
        if (rig_image_snapshot_take(w->snapshot, w->overlay, w->nvram,
                                    &error)) {
            return TRUE;
        }
        why = g_strdup(error->message);
        break;
    case RIG_SNAPSHOT_NONE:
        return FALSE;
    case RIG_SNAPSHOT_STALE:
        break;
    }
    fprintf(stderr, "rig: image %s: its snapshot %s is not used: %s; the "
            "guest boots, and a new one is kept\n", w->image->name,
            w->snapshot->name, why);
    return FALSE;
}

void rig_windows_machine_keep(void *machine)
{
    RigWindowsMachine *w = machine;
    g_autoptr(GError) error = NULL;

    if (!rig_image_snapshot_keep(w->snapshot, w->overlay, w->nvram, &error)) {
        fprintf(stderr, "rig: image %s: no snapshot is kept: %s\n",
                w->image->name, error->message);
    }
}

static gboolean make_disks(RigWindowsMachine *w, GError **error)
{
    g_autofree char *disk = rig_image_file(w->image, RIG_IMAGE_DISK);
    g_autofree char *nvram = rig_image_file(w->image, RIG_IMAGE_NVRAM);

    w->overlay = g_build_filename(w->runtime, "disk.qcow2", NULL);
    w->nvram = w->image->uefi ? g_build_filename(w->runtime, "nvram.qcow2",
                                                 NULL) : NULL;
    g_unlink(w->overlay);
    if (w->nvram) {
        g_unlink(w->nvram);
    }
    w->restored = w->snapshot && take_snapshot(w);
    if (w->restored) {
        return TRUE;
    }
    if (!rig_image_create_disk(w->overlay, disk, 0, error)) {
        return FALSE;
    }
    return !w->nvram || rig_image_create_disk(w->nvram, nvram, 0, error);
}

RigWindowsMachine *rig_windows_machine_new(const char *images,
                                           const char *name,
                                           const RigMachine *machine,
                                           const RigPaths *paths,
                                           const char *runtime,
                                           const char *dir, GError **error)
{
    g_autoptr(RigWindowsMachine) w = g_new0(RigWindowsMachine, 1);
    g_autofree char *profile = NULL;

    w->image = rig_image_load(images, name, paths, error);
    if (!w->image) {
        return NULL;
    }
    profile = rig_image_file(w->image, RIG_IMAGE_PROFILE);
    w->profile = rig_profile_read(profile, paths, NULL);
    w->runtime = g_strdup(runtime);
    w->agent_socket = g_build_filename(runtime, "agent", NULL);
    w->debug_log = g_build_filename(dir, "com2.log", NULL);
    w->kvm = !w->image->stand_in && rig_kvm_usable(paths, NULL);
    if (machine) {
        w->snapshot = rig_image_snapshot_new(w->image, paths, machine, w->kvm,
                                             error);
        if (!w->snapshot) {
            return NULL;
        }
    }
    return make_disks(w, error) ? g_steal_pointer(&w) : NULL;
}

void rig_windows_machine_domain(const RigWindowsMachine *w,
                                const RigMachine *machine,
                                RigWindowsDomain *d)
{
    const RigImage *i = w->image;

    d->machine = machine;
    d->kvm = w->kvm;
    d->cpus = i->cpus;
    d->disk = w->overlay;
    d->loader = i->uefi ? RIG_OVMF_CODE : NULL;
    d->nvram = w->nvram;
    d->agent_socket = w->agent_socket;
    d->debug_log = w->debug_log;
    if (i->stand_in) {
        d->kernel = i->kernel;
        d->initrd = i->initrd;
        d->cmdline = i->cmdline;
        d->panic = i->panic;
    }
}

unsigned rig_windows_machine_boot_seconds(const RigWindowsMachine *w)
{
    return w->image->stand_in ? STAND_IN_BOOT :
           w->kvm ? RIG_WINDOWS_BOOT_KVM : RIG_WINDOWS_BOOT_TCG;
}

void rig_windows_machine_free(RigWindowsMachine *w)
{
    if (!w) {
        return;
    }
    rig_windows_runner_free(w->runner);
    if (w->overlay) {
        g_unlink(w->overlay);
    }
    if (w->nvram) {
        g_unlink(w->nvram);
    }
    rig_image_snapshot_free(w->snapshot);
    rig_image_free(w->image);
    rig_profile_free(w->profile);
    g_free(w->runtime);
    g_free(w->overlay);
    g_free(w->nvram);
    g_free(w->agent_socket);
    g_free(w->debug_log);
    g_free(w);
}

gboolean rig_windows_settle(RigScenario *s, const char *images,
                            const RigPaths *paths, char **why)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(RigImage) i = rig_image_load(images, s->machine.image, paths,
                                           &error);
    g_autoptr(RigProfileFile) p = NULL;
    g_autofree char *file = NULL;

    if (!i) {
        *why = g_strdup(error->message);
        return FALSE;
    }
    if (i->state == RIG_IMAGE_NEW) {
        *why = g_strdup_printf("Windows is not installed in image \"%s\"; "
                               "\"rig image prepare %s\" does that", i->name,
                               i->name);
        return FALSE;
    }
    if (!s->machine.memory_mib) {
        s->machine.memory_mib = i->memory_mib;
    }
    file = rig_image_file(i, RIG_IMAGE_PROFILE);
    p = rig_profile_read(file, paths, NULL);
    s->machine.profile = p ? p->profile : RIG_MSIX_AT_START;
    s->machine.stops = p && p->calibration->stops_halt == RIG_YES &&
                       p->calibration->stops_init == RIG_YES;
    g_free(s->machine.calibration);
    s->machine.calibration = p ? g_strdup_printf("%s, calibrated %s%s%s",
                                                 p->guest, p->made,
                                                 p->release ? " on " : "",
                                                 p->release ? p->release : "")
                               : NULL;
    return TRUE;
}
