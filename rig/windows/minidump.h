/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The header of a Windows crash dump, of any kind: minidump or MEMORY.DMP. */
#ifndef RIG_MINIDUMP_H
#define RIG_MINIDUMP_H

#include <gio/gio.h>

#include "bugcheck.h"

/* Of the file, bytes; all that is looked at. */
#define RIG_MINIDUMP_HEADER 0x2000u

typedef struct RigMinidump {
    RigBugcheck bugcheck;  /* known */
    const char *kind;      /* "complete", "kernel", "small", ...; static */
    unsigned processors;   /* 1.. */
} RigMinidump;

/*
 * What is in the first @length bytes of a dump of 64-bit Windows on x64
 * (WinDumpHeader64 of QEMU's win_dump_defs.h, which names the fields). FALSE
 * with @error, which says what is wrong with it: @d is zeroed then.
 */
gboolean rig_minidump_parse(const void *bytes, gsize length, RigMinidump *d,
                            GError **error);

#endif
