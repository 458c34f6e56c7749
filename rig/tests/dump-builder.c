/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Test support: the header of a crash dump. */
#include "tests/dump-builder.h"

#include <string.h>

void rig_put32(guint8 *at, guint32 value)
{
    value = GUINT32_TO_LE(value);
    memcpy(at, &value, sizeof(value));
}

void rig_build_dump(guint8 dump[RIG_MINIDUMP_HEADER], guint32 code,
                    guint64 parameter1)
{
    memset(dump, 0, RIG_MINIDUMP_HEADER);
    memcpy(dump, "PAGEDU64", 8);
    rig_put32(dump + 0x30, 0x8664);
    rig_put32(dump + 0x34, 1);
    rig_put32(dump + 0x38, code);
    rig_put32(dump + 0x40, (guint32)parameter1);
    rig_put32(dump + 0x44, parameter1 >> 32);
    rig_put32(dump + 0xf98, 4);
}
