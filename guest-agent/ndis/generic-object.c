/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Generic objects: NDIS handles for components that have no other. */
#include <string.h>
#include "ndis/core.h"
#include "ndis/pool.h"
#include "ndis/thunk.h"

/* ndis.h, NDIS_GENERIC_OBJECT; the caller's memory follows it. */
typedef struct _NDIS_GENERIC_OBJECT {
    NDIS_OBJECT_HEADER Header;
    PVOID Caller;
    PVOID CallersCaller;
    DRIVER_OBJECT *DriverObject;
} NDIS_GENERIC_OBJECT;

/*
 * The number of its type, NDIS_OBJECT_TYPE_GENERIC_OBJECT, is published
 * nowhere; drivers do not look at it.
 */
static NDIS_GENERIC_OBJECT *NTAPI
ndis_allocate_generic_object(DRIVER_OBJECT *driver, ULONG tag, USHORT size)
{
    NDIS_GENERIC_OBJECT *o = pool_alloc_tagged(sizeof(*o) + size, tag);

    if (o) {
        memset(o, 0, sizeof(*o));
        o->Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
        o->Header.Revision = 1; /* NDIS_GENERIC_OBJECT_REVISION_1 */
        o->Header.Size = sizeof(*o);
        o->DriverObject = driver;
    }
    return o;
}

static VOID NTAPI ndis_free_generic_object(NDIS_GENERIC_OBJECT *object)
{
    pool_free(object);
}

const struct export generic_exports[] = {
    { "NdisAllocateGenericObject", ndis_allocate_generic_object,
      EX_SITE | EX_POINTER, 0, 2 | 4, fail_null, IRQL_DISPATCH },
    { "NdisFreeGenericObject", ndis_free_generic_object, EX_SITE | EX_VOID, 1,
      0, NULL, IRQL_DISPATCH },
    { 0 },
};
