/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the guest's NDIS host implements: the list that the built agent gives
 * (`agent --imports`), which `make` keeps in build/guest/imports.
 */
#ifndef RIG_EXPORTS_H
#define RIG_EXPORTS_H

#include <glib.h>

typedef enum RigExport {
    RIG_EXPORT_MISSING,
    RIG_EXPORT_FUNCTION,
    RIG_EXPORT_FALLIBLE, /* a function that <fail> can make fail */
    RIG_EXPORT_DATA,     /* a variable */
} RigExport;

typedef struct RigExports RigExports;

/* Load the list. NULL with @error when there is none, or a damaged one. */
RigExports *rig_exports_load(const char *path, GError **error);
/* A list without an entry: nothing is implemented. */
RigExports *rig_exports_new(void);
void rig_exports_free(RigExports *e);

/*
 * What an import of @name from module @dll ("NDIS.SYS", in any case) gets.
 * @name is case-sensitive, as in the loader.
 */
RigExport rig_exports_find(const RigExports *e, const char *dll,
                           const char *name);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(RigExports, rig_exports_free)

#endif
