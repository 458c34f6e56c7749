/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Test support: the header of a crash dump, by WinDumpHeader64. */
#ifndef RIG_DUMP_BUILDER_H
#define RIG_DUMP_BUILDER_H

#include "minidump.h"

/* A header of one processor, x64, small, with this bug check. */
void rig_build_dump(guint8 dump[RIG_MINIDUMP_HEADER], guint32 code,
                    guint64 parameter1);

void rig_put32(guint8 *at, guint32 value);

#endif
