/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writing ASN.1 in DER (ITU-T X.690): each function gives one value, and those
 * that contain others take them over.
 */
#ifndef RIG_DER_H
#define RIG_DER_H

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

/* Tags of constructed values; DER_CONTEXT(n) is [n]. */
#define DER_SEQUENCE   0x30u
#define DER_SET        0x31u
#define DER_CONTEXT(n) (0xa0u | (n))

/* A primitive value. */
GByteArray *rig_der_value(uint8_t tag, const void *bytes, size_t size);
/* A constructed value of the arguments, up to NULL. A SET is put in order. */
GByteArray *rig_der_of(uint8_t tag, ...) G_GNUC_NULL_TERMINATED;
/* The same of the members of an array, which is emptied. */
GByteArray *rig_der_list(uint8_t tag, GPtrArray *values);
GPtrArray *rig_der_list_new(void);

/* OBJECT IDENTIFIER, "1.3.6.1.4.1.311.12.1.1". */
GByteArray *rig_der_oid(const char *oid);
GByteArray *rig_der_null(void);
GByteArray *rig_der_uint(uint32_t value);
GByteArray *rig_der_octets(const void *bytes, size_t size);
/* BMPString of an ASCII text. */
GByteArray *rig_der_bmp(const char *text);
/* OCTET STRING with the text in UTF-16LE and its NUL, as Windows keeps text. */
GByteArray *rig_der_wide(const char *text);
/* UTCTime of a number of seconds since 1970. */
GByteArray *rig_der_utc(int64_t seconds);

#endif
