/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cpio archives in the "newc" format. */
#include "cpio.h"

#include <string.h>
#include <sys/stat.h>

#define TRAILER "TRAILER!!!"

static void pad4(GByteArray *bytes)
{
    static const uint8_t zero[4];

    g_byte_array_append(bytes, zero, -bytes->len & 3);
}

static void entry(RigCpio *cpio, const char *name, uint32_t mode,
                  const void *data, size_t size)
{
    /* Magic, then thirteen fields of eight hexadecimal digits. */
    g_autofree char *header = g_strdup_printf(
        "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X",
        mode ? ++cpio->entries : 0,        /* inode number */
        mode, 0, 0,                        /* mode, uid, gid */
        mode && S_ISDIR(mode) ? 2 : 1,     /* links */
        0, (unsigned)size, 0, 0, 0, 0,     /* mtime, size, devices */
        (unsigned)strlen(name) + 1, 0);    /* with its NUL; check, unused */

    g_assert(size <= UINT32_MAX);
    g_byte_array_append(cpio->bytes, (const uint8_t *)header, strlen(header));
    g_byte_array_append(cpio->bytes, (const uint8_t *)name, strlen(name) + 1);
    pad4(cpio->bytes);
    if (size) {
        g_byte_array_append(cpio->bytes, data, size);
        pad4(cpio->bytes);
    }
}

void rig_cpio_init(RigCpio *cpio)
{
    cpio->bytes = g_byte_array_new();
    cpio->entries = 0;
}

void rig_cpio_directory(RigCpio *cpio, const char *name)
{
    entry(cpio, name, S_IFDIR | 0755, NULL, 0);
}

void rig_cpio_file(RigCpio *cpio, const char *name, const void *data,
                   size_t size)
{
    entry(cpio, name, S_IFREG | 0644, data, size);
}

GBytes *rig_cpio_finish(RigCpio *cpio)
{
    entry(cpio, TRAILER, 0, NULL, 0);
    return g_byte_array_free_to_bytes(g_steal_pointer(&cpio->bytes));
}
