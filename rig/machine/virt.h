/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The connection to libvirt and the thread that runs its event loop. */
#ifndef RIG_VIRT_H
#define RIG_VIRT_H

#include <glib.h>
#include <libvirt/libvirt.h>

#include "root.h"

/*
 * Open @uri. Once per process: libvirt's embedded driver takes one root for
 * life. Messages of the library go to @log instead of standard error. NULL
 * with @error, which says what to do, on failure.
 */
virConnectPtr rig_virt_open(const char *uri, const char *log, GError **error);
/*
 * The same with the embedded driver in @root, where all of libvirt's files
 * then are: not to root alone, it looks at the XDG directories, too.
 */
virConnectPtr rig_virt_open_root(const RigRoot *root, GError **error);
void rig_virt_close(virConnectPtr conn);

/* The last libvirt error of this thread as one line, to be freed. */
char *rig_virt_error(void);

/* "9.0.0" from libvirt's number, to be freed. */
char *rig_virt_version(void);

#endif
