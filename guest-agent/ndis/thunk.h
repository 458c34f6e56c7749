/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Exports and the thunks that the driver reaches them through.
 *
 * Each area of ndis.sys, ntoskrnl.exe and hal.dll is a table of struct export
 * next to its functions; exports.c lists the tables.
 */
#ifndef NDIS_THUNK_H
#define NDIS_THUNK_H

#include <stdbool.h>
#include <stdint.h>
#include "ndis/host.h"
#include "ndis/pe.h"

struct thunk;

/* Most arguments of any export. */
#define THUNK_ARGS 12

enum export_flags {
    EX_TRACE = 1,   /* always markers; else only where a rule needs them */
    EX_SITE = 2,    /* no markers, but the function needs its call site */
    EX_DATA = 4,    /* a variable, not a function */
    EX_VOID = 8,    /* returns nothing: markers carry no status */
    EX_POINTER = 16, /* returns a pointer: status is 0, or 0xC000009A for
                        NULL */
    EX_PLANNED = 32, /* fails in a plan that says so, not in a sweep: its
                        result is settled by the driver's own arguments or by
                        the version of Windows, so it never fails by chance */
};

/*
 * What the call returns instead of being made: writes the documented out
 * parameters and gives the return value. NULL in a table: the function has no
 * documented failure, and a fault there is refused.
 */
typedef uint64_t export_failure(const uint64_t *args, uint32_t status);

/*
 * The contract of an export, as its page of Microsoft's driver documentation
 * (wdk-ddi) states it: one IRQL_*, the IRQLs at which it may be called, and,
 * only where the page names them, the callbacks that it may be called from. A
 * broken contract is reported with RIG_MK_CONTRACT and the call is made.
 */
enum export_contract {
    IRQL_ANY,
    IRQL_PASSIVE,
    IRQL_APC,          /* <= APC_LEVEL */
    IRQL_DISPATCH,     /* <= DISPATCH_LEVEL */
    IRQL_DIRQL,        /* <= DIRQL */
    IRQL_AT_DISPATCH,  /* DISPATCH_LEVEL only */
    IRQL_GE_DISPATCH,  /* >= DISPATCH_LEVEL */
    IRQL_CLASS = 0x0f, /* mask of the above */
    FROM_ENTRY = 0x10, /* DriverEntry */
    FROM_OPTIONS = 0x20,  /* MiniportSetOptions */
    FROM_ADD = 0x40,      /* MiniportAddDevice */
    FROM_INIT = 0x80,     /* MiniportInitializeEx */
    FROM_HALT = 0x100,    /* MiniportHaltEx */
    FROM_UNLOAD = 0x200,  /* MiniportDriverUnload */
    FROM_SOME = 0x3f0,    /* mask: allowed from these only */
    NOT_FROM_SHUTDOWN = 0x400, /* MiniportShutdownEx */
};

struct export {
    const char *name;
    void *address;
    uint8_t flags;
    uint8_t object;  /* 1..4: argument that is a handle, for the ENTER marker */
    uint8_t scalars; /* bit n: argument n is a number, not a pointer */
    export_failure *failure;
    uint16_t contract; /* enum export_contract */
};

/* For functions that return the status, a NULL pointer, or zero. */
uint64_t fail_status(const uint64_t *args, uint32_t status);
uint64_t fail_null(const uint64_t *args, uint32_t status);
/* The status, and NULL where argument n points: what is not given. */
uint64_t fail_status_null0(const uint64_t *args, uint32_t status);
uint64_t fail_status_null1(const uint64_t *args, uint32_t status);
uint64_t fail_status_null2(const uint64_t *args, uint32_t status);
uint64_t fail_status_null3(const uint64_t *args, uint32_t status);
uint64_t fail_status_null4(const uint64_t *args, uint32_t status);
/* For functions whose first argument says where the status goes. */
uint64_t fail_void_status0(const uint64_t *args, uint32_t status);
/* ... and whose argument n says where their result goes. */
uint64_t fail_void_status0_null1(const uint64_t *args, uint32_t status);
uint64_t fail_void_status0_null3(const uint64_t *args, uint32_t status);
uint64_t fail_void_status0_null4(const uint64_t *args, uint32_t status);

int thunk_open(void);
const char *thunk_name(const struct thunk *thunk);
/* pe_resolve: names that nobody implements end the cycle when they are called.
 * NULL, with host_error(), where rigshim.sys is wanted and cannot be had. */
void *thunk_resolve(void *opaque, const char *dll, const char *name,
                    unsigned ordinal);
/* Address for a lookup at run time; NULL if nobody implements it. */
void *thunk_lookup(const char *name);
/* Copies them; false, with host_error() set, if one is not possible. */
bool thunk_set_faults(const struct host_fault *faults, unsigned n);
/* Is this address one of our thunks? For stack traces. */
bool thunk_contains(uint64_t address);

/* See host_record_points() and host_set_step(). */
void thunk_record(struct host_points *points, unsigned flags,
                  const struct host_record_hooks *hooks);
void thunk_set_step(unsigned step, bool recorded);

/* exports.c */
const struct export *export_find(const char *name);
/* Is this a module (a name as in an import directory) that we stand for? */
bool export_module_known(const char *dll);
/* Position in all tables together. */
unsigned export_number(const struct export *ex);
/* All tables, each ended by a NULL name; NULL ends the list. */
extern const struct export *const export_tables[];

#endif
