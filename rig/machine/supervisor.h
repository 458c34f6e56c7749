/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whatever happens to rig, no QEMU outlives it. */
#ifndef RIG_SUPERVISOR_H
#define RIG_SUPERVISOR_H

#include <glib.h>

/*
 * Run @work(@opaque) in a child process and return its exit status. Call it
 * while the process has one thread. Signals that ask to stop are passed on to
 * the child, which gets RIG_STOP_SECONDS to end.
 *
 * The caller becomes a subreaper: QEMU, which libvirt turns into a daemon,
 * becomes its child and is reaped at once when it ends. When the worker dies,
 * by whatever cause, every QEMU that it left is killed; when the caller dies,
 * the worker gets SIGTERM and stops in an orderly way. A worker that was
 * killed counts as @killed_status, one that a signal asked to stop before it
 * could listen to it as RIG_EXIT_INTERRUPTED.
 */
int rig_supervise(int (*work)(void *opaque), void *opaque, int killed_status);

#define RIG_STOP_SECONDS 15

/*
 * Kill every QEMU whose arguments name a path below @directory and wait until
 * it is gone, at most five seconds. Only for directories that no living rig
 * uses. Returns the number of processes killed.
 */
unsigned rig_kill_qemu_of(const char *directory);

#endif
