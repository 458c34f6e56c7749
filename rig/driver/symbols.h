/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Function names of a driver image, for findings: from the COFF symbol table
 * that GNU linkers leave in the file (Microsoft, "PE Format"), else from a map
 * of the linker, GNU's or Microsoft's, that lies beside it with the suffix
 * .map. Images as they are shipped have neither: their addresses stay numbers.
 */
#ifndef RIG_SYMBOLS_H
#define RIG_SYMBOLS_H

#include <glib.h>
#include <stdint.h>

typedef struct RigSymbols RigSymbols;

/* NULL: the file cannot be read, or names no function. */
RigSymbols *rig_symbols_load(const char *sys);
/* The same from memory; `map` may be NULL. Nothing in either is trusted. */
RigSymbols *rig_symbols_parse(const uint8_t *image, size_t size,
                              const char *map);
void rig_symbols_free(RigSymbols *symbols);
unsigned rig_symbols_count(const RigSymbols *symbols);

/* "RignicHaltEx+0x1b", to be freed; NULL: no function is known there. */
char *rig_symbols_name(const RigSymbols *symbols, uint64_t rva);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(RigSymbols, rig_symbols_free)

#endif
