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

/* Event of the first finding; else the last one of the bundle's stream. */
uint64_t rig_stopped_event(const RigManifest *m);

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
 * The commands for gdb: connect to QEMU at @socket, load the symbols, break
 * where the driver registers and releases its interrupts, by its call sites
 * in the bundle's stream up to rig_stopped_event(). To be freed.
 */
char *rig_stopped_script(const RigBundle *b, const RigPaths *paths,
                         const char *socket);

/*
 * Run gdb ($GDB, else "gdb") with the script @file in the foreground until it
 * ends; with @commands (NULL: none) it does those and ends by itself. The main
 * loop of this thread runs meanwhile. FALSE with @error: it did not start or
 * failed.
 */
gboolean rig_stopped_debug(const char *file, char *const *commands,
                           GError **error);

#endif
