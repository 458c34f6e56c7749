/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The header of a Windows crash dump. */
#include "minidump.h"

#include <string.h>

#define SIGNATURE    "PAGEDU64" /* Signature, ValidDump */
#define SIGNATURE_32 "PAGEDUMP"

/* Offsets in WinDumpHeader64. */
#define MACHINE    0x30u  /* MachineImageType, u32 */
#define PROCESSORS 0x34u  /* NumberProcessors, u32 */
#define CODE       0x38u  /* BugcheckCode, u32 */
#define PARAMETER  0x40u  /* BugcheckParameter1 to 4, u64 each */
#define DUMP_TYPE  0xf98u /* DumpType, u32 */

#define MACHINE_X64    0x8664u /* PE format: IMAGE_FILE_MACHINE_AMD64 */
#define PROCESSORS_MAX 2048u   /* more than any Windows has */

/* DUMP_TYPE_* of wdbgexts.h and dbgeng.h. */
static const struct {
    uint32_t type;
    const char *name;
} kinds[] = {
    { 1, "complete" }, { 2, "kernel" }, { 4, "small" },
    { 5, "complete" }, { 6, "kernel" }, { 7, "active" },
};

static uint32_t get32(const guint8 *p, gsize at)
{
    uint32_t v;

    memcpy(&v, p + at, sizeof(v));
    return GUINT32_FROM_LE(v);
}

static uint64_t get64(const guint8 *p, gsize at)
{
    uint64_t v;

    memcpy(&v, p + at, sizeof(v));
    return GUINT64_FROM_LE(v);
}

static const char *kind_of(uint32_t type)
{
    for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
        if (kinds[i].type == type) {
            return kinds[i].name;
        }
    }
    return NULL;
}

/* What is wrong with it, or NULL. */
static const char *fault(const guint8 *p, gsize length)
{
    if (length < strlen(SIGNATURE)) {
        return "it is too short for a signature";
    }
    if (memcmp(p, SIGNATURE_32, strlen(SIGNATURE_32)) == 0) {
        return "it is one of 32-bit Windows";
    }
    if (memcmp(p, SIGNATURE, strlen(SIGNATURE)) != 0) {
        return "its signature is not PAGEDU64";
    }
    if (length < RIG_MINIDUMP_HEADER) {
        return "its header is cut off";
    }
    if (get32(p, MACHINE) != MACHINE_X64) {
        return "its machine is not x64";
    }
    if (get32(p, PROCESSORS) - 1 >= PROCESSORS_MAX) {
        return "its number of processors cannot be";
    }
    if (!kind_of(get32(p, DUMP_TYPE))) {
        return "its type is none that Windows writes when it stops";
    }
    return get32(p, CODE) ? NULL : "it has no bug check code";
}

gboolean rig_minidump_parse(const void *bytes, gsize length, RigMinidump *d,
                            GError **error)
{
    const guint8 *p = bytes;
    const char *wrong = fault(p, length);

    memset(d, 0, sizeof(*d));
    if (wrong) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                    "no crash dump that can be read: %s", wrong);
        return FALSE;
    }
    d->kind = kind_of(get32(p, DUMP_TYPE));
    d->processors = get32(p, PROCESSORS);
    d->bugcheck.known = TRUE;
    d->bugcheck.code = get32(p, CODE);
    for (unsigned i = 0; i < RIG_BUGCHECK_PARAMETERS; i++) {
        d->bugcheck.parameter[i] = get64(p, PARAMETER + 8 * i);
    }
    return TRUE;
}
