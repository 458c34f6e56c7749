/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The names that rules mention, found again by the name field of a marker:
 * a hash table that is filled once and asked for every event.
 */
#ifndef RIG_NAMES_H
#define RIG_NAMES_H

#include <glib.h>
#include "rig/events.h"

typedef struct RigName {
    char text[RIG_MARKER_NAME]; /* NULs behind the name */
    GQuark quark;
    unsigned index;             /* 1 .. rig_names_count(): for tables */
} RigName;

typedef struct RigNames RigNames;

/* Longest name that a table can hold, as markers can. */
#define RIG_NAME_LENGTH (RIG_MARKER_NAME - 1)

/*
 * A name as rules write it: letters in lower case, hyphens for the rest.
 * "pool memory" becomes "pool-memory".
 */
void rig_kebab(char to[RIG_MARKER_NAME], const char from[RIG_MARKER_NAME]);

RigNames *rig_names_new(void);
void rig_names_free(RigNames *names);
/* Enter a name unless it is there; its index. */
unsigned rig_names_add(RigNames *names, GQuark quark);
unsigned rig_names_count(const RigNames *names);
/* Quarks by index, 0 at index 0; to be freed. */
GQuark *rig_names_quarks(const RigNames *names);

/*
 * The name in a marker's field, which has NULs up to its end; NULL: no rule
 * mentions it. Belongs to the table, valid until the next rig_names_add().
 */
const RigName *rig_names_find(const RigNames *names,
                              const char field[RIG_MARKER_NAME]);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(RigNames, rig_names_free)

#endif
