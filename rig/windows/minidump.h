/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The bug check in the header of a Windows dump, of any kind. */
#ifndef RIG_MINIDUMP_H
#define RIG_MINIDUMP_H

#include <gio/gio.h>

#include "bugcheck.h"

/* As much of the file as is looked at, bytes. */
#define RIG_MINIDUMP_HEADER 0x60u

/*
 * Code and parameters of a 64-bit dump (WinDumpHeader64 of QEMU's
 * win_dump_defs.h), from its first @length bytes. FALSE: it is none.
 */
gboolean rig_minidump_parse(const void *bytes, gsize length, RigBugcheck *b);

#endif
