/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The bug check in the header of a Windows dump. */
#include "minidump.h"

#include <string.h>

#define SIGNATURE "PAGEDU64"
#define CODE      0x38u /* u32 */
#define PARAMETER 0x40u /* u64 each */

gboolean rig_minidump_parse(const void *bytes, gsize length, RigBugcheck *b)
{
    const char *p = bytes;
    uint32_t code;
    uint64_t parameter;

    memset(b, 0, sizeof(*b));
    if (length < RIG_MINIDUMP_HEADER ||
        memcmp(p, SIGNATURE, strlen(SIGNATURE)) != 0) {
        return FALSE;
    }
    memcpy(&code, p + CODE, sizeof(code));
    b->code = GUINT32_FROM_LE(code);
    for (unsigned i = 0; i < RIG_BUGCHECK_PARAMETERS; i++) {
        memcpy(&parameter, p + PARAMETER + 8 * i, sizeof(parameter));
        b->parameter[i] = GUINT64_FROM_LE(parameter);
    }
    b->known = b->code != 0;
    return TRUE;
}
