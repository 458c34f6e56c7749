/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of rigshim.sys share.
 *
 *   entry.c     DriverEntry, and what a module that others import from needs
 *   device.c    the PnP life of rig-tap's function
 *   power.c     its power policy
 *   request.c   what agent.exe asks for
 *   tap.c       writing markers and commands, at any IRQL
 *   thread.c    which thread a marker is about, and its open calls
 *   driver.c    the instrumented drivers, their handlers and adapters
 *   api.c       the wrappers of NDIS functions that they import
 *   handler.c   the wrappers of their miniport handlers
 *
 * Nothing on the way of a marker allocates, waits for another thread or is
 * pageable. All tables are static and bounded: what does not fit is called
 * through, unmarked, and counted.
 */
#ifndef SHIM_H
#define SHIM_H

#include "ndis-interrupt.h"
#include "ndis-miniport.h"
#include "rigshim.h"

/* --- tap.c ---------------------------------------------------------------- */

/*
 * Take rig-tap's registers and slots into use. FALSE: no tap answers there, or
 * one of another version.
 */
BOOLEAN ShimTapAttach(volatile ULONG *Registers, volatile UCHAR *Slots);
/* Nobody writes to it any more once this returns. <= DISPATCH_LEVEL */
VOID ShimTapDetach(VOID);
/* Markers are written, or counted as dropped. FALSE: dropped. Any IRQL. */
BOOLEAN ShimTapMarker(const struct rig_marker *Marker);
/* Run a command; its result is in it. FALSE: there is no tap. Any IRQL. */
BOOLEAN ShimTapCommand(struct rig_command *Command);
/* End the stream. FALSE: there is none. */
BOOLEAN ShimTapEnd(VOID);
/* Is there a tap whose stream goes on? */
BOOLEAN ShimTapReady(VOID);
VOID ShimTapCounts(struct rigshim_counts *Counts);
/* A marker could not even be made. */
VOID ShimTapDropped(VOID);

/* --- thread.c ------------------------------------------------------------ */

/* One hooked call, from its ENTER marker to its LEAVE marker. */
typedef struct _SHIM_CALL {
    struct rig_marker Marker; /* of both */
    ULONG Thread;             /* index, or RIGSHIM_THREADS: not marked */
    BOOLEAN Callback;
} SHIM_CALL, *PSHIM_CALL;

VOID ShimSetPosition(const struct rigshim_position *Position);
VOID ShimGetPosition(struct rigshim_position *Position);
/*
 * Fill in a marker of the calling thread and write it. The caller has set up
 * object, caller and arguments in Call->Marker, which begins as zeroes.
 */
VOID ShimEnter(PSHIM_CALL Call, BOOLEAN Callback, PCSTR Name);
VOID ShimLeave(PSHIM_CALL Call, ULONG64 Status);

/* --- driver.c ------------------------------------------------------------ */

/* Enough for every revision of both kinds of characteristics. */
#define SHIM_CHARACTERISTICS_MAX 512

/* Copies of the two, with our handlers in them; 8-byte aligned. */
typedef struct _SHIM_COPY {
    ULONG64 Bytes[SHIM_CHARACTERISTICS_MAX / 8];
} SHIM_COPY, *PSHIM_COPY;

/* To call any of them: a callee does not look at arguments it has not got. */
typedef ULONG_PTR NTAPI SHIM_FUNCTION(ULONG_PTR A, ULONG_PTR B, ULONG_PTR C,
                                      ULONG_PTR D, ULONG_PTR E);

/*
 * A driver that registers: hook its handlers. What NDIS is to be given, which
 * is Characteristics itself where there is no room; *Slot is then
 * RIGSHIM_DRIVERS.
 */
PVOID ShimDriverHook(PDRIVER_OBJECT Driver, PVOID Characteristics,
                     ULONG *Slot);
/* NDIS knows it by this handle, or NULL: it would not have it. */
VOID ShimDriverRegistered(ULONG Slot, NDIS_HANDLE Handle);
VOID ShimDriverGone(NDIS_HANDLE Handle);
/* The same for its PnP handlers. */
PVOID ShimDriverHookPnp(NDIS_HANDLE Handle, PVOID Characteristics);
/* RVA of the call that returns to this address in a driver's image, or 0. */
ULONG ShimCallSite(const VOID *ReturnAddress);
/* The handler that a wrapper stands for. */
SHIM_FUNCTION *ShimOriginal(ULONG Slot, ULONG Handler);
VOID ShimDriverCounts(struct rigshim_counts *Counts);

/*
 * The adapters, to know MiniportHaltEx's by its context: initialising, its
 * context told, gone. Where the table is full the handle is not shown.
 */
VOID ShimAdapterBegin(NDIS_HANDLE Handle);
VOID ShimAdapterContext(NDIS_HANDLE Handle, NDIS_HANDLE Context);
NDIS_HANDLE ShimAdapterFind(NDIS_HANDLE Context);
VOID ShimAdapterEnd(NDIS_HANDLE Handle);

/* --- api.c, handler.c ---------------------------------------------------- */

/* Wrapper of the API with this name, or NULL. */
PVOID ShimWrapperOf(PCUNICODE_STRING Name);

enum {
#define X(name, member, result, arguments, value) SHIM_H_##name,
    RIGSHIM_HANDLERS(X)
    RIGSHIM_PNP_HANDLERS(X)
#undef X
    SHIM_HANDLERS,
};

typedef struct _SHIM_HANDLER {
    PCSTR Name;
    USHORT Offset;   /* of the member in its characteristics */
    UCHAR Result;    /* enum rigshim_result */
    UCHAR Value;
    BOOLEAN Pnp;
} SHIM_HANDLER;

extern const SHIM_HANDLER ShimHandlers[SHIM_HANDLERS];
/* The wrapper of each handler for each driver. */
extern const PVOID ShimWrappers[RIGSHIM_DRIVERS][SHIM_HANDLERS];

/* --- device.c, power.c, request.c ---------------------------------------- */

typedef struct _SHIM_DEVICE {
    PDEVICE_OBJECT Lower;    /* next device of the stack */
    PDEVICE_OBJECT Pdo;
    PVOID Registers, Slots;  /* mapped, or NULL */
    BOOLEAN Linked;          /* the symbolic link is there */
} SHIM_DEVICE, *PSHIM_DEVICE;

NTSTATUS NTAPI ShimAddDevice(PDRIVER_OBJECT Driver, PDEVICE_OBJECT Pdo);
DRIVER_DISPATCH ShimPnp, ShimPower, ShimPass, ShimOpenClose, ShimRequest;
/* What a request with a status of its own comes back with. */
NTSTATUS ShimComplete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information);

#endif
