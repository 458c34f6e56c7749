/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libFuzzer target: an agent's list of dumps, and the header of one. */
#include <string.h>

#include "guest-dump.h"
#include "protocol/fields.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void list(const uint8_t *data, size_t size)
{
    struct fields fields;
    const char *why;

    if (fields_read(&fields, data, size, &why)) {
        g_autoptr(GPtrArray) all = rig_guest_dumps_read(&fields);
        const RigGuestDump *d = rig_guest_dump_of_bugcheck(NULL, all);

        if ((all->len == 0) != (d == NULL) ||
            rig_guest_dump_of_bugcheck(all, all)) {
            __builtin_trap(); /* an old one, or none where there is one */
        }
    }
}

/* Short inputs are a header's fields, the rest is zeroes. */
static void header(const uint8_t *data, size_t size)
{
    static guint8 dump[RIG_MINIDUMP_HEADER];
    g_autoptr(GError) error = NULL;
    RigMinidump d;
    gsize length = sizeof(dump);

    memset(dump, 0, sizeof(dump));
    memcpy(dump, "PAGEDU64", 8);
    if (size > 0x60) {
        memcpy(dump + 0xf98, data + 0x60, MIN(size - 0x60, 4));
        length -= data[size - 1] == 0xff;
    }
    memcpy(dump + 8 * (size % 2), data, MIN(size, 0x58));
    if (rig_minidump_parse(dump, length, &d, &error)) {
        g_free(rig_bugcheck_text(&d.bugcheck, size % 2));
        if (!d.kind || !d.processors || !d.bugcheck.known || error) {
            __builtin_trap();
        }
    } else if (!error || d.bugcheck.known) {
        __builtin_trap();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    RigMinidump d;

    list(data, size);
    header(data, size);
    rig_minidump_parse(data, size, &d, NULL);
    return 0;
}
