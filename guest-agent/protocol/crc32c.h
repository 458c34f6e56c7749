/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CRC-32C (Castagnoli), as in RFC 3720 section 12.1. */
#ifndef PROTOCOL_CRC32C_H
#define PROTOCOL_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* Of these bytes; 0 of none. */
uint32_t crc32c(const void *bytes, size_t length);

#endif
