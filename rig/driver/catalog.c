/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The catalogue of a driver package.
 *
 * A catalogue is a certificate trust list in a PKCS #7 envelope: a list of
 * hashes, each with attributes. Its ASN.1 is not published as such; names of
 * object identifiers and structures are those of wincrypt.h, mscat.h and
 * wintrust.h, the hash is that of "Windows Authenticode Portable Executable
 * Signature Format", and the values below are those of catalogues in use.
 */
#include "catalog.h"

#include <gio/gio.h>
#include <string.h>

#include "der.h"
#include "pe-file.h"
#include "read-file.h"

#define FILE_MAX (64u << 20)

#define OID_SIGNED_DATA   "1.2.840.113549.1.7.2"
#define OID_SHA256        "2.16.840.1.101.3.4.2.1"
#define OID_CTL           "1.3.6.1.4.1.311.10.1"
#define OID_CATALOG_LIST  "1.3.6.1.4.1.311.12.1.1"
#define OID_LIST_MEMBER2  "1.3.6.1.4.1.311.12.1.3"
#define OID_NAME_VALUE    "1.3.6.1.4.1.311.12.2.1"
#define OID_MEMBER_INFO2  "1.3.6.1.4.1.311.12.2.3"
#define OID_INDIRECT_DATA "1.3.6.1.4.1.311.2.1.4"
#define OID_PE_IMAGE_DATA "1.3.6.1.4.1.311.2.1.15"
#define OID_CAB_DATA      "1.3.6.1.4.1.311.2.1.25" /* any flat file */

/* CRYPTCAT_ATTR_AUTHENTICATED | _NAMEASCII | _DATAASCII */
#define NAME_VALUE_FLAGS 0x10010001u

/* What Inf2Cat writes for Windows 10 and Server, x64. */
#define OS_ATTRIBUTE "2:10.0"
#define OS_LIST      "_v100_X64"

static GByteArray *algorithm(void)
{
    return rig_der_of(DER_SEQUENCE, rig_der_oid(OID_SHA256), rig_der_null(),
                      NULL);
}

static GByteArray *name_value(const char *name, const char *value)
{
    return rig_der_of(DER_SEQUENCE, rig_der_bmp(name),
                      rig_der_uint(NAME_VALUE_FLAGS), rig_der_wide(value),
                      NULL);
}

/* { type, SET { value } } */
static GByteArray *attribute(const char *oid, GByteArray *value)
{
    return rig_der_of(DER_SEQUENCE, rig_der_oid(oid),
                      rig_der_of(DER_SET, value, NULL), NULL);
}

/* { id, OCTET STRING of value } */
static GByteArray *extension(const char *name, const char *text)
{
    g_autoptr(GByteArray) value = name_value(name, text);

    return rig_der_of(DER_SEQUENCE, rig_der_oid(OID_NAME_VALUE),
                      rig_der_octets(value->data, value->len), NULL);
}

/* --- members ------------------------------------------------------------- */

gboolean rig_authenticode_hash(const uint8_t *file, size_t size,
                               uint8_t digest[32])
{
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
    static const uint8_t zero[8];
    size_t checksum, dir, end;
    gsize n = 32;
    RigPeFile pe;

    if (!rig_pe_file(&pe, "", file, size, NULL) ||
        pe.n_dirs <= PE_DIR_SECURITY) {
        return FALSE;
    }
    checksum = pe.opt + PE_OPT_CHECKSUM;
    dir = pe.opt + PE_OPT_DIRECTORIES + 8 * PE_DIR_SECURITY;
    end = pe.security_size ? pe.security : size;
    if (end > size || end < dir + 8) {
        return FALSE;
    }
    g_checksum_update(sum, file, (gssize)checksum);
    g_checksum_update(sum, file + checksum + 4, (gssize)(dir - checksum - 4));
    g_checksum_update(sum, file + dir + 8, (gssize)(end - dir - 8));
    g_checksum_update(sum, zero, (gssize)(-end & 7)); /* as signing pads it */
    g_checksum_get_digest(sum, digest, &n);
    return TRUE;
}

static void plain_hash(const uint8_t *file, size_t size, uint8_t digest[32])
{
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
    gsize n = 32;

    g_checksum_update(sum, file, (gssize)size);
    g_checksum_get_digest(sum, digest, &n);
}

/* SpcLink with an empty file name: [2] { [0] "" } */
static GByteArray *no_file(void)
{
    return rig_der_of(DER_CONTEXT(2), rig_der_value(0x80, NULL, 0), NULL);
}

/* What kind of file was hashed. */
static GByteArray *hashed_kind(gboolean pe)
{
    static const uint8_t flags[] = { 5, 0xa0 }; /* 101: resources, IAT */

    return !pe ? rig_der_of(DER_SEQUENCE, rig_der_oid(OID_CAB_DATA), no_file(),
                            NULL) :
        rig_der_of(DER_SEQUENCE, rig_der_oid(OID_PE_IMAGE_DATA),
                   rig_der_of(DER_SEQUENCE,
                              rig_der_value(0x03, flags, sizeof(flags)),
                              rig_der_of(DER_CONTEXT(0), no_file(), NULL),
                              NULL), NULL);
}

static GByteArray *member(const char *name, const uint8_t *file, size_t size)
{
    uint8_t digest[32];
    gboolean pe = rig_authenticode_hash(file, size, digest);
    GByteArray *indirect, *kind;

    if (!pe) {
        plain_hash(file, size, digest);
    }
    kind = rig_der_value(pe ? 0x80 : 0x82, NULL, 0);
    indirect = rig_der_of(DER_SEQUENCE, hashed_kind(pe),
                          rig_der_of(DER_SEQUENCE, algorithm(),
                                     rig_der_octets(digest, sizeof(digest)),
                                     NULL), NULL);
    return rig_der_of(DER_SEQUENCE, rig_der_octets(digest, sizeof(digest)),
                      rig_der_of(DER_SET, attribute(OID_MEMBER_INFO2, kind),
                                 attribute(OID_NAME_VALUE,
                                           name_value("File", name)),
                                 attribute(OID_NAME_VALUE,
                                           name_value("OSAttr", OS_ATTRIBUTE)),
                                 attribute(OID_INDIRECT_DATA, indirect),
                                 NULL), NULL);
}

static gboolean add_member(GPtrArray *members, const char *path,
                           GError **error)
{
    g_autofree char *base = g_path_get_basename(path);
    g_autofree char *name = g_ascii_strdown(base, -1);
    g_autofree char *file = NULL;
    gsize size;

    if (!rig_read_file(path, FILE_MAX, &file, &size, error)) {
        g_prefix_error(error, "%s: ", path);
        return FALSE;
    }
    g_ptr_array_add(members, member(name, (const uint8_t *)file, size));
    return TRUE;
}

/* Windows looks a hash up by halves. */
static int by_digest(gconstpointer x, gconstpointer y)
{
    const GByteArray *a = *(GByteArray *const *)x;
    const GByteArray *b = *(GByteArray *const *)y;

    /* SEQUENCE with a length of two or three bytes, OCTET STRING, 32 bytes */
    return memcmp(a->data + (a->data[1] == 0x81 ? 5 : 6),
                  b->data + (b->data[1] == 0x81 ? 5 : 6), 32);
}

/* --- the list ------------------------------------------------------------ */

static GByteArray *extensions(const char *const *hardware_ids)
{
    g_autoptr(GPtrArray) list = rig_der_list_new();

    g_ptr_array_add(list, extension("OS", OS_LIST));
    for (unsigned i = 0; hardware_ids && hardware_ids[i]; i++) {
        g_autofree char *name = g_strdup_printf("HWID%u", i + 1);
        g_autofree char *id = g_ascii_strdown(hardware_ids[i], -1);

        g_ptr_array_add(list, extension(name, id));
    }
    return rig_der_of(DER_CONTEXT(0), rig_der_list(DER_SEQUENCE, list), NULL);
}

/* The list's name: any 16 bytes of its own. */
static GByteArray *identifier(const GByteArray *members)
{
    uint8_t digest[32];

    plain_hash(members->data, members->len, digest);
    return rig_der_octets(digest, 16);
}

GBytes *rig_catalog(const char *const *files, const char *const *hardware_ids,
                    int64_t seconds, GError **error)
{
    g_autoptr(GPtrArray) list = rig_der_list_new();
    GByteArray *members, *id, *ctl, *data;

    for (unsigned i = 0; files[i]; i++) {
        if (!add_member(list, files[i], error)) {
            return NULL;
        }
    }
    g_ptr_array_sort(list, by_digest);
    members = rig_der_list(DER_SEQUENCE, list);
    id = identifier(members);
    ctl = rig_der_of(DER_SEQUENCE,
                     rig_der_of(DER_SEQUENCE, rig_der_oid(OID_CATALOG_LIST),
                                NULL),
                     id, rig_der_utc(seconds),
                     rig_der_of(DER_SEQUENCE, rig_der_oid(OID_LIST_MEMBER2),
                                rig_der_null(), NULL),
                     members, extensions(hardware_ids), NULL);
    data = rig_der_of(DER_SEQUENCE, rig_der_uint(1),
                      rig_der_of(DER_SET, NULL),
                      rig_der_of(DER_SEQUENCE, rig_der_oid(OID_CTL),
                                 rig_der_of(DER_CONTEXT(0), ctl, NULL), NULL),
                      rig_der_of(DER_SET, NULL), NULL);
    data = rig_der_of(DER_SEQUENCE, rig_der_oid(OID_SIGNED_DATA),
                      rig_der_of(DER_CONTEXT(0), data, NULL), NULL);
    return g_byte_array_free_to_bytes(data);
}
