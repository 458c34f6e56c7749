/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The record in an instrumented image, and the way back.
 *
 * It is at the end of its section: a fixed head, the headers of the original
 * and what was cut off its end, certificates for the most part. All between
 * those two is still in the file as it was.
 */
#include "instrument-record.h"

#include <gio/gio.h>
#include <string.h>

#include "instrument.h"

#define MAGIC        "RIGUNDO1"
#define DIGEST_BYTES 32u

/* Little-endian, at the very end of the section. */
typedef struct RecordHead {
    uint8_t magic[8];
    uint8_t size[4];     /* of the original, bytes */
    uint8_t headers[4];  /* bytes of headers, in front of this head ... */
    uint8_t tail[4];     /* ... and of the cut-off end, in front of those */
    uint8_t reserved[4];
    uint8_t digest[DIGEST_BYTES]; /* SHA-256 of the original */
} RecordHead;

static void digest_of(const uint8_t *data, size_t size,
                      uint8_t digest[DIGEST_BYTES])
{
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
    gsize n = DIGEST_BYTES;

    g_checksum_update(sum, data, (gssize)size);
    g_checksum_get_digest(sum, digest, &n);
}

void rig_instrument_record_append(GByteArray *section, const RigPeFile *pe)
{
    RecordHead head;
    size_t kept = pe->security_size ? pe->security : pe->size;
    size_t headers = pe->sections + (pe->n_sections + 1) * PE_SECTION_SIZE;

    memset(&head, 0, sizeof(head));
    memcpy(head.magic, MAGIC, sizeof(head.magic));
    rig_pe_put32(head.size, (uint32_t)pe->size);
    rig_pe_put32(head.headers, (uint32_t)headers);
    rig_pe_put32(head.tail, (uint32_t)(pe->size - kept));
    digest_of(pe->data, pe->size, head.digest);
    g_byte_array_append(section, pe->data + kept, pe->size - kept);
    g_byte_array_append(section, pe->data, headers);
    g_byte_array_append(section, (const uint8_t *)&head, sizeof(head));
}

static GBytes *refuse(GError **error, const char *name, const char *what)
{
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s %s", name,
                what);
    return NULL;
}

/*
 * The contents of the section, up to its size in memory; NULL: none. Ours is
 * the last one: another of that name was in the original.
 */
static const uint8_t *find_section(const RigPeFile *pe, size_t *size)
{
    for (unsigned i = pe->n_sections; i > 0; i--) {
        RigPeSection s;

        rig_pe_file_section(pe, i - 1, &s);
        if (strcmp(s.name, RIG_INSTRUMENT_SECTION) == 0 &&
            s.vsize <= s.raw_size && s.vsize >= sizeof(RecordHead)) {
            *size = s.vsize;
            return pe->data + s.raw;
        }
    }
    return NULL;
}

GBytes *rig_instrument_undo(const char *name, const uint8_t *file, size_t size,
                            GError **error)
{
    uint8_t digest[DIGEST_BYTES];
    const uint8_t *section, *at;
    uint32_t whole, headers, tail;
    g_autofree uint8_t *out = NULL;
    RecordHead head;
    RigPeFile pe;
    size_t n;

    if (!rig_pe_file(&pe, name, file, size, error)) {
        return NULL;
    }
    section = find_section(&pe, &n);
    if (section) {
        memcpy(&head, section + n - sizeof(head), sizeof(head));
    }
    if (!section || memcmp(head.magic, MAGIC, sizeof(head.magic))) {
        return refuse(error, name, "is not instrumented: there is nothing to "
                      "undo");
    }
    whole = rig_pe_get32(head.size);
    headers = rig_pe_get32(head.headers);
    tail = rig_pe_get32(head.tail);
    if ((uint64_t)headers + tail > n - sizeof(head) || headers > whole ||
        tail > whole - headers || whole - tail > size) {
        return refuse(error, name, "has a damaged record of its original; "
                      "take the original from where it came");
    }
    at = section + n - sizeof(head) - headers;
    out = g_malloc(whole);
    memcpy(out, file, whole - tail);
    memcpy(out, at, headers);
    memcpy(out + whole - tail, at - tail, tail);
    digest_of(out, whole, digest);
    if (memcmp(digest, head.digest, sizeof(digest))) {
        return refuse(error, name, "has been changed since it was "
                      "instrumented: what comes out is not the original; take "
                      "that from where it came");
    }
    return g_bytes_new_take(g_steal_pointer(&out), whole);
}
