/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A machine that stopped at the event that violates: its memory as a file, and
 * gdb on it with the driver's symbols.
 */
#ifndef RIG_STOPPED_H
#define RIG_STOPPED_H

#include <glib.h>
#include <libvirt/libvirt.h>

#include "bundle.h"

/* Where a machine is looked at. */
typedef struct RigStop {
    uint64_t event;      /* behind this one */
    uint64_t from;       /* behind which it was saved, so that it can go back
                            as far as there; 0: it cannot go back */
} RigStop;

/* Event of the first finding; else the last one of the bundle's stream. */
uint64_t rig_stopped_event(const RigManifest *m);

/*
 * Where the machine is to be saved for going back from @event: behind the
 * beginning of the cycle, of the plan where there is none. @event itself if
 * there is neither.
 */
uint64_t rig_stopped_from(const char *events, uint64_t event);

/*
 * Where the NDIS host maps the driver: pe.h, unless it has no relocations.
 * *offset is what has to be added to the addresses in the file, *size is that
 * of the image in memory, in bytes. FALSE: it is no PE image.
 */
gboolean rig_stopped_driver(const char *sys, uint64_t *base,
                            uint64_t *offset, uint32_t *size);

/*
 * Write the guest's memory to @dir/memory.elf, an ELF core by guest-physical
 * address, and to driver-pages.txt where the driver's pages are in it: of the
 * process that runs, which is the driver's when it just wrote a marker. FALSE
 * with @error.
 */
gboolean rig_stopped_dump(virDomainPtr domain, const RigBundle *b,
                          const char *dir, GError **error);

/*
 * The commands for gdb: connect to QEMU at @socket, load the symbols, go on to
 * @stop->event if the machine stands at @stop->from, break where the driver
 * registers and releases its interrupts, by its call sites in the bundle's
 * stream up to there or the verdict, and, disabled, at the boundary. To be
 * freed.
 */
char *rig_stopped_script(const RigBundle *b, const RigPaths *paths,
                         const char *socket, const RigStop *stop);

/*
 * Run gdb ($GDB, else "gdb") with the script @file in the foreground until it
 * ends; with @commands (NULL: none) it does those and ends by itself. The main
 * loop of this thread runs meanwhile. FALSE with @error: it did not start or
 * failed.
 */
gboolean rig_stopped_debug(const char *file, char *const *commands,
                           GError **error);

#endif
